/* text.c - makes a sentence ready for matching: normal form, without punctuation and skip words,
 * folded. */
#include "talk/text.h"
#include "talk/chars.h"

typedef struct line { /* characters, worked on in place */
    uint32_t *c;
    size_t n;
} line;

static int no_room(const ond__scratch *s, ond_err *err)
{
    if (s->nomem) return ond_nomem(err, "matching a sentence");
    return ond_fail(err, OND_E_BUDGET,
                    "matching this sentence would take too much memory; say it more briefly");
}

static bool decode(ond_str s, size_t extra, ond__scratch *scratch, line *out)
{
    out->c = ond__scratch_get(scratch, (s.n + extra) * sizeof *out->c);
    if (!out->c) return false;
    out->n = 0;
    for (size_t at = 0; at < s.n;) out->c[out->n++] = ond_utf8_next(s, &at);
    return true;
}

/* ---- punctuation ---- */

typedef enum side { ANY, WORD, GAP } side; /* what must stand beside a run of punctuation */

static bool fits(const line *l, size_t at, size_t n, side s)
{
    return at < n && ond__is_word(l->c[at]) == (s == WORD);
}

/* Removes each run of punctuation that has `before` before it and `after` after it; of a run that
 * itself must serve as a neighbour, one character stays. The characters looked at are those before
 * removal. */
static void strip_runs(line *l, side before, side after)
{
    size_t to = 0, n = l->n, prev = n; /* prev: the character before i as it was; n: none */
    uint32_t last = 0;
    for (size_t i = 0; i < n;) {
        bool left = prev != n && ond__is_word(last) == (before == WORD);
        size_t end = i;
        while (left && end < n && ond__is_punct(l->c[end])) end++;
        while (end > i && !fits(l, end, n, after)) end--;
        if (end > i) {
            last = l->c[end - 1];
            prev = end - 1;
            i = end;
            continue;
        }
        last = l->c[i];
        prev = i;
        l->c[to++] = l->c[i++];
    }
    l->n = to;
}

/* "A.C." and the like keep their last dot. */
static bool is_initialism(const line *l)
{
    size_t pairs = 0;
    while (pairs * 2 + 1 < l->n && ond__is_word(l->c[pairs * 2]) && l->c[pairs * 2 + 1] == '.')
        pairs++;
    return pairs >= 2 && pairs * 2 == l->n;
}

static void strip_punctuation(line *l)
{
    size_t from = 0;
    while (from < l->n && ond__is_punct(l->c[from])) from++;
    l->c += from;
    l->n -= from;
    if (!is_initialism(l))
        while (l->n && ond__is_punct(l->c[l->n - 1])) l->n--;
    bool any = false;
    for (size_t i = 0; i < l->n && !any; i++) any = ond__is_punct(l->c[i]);
    if (!any) return;
    strip_runs(l, GAP, WORD);
    strip_runs(l, WORD, GAP);
    strip_runs(l, GAP, GAP);
}

/* ---- white space, normal form ---- */

static void single_spaces(line *l)
{
    size_t to = 0;
    for (size_t i = 0; i < l->n; i++) {
        bool space = ond__is_space(l->c[i]);
        if (space && (to == 0 || l->c[to - 1] == ' ')) continue;
        l->c[to++] = space ? ' ' : l->c[i];
    }
    while (to && l->c[to - 1] == ' ') to--;
    l->n = to;
}

static bool surely_nfc(const line *l)
{
    for (size_t i = 0; i < l->n; i++)
        if (!ond__surely_nfc(l->c[i])) return false;
    return true;
}

static int to_nfc(line *l, ond__scratch *s, ond_err *err)
{
    if (surely_nfc(l)) return 0;
    ond_buf in = {0}, out = {0};
    for (size_t i = 0; i < l->n; i++) {
        char bytes[4];
        ond_buf_put(&in, bytes, ond_utf8_put(l->c[i], bytes));
    }
    int rc = ond_buf_ok(&in) ? ond_utf8_nfc((ond_str){ond_buf_z(&in), in.n}, &out, err)
                             : ond_nomem(err, "matching a sentence");
    if (rc == 0 && !decode((ond_str){ond_buf_z(&out), out.n}, 1, s, l)) rc = no_room(s, err);
    ond_buf_free(&in);
    ond_buf_free(&out);
    return rc;
}

/* ---- skip words ---- */

static size_t skip_at(const line *l, size_t at, const ond__skips *skips, bool anywhere)
{
    if (!anywhere && at > 0 && ond__is_word(l->c[at - 1])) return 0;
    for (size_t w = 0; w < skips->n; w++) {
        size_t n = skips->len[w];
        if (n == 0 || n > l->n - at || ond__fold_char(l->c[at]) != skips->word[w][0]) continue;
        size_t k = 1;
        while (k < n && ond__fold_char(l->c[at + k]) == skips->word[w][k]) k++;
        if (k == n && (anywhere || at + n == l->n || !ond__is_word(l->c[at + n]))) return n;
    }
    return 0;
}

/* `anywhere`: in a language without spaces skip words go wherever they stand, and leave nothing. */
static void strip_skips(line *l, const ond__skips *skips, bool anywhere)
{
    size_t to = 0;
    bool any = false;
    for (size_t i = 0; i < l->n;) {
        size_t n = skip_at(l, i, skips, anywhere);
        if (n == 0) {
            l->c[to++] = l->c[i++];
            continue;
        }
        /* What stands before i has been copied already, so that a space fits: a skip word has one
         * letter at least. The look-behind of the next word reads l->c[i - 1], which is still the
         * last letter of this one. */
        any = true;
        i += n;
        if (!anywhere) l->c[to++] = ' ';
    }
    l->n = to;
    if (any && !anywhere) single_spaces(l);
}

/* ---- the arrays ---- */

static void fill_classes(ond__text *t, uint16_t *cls, uint16_t *next)
{
    cls[t->n] = next[t->n] = OND__NO_CLASS;
    for (uint32_t i = t->n; i-- > 0;) {
        unsigned char b = (unsigned char)t->fold[i];
        if (b == ' ' || (b & 0xC0) == 0x80) {
            cls[i] = cls[i + 1];
            next[i] = next[i + 1];
            continue;
        }
        size_t at = i;
        next[i] = cls[i + 1];
        cls[i] = b == '-' || b == '_' ? OND__ANY_CLASS
                                      : ond__class_of(ond_utf8_next((ond_str){t->fold, t->n}, &at));
    }
}

static void fill_later(const ond__text *t, ond__classes *later)
{
    later[t->n] = (ond__classes){{0}};
    for (uint32_t i = t->n; i-- > 0;) {
        later[i] = later[i + 1];
        ond__classes_add(&later[i], t->cls[i]);
    }
}

static bool fill(const line *l, bool ignore_space, ond__scratch *s, ond__text *t)
{
    size_t most = l->n * 4 + 1;
    char *raw = ond__scratch_get(s, most), *fold = ond__scratch_get(s, most), *broken = fold;
    uint16_t *at = ond__scratch_get(s, (most + 1) * sizeof *at),
             *nth = ond__scratch_get(s, (most + 1) * sizeof *nth);
    uint16_t *cls = ond__scratch_get(s, (most + 1) * sizeof *cls),
             *next = ond__scratch_get(s, (most + 1) * sizeof *next);
    uint8_t *word = ond__scratch_get(s, most + 1),
            *gap = ignore_space ? ond__scratch_get(s, most + 1) : word;
    ond__classes *later = ond__scratch_get(s, (most + 1) * sizeof *later);
    if (!raw || !fold || !at || !nth || !cls || !next || !word || !gap || !later) return false;
    if (ignore_space) memset(gap, 0, most + 1);
    uint32_t n = 0, raw_n = 0, chars = 0;
    for (size_t i = 0; i <= l->n; i++) {
        uint32_t c = i < l->n ? l->c[i] : ' ';
        if (ignore_space && c == ' ') {
            gap[n] = 1;
            continue;
        }
        char *to = fold + n;
        size_t k = ond_utf8_put(ond__fold_char(c), to);
        for (size_t j = 0; j < k; j++) {
            at[n + j] = (uint16_t)raw_n;
            nth[n + j] = (uint16_t)chars;
            word[n + j] = j == 0 && ond__is_word(c);
        }
        n += (uint32_t)k;
        raw_n += (uint32_t)ond_utf8_put(c, raw + raw_n);
        chars++;
        if (c == '-' || c == '_') t->last_break = n;
    }
    at[n] = (uint16_t)raw_n;
    nth[n] = (uint16_t)chars;
    word[n] = 0;
    if (t->last_break) {
        broken = ond__scratch_get(s, n);
        if (!broken) return false;
        for (uint32_t i = 0; i < n; i++)
            broken[i] = fold[i] == '-' || fold[i] == '_' ? ' ' : fold[i];
    }
    *t = (ond__text){.raw = raw,
                     .fold = fold,
                     .broken = broken,
                     .at = at,
                     .nth = nth,
                     .cls = cls,
                     .next = next,
                     .later = later,
                     .word = word,
                     .gap = ignore_space ? gap : NULL,
                     .n = n,
                     .raw_n = raw_n,
                     .last_break = t->last_break};
    fill_classes(t, cls, next);
    fill_later(t, later);
    return true;
}

static bool keep_line(const line *l, bool ignore_space, ond__scratch *s, ond__text *t)
{
    uint32_t *c = ond__scratch_get(s, (l->n + 1) * sizeof *c);
    if (!c) return false;
    for (size_t i = 0; i < l->n; i++) {
        c[i] = ond__fold_char(l->c[i]);
        if (ignore_space && c[i] == ' ') t->spaced = true;
    }
    t->line = c;
    t->said = l->c;
    t->n_line = (uint32_t)l->n;
    return true;
}

int ond__text_make(ond_str sentence, const ond__skips *skips, bool ignore_space, ond__scratch *s,
                   ond__text *out, ond_err *err)
{
    size_t valid = ond_utf8_valid(sentence);
    if (valid != sentence.n)
        return ond_fail(err, OND_E_INPUT, "the sentence is not valid UTF-8 at byte %zu", valid + 1);
    sentence = ond__trim(sentence);
    if (sentence.n > OND__TEXT_MOST)
        return ond_fail(err, OND_E_INPUT, "the sentence has %zu bytes; at most %d are read",
                        sentence.n, OND__TEXT_MOST);
    line l;
    *out = (ond__text){0};
    if (!decode(sentence, 1, s, &l)) return no_room(s, err);
    strip_punctuation(&l);
    single_spaces(&l);
    int rc = to_nfc(&l, s, err);
    if (rc != 0) return rc;
    if (skips->n) strip_skips(&l, skips, ignore_space);
    if (!fill(&l, ignore_space, s, out) || !keep_line(&l, ignore_space, s, out))
        return no_room(s, err);
    return 0;
}
