/* jinja_print.c - values to text: as {{ }} shows, ~ joins and tojson writes them, and Python's repr.
 *
 * The reference is written in JavaScript and shows: true, 1, 2.0, lists and dicts as JSON. Joined
 * by ~ a list is its items with commas, as JavaScript joins them. Python's dialect shows True,
 * None, 'text', [1, 2]. */
#include "base/jinja_internal.h"

#include "base/utf8.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- numbers ---- */

/* Shortest digits that read back the same: 0.d1d2d3… × 10^point. */
static size_t digits_of(double x, char digits[20], int *point)
{
    char z[40];
    double back;
    for (int n = 1; n <= 17; n++) {
        snprintf(z, sizeof(z), "%.*e", n - 1, x);
        for (char *p = z; *p; p++)
            if (!strchr("0123456789+-eE", *p)) *p = '.'; /* whatever the locale's decimal sign is */
        if (ond_num_parse(ond_str_of(z), &back) && back == x) break;
    }
    size_t n = 0;
    const char *p = z;
    for (; *p && *p != 'e'; p++)
        if (*p >= '0' && *p <= '9') digits[n++] = *p;
    *point = (*p ? atoi(p + 1) : 0) + 1;
    while (n > 1 && digits[n - 1] == '0') n--;
    return n;
}

static void zeros(ond_buf *out, int n)
{
    while (n-- > 0) ond_buf_putc(out, '0');
}

/* The digits, with the exponent from `high` digits on and below 10^low. */
static void put_number(ond_buf *out, double x, int low, int high, bool two_digits)
{
    char d[20];
    int point;
    if (x < 0) ond_buf_putc(out, '-');
    size_t n = digits_of(fabs(x), d, &point);
    if (point > high || point <= low) {
        int e = point - 1;
        ond_buf_putc(out, d[0]);
        if (n > 1) ond_buf_putc(out, '.');
        ond_buf_put(out, d + 1, n - 1);
        ond_buf_printf(out, two_digits ? "e%c%02d" : "e%c%d", e < 0 ? '-' : '+', abs(e));
    } else if (point <= 0) {
        ond_buf_puts(out, "0.");
        zeros(out, -point);
        ond_buf_put(out, d, n);
    } else if ((size_t)point >= n) {
        ond_buf_put(out, d, n);
        zeros(out, point - (int)n);
    } else {
        ond_buf_put(out, d, (size_t)point);
        ond_buf_putc(out, '.');
        ond_buf_put(out, d + point, n - (size_t)point);
    }
}

static bool odd_number(ond_buf *out, double x, const char *nan, const char *inf)
{
    if (isnan(x)) ond_buf_puts(out, nan);
    else if (isinf(x)) ond_buf_printf(out, "%s%s", x < 0 ? "-" : "", inf);
    else return false;
    return true;
}

void ond__j_number_text(ond_buf *out, double x)
{
    if (odd_number(out, x, "NaN", "Infinity")) return;
    if (x == 0) ond_buf_putc(out, '0');
    else if (x == floor(x) && fabs(x) < 1e15) ond_buf_printf(out, "%.0f", x);
    else put_number(out, x, -6, 21, false);
}

static void float_text(const jrun *r, ond_buf *out, double x)
{
    if (r->python) {
        if (odd_number(out, x, "nan", "inf")) return;
        if (x == 0) ond_buf_puts(out, signbit(x) ? "-0" : "0");
        else put_number(out, x, -4, 16, true);
        if (x == floor(x) && fabs(x) < 1e16) ond_buf_puts(out, ".0");
    } else if (x == 0) ond_buf_puts(out, signbit(x) ? "-0.0" : "0.0");
    else if (x == floor(x) && fabs(x) < 1e21) ond_buf_printf(out, "%.0f.0", x);
    else ond__j_number_text(out, x);
}

static void int_text(const jrun *r, ond_buf *out, double x)
{
    if (r->python && isfinite(x)) ond_buf_printf(out, "%.0f", x == 0 ? 0 : x);
    else ond__j_number_text(out, x);
}

/* ---- JSON ---- */

static void escape_unit(ond_buf *out, unsigned u) { ond_buf_printf(out, "\\u%04x", u); }

static void json_string(ond_buf *out, ond_str s, bool ascii)
{
    static const char named[] = "\bb\ff\nn\rr\tt\"\"\\\\";
    ond_buf_putc(out, '"');
    for (size_t i = 0, from = 0; i < s.n;) {
        unsigned char c = (unsigned char)s.p[i];
        size_t next = i + 1;
        if (c >= 0x20 && c != '"' && c != '\\' && (!ascii || c < 0x7F)) {
            i = next;
            if (i == s.n) ond_buf_put(out, s.p + from, i - from);
            continue;
        }
        ond_buf_put(out, s.p + from, i - from);
        const char *name = NULL;
        for (const char *p = named; *p; p += 2)
            if (*p == (char)c) name = p + 1;
        if (name) ond_buf_printf(out, "\\%c", *name);
        else if (c < 0x80) escape_unit(out, c);
        else {
            next = i;
            uint32_t u = ond_utf8_next(s, &next);
            if (u >= 0x10000) {
                escape_unit(out, 0xD800 + ((u - 0x10000) >> 10));
                escape_unit(out, 0xDC00 + ((u - 0x10000) & 0x3FF));
            } else escape_unit(out, u);
        }
        from = i = next;
    }
    ond_buf_putc(out, '"');
}

static void break_line(ond_buf *out, const jjson *o, size_t depth)
{
    if (!o->indent) return;
    ond_buf_putc(out, '\n');
    for (size_t i = 0; i < o->indent * depth; i++) ond_buf_putc(out, ' ');
}

static int json_list(jrun *r, const jlist *l, const jjson *o, size_t depth, ond_buf *out)
{
    ond_buf_putc(out, '[');
    for (size_t i = 0; i < l->n; i++) {
        if (i) ond_buf_str(out, *o->item);
        break_line(out, o, depth + 1);
        int rc = ond__j_tojson(r, &l->v[i], o, depth + 1, out);
        if (rc) return rc;
    }
    if (l->n) break_line(out, o, depth);
    ond_buf_putc(out, ']');
    return OND_OK;
}

/* Where a character stands in the order of ICU's root collation: punctuation, digits, letters
 * without case, the rest. */
static unsigned collate_class(unsigned char c)
{
    static const char before[] = "_-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
    const char *p = c ? strchr(before, c) : NULL;
    if (c >= 0x80) return 0x300u + c;
    if (c <= ' ') return c;
    if (p) return 0x80u + (unsigned)(p - before);
    if (c >= '0' && c <= '9') return 0x100u + c;
    return 0x200u + (c >= 'A' && c <= 'Z' ? c + 32u : c);
}

static int collate(const jpair *a, const jpair *b)
{
    ond_str x = a->key.s, y = b->key.s;
    for (size_t i = 0; i < x.n && i < y.n; i++) {
        unsigned p = collate_class((unsigned char)x.p[i]), q = collate_class((unsigned char)y.p[i]);
        if (p != q) return p < q ? -1 : 1;
    }
    if (x.n != y.n) return x.n < y.n ? -1 : 1;
    for (size_t i = 0; i < x.n; i++)               /* small letters first */
        if (x.p[i] != y.p[i]) return (unsigned char)x.p[i] > (unsigned char)y.p[i] ? -1 : 1;
    return 0;
}

static int by_collation(const void *a, const void *b)
{
    return collate(*(jpair *const *)a, *(jpair *const *)b);
}
static int by_point(const void *a, const void *b)
{
    ond_str x = (*(jpair *const *)a)->key.s, y = (*(jpair *const *)b)->key.s;
    int c = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);
    return c ? c : x.n < y.n ? -1 : x.n > y.n;
}

static int sorted_pairs(jrun *r, const jdict *d, jpair ***out)
{
    jpair **v = ond__j_alloc(r, d->n, sizeof(jpair *));
    if (!v) return ond__j_nomem(r);
    for (size_t i = 0; i < d->n; i++) {
        if (d->v[i].key.kind != JV_STR)
            return ond__j_fail(r, "only keys that are strings can be sorted");
        v[i] = &d->v[i];
    }
    qsort(v, d->n, sizeof(*v), r->python ? by_point : by_collation);
    *out = v;
    return ond__j_spend(r, d->n);
}

static int json_key(jrun *r, const jv *key, const jjson *o, ond_buf *out)
{
    if (key->kind == JV_STR) {
        json_string(out, key->s, o->ascii);
        return OND_OK;
    }
    ond_buf_putc(out, '"');
    int rc = ond__j_tojson(r, key, o, 0, out);
    ond_buf_putc(out, '"');
    return rc;
}

static int json_dict(jrun *r, const jdict *d, const jjson *o, size_t depth, ond_buf *out)
{
    jpair **sorted = NULL;
    int rc = o->sort && d->n ? sorted_pairs(r, d, &sorted) : OND_OK;
    ond_buf_putc(out, '{');
    for (size_t i = 0; i < d->n && rc == 0; i++) {
        const jpair *p = sorted ? sorted[i] : &d->v[i];
        if (i) ond_buf_str(out, *o->item);
        break_line(out, o, depth + 1);
        rc = json_key(r, &p->key, o, out);
        ond_buf_str(out, *o->key);
        if (rc == 0) rc = ond__j_tojson(r, &p->val, o, depth + 1, out);
    }
    if (d->n) break_line(out, o, depth);
    ond_buf_putc(out, '}');
    return rc;
}

static int room_left(jrun *r, const ond_buf *out)
{
    if (out->n > J_OUTPUT) return ond__j_fail(r, "the text is larger than %zu MiB", J_OUTPUT >> 20);
    return ond__j_spend(r, 1);
}

static int json_nested(jrun *r, const jv *v, const jjson *o, size_t depth, ond_buf *out)
{
    int rc = room_left(r, out);
    if (rc) return rc;
    if (++r->depth > J_DEPTH) return ond__j_fail(r, "a value is nested too deep, or in itself");
    rc = v->kind == JV_LIST || v->kind == JV_TUPLE ? json_list(r, v->list, o, depth, out)
                                                   : json_dict(r, v->dict, o, depth, out);
    r->depth--;
    return rc;
}

int ond__j_tojson(jrun *r, const jv *v, const jjson *o, size_t depth, ond_buf *out)
{
    switch (v->kind) {
    case JV_NONE: ond_buf_puts(out, "null"); return OND_OK;
    case JV_UNDEF: case JV_HOLE:
        if (r->python) return ond__j_fail(r, "an undefined value cannot be JSON");
        ond_buf_puts(out, o->undef_null ? "null" : "undefined");
        return OND_OK;
    case JV_BOOL: ond_buf_puts(out, v->b ? "true" : "false"); return OND_OK;
    case JV_INT: case JV_FLOAT:
        if (r->python && v->kind == JV_FLOAT) float_text(r, out, v->num);
        else if (!isfinite(v->num)) ond_buf_puts(out, "null");
        else ond__j_number_text(out, v->num);
        return OND_OK;
    case JV_STR: json_string(out, v->s, o->ascii); return room_left(r, out);
    case JV_TUPLE:
        if (!r->python) break;
        return json_nested(r, v, o, depth, out);
    case JV_LIST: case JV_DICT: case JV_SPACE: return json_nested(r, v, o, depth, out);
    case JV_FUNC: break;
    }
    return ond__j_fail(r, "%s cannot be JSON", ond__j_kind(v));
}

/* ---- Python's repr ---- */

static void repr_string(ond_buf *out, ond_str s)
{
    char quote = memchr(s.p, '\'', s.n) && !memchr(s.p, '"', s.n) ? '"' : '\'';
    ond_buf_putc(out, quote);
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        if (c == '\n' || c == '\r' || c == '\t')
            ond_buf_printf(out, "\\%c", c == '\n' ? 'n' : c == '\r' ? 'r' : 't');
        else if (c == '\\' || c == (unsigned char)quote) ond_buf_printf(out, "\\%c", c);
        else if (c < 0x20 || c == 0x7F) ond_buf_printf(out, "\\x%02x", c);
        else ond_buf_putc(out, (char)c);
    }
    ond_buf_putc(out, quote);
}

static int repr_items(jrun *r, const jv *v, ond_buf *out)
{
    const char *ends = v->kind == JV_LIST ? "[]" : v->kind == JV_TUPLE ? "()" : "{}";
    size_t n = ond__j_is_list(v) ? v->list->n : v->dict->n;
    int rc = room_left(r, out);
    ond_buf_putc(out, ends[0]);
    for (size_t i = 0; i < n && rc == 0; i++) {
        if (i) ond_buf_puts(out, ", ");
        if (ond__j_is_list(v)) rc = ond__j_repr(r, &v->list->v[i], out);
        else {
            rc = ond__j_repr(r, &v->dict->v[i].key, out);
            ond_buf_puts(out, ": ");
            if (rc == 0) rc = ond__j_repr(r, &v->dict->v[i].val, out);
        }
    }
    if (v->kind == JV_TUPLE && n == 1) ond_buf_putc(out, ',');
    ond_buf_putc(out, ends[1]);
    return rc;
}

int ond__j_repr(jrun *r, const jv *v, ond_buf *out)
{
    int rc = OND_OK;
    switch (v->kind) {
    case JV_UNDEF: case JV_HOLE: ond_buf_puts(out, "Undefined"); break;
    case JV_NONE: ond_buf_puts(out, "None"); break;
    case JV_BOOL: ond_buf_puts(out, v->b ? "True" : "False"); break;
    case JV_INT: int_text(r, out, v->num); break;
    case JV_FLOAT: float_text(r, out, v->num); break;
    case JV_STR: repr_string(out, v->s); return room_left(r, out);
    case JV_LIST: case JV_TUPLE: case JV_DICT: case JV_SPACE:
        if (++r->depth > J_DEPTH) return ond__j_fail(r, "a value is nested too deep, or in itself");
        rc = repr_items(r, v, out);
        r->depth--;
        break;
    case JV_FUNC: return ond__j_fail(r, "a function has no text");
    }
    return rc;
}

/* ---- shown and joined ---- */

static const ond_str comma = {", ", 2}, colon = {": ", 2};

int ond__j_print(jrun *r, const jv *v, ond_buf *out)
{
    static const jjson shown = {.item = &comma, .key = &colon};
    switch (v->kind) {
    case JV_UNDEF: return OND_OK;
    case JV_NONE:
        if (r->python) ond_buf_puts(out, "None");
        return OND_OK;
    case JV_STR:
        ond_buf_str(out, v->s);
        return out->n > J_OUTPUT ? room_left(r, out) : OND_OK;
    case JV_BOOL:
        ond_buf_puts(out, r->python ? (v->b ? "True" : "False") : v->b ? "true" : "false");
        return OND_OK;
    case JV_INT: int_text(r, out, v->num); return OND_OK;
    case JV_FLOAT: float_text(r, out, v->num); return OND_OK;
    case JV_LIST: case JV_DICT: case JV_SPACE: case JV_TUPLE:
        return r->python ? ond__j_repr(r, v, out) : ond__j_tojson(r, v, &shown, 0, out);
    case JV_HOLE: return ond__j_fail(r, "the list has no such item");
    case JV_FUNC:
        return ond__j_fail(r, "a function cannot be shown; is a pair of parentheses missing?");
    }
    return OND_OK;
}

static int raw_list(jrun *r, const jlist *l, ond_buf *out)
{
    int rc = room_left(r, out);
    if (rc == 0 && ++r->depth > J_DEPTH)
        rc = ond__j_fail(r, "a value is nested too deep, or in itself");
    for (size_t i = 0; i < l->n && rc == 0; i++) {
        const jv *v = &l->v[i];
        if (i) ond_buf_putc(out, ',');
        if (v->kind == JV_NONE || v->kind == JV_UNDEF) ond_buf_puts(out, "undefined");
        else rc = ond__j_print(r, v, out);
    }
    r->depth--;
    return rc;
}

int ond__j_raw(jrun *r, const jv *v, ond_buf *out)
{
    if (r->python) return ond__j_print(r, v, out);
    switch (v->kind) {
    case JV_INT: case JV_FLOAT: ond__j_number_text(out, v->num); return OND_OK;
    case JV_LIST: case JV_TUPLE: return raw_list(r, v->list, out);
    case JV_DICT: case JV_SPACE: ond_buf_puts(out, "[object Map]"); return OND_OK;
    default: return ond__j_print(r, v, out);
    }
}

int ond__j_text_of(jrun *r, const jv *v, jv *out)
{
    ond_buf b = {0};
    if (v->kind == JV_STR) {
        *out = *v;
        return OND_OK;
    }
    int rc = ond__j_print(r, v, &b);
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}
