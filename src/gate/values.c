/* values.c - small things that gate does with states: copying, comparing, showing. */
#include "gate/room.h"

#include <stdlib.h>

bool ond__set_dup(cJSON *object, const char *key, const cJSON *value)
{
    return !value || ond_json_set(object, key, cJSON_Duplicate(value, true));
}

/* For machines: two of them say no more to a person than that they differ. */
static bool is_mark(const char *attribute)
{
    return strcmp(attribute, "hash") == 0;
}

/* Readings drift without anybody's doing, so they say nothing about who changed what. */
bool ond__measured(const char *attribute)
{
    return strncmp(attribute, "current_", 8) == 0 || strncmp(attribute, "last_", 5) == 0 ||
           strcmp(attribute, "battery") == 0 || strcmp(attribute, "hvac_action") == 0;
}

/* A scene shows {"members": {entity: state}}, so objects are gone into. */
cJSON *ond__changed(const cJSON *before, const cJSON *after)
{
    cJSON *changed = cJSON_CreateObject();
    for (const cJSON *c = after ? after->child : NULL; changed && c; c = c->next) {
        const cJSON *was = ond_json_get(before, c->string);
        if (!c->string || ond__measured(c->string) || (was && ond_json_equal(was, c))) continue;
        bool deeper = cJSON_IsObject(c) && cJSON_IsObject(was);
        cJSON *value = deeper ? ond__changed(was, c) : cJSON_Duplicate(c, true);
        if (deeper && value && !value->child) {
            cJSON_Delete(value);
            continue;
        }
        if (ond_json_set(changed, c->string, value)) continue;
        cJSON_Delete(changed);
        changed = NULL;
    }
    return changed;
}

cJSON *ond__pick(const cJSON *keys, const cJSON *from, bool keep)
{
    cJSON *out = cJSON_CreateObject();
    for (const cJSON *c = keys ? keys->child : NULL; out && c; c = c->next) {
        const cJSON *v = ond_json_get(from, c->string);
        bool deeper = cJSON_IsObject(c) && cJSON_IsObject(v);
        if (!v && !keep) continue;
        if (ond_json_set(out, c->string,
                         deeper ? ond__pick(c, v, keep) : cJSON_Duplicate(v ? v : c, true)))
            continue;
        cJSON_Delete(out);
        out = NULL;
    }
    return out;
}

static void put_value(ond_buf *out, const cJSON *c)
{
    if (cJSON_IsObject(c)) {
        ond_buf_puts(out, "(");
        ond__attributes_put(out, c);
        ond_buf_puts(out, ")");
    } else if (cJSON_IsString(c)) {
        ond_buf_puts(out, c->valuestring);
    } else {
        ond_json_print(out, c);
    }
}

void ond__attributes_put(ond_buf *out, const cJSON *object)
{
    size_t n = 0;
    for (const cJSON *c = object ? object->child : NULL; c; c = c->next) {
        const char *name = c->string ? c->string : "";
        if (ond__measured(name) || is_mark(name)) continue;
        if (n++) ond_buf_puts(out, ", ");
        if (strcmp(name, "state") != 0 && strcmp(name, "members") != 0)
            ond_buf_printf(out, "%s ", name);
        put_value(out, c);
    }
    if (n == 0) ond_buf_puts(out, "–");
}
