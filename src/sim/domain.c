/* domain.c - what kinds of device there are, their states and attributes.
 *
 * To add a kind: a row in `domains` and its attributes; what time does to it goes to physics.c,
 * what a command does to set.c, its topics to topics.c; then a row in docs/house.md. */
#include "sim/house.h"

static const ond__attr no_attrs[] = {{0}};
static const ond__attr light_attrs[] = {
    {"brightness", OND__NUMBER, 0, 100, false},
    {"color_temp", OND__NUMBER, 2000, 6500, false},
    {"color", OND__WORD, 0, 0, false},
    {"effect", OND__WORD, 0, 0, false},
    {0},
};
static const ond__attr fan_attrs[] = {
    {"percentage", OND__NUMBER, 0, 100, true},
    {"preset_mode", OND__WORD, 0, 0, false},
    {0},
};
static const ond__attr cover_attrs[] = {{"position", OND__NUMBER, 0, 100, true}, {0}};
static const ond__attr valve_attrs[] = {{"position", OND__NUMBER, 0, 100, false}, {0}};
static const ond__attr climate_attrs[] = {
    {"temperature", OND__NUMBER, 5, 35, true},
    {"fan_mode", OND__WORD, 0, 0, false},
    {"preset_mode", OND__WORD, 0, 0, false},
    {"current_temperature", OND__MEASURED, 0, 0, true},
    {"hvac_action", OND__MEASURED, 0, 0, true},
    {"hvac_mode", OND__MEASURED, 0, 0, true},
    {0},
};
static const ond__attr humidifier_attrs[] = {
    {"humidity", OND__NUMBER, 30, 80, true},
    {"mode", OND__WORD, 0, 0, false},
    {"current_humidity", OND__MEASURED, 0, 0, true},
    {0},
};
static const ond__attr media_attrs[] = {
    {"volume", OND__NUMBER, 0, 100, true},
    {"muted", OND__FLAG, 0, 0, true},
    {"track", OND__NUMBER, 1, 999, false},
    {"source", OND__WORD, 0, 0, false},
    {0},
};
static const ond__attr vacuum_attrs[] = {
    {"fan_speed", OND__WORD, 0, 0, false},
    {"battery", OND__MEASURED, 0, 0, true},
    {0},
};
static const ond__attr oven_attrs[] = {
    {"temperature", OND__NUMBER, 50, 250, true},
    {"current_temperature", OND__MEASURED, 0, 0, true},
    {0},
};
static const ond__attr scene_attrs[] = {{"members", OND__MEASURED, 0, 0, false}, {0}};

/* A number and a select take their "state" from the limits that the YAML gives. */
static const ond__domain domains[] = {
    {"alarm_control_panel", "disarmed armed_away armed_home armed_night armed_vacation", "arming",
     "disarmed", no_attrs},
    {"binary_sensor", NULL, "", "off", no_attrs},
    {"button", "pressed", "", "ready", no_attrs},
    {"climate", "off heat", "", "off", climate_attrs},
    {"cover", "open closed", "opening closing", "closed", cover_attrs},
    {"fan", "off on", "", "off", fan_attrs},
    {"humidifier", "off on", "", "off", humidifier_attrs},
    {"light", "off on", "", "off", light_attrs},
    {"lock", "locked unlocked", "locking unlocking", "locked", no_attrs},
    {"media_player", "off on idle playing paused", "", "off", media_attrs},
    {"number", NULL, "", NULL, no_attrs},
    {"oven", "off on", "", "off", oven_attrs},
    {"scene", NULL, "", "ready", scene_attrs},
    {"select", NULL, "", NULL, no_attrs},
    {"sensor", NULL, "", NULL, no_attrs},
    {"siren", "off on", "", "off", no_attrs},
    {"switch", "off on", "", "off", no_attrs},
    {"vacuum", "docked cleaning paused idle", "returning", "docked", vacuum_attrs},
    {"valve", "open closed", "opening closing", "closed", valve_attrs},
};
#define N_DOMAINS (sizeof domains / sizeof domains[0])

const ond__domain *ond__domain_find(const char *name)
{
    for (size_t i = 0; i < N_DOMAINS; i++)
        if (strcmp(domains[i].name, name) == 0) return &domains[i];
    return NULL;
}

const ond__attr *ond__domain_attr(const ond__domain *d, const char *name)
{
    for (const ond__attr *a = d->attrs; a->name; a++)
        if (strcmp(a->name, name) == 0) return a;
    return NULL;
}

void ond__domain_names(ond_buf *out)
{
    for (size_t i = 0; i < N_DOMAINS; i++)
        ond_buf_printf(out, "%s%s", i ? ", " : "", domains[i].name);
}

bool ond__word_in(const char *words, const char *word)
{
    size_t n = strlen(word);
    if (n == 0) return false;
    for (const char *at = words; (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (at[n] == '\0' || at[n] == ' ')) return true;
    return false;
}
