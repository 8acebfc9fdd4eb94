/* report.c - what came of a plan, as JSON (docs/json-gate.md). */
#include "gate/room.h"

static bool put_done(cJSON *row, const ond__run *r, const ond__step *s)
{
    bool would_be = r->opts->dry_run && s->planned && s->world.already;
    const char *done = s->ran ? ond_done_name(s->done) : would_be ? "already" : "not_run";
    return ond_json_set_str(row, "done", done);
}

static bool put_world(cJSON *row, const ond__step *s)
{
    const ond_hand_step *w = &s->world;
    return ond_json_set_str(row, "effect", ond_effect_name(w->effect)) &&
           ond__set_dup(row, "says", w->says) &&
           ond_json_set_str(row, "decision", ond__decision_name(s->decision)) &&
           ond_json_set_str(row, "policy", s->policy) && ond__set_dup(row, "before", w->before) &&
           ond__set_dup(row, "expect", w->expect) &&
           (!w->can_undo || ond_json_set(row, "undo", ond__undo_json(s)));
}

static cJSON *step_json(const ond__run *r, const ond__step *s)
{
    cJSON *row = cJSON_CreateObject();
    bool ok = row && ond_json_set_str(row, "hand", s->name_hand) &&
              ond_json_set_str(row, "verb", s->name_verb) &&
              ond__set_dup(row, "args", s->planned ? s->world.args : s->asked) &&
              ond__set_dup(row, "provenance", s->provenance) &&
              ond_json_set_str(row, "why", s->why) && (!s->planned || put_world(row, s)) &&
              (!s->event || ond_json_set_num(row, "event", (double)s->event)) &&
              put_done(row, r, s) && ond__set_dup(row, "after", s->after) &&
              (!s->undoes || ond_json_set_num(row, "undoes", (double)s->undoes)) &&
              (s->err.code == OND_OK || ond_json_set_str(row, "error", s->err.text));
    if (ok) return row;
    cJSON_Delete(row);
    return NULL;
}

static cJSON *steps_json(const ond__run *r)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < r->n; i++) {
        cJSON *row = step_json(r, &r->step[i]);
        if (row && cJSON_AddItemToArray(list, row)) continue;
        cJSON_Delete(row);
        cJSON_Delete(list);
        list = NULL;
    }
    return list;
}

static bool put_error(cJSON *report, const ond_err *err)
{
    cJSON *e = cJSON_CreateObject();
    bool ok = e && ond_json_set_str(e, "code", ond_code_name(err->code)) &&
              ond_json_set_str(e, "text", err->text);
    if (ok) return ond_json_set(report, "error", e);
    cJSON_Delete(e);
    return false;
}

static bool put_conflicts(cJSON *report, const ond__run *r)
{
    bool any = false;
    for (size_t i = 0; i < r->n; i++) any |= r->step[i].conflict != NULL;
    return !any || ond_json_set(report, "conflict", ond__conflicts_json(r));
}

static bool put_number_or_null(cJSON *report, const char *key, int64_t n)
{
    return n ? ond_json_set_num(report, key, (double)n)
             : ond_json_set(report, key, cJSON_CreateNull());
}

cJSON *ond__report(const ond__run *r, const ond_err *err)
{
    cJSON *out = cJSON_CreateObject();
    bool ok = out && ond_json_set_num(out, "version", 1) &&
              ond_json_set_str(out, "status", r->status) &&
              put_number_or_null(out, "task", r->task) &&
              ond_json_set_bool(out, "dry_run", r->opts->dry_run) &&
              ond_json_set(out, "steps", steps_json(r)) && ond__set_dup(out, "ask", r->ask) &&
              put_conflicts(out, r) &&
              (!r->undo_of || ond_json_set_num(out, "undo_of", (double)r->undo_of)) &&
              ond_json_set(out, "stands",
                           r->stands ? cJSON_Duplicate(r->stands, true) : cJSON_CreateArray()) &&
              put_number_or_null(out, "undo_offered", r->offer_undo ? r->task : 0) &&
              (!err || put_error(out, err));
    if (ok) return out;
    cJSON_Delete(out);
    return NULL;
}
