/* publish.h - what the files share that put a house on a broker: topics, payloads, discovery.
 *
 * The layout of topics stands at the top of publish.c and in docs/mqtt-sim.md. */
#ifndef OND_SIM_PUBLISH_H
#define OND_SIM_PUBLISH_H

#include "sim/house.h"

/* ---- topics.c ---- */

/* How a device speaks: its domain, or "light json", "fan json", "valve position". The rows of discovery.def name it. */
const char *ond__form(const ond__thing *t);
bool ond__can(const ond__thing *t, const char *attr);       /* the attribute can be set */
/* A name as a level of a topic: bytes other than letters, digits and '_' become "-XX". */
void ond__level_put(ond_buf *out, const char *name);
void ond__topic_put(ond_buf *out, const char *base, const ond__thing *t);      /* T: "ondol/light/kitchen" */
/* The device and the attribute ("" for T/set) that a command topic, without "BASE/", speaks of; NULL: none. `attr` has 40 bytes. */
ond__thing *ond__topic_thing(const ond_house *h, const char *rest, char *attr);
/* What stands on T/state; on T/position where there is one (ond__has_position). */
void ond__state_put(const ond__thing *t, ond_buf *out);
bool ond__has_position(const ond__thing *t);
/* The attributes that a command asks for; caller owns *out. OND_E_INPUT for a payload that means nothing. */
OND_CHECKED int ond__command(const ond__thing *t, const char *attr, ond_str payload, cJSON **out, ond_err *err);

/* ---- publish_config.c ---- */

typedef struct ond__announce {
    const ond_house *h;
    const char *base, *prefix, *lang;
    bool device_form;
    int (*emit)(void *self, const char *topic, const cJSON *config);     /* config NULL: to be taken away */
    void *self;
} ond__announce;
/* Every discovery message of the house, and those of the other form to be taken away first. */
OND_CHECKED int ond__announce_all(const ond__announce *a, ond_err *err);

#endif
