/* plan.c - what acting would mean: exact arguments, effect, what it was, how to get back.
 *
 * A step is worked out from the world as it is now; nothing is touched. */
#include "hand/home/internal.h"

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

static int reach(const ond__home *h, const ond__view *v, ond_err *err)
{
    if (v->available) return OND_OK;
    if (v->device && !ond__broker_up(h->broker))
        return ond_fail(err, OND_E_UNAVAILABLE,
                        "the broker %s is not reachable, so %s is not either",
                        ond__broker_name(h->broker), v->id);
    return ond_fail(err, OND_E_UNAVAILABLE,
                    "%s is not reachable: its device says it is away, or has not been heard of yet",
                    v->id);
}

static int plan_read(ond__home *h, const ond__view *v, ond_hand_step *out, ond_err *err)
{
    out->effect = OND_EFFECT_READ;
    out->expect = cJSON_CreateObject();
    return out->expect ? ond__home_observe(h, v, NULL, &out->before, err) : nomem(err);
}

static int plan_undo(ond__home *h, const ond__view *v, const cJSON *expect, ond_hand_step *out,
                     ond_err *err)
{
    cJSON *back = NULL;
    int rc = ond__restore(h, v, out->before, expect, &back, err);
    if (rc != 0 || !back) return rc;
    out->undo_args = cJSON_CreateObject();
    out->undo_verb = ond_str_dup(OND_S("set"));
    if (!out->undo_args || !out->undo_verb || !ond_json_set_str(out->undo_args, "entity", v->id)) {
        cJSON_Delete(back);
        return nomem(err);
    }
    out->can_undo = ond_json_set(out->undo_args, "attributes", back);
    return out->can_undo ? OND_OK : nomem(err);
}

/* Nothing would change: it shows all of it, and is not on its way elsewhere. */
static bool is_so(const ond__view *v, const cJSON *attributes, const cJSON *expect,
                  const cJSON *before)
{
    bool moving = ond__moves(ond_json_str(v->state, "state", ""));
    if (strcmp(ond_json_str(attributes, "state", ""), "stopped") == 0) return !moving && !v->blind;
    return expect->child && !moving && !v->blind && !ond__ends_preset(v, attributes) &&
           ond__shows_exactly(expect, before);
}

static int plan_change(ond__home *h, const ond__view *v, ond__want *w, ond_hand_step *out,
                       ond_err *err)
{
    int rc = 0;
    OND_TRY(ond__home_observe(h, v, w->attributes, &out->before, err));
    OND_TRY(ond__expect(h, v, w->attributes, &out->expect, err));
    out->already = is_so(v, w->attributes, out->expect, out->before);
    out->effect = ond__effect(h, v, w->attributes);
    if (!w->no_undo) OND_TRY(plan_undo(h, v, out->expect, out, err));
    /* What cannot be taken back is no reversible change, whatever kind of device it is. */
    if (!out->can_undo && !out->already && out->effect == OND_EFFECT_REVERSIBLE &&
        strcmp(ond_json_str(w->attributes, "state", ""), "stopped") != 0)
        out->effect = OND_EFFECT_IRREVERSIBLE;
    ond__expect_visible(h, v, out->expect);
out:
    return rc;
}

int ond__home_plan(void *self, const char *verb, const cJSON *args, ond_hand_step *out,
                   ond_err *err)
{
    ond__home *h = self;
    ond__view v;
    ond__want w = {0};
    int rc = 0;
    *out = (ond_hand_step){0};
    OND_TRY(ond__home_find(h, ond_json_str(args, "entity", ""), &v, err));
    if (strcmp(verb, "get") != 0) OND_TRY(reach(h, &v, err));
    OND_TRY(ond__want_make(h, &v, verb, args, &w, err));
    if (w.attributes->child)
        OND_TRY(plan_change(h, &v, &w, out, err));
    else
        OND_TRY(plan_read(h, &v, out, err));
    OND_TRY(ond__says(h, &v, verb, w.attributes, &out->says, err));
    out->args = w.args;
    w.args = NULL;
out:
    ond__want_free(&w);
    if (rc != 0) ond_hand_step_free(out);
    return rc;
}
