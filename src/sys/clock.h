/* clock.h - what time it is, for the whole process; may be set for tests and demos (--now).
 *
 * Two clocks. The wall clock can be frozen at an instant and a zone (ond_clock_set) and is what plans,
 * the journal and the built-in house see. The steady clock cannot, and is for time limits and measuring. */
#ifndef OND_SYS_CLOCK_H
#define OND_SYS_CLOCK_H

#include "base/time.h"

ond_ms ond_now(void);                             /* wall clock, or the frozen instant */
bool ond_clock_frozen(void);
/* Freezes the wall clock; 0 lets it run again. */
void ond_clock_set(ond_ms now);
/* The zone that local times are in; NULL or "" is the machine's. The name is copied (63 bytes at most). */
void ond_zone_set(const char *zone);
const char *ond_zone(void);                       /* never NULL; "" is the machine's */
uint64_t ond_steady_us(void);                     /* microseconds, monotonic */

/* Time since the machine started, suspend included (CLOCK_BOOTTIME), and which start that was: two readings of one start
 * are apart by the time that passed between them, whatever was done to the wall clock. */
#define OND_BOOT_ID 40
typedef struct ond_boot {
    char id[OND_BOOT_ID];                         /* of this start, as text */
    ond_ms at;                                    /* milliseconds since it */
} ond_boot;
/* False where it cannot be known, and while the wall clock is frozen: then only the wall clock tells what has passed. */
bool ond_boot_now(ond_boot *out);
void ond_boot_set(const ond_boot *boot);          /* for tests: what ond_boot_now says, also when frozen; NULL: the truth again */

#endif
