/* internal.h - what the files of the hand `time` share.
 *
 * A thing is a timer, an alarm or a reminder. Each is one row of the store (space hand.time, key:
 * its id), read when it is needed: nothing is kept in memory that could differ from the store when
 * a transaction is given up. A verb is worked out as changes of rows (work.c); planning shows them,
 * acting writes them.
 *
 * Rows:  timer     {"id","seconds","label","state":"running"|"paused", CLOCK, RING}
 *        alarm     {"id","at","rule","label","on","since", CLOCK while it is snoozed, RING}
 *        reminder  {"id","at","rule","text","since", RING}
 * CLOCK  "left" milliseconds when it was wound, and what the clocks said then: "boot","up","wall"
 * RING   "ring": {"due","late","told","again","telling","missed"}; while it rings or is about to
 * since  the wall clock up to which occurrences are done with */
#ifndef OND_HAND_TIME_INTERNAL_H
#define OND_HAND_TIME_INTERNAL_H

#include "hand/hand.h"
#include "sys/clock.h"
#include "sys/notify.h"
#include "sys/wake.h"

enum {
    OND__TIME_MOST = 200,            /* things of a kind */
    OND__TIME_TEXT = 500,            /* bytes of a label or a text */
    OND__TIME_SECONDS = 100 * 86400, /* a timer, a snooze */
    OND__TIME_RINGS = 10,            /* how often it is told, at most */
    OND__TIME_AGAIN_MS = 60000,      /* between two tellings */
    OND__TIME_LATE_MS = 10000,       /* from then on it is said how late it is told */
    OND__TIME_ID = 16,
};

typedef struct ond__time {
    ond_store *store;
    char lang[8];
    void (*note)(void *self, const char *text);
    void *self;
    bool stays;
    bool desktop;       /* notifications are wanted */
    ond_wake *wake;     /* NULL where the process does not stay */
    ond_notify *notify; /* NULL until one is sent */
    long reserved[3];   /* the number after the last id that planning gave out, by kind */
    uint64_t looked_us; /* steady time of the last look at all things; 0: look now */
    char zone[64];      /* of that look */
    int unwritten;      /* looks in a row that could not be written down */
    bool mute;          /* the desktop could not be told the last time */
    bool no_rules;      /* rules could not be read at the last look */
} ond__time;

/* ---- kinds ---- */
typedef enum ond__time_kind {
    OND__TIME_TIMER,
    OND__TIME_ALARM,
    OND__TIME_REMINDER,
    OND__TIME_NONE
} ond__time_kind;
ond__time_kind ond__time_kind_of(const char *id);  /* "t1" */
const char *ond__time_kind_name(ond__time_kind k); /* "timer" */

/* ---- item.c: rows ---- */
/* NULL in *out: there is none. Caller owns. */
OND_CHECKED int ond__time_item_get(ond__time *h, const char *id, cJSON **out, ond_err *err);
OND_CHECKED int ond__time_item_put(ond__time *h, const char *id, const cJSON *row,
                                   ond_err *err); /* row NULL: takes it out */
/* All things of a kind (OND__TIME_NONE: of all), in the order of their numbers; an array, caller
 * owns. */
OND_CHECKED int ond__time_item_all(ond__time *h, ond__time_kind k, cJSON **out, ond_err *err);
/* An id that no thing has had; planned again, another one. */
OND_CHECKED int ond__time_id_new(ond__time *h, ond__time_kind k, char id[OND__TIME_ID],
                                 ond_err *err);
/* Whether a thing may be called so: the kind fits, and the number is near those given out. */
OND_CHECKED int ond__time_id_check(ond__time *h, ond__time_kind k, const char *id, ond_err *err);
/* It was given out at some time. */
bool ond__time_id_known(ond__time *h, const char *id);
OND_CHECKED int ond__time_id_taken(ond__time *h, const char *id, ond_err *err); /* writes it down */
/* A row that comes as an argument (undo): every member is looked at. */
OND_CHECKED int ond__time_row_check(ond__time *h, const cJSON *row, ond_err *err);
OND_CHECKED int ond__time_text_check(const char *what, const char *text, ond_err *err);

/* ---- clock.c: when ---- */
bool ond__time_local_parse(const char *text, ond_civil *out); /* "2026-08-01T07:00[:30]" */
void ond__time_local_put(ond_buf *out, const ond_civil *c);
bool ond__time_local_ms(const char *text, ond_ms *out); /* in the owner's zone */
bool ond__time_wind(cJSON *row, double left_ms);        /* starts counting now */
bool ond__time_unwind(cJSON *row, double left_ms);      /* stops counting */
bool ond__time_winds(const cJSON *row);                 /* it counts */
double ond__time_left(const cJSON *row);                /* milliseconds, below zero when over */
/* When it is due by the wall clock: `due` the last occurrence up to now that is not done with (0:
 * none) and `missed` how many came before it; `next` the first one after now (OND_NEVER: none). */
typedef struct ond__time_due {
    ond_ms due, next;
    int missed;
} ond__time_due;
OND_CHECKED int ond__time_due_of(const cJSON *row, ond__time_due *out, ond_err *err);
bool ond__time_rings(const cJSON *row); /* it rings, or would if somebody had looked */

/* ---- rule.c: recurrences, by libical ---- */
OND_CHECKED int ond__time_rule_check(const char *rule, ond_err *err);
/* Occurrences of `rule` that begins at the local time `at`, after the instant `after`: the last one
 * until `now`, how many there are until then, the first one after `now`. */
OND_CHECKED int ond__time_rule_due(const char *rule, const ond_civil *at, ond_ms after, ond_ms now,
                                   ond__time_due *out, ond_err *err);

/* ---- work.c: what a verb changes ---- */
typedef struct ond__time_change {
    char id[OND__TIME_ID];
    cJSON *was, *is; /* NULL: it is not there */
} ond__time_change;
typedef struct ond__time_work {
    cJSON *args; /* exact */
    ond__time_change *change;
    size_t n;
    bool several;       /* shown as members */
    char undo_verb[24]; /* "": by put_back */
    cJSON *undo_args;
} ond__time_work;
OND_CHECKED int ond__time_work_make(ond__time *h, const char *verb, const cJSON *args,
                                    ond__time_work *out, ond_err *err);
void ond__time_work_free(ond__time_work *w);
/* What is left of what has rung: a recurring alarm or reminder waits for its next time; NULL:
 * nothing. */
OND_CHECKED int ond__time_rung_out(const cJSON *row, cJSON **is, ond_err *err);

/* ---- view.c: what a thing shows ---- */
/* {"there":false}, or what the thing is; readings that change by themselves are named current_…
 * Caller owns; NULL: no memory. */
cJSON *ond__time_view(const cJSON *row);
cJSON *ond__time_lists(ond__time *h, const char *verb,
                       ond_err *err); /* timers, alarms, reminders */
bool ond__time_is_list(const char *verb);
cJSON *ond__time_views(ond__time *h, const ond__time_work *w,
                       bool is); /* before (was) or after (is) */
cJSON *ond__time_expected(const ond__time_work *w);

/* ---- says.c ---- */
OND_CHECKED int ond__time_says(const ond__time *h, const char *verb, const ond__time_work *w,
                               cJSON **out, ond_err *err);
void ond__time_span_put(ond_buf *out, double seconds, const char *lang); /* "1 hour 30 minutes" */
/* "the timer “pasta” (10 minutes) is over". */
void ond__time_ring_put(ond_buf *out, const cJSON *row, const cJSON *ring, bool repeat,
                        const char *lang);

/* ---- ring.c ---- */
void ond__time_ring_service(ond__time *h);

/* ---- verbs.c, plan.c ---- */
extern const ond_verb_def ond__time_verbs[];
OND_CHECKED int ond__time_plan(void *self, const char *verb, const cJSON *args, ond_hand_step *out,
                               ond_err *err);
void ond__time_act(void *self, ond_act *acts, size_t n, ond_ms limit_ms);
OND_CHECKED int ond__time_observe(void *self, const char *verb, const cJSON *args, cJSON **out,
                                  ond_err *err);

#endif
