/* jinja_call.c - arguments, calls, and the functions that every template has. */
#include "base/jinja_internal.h"

#include <math.h>
#include <time.h>

/* ---- arguments ---- */

static int keyword(jrun *r, jargs *a, ond_str name, jv v)
{
    jv d;
    if (!a->kw) {
        int rc = ond__j_dict(r, &d);
        if (rc) return rc;
        a->kw = d.dict;
    }
    if (ond__j_get_str(a->kw, name))
        return ond__j_fail(r, "keyword argument '%.*s' is given twice",
                           (int)(name.n < 60 ? name.n : 60), name.p);
    return ond__j_put(r, a->kw, ond__j_str(name), v);
}

static int spread_keywords(jrun *r, jargs *a, const jv *v)
{
    if (v->kind != JV_DICT) return ond__j_fail(r, "** takes a mapping, not %s", ond__j_kind(v));
    int rc = OND_OK;
    for (size_t i = 0; i < v->dict->n && rc == 0; i++) {
        const jpair *p = &v->dict->v[i];
        rc = p->key.kind == JV_STR ? keyword(r, a, p->key.s, p->val)
                                   : ond__j_fail(r, "keywords are strings");
    }
    return rc;
}

static int by_place(jrun *r, jlist *l, const jnode *n, jv v)
{
    if (n->kind != JN_SPREAD) return ond__j_append(r, l, v);
    if (!ond__j_is_list(&v)) return ond__j_fail(r, "* takes a list, not %s", ond__j_kind(&v));
    int rc = ond__j_spend(r, v.list->n);
    for (size_t i = 0; i < v.list->n && rc == 0; i++) rc = ond__j_append(r, l, v.list->v[i]);
    return rc;
}

/* All that is given by place first, as in Python. */
int ond__j_args(jrun *r, jscope *s, const jnodes *args, jargs *out)
{
    jlist l = {0};
    int rc = OND_OK;
    *out = (jargs){0};
    if (!args->n) return OND_OK;
    l.v = ond__j_alloc(r, args->n, sizeof(*l.v));
    l.cap = args->n;
    if (!l.v) return ond__j_nomem(r);
    for (size_t i = 0; i < args->n && rc == 0; i++) {
        const jnode *n = args->v[i];
        jv v;
        if (n->kind == JN_KEYWORD || n->kind == JN_KEYWORD_SPREAD) continue;
        rc = ond__j_eval(r, s, n->kind == JN_SPREAD ? n->a : n, &v);
        if (rc == 0) rc = by_place(r, &l, n, v);
    }
    for (size_t i = 0; i < args->n && rc == 0; i++) {
        const jnode *n = args->v[i];
        jv v;
        if (n->kind != JN_KEYWORD && n->kind != JN_KEYWORD_SPREAD) continue;
        rc = ond__j_eval(r, s, n->a, &v);
        if (rc == 0)
            rc = n->kind == JN_KEYWORD ? keyword(r, out, n->s, v) : spread_keywords(r, out, &v);
    }
    out->v = l.v;
    out->n = l.n;
    return rc;
}

const jv *ond__j_arg(const jargs *args, size_t i, const char *name)
{
    if (i < args->n) return &args->v[i];
    return args->kw && name ? ond__j_get_str(args->kw, ond_str_of(name)) : NULL;
}

int ond__j_no_kw(jrun *r, const char *what, const jargs *args)
{
    return args->kw && args->kw->n && !r->python ? ond__j_fail(r, "'%s' takes no keywords", what)
                                                 : OND_OK;
}

int ond__j_call(jrun *r, jscope *s, const jv *f, const jargs *args, jv *out)
{
    *out = (jv){.kind = JV_UNDEF};
    if (f->func->node) return ond__j_macro(r, s, f->func, args, out);
    int rc = ond__j_spend(r, 1);
    return rc ? rc : f->func->fn(r, &f->func->self, args, out);
}

/* ---- functions ---- */

static int g_raise(jrun *r, const jv *self, const jargs *args, jv *out)
{
    ond_buf b = {0};
    jv none = {.kind = JV_UNDEF};
    (void)self;
    (void)out;
    int rc = ond__j_raw(r, args->n ? &args->v[0] : &none, &b);
    if (rc == 0)
        rc = ond_fail(r->err, OND_E_INPUT, "%s",
                      b.n ? ond_buf_z(&b) : "the template raised an exception");
    ond_buf_free(&b);
    return rc;
}

static double whole_or(const jv *v, double otherwise)
{
    return v && v->kind > JV_NONE ? ond__j_number(v) : otherwise;
}

static int g_range(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)self;
    if (!args->n || args->n > 3 || (r->python && args->kw && args->kw->n))
        return ond__j_fail(r, "range() takes one to three numbers");
    double step = args->n > 2 ? whole_or(&args->v[2], 1) : 1;
    bool one = args->n == 1 || args->v[1].kind <= JV_NONE;
    double i = one ? 0 : ond__j_number(&args->v[0]), stop = ond__j_number(&args->v[one ? 0 : 1]);
    if (step == 0) return ond__j_fail(r, "range(): the step is zero");
    int rc = ond__j_list(r, 0, out);
    for (; rc == 0 && (step > 0 ? i < stop : i > stop); i += step) {
        rc = ond__j_append(r, out->list, i == floor(i) ? ond__j_int(i) : ond__j_float(i));
        if (rc == 0) rc = ond__j_spend(r, 8);
        if (i + step == i) return ond__j_fail(r, "range(): the step is too small");
    }
    return rc;
}

/* What a directive of strftime stands for; false: it is left as it is. English, as the C locale
 * has it. */
static bool directive(ond_buf *out, char c, const struct tm *t, bool python)
{
    static const char months[] =
        "JanuaryFebruaryMarchAprilMayJuneJulyAugustSeptemberOctoberNovemberDecember";
    static const char from[] = {0, 7, 15, 20, 25, 28, 32, 36, 42, 51, 58, 66, 74};
    static const char *const days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                       "Thursday", "Friday", "Saturday"};
    int m = t->tm_mon % 12, d = t->tm_wday % 7;
    switch (c) {
    case 'Y': ond_buf_printf(out, "%d", t->tm_year + 1900); return true;
    case 'm': ond_buf_printf(out, "%02d", t->tm_mon + 1); return true;
    case 'd': ond_buf_printf(out, "%02d", t->tm_mday); return true;
    case 'b': ond_buf_put(out, months + from[m], 3); return true;
    case 'B': ond_buf_put(out, months + from[m], (size_t)(from[m + 1] - from[m])); return true;
    case 'H': ond_buf_printf(out, "%02d", t->tm_hour); return true;
    case 'M': ond_buf_printf(out, "%02d", t->tm_min); return true;
    case '%': ond_buf_putc(out, '%'); return true;
    default: break;
    }
    if (!python) return false;
    switch (c) {
    case 'y': ond_buf_printf(out, "%02d", t->tm_year % 100); return true;
    case 'S': ond_buf_printf(out, "%02d", t->tm_sec); return true;
    case 'j': ond_buf_printf(out, "%03d", t->tm_yday + 1); return true;
    case 'A': ond_buf_puts(out, days[d]); return true;
    case 'a': ond_buf_put(out, days[d], 3); return true;
    case 'I': ond_buf_printf(out, "%02d", t->tm_hour % 12 ? t->tm_hour % 12 : 12); return true;
    case 'p': ond_buf_puts(out, t->tm_hour < 12 ? "AM" : "PM"); return true;
    case 'F':
        ond_buf_printf(out, "%d-%02d-%02d", t->tm_year + 1900, t->tm_mon + 1, t->tm_mday);
        return true;
    case 'T': ond_buf_printf(out, "%02d:%02d:%02d", t->tm_hour, t->tm_min, t->tm_sec); return true;
    default: return false;
    }
}

static int g_strftime_now(jrun *r, const jv *self, const jargs *args, jv *out)
{
    time_t seconds = (time_t)(r->now / 1000 - (r->now % 1000 < 0));
    struct tm t;
    ond_buf b = {0};
    (void)self;
    if (!args->n || args->v[0].kind != JV_STR)
        return ond__j_fail(r, "strftime_now() takes a format");
    if (!gmtime_r(&seconds, &t)) return ond__j_fail(r, "strftime_now(): the time is out of range");
    ond_str s = args->v[0].s;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] == '%' && i + 1 < s.n && directive(&b, s.p[i + 1], &t, r->python)) i++;
        else ond_buf_putc(&b, s.p[i]);
    }
    return ond__j_take_buf(r, &b, out);
}

static int pairs_into(jrun *r, jdict *d, const jv *source, const char *what)
{
    int rc = OND_OK;
    if (source->kind == JV_DICT) {
        for (size_t i = 0; i < source->dict->n && rc == 0; i++)
            rc = ond__j_put(r, d, source->dict->v[i].key, source->dict->v[i].val);
        return rc;
    }
    if (!ond__j_is_list(source))
        return ond__j_fail(r, "%s() takes a mapping or a list of pairs, not %s", what,
                           ond__j_kind(source));
    for (size_t i = 0; i < source->list->n && rc == 0; i++) {
        jv item = source->list->v[i], pair = item;
        jargs none = {0};
        if (item.kind == JV_STR) rc = ond__jf_list(r, &item, &none, &pair);
        if (rc) return rc;
        if (!ond__j_is_list(&pair) || pair.list->n != 2 || pair.list->v[0].kind != JV_STR)
            return ond__j_fail(r, "%s() takes pairs of a string and a value", what);
        rc = ond__j_put(r, d, pair.list->v[0], pair.list->v[1]);
    }
    return rc;
}

static int mapping(jrun *r, const jargs *args, const char *what, jv *out)
{
    if (args->n > 1) return ond__j_fail(r, "%s() takes one argument by place", what);
    int rc = ond__j_dict(r, out);
    if (rc == 0 && args->n) rc = pairs_into(r, out->dict, &args->v[0], what);
    jv kw = {.kind = JV_DICT, .dict = args->kw};
    return rc || !args->kw ? rc : pairs_into(r, out->dict, &kw, what);
}

static int g_namespace(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)self;
    int rc = mapping(r, args, "namespace", out);
    out->kind = JV_SPACE;
    return rc;
}

static int g_dict(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)self;
    return mapping(r, args, "dict", out);
}

/* ---- cycler and joiner: objects of Jinja2 with one thing to do ---- */

static int bound(jrun *r, jfn *fn, jv self, const char *name, jv *out)
{
    jfunc *f = ond__j_alloc(r, 1, sizeof(*f));
    if (!f) return ond__j_nomem(r);
    *f = (jfunc){.fn = fn, .self = self, .name = ond_str_of(name)};
    *out = (jv){.kind = JV_FUNC, .func = f};
    return OND_OK;
}

/* The first call gives "", later ones the separator; self is [separator, used]. */
static int join_next(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)r;
    (void)args;
    bool used = self->list->v[1].b;
    self->list->v[1].b = true;
    *out = used ? self->list->v[0] : ond__j_str(OND_S(""));
    return OND_OK;
}

static int g_joiner(jrun *r, const jv *self, const jargs *args, jv *out)
{
    const jv *sep = ond__j_arg(args, 0, "sep");
    jv state;
    (void)self;
    int rc = ond__j_list(r, 2, &state);
    if (rc == 0) rc = ond__j_append(r, state.list, sep ? *sep : ond__j_str(OND_S(", ")));
    if (rc == 0) rc = ond__j_append(r, state.list, ond__j_bool(false));
    return rc ? rc : bound(r, join_next, state, "joiner", out);
}

/* self is the list of what to go through, its last item the place. */
static int cycle_next(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)r;
    (void)args;
    size_t n = self->list->n - 1;
    double *at = &self->list->v[n].num;
    *out = self->list->v[(size_t)*at];
    *at = fmod(*at + 1, (double)n);
    return OND_OK;
}

static int cycle_reset(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)r;
    (void)args;
    (void)out;
    self->list->v[self->list->n - 1].num = 0;
    return OND_OK;
}

static int g_cycler(jrun *r, const jv *self, const jargs *args, jv *out)
{
    jv state, f;
    (void)self;
    if (!args->n) return ond__j_fail(r, "cycler() takes what it is to go through");
    int rc = ond__j_list(r, args->n + 1, &state);
    for (size_t i = 0; i < args->n && rc == 0; i++) rc = ond__j_append(r, state.list, args->v[i]);
    if (rc == 0) rc = ond__j_append(r, state.list, ond__j_int(0));
    if (rc == 0) rc = ond__j_dict(r, out);
    if (rc == 0) rc = bound(r, cycle_next, state, "next", &f);
    if (rc == 0) rc = ond__j_put(r, out->dict, ond__j_str(OND_S("next")), f);
    if (rc == 0) rc = bound(r, cycle_reset, state, "reset", &f);
    if (rc == 0) rc = ond__j_put(r, out->dict, ond__j_str(OND_S("reset")), f);
    return rc;
}

/* ---- names that every template knows ---- */

typedef struct global { const char *name; jfn *fn; jv v; bool python; } global;

static const global globals[] = {
    {"true", NULL, {.kind = JV_BOOL, .b = true}, false},
    {"True", NULL, {.kind = JV_BOOL, .b = true}, false},
    {"false", NULL, {.kind = JV_BOOL, .b = false}, false},
    {"False", NULL, {.kind = JV_BOOL, .b = false}, false},
    {"none", NULL, {.kind = JV_NONE}, false},
    {"None", NULL, {.kind = JV_NONE}, false},
    {"raise_exception", g_raise, {.kind = JV_UNDEF}, false},
    {"range", g_range, {.kind = JV_UNDEF}, false},
    {"strftime_now", g_strftime_now, {.kind = JV_UNDEF}, false},
    {"namespace", g_namespace, {.kind = JV_UNDEF}, false},
    {"dict", g_dict, {.kind = JV_UNDEF}, true},
    {"joiner", g_joiner, {.kind = JV_UNDEF}, true},
    {"cycler", g_cycler, {.kind = JV_UNDEF}, true},
};

int ond__j_globals(jrun *r, jscope *s, const cJSON *vars)
{
    int rc = OND_OK;
    for (size_t i = 0; i < sizeof(globals) / sizeof(*globals) && rc == 0; i++) {
        const global *g = &globals[i];
        if (g->python && !r->python) continue;
        if (!r->python && ond_json_get(vars, g->name))
            return ond__j_fail(r, "a variable may not be called '%s'", g->name);
        for (size_t k = 0; k < r->t->n_names && rc == 0; k++) {
            jv v = g->v;
            if (!ond_str_is(r->t->names[k], g->name)) continue;
            if (g->fn) rc = bound(r, g->fn, v, g->name, &v);
            if (rc == 0) rc = ond__j_set(r, s, (int)k, v);
        }
    }
    return rc;
}
