/* test_time.c - zones, daylight saving, the calendar against the C library, ISO 8601. */
#include "base/time.h"
#include "cm.h"

#include <time.h>

static void check_iso(const char *in, const char *zone, const char *out_zone, const char *out)
{
    ond_ms t = 0;
    ond_err e = {0};
    if (ond_iso_parse(ond_str_of(in), zone, &t, &e)) fail_msg("%s", e.text);
    ond_buf b = {0};
    ond_iso_put(&b, t, out_zone);
    assert_string_equal(b.p, out);
    ond_buf_free(&b);
}

TEST(iso_round_trips)
{
    check_iso("2026-11-23T18:44:41+09:00", NULL, "Asia/Seoul", "2026-11-23T18:44:41+09:00");
    check_iso("2026-11-23T09:44:41Z", NULL, "Asia/Seoul", "2026-11-23T18:44:41+09:00");
    check_iso("2026-11-23T18:44", "Asia/Seoul", "UTC", "2026-11-23T09:44:00+00:00");
    check_iso("2026-11-23", "Asia/Seoul", "UTC", "2026-11-22T15:00:00+00:00");
    check_iso("2026-11-23T00:00:00.050", "UTC", "UTC", "2026-11-23T00:00:00.050+00:00");
    check_iso("2026-11-23T00:00:00.123456", "UTC", "UTC", "2026-11-23T00:00:00.123+00:00");
    check_iso("2024-02-29T23:59:59-03:30", NULL, "America/St_Johns", "2024-02-29T23:59:59-03:30");
    check_iso("1969-12-31T23:59:59.999Z", NULL, "UTC", "1969-12-31T23:59:59.999+00:00");
    check_iso("0001-01-01T00:00:00Z", NULL, "UTC", "0001-01-01T00:00:00+00:00");
    check_iso("9999-12-31T23:59:59Z", NULL, "UTC", "9999-12-31T23:59:59+00:00");
    check_iso("1900-01-01T00:00:00Z", NULL, "Asia/Seoul",
              "1900-01-01T00:00:00+00:00"); /* LMT is no ±HH:MM */
}

TEST(iso_is_strict)
{
    static const char *const bad[] = {
        "",
        "2026",
        "2026-11",
        "2026-02-30",
        "2023-02-29",
        "1900-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-04-31",
        "2026-1-1",
        "2026-11-23T",
        "2026-11-23T24:00",
        "2026-11-23T12:60",
        "2026-11-23T12:00:60",
        "2026-11-23 12:00",
        "2026-11-23T12",
        "2026-11-23T12:00:00.",
        "2026-11-23T12:00+9",
        "2026-11-23T12:00+0900",
        "2026-11-23T12:00+24:00",
        "2026-11-23T12:00z",
        "2026-11-23T12:00 ",
        " 2026-11-23",
        "2026/11/23",
        "2026-11-23T12:00:00,5",
        "20261123",
        "0000-01-01",
        "-026-01-01",
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        ond_ms t;
        ond_err e = {0};
        if (ond_iso_parse(ond_str_of(bad[i]), "UTC", &t, &e) != OND_E_INPUT)
            fail_msg("accepted: %s", bad[i]);
        assert_non_null(strstr(e.text, "2026-11-23T18:44:41+09:00"));
    }
    ond_ms t;
    ond_err e = {0};
    assert_int_equal(ond_iso_parse(OND_S("2026-02-30"), "UTC", &t, &e), OND_E_INPUT);
    assert_non_null(strstr(e.text, "that month has no such day"));
    assert_int_equal(ond_iso_parse((ond_str){"2026-11-23T1", 10}, "UTC", &t, &e), 0);
}

TEST(zones)
{
    ond_err e = {0};
    assert_int_equal(ond_zone_check("Asia/Seoul", &e), 0);
    assert_int_equal(ond_zone_check("America/Argentina/Buenos_Aires", &e), 0);
    assert_int_equal(ond_zone_check("Etc/GMT+9", &e), 0);
    assert_int_equal(ond_zone_check("UTC", &e), 0);
    assert_int_equal(ond_zone_check("", &e), 0);
    assert_int_equal(ond_zone_check(NULL, &e), 0);
    static const char *const bad[] = {
        "Asia/Seol",
        "../../../etc/passwd",
        "/etc/localtime",
        "Asia",
        "Asia/",
        "zone.tab",
        "right/UTC",
        "Asia//Seoul",
        ":Asia/Seoul",
        "KST-9KDT,M3.2.0",
        "Asia/Seoul ",
        "서울",
        "A234567890123456789012345678901234567890123456789012345678901234567890"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_int_equal(ond_zone_check(bad[i], &e), OND_E_INPUT);
    assert_non_null(strstr(e.text, "Asia/Seoul"));
}

static ond_ms at(const char *local, const char *zone)
{
    ond_ms t = 0;
    assert_int_equal(ond_iso_parse(ond_str_of(local), zone, &t, NULL), 0);
    return t;
}

TEST(daylight_saving)
{
    /* New York springs forward on 2026-03-08 at 02:00, falls back on 2026-11-01 at 02:00. */
    const char *ny = "America/New_York", *berlin = "Europe/Berlin";
    check_iso("2026-03-08T01:59:59", ny, "UTC", "2026-03-08T06:59:59+00:00");
    check_iso("2026-03-08T03:00", ny, "UTC", "2026-03-08T07:00:00+00:00");
    check_iso("2026-03-08T02:30", ny, ny, "2026-03-08T03:30:00-04:00"); /* skipped: moves on */
    check_iso("2026-11-01T01:30", ny, ny, "2026-11-01T01:30:00-04:00"); /* twice: the first */
    check_iso("2026-11-01T01:30-05:00", NULL, ny, "2026-11-01T01:30:00-05:00");
    check_iso("2026-11-01T02:00", ny, ny, "2026-11-01T02:00:00-05:00");
    check_iso("2026-03-29T02:30", berlin, berlin, "2026-03-29T03:30:00+02:00");
    check_iso("2026-10-25T02:30", berlin, berlin, "2026-10-25T02:30:00+02:00");
    check_iso("2026-10-25T03:00", berlin, "UTC", "2026-10-25T02:00:00+00:00");
    assert_true(at("2026-03-09", ny) - at("2026-03-08", ny) == 23 * 3600000LL);
    assert_true(at("2026-11-02", ny) - at("2026-11-01", ny) == 25 * 3600000LL);
    /* Samoa left out a whole day. */
    check_iso("2011-12-30T12:00", "Pacific/Apia", "Pacific/Apia", "2011-12-31T12:00:00+14:00");
}

TEST(weekday_and_carry)
{
    ond_civil c;
    ond_civil_of(at("2026-11-23T12:00", "Asia/Seoul"), "Asia/Seoul", &c);
    assert_int_equal(c.weekday, 1);
    assert_int_equal(c.offset, 9 * 3600);
    ond_civil_of(0, "UTC", &c);
    assert_int_equal(c.weekday, 4);
    ond_civil_of(-1, "UTC", &c);
    assert_int_equal(c.weekday, 3);
    assert_int_equal(c.ms, 999);
    ond_civil d = {.year = 2026, .month = 14, .day = 0, .hour = 25};   /* 2027-01-31 + 25 h */
    ond_civil_of(ond_civil_ms(&d, "UTC"), "UTC", &c);
    assert_int_equal(c.year, 2027);
    assert_int_equal(c.month, 2);
    assert_int_equal(c.day, 1);
    assert_int_equal(c.hour, 1);
}

TEST(agrees_with_the_c_library)
{
    static const char *const zones[] = {
        "Asia/Seoul",        "America/New_York", "Europe/Berlin", "Australia/Lord_Howe",
        "Africa/Casablanca", "Asia/Kathmandu",   "Pacific/Apia",  "America/St_Johns",
        "Europe/Dublin",     "Asia/Pyongyang"};
    uint64_t seed = 42;
    for (size_t z = 0; z < COUNT(zones); z++) {
        for (int i = 0; i < 3000; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            ond_ms t = (ond_ms)(seed >> 20) % (ond_ms)8e12 - (ond_ms)3e12;   /* 1875 to 2128 */
            ond_civil c;
            ond_civil_of(t, zones[z], &c);
            setenv("TZ", zones[z], 1);
            tzset();
            time_t s = (time_t)((t - c.ms) / 1000);
            struct tm tm;
            localtime_r(&s, &tm);
            unsetenv("TZ");
            tzset();
            if (c.offset != tm.tm_gmtoff || c.year != tm.tm_year + 1900 ||
                c.month != tm.tm_mon + 1 || c.day != tm.tm_mday || c.hour != tm.tm_hour ||
                c.minute != tm.tm_min || c.second != tm.tm_sec || c.weekday != tm.tm_wday)
                fail_msg("%s at %lld", zones[z], (long long)t);
            ond_ms back = ond_civil_ms(&c, zones[z]), other = t - back;
            if (back != t && (other <= 0 || other > 2 * 3600000 + 86400000))
                fail_msg("back: %s at %lld", zones[z], (long long)t);
        }
    }
}

TEST(the_process_zone_is_left_alone)
{
    ond_civil c;
    setenv("TZ", "Asia/Tokyo", 1);
    tzset();
    ond_civil_of(0, "America/New_York", &c);
    assert_int_equal(c.offset, -5 * 3600);
    assert_string_equal(getenv("TZ"), "Asia/Tokyo");
    time_t zero = 0;
    struct tm tm;
    localtime_r(&zero, &tm);
    assert_int_equal(tm.tm_hour, 9);
    ond_civil_of(0, "", &c);
    assert_int_equal(c.offset, 9 * 3600);
    setenv("TZ", "America/New_York", 1);
    ond_civil_of(0, NULL, &c);
    assert_int_equal(c.offset, -5 * 3600);
    unsetenv("TZ");
    tzset();
    ond_civil_of(0, "Asia/Seoul", &c);
    assert_null(getenv("TZ"));
    ond_civil_of(0, "../../etc/passwd", &c);
    assert_int_equal(c.offset, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(iso_round_trips),
        cmocka_unit_test(iso_is_strict),
        cmocka_unit_test(zones),
        cmocka_unit_test(daylight_saving),
        cmocka_unit_test(weekday_and_carry),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(the_process_zone_is_left_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
