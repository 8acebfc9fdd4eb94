/* when_day.c - the day or stretch of days that was said: relative days, weeks, dates, nth weekdays.
 *
 * A part that was left out (the month, the year) is the one that makes it the next such day, from
 * `from` on. Weeks begin on Monday. */
#include "talk/when_in.h"

static ond__span days(int64_t day, int64_t n)
{
    return (ond__span){.code = OND_WHEN_OK, .day = day, .after = day + n};
}
static ond__span none(void)
{
    return (ond__span){.code = OND_WHEN_IMPOSSIBLE};
}

static bool said(int v)
{
    return v != OND__UNSAID;
}

/* ---- months and years ---- */

typedef struct month { /* of one year */
    int year, month;
} month;

static ond__span whole_month(month m)
{
    return days(ond__day_of(m.year, m.month, 1), ond__month_days(m.year, m.month));
}

/* The day of a month; false: it has none such. */
static bool day_in(const ond__said *s, month m, int64_t *out)
{
    if (said(s->nth)) return ond__nth_weekday(m.year, m.month, s->nth, s->weekday, out);
    int most = ond__month_days(m.year, m.month), mday = s->mday < 0 ? most : s->mday;
    *out = ond__day_of(m.year, m.month, mday);
    return mday >= 1 && mday <= most && (!said(s->weekday) || ond__weekday(*out) == s->weekday);
}

/* A year that was said, or OND__UNSAID. */
static int year_of(const ond__said *s, const ond__now *now)
{
    if (said(s->year)) return s->year < 100 ? s->year + 2000 : s->year; /* "27년" */
    return said(s->nyear) ? now->civil.year + s->nyear : OND__UNSAID;
}

static ond__span in_month(const ond__said *s, month m)
{
    int64_t day;
    if (!said(s->mday) && !said(s->nth)) return whole_month(m);
    return day_in(s, m, &day) ? days(day, 1) : none();
}

/* December, without a year: this one or the next; of a date the next one that there is (the 29th of
 * February may take eight years). A weekday that was said with a date has to fit the next one. */
static ond__span next_of_month(const ond__said *s, int64_t from)
{
    int year, at, mday;
    ond__date_of(from, &year, &at, &mday);
    ond__said any = *s;
    if (!said(s->nth)) any.weekday = OND__UNSAID;
    for (int i = 0; i <= 8; i++) {
        month m = {year + i, s->month};
        int64_t day;
        ond__span whole = whole_month(m);
        if (!said(s->mday) && !said(s->nth)) {
            if (whole.after > from) return whole;
        } else if (day_in(&any, m, &day) && day >= from) {
            return day_in(s, m, &day) ? days(day, 1) : none();
        }
    }
    return none();
}

/* A day of whichever month has it next; a weekday said with it has to fit ("Friday the 13th"). */
static ond__span next_of_any(const ond__said *s, int64_t from)
{
    int year, at, mday;
    ond__date_of(from, &year, &at, &mday);
    ond__said any = *s;
    if (!said(s->nth)) any.weekday = OND__UNSAID;
    for (int i = 0; i <= 14; i++) {
        month m = {year + (at - 1 + i) / 12, (at - 1 + i) % 12 + 1};
        int64_t day;
        if (!day_in(&any, m, &day) || day < from) continue;
        return day_in(s, m, &day) ? days(day, 1) : none();
    }
    return none();
}

static ond__span by_date(const ond__said *s, const ond__now *now, int64_t from)
{
    int year = year_of(s, now);
    if (said(s->nth) && (!said(s->weekday) || s->weekday == OND__WEEKEND)) return none();
    if (said(s->month) && (s->month < 1 || s->month > 12)) return none();
    if (said(s->mday) && (s->mday == 0 || s->mday < -1 || s->mday > 31)) return none();
    if (said(year) && (year < 1 || year > 9998)) return none();
    if (said(s->nmonth)) {
        int64_t first =
            ond__day_plus(ond__day_of(now->civil.year, now->civil.month, 1), s->nmonth, 0);
        month m = {0};
        ond__date_of(first, &m.year, &m.month, &(int){0});
        return in_month(s, m);
    }
    if (said(year) && said(s->month)) return in_month(s, (month){year, s->month});
    if (said(year) && said(s->mday)) return none();
    if (said(year))
        return days(ond__day_of(year, 1, 1), ond__day_of(year + 1, 1, 1) - ond__day_of(year, 1, 1));
    return said(s->month) ? next_of_month(s, from) : next_of_any(s, from);
}

static ond__span by_slash(const ond__said *s, const ond__now *now, int64_t from)
{
    ond__said d = *s;
    bool day_first = s->slash1 > 12 || (now->o->day_first && s->slash2 <= 12);
    d.month = day_first ? s->slash2 : s->slash1;
    d.mday = day_first ? s->slash1 : s->slash2;
    d.slash1 = d.slash2 = OND__UNSAID;
    return by_date(&d, now, from);
}

/* A date of the lunar calendar; without a year the next that there is. */
static ond__span by_lunar(const ond__said *s, const ond__now *now, int64_t from)
{
    int year = year_of(s, now), first, mday = said(s->mday) ? s->mday : 1;
    int64_t day;
    if (said(year)) return ond__lunar_day(year, s->month, mday, &day) ? days(day, 1) : none();
    ond__date_of(from, &first, &(int){0}, &(int){0});
    for (int y = first - 1; y <= first + 8; y++)
        if (ond__lunar_day(y, s->month, mday, &day) && day >= from) return days(day, 1);
    return none();
}

/* ---- weeks ---- */

static ond__span by_week(const ond__said *s, const ond__now *now)
{
    int64_t monday = now->today - ond__weekday(now->today) + 7 * (int64_t)s->week;
    if (!said(s->weekday)) return days(monday, 7);
    return s->weekday == OND__WEEKEND ? days(monday + 5, 2) : days(monday + s->weekday, 1);
}

static ond__span by_weekday(const ond__said *s, int64_t from)
{
    int today = ond__weekday(from);
    if (s->weekday == OND__WEEKEND) {
        ond__span w = days(from - today + 5, 2);
        if (s->coming && today >= 5) w = days(w.day + 7, 2);
        return w;
    }
    ond__span d = days(from + (s->weekday - today + 7) % 7, 1);
    if (s->coming && d.day == from) return days(from + 7, 1);
    d.again = 7;
    return d;
}

/* ---- lengths: "in three days", "a week on Friday", "the next three days" ---- */

static int64_t plus(int64_t day, const ond__dur *d, int sign)
{
    return ond__day_plus(day, sign * (d->month + 12 * d->year), sign * (d->day + 7 * d->week));
}

static bool is(const char *a, const char *b)
{
    return a && strcmp(a, b) == 0;
}

static ond__span find(const ond__said *s, const ond__now *now, int64_t from)
{
    bool dated = said(s->month) || said(s->mday) || said(s->nmonth) || said(s->nth) ||
                 said(s->year) || said(s->nyear);
    if (s->holiday) return ond__holiday_find(s->holiday, year_of(s, now), from);
    if (s->lunar) return by_lunar(s, now, from);
    if (said(s->slash1)) return by_slash(s, now, from);
    if (said(s->week)) return by_week(s, now);
    if (dated) return by_date(s, now, from);
    if (said(s->weekday)) return by_weekday(s, from);
    if (said(s->day)) return days(now->today + s->day, 1);
    return days(now->today, 1);
}

static ond__span checked(ond__span d)
{
    return d.code == OND_WHEN_OK && d.after <= d.day ? none() : d;
}

ond__span ond__day_find(const ond__said *s, const ond__now *now, int64_t from)
{
    const ond__dur *in = &s->in;
    int64_t today = now->today;
    if (is(s->stretch, "ahead")) return checked(days(today, plus(today, in, 1) - today));
    if (is(s->stretch, "behind")) {
        int64_t start = plus(today, in, -1);
        return checked(days(start, today + 1 - start));
    }
    ond__span d = find(s, now, from);
    if (d.code == OND_WHEN_OK && in->said && !in->clock)
        d = days(plus(d.day, in, s->ago ? -1 : 1), 1);
    if (is(s->stretch, "rest") && d.day < today) d.day = today;
    return checked(d);
}
