/* world.c - the worlds of both backends as one. */
#include "hand/home/internal.h"

static bool add_rows(cJSON *world, const char *key, const cJSON *extra)
{
    cJSON *rows = cJSON_GetObjectItemCaseSensitive(world, key);
    for (const cJSON *a = extra ? extra->child : NULL; a; a = a->next) {
        cJSON *copy = cJSON_Duplicate(a, true);
        if (!copy || !cJSON_AddItemToArray(rows, copy)) {
            cJSON_Delete(copy);
            return false;
        }
    }
    return true;
}

static bool add_device(cJSON *entities, const ond__view *v)
{
    cJSON *row = cJSON_Duplicate(v->row, true);
    bool ok = row && ond_json_set(row, "state", cJSON_Duplicate(v->state, true)) &&
              ond_json_set_bool(row, "available", v->available) &&
              ond_json_set_str(row, "source", "mqtt");
    if (ok && cJSON_AddItemToArray(entities, row)) return true;
    cJSON_Delete(row);
    return false;
}

static cJSON *empty_world(void)
{
    cJSON *w = cJSON_CreateObject();
    if (w && ond_json_set_num(w, "version", 1) && cJSON_AddArrayToObject(w, "floors") &&
        cJSON_AddArrayToObject(w, "areas") && cJSON_AddArrayToObject(w, "entities"))
        return w;
    cJSON_Delete(w);
    return NULL;
}

int ond__home_world(ond__home *h, cJSON **out, ond_err *err)
{
    cJSON *world = h->house ? ond_house_world(h->house) : empty_world();
    bool ok = world != NULL;
    if (ok && h->broker) {
        ond__view v;
        cJSON *entities = cJSON_GetObjectItemCaseSensitive(world, "entities");
        ok = add_rows(world, "areas", ond__broker_areas(h->broker)) &&
             add_rows(world, "floors", ond__broker_floors(h->broker));
        for (size_t i = 0; ok && ond__broker_each(h->broker, i, &v); i++)
            if (ond__broker_shown(&v)) ok = add_device(entities, &v);
    }
    if (!ok) {
        cJSON_Delete(world);
        return ond_nomem(err, "listing the world");
    }
    *out = world;
    return OND_OK;
}
