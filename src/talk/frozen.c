/* frozen.c - a grammar to bytes, and bytes to a grammar.
 *
 * A head with counts and places, then runs of elements, each at a multiple of eight. Texts are places of
 * NUL-ended strings (0: none); values of JSON are numbers (from 1) of elements of one array, `keep`. */
#include "talk/frozen.h"

#include <stdio.h>
#include <stdlib.h>

static const char magic[8] = "ondolfr";

typedef struct run {
    uint32_t at, n; /* bytes from the start; elements */
} run;

typedef struct head {
    char magic[8];
    uint32_t layout, bytes;
    char lang[16];
    bool ignore_space, shape_filter;
    uint8_t spare[2];
    uint32_t keep; /* JSON text */
    run node, kid, pool, first, branch, accept, list, value, global, slot, block, keyword, sentence, fault, skip;
} head;

typedef struct cold_value {
    uint32_t in, out, context, metadata, node;
} cold_value;

typedef struct cold_list {
    uint32_t name, file, language;
    uint8_t kind;
    bool local, literal, nullable, digits, words, one;
    uint8_t spare;
    int32_t fractions;
    uint32_t value, n; /* of them, from which one */
    run made, trie, link;
    uint32_t top; /* [256] */
    double from, to, step, multiplier;
    ond__classes first, second;
} cold_list;

typedef struct cold_block {
    uint32_t intent, file, response, combo, slots, requires, excludes, metadata;
    uint32_t keyword, n_keyword;
    bool has_keywords, shape_filter;
    uint8_t spare[2];
} cold_block;

typedef struct cold_sentence {
    uint32_t block, node, text;
} cold_sentence;

typedef struct cold_name {
    uint32_t name, list;
} cold_name;

/* Of structures that are used where they lie, and of those above; the first number is this file's own. */
static uint32_t layout(void)
{
    static const size_t sizes[] = {2, sizeof(ond__node), sizeof(ond__classes), sizeof(ond__branch), sizeof(ond__accept),
                                   sizeof(ond__trie_node), sizeof(ond__trie_link), sizeof(head), sizeof(cold_value),
                                   sizeof(cold_list), sizeof(cold_block), sizeof(cold_sentence)};
    uint32_t h = 1; /* differs by order of bytes */
    h = *(const unsigned char *)&h;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        h = h * 1000003u + (uint32_t)sizes[i];
    return h;
}

/* ---- to bytes ---- */

typedef struct freezing {
    const ond_grammar *g;
    ond_buf *out;
    size_t start;
} freezing;

static uint32_t here(freezing *f)
{
    while ((f->out->n - f->start) % 8 != 0 && !f->out->bad)
        ond_buf_putc(f->out, '\0');
    return (uint32_t)(f->out->n - f->start);
}

static run put(freezing *f, const void *v, size_t n, size_t size)
{
    run r = {here(f), (uint32_t)n};
    if (n)
        ond_buf_put(f->out, v, n * size);
    return r;
}

static uint32_t put_text(freezing *f, const char *z)
{
    if (!z)
        return 0;
    uint32_t at = (uint32_t)(f->out->n - f->start);
    ond_buf_put(f->out, z, strlen(z) + 1);
    return at;
}

static uint32_t number_of(const freezing *f, const cJSON *v)
{
    uint32_t n = 1;
    for (const cJSON *one = f->g->keep->child; v && one; one = one->next, n++)
        if (one == v)
            return n;
    return 0;
}

/* Elements that are made one by one, since each first puts its texts. */
static void *room_for(size_t n, size_t size, freezing *f)
{
    void *v = calloc(n + 1, size);
    if (!v)
        f->out->bad = true;
    return v;
}

/* Member by member, so that what lies between members is zero: the same grammar gives the same bytes. */
static run put_nodes(freezing *f)
{
    uint32_t n = f->g->n_node;
    ond__node *v = room_for(n, sizeof *v, f);
    for (uint32_t i = 0; v && i < n; i++) {
        const ond__node *x = &f->g->node[i];
        v[i].kind = x->kind;
        v[i].nullable = x->nullable;
        v[i].hollow = x->hollow;
        v[i].wild = x->wild;
        v[i].memo = x->memo;
        v[i].ends_space = x->ends_space;
        v[i].end_of_word = x->end_of_word;
        v[i].blank = x->blank;
        v[i].n = x->n;
        v[i].a = x->a;
        v[i].b = x->b;
        v[i].len = x->len;
        v[i].lead = x->lead;
        v[i].chars = x->chars;
        v[i].one = x->one;
        v[i].first = x->first;
        v[i].second = x->second;
    }
    run r = put(f, v, v ? n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_trie(freezing *f, const ond__trie *t)
{
    ond__trie_node *v = room_for(t->n, sizeof *v, f);
    for (uint32_t i = 0; v && i < t->n; i++) {
        v[i].child = t->node[i].child;
        v[i].next = t->node[i].next;
        v[i].value = t->node[i].value;
        v[i].last = t->node[i].last;
        v[i].byte = t->node[i].byte;
    }
    run r = put(f, v, v ? t->n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_values(freezing *f)
{
    size_t n = 0, at = 0;
    for (uint32_t i = 0; i < f->g->n_list; i++)
        n += f->g->list[i].n;
    cold_value *v = room_for(n, sizeof *v, f);
    for (uint32_t i = 0; v && i < f->g->n_list; i++)
        for (uint32_t k = 0; k < f->g->list[i].n; k++) {
            const ond__value *x = &f->g->list[i].value[k];
            v[at++] = (cold_value){put_text(f, x->in), number_of(f, x->out), number_of(f, x->context),
                                   number_of(f, x->metadata), x->node};
        }
    run r = put(f, v, v ? n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_lists(freezing *f)
{
    uint32_t n = f->g->n_list, value = 0;
    cold_list *v = room_for(n, sizeof *v, f);
    for (uint32_t i = 0; v && i < n; value += f->g->list[i++].n) {
        const ond__list *x = &f->g->list[i];
        const ond__range *r = &x->range;
        v[i] = (cold_list){.name = put_text(f, x->name), .file = put_text(f, x->file),
                           .language = put_text(f, r->language), .kind = (uint8_t)x->kind, .local = x->local,
                           .literal = x->literal, .nullable = x->nullable, .digits = r->digits, .words = r->words,
                           .fractions = r->fractions, .value = value, .n = x->n,
                           .made = put(f, x->made, x->n_made, sizeof *x->made),
                           .trie = put_trie(f, &x->trie),
                           .link = put(f, x->trie.link, x->trie.n_link, sizeof *x->trie.link),
                           .top = x->trie.n ? put(f, x->trie.top, 256, sizeof *x->trie.top).at : 0,
                           .from = r->from, .to = r->to, .step = r->step, .multiplier = r->multiplier,
                           .first = x->opening.first, .second = x->opening.second, .one = x->opening.one};
    }
    run r = put(f, v, v ? n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_names(freezing *f)
{
    uint32_t n = f->g->n_global;
    cold_name *v = room_for(n, sizeof *v, f);
    for (uint32_t i = 0; v && i < n; i++)
        v[i] = (cold_name){put_text(f, f->g->global[i].name), f->g->global[i].list};
    run r = put(f, v, v ? n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_texts(freezing *f, const char *const *text, uint32_t n)
{
    uint32_t *v = room_for(n, sizeof *v, f);
    for (uint32_t i = 0; v && i < n; i++)
        v[i] = put_text(f, text[i]);
    run r = put(f, v, v ? n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_keywords(freezing *f)
{
    uint32_t n = 0, at = 0;
    for (uint32_t i = 0; i < f->g->n_block; i++)
        n += f->g->block[i].n_keyword;
    uint32_t *v = room_for(n, sizeof *v, f);
    for (uint32_t i = 0; v && i < f->g->n_block; i++)
        for (uint32_t k = 0; k < f->g->block[i].n_keyword; k++)
            v[at++] = put_text(f, f->g->block[i].keyword[k]);
    run r = put(f, v, v ? n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_blocks(freezing *f)
{
    uint32_t n = f->g->n_block, keyword = 0;
    cold_block *v = room_for(n, sizeof *v, f);
    for (uint32_t i = 0; v && i < n; keyword += f->g->block[i++].n_keyword) {
        const ond__block *x = &f->g->block[i];
        v[i] = (cold_block){put_text(f, x->intent), put_text(f, x->file), put_text(f, x->response),
                            put_text(f, x->combo), number_of(f, x->slots), number_of(f, x->requires),
                            number_of(f, x->excludes), number_of(f, x->metadata), keyword, x->n_keyword,
                            x->has_keywords, x->shape_filter, {0}};
    }
    run r = put(f, v, v ? n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_sentences(freezing *f)
{
    uint32_t n = f->g->n_sentence;
    cold_sentence *v = room_for(n, sizeof *v, f);
    for (uint32_t i = 0; v && i < n; i++) {
        const ond__sentence *x = &f->g->sentence[i];
        v[i] = (cold_sentence){x->block, x->node, put_text(f, x->text)};
    }
    run r = put(f, v, v ? n : 0, sizeof *v);
    free(v);
    return r;
}

static run put_skips(freezing *f)
{
    const ond__skips *s = &f->g->skips;
    run *v = room_for(s->n, sizeof *v, f);
    for (size_t i = 0; v && i < s->n; i++)
        v[i] = put(f, s->word[i], s->len[i], sizeof *s->word[i]);
    run r = put(f, v, v ? s->n : 0, sizeof *v);
    free(v);
    return r;
}

static uint32_t put_keep(freezing *f)
{
    char *text = cJSON_PrintUnformatted(f->g->keep);
    uint32_t at = put_text(f, text);
    if (!text)
        f->out->bad = true;
    free(text);
    return at;
}

int ond__grammar_freeze(const ond_grammar *g, ond_buf *out, ond_err *err)
{
    freezing f = {.g = g, .out = out, .start = out->n};
    head h = {.layout = layout(), .ignore_space = g->ignore_space, .shape_filter = g->shape_filter};
    memcpy(h.magic, magic, sizeof magic);
    memcpy(h.lang, g->lang, sizeof h.lang);
    ond_buf_put(out, &h, sizeof h);
    h.node = put_nodes(&f);
    h.kid = put(&f, g->kid, g->n_kid, sizeof *g->kid);
    h.pool = put(&f, g->pool, g->n_pool, 1);
    h.first = put(&f, g->first, g->n_first, sizeof *g->first);
    h.branch = put(&f, g->branch, g->n_branch, sizeof *g->branch);
    h.accept = put(&f, g->accept, g->n_accept, sizeof *g->accept);
    h.value = put_values(&f);
    h.list = put_lists(&f);
    h.global = put_names(&f);
    h.slot = put_texts(&f, g->slot, g->n_slot);
    h.fault = put_texts(&f, g->fault, g->n_fault);
    h.keyword = put_keywords(&f);
    h.block = put_blocks(&f);
    h.sentence = put_sentences(&f);
    h.skip = put_skips(&f);
    h.keep = put_keep(&f);
    h.bytes = here(&f);
    if (!ond_buf_ok(out))
        return ond_nomem(err, "writing a grammar");
    memcpy(out->p + f.start, &h, sizeof h);
    return 0;
}

/* ---- from bytes ---- */

typedef struct thawing {
    ond_grammar *g;
    const char *base;
    const head *h;
    cJSON **json; /* elements of keep, by number */
    bool bad;     /* out of memory */
} thawing;

static const void *at(const thawing *t, run r)
{
    return r.n ? t->base + r.at : NULL;
}

static const char *text_at(const thawing *t, uint32_t place)
{
    return place ? t->base + place : NULL;
}

static void *many(thawing *t, size_t n, size_t size)
{
    void *v = ond_arena_array(&t->g->arena, n + 1, size);
    t->bad |= !v;
    return v;
}

static void thaw_keep(thawing *t)
{
    uint32_t n = 0;
    t->g->keep = cJSON_Parse(text_at(t, t->h->keep));
    t->json = many(t, (size_t)cJSON_GetArraySize(t->g->keep) + 1, sizeof *t->json);
    t->bad |= !t->g->keep;
    for (cJSON *one = t->g->keep && t->json ? t->g->keep->child : NULL; one; one = one->next)
        t->json[++n] = one;
}

/* Tables are used where they lie: nobody writes to them once a grammar is made. */
static void take_tables(thawing *t)
{
    ond_grammar *g = t->g;
    const head *h = t->h;
    g->node = (ond__node *)at(t, h->node), g->n_node = h->node.n;
    g->kid = (uint32_t *)at(t, h->kid), g->n_kid = h->kid.n;
    g->pool = (char *)at(t, h->pool), g->n_pool = h->pool.n;
    g->first = (ond__classes *)at(t, h->first), g->n_first = h->first.n;
    g->branch = (ond__branch *)at(t, h->branch), g->n_branch = h->branch.n;
    g->accept = (ond__accept *)at(t, h->accept), g->n_accept = h->accept.n;
}

static const char **thaw_texts(thawing *t, run r)
{
    const uint32_t *from = at(t, r);
    const char **v = many(t, r.n, sizeof *v);
    for (uint32_t i = 0; v && i < r.n; i++)
        v[i] = text_at(t, from[i]);
    return v;
}

static ond__value *thaw_values(thawing *t)
{
    const cold_value *from = at(t, t->h->value);
    ond__value *v = many(t, t->h->value.n, sizeof *v);
    for (uint32_t i = 0; v && i < t->h->value.n; i++)
        v[i] = (ond__value){text_at(t, from[i].in), t->json[from[i].out], t->json[from[i].context],
                            t->json[from[i].metadata], from[i].node};
    return v;
}

static void thaw_list(thawing *t, const cold_list *from, ond__value *value, ond__list *to)
{
    to->kind = (ond__list_kind)from->kind;
    to->name = text_at(t, from->name);
    to->file = text_at(t, from->file);
    to->local = from->local;
    to->literal = from->literal;
    to->value = value + from->value;
    to->n = from->n;
    to->made = (uint32_t *)at(t, from->made);
    to->n_made = from->made.n;
    to->trie.node = (ond__trie_node *)at(t, from->trie);
    to->trie.n = to->trie.cap = from->trie.n;
    to->trie.link = (ond__trie_link *)at(t, from->link);
    to->trie.n_link = to->trie.cap_link = from->link.n;
    if (from->top)
        memcpy(to->trie.top, t->base + from->top, sizeof to->trie.top);
    to->range = (ond__range){.from = from->from, .to = from->to, .step = from->step,
                             .multiplier = from->multiplier, .fractions = from->fractions,
                             .digits = from->digits, .words = from->words, .language = text_at(t, from->language)};
    to->opening = (ond__opening){.first = from->first, .second = from->second, .one = from->one};
    to->nullable = from->nullable;
}

static void thaw_lists(thawing *t)
{
    const cold_list *from = at(t, t->h->list);
    const cold_name *name = at(t, t->h->global);
    ond_grammar *g = t->g;
    ond__value *value = thaw_values(t);
    g->list = many(t, t->h->list.n, sizeof *g->list);
    g->global = many(t, t->h->global.n, sizeof *g->global);
    if (t->bad)
        return;
    for (; g->n_list < t->h->list.n; g->n_list++)
        thaw_list(t, &from[g->n_list], value, &g->list[g->n_list]);
    for (; g->n_global < t->h->global.n; g->n_global++)
        g->global[g->n_global] = (ond__name){text_at(t, name[g->n_global].name), name[g->n_global].list};
}

static void thaw_blocks(thawing *t)
{
    const cold_block *from = at(t, t->h->block);
    ond_grammar *g = t->g;
    const char **keyword = thaw_texts(t, t->h->keyword);
    g->block = many(t, t->h->block.n, sizeof *g->block);
    for (; !t->bad && g->n_block < t->h->block.n; g->n_block++) {
        const cold_block *x = &from[g->n_block];
        g->block[g->n_block] = (ond__block){
            text_at(t, x->intent), text_at(t, x->file), text_at(t, x->response), text_at(t, x->combo),
            t->json[x->slots], t->json[x->requires], t->json[x->excludes], t->json[x->metadata],
            keyword + x->keyword, x->n_keyword, x->has_keywords, x->shape_filter};
    }
}

static void thaw_sentences(thawing *t)
{
    const cold_sentence *from = at(t, t->h->sentence);
    ond_grammar *g = t->g;
    g->sentence = many(t, t->h->sentence.n, sizeof *g->sentence);
    for (; !t->bad && g->n_sentence < t->h->sentence.n; g->n_sentence++) {
        const cold_sentence *x = &from[g->n_sentence];
        g->sentence[g->n_sentence] = (ond__sentence){x->block, x->node, text_at(t, x->text)};
    }
}

static void thaw_skips(thawing *t)
{
    const run *from = at(t, t->h->skip);
    ond__skips *s = &t->g->skips;
    s->word = many(t, t->h->skip.n, sizeof *s->word);
    s->len = many(t, t->h->skip.n, sizeof *s->len);
    for (; !t->bad && s->n < t->h->skip.n; s->n++) {
        s->word[s->n] = (uint32_t *)at(t, from[s->n]);
        s->len[s->n] = from[s->n].n;
    }
}

int ond__grammar_thaw(ond_str bytes, ond_grammar **out, ond_err *err)
{
    const head *h = (const head *)(const void *)bytes.p;
    *out = NULL;
    if (bytes.n < sizeof *h || memcmp(h->magic, magic, sizeof magic) != 0 || h->layout != layout() ||
        h->bytes != bytes.n)
        return ond_fail(err, OND_E_INPUT, "a prepared grammar of another build");
    thawing t = {.g = calloc(1, sizeof *t.g), .base = bytes.p, .h = h};
    if (!t.g)
        return ond_nomem(err, "reading a grammar");
    memcpy(t.g->lang, h->lang, sizeof h->lang);
    t.g->frozen = true;
    t.g->ignore_space = h->ignore_space;
    t.g->shape_filter = h->shape_filter;
    take_tables(&t);
    thaw_keep(&t);
    if (!t.bad) {
        thaw_lists(&t);
        thaw_blocks(&t);
        thaw_sentences(&t);
        thaw_skips(&t);
        t.g->slot = thaw_texts(&t, h->slot);
        t.g->n_slot = h->slot.n;
        t.g->fault = thaw_texts(&t, h->fault);
        t.g->n_fault = h->fault.n;
    }
    if (t.bad) {
        ond_grammar_free(t.g);
        return ond_nomem(err, "reading a grammar");
    }
    t.g->bytes = sizeof *t.g + t.g->arena.used + bytes.n;
    *out = t.g;
    return 0;
}
