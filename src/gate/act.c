/* act.c - from a judged plan to the world: intents on disk, then the hands, then outcomes.
 *
 * Steps that touch different things begin together, in one call of their hand; a step on a thing
 * that an earlier step touches waits for it, and is worked out again then. For each such group: one
 * transaction with its intents (the first one also holds the wish, the question and the answer); it
 * is durable before any hand is called; one transaction around the act, which holds the outcomes
 * and what the hand keeps in the store, so that a built-in house and its journal never disagree. */
#include "gate/room.h"

#include "sys/clock.h"

#include <stdlib.h>

static bool went_wrong(const ond__step *s)
{
    return s->err.code != OND_OK ||
           (s->ran && (s->done == OND_DONE_FAILED || s->done == OND_DONE_UNVERIFIED ||
                       s->done == OND_DONE_UNKNOWN));
}

static bool acts_on(const ond__step *s)
{
    return s->planned && !s->world.already;
}

static size_t group_end(const ond__run *r, size_t first)
{
    size_t end = first + 1;
    for (; end < r->n; end++) {
        if (r->step[end].hand != r->step[first].hand) return end;
        for (size_t i = first; i < end; i++)
            if (ond__step_same_thing(&r->step[i], &r->step[end])) return end;
    }
    return end;
}

/* ---- rows around an act ---- */

static void mark_already(ond__step *s)
{
    s->ran = true;
    s->done = OND_DONE_ALREADY;
}

static int write_intents(ond__run *r, size_t first, size_t end, ond_err *err)
{
    size_t acts = 0;
    int rc = 0;
    for (size_t i = first; i < end; i++) {
        ond__step *s = &r->step[i];
        if (!s->planned) continue;
        OND_TRY(ond__row_intent(r, s, err));
        if (s->world.already) {
            mark_already(s);
            OND_TRY(ond__row_outcome(r, s, err));
        } else if (s->world.effect != OND_EFFECT_READ) {
            acts++;
        }
    }
    rc = ond__budget_take(r->g, acts, err);
out:
    return rc;
}

static int intend(ond__run *r, size_t first, size_t end, ond_err *err)
{
    int64_t task = r->task, ask = r->ask_event;
    bool begun = r->begun;
    double left = r->g->budget.left;
    int rc = ond_store_begin(r->g->store, err);
    if (rc) return rc;
    OND_TRY(ond__rows_begin(r, err));
    OND_TRY(write_intents(r, first, end, err));
    OND_TRY(ond_store_commit(r->g->store, err));
    return 0;
out:
    ond_store_abort(r->g->store);
    r->task = task;
    r->ask_event = ask;
    r->begun = begun;
    r->g->budget.left = left;
    for (size_t i = first; i < end; i++) r->step[i].event = 0, r->step[i].ran = false;
    ond_err_prefix(err, "nothing was done, since the journal cannot be written");
    return rc;
}

/* ---- the act ---- */

static size_t fill_acts(const ond__run *r, size_t first, size_t end, ond_act *acts)
{
    size_t n = 0;
    for (size_t i = first; i < end; i++) {
        const ond__step *s = &r->step[i];
        if (!acts_on(s)) continue;
        acts[n++] = (ond_act){.verb = s->verb->def->name,
                              .args = s->world.args,
                              .expect = s->world.expect,
                              .done = OND_DONE_UNKNOWN};
    }
    return n;
}

static void take_results(ond__run *r, size_t first, size_t end, ond_act *acts)
{
    for (size_t i = first; i < end; i++) {
        ond__step *s = &r->step[i];
        if (!acts_on(s)) continue;
        s->ran = true;
        s->done = acts->done;
        s->after = acts->after;
        s->err = acts->err;
        if (s->done == OND_DONE_OK || s->done == OND_DONE_ALREADY) s->err = (ond_err){0};
        acts++;
    }
}

static bool all_failed(const ond__run *r, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (acts_on(&r->step[i]) && r->step[i].done != OND_DONE_FAILED) return false;
    return true;
}

static int write_outcomes(ond__run *r, size_t first, size_t end, ond_err *err)
{
    int rc = 0;
    for (size_t i = first; rc == 0 && i < end; i++)
        if (acts_on(&r->step[i])) rc = ond__row_outcome(r, &r->step[i], err);
    return rc ? rc : ond_store_commit(r->g->store, err);
}

static int act_group(ond__run *r, size_t first, size_t end, ond_ms limit, ond_err *err)
{
    const ond__hand *h = r->step[first].hand;
    ond_act *acts = calloc(end - first, sizeof *acts);
    if (!acts) return ond_nomem(err, "acting");
    int rc = intend(r, first, end, err);
    size_t n = rc ? 0 : fill_acts(r, first, end, acts);
    if (rc || n == 0) goto out;
    rc = ond_store_begin(r->g->store, err);
    if (rc) {
        ond_err_prefix(err, "nothing was done, since the journal cannot be written");
        goto out;
    }
    h->def->act(h->self, acts, n, limit);
    take_results(r, first, end, acts);
    rc = write_outcomes(r, first, end, err);
    if (rc) {
        ond_store_abort(r->g->store);
        ond_err_prefix(
            err,
            "%s, but that cannot be written down; the journal will settle it at the next start",
            all_failed(r, first, end) ? "it failed" : "it was done");
    }
out:
    free(acts);
    return rc;
}

/* ---- the plan ---- */

static int again(ond__run *r, size_t first, size_t end)
{
    int rc = 0;
    for (size_t i = first; rc == 0 && i < end; i++)
        if (r->step[i].planned) rc = ond__step_again(&r->step[i], &r->step[i].err);
    return rc;
}

static bool group_failed(const ond__run *r, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++)
        if (went_wrong(&r->step[i])) return true;
    return false;
}

static int act_all(ond__run *r, ond_err *err)
{
    uint64_t began = ond_steady_us();
    int rc = 0;
    for (size_t first = 0, end; rc == 0 && first < r->n; first = end) {
        end = group_end(r, first);
        ond_ms limit = ond__budget_limit(r, began);
        if (limit == 0)
            return ond_fail(&r->step[first].err, OND_E_BUDGET,
                            "the policy's %g seconds for a wish are spent "
                            "(budgets.seconds)",
                            r->g->policy->seconds),
                   0;
        if (first > 0 && again(r, first, end)) return 0;
        rc = act_group(r, first, end, limit, err);
        if (rc == 0 && group_failed(r, first, end)) return 0;
    }
    return rc;
}

/* ---- what came of it ---- */

static const ond__step *first_wrong(const ond__run *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (went_wrong(&r->step[i])) return &r->step[i];
    return NULL;
}

static size_t count_done(const ond__run *r, ond_done done)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) n += r->step[i].ran && r->step[i].done == done;
    return n;
}

static int code_of(const ond__step *s)
{
    if (s->ran && s->done == OND_DONE_UNVERIFIED) return OND_E_UNVERIFIED;
    return s->err.code ? (int)s->err.code : OND_E_FAILED;
}

static void keep_what_stands(ond__run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const ond__step *s = &r->step[i];
        if (!s->ran || s->done != OND_DONE_OK) continue;
        if (s->world.can_undo) r->offer_undo = true;
        if (!r->stands) r->stands = cJSON_CreateArray();
        cJSON *text = cJSON_CreateString(ond__step_says(s, r->lang));
        if (!r->stands || !text || !cJSON_AddItemToArray(r->stands, text)) cJSON_Delete(text);
    }
}

static int sum_up(ond__run *r, ond_err *err)
{
    const ond__step *wrong = first_wrong(r);
    size_t done = count_done(r, OND_DONE_OK);
    if (!wrong) {
        r->status = done ? "done" : "already";
        return 0;
    }
    const char *what = wrong->err.text[0] ? wrong->err.text : ond_done_name(wrong->done);
    if (done) {
        r->status = "partial";
        keep_what_stands(r);
        return ond_fail(err, OND_E_PARTIAL, "done in part, %zu of %zu: %s", done, r->n, what);
    }
    r->status = "failed";
    return ond_fail(err, code_of(wrong), "%s", what);
}

static size_t acts_in(const ond__run *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++)
        n += acts_on(&r->step[i]) && r->step[i].world.effect != OND_EFFECT_READ;
    return n;
}

int ond__act(ond__run *r, ond_err *err)
{
    int rc = ond__budget_acts(r->g, acts_in(r), err);
    if (rc) {
        r->status = "denied";
        return rc;
    }
    rc = act_all(r, err);
    if (rc == 0) return sum_up(r, err);
    bool some = count_done(r, OND_DONE_OK) > 0;
    r->status = some ? "partial" : "failed";
    if (some) keep_what_stands(r);
    return rc;
}
