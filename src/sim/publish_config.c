/* publish_config.c - discovery: what Home Assistant, or ondol itself, has to know of a device.
 *
 * A config is made in long form with "~" for the device's topic. In device form several go into one message: keys are then
 * shortened and topics written out, so that readers meet both ways of writing. */
#include "sim/publish.h"

#include <stdio.h>

#define PER_DEVICE 40             /* components in one message of the device form */

typedef enum kind { TEXT, JSON, WORDS, LOW, HIGH } kind;
typedef struct key_row { const char *form, *needs, *key; kind kind; const char *value; } key_row;

static const key_row keys[] = {
#define KEY(form, needs, key, kind, value) {form, needs, key, kind, value},
#include "sim/discovery.def"
};
static const struct { const char *key, *abbreviation; } shorts[] = {
#define SHORT(key, abbreviation) {key, abbreviation},
#include "sim/discovery.def"
};

/* Classes that Home Assistant refuses to take for a component are left out; they stand under "ondol". */
static const struct { const char *domain, *classes; } known_classes[] = {
    {"binary_sensor", "battery battery_charging carbon_monoxide cold connectivity door garage_door gas heat light lock moisture "
                      "motion moving occupancy opening plug power presence problem running safety smoke sound tamper update "
                      "vibration window"},
    {"button", "identify restart update"},
    {"cover", "awning blind curtain damper door garage gate shade shutter window"},
    {"humidifier", "dehumidifier humidifier"},
    {"sensor", "battery carbon_dioxide carbon_monoxide current distance duration energy gas humidity illuminance moisture pm1 "
               "pm10 pm25 power pressure signal_strength speed temperature voltage water weight"},
    {"switch", "outlet switch"},
    {"valve", "gas water"},
};

static bool knows_class(const ond__thing *t)
{
    for (size_t i = 0; i < sizeof known_classes / sizeof known_classes[0]; i++)
        if (strcmp(known_classes[i].domain, t->domain->name) == 0)
            return ond__word_in(known_classes[i].classes, t->cls);
    return false;
}

static const char *component(const ond__thing *t)
{
    return strcmp(t->domain->name, "oven") == 0 ? "switch" : t->domain->name;
}

/* ---- names ---- */

/* The first name in the language, in any language, or the id. */
static const char *name_of(const cJSON *row, const char *lang)
{
    const cJSON *names = ond_json_get(row, "names"), *list = ond_json_get(names, lang);
    if (!list || !list->child)
        list = ond_json_get(names, "*");
    if ((!list || !list->child) && names)
        list = names->child;
    return list && cJSON_IsString(list->child) ? list->child->valuestring : ond_json_str(row, "id", "");
}

/* "ondol_light_kitchen": of the base topic, so that two houses on one broker do not meet. */
static void put_unique(ond_buf *out, const char *base, const char *a, const char *b)
{
    ond__level_put(out, base);
    ond_buf_printf(out, "_%s", a);
    if (b)
        ond_buf_putc(out, '_');
    if (b)
        ond__level_put(out, b);
}

static const char *object_of(const ond__thing *t)
{
    return t->id + strlen(t->domain->name) + 1;
}

/* ---- one config ---- */

static bool set_text(cJSON *c, const char *key, ond_buf *b)
{
    bool ok = ond_buf_ok(b) && ond_json_set_str(c, key, ond_buf_z(b));
    ond_buf_free(b);
    return ok;
}

static cJSON *value_of(const ond__thing *t, const key_row *row)
{
    if (row->kind == TEXT)
        return cJSON_CreateString(row->value);
    if (row->kind == JSON)
        return cJSON_Parse(row->value);
    const cJSON *limit = ond_json_get(t->limits, row->value), *low = limit ? limit->child : NULL;
    if (row->kind == WORDS)
        return cJSON_Duplicate(limit, true);
    return low && low->next ? cJSON_CreateNumber(row->kind == LOW ? low->valuedouble : low->next->valuedouble) : NULL;
}

static bool add_keys(cJSON *c, const ond__thing *t)
{
    const char *form = ond__form(t);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        const key_row *row = &keys[i];
        if (strcmp(row->form, form) != 0 || (row->needs[0] && !ond__can(t, row->needs)))
            continue;
        cJSON *v = value_of(t, row);
        if (!v || !ond_json_set(c, row->key, v))
            return false;
    }
    return true;
}

/* Home Assistant refuses a list with "brightness" beside a mode that has it. */
static bool add_color_modes(cJSON *c, const ond__thing *t)
{
    bool rgb = ond__can(t, "color"), temperature = ond__can(t, "color_temp"), level = ond__can(t, "brightness");
    const char *modes[3];
    int n = 0;
    if (rgb)
        modes[n++] = "rgb";
    if (temperature)
        modes[n++] = "color_temp";
    if (n == 0)
        modes[n++] = level ? "brightness" : "onoff";
    return ond_json_set(c, "supported_color_modes", cJSON_CreateStringArray(modes, n));
}

static bool add_vacuum_features(cJSON *c, const ond__thing *t)
{
    const char *features[] = {"start", "pause", "stop", "return_home", "fan_speed"};
    int n = ond__can(t, "fan_speed") ? 5 : 4;
    return ond_json_set(c, "supported_features", cJSON_CreateStringArray(features, n));
}

static bool add_special(cJSON *c, const ond__thing *t)
{
    const char *unit = ond_json_str(t->row, "unit", NULL);
    bool measures = strcmp(t->domain->name, "sensor") == 0 && cJSON_IsNumber(ond_json_get(t->state, "state"));
    if (strcmp(ond__form(t), "light json") == 0 && !add_color_modes(c, t))
        return false;
    if (strcmp(t->domain->name, "vacuum") == 0 && !add_vacuum_features(c, t))
        return false;
    if (knows_class(t) && !ond_json_set_str(c, "device_class", t->cls))
        return false;
    if (unit && ond__word_in("sensor number", t->domain->name) && !ond_json_set_str(c, "unit_of_measurement", unit))
        return false;
    return !measures || ond_json_set_str(c, "state_class", "measurement");
}

/* ---- what discovery has no words for ---- */

static bool set_copy(cJSON *out, const char *key, const cJSON *value)
{
    return !value || ond_json_set(out, key, cJSON_Duplicate(value, true));
}

static const cJSON *floor_row(const ond_house *h, const char *id)
{
    for (const cJSON *f = h->floors->child; f; f = f->next)
        if (strcmp(ond_json_str(f, "id", ""), id) == 0)
            return f;
    return NULL;
}

static bool add_row_list(cJSON *out, const char *key, const cJSON *row)
{
    cJSON *list = cJSON_AddArrayToObject(out, key), *copy = list ? cJSON_Duplicate(row, true) : NULL;
    if (copy && cJSON_AddItemToArray(list, copy))
        return true;
    cJSON_Delete(copy);
    return false;
}

static bool add_place(cJSON *own, const ond_house *h, const ond__thing *t)
{
    if (t->area < 0)
        return true;
    const cJSON *area = h->areas[t->area].row;
    const cJSON *floor = floor_row(h, ond_json_str(area, "floor", ""));
    return ond_json_set_str(own, "area", t->area_id) && add_row_list(own, "areas", area) &&
           (!floor || (ond_json_set_str(own, "floor", ond_json_str(floor, "id", "")) && add_row_list(own, "floors", floor)));
}

static bool add_own(cJSON *c, const ond_house *h, const ond__thing *t)
{
    cJSON *own = cJSON_AddObjectToObject(c, "ondol");
    return own && ond_json_set_str(own, "id", t->id) && ond_json_set_str(own, "domain", t->domain->name) &&
           ond_json_set_str(own, "class", t->cls) && set_copy(own, "unit", ond_json_get(t->row, "unit")) &&
           set_copy(own, "names", ond_json_get(t->row, "names")) && add_place(own, h, t) && set_copy(own, "limits", t->limits) &&
           set_copy(own, "members", ond_json_get(t->row, "members"));
}

/* ---- the parts that all have ---- */

static bool add_device(const ond__announce *a, cJSON *c, int area, bool brief)
{
    cJSON *d = cJSON_AddObjectToObject(c, brief ? "dev" : "device"), *ids = NULL, *s = NULL;
    const cJSON *row = area < 0 ? NULL : a->h->areas[area].row;
    const char *name = row ? name_of(row, a->lang) : "Ondol";
    ond_buf id = {0};
    put_unique(&id, a->base, row ? "area" : "house", row ? a->h->areas[area].id : NULL);
    ids = d ? cJSON_AddArrayToObject(d, brief ? "ids" : "identifiers") : NULL;
    s = ids ? cJSON_CreateString(ond_buf_z(&id)) : NULL;
    bool ok = ond_buf_ok(&id) && s && cJSON_AddItemToArray(ids, s) && ond_json_set_str(d, "name", name) &&
              ond_json_set_str(d, brief ? "mf" : "manufacturer", "Ondol") &&
              ond_json_set_str(d, brief ? "mdl" : "model", "simulated house") &&
              (!row || ond_json_set_str(d, brief ? "sa" : "suggested_area", name));
    ond_buf_free(&id);
    return ok;
}

static bool add_origin(cJSON *c, bool brief)
{
    cJSON *o = cJSON_AddObjectToObject(c, brief ? "o" : "origin");
    return o && ond_json_set_str(o, "name", "ondol") && ond_json_set_str(o, brief ? "sw" : "sw_version", OND_VERSION);
}

static bool add_availability(const ond__announce *a, cJSON *c, bool brief)
{
    ond_buf topic = {0};
    ond_buf_printf(&topic, "%s/status", a->base);
    return set_text(c, brief ? "avty_t" : "availability_topic", &topic);
}

static bool add_identity(const ond__announce *a, cJSON *c, const ond__thing *t)
{
    ond_buf b = {0};
    put_unique(&b, a->base, t->domain->name, object_of(t));
    return set_text(c, "unique_id", &b) && ond_json_set_str(c, "name", name_of(t->row, a->lang)) &&
           (strcmp(component(t), t->domain->name) != 0 || ond_json_set_str(c, "default_entity_id", t->id));
}

static cJSON *long_config(const ond__announce *a, const ond__thing *t)
{
    cJSON *c = cJSON_CreateObject();
    ond_buf topic = {0};
    ond__topic_put(&topic, a->base, t);
    bool ok = c && set_text(c, "~", &topic) && add_identity(a, c, t) && add_keys(c, t) && add_special(c, t) && add_own(c, a->h, t);
    if (!c)
        ond_buf_free(&topic);
    if (ok)
        return c;
    cJSON_Delete(c);
    return NULL;
}

/* ---- component form ---- */

static void put_config_topic(ond_buf *out, const ond__announce *a, const ond__thing *t)
{
    ond_buf_printf(out, "%s/%s/", a->prefix, component(t));
    put_unique(out, a->base, t->domain->name, object_of(t));
    ond_buf_puts(out, "/config");
}

static int announce_thing(const ond__announce *a, const ond__thing *t, bool away)
{
    ond_buf topic = {0};
    put_config_topic(&topic, a, t);
    cJSON *c = away ? NULL : long_config(a, t);
    bool ok = ond_buf_ok(&topic) && (away || (c && add_availability(a, c, false) && add_device(a, c, t->area, false) &&
                                              add_origin(c, false)));
    int rc = ok ? a->emit(a->self, ond_buf_z(&topic), c) : OND_E_NOMEM;
    cJSON_Delete(c);
    ond_buf_free(&topic);
    return rc;
}

/* ---- device form ---- */

static const char *brief_key(const char *key)
{
    for (size_t i = 0; i < sizeof shorts / sizeof shorts[0]; i++)
        if (strcmp(shorts[i].key, key) == 0)
            return shorts[i].abbreviation;
    return key;
}

/* The same config with short keys, topics written out, and its platform. */
static cJSON *brief_config(const ond__announce *a, const ond__thing *t)
{
    cJSON *full = long_config(a, t), *c = cJSON_CreateObject();
    bool ok = full && c && ond_json_set_str(c, "p", component(t));
    const char *base = ond_json_str(full, "~", "");
    for (const cJSON *v = full ? full->child : NULL; v && ok; v = v->next) {
        if (strcmp(v->string, "~") == 0)
            continue;
        if (!cJSON_IsString(v) || strncmp(v->valuestring, "~/", 2) != 0) {
            ok = ond_json_set(c, brief_key(v->string), cJSON_Duplicate(v, true));
            continue;
        }
        ond_buf topic = {0};
        ond_buf_printf(&topic, "%s%s", base, v->valuestring + 1);
        ok = set_text(c, brief_key(v->string), &topic);
    }
    cJSON_Delete(full);
    if (ok)
        return c;
    cJSON_Delete(c);
    return NULL;
}

static bool add_component(const ond__announce *a, cJSON *cmps, const ond__thing *t)
{
    cJSON *c = brief_config(a, t);
    ond_buf key = {0};
    ond_buf_printf(&key, "%s_", t->domain->name);
    ond__level_put(&key, object_of(t));
    bool ok = c && ond_buf_ok(&key) && ond_json_set(cmps, ond_buf_z(&key), c);
    if (c && !ond_buf_ok(&key))
        cJSON_Delete(c);
    ond_buf_free(&key);
    return ok;
}

/* Things of one place from index *at on, at most PER_DEVICE; *at moves behind them. */
static cJSON *device_config(const ond__announce *a, int area, size_t *at, bool *any)
{
    cJSON *c = cJSON_CreateObject();
    bool ok = c && add_device(a, c, area, true) && add_origin(c, true) && add_availability(a, c, true);
    cJSON *cmps = ok ? cJSON_AddObjectToObject(c, "cmps") : NULL;
    ok = cmps != NULL;
    int n = 0;
    for (; *at < a->h->n_things && n < PER_DEVICE && ok; (*at)++)
        if (a->h->things[*at].area == area) {
            ok = add_component(a, cmps, &a->h->things[*at]);
            n++;
        }
    *any = n > 0;
    if (ok)
        return c;
    cJSON_Delete(c);
    return NULL;
}

static int announce_place(const ond__announce *a, int area, bool away)
{
    int rc = 0;
    bool any = true;
    size_t at = 0;
    for (int part = 1; any && at < a->h->n_things && rc == 0; part++) {
        cJSON *c = device_config(a, area, &at, &any);
        if (!c)
            return OND_E_NOMEM;
        ond_buf topic = {0};
        ond_buf_printf(&topic, "%s/device/", a->prefix);
        put_unique(&topic, a->base, area < 0 ? "house" : "area", area < 0 ? NULL : a->h->areas[area].id);
        if (part > 1)
            ond_buf_printf(&topic, "--%d", part);     /* no name holds "--" */
        ond_buf_puts(&topic, "/config");
        if (any)
            rc = ond_buf_ok(&topic) ? a->emit(a->self, ond_buf_z(&topic), away ? NULL : c) : OND_E_NOMEM;
        ond_buf_free(&topic);
        cJSON_Delete(c);
    }
    return rc;
}

/* ---- all ---- */

static int announce_form(const ond__announce *a, bool device_form, bool away)
{
    int rc = 0;
    if (device_form) {
        for (int area = -1; area < (int)a->h->n_areas && rc == 0; area++)
            rc = announce_place(a, area, away);
        return rc;
    }
    for (size_t i = 0; i < a->h->n_things && rc == 0; i++)
        rc = announce_thing(a, &a->h->things[i], away);
    return rc;
}

int ond__announce_all(const ond__announce *a, ond_err *err)
{
    int rc = announce_form(a, !a->device_form, true);
    if (rc == 0)
        rc = announce_form(a, a->device_form, false);
    return rc == OND_E_NOMEM ? ond_nomem(err, "announcing the house") : rc;
}
