/* bandwidth.h - how fast this machine reads memory, which is what bounds decoding. */
#ifndef OND_CLI_BANDWIDTH_H
#define OND_CLI_BANDWIDTH_H

#include "base/err.h"

/* Bytes a second of `threads` threads reading huge pages beyond every cache: the best over passes of 1, 2 and 4 streams a
 * thread, within about `seconds`. Takes `bytes` of memory (0: 512 MiB). */
OND_CHECKED int ond__bandwidth(int threads, double seconds, unsigned long bytes, double *out, ond_err *err);

#endif
