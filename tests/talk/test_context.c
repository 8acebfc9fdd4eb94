/* test_context.c - conditions of blocks: requires_context, excludes_context, slots from context,
 * keywords. */
#include "fixture.h"

static fixture lights(const char *conditions)
{
    char yaml[1024];
    snprintf(yaml, sizeof yaml,
             "language: en\nlists: {mode: {values: [{in: warm, out: w, context: {tone: 1}}, {in: "
             "cold, out: c, context: {tone: 2}}]}}\n"
             "intents:\n  I:\n    data:\n      - sentences: [\"turn on {name} [{mode}]\", \"all "
             "on\"]\n        %s\n",
             conditions);
    fixture f = grammar(yaml);
    name_in(&f, "name", "lamp", "{\"domain\":\"light\",\"floor\":1}");
    name_in(&f, "name", "fan", "{\"domain\":\"fan\"}");
    name_in(&f, "name", "thing", NULL);
    return f;
}

TEST(test_required)
{
    fixture f = lights("requires_context: {domain: light}");
    SAYS(&f, "turn on lamp", "I name=\"lamp\"");
    SAYS(&f, "turn on fan", "UNKNOWN");
    SAYS(&f, "turn on thing", "UNKNOWN");
    SAYS(&f, "all on", "UNKNOWN");
    SAYS_IN(&f, "turn on thing", "{\"domain\":\"light\"}", "I name=\"thing\"");
    SAYS_IN(&f, "all on", "{\"domain\":\"light\"}", "I");
    SAYS_IN(&f, "turn on lamp", "{\"domain\":\"fan\"}", "UNKNOWN");
    drop(&f);
    f = lights("requires_context: {domain: [light, fan]}");
    SAYS(&f, "turn on lamp", "I name=\"lamp\"");
    SAYS(&f, "turn on fan", "I name=\"fan\"");
    SAYS(&f, "turn on thing", "UNKNOWN");
    drop(&f);
    f = lights("requires_context: {domain: {value: fan}, floor: {value: null}}");
    SAYS(&f, "turn on fan", "UNKNOWN");
    SAYS_IN(&f, "turn on fan", "{\"floor\":2}", "I name=\"fan\"");
    drop(&f);
    f = lights("requires_context: {tone: 2}");
    SAYS(&f, "turn on lamp cold", "I name=\"lamp\" mode=\"c\"");
    SAYS(&f, "turn on lamp warm", "UNKNOWN");
    drop(&f);
}

TEST(test_excluded)
{
    fixture f = lights("excludes_context: {domain: [fan, cover]}");
    SAYS(&f, "turn on lamp", "I name=\"lamp\"");
    SAYS(&f, "turn on fan", "UNKNOWN");
    SAYS(&f, "turn on thing", "I name=\"thing\"");
    SAYS_IN(&f, "turn on thing", "{\"domain\":\"cover\"}", "UNKNOWN");
    drop(&f);
    f = lights("excludes_context: {domain: {value: light}}");
    SAYS(&f, "turn on lamp", "UNKNOWN");
    SAYS(&f, "turn on fan", "I name=\"fan\"");
    drop(&f);
}

TEST(test_slots_from_context)
{
    fixture f = lights("requires_context: {area: {slot: true}, floor: {slot: where}}");
    SAYS_IN(&f, "turn on lamp", "{\"area\":\"Kitchen\"}",
            "I name=\"lamp\" area=\"Kitchen\" where=1");
    SAYS(&f, "turn on lamp", "UNKNOWN");
    SAYS_IN(&f, "all on", "{\"area\":{\"value\":\"k\",\"text\":\"Kitchen\"},\"floor\":2}",
            "I area=\"k\" where=2");
    SAYS_IN(&f, "all on", "{\"area\":null,\"floor\":2}", "UNKNOWN");
    drop(&f);
    f = lights(
        "requires_context: {area: {slot: true}}\n        slots: {area: fixed, name: none, x: [1]}");
    SAYS_IN(&f, "turn on lamp", "{\"area\":\"Hall\"}", "I name=\"lamp\" area=\"Hall\" x=[1]");
    SAYS_IN(&f, "all on", "{\"area\":\"Hall\"}", "I area=\"Hall\" name=\"none\" x=[1]");
    drop(&f);
}

TEST(test_context_after)
{
    fixture f = lights("requires_context: {domain: light}");
    cJSON *c = cJSON_Parse("{\"area\":\"Hall\"}");
    ond_talk_opts opts = {.context = c};
    ond_match m;
    ond_err err;
    ond_buf b = {0};
    assert_int_equal(ond_talk_match(f.g, f.lex, OND_S("turn on lamp warm"), &opts, &m, &err), 0);
    ond_json_canon(&b, m.context);
    assert_string_equal(b.p, "{\"area\":\"Hall\",\"domain\":\"light\",\"floor\":1,\"tone\":1}");
    ond_match_free(&m);
    ond_buf_free(&b);
    cJSON_Delete(c);
    drop(&f);
}

TEST(test_keywords)
{
    fixture f = lights("required_keywords: [lamp, bright]");
    SAYS(&f, "turn on lamp", "I name=\"lamp\"");
    SAYS(&f, "turn on fan", "UNKNOWN");
    drop(&f);
    f = grammar_named(
        "zh", "zh.yaml",
        "language: zh\nsettings: {ignore_whitespace: true}\n"
        "intents: {I: {data: [{sentences: [\"打开 灯\"], required_keywords: [打开]}]}}");
    SAYS(&f, "打开 灯", "I");
    SAYS(&f, "打开灯", "UNKNOWN");
    drop(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_required),           cmocka_unit_test(test_excluded),
        cmocka_unit_test(test_slots_from_context), cmocka_unit_test(test_context_after),
        cmocka_unit_test(test_keywords),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
