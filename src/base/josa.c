/* josa.c - the Korean particle that fits the last sound of a word.
 *
 * The last sounding character decides: quotes, brackets and full stops after it are passed over, %,
 * ° and the like are read as words. Numbers are read the Sino-Korean way (10 십, 100 백, 21.0 영),
 * capitals by their letter names (LED 엘이디, HTML 에이치티엠엘), other Latin words by how they are
 * commonly written in Hangul. */
#include "base/utf8.h"

#include <utf8proc.h>

typedef enum coda { OPEN, CLOSED, RIEUL } coda;   /* vowel, consonant, ㄹ */

/* ---- numbers ---- */

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

/* z ends with a digit. A grouping comma stands before three digits only. */
static coda number_coda(const char *z, size_t n)
{
    static const coda of_digit[] = {CLOSED, RIEUL,  OPEN,  CLOSED, OPEN,
                                    OPEN,   CLOSED, RIEUL, RIEUL,  OPEN};
    /* 십 백 천, then 만 억 조 경 for each four zeros. */
    static const coda of_power[] = {CLOSED, CLOSED, OPEN, CLOSED};
    size_t from = n, digits = 0, zeros = 0;
    bool only_zeros = true;
    while (from > 0) {
        char c = z[from - 1];
        if (c == ',' && digits && digits % 3 == 0 && from > 1 && is_digit(z[from - 2])) {
            from--;
            continue;
        }
        if (!is_digit(c)) break;
        if (c != '0') only_zeros = false;
        zeros += only_zeros;
        digits++;
        from--;
    }
    bool fraction = from > 1 && z[from - 1] == '.' && is_digit(z[from - 2]);
    bool spelled = fraction || only_zeros || digits > 20 || (z[from] == '0' && digits > 1);
    if (spelled || zeros == 0) return of_digit[z[n - 1] - '0'];
    return zeros < 4 ? CLOSED : of_power[(zeros / 4 - 1) % 4];
}

/* ---- Latin ---- */

static bool is_latin(char c) { return (c | 32) >= 'a' && (c | 32) <= 'z'; }
static bool is_vowel(char c) { return c && strchr("aeiouyAEIOUY", c) != NULL; }

static coda letter_coda(char c)
{
    c |= 32;
    return c == 'l' || c == 'r' ? RIEUL : c == 'm' || c == 'n' ? CLOSED : OPEN;
}

/* As a loan word: light 라이트, lamp 램프, fan 팬, ceiling 실링, home 홈, table 테이블, robot 로봇, desk 데스크. */
static coda word_coda(const char *z, size_t n)
{
    char last = z[n - 1] | 32, before = z[n - 2] | 32, third = n > 2 ? z[n - 3] | 32 : 0;
    if (last == 'l') return RIEUL;
    if (last == 'm' || last == 'n') return CLOSED;
    if (last == 'g') return before == 'n' ? CLOSED : OPEN;
    if (last == 'e' && third)
        return before == 'l' ? RIEUL : before == 'm' || before == 'n' ? CLOSED : OPEN;
    if (last == 'k' && before == 'c') return CLOSED;
    if (last == 'k' && before == 'o' && third == 'o') return CLOSED;
    if (strchr("pktb", last) && is_vowel(before)) return is_vowel(third) ? OPEN : CLOSED;
    return OPEN;
}

static coda latin_coda(const char *z, size_t n)
{
    size_t from = n;
    bool small = false, vowel = false;
    while (from > 0 && is_latin(z[from - 1])) {
        from--;
        small |= z[from] >= 'a';
        vowel |= is_vowel(z[from]);
    }
    bool word = small && vowel && n - from > 1;
    return word ? word_coda(z + from, n - from) : letter_coda(z[n - 1]);
}

/* ---- Hangul and signs ---- */

/* False when the character makes no sound. */
static bool sound_of(uint32_t c, coda *out)
{
    static const struct {
        uint32_t c;
        coda coda;
    } signs[] = {
        {'%', OPEN}, {0xB0, OPEN}, {0x2103, OPEN}, {0x2109, OPEN},   {'+', OPEN},    {'$', OPEN},
        {'&', OPEN}, {'@', OPEN},  {'#', CLOSED},  {0x20A9, CLOSED}, {0x20AC, OPEN}, {0x33A1, OPEN},
    };
    *out = OPEN;
    for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
        if (signs[i].c == c) return *out = signs[i].coda, true;
    if (c >= 0xAC00 && c <= 0xD7A3) {
        uint32_t final = (c - 0xAC00) % 28;
        *out = final == 0 ? OPEN : final == 8 ? RIEUL : CLOSED;
        return true;
    }
    if (c >= 0x11A8 && c <= 0x11C2)
        return *out = c == 0x11AF ? RIEUL : CLOSED, true; /* decomposed */
    if (c >= 0x3131 && c <= 0x314E)
        return *out = c == 0x3139 ? RIEUL : CLOSED, true; /* ㄱ is read 기역 */
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    return (k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO) ||
           (k >= UTF8PROC_CATEGORY_ND && k <= UTF8PROC_CATEGORY_NO);
}

static coda coda_of(ond_str w)
{
    while (w.n) {
        size_t start = w.n - 1, at;
        while (start > 0 && w.n - start < 4 && ((unsigned char)w.p[start] & 0xC0) == 0x80) start--;
        at = start;
        uint32_t c = ond_utf8_next(w, &at);
        if (at != w.n) {   /* the last byte belongs to no character */
            w.n--;
            continue;
        }
        if (c < 0x80 && is_digit((char)c)) return number_coda(w.p, w.n);
        if (c < 0x80 && is_latin((char)c)) return latin_coda(w.p, w.n);
        coda out;
        if (sound_of(c, &out)) return out;
        w.n = start;
    }
    return OPEN;
}

void ond_josa(ond_buf *out, ond_str word, const char *pair)
{
    const char *slash = strchr(pair, '/');
    ond_buf_str(out, word);
    if (!slash) {
        ond_buf_puts(out, pair);
        return;
    }
    coda c = coda_of(word);
    bool ro = strncmp(pair, "으로", strlen("으로")) == 0;
    if (c == OPEN || (ro && c == RIEUL)) ond_buf_puts(out, slash + 1);
    else ond_buf_put(out, pair, (size_t)(slash - pair));
}
