/* imatrix.c - importance matrices: collecting, reading both forms, writing (imatrix.h). */
#include "model/imatrix.h"

#include "base/type.h"
#include "file/gguf.h"
#include "sys/map.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

typedef struct entry {
    char *name;
    size_t n_col, n_mat;
    float *sum;       /* [n_mat, n_col] */
    float *count;     /* [n_mat] */
} entry;

struct ond_imatrix {
    entry *v;         /* sorted by name */
    size_t n, cap;
    char *dataset;    /* or NULL */
    uint32_t chunks;
};

int ond_imatrix_new(ond_imatrix **out, ond_err *err)
{
    *out = calloc(1, sizeof **out);
    return *out ? 0 : ond_nomem(err, "an importance matrix");
}

void ond_imatrix_close(ond_imatrix *m)
{
    if (!m) return;
    for (size_t i = 0; i < m->n; i++) {
        free(m->v[i].name);
        free(m->v[i].sum);
        free(m->v[i].count);
    }
    free(m->v);
    free(m->dataset);
    free(m);
}

size_t ond_imatrix_count(const ond_imatrix *m) { return m->n; }
ond_str ond_imatrix_name(const ond_imatrix *m, size_t i) { return ond_str_of(m->v[i].name); }
const char *ond_imatrix_dataset(const ond_imatrix *m) { return m->dataset ? m->dataset : ""; }
uint32_t ond_imatrix_chunks(const ond_imatrix *m) { return m->chunks; }

/* ---- entries ---- */

static int compare(ond_str a, const char *b)
{
    size_t n = strlen(b);
    int c = memcmp(a.p, b, a.n < n ? a.n : n);
    return c ? c : (a.n > n) - (a.n < n);
}

/* Where the name is, or where it belongs. */
static size_t place(const ond_imatrix *m, ond_str name, bool *found)
{
    size_t lo = 0, hi = m->n;
    *found = false;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        int c = compare(name, m->v[mid].name);
        if (c == 0) *found = true;
        if (c > 0) lo = mid + 1;
        else hi = mid;
    }
    return lo;
}

static int add_entry(ond_imatrix *m, ond_str name, size_t n_col, size_t n_mat, entry **out, ond_err *err)
{
    bool found;
    size_t at = place(m, name, &found);
    if (found) return ond_fail(err, OND_E_INPUT, "%.*s stands in the importance matrix twice", (int)name.n, name.p);
    if (m->n == m->cap) {
        size_t cap = m->cap ? 2 * m->cap : 64;
        entry *v = realloc(m->v, cap * sizeof *v);
        if (!v) return ond_nomem(err, "an importance matrix");
        m->v = v;
        m->cap = cap;
    }
    entry e = {ond_str_dup(name), n_col, n_mat, calloc(n_mat * n_col, sizeof(float)), calloc(n_mat, sizeof(float))};
    if (!e.name || !e.sum || !e.count) {
        free(e.name);
        free(e.sum);
        free(e.count);
        return ond_nomem(err, "an importance matrix");
    }
    memmove(m->v + at + 1, m->v + at, (m->n - at) * sizeof *m->v);
    m->v[at] = e;
    m->n++;
    *out = &m->v[at];
    return 0;
}

bool ond_imatrix_find(const ond_imatrix *m, ond_str name, size_t *n_col, size_t *n_mat)
{
    bool found;
    size_t at = place(m, name, &found);
    if (!found) return false;
    *n_col = m->v[at].n_col;
    *n_mat = m->v[at].n_mat;
    return true;
}

void ond_imatrix_get(const ond_imatrix *m, ond_str name, size_t mat, float *out)
{
    bool found;
    const entry *e = &m->v[place(m, name, &found)];
    const float *sum = e->sum + mat * e->n_col;
    for (size_t i = 0; i < e->n_col; i++) out[i] = e->count[mat] > 0 ? sum[i] / e->count[mat] : 1;
}

int ond_imatrix_add(ond_imatrix *m, ond_str name, size_t n_col, size_t n_mat, size_t mat, const float *x, size_t stride,
                    size_t n_tok, ond_err *err)
{
    bool found;
    size_t at = place(m, name, &found);
    entry *e = found ? &m->v[at] : NULL;
    if (!e) {
        int rc = add_entry(m, name, n_col, n_mat, &e, err);
        if (rc != 0) return rc;
    }
    if (e->n_col != n_col || mat >= e->n_mat)
        return ond_fail(err, OND_E_INPUT, "%.*s: inputs of %zu columns, after some of %zu", (int)name.n, name.p, n_col, e->n_col);
    for (size_t i = 0; i < n_col; i += 256) {   /* a batch at a time in double: small squares are not lost beside a large sum */
        double sum[256] = {0};
        size_t n = n_col - i < 256 ? n_col - i : 256;
        for (size_t t = 0; t < n_tok; t++)
            for (size_t c = 0; c < n; c++) sum[c] += (double)x[t * stride + i + c] * (double)x[t * stride + i + c];
        for (size_t c = 0; c < n; c++) e->sum[mat * n_col + i + c] += (float)sum[c];
    }
    e->count[mat] += (float)n_tok;
    return 0;
}

static int check_entry(const entry *e, ond_err *err)
{
    for (size_t i = 0; i < e->n_mat * e->n_col; i++)
        if (!(e->sum[i] >= 0 && e->sum[i] <= FLT_MAX))
            return ond_fail(err, OND_E_INPUT, "%s: value %zu of the importance matrix is %g, not a finite number from 0", e->name, i,
                            (double)e->sum[i]);
    for (size_t i = 0; i < e->n_mat; i++)
        if (!(e->count[i] >= 0 && e->count[i] <= FLT_MAX))
            return ond_fail(err, OND_E_INPUT, "%s: count %zu of the importance matrix is %g", e->name, i, (double)e->count[i]);
    return 0;
}

/* ---- GGUF ---- */

static const char SUMS[] = ".in_sum2", COUNTS[] = ".counts";

static int read_tensor(ond_imatrix *m, const ond_gguf *g, const ond_gguf_tensor *t, ond_err *err)
{
    ond_buf name = {0};
    ond_str base = {t->name.p, t->name.n - (sizeof SUMS - 1)};
    ond_buf_str(&name, base);
    ond_buf_puts(&name, COUNTS);
    if (!ond_buf_ok(&name)) {
        ond_buf_free(&name);
        return ond_nomem(err, "an importance matrix");
    }
    const ond_gguf_tensor *c = ond_gguf_tensor_find(g, ond_buf_z(&name));
    ond_buf_free(&name);
    if (!c) return ond_fail(err, OND_E_INPUT, "the tensor %.*s has no %.*s%s beside it", (int)t->name.n, t->name.p, (int)base.n, base.p, COUNTS);
    size_t n_mat = c->bytes / sizeof(float), n = t->bytes / sizeof(float);
    if (t->type != OND_F32 || c->type != OND_F32 || n_mat == 0 || n == 0 || n % n_mat != 0 || n / n_mat != t->dim[0])
        return ond_fail(err, OND_E_INPUT, "%.*s and %.*s%s do not fit together", (int)t->name.n, t->name.p, (int)base.n, base.p, COUNTS);
    entry *e;
    int rc = add_entry(m, base, n / n_mat, n_mat, &e, err);
    if (rc != 0) return rc;
    memcpy(e->sum, t->p, t->bytes);
    memcpy(e->count, c->p, c->bytes);
    return check_entry(e, err);
}

static int read_gguf(ond_imatrix *m, const void *bytes, size_t n, const char *name, ond_err *err)
{
    ond_gguf *g = NULL;
    int rc = ond_gguf_open_bytes(bytes, n, name, &g, err);
    if (rc != 0) return rc;
    if (!ond_str_is(ond_gguf_str(g, "general.type", ""), "imatrix")) {
        rc = ond_fail(err, OND_E_INPUT, "it is no importance matrix (general.type is not imatrix)");
        goto out;
    }
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
        size_t tail = sizeof SUMS - 1;
        if (t->name.n > tail && memcmp(t->name.p + t->name.n - tail, SUMS, tail) == 0) OND_TRY(read_tensor(m, g, t, err));
    }
    int64_t chunks;
    OND_TRY(ond_gguf_int(g, "imatrix.chunk_count", 0, UINT32_MAX, 0, &chunks, err));
    m->chunks = (uint32_t)chunks;
    const ond_gguf_value *v = ond_gguf_find(g, "imatrix.datasets");
    size_t at = 0;
    ond_str dataset;
    if (v && ond_gguf_next_str(v, &at, &dataset)) m->dataset = ond_str_dup(dataset);
out:
    ond_gguf_close(g);
    return rc;
}

/* ---- the older form: count; then name, calls, values, with sizes as int32 before each; then calls in all, dataset ---- */

typedef struct cursor {
    const unsigned char *p;
    size_t n;
} cursor;

static bool take(cursor *c, size_t n, const void **out)
{
    if (n > c->n) return false;
    *out = c->p;
    c->p += n;
    c->n -= n;
    return true;
}

static bool take_int(cursor *c, int32_t low, int32_t high, int32_t *out)
{
    const void *p;
    if (!take(c, 4, &p)) return false;
    memcpy(out, p, 4);
    return *out >= low && *out <= high;
}

static int read_dat_entry(ond_imatrix *m, cursor *c, int32_t at, ond_err *err)
{
    int32_t length, calls, values;
    const void *name, *sums;
    if (!take_int(c, 1, 4096, &length) || !take(c, (size_t)length, &name) || !take_int(c, 0, INT32_MAX, &calls) ||
        !take_int(c, 1, INT32_MAX, &values) || !take(c, (size_t)values * sizeof(float), &sums))
        return ond_fail(err, OND_E_INPUT, "entry %d is cut short or has an impossible size", (int)at);
    entry *e;
    int rc = add_entry(m, (ond_str){name, (size_t)length}, (size_t)values, 1, &e, err);
    if (rc != 0) return rc;
    memcpy(e->sum, sums, (size_t)values * sizeof(float));
    e->count[0] = calls > 0 ? (float)calls : 1;
    return check_entry(e, err);
}

static int read_dat(ond_imatrix *m, cursor c, ond_err *err)
{
    int32_t n;
    if (!take_int(&c, 1, 1 << 20, &n))
        return ond_fail(err, OND_E_INPUT, "it is neither a GGUF nor the older form of an importance matrix");
    for (int32_t i = 0; i < n; i++) {
        int rc = read_dat_entry(m, &c, i, err);
        if (rc != 0) return rc;
    }
    int32_t chunks, length;
    const void *dataset;
    if (take_int(&c, 0, INT32_MAX, &chunks)) {
        m->chunks = (uint32_t)chunks;
        if (take_int(&c, 0, 1 << 16, &length) && take(&c, (size_t)length, &dataset))
            m->dataset = ond_str_dup((ond_str){dataset, (size_t)length});
    }
    return 0;
}

int ond_imatrix_open_bytes(const void *bytes, size_t n, const char *name, ond_imatrix **out, ond_err *err)
{
    ond_err e = {0};
    int rc = ond_imatrix_new(out, err);
    if (rc != 0) return rc;
    if (n >= 4 && memcmp(bytes, "GGUF", 4) == 0)
        rc = read_gguf(*out, bytes, n, name, &e);
    else
        rc = read_dat(*out, (cursor){bytes, n}, &e);
    if (rc == 0) return 0;
    ond_imatrix_close(*out);
    *out = NULL;
    if (!strstr(e.text, name)) ond_err_prefix(&e, "%s", name);
    if (err) *err = e;
    return rc;
}

int ond_imatrix_open(const char *path, ond_imatrix **out, ond_err *err)
{
    ond_map map = {0};
    *out = NULL;
    int rc = ond_map_open(path, &map, err);
    if (rc != 0) return rc;
    rc = ond_imatrix_open_bytes(map.p, map.n, path, out, err);
    ond_map_close(&map);
    return rc;
}

/* ---- writing ---- */

static void declare(ond_gguf_out *o, const entry *e, const char *tail, size_t n_col)
{
    ond_buf name = {0};
    ond_buf_puts(&name, e->name);
    ond_buf_puts(&name, tail);
    ond_gguf_declare(o, (ond_str){ond_buf_z(&name), name.n}, OND_F32, 2, (uint64_t[]){n_col, e->n_mat});
    ond_buf_free(&name);
}

int ond_imatrix_save(const ond_imatrix *m, const char *path, const char *dataset, uint32_t n_chunk, uint32_t chunk_size,
                     ond_err *err)
{
    ond_gguf_out *o = NULL;
    ond_str text = ond_str_of(dataset);
    int rc = 0;
    for (size_t i = 0; i < m->n && rc == 0; i++) rc = check_entry(&m->v[i], err);
    if (rc == 0) rc = ond_gguf_create(path, &o, err);
    if (rc != 0) return rc;
    ond_gguf_put_str(o, "general.type", OND_S("imatrix"));
    ond_gguf_put_strs(o, "imatrix.datasets", &text, 1);
    ond_gguf_put_u32(o, "imatrix.chunk_count", n_chunk);
    ond_gguf_put_u32(o, "imatrix.chunk_size", chunk_size);
    for (size_t i = 0; i < m->n; i++) {
        declare(o, &m->v[i], SUMS, m->v[i].n_col);
        declare(o, &m->v[i], COUNTS, 1);
    }
    for (size_t i = 0; i < m->n && rc == 0; i++) {
        const entry *e = &m->v[i];
        rc = ond_gguf_write(o, e->sum, e->n_mat * e->n_col * sizeof(float), err);
        if (rc == 0) rc = ond_gguf_write(o, e->count, e->n_mat * sizeof(float), err);
    }
    if (rc == 0) return ond_gguf_commit(o, err);
    ond_gguf_abort(o);
    return rc;
}
