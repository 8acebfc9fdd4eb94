/* jinja_filter_text.c - filters of strings; in Python's dialect anything else is taken as its
 * text. */
#include "base/jinja_internal.h"

#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

/* The text of v: Python's where the reference gives none. */
static int text(jrun *r, const jv *v, ond_str *out)
{
    ond_buf b = {0};
    jv t;
    int rc;
    if (v->kind == JV_STR || v->kind == JV_UNDEF) {
        *out = v->kind == JV_STR ? v->s : OND_S("");
        return OND_OK;
    }
    rc = ond__j_repr(r, v, &b);
    if (rc == 0) rc = ond__j_take_buf(r, &b, &t);
    ond_buf_free(&b);
    if (rc == 0) *out = t.s;
    return rc;
}

/* ---- case ---- */

int ond__jf_upper(jrun *r, const jv *v, const jargs *args, jv *out)
{
    ond_str s;
    (void)args;
    int rc = text(r, v, &s);
    return rc ? rc : ond__j_cased(r, s, true, out);
}

int ond__jf_lower(jrun *r, const jv *v, const jargs *args, jv *out)
{
    ond_str s;
    (void)args;
    int rc = text(r, v, &s);
    return rc ? rc : ond__j_cased(r, s, false, out);
}

static bool word_char(char c)
{
    return (c >= '0' && c <= '9') || c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Python's: the first letter of a word is large, others are small. The method begins a word after
 * anything but a letter, the filter after white space and - ( { [ < only. */
static int python_title(jrun *r, ond_str s, bool filter, jv *out)
{
    ond_buf b = {0};
    bool in_word = false;
    int rc = OND_OK;
    for (size_t at = 0; at < s.n && rc == 0;) {
        size_t from = at;
        jv c;
        ond_utf8_next(s, &at);
        rc = ond__j_cased(r, (ond_str){s.p + from, at - from}, !in_word, &c);
        if (rc == 0) ond_buf_str(&b, c.s);
        char b0 = s.p[from];
        bool letter = at - from > 1 || (b0 >= 'a' && b0 <= 'z') || (b0 >= 'A' && b0 <= 'Z');
        in_word = filter ? !ond__j_space(s.p + from, s.p + at) && !strchr("-({[<", b0) : letter;
    }
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}

/* The reference's: the first ASCII letter of each word is large, the rest stays as it is. */
int ond__jf_title(jrun *r, const jv *v, const jargs *args, jv *out)
{
    ond_str s;
    (void)args;
    int rc = text(r, v, &s);
    if (rc || r->python) return rc ? rc : python_title(r, s, true, out);
    rc = ond__j_copy(r, s, out);
    char *p = rc ? NULL : (char *)out->s.p;
    for (size_t i = 0; p && i < s.n; i++)
        if (p[i] >= 'a' && p[i] <= 'z' && (i == 0 || !word_char(s.p[i - 1]))) p[i] ^= 0x20;
    return rc;
}

int ond__jm_title(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return r->python ? python_title(r, v->s, false, out) : ond__jf_title(r, v, args, out);
}

int ond__jf_capitalize(jrun *r, const jv *v, const jargs *args, jv *out)
{
    ond_str s;
    jv first, rest;
    size_t n = 0;
    (void)args;
    int rc = text(r, v, &s);
    if (rc) return rc;
    if (s.n) ond_utf8_next(s, &n);
    /* The reference takes one unit of UTF-16: half a character beyond U+FFFF, which has no case
     * then. */
    if (n == 4 && !r->python) first = ond__j_str((ond_str){s.p, n});
    else rc = ond__j_cased(r, (ond_str){s.p, n}, true, &first);
    rest = ond__j_str((ond_str){s.p + n, s.n - n});
    if (rc == 0 && r->python) rc = ond__j_cased(r, rest.s, false, &rest);
    return rc ? rc : ond__j_binary(r, J_CAT, &first, &rest, out);
}

/* ---- space ---- */

int ond__jf_trim(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *set = ond__j_arg(args, 0, "chars");
    ond_str s;
    int rc = text(r, v, &s);
    if (rc) return rc;
    *out = ond__j_str(set && set->kind == JV_STR ? ond__j_trim_set(s, set->s, true, true)
                                                 : ond__j_trim(r, s, true, true));
    return ond__j_spend(r, s.n / 64);
}

int ond__jf_indent(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *width = ond__j_arg(args, 0, "width"), *first = ond__j_arg(args, 1, "first"),
             *blank = ond__j_arg(args, 2, "blank");
    ond_buf pad = {0}, b = {0};
    ond_str s;
    int rc = text(r, v, &s);
    if (rc) return rc;
    if (width && width->kind != JV_INT && !(r->python && width->kind == JV_STR))
        return ond__j_fail(r, "indent: the width is a number");
    if (width && width->kind == JV_INT && (width->num < 0 || width->num > 1000))
        return ond__j_fail(r, "indent: the width is from 0 to 1000");
    if (width && width->kind == JV_STR) ond_buf_str(&pad, width->s);
    else
        for (double i = width ? width->num : 4; i > 0; i--) ond_buf_putc(&pad, ' ');
    for (size_t at = 0, line = 0; at <= s.n && b.n <= J_OUTPUT; line++) {
        const char *end = s.n > at ? memchr(s.p + at, '\n', s.n - at) : NULL;
        size_t n = end ? (size_t)(end - s.p) - at : s.n - at;
        if ((line > 0 || (first && ond__j_true(first))) && (n > 0 || (blank && ond__j_true(blank))))
            ond_buf_str(&b, (ond_str){ond_buf_z(&pad), pad.n});
        ond_buf_put(&b, s.p + at, n);
        if (!end) break;
        ond_buf_putc(&b, '\n');
        at += n + 1;
    }
    ond_buf_free(&pad);
    if (b.n <= J_OUTPUT) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return ond__j_fail(r, "the text is larger than %zu MiB", J_OUTPUT >> 20);
}

int ond__jf_replace(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *from = ond__j_arg(args, 0, r->python ? "old" : NULL),
             *to = ond__j_arg(args, 1, r->python ? "new" : NULL),
             *count = ond__j_arg(args, 2, "count");
    ond_str s;
    int rc = text(r, v, &s);
    if (rc) return rc;
    if (!from || !to || from->kind != JV_STR || to->kind != JV_STR) {
        if (!from || !to || !r->python) return ond__j_fail(r, "replace takes two strings");
        ond_str a, b;
        rc = text(r, from, &a);
        if (rc == 0) rc = text(r, to, &b);
        return rc ? rc : ond__j_replace(r, s, a, b, -1, out);
    }
    if (count && count->kind != JV_INT && count->kind != JV_NONE)
        return ond__j_fail(r, "replace: how often is a number");
    return ond__j_replace(r, s, from->s, to->s, count && count->kind == JV_INT ? count->num : -1,
                          out);
}

/* ---- what only Python's dialect has ---- */

int ond__jf_escape(jrun *r, const jv *v, const jargs *args, jv *out)
{
    static const struct {
        char c;
        const char *z;
    } table[] = {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}, {'"', "&#34;"}, {'\'', "&#39;"}};
    ond_buf b = {0};
    ond_str s;
    (void)args;
    int rc = text(r, v, &s);
    for (size_t i = 0; rc == 0 && i < s.n; i++) {
        const char *z = NULL;
        for (size_t k = 0; k < sizeof(table) / sizeof(*table); k++)
            if (s.p[i] == table[k].c) z = table[k].z;
        if (z) ond_buf_puts(&b, z);
        else ond_buf_putc(&b, s.p[i]);
    }
    return rc ? rc : ond__j_take_buf(r, &b, out);
}

int ond__jf_wordcount(jrun *r, const jv *v, const jargs *args, jv *out)
{
    double n = 0;
    bool in = false;
    ond_str s;
    (void)args;
    int rc = text(r, v, &s);
    for (size_t i = 0; rc == 0 && i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool now = word_char((char)c) || c >= 0x80;
        n += now && !in;
        in = now;
    }
    *out = ond__j_int(n);
    return rc ? rc : ond__j_spend(r, s.n / 16);
}

/* The bytes of the first n characters. */
static size_t prefix(ond_str s, double n)
{
    size_t at = 0;
    for (; n > 0 && at < s.n; n--) ond_utf8_next(s, &at);
    return at;
}

int ond__jf_truncate(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *length = ond__j_arg(args, 0, "length"), *hard = ond__j_arg(args, 1, "killwords"),
             *end = ond__j_arg(args, 2, "end"), *leeway = ond__j_arg(args, 3, "leeway");
    ond_str s, tail = end && end->kind == JV_STR ? end->s : OND_S("...");
    double n = length && length->kind == JV_INT ? length->num : 255,
           spare = leeway && leeway->kind == JV_INT ? leeway->num : 5;
    int rc = text(r, v, &s);
    if (rc == 0) rc = ond__j_spend(r, s.n / 16 + 1);
    if (rc) return rc;
    double tail_n = (double)ond_utf8_count(tail);
    if (n < tail_n)
        return ond__j_fail(r, "truncate: the length is less than that of '%.*s'",
                           (int)(tail.n < 20 ? tail.n : 20), tail.p);
    *out = ond__j_str(s);
    if ((double)ond_utf8_count(s) <= n + spare) return OND_OK;
    ond_str cut = {s.p, prefix(s, n - tail_n)};
    if (!hard || !ond__j_true(hard)) {
        size_t i = cut.n;
        while (i > 0 && cut.p[i - 1] != ' ') i--;
        if (i > 0) cut.n = i - 1;
    }
    jv a = ond__j_str(cut), b = ond__j_str(tail);
    return ond__j_binary(r, J_CAT, &a, &b, out);
}

int ond__jf_center(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *width = ond__j_arg(args, 0, "width");
    ond_buf b = {0};
    ond_str s;
    int rc = text(r, v, &s);
    if (rc) return rc;
    double w = width && width->kind == JV_INT ? width->num : 80,
           room = w - (double)ond_utf8_count(s);
    if (w > 100000) return ond__j_fail(r, "center: the width is too large");
    double left = room > 0 ? floor(room / 2) + (fmod(room, 2) != 0 && fmod(w, 2) != 0) : 0;
    for (double i = 0; i < left; i++) ond_buf_putc(&b, ' ');
    ond_buf_str(&b, s);
    for (double i = left; i < room; i++) ond_buf_putc(&b, ' ');
    return ond__j_take_buf(r, &b, out);
}

/* ---- "%s of %d" % values ---- */

typedef struct spec { bool left, zero, plus, alt; int width, precision; char type; } spec;

static size_t read_spec(ond_str s, size_t i, spec *o)
{
    *o = (spec){.precision = -1};
    for (; i < s.n && strchr("-0+# ", s.p[i]) && s.p[i]; i++) {
        o->left |= s.p[i] == '-';
        o->zero |= s.p[i] == '0';
        o->plus |= s.p[i] == '+';
    }
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && o->width < 1000; i++)
        o->width = o->width * 10 + (s.p[i] - '0');
    if (i < s.n && s.p[i] == '.')
        for (o->precision = 0, i++; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && o->precision < 100;
             i++)
            o->precision = o->precision * 10 + (s.p[i] - '0');
    o->type = i < s.n ? s.p[i] : 0;
    return i;
}

static int put_spec(jrun *r, const spec *o, const jv *v, ond_buf *out)
{
    ond_buf b = {0};
    int rc = OND_OK;
    double x = ond__j_number(v);
    bool number = strchr("diuxXofFeEgG", o->type) && o->type;
    if (number && !ond__j_is_num(v) && v->kind != JV_BOOL)
        return ond__j_fail(r, "%%%c takes a number, not %s", o->type, ond__j_kind(v));
    if (number && o->plus && x >= 0) ond_buf_putc(&b, '+');
    int places = o->precision < 0 ? 6 : o->precision > 60 ? 60 : o->precision;
    switch (o->type) {
    case 's':
        rc = v->kind == JV_STR ? (ond_buf_str(&b, v->s), OND_OK) : ond__j_repr(r, v, &b);
        if (rc == 0 && o->precision >= 0) b.n = prefix((ond_str){ond_buf_z(&b), b.n}, o->precision);
        break;
    case 'r': rc = ond__j_repr(r, v, &b); break;
    case 'd': case 'i': case 'u': ond_buf_printf(&b, "%.0f", trunc(x)); break;
    case 'x': ond_buf_printf(&b, "%llx", (unsigned long long)fmin(fabs(x), 9e15)); break;
    case 'X': ond_buf_printf(&b, "%llX", (unsigned long long)fmin(fabs(x), 9e15)); break;
    case 'o': ond_buf_printf(&b, "%llo", (unsigned long long)fmin(fabs(x), 9e15)); break;
    case 'f': case 'F': ond_buf_printf(&b, "%.*f", places, x); break;
    case 'e': ond_buf_printf(&b, "%.*e", places, x); break;
    case 'g': ond_buf_printf(&b, "%.*g", places, x); break;
    default: rc = ond__j_fail(r, "unknown '%%%c' in a format", o->type ? o->type : ' ');
    }
    double room = rc == 0 ? o->width - (double)ond_utf8_count((ond_str){ond_buf_z(&b), b.n}) : 0;
    for (; room > 0 && !o->left; room--) ond_buf_putc(out, o->zero && number ? '0' : ' ');
    ond_buf_put(out, ond_buf_z(&b), b.n);
    for (; room > 0; room--) ond_buf_putc(out, ' ');
    ond_buf_free(&b);
    return rc;
}

static int percent(jrun *r, ond_str s, const jv *by_name, const jv *v, size_t n, jv *out)
{
    ond_buf b = {0};
    size_t next = 0;
    int rc = OND_OK;
    for (size_t i = 0; i < s.n && rc == 0; i++) {
        const jv *item = NULL;
        spec o;
        if (s.p[i] != '%') {
            ond_buf_putc(&b, s.p[i]);
            continue;
        }
        i++;
        size_t close = i < s.n && s.p[i] == '(' ? ond__j_find(s, OND_S(")"), i) : SIZE_MAX;
        if (close != SIZE_MAX && by_name) {
            item = ond__j_get_str(by_name->dict, (ond_str){s.p + i + 1, close - i - 1});
            i = close + 1;
        }
        i = read_spec(s, i, &o);
        if (o.type == '%') {
            ond_buf_putc(&b, '%');
            continue;
        }
        if (!item && next < n) item = &v[next++];
        rc = item ? put_spec(r, &o, item, &b)
                  : ond__j_fail(r, "a format has more places than values");
        if (rc == 0 && b.n > J_OUTPUT) rc = ond__j_fail(r, "the text is too large");
    }
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}

int ond__j_percent(jrun *r, ond_str format, const jv *v, jv *out)
{
    if (v->kind == JV_TUPLE) return percent(r, format, NULL, v->list->v, v->list->n, out);
    return percent(r, format, v->kind == JV_DICT ? v : NULL, v, 1, out);
}

int ond__jf_format(jrun *r, const jv *v, const jargs *args, jv *out)
{
    jv kw = {.kind = JV_DICT, .dict = args->kw};
    if (v->kind != JV_STR) return ond__j_fail(r, "format takes a string, not %s", ond__j_kind(v));
    return percent(r, v->s, args->kw ? &kw : NULL, args->v, args->n, out);
}
