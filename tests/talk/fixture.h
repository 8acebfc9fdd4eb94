/* fixture.h - small grammars and names for the tests of talk: a match as one line of text. */
#ifndef TESTS_TALK_FIXTURE_H
#define TESTS_TALK_FIXTURE_H

#include "talk/talk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

typedef struct fixture {
    ond_grammar *g;
    ond_lexicon *lex;
    ond_buf line;
} fixture;

/* A grammar of one text; `name` is its file. */
static inline fixture grammar_named(const char *lang, const char *name, const char *yaml)
{
    fixture f = {.lex = ond_lexicon_new()};
    ond_talk_text text = {.name = name, .text = ond_str_of(yaml)};
    ond_err err;
    if (ond_grammar_of_texts(lang, &text, 1, &f.g, &err) != 0) fail_msg("%s", err.text);
    assert_non_null(f.lex);
    return f;
}

static inline fixture grammar(const char *yaml)
{
    return grammar_named("en", "test.yaml", yaml);
}

/* One intent I with these sentences (YAML flow, "…, …") and more YAML on top of it. */
static inline fixture sentences(const char *list, const char *more)
{
    ond_buf yaml = {0};
    ond_buf_printf(&yaml, "language: en\n%s\nintents:\n  I:\n    data:\n      - sentences: [%s]\n",
                   more, list);
    fixture f = grammar(ond_buf_z(&yaml));
    ond_buf_free(&yaml);
    return f;
}

static inline void drop(fixture *f)
{
    ond_grammar_free(f->g);
    ond_lexicon_free(f->lex);
    ond_buf_free(&f->line);
}

static inline void name_in(fixture *f, const char *list, const char *in, const char *context)
{
    cJSON *c = context ? cJSON_Parse(context) : NULL;
    ond_lexicon_entry e = {.list = list, .in = in, .context = c};
    ond_err err;
    if (ond_lexicon_add(f->lex, &e, &err) != 0) fail_msg("%s", err.text);
    cJSON_Delete(c);
}

static inline const char *print_match(ond_buf *line, const ond_match *m)
{
    ond_buf_puts(line, m->intent);
    for (size_t i = 0; i < m->n_slot; i++) {
        ond_buf_printf(line, " %s=", m->slot[i].name);
        ond_json_print(line, m->slot[i].value);
    }
    return ond_buf_z(line);
}

/* "I name=\"x\" n=5", or the name of the error. `context` is JSON or NULL. */
static inline const char *said_in(fixture *f, const char *sentence, const char *context)
{
    cJSON *c = context ? cJSON_Parse(context) : NULL;
    ond_talk_opts opts = {.context = c};
    ond_match m;
    ond_err err;
    ond_buf_clear(&f->line);
    int rc = ond_talk_match(f->g, f->lex, ond_str_of(sentence), &opts, &m, &err);
    if (rc != 0)
        ond_buf_puts(&f->line, ond_code_name(rc));
    else
        print_match(&f->line, &m);
    if (rc == 0) ond_match_free(&m);
    cJSON_Delete(c);
    return ond_buf_z(&f->line);
}

static inline const char *said(fixture *f, const char *sentence)
{
    return said_in(f, sentence, NULL);
}

#define TEST(name) static void name(__attribute__((unused)) void **state)

#define SAYS(f, sentence, expected) assert_string_equal(said((f), (sentence)), (expected))
#define SAYS_IN(f, sentence, context, expected)                                                    \
    assert_string_equal(said_in((f), (sentence), (context)), (expected))

#endif
