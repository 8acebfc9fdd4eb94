/* vec_body.h - norms, rotation, activations, softmax and cache rows over the lane layer; included once by each vec_NAME.c.
 *
 * Sums run in four registers so that additions overlap; their order depends on n alone. */
#include "kern/vec_math.h"

typedef struct sums {
    vf s[4];
} sums;

ALWAYS sums sums_zero(void)
{
    vf z = v_set1(0);
    return (sums){{z, z, z, z}};
}

ALWAYS float sums_total(sums a) { return v_sum(v_add(v_add(a.s[0], a.s[1]), v_add(a.s[2], a.s[3]))); }

float FN(dot)(const float *a, const float *b, int n)
{
    sums t = sums_zero();
    int i = 0;
    for (; i + 4 * W <= n; i += 4 * W)
        UNROLL for (int j = 0; j < 4; j++) t.s[j] = v_fma(v_load(a + i + j * W), v_load(b + i + j * W), t.s[j]);
    for (; i + W <= n; i += W) t.s[0] = v_fma(v_load(a + i), v_load(b + i), t.s[0]);
    if (i < n) t.s[1] = v_fma(v_load_n(a + i, n - i), v_load_n(b + i, n - i), t.s[1]);
    return sums_total(t);
}

/* Sum of (x - mean)^2, or of x when only the plain sum is wanted. */
ALWAYS float sum_of(const float *x, int n, bool squares, float mean)
{
    sums t = sums_zero();
    vf m = v_set1(mean);
    int i = 0;
    for (; i + W <= n; i += W) {
        vf d = v_sub(v_load(x + i), m);
        vf s = t.s[0];    /* the four take turns */
        t.s[0] = t.s[1], t.s[1] = t.s[2], t.s[2] = t.s[3];
        t.s[3] = squares ? v_fma(d, d, s) : v_add(d, s);
    }
    float rest = 0;
    for (; i < n; i++) rest += squares ? (x[i] - mean) * (x[i] - mean) : x[i] - mean;
    return sums_total(t) + rest;
}

/* y = ((x - mean) scale) w + b, for registers that v_load or v_load_n fills. */
ALWAYS vf normed(vf x, float mean, float scale) { return v_mul(v_sub(x, v_set1(mean)), v_set1(scale)); }

void FN(rms_norm)(const float *x, const float *w, int n, float eps, float *y)
{
    vf scale = v_set1(1.0f / sqrtf(FN(dot)(x, x, n) / (float)n + eps));
    int i = 0;
    for (; i + W <= n; i += W) {
        vf v = v_mul(v_load(x + i), scale);
        v_store(y + i, w ? v_mul(v, v_load(w + i)) : v);
    }
    if (i == n) return;
    vf v = v_mul(v_load_n(x + i, n - i), scale);
    v_store_n(y + i, w ? v_mul(v, v_load_n(w + i, n - i)) : v, n - i);
}

void FN(layer_norm)(const float *x, const float *w, const float *b, int n, float eps, float *y)
{
    float mean = sum_of(x, n, false, 0) / (float)n;
    float scale = 1.0f / sqrtf(sum_of(x, n, true, mean) / (float)n + eps);
    vf one = v_set1(1), zero = v_set1(0);
    int i = 0;
    for (; i + W <= n; i += W)
        v_store(y + i, v_fma(normed(v_load(x + i), mean, scale), w ? v_load(w + i) : one, b ? v_load(b + i) : zero));
    int m = n - i;
    if (m > 0)
        v_store_n(y + i, v_fma(normed(v_load_n(x + i, m), mean, scale), w ? v_load_n(w + i, m) : one,
                               b ? v_load_n(b + i, m) : zero), m);
}

ALWAYS void turn(vf *a, vf *b, vf c, vf s)
{
    vf u = *a;
    *a = v_fnma(*b, s, v_mul(u, c));
    *b = v_fma(*b, c, v_mul(u, s));
}

ALWAYS void turn_one(float *a, float *b, const float *cs)
{
    float u = *a, v = *b;
    *a = u * cs[0] - v * cs[1];
    *b = u * cs[1] + v * cs[0];
}

void FN(rope)(float *x, int n_rot, const float *cs, bool neox)
{
    int n = n_rot / 2, i = 0;
    vf a, b, c, s;
    for (; i + W <= n; i += W) {
        v_split(cs + 2 * i, &c, &s);
        if (neox)
            a = v_load(x + i), b = v_load(x + n + i);
        else
            v_split(x + 2 * i, &a, &b);
        turn(&a, &b, c, s);
        if (neox)
            v_store(x + i, a), v_store(x + n + i, b);
        else
            v_pairs(x + 2 * i, a, b);
    }
    for (; i < n; i++) turn_one(neox ? x + i : x + 2 * i, neox ? x + n + i : x + 2 * i + 1, cs + 2 * i);
}

/* x / (1 + e^-z), by e^-|z| so that nothing overflows and the left tail keeps its digits. */
ALWAYS vf gated(vf x, vf z)
{
    vf e = v_exp(v_sub(v_set1(0), v_abs(z))), one = v_set1(1);
    return v_div(v_mul(x, v_sel(v_gt(v_set1(0), z), e, one)), v_add(one, e));
}

/* The tanh form is x / (1 + e^-2u), u = sqrt(2/pi) (x + 0.044715 x^3). Both GELUs are within 2^-21 |x|. */
ALWAYS vf act_of(ond_act act, vf x)
{
    switch (act) {
    case OND_SILU: return gated(x, x);
    case OND_GELU: return gated(x, v_mul(v_mul(x, v_set1(1.5957691216f)), v_fma(v_mul(x, x), v_set1(0.044715f), v_set1(1))));
    case OND_GELU_ERF: return v_mul(v_mul(x, v_set1(0.5f)), v_add(v_set1(1), v_erf(v_mul(x, v_set1(0.70710678119f)))));
    case OND_RELU2: return v_mul(v_max(v_set1(0), x), v_max(v_set1(0), x));
    }
    return x;
}

ALWAYS void act_all(ond_act act, const float *gate, const float *up, int n, float *y)
{
    int i = 0;
    for (; i + W <= n; i += W) {
        vf v = act_of(act, v_load(gate + i));
        v_store(y + i, up ? v_mul(v, v_load(up + i)) : v);
    }
    if (i == n) return;
    vf v = act_of(act, v_load_n(gate + i, n - i));
    v_store_n(y + i, up ? v_mul(v, v_load_n(up + i, n - i)) : v, n - i);
}

void FN(act_mul)(ond_act act, const float *gate, const float *up, int n, float *y)
{
    switch (act) {
    case OND_SILU: act_all(OND_SILU, gate, up, n, y); return;
    case OND_GELU: act_all(OND_GELU, gate, up, n, y); return;
    case OND_GELU_ERF: act_all(OND_GELU_ERF, gate, up, n, y); return;
    case OND_RELU2: act_all(OND_RELU2, gate, up, n, y); return;
    }
}

void FN(add)(float *y, const float *x, int n)
{
    int i = 0;
    for (; i + W <= n; i += W) v_store(y + i, v_add(v_load(y + i), v_load(x + i)));
    for (; i < n; i++) y[i] += x[i];
}

void FN(axpy)(float *y, float a, const float *x, int n)
{
    vf s = v_set1(a);
    int i = 0;
    for (; i + W <= n; i += W) v_store(y + i, v_fma(s, v_load(x + i), v_load(y + i)));
    if (i < n) v_store_n(y + i, v_fma(s, v_load_n(x + i, n - i), v_load_n(y + i, n - i)), n - i);
}

/* The greatest of x that is a number, -infinity when there is none. */
ALWAYS float top_of(const float *x, int n)
{
    vf t0 = v_set1(-INFINITY), t1 = t0, t2 = t0, t3 = t0;
    int i = 0;
    for (; i + 4 * W <= n; i += 4 * W) {
        t0 = v_maxn(v_load(x + i), t0);
        t1 = v_maxn(v_load(x + i + W), t1);
        t2 = v_maxn(v_load(x + i + 2 * W), t2);
        t3 = v_maxn(v_load(x + i + 3 * W), t3);
    }
    float top = v_top(v_maxn(v_maxn(t0, t1), v_maxn(t2, t3)));
    for (; i < n; i++) top = x[i] > top ? x[i] : top;
    return top;
}

float FN(max)(const float *x, int n, int *at)
{
    float top = top_of(x, n);
    if (!at) return top;
    *at = 0;
    for (int i = 0; i < n; i++)
        if (x[i] == top) {
            *at = i;
            break;
        }
    return top;
}

void FN(softmax)(float *x, int n)
{
    float top = top_of(x, n);
    bool none = top == -INFINITY;    /* or only NaN, which must stay */
    sums t = sums_zero();
    vf m = v_set1(none ? 0 : top);
    int i = 0;
    for (; i < n; i += W) {
        bool full = i + W <= n;
        vf e = v_exp(v_sub(full ? v_load(x + i) : v_load_n(x + i, n - i), m));
        if (full)
            v_store(x + i, e);
        else
            v_store_n(x + i, e, n - i), e = v_load_n(x + i, n - i);
        vf s = t.s[0];
        t.s[0] = t.s[1], t.s[1] = t.s[2], t.s[2] = t.s[3], t.s[3] = v_add(s, e);
    }
    float sum = sums_total(t);
    vf inverse = v_set1(sum == 0 ? 0 : 1.0f / sum);
    for (i = 0; i + W <= n; i += W) v_store(x + i, v_mul(v_load(x + i), inverse));
    if (i < n) v_store_n(x + i, v_mul(v_load_n(x + i, n - i), inverse), n - i);
}

/* A float scale, then int8 to nearest even. What is not finite makes the row NaN. */
static void put_i8(const float *x, int n, unsigned char *row)
{
    float top = 0;
    bool finite = true;
    int i = 0;
    vf t = v_set1(0), zero = t;
    for (; i < n; i += W) {
        vf v = i + W <= n ? v_load(x + i) : v_load_n(x + i, n - i);
        t = v_maxn(v_abs(v), t);
        zero = v_add(zero, v_mul(v, v_set1(0)));    /* NaN from an infinity or a NaN */
    }
    top = v_top(t);
    finite = v_sum(zero) == 0;
    float scale = finite ? top / 127 : NAN;
    float inverse = finite && scale >= 0x1p-126f ? 1 / scale : 0;
    if (finite && inverse == 0) scale = 0;
    memcpy(row, &scale, sizeof scale);
    row += sizeof scale;
    if (inverse == 0) memset(row, 0, (size_t)n);
    if (inverse == 0) return;
    for (i = 0; i < n; i += W) {
        vf v = i + W <= n ? v_load(x + i) : v_load_n(x + i, n - i);
        v_i8_put(row + i, v_mul(v, v_set1(inverse)), n - i < W ? n - i : W);
    }
}

void FN(kv_put)(ond_kv_type t, const float *x, int n, unsigned char *row)
{
    if (t == OND_KV_I8) {
        put_i8(x, n, row);
        return;
    }
    int i = 0;
    for (; i + W <= n; i += W) v_f16_put(row + 2 * (size_t)i, v_load(x + i), W);
    if (i < n) v_f16_put(row + 2 * (size_t)i, v_load_n(x + i, n - i), n - i);
}

void FN(math)(int which, const float *x, int n, float *y)
{
    for (int i = 0; i < n; i += W) {
        int m = n - i < W ? n - i : W;
        vf v = m == W ? v_load(x + i) : v_load_n(x + i, m);
        v_store_n(y + i, which == 0 ? v_exp(v) : which == 1 ? v_tanh(v) : v_erf(v), m);
    }
}
