/* words.c - states, attributes and values in words of a language.
 *
 * To add a word: a row in one of the tables, and a MSG row that it names. */
#include "agent/words.h"

#include <ctype.h>

typedef struct row { const char *key; ond_msg id; } row;

static const char *find(const row *rows, size_t n, const char *key, const char *lang)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(rows[i].key, key) == 0)
            return ond_msg_text(rows[i].id, lang);
    return NULL;
}
#define FIND(rows, key, lang) find((rows), sizeof(rows) / sizeof((rows)[0]), (key), (lang))

/* ---- states ---- */

static const row states[] = {
    {"on", OND_M_AGENT_S_ON},
    {"off", OND_M_AGENT_S_OFF},
    {"open", OND_M_AGENT_S_OPEN},
    {"closed", OND_M_AGENT_S_CLOSED},
    {"opening", OND_M_AGENT_S_OPENING},
    {"closing", OND_M_AGENT_S_CLOSING},
    {"locked", OND_M_AGENT_S_LOCKED},
    {"unlocked", OND_M_AGENT_S_UNLOCKED},
    {"locking", OND_M_AGENT_S_LOCKING},
    {"unlocking", OND_M_AGENT_S_UNLOCKING},
    {"playing", OND_M_AGENT_S_PLAYING},
    {"paused", OND_M_AGENT_S_PAUSED},
    {"idle", OND_M_AGENT_S_IDLE},
    {"cleaning", OND_M_AGENT_S_CLEANING},
    {"docked", OND_M_AGENT_S_DOCKED},
    {"returning", OND_M_AGENT_S_RETURNING},
    {"heat", OND_M_AGENT_S_HEAT},
    {"cool", OND_M_AGENT_S_COOL},
    {"dry", OND_M_AGENT_S_DRY},
    {"fan_only", OND_M_AGENT_S_FAN_ONLY},
    {"auto", OND_M_AGENT_S_AUTO},
    {"disarmed", OND_M_AGENT_S_DISARMED},
    {"unavailable", OND_M_AGENT_S_GONE},
    {"unknown", OND_M_AGENT_S_GONE},
};

const char *ond__plain_word(const char *state, const char *lang)
{
    const char *word = FIND(states, state, lang);
    if (!word && strncmp(state, "armed", 5) == 0)
        word = ond_msg_text(OND_M_AGENT_S_ARMED, lang);
    return word ? word : state;
}

const char *ond__state_word(const ond__device *d, const cJSON *state, const char *lang)
{
    const char *now = ond_json_str(state, "state", "unknown");
    if (strcmp(d->domain, "binary_sensor") == 0) {
        bool on = strcmp(now, "on") == 0;
        if (ond__word_of("door window garage_door opening", d->cls))
            return ond__plain_word(on ? "open" : "closed", lang);
        if (ond__word_of("motion occupancy presence", d->cls))
            return ond_msg_text(on ? OND_M_AGENT_S_MOTION : OND_M_AGENT_S_STILL, lang);
    }
    return ond__plain_word(now, lang);
}

const char *ond__opposite(const char *state)
{
    static const char *const pairs[][2] = {
        {"on", "off"}, {"open", "closed"}, {"locked", "unlocked"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        for (int side = 0; side < 2; side++)
            if (strcmp(pairs[i][side], state) == 0)
                return pairs[i][!side];
    return NULL;
}

/* ---- attributes and values ---- */

static const row attributes[] = {
    {"brightness", OND_M_AGENT_A_BRIGHTNESS},
    {"color", OND_M_AGENT_A_COLOR},
    {"color_temp", OND_M_AGENT_A_COLOR_TEMP},
    {"volume", OND_M_AGENT_A_VOLUME},
    {"battery", OND_M_AGENT_A_BATTERY},
    {"temperature", OND_M_AGENT_A_TARGET},
    {"current_temperature", OND_M_AGENT_A_TEMPERATURE},
    {"humidity", OND_M_AGENT_A_TARGET_HUMIDITY},
    {"current_humidity", OND_M_AGENT_A_HUMIDITY},
    {"hvac_mode", OND_M_AGENT_A_MODE},
    {"percentage", OND_M_AGENT_A_SPEED},
    {"position", OND_M_AGENT_A_POSITION},
};

static const row words[] = {
    {"red", OND_M_AGENT_W_RED},
    {"orange", OND_M_AGENT_W_ORANGE},
    {"yellow", OND_M_AGENT_W_YELLOW},
    {"green", OND_M_AGENT_W_GREEN},
    {"blue", OND_M_AGENT_W_BLUE},
    {"purple", OND_M_AGENT_W_PURPLE},
    {"pink", OND_M_AGENT_W_PINK},
    {"turquoise", OND_M_AGENT_W_TURQUOISE},
    {"white", OND_M_AGENT_W_WHITE},
    {"warm white", OND_M_AGENT_W_WARM_WHITE},
    {"cool white", OND_M_AGENT_W_COOL_WHITE},
    {"off", OND_M_AGENT_W_OFF},
    {"heat", OND_M_AGENT_W_HEAT},
    {"cool", OND_M_AGENT_W_COOL},
    {"dry", OND_M_AGENT_W_DRY},
    {"fan_only", OND_M_AGENT_W_FAN_ONLY},
    {"auto", OND_M_AGENT_W_AUTO},
    {"low", OND_M_HOME_W_LOW},
    {"medium", OND_M_HOME_W_MEDIUM},
    {"high", OND_M_HOME_W_HIGH},
    {"quiet", OND_M_HOME_W_QUIET},
    {"standard", OND_M_HOME_W_STANDARD},
    {"normal", OND_M_HOME_W_NORMAL},
    {"turbo", OND_M_HOME_W_TURBO},
    {"boost", OND_M_HOME_W_BOOST},
    {"sleep", OND_M_HOME_W_SLEEP},
    {"natural", OND_M_HOME_W_NATURAL},
};

const char *ond__attribute_word(const char *attribute, const char *lang)
{
    return FIND(attributes, attribute, lang);
}

/* How a number of this attribute is written. */
static ond_msg unit_of(const char *attribute, const char *unit)
{
    if (unit && strcmp(unit, "%") == 0)
        return OND_M_AGENT_PERCENT;
    if (unit && (strcmp(unit, "°C") == 0 || strcmp(unit, "C") == 0))
        return OND_M_AGENT_DEGREES;
    if (strcmp(attribute, "temperature") == 0 || strcmp(attribute, "current_temperature") == 0)
        return OND_M_AGENT_DEGREES;
    if (strcmp(attribute, "color_temp") == 0)
        return OND_M_AGENT_KELVIN;
    return unit ? OND_MSG_COUNT : OND_M_AGENT_PERCENT;
}

static double tenth(double v)
{
    return v < 0 ? -tenth(-v) : (double)(long long)(v * 10 + 0.5) / 10;
}

bool ond__value_put(ond_buf *out, const char *attribute, const cJSON *value, const char *unit,
                    const char *lang)
{
    ond_buf number = {0};
    if (cJSON_IsString(value)) {
        const char *word = FIND(words, value->valuestring, lang);
        ond_buf_puts(out, word ? word : value->valuestring);
        return value->valuestring[0] != '\0';
    }
    if (!cJSON_IsNumber(value))
        return false;
    ond_num_put(&number, tenth(value->valuedouble));
    ond_msg id = unit_of(attribute, unit);
    if (strcmp(attribute, "track") == 0)
        ond_buf_puts(out, ond_buf_z(&number));
    else if (id == OND_MSG_COUNT)
        ond_buf_printf(out, "%s %s", ond_buf_z(&number), unit);
    else
        OND_MSG(out, id, lang, ond_buf_z(&number));
    if (number.bad)
        out->bad = true;
    ond_buf_free(&number);
    return true;
}

/* Attributes worth a word, by domain. */
static const struct { const char *domain, *attribute;
} details[] = {
    {"light", "brightness"},
    {"light", "color"},
    {"cover", "position"},
    {"climate", "temperature"},
    {"climate", "current_temperature"},
    {"fan", "percentage"},
    {"humidifier", "humidity"},
    {"media_player", "volume"},
    {"vacuum", "battery"},
    {"oven", "temperature"},
};

void ond__details_put(ond_buf *out, const ond__device *d, const cJSON *state, const char *lang)
{
    bool off = ond__state_is(d, state, "on") == 0 && strcmp(d->domain, "vacuum") != 0;
    bool shut = ond__state_is(d, state, "open") == 0;
    for (size_t i = 0; i < sizeof details / sizeof details[0] && !off && !shut; i++) {
        const cJSON *value = ond_json_get(state, details[i].attribute);
        bool plain = cJSON_IsNumber(value) && strcmp(details[i].attribute, "position") == 0 &&
                     (value->valuedouble >= 100 || value->valuedouble <= 0);
        if (strcmp(details[i].domain, d->domain) != 0 || plain ||
            !(cJSON_IsNumber(value) || cJSON_IsString(value)))
            continue;
        ond_buf_printf(out, "%s%s ", out->n ? ", " : "",
                       ond__attribute_word(details[i].attribute, lang));
        ond__value_put(out, details[i].attribute, value, NULL, lang);
    }
}

/* ---- devices and places ---- */

void ond__speak_put(ond_buf *out, const ond__registry *r, int device, const char *lang)
{
    ond_buf label = {0};
    ond__label_put(&label, r, device, lang);
    const char *z = ond_buf_z(&label);
    bool proper = isupper((unsigned char)z[0]) && !isupper((unsigned char)z[1]);
    bool scene = strcmp(r->device[device].domain, "scene") == 0;
    if (strncmp(lang, "ko", 2) != 0 && !proper && !scene)
        ond_buf_puts(out, "the ");
    ond_buf_puts(out, z);
    if (label.bad)
        out->bad = true;
    ond_buf_free(&label);
}

const char *ond__place_word(const ond__registry *r, int area, const char *lang)
{
    const char *name;
    return area >= 0 && ond__names_of(r->area[area].names, lang, &name, 1) == 1 ? name : NULL;
}

void ond__where_put(ond_buf *out, const ond__registry *r, int area, int floor, const char *lang)
{
    const ond__spot *spot = area >= 0 ? &r->area[area] : floor >= 0 ? &r->floor[floor] : NULL;
    const char *name;
    if (!spot || ond__names_of(spot->names, lang, &name, 1) == 0)
        return;
    const char *phrase = ond_json_str(spot->place, lang, NULL);
    if (phrase)
        ond_buf_puts(out, phrase);
    else
        OND_MSG(out, area >= 0 ? OND_M_AGENT_IN_AREA : OND_M_AGENT_ON_FLOOR, lang, name);
}

void ond__fail_there(ond__wish *w, int area, int floor, const char *what)
{
    ond_buf where = {0};
    ond__where_put(&where, &w->a->registry, area, floor, w->lang);
    if (where.n)
        OND__WISH_FAIL(w, OND_E_NOT_FOUND, OND_M_AGENT_NOT_THERE, ond_buf_z(&where), what);
    else
        OND__WISH_FAIL(w, OND_E_NOT_FOUND, OND_M_AGENT_NOT_HERE, what);
    ond_buf_free(&where);
}
