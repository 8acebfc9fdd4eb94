/* test_run.c - plans through the gate: judged, written before, done, written after; or nothing at
 * all. */
#include "house.h"

#include <dirent.h>
#include <sys/resource.h>
#include <signal.h>

/* ---- the good path ---- */

TEST(one_step_is_done_and_written)
{
    cJSON *wish = json("{\"text\":\"turn on the lamp\",\"lang\":\"en\",\"intent\":\"HassTurnOn\"}");
    int64_t from = ond_store_count(store);
    ond_run_opts o = {.wish = wish};
    must(run_from("turn_on", LAMP, "owner", &o));
    assert_string_equal(status(), "done");
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
    assert_string_equal(kinds(from), "wish intent outcome");
    assert_int_equal(task(), from + 1);

    ond_event e;
    must(ond_store_event(store, from + 1, &e, &last));
    assert_string_equal(ond_json_str(e.body, "text", ""), "turn on the lamp");
    ond_event_free(&e);
    must(ond_store_event(store, from + 2, &e, &last));
    assert_string_equal(ond_json_str(e.body, "verb", ""), "turn_on");
    assert_string_equal(ond_json_str(ond_json_get(e.body, "before"), "state", ""), "off");
    assert_string_equal(ond_json_str(ond_json_get(e.body, "expect"), "state", ""), "on");
    assert_non_null(ond_json_get(ond_json_get(e.body, "undo"), "args"));
    assert_string_equal(ond_json_str(e.body, "policy", ""), "default for reversible");
    assert_int_equal(e.ref, from + 1);
    assert_int_equal(e.task, from + 1);
    ond_event_free(&e);
    must(ond_store_event(store, from + 3, &e, &last));
    assert_string_equal(ond_json_str(e.body, "done", ""), "ok");
    assert_string_equal(ond_json_str(ond_json_get(e.body, "after"), "state", ""), "on");
    assert_int_equal(e.ref, from + 2);
    ond_event_free(&e);

    const cJSON *s = step(0);
    assert_string_equal(ond_json_str(s, "done", ""), "ok");
    assert_string_equal(ond_json_str(s, "decision", ""), "allow");
    assert_int_equal(ond_json_num(s, "event", 0), from + 2);
    assert_true(cJSON_IsNull(ond_json_get(report, "undo_offered")));
    cJSON_Delete(wish);
}

TEST(already_so)
{
    int64_t from = ond_store_count(store);
    must(run("turn_off", LAMP));
    assert_string_equal(status(), "already");
    assert_string_equal(ond_json_str(step(0), "done", ""), "already");
    assert_string_equal(kinds(from), "wish intent outcome");
}

TEST(relative_becomes_absolute)
{
    must(run("set_light", "{\"entity\":\"light.living_room_ceiling\",\"brightness_step\":-30}"));
    assert_int_equal(ond_json_num(ond_json_get(step(0), "args"), "brightness", 0), 50);
    assert_null(ond_json_get(ond_json_get(step(0), "args"), "brightness_step"));
    assert_string_equal(ond_json_str(ond_json_get(step(0), "provenance"), "brightness", ""),
                        "house" /* from owner's step */);
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "50");
}

TEST(reading_is_an_act_too)
{
    int64_t from = ond_store_count(store);
    must(run("get", LAMP));
    assert_string_equal(status(), "done");
    assert_string_equal(ond_json_str(ond_json_get(step(0), "after"), "state", ""), "off");
    assert_string_equal(kinds(from), "wish intent outcome");
}

TEST(several_things_at_once)
{
    ond_plan plan = {0};
    int64_t from = ond_store_count(store);
    add(&plan, "turn_on", "{\"entity\":\"light.kitchen\"}", "owner");
    add(&plan, "turn_on", "{\"entity\":\"light.study\"}", "owner");
    add(&plan, "turn_off", LAMP, "owner");
    must(run_plan(&plan, NULL));
    assert_string_equal(status(), "done");
    /* all intents stand before any outcome of an act; the lamp was off already */
    assert_string_equal(kinds(from), "wish intent intent intent outcome outcome outcome");
    assert_string_equal(shows("light.kitchen", "state"), "on");
    assert_string_equal(shows("light.study", "state"), "on");
}

/* Steps on one thing come one after the other, each worked out when its turn comes. */
TEST(one_thing_twice)
{
    ond_plan plan = {0};
    int64_t from = ond_store_count(store);
    add(&plan, "turn_on", "{\"entity\":\"light.kitchen\"}", "owner");
    add(&plan, "turn_off", "{\"entity\":\"light.kitchen\"}", "owner");
    must(run_plan(&plan, NULL));
    assert_string_equal(status(), "done");
    assert_string_equal(ond_json_str(step(0), "done", ""), "ok");
    assert_string_equal(ond_json_str(step(1), "done", ""), "ok");
    assert_string_equal(ond_json_str(ond_json_get(step(1), "before"), "state", ""), "on");
    assert_string_equal(kinds(from), "wish intent outcome intent outcome");
    assert_string_equal(shows("light.kitchen", "state"), "off");
}

/* ---- what is not there, what is malformed ---- */

TEST(unknown_names_are_told_with_the_nearest)
{
    ond_plan plan = {0};
    int64_t from = ond_store_count(store);
    assert_int_equal(run("turn_onn", LAMP), OND_E_NOT_FOUND);
    assert_non_null(strstr(last.text, "did you mean 'turn_on'"));
    must(ond_plan_add(&plan, "hoem", "turn_on", json(LAMP), NULL, OND_EFFECT_READ, "", &last));
    assert_int_equal(run_plan(&plan, NULL), OND_E_NOT_FOUND);
    assert_non_null(strstr(last.text, "did you mean 'home'"));
    assert_int_equal(run("turn_on", "{\"entity\":\"light.living_room_lmap\"}"), OND_E_NOT_FOUND);
    assert_non_null(strstr(last.text, "light.living_room_lamp"));
    assert_string_equal(status(), "failed");
    assert_non_null(ond_json_str(step(0), "error", NULL));
    assert_int_equal(ond_store_count(store), from);
}

TEST(malicious_arguments)
{
    static const struct {
        const char *verb, *args, *want;
    } bad[] = {
        {"turn_on", "{}", "'entity' is missing"},
        {"turn_on", "[]", "should be an object"},
        {"turn_on", "{\"entity\":7}", "entity should be a string"},
        {"turn_on", "{\"Entity\":\"light.kitchen\"}", "'Entity' is no argument"},
        {"turn_on", "{\"entity\":\"light.kitchen\",\"__proto__\":1}", "is no argument"},
        {"turn_on", "{\"entity\":[\"light.kitchen\"]}", "should be a string"},
        {"turn_on", "{\"entity\":\"light.kitchen\\u0007\"}", "control character"},
        {"turn_on", "{\"entity\":\"../../etc/passwd\"}", ""},
        {"turn_on", "{\"entity\":\"'; DROP TABLE event; --\"}", ""},
        {"set_light", "{\"entity\":\"light.kitchen\",\"brightness\":101}",
         "brightness is 101, but may be from 0 to 100"},
        {"set_light", "{\"entity\":\"light.kitchen\",\"brightness\":\"50\"}",
         "brightness should be a number"},
        {"set_volume", "{\"entity\":\"light.kitchen\",\"muted\":1}", "muted should be a boolean"},
        {"set_light", "{\"entity\":\"light.kitchen\",\"brightnes\":50}",
         "did you mean 'brightness'"},
        {"set", "{\"entity\":\"light.kitchen\",\"attributes\":\"on\"}",
         "attributes should be an object"},
    };
    int64_t from = ond_store_count(store);
    for (size_t i = 0; i < COUNT(bad); i++) {
        int rc = run(bad[i].verb, bad[i].args);
        if (rc != OND_E_INPUT && rc != OND_E_NOT_FOUND)
            fail_msg("row %zu: %s, %s", i, ond_code_name(rc), last.text);
        if (!strstr(last.text, bad[i].want)) fail_msg("row %zu: %s", i, last.text);
    }
    assert_int_equal(ond_store_count(store), from);
}

/* Two readers of the same object must not see two different things. */
TEST(a_name_that_stands_twice)
{
    ond_plan plan = {0};
    cJSON *args = json(LAMP);
    cJSON_AddStringToObject(args, "entity", "lock.front_door");
    must(ond_plan_add(&plan, "home", "turn_off", args, NULL, OND_EFFECT_REVERSIBLE, "", &last));
    assert_int_equal(run_plan(&plan, NULL), OND_E_INPUT);
    assert_non_null(strstr(last.text, "stands twice"));
}

TEST(numbers_that_are_none_and_texts_that_are_none)
{
    static const double odd[] = {__builtin_nan(""), __builtin_inf(), -__builtin_inf()};
    ond_plan plan = {0};
    for (size_t i = 0; i < COUNT(odd); i++) {
        cJSON *args = json(LAMP);
        cJSON_AddItemToObject(args, "brightness", cJSON_CreateNumber(odd[i]));
        must(
            ond_plan_add(&plan, "home", "set_light", args, NULL, OND_EFFECT_REVERSIBLE, "", &last));
        assert_int_equal(run_plan(&plan, NULL), OND_E_INPUT);
    }
    cJSON *args = cJSON_CreateObject();
    cJSON_AddStringToObject(args, "entity", "light.\xff\xfe");
    must(ond_plan_add(&plan, "home", "turn_on", args, NULL, OND_EFFECT_REVERSIBLE, "", &last));
    assert_int_equal(run_plan(&plan, NULL), OND_E_INPUT);
    assert_non_null(strstr(last.text, "UTF-8"));
}

TEST(arguments_without_end)
{
    ond_plan plan = {0};
    cJSON *args = json("{\"entity\":\"light.kitchen\"}"), *deep = cJSON_CreateObject(), *at = deep;
    for (int i = 0; i < 40; i++) {
        cJSON *next = cJSON_CreateObject();
        cJSON_AddItemToObject(at, "a", next);
        at = next;
    }
    cJSON_AddItemToObject(args, "attributes", deep);
    must(ond_plan_add(&plan, "home", "set", args, NULL, OND_EFFECT_REVERSIBLE, "", &last));
    assert_int_equal(run_plan(&plan, NULL), OND_E_INPUT);
    args = json("{\"entity\":\"light.kitchen\"}");
    cJSON *wide = cJSON_CreateObject();
    char name[16], *text = calloc(1, 1001);
    memset(text, 'x', 1000);
    for (int i = 0; i < 100; i++) {
        snprintf(name, sizeof name, "a%d", i);
        cJSON_AddStringToObject(wide, name, text);
    }
    cJSON_AddItemToObject(args, "attributes", wide);
    must(ond_plan_add(&plan, "home", "set", args, NULL, OND_EFFECT_REVERSIBLE, "", &last));
    assert_int_equal(run_plan(&plan, NULL), OND_E_INPUT);
    assert_non_null(strstr(last.text, "bytes"));
    free(text);
}

TEST(an_empty_plan)
{
    ond_plan plan = {0};
    assert_int_equal(run_plan(&plan, NULL), OND_E_INPUT);
}

/* One step that cannot be planned stops all of them. */
TEST(all_or_nothing)
{
    ond_plan plan = {0};
    int64_t from = ond_store_count(store);
    add(&plan, "turn_on", LAMP, "owner");
    add(&plan, "turn_on", "{\"entity\":\"light.nowhere\"}", "owner");
    assert_int_equal(run_plan(&plan, NULL), OND_E_NOT_FOUND);
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    assert_int_equal(ond_store_count(store), from);
}

/* ---- policy ---- */

TEST(denied_does_nothing_and_is_written)
{
    ond_plan plan = {0};
    write_policy("version: 1\nrules:\n- {decision: deny, verb: lock, why: a test}\n");
    int64_t from = ond_store_count(store);
    add(&plan, "turn_on", LAMP, "owner");
    add(&plan, "lock", DOOR, "owner");
    assert_int_equal(run_plan(&plan, NULL), OND_E_DENIED);
    assert_string_equal(status(), "denied");
    assert_string_equal(ond_json_str(step(1), "decision", ""), "deny");
    assert_string_equal(ond_json_str(step(1), "policy", ""), "rules[0]: a test");
    assert_string_equal(ond_json_str(step(0), "done", ""), "not_run");
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    assert_string_equal(kinds(from), "wish denied");
}

/* --yes is consent, not a key: what is denied stays denied. */
TEST(yes_does_not_open_what_is_denied)
{
    ond_run_opts yes = {.yes = true};
    write_policy("version: 1\nrules:\n- {decision: deny, effect: physical}\n");
    assert_int_equal(run_from("unlock", DOOR, "owner", &yes), OND_E_DENIED);
    assert_string_equal(shows("lock.front_door", "state"), "locked");
}

TEST(limits_of_the_policy)
{
    write_policy("version: 1\nlimits:\n- {args: {brightness: '<=60'}, why: bright light hurts}\n");
    assert_int_equal(run("set_light", "{\"entity\":\"light.living_room_lamp\",\"brightness\":70}"),
                     OND_E_DENIED);
    assert_non_null(strstr(last.text, "limits[0]: bright light hurts"));
    assert_int_equal(run("set", "{\"entity\":\"light.living_room_lamp\",\"attributes\":{\"state\":"
                                "\"on\",\"brightness\":70}}"),
                     OND_E_DENIED);
    must(run("set_light", "{\"entity\":\"light.living_room_lamp\",\"brightness\":55}"));
}

/* A physical act beyond what the device declares never comes to a question. */
TEST(limits_of_the_device)
{
    ond_run_opts yes = {.yes = true};
    int rc = run_from("set_temperature", "{\"entity\":\"oven.kitchen\",\"temperature\":400}",
                      "owner", &yes);
    assert_true(rc == OND_E_DENIED || rc == OND_E_INPUT);
    assert_string_not_equal(shows("oven.kitchen", "temperature"), "400");
}

TEST(budget_of_steps)
{
    ond_plan plan = {0};
    write_policy("version: 1\nbudgets: {steps: 2}\n");
    add(&plan, "turn_on", LAMP, "owner");
    add(&plan, "turn_on", "{\"entity\":\"light.kitchen\"}", "owner");
    add(&plan, "turn_on", "{\"entity\":\"light.study\"}", "owner");
    assert_int_equal(run_plan(&plan, NULL), OND_E_BUDGET);
    assert_string_equal(status(), "denied");
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
}

/* The bucket empties, fills up with time, and is remembered by the store. */
TEST(budget_of_acts)
{
    ond_ms t0 = 1763890000000;
    ond_clock_set(t0);
    write_policy("version: 1\nbudgets: {acts_per_minute: 3}\n");
    must(run("turn_on", LAMP));
    must(run("turn_off", LAMP));
    must(run("turn_off", LAMP)); /* already so: costs nothing */
    must(run("get", LAMP));      /* nor does reading */
    must(run("turn_on", LAMP));
    assert_int_equal(run("turn_off", LAMP), OND_E_BUDGET);
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
    start_again();
    assert_int_equal(run("turn_off", LAMP), OND_E_BUDGET);
    ond_clock_set(t0 + 21000);
    must(run("turn_off", LAMP));
    assert_int_equal(run("turn_on", LAMP), OND_E_BUDGET);
    ond_clock_set(t0 - 3600000); /* a clock that was set back does not shut the house for an hour */
    must(run("turn_on", LAMP));
}

/* ---- taint ---- */

static void decides(const char *verb, const char *args, const char *provenance, const char *want)
{
    ond_plan plan = {0};
    ond_run_opts dry = {.dry_run = true};
    must(ond_plan_add(&plan, "home", verb, json(args), provenance ? json(provenance) : NULL,
                      OND_EFFECT_READ, "", &last));
    must(run_plan(&plan, &dry));
    if (strcmp(ond_json_str(step(0), "decision", ""), want) != 0)
        fail_msg("%s %s %s: %s, %s", verb, args, provenance ? provenance : "-",
                 ond_json_str(step(0), "decision", ""), ond_json_str(step(0), "policy", ""));
}

TEST(untrusted_values_never_choose)
{
    static const char light[] = "{\"entity\":\"light.living_room_lamp\",\"brightness\":40}";
    static const char color[] = "{\"entity\":\"light.living_room_lamp\",\"color\":\"red\"}";
    static const char step_[] = "{\"entity\":\"light.living_room_lamp\",\"brightness_step\":-10}";
    decides("turn_on", LAMP, "{\"entity\":\"owner\"}", "allow");
    decides("turn_on", LAMP, "{\"entity\":\"rule\"}", "allow");
    decides("turn_on", LAMP, "{\"entity\":\"memory\"}", "allow");
    decides("turn_on", LAMP, "{\"entity\":\"model\"}", "ask");
    decides("turn_on", LAMP, "{\"entity\":\"untrusted\"}", "ask");
    decides("turn_on", LAMP, "{\"entity\":\"whatever\"}", "ask");
    decides("turn_on", LAMP, NULL, "ask");
    decides("set_light", light, "{\"entity\":\"owner\",\"brightness\":\"model\"}", "ask");
    decides("set_light", light, "{\"entity\":\"owner\"}", "ask");
    decides("set_light", color, "{\"entity\":\"owner\",\"color\":\"model\"}",
            "allow"); /* only carried along */
    decides("set_light", step_, "{\"entity\":\"owner\",\"brightness_step\":\"model\"}", "ask");
    decides("get", LAMP, "{\"entity\":\"model\"}", "ask");
    decides("turn_on", LAMP, "{\"entity\":\"owner\",\"verb\":\"model\"}", "ask");
    decides("turn_on", LAMP, "{\"entity\":\"owner\",\"hand\":\"untrusted\"}", "ask");
}

TEST(no_rule_allows_a_tainted_choice)
{
    write_policy("version: 1\nrules:\n- {decision: allow, source: [model], why: I trust it}\n");
    decides("turn_on", LAMP, "{\"entity\":\"model\"}", "ask");
    write_policy("version: 1\nrules:\n- {decision: deny, source: [model]}\n");
    ond_plan plan = {0};
    must(ond_plan_add(&plan, "home", "turn_on", json(LAMP), json("{\"entity\":\"model\"}"),
                      OND_EFFECT_READ, "", &last));
    assert_int_equal(run_plan(&plan, NULL), OND_E_DENIED);
}

/* ---- dry run ---- */

static size_t bytes_below(const char *path)
{
    size_t sum = 0;
    DIR *d = opendir(path);
    for (struct dirent *e; d && (e = readdir(d));) {
        char file[600];
        struct stat st;
        snprintf(file, sizeof file, "%s/%s", path, e->d_name);
        if (e->d_name[0] != '.' && stat(file, &st) == 0)
            sum += (size_t)st.st_size + 1 + (size_t)st.st_mtim.tv_nsec;
    }
    if (d) closedir(d);
    return sum;
}

TEST(a_dry_run_touches_nothing)
{
    ond_plan plan = {0};
    ond_run_opts dry = {.dry_run = true, .yes = true, .can_wait = true};
    must(run("turn_on", "{\"entity\":\"light.kitchen\"}"));
    int64_t from = ond_store_count(store);
    size_t before = bytes_below(tmp);
    add(&plan, "turn_on", LAMP, "owner");
    add(&plan, "unlock", DOOR, "owner");
    must(run_plan(&plan, &dry));
    assert_string_equal(status(), "planned");
    assert_true(ond_json_bool(report, "dry_run", false));
    assert_string_equal(ond_json_str(step(0), "decision", ""), "allow");
    assert_string_equal(ond_json_str(step(1), "decision", ""), "ask");
    assert_string_equal(ond_json_str(step(1), "done", ""), "not_run");
    assert_non_null(ond_json_str(ond_json_get(report, "ask"), "question", NULL));
    assert_true(cJSON_IsNull(ond_json_get(ond_json_get(report, "ask"), "id")));
    must(undo(0, &dry));
    assert_string_equal(status(), "planned");
    write_policy("version: 1\nrules: [{decision: deny}]\n");
    before = bytes_below(tmp);
    assert_int_equal(run_from("turn_on", LAMP, "owner", &dry), OND_E_DENIED);
    assert_int_equal(ond_store_count(store), from);
    assert_int_equal(bytes_below(tmp), before);
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    cJSON *p = ond_gate_pending(gate);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(p, "pending")), 0);
    cJSON_Delete(p);
}

/* ---- a journal that cannot be written ---- */

TEST(without_a_journal_nothing_acts)
{
    struct rlimit was, none;
    must(run("turn_on", "{\"entity\":\"light.kitchen\"}"));
    int64_t from = ond_store_count(store);
    getrlimit(RLIMIT_FSIZE, &was);
    none = was;
    none.rlim_cur = 1;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &none);
    int rc = run("turn_on", LAMP);
    setrlimit(RLIMIT_FSIZE, &was);
    assert_true(rc == OND_E_STORE || rc == OND_E_IO);
    assert_non_null(strstr(last.text, "nothing was done"));
    assert_string_equal(status(), "failed");
    assert_string_equal(ond_json_str(step(0), "done", ""), "not_run");
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    assert_int_equal(ond_store_count(store), from);
    must(run("turn_on", LAMP)); /* and once there is room again, it goes on */
}

/* ---- what there is ---- */

TEST(hands_verbs_and_effects)
{
    cJSON *all = ond_gate_hands(gate), *args = json(DOOR);
    const cJSON *home = cJSON_GetArrayItem(ond_json_get(all, "hands"), 0), *v;
    int n = 0;
    assert_string_equal(ond_json_str(home, "name", ""), "home");
    assert_true(ond_json_bool(ond_json_get(home, "health"), "ok", false));
    cJSON_ArrayForEach(v, ond_json_get(home, "verbs"))
    {
        n++;
        assert_true(cJSON_IsObject(ond_json_get(v, "schema")));
        if (strcmp(ond_json_str(v, "name", ""), "unlock") == 0)
            assert_string_equal(ond_json_str(v, "policy", ""), "ask");
    }
    assert_true(n > 10);
    cJSON_Delete(all);
    ond_effect e;
    must(ond_gate_effect(gate, "home", "turn_off", args, &e, &last));
    assert_int_equal(e, OND_EFFECT_PHYSICAL);
    must(ond_gate_effect(gate, "home", "get", args, &e, &last));
    assert_int_equal(e, OND_EFFECT_READ);
    assert_int_equal(ond_gate_effect(gate, "home", "unlok", args, &e, &last), OND_E_NOT_FOUND);
    assert_non_null(strstr(last.text, "unlock"));
    cJSON_Delete(args);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(one_step_is_done_and_written),
        HOUSE_TEST(already_so),
        HOUSE_TEST(relative_becomes_absolute),
        HOUSE_TEST(reading_is_an_act_too),
        HOUSE_TEST(several_things_at_once),
        HOUSE_TEST(one_thing_twice),
        HOUSE_TEST(unknown_names_are_told_with_the_nearest),
        HOUSE_TEST(malicious_arguments),
        HOUSE_TEST(a_name_that_stands_twice),
        HOUSE_TEST(numbers_that_are_none_and_texts_that_are_none),
        HOUSE_TEST(arguments_without_end),
        HOUSE_TEST(an_empty_plan),
        HOUSE_TEST(all_or_nothing),
        HOUSE_TEST(denied_does_nothing_and_is_written),
        HOUSE_TEST(yes_does_not_open_what_is_denied),
        HOUSE_TEST(limits_of_the_policy),
        HOUSE_TEST(limits_of_the_device),
        HOUSE_TEST(budget_of_steps),
        HOUSE_TEST(budget_of_acts),
        HOUSE_TEST(untrusted_values_never_choose),
        HOUSE_TEST(no_rule_allows_a_tainted_choice),
        HOUSE_TEST(a_dry_run_touches_nothing),
        HOUSE_TEST(without_a_journal_nothing_acts),
        HOUSE_TEST(hands_verbs_and_effects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
