/* test_plan.c - proposals to JSON and back, and the digest that consent is bound to. */
#include "base/plan.h"
#include "cm.h"

static cJSON *json(const char *text)
{
    cJSON *v = NULL;
    ond_err e = {0};
    if (ond_json_parse(ond_str_of(text), &v, &e)) fail_msg("%s", e.text);
    return v;
}

TEST(names)
{
    for (int i = 0; i <= OND_EFFECT_PHYSICAL; i++) {
        ond_effect e;
        assert_true(ond_effect_parse(ond_effect_name((ond_effect)i), &e));
        assert_int_equal(e, i);
    }
    for (int i = 0; i <= OND_SOURCE_UNTRUSTED; i++) {
        ond_source s;
        assert_true(ond_source_parse(ond_source_name((ond_source)i), &s));
        assert_int_equal(s, i);
    }
    ond_effect e = OND_EFFECT_PHYSICAL;
    assert_string_equal(ond_effect_name(OND_EFFECT_REVERSIBLE), "reversible");
    assert_string_equal(ond_source_name(OND_SOURCE_UNTRUSTED), "untrusted");
    assert_false(ond_effect_parse("Reversible", &e));
    assert_false(ond_effect_parse("", &e));
    assert_false(ond_effect_parse(NULL, &e));
    assert_int_equal(e, OND_EFFECT_PHYSICAL);
    assert_string_equal(ond_effect_name((ond_effect)9), "unknown");
}

TEST(json_round_trip)
{
    ond_plan plan = {0}, back = {0};
    for (int i = 0; i < 9; i++)
        assert_int_equal(
            ond_plan_add(&plan, "home", "set", json("{\"entity\":\"light.a\",\"pct\":40}"),
                         json("{\"entity\":\"owner\"}"), OND_EFFECT_REVERSIBLE, "불을 40%로", NULL),
            0);
    assert_int_equal(ond_plan_add(&plan, "home", "read", NULL, NULL, OND_EFFECT_READ, NULL, NULL),
                     0);
    cJSON *list = ond_plan_json(&plan);
    assert_int_equal(cJSON_GetArraySize(list), 10);
    const cJSON *c;
    cJSON_ArrayForEach(c, list) assert_int_equal(ond_proposal_parse(c, &back, NULL), 0);
    cJSON *again = ond_plan_json(&back);
    assert_true(ond_json_equal(list, again));
    assert_string_equal(back.v[0].why, "불을 40%로");
    assert_string_equal(back.v[9].why, "");
    assert_int_equal(back.v[0].effect, OND_EFFECT_REVERSIBLE);
    cJSON_Delete(list);
    cJSON_Delete(again);
    ond_plan_free(&plan);
    ond_plan_free(&back);
    assert_null(back.v);
}

TEST(parse_is_strict)
{
    static const char *const bad[] = {
        "[]",
        "1",
        "{}",
        "{\"hand\":\"home\",\"verb\":\"x\",\"args\":{}}",
        "{\"hand\":\"\",\"verb\":\"x\",\"args\":{},\"effect\":\"read\"}",
        "{\"hand\":1,\"verb\":\"x\",\"args\":{},\"effect\":\"read\"}",
        "{\"hand\":\"h\",\"verb\":null,\"args\":{},\"effect\":\"read\"}",
        "{\"hand\":\"h\",\"verb\":\"x\",\"args\":[],\"effect\":\"read\"}",
        "{\"hand\":\"h\",\"verb\":\"x\",\"effect\":\"read\"}",
        "{\"hand\":\"h\",\"verb\":\"x\",\"args\":{},\"effect\":\"none\"}",
        "{\"hand\":\"h\",\"verb\":\"x\",\"args\":{},\"effect\":1}",
        "{\"hand\":\"h\",\"verb\":\"x\",\"args\":{},\"effect\":\"read\",\"why\":3}",
        "{\"hand\":\"h\",\"verb\":\"x\",\"args\":{},\"effect\":\"read\",\"provenance\":[]}",
        "{\"hand\":\"h\",\"verb\":\"x\",\"args\":{},\"effect\":\"read\",\"provenance\":{\"a\":\"\"}}",
        "{\"hand\":\"h\",\"verb\":\"x\",\"args\":{},\"effect\":\"read\",\"provenance\":{\"a\":1}}",
    };
    ond_plan plan = {0};
    for (size_t i = 0; i < COUNT(bad); i++) {
        cJSON *v = json(bad[i]);
        ond_err e = {0};
        if (ond_proposal_parse(v, &plan, &e) != OND_E_INPUT) fail_msg("accepted: %s", bad[i]);
        assert_true(strlen(e.text) > 0);
        cJSON_Delete(v);
    }
    assert_int_equal(ond_proposal_parse(NULL, &plan, NULL), OND_E_INPUT);
    assert_int_equal(plan.n, 0);
    ond_plan_free(&plan);
}

static void digest(const char *verb, const char *args, ond_effect effect, const char *why,
                   char hex[65])
{
    ond_plan plan = {0};
    assert_int_equal(ond_plan_add(&plan, "home", verb, json(args), NULL, effect, why, NULL), 0);
    ond_proposal_digest(&plan.v[0], hex);
    assert_int_equal(strlen(hex), 64);
    ond_plan_free(&plan);
}

TEST(digest_binds_hand_verb_and_args)
{
    char a[65], b[65];
    digest("set", "{\"x\":1,\"y\":[2]}", OND_EFFECT_READ, "one", a);
    digest("set", "{\"y\":[2.0],\"x\":1}", OND_EFFECT_PHYSICAL, "two", b);
    assert_string_equal(a, b);
    digest("set", "{\"x\":1,\"y\":[3]}", OND_EFFECT_READ, "one", b);
    assert_string_not_equal(a, b);
    digest("get", "{\"x\":1,\"y\":[2]}", OND_EFFECT_READ, "one", b);
    assert_string_not_equal(a, b);
    digest("set", "{\"x\":\"1\",\"y\":[2]}", OND_EFFECT_READ, "one", b);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names),
        cmocka_unit_test(json_round_trip),
        cmocka_unit_test(parse_is_strict),
        cmocka_unit_test(digest_binds_hand_verb_and_args),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
