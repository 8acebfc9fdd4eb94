/* wake.h - a descriptor that becomes readable when an instant has come, by elapsed time and by the wall clock.
 *
 * The one counts through suspend and does not care what is done to the wall clock (CLOCK_BOOTTIME); the other follows the
 * wall clock, and the descriptor becomes readable too when somebody sets that. A machine that sleeps is not woken:
 * what came due meanwhile is told when it wakes. */
#ifndef OND_SYS_WAKE_H
#define OND_SYS_WAKE_H

#include "base/time.h"

typedef struct ond_wake ond_wake;

#define OND_NEVER INT64_MAX

OND_CHECKED int ond_wake_open(ond_wake **out, ond_err *err);
void ond_wake_close(ond_wake *w);
int ond_wake_fd(const ond_wake *w);
/* In `in` milliseconds (0: at once), or when the wall clock shows `at`; OND_NEVER for either. Replaces what was set. */
void ond_wake_set(ond_wake *w, ond_ms in, ond_ms at);
/* Whether it was readable; it is not any more. */
bool ond_wake_take(ond_wake *w);

#endif
