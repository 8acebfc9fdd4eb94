/* hand.h - ways to act on the world. Only `gate` may include this.
 *
 * To add a hand: (1) a folder src/hand/NAME/ with NAME.c that defines `const ond_hand_def ond_hand_NAME`,
 * (2) a row in hands.def, (3) a page docs/hands/NAME.md. `make check` compares the three.
 *
 * A hand never asks and never judges: it declares, plans, acts, observes. Each verb has a JSON Schema for its
 * arguments; gate checks arguments against it before the hand sees them. */
#ifndef OND_HAND_HAND_H
#define OND_HAND_HAND_H

#include "base/plan.h"
#include "base/time.h"
#include "store/store.h"

typedef struct ond_verb_def {
    const char *name;            /* "turn_on" */
    ond_effect effect;           /* the heaviest that it can have */
    const char *summary;         /* one English line, for `ondol hands` and docs */
    const char *schema;          /* JSON Schema of args: type object, properties, required, additionalProperties false;
                                    uses only: type, properties, required, enum, minimum, maximum, maxLength, items, additionalProperties */
} ond_verb_def;

typedef struct ond_hand_env {
    const cJSON *config;         /* this hand's part of the configuration, or NULL; borrowed for the hand's life */
    ond_store *store;            /* for state of its own, in a space named "hand.NAME"; inside gate's transactions */
    const char *lang;            /* the owner's language */
    void (*note)(void *self, const char *text);   /* something the owner should know (broker lost, back); may be NULL */
    void *self;
    bool stays;                  /* the process lives on and calls service(); false: it does one call and ends */
} ond_hand_env;

/* What acting would mean, worked out against the world as it is. Freed by ond_hand_step_free. */
typedef struct ond_hand_step {
    cJSON *args;                 /* exact and absolute: "a bit dimmer" has become brightness 40 */
    ond_effect effect;           /* for these args */
    cJSON *before;               /* what the world shows of the thing now (object) */
    cJSON *expect;               /* attributes that will show success (object); may be empty: nothing to verify */
    bool already;                /* the world is as wanted: acting changes nothing */
    bool can_undo;
    char *undo_verb;             /* with can_undo: verb and args that bring `before` back */
    cJSON *undo_args;
    cJSON *says;                 /* {"ko":"거실 천장등 켜기","en":"turn on the ceiling light (living room)"} */
} ond_hand_step;
void ond_hand_step_free(ond_hand_step *s);

typedef enum ond_done {          /* how an act ended */
    OND_DONE_OK,                 /* acted, and the world shows it */
    OND_DONE_ALREADY,            /* nothing was to be changed */
    OND_DONE_UNVERIFIED,         /* sent, but the world did not show it in time */
    OND_DONE_FAILED,             /* not done; err says why */
    OND_DONE_UNKNOWN,            /* cannot be known */
} ond_done;
const char *ond_done_name(ond_done d);          /* "ok", "already", "unverified", "failed", "unknown" */

typedef struct ond_act {         /* one of several acts that begin together */
    const char *verb;
    const cJSON *args;           /* exact, from a step */
    const cJSON *expect;
    ond_done done;               /* out */
    cJSON *after;                /* out: what the world shows afterwards, or NULL; caller frees */
    ond_err err;                 /* out: for FAILED, UNVERIFIED */
} ond_act;

typedef struct ond_hand_def {
    const char *name, *summary;
    const ond_verb_def *verbs;   /* ends with name NULL */
    OND_CHECKED int (*open)(const ond_hand_env *env, void **self, ond_err *err);
    void (*close)(void *self);
    /* A descriptor that becomes readable when the hand wants service(), or -1. service never blocks. */
    int (*fd)(void *self);
    void (*service)(void *self);
    /* {"floors":[],"areas":[],"entities":[]} as in sim/sim.h; NULL where the hand has none. Caller owns *out. */
    OND_CHECKED int (*world)(void *self, cJSON **out, ond_err *err);
    uint64_t (*revision)(void *self);              /* grows when names or things (not states) change */
    /* Health for `ondol doctor`: {"ok":bool,"what":"..."}; caller owns. */
    cJSON *(*health)(void *self);
    OND_CHECKED int (*plan)(void *self, const char *verb, const cJSON *args, ond_hand_step *out, ond_err *err);
    /* Acts on all n, waits (bounded by `limit_ms`) until the world shows each, or time is up. Always fills every done. */
    void (*act)(void *self, ond_act *acts, size_t n, ond_ms limit_ms);
    /* What the world shows now of the thing these args name, fresh: to settle an open intent, to check before undo. */
    OND_CHECKED int (*observe)(void *self, const char *verb, const cJSON *args, cJSON **out, ond_err *err);
} ond_hand_def;

/* Whether what the world shows is what was expected. `expect` holds settled values ("open", 40); a thing that moves
 * shows "opening" for a while, which is MOVING when it goes the right way; and where `expect` is something seen on its way, it is still so
 * on the way and when it has got there. Numbers agree within 0.05 (positions 5, colour temperatures 1 %);
 * a scene's "members" agree one by one. An empty `expect` is shown by anything. So, to settle an intent: SHOWS or MOVING is done. Before an
 * undo: the world has not moved on while `expect`, or what was seen after the act, is SHOWS or MOVING. */
typedef enum ond_shows { OND_SHOWS_NOT, OND_SHOWS_MOVING, OND_SHOWS } ond_shows;
ond_shows ond_hand_shows(const cJSON *expect, const cJSON *world);

extern const ond_hand_def *const ond_hands[];      /* from hands.def, ends with NULL */

#endif
