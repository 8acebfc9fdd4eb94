/* ical.c - the table of libical's functions. */
#include "hand/calendar/ical.h"
#include "sys/late.h"

struct ond__cal_ical ond__cal_ical;

#define TEXT(f) #f
#define NAMED(f) TEXT(f)
#define X(f) {NAMED(ical##f), &ond__cal_ical.f},
static const ond_late_fn fns[] = {OND__CAL_ICAL(X)};
#undef X

int ond__cal_ical_load(ond_err *err)
{
    static ond_late library = {"libical.so.3", fns, sizeof fns / sizeof *fns, false};
    bool first = !library.loaded;
    int rc = ond_late_load(&library, err);
    if (rc == 0 && first) ond__cal_ical.error_set_errors_are_fatal(0);
    return rc;
}
