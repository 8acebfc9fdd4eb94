/* query.c - which devices a question is about. A question may be about many: it is never asked
 * back.
 *
 * HassClimateGetTemperature and questions for humidity look for sensors first, then for devices
 * that measure beside their work. A question about a door is answered by its sensor as well as by
 * its lock. */
#include "agent/words.h"

static const char *const everything =
    "light switch fan media_player climate humidifier oven vacuum";

static const ond__device *device(const ond__wish *w, size_t i) { return &w->a->registry.device[i]; }

static int no_memory(ond_err *err) { return ond_nomem(err, "looking for devices"); }

static void nothing(ond__wish *w, const char *what)
{
    ond__place p = ond__place_of(w);
    ond__fail_there(w, p.area, p.floor, what);
}

/* ---- what is measured: temperature, humidity ---- */

static int add_sensors(ond__wish *w, const char *cls, ond__place p, bool inside, ond_err *err)
{
    for (size_t i = 0; i < w->a->registry.n_device; i++) {
        const ond__device *d = device(w, i);
        bool is = strcmp(d->domain, "sensor") == 0 && strcmp(d->cls, cls) == 0;
        if (is && ond__lies_in(d, p) && (!inside || d->area >= 0) && !ond__target_add(w, (int)i))
            return no_memory(err);
    }
    return 0;
}

/* Devices that show it beside their work; needs states. */
static int add_showing(ond__wish *w, const char *attribute, ond__place p, ond_err *err)
{
    int rc = ond__agent_states(w->a, err);
    w->states = rc == 0;
    for (size_t i = 0; rc == 0 && i < w->a->registry.n_device; i++) {
        const ond__device *d = device(w, i);
        const cJSON *shown = ond_json_get(ond_json_get(d->row, "state"), attribute);
        if (cJSON_IsNumber(shown) && ond__lies_in(d, p) && !ond__target_add(w, (int)i))
            rc = no_memory(err);
    }
    return rc;
}

static int measured(ond__wish *w, const char *cls, const char *attribute, ond__place p,
                    ond_err *err)
{
    ond__place here = {.area = w->area, .other = -1, .floor = -1, .said = true};
    int rc = 0;
    if (!p.said && w->area >= 0)
        rc = add_sensors(w, cls, here, true, err);
    if (rc == 0 && w->n_target == 0)
        rc = add_sensors(w, cls, p, true, err);
    if (rc == 0 && w->n_target == 0)
        rc = add_showing(w, attribute, p, err);
    if (rc == 0 && w->n_target == 0) {
        const char *word = ond_msg_text(strcmp(cls, "humidity") == 0 ? OND_M_AGENT_KIND_HUMIDITY
                                                                     : OND_M_AGENT_KIND_TEMPERATURE,
                                        w->lang);
        nothing(w, word);
    }
    return rc;
}

/* ---- by name ---- */

static bool can_be(const ond__device *d, const char *state)
{
    if (strcmp(state, "on") == 0 || strcmp(state, "off") == 0)
        return ond__word_of(everything, d->domain) ||
               ond__word_of("binary_sensor alarm_control_panel", d->domain);
    if (strcmp(state, "open") == 0 || strcmp(state, "closed") == 0)
        return ond__word_of("cover valve lock binary_sensor", d->domain);
    if (strcmp(state, "locked") == 0 || strcmp(state, "unlocked") == 0)
        return strcmp(d->domain, "lock") == 0;
    return true;
}

/* The sensors of the door that a lock locks, where its room has them. */
static int add_door_sensors(ond__wish *w, const ond__device *lock, ond_err *err)
{
    for (size_t i = 0; lock->area >= 0 && i < w->a->registry.n_device; i++) {
        const ond__device *d = device(w, i);
        bool is = strcmp(d->domain, "binary_sensor") == 0 && strcmp(d->cls, "door") == 0 &&
                  d->area == lock->area;
        if (is && !ond__target_add(w, (int)i))
            return no_memory(err);
    }
    return 0;
}

static int by_name(ond__wish *w, const ond_slot *name, ond__place p, ond_err *err)
{
    const char *state = ond__slot_str(w, "state", ""),
               *domain = ond_json_str(w->match->context, "domain", "");
    bool door = strcmp(state, "open") == 0 || strcmp(state, "closed") == 0;
    const cJSON *at;
    int rc = 0;
    cJSON_ArrayForEach(at, ond_json_get(name->metadata, "devices")) {
        int i = (int)at->valuedouble;
        const ond__device *d = device(w, (size_t)i);
        bool kind = state[0] ? can_be(d, state) : strcmp(d->domain, domain) == 0;
        if (!kind || !ond__lies_in(d, p))
            continue;
        if (door && strcmp(d->domain, "lock") == 0)
            rc = add_door_sensors(w, d, err);
        if (rc == 0 && !ond__target_add(w, i))
            rc = no_memory(err);
        if (rc != 0)
            return rc;
    }
    if (w->n_target == 0) {
        ond_buf said = {0};
        ond__said_put(&said, name);
        nothing(w, ond_buf_z(&said));
        ond_buf_free(&said);
    }
    return 0;
}

/* ---- by kind ---- */

/* A window or a door may be a thing that moves or a sensor that looks. */
static bool same_opening(const ond__wish *w, const ond__device *d)
{
    const char *cls = ond__slot_str(w, "device_class", "");
    if (strcmp(d->domain, "binary_sensor") == 0 || strcmp(d->domain, "cover") == 0)
        return strcmp(cls, d->cls) == 0 ||
               (strcmp(cls, "door") == 0 && ond__word_of("garage_door gate opening", d->cls));
    return false;
}

static bool asked_for(const ond__wish *w, const ond__device *d)
{
    const char *state = ond__slot_str(w, "state", "");
    bool opening = strcmp(state, "open") == 0 || strcmp(state, "closed") == 0;
    if (opening && ond_match_slot(w->match, "device_class"))
        return same_opening(w, d);
    if (ond_match_slot(w->match, "device_class") && !ond__slot_has(w, "device_class", d->cls))
        return false;
    if (ond_match_slot(w->match, "domain"))
        return ond__slot_has(w, "domain", d->domain);
    return ond_match_slot(w->match, "device_class") || ond__word_of(everything, d->domain);
}

static int by_kind(ond__wish *w, ond__place p, ond_err *err)
{
    for (size_t i = 0; i < w->a->registry.n_device; i++)
        if (ond__lies_in(device(w, i), p) && asked_for(w, device(w, i)) &&
            !ond__target_add(w, (int)i))
            return no_memory(err);
    if (w->n_target == 0) {
        ond_buf said = {0};
        ond__said_put(&said, ond_match_slot(w->match, "device_class"));
        if (said.n == 0)
            ond__said_put(&said, ond_match_slot(w->match, "domain"));
        nothing(w, said.n ? ond_buf_z(&said) : ond_msg_text(OND_M_AGENT_KIND_DEVICE, w->lang));
        ond_buf_free(&said);
    }
    return 0;
}

/* "is it locked?": the devices of the sentence before. */
static int by_sentence(ond__wish *w, ond_err *err)
{
    const char *state = ond__slot_str(w, "state", "");
    const cJSON *id;
    cJSON_ArrayForEach(id, w->only) {
        int i = ond__registry_device(&w->a->registry, cJSON_IsString(id) ? id->valuestring : "");
        if (i >= 0 && (!state[0] || can_be(device(w, (size_t)i), state)) && !ond__target_add(w, i))
            return no_memory(err);
    }
    if (w->n_target == 0)
        ond__wish_not_understood(w);
    return 0;
}

int ond__query_targets(ond__wish *w, ond_err *err)
{
    if (w->only)
        return by_sentence(w, err);
    const ond_slot *name = ond_match_slot(w->match, "name");
    ond__place p = ond__place_of(w);
    bool named = name && !ond__slot_has(w, "name", "all");
    if (named)
        return by_name(w, name, p, err);
    if (p.said && p.area < 0 && p.floor < 0) {
        nothing(w, ond_msg_text(OND_M_AGENT_KIND_DEVICE, w->lang));
        return 0;
    }
    if (strcmp(w->intent->name, "HassClimateGetTemperature") == 0)
        return measured(w, "temperature", "current_temperature", p, err);
    if (ond__slot_has(w, "device_class", "humidity"))
        return measured(w, "humidity", "current_humidity", p, err);
    return by_kind(w, p, err);
}
