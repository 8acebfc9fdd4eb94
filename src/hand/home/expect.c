/* expect.c - what success will look like, what brings the former state back, and what kind of
 * change it is. */
#include "hand/home/internal.h"

#include <math.h>

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

static bool one_of(const char *const *words, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(words[i], word) == 0) return true;
    return false;
}
#define ONE_OF(word, ...)                                                                          \
    one_of((const char *const[]){__VA_ARGS__},                                                     \
           sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *), (word))

bool ond__moves(const char *state)
{
    return ONE_OF(state, "opening", "closing", "locking", "unlocking", "returning", "arming");
}

/* ---- what will show success ---- */

static const char *level_name(const ond__view *v)
{
    return strcmp(v->domain, "light") == 0 ? "brightness" : "percentage";
}

/* A lamp whose level or colour is set is on. One that is off shows nothing else, unless it keeps
 * its level. */
static bool expect_lamp(const ond__view *v, cJSON *e)
{
    const char *level = level_name(v), *state = ond_json_str(e, "state", NULL);
    if (ond_json_get(e, level) && ond_json_num(e, level, 1) <= 0) {
        cJSON_DeleteItemFromObjectCaseSensitive(e, level);
        return ond_json_set_str(e, "state", "off");
    }
    if (!state) return ond_json_set_str(e, "state", "on");
    if (strcmp(state, "off") != 0 || v->keeps_level) return true;
    while (e->child && (e->child->next || strcmp(e->child->string, "state") != 0))
        cJSON_DeleteItemFromObjectCaseSensitive(
            e, strcmp(e->child->string, "state") ? e->child->string : e->child->next->string);
    return true;
}

static bool expect_way(const ond__view *v, cJSON *e)
{
    const char *state = ond_json_str(e, "state", "");
    bool placed = ond_json_get(v->limits, "position") != NULL;
    if (strcmp(state, "stopped") == 0) {
        cJSON_DeleteItemFromObjectCaseSensitive(e, "state");
        return true;
    }
    if (ond_json_get(e, "position"))
        return ond_json_set_str(e, "state", ond_json_num(e, "position", 0) > 0 ? "open" : "closed");
    return !placed || ond_json_set_num(e, "position", strcmp(state, "open") == 0 ? 100 : 0);
}

/* A named colour shows as such; the others are told by their numbers, which the name then follows
 * from. */
static bool expect_color(cJSON *e)
{
    if (ond_json_get(e, "rgb")) cJSON_DeleteItemFromObjectCaseSensitive(e, "color");
    return true;
}

static int expect_members(ond__home *h, cJSON *e, ond_err *err)
{
    cJSON *members = cJSON_GetObjectItemCaseSensitive(e, "members"), *all = cJSON_CreateObject();
    for (const cJSON *m = members->child; m && all; m = m->next) {
        ond__view v;
        cJSON *one = NULL;
        int rc = ond__home_find(h, m->string, &v, err);
        if (rc == 0) rc = ond__expect(h, &v, m, &one, err);
        if (rc != 0 || !ond_json_set(all, m->string, one)) {
            cJSON_Delete(all);
            return rc ? rc : nomem(err);
        }
    }
    return all && ond_json_set(e, "members", all) ? OND_OK : nomem(err);
}

static bool does_once(const ond__view *v, const cJSON *e)
{
    return strcmp(v->domain, "button") == 0 ||
           (strcmp(v->domain, "scene") == 0 && !ond_json_get(e, "members"));
}

int ond__expect(ond__home *h, const ond__view *v, const cJSON *attributes, cJSON **out,
                ond_err *err)
{
    cJSON *e = does_once(v, attributes) ? cJSON_CreateObject() : cJSON_Duplicate(attributes, true);
    bool ok = e != NULL;
    int rc = OND_OK;
    *out = NULL;
    if (ok && ONE_OF(v->domain, "light", "fan"))
        ok = expect_lamp(v, e) && expect_color(e);
    else if (ok && ONE_OF(v->domain, "cover", "valve"))
        ok = expect_way(v, e);
    else if (ok && ond_json_get(e, "members"))
        rc = expect_members(h, e, err);
    if (ok && rc == 0 && v->device) ond__broker_round(v->device, e);
    if (!ok) rc = nomem(err);
    if (rc != 0)
        cJSON_Delete(e);
    else
        *out = e;
    return rc;
}

/* A device that never says its state gives nothing to verify. */
void ond__expect_visible(ond__home *h, const ond__view *v, cJSON *expect)
{
    cJSON *members = cJSON_GetObjectItemCaseSensitive(expect, "members");
    for (cJSON *m = members ? members->child : NULL; m; m = m->next) {
        ond__view one;
        if (ond__home_find(h, m->string, &one, NULL) == 0) ond__expect_visible(h, &one, m);
    }
    while (v->blind && expect->child)
        cJSON_Delete(cJSON_DetachItemViaPointer(expect, expect->child));
}

/* Strict, to tell whether anything would change. */
bool ond__shows_exactly(const cJSON *expect, const cJSON *world)
{
    for (const cJSON *e = expect->child; e; e = e->next) {
        const cJSON *seen = ond_json_get(world, e->string);
        if (!seen) return false;
        if (cJSON_IsObject(e) && cJSON_IsObject(seen)) {
            if (!ond__shows_exactly(e, seen)) return false;
        } else if (cJSON_IsNumber(e) && cJSON_IsNumber(seen)) {
            if (fabs(e->valuedouble - seen->valuedouble) > 1e-6) return false;
        } else if (!ond_json_equal(e, seen)) {
            return false;
        }
    }
    return true;
}

/* A speed ends a preset, which no expected value can say. */
bool ond__ends_preset(const ond__view *v, const cJSON *attributes)
{
    return strcmp(v->domain, "fan") == 0 && ond_json_get(attributes, "percentage") &&
           !ond_json_get(attributes, "preset_mode") && ond_json_get(v->state, "preset_mode");
}

/* ---- what brings it back ---- */

/* A state on the way stands for where it leads. */
static const char *settled(const char *state)
{
    static const char *const ways[][2] = {
        {"opening", "open"},       {"closing", "closed"},   {"locking", "locked"},
        {"unlocking", "unlocked"}, {"returning", "docked"}, {"arming", "armed_away"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        if (strcmp(ways[i][0], state) == 0) return ways[i][1];
    return state;
}

/* False: out of memory. What was not shown cannot be brought back, unless it was off, when nothing
 * else counts. */
static bool put_back(cJSON *undo, const cJSON *before, const char *name, bool *known)
{
    const cJSON *was = ond_json_get(before, name);
    if (!was) {
        *known = *known && strcmp(ond_json_str(before, "state", ""), "off") == 0;
        return true;
    }
    if (strcmp(name, "state") == 0 && cJSON_IsString(was))
        return ond_json_set_str(undo, name, settled(was->valuestring));
    return ond_json_set(undo, name, cJSON_Duplicate(was, true));
}

static bool back_speed(const cJSON *before, cJSON *undo, bool *known)
{
    bool either = false;
    return put_back(undo, before, "percentage",
                    ond_json_get(before, "preset_mode") ? &either : known) &&
           put_back(undo, before, "preset_mode", &either);
}

static bool back_lamp(const cJSON *before, const cJSON *expect, cJSON *undo, bool *known)
{
    bool ok = true, colored = ond_json_get(expect, "color") || ond_json_get(expect, "rgb") ||
                              ond_json_get(expect, "color_temp");
    for (const cJSON *e = expect->child; e && ok; e = e->next)
        if (!ONE_OF(e->string, "color", "rgb", "color_temp", "percentage", "preset_mode"))
            ok = put_back(undo, before, e->string, known);
    if (colored && ok)
        ok = put_back(undo, before,
                      ond_json_get(before, "color_temp") && !ond_json_get(before, "color")
                          ? "color_temp"
                      : ond_json_get(before, "rgb") ? "rgb"
                                                    : "color",
                      known);
    if (ok && (ond_json_get(expect, "percentage") || ond_json_get(expect, "preset_mode")))
        ok = back_speed(before, undo, known);
    return ok;
}

/* Where it was, if it says so; else what it was. */
static bool back_way(const ond__view *v, const cJSON *before, cJSON *undo, bool *known)
{
    bool placed =
        cJSON_IsNumber(ond_json_get(before, "position")) && ond_json_get(v->limits, "position");
    bool moved = ond__moves(ond_json_str(before, "state", ""));
    return put_back(undo, before, placed && !moved ? "position" : "state", known);
}

static int back_members(ond__home *h, const cJSON *before, const cJSON *expect, cJSON *undo,
                        bool *known, ond_err *err)
{
    const cJSON *was = ond_json_get(before, "members");
    cJSON *all = cJSON_AddObjectToObject(undo, "members");
    if (!all) return nomem(err);
    for (const cJSON *e = ond_json_get(expect, "members")->child; e; e = e->next) {
        ond__view v;
        cJSON *one = NULL;
        int rc = ond__home_find(h, e->string, &v, err);
        if (rc == 0) rc = ond__restore(h, &v, ond_json_get(was, e->string), e, &one, err);
        if (rc != 0) return rc;
        if (!one)
            *known = false;
        else if (!ond_json_set(all, e->string, one))
            return nomem(err);
    }
    return OND_OK;
}

int ond__restore(ond__home *h, const ond__view *v, const cJSON *before, const cJSON *expect,
                 cJSON **out, ond_err *err)
{
    cJSON *undo = cJSON_CreateObject();
    bool ok = undo != NULL, known = true;
    int rc = OND_OK;
    *out = NULL;
    if (ok && ond_json_get(expect, "members"))
        rc = back_members(h, before, expect, undo, &known, err);
    else if (ok && ONE_OF(v->domain, "light", "fan"))
        ok = back_lamp(before, expect, undo, &known);
    else if (ok && ONE_OF(v->domain, "cover", "valve"))
        ok = back_way(v, before, undo, &known);
    else
        for (const cJSON *e = expect->child; e && ok; e = e->next)
            ok = put_back(undo, before, e->string, &known);
    if (!ok || rc != 0) {
        cJSON_Delete(undo);
        return rc ? rc : nomem(err);
    }
    /* Only what the device itself would take: "unknown" and "unavailable" are no states to go back
     * to. */
    if (!known || !undo->child || ond__attributes_check(h, v, undo, NULL) != 0) {
        cJSON_Delete(undo);
        return OND_OK;
    }
    *out = undo;
    return OND_OK;
}

/* ---- what kind of change ---- */

static ond_effect effect_of_one(const ond__view *v, const cJSON *attributes)
{
    const char *state = ond_json_str(attributes, "state", ""),
               *was = ond_json_str(v->state, "state", "");
    if (strcmp(state, "stopped") == 0) return OND_EFFECT_REVERSIBLE;
    if (strcmp(v->domain, "lock") == 0)
        return strcmp(state, "locked") == 0 ? OND_EFFECT_REVERSIBLE : OND_EFFECT_PHYSICAL;
    if (strcmp(v->domain, "valve") == 0) return OND_EFFECT_PHYSICAL;
    if (strcmp(v->domain, "cover") == 0)
        return ONE_OF(v->cls, "garage", "gate", "door") ? OND_EFFECT_PHYSICAL
                                                        : OND_EFFECT_REVERSIBLE;
    if (strcmp(v->domain, "oven") == 0) {
        bool hot =
            strcmp(state, "on") == 0 || (strcmp(state, "off") != 0 && strcmp(was, "off") != 0);
        return hot ? OND_EFFECT_PHYSICAL : OND_EFFECT_REVERSIBLE;
    }
    if (strcmp(v->domain, "alarm_control_panel") == 0)
        return strncmp(state, "armed_", 6) == 0 ? OND_EFFECT_REVERSIBLE : OND_EFFECT_PHYSICAL;
    return strcmp(v->domain, "button") == 0 ? OND_EFFECT_IRREVERSIBLE : OND_EFFECT_REVERSIBLE;
}

ond_effect ond__effect(ond__home *h, const ond__view *v, const cJSON *attributes)
{
    const cJSON *members = ond_json_get(attributes, "members");
    if (!members) return effect_of_one(v, attributes);
    ond_effect most = OND_EFFECT_REVERSIBLE;
    for (const cJSON *m = members->child; m; m = m->next) {
        ond__view one;
        if (ond__home_find(h, m->string, &one, NULL) != 0) continue;
        ond_effect e = effect_of_one(&one, m);
        if (e > most) most = e;
    }
    return most;
}
