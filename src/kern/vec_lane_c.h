/* vec_lane_c.h - the lane layer in plain C: four floats by the compiler's vector extension, no intrinsics (vec_lane_avx512.h
 * says what each name means). Products are rounded before they are added. */
#include "kern/vec.h"

#include <math.h>
#include <string.h>

#define FN(name) ond__##name##_c
enum { W = 4, TILE_ROWS = 4, TILE_VECS = 2, POW2N_LOW = -127 };
typedef float vf __attribute__((vector_size(16)));
typedef int32_t vm __attribute__((vector_size(16)));
typedef uint32_t vh __attribute__((vector_size(16)));

ALWAYS vf v_set1(float a) { return (vf){a, a, a, a}; }
ALWAYS vf v_load(const float *p)
{
    vf a;
    memcpy(&a, p, sizeof a);
    return a;
}
ALWAYS vf v_load_n(const float *p, int n)
{
    return (vf){p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0};
}
ALWAYS void v_store(float *p, vf a) { memcpy(p, &a, sizeof a); }
ALWAYS void v_store_n(float *p, vf a, int n)
{
    for (int i = 0; i < n; i++) p[i] = a[i];
}
ALWAYS vf v_add(vf a, vf b) { return a + b; }
ALWAYS vf v_sub(vf a, vf b) { return a - b; }
ALWAYS vf v_mul(vf a, vf b) { return a * b; }
ALWAYS vf v_div(vf a, vf b) { return a / b; }
ALWAYS vf v_fma(vf a, vf b, vf c) { return a * b + c; }
ALWAYS vf v_fnma(vf a, vf b, vf c) { return c - a * b; }
ALWAYS vm v_gt(vf a, vf b) { return a > b; }
ALWAYS vf v_sel(vm m, vf a, vf b) { return (vf)((m & (vm)a) | (~m & (vm)b)); }
ALWAYS vf v_max(vf a, vf b) { return v_sel(a > b, a, b); }
ALWAYS vf v_min(vf a, vf b) { return v_sel(a < b, a, b); }
ALWAYS vf v_maxn(vf a, vf b) { return v_max(a, b); }
ALWAYS vf v_abs(vf a) { return (vf)((vm)a & 0x7fffffff); }
ALWAYS vf v_sign(vf a, vf s) { return (vf)((vm)v_abs(a) | ((vm)s & ~0x7fffffff)); }
ALWAYS vf v_round(vf a) { return (a + 0x1.8p23f) - 0x1.8p23f; }
/* 2^n for whole n in [-126, 127]: n + 127 becomes the exponent. NaN gives anything. */
ALWAYS vf two_to(vf n) { return (vf)((vm)(n + (0x1p23f + 127)) << 23); }
ALWAYS vf v_pow2(vf a, vf n)
{
    vf half = v_round(n * 0.5f);
    return a * two_to(half) * two_to(n - half);
}
ALWAYS vf v_pow2n(vf a, vf n) { return a * two_to(n); }
ALWAYS float v_sum(vf a) { return (a[0] + a[2]) + (a[1] + a[3]); }
ALWAYS float v_top(vf a)
{
    float b = a[0] > a[2] ? a[0] : a[2], c = a[1] > a[3] ? a[1] : a[3];
    return b > c ? b : c;
}
ALWAYS void v_split(const float *p, vf *even, vf *odd)
{
    *even = (vf){p[0], p[2], p[4], p[6]};
    *odd = (vf){p[1], p[3], p[5], p[7]};
}
ALWAYS void v_pairs(float *p, vf even, vf odd)
{
    for (int i = 0; i < W; i++) p[2 * i] = even[i], p[2 * i + 1] = odd[i];
}
ALWAYS vf v_pair(const float *p) { return (vf){p[0], p[1], p[0], p[1]}; }
ALWAYS vf v_pairsum(vf a, vf b) { return (vf){a[0] + a[1], a[2] + a[3], b[0] + b[1], b[2] + b[3]}; }

/* Halves by moving the exponent: 2^112 rebiases, and makes denormals right; infinities and NaN are put back. */
ALWAYS vf of_halves(vh h)
{
    vh sign = (h & 0x8000) << 16, rest = (h & 0x7fff) << 13;
    vf a = (vf)rest * 0x1p112f;
    vm big = (vm)rest >= (0x7c00 << 13);
    return (vf)((vm)v_sel(big, (vf)(rest | 0x7f800000), a) | (vm)sign);
}
ALWAYS vf v_f16(const void *p)
{
    uint16_t h[W];
    memcpy(h, p, sizeof h);
    return of_halves((vh){h[0], h[1], h[2], h[3]});
}
ALWAYS vf v_f16_n(const void *p, int n)
{
    uint16_t h[W] = {0};
    memcpy(h, p, (size_t)n * 2);
    return v_f16(h);
}
/* To nearest even: normal results by adding half of the last kept bit, denormal ones by adding 2^-1 whose last place is 2^-24. */
ALWAYS void v_f16_put(void *p, vf a, int n)
{
    vh u = (vh)v_abs(a), sign = (vh)a >> 16 & 0x8000;
    vh odd = u >> 13 & 1, normal = (u - (112u << 23) + 0xfff + odd) >> 13;
    vh small = (vh)(v_abs(a) + 0.5f) - 0x3f000000u;
    vm tiny = (vm)u < 113 << 23, over = (vm)u >= 0x477ff000, nan = (vm)u > 0x7f800000;
    vm h = (tiny & (vm)small) | (~tiny & (vm)normal);
    h = (over & 0x7c00) | (~over & h);
    h = (nan & (vm)((u >> 13 & 0x3ff) | 0x7e00)) | (~nan & h);
    for (int i = 0; i < n; i++) {
        uint16_t v = (uint16_t)(h[i] | (int32_t)sign[i]);
        memcpy((char *)p + 2 * i, &v, 2);
    }
}
ALWAYS vf v_i8(const void *p)
{
    const int8_t *b = p;
    return (vf){b[0], b[1], b[2], b[3]};
}
ALWAYS vf v_i8_n(const void *p, int n)
{
    int8_t b[W] = {0};
    memcpy(b, p, (size_t)n);
    return v_i8(b);
}
ALWAYS void v_i8_put(void *p, vf a, int n)
{
    a = v_round(a);
    for (int i = 0; i < n; i++) ((int8_t *)p)[i] = (int8_t)a[i];
}

ALWAYS vh h_zero(void) { return (vh){0, 0, 0, 0}; }
ALWAYS vh h_f16(const void *p)
{
    vh a;
    memcpy(&a, p, sizeof a);
    return a;
}
ALWAYS vh h_f16_n(const void *p, int n)
{
    vh a = {0, 0, 0, 0};
    memcpy(&a, p, (size_t)n * 2);
    return a;
}
ALWAYS vh h_i8_n(const void *p, int n)
{
    const int8_t *b = p;
    int16_t w[2 * W] = {0};
    for (int i = 0; i < n; i++) w[i] = b[i];
    return h_f16(w);
}
ALWAYS vh h_i8(const void *p) { return h_i8_n(p, 2 * W); }
ALWAYS void h_transpose(vh r[W])
{
    vh t[W] = {r[0], r[1], r[2], r[3]};
    for (int i = 0; i < W; i++) r[i] = (vh){t[0][i], t[1][i], t[2][i], t[3][i]};
}
ALWAYS vf h_from_f16(vh u, int j)
{
    uint32_t a = u[2 * j], b = u[2 * j + 1];
    return of_halves((vh){a & 0xffff, a >> 16, b & 0xffff, b >> 16});
}
ALWAYS vf h_from_i16(vh u, int j)
{
    uint32_t a = u[2 * j], b = u[2 * j + 1];
    return (vf){(int16_t)a, (int16_t)(a >> 16), (int16_t)b, (int16_t)(b >> 16)};
}
