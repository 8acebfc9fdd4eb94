/* ref.c - the truth for every kernel: plain loops in the order of the formula, sums in double.
 *
 * Slow on purpose. Weights are dequantised row by row (plain or panel), activations stay floats, nothing is fused. Other sets
 * are held against this one by tests/kern/test_parity.c. */
#include "kern/internal.h"
#include "kern/pack.h"

#include <assert.h>
#include <float.h>
#include <math.h>

/* ---- activations ---- */

static ond_acts_kind acts_kind(ond_type t)
{
    (void)t;
    return OND_ACTS_F32;
}

static size_t acts_bytes(ond_acts_kind kind, int n_tok, int n_col)
{
    assert(kind == OND_ACTS_F32);
    (void)kind;
    return ((size_t)n_tok * (size_t)n_col * sizeof(float) + 63) / 64 * 64;
}

static float *acts_row(const ond_acts *a, int t)
{
    return (float *)(void *)a->data + (size_t)t * (size_t)a->n_col;
}

static void acts_put(ond_acts *a, const float *x, size_t x_stride, int begin, int end)
{
    for (int t = begin; t < end; t++)
        memcpy(acts_row(a, t), x + (size_t)t * x_stride, (size_t)a->n_col * sizeof *x);
}

/* ---- matmul ---- */

enum { COLS = 4096, TOKS = 64, PANEL_COLS = 1 << 16 };   /* columns and tokens at a time; widest panel (tests alone give panels) */

static double dot_double(const float *a, const float *b, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += (double)a[i] * (double)b[i];
    return sum;
}

/* One row times tokens [first, first + n), n at most TOKS. */
static void plain_row(const ond_weight *w, int row, const ond_acts *a, int first, int n, double *sum)
{
    const unsigned char *p = w->data + (size_t)row * w->stride;
    float v[COLS];
    for (int at = 0; at < w->n_col; at += COLS) {
        int many = w->n_col - at < COLS ? w->n_col - at : COLS;
        ond_dequant(w->type, p + ond_type_row_bytes(w->type, (uint64_t)at), (size_t)many, v);
        for (int t = 0; t < n; t++) sum[t] += dot_double(v, acts_row(a, first + t) + at, many);
    }
}

static void panel_row(const ond_weight *w, int row, const ond_acts *a, int first, int n, double *sum)
{
    assert(w->n_col <= PANEL_COLS);
    float v[w->n_col];
    ond_unpack_row(w, row, v);
    for (int t = 0; t < n; t++) sum[t] += dot_double(v, acts_row(a, first + t), w->n_col);
}

typedef void put_fn(float *to, float v, int how);

/* put(&y of row and token, W x, how) for rows of panels [begin, end) and all tokens. */
static void each(const ond_weight *w, const ond_acts *a, int begin, int end, float *y, size_t y_stride, put_fn *put, int how)
{
    int last = end * OND_PANEL_ROWS < w->n_row ? end * OND_PANEL_ROWS : w->n_row;
    for (int r = begin * OND_PANEL_ROWS; r < last; r++)
        for (int first = 0; first < a->n_tok; first += TOKS) {
            int n = a->n_tok - first < TOKS ? a->n_tok - first : TOKS;
            double sum[TOKS] = {0};
            (w->layout == OND_PANEL ? panel_row : plain_row)(w, r, a, first, n, sum);
            for (int t = 0; t < n; t++)
                put(y + (size_t)(first + t) * y_stride + r, (float)(w->scale != 0 ? sum[t] * (double)w->scale : sum[t]), how);
        }
}

static void put_sum(float *to, float v, int add) { *to = add ? *to + v : v; }

static void matmul(const ond_weight *w, const ond_acts *a, int begin, int end, float *y, size_t y_stride, bool add)
{
    each(w, a, begin, end, y, y_stride, put_sum, add);
}

static double act_double(ond_act act, double x)
{
    switch (act) {
    case OND_SILU: return x / (1 + exp(-x));
    case OND_GELU: return 0.5 * x * (1 + tanh(0.79788456080286535588 * x * (1 + 0.044715 * x * x)));
    case OND_GELU_ERF: return 0.5 * x * (1 + erf(x * 0.70710678118654752440));
    case OND_RELU2: return x > 0 ? x * x : x < 0 ? 0 : x;   /* NaN stays */
    }
    return x;
}

static void put_gated(float *to, float v, int act) { *to = (float)(act_double((ond_act)act, (double)*to) * (double)v); }

static void matmul_glu(const ond_weight *gate, const ond_weight *up, const ond_acts *a, ond_act act, int begin, int end, float *y,
                       size_t y_stride)
{
    each(gate, a, begin, end, y, y_stride, put_sum, false);
    each(up, a, begin, end, y, y_stride, put_gated, (int)act);
}

/* ---- vectors ---- */

static void rms_norm(const float *x, const float *w, int n, float eps, float *y)
{
    double scale = 1 / sqrt(dot_double(x, x, n) / n + (double)eps);
    for (int i = 0; i < n; i++) y[i] = (float)((double)x[i] * scale * (w ? (double)w[i] : 1));
}

static void layer_norm(const float *x, const float *w, const float *b, int n, float eps, float *y)
{
    double mean = 0, var = 0;
    for (int i = 0; i < n; i++) mean += (double)x[i];
    mean /= n;
    for (int i = 0; i < n; i++) var += ((double)x[i] - mean) * ((double)x[i] - mean);
    double scale = 1 / sqrt(var / n + (double)eps);
    for (int i = 0; i < n; i++)
        y[i] = (float)(((double)x[i] - mean) * scale * (w ? (double)w[i] : 1) + (b ? (double)b[i] : 0));
}

static void rope(float *x, int n_rot, const float *cs, bool neox)
{
    for (int i = 0; i < n_rot / 2; i++) {
        float *a = neox ? x + i : x + 2 * i, *b = neox ? x + i + n_rot / 2 : x + 2 * i + 1;
        double u = (double)*a, v = (double)*b, c = (double)cs[2 * i], s = (double)cs[2 * i + 1];
        *a = (float)(u * c - v * s);
        *b = (float)(u * s + v * c);
    }
}

static void act_mul(ond_act act, const float *gate, const float *up, int n, float *y)
{
    for (int i = 0; i < n; i++) y[i] = (float)(act_double(act, (double)gate[i]) * (up ? (double)up[i] : 1));
}

static void add(float *y, const float *x, int n)
{
    for (int i = 0; i < n; i++) y[i] += x[i];
}

static void axpy(float *y, float a, const float *x, int n)
{
    for (int i = 0; i < n; i++) y[i] = (float)((double)y[i] + (double)a * (double)x[i]);
}

static float dot(const float *a, const float *b, int n) { return (float)dot_double(a, b, n); }

static float max(const float *x, int n, int *at)
{
    float best = -INFINITY;
    int where = 0;
    bool found = false;
    for (int i = 0; i < n; i++)
        if (x[i] > best || (!found && x[i] == best)) {
            best = x[i];
            where = i;
            found = true;
        }
    if (at) *at = where;
    return best;
}

static void softmax(float *x, int n)
{
    float top = max(x, n, NULL);
    bool none = true;
    for (int i = 0; i < n; i++) none = none && x[i] == -INFINITY;
    double sum = 0;
    for (int i = 0; i < n; i++) sum += none ? 1 : exp((double)x[i] - (double)top);
    for (int i = 0; i < n; i++) x[i] = none ? 0 : (float)(exp((double)x[i] - (double)top) / sum);
}

/* ---- KV cache and attention ---- */

size_t ond_kv_row_bytes(ond_kv_type t, int n)
{
    return t == OND_KV_F16 ? (size_t)n * 2 : sizeof(float) + (size_t)n;
}

/* What is not finite makes the whole row NaN: it must show, not turn into some int8. */
static void put_i8(const float *x, int n, unsigned char *row)
{
    float top = 0;
    bool finite = true;
    for (int i = 0; i < n; i++) {
        finite = finite && fabsf(x[i]) <= FLT_MAX;
        if (fabsf(x[i]) > top) top = fabsf(x[i]);
    }
    float scale = finite ? top / 127 : NAN;
    float inverse = finite && scale >= FLT_MIN ? 1 / scale : 0;
    if (finite && inverse == 0) scale = 0;
    memcpy(row, &scale, sizeof scale);
    for (int i = 0; i < n; i++) row[sizeof scale + (size_t)i] = inverse > 0 ? (unsigned char)(int8_t)rintf(x[i] * inverse) : 0;
}

static void kv_put(ond_kv_type t, const float *x, int n, unsigned char *row)
{
    if (t == OND_KV_I8) {
        put_i8(x, n, row);
        return;
    }
    for (int i = 0; i < n; i++) {
        uint16_t h = ond_f32_to_f16(x[i]);
        memcpy(row + 2 * (size_t)i, &h, 2);
    }
}

static void kv_get(ond_kv_type t, const unsigned char *row, int n, float *out)
{
    if (t == OND_KV_F16) {
        ond_dequant(OND_F16, row, (size_t)n, out);
        return;
    }
    float scale;
    memcpy(&scale, row, sizeof scale);
    for (int i = 0; i < n; i++) out[i] = scale * (float)(int8_t)row[sizeof scale + (size_t)i];
}

enum { TILE = 64, HEAD_MAX = 512 };

/* Softmax so far: sum of exp(score - top), and of the same times v. */
typedef struct running {
    double top, sum, out[HEAD_MAX];
} running;

static double score(const ond_attn *a, const float *q, int p)
{
    float k[HEAD_MAX];
    kv_get(a->kv_type, a->k + (size_t)p * a->k_stride, a->d_k, k);
    double s = dot_double(q, k, a->d_k) * (double)a->scale;
    return a->softcap != 0 ? (double)a->softcap * tanh(s / (double)a->softcap) : s;
}

/* One tile: positions [begin, end). */
static void attend_tile(const ond_attn *a, const float *q, int begin, int end, running *r)
{
    double s[TILE], top = r->top;
    for (int p = begin; p < end; p++) {
        s[p - begin] = score(a, q, p);
        if (!(s[p - begin] <= top)) top = s[p - begin];
    }
    double keep = r->sum == 0 ? 0 : exp(r->top - top);
    r->top = top;
    r->sum *= keep;
    for (int i = 0; i < a->d_v; i++) r->out[i] *= keep;
    for (int p = begin; p < end; p++) {
        float v[HEAD_MAX];
        kv_get(a->kv_type, a->v + (size_t)p * a->v_stride, a->d_v, v);
        double e = exp(s[p - begin] - top);
        r->sum += e;
        for (int i = 0; i < a->d_v; i++) r->out[i] += e * (double)v[i];
    }
}

static void attend_one(const ond_attn *a, int i, int h)
{
    int hi = a->causal ? a->pos + i : a->n_kv - 1;
    int lo = a->window > 0 && a->pos + i - a->window + 1 > 0 ? a->pos + i - a->window + 1 : 0;
    running r = {.top = -INFINITY};
    for (int p = lo; p <= hi;) {
        int end = (p / TILE + 1) * TILE;
        if (end > hi + 1) end = hi + 1;
        attend_tile(a, a->q + (size_t)i * a->q_stride + (size_t)h * (size_t)a->d_k, p, end, &r);
        p = end;
    }
    float *out = a->out + (size_t)i * a->out_stride + (size_t)h * (size_t)a->d_v;
    for (int j = 0; j < a->d_v; j++) out[j] = r.sum != 0 ? (float)(r.out[j] / r.sum) : 0;
}

static size_t attn_scratch(const ond_attn *a)
{
    (void)a;
    return 0;
}

static void attend(const ond_attn *a)
{
    assert(a->d_k <= HEAD_MAX && a->d_v <= HEAD_MAX);
    for (int i = 0; i < a->n_query; i++)
        for (int h = 0; h < a->n_group; h++) attend_one(a, i, h);
}

const ond_kern ond__kern_ref = {
    .name = "ref",
    .panels = false,
    .acts_kind = acts_kind,
    .acts_bytes = acts_bytes,
    .acts_put = acts_put,
    .matmul = matmul,
    .matmul_glu = matmul_glu,
    .rms_norm = rms_norm,
    .layer_norm = layer_norm,
    .rope = rope,
    .act_mul = act_mul,
    .add = add,
    .axpy = axpy,
    .dot = dot,
    .softmax = softmax,
    .max = max,
    .kv_put = kv_put,
    .attn_scratch = attn_scratch,
    .attend = attend,
};
