/* answer.c - an answer to a waiting question of consent: the plan goes through the gate again, with
 * a yes. */
#include "gate/room.h"

#include <stdlib.h>

static bool is_word(const char *answer, ond_msg id, const char *word)
{
    return strcmp(answer, word) == 0 || strcmp(answer, ond_msg_text(id, "ko")) == 0;
}

static int steps_of(ond__run *r, const cJSON *kept, ond_plan *plan, ond_err *err)
{
    const cJSON *list = ond_json_get(kept, "plan");
    int rc = 0;
    for (const cJSON *c = list ? list->child : NULL; rc == 0 && c; c = c->next)
        rc = ond_proposal_parse(c, plan, err);
    for (size_t i = 0; rc == 0 && i < plan->n; i++) {
        const ond_proposal *p = &plan->v[i];
        rc = ond__step_add(r, p->hand, p->verb, p->args, p->provenance, p->why, err);
        if (rc == OND_E_UNAVAILABLE) rc = 0;
    }
    return rc ? rc : ond__run_reach(r, err);
}

static int say_yes(ond__run *r, const cJSON *kept, cJSON **report, ond_err *err)
{
    ond_plan plan = {0};
    r->undo_of = (int64_t)ond_json_num(kept, "undo_of", 0);
    r->consented = ond_json_get(kept, "digests");
    int rc = r->undo_of ? ond__undo_steps(r, r->undo_of, err) : steps_of(r, kept, &plan, err);
    if (rc == 0 && r->n == 0) rc = ond_fail(err, OND_E_NOT_FOUND, "the question has no plan left");
    if (!cJSON_IsArray(r->consented))
        rc = ond_fail(err, OND_E_STORE, "the question is damaged; say the wish again");
    rc = ond__run_finish(r, rc, report, err);
    ond_plan_free(&plan);
    return rc;
}

static int say_no(ond__run *r, cJSON **report, ond_err *err)
{
    r->answer = "no";
    r->by = "answer";
    int rc = ond_store_begin(r->g->store, err);
    if (rc == 0) {
        rc = ond__rows_begin(r, err);
        if (rc == 0) rc = ond_store_commit(r->g->store, err);
        if (rc) ond_store_abort(r->g->store);
    }
    if (rc == 0) r->status = "refused";
    *report = ond__report(r, rc ? err : NULL);
    ond__run_free(r);
    return rc;
}

int ond_gate_answer(ond_gate *g, const char *id, const char *answer, const ond_run_opts *opts,
                    cJSON **report, ond_err *err)
{
    cJSON *kept = NULL;
    ond_err e = {0};
    ond__run r;
    *report = NULL;
    int rc = ond__pending_get(g, id, &kept, err);
    if (rc) return rc;
    bool yes = is_word(answer, OND_M_YES, "yes"), no = is_word(answer, OND_M_NO, "no");
    if (strcmp(ond_json_str(kept, "kind", ""), "consent") != 0)
        OND_TRY(ond_fail(err, OND_E_INPUT, "question %s is not one of yes or no", id));
    if (!yes && !no)
        OND_TRY(ond_fail(err, OND_E_INPUT, "'%.40s' is no answer; say yes or no", answer));
    ond__run_init(&r, g, opts);
    r.wish = ond_json_get(kept, "wish");
    r.task = (int64_t)ond_json_num(kept, "task", 0);
    r.ask_event = (int64_t)ond_json_num(kept, "ask_event", 0);
    r.pending_id = id;
    if (!opts || !opts->lang) r.lang = ond_json_str(kept, "lang", r.lang);
    rc = yes ? say_yes(&r, kept, report, &e) : say_no(&r, report, &e);
    if (rc && err) *err = e;
out:
    cJSON_Delete(kept);
    return rc;
}
