/* jinja_filter.c - the table of filters, and those of single values.
 *
 * For each filter the table says with what it goes in the reference: written bare (x | f) and with
 * parentheses (x | f(…)), which the reference tells apart. Python's dialect has every filter in
 * both forms and for whatever its function takes. */
#include "base/jinja_internal.h"

#include <math.h>
#include <stdlib.h>

/* ---- JSON ---- */

static int flag(jrun *r, const jargs *args, size_t i, const char *name, bool *out)
{
    const jv *v = ond__j_arg(args, i, name);
    *out = false;
    if (!v) return OND_OK;
    if (v->kind != JV_BOOL && !r->python) return ond__j_fail(r, "'%s' is true or false", name);
    *out = ond__j_true(v);
    return OND_OK;
}

/* By place only in Python's dialect: the reference does not look at arguments without a name. */
static const jv *named(const jrun *r, const jargs *args, size_t i, const char *name)
{
    return ond__j_arg(args, r->python ? i : SIZE_MAX, name);
}

static int separators(jrun *r, const jv *v, jjson *o)
{
    if (!v || v->kind == JV_NONE) return OND_OK;
    if (!ond__j_is_list(v) || v->list->n != 2 || v->list->v[0].kind != JV_STR ||
        v->list->v[1].kind != JV_STR)
        return ond__j_fail(r, "tojson: 'separators' are two strings");
    o->item = &v->list->v[0].s;
    o->key = &v->list->v[1].s;
    return OND_OK;
}

static int f_tojson(jrun *r, const jv *v, const jargs *args, jv *out)
{
    static const ond_str comma = {", ", 2}, tight = {",", 1}, colon = {": ", 2};
    jjson o = {.item = &comma, .key = &colon, .undef_null = true};
    const jv *indent = named(r, args, 1, "indent");
    ond_buf b = {0};
    if (indent && indent->kind != JV_NONE &&
        (indent->kind != JV_INT || indent->num < 0 || indent->num > 100))
        return ond__j_fail(r, "tojson: 'indent' is a number from 0 to 100");
    if (indent && indent->kind == JV_INT) o.indent = (size_t)indent->num;
    if (o.indent) o.item = &tight;
    int rc = flag(r, args, r->python ? 0 : SIZE_MAX, "ensure_ascii", &o.ascii);
    if (rc == 0) rc = flag(r, args, r->python ? 3 : SIZE_MAX, "sort_keys", &o.sort);
    if (rc == 0) rc = separators(r, named(r, args, 2, "separators"), &o);
    if (rc == 0) rc = ond__j_tojson(r, v, &o, 0, &b);
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}

int ond__jf_from_json(jrun *r, const jv *v, const jargs *args, jv *out)
{
    cJSON *j = NULL;
    ond_err e = {0};
    jv shallow;
    (void)args;
    if (v->kind != JV_STR)
        return ond__j_fail(r, "from_json takes a string, not %s", ond__j_kind(v));
    int rc = ond__j_spend(r, v->s.n / 8 + 1);
    if (rc) return rc;
    if (ond_json_parse(v->s, &j, &e)) return ond__j_fail(r, "from_json: %s", e.text);
    rc = ond__j_from_json(r, j, &shallow);
    if (rc == 0) rc = ond__j_keep(r, &shallow, out);      /* its texts are the parser's */
    cJSON_Delete(j);
    return rc;
}

/* ---- numbers ---- */

/* JavaScript's parseInt and parseFloat: the number that the text begins with. */
static bool number_at(ond_str s, bool real, double *out)
{
    s = ond__j_trim(NULL, s, true, false);
    size_t n = s.n && (s.p[0] == '-' || s.p[0] == '+'), digits = 0;
    ond_str rest = {s.p + n, s.n - n};
    if (real && rest.n >= 8 && memcmp(rest.p, "Infinity", 8) == 0) {
        *out = n && s.p[0] == '-' ? -INFINITY : INFINITY;
        return true;
    }
    for (; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++) digits++;
    if (real && n < s.n && s.p[n] == '.')
        for (n++; n < s.n && s.p[n] >= '0' && s.p[n] <= '9'; n++) digits++;
    if (!digits) return false;
    if (real && n + 1 < s.n && (s.p[n] == 'e' || s.p[n] == 'E')) {
        size_t e = n + 1 + (s.p[n + 1] == '-' || s.p[n + 1] == '+');
        if (e < s.n && s.p[e] >= '0' && s.p[e] <= '9')
            for (n = e; n < s.n && s.p[n] >= '0' && s.p[n] <= '9';) n++;
    }
    return ond_num_parse((ond_str){s.p, n}, out);
}

/* Python's int() and float(): the whole text or nothing. */
static bool number_whole(ond_str s, bool real, double *out)
{
    s = ond__j_trim(NULL, s, true, true);
    if (!real && (memchr(s.p, 'e', s.n) || memchr(s.p, 'E', s.n))) return false;
    if (!ond_num_parse(s, out)) return false;
    if (!real) *out = trunc(*out);
    return true;
}

static int number(jrun *r, const jv *v, const jargs *args, bool real, jv *out)
{
    const jv *otherwise = ond__j_arg(args, 0, "default");
    double x = 0;
    *out = otherwise ? *otherwise : real ? ond__j_float(0) : ond__j_int(0);
    if (v->kind == JV_STR) {
        bool so = r->python ? number_whole(v->s, real, &x) : number_at(v->s, real, &x);
        if (so) *out = real ? ond__j_float(x) : ond__j_int(x);
        return OND_OK;
    }
    if (ond__j_is_num(v)) {
        if (real) *out = ond__j_float(v->num);
        else *out = ond__j_int(r->python ? trunc(v->num) : floor(v->num));
    } else if (v->kind == JV_BOOL) *out = real ? ond__j_float(v->b) : ond__j_int(v->b);
    return OND_OK;
}

static int f_int(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return number(r, v, args, false, out);
}
static int f_float(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return number(r, v, args, true, out);
}

static int f_abs(jrun *r, const jv *v, const jargs *args, jv *out)
{
    (void)args;
    *out = *v;
    if (!ond__j_is_num(v)) return ond__j_fail(r, "abs takes a number, not %s", ond__j_kind(v));
    out->num = fabs(v->num);
    return OND_OK;
}

static int f_round(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *digits = ond__j_arg(args, 0, "precision"), *method = ond__j_arg(args, 1, "method");
    double p = digits && ond__j_is_num(digits) ? digits->num : 0;
    ond_str how = method && method->kind == JV_STR ? method->s : OND_S("common");
    if (!ond__j_is_num(v)) return ond__j_fail(r, "round takes a number, not %s", ond__j_kind(v));
    if (fabs(p) > 300) return ond__j_fail(r, "round: the precision is out of range");
    double scale = pow(10, p), x = v->num * scale;
    x = ond_str_is(how, "ceil") ? ceil(x) : ond_str_is(how, "floor") ? floor(x) : nearbyint(x);
    *out = ond__j_float(isfinite(x) ? x / scale : v->num);
    return OND_OK;
}

/* ---- anything ---- */

static int f_safe(jrun *r, const jv *v, const jargs *args, jv *out)
{
    (void)r;
    (void)args;
    *out = *v;
    return OND_OK;
}

static int f_bool(jrun *r, const jv *v, const jargs *args, jv *out)
{
    (void)r;
    (void)args;
    *out = ond__j_bool(ond__j_true(v));
    return OND_OK;
}

/* Where the reference gives no text (none, dicts), Python's is given. */
static int f_string(jrun *r, const jv *v, const jargs *args, jv *out)
{
    ond_buf b = {0};
    (void)args;
    if (v->kind != JV_NONE && v->kind != JV_DICT && v->kind != JV_SPACE)
        return ond__j_text_of(r, v, out);
    int rc = ond__j_repr(r, v, &b);
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}

static int f_length(jrun *r, const jv *v, const jargs *args, jv *out)
{
    (void)args;
    if (v->kind == JV_STR) *out = ond__j_int((double)ond__j_length(r, v->s));
    else if (ond__j_is_list(v)) *out = ond__j_int((double)v->list->n);
    else if (v->kind == JV_DICT) *out = ond__j_int((double)v->dict->n);
    else if (v->kind == JV_UNDEF) *out = ond__j_int(0);
    else return ond__j_fail(r, "%s has no length", ond__j_kind(v));
    return ond__j_spend(r, v->kind == JV_STR ? v->s.n / 32 : 1);
}

static int f_default(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *otherwise = ond__j_arg(args, 0, r->python ? "default_value" : NULL);
    bool falsy;
    int rc = flag(r, args, 1, "boolean", &falsy);
    *out = *v;
    if (v->kind == JV_UNDEF || (falsy && !ond__j_true(v)))
        *out = otherwise ? *otherwise : ond__j_str(OND_S(""));
    return rc;
}

static int f_attr(jrun *r, const jv *v, const jargs *args, jv *out)
{
    if (!args->n || args->v[0].kind != JV_STR) return ond__j_fail(r, "attr takes a name");
    return ond__j_attribute(r, *v, args->v[0].s, out);
}

static int by_method(jrun *r, const jv *v, const char *name, const jargs *args, jv *out)
{
    jv m;
    int rc = ond__j_method(r, v, ond_str_of(name), &m);
    if (rc) return rc;
    if (m.kind != JV_FUNC)
        return ond__j_fail(r, "filter '%s' does not go with %s", name, ond__j_kind(v));
    return m.func->fn(r, v, args, out);
}

static int f_get(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return by_method(r, v, "get", args, out);
}
static int f_keys(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return by_method(r, v, "keys", args, out);
}
static int f_values(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return by_method(r, v, "values", args, out);
}

/* ---- the table ---- */

#define U (1u << JV_UNDEF)
#define N (1u << JV_NONE)
#define B (1u << JV_BOOL)
#define I (1u << JV_INT | 1u << JV_FLOAT)
#define S (1u << JV_STR)
#define L (1u << JV_LIST | 1u << JV_TUPLE)
#define D (1u << JV_DICT)
#define ANY (~0u)

typedef struct row { const char *name; unsigned bare, called; jfn *fn; } row;

static const row rows[] = {
    {"safe", ANY, 0, f_safe},
    {"tojson", ANY, ANY, f_tojson},
    {"list", L, 0, ond__jf_list},
    {"first", L, 0, ond__jf_first},
    {"last", L, 0, ond__jf_last},
    {"length", L | S | D, 0, f_length},
    {"reverse", L, 0, ond__jf_reverse},
    {"sort", L, L, ond__jf_sort},
    {"join", L | S, L | S, ond__jf_join},
    {"string", L | S | I | B, 0, f_string},
    {"unique", L, 0, ond__jf_unique},
    {"upper", S, 0, ond__jf_upper},
    {"lower", S, 0, ond__jf_lower},
    {"title", S, 0, ond__jf_title},
    {"capitalize", S, 0, ond__jf_capitalize},
    {"trim", S, 0, ond__jf_trim},
    {"indent", S, S, ond__jf_indent},
    {"replace", 0, S, ond__jf_replace},
    {"int", S | I | B, S | I | B, f_int},
    {"float", S | I | B, S | I | B, f_float},
    {"abs", I, 0, f_abs},
    {"items", D, D, ond__jf_items},
    {"keys", D, D, f_keys},
    {"values", D, D, f_values},
    {"get", 0, D, f_get},
    {"dictsort", D, D, ond__jf_dictsort},
    {"bool", B, 0, f_bool},
    {"default", 0, ANY, f_default},
    {"selectattr", 0, L, ond__jf_selectattr},
    {"rejectattr", 0, L, ond__jf_rejectattr},
    {"map", 0, L, ond__jf_map},
    /* what only Python's dialect has */
    {"select", 0, 0, ond__jf_select},
    {"reject", 0, 0, ond__jf_reject},
    {"sum", 0, 0, ond__jf_sum},
    {"min", 0, 0, ond__jf_min},
    {"max", 0, 0, ond__jf_max},
    {"round", 0, 0, f_round},
    {"batch", 0, 0, ond__jf_batch},
    {"slice", 0, 0, ond__jf_slice},
    {"groupby", 0, 0, ond__jf_groupby},
    {"wordcount", 0, 0, ond__jf_wordcount},
    {"truncate", 0, 0, ond__jf_truncate},
    {"center", 0, 0, ond__jf_center},
    {"format", 0, 0, ond__jf_format},
    {"escape", 0, 0, ond__jf_escape},
    {"e", 0, 0, ond__jf_escape},
    {"from_json", 0, 0, ond__jf_from_json},
    {"fromjson", 0, 0, ond__jf_from_json},
    {"attr", 0, 0, f_attr},
    {"count", 0, 0, f_length},
    {"d", 0, 0, f_default},
};

static const row *row_of(ond_str name)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
        if (name.n && rows[i].name[0] == name.p[0] && ond_str_is(name, rows[i].name))
            return &rows[i];
    return NULL;
}

static int refuse(jrun *r, ond_str name, const row *w, const jv *v)
{
    int n = (int)(name.n < 60 ? name.n : 60);
    if (!w) return ond__j_fail(r, "unknown filter '%.*s'", n, name.p);
    return ond__j_fail(r, "filter '%.*s' does not go with %s", n, name.p, ond__j_kind(v));
}

int ond__j_filter_named(jrun *r, ond_str name, const jv *v, const jargs *args, jv *out)
{
    const row *w = row_of(name);
    return w ? w->fn(r, v, args, out) : refuse(r, name, NULL, v);
}

static int filter(jrun *r, jscope *s, const jnode *n, const jv *v, jv *out)
{
    const row *w = row_of(n->s);
    jargs args = {0};
    if (!w || (!r->python && !((n->called ? w->called : w->bare) >> v->kind & 1u)))
        return refuse(r, n->s, w, v);
    bool literal = w->fn == ond__jf_selectattr || w->fn == ond__jf_rejectattr;
    for (size_t i = 0; literal && !r->python && i < n->kids.n; i++)
        if (n->kids.v[i]->kind != JN_STRING) return ond__j_fail(r, "'%s' takes strings", w->name);
    int rc = n->called ? ond__j_args(r, s, &n->kids, &args) : OND_OK;
    if (rc) return rc;
    r->line = n->line;
    if (n->called && !r->python && w->fn == f_int &&
        v->kind == JV_FLOAT) { /* the reference gives it back as it is */
        *out = *v;
        return OND_OK;
    }
    if (n->called && !r->python && w->fn == f_float && v->kind == JV_INT) {
        *out = *v;
        return OND_OK;
    }
    return w->fn(r, v, &args, out);
}

int ond__j_filter(jrun *r, jscope *s, const jnode *n, const jv *v, jv *out)
{
    jv operand = *v;                     /* out may be v */
    return filter(r, s, n, &operand, out);
}
