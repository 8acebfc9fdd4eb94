/* tile_avx512_float.c - tiles of weights that are floats: F32 and F16 by fused multiply-add, BF16 by vdpbf16ps.
 *
 * One accumulator an output, columns in order. vdpbf16ps adds the products of two columns without rounding between; it
 * takes denormals as zeros. */
#if defined __x86_64__
#include "kern/avx512.h"

OND__AVX512

ALWAYS __m512 add_columns(const ond_type t, const unsigned char *w, const unsigned char *x, const __m512 acc)
{
    int32_t v;
    memcpy(&v, x, 4);
    const __m512i b = _mm512_set1_epi32(v);
    if (t == OND_BF16) return _mm512_dpbf16_ps(acc, (__m512bh)_mm512_loadu_si512((const void *)w), (__m512bh)b);
    __m512 row = t == OND_F32 ? _mm512_loadu_ps((const void *)w)
                              : _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)w));
    return _mm512_fmadd_ps(row, _mm512_castsi512_ps(b), acc);
}

ALWAYS void tile(const ond_type t, const int P, const int T, const ond__tile *a)
{
    const int n = t == OND_BF16 ? (a->n_col + 1) / 2 : a->n_col, step = t == OND_F16 ? 32 : 64;
    const unsigned char *w[2], *x = a->x;
    EACH(p, P) w[p] = a->w[p];
    __m512 acc[2][8];
    EACH(p, P) EACH(k, T) acc[p][k] = _mm512_setzero_ps();
    for (int i = 0; i < n; i++, x += 4 * T) {
        EACH(k, T) EACH(p, P) acc[p][k] = add_columns(t, w[p] + (size_t)i * (size_t)step, x + 4 * k, acc[p][k]);
        if (T == 1) EACH(p, P) _mm_prefetch((const char *)((uintptr_t)w[p] + (size_t)i * (size_t)step + 4096), _MM_HINT_T0);
    }
    EACH(p, P) EACH(k, T) _mm512_store_ps(a->out + (p * T + k) * 16, acc[p][k]);
}

TILES(F32)
TILES(F16)
TILES(BF16)

OND__TARGET_END
#else
typedef int ond__no_tiles_float;
#endif
