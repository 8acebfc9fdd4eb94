/* jinja_run.c - statements to text, and one rendering as a whole.
 *
 * Scopes are the reference's: a `for` has one, kept over its rounds; a macro sees the scope of who
 * calls it; `if` has none. In Python's dialect each round of a `for` begins anew, and a macro sees
 * where it was defined. `break` and `continue` are results that travel up; the reference then drops
 * what the round had written, Python keeps it. */
#include "base/jinja_internal.h"

#include <stdlib.h>

/* ---- scopes ---- */

int ond__j_scope(jrun *r, jscope *parent, jscope **out)
{
    *out = ond__j_alloc(r, 1, sizeof(**out));
    if (!*out) return ond__j_nomem(r);
    (*out)->parent = parent;
    return OND_OK;
}

/* The outermost scope has a place for each symbol of the template. */
const jv *ond__j_lookup(const jscope *s, int sym)
{
    for (; s->parent; s = s->parent)
        for (size_t i = 0; i < s->n; i++)
            if (s->v[i].sym == sym) return &s->v[i].v;
    return (size_t)sym < s->n && s->v[sym].sym == sym ? &s->v[sym].v : NULL;
}

int ond__j_set(jrun *r, jscope *s, int sym, jv v)
{
    if (v.kind == JV_HOLE) v.kind = JV_UNDEF;
    if (!s->parent) {
        if (sym >= 0 && (size_t)sym < s->n) s->v[sym] = (jvar){sym, v};
        return OND_OK;
    }
    for (size_t i = 0; i < s->n; i++)
        if (s->v[i].sym == sym) {
            s->v[i].v = v;
            return OND_OK;
        }
    if (s->n == s->cap) {
        jvar *more = ond__j_grow(r, s->v, s->n, &s->cap, sizeof(*more));
        if (!more) return ond__j_nomem(r);
        s->v = more;
    }
    s->v[s->n++] = (jvar){sym, v};
    return OND_OK;
}

/* ---- set ---- */

static int assign(jrun *r, jscope *s, const jnode *target, const jv *v)
{
    if (target->kind == JN_NAME) return ond__j_set(r, s, target->sym, *v);
    if (target->kind != JN_TUPLE) return ond__j_fail(r, "only names can be assigned to");
    if (!ond__j_is_list(v)) return ond__j_fail(r, "%s cannot be unpacked", ond__j_kind(v));
    if (v->list->n != target->kids.n)
        return ond__j_fail(r, "%zu names for %zu items", target->kids.n, v->list->n);
    int rc = OND_OK;
    for (size_t i = 0; i < target->kids.n && rc == 0; i++) {
        const jnode *t = target->kids.v[i];
        if (t->kind != JN_NAME && !r->python)
            return ond__j_fail(r, "only names can be assigned to");
        rc = assign(r, s, t, &v->list->v[i]);
    }
    return rc;
}

static int set_member(jrun *r, jscope *s, const jnode *target, const jv *v)
{
    jv object;
    int rc = ond__j_eval(r, s, target->a, &object);
    if (rc) return rc;
    ond_str key = target->computed ? (target->b->kind == JN_NAME ? target->b->s : (ond_str){0})
                                   : target->s;
    if (object.kind != JV_SPACE)
        return ond__j_fail(r, "members can be set of a namespace() only, not of %s",
                           ond__j_kind(&object));
    if (!key.n) return ond__j_fail(r, "a member to set is a name");
    return ond__j_put(r, object.dict, ond__j_str(key), *v);
}

static int run_set(jrun *r, jscope *s, const jnode *n)
{
    jv v;
    int rc = n->b ? ond__j_eval_hole(r, s, n->b, &v) : ond__j_block_text(r, s, &n->body, &v);
    if (rc) return rc;
    if (v.kind == JV_HOLE) v.kind = JV_UNDEF;
    r->line = n->line;
    if (n->a->kind == JN_MEMBER) return set_member(r, s, n->a, &v);
    return assign(r, s, n->a, &v);
}

/* ---- for ---- */

int ond__j_iterate(jrun *r, const jv *v, jv *out)
{
    int rc;
    if (ond__j_is_list(v)) {
        *out = *v;
        return OND_OK;
    }
    if (v->kind != JV_DICT && !(r->python && (v->kind == JV_STR || v->kind == JV_UNDEF)))
        return ond__j_fail(r, "%s cannot be walked through", ond__j_kind(v));
    rc = ond__j_list(r, v->kind == JV_DICT ? v->dict->n : 0, out);
    for (size_t i = 0; v->kind == JV_DICT && i < v->dict->n && rc == 0; i++)
        rc = ond__j_append(r, out->list, v->dict->v[i].key);
    jfn *chars = ond__jf_list;
    jargs none = {0};
    return rc == 0 && v->kind == JV_STR ? chars(r, v, &none, out) : rc;
}

/* The reference unpacks lists only, not tuples. */
static int bind(jrun *r, jscope *s, const jnode *target, const jv *item)
{
    if (target->kind == JN_TUPLE && item->kind != JV_LIST && !(r->python && item->kind == JV_TUPLE))
        return ond__j_fail(r, "%s cannot be unpacked", ond__j_kind(item));
    return assign(r, s, target, item);
}

static int chosen(jrun *r, jscope *s, const jnode *n, jv *items)
{
    jv kept;
    int rc = ond__j_list(r, 0, &kept);
    for (size_t i = 0; i < items->list->n && rc == 0; i++) {
        jscope *one;
        jv v = items->list->v[i], so;
        rc = ond__j_scope(r, s, &one);
        if (rc == 0) rc = bind(r, one, n->a, &v);
        if (rc == 0) rc = ond__j_eval(r, one, n->c, &so);
        if (rc == 0 && ond__j_true(&so)) rc = ond__j_append(r, kept.list, v);
    }
    *items = kept;
    return rc;
}

static int put_int(jrun *r, jdict *d, const char *name, double n)
{
    return ond__j_put(r, d, ond__j_str(ond_str_of(name)), ond__j_int(n));
}

static int make_loop(jrun *r, const jv *items, size_t n, size_t i, const jloop *like, jv *out)
{
    static const jv undef = {.kind = JV_UNDEF};
    jloop *loop = ond__j_alloc(r, 1, sizeof(*loop));
    int rc = loop ? ond__j_dict(r, out) : ond__j_nomem(r);
    if (rc) return rc;
    *loop = *like;
    loop->index0 = (double)i;
    jdict *d = out->dict;
    d->v = ond__j_alloc(r, 9, sizeof(*d->v));
    if (!d->v) return ond__j_nomem(r);
    d->cap = 9;
    d->loop = loop;
    OND_TRY(put_int(r, d, "index", (double)i + 1));
    OND_TRY(put_int(r, d, "index0", (double)i));
    OND_TRY(put_int(r, d, "revindex", (double)(n - i)));
    OND_TRY(put_int(r, d, "revindex0", (double)(n - i - 1)));
    OND_TRY(ond__j_put(r, d, ond__j_str(OND_S("first")), ond__j_bool(i == 0)));
    OND_TRY(ond__j_put(r, d, ond__j_str(OND_S("last")), ond__j_bool(i + 1 == n)));
    OND_TRY(put_int(r, d, "length", (double)n));
    OND_TRY(ond__j_put(r, d, ond__j_str(OND_S("previtem")), i > 0 ? items[i - 1] : undef));
    OND_TRY(ond__j_put(r, d, ond__j_str(OND_S("nextitem")), i + 1 < n ? items[i + 1] : undef));
out:
    return rc;
}

static int symbol_of(const ond_jinja *t, const char *name)
{
    for (size_t i = 0; i < t->n_names; i++)
        if (ond_str_is(t->names[i], name)) return (int)i;
    return -1;
}

/* One round; `wrote` is set once its body came to the end. */
static int one_round(jrun *r, jscope *s, const jnode *n, const jv *loop, const jv *item,
                     bool *wrote, ond_buf *out)
{
    size_t before = out->n;
    if (r->python) s->n = 0;
    int rc = r->t->sym_loop >= 0 ? ond__j_set(r, s, r->t->sym_loop, *loop) : OND_OK;
    if (rc == 0) rc = bind(r, s, n->a, item);
    if (rc == 0) rc = ond__j_block(r, s, &n->body, out);
    if (rc < 0 && !r->python) {
        out->n = before;
        if (out->p) out->p[before] = 0;
    }
    if (rc == 0) *wrote = true;
    return rc;
}

static int rounds(jrun *r, jscope *parent, const jnode *n, jv items, int depth, ond_buf *out)
{
    jscope *s;
    jv changed = {.kind = JV_HOLE};
    bool wrote = false;
    int rc = ond__j_scope(r, parent, &s);
    jloop like = {n, parent, depth, 0, ond__j_alloc(r, 1, sizeof(jv))};
    if (!like.changed) return ond__j_nomem(r);
    *like.changed = changed;
    if (rc == 0 && n->c) rc = chosen(r, s, n, &items);
    if (rc) return rc;
    const jv *v = items.list->v;
    size_t count =
        items.list
            ->n; /* the list may grow or shrink meanwhile; its old items stay where they are */
    for (size_t i = 0; i < count; i++) {
        jv loop = {.kind = JV_UNDEF};
        if (r->t->sym_loop >= 0) rc = make_loop(r, v, count, i, &like, &loop);
        if (rc == 0) rc = one_round(r, s, n, &loop, &v[i], &wrote, out);
        if (rc == J_CONTINUE) rc = OND_OK;
        if (rc) break;
    }
    if (rc == J_BREAK) rc = OND_OK;
    if (rc || wrote) return rc;
    return ond__j_block(r, s, &n->other, out);
}

static int run_for(jrun *r, jscope *s, const jnode *n, ond_buf *out)
{
    jv v, items;
    int rc = ond__j_eval(r, s, n->b, &v);
    r->line = n->line;
    if (rc == 0) rc = ond__j_iterate(r, &v, &items);
    return rc ? rc : rounds(r, s, n, items, 0, out);
}

int ond__j_recurse(jrun *r, const jloop *loop, const jv *v, jv *out)
{
    ond_buf b = {0};
    jv items;
    if (!loop->node->computed) return ond__j_fail(r, "this 'for' is not 'recursive'");
    if (r->depth >= J_DEPTH) return ond__j_fail(r, "calls are nested deeper than %d", J_DEPTH);
    r->depth++;
    int rc = ond__j_iterate(r, v, &items);
    if (rc == 0) rc = rounds(r, loop->scope, loop->node, items, loop->depth + 1, &b);
    r->depth--;
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}

/* ---- macros ---- */

static int make_macro(jrun *r, jscope *s, const jnode *n, jv *out)
{
    jfunc *f = ond__j_alloc(r, 1, sizeof(*f));
    if (!f) return ond__j_nomem(r);
    *f = (jfunc){.node = n, .scope = s, .name = n->s};
    *out = (jv){.kind = JV_FUNC, .func = f};
    return OND_OK;
}

/* The keywords that are left when the parameters have taken theirs. */
static int rest_of(jrun *r, jscope *s, const jfunc *f, const jargs *args, jdict *left)
{
    const jnode *n = f->node;
    jv v;
    int rc = OND_OK;
    if (n->wants_kwargs) {
        v = (jv){.kind = JV_DICT, .dict = left};
        rc = ond__j_set(r, s, r->t->sym_kwargs, v);
    } else if (left->n) {
        ond_str k = left->v[0].key.s;
        return ond__j_fail(r, "macro '%.*s' takes no keyword argument '%.*s'",
                           (int)(f->name.n < 60 ? f->name.n : 60), f->name.p,
                           (int)(k.n < 60 ? k.n : 60), k.p);
    }
    size_t extra = args->n > n->kids.n ? args->n - n->kids.n : 0;
    if (rc == 0 && n->wants_varargs) {
        rc = ond__j_list(r, extra, &v);
        for (size_t i = 0; i < extra && rc == 0; i++)
            rc = ond__j_append(r, v.list, args->v[n->kids.n + i]);
        if (r->python) v.kind = JV_TUPLE;
        if (rc == 0) rc = ond__j_set(r, s, r->t->sym_varargs, v);
    } else if (extra)
        return ond__j_fail(r, "macro '%.*s' takes not more than %zu arguments",
                           (int)(f->name.n < 60 ? f->name.n : 60), f->name.p, n->kids.n);
    return rc;
}

/* Every name is bound before a default is worked out, so that none is found further out. */
static int bind_parameters(jrun *r, jscope *s, const jfunc *f, const jargs *args)
{
    static const jv undef = {.kind = JV_UNDEF};
    const jnode *n = f->node;
    jv left;
    bool *open = ond__j_alloc(r, n->kids.n, 1);
    int rc = open ? ond__j_dict(r, &left) : ond__j_nomem(r);
    for (size_t i = 0; rc == 0 && args->kw && i < args->kw->n; i++)
        rc = ond__j_put(r, left.dict, args->kw->v[i].key, args->kw->v[i].val);
    for (size_t i = 0; i < n->kids.n && rc == 0; i++) {
        const jnode *p = n->kids.v[i];
        jv v = i < args->n ? args->v[i] : undef;
        bool given = i < args->n;
        if (!given) given = ond__j_remove(r, left.dict, ond__j_str(p->s), &v) == OND_OK;
        open[i] = !given && p->kind == JN_KEYWORD;
        rc = ond__j_set(r, s, p->sym, v);
    }
    if (rc == 0) rc = rest_of(r, s, f, args, left.dict);
    for (size_t i = 0; i < n->kids.n && rc == 0; i++) {
        jv v;
        if (!open[i]) continue;
        rc = ond__j_eval(r, s, n->kids.v[i]->a, &v);
        if (rc == 0) rc = ond__j_set(r, s, n->kids.v[i]->sym, v);
    }
    return rc;
}

int ond__j_macro(jrun *r, jscope *caller, const jfunc *f, const jargs *args, jv *out)
{
    jscope *s;
    bool own = r->python || f->node->kind == JN_CALL_BLOCK;
    jv who = {.kind = JV_UNDEF};
    if (own && r->python &&
        r->t->sym_caller >= 0) { /* {% call %} leaves `caller` in the scope of the call */
        const jv *c = caller->parent && caller->n == 1 && caller->v[0].sym == r->t->sym_caller
                          ? &caller->v[0].v
                          : NULL;
        if (c) who = *c;
    }
    int rc = ond__j_scope(r, own ? f->scope : caller, &s);
    if (rc == 0 && who.kind != JV_UNDEF) rc = ond__j_set(r, s, r->t->sym_caller, who);
    if (rc == 0) rc = bind_parameters(r, s, f, args);
    return rc ? rc : ond__j_block_text(r, s, &f->node->body, out);
}

static int run_call(jrun *r, jscope *s, const jnode *n, ond_buf *out)
{
    jargs args;
    jv f, caller, v;
    jscope *inner;
    int rc = make_macro(r, s, n, &caller);
    if (rc == 0) rc = ond__j_args(r, s, &n->a->kids, &args);
    if (rc == 0) rc = ond__j_eval(r, s, n->a->a, &f);
    if (rc == 0) rc = ond__j_scope(r, s, &inner);
    if (rc == 0) rc = ond__j_set(r, inner, n->sym, caller);
    if (rc) return rc;
    r->line = n->line;
    if (f.kind != JV_FUNC)
        return ond__j_fail(r, "'%.*s' is no macro", (int)(n->a->a->s.n < 60 ? n->a->a->s.n : 60),
                           n->a->a->s.p);
    rc = ond__j_call(r, inner, &f, &args, &v);
    return rc ? rc : ond__j_print(r, &v, out);
}

/* ---- blocks ---- */

static int run_filter(jrun *r, jscope *s, const jnode *n, ond_buf *out)
{
    jv v, w;
    int rc = ond__j_block_text(r, s, &n->body, &v);
    const jnode *chain[JN_DEPTH + 1];
    size_t depth = 0;
    for (const jnode *f = n->a; f && f->kind == JN_FILTER; f = f->a) chain[depth++] = f;
    while (depth-- > 0 && rc == 0) {
        r->line = n->line;
        rc = ond__j_filter(r, s, chain[depth], &v, &w);
        v = w;
    }
    return rc ? rc : ond__j_print(r, &v, out);
}

static int run_if(jrun *r, jscope *s, const jnode *n, ond_buf *out)
{
    for (size_t i = 0; i < n->kids.n; i++) {
        jv v;
        int rc = ond__j_eval(r, s, n->kids.v[i], &v);
        if (rc) return rc;
        if (ond__j_true(&v)) return ond__j_block(r, s, &n->body.v[i]->body, out);
    }
    return ond__j_block(r, s, &n->other, out);
}

static int run_print(jrun *r, jscope *s, const jnode *n, ond_buf *out)
{
    jv v;
    int rc = ond__j_eval(r, s, n->a, &v);
    return rc ? rc : ond__j_print(r, &v, out);
}

static int run_one(jrun *r, jscope *s, const jnode *n, ond_buf *out)
{
    jv v;
    int rc;
    r->line = n->line;
    switch (n->kind) {
    case JN_TEXT: ond_buf_str(out, n->s); return OND_OK;
    case JN_PRINT: return run_print(r, s, n, out);
    case JN_IF: return run_if(r, s, n, out);
    case JN_FOR: return run_for(r, s, n, out);
    case JN_BREAK: return J_BREAK;
    case JN_CONTINUE: return J_CONTINUE;
    case JN_SET: return run_set(r, s, n);
    case JN_MACRO:
        rc = make_macro(r, s, n, &v);
        return rc ? rc : ond__j_set(r, s, n->sym, v);
    case JN_CALL_BLOCK: return run_call(r, s, n, out);
    case JN_FILTER_BLOCK: return run_filter(r, s, n, out);
    case JN_DO: return ond__j_eval(r, s, n->a, &v);
    default: return ond__j_fail(r, "this cannot stand as a statement");
    }
}

int ond__j_block(jrun *r, jscope *s, const jnodes *body, ond_buf *out)
{
    int rc = OND_OK;
    if (r->depth >= J_DEPTH) return ond__j_fail(r, "calls are nested deeper than %d", J_DEPTH);
    r->depth++;
    for (size_t i = 0; i < body->n && rc == 0; i++) {
        rc = r->steps < 4 ? ond__j_spend(r, 4) : run_one(r, s, body->v[i], out);
        r->steps -= r->steps > 1;
        if (rc == 0 && out->n > J_OUTPUT)
            rc = ond__j_fail(r, "the text is larger than %zu MiB", J_OUTPUT >> 20);
        if (rc == 0 && !ond_buf_ok(out)) rc = ond_nomem(r->err, "rendering a template");
    }
    r->depth--;
    return rc;
}

int ond__j_block_text(jrun *r, jscope *s, const jnodes *body, jv *out)
{
    ond_buf b = {0};
    int rc = ond__j_block(r, s, body, &b);
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}

/* ---- the whole ---- */

void ond__j_known_symbols(ond_jinja *t)
{
    t->sym_loop = symbol_of(t, "loop");
    t->sym_kwargs = symbol_of(t, "kwargs");
    t->sym_varargs = symbol_of(t, "varargs");
    t->sym_caller = symbol_of(t, "caller");
}

/* Only what the template names is made into values. */
static int set_vars(jrun *r, jscope *s, const cJSON *vars)
{
    int rc = OND_OK;
    for (const cJSON *c = vars ? vars->child : NULL; c && rc == 0; c = c->next) {
        jv v;
        for (size_t i = 0; i < r->t->n_names && rc == 0; i++) {
            if (!c->string || !ond_str_is(r->t->names[i], c->string)) continue;
            rc = ond__j_from_json(r, c, &v);
            if (rc == 0) rc = ond__j_set(r, s, (int)i, v);
        }
    }
    return rc;
}

int ond_jinja_render(const ond_jinja *t, const cJSON *vars, int64_t now, ond_buf *out, ond_err *err)
{
    jrun r = {.t = t, .python = t->dialect == OND_JINJA_PYTHON, .now = now,
              .steps = t->steps, .err = err, .line = 1};
    size_t before = out->n;
    ond_err own = {0};
    if (!err) r.err = &own;
    r.mem.limit = t->memory;
    jscope *s = NULL;
    int rc = ond__j_scope(&r, NULL, &s);
    if (rc == 0) {
        s->n = t->n_names;
        s->v = ond_arena_array(&r.mem, s->n, sizeof(*s->v));
        if (!s->v) rc = ond__j_nomem(&r);
        for (size_t i = 0; rc == 0 && i < s->n; i++) s->v[i].sym = -1;
    }
    if (rc == 0) rc = ond__j_globals(&r, s, vars);
    if (rc == 0) rc = set_vars(&r, s, vars);
    if (rc == 0) rc = ond__j_block(&r, s, &t->body, out);
    if (rc < 0)
        rc = ond__j_fail(&r, "'%s' outside of a 'for'", rc == J_BREAK ? "break" : "continue");
    if (rc == 0 && !ond_buf_ok(out)) rc = ond_nomem(r.err, "rendering a template");
    ond_arena_free(&r.mem);
    if (rc && out->n > before) {
        out->n = before;
        out->p[before] = 0;
    }
    return rc;
}
