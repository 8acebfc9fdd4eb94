/* device.h - a device on the broker, and the components that it can be; private to the broker's
 * files.
 *
 * discovery.c reads announcements, device.c keeps devices, topics.c knows who listens where,
 * component_*.c say for each component which topics tell what, what can be set, and which messages
 * do it. */
#ifndef OND_HAND_HOME_DEVICE_H
#define OND_HAND_HOME_DEVICE_H

#include "hand/home/internal.h"
#include "sys/mqtt.h"

#define DEVICES_MAX 5000
#define CONFIG_BYTES_MAX (32u << 20) /* of all announcements that are kept */
#define PAYLOAD_MAX (256u << 10)
#define STATE_TEXT_MAX 255
#define PLACES_MAX 8 /* availability topics of one device */
#define PROBLEMS_MAX 20

typedef struct ond__component ond__component;

/* A message on a topic of a role: the text that its template gave, and, where that is JSON, the
 * value. */
typedef struct ond__said {
    ond_str text;
    const cJSON *json;
} ond__said;
typedef void ond__tell_fn(ond__device *d, const ond__said *said);

typedef struct ond__role {
    const char *topic; /* key of the configuration */
    const char *tpl,
        *tpl_other; /* keys of its template, by preference; NULL: the payload as it is */
    ond__tell_fn *tell;
} ond__role;

/* Messages on their way out. */
typedef struct ond__out {
    ond__broker *broker;
    ond__device *device;
    ond_err *err;
    int rc;
    size_t sent;
} ond__out;

struct ond__component {
    const char *name, *schema; /* schema NULL: the plain one */
    const ond__role *roles;    /* ends with topic NULL */
    const char *const *needs;  /* keys without which it never says its state: all missing means
                                  blind; ends with NULL */
    const char *first;         /* state while nothing is known of a blind one */
    void (*limits)(const ond__device *d, cJSON *limits);
    void (*send)(ond__out *out, const cJSON *attributes);
    void (*round)(const ond__device *d, cJSON *expect); /* may be NULL */
};
extern const ond__component *const ond__components[]; /* ends with NULL; component.c */
const ond__component *ond__component_find(const char *name, const char *schema);

typedef struct ond__place { /* one availability topic */
    char *topic, *here, *away, *tpl;
    int said; /* -1 nothing yet, 0 away, 1 here */
} ond__place;

struct ond__device {
    ond__broker *broker;
    const ond__component *component;
    char *id, *origin, *key,
        *unique;   /* origin: discovery topic; key: within a device's announcement, or "" */
    cJSON *config; /* long keys, those that are used */
    cJSON *row, *state;
    const char *domain, *cls; /* in row */
    const cJSON *limits;      /* in row */
    ond__place place[PLACES_MAX];
    size_t n_places;
    char all; /* 'a' all, 'o' any one, 'l' the latest */
    bool latest_here;
    bool blind, hidden, ondol; /* hidden: configuration of a device, not in the world; ondol:
                                  announced by our publisher */
    uint64_t off_at_us, expires_at_us;
    size_t bytes; /* of the announcement, counted against the limit */
};

/* ---- device.c ---- */
const char *ond__cfg(const ond__device *d, const char *key, const char *otherwise);
double ond__cfg_num(const ond__device *d, const char *key, double otherwise);
bool ond__cfg_bool(const ond__device *d, const char *key, bool otherwise);
bool ond__cfg_has(const ond__device *d, const char *key); /* a text that is not empty */
bool ond__cfg_lists(const ond__device *d, const char *key, const char *word);
/* Makes a device of an announcement (taken). NULL with err where it cannot be one. */
ond__device *ond__device_make(ond__broker *b, const char *component, const char *origin,
                              const char *key, cJSON *config, size_t bytes, ond_err *err);
void ond__device_free(ond__device *d);
void ond__device_view(ond__device *d, ond__view *out);
void ond__device_bad(const ond__device *d, const char *key,
                     const char *what); /* a problem of its announcement */

/* ---- place.c: whether it is there ---- */
bool ond__device_available(const ond__device *d);
void ond__places_read(ond__device *d); /* out of the configuration */
void ond__places_listen(ond__device *d);
void ond__places_hear(ond__device *d, size_t i, ond_str payload, const cJSON *json);
void ond__places_forget(ond__device *d);
void ond__places_free(ond__device *d);

/* ---- for components: what was said, into the state ---- */
void ond__tell_word(ond__device *d, const char *attribute, const char *word);
void ond__tell_number(ond__device *d, const char *attribute, double n);
bool ond__said_is(const ond__said *said, const char *word);
bool ond__said_number(const ond__said *said, double *n);
bool ond__said_none(const ond__said *said); /* "None", "unknown": resets */
void ond__limit_range(cJSON *limits, const char *name, double low, double high);
void ond__limit_words(cJSON *limits, const char *name, const char *const *words, size_t n);
void ond__limit_list(cJSON *limits, const char *name, const cJSON *list);

/* ---- for components: messages (send.c) ---- */
struct ond__var;
/* Publishes on the topic in `topic_key`; `tpl_key` (may be NULL) makes the payload of `value` and
 * further variables. */
void ond__send(ond__out *out, const char *topic_key, const char *tpl_key, const char *value);
void ond__send_vars(ond__out *out, const char *topic_key, const char *tpl_key, const char *value,
                    const struct ond__var *vars, size_t n);
void ond__send_number(ond__out *out, const char *topic_key, const char *tpl_key, double n);
void ond__send_json(ond__out *out, const char *topic_key, cJSON *json); /* taken */

/* ---- discovery.c ---- */
/* A message on a discovery topic; true when it was one. */
bool ond__discovery(ond__broker *b, const char *topic, ond_str payload);

/* ---- topics.c: who listens where ---- */
typedef struct ond__listener {
    ond__device *device;
    int what;
} ond__listener; /* what: role index, or -1 - place */
typedef struct ond__topic {
    struct ond__topic *next;
    uint64_t hash;
    ond__listener *v;
    size_t n, cap;
    bool subscribed;
    char name[];
} ond__topic;
typedef struct ond__topics {
    ond__topic **bucket;
    size_t n_buckets, n;
} ond__topics;
bool ond__topics_add(ond__topics *t, const char *name, ond__device *d, int what);
ond__topic *ond__topics_find(const ond__topics *t, const char *name);
/* Takes the device out everywhere. `gone` (may be NULL) is called for topics that nobody listens to
 * any more. */
void ond__topics_drop(ond__topics *t, ond__device *d, void (*gone)(void *self, const char *name),
                      void *self);
void ond__topics_free(ond__topics *t);

/* ---- the broker ---- */
struct ond__broker {
    ond__home *home;
    ond_loop *loop;
    ond_mqtt *mqtt;
    char *name, *prefix; /* "127.0.0.1:1883", "homeassistant" */
    char echo[64];       /* topic on which we hear ourselves */
    int echoes;          /* 0, 1: all announcements are in, 2: all states are in */
    bool told_away;
    int timer; /* subscribes what is new */
    ond__device **devices;
    size_t n, cap, bytes;
    ond__topics topics;
    uint64_t revision;
    cJSON *areas, *floors;       /* rows, made when asked for */
    uint64_t areas_of;           /* revision that they are of */
    char *problem[PROBLEMS_MAX]; /* what is not supported, by name */
    size_t n_problems, problems_all;
    bool full; /* more devices than fit */
};
/* broker.c: a message of any topic and bytes. */
void ond__broker_hear(ond__broker *b, const char *topic, ond_str payload);
/* device.c */
void ond__broker_add(ond__broker *b,
                     ond__device *d); /* takes d; replaces the one of the same origin and key */
/* key NULL: all of the origin. The strings must not be those of the device itself. */
void ond__broker_remove(ond__broker *b, const char *origin, const char *key);
void ond__broker_remove_at(ond__broker *b, size_t i);
void ond__broker_problem(ond__broker *b, const char *who, const char *what);
void ond__broker_problems_drop(ond__broker *b, const char *who);

#endif
