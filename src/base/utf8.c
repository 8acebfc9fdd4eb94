/* utf8.c - UTF-8 as RFC 3629 has it, Unicode forms by utf8proc, and the script of a sentence. */
#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

/* Length of the valid character at p (n bytes left), its value in *c; 0 when invalid. Bounds: RFC
 * 3629, section 4. */
static size_t decode(const unsigned char *p, size_t n, uint32_t *c)
{
    if (n == 0) return 0;
    if (p[0] < 0x80) return *c = p[0], 1;
    if (p[0] < 0xC2 || p[0] > 0xF4) return 0;
    size_t len = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (len > n) return 0;
    unsigned low = 0x80, high = 0xBF;
    if (p[0] == 0xE0) low = 0xA0;        /* overlong */
    else if (p[0] == 0xED) high = 0x9F;  /* surrogates */
    else if (p[0] == 0xF0) low = 0x90;   /* overlong */
    else if (p[0] == 0xF4) high = 0x8F;  /* beyond U+10FFFF */
    if (p[1] < low || p[1] > high) return 0;
    uint32_t v = p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
        v = v << 6 | (p[i] & 0x3Fu);
    }
    return *c = v, len;
}

size_t ond_utf8_valid(ond_str s)
{
    size_t at = 0;
    while (at < s.n) {
        uint32_t c;
        size_t len = decode((const unsigned char *)s.p + at, s.n - at, &c);
        if (!len) break;
        at += len;
    }
    return at;
}

uint32_t ond_utf8_next(ond_str s, size_t *at)
{
    uint32_t c;
    if (*at >= s.n) return 0;
    size_t len = decode((const unsigned char *)s.p + *at, s.n - *at, &c);
    *at += len ? len : 1;
    return len ? c : 0xFFFD;
}

size_t ond_utf8_put(uint32_t c, char out[4])
{
    return ond_utf8_write(c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF) ? 0xFFFD : c, out);
}

size_t ond_utf8_count(ond_str s)
{
    size_t n = 0;
    for (size_t at = 0; at < s.n; n++) ond_utf8_next(s, &at);
    return n;
}

size_t ond_utf8_cut(ond_str s, size_t max)
{
    if (max >= s.n) return s.n;
    /* Back over at most three continuation bytes; other text is cut where it was asked. */
    size_t n = max;
    for (int i = 0; i < 3 && n > 0 && ((unsigned char)s.p[n] & 0xC0) == 0x80; i++) n--;
    return ((unsigned char)s.p[n] & 0xC0) == 0x80 ? max : n;
}

static int map(ond_str s, utf8proc_option_t options, ond_buf *out, ond_err *err)
{
    size_t valid = ond_utf8_valid(s);
    if (valid < s.n)
        return ond_fail(err, OND_E_INPUT, "byte %zu of the text is not valid UTF-8", valid + 1);
    if (s.n == 0) return OND_OK;
    utf8proc_uint8_t *p = NULL;
    utf8proc_ssize_t n =
        utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &p, options);
    if (n == UTF8PROC_ERROR_NOMEM) return ond_nomem(err, "normalising a text");
    if (n < 0)
        return ond_fail(err, OND_E_INPUT, "the text cannot be normalised: %s", utf8proc_errmsg(n));
    ond_buf_put(out, p, (size_t)n);
    free(p);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "normalising a text");
}

int ond_utf8_nfc(ond_str s, ond_buf *out, ond_err *err)
{
    return map(s, UTF8PROC_STABLE | UTF8PROC_COMPOSE, out, err);
}

/* Only letters change under NFC and folding, so plain ASCII goes the short way. */
static bool fold_ascii(ond_str s, ond_buf *out)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80) return false;
    size_t from = out->n;
    ond_buf_str(out, s);
    if (!ond_buf_ok(out)) return false;
    for (char *p = out->p + from, *end = out->p + out->n; p < end; p++)
        if (*p >= 'A' && *p <= 'Z') *p = (char)(*p + ('a' - 'A'));
    return true;
}

int ond_utf8_fold(ond_str s, ond_buf *out, ond_err *err)
{
    if (fold_ascii(s, out)) return OND_OK;
    return map(s, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD, out, err);
}

static bool is_hangul(uint32_t c)
{
    return (c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x1100 && c <= 0x11FF) ||
           (c >= 0x3131 && c <= 0x318E) || (c >= 0xA960 && c <= 0xA97C) ||
           (c >= 0xD7B0 && c <= 0xD7FB);
}

static bool is_letter(uint32_t c)
{
    if (c < 0x80) return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    utf8proc_category_t k = utf8proc_category((utf8proc_int32_t)c);
    return k >= UTF8PROC_CATEGORY_LU && k <= UTF8PROC_CATEGORY_LO;
}

const char *ond_utf8_lang(ond_str s)
{
    size_t letters = 0, hangul = 0;
    for (size_t at = 0; at < s.n;) {
        uint32_t c = ond_utf8_next(s, &at);
        if (!is_letter(c)) continue;
        letters++;
        hangul += is_hangul(c);
    }
    return hangul && hangul * 3 >= letters ? "ko" : "en";
}
