/* discovery.c - announcements of devices, as Home Assistant defines them, from payloads of any
 * bytes.
 *
 * PREFIX/COMPONENT/[NODE/]OBJECT/config holds one component, PREFIX/device/[NODE/]OBJECT/config a
 * device with its "components". An empty payload takes back what stood there. Short keys become
 * long ones (abbreviations.def), "~" becomes the base topic; keys that nothing here uses are
 * dropped. Source: home-assistant.io/integrations/mqtt, "MQTT discovery". */
#include "hand/home/device.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- keys ---- */

typedef struct pair {
    const char *from, *to;
} pair;

static const pair root_pairs[] = {
#define ABBR(scope, from, to) ABBR_##scope(from, to)
#define ABBR_ROOT(from, to) {from, to},
#define ABBR_DEVICE(from, to)
#define ABBR_ORIGIN(from, to)
#include "hand/home/abbreviations.def"
#undef ABBR_ROOT
#undef ABBR_DEVICE
};
static const pair device_pairs[] = {
#define ABBR_ROOT(from, to)
#define ABBR_DEVICE(from, to) {from, to},
#include "hand/home/abbreviations.def"
#undef ABBR_ROOT
#undef ABBR_DEVICE
#undef ABBR_ORIGIN
#undef ABBR
};

static int by_from(const void *key, const void *row)
{
    return strcmp(key, ((const pair *)row)->from);
}

/* Gives the members of one map their long keys; where both stand there, the long one counts. */
static bool expand(cJSON *map, const pair *pairs, size_t n)
{
    for (cJSON *c = map->child, *next; c; c = next) {
        next = c->next;
        const pair *p = bsearch(c->string, pairs, n, sizeof *pairs, by_from);
        if (!p) continue;
        cJSON *item = cJSON_DetachItemViaPointer(map, c);
        if (ond_json_get(map, p->to))
            cJSON_Delete(item);
        else if (!ond_json_set(map, p->to, item))
            return false;
    }
    return true;
}
#define EXPAND(map, pairs) expand((map), (pairs), sizeof(pairs) / sizeof((pairs)[0]))

/* Keys that some component, or device.c, reads; sorted by bytes. */
static const char *const used[] = {
    "action_template",
    "action_topic",
    "availability",
    "availability_mode",
    "availability_template",
    "availability_topic",
    "brightness",
    "brightness_command_template",
    "brightness_command_topic",
    "brightness_scale",
    "brightness_state_topic",
    "brightness_value_template",
    "code",
    "code_arm_required",
    "code_disarm_required",
    "color_temp",
    "color_temp_command_template",
    "color_temp_command_topic",
    "color_temp_kelvin",
    "color_temp_state_topic",
    "color_temp_value_template",
    "command_off_template",
    "command_template",
    "command_topic",
    "current_humidity_template",
    "current_humidity_topic",
    "current_temperature_template",
    "current_temperature_topic",
    "default_entity_id",
    "device",
    "device_class",
    "effect",
    "effect_command_template",
    "effect_command_topic",
    "effect_list",
    "effect_state_topic",
    "effect_value_template",
    "enabled_by_default",
    "entity_category",
    "expire_after",
    "fan_mode_command_template",
    "fan_mode_command_topic",
    "fan_mode_state_template",
    "fan_mode_state_topic",
    "fan_modes",
    "fan_speed_list",
    "hs",
    "hs_command_template",
    "hs_command_topic",
    "hs_state_topic",
    "hs_value_template",
    "max",
    "max_humidity",
    "max_kelvin",
    "max_mireds",
    "max_temp",
    "min",
    "min_humidity",
    "min_kelvin",
    "min_mireds",
    "min_temp",
    "mode_command_template",
    "mode_command_topic",
    "mode_state_template",
    "mode_state_topic",
    "modes",
    "name",
    "object_id",
    "off_delay",
    "on_command_type",
    "ondol",
    "optimistic",
    "options",
    "payload_arm_away",
    "payload_arm_home",
    "payload_arm_night",
    "payload_arm_vacation",
    "payload_available",
    "payload_close",
    "payload_disarm",
    "payload_lock",
    "payload_not_available",
    "payload_off",
    "payload_on",
    "payload_open",
    "payload_pause",
    "payload_press",
    "payload_reset_preset_mode",
    "payload_return_to_base",
    "payload_start",
    "payload_stop",
    "payload_unlock",
    "percentage_command_template",
    "percentage_command_topic",
    "percentage_state_topic",
    "percentage_value_template",
    "position_closed",
    "position_open",
    "position_template",
    "position_topic",
    "power_command_template",
    "power_command_topic",
    "preset_mode_command_template",
    "preset_mode_command_topic",
    "preset_mode_state_topic",
    "preset_mode_value_template",
    "preset_modes",
    "qos",
    "reports_position",
    "retain",
    "rgb",
    "rgb_command_template",
    "rgb_command_topic",
    "rgb_state_topic",
    "rgb_value_template",
    "rgbw",
    "rgbww",
    "schema",
    "set_fan_speed_topic",
    "set_position_template",
    "set_position_topic",
    "speed_range_max",
    "speed_range_min",
    "state_class",
    "state_closed",
    "state_closing",
    "state_jammed",
    "state_locked",
    "state_locking",
    "state_off",
    "state_on",
    "state_open",
    "state_opening",
    "state_stopped",
    "state_topic",
    "state_unlocked",
    "state_unlocking",
    "state_value_template",
    "supported_color_modes",
    "supported_features",
    "target_humidity_command_template",
    "target_humidity_command_topic",
    "target_humidity_state_template",
    "target_humidity_state_topic",
    "temperature_command_template",
    "temperature_command_topic",
    "temperature_state_template",
    "temperature_state_topic",
    "temperature_unit",
    "unique_id",
    "unit_of_measurement",
    "value_template",
    "white",
    "xy",
    "xy_command_template",
    "xy_command_topic",
    "xy_state_topic",
    "xy_value_template",
};

static int by_word(const void *key, const void *row)
{
    return strcmp(key, *(const char *const *)row);
}

static bool begins(const char *s, const char *with)
{
    return strncmp(s, with, strlen(with)) == 0;
}

static bool is_topic(const char *key)
{
    size_t n = strlen(key);
    return strcmp(key, "topic") == 0 || (n > 6 && strcmp(key + n - 6, "_topic") == 0);
}

/* payload_on: true means the text "True", 1 means "1", as Home Assistant reads them. */
static cJSON *as_text(const cJSON *v)
{
    ond_buf text = {0};
    if (cJSON_IsBool(v))
        ond_buf_puts(&text, cJSON_IsTrue(v) ? "True" : "False");
    else
        ond_json_print(&text, v);
    cJSON *out = ond_buf_ok(&text) ? cJSON_CreateString(ond_buf_z(&text)) : NULL;
    ond_buf_free(&text);
    return out;
}

static bool prune(cJSON *config)
{
    for (cJSON *c = config->child, *next; c; c = next) {
        next = c->next;
        bool keep =
            bsearch(c->string, used, sizeof used / sizeof used[0], sizeof used[0], by_word) &&
            !cJSON_IsNull(c) && (!cJSON_IsString(c) || strlen(c->valuestring) <= 8192);
        if (!keep) {
            cJSON_Delete(cJSON_DetachItemViaPointer(config, c));
        } else if ((begins(c->string, "payload_") || begins(c->string, "state_")) &&
                   (cJSON_IsBool(c) || cJSON_IsNumber(c))) {
            cJSON *text = as_text(c);
            if (!text || !cJSON_ReplaceItemInObjectCaseSensitive(config, c->string, text)) {
                cJSON_Delete(text);
                return false;
            }
        }
    }
    return true;
}

/* ---- the base topic ---- */

static bool put_base(cJSON *map, const char *base)
{
    for (cJSON *c = map->child; c; c = c->next) {
        size_t n = cJSON_IsString(c) && is_topic(c->string) ? strlen(c->valuestring) : 0;
        bool front = n > 0 && c->valuestring[0] == '~',
             back = n > 1 && c->valuestring[n - 1] == '~';
        ond_buf b = {0};
        if (!front && !back) continue;
        ond_buf_printf(&b, "%s%.*s%s", front ? base : "",
                       (int)(n - (front ? 1 : 0) - (back && !front ? 1 : 0)),
                       c->valuestring + (front ? 1 : 0), back && !front ? base : "");
        bool ok = ond_buf_ok(&b) && b.n <= 4096 && cJSON_SetValuestring(c, ond_buf_z(&b));
        ond_buf_free(&b);
        if (!ok) return false;
    }
    return true;
}

static bool tidy_places(cJSON *config, const char *base)
{
    cJSON *list = cJSON_GetObjectItemCaseSensitive(config, "availability");
    cJSON *first = cJSON_IsArray(list) ? list->child : list;
    for (cJSON *a = first; a; a = cJSON_IsArray(list) ? a->next : NULL)
        if (cJSON_IsObject(a) && (!EXPAND(a, root_pairs) || (base && !put_base(a, base))))
            return false;
    return true;
}

/* Long keys and whole topics, at the root or in one component. */
static bool tidy(cJSON *config, const char *outer_base)
{
    if (!EXPAND(config, root_pairs)) return false;
    cJSON *device = cJSON_GetObjectItemCaseSensitive(config, "device");
    if (cJSON_IsObject(device) && !EXPAND(device, device_pairs)) return false;
    const char *base = ond_json_str(config, "~", outer_base);
    return tidy_places(config, base) && (!base || put_base(config, base));
}

/* ---- making devices ---- */

static void refuse(ond__broker *b, const char *topic, const ond_err *err)
{
    ond__broker_problem(b, topic, err->text);
}

/* Takes config. Devices that Home Assistant too would leave out by default are left out. */
static void make(ond__broker *b, const char *component, const char *topic, const char *key,
                 cJSON *config, size_t bytes)
{
    ond_err err = {0};
    if (!prune(config)) {
        cJSON_Delete(config);
        return;
    }
    if (!ond_json_bool(config, "enabled_by_default", true)) {
        cJSON_Delete(config);
        ond__broker_remove(b, topic, key);
        return;
    }
    ond__device *d = ond__device_make(b, component, topic, key, config, bytes, &err);
    if (d)
        ond__broker_add(b, d);
    else
        refuse(b, topic, &err);
}

/* What stands at the root of a device's announcement holds for each of its components. */
static bool share(cJSON *component, const cJSON *root)
{
    for (const cJSON *c = root->child; c; c = c->next) {
        const char *const own[] = {"components", "origin",    "~",   "migrate_discovery",
                                   "platform",   "unique_id", "name"};
        bool skip = ond_json_get(component, c->string) != NULL;
        for (size_t i = 0; i < sizeof own / sizeof own[0]; i++)
            skip = skip || strcmp(own[i], c->string) == 0;
        cJSON *copy = skip ? NULL : cJSON_Duplicate(c, true);
        if (!skip && !ond_json_set(component, c->string, copy)) return false;
    }
    return true;
}

static void take_back_missing(ond__broker *b, const char *topic, const cJSON *components)
{
    for (size_t i = b->n; i-- > 0;)
        if (strcmp(b->devices[i]->origin, topic) == 0 &&
            !ond_json_get(components, b->devices[i]->key))
            ond__broker_remove_at(b, i);
}

static void device_form(ond__broker *b, const char *topic, cJSON *root, size_t bytes)
{
    cJSON *components = cJSON_GetObjectItemCaseSensitive(root, "components");
    int n = cJSON_IsObject(components) ? cJSON_GetArraySize(components) : 0;
    take_back_missing(b, topic, components);
    for (cJSON *c = components ? components->child : NULL; c && n > 0; c = c->next) {
        char platform[48];
        cJSON *config = cJSON_IsObject(c) ? cJSON_Duplicate(c, true) : NULL;
        if (!config || strlen(c->string) > 120 || !tidy(config, ond_json_str(root, "~", NULL)) ||
            !share(config, root)) {
            cJSON_Delete(config);
            continue;
        }
        snprintf(platform, sizeof platform, "%.40s", ond_json_str(config, "platform", ""));
        bool bare = !ond_json_get(c, "unique_id") && !ond_json_get(c, "uniq_id");
        if (bare && cJSON_GetArraySize(c) <= 1) { /* only its platform: it is taken back */
            cJSON_Delete(config);
            ond__broker_remove(b, topic, c->string);
        } else {
            make(b, platform, topic, c->string, config, bytes / (size_t)n + 64);
        }
    }
}

static void announced(ond__broker *b, const char *component, const char *topic, ond_str payload)
{
    cJSON *root = NULL;
    ond_err err = {0};
    if (payload.n == 0) {
        ond__broker_remove(b, topic, NULL);
        ond__broker_problems_drop(b, topic);
        return;
    }
    ond__broker_problems_drop(b, topic);
    if (payload.n > PAYLOAD_MAX || ond_json_parse(payload, &root, &err) != 0 ||
        !cJSON_IsObject(root)) {
        ond_fail(&err, OND_E_INPUT, "the announcement is not a JSON object");
        refuse(b, topic, &err);
        cJSON_Delete(root);
        return;
    }
    if (!tidy(root, NULL)) {
        cJSON_Delete(root);
        return;
    }
    if (ond_json_bool(root, "migrate_discovery", false)) {
        ond__broker_remove(b, topic, NULL); /* it will be announced in the other form */
    } else if (strcmp(component, "device") == 0) {
        device_form(b, topic, root, payload.n);
    } else {
        make(b, component, topic, "", root, payload.n);
        root = NULL;
    }
    cJSON_Delete(root);
}

bool ond__discovery(ond__broker *b, const char *topic, ond_str payload)
{
    size_t prefix = strlen(b->prefix), n = strlen(topic);
    if (n > 500 || n < prefix + 10 || strncmp(topic, b->prefix, prefix) != 0 ||
        topic[prefix] != '/' || strcmp(topic + n - 7, "/config") != 0)
        return false;
    ond_str rest = {topic + prefix + 1, n - prefix - 1 - 7}; /* COMPONENT/[NODE/]OBJECT */
    char component[48];
    int slashes = 0;
    for (size_t i = 0; i < rest.n; i++) slashes += rest.p[i] == '/';
    const char *slash = memchr(rest.p, '/', rest.n);
    if (slashes < 1 || slashes > 2 || slash == rest.p ||
        (size_t)(slash - rest.p) >= sizeof component)
        return false;
    snprintf(component, sizeof component, "%.*s", (int)(slash - rest.p), rest.p);
    announced(b, component, topic, payload);
    return true;
}
