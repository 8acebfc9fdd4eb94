/* jinja_method.c - what strings can be asked to do, "text".split(), and the table of all methods. */
#include "base/jinja_internal.h"

#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

static int want_str(jrun *r, const char *what, const jv *v)
{
    return v && v->kind == JV_STR ? OND_OK : ond__j_fail(r, "%s takes a string", what);
}

/* ---- strings ---- */

static int strip(jrun *r, const jv *self, const jargs *args, bool left, bool right, jv *out)
{
    const jv *set = ond__j_arg(args, 0, NULL);
    /* The reference knows no set of characters here and takes white space; Python takes the set. */
    if (r->python && set && set->kind == JV_STR)
        *out = ond__j_str(ond__j_trim_set(self->s, set->s, left, right));
    else *out = ond__j_str(ond__j_trim(r, self->s, left, right));
    return ond__j_spend(r, self->s.n / 64);
}

static int m_strip(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return strip(r, self, args, true, true, out);
}
static int m_lstrip(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return strip(r, self, args, true, false, out);
}
static int m_rstrip(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return strip(r, self, args, false, true, out);
}

static bool begins(ond_str s, ond_str with, bool end)
{
    return with.n <= s.n && memcmp(end ? s.p + s.n - with.n : s.p, with.p, with.n) == 0;
}

static int with(jrun *r, const jv *self, const jargs *args, bool end, jv *out)
{
    const jv *p = ond__j_arg(args, 0, NULL);
    *out = ond__j_bool(false);
    if (p && p->kind == JV_STR) {
        out->b = begins(self->s, p->s, end);
        return OND_OK;
    }
    if (!p || !ond__j_is_list(p))
        return ond__j_fail(r, "startswith() and endswith() take a string or a list of strings");
    for (size_t i = 0; i < p->list->n && !out->b; i++) {
        if (p->list->v[i].kind != JV_STR)
            return ond__j_fail(r, "startswith() and endswith() take strings");
        out->b = begins(self->s, p->list->v[i].s, end);
    }
    return ond__j_spend(r, p->list->n);
}

static int m_startswith(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return with(r, self, args, false, out);
}
static int m_endswith(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return with(r, self, args, true, out);
}

static int add_part(jrun *r, jv *list, const char *p, size_t n)
{
    int rc = ond__j_spend(r, 1 + n / 64);
    return rc ? rc : ond__j_append(r, list->list, ond__j_str((ond_str){p, n}));
}

static int split_space(jrun *r, ond_str s, double most, jv *out)
{
    int rc = OND_OK;
    for (s = ond__j_trim(r, s, true, false); s.n && rc == 0;) {
        size_t n = 0;
        if (most >= 0 && (double)out->list->n >= most) n = s.n;
        while (n < s.n && !ond__j_space(s.p + n, s.p + s.n)) n++;
        rc = add_part(r, out, s.p, n);
        s = ond__j_trim(r, (ond_str){s.p + n, s.n - n}, true, false);
    }
    return rc;
}

static int split_at(jrun *r, ond_str s, ond_str sep, double most, jv *out)
{
    int rc = OND_OK;
    size_t at = 0, hit;
    while (rc == 0 && (most < 0 || (double)out->list->n < most) &&
           (hit = ond__j_find(s, sep, at)) != SIZE_MAX) {
        rc = add_part(r, out, s.p + at, hit - at);
        at = hit + sep.n;
    }
    return rc ? rc : add_part(r, out, s.p + at, s.n - at);
}

static int split_args(jrun *r, const jargs *args, const char *what, const jv **sep, double *most)
{
    static const jv none = {.kind = JV_NONE};
    const jv *count = ond__j_arg(args, 1, "maxsplit");
    int rc = ond__j_no_kw(r, what, args);
    if (rc) return rc;
    *sep = ond__j_arg(args, 0, "sep");
    if (!*sep) *sep = &none;
    if ((*sep)->kind != JV_NONE && (*sep)->kind != JV_STR)
        return ond__j_fail(r, "%s() takes a string to split at", what);
    if (count && count->kind != JV_INT)
        return ond__j_fail(r, "%s(): how often is an integer", what);
    *most = count ? count->num : -1;
    if ((*sep)->kind == JV_STR && (*sep)->s.n == 0)
        return ond__j_fail(r, "%s(): the separator is empty", what);
    return OND_OK;
}

static int m_split(jrun *r, const jv *self, const jargs *args, jv *out)
{
    const jv *sep;
    double most;
    int rc = split_args(r, args, "split", &sep, &most);
    if (rc == 0) rc = ond__j_list(r, 4, out);
    if (rc) return rc;
    return sep->kind == JV_STR ? split_at(r, self->s, sep->s, most, out)
                               : split_space(r, self->s, most, out);
}

static size_t find_last(ond_str s, ond_str what)
{
    for (size_t i = s.n >= what.n ? s.n - what.n + 1 : 0; i-- > 0;)
        if (memcmp(s.p + i, what.p, what.n) == 0) return i;
    return SIZE_MAX;
}

void ond__j_reverse(jlist *l)
{
    for (size_t i = 0; i < l->n / 2; i++) {
        jv v = l->v[i];
        l->v[i] = l->v[l->n - 1 - i];
        l->v[l->n - 1 - i] = v;
    }
}

static int m_rsplit(jrun *r, const jv *self, const jargs *args, jv *out)
{
    const jv *sep;
    double most;
    ond_str s = self->s;
    int rc = split_args(r, args, "rsplit", &sep, &most);
    if (rc == 0) rc = ond__j_list(r, 4, out);
    if (rc || most < 0) return rc ? rc : m_split(r, self, args, out);
    while (rc == 0 && (double)out->list->n < most) {
        size_t from, to;
        if (sep->kind == JV_STR) {
            to = find_last(s, sep->s);
            if (to == SIZE_MAX) break;
            from = to + sep->s.n;
        } else {
            s = ond__j_trim(r, s, false, true);
            if (!ond__j_trim(r, s, true, false).n) break;
            for (to = s.n; to > 0 && !ond__j_space_back(s.p, s.p + to);) to--;
            from = to;
        }
        rc = ond__j_spend(r, (s.n - to) / 8 + 1);
        if (rc == 0) rc = add_part(r, out, s.p + from, s.n - from);
        s.n = to;
    }
    if (sep->kind != JV_STR) s = ond__j_trim(r, s, false, true);
    if (rc == 0 && (sep->kind == JV_STR || ond__j_trim(r, s, true, false).n))
        rc = add_part(r, out, s.p, s.n);
    ond__j_reverse(out->list);
    return rc;
}

static int m_splitlines(jrun *r, const jv *self, const jargs *args, jv *out)
{
    const jv *keep = ond__j_arg(args, 0, "keepends");
    ond_str s = self->s;
    int rc = ond__j_list(r, 4, out);
    for (size_t at = 0; at < s.n && rc == 0;) {
        size_t end = at;
        while (end < s.n && s.p[end] != '\n' && s.p[end] != '\r') end++;
        size_t next = end < s.n ? end + 1 : end;
        if (next < s.n && s.p[end] == '\r' && s.p[next] == '\n') next++;
        rc = add_part(r, out, s.p + at, (keep && ond__j_true(keep) ? next : end) - at);
        at = next;
    }
    return rc;
}

static int m_join(jrun *r, const jv *self, const jargs *args, jv *out)
{
    jv sep = *self;
    jargs a = {&sep, 1, NULL};
    if (args->n != 1) return ond__j_fail(r, "join() takes a list");
    return ond__jf_join(r, &args->v[0], &a, out);
}

/* Where it stands, in characters; -1 where it does not. */
static int place(jrun *r, const jv *self, const jargs *args, bool last, jv *out)
{
    const jv *what = ond__j_arg(args, 0, NULL);
    int rc = want_str(r, "find()", what);
    if (rc == 0) rc = ond__j_spend(r, 1 + self->s.n / 16);
    if (rc) return rc;
    size_t at = last ? find_last(self->s, what->s) : ond__j_find(self->s, what->s, 0);
    *out = ond__j_int(at == SIZE_MAX ? -1 : (double)ond_utf8_count((ond_str){self->s.p, at}));
    return OND_OK;
}

static int m_find(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return place(r, self, args, false, out);
}
static int m_rfind(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return place(r, self, args, true, out);
}

static int m_index(jrun *r, const jv *self, const jargs *args, jv *out)
{
    if (self->kind == JV_STR) {
        int rc = place(r, self, args, false, out);
        return rc == 0 && out->num < 0 ? ond__j_fail(r, "index(): it is not in the string") : rc;
    }
    for (size_t i = 0; i < self->list->n && args->n; i++) {
        bool same;
        int rc = ond__j_equal(r, &self->list->v[i], &args->v[0], &same);
        if (rc) return rc;
        *out = ond__j_int((double)i);
        if (same) return OND_OK;
    }
    return ond__j_fail(r, "index(): it is not in the list");
}

static int m_count(jrun *r, const jv *self, const jargs *args, jv *out)
{
    const jv *what = ond__j_arg(args, 0, NULL);
    double n = 0;
    int rc = what ? ond__j_spend(r, 1 + (self->kind == JV_STR ? self->s.n / 16 : self->list->n))
                  : ond__j_fail(r, "count() takes what to count");
    if (rc) return rc;
    if (self->kind == JV_STR) {
        if (what->kind != JV_STR) return ond__j_fail(r, "count() takes a string");
        if (what->s.n == 0) n = (double)ond_utf8_count(self->s) + 1;
        else
            for (size_t at = 0; (at = ond__j_find(self->s, what->s, at)) != SIZE_MAX;
                 at += what->s.n)
                n++;
    } else
        for (size_t i = 0; i < self->list->n; i++) {
            bool same;
            rc = ond__j_equal(r, &self->list->v[i], what, &same);
            if (rc) return rc;
            n += same;
        }
    *out = ond__j_int(n);
    return OND_OK;
}

static int without(jrun *r, const jv *self, const jargs *args, bool end, jv *out)
{
    const jv *what = ond__j_arg(args, 0, NULL);
    int rc = want_str(r, "removeprefix() and removesuffix()", what);
    *out = *self;
    if (rc || !begins(self->s, what->s, end)) return rc;
    out->s.n -= what->s.n;
    if (!end) out->s.p += what->s.n;
    return OND_OK;
}

static int m_removeprefix(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return without(r, self, args, false, out);
}
static int m_removesuffix(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return without(r, self, args, true, out);
}

static int part3(jrun *r, const jv *self, const jargs *args, bool last, jv *out)
{
    const jv *sep = ond__j_arg(args, 0, NULL);
    int rc = want_str(r, "partition()", sep);
    if (rc == 0 && sep->s.n == 0) rc = ond__j_fail(r, "partition(): the separator is empty");
    if (rc == 0) rc = ond__j_spend(r, 1 + self->s.n / 16);
    if (rc == 0) rc = ond__j_list(r, 3, out);
    if (rc) return rc;
    ond_str s = self->s;
    size_t at = last ? find_last(s, sep->s) : ond__j_find(s, sep->s, 0);
    bool none = at == SIZE_MAX;
    ond_str a = none ? (last ? OND_S("") : s) : (ond_str){s.p, at}, b = none ? OND_S("") : sep->s,
            c = none ? (last ? s : OND_S("")) : (ond_str){s.p + at + sep->s.n, s.n - at - sep->s.n};
    out->kind = JV_TUPLE;
    OND_TRY(add_part(r, out, a.p, a.n));
    OND_TRY(add_part(r, out, b.p, b.n));
    OND_TRY(add_part(r, out, c.p, c.n));
out:
    return rc;
}

static int m_partition(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return part3(r, self, args, false, out);
}
static int m_rpartition(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return part3(r, self, args, true, out);
}

static int pad(jrun *r, const jv *self, const jargs *args, bool left, char fill, jv *out)
{
    const jv *width = ond__j_arg(args, 0, NULL),
             *with_what = fill == '0' ? NULL : ond__j_arg(args, 1, NULL);
    ond_buf b = {0};
    if (!width || width->kind != JV_INT) return ond__j_fail(r, "a width is needed");
    double n = width->num - (double)ond_utf8_count(self->s);
    bool sign = fill == '0' && self->s.n && (self->s.p[0] == '-' || self->s.p[0] == '+');
    if (n > (double)J_OUTPUT) return ond__j_fail(r, "the width is too large");
    if (sign) ond_buf_putc(&b, self->s.p[0]);
    if (!left) ond_buf_str(&b, self->s);
    for (; n > 0; n--) {
        if (with_what && with_what->kind == JV_STR) ond_buf_str(&b, with_what->s);
        else ond_buf_putc(&b, fill);
    }
    if (left) ond_buf_put(&b, self->s.p + sign, self->s.n - sign);
    return ond__j_take_buf(r, &b, out);
}

static int m_zfill(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return pad(r, self, args, true, '0', out);
}
static int m_ljust(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return pad(r, self, args, false, ' ', out);
}
static int m_rjust(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return pad(r, self, args, true, ' ', out);
}

/* Whether all characters are of a kind, and there is one; ASCII, and for letters all beyond it. */
static bool all_of(ond_str s, const char *which)
{
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool digit = c >= '0' && c <= '9',
             letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c >= 0x80;
        bool so = strchr(which, 'd') && digit;
        so |= strchr(which, 'a') && letter;
        so |= strchr(which, 's') && (c == ' ' || (c >= '\t' && c <= '\r'));
        if (!so) return false;
    }
    return s.n > 0;
}

static int is_all(const jv *self, const char *which, jv *out)
{
    *out = ond__j_bool(all_of(self->s, which));
    return OND_OK;
}

static int m_isdigit(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return (void)r, (void)args, is_all(self, "d", out);
}
static int m_isalpha(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return (void)r, (void)args, is_all(self, "a", out);
}
static int m_isalnum(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return (void)r, (void)args, is_all(self, "da", out);
}
static int m_isspace(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return (void)r, (void)args, is_all(self, "s", out);
}

static int is_case(jrun *r, const jv *self, bool upper, jv *out)
{
    bool so;
    int rc = ond__j_is_case(r, self->s, upper, true, &so);
    *out = ond__j_bool(so);
    return rc;
}

static int m_isupper(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return (void)args, is_case(r, self, true, out);
}
static int m_islower(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return (void)args, is_case(r, self, false, out);
}

/* "{} and {name}".format(…): places and names, without format specifications. */
static int m_format(jrun *r, const jv *self, const jargs *args, jv *out)
{
    ond_buf b = {0};
    ond_str s = self->s;
    size_t next = 0;
    int rc = OND_OK;
    for (size_t i = 0; i < s.n && rc == 0; i++) {
        char c = s.p[i];
        if ((c == '{' || c == '}') && i + 1 < s.n && s.p[i + 1] == c) {
            ond_buf_putc(&b, c);
            i++;
        } else if (c == '{') {
            size_t end = ond__j_find(s, OND_S("}"), i), at = 0;
            ond_str name = {s.p + i + 1, end == SIZE_MAX ? 0 : end - i - 1};
            const jv *v = NULL;
            bool number = name.n > 0 && name.n < 6;
            for (size_t k = 0; k < name.n && number; k++) {
                number = name.p[k] >= '0' && name.p[k] <= '9';
                at = at * 10 + (size_t)(name.p[k] - '0');
            }
            if (end != SIZE_MAX && name.n == 0) v = ond__j_arg(args, next++, NULL);
            else if (number) v = ond__j_arg(args, at, NULL);
            else if (args->kw) v = ond__j_get_str(args->kw, name);
            rc = v ? ond__j_print(r, v, &b)
                   : ond__j_fail(r, "format(): there is nothing for '{%.*s}'",
                                 (int)(name.n < 40 ? name.n : 40), name.p);
            i = end;
        } else if (c == '}') rc = ond__j_fail(r, "format(): a single '}'");
        else ond_buf_putc(&b, c);
        if (rc == 0 && b.n > J_OUTPUT) rc = ond__j_fail(r, "format(): the text is too large");
    }
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}

/* ---- the table ---- */

#define LISTS (1u << JV_LIST | 1u << JV_TUPLE)
#define STR (1u << JV_STR)
#define LIST (1u << JV_LIST)
#define DICT (1u << JV_DICT)

static const struct { const char *name; unsigned kinds; bool python; jfn *fn;
} methods[] = {
    {"get", DICT, false, ond__jm_get},
    {"items", DICT, false, ond__jf_items},
    {"keys", DICT, false, ond__jm_keys},
    {"values", DICT, false, ond__jm_values},
    {"dictsort", DICT, false, ond__jf_dictsort},
    {"strip", STR, false, m_strip},
    {"lstrip", STR, false, m_lstrip},
    {"rstrip", STR, false, m_rstrip},
    {"startswith", STR, false, m_startswith},
    {"endswith", STR, false, m_endswith},
    {"split", STR, false, m_split},
    {"replace", STR, false, ond__jf_replace},
    {"upper", STR, false, ond__jf_upper},
    {"lower", STR, false, ond__jf_lower},
    {"title", STR, false, ond__jm_title},
    {"capitalize", STR, false, ond__jf_capitalize},
    {"rsplit", STR, true, m_rsplit},
    {"splitlines", STR, true, m_splitlines},
    {"join", STR, true, m_join},
    {"format", STR, true, m_format},
    {"find", STR, true, m_find},
    {"rfind", STR, true, m_rfind},
    {"removeprefix", STR, true, m_removeprefix},
    {"removesuffix", STR, true, m_removesuffix},
    {"partition", STR, true, m_partition},
    {"rpartition", STR, true, m_rpartition},
    {"zfill", STR, true, m_zfill},
    {"ljust", STR, true, m_ljust},
    {"rjust", STR, true, m_rjust},
    {"center", STR, true, ond__jf_center},
    {"isdigit", STR, true, m_isdigit},
    {"isnumeric", STR, true, m_isdigit},
    {"isdecimal", STR, true, m_isdigit},
    {"isalpha", STR, true, m_isalpha},
    {"isalnum", STR, true, m_isalnum},
    {"isspace", STR, true, m_isspace},
    {"isupper", STR, true, m_isupper},
    {"islower", STR, true, m_islower},
    {"casefold", STR, true, ond__jf_lower},
    {"index", STR | LISTS, true, m_index},
    {"count", STR | LISTS, true, m_count},
    {"append", LIST, true, ond__jm_append},
    {"extend", LIST, true, ond__jm_extend},
    {"insert", LIST, true, ond__jm_insert},
    {"pop", LIST, true, ond__jm_list_pop},
    {"reverse", LIST, true, ond__jm_reverse},
    {"clear", LIST | DICT, true, ond__jm_clear},
    {"copy", LIST | DICT, true, ond__jm_copy},
    {"pop", DICT, true, ond__jm_dict_pop},
    {"update", DICT, true, ond__jm_update},
    {"setdefault", DICT, true, ond__jm_setdefault},
};

static int bound(jrun *r, const jv *self, ond_str name, jfn *fn, jv *out)
{
    jfunc *f = ond__j_alloc(r, 1, sizeof(*f));
    if (!f) return ond__j_nomem(r);
    *f = (jfunc){.fn = fn, .self = *self, .name = name};
    *out = (jv){.kind = JV_FUNC, .func = f};
    return OND_OK;
}

static int of_loop(jrun *r, const jv *self, ond_str name, jv *out)
{
    if (ond_str_is(name, "cycle")) return bound(r, self, name, ond__jm_cycle, out);
    if (ond_str_is(name, "changed")) return bound(r, self, name, ond__jm_changed, out);
    if (ond_str_is(name, "")) return bound(r, self, name, ond__jm_recurse, out);
    if (ond_str_is(name, "depth")) *out = ond__j_int(self->dict->loop->depth + 1);
    if (ond_str_is(name, "depth0")) *out = ond__j_int(self->dict->loop->depth);
    return OND_OK;
}

int ond__j_method(jrun *r, const jv *self, ond_str name, jv *out)
{
    *out = (jv){.kind = JV_UNDEF};
    if (self->kind == JV_DICT && self->dict->loop && r->python) {
        int rc = of_loop(r, self, name, out);
        if (rc || out->kind != JV_UNDEF) return rc;
    }
    if (!r->python && self->kind != JV_DICT && ond_str_is(name, "length")) {
        *out = ond__j_int(
            (double)(self->kind == JV_STR ? ond__j_length(r, self->s) : self->list->n));
        return OND_OK;
    }
    for (size_t i = 0; i < sizeof(methods) / sizeof(*methods); i++)
        if ((methods[i].kinds >> self->kind & 1u) && (r->python || !methods[i].python) &&
            methods[i].name[0] == (name.n ? name.p[0] : 0) && ond_str_is(name, methods[i].name))
            return r->python && methods[i].fn == ond__jf_dictsort
                       ? OND_OK
                       : bound(r, self, name, methods[i].fn, out);
    return OND_OK;
}
