/* plan.c - a step, an act and a look: all by the same working out of changes (work.c). */
#include "hand/time/internal.h"

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

static bool nothing_changes(const ond__time_work *w)
{
    for (size_t i = 0; i < w->n; i++) {
        const ond__time_change *c = &w->change[i];
        if (!c->was != !c->is || (c->was && !ond_json_equal(c->was, c->is))) return false;
    }
    return true;
}

static int plan_list(ond__time *h, const char *verb, ond_hand_step *out, ond_err *err)
{
    out->effect = OND_EFFECT_READ;
    out->before = ond__time_lists(h, verb, err);
    if (!out->before) return err && err->code ? (int)err->code : nomem(err);
    out->expect = cJSON_CreateObject();
    return out->expect ? OND_OK : nomem(err);
}

static int plan_change(ond__time *h, ond__time_work *w, ond_hand_step *out, ond_err *err)
{
    out->effect = OND_EFFECT_REVERSIBLE;
    out->already = nothing_changes(w);
    out->before = ond__time_views(h, w, false);
    out->expect = ond__time_expected(w);
    if (!out->before || !out->expect) return nomem(err);
    if (!w->undo_verb[0] || out->already) return OND_OK;
    out->undo_verb = ond_str_dup(ond_str_of(w->undo_verb));
    out->undo_args = w->undo_args;
    w->undo_args = NULL;
    out->can_undo = out->undo_verb != NULL;
    return out->can_undo ? OND_OK : nomem(err);
}

int ond__time_plan(void *self, const char *verb, const cJSON *args, ond_hand_step *out,
                   ond_err *err)
{
    ond__time *h = self;
    ond__time_work w = {0};
    ond_err e = {0};
    int rc = 0;
    *out = (ond_hand_step){0};
    OND_TRY(ond__time_work_make(h, verb, args, &w, &e));
    OND_TRY(ond__time_says(h, verb, &w, &out->says, &e));
    if (ond__time_is_list(verb))
        OND_TRY(plan_list(h, verb, out, &e));
    else
        OND_TRY(plan_change(h, &w, out, &e));
    out->args = w.args;
    w.args = NULL;
out:
    ond__time_work_free(&w);
    if (rc != 0) ond_hand_step_free(out);
    if (rc != 0 && err) *err = e;
    return rc;
}

/* ---- acting; inside gate's transaction ---- */

static int write_all(ond__time *h, const ond__time_work *w, ond_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < w->n && rc == 0; i++) {
        const ond__time_change *c = &w->change[i];
        if (!c->was && !c->is) continue;
        if (c->was && c->is && ond_json_equal(c->was, c->is)) continue;
        if (!c->was) rc = ond__time_id_taken(h, c->id, err);
        if (rc == 0) rc = ond__time_item_put(h, c->id, c->is, err);
    }
    return rc;
}

static int act_one(ond__time *h, ond_act *a)
{
    ond__time_work w = {0};
    int rc = 0;
    OND_TRY(ond__time_work_make(h, a->verb, a->args, &w, &a->err));
    a->done = nothing_changes(&w) && !ond__time_is_list(a->verb) ? OND_DONE_ALREADY : OND_DONE_OK;
    OND_TRY(write_all(h, &w, &a->err));
    a->after = ond__time_is_list(a->verb) ? ond__time_lists(h, a->verb, NULL)
                                          : ond__time_views(h, &w, true);
out:
    ond__time_work_free(&w);
    return rc;
}

/* What was worked out may still be given up with the transaction, so the next look starts afresh.
 */
void ond__time_act(void *self, ond_act *acts, size_t n, ond_ms limit_ms)
{
    (void)limit_ms;
    ond__time *h = self;
    for (size_t i = 0; i < n; i++) {
        acts[i].after = NULL;
        acts[i].err = (ond_err){0};
        if (act_one(h, &acts[i]) == 0) continue;
        acts[i].done = OND_DONE_FAILED;
        if (acts[i].err.code == 0)
            (void)ond_fail(&acts[i].err, OND_E_FAILED, "it could not be done");
    }
    h->looked_us = 0;
    if (h->wake) ond_wake_set(h->wake, 0, OND_NEVER);
}

/* ---- looking again ---- */

static bool add_member(ond__time *h, cJSON *members, const char *id, int *rc, ond_err *err)
{
    cJSON *row = NULL;
    *rc = ond__time_item_get(h, id, &row, err);
    bool ok = *rc == 0 && ond_json_set(members, id, ond__time_view(row));
    cJSON_Delete(row);
    if (!ok && *rc == 0) *rc = nomem(err);
    return ok;
}

/* Ids that the exact arguments of stop, snooze and put_back name. */
static int observe_several(ond__time *h, const cJSON *args, cJSON *out, ond_err *err)
{
    static const char *const names[] = {"ids", "gone", "rows"};
    cJSON *members = cJSON_AddObjectToObject(out, "members");
    int rc = members ? OND_OK : nomem(err);
    for (size_t k = 0; k < 3 && rc == 0; k++) {
        const cJSON *list = ond_json_get(args, names[k]);
        for (const cJSON *c = list ? list->child : NULL; c; c = c->next) {
            const char *id = cJSON_IsString(c) ? c->valuestring : ond_json_str(c, "id", "");
            if (!add_member(h, members, id, &rc, err)) return rc;
        }
    }
    return rc;
}

static const char *id_of(const cJSON *args)
{
    static const char *const rows[] = {"timer", "alarm", "reminder"};
    const char *id = ond_json_str(args, "id", NULL);
    for (size_t i = 0; i < 3 && !id; i++)
        id = ond_json_str(ond_json_get(args, rows[i]), "id", NULL);
    return id;
}

int ond__time_observe(void *self, const char *verb, const cJSON *args, cJSON **out, ond_err *err)
{
    ond__time *h = self;
    const char *id = id_of(args);
    cJSON *row = NULL;
    ond_err e = {0};
    int rc = 0;
    *out = NULL;
    if (ond__time_is_list(verb)) {
        *out = ond__time_lists(h, verb, &e);
        rc = *out ? OND_OK : e.code ? (int)e.code : nomem(&e);
    } else if (id) {
        rc = ond__time_item_get(h, id, &row, &e);
        if (rc == 0) *out = ond__time_view(row);
        if (rc == 0 && !*out) rc = nomem(&e);
    } else {
        *out = cJSON_CreateObject();
        rc = *out ? observe_several(h, args, *out, &e) : nomem(&e);
    }
    cJSON_Delete(row);
    if (rc != 0) {
        cJSON_Delete(*out);
        *out = NULL;
        if (err) *err = e;
    }
    return rc;
}
