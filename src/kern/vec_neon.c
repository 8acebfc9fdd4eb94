/* vec_neon.c - vector operators on NEON registers. */
#if defined __aarch64__
#include "kern/vec_lane_neon.h"

#include "kern/acts_body.h"
#include "kern/vec_body.h"

#endif
