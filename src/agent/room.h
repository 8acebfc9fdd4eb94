/* room.h - what the files of agent share among themselves; private to this room.
 *
 * The flow of one sentence: tidy.c makes it plain, lexicon.c has the house's names ready, wish.c
 * lets talk match it, targets.c finds the things meant, steps.c or query.c makes proposals,
 * choice.c asks where two things are equally good, answer.c runs the plan through gate, say*.c puts
 * the outcome into words. */
#ifndef OND_AGENT_ROOM_H
#define OND_AGENT_ROOM_H

#include "agent/agent.h"
#include "base/msg.h"
#include "base/time.h"

#include <stdio.h>

/* ---- the house as it was last read (registry.c) ---- */

typedef struct ond__spot {            /* a floor or an area */
    const char *id;
    const cJSON *names, *place;       /* place: how to say "in it", by language; or NULL */
    int floor;                        /* of an area: index, or -1 */
} ond__spot;

typedef struct ond__device {
    const char *id, *domain, *cls;    /* cls "" where there is none */
    int area, floor;                  /* indices, or -1 */
    const cJSON *row;                 /* as in the world */
} ond__device;

typedef struct ond__registry {
    cJSON *world;                     /* owns all of the above */
    uint64_t revision;
    ond__spot *floor, *area;
    size_t n_floor, n_area;
    ond__device *device;
    size_t n_device;
} ond__registry;

/* Takes `world`. On failure *r is as it was. */
OND_CHECKED int ond__registry_fill(ond__registry *r, cJSON *world, uint64_t revision, ond_err *err);
void ond__registry_free(ond__registry *r);
int ond__registry_device(const ond__registry *r, const char *id);                /* -1: none */
/* An area by its id or one of its names, whatever the language; -1: none. */
int ond__registry_area(const ond__registry *r, const char *said);
int ond__registry_floor(const ond__registry *r, const char *said);
/* Names of a row in `lang`, with those under "*"; where there are none, of any language. Up to
 * `max`. */
size_t ond__names_of(const cJSON *names, const char *lang, const char **out, size_t max);
/* "거실 천장등", "living room ceiling light": the first name, with its area where that helps and
 * the name does not say it. */
void ond__label_put(ond_buf *out, const ond__registry *r, int device, const char *lang);
/* Lower case, NFC, no spaces: for comparing names. */
void ond__squeeze(ond_buf *out, const char *name);
bool ond__same_name(const char *a, const char *b);

/* ---- one language (lexicon.c, grammar.c) ---- */

typedef struct ond__words_known {      /* near.c: words of the sentences and of the house's names */
    char *own;                        /* holds the names */
    ond_str *word;                    /* [n], the first `names` from the house */
    uint32_t *letters;                /* [n] which letters each has, a bit for each of 32 classes */
    size_t n, names;
    uint64_t revision;
} ond__words_known;

typedef struct ond__tongue {
    char lang[16];
    const ond_grammar *grammar;       /* borrowed from talk, or `own` */
    ond_grammar *own;                 /* with the sentences of pack_dir */
    ond_lexicon *lexicon;
    uint64_t revision, taught;        /* of the registry and of mind, that the lexicon was made of */
    ond__words_known known;           /* made when a sentence is first not understood */
} ond__tongue;

OND_CHECKED int ond__grammar_make(const char *lang, const char *pack_dir, ond__tongue *out,
                                  ond_err *err);

/* ---- the agent (agent.c) ---- */

enum { OND__MOST_PAST = 8 };
typedef struct ond__past {            /* a sentence that was said before (past.c) */
    char *text, *area;                /* area may be NULL */
    char lang[16];
    ond_ms at;
    int64_t task;                     /* what it did; 0: nothing */
    bool asked;                       /* it was answered by a question */
    bool unknown;                     /* it was not understood */
    char want[16];                    /* the slot that the question was about; "" none */
} ond__past;

struct ond_agent {
    ond_gate *gate;
    ond_mind *mind;                   /* or NULL */
    char lang[16];
    char *pack_dir;                   /* or NULL */
    ond__registry registry;
    bool known;                       /* registry is filled */
    ond__tongue *tongue;
    size_t n_tongue;
    ond__past past[OND__MOST_PAST];   /* newest first */
    size_t n_past;
    bool past_known;                  /* what the journal has is in it */
};

/* lexicon.c: the house's names, and what the owner has taught. */
OND_CHECKED int ond__lexicon_make(ond_agent *a, const char *lang, ond_lexicon **out, ond_err *err);

/* past.c: `back` sentences ago, where that is not too long ago; NULL: there is none. */
const ond__past *ond__past_at(ond_agent *a, size_t back);
void ond__past_push(ond_agent *a, const ond__past *p);      /* copies */
void ond__past_clear(ond_agent *a);

/* Names as they are now; reads the world only when gate's revision has changed. */
OND_CHECKED int ond__agent_names(ond_agent *a, ond_err *err);
/* Also the states. */
OND_CHECKED int ond__agent_states(ond_agent *a, ond_err *err);
OND_CHECKED int ond__agent_tongue(ond_agent *a, const char *lang, const ond__tongue **out,
                                  ond_err *err);

/* ---- a wish: one sentence on its way (wish.c) ---- */

/* ACT changes devices, READ tells of their states, DO and ASK are errands for other hands (acting,
 * telling), AGAIN leans on what was said before, TALK needs no hand. */
typedef enum ond__kind { OND__ACT, OND__READ, OND__DO, OND__ASK, OND__AGAIN, OND__TALK } ond__kind;
typedef struct ond__wish ond__wish;

typedef struct ond__draft {           /* one step, not yet a proposal */
    const char *hand, *verb;
    cJSON *args, *provenance;
} ond__draft;

typedef struct ond__intent {          /* a row of intents.def */
    const char *name;
    ond__kind kind;
    const char
        *domains; /* what it may act on where the sentence names no device; space-separated */
    /* ACT: fills the verb and arguments for one device; false: it has no such thing. */
    bool (*step)(ond__wish *w, const ond__device *d, ond__draft *out);
    /* DO, ASK: makes the plan. */
    int (*errand)(ond__wish *w, ond_err *err);
} ond__intent;

struct ond__wish {
    ond_agent *a;
    const ond__tongue *tongue;
    const char *lang;
    const char *text;                 /* the sentence, as it was said */
    int area;                         /* where the speaker is: index, or -1 */
    const cJSON *only;                /* ids chosen by an answer, or NULL */
    const ond_match *match;           /* the reading at hand */
    const ond__intent *intent;        /* NULL: no row for it */
    bool states;                      /* states were read for this wish */
    int *target;                      /* devices */
    size_t n_target;
    size_t skipped;                   /* of them cannot do it, beside others that can */
    ond_plan plan;
    cJSON *choices;                   /* [{"text","entities":[…]}] where it is ambiguous */
    bool missing;                     /* something was left out: the question has no choices */
    const char *want;                 /* the slot that is missing, where words may fill it; or NULL */
    ond_match own;                    /* a reading that was changed: `match` points here; or empty */
    double confidence;
    int code;                         /* 0, or why it cannot be done */
    ond_buf say;                      /* that in words, or the question */
};

/* Reads the sentence and makes the plan. Returns errors of our own only (memory, grammar); what the
 * sentence itself lacks is in w->code and w->say. `matches` is the caller's to free with
 * ond__matches_free. */
typedef struct ond__matches { ond_match *v; size_t n; } ond__matches;
OND_CHECKED int ond__wish_read(ond__wish *w, ond_agent *a, const char *text, const char *lang,
                               const char *area, const cJSON *only, ond__matches *matches,
                               ond_err *err);
/* The same by the rules only that count where nothing else does: "make it 22" with nothing to lean on. */
OND_CHECKED int ond__wish_read_loosely(ond__wish *w, ond_agent *a, const char *text,
                                       const char *lang, const char *area, const cJSON *only,
                                       ond__matches *matches, ond_err *err);
void ond__wish_free(ond__wish *w, ond__matches *matches);
/* Another reading for the same sentence: its devices and its plan. */
OND_CHECKED int ond__wish_follow(ond__wish *w, const ond_match *m, ond_err *err);
bool ond__same_plan(const ond_plan *p, const ond_plan *q);
/* The wish with the reading w->own, in place of what it was read as. */
OND_CHECKED int ond__wish_follow_own(ond__wish *w, ond_err *err);
/* Sets w->code and puts the sentence; returns 0 or out of memory. */
void ond__wish_fail(ond__wish *w, int code, ond_msg id, const char *const *args, int n);
#define OND__WISH_FAIL(w, code, id, ...) \
    ond__wish_fail((w), (code), (id), (const char *const[]){__VA_ARGS__}, \
                   (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))

/* Slots of the reading: text, number; `otherwise` where it is missing. */
const char *ond__slot_str(const ond__wish *w, const char *name, const char *otherwise);
bool ond__slot_num(const ond__wish *w, const char *name, double *out);
bool ond__slot_has(const ond__wish *w, const char *name,
                   const char *word); /* value is it, or an array with it */
const char *ond__slot_source(const ond__wish *w, const char *name); /* "owner" or "rule" */
void ond__said_put(
    ond_buf *out, const ond_slot *slot); /* as it stood in the sentence; nothing where it did not */
cJSON *ond__slots_json(const ond_match *m);

/* The words were too loose to be sure of: the sentence is not understood after all. */
void ond__wish_not_understood(ond__wish *w);

const ond__intent *ond__intent_find(const char *name);
bool ond__word_of(const char *words, const char *word);      /* of space-separated ones */

/* ---- readings that are changed (reading.c); false: out of memory ---- */

bool ond__reading_copy(ond_match *out, const ond_match *m);
void ond__reading_drop(ond_match *m, const char *slot);
bool ond__reading_put(ond_match *m, const ond_slot *from, const char *name);
bool ond__reading_text(ond_match *m, const char *name, const char *text, bool fixed);
bool ond__reading_number(ond_match *m, const char *name, int n);
bool ond__reading_intent(ond_match *m, const char *intent);
/* What `from` says (which thing, where, when, how much) goes in for what was said. */
bool ond__reading_take(ond_match *m, const ond_match *from);
/* Whether the reading has a place for all that `from` says: a lamp has none for an hour. */
bool ond__reading_fits(const ond_match *m, const ond_match *from);
/* A thing by its name becomes things of its kind; false: there is no name. */
bool ond__reading_widen(ond_match *m);

/* ---- a whole sentence: one wish, or several (request.c) ---- */

typedef struct ond__ask {
    const char *text, *lang, *area;
} ond__ask;

enum { OND__MOST_PARTS = 8 };
typedef struct ond__part {            /* one wish of the sentence */
    char *text;
    ond__wish w;
    ond__matches matches;
    bool why;                         /* no wish, but says why one is said (why.c) */
} ond__part;

typedef struct ond__teaching {        /* what is learned once the plan is done (teach.c) */
    const char *kind;                 /* of a lesson: "alias", "preference" */
    char said[200], area[64];
    cJSON *ids;                       /* NULL: nothing */
} ond__teaching;

typedef struct ond__request {
    ond_agent *a;
    ond__ask ask;
    const cJSON *only;                /* {"0":[ids]}: chosen by answers, by part; or NULL */
    size_t back;                      /* how many sentences ago it was said */
    ond__part part[OND__MOST_PARTS];
    size_t n;                         /* at least 1 once read */
    int64_t takes_back;               /* a correction: the task that is undone first, or 0 */
    bool leans;                       /* on a sentence before */
    bool put_right;                   /* a word was put right already */
    bool without, no_tail;            /* a statement, a tail was left out already (why.c) */
    ond__teaching teaching;
} ond__request;

/* Reads the sentence. What it lacks is in the wish of a part (ond__request_trouble); errors are our
 * own only. Free it also on failure. */
OND_CHECKED int ond__request_read(ond__request *r, ond_err *err);
void ond__request_free(ond__request *r);
/* The first part that cannot be done; NULL: all can. */
ond__part *ond__request_trouble(ond__request *r);
/* What `from` read takes the place of what r did; what was said and taught stays. */
void ond__request_move(ond__request *r, ond__request *from);
/* teach.c */
bool ond__teaching_of(ond__teaching *t, const char *kind, const char *said, const char *area,
                      const cJSON *ids);                    /* false: out of memory */
void ond__teaching_free(ond__teaching *t);
/* Learns it, and says so. */
void ond__teach(ond_agent *a, const ond__teaching *t, const char *lang, int64_t task, ond_buf *say);
OND_CHECKED int ond__call_it(ond__request *r, ond_err *err);
/* The sentence `before`, which was not understood, meant these devices by some of its words. */
OND_CHECKED int ond__meant(ond__request *r, const char *before, const char *name, const cJSON *ids,
                           bool *done, ond_err *err);
typedef void ond__alias_fn(void *self, const char *said, int device);
void ond__aliases(ond_agent *a, const char *lang, ond__alias_fn *fn, void *self);
/* Devices that are meant by the name where the speaker is, as was taught; NULL: nothing was. */
const cJSON *ond__preferred(const ond__wish *w);
/* near.c: the sentence was not understood; with a word put right it may be. */
OND_CHECKED int ond__put_right(ond__request *r, ond_err *err);
void ond__words_forget(ond__tongue *t);
/* order.c: the sentence was not understood; with its verb last it may be. */
OND_CHECKED int ond__reorder(ond__request *r, bool *done, ond_err *err);
/* dialect.c: a sentence that was not understood, in standard words; *done: now it is. */
OND_CHECKED int ond__dialect(ond__request *r, bool *done, ond_err *err);
/* again.c: part 0 leans on what was said before; the parts become what it comes to. */
OND_CHECKED int ond__carry_from_before(ond__request *r, ond_err *err);
OND_CHECKED int ond__again(ond__request *r, ond_err *err);
/* Part 0, which is about "it", is read as said of the devices of the sentence before; *ok: it has those. */
OND_CHECKED int ond__it_from_before(ond__request *r, bool *ok, ond_err *err);
/* The devices of a wish, by id; NULL: out of memory. */
cJSON *ond__ids_of(const ond__wish *w);
/* A fragment ("the kitchen too") takes the place of what the reading of another part says. */
OND_CHECKED int ond__lean(ond__part *fragment, const ond__part *base, ond_err *err);
/* slip.c: what was said before "no wait," is not meant; what comes after it is, or nothing. */
OND_CHECKED int ond__slip(ond__request *r, ond_err *err);
/* again.c: the words are what the question before asked for. *done: they were. */
OND_CHECKED int ond__fill_in(ond__request *r, bool *done, ond_err *err);

/* Whether two letters may be the same, apart from their case: most words of a table end at the first one. */
static inline bool ond__same_letter(char a, char b)
{
    return a == b || ((a ^ b) == 0x20 && ((a | 0x20) >= 'a' && (a | 0x20) <= 'z'));
}

/* tidy.c: the sentence without what people put around it (quotes, ~, ^^, ㅋㅋ). */
void ond__tidy(ond_buf *out, const char *text);
/* polite.c: an English one without "could you be a dear and", "thanks, mate"; words written out. */
void ond__polite(ond_buf *b);

/* tag.c: "I left it on, didn't I" as "did I left it on". leads.c: bytes of "whoa, hang on, " before a wish or a question. */
void ond__tag_question(ond_buf *b);
size_t ond__lead(const char *text);

/* interject.c: an English one without what is thrown in: "who on earth", "too bright, mate, dim it". */
void ond__interjections(ond_buf *b);
/* "front door locked" of somebody who asks: "is front door locked". */
void ond__asking(ond_buf *b);

/* place.c: where the sentence says that it is; -1: not said, or no such place. */
typedef struct ond__place {
    int area, other, floor;
    bool said;
} ond__place; /* other: a second area */
ond__place ond__place_of(const ond__wish *w);
ond__place ond__place_but(const ond__wish *w);          /* what is excepted: "거실 빼고" */
bool ond__lies_in(const ond__device *d, ond__place p);

/* targets.c: fills w->target, or w->choices, or w->code. */
OND_CHECKED int ond__targets(ond__wish *w, ond_err *err);
/* query.c: the devices that a question is about, and a read for each. */
OND_CHECKED int ond__query_targets(ond__wish *w, ond_err *err);
bool ond__target_add(ond__wish *w, int device);

/* state.c: 1 yes, 0 no, -1 it has no such state. */
int ond__state_is(const ond__device *d, const cJSON *state, const char *wanted);

/* draft.c: setters say where the value came from; false: out of memory. */
ond__draft ond__draft_new(const char *hand, const char *verb);
void ond__draft_drop(ond__draft *d);
bool ond__draft_num(ond__draft *d, const char *key, double value, const char *source);
bool ond__draft_str(ond__draft *d, const char *key, const char *value, const char *source);
bool ond__draft_bool(ond__draft *d, const char *key, bool value, const char *source);
/* Adds it to the plan; takes what d holds. *can is false where the hand has no such verb or value:
 * the plan is then as it was. */
OND_CHECKED int ond__draft_propose(ond__wish *w, ond__draft *d, bool *can, ond_err *err);

/* steps.c */
/* Whether the device has the verb and the value that the wish is about. */
OND_CHECKED int ond__device_can(ond__wish *w, int device, bool *can, ond_err *err);
OND_CHECKED int ond__steps(ond__wish *w, ond_err *err);

/* ---- words (say.c, say_state.c) ---- */

/* "A", "A와 B", "A, B, C 외 2개". */
void ond__list_put(ond_buf *out, const char *const *v, size_t n, const char *lang);
void ond__report_put(ond_buf *out, const ond__registry *r, const cJSON *report, const char *lang);
/* The answer to a question, from the states in the report of its reads. */
OND_CHECKED int ond__query_put(ond_buf *out, const ond__wish *w, const cJSON *report, ond_err *err);
/* topics.c: packs/LANG/_topics.yaml; help, by topic where one was named. Caller owns *out. */
OND_CHECKED int ond__topics(const char *lang, cJSON **out, ond_err *err);
void ond__help_put(ond_buf *out, const ond__wish *w);
/* What needs no device: help, time, date. */
void ond__talk_put(ond_buf *out, ond__wish *w);
/* history.c: who did it, and when, from the journal. */
void ond__history_put(ond_buf *out, ond__wish *w);

/* ---- questions (choice.c) ---- */

/* {"id"?,"text","choices":[…]} ; kept in the store where it can wait. `only` are choices made for
 * other parts already (may be NULL), `part` the one that is asked about. */
OND_CHECKED int ond__choice_keep(ond_agent *a, const ond__wish *w, const ond__ask *ask,
                                 const cJSON *only, size_t part, const ond_run_opts *run,
                                 cJSON **question, ond_err *err);
/* The choice that `text` names: index, -1 none of them, -2 a no. */
int ond__choice_pick(const cJSON *choices, const char *text, const char *lang);
/* 1 yes, 0 no, -1 neither. */
int ond__yes_or_no(const char *text);

/* answer.c: runs what an answer chose. */
OND_CHECKED int ond__do_only(ond_agent *a, const ond__ask *ask, const cJSON *only,
                             const ond_run_opts *run, cJSON **answer, ond_err *err);

#endif
