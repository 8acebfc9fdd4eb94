/* chart.c - the tables of one match: leaves, catches, edges, memory of nodes. */
#include "talk/chart.h"

#include <stdlib.h>

enum { MOST_SCRATCH = 48 << 20, MEMO = 1024, TABLE = 256, MOST_STEPS = 20000000 };

static void die(ond__chart *c)
{
    c->failed = true;
}

void ond__chart_free(ond__chart *c)
{
    if (!c) return;
    ond__scratch_free(&c->scratch);
    free(c->memo);
    free(c->outside);
    free(c);
}

static ond__chart *chart_new(const ond_grammar *g)
{
    ond__chart *c = calloc(1, sizeof *c);
    if (!c) return NULL;
    c->scratch.limit = MOST_SCRATCH;
    c->n_memo = MEMO;
    c->n_outside = g->n_list;
    c->memo = calloc(c->n_memo, sizeof *c->memo);
    c->outside = calloc(g->n_list + 1, sizeof *c->outside);
    if (c->memo && c->outside) return c;
    ond__chart_free(c);
    return NULL;
}

/* Says for each list of the grammar what the lexicon has for it. */
static void link_lexicon(ond__chart *c)
{
    const ond_grammar *g = c->g;
    c->no_firsts = false;
    for (uint32_t k = 0; c->lex && k < c->lex->n; k++)
        for (uint32_t i = 0; i < g->n_global; i++) {
            if (strcmp(g->global[i].name, c->lex->list[k].name) != 0) continue;
            c->outside[g->global[i].list] = &c->lex->list[k];
            if (g->list[g->global[i].list].kind != OND__OUTSIDE) c->no_firsts = true;
        }
}

int ond__chart_take(const ond_grammar *g, const ond_lexicon *lex, ond__chart **out, ond_err *err)
{
    ond__chart *c = atomic_exchange(&((ond_grammar *)g)->spare, NULL);
    if (!c) c = chart_new(g);
    *out = c;
    if (!c) return ond_nomem(err, "matching a sentence");
    c->g = g;
    c->lex = lex;
    c->steps = MOST_STEPS;
    c->failed = c->out_of_steps = false;
    c->n_reading = c->cap_reading = c->used_memo = 0;
    if (++c->stamp == 0) { /* once in four billion sentences */
        memset(c->memo, 0, c->n_memo * sizeof *c->memo);
        c->stamp = 1;
    }
    link_lexicon(c);
    return 0;
}

void ond__chart_give(const ond_grammar *g, ond__chart *c)
{
    for (uint32_t i = 0; i < g->n_global; i++) c->outside[g->global[i].list] = NULL;
    ond__scratch_reset(&c->scratch);
    if (c->n_memo > 64 * MEMO) {
        ond__chart_free(c);
        return;
    }
    ond__chart_free(atomic_exchange(&((ond_grammar *)g)->spare, c));
}

int ond__chart_begin(ond__chart *c, ond_err *err)
{
    c->n_table = c->n_caught_table = TABLE;
    c->cap_leaf = c->cap_caught = TABLE / 2;
    c->n_leaf = c->n_caught = 1;
    c->leaf = ond__scratch_get(&c->scratch, c->cap_leaf * sizeof *c->leaf);
    c->caught = ond__scratch_get(&c->scratch, c->cap_caught * sizeof *c->caught);
    c->leaf_at = ond__scratch_get(&c->scratch, TABLE * sizeof *c->leaf_at);
    c->caught_at = ond__scratch_get(&c->scratch, TABLE * sizeof *c->caught_at);
    if (!c->leaf || !c->caught || !c->leaf_at || !c->caught_at) return ond__chart_failure(c, err);
    c->caught[0] = (ond__catch){0};
    memset(c->leaf_at, 0, TABLE * sizeof *c->leaf_at);
    memset(c->caught_at, 0, TABLE * sizeof *c->caught_at);
    return 0;
}

int ond__chart_failure(const ond__chart *c, ond_err *err)
{
    if (!c->out_of_steps && c->scratch.nomem) return ond_nomem(err, "matching a sentence");
    return ond_fail(err, OND_E_BUDGET,
                    "the sentence can be read in too many ways; say it more briefly");
}

/* ---- growing in scratch ---- */

static void *wider(ond__chart *c, const void *v, size_t n, size_t cap, size_t size)
{
    void *p = ond__scratch_get(&c->scratch, cap * size);
    if (!p)
        die(c);
    else if (n)
        memcpy(p, v, n * size);
    return p;
}

static uint64_t mix(uint64_t h)
{
    return (h ^ h >> 29) * 0x9E3779B97F4A7C15u;
}

static uint64_t hash_leaf(const ond__leaf *l)
{
    uint64_t bits;
    memcpy(&bits, &l->number, sizeof bits);
    uint64_t place =
        (uint64_t)l->kind << 48 | (uint64_t)l->slot << 32 | (uint32_t)l->start << 16 | l->end;
    return mix(mix(place) ^ (uintptr_t)l->value ^ bits);
}

static bool same_leaf(const ond__leaf *a, const ond__leaf *b)
{
    return a->kind == b->kind && a->slot == b->slot && a->start == b->start && a->end == b->end &&
           a->value == b->value && memcmp(&a->number, &b->number, sizeof a->number) == 0;
}

static bool grow_leaves(ond__chart *c)
{
    if (c->n_leaf < c->cap_leaf) return true;
    uint32_t n = c->n_table * 2;
    uint32_t *at = wider(c, NULL, 0, n, sizeof *at);
    ond__leaf *leaf = wider(c, c->leaf, c->n_leaf, n / 2, sizeof *leaf);
    if (!at || !leaf) return false;
    memset(at, 0, n * sizeof *at);
    for (uint32_t id = 1; id < c->n_leaf; id++) {
        uint64_t i = hash_leaf(&leaf[id]) >> 20;
        while (at[i & (n - 1)]) i++;
        at[i & (n - 1)] = id + 1;
    }
    c->leaf = leaf;
    c->leaf_at = at;
    c->cap_leaf = n / 2;
    c->n_table = n;
    return true;
}

uint32_t ond__leaf_of(ond__chart *c, const ond__leaf *leaf)
{
    if (!grow_leaves(c)) return 0;
    uint64_t i = hash_leaf(leaf) >> 20;
    for (;; i++) {
        uint32_t at = c->leaf_at[i & (c->n_table - 1)];
        if (!at) break;
        if (same_leaf(&c->leaf[at - 1], leaf)) return at - 1;
    }
    c->leaf_at[i & (c->n_table - 1)] = c->n_leaf + 1;
    c->leaf[c->n_leaf] = *leaf;
    return c->n_leaf++;
}

static uint64_t hash_catch(uint32_t before, uint32_t leaf)
{
    return mix((uint64_t)before << 32 | leaf) >> 20;
}

static bool grow_catches(ond__chart *c)
{
    if (c->n_caught < c->cap_caught) return true;
    uint32_t n = c->n_caught_table * 2;
    uint32_t *at = wider(c, NULL, 0, n, sizeof *at);
    ond__catch *v = wider(c, c->caught, c->n_caught, n / 2, sizeof *v);
    if (!at || !v) return false;
    memset(at, 0, n * sizeof *at);
    for (uint32_t id = 1; id < c->n_caught; id++) {
        uint64_t i = hash_catch(v[id].before, v[id].leaf);
        while (at[i & (n - 1)]) i++;
        at[i & (n - 1)] = id + 1;
    }
    c->caught = v;
    c->caught_at = at;
    c->cap_caught = n / 2;
    c->n_caught_table = n;
    return true;
}

/* The sequence `before` and then the leaf. `plain`: the leaf with its extent forgotten. */
static uint32_t catch_of(ond__chart *c, uint32_t before, uint32_t leaf, uint32_t plain)
{
    if (!grow_catches(c)) return 0;
    uint64_t i = hash_catch(before, leaf);
    for (;; i++) {
        uint32_t at = c->caught_at[i & (c->n_caught_table - 1)];
        if (!at) break;
        if (c->caught[at - 1].before == before && c->caught[at - 1].leaf == leaf) return at - 1;
    }
    uint32_t id = c->n_caught++;
    c->caught_at[i & (c->n_caught_table - 1)] = id + 1;
    const ond__catch *b = &c->caught[before];
    bool wild = c->leaf[leaf].kind == OND__LEAF_WILDCARD;
    c->caught[id] = (ond__catch){.before = before,
                                 .leaf = leaf,
                                 .shape = id,
                                 .n = (uint16_t)(b->n + 1),
                                 .wildcards = (uint16_t)(b->wildcards + wild)};
    if (b->shape == before && plain == leaf) return id;
    uint32_t shape = catch_of(c, b->shape, plain, plain);
    c->caught[id].shape = shape;
    return id;
}

uint32_t ond__catch_leaf(ond__chart *c, uint32_t before, const ond__leaf *leaf)
{
    uint32_t id = ond__leaf_of(c, leaf), plain = id;
    if (leaf->kind == OND__LEAF_WILDCARD) {
        ond__leaf bare = *leaf;
        bare.start = bare.end = 0;
        bare.number = 0;
        plain = ond__leaf_of(c, &bare);
    }
    return c->failed ? 0 : catch_of(c, before, id, plain);
}

uint32_t ond__catch_join(ond__chart *c, uint32_t before, uint32_t after)
{
    if (before == 0) return after;
    if (after == 0) return before;
    before = ond__catch_join(c, before, c->caught[after].before);
    ond__leaf leaf = c->leaf[c->caught[after].leaf];
    return ond__catch_leaf(c, before, &leaf);
}

/* ---- edges ---- */

static bool room_for_edge(ond__chart *c, ond__edges *to)
{
    if (to->n < to->cap) return true;
    uint32_t cap = to->cap ? to->cap * 2 : 4;
    ond__edge *v = wider(c, to->v, to->n, cap, sizeof *v);
    if (!v) return false;
    to->v = v;
    to->cap = cap;
    return true;
}

static bool same_state(const ond__chart *c, const ond__edge *a, const ond__edge *b)
{
    return a->end == b->end && a->flags == b->flags && a->slot == b->slot &&
           (a->caught == b->caught || c->caught[a->caught].shape == c->caught[b->caught].shape);
}

void ond__edge_add(ond__chart *c, ond__edges *to, const ond__edge *e)
{
    if (!ond__step(c, 1 + to->n / 4)) return;
    for (uint32_t i = 0; i < to->n; i++) {
        if (!same_state(c, &to->v[i], e)) continue;
        if (e->lit <= to->v[i].lit) return;
        memmove(&to->v[i], &to->v[i + 1],
                (to->n - i - 1) * sizeof *to->v); /* the better one, in its own place */
        to->v[to->n - 1] = *e;
        return;
    }
    if (room_for_edge(c, to)) to->v[to->n++] = *e;
}

void ond__edge_chain(ond__chart *c, ond__edges *to, const ond__edge *from, const ond__edge *next)
{
    ond__edge e = *next;
    e.lit = (uint16_t)(from->lit + next->lit);
    e.flags = (uint8_t)((next->flags & ~OND__CLOSED) | (from->flags & (OND__ODD | OND__CLOSED)));
    e.ws = from->ws;
    e.we = from->we;
    e.caught = from->caught;
    if (from->flags & OND__OPEN) {
        if (!(next->flags & OND__CLOSED)) {
            e.slot = from->slot;
        } else if (from->slot == OND__SAME) {
            e.flags |= OND__CLOSED;
            e.ws = next->ws;
            e.we = next->we;
        } else {
            ond__leaf leaf = {.kind = OND__LEAF_WILDCARD,
                              .slot = from->slot,
                              .start = next->ws,
                              .end = next->we,
                              .number = (from->flags & OND__BROKEN) != 0};
            e.caught = ond__catch_leaf(c, e.caught, &leaf);
        }
    }
    if (next->caught) e.caught = ond__catch_join(c, e.caught, next->caught);
    if (!c->failed) ond__edge_add(c, to, &e);
}

/* ---- memory of nodes ---- */

static bool grow_memo(ond__chart *c)
{
    if (c->used_memo * 2 < c->n_memo) return true;
    uint32_t n = c->n_memo * 2;
    ond__memo *v = calloc(n, sizeof *v);
    if (!v) {
        c->scratch.nomem = true;
        die(c);
        return false;
    }
    for (uint32_t k = 0; k < c->n_memo; k++) {
        if (c->memo[k].stamp != c->stamp) continue;
        uint64_t i = mix(c->memo[k].key) >> 30;
        while (v[i & (n - 1)].stamp == c->stamp) i++;
        v[i & (n - 1)] = c->memo[k];
    }
    free(c->memo);
    c->memo = v;
    c->n_memo = n;
    return true;
}

ond__memo *ond__memo_find(ond__chart *c, uint64_t key)
{
    for (uint64_t i = mix(key) >> 30;; i++) {
        ond__memo *m = &c->memo[i & (c->n_memo - 1)];
        if (m->stamp != c->stamp) return NULL;
        if (m->key == key) return m;
    }
}

void ond__memo_put(ond__chart *c, uint64_t key, const ond__edges *edges)
{
    if (!grow_memo(c)) return;
    uint64_t i = mix(key) >> 30;
    while (c->memo[i & (c->n_memo - 1)].stamp == c->stamp) i++;
    c->memo[i & (c->n_memo - 1)] =
        (ond__memo){.key = key, .stamp = c->stamp, .n = edges->n, .v = edges->v};
    c->used_memo++;
}
