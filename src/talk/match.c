/* match.c - which parts of the text a node matches; and which templates match all of it.
 *
 * ond__eval answers for one node and one state, and remembers the answer where finding it again
 * would cost more than looking it up. ond__walk goes down the trie of templates with all states at
 * once. */
#include "talk/chars.h"
#include "talk/literal.h"

enum { STATE = OND__START | OND__BROKEN | OND__OPEN | OND__OPEN_WORD };

static void eval_into(ond__chart *c, uint32_t node, uint16_t pos, uint8_t flags, ond__edges *to);

static ond__edge here(uint16_t pos, uint8_t flags)
{
    return (ond__edge){
        .end = pos, .flags = flags & STATE, .slot = flags & OND__OPEN ? OND__SAME : 0};
}

static uint64_t key_of(uint32_t node, uint32_t mask, uint16_t pos, uint8_t flags)
{
    return (uint64_t)node << 32 | (uint64_t)mask << 20 | (uint64_t)(pos & 0x7FFF) << 4 |
           (flags & STATE);
}

/* Goes on from one state through a node. */
static void advance(ond__chart *c, const ond__edge *from, uint32_t node, ond__edges *to)
{
    const ond__node *x = &c->g->node[node];
    if (!ond__takes(c, x, from->end, from->flags)) {
        if (!x->nullable) return;
        if (x->hollow) { /* "[을|를]" where neither stands */
            ond__edge stay = here(from->end, from->flags);
            ond__edge_chain(c, to, from, &stay);
            return;
        }
    }
    if (x->kind == OND__TEXT && !(from->flags & OND__OPEN)) {
        ond__edge e;
        if (ond__text_edge(c, x, from->end, from->flags, &e)) ond__edge_chain(c, to, from, &e);
        return;
    }
    ond__edges next = ond__eval(c, node, from->end, from->flags & STATE);
    for (uint32_t i = 0; i < next.n && !c->failed; i++) ond__edge_chain(c, to, from, &next.v[i]);
}

static void eval_sequence(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags,
                          ond__edges *to)
{
    ond__edge first = here(pos, flags);
    ond__edges now = {.v = &first, .n = 1, .cap = 1};
    const uint32_t *kid = c->g->kid + x->a;
    for (uint32_t i = 0; i < x->n && now.n && !c->failed; i++) {
        ond__edges next = {0}, *into = i + 1 == x->n ? to : &next;
        for (uint32_t k = 0; k < now.n; k++) advance(c, &now.v[k], kid[i], into);
        now = next;
    }
}

/* The items of a permutation that are left, in any order. */
static ond__edges eval_left(ond__chart *c, uint32_t node, uint32_t left, uint16_t pos,
                            uint8_t flags)
{
    const uint32_t *kid = c->g->kid + c->g->node[node].a;
    uint64_t key = key_of(node, left, pos, flags);
    const ond__memo *m = ond__memo_find(c, key);
    ond__edges all = {0};
    if (m) return (ond__edges){.v = m->v, .n = m->n};
    ond__edge start = here(pos, flags);
    for (uint32_t i = 0; i < c->g->node[node].n && !c->failed; i++) {
        if (!(left >> i & 1)) continue;
        ond__edges mid = {0};
        advance(c, &start, kid[i], &mid);
        uint32_t rest = left & ~(1u << i);
        for (uint32_t k = 0; k < mid.n && !c->failed; k++) {
            if (rest == 0) {
                ond__edge_add(c, &all, &mid.v[k]);
                continue;
            }
            ond__edges next = eval_left(c, node, rest, mid.v[k].end, mid.v[k].flags & STATE);
            for (uint32_t j = 0; j < next.n && !c->failed; j++)
                ond__edge_chain(c, &all, &mid.v[k], &next.v[j]);
        }
    }
    if (!c->failed) ond__memo_put(c, key, &all);
    return all;
}

static void add_all(ond__chart *c, ond__edges *to, const ond__edges *from)
{
    for (uint32_t i = 0; i < from->n && !c->failed; i++) ond__edge_add(c, to, &from->v[i]);
}

static void eval_into(ond__chart *c, uint32_t node, uint16_t pos, uint8_t flags, ond__edges *to)
{
    const ond__node *x = &c->g->node[node];
    if (!ond__step(c, 1)) return;
    switch ((ond__kind)x->kind) {
    case OND__EMPTY: {
        ond__edge e = here(pos, flags);
        ond__edge_add(c, to, &e);
        return;
    }
    case OND__TEXT:
        ond__eval_text(c, x, pos, flags, to);
        return;
    case OND__LIST:
        ond__eval_list(c, x, pos, flags, to);
        return;
    case OND__SEQ:
        eval_sequence(c, x, pos, flags, to);
        return;
    case OND__ALT:
        for (uint32_t i = 0; i < x->n && !c->failed; i++) {
            uint32_t kid = c->g->kid[x->a + i];
            const ond__node *k = &c->g->node[kid];
            if (!ond__takes(c, k, pos, flags)) {
                ond__edge stay = here(pos, flags);
                if (k->hollow) ond__edge_add(c, to, &stay);
                if (k->hollow || !k->nullable) continue;
            }
            if (!k->memo && k->kind != OND__PERM) {
                eval_into(c, kid, pos, flags, to);
                continue;
            }
            ond__edges e = ond__eval(c, kid, pos, flags);
            add_all(c, to, &e);
        }
        return;
    case OND__PERM: {
        ond__edges e = eval_left(c, node, (1u << x->n) - 1, pos, flags);
        add_all(c, to, &e);
        return;
    }
    }
}

/* Whether a wildcard that opened at `from` may end at `at`: where a character begins that is no space, at the
 * edge of a word if it must, and not inside a number. */
static bool may_close(const ond__chart *c, const char *f, uint32_t from, uint32_t at, uint8_t flags)
{
    if (f[at] == ' ' || ond__blank(c, from, at)) return false;
    if (flags & OND__OPEN_WORD && !ond__boundary(c, from, at)) return false;
    return !ond__is_digit(f[at]) || ond__stands_alone(f, from, at);
}

/* After an open wildcard, place by place: at few of them anything can begin, and what stands there is
 * remembered for all that ask. */
static void eval_after_wildcard(ond__chart *c, uint32_t node, uint16_t pos, uint8_t flags,
                                ond__edges *to)
{
    const ond__node *x = &c->g->node[node];
    const char *f = flags & OND__BROKEN ? c->text.broken : c->text.fold;
    uint8_t inner = (uint8_t)((flags & OND__BROKEN) | (c->g->ignore_space ? 0 : OND__START));
    uint32_t from = ond__word_start(c, pos, flags);
    for (uint32_t at = ond__next_char(c, from); at < c->text.n; at = ond__next_char(c, at)) {
        if (!ond__takes(c, x, (uint16_t)at, inner) || !may_close(c, f, from, at, flags)) continue;
        ond__edges e = ond__eval(c, node, (uint16_t)at, inner);
        for (uint32_t i = 0; i < e.n && !c->failed; i++) {
            ond__edge closed = e.v[i];
            closed.flags |= OND__CLOSED;
            closed.ws = (uint16_t)from;
            closed.we = (uint16_t)at;
            ond__edge_add(c, to, &closed);
        }
    }
}

ond__edges ond__eval(ond__chart *c, uint32_t node, uint16_t pos, uint8_t flags)
{
    const ond__node *x = &c->g->node[node];
    ond__edges found = {0};
    if (x->kind == OND__PERM) return eval_left(c, node, (1u << x->n) - 1, pos, flags);
    if (!x->memo) {
        eval_into(c, node, pos, flags, &found);
        return found;
    }
    uint64_t key = key_of(node, 0, pos, flags);
    const ond__memo *m = ond__memo_find(c, key);
    if (m) return (ond__edges){.v = m->v, .n = m->n};
    if (flags & OND__OPEN && x->kind == OND__SEQ && !x->nullable && !x->wild)
        eval_after_wildcard(c, node, pos, flags, &found);
    else
        eval_into(c, node, pos, flags, &found);
    if (!c->failed) ond__memo_put(c, key, &found);
    return found;
}

/* ---- whole sentences ---- */

/* Where the text has only white space and punctuation left. */
static uint32_t tail_of(const ond__text *t, const char *f)
{
    uint32_t at = t->n;
    while (at > 0) {
        uint32_t p = at - 1;
        while (p > 0 && ((unsigned char)f[p] & 0xC0) == 0x80) p--;
        size_t k = p;
        uint32_t ch = ond_utf8_next((ond_str){f, t->n}, &k);
        if (!ond__is_space(ch) && !ond__is_punct(ch)) break;
        at = p;
    }
    return at;
}

typedef struct walk {
    ond__chart *c;
    uint32_t tail, tail_broken;
} walk;

/* Ends a reading: an open wildcard takes the rest, else nothing may be left. False: it is none. */
static bool finish(walk *w, const ond__edge *e, ond__reading *out)
{
    ond__chart *c = w->c;
    const ond__text *t = &c->text;
    *out = (ond__reading){.caught = e->caught, .lit = e->lit, .odd = (e->flags & OND__ODD) != 0};
    if (!(e->flags & OND__OPEN)) {
        uint32_t tail = e->flags & OND__BROKEN ? w->tail_broken : w->tail;
        out->odd = out->odd || !ond__blank(c, e->end, t->n);
        return e->end >= tail;
    }
    if (ond__blank(c, e->end, t->n)) return false;
    ond__leaf leaf = {.kind = OND__LEAF_WILDCARD,
                      .slot = e->slot,
                      .start = e->end,
                      .end = (uint16_t)t->n,
                      .number = (e->flags & OND__BROKEN) != 0};
    out->caught = ond__catch_leaf(c, e->caught, &leaf);
    return !c->failed;
}

static bool add_reading(ond__chart *c, const ond__reading *r)
{
    if (c->n_reading == c->cap_reading) {
        uint32_t cap = c->cap_reading ? c->cap_reading * 2 : 32;
        ond__reading *v = ond__scratch_get(&c->scratch, cap * sizeof *v);
        if (!v) {
            c->failed = true;
            return false;
        }
        if (c->n_reading) memcpy(v, c->reading, c->n_reading * sizeof *v);
        c->reading = v;
        c->cap_reading = cap;
    }
    c->reading[c->n_reading++] = *r;
    return true;
}

static void accept(walk *w, uint32_t first, const ond__edges *states)
{
    for (uint32_t i = 0; i < states->n; i++) {
        ond__reading r;
        if (!finish(w, &states->v[i], &r)) continue;
        for (uint32_t a = first; a; a = w->c->g->accept[a - 1].next) {
            r.sentence = w->c->g->accept[a - 1].sentence;
            if (!ond__step(w->c, 1) || !add_reading(w->c, &r)) return;
        }
    }
}

static void descend(walk *w, uint32_t parent, const ond__edges *states)
{
    ond__chart *c = w->c;
    const ond_grammar *g = c->g;
    for (uint32_t b = g->branch[parent].child; b && !c->failed; b = g->branch[b].next) {
        const ond__branch *x = &g->branch[b];
        ond__edges next = {0};
        for (uint32_t i = 0; i < states->n; i++) advance(c, &states->v[i], x->node, &next);
        if (next.n == 0 || c->failed) continue;
        if (x->accept) accept(w, x->accept, &next);
        if (x->child) descend(w, b, &next);
    }
}

void ond__walk(ond__chart *c)
{
    if (c->g->n_sentence == 0) return;
    walk w = {.c = c, .tail = tail_of(&c->text, c->text.fold)};
    w.tail_broken = c->text.last_break ? tail_of(&c->text, c->text.broken) : w.tail;
    ond__edge start = here(0, c->g->ignore_space ? 0 : OND__START);
    ond__edges states = {.v = &start, .n = 1, .cap = 1};
    descend(&w, 0, &states);
}
