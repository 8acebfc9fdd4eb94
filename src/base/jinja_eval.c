/* jinja_eval.c - expressions to values. */
#include "base/jinja_internal.h"

#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

static const jv undef = {.kind = JV_UNDEF};

/* ---- operators ---- */

static int put_both(jrun *r, const jv *a, const jv *b, jv *out)
{
    ond_buf t = {0};
    int rc;
    if (a->kind == JV_STR && b->kind == JV_STR) { /* the common case, without a buffer between */
        if (a->s.n + b->s.n > J_OUTPUT)
            return ond__j_fail(r, "the text is larger than %zu MiB", J_OUTPUT >> 20);
        char *z = ond__j_alloc(r, 1, a->s.n + b->s.n + 1);
        if (!z) return ond__j_nomem(r);
        memcpy(z, a->s.p, a->s.n);
        memcpy(z + a->s.n, b->s.p, b->s.n);
        *out = ond__j_str((ond_str){z, a->s.n + b->s.n});
        return ond__j_spend(r, out->s.n / 64);
    }
    rc = ond__j_raw(r, a, &t);
    if (rc == 0) rc = ond__j_raw(r, b, &t);
    if (rc == 0) return ond__j_take_buf(r, &t, out);
    ond_buf_free(&t);
    return rc;
}

static int power(jrun *r, const jv *a, const jv *b, jv *out)
{
    double x = ond__j_number(a), y = ond__j_number(b);
    if (x == 0 && y < 0) return ond__j_fail(r, "zero cannot be raised to a negative power");
    double z = pow(x, y);
    if (!isfinite(z)) return ond__j_fail(r, "the power is no finite number");
    *out = (jv){.kind = a->kind == JV_FLOAT || b->kind == JV_FLOAT || y < 0 ? JV_FLOAT : JV_INT,
                .num = z};
    return OND_OK;
}

static int arithmetic(jrun *r, j_op op, const jv *a, const jv *b, jv *out)
{
    double x = ond__j_number(a), y = ond__j_number(b);
    jv_kind kind = a->kind == JV_FLOAT || b->kind == JV_FLOAT ? JV_FLOAT : JV_INT;
    if (r->python && y == 0 && (op == J_DIV || op == J_FLOOR || op == J_MOD))
        return ond__j_fail(r, "division by zero");
    switch (op) {
    case J_ADD: *out = (jv){.kind = kind, .num = x + y}; return OND_OK;
    case J_SUB: *out = (jv){.kind = kind, .num = x - y}; return OND_OK;
    case J_MUL: *out = (jv){.kind = kind, .num = x * y}; return OND_OK;
    case J_DIV: *out = ond__j_float(x / y); return OND_OK;
    case J_FLOOR: *out = (jv){.kind = kind, .num = floor(x / y)}; return OND_OK;
    case J_MOD: /* the sign of x, as in JavaScript; of y in Python */
        *out = (jv){.kind = kind, .num = fmod(x, y)};
        if (r->python && out->num != 0 && (out->num < 0) != (y < 0)) out->num += y;
        return OND_OK;
    case J_LT: *out = ond__j_bool(x < y); return OND_OK;
    case J_GT: *out = ond__j_bool(x > y); return OND_OK;
    case J_LE: *out = ond__j_bool(x <= y); return OND_OK;
    case J_GE: *out = ond__j_bool(x >= y); return OND_OK;
    default: return OND_E_NOT_FOUND;
    }
}

static int contains(jrun *r, const jv *item, const jv *in, bool *out)
{
    *out = false;
    if (ond__j_is_list(in)) {
        int rc = ond__j_spend(r, in->list->n / 8 + 1);
        for (size_t i = 0; i < in->list->n && !*out && rc == 0; i++) {
            if (r->python) rc = ond__j_equal(r, item, &in->list->v[i], out);
            else *out = ond__j_same(item, &in->list->v[i]);
        }
        return rc;
    }
    if (in->kind == JV_STR && item->kind == JV_STR) {
        *out = ond__j_find(in->s, item->s, 0) != SIZE_MAX;
        return ond__j_spend(r, 1 + in->s.n / 64);
    }
    if (in->kind == JV_DICT &&
        (item->kind == JV_STR || (r->python && item->kind <= JV_STR && item->kind > JV_HOLE))) {
        *out = ond__j_get(in->dict, *item) != NULL;
        return OND_OK;
    }
    return OND_E_NOT_FOUND;
}

static int joined_lists(jrun *r, const jv *a, const jv *b, jv *out)
{
    int rc = ond__j_list(r, a->list->n + b->list->n, out);
    for (size_t i = 0; i < a->list->n && rc == 0; i++)
        rc = ond__j_append(r, out->list, a->list->v[i]);
    for (size_t i = 0; i < b->list->n && rc == 0; i++)
        rc = ond__j_append(r, out->list, b->list->v[i]);
    if (r->python && a->kind == JV_TUPLE && b->kind == JV_TUPLE) out->kind = JV_TUPLE;
    return rc;
}

static int repeated(jrun *r, const jv *what, double times, jv *out)
{
    size_t n = times > 0 ? (size_t)(times < 1e9 ? times : 1e9) : 0;
    int rc = ond__j_spend(r, n);
    if (rc) return rc;
    if (what->kind == JV_STR) {
        ond_buf b = {0};
        if (what->s.n && n > J_OUTPUT / what->s.n)
            return ond__j_fail(r, "the text is larger than %zu MiB", J_OUTPUT >> 20);
        for (size_t i = 0; i < n; i++) ond_buf_str(&b, what->s);
        return ond__j_take_buf(r, &b, out);
    }
    rc = ond__j_list(r, 0, out);
    out->kind = what->kind;
    for (size_t i = 0; i < n && rc == 0; i++)
        for (size_t k = 0; k < what->list->n && rc == 0; k++) {
            rc = ond__j_append(r, out->list, what->list->v[k]);
            if (rc == 0) rc = ond__j_spend(r, 1);
        }
    return rc;
}

static bool numeric(const jv *v) { return ond__j_is_num(v) || v->kind == JV_BOOL; }

/* What the reference refuses and Jinja2 does. */
static int wider(jrun *r, j_op op, const jv *a, const jv *b, jv *out)
{
    int order, rc;
    if (numeric(a) && numeric(b)) return arithmetic(r, op, a, b, out);
    if (op == J_MUL && (a->kind == JV_STR || ond__j_is_list(a)) && b->kind == JV_INT)
        return repeated(r, a, b->num, out);
    if (op == J_MUL && (b->kind == JV_STR || ond__j_is_list(b)) && a->kind == JV_INT)
        return repeated(r, b, a->num, out);
    if (op == J_MOD && a->kind == JV_STR) return ond__j_percent(r, a->s, b, out);
    if (op == J_CAT) return put_both(r, a, b, out);
    if (op < J_LT || op > J_GE || a->kind <= JV_NONE || b->kind <= JV_NONE) return OND_E_NOT_FOUND;
    rc = ond__j_order(r, a, b, true, &order);
    *out = ond__j_bool(op == J_LT   ? order < 0
                       : op == J_GT ? order > 0
                       : op == J_LE ? order <= 0
                                    : order >= 0);
    return rc;
}

static const char *const op_names[] = {"+", "-", "~",  "*",  "/",  "//", "%",  "**",
                                       "<", ">", "<=", ">=", "==", "!=", "in", "not in"};

static int no_operator(jrun *r, j_op op, const jv *a, const jv *b)
{
    return ond__j_fail(r, "'%s' does not go with %s and %s", op_names[op], ond__j_kind(a),
                       ond__j_kind(b));
}

static int membership(jrun *r, j_op op, const jv *a, const jv *b, jv *out)
{
    bool in = false;
    int rc = b->kind == JV_UNDEF ? OND_OK : OND_E_NOT_FOUND;
    bool lists = ond__j_is_list(a) && ond__j_is_list(b);          /* the reference gives up there */
    if (rc && b->kind > JV_NONE && (r->python || (a->kind > JV_NONE && !lists)))
        rc = contains(r, a, b, &in);
    *out = ond__j_bool(in == (op == J_IN));
    return rc == OND_E_NOT_FOUND ? no_operator(r, op, a, b) : rc;
}

int ond__j_binary(jrun *r, j_op op, const jv *a, const jv *b, jv *out)
{
    bool equal;
    int rc = OND_E_NOT_FOUND;
    if (op == J_EQ || op == J_NE) {
        rc = ond__j_equal(r, a, b, &equal);
        *out = ond__j_bool(equal == (op == J_EQ));
        return rc;
    }
    if (op == J_IN || op == J_NOT_IN) return membership(r, op, a, b, out);
    if (a->kind <= JV_NONE || b->kind <= JV_NONE) {
        if (op == J_CAT && r->python) return put_both(r, a, b, out);
    } else if (op == J_CAT) {
        if (a->kind != JV_FUNC && b->kind != JV_FUNC) return put_both(r, a, b, out);
    } else if (op == J_POW && numeric(a) && numeric(b)) return power(r, a, b, out);
    else if (ond__j_is_num(a) && ond__j_is_num(b)) rc = arithmetic(r, op, a, b, out);
    else if (op == J_ADD && ond__j_is_list(a) && ond__j_is_list(b))
        return joined_lists(r, a, b, out);
    else if (op == J_ADD && (a->kind == JV_STR || b->kind == JV_STR) &&
             !(r->python && a->kind != b->kind))
        return put_both(r, a, b, out);
    else if (r->python) rc = wider(r, op, a, b, out);
    return rc == OND_E_NOT_FOUND ? no_operator(r, op, a, b) : rc;
}

static int binary(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jv a, b;
    int rc = ond__j_eval(r, s, n->a, &a);
    if (rc == 0) rc = ond__j_eval(r, s, n->b, &b);
    if (rc) return rc;
    r->line = n->line;
    return ond__j_binary(r, n->op, &a, &b, out);
}

static int sign(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jv v;
    int rc = ond__j_eval(r, s, n->a, &v);
    if (rc) return rc;
    if (!numeric(&v))
        return ond__j_fail(r, "'%c' does not go with %s", n->kind == JN_NEG ? '-' : '+',
                           ond__j_kind(&v));
    double x = ond__j_number(&v);
    *out = (jv){.kind = v.kind == JV_FLOAT ? JV_FLOAT : JV_INT,
                .num = n->kind == JN_NEG ? -1 * x : x};
    return OND_OK;
}

/* ---- literals ---- */

static int items(jrun *r, jscope *s, const jnode *n, jv *out)
{
    int rc = ond__j_list(r, n->kids.n, out);
    for (size_t i = 0; i < n->kids.n && rc == 0; i++) {
        jv v;
        rc = ond__j_eval(r, s, n->kids.v[i], &v);
        if (rc == 0) rc = ond__j_append(r, out->list, v);
    }
    if (n->kind == JN_TUPLE) out->kind = JV_TUPLE;
    return rc;
}

static int dict(jrun *r, jscope *s, const jnode *n, jv *out)
{
    int rc = ond__j_dict(r, out);
    for (size_t i = 0; i + 1 < n->kids.n && rc == 0; i += 2) {
        jv key, v;
        rc = ond__j_eval(r, s, n->kids.v[i], &key);
        if (rc) return rc;
        if (key.kind != JV_STR && !(r->python && key.kind > JV_HOLE && key.kind < JV_STR))
            return ond__j_fail(r, "a key must be a string, not %s", ond__j_kind(&key));
        rc = ond__j_eval(r, s, n->kids.v[i + 1], &v);
        if (rc == 0) rc = ond__j_put(r, out->dict, key, v);
    }
    return rc;
}

/* ---- members ---- */

/* Character `at` of a string, from its end where negative; by UTF-16 units in the reference, where
 * half a pair is U+FFFD. */
static int character(jrun *r, ond_str s, double at, jv *out)
{
    double n = (double)ond__j_length(r, s), unit = 0;
    *out = undef;
    if (at < 0) at += n;
    int rc = ond__j_spend(r, 1 + s.n / 64);
    if (rc || !(at >= 0 && at < n)) return rc;
    for (size_t i = 0; i < s.n;) {
        size_t from = i;
        bool pair = ond_utf8_next(s, &i) >= 0x10000 && !r->python;
        if (unit == at || (pair && unit + 1 == at)) {
            *out = ond__j_str(pair ? OND_S("\xEF\xBF\xBD") : (ond_str){s.p + from, i - from});
            return OND_OK;
        }
        unit += pair ? 2 : 1;
    }
    return OND_OK;
}

static int of_dict(jrun *r, const jv *object, const jv *key, bool computed, jv *out)
{
    if (key->kind != JV_STR && !(r->python && key->kind > JV_HOLE && key->kind < JV_STR)) {
        if (r->python) return OND_OK;
        return ond__j_fail(r, "%s has keys that are strings, not %s", ond__j_kind(object),
                           ond__j_kind(key));
    }
    const jv *v = ond__j_get(object->dict, *key);
    if (r->python && !computed &&
        object->kind == JV_DICT) { /* Jinja2 looks for a method first after a dot */
        int rc = ond__j_method(r, object, key->s, out);
        if (rc || out->kind != JV_UNDEF) return rc;
    }
    if (v) *out = *v;
    else if (object->kind == JV_DICT && key->kind == JV_STR)
        return ond__j_method(r, object, key->s, out);
    return OND_OK;
}

static int of_sequence(jrun *r, const jv *object, const jv *key, jv *out)
{
    if (key->kind == JV_STR) return ond__j_method(r, object, key->s, out);
    if (key->kind != JV_INT) {
        if (r->python) return OND_OK;
        return ond__j_fail(r, "%s has no item at %s", ond__j_kind(object), ond__j_kind(key));
    }
    if (object->kind == JV_STR) return character(r, object->s, key->num, out);
    double n = (double)object->list->n, at = key->num < 0 ? key->num + n : key->num;
    if (at >= 0 && at < n) *out = object->list->v[(size_t)at];
    return OND_OK;
}

static int member(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jv object, key = ond__j_str(n->s);
    int rc = ond__j_eval(r, s, n->a, &object);
    if (rc == 0 && n->computed) rc = ond__j_eval(r, s, n->b, &key);
    if (rc) return rc;
    r->line = n->line;
    *out = undef;
    switch (object.kind) {
    case JV_DICT: case JV_SPACE: return of_dict(r, &object, &key, n->computed, out);
    case JV_LIST: case JV_TUPLE: case JV_STR: return of_sequence(r, &object, &key, out);
    default: break;
    }
    if (r->python && object.kind == JV_UNDEF)
        return ond__j_fail(r, "an undefined value has no '%.*s'",
                           key.kind == JV_STR ? (int)(key.s.n < 60 ? key.s.n : 60) : 4,
                           key.kind == JV_STR ? key.s.p : "item");
    if (key.kind != JV_STR && !r->python)
        return ond__j_fail(r, "%s has no items", ond__j_kind(&object));
    return OND_OK;
}

/* ---- slices ---- */

static int bound(jrun *r, jscope *s, const jnode *n, bool *given, double *out)
{
    jv v = undef;
    int rc = n ? ond__j_eval(r, s, n, &v) : OND_OK;
    *given = v.kind == JV_INT;
    *out = *given ? v.num : 0;
    if (rc) return rc;
    return *given || v.kind == JV_UNDEF || (r->python && v.kind == JV_NONE)
               ? OND_OK
               : ond__j_fail(r, "a slice needs integers, not %s", ond__j_kind(&v));
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

typedef struct range { double from, to, step; } range;

static int slice_range(jrun *r, jscope *s, const jnode *n, double length, range *out)
{
    bool has[3];
    double v[3];
    for (size_t i = 0; i < 3; i++) {
        int rc = bound(r, s, n->kids.v[i], &has[i], &v[i]);
        if (rc) return rc;
    }
    double step = has[2] ? v[2] : 1;
    if (r->python && step == 0) return ond__j_fail(r, "the step of a slice is zero");
    if (step >= 0) {
        v[0] = !has[0] ? 0 : v[0] < 0 ? clamp(length + v[0], 0, length) : clamp(v[0], 0, length);
        v[1] = !has[1]    ? length
               : v[1] < 0 ? clamp(length + v[1], 0, length)
                          : clamp(v[1], 0, length);
    } else {
        v[0] = !has[0]    ? length - 1
               : v[0] < 0 ? clamp(length + v[0], -1, length)
                          : clamp(v[0], -1, length - 1);
        /* The reference takes a stop of -1 for the default, which goes down to the first item. */
        v[1] = !has[1] || (!r->python && v[1] == -1) ? -1
               : v[1] < 0                            ? clamp(length + v[1], -1, length)
                                                     : clamp(v[1], -1, length - 1);
    }
    *out = (range){v[0], v[1], step};
    return OND_OK;
}

static bool more(const range *g, double i)
{
    return g->step > 0 ? i < g->to : g->step < 0 && i > g->to;
}

static int slice_list(jrun *r, const jv *v, const range *g, jv *out)
{
    int rc = ond__j_list(r, 0, out);
    for (double i = g->from; rc == 0 && more(g, i); i += g->step) {
        rc = ond__j_append(r, out->list, v->list->v[(size_t)i]);
        if (rc == 0) rc = ond__j_spend(r, 1);
    }
    if (r->python && v->kind == JV_TUPLE) out->kind = JV_TUPLE;
    return rc;
}

/* One character forward or back; `at` stays inside. */
static size_t forward(ond_str s, size_t at)
{
    if (at < s.n) ond_utf8_next(s, &at);
    return at;
}

static int slice_text(jrun *r, ond_str s, const range *g, jv *out)
{
    size_t count = 0, *at = NULL;
    ond_buf b = {0};
    int rc = ond__j_spend(r, 1 + s.n / 16);
    if (rc) return rc;
    if (g->step == 1 && g->from <= g->to) {              /* the common one, without copying */
        size_t from = 0, to;
        double i = 0;
        for (; i < g->from; i++) from = forward(s, from);
        for (to = from; i < g->to; i++) to = forward(s, to);
        *out = ond__j_str((ond_str){s.p + from, to - from});
        return OND_OK;
    }
    at = ond__j_alloc(r, s.n + 1, sizeof(*at));
    if (!at) return ond__j_nomem(r);
    for (size_t i = 0; i < s.n; i = forward(s, i)) at[count++] = i;
    at[count] = s.n;
    for (double i = g->from; more(g, i); i += g->step)
        ond_buf_put(&b, s.p + at[(size_t)i], at[(size_t)i + 1] - at[(size_t)i]);
    return ond__j_take_buf(r, &b, out);
}

static double points(ond_str s)
{
    double n = 0;
    for (size_t at = 0; at < s.n; n++) ond_utf8_next(s, &at);
    return n;
}

static int slice(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jv v;
    range g = {0, 0, 1};
    int rc = ond__j_eval(r, s, n->a, &v);
    if (rc) return rc;
    r->line = n->line;
    if (!ond__j_is_list(&v) && v.kind != JV_STR)
        return r->python && v.kind != JV_UNDEF
                   ? (*out = undef, OND_OK)
                   : ond__j_fail(r, "%s cannot be sliced", ond__j_kind(&v));
    double length = v.kind == JV_STR ? points(v.s) : (double)v.list->n;
    rc = slice_range(r, s, n, length, &g);
    if (rc) return rc;
    return v.kind == JV_STR ? slice_text(r, v.s, &g, out) : slice_list(r, &v, &g, out);
}

/* ---- the rest ---- */

/* x.items() where x has a key "items" that is no function: the method is meant. */
static int method_instead(jrun *r, jscope *s, const jnode *callee, jv *f)
{
    jv object, m;
    if (callee->kind != JN_MEMBER || callee->computed) return OND_OK;
    int rc = ond__j_eval(r, s, callee->a, &object);
    if (rc || object.kind != JV_DICT) return rc;
    rc = ond__j_method(r, &object, callee->s, &m);
    if (rc == 0 && m.kind == JV_FUNC) *f = m;
    return rc;
}

static int call(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jargs args;
    jv f;
    int rc = ond__j_args(r, s, &n->kids, &args);
    if (rc == 0) rc = ond__j_eval(r, s, n->a, &f);
    if (rc) return rc;
    r->line = n->line;
    jv loop = f;
    if (f.kind == JV_DICT && f.dict->loop && r->python)
        rc = ond__j_method(r, &loop, OND_S(""), &f); /* loop(…) */
    if (rc == 0 && r->python && f.kind != JV_FUNC && f.kind != JV_UNDEF)
        rc = method_instead(r, s, n->a, &f);
    if (rc) return rc;
    if (f.kind != JV_FUNC) {
        ond_str name = n->a->kind == JN_NAME || n->a->kind == JN_MEMBER ? n->a->s
                                                                        : OND_S("a value");
        return ond__j_fail(r, "%s '%.*s' is no function",
                           f.kind == JV_UNDEF ? "unknown function or method" : ond__j_kind(&f),
                           (int)(name.n < 60 ? name.n : 60), name.p);
    }
    return ond__j_call(r, s, &f, &args, out);
}

static int filter(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jv v;
    int rc = ond__j_eval(r, s, n->a, &v);
    if (rc) return rc;
    r->line = n->line;
    return ond__j_filter(r, s, n, &v, out);
}

static int test(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jv v;
    jargs args = {0};
    bool so;
    int rc = ond__j_eval(r, s, n->a, &v);
    if (rc == 0 && n->kids.n) rc = ond__j_args(r, s, &n->kids, &args);
    if (rc) return rc;
    r->line = n->line;
    rc = ond__j_test(r, n->s, &v, &args, &so);
    *out = ond__j_bool(so != n->computed);
    return rc;
}

static int either(jrun *r, jscope *s, const jnode *n, jv *out)
{
    int rc = ond__j_eval(r, s, n->a, out);
    if (rc) return rc;
    return ond__j_true(out) == (n->kind == JN_AND) ? ond__j_eval(r, s, n->b, out) : OND_OK;
}

static int choice(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jv v;
    bool select = n->kind == JN_SELECT;
    int rc = ond__j_eval(r, s, select ? n->b : n->a, &v);
    if (rc) return rc;
    if (select && !ond__j_true(&v)) {
        *out = undef;
        return OND_OK;
    }
    return ond__j_eval(r, s, select ? n->a : ond__j_true(&v) ? n->b : n->c, out);
}

static int eval(jrun *r, jscope *s, const jnode *n, jv *out)
{
    const jv *v;
    int rc;
    switch (n->kind) {
    case JN_INT: *out = ond__j_int(n->num); return OND_OK;
    case JN_FLOAT: *out = ond__j_float(n->num); return OND_OK;
    case JN_STRING: *out = ond__j_str(n->s); return OND_OK;
    case JN_LIST: case JN_TUPLE: return items(r, s, n, out);
    case JN_DICT: return dict(r, s, n, out);
    case JN_NAME:
        v = ond__j_lookup(s, n->sym);
        *out = v ? *v : undef;
        return OND_OK;
    case JN_MEMBER: return member(r, s, n, out);
    case JN_SLICE: return slice(r, s, n, out);
    case JN_CALL: return call(r, s, n, out);
    case JN_NOT:
        rc = ond__j_eval(r, s, n->a, out);
        *out = ond__j_bool(rc == 0 && !ond__j_true(out));
        return rc;
    case JN_NEG: case JN_POS: return sign(r, s, n, out);
    case JN_BINARY: return binary(r, s, n, out);
    case JN_AND: case JN_OR: return either(r, s, n, out);
    case JN_FILTER: return filter(r, s, n, out);
    case JN_TEST: return test(r, s, n, out);
    case JN_SELECT: case JN_TERNARY: return choice(r, s, n, out);
    default: return ond__j_fail(r, "this cannot stand in an expression");
    }
}

int ond__j_eval_hole(jrun *r, jscope *s, const jnode *n, jv *out)
{
    *out = undef;
    if (r->steps < 2) return ond__j_spend(r, 2);
    r->steps--;
    if (r->depth >= J_DEPTH) return ond__j_fail(r, "calls are nested deeper than %d", J_DEPTH);
    r->depth++;
    int rc = eval(r, s, n, out);
    r->depth--;
    return rc;
}

int ond__j_eval(jrun *r, jscope *s, const jnode *n, jv *out)
{
    int rc = ond__j_eval_hole(r, s, n, out);
    if (rc == 0 && out->kind == JV_HOLE) {
        if (!r->python) return ond__j_fail(r, "the list has no such item");
        *out = undef;
    }
    return rc;
}
