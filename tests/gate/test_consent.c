/* test_consent.c - asking: at the terminal, by --yes, and questions that wait; a yes holds for
 * exactly what was shown. */
#include "house.h"

#define MINUTE (60 * 1000)

static const ond_run_opts waits = {.can_wait = true};

static const cJSON *ask(void)
{
    return ond_json_get(report, "ask");
}

static const char *question_id(void)
{
    static char id[16];
    snprintf(id, sizeof id, "%s", ond_json_str(ask(), "id", ""));
    return id;
}

static int waiting(void)
{
    cJSON *p = ond_gate_pending(gate);
    int n = cJSON_GetArraySize(ond_json_get(p, "pending"));
    cJSON_Delete(p);
    return n;
}

/* ---- nobody to ask ---- */

TEST(an_ask_without_anyone_is_a_refusal)
{
    int64_t from = ond_store_count(store);
    assert_int_equal(run("unlock", DOOR), OND_E_ASK);
    assert_string_equal(status(), "refused");
    assert_string_equal(ond_json_str(step(0), "decision", ""), "ask");
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    assert_string_equal(kinds(from), "wish ask answer");
    assert_int_equal(waiting(), 0);
}

TEST(yes_in_advance)
{
    ond_run_opts yes = {.yes = true};
    int64_t from = ond_store_count(store);
    must(run_from("unlock", DOOR, "owner", &yes));
    assert_string_equal(status(), "done");
    assert_string_equal(shows("lock.front_door", "state"), "unlocked");
    assert_string_equal(kinds(from), "wish ask answer intent outcome");
}

TEST(locking_needs_no_question)
{
    ond_run_opts yes = {.yes = true};
    must(run_from("unlock", DOOR, "owner", &yes));
    must(run("lock", DOOR));
}

/* turn_off unlocks a lock: the effect is what counts, not the word. */
TEST(another_word_for_the_same_act)
{
    assert_int_equal(run("turn_off", DOOR), OND_E_ASK);
    assert_int_equal(
        run("set", "{\"entity\":\"lock.front_door\",\"attributes\":{\"state\":\"unlocked\"}}"),
        OND_E_ASK);
    assert_string_equal(shows("lock.front_door", "state"), "locked");
}

/* ---- at the terminal ---- */

static ond_consent said;
static char asked[600];
static int asked_times;

static ond_consent terminal(void *self, const cJSON *q)
{
    (void)self;
    asked_times++;
    snprintf(asked, sizeof asked, "%s", ond_json_str(q, "question", ""));
    return said;
}

TEST(at_the_terminal)
{
    ond_run_opts o = {.consent = terminal};
    int64_t from = ond_store_count(store);
    said = OND_CONSENT_NO;
    asked_times = 0;
    assert_int_equal(run_from("unlock", DOOR, "owner", &o), OND_E_ASK);
    assert_string_equal(status(), "refused");
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    assert_string_equal(kinds(from), "wish ask answer");
    said = OND_CONSENT_YES;
    must(run_from("unlock", DOOR, "owner", &o));
    assert_int_equal(asked_times, 2);
    assert_string_equal(shows("lock.front_door", "state"), "unlocked");
    said = OND_CONSENT_LATER;
    must(run("lock", DOOR));
    assert_int_equal(run_from("unlock", DOOR, "owner", &o), OND_E_ASK);
    assert_string_equal(status(), "refused");
    o.can_wait = true;
    assert_int_equal(run_from("unlock", DOOR, "owner", &o), OND_E_ASK);
    assert_string_equal(status(), "asked");
    assert_int_equal(waiting(), 1);
}

TEST(questions_are_in_the_owners_language)
{
    ond_run_opts o = {.consent = terminal, .lang = "ko"};
    said = OND_CONSENT_NO;
    assert_int_equal(run_from("unlock", DOOR, "owner", &o), OND_E_ASK);
    if (!strstr(asked, "까요?") || !strstr(asked, "현관문")) fail_msg("%s", asked);
    write_policy("version: 1\ndefaults: {reversible: ask}\n");
    assert_int_equal(run_from("set_light",
                              "{\"entity\":\"light.living_room_ceiling\",\"brightness\":20}",
                              "owner", &o),
                     OND_E_ASK);
    if (!strstr(asked, "까요?")) fail_msg("%s", asked);
    o.lang = "en";
    assert_int_equal(run_from("unlock", DOOR, "owner", &o), OND_E_ASK);
    if (strncmp(asked, "Shall I ", 8) != 0) fail_msg("%s", asked);
}

/* While the owner thinks, the house goes on: the plan is worked out again before it acts. */
static ond_consent turns_it_meanwhile(void *self, const cJSON *q)
{
    (void)self, (void)q;
    ond_plan plan = {0};
    cJSON *r = NULL;
    ond_run_opts yes = {.yes = true};
    add(&plan, "unlock", DOOR, "owner");
    must(ond_gate_run(gate, &plan, &yes, &r, &last));
    cJSON_Delete(r);
    ond_plan_free(&plan);
    return OND_CONSENT_YES;
}

TEST(the_house_goes_on_meanwhile)
{
    ond_run_opts o = {.consent = turns_it_meanwhile};
    must(run_from("unlock", DOOR, "owner", &o));
    assert_string_equal(status(), "already");
}

/* ---- questions that wait ---- */

TEST(a_question_waits_and_is_answered)
{
    cJSON *wish = json("{\"text\":\"unlock the front door\"}");
    ond_run_opts o = {.can_wait = true, .wish = wish};
    int64_t from = ond_store_count(store);
    assert_int_equal(run_from("unlock", DOOR, "owner", &o), OND_E_ASK);
    assert_string_equal(status(), "asked");
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    assert_int_equal(strlen(ond_json_str(ask(), "digest", "")), 64);
    assert_non_null(strchr(ond_json_str(ask(), "expires", ""), 'T'));
    int64_t first = task();
    char id[16];
    snprintf(id, sizeof id, "%s", question_id());
    assert_int_equal(id[0], 'q');

    start_again();
    cJSON *p = ond_gate_pending(gate);
    const cJSON *row = cJSON_GetArrayItem(ond_json_get(p, "pending"), 0);
    assert_string_equal(ond_json_str(row, "id", ""), id);
    assert_string_equal(ond_json_str(ond_json_get(row, "wish"), "text", ""),
                        "unlock the front door");
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(ond_json_get(row, "steps"), 0), "verb", ""),
                        "unlock");
    assert_null(ond_json_get(row, "order"));
    cJSON_Delete(p);

    must(answer(id, "yes"));
    assert_string_equal(status(), "done");
    assert_int_equal(task(), first);
    assert_string_equal(shows("lock.front_door", "state"), "unlocked");
    assert_string_equal(kinds(from), "wish ask answer intent outcome");
    assert_int_equal(answer(id, "yes"), OND_E_NOT_FOUND);
    assert_int_equal(waiting(), 0);
    cJSON_Delete(wish);
}

TEST(no_is_an_answer)
{
    int64_t from = ond_store_count(store);
    assert_int_equal(run_from("unlock", DOOR, "owner", &waits), OND_E_ASK);
    must(answer(question_id(), "no"));
    assert_string_equal(status(), "refused");
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    assert_string_equal(kinds(from), "wish ask answer");
    assert_int_equal(waiting(), 0);
}

TEST(answers_in_words)
{
    assert_int_equal(run_from("unlock", DOOR, "owner", &waits), OND_E_ASK);
    char id[16];
    snprintf(id, sizeof id, "%s", question_id());
    assert_int_equal(answer(id, "maybe"), OND_E_INPUT);
    assert_int_equal(answer(id, ""), OND_E_INPUT);
    assert_int_equal(waiting(), 1);
    must(answer(id, "예"));
    assert_int_equal(answer("q", "yes"), OND_E_NOT_FOUND);
    assert_int_equal(answer("", "yes"), OND_E_NOT_FOUND);
    assert_int_equal(
        answer("qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq", "yes"),
        OND_E_NOT_FOUND);
}

TEST(questions_expire)
{
    ond_ms t0 = 1763890000000;
    ond_run_opts o = {.can_wait = true, .expiry_ms = 5 * MINUTE};
    ond_clock_set(t0);
    assert_int_equal(run_from("unlock", DOOR, "owner", &o), OND_E_ASK);
    char id[16];
    snprintf(id, sizeof id, "%s", question_id());
    ond_clock_set(t0 + 5 * MINUTE - 1);
    assert_int_equal(waiting(), 1);
    ond_clock_set(t0 + 5 * MINUTE);
    int64_t from = ond_store_count(store);
    assert_int_equal(answer(id, "yes"), OND_E_NOT_FOUND);
    assert_int_equal(waiting(), 0);
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    assert_string_equal(kinds(from), "answer"); /* that nobody answered is written down */
    o.expiry_ms = 0;
    assert_int_equal(run_from("unlock", DOOR, "owner", &o), OND_E_ASK);
    snprintf(id, sizeof id, "%s", question_id());
    ond_clock_set(t0 + 14 * MINUTE);
    must(answer(id, "yes"));
}

/* ---- bound to what was shown ---- */

/* Somebody changes a field of the waiting question: the yes was not for that. */
TEST(a_changed_field_asks_again)
{
    write_policy("version: 1\ndefaults: {reversible: ask}\n");
    assert_int_equal(run_from("set_light",
                              "{\"entity\":\"light.living_room_ceiling\",\"brightness\":20}",
                              "owner", &waits),
                     OND_E_ASK);
    char id[16];
    cJSON *kept = NULL;
    snprintf(id, sizeof id, "%s", question_id());
    must(ond_store_get(store, "pending", id, &kept, &last));
    cJSON *args =
        cJSON_GetObjectItem(cJSON_GetArrayItem(cJSON_GetObjectItem(kept, "plan"), 0), "args");
    ond_json_set_num(args, "brightness", 99);
    must(ond_store_put(store, "pending", id, kept, &last));
    cJSON_Delete(kept);
    int64_t from = ond_store_count(store);
    assert_int_equal(answer(id, "yes"), OND_E_ASK);
    assert_string_equal(status(), "asked");
    assert_string_not_equal(question_id(), id);
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "80");
    assert_string_equal(kinds(from), "answer ask");
    assert_int_equal(waiting(), 1);
    must(answer(question_id(), "yes"));
    assert_string_equal(shows("light.living_room_ceiling", "brightness"), "99");
}

TEST(a_stricter_policy_meanwhile_asks_again)
{
    ond_plan plan = {0};
    add(&plan, "turn_on", LAMP, "owner");
    add(&plan, "unlock", DOOR, "owner");
    assert_int_equal(run_plan(&plan, &waits), OND_E_ASK);
    assert_string_equal(shows("light.living_room_lamp", "state"),
                        "off"); /* not even what was allowed */
    write_policy("version: 1\ndefaults: {reversible: ask}\n");
    assert_int_equal(answer(question_id(), "yes"), OND_E_ASK);
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    must(answer(question_id(), "yes"));
    assert_string_equal(shows("lock.front_door", "state"), "unlocked");
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
}

TEST(denied_meanwhile)
{
    assert_int_equal(run_from("unlock", DOOR, "owner", &waits), OND_E_ASK);
    char id[16];
    snprintf(id, sizeof id, "%s", question_id());
    write_policy("version: 1\nrules: [{decision: deny, effect: physical}]\n");
    assert_int_equal(answer(id, "yes"), OND_E_DENIED);
    assert_string_equal(shows("lock.front_door", "state"), "locked");
}

TEST(many_things_in_one_question)
{
    ond_plan plan = {0};
    ond_run_opts o = {.can_wait = true};
    write_policy("version: 1\ndefaults: {reversible: ask}\n");
    static const char *const lights[] = {
        "light.kitchen",  "light.study",    "light.bedroom", "light.living_room_lamp",
        "light.entrance", "light.bathroom", "light.balcony"};
    for (size_t i = 0; i < COUNT(lights); i++) {
        char args[80];
        snprintf(args, sizeof args, "{\"entity\":\"%s\"}", lights[i]);
        add(&plan, "turn_on", args, "owner");
    }
    assert_int_equal(run_plan(&plan, &o), OND_E_ASK);
    const char *q = ond_json_str(ask(), "question", "");
    if (!strstr(q, "these 7 things") || !strstr(q, "and 2 more")) fail_msg("%s", q);
}

/* ---- other questions ---- */

TEST(questions_of_other_kinds)
{
    cJSON *body = json(
              "{\"question\":\"Which lamp?\",\"choices\":[\"floor lamp\",\"desk lamp\"],\"n\":1}"),
          *back = NULL;
    char id[16], kind[16];
    must(ond_gate_ask(gate, "choice", body, 0, id, &last));
    cJSON *p = ond_gate_pending(gate);
    const cJSON *row = cJSON_GetArrayItem(ond_json_get(p, "pending"), 0);
    assert_string_equal(ond_json_str(row, "question", ""), "Which lamp?");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(row, "choices")), 2);
    cJSON_Delete(p);
    assert_int_equal(answer(id, "yes"), OND_E_INPUT);
    must(ond_gate_question(gate, id, kind, &back, &last));
    assert_string_equal(kind, "choice");
    assert_true(ond_json_equal(body, back));
    cJSON_Delete(back);
    assert_int_equal(ond_gate_question(gate, id, kind, &back, &last), OND_E_NOT_FOUND);
    assert_int_equal(ond_gate_ask(gate, "consent", body, 0, id, &last), OND_E_INPUT);
    assert_int_equal(run_from("unlock", DOOR, "owner", &waits), OND_E_ASK);
    must(ond_gate_question(gate, question_id(), kind, &back, &last));
    assert_string_equal(kind, "consent");
    assert_int_equal(waiting(), 1);
    cJSON_Delete(back);
    cJSON_Delete(body);
}

TEST(the_waiting_room_is_bounded)
{
    cJSON *body = json("{\"question\":\"?\"}");
    char id[16];
    int rc = 0, n = 0;
    while (n < 100 && (rc = ond_gate_ask(gate, "choice", body, 0, id, &last)) == 0) n++;
    assert_int_equal(n, 64);
    assert_int_equal(rc, OND_E_BUDGET);
    assert_int_equal(run_from("unlock", DOOR, "owner", &waits), OND_E_BUDGET);
    assert_string_equal(shows("lock.front_door", "state"), "locked");
    cJSON_Delete(body);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(an_ask_without_anyone_is_a_refusal),
        HOUSE_TEST(yes_in_advance),
        HOUSE_TEST(locking_needs_no_question),
        HOUSE_TEST(another_word_for_the_same_act),
        HOUSE_TEST(at_the_terminal),
        HOUSE_TEST(questions_are_in_the_owners_language),
        HOUSE_TEST(the_house_goes_on_meanwhile),
        HOUSE_TEST(a_question_waits_and_is_answered),
        HOUSE_TEST(no_is_an_answer),
        HOUSE_TEST(answers_in_words),
        HOUSE_TEST(questions_expire),
        HOUSE_TEST(a_changed_field_asks_again),
        HOUSE_TEST(a_stricter_policy_meanwhile_asks_again),
        HOUSE_TEST(denied_meanwhile),
        HOUSE_TEST(many_things_in_one_question),
        HOUSE_TEST(questions_of_other_kinds),
        HOUSE_TEST(the_waiting_room_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
