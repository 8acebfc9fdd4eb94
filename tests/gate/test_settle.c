/* test_settle.c - what a crash left open is settled by looking at the world, once, and never
 * repeated. */
#include "house.h"

/* Writes an intent as gate would, and nothing after it: the process died here. */
static int64_t left_open(const char *body)
{
    int64_t wish = 0, intent = 0;
    cJSON *w = json("{\"text\":\"a test\"}"), *b = json(body);
    must(ond_store_append(store, "wish", ond_now(), 0, 0, w, &wish, &last));
    must(ond_store_append(store, "intent", ond_now(), wish, wish, b, &intent, &last));
    cJSON_Delete(w);
    cJSON_Delete(b);
    return intent;
}

#define LAMP_ON(before, expect)                                                                    \
    "{\"hand\":\"home\",\"verb\":\"turn_on\",\"args\":{\"entity\":\"light.living_room_lamp\"},"    \
    "\"effect\":\"reversible\",\"before\":{\"state\":\"" before "\",\"brightness\":60},"           \
    "\"expect\":{\"state\":\"" expect "\"},\"undo\":{\"hand\":\"home\",\"verb\":\"turn_off\","     \
    "\"args\":{\"entity\":\"light.living_room_lamp\"}},\"says\":{\"en\":\"turn on the lamp\"}}"

static const char *found(int64_t event)
{
    const cJSON *c;
    cJSON_ArrayForEach(c, ond_gate_settled(gate)) if ((int64_t)ond_json_num(c, "event", 0) ==
                                                      event) return ond_json_str(c, "found", "");
    return "(not there)";
}

TEST(not_done)
{
    int64_t event = left_open(LAMP_ON("off", "on"));
    int64_t from = ond_store_count(store);
    start_again();
    assert_string_equal(found(event), "not_done");
    assert_string_equal(kinds(from), "settled");
    assert_string_equal(shows("light.living_room_lamp", "state"), "off"); /* not repeated */
    assert_int_equal(undo(0, NULL), OND_E_NOT_FOUND);
    start_again();
    assert_int_equal(cJSON_GetArraySize(ond_gate_settled(gate)), 0);
    assert_string_equal(kinds(from), "settled");
}

TEST(done_and_it_can_be_undone)
{
    must(run("turn_on", LAMP));
    int64_t event = left_open(LAMP_ON("off", "on"));
    start_again();
    assert_string_equal(found(event), "done");
    must(undo(event, NULL));
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
}

TEST(unknown_where_it_shows_neither)
{
    int64_t event = left_open(LAMP_ON("dimmed", "on"));
    start_again();
    assert_string_equal(found(event), "unknown");
}

TEST(unknown_where_there_is_nothing_to_see)
{
    int64_t press = left_open("{\"hand\":\"home\",\"verb\":\"press\",\"args\":{\"entity\":\"light."
                              "kitchen\"},\"expect\":{}}");
    int64_t gone =
        left_open("{\"hand\":\"home\",\"verb\":\"turn_on\",\"args\":{\"entity\":\"light.sold\"},"
                  "\"before\":{\"state\":\"off\"},\"expect\":{\"state\":\"on\"}}");
    int64_t hand =
        left_open("{\"hand\":\"feet\",\"verb\":\"walk\",\"args\":{},\"expect\":{\"at\":1}}");
    int64_t odd = left_open("{}");
    int64_t odder = left_open("[1,2]");
    int64_t read = left_open("{\"hand\":\"home\",\"verb\":\"get\",\"args\":{\"entity\":\"light."
                             "kitchen\"},\"effect\":\"read\"}");
    start_again();
    assert_string_equal(found(press), "unknown");
    assert_string_equal(found(gone), "unknown");
    assert_string_equal(found(hand), "unknown");
    assert_string_equal(found(odd), "unknown");
    assert_string_equal(found(odder), "unknown");
    assert_string_equal(found(read), "not_done");
}

TEST(several_from_one_crash)
{
    must(run("turn_on", "{\"entity\":\"light.kitchen\"}"));
    int64_t a = left_open(LAMP_ON("off", "on"));
    int64_t b =
        left_open("{\"hand\":\"home\",\"verb\":\"turn_on\",\"args\":{\"entity\":\"light.kitchen\"},"
                  "\"before\":{\"state\":\"off\"},\"expect\":{\"state\":\"on\"}}");
    start_again();
    assert_string_equal(found(a), "not_done");
    assert_string_equal(found(b), "done");
    ond_verify v;
    must(ond_store_verify(store, &v, &last));
}

/* The log and its like open the gate without touching anything. */
TEST(not_when_only_looking)
{
    left_open(LAMP_ON("off", "on"));
    int64_t from = ond_store_count(store);
    ond_gate_close(gate);
    ond_gate_opts o = {.store = store,
                       .policy_path = policy_path,
                       .lang = "en",
                       .no_settle = true,
                       .no_hands = true};
    must(ond_gate_open(&o, &gate, &last));
    assert_int_equal(cJSON_GetArraySize(ond_gate_settled(gate)), 0);
    assert_int_equal(ond_store_count(store), from);
    cJSON *log = ond_gate_log(gate, NULL);
    assert_true(cJSON_GetArraySize(ond_json_get(log, "events")) > 0);
    cJSON_Delete(log);
    assert_int_equal(run("turn_on", LAMP), OND_E_UNAVAILABLE);
}

/* A process that is killed in the middle, many times over, at whatever point it had come to. */
#include <signal.h>
#include <sys/wait.h>

static void child(void)
{
    for (int i = 0; i < 100000; i++) {
        ond_plan plan = {0};
        cJSON *r = NULL;
        add(&plan, i % 2 ? "turn_off" : "turn_on", LAMP, "owner");
        add(&plan, i % 3 ? "turn_off" : "turn_on", "{\"entity\":\"light.kitchen\"}", "owner");
        if (ond_gate_run(gate, &plan, NULL, &r, &last)) _exit(3);
        cJSON_Delete(r);
        ond_plan_free(&plan);
    }
    _exit(0);
}

static bool open_intent(void *self, const ond_event *e)
{
    (void)e;
    ++*(int *)self;
    return true;
}

TEST(killed_at_any_point)
{
    int settled = 0;
    for (int round = 0; round < 12; round++) {
        int how, open = 0;
        close_all();
        pid_t pid = fork();
        if (pid == 0) {
            open_store();
            open_gate();
            child();
        }
        usleep((useconds_t)(15000 + 7919 * round));
        kill(pid, SIGKILL);
        waitpid(pid, &how, 0);
        if (WIFEXITED(how)) fail_msg("the child ended by itself: %d", WEXITSTATUS(how));
        open_store();
        open_gate();
        settled += cJSON_GetArraySize(ond_gate_settled(gate));
        const cJSON *c;
        cJSON_ArrayForEach(c, ond_gate_settled(gate))
            assert_string_not_equal(ond_json_str(c, "found", ""), "unknown");
        must(ond_store_open_intents(store, open_intent, &open, &last));
        assert_int_equal(open, 0);
        ond_verify v;
        must(ond_store_verify(store, &v, &last));
    }
    (void)settled;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(not_done),
        HOUSE_TEST(done_and_it_can_be_undone),
        HOUSE_TEST(unknown_where_it_shows_neither),
        HOUSE_TEST(unknown_where_there_is_nothing_to_see),
        HOUSE_TEST(several_from_one_crash),
        HOUSE_TEST(not_when_only_looking),
        HOUSE_TEST(killed_at_any_point),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
