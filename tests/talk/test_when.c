/* test_when.c - what times mean at other moments and in other zones; answers in words; local times
 * as text; prefixes. */
#include "when_fixture.h"

typedef struct row {
    const char *now, *zone, *said, *means;
} row;

static ond_grammar *ko, *en;
static ond_buf line;

static bool is_korean(const char *said)
{
    for (const char *p = said; *p; p++)
        if ((unsigned char)*p >= 0xEA) return true;
    return false;
}

static void check(const row *r, size_t n, ond_when_opts o)
{
    for (size_t i = 0; i < n; i++) {
        o.now = ms_of(r[i].now, r[i].zone);
        o.zone = r[i].zone;
        const char *means = when_said(is_korean(r[i].said) ? ko : en, &line, r[i].said, &o);
        if (strcmp(means, r[i].means) != 0)
            fail_msg("%s at %s: %s, not %s", r[i].said, r[i].now, means, r[i].means);
    }
}
#define CHECK(rows, ...) check(rows, sizeof rows / sizeof *rows, (ond_when_opts){__VA_ARGS__})

TEST(test_month_ends)
{
    static const row rows[] = {
        {"2026-01-31T10:00", "Asia/Seoul", "when 한 달 뒤", "2026-02-28"},
        {"2028-01-31T10:00", "Asia/Seoul", "when in a month", "2028-02-29"},
        {"2028-02-29T10:00", "Asia/Seoul", "when 일 년 뒤", "2029-02-28"},
        {"2028-02-28T10:00", "Asia/Seoul", "when 내일", "2028-02-29"},
        {"2028-02-28T10:00", "Asia/Seoul", "when 월말", "2028-02-29"},
        {"2026-12-31T10:00", "Asia/Seoul", "when tomorrow", "2027-01-01"},
        {"2026-12-31T10:00", "Asia/Seoul", "when 다음 달 말", "2027-01-31"},
        {"2026-01-31T10:00", "Asia/Seoul", "when 31일", "2026-01-31"},
        {"2026-01-31T10:00", "Asia/Seoul", "when 30일", "2026-03-30"},
        {"2026-04-01T10:00", "Asia/Seoul", "when the 31st", "2026-05-31"},
        {"2026-01-31T10:00", "Asia/Seoul", "when 다음 달 3일", "2026-02-03"},
        {"2026-01-31T10:00", "Asia/Seoul", "when 다음 달 29일", "impossible"},
        {"2028-02-29T10:00", "Asia/Seoul", "when 2월 29일", "2028-02-29"},
        {"2028-03-01T10:00", "Asia/Seoul", "when February 29", "2032-02-29"},
        {"2096-03-01T10:00", "UTC", "when February 29", "2104-02-29"},
        {"2026-12-28T10:00", "Asia/Seoul", "when 다음 주 금요일", "2027-01-08"},
        {"2026-10-31T10:00", "Asia/Seoul", "when 다섯째 토요일", "2026-10-31"},
        {"2026-11-01T10:00", "Asia/Seoul", "when 다섯째 토요일", "2027-01-30"},
        {"2027-02-07T10:00", "Asia/Seoul", "when 설날", "2027-02-07"},
        {"2027-02-08T10:00", "Asia/Seoul", "when 설날", "2028-01-27"},
        {"2027-02-08T10:00", "Asia/Seoul", "when 설 연휴", "2027-02-08"},
        {"2025-06-01T10:00", "Asia/Seoul", "when 음력 6월 10일", "2025-07-04"},
    };
    CHECK(rows, .morning = false);
}

TEST(test_weeks)
{
    static const row rows[] = {
        {"2026-12-06T10:00", "Asia/Seoul", "when 다음 주 월요일", "2026-12-07"}, /* a Sunday */
        {"2026-12-06T10:00", "Asia/Seoul", "when 이번 주 금요일", "past"},
        {"2026-12-06T10:00", "Asia/Seoul", "when next Sunday", "2026-12-13"},
        {"2026-12-06T10:00", "Asia/Seoul", "when this weekend", "2026-12-06"},
        {"2026-12-05T10:00", "Asia/Seoul", "when 주말", "2026-12-05/2026-12-07"},
        {"2026-12-05T10:00", "Asia/Seoul", "when 오는 토요일", "2026-12-12"},
        {"2026-12-07T10:00", "Asia/Seoul", "when 월요일 오전 11시", "2026-12-07T11:00"},
        {"2026-12-07T10:00", "Asia/Seoul", "when 월요일 오전 9시", "2026-12-14T09:00"},
        {"2026-12-07T10:00", "Asia/Seoul", "when Monday", "2026-12-14"},
        {"2026-12-07T10:00", "Asia/Seoul", "recur 격주 월요일 9시",
         "2026-12-14T09:00 FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"},
    };
    CHECK(rows, .past_ok = false);
}

/* A local time that is skipped moves on; one that comes twice is the first; offsets are elapsed
 * time. */
TEST(test_daylight_saving)
{
    static const row rows[] = {
        {"2026-03-07T12:00", "America/New_York", "when tomorrow at 2:30 am", "2026-03-08T03:30"},
        {"2026-03-08T01:30", "America/New_York", "when in an hour", "2026-03-08T03:30 3600s"},
        {"2026-03-08T01:30", "America/New_York", "when in 24 hours", "2026-03-09T02:30 86400s"},
        {"2026-03-08T01:30", "America/New_York", "when in a day", "2026-03-09"},
        {"2026-11-01T00:30", "America/New_York", "when in an hour", "2026-11-01T01:30 3600s"},
        {"2026-11-01T00:30", "America/New_York", "when in 2 hours", "2026-11-01T01:30 7200s"},
        {"2026-11-01T00:30", "America/New_York", "when in 3 hours", "2026-11-01T02:30 10800s"},
        {"2026-11-01T00:30", "America/New_York", "when at 1:15 am", "2026-11-01T01:15"},
        {"2026-03-28T12:00", "Europe/London", "when 내일 새벽 1시 반", "2026-03-29T02:30"},
        {"2026-03-29T00:30", "Europe/London", "when 한 시간 뒤", "2026-03-29T02:30 3600s"},
        {"2026-10-25T00:30", "Europe/London", "when 2시간 뒤", "2026-10-25T01:30 7200s"},
        {"2026-10-03T12:00", "Australia/Lord_Howe", "when tomorrow at 2:10 am", "2026-10-04T02:40"},
        {"2026-10-04T01:50", "Australia/Lord_Howe", "when in 20 minutes", "2026-10-04T02:40 1200s"},
        {"2026-04-05T01:20", "Australia/Lord_Howe", "when in an hour", "2026-04-05T01:50 3600s"},
        {"2011-12-29T12:00", "Pacific/Apia", "when tomorrow at noon", "2011-12-31T12:00"},
    };
    CHECK(rows, .morning = false);
}

TEST(test_alarms)
{
    static const row rows[] = {
        {"2026-12-01T10:00", "Asia/Seoul", "when 7시", "2026-12-02T07:00"},
        {"2026-12-01T10:00", "Asia/Seoul", "when 5시 반", "2026-12-02T05:30"},
        {"2026-12-01T06:00", "Asia/Seoul", "when_for 7", "2026-12-01T07:00"},
        {"2026-12-01T23:00", "Asia/Seoul", "when 2시", "2026-12-02T02:00"},
        {"2026-12-01T10:00", "Asia/Seoul", "when 2시", "2026-12-01T14:00"},
        {"2026-12-01T10:00", "Asia/Seoul", "when 저녁 7시", "2026-12-01T19:00"},
        {"2026-12-01T10:00", "Asia/Seoul", "when tomorrow at 5", "2026-12-02T05:00"},
        {"2026-12-01T10:00", "Asia/Seoul", "when 내일 3시", "2026-12-02T15:00"},
        {"2026-12-01T10:00", "Asia/Seoul", "when 12시", "2026-12-01T12:00"},
        {"2026-12-01T10:00", "Asia/Seoul", "recur 평일 6시 30분",
         "2026-12-02T06:30 FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"},
        {"2026-12-04T10:00", "Asia/Seoul", "recur on weekdays at 6:30",
         "2026-12-07T06:30 FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"},
    };
    CHECK(rows, .morning = true);
}

TEST(test_hours_alone)
{
    static const row rows[] = {
        {"2026-12-01T16:00", "Asia/Seoul", "when 3시", "2026-12-02T15:00"},
        {"2026-12-01T19:00", "Asia/Seoul", "when 6시", "2026-12-02T06:00"},
        {"2026-12-01T23:00", "Asia/Seoul", "when at 12", "2026-12-02T12:00"},
        {"2026-12-01T00:30", "Asia/Seoul", "when 밤 1시", "2026-12-01T01:00"},
        {"2026-12-01T15:00", "Asia/Seoul", "when 3시", "2026-12-02T15:00"},
        {"2026-12-01T14:59:59", "Asia/Seoul", "when 3시", "2026-12-01T15:00"},
        {"2026-12-01T16:00", "Asia/Seoul", "when 오늘 3시", "past"},
        {"2026-12-01T16:00", "Asia/Seoul", "when today at 4", "past"},
        {"2026-12-01T16:00", "Asia/Seoul", "when today at 11", "2026-12-01T23:00"},
        {"2026-12-01T20:30", "Asia/Seoul", "when tonight", "2026-12-01T21:00"},
        {"2026-12-01T20:30", "Asia/Seoul", "when 오늘 저녁", "2026-12-01T21:00"},
        {"2026-12-01T23:30", "Asia/Seoul", "when tonight", "past"},
        {"2026-12-01T20:30", "Asia/Seoul", "when 저녁에", "2026-12-02T19:00"},
        {"2026-12-01T10:00:25", "Asia/Seoul", "when 10분 뒤", "2026-12-01T10:10:25 600s"},
        {"2026-12-25T16:00", "Asia/Seoul", "when 12월 25일 오후 3시", "past"},
        {"2026-12-25T16:00", "Asia/Seoul", "when 12월 25일", "2026-12-25"},
        {"2026-12-26T16:00", "Asia/Seoul", "when December 25", "2027-12-25"},
    };
    CHECK(rows, .morning = false);
}

TEST(test_questions)
{
    static const row rows[] = {
        {"2026-12-03T10:00", "Asia/Seoul", "span 이번 주", "2026-11-30/2026-12-07"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 이번 주 남은", "2026-12-03/2026-12-07"},
        {"2026-12-03T10:00", "Asia/Seoul", "span the rest of the month", "2026-12-03/2027-01-01"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 지난주", "2026-11-23/2026-11-30"},
        {"2026-12-03T10:00", "Asia/Seoul", "span last month", "2026-11-01/2026-12-01"},
        {"2026-12-03T10:00", "Asia/Seoul", "span last Friday", "2026-11-27"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 어제", "2026-12-02"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 목요일", "2026-12-03"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 오늘 아침", "2026-12-03T05:00/2026-12-03T12:00"},
        {"2026-12-03T10:00", "Asia/Seoul", "span tomorrow morning",
         "2026-12-04T05:00/2026-12-04T12:00"},
        {"2026-12-03T22:00", "Asia/Seoul", "span tonight", "2026-12-03T17:00/2026-12-04T00:00"},
        {"2026-12-03T10:00", "Asia/Seoul", "span last night", "2026-12-02T18:00/2026-12-03T00:00"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 저녁에", "2026-12-03T17:00/2026-12-04T00:00"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 최근 3일간", "2026-11-30/2026-12-04"},
        {"2026-12-03T10:00", "Asia/Seoul", "span the past week", "2026-11-26/2026-12-04"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 지난 두 시간",
         "2026-12-03T08:00/2026-12-03T10:00"},
        {"2026-12-03T10:00", "Asia/Seoul", "span an hour ago", "2026-12-03T09:00 -3600s"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 3일 전", "2026-11-30"},
        {"2026-12-03T10:00", "Asia/Seoul", "when 오늘 오전 9시", "2026-12-03T09:00"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 12월", "2026-12-01/2027-01-01"},
        {"2026-12-03T10:00", "Asia/Seoul", "span 올해", "2026-01-01/2027-01-01"},
        {"2026-12-06T10:00", "Asia/Seoul", "span this weekend", "2026-12-05/2026-12-07"},
    };
    CHECK(rows, .past_ok = true);
}

TEST(test_day_first)
{
    static const row british[] = {
        {"2026-12-01T10:00", "Europe/London", "when 3/4", "2027-04-03"},
        {"2026-12-01T10:00", "Europe/London", "when 12/25", "2026-12-25"}};
    static const row american[] = {{"2026-12-01T10:00", "Europe/London", "when 3/4", "2027-03-04"}};
    CHECK(british, .day_first = true);
    CHECK(american, .day_first = false);
}

/* "move it from Friday to Monday at 3": two moments in one sentence. */
TEST(test_prefix)
{
    ond_grammar *g = when_grammar(
        "en", "language: en\nintents: {Move: {data: [{sentences: [\"from <when> to <to:when>\", "
              "\"to <to:from_to>\"]}]}}\n");
    ond_when_opts o = {.now = ms_of("2026-12-01T10:00", "UTC"), .zone = "UTC"};
    ond_match m;
    ond_err err;
    assert_int_equal(
        ond_talk_match(g, NULL, OND_S("from Friday to next Monday at 3"), NULL, &m, &err), 0);
    ond_when from = ond_when_of(&m, "", &o), to = ond_when_of(&m, "to_", &o),
             no = ond_when_of(&m, "no_", &o);
    assert_int_equal(from.start.day, 4);
    assert_false(from.has_time);
    assert_int_equal(to.start.day, 7);
    assert_int_equal(to.start.hour, 15);
    assert_int_equal(no.code, OND_WHEN_NONE);
    ond_match_free(&m);
    assert_int_equal(ond_talk_match(g, NULL, OND_S("to tomorrow from 2 to 4 pm"), NULL, &m, &err),
                     0);
    to = ond_when_of(&m, "to_", &o);
    assert_true(to.has_end);
    assert_int_equal(to.start.hour, 14);
    assert_int_equal(to.end.hour, 16);
    ond_match_free(&m);
    ond_grammar_free(g);
}

/* ---- words ---- */

static void says(const char *local, const char *korean, const char *english)
{
    ond_when_opts o = {.now = ms_of("2026-12-01T10:00", "Asia/Seoul"), .zone = "Asia/Seoul"};
    ond_buf_clear(&line);
    ond_when_say(&line, local, &o, "ko");
    assert_string_equal(ond_buf_z(&line), korean);
    ond_buf_clear(&line);
    ond_when_say(&line, local, &o, "en");
    assert_string_equal(ond_buf_z(&line), english);
}

TEST(test_say)
{
    says("2026-12-01", "오늘", "today");
    says("2026-12-02T15:00", "내일 오후 3시", "tomorrow at 3 pm");
    says("2026-11-30T09:05", "어제 오전 9시 5분", "yesterday at 9:05 am");
    says("2026-12-03T12:00", "모레 정오", "Thursday, December 3 at noon");
    says("2026-12-25T15:30", "12월 25일 금요일 오후 3시 30분", "Friday, December 25 at 3:30 pm");
    says("2027-01-01", "2027년 1월 1일 금요일", "Friday, January 1, 2027");
    says("2026-12-01T00:00", "오늘 오전 0시", "today at midnight");
    says("2026-12-01T10:00:30", "오늘 오전 10시 0분 30초", "today at 10:00:30 am");
    says("soon", "soon", "soon");
    says("2026-02-30", "2026-02-30", "2026-02-30");
}

static void rule_says(const char *rule, const char *korean, const char *english)
{
    ond_buf_clear(&line);
    ond_when_rule_say(&line, rule, "ko");
    assert_string_equal(ond_buf_z(&line), korean);
    ond_buf_clear(&line);
    ond_when_rule_say(&line, rule, "en");
    assert_string_equal(ond_buf_z(&line), english);
}

TEST(test_rule_say)
{
    rule_says("FREQ=DAILY", "매일", "every day");
    rule_says("FREQ=DAILY;INTERVAL=3", "3일마다", "every 3 days");
    rule_says("FREQ=WEEKLY", "매주", "every week");
    rule_says("FREQ=WEEKLY;BYDAY=MO", "매주 월요일", "every Monday");
    rule_says("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", "격주 월요일", "every other Monday");
    rule_says("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,FR", "3주마다 월요일, 금요일",
              "every 3 weeks on Monday and Friday");
    rule_says("FREQ=WEEKLY;BYDAY=MO,WE,FR", "매주 월요일, 수요일, 금요일",
              "every Monday, Wednesday and Friday");
    rule_says("FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "평일마다", "every weekday");
    rule_says("FREQ=WEEKLY;BYDAY=SA,SU;WKST=MO", "주말마다", "every weekend");
    rule_says("FREQ=MONTHLY;BYMONTHDAY=15", "매월 15일", "every month on the 15th");
    rule_says("FREQ=MONTHLY;BYMONTHDAY=-1", "매월 말일", "every month on the last day");
    rule_says("FREQ=MONTHLY;BYDAY=1MO", "매월 첫째 월요일", "every month on the first Monday");
    rule_says("FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR", "두 달마다 마지막 금요일",
              "every other month on the last Friday");
    rule_says("FREQ=YEARLY;BYMONTH=5;BYMONTHDAY=8", "매년 5월 8일", "every year on May 8");
    rule_says("FREQ=YEARLY;BYMONTH=11;BYDAY=4TH", "매년 11월 넷째 목요일",
              "every year on the fourth Thursday of November");
    rule_says("FREQ=HOURLY;INTERVAL=2", "두 시간마다", "every other hour");
    rule_says("FREQ=DAILY;COUNT=10", "매일, 10번", "every day, 10 times");
    rule_says("FREQ=DAILY;UNTIL=20261231T235959", "매일, 2026년 12월 31일까지",
              "every day, until December 31, 2026");
    rule_says("FREQ=MONTHLY;BYMONTHDAY=1,15", "FREQ=MONTHLY;BYMONTHDAY=1,15",
              "FREQ=MONTHLY;BYMONTHDAY=1,15");
    rule_says("FREQ=WEEKLY;BYDAY=MO;BYHOUR=9", "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9",
              "FREQ=WEEKLY;BYDAY=MO;BYHOUR=9");
    rule_says("nonsense", "nonsense", "nonsense");
    rule_says("FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=0", "FREQ=DAILY;INTERVAL=0");
    rule_says("FREQ=MONTHLY;BYDAY=7MO", "FREQ=MONTHLY;BYDAY=7MO", "FREQ=MONTHLY;BYDAY=7MO");
    rule_says("FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYMONTH=13", "FREQ=YEARLY;BYMONTH=13");
    rule_says("", "", "");
}

static void dur_says(int64_t seconds, const char *korean, const char *english)
{
    ond_buf_clear(&line);
    ond_when_dur_say(&line, seconds, "ko");
    assert_string_equal(ond_buf_z(&line), korean);
    ond_buf_clear(&line);
    ond_when_dur_say(&line, seconds, "en");
    assert_string_equal(ond_buf_z(&line), english);
}

TEST(test_dur_say)
{
    dur_says(5400, "1시간 30분", "1 hour 30 minutes");
    dur_says(0, "0초", "0 seconds");
    dur_says(1, "1초", "1 second");
    dur_says(90, "1분 30초", "1 minute 30 seconds");
    dur_says(86400 * 2 + 60, "2일 1분", "2 days 1 minute");
    dur_says(-60, "1분", "1 minute");
}

TEST(test_local_text)
{
    static const char *const good[] = {"2026-12-25", "2026-12-25T15:00", "2028-02-29T23:59:59"};
    static const char *const bad[] = {"",
                                      "2026-02-30",
                                      "2026-12-25T15",
                                      "2026-12-25 15:00",
                                      "2026-12-25T25:00",
                                      "2026-12-25T15:00Z",
                                      "2026-12-25T15:00:00.5",
                                      "2026-12-25T15:00+09:00"};
    ond_civil c;
    bool has_time;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        assert_true(ond_when_local_read(good[i], &c, &has_time));
        ond_buf_clear(&line);
        ond_when_local_put(&line, &c, has_time);
        assert_string_equal(ond_buf_z(&line), good[i]);
    }
    assert_int_equal(c.weekday, 2);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(ond_when_local_read(bad[i], &c, &has_time));
}

static int setup(__attribute__((unused)) void **state)
{
    ko = when_rules("ko");
    en = when_rules("en");
    return 0;
}

static int cleanup(__attribute__((unused)) void **state)
{
    ond_grammar_free(ko);
    ond_grammar_free(en);
    ond_buf_free(&line);
    ond_pack_free_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_month_ends),
        cmocka_unit_test(test_weeks),
        cmocka_unit_test(test_daylight_saving),
        cmocka_unit_test(test_alarms),
        cmocka_unit_test(test_hours_alone),
        cmocka_unit_test(test_questions),
        cmocka_unit_test(test_day_first),
        cmocka_unit_test(test_prefix),
        cmocka_unit_test(test_say),
        cmocka_unit_test(test_rule_say),
        cmocka_unit_test(test_dur_say),
        cmocka_unit_test(test_local_text),
    };
    return cmocka_run_group_tests(tests, setup, cleanup);
}
