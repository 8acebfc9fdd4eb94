/* jinja_test.c - tests: x is defined, selectattr("x", "eq", 1). */
#include "base/jinja_internal.h"

#include <math.h>

typedef int test_fn(jrun *r, const jv *v, const jv *with, bool *out);

static bool number_of(const jrun *r, const jv *v)
{
    return ond__j_is_num(v) || (r->python && v->kind == JV_BOOL);
}

static int t_boolean(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_BOOL, OND_OK;
}
static int t_callable(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_FUNC, OND_OK;
}
static int t_false(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_BOOL && !v->b, OND_OK;
}
static int t_true(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_BOOL && v->b, OND_OK;
}
static int t_none(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_NONE, OND_OK;
}
static int t_string(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_STR, OND_OK;
}
static int t_number(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)with, *out = number_of(r, v), OND_OK;
}
static int t_integer(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_INT, OND_OK;
}
static int t_float(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_FLOAT, OND_OK;
}
static int t_mapping(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind == JV_DICT, OND_OK;
}
static int t_defined(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind > JV_HOLE, OND_OK;
}
static int t_undefined(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, (void)with, *out = v->kind <= JV_HOLE, OND_OK;
}

static int odd(jrun *r, const jv *v, bool want, bool *out)
{
    if (v->kind != JV_INT && !(r->python && number_of(r, v)))
        return ond__j_fail(r, "%s is neither odd nor even", ond__j_kind(v));
    double rest = fabs(fmod(ond__j_number(v), 2));
    *out = r->python ? rest == want : (rest != 0) == want;
    return OND_OK;
}
static int t_odd(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)with, odd(r, v, true, out);
}
static int t_even(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)with, odd(r, v, false, out);
}

static int t_iterable(jrun *r, const jv *v, const jv *with, bool *out)
{
    (void)with;
    *out = v->kind == JV_LIST || v->kind == JV_STR ||
           (r->python && (v->kind == JV_TUPLE || v->kind == JV_DICT || v->kind == JV_UNDEF));
    return OND_OK;
}

static int t_sequence(jrun *r, const jv *v, const jv *with, bool *out)
{
    (void)with;
    *out = ond__j_is_list(v) || v->kind == JV_DICT || v->kind == JV_STR ||
           (r->python && v->kind == JV_UNDEF);
    return OND_OK;
}

/* Python's wants a letter, too. */
static int cased(jrun *r, const jv *v, bool upper, bool *out)
{
    *out = false;
    return v->kind == JV_STR ? ond__j_is_case(r, v->s, upper, r->python, out) : OND_OK;
}
static int t_lower(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)with, cased(r, v, false, out);
}
static int t_upper(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)with, cased(r, v, true, out);
}

/* The reference compares here by ===, and elsewhere by ==. */
static int t_eq(jrun *r, const jv *v, const jv *with, bool *out)
{
    if (r->python) return ond__j_equal(r, v, with, out);
    *out = ond__j_same(v, with);
    return OND_OK;
}

static int t_ne(jrun *r, const jv *v, const jv *with, bool *out)
{
    int rc = t_eq(r, v, with, out);
    *out = !*out;
    return rc;
}

static int compared(jrun *r, j_op op, const jv *v, const jv *with, bool *out)
{
    jv so;
    int rc = ond__j_binary(r, op, v, with, &so);
    *out = rc == 0 && so.b;
    return rc;
}
static int t_lt(jrun *r, const jv *v, const jv *with, bool *out)
{
    return compared(r, J_LT, v, with, out);
}
static int t_le(jrun *r, const jv *v, const jv *with, bool *out)
{
    return compared(r, J_LE, v, with, out);
}
static int t_gt(jrun *r, const jv *v, const jv *with, bool *out)
{
    return compared(r, J_GT, v, with, out);
}
static int t_ge(jrun *r, const jv *v, const jv *with, bool *out)
{
    return compared(r, J_GE, v, with, out);
}
static int t_in(jrun *r, const jv *v, const jv *with, bool *out)
{
    return compared(r, J_IN, v, with, out);
}

static int t_divisibleby(jrun *r, const jv *v, const jv *with, bool *out)
{
    if (!ond__j_is_num(v) || !ond__j_is_num(with) || with->num == 0)
        return ond__j_fail(r, "divisibleby takes a number that is not zero");
    *out = fmod(v->num, with->num) == 0;
    return OND_OK;
}

static int t_sameas(jrun *r, const jv *v, const jv *with, bool *out)
{
    return (void)r, *out = v->kind == with->kind && ond__j_same(v, with), OND_OK;
}

static const struct { const char *name; bool python, takes; test_fn *fn;
} tests[] = {
    {"defined", false, false, t_defined},
    {"undefined", false, false, t_undefined},
    {"none", false, false, t_none},
    {"string", false, false, t_string},
    {"mapping", false, false, t_mapping},
    {"iterable", false, false, t_iterable},
    {"sequence", false, false, t_sequence},
    {"boolean", false, false, t_boolean},
    {"true", false, false, t_true},
    {"false", false, false, t_false},
    {"number", false, false, t_number},
    {"integer", false, false, t_integer},
    {"odd", false, false, t_odd},
    {"even", false, false, t_even},
    {"callable", false, false, t_callable},
    {"lower", false, false, t_lower},
    {"upper", false, false, t_upper},
    {"equalto", false, true, t_eq},
    {"eq", false, true, t_eq},
    {"float", true, false, t_float},
    {"ne", true, true, t_ne},
    {"lt", true, true, t_lt},
    {"le", true, true, t_le},
    {"gt", true, true, t_gt},
    {"ge", true, true, t_ge},
    {"lessthan", true, true, t_lt},
    {"greaterthan", true, true, t_gt},
    {"in", true, true, t_in},
    {"divisibleby", true, true, t_divisibleby},
    {"sameas", true, true, t_sameas},
};

bool ond__j_test_known(const jrun *r, ond_str name)
{
    for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
        if (ond_str_is(name, tests[i].name)) return r->python || !tests[i].python;
    return false;
}

int ond__j_test(jrun *r, ond_str name, const jv *v, const jargs *args, bool *out)
{
    static const jv undef = {.kind = JV_UNDEF};
    *out = false;
    for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++) {
        if (!ond_str_is(name, tests[i].name) || (tests[i].python && !r->python)) continue;
        if (tests[i].takes && !args->n)
            return ond__j_fail(r, "test '%s' takes a value", tests[i].name);
        return tests[i].fn(r, v, args->n ? &args->v[0] : &undef, out);
    }
    return ond__j_fail(r, "unknown test '%.*s'", (int)(name.n < 60 ? name.n : 60), name.p);
}
