/* when_holiday.c - days with a name: Korean ones by both calendars, and those of English speakers.
 */
#include "talk/when_in.h"

typedef enum kind { SOLAR, LUNAR, NTH, EASTER } kind;

/* SOLAR, LUNAR: month and day. NTH: month, nth and weekday. EASTER: by that Sunday. `shift` days
 * from there it begins, and it takes `days` (0: one). */
static const struct holiday {
    const char *name;
    kind kind;
    int month, day, weekday, shift, days;
} holidays[] = {
    {"new_year", SOLAR, 1, 1, 0, 0, 0},
    {"new_year_eve", SOLAR, 12, 31, 0, 0, 0},
    {"valentine", SOLAR, 2, 14, 0, 0, 0},
    {"samil", SOLAR, 3, 1, 0, 0, 0},
    {"white_day", SOLAR, 3, 14, 0, 0, 0},
    {"patrick", SOLAR, 3, 17, 0, 0, 0},
    {"fools", SOLAR, 4, 1, 0, 0, 0},
    {"arbor", SOLAR, 4, 5, 0, 0, 0},
    {"workers", SOLAR, 5, 1, 0, 0, 0},
    {"children", SOLAR, 5, 5, 0, 0, 0},
    {"parents", SOLAR, 5, 8, 0, 0, 0},
    {"teachers", SOLAR, 5, 15, 0, 0, 0},
    {"hyeonchung", SOLAR, 6, 6, 0, 0, 0},
    {"independence", SOLAR, 7, 4, 0, 0, 0},
    {"jeheon", SOLAR, 7, 17, 0, 0, 0},
    {"gwangbok", SOLAR, 8, 15, 0, 0, 0},
    {"gaecheon", SOLAR, 10, 3, 0, 0, 0},
    {"hangul", SOLAR, 10, 9, 0, 0, 0},
    {"halloween", SOLAR, 10, 31, 0, 0, 0},
    {"bonfire", SOLAR, 11, 5, 0, 0, 0},
    {"pepero", SOLAR, 11, 11, 0, 0, 0},
    {"christmas_eve", SOLAR, 12, 24, 0, 0, 0},
    {"christmas", SOLAR, 12, 25, 0, 0, 0},
    {"boxing", SOLAR, 12, 26, 0, 0, 0},
    {"seollal", LUNAR, 1, 1, 0, 0, 0},
    {"seollal_eve", LUNAR, 1, 1, 0, -1, 0},
    {"seollal_break", LUNAR, 1, 1, 0, -1, 3},
    {"daeboreum", LUNAR, 1, 15, 0, 0, 0},
    {"buddha", LUNAR, 4, 8, 0, 0, 0},
    {"dano", LUNAR, 5, 5, 0, 0, 0},
    {"chilseok", LUNAR, 7, 7, 0, 0, 0},
    {"chuseok", LUNAR, 8, 15, 0, 0, 0},
    {"chuseok_eve", LUNAR, 8, 15, 0, -1, 0},
    {"chuseok_break", LUNAR, 8, 15, 0, -1, 3},
    {"memorial", NTH, 5, -1, 0, 0, 0},
    {"fathers", NTH, 6, 3, 6, 0, 0},
    {"labor", NTH, 9, 1, 0, 0, 0},
    {"thanksgiving", NTH, 11, 4, 3, 0, 0},
    {"black_friday", NTH, 11, 4, 3, 1, 0},
    {"good_friday", EASTER, 0, 0, 0, -2, 0},
    {"easter", EASTER, 0, 0, 0, 0, 0},
    {"easter_monday", EASTER, 0, 0, 0, 1, 0},
};

/* Easter Sunday: Meeus, Astronomical Algorithms, chapter 8. */
static int64_t easter(int year)
{
    int a = year % 19, b = year / 100, c = year % 100, d = b / 4, e = b % 4;
    int f = (b + 8) / 25, g = (b - f + 1) / 3, h = (19 * a + b - d - g + 15) % 30;
    int i = c / 4, k = c % 4, l = (32 + 2 * e + 2 * i - h - k) % 7, m = (a + 11 * h + 22 * l) / 451;
    int n = h + l - 7 * m + 114;
    return ond__day_of(year, n / 31, n % 31 + 1);
}

static bool in_year(const struct holiday *h, int year, int64_t *out)
{
    bool ok = true;
    switch (h->kind) {
    case SOLAR:
        *out = ond__day_of(year, h->month, h->day);
        break;
    case LUNAR:
        ok = ond__lunar_day(year, h->month, h->day, out);
        break;
    case NTH:
        ok = ond__nth_weekday(year, h->month, h->day, h->weekday, out);
        break;
    case EASTER:
        *out = easter(year);
        break;
    }
    *out += h->shift;
    return ok;
}

ond__span ond__holiday_find(const char *name, int year, int64_t from)
{
    const struct holiday *h = NULL;
    for (size_t i = 0; i < sizeof holidays / sizeof *holidays && !h; i++)
        if (strcmp(holidays[i].name, name) == 0) h = &holidays[i];
    ond__span none = {.code = OND_WHEN_IMPOSSIBLE};
    if (!h) return none;
    int first = year, last = year;
    if (year == OND__UNSAID) {
        ond__date_of(from, &first, &(int){0}, &(int){0});
        last = first + 1;
    }
    for (int y = first; y <= last; y++) {
        int64_t day, n = h->days ? h->days : 1;
        if (!in_year(h, y, &day)) return none;
        if (year != OND__UNSAID || day + n > from)
            return (ond__span){.code = OND_WHEN_OK, .day = day, .after = day + n};
    }
    return none;
}
