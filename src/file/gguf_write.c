/* gguf_write.c - writing models: whole under their name, or not there (sys/whole.h).
 *
 * put_* and declare return nothing: the first thing that goes wrong stays in `failed` and comes out of the next write or commit.
 *
 * The head (keys, descriptors of tensors) is written when the first data comes; afterwards nothing can be declared. Data
 * runs through one buffer, so that rows may be written singly. */
#include "file/room.h"

#include "base/type.h"
#include "sys/file.h"
#include "sys/whole.h"

#include <errno.h>
#include <stdlib.h>

enum { BUFFER = 1 << 20 };

typedef struct pair {   /* a key, and its value as the file holds it (kind and all) */
    char *key;
    ond_buf bytes;
} pair;

typedef struct planned {
    ond_gguf_tensor t;  /* t.name is malloc'd */
    uint64_t padded;
} planned;

struct ond_gguf_out {
    char *path;
    ond_whole file;
    ond_err failed;     /* code 0: nothing yet */
    pair *pair;
    size_t n_pair, cap_pair;
    planned *tensor;
    size_t n_tensor, cap_tensor;
    uint64_t align;
    bool begun;         /* the head is written */
    size_t turn;        /* tensor whose data comes next */
    uint64_t done;      /* bytes of it */
    ond_buf buffer;
};

static void put_le(ond_buf *b, uint64_t v, size_t n)
{
    unsigned char bytes[8];
    for (size_t i = 0; i < n; i++) bytes[i] = (unsigned char)(v >> (8 * i));
    ond_buf_put(b, bytes, n);
}

static void put_text(ond_buf *b, ond_str s)
{
    put_le(b, s.n, 8);
    ond_buf_str(b, s);
}

static void put_float(ond_buf *b, float f)
{
    uint32_t u;
    memcpy(&u, &f, 4);
    put_le(b, u, 4);
}

/* ---- opening and closing ---- */

int ond_gguf_create(const char *path, ond_gguf_out **out, ond_err *err)
{
    *out = NULL;
    ond_gguf_out *o = calloc(1, sizeof *o);
    if (!o) return ond_nomem(err, "writing a model");
    o->file.fd = -1;
    o->align = OND__ALIGN_DEFAULT;
    o->path = ond_str_dup(ond_str_of(path));
    int rc = o->path ? ond_whole_open(path, 0666, &o->file, err) : ond_nomem(err, "writing a model");
    if (rc != 0) {
        ond_gguf_abort(o);
        return rc;
    }
    *out = o;
    return OND_OK;
}

void ond_gguf_abort(ond_gguf_out *o)
{
    if (!o) return;
    ond_whole_abort(&o->file);
    for (size_t i = 0; i < o->n_pair; i++) {
        free(o->pair[i].key);
        ond_buf_free(&o->pair[i].bytes);
    }
    for (size_t i = 0; i < o->n_tensor; i++) free((char *)(uintptr_t)o->tensor[i].t.name.p);
    free(o->pair);
    free(o->tensor);
    free(o->path);
    ond_buf_free(&o->buffer);
    free(o);
}

/* ---- keys ---- */

static void nomem(ond_gguf_out *o)
{
    if (!o->failed.code) (void)ond_nomem(&o->failed, "writing a model");
}

/* *v grown to hold one more; false when out of memory. */
static bool grow(void *v, size_t n, size_t *cap, size_t size)
{
    void *old;
    memcpy(&old, v, sizeof old);
    if (n < *cap) return true;
    size_t want = *cap ? *cap * 2 : 32;
    void *more = reallocarray(old, want, size);
    if (!more) return false;
    memcpy(v, &more, sizeof more);
    *cap = want;
    return true;
}

/* Where the value of a key goes: the place of an earlier one, emptied, or a new one. NULL: no more of this. */
static ond_buf *slot(ond_gguf_out *o, const char *key)
{
    if (o->failed.code) return NULL;
    if (o->begun) {
        (void)ond_fail(&o->failed, OND_E_FAILED, "%s: %s was put after the first data", o->path, key);
        return NULL;
    }
    for (size_t i = 0; i < o->n_pair; i++)
        if (strcmp(o->pair[i].key, key) == 0) {
            ond_buf_clear(&o->pair[i].bytes);
            return &o->pair[i].bytes;
        }
    char *copy = grow(&o->pair, o->n_pair, &o->cap_pair, sizeof *o->pair) ? strdup(key) : NULL;
    if (!copy) {
        nomem(o);
        return NULL;
    }
    o->pair[o->n_pair] = (pair){.key = copy};
    return &o->pair[o->n_pair++].bytes;
}

static ond_buf *scalar(ond_gguf_out *o, const char *key, ond_gguf_kind kind)
{
    ond_buf *b = slot(o, key);
    if (b) put_le(b, kind, 4);
    return b;
}

static ond_buf *array(ond_gguf_out *o, const char *key, ond_gguf_kind item, uint64_t n)
{
    ond_buf *b = scalar(o, key, OND_GGUF_ARRAY);
    if (!b) return NULL;
    put_le(b, item, 4);
    put_le(b, n, 8);
    return b;
}

void ond_gguf_put_u32(ond_gguf_out *o, const char *key, uint32_t v)
{
    ond_buf *b = scalar(o, key, OND_GGUF_U32);
    if (b) put_le(b, v, 4);
}

void ond_gguf_put_f32(ond_gguf_out *o, const char *key, float v)
{
    ond_buf *b = scalar(o, key, OND_GGUF_F32);
    if (b) put_float(b, v);
}

void ond_gguf_put_bool(ond_gguf_out *o, const char *key, bool v)
{
    ond_buf *b = scalar(o, key, OND_GGUF_BOOL);
    if (b) put_le(b, v, 1);
}

void ond_gguf_put_str(ond_gguf_out *o, const char *key, ond_str v)
{
    ond_buf *b = scalar(o, key, OND_GGUF_STR);
    if (b) put_text(b, v);
}

void ond_gguf_put_strs(ond_gguf_out *o, const char *key, const ond_str *v, size_t n)
{
    ond_buf *b = array(o, key, OND_GGUF_STR, n);
    for (size_t i = 0; b && i < n; i++) put_text(b, v[i]);
}

void ond_gguf_put_f32s(ond_gguf_out *o, const char *key, const float *v, size_t n)
{
    ond_buf *b = array(o, key, OND_GGUF_F32, n);
    for (size_t i = 0; b && i < n; i++) put_float(b, v[i]);
}

void ond_gguf_put_i32s(ond_gguf_out *o, const char *key, const int32_t *v, size_t n)
{
    ond_buf *b = array(o, key, OND_GGUF_I32, n);
    for (size_t i = 0; b && i < n; i++) put_le(b, (uint32_t)v[i], 4);
}

void ond_gguf_put_bools(ond_gguf_out *o, const char *key, const bool *v, size_t n)
{
    ond_buf *b = array(o, key, OND_GGUF_BOOL, n);
    for (size_t i = 0; b && i < n; i++) put_le(b, v[i], 1);
}

void ond_gguf_put_value(ond_gguf_out *o, const ond_gguf_value *v)
{
    char *key = ond_str_dup(v->key);
    if (!key) {
        nomem(o);
        return;
    }
    ond_buf *b = v->kind == OND_GGUF_ARRAY ? array(o, key, v->item, v->n) : scalar(o, key, v->kind);
    if (b) ond_buf_put(b, v->p, v->bytes);
    free(key);
}

/* ---- tensors ---- */

/* Fills bytes; false (and failed) when the shape or the type cannot be. */
static bool measure(ond_gguf_out *o, ond_gguf_tensor *t)
{
    char shown[OND__SHOWN];
    size_t bytes = 0;
    if (ond_type_known(t->type) && t->n_dim >= 1 && t->n_dim <= OND_GGUF_DIMS)
        bytes = ond_type_row_bytes((ond_type)t->type, t->dim[0]);
    for (int i = 1; i < OND_GGUF_DIMS; i++)
        if (__builtin_mul_overflow(bytes, (size_t)t->dim[i], &bytes)) bytes = 0;
    t->bytes = bytes;
    if (bytes > 0 && bytes < SIZE_MAX / 2) return true;
    (void)ond_fail(&o->failed, OND_E_INPUT,
                   "%s: tensor %s cannot be written: rows of %llu values as %s", o->path,
                   ond__gguf_shown(t->name, shown), (unsigned long long)t->dim[0],
                   ond_type_name(t->type));
    return false;
}

void ond_gguf_declare(ond_gguf_out *o, ond_str name, uint32_t type, int n_dim, const uint64_t *dim)
{
    ond_gguf_tensor t = {.name = name, .type = type, .n_dim = n_dim, .dim = {1, 1, 1, 1}};
    if (o->failed.code) return;
    for (int i = 0; i < n_dim && i < OND_GGUF_DIMS; i++) t.dim[i] = dim[i];
    if (!measure(o, &t)) return;
    if (o->begun) {
        (void)ond_fail(&o->failed, OND_E_FAILED, "%s: a tensor was declared after the first data",
                       o->path);
        return;
    }
    t.name.p = grow(&o->tensor, o->n_tensor, &o->cap_tensor, sizeof *o->tensor) ? ond_str_dup(name)
                                                                                 : NULL;
    if (!t.name.p) {
        nomem(o);
        return;
    }
    o->tensor[o->n_tensor++] = (planned){.t = t};
}

/* What the keys say, as a whole number of any kind (a key may be copied from another file). */
static int read_alignment(ond_gguf_out *o, ond_err *err)
{
    static const char key[] = "general.alignment";
    int64_t align = OND__ALIGN_DEFAULT;
    for (size_t i = 0; i < o->n_pair; i++) {
        const ond_buf *b = &o->pair[i].bytes;
        if (strcmp(o->pair[i].key, key) != 0 || b->n < 4) continue;
        const unsigned char *p = (const unsigned char *)b->p;
        ond_gguf_kind kind = (ond_gguf_kind)ond__le(p, 4);
        ond_gguf_value v = {.kind = kind, .item = kind, .n = 1, .p = p + 4, .bytes = b->n - 4};
        int rc = ond__value_int(&v, o->path, key, 8, OND__ALIGN_MAX, align, &align, err);
        if (rc != 0) return rc;
    }
    o->align = (uint64_t)align;
    if ((o->align & (o->align - 1)) == 0) return OND_OK;
    return ond_fail(err, OND_E_INPUT, "%s: %s is %llu, which cannot be", o->path, key,
                    (unsigned long long)o->align);
}

/* Names are unique, and the alignment is what the keys say. */
static int check_head(ond_gguf_out *o, ond_err *err)
{
    char shown[OND__SHOWN];
    ond_str twice;
    ond__name *index = calloc(o->n_tensor ? o->n_tensor : 1, sizeof *index);
    if (!index) return ond_nomem(err, "writing a model");
    for (size_t i = 0; i < o->n_tensor; i++) {
        ond_str s = o->tensor[i].t.name;
        index[i] = (ond__name){ond__index_hash(s), s, (uint32_t)i};
    }
    bool unique = ond__index_sort(index, o->n_tensor, &twice);
    free(index);
    if (!unique)
        return ond_fail(err, OND_E_INPUT, "%s would hold two tensors with the name %s", o->path,
                        ond__gguf_shown(twice, shown));
    return read_alignment(o, err);
}

static void pad(ond_gguf_out *o, ond_buf *b, uint64_t at)
{
    static const char zeros[64];
    uint64_t n = (o->align - at % o->align) % o->align;
    for (; n > 0; n -= n < sizeof zeros ? n : sizeof zeros)
        ond_buf_put(b, zeros, n < sizeof zeros ? (size_t)n : sizeof zeros);
}

static int flush(ond_gguf_out *o, ond_err *err)
{
    if (!ond_buf_ok(&o->buffer)) return ond_nomem(err, "writing a model");
    if (o->buffer.n > 0 && ond_file_write_fd(o->file.fd, o->buffer.p, o->buffer.n) != 0)
        return ond_file_fail(err, errno, "write", o->path);
    ond_buf_clear(&o->buffer);
    return OND_OK;
}

static int write_head(ond_gguf_out *o, ond_err *err)
{
    ond_buf *b = &o->buffer;
    int rc = check_head(o, err);
    if (rc != 0) return rc;
    o->begun = true;
    ond_buf_puts(b, "GGUF");
    put_le(b, 3, 4);
    put_le(b, o->n_tensor, 8);
    put_le(b, o->n_pair, 8);
    for (size_t i = 0; i < o->n_pair; i++) {
        if (!ond_buf_ok(&o->pair[i].bytes)) return ond_nomem(err, "writing a model");
        put_text(b, ond_str_of(o->pair[i].key));
        ond_buf_put(b, o->pair[i].bytes.p, o->pair[i].bytes.n);
    }
    uint64_t offset = 0;
    for (size_t i = 0; i < o->n_tensor; i++) {
        planned *p = &o->tensor[i];
        put_text(b, p->t.name);
        put_le(b, (uint64_t)p->t.n_dim, 4);
        for (int k = 0; k < p->t.n_dim; k++) put_le(b, p->t.dim[k], 8);
        put_le(b, p->t.type, 4);
        put_le(b, offset, 8);
        offset += (p->t.bytes + o->align - 1) / o->align * o->align;
    }
    pad(o, b, b->n);
    return flush(o, err);
}

static int ready(ond_gguf_out *o, ond_err *err)
{
    if (o->failed.code) return ond_fail(err, o->failed.code, "%s", o->failed.text);
    int rc = o->begun ? OND_OK : write_head(o, &o->failed);
    return rc ? ond_fail(err, o->failed.code, "%s", o->failed.text) : OND_OK;
}

static int too_much(ond_gguf_out *o, ond_err *err)
{
    return ond_fail(err, OND_E_FAILED, "%s: more data was written than its tensors hold", o->path);
}

int ond_gguf_write(ond_gguf_out *o, const void *bytes, size_t n, ond_err *err)
{
    const char *p = bytes;
    int rc = ready(o, err);
    if (rc != 0) return rc;
    while (n > 0) {
        if (o->turn == o->n_tensor) return too_much(o, err);
        const ond_gguf_tensor *t = &o->tensor[o->turn].t;
        size_t part = t->bytes - o->done < n ? (size_t)(t->bytes - o->done) : n;
        if (part > BUFFER) part = BUFFER;
        ond_buf_put(&o->buffer, p, part);
        o->done += part;
        p += part;
        n -= part;
        if (o->done == t->bytes) {
            pad(o, &o->buffer, t->bytes);
            o->turn++;
            o->done = 0;
        }
        if (o->buffer.n >= BUFFER || !ond_buf_ok(&o->buffer)) rc = flush(o, err);
        if (rc != 0) return rc;
    }
    return OND_OK;
}

static int check_whole(ond_gguf_out *o, ond_err *err)
{
    char shown[OND__SHOWN];
    if (o->turn == o->n_tensor) return OND_OK;
    const ond_gguf_tensor *t = &o->tensor[o->turn].t;
    return ond_fail(err, OND_E_FAILED, "%s: tensor %s got %llu of its %zu bytes", o->path,
                    ond__gguf_shown(t->name, shown), (unsigned long long)o->done, t->bytes);
}

int ond_gguf_commit(ond_gguf_out *o, ond_err *err)
{
    int rc = ready(o, err);
    if (rc == 0) rc = check_whole(o, err);
    if (rc == 0) rc = flush(o, err);
    if (rc == 0) rc = ond_whole_commit(&o->file, err);
    ond_gguf_abort(o);
    return rc;
}
