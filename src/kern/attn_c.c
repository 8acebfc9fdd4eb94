/* attn_c.c - attention in plain C. */
#include "kern/vec_lane_c.h"

#include "kern/attn_body.h"
