/* choose.c - of all readings of a sentence, the best: conditions first, then the reference's order.
 *
 * Order (hassil's recognize_best): readings that filled the best slot ("name") before others, of
 * these the longest text in that slot; then fewest wildcards; then most literal text; then the
 * first in file order. Readings are taken in file order, because a better name clears what came
 * before it, and nothing else does. */
#include "talk/choose.h"
#include "talk/chars.h"
#include "talk/context.h"

#include <stdlib.h>

typedef struct picker {
    ond__chart *c;
    const ond__chosen_by *by;
    bool slot_found, have_quality;
    size_t quality;
    uint32_t wildcards, lit; /* of what is kept */
    ond__choice *out;
} picker;

void ond__leaves(const ond__chart *c, uint32_t caught, uint32_t *leaf)
{
    for (uint32_t i = c->caught[caught].n; i-- > 0; caught = c->caught[caught].before)
        leaf[i] = c->caught[caught].leaf;
}

ond_str ond__leaf_text(const ond__chart *c, const ond__leaf *leaf)
{
    const ond__text *t = &c->text;
    uint32_t from = t->at[leaf->start], to = t->at[leaf->end];
    return ond__trim((ond_str){t->raw + from, to - from});
}

const cJSON *ond__context_after(const ond__chart *c, const ond__reading *r, const cJSON *given,
                                const char *key)
{
    for (uint32_t id = r->caught; id; id = c->caught[id].before) {
        const ond__leaf *leaf = &c->leaf[c->caught[id].leaf];
        const cJSON *v =
            leaf->value ? cJSON_GetObjectItemCaseSensitive(leaf->value->context, key) : NULL;
        if (v) return v;
    }
    return cJSON_GetObjectItemCaseSensitive(given, key);
}

/* ---- conditions ---- */

/* Whether `word` stands in the sentence between white space, letter for letter. */
static bool has_word(const ond__text *t, const char *word)
{
    ond_str w = ond_str_of(word);
    for (uint32_t i = 0; i < t->n_line;) {
        size_t at = 0;
        bool same = true;
        for (; i < t->n_line && t->said[i] != ' '; i++)
            same = same && at < w.n && ond_utf8_next(w, &at) == t->said[i];
        if (same && at == w.n && w.n) return true;
        i++;
    }
    return false;
}

bool ond__block_open(const ond__chart *c, uint32_t block, const cJSON *context)
{
    const ond__block *b = &c->g->block[block];
    bool word = !b->has_keywords;
    for (uint32_t i = 0; i < b->n_keyword && !word; i++) word = has_word(&c->text, b->keyword[i]);
    return word &&
           (!context || !context->child || ond__context_may(b->requires, b->excludes, context));
}

static bool conditions_hold(const picker *p, const ond__reading *r)
{
    const ond__chart *c = p->c;
    uint32_t block = c->g->sentence[r->sentence].block;
    const ond__block *b = &c->g->block[block];
    if (!ond__block_open(c, block, p->by->context)) return false;
    if (!b->requires && !b->excludes) return true;
    for (uint32_t id = r->caught; id; id = c->caught[id].before) {
        const ond__leaf *leaf = &c->leaf[c->caught[id].leaf];
        if (leaf->value && leaf->value->context &&
            !ond__context_may(b->requires, b->excludes, leaf->value->context))
            return false;
    }
    const cJSON *entry;
    cJSON_ArrayForEach(entry, b->excludes)
    {
        const cJSON *v = ond__context_after(c, r, p->by->context, entry->string);
        if (ond__context_excludes(entry, v, v != NULL)) return false;
    }
    cJSON_ArrayForEach(entry, b->requires)
    {
        if (!ond__context_meets(entry, ond__context_after(c, r, p->by->context, entry->string)))
            return false;
    }
    return true;
}

/* ---- the best slot ---- */

typedef struct slot_says {
    bool found, measured;
    size_t length;
} slot_says;

static slot_says ask_leaves(const picker *p, const ond__reading *r)
{
    const ond__chart *c = p->c;
    for (uint32_t id = r->caught; id;
         id = c->caught[id].before) { /* of two of that name the later counts */
        const ond__leaf *leaf = &c->leaf[c->caught[id].leaf];
        if (strcmp(c->g->slot[leaf->slot], p->by->best_slot) != 0) continue;
        if (leaf->kind == OND__LEAF_WILDCARD) return (slot_says){.found = false, .measured = true};
        bool text = leaf->kind == OND__LEAF_VALUE &&
                    (!leaf->value->out || cJSON_IsString(leaf->value->out));
        return (slot_says){.found = true,
                           .measured = text,
                           .length = c->text.nth[leaf->end] - c->text.nth[leaf->start]};
    }
    return (slot_says){0};
}

static bool caught_slot(const ond__chart *c, const ond__reading *r, const char *name)
{
    for (uint32_t id = r->caught; id; id = c->caught[id].before)
        if (strcmp(c->g->slot[c->leaf[c->caught[id].leaf].slot], name) == 0) return true;
    return false;
}

/* The slot may also be fixed by the block, or copied from the context. */
static slot_says ask_slot(const picker *p, const ond__reading *r)
{
    const ond__block *b = &p->c->g->block[p->c->g->sentence[r->sentence].block];
    const char *name = p->by->best_slot;
    if (caught_slot(p->c, r, name)) return ask_leaves(p, r);
    const cJSON *fixed = cJSON_GetObjectItemCaseSensitive(b->slots, name), *entry;
    slot_says s = {.found = fixed != NULL, .measured = cJSON_IsString(fixed)};
    cJSON_ArrayForEach(entry, b->requires)
    {
        const cJSON *to = cJSON_IsObject(entry) ? ond_json_get(entry, "slot") : NULL;
        const char *slot = cJSON_IsString(to) ? to->valuestring
                           : cJSON_IsTrue(to) ? entry->string
                                              : NULL;
        if (!slot || strcmp(slot, name) != 0) continue;
        const cJSON *v = ond__context_after(p->c, r, p->by->context, entry->string);
        s = (slot_says){.found = true,
                        .measured = cJSON_IsString(ond__context_value(v)),
                        .length = cJSON_IsObject(v)
                                      ? ond_utf8_count(ond_str_of(ond_json_str(v, "text", "")))
                                      : 0};
    }
    return s;
}

/* ---- picking ---- */

static void keep(picker *p, const ond__reading *r)
{
    ond__choice *o = p->out;
    if (o->n == o->cap) {
        uint32_t cap = o->cap ? o->cap * 2 : 8;
        const ond__reading **v = ond__scratch_get(&p->c->scratch, cap * sizeof *v);
        if (!v) {
            p->c->failed = true;
            return;
        }
        if (o->n) memcpy(v, o->v, o->n * sizeof *v);
        o->v = v;
        o->cap = cap;
    }
    o->v[o->n++] = r;
}

static void score(picker *p, const ond__reading *r)
{
    uint32_t wild = p->c->caught[r->caught].wildcards;
    if (p->out->n) {
        if (wild > p->wildcards || (wild == p->wildcards && r->lit < p->lit)) return;
        if (wild < p->wildcards || r->lit > p->lit) p->out->n = 0;
    }
    p->wildcards = wild;
    p->lit = r->lit;
    keep(p, r);
}

static void consider(picker *p, const ond__reading *r)
{
    slot_says s = ask_slot(p, r);
    if (p->slot_found && !s.found) return;
    if (!p->slot_found && s.found) {
        p->slot_found = true;
        p->out->n = 0;
    }
    if (s.found && s.measured) {
        if (p->have_quality && s.length < p->quality) return;
        if (!p->have_quality || s.length > p->quality) p->out->n = 0;
        p->have_quality = true;
        p->quality = s.length;
    }
    score(p, r);
}

static int by_sentence(const void *a, const void *b)
{
    const ond__reading *x = *(const ond__reading *const *)a, *y = *(const ond__reading *const *)b;
    if (x->sentence != y->sentence) return x->sentence < y->sentence ? -1 : 1;
    return (x > y) - (x < y);
}

/* Of the readings in v[], those that the shape filter leaves; it matters only when one of them is
 * odd. */
static uint32_t filter_shapes(ond__chart *c, const ond__reading **v, uint32_t n,
                              const cJSON *context)
{
    bool odd = c->text.spaced, any = false;
    for (uint32_t i = 0; i < n; i++) odd = odd || v[i]->odd;
    if (!odd || !c->g->shape_filter) return n;
    uint32_t kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        bool sure = !v[i]->odd && !c->text.spaced;
        if (!sure && !ond__shape_fits(c, v[i]->sentence)) continue;
        const ond__reading *r = v[i];
        v[i] = v[kept];
        v[kept++] = r;
        any = true;
    }
    if (any) return kept;
    return ond__shape_any(c, context) ? 0 : n;
}

void ond__choose(ond__chart *c, const ond__chosen_by *by, ond__choice *out)
{
    picker p = {.c = c, .by = by, .out = out};
    *out = (ond__choice){0};
    const ond__reading **v = ond__scratch_get(&c->scratch, (c->n_reading + 1) * sizeof *v);
    if (!v) {
        c->failed = true;
        return;
    }
    uint32_t n = 0;
    for (uint32_t i = 0; i < c->n_reading; i++)
        if (conditions_hold(&p, &c->reading[i])) v[n++] = &c->reading[i];
    n = filter_shapes(c, v, n, by->context);
    if (n > 1) qsort(v, n, sizeof *v, by_sentence);
    for (uint32_t i = 0; i < n && !c->failed; i++) consider(&p, v[i]);
}
