/* merge.c - merging neighbours: byte-level BPE by a pair's rank, SentencePiece BPE by score.
 *
 * The pair that goes first is that of the least rank, the leftmost among equals. A short word
 * looks through all its pairs for each merge; a long one keeps them in a heap, so that time is n
 * log n. A symbol is a stretch of the word's text with its hash, so a pair is looked up by two
 * hashes and then compared with the strings in the file. A score is that of what comes out. */
#include "tok/room.h"

#include "tok/spell.h"
#include "tok/words.h"

#include <stdlib.h>

enum {
    NEVER = 0xFFFFFFFF,    /* rank of a pair that does not merge */
    SHORT = 40,            /* symbols of a word that needs no heap */
};

/* ---- ranks of pairs ---- */

/* "left right": the first space after the first byte parts them. */
static bool part(ond_str s, ond_str *left, ond_str *right)
{
    const char *at = s.n > 1 ? memchr(s.p + 1, ' ', s.n - 1) : NULL;
    if (!at) return false;
    *left = (ond_str){s.p, (size_t)(at - s.p)};
    *right = (ond_str){at + 1, s.n - left->n - 1};
    return true;
}

/* Of equal pairs the first counts. False: too many share a place. */
static bool add_pair(ond_tok *t, uint32_t i, ond_str s, uint64_t hash)
{
    int steps = 0;
    ond__table *b = &t->by_pair;
    uint32_t mark = ond__mark(b, hash), at = (uint32_t)hash & b->mask;
    for (; b->slot[at]; at = (at + 1) & b->mask) {
        if (++steps > OND__STEPS_MAX) return false;
        if (ond__marked(b, b->slot[at], mark) &&
            ond_str_eq(ond__string(&t->merge, (b->slot[at] & b->refs) - 1), s))
            return true;
    }
    b->slot[at] = mark | (i + 1);
    return true;
}

/* U+2581 after another character, in what a pair becomes. */
static void note_glued(ond_tok *t, ond_str left, ond_str right)
{
    static const char space[] = "\xE2\x96\x81";
    if (!left.n || right.n < 3 || memcmp(right.p, space, 3) != 0) return;
    if (left.n >= 3 && memcmp(left.p + left.n - 3, space, 3) == 0) return;
    t->glued[(unsigned char)left.p[left.n - 1]] = true;
}

int ond__merges_open(ond_tok *t, const ond_gguf *g, bool required, ond_err *err)
{
    for (unsigned b = 0; b < 256; b++) {
        char spelled[4];
        t->byte_hash[b] = ond__hash(spelled, ond_utf8_write(ond__spell(b), spelled));
    }
    if (!required && !ond_gguf_find(g, "tokenizer.ggml.merges"))
        return ond__table_init(&t->by_pair, 0) ? OND_OK : ond_nomem(err, "reading the merges");
    int rc = ond__strings_open(&t->merge, g, "tokenizer.ggml.merges", err);
    if (rc) return rc;
    if (!ond__table_init(&t->by_pair, t->merge.n)) return ond_nomem(err, "reading the merges");
    for (uint32_t i = 0; i < t->merge.n; i++) {
        ond_str s = ond__string(&t->merge, i), left, right;
        if (!part(s, &left, &right)) continue;
        uint64_t hash = ond__hash_pair(ond__hash(left.p, left.n), ond__hash(right.p, right.n));
        if (!add_pair(t, i, s, hash)) return ond__collide(g, "tokenizer.ggml.merges", err);
        if (t->escape_spaces) note_glued(t, left, right);
    }
    return OND_OK;
}

static uint32_t pair_rank(const ond_tok *t, const char *text, const ond__sym *l, const ond__sym *r)
{
    uint64_t hash = ond__hash_pair(l->hash, r->hash);
    const ond__table *b = &t->by_pair;
    uint32_t mark = ond__mark(b, hash), slot;
    for (uint32_t i = (uint32_t)hash & b->mask; (slot = b->slot[i]); i = (i + 1) & b->mask) {
        if (!ond__marked(b, slot, mark)) continue;
        uint32_t rank = (slot & b->refs) - 1;
        ond_str m = ond__string(&t->merge, rank);
        if (m.n == (size_t)l->n + r->n + 1 && m.p[l->n] == ' ' &&
            memcmp(m.p, text + l->at, l->n) == 0 &&
            memcmp(m.p + l->n + 1, text + r->at, r->n) == 0)
            return rank;
    }
    return NEVER;
}

/* Scores as ranks: the highest score is the least. */
static uint32_t score_rank(const ond_tok *t, const char *text, const ond__sym *l, const ond__sym *r)
{
    int32_t id = ond__find_rare(t, text + l->at, (size_t)l->n + r->n);
    if (id < 0) return NEVER;
    float score = ond_tok_score(t, id) + 0.0f;   /* -0 is 0 */
    uint32_t bits;
    memcpy(&bits, &score, 4);
    if (score != score) return NEVER - 1;
    return (bits >> 31 ? bits : ~bits & 0x7FFFFFFF);
}

static inline uint32_t rank_of(const ond_tok *t, const char *text, const ond__sym *l,
                               const ond__sym *r)
{
    return t->algo == OND__BPE ? pair_rank(t, text, l, r) : score_rank(t, text, l, r);
}

/* ---- a short word ---- */

static uint32_t merge_short(const ond_tok *t, const char *text, ond__sym *s, uint32_t n)
{
    uint32_t rank[SHORT];
    for (uint32_t i = 0; i + 1 < n; i++) rank[i] = rank_of(t, text, &s[i], &s[i + 1]);
    while (n > 1) {
        uint32_t best = 0;
        for (uint32_t i = 1; i + 1 < n; i++)
            if (rank[i] < rank[best]) best = i;
        if (rank[best] == NEVER) break;
        s[best].n += s[best + 1].n;
        s[best].hash = ond__hash(text + s[best].at, s[best].n);
        n--;
        memmove(&s[best + 1], &s[best + 2], (n - best - 1) * sizeof *s);
        if (best + 1 < n) {
            memmove(&rank[best + 1], &rank[best + 2], (n - best - 2) * sizeof *rank);
            rank[best] = rank_of(t, text, &s[best], &s[best + 1]);
        }
        if (best) rank[best - 1] = rank_of(t, text, &s[best - 1], &s[best]);
    }
    return n;
}

/* ---- a long word ---- */

static int push(ond__enc *e, const char *text, int32_t left, int32_t right)
{
    if (left < 0 || right < 0) return OND_OK;
    const ond__sym *l = &e->sym[left], *r = &e->sym[right];
    uint32_t rank = rank_of(e->t, text, l, r);
    if (rank == NEVER) return OND_OK;
    if (e->heap_n == e->heap_cap) {
        int rc = ond__grow(e, &e->heap, &e->heap_cap, e->heap_n + 1, sizeof *e->heap);
        if (rc) return rc;
    }
    ond__pair p = {(uint64_t)rank << 32 | (uint32_t)left, (uint32_t)right, l->n + r->n};
    size_t i = e->heap_n++;
    for (; i && e->heap[(i - 1) / 2].key > p.key; i = (i - 1) / 2)
        e->heap[i] = e->heap[(i - 1) / 2];
    e->heap[i] = p;
    return OND_OK;
}

static ond__pair pop(ond__enc *e)
{
    ond__pair top = e->heap[0], last = e->heap[--e->heap_n];
    size_t i = 0;
    for (size_t c; (c = 2 * i + 1) < e->heap_n; i = c) {
        if (c + 1 < e->heap_n && e->heap[c + 1].key < e->heap[c].key) c++;
        if (e->heap[c].key >= last.key) break;
        e->heap[i] = e->heap[c];
    }
    e->heap[i] = last;
    return top;
}

static uint32_t close_up(ond__sym *s)
{
    uint32_t n = 0;
    for (int32_t i = 0; i >= 0;) {
        int32_t next = s[i].next;
        s[n++] = s[i];
        i = next;
    }
    return n;
}

static int merge_long(ond__enc *e, const char *text, uint32_t *n)
{
    ond__sym *s = e->sym;
    e->heap_n = 0;
    for (uint32_t i = 0; i < *n; i++) {
        s[i].prev = (int32_t)i - 1;
        s[i].next = i + 1 < *n ? (int32_t)i + 1 : -1;
    }
    for (uint32_t i = 1; i < *n; i++) {
        int rc = push(e, text, (int32_t)i - 1, (int32_t)i);
        if (rc) return rc;
    }
    while (e->heap_n) {
        ond__pair p = pop(e);
        int32_t left = (int32_t)(uint32_t)p.key, right = (int32_t)p.right;
        if (!s[left].n || !s[right].n || s[left].n + s[right].n != p.n) continue;
        s[left].n = p.n;
        s[left].hash = ond__hash(text + s[left].at, p.n);
        s[right].n = 0;
        s[left].next = s[right].next;
        if (s[right].next >= 0) s[s[right].next].prev = left;
        int rc = push(e, text, s[left].prev, left);
        if (!rc) rc = push(e, text, left, s[left].next);
        if (rc) return rc;
    }
    *n = close_up(s);
    return OND_OK;
}

static int merge(ond__enc *e, const char *text, uint32_t *n)
{
    if (*n > SHORT) return merge_long(e, text, n);
    *n = merge_short(e->t, text, e->sym, *n);
    return OND_OK;
}

/* ---- symbols to tokens ---- */

/* What became no token. Spelled bytes: those that are tokens on their own; the others are left
 * out, as the reference does. Plain UTF-8: a token for each byte, else the unknown one. */
static int put_bytes(ond__enc *e, const char *p, size_t n)
{
    int rc = OND_OK;
    bool unknown = false;
    for (size_t i = 0; i < n && !rc; i++) {
        bool spelled = e->t->algo == OND__BPE && !e->t->raw_bytes;
        int32_t id = spelled ? ond__find(e->t, p + i, 1) : e->t->byte_id[(unsigned char)p[i]];
        if (id >= 0) rc = ond__put(e, id);
        else if (!spelled && !unknown) rc = ond__put(e, e->t->role[OND_TOK_UNK]);
        unknown = id < 0;
    }
    return rc;
}

static int put_symbols(ond__enc *e, const char *text, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const ond__sym *s = &e->sym[i];
        int32_t id = ond__find_hashed(e->t, s->hash, text + s->at, s->n);
        int rc = id >= 0 ? ond__put(e, id) : put_bytes(e, text + s->at, s->n);
        if (rc) return rc;
    }
    return OND_OK;
}

/* One symbol for each character of text. */
static int characters(ond__enc *e, ond_str text, uint32_t *n)
{
    *n = 0;
    if (e->sym_cap < text.n) {
        int rc = ond__grow(e, &e->sym, &e->sym_cap, text.n, sizeof *e->sym);
        if (rc) return rc;
    }
    for (size_t at = 0; at < text.n;) {
        size_t len = ond__lead((unsigned char)text.p[at]);
        if (len > text.n - at) len = text.n - at;
        e->sym[(*n)++] = (ond__sym){.hash = ond__hash(text.p + at, len), .at = (uint32_t)at,
                                    .n = (uint32_t)len};
        at += len;
    }
    return OND_OK;
}

/* The word's bytes, spelled, with one symbol each. */
static int spelled(ond__enc *e, ond_str word, uint32_t *n)
{
    if (e->sym_cap < word.n) {
        int rc = ond__grow(e, &e->sym, &e->sym_cap, word.n, sizeof *e->sym);
        if (rc) return rc;
    }
    ond_buf_clear(&e->word);
    ond_buf_reserve(&e->word, 2 * word.n);
    if (!ond_buf_ok(&e->word)) return ond_nomem(e->err, "making tokens");
    char *p = e->word.p;
    for (size_t i = 0; i < word.n; i++) {
        unsigned char b = (unsigned char)word.p[i];
        size_t at = (size_t)(p - e->word.p), len = ond_utf8_write(ond__spell(b), p);
        e->sym[i] = (ond__sym){.hash = e->t->byte_hash[b], .at = (uint32_t)at, .n = (uint32_t)len};
        p += len;
    }
    e->word.n = (size_t)(p - e->word.p);
    *n = (uint32_t)word.n;
    return OND_OK;
}

static bool all_newlines(ond_str s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] != '\n') return false;
    return true;
}

/* A word whose tokens are not known yet. */
int ond__merge_word(ond__enc *e, ond_str word)
{
    const ond_tok *t = e->t;
    bool plain = t->algo == OND__SPM || t->raw_bytes;
    uint32_t n = 0;
    int rc = plain ? characters(e, word, &n) : spelled(e, word, &n);
    if (rc) return rc;
    ond_str text = plain ? word : (ond_str){e->word.p, e->word.n};
    if (t->ignore_merges || (t->whole_lines && all_newlines(word))) {
        int32_t id = ond__find(t, text.p, text.n);
        if (id >= 0) return ond__put(e, id);
    }
    rc = merge(e, text.p, &n);
    return rc ? rc : put_symbols(e, text.p, n);
}
