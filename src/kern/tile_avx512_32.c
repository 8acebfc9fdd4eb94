/* tile_avx512_32.c - tiles of the types whose blocks hold 32 values. */
#if defined __x86_64__
#include "kern/avx512.h"

OND__AVX512
#include "kern/tile_avx512.h"

TILES(Q4_0)
TILES(Q4_1)
TILES(Q5_0)
TILES(Q5_1)
TILES(Q8_0)
TILES(IQ4_NL)
TILES(MXFP4)

OND__AVX512_END
#else
typedef int ond__no_tiles_32;
#endif
