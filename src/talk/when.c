/* when.c - from the slots of a time expression to a start and an end.
 *
 * A moment is found in two steps: the day (when_day.c) and the times of day that may be meant
 * (when_clock.c). Here the two meet the clock: what has gone by today, which half of the day, what
 * an end means beside its start. */
#include "talk/when_in.h"

#include <stdio.h>

typedef struct moment {
    ond_when_code code;
    bool has_day, has_time, offset;
    bool stretch;       /* [at, until) or [day, after) was said as a whole */
    int64_t day, after; /* of days */
    ond_ms at, until;   /* of times */
} moment;

static moment failed(ond_when_code code)
{
    return (moment){.code = code};
}

static moment at_time(ond_ms at, bool has_day)
{
    return (moment){
        .code = OND_WHEN_OK, .has_day = has_day, .has_time = true, .at = at, .until = at};
}

static moment between(ond_ms at, ond_ms until, bool has_day)
{
    if (until <= at) return failed(OND_WHEN_IMPOSSIBLE);
    moment m = at_time(at, has_day);
    m.until = until;
    m.stretch = true;
    return m;
}

/* ---- lengths from now ---- */

static moment offset(const ond__said *s, const ond__now *now)
{
    ond_ms base = now->o->now - now->civil.ms, length = ond__dur_seconds(&s->in) * 1000;
    if (s->stretch && strcmp(s->stretch, "behind") == 0) return between(base - length, base, false);
    if (s->stretch) return between(base, base + length, false);
    if (s->ago && !now->o->past_ok) return failed(OND_WHEN_PAST);
    moment m = at_time(s->ago ? base - length : base + length, false);
    m.offset = true;
    return m;
}

/* ---- a day, without a time and with one ---- */

static moment day_only(ond__span d, const ond__now *now)
{
    bool past_ok = now->o->past_ok;
    if (d.again && d.day == now->today && !past_ok) {
        d.day += d.again;
        d.after += d.again;
    }
    if (!past_ok && d.after <= now->today) return failed(OND_WHEN_PAST);
    if (!past_ok && d.day < now->today) d.day = now->today; /* what is left of it */
    return (moment){.code = OND_WHEN_OK,
                    .has_day = true,
                    .stretch = d.after - d.day > 1,
                    .day = d.day,
                    .after = d.after};
}

/* Of a part of today that has begun: its next full hour; 0: it is over. */
static ond_ms rest_of_part(const ond__clock *c, const ond__now *now)
{
    for (int at = c->from; at < c->to; at += 3600) {
        ond_ms t = ond__at(now->today, at, now->o->zone);
        if (t > now->o->now) return t;
    }
    return 0;
}

static moment day_and_time(ond__span d, const ond__clock *c, const ond__now *now)
{
    const ond_when_opts *o = now->o;
    if (o->past_ok && c->to)
        return between(ond__at(d.day, c->from, o->zone), ond__at(d.day, c->to, o->zone), true);
    int second = ond__clock_of_day(c, o->morning);
    ond_ms at = ond__at(d.day, second, o->zone);
    if (at > o->now || o->past_ok) return at_time(at, true);
    if (d.day == now->today && d.again)
        return at_time(ond__at(d.day + d.again, second, o->zone), true);
    if (d.day == now->today && c->to && rest_of_part(c, now)) at = rest_of_part(c, now);
    if (d.day == now->today && c->n == 2) at = ond__at(d.day, c->at[1], o->zone);
    return at > o->now ? at_time(at, true) : failed(OND_WHEN_PAST);
}

/* ---- a time without a day: the next one ---- */

/* The small hours are meant only of an alarm, and its 5 to 11 only of the morning. */
static bool may_mean(const ond__clock *c, int half, bool morning)
{
    if (c->n < 2) return half == 0;
    if (morning) return c->hour < 5 || half == 0;
    return c->hour >= 6 || half == 1;
}

static moment time_only(const ond__clock *c, const ond__now *now)
{
    const ond_when_opts *o = now->o;
    if (o->past_ok && c->to) return day_and_time((ond__span){.day = now->today}, c, now);
    ond_ms best = 0;
    for (int i = -1; i <= 2; i++) /* from yesterday, whose night goes on */
        for (int half = 0; half < 2; half++) {
            if (!may_mean(c, half, o->morning)) continue;
            ond_ms at = ond__at(now->today + i, c->at[half], o->zone);
            if (at > o->now && (!best || at < best)) best = at;
        }
    return best ? at_time(best, false) : failed(OND_WHEN_IMPOSSIBLE);
}

static moment find(const ond__said *s, const ond__clock *c, const ond__now *now)
{
    if (s->in.said && s->in.clock) return offset(s, now);
    if (c->code == OND_WHEN_IMPOSSIBLE) return failed(OND_WHEN_IMPOSSIBLE);
    if (!s->any_day) return c->code == OND_WHEN_OK ? time_only(c, now) : failed(OND_WHEN_NONE);
    ond__span d = ond__day_find(s, now, now->today);
    if (d.code != OND_WHEN_OK) return failed(d.code);
    return c->code == OND_WHEN_OK ? day_and_time(d, c, now) : day_only(d, now);
}

/* ---- ends ---- */

/* The first time after the start. */
static ond_ms end_time(const moment *m, const ond__clock *c, const ond__now *now)
{
    int64_t day = ond__today(m->at, now->o->zone);
    ond_ms best = 0;
    for (int i = 0; i <= 1; i++)
        for (int half = 0; half < c->n; half++) {
            ond_ms at = ond__at(day + i, c->at[half], now->o->zone);
            if (at > m->at && (!best || at < best)) best = at;
        }
    return best;
}

static ond_when_code end_at(moment *m, ond_ms until)
{
    if (until <= m->at) return OND_WHEN_IMPOSSIBLE;
    m->until = until;
    m->stretch = true;
    return OND_WHEN_OK;
}

static ond_when_code end_day(moment *m, int64_t after)
{
    if (after <= m->day) return OND_WHEN_IMPOSSIBLE;
    m->after = after;
    m->stretch = true;
    return OND_WHEN_OK;
}

/* A day given with its end: of two times on it the one meant of a day, if it is after the start. */
static ond_when_code end_on_day(moment *m, ond__span d, const ond__clock *c, const ond__now *now)
{
    const char *zone = now->o->zone;
    if (c->code != OND_WHEN_OK)
        return m->has_time ? end_at(m, ond__at(d.after, 0, zone)) : end_day(m, d.after);
    if (!m->has_time) {
        m->has_time = true;
        m->at = ond__at(m->day, 0, zone);
        if (m->at < now->o->now && !now->o->past_ok) m->at = now->o->now - now->civil.ms;
    }
    ond_ms at = ond__at(d.day, ond__clock_of_day(c, now->o->morning), zone);
    if (at <= m->at && c->n == 2) at = ond__at(d.day, c->at[1], zone);
    return end_at(m, at);
}

static ond_when_code add_end(moment *m, const ond__said *e, const ond__clock *c,
                             const ond__now *now)
{
    if (c->code == OND_WHEN_IMPOSSIBLE) return OND_WHEN_IMPOSSIBLE;
    if (e->any_day) {
        int64_t from = m->has_time ? ond__today(m->at, now->o->zone) : m->day;
        ond__span d = ond__day_find(e, now, from);
        return d.code == OND_WHEN_OK ? end_on_day(m, d, c, now) : d.code;
    }
    if (!m->has_time) return OND_WHEN_IMPOSSIBLE; /* "from tomorrow to three" */
    return end_at(m, end_time(m, c, now));
}

/* "at 3 for an hour", "three days from tomorrow". */
static ond_when_code add_length(moment *m, const ond__dur *d, const ond__now *now)
{
    if (!m->has_time && d->clock) return OND_WHEN_OK; /* two hours some time that day */
    if (d->clock) return end_at(m, m->at + ond__dur_seconds(d) * 1000);
    int months = d->month + 12 * d->year, days = d->day + 7 * d->week;
    if (!m->has_time) return end_day(m, ond__day_plus(m->day, months, days));
    ond_civil c;
    ond_civil_of(m->at, now->o->zone, &c);
    int64_t day = ond__day_plus(ond__day_of(c.year, c.month, c.day), months, days);
    return end_at(m, ond__at(day, c.hour * 3600 + c.minute * 60 + c.second, now->o->zone));
}

/* ---- the whole ---- */

static void day_civil(int64_t day, ond_civil *out)
{
    ond_civil_of(day * 86400000, "UTC", out);
}

static void fill(ond_when *w, const moment *m, const ond__now *now)
{
    w->code = m->code;
    if (m->code != OND_WHEN_OK) return;
    w->has_day = m->has_day;
    w->has_time = m->has_time;
    w->has_end = m->stretch;
    w->is_offset = m->offset;
    if (m->has_time) {
        ond_civil_of(m->at, now->o->zone, &w->start);
        ond_civil_of(m->until, now->o->zone, &w->end);
    } else {
        day_civil(m->day, &w->start);
        day_civil(m->after, &w->end);
    }
}

ond_when ond_when_of(const ond_match *m, const char *prefix, const ond_when_opts *o)
{
    ond_when w = {0};
    ond__now now = {.o = o, .today = ond__today(o->now, o->zone)};
    ond_civil_of(o->now, o->zone, &now.civil);
    ond__said s, e;
    ond__dur length;
    char end[160];
    snprintf(end, sizeof end, "%swhen_end_", prefix);
    ond__said_read(m, prefix, &s);
    ond__said_read(m, end, &e);
    ond__dur_read(m, prefix, &length);
    w.seconds = length.said ? ond__dur_seconds(&length) : 0;
    if (ond__rule_of(m, prefix, &now, &w)) return w;
    bool ends = e.any_day || e.any_clock;
    ond__clock c = ond__clock_find(&s), end_clock = ond__clock_find(&e);
    ond__clock_hint(&c, m);
    if (ends && !e.any_day) ond__clock_narrow(&c, &end_clock);
    moment it = find(&s, &c, &now);
    if (it.code == OND_WHEN_NONE && length.said) {
        w.code = OND_WHEN_OK;
        return w;
    }
    if (it.code == OND_WHEN_OK && ends) it.code = add_end(&it, &e, &end_clock, &now);
    if (it.code == OND_WHEN_OK && length.said && !ends) it.code = add_length(&it, &length, &now);
    fill(&w, &it, &now);
    if (it.offset && !length.said) w.seconds = ond__dur_seconds(&s.in) * (s.ago ? -1 : 1);
    return w;
}
