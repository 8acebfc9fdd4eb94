/* plan.c - effects, sources, proposals and plans: making, freeing, to JSON and back. */
#include "base/plan.h"

#include "base/hash.h"

#include <stdlib.h>

static const char *const effects[] = {"read", "reversible", "irreversible", "physical"};
static const char *const sources[] = {"owner",   "rule",  "house",    "memory",
                                      "journal", "model", "untrusted"};
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static const char *name_of(const char *const *names, size_t n, unsigned i)
{
    return i < n ? names[i] : "unknown";
}

static int index_of(const char *const *names, size_t n, const char *name)
{
    for (size_t i = 0; name && i < n; i++)
        if (strcmp(names[i], name) == 0) return (int)i;
    return -1;
}

const char *ond_effect_name(ond_effect e) { return name_of(effects, COUNT(effects), (unsigned)e); }
const char *ond_source_name(ond_source s) { return name_of(sources, COUNT(sources), (unsigned)s); }

bool ond_effect_parse(const char *name, ond_effect *out)
{
    int i = index_of(effects, COUNT(effects), name);
    if (i >= 0) *out = (ond_effect)i;
    return i >= 0;
}

bool ond_source_parse(const char *name, ond_source *out)
{
    int i = index_of(sources, COUNT(sources), name);
    if (i >= 0) *out = (ond_source)i;
    return i >= 0;
}

static void proposal_free(ond_proposal *p)
{
    free(p->hand);
    free(p->verb);
    free(p->why);
    cJSON_Delete(p->args);
    cJSON_Delete(p->provenance);
}

static bool grow(ond_plan *plan)
{
    if (plan->n < plan->cap) return true;
    size_t cap = plan->cap ? plan->cap * 2 : 4;
    ond_proposal *v = realloc(plan->v, cap * sizeof(*v));
    if (!v) return false;
    plan->v = v;
    plan->cap = cap;
    return true;
}

int ond_plan_add(ond_plan *plan, const char *hand, const char *verb, cJSON *args, cJSON *provenance,
                 ond_effect effect, const char *why, ond_err *err)
{
    ond_proposal p = {.hand = ond_str_dup(ond_str_of(hand)),
                      .verb = ond_str_dup(ond_str_of(verb)),
                      .args = args ? args : cJSON_CreateObject(),
                      .provenance = provenance ? provenance : cJSON_CreateObject(),
                      .effect = effect,
                      .why = ond_str_dup(ond_str_of(why))};
    if (!p.hand || !p.verb || !p.args || !p.provenance || !p.why || !grow(plan)) {
        proposal_free(&p);
        return ond_nomem(err, "making a plan");
    }
    plan->v[plan->n++] = p;
    return OND_OK;
}

void ond_plan_drop(ond_plan *plan, size_t i)
{
    proposal_free(&plan->v[i]);
    memmove(&plan->v[i], &plan->v[i + 1], (plan->n - i - 1) * sizeof *plan->v);
    plan->n--;
}

void ond_plan_cut(ond_plan *plan, size_t n)
{
    while (plan->n > n) proposal_free(&plan->v[--plan->n]);
}

void ond_plan_free(ond_plan *plan)
{
    ond_plan_cut(plan, 0);
    free(plan->v);
    *plan = (ond_plan){0};
}

cJSON *ond_proposal_json(const ond_proposal *p)
{
    cJSON *o = cJSON_CreateObject();
    bool ok = o && ond_json_set_str(o, "hand", p->hand) && ond_json_set_str(o, "verb", p->verb) &&
              ond_json_set(o, "args", cJSON_Duplicate(p->args, true)) &&
              ond_json_set_str(o, "effect", ond_effect_name(p->effect)) &&
              ond_json_set(o, "provenance", cJSON_Duplicate(p->provenance, true)) &&
              ond_json_set_str(o, "why", p->why);
    if (ok) return o;
    cJSON_Delete(o);
    return NULL;
}

cJSON *ond_plan_json(const ond_plan *plan)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < plan->n; i++) {
        cJSON *o = ond_proposal_json(&plan->v[i]);
        if (o && cJSON_AddItemToArray(list, o)) continue;
        cJSON_Delete(o);
        cJSON_Delete(list);
        list = NULL;
    }
    return list;
}

static int check_provenance(const cJSON *provenance, ond_err *err)
{
    for (const cJSON *c = provenance->child; c; c = c->next) {
        ond_source s;
        if (!cJSON_IsString(c) || !ond_source_parse(c->valuestring, &s))
            return ond_fail(
                err, OND_E_INPUT,
                "a proposal's provenance of %.80s is not one of owner, rule, house, memory, "
                "journal, model, untrusted",
                c->string);
    }
    return OND_OK;
}

int ond_proposal_parse(const cJSON *json, ond_plan *append_to, ond_err *err)
{
    if (!cJSON_IsObject(json))
        return ond_fail(err, OND_E_INPUT, "a proposal must be a JSON object");
    const char *hand = ond_json_str(json, "hand", ""), *verb = ond_json_str(json, "verb", "");
    const cJSON *args = ond_json_get(json, "args"), *provenance = ond_json_get(json, "provenance");
    const cJSON *why = ond_json_get(json, "why");
    ond_effect effect;
    if (!*hand) return ond_fail(err, OND_E_INPUT, "a proposal needs the text `hand`");
    if (!*verb) return ond_fail(err, OND_E_INPUT, "a proposal needs the text `verb`");
    if (!cJSON_IsObject(args))
        return ond_fail(err, OND_E_INPUT, "a proposal needs the object `args`");
    if (provenance && !cJSON_IsObject(provenance))
        return ond_fail(err, OND_E_INPUT, "a proposal's `provenance` must be an object");
    if (why && !cJSON_IsString(why))
        return ond_fail(err, OND_E_INPUT, "a proposal's `why` must be a text");
    if (!ond_effect_parse(ond_json_str(json, "effect", ""), &effect))
        return ond_fail(err, OND_E_INPUT,
                        "a proposal's `effect` must be read, reversible, irreversible or physical");
    int rc = provenance ? check_provenance(provenance, err) : OND_OK;
    if (rc) return rc;
    cJSON *a = cJSON_Duplicate(args, true),
          *p = provenance ? cJSON_Duplicate(provenance, true) : cJSON_CreateObject();
    if (!a || !p) {
        cJSON_Delete(a);
        cJSON_Delete(p);
        return ond_nomem(err, "reading a proposal");
    }
    return ond_plan_add(append_to, hand, verb, a, p, effect, why ? why->valuestring : "", err);
}

void ond_proposal_digest(const ond_proposal *p, char hex[65])
{
    ond_hash h;
    ond_buf b = {0};
    cJSON hand = {.type = cJSON_String, .valuestring = p->hand};
    cJSON verb = {.type = cJSON_String, .valuestring = p->verb};
    ond_buf_puts(&b, "{\"args\":");
    ond_json_canon(&b, p->args);
    ond_buf_puts(&b, ",\"hand\":");
    ond_json_canon(&b, &hand);
    ond_buf_puts(&b, ",\"verb\":");
    ond_json_canon(&b, &verb);
    ond_buf_putc(&b, '}');
    hex[0] = 0;   /* out of memory: an empty digest, which matches no consent */
    if (ond_buf_ok(&b)) {
        ond_hash_of(b.p, b.n, &h);
        ond_hash_hex(&h, hex);
    }
    ond_buf_free(&b);
}
