/* when_in.h - time expressions, inside this room: what was said, days as numbers, times of day.
 *
 * when.c puts a moment together: when_said.c reads slots, when_day.c finds the day (when_holiday.c,
 * when_lunar.c help), when_clock.c the time of day, when_rule.c recurrences; when_say.c and
 * when_rule_say.c turn all of it into words. A day is its number since 1970-01-01; weekdays count
 * from Monday, 0. */
#ifndef OND_TALK_WHEN_IN_H
#define OND_TALK_WHEN_IN_H

#include "talk/when.h"

#define OND__UNSAID INT32_MIN
enum { OND__WEEKEND = 7 };

typedef struct ond__dur { /* a length; months and years have none in seconds */
    double second, minute, hour;
    int day, week, month, year;
    bool said, clock; /* clock: of hours, minutes and seconds only */
} ond__dur;

typedef struct ond__said { /* the slots of one moment; numbers are OND__UNSAID where nothing was
                              said */
    int day, week, weekday, month, mday, year, nmonth, nyear, nth, slash1, slash2;
    int hour, minute, second, before, hhmm;
    bool coming, lunar, exact;                    /* exact: the hour is of 24 ("07:30") */
    const char *part, *point, *holiday, *stretch; /* NULL: unsaid; they live as long as the match */
    ond__dur in;
    bool ago;
    bool any_day, any_clock;
} ond__said;

typedef struct ond__span {
    ond_when_code code;
    int64_t day, after; /* [day, after) */
    int again;          /* days to the next one, where this one may have gone by already; 0: none */
} ond__span;

typedef struct ond__clock { /* times of a day that may be meant, in seconds from its start */
    ond_when_code code;     /* NONE: no time was said */
    int n;                  /* 1, or 2: before and after noon */
    int at[2];
    int hour;     /* as said, where n == 2 */
    int from, to; /* a part of the day alone: its extent; to == 0: none */
} ond__clock;

typedef struct ond__now {
    const ond_when_opts *o;
    ond_civil civil;
    int64_t today;
} ond__now;

/* when_said.c */
void ond__said_read(const ond_match *m, const char *prefix, ond__said *out);
void ond__dur_read(const ond_match *m, const char *prefix, ond__dur *out);
int64_t ond__dur_seconds(const ond__dur *d); /* months as 30 days, years as 365 */
const ond_slot *ond__said_slot(const ond_match *m, const char *prefix, const char *name);
int ond__said_int(const ond_match *m, const char *prefix, const char *name);
const char *ond__said_text(const ond_match *m, const char *prefix, const char *name); /* or NULL */
int ond__weekday_of(const char *code); /* "MO" 0 .. "SU" 6, "weekend" 7, else OND__UNSAID */

/* when_date.c: the Gregorian calendar */
int64_t ond__day_of(int year, int month, int mday);
void ond__date_of(int64_t day, int *year, int *month, int *mday);
int ond__month_days(int year, int month);
int ond__weekday(int64_t day);
int64_t ond__day_plus(int64_t day, int months, int days); /* a month's end stays within the month */
/* The nth (1.., -1 the last) weekday of a month; false: there is none. */
bool ond__nth_weekday(int year, int month, int nth, int weekday, int64_t *out);
int64_t ond__today(ond_ms t, const char *zone);
ond_ms ond__at(int64_t day, int second, const char *zone); /* second may lie beyond the day */

/* when_day.c: the day said; `from` is where "the next" is looked for. */
ond__span ond__day_find(const ond__said *s, const ond__now *now, int64_t from);
/* when_clock.c */
ond__clock ond__clock_find(const ond__said *s);
/* Of a day that was said: which of two times is meant. */
int ond__clock_of_day(const ond__clock *c, bool morning);
/* "dinner on Friday at 7": what a wildcard took may say which half of the day is meant. */
void ond__clock_hint(ond__clock *c, const ond_match *m);
/* A start that may be of either half of the day, beside its end: the last before an end that is
 * sure
 * ("3 to 5 pm"); before noon where both are bare and noon lies between ("9 to 5"). */
void ond__clock_narrow(ond__clock *c, const ond__clock *end);
/* when_holiday.c: the one that ends after `from`, or the one of a year (OND__UNSAID: none said). */
ond__span ond__holiday_find(const char *name, int year, int64_t from);
/* when_lunar.c: a day of the Korean lunar calendar in the lunar year that begins in `year`. */
bool ond__lunar_day(int year, int month, int mday, int64_t *out);
/* when_rule.c: false: no recurrence was said. */
bool ond__rule_of(const ond_match *m, const char *prefix, const ond__now *now, ond_when *out);

#endif
