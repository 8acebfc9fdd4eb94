/* vec_avx512.c - vector operators on 512-bit registers. */
#if defined __x86_64__
#include "kern/vec_lane_avx512.h"

#include "kern/acts_avx512.h"

#include "kern/acts_body.h"
#include "kern/vec_body.h"

OND__TARGET_END
#endif
