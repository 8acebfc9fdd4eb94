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
    must(run("turn_on", "{\"entity\":\"light.kitchen\"}")); /* already so: nothing to undo */
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

/* A scene is one step on many things; what it changed is compared member by member. */
TEST(a_scene_and_its_members)
{
    must(run("turn_on", "{\"entity\":\"light.kitchen\"}"));
    must(run_from("activate", "{\"entity\":\"scene.movie\"}", "owner", &yes));
    int64_t scene = task();
    char ceiling[32];
    snprintf(ceiling, sizeof ceiling, "%s", shows("light.living_room_ceiling", "state"));
    assert_string_not_equal(ceiling, "on");
    must(undo(scene, &(ond_run_opts){.yes = false, .can_wait = false}));
    assert_string_equal(shows("light.living_room_ceiling", "state"), "on");
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "80");
    must(run_from("activate", "{\"entity\":\"scene.movie\"}", "owner", &yes));
    scene = task();
    must(run("turn_on", "{\"entity\":\"light.living_room_ceiling\"}"));
    assert_int_equal(undo(scene, NULL), OND_E_ASK);
    const cJSON *c = cJSON_GetArrayItem(ond_json_get(report, "conflict"), 0);
    const cJSON *then = ond_json_get(ond_json_get(ond_json_get(c, "recorded"), "members"),
                                     "light.living_room_ceiling");
    assert_string_equal(ond_json_str(then, "state", ""), "off");
}

/* ---- any plan, undone, leaves the house as it was ---- */

static uint32_t seed = 20261123;

static uint32_t dice(uint32_t n)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 16) % n;
}

static const struct {
    const char *verb, *entity, *arg;
    double low, high;
} deeds[] = {
    {"turn_on", "light.kitchen", NULL, 0, 0},
    {"turn_off", "light.kitchen", NULL, 0, 0},
    {"toggle", "light.study", NULL, 0, 0},
    {"toggle", "light.living_room_lamp", NULL, 0, 0},
    {"set_light", "light.living_room_lamp", "brightness", 1, 100},
    {"set_light", "light.living_room_ceiling", "brightness", 1, 100},
    {"set_light", "light.living_room_ceiling", "color_temp", 2700, 6000},
    {"turn_off", "light.living_room_ceiling", NULL, 0, 0},
    {"toggle", "switch.coffee_maker", NULL, 0, 0},
    {"toggle", "cover.living_room_curtain", NULL, 0, 0},
    {"set_position", "cover.bedroom_curtain", "position", 0, 100},
    {"toggle", "fan.bedroom", NULL, 0, 0},
    {"set_fan", "fan.bedroom", "percentage", 10, 100},
    {"toggle", "media_player.living_room_tv", NULL, 0, 0},
    {"set_volume", "media_player.living_room_tv", "volume", 0, 100},
    {"set_temperature", "climate.boiler", "temperature", 16, 28},
    {"set_temperature", "climate.living_room_ac", "temperature", 18, 28},
    {"set_humidity", "humidifier.kids_room", "humidity", 35, 65},
    {"toggle", "humidifier.kids_room", NULL, 0, 0},
    {"lock", "lock.front_door", NULL, 0, 0},
    {"unlock", "lock.front_door", NULL, 0, 0},
    {"activate", "scene.movie", NULL, 0, 0},
    {"activate", "scene.sleep", NULL, 0, 0},
};

static void add_random(ond_plan *plan)
{
    size_t k = dice(COUNT(deeds));
    char args[160];
    int n = snprintf(args, sizeof args, "{\"entity\":\"%s\"", deeds[k].entity);
    if (deeds[k].arg)
        n += snprintf(args + n, sizeof args - (size_t)n, ",\"%s\":%d", deeds[k].arg,
                      (int)deeds[k].low + (int)dice((uint32_t)(deeds[k].high - deeds[k].low) + 1));
    snprintf(args + n, sizeof args - (size_t)n, "}");
    add(plan, deeds[k].verb, args, "owner");
}

/* Everything that can be set, once what moves has come to rest. */
static cJSON *states(void)
{
    cJSON *world = NULL, *out = cJSON_CreateObject();
    const cJSON *e;
    ond_clock_set(ond_now() + 10 * 60 * 1000);
    must(ond_gate_world(gate, &world, &last));
    cJSON_ArrayForEach(e, ond_json_get(world, "entities"))
    {
        const char *id = ond_json_str(e, "id", "");
        cJSON *state = cJSON_Duplicate(ond_json_get(e, "state"), true);
        if (strstr(id, "sensor.") == id || strstr(id, "binary_sensor.") == id)
            cJSON_DeleteItemFromObject(state, "state");
        static const char *const drift[] = {"current_temperature", "current_humidity", "battery",
                                            "hvac_action", "action"};
        for (size_t i = 0; i < COUNT(drift); i++) cJSON_DeleteItemFromObject(state, drift[i]);
        ond_json_set(out, id, state);
    }
    cJSON_Delete(world);
    return out;
}

static void must_equal(const cJSON *before, const cJSON *after, const cJSON *what, uint32_t started)
{
    for (const cJSON *b = before->child; b; b = b->next) {
        if (ond_json_equal(b, ond_json_get(after, b->string))) continue;
        fail_msg("seed %u, %s:\nwas %s\nis  %s\nafter %s", started, b->string,
                 cJSON_PrintUnformatted(b), cJSON_PrintUnformatted(ond_json_get(after, b->string)),
                 cJSON_PrintUnformatted(what));
    }
}

TEST(random_plans_undone)
{
    ond_clock_set(1763890000000);
    for (int round = 0; round < 60; round++) {
        ond_plan plan = {0};
        cJSON *before = states();
        size_t n = 1 + dice(4);
        uint32_t started = seed;
        for (size_t i = 0; i < n; i++) add_random(&plan);
        cJSON *what = ond_plan_json(&plan);
        must(run_plan(&plan, &yes));
        if (dice(2)) ond_clock_set(ond_now() + 60 * 1000);
        if (strcmp(status(), "already") != 0) must(undo(task(), &yes));
        if (ond_json_get(report, "conflict")) fail_msg("seed %u: nobody else was here", started);
        cJSON *after = states();
        must_equal(before, after, what, started);
        cJSON_Delete(before);
        cJSON_Delete(after);
        cJSON_Delete(what);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(undo_brings_back),
        HOUSE_TEST(a_task_is_not_undone_twice),
        HOUSE_TEST(the_last_one_and_the_one_before),
        HOUSE_TEST(by_any_row_of_the_task),
        HOUSE_TEST(several_steps_in_reverse),
        HOUSE_TEST(an_undo_is_judged_by_its_own_effect),
        HOUSE_TEST(a_conflict_is_shown_and_asked),
        HOUSE_TEST(a_conflict_that_changed_again_asks_again),
        HOUSE_TEST(somebody_brought_it_back_already),
        HOUSE_TEST(other_attributes_do_not_matter),
        HOUSE_TEST(a_policy_may_forbid_an_undo),
        HOUSE_TEST(forgotten_is_not_undone),
        HOUSE_TEST(a_scene_and_its_members),
        HOUSE_TEST(random_plans_undone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
