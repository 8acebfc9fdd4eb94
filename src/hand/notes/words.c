/* words.c - the words of a query, and where they stand in a text.
 *
 * A word stands where its folded letters do, also inside another word. Between Hangul syllables the
 * text may have a blank that the query has not. A Korean word is also looked for without the
 * particle at its end, where that particle fits the sound before it. Slips of the finger are looked
 * for only when nothing else is found. */
#include "hand/notes/internal.h"

#include "base/hash.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { TERMS = 16, NEAR_WORDS = 24, SEEN_SLOTS = 1 << 18, PROBES = 32 };

static bool is_hangul(uint32_t c)
{
    return c >= 0xAC00 && c <= 0xD7A3;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool is_mark(char c)
{
    return c && strchr("\"'`,.;:!?()[]{}<>*_~#|", c) != NULL;
}

/* ---- particles ---- */

static bool ends_with(ond_str word, const char *end, size_t n)
{
    return word.n > n && memcmp(word.p + word.n - n, end, n) == 0;
}

/* Whether `word` is `stem` with the particle of `pair` that belongs there. */
static bool is_joined(ond_str word, ond_str stem, const char *pair)
{
    ond_buf b = {0};
    ond_josa(&b, stem, pair);
    bool same = ond_buf_ok(&b) && b.n == word.n && memcmp(b.p, word.p, b.n) == 0;
    ond_buf_free(&b);
    return same;
}

/* The stem of a word with one of these at its end; one syllable is left at least. */
static bool stem_by(ond_str word, const char *pair, ond_str *stem)
{
    const char *slash = strchr(pair, '/');
    size_t first = slash ? (size_t)(slash - pair) : strlen(pair);
    const char *forms[] = {pair, slash ? slash + 1 : ""};
    size_t lens[] = {first, slash ? strlen(slash + 1) : 0};
    for (int i = 0; i < 2; i++) {
        if (lens[i] == 0 || !ends_with(word, forms[i], lens[i])) continue;
        *stem = (ond_str){word.p, word.n - lens[i]};
        if (is_joined(word, *stem, pair)) return true;
    }
    return false;
}

static ond_str without_particle(ond_str word)
{
    static const char *const all[] = {
        "에서는", "에게서", "으로는/로는", "에서",    "에게",    "한테",  "까지",  "부터",
        "보다",   "처럼",   "이랑/랑",     "이나/나", "으로/로", "은/는", "이/가", "을/를",
        "과/와",  "에는",   "에",          "의",      "도",      "만"};
    ond_str stem;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (stem_by(word, all[i], &stem)) return stem;
    return (ond_str){NULL, 0};
}

/* ---- a query ---- */

static ond_str next_word(ond_str *rest)
{
    while (rest->n && is_blank(rest->p[0])) rest->p++, rest->n--;
    size_t n = 0;
    while (n < rest->n && !is_blank(rest->p[n])) n++;
    ond_str word = {rest->p, n};
    *rest = (ond_str){rest->p + n, rest->n - n};
    ond_str bare = word;
    while (bare.n && is_mark(bare.p[0])) bare.p++, bare.n--;
    while (bare.n && is_mark(bare.p[bare.n - 1])) bare.n--;
    return bare.n ? bare : word;
}

static bool all_hangul(ond_str s)
{
    for (size_t at = 0; at < s.n;)
        if (!is_hangul(ond_utf8_next(s, &at))) return false;
    return s.n > 0;
}

int ond__query_make(const char *query, ond__query *out, ond_err *err)
{
    *out = (ond__query){0};
    ond_str s = ond_str_trim(ond_str_of(query));
    int rc = s.n ? ond__note_fold(s, &out->text, err)
                 : ond_fail(err, OND_E_INPUT, "say what to look for in the notes");
    ond_str rest = {ond_buf_z(&out->text), out->text.n};
    while (rc == 0 && out->n < TERMS) {
        ond_str word = next_word(&rest);
        if (word.n == 0) break;
        ond__term *t = &out->term[out->n++];
        t->form[0] = word;
        t->hangul = all_hangul(word);
        if (t->hangul) t->form[1] = without_particle(word);
        if (out->phrase.n) ond_buf_putc(&out->phrase, ' ');
        ond_buf_str(&out->phrase, word);
    }
    if (rc == 0 && !ond_buf_ok(&out->phrase)) rc = ond_nomem(err, "looking through the notes");
    if (rc != 0) ond__query_free(out);
    return rc;
}

void ond__query_free(ond__query *q)
{
    for (size_t i = 0; i < q->n; i++) free(q->term[i].more);
    ond_buf_free(&q->text);
    ond_buf_free(&q->near);
    ond_buf_free(&q->phrase);
    *q = (ond__query){0};
}

/* ---- where it stands ---- */

/* The same syllables, with single blanks between some of them. */
static bool loose_here(ond_str word, const char *p, const char *end)
{
    for (size_t i = 0; i < word.n; i += 3) {
        if (i && p < end && *p == ' ') p++;
        if (end - p < 3 || memcmp(p, word.p + i, 3) != 0) return false;
        p += 3;
    }
    return true;
}

static const char *loose_at(ond_str word, ond_str text)
{
    const char *end = text.p + text.n;
    for (const char *p = text.p; (p = memmem(p, (size_t)(end - p), word.p, 3)) != NULL; p += 3)
        if (loose_here(word, p, end)) return p;
    return NULL;
}

const char *ond__term_at(const ond__term *t, ond_str text)
{
    const char *at = NULL;
    for (int i = 0; i < 2 && !at; i++) {
        ond_str form = t->form[i];
        if (form.n) at = memmem(text.p, text.n, form.p, form.n);
        if (!at && form.n > 3 && t->hangul) at = loose_at(form, text);
    }
    for (size_t i = 0; i < t->n_more && !at; i++)
        at = memmem(text.p, text.n, t->more[i].p, t->more[i].n);
    return at;
}

/* ---- slips ---- */

/* How many letters may differ; Hangul counts by jamo. 0: too short to guess. */
static int slips(const ond__term *t)
{
    size_t n = ond_utf8_count(t->form[0]);
    if (t->hangul) return n < 2 ? 0 : n == 2 ? 1 : 2;
    return n < 4 ? 0 : n < 8 ? 1 : 2;
}

typedef struct widener {
    ond__query *q;
    ond__term *t;
    size_t from[NEAR_WORDS], n; /* where the words lie in q->near */
    size_t chars, most_bytes;
    int most;
    uint64_t *seen; /* words that have been looked at; a full slot only costs time */
} widener;

static bool is_new(widener *w, ond_str word)
{
    uint64_t h = ond_fnv(word.p, word.n) | 1;
    for (size_t i = 0; i < PROBES; i++) {
        uint64_t *slot = &w->seen[(h / 2 + i) % SEEN_SLOTS];
        if (*slot == h) return false;
        if (*slot == 0) return *slot = h, true;
    }
    return true;
}

static void try_word(widener *w, ond_str word)
{
    ond_str said = w->t->form[0];
    size_t apart = word.n > said.n ? word.n - said.n : said.n - word.n;
    if (w->n == NEAR_WORDS || apart > w->most_bytes || !is_new(w, word)) return;
    if (ond_utf8_distance(said, word, w->most) > w->most) return;
    w->from[w->n++] = w->q->near.n;
    ond_buf_str(&w->q->near, word);
    ond_buf_putc(&w->q->near, '\0');
}

/* A Korean word goes on in particles and endings, so its beginning is compared too. */
static void try_text(widener *w, ond_str rest)
{
    while (rest.n && w->n < NEAR_WORDS) {
        ond_str word = next_word(&rest);
        if (word.n == 0) break;
        if (word.n > 200) continue;
        try_word(w, word);
        if (!w->t->hangul) continue;
        size_t at = 0;
        for (size_t i = 0; i < w->chars && at < word.n; i++) (void)ond_utf8_next(word, &at);
        if (at < word.n) try_word(w, (ond_str){word.p, at});
    }
}

static int widen_term(widener *w, const ond__notes *h, ond_err *err)
{
    w->chars = ond_utf8_count(w->t->form[0]);
    w->most = slips(w->t);
    w->most_bytes = 3 * (size_t)w->most;
    w->n = 0;
    if (w->most == 0) return OND_OK;
    memset(w->seen, 0, SEEN_SLOTS * sizeof *w->seen);
    for (size_t i = 0; i < h->n; i++) {
        const ond__note *n = &h->v[i];
        if (n->head.n) try_text(w, (ond_str){n->head.p, n->head.n});
        if (n->folded.n) try_text(w, (ond_str){n->folded.p, n->folded.n});
    }
    w->t->more = calloc(w->n + 1, sizeof(ond_str));
    if (!w->t->more || !ond_buf_ok(&w->q->near)) return ond_nomem(err, "looking through the notes");
    for (size_t i = 0; i < w->n; i++) w->t->more[i].n = w->from[i]; /* an offset until all are in */
    w->t->n_more = w->n;
    return OND_OK;
}

int ond__query_widen(ond__query *q, const ond__notes *h, bool *any, ond_err *err)
{
    widener w = {.q = q, .seen = calloc(SEEN_SLOTS, sizeof(uint64_t))};
    int rc = w.seen ? OND_OK : ond_nomem(err, "looking through the notes");
    *any = false;
    for (size_t i = 0; rc == 0 && i < q->n; i++) {
        w.t = &q->term[i];
        rc = widen_term(&w, h, err);
        *any = *any || w.n > 0;
    }
    for (size_t i = 0; rc == 0 && i < q->n; i++)
        for (size_t k = 0; k < q->term[i].n_more; k++)
            q->term[i].more[k] = ond_str_of(q->near.p + q->term[i].more[k].n);
    if (rc != 0)
        for (size_t i = 0; i < q->n; i++) q->term[i].n_more = 0;
    free(w.seen);
    return rc;
}
