/* repeat.c - the occurrences of an entry in a span of time.
 *
 * libical works out the rule on the wall clock of the event's own zone; each wall clock time then
 * becomes an instant, so that 9 o'clock stays 9 o'clock through summer time. An iterator is always
 * given an end, since one without could look for a day that never comes (February 30th) until its
 * last year. */
#include "hand/calendar/ical.h"
#include "hand/calendar/internal.h"

#include <stdlib.h>

#define CAL_STEPS 30000

static struct icaltimetype to_ical(const ond__cal_when *w)
{
    return (struct icaltimetype){.year = w->year,
                                 .month = w->month,
                                 .day = w->day,
                                 .hour = w->hour,
                                 .minute = w->minute,
                                 .second = w->second,
                                 .is_date = w->date};
}

static ond__cal_when from_ical(const struct icaltimetype *t, const ond__cal_when *like)
{
    return (ond__cal_when){.year = t->year,
                           .month = t->month,
                           .day = t->day,
                           .hour = t->hour,
                           .minute = t->minute,
                           .second = t->second,
                           .date = like->date,
                           .zone = like->zone};
}

/* ---- the days of a rule ---- */

typedef struct span {
    ond__cal *h;
    const ond__cal_entry *e;
    ond_ms from, to;
    int64_t length; /* seconds that an occurrence may begin before `from` */
    int64_t moved;  /* seconds that it may be away from where the rule has it */
    ond__cal_when *v;
    size_t n, cap;
    bool nomem;
} span;

static void add(span *s, const ond__cal_when *w)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 32;
        ond__cal_when *v = realloc(s->v, cap * sizeof *v);
        if (!v) {
            s->nomem = true;
            return;
        }
        s->v = v;
        s->cap = cap;
    }
    s->v[s->n++] = *w;
}

/* UNTIL on the wall clock of the event. */
static struct icaltimetype until_of(ond__cal *h, struct icaltimetype until,
                                    const ond__cal_when *start)
{
    ond__cal_when w = {.year = until.year,
                       .month = until.month,
                       .day = until.day,
                       .hour = until.hour,
                       .minute = until.minute,
                       .second = until.second,
                       .zone = CAL_UTC};
    if (until.is_date || start->date) {
        until.hour = 23, until.minute = 59, until.second = 59;
        until.is_date = start->date;
        return until;
    }
    if (start->zone == CAL_UTC || !until.zone) return until; /* its zone tells that it ended in Z */
    ond_ms t = ond__cal_when_ms(h, &w);
    ond__cal_when_of(h, t, start->zone, false, &w);
    return to_ical(&w);
}

static ond__cal_when shifted(ond_ms t, int64_t days)
{
    ond__cal_when w = {.zone = CAL_UTC};
    ond_civil c;
    ond_civil_of(t + days * 86400000, "UTC", &c);
    w.year = c.year, w.month = c.month, w.day = c.day, w.hour = c.hour, w.minute = c.minute;
    return w;
}

static void by_rule(span *s)
{
    const ond__cal_when *start = &s->e->main.start;
    struct icalrecurrencetype r = ond__cal_ical.recurrencetype_from_string(s->e->rule);
    ond__cal_when low = shifted(s->from - (s->length + s->moved) * 1000, -2),
                  high = shifted(s->to + s->moved * 1000, 2);
    struct icaltimetype last = to_ical(&high), first = to_ical(start);
    low.date = start->date;
    if (!ond__cal_ical.time_is_null_time(r.until)) {
        struct icaltimetype until = until_of(s->h, r.until, start);
        if (ond__cal_ical.time_compare(until, last) < 0) last = until;
    }
    last.is_date = start->date;
    r.until = last;
    icalrecur_iterator *it = ond__cal_ical.recur_iterator_new(r, first);
    if (it && r.count == 0 && ond__cal_when_cmp(&low, start) > 0)
        ond__cal_ical.recur_iterator_set_start(it, to_ical(&low));
    for (int i = 0; it && i < CAL_STEPS; i++) {
        struct icaltimetype t = ond__cal_ical.recur_iterator_next(it);
        if (ond__cal_ical.time_is_null_time(t)) break;
        ond__cal_when w = from_ical(&t, start);
        if (ond__cal_when_cmp(&w, &low) >= 0) add(s, &w);
    }
    if (it) ond__cal_ical.recur_iterator_free(it);
    free(r.rscale);
}

static int by_wall(const void *a, const void *b)
{
    return ond__cal_when_cmp(a, b);
}

/* ---- exceptions ---- */

static bool same_time(const ond__cal *h, const ond__cal_when *a, const ond__cal_when *b)
{
    if (a->date || b->date) return a->year == b->year && a->month == b->month && a->day == b->day;
    return ond__cal_when_ms(h, a) == ond__cal_when_ms(h, b);
}

bool ond__cal_excluded(const ond__cal *h, const ond__cal_entry *e, const ond__cal_when *w)
{
    for (size_t i = 0; i < e->n_exdate; i++)
        if (same_time(h, &e->exdate[i], w)) return true;
    return false;
}

static bool overridden(const ond__cal *h, const ond__cal_entry *e, const ond__cal_when *w)
{
    for (size_t i = 0; i < e->n_over; i++)
        if (same_time(h, &e->over[i].id, w)) return true;
    return false;
}

/* RFC 5545, 3.2.13: the latest of those that begin at or before it. */
const ond__cal_part *ond__cal_onward(const ond__cal *h, const ond__cal_entry *e,
                                     const ond__cal_when *w)
{
    const ond__cal_part *best = NULL;
    for (size_t i = 0; i < e->n_over; i++) {
        const ond__cal_part *p = &e->over[i];
        ond_ms id = ond__cal_when_ms(h, &p->id);
        if (p->onward && p->start.date == w->date && id <= ond__cal_when_ms(h, w) &&
            (!best || id > ond__cal_when_ms(h, &best->id)))
            best = p;
    }
    return best;
}

/* How far it moves what follows, on the wall clock of the series: "an hour later" through summer time. */
static int64_t moved_by(const ond__cal *h, const ond__cal_entry *e, const ond__cal_part *p)
{
    ond__cal_when id, start;
    int zone = e->main.start.zone;
    ond__cal_when_of(h, ond__cal_when_ms(h, &p->id), zone, p->start.date, &id);
    ond__cal_when_of(h, ond__cal_when_ms(h, &p->start), zone, p->start.date, &start);
    return (ond__cal_days(&start) - ond__cal_days(&id)) * 86400 + (start.hour - id.hour) * 3600 +
           (start.minute - id.minute) * 60 + start.second - id.second;
}

static int64_t most_moved(const ond__cal *h, const ond__cal_entry *e)
{
    int64_t most = 0;
    for (size_t i = 0; e->has_main && i < e->n_over; i++) {
        int64_t n = e->over[i].onward && e->over[i].start.year ? llabs(moved_by(h, e, &e->over[i])) : 0;
        if (n > most) most = n;
    }
    return most < 366 * 86400 ? most : 366 * 86400;
}

/* ---- ends ---- */

static int64_t seconds_of(const ond__cal *h, const ond__cal_part *p)
{
    if (p->end.year) return (ond__cal_when_ms(h, &p->end) - ond__cal_when_ms(h, &p->start)) / 1000;
    return p->seconds >= 0 ? p->seconds : -1;
}

ond_ms ond__cal_end_ms(const ond__cal *h, const ond__cal_part *p, const ond__cal_part *main,
                       const ond__cal_when *start)
{
    const ond__cal_part *from = p->end.year || p->seconds >= 0 || !main ? p : main;
    if (from->start.date && start->date) {
        int64_t days = from->end.year      ? ond__cal_days(&from->end) - ond__cal_days(&from->start)
                       : from->seconds > 0 ? from->seconds / 86400
                                           : 1;
        ond__cal_when w = *start;
        ond__cal_add_days(&w, days > 0 ? days : 1);
        return ond__cal_when_ms(h, &w);
    }
    int64_t seconds = start->date ? 86400 : seconds_of(h, from);
    return ond__cal_when_ms(h, start) + (seconds > 0 ? seconds : 0) * 1000;
}

/* ---- telling ---- */

typedef struct teller {
    span *s;
    const ond__cal_folder *f;
    ond__cal_occ_fn *fn;
    void *self;
} teller;

static void tell(const teller *t, const ond__cal_part *p, const ond__cal_when *start,
                 const ond__cal_when *id)
{
    const ond__cal_entry *e = t->s->e;
    ond__cal_occ o = {.folder = t->f,
                      .entry = e,
                      .part = p,
                      .date = start->date,
                      .first = *start,
                      .id = *id,
                      .recurring = e->rule || e->n_rdate || e->n_over};
    o.start = ond__cal_when_ms(t->s->h, start);
    o.end = ond__cal_end_ms(t->s->h, p, e->has_main ? &e->main : NULL, start);
    if (o.start >= t->s->to || o.end < t->s->from || (o.end == t->s->from && o.start < o.end))
        return;
    t->fn(t->self, &o);
}

static int64_t longest(const ond__cal *h, const ond__cal_entry *e)
{
    ond_ms n = e->has_main ? ond__cal_end_ms(h, &e->main, NULL, &e->main.start) -
                                 ond__cal_when_ms(h, &e->main.start)
                           : 0;
    for (size_t i = 0; i < e->n_over; i++) {
        const ond__cal_part *p = &e->over[i];
        ond_ms one = p->onward ? ond__cal_end_ms(h, p, NULL, &p->start) - ond__cal_when_ms(h, &p->start) : 0;
        if (one > n) n = one;
    }
    return n > 0 ? n / 1000 : 0;
}

/* One of the series that nothing is said of by itself. */
static void tell_one(const teller *t, const ond__cal_when *w)
{
    const ond__cal_entry *e = t->s->e;
    const ond__cal_part *p = ond__cal_onward(t->s->h, e, w);
    ond__cal_when start = *w;
    if (p && p->cancelled) return;
    if (p) ond__cal_add_seconds(&start, moved_by(t->s->h, e, p));
    tell(t, p ? p : &e->main, &start, w);
}

int ond__cal_expand(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e, ond_ms from,
                    ond_ms to, ond__cal_occ_fn *fn, void *self, ond_err *err)
{
    span s = {.h = h, .e = e, .from = from, .to = to, .length = longest(h, e),
              .moved = most_moved(h, e)};
    teller t = {&s, f, fn, self};
    if (e->has_main && e->main.start.year) {
        add(&s, &e->main.start);
        if (e->rule) by_rule(&s);
        for (size_t i = 0; i < e->n_rdate; i++) {
            ond__cal_when w = e->rdate[i];
            if (w.date == e->main.start.date) add(&s, &w);
        }
    }
    if (s.n > 1) qsort(s.v, s.n, sizeof *s.v, by_wall);
    for (size_t i = 0; i < s.n && !s.nomem; i++) {
        if (i > 0 && ond__cal_when_cmp(&s.v[i], &s.v[i - 1]) == 0) continue;
        if (e->main.cancelled || ond__cal_excluded(h, e, &s.v[i]) || overridden(h, e, &s.v[i]))
            continue;
        tell_one(&t, &s.v[i]);
    }
    for (size_t i = 0; i < e->n_over && !s.nomem; i++)
        if (!e->over[i].cancelled && e->over[i].start.year)
            tell(&t, &e->over[i], &e->over[i].start, &e->over[i].id);
    free(s.v);
    return s.nomem ? ond_nomem(err, "working out a rule") : OND_OK;
}

/* ---- one occurrence ---- */

typedef struct seeker {
    ond__cal *h;
    ond__cal_when wanted;
    ond__cal_occ by_id, by_day;
    bool has_id, has_day;
} seeker;

static bool meets(const seeker *k, const ond__cal_when *w)
{
    ond__cal_when local;
    ond__cal_when_of(k->h, ond__cal_when_ms(k->h, w), CAL_FLOATING, w->date, &local);
    if (local.year != k->wanted.year || local.month != k->wanted.month ||
        local.day != k->wanted.day)
        return false;
    return k->wanted.date || local.date ||
           (local.hour == k->wanted.hour && local.minute == k->wanted.minute &&
            local.second == k->wanted.second);
}

static void seek(void *self, const ond__cal_occ *o)
{
    seeker *k = self;
    if (!k->has_id && meets(k, &o->id)) k->by_id = *o, k->has_id = true;
    if (!k->has_day && meets(k, &o->first)) k->by_day = *o, k->has_day = true;
}

int ond__cal_occurrence(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e,
                        const char *arg, ond__cal_occ *out, ond_err *err)
{
    seeker k = {.h = h};
    int rc = ond__cal_when_parse(arg, "occurrence", &k.wanted, err);
    if (rc) return rc;
    ond_ms day = ond__cal_when_ms(h, &k.wanted);
    /* One that was moved is shown elsewhere: its own time is looked for, wherever it is. */
    for (size_t i = 0; i < e->n_over && !k.has_id; i++)
        if (!e->over[i].cancelled && meets(&k, &e->over[i].id)) {
            const ond__cal_part *p = &e->over[i];
            k.by_id =
                (ond__cal_occ){f,
                               e,
                               p,
                               ond__cal_when_ms(h, &p->start),
                               ond__cal_end_ms(h, p, e->has_main ? &e->main : NULL, &p->start),
                               p->start.date,
                               true,
                               p->start,
                               p->id};
            k.has_id = true;
        }
    if (!k.has_id) rc = ond__cal_expand(h, f, e, day - 86400000, day + 2 * 86400000, seek, &k, err);
    if (rc) return rc;
    if (!k.has_id && !k.has_day)
        return ond_fail(err, OND_E_NOT_FOUND, "'%s' does not take place on %s",
                        e->main.title ? e->main.title : e->uid, arg);
    *out = k.has_id ? k.by_id : k.by_day;
    return OND_OK;
}

/* ---- rules of arguments ---- */

static int bad_rule(const char *rule, ond_err *err)
{
    return ond_fail(err, OND_E_INPUT,
                    "rule is '%.80s'; write an RFC 5545 rule such as FREQ=WEEKLY;BYDAY=MO", rule);
}

/* Where the rule ends by a day or a local time, the form that fits a start with a time is UTC. */
static void fit_until(ond__cal *h, struct icalrecurrencetype *r, const ond__cal_when *start)
{
    struct icaltimetype u = r->until;
    ond__cal_when w = {.year = u.year,
                       .month = u.month,
                       .day = u.day,
                       .hour = u.hour,
                       .minute = u.minute,
                       .second = u.second,
                       .zone = u.zone ? CAL_UTC : start->zone};
    if (ond__cal_ical.time_is_null_time(u)) return;
    if (u.is_date) w.hour = 23, w.minute = 59, w.second = 59, w.zone = start->zone;
    if (start->date) {
        if (!u.is_date) ond__cal_when_of(h, ond__cal_when_ms(h, &w), CAL_FLOATING, true, &w);
        w.hour = w.minute = w.second = 0;
        w.date = true;
    } else if (start->zone != CAL_FLOATING) {
        ond__cal_when_of(h, ond__cal_when_ms(h, &w), CAL_UTC, false, &w);
    }
    r->until = to_ical(&w);
    if (!start->date && start->zone != CAL_FLOATING)
        r->until.zone = ond__cal_ical.time_from_string("19700101T000000Z").zone;
}

int ond__cal_rule_clean(ond__cal *h, const char *rule, const ond__cal_when *start, ond_buf *out,
                        ond_err *err)
{
    if (strncmp(rule, "RRULE:", 6) == 0) rule += 6;
    if (strlen(rule) > 500 || strpbrk(rule, "\r\n") || ond__cal_rule_bad(rule, start))
        return bad_rule(rule, err);
    struct icalrecurrencetype r = ond__cal_ical.recurrencetype_from_string(rule);
    fit_until(h, &r, start);
    char *text = ond__cal_ical.recurrencetype_as_string_r(&r);
    free(r.rscale);
    if (!text) return ond_nomem(err, "writing a rule");
    icalrecur_iterator *it = ond__cal_ical.recur_iterator_new(
        ond__cal_ical.recurrencetype_from_string(text), to_ical(start));
    if (it) ond_buf_puts(out, text);
    if (it) ond__cal_ical.recur_iterator_free(it);
    free(text);
    return it ? OND_OK : bad_rule(rule, err);
}
