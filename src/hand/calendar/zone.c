/* zone.c - the zones that files name, and the VTIMEZONE that we write.
 *
 * A TZID that ends in a name of the C library's zone data
 * ("/freeassociation.sourceforge.net/Asia/Seoul") is that zone. Others ("Korea Standard Time",
 * "Customized Time Zone") are as the file's own VTIMEZONE says. Without either the time is taken as
 * one of the owner's zone. */
#include "hand/calendar/ical.h"
#include "hand/calendar/internal.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#define ZONES_MAX 300
#define VTIMEZONE_LINES 400

/* The longest end of `tzid` that is a zone's name, or NULL. */
static const char *iana_of(const char *tzid)
{
    if (strcasecmp(tzid, "UTC") == 0 || strcasecmp(tzid, "GMT") == 0 ||
        strcasecmp(tzid, "Etc/UTC") == 0)
        return "UTC";
    for (const char *p = tzid; p; p = strchr(p, '/')) {
        if (*p == '/') p++;
        if (*p && strlen(p) < 60 && ond_zone_check(p, NULL) == 0) return p;
    }
    return NULL;
}

/* Lines [begin, end] of the VTIMEZONE with that id; false where there is none. */
static bool find_vtimezone(const ond__doc *doc, ond_str tzid, ond__comp *out)
{
    for (size_t i = 0; doc && i < doc->n_comp; i++) {
        const ond__comp *c = &doc->comp[i];
        if (c->name.n != 9 || strncasecmp(c->name.p, "VTIMEZONE", 9) != 0) continue;
        int at = ond__doc_find(doc, (int)i, "TZID", 0);
        if (at < 0 || !ond_str_eq(ond_str_trim(ond__line_value(&doc->line[at])), tzid)) continue;
        *out = *c;
        return true;
    }
    return false;
}

/* Rules other than yearly ones are no zone, and could take for ever. */
static bool is_plain(const ond__doc *doc, const ond__comp *c)
{
    if (c->end - c->begin > VTIMEZONE_LINES) return false;
    for (size_t i = c->begin; i <= c->end; i++) {
        const ond__line *l = &doc->line[i];
        ond_str v = ond__line_value(l);
        if (ond__line_is(l, "RRULE") && !memmem(v.p, v.n, "FREQ=YEARLY", 11)) return false;
        ond__cal_when w;
        if (ond__line_is(l, "DTSTART") && !ond__cal_when_read(v, &w)) return false;
        if (ond__line_is(l, "RDATE") && v.n > 4000) return false;
        if (v.n > 8000) return false;
    }
    return true;
}

static void *custom_zone(ond_str text)
{
    char *z = ond_str_dup(text);
    icalcomponent *c = z ? ond__cal_ical.component_new_from_string(z) : NULL;
    free(z);
    if (!c) return NULL;
    icaltimezone *zone = ond__cal_ical.component_isa(c) == ICAL_VTIMEZONE_COMPONENT
                             ? ond__cal_ical.timezone_new()
                             : NULL;
    if (zone && ond__cal_ical.timezone_set_component(zone, c)) return zone;
    if (zone) ond__cal_ical.timezone_free(zone, 1);
    ond__cal_ical.component_free(c);
    return NULL;
}

static int add_zone(ond__cal *h, ond_str tzid, const char *iana, void *custom, const ond_hash *text)
{
    ond__cal_zone *zone = realloc(h->zone, (h->n_zone + 1) * sizeof *zone);
    if (!zone) return CAL_FLOATING;
    h->zone = zone;
    zone[h->n_zone] = (ond__cal_zone){.tzid = ond_str_dup(tzid),
                                      .iana = iana ? ond_str_dup(ond_str_of(iana)) : NULL,
                                      .custom = custom,
                                      .text = *text};
    if (zone[h->n_zone].tzid && (!iana || zone[h->n_zone].iana)) return (int)h->n_zone++;
    free(zone[h->n_zone].tzid);
    free(zone[h->n_zone].iana);
    return CAL_FLOATING;
}

int ond__cal_zone_of(ond__cal *h, ond_str tzid, const ond__doc *doc)
{
    ond__comp c;
    ond_hash digest = {0};
    ond_str text = {0};
    char name[200];
    tzid = ond_str_trim(tzid);
    if (tzid.n == 0 || tzid.n >= sizeof name) return CAL_FLOATING;
    memcpy(name, tzid.p, tzid.n);
    name[tzid.n] = '\0';
    const char *iana = iana_of(name);
    if (iana && strcmp(iana, "UTC") == 0) return CAL_UTC;
    if (!iana) {
        if (!find_vtimezone(doc, tzid, &c) || !is_plain(doc, &c)) return CAL_FLOATING;
        const ond__line *last = &doc->line[c.end];
        text = (ond_str){doc->line[c.begin].raw.p,
                         (size_t)(last->raw.p + last->raw.n - doc->line[c.begin].raw.p)};
        ond_hash_of(text.p, text.n, &digest);
    }
    for (size_t i = 0; i < h->n_zone; i++)
        if (strcmp(h->zone[i].tzid, name) == 0 &&
            memcmp(&h->zone[i].text, &digest, sizeof digest) == 0)
            return (int)i;
    if (h->n_zone >= ZONES_MAX) return CAL_FLOATING;
    void *custom = iana ? NULL : custom_zone(text);
    if (!iana && !custom) return CAL_FLOATING;
    int at = add_zone(h, tzid, iana, custom, &digest);
    if (at == CAL_FLOATING && custom) ond__cal_ical.timezone_free(custom, 1);
    return at;
}

void ond__cal_zones_free(ond__cal *h)
{
    for (size_t i = 0; i < h->n_zone; i++) {
        if (h->zone[i].custom) ond__cal_ical.timezone_free(h->zone[i].custom, 1);
        free(h->zone[i].tzid);
        free(h->zone[i].iana);
    }
    free(h->zone);
    h->zone = NULL;
    h->n_zone = 0;
}

const char *ond__cal_zone_here(void)
{
    static char path[256];
    const char *zone = ond_zone(), *tz = getenv("TZ");
    if (zone[0]) return ond_zone_check(zone, NULL) == 0 ? zone : "";
    if (tz && tz[0] == ':') tz++;
    if (tz && tz[0]) return ond_zone_check(tz, NULL) == 0 ? tz : "";
    ssize_t n = readlink("/etc/localtime", path, sizeof path - 1);
    if (n <= 0) return "";
    path[n] = '\0';
    const char *name = strstr(path, "zoneinfo/");
    return name && ond_zone_check(name + 9, NULL) == 0 ? name + 9 : "";
}

/* Observances that ended before `from` are of no use to its readers. */
static void truncate_zone(icalcomponent *c, const ond__cal_when *from)
{
    struct icaltimetype start = ond__cal_ical.time_from_string("19700101T000000Z"), never = {0};
    start.year = from->year - 1;
    ond__cal_ical.timezone_truncate_vtimezone(c, start, never, 0);
}

bool ond__cal_zone_put(const char *iana, const ond__cal_when *from, ond_buf *out)
{
    icaltimezone *zone = ond__cal_ical.timezone_get_builtin_timezone(iana);
    icalcomponent *own = zone ? ond__cal_ical.timezone_get_component(zone) : NULL;
    icalcomponent *c = own ? ond__cal_ical.component_new_clone(own) : NULL;
    if (!c) return false;
    truncate_zone(c, from);
    icalproperty *id = ond__cal_ical.component_get_first_property(c, ICAL_TZID_PROPERTY);
    if (id) ond__cal_ical.property_set_value_from_string(id, iana, "TEXT");
    char *text = ond__cal_ical.component_as_ical_string_r(c);
    if (id && text) ond_buf_puts(out, text);
    bool ok = id && text;
    free(text);
    ond__cal_ical.component_free(c);
    return ok;
}
