/* hatest_combo.c - the newer generation of Home Assistant's tests:
 * tests/LANG/INTENT/combination.yaml.
 *
 * All combinations of a language are one grammar, apart from the older files; its rules and lists
 * are those of _common.yaml, overlaid by the folders rules/LANG, lists and lists/LANG where they
 * exist. Each test file has its own names; the speaker's area is always known. What must agree:
 * intent, combination, slots; the domain must be one of those that intents.yaml infers for the
 * combination. */
#include "talk/hatest.h"
#include "base/yaml.h"
#include "sys/file.h"

#include <stdlib.h>

#define SPEAKER "__context_area__"

/* Rules that combination files use and that the project keeps in rules/LANG; a copy of its data
 * without that folder still tests what its sentences say. */
static const struct spare_rule {
    const char *lang, *name, *body;
} spare_rules[] = {
    {"en", "percent", "[ ](%|percent)"},
};

typedef struct combos {
    ond__hatest *t;
    ond__texts texts;
    ond_grammar *g;
    cJSON *schema;
} combos;

static int path_of(ond_buf *path, ond_err *err, const char *a, const char *b, const char *c,
                   const char *d)
{
    ond_buf_clear(path);
    ond_buf_puts(path, a);
    const char *more[] = {b, c, d};
    for (int i = 0; i < 3; i++) {
        if (!more[i]) continue;
        ond_buf_putc(path, '/');
        ond_buf_puts(path, more[i]);
    }
    return ond_buf_ok(path) ? 0 : ond_nomem(err, "testing sentences");
}

static int add_folder(combos *k, ond_buf *path)
{
    return ond_file_exists(ond_buf_z(path))
               ? ond__texts_of_dir(&k->texts, ond_buf_z(path), k->t->err)
               : 0;
}

static int add_sentences(combos *k, ond_buf *path)
{
    const ond__hatest *t = k->t;
    char **intents;
    size_t n;
    int rc = path_of(path, t->err, t->dir, "sentences", t->lang, NULL);
    if (rc != 0) return rc;
    rc = ond_dir_list(ond_buf_z(path), NULL, &intents, &n, t->err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        rc = path_of(path, t->err, t->dir, "sentences", t->lang, intents[i]);
        if (rc == 0) rc = add_folder(k, path);
    }
    ond_names_free(intents, n);
    return rc;
}

/* The rules of the folder rules/LANG where there is one, else those in spare_rules that
 * _common.yaml has not. */
static int add_spare_rules(combos *k, const cJSON *common)
{
    const cJSON *have = ond_json_get(common, "expansion_rules");
    for (size_t i = 0; i < sizeof spare_rules / sizeof *spare_rules; i++) {
        const struct spare_rule *r = &spare_rules[i];
        if (strcmp(r->lang, k->t->lang) != 0 || ond_json_get(have, r->name)) continue;
        if (k->texts.n == k->texts.cap) {
            ond_talk_text *v = realloc(k->texts.v, (k->texts.cap + 4) * sizeof *v);
            if (!v) return ond_nomem(k->t->err, "testing sentences");
            k->texts.v = v;
            k->texts.cap += 4;
        }
        ond_buf text = {0};
        ond_buf_printf(&text, "expansion_rules:\n  %s: \"%s\"\n", r->name, r->body);
        size_t n = text.n;
        char *name = strdup("(rule of the test runner)"), *bytes = ond_buf_take(&text);
        if (!name || !bytes) {
            free(name);
            free(bytes);
            return ond_nomem(k->t->err, "testing sentences");
        }
        k->texts.v[k->texts.n++] = (ond_talk_text){.name = name, .text = {bytes, n}};
    }
    return 0;
}

/* Only the rules, lists and settings of _common.yaml come along: it has no sentences. Later texts
 * replace. */
static int build(combos *k)
{
    const ond__hatest *t = k->t;
    ond_buf path = {0};
    cJSON *common = NULL;
    int rc;
    OND_TRY(path_of(&path, t->err, t->dir, "intents.yaml", NULL, NULL));
    if (ond_file_exists(path.p)) OND_TRY(ond__texts_of_file(&k->texts, path.p, t->err));
    OND_TRY(path_of(&path, t->err, t->dir, "sentences", t->lang, "_common.yaml"));
    OND_TRY(ond__texts_of_file(&k->texts, path.p, t->err));
    OND_TRY(ond__yaml_file(path.p, &common, t->err));
    OND_TRY(path_of(&path, t->err, t->dir, "rules", t->lang, NULL));
    if (ond_file_exists(path.p))
        OND_TRY(add_folder(k, &path));
    else
        OND_TRY(add_spare_rules(k, common));
    OND_TRY(path_of(&path, t->err, t->dir, "lists", NULL, NULL));
    OND_TRY(add_folder(k, &path));
    OND_TRY(path_of(&path, t->err, t->dir, "lists", t->lang, NULL));
    OND_TRY(add_folder(k, &path));
    OND_TRY(add_sentences(k, &path));
    OND_TRY(ond_grammar_of_texts(t->lang, k->texts.v, k->texts.n, &k->g, t->err));
out:
    cJSON_Delete(common);
    ond_buf_free(&path);
    return rc;
}

/* ---- one test file ---- */

static int add_names(ond_lexicon *lex, const cJSON *doc, ond_err *err)
{
    static const char *const from[] = {"entities", "areas", "floors"}, *const list[] = {
                                                                           "name", "area", "floor"};
    for (int i = 0; i < 3; i++) {
        const cJSON *one;
        cJSON_ArrayForEach(one, ond_json_get(doc, from[i]))
        {
            const char *name = ond_json_str(one, "name", NULL),
                       *domain = ond_json_str(one, "domain", NULL);
            cJSON *context = domain ? cJSON_CreateObject() : NULL;
            bool ok = !domain || (context && ond_json_set_str(context, "domain", domain));
            int rc = ok ? 0 : ond_nomem(err, "testing sentences");
            if (rc == 0 && name) rc = ond__fixture(lex, list[i], name, context, err);
            cJSON_Delete(context);
            if (rc != 0) return rc;
        }
    }
    return 0;
}

/* All domains that intents.yaml infers for a combination, however important. */
static cJSON *inferred_domains(const cJSON *info)
{
    cJSON *all = cJSON_CreateArray();
    const cJSON *group, *one;
    cJSON_ArrayForEach(group, ond_json_get(info, "inferred_domains"))
    {
        cJSON_ArrayForEach(one, group)
        {
            if (!cJSON_AddItemToArray(all, cJSON_Duplicate(one, true))) {
                cJSON_Delete(all);
                return NULL;
            }
        }
    }
    return all;
}

typedef struct combo_test {
    combos *k;
    const char *intent, *combo, *file;
    const cJSON *info; /* of intents.yaml */
    const ond_lexicon *lex;
} combo_test;

static void judge(const combo_test *x, const cJSON *expected, const ond_match *m, ond_buf *why)
{
    const char *combo = ond_json_str(m->metadata, "slot_combination", "");
    bool area = ond_json_bool(x->info, "context_area", false);
    const ond_slot *s = ond_match_slot(m, "area");
    if (strcmp(m->intent, x->intent) != 0)
        ond_buf_printf(why, "intent is %s, expected %s (rule \"%s\")", m->intent, x->intent,
                       m->rule);
    else if (strcmp(combo, x->combo) != 0)
        ond_buf_printf(why, "combination is %s, expected %s (rule \"%s\")", combo, x->combo,
                       m->rule);
    else if (area &&
             (!s || !cJSON_IsString(s->value) || strcmp(s->value->valuestring, SPEAKER) != 0))
        ond_buf_printf(why, "the area is not the speaker's (rule \"%s\")", m->rule);
    else
        ond__slots_differ(m, expected, area ? "area" : NULL, why);
}

static int run_sentence(const combo_test *x, const cJSON *expected, const cJSON *speaker,
                        const char *sentence)
{
    ond__hatest *t = x->k->t;
    if (ond__hatest_listed(t, sentence)) {
        t->score->listed++;
        return 0;
    }
    ond_talk_opts opts = {.context = speaker};
    ond_match m;
    ond_err err;
    ond_buf why = {0};
    int rc = ond_talk_match(x->k->g, x->lex, ond_str_of(sentence), &opts, &m, &err);
    if (rc == OND_E_NOMEM) return ond_fail(t->err, OND_E_NOMEM, "%s", err.text);
    if (rc != 0)
        ond_buf_puts(&why, err.text);
    else
        judge(x, expected, &m, &why);
    ond_match_free(&m);
    rc = ond_buf_ok(&why) ? ond__hatest_count(t, x->file, sentence, why.n ? why.p : NULL)
                          : ond_nomem(t->err, "testing sentences");
    ond_buf_free(&why);
    return rc;
}

static int run_group(const combo_test *x, const cJSON *test)
{
    ond__hatest *t = x->k->t;
    const cJSON *slots = ond_json_get(test, "slots"), *sentence;
    cJSON *expected = slots ? cJSON_Duplicate(slots, true) : cJSON_CreateObject(),
          *speaker = cJSON_CreateObject();
    cJSON *domains = inferred_domains(x->info);
    int rc = OND_E_NOMEM;
    if (!expected || !speaker || !domains || !ond_json_set_str(speaker, "area", SPEAKER)) goto out;
    if (domains->child) {
        bool ok = ond_json_set(expected, "domain", domains);
        domains = NULL;
        if (!ok) goto out;
    }
    rc = 0;
    cJSON_ArrayForEach(sentence, ond_json_get(test, "sentences"))
    {
        if (rc == 0 && cJSON_IsString(sentence))
            rc = run_sentence(x, expected, speaker, sentence->valuestring);
    }
out:
    cJSON_Delete(domains);
    cJSON_Delete(expected);
    cJSON_Delete(speaker);
    return rc == OND_E_NOMEM ? ond_nomem(t->err, "testing sentences") : rc;
}

static int run_file(combos *k, const char *path, const char *intent, const char *name)
{
    ond_err *err = k->t->err;
    ond_lexicon *lex = ond_lexicon_new();
    ond_buf file = {0};
    cJSON *doc = NULL;
    char *combo = ond_str_dup((ond_str){name, strlen(name) - strlen(".yaml")});
    int rc = OND_E_NOMEM;
    ond_buf_printf(&file, "%s/%s", intent, name);
    if (!lex || !combo || !ond_buf_ok(&file)) goto out;
    OND_TRY(ond__yaml_file(path, &doc, err));
    OND_TRY(add_names(lex, doc, err));
    combo_test x = {.k = k, .intent = intent, .combo = combo, .file = file.p, .lex = lex};
    x.info =
        ond_json_get(ond_json_get(ond_json_get(k->schema, intent), "slot_combinations"), combo);
    const cJSON *test;
    cJSON_ArrayForEach(test, ond_json_get(doc, "tests")) OND_TRY(run_group(&x, test));
out:
    cJSON_Delete(doc);
    free(combo);
    ond_buf_free(&file);
    ond_lexicon_free(lex);
    return rc == OND_E_NOMEM ? ond_nomem(err, "testing sentences") : rc;
}

static int run_intent(combos *k, const char *intent)
{
    const ond__hatest *t = k->t;
    ond_buf path = {0};
    char **names = NULL;
    size_t n = 0;
    int rc;
    ond_buf_printf(&path, "%s/tests/%s/%s", t->dir, t->lang, intent);
    OND_TRY(ond_dir_list(ond_buf_z(&path), ".yaml", &names, &n, t->err));
    for (size_t i = 0; i < n; i++) {
        if (names[i][0] == '_') continue;
        ond_buf_clear(&path);
        ond_buf_printf(&path, "%s/tests/%s/%s/%s", t->dir, t->lang, intent, names[i]);
        OND_TRY(ond_buf_ok(&path) ? run_file(k, path.p, intent, names[i])
                                  : ond_nomem(t->err, "testing sentences"));
    }
out:
    ond_names_free(names, n);
    ond_buf_free(&path);
    return rc;
}

int ond__hatest_combos(ond__hatest *t)
{
    combos k = {.t = t};
    ond_buf path = {0};
    char **intents = NULL;
    size_t n = 0;
    int rc;
    OND_TRY(path_of(&path, t->err, t->dir, "tests", t->lang, NULL));
    OND_TRY(ond_dir_list(path.p, NULL, &intents, &n, t->err));
    if (n == 0) goto out;
    OND_TRY(build(&k));
    OND_TRY(path_of(&path, t->err, t->dir, "intents.yaml", NULL, NULL));
    if (ond_file_exists(path.p)) OND_TRY(ond__yaml_file(path.p, &k.schema, t->err));
    for (size_t i = 0; i < n; i++) OND_TRY(run_intent(&k, intents[i]));
out:
    ond_names_free(intents, n);
    ond__texts_free(&k.texts);
    ond_grammar_free(k.g);
    cJSON_Delete(k.schema);
    ond_buf_free(&path);
    return rc;
}
