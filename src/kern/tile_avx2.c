/* tile_avx2.c - tiles of all types on AVX2. */
#if defined __x86_64__
#include "kern/tile_lane_avx2.h"

enum { WIDE_SIGNED = 1 };
#define TILE_SUMS "kern/tile_sums_avx2.h"
#include "kern/tile_body.h"

OND__TARGET_END
#else
typedef int ond__no_tile_avx2;   /* a translation unit must hold something */
#endif
