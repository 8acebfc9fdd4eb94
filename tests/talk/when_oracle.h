/* when_oracle.h - calendars and zones by ICU, recurrences by libical: what times mean, found in
 * another way than src/talk does it. */
#ifndef TESTS_TALK_WHEN_ORACLE_H
#define TESTS_TALK_WHEN_ORACLE_H

#include "when_fixture.h"

#include <libical/ical.h>
#include <unicode/ucal.h>
#include <unicode/ustring.h>

#define DAY_MS 86400000.0

typedef struct oracle {
    UCalendar *utc, *zone, *dangi;
    char name[64];
    double now, today; /* instant; today as midnight UTC of its date */
} oracle;

static inline UCalendar *calendar(const char *zone, const char *locale)
{
    UErrorCode e = U_ZERO_ERROR;
    UChar id[80];
    u_uastrcpy(id, zone);
    UCalendar *c = ucal_open(id, -1, locale, UCAL_GREGORIAN, &e);
    if (strstr(locale, "dangi")) {
        ucal_close(c);
        c = ucal_open(id, -1, locale, UCAL_DEFAULT, &e);
    }
    assert_true(U_SUCCESS(e));
    /* RFC 5545: of a time that comes twice the first, one that is skipped moves on */
    ucal_setAttribute(c, UCAL_REPEATED_WALL_TIME, UCAL_WALLTIME_FIRST);
    ucal_setAttribute(c, UCAL_SKIPPED_WALL_TIME, UCAL_WALLTIME_LAST);
    return c;
}

static inline int get(UCalendar *c, UCalendarDateFields f)
{
    UErrorCode e = U_ZERO_ERROR;
    int v = ucal_get(c, f, &e);
    assert_true(U_SUCCESS(e));
    return v;
}

static inline void set_at(UCalendar *c, double ms)
{
    UErrorCode e = U_ZERO_ERROR;
    ucal_setMillis(c, ms, &e);
}

static inline double make(UCalendar *c, int y, int m, int d, int second)
{
    UErrorCode e = U_ZERO_ERROR;
    ucal_clear(c);
    ucal_setDateTime(c, y, m - 1, d, second / 3600, second / 60 % 60, second % 60, &e);
    double t = ucal_getMillis(c, &e);
    assert_true(U_SUCCESS(e));
    return t;
}

/* A date as midnight UTC; month and day may be beyond their ends. */
static inline double date(oracle *o, int y, int m, int d)
{
    return make(o->utc, y, m, d, 0);
}

/* Local time on a date to an instant; `second` may be beyond the day. */
static inline double instant(oracle *o, double day, int second)
{
    set_at(o->utc, day + (second / 86400) * DAY_MS);
    return make(o->zone, get(o->utc, UCAL_YEAR), get(o->utc, UCAL_MONTH) + 1,
                get(o->utc, UCAL_DATE), second % 86400);
}

static inline int year_of(oracle *o, double day)
{
    set_at(o->utc, day);
    return get(o->utc, UCAL_YEAR);
}
static inline int month_of(oracle *o, double day)
{
    set_at(o->utc, day);
    return get(o->utc, UCAL_MONTH) + 1;
}
static inline int mday_of(oracle *o, double day)
{
    set_at(o->utc, day);
    return get(o->utc, UCAL_DATE);
}
static inline int weekday_of(oracle *o, double day) /* Monday 0 */
{
    set_at(o->utc, day);
    return (get(o->utc, UCAL_DAY_OF_WEEK) + 5) % 7;
}
static inline bool exists(oracle *o, int y, int m, int d)
{
    double t = date(o, y, m, d);
    return month_of(o, t) == m && mday_of(o, t) == d;
}
/* ICU's own addition, which keeps a day within its month. */
static inline double plus(oracle *o, double day, UCalendarDateFields f, int n)
{
    UErrorCode e = U_ZERO_ERROR;
    set_at(o->utc, day);
    ucal_add(o->utc, f, n, &e);
    return ucal_getMillis(o->utc, &e);
}
/* The day of the lunar calendar, by looking at each day. */
static inline bool lunar_is(oracle *o, double day, int month, int mday)
{
    set_at(o->dangi, day);
    return get(o->dangi, UCAL_MONTH) == month - 1 && get(o->dangi, UCAL_DATE) == mday &&
           get(o->dangi, UCAL_IS_LEAP_MONTH) == 0;
}
static inline double lunar_next(oracle *o, double from, int month, int mday)
{
    for (int i = 0; i < 366 * 9; i++)
        if (lunar_is(o, from + i * DAY_MS, month, mday)) return from + i * DAY_MS;
    return 0;
}

static inline void put_date(ond_buf *b, oracle *o, double day)
{
    set_at(o->utc, day);
    ond_buf_printf(b, "%04d-%02d-%02d", get(o->utc, UCAL_YEAR), get(o->utc, UCAL_MONTH) + 1,
                   get(o->utc, UCAL_DATE));
}

static inline void put_instant(ond_buf *b, oracle *o, double t)
{
    set_at(o->zone, t);
    ond_buf_printf(b, "%04d-%02d-%02dT%02d:%02d", get(o->zone, UCAL_YEAR),
                   get(o->zone, UCAL_MONTH) + 1, get(o->zone, UCAL_DATE),
                   get(o->zone, UCAL_HOUR_OF_DAY), get(o->zone, UCAL_MINUTE));
    if (get(o->zone, UCAL_SECOND)) ond_buf_printf(b, ":%02d", get(o->zone, UCAL_SECOND));
}

static inline void oracle_open(oracle *o)
{
    *o = (oracle){.utc = calendar("UTC", "en"), .dangi = calendar("UTC", "ko@calendar=dangi")};
}

static inline void oracle_zone(oracle *o, const char *zone)
{
    if (o->zone) ucal_close(o->zone);
    o->zone = calendar(zone, "en");
    snprintf(o->name, sizeof o->name, "%s", zone);
}

static inline void oracle_now(oracle *o, double now)
{
    o->now = now;
    set_at(o->zone, now);
    int y = get(o->zone, UCAL_YEAR), m = get(o->zone, UCAL_MONTH) + 1, d = get(o->zone, UCAL_DATE);
    o->today = date(o, y, m, d);
}

static inline void oracle_close(oracle *o)
{
    ucal_close(o->utc);
    ucal_close(o->dangi);
    if (o->zone) ucal_close(o->zone);
}

static inline bool same_offset(oracle *o, double t)
{
    ond_civil c;
    ond_civil_of((ond_ms)t, o->name, &c);
    set_at(o->zone, t);
    return get(o->zone, UCAL_ZONE_OFFSET) + get(o->zone, UCAL_DST_OFFSET) == c.offset * 1000;
}

/* Whether ICU and the C library, whose data are of different years, know the same offsets: looked
 * at around each of ICU's changes and once a month. */
static inline bool zones_agree(oracle *o, int from, int to)
{
    double start = date(o, from, 1, 1), end = date(o, to, 1, 1), at = start;
    for (double t = start; t < end; t += 30 * DAY_MS)
        if (!same_offset(o, t)) return false;
    for (;;) {
        UErrorCode e = U_ZERO_ERROR;
        set_at(o->zone, at);
        if (!ucal_getTimeZoneTransitionDate(o->zone, UCAL_TZ_TRANSITION_NEXT, &at, &e) || at >= end)
            return true;
        if (!same_offset(o, at - 1000) || !same_offset(o, at)) return false;
    }
}

#endif
