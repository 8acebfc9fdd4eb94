/* split_hand.c - the patterns of pre.def that most models use, by hand: several times as fast.
 *
 * Each returns the bytes of the first word of valid, non-empty text, and means what its row's
 * pattern means (tests/tok/test_tok_split.c holds them equal on random text). What no
 * alternative of a pattern matches is a word too, up to the next match. */
#include "tok/words.h"

#include "tok/kinds.h"
#include "tok/spell.h"

enum { NOT_WORD = OND__P | OND__S | OND__M | OND__C | OND__NONE };

/* Kind of the character at `at` and its length; 0 at the end. */
static inline uint8_t kind_at(const char *p, size_t n, size_t at, size_t *len)
{
    *len = 0;
    if (at >= n) return 0;
    const unsigned char *b = (const unsigned char *)p + at;
    *len = 1;
    if (b[0] < 0x80) return ond__ascii_kind[b[0]];
    *len = ond__lead(b[0]);
    uint32_t c = *len == 2   ? (b[0] & 0x1Fu) << 6 | (b[1] & 0x3Fu)
                 : *len == 3 ? (b[0] & 0x0Fu) << 12 | (b[1] & 0x3Fu) << 6 | (b[2] & 0x3Fu)
                             : (b[0] & 0x07u) << 18 | (b[1] & 0x3Fu) << 12 | (b[2] & 0x3Fu) << 6 |
                                   (b[3] & 0x3Fu);
    return ond__kind_beyond(c);
}

/* The end of the characters of these kinds that begin at `at`. */
static inline size_t run(const char *p, size_t n, size_t at, uint8_t kinds)
{
    size_t len;
    while (kind_at(p, n, at, &len) & kinds) at += len;
    return at;
}

static inline size_t run_up_to(const char *p, size_t n, size_t at, uint8_t kinds, int most)
{
    size_t len;
    while (most-- > 0 && (kind_at(p, n, at, &len) & kinds)) at += len;
    return at;
}

static inline bool is_line_end(char c) { return c == '\n' || c == '\r'; }

static size_t line_ends(const char *p, size_t n, size_t at, bool slash)
{
    while (at < n && (is_line_end(p[at]) || (slash && p[at] == '/'))) at++;
    return at;
}

/* 's 't 're 've 'm 'll 'd; 0: none. */
static size_t is_ll(const char *p, size_t n, bool any_case)
{
    if (n < 2 || p[0] != '\'') return 0;
    int fold = any_case ? 0x20 : 0;
    int a = p[1] | fold, b = n > 2 ? p[2] | fold : 0;
    if (a == 's' || a == 't' || a == 'm' || a == 'd') return 2;
    if ((a == 'r' && b == 'e') || (a == 'v' && b == 'e') || (a == 'l' && b == 'l')) return 3;
    return 0;
}

/* White space at the front: all but the last character where a word follows, the last belongs to
 * that. */
static size_t blanks(const char *p, size_t n, bool lines)
{
    size_t at = 0, last = 0, after_line = 0, len;
    while (kind_at(p, n, at, &len) & OND__SPACE) {
        last = at;
        at += len;
        if (is_line_end(p[last])) after_line = at;
    }
    if (lines && after_line) return after_line;
    return at == n || last == 0 ? at : last;
}

size_t ond__next_gpt2(const char *p, size_t n, const char **until)
{
    (void)until;
    size_t len = is_ll(p, n, false);
    if (len) return len;
    size_t at = p[0] == ' ';
    uint8_t k = kind_at(p, n, at, &len);
    if (k & OND__L) return run(p, n, at + len, OND__L);
    if (k & OND__N) return run(p, n, at + len, OND__N);
    if (k & NOT_WORD) return run(p, n, at + len, NOT_WORD);
    return blanks(p, n, false);
}

/* The family of llama3 and qwen2. */
static inline size_t next_llama(const char *p, size_t n, uint8_t letters, int most_digits)
{
    size_t len = is_ll(p, n, true), second;
    if (len) return len;
    uint8_t k = kind_at(p, n, 0, &len);
    if (k & letters) return run(p, n, len, letters);
    if (k & OND__N) return run_up_to(p, n, len, OND__N, most_digits - 1);
    if (!is_line_end(p[0]) && (kind_at(p, n, len, &second) & letters))
        return run(p, n, len + second, letters);
    size_t at = p[0] == ' ';
    if (at) k = kind_at(p, n, at, &len);
    uint8_t marks = (uint8_t)(NOT_WORD & ~letters);
    if (k & marks) return line_ends(p, n, run(p, n, at + len, marks), false);
    return blanks(p, n, true);
}

size_t ond__next_llama3(const char *p, size_t n, const char **until)
{
    (void)until;
    return next_llama(p, n, OND__L, 3);
}

size_t ond__next_qwen2(const char *p, size_t n, const char **until)
{
    (void)until;
    return next_llama(p, n, OND__L, 1);
}

size_t ond__next_qwen35(const char *p, size_t n, const char **until)
{
    (void)until;
    return next_llama(p, n, OND__L | OND__M, 1);
}

/* Upper-case letters, then lower-case ones; letters beyond ASCII count as both. `at` where there
 * are none. */
static size_t cased(const char *p, size_t n, size_t at)
{
    size_t len, both = 0, upper;
    for (; at < n; at += len) {
        if (p[at] >= 'A' && p[at] <= 'Z') len = 1;
        else if ((unsigned char)p[at] < 0x80 || !(kind_at(p, n, at, &len) & OND__L)) break;
        else both = at + len;
    }
    for (upper = at; at < n; at += len) {
        if (p[at] >= 'a' && p[at] <= 'z') len = 1;
        else if ((unsigned char)p[at] < 0x80 || !(kind_at(p, n, at, &len) & OND__L)) break;
    }
    if (at > upper) return at;
    return both ? both : upper;
}

static inline size_t next_cased(const char *p, size_t n, int most_digits, bool contracts)
{
    size_t len;
    uint8_t k = kind_at(p, n, 0, &len);
    if (k & OND__N) return run_up_to(p, n, len, OND__N, most_digits - 1);
    size_t from = (k & OND__L) || is_line_end(p[0]) ? 0 : len, at = cased(p, n, from);
    if (at > from) return at + (contracts ? is_ll(p + at, n - at, true) : 0);
    at = p[0] == ' ';
    if (at) k = kind_at(p, n, at, &len);
    if (k & NOT_WORD) return line_ends(p, n, run(p, n, at + len, NOT_WORD), true);
    return blanks(p, n, true);
}

size_t ond__next_gpt4o(const char *p, size_t n, const char **until)
{
    (void)until;
    return next_cased(p, n, 3, true);
}

size_t ond__next_tekken(const char *p, size_t n, const char **until)
{
    (void)until;
    return next_cased(p, n, 1, false);
}

static inline bool is_latin(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

size_t ond__next_deepseek3(const char *p, size_t n, const char **until)
{
    (void)until;
    const uint8_t word = OND__L | OND__M, mark = OND__P | OND__S;
    size_t len, at;
    uint8_t k = kind_at(p, n, 0, &len);
    if ((k & mark) && len == 1 && n > 1 && is_latin(p[1])) {
        for (at = 2; at < n && is_latin(p[at]);) at++;
        return at;
    }
    at = !(k & (OND__L | mark)) && !is_line_end(p[0]) ? len : 0;
    size_t end = run(p, n, at, word);
    if (end > at) return end;
    if (k & word) return len;   /* a mark alone */
    at = p[0] == ' ';
    end = run(p, n, at, mark);
    if (end > at) return line_ends(p, n, end, false);
    if (k & OND__SPACE) return blanks(p, n, true);
    const uint8_t neither = (uint8_t)~(word | mark | OND__SPACE);
    for (at = len; kind_at(p, n, at, &len) & neither; at += len) {
        size_t after;
        if (kind_at(p, n, at + len, &after) & word) break;
    }
    return at;
}

size_t ond__next_digit(const char *p, size_t n, const char **until)
{
    (void)until;
    size_t len;
    uint8_t k = kind_at(p, n, 0, &len);
    return k & OND__N ? len : run(p, n, len, (uint8_t)~OND__N);
}

size_t ond__next_digits3(const char *p, size_t n, const char **until)
{
    (void)until;
    size_t len;
    uint8_t k = kind_at(p, n, 0, &len);
    return k & OND__N ? run_up_to(p, n, len, OND__N, 2) : run(p, n, len, (uint8_t)~OND__N);
}

size_t ond__next_digits(const char *p, size_t n, const char **until)
{
    (void)until;
    size_t len;
    uint8_t k = kind_at(p, n, 0, &len);
    return run(p, n, len, k & OND__N ? OND__N : (uint8_t)~OND__N);
}

size_t ond__next_thirds(const char *p, size_t n, const char **until)
{
    size_t len, count = 0;
    if (*until && p < *until) return run_up_to(p, n, 0, OND__N, 3);
    size_t from = run(p, n, 0, (uint8_t)~OND__N), end = from;
    for (; kind_at(p, n, end, &len) & OND__N; end += len) count++;
    *until = p + end;
    return run_up_to(p, n, from, OND__N, count % 3 ? (int)(count % 3) : 3);
}

/* Where the digits at `at` end. */
static size_t ascii_digits(const char *p, size_t n, size_t at)
{
    while (at < n && p[at] >= '0' && p[at] <= '9') at++;
    return at;
}

/* A cut before each three digits; what comes after the last three belongs to them. */
size_t ond__next_ascii_thirds(const char *p, size_t n, const char **until)
{
    size_t left = *until && p < *until ? (size_t)(*until - p) : 0;
    if (left > 3) return 3;
    for (size_t at = left, end; at < n; at = end > at ? end : at + 1) {
        end = ascii_digits(p, n, at);
        size_t count = end - at, cut = at + count % 3;
        if (count < 3) continue;
        *until = p + end;
        if (cut) return cut;
        if (count > 3) return 3;
    }
    return n;
}

size_t ond__next_lines(const char *p, size_t n, const char **until)
{
    (void)until;
    size_t at = 0;
    if (p[0] != '\n') {
        const char *line = memchr(p, '\n', n);
        return line ? (size_t)(line - p) : n;
    }
    while (at < n && p[at] == '\n') at++;
    return at;
}

/* Chinese characters and kana; *len their length. */
static bool is_cjk(const char *p, size_t n, size_t at, size_t *len)
{
    uint32_t c = 0;
    *len = ond__read(p + at, n - at, &c);
    if (!*len) *len = 1;
    return (c >= 0x4E00 && c <= 0x9FA5) || (c >= 0x3040 && c <= 0x30FF);
}

size_t ond__next_cjk(const char *p, size_t n, const char **until)
{
    (void)until;
    size_t at, len;
    bool first = is_cjk(p, n, 0, &len);
    for (at = len; at < n && is_cjk(p, n, at, &len) == first;) at += len;
    return at;
}
