/* show.c - entries as JSON: what the world shows of them. Optional texts are there, empty, so that
 * a change either way is seen. */
#include "hand/calendar/internal.h"

#include <stdlib.h>

static bool set_when(const ond__cal *h, cJSON *o, const char *key, ond_ms t, bool date)
{
    ond_buf b = {0};
    ond__cal_local_put(h, &b, t, date);
    bool ok = ond_buf_ok(&b) && ond_json_set_str(o, key, ond_buf_z(&b));
    ond_buf_free(&b);
    return ok;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static cJSON *done(cJSON *o, bool ok)
{
    if (ok) return o;
    cJSON_Delete(o);
    return NULL;
}

cJSON *ond__cal_absent(void)
{
    cJSON *o = cJSON_CreateObject();
    return done(o, o && ond_json_set_str(o, "state", "absent"));
}

static bool set_times(ond__cal *h, cJSON *o, ond_ms start, ond_ms end, bool date)
{
    return set_when(h, o, "start", start, date) && set_when(h, o, "end", end, date);
}

static cJSON *show_occurrence(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e,
                              const char *occurrence)
{
    ond__cal_occ occ;
    ond_err err = {0};
    int rc = ond__cal_occurrence(h, f, e, occurrence, &occ, &err);
    if (rc == OND_E_NOMEM) return NULL;
    if (rc) return ond__cal_absent();
    const ond__cal_part *p = occ.part;
    cJSON *o = cJSON_CreateObject();
    return done(o, o && ond_json_set_str(o, "state", "present") &&
                       ond_json_set_str(o, "title", or_empty(p->title)) &&
                       set_times(h, o, occ.start, occ.end, occ.date) &&
                       ond_json_set_str(o, "location", or_empty(p->location)));
}

int ond__cal_count_of(const char *text, size_t *n)
{
    *n = strlen(text);
    const char *sign = NULL;
    for (const char *p = text; (p = strstr(p, " ×")) != NULL; p++) sign = p;
    if (!sign) return 0;
    char *end;
    long count = strtol(sign + 3, &end, 10);
    if (end == sign + 3 || *end || count < 1 || count > 100000) return 0;
    *n = (size_t)(sign - text);
    return (int)count;
}

static bool set_due(ond__cal *h, cJSON *o, const ond__cal_part *p)
{
    return !p->due.year || set_when(h, o, "due", ond__cal_when_ms(h, &p->due), p->due.date);
}

static cJSON *show_task(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e)
{
    cJSON *o = cJSON_CreateObject();
    return done(o, o && ond_json_set_str(o, "state", "present") &&
                       ond_json_set_str(o, "list", f->name) &&
                       ond_json_set_str(o, "text", or_empty(e->main.title)) &&
                       ond_json_set_bool(o, "done", e->main.done) &&
                       ond_json_set_str(o, "due", "") && set_due(h, o, &e->main));
}

cJSON *ond__cal_show(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e,
                     const char *occurrence)
{
    if (!e) return ond__cal_absent();
    if (e->todo) return show_task(h, f, e);
    if (occurrence) return show_occurrence(h, f, e, occurrence);
    const ond__cal_part *p = e->has_main ? &e->main : &e->over[0];
    cJSON *o = cJSON_CreateObject();
    return done(o, o && ond_json_set_str(o, "state", "present") &&
                       ond_json_set_str(o, "calendar", f->name) &&
                       ond_json_set_str(o, "title", or_empty(p->title)) &&
                       set_times(h, o, ond__cal_when_ms(h, &p->start),
                                 ond__cal_end_ms(h, p, NULL, &p->start), p->start.date) &&
                       ond_json_set_str(o, "location", or_empty(p->location)) &&
                       ond_json_set_str(o, "rule", or_empty(e->rule)));
}

cJSON *ond__cal_show_occ(ond__cal *h, const ond__cal_occ *o)
{
    const ond__cal_part *p = o->part;
    const ond__cal_entry *e = o->entry;
    const char *title = p->title ? p->title : e->main.title;
    cJSON *row = cJSON_CreateObject();
    bool ok = row && ond_json_set_str(row, "uid", e->uid) &&
              ond_json_set_str(row, "calendar", o->folder->name) &&
              ond_json_set_str(row, "title", or_empty(title)) &&
              set_times(h, row, o->start, o->end, o->date) &&
              ond_json_set_bool(row, "all_day", o->date) &&
              ond_json_set_str(row, "location", or_empty(p->location)) &&
              ond_json_set_str(row, "rule", or_empty(e->rule));
    if (ok && o->recurring && o->id.year)
        ok = set_when(h, row, "occurrence", ond__cal_when_ms(h, &o->id), o->id.date);
    return done(row, ok);
}

cJSON *ond__cal_show_item(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e)
{
    size_t n;
    int count = ond__cal_count_of(or_empty(e->main.title), &n);
    cJSON *row = cJSON_CreateObject();
    return done(row, row && ond_json_set_str(row, "uid", e->uid) &&
                         ond_json_set_str(row, "list", f->name) &&
                         ond_json_set_str(row, "text", or_empty(e->main.title)) &&
                         ond_json_set_bool(row, "done", e->main.done) &&
                         set_due(h, row, &e->main) &&
                         (!count || ond_json_set_num(row, "count", count)));
}
