/* want.c - what a verb wants of a device: attributes, and arguments that are exact.
 *
 * Steps ("brightness_step": -10) become values from what the device shows now, inside its limits;
 * asking again with the exact arguments gives the same. Each verb is one function of the table at
 * the end. */
#include "hand/home/internal.h"
#include "sim/color.h"

#include <math.h>
#include <stdio.h>

typedef struct want {
    ond__home *h;
    const ond__view *v;
    cJSON *args, *attributes; /* in the ond__want */
    ond__want *out;
} want;

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

static int state_to(const want *w, const char *state, ond_err *err)
{
    return ond_json_set_str(w->attributes, "state", state) ? OND_OK : nomem(err);
}

static bool is(const want *w, const char *domain)
{
    return strcmp(w->v->domain, domain) == 0;
}

static const char *now(const want *w)
{
    return ond_json_str(w->v->state, "state", "unknown");
}

static bool can_be(const want *w, const char *state)
{
    for (const cJSON *s = ond_json_get(w->v->limits, "state")
                              ? ond_json_get(w->v->limits, "state")->child
                              : NULL;
         s; s = s->next)
        if (cJSON_IsString(s) && strcmp(s->valuestring, state) == 0) return true;
    return false;
}

/* ---- on, off ---- */

static int want_activate(const want *w, ond_err *err)
{
    if (!is(w, "scene"))
        return ond_fail(err, OND_E_INPUT, "%s is no scene, so it cannot be activated", w->v->id);
    const cJSON *members = ond_json_get(w->v->row, "members");
    if (!members || !members->child) {
        w->out->no_undo = true;
        return state_to(w, "activated", err);
    }
    return ond_json_set(w->attributes, "members", cJSON_Duplicate(members, true)) ? OND_OK
                                                                                  : nomem(err);
}

static int want_press(const want *w, ond_err *err)
{
    if (!is(w, "button"))
        return ond_fail(err, OND_E_INPUT, "%s is no button, so it cannot be pressed", w->v->id);
    w->out->no_undo = true;
    return state_to(w, "pressed", err);
}

/* An air conditioner that is turned on cools; others do what they can do by themselves. */
static const char *climate_on(const want *w)
{
    const char *const usual[] = {"auto", "heat_cool", "heat", "cool", "fan_only", "dry"};
    if (strcmp(now(w), "off") != 0 && strcmp(now(w), "unknown") != 0) return now(w);
    if (strcmp(w->v->cls, "air_conditioner") == 0 && can_be(w, "cool")) return "cool";
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (can_be(w, usual[i])) return usual[i];
    return "on";
}

static const char *media_on(const want *w)
{
    bool off = strcmp(now(w), "off") == 0 || !can_be(w, now(w));
    return off ? "on" : now(w);
}

/* What "on" and "off" mean for each kind of device. */
static int on_off(const want *w, bool on, ond_err *err)
{
    static const char *const words[][3] = {
        {"cover", "open", "closed"},
        {"valve", "open", "closed"},
        {"lock", "locked", "unlocked"},
        {"vacuum", "cleaning", "docked"},
        {"alarm_control_panel", "armed_away", "disarmed"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is(w, words[i][0])) return state_to(w, words[i][on ? 1 : 2], err);
    if (on && is(w, "scene")) return want_activate(w, err);
    if (on && is(w, "button")) return want_press(w, err);
    if (on && is(w, "climate")) return state_to(w, climate_on(w), err);
    if (on && is(w, "media_player")) return state_to(w, media_on(w), err);
    return state_to(w, on ? "on" : "off", err);
}

static int want_turn_on(const want *w, ond_err *err)
{
    return on_off(w, true, err);
}

static int want_turn_off(const want *w, ond_err *err)
{
    return on_off(w, false, err);
}

static int want_toggle(const want *w, ond_err *err)
{
    const char *to = ond_json_str(w->args, "to", NULL);
    if (to) return state_to(w, to, err);
    if (!now(w)[0] || strcmp(now(w), "unknown") == 0 || is(w, "scene") || is(w, "button"))
        return ond_fail(err, OND_E_INPUT,
                        "%s cannot be toggled: its state is not known; say on or off", w->v->id);
    static const char *const rest[] = {"off",     "closed", "closing",   "locked",
                                       "locking", "docked", "returning", "disarmed"};
    bool rests = false;
    for (size_t i = 0; i < sizeof rest / sizeof *rest; i++)
        rests = rests || strcmp(now(w), rest[i]) == 0;
    bool on = is(w, "lock") ? !rests : rests;
    int rc = on_off(w, on, err);
    if (rc == 0 && !ond_json_set_str(w->args, "to", ond_json_str(w->attributes, "state", "")))
        rc = nomem(err);
    return rc;
}

/* ---- values and steps ---- */

static double low_of(const want *w, const char *name)
{
    const cJSON *l = ond_json_get(w->v->limits, name);
    return l && cJSON_IsNumber(l->child) ? l->child->valuedouble : 0;
}

static double high_of(const want *w, const char *name, double otherwise)
{
    const cJSON *l = ond_json_get(w->v->limits, name);
    return l && cJSON_IsNumber(l->child) && l->child->next ? l->child->next->valuedouble
                                                           : otherwise;
}

/* The words of ond_attributes_check for an attribute that the device does not have. */
static int refuse_attribute(const want *w, const char *name, ond_err *err)
{
    cJSON *one = cJSON_CreateObject();
    if (!one || !ond_json_set_num(one, name, 0)) {
        cJSON_Delete(one);
        return nomem(err);
    }
    int rc = ond_attributes_check(w->v->id, w->v->limits, false, one, err);
    cJSON_Delete(one);
    return rc;
}

/* "x_step" becomes "x": what it shows now plus the step, inside the limits. */
static int resolve(const want *w, const char *name, double base, ond_err *err)
{
    char step_name[40];
    snprintf(step_name, sizeof step_name, "%s_step", name);
    const cJSON *step = ond_json_get(w->args, step_name);
    if (!step) return OND_OK;
    if (ond_json_get(w->args, name))
        return ond_fail(err, OND_E_INPUT, "%s and %s say two things at once; give one", name,
                        step_name);
    if (!ond_json_get(w->v->limits, name)) return refuse_attribute(w, name, err);
    if (isnan(base))
        return ond_fail(err, OND_E_INPUT,
                        "%s does not show its %s, so it cannot be changed by a step; say a value",
                        w->v->id, name);
    double to = base + step->valuedouble, low = low_of(w, name), high = high_of(w, name, to);
    to = to < low ? low : to > high ? high : round(to * 10) / 10;
    cJSON_DeleteItemFromObjectCaseSensitive(w->args, step_name);
    return ond_json_set_num(w->args, name, to) ? OND_OK : nomem(err);
}

/* Takes the argument over into the attributes; *found counts. */
static int take(const want *w, const char *name, int *found, ond_err *err)
{
    const cJSON *v = ond_json_get(w->args, name);
    if (!v) return OND_OK;
    ++*found;
    return ond_json_set(w->attributes, name, cJSON_Duplicate(v, true)) ? OND_OK : nomem(err);
}

static int need(const want *w, int found, const char *what, ond_err *err)
{
    (void)w;
    return found ? OND_OK : ond_fail(err, OND_E_INPUT, "it is not said what to set: %s", what);
}

static double shown(const want *w, const char *name)
{
    return ond_json_num(w->v->state, name, NAN);
}

/* A lamp or fan that is off is at 0; making that less leaves it off. */
static int resolve_level(const want *w, const char *name, ond_err *err)
{
    char step_name[40];
    snprintf(step_name, sizeof step_name, "%s_step", name);
    bool off = strcmp(now(w), "off") == 0;
    if (!off || ond_json_num(w->args, step_name, 1) > 0)
        return resolve(w, name, off ? 0 : shown(w, name), err);
    cJSON_DeleteItemFromObjectCaseSensitive(w->args, step_name);
    return ond_json_set_num(w->args, name, 0) ? OND_OK : nomem(err);
}

/* Zero turns off, also where the lowest level is 1. */
static int take_level(const want *w, const char *name, int *found, ond_err *err)
{
    if (ond_json_get(w->args, name) && ond_json_num(w->args, name, 1) == 0) {
        ++*found;
        return state_to(w, "off", err);
    }
    return take(w, name, found, err);
}

static int color_name(cJSON *object, const char *id, ond_err *err)
{
    const char *name = ond_json_str(object, "color", NULL);
    if (!name) return OND_OK;
    const ond_color *c = ond_color_by_name(name);
    if (!c)
        return ond_fail(err, OND_E_INPUT,
                        "%s: there is no colour '%.40s'; there are white, red, orange, yellow, "
                        "green, blue, purple, pink and more",
                        id, name);
    return ond_json_set_str(object, "color", c->name) ? OND_OK : nomem(err);
}

static int want_set_light(const want *w, ond_err *err)
{
    int rc = 0, found = 0;
    double middle = (low_of(w, "color_temp") + high_of(w, "color_temp", 6500)) / 2,
           temp = shown(w, "color_temp");
    OND_TRY(resolve_level(w, "brightness", err));
    OND_TRY(resolve(w, "color_temp", isnan(temp) ? middle : temp, err));
    OND_TRY(color_name(w->args, w->v->id, err));
    OND_TRY(take_level(w, "brightness", &found, err));
    OND_TRY(take(w, "color", &found, err));
    OND_TRY(take(w, "color_temp", &found, err));
    OND_TRY(need(w, found, "brightness, color or color_temp", err));
out:
    return rc;
}

static int want_set_fan(const want *w, ond_err *err)
{
    int rc = 0, found = 0;
    OND_TRY(resolve_level(w, "percentage", err));
    OND_TRY(take_level(w, "percentage", &found, err));
    OND_TRY(take(w, "preset_mode", &found, err));
    OND_TRY(need(w, found, "percentage or preset_mode", err));
out:
    return rc;
}

static int one_value(const want *w, const char *name, ond_err *err)
{
    int rc = 0, found = 0;
    OND_TRY(resolve(w, name, shown(w, name), err));
    OND_TRY(take(w, name, &found, err));
    OND_TRY(need(w, found, name, err));
out:
    return rc;
}

static int want_set_position(const want *w, ond_err *err)
{
    return one_value(w, "position", err);
}

static int want_set_temperature(const want *w, ond_err *err)
{
    return one_value(w, "temperature", err);
}

static int want_set_humidity(const want *w, ond_err *err)
{
    return one_value(w, "humidity", err);
}

static int want_set_volume(const want *w, ond_err *err)
{
    int rc = 0, found = 0;
    OND_TRY(resolve(w, "volume", shown(w, "volume"), err));
    OND_TRY(take(w, "volume", &found, err));
    OND_TRY(take(w, "muted", &found, err));
    OND_TRY(need(w, found, "volume or muted", err));
out:
    return rc;
}

static int want_set_hvac_mode(const want *w, ond_err *err)
{
    return state_to(w, ond_json_str(w->args, "hvac_mode", ""), err);
}

/* ---- one word each ---- */

static int want_open(const want *w, ond_err *err)
{
    return state_to(w, "open", err);
}
static int want_close(const want *w, ond_err *err)
{
    return state_to(w, "closed", err);
}
static int want_lock(const want *w, ond_err *err)
{
    return state_to(w, "locked", err);
}
static int want_unlock(const want *w, ond_err *err)
{
    return state_to(w, "unlocked", err);
}
static int want_start(const want *w, ond_err *err)
{
    return state_to(w, "cleaning", err);
}
static int want_pause(const want *w, ond_err *err)
{
    return state_to(w, "paused", err);
}
static int want_dock(const want *w, ond_err *err)
{
    return state_to(w, "docked", err);
}
static int want_media_play(const want *w, ond_err *err)
{
    return state_to(w, "playing", err);
}
static int want_media_pause(const want *w, ond_err *err)
{
    return state_to(w, "paused", err);
}
static int want_disarm(const want *w, ond_err *err)
{
    return state_to(w, "disarmed", err);
}

static int want_get(const want *w, ond_err *err)
{
    (void)w;
    (void)err;
    return OND_OK;
}

static int want_stop(const want *w, ond_err *err)
{
    if (is(w, "vacuum"))
        return state_to(w,
                        strcmp(now(w), "docked") == 0 ? "docked"
                        : can_be(w, "idle")           ? "idle"
                                                      : "paused",
                        err);
    if (!is(w, "media_player")) return state_to(w, "stopped", err);
    bool plays = strcmp(now(w), "playing") == 0;
    return state_to(w, plays ? "paused" : now(w), err);
}

static int want_arm(const want *w, ond_err *err)
{
    char state[80];
    snprintf(state, sizeof state, "armed_%.64s", ond_json_str(w->args, "mode", "away"));
    return state_to(w, state, err);
}

static int track(const want *w, double step, ond_err *err)
{
    int found = 0;
    double at = shown(w, "track"), low = low_of(w, "track"), high = high_of(w, "track", 1e6);
    if (isnan(at))
        return ond_fail(err, OND_E_INPUT, "%s has no tracks or channels to go through", w->v->id);
    double to = at + step > high ? low : at + step < low ? high : at + step;
    if (!ond_json_get(w->args, "track") && !ond_json_set_num(w->args, "track", to))
        return nomem(err);
    return take(w, "track", &found, err);
}

static int want_media_next(const want *w, ond_err *err)
{
    return track(w, 1, err);
}

static int want_media_previous(const want *w, ond_err *err)
{
    return track(w, -1, err);
}

/* The general one. "state" may be true or false, "hvac_mode" is a climate device's state. */
static int want_set(const want *w, ond_err *err)
{
    const cJSON *given = ond_json_get(w->args, "attributes");
    if (!cJSON_IsObject(given) || !given->child)
        return ond_fail(err, OND_E_INPUT,
                        "no attributes for %s; they are an object such as {\"state\":\"on\"}",
                        w->v->id);
    for (const cJSON *a = given ? given->child : NULL; a; a = a->next) {
        const char *key = strcmp(a->string, "hvac_mode") == 0 ? "state" : a->string;
        cJSON *copy = strcmp(key, "state") == 0 && cJSON_IsBool(a)
                          ? cJSON_CreateString(cJSON_IsTrue(a) ? "on" : "off")
                          : cJSON_Duplicate(a, true);
        if (!copy || !ond_json_set(w->attributes, key, copy)) return nomem(err);
    }
    bool opaque = is(w, "scene") && !ond_json_get(w->attributes, "members");
    w->out->no_undo = opaque || is(w, "button");
    if (ond_json_get(w->attributes, "brightness") &&
        ond_json_num(w->attributes, "brightness", 1) == 0) {
        cJSON_DeleteItemFromObjectCaseSensitive(w->attributes, "brightness");
        if (!ond_json_set_str(w->attributes, "state", "off")) return nomem(err);
    }
    return color_name(w->attributes, w->v->id, err);
}

/* ---- the table ---- */

static const struct {
    const char *verb;
    int (*fn)(const want *w, ond_err *err);
} wants[] = {
#define VERB(name, effect, summary, properties, required) {#name, want_##name},
#include "hand/home/verbs.def"
#undef VERB
};

int ond__want_make(ond__home *h, const ond__view *v, const char *verb, const cJSON *args,
                   ond__want *out, ond_err *err)
{
    *out = (ond__want){0};
    size_t i = 0, n = sizeof wants / sizeof wants[0];
    while (i < n && strcmp(wants[i].verb, verb) != 0) i++;
    if (i == n) return ond_fail(err, OND_E_NOT_FOUND, "the hand home has no verb '%.60s'", verb);
    out->args = cJSON_Duplicate(args, true);
    out->attributes = cJSON_CreateObject();
    want w = {h, v, out->args, out->attributes, out};
    int rc = out->args && out->attributes ? wants[i].fn(&w, err) : nomem(err);
    if (rc == 0 && ond_json_get(out->attributes, "color_temp") &&
        (ond_json_get(out->attributes, "color") || ond_json_get(out->attributes, "rgb")))
        rc = ond_fail(err, OND_E_INPUT,
                      "%s cannot have a colour and a colour temperature at once; give one", v->id);
    if (rc == 0 && out->attributes->child) rc = ond__attributes_check(h, v, out->attributes, err);
    if (rc != 0) ond__want_free(out);
    return rc;
}

void ond__want_free(ond__want *w)
{
    cJSON_Delete(w->args);
    cJSON_Delete(w->attributes);
    *w = (ond__want){0};
}
