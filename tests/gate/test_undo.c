/* test_undo.c - bringing back what a task changed, also when the world has moved on since. */
#include "house.h"

static const ond_run_opts yes = {.yes = true}, waits = {.can_wait = true};

TEST(undo_brings_back)
{
    must(run("set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness\":20}"));
    int64_t first = task(), from = ond_store_count(store);
    must(undo(first, NULL));
    assert_string_equal(status(), "done");
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "80");
    assert_string_equal(kinds(from), "undo intent outcome");
    assert_int_equal(ond_json_num(report, "undo_of", 0), first);
    assert_string_equal(ond_json_str(ond_json_get(step(0), "provenance"), "entity", ""), "journal");
}

TEST(a_task_is_not_undone_twice)
{
    must(run("turn_on", LAMP));
    int64_t first = task();
    must(undo(first, NULL));
    assert_int_equal(undo(first, NULL), OND_E_NOT_FOUND);
    assert_non_null(strstr(last.text, "undone already"));
    must(run("turn_on", LAMP));
    assert_int_equal(undo(first, NULL), OND_E_NOT_FOUND);
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
}

/* `undo` again goes further back; an undo is itself undone only by its number. */
TEST(the_last_one_and_the_one_before)
{
    must(run("turn_on", LAMP));
    must(run("turn_on", "{\"entity\":\"light.kitchen\"}"));
    must(run("turn_on", "{\"entity\":\"light.kitchen\"}"));      /* already so: nothing to undo */
    must(run("get", LAMP));
    must(undo(0, NULL));
    assert_string_equal(shows("light.kitchen", "state"), "off");
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
    must(undo(0, NULL));
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    int64_t second = task();
    assert_int_equal(undo(0, NULL), OND_E_NOT_FOUND);
    assert_non_null(strstr(last.text, "nothing to undo"));
    must(undo(second, NULL));
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
    assert_int_equal(undo(0, NULL), OND_E_NOT_FOUND);
}

TEST(by_any_row_of_the_task)
{
    must(run("turn_on", LAMP));
    must(undo(task() + 2, NULL));
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    assert_int_equal(undo(99999, NULL), OND_E_NOT_FOUND);
    assert_int_equal(undo(-5, NULL), OND_E_NOT_FOUND);
}

TEST(several_steps_in_reverse)
{
    ond_plan plan = {0};
    add(&plan, "turn_on", LAMP, "owner");
    add(&plan, "set_light", "{\"entity\":\"light.living_room_lamp\",\"brightness\":10}", "owner");
    add(&plan, "turn_on", "{\"entity\":\"light.kitchen\"}", "owner");
    must(run_plan(&plan, NULL));
    assert_string_equal(shows("light.living_room_lamp", "brightness"), "10");
    must(undo(0, NULL));
    assert_string_equal(status(), "done");
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    assert_string_equal(shows("light.kitchen", "state"), "off");
    must(run("turn_on", LAMP));
    assert_string_equal(shows("light.living_room_lamp", "brightness"), "60");
}

/* Undoing an unlock is a lock: done. Undoing a lock is an unlock: asked. */
TEST(an_undo_is_judged_by_its_own_effect)
{
    must(run_from("unlock", DOOR, "owner", &yes));
    int64_t unlocked = task();
    must(undo(unlocked, NULL));
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    must(run_from("unlock", DOOR, "owner", &yes));
    must(run("lock", DOOR));
    int64_t locked = task();
    assert_int_equal(undo(locked, NULL), OND_E_ASK);
    assert_string_equal(status(), "refused");
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    assert_int_equal(undo(locked, &waits), OND_E_ASK);
    assert_string_equal(status(), "asked");
    char id[16];
    snprintf(id, sizeof id, "%s", ond_json_str(ond_json_get(report, "ask"), "id", ""));
    must(answer(id, "yes"));
    assert_string_equal(shows("lock.front_door", "state"), "unlocked");
    assert_int_equal(undo(locked, &yes), OND_E_NOT_FOUND);
}

/* ---- the world moved on ---- */

TEST(a_conflict_is_shown_and_asked)
{
    must(run("set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness\":20}"));
    int64_t first = task();
    must(run("set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness\":50}"));
    int64_t from = ond_store_count(store);
    assert_int_equal(undo(first, NULL), OND_E_ASK);
    assert_string_equal(status(), "refused");
    const cJSON *c = cJSON_GetArrayItem(ond_json_get(report, "conflict"), 0);
    assert_int_equal(ond_json_num(ond_json_get(c, "recorded"), "brightness", 0), 20);
    assert_int_equal(ond_json_num(ond_json_get(c, "now"), "brightness", 0), 50);
    const char *q = ond_json_str(ond_json_get(report, "ask"), "question", "");
    if (!strstr(q, "20") || !strstr(q, "50")) fail_msg("%s", q);
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "50");
    assert_string_equal(kinds(from), "undo ask answer");
    must(undo(first, &yes));
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "80");
}

/* The yes was given for the states that were shown. */
TEST(a_conflict_that_changed_again_asks_again)
{
    must(run("set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness\":20}"));
    int64_t first = task();
    must(run("set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness\":50}"));
    assert_int_equal(undo(first, &waits), OND_E_ASK);
    char id[16];
    snprintf(id, sizeof id, "%s", ond_json_str(ond_json_get(report, "ask"), "id", ""));
    must(run("set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness\":55}"));
    assert_int_equal(answer(id, "yes"), OND_E_ASK);
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "55");
    snprintf(id, sizeof id, "%s", ond_json_str(ond_json_get(report, "ask"), "id", ""));
    must(answer(id, "yes"));
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "80");
}

TEST(somebody_brought_it_back_already)
{
    must(run("turn_on", LAMP));
    int64_t first = task();
    must(run("turn_off", LAMP));
    must(undo(first, NULL));
    assert_string_equal(status(), "already");
    assert_int_equal(undo(first, NULL), OND_E_NOT_FOUND);
}

/* What others changed on the same thing, but not what we changed, is no conflict; and it stays. */
TEST(other_attributes_do_not_matter)
{
    must(run("turn_on", LAMP));
    int64_t first = task();
    must(run("set_light", "{\"entity\":\"light.living_room_lamp\",\"color\":\"blue\"}"));
    must(undo(first, NULL));
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
}

TEST(a_policy_may_forbid_an_undo)
{
    must(run("turn_on", LAMP));
    write_policy("version: 1\nrules: [{decision: deny, source: journal}]\n");
    assert_int_equal(undo(0, &yes), OND_E_DENIED);
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
    write_policy("version: 1\n");
    must(undo(0, NULL));
}

TEST(forgotten_is_not_undone)
{
    int64_t erased = 0;
    must(run("turn_on", LAMP));
    int64_t first = task();
    must(ond_store_forget(store, first, 0, &erased, &last));
    assert_true(erased > 0);
    assert_int_equal(undo(first, NULL), OND_E_NOT_FOUND);
    assert_int_equal(undo(0, NULL), OND_E_NOT_FOUND);
}

/* ---- any plan, undone, leaves the house as it was ---- */

static uint32_t seed = 20261123;

static uint32_t dice(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % n;
}

static void add_random(ond_plan *plan)
{
    static const char *const lights[] = {"light.kitchen", "light.study", "light.bedroom", "light.living_room_lamp",
                                         "light.living_room_ceiling"};
    static const char *const verbs[] = {"turn_on", "turn_off", "toggle", "set_light"};
    const char *verb = verbs[dice(COUNT(verbs))];
    char args[120];
    if (strcmp(verb, "set_light") == 0)
        snprintf(args, sizeof args, "{\"entity\":\"%s\",\"brightness\":%u}", lights[3 + dice(2)], 1 + dice(100));
    else
        snprintf(args, sizeof args, "{\"entity\":\"%s\"}", lights[dice(COUNT(lights))]);
    add(plan, verb, args, "owner");
}

static cJSON *states(void)
{
    cJSON *world = NULL, *out = cJSON_CreateObject();
    const cJSON *e;
    must(ond_gate_world(gate, &world, &last));
    cJSON_ArrayForEach(e, ond_json_get(world, "entities"))
        if (strncmp(ond_json_str(e, "id", ""), "light.", 6) == 0)
            ond_json_set(out, ond_json_str(e, "id", ""), cJSON_Duplicate(ond_json_get(e, "state"), true));
    cJSON_Delete(world);
    return out;
}

TEST(random_plans_undone)
{
    for (int round = 0; round < 60; round++) {
        ond_plan plan = {0};
        cJSON *before = states();
        size_t n = 1 + dice(5);
        uint32_t started = seed;
        for (size_t i = 0; i < n; i++) add_random(&plan);
        must(run_plan(&plan, NULL));
        bool changed = strcmp(status(), "already") != 0;
        if (changed) must(undo(task(), NULL));
        cJSON *after = states();
        if (!ond_json_equal(before, after)) {
            char *a = cJSON_PrintUnformatted(before), *b = cJSON_PrintUnformatted(after);
            fail_msg("seed %u:\n%s\n%s", started, a, b);
        }
        cJSON_Delete(before);
        cJSON_Delete(after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(undo_brings_back), HOUSE_TEST(a_task_is_not_undone_twice), HOUSE_TEST(the_last_one_and_the_one_before),
        HOUSE_TEST(by_any_row_of_the_task), HOUSE_TEST(several_steps_in_reverse),
        HOUSE_TEST(an_undo_is_judged_by_its_own_effect), HOUSE_TEST(a_conflict_is_shown_and_asked),
        HOUSE_TEST(a_conflict_that_changed_again_asks_again), HOUSE_TEST(somebody_brought_it_back_already),
        HOUSE_TEST(other_attributes_do_not_matter), HOUSE_TEST(a_policy_may_forbid_an_undo),
        HOUSE_TEST(forgotten_is_not_undone), HOUSE_TEST(random_plans_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
