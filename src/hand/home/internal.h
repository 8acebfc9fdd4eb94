/* internal.h - what the files of the hand `home` share.
 *
 * Two backends, the built-in house and an MQTT broker, give the same thing: an ond__view of a
 * device. Planning (want, check, effect, plan, says) sees only views; acting (act) hands attributes
 * back to the backend. */
#ifndef OND_HAND_HOME_INTERNAL_H
#define OND_HAND_HOME_INTERNAL_H

#include "hand/hand.h"
#include "sim/sim.h"

typedef struct ond__home ond__home;
typedef struct ond__broker ond__broker;
typedef struct ond__device ond__device; /* a device on the broker */

typedef struct ond__view {
    const char *id, *domain, *cls;
    const cJSON *row;    /* names, area, limits, members; as in the world, without fresh state */
    const cJSON *limits; /* in row: what can be set */
    const cJSON *state;
    bool available;
    bool blind;          /* never says its state: nothing to verify */
    bool keeps_level;    /* level can be set while off, and shows */
    ond__device *device; /* NULL: of the built-in house */
} ond__view;

struct ond__home {
    ond_house *house; /* NULL: none */
    char *house_name;
    ond__broker *broker; /* NULL: none */
    ond_store *store;    /* may be NULL: then nothing is kept */
    char lang[8];
    void (*note)(void *self, const char *text);
    void *self;
};

/* ---- home.c ---- */
/* OND_E_NOT_FOUND with the nearest ids. Brings the house up to now. */
OND_CHECKED int ond__home_find(ond__home *h, const char *id, ond__view *out, ond_err *err);
/* What the world shows of it: its state; of a scene {"members":{id: state}} for the members that
 * `attributes` (may be NULL) name, else its own. Caller owns. */
OND_CHECKED int ond__home_observe(ond__home *h, const ond__view *v, const cJSON *attributes,
                                  cJSON **out, ond_err *err);
OND_CHECKED int ond__house_save(ond__home *h, ond_err *err);
OND_CHECKED int ond__home_world(ond__home *h, cJSON **out, ond_err *err); /* world.c */
/* The row of an area, from either backend; NULL: none. */
const cJSON *ond__home_area(ond__home *h, const char *id);

/* ---- verbs.c, want.c ---- */
extern const ond_verb_def ond__home_verbs[];

/* What a verb wants of a device. attributes is owned; NULL for verbs that set nothing (get). */
typedef struct ond__want {
    cJSON *args;       /* exact: steps have become values */
    cJSON *attributes; /* as set would take them */
    bool no_undo;      /* cannot be taken back, nor done twice to the same end (press, next) */
} ond__want;
OND_CHECKED int ond__want_make(ond__home *h, const ond__view *v, const char *verb,
                               const cJSON *args, ond__want *out, ond_err *err);
void ond__want_free(ond__want *w);

/* ---- check.c ---- */
/* Attributes against the row's limits; the message says what is allowed. */
OND_CHECKED int ond__attributes_check(ond__home *h, const ond__view *v, const cJSON *attributes,
                                      ond_err *err);

/* ---- expect.c ---- */
/* Attributes that will show success, settled: {"brightness":40} gives
 * {"state":"on","brightness":40}. */
OND_CHECKED int ond__expect(ond__home *h, const ond__view *v, const cJSON *attributes, cJSON **out,
                            ond_err *err);
/* Takes out what the device will never show. */
void ond__expect_visible(ond__home *h, const ond__view *v, cJSON *expect);
bool ond__shows_exactly(const cJSON *expect, const cJSON *world);
bool ond__ends_preset(const ond__view *v, const cJSON *attributes);
/* Attributes that bring back what `before` showed, for what `expect` touches; NULL where that is
 * not known. */
OND_CHECKED int ond__restore(ond__home *h, const ond__view *v, const cJSON *before,
                             const cJSON *expect, cJSON **out, ond_err *err);
ond_effect ond__effect(ond__home *h, const ond__view *v, const cJSON *attributes);
bool ond__moves(const char *state); /* "opening", "returning", … */

/* ---- plan.c, says.c, act.c ---- */
OND_CHECKED int ond__home_plan(void *self, const char *verb, const cJSON *args, ond_hand_step *out,
                               ond_err *err);
OND_CHECKED int ond__says(ond__home *h, const ond__view *v, const char *verb,
                          const cJSON *attributes, cJSON **out, ond_err *err);
/* "floor lamp in the living room", "거실 스탠드". */
void ond__thing_put(ond__home *h, const ond__view *v, const char *lang, ond_buf *out);
void ond__home_act(void *self, ond_act *acts, size_t n, ond_ms limit_ms);

/* ---- template.h, template.c: being written by another developer right now (contract: template.h);
 * so is src/sim/publish.c (ond_sim_publish). Do not write these two; call them. Remove this comment
 * when they are there. ---- */

/* ---- broker.c ---- */
OND_CHECKED int ond__broker_open(ond__home *h, const cJSON *config, ond__broker **out,
                                 ond_err *err);
void ond__broker_close(ond__broker *b);
int ond__broker_fd(ond__broker *b);
void ond__broker_service(ond__broker *b);
bool ond__broker_up(const ond__broker *b);
const char *ond__broker_name(const ond__broker *b); /* "127.0.0.1:1883" */
uint64_t ond__broker_revision(const ond__broker *b);
cJSON *ond__broker_health(const ond__broker *b);
/* Waits up to ms for something to come in. */
void ond__broker_turn(ond__broker *b, ond_ms ms);
bool ond__broker_find(ond__broker *b, const char *id, ond__view *out);
/* Walks all devices in the order they came; i from 0; false after the last. */
bool ond__broker_each(ond__broker *b, size_t i, ond__view *out);
const cJSON *ond__broker_area(ond__broker *b, const char *id);
const cJSON *ond__broker_areas(ond__broker *b); /* array of area rows that only the broker knows */
bool ond__broker_shown(const ond__view *v);     /* belongs into the world */
const cJSON *ond__broker_floors(ond__broker *b);
/* Sends what brings the device there. A device that never says its state is taken at its word. */
OND_CHECKED int ond__broker_set(ond__broker *b, ond__device *d, const cJSON *attributes,
                                ond_err *err);
/* Values as the device can show them: 40 % of a lamp with 7 levels is 43. */
void ond__broker_round(const ond__device *d, cJSON *expect);

#endif
