/* template_filter.c - filters, methods and functions of templates; each a row of a table.
 *
 * They are Home Assistant's where it differs from Jinja: round gives a whole number where no digits are asked for, and int and
 * float of something that is no number are an error unless a default is given. Those about numbers are in template_number.c.
 *
 * To add one: a function, a row of its table with the names of its arguments, a line in test_template.c. */
#include "hand/home/template_value.h"
#include "base/utf8.h"

#include <utf8proc.h>

#include <math.h>
#include <stdio.h>

#define TEXT_GROWS_TO (64u << 10)
#define PIECES_MOST 1000

/* The value as text, in the run's memory. */
static tv as_text(const tpl_call *c, const tv *v)
{
    if (v->type == TV_TEXT)
        return *v;
    ond_buf b = {0};
    ond__tv_print(v, &b);
    tv out = ond__tv_copy(c->t, &b);
    ond_buf_free(&b);
    return out;
}

/* ---- text ---- */

static void put_cased(ond_buf *out, ond_str s, int32_t (*fn)(int32_t), size_t most)
{
    size_t at = 0;
    char bytes[4];
    for (size_t k = 0; at < s.n; k++) {
        uint32_t ch = ond_utf8_next(s, &at);
        ond_buf_put(out, bytes, ond_utf8_put(k < most ? (uint32_t)fn((int32_t)ch) : ch, bytes));
    }
}

static tv cased(const tpl_call *c, int32_t (*fn)(int32_t), size_t most)
{
    tv s = as_text(c, c->v);
    if (s.type != TV_TEXT)
        return s;
    ond_buf b = {0};
    put_cased(&b, s.s, fn, most);
    tv out = ond__tv_copy(c->t, &b);
    ond_buf_free(&b);
    return out;
}

static tv f_lower(const tpl_call *c) { return cased(c, utf8proc_tolower, SIZE_MAX); }
static tv f_upper(const tpl_call *c) { return cased(c, utf8proc_toupper, SIZE_MAX); }

static tv f_capitalize(const tpl_call *c)
{
    tv low = f_lower(c);
    tpl_call again = *c;
    again.v = &low;
    return low.type == TV_TEXT ? cased(&again, utf8proc_toupper, 1) : low;
}

static tv f_trim(const tpl_call *c)
{
    tv s = as_text(c, c->v), chars = ond__tpl_given(c, 0, ond__tv_text(OND_S(" \t\r\n\v\f")));
    if (s.type != TV_TEXT || chars.type != TV_TEXT)
        return ond__tv_error("trim needs a text");
    while (s.s.n > 0 && memchr(chars.s.p, s.s.p[0], chars.s.n))
        s.s = (ond_str){s.s.p + 1, s.s.n - 1};
    while (s.s.n > 0 && memchr(chars.s.p, s.s.p[s.s.n - 1], chars.s.n))
        s.s.n--;
    return s;
}

static tv f_string(const tpl_call *c) { return as_text(c, c->v); }

static tv f_replace(const tpl_call *c)
{
    tv none = ond__tv_error("replace needs two texts");
    tv s = as_text(c, c->v), from = ond__tpl_given(c, 0, none), to = ond__tpl_given(c, 1, none);
    tv count = ond__tpl_given(c, 2, ond__tv_number(-1));
    if (s.type != TV_TEXT || from.type != TV_TEXT || to.type != TV_TEXT || from.s.n == 0 || count.type != TV_INT)
        return none;
    ond_buf b = {0};
    double left = count.n < 0 ? INFINITY : count.n;
    for (size_t i = 0; i < s.s.n && b.n < TEXT_GROWS_TO;) {
        bool hit = left > 0 && s.s.n - i >= from.s.n && memcmp(s.s.p + i, from.s.p, from.s.n) == 0;
        ond_buf_str(&b, hit ? to.s : (ond_str){s.s.p + i, 1});
        i += hit ? from.s.n : 1;
        left -= hit;
    }
    tv out = b.n < TEXT_GROWS_TO ? ond__tv_copy(c->t, &b) : ond__tv_error("the text grows too long");
    ond_buf_free(&b);
    return out;
}

static bool add_piece(cJSON *list, ond_str s)
{
    const tv piece = ond__tv_text(s);
    cJSON *j = ond__tv_to_json(&piece);
    return j && cJSON_AddItemToArray(list, j);
}

static tv kept(const tpl_call *c, cJSON *list)
{
    tv made = ond__tv_json(list);
    if (list && ond__tv_spend(c->t, &made))
        return ond__tv_own(c->t, list);
    cJSON_Delete(list);
    return ond__tv_error("a list that is too long");
}

static tv f_split(const tpl_call *c)
{
    tv by = ond__tpl_given(c, 0, ond__tv_text(OND_S(" ")));
    if (c->v->type != TV_TEXT || by.type != TV_TEXT || by.s.n == 0)
        return ond__tv_error("split needs a text");
    cJSON *list = cJSON_CreateArray();
    ond_str rest = c->v->s;
    for (int pieces = 0; list; pieces++) {
        const char *hit = memmem(rest.p, rest.n, by.s.p, by.s.n);
        if (pieces == PIECES_MOST || !add_piece(list, (ond_str){rest.p, hit ? (size_t)(hit - rest.p) : rest.n})) {
            cJSON_Delete(list);
            return ond__tv_error("split: more than 1000 pieces");
        }
        if (!hit)
            break;
        rest = (ond_str){hit + by.s.n, rest.n - (size_t)(hit - rest.p) - by.s.n};
    }
    return kept(c, list);
}

static tv f_join(const tpl_call *c)
{
    tv by = ond__tpl_given(c, 0, ond__tv_text(OND_S("")));
    if (c->v->type != TV_JSON || !cJSON_IsArray(c->v->j) || by.type != TV_TEXT)
        return ond__tv_error("join needs a list");
    ond_buf b = {0};
    for (const cJSON *i = c->v->j->child; i && b.n < TEXT_GROWS_TO; i = i->next) {
        tv item = ond__tv_json(i);
        if (i != c->v->j->child)
            ond_buf_str(&b, by.s);
        ond__tv_print(&item, &b);
    }
    tv out = b.n < TEXT_GROWS_TO ? ond__tv_copy(c->t, &b) : ond__tv_error("the text grows too long");
    ond_buf_free(&b);
    return out;
}

static tv edge(const tpl_call *c, bool end)
{
    tv part = ond__tpl_given(c, 0, ond__tv_error(""));
    if (c->v->type != TV_TEXT || part.type != TV_TEXT)
        return ond__tv_error("startswith and endswith need texts");
    if (part.s.n > c->v->s.n)
        return ond__tv_bool(false);
    const char *at = c->v->s.p + (end ? c->v->s.n - part.s.n : 0);
    return ond__tv_bool(part.s.n == 0 || memcmp(at, part.s.p, part.s.n) == 0);
}

static tv m_startswith(const tpl_call *c) { return edge(c, false); }
static tv m_endswith(const tpl_call *c) { return edge(c, true); }
static tv f_format(const tpl_call *c) { return ond__tpl_format(c->t, c->v, c->a, c->n); }

/* ---- the rest ---- */

static tv f_default(const tpl_call *c)
{
    tv other = ond__tpl_given(c, 0, ond__tv_text(OND_S(""))), loose = ond__tpl_given(c, 1, ond__tv_bool(false));
    bool missing = c->v->type == TV_UNDEFINED || (ond__tv_true(&loose) && !ond__tv_true(c->v));
    return missing ? other : *c->v;
}

static tv f_is_defined(const tpl_call *c) { return *c->v; }

static tv f_length(const tpl_call *c)
{
    if (c->v->type == TV_TEXT)
        return ond__tv_number((double)ond_utf8_count(c->v->s));
    return c->v->type == TV_JSON ? ond__tv_number(cJSON_GetArraySize(c->v->j)) : ond__tv_error("length: nothing to count");
}

static tv f_first(const tpl_call *c)
{
    tv key = ond__tv_number(0);
    return ond__tv_item(c->t, c->v, &key);
}

static tv f_last(const tpl_call *c)
{
    tv key = ond__tv_number(-1);
    return ond__tv_item(c->t, c->v, &key);
}

static tv f_to_json(const tpl_call *c)
{
    cJSON *made = c->v->type == TV_JSON ? NULL : ond__tv_to_json(c->v);
    const cJSON *j = made ? made : c->v->j;
    ond_buf b = {0};
    if (j)
        ond_json_print(&b, j);
    tv out = j ? ond__tv_copy(c->t, &b) : ond__tv_error("out of memory");
    cJSON_Delete(made);
    ond_buf_free(&b);
    return out;
}

static tv f_from_json(const tpl_call *c)
{
    cJSON *j = NULL;
    if (c->v->type != TV_TEXT || ond_json_parse(c->v->s, &j, NULL) != 0)
        return ond__tv_error("from_json: not JSON");
    if (cJSON_IsObject(j) || cJSON_IsArray(j))
        return kept(c, j);
    tv v = ond__tv_json(j);
    ond_buf b = {0};
    if (v.type == TV_TEXT) {
        ond_buf_str(&b, v.s);
        v = ond__tv_copy(c->t, &b);
    }
    ond_buf_free(&b);
    cJSON_Delete(j);
    return v;
}

static tv f_iif(const tpl_call *c)
{
    if (c->v->type == TV_NONE && c->a[2].type != TV_ABSENT)
        return c->a[2];
    return ond__tv_true(c->v) ? ond__tpl_given(c, 0, ond__tv_bool(true)) : ond__tpl_given(c, 1, ond__tv_bool(false));
}

static tv m_get(const tpl_call *c)
{
    tv key = ond__tpl_given(c, 0, ond__tv_error("get needs a name"));
    if (c->v->type != TV_JSON || !cJSON_IsObject(c->v->j))
        return ond__tv_error("get needs a map");
    tv v = ond__tv_item(c->t, c->v, &key);
    return v.type == TV_UNDEFINED ? ond__tpl_given(c, 1, (tv){.type = TV_NONE}) : v;
}

/* ---- tables ---- */

typedef struct row {
    const char *name;
    tpl_fn *fn;
    const char *names;            /* of the arguments after the value; "*": any number, "+": the value is among them */
} row;

static const row filters[] = {
    {"abs", ond__tpl_f_abs, ""},
    {"add", ond__tpl_f_add, "amount default"},
    {"bool", ond__tpl_f_bool, "default"},
    {"capitalize", f_capitalize, ""},
    {"count", f_length, ""},
    {"d", f_default, "default_value boolean"},
    {"default", f_default, "default_value boolean"},
    {"first", f_first, ""},
    {"float", ond__tpl_f_float, "default"},
    {"format", f_format, "*"},
    {"from_json", f_from_json, ""},
    {"iif", f_iif, "if_true if_false if_none"},
    {"int", ond__tpl_f_int, "default base"},
    {"is_defined", f_is_defined, ""},
    {"is_number", ond__tpl_f_is_number, ""},
    {"join", f_join, "d"},
    {"last", f_last, ""},
    {"length", f_length, ""},
    {"lower", f_lower, ""},
    {"max", ond__tpl_f_max, "+"},
    {"min", ond__tpl_f_min, "+"},
    {"multiply", ond__tpl_f_multiply, "amount default"},
    {"replace", f_replace, "old new count"},
    {"round", ond__tpl_f_round, "precision method default"},
    {"split", f_split, "sep"},
    {"string", f_string, ""},
    {"to_json", f_to_json, ""},
    {"tojson", f_to_json, ""},
    {"trim", f_trim, "chars"},
    {"upper", f_upper, ""},
    {NULL, NULL, NULL},
};
static const row methods[] = {
    {"capitalize", f_capitalize, ""},
    {"endswith", m_endswith, "suffix"},
    {"format", NULL, NULL},       /* another language: '{}'.format(value) */
    {"get", m_get, "key default"},
    {"lower", f_lower, ""},
    {"replace", f_replace, "old new count"},
    {"split", f_split, "sep"},
    {"startswith", m_startswith, "prefix"},
    {"strip", f_trim, "chars"},
    {"upper", f_upper, ""},
    {NULL, NULL, NULL},
};
/* A function is the filter of that name with its value as first argument. */
static const char functions[] = " bool float iif int is_number max min ";

static const row *find(const row *rows, ond_str name)
{
    while (rows->name && !ond_str_is(name, rows->name))
        rows++;
    return rows->fn ? rows : NULL;
}

/* Where the argument called `name` stands in "default base"; -1: nowhere. */
static int place_of(const char *names, ond_str name)
{
    int i = 0;
    for (const char *w = names; *w; i++) {
        size_t n = strcspn(w, " ");
        if (ond_str_eq((ond_str){w, n}, name))
            return i;
        w += n + (w[n] == ' ');
    }
    return -1;
}

static size_t count_of(const char *names)
{
    size_t n = *names ? 1 : 0;
    for (; *names; names++)
        n += *names == ' ';
    return n;
}

/* Arguments from number `from` on to their places. */
static bool place(tpl_call *c, const row *r, const targs *args, size_t from)
{
    bool many = strchr("*+", r->names[0]) && r->names[0];
    size_t most = many ? TPL_ARGS : count_of(r->names);
    for (size_t i = 0; i < TPL_ARGS; i++)
        c->a[i] = (tv){.type = TV_ABSENT};
    if (r->names[0] == '+')
        c->a[c->n++] = *c->v;
    for (size_t i = from; i < args->n; i++) {
        int at = args->name[i].n == 0 ? (int)c->n : many ? -1 : place_of(r->names, args->name[i]);
        if (at < 0 || (size_t)at >= most || c->a[at].type != TV_ABSENT) {
            ond__tpl_refuse(c->t, "the arguments of %s(%s) in a template are not supported", r->name, r->names);
            return false;
        }
        c->a[at] = args->v[i];
        c->n = (size_t)at + 1 > c->n ? (size_t)at + 1 : c->n;
    }
    return true;
}

static tv made_of_missing(const tpl_call *c, const row *r)
{
    if (r->fn == f_default || r->fn == f_iif || r->fn == ond__tpl_f_is_number)
        return r->fn(c);
    if ((r->fn == ond__tpl_f_int || r->fn == ond__tpl_f_float || r->fn == ond__tpl_f_bool) && c->a[0].type != TV_ABSENT)
        return c->a[0];
    return ond__tv_missing(c->t, c->v);
}

/* Trouble passes through everything, what is missing through what gives a default. */
static tv apply(tpl *t, const row *r, const tv *v, const targs *args, size_t from)
{
    tpl_call c = {.t = t, .v = v};
    if (!place(&c, r, args, from))
        return ond__tv_error("");
    if (v->type == TV_ERROR)
        return *v;
    for (size_t i = 0; i < c.n; i++)
        if (c.a[i].type == TV_ERROR)
            return c.a[i];
    return v->type == TV_UNDEFINED ? made_of_missing(&c, r) : r->fn(&c);
}

static tv unknown(tpl *t, const char *kind, ond_str name)
{
    ond__tpl_refuse(t, "%s '%.*s' is not supported in a template", kind, (int)(name.n > 40 ? 40 : name.n), name.p);
    return ond__tv_error("");
}

tv ond__tpl_filter(tpl *t, ond_str name, const tv *v, const targs *args)
{
    const row *r = find(filters, name);
    return r ? apply(t, r, v, args, 0) : unknown(t, "filter", name);
}

tv ond__tpl_method(tpl *t, ond_str name, const tv *v, const targs *args)
{
    const row *r = find(methods, name);
    return r ? apply(t, r, v, args, 0) : unknown(t, "method", name);
}

tv ond__tpl_function(tpl *t, ond_str name, const targs *args)
{
    char padded[24];
    int n = snprintf(padded, sizeof padded, " %.*s ", (int)(name.n < 20 ? name.n : 20), name.p);
    const row *r = n > 2 && strstr(functions, padded) ? find(filters, name) : NULL;
    if (!r)
        return unknown(t, "function", name);
    if (args->n == 0 || args->name[0].n > 0) {
        ond__tpl_refuse(t, "%s() in a template needs a value", r->name);
        return ond__tv_error("");
    }
    return apply(t, r, &args->v[0], args, 1);
}
