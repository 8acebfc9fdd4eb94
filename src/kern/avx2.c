/* avx2.c - the kernel sets of processors with 256-bit registers: AVX2 with FMA and F16C (Haswell, Zen and later), and the same with
 * AVX-VNNI (Alder Lake, Zen 5 and later). Their vector operators are the same. */
#if defined __x86_64__
#include "kern/set.h"

PANEL_SET(avx2, avx2, "avx2", 1)
PANEL_SET(avx2, avxvnni, "avxvnni", 1)
#else
typedef int ond__no_avx2;   /* a translation unit must hold something */
#endif
