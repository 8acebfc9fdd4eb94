/* says.c - times in words, Korean and English. */
#include "hand/calendar/internal.h"
#include "sys/clock.h"

static void say_clock(ond_buf *out, bool ko, const ond_civil *c)
{
    if (!ko) {
        ond_buf_printf(out, ", %d:%02d", c->hour, c->minute);
        return;
    }
    ond_buf_printf(out, " %s %d시", c->hour < 12 ? "오전" : "오후",
                   c->hour % 12 ? c->hour % 12 : 12);
    if (c->minute) ond_buf_printf(out, " %d분", c->minute);
}

void ond__cal_say_when(const ond__cal *h, ond_buf *out, const char *lang, ond_ms t, bool date)
{
    static const char *const days_ko[] = {"일", "월", "화", "수", "목", "금", "토"};
    static const char *const days_en[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    ond_civil c, now;
    (void)h;
    bool ko = strncmp(lang, "ko", 2) == 0;
    ond_civil_of(t, ond_zone(), &c);
    ond_civil_of(ond_now(), ond_zone(), &now);
    if (ko) {
        if (c.year != now.year) ond_buf_printf(out, "%d년 ", c.year);
        ond_buf_printf(out, "%d월 %d일(%s)", c.month, c.day, days_ko[c.weekday]);
    } else {
        ond_buf_printf(out, "%s %d %s", days_en[c.weekday], c.day, months[c.month - 1]);
        if (c.year != now.year) ond_buf_printf(out, " %d", c.year);
    }
    if (!date) say_clock(out, ko, &c);
}
