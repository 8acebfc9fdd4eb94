/* jinja_parse.c - tokens to a tree: statements, and what the parser's parts share.
 *
 * Where the parts of a node stand:
 *   TEXT s · PRINT a · IF kids = conditions, each body in body.v[i] (a BLOCK), other = else
 *   FOR a target (NAME, TUPLE), b iterable, c condition, computed = recursive, body, other = else
 *   SET a target, b value or NULL with body · MACRO sym, s, kids parameters, body
 *   CALL_BLOCK a = CALL, kids parameters, body · FILTER_BLOCK a = FILTER whose operand is NULL,
 *     body · DO a · BLOCK body */
#include "base/jinja_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- shared ---- */

void *ond__j_refuse(jparser *p, const char *fmt, ...)
{
    char what[200];
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(what, sizeof(what), fmt, ap) < 0) what[0] = 0;
    va_end(ap);
    if (p->rc == 0)
        p->rc = ond_fail(p->err, OND_E_INPUT, "line %u: %s", (unsigned)p->t[p->at].line, what);
    return NULL;
}

static void *no_memory(jparser *p)
{
    if (p->rc == 0) p->rc = ond_nomem(p->err, "reading a template");
    return NULL;
}

jnode *ond__j_node(jparser *p, jn_kind kind)
{
    jnode *n = p->rc ? NULL : ond_arena_alloc(p->mem, sizeof(*n));
    if (!n) return no_memory(p);
    n->kind = kind;
    n->line = p->t[p->at].line;
    n->sym = -1;
    return n;
}

static void deeper(jnode *n, const jnode *below)
{
    if (below && below->depth >= n->depth) n->depth = (uint16_t)(below->depth + 1);
}

jnode *ond__j_over(jparser *p, jnode *n)
{
    if (!n || p->rc) return NULL;
    deeper(n, n->a);
    deeper(n, n->b);
    deeper(n, n->c);
    const jnodes *lists[] = {&n->kids, &n->body, &n->other};
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < lists[i]->n; k++) deeper(n, lists[i]->v[k]);
    return n->depth > JN_DEPTH ? ond__j_refuse(p, "nested deeper than %d", JN_DEPTH) : n;
}

bool ond__j_push(jparser *p, jnlist *l, jnode *n)
{
    if (!n || p->rc) return false;
    if (l->n == l->cap) {
        size_t cap = l->cap ? l->cap * 2 : 4;
        jnode **v = ond_arena_array(p->mem, cap, sizeof(*v));
        if (!v) return no_memory(p);
        if (l->n) memcpy(v, l->v, l->n * sizeof(*v));
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n++] = n;
    return true;
}

jnodes ond__j_done(jparser *p, jnlist *l) { return p->rc ? (jnodes){0} : (jnodes){l->v, l->n}; }

bool ond__j_is(const jparser *p, jt_type type) { return p->t[p->at].type == type; }

bool ond__j_is_word(const jparser *p, const char *word)
{
    return p->t[p->at].type == JT_NAME && ond_str_is(p->t[p->at].s, word);
}

/* The last token is JT_END and is never taken, so that p->at stays inside. */
bool ond__j_take(jparser *p, jt_type type)
{
    if (p->rc || type == JT_END || !ond__j_is(p, type)) return false;
    p->at++;
    return true;
}

bool ond__j_take_word(jparser *p, const char *word)
{
    if (p->rc || !ond__j_is_word(p, word)) return false;
    p->at++;
    return true;
}

bool ond__j_expect(jparser *p, jt_type type, const char *what)
{
    if (ond__j_take(p, type)) return true;
    const jtoken *t = &p->t[p->at];
    if (t->type == JT_END) ond__j_refuse(p, "the template ends where %s is expected", what);
    else
        ond__j_refuse(p, "%s is expected before '%.*s'", what, (int)(t->s.n < 40 ? t->s.n : 40),
                      t->s.p);
    return false;
}

/* ---- names ---- */

static uint32_t *slot_of(const jparser *p, ond_str name)
{
    size_t i = ond__j_hash(name, (uintptr_t)p->slots) & (p->n_slots - 1);
    while (p->slots[i] && !ond_str_eq(p->names[p->slots[i] - 1], name))
        i = (i + 1) & (p->n_slots - 1);
    return &p->slots[i];
}

static bool names_grow(jparser *p)
{
    size_t cap = p->cap_names ? p->cap_names * 2 : 64;
    ond_str *names = ond_arena_array(p->mem, cap, sizeof(*names));
    uint32_t *slots = calloc(cap * 2, sizeof(*slots));
    if (!names || !slots) {
        free(slots);
        return no_memory(p);
    }
    if (p->n_names) memcpy(names, p->names, p->n_names * sizeof(*names));
    free(p->slots);
    p->names = names;
    p->slots = slots;
    p->cap_names = cap;
    p->n_slots = cap * 2;
    for (size_t i = 0; i < p->n_names; i++) *slot_of(p, names[i]) = (uint32_t)i + 1;
    return true;
}

int ond__j_symbol(jparser *p, ond_str name)
{
    if (p->n_names == p->cap_names && !names_grow(p)) return -1;
    uint32_t *slot = slot_of(p, name);
    if (!*slot) {
        p->names[p->n_names++] = name;
        *slot = (uint32_t)p->n_names;
    }
    return (int)*slot - 1;
}

/* ---- statements ---- */

static jnode *statement(jparser *p);

static bool ends_here(const jparser *p, const char *const *ends)
{
    const jtoken *t = &p->t[p->at];
    if (t->type != JT_OPEN_STMT || t[1].type != JT_NAME) return false;
    for (; *ends; ends++)
        if (ond_str_is(t[1].s, *ends)) return true;
    return false;
}

static jnode *piece(jparser *p)
{
    jnode *n;
    switch (p->t[p->at].type) {
    case JT_TEXT:
        if ((n = ond__j_node(p, JN_TEXT))) n->s = p->t[p->at++].s;
        return n;
    case JT_OPEN_STMT: return statement(p);
    case JT_OPEN_EXPR:
        p->at++;
        if (!(n = ond__j_node(p, JN_PRINT))) return NULL;
        n->a = ond__j_expression(p);
        return ond__j_expect(p, JT_CLOSE_EXPR, "'}}'") ? ond__j_over(p, n) : NULL;
    case JT_END: return ond__j_refuse(p, "the template ends inside a block");
    default:
        return ond__j_refuse(p, "'%.*s' stands outside of a tag", (int)p->t[p->at].s.n,
                             p->t[p->at].s.p);
    }
}

jnodes ond__j_body(jparser *p, const char *const *ends)
{
    jnlist l = {0};
    if (++p->depth > JN_DEPTH) ond__j_refuse(p, "nested deeper than %d", JN_DEPTH);
    while (p->rc == 0 && !ends_here(p, ends)) {
        if (ond__j_take(p, JT_COMMENT)) continue;
        if (ends[0] == NULL && ond__j_is(p, JT_END)) break;
        ond__j_push(p, &l, piece(p));
    }
    p->depth--;
    return ond__j_done(p, &l);
}

/* {% name %}, whose name was seen by ends_here. */
static bool close_with(jparser *p)
{
    p->at += p->rc ? 0 : 2;
    return ond__j_expect(p, JT_CLOSE_STMT, "'%}'");
}

static jnode *parse_if(jparser *p)
{
    static const char *const ends[] = {"elif", "else", "endif", NULL}, *const end[] = {"endif",
                                                                                       NULL};
    jnode *n = ond__j_node(p, JN_IF);
    jnlist conditions = {0}, bodies = {0};
    if (!n) return NULL;
    for (bool more = true; more && p->rc == 0;) {
        jnode *b = ond__j_node(p, JN_BLOCK);
        ond__j_push(p, &conditions, ond__j_expression(p));
        if (!b || !ond__j_expect(p, JT_CLOSE_STMT, "'%}'")) return NULL;
        b->body = ond__j_body(p, ends);
        if (p->rc || !ond__j_push(p, &bodies, ond__j_over(p, b))) return NULL;
        more = ond_str_is(p->t[p->at + 1].s, "elif");
        if (more) p->at += 2;
    }
    if (p->rc == 0 && ond_str_is(p->t[p->at + 1].s, "else")) {
        if (!close_with(p)) return NULL;
        n->other = ond__j_body(p, end);
    }
    if (!close_with(p)) return NULL;
    n->kids = ond__j_done(p, &conditions);
    n->body = ond__j_done(p, &bodies);
    return ond__j_over(p, n);
}

static jnode *parse_for(jparser *p)
{
    static const char *const ends[] = {"endfor", "else", NULL}, *const end[] = {"endfor", NULL};
    jnode *n = ond__j_node(p, JN_FOR);
    jnode *target = ond__j_sequence(p, true);
    if (!n || !target) return NULL;
    if (target->kind != JN_NAME && target->kind != JN_TUPLE)
        return ond__j_refuse(p, "'for' takes a name or names");
    if (!ond__j_take_word(p, "in"))
        return ond__j_refuse(p, "'in' is expected after the names of 'for'");
    n->a = target;
    n->b = ond__j_expression(p);
    if (n->b && n->b->kind == JN_SELECT) {          /* `xs if cond` was read as one expression */
        n->c = n->b->b;
        n->b = n->b->a;
    }
    if (p->dialect != OND_JINJA_REFERENCE) n->computed = ond__j_take_word(p, "recursive");
    if (!ond__j_expect(p, JT_CLOSE_STMT, "'%}'")) return NULL;
    n->body = ond__j_body(p, ends);
    if (p->rc) return NULL;
    if (ond_str_is(p->t[p->at + 1].s, "else")) {
        if (!close_with(p)) return NULL;
        n->other = ond__j_body(p, end);
    }
    return close_with(p) ? ond__j_over(p, n) : NULL;
}

static jnode *parse_set(jparser *p)
{
    static const char *const end[] = {"endset", NULL};
    jnode *n = ond__j_node(p, JN_SET);
    jnode *target = ond__j_sequence(p, false);
    if (!n || !target) return NULL;
    n->a = target;
    if (ond__j_take(p, JT_ASSIGN)) {
        n->b = ond__j_sequence(p, false);
        return ond__j_expect(p, JT_CLOSE_STMT, "'%}'") ? ond__j_over(p, n) : NULL;
    }
    if (!ond__j_expect(p, JT_CLOSE_STMT, "'%}'")) return NULL;
    n->body = ond__j_body(p, end);
    return close_with(p) ? ond__j_over(p, n) : NULL;
}

/* The body of a macro or call block, and whether it names `kwargs` and `varargs`: only then may
 * there be any. */
static bool macro_body(jparser *p, jnode *n, const char *const *end)
{
    bool kw = p->saw_kwargs, var = p->saw_varargs;
    p->saw_kwargs = p->saw_varargs = false;
    n->body = ond__j_body(p, end);
    n->wants_kwargs = p->saw_kwargs;
    n->wants_varargs = p->saw_varargs;
    for (size_t i = 0; i < n->kids.n; i++) { /* a parameter of that name is the caller's to give */
        if (ond_str_is(n->kids.v[i]->s, "kwargs")) n->wants_kwargs = false;
        if (ond_str_is(n->kids.v[i]->s, "varargs")) n->wants_varargs = false;
    }
    p->saw_kwargs |= kw;
    p->saw_varargs |= var;
    return close_with(p);
}

static jnode *parse_macro(jparser *p)
{
    static const char *const end[] = {"endmacro", NULL};
    jnode *n = ond__j_node(p, JN_MACRO);
    jnode *name = ond__j_primary(p);
    if (!n || !name) return NULL;
    if (name->kind != JN_NAME) return ond__j_refuse(p, "'macro' takes a name");
    n->sym = name->sym;
    n->s = name->s;
    if (!ond__j_arguments(p, true, &n->kids) || !ond__j_expect(p, JT_CLOSE_STMT, "'%}'"))
        return NULL;
    return macro_body(p, n, end) ? ond__j_over(p, n) : NULL;
}

static jnode *parse_call(jparser *p)
{
    static const char *const end[] = {"endcall", NULL};
    jnode *n = ond__j_node(p, JN_CALL_BLOCK), *call = ond__j_node(p, JN_CALL);
    if (!n || !call) return NULL;
    n->s = OND_S("None");
    if (ond__j_is(p, JT_LPAREN) && !ond__j_arguments(p, true, &n->kids)) return NULL;
    call->a = ond__j_primary(p);
    if (call->a && call->a->kind != JN_NAME)
        return ond__j_refuse(p, "'call' takes the name of a macro");
    if (!ond__j_arguments(p, false, &call->kids) || !ond__j_expect(p, JT_CLOSE_STMT, "'%}'"))
        return NULL;
    n->a = ond__j_over(p, call);
    n->sym = ond__j_symbol(p, OND_S("caller"));
    return macro_body(p, n, end) ? ond__j_over(p, n) : NULL;
}

static jnode *parse_filter(jparser *p)
{
    static const char *const end[] = {"endfilter", NULL};
    jnode *n = ond__j_node(p, JN_FILTER_BLOCK);
    if (!n) return NULL;
    n->a = ond__j_filters(p, NULL);
    for (const jnode *f = n->a; f; f = f->a)
        if (f->kind != JN_FILTER) return ond__j_refuse(p, "'filter' takes filters only");
    if (!ond__j_expect(p, JT_CLOSE_STMT, "'%}'")) return NULL;
    n->body = ond__j_body(p, end);
    return close_with(p) ? ond__j_over(p, n) : NULL;
}

static jnode *parse_do(jparser *p)
{
    jnode *n = ond__j_node(p, JN_DO);
    if (!n) return NULL;
    n->a = ond__j_expression(p);
    return ond__j_expect(p, JT_CLOSE_STMT, "'%}'") ? ond__j_over(p, n) : NULL;
}

static jnode *parse_jump(jparser *p, jn_kind kind)
{
    jnode *n = ond__j_node(p, kind);
    return ond__j_expect(p, JT_CLOSE_STMT, "'%}'") ? n : NULL;
}

static jnode *statement(jparser *p)
{
    p->at++;
    if (!ond__j_is(p, JT_NAME)) return ond__j_refuse(p, "a statement is expected after '{%%'");
    ond_str name = p->t[p->at++].s;
    if (ond_str_is(name, "if")) return parse_if(p);
    if (ond_str_is(name, "for")) return parse_for(p);
    if (ond_str_is(name, "set")) return parse_set(p);
    if (ond_str_is(name, "macro")) return parse_macro(p);
    if (ond_str_is(name, "call")) return parse_call(p);
    if (ond_str_is(name, "filter")) return parse_filter(p);
    if (ond_str_is(name, "break")) return parse_jump(p, JN_BREAK);
    if (ond_str_is(name, "continue")) return parse_jump(p, JN_CONTINUE);
    if (ond_str_is(name, "do") && p->dialect != OND_JINJA_REFERENCE) return parse_do(p);
    return ond__j_refuse(p, "unknown statement '%.*s'", (int)(name.n < 60 ? name.n : 60), name.p);
}

/* ---- the whole ---- */

static int parse(ond_jinja *t, jtokens *tokens, ond_err *err)
{
    static const char *const none[] = {NULL};
    jparser p = {.t = tokens->v, .n = tokens->n, .mem = &t->mem, .dialect = t->dialect, .err = err};
    t->body = ond__j_body(&p, none);
    t->names = p.names;
    t->n_names = p.n_names;
    ond__j_known_symbols(t);
    free(p.slots);
    return p.rc;
}

int ond_jinja_compile_as(ond_str text, ond_jinja_dialect dialect, ond_jinja **out, ond_err *err)
{
    *out = NULL;
    ond_jinja *t = calloc(1, sizeof(*t));
    jtokens tokens = {0};
    if (!t) return ond_nomem(err, "reading a template");
    t->dialect = dialect;
    t->steps = J_STEPS;
    t->memory = J_MEMORY;
    int rc = ond__j_lex(text, dialect, &t->mem, &tokens, err);
    if (rc == 0) rc = parse(t, &tokens, err);
    free(tokens.v);
    if (rc) {
        ond_jinja_free(t);
        return rc;
    }
    *out = t;
    return OND_OK;
}

int ond_jinja_compile(ond_str text, ond_jinja **out, ond_err *err)
{
    return ond_jinja_compile_as(text, OND_JINJA_REFERENCE, out, err);
}

void ond_jinja_free(ond_jinja *t)
{
    if (!t) return;
    ond_arena_free(&t->mem);
    free(t);
}
