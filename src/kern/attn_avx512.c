/* attn_avx512.c - attention on 512-bit registers. */
#if defined __x86_64__
#include "kern/vec_lane_avx512.h"

#include "kern/attn_body.h"

OND__TARGET_END
#endif
