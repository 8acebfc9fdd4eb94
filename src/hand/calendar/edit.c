/* edit.c - changes lines of a file; libical prints the new ones (escapes, folds). */
#include "hand/calendar/ical.h"
#include "hand/calendar/internal.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static const struct {
    const char *name;
    icalproperty_kind kind;
} texts[] = {
    [CAL_SUMMARY] = {"SUMMARY", ICAL_SUMMARY_PROPERTY},
    [CAL_LOCATION] = {"LOCATION", ICAL_LOCATION_PROPERTY},
    [CAL_RRULE] = {"RRULE", ICAL_RRULE_PROPERTY},
    [CAL_STATUS] = {"STATUS", ICAL_STATUS_PROPERTY},
    [CAL_UID] = {"UID", ICAL_UID_PROPERTY},
};

/* The lines of a property, and its end. */
static bool put(ond__doc *d, int c, const char *name, icalproperty *p, bool one_more)
{
    char *text = p ? ond__cal_ical.property_as_ical_string_r(p) : NULL;
    bool ok = text && (one_more ? ond__doc_insert(d, ond__doc_tail(d, c), text)
                                : ond__doc_set(d, c, name, text));
    free(text);
    if (p) ond__cal_ical.property_free(p);
    return ok;
}

bool ond__cal_set_text(ond__doc *d, int c, int what, const char *text)
{
    if (!text[0]) {
        ond__doc_drop(d, c, texts[what].name);
        return !d->nomem;
    }
    icalproperty *p = ond__cal_ical.property_new(texts[what].kind);
    if (what == CAL_RRULE || what == CAL_STATUS)
        ond__cal_ical.property_set_value_from_string(p, text, what == CAL_RRULE ? "RECUR" : "NO");
    else
        ond__cal_ical.property_set_value(p, ond__cal_ical.value_new_text(text));
    return put(d, c, texts[what].name, p, false);
}

/* ---- times ---- */

static bool has_zone(const ond__doc *d, const char *tzid)
{
    for (size_t i = 0; i < d->n_comp; i++) {
        ond_str name = d->comp[i].name;
        if (name.n != 9 || strncasecmp(name.p, "VTIMEZONE", 9) != 0) continue;
        int at = ond__doc_find(d, (int)i, "TZID", 0);
        if (at >= 0 && ond_str_is(ond_str_trim(ond__line_value(&d->line[at])), tzid)) return true;
    }
    return false;
}

/* Before the calendar's first component; its own index then grows. */
static bool need_zone(ond__doc *d, int *c, const char *iana, const char *tzid,
                      const ond__cal_when *from)
{
    ond_buf text = {0};
    int top = *c;
    if (has_zone(d, tzid) || !iana || strcmp(iana, tzid) != 0) return true;
    size_t begin = d->comp[*c].begin, before = d->n;
    while (d->comp[top].parent >= 0) top = d->comp[top].parent;
    bool ok = !ond__cal_zone_put(iana, from, &text) ||
              ond__doc_insert(d, ond__doc_tail(d, top), ond_buf_z(&text));
    ond_buf_free(&text);
    if (ok) *c = d->line[begin + (d->n - before)].comp;
    return ok;
}

static void value_text(const ond__cal_when *w, char out[20])
{
    char text[80];
    int n = snprintf(text, sizeof text, "%04d%02d%02d", w->year, w->month, w->day);
    if (!w->date)
        snprintf(text + n, sizeof text - (size_t)n, "T%02d%02d%02d%s", w->hour, w->minute,
                 w->second, w->zone == CAL_UTC ? "Z" : "");
    text[19] = '\0'; /* no date that is one is longer */
    memcpy(out, text, 20);
}

static icalproperty *when_property(ond__cal *h, const char *name, const ond__cal_when *w)
{
    static const struct {
        const char *name;
        icalproperty_kind kind;
    } kinds[] = {
        {"DTSTART", ICAL_DTSTART_PROPERTY}, {"DTEND", ICAL_DTEND_PROPERTY},
        {"DUE", ICAL_DUE_PROPERTY},         {"EXDATE", ICAL_EXDATE_PROPERTY},
        {"RDATE", ICAL_RDATE_PROPERTY},     {"RECURRENCE-ID", ICAL_RECURRENCEID_PROPERTY},
    };
    char text[20];
    size_t i = 0;
    while (strcmp(kinds[i].name, name) != 0) i++;
    icalproperty *p = ond__cal_ical.property_new(kinds[i].kind);
    value_text(w, text);
    ond__cal_ical.property_set_value_from_string(p, text, w->date ? "DATE" : "DATE-TIME");
    if (w->date) {
        ond__cal_ical.property_add_parameter(p,
                                             ond__cal_ical.parameter_new_from_string("VALUE=DATE"));
    } else if (w->zone >= 0) {
        ond_buf tzid = {0};
        ond_buf_printf(&tzid, "TZID=%s", h->zone[w->zone].tzid);
        ond__cal_ical.property_add_parameter(
            p, ond__cal_ical.parameter_new_from_string(ond_buf_z(&tzid)));
        ond_buf_free(&tzid);
    }
    return p;
}

static bool put_when(ond__cal *h, ond__doc *d, int *c, const char *name, const ond__cal_when *w,
                     bool one_more)
{
    if (!w->date && w->zone >= 0 &&
        !need_zone(d, c, h->zone[w->zone].iana, h->zone[w->zone].tzid, w))
        return false;
    return put(d, *c, name, when_property(h, name, w), one_more);
}

bool ond__cal_set_when(ond__cal *h, ond__doc *d, int *c, const char *name, const ond__cal_when *w)
{
    if (w->year) return put_when(h, d, c, name, w, false);
    ond__doc_drop(d, *c, name);
    return !d->nomem;
}

bool ond__cal_add_when(ond__cal *h, ond__doc *d, int *c, const char *name, const ond__cal_when *w)
{
    return put_when(h, d, c, name, w, true);
}

void ond__cal_stamp(ond_ms t, char out[20])
{
    ond_civil c;
    ond_civil_of(t, "UTC", &c);
    ond__cal_when w = {c.year, c.month, c.day, c.hour, c.minute, c.second, false, CAL_UTC};
    value_text(&w, out);
}

bool ond__cal_touch(ond__doc *d, int c)
{
    char stamp[20], line[64];
    int at = ond__doc_find(d, c, "SEQUENCE", 0);
    long n = at < 0 ? 0 : strtol(ond__line_value(&d->line[at]).p, NULL, 10);
    if (n < 0 || n > 1000000000) n = 0;
    ond__cal_stamp(ond_now(), stamp);
    snprintf(line, sizeof line, "SEQUENCE:%ld\r\n", n + 1);
    if (!ond__doc_set(d, c, "SEQUENCE", line)) return false;
    snprintf(line, sizeof line, "DTSTAMP:%s\r\n", stamp);
    if (!ond__doc_set(d, c, "DTSTAMP", line)) return false;
    snprintf(line, sizeof line, "LAST-MODIFIED:%s\r\n", stamp);
    return ond__doc_set(d, c, "LAST-MODIFIED", line);
}

/* ---- components ---- */

static bool same_id(const ond__cal *h, const ond__cal_when *a, const ond__cal_when *b)
{
    if (a->date || b->date) return a->year == b->year && a->month == b->month && a->day == b->day;
    return ond__cal_when_ms(h, a) == ond__cal_when_ms(h, b);
}

static bool id_of(ond__cal *h, const ond__doc *d, int c, ond__cal_when *out)
{
    int at = ond__doc_find(d, c, "RECURRENCE-ID", 0);
    *out = (ond__cal_when){0};
    if (at < 0 || !ond__cal_when_read(ond__line_value(&d->line[at]), out)) return false;
    if (!out->date && out->zone == CAL_FLOATING)
        out->zone = ond__cal_zone_of(h, ond__line_param(&d->line[at], "TZID"), d);
    return true;
}

int ond__cal_comp(ond__cal *h, const ond__doc *d, const ond__cal_when *id)
{
    int first = -1;
    for (size_t i = 0; i < d->n_comp; i++) {
        ond_str n = d->comp[i].name;
        ond__cal_when own;
        bool event = n.n == 6 && strncasecmp(n.p, "VEVENT", 6) == 0,
             todo = n.n == 5 && strncasecmp(n.p, "VTODO", 5) == 0;
        int top = d->comp[i].parent;
        if ((!event && !todo) || top < 0 || d->comp[top].parent >= 0) continue;
        bool has = id_of(h, d, (int)i, &own);
        if (id ? has && same_id(h, &own, id) : !has) return (int)i;
        if (first < 0) first = (int)i;
    }
    return id ? -1 : first;
}

static bool belongs_to_series(const ond__line *l)
{
    static const char *const names[] = {"RRULE", "RDATE", "EXDATE",   "EXRULE",       "DTSTART",
                                        "DTEND", "DUE",   "DURATION", "RECURRENCE-ID"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ond__line_is(l, names[i])) return true;
    return false;
}

int ond__cal_override(ond__cal *h, ond__doc *d, const ond__cal_when *id, const ond__cal_when *like)
{
    int main = ond__cal_comp(h, d, like);
    ond_buf text = {0};
    size_t end = d->comp[main].end;
    for (size_t i = d->comp[main].begin; i <= end; i++)
        if (d->line[i].comp != main || !belongs_to_series(&d->line[i]))
            ond_buf_str(&text, d->line[i].raw);
    bool ok = ond_buf_ok(&text) && ond__doc_insert(d, end + 1, ond_buf_z(&text));
    ond_buf_free(&text);
    if (!ok) return -1;
    int c = d->line[end + 1].comp;
    return ond__cal_add_when(h, d, &c, "RECURRENCE-ID", id) ? c : -1;
}

void ond__cal_new_text(const char *kind, ond_buf *out)
{
    char stamp[20];
    ond__cal_stamp(ond_now(), stamp);
    ond_buf_printf(out,
                   "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//Ondol//ondol " OND_VERSION
                   "//EN\r\n"
                   "BEGIN:%s\r\nDTSTAMP:%s\r\nCREATED:%s\r\nLAST-MODIFIED:%s\r\nSEQUENCE:0\r\nEND:%"
                   "s\r\nEND:VCALENDAR\r\n",
                   kind, stamp, stamp, stamp, kind);
}
