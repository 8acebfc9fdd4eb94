/* list.c - lists of values, ranges of numbers and wildcards, from their YAML. */
#include "talk/build.h"
#include "talk/chars.h"
#include "talk/number.h"

#include <math.h>
#include <stdio.h>

static int bad(ond__builder *b, const ond__list *l, const char *what)
{
    return ond_fail(b->err, OND_E_INPUT, "%s: the list {%s} %s", l->file, l->name, what);
}

static int number(ond__builder *b, const ond__list *l, const cJSON *range, const char *key,
                  double otherwise, double *out)
{
    const cJSON *v = ond_json_get(range, key);
    *out = otherwise;
    if (!v) return isnan(otherwise) ? bad(b, l, "has a range without both `from` and `to`") : 0;
    if (!cJSON_IsNumber(v) || !(fabs(v->valuedouble) <= 1e9))
        return bad(b, l, "has a range whose bounds are no numbers");
    *out = v->valuedouble;
    return 0;
}

static int parse_range(ond__builder *b, const cJSON *def, ond__list *l)
{
    ond__range *r = &l->range;
    int rc;
    double whole;
    OND_TRY(number(b, l, def, "from", NAN, &whole));
    r->from = trunc(whole);
    OND_TRY(number(b, l, def, "to", NAN, &whole));
    r->to = trunc(whole);
    OND_TRY(number(b, l, def, "step", 1, &whole));
    r->step = trunc(whole);
    OND_TRY(number(b, l, def, "multiplier", 1, &r->multiplier));
    r->digits = ond_json_bool(def, "digits", true);
    r->words = ond_json_bool(def, "words", true);
    const char *fractions = ond_json_str(def, "fractions", ""),
               *lang = ond_json_str(def, "words_language", b->g->lang);
    r->fractions = strcmp(fractions, "halves") == 0 ? 2 : strcmp(fractions, "tenths") == 0 ? 10 : 0;
    if (r->fractions == 0 && *fractions)
        return bad(b, l, "has `fractions` that are neither halves nor tenths");
    if (r->from > r->to) return bad(b, l, "has a range whose `from` is greater than its `to`");
    if (r->step < 1) return bad(b, l, "has a range whose `step` is not positive");
    if (!r->digits && !r->words)
        return bad(b, l, "has a range that takes neither digits nor words");
    r->language = ond__keep_text(b, lang);
    if (!r->language) return ond_nomem(b->err, "building a grammar");
    l->kind = OND__RANGE;
    ond__range_opening(r, &l->opening);
out:
    return rc;
}

static void join_node(const ond__builder *b, ond__opening *o, uint32_t node)
{
    ond__opening more = ond__opening_of(b->g, &b->g->node[node]);
    ond__opening_join(o, &more);
}

/* Plain text goes into the trie, unless it begins with a space or is nothing. */
static int add_plain(ond__builder *b, ond__list *l, ond_str text, uint32_t index)
{
    ond_buf norm = {0}, folded = {0};
    int rc;
    OND_TRY(ond__normal_text(text, &norm, b->err));
    ond__fold_text((ond_str){ond_buf_z(&norm), norm.n}, b->g->ignore_space, &folded);
    rc = OND_E_NOMEM;
    if (!ond_buf_ok(&folded)) goto out;
    ond_str key = {ond_buf_z(&folded), folded.n};
    if (key.n && key.p[0] != ' ') {
        ond__opening_add(&l->opening, key);
        if (ond__trie_add(&l->trie, key, index)) rc = 0;
        goto out;
    }
    uint32_t node = ond__node_text(b, (ond_str){ond_buf_z(&norm), norm.n});
    rc = OND_E_INPUT;
    if (node == OND__NO_NODE) goto out;
    join_node(b, &l->opening, node);
    l->value[index].node = node;
    l->made[l->n_made++] = index;
    l->nullable = l->nullable || b->g->node[node].nullable;
    rc = 0;
out:
    ond_buf_free(&norm);
    ond_buf_free(&folded);
    return rc == OND_E_NOMEM ? ond_nomem(b->err, "building a grammar") : rc;
}

static int add_made(ond__builder *b, ond__scope *scope, ond__list *l, ond_str text, uint32_t index)
{
    ond__expr *e;
    int rc = ond__expr_parse(&b->trees, text, &e, b->err);
    if (rc != 0) return ond_err_prefix(b->err, "%s: list {%s}", l->file, l->name);
    uint32_t node = ond__compile(b, scope, e);
    if (node == OND__NO_NODE) return b->err ? (int)b->err->code : OND_E_INPUT;
    join_node(b, &l->opening, node);
    l->value[index].node = node;
    l->made[l->n_made++] = index;
    l->nullable = l->nullable || b->g->node[node].nullable;
    return 0;
}

static int take_json(ond__builder *b, const cJSON *from, const char *key, cJSON **out)
{
    const cJSON *v = ond_json_get(from, key);
    if (!v || cJSON_IsNull(v)) return 0;
    *out = ond__keep_json(b, v);
    return *out ? 0 : ond_nomem(b->err, "building a grammar");
}

static int add_value(ond__builder *b, ond__scope *scope, ond__list *l, const cJSON *item)
{
    uint32_t index = l->n++;
    ond__value *v = &l->value[index];
    const cJSON *in = cJSON_IsObject(item) ? ond_json_get(item, "in") : item;
    char digits[32];
    const char *text = cJSON_IsString(in) ? in->valuestring : NULL;
    if (cJSON_IsNumber(in)) {
        snprintf(digits, sizeof digits, "%.15g", in->valuedouble);
        text = digits;
    }
    if (!text) return bad(b, l, "has a value without text (put on, off, yes, no in quotes)");
    bool made = ond__expr_is_template(ond_str_of(text));
    int rc = 0;
    if (cJSON_IsObject(item)) {
        OND_TRY(take_json(b, item, "out", &v->out));
        OND_TRY(take_json(b, item, "context", &v->context));
        OND_TRY(take_json(b, item, "metadata", &v->metadata));
    } else if (!made) {
        OND_TRY((v->out = ond__keep_json(b, in)) ? 0 : ond_nomem(b->err, "building a grammar"));
    }
    v->in = ond__keep_text(b, text);
    if (!v->in) return ond_nomem(b->err, "building a grammar");
    OND_TRY(made ? add_made(b, scope, l, ond_str_of(v->in), index)
                 : add_plain(b, l, ond_str_of(v->in), index));
out:
    return rc;
}

static int parse_values(ond__builder *b, ond__scope *scope, const cJSON *values, ond__list *l)
{
    l->kind = OND__VALUES;
    int n = cJSON_GetArraySize(values);
    l->value = ond_arena_array(&b->g->arena, (size_t)n + 1, sizeof *l->value);
    l->made = ond_arena_array(&b->g->arena, (size_t)n + 1, sizeof *l->made);
    if (!l->value || !l->made) return ond_nomem(b->err, "building a grammar");
    ond__opening_add(&l->opening, OND_S(""));
    const cJSON *item;
    cJSON_ArrayForEach(item, values)
    {
        int rc = add_value(b, scope, l, item);
        if (rc != 0) return rc;
    }
    return 0;
}

static int new_list(ond__builder *b, ond_str name, const char *file, bool local, ond__list *l,
                    uint32_t *out)
{
    ond_grammar *g = b->g;
    *l = (ond__list){
        .name = ond_arena_dup(&g->arena, name), .file = ond__keep_text(b, file), .local = local};
    if (!l->name || !l->file || !ond__room(&g->list, g->n_list, &b->cap_list, sizeof *l))
        return ond_nomem(b->err, "building a grammar");
    g->list[g->n_list] = *l;
    *out = g->n_list++;
    return 0;
}

static int know(ond__builder *b, const char *name, uint32_t list)
{
    ond_grammar *g = b->g;
    if (!ond__room(&g->global, g->n_global, &b->cap_global, sizeof *g->global) ||
        !ond__names_set(&b->outer.lists, ond_str_of(name), list))
        return ond_nomem(b->err, "building a grammar");
    g->global[g->n_global++] = (ond__name){.name = name, .list = list};
    return 0;
}

int ond__list_add(ond__builder *b, ond__scope *scope, const cJSON *def, const char *file,
                  bool local, uint32_t *out)
{
    ond__list l;
    int rc = new_list(b, ond_str_of(def->string), file, local, &l, out);
    if (rc != 0) return rc;
    l.literal = ond_json_bool(def, "literal", false);
    const cJSON *values = ond_json_get(def, "values"), *range = ond_json_get(def, "range");
    if (cJSON_IsArray(values))
        rc = parse_values(b, scope, values, &l);
    else if (cJSON_IsObject(range))
        rc = parse_range(b, range, &l);
    else if (ond_json_bool(def, "wildcard", false)) {
        l.kind = OND__WILDCARD;
        ond__opening_fill(&l.opening);
    } else
        rc = bad(b, &l, "has neither `values` nor `range` nor `wildcard: true`");
    b->g->list[*out] = l; /* also on failure, so that its trie is freed */
    if (rc == 0 && !local) rc = know(b, l.name, *out);
    return rc;
}

int ond__list_outside(ond__builder *b, ond_str name, const char *file, uint32_t *out)
{
    ond__list l;
    int rc = new_list(b, name, file, false, &l, out);
    if (rc != 0) return rc;
    l.kind = OND__OUTSIDE;
    ond__opening_fill(&l.opening);
    b->g->list[*out] = l;
    return know(b, l.name, *out);
}
