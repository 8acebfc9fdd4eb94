/* when_rule_say.c - recurrence rules in words: those that sentences make, others as they are. */
#include "talk/when_in.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct parts { /* of an RRULE value; lengths 0 where it is not there */
    ond_str freq, days, until;
    int every, month, mday, count;
} parts;

static bool read_part(ond_str name, ond_str v, parts *p)
{
    int n = atoi(v.p); /* ends at the ';' or the text's end */
    if (ond_str_is(name, "FREQ"))
        p->freq = v;
    else if (ond_str_is(name, "BYDAY"))
        p->days = v;
    else if (ond_str_is(name, "UNTIL"))
        p->until = v;
    else if (ond_str_is(name, "INTERVAL"))
        p->every = n;
    else if (ond_str_is(name, "BYMONTH"))
        p->month = n;
    else if (ond_str_is(name, "BYMONTHDAY"))
        p->mday = n;
    else if (ond_str_is(name, "COUNT"))
        p->count = n;
    else
        return ond_str_is(name, "WKST");
    return !memchr(v.p, ',', v.n) || ond_str_is(name, "BYDAY");
}

static bool read_rule(const char *rule, parts *p)
{
    *p = (parts){.every = 1};
    for (const char *at = rule; *at;) {
        size_t n = strcspn(at, ";"), k = strcspn(at, "=");
        if (k >= n || !read_part((ond_str){at, k}, (ond_str){at + k + 1, n - k - 1}, p))
            return false;
        at += n + (at[n] == ';');
    }
    return p->freq.n > 0 && p->every > 0;
}

typedef struct words {
    const char *freq, *one, *two, *many; /* every day, every other day, every %d days */
} words;
static const words ko[] = {
    {"DAILY", "매일", "이틀마다", "%d일마다"},         {"WEEKLY", "매주", "격주", "%d주마다"},
    {"MONTHLY", "매월", "두 달마다", "%d개월마다"},    {"YEARLY", "매년", "2년마다", "%d년마다"},
    {"HOURLY", "매시간", "두 시간마다", "%d시간마다"}, {"MINUTELY", "매분", "2분마다", "%d분마다"}};
static const words en[] = {{"DAILY", "every day", "every other day", "every %d days"},
                           {"WEEKLY", "every week", "every other week", "every %d weeks"},
                           {"MONTHLY", "every month", "every other month", "every %d months"},
                           {"YEARLY", "every year", "every other year", "every %d years"},
                           {"HOURLY", "every hour", "every other hour", "every %d hours"},
                           {"MINUTELY", "every minute", "every other minute", "every %d minutes"}};

static void put_every(ond_buf *out, const words *w, int every)
{
    char text[64];
    const char *at = strstr(w->many, "%d");
    snprintf(text, sizeof text, "%.*s%d%s", (int)(at - w->many), w->many, every, at + 2);
    ond_buf_puts(out, every == 1 ? w->one : every == 2 ? w->two : text);
}

static const char *const codes = "MOTUWETHFRSASU";
static const char *const names_ko[] = {"월", "화", "수", "목", "금", "토", "일"};
static const char *const names_en[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                       "Friday", "Saturday", "Sunday"};
static const char *const months[] = {"January",   "February", "March",    "April",
                                     "May",       "June",     "July",     "August",
                                     "September", "October",  "November", "December"};

/* One item of BYDAY: "MO", "3FR", "-1SU"; false: none of these. */
static bool read_day(ond_str s, int *nth, int *day)
{
    if (s.n < 2) return false;
    *nth = s.n > 2 ? atoi(s.p) : 0;
    for (int i = 0; i < 7; i++)
        if (memcmp(codes + 2 * i, s.p + s.n - 2, 2) == 0) {
            *day = i;
            return *nth >= -1 && *nth <= 5 && (s.n == 2 || *nth != 0);
        }
    return false;
}

/* The days of BYDAY as a set, or one with its number in the month. */
static bool read_days(ond_str s, unsigned *set, int *nth, int *day)
{
    *set = 0;
    *nth = 0;
    while (s.n) {
        const char *comma = memchr(s.p, ',', s.n);
        size_t n = comma ? (size_t)(comma - s.p) : s.n;
        if (!read_day((ond_str){s.p, n}, nth, day) || (*nth && (*set || comma))) return false;
        *set |= 1u << *day;
        s = comma ? (ond_str){comma + 1, s.n - n - 1} : (ond_str){s.p, 0};
    }
    return true;
}

static void put_set(ond_buf *out, unsigned set, bool korean)
{
    int n = 0, left;
    for (int i = 0; i < 7; i++) n += set >> i & 1;
    left = n;
    for (int i = 0; i < 7; i++) {
        if (!(set >> i & 1)) continue;
        left--;
        if (korean)
            ond_buf_printf(out, "%s요일%s", names_ko[i], left ? ", " : "");
        else
            ond_buf_printf(out, "%s%s", names_en[i], left == 0 ? "" : left == 1 ? " and " : ", ");
    }
}

enum { WEEKDAYS = 0x1F, WEEKENDS = 0x60 };

/* Weekly with days: "every Monday", "every other Monday", "every weekday". */
static void put_week(ond_buf *out, const parts *p, const words *w, unsigned set, bool korean)
{
    if (p->every == 1 && (set == WEEKDAYS || set == WEEKENDS)) {
        ond_buf_puts(out, korean ? (set == WEEKDAYS ? "평일마다" : "주말마다")
                                 : (set == WEEKDAYS ? "every weekday" : "every weekend"));
        return;
    }
    if (korean) {
        put_every(out, w, p->every);
        ond_buf_puts(out, " ");
    } else if (p->every <= 2) {
        ond_buf_puts(out, p->every == 1 ? "every " : "every other ");
    } else {
        put_every(out, w, p->every);
        ond_buf_puts(out, " on ");
    }
    put_set(out, set, korean);
}

static const char *ordinal(int n, char *text, size_t size)
{
    const char *end = n % 100 / 10 == 1 ? "th"
                      : n % 10 == 1     ? "st"
                      : n % 10 == 2     ? "nd"
                      : n % 10 == 3     ? "rd"
                                        : "th";
    snprintf(text, size, "%d%s", n, end);
    return text;
}

static void put_month_ko(ond_buf *out, const parts *p, int nth, int day)
{
    static const char *const nths[] = {"첫째", "둘째", "셋째", "넷째", "다섯째"};
    if (p->month) ond_buf_printf(out, " %d월", p->month);
    if (nth) ond_buf_printf(out, " %s %s요일", nth < 0 ? "마지막" : nths[nth - 1], names_ko[day]);
    if (p->mday > 0) ond_buf_printf(out, " %d일", p->mday);
    if (p->mday < 0) ond_buf_puts(out, " 말일");
}

static void put_month_en(ond_buf *out, const parts *p, int nth, int day)
{
    static const char *const nths[] = {"first", "second", "third", "fourth", "fifth"};
    char text[16];
    if (p->month && p->mday > 0) {
        ond_buf_printf(out, " on %s %d", months[p->month - 1], p->mday);
        return;
    }
    if (p->mday > 0) ond_buf_printf(out, " on the %s", ordinal(p->mday, text, sizeof text));
    if (p->mday < 0) ond_buf_puts(out, " on the last day");
    if (nth) ond_buf_printf(out, " on the %s %s", nth < 0 ? "last" : nths[nth - 1], names_en[day]);
    if (p->month) ond_buf_printf(out, " of %s", months[p->month - 1]);
}

static void put_end(ond_buf *out, const parts *p, bool korean)
{
    if (p->count && korean) ond_buf_printf(out, ", %d번", p->count);
    if (p->count && !korean) ond_buf_printf(out, ", %d time%s", p->count, p->count == 1 ? "" : "s");
    if (p->until.n < 8) return;
    char text[9];
    snprintf(text, sizeof text, "%.8s", p->until.p);
    int date = atoi(text), year = date / 10000, month = date / 100 % 100, day = date % 100;
    if (month < 1 || month > 12) return;
    if (korean)
        ond_buf_printf(out, ", %d년 %d월 %d일까지", year, month, day);
    else
        ond_buf_printf(out, ", until %s %d, %d", months[month - 1], day, year);
}

void ond_when_rule_say(ond_buf *out, const char *rule, const char *lang)
{
    bool korean = strcmp(lang, "ko") == 0;
    parts p;
    unsigned set = 0;
    int nth = 0, day = 0;
    const words *w = NULL;
    bool ok = read_rule(rule, &p) && read_days(p.days, &set, &nth, &day) && p.month >= 0 &&
              p.month <= 12 && p.mday >= -1 && p.mday <= 31;
    for (size_t i = 0; ok && i < sizeof ko / sizeof *ko; i++)
        if (ond_str_is(p.freq, ko[i].freq)) w = korean ? &ko[i] : &en[i];
    bool weekly = ok && ond_str_is(p.freq, "WEEKLY");
    if (!w || (set && !nth && !weekly) || (nth && weekly)) {
        ond_buf_puts(out, rule);
        return;
    }
    if (weekly && set) {
        put_week(out, &p, w, set, korean);
    } else {
        put_every(out, w, p.every);
        if (korean)
            put_month_ko(out, &p, nth, day);
        else
            put_month_en(out, &p, nth, day);
    }
    put_end(out, &p, korean);
}
