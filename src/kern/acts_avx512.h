/* acts_avx512.h - four cells of activations at a time: the bytes of acts.c; included by vec_avx512.c before acts_body.h.
 *
 * One cell alone is a chain of reductions, a division and more reductions; four share each step of it. Magnitudes are compared as
 * integers, of which NaN is the greatest. */
#include "kern/panel.h"

#include <float.h>

/* The greatest of each of four registers, in lanes 0 to 3. */
ALWAYS __m128i tops(const __m512i m[4])
{
    __m256i h[4];
    UNROLL for (int c = 0; c < 4; c++)
        h[c] = _mm256_max_epi32(_mm512_castsi512_si256(m[c]), _mm512_extracti64x4_epi64(m[c], 1));
    __m256i ab = _mm256_max_epi32(_mm256_unpacklo_epi32(h[0], h[1]), _mm256_unpackhi_epi32(h[0], h[1]));
    __m256i cd = _mm256_max_epi32(_mm256_unpacklo_epi32(h[2], h[3]), _mm256_unpackhi_epi32(h[2], h[3]));
    __m256i all = _mm256_max_epi32(_mm256_unpacklo_epi64(ab, cd), _mm256_unpackhi_epi64(ab, cd));
    return _mm_max_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

/* minus[h] of two cells: lanes 0 to 3 are first half, second half of the one, then of the other. */
ALWAYS __m128i minus_sums(__m512i q)
{
    __m512i s = _mm512_madd_epi16(_mm512_maddubs_epi16(_mm512_set1_epi8(1), q), _mm512_set1_epi16(1));
    s = _mm512_add_epi32(s, _mm512_shuffle_epi32(s, _MM_PERM_BADC));
    s = _mm512_add_epi32(s, _mm512_shuffle_epi32(s, _MM_PERM_CDAB));
    __m512i lanes = _mm512_setr_epi32(0, 4, 8, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
    return _mm_sub_epi32(_mm_setzero_si128(), _mm512_castsi512_si128(_mm512_permutexvar_epi32(lanes, s)));
}

static void put_four(const float *x, int width, int k, unsigned char *cell)
{
    __m512 v[8];
    __m512i most[4], sign = _mm512_set1_epi32(0x7fffffff);
    UNROLL for (int i = 0; i < 8; i++) v[i] = _mm512_loadu_ps(x + 16 * i);
    UNROLL for (int c = 0; c < 4; c++)
        most[c] = _mm512_max_epi32(_mm512_and_si512(_mm512_castps_si512(v[2 * c]), sign),
                                   _mm512_and_si512(_mm512_castps_si512(v[2 * c + 1]), sign));
    __m128 top = _mm_castsi128_ps(tops(most)), d = _mm_div_ps(top, _mm_set1_ps(127));
    __mmask8 finite = _mm_cmp_ps_mask(top, _mm_set1_ps(FLT_MAX), _CMP_LE_OQ);
    __mmask8 some = finite & _mm_cmp_ps_mask(d, _mm_set1_ps(FLT_MIN), _CMP_GE_OQ);
    __m128 inverse = _mm_maskz_div_ps(some, _mm_set1_ps(1), d);
    __m128 scale = _mm_mask_blend_ps(finite, _mm_set1_ps(NAN), _mm_maskz_mov_ps(some, d));
    float scales[4];
    int32_t sums[8];
    _mm_storeu_ps(scales, scale);
    __m256i q[4];
    UNROLL for (int c = 0; c < 4; c++) {
        __m512 by = _mm512_broadcastss_ps(_mm_permutevar_ps(inverse, _mm_set1_epi32(c)));
        __mmask16 keep = some >> c & 1 ? 0xffff : 0;
        __m128i lo = _mm512_cvtsepi32_epi8(_mm512_maskz_cvtps_epi32(keep, _mm512_mul_ps(v[2 * c], by)));
        __m128i hi = _mm512_cvtsepi32_epi8(_mm512_maskz_cvtps_epi32(keep, _mm512_mul_ps(v[2 * c + 1], by)));
        q[c] = _mm256_inserti128_si256(_mm256_castsi128_si256(lo), hi, 1);
    }
    UNROLL for (int c = 0; c < 4; c += 2)
        _mm_storeu_si128((__m128i *)(void *)(sums + 2 * c),
                         minus_sums(_mm512_inserti64x4(_mm512_castsi256_si512(q[c]), q[c + 1], 1)));
    UNROLL for (int c = 0; c < 4; c++, cell += (size_t)width * OND__CELL) {
        int32_t both = sums[2 * c] + sums[2 * c + 1];
        _mm256_storeu_si256((__m256i *)(void *)(cell + 32 * k), q[c]);
        memcpy(cell + 32 * width + 4 * k, &scales[c], 4);
        memcpy(cell + 36 * width + 4 * k, &both, 4);
        memcpy(cell + 40 * width + 4 * k, &sums[2 * c], 4);
        memcpy(cell + 44 * width + 4 * k, &sums[2 * c + 1], 4);
    }
}
#define PUT_FOUR put_four
