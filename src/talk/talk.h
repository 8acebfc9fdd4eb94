/* talk.h - a sentence becomes an intent with slots, by grammar, without a model.
 *
 * Reads Home Assistant's intents format as it is (sentence templates in YAML) and compiles it, per language,
 * into an immutable grammar; matching is a chart over positions, never backtracking over expansions, so its
 * time is bounded by sentence length times grammar size. Names of devices, rooms and floors come as a lexicon, so
 * that the grammar is compiled once and the house may change.
 *
 * Matching means what hassil 3.0.1 means (github.com/home-assistant/hassil): the same sentences match with the
 * same slots; where two readings match, the same one wins: most of the name slot's text, then fewest
 * wildcards, then most literal text, then the first in file order. */
#ifndef OND_TALK_TALK_H
#define OND_TALK_TALK_H

#include "base/json.h"

/* ---- grammars ---- */

typedef struct ond_grammar ond_grammar;        /* immutable once built; may be shared between threads */

typedef struct ond_talk_text {                  /* one YAML file in memory */
    const char *name;                           /* for messages */
    ond_str text;
} ond_talk_text;

/* Compiles files in memory (both generations of the format; `language:` of the files must agree). */
OND_CHECKED int ond_grammar_of_texts(const char *lang, const ond_talk_text *texts, size_t n, ond_grammar **out,
                                     ond_err *err);
/* Compiles DIR/sentences/LANG: _common.yaml and the flat files (intents:). */
OND_CHECKED int ond_grammar_of_dir(const char *dir, const char *lang, ond_grammar **out, ond_err *err);
void ond_grammar_free(ond_grammar *g);
const char *ond_grammar_lang(const ond_grammar *g);
size_t ond_grammar_bytes(const ond_grammar *g);              /* memory held */
size_t ond_grammar_templates(const ond_grammar *g);
size_t ond_grammar_intent_templates(const ond_grammar *g, const char *intent);  /* of one intent */
/* What is wrong in the files but takes away only the sentences it stands in (a rule that is not there), one
 * sentence each, naming the file. A pack of our own has none. */
size_t ond_grammar_faults(const ond_grammar *g);
const char *ond_grammar_fault(const ond_grammar *g, size_t i);
/* Names of the lists that sentences use and no file defines: the lexicon has to supply them ({name}, {area}...),
 * or nothing matches there. i counts from 0; NULL: no more. */
const char *ond_grammar_outside(const ond_grammar *g, size_t i);

/* The words (runs of letters, folded) that templates and lists of values are written in, once each, in order; they live as long
 * as the grammar, the array is the caller's (free). */
OND_CHECKED int ond_grammar_words(const ond_grammar *g, ond_str **out, size_t *n, ond_err *err);

/* Packs that are embedded in the binary: "ko", "en". Built on first use and kept; do not free.
 * OND_E_NOT_FOUND for a language without a pack. */
OND_CHECKED int ond_pack(const char *lang, const ond_grammar **out, ond_err *err);
void ond_pack_free_all(void);                                /* for leak checks at exit */

/* ---- lexicons: list values that the caller supplies ({name}, {area}, {floor}, ...) ---- */

typedef struct ond_lexicon ond_lexicon;

typedef struct ond_lexicon_entry {
    const char *list;        /* list name, as in {name} */
    const char *in;          /* what people say; plain text, or a template where `is_template` */
    bool is_template;
    const cJSON *out;        /* slot value; NULL: the text itself */
    const cJSON *context;    /* object merged into the match's context, filters by requires_context; or NULL */
    const cJSON *metadata;   /* handed back in the match; or NULL */
} ond_lexicon_entry;

ond_lexicon *ond_lexicon_new(void);                          /* NULL when out of memory */
/* Copies everything. OND_E_INPUT for a broken template or invalid UTF-8. */
OND_CHECKED int ond_lexicon_add(ond_lexicon *lex, const ond_lexicon_entry *entry, ond_err *err);
void ond_lexicon_free(ond_lexicon *lex);

/* ---- matching ---- */

typedef struct ond_slot {
    char *name;
    cJSON *value;            /* string, number, boolean or array */
    char *text;              /* as it stood in the sentence; "" for fixed and context slots. Where a language ignores white space,
                                without it, as in the reference */
    char *said;              /* the same with its white space, trimmed: for what people will read */
    cJSON *metadata;         /* of the matched list value, or NULL */
    bool wildcard;
    bool fixed;              /* from the rule's `slots:` or from context, not from the sentence */
    bool twice;              /* two places of the sentence fill it, and say different things */
} ond_slot;

typedef struct ond_match {
    char *intent;            /* "HassTurnOn" */
    ond_slot *slot;
    size_t n_slot;
    cJSON *context;          /* object: given context and what list values added */
    cJSON *metadata;         /* of the rule, or NULL */
    char *response;          /* response key, "default" */
    char *rule;              /* the template that matched, as written */
    char *file;              /* the file that holds it */
    int wildcards;           /* score, as in hassil */
    int literal;             /* characters of literal text matched */
    size_t turn;             /* the context that it fits: 0 `context`, 1 the first of `then` */
} ond_match;

typedef struct ond_talk_opts {                  /* zero means default */
    const cJSON *context;    /* object: e.g. {"area": "거실"} of the speaker; requires_context reads it */
    const cJSON *const *then; /* contexts that are looked at, in this order, where nothing fits the one before; [n_then] */
    size_t n_then;
    const char *best_slot;   /* default "name": results with this slot win, longest text first */
    uint64_t steps;          /* give up after so many (OND_E_BUDGET); default 20 million, some tens of ms */
} ond_talk_opts;

/* The best reading of `text`. OND_E_UNKNOWN when no rule matches, OND_E_INPUT for invalid UTF-8 or a sentence
 * over 4096 bytes (after trimming). On success *out is filled; free it with ond_match_free. */
OND_CHECKED int ond_talk_match(const ond_grammar *g, const ond_lexicon *lex, ond_str text,
                               const ond_talk_opts *opts, ond_match *out, ond_err *err);
/* All best readings that tie on everything but file order and differ in intent or slots: for asking back.
 * *n is at least 1 on success. Caller frees each and the array (free). */
OND_CHECKED int ond_talk_match_all(const ond_grammar *g, const ond_lexicon *lex, ond_str text,
                                   const ond_talk_opts *opts, ond_match **out, size_t *n, ond_err *err);
void ond_match_free(ond_match *m);
const ond_slot *ond_match_slot(const ond_match *m, const char *name);      /* NULL: none */

/* ---- Home Assistant's own tests ---- */

typedef struct ond_talk_miss {
    char *lang, *file, *sentence, *why;
} ond_talk_miss;
typedef struct ond_talk_score {
    char lang[16];
    size_t passed, failed, listed;     /* listed: in tests/LANG/_test_failures.yaml, not counted in the others */
    ond_talk_miss *miss;               /* [failed] */
} ond_talk_score;

/* Runs DIR/tests/LANG against DIR/sentences/LANG; intent, slots and (where the test names one) context are compared, responses are
 * not. DIR holds sentences/, tests/, intents.yaml and, where they exist, rules/ and lists/. */
OND_CHECKED int ond_talk_test(const char *dir, const char *lang, ond_talk_score *out, ond_err *err);
void ond_talk_score_free(ond_talk_score *s);
/* Languages that have both sentences/ and tests/ (at least one file that does not begin with '_'), sorted; malloc'd array of malloc'd names. */
OND_CHECKED int ond_talk_languages(const char *dir, char ***out, size_t *n, ond_err *err);

#endif
