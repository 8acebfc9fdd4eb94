/* component.c - the table of components, and what they share in reading messages.
 *
 * To add a component: a const ond__component in a component_*.c, a row here and in
 * docs/hands/home.md. */
#include "hand/home/device.h"

#include <math.h>
#include <stdlib.h>

#define COMPONENTS(X)                                                                              \
    X(light)                                                                                       \
    X(light_json) X(switch) X(siren) X(fan) X(cover) X(valve) X(lock) X(climate) X(humidifier)     \
        X(vacuum) X(scene) X(button) X(number) X(select) X(sensor) X(binary_sensor) X(alarm)       \
            X(media_player) X(oven)

#define X(name) extern const ond__component ond__component_##name;
COMPONENTS(X)
#undef X

const ond__component *const ond__components[] = {
#define X(name) &ond__component_##name,
    COMPONENTS(X)
#undef X
        NULL,
};

/* Ondol's own components take any schema, others the plain one or the one that they name. */
const ond__component *ond__component_find(const char *name, const char *schema)
{
    bool plain = !schema || strcmp(schema, "default") == 0 || strcmp(schema, "basic") == 0 ||
                 strcmp(schema, "state") == 0;
    for (const ond__component *const *c = ond__components; *c; c++) {
        const char *own = (*c)->schema;
        bool fits =
            !own ? plain : strcmp(own, "ondol") == 0 || (!plain && strcmp(own, schema) == 0);
        if (fits && strcmp((*c)->name, name) == 0) return *c;
    }
    return NULL;
}

/* ---- into the state ---- */

static cJSON *member(const ond__device *d, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(d->state, name);
}

void ond__tell_word(ond__device *d, const char *attribute, const char *word)
{
    cJSON *now = member(d, attribute);
    if (strlen(word) > STATE_TEXT_MAX ||
        (cJSON_IsString(now) && strcmp(now->valuestring, word) == 0))
        return;
    (void)ond_json_set_str(d->state, attribute, word);
}

void ond__tell_number(ond__device *d, const char *attribute, double n)
{
    cJSON *now = member(d, attribute);
    if (!isfinite(n)) return;
    if (cJSON_IsNumber(now))
        cJSON_SetNumberValue(now, n);
    else
        (void)ond_json_set_num(d->state, attribute, n);
}

bool ond__said_is(const ond__said *said, const char *word)
{
    return ond_str_is(said->text, word);
}

bool ond__said_number(const ond__said *said, double *n)
{
    char text[64], *end = NULL;
    ond_str s = ond_str_trim(said->text);
    if (s.n == 0 || s.n >= sizeof text || strspn(s.p, "+-.0123456789eE") < s.n) return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    *n = strtod(text, &end);
    return end != text && *end == '\0' && isfinite(*n);
}

bool ond__said_none(const ond__said *said)
{
    return ond__said_is(said, "None") || ond__said_is(said, "none") || ond__said_is(said, "null") ||
           ond__said_is(said, "unknown");
}

/* ---- limits ---- */

void ond__limit_range(cJSON *limits, const char *name, double low, double high)
{
    if (!(low < high)) {
        double swap = low;
        low = high;
        high = swap + (low == swap ? 1 : 0);
    }
    (void)ond_json_set(limits, name, cJSON_CreateDoubleArray((const double[]){low, high}, 2));
}

void ond__limit_words(cJSON *limits, const char *name, const char *const *words, size_t n)
{
    (void)ond_json_set(limits, name, cJSON_CreateStringArray(words, (int)n));
}

void ond__limit_list(cJSON *limits, const char *name, const cJSON *list)
{
    cJSON *out = cJSON_CreateArray();
    int n = 0;
    for (const cJSON *w = cJSON_IsArray(list) ? list->child : NULL; w && out && n < 100;
         w = w->next)
        if (cJSON_IsString(w) && strlen(w->valuestring) <= 64 &&
            cJSON_AddItemToArray(out, cJSON_CreateString(w->valuestring)))
            n++;
    if (n > 0)
        (void)ond_json_set(limits, name, out);
    else
        cJSON_Delete(out);
}
