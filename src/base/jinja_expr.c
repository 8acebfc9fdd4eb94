/* jinja_expr.c - tokens to a tree: expressions, by precedence climbing.
 *
 * Loosest first: a if b else c, or, and, not, comparisons and in, + - ~, * / // %, **, is, |, sign,
 * call and member. Where the parts of a node stand:
 *   INT FLOAT num · STRING s · LIST TUPLE kids · DICT kids = key, value, key, value … · NAME sym s
 *   NOT NEG POS SPREAD KEYWORD_SPREAD a · KEYWORD sym s a · BINARY AND OR a b op
 *   MEMBER a object, s name (computed: b, for a[b] and a.0)
 *   SLICE a object, kids start stop step (NULL where left out) · CALL a callee, kids arguments
 *   FILTER a operand, s name, kids arguments · TEST a operand, s name, kids arguments
 *   SELECT a value, b condition · TERNARY a condition, b then, c else */
#include "base/jinja_internal.h"

static bool python(const jparser *p) { return p->dialect != OND_JINJA_REFERENCE; }

static jnode *over1(jparser *p, jn_kind kind, jnode *a)
{
    jnode *n = a ? ond__j_node(p, kind) : NULL;
    if (!n) return NULL;
    n->line = a->line;
    n->a = a;
    return ond__j_over(p, n);
}

static jnode *over2(jparser *p, jn_kind kind, j_op op, jnode *a, jnode *b)
{
    jnode *n = a && b ? ond__j_node(p, kind) : NULL;
    if (!n) return NULL;
    n->line = a->line;
    n->op = op;
    n->a = a;
    n->b = b;
    return ond__j_over(p, n);
}

/* ---- literals ---- */

static jnode *number(jparser *p)
{
    const jtoken *t = &p->t[p->at];
    bool real = false;
    for (size_t i = 0; i < t->s.n; i++) real |= t->s.p[i] == '.' || (t->s.p[i] | 0x20) == 'e';
    jnode *n = ond__j_node(p, real ? JN_FLOAT : JN_INT);
    if (n && !ond_num_parse(t->s, &n->num)) return ond__j_refuse(p, "a number is too large");
    p->at++;
    return n;
}

static jnode *string(jparser *p)
{
    jnode *n = ond__j_node(p, JN_STRING);
    if (!n) return NULL;
    n->s = p->t[p->at++].s;
    while (ond__j_is(p, JT_STRING)) {               /* 'a' 'b' is one string */
        ond_str more = p->t[p->at++].s;
        char *z = ond_arena_alloc(p->mem, n->s.n + more.n + 1);
        if (!z) return ond__j_refuse(p, "out of memory");
        memcpy(z, n->s.p, n->s.n);
        memcpy(z + n->s.n, more.p, more.n);
        n->s = (ond_str){z, n->s.n + more.n};
    }
    return n;
}

static jnode *name(jparser *p)
{
    jnode *n = ond__j_node(p, JN_NAME);
    if (!n) return NULL;
    n->s = p->t[p->at++].s;
    n->sym = ond__j_symbol(p, n->s);
    p->saw_kwargs |= ond_str_is(n->s, "kwargs");
    p->saw_varargs |= ond_str_is(n->s, "varargs");
    return n;
}

/* Commas are optional between items, as the reference has it. */
static jnode *list(jparser *p)
{
    jnode *n = ond__j_node(p, JN_LIST);
    jnlist l = {0};
    p->at++;
    while (n && p->rc == 0 && !ond__j_take(p, JT_RSQUARE)) {
        ond__j_push(p, &l, ond__j_expression(p));
        ond__j_take(p, JT_COMMA);
    }
    if (!n || p->rc) return NULL;
    n->kids = ond__j_done(p, &l);
    return ond__j_over(p, n);
}

static jnode *dict(jparser *p)
{
    jnode *n = ond__j_node(p, JN_DICT);
    jnlist l = {0};
    p->at++;
    while (n && p->rc == 0 && !ond__j_take(p, JT_RCURLY)) {
        ond__j_push(p, &l, ond__j_expression(p));
        if (!ond__j_expect(p, JT_COLON, "':' after a key")) return NULL;
        ond__j_push(p, &l, ond__j_expression(p));
        ond__j_take(p, JT_COMMA);
    }
    if (!n || p->rc) return NULL;
    n->kids = ond__j_done(p, &l);
    return ond__j_over(p, n);
}

static jnode *parens(jparser *p)
{
    p->at++;
    if (python(p) && ond__j_take(p, JT_RPAREN)) return ond__j_node(p, JN_TUPLE);
    jnode *n = ond__j_sequence(p, false);
    return ond__j_expect(p, JT_RPAREN, "')'") ? n : NULL;
}

static jnode *primary(jparser *p)
{
    switch (p->t[p->at].type) {
    case JT_NUMBER: return number(p);
    case JT_STRING: return string(p);
    case JT_NAME: return name(p);
    case JT_LPAREN: return parens(p);
    case JT_LSQUARE: return list(p);
    case JT_LCURLY: return dict(p);
    case JT_END: return ond__j_refuse(p, "the template ends where a value is expected");
    default:
        return ond__j_refuse(p, "a value is expected before '%.*s'", (int)p->t[p->at].s.n,
                             p->t[p->at].s.p);
    }
}

jnode *ond__j_primary(jparser *p)
{
    if (p->rc) return NULL;
    if (++p->depth > JN_DEPTH) return ond__j_refuse(p, "nested deeper than %d", JN_DEPTH);
    jnode *n = primary(p);
    p->depth--;
    return n;
}

/* ---- calls and members ---- */

static jnode *keyword(jparser *p, jnode *argument, bool parameters)
{
    if (argument->kind != JN_NAME)
        return ond__j_refuse(p, parameters ? "a parameter is a name"
                                           : "a keyword argument begins with a name");
    jnode *n = ond__j_node(p, JN_KEYWORD);
    if (!n) return NULL;
    n->sym = argument->sym;
    n->s = argument->s;
    n->a = ond__j_expression(p);
    return ond__j_over(p, n);
}

/* What an argument may follow, as Python has it. */
typedef struct order { bool keyword, spread; } order;

static jnode *parameter_checked(jparser *p, jnode *n, const jnlist *before, order *o)
{
    if (n->kind != JN_NAME && n->kind != JN_KEYWORD)
        return ond__j_refuse(p, "a parameter is a name");
    for (size_t i = 0; i < before->n; i++)
        if (before->v[i]->sym == n->sym)
            return ond__j_refuse(p, "two parameters have the same name");
    if (n->kind == JN_KEYWORD) o->keyword = true;
    else if (o->keyword)
        return ond__j_refuse(p, "a parameter without default follows one that has it");
    return n;
}

static jnode *argument(jparser *p, bool parameters, const jnlist *before, order *o)
{
    bool spread = ond__j_is(p, JT_MUL) && ond_str_is(p->t[p->at].s, "*");
    if ((spread || ond__j_is(p, JT_POWER)) && parameters)
        return ond__j_refuse(p, "a parameter is a name");
    if (ond__j_take(p, JT_POWER)) {
        jnode *n = over1(p, JN_KEYWORD_SPREAD, ond__j_expression(p));
        ond__j_take(p, JT_COMMA);
        return ond__j_is(p, JT_RPAREN) ? n : ond__j_refuse(p, "nothing may follow ** in a call");
    }
    if (spread) {
        p->at++;
        if (o->spread) return ond__j_refuse(p, "only one * may stand in a call");
        o->spread = true;
        return over1(p, JN_SPREAD, ond__j_expression(p));
    }
    jnode *n = ond__j_expression(p);
    if (n && ond__j_take(p, JT_ASSIGN)) n = keyword(p, n, parameters);
    if (!n) return NULL;
    if (parameters) return parameter_checked(p, n, before, o);
    if (n->kind == JN_KEYWORD) o->keyword = true;
    else if (o->keyword || o->spread)
        return ond__j_refuse(p, "an argument by place follows a keyword or *");
    return n;
}

bool ond__j_arguments(jparser *p, bool parameters, jnodes *out)
{
    jnlist l = {0};
    order o = {0};
    if (!ond__j_expect(p, JT_LPAREN, "'('")) return false;
    while (p->rc == 0 && !ond__j_is(p, JT_RPAREN)) {
        ond__j_push(p, &l, argument(p, parameters, &l, &o));
        ond__j_take(p, JT_COMMA);
    }
    *out = ond__j_done(p, &l);
    return ond__j_expect(p, JT_RPAREN, "')'");
}

/* Between [ and ]: an index, or start:stop:step. */
static jnode *subscript(jparser *p, jnode *object)
{
    jnode *part[4] = {0};
    size_t n = 0;
    bool slice = false;
    while (p->rc == 0 && !ond__j_is(p, JT_RSQUARE)) {
        if (n == 4) return ond__j_refuse(p, "a slice has at most three parts");
        jnode *e = ond__j_is(p, JT_COLON) ? NULL : ond__j_expression(p);
        part[n++] = e;
        if (ond__j_take(p, JT_COLON)) slice = true;
    }
    if (!ond__j_expect(p, JT_RSQUARE, "']'")) return NULL;
    if (n == 0 || (slice && n > 3))
        return ond__j_refuse(p,
                             n ? "a slice has at most three parts" : "[] after a value is empty");
    jnode *out = ond__j_node(p, slice ? JN_SLICE : JN_MEMBER);
    if (!out) return NULL;
    out->line = object->line;
    out->a = object;
    out->computed = true;
    if (!slice) {
        out->b = part[0];
        return ond__j_over(p, out);
    }
    jnode **kids = ond_arena_array(p->mem, 3, sizeof(*kids));
    if (!kids) return ond__j_refuse(p, "out of memory");
    memcpy(kids, part, 3 * sizeof(*kids));
    out->kids = (jnodes){kids, 3};
    return ond__j_over(p, out);
}

static jnode *dotted(jparser *p, jnode *object)
{
    const jtoken *t = &p->t[p->at];
    jnode *n = ond__j_node(p, JN_MEMBER);
    if (!n) return NULL;
    n->line = object->line;
    n->a = object;
    n->s = t->s;
    if (t->type == JT_NUMBER && !memchr(t->s.p, '.', t->s.n)) {
        n->b = ond__j_primary(p);
        n->computed = true;
    } else if (!ond__j_take(p, JT_NAME)) return ond__j_refuse(p, "a name is expected after '.'");
    return ond__j_over(p, n);
}

static jnode *called(jparser *p, jnode *callee)
{
    jnode *n = ond__j_node(p, JN_CALL);
    if (!n) return NULL;
    n->line = callee->line;
    n->a = callee;
    return ond__j_arguments(p, false, &n->kids) ? ond__j_over(p, n) : NULL;
}

static jnode *postfix(jparser *p)
{
    jnode *n = ond__j_primary(p);
    while (n && p->rc == 0) {
        if (ond__j_take(p, JT_DOT)) n = dotted(p, n);
        else if (ond__j_take(p, JT_LSQUARE)) n = subscript(p, n);
        else if (ond__j_is(p, JT_LPAREN)) n = called(p, n);
        else break;
    }
    return n;
}

/* ---- signs, filters, tests ---- */

static jnode *sign(jparser *p)
{
    const jtoken *t = &p->t[p->at];
    if (t->type != JT_SIGN && (t->type != JT_ADD || ond_str_is(t->s, "~"))) return postfix(p);
    p->at++;
    if (++p->depth > JN_DEPTH) return ond__j_refuse(p, "nested deeper than %d", JN_DEPTH);
    jnode *n = over1(p, t->s.p[0] == '-' ? JN_NEG : JN_POS, sign(p));
    p->depth--;
    return n;
}

static jnode *filter(jparser *p, jnode *operand)
{
    jnode *f = ond__j_primary(p);
    if (f && f->kind != JN_NAME) return ond__j_refuse(p, "a filter is a name");
    jnode *n = f ? ond__j_node(p, JN_FILTER) : NULL;
    if (!n) return NULL;
    n->a = operand;
    n->s = f->s;
    n->line = f->line;
    n->called = ond__j_is(p, JT_LPAREN);
    if (n->called && !ond__j_arguments(p, false, &n->kids)) return NULL;
    n = ond__j_over(p, n);
    while (n && n->called &&
           (ond__j_is(p, JT_DOT) || ond__j_is(p, JT_LSQUARE))) /* x | f(1).y is (x | f(1)).y */
        n = ond__j_take(p, JT_DOT) ? dotted(p, n) : (p->at++, subscript(p, n));
    return n;
}

jnode *ond__j_filters(jparser *p, jnode *operand)
{
    jnode *n = filter(p, operand);
    while (n && ond__j_take(p, JT_PIPE)) n = filter(p, n);
    return n;
}

/* Whether a test's argument may begin here, without parentheses: `x is divisibleby 3`. */
static bool argument_here(const jparser *p)
{
    static const char *const not[] = {"if", "else", "and", "or", "not", "is", "in", "recursive"};
    switch (p->t[p->at].type) {
    case JT_NUMBER: case JT_STRING: case JT_LSQUARE: case JT_LCURLY: return true;
    case JT_NAME:
        for (size_t i = 0; i < sizeof(not) / sizeof(*not); i++)
            if (ond__j_is_word(p, not[i])) return false;
        return true;
    default: return false;
    }
}

static jnode *test(jparser *p, jnode *operand)
{
    bool negate = ond__j_take_word(p, "not");
    jnode *t = ond__j_primary(p);
    if (t && t->kind != JN_NAME) return ond__j_refuse(p, "a test is a name");
    jnode *n = t && operand ? ond__j_node(p, JN_TEST) : NULL;
    if (!n) return NULL;
    n->line = t->line;
    n->a = operand;
    n->s = t->s;
    n->computed = negate;
    if (python(p) && ond__j_is(p, JT_LPAREN)) {
        if (!ond__j_arguments(p, false, &n->kids)) return NULL;
    } else if (python(p) && argument_here(p)) {
        jnlist l = {0};
        if (!ond__j_push(p, &l, postfix(p))) return NULL;
        n->kids = ond__j_done(p, &l);
    }
    return ond__j_over(p, n);
}

static jnode *tested(jparser *p)
{
    jnode *n = sign(p);
    for (bool more = true; n && more && p->rc == 0;) {
        more = true;
        if (ond__j_take(p, JT_PIPE)) n = ond__j_filters(p, n);
        else if (ond__j_take_word(p, "is")) {
            n = test(p, n);
            while (n && ond__j_take_word(p, "is")) n = test(p, n);
            more = python(p); /* Jinja2 lets filters follow tests; the reference does not */
        } else more = false;
    }
    return n;
}

/* ---- operators ---- */

enum { OR, AND, NOT, COMPARE, ADD, MUL, POWER };

static bool binary_here(jparser *p, int level, j_op *op)
{
    static const struct { const char *z; j_op op; int level;
    } table[] = {
        {"<", J_LT, COMPARE},  {">", J_GT, COMPARE},  {"<=", J_LE, COMPARE}, {">=", J_GE, COMPARE},
        {"==", J_EQ, COMPARE}, {"!=", J_NE, COMPARE}, {"+", J_ADD, ADD},     {"-", J_SUB, ADD},
        {"~", J_CAT, ADD},     {"*", J_MUL, MUL},     {"/", J_DIV, MUL},     {"//", J_FLOOR, MUL},
        {"%", J_MOD, MUL},     {"**", J_POW, POWER},
    };
    const jtoken *t = &p->t[p->at];
    if (p->rc) return false;
    if (level == COMPARE && t->type == JT_NAME) {
        bool negate = ond__j_is_word(p, "not") && t[1].type == JT_NAME && ond_str_is(t[1].s, "in");
        if (!negate && !ond__j_is_word(p, "in")) return false;
        p->at += negate ? 2 : 1;
        *op = negate ? J_NOT_IN : J_IN;
        return true;
    }
    if (t->type != JT_COMPARE && t->type != JT_ADD && t->type != JT_MUL && t->type != JT_POWER)
        return false;
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (table[i].level == level && ond_str_is(t->s, table[i].z)) {
            *op = table[i].op;
            p->at++;
            return true;
        }
    return false;
}

static jnode *level(jparser *p, int at);

static jnode *negation(jparser *p)
{
    jnode *n = NULL;
    if (!ond__j_is_word(p, "not")) return level(p, COMPARE);
    if (++p->depth > JN_DEPTH) return ond__j_refuse(p, "nested deeper than %d", JN_DEPTH);
    /* In the reference `not a not b` is `not b`. */
    for (bool first = true; (first || !python(p)) && ond__j_take_word(p, "not"); first = false)
        n = over1(p, JN_NOT, negation(p));
    p->depth--;
    return n;
}

/* Python's a < b < c is a < b and b < c; the reference takes it for (a < b) < c. */
static jnode *compared(jparser *p, jnode *n, j_op op, jnode **last)
{
    jnode *right = level(p, ADD), *left = python(p) && *last ? *last : n;
    jnode *so = over2(p, JN_BINARY, op, left, right);
    bool chained = left != n;
    *last = right;
    return chained ? over2(p, JN_AND, op, n, so) : so;
}

/* Left to right at each level, all of them, ** too. */
static jnode *level(jparser *p, int at)
{
    if (at > POWER) return tested(p);
    if (at == NOT) return negation(p);
    jnode *n = level(p, at + 1), *last = NULL;
    for (j_op op = J_ADD; n && p->rc == 0;) {
        if (at == OR && ond__j_take_word(p, "or")) n = over2(p, JN_OR, op, n, level(p, at + 1));
        else if (at == AND && ond__j_take_word(p, "and"))
            n = over2(p, JN_AND, op, n, level(p, at + 1));
        else if (at == COMPARE && binary_here(p, at, &op)) n = compared(p, n, op, &last);
        else if (at > COMPARE && binary_here(p, at, &op))
            n = over2(p, JN_BINARY, op, n, level(p, at + 1));
        else break;
    }
    return n;
}

static jnode *conditional(jparser *p)
{
    jnode *value = level(p, OR);
    if (!value || !ond__j_take_word(p, "if")) return value;
    jnode *condition = level(p, OR);
    if (!ond__j_take_word(p, "else")) return over2(p, JN_SELECT, J_ADD, value, condition);
    jnode *otherwise = ond__j_expression(p);
    jnode *n = condition && otherwise ? ond__j_node(p, JN_TERNARY) : NULL;
    if (!n) return NULL;
    n->a = condition;
    n->b = value;
    n->c = otherwise;
    return ond__j_over(p, n);
}

jnode *ond__j_expression(jparser *p)
{
    if (p->rc) return NULL;
    if (++p->depth > JN_DEPTH) return ond__j_refuse(p, "nested deeper than %d", JN_DEPTH);
    jnode *n = conditional(p);
    p->depth--;
    return n;
}

jnode *ond__j_sequence(jparser *p, bool only_primary)
{
    jnode *n = only_primary ? ond__j_primary(p) : ond__j_expression(p);
    if (!n || !ond__j_is(p, JT_COMMA)) return n;
    jnode *tuple = ond__j_node(p, JN_TUPLE);
    jnlist l = {0};
    ond__j_push(p, &l, n);
    while (tuple && ond__j_take(p, JT_COMMA)) {
        if (python(p) &&
            (ond__j_is(p, JT_RPAREN) || ond__j_is(p, JT_ASSIGN) || ond__j_is_word(p, "in")))
            break;
        ond__j_push(p, &l, only_primary ? ond__j_primary(p) : ond__j_expression(p));
    }
    if (!tuple || p->rc) return NULL;
    tuple->kids = ond__j_done(p, &l);
    return ond__j_over(p, tuple);
}
