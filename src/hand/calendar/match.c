/* match.c - whether a title is what a person means: case, spaces, particles and a typing error
 * aside. */
#include "base/utf8.h"
#include "hand/calendar/internal.h"

#include <stdlib.h>

#define WORDS_MAX 12

/* Folded, without spaces and signs. */
static void squeeze(ond_str s, ond_buf *out)
{
    ond_buf folded = {0};
    if (ond_utf8_fold(s, &folded, NULL) == 0) s = (ond_str){ond_buf_z(&folded), folded.n};
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'))
            ond_buf_putc(out, (char)c);
    }
    ond_buf_free(&folded);
}

/* A Korean word without the particle at its end; as it is, where none is there. */
static ond_str strip_josa(ond_str w)
{
    static const char *const josa[] = {"에서는", "에게는", "으로", "에서", "에게", "한테", "까지",
                                       "부터",   "보다",   "이랑", "하고", "을",   "를",   "이",
                                       "가",     "은",     "는",   "의",   "에",   "로",   "와",
                                       "과",     "랑",     "도",   "만"};
    for (size_t i = 0; i < sizeof josa / sizeof *josa; i++) {
        size_t n = strlen(josa[i]);
        if (w.n >= n + 3 && memcmp(w.p + w.n - n, josa[i], n) == 0) return (ond_str){w.p, w.n - n};
    }
    return w;
}

static bool holds(const ond_buf *title, ond_str part)
{
    return part.n && title->n >= part.n && memmem(title->p, title->n, part.p, part.n);
}

static size_t split(ond_str s, ond_str *words)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n && n < WORDS_MAX;) {
        while (i < s.n && (s.p[i] == ' ' || s.p[i] == '\t')) i++;
        size_t from = i;
        while (i < s.n && s.p[i] != ' ' && s.p[i] != '\t') i++;
        if (i > from) words[n++] = (ond_str){s.p + from, i - from};
    }
    return n;
}

/* Letters as one types them: a syllable is two or three. */
static int letters(ond_str s)
{
    int n = 0;
    for (size_t at = 0; at < s.n;) {
        uint32_t c = ond_utf8_next(s, &at);
        n += c >= 0xAC00 && c <= 0xD7A3 ? ((c - 0xAC00) % 28 ? 3 : 2) : 1;
    }
    return n;
}

static bool is_near(ond_str a, ond_str b)
{
    int n = letters(a), most = n < 4 ? 0 : n < 8 ? 1 : n < 14 ? 2 : 3;
    return most > 0 && ond_utf8_distance(a, b, most) <= most;
}

static bool word_found(ond_str word, const ond_buf *title)
{
    ond_buf w = {0};
    squeeze(word, &w);
    ond_str s = {ond_buf_z(&w), w.n};
    bool found = s.n == 0 || holds(title, s) || holds(title, strip_josa(s));
    ond_buf_free(&w);
    return found;
}

static bool each_word(ond_str query, const ond_buf *title)
{
    ond_str words[WORDS_MAX];
    size_t n = split(query, words);
    for (size_t i = 0; i < n; i++)
        if (!word_found(words[i], title)) return false;
    return n > 0;
}

static bool near_word(ond_str q, ond_str title)
{
    ond_str words[WORDS_MAX];
    size_t n = split(title, words);
    bool near = false;
    for (size_t i = 0; i < n && !near; i++) {
        ond_buf w = {0};
        squeeze(words[i], &w);
        near = is_near(q, (ond_str){ond_buf_z(&w), w.n});
        ond_buf_free(&w);
    }
    return near;
}

int ond__cal_match(const char *query, const char *title)
{
    ond_buf q = {0}, t = {0};
    int score = 0;
    squeeze(ond_str_of(query), &q);
    squeeze(ond_str_of(title), &t);
    ond_str s = {ond_buf_z(&q), q.n};
    if (q.n == 0 || t.n == 0)
        score = 0;
    else if (q.n == t.n && memcmp(q.p, t.p, q.n) == 0)
        score = 100;
    else if (holds(&t, s) || holds(&t, strip_josa(s)))
        score = 90;
    else if (each_word(ond_str_of(query), &t))
        score = 80;
    else if (is_near(s, (ond_str){ond_buf_z(&t), t.n}) || near_word(s, ond_str_of(title)))
        score = 60;
    ond_buf_free(&q);
    ond_buf_free(&t);
    return score;
}
