/* expr.h - a sentence template as a tree: "[turn] (on|off) <the> {name}".
 *
 * The notation is Home Assistant's (hassil 3.0.1): (a|b) alternatives, [a] optional, (a;b) both in
 * any order, {list} or {list:slot}, <rule>, \x for the character x; <prefix:rule> is ours. Text is
 * cut into chunks, one a word with the white space after it, because matching looks at the start of
 * words. Nodes live in the caller's arena. */
#ifndef OND_TALK_EXPR_H
#define OND_TALK_EXPR_H

#include "base/arena.h"

typedef enum ond__expr_kind {
    OND__EXPR_TEXT,
    OND__EXPR_SEQ,
    OND__EXPR_ALT,
    OND__EXPR_PERM,
    OND__EXPR_LIST,
    OND__EXPR_RULE,
} ond__expr_kind;

typedef struct ond__expr ond__expr;
struct ond__expr {
    ond__expr_kind kind;
    ond_str text;     /* TEXT: NFC, single spaces; LIST: name of the list; RULE: of the rule, with its prefix */
    ond_str slot;     /* LIST: the slot it fills */
    bool end_of_word; /* LIST: white space follows in the template; a wildcard then ends at a word's
                         start */
    ond__expr **item; /* SEQ, ALT, PERM: [n] */
    size_t n, cap;
};

/* Parses one template. OND_E_INPUT says what is wrong with it, and quotes it. */
OND_CHECKED int ond__expr_parse(ond_arena *a, ond_str template, ond__expr **out, ond_err *err);
/* Whether `s` holds any template syntax: one of (){}<>[]| . */
bool ond__expr_is_template(ond_str s);
/* Text chunks in the tree (rules not followed), and whether it names a list that `is` accepts. */
size_t ond__expr_chunks(const ond__expr *e);
bool ond__expr_any_list(const ond__expr *e, bool (*is)(void *self, ond_str list), void *self);

/* All texts that a template without rules and lists stands for, in order, single spaces, trimmed;
 * duplicates kept. The empty text is left out. OND_E_INPUT where there are rules, lists, or more
 * than `most` texts. */
typedef int ond__sample_fn(void *self, ond_str text, ond_err *err);
OND_CHECKED int ond__expr_sample(const ond__expr *e, size_t most, ond__sample_fn *fn, void *self,
                                 ond_err *err);

#endif
