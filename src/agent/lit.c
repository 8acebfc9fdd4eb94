/* lit.c - what one wish of a sentence switches on stays on: "취침등만 켜 놓고 다 꺼". */
#include "agent/clauses.h"

#include <string.h>

static bool is_done_to(const ond_plan *before, const char *id, const char *verbs)
{
    for (size_t i = 0; i < before->n; i++)
        if (ond__word_of(verbs, before->v[i].verb) &&
            strcmp(ond_json_str(before->v[i].args, "entity", ""), id) == 0)
            return true;
    return false;
}

/* The other steps keep their order. */
static void step_drop(ond_plan *p, size_t at)
{
    ond_proposal gone = p->v[at];
    memmove(&p->v[at], &p->v[at + 1], (p->n - at - 1) * sizeof *p->v);
    p->v[p->n - 1] = gone;
    ond_plan_cut(p, p->n - 1);
}

static bool only_lamps(const ond_plan *p)
{
    for (size_t i = 0; i < p->n; i++)
        if (strncmp(ond_json_str(p->v[i].args, "entity", ""), "light.", strlen("light.")) != 0)
            return false;
    return p->n > 0;
}

/* "취침등만 켜 놓고 다 꺼": what one wish switches on, the next does not switch off with all the others; and where
 * that is a lamp, all others are lamps. */
static size_t spare(ond_plan *p, const ond_plan *before, bool everything)
{
    size_t n = 0;
    bool lamps = everything && only_lamps(before);
    for (size_t i = 0; i < p->n;) {
        const char *id = ond_json_str(p->v[i].args, "entity", "");
        bool on = is_done_to(before, id, "turn_on set_light");
        n += on;
        if (on || (lamps && strncmp(id, "light.", strlen("light.")) != 0))
            step_drop(p, i);
        else
            i++;
    }
    return n;
}

void ond__spare_lit(ond__request *r)
{
    for (size_t i = 0; i < r->n; i++) {
        ond__wish *w = &r->part[i].w;
        bool off = w->code == 0 && w->match && strcmp(w->match->intent, "HassTurnOff") == 0 &&
                   ond__slot_has(w, "name", "all") && !ond_match_slot(w->match, "area") &&
                   !ond_match_slot(w->match, "floor");
        bool everything = off && !ond_match_slot(w->match, "domain");
        bool rest = off && ond__slot_has(w, "rest", "yes");
        const ond_plan *before = i ? &r->part[i - 1].w.plan : NULL;
        size_t n = 0;
        for (size_t k = 0; off && before && k < w->plan.n; k++)
            n += is_done_to(before, ond_json_str(w->plan.v[k].args, "entity", ""), "turn_on set_light");
        if (n)
            n = spare(&w->plan, before, everything);
        if (rest && !n)
            ond__wish_not_understood(w);
    }
}
