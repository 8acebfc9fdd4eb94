/* tokens.c - how many tokens a text is, without a tokenizer; page strings that cannot leave their
 * quotes.
 *
 * Counted in the unit that makes the estimate conservative for the vocabularies of today: letters
 * in runs of three, every digit and every mark one, a blank before a word nothing, letters of two
 * bytes one, other characters two (a rare Hangul syllable is two in cl100k), those beyond the basic
 * plane three. */
#include "hand/web/observe.h"

#include "base/utf8.h"

static bool is_letter(uint32_t c)
{
    return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static size_t weight(uint32_t c)
{
    if (c < 0x800) return 1;
    if (c >= 0x10000) return 3;
    return c == 0x2026 ? 1 : 2;
}

/* Where the counting stands: letters of the run that goes on, whether the last was a blank. */
typedef struct counting {
    size_t tokens, letters;
    bool blank;
} counting;

static void count(counting *k, uint32_t c)
{
    if (is_letter(c)) {
        k->tokens += k->letters++ % 3 == 0;
        k->blank = false;
        return;
    }
    k->letters = 0;
    if (c == ' ') {
        k->tokens += k->blank;
        k->blank = true;
        return;
    }
    k->blank = false;
    k->tokens += weight(c);
}

size_t ond__tokens(ond_str text)
{
    counting k = {0};
    for (size_t at = 0; at < text.n;) count(&k, ond_utf8_next(text, &at));
    return k.tokens;
}

/* Characters that end lines, turn the direction of what follows, or cannot be seen. */
static bool is_unsafe(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xAD || c == 0x61C || c == 0x180E ||
           (c >= 0x200B && c <= 0x200F) || (c >= 0x2028 && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) || c == 0xFEFF ||
           (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF) || c == 0x115F ||
           c == 0x1160 || c == 0x3164 || c == 0xFFA0;
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == 0xA0 || c == 0x2028 ||
           c == 0x2029 || c == 0x3000 || c == 0x85 || c == 0x0B || c == 0x0C;
}

void ond__quote(ond_buf *out, const char *text, size_t most)
{
    ond_str s = ond_str_of(text);
    counting k = {0};
    bool blank = false, any = false;
    ond_buf_putc(out, '"');
    for (size_t at = 0; at < s.n;) {
        uint32_t c = ond_utf8_next(s, &at);
        if (is_blank(c)) {
            blank = any;
            continue;
        }
        if (is_unsafe(c)) continue;
        if (blank) count(&k, ' ');
        if (c == '"' || c == '\\') count(&k, '\\');
        count(&k, c);
        if (k.tokens >= most && at < s.n) {
            ond_buf_puts(out, "…");
            break;
        }
        char bytes[4];
        if (blank) ond_buf_putc(out, ' ');
        if (c == '"' || c == '\\') ond_buf_putc(out, '\\');
        ond_buf_put(out, bytes, ond_utf8_put(c, bytes));
        blank = false;
        any = true;
    }
    ond_buf_putc(out, '"');
}
