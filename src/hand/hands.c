/* hands.c - the table of hands, and what all of them share: steps, outcomes, comparing worlds. */
#include "hand/hand.h"

#include <math.h>
#include <stdlib.h>

#define HAND(name) extern const ond_hand_def ond_hand_##name;
#include "hand/hands.def"
#undef HAND

const ond_hand_def *const ond_hands[] = {
#define HAND(name) &ond_hand_##name,
#include "hand/hands.def"
#undef HAND
    NULL,
};

void ond_hand_step_free(ond_hand_step *s)
{
    cJSON_Delete(s->args);
    cJSON_Delete(s->before);
    cJSON_Delete(s->expect);
    cJSON_Delete(s->undo_args);
    cJSON_Delete(s->says);
    free(s->undo_verb);
    *s = (ond_hand_step){0};
}

const char *ond_done_name(ond_done d)
{
    static const char *const names[] = {"ok", "already", "unverified", "failed", "unknown"};
    return (unsigned)d < sizeof names / sizeof names[0] ? names[d] : "unknown";
}

/* ---- does the world show it? ---- */

/* How far a real device may be from what it was told: motors and lamps round. */
static double tolerance(const char *attribute, double wanted)
{
    if (strcmp(attribute, "position") == 0) return 5.01;
    if (strcmp(attribute, "color_temp") == 0) return fabs(wanted) * 0.01;
    return 0.051;
}

static bool same_number(const char *name, const cJSON *wanted, const cJSON *seen)
{
    return fabs(wanted->valuedouble - seen->valuedouble) <= tolerance(name, wanted->valuedouble);
}

static bool same(const cJSON *wanted, const cJSON *seen)
{
    if (!seen) return false;
    if (cJSON_IsNumber(wanted) && cJSON_IsNumber(seen))
        return same_number(wanted->string, wanted, seen);
    return ond_json_equal(wanted, seen);
}

/* On its way to what is wanted: each word of movement with the state that it leads to. */
static bool leads_to(const char *moving, const char *state)
{
    static const char *const ways[][2] = {
        {"opening", "open"},       {"closing", "closed"},   {"locking", "locked"},
        {"unlocking", "unlocked"}, {"returning", "docked"}, {"arming", "armed"},
        {"buffering", "playing"},  {"turning_on", "on"},    {"turning_off", "off"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i][0], moving) == 0 && strncmp(state, ways[i][1], strlen(ways[i][1])) == 0)
            return true;
    return false;
}

static bool moves_right(const cJSON *expect, const cJSON *world)
{
    const char *now = ond_json_str(world, "state", "");
    const cJSON *to = ond_json_get(expect, "position"), *at = ond_json_get(world, "position");
    if (cJSON_IsNumber(to) && cJSON_IsNumber(at)) {
        if (strcmp(now, "opening") == 0) return to->valuedouble >= at->valuedouble;
        if (strcmp(now, "closing") == 0) return to->valuedouble <= at->valuedouble;
    }
    return leads_to(now, ond_json_str(expect, "state", "?"));
}

static bool is_way(const char *name)
{
    return strcmp(name, "state") == 0 || strcmp(name, "position") == 0;
}

/* What was seen on its way ("closing", 97) is still so while it goes on, and when it has got
 * somewhere that way. */
static ond_shows shows_onward(const cJSON *seen, const cJSON *world)
{
    const char *way = ond_json_str(seen, "state", ""), *now = ond_json_str(world, "state", "");
    const cJSON *was = ond_json_get(seen, "position"), *at = ond_json_get(world, "position");
    for (const cJSON *e = seen->child; e; e = e->next)
        if (!is_way(e->string) && !same(e, ond_json_get(world, e->string))) return OND_SHOWS_NOT;
    if (strcmp(way, now) == 0) return OND_SHOWS_MOVING;
    if (leads_to(way, now)) return OND_SHOWS;
    double from = cJSON_IsNumber(was)
                      ? was->valuedouble
                      : 99.5; /* it had begun to close, so it was not shown beyond that */
    bool halfway = strcmp(way, "closing") == 0 && strcmp(now, "open") == 0 && cJSON_IsNumber(at) &&
                   at->valuedouble <= from;
    return halfway ? OND_SHOWS : OND_SHOWS_NOT;
}

static bool on_the_way(const char *state)
{
    const char *const ways[] = {"opening", "closing",   "locking",    "unlocking",  "returning",
                                "arming",  "buffering", "turning_on", "turning_off"};
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i], state) == 0) return true;
    return false;
}

static ond_shows shows_members(const cJSON *members, const cJSON *world)
{
    ond_shows all = OND_SHOWS;
    const cJSON *seen = ond_json_get(world, "members");
    for (const cJSON *m = members->child; m; m = m->next) {
        const cJSON *one = ond_json_get(seen, m->string);
        ond_shows s = one ? ond_hand_shows(m, one) : OND_SHOWS_NOT;
        if (s < all) all = s;
    }
    return all;
}

ond_shows ond_hand_shows(const cJSON *expect, const cJSON *world)
{
    if (!expect || !expect->child) return OND_SHOWS;
    if (cJSON_IsObject(ond_json_get(expect, "members")))
        return shows_members(ond_json_get(expect, "members"), world);
    if (on_the_way(ond_json_str(expect, "state", ""))) return shows_onward(expect, world);
    bool shown = true, rest = true;
    for (const cJSON *e = expect->child; e; e = e->next) {
        if (same(e, ond_json_get(world, e->string))) continue;
        shown = false;
        if (!is_way(e->string)) rest = false;
    }
    if (shown) return OND_SHOWS;
    return rest && moves_right(expect, world) ? OND_SHOWS_MOVING : OND_SHOWS_NOT;
}
