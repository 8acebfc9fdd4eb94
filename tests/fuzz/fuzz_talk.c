/* fuzz_talk.c - any bytes as sentence files, as templates and as sentences: an error or a grammar,
 * never a crash or a long wait.
 *
 * Input: grammar, a line "%%", sentences one a line. The grammar is YAML; if it begins with '!', it
 * is templates, one a line, which become one block with lists, rules and conditions around them. */
#include "talk/when.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static void must(bool so)
{
    if (!so) abort();
}

static const char around[] =
    "{\"language\":\"en\",\"skip_words\":[\"please\",\"can you\"],"
    "\"lists\":{\"wild\":{\"wildcard\":true},\"more\":{\"wildcard\":true},"
    "\"n\":{\"range\":{\"from\":0,\"to\":30,\"fractions\":\"halves\"}},\"t\":{\"range\":{\"from\":-"
    "5,\"to\":50,\"step\":5,\"multiplier\":2}},"
    "\"color\":{\"values\":[\"red\",\"light "
    "blue\",{\"in\":\"gr(e|a)y[ish]\",\"out\":1},{\"in\":\"{n} "
    "percent\",\"context\":{\"domain\":\"x\"}}]}},"
    "\"expansion_rules\":{\"the\":\"(the|my)\",\"name\":\"[<the>] "
    "{name}\",\"both\":\"(<name>;{color};[in] {area})\"},"
    "\"intents\":{\"I\":{\"data\":[{\"sentences\":[],\"requires_context\":{\"area\":{\"slot\":true}"
    ",\"domain\":[\"light\",\"fan\"]}},"
    "{\"sentences\":[],\"slots\":{\"fixed\":true},\"excludes_context\":{\"domain\":\"fan\"},"
    "\"lists\":{\"more\":{\"values\":[\"a\"]}}}]}}}";

static ond_lexicon *names(void)
{
    static const char *const text[] = {"lamp",      "kitchen lamp", "Kitchen", "tv-set",
                                       "거실 조명", "거실",         "a b c"};
    ond_lexicon *lex = ond_lexicon_new();
    ond_err err;
    must(lex != NULL);
    for (int i = 0; i < 7; i++) {
        cJSON *context = cJSON_CreateObject();
        must(ond_json_set_str(context, "domain", i % 2 ? "light" : "fan"));
        ond_lexicon_entry e = {
            .list = i == 2 || i == 5 ? "area" : "name", .in = text[i], .context = context};
        must(ond_lexicon_add(lex, &e, &err) == 0);
        cJSON_Delete(context);
    }
    return lex;
}

/* The templates of `s`, one a line, put into both blocks of `around`. */
static char *wrap(ond_str s)
{
    cJSON *doc = cJSON_Parse(around), *block, *data;
    must(doc != NULL);
    data =
        cJSON_GetObjectItem(cJSON_GetObjectItem(cJSON_GetObjectItem(doc, "intents"), "I"), "data");
    for (size_t from = 0, line = 0; from < s.n && line < 20; line++) {
        size_t to = from;
        while (to < s.n && s.p[to] != '\n' && s.p[to] != '\0') to++;
        char *one = ond_str_dup((ond_str){s.p + from, to - from});
        cJSON_ArrayForEach(block, data)
            cJSON_AddItemToArray(cJSON_GetObjectItem(block, "sentences"), cJSON_CreateString(one));
        free(one);
        from = to + 1;
    }
    char *text = cJSON_PrintUnformatted(doc);
    cJSON_Delete(doc);
    return text;
}

/* Slots may be any numbers: a file of others may name its slots so. */
static void read_when(const ond_match *m)
{
    ond_when_opts o = {.now = 1796090400000, .zone = "Asia/Seoul", .past_ok = m->literal % 2 == 0};
    ond_when w = ond_when_of(m, "", &o), to = ond_when_of(m, "to_", &o);
    must(w.code <= OND_WHEN_PAST && to.code <= OND_WHEN_PAST);
    must(strlen(w.rule) < sizeof w.rule && (w.code == OND_WHEN_OK || !w.rule[0]));
}

static void try_sentence(const ond_grammar *g, const ond_lexicon *lex, ond_str s)
{
    cJSON *context = cJSON_CreateObject();
    must(ond_json_set_str(context, "area", "Kitchen"));
    ond_talk_opts opts = {.context = context, .steps = 100000};
    ond_match m, *all;
    size_t n;
    ond_err err = {0};
    int rc = ond_talk_match(g, lex, s, &opts, &m, &err);
    must(rc == 0 || rc == OND_E_UNKNOWN || rc == OND_E_INPUT || rc == OND_E_BUDGET);
    must(rc == 0 || err.code == (ond_code)rc);
    int rc2 = ond_talk_match_all(g, lex, s, &opts, &all, &n, &err);
    must(rc == rc2);
    if (rc == 0) {
        must(n >= 1 && strcmp(all[0].intent, m.intent) == 0 && all[0].n_slot == m.n_slot &&
             all[0].literal == m.literal);
        for (size_t i = 0; i < m.n_slot; i++)
            must(m.slot[i].name && m.slot[i].value && m.slot[i].text);
        read_when(&m);
        for (size_t i = 0; i < n; i++) ond_match_free(&all[i]);
        free(all);
        ond_match_free(&m);
    }
    cJSON_Delete(context);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ond_str all = {(const char *)bytes, n}, grammar = all, lines = {"", 0};
    const char *cut = n ? memmem(bytes, n, "\n%%\n", 4) : NULL;
    if (cut) {
        grammar.n = (size_t)(cut - all.p);
        lines = (ond_str){cut + 4, n - grammar.n - 4};
    }
    char *made =
        grammar.n && grammar.p[0] == '!' ? wrap((ond_str){grammar.p + 1, grammar.n - 1}) : NULL;
    ond_talk_text text = {.name = "HassTurnOn/fuzz.yaml",
                          .text = made ? ond_str_of(made) : grammar};
    ond_grammar *g = NULL;
    ond_err err = {0};
    int rc = ond_grammar_of_texts("en", &text, 1, &g, &err);
    must(rc == 0 ? g != NULL : !g && err.code == (ond_code)rc && err.text[0] != '\0');
    static ond_lexicon *lex; /* made once; still reachable at the end */
    if (!lex) lex = names();
    for (size_t from = 0, line = 0; g && from < lines.n && line < 4; line++) {
        const char *end = memchr(lines.p + from, '\n', lines.n - from);
        size_t to = end ? (size_t)(end - lines.p) : lines.n;
        try_sentence(g, line % 4 == 3 ? NULL : lex, (ond_str){lines.p + from, to - from});
        from = to + 1;
    }
    ond_grammar_free(g);
    free(made);
    static unsigned runs;
    if (++runs % 1000 == 0)
        ond_pack_free_all(); /* tables of number words that strange ranges made */
    return 0;
}
