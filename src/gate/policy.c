/* policy.c - reads a policy: YAML text into rules, checked to the last key.
 *
 * A rule that can never match is as dangerous as one that matches too much (a `deny` with a
 * mistyped verb protects nothing), so every name in it is compared with what the hands have: keys,
 * hands, verbs, arguments, effects, sources, days, zones. The format is described in
 * docs/policy.md. */
#include "gate/room.h"

#include "base/time.h"
#include "base/yaml.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct reader {
    ond__policy *p;
    const char *name; /* of the file */
    ond_err *err;
} reader;

enum { OND__NAMES = 256, OND__RULES = 1000 };

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const char *const decisions[] = {"allow", "ask", "deny"};
static const char *const effects[] = {"read", "reversible", "irreversible", "physical"};
static const char *const sources[] = {"owner",   "rule",  "house",    "memory",
                                      "journal", "model", "untrusted"};
static const char *const days[] = {"sun", "mon", "tue",      "wed",    "thu",
                                   "fri", "sat", "weekdays", "weekend"};
static const char *const top_keys[] = {"version", "zone", "rules", "limits", "defaults", "budgets"};
static const char *const rule_keys[] = {"decision", "hand", "verb", "effect", "args",
                                        "source",   "time", "zone", "days",   "why"};
static const char *const limit_keys[] = {"hand", "verb", "args", "why"};
static const char *const budget_keys[] = {"steps", "seconds", "acts_per_minute"};

const char *ond__decision_name(ond__decision d)
{
    return decisions[d];
}

static int bad(reader *r, const char *where, const char *fmt, ...) OND_PRINTF(3, 4);
static int bad(reader *r, const char *where, const char *fmt, ...)
{
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return ond_fail(r->err, OND_E_CONFIG, "%s: %s: %s", r->name, where, text);
}

static int nomem(reader *r)
{
    return ond_nomem(r->err, "reading the policy");
}

/* "'reversable' is no effect (read, reversible, ...); did you mean 'reversible'?" */
static int unknown(reader *r, const char *where, const char *what, const char *word,
                   const char *const *names, size_t n)
{
    ond_buf b = {0};
    ond_buf_printf(&b, "'%.60s' is no %s (", word, what);
    for (size_t i = 0; i < n && b.n < 240; i++) ond_buf_printf(&b, "%s%s", i ? ", " : "", names[i]);
    ond_buf_puts(&b, ")");
    ond__near_put(&b, word, names, n);
    int rc = bad(r, where, "%s", ond_buf_z(&b));
    ond_buf_free(&b);
    return rc;
}

static int index_of(const char *word, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(word, names[i]) == 0) return (int)i;
    return -1;
}

static int check_keys(reader *r, const char *where, const cJSON *map, const char *const *keys,
                      size_t n)
{
    if (!cJSON_IsObject(map)) return bad(r, where, "should be a mapping of %s and so on", keys[0]);
    for (const cJSON *c = map->child; c; c = c->next)
        if (index_of(c->string, keys, n) < 0) return unknown(r, where, "key", c->string, keys, n);
    return 0;
}

/* A text, or a list of texts: item i of `v` as text; NULL when it is none. */
static size_t texts_count(const cJSON *v)
{
    return cJSON_IsArray(v) ? (size_t)cJSON_GetArraySize(v) : 1;
}

static const cJSON *texts_at(const cJSON *v, size_t i)
{
    return cJSON_IsArray(v) ? cJSON_GetArrayItem(v, (int)i) : v;
}

static int check_texts(reader *r, const char *where, const cJSON *v)
{
    if (texts_count(v) == 0) return bad(r, where, "is an empty list: leave it out to mean any");
    for (size_t i = 0; i < texts_count(v); i++) {
        const cJSON *t = texts_at(v, i);
        if (!cJSON_IsString(t) || !t->valuestring[0])
            return bad(r, where, "should be a text or a list of texts");
    }
    return 0;
}

/* Reads names into a set of bits. */
static int read_set(reader *r, const char *where, const cJSON *v, const char *what,
                    const char *const *names, size_t n, unsigned *out)
{
    int rc = check_texts(r, where, v);
    for (size_t i = 0; rc == 0 && i < texts_count(v); i++) {
        const char *word = texts_at(v, i)->valuestring;
        int at = index_of(word, names, n);
        if (at < 0) return unknown(r, where, what, word, names, n);
        *out |= 1u << at;
    }
    return rc;
}

static int read_words(reader *r, const char *where, const cJSON *v, const char ***out, size_t *n)
{
    int rc = check_texts(r, where, v);
    if (rc) return rc;
    *n = texts_count(v);
    *out = ond_arena_array(&r->p->mem, *n, sizeof **out);
    if (!*out) return nomem(r);
    for (size_t i = 0; i < *n; i++) {
        (*out)[i] = ond_arena_dup(&r->p->mem, ond_str_of(texts_at(v, i)->valuestring));
        if (!(*out)[i]) return nomem(r);
    }
    return 0;
}

static int read_decision(reader *r, const char *where, const cJSON *v, ond__decision *out)
{
    if (!cJSON_IsString(v)) return bad(r, where, "should be allow, ask or deny");
    int at = index_of(v->valuestring, decisions, COUNT(decisions));
    if (at < 0) return unknown(r, where, "decision", v->valuestring, decisions, COUNT(decisions));
    *out = (ond__decision)at;
    return 0;
}

static int read_zone(reader *r, const char *where, const cJSON *v, const char **out)
{
    if (!v) return 0;
    if (!cJSON_IsString(v)) return bad(r, where, "should be a time zone such as Asia/Seoul");
    ond_err e = {0};
    if (ond_zone_check(v->valuestring, &e)) return bad(r, where, "%s", e.text);
    *out = ond_arena_dup(&r->p->mem, ond_str_of(v->valuestring));
    return *out ? 0 : nomem(r);
}

/* ---- patterns of arguments ---- */

/* One comparison of a range, such as ">= 16". */
static bool read_comparison(ond_str s, ond__value *v)
{
    s = ond_str_trim(s);
    bool greater = s.n > 0 && s.p[0] == '>', less = s.n > 0 && s.p[0] == '<',
         equal = s.n > 1 && s.p[1] == '=';
    if (!greater && !less) return false;
    size_t skip = equal ? 2 : 1;
    double x;
    if (!ond_num_parse(ond_str_trim((ond_str){s.p + skip, s.n - skip}), &x)) return false;
    if (greater)
        v->low = x, v->low_open = !equal;
    else
        v->high = x, v->high_open = !equal;
    return true;
}

static int read_range(reader *r, const char *where, const char *text, ond__value *v)
{
    const char *comma = strchr(text, ',');
    size_t first = comma ? (size_t)(comma - text) : strlen(text);
    *v = (ond__value){.kind = OND__RANGE, .low = -INFINITY, .high = INFINITY};
    bool ok = read_comparison((ond_str){text, first}, v) &&
              (!comma || read_comparison(ond_str_of(comma + 1), v));
    if (!ok) return bad(r, where, "'%.60s' is no range; write it like \">=16, <=28\"", text);
    if (v->low > v->high || (v->low == v->high && (v->low_open || v->high_open)))
        return bad(r, where, "no number is in '%.60s'", text);
    return 0;
}

static int read_value(reader *r, const char *where, const cJSON *c, ond__value *v)
{
    if (cJSON_IsBool(c)) {
        *v = (ond__value){.kind = OND__BOOL, .truth = cJSON_IsTrue(c)};
        return 0;
    }
    if (cJSON_IsNumber(c)) {
        *v = (ond__value){.kind = OND__RANGE, .low = c->valuedouble, .high = c->valuedouble};
        return 0;
    }
    if (!cJSON_IsString(c))
        return bad(r, where, "should be a text, a number, a range or a list of these");
    if (c->valuestring[0] == '<' || c->valuestring[0] == '>')
        return read_range(r, where, c->valuestring, v);
    *v = (ond__value){.kind = OND__TEXT,
                      .glob = ond_arena_dup(&r->p->mem, ond_str_of(c->valuestring))};
    return v->glob ? 0 : nomem(r);
}

static int read_args(reader *r, const char *where, const cJSON *map, ond__rule *rule)
{
    if (!cJSON_IsObject(map) || !map->child)
        return bad(r, where, "should be a mapping of arguments to patterns");
    rule->arg = ond_arena_array(&r->p->mem, (size_t)cJSON_GetArraySize(map), sizeof *rule->arg);
    if (!rule->arg) return nomem(r);
    for (const cJSON *c = map->child; c; c = c->next) {
        char at[256];
        snprintf(at, sizeof at, "%s.%.60s", where, c->string);
        ond__arg *a = &rule->arg[rule->n_arg++];
        a->name = ond_arena_dup(&r->p->mem, ond_str_of(c->string));
        a->n = texts_count(c);
        if (a->n == 0) return bad(r, at, "is an empty list: leave it out to mean any");
        a->value = ond_arena_array(&r->p->mem, a->n, sizeof *a->value);
        if (!a->name || !a->value) return nomem(r);
        for (size_t i = 0; i < a->n; i++) {
            int rc = read_value(r, at, texts_at(c, i), &a->value[i]);
            if (rc) return rc;
        }
    }
    return 0;
}

/* ---- time of day ---- */

static bool read_minute(const char *p, int *out)
{
    if (strspn(p, "0123456789") < 1) return false;
    char *end;
    long hour = strtol(p, &end, 10), minute;
    if (*end != ':' || end - p > 2 || strspn(end + 1, "0123456789") != 2) return false;
    minute = strtol(end + 1, NULL, 10);
    *out = (int)(hour * 60 + minute);
    return minute < 60 && *out <= 24 * 60;
}

static int read_window(reader *r, const char *where, const char *text, ond__window *w)
{
    char from[8], to[8], after;
    if (sscanf(text, " %5[0-9:] - %5[0-9:] %c", from, to, &after) != 2 ||
        !read_minute(from, &w->from) || !read_minute(to, &w->to))
        return bad(r, where, "'%.40s' is no time of day; write it like \"22:00-07:00\"", text);
    if (w->from == w->to || w->from == 24 * 60)
        return bad(r, where, "'%.40s' covers no time", text);
    return 0;
}

static int read_times(reader *r, const char *where, const cJSON *v, ond__rule *rule)
{
    int rc = check_texts(r, where, v);
    if (rc) return rc;
    rule->n_window = texts_count(v);
    rule->window = ond_arena_array(&r->p->mem, rule->n_window, sizeof *rule->window);
    if (!rule->window) return nomem(r);
    for (size_t i = 0; rc == 0 && i < rule->n_window; i++)
        rc = read_window(r, where, texts_at(v, i)->valuestring, &rule->window[i]);
    return rc;
}

static int read_days(reader *r, const char *where, const cJSON *v, unsigned *out)
{
    unsigned set = 0;
    int rc = read_set(r, where, v, "day", days, COUNT(days), &set);
    if (set & (1u << 7)) set |= 0x3e; /* weekdays: Monday to Friday */
    if (set & (1u << 8)) set |= 0x41; /* weekend */
    *out = set & 0x7f;
    return rc;
}

/* ---- names that must exist among the hands ---- */

static bool any_matches(const char **patterns, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (ond__glob(patterns[i], name)) return true;
    return n == 0;
}

static size_t add_name(const char **names, size_t n, const char *name)
{
    if (n == OND__NAMES || index_of(name, names, n) >= 0) return n;
    names[n] = name;
    return n + 1;
}

static int check_hands(reader *r, const char *where, const ond__rule *rule)
{
    const char *names[OND__NAMES];
    size_t n = 0;
    for (size_t h = 0; ond_hands[h]; h++) n = add_name(names, n, ond_hands[h]->name);
    for (size_t i = 0; i < rule->n_hand; i++) {
        bool found = false;
        for (size_t k = 0; k < n; k++) found |= ond__glob(rule->hand[i], names[k]);
        if (!found) return unknown(r, where, "hand", rule->hand[i], names, n);
    }
    return 0;
}

static int check_verbs(reader *r, const char *where, const ond__rule *rule)
{
    const char *names[OND__NAMES];
    size_t n = 0;
    for (size_t h = 0; ond_hands[h]; h++)
        for (const ond_verb_def *v = ond_hands[h]->verbs; v->name; v++)
            if (any_matches(rule->hand, rule->n_hand, ond_hands[h]->name))
                n = add_name(names, n, v->name);
    for (size_t i = 0; i < rule->n_verb; i++) {
        bool found = false;
        for (size_t k = 0; k < n; k++) found |= ond__glob(rule->verb[i], names[k]);
        if (!found) return unknown(r, where, "verb", rule->verb[i], names, n);
    }
    return 0;
}

/* Names of the arguments that the rule's verbs take; they point into the schemas kept in `keep`. */
static size_t argument_names(const ond__rule *rule, cJSON *keep, const char **names)
{
    size_t n = 0;
    for (size_t h = 0; ond_hands[h]; h++) {
        if (!any_matches(rule->hand, rule->n_hand, ond_hands[h]->name)) continue;
        for (const ond_verb_def *v = ond_hands[h]->verbs; v->name; v++) {
            cJSON *schema = NULL;
            if (!any_matches(rule->verb, rule->n_verb, v->name)) continue;
            if (ond_json_parse(ond_str_of(v->schema), &schema, NULL)) continue;
            cJSON_AddItemToArray(keep, schema);
            const cJSON *properties = ond_json_get(schema, "properties");
            for (const cJSON *p = properties ? properties->child : NULL; p; p = p->next)
                n = add_name(names, n, p->string);
        }
    }
    return n;
}

static int check_arguments(reader *r, const char *where, const ond__rule *rule)
{
    const char *names[OND__NAMES];
    if (rule->n_arg == 0) return 0;
    cJSON *keep = cJSON_CreateArray();
    if (!keep) return nomem(r);
    size_t n = argument_names(rule, keep, names);
    int rc = 0;
    for (size_t i = 0; rc == 0 && i < rule->n_arg; i++)
        if (index_of(rule->arg[i].name, names, n) < 0)
            rc = unknown(r, where, "argument of these verbs", rule->arg[i].name, names, n);
    cJSON_Delete(keep);
    return rc;
}

/* ---- rules, limits, defaults, budgets ---- */

static int read_rule(reader *r, const char *where, const cJSON *map, ond__rule *rule)
{
    const char *const *keys = rule->is_limit ? limit_keys : rule_keys;
    size_t n_keys = rule->is_limit ? COUNT(limit_keys) : COUNT(rule_keys);
    char at[128];
    const cJSON *v;
    int rc;
#define AT(key) (snprintf(at, sizeof at, "%s.%s", where, key), v = ond_json_get(map, key))
    OND_TRY(check_keys(r, where, map, keys, n_keys));
    if (!rule->is_limit) {
        AT("decision");
        if (!v) return bad(r, where, "has no decision: allow, ask or deny");
        OND_TRY(read_decision(r, at, v, &rule->decision));
    }
    if (AT("hand")) OND_TRY(read_words(r, at, v, &rule->hand, &rule->n_hand));
    OND_TRY(check_hands(r, at, rule));
    if (AT("verb")) OND_TRY(read_words(r, at, v, &rule->verb, &rule->n_verb));
    OND_TRY(check_verbs(r, at, rule));
    if (AT("effect"))
        OND_TRY(read_set(r, at, v, "effect", effects, COUNT(effects), &rule->effects));
    if (AT("source"))
        OND_TRY(read_set(r, at, v, "source", sources, COUNT(sources), &rule->sources));
    if (AT("args")) OND_TRY(read_args(r, at, v, rule));
    OND_TRY(check_arguments(r, at, rule));
    if (AT("time")) OND_TRY(read_times(r, at, v, rule));
    AT("zone");
    OND_TRY(read_zone(r, at, v, &rule->zone));
    if (AT("days")) OND_TRY(read_days(r, at, v, &rule->days));
    if (AT("why")) {
        if (!cJSON_IsString(v)) return bad(r, at, "should be a text");
        rule->why = ond_arena_dup(&r->p->mem, ond_str_of(v->valuestring));
        if (!rule->why) return nomem(r);
    }
    if (rule->is_limit && !rule->n_arg)
        rc = bad(r, where, "has no args: a limit says what arguments may be");
#undef AT
out:
    return rc;
}

static int read_rules(reader *r, const char *key, const cJSON *list, bool limits, ond__rule **out,
                      size_t *n)
{
    if (!list || cJSON_IsNull(list)) return 0;
    if (!cJSON_IsArray(list)) return bad(r, key, "should be a list");
    if (cJSON_GetArraySize(list) > OND__RULES)
        return bad(r, key, "has over %d entries", OND__RULES);
    *out = ond_arena_array(&r->p->mem, (size_t)cJSON_GetArraySize(list) + 1, sizeof **out);
    if (!*out) return nomem(r);
    for (const cJSON *c = list->child; c; c = c->next) {
        char where[40];
        snprintf(where, sizeof where, "%s[%zu]", key, *n);
        (*out)[*n].is_limit = limits;
        int rc = read_rule(r, where, c, &(*out)[*n]);
        if (rc) return rc;
        (*n)++;
    }
    return 0;
}

static int read_defaults(reader *r, const cJSON *map)
{
    if (!map || cJSON_IsNull(map)) return 0;
    int rc = check_keys(r, "defaults", map, effects, COUNT(effects));
    for (const cJSON *c = map->child; rc == 0 && c; c = c->next) {
        char where[64];
        snprintf(where, sizeof where, "defaults.%s", c->string);
        rc =
            read_decision(r, where, c, &r->p->normal[index_of(c->string, effects, COUNT(effects))]);
    }
    return rc;
}

static int read_budgets(reader *r, const cJSON *map)
{
    if (!map || cJSON_IsNull(map)) return 0;
    int rc = check_keys(r, "budgets", map, budget_keys, COUNT(budget_keys));
    if (rc) return rc;
    double *const where[] = {&r->p->steps, &r->p->seconds, &r->p->acts_per_minute};
    for (const cJSON *c = map->child; c; c = c->next) {
        char at[64];
        snprintf(at, sizeof at, "budgets.%s", c->string);
        bool fits = cJSON_IsNumber(c) && c->valuedouble >= 0 && c->valuedouble <= 1e9;
        if (!fits) return bad(r, at, "should be a number from 0 (no bound) to 1000000000");
        *where[index_of(c->string, budget_keys, COUNT(budget_keys))] = c->valuedouble;
    }
    return 0;
}

static int read_policy(reader *r, const cJSON *doc)
{
    int rc;
    const cJSON *version = ond_json_get(doc, "version");
    OND_TRY(check_keys(r, "the file", doc, top_keys, COUNT(top_keys)));
    if (!cJSON_IsNumber(version)) return bad(r, "version", "is missing; write `version: 1`");
    if (version->valuedouble != 1)
        return bad(r, "version", "is %g; this program reads version 1", version->valuedouble);
    OND_TRY(read_zone(r, "zone", ond_json_get(doc, "zone"), &r->p->zone));
    OND_TRY(read_rules(r, "rules", ond_json_get(doc, "rules"), false, &r->p->rule, &r->p->n_rule));
    OND_TRY(
        read_rules(r, "limits", ond_json_get(doc, "limits"), true, &r->p->limit, &r->p->n_limit));
    OND_TRY(read_defaults(r, ond_json_get(doc, "defaults")));
    OND_TRY(read_budgets(r, ond_json_get(doc, "budgets")));
out:
    return rc;
}

static ond__policy *policy_new(void)
{
    ond__policy *p = calloc(1, sizeof *p);
    if (!p) return NULL;
    p->mem.limit = 16u << 20;
    p->normal[OND_EFFECT_READ] = OND__ALLOW;
    p->normal[OND_EFFECT_REVERSIBLE] = OND__ALLOW;
    p->normal[OND_EFFECT_IRREVERSIBLE] = OND__ASK;
    p->normal[OND_EFFECT_PHYSICAL] = OND__ASK;
    p->steps = 256;
    p->seconds = 60;
    p->acts_per_minute = 6000;
    return p;
}

int ond__policy_parse(ond_str yaml, const char *name, ond__policy **out, ond_err *err)
{
    static const ond_yaml_limits small = {.bytes = 1u << 20, .nodes = 100000, .depth = 16};
    cJSON *doc = NULL;
    *out = NULL;
    int rc = ond_yaml_parse(yaml, name, &small, &doc, err);
    if (rc == OND_E_INPUT && err) err->code = OND_E_CONFIG;
    if (rc) return rc == OND_E_INPUT ? OND_E_CONFIG : rc;
    ond__policy *p = policy_new();
    reader r = {p, name, err};
    rc = p ? read_policy(&r, doc) : nomem(&r);
    cJSON_Delete(doc);
    if (rc) {
        ond__policy_free(p);
        return rc;
    }
    *out = p;
    return 0;
}

int ond__policy_plain(ond__policy **out, ond_err *err)
{
    *out = policy_new();
    return *out ? 0 : ond_nomem(err, "making the default policy");
}

void ond__policy_free(ond__policy *p)
{
    if (!p) return;
    ond_arena_free(&p->mem);
    free(p);
}
