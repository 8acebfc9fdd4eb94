/* test_time.c - timers through the gate: rows and journal agree, undo sees what changed, a crash is
 * settled by looking. */
#include "house.h"

#include <signal.h>
#include <sys/wait.h>

static void add_time(ond_plan *plan, const char *verb, const char *args)
{
    cJSON *a = json(args), *p = cJSON_CreateObject();
    for (cJSON *c = a->child; c; c = c->next) ond_json_set_str(p, c->string, "owner");
    must(ond_plan_add(plan, "time", verb, a, p, OND_EFFECT_REVERSIBLE, "a test", &last));
}

static int run_time(const char *verb, const char *args)
{
    ond_plan plan = {0};
    add_time(&plan, verb, args);
    return run_plan(&plan, NULL);
}

/* How many timers there are, and the state of the first; borrowed until the next call. */
static int timers(const char **state)
{
    static char text[40];
    must(run_time("timers", "{}"));
    const cJSON *list = ond_json_get(ond_json_get(step(0), "before"), "timers");
    snprintf(text, sizeof text, "%s", ond_json_str(cJSON_GetArrayItem(list, 0), "state", "-"));
    if (state) *state = text;
    return cJSON_GetArraySize(list);
}

TEST(start_and_undo)
{
    must(run_time("timer_start", "{\"seconds\":600,\"label\":\"pasta\"}"));
    assert_string_equal(status(), "done");
    assert_string_equal(ond_json_str(ond_json_get(step(0), "args"), "id", ""), "t1");
    assert_true(ond_json_bool(ond_json_get(step(0), "after"), "needs_up",
                              false)); /* this test is no `up` */
    assert_string_equal(kinds(0), "wish intent outcome");
    must(undo(0, NULL));
    assert_string_equal(status(), "done");
    assert_int_equal(timers(NULL), 0);
}

/* Two that begin in one plan are two, and are undone together. */
TEST(two_at_once)
{
    ond_plan plan = {0};
    add_time(&plan, "timer_start", "{\"seconds\":60}");
    add_time(&plan, "timer_start", "{\"seconds\":120}");
    add_time(&plan, "timer_add", "{\"id\":\"t1\",\"seconds\":5}");
    assert_int_equal(run_plan(&plan, NULL),
                     OND_E_NOT_FOUND); /* t1 is not there yet when it is planned */
    add_time(&plan, "timer_start", "{\"seconds\":60}");
    add_time(&plan, "timer_start", "{\"seconds\":120}");
    must(run_plan(&plan, NULL));
    assert_int_equal(timers(NULL), 2);
    must(undo(0, NULL));
    assert_string_equal(status(), "done");
    assert_int_equal(timers(NULL), 0);
}

/* Two deeds on one thing: what the task left it in counts, and all of it is undone. */
TEST(twice_on_one)
{
    const char *shown;
    must(run_time("timer_start", "{\"seconds\":600}"));
    ond_plan plan = {0};
    add_time(&plan, "timer_add", "{\"id\":\"t1\",\"seconds\":60}");
    add_time(&plan, "timer_add", "{\"id\":\"t1\",\"seconds\":60}");
    add_time(&plan, "timer_pause", "{\"id\":\"t1\"}");
    must(run_plan(&plan, NULL));
    must(undo(0, NULL));
    assert_string_equal(status(), "done");
    assert_int_equal(timers(&shown), 1);
    assert_string_equal(shown, "running");
    const cJSON *t = cJSON_GetArrayItem(ond_json_get(ond_json_get(step(0), "before"), "timers"), 0);
    assert_int_equal(ond_json_num(t, "seconds", 0), 600);
}

/* Time that went by is no change by somebody; a timer that has rung since is shown. */
TEST(undo_asks_when_it_has_rung)
{
    ond_clock_set(1785000000000);
    must(run_time("timer_start", "{\"seconds\":60}"));
    ond_clock_set(1785000030000);
    must(undo(0, NULL));
    assert_string_equal(status(), "done");
    must(run_time("timer_start", "{\"seconds\":60}"));
    ond_clock_set(1785000200000);
    assert_int_equal(undo(0, NULL), OND_E_ASK);
    assert_string_equal(
        ond_json_str(ond_json_get(cJSON_GetArrayItem(ond_json_get(report, "conflict"), 0), "now"),
                     "state", ""),
        "ringing");
}

/* An owner that stays tells what is due, in the journal too. */
TEST(rings_while_it_stays)
{
    close_all();
    open_store();
    ond_gate_opts o = {.store = store, .lang = "en", .note = take_note, .stays = true};
    must(ond_gate_open(&o, &gate, &last));
    int fds[4];
    assert_int_equal(ond_gate_fds(gate, fds, 4), 1);
    ond_clock_set(1785000000000);
    must(run_time("timer_start", "{\"seconds\":60}"));
    assert_false(ond_json_bool(ond_json_get(step(0), "after"), "needs_up", false));
    int64_t rows = ond_store_count(store);
    ond_gate_service(gate);
    assert_string_equal(kinds(rows), "");
    ond_clock_set(1785000060000);
    ond_gate_service(gate);
    assert_string_equal(notes, "The timer of 1 minute is over.\n");
    assert_string_equal(kinds(rows), "ring");
    cJSON *log = ond_gate_log(gate, &(ond_log_opts){.kind = "ring", .lang = "ko"});
    const cJSON *row = cJSON_GetArrayItem(ond_json_get(log, "events"), 0);
    assert_string_equal(ond_json_str(row, "text", ""), "울림: 1분 타이머가 끝났어요.");
    cJSON_Delete(log);
    cJSON *why = NULL;
    must(ond_gate_why(gate, rows + 1, "en", &why, &last));
    cJSON_Delete(why);
    must(run_time("stop", "{}"));
    ond_verify v;
    must(ond_store_verify(store, &v, &last));
    must(undo(0, NULL)); /* it rings again */
    const char *shown;
    timers(&shown);
    assert_string_equal(shown, "ringing");
}

/* ---- a crash between intent and outcome ---- */

/* A child plans and writes the intent, acts or not, and is gone; what the next start finds. */
static const char *found_after(const char *verb, const char *args, bool acted)
{
    static char found[20];
    cJSON *body = NULL;
    must(run_time(verb, args));
    ond_event e;
    must(ond_store_event(store, ond_store_count(store) - 1, &e, &last));
    assert_string_equal(e.kind, "intent");
    body = cJSON_Duplicate(e.body, true);
    ond_event_free(&e);
    if (!acted) must(undo(0, NULL));
    must(ond_store_append(store, "intent", ond_now(), 0, 0, body, NULL,
                          &last)); /* open: without an outcome */
    cJSON_Delete(body);
    start_again();
    const cJSON *one = ond_gate_settled(gate)->child;
    snprintf(found, sizeof found, "%s", ond_json_str(one, "found", "none"));
    return found;
}

TEST(a_crash_is_settled_by_looking)
{
    static const struct {
        const char *verb, *args;
    } acts[] = {
        {"timer_start", "{\"seconds\":3600}"},
        {"timer_add", "{\"id\":\"t1\",\"seconds\":60}"},
        {"timer_pause", "{\"id\":\"t1\"}"},
        {"timer_resume", "{\"id\":\"t1\"}"},
        {"alarm_set", "{\"at\":\"2031-05-05T07:00\"}"},
        {"alarm_move", "{\"id\":\"a1\",\"at\":\"2031-05-05T08:00\"}"},
        {"alarm_move", "{\"id\":\"a1\",\"at\":\"2031-05-05T08:00\",\"rule\":\"FREQ=DAILY\"}"},
        {"alarm_enable", "{\"id\":\"a1\",\"on\":false}"},
        {"reminder_set", "{\"at\":\"2031-05-05T07:00\",\"text\":\"x\"}"},
        {"reminder_move", "{\"id\":\"r1\",\"at\":\"2031-05-06T07:00\"}"},
        {"timer_cancel", "{\"id\":\"t1\"}"},
        {"alarm_cancel", "{\"id\":\"a1\"}"},
        {"reminder_cancel", "{\"id\":\"r1\"}"},
    };
    for (size_t i = 0; i < COUNT(acts); i++) {
        char args[200];
        snprintf(args, sizeof args, "%s", acts[i].args);
        const char *found = found_after(acts[i].verb, args, false);
        if (strcmp(found, "not_done") != 0)
            fail_msg("%s %s, not acted: %s", acts[i].verb, args, found);
        /* what was made and undone has used up its id */
        if (strstr(acts[i].verb, "_start") || strstr(acts[i].verb, "_set")) {
            must(ond_store_begin(store, &last));
            must(ond_store_drop(store, "hand.time", "next", &last));
            must(ond_store_commit(store, &last));
            start_again();
        }
        found = found_after(acts[i].verb, args, true);
        if (strcmp(found, "done") != 0) fail_msg("%s %s, acted: %s", acts[i].verb, args, found);
    }
}

/* Killed while it works: afterwards every timer has a row in the journal that says so, and the
 * other way round. */
TEST(journal_and_state_agree)
{
    for (int round = 0; round < 12; round++) {
        close_all();
        pid_t child = fork();
        if (child == 0) {
            open_store();
            open_gate();
            for (;;) (void)run_time("timer_start", "{\"seconds\":3600}");
        }
        usleep(20000 + (unsigned)round * 3000);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        open_store();
        open_gate();
        int done = -round; /* reading is an intent, too */
        for (int64_t id = 1; id <= ond_store_count(store); id++) {
            ond_event e;
            must(ond_store_event(store, id, &e, &last));
            if (strcmp(e.kind, "outcome") == 0)
                done += strcmp(ond_json_str(e.body, "done", ""), "ok") == 0;
            if (strcmp(e.kind, "settled") == 0)
                done += strcmp(ond_json_str(e.body, "found", ""), "done") == 0;
            ond_event_free(&e);
        }
        assert_int_equal(timers(NULL), done < 200 ? done : 200);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(start_and_undo),
        HOUSE_TEST(two_at_once),
        HOUSE_TEST(twice_on_one),
        HOUSE_TEST(undo_asks_when_it_has_rung),
        HOUSE_TEST(rings_while_it_stays),
        HOUSE_TEST(a_crash_is_settled_by_looking),
        HOUSE_TEST(journal_and_state_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
