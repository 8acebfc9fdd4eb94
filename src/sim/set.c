/* set.c - what a command does to a device, as the device itself would take it.
 *
 * A lamp whose level or colour is set goes on; level 0 turns it off and keeps the level it had. A
 * colour ends a colour temperature and the reverse. What moves begins to move. */
#include "sim/house.h"
#include "sim/color.h"

#include <math.h>
#include <stdio.h>

static int put(ond__thing *t, const char *key, const cJSON *value, ond_err *err)
{
    return ond_json_set(t->state, key, cJSON_Duplicate(value, true))
               ? OND_OK
               : ond_nomem(err, "setting a device");
}

static int put_word(ond__thing *t, const char *key, const char *word, ond_err *err)
{
    return ond_json_set_str(t->state, key, word) ? OND_OK : ond_nomem(err, "setting a device");
}

static void drop(ond__thing *t, const char *key)
{
    cJSON_DeleteItemFromObjectCaseSensitive(t->state, key);
}

/* Shows `word` at once, or `between` for `seconds` first. */
static int become(ond_house *h, ond__thing *t, const char *word, const char *between,
                  double seconds, ond_err *err)
{
    t->pending[0] = '\0';
    if (strcmp(ond__shown(t), word) == 0) return OND_OK;
    if (seconds <= 0) return put_word(t, "state", word, err);
    snprintf(t->pending, sizeof t->pending, "%s", word);
    t->until = h->at + (ond_ms)(seconds * 1000);
    return put_word(t, "state", between, err);
}

static void set_way(ond__thing *t, const cJSON *attributes)
{
    const cJSON *position = ond_json_get(attributes, "position");
    const char *state = ond_json_str(attributes, "state", "");
    if (strcmp(state, "stopped") == 0)
        t->goal = t->exact;
    else if (position)
        t->goal = position->valuedouble;
    else if (state[0])
        t->goal = strcmp(state, "open") == 0 ? 100 : 0;
    if (t->travel <= 0) t->exact = t->goal;
}

static int set_vacuum(ond__thing *t, const cJSON *attributes, ond_err *err)
{
    const char *state = ond_json_str(attributes, "state", ""), *now = ond__shown(t);
    if (strcmp(state, "stopped") == 0) state = strcmp(now, "docked") == 0 ? "" : "idle";
    if (strcmp(state, "docked") == 0) {
        if (strcmp(now, "docked") == 0 || strcmp(now, "returning") == 0) return OND_OK;
        t->exact = t->travel;
        return put_word(t, "state", t->travel > 0 ? "returning" : "docked", err);
    }
    if (strcmp(state, "cleaning") == 0 && t->left <= 0) t->left = t->cleaning;
    return state[0] ? put_word(t, "state", state, err) : OND_OK;
}

/* The level of a lamp or a fan: 0 is off and does not replace the level. */
static int set_level(ond__thing *t, const cJSON *v, ond_err *err)
{
    if (v->valuedouble <= 0) return put_word(t, "state", "off", err);
    return put(t, v->string, v, err);
}

static int set_rgb(ond__thing *t, const cJSON *v, ond_err *err)
{
    const double rgb[3] = {v->child->valuedouble, v->child->next->valuedouble,
                           v->child->next->next->valuedouble};
    return put_word(t, "color", ond_color_near(rgb)->name, err);
}

static int set_lamp(ond__thing *t, const cJSON *attributes, ond_err *err)
{
    const cJSON *state = ond_json_get(attributes, "state");
    int rc = 0;
    if (!state && attributes->child) OND_TRY(put_word(t, "state", "on", err));
    for (const cJSON *v = attributes->child; v; v = v->next) {
        if (ond__word_in("brightness percentage", v->string))
            OND_TRY(set_level(t, v, err));
        else if (strcmp(v->string, "rgb") == 0)
            OND_TRY(set_rgb(t, v, err));
        else
            OND_TRY(put(t, v->string, v, err));
        if (ond__word_in("color rgb", v->string))
            drop(t, "color_temp");
        else if (strcmp(v->string, "color_temp") == 0)
            drop(t, "color");
        else if (strcmp(v->string, "percentage") == 0 && !ond_json_get(attributes, "preset_mode"))
            drop(t, "preset_mode");
    }
    if (state) OND_TRY(put(t, "state", state, err));
out:
    return rc;
}

/* A reading that follows the room is set by setting the room. */
static void set_sensor(ond_house *h, ond__thing *t, const cJSON *attributes)
{
    const cJSON *v = ond_json_get(attributes, "state");
    if (!cJSON_IsNumber(v)) return;
    if (strcmp(t->cls, "temperature") == 0)
        *(t->area >= 0 ? &h->areas[t->area].temperature : &h->outside) = v->valuedouble;
    else if (strcmp(t->cls, "humidity") == 0)
        *(t->area >= 0 ? &h->areas[t->area].humidity : &h->outside_humidity) = v->valuedouble;
}

static int set_plain(ond__thing *t, const cJSON *attributes, ond_err *err)
{
    int rc = 0;
    for (const cJSON *v = attributes->child; v; v = v->next)
        OND_TRY(put(t, strcmp(v->string, "hvac_mode") == 0 ? "state" : v->string, v, err));
out:
    return rc;
}

static int set_thing(ond_house *h, ond__thing *t, const cJSON *attributes, ond_err *err)
{
    const char *domain = t->domain->name, *state = ond_json_str(attributes, "state", "");
    if (ond__word_in("cover valve", domain)) {
        set_way(t, attributes);
        return OND_OK;
    }
    if (ond__word_in("light fan", domain)) return set_lamp(t, attributes, err);
    if (strcmp(domain, "vacuum") == 0) {
        const cJSON *speed = ond_json_get(attributes, "fan_speed");
        int rc = speed ? put(t, "fan_speed", speed, err) : OND_OK;
        return rc ? rc : set_vacuum(t, attributes, err);
    }
    if (strcmp(domain, "lock") == 0 && strcmp(state, "stopped") != 0)
        return become(h, t, state, strcmp(state, "locked") == 0 ? "locking" : "unlocking",
                      t->travel, err);
    if (strcmp(domain, "alarm_control_panel") == 0 && strcmp(state, "stopped") != 0)
        return become(h, t, state, "arming", strcmp(state, "disarmed") == 0 ? 0 : t->travel, err);
    if (ond__word_in("lock alarm_control_panel", domain)) return OND_OK;
    int rc = set_plain(t, attributes, err);
    if (rc == 0 && strcmp(domain, "sensor") == 0) set_sensor(h, t, attributes);
    if (rc == 0 && strcmp(domain, "binary_sensor") == 0) {
        bool rests = strcmp(state, "on") == 0 && t->timeout > 0;
        snprintf(t->pending, sizeof t->pending, "%s", rests ? "off" : "");
        t->until = h->at + (ond_ms)(t->timeout * 1000);
    }
    return rc;
}

static int set_members(ond_house *h, const cJSON *members, ond_err *err)
{
    for (const cJSON *m = members->child; m; m = m->next) {
        ond__thing *t = ond__thing_find(h, m->string);
        int rc = t ? set_thing(h, t, m, err) : OND_OK;
        if (rc != 0) return rc;
    }
    return OND_OK;
}

int ond_house_set(ond_house *h, const char *id, const cJSON *attributes, ond_err *err)
{
    ond__thing *t = ond__thing_find(h, id);
    if (!t) return ond_fail(err, OND_E_NOT_FOUND, "this house has no device '%.120s'", id);
    int rc = ond__check(h, t, attributes, true, err);
    if (rc != 0) return rc;
    if (strcmp(t->domain->name, "scene") == 0) {
        const cJSON *members = ond_json_get(attributes, "members");
        rc = members ? set_members(h, members, err) : OND_OK;
    } else {
        rc = set_thing(h, t, attributes, err);
    }
    ond__show_all(h);
    return rc;
}
