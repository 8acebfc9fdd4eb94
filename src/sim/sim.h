/* sim.h - the built-in house: devices and a little physics, as stored state plus the clock.
 *
 * A house is described in YAML (docs/house.md); its changing part is one JSON value that the caller keeps. Nothing runs in the
 * background: ond_house_advance brings the state from the instant it was last touched to `now`, so the house is the same
 * across processes, and the same inputs give the same house.
 *
 * The world. ond_house_world gives what `ondol home state --json` shows, version 1:
 *   {"version":1,
 *    "floors":  [{"id":"first","names":{"ko":["1층"],"en":["first floor","downstairs"]}}],
 *    "areas":   [{"id":"living_room","floor":"first","names":{"ko":["거실"],"en":["living room","lounge"]}}],
 *    "entities":[{"id":"light.living_room_ceiling","domain":"light","class":"", "area":"living_room",
 *                 "names":{"ko":["천장등","거실 천장등"],"en":["ceiling light"]},   // first one is shown; aliases follow
 *                 "state":{"state":"on","brightness":80,"color":"warm white"},
 *                 "limits":{"brightness":[0,100]}, "available":true, "source":"house"}]}
 * Names may be missing for a language; a name under "*" holds for every language. Domains and states are Home Assistant's: light, switch, cover,
 * fan, lock, climate, media_player, vacuum, humidifier, valve, scene, sensor, binary_sensor, alarm_control_panel, oven (ours), ...
 * Attributes: brightness 0..100 (percent), color (name) , color_temp (kelvin), position 0..100 (100 open), percentage (fan), temperature (target, °C),
 * current_temperature, hvac_mode, humidity (target), current_humidity, volume 0..100, battery. A scene has "members": {entity id: attributes to set}. */
#ifndef OND_SIM_SIM_H
#define OND_SIM_SIM_H

#include "base/json.h"
#include "base/time.h"

typedef struct ond_house ond_house;

/* The text of the default house (embedded YAML). */
ond_str ond_house_default(void);
/* OND_E_INPUT names the file, the device and what is wrong. */
OND_CHECKED int ond_house_open(ond_str yaml, const char *name, ond_house **out, ond_err *err);
void ond_house_close(ond_house *h);

/* The changing part, to be kept between processes: {"version":1,"house":"<digest>","at":ms,"state":{id:{...}}}. restore accepts
 * what save gave; entities that the YAML no longer has are dropped, new ones start as the YAML says. */
cJSON *ond_house_save(const ond_house *h);                       /* NULL: out of memory */
OND_CHECKED int ond_house_restore(ond_house *h, const cJSON *saved, ond_err *err);

/* Lets time pass up to `now` (never back): temperatures move with inertia, curtains travel, the vacuum
 * returns, timers of motion sensors end. Cost does not grow with the time passed. */
void ond_house_advance(ond_house *h, ond_ms now);

/* World as above; caller owns. `revision` grows when names or devices change, not with states. */
cJSON *ond_house_world(const ond_house *h);
/* State object of one entity (borrowed, until the next call that changes the house); NULL: no such entity. */
const cJSON *ond_house_state(const ond_house *h, const char *id);
const cJSON *ond_house_entity(const ond_house *h, const char *id);   /* its world row without fresh state */
const cJSON *ond_house_area(const ond_house *h, const char *id);     /* row of a room, or NULL */
const cJSON *ond_house_area_at(const ond_house *h, size_t i);          /* the i-th room, or NULL after the last */

/* Sets attributes as the device would take them, e.g. {"state":"on","brightness":40}. Things that move begin to move ("opening") unless the
 * travel time is 0. OND_E_NOT_FOUND, OND_E_INPUT (attribute or value the device does not have, names the allowed ones). */
OND_CHECKED int ond_house_set(ond_house *h, const char *id, const cJSON *attributes, ond_err *err);
/* Something is on its way: a curtain, the vacuum, a lock. */
bool ond_house_moving(const ond_house *h);

/* Whether a device with these limits ({"brightness":[0,100],"state":["on","off"],"muted":[false,true]}) takes these attributes. `moves`: it can
 * also be told to stop, {"state":"stopped"}. OND_E_INPUT says what it takes instead. */
OND_CHECKED int ond_attributes_check(const char *id, const cJSON *limits, bool moves, const cJSON *attributes, ond_err *err);

/* Publishes the house on a broker with Home Assistant discovery (retained), obeys its command topics, and lets time pass, until
 * *stop. `ready` (may be NULL) is called once all is published. Prefixes default to "homeassistant" and "ondol". */
typedef struct ond_sim_mqtt {
    const char *host; int port;
    const char *user, *password;
    const char *discovery_prefix, *base_topic;
    const char *lang;                  /* of the one name that discovery has; "ko" or "en", default "en" */
    bool device_form;                  /* one device config per device instead of one per component */
    void (*ready)(void *self); void *self;
    const volatile bool *stop;
} ond_sim_mqtt;
OND_CHECKED int ond_sim_publish(ond_house *h, const ond_sim_mqtt *opts, ond_err *err);

#endif
