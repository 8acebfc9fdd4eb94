/* node.c - the nodes of a grammar, made once each: equal nodes are one. */
#include "talk/build.h"
#include "talk/chars.h"
#include "base/hash.h"

#include <stdlib.h>

bool ond__room(void *vector, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap) return true;
    uint32_t more = *cap ? *cap * 2 : 64;
    while (more <= n) more *= 2;
    void *p;
    memcpy(&p, vector, sizeof p); /* a pointer to any type of element */
    p = realloc(p, more * size);
    if (!p) return false;
    memcpy(vector, &p, sizeof p);
    *cap = more;
    return true;
}

static uint32_t no_memory(ond__builder *b)
{
    ond_nomem(b->err, "building a grammar");
    return OND__NO_NODE;
}

static uint32_t first_id(ond__builder *b, const ond__classes *f)
{
    ond_grammar *g = b->g;
    uint64_t h = ond_fnv(f, sizeof *f);
    uint32_t *head = &b->first_head[(h ^ h >> 32) % 1024];
    for (uint32_t i = *head; i; i = b->first_next[i - 1])
        if (memcmp(&g->first[i - 1], f, sizeof *f) == 0) return i - 1;
    if (!ond__room(&g->first, b->g->n_first, &b->cap_first, sizeof *f) ||
        !ond__room(&b->first_next, b->g->n_first, &b->cap_first_next, sizeof *head))
        return OND__NO_NODE;
    g->first[b->g->n_first] = *f;
    b->first_next[b->g->n_first] = *head;
    *head = ++b->g->n_first;
    return b->g->n_first - 1;
}

/* Where the whole text of a chunk lies in the pool, and how long it is: with its spaces, also where
 * they do not count. */
static uint32_t whole_at(const ond_grammar *g, const ond__node *x)
{
    return g->ignore_space ? x->b : x->a;
}
static uint32_t whole_len(const ond_grammar *g, const ond__node *x)
{
    return g->ignore_space ? x->lead : x->len;
}

static bool same_node(const ond_grammar *g, const ond__node *x, const uint32_t *kx, const char *tx,
                      const ond__node *y)
{
    if (x->kind != y->kind || x->n != y->n || x->len != y->len) return false;
    if (x->kind == OND__TEXT)
        return whole_len(g, x) == whole_len(g, y) &&
               memcmp(tx, g->pool + whole_at(g, y), whole_len(g, x)) == 0;
    if (x->kind == OND__LIST)
        return x->a == y->a && x->b == y->b && x->end_of_word == y->end_of_word;
    return x->n == 0 || memcmp(kx, g->kid + y->a, x->n * sizeof *kx) == 0;
}

static uint64_t hash_node(const ond_grammar *g, const ond__node *x, const uint32_t *kid,
                          const char *text)
{
    uint64_t h = x->kind * 0x9E3779B97F4A7C15u;
    if (x->kind == OND__TEXT) return h ^ ond_fnv(text, whole_len(g, x));
    if (x->kind == OND__LIST)
        return h ^ ((uint64_t)x->a << 32 ^ x->b * 2654435761u ^ x->end_of_word);
    return h ^ ond_fnv(kid, x->n * sizeof *kid);
}

static bool grow_same(ond__builder *b)
{
    if (b->g->n_node * 2 < b->cap_same) return true;
    uint32_t cap = b->cap_same ? b->cap_same * 2 : 1024;
    uint32_t *same = calloc(cap, sizeof *same);
    if (!same) return false;
    for (uint32_t id = 0; id < b->g->n_node; id++) {
        const ond__node *x = &b->g->node[id];
        uint64_t i = hash_node(b->g, x, b->g->kid + x->a, b->g->pool + whole_at(b->g, x));
        for (i ^= i >> 32; same[i & (cap - 1)]; i++) {
        }
        same[i & (cap - 1)] = id + 1;
    }
    free(b->same);
    b->same = same;
    b->cap_same = cap;
    return true;
}

/* Puts a chunk's text into the pool; where white space does not count, once as written and once
 * without. */
static bool put_text(ond__builder *b, ond__node *x, const char *text)
{
    ond_grammar *g = b->g;
    uint32_t n = whole_len(g, x);
    if (!ond__room(&g->pool, b->g->n_pool + 2 * n, &b->cap_pool, 1)) return false;
    memcpy(g->pool + b->g->n_pool, text, n);
    x->a = x->b = b->g->n_pool;
    b->g->n_pool += n;
    if (!g->ignore_space || x->len == n) return true;
    x->a = b->g->n_pool;
    for (uint32_t i = 0; i < n; i++)
        if (text[i] != ' ') g->pool[b->g->n_pool++] = text[i];
    return true;
}

/* The node that equals *x, or *x as a new one. */
static uint32_t intern(ond__builder *b, ond__node *x, const uint32_t *kid, const char *text,
                       const ond__opening *o, uint32_t weight)
{
    ond_grammar *g = b->g;
    if (!grow_same(b)) return no_memory(b);
    uint64_t i = hash_node(g, x, kid, text);
    for (i ^= i >> 32; b->same[i & (b->cap_same - 1)]; i++) {
        uint32_t id = b->same[i & (b->cap_same - 1)] - 1;
        if (same_node(g, x, kid, text, &g->node[id])) return id;
    }
    if (g->n_node >= OND__MOST_NODES) {
        ond_fail(b->err, OND_E_INPUT, "the grammar has more than %d parts", OND__MOST_NODES);
        return OND__NO_NODE;
    }
    if (!ond__room(&g->node, g->n_node, &b->cap_node, sizeof *x)) return no_memory(b);
    if (!ond__room(&b->weight, g->n_node, &b->cap_weight, sizeof weight)) return no_memory(b);
    if (x->kind == OND__TEXT) {
        if (!put_text(b, x, text)) return no_memory(b);
    } else if (x->kind != OND__LIST) {
        if (!ond__room(&g->kid, b->g->n_kid + x->n, &b->cap_kid, sizeof *kid)) return no_memory(b);
        memcpy(g->kid + b->g->n_kid, kid, x->n * sizeof *kid);
        x->a = b->g->n_kid;
        b->g->n_kid += x->n;
    }
    x->one = o->one;
    x->first = first_id(b, &o->first);
    x->second = first_id(b, &o->second);
    if (x->first == OND__NO_NODE || x->second == OND__NO_NODE) return no_memory(b);
    b->same[i & (b->cap_same - 1)] = g->n_node + 1;
    b->weight[g->n_node] = weight;
    g->node[g->n_node] = *x;
    return g->n_node++;
}

static uint32_t empty_node(ond__builder *b)
{
    if (b->g->n_node > 0) return 0;
    ond__node x = {.kind = OND__EMPTY, .nullable = true, .hollow = true};
    ond__opening o = {0};
    ond__opening_add(&o, OND_S(""));
    static const uint32_t none[1];
    return intern(b, &x, none, "", &o, 0);
}

static uint32_t text_node(ond__builder *b, ond_str s)
{
    ond__node x = {.kind = OND__TEXT, .len = (uint16_t)s.n, .ends_space = s.p[s.n - 1] == ' '};
    ond__opening o = {0};
    ond__opening_add(&o, s);
    while (x.lead < x.len && s.p[x.lead] == ' ') x.lead++;
    size_t end = s.n;
    while (end > x.lead && s.p[end - 1] == ' ') end--;
    x.blank = x.nullable = x.lead == x.len;
    x.chars = (uint16_t)ond_utf8_count((ond_str){s.p + x.lead, end - x.lead});
    if (b->g->ignore_space) {
        size_t spaces = 0;
        for (size_t i = 0; i < s.n; i++) spaces += s.p[i] == ' ';
        x.lead = (uint16_t)s.n;
        x.len = (uint16_t)(s.n - spaces);
        x.chars = (uint16_t)(ond_utf8_count(s) - spaces);
        x.ends_space = false;
    }
    return intern(b, &x, NULL, s.p, &o, 1);
}

uint32_t ond__node_text(ond__builder *b, ond_str text)
{
    if (empty_node(b) == OND__NO_NODE) return OND__NO_NODE;
    ond_buf folded = {0};
    ond__fold_text(text, false, &folded);
    uint32_t id;
    if (!ond_buf_ok(&folded))
        id = no_memory(b);
    else if (folded.n > OND__TEXT_MOST) {
        ond_fail(b->err, OND_E_INPUT, "a word or value of more than %d bytes", OND__TEXT_MOST);
        id = OND__NO_NODE;
    } else if (folded.n == 0)
        id = 0;
    else
        id = text_node(b, (ond_str){folded.p, folded.n});
    ond_buf_free(&folded);
    return id;
}

uint32_t ond__node_list(ond__builder *b, uint32_t list, uint32_t slot, bool end_of_word)
{
    if (empty_node(b) == OND__NO_NODE) return OND__NO_NODE;
    const ond__list *l = &b->g->list[list];
    ond__node x = {.kind = OND__LIST,
                   .a = list,
                   .b = slot,
                   .end_of_word = end_of_word,
                   .nullable = l->nullable,
                   .wild = l->kind == OND__WILDCARD || l->n_made > 0,
                   .memo = l->kind != OND__WILDCARD};
    return intern(b, &x, NULL, NULL, &l->opening, 4);
}

static uint32_t childless(ond__builder *b, ond__kind kind)
{
    if (empty_node(b) == OND__NO_NODE) return OND__NO_NODE;
    ond__node x = {.kind = (uint8_t)kind};
    ond__opening o = {0};
    ond__opening_add(&o, OND_S(""));
    static const uint32_t none[1];
    return intern(b, &x, none, NULL, &o, 1);
}

uint32_t ond__node_never(ond__builder *b)
{
    return childless(b, OND__ALT);
}
uint32_t ond__node_void(ond__builder *b)
{
    return childless(b, OND__SEQ);
}

/* A group of one is its only member; in a sequence the empty text stands for nothing. */
uint32_t ond__node_group(ond__builder *b, ond__kind kind, const uint32_t *kid, uint32_t n)
{
    if (empty_node(b) == OND__NO_NODE) return OND__NO_NODE;
    if (n == 0) return 0;
    if (n == 1) return kid[0];
    if (n > UINT16_MAX || (kind == OND__PERM && n > OND__MOST_PERM)) {
        ond_fail(b->err, OND_E_INPUT,
                 "a group of %u parts; at most %d may stand in any order, %d one after another", n,
                 OND__MOST_PERM, UINT16_MAX);
        return OND__NO_NODE;
    }
    ond__node x = {.kind = (uint8_t)kind, .n = (uint16_t)n, .nullable = kind != OND__ALT};
    ond__opening o = {0};
    uint32_t weight = 1;
    bool open = true; /* of a sequence: everything before may be empty */
    bool one = false; /* of a sequence: everything before may be a single character */
    bool hollow = true;
    for (uint32_t i = 0; i < n; i++) {
        const ond__node *k = &b->g->node[kid[i]];
        ond__opening part = ond__opening_of(b->g, k);
        if (one || kind == OND__PERM) ond__classes_join(&o.second, &part.first);
        one = (open && part.one) || (one && k->nullable);
        if (open) ond__opening_join(&o, &part);
        x.wild = x.wild || (open && k->wild);
        if (kind == OND__SEQ) open = open && k->nullable;
        x.nullable = kind == OND__ALT ? x.nullable || k->nullable : x.nullable && k->nullable;
        hollow = hollow && (k->hollow || (kind == OND__ALT && !k->nullable));
        weight += b->weight[kid[i]];
        if (weight > 1u << 20) weight = 1u << 20;
    }
    if (kind == OND__SEQ) o.one = one;
    x.hollow = x.nullable && hollow;
    x.memo = weight >= 5;
    return intern(b, &x, kid, NULL, &o, weight);
}
