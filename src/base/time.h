/* time.h - instants, zones and ISO 8601.
 *
 * An instant is milliseconds since 1970-01-01T00:00Z. A zone is an IANA name ("Asia/Seoul"; "" or NULL is the
 * process's TZ). Conversion is the C library's (TZ is set for the call and put back, so call from one thread). */
#ifndef OND_BASE_TIME_H
#define OND_BASE_TIME_H

#include "base/str.h"

typedef int64_t ond_ms;

typedef struct ond_civil {
    int year, month, day;          /* month 1..12, day 1..31 */
    int hour, minute, second, ms;
    int weekday;                   /* 0 is Sunday */
    int offset;                    /* seconds east of UTC */
} ond_civil;

OND_CHECKED int ond_zone_check(const char *zone, ond_err *err);    /* OND_E_INPUT for a name that is no zone */
void ond_civil_of(ond_ms t, const char *zone, ond_civil *out);
ond_ms ond_civil_ms(const ond_civil *c, const char *zone);          /* local time to instant; ignores weekday, offset */
/* "2026-11-23T18:44:41+09:00"; with milliseconds when they are not zero. */
void ond_iso_put(ond_buf *out, ond_ms t, const char *zone);
/* Reads YYYY-MM-DD[THH:MM[:SS[.mmm]]][Z|±HH:MM]; without an offset the time is in `zone`. */
OND_CHECKED int ond_iso_parse(ond_str s, const char *zone, ond_ms *out, ond_err *err);

#endif
