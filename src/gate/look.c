/* look.c - what a reading verb finds, without a task: the agent works out by it what a sentence
 * means ("the dentist" is which appointment?); and sentences that led to no plan.
 *
 * A look is no act: nothing is written, and only verbs whose effect is read are looked through. The
 * policy is asked as for any read. */
#include "gate/room.h"

#include "sys/clock.h"

static cJSON *from_owner(const cJSON *args)
{
    cJSON *provenance = cJSON_CreateObject();
    for (const cJSON *a = args ? args->child : NULL; provenance && a; a = a->next) {
        if (ond_json_set_str(provenance, a->string, ond_source_name(OND_SOURCE_OWNER))) continue;
        cJSON_Delete(provenance);
        return NULL;
    }
    return provenance;
}

static int read_only(const ond__run *r, ond_err *err)
{
    const ond__step *s = &r->step[0];
    if (s->world.effect != OND_EFFECT_READ)
        return ond_fail(err, OND_E_INPUT, "%s.%s is not for looking: it changes something",
                        s->hand->def->name, s->verb->def->name);
    if (s->decision == OND__ALLOW) return 0;
    return ond_fail(err, OND_E_DENIED, "%s.%s is not allowed without asking by %s",
                    s->hand->def->name, s->verb->def->name, s->policy);
}

int ond_gate_look(ond_gate *g, const char *hand, const char *verb, const cJSON *args, cJSON **out,
                  ond_err *err)
{
    ond__run r;
    cJSON *provenance = from_owner(args);
    int rc;
    *out = NULL;
    if (!provenance) return ond_nomem(err, "looking");
    ond__run_init(&r, g, NULL);
    OND_TRY(ond__step_add(&r, hand, verb, args, provenance, "look", err));
    ond__judge(&r);
    OND_TRY(read_only(&r, err));
    *out = r.step[0].world.before;
    r.step[0].world.before = NULL;
    if (!*out && !(*out = cJSON_CreateObject())) rc = ond_nomem(err, "looking");
out:
    cJSON_Delete(provenance);
    ond__run_free(&r);
    return rc;
}

int ond_gate_keep(ond_gate *g, const cJSON *wish, ond_err *err)
{
    int rc = ond_store_begin(g->store, err);
    if (rc) return rc;
    OND_TRY(ond_store_append(g->store, "wish", ond_now(), 0, 0, wish, NULL, err));
    OND_TRY(ond_store_commit(g->store, err));
    return 0;
out:
    ond_store_abort(g->store);
    return rc;
}
