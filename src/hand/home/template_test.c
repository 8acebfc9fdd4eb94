/* template_test.c - tests of templates: "is defined", "is number", "is in [1, 2]". */
#include "hand/home/template_value.h"

#include <math.h>

typedef enum test { DEFINED, UNDEFINED, NONE, NUMBER, INTEGER, FLOAT, STRING, MAPPING, SEQUENCE, BOOLEAN, TRUE, FALSE, EVEN, ODD,
                    DIVISIBLE, IN, EQUAL } test;

static const struct { const char *name; test which; bool takes; } tests[] = {
    {"defined", DEFINED, false}, {"undefined", UNDEFINED, false}, {"none", NONE, false}, {"number", NUMBER, false},
    {"integer", INTEGER, false}, {"float", FLOAT, false}, {"string", STRING, false}, {"mapping", MAPPING, false},
    {"sequence", SEQUENCE, false}, {"iterable", SEQUENCE, false}, {"boolean", BOOLEAN, false}, {"true", TRUE, false},
    {"false", FALSE, false}, {"even", EVEN, false}, {"odd", ODD, false}, {"divisibleby", DIVISIBLE, true}, {"in", IN, true},
    {"eq", EQUAL, true}, {"equalto", EQUAL, true},
};
#define N_TESTS (sizeof tests / sizeof tests[0])

static size_t find(ond_str name)
{
    size_t i = 0;
    while (i < N_TESTS && !ond_str_is(name, tests[i].name))
        i++;
    return i;
}

bool ond__tpl_test_takes(ond_str name)
{
    size_t i = find(name);
    return i < N_TESTS && tests[i].takes;
}

static tv modulo(const tv *v, double by, double rest)
{
    if (!ond__tv_is_number(v) || by == 0)
        return ond__tv_error("even, odd and divisibleby need numbers");
    return ond__tv_bool(fabs(fmod(v->n, by)) == rest);
}

static tv asked(test which, const tv *v, const tv *with)
{
    bool json = v->type == TV_JSON;
    switch (which) {
    case DEFINED: return ond__tv_bool(v->type != TV_UNDEFINED);
    case UNDEFINED: return ond__tv_bool(v->type == TV_UNDEFINED);
    case NONE: return ond__tv_bool(v->type == TV_NONE);
    case NUMBER: return ond__tv_bool(ond__tv_is_number(v));
    case INTEGER: return ond__tv_bool(v->type == TV_INT);
    case FLOAT: return ond__tv_bool(v->type == TV_NUMBER);
    case STRING: return ond__tv_bool(v->type == TV_TEXT);
    case MAPPING: return ond__tv_bool(json && cJSON_IsObject(v->j));
    case SEQUENCE: return ond__tv_bool(json || v->type == TV_TEXT);
    case BOOLEAN: return ond__tv_bool(v->type == TV_BOOL);
    case TRUE: return ond__tv_bool(v->type == TV_BOOL && v->n != 0);
    case FALSE: return ond__tv_bool(v->type == TV_BOOL && v->n == 0);
    case EVEN: return modulo(v, 2, 0);
    case ODD: return modulo(v, 2, 1);
    case DIVISIBLE: return ond__tv_is_number(with) ? modulo(v, with->n, 0) : modulo(v, 0, 0);
    case IN: return ond__tv_compare("in", v, with);
    case EQUAL: return ond__tv_compare("==", v, with);
    }
    return ond__tv_error("");
}

/* Trouble counts as not defined, so that value_json.a.b can be asked for before it is used. */
tv ond__tpl_test(tpl *t, ond_str name, const tv *v, const tv *with)
{
    size_t i = find(name);
    if (i == N_TESTS) {
        ond__tpl_refuse(t, "test '%.*s' is not supported in a template", (int)(name.n > 40 ? 40 : name.n), name.p);
        return ond__tv_error("");
    }
    if (v->type == TV_ERROR && (tests[i].which == DEFINED || tests[i].which == UNDEFINED) && !t->checking)
        return ond__tv_bool(tests[i].which == UNDEFINED);
    if (v->type == TV_ERROR || with->type == TV_ERROR)
        return v->type == TV_ERROR ? *v : *with;
    return asked(tests[i].which, v, with);
}
