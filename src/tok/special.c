/* special.c - special tokens in a text: which stretch of it is which token.
 *
 * The longest token goes first, wherever it stands; of equal ones the lower id; of one token the
 * leftmost place; and what was taken is gone. A heap holds for each place its longest token;
 * where that no longer fits, the next shorter one of the place is put back. An earlier claim is
 * never shorter than a later one, so looking at a token's two ends shows whether its place is
 * free. */
#include "tok/room.h"

#include <ctype.h>
#include <stdlib.h>

typedef struct claim {
    uint32_t at, n;        /* the token's text */
    uint32_t from, to;     /* with the white space it takes */
    int32_t id;
} claim;

typedef struct search {
    const ond_tok *t;
    ond_str text;
    bool parse;
    claim *heap;
    size_t n, cap;
    claim *won;
    size_t n_won;
    unsigned char *taken;  /* a bit a byte of text */
} search;

/* ---- flags that no file carries ---- */

static bool name_has(const ond_gguf *g, const char *key, const char *part)
{
    ond_str s = ond_gguf_str(g, key, "");
    size_t n = strlen(part);
    for (size_t i = 0; i + n <= s.n; i++) {
        size_t j = 0;
        while (j < n && tolower((unsigned char)s.p[i + j]) == part[j]) j++;
        if (j == n) return true;
    }
    return false;
}

static void flag(ond_tok *t, const char *text, uint8_t set, uint8_t unset)
{
    int id = ond_tok_find(t, ond_str_of(text));
    if (id >= 0) t->nature[id] = (uint8_t)((t->nature[id] | set) & ~unset);
}

static void strip_flags(ond_tok *t, const ond_gguf *g)
{
    const char *pre = "tokenizer.ggml.pre", *arch = "general.architecture", *name = "general.name";
    if (name_has(g, pre, "jina-v2-de") || name_has(g, pre, "jina-v2-es") ||
        name_has(g, pre, "jina-v2-code") || name_has(g, arch, "nomic-bert-moe") ||
        name_has(g, arch, "jina-bert-v3")) {
        flag(t, "<mask>", OND__LSTRIP, 0);
    } else if (name_has(g, name, "phi-3") || name_has(g, name, "phi3")) {
        for (uint32_t i = 0; i < t->special.n; i++) t->nature[t->special.id[i]] |= OND__RSTRIP;
        flag(t, "</s>", OND__RSTRIP, 0);
        flag(t, "<unk>", 0, OND__RSTRIP);
        flag(t, "<s>", 0, OND__RSTRIP);
        flag(t, "<|endoftext|>", 0, OND__RSTRIP);
    } else if (name_has(g, name, "modern-bert")) {
        flag(t, "[MASK]", OND__LSTRIP, 0);
    }
}

int ond__special_open(ond_tok *t, const ond_gguf *g, ond_err *err)
{
    if (!ond__sorted_init(&t->special, t, OND__CONTROL | OND__USER | OND__UNKNOWN))
        return ond_nomem(err, "reading the special tokens");
    strip_flags(t, g);
    return OND_OK;
}

/* ---- the search ---- */

static bool is_taken(const search *s, uint32_t at) { return s->taken[at / 8] >> (at % 8) & 1; }

static bool allowed(const search *s, int32_t id)
{
    return s->parse || !(s->t->nature[id] & (OND__CONTROL | OND__UNKNOWN));
}

/* The longest token at a place that is shorter than `below`. */
static bool longest(const search *s, uint32_t at, uint32_t below, claim *out)
{
    const ond__sorted *all = &s->t->special;
    uint32_t lo = 0, hi = all->n;
    bool found = false;
    for (size_t d = 0; at + d < s->text.n && d + 1 < below; d++) {
        if (!ond__sorted_step(all, &lo, &hi, d, (unsigned char)s->text.p[at + d])) break;
        for (uint32_t i = lo; i < hi && all->s[i].n == d + 1; i++) {
            if (!allowed(s, all->id[i])) continue;
            *out = (claim){.at = at, .n = (uint32_t)d + 1, .id = all->id[i]};
            found = true;
            break;
        }
    }
    return found;
}

static bool before(const claim *a, const claim *b)
{
    if (a->n != b->n) return a->n > b->n;
    return a->id != b->id ? a->id < b->id : a->at < b->at;
}

static bool push(search *s, claim c)
{
    if (s->n == s->cap) {
        size_t cap = s->cap ? s->cap * 2 : 64;
        claim *more = realloc(s->heap, cap * sizeof *more);
        if (!more) return false;
        s->heap = more;
        s->cap = cap;
    }
    size_t i = s->n++;
    for (; i && before(&c, &s->heap[(i - 1) / 2]); i = (i - 1) / 2)
        s->heap[i] = s->heap[(i - 1) / 2];
    s->heap[i] = c;
    return true;
}

static claim pop(search *s)
{
    claim top = s->heap[0], last = s->heap[--s->n];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < s->n; i = c) {
        if (c + 1 < s->n && before(&s->heap[c + 1], &s->heap[c])) c++;
        if (!before(&s->heap[c], &last)) break;
        s->heap[i] = s->heap[c];
    }
    s->heap[i] = last;
    return top;
}

static bool find_all(search *s)
{
    const uint32_t *from = s->t->special.from;
    for (uint32_t at = 0; at < s->text.n; at++) {
        unsigned char c = (unsigned char)s->text.p[at];
        claim best;
        if (from[c] == from[c + 1] || !longest(s, at, OND__SPECIAL_MAX + 1, &best)) continue;
        if (!push(s, best)) return false;
    }
    return true;
}

static bool blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static void take(search *s, claim c)
{
    uint8_t nature = s->t->nature[c.id];
    c.from = c.at;
    c.to = c.at + c.n;
    if (nature & OND__LSTRIP)
        while (c.from && !is_taken(s, c.from - 1) && blank(s->text.p[c.from - 1])) c.from--;
    if (nature & OND__RSTRIP)
        while (c.to < s->text.n && !is_taken(s, c.to) && blank(s->text.p[c.to])) c.to++;
    for (uint32_t i = c.from; i < c.to; i++) s->taken[i / 8] |= (unsigned char)(1u << (i % 8));
    s->won[s->n_won++] = c;
}

/* Claims in the order of the rule. A place is won at most once. */
static bool settle(search *s)
{
    s->won = malloc(s->n * sizeof *s->won);
    s->taken = calloc(s->text.n / 8 + 1, 1);
    if (!s->won || !s->taken) return false;
    while (s->n) {
        claim c = pop(s);
        if (is_taken(s, c.at)) continue;
        if (!is_taken(s, c.at + c.n - 1)) take(s, c);
        else if (longest(s, c.at, c.n, &c) && !push(s, c)) return false;
    }
    return true;
}

static int by_place(const void *a, const void *b)
{
    const claim *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

static bool pieces(search *s, ond__part **parts, size_t *n_parts)
{
    ond__part *p = malloc((2 * s->n_won + 1) * sizeof *p);
    size_t n = 0;
    uint32_t at = 0;
    if (!p) return false;
    qsort(s->won, s->n_won, sizeof *s->won, by_place);
    for (size_t i = 0; i < s->n_won; i++) {
        const claim *c = &s->won[i];
        if (c->from > at) p[n++] = (ond__part){at, c->from - at, -1};
        p[n++] = (ond__part){c->at, c->n, c->id};
        at = c->to;
    }
    if (at < s->text.n) p[n++] = (ond__part){at, (uint32_t)s->text.n - at, -1};
    *parts = p;
    *n_parts = n;
    return true;
}

int ond__special_part(const ond_tok *t, ond_str text, bool parse, ond__part **parts,
                      size_t *n_parts, ond_err *err)
{
    search s = {.t = t, .text = text, .parse = parse};
    *parts = NULL;
    *n_parts = 0;
    bool ok = find_all(&s);
    if (ok && s.n) ok = settle(&s) && pieces(&s, parts, n_parts);
    free(s.heap);
    free(s.won);
    free(s.taken);
    return ok ? OND_OK : ond_nomem(err, "looking for special tokens");
}
