/* tidy.c - a sentence without what people put around it: quotes, "~", "^^", "ㅋㅋ", "ㅠㅠ", smiling
 * stops; and without what they say before they begin ("음", "well,").
 *
 * Only the ends are touched and typographic apostrophes made plain; the words stay as they were
 * said. Laughter in the middle stays, and the sentence is then not understood: nothing is guessed.
 */
#include "agent/room.h"

#include <ctype.h>
#include <strings.h>
#include "base/utf8.h"

static bool is_noise(uint32_t c)
{
    static const uint32_t noise[] = {
        ' ',    '\t',   '\n',   '\r',   '"',    '~',    '^',    '!',    '.',    ',',    ';',
        0x27,   0x00a0, 0x2018, 0x201c, 0x201d, 0x2026, 0x2665, 0x2764, 0x3000, 0x3002, 0x300c,
        0x300d, 0x301c, 0xfe0f, 0xff01, 0xff0c, 0xff0e, 0xff5e, 0x200b, 0xfeff,
    };
    for (size_t i = 0; i < sizeof noise / sizeof noise[0]; i++)
        if (c == noise[i])
            return true;
    return (c >= 0x3131 && c <= 0x318e) ||
           (c >= 0x1f300 && c <= 0x1faff); /* lone jamo, pictographs */
}

/* What people say before they begin. */
static size_t filler(const char *text)
{
    static const char *const fillers[] = {
        "음",   "어",     "저기",  "저기요",   "아",   "야",      "자",         "그",     "저",
        "있잖아", "있지", "그러니까", "um",     "uh",   "er",      "erm",        "well",   "so",
        "hey",  "oh",     "right", "hmm",      "hi",   "hello",   "okay so",    "ok so",  "alright",
        "listen", "pls",  "음음",  "으음",     "어어", "헤이",    "안녕",       "얘",     "please",
    };
    size_t best = 0;
    for (size_t i = 0; i < sizeof fillers / sizeof fillers[0]; i++) {
        size_t n = strlen(fillers[i]);
        if (strncasecmp(text, fillers[i], n) == 0 && n > best && strchr(" ,.~!…", text[n]) && text[n])
            best = n;
    }
    return best ? best + strspn(text + best, " ,.~!") : 0;
}

static bool is_question(uint32_t c) { return c == '?' || c == 0xff1f; }

void ond__tidy(ond_buf *out, const char *text)
{
    ond_str s = ond_str_of(text);
    size_t from = s.n, to = 0;
    bool asks = false;
    for (size_t at = 0; at < s.n;) {
        size_t begin = at;
        uint32_t c = ond_utf8_next(s, &at);
        if (is_noise(c) || is_question(c)) {
            asks |= is_question(c);
            continue;
        }
        asks = false;
        if (begin < from)
            from = begin;
        to = at;
    }
    for (size_t n; from < to && (n = filler(s.p + from)) > 0 && from + n < to;)
        from += n;
    for (size_t at = from; at < to;) {
        size_t begin = at;
        if (ond_utf8_next(s, &at) == 0x2019)
            ond_buf_putc(out, '\'');
        else
            ond_buf_put(out, s.p + begin, at - begin);
    }
    char first = ond_buf_z(out)[0], second = first ? ond_buf_z(out)[1] : '\0';
    if (isalpha((unsigned char)first))
        ond__polite(out);
    /* what begins with "any chance of" asks for a thing to be done */
    asks = asks && ond_buf_z(out)[0] == first && ond_buf_z(out)[1] == second;
    if (asks && isalpha((unsigned char)ond_buf_z(out)[0]))
        ond__asking(out);
}
