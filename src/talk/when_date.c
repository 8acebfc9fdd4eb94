/* when_date.c - days as numbers: the Gregorian calendar by the arithmetic of base/time.h. */
#include "talk/when_in.h"

#define DAY_MS ((int64_t)86400000)

int64_t ond__day_of(int year, int month, int mday)
{
    ond_civil c = {.year = year, .month = month, .day = mday};
    return ond_civil_ms(&c, "UTC") / DAY_MS - (ond_civil_ms(&c, "UTC") % DAY_MS < 0);
}

void ond__date_of(int64_t day, int *year, int *month, int *mday)
{
    ond_civil c;
    ond_civil_of(day * DAY_MS, "UTC", &c);
    *year = c.year;
    *month = c.month;
    *mday = c.day;
}

int ond__month_days(int year, int month)
{
    return (int)(ond__day_of(year, month + 1, 1) - ond__day_of(year, month, 1));
}

int ond__weekday(int64_t day)
{
    return (int)(((day + 3) % 7 + 7) % 7); /* 1970-01-01 was a Thursday */
}

int64_t ond__day_plus(int64_t day, int months, int days)
{
    int year, month, mday;
    ond__date_of(day, &year, &month, &mday);
    ond__date_of(ond__day_of(year, month + months, 1), &year, &month, &(int){0});
    int most = ond__month_days(year, month);
    return ond__day_of(year, month, mday > most ? most : mday) + days;
}

bool ond__nth_weekday(int year, int month, int nth, int weekday, int64_t *out)
{
    int64_t first = ond__day_of(year, month, 1), last = ond__day_of(year, month + 1, 1) - 1;
    *out = nth > 0 ? first + (weekday - ond__weekday(first) + 7) % 7 + 7 * (nth - 1)
                   : last - (ond__weekday(last) - weekday + 7) % 7 + 7 * (nth + 1);
    return nth != 0 && *out >= first && *out <= last;
}

int64_t ond__today(ond_ms t, const char *zone)
{
    ond_civil c;
    ond_civil_of(t, zone, &c);
    return ond__day_of(c.year, c.month, c.day);
}

ond_ms ond__at(int64_t day, int second, const char *zone)
{
    ond_civil c = {0};
    ond__date_of(day, &c.year, &c.month, &c.day);
    c.second = second;
    return ond_civil_ms(&c, zone);
}
