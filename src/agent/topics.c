/* topics.c - what is understood, by topic: help in conversation ("타이머 도움말"), and the page
 * docs/understood.md. Both are made of packs/LANG/_topics.yaml and of the grammars. */
#include "agent/errand.h"
#include "base/yaml.h"
#include "talk/pack.h"

#include <stdlib.h>

enum { MOST_PACKS = 64, MOST_TOLD = 5 };

int ond__topics(const char *lang, cJSON **out, ond_err *err)
{
    ond_talk_text text[MOST_PACKS];
    size_t n = ond_pack_texts(lang, text, MOST_PACKS);
    for (size_t i = 0; i < n && i < MOST_PACKS; i++) {
        const char *slash = strrchr(text[i].name, '/');
        if (strcmp(slash ? slash + 1 : text[i].name, "_topics.yaml") == 0)
            return ond_yaml_parse(text[i].text, text[i].name, NULL, out, err);
    }
    return ond_fail(err, OND_E_NOT_FOUND, "the sentences of '%s' have no topics", lang);
}

/* ---- in conversation ---- */

/* The topic that the words name: by its title, or one of its words. */
static const cJSON *topic_of(const cJSON *topics, const char *said)
{
    const cJSON *topic, *word, *found = NULL;
    ond_buf want = {0};
    ond__squeeze(&want, said);
    cJSON_ArrayForEach(topic, topics) {
        if (ond__same_name(ond_json_str(topic, "title", ""), said))
            found = topic;
        cJSON_ArrayForEach(word, ond_json_get(topic, "words")) {
            ond_buf one = {0};
            ond__squeeze(&one, cJSON_IsString(word) ? word->valuestring : "");
            if (!found && one.n && strstr(ond_buf_z(&want), ond_buf_z(&one)))
                found = topic;
            ond_buf_free(&one);
        }
        if (found)
            break;
    }
    ond_buf_free(&want);
    return found;
}

static void examples_put(ond_buf *out, const cJSON *topic)
{
    const cJSON *example;
    int n = 0;
    cJSON_ArrayForEach(example, ond_json_get(topic, "examples")) {
        if (n++ == MOST_TOLD)
            break;
        ond_buf_printf(out, "%s“%s”", n > 1 ? ", " : "", ond_json_str(example, "say", ""));
    }
}

static void titles_put(ond_buf *out, const cJSON *topics)
{
    const cJSON *topic;
    cJSON_ArrayForEach(topic, topics)
        ond_buf_printf(out, "%s%s", out->n ? ", " : "", ond_json_str(topic, "title", ""));
}

void ond__help_put(ond_buf *out, const ond__wish *w)
{
    cJSON *all = NULL;
    ond_buf said = {0}, list = {0};
    ond_err err;
    bool asked = ond__phrase_of(w, "topic", &said);
    const cJSON *topics =
        ond__topics(w->lang, &all, &err) == 0 ? ond_json_get(all, "topics") : NULL;
    const cJSON *topic = asked ? topic_of(topics, ond_buf_z(&said)) : NULL;
    if (topic) {
        examples_put(&list, topic);
        OND_MSG(out, OND_M_AGENT_HELP_TOPIC, w->lang, ond_json_str(topic, "title", ""),
                ond_buf_z(&list));
    } else {
        titles_put(&list, topics);
        OND_MSG(out, OND_M_AGENT_HELP, w->lang, ond_buf_z(&list));
    }
    ond_buf_free(&said);
    ond_buf_free(&list);
    cJSON_Delete(all);
}

/* ---- the page ---- */

static size_t templates_of(const cJSON *topic, const ond_grammar *g)
{
    const cJSON *example, *before;
    size_t n = 0;
    cJSON_ArrayForEach(example, ond_json_get(topic, "examples")) {
        bool seen = false;
        for (before = ond_json_get(topic, "examples")->child; before != example;
             before = before->next)
            seen |= strcmp(ond_json_str(before, "is", ""), ond_json_str(example, "is", "")) == 0;
        if (!seen)
            n += ond_grammar_intent_templates(g, ond_json_str(example, "is", ""));
    }
    return n;
}

static void cell_put(ond_buf *out, const char *text)
{
    for (; *text; text++)
        ond_buf_printf(out, *text == '|' ? "\\%c" : "%c", *text);
}

static void table_put(ond_buf *out, const cJSON *ko, const cJSON *en)
{
    const cJSON *a = ond_json_get(ko, "examples") ? ond_json_get(ko, "examples")->child : NULL;
    const cJSON *b = ond_json_get(en, "examples") ? ond_json_get(en, "examples")->child : NULL;
    ond_buf_puts(out, "| 한국어 | English | intent |\n|---|---|---|\n");
    for (; a && b; a = a->next, b = b->next) {
        ond_buf_puts(out, "| ");
        cell_put(out, ond_json_str(a, "say", ""));
        ond_buf_puts(out, " | ");
        cell_put(out, ond_json_str(b, "say", ""));
        ond_buf_printf(out, " | %s |\n", ond_json_str(a, "is", ""));
    }
}

static void topic_put(ond_buf *out, const cJSON *ko, const cJSON *en, const ond_grammar *gko,
                      const ond_grammar *gen)
{
    ond_buf_printf(out, "\n## %s · %s\n\n", ond_json_str(en, "title", ""),
                   ond_json_str(ko, "title", ""));
    ond_buf_printf(out, "%zu Korean and %zu English templates for these intents.\n\n",
                   templates_of(ko, gko), templates_of(en, gen));
    table_put(out, ko, en);
}

int ond_agent_page(ond_buf *out, ond_err *err)
{
    cJSON *ko = NULL, *en = NULL;
    const ond_grammar *gko, *gen;
    int rc;
    OND_TRY(ond__topics("ko", &ko, err));
    OND_TRY(ond__topics("en", &en, err));
    OND_TRY(ond_pack("ko", &gko, err));
    OND_TRY(ond_pack("en", &gen, err));
    ond_buf_puts(out, "# What is understood, by topic\n\nWritten by `ondol talk page` from the "
                      "packs; every example is said to the built-in house by a test. How "
                      "sentences are meant: [sentences.md](sentences.md).\n");
    const cJSON *a = ond_json_get(ko, "topics")->child, *b = ond_json_get(en, "topics")->child;
    for (; a && b; a = a->next, b = b->next)
        topic_put(out, a, b, gko, gen);
    if (!ond_buf_ok(out))
        rc = ond_nomem(err, "writing the page");
out:
    cJSON_Delete(ko);
    cJSON_Delete(en);
    return rc;
}
