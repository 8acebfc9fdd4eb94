/* view.c - what things show: one by one, for planning and for looking again, and as lists. */
#include "hand/time/internal.h"

#include <math.h>

static bool copy(cJSON *to, const char *name, const cJSON *from)
{
    const cJSON *v = ond_json_get(from, name);
    return !v || ond_json_set(to, name, cJSON_Duplicate(v, true));
}

static double seconds_left(const cJSON *row)
{
    double left = ceil(ond__time_left(row) / 1000);
    return left > 0 ? left : 0;
}

static const char *state_of(const cJSON *row)
{
    if (ond__time_rings(row)) return "ringing";
    if (ond__time_kind_of(ond_json_str(row, "id", "")) == OND__TIME_TIMER)
        return ond_json_str(row, "state", "running");
    if (!ond_json_bool(row, "on", true)) return "off";
    return ond__time_winds(row) ? "snoozed" : "set";
}

cJSON *ond__time_view(const cJSON *row)
{
    static const char *const names[] = {"seconds", "label", "at", "rule", "on", "text"};
    cJSON *v = cJSON_CreateObject();
    bool ok = v && ond_json_set_bool(v, "there", row != NULL);
    for (size_t i = 0; ok && row && i < sizeof names / sizeof *names; i++)
        ok = copy(v, names[i], row);
    ond__time_kind k = row ? ond__time_kind_of(ond_json_str(row, "id", "")) : OND__TIME_NONE;
    if (ok && (k == OND__TIME_TIMER || k == OND__TIME_ALARM))
        ok = ond_json_set_str(v, "state", state_of(row));
    if (ok && k == OND__TIME_TIMER) ok = ond_json_set_num(v, "current_left", seconds_left(row));
    if (ok) return v;
    cJSON_Delete(v);
    return NULL;
}

/* ---- several ---- */

/* What a person may need to know beside: that nothing rings unless somebody stays. In both, before
 * and after, so that it never counts as a change. */
static bool mark_place(const ond__time *h, cJSON *v)
{
    return h->stays || ond_json_set_bool(v, "needs_up", true);
}

cJSON *ond__time_views(ond__time *h, const ond__time_work *w, bool is)
{
    cJSON *out =
        w->several ? cJSON_CreateObject() : ond__time_view(is ? w->change[0].is : w->change[0].was);
    cJSON *members = w->several && out ? cJSON_AddObjectToObject(out, "members") : NULL;
    bool ok = out && (members || !w->several);
    for (size_t i = 0; ok && members && i < w->n; i++)
        ok = ond_json_set(members, w->change[i].id,
                          ond__time_view(is ? w->change[i].is : w->change[i].was));
    if (ok && mark_place(h, out)) return out;
    cJSON_Delete(out);
    return NULL;
}

/* What differs; of a thing that comes or goes only that. */
static cJSON *expected_of(const ond__time_change *c)
{
    cJSON *was = ond__time_view(c->was), *is = ond__time_view(c->is), *out = cJSON_CreateObject();
    bool ok = was && is && out;
    for (const cJSON *m = ok ? is->child : NULL; m && ok; m = m->next) {
        const cJSON *former = ond_json_get(was, m->string);
        if (strncmp(m->string, "current_", 8) == 0 || (former && ond_json_equal(former, m)))
            continue;
        if (!c->was != !c->is && strcmp(m->string, "there") != 0) continue;
        ok = ond_json_set(out, m->string, cJSON_Duplicate(m, true));
    }
    cJSON_Delete(was);
    cJSON_Delete(is);
    if (ok) return out;
    cJSON_Delete(out);
    return NULL;
}

cJSON *ond__time_expected(const ond__time_work *w)
{
    cJSON *out = cJSON_CreateObject(), *members;
    if (!w->n || !out) return out;
    if (!w->several) {
        cJSON_Delete(out);
        return expected_of(&w->change[0]);
    }
    members = cJSON_AddObjectToObject(out, "members");
    bool ok = members != NULL;
    for (size_t i = 0; i < w->n && ok; i++)
        ok = ond_json_set(members, w->change[i].id, expected_of(&w->change[i]));
    if (ok) return out;
    cJSON_Delete(out);
    return NULL;
}

/* ---- lists ---- */

bool ond__time_is_list(const char *verb)
{
    return strcmp(verb, "timers") == 0 || strcmp(verb, "alarms") == 0 ||
           strcmp(verb, "reminders") == 0;
}

/* null where there is no such instant */
static bool put_local(cJSON *to, const char *name, ond_ms at)
{
    ond_civil c;
    ond_buf b = {0};
    if (at == OND_NEVER) return ond_json_set_str(to, name, NULL);
    ond_civil_of(at, ond_zone(), &c);
    ond__time_local_put(&b, &c);
    bool ok = ond_buf_ok(&b) && ond_json_set_str(to, name, ond_buf_z(&b));
    ond_buf_free(&b);
    return ok;
}

static bool fill_timer(cJSON *o, const cJSON *row)
{
    ond_ms ends = ond__time_winds(row) ? ond_now() + (ond_ms)ond__time_left(row) : OND_NEVER;
    return copy(o, "label", row) && copy(o, "seconds", row) &&
           ond_json_set_num(o, "left", seconds_left(row)) &&
           ond_json_set_str(o, "state", state_of(row)) && put_local(o, "ends", ends);
}

static bool fill_other(cJSON *o, const cJSON *row, ond__time_kind k)
{
    ond__time_due due;
    if (ond__time_due_of(row, &due, NULL) != 0) due.next = OND_NEVER; /* libical is not here */
    bool ok = copy(o, "at", row) && copy(o, "rule", row) &&
              copy(o, k == OND__TIME_ALARM ? "label" : "text", row) &&
              put_local(o, "next", due.next);
    if (k == OND__TIME_REMINDER || !ok) return ok;
    return copy(o, "on", row) && ond_json_set_str(o, "state", state_of(row));
}

static cJSON *list_row(const cJSON *row)
{
    cJSON *o = cJSON_CreateObject();
    ond__time_kind k = ond__time_kind_of(ond_json_str(row, "id", ""));
    if (o && copy(o, "id", row) &&
        (k == OND__TIME_TIMER ? fill_timer(o, row) : fill_other(o, row, k)))
        return o;
    cJSON_Delete(o);
    return NULL;
}

cJSON *ond__time_lists(ond__time *h, const char *verb, ond_err *err)
{
    ond__time_kind k = verb[0] == 't'   ? OND__TIME_TIMER
                       : verb[0] == 'a' ? OND__TIME_ALARM
                                        : OND__TIME_REMINDER;
    cJSON *rows = NULL, *out = NULL, *list;
    if (ond__time_item_all(h, k, &rows, err) != 0) return NULL;
    out = cJSON_CreateObject();
    list = out ? cJSON_AddArrayToObject(out, verb) : NULL;
    bool ok = list && mark_place(h, out);
    for (const cJSON *r = rows->child; r && ok; r = r->next)
        ok = cJSON_AddItemToArray(list, list_row(r));
    cJSON_Delete(rows);
    if (ok) return out;
    cJSON_Delete(out);
    (void)ond_nomem(err, "listing");
    return NULL;
}
