/* component_way.c - what moves: covers, valves, fans, vacuums.
 *
 * Positions are 0 closed to 100 open in here, position_closed to position_open on the wire. */
#include "hand/home/device.h"
#include "hand/home/template.h"

#include <math.h>

/* ---- covers ---- */

static const char *const needs_place[] = {"state_topic", "position_topic", NULL};

static double place_in(const ond__device *d, double raw)
{
    double closed = ond__cfg_num(d, "position_closed", 0),
           open = ond__cfg_num(d, "position_open", 100);
    double percent = open == closed ? 0 : round((raw - closed) / (open - closed) * 100);
    return fmin(fmax(percent, 0), 100);
}

static double place_out(const ond__device *d, double percent)
{
    double closed = ond__cfg_num(d, "position_closed", 0),
           open = ond__cfg_num(d, "position_open", 100);
    return round(closed + (open - closed) * percent / 100);
}

/* One that stopped is open unless its position, or the way it went, says closed. */
static void tell_stopped(ond__device *d)
{
    double place = ond_json_num(d->state, "position", NAN);
    bool closed =
        isnan(place) ? strcmp(ond_json_str(d->state, "state", ""), "closing") == 0 : place <= 0;
    ond__tell_word(d, "state", closed ? "closed" : "open");
}

static void tell_cover(ond__device *d, const ond__said *said)
{
    static const char *const words[][2] = {
        {"state_open", "open"},
        {"state_closed", "closed"},
        {"state_opening", "opening"},
        {"state_closing", "closing"},
    };
    for (size_t i = 0; i < 4; i++)
        if (ond__said_is(said, ond__cfg(d, words[i][0], words[i][1]))) {
            ond__tell_word(d, "state", words[i][1]);
            return;
        }
    if (ond__said_is(said, ond__cfg(d, "state_stopped", "stopped")))
        tell_stopped(d);
    else if (ond__said_none(said))
        ond__tell_word(d, "state", "unknown");
}

static void tell_position(ond__device *d, const ond__said *said)
{
    double raw = cJSON_IsObject(said->json) ? ond_json_num(said->json, "position", NAN) : NAN;
    if (isnan(raw) && !ond__said_number(said, &raw)) return;
    ond__tell_number(d, "position", place_in(d, raw));
    if (!ond__cfg_has(d, "state_topic"))
        ond__tell_word(d, "state", place_in(d, raw) > 0 ? "open" : "closed");
}

static void limits_cover(const ond__device *d, cJSON *limits)
{
    if (ond__cfg_has(d, "command_topic") || ond__cfg_has(d, "set_position_topic"))
        ond__limit_words(limits, "state", (const char *const[]){"open", "closed"}, 2);
    if (ond__cfg_has(d, "set_position_topic")) ond__limit_range(limits, "position", 0, 100);
}

static void send_place(ond__out *out, double percent)
{
    cJSON v[3] = {
        {.type = cJSON_Number, .valuedouble = percent},
        {.type = cJSON_Number, .valuedouble = ond__cfg_num(out->device, "position_open", 100)},
        {.type = cJSON_Number, .valuedouble = ond__cfg_num(out->device, "position_closed", 0)}};
    const ond__var vars[] = {
        {"position", {0}, &v[0]}, {"position_open", {0}, &v[1]}, {"position_closed", {0}, &v[2]}};
    cJSON wire = {.type = cJSON_Number, .valuedouble = place_out(out->device, percent)};
    ond_buf text = {0};
    ond_json_print(&text, &wire);
    ond__send_vars(out, "set_position_topic", "set_position_template", ond_buf_z(&text), vars, 3);
    ond_buf_free(&text);
}

static void send_cover(ond__out *out, const cJSON *attributes)
{
    const ond__device *d = out->device;
    const char *state = ond_json_str(attributes, "state", "");
    if (ond_json_get(attributes, "position"))
        send_place(out, ond_json_num(attributes, "position", 0));
    else if (strcmp(state, "stopped") == 0)
        ond__send(out, "command_topic", NULL, ond__cfg(d, "payload_stop", "STOP"));
    else if (!ond__cfg_has(d, "command_topic"))
        send_place(out, strcmp(state, "open") == 0 ? 100 : 0);
    else
        ond__send(out, "command_topic", NULL,
                  strcmp(state, "open") == 0 ? ond__cfg(d, "payload_open", "OPEN")
                                             : ond__cfg(d, "payload_close", "CLOSE"));
}

static void round_place(const ond__device *d, cJSON *expect)
{
    cJSON *place = cJSON_GetObjectItemCaseSensitive(expect, "position");
    if (cJSON_IsNumber(place))
        cJSON_SetNumberValue(place, place_in(d, place_out(d, place->valuedouble)));
}

static const ond__role cover_roles[] = {
    {"position_topic", "position_template", NULL, tell_position},
    {"state_topic", "value_template", NULL, tell_cover},
    {0},
};
const ond__component ond__component_cover = {
    .name = "cover",
    .roles = cover_roles,
    .needs = needs_place,
    .first = "closed",
    .limits = limits_cover,
    .send = send_cover,
    .round = round_place,
};

/* ---- valves: one topic for state and position ---- */

static const char *const needs_state[] = {"state_topic", NULL};

static bool has_position(const ond__device *d)
{
    return ond__cfg_bool(d, "reports_position", false);
}

static void tell_valve_place(ond__device *d, double raw)
{
    double place = place_in(d, raw);
    const char *now = ond_json_str(d->state, "state", "");
    ond__tell_number(d, "position", place);
    if (strcmp(now, "opening") != 0 && strcmp(now, "closing") != 0)
        ond__tell_word(d, "state", place > 0 ? "open" : "closed");
    else if (place <= 0 || place >= 100)
        ond__tell_word(d, "state", place > 0 ? "open" : "closed");
}

static void tell_valve(ond__device *d, const ond__said *said)
{
    double raw;
    if (cJSON_IsObject(said->json)) {
        const char *state = ond_json_str(said->json, "state", NULL);
        const ond__said word = {ond_str_of(state), NULL};
        if (has_position(d) && cJSON_IsNumber(ond_json_get(said->json, "position")))
            tell_valve_place(d, ond_json_num(said->json, "position", 0));
        if (state) tell_cover(d, &word);
    } else if (has_position(d) && ond__said_number(said, &raw)) {
        tell_valve_place(d, raw);
    } else {
        tell_cover(d, said);
    }
}

static void limits_valve(const ond__device *d, cJSON *limits)
{
    if (!ond__cfg_has(d, "command_topic")) return;
    ond__limit_words(limits, "state", (const char *const[]){"open", "closed"}, 2);
    if (has_position(d)) ond__limit_range(limits, "position", 0, 100);
}

static void send_valve(ond__out *out, const cJSON *attributes)
{
    const ond__device *d = out->device;
    const char *state = ond_json_str(attributes, "state", "");
    bool open = strcmp(state, "open") == 0;
    if (strcmp(state, "stopped") == 0) {
        if (ond__cfg_has(d, "payload_stop"))
            ond__send(out, "command_topic", "command_template",
                      ond__cfg(d, "payload_stop", "STOP"));
        else
            out->rc = ond_fail(out->err, OND_E_INPUT, "%s cannot be stopped", d->id);
    } else if (has_position(d)) {
        ond__send_number(out, "command_topic", "command_template",
                         place_out(d, ond_json_num(attributes, "position", open ? 100 : 0)));
    } else {
        ond__send(out, "command_topic", "command_template",
                  open ? ond__cfg(d, "payload_open", "OPEN")
                       : ond__cfg(d, "payload_close", "CLOSE"));
    }
}

static const ond__role valve_roles[] = {{"state_topic", "value_template", NULL, tell_valve}, {0}};
const ond__component ond__component_valve = {
    .name = "valve",
    .roles = valve_roles,
    .needs = needs_state,
    .first = "closed",
    .limits = limits_valve,
    .send = send_valve,
    .round = round_place,
};

/* ---- fans: speed_range_min..max on the wire ---- */

static double steps_of(const ond__device *d, double *offset)
{
    double low = ond__cfg_num(d, "speed_range_min", 1),
           high = ond__cfg_num(d, "speed_range_max", 100);
    *offset = low - 1;
    return high >= low ? high - low + 1 : 1;
}

static double speed_in(const ond__device *d, double raw)
{
    double offset, steps = steps_of(d, &offset);
    return fmin(fmax(floor((raw - offset) * 100 / steps), 0), 100);
}

static double speed_out(const ond__device *d, double percent)
{
    double offset, steps = steps_of(d, &offset);
    return ceil(steps * percent / 100) + offset;
}

static void tell_fan(ond__device *d, const ond__said *said)
{
    if (ond__said_is(said, ond__cfg(d, "payload_on", "ON")))
        ond__tell_word(d, "state", "on");
    else if (ond__said_is(said, ond__cfg(d, "payload_off", "OFF")))
        ond__tell_word(d, "state", "off");
    else if (ond__said_none(said))
        ond__tell_word(d, "state", "unknown");
}

/* A speed ends a preset only where the fan says so itself, on the preset's topic. */
static void tell_speed(ond__device *d, const ond__said *said)
{
    double raw;
    if (ond__said_number(said, &raw) && speed_in(d, raw) > 0)
        ond__tell_number(d, "percentage", speed_in(d, raw));
}

static void tell_preset(ond__device *d, const ond__said *said)
{
    char text[STATE_TEXT_MAX + 1];
    if (ond__said_none(said) ||
        ond__said_is(said, ond__cfg(d, "payload_reset_preset_mode", "None"))) {
        cJSON_DeleteItemFromObjectCaseSensitive(d->state, "preset_mode");
        return;
    }
    if (said->text.n == 0 || said->text.n > STATE_TEXT_MAX) return;
    memcpy(text, said->text.p, said->text.n);
    text[said->text.n] = '\0';
    ond__tell_word(d, "preset_mode", text);
}

static void limits_fan(const ond__device *d, cJSON *limits)
{
    if (ond__cfg_has(d, "command_topic"))
        ond__limit_words(limits, "state", (const char *const[]){"off", "on"}, 2);
    if (ond__cfg_has(d, "percentage_command_topic")) ond__limit_range(limits, "percentage", 0, 100);
    if (ond__cfg_has(d, "preset_mode_command_topic"))
        ond__limit_list(limits, "preset_mode", ond_json_get(d->config, "preset_modes"));
}

static void send_fan(ond__out *out, const cJSON *attributes)
{
    const ond__device *d = out->device;
    bool off = strcmp(ond_json_str(attributes, "state", "on"), "off") == 0;
    double percent = ond_json_num(attributes, "percentage", 0);
    const char *preset = ond_json_str(attributes, "preset_mode", NULL);
    if (!off && ond__cfg_has(d, "command_topic") &&
        strcmp(ond_json_str(d->state, "state", ""), "on") != 0)
        ond__send(out, "command_topic", "command_template", ond__cfg(d, "payload_on", "ON"));
    else if (!off && !preset && percent <= 0)
        ond__send(out, "command_topic", "command_template", ond__cfg(d, "payload_on", "ON"));
    if (percent > 0 && (!off || d->ondol))
        ond__send_number(out, "percentage_command_topic", "percentage_command_template",
                         speed_out(d, percent));
    if (preset && (!off || d->ondol))
        ond__send(out, "preset_mode_command_topic", "preset_mode_command_template", preset);
    if (off) ond__send(out, "command_topic", "command_template", ond__cfg(d, "payload_off", "OFF"));
}

static void round_speed(const ond__device *d, cJSON *expect)
{
    cJSON *speed = cJSON_GetObjectItemCaseSensitive(expect, "percentage");
    if (cJSON_IsNumber(speed) && speed->valuedouble > 0)
        cJSON_SetNumberValue(speed, speed_in(d, speed_out(d, speed->valuedouble)));
}

static const ond__role fan_roles[] = {
    {"state_topic", "state_value_template", "value_template", tell_fan},
    {"percentage_state_topic", "percentage_value_template", NULL, tell_speed},
    {"preset_mode_state_topic", "preset_mode_value_template", NULL, tell_preset},
    {0},
};
const ond__component ond__component_fan = {
    .name = "fan",
    .roles = fan_roles,
    .needs = needs_state,
    .first = "off",
    .limits = limits_fan,
    .send = send_fan,
    .round = round_speed,
};

/* ---- vacuums ---- */

static const char *const vacuum_states[] = {"cleaning", "docked",    "paused",
                                            "idle",     "returning", "error"};

static void tell_vacuum(ond__device *d, const ond__said *said)
{
    const char *state = ond_json_str(said->json, "state", "");
    for (size_t i = 0; i < sizeof vacuum_states / sizeof vacuum_states[0]; i++)
        if (strcmp(vacuum_states[i], state) == 0) ond__tell_word(d, "state", state);
    double battery =
        ond_json_num(said->json, "battery_level", ond_json_num(said->json, "battery", NAN));
    if (!isnan(battery)) ond__tell_number(d, "battery", fmin(fmax(battery, 0), 100));
    if (ond_json_str(said->json, "fan_speed", NULL))
        ond__tell_word(d, "fan_speed", ond_json_str(said->json, "fan_speed", ""));
}

static const struct {
    const char *state, *feature, *key, *payload;
    bool usual;
} vacuum_does[] = {
    {"cleaning", "start", "payload_start", "start", true},
    {"docked", "return_home", "payload_return_to_base", "return_to_base", true},
    {"paused", "pause", "payload_pause", "pause", false},
    {"idle", "stop", "payload_stop", "stop", true},
};

static void limits_vacuum(const ond__device *d, cJSON *limits)
{
    const char *words[4];
    size_t n = 0;
    bool listed = ond_json_get(d->config, "supported_features") != NULL;
    for (size_t i = 0; i < 4; i++)
        if (listed ? ond__cfg_lists(d, "supported_features", vacuum_does[i].feature)
                   : vacuum_does[i].usual)
            words[n++] = vacuum_does[i].state;
    if (n > 0 && ond__cfg_has(d, "command_topic")) ond__limit_words(limits, "state", words, n);
    if (ond__cfg_has(d, "set_fan_speed_topic"))
        ond__limit_list(limits, "fan_speed", ond_json_get(d->config, "fan_speed_list"));
}

static void send_vacuum(ond__out *out, const cJSON *attributes)
{
    const char *state = ond_json_str(attributes, "state", ""),
               *speed = ond_json_str(attributes, "fan_speed", NULL);
    if (speed) ond__send(out, "set_fan_speed_topic", NULL, speed);
    for (size_t i = 0; i < 4; i++)
        if (strcmp(vacuum_does[i].state, state) == 0)
            ond__send(out, "command_topic", NULL,
                      ond__cfg(out->device, vacuum_does[i].key, vacuum_does[i].payload));
}

static const ond__role vacuum_roles[] = {{"state_topic", "value_template", NULL, tell_vacuum}, {0}};
const ond__component ond__component_vacuum = {
    .name = "vacuum",
    .roles = vacuum_roles,
    .needs = needs_state,
    .first = "docked",
    .limits = limits_vacuum,
    .send = send_vacuum,
};
