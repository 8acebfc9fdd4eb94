/* attn_avx2.c - attention on 256-bit registers. */
#if defined __x86_64__
#include "kern/vec_lane_avx2.h"

#include "kern/attn_body.h"

OND__TARGET_END
#endif
