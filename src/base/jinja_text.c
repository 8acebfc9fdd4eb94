/* jinja_text.c - what strings can do: length, trimming, case, finding, replacing. */
#include "base/jinja_internal.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <utf8proc.h>

size_t ond__j_length(const jrun *r, ond_str s)
{
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        n += (c & 0xC0) != 0x80;
        if (!r->python) n += c >= 0xF0;      /* two units of UTF-16 */
    }
    return n;
}

/* White space as the dialect has it: Python's has the separators 1C to 1F and the next line, but
 * not the byte order mark. */
static size_t space(const jrun *r, const char *p, const char *end)
{
    if (p >= end) return 0;
    if (r && r->python) {
        unsigned char c = (unsigned char)*p;
        if (c >= 0x1C && c <= 0x1F) return 1;
        if (c == 0xC2 && end - p >= 2 && (unsigned char)p[1] == 0x85) return 2;
        if (c == 0xEF) return 0;
    }
    return ond__j_space(p, end);
}

static size_t space_back(const jrun *r, const char *begin, const char *end)
{
    for (size_t n = 1; n <= 3 && (size_t)(end - begin) >= n; n++)
        if (space(r, end - n, end) == n) return n;
    return 0;
}

ond_str ond__j_trim(const jrun *r, ond_str s, bool left, bool right)
{
    for (size_t w; left && (w = space(r, s.p, s.p + s.n));) s.p += w, s.n -= w;
    for (size_t w; right && s.n && (w = space_back(r, s.p, s.p + s.n));) s.n -= w;
    return s;
}

static bool in_set(ond_str c, ond_str set)
{
    for (size_t at = 0; at < set.n;) {
        size_t from = at;
        ond_utf8_next(set, &at);
        if (at - from == c.n && memcmp(set.p + from, c.p, c.n) == 0) return true;
    }
    return false;
}

ond_str ond__j_trim_set(ond_str s, ond_str set, bool left, bool right)
{
    while (left && s.n) {
        size_t at = 0;
        ond_utf8_next(s, &at);
        if (!in_set((ond_str){s.p, at}, set)) break;
        s.p += at;
        s.n -= at;
    }
    while (right && s.n) {
        size_t at = s.n - 1;
        while (at > 0 && s.n - at < 4 && ((unsigned char)s.p[at] & 0xC0) == 0x80) at--;
        if (!in_set((ond_str){s.p + at, s.n - at}, set)) break;
        s.n = at;
    }
    return s;
}

/* ---- case ---- */

/* Characters whose capital is more than one character (Unicode, SpecialCasing.txt). */
static const uint16_t special[][4] = {{0x00DF, 'S', 'S'},
                                      {0x0149, 0x02BC, 'N'},
                                      {0x01F0, 'J', 0x030C},
                                      {0x0390, 0x0399, 0x0308, 0x0301},
                                      {0x03B0, 0x03A5, 0x0308, 0x0301},
                                      {0x0587, 0x0535, 0x0552},
                                      {0x1E96, 'H', 0x0331},
                                      {0x1E97, 'T', 0x0308},
                                      {0x1E98, 'W', 0x030A},
                                      {0x1E99, 'Y', 0x030A},
                                      {0x1E9A, 'A', 0x02BE},
                                      {0x1F50, 0x03A5, 0x0313},
                                      {0x1F52, 0x03A5, 0x0313, 0x0300},
                                      {0x1F54, 0x03A5, 0x0313, 0x0301},
                                      {0x1F56, 0x03A5, 0x0313, 0x0342},
                                      {0x1FB2, 0x1FBA, 0x0399},
                                      {0x1FB3, 0x0391, 0x0399},
                                      {0x1FB4, 0x0386, 0x0399},
                                      {0x1FB6, 0x0391, 0x0342},
                                      {0x1FB7, 0x0391, 0x0342, 0x0399},
                                      {0x1FBC, 0x0391, 0x0399},
                                      {0x1FC2, 0x1FCA, 0x0399},
                                      {0x1FC3, 0x0397, 0x0399},
                                      {0x1FC4, 0x0389, 0x0399},
                                      {0x1FC6, 0x0397, 0x0342},
                                      {0x1FC7, 0x0397, 0x0342, 0x0399},
                                      {0x1FCC, 0x0397, 0x0399},
                                      {0x1FD2, 0x0399, 0x0308, 0x0300},
                                      {0x1FD3, 0x0399, 0x0308, 0x0301},
                                      {0x1FD6, 0x0399, 0x0342},
                                      {0x1FD7, 0x0399, 0x0308, 0x0342},
                                      {0x1FE2, 0x03A5, 0x0308, 0x0300},
                                      {0x1FE3, 0x03A5, 0x0308, 0x0301},
                                      {0x1FE4, 0x03A1, 0x0313},
                                      {0x1FE6, 0x03A5, 0x0342},
                                      {0x1FE7, 0x03A5, 0x0308, 0x0342},
                                      {0x1FF2, 0x1FFA, 0x0399},
                                      {0x1FF3, 0x03A9, 0x0399},
                                      {0x1FF4, 0x038F, 0x0399},
                                      {0x1FF6, 0x03A9, 0x0342},
                                      {0x1FF7, 0x03A9, 0x0342, 0x0399},
                                      {0x1FFC, 0x03A9, 0x0399},
                                      {0xFB00, 'F', 'F'},
                                      {0xFB01, 'F', 'I'},
                                      {0xFB02, 'F', 'L'},
                                      {0xFB03, 'F', 'F', 'I'},
                                      {0xFB04, 'F', 'F', 'L'},
                                      {0xFB05, 'S', 'T'},
                                      {0xFB06, 'S', 'T'},
                                      {0xFB13, 0x0544, 0x0546},
                                      {0xFB14, 0x0544, 0x0535},
                                      {0xFB15, 0x0544, 0x053B},
                                      {0xFB16, 0x054E, 0x0546},
                                      {0xFB17, 0x0544, 0x053D}};

static void put_point(ond_buf *out, uint32_t c)
{
    char z[4];
    ond_buf_put(out, z, ond_utf8_put(c, z));
}

static void put_upper(ond_buf *out, uint32_t c)
{
    if (c >= 0x1F80 && c <= 0x1FAF) {            /* with iota below: its capital stands behind */
        static const uint16_t base[] = {0x1F08, 0x1F28, 0x1F68};
        put_point(out, base[(c - 0x1F80) >> 4] + (c & 7u));
        put_point(out, 0x0399);
        return;
    }
    for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++)
        if (special[i][0] == c) {
            for (size_t k = 1; k < 4 && special[i][k]; k++) put_point(out, special[i][k]);
            return;
        }
    put_point(out, (uint32_t)utf8proc_toupper((utf8proc_int32_t)c));
}

static bool letter(ond_str s, size_t at)
{
    size_t next = at;
    if (at >= s.n) return false;
    utf8proc_category_t c = utf8proc_category((utf8proc_int32_t)ond_utf8_next(s, &next));
    return c == UTF8PROC_CATEGORY_LU || c == UTF8PROC_CATEGORY_LL || c == UTF8PROC_CATEGORY_LT;
}

static void put_lower(ond_buf *out, uint32_t c, ond_str s, size_t from, size_t next)
{
    size_t before = from;
    while (before > 0 && ((unsigned char)s.p[--before] & 0xC0) == 0x80) continue;
    if (c == 0x0130) ond_buf_puts(out, "i\xCC\x87");
    else if (c == 0x03A3 && from > 0 && letter(s, before) && !letter(s, next))
        put_point(out, 0x03C2); /* sigma that ends a word */
    else put_point(out, (uint32_t)utf8proc_tolower((utf8proc_int32_t)c));
}

static int cased_unicode(jrun *r, ond_str s, bool upper, jv *out)
{
    ond_buf b = {0};
    for (size_t at = 0; at < s.n;) {
        size_t from = at;
        uint32_t c = ond_utf8_next(s, &at);
        if (c == 0xFFFD && at == from + 1) ond_buf_putc(&b, s.p[from]);    /* no UTF-8: as it is */
        else if (upper) put_upper(&b, c);
        else put_lower(&b, c, s, from, at);
    }
    return ond__j_take_buf(r, &b, out);
}

int ond__j_cased(jrun *r, ond_str s, bool upper, jv *out)
{
    char low = upper ? 'a' : 'A', high = upper ? 'z' : 'Z';
    size_t i = 0;
    bool change = false;
    for (; i < s.n && !(s.p[i] & 0x80); i++) change |= s.p[i] >= low && s.p[i] <= high;
    if (i < s.n) return cased_unicode(r, s, upper, out);
    if (!change) {
        *out = ond__j_str(s);
        return ond__j_spend(r, s.n / 64);
    }
    int rc = ond__j_copy(r, s, out);
    if (rc) return rc;
    char *p = (char *)out->s.p;              /* just made, nobody else's */
    for (i = 0; i < s.n; i++)
        if (p[i] >= low && p[i] <= high) p[i] ^= 0x20;
    return OND_OK;
}

int ond__j_is_case(jrun *r, ond_str s, bool upper, bool letter, bool *out)
{
    jv so;
    int rc = ond__j_cased(r, s, upper, &so);
    *out = rc == 0 && ond_str_eq(so.s, s);
    if (rc || !*out || !letter) return rc;
    rc = ond__j_cased(r, s, !upper, &so);
    *out = rc == 0 && !ond_str_eq(so.s, s);
    return rc;
}

/* ---- finding and replacing ---- */

size_t ond__j_find(ond_str s, ond_str what, size_t from)
{
    if (from > s.n) return SIZE_MAX;
    if (what.n == 0) return from;
    const char *p = memmem(s.p + from, s.n - from, what.p, what.n);
    return p ? (size_t)(p - s.p) : SIZE_MAX;
}

/* Between all characters. */
static void weave(ond_buf *out, ond_str s, ond_str to, double count)
{
    for (size_t at = 0;;) {
        size_t from = at;
        if (count-- > 0) ond_buf_str(out, to);
        if (at >= s.n || out->n > J_OUTPUT) break;
        ond_utf8_next(s, &at);
        ond_buf_put(out, s.p + from, at - from);
    }
}

int ond__j_replace(jrun *r, ond_str s, ond_str from, ond_str to, double count, jv *out)
{
    ond_buf b = {0};
    size_t at = 0, hit = ond__j_find(s, from, 0);
    *out = ond__j_str(s);
    int rc = ond__j_spend(r, 1 + s.n / 32);
    if (count < 0) count = (double)SIZE_MAX;
    if (rc || count == 0 || hit == SIZE_MAX) return rc;
    if (from.n == 0) weave(&b, s, to, count);
    else {
        for (; hit != SIZE_MAX && count > 0 && b.n <= J_OUTPUT; count--) {
            ond_buf_put(&b, s.p + at, hit - at);
            ond_buf_str(&b, to);
            at = hit + from.n;
            hit = ond__j_find(s, from, at);
        }
        ond_buf_put(&b, s.p + at, s.n - at);
    }
    if (b.n <= J_OUTPUT) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return ond__j_fail(r, "the text is larger than %zu MiB", J_OUTPUT >> 20);
}
