/* load.c - reads the YAML of a language, both generations of the format, into rules, lists and
 * blocks.
 *
 * Files are merged as the reference merges them: rules replace, values of a list add up, blocks of
 * an intent gather where the intent was named first. The newer generation has one file for each
 * combination of slots, INTENT/combo.yaml with `data:`; what intents.yaml says of the combination
 * (context_area) comes along when that file is among the texts. */
#include "talk/build.h"
#include "talk/chars.h"

#include <stdlib.h>

typedef struct raw_block {
    cJSON *def; /* borrowed from a document */
    const char *file;
    char *combo;     /* of the newer generation, or NULL */
    uint32_t intent; /* in order of first appearance */
    bool context_area;
} raw_block;

typedef struct loader {
    ond__builder *b;
    cJSON **doc;               /* [n] */
    const ond_talk_text *text; /* [n] */
    size_t n;
    cJSON *lists;         /* merged */
    ond__names list_file; /* list -> which text named it first */
    ond__names intents;
    const char **intent; /* [intents.n] in the trees' arena */
    uint32_t cap_intent, n_intent;
    raw_block *block;
    uint32_t n_block, cap_block;
    const cJSON *schema; /* intents.yaml */
} loader;

static int no_memory(loader *l)
{
    return ond_nomem(l->b->err, "building a grammar");
}
static int wrong(loader *l, const char *file, const char *what)
{
    return ond_fail(l->b->err, OND_E_INPUT, "%s: %s", file, what);
}

/* ---- documents ---- */

static int parse_all(loader *l, const char *lang)
{
    for (size_t i = 0; i < l->n; i++) {
        int rc = ond_yaml_parse(l->text[i].text, l->text[i].name, NULL, &l->doc[i], l->b->err);
        if (rc != 0) return rc;
        if (cJSON_IsNull(l->doc[i])) continue;
        if (!cJSON_IsObject(l->doc[i]))
            return wrong(l, l->text[i].name, "the file is no mapping of keys to values");
        const char *says = ond_json_str(l->doc[i], "language", NULL);
        if (says && strcmp(says, lang) != 0)
            return ond_fail(l->b->err, OND_E_INPUT, "%s: the file is for the language %s, not %s",
                            l->text[i].name, says, lang);
    }
    return 0;
}

/* intents.yaml maps intents to what they are, and has none of the keys of a sentence file. */
static bool is_schema(const loader *l, size_t i)
{
    const char *slash = strrchr(l->text[i].name, '/'), *base = slash ? slash + 1 : l->text[i].name;
    return strcmp(base, "intents.yaml") == 0 && !ond_json_get(l->doc[i], "intents");
}

static void read_settings(loader *l)
{
    ond_grammar *g = l->b->g;
    g->shape_filter = true;
    for (size_t i = 0; i < l->n; i++) {
        if (is_schema(l, i)) l->schema = l->doc[i];
        const cJSON *s = ond_json_get(l->doc[i], "settings");
        g->ignore_space = ond_json_bool(s, "ignore_whitespace", g->ignore_space);
        g->shape_filter = ond_json_bool(s, "filter_with_regex", g->shape_filter);
    }
}

/* ---- rules, lists ---- */

static int read_rules(loader *l)
{
    ond__builder *b = l->b;
    ond__scope *outer = &b->outer;
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        n += (size_t)cJSON_GetArraySize(ond_json_get(l->doc[i], "expansion_rules"));
    outer->rule = ond_arena_array(&b->trees, n + 1, sizeof *outer->rule);
    outer->done = calloc(n + 1, sizeof *outer->done);
    if (!outer->rule || !outer->done) return no_memory(l);
    for (size_t i = 0; i < l->n; i++) {
        outer->file = l->text[i].name;
        const cJSON *rule;
        cJSON_ArrayForEach(rule, ond_json_get(l->doc[i], "expansion_rules"))
        {
            int rc = ond__scope_rule(b, outer, rule);
            if (rc != 0) return rc;
        }
    }
    return 0;
}

static void merge_list(cJSON *into, cJSON *from)
{
    while (from->child) {
        cJSON *item = cJSON_DetachItemViaPointer(from, from->child);
        cJSON *old = cJSON_GetObjectItemCaseSensitive(into, item->string);
        if (cJSON_IsArray(old) && cJSON_IsArray(item)) {
            while (item->child)
                cJSON_AddItemToArray(old, cJSON_DetachItemViaPointer(item, item->child));
            cJSON_Delete(item);
            continue;
        }
        if (old) cJSON_Delete(cJSON_DetachItemViaPointer(into, old));
        cJSON_InsertItemInArray(into, cJSON_GetArraySize(into), item); /* keeps its name */
    }
    cJSON_Delete(from);
}

static int gather_lists(loader *l)
{
    l->lists = cJSON_CreateObject();
    if (!l->lists) return no_memory(l);
    for (size_t i = 0; i < l->n; i++) {
        cJSON *lists = cJSON_GetObjectItemCaseSensitive(l->doc[i], "lists");
        while (lists && lists->child) {
            cJSON *def = cJSON_DetachItemViaPointer(lists, lists->child);
            if (!def->string) {
                cJSON_Delete(def);
                return wrong(l, l->text[i].name, "`lists` is no mapping of names to lists");
            }
            cJSON *old = cJSON_GetObjectItemCaseSensitive(l->lists, def->string);
            if (old && cJSON_IsObject(old) && cJSON_IsObject(def)) {
                merge_list(old, def);
                continue;
            }
            if (old) cJSON_Delete(cJSON_DetachItemViaPointer(l->lists, old));
            cJSON_InsertItemInArray(l->lists, cJSON_GetArraySize(l->lists), def);
            if (!ond__names_set(&l->list_file, ond_str_of(def->string), (uint32_t)i))
                return no_memory(l);
        }
    }
    return 0;
}

static int read_lists(loader *l)
{
    int rc = gather_lists(l);
    if (rc != 0) return rc;
    const cJSON *def;
    cJSON_ArrayForEach(def, l->lists)
    {
        uint32_t id, from = ond__names_get(&l->list_file, ond_str_of(def->string));
        const char *file = from < l->n ? l->text[from].name : "";
        l->b->outer.file = file;
        rc = ond__list_add(l->b, &l->b->outer, def, file, false, &id);
        if (rc != 0) return rc;
    }
    return 0;
}

/* ---- skip words ---- */

static int add_skip(loader *l, const char *z, size_t *order)
{
    ond_grammar *g = l->b->g;
    ond_buf norm = {0};
    int rc = ond__normal_text(ond__trim(ond_str_of(z)), &norm, l->b->err);
    uint32_t *word = rc == 0 ? ond_arena_array(&g->arena, norm.n + 1, sizeof *word) : NULL, n = 0;
    for (size_t at = 0; word && at < norm.n;)
        word[n++] = ond__fold_char(ond_utf8_next((ond_str){norm.p, norm.n}, &at));
    ond_buf_free(&norm);
    if (!word) return rc ? rc : no_memory(l);
    size_t key = ond_utf8_count(ond_str_of(z)), i = g->skips.n++; /* longest first, as written */
    for (; i > 0 && order[i - 1] < key; i--) {
        order[i] = order[i - 1];
        g->skips.word[i] = g->skips.word[i - 1];
        g->skips.len[i] = g->skips.len[i - 1];
    }
    order[i] = key;
    g->skips.word[i] = word;
    g->skips.len[i] = n;
    return 0;
}

static int read_skips(loader *l)
{
    ond_grammar *g = l->b->g;
    size_t n = 0;
    for (size_t i = 0; i < l->n; i++)
        n += (size_t)cJSON_GetArraySize(ond_json_get(l->doc[i], "skip_words"));
    g->skips.word = ond_arena_array(&g->arena, n + 1, sizeof *g->skips.word);
    g->skips.len = ond_arena_array(&g->arena, n + 1, sizeof *g->skips.len);
    size_t *order = ond_arena_array(&l->b->trees, n + 1, sizeof *order);
    if (!g->skips.word || !g->skips.len || !order) return no_memory(l);
    for (size_t i = 0; i < l->n; i++) {
        const cJSON *word;
        cJSON_ArrayForEach(word, ond_json_get(l->doc[i], "skip_words"))
        {
            if (!cJSON_IsString(word))
                return wrong(l, l->text[i].name,
                             "a skip word that is no text (put yes, no, on, off in quotes)");
            int rc = add_skip(l, word->valuestring, order);
            if (rc != 0) return rc;
        }
    }
    return 0;
}

/* ---- blocks ---- */

static int intent_number(loader *l, const char *name, uint32_t *out)
{
    *out = ond__names_get(&l->intents, ond_str_of(name));
    if (*out != OND__NO_NAME) return 0;
    char *z = ond_arena_dup(&l->b->trees, ond_str_of(name));
    if (!z || !ond__room(&l->intent, l->n_intent, &l->cap_intent, sizeof *l->intent) ||
        !ond__names_set(&l->intents, ond_str_of(z), l->n_intent))
        return no_memory(l);
    l->intent[l->n_intent] = z;
    *out = l->n_intent++;
    return 0;
}

static int gather_block(loader *l, size_t i, uint32_t intent, cJSON *def, char *combo, bool area)
{
    if (!cJSON_IsArray(ond_json_get(def, "sentences")))
        return ond_fail(l->b->err, OND_E_INPUT,
                        "%s: intent %s: a block of `data` has no `sentences`", l->text[i].name,
                        l->intent[intent]);
    if (!ond__room(&l->block, l->n_block, &l->cap_block, sizeof *l->block)) return no_memory(l);
    l->block[l->n_block++] = (raw_block){.def = def,
                                         .file = l->text[i].name,
                                         .combo = combo,
                                         .intent = intent,
                                         .context_area = area};
    return 0;
}

static int gather_older(loader *l, size_t i)
{
    cJSON *intent, *def;
    cJSON_ArrayForEach(intent, ond_json_get(l->doc[i], "intents"))
    {
        uint32_t id;
        if (!intent->string)
            return wrong(l, l->text[i].name, "`intents` is no mapping of names to intents");
        int rc = intent_number(l, intent->string, &id);
        if (rc != 0) return rc;
        cJSON_ArrayForEach(def, ond_json_get(intent, "data"))
        {
            rc = gather_block(l, i, id, def, NULL, false);
            if (rc != 0) return rc;
        }
    }
    return 0;
}

/* "…/HassTurnOn/name_only.yaml" is the combination name_only of HassTurnOn. */
static int gather_newer(loader *l, size_t i)
{
    const char *name = l->text[i].name, *base = strrchr(name, '/'), *from = base;
    while (from && from > name && from[-1] != '/') from--;
    if (!base || from == base)
        return wrong(l, name, "a file with `data` must be named INTENT/COMBINATION.yaml");
    size_t n = strlen(base + 1);
    if (n > 5 && strcmp(base + 1 + n - 5, ".yaml") == 0) n -= 5;
    char *intent = ond_arena_dup(&l->b->trees, (ond_str){from, (size_t)(base - from)});
    char *combo = ond_arena_dup(&l->b->g->arena, (ond_str){base + 1, n});
    uint32_t id;
    if (!intent || !combo) return no_memory(l);
    const cJSON *says =
        ond_json_get(ond_json_get(ond_json_get(l->schema, intent), "slot_combinations"), combo);
    int rc = intent_number(l, intent, &id);
    cJSON *def;
    if (rc != 0) return rc;
    cJSON_ArrayForEach(def, ond_json_get(l->doc[i], "data"))
    {
        rc = gather_block(l, i, id, def, combo, ond_json_bool(says, "context_area", false));
        if (rc != 0) return rc;
    }
    return 0;
}

static bool copy_json(ond__builder *b, const cJSON *from, const char *key, cJSON **out)
{
    const cJSON *v = ond_json_get(from, key);
    if (!cJSON_IsObject(v) || !v->child) return true;
    *out = ond__keep_json(b, v);
    return *out != NULL;
}

/* Sets a member of an object that may not be there yet. */
static bool put_json(ond__builder *b, cJSON **object, const char *key, cJSON *value)
{
    if (value && !*object) {
        cJSON *fresh = cJSON_CreateObject();
        *object = fresh ? ond__keep_json(b, fresh) : NULL;
        cJSON_Delete(fresh);
    }
    if (value && *object) return ond_json_set(*object, key, value);
    cJSON_Delete(value);
    return false;
}

static bool derive(ond__builder *b, const raw_block *raw, ond__block *out)
{
    const cJSON *names = ond_json_get(raw->def, "name_domains"),
                *inferred = ond_json_get(raw->def, "inferred_domain");
    if (names) {
        if (!put_json(b, &out->requires, "domain", cJSON_Duplicate(names, true))) return false;
    } else if (inferred) {
        if (!put_json(b, &out->slots, "domain", cJSON_Duplicate(inferred, true))) return false;
    }
    if (raw->context_area || ond_json_bool(raw->def, "context_area", false)) {
        cJSON *slot = cJSON_CreateObject();
        if (!slot || !ond_json_set_bool(slot, "slot", true)) {
            cJSON_Delete(slot);
            return false;
        }
        if (!put_json(b, &out->requires, "area", slot)) return false;
    }
    if (!raw->combo) return true;
    return put_json(b, &out->metadata, "slot_combination", cJSON_CreateString(raw->combo));
}

static bool copy_keywords(ond__builder *b, const cJSON *def, ond__block *out)
{
    const cJSON *all = ond_json_get(def, "required_keywords"), *one;
    if (!cJSON_IsArray(all)) return true;
    out->keyword =
        ond_arena_array(&b->g->arena, (size_t)cJSON_GetArraySize(all) + 1, sizeof *out->keyword);
    if (!out->keyword) return false;
    out->has_keywords = true;
    cJSON_ArrayForEach(one, all)
    {
        if (!cJSON_IsString(one)) continue;
        const char *z = ond__keep_text(b, one->valuestring);
        if (!z) return false;
        out->keyword[out->n_keyword++] = z;
    }
    out->has_keywords = out->n_keyword > 0;
    return true;
}

static int new_block(loader *l, const raw_block *raw, uint32_t *out)
{
    ond__builder *b = l->b;
    ond_grammar *g = b->g;
    ond__block x = {.intent = ond__keep_text(b, l->intent[raw->intent]),
                    .file = ond__keep_text(b, raw->file),
                    .combo = raw->combo};
    const char *response = ond_json_str(raw->def, "response", "default");
    x.response = ond__keep_text(b, response);
    x.shape_filter = ond_json_bool(ond_json_get(raw->def, "settings"), "filter_with_regex", true);
    bool ok = x.intent && x.file && x.response && copy_json(b, raw->def, "slots", &x.slots) &&
              copy_json(b, raw->def, "requires_context", &x.requires) &&
              copy_json(b, raw->def, "excludes_context", &x.excludes) &&
              copy_json(b, raw->def, "metadata", &x.metadata) && derive(b, raw, &x) &&
              copy_keywords(b, raw->def, &x) &&
              ond__room(&g->block, g->n_block, &b->cap_block, sizeof x);
    if (!ok) return no_memory(l);
    g->block[g->n_block] = x;
    *out = g->n_block++;
    return 0;
}

/* ---- sentences ---- */

typedef struct ordered {
    ond__expr *expr;
    const char *text;
    size_t chunks;
} ordered;

static bool is_wildcard(void *self, ond_str name)
{
    const ond__builder *b = self;
    uint32_t id = ond__names_get(&b->outer.lists, name);
    return id != OND__NO_NAME && b->g->list[id].kind == OND__WILDCARD;
}

/* Sentences with wildcards come first, those with more text before those with less, so that of two
 * that tie the one that says more wins. */
static int parse_sentences(loader *l, const raw_block *raw, ordered *out, size_t *n)
{
    const cJSON *item;
    cJSON_ArrayForEach(item, ond_json_get(raw->def, "sentences"))
    {
        ordered x = {0};
        if (!cJSON_IsString(item)) return wrong(l, raw->file, "a sentence that is no text");
        int rc = ond__expr_parse(&l->b->trees, ond_str_of(item->valuestring), &x.expr, l->b->err);
        if (rc != 0)
            return ond_err_prefix(l->b->err, "%s: intent %s", raw->file, l->intent[raw->intent]);
        x.text = ond__keep_text(l->b, item->valuestring);
        if (!x.text) return no_memory(l);
        if (ond__expr_any_list(x.expr, is_wildcard, l->b)) x.chunks = ond__expr_chunks(x.expr);
        size_t i = (*n)++;
        for (; i > 0 && out[i - 1].chunks < x.chunks; i--) out[i] = out[i - 1];
        out[i] = x;
    }
    return 0;
}

static int add_sentence(loader *l, ond__scope *scope, uint32_t block, const ordered *from)
{
    ond__builder *b = l->b;
    ond_grammar *g = b->g;
    uint32_t node = ond__compile(b, scope, from->expr);
    if (node == OND__NO_NODE) return b->err ? (int)b->err->code : OND_E_INPUT;
    if (g->n_sentence >= OND__MOST_SENTENCES)
        return wrong(l, g->block[block].file, "too many sentences");
    if (!ond__room(&g->sentence, g->n_sentence, &b->cap_sentence, sizeof *g->sentence))
        return no_memory(l);
    g->sentence[g->n_sentence++] =
        (ond__sentence){.block = block, .node = node, .text = from->text};
    return ond__plant(b, g->n_sentence - 1);
}

static int read_block(loader *l, const raw_block *raw)
{
    ond__builder *b = l->b;
    const cJSON *rules = ond_json_get(raw->def, "expansion_rules"),
                *lists = ond_json_get(raw->def, "lists");
    size_t n = 0, most = (size_t)cJSON_GetArraySize(ond_json_get(raw->def, "sentences"));
    ordered *all = ond_arena_array(&b->trees, most + 1, sizeof *all);
    ond__scope inner = {0}, *scope = &b->outer;
    uint32_t block = 0;
    int rc;
    if (!all) return no_memory(l);
    b->outer.file = raw->file;
    OND_TRY(new_block(l, raw, &block));
    OND_TRY(parse_sentences(l, raw, all, &n));
    if ((rules && rules->child) || (lists && lists->child)) {
        scope = &inner;
        OND_TRY(ond__scope_open(b, scope, &b->outer, raw->file, rules, lists));
    }
    for (size_t i = 0; i < n; i++) OND_TRY(add_sentence(l, scope, block, &all[i]));
out:
    if (scope == &inner) ond__scope_close(&inner);
    return rc;
}

static int read_blocks(loader *l)
{
    for (size_t i = 0; i < l->n; i++) {
        int rc = gather_older(l, i);
        if (rc == 0 && !is_schema(l, i) && ond_json_get(l->doc[i], "data")) rc = gather_newer(l, i);
        if (rc != 0) return rc;
    }
    for (uint32_t intent = 0; intent < l->n_intent; intent++)
        for (uint32_t i = 0; i < l->n_block; i++) {
            if (l->block[i].intent != intent) continue;
            int rc = read_block(l, &l->block[i]);
            if (rc != 0) return rc;
        }
    return 0;
}

int ond__load(ond__builder *b, const ond_talk_text *texts, size_t n)
{
    loader l = {.b = b, .text = texts, .n = n, .doc = calloc(n + 1, sizeof *l.doc)};
    int rc = OND_E_NOMEM;
    if (!l.doc) goto out;
    OND_TRY(parse_all(&l, b->g->lang));
    read_settings(&l);
    OND_TRY(read_rules(&l));
    OND_TRY(read_lists(&l));
    OND_TRY(read_skips(&l));
    OND_TRY(read_blocks(&l));
out:
    for (size_t i = 0; l.doc && i < n; i++) cJSON_Delete(l.doc[i]);
    free(l.doc);
    cJSON_Delete(l.lists);
    ond__names_free(&l.list_file);
    ond__names_free(&l.intents);
    free(l.intent);
    free(l.block);
    return rc == OND_E_NOMEM ? no_memory(&l) : rc;
}
