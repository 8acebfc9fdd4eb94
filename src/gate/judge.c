/* judge.c - decides on each step: allow, ask or deny.
 *
 * In order, the first that speaks: a broken policy refuses all but reads; the policy's limits and
 * the device's own (for physical effects) deny; then the rules and defaults. Two things make an
 * allow into an ask, whatever the rules say: a control argument that a model or an untrusted text
 * chose, and a world that moved on since what is to be undone. */
#include "gate/room.h"

#include "base/utf8.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

static const cJSON *entity_of(const cJSON *world, const char *id)
{
    const cJSON *list = ond_json_get(world, "entities");
    for (const cJSON *c = list ? list->child : NULL; c; c = c->next)
        if (strcmp(ond_json_str(c, "id", ""), id) == 0) return c;
    return NULL;
}

static bool number_within(const cJSON *limits, const cJSON *v, ond__step *s)
{
    const cJSON *pair = ond_json_get(limits, v->string);
    if (!cJSON_IsNumber(v) || !cJSON_IsArray(pair)) return true;
    const cJSON *low = cJSON_GetArrayItem(pair, 0), *high = cJSON_GetArrayItem(pair, 1);
    if (!cJSON_IsNumber(low) || !cJSON_IsNumber(high)) return true;
    if (v->valuedouble >= low->valuedouble && v->valuedouble <= high->valuedouble) return true;
    snprintf(s->policy, sizeof s->policy, "limits of the device: %.40s from %g to %g", v->string,
             low->valuedouble, high->valuedouble);
    return false;
}

/* Numbers among the args, and one level deeper, against the limits of the thing they are for. */
static bool all_within(const cJSON *limits, const cJSON *args, ond__step *s)
{
    for (const cJSON *a = args->child; a; a = a->next) {
        if (!number_within(limits, a, s)) return false;
        if (!cJSON_IsObject(a)) continue;
        for (const cJSON *b = a->child; b; b = b->next)
            if (!number_within(limits, b, s)) return false;
    }
    return true;
}

static bool has_number(const cJSON *args)
{
    for (const cJSON *a = args->child; a; a = a->next)
        if (cJSON_IsNumber(a) || (cJSON_IsObject(a) && has_number(a))) return true;
    return false;
}

static bool within_device(ond__step *s)
{
    const char *id = ond_json_str(s->world.args, "entity", NULL);
    cJSON *world = NULL;
    if (s->world.effect != OND_EFFECT_PHYSICAL || !id || !s->hand->def->world ||
        !has_number(s->world.args))
        return true;
    if (s->hand->def->world(s->hand->self, &world, NULL)) {
        snprintf(s->policy, sizeof s->policy, "limits of the device: they cannot be read now");
        return false;
    }
    const cJSON *limits = ond_json_get(entity_of(world, id), "limits");
    bool within = !limits || all_within(limits, s->world.args, s);
    cJSON_Delete(world);
    return within;
}

static void note_reason(ond__step *s, const char *reason)
{
    size_t n = strlen(s->policy);
    snprintf(s->policy + n, sizeof s->policy - n, "%s%s", n ? "; " : "", reason);
    s->policy[ond_utf8_valid(ond_str_of(s->policy))] = '\0';
}

static ond__decision by_policy(const ond_gate *g, ond__step *s)
{
    ond__case c = {.hand = s->hand->def->name,
                   .verb = s->verb->def->name,
                   .effect = s->world.effect,
                   .args = s->world.args,
                   .provenance = s->provenance,
                   .now = ond_now()};
    bool broken = g->policy_err.code != OND_OK;
    if (broken && c.effect != OND_EFFECT_READ) {
        snprintf(s->policy, sizeof s->policy, "the policy file is broken");
        return OND__DENY;
    }
    if (broken) {
        snprintf(s->policy, sizeof s->policy, "reading, while the policy file is broken");
        return OND__ALLOW;
    }
    if (!ond__policy_within(g->policy, &c, s->policy, sizeof s->policy) || !within_device(s))
        return OND__DENY;
    return ond__policy_decide(g->policy, &c, s->policy, sizeof s->policy);
}

static void judge_step(const ond_gate *g, ond__step *s)
{
    s->policy[0] = '\0';
    s->decision = by_policy(g, s);
    if (s->decision != OND__ALLOW || (!s->tainted && !s->conflict)) return;
    s->decision = OND__ASK;
    if (s->tainted) note_reason(s, "asked because a model or an untrusted text chose a value");
    if (s->conflict) note_reason(s, "asked because the house has moved on since");
}

void ond__judge(ond__run *r)
{
    for (size_t i = 0; i < r->n; i++)
        if (r->step[i].planned) judge_step(r->g, &r->step[i]);
}
