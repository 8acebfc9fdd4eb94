/* shape.c - the outline of a sentence template against the text, as a regular expression would see
 * it.
 *
 * Before it matches, the reference keeps only templates whose outline fits the text: literal text
 * as it is with spaces optional, `.+` for every list, and a permutation of n parts as n times any
 * of them; if none fits, it keeps all. The matcher proper accepts nearly nothing that the outline
 * does not, but for words broken at '-' and '_' in literal text and white space in languages that
 * ignore it. So the outline is asked only for such readings ("odd" ones). It is a set of places,
 * moved through the nodes. */
#include "talk/choose.h"
#include "talk/chars.h"

typedef struct places {
    uint64_t *w;
} places;

typedef struct outline {
    ond__chart *c;
    uint32_t n, words; /* characters of the line; words of a set of n + 1 places */
} outline;

static places none(outline *o)
{
    places p = {ond__scratch_get(&o->c->scratch, o->words * sizeof *p.w)};
    if (p.w)
        memset(p.w, 0, o->words * sizeof *p.w);
    else
        o->c->failed = true;
    return p;
}

static bool is_empty(const outline *o, places p)
{
    for (uint32_t i = 0; i < o->words; i++)
        if (p.w[i]) return false;
    return true;
}

static bool has(places p, uint32_t at)
{
    return p.w[at >> 6] >> (at & 63) & 1;
}
static void put(places p, uint32_t at)
{
    p.w[at >> 6] |= 1ull << (at & 63);
}

static void join(const outline *o, places into, places from)
{
    for (uint32_t i = 0; i < o->words; i++) into.w[i] |= from.w[i];
}

/* One character of literal text: a space stands for any number of spaces. */
static places through_char(outline *o, places from, uint32_t ch)
{
    places to = none(o);
    const uint32_t *line = o->c->text.line;
    if (!to.w || !ond__step(o->c, 1 + o->n / 16)) return to;
    for (uint32_t at = 0; at <= o->n; at++) {
        if (ch == ' ' && has(from, at)) put(to, at);
        if (at < o->n && line[at] == ch && (has(from, at) || (ch == ' ' && has(to, at))))
            put(to, at + 1);
    }
    return to;
}

static places through_text(outline *o, places from, const ond__node *x)
{
    const ond_grammar *g = o->c->g;
    ond_str s = {g->pool + (g->ignore_space ? x->b : x->a), g->ignore_space ? x->lead : x->len};
    for (size_t at = 0; at < s.n && from.w && !is_empty(o, from);)
        from = through_char(o, from, ond_utf8_next(s, &at));
    return from;
}

static places through_list(outline *o, places from)
{
    places to = none(o);
    uint32_t at = 0;
    while (to.w && at <= o->n && !has(from, at)) at++;
    for (at++; to.w && at <= o->n; at++) put(to, at);
    return to;
}

static places through(outline *o, places from, uint32_t node)
{
    const ond_grammar *g = o->c->g;
    const ond__node *x = &g->node[node];
    if (!from.w || is_empty(o, from)) return from;
    switch ((ond__kind)x->kind) {
    case OND__EMPTY:
        return from;
    case OND__TEXT:
        return through_text(o, from, x);
    case OND__LIST:
        return through_list(o, from);
    case OND__SEQ:
        for (uint32_t i = 0; i < x->n; i++) from = through(o, from, g->kid[x->a + i]);
        return from;
    case OND__ALT:
    case OND__PERM:
        break;
    }
    for (uint32_t times = x->kind == OND__PERM ? x->n : 1; times > 0 && from.w; times--) {
        places to = none(o);
        for (uint32_t i = 0; i < x->n && to.w; i++) {
            places one = through(o, from, g->kid[x->a + i]);
            if (one.w) join(o, to, one);
        }
        from = to;
    }
    return from;
}

bool ond__shape_fits(ond__chart *c, uint32_t sentence)
{
    const ond_grammar *g = c->g;
    if (!g->block[g->sentence[sentence].block].shape_filter) return true;
    outline o = {.c = c, .n = c->text.n_line, .words = c->text.n_line / 64 + 1};
    places start = none(&o);
    if (!start.w) return false;
    put(start, 0);
    places end = through(&o, start, g->sentence[sentence].node);
    return !c->failed && end.w && has(end, o.n);
}

bool ond__shape_any(ond__chart *c, const cJSON *context)
{
    const ond_grammar *g = c->g;
    for (uint32_t i = 0; i < g->n_sentence && !c->failed; i++)
        if (ond__block_open(c, g->sentence[i].block, context) && ond__shape_fits(c, i)) return true;
    return false;
}
