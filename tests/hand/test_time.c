/* test_time.c - the hand `time`: what each verb does, refuses and shows, what rings when, across
 * restarts, reboots, set clocks and changes of daylight saving, late and told again. Clocks are
 * injected; a real suspend cannot be had here. */
#include "time_hand.h"

/* ---- timers ---- */

TEST(a_timer_runs_and_rings)
{
    doing("timer_start", "{\"seconds\":600,\"label\":\"pasta\"}");
    assert_string_equal(is("t1", "label"), "pasta");
    assert_string_equal(is("t1", "state"), "running");
    assert_string_equal(is("t1", "ends"), "2026-08-03T12:10");
    pass(599.5);
    assert_string_equal(is("t1", "left"), "1");
    told("");
    pass(0.5);
    assert_string_equal(is("t1", "state"), "ringing");
    told("The timer “pasta” (10 minutes) is over.\n");
    assert_int_equal(rings_in_journal(), 1);
    told("");
    doing("stop", "{}");
    assert_string_equal(is("t1", "state"), "-");
    pass(600);
    told("");
}

TEST(told_again_until_stopped_or_enough)
{
    char want[100];
    doing("timer_start", "{\"seconds\":5}");
    pass(5);
    told("The timer of 5 seconds is over.\n");
    for (int i = 2; i <= 10; i++) {
        pass(59);
        told("");
        pass(1);
        snprintf(want, sizeof want, "The timer of 5 seconds is over. (told %d times now)\n", i);
        told(want);
    }
    assert_string_equal(is("t1", "state"), "ringing");
    pass(60);
    told("");
    assert_string_equal(is("t1", "state"), "-");
    assert_int_equal(rings_in_journal(), 2); /* the first time, and that nobody stopped it */
}

TEST(timers_are_held_and_changed)
{
    doing("timer_start", "{\"seconds\":100}");
    pass(40);
    doing("timer_pause", "{\"id\":\"t1\"}");
    assert_int_equal(act("timer_pause", "{\"id\":\"t1\"}"), OND_DONE_ALREADY);
    pass(5000);
    assert_string_equal(is("t1", "left"), "60");
    assert_string_equal(is("t1", "ends"), "");
    told("");
    doing("timer_add", "{\"id\":\"t1\",\"seconds\":-30}");
    assert_string_equal(is("t1", "left"), "30");
    doing("timer_resume", "{\"id\":\"t1\"}");
    assert_int_equal(act("timer_resume", "{\"id\":\"t1\"}"), OND_DONE_ALREADY);
    pass(10);
    refused("timer_add", "{\"id\":\"t1\",\"seconds\":-20}", OND_E_INPUT, "20 s left");
    doing("timer_add", "{\"id\":\"t1\",\"seconds\":40}");
    assert_string_equal(is("t1", "left"), "60");
    assert_string_equal(is("t1", "seconds"), "110");
    pass(61);
    service();
    refused("timer_pause", "{\"id\":\"t1\"}", OND_E_INPUT, "rings");
    doing("timer_add", "{\"id\":\"t1\",\"seconds\":120}");
    assert_string_equal(is("t1", "state"), "running");
    assert_string_equal(is("t1", "left"), "120");
}

TEST(refusals_say_what_to_do)
{
    char args[700], text[502];
    memset(text, 'x', 501);
    text[501] = '\0';
    refused("timer_cancel", "{\"id\":\"t1\"}", OND_E_NOT_FOUND, "nor any other");
    doing("timer_start", "{\"seconds\":100}");
    doing("timer_start", "{\"seconds\":200}");
    refused("timer_pause", "{\"id\":\"t9\"}", OND_E_NOT_FOUND, "there are: t1, t2");
    refused("timer_pause", "{\"id\":\"a1\"}", OND_E_NOT_FOUND, "there are: t1, t2");
    refused("timer_start", "{\"seconds\":1,\"id\":\"t1\"}", OND_E_STALE, "already");
    refused("timer_start", "{\"seconds\":1,\"id\":\"t2000\"}", OND_E_INPUT, "far ahead");
    refused("timer_start", "{\"seconds\":1,\"id\":\"a1\"}", OND_E_INPUT, "such as t1");
    snprintf(args, sizeof args, "{\"seconds\":1,\"label\":\"%s\"}", text);
    refused("timer_start", args, OND_E_INPUT, "501 bytes");
    refused("timer_start", "{\"seconds\":1,\"label\":\"\xff\"}", OND_E_INPUT, "UTF-8");
    refused("timer_add", "{\"id\":\"t1\",\"seconds\":8640000}", OND_E_INPUT, "100 days");
    refused("alarm_set", "{\"at\":\"tomorrow\"}", OND_E_INPUT, "2026-08-01T07:00");
    refused("alarm_set", "{\"at\":\"2026-02-30T07:00\"}", OND_E_INPUT, "no local time");
    refused("alarm_set", "{\"at\":\"2026-08-03T11:59\"}", OND_E_INPUT,
            "is over: it is 2026-08-03T12:00 now");
    refused("alarm_set", "{\"at\":\"2026-08-03T12:00\"}", OND_E_INPUT, "is over");
    refused("alarm_set", "{\"at\":\"2026-08-04T07:00\",\"rule\":\"every day\"}", OND_E_INPUT,
            "FREQ=WEEKLY");
    refused("alarm_set", "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=SECONDLY\"}", OND_E_INPUT,
            "every minute");
    refused("alarm_set",
            "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=HOURLY;INTERVAL=2;BYHOUR=8,9\"}",
            OND_E_INPUT, "name the times");
    refused("alarm_set", "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=MINUTELY;BYMONTH=2\"}",
            OND_E_INPUT, "counts minutes");
    refused("alarm_set", "{\"at\":\"2026-08-01T07:00\",\"rule\":\"FREQ=DAILY;COUNT=2\"}",
            OND_E_INPUT, "not come again");
    refused("alarm_set",
            "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\"}",
            OND_E_INPUT, "never");
    refused("alarm_set", "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=MONTHLY;BYSETPOS=-2\"}",
            OND_E_INPUT, "BYSETPOS=-1");
    refused("alarm_set",
            "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=5\"}",
            OND_E_INPUT, "BYSETPOS=-1");
    refused("alarm_set", "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=MINUTELY;BYDAY=1MO\"}",
            OND_E_INPUT, "second Tuesday");
    refused("alarm_set", "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=MONTHLY;BYDAY=6MO\"}",
            OND_E_INPUT, "second Tuesday");
    refused("alarm_set",
            "{\"at\":\"2026-08-04T07:00\",\"rule\":\"FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2\"}",
            OND_E_INPUT, "no such month");
    refused("reminder_set", "{\"at\":\"2026-08-04T07:00\",\"text\":\" \"}", OND_E_INPUT,
            "needs a text");
    refused("snooze", "{\"seconds\":60}", OND_E_NOT_FOUND, "nothing rings");
    refused("snooze", "{\"seconds\":60,\"id\":\"t1\"}", OND_E_INPUT, "does not ring");
    assert_int_equal(act("stop", "{}"), OND_DONE_ALREADY);
    assert_int_equal(act("stop", "{\"id\":\"t1\"}"), OND_DONE_ALREADY);
    doing("timer_cancel", "{\"id\":\"t1\"}");
    assert_int_equal(act("timer_cancel", "{\"id\":\"t1\"}"), OND_DONE_ALREADY);
}

TEST(two_hundred_of_a_kind)
{
    for (int i = 0; i < 200; i++) doing("timer_start", "{\"seconds\":100}");
    refused("timer_start", "{\"seconds\":100}", OND_E_BUDGET, "200 timers");
    doing("alarm_set", "{\"at\":\"2026-08-04T07:00\"}");
    pass(100);
    service();
    assert_int_equal(rings_in_journal(), 200);
    doing("stop", "{}");
    cJSON *none = list_of("timers");
    assert_null(none->child);
    cJSON_Delete(none);
}

/* Planned again with its exact arguments, a step is the same; two that are planned one after the
 * other are two. */
TEST(ids_stay)
{
    ond_hand_step a = plan("timer_start", "{\"seconds\":60}"),
                  b = plan("timer_start", "{\"seconds\":60}");
    char *exact = cJSON_PrintUnformatted(a.args);
    ond_hand_step again = plan("timer_start", exact);
    assert_string_equal(ond_json_str(a.args, "id", ""), "t1");
    assert_string_equal(ond_json_str(b.args, "id", ""), "t2");
    assert_true(ond_json_equal(a.args, again.args));
    assert_int_equal(act_on("timer_start", b.args, NULL), OND_DONE_OK);
    assert_int_equal(act_on("timer_start", a.args, NULL), OND_DONE_OK);
    doing("timer_cancel", "{\"id\":\"t2\"}");
    restart();
    doing("timer_start", "{\"seconds\":60}");
    assert_string_equal(is("t2", "left"), "-"); /* ids are not given out again */
    assert_string_equal(is("t3", "left"), "60");
    cJSON_free(exact);
    ond_hand_step_free(&a);
    ond_hand_step_free(&b);
    ond_hand_step_free(&again);
}

/* ---- clocks ---- */

TEST(a_set_wall_clock_does_not_change_a_timer)
{
    doing("timer_start", "{\"seconds\":600}");
    set_wall(86400);
    told("");
    assert_string_equal(is("t1", "left"), "600");
    set_wall(-3 * 86400);
    restart(); /* nor with another process in the same boot */
    pass(300);
    assert_string_equal(is("t1", "left"), "300");
    pass(301);
    told("The timer of 10 minutes is over.\n");
}

/* Suspend: the boot clock runs on, nothing ran meanwhile. */
TEST(a_timer_counts_through_suspend)
{
    doing("timer_start", "{\"seconds\":600}");
    pass(3600);
    told("The timer of 10 minutes is over. (50 minutes late)\n");
}

TEST(a_timer_survives_a_reboot)
{
    doing("timer_start", "{\"seconds\":600}");
    pass(100);
    reboot(200);
    assert_string_equal(is("t1", "left"), "300");
    told("");
    set_wall(7200); /* in the new boot, too */
    assert_string_equal(is("t1", "left"), "300");
    told("");
    reboot(900);
    told("The timer of 10 minutes is over. (10 minutes late)\n");
}

TEST(without_a_boot_clock_the_wall_clock_tells)
{
    ond_boot_set(NULL); /* frozen, and none injected */
    doing("timer_start", "{\"seconds\":600}");
    ond_clock_set(ond_now() + 599000);
    assert_string_equal(is("t1", "left"), "1");
    ond_clock_set(ond_now() - 3600000); /* going back adds nothing */
    assert_string_equal(is("t1", "left"), "600");
}

TEST(alarms_follow_the_wall_clock)
{
    doing("alarm_set", "{\"at\":\"2026-08-03T13:00\",\"label\":\"swim\"}");
    set_wall(3500);
    told("");
    set_wall(-3500);
    pass(1);
    told("");
    set_wall(3599);
    told("Alarm of 13:00: swim\n");
    assert_string_equal(is("a1", "state"), "ringing");
    doing("stop", "{\"id\":\"a1\"}");
    assert_string_equal(is("a1", "state"), "-");
}

/* A clock that was far ahead when an alarm was told does not silence it until then. */
TEST(a_clock_put_right_does_not_silence)
{
    doing("alarm_set", "{\"at\":\"2026-08-03T13:00\",\"rule\":\"FREQ=DAILY\"}");
    set_wall(3600.0 * 24 * 300);
    service();
    doing("stop", "{}");
    set_wall(-3600.0 * 24 * 300);
    service();
    notes[0] = '\0';
    assert_string_equal(is("a1", "next"), "2026-08-03T13:00");
    pass(3600);
    told("Alarm: it is 13:00.\n");
    set_wall(-0.5); /* a small correction does not let it come twice */
    doing("stop", "{}");
    assert_string_equal(is("a1", "next"), "2026-08-04T13:00");
}

TEST(alarms_follow_the_zone)
{
    doing("alarm_set", "{\"at\":\"2026-08-03T13:00\"}");
    doing("reminder_set",
          "{\"at\":\"2026-08-04T09:00\",\"text\":\"call\",\"rule\":\"FREQ=DAILY\"}");
    ond_zone_set("Asia/Seoul"); /* 19:00 there */
    told("Alarm: it is 13:00. (6 hours late)\n");
    ond_zone_set("America/New_York"); /* 06:00 there */
    pass(27 * 3600 - 1);
    doing("stop", "{}");
    told("");
    pass(1);
    told("Reminder: call\n");
}

/* 29 March 2026, 02:00 to 03:00; 25 October 2026, 03:00 back to 02:00. */
TEST(daylight_saving)
{
    at_time("2026-03-27T12:00");
    doing("alarm_set", "{\"at\":\"2026-03-28T07:00\",\"rule\":\"FREQ=DAILY\"}");
    doing("alarm_set", "{\"at\":\"2026-03-29T02:30\"}");
    doing("alarm_set", "{\"at\":\"2026-10-25T02:30\"}");
    assert_string_equal(is("a2", "next"), "2026-03-29T03:30");
    at_time("2026-03-28T23:00");
    service();
    doing("stop", "{}");
    notes[0] = '\0';
    assert_string_equal(is("a1", "next"), "2026-03-29T07:00");
    ond_ms night = ond_now();
    at_time("2026-03-29T07:00");
    assert_int_equal(ond_now() - night, 7 * 3600000); /* one hour is missing */
    service();
    assert_non_null(strstr(notes, "Alarm: it is 07:00.\n"));
    doing("stop", "{}");
    notes[0] = '\0';
    ond_ms first;
    must(ond_iso_parse(ond_str_of("2026-10-25T02:30:00+02:00"), NULL, &first, &err));
    ond_clock_set(first - 1000);
    service();
    doing("stop", "{}");
    notes[0] = '\0';
    told("");
    ond_clock_set(first);
    told("Alarm: it is 02:30.\n");
    doing("stop", "{}");
    ond_clock_set(first + 3600000); /* the second 02:30 */
    told("");
}

/* ---- alarms ---- */

TEST(alarms_are_moved_and_turned_off)
{
    doing("alarm_set", "{\"at\":\"2026-08-04T07:00:00\",\"rule\":\"FREQ=WEEKLY;BYDAY=TU,TH\"}");
    assert_string_equal(is("a1", "at"), "2026-08-04T07:00");
    doing("alarm_move", "{\"id\":\"a1\",\"at\":\"2026-08-04T08:15\"}");
    assert_string_equal(is("a1", "next"), "2026-08-04T08:15");
    assert_string_equal(is("a1", "rule"), "FREQ=WEEKLY;BYDAY=TU,TH");
    assert_int_equal(act("alarm_move", "{\"id\":\"a1\",\"at\":\"2026-08-04T08:15\"}"),
                     OND_DONE_ALREADY);
    doing("alarm_enable", "{\"id\":\"a1\",\"on\":false}");
    assert_string_equal(is("a1", "next"), "");
    assert_string_equal(is("a1", "state"), "off");
    pass(3 * 86400);
    told("");
    doing("alarm_enable", "{\"id\":\"a1\",\"on\":true}");
    assert_int_equal(act("alarm_enable", "{\"id\":\"a1\",\"on\":true}"), OND_DONE_ALREADY);
    assert_string_equal(is("a1", "next"),
                        "2026-08-11T08:15"); /* what came while it was off is not told */
    told("");
    doing("alarm_move", "{\"id\":\"a1\",\"at\":\"2026-08-07T09:00\",\"rule\":\"\"}");
    doing("alarm_enable", "{\"id\":\"a1\",\"on\":false}");
    pass(2 * 86400);
    refused("alarm_enable", "{\"id\":\"a1\",\"on\":true}", OND_E_INPUT, "is over");
}

TEST(snoozing)
{
    doing("alarm_set", "{\"at\":\"2026-08-03T13:00\",\"rule\":\"FREQ=DAILY\",\"label\":\"swim\"}");
    doing("timer_start", "{\"seconds\":3600}");
    pass(3600);
    told("The timer of 1 hour is over.\nAlarm of 13:00: swim\n");
    doing("snooze", "{\"seconds\":540}");
    assert_string_equal(is("a1", "state"), "snoozed");
    assert_string_equal(is("a1", "next"), "2026-08-03T13:09");
    assert_string_equal(is("t1", "state"), "running");
    pass(539);
    told("");
    pass(1);
    told("The timer of 1 hour is over.\nAlarm of 13:09: swim\n");
    doing("snooze", "{\"seconds\":60,\"id\":\"a1\"}");
    doing("stop", "{}");
    assert_string_equal(is("t1", "state"), "-");
    assert_string_equal(is("a1", "state"), "snoozed");
    doing("alarm_enable", "{\"id\":\"a1\",\"on\":false}");
    pass(600);
    told("");
}

TEST(reminders_are_told_once)
{
    doing("reminder_set", "{\"at\":\"2026-08-03T13:00\",\"text\":\"line one\\nline two\"}");
    doing("reminder_set",
          "{\"at\":\"2026-08-03T13:00\",\"text\":\"water\",\"rule\":\"FREQ=HOURLY;COUNT=2\"}");
    pass(3600);
    told("Reminder: line one line two\nReminder: water\n");
    assert_string_equal(is("r1", "text"), "-");
    assert_string_equal(is("r2", "next"), "2026-08-03T14:00");
    pass(60);
    told("");
    pass(3600);
    told("Reminder: water (1 minute late)\n");
    assert_string_equal(is("r2", "next"), "-"); /* that was the last one */
    assert_int_equal(rings_in_journal(), 3);
}

/* ---- late, again, and what a crash leaves ---- */

TEST(late_after_nothing_ran)
{
    doing("reminder_set",
          "{\"at\":\"2026-08-04T09:00\",\"text\":\"pills\",\"rule\":\"FREQ=DAILY\"}");
    doing("alarm_set", "{\"at\":\"2026-08-03T18:00\"}");
    close_hand();
    pass(4 * 86400);
    open_hand(true);
    told("Alarm: it is 18:00. (3 days 18 hours late)\nReminder: pills (3 hours late) (earlier ones "
         "missed: 3)\n");
    assert_string_equal(is("r1", "next"), "2026-08-08T09:00");
}

/* The row says that it was being told, and the process ended there. */
static void crash_while_telling(const char *id)
{
    cJSON *row = NULL;
    must(ond_store_get(store, "hand.time", id, &row, &err));
    cJSON *ring = cJSON_GetObjectItemCaseSensitive(row, "ring");
    assert_non_null(ring);
    ond_json_set_bool(ring, "telling", true);
    ond_json_set_num(ring, "told", ond_json_num(ring, "told", 0) - 1);
    must(ond_store_put(store, "hand.time", id, row, &err));
    cJSON_Delete(row);
    restart();
}

TEST(a_crash_while_telling_tells_again)
{
    doing("timer_start", "{\"seconds\":5}");
    pass(5);
    told("The timer of 5 seconds is over.\n");
    crash_while_telling("t1");
    told("The timer of 5 seconds is over. (this may have been told before)\n");
    told("");
    pass(60);
    told("The timer of 5 seconds is over. (told 2 times now)\n");
    assert_int_equal(rings_in_journal(), 2);
}

/* Only an owner that stays tells; another one shows what rings, and says that it needs `up`. */
TEST(a_short_process_tells_nothing)
{
    doing("timer_start", "{\"seconds\":5}");
    close_hand();
    open_hand(false);
    assert_int_equal(ond_hand_time.fd(hand), -1);
    pass(100);
    told("");
    assert_string_equal(is("t1", "state"), "ringing");
    ond_hand_step s = plan("timer_start", "{\"seconds\":60}");
    assert_true(ond_json_bool(s.before, "needs_up", false));
    cJSON *after = NULL;
    assert_int_equal(act_on("timer_start", s.args, &after), OND_DONE_OK);
    assert_true(ond_json_bool(after, "needs_up", false));
    cJSON_Delete(after);
    ond_hand_step_free(&s);
    cJSON *health = ond_hand_time.health(hand);
    assert_true(ond_json_bool(health, "needs_up", false));
    cJSON_Delete(health);
    doing("stop", "{}");
    assert_string_equal(is("t1", "state"), "-");
    restart();
    s = plan("timer_start", "{\"seconds\":60}");
    assert_false(ond_json_bool(s.before, "needs_up", false));
    ond_hand_step_free(&s);
    told("");
}

/* A transaction that is given up leaves nothing, and the next look knows. */
TEST(given_up_with_the_transaction)
{
    doing("timer_start", "{\"seconds\":60}");
    service();
    ond_hand_step s = plan("timer_cancel", "{\"id\":\"t1\"}");
    ond_act a = {.verb = "timer_cancel", .args = s.args};
    must(ond_store_begin(store, &err));
    ond_hand_time.act(hand, &a, 1, 1000);
    assert_int_equal(a.done, OND_DONE_OK);
    ond_store_abort(store);
    cJSON_Delete(a.after);
    ond_hand_step_free(&s);
    assert_string_equal(is("t1", "state"), "running");
    pass(60);
    told("The timer of 1 minute is over.\n");
}

/* ---- words ---- */

static void says(const char *verb, const char *args, const char *ko, const char *en)
{
    ond_hand_step s = plan(verb, args);
    assert_string_equal(ond_json_str(s.says, "ko", ""), ko);
    assert_string_equal(ond_json_str(s.says, "en", ""), en);
    ond_hand_step_free(&s);
}

TEST(words)
{
    says("timer_start", "{\"seconds\":5430}", "1시간 30분 30초 타이머 시작",
         "start a timer of 1 hour 30 minutes 30 seconds");
    says("timer_start", "{\"seconds\":60,\"label\":\"라면\"}", "‘라면’ 타이머 1분 시작",
         "start the timer “라면” of 1 minute");
    doing("timer_start", "{\"seconds\":86400}");
    doing("alarm_set", "{\"at\":\"2026-08-03T13:00\",\"rule\":\"FREQ=DAILY\"}");
    doing("reminder_set", "{\"at\":\"2026-08-04T09:00\",\"text\":\"약\"}");
    says("timer_add", "{\"id\":\"t3\",\"seconds\":-60}", "1일 타이머에서 1분 빼기",
         "take 1 minute off the timer of 1 day");
    says("alarm_move", "{\"id\":\"a1\",\"at\":\"2026-08-04T06:00\",\"rule\":\"\"}",
         "매일 13:00 알람 시각 바꾸기: 2026-08-04 06:00",
         "move the alarm (every day 13:00) to 2026-08-04 06:00");
    says("alarm_set", "{\"at\":\"2026-08-04T06:30\",\"rule\":\"FREQ=WEEKLY;BYDAY=MO,FR\"}",
         "매주 월, 금요일 06:30 알람 맞추기", "set an alarm for every Monday, Friday 06:30");
    says("alarm_set",
         "{\"at\":\"2026-08-04T06:30\",\"rule\":\"FREQ=DAILY;INTERVAL=2\",\"label\":\"x\"}",
         "‘x’ 알람 맞추기: FREQ=DAILY;INTERVAL=2 06:30",
         "set the alarm “x” for FREQ=DAILY;INTERVAL=2 06:30");
    says("reminder_cancel", "{\"id\":\"r1\"}", "‘약’ 알림 취소", "cancel the reminder “약”");
    says("stop", "{}", "울리는 것 끄기", "stop what rings");
    told_lang = "ko";
    restart();
    pass(90000);
    told("1일 타이머가 끝났어요. (1시간 늦었어요)\n알람이에요: 13:00. (그 전에 놓친 것: 1번)\n알려 "
         "드려요: 약 (4시간 늦었어요)\n");
}

/* ---- rules against libical's own expansion ---- */

#include <libical/ical.h>

static uint64_t seed = 88172645463325252u;

static unsigned rnd(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)(seed % n);
}

static void any_rule(char *out, size_t size)
{
    static const char *const freqs[] = {"MINUTELY;INTERVAL=37",
                                        "HOURLY",
                                        "DAILY",
                                        "DAILY",
                                        "WEEKLY",
                                        "WEEKLY",
                                        "MONTHLY",
                                        "YEARLY"};
    static const char *const daily[] = {"", "", "", ";BYDAY=MO,WE,FR", ";BYHOUR=6,18"};
    static const char *const monthly[] = {
        "",           ";BYMONTHDAY=31", ";BYMONTHDAY=-1",
        ";BYDAY=2TU", ";BYDAY=-1FR",    ";BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1"};
    unsigned f = rnd(8);
    int n = snprintf(out, size, "FREQ=%s", freqs[f]);
    if (f > 0 && rnd(2)) n += snprintf(out + n, size - (size_t)n, ";INTERVAL=%u", 1 + rnd(4));
    if (rnd(5) == 0) n += snprintf(out + n, size - (size_t)n, ";COUNT=%u", 1 + rnd(300));
    snprintf(out + n, size - (size_t)n, "%s", f >= 6 ? monthly[rnd(6)] : daily[rnd(f < 2 ? 4 : 5)]);
}

/* The instant of the first occurrence after `now`, by walking libical's expansion from the start;
 * 0: none. */
static ond_ms walked(const char *rule, const char *at, ond_ms now)
{
    ond_ms found = 0;
    struct icalrecurrencetype r = icalrecurrencetype_from_string(rule);
    icalrecur_iterator *i = icalrecur_iterator_new(r, icaltime_from_string(at));
    for (int n = 0; i && n < 200000 && !found; n++) {
        struct icaltimetype t = icalrecur_iterator_next(i);
        if (icaltime_is_null_time(t)) break;
        const ond_civil c = {.year = t.year,
                             .month = t.month,
                             .day = t.day,
                             .hour = t.hour,
                             .minute = t.minute,
                             .second = t.second};
        ond_ms ms = ond_civil_ms(&c, ond_zone());
        if (ms > now) found = ms;
    }
    if (i) icalrecur_iterator_free(i);
    return found;
}

TEST(rules_as_libical_expands_them)
{
    int some = 0;
    for (int round = 0; round < 400; round++) {
        char rule[120], at[24], ical_at[24], args[300];
        any_rule(rule, sizeof rule);
        unsigned month = 1 + rnd(12), day = 1 + rnd(28), hour = rnd(24), minute = rnd(60);
        snprintf(at, sizeof at, "2025-%02u-%02uT%02u:%02u", month, day, hour, minute);
        snprintf(ical_at, sizeof ical_at, "2025%02u%02uT%02u%02u00", month, day, hour, minute);
        at_time("2025-01-01T00:00");
        pass(rnd(700) * 86400.0 + rnd(86400));
        ond_ms want = walked(rule, ical_at, ond_now());
        ond_hand_step s;
        snprintf(args, sizeof args, "{\"at\":\"%s\",\"rule\":\"%s\",\"text\":\"x\"}", at, rule);
        int rc = try_plan("reminder_set", args, &s);
        if (rc != 0) {
            if (want) fail_msg("%s: %s", args, err.text);
            continue;
        }
        assert_int_equal(act_on("reminder_set", s.args, NULL), OND_DONE_OK);
        const char *id = ond_json_str(s.args, "id", "");
        /* the second time onward, too: three in a row */
        for (int k = 0; k < 3 && want; k++) {
            ond_ms next = 0;
            if (is(id, "next")[0] != '2')
                fail_msg("%s from %s: nothing comes, wanted %lld", rule, at, (long long)want);
            must(ond_iso_parse(ond_str_of(is(id, "next")), ond_zone(), &next, &err));
            ond_civil c, w;
            ond_civil_of(next, ond_zone(), &c);
            ond_civil_of(want, ond_zone(), &w);
            if (next != want && !(c.hour == w.hour && c.minute == w.minute &&
                                  c.day == w.day)) /* the hour that comes twice */
                fail_msg("%s from %s: next is %s, wanted %lld", rule, at, is(id, "next"),
                         (long long)want);
            some++;
            ond_clock_set(want);
            service();
            want = walked(rule, ical_at, ond_now());
        }
        if (!want && is(id, "next")[0] == '2')
            fail_msg("%s from %s: it should have ended", rule, at);
        char cancel[40];
        snprintf(cancel, sizeof cancel, "{\"id\":\"%s\"}", id);
        (void)act("reminder_cancel", cancel);
        ond_hand_step_free(&s);
        notes[0] = '\0';
    }
    print_message("%d next times compared\n", some);
    assert_true(some > 500);
}

/* ---- do, undo ---- */

static char *everything(void)
{
    ond_buf b = {0};
    static const char *const lists[] = {"timers", "alarms", "reminders"};
    for (int i = 0; i < 3; i++) {
        cJSON *l = list_of(lists[i]);
        ond_json_canon(&b, l);
        ond_buf_putc(&b, '\n');
        cJSON_Delete(l);
    }
    return ond_buf_take(&b);
}

static const char *any_id(char kind, char *out)
{
    cJSON *l = list_of(kind == 't' ? "timers" : kind == 'a' ? "alarms" : "reminders");
    int n = cJSON_GetArraySize(l);
    const char *id =
        n ? ond_json_str(cJSON_GetArrayItem(l, (int)rnd((unsigned)n)), "id", "") : "t1";
    snprintf(out, 16, "%s", id);
    cJSON_Delete(l);
    return out;
}

static const char *any_time(char *out)
{
    ond_civil c;
    ond_civil_of(ond_now() + 60000 + (ond_ms)rnd(10 * 86400) * 1000, ond_zone(), &c);
    snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d", c.year, c.month, c.day, c.hour, c.minute);
    return out;
}

static const char *any_verb(char *args, size_t size)
{
    static const char *const rules[] = {"", "FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TU", "FREQ=HOURLY"};
    char id[16], at[32];
    switch (rnd(14)) {
    case 0:
    case 1:
        snprintf(args, size, "{\"seconds\":%u,\"label\":\"%s\"}", 1 + rnd(400),
                 rnd(2) ? "egg" : "");
        return "timer_start";
    case 2:
        snprintf(args, size, "{\"id\":\"%s\"}", any_id('t', id));
        return "timer_cancel";
    case 3:
        snprintf(args, size, "{\"id\":\"%s\",\"seconds\":%d}", any_id('t', id),
                 (int)rnd(400) - 150);
        return "timer_add";
    case 4:
        snprintf(args, size, "{\"id\":\"%s\"}", any_id('t', id));
        return "timer_pause";
    case 5:
        snprintf(args, size, "{\"id\":\"%s\"}", any_id('t', id));
        return "timer_resume";
    case 6:
        snprintf(args, size, "{\"at\":\"%s\",\"rule\":\"%s\"}", any_time(at), rules[rnd(4)]);
        return "alarm_set";
    case 7:
        snprintf(args, size, "{\"id\":\"%s\",\"at\":\"%s\",\"rule\":\"%s\"}", any_id('a', id),
                 any_time(at), rules[rnd(4)]);
        return "alarm_move";
    case 8:
        snprintf(args, size, "{\"id\":\"%s\"}", any_id('a', id));
        return "alarm_cancel";
    case 9:
        snprintf(args, size, "{\"id\":\"%s\",\"on\":%s}", any_id('a', id),
                 rnd(2) ? "true" : "false");
        return "alarm_enable";
    case 10:
        snprintf(args, size, "{\"at\":\"%s\",\"text\":\"tea\",\"rule\":\"%s\"}", any_time(at),
                 rules[rnd(4)]);
        return "reminder_set";
    case 11:
        snprintf(args, size, "{\"id\":\"%s\",\"at\":\"%s\"}", any_id('r', id), any_time(at));
        return "reminder_move";
    case 12:
        snprintf(args, size, "{\"id\":\"%s\"}", any_id('r', id));
        return "reminder_cancel";
    default:
        if (rnd(2))
            snprintf(args, size, "{\"seconds\":%u}", 30 + rnd(300));
        else
            snprintf(args, size, "{}");
        return args[1] == '}' ? "stop" : "snooze";
    }
}

/* What the step said would show is what is seen afterwards, and it was not so before. */
static void check_shown(const char *verb, const ond_hand_step *s, ond_done done)
{
    cJSON *seen = NULL;
    must(ond_hand_time.observe(hand, verb, s->args, &seen, &err));
    char *want = cJSON_PrintUnformatted(s->expect), *got = cJSON_PrintUnformatted(seen);
    if (ond_hand_shows(s->expect, seen) != OND_SHOWS)
        fail_msg("%s: expected %s, shows %s", verb, want, got);
    if (done == OND_DONE_OK && s->expect->child &&
        ond_hand_shows(s->expect, s->before) == OND_SHOWS)
        fail_msg("%s: %s was so before", verb, want);
    cJSON_free(want);
    cJSON_free(got);
    cJSON_Delete(seen);
}

TEST(do_then_undo)
{
    int done = 0, undone = 0;
    const char *n = getenv("ONDOL_COMMANDS");
    int rounds = n ? atoi(n) : 1500;
    for (int i = 0; i < rounds; i++) {
        char args[300];
        const char *verb = any_verb(args, sizeof args);
        char *before = everything();
        ond_hand_step s;
        if (try_plan(verb, args, &s) != 0) {
            free(before);
            goto next;
        }
        ond_done d = act_on(verb, s.args, NULL);
        if (d != (s.already ? OND_DONE_ALREADY : OND_DONE_OK))
            fail_msg("%s %s: %s %s", verb, args, ond_done_name(d), err.text);
        check_shown(verb, &s, d);
        done += d == OND_DONE_OK;
        if (d == OND_DONE_OK) {
            assert_true(s.can_undo);
            char *undo = cJSON_PrintUnformatted(s.undo_args);
            ond_hand_step back = plan(s.undo_verb, undo);
            assert_int_equal(act_on(s.undo_verb, back.args, NULL), OND_DONE_OK);
            check_shown(s.undo_verb, &back, OND_DONE_OK);
            char *after = everything();
            if (strcmp(before, after) != 0)
                fail_msg("%s %s, undone by %s %s:\n%s\n%s", verb, args, s.undo_verb, undo, before,
                         after);
            /* and the undo is undone */
            char *redo = cJSON_PrintUnformatted(back.undo_args);
            assert_true(back.can_undo);
            ond_hand_step forth = plan(back.undo_verb, redo);
            assert_int_equal(act_on(back.undo_verb, forth.args, NULL), OND_DONE_OK);
            ond_hand_step_free(&forth);
            ond_hand_step_free(&back);
            cJSON_free(redo);
            cJSON_free(undo);
            free(after);
            undone++;
        }
        ond_hand_step_free(&s);
        free(before);
    next:
        if (rnd(3) == 0) pass(rnd(200));
        if (rnd(3) == 0) service();
        notes[0] = '\0';
    }
    print_message("%d acts, %d undone\n", done, undone);
    assert_true(done > rounds / 4 && undone == done);
}

/* What undo brings comes from the journal, but anybody may give such arguments. */
TEST(rows_that_cannot_be)
{
    doing("timer_start", "{\"seconds\":60}");
    doing("alarm_set", "{\"at\":\"2026-08-04T07:00\"}");
    ond_hand_step s = plan("timer_cancel", "{\"id\":\"t1\"}");
    const cJSON *good = ond_json_get(s.undo_args, "timer");
    assert_int_equal(act_on("timer_cancel", s.args, NULL), OND_DONE_OK);
    static const char *const bad[] = {"{\"timer\":{}}", "{\"timer\":{\"id\":\"t1\"}}",
                                      "{\"timer\":{\"id\":\"a1\"}}",
                                      "{\"timer\":{\"id\":\"t99999\"}}"};
    for (size_t i = 0; i < COUNT(bad); i++) refused("timer_restore", bad[i], OND_E_INPUT, "");
    for (const cJSON *m = good->child; m; m = m->next) {
        cJSON *row = cJSON_Duplicate(good, true), *args = cJSON_CreateObject();
        if (cJSON_IsString(m))
            ond_json_set_num(row, m->string, 1e300);
        else
            ond_json_set_num(row, m->string, -1e300);
        cJSON_AddItemToObject(args, "timer", row);
        char *text = cJSON_PrintUnformatted(args);
        refused("timer_restore", text, OND_E_INPUT, "");
        cJSON_DeleteItemFromObjectCaseSensitive(row, m->string);
        cJSON_free(text);
        text = cJSON_PrintUnformatted(args);
        refused("timer_restore", text, OND_E_INPUT, "");
        cJSON_free(text);
        cJSON_Delete(args);
    }
    cJSON *more = cJSON_Duplicate(s.undo_args, true);
    ond_json_set_num(cJSON_GetObjectItemCaseSensitive(more, "timer"), "surprise", 1);
    char *text = cJSON_PrintUnformatted(more);
    refused("timer_restore", text, OND_E_INPUT, "not known");
    /* not more than there may be, however they come */
    cJSON *rows = cJSON_CreateArray(), *many = cJSON_CreateObject();
    cJSON_AddItemToObject(many, "rows", rows);
    for (int i = 0; i < 201; i++) {
        cJSON *row = cJSON_Duplicate(good, true);
        char id[12];
        snprintf(id, sizeof id, "t%d", 1 + i);
        ond_json_set_str(row, "id", id);
        cJSON_AddItemToArray(rows, row);
    }
    char *too_many = cJSON_PrintUnformatted(many);
    refused("put_back", too_many, OND_E_BUDGET, "200 timers");
    cJSON_free(too_many);
    cJSON_Delete(many);
    refused("put_back", "{\"rows\":[],\"gone\":[\"t77\"]}", OND_E_NOT_FOUND, "t77");
    cJSON_free(text);
    cJSON_Delete(more);
    ond_hand_step_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TIME_TEST(a_timer_runs_and_rings),
        TIME_TEST(told_again_until_stopped_or_enough),
        TIME_TEST(timers_are_held_and_changed),
        TIME_TEST(refusals_say_what_to_do),
        TIME_TEST(two_hundred_of_a_kind),
        TIME_TEST(ids_stay),
        TIME_TEST(a_set_wall_clock_does_not_change_a_timer),
        TIME_TEST(a_timer_counts_through_suspend),
        TIME_TEST(a_timer_survives_a_reboot),
        TIME_TEST(without_a_boot_clock_the_wall_clock_tells),
        TIME_TEST(alarms_follow_the_wall_clock),
        TIME_TEST(a_clock_put_right_does_not_silence),
        TIME_TEST(alarms_follow_the_zone),
        TIME_TEST(daylight_saving),
        TIME_TEST(alarms_are_moved_and_turned_off),
        TIME_TEST(snoozing),
        TIME_TEST(reminders_are_told_once),
        TIME_TEST(late_after_nothing_ran),
        TIME_TEST(a_crash_while_telling_tells_again),
        TIME_TEST(a_short_process_tells_nothing),
        TIME_TEST(given_up_with_the_transaction),
        TIME_TEST(words),
        TIME_TEST(rules_as_libical_expands_them),
        TIME_TEST(do_then_undo),
        TIME_TEST(rows_that_cannot_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
