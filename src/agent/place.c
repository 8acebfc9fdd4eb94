/* place.c - where a sentence says that it is: a room, two rooms, a floor. */
#include "agent/room.h"

typedef int find_fn(const ond__registry *, const char *);

/* Names of rooms carry their index; other values (from context, from the owner's rules) are looked
 * up. */
static int at_of(const ond__wish *w, const char *slot, find_fn *find)
{
    const ond_slot *s = ond_match_slot(w->match, slot);
    if (!s)
        return -1;
    double at = ond_json_num(s->metadata, "at", -1);
    return at >= 0 ? (int)at
                   : find(&w->a->registry, cJSON_IsString(s->value) ? s->value->valuestring : NULL);
}

ond__place ond__place_of(const ond__wish *w)
{
    return (ond__place){
        .area = at_of(w, "area", ond__registry_area),
        .other = at_of(w, "and_area", ond__registry_area),
        .floor = at_of(w, "floor", ond__registry_floor),
        .said = ond_match_slot(w->match, "area") || ond_match_slot(w->match, "floor"),
    };
}

ond__place ond__place_but(const ond__wish *w)
{
    return (ond__place){
        .area = at_of(w, "but_area", ond__registry_area),
        .other = at_of(w, "but_and_area", ond__registry_area),
        .floor = at_of(w, "but_floor", ond__registry_floor),
        .said = ond_match_slot(w->match, "but_area") || ond_match_slot(w->match, "but_floor"),
    };
}

bool ond__lies_in(const ond__device *d, ond__place p)
{
    if (p.other >= 0 && d->area == p.other)
        return true;
    return (p.area < 0 || d->area == p.area) && (p.floor < 0 || d->floor == p.floor);
}
