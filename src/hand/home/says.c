/* says.c - a step in words, Korean and English, from the attributes that it sets.
 *
 * One attribute is the sentence ("turn off the floor lamp in the living room"), the others follow
 * in parentheses. */
#include "hand/home/internal.h"
#include "base/msg.h"
#include "base/utf8.h"
#include "sim/color.h"

#include <stdio.h>

#define LANGS 2
static const char *const langs[LANGS] = {"ko", "en"};

/* ---- the thing ---- */

static const char *name_in(const cJSON *row, const char *lang)
{
    const cJSON *names = ond_json_get(row, "names");
    const char *const order[] = {lang, "*", "en", "ko"};
    for (size_t i = 0; i < 4; i++) {
        const cJSON *list = ond_json_get(names, order[i]);
        if (list && cJSON_IsString(list->child)) return list->child->valuestring;
    }
    return ond_json_str(row, "id", "");
}

static bool contains(ond_str text, const char *part)
{
    ond_buf a = {0}, b = {0};
    bool found = ond_utf8_fold(text, &a, NULL) == 0 &&
                 ond_utf8_fold(ond_str_of(part), &b, NULL) == 0 &&
                 strstr(ond_buf_z(&a), ond_buf_z(&b)) != NULL;
    ond_buf_free(&a);
    ond_buf_free(&b);
    return found;
}

/* "현관문" of the 현관 is not called "현관 현관문". */
static bool names_area(const char *name, const cJSON *area, const char *lang)
{
    const cJSON *list = ond_json_get(ond_json_get(area, "names"), lang);
    for (const cJSON *n = list ? list->child : NULL; n; n = n->next)
        if (cJSON_IsString(n) && contains(ond_str_of(name), n->valuestring)) return true;
    return contains(ond_str_of(name), name_in(area, lang));
}

void ond__thing_put(ond__home *h, const ond__view *v, const char *lang, ond_buf *out)
{
    const char *name = name_in(v->row, lang);
    const cJSON *area = ond__home_area(h, ond_json_str(v->row, "area", ""));
    if (!area || names_area(name, area, lang)) {
        ond_buf_puts(out, name);
        return;
    }
    const char *place = ond_json_str(ond_json_get(area, "place"), lang, NULL);
    if (place)
        OND_MSG(out, OND_M_HOME_THING_AT, lang, name, place);
    else
        OND_MSG(out, OND_M_HOME_THING_IN, lang, name, name_in(area, lang));
}

/* ---- attributes ---- */

typedef struct phrase {
    const char *word;
    int main;
} phrase;

static ond_msg mode_word(const char *state)
{
    static const phrase words[] = {
        {"heat", OND_M_HOME_HEAT},           {"cool", OND_M_HOME_COOL},
        {"auto", OND_M_HOME_AUTO},           {"dry", OND_M_HOME_DRY},
        {"heat_cool", OND_M_HOME_HEAT_COOL}, {"fan_only", OND_M_HOME_FAN_ONLY},
        {"armed_away", OND_M_HOME_AWAY},     {"armed_home", OND_M_HOME_HOME},
        {"armed_night", OND_M_HOME_NIGHT},   {"armed_vacation", OND_M_HOME_VACATION},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, state) == 0) return (ond_msg)words[i].main;
    return OND_MSG_COUNT;
}

static ond_msg state_msg(const char *domain, const char *state)
{
    static const phrase words[] = {
        {"on", OND_M_HOME_ON},           {"off", OND_M_HOME_OFF},
        {"open", OND_M_HOME_OPEN},       {"closed", OND_M_HOME_CLOSE},
        {"stopped", OND_M_HOME_STOP},    {"locked", OND_M_HOME_LOCK},
        {"unlocked", OND_M_HOME_UNLOCK}, {"playing", OND_M_HOME_PLAY},
        {"paused", OND_M_HOME_PAUSE},    {"cleaning", OND_M_HOME_CLEAN},
        {"docked", OND_M_HOME_DOCK},     {"disarmed", OND_M_HOME_DISARM},
        {"pressed", OND_M_HOME_PRESS},   {"activated", OND_M_HOME_ACTIVATE},
        {"idle", OND_M_HOME_STOP},
    };
    if (strcmp(domain, "select") == 0) return OND_M_HOME_MODE;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, state) == 0) return (ond_msg)words[i].main;
    return strncmp(state, "armed_", 6) == 0 ? OND_M_HOME_ARM : OND_M_HOME_MODE;
}

static const struct {
    const char *name;
    ond_msg alone, too;
} attrs[] = {
    {"brightness", OND_M_HOME_BRIGHTNESS, OND_M_HOME_BRIGHTNESS_TOO},
    {"color", OND_M_HOME_COLOR, OND_M_HOME_COLOR_TOO},
    {"rgb", OND_M_HOME_COLOR, OND_M_HOME_COLOR_TOO},
    {"color_temp", OND_M_HOME_COLOR_TEMP, OND_M_HOME_COLOR_TEMP_TOO},
    {"position", OND_M_HOME_POSITION, OND_M_HOME_POSITION_TOO},
    {"temperature", OND_M_HOME_TEMPERATURE, OND_M_HOME_TEMPERATURE_TOO},
    {"percentage", OND_M_HOME_PERCENTAGE, OND_M_HOME_PERCENTAGE_TOO},
    {"humidity", OND_M_HOME_HUMIDITY, OND_M_HOME_HUMIDITY_TOO},
    {"volume", OND_M_HOME_VOLUME, OND_M_HOME_VOLUME_TOO},
    {"track", OND_M_HOME_TRACK, OND_M_HOME_TRACK_TOO},
    {"source", OND_M_HOME_SOURCE, OND_M_HOME_SOURCE_TOO},
    {"fan_mode", OND_M_HOME_SPEED, OND_M_HOME_SPEED_TOO},
    {"fan_speed", OND_M_HOME_SPEED, OND_M_HOME_SPEED_TOO},
    {"preset_mode", OND_M_HOME_PRESET, OND_M_HOME_PRESET_TOO},
    {"mode", OND_M_HOME_PRESET, OND_M_HOME_PRESET_TOO},
};

/* Modes and speeds that many makers call alike; others stay as the device says them. */
static const char *setting_word(const cJSON *a, const char *text, const char *lang)
{
    static const phrase words[] = {
        {"low", OND_M_HOME_W_LOW},           {"medium", OND_M_HOME_W_MEDIUM},
        {"high", OND_M_HOME_W_HIGH},         {"quiet", OND_M_HOME_W_QUIET},
        {"standard", OND_M_HOME_W_STANDARD}, {"normal", OND_M_HOME_W_NORMAL},
        {"turbo", OND_M_HOME_W_TURBO},       {"boost", OND_M_HOME_W_BOOST},
        {"sleep", OND_M_HOME_W_SLEEP},       {"natural", OND_M_HOME_W_NATURAL},
        {"auto", OND_M_HOME_AUTO},
    };
    bool setting = strcmp(a->string, "fan_mode") == 0 || strcmp(a->string, "fan_speed") == 0 ||
                   strcmp(a->string, "preset_mode") == 0 || strcmp(a->string, "mode") == 0;
    for (size_t i = 0; setting && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].word, text) == 0) return ond_msg_text((ond_msg)words[i].main, lang);
    return text;
}

/* The value as people read it: a colour by its name, a number without trailing zeros. */
static void put_value(ond_buf *out, const cJSON *a, const char *lang)
{
    if (cJSON_IsNumber(a)) {
        ond_json_print(out, a);
        return;
    }
    const char *text = cJSON_IsString(a)  ? a->valuestring
                       : cJSON_IsTrue(a)  ? "on"
                       : cJSON_IsFalse(a) ? "off"
                                          : NULL;
    const ond_color *c = NULL;
    if (strcmp(a->string, "rgb") == 0 && cJSON_GetArraySize(a) == 3)
        c = ond_color_near((const double[]){a->child->valuedouble, a->child->next->valuedouble,
                                            a->child->next->next->valuedouble});
    if (strcmp(a->string, "color") == 0 && text) c = ond_color_by_name(text);
    if (c)
        ond_buf_puts(out, strcmp(lang, "ko") == 0 ? c->ko : c->name);
    else if (text)
        ond_buf_puts(out, setting_word(a, text, lang));
    else
        ond_json_print(out, a);
}

static void put_state(ond_buf *out, const ond__view *v, const cJSON *a, const char *thing,
                      const char *lang)
{
    ond_buf value = {0};
    put_value(&value, a, lang);
    ond_msg mode = mode_word(ond_buf_z(&value));
    const char *word = mode == OND_MSG_COUNT ? ond_buf_z(&value) : ond_msg_text(mode, lang);
    OND_MSG(out, state_msg(v->domain, ond_buf_z(&value)), lang, thing, word);
    ond_buf_free(&value);
}

static void put_attr(ond_buf *out, const cJSON *a, const char *thing, const char *lang)
{
    ond_buf value = {0};
    put_value(&value, a, lang);
    size_t i = 0, n = sizeof attrs / sizeof attrs[0];
    while (i < n && strcmp(attrs[i].name, a->string) != 0) i++;
    if (cJSON_IsBool(a) && strcmp(a->string, "muted") == 0)
        OND_MSG(out,
                thing ? (cJSON_IsTrue(a) ? OND_M_HOME_MUTE : OND_M_HOME_UNMUTE)
                      : (cJSON_IsTrue(a) ? OND_M_HOME_MUTE_TOO : OND_M_HOME_UNMUTE_TOO),
                lang, thing ? thing : "");
    else if (i < n && thing)
        OND_MSG(out, attrs[i].alone, lang, thing, ond_buf_z(&value));
    else if (i < n)
        OND_MSG(out, attrs[i].too, lang, ond_buf_z(&value));
    else if (thing)
        OND_MSG(out, OND_M_HOME_ATTRIBUTE, lang, thing, a->string, ond_buf_z(&value));
    else
        OND_MSG(out, OND_M_HOME_ATTRIBUTE_TOO, lang, a->string, ond_buf_z(&value));
    ond_buf_free(&value);
}

static void put_sentence(ond_buf *out, const ond__view *v, const char *verb,
                         const cJSON *attributes, const char *thing, const char *lang)
{
    const cJSON *main_one = ond_json_get(attributes, "state");
    if (!attributes->child) {
        OND_MSG(out, OND_M_HOME_GET, lang, thing);
        return;
    }
    if (ond_json_get(attributes, "members")) {
        OND_MSG(out, strcmp(verb, "set") == 0 ? OND_M_HOME_RESTORE : OND_M_HOME_ACTIVATE, lang,
                thing);
        return;
    }
    if (main_one) {
        put_state(out, v, main_one, thing, lang);
    } else {
        main_one = attributes->child;
        put_attr(out, main_one, thing, lang);
    }
    const char *sep = " (";
    for (const cJSON *a = attributes->child; a; a = a->next) {
        if (a == main_one) continue;
        ond_buf_puts(out, sep);
        put_attr(out, a, NULL, lang);
        sep = ", ";
    }
    if (sep[0] == ',') ond_buf_putc(out, ')');
}

int ond__says(ond__home *h, const ond__view *v, const char *verb, const cJSON *attributes,
              cJSON **out, ond_err *err)
{
    cJSON *says = cJSON_CreateObject();
    bool ok = says != NULL;
    for (int i = 0; i < LANGS && ok; i++) {
        ond_buf thing = {0}, text = {0};
        ond__thing_put(h, v, langs[i], &thing);
        put_sentence(&text, v, verb, attributes, ond_buf_z(&thing), langs[i]);
        ok = ond_buf_ok(&text) && ond_json_set_str(says, langs[i], ond_buf_z(&text));
        ond_buf_free(&thing);
        ond_buf_free(&text);
    }
    if (!ok) {
        cJSON_Delete(says);
        return ond_nomem(err, "planning");
    }
    *out = says;
    return OND_OK;
}
