/* tile_neonmm.c - tiles of all types on NEON with smmla (i8mm, ARMv8.6-A) and sdot. */
#if defined __aarch64__
#define LANE_TARGET "arch=armv8.2-a+dotprod+i8mm"
#include "kern/tile_lane_neon.h"

#undef FN
#define FN(name) ond__##name##_neonmm
#define TILE_SUMS "kern/tile_sums_neonmm.h"
#include "kern/tile_body.h"

OND__TARGET_END
#else
typedef int ond__no_tile_neonmm;   /* a translation unit must hold something */
#endif
