/* hatest.c - runs Home Assistant's own sentence tests against its own sentence files.
 *
 * The older generation here: the files of tests/LANG against those of sentences/LANG, names from
 * tests/LANG/_fixtures.yaml, a test's context given as the context of the match. Compared are
 * intent, slots (both ways; a list of values is met by any of them) and, where the test names one,
 * the context after the match. The newer generation is in hatest_combo.c. */
#include "talk/hatest.h"
#include "base/yaml.h"
#include "sys/file.h"
#include "talk/chars.h"
#include "talk/expr.h"

#include <stdio.h>
#include <stdlib.h>

int ond__yaml_file(const char *path, cJSON **out, ond_err *err)
{
    ond_buf text = {0};
    int rc = ond_file_read(path, 16u << 20, &text, err);
    if (rc == 0) rc = ond_yaml_parse((ond_str){ond_buf_z(&text), text.n}, path, NULL, out, err);
    ond_buf_free(&text);
    return rc;
}

int ond__hatest_count(ond__hatest *t, const char *file, const char *sentence, const char *why)
{
    ond_talk_score *s = t->score;
    if (!why) {
        s->passed++;
        return 0;
    }
    if (s->failed == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        ond_talk_miss *v = realloc(s->miss, cap * sizeof *v);
        if (!v) return ond_nomem(t->err, "testing sentences");
        s->miss = v;
        t->cap = cap;
    }
    ond_talk_miss *m = &s->miss[s->failed++];
    *m = (ond_talk_miss){strdup(t->lang), strdup(file), strdup(sentence), strdup(why)};
    return m->lang && m->file && m->sentence && m->why ? 0 : ond_nomem(t->err, "testing sentences");
}

bool ond__hatest_listed(const ond__hatest *t, const char *sentence)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, t->listed)
    {
        if (cJSON_IsString(one) && strcmp(one->valuestring, sentence) == 0) return true;
    }
    return false;
}

/* ---- comparing ---- */

static bool is_in(const cJSON *list, const cJSON *v)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, list)
    {
        if (ond_json_equal(one, v)) return true;
    }
    return false;
}

static bool agrees(const cJSON *got, const cJSON *want)
{
    if (!cJSON_IsArray(want))
        return cJSON_IsArray(got) ? is_in(got, want) : ond_json_equal(got, want);
    if (!cJSON_IsArray(got)) return is_in(want, got);
    const cJSON *one;
    cJSON_ArrayForEach(one, want)
    {
        if (!is_in(got, one)) return false;
    }
    return true;
}

bool ond__slots_differ(const ond_match *m, const cJSON *expected, const char *ignore, ond_buf *why)
{
    for (size_t i = 0; i < m->n_slot; i++) {
        const ond_slot *s = &m->slot[i];
        if (ignore && strcmp(s->name, ignore) == 0) continue;
        const cJSON *want = ond_json_get(expected, s->name);
        if (want && !cJSON_IsNull(want) && agrees(s->value, want)) continue;
        ond_buf_printf(why, "slot %s is ", s->name);
        ond_json_print(why, s->value);
        ond_buf_puts(why, want ? ", expected " : ", which was not expected");
        if (want) ond_json_print(why, want);
        ond_buf_printf(why, " (rule \"%s\")", m->rule);
        return true;
    }
    const cJSON *want;
    cJSON_ArrayForEach(want, expected)
    {
        if (ond_match_slot(m, want->string)) continue;
        ond_buf_printf(why, "slot %s is missing (rule \"%s\")", want->string, m->rule);
        return true;
    }
    return false;
}

/* ---- fixtures ---- */

typedef struct naming {
    ond_lexicon *lex;
    const char *list;
    const cJSON *context;
} naming;

static int add_name(void *self, ond_str text, ond_err *err)
{
    const naming *n = self;
    char *z = ond_str_dup(text);
    ond_lexicon_entry e = {.list = n->list, .in = z, .context = n->context};
    int rc = z ? ond_lexicon_add(n->lex, &e, err) : ond_nomem(err, "testing sentences");
    free(z);
    return rc;
}

int ond__fixture(ond_lexicon *lex, const char *list, const char *name, const cJSON *context,
                 ond_err *err)
{
    naming n = {.lex = lex, .list = list, .context = context};
    if (!ond__expr_is_template(ond_str_of(name)))
        return add_name(&n, ond__trim(ond_str_of(name)), err);
    ond_arena trees = {0};
    ond__expr *e;
    int rc = ond__expr_parse(&trees, ond_str_of(name), &e, err);
    if (rc == 0) rc = ond__expr_sample(e, 1000, add_name, &n, err);
    ond_arena_free(&trees);
    return rc;
}

static int add_places(ond_lexicon *lex, const cJSON *all, const char *list, ond_err *err)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, all)
    {
        const char *name = ond_json_str(one, "name", NULL);
        int rc = name ? ond__fixture(lex, list, name, NULL, err) : 0;
        if (rc != 0) return rc;
    }
    return 0;
}

/* What an entity adds to the context: its domain and its attributes. */
static cJSON *entity_context(const cJSON *entity)
{
    const char *id = ond_json_str(entity, "id", "");
    const cJSON *attributes = ond_json_get(entity, "attributes"), *one;
    cJSON *context = cJSON_CreateObject();
    char *domain = ond_str_dup((ond_str){id, strcspn(id, ".")});
    bool ok = context && domain && ond_json_set_str(context, "domain", domain);
    free(domain);
    cJSON_ArrayForEach(one, attributes)
    {
        cJSON *copy = ok ? cJSON_Duplicate(one, true) : NULL;
        ok = ok && copy && ond_json_set(context, one->string, copy);
    }
    if (ok) return context;
    cJSON_Delete(context);
    return NULL;
}

static int add_entities(ond_lexicon *lex, const cJSON *all, ond_err *err)
{
    const cJSON *one;
    cJSON_ArrayForEach(one, all)
    {
        const char *name = ond_json_str(one, "name", NULL);
        cJSON *context = entity_context(one);
        int rc = !context ? ond_nomem(err, "testing sentences")
                 : name   ? ond__fixture(lex, "name", name, context, err)
                          : 0;
        cJSON_Delete(context);
        if (rc != 0) return rc;
    }
    return 0;
}

static int read_fixtures(ond__hatest *t, ond_lexicon *lex)
{
    ond_buf path = {0};
    cJSON *doc = NULL;
    int rc = OND_E_NOMEM;
    ond_buf_printf(&path, "%s/tests/%s/_fixtures.yaml", t->dir, t->lang);
    if (!ond_buf_ok(&path)) goto out;
    if (ond_file_exists(path.p)) OND_TRY(ond__yaml_file(path.p, &doc, t->err));
    OND_TRY(add_places(lex, ond_json_get(doc, "areas"), "area", t->err));
    OND_TRY(add_places(lex, ond_json_get(doc, "floors"), "floor", t->err));
    OND_TRY(add_entities(lex, ond_json_get(doc, "entities"), t->err));
out:
    cJSON_Delete(doc);
    ond_buf_free(&path);
    return rc == OND_E_NOMEM ? ond_nomem(t->err, "testing sentences") : rc;
}

/* ---- one sentence, one file ---- */

static void judge(const cJSON *want, const ond_match *m, ond_buf *why)
{
    const char *intent = ond_json_str(want, "name", "");
    const cJSON *context = ond_json_get(want, "context");
    if (strcmp(m->intent, intent) != 0) {
        ond_buf_printf(why, "intent is %s, expected %s (rule \"%s\")", m->intent, intent, m->rule);
        return;
    }
    if (ond__slots_differ(m, ond_json_get(want, "slots"), NULL, why)) return;
    if (!cJSON_IsObject(context) || !context->child || ond_json_equal(context, m->context)) return;
    ond_buf_puts(why, "context is ");
    ond_json_print(why, m->context);
    ond_buf_puts(why, ", expected ");
    ond_json_print(why, context);
}

static int run_sentence(ond__hatest *t, const char *file, const ond_grammar *g,
                        const ond_lexicon *lex, const cJSON *want, const char *sentence)
{
    if (ond__hatest_listed(t, sentence)) {
        t->score->listed++;
        return 0;
    }
    const cJSON *context = ond_json_get(want, "context");
    ond_talk_opts opts = {.context = cJSON_IsObject(context) ? context : NULL};
    ond_match m;
    ond_err err;
    ond_buf why = {0};
    int rc = ond_talk_match(g, lex, ond_str_of(sentence), &opts, &m, &err);
    if (rc == OND_E_NOMEM) return ond_fail(t->err, OND_E_NOMEM, "%s", err.text);
    if (rc != 0)
        ond_buf_puts(&why, err.text);
    else
        judge(want, &m, &why);
    ond_match_free(&m);
    rc = ond_buf_ok(&why) ? ond__hatest_count(t, file, sentence, why.n ? why.p : NULL)
                          : ond_nomem(t->err, "testing sentences");
    ond_buf_free(&why);
    return rc;
}

static int run_file(ond__hatest *t, const char *path, const char *name, const ond_grammar *g,
                    const ond_lexicon *lex)
{
    cJSON *doc = NULL;
    int rc = ond__yaml_file(path, &doc, t->err);
    const cJSON *test, *sentence;
    cJSON_ArrayForEach(test, ond_json_get(doc, "tests"))
    {
        cJSON_ArrayForEach(sentence, ond_json_get(test, "sentences"))
        {
            if (rc == 0 && cJSON_IsString(sentence))
                rc = run_sentence(t, name, g, lex, ond_json_get(test, "intent"),
                                  sentence->valuestring);
        }
    }
    cJSON_Delete(doc);
    return rc;
}

static int run_flat(ond__hatest *t)
{
    ond_grammar *g = NULL;
    ond_lexicon *lex = ond_lexicon_new();
    ond_buf path = {0};
    char **names = NULL;
    size_t n = 0;
    int rc = OND_E_NOMEM;
    if (!lex) goto out;
    OND_TRY(ond_grammar_of_dir(t->dir, t->lang, &g, t->err));
    OND_TRY(read_fixtures(t, lex));
    ond_buf_printf(&path, "%s/tests/%s", t->dir, t->lang);
    OND_TRY(ond_dir_list(ond_buf_z(&path), ".yaml", &names, &n, t->err));
    for (size_t i = 0; i < n; i++) {
        if (names[i][0] == '_') continue;
        ond_buf_clear(&path);
        ond_buf_printf(&path, "%s/tests/%s/%s", t->dir, t->lang, names[i]);
        rc = OND_E_NOMEM;
        if (!ond_buf_ok(&path)) goto out;
        OND_TRY(run_file(t, path.p, names[i], g, lex));
    }
    rc = 0;
out:
    ond_names_free(names, n);
    ond_buf_free(&path);
    ond_lexicon_free(lex);
    ond_grammar_free(g);
    return rc == OND_E_NOMEM ? ond_nomem(t->err, "testing sentences") : rc;
}

/* ---- a language, all languages ---- */

static int read_listed(ond__hatest *t, cJSON **doc)
{
    ond_buf path = {0};
    ond_buf_printf(&path, "%s/tests/%s/_test_failures.yaml", t->dir, t->lang);
    int rc = ond_buf_ok(&path) ? 0 : ond_nomem(t->err, "testing sentences");
    if (rc == 0 && ond_file_exists(path.p)) rc = ond__yaml_file(path.p, doc, t->err);
    t->listed = cJSON_GetObjectItemCaseSensitive(*doc, "sentences");
    ond_buf_free(&path);
    return rc;
}

int ond_talk_test(const char *dir, const char *lang, ond_talk_score *out, ond_err *err)
{
    ond_err own;
    ond__hatest t = {.dir = dir, .lang = lang, .score = out, .err = err ? err : &own};
    cJSON *doc = NULL;
    *out = (ond_talk_score){0};
    snprintf(out->lang, sizeof out->lang, "%s", lang);
    int rc = read_listed(&t, &doc);
    if (rc == 0) rc = run_flat(&t);
    if (rc == 0) rc = ond__hatest_combos(&t);
    cJSON_Delete(doc);
    if (rc != 0) ond_talk_score_free(out);
    return rc;
}

void ond_talk_score_free(ond_talk_score *s)
{
    for (size_t i = 0; i < s->failed; i++) {
        free(s->miss[i].lang);
        free(s->miss[i].file);
        free(s->miss[i].sentence);
        free(s->miss[i].why);
    }
    free(s->miss);
    *s = (ond_talk_score){0};
}

/* At least one file of tests/LANG, or of a folder in it, that does not begin with '_'. */
static bool has_tests(const char *dir, const char *lang)
{
    ond_buf path = {0};
    char **names;
    size_t n, found = 0;
    ond_buf_printf(&path, "%s/tests/%s", dir, lang);
    if (ond_buf_ok(&path) && ond_dir_list(path.p, ".yaml", &names, &n, NULL) == 0) {
        for (size_t i = 0; i < n; i++) found += names[i][0] != '_';
        ond_names_free(names, n);
    }
    if (found == 0 && ond_buf_ok(&path) && ond_dir_list(path.p, NULL, &names, &n, NULL) == 0) {
        found += n;
        ond_names_free(names, n);
    }
    ond_buf_clear(&path);
    ond_buf_printf(&path, "%s/sentences/%s", dir, lang);
    bool both = found > 0 && ond_buf_ok(&path) && ond_file_exists(path.p);
    ond_buf_free(&path);
    return both;
}

int ond_talk_languages(const char *dir, char ***out, size_t *n, ond_err *err)
{
    ond_buf path = {0};
    ond_buf_printf(&path, "%s/tests", dir);
    int rc = ond_buf_ok(&path) ? ond_dir_list(path.p, NULL, out, n, err)
                               : ond_nomem(err, "testing sentences");
    ond_buf_free(&path);
    if (rc != 0) return rc;
    size_t kept = 0;
    for (size_t i = 0; i < *n; i++) {
        if (has_tests(dir, (*out)[i]))
            (*out)[kept++] = (*out)[i];
        else
            free((*out)[i]);
    }
    *n = kept;
    return 0;
}
