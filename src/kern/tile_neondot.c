/* tile_neondot.c - tiles of all types on NEON with sdot (dotprod, ARMv8.2-A). */
#if defined __aarch64__
#define LANE_TARGET "arch=armv8.2-a+dotprod"
#include "kern/tile_lane_neon.h"

#undef FN
#define FN(name) ond__##name##_neondot
#define OND__DOTPROD 1
#define TILE_SUMS "kern/tile_sums_neon.h"
#include "kern/tile_body.h"

OND__TARGET_END
#else
typedef int ond__no_tile_neondot;   /* a translation unit must hold something */
#endif
