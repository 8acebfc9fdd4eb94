/* vec_lane_avx512.h - the lane layer on 512-bit registers (AVX-512 F, BW, DQ, VL).
 *
 * What every lane header defines (W lanes of float in a register):
 *   vf, vm         a register of floats, a mask
 *   v_set1 v_load v_load_n v_store v_store_n      _n: the first n < W lanes only (others load as 0)
 *   v_add … v_fma(a, b, c) = ab + c, v_fnma = c - ab, v_abs, v_sign(a, s): |a| with the sign of s
 *   v_max v_min    the second operand where either is NaN (aarch64: NaN where either is)
 *   v_maxn         the second operand where the first is NaN
 *   v_round        to the nearest even integer (|a| < 2^22); v_pow2(a, n): a 2^n, |n| <= 250, correct to denormals
 *   v_pow2n        the same for n in [POW2N_LOW, 0]; exactly 0 at POW2N_LOW
 *   v_sum v_top    of all lanes, in a fixed order
 *   v_split        2W floats → even ones, odd ones; v_pairs: its inverse
 *   v_pair         two floats, repeated; v_pairsum(a, b): sums of neighbours, those of a first
 *   v_f16 v_f16_n v_f16_put v_i8 v_i8_n            W halves or bytes ⇄ floats; v_i8_put: to nearest even
 * for attention: vh is a register of W pairs of 16 bits
 *   h_f16 h_f16_n h_i8 h_i8_n   2W halves as they are, or 2W bytes widened
 *   h_transpose    W registers as a W × W matrix of pairs
 *   h_from_f16 h_from_i16 (u, j)   half j of u (W 16-bit values) → floats
 * and TILE_ROWS × TILE_VECS, the register tile of attention. */
#include "kern/vec.h"

#include <immintrin.h>
#include <math.h>
#include <string.h>

OND__TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma,f16c")

#define FN(name) ond__##name##_avx512
enum { W = 16, TILE_ROWS = 6, TILE_VECS = 4, POW2N_LOW = -200 };
typedef __m512 vf;
typedef __m512i vh;
typedef __mmask16 vm;

ALWAYS vm first(int n) { return (vm)((1u << n) - 1); }
ALWAYS vf v_set1(float a) { return _mm512_set1_ps(a); }
ALWAYS vf v_load(const float *p) { return _mm512_loadu_ps(p); }
ALWAYS vf v_load_n(const float *p, int n) { return _mm512_maskz_loadu_ps(first(n), p); }
ALWAYS void v_store(float *p, vf a) { _mm512_storeu_ps(p, a); }
ALWAYS void v_store_n(float *p, vf a, int n) { _mm512_mask_storeu_ps(p, first(n), a); }
ALWAYS vf v_add(vf a, vf b) { return _mm512_add_ps(a, b); }
ALWAYS vf v_sub(vf a, vf b) { return _mm512_sub_ps(a, b); }
ALWAYS vf v_mul(vf a, vf b) { return _mm512_mul_ps(a, b); }
ALWAYS vf v_div(vf a, vf b) { return _mm512_div_ps(a, b); }
ALWAYS vf v_fma(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
ALWAYS vf v_fnma(vf a, vf b, vf c) { return _mm512_fnmadd_ps(a, b, c); }
ALWAYS vf v_max(vf a, vf b) { return _mm512_max_ps(a, b); }
ALWAYS vf v_min(vf a, vf b) { return _mm512_min_ps(a, b); }
ALWAYS vf v_maxn(vf a, vf b) { return _mm512_max_ps(a, b); }
ALWAYS vf v_abs(vf a) { return _mm512_abs_ps(a); }
ALWAYS vf v_sign(vf a, vf s) { return _mm512_or_ps(v_abs(a), _mm512_and_ps(s, v_set1(-0.0f))); }
ALWAYS vm v_gt(vf a, vf b) { return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ); }
ALWAYS vf v_sel(vm m, vf a, vf b) { return _mm512_mask_blend_ps(m, b, a); }
ALWAYS vf v_round(vf a) { return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC); }
ALWAYS vf v_pow2(vf a, vf n) { return _mm512_scalef_ps(a, n); }
ALWAYS vf v_pow2n(vf a, vf n) { return _mm512_scalef_ps(a, n); }

ALWAYS float v_sum(vf a)
{
    __m256 b = _mm256_add_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 c = _mm_add_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_add_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}

ALWAYS float v_top(vf a)
{
    __m256 b = _mm256_max_ps(_mm512_castps512_ps256(a), _mm512_extractf32x8_ps(a, 1));
    __m128 c = _mm_max_ps(_mm256_castps256_ps128(b), _mm256_extractf128_ps(b, 1));
    c = _mm_max_ps(c, _mm_movehl_ps(c, c));
    return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}

ALWAYS __m512i evens(void)
{
    return _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
}

ALWAYS void v_split(const float *p, vf *even, vf *odd)
{
    vf a = v_load(p), b = v_load(p + W);
    *even = _mm512_permutex2var_ps(a, evens(), b);
    *odd = _mm512_permutex2var_ps(a, _mm512_add_epi32(evens(), _mm512_set1_epi32(1)), b);
}

ALWAYS void v_pairs(float *p, vf even, vf odd)
{
    __m512i lo = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    v_store(p, _mm512_permutex2var_ps(even, lo, odd));
    v_store(p + W, _mm512_permutex2var_ps(even, _mm512_add_epi32(lo, _mm512_set1_epi32(8)), odd));
}

ALWAYS vf v_pair(const float *p)
{
    double d;
    memcpy(&d, p, sizeof d);
    return _mm512_castpd_ps(_mm512_set1_pd(d));
}

ALWAYS vf v_pairsum(vf a, vf b)
{
    vf even = _mm512_permutex2var_ps(a, evens(), b);
    return v_add(even, _mm512_permutex2var_ps(a, _mm512_add_epi32(evens(), _mm512_set1_epi32(1)), b));
}

ALWAYS vf v_f16(const void *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
ALWAYS vf v_f16_n(const void *p, int n) { return _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first(n), p)); }
ALWAYS void v_f16_put(void *p, vf a, int n)
{
    _mm256_mask_storeu_epi16(p, first(n), _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT));
}
ALWAYS vf v_i8(const void *p) { return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p))); }
ALWAYS vf v_i8_n(const void *p, int n)
{
    return _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_maskz_loadu_epi8(first(n), p)));
}
ALWAYS void v_i8_put(void *p, vf a, int n)
{
    _mm_mask_storeu_epi8(p, first(n), _mm512_cvtsepi32_epi8(_mm512_cvtps_epi32(a)));
}

ALWAYS vh h_zero(void) { return _mm512_setzero_si512(); }
ALWAYS vh h_f16(const void *p) { return _mm512_loadu_si512(p); }
ALWAYS vh h_f16_n(const void *p, int n) { return _mm512_maskz_loadu_epi16((__mmask32)((1ull << n) - 1), p); }
ALWAYS vh h_i8(const void *p) { return _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)p)); }
ALWAYS vh h_i8_n(const void *p, int n)
{
    return _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8((__mmask32)((1ull << n) - 1), p));
}

ALWAYS void h_transpose(vh r[W])
{
    vh t[W];
    UNROLL for (int i = 0; i < W; i += 2) {
        t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
        t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
    }
    UNROLL for (int i = 0; i < W; i += 4) {
        r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
        r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
        r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
        r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
    }
    UNROLL for (int c = 0; c < 4; c++) {    /* 128-bit part L of r[4g + c] is column 4L + c of rows 4g … 4g+3 */
        vh x0 = _mm512_shuffle_i32x4(r[c], r[4 + c], 0x88), x1 = _mm512_shuffle_i32x4(r[c], r[4 + c], 0xdd);
        vh y0 = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0x88), y1 = _mm512_shuffle_i32x4(r[8 + c], r[12 + c], 0xdd);
        t[c] = _mm512_shuffle_i32x4(x0, y0, 0x88);
        t[4 + c] = _mm512_shuffle_i32x4(x1, y1, 0x88);
        t[8 + c] = _mm512_shuffle_i32x4(x0, y0, 0xdd);
        t[12 + c] = _mm512_shuffle_i32x4(x1, y1, 0xdd);
    }
    UNROLL for (int i = 0; i < W; i++) r[i] = t[i];
}

ALWAYS __m256i h_half(vh u, int j) { return j ? _mm512_extracti64x4_epi64(u, 1) : _mm512_castsi512_si256(u); }
ALWAYS vf h_from_f16(vh u, int j) { return _mm512_cvtph_ps(h_half(u, j)); }
ALWAYS vf h_from_i16(vh u, int j) { return _mm512_cvtepi32_ps(_mm512_cvtepi16_epi32(h_half(u, j))); }
