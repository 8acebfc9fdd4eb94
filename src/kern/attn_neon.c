/* attn_neon.c - attention on NEON registers. */
#if defined __aarch64__
#include "kern/vec_lane_neon.h"

#include "kern/attn_body.h"

#endif
