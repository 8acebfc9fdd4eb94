/* policy_match.c - which rule decides: first match wins, then the default of the effect.
 *
 * Where a condition meets several values (a list of entities, several sources), `ask` and `deny`
 * match when any of them fits, `allow` only when all do: a rule never lets more through than its
 * author saw. */
#include "gate/room.h"

#include "base/utf8.h"
#include "sys/clock.h"

#include <stdio.h>

static bool any_glob(const char **patterns, size_t n, const char *text)
{
    for (size_t i = 0; i < n; i++)
        if (ond__glob(patterns[i], text)) return true;
    return n == 0;
}

/* ---- values ---- */

static bool in_range(const ond__value *v, double x)
{
    bool low = v->low_open ? x > v->low : x >= v->low;
    bool high = v->high_open ? x < v->high : x <= v->high;
    return low && high;
}

/* YAML reads a plain on or off as a boolean; devices write them as texts. */
static bool same_truth(const ond__value *v, const cJSON *x)
{
    if (cJSON_IsBool(x)) return cJSON_IsTrue(x) == v->truth;
    if (!cJSON_IsString(x)) return false;
    const char *t = x->valuestring;
    return v->truth ? !strcmp(t, "on") || !strcmp(t, "true") || !strcmp(t, "yes")
                    : !strcmp(t, "off") || !strcmp(t, "false") || !strcmp(t, "no");
}

static bool value_fits(const ond__value *v, const cJSON *x)
{
    if (v->kind == OND__BOOL) return same_truth(v, x);
    if (v->kind == OND__RANGE) return cJSON_IsNumber(x) && in_range(v, x->valuedouble);
    return cJSON_IsString(x) && ond__glob(v->glob, x->valuestring);
}

static bool any_value_fits(const ond__arg *a, const cJSON *x)
{
    for (size_t i = 0; i < a->n; i++)
        if (value_fits(&a->value[i], x)) return true;
    return false;
}

/* Items of a list are looked at one by one. */
static bool found_fits(const ond__arg *a, const cJSON *x, bool all)
{
    if (!cJSON_IsArray(x)) return any_value_fits(a, x);
    if (!x->child) return false;
    for (const cJSON *c = x->child; c; c = c->next)
        if (any_value_fits(a, c) != all) return !all;
    return all;
}

/* The argument of that name, and members of that name one level deep
 * ({"attributes":{"temperature":35}}), so that a verb that takes attributes is no way around a
 * rule. *found counts them. */
static bool arg_fits(const ond__arg *a, const cJSON *args, bool all, int *found)
{
    bool any = false, every = true;
    *found = 0;
    for (const cJSON *c = args ? args->child : NULL; c; c = c->next) {
        const cJSON *x = strcmp(c->string, a->name) == 0 ? c : ond_json_get(c, a->name);
        if (!x) continue;
        ++*found;
        if (found_fits(a, x, all))
            any = true;
        else
            every = false;
    }
    return all ? any && every : any;
}

static bool args_fit(const ond__rule *r, const cJSON *args)
{
    int found;
    for (size_t i = 0; i < r->n_arg; i++)
        if (!arg_fits(&r->arg[i], args, r->decision == OND__ALLOW, &found)) return false;
    return true;
}

static bool sources_fit(const ond__rule *r, const ond__case *c)
{
    if (!r->sources) return true;
    bool all = r->decision == OND__ALLOW;
    if (!c->args || !c->args->child) return false;
    for (const cJSON *a = c->args->child; a; a = a->next) {
        ond_source s = OND_SOURCE_UNTRUSTED;
        if (!ond_source_parse(ond_json_str(c->provenance, a->string, "untrusted"), &s))
            s = OND_SOURCE_UNTRUSTED;
        if (((r->sources >> s) & 1u) != all) return !all;
    }
    return all;
}

/* ---- time ---- */

/* A window that crosses midnight belongs to the day on which it began. */
static bool window_holds(const ond__window *w, unsigned days, int minute, int weekday)
{
    unsigned today = 1u << weekday, yesterday = 1u << ((weekday + 6) % 7);
    if (w->from < w->to) return minute >= w->from && minute < w->to && (days & today);
    return (minute >= w->from && (days & today)) || (minute < w->to && (days & yesterday));
}

static bool time_fits(const ond__policy *p, const ond__rule *r, ond_ms now)
{
    static const ond__window whole_day = {0, 24 * 60};
    if (!r->n_window && !r->days) return true;
    ond_civil c;
    ond_civil_of(now, r->zone ? r->zone : p->zone ? p->zone : ond_zone(), &c);
    unsigned days = r->days ? r->days : 0x7f;
    if (!r->n_window) return window_holds(&whole_day, days, c.hour * 60 + c.minute, c.weekday);
    for (size_t i = 0; i < r->n_window; i++)
        if (window_holds(&r->window[i], days, c.hour * 60 + c.minute, c.weekday)) return true;
    return false;
}

/* ---- rules ---- */

static bool names_fit(const ond__rule *r, const char *hand, const char *verb)
{
    return any_glob(r->hand, r->n_hand, hand) && any_glob(r->verb, r->n_verb, verb);
}

static bool effect_fits(const ond__rule *r, ond_effect effect)
{
    return !r->effects || ((r->effects >> effect) & 1u);
}

static void name_rule(const char *list, size_t i, const ond__rule *r, char *why, size_t size)
{
    snprintf(why, size, "%s[%zu]%s%s", list, i, r->why ? ": " : "", r->why ? r->why : "");
    why[ond_utf8_valid(ond_str_of(why))] = '\0'; /* a long text is cut between characters */
}

ond__decision ond__policy_decide(const ond__policy *p, const ond__case *c, char *why, size_t size)
{
    for (size_t i = 0; i < p->n_rule; i++) {
        const ond__rule *r = &p->rule[i];
        if (!names_fit(r, c->hand, c->verb) || !effect_fits(r, c->effect) || !args_fit(r, c->args))
            continue;
        if (!sources_fit(r, c) || !time_fits(p, r, c->now)) continue;
        name_rule("rules", i, r, why, size);
        return r->decision;
    }
    snprintf(why, size, "default for %s", ond_effect_name(c->effect));
    return p->normal[c->effect];
}

/* Every value of the argument has to be inside. */
static bool keeps(const ond__arg *a, const cJSON *args)
{
    int found;
    bool fits = arg_fits(a, args, true, &found);
    return fits || found == 0;
}

bool ond__policy_within(const ond__policy *p, const ond__case *c, char *why, size_t size)
{
    for (size_t i = 0; i < p->n_limit; i++) {
        const ond__rule *r = &p->limit[i];
        if (!names_fit(r, c->hand, c->verb)) continue;
        for (size_t k = 0; k < r->n_arg; k++) {
            if (keeps(&r->arg[k], c->args)) continue;
            name_rule("limits", i, r, why, size);
            return false;
        }
    }
    return true;
}

/* The decisions that may come out, as a set: rules with further conditions add theirs, the first
 * one without ends it. */
const char *ond__policy_usual(const ond__policy *p, const char *hand, const char *verb,
                              ond_effect effect)
{
    unsigned set = 0;
    bool ended = false;
    for (size_t i = 0; i < p->n_rule && !ended; i++) {
        const ond__rule *r = &p->rule[i];
        if (!names_fit(r, hand, verb)) continue;
        set |= 1u << r->decision;
        ended = !r->n_arg && !r->sources && !r->n_window && !r->days && !r->effects;
    }
    if (!ended) set |= 1u << p->normal[effect];
    for (int d = OND__ALLOW; d <= OND__DENY; d++)
        if (set == 1u << d) return ond__decision_name((ond__decision)d);
    return "depends";
}
