/* test_memory.c - the calls about what was taught: memory, teach, forget_memory; and its rows in
 * the log, in words. */
#include "place.h"

#include "sys/clock.h"

static ond_owner *owner;

static void open_owner(void)
{
    ond_owner_opts opts = {.lang = "en"};
    if (ond_owner_open(&opts, &owner, &err) != 0) fail_msg("cannot open: %s", err.text);
}

static void close_owner(void)
{
    ond_owner_close(owner);
    owner = NULL;
}

static const cJSON *ask(int code, const char *json)
{
    static cJSON *reply;
    cJSON *request = cJSON_Parse(json);
    assert_non_null(request);
    cJSON_Delete(reply);
    int rc = ond_owner_call(owner, request, NULL, &reply, &err);
    cJSON_Delete(request);
    if (rc != code)
        fail_msg("%s gave %s, not %s: %s", json, ond_code_name(rc), ond_code_name(code), err.text);
    return reply;
}

static const cJSON *lesson(int i)
{
    return cJSON_GetArrayItem(ond_json_get(ask(0, "{\"call\":\"memory\"}"), "lessons"), i);
}

TEST(taught_listed_forgotten)
{
    open_owner();
    assert_null(lesson(0));
    const cJSON *r =
        ask(0, "{\"call\":\"teach\",\"said\":\"무드 조명\",\"entity\":\"light.bedroom\"}");
    assert_string_equal(ond_json_str(r, "id", ""), "m1");
    assert_non_null(strstr(ond_json_str(r, "say", ""), "“무드 조명” means"));
    const cJSON *l = lesson(0);
    assert_string_equal(ond_json_str(l, "kind", ""), "alias");
    assert_string_equal(ond_json_str(l, "lang", ""), "ko");
    assert_non_null(strstr(ond_json_str(ond_json_get(l, "shown"), "ko", ""), "“무드 조명”은"));
    ask(0, "{\"call\":\"teach\",\"said\":\"the "
           "lamp\",\"entity\":\"light.kitchen\",\"area\":\"kitchen\"}");
    l = lesson(1);
    assert_string_equal(ond_json_str(l, "kind", ""), "preference");
    assert_string_equal(ond_json_str(l, "area", ""), "kitchen");
    assert_string_equal(ond_json_str(l, "lang", ""), "en");
    close_owner();
    open_owner(); /* another process */
    assert_string_equal(ond_json_str(lesson(1), "id", ""), "m2");
    assert_int_equal(
        ond_json_num(ask(0, "{\"call\":\"forget_memory\",\"what\":\"THE LAMP\"}"), "forgotten", 0),
        1);
    assert_int_equal(
        ond_json_num(ask(0, "{\"call\":\"forget_memory\",\"all\":true}"), "forgotten", 0), 1);
    assert_null(lesson(0));
    close_owner();
}

TEST(told_in_the_log)
{
    open_owner();
    ask(0, "{\"call\":\"teach\",\"said\":\"mood\",\"entity\":\"light.bedroom\"}");
    ask(0, "{\"call\":\"forget_memory\",\"what\":\"m1\"}");
    const cJSON *events = ond_json_get(ask(0, "{\"call\":\"log\"}"), "events");
    assert_non_null(
        strstr(ond_json_str(cJSON_GetArrayItem(events, 0), "text", ""), "learned: “mood” means"));
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(events, 1), "text", ""),
                        "forgot what was taught: m1");
    events = ond_json_get(ask(0, "{\"call\":\"log\",\"ui\":\"ko\"}"), "events");
    assert_non_null(strstr(ond_json_str(cJSON_GetArrayItem(events, 0), "text", ""), "배움: "));
    assert_string_equal(ond_json_str(cJSON_GetArrayItem(events, 1), "text", ""),
                        "가르친 것을 잊음: m1");
    assert_true(ond_json_bool(ask(0, "{\"call\":\"verify\"}"), "ok", false));
    ask(OND_E_NOT_FOUND, "{\"call\":\"undo\"}"); /* nothing was done in the house */
    ask(0, "{\"call\":\"why\",\"event\":1}");
    close_owner();
}

TEST(what_is_wrong_is_told)
{
    open_owner();
    ask(OND_E_NOT_FOUND, "{\"call\":\"teach\",\"said\":\"x\",\"entity\":\"light.kichen\"}");
    assert_non_null(strstr(err.text, "'light.kitchen'"));
    ask(OND_E_NOT_FOUND, "{\"call\":\"teach\",\"said\":\"x\",\"entity\":\"kitchen\"}");
    ask(OND_E_NOT_FOUND,
        "{\"call\":\"teach\",\"said\":\"x\",\"entity\":\"light.kitchen\",\"area\":\"kichen\"}");
    assert_non_null(strstr(err.text, "'kitchen'"));
    ask(OND_E_INPUT, "{\"call\":\"teach\",\"said\":\" \",\"entity\":\"light.kitchen\"}");
    ask(OND_E_USAGE,
        "{\"call\":\"teach\",\"said\":\"x\",\"entity\":\"light.kitchen\",\"lang\":\"xx\"}");
    ask(OND_E_USAGE, "{\"call\":\"teach\",\"said\":\"x\"}");
    ask(OND_E_USAGE, "{\"call\":\"forget_memory\"}");
    ask(OND_E_USAGE, "{\"call\":\"forget_memory\",\"what\":\"x\",\"all\":true}");
    ask(OND_E_NOT_FOUND, "{\"call\":\"forget_memory\",\"what\":\"x\"}");
    assert_null(lesson(0));
    close_owner();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(taught_listed_forgotten),
        T(told_in_the_log),
        T(what_is_wrong_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
