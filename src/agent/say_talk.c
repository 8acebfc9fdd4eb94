/* say_talk.c - answers that need no device: the time, the date, days, help. */
#include "agent/errand.h"
#include "sys/clock.h"

#include <stdio.h>

void ond__clock_put(ond_buf *out, const ond_civil *c, const char *lang)
{
    int hour = c->hour % 12 ? c->hour % 12 : 12;
    bool korean = strncmp(lang, "ko", 2) == 0;
    if (korean && c->minute == 0)
        ond_buf_printf(out, "%s %d시", c->hour < 12 ? "오전" : "오후", hour);
    else if (korean)
        ond_buf_printf(out, "%s %d시 %d분", c->hour < 12 ? "오전" : "오후", hour, c->minute);
    else
        ond_buf_printf(out, "%d:%02d %s", hour, c->minute, c->hour < 12 ? "am" : "pm");
}

void ond__date_put(ond_buf *out, const ond_civil *c, const char *lang)
{
    static const char *const ko[] = {"일", "월", "화", "수", "목", "금", "토"};
    static const char *const en[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                     "Thursday", "Friday", "Saturday"};
    static const char *const months[] = {"January",   "February", "March",    "April",
                                         "May",       "June",     "July",     "August",
                                         "September", "October",  "November", "December"};
    if (strncmp(lang, "ko", 2) == 0)
        ond_buf_printf(out, "%d년 %d월 %d일 %s요일", c->year, c->month, c->day, ko[c->weekday % 7]);
    else
        ond_buf_printf(out, "%s, %d %s %d", en[c->weekday % 7], c->day,
                       months[(c->month + 11) % 12], c->year);
}

static void now_put(ond_buf *out, const char *lang, bool date)
{
    ond_buf text = {0};
    ond_civil now;
    ond_civil_of(ond_now(), ond_zone(), &now);
    if (date)
        ond__date_put(&text, &now, lang);
    else
        ond__clock_put(&text, &now, lang);
    OND_MSG(out, date ? OND_M_AGENT_DATE : OND_M_AGENT_TIME, lang, ond_buf_z(&text));
    ond_buf_free(&text);
}

/* Whole days from one date to another. */
static long long days_between(ond_civil a, ond_civil b)
{
    a.hour = b.hour = 12;
    a.minute = a.second = a.ms = b.minute = b.second = b.ms = 0;
    return (ond_civil_ms(&b, "UTC") - ond_civil_ms(&a, "UTC")) / 86400000;
}

/* "What day is Christmas?", "how many days until then?" */
static void day_put(ond_buf *out, const ond__wish *w, bool until)
{
    ond_when_opts opts = ond__when_opts(false, !until);
    ond_when t = ond_when_of(w->match, "", &opts);
    ond_buf day = {0}, n = {0};
    ond_civil today;
    ond_civil_of(opts.now, opts.zone, &today);
    ond__date_put(&day, &t.start, w->lang);
    ond_buf_printf(&n, "%lld", days_between(today, t.start));
    if (t.code != OND_WHEN_OK)
        OND_MSG(out, OND_M_AGENT_NO_DAY, w->lang, "");
    else if (!until && days_between(today, t.start) == 0)
        OND_MSG(out, OND_M_AGENT_DATE, w->lang, ond_buf_z(&day));
    else if (until)
        OND_MSG(out, OND_M_AGENT_DAYS_UNTIL, w->lang, ond_buf_z(&n), ond_buf_z(&day));
    else
        OND_MSG(out, OND_M_AGENT_DAY_OF, w->lang, ond_buf_z(&day));
    ond_buf_free(&day);
    ond_buf_free(&n);
}

void ond__talk_put(ond_buf *out, ond__wish *w)
{
    const char *intent = w->match->intent;
    if (strcmp(intent, "HassGetCurrentTime") == 0)
        now_put(out, w->lang, false);
    else if (strcmp(intent, "HassGetCurrentDate") == 0)
        now_put(out, w->lang, true);
    else if (strcmp(intent, "OndolDayOf") == 0 || strcmp(intent, "OndolDaysUntil") == 0)
        day_put(out, w, strcmp(intent, "OndolDaysUntil") == 0);
    else if (strcmp(intent, "OndolHistory") == 0)
        ond__history_put(out, w);
    else if (strcmp(intent, "OndolHelp") == 0)
        ond__help_put(out, w);
    else
        OND_MSG(out, strcmp(intent, "OndolDont") == 0 ? OND_M_AGENT_DONT : OND_M_AGENT_LEFT,
                w->lang, "");
}
