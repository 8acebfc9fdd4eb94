/* test_when_random.c - random time expressions, made together with their meaning, in both languages
 * and every zone: no wrong day, no wrong time.
 *
 * The meaning comes from ICU's calendars and zones (when_oracle.h), recurrences from looking at
 * every day and from libical's expansion of the rule. ONDOL_WHEN=100000 for the long form,
 * ONDOL_SEED for another run. */
#include "when_oracle.h"

/* ---- chance ---- */

static uint64_t state_ = 88172645463325252u;
static uint32_t chance(uint32_t n)
{
    state_ ^= state_ << 13;
    state_ ^= state_ >> 7;
    state_ ^= state_ << 17;
    return (uint32_t)(state_ >> 33) % n;
}
static int any(int low, int high)
{
    return low + (int)chance((uint32_t)(high - low + 1));
}

typedef struct trial {
    oracle *o;
    bool ko, morning; /* morning: an alarm */
    ond_buf said, means;
} trial;

static const char *const wd_ko[] = {"월요일", "화요일", "수요일", "목요일",
                                    "금요일", "토요일", "일요일"};
static const char *const wd_en[] = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                    "Friday", "Saturday", "Sunday"};
static const char *const wd_code[] = {"MO", "TU", "WE", "TH", "FR", "SA", "SU"};
static const char *const month_en[] = {"January",   "February", "March",    "April",
                                       "May",       "June",     "July",     "August",
                                       "September", "October",  "November", "December"};
static const char *const native[] = {"",     "한",   "두",   "세", "네",   "다섯", "여섯",
                                     "일곱", "여덟", "아홉", "열", "열한", "열두"};
static const char *const words[] = {"",      "one",   "two",  "three", "four",   "five",  "six",
                                    "seven", "eight", "nine", "ten",   "eleven", "twelve"};

static const char *ordinal(int n)
{
    static char text[8];
    const char *end = n / 10 == 1   ? "th"
                      : n % 10 == 1 ? "st"
                      : n % 10 == 2 ? "nd"
                      : n % 10 == 3 ? "rd"
                                    : "th";
    snprintf(text, sizeof text, "%d%s", n, end);
    return text;
}

/* 1 to 12, in digits or a word. */
static const char *hour_text(bool ko, int h)
{
    static char text[16];
    if (chance(3) == 0) return ko ? native[h] : words[h];
    snprintf(text, sizeof text, "%d", h);
    return text;
}

/* ---- times of day ---- */

typedef enum { NO_CLOCK, BARE, HALF, EXACT, POINT } clock_kind;
typedef struct clock_ {
    clock_kind kind;
    int h, m; /* BARE: 1 to 12; else of 24, from the start of the day */
} clock_;

static clock_ pick_clock(bool may_lack)
{
    clock_ c = {.kind = may_lack && chance(3) == 0 ? NO_CLOCK : (clock_kind)any(BARE, POINT)};
    c.m = chance(2) ? 0 : chance(2) ? 30 : any(1, 59);
    if (c.kind == BARE) c.h = any(1, 12);
    if (c.kind == HALF) c.h = any(0, 23);
    if (c.kind == EXACT) c.h = any(13, 23);
    if (c.kind == POINT) c = (clock_){POINT, chance(2) ? 12 : 24, 0};
    return c;
}

static void say_ko(ond_buf *b, const clock_ *c)
{
    if (c->kind == POINT) {
        ond_buf_puts(b, c->h == 12 ? "정오" : "자정");
        return;
    }
    if (c->kind == HALF) ond_buf_puts(b, c->h < 12 ? "오전 " : "오후 ");
    int h = c->kind == EXACT ? c->h : c->h % 12 ? c->h % 12 : 12;
    if (c->kind != BARE && chance(3) == 0) {
        ond_buf_printf(b, "%d:%02d", h, c->m);
        return;
    }
    if (c->kind == EXACT)
        ond_buf_printf(b, "%d시", h);
    else
        ond_buf_printf(b, "%s시", hour_text(true, h));
    if (c->m == 30 && chance(2))
        ond_buf_puts(b, " 반");
    else if (c->m)
        ond_buf_printf(b, " %d분", c->m);
}

static void say_en(ond_buf *b, const clock_ *c)
{
    if (c->kind == POINT) {
        ond_buf_printf(b, "%s%s", chance(2) ? "at " : "", c->h == 12 ? "noon" : "midnight");
        return;
    }
    int h = c->kind == EXACT ? c->h : c->h % 12 ? c->h % 12 : 12;
    const char *half = c->kind != HALF ? "" : c->h < 12 ? "am" : "pm";
    if (c->kind == BARE && c->m == 30 && chance(2)) {
        ond_buf_printf(b, "at half past %s", hour_text(false, h));
        return;
    }
    if (c->kind == BARE && c->m == 0)
        ond_buf_printf(b, "at %s%s", hour_text(false, h), chance(4) ? "" : " o'clock");
    else if (c->m || c->kind == EXACT)
        ond_buf_printf(b, "at %d:%02d%s%s", h, c->m, *half && chance(2) ? " " : "", half);
    else
        ond_buf_printf(b, "%s%d%s%s", chance(2) ? "at " : "", h, chance(2) ? " " : "", half);
}

static void say_clock(trial *t, const clock_ *c)
{
    if (c->kind == NO_CLOCK) return;
    if (t->said.n) ond_buf_puts(&t->said, " ");
    if (t->ko)
        say_ko(&t->said, c);
    else
        say_en(&t->said, c);
}

/* Of a day that was said: 1 to 6 are after noon, for an alarm 1 to 3. */
static int second_of(const trial *t, const clock_ *c)
{
    int h = c->h;
    if (c->kind == BARE && h < (t->morning ? 4 : 7)) h += 12;
    return h * 3600 + c->m * 60;
}

/* ---- what a day with a time means ---- */

static void expect(trial *t, double day, const clock_ *c, bool weekly)
{
    oracle *o = t->o;
    if (c->kind == NO_CLOCK) {
        if (weekly && day == o->today) day += 7 * DAY_MS;
        if (day < o->today)
            ond_buf_puts(&t->means, "past");
        else
            put_date(&t->means, o, day);
        return;
    }
    double at = instant(o, day, second_of(t, c));
    if (at <= o->now && day == o->today && weekly)
        at = instant(o, day + 7 * DAY_MS, second_of(t, c));
    if (at <= o->now && day == o->today && c->kind == BARE && c->h != 12)
        at = instant(o, day, (c->h + 12) * 3600 + c->m * 60);
    if (at <= o->now)
        ond_buf_puts(&t->means, "past");
    else
        put_instant(&t->means, o, at);
}

/* ---- kinds of expressions ---- */

#define SAY(korean, english, ...)                                                                  \
    do {                                                                                           \
        if (t->ko)                                                                                 \
            ond_buf_printf(&t->said, korean, __VA_ARGS__);                                         \
        else                                                                                       \
            ond_buf_printf(&t->said, english, __VA_ARGS__);                                        \
    } while (0)

static void near_day(trial *t)
{
    static const char *const ko[] = {"오늘", "내일", "모레"};
    static const char *const en[] = {"today", "tomorrow", "the day after tomorrow"};
    int n = any(0, 2);
    clock_ c = pick_clock(true);
    if (!t->ko && c.kind != NO_CLOCK && chance(2)) {
        say_clock(t, &c);
        ond_buf_printf(&t->said, " %s", en[n]);
    } else {
        ond_buf_puts(&t->said, t->ko ? ko[n] : en[n]);
        say_clock(t, &c);
    }
    expect(t, t->o->today + n * DAY_MS, &c, false);
}

static void elapsed(trial *t)
{
    int unit = any(0, 2), n = any(1, unit == 0 ? 72 : 300),
        seconds = n * (unit == 0   ? 3600
                       : unit == 1 ? 60
                                   : 1);
    static const char *const ko[] = {"시간", "분", "초"}, *const en[] = {"hours", "minutes",
                                                                         "seconds"};
    bool half = unit == 0 && chance(3) == 0;
    if (half) seconds += 1800;
    if (t->ko)
        ond_buf_printf(&t->said, "%d%s%s %s", n, ko[unit], half ? " 반" : "",
                       chance(2) ? "뒤" : "후에");
    else
        ond_buf_printf(&t->said, "in %d %s%s", n, half ? "and a half " : "", en[unit]);
    put_instant(&t->means, t->o, t->o->now + seconds * 1000.0);
    ond_buf_printf(&t->means, " %ds", seconds);
}

static void length_later(trial *t)
{
    static const UCalendarDateFields fields[] = {UCAL_DATE, UCAL_WEEK_OF_YEAR, UCAL_MONTH,
                                                 UCAL_YEAR};
    static const char *const ko[] = {"일", "주", "개월", "년"}, *const en[] = {"days", "weeks",
                                                                               "months", "years"};
    int unit = any(0, 3), n = any(2, unit == 0 ? 90 : unit == 3 ? 7 : 20);
    clock_ c = pick_clock(true);
    if (t->ko)
        ond_buf_printf(&t->said, "%d%s %s", n, ko[unit], chance(2) ? "뒤" : "후");
    else if (chance(2))
        ond_buf_printf(&t->said, "in %d %s", n, en[unit]);
    else
        ond_buf_printf(&t->said, "%d %s from now", n, en[unit]);
    say_clock(t, &c);
    expect(t, plus(t->o, t->o->today, fields[unit], n), &c, false);
}

static void week_and_day(trial *t)
{
    static const char *const ko[] = {"이번 주", "다음 주", "다다음 주"};
    static const char *const en[] = {"this", "next"};
    int week = any(0, t->ko ? 2 : 1), wd = any(0, 6);
    clock_ c = pick_clock(true);
    if (t->ko)
        ond_buf_printf(&t->said, "%s %s", ko[week], wd_ko[wd]);
    else if (week && chance(3) == 0)
        ond_buf_printf(&t->said, "%s next week", wd_en[wd]);
    else
        ond_buf_printf(&t->said, "%s %s", en[week], wd_en[wd]);
    say_clock(t, &c);
    double monday = t->o->today;
    while (weekday_of(t->o, monday) != 0) monday -= DAY_MS;
    expect(t, monday + (week * 7 + wd) * DAY_MS, &c, false);
}

static void plain_weekday(trial *t)
{
    int wd = any(0, 6);
    bool coming = chance(3) == 0;
    clock_ c = pick_clock(true);
    SAY("%s%s", "%s%s",
        coming      ? (t->ko ? "오는 " : "this coming ")
        : t->ko     ? ""
        : chance(2) ? "on "
                    : "",
        t->ko ? wd_ko[wd] : wd_en[wd]);
    say_clock(t, &c);
    double day = t->o->today + (coming ? DAY_MS : 0);
    while (weekday_of(t->o, day) != wd) day += DAY_MS;
    expect(t, day, &c, !coming);
}

static void say_month_day(trial *t, int m, int d)
{
    if (t->ko)
        ond_buf_printf(&t->said, "%d월 %d일", m, d);
    else if (chance(3) == 0)
        ond_buf_printf(&t->said, "the %s of %s", ordinal(d), month_en[m - 1]);
    else if (chance(2))
        ond_buf_printf(&t->said, "%d %s", d, month_en[m - 1]);
    else
        ond_buf_printf(&t->said, "%s %s", month_en[m - 1], ordinal(d));
}

static void month_day(trial *t)
{
    int m = any(1, 12), d = chance(4) ? any(1, 28) : any(28, 31);
    oracle *o = t->o;
    clock_ c = pick_clock(true);
    say_month_day(t, m, d);
    say_clock(t, &c);
    for (int y = year_of(o, o->today); y < year_of(o, o->today) + 9; y++)
        if (exists(o, y, m, d) && date(o, y, m, d) >= o->today) {
            expect(t, date(o, y, m, d), &c, false);
            return;
        }
    ond_buf_puts(&t->means, "impossible");
}

static void year_month_day(trial *t)
{
    oracle *o = t->o;
    int y = year_of(o, o->today) + any(-2, 4), m = any(1, 12),
        d = chance(4) ? any(1, 28) : any(28, 31);
    clock_ c = pick_clock(true);
    switch (any(0, 2)) {
    case 0:
        ond_buf_printf(&t->said, "%d-%02d-%02d", y, m, d);
        break;
    default:
        if (t->ko)
            ond_buf_printf(&t->said, "%d년 %d월 %d일", y, m, d);
        else
            ond_buf_printf(&t->said, "%s %d, %d", month_en[m - 1], d, y);
    }
    say_clock(t, &c);
    if (!exists(o, y, m, d))
        ond_buf_puts(&t->means, "impossible");
    else
        expect(t, date(o, y, m, d), &c, false);
}

static void month_day_only(trial *t)
{
    int d = chance(3) ? any(1, 28) : any(28, 31);
    oracle *o = t->o;
    clock_ c = pick_clock(true);
    if (t->ko)
        ond_buf_printf(&t->said, "%d일", d);
    else
        ond_buf_printf(&t->said, "%sthe %s", chance(2) ? "on " : "", ordinal(d));
    say_clock(t, &c);
    double day = o->today;
    while (mday_of(o, day) != d) day += DAY_MS;
    expect(t, day, &c, false);
}

static void next_month(trial *t)
{
    static const char *const ko[] = {"이번 달", "다음 달", "다다음 달"};
    static const char *const en[] = {"this month", "next month", "the month after next"};
    oracle *o = t->o;
    int n = any(0, 2), d = chance(5) ? chance(3) ? any(1, 28) : any(28, 31) : -1;
    clock_ c = pick_clock(true);
    if (t->ko && d < 0)
        ond_buf_printf(&t->said, "%s %s", ko[n], chance(2) ? "말일" : "말");
    else if (t->ko)
        ond_buf_printf(&t->said, "%s %d일", ko[n], d);
    else if (d < 0)
        ond_buf_printf(&t->said, "the last day of %s", en[n]);
    else
        ond_buf_printf(&t->said, chance(2) ? "the %s of %s" : "%2$s on the %1$s", ordinal(d),
                       en[n]);
    say_clock(t, &c);
    double first = plus(o, date(o, year_of(o, o->today), month_of(o, o->today), 1), UCAL_MONTH, n);
    int y = year_of(o, first), m = month_of(o, first);
    if (d < 0)
        expect(t, plus(o, first, UCAL_MONTH, 1) - DAY_MS, &c, false);
    else if (!exists(o, y, m, d))
        ond_buf_puts(&t->means, "impossible");
    else
        expect(t, date(o, y, m, d), &c, false);
}

/* Days of a month that are its nth of that weekday, by counting. */
static bool is_nth(oracle *o, double day, int nth, int wd)
{
    if (weekday_of(o, day) != wd) return false;
    int d = mday_of(o, day);
    return nth > 0 ? (d - 1) / 7 + 1 == nth : month_of(o, day + 7 * DAY_MS) != month_of(o, day);
}

static void nth_weekday(trial *t)
{
    static const char *const ko[] = {"", "첫째", "둘째", "셋째", "넷째", "다섯째", "마지막"};
    static const char *const en[] = {"", "first", "second", "3rd", "fourth", "fifth", "last"};
    oracle *o = t->o;
    int n = any(1, 6), wd = any(0, 6), m = chance(2) ? 0 : any(1, 12);
    clock_ c = pick_clock(true);
    if (t->ko && m)
        ond_buf_printf(&t->said, "%d월 %s 주 %s", m, ko[n], wd_ko[wd]);
    else if (t->ko)
        ond_buf_printf(&t->said, "%s %s", ko[n], wd_ko[wd]);
    else
        ond_buf_printf(&t->said, "the %s %s", en[n], wd_en[wd]);
    if (!t->ko && m) ond_buf_printf(&t->said, " of %s", month_en[m - 1]);
    say_clock(t, &c);
    int last = year_of(o, o->today) + 8; /* looked for so far ahead, no farther */
    for (double day = o->today; year_of(o, day) <= last; day += DAY_MS)
        if ((!m || month_of(o, day) == m) && is_nth(o, day, n == 6 ? -1 : n, wd)) {
            expect(t, day, &c, false);
            return;
        }
    ond_buf_puts(&t->means, "impossible");
}

static void lunar(trial *t)
{
    static const struct named {
        const char *ko, *en;
        int m, d;
    } named[] = {{"설날", "lunar new year", 1, 1},
                 {"추석", "Chuseok", 8, 15},
                 {"부처님 오신 날", "buddha's birthday", 4, 8}};
    int m = any(1, 12), d = any(1, 29);
    clock_ c = pick_clock(true);
    if (chance(2) || !t->ko) {
        const struct named *x = &named[chance(3)];
        ond_buf_puts(&t->said, t->ko ? x->ko : x->en);
        m = x->m;
        d = x->d;
    } else {
        ond_buf_printf(&t->said, "음력 %d월 %d일", m, d);
    }
    say_clock(t, &c);
    expect(t, lunar_next(t->o, t->o->today, m, d), &c, false);
}

/* The next time the clock shows it; the small hours are not meant by a bare hour, but by an alarm,
 * whose 5 to 11 are in the morning. */
static void clock_only(trial *t)
{
    clock_ c = pick_clock(false);
    say_clock(t, &c);
    double best = 0;
    for (int day = -1; day <= 2; day++)
        for (int half = 0; half < 2; half++) {
            int h = c.h + 12 * half;
            if (half && (c.kind != BARE || c.h == 12)) continue;
            if (c.kind == BARE && c.h < 6 && !half && !t->morning) continue;
            if (c.kind == BARE && c.h >= 5 && half && t->morning) continue;
            double at = instant(t->o, t->o->today + day * DAY_MS, h * 3600 + c.m * 60);
            if (at > t->o->now && (!best || at < best)) best = at;
        }
    put_instant(&t->means, t->o, best);
}

static void start_and_end(trial *t)
{
    oracle *o = t->o;
    int n = any(1, 3), from = any(1, 22), to = any(from + 1, 23), m = chance(2) ? 0 : 30;
    clock_ a = {HALF, from, 0}, b = {HALF, to, m};
    static const char *const ko[] = {"", "내일", "모레", "글피"}, *const en[] = {
                                                                      "", "tomorrow",
                                                                      "the day after tomorrow",
                                                                      "in 3 days"};
    ond_buf_puts(&t->said, t->ko ? ko[n] : en[n]);
    if (t->ko) {
        say_clock(t, &a);
        ond_buf_puts(&t->said, "부터");
        say_clock(t, &b);
        ond_buf_puts(&t->said, "까지");
    } else {
        ond_buf_printf(&t->said, " from %d%s to %d:%02d %s", from % 12 ? from % 12 : 12,
                       from < 12 ? "am" : "pm", to % 12 ? to % 12 : 12, m, to < 12 ? "am" : "pm");
    }
    double day = o->today + n * DAY_MS, start = instant(o, day, from * 3600),
           end = instant(o, day, to * 3600 + m * 60);
    if (end <= start) end = instant(o, day + DAY_MS, to * 3600 + m * 60);
    put_instant(&t->means, o, start);
    ond_buf_puts(&t->means, "/");
    put_instant(&t->means, o, end);
}

static void days_from_to(trial *t)
{
    oracle *o = t->o;
    int a = any(0, 6), b = (a + any(1, 6)) % 7;
    SAY("다음 주 %s부터 %s까지", "next %s to %s", t->ko ? wd_ko[a] : wd_en[a],
        t->ko ? wd_ko[b] : wd_en[b]);
    double monday = o->today;
    while (weekday_of(o, monday) != 0) monday -= DAY_MS;
    double start = monday + (7 + a) * DAY_MS, end = start;
    while (weekday_of(o, end) != b) end += DAY_MS;
    put_date(&t->means, o, start);
    ond_buf_puts(&t->means, "/");
    put_date(&t->means, o, end + DAY_MS);
}

static void length(trial *t)
{
    int h = any(0, 5), m = any(1, 59), s = chance(3) ? 0 : any(1, 59);
    if (t->ko && h)
        ond_buf_printf(&t->said, "%s시간 ",
                       h && chance(2) ? native[h]
                                      : (const char *[]){"0", "1", "2", "3", "4", "5"}[h]);
    if (!t->ko && h)
        ond_buf_printf(&t->said, "%d hour%s%s", h, h == 1 ? "" : "s", chance(2) ? " and " : " ");
    SAY("%d분", "%d minutes", m);
    if (s) SAY(" %d초", " %d seconds", s);
    ond_buf_printf(&t->means, "%ds", h * 3600 + m * 60 + s);
}

/* ---- recurrences ---- */

typedef struct recurrence {
    char freq; /* D W M Y */
    int every;
    unsigned days;
    int month, mday, nth, wd;
} recurrence;

static bool falls_on(oracle *o, const recurrence *r, double day)
{
    int wd = weekday_of(o, day), d = mday_of(o, day), m = month_of(o, day);
    if (r->days && !(r->days >> wd & 1)) return false;
    if (r->month && m != r->month) return false;
    if (r->nth) return is_nth(o, day, r->nth, r->wd);
    if (r->mday == -1) return month_of(o, day + DAY_MS) != m;
    return !r->mday || d == r->mday;
}

/* Whether the interval fits, counted from the first. */
static bool in_step(oracle *o, const recurrence *r, double first, double day)
{
    int n = 0;
    double a = first, b = day;
    if (r->freq == 'D') n = (int)((day - first) / DAY_MS);
    if (r->freq == 'W') {
        while (weekday_of(o, a) != 0) a -= DAY_MS;
        while (weekday_of(o, b) != 0) b -= DAY_MS;
        n = (int)((b - a) / (7 * DAY_MS));
    }
    if (r->freq == 'M')
        n = (year_of(o, day) - year_of(o, first)) * 12 + month_of(o, day) - month_of(o, first);
    if (r->freq == 'Y') n = year_of(o, day) - year_of(o, first);
    return n % r->every == 0;
}

static recurrence pick_recurrence(void)
{
    recurrence r = {.freq = "DWWMMY"[chance(6)], .every = chance(3) ? 1 : any(2, 4)};
    if (r.freq == 'W') {
        int n = any(1, 3);
        while (n-- > 0) r.days |= 1u << any(0, 6);
        if (chance(4) == 0 && r.every == 1) r.days = 0x1F;
    }
    if (r.freq == 'M' && chance(2)) {
        r.nth = chance(4) ? any(1, 5) : -1;
        r.wd = any(0, 6);
    } else if (r.freq == 'M') {
        r.mday = chance(5) ? any(1, 31) : -1;
    }
    if (r.freq == 'Y') {
        r.month = any(1, 12);
        r.mday = any(1, 28);
        r.every = 1;
    }
    return r;
}

static void say_days(trial *t, unsigned days)
{
    const char *sep = "";
    for (int i = 0; i < 7; i++) {
        if (!(days >> i & 1)) continue;
        ond_buf_printf(&t->said, "%s%s", sep, t->ko ? wd_ko[i] : wd_en[i]);
        sep = t->ko ? (chance(2) ? " " : "과 ") : chance(2) ? " and " : ", ";
    }
}

static const char *const nth_ko[] = {"마지막", "", "첫째", "둘째", "셋째", "넷째", "다섯째"};
static const char *const nth_en[] = {"last", "", "first", "second", "third", "fourth", "fifth"};

static void say_rule_ko(trial *t, const recurrence *r)
{
    ond_buf *b = &t->said;
    if (r->freq == 'D' && r->every == 1) ond_buf_puts(b, "매일");
    if (r->freq == 'D' && r->every > 1) ond_buf_printf(b, "%d일마다", r->every);
    if (r->days == 0x1F && r->every == 1) {
        ond_buf_puts(b, "평일");
        return;
    }
    if (r->freq == 'W' && r->every == 1) ond_buf_puts(b, "매주 ");
    if (r->freq == 'W' && r->every == 2) ond_buf_puts(b, "격주 ");
    if (r->freq == 'W' && r->every > 2) ond_buf_printf(b, "%d주마다 ", r->every);
    say_days(t, r->days);
    if (r->freq == 'M' && r->every == 1) ond_buf_puts(b, chance(2) ? "매월 " : "매달 ");
    if (r->freq == 'M' && r->every > 1) ond_buf_printf(b, "%d개월마다 ", r->every);
    if (r->freq == 'Y') ond_buf_printf(b, "매년 %d월 ", r->month);
    if (r->nth) ond_buf_printf(b, "%s 주 %s", nth_ko[r->nth + 1], wd_ko[r->wd]);
    if (r->mday > 0) ond_buf_printf(b, "%d일", r->mday);
    if (r->mday < 0) ond_buf_puts(b, "말일");
}

static void say_rule_en(trial *t, const recurrence *r)
{
    static const char *const units = "DWMY", *const names[] = {"day", "week", "month", "year"};
    ond_buf *b = &t->said;
    const char *unit = names[strchr(units, r->freq) - units];
    if (r->days == 0x1F && r->every == 1) {
        ond_buf_puts(b, "every weekday");
        return;
    }
    if (r->freq == 'W' && r->every == 1) {
        ond_buf_puts(b, "every ");
        say_days(t, r->days);
        return;
    }
    if (r->every == 1)
        ond_buf_printf(b, "every %s", unit);
    else if (r->every == 2 && chance(2))
        ond_buf_printf(b, "every other %s", unit);
    else
        ond_buf_printf(b, "every %d %ss", r->every, unit);
    if (r->freq == 'W') ond_buf_puts(b, " on ");
    say_days(t, r->days);
    if (r->freq == 'Y')
        ond_buf_printf(b, " on %s %d", month_en[r->month - 1], r->mday);
    else if (r->mday > 0)
        ond_buf_printf(b, " on the %s", ordinal(r->mday));
    if (r->mday < 0) ond_buf_puts(b, " on the last day");
    if (r->nth) ond_buf_printf(b, " on the %s %s", nth_en[r->nth + 1], wd_en[r->wd]);
}

static void put_rule(ond_buf *b, const recurrence *r)
{
    ond_buf_printf(b, "FREQ=%s",
                   r->freq == 'D'   ? "DAILY"
                   : r->freq == 'W' ? "WEEKLY"
                   : r->freq == 'M' ? "MONTHLY"
                                    : "YEARLY");
    if (r->every > 1) ond_buf_printf(b, ";INTERVAL=%d", r->every);
    if (r->month) ond_buf_printf(b, ";BYMONTH=%d", r->month);
    if (r->mday) ond_buf_printf(b, ";BYMONTHDAY=%d", r->mday);
    const char *sep = ";BYDAY=";
    for (int i = 0; i < 7; i++)
        if (r->days >> i & 1) {
            ond_buf_printf(b, "%s%s", sep, wd_code[i]);
            sep = ",";
        }
    if (r->nth) ond_buf_printf(b, ";BYDAY=%d%s", r->nth, wd_code[r->wd]);
}

/* libical's expansion of the rule gives the days that were found by looking at each. */
static void expansion(oracle *o, const recurrence *r, double first, const char *rule)
{
    struct icaltimetype start = {0}; /* icaltime_null_date() has an hour of -1 */
    start.year = year_of(o, first);
    start.month = month_of(o, first);
    start.day = mday_of(o, first);
    start.is_date = 1;
    icalrecur_iterator *it = icalrecur_iterator_new(icalrecurrencetype_from_string(rule), start);
    assert_non_null(it);
    double day = first;
    for (int i = 0; i < 6; i++) {
        struct icaltimetype next = icalrecur_iterator_next(it);
        for (int k = 0; k < 366 * 12 && !(falls_on(o, r, day) && in_step(o, r, first, day)); k++)
            day += DAY_MS;
        if (date(o, next.year, next.month, next.day) != day)
            fail_msg("%s from %d-%d-%d: occurrence %d is %d-%d-%d, not %d-%d-%d", rule, start.year,
                     start.month, start.day, i, next.year, next.month, next.day, year_of(o, day),
                     month_of(o, day), mday_of(o, day));
        day += DAY_MS;
    }
    icalrecur_iterator_free(it);
}

static void recurs(trial *t)
{
    oracle *o = t->o;
    recurrence r = pick_recurrence();
    clock_ c = pick_clock(true);
    if (c.kind == POINT) c.h = 12;
    if (t->ko)
        say_rule_ko(t, &r);
    else
        say_rule_en(t, &r);
    say_clock(t, &c);
    double first = o->today;
    while (!falls_on(o, &r, first) ||
           (c.kind != NO_CLOCK && instant(o, first, second_of(t, &c)) <= o->now))
        first += DAY_MS;
    if (c.kind == NO_CLOCK)
        put_date(&t->means, o, first);
    else
        put_instant(&t->means, o, instant(o, first, second_of(t, &c)));
    ond_buf rule = {0};
    put_rule(&rule, &r);
    ond_buf_printf(&t->means, " %s", ond_buf_z(&rule));
    expansion(o, &r, first, ond_buf_z(&rule));
    ond_buf_free(&rule);
}

/* ---- the run ---- */

typedef struct kind {
    const char *rule;
    void (*make)(trial *t);
} kind;
static const kind kinds[] = {
    {"when", near_day},         {"when", elapsed},        {"when", length_later},
    {"when", week_and_day},     {"when", plain_weekday},  {"when", month_day},
    {"when", year_month_day},   {"when", month_day_only}, {"when", next_month},
    {"when", nth_weekday},      {"when", lunar},          {"when", clock_only},
    {"from_to", start_and_end}, {"span", days_from_to},   {"dur", length},
    {"recur", recurs},          {"recur", recurs},
};

/* Spoken variants: no spaces in Korean, any case in English, and in the middle of a sentence. */
static void vary(const trial *t, const char *rule, ond_buf *out)
{
    bool tight = t->ko && chance(3) == 0, loud = !t->ko && chance(5) == 0,
         titled = chance(3) == 0 && strcmp(rule, "dur") != 0;
    ond_buf_printf(out, "%s ", titled ? (t->ko ? "title 팀 회의" : "title team meeting") : rule);
    for (const char *p = ond_buf_z(&t->said); *p; p++) {
        bool digits =
            p > ond_buf_z(&t->said) && p[-1] >= '0' && p[-1] <= '9' && p[1] >= '0' && p[1] <= '9';
        if (*p == ' ' && tight && !digits) continue;
        ond_buf_putc(out, loud && *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p);
    }
}

/* What is wrong, the first few. */
static void one(oracle *o, ond_grammar *const g[2], const kind *k, ond_buf *wrong)
{
    trial t = {.o = o, .ko = chance(2), .morning = chance(4) == 0};
    k->make(&t);
    ond_buf sentence = {0}, line = {0};
    vary(&t, k->rule, &sentence);
    ond_when_opts opts = {.now = (ond_ms)o->now, .zone = o->name, .morning = t.morning};
    const char *means = when_said(g[t.ko], &line, ond_buf_z(&sentence), &opts);
    if (strcmp(means, ond_buf_z(&t.means)) != 0 && wrong->n < 4000) {
        ond_buf_printf(wrong, "%s, now ", ond_buf_z(&sentence));
        ond_iso_put(wrong, opts.now, o->name);
        ond_buf_printf(wrong, " in %s: %s, not %s\n", o->name, means, ond_buf_z(&t.means));
    }
    ond_buf_free(&sentence);
    ond_buf_free(&line);
    ond_buf_free(&t.said);
    ond_buf_free(&t.means);
}

/* Names of all zones, from the source form of the data. */
static size_t read_zones(char (**out)[64])
{
    FILE *f = fopen("/usr/share/zoneinfo/tzdata.zi", "r");
    if (!f) fail_msg("%s", "no /usr/share/zoneinfo/tzdata.zi: install tzdata");
    char line[512], a[64], b[64];
    size_t n = 0;
    *out = calloc(2000, sizeof **out);
    while (n < 2000 && fgets(line, sizeof line, f)) {
        bool zone = sscanf(line, "Z %63s", a) == 1, link = sscanf(line, "L %63s %63s", b, a) == 2;
        if ((zone || link) && ond_zone_check(a, NULL) == 0) strcpy((*out)[n++], a);
    }
    fclose(f);
    return n;
}

/* The data of ICU are older than the system's: a year from which on both know the same; 0: none. */
static int common_year(oracle *o)
{
    static const int years[] = {2026, 2010, 2001, 1990};
    for (size_t i = 0; i < sizeof years / sizeof *years; i++)
        if (zones_agree(o, years[i] - 2, years[i] + 20)) return years[i];
    return 0;
}

TEST(test_random)
{
    const char *want = getenv("ONDOL_WHEN"), *seed = getenv("ONDOL_SEED");
    long n = want ? atol(want) : 2000;
    if (seed) state_ ^= strtoull(seed, NULL, 10) * 0x9E3779B97F4A7C15u;
    ond_grammar *g[2] = {when_rules("en"), when_rules("ko")};
    oracle o;
    ond_buf wrong = {0};
    char(*zone)[64];
    size_t n_zone = read_zones(&zone), used = 0;
    assert_true(n_zone > 300);
    oracle_open(&o);
    long done = 0;
    for (size_t z = 0; z < n_zone; z++) {
        oracle_zone(&o, zone[z]);
        int year = common_year(&o);
        if (!year) continue;
        used++;
        long share = n / (long)n_zone + 2;
        for (long i = 0; i < share; i++, done++) {
            double now =
                date(&o, year + any(0, 8), any(1, 12), any(1, 31)) + chance(86400) * 1000.0;
            if (chance(4) == 0) now -= (int)chance(3) * DAY_MS; /* month ends */
            oracle_now(&o, now);
            one(&o, g, &kinds[chance(sizeof kinds / sizeof *kinds)], &wrong);
        }
    }
    print_message("# %ld expressions in %zu of %zu zones\n", done, used, n_zone);
    if (wrong.n) fail_msg("%s", ond_buf_z(&wrong));
    ond_buf_free(&wrong);
    assert_true(used * 100 >= n_zone * 95);
    oracle_close(&o);
    free(zone);
    ond_grammar_free(g[0]);
    ond_grammar_free(g[1]);
}

static int cleanup(__attribute__((unused)) void **state)
{
    ond_pack_free_all();
    icaltimezone_free_builtin_timezones();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_random)};
    return cmocka_run_group_tests(tests, NULL, cleanup);
}
