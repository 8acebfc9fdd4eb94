/* chart.h - what is known while one sentence is matched: where each part of the grammar matches,
 * and what it caught.
 *
 * A state is a place in the text and a few flags; an edge says that a node leads from one state to
 * another and what it caught on the way. Catches are interned sequences of leaves: two readings
 * that caught the same have the same number. Of two edges between the same states with the same
 * catch only the one with more literal text is kept, and of two that differ only in how much a
 * wildcard took, only the first: no later step can tell them apart but by what that one has already
 * lost. So a node has at most (places x flags x catches) edges, however many ways lead there, and
 * each is found once. Steps are counted, and memory is bounded. */
#ifndef OND_TALK_CHART_H
#define OND_TALK_CHART_H

#include "talk/grammar.h"
#include "talk/number.h"

enum {
    OND__START = 1,     /* at the start of a word: white space in text and template is skipped */
    OND__BROKEN = 2,    /* from here on '-' and '_' count as spaces */
    OND__OPEN = 4,      /* a wildcard is open and has taken nothing yet */
    OND__OPEN_WORD = 8, /* ... and it ends where a word begins */
    OND__ODD = 16,      /* literal text was matched in a way that the shape filter may reject */
    OND__CLOSED = 32,   /* of an edge that began with an open wildcard: it took [ws, we) */
};

typedef struct ond__edge {
    uint16_t end; /* offset in the folded text */
    uint8_t flags;
    uint16_t lit; /* characters of literal text */
    uint16_t slot; /* OPEN: what the wildcard fills; OND__SAME: it was open before the edge */
    uint16_t ws, we; /* CLOSED */
    uint32_t caught; /* sequence of leaves; 0: none */
} ond__edge;
enum { OND__SAME = UINT16_MAX };

typedef struct ond__edges {
    ond__edge *v;
    uint32_t n, cap;
} ond__edges;

typedef enum ond__leaf_kind {
    OND__LEAF_VALUE,
    OND__LEAF_NUMBER,
    OND__LEAF_WILDCARD
} ond__leaf_kind;
typedef struct ond__leaf {
    uint16_t kind, slot;
    uint16_t start, end;     /* in the folded text */
    const ond__value *value; /* VALUE */
    double number;           /* NUMBER; WILDCARD: 1 where '-' and '_' are spaces in what it took */
} ond__leaf;

typedef struct ond__catch { /* a sequence: what came before, then one leaf */
    uint32_t before;        /* 0: nothing */
    uint32_t leaf;
    uint32_t shape; /* the sequence with every wildcard's extent forgotten */
    uint16_t wildcards, n;
} ond__catch;

typedef struct ond__reading { /* a sentence template that matches all of the text */
    uint32_t sentence, caught;
    uint16_t lit;
    bool odd;
} ond__reading;

typedef struct ond__memo {
    uint64_t key;
    uint32_t stamp, n;
    ond__edge *v;
} ond__memo;

typedef struct ond__chart {
    const ond_grammar *g;
    const ond_lexicon *lex;
    ond__text text;
    ond__scratch scratch;
    ond__memo *memo; /* [n_memo], a power of two; entries of other stamps are free */
    uint32_t n_memo, used_memo, stamp;
    const ond__lex_list **outside; /* [n_outside] by list: what the lexicon has for it */
    uint32_t n_outside;
    bool no_firsts; /* the lexicon replaces lists that the grammar has: first characters say nothing
                     */
    ond__leaf *leaf; /* [0] is unused */
    uint32_t n_leaf, cap_leaf;
    ond__catch *caught; /* [0] is the empty sequence */
    uint32_t n_caught, cap_caught;
    uint32_t *leaf_at, *caught_at; /* hash tables of numbers + 1, [n_table] each */
    uint32_t n_table, n_caught_table;
    ond__reading *reading;
    uint32_t n_reading, cap_reading;
    uint64_t steps; /* left to do */
    bool failed;    /* no memory, or no steps left */
    bool out_of_steps;
} ond__chart;

/* Takes the grammar's spare chart, or a new one; gives it back. */
OND_CHECKED int ond__chart_take(const ond_grammar *g, const ond_lexicon *lex, ond__chart **out,
                                ond_err *err);
void ond__chart_give(const ond_grammar *g, ond__chart *c);
void ond__chart_free(ond__chart *c);
/* After the text is made: sizes the tables. */
OND_CHECKED int ond__chart_begin(ond__chart *c, ond_err *err);
OND_CHECKED int ond__chart_failure(const ond__chart *c, ond_err *err); /* why it failed */

/* Interning. 0 on failure for a leaf; a catch that fails sets c->failed. */
uint32_t ond__leaf_of(ond__chart *c, const ond__leaf *leaf);
uint32_t ond__catch_leaf(ond__chart *c, uint32_t before, const ond__leaf *leaf);
uint32_t ond__catch_join(ond__chart *c, uint32_t before, uint32_t after);

/* Adds an edge unless one as good is there. */
void ond__edge_add(ond__chart *c, ond__edges *to, const ond__edge *e);
/* The edges from a state on through what `next` says: `from` led there, and had started in a state
 * that was open or not. */
void ond__edge_chain(ond__chart *c, ond__edges *to, const ond__edge *from, const ond__edge *next);

/* What is remembered under a key; NULL: nothing yet. The entry's v may be NULL with n == 0. */
ond__memo *ond__memo_find(ond__chart *c, uint64_t key);
void ond__memo_put(ond__chart *c, uint64_t key, const ond__edges *edges);

/* match.c: the edges of a node from a state (flags: START, BROKEN, OPEN, OPEN_WORD only). They stay
 * where they are until the match ends. */
ond__edges ond__eval(ond__chart *c, uint32_t node, uint16_t pos, uint8_t flags);
/* Whether a node might take something of the sentence: here, or after an open wildcard anywhere from
 * here on. */
static inline bool ond__takes(const ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags)
{
    const ond__classes *f = &c->g->first[x->first];
    if (c->no_firsts) return true;
    if (!(flags & OND__OPEN))
        return ond__classes_has(f, c->text.cls[pos]) &&
               (x->one || ond__classes_has(&c->g->first[x->second], c->text.next[pos]));
    return ond__classes_meet(f, &c->text.later[pos]);
}
/* Whether it might match at all. */
static inline bool ond__may(const ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags)
{
    return x->nullable || ond__takes(c, x, pos, flags);
}
/* All sentences that match the whole text, into c->reading. */
void ond__walk(ond__chart *c);

/* list_match.c */
void ond__eval_list(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags, ond__edges *to);
/* literal.c: text chunks. */
void ond__eval_text(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags, ond__edges *to);

static inline bool ond__step(ond__chart *c, uint32_t n)
{
    if (c->steps > n && !c->failed) {
        c->steps -= n;
        return true;
    }
    if (!c->failed) c->out_of_steps = true;
    c->failed = true;
    return false;
}

#endif
