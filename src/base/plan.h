/* plan.h - the nouns that pass between the rooms: effect, provenance, proposal, plan, outcome.
 *
 * A proposal is data, never a call: what should happen ({hand, verb, args}), what kind of change it is, why,
 * and where each argument came from. Only `gate` turns one into an act. */
#ifndef OND_BASE_PLAN_H
#define OND_BASE_PLAN_H

#include "base/json.h"

typedef enum ond_effect {       /* in order of weight; each verb declares the heaviest that its arguments allow */
    OND_EFFECT_READ,
    OND_EFFECT_REVERSIBLE,
    OND_EFFECT_IRREVERSIBLE,
    OND_EFFECT_PHYSICAL,
} ond_effect;
const char *ond_effect_name(ond_effect e);                       /* "reversible" */
bool ond_effect_parse(const char *name, ond_effect *out);

/* Where a value came from. An untrusted value may fill data slots; it never by itself chooses a hand, a
 * verb, a recipient, a host or an amount. Provenance is kept per argument as these names. */
typedef enum ond_source {
    OND_SOURCE_OWNER,      /* said or typed by the person, in this wish */
    OND_SOURCE_RULE,       /* written in a sentence rule, a pack or the policy */
    OND_SOURCE_HOUSE,      /* read from a device's state or the registry */
    OND_SOURCE_MEMORY,     /* a learned preference or a skill */
    OND_SOURCE_JOURNAL,    /* a former row: undo */
    OND_SOURCE_MODEL,      /* a model's guess */
    OND_SOURCE_UNTRUSTED,  /* a page, a mail, a message, a file of others */
} ond_source;
const char *ond_source_name(ond_source s);                       /* "owner" */
bool ond_source_parse(const char *name, ond_source *out);

typedef struct ond_proposal {
    char *hand;          /* "home" */
    char *verb;          /* "turn_on" */
    cJSON *args;         /* object; exact and absolute by the time gate has planned it */
    cJSON *provenance;   /* object: argument name -> source name */
    ond_effect effect;   /* as judged for these args */
    char *why;           /* one line for `ondol why`: the wish, the rule */
} ond_proposal;

typedef struct ond_plan {
    ond_proposal *v;
    size_t n, cap;
} ond_plan;

/* Takes args and provenance (also on failure, where they are freed); copies the strings. */
OND_CHECKED int ond_plan_add(ond_plan *plan, const char *hand, const char *verb, cJSON *args, cJSON *provenance,
                             ond_effect effect, const char *why, ond_err *err);
/* Drops what was added after the first n. */
void ond_plan_cut(ond_plan *plan, size_t n);
/* Drops one; those after it move up. i < plan->n. */
void ond_plan_drop(ond_plan *plan, size_t i);
void ond_plan_free(ond_plan *plan);
/* [{hand, verb, args, effect, provenance, why}]; NULL when out of memory. */
cJSON *ond_plan_json(const ond_plan *plan);
cJSON *ond_proposal_json(const ond_proposal *p);
OND_CHECKED int ond_proposal_parse(const cJSON *json, ond_plan *append_to, ond_err *err);

/* What a proposal is bound to when a person consents: hex digest of canonical {hand, verb, args}.
 * "" when out of memory: that matches nothing. */
void ond_proposal_digest(const ond_proposal *p, char hex[65]);

#endif
