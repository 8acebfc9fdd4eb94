/* test_grammar.c - reading files: both generations, merging, and what is wrong in them, each with
 * its place. */
#include "fixture.h"

static void refused(const char *yaml, const char *says)
{
    ond_talk_text text = {.name = "dir/bad.yaml", .text = ond_str_of(yaml)};
    ond_grammar *g = NULL;
    ond_err err;
    int rc = ond_grammar_of_texts("en", &text, 1, &g, &err);
    if (rc == 0) fail_msg("accepted: %s", yaml);
    assert_null(g);
    assert_int_equal(rc, OND_E_INPUT);
    if (!strstr(err.text, says)) fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

TEST(test_what_is_wrong)
{
    refused("language: ko\nintents: {}\n", "dir/bad.yaml: the file is for the language ko, not en");
    refused("- a\n", "no mapping");
    refused("a: [\n", "dir/bad.yaml:");
    refused("intents: {I: {data: [{sentences: [\"(a\"]}]}}",
            "dir/bad.yaml: intent I: no ')' for '('");
    refused("intents: {I: {data: [{slots: {a: 1}}]}}",
            "intent I: a block of `data` has no `sentences`");
    refused("intents: {I: {data: [{sentences: [on]}]}}", "a sentence that is no text");
    refused("expansion_rules: {r: \"<q>\", q: \"x [<r>]\"}\nintents: {I: {data: [{sentences: "
            "[\"<r>\"]}]}}",
            "the rule <r> needs itself");
    refused("expansion_rules: {r: \"[a\"}", "rule <r>: no ']' for '['");
    refused("expansion_rules: {r: 5}", "the rule <r> is no text");
    refused("lists: {l: {values: [on]}}",
            "the list {l} has a value without text (put on, off, yes, no in quotes)");
    refused("lists: {l: {values: [\"(a\"]}}", "list {l}: no ')' for '('");
    refused("lists: {l: {}}", "neither `values` nor `range` nor `wildcard: true`");
    refused("lists: {l: {range: {from: 1}}}", "without both `from` and `to`");
    refused("lists: {l: {range: {from: 5, to: 1}}}", "greater than its `to`");
    refused("lists: {l: {range: {from: 1, to: 5, step: 0}}}", "not positive");
    refused("lists: {l: {range: {from: 1, to: 5, fractions: thirds}}}",
            "neither halves nor tenths");
    refused("lists: {l: {range: {from: 1, to: 5, digits: false, words: false}}}",
            "neither digits nor words");
    refused("lists: {l: {range: {from: a, to: 5}}}", "no numbers");
    refused("skip_words: [no]", "a skip word that is no text");
    refused("intents: {I: {data: [{sentences: [\"(a;b;c;d;e;f;g;h;i;j;k;l;m)\"]}]}}",
            "at most 12 may stand in any order");
}

/* One sentence with a gap does not take the others away. */
TEST(test_missing_rule)
{
    fixture f = sentences("\"a <gone>\", \"b [<gone>]\", \"c\"", "");
    assert_int_equal(ond_grammar_faults(f.g), 1);
    assert_string_equal(ond_grammar_fault(f.g, 0), "test.yaml: there is no rule <gone>");
    assert_string_equal(ond_grammar_fault(f.g, 1), "");
    SAYS(&f, "b", "I");
    SAYS(&f, "c", "I");
    SAYS(&f, "a", "UNKNOWN");
    drop(&f);
}

/* <to:r> is the rule r with "to_" before its slots, also those of the rules it uses. */
TEST(test_prefix)
{
    fixture f = sentences("\"go <r> then <to:r>\", \"<far:deep>\", \"<to:r> <to:r> stop\"",
                          "lists: {n: {range: {from: 1, to: 9}}, c: {values: [red]}}\n"
                          "expansion_rules: {r: \"(<q>|{c})\", q: \"x {n:at}\", deep: \"deep "
                          "<to:r>\"}");
    assert_int_equal(ond_grammar_faults(f.g), 0);
    SAYS(&f, "go x 1 then x 2", "I at=1 to_at=2");
    SAYS(&f, "go x 1 then red", "I at=1 to_c=\"red\"");
    SAYS(&f, "go red then red", "I c=\"red\" to_c=\"red\"");
    SAYS(&f, "deep x 3", "I far_to_at=3");
    SAYS(&f, "x 1 x 2 stop", "I to_at=2");
    drop(&f);
}

/* What a file of others could mean by a colon stays as it is. */
TEST(test_prefix_and_names)
{
    fixture f = sentences("\"<a:b>\", \"one <a:gone>\", \"two <:b>\", \"three <a:>\"",
                          "expansion_rules: {\"a:b\": whole, b: part}");
    SAYS(&f, "whole", "I");
    SAYS(&f, "part", "UNKNOWN");
    assert_int_equal(ond_grammar_faults(f.g), 3);
    assert_string_equal(ond_grammar_fault(f.g, 0), "test.yaml: there is no rule <a:gone>");
    drop(&f);
    refused("expansion_rules: {r: \"x <to:r>\"}\nintents: {I: {data: [{sentences: [\"<r>\"]}]}}",
            "the rule <r> needs itself");
    refused("expansion_rules: {r: \"<to:q>\", q: \"[<at:r>]\"}\nintents: {I: {data: [{sentences: "
            "[\"<to:r>\"]}]}}",
            "needs itself");
    ond_buf yaml = {0};
    ond_buf_printf(&yaml,
                   "expansion_rules: {r: x}\nintents: {I: {data: [{sentences: [\"<%0130d:r>\"]}"
                   "]}}",
                   1);
    refused(ond_buf_z(&yaml), "too long a prefix");
    ond_buf_free(&yaml);
}

/* A block's own list is meant inside a rule with a prefix, too. */
TEST(test_prefix_in_a_block)
{
    fixture f = grammar("lists: {c: {values: [red]}}\nexpansion_rules: {r: \"{c}\"}\n"
                        "intents: {I: {data: [{sentences: [\"a <to:r>\"]}, {sentences: [\"b "
                        "<to:r>\"], lists: {c: {values: [blue]}}}]}}");
    SAYS(&f, "a red", "I to_c=\"red\"");
    SAYS(&f, "b blue", "I to_c=\"blue\"");
    SAYS(&f, "b red", "UNKNOWN");
    drop(&f);
}

TEST(test_merging)
{
    ond_talk_text texts[] = {
        {"a.yaml",
         OND_S("language: en\nlists: {c: {values: [red]}}\nexpansion_rules: {x: \"one\"}\n"
               "intents: {A: {data: [{sentences: [\"<x> {c}\"]}]}, B: {data: [{sentences: "
               "[\"same\"]}]}}")},
        {"empty.yaml", OND_S("")},
        {"b.yaml",
         OND_S("language: en\nlists: {c: {values: [blue]}}\nexpansion_rules: {x: \"two\"}\n"
               "intents: {C: {data: [{sentences: [\"same\"]}]}, A: {data: [{sentences: [\"more "
               "{c}\"]}]}}")},
    };
    fixture f = {.lex = ond_lexicon_new()};
    ond_err err;
    assert_int_equal(ond_grammar_of_texts("en", texts, 3, &f.g, &err), 0);
    SAYS(&f, "two red", "A c=\"red\"");
    SAYS(&f, "two blue", "A c=\"blue\"");
    SAYS(&f, "one red", "UNKNOWN");
    SAYS(&f, "more blue", "A c=\"blue\"");
    SAYS(&f, "same", "B");
    assert_int_equal(ond_grammar_templates(f.g), 4);
    assert_string_equal(ond_grammar_lang(f.g), "en");
    assert_true(ond_grammar_bytes(f.g) > 1000);
    drop(&f);
}

TEST(test_combinations)
{
    ond_talk_text texts[] = {
        {"intents.yaml", OND_S("HassTurnOn: {domain: homeassistant, slot_combinations: "
                               "{domain_only: {context_area: true}}}")},
        {"_common.yaml", OND_S("language: en\nexpansion_rules: {the: \"[the]\"}\n")},
        {"en/HassTurnOn/domain_only.yaml",
         OND_S("language: en\ndata:\n  - {sentences: [\"lights on\"], inferred_domain: light, "
               "response: all}\n")},
        {"en/HassTurnOn/name_only.yaml", OND_S("data:\n  - {sentences: [\"open <the> {name}\"], "
                                               "name_domains: [cover, lock], metadata: {a: 1}}\n")},
    };
    fixture f = {.lex = ond_lexicon_new()};
    ond_err err;
    assert_int_equal(ond_grammar_of_texts("en", texts, 4, &f.g, &err), 0);
    name_in(&f, "name", "door", "{\"domain\":\"cover\"}");
    name_in(&f, "name", "lamp", "{\"domain\":\"light\"}");
    SAYS(&f, "lights on", "UNKNOWN");
    SAYS_IN(&f, "lights on", "{\"area\":\"Hall\"}", "HassTurnOn domain=\"light\" area=\"Hall\"");
    SAYS(&f, "open the lamp", "UNKNOWN");
    ond_match m;
    assert_int_equal(ond_talk_match(f.g, f.lex, OND_S("open the door"), NULL, &m, &err), 0);
    assert_string_equal(ond_json_str(m.metadata, "slot_combination", ""), "name_only");
    assert_int_equal(ond_json_num(m.metadata, "a", 0), 1);
    ond_match_free(&m);
    texts[2].name = "loose.yaml";
    ond_grammar *g;
    assert_int_equal(ond_grammar_of_texts("en", texts, 4, &g, &err), OND_E_INPUT);
    assert_non_null(strstr(err.text, "INTENT/COMBINATION.yaml"));
    drop(&f);
}

TEST(test_folders)
{
    ond_grammar *g;
    ond_err err;
    assert_int_equal(ond_grammar_of_dir("/nonexistent", "en", &g, &err), OND_E_NOT_FOUND);
    assert_null(g);
    char **langs;
    size_t n;
    assert_int_equal(ond_talk_languages("/nonexistent", &langs, &n, &err), OND_E_NOT_FOUND);
}

TEST(test_nothing)
{
    fixture f = {.lex = ond_lexicon_new()};
    ond_err err;
    assert_int_equal(ond_grammar_of_texts("en", NULL, 0, &f.g, &err), 0);
    SAYS(&f, "anything", "UNKNOWN");
    drop(&f);
    f = grammar("intents: {I: null}\nlists: null\nskip_words: null\nexpansion_rules:\n");
    SAYS(&f, "anything", "UNKNOWN");
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_is_wrong),
        cmocka_unit_test(test_missing_rule),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_prefix_and_names),
        cmocka_unit_test(test_prefix_in_a_block),
        cmocka_unit_test(test_merging),
        cmocka_unit_test(test_combinations),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
