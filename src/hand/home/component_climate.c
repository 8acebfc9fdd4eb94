/* component_climate.c - thermostats, air conditioners, humidifiers; and, by Ondol's own schema,
 * players and ovens.
 *
 * Home Assistant knows no players and ovens on MQTT. Ours have one state topic that tells a JSON
 * object of attributes, and one command topic that takes one. */
#include "hand/home/device.h"

#include <math.h>

static void tell_text(ond__device *d, const char *attribute, const ond__said *said)
{
    char text[STATE_TEXT_MAX + 1];
    if (said->text.n == 0 || said->text.n > STATE_TEXT_MAX) return;
    if (ond__said_none(said)) {
        cJSON_DeleteItemFromObjectCaseSensitive(d->state, attribute);
        return;
    }
    memcpy(text, said->text.p, said->text.n);
    text[said->text.n] = '\0';
    ond__tell_word(d, attribute, text);
}

static void tell_number(ond__device *d, const char *attribute, const ond__said *said)
{
    double n;
    if (ond__said_number(said, &n))
        ond__tell_number(d, attribute, n);
    else if (ond__said_none(said))
        cJSON_DeleteItemFromObjectCaseSensitive(d->state, attribute);
}

/* ---- climate ---- */

static const char *const modes[] = {"off", "heat", "cool", "heat_cool", "auto", "dry", "fan_only"};
#define N_MODES (sizeof modes / sizeof modes[0])

static void tell_mode(ond__device *d, const ond__said *said)
{
    for (size_t i = 0; i < N_MODES; i++)
        if (ond__said_is(said, modes[i])) {
            ond__tell_word(d, "state", modes[i]);
            ond__tell_word(d, "hvac_mode", modes[i]);
        }
    if (ond__said_none(said)) ond__tell_word(d, "state", "unknown");
}

static bool fahrenheit(const ond__device *d)
{
    return strcmp(ond__cfg(d, "temperature_unit", "C"), "F") == 0;
}

static double celsius(const ond__device *d, double v)
{
    return fahrenheit(d) ? round((v - 32) * 50 / 9) / 10 : v;
}

static void tell_degrees(ond__device *d, const char *attribute, const ond__said *said)
{
    double n;
    if (ond__said_number(said, &n)) ond__tell_number(d, attribute, celsius(d, n));
}

static void tell_goal(ond__device *d, const ond__said *said)
{
    tell_degrees(d, "temperature", said);
}
static void tell_current(ond__device *d, const ond__said *said)
{
    tell_degrees(d, "current_temperature", said);
}
static void tell_action(ond__device *d, const ond__said *said)
{
    tell_text(d, "hvac_action", said);
}
static void tell_fan_mode(ond__device *d, const ond__said *said)
{
    tell_text(d, "fan_mode", said);
}
static void tell_preset(ond__device *d, const ond__said *said)
{
    tell_text(d, "preset_mode", said);
}
static void tell_moist(ond__device *d, const ond__said *said)
{
    tell_number(d, "humidity", said);
}
static void tell_moist_now(ond__device *d, const ond__said *said)
{
    tell_number(d, "current_humidity", said);
}

static void limits_climate(const ond__device *d, cJSON *limits)
{
    const cJSON *listed = ond_json_get(d->config, "modes");
    if (ond__cfg_has(d, "mode_command_topic") && listed)
        ond__limit_list(limits, "state", listed);
    else if (ond__cfg_has(d, "mode_command_topic"))
        ond__limit_words(limits, "state",
                         (const char *const[]){"auto", "off", "cool", "heat", "dry", "fan_only"},
                         6);
    if (ond__cfg_has(d, "temperature_command_topic"))
        ond__limit_range(limits, "temperature",
                         celsius(d, ond__cfg_num(d, "min_temp", fahrenheit(d) ? 45 : 7)),
                         celsius(d, ond__cfg_num(d, "max_temp", fahrenheit(d) ? 95 : 35)));
    if (ond__cfg_has(d, "target_humidity_command_topic"))
        ond__limit_range(limits, "humidity", ond__cfg_num(d, "min_humidity", 30),
                         ond__cfg_num(d, "max_humidity", 99));
    if (ond__cfg_has(d, "fan_mode_command_topic"))
        ond__limit_list(limits, "fan_mode", ond_json_get(d->config, "fan_modes"));
    if (ond__cfg_has(d, "preset_mode_command_topic"))
        ond__limit_list(limits, "preset_mode", ond_json_get(d->config, "preset_modes"));
}

static void send_climate(ond__out *out, const cJSON *attributes)
{
    const ond__device *d = out->device;
    const char *state = ond_json_str(attributes, "state", NULL);
    double goal = ond_json_num(attributes, "temperature", NAN);
    if (state && ond__cfg_has(d, "power_command_topic"))
        ond__send(out, "power_command_topic", "power_command_template",
                  strcmp(state, "off") == 0 ? ond__cfg(d, "payload_off", "OFF")
                                            : ond__cfg(d, "payload_on", "ON"));
    if (state) ond__send(out, "mode_command_topic", "mode_command_template", state);
    if (!isnan(goal))
        ond__send_number(out, "temperature_command_topic", "temperature_command_template",
                         fahrenheit(d) ? round(goal * 9 / 5 + 32) : goal);
    if (ond_json_get(attributes, "humidity"))
        ond__send_number(out, "target_humidity_command_topic", "target_humidity_command_template",
                         ond_json_num(attributes, "humidity", 0));
    if (ond_json_str(attributes, "fan_mode", NULL))
        ond__send(out, "fan_mode_command_topic", "fan_mode_command_template",
                  ond_json_str(attributes, "fan_mode", ""));
    if (ond_json_str(attributes, "preset_mode", NULL))
        ond__send(out, "preset_mode_command_topic", "preset_mode_command_template",
                  ond_json_str(attributes, "preset_mode", ""));
}

static void round_degrees(const ond__device *d, cJSON *expect)
{
    cJSON *goal = cJSON_GetObjectItemCaseSensitive(expect, "temperature");
    if (cJSON_IsNumber(goal) && fahrenheit(d))
        cJSON_SetNumberValue(goal, celsius(d, round(goal->valuedouble * 9 / 5 + 32)));
}

static const char *const needs_mode[] = {"mode_state_topic", "temperature_state_topic", NULL};
static const ond__role climate_roles[] = {
    {"mode_state_topic", "mode_state_template", NULL, tell_mode},
    {"temperature_state_topic", "temperature_state_template", NULL, tell_goal},
    {"current_temperature_topic", "current_temperature_template", NULL, tell_current},
    {"action_topic", "action_template", NULL, tell_action},
    {"fan_mode_state_topic", "fan_mode_state_template", NULL, tell_fan_mode},
    {"preset_mode_state_topic", "preset_mode_value_template", NULL, tell_preset},
    {"target_humidity_state_topic", "target_humidity_state_template", NULL, tell_moist},
    {"current_humidity_topic", "current_humidity_template", NULL, tell_moist_now},
    {0},
};
const ond__component ond__component_climate = {
    .name = "climate",
    .roles = climate_roles,
    .needs = needs_mode,
    .first = "off",
    .limits = limits_climate,
    .send = send_climate,
    .round = round_degrees,
};

/* ---- humidifiers ---- */

static const char *const needs_state[] = {"state_topic", NULL};

static void tell_power(ond__device *d, const ond__said *said)
{
    if (ond__said_is(said, ond__cfg(d, "payload_on", "ON")))
        ond__tell_word(d, "state", "on");
    else if (ond__said_is(said, ond__cfg(d, "payload_off", "OFF")))
        ond__tell_word(d, "state", "off");
}

static void tell_moist_mode(ond__device *d, const ond__said *said)
{
    tell_text(d, "mode", said);
}

static void limits_humidifier(const ond__device *d, cJSON *limits)
{
    if (ond__cfg_has(d, "command_topic"))
        ond__limit_words(limits, "state", (const char *const[]){"off", "on"}, 2);
    if (ond__cfg_has(d, "target_humidity_command_topic"))
        ond__limit_range(limits, "humidity", ond__cfg_num(d, "min_humidity", 0),
                         ond__cfg_num(d, "max_humidity", 100));
    if (ond__cfg_has(d, "mode_command_topic"))
        ond__limit_list(limits, "mode", ond_json_get(d->config, "modes"));
}

static void send_humidifier(ond__out *out, const cJSON *attributes)
{
    const char *state = ond_json_str(attributes, "state", NULL);
    if (state)
        ond__send(out, "command_topic", "command_template",
                  strcmp(state, "on") == 0 ? ond__cfg(out->device, "payload_on", "ON")
                                           : ond__cfg(out->device, "payload_off", "OFF"));
    if (ond_json_get(attributes, "humidity"))
        ond__send_number(out, "target_humidity_command_topic", "target_humidity_command_template",
                         ond_json_num(attributes, "humidity", 0));
    if (ond_json_str(attributes, "mode", NULL))
        ond__send(out, "mode_command_topic", "mode_command_template",
                  ond_json_str(attributes, "mode", ""));
}

static const ond__role humidifier_roles[] = {
    {"state_topic", "state_value_template", "value_template", tell_power},
    {"target_humidity_state_topic", "target_humidity_state_template", NULL, tell_moist},
    {"current_humidity_topic", "current_humidity_template", NULL, tell_moist_now},
    {"mode_state_topic", "mode_state_template", NULL, tell_moist_mode},
    {0},
};
const ond__component ond__component_humidifier = {
    .name = "humidifier",
    .roles = humidifier_roles,
    .needs = needs_state,
    .first = "off",
    .limits = limits_humidifier,
    .send = send_humidifier,
};

/* ---- Ondol's own schema ---- */

static void tell_attributes(ond__device *d, const ond__said *said)
{
    int n = 0;
    for (const cJSON *a = cJSON_IsObject(said->json) ? said->json->child : NULL; a && n < 24;
         a = a->next, n++) {
        bool known = ond_json_get(d->state, a->string) != NULL;
        if (strlen(a->string) > 40 || (!known && cJSON_GetArraySize(d->state) >= 24)) continue;
        if (cJSON_IsNumber(a))
            ond__tell_number(d, a->string, a->valuedouble);
        else if (cJSON_IsString(a))
            ond__tell_word(d, a->string, a->valuestring);
        else if (cJSON_IsBool(a))
            (void)ond_json_set_bool(d->state, a->string, cJSON_IsTrue(a));
    }
}

/* What can be set stands in the announcement's own part, which device.c reads for every component.
 */
static void limits_own(const ond__device *d, cJSON *limits)
{
    (void)d;
    (void)limits;
}

static void send_attributes(ond__out *out, const cJSON *attributes)
{
    ond__send_json(out, "command_topic", cJSON_Duplicate(attributes, true));
}

static const ond__role own_roles[] = {{"state_topic", NULL, NULL, tell_attributes}, {0}};
const ond__component ond__component_media_player = {
    .name = "media_player",
    .schema = "ondol",
    .roles = own_roles,
    .needs = needs_state,
    .first = "off",
    .limits = limits_own,
    .send = send_attributes,
};
const ond__component ond__component_oven = {
    .name = "oven",
    .schema = "ondol",
    .roles = own_roles,
    .needs = needs_state,
    .first = "off",
    .limits = limits_own,
    .send = send_attributes,
};
