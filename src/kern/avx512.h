/* avx512.h - what the AVX-512 files share: the features they are compiled for, tiles of each type.
 *
 * gcc 12 knows no name for Zen 4 or 5, so each file names its features by OND__AVX512 (to its end:
 * OND__AVX512_END); whether the processor has them is asked in kerns.def. */
#ifndef OND_KERN_AVX512_H
#define OND_KERN_AVX512_H

#include "kern/internal.h"
#include "kern/panel.h"
#include "kern/vec.h"

#include <immintrin.h>

#define OND__AVX512_FEATURES                                                                       \
    "avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,avx512vbmi,avx2,fma,f16c"
/* Checks of overflow and alignment in unrolled loops take clang's optimiser minutes. */
#if defined __clang__
#define OND__AVX512                                                                                \
    OND__TARGET(OND__AVX512_FEATURES)                                                              \
    OND__PRAGMA(clang attribute push(__attribute__((no_sanitize("undefined"))), apply_to = function))
#define OND__AVX512_END _Pragma("clang attribute pop") OND__TARGET_END
#else
#define OND__AVX512 OND__TARGET(OND__AVX512_FEATURES)
#define OND__AVX512_END OND__TARGET_END
#endif

typedef void ond__tile_fn(const ond__tile *a);
typedef struct ond__tile_set {
    ond__tile_fn *one[5]; /* one panel, width 1, 2, 4, 6, 8 */
    ond__tile_fn *two[4]; /* two panels, width 1, 2, 4, 6 */
} ond__tile_set;

#define ond__tiles_TQ1_0 ond__tiles_TQ2_0 /* their panels are alike */
#define TYPE(NAME, number, name, block, bytes) extern const ond__tile_set ond__tiles_##NAME;
#include "base/types.def"
#undef TYPE

/* The tiles of one type, from a function tile(type, P, T, a) that is inlined with constants. */
#define TILE(TYPE, P, T)                                                                           \
    static void tile_##TYPE##_##P##x##T(const ond__tile *a) { tile(OND_##TYPE, P, T, a); }
#define TILES(TYPE)                                                                                \
    TILE(TYPE, 1, 1) TILE(TYPE, 1, 2) TILE(TYPE, 1, 4) TILE(TYPE, 1, 6) TILE(TYPE, 1, 8)           \
    TILE(TYPE, 2, 1) TILE(TYPE, 2, 2) TILE(TYPE, 2, 4) TILE(TYPE, 2, 6)                            \
    const ond__tile_set ond__tiles_##TYPE = {                                                      \
        {tile_##TYPE##_1x1, tile_##TYPE##_1x2, tile_##TYPE##_1x4, tile_##TYPE##_1x6,               \
         tile_##TYPE##_1x8},                                                                       \
        {tile_##TYPE##_2x1, tile_##TYPE##_2x2, tile_##TYPE##_2x4, tile_##TYPE##_2x6},              \
    };

#define EACH(i, n) UNROLL for (int i = 0; i < (n); i++)

/* The lines that lie AHEAD of n bytes of weights at p; this panel is followed by the next. */
ALWAYS void fetch_lines(const unsigned char *p, const int n)
{
    enum { AHEAD = 4096 };
    EACH (i, n / 64)
        _mm_prefetch((const char *)((uintptr_t)p + AHEAD + 64 * (uintptr_t)i), _MM_HINT_T0);
}

/* Those, and the first line of a page to come. The hardware reads ahead by itself, but not beyond a
 * page, also where pages are huge: that line starts it there, and brings the translation (a third
 * more for Q4_0 and Q8_0, a tenth for K types; docs/SPEED.md). No branch: asking again costs less than
 * a branch that is taken once a page. */
ALWAYS void fetch(const unsigned char *p, const int n)
{
    enum { PAGE = 4096, PAGES = 4 };
    fetch_lines(p, n);
    _mm_prefetch((const char *)(((uintptr_t)p / PAGE + PAGES) * PAGE), _MM_HINT_T1);
}

/* How a tile writes the sums of panel p, token k. */
#define TILE_PUT                                                                                   \
    ALWAYS void put(const ond__tile *a, const int p, const int k, const __m512 v)                  \
    {                                                                                              \
        float *to = a->out + (size_t)p * a->panel_step + (size_t)k * a->token_step;                \
        _mm512_storeu_ps(to, a->add ? _mm512_add_ps(_mm512_loadu_ps(to), v) : v);                  \
    }

#endif
