/* test_calls.c - requests to the owner: checked before anything happens, clock of their own, one
 * reply whatever happens. */
#include "place.h"

#include "sys/clock.h"
#include "sys/sock.h"

#include <pthread.h>

static ond_owner *owner;
static char notes[4096];

static void note(void *self, const char *text)
{
    (void)self;
    strncat(notes, text, sizeof notes - strlen(notes) - 2);
    strcat(notes, "\n");
}

static ond_owner *open_owner(void)
{
    ond_owner_opts opts = {.lang = "en", .note = note};
    notes[0] = '\0';
    int rc = ond_owner_open(&opts, &owner, &err);
    if (rc != 0) fail_msg("cannot open: %s", err.text);
    return owner;
}

static void close_owner(void)
{
    ond_owner_close(owner);
    owner = NULL;
}

/* The reply to a request in JSON; kept until the next one. */
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
    assert_non_null(reply);
    assert_true(ond_json_num(reply, "version", 0) == 1);
    const cJSON *error = ond_json_get(reply, "error");
    if (code != 0)
        assert_string_equal(ond_json_str(error, "code", ""), ond_code_name(code));
    else
        assert_null(error);
    return reply;
}

static void shows(const char *entity, const char *state)
{
    const cJSON *world = ask(0, "{\"call\":\"home.state\"}"), *e;
    cJSON_ArrayForEach(
        e, ond_json_get(world, "entities")) if (strcmp(ond_json_str(e, "id", ""), entity) == 0)
    {
        assert_string_equal(ond_json_str(ond_json_get(e, "state"), "state", ""), state);
        return;
    }
    fail_msg("there is no %s", entity);
}

static int count_events(void)
{
    return cJSON_GetArraySize(ond_json_get(ask(0, "{\"call\":\"log\"}"), "events"));
}

TEST(wrong_requests_are_refused_before_anything_is_opened)
{
    static const char *const wrong[] = {
        "[]",
        "1",
        "{}",
        "{\"call\":1}",
        "{\"call\":\"\"}",
        "{\"call\":\"doo\",\"text\":\"x\"}",
        "{\"call\":\"do\"}",
        "{\"call\":\"do\",\"text\":null}",
        "{\"call\":\"do\",\"text\":\"x\",\"yes\":\"true\"}",
        "{\"call\":\"do\",\"text\":\"x\",\"text\":\"y\"}",
        "{\"call\":\"do\",\"text\":\"x\",\"house\":\"y\"}",
        "{\"call\":\"undo\",\"task\":0.5}",
        "{\"call\":\"undo\",\"task\":1e17}",
        "{\"call\":\"why\"}",
        "{\"call\":\"home.set\",\"entity\":\"x\"}",
        "{\"call\":\"home.set\",\"entity\":\"x\",\"attributes\":\"on\"}",
        "{\"call\":\"log\",\"limit\":-1}",
        "{\"call\":\"forget\"}",
        "{\"call\":\"forget\",\"task\":1,\"before\":1}",
        "{\"call\":\"log\",\"tz\":\"Mars/Olympus\"}",
        "{\"call\":\"log\",\"now\":\"today\"}",
    };
    open_owner();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cJSON *request = cJSON_Parse(wrong[i]), *reply = NULL;
        int rc = ond_owner_call(owner, request, NULL, &reply, &err);
        if (rc != OND_E_USAGE && rc != OND_E_INPUT)
            fail_msg("%s gave %s", wrong[i], ond_code_name(rc));
        assert_non_null(ond_json_get(reply, "error"));
        assert_true(err.text[0] != '\0');
        cJSON_Delete(request);
        cJSON_Delete(reply);
    }
    assert_int_equal(count_events(), 0);
    close_owner();
}

TEST(the_nearest_call_is_named)
{
    open_owner();
    ask(OND_E_USAGE, "{\"call\":\"home.stat\"}");
    assert_non_null(strstr(err.text, "'home.state'"));
    close_owner();
}

TEST(do_undo_log_why)
{
    open_owner();
    const cJSON *reply = ask(0, "{\"call\":\"do\",\"text\":\"turn on the kitchen light\"}");
    assert_string_equal(ond_json_str(reply, "status", ""), "done");
    assert_string_equal(ond_json_str(reply, "say", ""), "Turned on the kitchen light.");
    shows("light.kitchen", "on");
    assert_int_equal(count_events(), 3);
    assert_non_null(strstr(ond_json_str(ask(0, "{\"call\":\"why\",\"event\":2}"), "text", ""),
                           "turn on the kitchen light"));
    ask(0, "{\"call\":\"undo\"}");
    shows("light.kitchen", "off");
    ask(OND_E_NOT_FOUND, "{\"call\":\"undo\"}");
    ask(OND_E_NOT_FOUND, "{\"call\":\"why\",\"event\":99}");
    assert_true(cJSON_IsTrue(ond_json_get(ask(0, "{\"call\":\"verify\"}"), "ok")));
    close_owner();
}

TEST(a_dry_run_writes_nothing)
{
    open_owner();
    const cJSON *reply =
        ask(0, "{\"call\":\"do\",\"text\":\"turn on the kitchen light\",\"dry_run\":true}");
    assert_string_equal(ond_json_str(reply, "status", ""), "planned");
    assert_int_equal(count_events(), 0);
    shows("light.kitchen", "off");
    close_owner();
}

TEST(an_ask_is_refused_where_nobody_can_wait)
{
    open_owner();
    const cJSON *reply = ask(OND_E_ASK, "{\"call\":\"do\",\"text\":\"unlock the front door\"}");
    assert_string_equal(ond_json_str(reply, "status", ""), "refused");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(ask(0, "{\"call\":\"pending\"}"), "pending")),
                     0);
    shows("lock.front_door", "locked");
    ask(0, "{\"call\":\"do\",\"text\":\"unlock the front door\",\"yes\":true}");
    shows("lock.front_door", "unlocked");
    close_owner();
}

TEST(now_and_tz_hold_for_one_request)
{
    char want[32];
    open_owner();
    ond_zone_set("Europe/Paris");
    ask(0,
        "{\"call\":\"do\",\"text\":\"turn on the kitchen light\",\"now\":1580608922000,\"tz\":\"UTC\"}");
    assert_false(ond_clock_frozen());
    assert_string_equal(ond_zone(), "Europe/Paris");
    ask(OND_E_UNKNOWN,
        "{\"call\":\"do\",\"text\":\"qwertz\",\"now\":1580608922000,\"tz\":\"Asia/Seoul\"}");
    assert_false(ond_clock_frozen());
    ond_clock_set(1000000000000);
    ask(0, "{\"call\":\"log\",\"now\":1580608922000}");
    assert_true(ond_clock_frozen());
    assert_true(ond_now() == 1000000000000);
    ond_clock_set(0);
    const cJSON *first = cJSON_GetArrayItem(
        ond_json_get(ask(0, "{\"call\":\"log\",\"tz\":\"Asia/Seoul\"}"), "events"), 0);
    snprintf(want, sizeof want, "%.19s", ond_json_str(first, "at", ""));
    assert_string_equal(want, "2020-02-02T11:02:02");
    ond_zone_set("");
    close_owner();
}

TEST(home_set_is_judged_and_undone)
{
    open_owner();
    ask(0,
        "{\"call\":\"home.set\",\"entity\":\"light.kitchen\",\"attributes\":{\"state\":\"on\",\"brightness\":33}}");
    shows("light.kitchen", "on");
    ask(0, "{\"call\":\"undo\"}");
    shows("light.kitchen", "off");
    ask(OND_E_ASK,
        "{\"call\":\"home.set\",\"entity\":\"lock.front_door\",\"attributes\":{\"state\":\"unlocked\"}}");
    ask(OND_E_NOT_FOUND,
        "{\"call\":\"home.set\",\"entity\":\"light.kichen\",\"attributes\":{\"state\":\"on\"}}");
    assert_non_null(strstr(err.text, "light.kitchen"));
    close_owner();
}

TEST(forgetting_keeps_the_chain)
{
    open_owner();
    ask(0, "{\"call\":\"do\",\"text\":\"turn on the kitchen light\"}");
    assert_true(ond_json_num(ask(0, "{\"call\":\"forget\",\"task\":1}"), "erased", 0) == 3);
    ask(OND_E_NOT_FOUND, "{\"call\":\"forget\",\"task\":77}");
    assert_true(cJSON_IsTrue(ond_json_get(ask(0, "{\"call\":\"verify\"}"), "ok")));
    close_owner();
}

TEST(the_language_of_what_is_said)
{
    open_owner();
    assert_string_equal(ond_json_str(ask(0, "{\"call\":\"status\"}"), "lang", ""), "en");
    close_owner();
    write_config("config.yaml", "lang: ko\n");
    ond_owner_opts opts = {.locale_lang = "en"};
    assert_int_equal(ond_owner_open(&opts, &owner, &err), 0);
    assert_string_equal(ond_json_str(ask(0, "{\"call\":\"status\"}"), "lang", ""), "ko");
    close_owner();
}

TEST(a_broken_configuration_opens_nothing)
{
    write_config("config.yaml", "lnag: ko\n");
    ond_owner_opts opts = {.lang = "en"};
    assert_int_equal(ond_owner_open(&opts, &owner, &err), OND_E_CONFIG);
    assert_null(owner);
}

TEST(reload_takes_a_good_configuration_and_leaves_a_bad_one)
{
    ond_owner_opts opts = {.note = note};
    assert_int_equal(ond_owner_open(&opts, &owner, &err), 0);
    ask(0, "{\"call\":\"do\",\"text\":\"turn on the kitchen light\"}");
    write_config("config.yaml", "lang: ko\n");
    ask(0, "{\"call\":\"reload\"}");
    assert_string_equal(ond_json_str(ask(0, "{\"call\":\"status\"}"), "lang", ""), "ko");
    write_config("config.yaml", "lang: xx\n");
    ask(OND_E_CONFIG, "{\"call\":\"reload\"}");
    assert_string_equal(ond_json_str(ask(0, "{\"call\":\"status\"}"), "lang", ""), "ko");
    shows("light.kitchen", "on");
    close_owner();
}

/* The zone is the configuration's, unless the command line gave one. */
TEST(reload_takes_another_zone)
{
    ond_owner_opts opts = {.note = note};
    ond_zone_set("");
    write_config("config.yaml", "tz: Asia/Seoul\n");
    assert_int_equal(ond_owner_open(&opts, &owner, &err), 0);
    assert_string_equal(ond_zone(), "Asia/Seoul");
    write_config("config.yaml", "tz: Europe/Berlin\n");
    ask(0, "{\"call\":\"reload\",\"tz\":\"UTC\"}");
    assert_string_equal(ond_zone(), "Europe/Berlin");
    write_config("config.yaml", "lang: ko\n");
    ask(0, "{\"call\":\"reload\"}");
    assert_string_equal(ond_zone(), "");
    close_owner();
    ond_zone_set("Asia/Tokyo");
    write_config("config.yaml", "tz: Europe/Berlin\n");
    assert_int_equal(ond_owner_open(&opts, &owner, &err), 0);
    ask(0, "{\"call\":\"reload\"}");
    assert_string_equal(ond_zone(), "Asia/Tokyo");
    close_owner();
    ond_zone_set("");
}

TEST(the_second_owner_hears_who_is_there)
{
    ond_owner *second = NULL;
    ond_owner_opts opts = {.lang = "en"};
    char pid[32];
    open_owner();
    assert_int_equal(ond_owner_open(&opts, &second, &err), OND_E_BUSY);
    snprintf(pid, sizeof pid, "%d", (int)getpid());
    assert_non_null(strstr(err.text, pid));
    close_owner();
}

/* ---- links and the service ---- */

static cJSON *status_request(void)
{
    return cJSON_Parse("{\"call\":\"status\"}");
}

TEST(a_link_waits_for_a_busy_store_and_gives_up_in_time)
{
    ond_link *link = NULL;
    cJSON *request = status_request(), *reply = NULL;
    ond_link_opts opts = {.owner = {.lang = "en"}, .wait_ms = 150};
    open_owner();
    assert_int_equal(ond_link_open(&opts, &link, &err), 0);
    uint64_t began = ond_steady_us();
    assert_int_equal(ond_link_call(link, request, &reply, &err), OND_E_BUSY);
    assert_true(ond_steady_us() - began >= 140000);
    close_owner();
    assert_int_equal(ond_link_call(link, request, &reply, &err), 0);
    assert_false(ond_link_via_up(link));
    ond_link_close(link);
    cJSON_Delete(request);
    cJSON_Delete(reply);
}

static volatile bool served;

static void *serve(void *self)
{
    ond_service *s = self;
    while (!served) ond_loop_turn(ond_service_loop(s), 20);
    return NULL;
}

TEST(a_service_answers_links_and_survives_those_that_go)
{
    ond_service *s = NULL;
    ond_link *link = NULL;
    pthread_t thread;
    ond_buf path = {0};
    cJSON *request = cJSON_Parse("{\"call\":\"do\",\"text\":\"turn on the kitchen light\"}"),
          *reply = NULL;
    cJSON *status = status_request();
    ond_owner_opts opts = {.lang = "en", .note = note};
    ond_link_opts there = {.owner = {.lang = "en"}, .only_up = true};
    int fd;
    assert_int_equal(ond_link_open(&there, &link, &err), 0);
    assert_int_equal(ond_link_call(link, status, &reply, &err), OND_E_UNAVAILABLE);
    assert_int_equal(ond_service_open(&opts, &s, &err), 0);
    served = false;
    assert_int_equal(pthread_create(&thread, NULL, serve, s), 0);
    char sock[320];
    snprintf(sock, sizeof sock, "%s/XDG_RUNTIME_DIR/ondol/sock", place);
    for (int i = 0; i < 20; i++) { /* gone before the answer */
        assert_int_equal(ond_sock_connect(sock, &fd, &err), 0);
        assert_int_equal(ond_sock_send(fd, request, &err), 0);
        close(fd);
    }
    assert_int_equal(ond_link_call(link, status, &reply, &err), 0);
    assert_true(ond_link_via_up(link));
    assert_true(cJSON_IsTrue(ond_json_get(reply, "up")));
    cJSON_Delete(reply);
    assert_int_equal(ond_link_call(link, request, &reply, &err), 0);
    assert_string_equal(ond_json_str(reply, "status", ""), "already");
    cJSON_Delete(reply);
    served = true;
    pthread_join(thread, NULL);
    ond_service_close(s);
    assert_int_equal(access(sock, F_OK), -1);
    assert_int_equal(ond_link_call(link, status, &reply, &err), OND_E_UNAVAILABLE);
    assert_null(reply);
    ond_link_close(link);
    cJSON_Delete(request);
    cJSON_Delete(status);
    ond_buf_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(wrong_requests_are_refused_before_anything_is_opened),
        T(the_nearest_call_is_named),
        T(do_undo_log_why),
        T(a_dry_run_writes_nothing),
        T(an_ask_is_refused_where_nobody_can_wait),
        T(now_and_tz_hold_for_one_request),
        T(home_set_is_judged_and_undone),
        T(forgetting_keeps_the_chain),
        T(the_language_of_what_is_said),
        T(a_broken_configuration_opens_nothing),
        T(reload_takes_a_good_configuration_and_leaves_a_bad_one),
        T(reload_takes_another_zone),
        T(the_second_owner_hears_who_is_there),
        T(a_link_waits_for_a_busy_store_and_gives_up_in_time),
        T(a_service_answers_links_and_survives_those_that_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
