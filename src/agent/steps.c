/* steps.c - what is to be done with each device: a verb of the hand, its arguments, and where each
 * of them came from.
 *
 * One function for each intent, named in intents.def. Relative wishes become *_step arguments,
 * which the hand makes absolute; what was said comes from the owner, what a rule adds from the
 * rule, the device's id from the house. A scene becomes one `set` for each of its members, so that
 * each is judged by what it does. */

#include "agent/steps.h"

#include <math.h>
#include <stdio.h>

/* ---- arguments ---- */

/* A number that was said goes into `key`. False where there is none. */
static bool put_slot(ond__wish *w, ond__draft *d, const char *slot, const char *key)
{
    double value;
    return ond__slot_num(w, slot, &value) && ond__draft_num(d, key, value, ond__slot_source(w, slot));
}

/* How far a relative wish goes: what was said, or a little, some, much of `stride`. */
typedef struct stride { double little, some, much; } stride;

static bool put_step(ond__wish *w, ond__draft *d, const char *key, stride by, const char *direction)
{
    double value;
    const char *source = ond_source_name(OND_SOURCE_RULE), *amount = ond__slot_str(w, "amount", "");
    if (ond__slot_num(w, "step", &value))
        source = ond__slot_source(w, "step");
    else
        value = strcmp(amount, "little") == 0 ? by.little
                : strcmp(amount, "much") == 0 ? by.much
                                              : by.some;
    return ond__draft_num(d, key, strcmp(direction, "down") == 0 ? -fabs(value) : fabs(value), source);
}

static bool put_way(ond__wish *w, ond__draft *d, const char *key, stride by)
{
    return put_step(w, d, key, by, ond__slot_str(w, "direction", "up"));
}

static bool is(const ond__device *d, const char *domain) { return strcmp(d->domain, domain) == 0; }

/* ---- on, off ---- */

typedef struct both { const char *domain, *on, *off; } both;
static const both by_domain[] = {
    {"cover", "open", "close"},
    {"valve", "open", "close"},
    {"lock", "lock", "unlock"},
    {"vacuum", "start", "dock"},
    {"alarm_control_panel", "arm", "disarm"},
    {"light", "turn_on", "turn_off"},
    {"switch", "turn_on", "turn_off"},
    {"fan", "turn_on", "turn_off"},
    {"climate", "turn_on", "turn_off"},
    {"humidifier", "turn_on", "turn_off"},
    {"media_player", "turn_on", "turn_off"},
    {"oven", "turn_on", "turn_off"},
    {"siren", "turn_on", "turn_off"},
    {"scene", "activate", NULL},
};

static const char *switch_verb(const char *domain, bool on)
{
    for (size_t i = 0; i < sizeof by_domain / sizeof by_domain[0]; i++)
        if (strcmp(by_domain[i].domain, domain) == 0)
            return on ? by_domain[i].on : by_domain[i].off;
    return NULL;
}

bool ond__step_on(ond__wish *w, const ond__device *d, ond__draft *out)
{
    (void)w;
    return (out->verb = switch_verb(d->domain, true)) != NULL;
}

bool ond__step_off(ond__wish *w, const ond__device *d, ond__draft *out)
{
    (void)w;
    return (out->verb = switch_verb(d->domain, false)) != NULL;
}

bool ond__step_arm(ond__wish *w, const ond__device *d, ond__draft *out)
{
    const char *mode = ond__slot_str(w, "mode", NULL);
    out->verb = "arm";
    return is(d, "alarm_control_panel") && mode &&
           ond__draft_str(out, "mode", mode, ond__slot_source(w, "mode"));
}

/* ---- lights ---- */

bool ond__step_light(ond__wish *w, const ond__device *d, ond__draft *out)
{
    const char *color = ond__slot_str(w, "color", NULL);
    out->verb = "set_light";
    bool any = put_slot(w, out, "brightness", "brightness");
    any |= put_slot(w, out, "temperature", "color_temp");
    any |= color && ond__draft_str(out, "color", color, ond__slot_source(w, "color"));
    return any && is(d, "light");
}

bool ond__step_light_step(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_light";
    return is(d, "light") && put_way(w, out, "brightness_step", (stride){10, 20, 40});
}

/* Up is cooler: more kelvin. */
bool ond__step_warmth(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_light";
    return is(d, "light") && put_way(w, out, "color_temp_step", (stride){300, 700, 1500});
}

/* ---- covers ---- */

bool ond__step_position(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_position";
    return ond__word_of("cover valve", d->domain) && put_slot(w, out, "position", "position");
}

bool ond__step_cover_step(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_position";
    return is(d, "cover") && put_way(w, out, "position_step", (stride){10, 20, 40});
}

bool ond__step_stop(ond__wish *w, const ond__device *d, ond__draft *out)
{
    (void)w;
    out->verb = "stop";
    return ond__word_of("cover valve", d->domain);
}

/* ---- climate, fans, humidifiers ---- */

bool ond__step_temperature(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_temperature";
    return ond__word_of("climate oven", d->domain) &&
           put_slot(w, out, "temperature", "temperature");
}

bool ond__step_temperature_step(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_temperature";
    return ond__word_of("climate oven", d->domain) &&
           put_way(w, out, "temperature_step", (stride){1, 1, 3});
}

bool ond__step_mode(ond__wish *w, const ond__device *d, ond__draft *out)
{
    const char *mode = ond__slot_str(w, "mode", NULL);
    out->verb = "set_hvac_mode";
    return is(d, "climate") && mode && ond__draft_str(out, "hvac_mode", mode, ond__slot_source(w, "mode"));
}

bool ond__step_fan(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_fan";
    return is(d, "fan") && put_slot(w, out, "percentage", "percentage");
}

bool ond__step_fan_step(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_fan";
    return is(d, "fan") && put_way(w, out, "percentage_step", (stride){15, 30, 50});
}

bool ond__step_humidity(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_humidity";
    return is(d, "humidifier") && put_slot(w, out, "humidity", "humidity");
}

bool ond__step_humidity_step(ond__wish *w, const ond__device *d, ond__draft *out)
{
    out->verb = "set_humidity";
    return is(d, "humidifier") && put_way(w, out, "humidity_step", (stride){5, 5, 15});
}

/* ---- modes: of fans, air conditioners, humidifiers, vacuums ---- */

/* One attribute by its name, where no verb of its own sets it. */
static bool put_attribute(ond__wish *w, ond__draft *d, const char *slot, const char *attribute)
{
    const ond_slot *said = ond_match_slot(w->match, slot);
    cJSON *one = cJSON_CreateObject();
    d->verb = "set";
    if (said && one && ond_json_set(one, attribute, cJSON_Duplicate(said->value, true)))
        return ond_json_set(d->args, "attributes", one) &&
               ond_json_set_str(d->provenance, "attributes", ond__slot_source(w, slot));
    cJSON_Delete(one);
    return false;
}

bool ond__step_preset(ond__wish *w, const ond__device *d, ond__draft *out)
{
    static const char *const modes[][2] = {
        {"climate", "fan_mode"}, {"humidifier", "mode"}, {"vacuum", "fan_speed"}};
    const char *preset = ond__slot_str(w, "preset", NULL);
    out->verb = "set_fan";
    if (is(d, "fan"))
        return preset && ond__draft_str(out, "preset_mode", preset, ond__slot_source(w, "preset"));
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++)
        if (is(d, modes[i][0]))
            return put_attribute(w, out, "preset", modes[i][1]);
    return false;
}

/* ---- players ---- */

static bool player(const ond__device *d, ond__draft *out, const char *verb)
{
    out->verb = verb;
    return is(d, "media_player");
}

bool ond__step_pause(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, player(d, out, "media_pause");
}
bool ond__step_play(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, player(d, out, "media_play");
}
bool ond__step_next(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, player(d, out, "media_next");
}
bool ond__step_previous(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, player(d, out, "media_previous");
}

bool ond__step_volume(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return player(d, out, "set_volume") && put_slot(w, out, "volume_level", "volume");
}

/* volume_step is "up", "down" or, as Home Assistant has it too, a number. */
bool ond__step_volume_step(ond__wish *w, const ond__device *d, ond__draft *out)
{
    if (!player(d, out, "set_volume"))
        return false;
    return put_slot(w, out, "volume_step", "volume_step") ||
           put_step(w, out, "volume_step", (stride){5, 10, 25},
                    ond__slot_str(w, "volume_step", "up"));
}

bool ond__step_channel(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return is(d, "media_player") && put_attribute(w, out, "track", "track");
}
bool ond__step_source(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return is(d, "media_player") && put_attribute(w, out, "source", "source");
}

static bool muted(const ond__device *d, ond__draft *out, bool on)
{
    return player(d, out, "set_volume") && ond_json_set_bool(out->args, "muted", on) &&
           ond_json_set_str(out->provenance, "muted", ond_source_name(OND_SOURCE_RULE));
}

bool ond__step_mute(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, muted(d, out, true);
}
bool ond__step_unmute(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, muted(d, out, false);
}

/* ---- vacuums ---- */

static bool vacuum(const ond__device *d, ond__draft *out, const char *verb)
{
    out->verb = verb;
    return is(d, "vacuum");
}

bool ond__step_vacuum_start(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, vacuum(d, out, "start");
}
bool ond__step_dock(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, vacuum(d, out, "dock");
}
bool ond__step_vacuum_pause(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, vacuum(d, out, "pause");
}

/* READ and TALK have no step. */
bool ond__step_none(ond__wish *w, const ond__device *d, ond__draft *out)
{
    return (void)w, (void)d, (void)out, false;
}

/* ---- limits ---- */

/* Says what the device takes where the wish asks for more. */
static bool within(ond__wish *w, int device, const ond__draft *draft)
{
    const cJSON *limits = ond_json_get(w->a->registry.device[device].row, "limits"), *arg;
    cJSON_ArrayForEach(arg, draft->args) {
        const cJSON *range = ond_json_get(limits, arg->string);
        const cJSON *low = cJSON_GetArrayItem(range, 0), *high = cJSON_GetArrayItem(range, 1);
        if (!cJSON_IsNumber(arg) || cJSON_GetArraySize(range) != 2 || !cJSON_IsNumber(low) ||
            !cJSON_IsNumber(high))
            continue;
        bool dark = strcmp(arg->string, "brightness") == 0 && arg->valuedouble == 0; /* means off */
        if (dark || (arg->valuedouble >= low->valuedouble && arg->valuedouble <= high->valuedouble))
            continue;
        char from[32], to[32];
        ond_buf label = {0};
        snprintf(from, sizeof from, "%g", low->valuedouble);
        snprintf(to, sizeof to, "%g", high->valuedouble);
        ond__label_put(&label, &w->a->registry, device, w->lang);
        OND__WISH_FAIL(w, OND_E_INPUT, OND_M_AGENT_LIMITS, ond_buf_z(&label), from, to);
        ond_buf_free(&label);
        return false;
    }
    return true;
}

/* ---- proposals ---- */

/* A step of the hand home for one device. Takes what d holds. */
static int propose(ond__wish *w, const char *id, ond__draft *d, bool *can, ond_err *err)
{
    if (ond__draft_str(d, "entity", id, ond_source_name(OND_SOURCE_HOUSE)))
        return ond__draft_propose(w, d, can, err);
    ond__draft_drop(d);
    return ond_nomem(err, "planning");
}

static ond__draft new_draft(const char *verb) { return ond__draft_new("home", verb); }

static int propose_scene(ond__wish *w, const ond__device *scene, bool *can, ond_err *err)
{
    const cJSON *members = ond_json_get(scene->row, "members"), *one;
    int rc = 0;
    *can = members != NULL;
    cJSON_ArrayForEach(one, members) {
        ond__draft d = new_draft("set");
        if (!d.args || !d.provenance ||
            !ond_json_set(d.args, "attributes", cJSON_Duplicate(one, true)) ||
            !ond_json_set_str(d.provenance, "attributes", ond_source_name(OND_SOURCE_HOUSE))) {
            ond__draft_drop(&d);
            return ond_nomem(err, "planning a scene");
        }
        rc = propose(w, one->string, &d, can, err);
        if (rc != 0 || !*can)
            break;
    }
    return rc;
}

/* "에어컨 24도로 켜 줘": on first, then the rest. */
static int also_on(ond__wish *w, const ond__device *d, bool *can, ond_err *err)
{
    ond__draft on = new_draft(switch_verb(d->domain, true));
    if (on.verb)
        return propose(w, d->id, &on, can, err);
    ond__draft_drop(&on);
    return 0;
}

/* "에어컨 냉방 24도": the mode first, then the temperature. */
static int also_mode(ond__wish *w, const ond__device *d, bool *can, ond_err *err)
{
    ond__draft mode = new_draft(NULL);
    if (mode.args && mode.provenance && ond__step_mode(w, d, &mode))
        return propose(w, d->id, &mode, can, err);
    ond__draft_drop(&mode);
    return 0;
}

static int act_on(ond__wish *w, int device, bool *can, ond_err *err)
{
    const ond__device *d = &w->a->registry.device[device];
    ond__draft draft = new_draft(NULL);
    int rc = 0;
    *can = draft.args && draft.provenance && w->intent->step(w, d, &draft);
    bool scene = *can && strcmp(draft.verb, "activate") == 0;
    if (!*can || scene || !within(w, device, &draft)) {
        ond__draft_drop(&draft);
        return scene ? propose_scene(w, d, can, err) : 0;
    }
    if (ond__slot_has(w, "power", "on"))
        rc = also_on(w, d, can, err);
    if (strcmp(draft.verb, "set_temperature") == 0 && ond_match_slot(w->match, "mode"))
        rc = also_mode(w, d, can, err);
    if (rc == 0 && *can)
        return propose(w, d->id, &draft, can, err);
    ond__draft_drop(&draft);
    return rc;
}

int ond__device_can(ond__wish *w, int device, bool *can, ond_err *err)
{
    const ond__device *d = &w->a->registry.device[device];
    ond__draft draft = new_draft(NULL);
    ond_effect effect;
    int rc = 0;
    *can = draft.args && draft.provenance && w->intent->step(w, d, &draft);
    if (*can && strcmp(draft.verb, "activate") != 0) {
        if (!ond_json_set_str(draft.args, "entity", d->id))
            rc = ond_nomem(err, "planning");
        else if ((rc = ond_gate_effect(w->a->gate, "home", draft.verb, draft.args, &effect, err)) ==
                 OND_E_INPUT)
            rc = 0, *can = false;
    }
    ond__draft_drop(&draft);
    return rc;
}

static void cannot(ond__wish *w, int device)
{
    ond_buf label = {0};
    ond__label_put(&label, &w->a->registry, device, w->lang);
    OND__WISH_FAIL(w, OND_E_INPUT, OND_M_AGENT_CANNOT, ond_buf_z(&label));
    ond_buf_free(&label);
}

/* Of many, those that cannot do it are left out and told; where none can, nothing is done. Of one that can
 * do only a part ("보일러 세게 틀어": on, but it has no fan) no part is done. */
static int act_on_all(ond__wish *w, ond_err *err)
{
    int rc = 0;
    bool can;
    for (size_t i = 0; rc == 0 && w->code == 0 && i < w->n_target; i++) {
        size_t before = w->plan.n;
        rc = act_on(w, w->target[i], &can, err);
        if (rc == 0 && w->code == 0 && !can) {
            ond_plan_cut(&w->plan, before);
            w->skipped++;
        }
    }
    if (rc == 0 && w->code == 0 && w->skipped && w->plan.n == 0)
        cannot(w, w->target[0]);
    return rc;
}

int ond__steps(ond__wish *w, ond_err *err)
{
    int rc = 0;
    bool can;
    if (w->intent->kind == OND__ACT)
        return act_on_all(w, err);
    for (size_t i = 0; rc == 0 && i < w->n_target; i++) {
        ond__draft get = new_draft("get");
        rc = propose(w, w->a->registry.device[w->target[i]].id, &get, &can, err);
    }
    return rc;
}
