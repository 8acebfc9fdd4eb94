/* literal.c - text chunks against the sentence, and where a wildcard may end.
 *
 * At the start of a word white space is skipped in chunk and text. A chunk that does not fit may
 * fit once '-' and
 * '_' are read as spaces; from there on they stay spaces. */
#include "talk/literal.h"

static uint32_t skip_spaces(const char *f, uint32_t n, uint32_t at)
{
    while (at < n && f[at] == ' ') at++;
    return at;
}

uint32_t ond__word_start(const ond__chart *c, uint32_t pos, uint8_t flags)
{
    if (!(flags & OND__START) || c->g->ignore_space) return pos;
    return skip_spaces(flags & OND__BROKEN ? c->text.broken : c->text.fold, c->text.n, pos);
}

bool ond__text_edge(const ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags,
                    ond__edge *out)
{
    const ond__text *t = &c->text;
    const char *f = flags & OND__BROKEN ? t->broken : t->fold, *chunk = c->g->pool + x->a;
    uint32_t at = pos, len = x->len;
    if ((flags & OND__START) && !c->g->ignore_space) {
        at = skip_spaces(f, t->n, at);
        chunk += x->lead;
        len -= x->lead;
    }
    uint8_t keep = flags & OND__BROKEN;
    if (len <= t->n - at && memcmp(f + at, chunk, len) == 0) {
        uint16_t end = (uint16_t)(at + len);
        uint8_t odd = keep && memcmp(t->fold + pos, t->broken + pos, end - pos) != 0 ? OND__ODD : 0;
        *out = (ond__edge){.end = end,
                           .flags = (uint8_t)(keep | odd | (x->ends_space ? OND__START : 0)),
                           .lit = x->blank ? 0 : x->chars};
        return true;
    }
    if (x->blank && skip_spaces(f, t->n, at) == t->n) { /* white space beyond the end is no loss */
        *out = (ond__edge){.end = pos, .flags = (uint8_t)(flags & (OND__START | OND__BROKEN))};
        return true;
    }
    if (keep || at >= t->last_break || len > t->n - at || memcmp(t->broken + at, chunk, len) != 0)
        return false;
    *out = (ond__edge){.end = (uint16_t)(at + len),
                       .flags = (uint8_t)((flags & OND__START) | OND__BROKEN | OND__ODD)};
    return true;
}

/* ---- wildcards ---- */

bool ond__blank(const ond__chart *c, uint32_t from, uint32_t to)
{
    return skip_spaces(c->text.fold, to, from) == to;
}

static uint32_t before(const ond__text *t, uint32_t at)
{
    do at--;
    while (at > 0 && ((unsigned char)t->fold[at] & 0xC0) == 0x80);
    return at;
}

uint32_t ond__next_char(const ond__chart *c, uint32_t at)
{
    do at++;
    while (at < c->text.n && ((unsigned char)c->text.fold[at] & 0xC0) == 0x80);
    return at;
}

bool ond__boundary(const ond__chart *c, uint32_t slice, uint32_t at)
{
    const ond__text *t = &c->text;
    if (at <= slice) return at < t->n && t->word[at];
    return t->word[before(t, at)] != (at < t->n && t->word[at]);
}

bool ond__stands_alone(const char *f, uint32_t from, uint32_t at)
{
    return at == from || !(ond__is_digit(f[at - 1]) || strchr("/.,:-", f[at - 1]));
}

/* The reference looks for the first place at a word's start; if that is where the wildcard opened,
 * for the next one, as if the text began one character later; after that every place will do. */
bool ond__close_next(const ond__chart *c, ond__closing *k, uint32_t at)
{
    if (k->found) return true;
    uint32_t slice = k->again ? ond__next_char(c, k->from) : k->from;
    if (at < slice || (k->at_word && !ond__boundary(c, slice, at))) return false;
    if (at > k->from) return k->found = true;
    k->again = true;
    return false;
}

static void close_at(ond__chart *c, const ond__node *x, uint32_t from, uint32_t at, uint8_t flags,
                     ond__edges *to)
{
    ond__edge e;
    uint8_t inner = (uint8_t)((flags & OND__BROKEN) | OND__START);
    if (ond__blank(c, from, at) || !ond__text_edge(c, x, (uint16_t)at, inner, &e)) return;
    e.flags |= OND__CLOSED;
    e.ws = (uint16_t)from;
    e.we = (uint16_t)at;
    ond__edge_add(c, to, &e);
}

static void text_after_wildcard(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags,
                                ond__edges *to)
{
    const ond__text *t = &c->text;
    const char *f = flags & OND__BROKEN ? t->broken : t->fold, *chunk = c->g->pool + x->a;
    uint32_t from = ond__word_start(c, pos, flags), len = x->len;
    if (x->blank) {
        ond__edge e = {.end = (uint16_t)from,
                       .slot = OND__SAME,
                       .flags = (uint8_t)(flags | (c->g->ignore_space ? 0 : OND__START))};
        ond__edge_add(c, to, &e);
        return;
    }
    if ((flags & OND__START) && !c->g->ignore_space) {
        chunk += x->lead;
        len -= x->lead;
    }
    ond__closing k = {.from = from, .at_word = (flags & OND__OPEN_WORD) != 0};
    for (uint32_t at = from; at + len <= t->n; at++) {
        const char *p = memmem(f + at, t->n - at, chunk, len);
        if (!p || !ond__step(c, 1)) return;
        at = (uint32_t)(p - f);
        if (ond__close_next(c, &k, at)) close_at(c, x, from, at, flags, to);
    }
}

void ond__eval_text(ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags, ond__edges *to)
{
    ond__edge e;
    if (flags & OND__OPEN)
        text_after_wildcard(c, x, pos, flags, to);
    else if (ond__text_edge(c, x, pos, flags, &e))
        ond__edge_add(c, to, &e);
}
