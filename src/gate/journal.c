/* journal.c - the rows that gate writes, always inside a transaction of its caller.
 *
 * A task begins with a row "wish" (or "undo", whose ref is the task undone). Then, each with the
 * task's id: ask      ref: the task; what was asked          answer   ref: the ask; what was
 * answered, and how intent   ref: the task; written before the act  outcome  ref: the intent;
 * written after it denied   ref: the task; what the policy refused settled  ref: the intent; what
 * was found after a crash Bodies hold arguments and states, nothing that a hand read elsewhere. */
#include "gate/room.h"

#include "sys/clock.h"

#include <stdlib.h>

static int append(ond__run *r, const char *kind, int64_t ref, cJSON *body, bool ok, int64_t *id,
                  ond_err *err)
{
    int rc = ok && body
                 ? ond_store_append(r->g->store, kind, ond_now(), ref, r->task, body, id, err)
                 : ond_nomem(err, "writing the journal");
    cJSON_Delete(body);
    return rc;
}

static int row_wish(ond__run *r, ond_err *err)
{
    cJSON *body = cJSON_IsObject(r->wish) ? cJSON_Duplicate(r->wish, true) : cJSON_CreateObject();
    bool ok = body && (!r->undo_of || ond_json_set_num(body, "undoes", (double)r->undo_of));
    return append(r, r->undo_of ? "undo" : "wish", r->undo_of, body, ok, &r->task, err);
}

static int row_answer(ond__run *r, ond_err *err)
{
    cJSON *body = cJSON_CreateObject();
    bool ok = body && ond_json_set_str(body, "answer", r->answer) &&
              ond_json_set_str(body, "by", r->by) &&
              (!r->answer_void || ond_json_set_bool(body, "void", true));
    return append(r, "answer", r->ask_event, body, ok, NULL, err);
}

int ond__row_ask(ond__run *r, ond_err *err)
{
    cJSON *body = r->ask ? cJSON_Duplicate(r->ask, true) : cJSON_CreateObject();
    return append(r, "ask", r->task, body, body != NULL, &r->ask_event, err);
}

int ond__rows_begin(ond__run *r, ond_err *err)
{
    int rc = 0;
    if (r->begun) return 0;
    if (r->task == 0) OND_TRY(row_wish(r, err));
    if (r->pending_id) OND_TRY(ond_store_drop(r->g->store, "pending", r->pending_id, err));
    if (r->answer && r->ask_event == 0) OND_TRY(ond__row_ask(r, err));
    if (r->answer) OND_TRY(row_answer(r, err));
    r->begun = true;
out:
    return rc;
}

/* ---- intents and outcomes ---- */

cJSON *ond__undo_json(const ond__step *s)
{
    cJSON *undo = cJSON_CreateObject();
    bool ok = undo && ond_json_set_str(undo, "hand", s->hand->def->name) &&
              ond_json_set_str(undo, "verb", s->world.undo_verb) &&
              ond__set_dup(undo, "args", s->world.undo_args);
    if (ok) return undo;
    cJSON_Delete(undo);
    return NULL;
}

/* What a reading verb has read is for who asked, in the report, and not kept. */
static bool fill_intent(cJSON *b, const ond__step *s)
{
    bool read = s->world.effect == OND_EFFECT_READ;
    return ond_json_set_str(b, "hand", s->hand->def->name) &&
           ond_json_set_str(b, "verb", s->verb->def->name) &&
           ond__set_dup(b, "args", s->world.args) &&
           ond_json_set_str(b, "effect", ond_effect_name(s->world.effect)) &&
           ond__set_dup(b, "provenance", s->provenance) && ond_json_set_str(b, "why", s->why) &&
           ond__set_dup(b, "says", s->world.says) &&
           (read || ond__set_dup(b, "before", s->world.before)) &&
           ond__set_dup(b, "expect", s->world.expect) &&
           (!s->world.can_undo || ond_json_set(b, "undo", ond__undo_json(s))) &&
           ond_json_set_str(b, "decision", ond__decision_name(s->decision)) &&
           ond_json_set_str(b, "policy", s->policy) &&
           (!s->undoes || ond_json_set_num(b, "undoes", (double)s->undoes));
}

int ond__row_intent(ond__run *r, ond__step *s, ond_err *err)
{
    cJSON *body = cJSON_CreateObject();
    bool ok = body && fill_intent(body, s);
    return append(r, "intent", r->task, body, ok, &s->event, err);
}

int ond__row_outcome(ond__run *r, const ond__step *s, ond_err *err)
{
    cJSON *body = cJSON_CreateObject();
    bool ok = body && ond_json_set_str(body, "done", ond_done_name(s->done)) &&
              ond__set_dup(body, "after", s->after) &&
              (s->err.code == OND_OK || ond_json_set_str(body, "error", s->err.text));
    return append(r, "outcome", s->event, body, ok, NULL, err);
}

/* ---- plans that did not come to act ---- */

static bool fill_denied(cJSON *body, const ond__run *r)
{
    cJSON *list = cJSON_CreateArray();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < r->n; i++) {
        const ond__step *s = &r->step[i];
        cJSON *row = s->decision == OND__DENY ? cJSON_CreateObject() : NULL;
        if (s->decision != OND__DENY) continue;
        ok = row && ond_json_set_str(row, "hand", s->hand->def->name) &&
             ond_json_set_str(row, "verb", s->verb->def->name) &&
             ond__set_dup(row, "args", s->world.args) &&
             ond__set_dup(row, "provenance", s->provenance) &&
             ond_json_set_str(row, "policy", s->policy) && cJSON_AddItemToArray(list, row);
        if (!ok) cJSON_Delete(row);
    }
    if (ok) return ond_json_set(body, "steps", list);
    cJSON_Delete(list);
    return false;
}

static int row_denied(ond__run *r, ond_err *err)
{
    cJSON *body = cJSON_CreateObject();
    bool ok = body && fill_denied(body, r);
    return append(r, "denied", r->task, body, ok, NULL, err);
}

void ond__rows_refused(ond__run *r, bool denied)
{
    int64_t task = r->task, ask = r->ask_event;
    ond_err err = {0};
    int rc;
    if (ond_store_begin(r->g->store, &err)) return;
    OND_TRY(ond__rows_begin(r, &err));
    if (denied) OND_TRY(row_denied(r, &err));
    OND_TRY(ond_store_commit(r->g->store, &err));
    return;
out:
    ond_store_abort(r->g->store);
    r->task = task;
    r->ask_event = ask;
    r->begun = false;
    ond__note(r->g, OND_M_GATE_NOT_WRITTEN, err.text);
}
