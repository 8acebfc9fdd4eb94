/* sample.c - writes out all texts that a template without rules and lists stands for.
 *
 * Device names may be written as templates ("(kitchen|cooking) light"); they are few and short, so
 * that they are written out once when they are added, and found by the same trie as plain names. */
#include "talk/chars.h"
#include "talk/expr.h"

typedef struct texts {
    ond_str *v;
    size_t n, cap;
} texts;

typedef struct sampler {
    ond_arena arena;
    size_t most;
    ond_err *err;
} sampler;

static int expand(sampler *s, const ond__expr *e, texts *out);

static int add(sampler *s, texts *t, ond_str a, ond_str b)
{
    if (t->n >= s->most)
        return ond_fail(s->err, OND_E_INPUT, "a name template that stands for more than %zu texts",
                        s->most);
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 8;
        ond_str *v = ond_arena_array(&s->arena, cap, sizeof *v);
        if (!v) return ond_nomem(s->err, "expanding a template");
        if (t->n) memcpy(v, t->v, t->n * sizeof *v);
        t->v = v;
        t->cap = cap;
    }
    char *p = ond_arena_alloc(&s->arena, a.n + b.n + 1);
    if (!p) return ond_nomem(s->err, "expanding a template");
    if (a.n) memcpy(p, a.p, a.n);
    if (b.n) memcpy(p + a.n, b.p, b.n);
    t->v[t->n++] = (ond_str){p, a.n + b.n};
    return 0;
}

/* *into becomes every text of *into followed by every text of `e`. */
static int multiply(sampler *s, const ond__expr *e, texts *into)
{
    texts right = {0}, product = {0};
    int rc = expand(s, e, &right);
    for (size_t i = 0; rc == 0 && i < into->n; i++)
        for (size_t k = 0; rc == 0 && k < right.n; k++)
            rc = add(s, &product, into->v[i], right.v[k]);
    *into = product;
    return rc;
}

static int expand_orders(sampler *s, const ond__expr *e, uint32_t left, const texts *before,
                         texts *out)
{
    int rc = 0;
    if (left == 0)
        for (size_t i = 0; rc == 0 && i < before->n; i++) rc = add(s, out, before->v[i], OND_S(""));
    for (size_t i = 0; rc == 0 && i < e->n; i++) {
        if (!(left >> i & 1)) continue;
        texts now = *before;
        rc = multiply(s, e->item[i], &now);
        if (rc == 0) rc = expand_orders(s, e, left & ~(1u << i), &now, out);
    }
    return rc;
}

static int expand(sampler *s, const ond__expr *e, texts *out)
{
    int rc = 0;
    switch (e->kind) {
    case OND__EXPR_TEXT:
        return add(s, out, e->text, OND_S(""));
    case OND__EXPR_ALT:
        for (size_t i = 0; rc == 0 && i < e->n; i++) rc = expand(s, e->item[i], out);
        return rc;
    case OND__EXPR_SEQ:
    case OND__EXPR_PERM: {
        texts t = {0};
        rc = add(s, &t, OND_S(""), OND_S(""));
        if (rc == 0 && e->kind == OND__EXPR_PERM) {
            if (e->n > 8)
                return ond_fail(s->err, OND_E_INPUT,
                                "a name template with more than 8 parts in any order");
            return expand_orders(s, e, (1u << e->n) - 1, &t, out);
        }
        for (size_t i = 0; rc == 0 && i < e->n; i++) rc = multiply(s, e->item[i], &t);
        for (size_t i = 0; rc == 0 && i < t.n; i++) rc = add(s, out, t.v[i], OND_S(""));
        return rc;
    }
    case OND__EXPR_LIST:
        return ond_fail(s->err, OND_E_INPUT, "a name template cannot refer to the list {%.*s}",
                        (int)e->text.n, e->text.p);
    case OND__EXPR_RULE:
        return ond_fail(s->err, OND_E_INPUT, "a name template cannot refer to the rule <%.*s>",
                        (int)e->text.n, e->text.p);
    }
    return 0;
}

int ond__expr_sample(const ond__expr *e, size_t most, ond__sample_fn *fn, void *self, ond_err *err)
{
    sampler s = {.arena = {.limit = 16u << 20}, .most = most, .err = err};
    texts all = {0};
    ond_buf line = {0};
    int rc = expand(&s, e, &all);
    for (size_t i = 0; rc == 0 && i < all.n; i++) {
        ond_buf_clear(&line);
        rc = ond__normal_text(all.v[i], &line, err);
        ond_str text = ond__trim((ond_str){ond_buf_z(&line), line.n});
        if (rc == 0 && text.n) rc = fn(self, text, err);
    }
    ond_buf_free(&line);
    ond_arena_free(&s.arena);
    return rc;
}
