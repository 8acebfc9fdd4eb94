/* when_lunar.c - the Korean lunar calendar ("dangi"), by ICU, loaded when one is first asked for.
 */
#include "talk/when_in.h"
#include "sys/late.h"

#include <unicode/ucal.h>

#define ICU(X)                                                                                     \
    X(open, ucal_open)                                                                             \
    X(close, ucal_close)                                                                           \
    X(set, ucal_set)                                                                               \
    X(get, ucal_get)                                                                               \
    X(clear, ucal_clear)                                                                           \
    X(setMillis, ucal_setMillis)                                                                   \
    X(getMillis, ucal_getMillis)
#define TEXT_OF(x) #x
#define TEXT(x) TEXT_OF(x)
#define X(name, f) __typeof__(&f) name;
static struct {
    ICU(X)
} icu;
#undef X
#define X(name, f) {TEXT(f), &icu.name},
static const ond_late_fn fns[] = {ICU(X)};
#undef X
static ond_late library = {"libicui18n.so." TEXT(U_ICU_VERSION_MAJOR_NUM), fns,
                           sizeof fns / sizeof *fns, false};

#define DAY_MS 86400000.0

/* The month after a leap month has its own number, so that only plain months are asked for; a day
 * that the month does not have would become one of the next, and is seen by reading back. */
static bool ask(UCalendar *c, int year, int month, int mday, int64_t *out)
{
    UErrorCode e = U_ZERO_ERROR;
    icu.setMillis(c, (double)ond__day_of(year, 7, 1) * DAY_MS, &e); /* surely in that lunar year */
    int extended = icu.get(c, UCAL_EXTENDED_YEAR, &e);
    if (U_FAILURE(e)) return false;
    icu.clear(c);
    icu.set(c, UCAL_EXTENDED_YEAR, extended);
    icu.set(c, UCAL_MONTH, month - 1);
    icu.set(c, UCAL_IS_LEAP_MONTH, 0);
    icu.set(c, UCAL_DATE, mday);
    double at = icu.getMillis(c, &e);
    icu.setMillis(c, at, &e);
    bool same = icu.get(c, UCAL_EXTENDED_YEAR, &e) == extended &&
                icu.get(c, UCAL_MONTH, &e) == month - 1 &&
                icu.get(c, UCAL_IS_LEAP_MONTH, &e) == 0 && icu.get(c, UCAL_DATE, &e) == mday;
    *out = (int64_t)(at / DAY_MS) - (at < 0);
    return same && U_SUCCESS(e);
}

bool ond__lunar_day(int year, int month, int mday, int64_t *out)
{
    static const UChar utc[] = {'U', 'T', 'C', 0};
    UErrorCode e = U_ZERO_ERROR;
    if (month < 1 || month > 12 || mday < 1 || mday > 30 || ond_late_load(&library, NULL) != 0)
        return false;
    UCalendar *c = icu.open(utc, 3, "ko@calendar=dangi", UCAL_DEFAULT, &e);
    if (U_FAILURE(e)) return false;
    bool ok = ask(c, year, month, mday, out);
    icu.close(c);
    return ok;
}
