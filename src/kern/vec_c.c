/* vec_c.c - vector operators in plain C. */
#include "kern/vec_lane_c.h"

#include "kern/acts_body.h"
#include "kern/vec_body.h"
