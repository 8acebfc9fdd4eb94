/* lexicon.c - names of devices, rooms and floors, which the caller supplies.
 *
 * Each text goes into two tries, with spaces and without, so that one lexicon serves languages of
 * both kinds. A name template is written out when it is added. */
#include "talk/chars.h"
#include "talk/expr.h"
#include "talk/grammar.h"

#include <stdlib.h>

enum { MOST_TEXTS = 1000 }; /* that one template stands for */

typedef struct adding {
    ond__lex_list *list;
    const ond_lexicon_entry *entry;
} adding;

ond_lexicon *ond_lexicon_new(void)
{
    return calloc(1, sizeof(ond_lexicon));
}

void ond_lexicon_free(ond_lexicon *lex)
{
    if (!lex) return;
    for (uint32_t i = 0; i < lex->n; i++) {
        ond__lex_list *l = &lex->list[i];
        for (uint32_t k = 0; k < l->n; k++) {
            free((char *)l->value[k].in);
            cJSON_Delete(l->value[k].out);
            cJSON_Delete(l->value[k].context);
            cJSON_Delete(l->value[k].metadata);
        }
        free(l->value);
        free(l->name);
        ond__trie_free(&l->trie);
        ond__trie_free(&l->squeezed);
    }
    free(lex->list);
    free(lex);
}

static ond__lex_list *list_named(ond_lexicon *lex, const char *name)
{
    for (uint32_t i = 0; i < lex->n; i++)
        if (strcmp(lex->list[i].name, name) == 0) return &lex->list[i];
    if (lex->n == lex->cap) {
        uint32_t cap = lex->cap ? lex->cap * 2 : 4;
        ond__lex_list *v = realloc(lex->list, cap * sizeof *v);
        if (!v) return NULL;
        lex->list = v;
        lex->cap = cap;
    }
    ond__lex_list *l = &lex->list[lex->n];
    *l = (ond__lex_list){.name = strdup(name)};
    if (!l->name) return NULL;
    lex->n++;
    return l;
}

static bool copy(const cJSON *from, cJSON **to)
{
    *to = from ? cJSON_Duplicate(from, true) : NULL;
    return !from || *to;
}

static bool reserve(ond__lex_list *l)
{
    if (l->n < l->cap) return true;
    uint32_t cap = l->cap ? l->cap * 2 : 16;
    ond__value *v = realloc(l->value, cap * sizeof *v);
    if (!v) return false;
    l->value = v;
    l->cap = cap;
    return true;
}

static int index_text(ond__lex_list *l, ond_str text, ond_err *err)
{
    ond_buf wide = {0}, tight = {0};
    ond__fold_text(text, false, &wide);
    ond__fold_text(text, true, &tight);
    bool ok = ond_buf_ok(&wide) && ond_buf_ok(&tight) &&
              ond__trie_add(&l->trie, (ond_str){ond_buf_z(&wide), wide.n}, l->n) &&
              ond__trie_add(&l->squeezed, (ond_str){ond_buf_z(&tight), tight.n}, l->n);
    ond_buf_free(&wide);
    ond_buf_free(&tight);
    return ok ? 0 : ond_nomem(err, "adding a name");
}

/* Adds one text; on failure a value may stay in a trie, where its number means nothing yet: see
 * find in list_match.c. */
static int add_text(void *self, ond_str text, ond_err *err)
{
    const adding *a = self;
    ond__lex_list *l = a->list;
    if (text.n == 0) return ond_fail(err, OND_E_INPUT, "a name in the list {%s} is empty", l->name);
    if (text.n > OND__TEXT_MOST)
        return ond_fail(err, OND_E_INPUT, "a name in the list {%s} has more than %d bytes", l->name,
                        OND__TEXT_MOST);
    ond__value v = {.in = ond_str_dup(text)};
    cJSON *plain = a->entry->out || a->entry->is_template ? NULL : cJSON_CreateString(a->entry->in);
    bool ok = v.in && (a->entry->out || a->entry->is_template || plain) &&
              copy(a->entry->out ? a->entry->out : plain, &v.out) &&
              copy(a->entry->context, &v.context) && copy(a->entry->metadata, &v.metadata) &&
              reserve(l);
    cJSON_Delete(plain);
    int rc = ok ? index_text(l, text, err) : ond_nomem(err, "adding a name");
    if (rc == 0) {
        l->value[l->n++] = v;
        return 0;
    }
    free((char *)v.in);
    cJSON_Delete(v.out);
    cJSON_Delete(v.context);
    cJSON_Delete(v.metadata);
    return rc;
}

static int add_template(adding *a, ond_err *err)
{
    ond_arena trees = {0};
    ond__expr *e;
    int rc = ond__expr_parse(&trees, ond_str_of(a->entry->in), &e, err);
    if (rc == 0) rc = ond__expr_sample(e, MOST_TEXTS, add_text, a, err);
    ond_arena_free(&trees);
    return rc;
}

int ond_lexicon_add(ond_lexicon *lex, const ond_lexicon_entry *entry, ond_err *err)
{
    adding a = {.list = list_named(lex, entry->list), .entry = entry};
    if (!a.list) return ond_nomem(err, "adding a name");
    if (ond_utf8_valid(ond_str_of(entry->in)) != strlen(entry->in))
        return ond_fail(err, OND_E_INPUT, "a name in the list {%s} is not valid UTF-8",
                        entry->list);
    if (entry->is_template) return add_template(&a, err);
    ond_buf norm = {0};
    int rc = ond__normal_text(ond_str_of(entry->in), &norm, err);
    if (rc == 0) rc = add_text(&a, ond__trim((ond_str){ond_buf_z(&norm), norm.n}), err);
    ond_buf_free(&norm);
    return rc;
}
