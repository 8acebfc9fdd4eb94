/* test_log.c - the journal for people: the log, and why. */
#include "house.h"

static cJSON *why(int64_t event, const char *lang)
{
    cJSON *out = NULL;
    must(ond_gate_why(gate, event, lang, &out, &last));
    return out;
}

TEST(the_log)
{
    cJSON *wish = json("{\"text\":\"스탠드 켜 줘\",\"lang\":\"ko\"}");
    ond_run_opts o = {.wish = wish};
    ond_clock_set(1763890000000);
    must(run_from("turn_on", LAMP, "owner", &o));
    int64_t first = task();
    must(run("turn_off", LAMP));
    ond_log_opts q = {.limit = 3};
    cJSON *log = ond_gate_log(gate, &q);
    const cJSON *events = ond_json_get(log, "events");
    assert_int_equal(cJSON_GetArraySize(events), 3);
    assert_int_equal(ond_json_num(cJSON_GetArrayItem(events, 2), "id", 0), ond_store_count(store));
    assert_int_equal(ond_json_num(cJSON_GetArrayItem(events, 0), "id", 0),
                     ond_store_count(store) - 2);
    assert_int_equal(ond_json_num(log, "version", 0), 1);
    cJSON_Delete(log);
    q = (ond_log_opts){.task = first, .lang = "ko"};
    log = ond_gate_log(gate, &q);
    events = ond_json_get(log, "events");
    assert_int_equal(cJSON_GetArraySize(events), 3);
    const cJSON *e = cJSON_GetArrayItem(events, 0);
    assert_string_equal(ond_json_str(e, "kind", ""), "wish");
    assert_string_equal(ond_json_str(e, "text", ""), "“스탠드 켜 줘”");
    assert_string_equal(ond_json_str(e, "at", ""), "2025-11-23T18:26:40+09:00");
    assert_int_equal(strlen(ond_json_str(e, "hash", "")), 64);
    assert_non_null(strstr(ond_json_str(cJSON_GetArrayItem(events, 1), "text", ""), "하려는 일"));
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(events, 2), "text", ""), "했어요.");
    cJSON_Delete(log);
    q = (ond_log_opts){.kind = "intent"};
    log = ond_gate_log(gate, &q);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(log, "events")), 2);
    cJSON_Delete(log);
    cJSON_Delete(wish);
}

TEST(why_it_happened)
{
    cJSON *wish = json("{\"text\":\"unlock the door\",\"lang\":\"en\"}");
    ond_run_opts o = {.wish = wish, .yes = true};
    must(run_from("unlock", DOOR, "owner", &o));
    int64_t first = task();
    cJSON *w = why(first + 3, "en");
    const char *text = ond_json_str(w, "text", "");
    if (!strstr(text, "“unlock the door”") || !strstr(text, "the answer was yes") ||
        !strstr(text, "default for physical acts") || !strstr(text, "It was done.") ||
        !strstr(text, "ondol undo"))
        fail_msg("%s", text);
    assert_int_equal(ond_json_num(w, "task", 0), first);
    assert_string_equal(ond_json_str(ond_json_get(w, "wish"), "text", ""), "unlock the door");
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(ond_json_get(w, "answers"), 0), "by", ""),
                        "option");
    assert_string_equal(cJSON_GetArrayItem(ond_json_get(w, "outcome"), 0)->valuestring, "ok");
    assert_string_equal(cJSON_GetArrayItem(ond_json_get(w, "policy"), 0)->valuestring,
                        "default for physical");
    assert_non_null(ond_json_get(cJSON_GetArrayItem(ond_json_get(w, "undo"), 0), "verb"));
    cJSON_Delete(w);
    w = why(first, "ko");
    text = ond_json_str(w, "text", "");
    if (!strstr(text, "“unlock the door”라고 하셨어요") || !strstr(text, "했어요.") ||
        !strstr(text, "물리적인 동작의 기본값"))
        fail_msg("%s", text);
    cJSON_Delete(w);
    must(undo(first, NULL));
    w = why(first, "en");
    if (!strstr(ond_json_str(w, "text", ""), "has undone it"))
        fail_msg("%s", ond_json_str(w, "text", ""));
    cJSON_Delete(w);
    w = why(task(), "en");
    if (!strstr(ond_json_str(w, "text", ""), "It undoes task"))
        fail_msg("%s", ond_json_str(w, "text", ""));
    cJSON_Delete(w);
    cJSON_Delete(wish);
}

TEST(why_it_did_not)
{
    write_policy("version: 1\nrules: [{decision: deny, verb: unlock, why: never}]\n");
    assert_int_equal(run("unlock", DOOR), OND_E_DENIED);
    cJSON *w = why(task(), "en");
    if (!strstr(ond_json_str(w, "text", ""), "denied by rules[0]: never"))
        fail_msg("%s", ond_json_str(w, "text", ""));
    cJSON_Delete(w);
    write_policy("version: 1\n");
    assert_int_equal(run("unlock", DOOR), OND_E_ASK);
    w = why(task(), "en");
    if (!strstr(ond_json_str(w, "text", ""), "was not answered"))
        fail_msg("%s", ond_json_str(w, "text", ""));
    cJSON_Delete(w);
}

TEST(forgotten)
{
    int64_t erased = 0;
    must(run("turn_on", LAMP));
    int64_t first = task();
    must(ond_store_forget(store, first, 0, &erased, &last));
    cJSON *w = why(first, "en");
    if (!strstr(ond_json_str(w, "text", ""), "forgotten"))
        fail_msg("%s", ond_json_str(w, "text", ""));
    cJSON_Delete(w);
    cJSON *log = ond_gate_log(gate, NULL);
    const cJSON *e;
    int n = 0;
    cJSON_ArrayForEach(e, ond_json_get(log, "events")) n +=
        strcmp(ond_json_str(e, "text", ""), "(forgotten)") == 0;
    assert_int_equal(n, 3);
    cJSON_Delete(log);
}

TEST(no_such_event)
{
    cJSON *out = NULL;
    assert_int_equal(ond_gate_why(gate, 4711, "en", &out, &last), OND_E_NOT_FOUND);
    assert_null(out);
    assert_int_equal(ond_gate_why(gate, 0, "en", &out, &last), OND_E_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(the_log),   HOUSE_TEST(why_it_happened), HOUSE_TEST(why_it_did_not),
        HOUSE_TEST(forgotten), HOUSE_TEST(no_such_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
