/* vec_lane_avx2.h - the lane layer on 256-bit registers (AVX2, FMA, F16C); vec_lane_avx512.h says what each name means. */
#include "kern/vec.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

#ifndef LANE_TARGET
#define LANE_TARGET "avx2,fma,f16c"
#endif
OND__TARGET(LANE_TARGET)

#define FN(name) ond__##name##_avx2
enum { W = 8, TILE_ROWS = 6, TILE_VECS = 2, POW2N_LOW = -127 };
typedef __m256 vf;
typedef __m256i vh;
typedef __m256 vm;

ALWAYS __m256i first(int n)
{
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
ALWAYS vf v_set1(float a) { return _mm256_set1_ps(a); }
ALWAYS vf v_load(const float *p) { return _mm256_loadu_ps(p); }
ALWAYS vf v_load_n(const float *p, int n) { return _mm256_maskload_ps(p, first(n)); }
ALWAYS void v_store(float *p, vf a) { _mm256_storeu_ps(p, a); }
ALWAYS void v_store_n(float *p, vf a, int n) { _mm256_maskstore_ps(p, first(n), a); }
ALWAYS vf v_add(vf a, vf b) { return _mm256_add_ps(a, b); }
ALWAYS vf v_sub(vf a, vf b) { return _mm256_sub_ps(a, b); }
ALWAYS vf v_mul(vf a, vf b) { return _mm256_mul_ps(a, b); }
ALWAYS vf v_div(vf a, vf b) { return _mm256_div_ps(a, b); }
ALWAYS vf v_fma(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
ALWAYS vf v_fnma(vf a, vf b, vf c) { return _mm256_fnmadd_ps(a, b, c); }
ALWAYS vf v_max(vf a, vf b) { return _mm256_max_ps(a, b); }
ALWAYS vf v_min(vf a, vf b) { return _mm256_min_ps(a, b); }
ALWAYS vf v_maxn(vf a, vf b) { return _mm256_max_ps(a, b); }
ALWAYS vf v_abs(vf a) { return _mm256_andnot_ps(v_set1(-0.0f), a); }
ALWAYS vf v_sign(vf a, vf s) { return _mm256_or_ps(v_abs(a), _mm256_and_ps(s, v_set1(-0.0f))); }
ALWAYS vm v_gt(vf a, vf b) { return _mm256_cmp_ps(a, b, _CMP_GT_OQ); }
ALWAYS vf v_sel(vm m, vf a, vf b) { return _mm256_blendv_ps(b, a, m); }
ALWAYS vf v_round(vf a) { return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
/* 2^n for whole n in [-126, 127], 0 for -127. */
ALWAYS vf two_to(vf n)
{
    return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_add_epi32(_mm256_cvtps_epi32(n), _mm256_set1_epi32(127)), 23));
}
ALWAYS vf v_pow2(vf a, vf n)
{
    vf half = v_round(v_mul(n, v_set1(0.5f)));
    return v_mul(v_mul(a, two_to(half)), two_to(v_sub(n, half)));
}
ALWAYS vf v_pow2n(vf a, vf n) { return v_mul(a, two_to(n)); }

ALWAYS float v_sum(vf a)
{
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    c = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}
ALWAYS float v_top(vf a)
{
    __m128 c = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    c = _mm_max_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}

/* Four 64-bit parts a0 a1 b0 b1 that stand as a0 b0 a1 b1, in order. */
ALWAYS vf in_order(vf a) { return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(a), 0xd8)); }

ALWAYS void v_split(const float *p, vf *even, vf *odd)
{
    vf a = v_load(p), b = v_load(p + W);
    *even = in_order(_mm256_shuffle_ps(a, b, 0x88));
    *odd = in_order(_mm256_shuffle_ps(a, b, 0xdd));
}
ALWAYS void v_pairs(float *p, vf even, vf odd)
{
    vf lo = _mm256_unpacklo_ps(even, odd), hi = _mm256_unpackhi_ps(even, odd);
    v_store(p, _mm256_permute2f128_ps(lo, hi, 0x20));
    v_store(p + W, _mm256_permute2f128_ps(lo, hi, 0x31));
}
ALWAYS vf v_pair(const float *p)
{
    double d;
    memcpy(&d, p, sizeof d);
    return _mm256_castpd_ps(_mm256_set1_pd(d));
}
ALWAYS vf v_pairsum(vf a, vf b) { return in_order(_mm256_hadd_ps(a, b)); }

ALWAYS vf v_f16(const void *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
ALWAYS vf v_f16_n(const void *p, int n)
{
    uint16_t h[W] = {0};
    memcpy(h, p, (size_t)n * 2);
    return v_f16(h);
}
ALWAYS void v_f16_put(void *p, vf a, int n)
{
    __m128i h = _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT);
    memcpy(p, &h, (size_t)n * 2);
}
ALWAYS vf v_i8(const void *p) { return _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p))); }
ALWAYS vf v_i8_n(const void *p, int n)
{
    int8_t b[W] = {0};
    memcpy(b, p, (size_t)n);
    return v_i8(b);
}
ALWAYS void v_i8_put(void *p, vf a, int n)
{
    __m256i i = _mm256_cvtps_epi32(a);
    __m128i w = _mm_packs_epi32(_mm256_castsi256_si128(i), _mm256_extracti128_si256(i, 1));
    w = _mm_packs_epi16(w, w);
    memcpy(p, &w, (size_t)n);
}

ALWAYS vh h_zero(void) { return _mm256_setzero_si256(); }
ALWAYS vh h_f16(const void *p) { return _mm256_loadu_si256((const __m256i *)p); }
ALWAYS vh h_f16_n(const void *p, int n)
{
    uint16_t h[2 * W] = {0};
    memcpy(h, p, (size_t)n * 2);
    return h_f16(h);
}
ALWAYS vh h_i8(const void *p) { return _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)p)); }
ALWAYS vh h_i8_n(const void *p, int n)
{
    int8_t b[2 * W] = {0};
    memcpy(b, p, (size_t)n);
    return h_i8(b);
}

ALWAYS void h_transpose(vh r[W])
{
    vh t[W];
    UNROLL for (int i = 0; i < W; i += 2) {
        t[i] = _mm256_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm256_unpackhi_epi32(r[i], r[i + 1]);
    }
    UNROLL for (int i = 0; i < W; i += 4) {
        r[i] = _mm256_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm256_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm256_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm256_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    UNROLL for (int c = 0; c < 4; c++) {
        vh lo = r[c], hi = r[4 + c];
        r[c] = _mm256_permute2x128_si256(lo, hi, 0x20);
        r[4 + c] = _mm256_permute2x128_si256(lo, hi, 0x31);
    }
}

ALWAYS __m128i h_half(vh u, int j) { return j ? _mm256_extracti128_si256(u, 1) : _mm256_castsi256_si128(u); }
ALWAYS vf h_from_f16(vh u, int j) { return _mm256_cvtph_ps(h_half(u, j)); }
ALWAYS vf h_from_i16(vh u, int j) { return _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(h_half(u, j))); }
