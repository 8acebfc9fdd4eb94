/* avx512.h - what the AVX-512 files share: the features they are compiled for, and the tiles of each type.
 *
 * gcc 12 knows no name for Zen 4 or 5, so each file names its features by OND__AVX512 (to its end: OND__TARGET_END); whether the
 * processor has them is asked in kerns.def. */
#ifndef OND_KERN_AVX512_H
#define OND_KERN_AVX512_H

#include "kern/internal.h"
#include "kern/panel.h"
#include "kern/vec.h"

#include <immintrin.h>

#define OND__AVX512 OND__TARGET("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx512bf16,avx512vbmi,avx2,fma,f16c")

typedef void ond__tile_fn(const ond__tile *a);
enum { OND__WIDTHS = 5 };   /* 1, 2, 4, 6, 8 */
typedef struct ond__tile_set {
    ond__tile_fn *one[OND__WIDTHS], *two[OND__WIDTHS];   /* panels */
} ond__tile_set;

#define ond__tiles_TQ1_0 ond__tiles_TQ2_0   /* their panels are alike */
#define TYPE(NAME, number, name, block, bytes) extern const ond__tile_set ond__tiles_##NAME;
#include "base/types.def"
#undef TYPE

/* The tiles of one type, from a function tile(type, P, T, a) that is inlined with constants. */
#define TILE(TYPE, P, T)                                                                                               \
    static void tile_##TYPE##_##P##x##T(const ond__tile *a) { tile(OND_##TYPE, P, T, a); }
#define TILES(TYPE)                                                                                                    \
    TILE(TYPE, 1, 1) TILE(TYPE, 1, 2) TILE(TYPE, 1, 4) TILE(TYPE, 1, 6) TILE(TYPE, 1, 8)                               \
    TILE(TYPE, 2, 1) TILE(TYPE, 2, 2) TILE(TYPE, 2, 4) TILE(TYPE, 2, 6) TILE(TYPE, 2, 8)                               \
    const ond__tile_set ond__tiles_##TYPE = {                                                                          \
        {tile_##TYPE##_1x1, tile_##TYPE##_1x2, tile_##TYPE##_1x4, tile_##TYPE##_1x6, tile_##TYPE##_1x8},               \
        {tile_##TYPE##_2x1, tile_##TYPE##_2x2, tile_##TYPE##_2x4, tile_##TYPE##_2x6, tile_##TYPE##_2x8},               \
    };
#define EACH(i, n) UNROLL for (int i = 0; i < (n); i++)

#endif
