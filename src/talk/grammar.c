/* grammar.c - a grammar's life: built from texts or a folder, asked about, freed. */
#include "talk/build.h"
#include "talk/chart.h"
#include "talk/dir.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int ond__fault(ond__builder *b, const char *fmt, ...)
{
    ond_grammar *g = b->g;
    char text[400];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    for (uint32_t i = 0; i < g->n_fault; i++)
        if (strcmp(g->fault[i], text) == 0) return 0;
    char *z = ond__keep_text(b, text);
    if (!z || !ond__room(&g->fault, g->n_fault, &b->cap_fault, sizeof *g->fault))
        return ond_nomem(b->err, "building a grammar");
    g->fault[g->n_fault++] = z;
    return 0;
}

char *ond__keep_text(ond__builder *b, const char *z)
{
    return ond_arena_dup(&b->g->arena, ond_str_of(z));
}

cJSON *ond__keep_json(ond__builder *b, const cJSON *v)
{
    cJSON *copy = cJSON_Duplicate(v, true);
    if (copy && cJSON_AddItemToArray(b->g->keep, copy)) return copy;
    cJSON_Delete(copy);
    return NULL;
}

static size_t json_bytes(const cJSON *v)
{
    size_t n = 0;
    for (; v; v = v->next) {
        n += sizeof *v + json_bytes(v->child);
        if (v->valuestring) n += strlen(v->valuestring) + 1;
        if (v->string) n += strlen(v->string) + 1;
    }
    return n;
}

static size_t weigh(const ond__builder *b)
{
    const ond_grammar *g = b->g;
    size_t n = sizeof *g + g->arena.used + json_bytes(g->keep);
    n += b->cap_node * sizeof *g->node + b->cap_kid * sizeof *g->kid + b->cap_pool +
         b->cap_first * sizeof *g->first;
    n += b->cap_list * sizeof *g->list + b->cap_global * sizeof *g->global +
         b->cap_slot * sizeof *g->slot;
    n += b->cap_block * sizeof *g->block + b->cap_sentence * sizeof *g->sentence;
    n += b->cap_branch * sizeof *g->branch + b->cap_accept * sizeof *g->accept;
    for (uint32_t i = 0; i < g->n_list; i++) n += ond__trie_bytes(&g->list[i].trie);
    return n;
}

/* Siblings side by side, in order: the walk reads them in one sweep. */
static int lay_branches(ond__builder *b)
{
    ond_grammar *g = b->g;
    if (b->g->n_branch == 0) return 0;
    ond__branch *v = calloc(b->g->n_branch + 1, sizeof *v);
    if (!v) return ond_nomem(b->err, "building a grammar");
    uint32_t n = 1;
    v[0] = g->branch[0];
    for (uint32_t i = 0; i < n; i++) {
        uint32_t from = v[i].child;
        v[i].child = from ? n : 0;
        for (; from; from = g->branch[from].next) v[n++] = g->branch[from];
        if (v[i].child) v[n - 1].next = 0;
    }
    for (uint32_t i = 1; i < n; i++)
        if (v[i].next) v[i].next = i + 1;
    free(g->branch);
    g->branch = v;
    b->cap_branch = b->g->n_branch + 1;
    return 0;
}

int ond_grammar_of_texts(const char *lang, const ond_talk_text *texts, size_t n, ond_grammar **out,
                         ond_err *err)
{
    ond_err own;
    ond__builder b = {.err = err ? err : &own};
    *out = NULL;
    b.g = calloc(1, sizeof *b.g);
    if (!b.g) return ond_nomem(err, "building a grammar");
    snprintf(b.g->lang, sizeof b.g->lang, "%s", lang);
    b.g->keep = cJSON_CreateArray();
    int rc = b.g->keep ? ond__load(&b, texts, n) : ond_nomem(err, "building a grammar");
    if (rc == 0) rc = lay_branches(&b);
    ond__scope_close(&b.outer);
    ond__names_free(&b.slots);
    ond_arena_free(&b.trees);
    free(b.same);
    free(b.first_next);
    free(b.weight);
    if (rc != 0) {
        ond_grammar_free(b.g);
        return rc;
    }
    b.g->bytes = weigh(&b);
    *out = b.g;
    return 0;
}

int ond_grammar_of_dir(const char *dir, const char *lang, ond_grammar **out, ond_err *err)
{
    ond__texts texts = {0};
    ond_buf path = {0};
    *out = NULL;
    ond_buf_printf(&path, "%s/sentences/%s", dir, lang);
    int rc = ond_buf_ok(&path) ? ond__texts_of_dir(&texts, ond_buf_z(&path), err)
                               : ond_nomem(err, "reading sentences");
    if (rc == 0 && texts.n == 0)
        rc = ond_fail(err, OND_E_NOT_FOUND, "%s: there are no sentence files (*.yaml)",
                      ond_buf_z(&path));
    if (rc == 0) rc = ond_grammar_of_texts(lang, texts.v, texts.n, out, err);
    ond__texts_free(&texts);
    ond_buf_free(&path);
    return rc;
}

static void free_tables(ond_grammar *g)
{
    for (uint32_t i = 0; i < g->n_list; i++) ond__trie_free(&g->list[i].trie);
    free(g->node);
    free(g->kid);
    free(g->pool);
    free(g->first);
    free(g->list);
    free(g->global);
    free(g->slot);
    free(g->block);
    free(g->sentence);
    free(g->branch);
    free(g->accept);
    free(g->fault);
}

void ond_grammar_free(ond_grammar *g)
{
    if (!g) return;
    if (!g->frozen) free_tables(g);
    cJSON_Delete(g->keep);
    ond__chart_free(atomic_load(&g->spare));
    ond_arena_free(&g->arena);
    free(g);
}

const char *ond_grammar_lang(const ond_grammar *g)
{
    return g->lang;
}
size_t ond_grammar_bytes(const ond_grammar *g)
{
    return g->bytes;
}
size_t ond_grammar_intent_templates(const ond_grammar *g, const char *intent)
{
    size_t n = 0;
    for (uint32_t i = 0; i < g->n_sentence; i++)
        n += strcmp(g->block[g->sentence[i].block].intent, intent) == 0;
    return n;
}

size_t ond_grammar_templates(const ond_grammar *g)
{
    return g->n_sentence;
}

size_t ond_grammar_faults(const ond_grammar *g)
{
    return g->n_fault;
}
const char *ond_grammar_fault(const ond_grammar *g, size_t i)
{
    return i < g->n_fault ? g->fault[i] : "";
}

const char *ond_grammar_outside(const ond_grammar *g, size_t i)
{
    for (uint32_t k = 0; k < g->n_list; k++)
        if (g->list[k].kind == OND__OUTSIDE && i-- == 0) return g->list[k].name;
    return NULL;
}
