/* gate.h - the only door to the world: policy, consent, dry run, journal, undo.
 *
 * A plan enters, a report leaves. For each proposal: check args against the verb's schema; let the hand work it
 * out against the world (absolute args, effect, undo); judge by policy; where the policy says so, ask; write
 * the intent (with its undo) durably; act; write the outcome.
 *
 * Invariants.
 * 1. No hand acts without an intent row on disk that holds exact args and, for reversible effects, the undo.
 * 2. Consent is bound to the digest of {hand, verb, args} of every step asked about: a changed field asks again.
 * 3. An untrusted or model-made value never by itself chooses an act: proposals whose "entity"/control args come from
 *    such a source are asked at least, never allowed silently.
 * 4. A dry run writes nothing and acts on nothing.
 * 5. On opening, intents without outcome are settled by observing the world: "done", "not done" or "unknown"; never repeated. */
#ifndef OND_GATE_GATE_H
#define OND_GATE_GATE_H

#include "base/plan.h"
#include "store/store.h"

typedef struct ond_gate ond_gate;

typedef struct ond_gate_opts {
    ond_store *store;             /* borrowed, outlives the gate */
    const cJSON *config;          /* whole configuration (object: "hands": {"home": {...}}), borrowed */
    const char *policy_path;      /* YAML; missing file: defaults; re-read when it changes (mtime, size, inode) before each plan */
    const char *lang;             /* "ko" or "en" */
    void (*note)(void *self, const char *text);    /* things the owner should know; may be NULL */
    void *self;
    bool stays;                   /* the process lives on and calls ond_gate_service */
    bool no_settle;               /* do not settle on opening (log, verify) */
    bool no_hands;                /* do not open hands at all (log, why, verify, forget) */
} ond_gate_opts;

OND_CHECKED int ond_gate_open(const ond_gate_opts *opts, ond_gate **out, ond_err *err);
void ond_gate_close(ond_gate *g);
/* What was settled on opening: [{"event":id,"intent":{...},"found":"done|not_done|unknown"}]; borrowed. */
const cJSON *ond_gate_settled(const ond_gate *g);

/* Descriptors of the hands, for the owner's loop: fds[n], n <= max; then service when one is readable. */
size_t ond_gate_fds(ond_gate *g, int *fds, size_t max);
void ond_gate_service(ond_gate *g);

/* ---- what there is ---- */
OND_CHECKED int ond_gate_world(ond_gate *g, cJSON **out, ond_err *err);    /* merged over hands, as in docs/house.md */
uint64_t ond_gate_revision(ond_gate *g);
cJSON *ond_gate_hands(ond_gate *g);      /* {"version":1,"hands":[{name,summary,health,verbs:[{name,effect,summary,schema,policy}]}]} */
/* What a verb of effect read finds, without acting and without a row: for working out what a sentence means. The policy holds for
 * it as for any read: OND_E_DENIED. Other verbs: OND_E_INPUT. Caller owns *out (object). */
OND_CHECKED int ond_gate_look(ond_gate *g, const char *hand, const char *verb, const cJSON *args, cJSON **out, ond_err *err);
/* Effect that {hand, verb, args} would have, without a world look where possible. OND_E_NOT_FOUND names the nearest. */
OND_CHECKED int ond_gate_effect(ond_gate *g, const char *hand, const char *verb, const cJSON *args, ond_effect *out, ond_err *err);

/* ---- acting ---- */
typedef enum ond_consent { OND_CONSENT_NO, OND_CONSENT_YES, OND_CONSENT_LATER } ond_consent;
typedef struct ond_run_opts {
    const cJSON *wish;            /* {"text","lang","intent",...}: kept in the journal as the task's first row; may be NULL */
    const char *lang;             /* language of questions; default the owner's */
    bool dry_run;
    bool yes;                     /* the owner has consented to whatever would be asked (--yes) */
    bool can_wait;                /* an ask becomes a pending question instead of a refusal */
    ond_ms expiry_ms;             /* of a pending question; default 10 minutes */
    /* Asked at a terminal; `ask` as in the report. NULL: cannot ask now. */
    ond_consent (*consent)(void *self, const cJSON *ask);
    void *self;
    ond_ms limit_ms;              /* for acting; default 5000 */
} ond_run_opts;

/* Runs a plan. The report (version 1; docs/json.md), owned by the caller, also on most errors:
 *  {"version":1,"status":"done|already|planned|asked|refused|denied|partial|failed","task":id,"dry_run":bool,
 *   "steps":[{"hand","verb","args","effect","provenance","why","says":{"ko","en"},
 *             "decision":"allow|ask|deny","policy":"rule that decided","event":intent id,
 *             "done":"ok|already|unverified|failed|unknown|not_run","before":{},"after":{},"error":"…","undo":{hand,verb,args}}],
 *   "ask":{"id":pending id or null,"question":"…","choices":["yes","no"],"digest":"…","expires":iso},
 *   "stands":["what was done before a failure and stands"], "undo_offered": task id or null}
 * Return: 0 done, already or planned; OND_E_ASK asked or refused; OND_E_DENIED; OND_E_PARTIAL; OND_E_UNVERIFIED; others.
 * All steps are judged before the first one acts: one denied or unanswered step stops the whole plan, with nothing done.
 * A step that fails stops the rest; what was done is reported in "stands" and its undo is offered as undo_offered. */
OND_CHECKED int ond_gate_run(ond_gate *g, const ond_plan *plan, const ond_run_opts *opts, cJSON **report, ond_err *err);

/* Undo of a task (0: the last one that can be undone). It is a plan like any other, in reverse order, with source "journal"; its own
 * effects are judged. Where the world has moved on since (observed != recorded after), it asks, showing both states (status "asked", "conflict":[{...}]).
 * A task that was undone is not undone twice. */
OND_CHECKED int ond_gate_undo(ond_gate *g, int64_t task, const ond_run_opts *opts, cJSON **report, ond_err *err);

/* ---- pending questions (kept in the store) ---- */
cJSON *ond_gate_pending(ond_gate *g);            /* {"version":1,"pending":[{id,question,choices,asked,expires,steps,wish}]} */
/* answer: "yes" or "no". Runs the plan on yes, if digests still hold. Unknown or expired ids: OND_E_NOT_FOUND. */
OND_CHECKED int ond_gate_answer(ond_gate *g, const char *id, const char *answer, const ond_run_opts *opts, cJSON **report, ond_err *err);
/* Keeps a question of another kind (which lamp?) that the agent answers itself; same life. `kind` != "consent". */
OND_CHECKED int ond_gate_ask(ond_gate *g, const char *kind, const cJSON *body, ond_ms expiry_ms, char id[16], ond_err *err);
/* Takes it out again. OND_E_NOT_FOUND; caller owns *body. kind is copied ("consent" is left in place and only told). */
OND_CHECKED int ond_gate_question(ond_gate *g, const char *id, char kind[16], cJSON **body, ond_err *err);

/* ---- the journal, for people ---- */
typedef struct ond_log_opts { int64_t task; size_t limit; ond_ms since; const char *kind; const char *lang; } ond_log_opts;
cJSON *ond_gate_log(ond_gate *g, const ond_log_opts *opts);     /* {"version":1,"events":[{id,task,kind,at,ref,body,hash}]} */
/* Keeps a sentence that led to no plan (not understood, or a question was asked back): a "wish" row of its own, so that it can be
 * shown, and taken up later. `wish` as in ond_run_opts. */
OND_CHECKED int ond_gate_keep(ond_gate *g, const cJSON *wish, ond_err *err);
/* Why an event happened: {"version":1,"wish","steps","policy","answers","outcome","undo","text":"…"} */
OND_CHECKED int ond_gate_why(ond_gate *g, int64_t event, const char *lang, cJSON **out, ond_err *err);

/* ---- policy ---- */
/* Reads and checks a policy text; OND_E_CONFIG with "policy.yaml: rules[3].effect: 'reversable' …, did you mean 'reversible'?". */
OND_CHECKED int ond_policy_check(ond_str yaml, const char *name, cJSON **summary, ond_err *err);
const char *ond_policy_default(void);            /* the defaults as YAML, with comments */

#endif
