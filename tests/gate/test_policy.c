/* test_policy.c - reading policies, and which rule decides. */
#include "house.h"
#include "gate/room.h"

/* ---- matching ---- */

typedef struct row {
    const char *verb, *args, *source;
    ond_effect effect;
    const char *want; /* decision, and the start of the reason after a blank */
} row;

static void check_table(const char *yaml, const row *rows, size_t n)
{
    ond__policy *p = NULL;
    must(ond__policy_parse(ond_str_of(yaml), "policy.yaml", &p, &last));
    for (size_t i = 0; i < n; i++) {
        cJSON *args = json(rows[i].args), *from = cJSON_CreateObject();
        for (cJSON *c = args->child; c; c = c->next)
            if (rows[i].source) ond_json_set_str(from, c->string, rows[i].source);
        ond__case c = {"home", rows[i].verb, rows[i].effect, args, from, ond_now()};
        char why[160], got[200];
        snprintf(got, sizeof got, "%s %s",
                 ond__decision_name(ond__policy_decide(p, &c, why, sizeof why)), why);
        if (strncmp(got, rows[i].want, strlen(rows[i].want)) != 0)
            fail_msg("row %zu: got '%s', wanted '%s'", i, got, rows[i].want);
        cJSON_Delete(args);
        cJSON_Delete(from);
    }
    ond__policy_free(p);
}

TEST(defaults_go_by_effect)
{
    static const row rows[] = {
        {"get", "{}", "owner", OND_EFFECT_READ, "allow default for read"},
        {"turn_on", "{}", "owner", OND_EFFECT_REVERSIBLE, "allow default for reversible"},
        {"press", "{}", "owner", OND_EFFECT_IRREVERSIBLE, "ask default for irreversible"},
        {"unlock", "{}", "owner", OND_EFFECT_PHYSICAL, "ask default for physical"},
    };
    check_table("version: 1", rows, COUNT(rows));
    check_table(ond_policy_default(), rows, COUNT(rows));
}

TEST(first_match_wins)
{
    static const char yaml[] =
        "version: 1\n"
        "rules:\n"
        "- {decision: deny, verb: unlock, args: {entity: lock.back*}, why: never the back door}\n"
        "- {decision: allow, verb: [unlock, open], effect: physical}\n"
        "- {decision: ask, hand: ho*, verb: 'turn_*', effect: [reversible, physical]}\n"
        "defaults: {read: ask, physical: deny}\n";
    static const row rows[] = {
        {"unlock", "{\"entity\":\"lock.back_door\"}", "owner", OND_EFFECT_PHYSICAL,
         "deny rules[0]: never the back door"},
        {"unlock", "{\"entity\":\"lock.front_door\"}", "owner", OND_EFFECT_PHYSICAL,
         "allow rules[1]"},
        {"open", "{}", "owner", OND_EFFECT_REVERSIBLE, "allow default for reversible"},
        {"turn_on", "{}", "owner", OND_EFFECT_REVERSIBLE, "ask rules[2]"},
        {"turn_off", "{}", "owner", OND_EFFECT_PHYSICAL, "ask rules[2]"},
        {"lock", "{}", "owner", OND_EFFECT_PHYSICAL, "deny default for physical"},
        {"get", "{}", "owner", OND_EFFECT_READ, "ask default for read"},
    };
    check_table(yaml, rows, COUNT(rows));
}

TEST(patterns_of_arguments)
{
    static const char yaml[] = "version: 1\n"
                               "rules:\n"
                               "- {decision: deny, args: {brightness: '>90'}}\n"
                               "- {decision: ask, args: {brightness: ['<5', '>=80, <=90']}}\n"
                               "- {decision: deny, args: {temperature: 30}}\n"
                               "- {decision: deny, args: {muted: yes}}\n"
                               "- {decision: ask, args: {to: on}}\n"
                               "- {decision: deny, args: {entity: 'light.?', color: red}}\n";
    static const row rows[] = {
        {"set_light", "{\"brightness\":91}", "owner", OND_EFFECT_REVERSIBLE, "deny rules[0]"},
        {"set_light", "{\"brightness\":90}", "owner", OND_EFFECT_REVERSIBLE, "ask rules[1]"},
        {"set_light", "{\"brightness\":80}", "owner", OND_EFFECT_REVERSIBLE, "ask rules[1]"},
        {"set_light", "{\"brightness\":79.9}", "owner", OND_EFFECT_REVERSIBLE, "allow default"},
        {"set_light", "{\"brightness\":4}", "owner", OND_EFFECT_REVERSIBLE, "ask rules[1]"},
        {"set_light", "{\"brightness\":\"95\"}", "owner", OND_EFFECT_REVERSIBLE, "allow default"},
        {"set", "{\"attributes\":{\"brightness\":95}}", "owner", OND_EFFECT_REVERSIBLE,
         "deny rules[0]"},
        {"set_temperature", "{\"temperature\":30}", "owner", OND_EFFECT_REVERSIBLE,
         "deny rules[2]"},
        {"set_volume", "{\"muted\":true}", "owner", OND_EFFECT_REVERSIBLE, "deny rules[3]"},
        {"set_volume", "{\"muted\":false}", "owner", OND_EFFECT_REVERSIBLE, "allow default"},
        {"toggle", "{\"to\":\"on\"}", "owner", OND_EFFECT_REVERSIBLE, "ask rules[4]"},
        {"set_light", "{\"entity\":\"light.등\",\"color\":\"red\"}", "owner", OND_EFFECT_REVERSIBLE,
         "deny rules[5]"},
        {"set_light", "{\"entity\":\"light.ab\",\"color\":\"red\"}", "owner", OND_EFFECT_REVERSIBLE,
         "allow default"},
        {"set_light", "{\"entity\":\"light.a\",\"color\":\"blue\"}", "owner", OND_EFFECT_REVERSIBLE,
         "allow default"},
        {"set_light", "{\"entity\":\"light.a\"}", "owner", OND_EFFECT_REVERSIBLE, "allow default"},
    };
    check_table(yaml, rows, COUNT(rows));
}

/* Of several values, allow needs all, ask and deny need one: a list is no way around a rule. */
TEST(lists_are_read_the_careful_way)
{
    static const char yaml[] = "version: 1\n"
                               "rules:\n"
                               "- {decision: deny, args: {entity: 'lock.*'}}\n"
                               "- {decision: allow, args: {entity: 'light.*'}}\n"
                               "defaults: {reversible: ask}\n";
    static const row rows[] = {
        {"turn_on", "{\"entity\":[\"light.a\",\"lock.b\"]}", "owner", OND_EFFECT_REVERSIBLE,
         "deny rules[0]"},
        {"turn_on", "{\"entity\":[\"light.a\",\"light.b\"]}", "owner", OND_EFFECT_REVERSIBLE,
         "allow rules[1]"},
        {"turn_on", "{\"entity\":[\"light.a\",\"fan.b\"]}", "owner", OND_EFFECT_REVERSIBLE,
         "ask default"},
        {"turn_on", "{\"entity\":[]}", "owner", OND_EFFECT_REVERSIBLE, "ask default"},
    };
    check_table(yaml, rows, COUNT(rows));
}

TEST(sources)
{
    static const char yaml[] = "version: 1\n"
                               "rules:\n"
                               "- {decision: deny, source: [untrusted]}\n"
                               "- {decision: allow, source: [owner, rule], effect: physical}\n";
    static const row rows[] = {
        {"turn_on", "{\"entity\":\"a\"}", "untrusted", OND_EFFECT_REVERSIBLE, "deny rules[0]"},
        {"turn_on", "{\"entity\":\"a\"}", "nonsense", OND_EFFECT_REVERSIBLE, "deny rules[0]"},
        {"turn_on", "{\"entity\":\"a\"}", NULL, OND_EFFECT_REVERSIBLE, "deny rules[0]"},
        {"unlock", "{\"entity\":\"a\"}", "owner", OND_EFFECT_PHYSICAL, "allow rules[1]"},
        {"unlock", "{\"entity\":\"a\"}", "model", OND_EFFECT_PHYSICAL, "ask default"},
        {"unlock", "{}", "owner", OND_EFFECT_PHYSICAL, "ask default"},
    };
    check_table(yaml, rows, COUNT(rows));
}

/* ---- time ---- */

static void at(const char *iso)
{
    ond_ms t;
    must(ond_iso_parse(ond_str_of(iso), "Asia/Seoul", &t, &last));
    ond_clock_set(t);
}

static void decides(const char *yaml, const char *iso, const char *want)
{
    row r = {"turn_on", "{}", "owner", OND_EFFECT_REVERSIBLE, want};
    at(iso);
    check_table(yaml, &r, 1);
}

TEST(windows_of_time)
{
    static const char night[] =
        "version: 1\nrules:\n- {decision: deny, time: '22:00-07:00', zone: Asia/Seoul}\n";
    ond_zone_set("Europe/Berlin");
    decides(night, "2026-11-23T21:59:59+09:00", "allow");
    decides(night, "2026-11-23T22:00:00+09:00", "deny");
    decides(night, "2026-11-24T00:00:00+09:00", "deny");
    decides(night, "2026-11-24T06:59:59+09:00", "deny");
    decides(night, "2026-11-24T07:00:00+09:00", "allow");
    static const char noon[] = "version: 1\nzone: Asia/Seoul\nrules:\n- {decision: deny, time: "
                               "['9:00-12:00', '13:00-24:00']}\n";
    decides(noon, "2026-11-23T08:59:00+09:00", "allow");
    decides(noon, "2026-11-23T09:00:00+09:00", "deny");
    decides(noon, "2026-11-23T12:30:00+09:00", "allow");
    decides(noon, "2026-11-23T23:59:59+09:00", "deny");
    static const char house_zone[] =
        "version: 1\nrules:\n- {decision: deny, time: '00:00-01:00'}\n";
    decides(house_zone, "2026-11-24T08:30:00+09:00", "deny"); /* half past midnight in Berlin */
    decides(house_zone, "2026-11-24T00:30:00+09:00", "allow");
}

/* A night belongs to the day on which it began. 2026-11-23 is a Monday. */
TEST(days_of_the_week)
{
    static const char mon[] = "version: 1\nzone: Asia/Seoul\nrules:\n- {decision: deny, days: mon, "
                              "time: '22:00-07:00'}\n";
    decides(mon, "2026-11-23T23:00:00", "deny");
    decides(mon, "2026-11-24T06:00:00", "deny");
    decides(mon, "2026-11-24T23:00:00", "allow");
    decides(mon, "2026-11-23T06:00:00", "allow");
    static const char weekend[] =
        "version: 1\nzone: Asia/Seoul\nrules:\n- {decision: deny, days: [weekend, wed]}\n";
    decides(weekend, "2026-11-22T00:00:00", "deny");
    decides(weekend, "2026-11-23T00:00:00", "allow");
    decides(weekend, "2026-11-25T12:00:00", "deny");
    decides(weekend, "2026-11-28T23:59:59", "deny");
    static const char work[] =
        "version: 1\nzone: Asia/Seoul\nrules:\n- {decision: deny, days: weekdays}\n";
    decides(work, "2026-11-22T12:00:00", "allow");
    decides(work, "2026-11-27T12:00:00", "deny");
}

/* The hour that is skipped, and the hour that comes twice. */
TEST(summer_time)
{
    static const char yaml[] =
        "version: 1\nrules:\n- {decision: deny, time: '02:00-03:00', zone: Europe/Berlin}\n";
    decides(yaml, "2026-03-29T00:59:59Z", "allow");
    decides(yaml, "2026-03-29T01:00:00Z", "allow");
    decides(yaml, "2026-10-25T00:30:00Z", "deny");
    decides(yaml, "2026-10-25T01:30:00Z", "deny");
    decides(yaml, "2026-10-25T02:00:00Z", "allow");
}

/* ---- limits ---- */

static bool within(const char *yaml, const char *verb, const char *args)
{
    ond__policy *p = NULL;
    char why[160];
    cJSON *a = json(args);
    must(ond__policy_parse(ond_str_of(yaml), "policy.yaml", &p, &last));
    ond__case c = {"home", verb, OND_EFFECT_REVERSIBLE, a, NULL, ond_now()};
    bool so = ond__policy_within(p, &c, why, sizeof why);
    cJSON_Delete(a);
    ond__policy_free(p);
    return so;
}

TEST(limits_bind_every_verb_they_name)
{
    static const char yaml[] = "version: 1\nlimits:\n"
                               "- {hand: home, args: {temperature: '>=16, <=28'}, why: comfort}\n"
                               "- {verb: set_light, args: {color: [red, blue]}}\n";
    assert_true(within(yaml, "set_temperature", "{\"temperature\":16}"));
    assert_true(within(yaml, "set_temperature", "{\"temperature\":28}"));
    assert_false(within(yaml, "set_temperature", "{\"temperature\":28.5}"));
    assert_false(within(yaml, "set_temperature", "{\"temperature\":\"20\"}"));
    assert_false(within(yaml, "set", "{\"attributes\":{\"temperature\":35}}"));
    assert_true(within(yaml, "set_light", "{\"color\":\"blue\"}"));
    assert_false(within(yaml, "set_light", "{\"color\":\"green\"}"));
    assert_true(within(yaml, "turn_on", "{}"));
}

/* ---- what is wrong with a policy ---- */

TEST(errors_name_the_place_and_the_nearest)
{
    static const struct {
        const char *yaml, *want;
    } bad[] = {
        {"", "the file: should be a mapping"},
        {"[1]", "the file: should be a mapping"},
        {"rules: []", "version: is missing"},
        {"version: 2", "version: is 2"},
        {"version: 1\nrulez: []",
         "the file: 'rulez' is no key (version, zone, rules, limits, defaults, budgets); did you "
         "mean 'rules'?"},
        {"version: 1\nrules: {a: b}", "rules: should be a list"},
        {"version: 1\nrules: [{verb: unlock}]", "rules[0]: has no decision"},
        {"version: 1\nrules: [{decision: alow}]",
         "rules[0].decision: 'alow' is no decision (allow, ask, deny); did you mean "
         "'allow'?"},
        {"version: 1\nrules: [{decision: deny}, {decision: deny, effect: reversable}]",
         "rules[1].effect: 'reversable' is no effect (read, reversible, irreversible, physical); "
         "did you mean 'reversible'"},
        {"version: 1\nrules: [{decision: deny, hand: hoem}]", "rules[0].hand: 'hoem' is no hand"},
        {"version: 1\nrules: [{decision: deny, verb: unlok}]", "rules[0].verb: 'unlok' is no verb"},
        {"version: 1\nrules: [{decision: deny, verb: 'unlok*'}]",
         "rules[0].verb: 'unlok*' is no verb"},
        {"version: 1\nrules: [{decision: deny, verb: unlock, args: {entitty: a}}]",
         "rules[0].args: 'entitty' is no argument of these verbs (entity); did you mean 'entity'?"},
        {"version: 1\nrules: [{decision: deny, args: {brightness: '>= x'}}]",
         "rules[0].args.brightness: '>= x' is no range"},
        {"version: 1\nrules: [{decision: deny, args: {brightness: '>5, <5'}}]",
         "rules[0].args.brightness: no number is in"},
        {"version: 1\nrules: [{decision: deny, args: {brightness: []}}]",
         "rules[0].args.brightness: is an empty list"},
        {"version: 1\nrules: [{decision: deny, args: {brightness: {a: 1}}}]",
         "rules[0].args.brightness: should be"},
        {"version: 1\nrules: [{decision: deny, args: {}}]", "rules[0].args: should be a mapping"},
        {"version: 1\nrules: [{decision: deny, time: '22-07'}]",
         "rules[0].time: '22-07' is no time of day"},
        {"version: 1\nrules: [{decision: deny, time: '25:00-07:00'}]",
         "rules[0].time: '25:00-07:00' is no time"},
        {"version: 1\nrules: [{decision: deny, time: '07:60-08:00'}]",
         "rules[0].time: '07:60-08:00' is no time"},
        {"version: 1\nrules: [{decision: deny, time: '07:00-07:00'}]",
         "rules[0].time: '07:00-07:00' covers no time"},
        {"version: 1\nrules: [{decision: deny, zone: Asia/Seul}]", "rules[0].zone: "},
        {"version: 1\nrules: [{decision: deny, days: [monday]}]",
         "rules[0].days: 'monday' is no day"},
        {"version: 1\nrules: [{decision: deny, source: modell}]",
         "rules[0].source: 'modell' is no source"},
        {"version: 1\nrules: [{decision: deny, hand: []}]", "rules[0].hand: is an empty list"},
        {"version: 1\nrules: [{decision: deny, hand: [1]}]", "rules[0].hand: should be a text"},
        {"version: 1\nrules: [7]", "rules[0]: should be a mapping"},
        {"version: 1\nrules: [{decision: deny, why: 3}]", "rules[0].why: should be a text"},
        {"version: 1\nlimits: [{verb: set_light}]", "limits[0]: has no args"},
        {"version: 1\nlimits: [{decision: deny}]", "limits[0]: 'decision' is no key"},
        {"version: 1\ndefaults: {reed: ask}", "defaults: 'reed' is no key (read"},
        {"version: 1\ndefaults: {read: maybe}", "defaults.read: 'maybe' is no decision"},
        {"version: 1\nbudgets: {step: 3}",
         "budgets: 'step' is no key (steps, seconds, acts_per_minute); did you mean 'steps'?"},
        {"version: 1\nbudgets: {steps: -1}", "budgets.steps: should be a number"},
        {"version: 1\nbudgets: {steps: many}", "budgets.steps: should be a number"},
        {"version: 1\nrules: [", "policy.yaml"},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        cJSON *summary = NULL;
        ond_err err = {0};
        assert_int_equal(ond_policy_check(ond_str_of(bad[i].yaml), "policy.yaml", &summary, &err),
                         OND_E_CONFIG);
        assert_null(summary);
        assert_int_equal(err.code, OND_E_CONFIG);
        assert_int_equal(strncmp(err.text, "policy.yaml", 11), 0);
        if (!strstr(err.text, bad[i].want))
            fail_msg("row %zu: got '%s', wanted '%s'", i, err.text, bad[i].want);
    }
}

TEST(a_bomb_is_an_error)
{
    ond_buf b = {0};
    cJSON *summary = NULL;
    ond_buf_puts(&b, "version: 1\na0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
    for (int i = 1; i < 9; i++) {
        ond_buf_printf(&b, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++) ond_buf_printf(&b, "%s*a%d", k ? "," : "", i - 1);
        ond_buf_puts(&b, "]\n");
    }
    assert_int_equal(ond_policy_check((ond_str){b.p, b.n}, "policy.yaml", &summary, &last),
                     OND_E_CONFIG);
    ond_buf_free(&b);
}

TEST(too_many_rules)
{
    ond_buf b = {0};
    cJSON *summary = NULL;
    ond_buf_puts(&b, "version: 1\nrules:\n");
    for (int i = 0; i < 1001; i++) ond_buf_puts(&b, "- {decision: ask}\n");
    assert_int_equal(ond_policy_check((ond_str){b.p, b.n}, "policy.yaml", &summary, &last),
                     OND_E_CONFIG);
    assert_non_null(strstr(last.text, "over 1000"));
    ond_buf_free(&b);
}

TEST(summary)
{
    cJSON *s = NULL;
    must(ond_policy_check(
        ond_str_of("version: 1\nzone: Asia/Seoul\nrules: [{decision: ask}]\nbudgets: {steps: 3}"),
        "p", &s, &last));
    assert_int_equal(ond_json_num(s, "rules", -1), 1);
    assert_int_equal(ond_json_num(s, "limits", -1), 0);
    assert_string_equal(ond_json_str(s, "zone", ""), "Asia/Seoul");
    assert_int_equal(ond_json_num(ond_json_get(s, "budgets"), "steps", -1), 3);
    assert_string_equal(ond_json_str(ond_json_get(s, "defaults"), "physical", ""), "ask");
    cJSON_Delete(s);
}

TEST(usual_decision_of_a_verb)
{
    ond__policy *p = NULL;
    must(ond__policy_parse(
        ond_str_of("version: 1\nrules:\n- {decision: deny, verb: unlock}\n"
                   "- {decision: ask, verb: lock, time: '22:00-07:00'}\n"
                   "- {decision: allow, verb: open, args: {entity: 'cover.*'}}\n"),
        "p", &p, &last));
    assert_string_equal(ond__policy_usual(p, "home", "unlock", OND_EFFECT_PHYSICAL), "deny");
    assert_string_equal(ond__policy_usual(p, "home", "lock", OND_EFFECT_REVERSIBLE), "depends");
    assert_string_equal(ond__policy_usual(p, "home", "open", OND_EFFECT_REVERSIBLE), "allow");
    assert_string_equal(ond__policy_usual(p, "home", "open", OND_EFFECT_PHYSICAL), "depends");
    assert_string_equal(ond__policy_usual(p, "home", "close", OND_EFFECT_PHYSICAL), "ask");
    ond__policy_free(p);
}

/* ---- names ---- */

TEST(globs)
{
    static const struct {
        const char *pattern, *text;
        bool want;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "abc", true},
        {"a*c", "abc", true},
        {"a*c", "ab", false},
        {"a?c", "abc", true},
        {"a?c", "ac", false},
        {"?", "등", true},
        {"??", "등", false},
        {"*등*", "천장등1", true},
        {"light.*", "light.x", true},
        {"light.*", "lightx", false},
        {"\\*", "*", true},
        {"\\*", "a", false},
        {"a\\?", "a?", true},
        {"a\\?", "ab", false},
        {"**a", "ba", true},
        {"*a*b*c", "xxaxxbxxc", true},
        {"\\", "\\", false},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (ond__glob(rows[i].pattern, rows[i].text) != rows[i].want)
            fail_msg("'%s' against '%s'", rows[i].pattern, rows[i].text);
    char hostile[20001];
    memset(hostile, 'a', 20000);
    hostile[20000] = '\0';
    assert_false(ond__glob("*a*a*a*a*a*a*a*a*a*a*b", hostile));
}

TEST(near_names)
{
    static const char *const names[] = {"turn_on", "turn_off", "toggle", "lock", "unlock"};
    ond_buf b = {0};
    ond__near_put(&b, "turn_of", names, COUNT(names));
    assert_string_equal(ond_buf_z(&b), "; did you mean 'turn_on' or 'turn_off'?");
    ond_buf_clear(&b);
    ond__near_put(&b, "lokc", names, COUNT(names));
    assert_string_equal(ond_buf_z(&b), "; did you mean 'lock'?");
    ond_buf_clear(&b);
    ond__near_put(&b, "explode", names, COUNT(names));
    assert_int_equal(b.n, 0);
    ond_buf_free(&b);
}

static int back_to_now(void **state)
{
    (void)state;
    ond_clock_set(0);
    ond_zone_set(NULL);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(defaults_go_by_effect),
        cmocka_unit_test(first_match_wins),
        cmocka_unit_test(patterns_of_arguments),
        cmocka_unit_test(lists_are_read_the_careful_way),
        cmocka_unit_test(sources),
        cmocka_unit_test_teardown(windows_of_time, back_to_now),
        cmocka_unit_test_teardown(days_of_the_week, back_to_now),
        cmocka_unit_test_teardown(summer_time, back_to_now),
        cmocka_unit_test(limits_bind_every_verb_they_name),
        cmocka_unit_test(errors_name_the_place_and_the_nearest),
        cmocka_unit_test(a_bomb_is_an_error),
        cmocka_unit_test(too_many_rules),
        cmocka_unit_test(summary),
        cmocka_unit_test(usual_decision_of_a_verb),
        cmocka_unit_test(globs),
        cmocka_unit_test(near_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
