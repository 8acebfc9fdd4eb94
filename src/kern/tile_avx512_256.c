/* tile_avx512_256.c - tiles of the types whose blocks hold 256 values. */
#if defined __x86_64__
#include "kern/avx512.h"

OND__AVX512
#include "kern/tile_avx512.h"

TILES(Q2_K)
TILES(Q3_K)
TILES(Q4_K)
TILES(Q5_K)
TILES(Q6_K)
TILES(IQ4_XS)
TILES(TQ2_0)

OND__AVX512_END
#else
typedef int ond__no_tiles_256;
#endif
