/* grammar.h - a compiled grammar, as this room sees it.
 *
 * Templates become nodes of one shared graph: equal sub-templates are one node (hash-consing),
 * rules are the node of their body, so that what a rule matches at a place is computed once for all
 * templates that use it. The templates themselves form a trie of nodes: those that begin alike are
 * matched together. Invariants: 1 children have smaller numbers than their parents (no cycles: a
 * recursive rule is refused); 2 nothing changes after ond_grammar_of_*, but for the word tables of
 * number ranges and the spare scratch, which are published atomically. */
#ifndef OND_TALK_GRAMMAR_H
#define OND_TALK_GRAMMAR_H

#include "base/arena.h"
#include "talk/chars.h"
#include "talk/talk.h"
#include "talk/text.h"
#include "talk/trie.h"

#include <stdatomic.h>

typedef enum ond__kind {
    OND__EMPTY,
    OND__TEXT,
    OND__SEQ,
    OND__ALT,
    OND__PERM,
    OND__LIST
} ond__kind;
enum { OND__MOST_PERM = 12, OND__MOST_NODES = 1 << 20, OND__MOST_SENTENCES = 1 << 20 };

typedef struct ond__node {
    uint8_t kind;
    bool nullable;    /* may match without a letter of the sentence */
    bool hollow;      /* nullable, and then it takes no white space and fills no slot either */
    bool wild;        /* may begin with a wildcard, or with what only the sentence decides */
    bool memo;        /* worth remembering */
    bool ends_space;  /* TEXT: the chunk as written ends in a space */
    bool end_of_word; /* LIST */
    bool blank;       /* TEXT: spaces only */
    bool one;         /* may take a single character */
    uint16_t n;       /* SEQ, ALT, PERM: children */
    uint32_t a;       /* SEQ...: offset in kid[]; TEXT: in pool; LIST: the list */
    uint32_t b; /* LIST: the slot; TEXT, where spaces do not count: the text with them, in pool */
    uint16_t len, lead; /* TEXT: bytes; of these, leading spaces, or the length of the text at b */
    uint16_t chars;     /* TEXT: characters without the spaces at both ends */
    uint32_t first, second; /* sets of characters: how it may begin, see ond__opening */
} ond__node;

typedef struct ond__value {
    const char *in;
    cJSON *out; /* NULL: what was said */
    cJSON *context, *metadata;
    uint32_t node; /* a template; 0 (the EMPTY node) where the trie has it */
} ond__value;

typedef struct ond__range {
    double from, to, step;
    double multiplier; /* 1: none */
    int fractions;     /* 0, 2 (halves) or 10 (tenths) */
    bool digits, words;
    const char *language; /* of the words */
} ond__range;

typedef enum ond__list_kind { OND__OUTSIDE, OND__VALUES, OND__RANGE, OND__WILDCARD } ond__list_kind;
typedef struct ond__words ond__words;
typedef struct ond__list {
    ond__list_kind kind;
    const char *name, *file;
    bool local;        /* of one block: a lexicon does not replace it */
    bool literal;      /* what was said for a value counts as literal text */
    ond__value *value; /* VALUES: [n] */
    uint32_t n;
    uint32_t *made; /* VALUES: indices of values that are templates, [n_made] */
    uint32_t n_made;
    ond__trie trie; /* VALUES: the plain ones */
    ond__range range;
    _Atomic(const ond__words *) words; /* RANGE: built on first need, kept by number.c */
    ond__opening opening;
    bool nullable;
} ond__list;

typedef struct ond__block { /* sentences that share intent, slots and conditions */
    const char *intent, *file, *response, *combo;
    cJSON *slots, *requires, *excludes, *metadata; /* objects or NULL */
    const char **keyword;                          /* required_keywords, [n_keyword] */
    uint32_t n_keyword;
    bool has_keywords;
    bool shape_filter; /* of the block's settings */
} ond__block;

typedef struct ond__sentence {
    uint32_t block;
    uint32_t node;
    const char *text; /* as written */
} ond__sentence;

typedef struct ond__branch { /* node of the trie of templates */
    uint32_t node;
    uint32_t child, next; /* first child, next sibling; 0: none */
    uint32_t accept; /* index + 1 into accept[] of the first sentence that ends here; 0: none */
} ond__branch;

typedef struct ond__accept {
    uint32_t sentence, next;
} ond__accept;

typedef struct ond__name { /* global lists by name: a lexicon replaces them */
    const char *name;
    uint32_t list;
} ond__name;

struct ond_grammar {
    ond_arena arena;
    char lang[16];
    bool ignore_space, shape_filter;
    bool frozen;      /* made of bytes (frozen.h): tables lie in them, the rest in arena */
    ond__node *node;
    uint32_t n_node;
    uint32_t *kid;
    char *pool;
    ond__classes *first; /* [n_first] sets of characters */
    uint32_t n_kid, n_pool, n_first, n_branch, n_accept;
    ond__list *list;
    uint32_t n_list;
    ond__name *global;
    uint32_t n_global;
    const char **slot; /* names, [n_slot] */
    uint32_t n_slot;
    ond__block *block;
    uint32_t n_block;
    ond__sentence *sentence;
    uint32_t n_sentence;
    ond__branch *branch; /* [0] is the root; its node is not used */
    ond__accept *accept;
    ond__skips skips;
    const char **fault; /* [n_fault] */
    uint32_t n_fault;
    cJSON *keep; /* array: owns every cJSON that blocks and values point to */
    size_t bytes;
    _Atomic(struct ond__chart *) spare; /* scratch of the last match */
};

static inline ond__opening ond__opening_of(const ond_grammar *g, const ond__node *x)
{
    return (ond__opening){.first = g->first[x->first], .second = g->first[x->second], .one = x->one};
}

/* ---- the lexicon ---- */

typedef struct ond__lex_list {
    char *name;
    ond__value *value;
    uint32_t n, cap;
    ond__trie trie, squeezed; /* with and without spaces */
} ond__lex_list;

struct ond_lexicon {
    ond__lex_list *list;
    uint32_t n, cap;
};

#endif
