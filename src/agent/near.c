/* near.c - a sentence with a slip of the finger: "스텐드 켜 줘", "trun on the light".
 *
 * A sentence that no rule takes is tried again with one word put right: in English a word that
 * nobody here knows becomes the known one that is nearest; in Korean a run of syllables that is one
 * letter (jamo) away from a name or a word of the sentences becomes that. What comes out counts only
 * where all ways to put it right come to the same; where they do not, nothing is done and that is
 * said. Free text is never put right: readings with a wildcard do not count in Korean, and in
 * English only words that are in no sentence are touched. */
#include "agent/room.h"
#include "base/utf8.h"

#include <stdlib.h>

enum { MOST_TRIES = 40, MOST_WORDS = 24, MOST_LETTERS = 48 };

/* ---- what is known ---- */

static void words_free(ond__words_known *k)
{
    free(k->own);
    free(k->word);
    *k = (ond__words_known){0};
}

void ond__words_forget(ond__tongue *t) { words_free(&t->known); }

static bool is_known(const ond__words_known *k, ond_str s)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->word[i].n == s.n && memcmp(k->word[i].p, s.p, s.n) == 0)
            return true;
    return false;
}

/* The house's names, each word of them, squeezed in Korean; into `own`, one after the other. */
static bool names_put(ond_buf *own, const cJSON *names, const char *lang, bool whole)
{
    const char *v[32];
    size_t n = ond__names_of(names, lang, v, 32);
    for (size_t i = 0; i < n; i++) {
        ond_buf folded = {0};
        if (whole)
            ond__squeeze(&folded, v[i]);
        else if (ond_utf8_fold(ond_str_of(v[i]), &folded, NULL) != 0)
            folded.bad = true;
        for (size_t k = 0; k < folded.n; k++)
            if (folded.p[k] == ' ' || folded.p[k] == '\'')
                folded.p[k] = '\n';
        ond_buf_puts(own, ond_buf_z(&folded));
        ond_buf_putc(own, '\n');
        ond_buf_free(&folded);
    }
    return !own->bad;
}

static bool house_put(ond_buf *own, const ond__registry *r, const char *lang)
{
    bool korean = strcmp(lang, "ko") == 0, ok = true;
    for (size_t i = 0; ok && i < r->n_device; i++)
        ok = names_put(own, ond_json_get(r->device[i].row, "names"), lang, korean);
    for (size_t i = 0; ok && i < r->n_area; i++)
        ok = names_put(own, r->area[i].names, lang, korean);
    for (size_t i = 0; ok && i < r->n_floor; i++)
        ok = names_put(own, r->floor[i].names, lang, korean);
    return ok;
}

static int learn(const ond_agent *a, ond__tongue *t, ond_err *err)
{
    ond_buf own = {0};
    ond_str *words = NULL;
    size_t n = 0, names = 0;
    if (t->known.word && t->known.revision == a->registry.revision)
        return 0;
    words_free(&t->known);
    int rc = ond_grammar_words(t->grammar, &words, &n, err);
    if (rc != 0)
        return rc;
    bool ok = house_put(&own, &a->registry, t->lang);
    for (size_t i = 0; ok && i < own.n; i++)
        names += own.p[i] == '\n';
    ond_str *all = ok ? calloc(n + names + 1, sizeof *all) : NULL;
    if (!all) {
        free(words);
        ond_buf_free(&own);
        return ond_nomem(err, "collecting words");
    }
    size_t k = 0;
    char *text = ond_buf_take(&own);
    for (char *at = text, *end; at && (end = strchr(at, '\n')); at = end + 1)
        if (end > at)
            all[k++] = (ond_str){at, (size_t)(end - at)};
    if (n)
        memcpy(all + k, words, n * sizeof *all);
    free(words);
    t->known = (ond__words_known){
        .own = text, .word = all, .n = k + n, .names = k, .revision = a->registry.revision};
    return 0;
}

/* ---- sentences put right ---- */

typedef struct tries {
    ond_buf v[MOST_TRIES];
    size_t n;
} tries;

static void try_add(tries *t, const char *text, size_t from, size_t to, ond_str word)
{
    if (t->n == MOST_TRIES)
        return;
    ond_buf *b = &t->v[t->n++];
    *b = (ond_buf){0};
    ond_buf_put(b, text, from);
    ond_buf_str(b, word);
    ond_buf_puts(b, text + to);
}

static void tries_free(tries *t)
{
    for (size_t i = 0; i < t->n; i++)
        ond_buf_free(&t->v[i]);
}

/* Short words differ by a letter from too many others. */
static int most_apart(size_t letters) { return letters >= 8 ? 2 : letters >= 3 ? 1 : 0; }

static void try_english(const ond__words_known *k, const char *text, tries *out)
{
    for (size_t at = 0; text[at];) {
        size_t n = strcspn(text + at, " ,.?!");
        ond_str word = {text + at, n};
        int most = most_apart(n), best = most + 1;
        if (n && n < MOST_LETTERS && most && !is_known(k, word)) {
            for (size_t i = 0; i < k->n; i++) {
                if (k->word[i].n + 2 < n || k->word[i].n > n + 2 || k->word[i].n < 3)
                    continue;
                int d = ond_utf8_distance(word, k->word[i], most);
                if (d < best)
                    best = d;
            }
            for (size_t i = 0; best <= most && i < k->n; i++)
                if (k->word[i].n >= 3 && k->word[i].n <= n + 2 && k->word[i].n + 2 >= n &&
                    ond_utf8_distance(word, k->word[i], most) == best)
                    try_add(out, text, at, at + n, k->word[i]);
        }
        at += n;
        at += strspn(text + at, " ,.?!");
    }
}

static size_t syllables(ond_str s) { return ond_utf8_count(s); }

/* Bytes of the `n` characters from `at` on; 0: there are not so many, or one is no syllable. */
static size_t run_of(const char *text, size_t at, size_t n)
{
    size_t end = at;
    ond_str s = ond_str_of(text);
    for (size_t i = 0; i < n; i++) {
        if (end >= s.n)
            return 0;
        uint32_t c = ond_utf8_next(s, &end);
        if (c < 0xac00 || c > 0xd7a3)
            return 0;
    }
    return end - at;
}

/* The same first consonants: the slip is in a vowel or a final ("마춰", "올려조"). What differs in
 * more is another word: "불 꺼" is no "불러". */
static bool same_initials(ond_str a, ond_str b)
{
    for (size_t i = 0, k = 0; i < a.n && k < b.n;) {
        uint32_t x = ond_utf8_next(a, &i), y = ond_utf8_next(b, &k);
        if (x < 0xac00 || y < 0xac00 || (x - 0xac00) / 588 != (y - 0xac00) / 588)
            return false;
    }
    return true;
}

/* Words that turn a meaning round are no slip of another, and no part of one: "어제" is not "이제",
 * "왜" not "요". True where one of them lies in [at, at + len). */
static bool has_turning_word(const char *text, size_t at, size_t len)
{
    static const char *const turning[] = {"어제", "왜",   "안",   "못",  "말고",
                                          "빼고", "누가", "입지", "입을"};
    for (size_t i = 0; i < sizeof turning / sizeof turning[0]; i++) {
        const char *found = text;
        while ((found = strstr(found, turning[i]))) {
            size_t from = (size_t)(found - text);
            if (from < at + len && from + strlen(turning[i]) > at)
                return true;
            found++;
        }
    }
    return false;
}

static void try_korean_word(const char *text, ond_str word, bool name, tries *out)
{
    size_t n = syllables(word);
    ond_str s = ond_str_of(text);
    if (n < 2 || n > 8)
        return;
    for (size_t at = 0; at < s.n; (void)ond_utf8_next(s, &at)) {
        size_t len = run_of(text, at, n);
        if (!len || (len == word.n && memcmp(text + at, word.p, len) == 0))
            continue;
        ond_str run = {text + at, len};
        if (!has_turning_word(text, at, len) && (name || same_initials(run, word)) &&
            ond_utf8_distance(run, word, 1) == 1)
            try_add(out, text, at, at + len, word);
    }
}

/* "블 꺼 줘": the one word of a single syllable that is worth it. */
static void try_lamp(const char *text, tries *out)
{
    static const char *const slips[] = {"블", "뿔", "붉", "풀", "불를"};
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        const char *at = strstr(text, slips[i]);
        if (at)
            try_add(out, text, (size_t)(at - text), (size_t)(at - text) + strlen(slips[i]),
                    OND_S("불"));
    }
}

/* Names first, then words of the sentences; squeezed, since Korean is matched without spaces. */
static void try_korean(const ond__words_known *k, const char *text, tries *out)
{
    try_lamp(text, out);
    for (size_t i = 0; i < k->n && out->n < MOST_TRIES; i++)
        try_korean_word(text, k->word[i], i < k->names, out);
}

/* ---- which of them counts ---- */

static bool has_wildcard(const ond_match *m)
{
    for (size_t i = 0; i < m->n_slot; i++)
        if (m->slot[i].wildcard)
            return true;
    return false;
}

static bool counts(const ond__request *r, bool korean)
{
    for (size_t i = 0; i < r->n; i++) {
        const ond__wish *w = &r->part[i].w;
        if (w->code == OND_E_UNKNOWN || w->code == OND_E_UNAVAILABLE || !w->match)
            return false;
        if (w->code == OND_E_NOT_FOUND || w->code == OND_E_INPUT)
            return false;
        if (korean && has_wildcard(w->match))
            return false;
    }
    return r->n > 0;
}

static bool same_request(const ond__request *a, const ond__request *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++) {
        const ond__wish *x = &a->part[i].w, *y = &b->part[i].w;
        if (strcmp(x->match->intent, y->match->intent) != 0 || !ond__same_plan(&x->plan, &y->plan))
            return false;
    }
    return true;
}

static void two_meanings(ond__request *r)
{
    ond__wish *w = &r->part[0].w;
    ond_plan_free(&w->plan);
    w->plan = (ond_plan){0};
    OND__WISH_FAIL(w, OND_E_AMBIGUOUS, OND_M_AGENT_TWO_MEANINGS, "");
}

/* Moves what `from` read into r, under the words that were really said. */
void ond__request_take(ond__request *r, ond__request *from)
{
    ond__request_free(r);
    memcpy(r->part, from->part, sizeof r->part);
    r->n = from->n;
    r->takes_back = from->takes_back;
    r->leans = from->leans;
    for (size_t i = 0; i < r->n; i++) { /* `match` may point into the part that has moved */
        ond__wish *w = &r->part[i].w;
        if (w->match == &from->part[i].w.own)
            w->match = &w->own;
        w->confidence *= 0.8;
    }
    from->n = 0;
}

int ond__put_right(ond__request *r, ond_err *err)
{
    ond__tongue *t = NULL;
    tries all = {0};
    ond_buf plain = {0};
    bool korean = strcmp(r->ask.lang, "ko") == 0, found = false, differs = false;
    int rc;
    for (size_t i = 0; i < r->a->n_tongue; i++)
        if (strcmp(r->a->tongue[i].lang, r->ask.lang) == 0)
            t = &r->a->tongue[i];
    if (!t || r->put_right)
        return 0;
    OND_TRY(learn(r->a, t, err));
    if (korean)
        ond__squeeze(&plain, r->ask.text);
    else
        ond__tidy(&plain, r->ask.text);
    for (size_t i = 0; !korean && i < plain.n; i++)
        if (plain.p[i] >= 'A' && plain.p[i] <= 'Z')
            plain.p[i] = (char)(plain.p[i] + 32);
    if (ond_str_of(ond_buf_z(&plain)).n <= MOST_WORDS * 12) {
        if (korean)
            try_korean(&t->known, ond_buf_z(&plain), &all);
        else
            try_english(&t->known, ond_buf_z(&plain), &all);
    }
    ond__request best = {0};
    for (size_t i = 0; i < all.n && !differs; i++) {
        ond__request one = {.a = r->a, .ask = r->ask, .only = r->only, .back = r->back,
                            .put_right = true};
        one.ask.text = ond_buf_z(&all.v[i]);
        rc = ond__request_read(&one, err);
        if (rc == 0 && counts(&one, korean) && !found) {
            best = one;
            found = true;
            for (size_t k = 0; k < best.n; k++)
                if (best.part[k].w.match == &one.part[k].w.own)
                    best.part[k].w.match = &best.part[k].w.own;
            continue;
        }
        if (rc == 0 && counts(&one, korean))
            differs = !same_request(&best, &one);
        ond__request_free(&one);
        if (rc != 0)
            break;
    }
    if (rc == 0 && differs)
        two_meanings(r);
    else if (rc == 0 && found)
        ond__request_take(r, &best);
    ond__request_free(&best);
out:
    tries_free(&all);
    ond_buf_free(&plain);
    return rc;
}
