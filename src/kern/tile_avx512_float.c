/* tile_avx512_float.c - tiles of F32 and F16 by fused multiply-add, of BF16 by vdpbf16ps.
 *
 * One accumulator an output, columns in order; F16 has two (even and odd columns), since one would
 * wait four cycles for each 32 bytes of weights. vdpbf16ps adds the products of two columns without
 * rounding between; it takes denormals as zeros. */
#if defined __x86_64__
#include "kern/avx512.h"

OND__AVX512

TILE_PUT

ALWAYS __m512 add_columns(const ond_type t, const unsigned char *w, const unsigned char *x,
                          const __m512 acc)
{
    int32_t v;
    memcpy(&v, x, 4);
    const __m512i b = _mm512_set1_epi32(v);
    if (t == OND_BF16)
        return _mm512_dpbf16_ps(acc, (__m512bh)_mm512_loadu_si512((const void *)w), (__m512bh)b);
    __m512 row = t == OND_F32
                     ? _mm512_loadu_ps((const void *)w)
                     : _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)w));
    return _mm512_fmadd_ps(row, _mm512_castsi512_ps(b), acc);
}

/* Step i: a column, or for BF16 two. */
ALWAYS void add_step(const ond_type t, const int P, const int T, const ond__tile *a, size_t i,
                     __m512 acc[2][8])
{
    const size_t step = t == OND_F16 ? 32 : 64, at = i * step;
    const unsigned char *x = a->x + i * 4 * (size_t)T;
    EACH (k, T)
        EACH (p, P) acc[p][k] = add_columns(t, a->w[p] + at, x + 4 * k, acc[p][k]);
}

ALWAYS void tile(const ond_type t, const int P, const int T, const ond__tile *a)
{
    const size_t n = (size_t)(t == OND_BF16 ? (a->n_col + 1) / 2 : a->n_col),
                 turn = t == OND_F16 ? 2 : 1;
    __m512 acc[2][8], odd[2][8];
    EACH (p, P)
        EACH (k, T) acc[p][k] = odd[p][k] = _mm512_setzero_ps();
    for (size_t i = 0; i < n; i += turn) {
        add_step(t, P, T, a, i, acc);
        if (turn == 2 && i + 1 < n) add_step(t, P, T, a, i + 1, odd);
        if (a->cold)
            EACH (p, P) fetch(a->w[p] + i / turn * 64, 64);
    }
    EACH (p, P)
        EACH (k, T) {
            if (turn == 2) acc[p][k] = _mm512_add_ps(acc[p][k], odd[p][k]);
            put(a, p, k, acc[p][k]);
        }
}

TILES(F32)
TILES(F16)
TILES(BF16)

OND__AVX512_END
#else
typedef int ond__no_tiles_float;
#endif
