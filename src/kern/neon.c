/* neon.c - the kernel sets of aarch64: baseline, with dotprod, with i8mm. Their vector operators are the same. */
#if defined __aarch64__
#include "kern/set.h"

PANEL_SET(neon, neon, "neon", 1)
PANEL_SET(neon, neondot, "neondot", 1)
PANEL_SET(neon, neonmm, "neonmm", 1)
#else
typedef int ond__no_neon;   /* a translation unit must hold something */
#endif
