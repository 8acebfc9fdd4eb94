/* gguf_parse.c - the bytes of one GGUF file: everything is checked here, once.
 *
 * A file is: magic "GGUF", version, counts of tensors and of key-values, the key-values, one descriptor a tensor, padding,
 * tensor data. After this walk
 * 1. every key, string, array and tensor lies wholly inside the file;
 * 2. keys are unique, names of tensors are unique (gguf.c checks the latter across parts);
 * 3. tensor data is aligned, in order and without overlap: each begins where the one before it ends, padded; and after the last
 *    one nothing follows.
 * Counts are bounded by what the rest of the file could hold before anything is allocated for them. */
#include "file/room.h"

#include "base/type.h"

#include <stdio.h>
#include <stdlib.h>

enum { KV_LEAST = 8 + 1 + 4 + 1, TENSOR_LEAST = 8 + 1 + 4 + 4 + 8 };

static const uint64_t dim_most = (uint64_t)1 << 40;

/* What fails first stays in err; further reads give zeros. */
typedef struct cursor {
    const unsigned char *p;
    size_t n, at;
    const char *name;
    ond_err *err;
    int rc;
} cursor;

static size_t left(const cursor *c) { return c->n - c->at; }

enum { TURN = OND__SHOWN + 80 };

#define SPOIL(c, ...) ((c)->rc ? (c)->rc : ((c)->rc = ond_fail((c)->err, OND_E_INPUT, __VA_ARGS__)))

static const unsigned char *take(cursor *c, uint64_t n, const char *what)
{
    if (c->rc) return NULL;
    if (n > left(c)) {
        SPOIL(c, "%s ends within %s, at byte %zu of it: the file is cut off or damaged; get it again",
              c->name, what, c->n);
        return NULL;
    }
    const unsigned char *p = c->p + c->at;
    c->at += (size_t)n;
    return p;
}

static uint64_t word(cursor *c, size_t n, const char *what)
{
    const unsigned char *p = take(c, n, what);
    return p ? ond__le(p, n) : 0;
}

static ond_str text(cursor *c, const char *what)
{
    uint64_t n = word(c, 8, what);
    const unsigned char *p = take(c, n, what);
    return p ? (ond_str){(const char *)p, (size_t)n} : (ond_str){"", 0};
}

/* Where something stands that has no name yet, or one that cannot be read: "key 3 of 21 (after llama.block_count)". */
static const char *turn(char out[TURN], const char *what, size_t i, uint64_t of, ond_str before)
{
    char shown[OND__SHOWN];
    int n = snprintf(out, TURN, "%s %zu of %llu", what, i + 1, (unsigned long long)of);
    if (i > 0) snprintf(out + n, TURN - (size_t)n, " (after %s)", ond__gguf_shown(before, shown));
    return out;
}

/* A key or the name of a tensor: not empty, no NUL in it, so that a C string can ask for it. */
static ond_str label(cursor *c, const char *what)
{
    ond_str s = text(c, what);
    if (c->rc) return s;
    if (s.n == 0 || s.n > 65535 || memchr(s.p, '\0', s.n))
        SPOIL(c, "%s: the name of %s is empty, too long or holds a NUL: the file is damaged", c->name,
              what);
    return s;
}

/* Vocabularies have hundreds of thousands of these, so this loop is tight. */
static void skip_strings(cursor *c, uint64_t n, const char *what)
{
    size_t at = c->at;
    for (uint64_t i = 0; i < n; i++) {
        size_t room = c->n - at;
        uint64_t len = room >= 8 ? ond__le(c->p + at, 8) : UINT64_MAX;
        if (room < 8 || len > room - 8) {
            take(c, UINT64_MAX, what); /* fails, and says so */
            return;
        }
        at += 8 + (size_t)len;
    }
    c->at = at;
}

static void skip_items(cursor *c, const ond_gguf_value *v, const char *what)
{
    size_t size = ond__kind_bytes(v->item);
    if (size) {
        if (v->n > left(c) / size)
            SPOIL(c, "%s: %s says %llu items, more than the file holds", c->name, what,
                  (unsigned long long)v->n);
        else
            take(c, v->n * size, what);
        return;
    }
    skip_strings(c, v->n, what);
}

/* i: which of n; those before it are read. */
static void read_value(cursor *c, ond_gguf_value *v, size_t i, uint64_t of)
{
    char shown[OND__SHOWN], what[TURN];
    v->key = label(c, turn(what, "key", i, of, i ? v[-1].key : (ond_str){"", 0}));
    if (c->rc) return;
    snprintf(what, sizeof what, "the value of %s (key %zu of %llu)", ond__gguf_shown(v->key, shown),
             i + 1, (unsigned long long)of);
    uint64_t kind = word(c, 4, what);
    if (c->rc) return;
    v->kind = v->item = (ond_gguf_kind)kind;
    v->n = 1;
    if (kind > OND_GGUF_F64) {
        SPOIL(c, "%s: %s is of an unknown kind, %llu", c->name, what, (unsigned long long)kind);
        return;
    }
    if (kind == OND_GGUF_ARRAY) {
        uint64_t item = word(c, 4, what);
        v->n = word(c, 8, what);
        v->item = (ond_gguf_kind)item;
        if (item > OND_GGUF_F64 || item == OND_GGUF_ARRAY) {
            SPOIL(c, "%s: %s is an array of %s, which is not supported", c->name, what,
                  item == OND_GGUF_ARRAY ? "arrays" : "an unknown kind");
            return;
        }
    }
    size_t begin = c->at;
    v->p = c->p + begin;
    skip_items(c, v, what);
    v->bytes = c->at - begin;
}

/* ggml's types that we do not compute with, so that an error can say more than a number. */
static const char *foreign_type(uint64_t number)
{
    static const struct { unsigned number; const char *name; } known[] = {
        {9, "q8_1"}, {15, "q8_k"}, {16, "iq2_xxs"}, {17, "iq2_xs"}, {18, "iq3_xxs"}, {19, "iq1_s"},
        {21, "iq3_s"}, {22, "iq2_s"}, {24, "i8"}, {25, "i16"}, {26, "i32"}, {27, "i64"}, {28, "f64"},
        {29, "iq1_m"}, {40, "nvfp4"},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i].number == number) return known[i].name;
    return "unknown to this program";
}

static void check_type(cursor *c, const ond_gguf_tensor *t, const char *shown)
{
    if (!ond_type_known(t->type)) {
        SPOIL(c, "%s: tensor %s has the type %s (number %u), which is not supported; take the model "
              "in another quantisation, such as Q4_K_M or Q8_0", c->name, shown,
              foreign_type(t->type), (unsigned)t->type);
        return;
    }
    int block = ond_type_block((ond_type)t->type);
    if (t->dim[0] % (uint64_t)block != 0)
        SPOIL(c, "%s: tensor %s has rows of %llu values, and its type %s needs a multiple of %d",
              c->name, shown, (unsigned long long)t->dim[0], ond_type_name(t->type), block);
}

/* Bytes of all rows; 0 when they do not fit a size. */
static size_t tensor_bytes(const ond_gguf_tensor *t)
{
    size_t n = ond_type_row_bytes((ond_type)t->type, t->dim[0]);
    for (int i = 1; i < OND_GGUF_DIMS; i++)
        if (__builtin_mul_overflow(n, t->dim[i], &n)) return 0;
    return n;
}

static void read_tensor(cursor *c, ond_gguf_tensor *t, size_t i, uint64_t of)
{
    char shown[OND__SHOWN], what[TURN];
    t->name = label(c, turn(what, "tensor", i, of, i ? t[-1].name : (ond_str){"", 0}));
    if (c->rc) return;
    snprintf(what, sizeof what, "the description of tensor %s", ond__gguf_shown(t->name, shown));
    uint64_t n = word(c, 4, what);
    if (n > OND_GGUF_DIMS) {
        SPOIL(c, "%s: tensor %s has %llu dimensions, and at most %d are supported", c->name, shown,
              (unsigned long long)n, OND_GGUF_DIMS);
        return;
    }
    t->n_dim = n ? (int)n : 1; /* none: a single number */
    for (int d = 0; d < OND_GGUF_DIMS; d++) {
        t->dim[d] = d < (int)n ? word(c, 8, what) : 1;
        if (t->dim[d] < 1 || t->dim[d] > dim_most)
            SPOIL(c, "%s: dimension %d of tensor %s is %llu, out of range", c->name, d, shown,
                  (unsigned long long)t->dim[d]);
    }
    t->type = (uint32_t)word(c, 4, what);
    t->offset = word(c, 8, what); /* within the data; place() makes it absolute */
    if (c->rc) return;
    check_type(c, t, shown);
    if (c->rc) return;
    t->bytes = tensor_bytes(t);
    if (t->bytes == 0 || t->bytes > c->n)
        SPOIL(c, "%s: tensor %s is larger than the whole file (%zu bytes): the file is cut off or "
              "damaged; get it again", c->name, shown, c->n);
}

/* After the last tensor there is padding at most. More means that some tensors are not counted; then their descriptions
 * were taken for data, and nothing lies where it seems to. */
static void check_rest(cursor *c, const ond__parsed *out, uint64_t end)
{
    enum { LOOK = 4096 };
    char shown[OND__SHOWN];
    if (end >= c->n) return;
    size_t rest = c->n - (size_t)end, look = rest < LOOK ? rest : LOOK, i = 0;
    while (i < look && c->p[end + i] == 0) i++;
    if (i == look) return;
    SPOIL(c, "%s goes on for %zu bytes after its last tensor%s%s: the number of tensors is damaged, or something was appended",
          c->name, rest, out->n_tensor ? ", " : "",
          out->n_tensor ? ond__gguf_shown(out->tensor[out->n_tensor - 1].name, shown) : "");
}

/* Gives the tensors their places: in the order of the file, each at the next aligned offset. */
static void place(cursor *c, ond__parsed *out, uint64_t align)
{
    uint64_t begin = (c->at + align - 1) & ~(align - 1), next = 0;
    char shown[OND__SHOWN];
    for (size_t i = 0; i < out->n_tensor && !c->rc; i++) {
        ond_gguf_tensor *t = &out->tensor[i];
        ond__gguf_shown(t->name, shown);
        if (t->offset != next) {
            SPOIL(c, "%s: tensor %s begins at offset %llu of the data, where %llu is expected: the "
                  "file is damaged", c->name, shown, (unsigned long long)t->offset,
                  (unsigned long long)next);
            return;
        }
        /* No overflow: sums of sizes that were found to fit the file one by one stay below 2^64 only as long as they fit
         * it together, which is asked first. */
        if (begin > c->n || next > c->n - begin || t->bytes > c->n - begin - next) {
            SPOIL(c, "%s ends within tensor %s: %zu bytes, and %llu are needed; the file is cut off, "
                  "get it again", c->name, shown, c->n,
                  (unsigned long long)(begin + next + t->bytes));
            return;
        }
        t->offset = begin + next;
        t->p = c->p + t->offset;
        next = (next + t->bytes + align - 1) & ~(align - 1);
    }
    if (!c->rc) check_rest(c, out, begin + next);
}

static void read_head(cursor *c, ond__parsed *out, uint64_t *n_tensor, uint64_t *n_value)
{
    if (c->n < 4 || memcmp(c->p, "GGUF", 4) != 0) {
        SPOIL(c, "%s is not a GGUF model: it does not begin with \"GGUF\"", c->name);
        return;
    }
    c->at = 4;
    uint64_t version = word(c, 4, "its version");
    if (c->rc) return;
    if (version != 0 && (version & 0xFFFF) == 0) {
        SPOIL(c, "%s is a big-endian GGUF file, which is not supported: get the little-endian one",
              c->name);
        return;
    }
    if (version < 2 || version > 3) {
        SPOIL(c, "%s is GGUF version %llu, and 2 and 3 are supported: convert it anew", c->name,
              (unsigned long long)version);
        return;
    }
    out->version = (int)version;
    *n_tensor = word(c, 8, "the number of tensors");
    *n_value = word(c, 8, "the number of keys");
    if (c->rc) return;
    if (*n_value > left(c) / KV_LEAST)
        SPOIL(c, "%s says that it has %llu keys, more than its %zu bytes can hold", c->name,
              (unsigned long long)*n_value, c->n);
    else if (*n_tensor > (left(c) - *n_value * KV_LEAST) / TENSOR_LEAST)
        SPOIL(c, "%s says that it has %llu tensors, more than its %zu bytes can hold", c->name,
              (unsigned long long)*n_tensor, c->n);
    else if (*n_value > UINT32_MAX || *n_tensor > UINT32_MAX)
        SPOIL(c, "%s has too many keys or tensors", c->name);
}

static void read_values(cursor *c, uint64_t n, ond__parsed *out)
{
    out->value = calloc(n ? (size_t)n : 1, sizeof *out->value);
    out->value_index = calloc(n ? (size_t)n : 1, sizeof *out->value_index);
    if (!out->value || !out->value_index) {
        c->rc = ond_nomem(c->err, "reading a model's keys");
        return;
    }
    for (; out->n_value < n && !c->rc; out->n_value++) {
        ond_gguf_value *v = &out->value[out->n_value];
        read_value(c, v, out->n_value, n);
        out->value_index[out->n_value] =
            (ond__name){ond__index_hash(v->key), v->key, (uint32_t)out->n_value};
    }
    ond_str twice;
    char shown[OND__SHOWN];
    if (!c->rc && !ond__index_sort(out->value_index, out->n_value, &twice))
        SPOIL(c, "%s has the key %s twice", c->name, ond__gguf_shown(twice, shown));
}

static uint64_t read_alignment(cursor *c, const ond__parsed *out)
{
    static const char key[] = "general.alignment";
    int64_t align = OND__ALIGN_DEFAULT;
    if (c->rc) return OND__ALIGN_DEFAULT;
    const ond_gguf_value *v =
        ond__value_find(out->value, out->value_index, out->n_value, OND_S(key));
    c->rc = ond__value_int(v, c->name, key, 8, OND__ALIGN_MAX, OND__ALIGN_DEFAULT, &align, c->err);
    if (!c->rc && (align & (align - 1)) != 0)
        SPOIL(c, "%s: %s is %lld, which is no power of two", c->name, key, (long long)align);
    return (uint64_t)align;
}

static void read_tensors(cursor *c, uint64_t n, int part, ond__parsed *out)
{
    out->tensor = calloc(n ? (size_t)n : 1, sizeof *out->tensor);
    if (!out->tensor) {
        c->rc = ond_nomem(c->err, "reading a model's tensors");
        return;
    }
    for (; out->n_tensor < n && !c->rc; out->n_tensor++) {
        read_tensor(c, &out->tensor[out->n_tensor], out->n_tensor, n);
        out->tensor[out->n_tensor].part = part;
    }
}

int ond__gguf_parse(const unsigned char *p, size_t n, const char *name, int part, ond__parsed *out,
                    ond_err *err)
{
    cursor c = {.p = p, .n = n, .name = name, .err = err};
    uint64_t n_tensor = 0, n_value = 0;
    *out = (ond__parsed){0};
    read_head(&c, out, &n_tensor, &n_value);
    if (!c.rc) read_values(&c, n_value, out);
    uint64_t align = read_alignment(&c, out);
    if (!c.rc) read_tensors(&c, n_tensor, part, out);
    if (!c.rc) place(&c, out, align);
    if (!c.rc) return OND_OK;
    free(out->value);
    free(out->value_index);
    free(out->tensor);
    *out = (ond__parsed){0};
    return c.rc;
}
