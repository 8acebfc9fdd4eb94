/* test_when_any.c - any slots and any words: what comes out is a time that there is, in order, and
 * not gone by. */
#include "when_fixture.h"

static uint64_t state_ = 0x9E3779B97F4A7C15u;
static uint32_t chance(uint32_t n)
{
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (uint32_t)(state_ >> 33) % n;
}

static ond_ms instant(const ond_civil *c, bool has_time, const ond_when_opts *o)
{
    return ond_civil_ms(c, has_time ? o->zone : "UTC");
}

/* A local time that there is: written, read back and taken apart again it is the same. */
static void check_civil(const ond_civil *c, bool has_time, const ond_when_opts *o)
{
    ond_buf b = {0};
    ond_civil again, same;
    bool timed;
    ond_when_local_put(&b, c, has_time);
    assert_true(c->year < 1 || c->year > 9999 ||
                ond_when_local_read(ond_buf_z(&b), &again, &timed));
    ond_civil_of(instant(c, has_time, o), has_time ? o->zone : "UTC", &same);
    assert_int_equal(same.day, c->day);
    assert_int_equal(same.hour, c->hour);
    assert_int_equal(same.weekday, c->weekday);
    ond_buf_free(&b);
}

static void check_when(const ond_when *w, const ond_when_opts *o)
{
    if (w->code != OND_WHEN_OK) {
        assert_int_equal(w->rule[0], '\0');
        return;
    }
    if (!w->has_day && !w->has_time && !w->rule[0]) return; /* a length alone */
    check_civil(&w->start, w->has_time, o);
    check_civil(&w->end, w->has_time, o);
    ond_ms start = instant(&w->start, w->has_time, o), end = instant(&w->end, w->has_time, o);
    bool ordered = w->has_end || !w->has_time ? end > start : end == start;
    if (!ordered) fail_msg("from %lld to %lld", (long long)start, (long long)end);
    if (o->past_ok || w->seconds < 0) return;
    ond_civil now;
    ond_civil_of(o->now, o->zone, &now);
    now.hour = now.minute = now.second = now.ms = 0;
    assert_true(w->has_time ? start >= o->now - 1000 : start >= ond_civil_ms(&now, "UTC"));
}

/* ---- slots ---- */

static const char *const numbers[] = {"day",          "week",          "month",
                                      "mday",         "year",          "nmonth",
                                      "nyear",        "nth",           "slash1",
                                      "slash2",       "hour",          "minute",
                                      "second",       "before",        "hhmm",
                                      "lunar",        "coming",        "ago",
                                      "every",        "count",         "mo",
                                      "su",           "in_dur_day",    "in_dur_hour",
                                      "in_dur_month", "in_dur_year",   "end_when_hour",
                                      "end_when_day", "end_when_mday", "until_when_month"};
static const char *const texts[] = {"weekday", "part", "point", "holiday",
                                    "stretch", "freq", "days",  "end_when_part"};
static const char *const words[] = {
    "MO",       "SU",      "weekend", "pm",     "night", "midnight", "chuseok",  "ahead", "rest",
    "WEEKLY/2", "MONTHLY", "YEARLY",  "HOURLY", "MO,FR", "",         "nonsense", "easter"};

static cJSON *any_number(void)
{
    static const double odd[] = {0, -1, 24, 31, 99, 2027, 730, 1e6, -1e6, 1e300, 2147483648.0};
    return cJSON_CreateNumber(chance(6) ? chance(13) : odd[chance(sizeof odd / sizeof *odd)]);
}

TEST(test_any_slots)
{
    static const char *const zones[] = {"Asia/Seoul", "America/New_York", "Australia/Lord_Howe",
                                        "Pacific/Apia"};
    for (int i = 0; i < 20000; i++) {
        ond_slot slot[6] = {{0}};
        char name[6][32];
        ond_match m = {.slot = slot, .n_slot = 1 + chance(6)};
        for (size_t k = 0; k < m.n_slot; k++) {
            bool text = chance(3) == 0, length = !text && chance(6) == 0;
            snprintf(name[k], sizeof name[k], "%s%s", length ? "" : "when_",
                     length ? "dur_minute"
                     : text ? texts[chance(8)]
                            : numbers[chance(30)]);
            slot[k] = (ond_slot){.name = name[k], .text = "05"};
            slot[k].value = text ? cJSON_CreateString(words[chance(17)]) : any_number();
        }
        ond_when_opts o = {.now = 1767225600000 + (ond_ms)chance(1u << 30) * 300,
                           .zone = zones[chance(4)],
                           .past_ok = chance(2),
                           .morning = chance(2),
                           .day_first = chance(2)};
        ond_when w = ond_when_of(&m, "", &o);
        check_when(&w, &o);
        for (size_t k = 0; k < m.n_slot; k++) cJSON_Delete(slot[k].value);
    }
}

/* ---- words ---- */

static void soup(const char *lang, const char *const *word, uint32_t n)
{
    static const char *const rules[] = {"when", "span", "recur", "from_to", "dur"};
    ond_grammar *g = when_rules(lang);
    ond_buf said = {0};
    int understood = 0;
    for (int i = 0; i < 6000; i++) {
        ond_buf_clear(&said);
        ond_buf_puts(&said, rules[chance(5)]);
        for (uint32_t k = 1 + chance(5); k > 0; k--) ond_buf_printf(&said, " %s", word[chance(n)]);
        ond_when_opts o = {.now = 1796090400000 + (ond_ms)chance(1u << 30) * 60,
                           .zone = "America/New_York",
                           .past_ok = chance(4) == 0};
        ond_match m;
        ond_err err;
        int rc = ond_talk_match(g, NULL, ond_str_of(ond_buf_z(&said)), NULL, &m, &err);
        assert_true(rc == 0 || rc == OND_E_UNKNOWN);
        if (rc != 0) continue;
        understood++;
        ond_when w = ond_when_of(&m, "", &o);
        check_when(&w, &o);
        ond_match_free(&m);
    }
    assert_true(understood > 100);
    ond_buf_free(&said);
    ond_grammar_free(g);
}

TEST(test_any_words)
{
    static const char *const ko[] = {
        "오늘", "내일", "다음 주", "이번 주", "월요일", "금요일", "12월", "25일",    "31일",
        "2월",  "오후", "밤",      "저녁",    "3시",    "12시",   "반",   "30분",    "뒤",
        "부터", "까지", "동안",    "매주",    "매일",   "매월",   "마다", "한 시간", "음력",
        "주말", "말일", "내년",    "에",      "앞으로", "3일",    "셋째", "자정",    "10분"};
    static const char *const en[] = {
        "today",   "tomorrow", "next",     "this",  "week",    "Monday",  "Friday", "the",
        "31st",    "February", "December", "25",    "at",      "3",       "12",     "pm",
        "noon",    "midnight", "tonight",  "in",    "minutes", "hours",   "for",    "from",
        "to",      "until",    "every",    "other", "day",     "month",   "on",     "half past",
        "weekend", "last",     "evening",  "5 to",  "in the",  "morning", "of",     "a"};
    soup("ko", ko, sizeof ko / sizeof *ko);
    soup("en", en, sizeof en / sizeof *en);
}

static int cleanup(__attribute__((unused)) void **state)
{
    ond_pack_free_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_any_slots),
                                       cmocka_unit_test(test_any_words)};
    return cmocka_run_group_tests(tests, NULL, cleanup);
}
