/* read.c - a house from YAML: floors, areas, devices, what they can and how they begin.
 *
 * Strict: a key that means nothing here is an error that names the file, the device and what is
 * known. */
#include "sim/house.h"
#include "sim/color.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_AREAS 500
#define MAX_THINGS 5000

static int nomem(ond_err *err)
{
    return ond_nomem(err, "reading the house");
}

static int only_keys(const cJSON *object, const char *known, const char *what, ond_err *err)
{
    for (const cJSON *c = object->child; c; c = c->next)
        if (!ond__word_in(known, c->string))
            return ond_fail(err, OND_E_INPUT, "%s: unknown key '%.60s'; known: %s", what, c->string,
                            known);
    return OND_OK;
}

/* YAML reads on and off as true and false; states mean the words. */
static cJSON *plain(const cJSON *v)
{
    if (cJSON_IsBool(v)) return cJSON_CreateString(cJSON_IsTrue(v) ? "on" : "off");
    return cJSON_Duplicate(v, true);
}

/* ---- names ---- */

static int read_name_list(const cJSON *list, const char *what, cJSON *out, ond_err *err)
{
    cJSON *names = cJSON_AddArrayToObject(out, list->string);
    if (!names) return nomem(err);
    const cJSON *first = cJSON_IsArray(list) ? list->child : list;
    for (const cJSON *n = first; n; n = cJSON_IsArray(list) ? n->next : NULL) {
        if (!cJSON_IsString(n) || n->valuestring[0] == '\0')
            return ond_fail(err, OND_E_INPUT, "%s: names.%s is a list of texts", what,
                            list->string);
        cJSON *copy = cJSON_CreateString(n->valuestring);
        if (!copy || !cJSON_AddItemToArray(names, copy)) return nomem(err);
    }
    return OND_OK;
}

static int read_names(const cJSON *from, const char *what, cJSON *row, ond_err *err)
{
    const cJSON *names = ond_json_get(from, "names");
    cJSON *out = cJSON_AddObjectToObject(row, "names");
    if (!out) return nomem(err);
    if (!cJSON_IsObject(names) || !names->child)
        return ond_fail(err, OND_E_INPUT,
                        "%s: needs names, such as names: {ko: [거실], en: [living room]}", what);
    for (const cJSON *list = names->child; list; list = list->next) {
        int rc = read_name_list(list, what, out, err);
        if (rc != 0) return rc;
    }
    return OND_OK;
}

static int copy_key(const cJSON *from, const char *key, cJSON *row, ond_err *err)
{
    const cJSON *v = ond_json_get(from, key);
    if (!v) return OND_OK;
    cJSON *copy = cJSON_Duplicate(v, true);
    return copy && ond_json_set(row, key, copy) ? OND_OK : nomem(err);
}

/* ---- floors and areas ---- */

static const char *id_of(const cJSON *from)
{
    return ond_json_str(from, "id", "");
}

static int read_floor(ond_house *h, const cJSON *from, ond_err *err)
{
    char what[120];
    snprintf(what, sizeof what, "%s: floor %.60s", h->name, id_of(from));
    int rc = 0;
    if (!id_of(from)[0]) return ond_fail(err, OND_E_INPUT, "%s: every floor needs an id", h->name);
    cJSON *row = cJSON_CreateObject();
    if (!row || !cJSON_AddItemToArray(h->floors, row)) return nomem(err);
    OND_TRY(only_keys(from, "id names", what, err));
    OND_TRY(copy_key(from, "id", row, err));
    OND_TRY(read_names(from, what, row, err));
out:
    return rc;
}

static bool has_floor(const ond_house *h, const char *id)
{
    for (const cJSON *f = h->floors->child; f; f = f->next)
        if (strcmp(id_of(f), id) == 0) return true;
    return false;
}

static int read_area(ond_house *h, const cJSON *from, ond_err *err)
{
    char what[120];
    snprintf(what, sizeof what, "%s: area %.60s", h->name, id_of(from));
    int rc = 0;
    if (!id_of(from)[0] || ond__area_find(h, id_of(from)) >= 0)
        return ond_fail(err, OND_E_INPUT, "%s: every area needs an id of its own", what);
    ond__area *a = &h->areas[h->n_areas];
    a->row = cJSON_CreateObject();
    if (!a->row) return nomem(err);
    h->n_areas++;
    OND_TRY(only_keys(from, "id floor names place temperature humidity heated", what, err));
    OND_TRY(copy_key(from, "id", a->row, err));
    OND_TRY(copy_key(from, "floor", a->row, err));
    OND_TRY(read_names(from, what, a->row, err));
    OND_TRY(copy_key(from, "place", a->row, err));
    const char *floor = ond_json_str(from, "floor", "");
    if (floor[0] && !has_floor(h, floor))
        return ond_fail(err, OND_E_INPUT, "%s: there is no floor '%.60s'", what, floor);
    a->id = id_of(a->row);
    a->temperature = ond_json_num(from, "temperature", 20);
    a->heated = ond_json_bool(from, "heated", true);
    a->humidity = a->usual_humidity = ond_json_num(from, "humidity", 45);
out:
    return rc;
}

/* ---- limits ---- */

static cJSON *words_json(const char *words)
{
    cJSON *list = cJSON_CreateArray();
    for (const char *w = words; list && *w;) {
        size_t n = strcspn(w, " ");
        char *word = ond_str_dup((ond_str){w, n});
        cJSON *s = word ? cJSON_CreateString(word) : NULL;
        free(word);
        if (!s || !cJSON_AddItemToArray(list, s)) {
            cJSON_Delete(list);
            return NULL;
        }
        w += n + (w[n] == ' ');
    }
    return list;
}

static cJSON *color_words(void)
{
    size_t n = 0;
    const ond_color *c = ond_colors(&n);
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < n; i++)
        cJSON_AddItemToArray(list, cJSON_CreateString(c[i].name));
    return list;
}

static cJSON *default_limit(const ond__attr *a)
{
    if (a->kind == OND__NUMBER)
        return cJSON_CreateDoubleArray((const double[]){a->low, a->high}, 2);
    if (strcmp(a->name, "color") == 0) return color_words();
    cJSON *list = a->kind == OND__FLAG ? cJSON_CreateArray() : NULL;
    if (list) {
        cJSON_AddItemToArray(list, cJSON_CreateFalse());
        cJSON_AddItemToArray(list, cJSON_CreateTrue());
    }
    return list;
}

static bool is_range(const cJSON *v)
{
    return cJSON_IsArray(v) && cJSON_GetArraySize(v) == 2 && cJSON_IsNumber(v->child) &&
           cJSON_IsNumber(v->child->next) && v->child->valuedouble < v->child->next->valuedouble;
}

static cJSON *word_list(const cJSON *v)
{
    if (!cJSON_IsArray(v) || !v->child) return NULL;
    cJSON *list = cJSON_CreateArray();
    for (const cJSON *w = v->child; list && w; w = w->next) {
        cJSON *word = plain(w);
        if (!cJSON_IsString(word)) {
            cJSON_Delete(word);
            cJSON_Delete(list);
            return NULL;
        }
        cJSON_AddItemToArray(list, word);
    }
    return list;
}

static int read_limit(const ond__thing *t, const cJSON *given, const char *what, cJSON *limits,
                      ond_err *err)
{
    bool state = strcmp(given->string, "state") == 0;
    const ond__attr *a = ond__domain_attr(t->domain, given->string);
    if (!state && (!a || a->kind == OND__MEASURED))
        return ond_fail(err, OND_E_INPUT, "%s: limits.%.40s: a %s has no such attribute", what,
                        given->string, t->domain->name);
    if (cJSON_IsFalse(given)) {
        cJSON_DeleteItemFromObjectCaseSensitive(limits, given->string);
        return OND_OK;
    }
    bool number = state ? strcmp(t->domain->name, "number") == 0 : a->kind == OND__NUMBER;
    cJSON *limit = NULL;
    if (cJSON_IsNull(given) || cJSON_IsTrue(given))
        limit = a ? default_limit(a) : NULL;
    else if (number)
        limit = is_range(given) ? cJSON_Duplicate(given, true) : NULL;
    else
        limit = word_list(given);
    if (!limit)
        return ond_fail(err, OND_E_INPUT, "%s: limits.%s must be %s", what, given->string,
                        number ? "[lowest, highest]" : "a list of words");
    return ond_json_set(limits, given->string, limit) ? OND_OK : nomem(err);
}

static int read_limits(ond__thing *t, const cJSON *from, const char *what, ond_err *err)
{
    cJSON *limits = cJSON_AddObjectToObject(t->row, "limits");
    if (!limits) return nomem(err);
    if (t->domain->states && !ond_json_set(limits, "state", words_json(t->domain->states)))
        return nomem(err);
    for (const ond__attr *a = t->domain->attrs; a->name; a++)
        if (a->always && a->kind != OND__MEASURED &&
            !ond_json_set(limits, a->name, default_limit(a)))
            return nomem(err);
    const cJSON *given = ond_json_get(from, "limits");
    if (given && !cJSON_IsObject(given))
        return ond_fail(err, OND_E_INPUT,
                        "%s: limits is a map, such as limits: {brightness: [1, 100]}", what);
    for (const cJSON *g = given ? given->child : NULL; g; g = g->next) {
        int rc = read_limit(t, g, what, limits, err);
        if (rc != 0) return rc;
    }
    t->limits = limits;
    if (ond__word_in("number select", t->domain->name) && !ond_json_get(limits, "state"))
        return ond_fail(err, OND_E_INPUT, "%s: a %s needs limits.state", what, t->domain->name);
    return OND_OK;
}

/* ---- the state at the beginning ---- */

static int begin_with(ond__thing *t, const char *key, cJSON *value, ond_err *err)
{
    return value && ond_json_set(t->state, key, value) ? OND_OK : nomem(err);
}

static double middle(const cJSON *limit, const char *name)
{
    double low = limit->child->valuedouble, high = limit->child->next->valuedouble;
    double usual = (double)(int)((low + high) / 2);
    if (strcmp(name, "brightness") == 0) usual = high;
    if (strcmp(name, "track") == 0) usual = low;
    if (strcmp(name, "temperature") == 0 && low < 22 && high > 22) usual = 22;
    return usual < low ? low : usual;
}

/* A lamp has a colour or a colour temperature, never neither; what has a level has it from the
 * beginning. */
static int first_values(ond__thing *t, ond_err *err)
{
    int rc = 0;
    bool colored = ond_json_get(t->state, "color") || ond_json_get(t->state, "color_temp");
    if (t->domain->first && !ond_json_get(t->state, "state"))
        OND_TRY(begin_with(t, "state", cJSON_CreateString(t->domain->first), err));
    for (const cJSON *l = t->limits->child; l; l = l->next) {
        bool color = ond__word_in("color color_temp", l->string);
        if (ond_json_get(t->state, l->string) || (color && colored) ||
            ond__word_in("preset_mode position", l->string))
            continue;
        colored = colored || color;
        if (cJSON_IsNumber(l->child))
            OND_TRY(begin_with(t, l->string, cJSON_CreateNumber(middle(l, l->string)), err));
        else
            OND_TRY(begin_with(t, l->string, cJSON_Duplicate(l->child, true), err));
    }
    if (!ond_json_get(t->state, "state"))
        OND_TRY(begin_with(t, "state", cJSON_CreateString("unknown"), err));
out:
    return rc;
}

static int read_state(ond_house *h, ond__thing *t, const cJSON *from, const char *what,
                      ond_err *err)
{
    const cJSON *given = ond_json_get(from, "state");
    t->state = cJSON_CreateObject();
    cJSON *wanted = cJSON_CreateObject();
    if (!t->state || !wanted) {
        cJSON_Delete(wanted);
        return nomem(err);
    }
    int rc = 0;
    if (cJSON_IsObject(given)) {
        for (const cJSON *g = given->child; g; g = g->next)
            if (!ond_json_set(wanted, g->string,
                              strcmp(g->string, "state") == 0 ? plain(g)
                                                              : cJSON_Duplicate(g, true)))
                OND_TRY(nomem(err));
    } else if (given && !ond_json_set(wanted, "state", plain(given))) {
        OND_TRY(nomem(err));
    }
    t->battery = ond_json_num(wanted, "battery", 100);
    cJSON_DeleteItemFromObjectCaseSensitive(wanted, "battery");
    if (ond__check(h, t, wanted, true, err) != 0) OND_TRY(ond_err_prefix(err, "%s: state", what));
    for (const cJSON *w = wanted->child; w; w = w->next)
        OND_TRY(begin_with(t, w->string, cJSON_Duplicate(w, true), err));
    OND_TRY(first_values(t, err));
out:
    cJSON_Delete(wanted);
    return rc;
}

/* ---- devices ---- */

static int read_id(ond_house *h, ond__thing *t, const cJSON *from, const char *what, ond_err *err)
{
    const char *id = id_of(from), *dot = strchr(id, '.');
    if (!dot || dot == id || !dot[1] || strlen(id) > 120)
        return ond_fail(err, OND_E_INPUT, "%s: every device needs an id such as light.kitchen",
                        what);
    if (ond__thing_find(h, id)) return ond_fail(err, OND_E_INPUT, "%s: the id stands twice", what);
    char domain[40];
    snprintf(domain, sizeof domain, "%.*s", (int)(dot - id), id);
    t->domain = ond__domain_find(domain);
    if (t->domain) return OND_OK;
    ond_buf b = {0};
    ond__domain_names(&b);
    int rc = ond_fail(err, OND_E_INPUT, "%s: there is no kind of device '%s'; there are: %s", what,
                      domain, ond_buf_z(&b));
    ond_buf_free(&b);
    return rc;
}

static double positive(const cJSON *from, const char *key, double otherwise)
{
    double v = ond_json_num(from, key, otherwise);
    return v >= 0 && v < 1e7 ? v : otherwise;
}

static int read_row(ond_house *h, ond__thing *t, const cJSON *from, const char *what, ond_err *err)
{
    int rc = 0;
    const char *area = ond_json_str(from, "area", "");
    if (!ond_json_set_str(t->row, "id", id_of(from)) ||
        !ond_json_set_str(t->row, "domain", t->domain->name) ||
        !ond_json_set_str(t->row, "class", ond_json_str(from, "class", "")) ||
        !ond_json_set_str(t->row, "area", area))
        return nomem(err);
    OND_TRY(read_names(from, what, t->row, err));
    OND_TRY(copy_key(from, "unit", t->row, err));
    t->id = ond_json_str(t->row, "id", "");
    t->cls = ond_json_str(t->row, "class", "");
    t->area_id = ond_json_str(t->row, "area", "");
    t->area = area[0] ? ond__area_find(h, area) : -1;
    if (area[0] && t->area < 0)
        return ond_fail(err, OND_E_INPUT, "%s: there is no area '%.60s'", what, area);
    t->travel = positive(from, "travel", 0);
    t->timeout = positive(from, "timeout", 0);
    t->cleaning = positive(from, "cleaning", 40);
out:
    return rc;
}

static const char device_keys[] =
    "id area class names limits state travel timeout cleaning unit members";

static int read_thing(ond_house *h, const cJSON *from, ond_err *err)
{
    char what[240];
    snprintf(what, sizeof what, "%s: device %.120s", h->name, id_of(from));
    int rc = 0;
    ond__thing *t = &h->things[h->n_things];
    OND_TRY(read_id(h, t, from, what, err));
    t->row = cJSON_CreateObject();
    if (!t->row) return nomem(err);
    h->n_things++;
    OND_TRY(only_keys(from, device_keys, what, err));
    OND_TRY(read_row(h, t, from, what, err));
    OND_TRY(read_limits(t, from, what, err));
    OND_TRY(read_state(h, t, from, what, err));
    if (ond_json_get(from, "members") && strcmp(t->domain->name, "scene") != 0)
        return ond_fail(err, OND_E_INPUT, "%s: only a scene has members", what);
out:
    return rc;
}

/* Members name other devices, so they are read when all devices are known. */
static int read_members(ond_house *h, const cJSON *from, ond_err *err)
{
    ond__thing *t = ond__thing_find(h, id_of(from));
    if (strcmp(t->domain->name, "scene") != 0) return OND_OK;
    const cJSON *given = ond_json_get(from, "members");
    cJSON *members = cJSON_AddObjectToObject(t->row, "members"), *wanted = cJSON_CreateObject();
    int rc = members && wanted ? OND_OK : nomem(err);
    for (const cJSON *m = given ? given->child : NULL; m && rc == 0; m = m->next) {
        cJSON *attrs = cJSON_IsObject(m) ? cJSON_Duplicate(m, true) : cJSON_CreateObject();
        const cJSON *state = cJSON_IsObject(m) ? ond_json_get(m, "state") : m;
        if (!attrs || (state && !ond_json_set(attrs, "state", plain(state))) ||
            !ond_json_set(members, m->string, attrs))
            rc = nomem(err);
    }
    if (rc == 0 && !ond_json_set(wanted, "members", cJSON_Duplicate(members, true)))
        rc = nomem(err);
    if (rc == 0 && ond__check(h, t, wanted, false, err) != 0)
        rc = ond_err_prefix(err, "%s: device %s", h->name, t->id);
    cJSON_Delete(wanted);
    return rc;
}

/* ---- the whole ---- */

static int each(ond_house *h, const cJSON *yaml, const char *key, int most,
                int (*fn)(ond_house *, const cJSON *, ond_err *), ond_err *err)
{
    const cJSON *list = ond_json_get(yaml, key);
    if (list && !cJSON_IsArray(list))
        return ond_fail(err, OND_E_INPUT, "%s: %s must be a list", h->name, key);
    if (list && cJSON_GetArraySize(list) > most)
        return ond_fail(err, OND_E_INPUT, "%s: more than %d %s", h->name, most, key);
    for (const cJSON *item = list ? list->child : NULL; item; item = item->next) {
        if (!cJSON_IsObject(item))
            return ond_fail(err, OND_E_INPUT, "%s: every row of %s is a map with an id", h->name,
                            key);
        int rc = fn(h, item, err);
        if (rc != 0) return rc;
    }
    return OND_OK;
}

static size_t room_for(const cJSON *list, int most)
{
    int n = cJSON_GetArraySize(list);
    return (size_t)(n < most ? n : most) + 1;
}

int ond__house_read(ond_house *h, const cJSON *yaml, ond_err *err)
{
    int rc = 0;
    if (!cJSON_IsObject(yaml))
        return ond_fail(err, OND_E_INPUT, "%s: a house is a map with floors, areas and devices",
                        h->name);
    OND_TRY(only_keys(yaml, "version outside floors areas devices", h->name, err));
    if (ond_json_num(yaml, "version", 1) != 1)
        return ond_fail(err, OND_E_INPUT,
                        "%s: version %g is not known; this program reads version 1", h->name,
                        ond_json_num(yaml, "version", 1));
    h->outside = ond_json_num(ond_json_get(yaml, "outside"), "temperature", 10);
    h->outside_humidity = ond_json_num(ond_json_get(yaml, "outside"), "humidity", 50);
    const cJSON *areas = ond_json_get(yaml, "areas"), *devices = ond_json_get(yaml, "devices");
    h->floors = cJSON_CreateArray();
    h->areas = calloc(room_for(areas, MAX_AREAS), sizeof *h->areas);
    h->things = calloc(room_for(devices, MAX_THINGS), sizeof *h->things);
    if (!h->floors || !h->areas || !h->things) return nomem(err);
    OND_TRY(each(h, yaml, "floors", MAX_AREAS, read_floor, err));
    OND_TRY(each(h, yaml, "areas", MAX_AREAS, read_area, err));
    OND_TRY(each(h, yaml, "devices", MAX_THINGS, read_thing, err));
    OND_TRY(each(h, yaml, "devices", MAX_THINGS, read_members, err));
    if (h->n_things == 0) rc = ond_fail(err, OND_E_INPUT, "%s: the house has no devices", h->name);
out:
    return rc;
}
