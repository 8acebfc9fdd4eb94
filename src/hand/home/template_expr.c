/* template_expr.c - expressions of templates, worked out while they are read.
 *
 * Order, loosest first: `a if b else c`, or, and, not, comparisons and in, + -, ~, * / // %, **, filters and tests, -x, then
 * members, items and calls (so -3 | abs is 3, and -2 ** 2 is 4, as in Jinja). Everything is worked out, also the branch that is
 * not taken: trouble is a value (TV_ERROR) that counts only when it is the result. An error of form ends the run. */
#include "hand/home/template_value.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>

int ond__tpl_refuse(tpl *t, const char *fmt, ...)
{
    if (t->rc != 0)
        return t->rc;
    char text[200];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    t->rc = ond_fail(t->err, OND_E_INPUT, "%s", text);
    t->p = t->end;
    return t->rc;
}

void ond__tpl_space(tpl *t)
{
    while (t->p < t->end && isspace((unsigned char)*t->p))
        t->p++;
}

static bool name_char(char c, bool first)
{
    return c == '_' || isalpha((unsigned char)c) || (!first && isdigit((unsigned char)c));
}

static ond_str peek_name(tpl *t)
{
    ond__tpl_space(t);
    const char *q = t->p;
    if (q < t->end && name_char(*q, true))
        while (q < t->end && name_char(*q, false))
            q++;
    return (ond_str){t->p, (size_t)(q - t->p)};
}

ond_str ond__tpl_name(tpl *t)
{
    ond_str s = peek_name(t);
    t->p += s.n;
    return s;
}

bool ond__tpl_word(tpl *t, const char *word)
{
    ond_str s = peek_name(t);
    if (!ond_str_is(s, word))
        return false;
    t->p += s.n;
    return true;
}

bool ond__tpl_sign(tpl *t, const char *s)
{
    size_t n = strlen(s);
    ond__tpl_space(t);
    if ((size_t)(t->end - t->p) < n || memcmp(t->p, s, n) != 0)
        return false;
    t->p += n;
    return true;
}

static bool enter(tpl *t)
{
    if (++t->depth <= TPL_DEPTH)
        return true;
    ond__tpl_refuse(t, "a template that is nested too deeply is not supported");
    return false;
}

/* ---- names and calls ---- */

static tv variable(tpl *t, ond_str name)
{
    for (size_t i = t->n_locals; i-- > 0;)
        if (ond_str_eq(t->local[i].name, name))
            return t->local[i].v;
    for (size_t i = 0; i < t->n_vars; i++)
        if (ond_str_is(name, t->vars[i].name)) {
            if (t->checking)
                return ond__tv_error("checking");
            if (!t->vars[i].json && !t->vars[i].text.p)
                return (tv){.type = TV_UNDEFINED, .s = name};
            return t->vars[i].json ? ond__tv_json(t->vars[i].json) : ond__tv_text(t->vars[i].text);
        }
    ond__tpl_refuse(t, "'%.*s' is not supported in a template", (int)(name.n > 40 ? 40 : name.n), name.p);
    return ond__tv_error("unknown name");
}

static void arguments(tpl *t, targs *args)
{
    args->n = 0;
    if (ond__tpl_sign(t, ")"))
        return;
    while (t->rc == 0 && args->n < TPL_ARGS) {
        ond_str name = peek_name(t);        /* of default=0 */
        const char *after = name.p + name.n;
        while (after < t->end && *after == ' ')
            after++;
        bool named_one = name.n && after + 1 < t->end && *after == '=' && after[1] != '=';
        if (named_one)
            t->p = after + 1;
        args->name[args->n] = named_one ? name : (ond_str){0};
        args->v[args->n++] = ond__tpl_expression(t);
        if (ond__tpl_sign(t, ")"))
            return;
        if (!ond__tpl_sign(t, ","))
            break;
    }
    ond__tpl_refuse(t, "a call in a template has too many arguments or no end");
}

static tv call(tpl *t, ond_str name)
{
    targs args;
    arguments(t, &args);
    return t->rc == 0 ? ond__tpl_function(t, name, &args) : ond__tv_error("");
}

static tv named(tpl *t)
{
    ond_str name = ond__tpl_name(t);
    if (ond_str_is(name, "true") || ond_str_is(name, "True"))
        return ond__tv_bool(true);
    if (ond_str_is(name, "false") || ond_str_is(name, "False"))
        return ond__tv_bool(false);
    if (ond_str_is(name, "none") || ond_str_is(name, "None"))
        return (tv){.type = TV_NONE};
    return ond__tpl_sign(t, "(") ? call(t, name) : variable(t, name);
}

static tv grouped(tpl *t)
{
    if (ond__tpl_sign(t, ")"))
        return ond__tv_own(t, cJSON_CreateArray());
    tv v = ond__tpl_expression(t);
    if (ond__tpl_sign(t, ")"))
        return v;
    if (!ond__tpl_sign(t, ",")) {
        ond__tpl_refuse(t, "a parenthesis in a template is not closed");
        return v;
    }
    cJSON *list = cJSON_CreateArray();
    tv rest;
    if (v.type != TV_ERROR && (!list || !ond__tpl_add_item(t, list, &v)))
        v = ond__tv_error("lists that are too long");
    rest = ond__tpl_list(t, list, ")");
    return v.type == TV_ERROR ? v : rest;
}

static tv primary(tpl *t)
{
    ond__tpl_space(t);
    if (t->p >= t->end) {
        ond__tpl_refuse(t, "a template ends too early");
        return ond__tv_error("");
    }
    char c = *t->p;
    if (c == '\'' || c == '"')
        return ond__tpl_quoted(t);
    if (isdigit((unsigned char)c) || (c == '.' && t->p + 1 < t->end && isdigit((unsigned char)t->p[1])))
        return ond__tpl_number(t);
    if (name_char(c, true))
        return named(t);
    if (ond__tpl_sign(t, "("))
        return grouped(t);
    if (ond__tpl_sign(t, "["))
        return ond__tpl_list(t, cJSON_CreateArray(), "]");
    if (ond__tpl_sign(t, "{"))
        return ond__tpl_map(t);
    ond__tpl_refuse(t, "'%c' is not supported in a template", isprint((unsigned char)c) ? c : '?');
    return ond__tv_error("");
}

/* ---- what follows a value ---- */

/* value_json.power.0 */
static tv indexed(tpl *t, const tv *v)
{
    tv key = {.type = TV_INT};
    for (; t->p < t->end && isdigit((unsigned char)*t->p); t->p++)
        key.n = key.n * 10 + (*t->p - '0');
    return ond__tv_item(t, v, &key);
}

static tv member(tpl *t, const tv *v)
{
    if (t->p < t->end && isdigit((unsigned char)*t->p))
        return indexed(t, v);
    ond_str name = ond__tpl_name(t);
    targs args;
    if (name.n == 0 || !ond__tpl_sign(t, "(")) {
        tv key = ond__tv_text(name);
        if (name.n == 0)
            ond__tpl_refuse(t, "a name is missing after '.' in a template");
        return ond__tv_item(t, v, &key);
    }
    arguments(t, &args);
    return t->rc == 0 ? ond__tpl_method(t, name, v, &args) : ond__tv_error("");
}

static tv filtered(tpl *t, const tv *v)
{
    ond_str name = ond__tpl_name(t);
    targs args = {.n = 0};
    if (ond__tpl_sign(t, "("))
        arguments(t, &args);
    return t->rc == 0 ? ond__tpl_filter(t, name, v, &args) : ond__tv_error("");
}

static tv postfix(tpl *t)
{
    tv v = primary(t);
    while (t->rc == 0) {
        if (ond__tpl_sign(t, ".")) {
            v = member(t, &v);
        } else if (ond__tpl_sign(t, "[")) {
            tv key = ond__tpl_expression(t);
            if (!ond__tpl_sign(t, "]"))
                ond__tpl_refuse(t, "']' is missing in a template, or a slice, which is not supported");
            v = ond__tv_item(t, &v, &key);
        } else {
            break;
        }
    }
    return v;
}

static tv tested(tpl *t, const tv *v)
{
    bool not = ond__tpl_word(t, "not");
    ond_str name = ond__tpl_name(t);
    tv with = {.type = TV_ABSENT};
    if (ond__tpl_test_takes(name))
        with = postfix(t);
    tv out = t->rc == 0 ? ond__tpl_test(t, name, v, &with) : ond__tv_error("");
    return out.type == TV_BOOL && not ? ond__tv_bool(out.n == 0) : out;
}

/* ---- operators ---- */

static tv signed_value(tpl *t)
{
    ond__tpl_space(t);
    if (t->p < t->end && (*t->p == '-' || *t->p == '+') && !(t->p + 1 < t->end && (t->p[1] == '}' || t->p[1] == '%'))) {
        char op = *t->p++;
        if (!enter(t))
            return ond__tv_error("");
        tv v = signed_value(t), zero = ond__tv_number(0);
        t->depth--;
        return ond__tv_math(t, op, &zero, &v);
    }
    return postfix(t);
}

static tv unary(tpl *t)
{
    tv v = signed_value(t);
    while (t->rc == 0) {
        if (ond__tpl_sign(t, "|"))
            v = filtered(t, &v);
        else if (ond__tpl_word(t, "is"))
            v = tested(t, &v);
        else
            break;
    }
    return v;
}

static tv power(tpl *t)
{
    tv v = unary(t);
    while (t->rc == 0 && ond__tpl_sign(t, "**")) {
        tv by = unary(t);
        v = ond__tv_math(t, '^', &v, &by);
    }
    return v;
}

/* The operator that stands here, or 0. "-}}" and "%}" end a tag. */
static char operator_of(tpl *t, const char *ops)
{
    ond__tpl_space(t);
    if (t->p >= t->end || !strchr(ops, *t->p))
        return 0;
    char op = *t->p, next = t->p + 1 < t->end ? t->p[1] : '\0';
    if ((op == '-' && (next == '}' || next == '%')) || (op == '%' && next == '}') || (op == '*' && next == '*'))
        return 0;
    t->p++;
    if (op == '/' && next == '/') {
        t->p++;
        return 'd';
    }
    return op;
}

static tv chain(tpl *t, int level)
{
    static const char *const ops[] = {"+-", "~", "*/%"};
    if (level == 3)
        return power(t);
    tv v = chain(t, level + 1);
    char op;
    while (t->rc == 0 && (op = operator_of(t, ops[level])) != 0) {
        tv right = chain(t, level + 1);
        v = ond__tv_math(t, op, &v, &right);
    }
    return v;
}

static const char *comparison(tpl *t)
{
    static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">"};
    for (size_t i = 0; i < 6; i++)
        if (ond__tpl_sign(t, ops[i]))
            return ops[i];
    const char *at = t->p;
    if (ond__tpl_word(t, "in"))
        return "in";
    if (ond__tpl_word(t, "not")) {
        if (ond__tpl_word(t, "in"))
            return "not in";
        t->p = at;
    }
    return NULL;
}

/* a < b < c means a < b and b < c. */
static tv compare(tpl *t)
{
    tv left = chain(t, 0), out = left;
    bool first = true;
    const char *op;
    while (t->rc == 0 && (op = comparison(t))) {
        tv right = chain(t, 0), one = ond__tv_compare(op, &left, &right);
        if (first || (out.type != TV_ERROR && ond__tv_true(&out)))
            out = one;
        left = right;
        first = false;
    }
    return out;
}

static tv negation(tpl *t)
{
    if (!ond__tpl_word(t, "not"))
        return compare(t);
    if (!enter(t))
        return ond__tv_error("");
    tv v = negation(t);
    t->depth--;
    return v.type == TV_ERROR ? v : ond__tv_bool(!ond__tv_true(&v));
}

static tv conjunction(tpl *t)
{
    tv v = negation(t);
    while (t->rc == 0 && ond__tpl_word(t, "and")) {
        tv right = negation(t);
        if (v.type != TV_ERROR && ond__tv_true(&v))
            v = right;
    }
    return v;
}

static tv disjunction(tpl *t)
{
    tv v = conjunction(t);
    while (t->rc == 0 && ond__tpl_word(t, "or")) {
        tv right = conjunction(t);
        if (v.type != TV_ERROR && !ond__tv_true(&v))
            v = right;
    }
    return v;
}

tv ond__tpl_expression(tpl *t)
{
    if (!enter(t))
        return ond__tv_error("");
    tv v = disjunction(t);
    while (t->rc == 0 && ond__tpl_word(t, "if")) {
        tv when = disjunction(t), other = ond__tv_text(OND_S(""));
        if (ond__tpl_word(t, "else"))
            other = ond__tpl_expression(t);
        v = when.type == TV_ERROR ? when : ond__tv_true(&when) ? v : other;
    }
    t->depth--;
    return v;
}
