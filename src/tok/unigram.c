/* unigram.c - Unigram: the split of a text whose tokens have the highest sum of log probabilities.
 *
 * The text is first normalised by the file's own map (a double array that spells longest prefixes
 * anew, as SentencePiece writes it), spaces become U+2581; then one pass keeps the best way to each
 * place.
 * Sources: Kudo 2018 (Subword Regularization), Kanda 2018 (compact double arrays),
 * SentencePiece's normalizer. */
#include "tok/room.h"

#include "tok/spell.h"

#include <float.h>

static const char SPACE[] = "\xE2\x96\x81";   /* U+2581 */

/* ---- opening ---- */

static uint32_t le32(const unsigned char *p)
{
    return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* u32 bytes of the array, the array's units, then replacements that end in NUL. */
static int open_map(ond_tok *t, const ond_gguf *g, ond_err *err)
{
    const char *key = "tokenizer.ggml.precompiled_charsmap";
    const ond_gguf_value *v = ond_gguf_find(g, key);
    if (!v) return OND_OK;
    if (v->kind != OND_GGUF_ARRAY || (v->item != OND_GGUF_I8 && v->item != OND_GGUF_U8))
        return ond_fail(err, OND_E_INPUT, "%s: %s is no array of bytes", ond_gguf_path(g), key);
    if (v->n < 4 || (uint64_t)le32(v->p) + 4 >= v->n)
        return ond_fail(err, OND_E_INPUT, "%s: %s is cut off", ond_gguf_path(g), key);
    uint32_t bytes = le32(v->p);
    t->charsmap = v->p + 4;
    t->charsmap_units = bytes / 4;
    t->charsmap_text = (const char *)v->p + 4 + bytes;
    t->charsmap_text_n = (size_t)v->n - 4 - bytes;
    return OND_OK;
}

int ond__unigram_open(ond_tok *t, const ond_gguf *g, ond_err *err)
{
    int rc = open_map(t, g, err);
    if (rc) return rc;
    float least = FLT_MAX;
    for (uint32_t i = 0; i < t->text.n; i++) {
        float score = ond_tok_score(t, (int)i);
        if (t->nature[i] & OND__NORMAL && score < least) least = score;
    }
    t->unk_score = least - 10.0f;
    return ond__sorted_init(&t->user, t, OND__USER) ? OND_OK
                                                    : ond_nomem(err, "reading the tokens");
}

/* ---- normalising ---- */

/* How many bytes of text begin some user-defined token. */
static size_t user_prefix(const ond_tok *t, ond_str text)
{
    uint32_t lo = 0, hi = t->user.n;
    size_t d = 0;
    while (d < text.n && ond__sorted_step(&t->user, &lo, &hi, d, (unsigned char)text.p[d])) d++;
    return d;
}

static bool unit(const ond_tok *t, uint32_t i, uint32_t *out)
{
    if (i >= t->charsmap_units) return false;
    *out = le32(t->charsmap + (size_t)i * 4);
    return true;
}

static uint32_t offset_of(uint32_t u) { return (u >> 10) << ((u & (1u << 9)) >> 6); }

/* The longest prefix of text that the map spells anew; 0: none. A map that points outside of
 * itself ends the search. */
static size_t mapped(const ond_tok *t, ond_str text, ond_str *as)
{
    uint32_t u, at, value = 0;
    size_t longest = 0;
    if (!unit(t, 0, &u)) return 0;
    at = offset_of(u);
    for (size_t i = 0; i < text.n && text.p[i]; i++) {
        unsigned char c = (unsigned char)text.p[i];
        at ^= c;
        if (!unit(t, at, &u) || (u & (1u << 31 | 0xFF)) != c) break;
        at ^= offset_of(u);
        if (!(u >> 8 & 1)) continue;
        if (!unit(t, at, &u)) break;
        value = u & ~(1u << 31);
        longest = i + 1;
    }
    if (!longest || value >= t->charsmap_text_n) return 0;
    const char *p = t->charsmap_text + value, *end = memchr(p, 0, t->charsmap_text_n - value);
    if (!end) return 0;
    *as = (ond_str){p, (size_t)(end - p)};
    return longest;
}

/* What the front of text becomes, and how many bytes of it are used up. */
static size_t normal_prefix(const ond_tok *t, ond_str text, ond_str *as)
{
    size_t n = user_prefix(t, text);
    if (n) return *as = (ond_str){text.p, n}, n;
    n = mapped(t, text, as);
    if (n) return n;
    uint32_t c;
    n = ond__read(text.p, text.n, &c);
    *as = n ? (ond_str){text.p, n} : OND_S("\xEF\xBF\xBD");
    return n ? n : 1;
}

static int normalise(ond__enc *e, ond_str text)
{
    const ond_tok *t = e->t;
    bool prefixed = false, in_word = false;
    while (text.n) {
        ond_str as;
        size_t used = normal_prefix(t, text, &as);
        for (size_t i = 0; i < as.n; i++) {
            bool space = as.p[i] == ' ';
            if (!space && !in_word && (t->extra_spaces_go || (t->add_space && !prefixed))) {
                ond_buf_put(&e->norm, SPACE, 3);
                prefixed = true;
            }
            if (!space) ond_buf_putc(&e->norm, as.p[i]);
            else if (!t->extra_spaces_go) ond_buf_put(&e->norm, SPACE, 3);
            in_word = !space;
        }
        text.p += used;
        text.n -= used;
    }
    return ond_buf_ok(&e->norm) ? OND_OK : ond_nomem(e->err, "making tokens");
}

/* ---- the best path ---- */

typedef struct step {
    double score;          /* of the best way to here */
    uint32_t from;
    int32_t id;
} step;

/* Sums are far below 2^40, so rounding is far below this. */
#define CLOSE 1e-3

static void offer(step *s, double score, uint32_t from, int32_t id, bool *close)
{
    double more = score - s->score;
    if (more < CLOSE && more > -CLOSE) *close = true;
    if (score > s->score) *s = (step){score, from, id};
}

/* Tokens that begin at `at`, to the places where they end. True when one of them is the
 * character of n bytes. */
static bool tokens_from(const ond_tok *t, ond_str text, uint32_t at, size_t n, step *path,
                        bool *close)
{
    size_t left = text.n - at, most = 1;
    bool whole = false;
    if (left > 1) most = t->reach[(unsigned char)text.p[at] << 8 | (unsigned char)text.p[at + 1]];
    if (most < 1) most = 1;
    if (most > left) most = left;
    for (size_t len = 1; len <= most; len++) {
        int32_t id = ond__find_rare(t, text.p + at, len);
        if (id < 0 || !(t->nature[id] & (OND__NORMAL | OND__USER | OND__UNUSED))) continue;
        if (len == n) whole = true;
        double score = t->nature[id] & OND__USER ? 0.0 : (double)ond_tok_score(t, id);
        offer(&path[at + len], path[at].score + score, at, id, close);
    }
    return whole;
}

/* Ids of the best path, in order. */
static int put_path(ond__enc *e, const step *path, size_t n)
{
    size_t first = e->out->n;
    for (size_t at = n; at; at = path[at].from) {
        int rc = ond_ids_put(e->out, path[at].id, e->err);
        if (rc) return rc;
    }
    for (size_t a = first, b = e->out->n; a + 1 < b; a++) {
        int32_t id = e->out->p[--b];
        e->out->p[b] = e->out->p[a];
        e->out->p[a] = id;
    }
    return OND_OK;
}

/* The best way through text, from a sum of `before`. *close says that another was as good but
 * for rounding: then the way may depend on `before`. */
static int best_path(ond__enc *e, ond_str s, double before, bool *close)
{
    if (e->path_cap < s.n + 1) {
        int rc = ond__grow(e, &e->path, &e->path_cap, s.n + 1, sizeof(step));
        if (rc) return rc;
    }
    step *path = e->path;
    int32_t unk = e->t->role[OND_TOK_UNK];
    path[0] = (step){before, 0, unk};
    for (size_t i = 1; i <= s.n; i++) path[i] = (step){-DBL_MAX, 0, unk};
    for (size_t at = 0; at < s.n;) {
        size_t len = ond__lead((unsigned char)s.p[at]);
        if (len > s.n - at) len = s.n - at;
        if (!tokens_from(e->t, s, (uint32_t)at, len, path, close))
            offer(&path[at + len], path[at].score + (double)e->t->unk_score, (uint32_t)at, unk,
                  close);
        at += len;
    }
    return put_path(e, path, s.n);
}

/* What the sum is after the tokens from `first` on, added one by one as the path adds them. */
static double add_up(const ond__enc *e, size_t first, double sum)
{
    const ond_tok *t = e->t;
    for (size_t i = first; i < e->out->n; i++) {
        int32_t id = e->out->p[i];
        if (id == t->role[OND_TOK_UNK]) sum += (double)t->unk_score;
        else if (!(t->nature[id] & OND__USER)) sum += (double)ond_tok_score(t, id);
    }
    return sum;
}

/* One word, whose tokens touch no other word. The reference adds up from the beginning of the
 * text, so a word whose way is a close choice is looked at again with the sum so far, and is not
 * remembered. */
static int put_word(ond__enc *e, ond_str word, double *sum)
{
    size_t first = e->out->n;
    bool hit, close = false;
    ond__cached *c = ond__cache_find(e, word, &hit);
    int rc = hit ? ond__cache_put_ids(e, c) : OND_OK;
    if (!hit) {
        if (c) c->n = 0;
        rc = best_path(e, word, 0, &close);
        if (!rc && close) {
            e->out->n = first;
            rc = best_path(e, word, *sum, &close);
        } else if (!rc && c) {
            ond__cache_fill(e, c, word, first);
        }
    }
    if (!rc) *sum = add_up(e, first, *sum);
    return rc;
}

/* Of neighbouring unknown tokens one stays. The cache points at ids, so it is emptied where they
 * move. */
static void merge_unknown(ond__enc *e, size_t first)
{
    size_t n = first;
    int32_t unk = e->t->role[OND_TOK_UNK];
    for (size_t i = first; i < e->out->n; i++) {
        int32_t id = e->out->p[i];
        if (id < 0 || (id == unk && n > first && e->out->p[n - 1] == unk)) continue;
        e->out->p[n++] = id;
    }
    for (uint32_t i = 0; n < e->out->n && e->cache && i <= e->cache_mask; i++) e->cache[i].n = 0;
    e->out->n = n;
}

int ond__encode_unigram(ond__enc *e, ond_str text)
{
    size_t at = e->norm.n, first = e->out->n;
    double sum = 0;
    int rc = normalise(e, text);
    if (!rc && e->norm.n >= UINT32_MAX) rc = ond_fail(e->err, OND_E_INPUT, "the text is too long");
    e->base = ond_buf_z(&e->norm);
    e->cacheable = true;
    /* The front of a user-defined token may be half a character, which then takes the bytes that
     * follow. */
    bool whole = ond__form_of((ond_str){e->base + at, e->norm.n - at}) == OND__FORM_BAD;
    while (at < e->norm.n && !rc) {
        ond_str left = {e->base + at, e->norm.n - at};
        if (!whole) left.n = ond__spaced_word(e->t, left, false);
        rc = put_word(e, left, &sum);
        at += left.n;
    }
    if (!rc) merge_unknown(e, first);
    return rc;
}
