/* result.c - builds the ond_match of a reading: slots from the sentence, fixed ones, ones from the
 * context.
 *
 * Of two slots with one name the later one counts, at the place of the first. */
#include "talk/result.h"
#include "base/utf8.h"
#include "talk/chars.h"
#include "talk/context.h"

#include <stdlib.h>

typedef struct making {
    const ond__chart *c;
    ond_match *m;
    size_t cap;
    bool failed;
} making;

static void slot_clear(ond_slot *s)
{
    free(s->name);
    free(s->text);
    free(s->said);
    cJSON_Delete(s->value);
    cJSON_Delete(s->metadata);
    *s = (ond_slot){0};
}

void ond_match_free(ond_match *m)
{
    for (size_t i = 0; i < m->n_slot; i++) slot_clear(&m->slot[i]);
    free(m->slot);
    free(m->intent);
    cJSON_Delete(m->context);
    cJSON_Delete(m->metadata);
    free(m->response);
    free(m->rule);
    free(m->file);
    *m = (ond_match){0};
}

const ond_slot *ond_match_slot(const ond_match *m, const char *name)
{
    for (size_t i = 0; i < m->n_slot; i++)
        if (strcmp(m->slot[i].name, name) == 0) return &m->slot[i];
    return NULL;
}

/* Characters [from, to) of the sentence without white space, with the white space between them. */
static char *with_spaces(const ond__text *t, uint32_t from, uint32_t to)
{
    ond_buf out = {0};
    for (uint32_t i = 0, n = 0; i < t->n_line && n < to; i++) {
        bool space = ond__is_space(t->said[i]);
        char utf8[4];
        if (n >= from && (!space || out.n))
            ond_buf_put(&out, utf8, ond_utf8_put(t->said[i], utf8));
        n += !space;
    }
    bool ok = ond_buf_ok(&out);
    ond_str s = ond_str_trim((ond_str){ond_buf_z(&out), out.n});
    char *z = ok ? ond_str_dup(s) : NULL;
    ond_buf_free(&out);
    return z;
}

/* Without spaces "적어 줘 라면 사기" may be read as "적어 줘라" and "면 사기": an ending that stands at
 * the beginning of a word is no ending, but the first syllable of what comes. */
static uint32_t whole_word(const ond__text *t, uint32_t from)
{
    static const char endings[] = "요 라 봐 이 잉 용 여 유 예 서 소 죠 조 져 쥬 도 게 자 삼 쇼 셈 렴 고";
    char utf8[5] = "";
    uint32_t at = 0, n = 0;
    for (; at < t->n_line && (n < from || ond__is_space(t->said[at])); at++)
        n += !ond__is_space(t->said[at]);
    if (at < 2 || ond__is_space(t->said[at - 1]) || !ond__is_space(t->said[at - 2])) return from;
    ond_utf8_put(t->said[at - 1], utf8);
    return t->said[at - 1] >= 0xac00 && strstr(endings, utf8) ? from - 1 : from;
}

static char *said_by(const making *k, const ond__leaf *leaf, ond_str text)
{
    const ond__text *t = &k->c->text;
    if (!leaf || !t->spaced) return ond_str_dup(ond_str_trim(text));
    uint32_t from = t->nth[leaf->start];
    if (leaf->kind == OND__LEAF_WILDCARD) from = whole_word(t, from);
    return with_spaces(t, from, t->nth[leaf->end]);
}

/* Takes `value`; copies the rest. `leaf`: where it stood; NULL: not in the sentence. */
static void add_slot(making *k, const char *name, cJSON *value, ond_str text, const ond__leaf *leaf,
                     const cJSON *metadata, bool fixed)
{
    ond_match *m = k->m;
    bool wildcard = leaf && leaf->kind == OND__LEAF_WILDCARD;
    ond_slot s = {.name = strdup(name),
                  .value = value,
                  .text = ond_str_dup(text),
                  .said = said_by(k, leaf, text),
                  .wildcard = wildcard,
                  .fixed = fixed,
                  .metadata = metadata ? cJSON_Duplicate(metadata, true) : NULL};
    if (!s.name || !s.value || !s.text || !s.said || (metadata && !s.metadata)) goto fail;
    for (size_t i = 0; i < m->n_slot; i++) {
        if (strcmp(m->slot[i].name, name) != 0) continue;
        s.twice = leaf && !m->slot[i].fixed && !ond_json_equal(m->slot[i].value, value);
        slot_clear(&m->slot[i]);
        m->slot[i] = s;
        return;
    }
    if (m->n_slot == k->cap) {
        size_t cap = k->cap ? k->cap * 2 : 8;
        ond_slot *v = realloc(m->slot, cap * sizeof *v);
        if (!v) goto fail;
        m->slot = v;
        k->cap = cap;
    }
    m->slot[m->n_slot++] = s;
    return;
fail:
    slot_clear(&s);
    k->failed = true;
}

/* What was said; where words were broken at '-' and '_' before a wildcard, they are spaces in it
 * too. */
static cJSON *text_value(const ond__leaf *leaf, ond_str s)
{
    char *z = ond_str_dup(s), *from = z;
    if (!z) return NULL;
    if (leaf->kind == OND__LEAF_WILDCARD && leaf->number != 0) {
        for (char *p = z; *p; p++)
            if (*p == '-' || *p == '_') *p = ' ';
        ond_str trimmed = ond_str_trim(ond_str_of(z));
        from = (char *)trimmed.p;
        from[trimmed.n] = '\0';
    }
    cJSON *v = cJSON_CreateString(from);
    free(z);
    return v;
}

static void add_leaf(making *k, const ond__leaf *leaf)
{
    const ond__value *v = leaf->value;
    ond_str text = ond__leaf_text(k->c, leaf);
    cJSON *value = leaf->kind == OND__LEAF_NUMBER ? cJSON_CreateNumber(leaf->number)
                   : v && v->out                  ? cJSON_Duplicate(v->out, true)
                                                  : text_value(leaf, text);
    add_slot(k, k->c->g->slot[leaf->slot], value, text, leaf, v ? v->metadata : NULL, false);
}

static void add_from_context(making *k, const ond__reading *r, const cJSON *given,
                             const cJSON *requires, size_t said)
{
    const cJSON *entry;
    cJSON_ArrayForEach(entry, requires)
    {
        const cJSON *to = cJSON_IsObject(entry) ? ond_json_get(entry, "slot") : NULL;
        const char *name = cJSON_IsString(to) ? to->valuestring
                           : cJSON_IsTrue(to) ? entry->string
                                              : NULL;
        bool taken = false;
        for (size_t i = 0; name && i < said; i++)
            taken = taken || strcmp(k->m->slot[i].name, name) == 0;
        if (!name || taken) continue;
        const cJSON *v = ond__context_after(k->c, r, given, entry->string),
                    *value = ond__context_value(v);
        ond_str text = ond_str_of(cJSON_IsObject(v) ? ond_json_str(v, "text", "") : "");
        add_slot(k, name, cJSON_Duplicate(value, true), text, NULL,
                 cJSON_IsObject(v) ? ond_json_get(v, "metadata") : NULL, true);
    }
}

static bool merge(cJSON *into, const cJSON *from)
{
    const cJSON *entry;
    cJSON_ArrayForEach(entry, from)
    {
        cJSON *copy = cJSON_Duplicate(entry, true);
        if (!copy || !ond_json_set(into, entry->string, copy)) return false;
    }
    return true;
}

static void fill_slots(making *k, const ond__reading *r, const ond__block *b, const cJSON *given)
{
    const ond__chart *c = k->c;
    uint32_t n = c->caught[r->caught].n, leaf[64];
    uint32_t *ids = n <= 64 ? leaf : malloc(n * sizeof *ids);
    if (!ids) {
        k->failed = true;
        return;
    }
    ond__leaves(c, r->caught, ids);
    for (uint32_t i = 0; i < n; i++) {
        add_leaf(k, &c->leaf[ids[i]]);
        const ond__value *v = c->leaf[ids[i]].value;
        if (v && v->context && !k->failed) k->failed = !merge(k->m->context, v->context);
    }
    if (ids != leaf) free(ids);
    size_t said = k->m->n_slot;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, b->slots)
    {
        bool taken = false;
        for (size_t i = 0; i < said; i++)
            taken = taken || strcmp(k->m->slot[i].name, entry->string) == 0;
        if (!taken)
            add_slot(k, entry->string, cJSON_Duplicate(entry, true), OND_S(""), NULL, NULL, true);
    }
    add_from_context(k, r, given, b->requires, said);
}

int ond__result(const ond__chart *c, const ond__reading *r, const cJSON *given, ond_match *out,
                ond_err *err)
{
    const ond__sentence *s = &c->g->sentence[r->sentence];
    const ond__block *b = &c->g->block[s->block];
    making k = {.c = c, .m = out};
    *out = (ond_match){.intent = strdup(b->intent),
                       .response = strdup(b->response),
                       .rule = strdup(s->text),
                       .file = strdup(b->file),
                       .context = given ? cJSON_Duplicate(given, true) : cJSON_CreateObject(),
                       .metadata = b->metadata ? cJSON_Duplicate(b->metadata, true) : NULL,
                       .wildcards = c->caught[r->caught].wildcards,
                       .literal = r->lit};
    bool ok = out->intent && out->response && out->rule && out->file && out->context &&
              (!b->metadata || out->metadata);
    if (ok) fill_slots(&k, r, b, given);
    if (ok && !k.failed) return 0;
    ond_match_free(out);
    return ond_nomem(err, "matching a sentence");
}
