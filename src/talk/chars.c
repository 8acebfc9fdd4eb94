/* chars.c - case folding, character classes and normal text. */
#include "talk/chars.h"

#include <utf8proc.h>

uint32_t ond__fold_char(uint32_t c)
{
    if (c < 128) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    switch (c) { /* pairs without a one-character capital, which case-blind regular expressions take
                    as one */
    case 0x1FD3:
        return 0x0390;
    case 0x1FE3:
        return 0x03B0;
    case 0xFB05:
        return 0xFB06;
    default:
        break;
    }
    if ((c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x4E00 && c <= 0x9FFF)) return c;
    return (uint32_t)utf8proc_tolower(utf8proc_toupper((utf8proc_int32_t)c));
}

bool ond__is_word(uint32_t c)
{
    if (c < 128)
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '_';
    if (c >= 0xAC00 && c <= 0xD7A3) return true;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_ND:
    case UTF8PROC_CATEGORY_NL:
    case UTF8PROC_CATEGORY_NO:
        return true;
    default:
        return false;
    }
}

bool ond__is_space(uint32_t c)
{
    if (c < 128) return c == ' ' || (c >= 9 && c <= 13) || (c >= 0x1C && c <= 0x1F);
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool ond__is_punct(uint32_t c)
{
    switch (c) {
    case '.':
    case 0x3002:
    case ',':
    case 0xFF0C:
    case '?':
    case 0xBF:
    case 0xFF1F:
    case 0x61F:
    case '!':
    case 0xA1:
    case 0xFF01:
    case ';':
    case 0xFF1B:
    case ':':
    case 0xFF1A:
    case 0x2019:
        return true;
    default:
        return false;
    }
}

bool ond__space_at(ond_str s, size_t at)
{
    return at < s.n && ond__is_space(ond_utf8_next(s, &at));
}

ond_str ond__trim(ond_str s)
{
    for (size_t at = 0; at < s.n;) {
        if (!ond__is_space(ond_utf8_next(s, &at))) break;
        s = (ond_str){s.p + at, s.n - at};
        at = 0;
    }
    while (s.n > 0) {
        size_t at = s.n - 1;
        while (at > 0 && ((unsigned char)s.p[at] & 0xC0) == 0x80) at--;
        if (!ond__space_at(s, at)) break;
        s.n = at;
    }
    return s;
}

bool ond__surely_nfc(uint32_t c)
{
    return c < 0x300 || (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x4E00 && c <= 0x9FFF) ||
           (c >= 0x3000 && c <= 0x3098) || (c >= 0x410 && c <= 0x44F);
}

int ond__normal_text(ond_str s, ond_buf *out, ond_err *err)
{
    ond_buf single = {0};
    bool space = false, sure = true;
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c = ond_utf8_next(s, &at);
        bool now = ond__is_space(c);
        sure = sure && ond__surely_nfc(c);
        if (now && !space) ond_buf_putc(&single, ' ');
        if (!now) ond_buf_put(&single, s.p + from, at - from);
        space = now;
    }
    if (sure && ond_buf_ok(&single)) {
        ond_buf_put(out, ond_buf_z(&single), single.n);
        ond_buf_free(&single);
        return ond_buf_ok(out) ? 0 : ond_nomem(err, "normalising text");
    }
    int rc = ond_buf_ok(&single) ? ond_utf8_nfc((ond_str){ond_buf_z(&single), single.n}, out, err)
                                 : ond_nomem(err, "normalising text");
    ond_buf_free(&single);
    return rc;
}

void ond__fold_text(ond_str s, bool squeeze, ond_buf *out)
{
    for (size_t at = 0; at < s.n;) {
        uint32_t c = ond_utf8_next(s, &at);
        if (squeeze && ond__is_space(c)) continue;
        char bytes[4];
        ond_buf_put(out, bytes, ond_utf8_put(ond__fold_char(c), bytes));
    }
}

void ond__opening_add(ond__opening *o, ond_str text)
{
    size_t at = 0;
    int n = 0;
    ond__classes_add(&o->first, OND__ANY_CLASS);
    ond__classes_add(&o->second, OND__ANY_CLASS);
    while (at < text.n && n < 2) {
        uint32_t c = ond_utf8_next(text, &at);
        if (c != ' ') ond__classes_add(n++ ? &o->second : &o->first, ond__class_of(c));
    }
    o->one = o->one || n == 1;
}
