/* gguf.h - GGUF model files (v2, v3): mapped, validated once, never copied; and a writer.
 *
 * Flow: bytes → ond_gguf: metadata by key and tensors by name, all borrowed from the mapping. Everything is checked at
 * ond_gguf_open: magic, version, counts, every offset and size against the file, alignment, types, duplicate names, overflow
 * of any product; afterwards no access can leave the mapping. Errors name the field or the tensor.
 * Files split as NAME-00001-of-00003.gguf are opened together by the name of any part (the rest lie beside it).
 * Source: the GGUF specification (ggml/docs/gguf.md). Little-endian only; big-endian files are refused by name. */
#ifndef OND_FILE_GGUF_H
#define OND_FILE_GGUF_H

#include "base/str.h"
#include "sys/map.h"

typedef enum ond_gguf_kind {
    OND_GGUF_U8, OND_GGUF_I8, OND_GGUF_U16, OND_GGUF_I16, OND_GGUF_U32, OND_GGUF_I32, OND_GGUF_F32, OND_GGUF_BOOL,
    OND_GGUF_STR, OND_GGUF_ARRAY, OND_GGUF_U64, OND_GGUF_I64, OND_GGUF_F64
} ond_gguf_kind;

typedef struct ond_gguf_value {
    ond_str key;
    ond_gguf_kind kind;       /* OND_GGUF_ARRAY: see item, n */
    ond_gguf_kind item;       /* kind of the items of an array (arrays of arrays are refused) */
    uint64_t n;               /* items of an array, else 1 */
    const unsigned char *p;   /* first item in the mapping; unaligned. Strings: u64 length, bytes */
    size_t bytes;             /* of all items */
} ond_gguf_value;

#define OND_GGUF_DIMS 4
typedef struct ond_gguf_tensor {
    ond_str name;
    uint32_t type;                 /* ggml's number; known ones only (kern/type.h lists them); equals ond_type */
    int n_dim;
    uint64_t dim[OND_GGUF_DIMS];   /* dim[0] is the innermost (columns); unused ones are 1 */
    const unsigned char *p;        /* in the mapping of its part; aligned as the file says (checked) */
    size_t bytes;
    int part;                      /* which file of a split model */
    uint64_t offset;               /* absolute in that file */
} ond_gguf_tensor;

typedef struct ond_gguf ond_gguf;

OND_CHECKED int ond_gguf_open(const char *path, ond_gguf **out, ond_err *err);
/* From memory (fuzzing, tests): borrowed bytes, one part. */
OND_CHECKED int ond_gguf_open_bytes(const void *bytes, size_t n, const char *name, ond_gguf **out, ond_err *err);
void ond_gguf_close(ond_gguf *g);
const char *ond_gguf_path(const ond_gguf *g);
int ond_gguf_version(const ond_gguf *g);
int ond_gguf_parts(const ond_gguf *g);
const ond_map *ond_gguf_map(const ond_gguf *g, int part);
/* Whether `path`, by whatever link, is one of its files: such a file must not be written over while it is read. */
bool ond_gguf_is_file(const ond_gguf *g, const char *path);

size_t ond_gguf_n_values(const ond_gguf *g);
const ond_gguf_value *ond_gguf_value_at(const ond_gguf *g, size_t i);
const ond_gguf_value *ond_gguf_find(const ond_gguf *g, const char *key);      /* NULL when missing; hashed */
/* With a default where the key is missing; OND_E_INPUT naming the key where it is of another kind or out of range.
 * Integers of every width convert when they fit; bools read as 0 and 1. */
OND_CHECKED int ond_gguf_int(const ond_gguf *g, const char *key, int64_t low, int64_t high, int64_t otherwise, int64_t *out, ond_err *err);
OND_CHECKED int ond_gguf_num(const ond_gguf *g, const char *key, double otherwise, double *out, ond_err *err);
bool ond_gguf_bool(const ond_gguf *g, const char *key, bool otherwise);
ond_str ond_gguf_str(const ond_gguf *g, const char *key, const char *otherwise);
/* Item i of an array (or the scalar itself for i 0); 0 or "" when of another kind. */
int64_t ond_gguf_item_int(const ond_gguf_value *v, uint64_t i);
double ond_gguf_item_num(const ond_gguf_value *v, uint64_t i);
/* Strings of an array, in one walk: *at starts at 0 and is moved on. False at the end. */
bool ond_gguf_next_str(const ond_gguf_value *v, size_t *at, ond_str *out);

size_t ond_gguf_n_tensors(const ond_gguf *g);
const ond_gguf_tensor *ond_gguf_tensor_at(const ond_gguf *g, size_t i);
const ond_gguf_tensor *ond_gguf_tensor_find(const ond_gguf *g, const char *name);   /* NULL when missing; hashed */

/* BLAKE2b of every byte of all parts: reads the whole model (about 1 GB/s). */
OND_CHECKED int ond_gguf_hash(const ond_gguf *g, unsigned char out[32], ond_err *err);

/* ---- writing ----
 * begin, values, tensors declared in order, then their data in the same order, then end; the file appears under its name
 * only at end (temporary file beside it, synced, renamed). abort removes it. */
typedef struct ond_gguf_out ond_gguf_out;
OND_CHECKED int ond_gguf_create(const char *path, ond_gguf_out **out, ond_err *err);
void ond_gguf_put_u32(ond_gguf_out *o, const char *key, uint32_t v);
void ond_gguf_put_f32(ond_gguf_out *o, const char *key, float v);
void ond_gguf_put_bool(ond_gguf_out *o, const char *key, bool v);
void ond_gguf_put_str(ond_gguf_out *o, const char *key, ond_str v);
void ond_gguf_put_strs(ond_gguf_out *o, const char *key, const ond_str *v, size_t n);
void ond_gguf_put_f32s(ond_gguf_out *o, const char *key, const float *v, size_t n);
void ond_gguf_put_i32s(ond_gguf_out *o, const char *key, const int32_t *v, size_t n);
void ond_gguf_put_bools(ond_gguf_out *o, const char *key, const bool *v, size_t n);
void ond_gguf_put_value(ond_gguf_out *o, const ond_gguf_value *v);   /* a copy from another file; a key put before is replaced */
void ond_gguf_declare(ond_gguf_out *o, ond_str name, uint32_t type, int n_dim, const uint64_t *dim);
OND_CHECKED int ond_gguf_write(ond_gguf_out *o, const void *bytes, size_t n, ond_err *err);  /* the next bytes of the tensor whose turn it is; padded when it is whole */
OND_CHECKED int ond_gguf_commit(ond_gguf_out *o, ond_err *err);      /* frees o also on an error */
void ond_gguf_abort(ond_gguf_out *o);

#endif
