/* split.c - text cut into words by the rules of a pre-tokenizer, one after the other.
 *
 * A rule goes through a piece; what it cuts off goes to the next rule at once, and after the
 * last to the caller. Nothing is stored but, for rules that are patterns of bytes, one byte a
 * character of the whole text. */
#include "tok/words.h"

#include "tok/kinds.h"
#include "tok/spell.h"

typedef struct piece {
    const char *p;
    size_t n;
    const unsigned char *kind;   /* a byte a character; NULL: no rule asks */
    size_t n_kind;
} piece;

typedef struct split {
    ond__enc *e;
    const ond__pre *pre;
    bool by_pattern;
    ond__on_word on;
    void *self;
} split;

size_t ond__collapse(ond_str text, unsigned char *out)
{
    size_t n = 0;
    for (size_t at = 0; at < text.n; n++) {
        uint32_t c = (unsigned char)text.p[at];
        if (c < 128) {
            out[n] = (unsigned char)c;
            at++;
            continue;
        }
        size_t len = ond__read(text.p + at, text.n - at, &c);
        at += len ? len : 1;
        uint8_t k = ond__kind(c);
        if (ond__han(c)) out[n] = k == OND__L ? 0x86 : 0x87;
        else
            out[n] = k == OND__SPACE ? '\v' : k == OND__N ? 0x81 : k == OND__L ? 0x82
                   : k == OND__P ? 0x83 : k == OND__M ? 0x84 : k == OND__S ? 0x85 : 0x80;
    }
    return n;
}

static size_t characters(const char *p, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) count += ((unsigned char)p[i] & 0xC0) != 0x80;
    return count;
}

static size_t bytes_of(const char *p, size_t n_characters)
{
    const char *at = p;
    while (n_characters--) at += ond__lead((unsigned char)*at);
    return (size_t)(at - p);
}

/* Takes n bytes, or by == true n characters, off the front of *rest. */
static piece take(piece *rest, size_t n, bool by_character)
{
    piece head = {rest->p, n, rest->kind, 0};
    if (by_character) head.n = bytes_of(rest->p, n);
    if (rest->kind) head.n_kind = by_character ? n : characters(rest->p, n);
    rest->p += head.n;
    rest->n -= head.n;
    if (rest->kind) rest->kind += head.n_kind;
    rest->n_kind -= head.n_kind;
    return head;
}

static int level(const split *s, int depth, piece text);

static int by_hand(const split *s, int depth, ond__next next, piece rest)
{
    const char *until = NULL;
    while (rest.n) {
        size_t n = next(rest.p, rest.n, &until);
        int rc = level(s, depth + 1, take(&rest, n, false));
        if (rc) return rc;
    }
    return OND_OK;
}

/* Matches and what lies between them. A match of nothing is a place to cut. */
static int by_pattern(const split *s, int depth, int rule, piece rest)
{
    bool utf = ond__rules[rule].utf;
    const unsigned char *subject = utf ? (const unsigned char *)rest.p : rest.kind;
    size_t n = utf ? rest.n : rest.n_kind, at = 0, begin, end;
    for (size_t from = 0; from <= n;) {
        int found = ond__pattern(s->e, rule, subject, n, from, &begin, &end);
        if (found < 0) return s->e->err ? (int)s->e->err->code : OND_E_INPUT;
        if (!found) break;
        int rc = OND_OK;
        if (begin > at) rc = level(s, depth + 1, take(&rest, begin - at, !utf));
        if (!rc && end > begin) rc = level(s, depth + 1, take(&rest, end - begin, !utf));
        if (rc) return rc;
        at = end;
        from = end > begin ? end : end + 1;
    }
    return rest.n ? level(s, depth + 1, rest) : OND_OK;
}

static int level(const split *s, int depth, piece text)
{
    if (depth == s->pre->n_rules) return s->on(s->self, (ond_str){text.p, text.n});
    int rule = s->pre->rule[depth] - 1;
    ond__next next = s->by_pattern ? NULL : ond__rules[rule].next;
    return next ? by_hand(s, depth, next, text) : by_pattern(s, depth, rule, text);
}

static bool asks_kinds(const split *s)
{
    for (int i = 0; i < s->pre->n_rules; i++) {
        const ond__rule *r = &ond__rules[s->pre->rule[i] - 1];
        if (!r->utf && (s->by_pattern || !r->next)) return true;
    }
    return false;
}

int ond__split(ond__enc *e, const ond__pre *pre, ond_str text, bool by_pattern_only,
               ond__on_word on, void *self)
{
    split s = {e, pre, by_pattern_only, on, self};
    piece all = {text.p, text.n, NULL, 0};
    if (asks_kinds(&s)) {
        if (e->kinds_cap < text.n) {
            int rc = ond__grow(e, &e->kinds, &e->kinds_cap, text.n, 1);
            if (rc) return rc;
        }
        all.kind = e->kinds;
        all.n_kind = ond__collapse(text, e->kinds);
    }
    return text.n ? level(&s, 0, all) : OND_OK;
}
