/* house.c - opens a house, shows it, saves and restores its changing part. */
#include "sim/house.h"
#include "base/hash.h"
#include "base/yaml.h"

#include <math.h>
#include <stdlib.h>

ond__thing *ond__thing_find(const ond_house *h, const char *id)
{
    for (size_t i = 0; i < h->n_things; i++)
        if (h->things[i].id && strcmp(h->things[i].id, id) == 0) return &h->things[i];
    return NULL;
}

int ond__area_find(const ond_house *h, const char *id)
{
    for (size_t i = 0; i < h->n_areas; i++)
        if (h->areas[i].id && strcmp(h->areas[i].id, id) == 0) return (int)i;
    return -1;
}

const char *ond__shown(const ond__thing *t)
{
    return ond_json_str(t->state, "state", "");
}

/* Exact values where the YAML gave shown ones. */
static void begin(ond_house *h)
{
    for (size_t i = 0; i < h->n_things; i++) {
        ond__thing *t = &h->things[i];
        if (strcmp(t->domain->name, "oven") == 0)
            t->exact = t->area >= 0 ? h->areas[t->area].temperature : h->outside;
        else if (ond__word_in("cover valve", t->domain->name))
            t->exact = t->goal =
                ond_json_num(t->state, "position", strcmp(ond__shown(t), "open") == 0 ? 100 : 0);
        else if (strcmp(ond__shown(t), "cleaning") == 0)
            t->left = t->cleaning;
    }
    ond__show_all(h);
}

int ond_house_open(ond_str yaml, const char *name, ond_house **out, ond_err *err)
{
    *out = NULL;
    cJSON *tree = NULL;
    ond_hash digest;
    int rc = 0;
    ond_house *h = calloc(1, sizeof *h);
    if (!h || !(h->name = ond_str_dup(ond_str_of(name)))) {
        free(h);
        return ond_nomem(err, "opening a house");
    }
    OND_TRY(ond_yaml_parse(yaml, name, &(ond_yaml_limits){.bytes = 4u << 20, .nodes = 400000},
                           &tree, err));
    OND_TRY(ond__house_read(h, tree, err));
    ond_hash_of(yaml.p, yaml.n, &digest);
    ond_hash_hex(&digest, h->digest);
    begin(h);
out:
    cJSON_Delete(tree);
    if (rc != 0)
        ond_house_close(h);
    else
        *out = h;
    return rc;
}

void ond_house_close(ond_house *h)
{
    if (!h) return;
    for (size_t i = 0; i < h->n_areas; i++) cJSON_Delete(h->areas[i].row);
    for (size_t i = 0; i < h->n_things; i++) {
        cJSON_Delete(h->things[i].row);
        cJSON_Delete(h->things[i].state);
    }
    cJSON_Delete(h->floors);
    free(h->areas);
    free(h->things);
    free(h->name);
    free(h);
}

/* ---- the world ---- */

static bool add_copy(cJSON *list, const cJSON *row, cJSON **copy)
{
    *copy = cJSON_Duplicate(row, true);
    if (!*copy) return false;
    if (cJSON_AddItemToArray(list, *copy)) return true;
    cJSON_Delete(*copy);
    return false;
}

static bool add_thing(cJSON *list, const ond__thing *t)
{
    cJSON *row = NULL;
    return add_copy(list, t->row, &row) &&
           ond_json_set(row, "state", cJSON_Duplicate(t->state, true)) &&
           ond_json_set_bool(row, "available", true) && ond_json_set_str(row, "source", "house");
}

cJSON *ond_house_world(const ond_house *h)
{
    cJSON *world = cJSON_CreateObject(), *row = NULL;
    bool ok = world && ond_json_set_num(world, "version", 1) &&
              ond_json_set(world, "floors", cJSON_Duplicate(h->floors, true));
    cJSON *areas = ok ? cJSON_AddArrayToObject(world, "areas") : NULL;
    cJSON *entities = areas ? cJSON_AddArrayToObject(world, "entities") : NULL;
    ok = entities != NULL;
    for (size_t i = 0; i < h->n_areas && ok; i++) ok = add_copy(areas, h->areas[i].row, &row);
    for (size_t i = 0; i < h->n_things && ok; i++) ok = add_thing(entities, &h->things[i]);
    if (ok) return world;
    cJSON_Delete(world);
    return NULL;
}

const cJSON *ond_house_state(const ond_house *h, const char *id)
{
    const ond__thing *t = ond__thing_find(h, id);
    return t ? t->state : NULL;
}

const cJSON *ond_house_entity(const ond_house *h, const char *id)
{
    const ond__thing *t = ond__thing_find(h, id);
    return t ? t->row : NULL;
}

const cJSON *ond_house_area(const ond_house *h, const char *id)
{
    int i = ond__area_find(h, id);
    return i < 0 ? NULL : h->areas[i].row;
}

const cJSON *ond_house_area_at(const ond_house *h, size_t i)
{
    return i < h->n_areas ? h->areas[i].row : NULL;
}

bool ond_house_moving(const ond_house *h)
{
    for (size_t i = 0; i < h->n_things; i++)
        if (ond__is_moving(&h->things[i])) return true;
    return false;
}

/* ---- save, restore ---- */

/* What is not shown, in the order of `hidden`; left out where it says nothing. */
static cJSON *hidden_of(const ond__thing *t)
{
    const double v[] = {t->exact, t->goal, t->battery, t->left, (double)t->until};
    if (t->exact == 0 && t->goal == 0 && t->battery == 100 && t->left == 0 && !t->pending[0])
        return NULL;
    return cJSON_CreateDoubleArray(v, sizeof v / sizeof v[0]);
}

static bool save_thing(cJSON *states, const ond__thing *t)
{
    cJSON *row = cJSON_Duplicate(t->state, true), *hidden = hidden_of(t);
    if (!row || !ond_json_set(states, t->id, row)) {
        cJSON_Delete(hidden);
        return false;
    }
    return (!hidden || ond_json_set(row, "~", hidden)) &&
           (!t->pending[0] || ond_json_set_str(row, "~next", t->pending));
}

cJSON *ond_house_save(const ond_house *h)
{
    cJSON *saved = cJSON_CreateObject();
    bool ok =
        saved && ond_json_set_num(saved, "version", 1) &&
        ond_json_set_str(saved, "house", h->digest) &&
        ond_json_set_num(saved, "at", (double)h->at) &&
        ond_json_set(saved, "outside",
                     cJSON_CreateDoubleArray((const double[]){h->outside, h->outside_humidity}, 2));
    cJSON *areas = ok ? cJSON_AddObjectToObject(saved, "areas") : NULL;
    cJSON *states = areas ? cJSON_AddObjectToObject(saved, "state") : NULL;
    ok = states != NULL;
    for (size_t i = 0; i < h->n_areas && ok; i++) {
        const double v[] = {h->areas[i].temperature, h->areas[i].humidity};
        ok = ond_json_set(areas, h->areas[i].id, cJSON_CreateDoubleArray(v, 2));
    }
    for (size_t i = 0; i < h->n_things && ok; i++) ok = save_thing(states, &h->things[i]);
    if (ok) return saved;
    cJSON_Delete(saved);
    return NULL;
}

/* Reads n finite numbers; false and nothing read where there are fewer. */
static bool numbers(const cJSON *list, double *v, size_t n)
{
    if (!cJSON_IsArray(list) || (size_t)cJSON_GetArraySize(list) != n) return false;
    const cJSON *item = list->child;
    for (size_t i = 0; i < n; i++, item = item->next)
        if (!cJSON_IsNumber(item) || !isfinite(item->valuedouble)) return false;
    item = list->child;
    for (size_t i = 0; i < n; i++, item = item->next) v[i] = item->valuedouble;
    return true;
}

static double within(double v, double low, double high)
{
    return v < low ? low : v > high ? high : v;
}

/* A value that the house's YAML no longer allows is left as the YAML begins it. */
static bool still_good(const ond_house *h, ond__thing *t, const cJSON *v)
{
    if (v->string[0] == '~') return false;
    if (strcmp(v->string, "state") == 0 && cJSON_IsString(v) &&
        ond__word_in(t->domain->moving, v->valuestring))
        return true;
    const ond__attr *a = ond__domain_attr(t->domain, v->string);
    if (a && a->kind == OND__MEASURED) return true;
    cJSON *one = cJSON_CreateObject();
    bool ok = one && ond_json_set(one, v->string, cJSON_Duplicate(v, true)) &&
              ond__check(h, t, one, true, NULL) == 0;
    cJSON_Delete(one);
    return ok;
}

static int restore_thing(ond_house *h, ond__thing *t, const cJSON *row, ond_err *err)
{
    double v[5];
    for (const cJSON *a = row->child; a; a = a->next)
        if (still_good(h, t, a) && !ond_json_set(t->state, a->string, cJSON_Duplicate(a, true)))
            return ond_nomem(err, "restoring the house");
    const char *gone[] = {"color", "color_temp", "preset_mode"};
    for (size_t i = 0; i < 3; i++)
        if (!ond_json_get(row, gone[i])) cJSON_DeleteItemFromObjectCaseSensitive(t->state, gone[i]);
    t->pending[0] = '\0';
    const char *next = ond_json_str(row, "~next", "");
    if (strlen(next) < sizeof t->pending) memcpy(t->pending, next, strlen(next) + 1);
    if (!numbers(ond_json_get(row, "~"), v, 5)) {
        t->exact = t->goal = t->left = 0;
        t->battery = 100;
        return OND_OK;
    }
    t->exact = v[0];
    t->goal = within(v[1], 0, 100);
    t->battery = within(v[2], 0, 100);
    t->left = within(v[3], 0, 1e7);
    t->until = (ond_ms)within(v[4], 0, 9e15);
    return OND_OK;
}

int ond_house_restore(ond_house *h, const cJSON *saved, ond_err *err)
{
    double v[2];
    if (!cJSON_IsObject(saved) || ond_json_num(saved, "version", 0) != 1)
        return ond_fail(err, OND_E_INPUT,
                        "the saved state of %s is of another version; it begins anew", h->name);
    const cJSON *areas = ond_json_get(saved, "areas"), *states = ond_json_get(saved, "state");
    for (size_t i = 0; i < h->n_areas; i++)
        if (numbers(ond_json_get(areas, h->areas[i].id), v, 2)) {
            h->areas[i].temperature = within(v[0], -80, 80);
            h->areas[i].humidity = within(v[1], 0, 100);
        }
    if (numbers(ond_json_get(saved, "outside"), v, 2)) {
        h->outside = within(v[0], -80, 80);
        h->outside_humidity = within(v[1], 0, 100);
    }
    for (size_t i = 0; i < h->n_things; i++) {
        const cJSON *row = ond_json_get(states, h->things[i].id);
        int rc = cJSON_IsObject(row) ? restore_thing(h, &h->things[i], row, err) : OND_OK;
        if (rc != 0) return rc;
    }
    h->at = (ond_ms)within(ond_json_num(saved, "at", 0), 0, 9e15);
    ond__show_all(h);
    return OND_OK;
}
