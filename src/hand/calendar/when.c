/* when.c - times as arguments and files say them, and their instants. */
#include "hand/calendar/ical.h"
#include "hand/calendar/internal.h"
#include "sys/clock.h"

#include <stdio.h>

#define YEAR_LOW 1583
#define YEAR_HIGH 2400

static bool is_leap(int y)
{
    return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year));
}

static bool is_real(const ond__cal_when *w)
{
    return w->year >= YEAR_LOW && w->year <= YEAR_HIGH && w->month >= 1 && w->month <= 12 &&
           w->day >= 1 && w->day <= days_in(w->year, w->month) && w->hour >= 0 && w->hour <= 23 &&
           w->minute >= 0 && w->minute <= 59 && w->second >= 0 && w->second <= 60;
}

/* Digits at their places and nothing else: "dddd-dd-dd". */
static bool has_shape(const char *text, const char *shape)
{
    for (; *shape; shape++, text++)
        if (*shape == 'd' ? *text < '0' || *text > '9' : *text != *shape) return false;
    return *text == '\0';
}

int ond__cal_when_parse(const char *text, const char *arg, ond__cal_when *out, ond_err *err)
{
    *out = (ond__cal_when){.zone = CAL_FLOATING};
    bool date = has_shape(text, "dddd-dd-dd"), minute = has_shape(text, "dddd-dd-ddTdd:dd"),
         second = has_shape(text, "dddd-dd-ddTdd:dd:dd");
    if (!date && !minute && !second)
        return ond_fail(
            err, OND_E_INPUT,
            "%s is '%.40s'; write a date like 2026-12-01, or a time like 2026-12-01T15:00", arg,
            text);
    sscanf(text, "%d-%d-%dT%d:%d:%d", &out->year, &out->month, &out->day, &out->hour, &out->minute,
           &out->second);
    out->date = date;
    return is_real(out) ? OND_OK
                        : ond_fail(err, OND_E_INPUT, "%s is '%s', and there is no such day or time",
                                   arg, text);
}

bool ond__cal_when_read(ond_str value, ond__cal_when *out)
{
    char text[24];
    *out = (ond__cal_when){.zone = CAL_FLOATING};
    value = ond_str_trim(value);
    if (value.n >= sizeof text) return false;
    memcpy(text, value.p, value.n);
    text[value.n] = '\0';
    bool date = has_shape(text, "dddddddd"), local = has_shape(text, "ddddddddTdddddd"),
         utc = has_shape(text, "ddddddddTddddddZ");
    if (!date && !local && !utc) return false;
    sscanf(text, "%4d%2d%2dT%2d%2d%2d", &out->year, &out->month, &out->day, &out->hour,
           &out->minute, &out->second);
    out->date = date;
    if (utc) out->zone = CAL_UTC;
    if (out->second == 60) out->second = 59;
    return is_real(out);
}

/* ---- arithmetic on the wall clock ---- */

int64_t ond__cal_days(const ond__cal_when *w)
{
    ond_civil c = {.year = w->year, .month = w->month, .day = w->day};
    return ond_civil_ms(&c, "UTC") / 86400000;
}

static void set_from_ms(ond__cal_when *w, ond_ms t)
{
    ond_civil c;
    ond_civil_of(t, "UTC", &c);
    w->year = c.year, w->month = c.month, w->day = c.day;
    w->hour = c.hour, w->minute = c.minute, w->second = c.second;
}

static ond_ms wall_ms(const ond__cal_when *w)
{
    return ond__cal_days(w) * 86400000 +
           ((ond_ms)w->hour * 3600 + w->minute * 60 + w->second) * 1000;
}

void ond__cal_add_seconds(ond__cal_when *w, int64_t seconds)
{
    set_from_ms(w, wall_ms(w) + seconds * 1000);
}

void ond__cal_add_days(ond__cal_when *w, int64_t days)
{
    ond__cal_add_seconds(w, days * 86400);
}

int ond__cal_when_cmp(const ond__cal_when *a, const ond__cal_when *b)
{
    ond_ms x = wall_ms(a), y = wall_ms(b);
    return (x > y) - (x < y);
}

int ond__cal_weekday(const ond__cal_when *w)
{
    return (int)(((ond__cal_days(w) + 4) % 7 + 7) % 7);
}

/* ---- instants ---- */

static struct icaltimetype ical_time(const ond__cal_when *w)
{
    return (struct icaltimetype){.year = w->year,
                                 .month = w->month,
                                 .day = w->day,
                                 .hour = w->hour,
                                 .minute = w->minute,
                                 .second = w->second};
}

ond_ms ond__cal_when_ms(const ond__cal *h, const ond__cal_when *w)
{
    ond_civil c = {.year = w->year,
                   .month = w->month,
                   .day = w->day,
                   .hour = w->hour,
                   .minute = w->minute,
                   .second = w->second};
    if (w->date || w->zone == CAL_FLOATING) return ond_civil_ms(&c, ond_zone());
    if (w->zone == CAL_UTC) return ond_civil_ms(&c, "UTC");
    const ond__cal_zone *z = &h->zone[w->zone];
    if (z->iana) return ond_civil_ms(&c, z->iana);
    struct icaltimetype t = ical_time(w);
    int dst = 0;
    return wall_ms(w) - (ond_ms)ond__cal_ical.timezone_get_utc_offset(z->custom, &t, &dst) * 1000;
}

/* The offset belongs to the wall clock, so it is asked of the wall clock that it leads to. */
static void custom_of(const ond__cal_zone *z, ond_ms t, ond__cal_when *out)
{
    int offset = 0, dst = 0;
    for (int i = 0; i < 3; i++) {
        set_from_ms(out, t + (ond_ms)offset * 1000);
        struct icaltimetype w = ical_time(out);
        int now = ond__cal_ical.timezone_get_utc_offset(z->custom, &w, &dst);
        if (now == offset && i > 0) return;
        offset = now;
    }
    set_from_ms(out, t + (ond_ms)offset * 1000);
}

void ond__cal_when_of(const ond__cal *h, ond_ms t, int zone, bool date, ond__cal_when *out)
{
    ond_civil c;
    *out = (ond__cal_when){.zone = date ? CAL_FLOATING : zone, .date = date};
    if (zone >= 0 && !h->zone[zone].iana && !date) {
        custom_of(&h->zone[zone], t, out);
        return;
    }
    ond_civil_of(t,
                 date || zone == CAL_FLOATING ? ond_zone()
                 : zone == CAL_UTC            ? "UTC"
                                              : h->zone[zone].iana,
                 &c);
    out->year = c.year, out->month = c.month, out->day = c.day;
    if (!date) out->hour = c.hour, out->minute = c.minute, out->second = c.second;
}

void ond__cal_when_put(ond_buf *out, const ond__cal_when *w)
{
    ond_buf_printf(out, "%04d-%02d-%02d", w->year, w->month, w->day);
    if (w->date) return;
    ond_buf_printf(out, "T%02d:%02d", w->hour, w->minute);
    if (w->second) ond_buf_printf(out, ":%02d", w->second);
}

void ond__cal_local_put(const ond__cal *h, ond_buf *out, ond_ms t, bool date)
{
    ond__cal_when w;
    ond__cal_when_of(h, t, CAL_FLOATING, date, &w);
    ond__cal_when_put(out, &w);
}
