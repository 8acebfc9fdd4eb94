/* run.c - a plan goes through the gate: work out, judge, ask, write, act, write, tell. */
#include "gate/room.h"

#include <stdlib.h>

static const ond_run_opts no_opts;

void ond__run_init(ond__run *r, ond_gate *g, const ond_run_opts *opts)
{
    *r = (ond__run){.g = g, .opts = opts ? opts : &no_opts};
    r->wish = r->opts->wish;
    r->lang = r->opts->lang && r->opts->lang[0] ? r->opts->lang : g->lang;
    r->status = "failed";
    ond__policy_refresh(g);
    ond_gate_service(
        g); /* what the world said meanwhile is heard before anything is judged by it */
}

void ond__run_free(ond__run *r)
{
    for (size_t i = 0; i < r->n; i++) ond__step_free(&r->step[i]);
    free(r->step);
    cJSON_Delete(r->ask);
    cJSON_Delete(r->stands);
    *r = (ond__run){0};
}

static const ond__step *first_with(const ond__run *r, ond__decision d)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->step[i].decision == d) return &r->step[i];
    return NULL;
}

static int refuse_denied(ond__run *r, const ond__step *s, ond_err *err)
{
    r->status = "denied";
    if (!r->opts->dry_run) ond__rows_refused(r, true);
    if (r->g->policy_err.code)
        return ond_fail(err, OND_E_DENIED,
                        "everything but reading is refused until the policy is mended: %s",
                        r->g->policy_err.text);
    return ond_fail(err, OND_E_DENIED, "%s.%s is denied by %s", s->hand->def->name,
                    s->verb->def->name, s->policy);
}

static int judge_and_act(ond__run *r, ond_err *err)
{
    int rc = ond__budget_steps(r->g, r->n, err);
    if (rc) {
        r->status = "denied";
        return rc;
    }
    ond__judge(r);
    const ond__step *denied = first_with(r, OND__DENY);
    if (denied) return refuse_denied(r, denied, err);
    if (r->opts->dry_run) {
        r->status = "planned";
        return first_with(r, OND__ASK) ? ond__ask_make(r, err) : 0;
    }
    rc = ond__consent(r, err);
    return rc ? rc : ond__act(r, err);
}

int ond__run_finish(ond__run *r, int rc, cJSON **report, ond_err *err)
{
    ond_err e = {0};
    if (rc && err) e = *err;
    if (rc == 0) rc = judge_and_act(r, &e);
    if (rc && err) *err = e;
    *report = ond__report(r, rc ? &e : NULL);
    if (!*report && rc == 0) rc = ond_nomem(err, "telling what was done; the journal has it");
    ond__run_free(r);
    return rc;
}

int ond__run_reach(const ond__run *r, ond_err *err)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->step[i].planned) return 0;
    return r->n ? ond_fail(err, r->step[0].err.code, "%s", r->step[0].err.text) : 0;
}

static int plan_all(ond__run *r, const ond_plan *plan, ond_err *err)
{
    int rc = ond__budget_steps(r->g, plan->n, err);
    if (rc) {
        r->status = "denied";
        return rc;
    }
    if (plan->n == 0) return ond_fail(err, OND_E_INPUT, "the plan has no steps");
    for (size_t i = 0; rc == 0 && i < plan->n; i++) {
        const ond_proposal *p = &plan->v[i];
        rc = ond__step_add(r, p->hand, p->verb, p->args, p->provenance, p->why, err);
        if (rc == OND_E_UNAVAILABLE) rc = 0;
    }
    return rc ? rc : ond__run_reach(r, err);
}

int ond_gate_run(ond_gate *g, const ond_plan *plan, const ond_run_opts *opts, cJSON **report,
                 ond_err *err)
{
    ond__run r;
    ond_err e = {0};
    ond__run_init(&r, g, opts);
    int rc = plan_all(&r, plan, &e);
    rc = ond__run_finish(&r, rc, report, &e);
    if (rc && err) *err = e;
    return rc;
}
