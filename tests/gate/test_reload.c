/* test_reload.c - a policy that changes under a running house; and one that breaks. */
#include "house.h"

TEST(a_new_policy_holds_at_once)
{
    must(run("turn_on", LAMP));
    write_policy("version: 1\nrules: [{decision: deny, args: {entity: light.living_room_lamp}}]\n");
    assert_int_equal(run("turn_off", LAMP), OND_E_DENIED);
    /* the same length, within the same moment */
    write_policy("version: 1\nrules: [{decision: deny, args: {entity: light.living_room_lamq}}]\n");
    must(run("turn_off", LAMP));
}

TEST(a_broken_policy_closes)
{
    ond_run_opts yes = {.yes = true};
    write_policy("version: 1\n");
    must(run("turn_on", LAMP));
    write_policy("version: 1\nrules: [{decision: alow}]\n");
    assert_int_equal(run("turn_off", LAMP), OND_E_DENIED);
    assert_non_null(strstr(last.text, "until the policy is mended"));
    assert_non_null(strstr(last.text, "rules[0].decision: 'alow'"));
    assert_int_equal(run_from("turn_off", LAMP, "owner", &yes), OND_E_DENIED);
    assert_int_equal(undo(0, &yes), OND_E_DENIED);
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
    must(run("get", LAMP));
    assert_non_null(strstr(notes, "policy file is broken"));
    assert_ptr_equal(strstr(strstr(notes, "broken") + 1, "broken"), NULL); /* told once */
    cJSON *hands = ond_gate_hands(gate);
    assert_non_null(hands);
    cJSON_Delete(hands);
    write_policy("version: 1\nrules: []\n");
    must(run("turn_off", LAMP));
    assert_non_null(strstr(notes, "whole again"));
}

TEST(broken_from_the_start)
{
    write_policy("version: one\n");
    start_again();
    assert_non_null(strstr(notes, "policy file is broken"));
    assert_int_equal(run("turn_on", LAMP), OND_E_DENIED);
    must(run("get", LAMP));
}

TEST(an_empty_file_is_broken_too)
{
    write_policy("version: 1\n");
    must(run("turn_on", LAMP));
    write_policy("");
    assert_int_equal(run("turn_off", LAMP), OND_E_DENIED);
}

/* A folder, a file that may not be read, a file without end: there, but no policy. */
TEST(a_file_that_is_none)
{
    must(mkdir(policy_path, 0700));
    assert_int_equal(run("turn_on", LAMP), OND_E_DENIED);
    must(rmdir(policy_path));
    must(run("turn_on", LAMP));
    FILE *f = fopen(policy_path, "w");
    for (int i = 0; i < 70000; i++) fputs("# as long as it is\n", f);
    fclose(f);
    assert_int_equal(run("turn_off", LAMP), OND_E_DENIED);
}

TEST(gone_means_defaults)
{
    write_policy("version: 1\ndefaults: {reversible: deny}\n");
    assert_int_equal(run("turn_on", LAMP), OND_E_DENIED);
    must(unlink(policy_path));
    must(run("turn_on", LAMP));
    assert_non_null(strstr(notes, "is gone; the defaults apply"));
    notes[0] = '\0';
    must(run("turn_off", LAMP));
    assert_string_equal(notes, "");
}

TEST(night_falls)
{
    ond_ms t;
    write_policy("version: 1\nzone: Asia/Seoul\nrules:\n- {decision: deny, time: '22:00-07:00', "
                 "effect: reversible}\n");
    must(ond_iso_parse(OND_S("2026-11-23T21:59:00+09:00"), NULL, &t, &last));
    ond_clock_set(t);
    must(run("turn_on", LAMP));
    ond_clock_set(t + 60 * 1000);
    assert_int_equal(run("turn_off", LAMP), OND_E_DENIED);
    ond_clock_set(t + 9 * 3600 * 1000);
    assert_int_equal(run("turn_off", LAMP), OND_E_DENIED);
    ond_clock_set(t + 9 * 3600 * 1000 + 60 * 1000);
    must(run("turn_off", LAMP));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(a_new_policy_holds_at_once),
        HOUSE_TEST(a_broken_policy_closes),
        HOUSE_TEST(broken_from_the_start),
        HOUSE_TEST(an_empty_file_is_broken_too),
        HOUSE_TEST(a_file_that_is_none),
        HOUSE_TEST(gone_means_defaults),
        HOUSE_TEST(night_falls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
