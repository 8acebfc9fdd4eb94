/* when_rule.c - recurrences: an RRULE value (RFC 5545, 3.3.10) and its first occurrence.
 *
 * Slots: when_freq ("WEEKLY", "WEEKLY/2") and when_every; when_mo .. when_su, when_days ("MO,FR")
 * or when_from_weekday and when_to_weekday; when_month, when_mday, when_nth with when_weekday, as
 * in dates; when_count; when_start_* and when_until_*, days. The first occurrence is the first to
 * come that fits, and the rule counts its intervals from there. */
#include "talk/when_in.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const codes[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
static const char *const day_slots[] = {"when_mo", "when_tu", "when_we", "when_th",
                                        "when_fr", "when_sa", "when_su"};

typedef struct rule {
    char freq[12];
    int every;
    unsigned days; /* bit 0: Monday */
    int month, mday, nth, weekday;
    int count;
} rule;

/* "MO,FR", or a range that may go around the end of the week. */
static unsigned read_days(const ond_match *m, const char *prefix)
{
    unsigned days = 0;
    const char *list = ond__said_text(m, prefix, "when_days");
    int from = ond__weekday_of(ond__said_text(m, prefix, "when_from_weekday")),
        to = ond__weekday_of(ond__said_text(m, prefix, "when_to_weekday"));
    for (int i = 0; i < 7; i++) {
        if (list && strstr(list, codes[i])) days |= 1u << i;
        if (ond__said_slot(m, prefix, day_slots[i])) days |= 1u << i;
        if (from >= 0 && from < 7 && to >= 0 && to < 7 && (i - from + 7) % 7 <= (to - from + 7) % 7)
            days |= 1u << i;
    }
    return days;
}

static bool read_rule(const ond_match *m, const char *prefix, const ond__said *s, rule *r)
{
    const char *freq = ond__said_text(m, prefix, "when_freq");
    *r = (rule){.every = ond__said_int(m, prefix, "when_every"),
                .days = read_days(m, prefix),
                .month = s->month,
                .mday = s->mday,
                .nth = s->nth,
                .weekday = s->weekday,
                .count = ond__said_int(m, prefix, "when_count")};
    if (!freq && !r->days) return false;
    bool weekly = !freq || (r->days && strcmp(freq, "DAILY") == 0); /* "daily, Monday to Friday" */
    int n = weekly ? 0 : (int)strcspn(freq, "/");
    snprintf(r->freq, sizeof r->freq, "%.*s", weekly ? 6 : n, weekly ? "WEEKLY" : freq);
    if (r->every == OND__UNSAID) r->every = !weekly && freq[n] == '/' ? atoi(freq + n + 1) : 1;
    return true;
}

static bool is(const rule *r, const char *freq)
{
    return strcmp(r->freq, freq) == 0;
}

static bool is_freq(const char *freq)
{
    static const char *const all[] = {"MINUTELY", "HOURLY", "DAILY", "WEEKLY", "MONTHLY", "YEARLY"};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i], freq) == 0) return true;
    return false;
}

static bool possible(const rule *r)
{
    if (!is_freq(r->freq)) return false;
    bool date = r->mday != OND__UNSAID;
    if (r->every < 1 || r->every > 999 || (r->count != OND__UNSAID && r->count < 1)) return false;
    if (r->month != OND__UNSAID && (r->month < 1 || r->month > 12)) return false;
    if (date && (r->mday == 0 || r->mday < -1 || r->mday > 31)) return false;
    if (r->nth != OND__UNSAID && (r->nth == 0 || r->nth < -1 || r->nth > 5)) return false;
    if (r->nth != OND__UNSAID && (r->weekday < 0 || r->weekday > 6)) return false;
    if (date && r->month != OND__UNSAID && r->mday > ond__month_days(2024, r->month)) return false;
    return true;
}

/* Whether a day fits the rule, but for its interval. */
static bool fits(const rule *r, int64_t day)
{
    int year, month, mday;
    ond__date_of(day, &year, &month, &mday);
    if (r->days && !(r->days >> ond__weekday(day) & 1)) return false;
    if (r->month != OND__UNSAID && r->month != month) return false;
    if (r->nth != OND__UNSAID) {
        int64_t nth;
        return ond__nth_weekday(year, month, r->nth, r->weekday, &nth) && nth == day;
    }
    int last = ond__month_days(year, month);
    return r->mday == OND__UNSAID || mday == (r->mday < 0 ? last + 1 + r->mday : r->mday);
}

/* ---- the text ---- */

static void put_days(ond_buf *b, const rule *r)
{
    const char *sep = ";BYDAY=";
    for (int i = 0; i < 7; i++) {
        if (!(r->days >> i & 1)) continue;
        ond_buf_printf(b, "%s%s", sep, codes[i]);
        sep = ",";
    }
    if (r->nth != OND__UNSAID) ond_buf_printf(b, ";BYDAY=%d%s", r->nth, codes[r->weekday]);
}

static void put_rule(const rule *r, char *out, size_t size)
{
    ond_buf b = {0};
    ond_buf_printf(&b, "FREQ=%s", r->freq);
    if (r->every > 1) ond_buf_printf(&b, ";INTERVAL=%d", r->every);
    if (r->month != OND__UNSAID) ond_buf_printf(&b, ";BYMONTH=%d", r->month);
    if (r->mday != OND__UNSAID) ond_buf_printf(&b, ";BYMONTHDAY=%d", r->mday);
    put_days(&b, r);
    if (r->count != OND__UNSAID) ond_buf_printf(&b, ";COUNT=%d", r->count);
    snprintf(out, size, "%s", ond_buf_z(&b));
    ond_buf_free(&b);
}

/* "until December" is to its end. */
static ond_when_code add_until(const ond_match *m, const char *prefix, const ond__now *now,
                               ond_when *w)
{
    char inner[160];
    ond__said u;
    snprintf(inner, sizeof inner, "%swhen_until_", prefix);
    ond__said_read(m, inner, &u);
    if (!u.any_day) return OND_WHEN_OK;
    int64_t first = ond__day_of(w->start.year, w->start.month, w->start.day);
    ond__span d = ond__day_find(&u, now, now->today);
    if (d.code != OND_WHEN_OK || d.after <= first) return OND_WHEN_IMPOSSIBLE;
    int year, month, mday;
    ond__date_of(d.after - 1, &year, &month, &mday);
    size_t n = strlen(w->rule);
    snprintf(w->rule + n, sizeof w->rule - n, ";UNTIL=%04d%02d%02d%s", year, month, mday,
             w->has_time ? "T235959" : "");
    return OND_WHEN_OK;
}

/* ---- the first occurrence ---- */

/* A length of hours or minutes counts from now. */
static void start_now(const rule *r, const ond__now *now, ond_when *w)
{
    ond_ms step = r->every * (is(r, "HOURLY") ? 3600000LL : 60000LL);
    ond_civil_of(now->o->now - now->civil.ms + step, now->o->zone, &w->start);
    w->end = w->start;
    w->has_time = true;
}

static void set_day(int64_t day, ond_when *w)
{
    ond_civil_of(day * 86400000, "UTC", &w->start);
    ond_civil_of((day + 1) * 86400000, "UTC", &w->end);
}

/* The first day that fits and whose time is to come. At most 8 years ahead there is the 29th of
 * February, and so any other day. */
static bool find_first(const rule *r, const ond__clock *c, int64_t from, const ond__now *now,
                       ond_when *w)
{
    const ond_when_opts *o = now->o;
    for (int64_t day = from; day < from + 366 * 8 + 7; day++) {
        if (!fits(r, day)) continue;
        if (c->code != OND_WHEN_OK) {
            set_day(day, w);
            return true;
        }
        ond_ms at = ond__at(day, ond__clock_of_day(c, o->morning), o->zone);
        if (at <= o->now) continue;
        ond_civil_of(at, o->zone, &w->start);
        w->end = w->start;
        return true;
    }
    return false;
}

/* The night of a day may be after its midnight: then the rule is of the days after. */
static void shift_days(rule *r, ond__clock *c)
{
    if (c->code != OND_WHEN_OK || c->n != 1 || c->at[0] < 86400) return;
    if (r->mday != OND__UNSAID || r->nth != OND__UNSAID) return;
    c->at[0] -= 86400;
    r->days = (r->days << 1 | r->days >> 6) & 0x7F;
}

static ond__clock end_clock(const ond_match *m, const char *prefix)
{
    char inner[160];
    ond__said e;
    snprintf(inner, sizeof inner, "%swhen_end_", prefix);
    ond__said_read(m, inner, &e);
    return ond__clock_find(&e);
}

/* An end, as "from 9 to 10", or a length. */
static void add_end(const ond__clock *c, const ond__now *now, ond_when *w)
{
    ond_ms start = ond_civil_ms(&w->start, now->o->zone), end = 0;
    if (!w->has_time) return;
    if (w->seconds > 0) end = start + w->seconds * 1000;
    for (int i = 0; c->code == OND_WHEN_OK && i < 2 * c->n; i++) {
        int64_t day = ond__day_of(w->start.year, w->start.month, w->start.day) + i / c->n;
        ond_ms at = ond__at(day, c->at[i % c->n], now->o->zone);
        if (at > start && (!end || at < end)) end = at;
    }
    if (!end) return;
    ond_civil_of(end, now->o->zone, &w->end);
    w->has_end = true;
}

/* "starting tomorrow": where the first is looked for; false: there is no such day. */
static bool start_day(const ond_match *m, const char *prefix, const ond__now *now, int64_t *out)
{
    char inner[160];
    ond__said s;
    snprintf(inner, sizeof inner, "%swhen_start_", prefix);
    ond__said_read(m, inner, &s);
    *out = now->today;
    if (!s.any_day) return true;
    ond__span d = ond__day_find(&s, now, now->today);
    if (d.day > now->today) *out = d.day;
    return d.code == OND_WHEN_OK;
}

static ond_when_code make(const ond_match *m, const char *prefix, const ond__now *now, rule *r,
                          const ond__said *s, ond_when *w)
{
    ond__clock c = ond__clock_find(s), end = end_clock(m, prefix);
    if (!possible(r) || c.code == OND_WHEN_IMPOSSIBLE || end.code == OND_WHEN_IMPOSSIBLE)
        return OND_WHEN_IMPOSSIBLE;
    ond__clock_hint(&c, m);
    ond__clock_narrow(&c, &end);
    w->has_time = c.code == OND_WHEN_OK;
    if (is(r, "HOURLY") || is(r, "MINUTELY")) {
        start_now(r, now, w);
    } else {
        int64_t from;
        shift_days(r, &c);
        if (!start_day(m, prefix, now, &from) || !find_first(r, &c, from, now, w))
            return OND_WHEN_IMPOSSIBLE;
    }
    put_rule(r, w->rule, sizeof w->rule);
    add_end(&end, now, w);
    return add_until(m, prefix, now, w);
}

bool ond__rule_of(const ond_match *m, const char *prefix, const ond__now *now, ond_when *out)
{
    ond__said s;
    rule r;
    ond__said_read(m, prefix, &s);
    if (!read_rule(m, prefix, &s, &r)) return false;
    out->code = make(m, prefix, now, &r, &s, out);
    if (out->code != OND_WHEN_OK) out->rule[0] = '\0';
    return true;
}
