/* tile_avxvnni.c - tiles of all types on AVX2 with the 256-bit, VEX-encoded vpdpbusd (AVX-VNNI). */
#if defined __x86_64__
#define LANE_TARGET "avx2,fma,f16c,avxvnni"
#include "kern/tile_lane_avx2.h"

#undef FN
#define FN(name) ond__##name##_avxvnni
enum { WIDE_SIGNED = 0 };
#define TILE_SUMS "kern/tile_sums_avxvnni.h"
#include "kern/tile_body.h"

OND__TARGET_END
#else
typedef int ond__no_tile_avxvnni;
#endif
