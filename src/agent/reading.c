/* reading.c - a reading changed: slots of one match put into another, for what leans on a sentence
 * that was said before ("and the kitchen too", "no, at eight"). */
#include "agent/room.h"

#include <stdlib.h>

static const char *const places[] = {"area", "and_area", "floor"};
static const char *const things[] = {"name", "domain", "device_class", "quantity"};
/* Slots that hold a part of a hundred, under the names that intents have for it. */
static const char *const shares[] = {"brightness", "percentage", "position", "volume_level",
                                     "humidity"};
#define COUNT(v) (sizeof(v) / sizeof((v)[0]))

static void slot_clear(ond_slot *s)
{
    free(s->name);
    free(s->text);
    free(s->said);
    cJSON_Delete(s->value);
    cJSON_Delete(s->metadata);
}

static bool slot_copy(ond_slot *to, const ond_slot *from, const char *name)
{
    *to = (ond_slot){.name = strdup(name),
                     .text = strdup(from->text ? from->text : ""),
                     .said = strdup(from->said ? from->said : ""),
                     .value = cJSON_Duplicate(from->value, true),
                     .metadata = from->metadata ? cJSON_Duplicate(from->metadata, true) : NULL,
                     .wildcard = from->wildcard,
                     .fixed = from->fixed};
    if (to->name && to->text && to->said && to->value && (!from->metadata || to->metadata))
        return true;
    slot_clear(to);
    return false;
}

void ond__reading_drop(ond_match *m, const char *slot)
{
    size_t n = 0;
    for (size_t i = 0; i < m->n_slot; i++) {
        if (strcmp(m->slot[i].name, slot) == 0)
            slot_clear(&m->slot[i]);
        else
            m->slot[n++] = m->slot[i];
    }
    m->n_slot = n;
}

static void drop_all(ond_match *m, const char *const *slots, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ond__reading_drop(m, slots[i]);
}

bool ond__reading_put(ond_match *m, const ond_slot *from, const char *name)
{
    ond__reading_drop(m, name);
    ond_slot *v = realloc(m->slot, (m->n_slot + 1) * sizeof *v);
    if (!v)
        return false;
    m->slot = v;
    if (!slot_copy(&v[m->n_slot], from, name))
        return false;
    m->n_slot++;
    return true;
}

bool ond__reading_text(ond_match *m, const char *name, const char *text, bool fixed)
{
    cJSON *value = cJSON_CreateString(text);
    char *said = (char *)(fixed ? "" : text);
    ond_slot s = {
        .value = value, .text = said, .said = said, .wildcard = !fixed, .fixed = fixed};
    bool ok = value && ond__reading_put(m, &s, name);
    cJSON_Delete(value);
    return ok;
}

bool ond__reading_copy(ond_match *out, const ond_match *m)
{
    *out = (ond_match){.intent = strdup(m->intent),
                       .context = m->context ? cJSON_Duplicate(m->context, true) : NULL,
                       .response = m->response ? strdup(m->response) : NULL,
                       .rule = m->rule ? strdup(m->rule) : NULL,
                       .file = m->file ? strdup(m->file) : NULL};
    bool ok = out->intent && (!m->context || out->context);
    for (size_t i = 0; ok && i < m->n_slot; i++)
        ok = ond__reading_put(out, &m->slot[i], m->slot[i].name);
    if (!ok)
        ond_match_free(out);
    return ok;
}

static bool has_any(const ond_match *m, const char *const *slots, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (ond_match_slot(m, slots[i]))
            return true;
    return false;
}

static bool take(ond_match *m, const ond_match *from, const char *const *slots, size_t n)
{
    bool ok = true;
    for (size_t i = 0; ok && i < n; i++) {
        const ond_slot *s = ond_match_slot(from, slots[i]);
        ok = !s || ond__reading_put(m, s, slots[i]);
    }
    return ok;
}

/* Where the other sentence says which thing or where, that goes before what was said. */
static bool take_target(ond_match *m, const ond_match *from)
{
    bool thing = has_any(from, things, COUNT(things)), place = has_any(from, places, COUNT(places));
    if (thing)
        drop_all(m, things, COUNT(things));
    if (place || ond_match_slot(from, "name"))
        drop_all(m, places, COUNT(places));
    if (thing && from->context) {
        cJSON_Delete(m->context);
        m->context = cJSON_Duplicate(from->context, true);
    }
    return take(m, from, things, COUNT(things)) && take(m, from, places, COUNT(places));
}

static bool starts(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool says_time(const ond_match *m)
{
    for (size_t i = 0; i < m->n_slot; i++)
        if (starts(m->slot[i].name, "when_") || starts(m->slot[i].name, "dur_"))
            return true;
    return false;
}

/* An hour said anew brings its own minutes: "아니다 7시로" after 6:50 is 7:00; "noon" and "half past seven" go as a
 * whole. */
static void drop_hour(ond_match *m, const ond_match *from, const char *prefix)
{
    static const char *const hours[] = {"when_hour", "when_point", "when_hhmm"};
    static const char *const gone[] = {"when_hour", "when_point", "when_hhmm", "when_minute", "when_second", "when_half",
                                       "when_before"};
    for (size_t i = 0; has_any(from, hours, COUNT(hours)) && i < COUNT(gone); i++) {
        char name[96];
        snprintf(name, sizeof name, "%s%s", prefix, gone[i]);
        ond__reading_drop(m, name);
    }
}

/* A time goes in for the time that was said: for the new one where a thing was to be moved. */
static bool take_time(ond_match *m, const ond_match *from)
{
    bool moved = false, ok = true;
    if (!says_time(from))
        return true;
    for (size_t i = 0; i < m->n_slot; i++)
        moved |= starts(m->slot[i].name, "to_when_");
    const char *prefix = moved ? "to_" : "";
    drop_hour(m, from, prefix);
    /* "아니 8시" changes the hour and leaves the day; a day leaves the hour. */
    for (size_t i = 0; ok && i < from->n_slot; i++) {
        char name[96];
        if (!starts(from->slot[i].name, "when_") && !starts(from->slot[i].name, "dur_"))
            continue;
        snprintf(name, sizeof name, "%s%s", prefix, from->slot[i].name);
        ok = ond__reading_put(m, &from->slot[i], name);
    }
    return ok;
}

/* A bare number ("no, six", "make that 15") goes in for the number that was said. */
static bool take_number(ond_match *m, const ond_slot *number)
{
    static const char *const numbers[] = {"dur_minute", "dur_hour",   "dur_second", "when_hour",
                                          "temperature", "brightness", "percentage", "position",
                                          "volume_level", "humidity"};
    if (ond_match_slot(m, "when_point")) { /* "make it 1" after "at noon" */
        ond__reading_drop(m, "when_point");
        return ond__reading_put(m, number, "when_hour");
    }
    for (size_t i = 0; i < COUNT(numbers); i++) {
        const ond_slot *s = ond_match_slot(m, numbers[i]);
        if (!s || !cJSON_IsNumber(s->value))
            continue;
        if (strcmp(numbers[i], "when_hour") == 0)
            ond__reading_drop(m, "when_minute");
        return ond__reading_put(m, number, numbers[i]);
    }
    return true;
}

static bool has_number(const ond_match *m)
{
    for (size_t i = 0; i < m->n_slot; i++)
        if (cJSON_IsNumber(m->slot[i].value) || strcmp(m->slot[i].name, "when_point") == 0)
            return true;
    return false;
}

static bool take_values(ond_match *m, const ond_match *from)
{
    const ond_slot *share = ond_match_slot(from, "share"), *degrees = ond_match_slot(from, "heat"),
                   *color = ond_match_slot(from, "color"), *white = ond_match_slot(from, "white");
    const ond_slot *item = ond_match_slot(from, "item"), *number = ond_match_slot(from, "number");
    bool ok = true;
    if (item && ond_match_slot(m, "item"))
        ok = ond__reading_put(m, item, "item");
    if (ok && number)
        ok = take_number(m, number);
    for (size_t i = 0; ok && share && i < COUNT(shares); i++)
        if (ond_match_slot(m, shares[i]))
            ok = ond__reading_put(m, share, shares[i]);
    if (ok && degrees && ond_match_slot(m, "temperature"))
        ok = ond__reading_put(m, degrees, "temperature");
    if (ok && (color || white) && strcmp(m->intent, "HassLightSet") == 0) {
        static const char *const looks[] = {"color", "temperature", "brightness"};
        drop_all(m, looks, COUNT(looks));
        ok = color ? ond__reading_put(m, color, "color")
                   : ond__reading_put(m, white, "temperature");
    }
    return ok;
}

static bool says_hour(const ond_match *m)
{
    for (size_t i = 0; i < m->n_slot; i++)
        if (starts(m->slot[i].name, "when_"))
            return true;
    return false;
}

/* Wishes that have a place for a time. */
static bool has_time(const ond_match *m)
{
    return ond__intent_find(m->intent) && ond__intent_find(m->intent)->errand;
}

/* "장보기에 포도 넣어 줘, 거실 불이랑 …": no lamp is put on a list, or into the calendar. */
static bool takes_no_thing(const ond_match *m)
{
    static const char *const errands[] = {"OndolList", "OndolTimer", "OndolAlarm", "OndolReminder", "OndolEvent", "OndolNote"};
    for (size_t i = 0; i < COUNT(errands); i++)
        if (starts(m->intent, errands[i]))
            return true;
    return false;
}

bool ond__reading_fits(const ond_match *m, const ond_match *from)
{
    static const char *const looks[] = {"color", "white"}, *const heat[] = {"heat"};
    static const char *const warm[] = {"temperature"};
    if (says_time(from) && !has_time(m))
        return false;
    if (takes_no_thing(m) && (has_any(from, things, COUNT(things)) || has_any(from, places, COUNT(places))))
        return false;
    if (says_hour(from) && starts(m->intent, "OndolTimer"))
        return false;
    if (ond_match_slot(from, "share") && !has_any(m, shares, COUNT(shares)))
        return false;
    if (has_any(from, heat, 1) && !has_any(m, warm, 1))
        return false;
    if (ond_match_slot(from, "number") && !has_number(m))
        return false; /* "24도" after "에어컨 켜 줘": no second turning on */
    if (has_any(from, looks, COUNT(looks)) && strcmp(m->intent, "HassLightSet") != 0)
        return false;
    return !ond_match_slot(from, "item") || ond_match_slot(m, "item");
}

bool ond__reading_take(ond_match *m, const ond_match *from)
{
    return take_target(m, from) && take_time(m, from) && take_values(m, from);
}

bool ond__reading_widen(ond_match *m)
{
    const char *domain = ond_json_str(m->context, "domain", NULL);
    if (!ond_match_slot(m, "name") || !domain)
        return false;
    ond__reading_drop(m, "name");
    return ond__reading_text(m, "domain", domain, true);
}

bool ond__reading_number(ond_match *m, const char *name, int n)
{
    ond_slot s = {.value = cJSON_CreateNumber(n), .text = (char *)"", .said = (char *)"", .fixed = true};
    bool ok = s.value && ond__reading_put(m, &s, name);
    cJSON_Delete(s.value);
    return ok;
}

bool ond__reading_intent(ond_match *own, const char *intent)
{
    char *copy = strdup(intent);
    if (copy) {
        free(own->intent);
        own->intent = copy;
    }
    return copy != NULL;
}
