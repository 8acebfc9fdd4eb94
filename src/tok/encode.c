/* encode.c - the door of encoding: special tokens apart, the rest by the tokenizer's own way.
 *
 * All scratch lives in one ond__enc for the length of a call. Words that come again within a
 * call are found in a small cache: its entries point at the ids that stand in the result
 * already. */
#include "tok/words.h"

#include "tok/spell.h"

#include <stdlib.h>

enum {
    TEXT_MAX = 1 << 30,
    CACHE_FROM = 64,       /* bytes of text from which a cache pays */
    CACHE_MAX = 32768,     /* half a megabyte */
    CACHED_WORD = 48,      /* longest word that is kept */
};
static const char SPACE[] = "\xE2\x96\x81";   /* U+2581 */

/* ---- results and scratch ---- */

void ond_ids_free(ond_ids *ids)
{
    free(ids->p);
    *ids = (ond_ids){0};
}

static int reserve(ond_ids *ids, size_t more, ond_err *err)
{
    if (ids->cap - ids->n >= more) return OND_OK;
    size_t cap = ids->cap + ids->cap / 2 + 64;
    if (cap < ids->n + more) cap = ids->n + more;
    int32_t *p = realloc(ids->p, cap * sizeof *p);
    if (!p) return ond_nomem(err, "making tokens");
    ids->p = p;
    ids->cap = cap;
    return OND_OK;
}

int ond_ids_put(ond_ids *ids, int32_t id, ond_err *err)
{
    if (ids->n == ids->cap) {
        int rc = reserve(ids, 1, err);
        if (rc) return rc;
    }
    ids->p[ids->n++] = id;
    return OND_OK;
}

/* A token that the model does not have (-1) puts nothing. */
int ond__put(ond__enc *e, int32_t id)
{
    return id < 0 ? OND_OK : ond_ids_put(e->out, id, e->err);
}

int ond__grow(ond__enc *e, void *array, size_t *cap, size_t n, size_t size)
{
    size_t want = *cap + *cap / 2 + 64;
    if (want < n) want = n;
    void *p;
    memcpy(&p, array, sizeof p);   /* a pointer to any type of item */
    p = want > SIZE_MAX / size ? NULL : realloc(p, want * size);
    if (!p) return ond_nomem(e->err, "making tokens");
    memcpy(array, &p, sizeof p);
    *cap = want;
    return OND_OK;
}

static void scratch_free(ond__enc *e)
{
    free(e->cache);
    free(e->sym);
    free(e->heap);
    free(e->path);
    free(e->kinds);
    ond_buf_free(&e->clean);
    ond_buf_free(&e->word);
    ond_buf_free(&e->norm);
    ond__pattern_free(e);
}

/* ---- UTF-8 as it comes ---- */

static bool overlong(uint32_t c, size_t len)
{
    return (len == 2 && c < 0x80) || (len == 3 && c < 0x800) || (len == 4 && c < 0x10000);
}

ond__form ond__form_of(ond_str s)
{
    ond__form form = OND__FORM_GOOD;
    for (size_t at = 0; at < s.n;) {
        if (s.n - at >= 8 && !(ond__load(s.p + at, 8) & 0x8080808080808080ull)) {
            at += 8;
            continue;
        }
        uint32_t c;
        size_t len = ond__read(s.p + at, s.n - at, &c);
        if (!len) return OND__FORM_BAD;
        if (overlong(c, len)) form = OND__FORM_LONG;
        at += len;
    }
    return form;
}

int ond__clean(ond__enc *e, ond_str text, ond_str *out, bool *same)
{
    *out = text;
    *same = ond__form_of(text) == OND__FORM_GOOD;
    if (*same) return OND_OK;
    ond_buf_clear(&e->clean);
    for (size_t at = 0; at < text.n;) {
        uint32_t c;
        char bytes[4];
        size_t len = ond__read(text.p + at, text.n - at, &c);
        ond_buf_put(&e->clean, bytes, ond_utf8_write(len ? c : 0xFFFD, bytes));
        at += len ? len : 1;
    }
    if (!ond_buf_ok(&e->clean)) return ond_nomem(e->err, "making tokens");
    *out = (ond_str){e->clean.p, e->clean.n};
    return OND_OK;
}

/* ---- words ---- */

static bool is_space(ond_str s, size_t at, size_t *len)
{
    *len = s.p[at] == ' ' ? 1 : 3;
    return s.p[at] == ' ' || (s.n - at >= 3 && memcmp(s.p + at, SPACE, 3) == 0);
}

static int escaped(ond__enc *e, ond_str word, bool prefix, ond_str *out)
{
    ond_buf_clear(&e->word);
    if (prefix) ond_buf_put(&e->word, SPACE, 3);
    for (size_t at = 0; at < word.n;) {
        const char *next = memchr(word.p + at, ' ', word.n - at);
        size_t n = next ? (size_t)(next - word.p) - at : word.n - at;
        ond_buf_put(&e->word, word.p + at, n);
        if (next) ond_buf_put(&e->word, SPACE, 3);
        at += n + (next != NULL);
    }
    if (!ond_buf_ok(&e->word)) return ond_nomem(e->err, "making tokens");
    *out = (ond_str){ond_buf_z(&e->word), e->word.n};
    return OND_OK;
}

static int fresh_word(ond__enc *e, ond_str word)
{
    if (e->t->escape_spaces) {
        int rc = escaped(e, word, false, &word);
        if (rc) return rc;
    }
    return ond__merge_word(e, word);
}

ond__cached *ond__cache_find(ond__enc *e, ond_str word, bool *hit)
{
    *hit = false;
    if (!e->cache || !e->cacheable || word.n > CACHED_WORD) return NULL;
    uint64_t hash = ond__hash(word.p, word.n);
    ond__cached *c = &e->cache[hash & e->cache_mask];
    *hit = c->tag == ond__tag(hash) && c->n == word.n &&
           memcmp(e->base + c->word, word.p, word.n) == 0;
    c->tag = ond__tag(hash);
    return c;
}

int ond__cache_put_ids(ond__enc *e, const ond__cached *c)
{
    int rc = reserve(e->out, c->n_ids, e->err);
    if (rc || !c->n_ids) return rc;
    memcpy(e->out->p + e->out->n, e->out->p + c->at, c->n_ids * sizeof *e->out->p);
    e->out->n += c->n_ids;
    return OND_OK;
}

void ond__cache_fill(ond__enc *e, ond__cached *c, ond_str word, size_t first_id)
{
    size_t at = (size_t)(word.p - e->base), n_ids = e->out->n - first_id;
    if (at > UINT32_MAX || first_id > UINT32_MAX || n_ids > UINT8_MAX) return;
    c->word = (uint32_t)at;
    c->at = (uint32_t)first_id;
    c->n = (uint8_t)word.n;
    c->n_ids = (uint8_t)n_ids;
}

int ond__word(ond__enc *e, ond_str word)
{
    bool hit;
    size_t first = e->out->n;
    ond__cached *c = ond__cache_find(e, word, &hit);
    if (hit) return ond__cache_put_ids(e, c);
    if (c) c->n = 0;
    int rc = fresh_word(e, word);
    if (!rc && c) ond__cache_fill(e, c, word, first);
    return rc;
}

static int on_word(void *self, ond_str word) { return ond__word(self, word); }

size_t ond__spaced_word(const ond_tok *t, ond_str s, bool raw)
{
    size_t at = 0, len;
    bool inside = false;
    while (at < s.n) {
        if ((unsigned char)s.p[at] != 0xE2 && !(raw && s.p[at] == ' ')) {
            inside = true;
            at++;
            continue;
        }
        bool space = is_space(s, at, &len);
        if (space && inside && !t->glued[(unsigned char)s.p[at - 1]]) break;
        inside = !space;
        at += space ? len : 1;
    }
    return at;
}

static int spaced_words(void *self, ond_str text)
{
    ond__enc *e = self;
    int rc = OND_OK;
    while (text.n && !rc) {
        size_t n = ond__spaced_word(e->t, text, true);
        rc = ond__word(e, (ond_str){text.p, n});
        text = (ond_str){text.p + n, text.n - n};
    }
    return rc;
}

int ond__encode_bpe(ond__enc *e, ond_str text)
{
    ond_str clean;
    int rc = ond__clean(e, text, &clean, &e->cacheable);
    if (rc) return rc;
    return ond__split(e, e->t->pre, clean, false, e->t->escape_spaces ? spaced_words : on_word, e);
}

/* Broken UTF-8 is merged in one piece: a first byte whose others are missing takes what follows. */
int ond__encode_spm(ond__enc *e, ond_str text, bool first)
{
    bool apart = ond__form_of(text) != OND__FORM_BAD;
    bool prefix = first && e->t->add_space;
    e->cacheable = true;
    if (apart && !prefix) return spaced_words(e, text);
    size_t n = apart ? ond__spaced_word(e->t, text, true) : text.n;
    ond_str head;
    int rc = escaped(e, (ond_str){text.p, n}, prefix, &head);
    if (!rc) rc = ond__merge_word(e, head);
    return rc || !apart ? rc : spaced_words(e, (ond_str){text.p + n, text.n - n});
}

/* ---- the door ---- */

static int encode_text(ond__enc *e, ond_str text, bool first)
{
    switch (e->t->algo) {
    case OND__BPE: return ond__encode_bpe(e, text);
    case OND__SPM: return ond__encode_spm(e, text, first);
    case OND__UNIGRAM: return ond__encode_unigram(e, text);
    default: return ond__encode_wordpiece(e, text);
    }
}

static int encode_parts(ond__enc *e, ond_str text, bool parse)
{
    ond__part *part;
    size_t n;
    int rc = ond__special_part(e->t, text, parse, &part, &n, e->err);
    if (rc) return rc;
    if (!part) return encode_text(e, text, true);
    for (size_t i = 0; i < n && !rc; i++) {
        if (part[i].id >= 0) rc = ond__put(e, part[i].id);
        else
            rc = encode_text(e, (ond_str){text.p + part[i].at, part[i].n},
                             i == 0 || part[i - 1].id >= 0);
    }
    free(part);
    return rc;
}

static void cache_init(ond__enc *e, size_t n)
{
    uint32_t slots = 16;
    if (n < CACHE_FROM) return;
    while (slots < CACHE_MAX && slots < n / 8) slots *= 2;
    e->cache = calloc(slots, sizeof *e->cache);   /* without it, it is only slower */
    e->cache_mask = slots - 1;
}

int ond_tok_encode(const ond_tok *t, ond_str text, ond_tok_opts opts, ond_ids *out, ond_err *err)
{
    ond_err spare;
    ond__enc e = {.t = t, .out = out, .err = err ? err : &spare, .base = text.p};
    bool frame = t->algo == OND__WORDPIECE;   /* always between CLS and SEP */
    if (text.n > TEXT_MAX)
        return ond_fail(err, OND_E_INPUT, "the text has %zu bytes, and %d is the most at once",
                        text.n, TEXT_MAX);
    int rc = OND_OK;
    if (opts.add_special && (t->add_bos || frame)) OND_TRY(ond__put(&e, t->role[OND_TOK_BOS]));
    if (text.n) {
        cache_init(&e, text.n);
        OND_TRY(encode_parts(&e, text, opts.parse_special));
    }
    if (opts.add_special && frame) OND_TRY(ond__put(&e, t->role[OND_TOK_SEP]));
    else if (opts.add_special && t->add_eos) OND_TRY(ond__put(&e, t->role[OND_TOK_EOS]));
out:
    scratch_free(&e);
    return rc;
}
