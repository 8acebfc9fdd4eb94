/* component_plain.c - components with one state: switch, siren, lock, alarm, scene, button, number,
 * select, sensors. */
#include "hand/home/device.h"
#include "hand/home/template.h"
#include "sys/clock.h"

static const char *const needs_state[] = {"state_topic", NULL};
static const char *const needs_nothing[] = {NULL};

#define STATE_ROLE(fn)                                                                             \
    {                                                                                              \
        "state_topic", "value_template", "state_value_template", fn                                \
    }

/* ---- on and off ---- */

static void tell_on_off(ond__device *d, const ond__said *said)
{
    const char *on = ond__cfg(d, "state_on", ond__cfg(d, "payload_on", "ON"));
    const char *off = ond__cfg(d, "state_off", ond__cfg(d, "payload_off", "OFF"));
    if (ond__said_is(said, on))
        ond__tell_word(d, "state", "on");
    else if (ond__said_is(said, off))
        ond__tell_word(d, "state", "off");
    else if (ond__said_none(said))
        ond__tell_word(d, "state", "unknown");
}

static void limits_on_off(const ond__device *d, cJSON *limits)
{
    if (ond__cfg_has(d, "command_topic"))
        ond__limit_words(limits, "state", (const char *const[]){"off", "on"}, 2);
}

static void send_switch(ond__out *out, const cJSON *attributes)
{
    bool on = strcmp(ond_json_str(attributes, "state", ""), "on") == 0;
    ond__send(out, "command_topic", "command_template",
              on ? ond__cfg(out->device, "payload_on", "ON")
                 : ond__cfg(out->device, "payload_off", "OFF"));
}

static const ond__role switch_roles[] = {STATE_ROLE(tell_on_off), {0}};
const ond__component ond__component_switch = {
    .name = "switch",
    .roles = switch_roles,
    .needs = needs_state,
    .first = "off",
    .limits = limits_on_off,
    .send = send_switch,
};

/* A siren says and takes {"state":"ON"} or, with templates, the plain words. */
static void tell_siren(ond__device *d, const ond__said *said)
{
    const char *state = cJSON_IsObject(said->json) ? ond_json_str(said->json, "state", NULL) : NULL;
    const ond__said inner = {ond_str_of(state), NULL};
    tell_on_off(d, state ? &inner : said);
}

static void send_siren(ond__out *out, const cJSON *attributes)
{
    bool on = strcmp(ond_json_str(attributes, "state", ""), "on") == 0;
    const char *word = on ? ond__cfg(out->device, "payload_on", "ON")
                          : ond__cfg(out->device, "payload_off", "OFF");
    const char *tpl = !on && ond__cfg_has(out->device, "command_off_template")
                          ? "command_off_template"
                          : "command_template";
    if (ond__cfg_has(out->device, tpl)) {
        ond__send(out, "command_topic", tpl, word);
        return;
    }
    cJSON *json = cJSON_CreateObject();
    if (json && !ond_json_set_str(json, "state", word)) {
        cJSON_Delete(json);
        json = NULL;
    }
    ond__send_json(out, "command_topic", json);
}

static const ond__role siren_roles[] = {
    {"state_topic", "state_value_template", "value_template", tell_siren}, {0}};
const ond__component ond__component_siren = {
    .name = "siren",
    .roles = siren_roles,
    .needs = needs_state,
    .first = "off",
    .limits = limits_on_off,
    .send = send_siren,
};

/* ---- locks ---- */

static void tell_lock(ond__device *d, const ond__said *said)
{
    static const char *const words[][3] = {
        {"state_locked", "LOCKED", "locked"},    {"state_unlocked", "UNLOCKED", "unlocked"},
        {"state_locking", "LOCKING", "locking"}, {"state_unlocking", "UNLOCKING", "unlocking"},
        {"state_jammed", "JAMMED", "jammed"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ond__said_is(said, ond__cfg(d, words[i][0], words[i][1])))
            ond__tell_word(d, "state", words[i][2]);
    if (ond__said_none(said)) ond__tell_word(d, "state", "unknown");
}

static void limits_lock(const ond__device *d, cJSON *limits)
{
    if (ond__cfg_has(d, "command_topic"))
        ond__limit_words(limits, "state", (const char *const[]){"locked", "unlocked"}, 2);
}

static void send_lock(ond__out *out, const cJSON *attributes)
{
    bool lock = strcmp(ond_json_str(attributes, "state", ""), "locked") == 0;
    ond__send(out, "command_topic", "command_template",
              lock ? ond__cfg(out->device, "payload_lock", "LOCK")
                   : ond__cfg(out->device, "payload_unlock", "UNLOCK"));
}

static const ond__role lock_roles[] = {STATE_ROLE(tell_lock), {0}};
const ond__component ond__component_lock = {
    .name = "lock",
    .roles = lock_roles,
    .needs = needs_state,
    .first = "unlocked",
    .limits = limits_lock,
    .send = send_lock,
};

/* ---- alarms ---- */

static const struct {
    const char *state, *feature, *key, *payload;
} arms[] = {
    {"armed_away", "arm_away", "payload_arm_away", "ARM_AWAY"},
    {"armed_home", "arm_home", "payload_arm_home", "ARM_HOME"},
    {"armed_night", "arm_night", "payload_arm_night", "ARM_NIGHT"},
    {"armed_vacation", "arm_vacation", "payload_arm_vacation", "ARM_VACATION"},
    {"disarmed", NULL, "payload_disarm", "DISARM"},
};
#define N_ARMS (sizeof arms / sizeof arms[0])

static void tell_alarm(ond__device *d, const ond__said *said)
{
    static const char *const others[] = {"arming", "pending", "triggered", "disarming",
                                         "armed_custom_bypass"};
    for (size_t i = 0; i < N_ARMS; i++)
        if (ond__said_is(said, arms[i].state)) ond__tell_word(d, "state", arms[i].state);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (ond__said_is(said, others[i])) ond__tell_word(d, "state", others[i]);
    if (ond__said_none(said)) ond__tell_word(d, "state", "unknown");
}

/* Where the panel asks for a code, Ondol offers nothing: it keeps no codes. */
static bool needs_code(const ond__device *d, const char *state)
{
    bool disarm = strcmp(state, "disarmed") == 0;
    return ond__cfg_has(d, "code") &&
           ond__cfg_bool(d, disarm ? "code_disarm_required" : "code_arm_required", true);
}

static void limits_alarm(const ond__device *d, cJSON *limits)
{
    const char *words[N_ARMS];
    size_t n = 0;
    for (size_t i = 0; i < N_ARMS; i++) {
        bool has = !arms[i].feature || !ond_json_get(d->config, "supported_features") ||
                   ond__cfg_lists(d, "supported_features", arms[i].feature);
        if (has && !needs_code(d, arms[i].state)) words[n++] = arms[i].state;
    }
    if (n > 0 && ond__cfg_has(d, "command_topic")) ond__limit_words(limits, "state", words, n);
}

static void send_alarm(ond__out *out, const cJSON *attributes)
{
    const char *state = ond_json_str(attributes, "state", "");
    for (size_t i = 0; i < N_ARMS; i++)
        if (strcmp(arms[i].state, state) == 0) {
            const char *payload = ond__cfg(out->device, arms[i].key, arms[i].payload);
            const ond__var vars[] = {{"action", ond_str_of(payload), NULL},
                                     {"code", OND_S(""), NULL}};
            ond__send_vars(out, "command_topic", "command_template", payload, vars, 2);
        }
}

static const ond__role alarm_roles[] = {STATE_ROLE(tell_alarm), {0}};
const ond__component ond__component_alarm = {
    .name = "alarm_control_panel",
    .roles = alarm_roles,
    .needs = needs_state,
    .first = "disarmed",
    .limits = limits_alarm,
    .send = send_alarm,
};

/* ---- what is only done ---- */

static const ond__role no_roles[] = {{0}};

static void limits_none(const ond__device *d, cJSON *limits)
{
    (void)d;
    (void)limits;
}

static void send_scene(ond__out *out, const cJSON *attributes)
{
    (void)attributes;
    ond__send(out, "command_topic", NULL, ond__cfg(out->device, "payload_on", "ON"));
}

const ond__component ond__component_scene = {
    .name = "scene",
    .roles = no_roles,
    .needs = needs_nothing,
    .first = "ready",
    .limits = limits_none,
    .send = send_scene,
};

static void send_button(ond__out *out, const cJSON *attributes)
{
    (void)attributes;
    ond__send(out, "command_topic", "command_template",
              ond__cfg(out->device, "payload_press", "PRESS"));
}

const ond__component ond__component_button = {
    .name = "button",
    .roles = no_roles,
    .needs = needs_nothing,
    .first = "ready",
    .limits = limits_none,
    .send = send_button,
};

/* ---- numbers and choices ---- */

static void tell_value(ond__device *d, const ond__said *said)
{
    double n;
    if (ond__said_number(said, &n))
        ond__tell_number(d, "state", n);
    else if (ond__said_none(said))
        ond__tell_word(d, "state", "unknown");
}

static void limits_number(const ond__device *d, cJSON *limits)
{
    if (ond__cfg_has(d, "command_topic"))
        ond__limit_range(limits, "state", ond__cfg_num(d, "min", 1), ond__cfg_num(d, "max", 100));
}

static void send_number(ond__out *out, const cJSON *attributes)
{
    ond__send_number(out, "command_topic", "command_template",
                     ond_json_num(attributes, "state", 0));
}

static const ond__role number_roles[] = {STATE_ROLE(tell_value), {0}};
const ond__component ond__component_number = {
    .name = "number",
    .roles = number_roles,
    .needs = needs_state,
    .first = "unknown",
    .limits = limits_number,
    .send = send_number,
};

static void tell_text(ond__device *d, const ond__said *said)
{
    char text[STATE_TEXT_MAX + 1];
    if (said->text.n == 0 || said->text.n > STATE_TEXT_MAX) return;
    memcpy(text, said->text.p, said->text.n);
    text[said->text.n] = '\0';
    ond__tell_word(d, "state", ond__said_none(said) ? "unknown" : text);
}

static void limits_select(const ond__device *d, cJSON *limits)
{
    if (ond__cfg_has(d, "command_topic"))
        ond__limit_list(limits, "state", ond_json_get(d->config, "options"));
}

static void send_select(ond__out *out, const cJSON *attributes)
{
    ond__send(out, "command_topic", "command_template", ond_json_str(attributes, "state", ""));
}

static const ond__role select_roles[] = {STATE_ROLE(tell_text), {0}};
const ond__component ond__component_select = {
    .name = "select",
    .roles = select_roles,
    .needs = needs_state,
    .first = "unknown",
    .limits = limits_select,
    .send = send_select,
};

/* ---- sensors ---- */

static void expires(ond__device *d)
{
    double s = ond__cfg_num(d, "expire_after", 0);
    d->expires_at_us = s > 0 && s < 1e8 ? ond_steady_us() + (uint64_t)(s * 1e6) : 0;
}

static void tell_sensor(ond__device *d, const ond__said *said)
{
    double n;
    expires(d);
    if (ond__said_number(said, &n) &&
        (ond__cfg_has(d, "unit_of_measurement") || ond__cfg_has(d, "state_class") || d->cls[0]))
        ond__tell_number(d, "state", n);
    else
        tell_text(d, said);
}

static const ond__role sensor_roles[] = {STATE_ROLE(tell_sensor), {0}};
const ond__component ond__component_sensor = {
    .name = "sensor",
    .roles = sensor_roles,
    .needs = needs_state,
    .first = "unknown",
    .limits = limits_none,
};

static void tell_binary(ond__device *d, const ond__said *said)
{
    double delay = ond__cfg_num(d, "off_delay", 0);
    expires(d);
    tell_on_off(d, said);
    bool on = strcmp(ond_json_str(d->state, "state", ""), "on") == 0;
    d->off_at_us = on && delay > 0 && delay < 1e8 ? ond_steady_us() + (uint64_t)(delay * 1e6) : 0;
}

static const ond__role binary_roles[] = {STATE_ROLE(tell_binary), {0}};
const ond__component ond__component_binary_sensor = {
    .name = "binary_sensor",
    .roles = binary_roles,
    .needs = needs_state,
    .first = "unknown",
    .limits = limits_none,
};
