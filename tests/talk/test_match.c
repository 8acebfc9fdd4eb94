/* test_match.c - each construct of the format against sentences: groups, rules, lists, word starts,
 * broken words. */
#include "fixture.h"

TEST(test_words)
{
    fixture f = sentences("\"turn on the light\"", "");
    SAYS(&f, "turn on the light", "I");
    SAYS(&f, "  Turn ON   the light!", "I");
    SAYS(&f, "turn on the", "UNKNOWN");
    SAYS(&f, "turn on the light now", "UNKNOWN");
    SAYS(&f, "turnon the light", "UNKNOWN");
    SAYS(&f, "", "UNKNOWN");
    drop(&f);
}

TEST(test_groups)
{
    fixture f =
        sentences("\"[please] (turn|switch) [it] on[ now]\", \"(a;[b];c) d\", \"x[y|z]w\"", "");
    SAYS(&f, "turn on", "I");
    SAYS(&f, "please switch it on now", "I");
    SAYS(&f, "please it on", "UNKNOWN");
    SAYS(&f, "a b c d", "I");
    SAYS(&f, "c a d", "I");
    SAYS(&f, "b c a d", "I");
    SAYS(&f, "a b d", "UNKNOWN");
    SAYS(&f, "a c b b d", "UNKNOWN");
    SAYS(&f, "xw", "I");
    SAYS(&f, "xyw", "I");
    SAYS(&f, "xyzw", "UNKNOWN");
    drop(&f);
    f = sentences("\"a (b|)\"", ""); /* an empty branch matches nothing, as in the reference */
    SAYS(&f, "a b", "I");
    SAYS(&f, "a", "UNKNOWN");
    drop(&f);
}

TEST(test_escapes)
{
    fixture f = sentences("'set \\[it\\] to 5\\|6 \\<a\\>'", "");
    SAYS(&f, "set [it] to 5|6 <a>", "I");
    SAYS(&f, "set it to 5 a", "UNKNOWN");
    drop(&f);
}

TEST(test_rules)
{
    fixture f =
        sentences("\"<verb> <the> {name}\"", "expansion_rules: {verb: \"<on>|<off>\", on: \"turn "
                                             "on\", off: \"turn off\", the: \"[(the|my)]\"}");
    name_in(&f, "name", "lamp", NULL);
    SAYS(&f, "turn off my lamp", "I name=\"lamp\"");
    SAYS(&f, "turn on lamp", "I name=\"lamp\"");
    drop(&f);
}

/* A rule of the language that uses a name which the block has its own meaning for. */
TEST(test_local_rules)
{
    fixture f = grammar("language: en\n"
                        "expansion_rules: {whole: \"do <part>\", part: \"this\"}\n"
                        "lists: {what: {values: [cake]}}\n"
                        "intents:\n"
                        "  A: {data: [{sentences: [\"<whole> {what}\"]}]}\n"
                        "  B: {data: [{sentences: [\"<whole> {what}\"], expansion_rules: {part: "
                        "\"that\"}, lists: {what: {values: [bread]}}}]}\n");
    SAYS(&f, "do this cake", "A what=\"cake\"");
    SAYS(&f, "do that bread", "B what=\"bread\"");
    SAYS(&f, "do that cake", "UNKNOWN");
    SAYS(&f, "do this bread", "UNKNOWN");
    drop(&f);
}

TEST(test_values)
{
    fixture f = sentences("\"{color} {size:how}\"",
                          "lists:\n  color:\n    values: [red, \"light blue\", {in: "
                          "\"gr(e|a)y[ish]\", out: 7}, {in: \"dark[ ]green\"}]\n"
                          "  size: {values: [{in: big, out: [1, 2]}, {in: \"on\", out: true}]}");
    SAYS(&f, "red big", "I color=\"red\" how=[1,2]");
    SAYS(&f, "Light Blue on", "I color=\"light blue\" how=true");
    SAYS(&f, "greyish big", "I color=7 how=[1,2]");
    SAYS(&f, "Dark Green big", "I color=\"Dark Green\" how=[1,2]");
    SAYS(&f, "light-blue big", "I color=\"light blue\" how=[1,2]");
    SAYS(&f, "blue big", "UNKNOWN");
    drop(&f);
}

TEST(test_word_starts)
{
    fixture f = sentences("\"{name} light[s] on\", \"x {name}s y\"", "");
    name_in(&f, "name", "kitchen", NULL);
    SAYS(&f, "kitchen lights on", "I name=\"kitchen\"");
    SAYS(&f, "kitchenlight on",
         "I name=\"kitchen\""); /* after a list the word is as it was before it */
    SAYS(&f, "x kitchens y", "I name=\"kitchen\"");
    SAYS(&f, "kitchen lightson", "UNKNOWN");
    drop(&f);
}

TEST(test_korean)
{
    fixture f = sentences("\"{area}[ ]{name}[을|를] (켜|꺼)[ ][줘|주세요]\"", "");
    name_in(&f, "area", "거실", NULL);
    name_in(&f, "name", "조명", NULL);
    SAYS(&f, "거실 조명을 켜 줘", "I area=\"거실\" name=\"조명\"");
    SAYS(&f, "거실조명 꺼주세요.", "I area=\"거실\" name=\"조명\"");
    SAYS(&f, "\xe1\x84\x80\xe1\x85\xa5\xe1\x84\x89\xe1\x85\xb5\xe1\x86\xaf 조명 꺼",
         "I area=\"거실\" name=\"조명\"");
    drop(&f);
}

TEST(test_case_and_letters)
{
    fixture f = sentences("\"AÇ {name}\"", "");
    name_in(&f, "name", "IŞIK ΟΔΟΣ", NULL);
    SAYS(&f, "aç ışık οδος", "I name=\"IŞIK ΟΔΟΣ\"");
    drop(&f);
}

/* Words may be joined by '-' and '_'; literal text that way only if no template fits as it stands.
 */
TEST(test_broken_words)
{
    fixture f = sentences("\"turn on living room lamp\"", "");
    SAYS(&f, "turn on living-room lamp", "I");
    SAYS(&f, "turn_on_living_room_lamp", "I");
    drop(&f);
    f = sentences("\"turn on living room lamp\", \"turn on {name}\"", "");
    name_in(&f, "name", "Big Lamp", NULL);
    SAYS(&f, "turn on big-lamp", "I name=\"Big Lamp\"");
    SAYS(&f, "turn on living-room lamp", "UNKNOWN"); /* "turn on .+" fits the outline */
    drop(&f);
    f = sentences("\"turn on living room lamp\", \"turn on {name}\"",
                  "settings: {filter_with_regex: false}");
    SAYS(&f, "turn on living-room lamp", "I");
    drop(&f);
}

TEST(test_ignored_white_space)
{
    fixture f = sentences(
        "\"打开 {name} 灯\", \"<set> {n} 度\"",
        "settings: {ignore_whitespace: true}\nskip_words: [请]\nexpansion_rules: {set: \"调到\"}\n"
        "lists: {n: {range: {from: 1, to: 30}}}");
    name_in(&f, "name", "living room", NULL);
    name_in(&f, "name", "客厅", NULL);
    SAYS(&f, "请打开客厅灯", "I name=\"客厅\"");
    SAYS(&f, "打开 客厅 灯", "I name=\"客厅\"");
    SAYS(&f, "打开livingroom灯", "I name=\"living room\"");
    SAYS(&f, "调到25度", "I n=25");
    SAYS(&f, "调到 31 度", "UNKNOWN");
    drop(&f);
}

TEST(test_skip_words)
{
    fixture f = sentences("\"turn on {name}\"", "skip_words: [please, can you]");
    name_in(&f, "name", "tv", NULL);
    SAYS(&f, "Can you please turn on tv, please?", "I name=\"tv\"");
    drop(&f);
}

TEST(test_details)
{
    fixture f =
        grammar("language: en\nintents:\n  A:\n    data:\n      - sentences: [\"hi [you] {w}\"]\n"
                "        response: warm\n        metadata: {m: 1}\n        slots: {k: v, w: no}\n"
                "lists: {w: {wildcard: true}}\n");
    ond_match m;
    ond_err err;
    assert_int_equal(ond_talk_match(f.g, NULL, ond_str_of("Hi you  Big Man!"), NULL, &m, &err), 0);
    assert_string_equal(m.response, "warm");
    assert_string_equal(m.rule, "hi [you] {w}");
    assert_string_equal(m.file, "test.yaml");
    assert_int_equal(m.wildcards, 1);
    assert_int_equal(m.literal, 5);
    assert_int_equal(ond_json_num(m.metadata, "m", 0), 1);
    const ond_slot *w = ond_match_slot(&m, "w"), *k = ond_match_slot(&m, "k");
    assert_string_equal(w->value->valuestring, "Big Man");
    assert_string_equal(w->text, "Big Man");
    assert_true(w->wildcard && !w->fixed && k->fixed && !k->wildcard);
    assert_null(ond_match_slot(&m, "nothing"));
    ond_match_free(&m);
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_groups),
        cmocka_unit_test(test_escapes),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_local_rules),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_word_starts),
        cmocka_unit_test(test_korean),
        cmocka_unit_test(test_case_and_letters),
        cmocka_unit_test(test_broken_words),
        cmocka_unit_test(test_ignored_white_space),
        cmocka_unit_test(test_skip_words),
        cmocka_unit_test(test_details),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
