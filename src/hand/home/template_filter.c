/* template_filter.c - filters, methods, functions and tests of templates; each a row of a table. */
#include "hand/home/template_value.h"

#include <ctype.h>
#include <strings.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct call { tpl *t; const tv *v, *args; size_t n; } call;
typedef tv call_fn(const call *c);

static tv copy_text(const call *c, const ond_buf *b)
{
    char *z = ond_buf_ok(b) ? ond_arena_dup(&c->t->mem, (ond_str){ond_buf_z(b), b->n}) : NULL;
    return z ? tv_text((ond_str){z, b->n}) : tv_error("the text grows too long");
}

/* The value as text, in the run's memory. */
static tv as_text(const call *c, const tv *v)
{
    if (v->type == TV_TEXT)
        return *v;
    ond_buf b = {0};
    tv_print(v, &b);
    tv out = copy_text(c, &b);
    ond_buf_free(&b);
    return out;
}

static tv given(const call *c, size_t i, tv otherwise)
{
    return i < c->n ? c->args[i] : otherwise;
}

/* ---- numbers ---- */

static tv f_int(const call *c)
{
    double n;
    if (tv_to_number(c->v, &n))
        return (tv){.type = TV_INT, .n = trunc(n)};
    return c->n ? c->args[0] : tv_error("int: not a number");
}

static tv f_float(const call *c)
{
    double n;
    if (tv_to_number(c->v, &n))
        return (tv){.type = TV_NUMBER, .n = n};
    return c->n ? c->args[0] : tv_error("float: not a number");
}

/* As Home Assistant rounds: to a whole number where no digits are asked for. */
static tv f_round(const call *c)
{
    double n, digits = 0;
    tv first = given(c, 0, tv_number(0)), how = given(c, 1, tv_text(OND_S("common")));
    if (!tv_to_number(c->v, &n))
        return tv_error("round: not a number");
    if (tv_is_number(&first))
        digits = fmin(fmax(trunc(first.n), 0), 12);
    double unit = pow(10, digits);
    bool up = how.type == TV_TEXT && ond_str_is(how.s, "ceil"), down = how.type == TV_TEXT && ond_str_is(how.s, "floor");
    n = (up ? ceil(n * unit) : down ? floor(n * unit) : rint(n * unit)) / unit;
    return (tv){.type = digits == 0 ? TV_INT : TV_NUMBER, .n = n};
}

static tv f_abs(const call *c)
{
    return tv_is_number(c->v) ? (tv){.type = c->v->type, .n = fabs(c->v->n)} : tv_error("abs: not a number");
}

static tv scaled(const call *c, char op)
{
    tv a, k = given(c, 0, tv_number(op == '*' ? 1 : 0));
    double n;
    if (!tv_to_number(c->v, &n))
        return given(c, 1, tv_error("not a number"));
    a = (tv){.type = TV_NUMBER, .n = n};
    return tv_math(c->t, op, &a, &k);
}

static tv f_multiply(const call *c) { return scaled(c, '*'); }
static tv f_add(const call *c) { return scaled(c, '+'); }

static tv f_bool(const call *c)
{
    if (c->v->type != TV_TEXT)
        return tv_bool(tv_true(c->v));
    const char *const yes[] = {"true", "yes", "on", "enable", "1"}, *const no[] = {"false", "no", "off", "disable", "0"};
    for (size_t i = 0; i < 5; i++) {
        if (c->v->s.n == strlen(yes[i]) && strncasecmp(c->v->s.p, yes[i], c->v->s.n) == 0)
            return tv_bool(true);
        if (c->v->s.n == strlen(no[i]) && strncasecmp(c->v->s.p, no[i], c->v->s.n) == 0)
            return tv_bool(false);
    }
    return given(c, 0, tv_error("bool: neither true nor false"));
}

/* ---- text ---- */

static tv cased(const call *c, int (*fn)(int))
{
    tv s = as_text(c, c->v);
    if (s.type != TV_TEXT)
        return s;
    char *z = ond_arena_dup(&c->t->mem, s.s);
    for (size_t i = 0; z && i < s.s.n; i++)
        if ((unsigned char)z[i] < 0x80)
            z[i] = (char)fn((unsigned char)z[i]);
    return z ? tv_text((ond_str){z, s.s.n}) : tv_error("the text grows too long");
}

static tv f_lower(const call *c) { return cased(c, tolower); }
static tv f_upper(const call *c) { return cased(c, toupper); }

static tv f_capitalize(const call *c)
{
    tv s = cased(c, tolower);
    if (s.type == TV_TEXT && s.s.n > 0)
        ((char *)(uintptr_t)s.s.p)[0] = (char)toupper((unsigned char)s.s.p[0]);
    return s;
}

static tv f_trim(const call *c)
{
    tv s = as_text(c, c->v);
    return s.type == TV_TEXT ? tv_text(ond_str_trim(s.s)) : s;
}

static tv f_string(const call *c) { return as_text(c, c->v); }

static tv f_replace(const call *c)
{
    tv s = as_text(c, c->v), from = given(c, 0, tv_text(OND_S(""))), to = given(c, 1, tv_text(OND_S("")));
    if (s.type != TV_TEXT || from.type != TV_TEXT || to.type != TV_TEXT || from.s.n == 0)
        return tv_error("replace needs two texts");
    ond_buf b = {0};
    for (size_t i = 0; i < s.s.n && b.n < (64u << 10);) {
        bool hit = s.s.n - i >= from.s.n && memcmp(s.s.p + i, from.s.p, from.s.n) == 0;
        ond_buf_str(&b, hit ? to.s : (ond_str){s.s.p + i, 1});
        i += hit ? from.s.n : 1;
    }
    tv out = copy_text(c, &b);
    ond_buf_free(&b);
    return out;
}

static bool add_piece(cJSON *list, ond_str s)
{
    char *z = ond_str_dup(s);
    cJSON *j = z ? cJSON_CreateString(z) : NULL;
    free(z);
    return j && cJSON_AddItemToArray(list, j);
}

static tv f_split(const call *c)
{
    tv by = given(c, 0, tv_text(OND_S(" ")));
    if (c->v->type != TV_TEXT || by.type != TV_TEXT || by.s.n == 0)
        return tv_error("split needs a text");
    cJSON *list = cJSON_CreateArray();
    ond_str rest = c->v->s;
    for (int pieces = 0; list && pieces < 1000; pieces++) {
        const char *hit = memmem(rest.p, rest.n, by.s.p, by.s.n);
        add_piece(list, (ond_str){rest.p, hit ? (size_t)(hit - rest.p) : rest.n});
        if (!hit)
            break;
        rest = (ond_str){hit + by.s.n, rest.n - (size_t)(hit - rest.p) - by.s.n};
    }
    return tv_own(c->t, list);
}

static tv f_join(const call *c)
{
    tv by = given(c, 0, tv_text(OND_S("")));
    if (c->v->type != TV_JSON || by.type != TV_TEXT)
        return tv_error("join needs a list");
    ond_buf b = {0};
    for (const cJSON *i = c->v->j->child; i && b.n < (64u << 10); i = i->next) {
        tv item = tv_json(i);
        if (i != c->v->j->child)
            ond_buf_str(&b, by.s);
        tv_print(&item, &b);
    }
    tv out = copy_text(c, &b);
    ond_buf_free(&b);
    return out;
}

static tv edge(const call *c, bool end)
{
    tv part = given(c, 0, tv_text(OND_S("")));
    if (c->v->type != TV_TEXT || part.type != TV_TEXT)
        return tv_error("startswith and endswith need texts");
    if (part.s.n > c->v->s.n)
        return tv_bool(false);
    const char *at = c->v->s.p + (end ? c->v->s.n - part.s.n : 0);
    return tv_bool(part.s.n == 0 || memcmp(at, part.s.p, part.s.n) == 0);
}

static tv m_startswith(const call *c) { return edge(c, false); }
static tv m_endswith(const call *c) { return edge(c, true); }

static tv f_format(const call *c) { return tpl_format(c->t, c->v, c->args, c->n); }

/* One conversion: %d %i %s %x %X %o %f %e %g with flags, width and precision of at most two digits. */
static bool one_format(ond_str spec, const tv *v, ond_buf *out)
{
    char fmt[16];
    size_t digits = strspn(spec.p + 1, "-+ #0123456789.");
    double n;
    if (spec.n > 8 || digits + 2 != spec.n)
        return false;
    memcpy(fmt, spec.p, spec.n);
    fmt[spec.n] = '\0';
    char kind = fmt[spec.n - 1];
    if (kind == 's') {
        tv_print(v, out);
        return true;
    }
    if (!tv_to_number(v, &n) || fabs(n) > 1e15)
        return false;
    if (strchr("dixXo", kind)) {
        snprintf(fmt + spec.n - 1, sizeof fmt - spec.n + 1, "ll%c", kind == 'i' ? 'd' : kind);
        char text[160];
        snprintf(text, sizeof text, fmt, (long long)n);
        ond_buf_puts(out, text);
    } else {
        char text[200];
        snprintf(text, sizeof text, fmt, n);
        ond_buf_puts(out, text);
    }
    return true;
}

tv tpl_format(tpl *t, const tv *format, const tv *args, size_t n)
{
    call c = {t, format, args, n};
    ond_buf b = {0};
    size_t used = 0;
    bool ok = format->type == TV_TEXT;
    ond_str f = ok ? format->s : OND_S("");
    for (size_t i = 0; ok && i < f.n; i++) {
        if (f.p[i] != '%') {
            ond_buf_putc(&b, f.p[i]);
            continue;
        }
        if (i + 1 < f.n && f.p[i + 1] == '%') {
            ond_buf_putc(&b, '%');
            i++;
            continue;
        }
        size_t k = i + 1;
        while (k < f.n && strchr("-+ #0123456789.", f.p[k]) && f.p[k])
            k++;
        tv list = n == 1 && args[0].type == TV_JSON && cJSON_IsArray(args[0].j)
                      ? tv_json(cJSON_GetArrayItem(args[0].j, (int)used))
                      : used < n ? args[used] : (tv){0};
        ok = k < f.n && k - i < 6 && strchr("disxXofeg", f.p[k]) && f.p[k] && list.type != TV_UNDEFINED &&
             one_format((ond_str){f.p + i, k - i + 1}, &list, &b);
        used++;
        i = k;
    }
    tv out = ok ? copy_text(&c, &b) : tv_error("format: it does not fit its values");
    ond_buf_free(&b);
    return out;
}

/* ---- the rest ---- */

static tv f_default(const call *c)
{
    tv other = given(c, 0, tv_text(OND_S(""))), loose = given(c, 1, tv_bool(false));
    bool missing = c->v->type == TV_UNDEFINED || (tv_true(&loose) && c->v->type != TV_ERROR && !tv_true(c->v));
    return missing ? other : *c->v;
}

static tv f_is_defined(const call *c)
{
    return c->v->type == TV_UNDEFINED ? tv_error("it is not there") : *c->v;
}

static tv f_length(const call *c)
{
    if (c->v->type == TV_TEXT)
        return tv_number((double)c->v->s.n);
    return c->v->type == TV_JSON ? tv_number(cJSON_GetArraySize(c->v->j)) : tv_error("length: nothing to count");
}

static tv f_first(const call *c)
{
    tv key = tv_number(0);
    return tv_item(c->t, c->v, &key);
}

static tv f_last(const call *c)
{
    tv key = tv_number(-1);
    return tv_item(c->t, c->v, &key);
}

static tv f_to_json(const call *c)
{
    cJSON *j = tv_to_json(c->v);
    ond_buf b = {0};
    if (j)
        ond_json_print(&b, j);
    tv out = j ? copy_text(c, &b) : tv_error("out of memory");
    cJSON_Delete(j);
    ond_buf_free(&b);
    return out;
}

static tv f_from_json(const call *c)
{
    cJSON *j = NULL;
    if (c->v->type != TV_TEXT || ond_json_parse(c->v->s, &j, NULL) != 0)
        return tv_error("from_json: not JSON");
    if (cJSON_IsObject(j) || cJSON_IsArray(j))
        return tv_own(c->t, j);
    tv v = tv_json(j);
    if (v.type == TV_TEXT) {
        char *z = ond_arena_dup(&c->t->mem, v.s);
        v = z ? tv_text(ond_str_of(z)) : tv_error("out of memory");
    }
    cJSON_Delete(j);
    return v;
}

static tv f_iif(const call *c)
{
    return tv_true(c->v) ? given(c, 0, tv_bool(true)) : given(c, 1, tv_bool(false));
}

static tv m_get(const call *c)
{
    tv key = given(c, 0, tv_text(OND_S("")));
    tv v = tv_item(c->t, c->v, &key);
    return v.type == TV_UNDEFINED ? given(c, 1, (tv){.type = TV_NONE}) : v;
}

static tv extreme(const call *c, bool most)
{
    tv best = tv_error("min and max need numbers");
    for (size_t i = 0; i < c->n; i++)
        if (!tv_is_number(&c->args[i]))
            return best;
    for (size_t i = 0; i < c->n; i++)
        if (i == 0 || (most ? c->args[i].n > best.n : c->args[i].n < best.n))
            best = c->args[i];
    return best;
}

static tv g_max(const call *c) { return extreme(c, true); }
static tv g_min(const call *c) { return extreme(c, false); }

/* ---- tables ---- */

typedef struct row { const char *name; call_fn *fn; } row;

static const row filters[] = {
    {"int", f_int}, {"float", f_float}, {"round", f_round}, {"abs", f_abs}, {"multiply", f_multiply}, {"add", f_add},
    {"bool", f_bool}, {"lower", f_lower}, {"upper", f_upper}, {"capitalize", f_capitalize}, {"trim", f_trim},
    {"string", f_string}, {"replace", f_replace}, {"split", f_split}, {"join", f_join}, {"format", f_format},
    {"default", f_default}, {"d", f_default}, {"is_defined", f_is_defined}, {"length", f_length}, {"count", f_length},
    {"first", f_first}, {"last", f_last}, {"to_json", f_to_json}, {"tojson", f_to_json}, {"from_json", f_from_json},
    {"iif", f_iif}, {NULL, NULL},
};
static const row methods[] = {
    {"lower", f_lower}, {"upper", f_upper}, {"capitalize", f_capitalize}, {"strip", f_trim}, {"replace", f_replace},
    {"split", f_split}, {"startswith", m_startswith}, {"endswith", m_endswith}, {"get", m_get}, {NULL, NULL},
};
/* A function whose first argument is its value is the filter of that name. */
static const row functions[] = {
    {"int", f_int}, {"float", f_float}, {"bool", f_bool}, {"iif", f_iif}, {NULL, NULL},
};

static call_fn *find(const row *rows, ond_str name)
{
    while (rows->name && !ond_str_is(name, rows->name))
        rows++;
    return rows->fn;
}

/* Trouble passes through everything but what asks whether there is something. */
static tv apply(call_fn *fn, const call *c)
{
    if (c->v && c->v->type == TV_ERROR)
        return *c->v;
    if (c->v && c->v->type == TV_UNDEFINED && fn != f_default && fn != f_is_defined && fn != f_float && fn != f_int)
        return tv_error("it is not there");
    for (size_t i = 0; i < c->n; i++)
        if (c->args[i].type == TV_ERROR)
            return c->args[i];
    return fn(c);
}

bool tpl_filter(tpl *t, ond_str name, const tv *v, const tv *args, size_t n, tv *out)
{
    call_fn *fn = find(filters, name);
    if (fn)
        *out = apply(fn, &(call){t, v, args, n});
    return fn != NULL;
}

bool tpl_method(tpl *t, ond_str name, const tv *v, const tv *args, size_t n, tv *out)
{
    call_fn *fn = find(methods, name);
    if (fn)
        *out = apply(fn, &(call){t, v, args, n});
    return fn != NULL;
}

bool tpl_function(tpl *t, ond_str name, const tv *args, size_t n, tv *out)
{
    static const row wide[] = {{"max", g_max}, {"min", g_min}, {NULL, NULL}};
    double ignored;
    call_fn *fn = find(wide, name);
    if (fn) {
        *out = apply(fn, &(call){t, NULL, args, n});
        return true;
    }
    if (ond_str_is(name, "is_number") && n == 1) {
        *out = tv_bool(tv_to_number(&args[0], &ignored));
        return true;
    }
    fn = find(functions, name);
    if (!fn || n == 0)
        return false;
    *out = apply(fn, &(call){t, &args[0], args + 1, n - 1});
    return true;
}

bool tpl_test(tpl *t, ond_str name, const tv *v, tv *out)
{
    (void)t;
    double ignored;
    if (v->type == TV_ERROR && !ond_str_is(name, "defined") && !ond_str_is(name, "undefined")) {
        *out = *v;
        return true;
    }
    if (ond_str_is(name, "defined") || ond_str_is(name, "undefined"))
        *out = tv_bool((v->type != TV_UNDEFINED && v->type != TV_ERROR) == ond_str_is(name, "defined"));
    else if (ond_str_is(name, "none"))
        *out = tv_bool(v->type == TV_NONE);
    else if (ond_str_is(name, "number"))
        *out = tv_bool(tv_is_number(v));
    else if (ond_str_is(name, "string"))
        *out = tv_bool(v->type == TV_TEXT);
    else if (ond_str_is(name, "mapping"))
        *out = tv_bool(v->type == TV_JSON && cJSON_IsObject(v->j));
    else if (ond_str_is(name, "true") || ond_str_is(name, "false"))
        *out = tv_bool(v->type == TV_BOOL && (v->n != 0) == ond_str_is(name, "true"));
    else if (ond_str_is(name, "even") || ond_str_is(name, "odd"))
        *out = tv_to_number(v, &ignored) ? tv_bool((fmod(fabs(ignored), 2) == 1) == ond_str_is(name, "odd")) : tv_error("not a number");
    else
        return false;
    return true;
}
