/* read.c - a file becomes an entry: what the verbs need of it. Values are read by libical.
 *
 * Only the properties that are used are looked at, so that a fault elsewhere in a file does not
 * matter. */
#include "base/utf8.h"
#include "hand/calendar/ical.h"
#include "hand/calendar/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#define DATES_MAX 2000
#define OVER_MAX 2000
#define TITLE_MAX 2000

char *ond__cal_text(ond_str value)
{
    if (value.n > TITLE_MAX) value.n = ond_utf8_cut(value, TITLE_MAX);
    char *z = ond_str_dup(value), *out = NULL;
    if (!z) return NULL;
    if (!memchr(z, '\\', value.n)) return z;
    icalvalue *v = ond__cal_ical.value_new_from_string(ICAL_TEXT_VALUE, z);
    const char *text = v ? ond__cal_ical.value_get_text(v) : NULL;
    out = text ? ond_str_dup(ond_str_of(text)) : NULL;
    if (v) ond__cal_ical.value_free(v);
    if (out) free(z);
    return out ? out : z;
}

typedef struct reader {
    ond__cal *h;
    const ond__doc *doc;
    ond__cal_entry *e;
    bool nomem;
} reader;

static bool problem(reader *r, const char *what)
{
    if (!r->e->problem && !(r->e->problem = ond_str_dup(ond_str_of(what)))) r->nomem = true;
    return false;
}

static bool is_kind(ond_str name, const char *kind)
{
    return name.n == strlen(kind) && strncasecmp(name.p, kind, name.n) == 0;
}

/* A value with its zone. Periods (RDATE) count by their start. */
static bool read_when(reader *r, const ond__line *l, ond_str value, ond__cal_when *out)
{
    const char *slash = ond__line_is(l, "RDATE") ? memchr(value.p, '/', value.n) : NULL;
    if (slash) value.n = (size_t)(slash - value.p);
    if (!ond__cal_when_read(value, out)) return false;
    if (!out->date && out->zone == CAL_FLOATING)
        out->zone = ond__cal_zone_of(r->h, ond__line_param(l, "TZID"), r->doc);
    return true;
}

static bool read_prop(reader *r, int c, const char *name, ond__cal_when *out)
{
    int at = ond__doc_find(r->doc, c, name, 0);
    return at < 0 || read_when(r, &r->doc->line[at], ond__line_value(&r->doc->line[at]), out);
}

static void read_text(reader *r, int c, const char *name, char **out)
{
    int at = ond__doc_find(r->doc, c, name, 0);
    if (at >= 0 && !*out && !(*out = ond__cal_text(ond__line_value(&r->doc->line[at]))))
        r->nomem = true;
}

static bool value_is(reader *r, int c, const char *name, const char *value)
{
    int at = ond__doc_find(r->doc, c, name, 0);
    return at >= 0 && is_kind(ond_str_trim(ond__line_value(&r->doc->line[at])), value);
}

static int64_t read_duration(reader *r, int c)
{
    int at = ond__doc_find(r->doc, c, "DURATION", 0);
    char text[64];
    ond_str v = at < 0 ? (ond_str){0} : ond_str_trim(ond__line_value(&r->doc->line[at]));
    if (v.n == 0 || v.n >= sizeof text) return -1;
    memcpy(text, v.p, v.n);
    text[v.n] = '\0';
    struct icaldurationtype d = ond__cal_ical.durationtype_from_string(text);
    if (ond__cal_ical.durationtype_is_bad_duration(d) || d.is_neg) return -1;
    if (d.weeks > 5000 || d.days > 40000 || d.hours > 900000 || d.minutes > 50000000) return -1;
    return ond__cal_ical.durationtype_as_int(d);
}

static bool read_part(reader *r, int c, ond__cal_part *p)
{
    p->seconds = read_duration(r, c);
    read_text(r, c, "SUMMARY", &p->title);
    read_text(r, c, "LOCATION", &p->location);
    int made = ond__doc_find(r->doc, c, "CREATED", 0);
    if (made >= 0) {
        ond_str v = ond_str_trim(ond__line_value(&r->doc->line[made]));
        snprintf(p->made, sizeof p->made, "%.*s", (int)(v.n < 16 ? v.n : 16), v.p);
    }
    p->cancelled = value_is(r, c, "STATUS", "CANCELLED");
    p->done =
        value_is(r, c, "STATUS", "COMPLETED") || ond__doc_find(r->doc, c, "COMPLETED", 0) >= 0;
    if (!read_prop(r, c, "DTSTART", &p->start)) return problem(r, "its DTSTART is no date");
    if (!read_prop(r, c, "DTEND", &p->end)) return problem(r, "its DTEND is no date");
    if (!read_prop(r, c, "DUE", &p->due)) return problem(r, "its DUE is no date");
    if (!read_prop(r, c, "RECURRENCE-ID", &p->id))
        return problem(r, "its RECURRENCE-ID is no date");
    int id = ond__doc_find(r->doc, c, "RECURRENCE-ID", 0);
    p->onward = id >= 0 && is_kind(ond__line_param(&r->doc->line[id], "RANGE"), "THISANDFUTURE");
    if (p->end.year && p->end.date != p->start.date) p->end = (ond__cal_when){0};
    return true;
}

/* Every date of every line of that name. */
static bool read_dates(reader *r, int c, const char *name, ond__cal_when **out, size_t *n)
{
    for (int at = -1; (at = ond__doc_find(r->doc, c, name, (size_t)(at + 1))) >= 0;) {
        ond_str v = ond__line_value(&r->doc->line[at]);
        while (v.n && *n < DATES_MAX) {
            const char *comma = memchr(v.p, ',', v.n);
            size_t k = comma ? (size_t)(comma - v.p) : v.n;
            ond__cal_when w;
            if (read_when(r, &r->doc->line[at], (ond_str){v.p, k}, &w)) {
                ond__cal_when *more = realloc(*out, (*n + 1) * sizeof *more);
                if (!more) return !(r->nomem = true);
                *out = more;
                more[(*n)++] = w;
            }
            v = comma ? (ond_str){comma + 1, v.n - k - 1} : (ond_str){0};
        }
    }
    return true;
}

static bool read_rule(reader *r, int c)
{
    int at = ond__doc_find(r->doc, c, "RRULE", 0);
    if (at < 0) return true;
    ond_str v = ond_str_trim(ond__line_value(&r->doc->line[at]));
    if (v.n > 1000) return problem(r, "its RRULE is too long");
    if (!(r->e->rule = ond_str_dup(v))) return !(r->nomem = true);
    return ond__cal_rule_bad(r->e->rule, &r->e->main.start)
               ? problem(r, "its RRULE cannot be worked out")
               : true;
}

static bool read_uid(reader *r, int c)
{
    int at = ond__doc_find(r->doc, c, "UID", 0);
    ond_str v = at < 0 ? (ond_str){0} : ond_str_trim(ond__line_value(&r->doc->line[at]));
    if (v.n == 0) return problem(r, "it has no UID");
    if (v.n > 500) return problem(r, "its UID is too long");
    if (r->e->uid && !ond_str_is(v, r->e->uid))
        return problem(r, "it holds several entries: keep one in each file");
    if (!r->e->uid && !(r->e->uid = ond__cal_text(v))) r->nomem = true;
    return true;
}

static bool add_over(reader *r, ond__cal_part *p)
{
    ond__cal_entry *e = r->e;
    ond__cal_part *over =
        e->n_over < OVER_MAX ? realloc(e->over, (e->n_over + 1) * sizeof *over) : NULL;
    if (!over)
        return e->n_over < OVER_MAX ? !(r->nomem = true)
                                    : problem(r, "too many of its occurrences differ");
    e->over = over;
    over[e->n_over++] = *p;
    *p = (ond__cal_part){0};
    return true;
}

static void part_free(ond__cal_part *p)
{
    free(p->title);
    free(p->location);
    *p = (ond__cal_part){0};
}

static bool read_comp(reader *r, int c, bool todo)
{
    ond__cal_entry *e = r->e;
    ond__cal_part p = {0};
    bool ok = read_uid(r, c) && read_part(r, c, &p);
    if (ok && (e->has_main || e->n_over) && todo != e->todo)
        ok = problem(r, "it holds an event and a task at once");
    e->todo = todo;
    if (ok && !todo && !p.start.year) ok = problem(r, "it has no DTSTART");
    if (ok && p.id.year)
        ok = add_over(r, &p);
    else if (ok && e->has_main)
        ok = problem(r, "it holds its entry twice");
    else if (ok) {
        e->has_main = true;
        e->main = p;
        p = (ond__cal_part){0};
        ok = (todo || read_rule(r, c)) && read_dates(r, c, "RDATE", &e->rdate, &e->n_rdate) &&
             read_dates(r, c, "EXDATE", &e->exdate, &e->n_exdate);
    }
    part_free(&p);
    return ok;
}

static void read_all(reader *r)
{
    size_t found = 0;
    for (size_t i = 0; i < r->doc->n_comp; i++) {
        const ond__comp *c = &r->doc->comp[i];
        bool event = is_kind(c->name, "VEVENT"), todo = is_kind(c->name, "VTODO");
        if ((!event && !todo) || c->parent < 0 || r->doc->comp[c->parent].parent >= 0) continue;
        found++;
        if (!read_comp(r, (int)i, todo)) return;
    }
    if (!found) problem(r, "it holds neither an event nor a task");
    if (!r->e->has_main && r->e->todo) problem(r, "it holds only an occurrence of a task");
}

int ond__cal_entry_read(ond__cal *h, ond_str bytes, ond__cal_entry *e, ond_err *err)
{
    ond__doc doc = {0};
    reader r = {.h = h, .doc = &doc, .e = e};
    bool text = !memchr(bytes.p ? bytes.p : "", 0, bytes.n) && ond_utf8_valid(bytes) == bytes.n;
    if (!text)
        problem(&r, "it is no UTF-8 text");
    else if (!ond__doc_open(bytes, &doc))
        r.nomem = true;
    else if (doc.problem)
        problem(&r, doc.problem);
    else
        read_all(&r);
    ond__doc_free(&doc);
    if (!r.nomem) return OND_OK;
    ond__cal_entry_free(e);
    return ond_nomem(err, "reading a calendar");
}

void ond__cal_entry_free(ond__cal_entry *e)
{
    part_free(&e->main);
    for (size_t i = 0; i < e->n_over; i++) part_free(&e->over[i]);
    free(e->over);
    free(e->uid);
    free(e->rule);
    free(e->rdate);
    free(e->exdate);
    free(e->problem);
    e->over = NULL, e->rdate = NULL, e->exdate = NULL;
    e->uid = NULL, e->rule = NULL, e->problem = NULL;
    e->n_over = e->n_rdate = e->n_exdate = 0;
    e->has_main = e->todo = false;
}
