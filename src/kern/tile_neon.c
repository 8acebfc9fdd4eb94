/* tile_neon.c - tiles of all types on NEON, baseline ARMv8-A. */
#if defined __aarch64__
#include "kern/tile_lane_neon.h"

#define TILE_SUMS "kern/tile_sums_neon.h"
#include "kern/tile_body.h"
#else
typedef int ond__no_tile_neon;   /* a translation unit must hold something */
#endif
