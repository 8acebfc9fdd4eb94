/* rule.c - when a recurring alarm or reminder comes, by libical.
 *
 * A rule is expanded on local time without a zone, from the first time on, and each occurrence then
 * becomes an instant of the owner's zone: 07:00 stays 07:00 when the clocks change; a time that is
 * skipped moves on, one that comes twice is the first. Expansion is bounded: a rule that hardly
 * ever comes has no next time, instead of being looked for for ever. */
#include "hand/time/internal.h"
#include "sys/late.h"

#include <libical/ical.h>

#include <stdlib.h>

enum { RULE_BYTES = 200, COUNT_MOST = 10000, STEPS = 60000 };
#define DAY_S 86400ll
#define SOON (400 * DAY_S)     /* how far a rule of minutes or hours is looked ahead */
#define FAR (60 * 366 * DAY_S) /* a rule of days to years */

#define ICAL(X)                                                                                    \
    X(recurrencetype_from_string)                                                                  \
    X(recurrencetype_day_position)                                                                 \
    X(recur_iterator_new) X(recur_iterator_next) X(recur_iterator_free)                            \
        X(error_set_errors_are_fatal) X(time_is_utc)
#define X(f) __typeof__(&ical##f) f;
static struct {
    ICAL(X)
} ical;
#undef X
#define X(f) {"ical" #f, &ical.f},
static const ond_late_fn ical_fns[] = {ICAL(X)};
#undef X
static ond_late ical_library = {"libical.so.3", ical_fns, sizeof ical_fns / sizeof *ical_fns,
                                false};

static int load(ond_err *err)
{
    int rc = ond_late_load(&ical_library, err);
    if (rc == 0) ical.error_set_errors_are_fatal(0);
    return rc;
}

/* ---- what may be asked for ---- */

static bool none(const short *list)
{
    return list[0] == ICAL_RECURRENCE_ARRAY_MAX;
}

static bool within_day(const struct icalrecurrencetype *r)
{
    return r->freq == ICAL_MINUTELY_RECURRENCE || r->freq == ICAL_HOURLY_RECURRENCE;
}

/* ---- rules that libical would look for without an end, or for seconds ---- */

static int count(const short *list)
{
    int n = 0;
    while (!none(list + n)) n++;
    return n;
}

/* "2TU" is for months and years. */
static bool ordinals_fit(const struct icalrecurrencetype *r)
{
    int most = r->freq == ICAL_MONTHLY_RECURRENCE  ? 5
               : r->freq == ICAL_YEARLY_RECURRENCE ? (none(r->by_month) ? 53 : 5)
                                                   : 0;
    for (int i = 0; i < ICAL_BY_DAY_SIZE && !none(r->by_day + i); i++)
        if (abs(ical.recurrencetype_day_position(r->by_day[i])) > most) return false;
    return true;
}

static bool has_ordinals(const struct icalrecurrencetype *r)
{
    for (int i = 0; i < ICAL_BY_DAY_SIZE && !none(r->by_day + i); i++)
        if (ical.recurrencetype_day_position(r->by_day[i]) != 0) return true;
    return false;
}

/* "the last working day of the month": a choice among weekdays that every month has. */
static bool positions_fit(const struct icalrecurrencetype *r)
{
    bool months = r->freq == ICAL_MONTHLY_RECURRENCE || r->freq == ICAL_YEARLY_RECURRENCE;
    if (none(r->by_set_pos)) return true;
    if (!months || none(r->by_day) || has_ordinals(r) || !none(r->by_month_day) ||
        !none(r->by_year_day) || !none(r->by_week_no) || !none(r->by_hour) || !none(r->by_minute))
        return false;
    for (int i = 0; i < ICAL_BY_SETPOS_SIZE && !none(r->by_set_pos + i); i++)
        if (abs(r->by_set_pos[i]) > 4 * count(r->by_day)) return false;
    return true;
}

/* Some month of those that are named has some day of those that are named. */
static bool days_exist(const struct icalrecurrencetype *r)
{
    static const int most[] = {31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (none(r->by_month) || none(r->by_month_day)) return true;
    for (int m = 0; m < ICAL_BY_MONTH_SIZE && !none(r->by_month + m); m++)
        for (int d = 0; d < ICAL_BY_MONTHDAY_SIZE && !none(r->by_month_day + d); d++)
            if (r->by_month[m] >= 1 && r->by_month[m] <= 12 &&
                abs(r->by_month_day[d]) <= most[r->by_month[m] - 1])
                return true;
    return false;
}

static int check_bounds(const struct icalrecurrencetype *r, const char *rule, ond_err *err)
{
    if (!ordinals_fit(r))
        return ond_fail(
            err, OND_E_INPUT,
            "the rule %s numbers weekdays; FREQ=MONTHLY;BYDAY=2TU is the second Tuesday "
            "of each month",
            rule);
    if (!positions_fit(r))
        return ond_fail(err, OND_E_INPUT,
                        "the rule %s has a BYSETPOS that is not understood; it goes with weekdays "
                        "of a month: FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
                        rule);
    if (!days_exist(r))
        return ond_fail(err, OND_E_INPUT, "the rule %s never comes: no such month has such a day",
                        rule);
    return OND_OK;
}

static int check_parts(const struct icalrecurrencetype *r, const char *rule, ond_err *err)
{
    if (r->rscale)
        return ond_fail(err, OND_E_INPUT,
                        "the rule %s uses another calendar (RSCALE), which is not understood here",
                        rule);
    if (r->freq == ICAL_SECONDLY_RECURRENCE || !none(r->by_second))
        return ond_fail(err, OND_E_INPUT, "the rule %s comes more often than every minute", rule);
    if (r->count > COUNT_MOST)
        return ond_fail(err, OND_E_INPUT, "the rule %s counts further than %d", rule, COUNT_MOST);
    if (within_day(r) && (!none(r->by_month) || !none(r->by_month_day) || !none(r->by_year_day) ||
                          !none(r->by_week_no) || !none(r->by_set_pos)))
        return ond_fail(err, OND_E_INPUT,
                        "the rule %s counts minutes or hours; it may have INTERVAL, BYDAY, BYHOUR, "
                        "BYMINUTE, COUNT and UNTIL",
                        rule);
    if (within_day(r) && r->interval > 1 && (!none(r->by_hour) || !none(r->by_minute)))
        return ond_fail(
            err, OND_E_INPUT,
            "the rule %s has an interval and a choice of hours or minutes; name the times, as in "
            "FREQ=DAILY;BYHOUR=9,10,11;BYMINUTE=0,30",
            rule);
    return check_bounds(r, rule, err);
}

static int parse(const char *rule, struct icalrecurrencetype *out, ond_err *err)
{
    int rc = load(err);
    if (rc != 0) return rc;
    if (strlen(rule) > RULE_BYTES)
        return ond_fail(err, OND_E_INPUT, "a rule has %d bytes at most", RULE_BYTES);
    *out = ical.recurrencetype_from_string(rule);
    if (out->freq == ICAL_NO_RECURRENCE)
        return ond_fail(
            err, OND_E_INPUT,
            "'%s' is no recurrence rule; one looks like FREQ=WEEKLY;BYDAY=MO,WE (RFC 5545)", rule);
    return check_parts(out, rule, err);
}

int ond__time_rule_check(const char *rule, ond_err *err)
{
    struct icalrecurrencetype r;
    return parse(rule, &r, err);
}

/* ---- local times without a zone, as seconds ---- */

static struct icaltimetype ical_of(const ond_civil *c)
{
    return (struct icaltimetype){.year = c->year,
                                 .month = c->month,
                                 .day = c->day,
                                 .hour = c->hour,
                                 .minute = c->minute,
                                 .second = c->second};
}

static ond_civil civil_of(const struct icaltimetype *t)
{
    return (ond_civil){.year = t->year,
                       .month = t->month,
                       .day = t->day,
                       .hour = t->hour,
                       .minute = t->minute,
                       .second = t->second};
}

static int64_t plain(const ond_civil *c)
{
    return ond_civil_ms(c, "UTC") / 1000;
}

static ond_civil civil_at(int64_t plain_s)
{
    ond_civil c;
    ond_civil_of(plain_s * 1000, "UTC", &c);
    return c;
}

static int64_t plain_of(ond_ms instant)
{
    ond_civil c;
    ond_civil_of(instant, ond_zone(), &c);
    return plain(&c);
}

/* ---- bounds ---- */

/* UNTIL as local time; a date holds the whole day. No end: as far as we look. */
static void set_end(struct icalrecurrencetype *r, int64_t now)
{
    int64_t end = now + (within_day(r) ? SOON : FAR);
    if (r->until.year > 0) {
        ond_civil c = civil_of(&r->until);
        if (r->until.is_date) c.hour = 23, c.minute = c.second = 59;
        int64_t until = ical.time_is_utc(r->until) ? plain_of(ond_civil_ms(&c, "UTC")) : plain(&c);
        if (until < end) end = until;
    }
    ond_civil last = civil_at(end);
    r->until = ical_of(&last);
}

/* Without COUNT and BYSETPOS every whole number of periods later the same rule begins anew, so
 * there is no need to walk through years of minutes. */
static int64_t begin_near(const struct icalrecurrencetype *r, int64_t at, int64_t after,
                          int64_t now)
{
    static const int64_t unit_s[] = {1, 60, 3600, DAY_S, 7 * DAY_S};
    if (r->count > 0 || !none(r->by_set_pos) || (unsigned)r->freq > ICAL_WEEKLY_RECURRENCE)
        return at;
    int64_t unit = unit_s[r->freq] * (r->interval > 0 ? r->interval : 1);
    int64_t back = now - (within_day(r) ? 8 : 400) * DAY_S, from = after > back ? after : back;
    int64_t periods = (from - at) / unit - 1;
    return periods > 0 ? at + periods * unit : at;
}

/* ---- occurrences ---- */

static void take(ond_ms t, ond_ms after, ond_ms now, ond__time_due *out)
{
    if (t <= after) return;
    if (t > now) {
        out->next = t;
        return;
    }
    out->missed += out->due != 0;
    out->due = t;
}

int ond__time_rule_due(const char *rule, const ond_civil *at, ond_ms after, ond_ms now,
                       ond__time_due *out, ond_err *err)
{
    struct icalrecurrencetype r;
    *out = (ond__time_due){.next = OND_NEVER};
    int rc = parse(rule, &r, err);
    if (rc != 0) return rc;
    ond_civil start = civil_at(begin_near(&r, plain(at), plain_of(after), plain_of(now)));
    int64_t later = plain(&start) > plain_of(now) ? plain(&start) : plain_of(now);
    set_end(&r, later);
    icalrecur_iterator *walk = ical.recur_iterator_new(r, ical_of(&start));
    if (!walk) return ond_fail(err, OND_E_INPUT, "the rule %s never comes", rule);
    for (int i = 0; i < STEPS && out->next == OND_NEVER; i++) {
        struct icaltimetype t = ical.recur_iterator_next(walk);
        if (t.year == 0) break;
        ond_civil c = civil_of(&t);
        take(ond_civil_ms(&c, ond_zone()), after, now, out);
    }
    ical.recur_iterator_free(walk);
    return OND_OK;
}
