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
#include <strings.h>

enum { MOST_TRIES = 24, MOST_WORDS = 24, MOST_LETTERS = 48 };

/* ---- what is known ---- */

static void words_free(ond__words_known *k)
{
    free(k->own);
    free(k->word);
    free(k->letters);
    *k = (ond__words_known){0};
}

void ond__words_forget(ond__tongue *t) { words_free(&t->known); }

/* A letter more or less, or another in its place, changes one or two bits. */
static uint32_t letters_of(ond_str s)
{
    uint32_t set = 0;
    for (size_t i = 0; i < s.n; i++)
        set |= 1u << (s.p[i] & 31);
    return set;
}

static bool is_known(const ond__words_known *k, ond_str s, uint32_t letters)
{
    for (size_t i = 0; i < k->n; i++)
        if (k->letters[i] == letters && k->word[i].n == s.n && memcmp(k->word[i].p, s.p, s.n) == 0)
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
    uint32_t *letters = ok ? calloc(n + names + 1, sizeof *letters) : NULL;
    if (!all || !letters) {
        free(all);
        free(letters);
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
    for (size_t i = 0; i < k + n; i++)
        letters[i] = letters_of(all[i]);
    t->known = (ond__words_known){
        .own = text, .word = all, .letters = letters, .n = k + n, .names = k, .revision = a->registry.revision};
    return 0;
}

/* Common English words that are near a word of the sentences: "I hate meetings" is no "I have". */
static bool is_real_word(ond_str s)
{
    static const char *const words[] = {
        "hate", "hat",  "had",  "love", "live", "life", "like", "bike", "wife", "bad",  "bed",
        "bet",  "cat",  "car",  "bar",  "bat",  "fat",  "rat",  "dad",  "mum",  "gum",  "fun",
        "man",  "men",  "boy",  "bus",  "run",  "rain", "pain", "main", "mine", "wine", "fine",
        "line", "food", "wood", "good", "book", "cook", "look", "took", "pack", "walk", "work",
        "word", "wait", "want", "hand", "land", "sand", "fight", "night", "right", "sight", "tight",
        "might", "flight", "feel", "fell", "ball", "bell", "hell", "tell", "well", "sell", "fill",
        "hill", "pill", "will", "mill", "sort", "short", "shirt", "shop", "ship", "chip", "lips",
        "lamb", "damp", "camp", "ramp", "doer", "poor", "moor", "floor", "flour", "four", "tour",
        "hour", "sour", "soup", "group", "train", "brain", "grain", "heart", "hear", "heard", "near",
        "bear", "dear", "fear", "gear", "pear", "tear", "wear", "year", "gave", "wave", "cave",
        "heal", "meal", "deal", "seal", "eat", "meat", "neat", "seat", "beat", "feat", "fans",
        "plan", "plane", "place", "peace", "price", "rice", "nice", "dice", "mice", "ice"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (ond_str_is(s, words[i]))
            return true;
    return false;
}

/* ---- sentences put right ---- */

typedef struct tries {
    ond_buf v[MOST_TRIES];
    ond_str word[MOST_TRIES]; /* what was put in */
    size_t n;
} tries;

static void try_add(tries *t, const char *text, size_t from, size_t to, ond_str word)
{
    if (t->n == MOST_TRIES)
        return;
    ond_buf b = {0};
    ond_buf_put(&b, text, from);
    ond_buf_str(&b, word);
    ond_buf_puts(&b, text + to);
    for (size_t i = 0; i < t->n; i++)
        if (strcmp(ond_buf_z(&t->v[i]), ond_buf_z(&b)) == 0) {
            ond_buf_free(&b);
            return;
        }
    t->word[t->n] = word;
    t->v[t->n++] = b;
}

static void tries_free(tries *t)
{
    for (size_t i = 0; i < t->n; i++)
        ond_buf_free(&t->v[i]);
}

/* Short words differ by a letter from too many others. */
static int most_apart(size_t letters) { return letters >= 8 ? 2 : letters >= 3 ? 1 : 0; }

/* Of three letters only a swap is a slip ("teh"): "cat" is no "cut". */
static bool same_letters(ond_str a, ond_str b)
{
    int count[256] = {0};
    for (size_t i = 0; i < a.n; i++)
        count[(unsigned char)a.p[i]]++;
    for (size_t i = 0; i < b.n; i++)
        count[(unsigned char)b.p[i]]--;
    for (int i = 0; i < 256; i++)
        if (count[i])
            return false;
    return true;
}

/* Whether the two may be at most that far apart. */
static bool may_be(const ond__words_known *k, size_t i, ond_str word, uint32_t letters, int most)
{
    ond_str known = k->word[i];
    /* the length first: it costs least, and most words go by it */
    return known.n >= 3 && known.n <= word.n + 2 && known.n + 2 >= word.n &&
           __builtin_popcount(letters ^ k->letters[i]) <= 2 * most &&
           (word.n > 3 || same_letters(word, known));
}

static void try_english(const ond__words_known *k, const char *text, tries *out)
{
    for (size_t at = 0; text[at];) {
        size_t n = strcspn(text + at, " ,.?!");
        ond_str word = {text + at, n};
        uint32_t letters = letters_of(word);
        int most = most_apart(n), best = most + 1;
        if (n && n < MOST_LETTERS && most && !is_known(k, word, letters) && !is_real_word(word)) {
            for (size_t i = 0; i < k->n; i++) {
                int d = may_be(k, i, word, letters, most) ? ond_utf8_distance(word, k->word[i], most) : best;
                if (d < best)
                    best = d;
            }
            for (size_t i = 0; best <= most && i < k->n; i++)
                if (may_be(k, i, word, letters, most) &&
                    ond_utf8_distance(word, k->word[i], most) == best)
                    try_add(out, text, at, at + n, k->word[i]);
        }
        at += n;
        at += strspn(text + at, " ,.?!");
    }
}

/* The number of a syllable of Hangul, three bytes in UTF-8; -1 where there is none. */
static int syllable(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    if (u[0] < 0xea || u[0] > 0xed)
        return -1;
    int c = (u[0] & 0x0f) << 12 | (u[1] & 0x3f) << 6 | (u[2] & 0x3f);
    return c >= 0xac00 && c <= 0xd7a3 ? c - 0xac00 : -1;
}

/* Two runs of n syllables that differ in one letter of one syllable. Beyond the names of the house,
 * the first consonants must be the same: the slip is in a vowel or a final ("마춰", "올려조"); what
 * differs in more is another word ("불 꺼" is no "불러"). */
static bool one_letter_apart(const char *a, const char *b, size_t n, bool name)
{
    enum { N = 4, L = 8, SS = 20 }; /* finals */
    size_t at = n;
    for (size_t i = 0; i < n; i++)
        if (memcmp(a + 3 * i, b + 3 * i, 3) != 0) {
            if (at != n)
                return false;
            at = i;
        }
    if (at == n)
        return false;
    int x = syllable(a + 3 * at), y = syllable(b + 3 * at);
    if (x < 0 || y < 0)
        return false;
    int from = x % 28, to = y % 28;
    if (!name && (from == N || from == L || from == SS) && (to == N || to == L || to == SS))
        return false; /* what is, what may be, what was: "추운", "추울", "췄" */
    int apart = (x / 588 != y / 588) + (x / 28 % 21 != y / 28 % 21) + (x % 28 != y % 28);
    return apart == 1 && (name || x / 588 == y / 588);
}

/* Words that turn a meaning round are never put right away: "어제" is no slip for "이제"; nor is an alarm one
 * for a reminder. */
static bool turns(const char *run, size_t n)
{
    static const char *const words[] = {"왜", "안", "못", "말", "빼", "내일", "모레", "어제", "이따",
                                        "누가", "만약", "절대", "지마", "면", "까", "했", "라고", "때",
                                        "입지", "입을", "알람", "알림"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (memmem(run, n, words[i], strlen(words[i])))
            return true;
    return false;
}

static void try_korean_word(const char *text, size_t len, ond_str word, bool name, tries *out)
{
    size_t n = word.n / 3;
    if (word.n % 3 != 0 || n < 2 || n > 8 || syllable(word.p) < 0)
        return;
    for (size_t at = 0; at + word.n <= len; at++)
        if (syllable(text + at) >= 0 && one_letter_apart(text + at, word.p, n, name) &&
            !turns(text + at, word.n))
            try_add(out, text, at, at + word.n, word);
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
    size_t len = strlen(text);
    try_lamp(text, out);
    for (size_t i = 0; i < k->n && out->n < MOST_TRIES; i++)
        try_korean_word(text, len, k->word[i], i < k->names, out);
}

/* ---- which of them counts ---- */

static bool has_wildcard(const ond_match *m)
{
    for (size_t i = 0; i < m->n_slot; i++)
        if (m->slot[i].wildcard)
            return true;
    return false;
}

/* Free text is left as it was said: "out of ideas" is not put right into "out of idea". */
static bool in_free_text(const ond_match *m, ond_str word)
{
    for (size_t i = 0; i < m->n_slot; i++) {
        const char *said = m->slot[i].wildcard ? m->slot[i].said : NULL;
        for (const char *at = said; at && *at; at += strspn(at, " ")) {
            size_t n = strcspn(at, " ");
            if (n == word.n && strncasecmp(at, word.p, n) == 0)
                return true;
            at += n;
        }
    }
    return false;
}

static bool counts(const ond__request *r, ond_str put, bool korean)
{
    for (size_t i = 0; i < r->n; i++) {
        const ond__wish *w = &r->part[i].w;
        if (w->code == OND_E_UNKNOWN || w->code == OND_E_UNAVAILABLE || !w->match)
            return false;
        if (w->code == OND_E_NOT_FOUND || w->code == OND_E_INPUT)
            return false;
        if (korean ? has_wildcard(w->match) : in_free_text(w->match, put))
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

/* A sentence in which a word turns the meaning is left as it is. */
static bool turned(const char *text)
{
    static const char *const words[] = {"왜", "못", "내일", "모레", "어제", "이따", "누가", "만약",
                                        "절대", "지 마", "지마", "말고", "빼고", "했", "할까", "왔",
                                        "줄까", "달래", "던데", "더라", "겠지", "잖아", "준대", "달라던", "뻔"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strstr(text, words[i]))
            return true;
    return false;
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
    if (!t || r->put_right || (korean && turned(r->ask.text)))
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
        if (rc == 0 && counts(&one, all.word[i], korean) && !found) {
            best = one;
            found = true;
            for (size_t k = 0; k < best.n; k++)
                if (best.part[k].w.match == &one.part[k].w.own)
                    best.part[k].w.match = &best.part[k].w.own;
            continue;
        }
        if (rc == 0 && counts(&one, all.word[i], korean))
            differs = !same_request(&best, &one);
        ond__request_free(&one);
        if (rc != 0)
            break;
    }
    if (rc == 0 && differs)
        two_meanings(r);
    else if (rc == 0 && found)
        ond__request_move(r, &best);
    ond__request_free(&best);
out:
    tries_free(&all);
    ond_buf_free(&plain);
    return rc;
}
