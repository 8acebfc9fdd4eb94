/* room.h - private to file: an open GGUF, and the one cursor that parses it. */
#ifndef OND_FILE_ROOM_H
#define OND_FILE_ROOM_H

#include "file/gguf.h"

enum {
    OND__SHOWN = 80,       /* bytes of a name in an error */
    OND__ALIGN_DEFAULT = 32,
    OND__ALIGN_MAX = 1 << 20,
    OND__PARTS_MAX = 4096,
};

/* What an index sorts: the hash first, then the bytes, so that names chosen to collide cost no more than others. */
typedef struct ond__name {
    uint64_t hash;
    ond_str s;
    uint32_t at;           /* place in the file's order */
} ond__name;

typedef struct ond__part {
    ond_map map;
    bool mapped;           /* close unmaps it */
} ond__part;

struct ond_gguf {
    char *path;
    int version;
    ond__part *part;       /* [n_part] */
    int n_part;
    ond_gguf_value *value; /* [n_value], of the first part */
    size_t n_value;
    ond_gguf_tensor *tensor; /* [n_tensor], of all parts */
    size_t n_tensor;
    ond__name *value_index, *tensor_index;
};

/* One file as parsed; arrays are malloc'd and move into an ond_gguf. */
typedef struct ond__parsed {
    int version;
    ond_gguf_value *value;
    size_t n_value;
    ond_gguf_tensor *tensor;
    size_t n_tensor;
    ond__name *value_index;
} ond__parsed;

/* Parses and checks a whole file; `name` stands in errors. On an error nothing is left to free. */
int ond__gguf_parse(const unsigned char *p, size_t n, const char *name, int part, ond__parsed *out,
                    ond_err *err);
/* Sorts; false when two names are the same (then *twice is one of them). */
bool ond__index_sort(ond__name *v, size_t n, ond_str *twice);
uint64_t ond__index_hash(ond_str s);
/* -1 when missing. */
int64_t ond__index_find(const ond__name *v, size_t n, ond_str s);
const ond_gguf_value *ond__value_find(const ond_gguf_value *v, const ond__name *index, size_t n,
                                      ond_str key);
/* As ond_gguf_int, on one value (NULL: otherwise). */
int ond__value_int(const ond_gguf_value *v, const char *file, const char *key, int64_t low,
                   int64_t high, int64_t otherwise, int64_t *out, ond_err *err);

/* A name as an error shows it: cut, and what does not print replaced. */
const char *ond__gguf_shown(ond_str s, char out[OND__SHOWN]);
const char *ond__kind_name(ond_gguf_kind kind);
size_t ond__kind_bytes(ond_gguf_kind kind);   /* 0: strings and arrays */

/* Little-endian, unaligned; one load where n is a constant 8. */
static inline uint64_t ond__le(const unsigned char *p, size_t n)
{
    if (n == 8)
        return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 | (uint64_t)p[3] << 24 |
               (uint64_t)p[4] << 32 | (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
               (uint64_t)p[7] << 56;
    uint64_t v = 0;
    for (size_t i = n; i-- > 0;) v = v << 8 | p[i];
    return v;
}

#endif
