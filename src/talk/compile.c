/* compile.c - turns template trees into nodes, following rules and lists by name.
 *
 * A rule is compiled once in each scope that uses it; while it is being compiled its entry says
 * BUSY, so that a rule that needs itself is found and named. A rule that is not there matches
 * nothing, and is noted: sentences of others have such gaps, and one must not take a whole language
 * away. <to:when> is our own: the rule once more, with a prefix before its slots. */
#include "talk/build.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST_RULE_DEPTH = 64, MOST_PREFIX = 128 };
#define BUSY UINT32_MAX

int ond__slot_id(ond__builder *b, ond_str name, uint32_t *out)
{
    *out = ond__names_get(&b->slots, name);
    if (*out != OND__NO_NAME) return 0;
    ond_grammar *g = b->g;
    char *z = ond_arena_dup(&g->arena, name);
    if (!z || g->n_slot >= UINT16_MAX ||
        !ond__room(&g->slot, g->n_slot, &b->cap_slot, sizeof *g->slot) ||
        !ond__names_set(&b->slots, (ond_str){z, name.n}, g->n_slot))
        return ond_nomem(b->err, "building a grammar");
    g->slot[g->n_slot] = z;
    *out = g->n_slot++;
    return 0;
}

int ond__scope_rule(ond__builder *b, ond__scope *scope, const cJSON *rule)
{
    char *name = rule->string;
    if (!cJSON_IsString(rule))
        return ond_fail(b->err, OND_E_INPUT, "%s: the rule <%s> is no text", scope->file, name);
    ond__expr *e;
    int rc = ond__expr_parse(&b->trees, ond_str_of(rule->valuestring), &e, b->err);
    if (rc != 0) return ond_err_prefix(b->err, "%s: rule <%s>", scope->file, name);
    uint32_t at = ond__names_get(&scope->rules, ond_str_of(name));
    if (at == OND__NO_NAME) at = (uint32_t)scope->n_rule++;
    ond__rule *r = &scope->rule[at];
    *r = (ond__rule){
        .name = ond_arena_dup(&b->trees, ond_str_of(name)), .file = scope->file, .expr = e};
    if (!r->name || !ond__names_set(&scope->rules, ond_str_of(r->name), at))
        return ond_nomem(b->err, "building a grammar");
    return 0;
}

int ond__scope_open(ond__builder *b, ond__scope *scope, const ond__scope *outer, const char *file,
                    const cJSON *rules, const cJSON *lists)
{
    *scope = (ond__scope){.outer = outer, .file = file};
    size_t n = (size_t)cJSON_GetArraySize(rules), all = outer->n_rule + n;
    scope->rule = ond_arena_array(&b->trees, n + 1, sizeof *scope->rule);
    scope->done = calloc(all + 1, sizeof *scope->done);
    if (!scope->rule || !scope->done) return ond_nomem(b->err, "building a grammar");
    const cJSON *item;
    int rc;
    cJSON_ArrayForEach(item, rules)
    {
        rc = ond__scope_rule(b, scope, item);
        if (rc != 0) return rc;
    }
    cJSON_ArrayForEach(item, lists)
    {
        uint32_t id;
        rc = ond__list_add(b, scope, item, file, true, &id);
        if (rc != 0) return rc;
        if (!ond__names_set(&scope->lists, ond_str_of(b->g->list[id].name), id))
            return ond_nomem(b->err, "building a grammar");
    }
    return 0;
}

void ond__scope_close(ond__scope *scope)
{
    ond__names_free(&scope->rules);
    ond__names_free(&scope->lists);
    ond__names_free(&scope->prefixed);
    free(scope->done);
    scope->done = NULL;
}

typedef struct found {
    const ond__rule *rule; /* NULL: there is none of that name */
    uint32_t done;         /* its place in done[] */
} found;

static found find_rule(const ond__scope *scope, ond_str name)
{
    uint32_t at = ond__names_get(&scope->rules, name);
    uint32_t above = (uint32_t)(scope->outer ? scope->outer->n_rule : 0);
    if (at != OND__NO_NAME) return (found){&scope->rule[at], above + at};
    if (!scope->outer) return (found){0};
    at = ond__names_get(&scope->outer->rules, name);
    if (at == OND__NO_NAME) return (found){0};
    return (found){&scope->outer->rule[at], at};
}

static uint32_t compile_body(ond__builder *b, ond__scope *scope, found f)
{
    if (scope->done[f.done] == BUSY || b->depth >= MOST_RULE_DEPTH) {
        ond_fail(b->err, OND_E_INPUT, "%s: the rule <%s> %s", f.rule->file, f.rule->name,
                 scope->done[f.done] == BUSY ? "needs itself"
                                             : "stands at the end of too long a chain of rules");
        return OND__NO_NODE;
    }
    uint32_t before = scope->done[f.done];
    scope->done[f.done] = BUSY;
    b->depth++;
    uint32_t node = ond__compile(b, scope, f.rule->expr);
    b->depth--;
    scope->done[f.done] = b->prefix.n || node == OND__NO_NODE ? before : node + 1;
    return node;
}

/* With a prefix the same body has other slots: what is done is kept by prefix and rule. */
static uint32_t compile_prefixed(ond__builder *b, ond__scope *scope, found f)
{
    char key[2 * MOST_PREFIX];
    int n = snprintf(key, sizeof key, "%.*s %u", (int)b->prefix.n, b->prefix.p, f.done);
    uint32_t node = ond__names_get(&scope->prefixed, (ond_str){key, (size_t)n});
    if (node != OND__NO_NAME) return node;
    node = compile_body(b, scope, f);
    if (node == OND__NO_NODE) return node;
    char *kept = ond_arena_dup(&b->trees, (ond_str){key, (size_t)n});
    if (kept && ond__names_set(&scope->prefixed, (ond_str){kept, (size_t)n}, node)) return node;
    ond_nomem(b->err, "building a grammar");
    return OND__NO_NODE;
}

static uint32_t compile_found(ond__builder *b, ond__scope *scope, found f)
{
    if (b->prefix.n) return compile_prefixed(b, scope, f);
    uint32_t done = scope->done[f.done];
    return done && done != BUSY ? done - 1 : compile_body(b, scope, f);
}

/* <to:when>: the rule `when` with "to_" before each slot; prefixes inside come after it. */
static uint32_t compile_with(ond__builder *b, ond__scope *scope, ond_str prefix, found f)
{
    ond_str before = b->prefix;
    char all[MOST_PREFIX];
    if (before.n + prefix.n + 2 > sizeof all) {
        ond_fail(b->err, OND_E_INPUT, "%s: the slots of <%.*s:%s> get too long a prefix",
                 scope->file, (int)ond_utf8_cut(prefix, 40), prefix.p, f.rule->name);
        return OND__NO_NODE;
    }
    int n =
        snprintf(all, sizeof all, "%.*s%.*s_", (int)before.n, before.p, (int)prefix.n, prefix.p);
    b->prefix = (ond_str){all, (size_t)n};
    uint32_t node = compile_found(b, scope, f);
    b->prefix = before;
    return node;
}

static uint32_t compile_rule(ond__builder *b, ond__scope *scope, ond_str name)
{
    found f = find_rule(scope, name);
    if (f.rule) return compile_found(b, scope, f);
    const char *colon = memchr(name.p, ':', name.n);
    if (colon && colon > name.p) {
        size_t n = (size_t)(colon - name.p);
        f = find_rule(scope, (ond_str){colon + 1, name.n - n - 1});
        if (f.rule) return compile_with(b, scope, (ond_str){name.p, n}, f);
    }
    if (ond__fault(b, "%s: there is no rule <%.*s>", scope->file, (int)name.n, name.p) != 0)
        return OND__NO_NODE;
    return ond__node_never(b);
}

static int slot_of(ond__builder *b, ond_str name, uint32_t *out)
{
    if (!b->prefix.n) return ond__slot_id(b, name, out);
    ond_buf whole = {0};
    ond_buf_str(&whole, b->prefix);
    ond_buf_str(&whole, name);
    int rc = ond_buf_ok(&whole) ? ond__slot_id(b, (ond_str){ond_buf_z(&whole), whole.n}, out)
                                : ond_nomem(b->err, "building a grammar");
    ond_buf_free(&whole);
    return rc;
}

static uint32_t compile_list(ond__builder *b, ond__scope *scope, const ond__expr *e)
{
    uint32_t list = ond__names_get(&scope->lists, e->text), slot;
    if (list == OND__NO_NAME && scope->outer) list = ond__names_get(&scope->outer->lists, e->text);
    if (list == OND__NO_NAME && ond__list_outside(b, e->text, scope->file, &list) != 0)
        return OND__NO_NODE;
    if (slot_of(b, e->slot, &slot) != 0) return OND__NO_NODE;
    return ond__node_list(b, list, slot, e->end_of_word);
}

typedef struct kids {
    uint32_t *v;
    uint32_t n, cap;
} kids;

static bool has(const kids *k, uint32_t node)
{
    for (uint32_t i = 0; i < k->n; i++)
        if (k->v[i] == node) return true;
    return false;
}

/* Groups in a group of the same kind are opened out; what would be nothing, or a second time the
 * same, is left out. */
static bool collect(ond__builder *b, ond__scope *scope, const ond__expr *e, ond__expr_kind kind,
                    kids *out)
{
    for (size_t i = 0; i < e->n; i++) {
        const ond__expr *item = e->item[i];
        if (item->kind == kind && kind != OND__EXPR_PERM && item->n > 0) {
            if (!collect(b, scope, item, kind, out)) return false;
            continue;
        }
        uint32_t node = ond__compile(b, scope, item);
        if (node == OND__NO_NODE) return false;
        if (kind == OND__EXPR_SEQ && b->g->node[node].kind == OND__EMPTY) continue;
        if (kind == OND__EXPR_ALT && has(out, node)) continue;
        if (!ond__room(&out->v, out->n, &out->cap, sizeof *out->v)) {
            ond_nomem(b->err, "building a grammar");
            return false;
        }
        out->v[out->n++] = node;
    }
    return true;
}

static uint32_t compile_group(ond__builder *b, ond__scope *scope, const ond__expr *e)
{
    ond__kind kind = e->kind == OND__EXPR_SEQ   ? OND__SEQ
                     : e->kind == OND__EXPR_ALT ? OND__ALT
                                                : OND__PERM;
    kids k = {0};
    uint32_t node = OND__NO_NODE;
    if (e->n == 0)
        node = ond__node_void(b);
    else if (collect(b, scope, e, e->kind, &k))
        node = ond__node_group(b, kind, k.v, k.n);
    free(k.v);
    return node;
}

uint32_t ond__compile(ond__builder *b, ond__scope *scope, const ond__expr *e)
{
    switch (e->kind) {
    case OND__EXPR_TEXT:
        return ond__node_text(b, e->text);
    case OND__EXPR_LIST:
        return compile_list(b, scope, e);
    case OND__EXPR_RULE:
        return compile_rule(b, scope, e->text);
    case OND__EXPR_SEQ:
    case OND__EXPR_ALT:
    case OND__EXPR_PERM:
        break;
    }
    return compile_group(b, scope, e);
}
