/* list_match.c - lists against the sentence: values by trie, ranges of numbers in digits and words,
 * wildcards.
 *
 * After a list value the state is at the start of a word if it was before it, as in the reference;
 * so "kitchenlight" is "{area} light". Values are not filtered by context here: that depends on the
 * block, and choose.c does it. */
#include "talk/literal.h"

#include <stdlib.h>

typedef struct found { /* a value that matches */
    uint32_t value;
    uint16_t ws, we, end; /* what an open wildcard takes */
    uint8_t flags;        /* BROKEN, CLOSED, ODD */
    uint32_t caught;      /* by lists in the value's template */
    uint32_t nth;         /* in order of discovery */
} found;

typedef struct hunt {
    ond__chart *c;
    const ond__node *x;
    const ond__value *value;
    const ond__trie *trie;
    uint32_t n_value;
    found *v;
    uint32_t n, cap;
    bool sorted;
} hunt;

static void add_found(hunt *h, const found *f)
{
    if (f->value >= h->n_value || !ond__step(h->c, 1)) return;
    if (h->n == h->cap) {
        uint32_t cap = h->cap ? h->cap * 2 : 8;
        found *v = ond__scratch_get(&h->c->scratch, cap * sizeof *v);
        if (!v) {
            h->c->failed = true;
            return;
        }
        if (h->n) memcpy(v, h->v, h->n * sizeof *v);
        h->v = v;
        h->cap = cap;
    }
    if (h->n && h->v[h->n - 1].value > f->value) h->sorted = false;
    h->v[h->n] = *f;
    h->v[h->n].nth = h->n;
    h->n++;
}

/* Walks the trie along text[at..]. Values that need a '-' or '_' read as a space are only those
 * that cross one. */
static void walk_trie(hunt *h, const char *text, const char *other, uint32_t at, found base)
{
    const ond__trie *t = h->trie;
    bool crossed = other == NULL;
    uint32_t n = h->c->text.n, node = 0;
    if (t->n == 0) return;
    for (; at < n; at++) {
        node = ond__trie_step(t, node, (unsigned char)text[at]);
        if (!node) return;
        crossed = crossed || text[at] != other[at];
        if (!crossed) continue;
        for (uint32_t l = t->node[node].value; l; l = t->link[l].next) {
            base.value = t->link[l].value;
            base.end = (uint16_t)(at + 1);
            add_found(h, &base);
        }
    }
}

static int by_value(const void *a, const void *b)
{
    const found *x = a, *y = b;
    if (x->value != y->value) return x->value < y->value ? -1 : 1;
    if (x->we != y->we) return x->we < y->we ? -1 : 1;
    return (x->nth > y->nth) - (x->nth < y->nth);
}

static void hunt_closed(hunt *h, uint16_t pos, uint8_t flags)
{
    ond__chart *c = h->c;
    const ond__text *t = &c->text;
    uint32_t at = ond__word_start(c, pos, flags);
    bool broken = flags & OND__BROKEN;
    walk_trie(h, broken ? t->broken : t->fold, NULL, at, (found){.flags = flags & OND__BROKEN});
    if (!broken && at < t->last_break)
        walk_trie(h, t->broken, t->fold, at, (found){.flags = OND__BROKEN});
}

/* Of each value the places where the wildcard may end before it. */
static void keep_closings(hunt *h, uint32_t from, bool at_word)
{
    uint32_t kept = 0, last = UINT32_MAX;
    ond__closing k = {0};
    if (h->n > 1) qsort(h->v, h->n, sizeof *h->v, by_value);
    for (uint32_t i = 0; i < h->n; i++) {
        if (h->v[i].value != last) k = (ond__closing){.from = from, .at_word = at_word};
        last = h->v[i].value;
        if (ond__close_next(h->c, &k, h->v[i].we) && !ond__blank(h->c, from, h->v[i].we))
            h->v[kept++] = h->v[i];
    }
    h->n = kept;
    h->sorted = true;
}

static void hunt_open(hunt *h, uint16_t pos, uint8_t flags)
{
    ond__chart *c = h->c;
    const char *f = flags & OND__BROKEN ? c->text.broken : c->text.fold;
    uint32_t from = ond__word_start(c, pos, flags);
    for (uint32_t at = from; at < c->text.n && !c->failed; at = ond__next_char(c, at))
        walk_trie(h, f, NULL, at,
                  (found){.flags = (uint8_t)((flags & OND__BROKEN) | OND__CLOSED),
                          .ws = (uint16_t)from,
                          .we = (uint16_t)at});
    if (!c->failed) keep_closings(h, from, flags & OND__OPEN_WORD);
}

/* Values that are templates are matched as nodes. */
static void hunt_made(hunt *h, const ond__list *l, uint16_t pos, uint8_t flags)
{
    ond__chart *c = h->c;
    for (uint32_t i = 0; i < l->n_made && !c->failed; i++) {
        uint32_t node = l->value[l->made[i]].node;
        if (!ond__may(c, &c->g->node[node], pos, flags)) continue;
        ond__edges e = ond__eval(c, node, pos, flags);
        for (uint32_t k = 0; k < e.n; k++) {
            if (e.v[k].flags & OND__OPEN) continue; /* the wildcard can take nothing any more */
            found f = {.value = l->made[i],
                       .ws = e.v[k].ws,
                       .we = e.v[k].we,
                       .end = e.v[k].end,
                       .caught = e.v[k].caught,
                       .flags = e.v[k].flags & (OND__BROKEN | OND__CLOSED)};
            add_found(h, &f);
        }
    }
}

/* Characters of a value of a list that is as good as literal text. */
static uint16_t literal_chars(const hunt *h, const found *f, uint16_t pos, uint8_t flags)
{
    const ond__chart *c = h->c;
    if (!c->g->list[h->x->a].literal || c->outside[h->x->a]) return 0;
    uint32_t from = f->flags & OND__CLOSED ? f->we : ond__word_start(c, pos, flags);
    return from < f->end ? (uint16_t)(c->text.nth[f->end] - c->text.nth[from]) : 0;
}

static void emit_values(hunt *h, uint16_t pos, uint8_t flags, ond__edges *to)
{
    ond__chart *c = h->c;
    if (!h->sorted && h->n > 1) qsort(h->v, h->n, sizeof *h->v, by_value);
    for (uint32_t i = 0; i < h->n && !c->failed; i++) {
        const found *f = &h->v[i];
        ond__leaf leaf = {.kind = OND__LEAF_VALUE,
                          .slot = (uint16_t)h->x->b,
                          .value = &h->value[f->value],
                          .start = f->flags & OND__CLOSED ? f->we : pos,
                          .end = f->end};
        uint8_t odd = f->end == pos ? OND__ODD : 0;
        ond__edge e = {.end = f->end,
                       .flags = (uint8_t)(f->flags | (flags & OND__START) | odd),
                       .ws = f->ws,
                       .we = f->we,
                       .lit = literal_chars(h, f, pos, flags),
                       .caught = ond__catch_leaf(c, f->caught, &leaf)};
        if (!c->failed) ond__edge_add(c, to, &e);
    }
}

static void eval_values(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags,
                        ond__edges *to)
{
    const ond__list *l = &c->g->list[x->a];
    const ond__lex_list *lex = c->outside[x->a];
    hunt h = {.c = c, .x = x, .sorted = true};
    if (lex) {
        h.value = lex->value;
        h.n_value = lex->n;
        h.trie = c->g->ignore_space ? &lex->squeezed : &lex->trie;
    } else {
        h.value = l->value;
        h.n_value = l->n;
        h.trie = &l->trie;
    }
    if (flags & OND__OPEN)
        hunt_open(&h, pos, flags);
    else
        hunt_closed(&h, pos, flags);
    if (!lex && l->n_made) hunt_made(&h, l, pos, flags);
    emit_values(&h, pos, flags, to);
}

/* ---- numbers ---- */

/* Reads [-]digits[(.|,)digits] at `at`; returns the end, or 0. Where white space went from a text,
 * the reference joins the digits around it; lists that count as literal text do not: "12/25 3시".
 */
static uint32_t read_digits(const ond__chart *c, const ond__list *l, const char *f, uint32_t at,
                            double *out)
{
    char text[64];
    uint32_t i = at, k = 0, n = c->text.n;
    bool fractions = l->range.fractions != 0;
    const uint8_t *gap = l->literal ? c->text.gap : NULL;
    if (i < n && f[i] == '-') text[k++] = f[i++];
    uint32_t first = i;
    for (; i < n && ond__is_digit(f[i]) && !(gap && i > first && gap[i]); i++)
        if (k < 40) text[k++] = f[i];
    if (i == first) return 0;
    bool huge = i - first > 38;
    if (fractions && i + 1 < n && (f[i] == '.' || f[i] == ',') && ond__is_digit(f[i + 1])) {
        text[k++] = '.';
        for (i++; i < n && ond__is_digit(f[i]); i++)
            if (k < 60) text[k++] = f[i];
    }
    text[k] = '\0';
    *out = huge ? 1e300 : strtod(text, NULL);
    return i;
}

typedef struct spot { /* where a number stands, and what an open wildcard takes before it */
    uint32_t start, at, end;
    bool closed;
} spot;

static void emit_number(ond__chart *c, const ond__node *x, const spot *s, double value,
                        uint8_t flags, uint16_t lit, ond__edges *to)
{
    ond__leaf leaf = {.kind = OND__LEAF_NUMBER,
                      .slot = (uint16_t)x->b,
                      .number = value,
                      .start = (uint16_t)s->at,
                      .end = (uint16_t)s->end};
    ond__edge e = {.end = (uint16_t)s->end,
                   .flags = flags,
                   .lit = lit,
                   .caught = ond__catch_leaf(c, 0, &leaf)};
    if (s->closed) {
        e.flags |= OND__CLOSED;
        e.ws = (uint16_t)s->start;
        e.we = (uint16_t)s->at;
    }
    if (!c->failed) ond__edge_add(c, to, &e);
}

static bool is_letter(unsigned char b)
{
    return b > ' ' && !(b >= '0' && b <= '9') && !(b < 128 && strchr("-_.,%'\"()", b));
}

static void words_at(ond__chart *c, const ond__node *x, spot s, uint8_t flags, ond__edges *to)
{
    ond__list *l = &c->g->list[x->a];
    const char *f = flags & OND__BROKEN ? c->text.broken : c->text.fold;
    if (s.at >= c->text.n || !is_letter((unsigned char)f[s.at])) return;
    /* words that are not there yet are built only where one may begin; later their trie says it */
    if (!atomic_load(&l->words) && !ond__may_begin_words(&l->range, f + s.at, c->text.n - s.at))
        return;
    const ond__words *w = ond__words_of(l, c->g->ignore_space);
    uint32_t node = 0;
    for (uint32_t at = s.at; w && at < c->text.n && !c->failed; at++) {
        node = ond__trie_step(&w->trie, node, (unsigned char)f[at]);
        if (!node) return;
        for (uint32_t k = w->trie.node[node].value; k; k = w->trie.link[k].next) {
            uint32_t i = w->trie.link[k].value;
            s.end = at + 1;
            emit_number(c, x, &s, w->value[i], flags & OND__BROKEN, w->chars[i], to);
        }
    }
}

/* Digits are no literal text, but in lists that say so. */
static uint16_t digit_chars(const ond__chart *c, const ond__node *x, const spot *s)
{
    return c->g->list[x->a].literal ? (uint16_t)(s->end - s->at) : 0;
}

static void number_closed(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags,
                          ond__edges *to)
{
    const ond__list *l = &c->g->list[x->a];
    const ond__range *r = &l->range;
    const char *f = flags & OND__BROKEN ? c->text.broken : c->text.fold;
    uint32_t at = pos;
    double value;
    while (at < c->text.n && f[at] == ' ') at++;
    spot s = {.start = pos, .at = at, .end = read_digits(c, l, f, at, &value)};
    if (!s.end) {
        s.at = pos;
        if (r->words) words_at(c, x, s, flags, to);
    } else if (r->digits && ond__range_has(r, value)) {
        emit_number(c, x, &s, value * r->multiplier, flags & (OND__START | OND__BROKEN),
                    digit_chars(c, x, &s), to);
    }
}

/* After an open wildcard: each number that stands alone, in digits or words. */
static void number_open(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags,
                        ond__edges *to)
{
    const ond__list *l = &c->g->list[x->a];
    const ond__range *r = &l->range;
    const char *f = flags & OND__BROKEN ? c->text.broken : c->text.fold;
    uint32_t from = ond__word_start(c, pos, flags);
    for (uint32_t at = from; at < c->text.n && !c->failed; at = ond__next_char(c, at)) {
        double value;
        spot s = {.start = from, .at = at, .closed = true};
        if (ond__blank(c, from, at)) continue;
        s.end = read_digits(c, l, f, at, &value);
        if (s.end && r->digits && ond__stands_alone(f, from, at) && ond__range_has(r, value))
            emit_number(c, x, &s, value * r->multiplier, flags & (OND__START | OND__BROKEN),
                        digit_chars(c, x, &s), to);
        if (!s.end && r->words && (c->g->ignore_space || ond__boundary(c, from, at)))
            words_at(c, x, s, flags, to);
    }
}

void ond__eval_list(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags, ond__edges *to)
{
    if (pos >= c->text.n) return;
    ond__list_kind kind = c->outside[x->a] ? OND__VALUES : c->g->list[x->a].kind;
    if (kind == OND__VALUES)
        eval_values(c, x, pos, flags, to);
    else if (kind == OND__RANGE && flags & OND__OPEN)
        number_open(c, x, pos, flags, to);
    else if (kind == OND__RANGE)
        number_closed(c, x, pos, flags, to);
    else if (kind == OND__WILDCARD && !(flags & OND__OPEN)) {
        uint8_t word = x->end_of_word && !c->g->ignore_space ? OND__OPEN_WORD : 0;
        ond__edge e = {.end = pos,
                       .flags = (uint8_t)((flags & (OND__START | OND__BROKEN)) | OND__OPEN | word),
                       .slot = (uint16_t)x->b};
        ond__edge_add(c, to, &e);
    }
}
