/* collect.c - an importance matrix from running a model over text.
 *
 * The model runs with a kernel set of our own: it does what another set does, but activations are kept as floats beside the
 * prepared ones, and whoever multiplies the first panel of a matrix takes them down. So the pass knows nothing of it, and any
 * set, also an int8 one, gives the squares of the inputs as they were.
 *
 * Functions of a kernel set have no self: `active` is the one collection of this process. It is set before the team runs and
 * cleared after, and entries are added under its lock. Each matrix is met once a pass, so sums do not depend on the team. */
#include "model/collect.h"

#include "model/room.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { BATCH = 64, CHUNK = 512 };

typedef struct known {             /* a matrix by the place of its weights */
    const unsigned char *data;
    ond_str name;
    size_t n_mat, mat;
} known;

typedef struct collection {
    const ond_kern *inner;
    ond_kern kern;                 /* ours */
    known *v;                      /* [n], sorted by data */
    size_t n;
    ond_imatrix *m;
    pthread_mutex_t lock;
    ond_err failed;                /* the first; code 0: none */
} collection;

static _Atomic(collection *) active;

/* ---- the kernel set ---- */

static size_t floats_bytes(const ond_acts *a)
{
    return ((size_t)a->n_tok * (size_t)a->n_col * sizeof(float) + 63) / 64 * 64;
}

static ond_acts prepared(const ond_acts *a)
{
    ond_acts b = *a;
    b.data += floats_bytes(a);
    return b;
}

static size_t acts_bytes(ond_acts_kind kind, int n_tok, int n_col)
{
    ond_acts a = {kind, n_tok, n_col, NULL};
    return floats_bytes(&a) + atomic_load(&active)->inner->acts_bytes(kind, n_tok, n_col);
}

static void acts_put(ond_acts *a, const float *x, size_t x_stride, int begin, int end)
{
    ond_acts b = prepared(a);
    float *to = (float *)(void *)a->data;
    for (int t = begin; t < end; t++)
        memcpy(to + (size_t)t * (size_t)a->n_col, x + (size_t)t * x_stride, (size_t)a->n_col * sizeof *x);
    atomic_load(&active)->inner->acts_put(&b, x, x_stride, begin, end);
}

static int by_data(const void *a, const void *b)
{
    const known *x = a, *y = b;
    return (x->data > y->data) - (x->data < y->data);
}

static void take_down(collection *c, const ond_weight *w, const ond_acts *a)
{
    known key = {.data = w->data};
    const known *k = bsearch(&key, c->v, c->n, sizeof *c->v, by_data);
    if (!k) return;
    pthread_mutex_lock(&c->lock);
    if (!c->failed.code)
        (void)!ond_imatrix_add(c->m, k->name, (size_t)a->n_col, k->n_mat, k->mat, (const float *)(const void *)a->data, (size_t)a->n_col,
                               (size_t)a->n_tok, &c->failed);
    pthread_mutex_unlock(&c->lock);
}

static void matmul(const ond_weight *w, const ond_acts *a, int begin, int end, float *y, size_t y_stride, bool add)
{
    collection *c = atomic_load(&active);
    ond_acts b = prepared(a);
    if (begin == 0 && end > 0) take_down(c, w, a);
    c->inner->matmul(w, &b, begin, end, y, y_stride, add);
}

static void matmul_glu(const ond_weight *gate, const ond_weight *up, const ond_acts *a, ond_act act, int begin, int end, float *y,
                       size_t y_stride)
{
    collection *c = atomic_load(&active);
    ond_acts b = prepared(a);
    if (begin == 0 && end > 0) {
        take_down(c, gate, a);
        take_down(c, up, a);
    }
    c->inner->matmul_glu(gate, up, &b, act, begin, end, y, y_stride);
}

static void make_kern(collection *c)
{
    c->kern = *c->inner;
    c->kern.acts_bytes = acts_bytes;
    c->kern.acts_put = acts_put;
    c->kern.matmul = matmul;
    c->kern.matmul_glu = matmul_glu;
}

/* ---- which matrix lies where ---- */

/* Of a fused tensor its first part alone: all read the same input. */
static bool wanted(const ond__item *it)
{
    const ond_gguf_tensor *t = it->mat->tensor;
    return t && it->mat->first == 0 && t->name.n > 4 && memcmp(t->name.p, "blk.", 4) == 0;
}

static int know(collection *c, const ond_model *m, ond_err *err)
{
    size_t n = 0;
    for (int i = 0; i < m->n_item; i++) n += (size_t)m->item[i].n;
    c->v = calloc(n ? n : 1, sizeof *c->v);
    if (!c->v) return ond_nomem(err, "an importance matrix");
    for (int i = 0; i < m->n_item; i++) {
        const ond__item *it = &m->item[i];
        for (int k = 0; wanted(it) && k < it->n; k++)
            c->v[c->n++] = (known){it->mat->w.data + (it->experts ? (size_t)k * it->experts->step : 0), it->mat->tensor->name,
                                   (size_t)it->n, (size_t)k};
    }
    qsort(c->v, c->n, sizeof *c->v, by_data);
    return 0;
}

/* ---- running ---- */

static int run_text(const ond_model *m, ond_pass *pass, ond_kv *kv, const int32_t *token, int n, const ond_collect_opts *o, float *logits,
                    ond_err *err)
{
    int32_t batch[BATCH];
    for (int at = 0; at < n; at += BATCH) {
        int many = n - at < BATCH ? n - at : BATCH;
        memcpy(batch, token + at, (size_t)many * sizeof *batch);
        if (at == 0 && o->begin) batch[0] = o->bos;
        ond_span s = {.kv = kv, .token = batch, .n = many, .pos = at, .n_out = many, .out = logits};   /* all go through all layers */
        int rc = ond_model_forward(m, pass, &s, 1, err);
        if (rc != 0) return rc;
    }
    return 0;
}

static int run_texts(collection *c, const ond_gguf *g, const int32_t *token, int n, int chunk, const ond_collect_opts *o, ond_err *err)
{
    ond_model *m = NULL;
    ond_pass *pass = NULL;
    ond_kv *kv = NULL;
    float *logits = NULL;
    int rc = 0;
    ond_model_opts mo = {.kern = &c->kern, .team = o->team, .packing = OND_PACK_MEMORY};
    OND_TRY(ond_model_open(g, &mo, &m, err));
    if (ond_model_shape(m)->embedding) {
        rc = ond_fail(err, OND_E_INPUT, "an embedding model (%s) has no importance matrix", ond_model_shape(m)->arch);
        goto out;
    }
    OND_TRY(know(c, m, err));
    OND_TRY(ond_pass_open(m, o->team, BATCH, BATCH, &pass, err));
    OND_TRY(ond_kv_open(m, chunk, OND_KV_F16, &kv, err));
    logits = malloc((size_t)BATCH * (size_t)ond_model_shape(m)->n_vocab * sizeof *logits);
    if (!logits) {
        rc = ond_nomem(err, "an importance matrix");
        goto out;
    }
    for (int i = 0; i < n; i++) {
        OND_TRY(run_text(m, pass, kv, token + (size_t)i * (size_t)chunk, chunk, o, logits, err));
        if (c->failed.code) {
            if (err) *err = c->failed;
            rc = c->failed.code;
            goto out;
        }
        if (o->progress && !o->progress(o->self, i + 1, n)) {
            rc = ond_fail(err, OND_E_INTERRUPTED, "stopped after %d of %d texts", i + 1, n);
            goto out;
        }
    }
out:
    free(logits);
    ond_kv_close(kv);
    ond_pass_close(pass);
    ond_model_close(m);
    return rc;
}

int ond_imatrix_collect(const ond_gguf *g, const int32_t *token, size_t n_token, const ond_collect_opts *opts, ond_imatrix **out,
                        uint32_t *n_chunk, ond_err *err)
{
    collection c = {.inner = opts->kern}, *none = NULL;
    ond_team *own = NULL;
    ond_collect_opts o = *opts;
    int rc = 0, chunk = o.chunk > 0 ? o.chunk : CHUNK;
    size_t n = n_token / (size_t)chunk;
    *out = NULL;
    if (n == 0)
        return ond_fail(err, OND_E_INPUT, "the text has %zu tokens, but an importance matrix needs at least %d", n_token, chunk);
    if (o.max_chunks > 0 && n > (size_t)o.max_chunks) n = (size_t)o.max_chunks;
    if (n > 1 << 20) n = 1 << 20;
    if (!c.inner && (rc = ond_kern_pick(&c.inner, err)) != 0) return rc;
    if (!atomic_compare_exchange_strong(&active, &none, &c))
        return ond_fail(err, OND_E_BUSY, "another importance matrix is being made by this program");
    pthread_mutex_init(&c.lock, NULL);
    make_kern(&c);
    OND_TRY(ond_imatrix_new(&c.m, err));
    if (!o.team) {
        OND_TRY(ond_team_open(0, &own, err));
        o.team = own;
    }
    OND_TRY(run_texts(&c, g, token, (int)n, chunk, &o, err));
    *out = c.m;
    c.m = NULL;
    *n_chunk = (uint32_t)n;
out:
    ond_imatrix_close(c.m);
    ond_team_close(own);
    free(c.v);
    pthread_mutex_destroy(&c.lock);
    atomic_store(&active, NULL);
    return rc;
}
