/* house.h - what the files of the room sim share: areas, things, and the table of domains. */
#ifndef OND_SIM_HOUSE_H
#define OND_SIM_HOUSE_H

#include "sim/sim.h"

/* ---- domains (domain.c) ---- */

typedef enum ond__kind {
    OND__NUMBER,   /* limits [low, high] */
    OND__WORD,     /* limits [words] */
    OND__FLAG,     /* limits [false, true] */
    OND__MEASURED, /* shown, never set from outside */
} ond__kind;

typedef struct ond__attr {
    const char *name;
    ond__kind kind;
    double low, high; /* NUMBER: where the YAML gives no limits and the domain always has it */
    bool always;      /* devices of the domain have it without being told */
} ond__attr;

typedef struct ond__domain {
    const char *name;
    const char *states; /* words that "state" can be set to, "on off"; NULL: cannot be set, or by
                           limits only */
    const char *moving; /* words that it shows on the way, or "" */
    const char *first;  /* state at the beginning where the YAML gives none */
    const ond__attr *attrs; /* ends with name NULL */
} ond__domain;

const ond__domain *ond__domain_find(const char *name);
const ond__attr *ond__domain_attr(const ond__domain *d, const char *name);
void ond__domain_names(ond_buf *out);                   /* "alarm_control_panel, button, …" */
bool ond__word_in(const char *words, const char *word); /* words separated by spaces */

/* ---- the house ---- */

typedef struct ond__area {
    const char *id;               /* in `row` */
    cJSON *row;                   /* as in the world */
    double temperature, humidity; /* now */
    bool heated;                  /* by a heater that stands in no room */
    double usual_humidity;        /* what it drifts to */
    double low, high, moist;      /* scratch of physics.c: what the devices want there */
} ond__area;

typedef struct ond__thing {
    const ond__domain *domain;
    const char *id, *cls, *area_id; /* in `row`; "" where there is none */
    cJSON *row; /* as in the world, without state; with "limits", and "members" of a scene */
    const cJSON *limits; /* in `row`: what can be set */
    cJSON *state;        /* what is shown */
    int area;            /* index, or -1 */
    double travel;   /* seconds for the whole way: covers, valves, locks, a vacuum's way home, an
                        alarm's delay */
    double timeout;  /* seconds until a motion sensor rests again */
    double cleaning; /* minutes that a vacuum cleans */
    double exact,
        goal; /* cover, valve: place and where to; oven: temperature inside (goal unused) */
    double battery, left; /* vacuum: percent, minutes still to clean */
    char pending[24];     /* state that it shows once `until` is reached; "": none */
    ond_ms until;
} ond__thing;

struct ond_house {
    char *name;      /* of the file, for messages */
    char digest[65]; /* of the YAML */
    cJSON *floors;   /* array of rows */
    ond__area *areas;
    size_t n_areas;
    ond__thing *things;
    size_t n_things;
    double outside, outside_humidity;
    ond_ms at; /* the instant that all values are of; 0: not begun */
};

ond__thing *ond__thing_find(const ond_house *h, const char *id);
int ond__area_find(const ond_house *h, const char *id); /* -1: none */
const char *ond__shown(const ond__thing *t); /* its "state" where that is a word, else "" */
bool ond__is_moving(const ond__thing *t);

/* read.c: fills an empty house. */
OND_CHECKED int ond__house_read(ond_house *h, const cJSON *yaml, ond_err *err);
/* check.c: attributes against limits; says what is allowed. `world` also admits what only the world
 * can do (a sensor's value). */
OND_CHECKED int ond__check(const ond_house *h, const ond__thing *t, const cJSON *attributes,
                           bool world, ond_err *err);
/* physics.c: brings what is shown in line with what is exact. */
void ond__show_all(ond_house *h);
void ond__show(ond_house *h, ond__thing *t);

#endif
