/* topics.c - what a device says on its topics, and what a command on them means.
 *
 * Payloads are those that Home Assistant expects by default, so that configs stay short; docs/mqtt-sim.md lists them. */
#include "sim/publish.h"
#include "sim/color.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define PLAIN_MOST 200            /* bytes of a command that is a word */

static bool is(const ond__thing *t, const char *domains)
{
    return ond__word_in(domains, t->domain->name);
}

bool ond__can(const ond__thing *t, const char *attr)
{
    return ond_json_get(t->limits, attr) != NULL;
}

const char *ond__form(const ond__thing *t)
{
    if (is(t, "light") && (ond__can(t, "brightness") || ond__can(t, "color") || ond__can(t, "color_temp") || ond__can(t, "effect")))
        return "light json";
    if (is(t, "fan") && (ond__can(t, "percentage") || ond__can(t, "preset_mode")))
        return "fan json";
    if (is(t, "valve") && ond__can(t, "position"))
        return "valve position";
    return t->domain->name;
}

bool ond__has_position(const ond__thing *t)
{
    return is(t, "cover") && ond__can(t, "position");
}

/* ---- names of topics ---- */

static bool is_plain(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

void ond__level_put(ond_buf *out, const char *name)
{
    for (; *name; name++) {
        if (is_plain((unsigned char)*name))
            ond_buf_putc(out, *name);
        else
            ond_buf_printf(out, "-%02x", (unsigned char)*name);
    }
}

void ond__topic_put(ond_buf *out, const char *base, const ond__thing *t)
{
    ond_buf_printf(out, "%s/%s/", base, t->domain->name);
    ond__level_put(out, t->id + strlen(t->domain->name) + 1);
}

/* The reverse of ond__level_put; false where it is not what that gives. */
static bool level_read(const char *level, size_t n, char *name, size_t cap)
{
    size_t k = 0;
    for (size_t i = 0; i < n && k + 1 < cap; i++) {
        unsigned c = (unsigned char)level[i];
        if (c == '-' && (i + 2 >= n || sscanf(level + i + 1, "%2x", &c) != 1))
            return false;
        i += level[i] == '-' ? 2 : 0;
        name[k++] = (char)c;
    }
    name[k] = '\0';
    return k > 0;
}

ond__thing *ond__topic_thing(const ond_house *h, const char *rest, char *attr)
{
    char domain[40], name[128], id[176];
    const char *slash = strchr(rest, '/'), *more = slash ? strchr(slash + 1, '/') : NULL;
    const char *end = more ? strrchr(more, '/') : NULL;
    attr[0] = '\0';
    if (!end || strcmp(end, "/set") != 0 || (size_t)(slash - rest) >= sizeof domain)
        return NULL;
    if (end != more && !((size_t)(end - more) <= 40 && level_read(more + 1, (size_t)(end - more - 1), attr, 40)))
        return NULL;
    if (!level_read(slash + 1, (size_t)(more - slash - 1), name, sizeof name))
        return NULL;
    snprintf(domain, sizeof domain, "%.*s", (int)(slash - rest), rest);
    snprintf(id, sizeof id, "%s.%s", domain, name);
    return ond__thing_find(h, id);
}

/* ---- states ---- */

static bool shouts(const ond__thing *t)
{
    return is(t, "light switch siren fan binary_sensor lock");
}

static void put_upper(ond_buf *out, const char *word)
{
    for (; *word; word++)
        ond_buf_putc(out, (char)toupper((unsigned char)*word));
}

static void put_plain(const ond__thing *t, ond_buf *out)
{
    const cJSON *v = ond_json_get(t->state, "state");
    if (cJSON_IsNumber(v))
        ond_num_put(out, v->valuedouble);
    else if (cJSON_IsString(v) && shouts(t))
        put_upper(out, v->valuestring);
    else
        ond_buf_puts(out, cJSON_IsString(v) ? v->valuestring : "unknown");
}

static bool add_rgb(cJSON *out, const char *name)
{
    const ond_color *c = ond_color_by_name(name);
    cJSON *rgb = cJSON_CreateObject();
    if (!c || !rgb || !ond_json_set_num(rgb, "r", c->rgb[0]) || !ond_json_set_num(rgb, "g", c->rgb[1]) ||
        !ond_json_set_num(rgb, "b", c->rgb[2])) {
        cJSON_Delete(rgb);
        return false;
    }
    return ond_json_set(out, "color", rgb);
}

/* Home Assistant's JSON schema of a light. Colours are exact: ond_color_near finds the same name again. */
static void put_light(const ond__thing *t, ond_buf *out)
{
    cJSON *v = cJSON_Duplicate(t->state, true);
    const char *color = ond_json_str(t->state, "color", NULL);
    const char *mode = color ? "rgb" : ond_json_get(t->state, "color_temp") ? "color_temp" : "brightness";
    bool ok = v && ond_json_set_str(v, "state", strcmp(ond__shown(t), "on") == 0 ? "ON" : "OFF") &&
              ond_json_set_str(v, "color_mode", mode) && (!color || add_rgb(v, color));
    if (ok)
        ond_json_print(out, v);
    else
        out->bad = true;
    cJSON_Delete(v);
}

void ond__state_put(const ond__thing *t, ond_buf *out)
{
    const char *form = ond__form(t);
    if (strcmp(form, "light json") == 0)
        put_light(t, out);
    else if (strcmp(form, "fan json") == 0 || strcmp(form, "valve position") == 0 ||
             is(t, "climate humidifier vacuum media_player oven scene button"))
        ond_json_print(out, t->state);
    else
        put_plain(t, out);
}

/* ---- commands ---- */

static const struct { const char *domains, *payload, *state; } words[] = {
    {"cover valve", "OPEN", "open"},
    {"cover valve", "CLOSE", "closed"},
    {"cover valve", "STOP", "stopped"},
    {"lock", "LOCK", "locked"},
    {"lock", "UNLOCK", "unlocked"},
    {"alarm_control_panel", "DISARM", "disarmed"},
    {"alarm_control_panel", "ARM_AWAY", "armed_away"},
    {"alarm_control_panel", "ARM_HOME", "armed_home"},
    {"alarm_control_panel", "ARM_NIGHT", "armed_night"},
    {"alarm_control_panel", "ARM_VACATION", "armed_vacation"},
    {"vacuum", "start", "cleaning"},
    {"vacuum", "pause", "paused"},
    {"vacuum", "stop", "stopped"},
    {"vacuum", "return_to_base", "docked"},
    {"button", "PRESS", "pressed"},
    {"light switch siren fan humidifier oven media_player binary_sensor", "ON", "on"},
    {"light switch siren fan humidifier oven media_player binary_sensor", "OFF", "off"},
};

static const char *state_of_word(const ond__thing *t, const char *payload)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (is(t, words[i].domains) && strcmp(words[i].payload, payload) == 0)
            return words[i].state;
    return payload;
}

static int one(const char *key, cJSON *value, cJSON **out, ond_err *err)
{
    *out = cJSON_CreateObject();
    if (*out && value && ond_json_set(*out, key, value))
        return OND_OK;
    if (!*out)
        cJSON_Delete(value);
    cJSON_Delete(*out);
    *out = NULL;
    return ond_nomem(err, "reading a command");
}

/* A word or a number; `limit` says which, where the device has one for the attribute. */
static cJSON *typed(const cJSON *limit, bool number, const char *text)
{
    double v;
    bool flag = limit && cJSON_IsBool(limit->child);
    if ((number || (limit && cJSON_IsNumber(limit->child))) && ond_num_parse(ond_str_of(text), &v))
        return cJSON_CreateNumber(v);
    if (flag && (strcmp(text, "true") == 0 || strcmp(text, "ON") == 0))
        return cJSON_CreateTrue();
    if (flag && (strcmp(text, "false") == 0 || strcmp(text, "OFF") == 0))
        return cJSON_CreateFalse();
    return cJSON_CreateString(text);
}

static int plain_command(const ond__thing *t, const char *attr, const char *text, cJSON **out, ond_err *err)
{
    double v;
    if (attr[0])
        return one(attr, typed(ond_json_get(t->limits, attr), false, text), out, err);
    if (is(t, "scene") && strcmp(text, "ON") == 0)
        return one("members", cJSON_Duplicate(ond_json_get(t->row, "members"), true), out, err);
    if (strcmp(ond__form(t), "valve position") == 0 && ond_num_parse(ond_str_of(text), &v))
        return one("position", cJSON_CreateNumber(v), out, err);
    return one("state", typed(ond_json_get(t->limits, "state"), is(t, "sensor"), state_of_word(t, text)), out, err);
}

static bool numbers(const cJSON *v, const char *const *keys, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) {
        const cJSON *item = ond_json_get(v, keys[i]);
        if (!cJSON_IsNumber(item))
            return false;
        out[i] = item->valuedouble;
    }
    return true;
}

/* {r,g,b}, {h,s} or {x,y} becomes "rgb"; a name stays. */
static int take_color(cJSON *a, ond_err *err)
{
    const cJSON *color = ond_json_get(a, "color");
    double in[3], rgb[3];
    if (!cJSON_IsObject(color))
        return OND_OK;
    if (numbers(color, (const char *[]){"r", "g", "b"}, 3, in))
        memcpy(rgb, in, sizeof rgb);
    else if (numbers(color, (const char *[]){"h", "s"}, 2, in))
        ond_color_from_hs(in, rgb);
    else if (numbers(color, (const char *[]){"x", "y"}, 2, in))
        ond_color_from_xy(in, rgb);
    else
        return ond_fail(err, OND_E_INPUT, "color is {r, g, b}, {h, s}, {x, y} or a name");
    cJSON_DeleteItemFromObjectCaseSensitive(a, "color");
    return ond_json_set(a, "rgb", cJSON_CreateDoubleArray(rgb, 3)) ? OND_OK : ond_nomem(err, "reading a command");
}

static int json_command(const ond__thing *t, ond_str payload, cJSON **out, ond_err *err)
{
    int rc = ond_json_parse(payload, out, err);
    if (rc != 0)
        return rc;
    const char *state = ond_json_str(*out, "state", NULL), *meant = state ? state_of_word(t, state) : NULL;
    if (meant && meant != state && !ond_json_set_str(*out, "state", meant))
        rc = ond_nomem(err, "reading a command");
    if (rc == 0 && is(t, "light")) {
        const char *nothing[] = {"transition", "flash", "color_mode"};
        for (size_t i = 0; i < sizeof nothing / sizeof nothing[0]; i++)
            cJSON_DeleteItemFromObjectCaseSensitive(*out, nothing[i]);
        rc = take_color(*out, err);
    }
    if (rc != 0) {
        cJSON_Delete(*out);
        *out = NULL;
    }
    return rc;
}

int ond__command(const ond__thing *t, const char *attr, ond_str payload, cJSON **out, ond_err *err)
{
    *out = NULL;
    ond_str text = ond_str_trim(payload);
    if (!attr[0] && text.n > 0 && text.p[0] == '{')
        return json_command(t, text, out, err);
    if (text.n == 0 || text.n > PLAIN_MOST || ond_utf8_valid(text) != text.n || memchr(text.p, 0, text.n))
        return ond_fail(err, OND_E_INPUT, "a command is a word, a number or a JSON object");
    char *z = ond_str_dup(text);
    int rc = z ? plain_command(t, attr, z, out, err) : ond_nomem(err, "reading a command");
    free(z);
    return rc;
}
