/* template_expr.c - expressions of templates, worked out while they are read.
 *
 * Order, loosest first: `a if b else c`, or, and, not, comparisons and in, + -, ~, * / // %, -x, **, then members, items,
 * calls, filters and tests. Everything is worked out, also the branch that is not taken: trouble is a value (TV_ERROR) that counts only
 * when it is the result. An error of form ends the run. */
#include "hand/home/template_value.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int tpl_refuse(tpl *t, const char *fmt, ...)
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

void tpl_space(tpl *t)
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
    tpl_space(t);
    const char *q = t->p;
    if (q < t->end && name_char(*q, true))
        while (q < t->end && name_char(*q, false))
            q++;
    return (ond_str){t->p, (size_t)(q - t->p)};
}

ond_str tpl_name(tpl *t)
{
    ond_str s = peek_name(t);
    t->p += s.n;
    return s;
}

bool tpl_word(tpl *t, const char *word)
{
    ond_str s = peek_name(t);
    if (!ond_str_is(s, word))
        return false;
    t->p += s.n;
    return true;
}

static bool sign(tpl *t, const char *s)
{
    size_t n = strlen(s);
    tpl_space(t);
    if ((size_t)(t->end - t->p) < n || memcmp(t->p, s, n) != 0)
        return false;
    t->p += n;
    return true;
}

static bool enter(tpl *t)
{
    if (++t->depth <= TPL_DEPTH)
        return true;
    tpl_refuse(t, "a template that is nested too deeply is not supported");
    return false;
}

/* ---- literals and names ---- */

static tv quoted(tpl *t)
{
    char quote = *t->p++;
    ond_buf b = {0};
    while (t->p < t->end && *t->p != quote) {
        char c = *t->p++;
        if (c == '\\' && t->p < t->end) {
            c = *t->p++;
            c = c == 'n' ? '\n' : c == 't' ? '\t' : c;
        }
        ond_buf_putc(&b, c);
    }
    if (t->p >= t->end)
        tpl_refuse(t, "a text in a template has no end");
    else
        t->p++;
    char *z = ond_arena_dup(&t->mem, (ond_str){ond_buf_z(&b), b.n});
    tv out = z ? tv_text((ond_str){z, b.n}) : tv_error("out of memory");
    ond_buf_free(&b);
    return out;
}

static tv number(tpl *t)
{
    char text[40];
    size_t n = 0;
    bool point = false;
    while (t->p < t->end && n + 1 < sizeof text && (isdigit((unsigned char)*t->p) || (*t->p == '.' && !point))) {
        point = point || *t->p == '.';
        text[n++] = *t->p++;
    }
    text[n] = '\0';
    return (tv){.type = point ? TV_NUMBER : TV_INT, .n = strtod(text, NULL)};
}

static bool add_item(cJSON *list, const tv *v)
{
    cJSON *j = tv_to_json(v);
    return j && cJSON_AddItemToArray(list, j);
}

/* [a, b] and, after "(a", the rest of (a, b). */
static tv list_rest(tpl *t, cJSON *list, const char *close)
{
    tv trouble = {0};
    while (t->rc == 0 && !sign(t, close)) {
        tv v = tpl_expression(t);
        if (v.type == TV_ERROR)
            trouble = v;
        else if (!list || !add_item(list, &v))
            trouble = tv_error("out of memory");
        if (!sign(t, ",") && !sign(t, close)) {
            tpl_refuse(t, "a list in a template has no end");
            break;
        }
        if (t->p[-1] == close[0])
            break;
    }
    tv out = tv_own(t, list);
    return trouble.type == TV_ERROR ? trouble : out;
}

static tv map(tpl *t)
{
    cJSON *object = cJSON_CreateObject();
    tv trouble = {0};
    bool done = sign(t, "}");
    while (t->rc == 0 && !done) {
        tv key = tpl_expression(t);
        if (!sign(t, ":"))
            tpl_refuse(t, "a map in a template needs ':'");
        tv v = tpl_expression(t);
        ond_buf name = {0};
        tv_print(&key, &name);
        if (v.type == TV_ERROR)
            trouble = v;
        else if (!object || !ond_json_set(object, ond_buf_z(&name), tv_to_json(&v)))
            trouble = tv_error("out of memory");
        ond_buf_free(&name);
        done = !sign(t, ",");
        if (done && !sign(t, "}"))
            tpl_refuse(t, "a map in a template has no end");
        else if (!done)
            done = sign(t, "}");
    }
    tv out = tv_own(t, object);
    return trouble.type == TV_ERROR ? trouble : out;
}

static tv variable(tpl *t, ond_str name)
{
    for (size_t i = t->n_locals; i-- > 0;)
        if (ond_str_eq(t->local[i].name, name))
            return t->local[i].v;
    for (size_t i = 0; i < t->n_vars; i++)
        if (ond_str_is(name, t->vars[i].name)) {
            if (t->checking)
                return tv_error("checking");
            if (!t->vars[i].json && !t->vars[i].text.p)
                return (tv){.type = TV_UNDEFINED};
            return t->vars[i].json ? tv_json(t->vars[i].json) : tv_text(t->vars[i].text);
        }
    tpl_refuse(t, "'%.*s' is not supported in a template", (int)(name.n > 40 ? 40 : name.n), name.p);
    return tv_error("unknown name");
}

static size_t arguments(tpl *t, tv args[TPL_ARGS])
{
    size_t n = 0;
    if (sign(t, ")"))
        return 0;
    while (t->rc == 0 && n < TPL_ARGS) {
        ond_str name = peek_name(t);        /* default=0: the name says no more than the place does */
        const char *after = name.p + name.n;
        while (after < t->end && *after == ' ')
            after++;
        if (name.n && after + 1 < t->end && *after == '=' && after[1] != '=')
            t->p = after + 1;
        args[n++] = tpl_expression(t);
        if (sign(t, ")"))
            return n;
        if (!sign(t, ","))
            break;
    }
    tpl_refuse(t, "a call in a template has too many arguments or no end");
    return n;
}

static tv call(tpl *t, ond_str name)
{
    tv args[TPL_ARGS], out = {0};
    size_t n = arguments(t, args);
    if (t->rc == 0 && !tpl_function(t, name, args, n, &out))
        tpl_refuse(t, "function '%.*s' is not supported in a template", (int)(name.n > 40 ? 40 : name.n), name.p);
    return out;
}

static tv named(tpl *t)
{
    ond_str name = tpl_name(t);
    if (ond_str_is(name, "true") || ond_str_is(name, "True"))
        return tv_bool(true);
    if (ond_str_is(name, "false") || ond_str_is(name, "False"))
        return tv_bool(false);
    if (ond_str_is(name, "none") || ond_str_is(name, "None"))
        return (tv){.type = TV_NONE};
    return sign(t, "(") ? call(t, name) : variable(t, name);
}

static tv grouped(tpl *t)
{
    if (sign(t, ")"))
        return tv_own(t, cJSON_CreateArray());
    tv v = tpl_expression(t);
    if (sign(t, ")"))
        return v;
    if (!sign(t, ",")) {
        tpl_refuse(t, "a parenthesis in a template is not closed");
        return v;
    }
    cJSON *list = cJSON_CreateArray();
    tv rest;
    if (v.type != TV_ERROR && list)
        add_item(list, &v);
    rest = list_rest(t, list, ")");
    return v.type == TV_ERROR ? v : rest;
}

static tv primary(tpl *t)
{
    tpl_space(t);
    if (t->p >= t->end) {
        tpl_refuse(t, "a template ends too early");
        return tv_error("");
    }
    char c = *t->p;
    if (c == '\'' || c == '"')
        return quoted(t);
    if (isdigit((unsigned char)c) || (c == '.' && t->p + 1 < t->end && isdigit((unsigned char)t->p[1])))
        return number(t);
    if (name_char(c, true))
        return named(t);
    if (sign(t, "("))
        return grouped(t);
    if (sign(t, "["))
        return list_rest(t, cJSON_CreateArray(), "]");
    if (sign(t, "{"))
        return map(t);
    tpl_refuse(t, "'%c' is not supported in a template", isprint((unsigned char)c) ? c : '?');
    return tv_error("");
}

/* ---- what follows a value ---- */

static tv member(tpl *t, const tv *v)
{
    ond_str name = tpl_name(t);
    tv args[TPL_ARGS], out = {0};
    if (name.n == 0 || !sign(t, "(")) {
        tv key = tv_text(name);
        if (name.n == 0)
            tpl_refuse(t, "a name is missing after '.' in a template");
        return tv_item(t, v, &key);
    }
    size_t n = arguments(t, args);
    if (t->rc == 0 && !tpl_method(t, name, v, args, n, &out))
        tpl_refuse(t, "method '%.*s' is not supported in a template", (int)(name.n > 40 ? 40 : name.n), name.p);
    return out;
}

static tv filtered(tpl *t, const tv *v)
{
    ond_str name = tpl_name(t);
    tv args[TPL_ARGS], out = {0};
    size_t n = sign(t, "(") ? arguments(t, args) : 0;
    if (t->rc == 0 && !tpl_filter(t, name, v, args, n, &out))
        tpl_refuse(t, "filter '%.*s' is not supported in a template", (int)(name.n > 40 ? 40 : name.n), name.p);
    return out;
}

static tv tested(tpl *t, const tv *v)
{
    bool not = tpl_word(t, "not");
    ond_str name = tpl_name(t);
    tv out = {0};
    if (!tpl_test(t, name, v, &out))
        tpl_refuse(t, "test '%.*s' is not supported in a template", (int)(name.n > 40 ? 40 : name.n), name.p);
    return out.type == TV_BOOL && not ? tv_bool(out.n == 0) : out;
}

static tv postfix(tpl *t)
{
    tv v = primary(t);
    while (t->rc == 0) {
        if (sign(t, ".")) {
            v = member(t, &v);
        } else if (sign(t, "[")) {
            tv key = tpl_expression(t);
            if (!sign(t, "]"))
                tpl_refuse(t, "']' is missing in a template, or a slice, which is not supported");
            v = tv_item(t, &v, &key);
        } else if (sign(t, "|")) {
            v = filtered(t, &v);
        } else if (tpl_word(t, "is")) {
            v = tested(t, &v);
        } else {
            break;
        }
    }
    return v;
}

/* ---- operators ---- */

static tv unary(tpl *t)
{
    tpl_space(t);
    if (t->p < t->end && (*t->p == '-' || *t->p == '+') && !(t->p + 1 < t->end && (t->p[1] == '}' || t->p[1] == '%'))) {
        char op = *t->p++;
        if (!enter(t))
            return tv_error("");
        tv v = unary(t), zero = tv_number(0);
        t->depth--;
        return tv_math(t, op, &zero, &v);
    }
    tv v = postfix(t);
    if (t->rc == 0 && sign(t, "**")) {
        if (!enter(t))
            return v;
        tv by = unary(t);
        t->depth--;
        v = tv_math(t, '^', &v, &by);
    }
    return v;
}

/* The operator that stands here, or 0. "-}}" and "%}" end a tag. */
static char operator_of(tpl *t, const char *ops)
{
    tpl_space(t);
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
        return unary(t);
    tv v = chain(t, level + 1);
    char op;
    while (t->rc == 0 && (op = operator_of(t, ops[level])) != 0) {
        tv right = chain(t, level + 1);
        v = tv_math(t, op, &v, &right);
    }
    return v;
}

static const char *comparison(tpl *t)
{
    static const char *const ops[] = {"==", "!=", "<=", ">=", "<", ">"};
    for (size_t i = 0; i < 6; i++)
        if (sign(t, ops[i]))
            return ops[i];
    const char *at = t->p;
    if (tpl_word(t, "in"))
        return "in";
    if (tpl_word(t, "not")) {
        if (tpl_word(t, "in"))
            return "not in";
        t->p = at;
    }
    return NULL;
}

/* a < b < c means a < b and b < c. */
static tv compare(tpl *t)
{
    tv left = chain(t, 0), out = left;
    bool first = true, all = true;
    const char *op;
    while (t->rc == 0 && (op = comparison(t))) {
        tv right = chain(t, 0);
        tv one = tv_compare(op, &left, &right);
        if (one.type == TV_ERROR)
            return one;
        all = all && tv_true(&one);
        out = tv_bool(all);
        left = right;
        first = false;
    }
    return first ? left : out;
}

static tv negation(tpl *t)
{
    if (!tpl_word(t, "not"))
        return compare(t);
    if (!enter(t))
        return tv_error("");
    tv v = negation(t);
    t->depth--;
    return v.type == TV_ERROR ? v : tv_bool(!tv_true(&v));
}

static tv conjunction(tpl *t)
{
    tv v = negation(t);
    while (t->rc == 0 && tpl_word(t, "and")) {
        tv right = negation(t);
        if (v.type != TV_ERROR && tv_true(&v))
            v = right;
    }
    return v;
}

static tv disjunction(tpl *t)
{
    tv v = conjunction(t);
    while (t->rc == 0 && tpl_word(t, "or")) {
        tv right = conjunction(t);
        if (v.type != TV_ERROR && !tv_true(&v))
            v = right;
    }
    return v;
}

tv tpl_expression(tpl *t)
{
    if (!enter(t))
        return tv_error("");
    tv v = disjunction(t);
    while (t->rc == 0 && tpl_word(t, "if")) {
        tv when = disjunction(t), other = {0};
        if (tpl_word(t, "else"))
            other = tpl_expression(t);
        v = when.type == TV_ERROR ? when : tv_true(&when) ? v : other;
    }
    t->depth--;
    return v;
}
