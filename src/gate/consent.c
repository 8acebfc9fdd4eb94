/* consent.c - the owner's word, bound to exactly what it was given for.
 *
 * Whoever says yes (at the terminal, by --yes, to a waiting question) says it to digests of {hand,
 * verb, args}, and, where the world has moved on, of the states that were shown. After a pause for
 * thought every step is worked out again; a yes to something else than what would now happen is no
 * yes. */
#include "gate/room.h"

#include <stdlib.h>

static bool put_conflicts(cJSON *ask, const ond__run *r)
{
    cJSON *list = ond__conflicts_json(r);
    if (!list) return false;
    if (list->child) return ond_json_set(ask, "conflict", list);
    cJSON_Delete(list);
    return true;
}

static bool put_digest(cJSON *ask, const ond__run *r)
{
    ond_buf all = {0};
    ond_hash h;
    char hex[OND_HASH_HEX];
    for (size_t i = 0; i < r->n; i++)
        if (r->step[i].decision == OND__ASK) ond_buf_puts(&all, r->step[i].digest);
    ond_hash_of(ond_buf_z(&all), all.n, &h);
    ond_hash_hex(&h, hex);
    bool ok = ond_buf_ok(&all) && ond_json_set_str(ask, "digest", hex);
    ond_buf_free(&all);
    return ok;
}

int ond__ask_make(ond__run *r, ond_err *err)
{
    static const char *const yes_no[] = {"yes", "no"};
    ond_buf question = {0};
    ond__question_put(&question, r);
    cJSON_Delete(r->ask);
    r->ask = cJSON_CreateObject();
    bool ok = r->ask && ond_buf_ok(&question) && ond_json_set_str(r->ask, "id", NULL) &&
              ond_json_set_str(r->ask, "question", ond_buf_z(&question)) &&
              ond_json_set(r->ask, "choices", cJSON_CreateStringArray(yes_no, 2)) &&
              put_digest(r->ask, r) && ond_json_set_str(r->ask, "expires", NULL) &&
              put_conflicts(r->ask, r);
    ond_buf_free(&question);
    return ok ? 0 : ond_nomem(err, "asking");
}

/* ---- whether a yes holds ---- */

static bool holds(const ond__run *r)
{
    for (size_t i = 0; i < r->n; i++) {
        const ond__step *s = &r->step[i];
        if (s->decision != OND__ASK) continue;
        bool found = false;
        for (const cJSON *c = r->consented->child; c && !found; c = c->next)
            found = cJSON_IsString(c) && s->digest[0] && strcmp(c->valuestring, s->digest) == 0;
        if (!found) return false;
    }
    return true;
}

static int still_conflicts(const ond__step *s, ond_err *err)
{
    cJSON *now = NULL;
    int rc = s->hand->def->observe(s->hand->self, s->verb->def->name, s->world.args, &now, err);
    if (rc) return rc;
    bool same = ond_hand_shows(ond_json_get(s->conflict, "now"), now) != OND_SHOWS_NOT;
    cJSON_Delete(now);
    return same ? 0
                : ond_fail(err, OND_E_STALE,
                           "the house has moved on again while you were asked; try once more");
}

/* While a person thought about it, the world went on. */
static int work_out_again(ond__run *r, ond_err *err)
{
    int rc = 0;
    ond_gate_service(r->g);
    for (size_t i = 0; rc == 0 && i < r->n; i++) {
        if (!r->step[i].planned) continue;
        rc = ond__step_again(&r->step[i], err);
        if (rc == 0 && r->step[i].conflict) rc = still_conflicts(&r->step[i], err);
    }
    if (rc) r->status = "refused";
    return rc;
}

/* ---- asking ---- */

static int refuse(ond__run *r, const char *answer, const char *by, ond_err *err)
{
    const char *question = ond_json_str(r->ask, "question", "");
    r->status = "refused";
    r->answer = answer;
    r->by = by;
    ond__rows_refused(r, false);
    if (strcmp(answer, "no") == 0)
        return ond_fail(err, OND_E_ASK, "not done, since you said no: %s", question);
    return ond_fail(
        err, OND_E_ASK,
        "this needs your consent, and there was nobody to ask: %s (add --yes to consent)",
        question);
}

static int keep_waiting(ond__run *r, ond_err *err)
{
    int rc = ond__pending_keep(r, err);
    if (rc) return rc;
    r->status = "asked";
    return ond_fail(err, OND_E_ASK, "this needs your consent: %s (ondol answer %s yes)",
                    ond_json_str(r->ask, "question", ""), ond_json_str(r->ask, "id", ""));
}

static int ask_now(ond__run *r, ond_err *err)
{
    switch (r->opts->consent(r->opts->self, r->ask)) {
    case OND_CONSENT_YES:
        r->answer = "yes";
        r->by = "terminal";
        return work_out_again(r, err);
    case OND_CONSENT_LATER:
        if (r->opts->can_wait) return keep_waiting(r, err);
        return refuse(r, "none", "later", err);
    default:
        return refuse(r, "no", "terminal", err);
    }
}

static size_t count_asked(const ond__run *r)
{
    size_t n = 0;
    for (size_t i = 0; i < r->n; i++) n += r->step[i].decision == OND__ASK;
    return n;
}

static int take_answer(ond__run *r, ond_err *err)
{
    r->answer = "yes";
    r->by = "answer";
    if (holds(r)) return 0;
    int rc = ond__ask_make(r, err);
    if (rc) return rc;
    r->answer_void = true;
    return keep_waiting(r, err);
}

int ond__consent(ond__run *r, ond_err *err)
{
    if (r->consented) return take_answer(r, err);
    if (count_asked(r) == 0) return 0;
    int rc = ond__ask_make(r, err);
    if (rc) return rc;
    if (r->opts->yes) {
        r->answer = "yes";
        r->by = "option";
        return 0;
    }
    if (r->opts->consent) return ask_now(r, err);
    if (r->opts->can_wait) return keep_waiting(r, err);
    return refuse(r, "none", "nobody", err);
}
