/* registry.c - floors, areas and devices of the house, with their names, as gate last told them.
 *
 * A copy of the world (sim/sim.h shows its form) with indices. Rows that lack an id are left out,
 * so that everything after this file may rely on id and domain. */
#include "agent/room.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <strings.h>

enum { MOST_NAMES = 32 };

void ond__registry_free(ond__registry *r)
{
    cJSON_Delete(r->world);
    free(r->floor);
    free(r->area);
    free(r->device);
    *r = (ond__registry){0};
}

static int spot_find(const ond__spot *v, size_t n, const char *id)
{
    for (size_t i = 0; id && i < n; i++)
        if (strcmp(v[i].id, id) == 0)
            return (int)i;
    return -1;
}

static size_t fill_spots(const cJSON *rows, ond__spot *v, const ond__spot *floors, size_t n_floors)
{
    size_t n = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, rows) {
        const char *id = ond_json_str(row, "id", NULL);
        if (id)
            v[n++] =
                (ond__spot){.id = id,
                            .names = ond_json_get(row, "names"),
                            .place = ond_json_get(row, "place"),
                            .floor = spot_find(floors, n_floors, ond_json_str(row, "floor", NULL))};
    }
    return n;
}

static size_t fill_devices(ond__registry *r, const cJSON *rows)
{
    size_t n = 0;
    const cJSON *row;
    cJSON_ArrayForEach(row, rows) {
        const char *id = ond_json_str(row, "id", NULL), *domain = ond_json_str(row, "domain", NULL);
        if (!id || !domain)
            continue;
        int area = spot_find(r->area, r->n_area, ond_json_str(row, "area", NULL));
        r->device[n++] = (ond__device){.id = id,
                                       .domain = domain,
                                       .cls = ond_json_str(row, "class", ""),
                                       .area = area,
                                       .floor = area >= 0 ? r->area[area].floor : -1,
                                       .row = row};
    }
    return n;
}

static void *room_for(const cJSON *rows, size_t size)
{
    return calloc((size_t)cJSON_GetArraySize(rows) + 1, size);
}

int ond__registry_fill(ond__registry *r, cJSON *world, uint64_t revision, ond_err *err)
{
    const cJSON *floors = ond_json_get(world, "floors"), *areas = ond_json_get(world, "areas"),
                *devices = ond_json_get(world, "entities");
    ond__registry fresh = {.world = world,
                           .revision = revision,
                           .floor = room_for(floors, sizeof(ond__spot)),
                           .area = room_for(areas, sizeof(ond__spot)),
                           .device = room_for(devices, sizeof(ond__device))};
    if (!fresh.floor || !fresh.area || !fresh.device) {
        ond__registry_free(&fresh);
        return ond_nomem(err, "reading the house");
    }
    fresh.n_floor = fill_spots(floors, fresh.floor, NULL, 0);
    fresh.n_area = fill_spots(areas, fresh.area, fresh.floor, fresh.n_floor);
    fresh.n_device = fill_devices(&fresh, devices);
    ond__registry_free(r);
    *r = fresh;
    return 0;
}

int ond__registry_device(const ond__registry *r, const char *id)
{
    for (size_t i = 0; i < r->n_device; i++)
        if (strcmp(r->device[i].id, id) == 0)
            return (int)i;
    return -1;
}

/* ---- names ---- */

static size_t take_names(const cJSON *list, const char **out, size_t n, size_t max)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list)
        if (n < max && cJSON_IsString(one) && one->valuestring[0])
            out[n++] = one->valuestring;
    return n;
}

/* What else people say for a common name, where the house does not say it: {name, said}. */
static const char *const also_en[][2] = {
    {"living room", "sitting room"},   {"living room", "front room"}, {"living room", "family room"},
    {"living room", "lounge"},         {"bathroom", "loo"},           {"bathroom", "toilet"},
    {"bathroom", "washroom"},          {"hallway", "hall"},           {"hallway", "corridor"},
    {"kids room", "kids bedroom"},     {"kids room", "kids"},         {"kids room", "baby's room"},
    {"master bedroom", "main bedroom"}, {"office", "home office"},    {"main light", "big light"},
    {"heating", "central heating"},    {"extractor fan", "extractor"}, {"coffee machine", "coffee"},
    {"vacuum cleaner", "hoover"},      {"bedside lamp", "bed side lamp"}, {"outlet", "socket"},
    {"TV", "tele"},                    {"robot vacuum", "roomba"},    {"bedside lamp", "bed lamp"},
    {"heating", "furnace"},            {"heating", "radiators"},      {"heating", "radiator"},
    {"hallway", "foyer"},              {"hallway", "front hall"},     {"kids room", "children's bedroom"},
    {"kids room", "kids' bedroom"},    {"robot vacuum", "robot hoover"},
    {"robot vacuum", "vac"},           {"extractor fan", "vent"},
    {"good night", "goodnight"},       {"good night", "night night"}, {"good night", "nighty night"},
    {"security system", "alarm system"}, {"security system", "security"}, {"good night", "g'night"}, {"home alarm", "house alarm"}, {"home alarm", "burglar alarm"},
    {"good night", "going to bed"},    {"good night", "i'm going to sleep"},
    {"good night", "off to bed"},      {"good night", "i'm off to bed"},
    {"good night", "i'm heading to bed"}, {"good night", "i'm turning in"},
    {"good night", "we're going to bed"}, {"good night", "nite nite"},
    {"away mode", "i'm leaving"},      {"away mode", "i'm off out"},  {"away mode", "i'm heading out"},
    {"away mode", "i'm going out"},    {"away mode", "we're leaving"}, {"away mode", "we're going out"},
    {"away mode", "we're leaving the house"}, {"away mode", "i'm leaving the house"},
    {"away mode", "we're off out"},    {"away mode", "i'm leaving now"},
    {"good night", "we're off to bed"}, {"good night", "i'm off to sleep"}, {"away mode", "we're heading out"},
    {"away mode", "we're leaving now"}, {"away mode", "we're going out now"},
    {"movie mode", "we're going to watch a movie"}, {"movie mode", "watch a movie"},
    {"movie mode", "we're watching a movie"}, {"movie mode", "movie time"},
    {"movie mode", "let's watch a film"}, {"movie mode", "film night"},
};

static bool has_word(const char *const *names, size_t n, const char *word)
{
    for (size_t i = 0; i < n; i++)
        if (strcasecmp(names[i], word) == 0)
            return true;
    return false;
}

static size_t also_called(const char **out, size_t n, size_t max)
{
    size_t own = n;
    for (size_t i = 0; i < sizeof also_en / sizeof also_en[0] && n < max; i++)
        if (has_word(out, own, also_en[i][0]) && !has_word(out, n, also_en[i][1]))
            out[n++] = also_en[i][1];
    return n;
}

size_t ond__names_of(const cJSON *names, const char *lang, const char **out, size_t max)
{
    size_t n = take_names(ond_json_get(names, lang), out, 0, max);
    n = take_names(ond_json_get(names, "*"), out, n, max);
    const cJSON *any;
    if (n == 0)
        cJSON_ArrayForEach(any, names)
            n = take_names(any, out, n, max);
    if (strcmp(lang, "en") == 0)
        n = also_called(out, n, max);
    return n;
}

void ond__squeeze(ond_buf *out, const char *name)
{
    ond_buf folded = {0};
    if (ond_utf8_fold(ond_str_of(name), &folded, NULL) == 0)
        for (size_t i = 0; i < folded.n; i++)
            if (folded.p[i] != ' ' && folded.p[i] != '\t')
                ond_buf_putc(out, folded.p[i]);
    if (folded.bad)
        out->bad = true;
    ond_buf_free(&folded);
}

bool ond__same_name(const char *a, const char *b)
{
    ond_buf x = {0}, y = {0};
    ond__squeeze(&x, a);
    ond__squeeze(&y, b);
    bool same =
        x.n && ond_buf_ok(&x) && ond_buf_ok(&y) && strcmp(ond_buf_z(&x), ond_buf_z(&y)) == 0;
    ond_buf_free(&x);
    ond_buf_free(&y);
    return same;
}

static bool has_name(const ond__spot *spot, const char *said)
{
    const cJSON *names, *one;
    if (strcasecmp(spot->id, said) == 0)
        return true;
    cJSON_ArrayForEach(names, spot->names)
        cJSON_ArrayForEach(one, names)
            if (cJSON_IsString(one) && ond__same_name(one->valuestring, said))
                return true;
    return false;
}

static int spot_named(const ond__spot *v, size_t n, const char *said)
{
    for (size_t i = 0; said && said[0] && i < n; i++)
        if (has_name(&v[i], said))
            return (int)i;
    return -1;
}

int ond__registry_area(const ond__registry *r, const char *said)
{
    return spot_named(r->area, r->n_area, said);
}
int ond__registry_floor(const ond__registry *r, const char *said)
{
    return spot_named(r->floor, r->n_floor, said);
}

/* ---- how a device is called in an answer ---- */

/* Whether `name` already says one of the area's names ("침실등" in 침실). */
static bool says_area(const char *name, const ond__spot *area, const char *lang)
{
    const char *names[MOST_NAMES];
    size_t n = ond__names_of(area->names, lang, names, MOST_NAMES);
    ond_buf whole = {0}, part = {0};
    bool found = false;
    ond__squeeze(&whole, name);
    for (size_t i = 0; i < n && !found; i++) {
        ond_buf_clear(&part);
        ond__squeeze(&part, names[i]);
        found = part.n && strstr(ond_buf_z(&whole), ond_buf_z(&part)) != NULL;
    }
    ond_buf_free(&whole);
    ond_buf_free(&part);
    return found;
}

/* Whether another device has the same first name. */
static bool clashes(const ond__registry *r, int device, const char *name, const char *lang)
{
    const char *other;
    for (size_t i = 0; i < r->n_device; i++)
        if ((int)i != device &&
            ond__names_of(ond_json_get(r->device[i].row, "names"), lang, &other, 1) == 1 &&
            ond__same_name(name, other))
            return true;
    return false;
}

void ond__label_put(ond_buf *out, const ond__registry *r, int device, const char *lang)
{
    const ond__device *d = &r->device[device];
    const char *name, *area;
    if (ond__names_of(ond_json_get(d->row, "names"), lang, &name, 1) == 0)
        name = d->id;
    bool of_room = ond__word_of("light cover fan switch sensor binary_sensor", d->domain);
    if (d->area >= 0 && !says_area(name, &r->area[d->area], lang) &&
        (of_room || clashes(r, device, name, lang)) &&
        ond__names_of(r->area[d->area].names, lang, &area, 1) == 1)
        ond_buf_printf(out, "%s ", area);
    ond_buf_puts(out, name);
}
