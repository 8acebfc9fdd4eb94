/* room.h - what the files of gate share among themselves; private to this room.
 *
 * The flow: step.c works each proposal out against the world, judge.c decides, consent.c gets the
 * owner's word, run.c writes intents, lets the hands act and writes outcomes, report.c tells. Undo
 * and answers enter the same flow with steps of their own. */
#ifndef OND_GATE_ROOM_H
#define OND_GATE_ROOM_H

#include "base/arena.h"
#include "base/msg.h"
#include "gate/gate.h"
#include "hand/hand.h"

/* ---- names that are near (near.c) ---- */

/* Appends "; did you mean 'a' or 'b'?" for the names nearest to `word`, or nothing when none is
 * near. */
void ond__near_put(ond_buf *out, const char *word, const char *const *names, size_t n);
/* Matches `text` against a pattern in which * is any run of bytes, ? one character, and \ takes the
 * next as it is. */
bool ond__glob(const char *pattern, const char *text);

/* ---- policy (policy.c, policy_match.c, policy_file.c) ---- */

typedef enum ond__decision {
    OND__ALLOW,
    OND__ASK,
    OND__DENY
} ond__decision; /* in order of weight */
const char *ond__decision_name(ond__decision d);

typedef struct ond__value { /* one pattern for one value */
    enum { OND__TEXT, OND__RANGE, OND__BOOL } kind;
    const char *glob;         /* TEXT */
    double low, high;         /* RANGE; infinities where open-ended */
    bool low_open, high_open; /* the end itself does not belong to it */
    bool truth;               /* BOOL */
} ond__value;

typedef struct ond__arg { /* a condition on one argument: any of the values */
    const char *name;
    ond__value *value;
    size_t n;
} ond__arg;

typedef struct ond__window {
    int from, to;
} ond__window; /* minutes of the day; to <= from crosses midnight */

typedef struct ond__rule { /* zero means: no condition */
    ond__decision decision;
    const char **hand, **verb;
    size_t n_hand, n_verb;
    unsigned effects, sources; /* sets of bits 1 << ond_effect, 1 << ond_source */
    ond__arg *arg;
    size_t n_arg;
    ond__window *window;
    size_t n_window;
    unsigned days;    /* bit 0 is Sunday; the day on which the window begins */
    const char *zone; /* NULL: the policy's */
    const char *why;
    bool is_limit; /* a row of limits: args say what is allowed, all else is denied */
} ond__rule;

typedef struct ond__policy {
    ond_arena mem;
    const char *zone; /* NULL: the process's zone */
    ond__rule *rule, *limit;
    size_t n_rule, n_limit;
    ond__decision normal[4];                /* by effect */
    double steps, seconds, acts_per_minute; /* 0: no bound */
} ond__policy;

/* What a rule looks at. `args` and `provenance` are objects. */
typedef struct ond__case {
    const char *hand, *verb;
    ond_effect effect;
    const cJSON *args, *provenance;
    ond_ms now;
} ond__case;

OND_CHECKED int ond__policy_parse(ond_str yaml, const char *name, ond__policy **out, ond_err *err);
OND_CHECKED int ond__policy_plain(ond__policy **out, ond_err *err); /* the defaults */
void ond__policy_free(ond__policy *p);
/* First rule that matches, else the default. `why` gets the rule's name in one line. */
ond__decision ond__policy_decide(const ond__policy *p, const ond__case *c, char *why, size_t size);
/* Whether the args keep the policy's limits; else `why` says which one they do not. */
bool ond__policy_within(const ond__policy *p, const ond__case *c, char *why, size_t size);
/* For listings: "allow", "ask", "deny", or "depends" where a rule looks at more than hand, verb and
 * effect. */
const char *ond__policy_usual(const ond__policy *p, const char *hand, const char *verb,
                              ond_effect effect);
/* Reads the policy file again where it differs from what is in force. Never fails: a broken file
 * leaves g->policy_err set, and judge.c then refuses all but reads. */
void ond__policy_refresh(ond_gate *g);

/* ---- schemas (schema.c) ---- */

/* Whether `schema` uses only what hand.h names; OND_E_FAILED names what it does not know. */
OND_CHECKED int ond__schema_known(const cJSON *schema, const char *where, ond_err *err);
/* OND_E_INPUT says the argument, what is allowed, and what is near. */
OND_CHECKED int ond__schema_check(const cJSON *schema, const cJSON *args, const char *where,
                                  ond_err *err);
/* An argument that chooses what happens (thing, recipient, place, amount), not one that is only
 * carried along. */
bool ond__schema_control(const cJSON *schema, const char *arg);

/* ---- the gate itself (gate.c) ---- */

typedef struct ond__verb {
    const ond_verb_def *def;
    cJSON *schema;
} ond__verb;

typedef struct ond__hand {
    const ond_hand_def *def;
    void *self;
    bool open;
    ond_err err; /* why it is not open */
    ond__verb *verb;
    size_t n_verb;
} ond__hand;

typedef struct ond__budget { /* acts that may still begin now; fills up again with time */
    double left;
    ond_ms at;
    uint64_t steady;
    bool known;
} ond__budget;

struct ond_gate {
    ond_store *store;
    const cJSON *config;
    char *policy_path;
    char lang[8];
    void (*note)(void *self, const char *text);
    void *self;
    ond__hand *hand;
    size_t n_hand;
    ond__policy *policy; /* never NULL once open */
    ond_buf policy_text; /* bytes that `policy` or `policy_err` came from */
    bool policy_file;    /* there is a file */
    ond_err policy_err;  /* code 0: the policy is whole */
    ond__budget budget;
    cJSON *settled;
};

OND_CHECKED int ond__hand_find(ond_gate *g, const char *hand, const char *verb, ond__hand **h,
                               const ond__verb **v, ond_err *err);
/* Adds the nearest entities to "no such thing" errors of a hand that did not say them. */
void ond__entity_near(const ond__hand *h, const cJSON *args, ond_err *err);
/* Tells the owner a sentence of msg.def, where there is someone to tell. */
void ond__note(ond_gate *g, ond_msg id, const char *arg);

/* ---- a run ---- */

typedef struct ond__step {
    char *name_hand, *name_verb; /* as proposed */
    ond__hand *hand;             /* NULL: there is none of that name */
    const ond__verb *verb;
    cJSON *asked; /* args as proposed */
    char *why;
    cJSON *provenance;   /* of the exact args */
    ond_hand_step world; /* what acting would mean */
    bool planned;        /* `world` is filled; else the step is not acted on, and err says why */
    bool tainted;
    ond__decision decision;
    char policy[160];
    char digest[OND_HASH_HEX]; /* what consent is bound to */
    int64_t undoes;            /* the intent that this step undoes, or 0 */
    cJSON *conflict;           /* {"recorded","now"}: the world moved on since, or NULL */
    int64_t event;             /* the intent row */
    bool ran;
    ond_done done;
    cJSON *after;
    ond_err err;
} ond__step;

typedef struct ond__run {
    ond_gate *g;
    const ond_run_opts *opts;
    const char *lang;
    ond__step *step;
    size_t n, cap;
    const cJSON *wish; /* borrowed; may be NULL */
    int64_t task;      /* 0 until its first row is written */
    int64_t undo_of;   /* the task that is undone, or 0 */
    int64_t ask_event;
    const cJSON *consented;  /* digests that the owner said yes to: an answer; or NULL */
    const char *pending_id;  /* question that is being answered: goes with the intents */
    const char *answer, *by; /* "yes" by "terminal", "option", "answer"; NULL: not asked */
    bool answer_void;        /* the yes was for something that has changed since */
    bool begun;              /* the rows before the first intent are written */
    const char *status;
    cJSON *ask; /* as in the report, or NULL */
    cJSON *stands;
    bool offer_undo;
} ond__run;

void ond__run_init(ond__run *r, ond_gate *g, const ond_run_opts *opts);
void ond__run_free(ond__run *r);
/* Judges, asks, acts; the report is made in every case. `rc` is what planning gave. */
OND_CHECKED int ond__run_finish(ond__run *r, int rc, cJSON **report, ond_err *err);

/* step.c. Takes nothing; args are checked, planned and become exact. On failure the step stands in
 * the run with its error. */
OND_CHECKED int ond__step_add(ond__run *r, const char *hand, const char *verb, const cJSON *args,
                              const cJSON *provenance, const char *why, ond_err *err);
/* Works the step out again with its exact args. OND_E_STALE when that gives something else. */
OND_CHECKED int ond__step_again(ond__step *s, ond_err *err);
/* After conflict has changed, too. */
void ond__step_digest(ond__step *s);
bool ond__step_same_thing(const ond__step *a, const ond__step *b);
const char *ond__step_says(const ond__step *s, const char *lang);
void ond__step_free(ond__step *s);
/* Its device is away: the step stays in the run, undone and with its error, while what begins with
 * it goes on. */
void ond__step_unreachable(ond__step *s);
/* What planning gives when `away` of the steps could not be reached: 0, or the error when none is
 * left. */
OND_CHECKED int ond__run_reach(const ond__run *r, ond_err *err);

void ond__judge(ond__run *r); /* judge.c */
OND_CHECKED int ond__ask_make(ond__run *r,
                              ond_err *err); /* consent.c: r->ask, for what is to be asked */
OND_CHECKED int ond__consent(ond__run *r,
                             ond_err *err);          /* consent.c: 0 go on, else status is set */
OND_CHECKED int ond__act(ond__run *r, ond_err *err); /* act.c */
cJSON *ond__report(const ond__run *r, const ond_err *err); /* report.c */
void ond__question_put(ond_buf *out, const ond__run *r);   /* question.c */

/* ---- pending questions (pending.c) ---- */
/* Writes the run's question and its rows in one transaction; the id goes into r->ask. */
OND_CHECKED int ond__pending_keep(ond__run *r, ond_err *err);
OND_CHECKED int ond__pending_get(ond_gate *g, const char *id, cJSON **out, ond_err *err);

/* ---- undo (undo.c) ---- */
/* Adds steps that bring back what the task changed and is not undone yet. OND_E_NOT_FOUND: there is
 * nothing. */
OND_CHECKED int ond__undo_steps(ond__run *r, int64_t task, ond_err *err);
cJSON *ond__conflicts_json(const ond__run *r); /* [{"event","args","recorded","now"}] */

/* ---- what a task did (task.c) ---- */
typedef struct ond__deed { /* an intent, and how it ended */
    int64_t event;
    cJSON *intent; /* its body, or NULL when forgotten */
    bool ended;
    ond_done done;
    cJSON *after;
    char error[160];
    bool undone; /* by a later task */
    int64_t undone_by;
} ond__deed;
typedef struct ond__task {
    int64_t id, undoes; /* undoes: the task that this one undoes, or 0 */
    cJSON *wish;        /* body of the first row, or NULL when forgotten */
    ond_ms at;
    ond__deed *deed;
    size_t n, cap;
    cJSON *asks;   /* [{"question","answer","by"}] */
    cJSON *denied; /* steps that the policy denied, or NULL */
    bool nomem;
} ond__task;
/* OND_E_NOT_FOUND: no such task. `undone` fields are filled where `with_undone`. */
OND_CHECKED int ond__task_read(ond_gate *g, int64_t id, bool with_undone, ond__task *out,
                               ond_err *err);
void ond__task_free(ond__task *t);
/* Whether the deed may have changed the world, and can be brought back. */
bool ond__deed_undoable(const ond__deed *d);
OND_CHECKED int ond__task_last_undoable(ond_gate *g, int64_t *task, ond_err *err);

/* ---- rows (journal.c); inside a transaction of the caller ---- */
/* The wish, and the question with its answer where there was one. */
OND_CHECKED int ond__rows_begin(ond__run *r, ond_err *err);
OND_CHECKED int ond__row_intent(ond__run *r, ond__step *s, ond_err *err);
OND_CHECKED int ond__row_outcome(ond__run *r, const ond__step *s, ond_err *err);
/* Rows for a plan that did not come to act: refused, denied. Best effort: the refusal stands
 * without them. */
void ond__rows_refused(ond__run *r, bool denied);
OND_CHECKED int ond__row_ask(ond__run *r, ond_err *err);
cJSON *ond__undo_json(const ond__step *s); /* {hand, verb, args} */

/* ---- budget.c ---- */
OND_CHECKED int ond__budget_steps(const ond_gate *g, size_t n, ond_err *err);
OND_CHECKED int ond__budget_acts(ond_gate *g, size_t n, ond_err *err); /* looks, takes nothing */
OND_CHECKED int ond__budget_take(ond_gate *g, size_t n,
                                 ond_err *err); /* inside the intents' transaction */
ond_ms ond__budget_limit(const ond__run *r, uint64_t began_us); /* time left for acting; 0: spent */

OND_CHECKED int ond__settle(ond_gate *g, ond_err *err); /* settle.c */

/* ---- small helpers (values.c) ---- */
bool ond__set_dup(cJSON *object, const char *key,
                  const cJSON *value); /* a copy; NULL value: left out */
cJSON *ond__changed(const cJSON *before,
                    const cJSON *after); /* attributes of `after` that differ */
/* `from` on the attributes of `keys`; one that it lacks is left out, or, with `keep`, is as in
 * keys. */
cJSON *ond__pick(const cJSON *keys, const cJSON *from, bool keep);
bool ond__measured(const char *attribute);                   /* the world moves it by itself */
void ond__attributes_put(ond_buf *out, const cJSON *object); /* "on, brightness 40" */

#endif
