/* rule.c - which rules are taken: those that libical works out in bounded time.
 *
 * It looks for the next day of a rule until its last year (some ten thousand years on), so a rule
 * that no day fits (the sixth Saturday of a month) would take seconds each time, and one that goes
 * by minutes or by a lunar calendar far longer. */
#include "hand/calendar/ical.h"
#include "hand/calendar/internal.h"

#include <stdlib.h>

#define END ICAL_RECURRENCE_ARRAY_MAX

static bool holds(const short *v, int n)
{
    for (; *v != END; v++)
        if (*v == n) return true;
    return false;
}

/* ---- a month that the rule fits ---- */

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

/* BYDAY entries are 8 times the ordinal, and 1 (Sunday) to 7. */
static bool day_fits(const struct icalrecurrencetype *r, int weekday, int day, int days)
{
    if (r->by_day[0] == END) return true;
    for (const short *v = r->by_day; *v != END; v++) {
        int wd = abs(*v) % 8, nth = (abs(*v) - wd) / 8;
        if (wd != weekday + 1) continue;
        if (nth == 0 || (*v > 0 ? (day - 1) / 7 + 1 == nth : (days - day) / 7 + 1 == nth))
            return true;
    }
    return false;
}

static int days_that_fit(const struct icalrecurrencetype *r, const ond__cal_when *start, int year,
                         int month)
{
    int n = 0, days = days_in(year, month);
    for (int day = 1; day <= days; day++) {
        ond__cal_when w = {.year = year, .month = month, .day = day};
        bool date = r->by_month_day[0] != END
                        ? holds(r->by_month_day, day) || holds(r->by_month_day, day - days - 1)
                        : r->by_day[0] != END || day == start->day;
        n += date && day_fits(r, ond__cal_weekday(&w), day, days);
    }
    return n;
}

static int times_a_day(const struct icalrecurrencetype *r)
{
    const short *const parts[] = {r->by_hour, r->by_minute, r->by_second};
    int n = 1;
    for (int i = 0; i < 3; i++) {
        int k = 0;
        while (parts[i][k] != END) k++;
        if (k) n *= k;
    }
    return n;
}

static bool position_fits(const struct icalrecurrencetype *r, int n)
{
    if (r->by_set_pos[0] == END) return n > 0;
    for (const short *v = r->by_set_pos; *v != END; v++)
        if (abs(*v) >= 1 && abs(*v) <= n) return true;
    return false;
}

/* Weekdays and lengths of months come again after 28 years, but for the turn of a century: 50 years
 * are enough. */
static bool some_month_fits(const struct icalrecurrencetype *r, const ond__cal_when *start)
{
    int month = start->year * 12 + start->month - 1, times = times_a_day(r);
    for (int i = 0; i < 600; i++, month += r->interval) {
        int year = month / 12, of_year = month % 12 + 1;
        if (year > 2400) return false;
        if (r->by_month[0] != END && !holds(r->by_month, of_year)) continue;
        if (position_fits(r, days_that_fit(r, start, year, of_year) * times)) return true;
    }
    return false;
}

/* ---- the rule ---- */

static bool is_bounded(const struct icalrecurrencetype *r, const ond__cal_when *start)
{
    bool of_days = r->by_month[0] != END || r->by_month_day[0] != END || r->by_year_day[0] != END ||
                   r->by_week_no[0] != END || r->by_set_pos[0] != END;
    bool parts = of_days || r->by_day[0] != END || r->by_hour[0] != END || r->by_minute[0] != END ||
                 r->by_second[0] != END;
    if (r->rscale) /* a birthday by the moon */
        return r->freq == ICAL_YEARLY_RECURRENCE && r->by_day[0] == END &&
               r->by_year_day[0] == END && r->by_week_no[0] == END && r->by_set_pos[0] == END;
    switch (r->freq) {
    case ICAL_SECONDLY_RECURRENCE:
    case ICAL_MINUTELY_RECURRENCE:
        return !parts;
    case ICAL_HOURLY_RECURRENCE:
        return !of_days;
    case ICAL_MONTHLY_RECURRENCE:
        return r->by_year_day[0] == END && r->by_week_no[0] == END && some_month_fits(r, start);
    default:
        return true;
    }
}

/* Whether it has a first day at all. */
static bool begins(struct icalrecurrencetype r, const ond__cal_when *w)
{
    struct icaltimetype start = {.year = w->year,
                                 .month = w->month,
                                 .day = w->day,
                                 .hour = w->hour,
                                 .minute = w->minute,
                                 .second = w->second,
                                 .is_date = w->date};
    icalrecur_iterator *it = ond__cal_ical.recur_iterator_new(r, start);
    if (it) ond__cal_ical.recur_iterator_free(it);
    return it != NULL;
}

bool ond__cal_rule_bad(const char *rule, const ond__cal_when *start)
{
    struct icalrecurrencetype r = ond__cal_ical.recurrencetype_from_string(rule);
    bool good = r.freq != ICAL_NO_RECURRENCE && r.interval >= 1 && start->year &&
                is_bounded(&r, start) && begins(r, start);
    free(r.rscale);
    return !good;
}
