/* component_light.c - lights, by plain topics and by JSON.
 *
 * Brightness is percent in here and 0..brightness_scale (255) on the wire; colour temperature is
 * kelvin in here, mireds there unless color_temp_kelvin. A colour shows by its name, and by its
 * numbers where no name is exact. */
#include "hand/home/device.h"
#include "hand/home/template.h"
#include "sim/color.h"

#include <math.h>
#include <stdio.h>

static const char *const needs_state[] = {"state_topic", NULL};

/* ---- units ---- */

static double scale_of(const ond__device *d)
{
    double s = ond__cfg_num(d, "brightness_scale", 255);
    return s >= 1 && s <= 1e6 ? s : 255;
}

static double level_out(const ond__device *d, double percent)
{
    return fmax(round(percent / 100 * scale_of(d)), 1);
}

static double level_in(const ond__device *d, double raw)
{
    double percent = round(raw / scale_of(d) * 100);
    return raw > 0 ? fmin(fmax(percent, 1), 100) : 0;
}

static bool in_kelvin(const ond__device *d)
{
    return ond__cfg_bool(d, "color_temp_kelvin", false);
}

/* Mireds and kelvin turn into each other by the same formula. */
static double temp_wire(const ond__device *d, double v)
{
    return in_kelvin(d) || v <= 0 ? v : round(1e6 / v);
}

/* ---- what was said ---- */

static void tell_state(ond__device *d, const ond__said *said)
{
    if (ond__said_is(said, ond__cfg(d, "payload_on", "ON")))
        ond__tell_word(d, "state", "on");
    else if (ond__said_is(said, ond__cfg(d, "payload_off", "OFF")))
        ond__tell_word(d, "state", "off");
    else if (ond__said_none(said))
        ond__tell_word(d, "state", "unknown");
}

static void tell_brightness(ond__device *d, const ond__said *said)
{
    double n;
    if (ond__said_number(said, &n) && n > 0) ond__tell_number(d, "brightness", level_in(d, n));
}

static void drop(ond__device *d, const char *name)
{
    cJSON_DeleteItemFromObjectCaseSensitive(d->state, name);
}

static void tell_color(ond__device *d, const double said[3])
{
    double rgb[3];
    for (int i = 0; i < 3; i++) rgb[i] = fmin(fmax(said[i], 0), 255);
    const ond_color *c = ond_color_near(rgb);
    ond__tell_word(d, "color", c->name);
    drop(d, "color_temp");
    if (rgb[0] == c->rgb[0] && rgb[1] == c->rgb[1] && rgb[2] == c->rgb[2])
        drop(d, "rgb");
    else
        (void)ond_json_set(d->state, "rgb",
                           cJSON_CreateDoubleArray(
                               (const double[]){round(rgb[0]), round(rgb[1]), round(rgb[2])}, 3));
}

static void tell_temp(ond__device *d, double raw)
{
    if (raw <= 0) return;
    ond__tell_number(d, "color_temp", temp_wire(d, raw));
    drop(d, "color");
    drop(d, "rgb");
}

/* "a,b,c" */
static bool numbers(ond_str s, double *v, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *comma = i + 1 < n ? memchr(s.p, ',', s.n) : NULL;
        if (i + 1 < n && !comma) return false;
        ond__said part = {{s.p, comma ? (size_t)(comma - s.p) : s.n}, NULL};
        if (!ond__said_number(&part, &v[i])) return false;
        s = comma ? (ond_str){comma + 1, s.n - (size_t)(comma + 1 - s.p)} : s;
    }
    return true;
}

static void tell_rgb(ond__device *d, const ond__said *said)
{
    double rgb[3];
    if (numbers(said->text, rgb, 3)) tell_color(d, rgb);
}

static void tell_hs(ond__device *d, const ond__said *said)
{
    double hs[2], rgb[3];
    if (!numbers(said->text, hs, 2)) return;
    ond_color_from_hs(hs, rgb);
    tell_color(d, rgb);
}

static void tell_xy(ond__device *d, const ond__said *said)
{
    double xy[2], rgb[3];
    if (!numbers(said->text, xy, 2)) return;
    ond_color_from_xy(xy, rgb);
    tell_color(d, rgb);
}

static void tell_color_temp(ond__device *d, const ond__said *said)
{
    double n;
    if (ond__said_number(said, &n)) tell_temp(d, n);
}

static void tell_effect(ond__device *d, const ond__said *said)
{
    char text[STATE_TEXT_MAX + 1];
    if (said->text.n == 0 || said->text.n > STATE_TEXT_MAX) return;
    memcpy(text, said->text.p, said->text.n);
    text[said->text.n] = '\0';
    ond__tell_word(d, "effect", text);
}

static void tell_json_color(ond__device *d, const cJSON *color)
{
    double rgb[3], pair[2];
    if (ond_json_get(color, "r")) {
        rgb[0] = ond_json_num(color, "r", 0);
        rgb[1] = ond_json_num(color, "g", 0);
        rgb[2] = ond_json_num(color, "b", 0);
    } else if (ond_json_get(color, "h") || ond_json_get(color, "hue")) {
        pair[0] = ond_json_num(color, "h", ond_json_num(color, "hue", 0));
        pair[1] = ond_json_num(color, "s", ond_json_num(color, "saturation", 0));
        ond_color_from_hs(pair, rgb);
    } else if (ond_json_get(color, "x")) {
        pair[0] = ond_json_num(color, "x", 0);
        pair[1] = ond_json_num(color, "y", 0);
        ond_color_from_xy(pair, rgb);
    } else {
        return;
    }
    tell_color(d, rgb);
}

static void tell_json(ond__device *d, const ond__said *said)
{
    const cJSON *json = said->json, *state = ond_json_get(json, "state"),
                *color = ond_json_get(json, "color");
    const char *mode = ond_json_str(json, "color_mode", "");
    bool has_temp = cJSON_IsNumber(ond_json_get(json, "color_temp"));
    if (!cJSON_IsObject(json)) return;
    if (cJSON_IsString(state)) {
        const ond__said word = {ond_str_of(state->valuestring), NULL};
        tell_state(d, &word);
    } else if (cJSON_IsNull(state)) {
        ond__tell_word(d, "state", "unknown");
    }
    double level = ond_json_num(json, "brightness", 0);
    if (level > 0) ond__tell_number(d, "brightness", level_in(d, level));
    if (has_temp && (strcmp(mode, "color_temp") == 0 || !color))
        tell_temp(d, ond_json_num(json, "color_temp", 0));
    else if (cJSON_IsObject(color))
        tell_json_color(d, color);
    if (ond_json_str(json, "effect", NULL))
        ond__tell_word(d, "effect", ond_json_str(json, "effect", ""));
}

/* ---- what can be set ---- */

static void limit_color(cJSON *limits)
{
    const char *names[64];
    size_t n = 0;
    const ond_color *c = ond_colors(&n);
    for (size_t i = 0; i < n && i < 64; i++) names[i] = c[i].name;
    ond__limit_words(limits, "color", names, n);
}

static void limit_temp(const ond__device *d, cJSON *limits)
{
    double low =
        ond__cfg_num(d, "min_kelvin", round(1e6 / fmax(ond__cfg_num(d, "max_mireds", 500), 1)));
    double high =
        ond__cfg_num(d, "max_kelvin", round(1e6 / fmax(ond__cfg_num(d, "min_mireds", 153), 1)));
    ond__limit_range(limits, "color_temp", low, high);
}

static void limits_plain(const ond__device *d, cJSON *limits)
{
    if (!ond__cfg_has(d, "command_topic")) return;
    ond__limit_words(limits, "state", (const char *const[]){"off", "on"}, 2);
    if (ond__cfg_has(d, "brightness_command_topic")) ond__limit_range(limits, "brightness", 1, 100);
    if (ond__cfg_has(d, "color_temp_command_topic")) limit_temp(d, limits);
    if (ond__cfg_has(d, "rgb_command_topic") || ond__cfg_has(d, "hs_command_topic") ||
        ond__cfg_has(d, "xy_command_topic"))
        limit_color(limits);
    if (ond__cfg_has(d, "effect_command_topic"))
        ond__limit_list(limits, "effect", ond_json_get(d->config, "effect_list"));
}

/* Modes are listed, or, in older announcements, each a flag. */
static bool json_can(const ond__device *d, const char *mode)
{
    return ond__cfg_lists(d, "supported_color_modes", mode) || ond__cfg_bool(d, mode, false);
}

static bool json_colors(const ond__device *d)
{
    return json_can(d, "rgb") || json_can(d, "hs") || json_can(d, "xy") || json_can(d, "rgbw") ||
           json_can(d, "rgbww");
}

static void limits_json(const ond__device *d, cJSON *limits)
{
    if (!ond__cfg_has(d, "command_topic")) return;
    ond__limit_words(limits, "state", (const char *const[]){"off", "on"}, 2);
    if (json_can(d, "brightness") || json_can(d, "color_temp") || json_colors(d) ||
        json_can(d, "white"))
        ond__limit_range(limits, "brightness", 1, 100);
    if (json_can(d, "color_temp")) limit_temp(d, limits);
    if (json_colors(d)) limit_color(limits);
    if (ond__cfg_bool(d, "effect", false))
        ond__limit_list(limits, "effect", ond_json_get(d->config, "effect_list"));
}

static void round_light(const ond__device *d, cJSON *expect)
{
    cJSON *level = cJSON_GetObjectItemCaseSensitive(expect, "brightness"),
          *temp = cJSON_GetObjectItemCaseSensitive(expect, "color_temp");
    if (cJSON_IsNumber(level) && level->valuedouble > 0)
        cJSON_SetNumberValue(level, level_in(d, level_out(d, level->valuedouble)));
    if (cJSON_IsNumber(temp))
        cJSON_SetNumberValue(temp, temp_wire(d, temp_wire(d, temp->valuedouble)));
}

/* ---- commands ---- */

static bool rgb_of(const cJSON *attributes, double rgb[3])
{
    const cJSON *numbers_given = ond_json_get(attributes, "rgb");
    const ond_color *c = ond_color_by_name(ond_json_str(attributes, "color", ""));
    for (int i = 0; i < 3; i++)
        rgb[i] = numbers_given ? cJSON_GetArrayItem(numbers_given, i)->valuedouble
                 : c           ? c->rgb[i]
                               : 0;
    return numbers_given || c;
}

static void send_color(ond__out *out, const double rgb[3])
{
    char text[64];
    double pair[2];
    cJSON v[3];
    for (int i = 0; i < 3; i++) v[i] = (cJSON){.type = cJSON_Number, .valuedouble = round(rgb[i])};
    if (ond__cfg_has(out->device, "rgb_command_topic")) {
        const ond__var vars[] = {{"red", {0}, &v[0]}, {"green", {0}, &v[1]}, {"blue", {0}, &v[2]}};
        snprintf(text, sizeof text, "%.0f,%.0f,%.0f", rgb[0], rgb[1], rgb[2]);
        ond__send_vars(out, "rgb_command_topic", "rgb_command_template", text, vars, 3);
    } else if (ond__cfg_has(out->device, "hs_command_topic")) {
        ond_color_to_hs(rgb, pair);
        v[0].valuedouble = pair[0];
        v[1].valuedouble = pair[1];
        const ond__var vars[] = {{"hue", {0}, &v[0]}, {"sat", {0}, &v[1]}};
        snprintf(text, sizeof text, "%.2f,%.2f", pair[0], pair[1]);
        ond__send_vars(out, "hs_command_topic", "hs_command_template", text, vars, 2);
    } else {
        ond_color_to_xy(rgb, pair);
        v[0].valuedouble = pair[0];
        v[1].valuedouble = pair[1];
        const ond__var vars[] = {{"x", {0}, &v[0]}, {"y", {0}, &v[1]}};
        snprintf(text, sizeof text, "%.4f,%.4f", pair[0], pair[1]);
        ond__send_vars(out, "xy_command_topic", "xy_command_template", text, vars, 2);
    }
}

static void send_styles(ond__out *out, const cJSON *attributes)
{
    double rgb[3];
    if (rgb_of(attributes, rgb)) send_color(out, rgb);
    if (ond_json_get(attributes, "color_temp"))
        ond__send_number(out, "color_temp_command_topic", "color_temp_command_template",
                         temp_wire(out->device, ond_json_num(attributes, "color_temp", 0)));
    if (ond_json_str(attributes, "effect", NULL))
        ond__send(out, "effect_command_topic", "effect_command_template",
                  ond_json_str(attributes, "effect", ""));
    if (ond_json_get(attributes, "brightness"))
        ond__send_number(out, "brightness_command_topic", "brightness_command_template",
                         level_out(out->device, ond_json_num(attributes, "brightness", 0)));
}

/* A lamp that goes off is not told its level first, since it would flash; ours keeps levels in the
 * dark. */
static void send_plain(ond__out *out, const cJSON *attributes)
{
    const ond__device *d = out->device;
    bool off = strcmp(ond_json_str(attributes, "state", "on"), "off") == 0;
    const char *type = ond__cfg(d, "on_command_type", "last");
    bool styled = attributes->child &&
                  (attributes->child->next || strcmp(attributes->child->string, "state") != 0);
    if (off) {
        if (styled && d->ondol) send_styles(out, attributes);
        ond__send(out, "command_topic", NULL, ond__cfg(d, "payload_off", "OFF"));
        return;
    }
    bool by_level = strcmp(type, "brightness") == 0 && ond__cfg_has(d, "brightness_command_topic");
    if (by_level && !ond_json_get(attributes, "brightness")) {
        send_styles(out, attributes);
        ond__send_number(out, "brightness_command_topic", "brightness_command_template",
                         level_out(d, ond_json_num(d->state, "brightness", 100)));
        return;
    }
    if (strcmp(type, "first") == 0)
        ond__send(out, "command_topic", NULL, ond__cfg(d, "payload_on", "ON"));
    send_styles(out, attributes);
    if (strcmp(type, "first") != 0 && !by_level)
        ond__send(out, "command_topic", NULL, ond__cfg(d, "payload_on", "ON"));
}

static cJSON *json_color(const ond__device *d, const double rgb[3])
{
    cJSON *c = cJSON_CreateObject();
    double pair[2];
    if (!c) return NULL;
    if (json_can(d, "rgb") || json_can(d, "rgbw") || json_can(d, "rgbww")) {
        (void)ond_json_set_num(c, "r", round(rgb[0]));
        (void)ond_json_set_num(c, "g", round(rgb[1]));
        (void)ond_json_set_num(c, "b", round(rgb[2]));
    } else if (json_can(d, "hs")) {
        ond_color_to_hs(rgb, pair);
        (void)ond_json_set_num(c, "h", round(pair[0] * 100) / 100);
        (void)ond_json_set_num(c, "s", round(pair[1] * 100) / 100);
    } else {
        ond_color_to_xy(rgb, pair);
        (void)ond_json_set_num(c, "x", round(pair[0] * 10000) / 10000);
        (void)ond_json_set_num(c, "y", round(pair[1] * 10000) / 10000);
    }
    return c;
}

static void send_json(ond__out *out, const cJSON *attributes)
{
    const ond__device *d = out->device;
    bool off = strcmp(ond_json_str(attributes, "state", "on"), "off") == 0;
    cJSON *json = cJSON_CreateObject();
    double rgb[3];
    bool ok = json && ond_json_set_str(json, "state", off ? "OFF" : "ON");
    if (ok && (!off || d->ondol)) {
        if (ond_json_get(attributes, "brightness"))
            ok = ond_json_set_num(json, "brightness",
                                  level_out(d, ond_json_num(attributes, "brightness", 0)));
        if (ok && ond_json_get(attributes, "color_temp"))
            ok = ond_json_set_num(json, "color_temp",
                                  temp_wire(d, ond_json_num(attributes, "color_temp", 0)));
        if (ok && rgb_of(attributes, rgb)) ok = ond_json_set(json, "color", json_color(d, rgb));
        if (ok && ond_json_str(attributes, "effect", NULL))
            ok = ond_json_set_str(json, "effect", ond_json_str(attributes, "effect", ""));
    }
    if (!ok) {
        cJSON_Delete(json);
        json = NULL;
    }
    ond__send_json(out, "command_topic", json);
}

static const ond__role plain_roles[] = {
    {"state_topic", "state_value_template", "value_template", tell_state},
    {"brightness_state_topic", "brightness_value_template", NULL, tell_brightness},
    {"rgb_state_topic", "rgb_value_template", NULL, tell_rgb},
    {"hs_state_topic", "hs_value_template", NULL, tell_hs},
    {"xy_state_topic", "xy_value_template", NULL, tell_xy},
    {"color_temp_state_topic", "color_temp_value_template", NULL, tell_color_temp},
    {"effect_state_topic", "effect_value_template", NULL, tell_effect},
    {0},
};
static const ond__role json_roles[] = {{"state_topic", NULL, NULL, tell_json}, {0}};

const ond__component ond__component_light = {
    .name = "light",
    .roles = plain_roles,
    .needs = needs_state,
    .first = "off",
    .limits = limits_plain,
    .send = send_plain,
    .round = round_light,
};
const ond__component ond__component_light_json = {
    .name = "light",
    .schema = "json",
    .roles = json_roles,
    .needs = needs_state,
    .first = "off",
    .limits = limits_json,
    .send = send_json,
    .round = round_light,
};
