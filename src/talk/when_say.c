/* when_say.c - times and lengths in words, and as the text that goes between rooms. */
#include "talk/when_in.h"

#include <stdio.h>

/* ---- local times as text ---- */

void ond_when_local_put(ond_buf *out, const ond_civil *c, bool has_time)
{
    ond_buf_printf(out, "%04d-%02d-%02d", c->year, c->month, c->day);
    if (has_time) ond_buf_printf(out, "T%02d:%02d", c->hour, c->minute);
    if (has_time && c->second) ond_buf_printf(out, ":%02d", c->second);
}

bool ond_when_local_read(const char *s, ond_civil *out, bool *has_time)
{
    size_t n = strlen(s);
    ond_ms t;
    *has_time = n > 10;
    if ((n != 10 && n != 16 && n != 19) || ond_iso_parse(ond_str_of(s), "UTC", &t, NULL) != 0)
        return false;
    ond_civil_of(t, "UTC", out);
    out->offset = 0;
    return true;
}

/* ---- words ---- */

static const char *const days_ko[] = {"일", "월", "화", "수", "목", "금", "토"};
static const char *const days_en[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                      "Thursday", "Friday", "Saturday"};
static const char *const months_en[] = {"January",   "February", "March",    "April",
                                        "May",       "June",     "July",     "August",
                                        "September", "October",  "November", "December"};

static const char *near_word(int64_t ahead, bool korean)
{
    static const char *const ko[] = {"그저께", "어제", "오늘", "내일", "모레"};
    static const char *const en[] = {NULL, "yesterday", "today", "tomorrow", NULL};
    if (ahead < -2 || ahead > 2) return NULL;
    return (korean ? ko : en)[ahead + 2];
}

static void date_words(ond_buf *out, const ond_civil *c, const ond_civil *now, bool korean)
{
    int64_t ahead =
        ond__day_of(c->year, c->month, c->day) - ond__day_of(now->year, now->month, now->day);
    const char *word = near_word(ahead, korean);
    if (word) {
        ond_buf_puts(out, word);
        return;
    }
    if (korean) {
        if (c->year != now->year) ond_buf_printf(out, "%d년 ", c->year);
        ond_buf_printf(out, "%d월 %d일 %s요일", c->month, c->day, days_ko[c->weekday]);
        return;
    }
    ond_buf_printf(out, "%s, %s %d", days_en[c->weekday], months_en[c->month - 1], c->day);
    if (c->year != now->year) ond_buf_printf(out, ", %d", c->year);
}

static void time_ko(ond_buf *out, const ond_civil *c)
{
    int h = c->hour > 12 ? c->hour - 12 : c->hour;
    if (c->hour == 12 && c->minute == 0 && c->second == 0) {
        ond_buf_puts(out, "정오");
        return;
    }
    ond_buf_printf(out, "%s %d시", c->hour < 12 ? "오전" : "오후", h);
    if (c->minute || c->second) ond_buf_printf(out, " %d분", c->minute);
    if (c->second) ond_buf_printf(out, " %d초", c->second);
}

static void time_en(ond_buf *out, const ond_civil *c)
{
    int h = c->hour % 12 ? c->hour % 12 : 12;
    bool sharp = c->minute == 0 && c->second == 0;
    if (sharp && c->hour % 12 == 0) {
        ond_buf_puts(out, c->hour ? "noon" : "midnight");
        return;
    }
    ond_buf_printf(out, "%d", h);
    if (!sharp) ond_buf_printf(out, ":%02d", c->minute);
    if (c->second) ond_buf_printf(out, ":%02d", c->second);
    ond_buf_puts(out, c->hour < 12 ? " am" : " pm");
}

void ond_when_say(ond_buf *out, const char *local, const ond_when_opts *o, const char *lang)
{
    ond_civil c, now;
    bool has_time, korean = strcmp(lang, "ko") == 0;
    if (!ond_when_local_read(local, &c, &has_time)) {
        ond_buf_puts(out, local);
        return;
    }
    ond_civil_of(o->now, o->zone, &now);
    date_words(out, &c, &now, korean);
    if (!has_time) return;
    ond_buf_puts(out, korean ? " " : " at ");
    if (korean)
        time_ko(out, &c);
    else
        time_en(out, &c);
}

void ond_when_dur_say(ond_buf *out, int64_t seconds, const char *lang)
{
    static const struct unit {
        int64_t seconds;
        const char *ko, *en;
    } units[] = {
        {86400, "일", "day"}, {3600, "시간", "hour"}, {60, "분", "minute"}, {1, "초", "second"}};
    bool korean = strcmp(lang, "ko") == 0;
    const char *sep = "";
    int64_t left = seconds < 0 ? -seconds : seconds;
    for (int i = 0; i < 4; i++) {
        int64_t n = left / units[i].seconds;
        left %= units[i].seconds;
        if (n == 0 && !(i == 3 && !*sep)) continue;
        if (korean)
            ond_buf_printf(out, "%s%lld%s", sep, (long long)n, units[i].ko);
        else
            ond_buf_printf(out, "%s%lld %s%s", sep, (long long)n, units[i].en, n == 1 ? "" : "s");
        sep = " ";
    }
}
