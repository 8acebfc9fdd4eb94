/* draft.c - one step on its way to a proposal: a hand's verb, its arguments, and where each of them
 * came from. */
#include "agent/room.h"

ond__draft ond__draft_new(const char *hand, const char *verb)
{
    return (ond__draft){.hand = hand,
                        .verb = verb,
                        .args = cJSON_CreateObject(),
                        .provenance = cJSON_CreateObject()};
}

void ond__draft_drop(ond__draft *d)
{
    cJSON_Delete(d->args);
    cJSON_Delete(d->provenance);
    d->args = d->provenance = NULL;
}

bool ond__draft_num(ond__draft *d, const char *key, double value, const char *source)
{
    return ond_json_set_num(d->args, key, value) && ond_json_set_str(d->provenance, key, source);
}

bool ond__draft_str(ond__draft *d, const char *key, const char *value, const char *source)
{
    return ond_json_set_str(d->args, key, value) && ond_json_set_str(d->provenance, key, source);
}

bool ond__draft_bool(ond__draft *d, const char *key, bool value, const char *source)
{
    return ond_json_set_bool(d->args, key, value) && ond_json_set_str(d->provenance, key, source);
}

/* Takes what d holds. *can is false where the hand has no such verb or value; the plan is then as
 * it was. */
int ond__draft_propose(ond__wish *w, ond__draft *d, bool *can, ond_err *err)
{
    ond_effect effect = OND_EFFECT_READ;
    ond_buf why = {0};
    *can = true;
    ond_buf_printf(&why, "%s: %s", w->match->intent, w->match->rule ? w->match->rule : "");
    int rc = d->args && d->provenance && ond_buf_ok(&why)
                 ? ond_gate_effect(w->a->gate, d->hand, d->verb, d->args, &effect, err)
                 : ond_nomem(err, "planning");
    if (rc == 0)
        rc = ond_plan_add(&w->plan, d->hand, d->verb, d->args, d->provenance, effect,
                          ond_buf_z(&why), err);
    else {
        cJSON_Delete(d->args);
        cJSON_Delete(d->provenance);
    }
    d->args = d->provenance = NULL;
    ond_buf_free(&why);
    if (rc == OND_E_INPUT) {
        *can = false;
        rc = 0;
    }
    return rc;
}
