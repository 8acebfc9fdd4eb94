/* iso.c - ISO 8601 instants: printed with their offset, read strictly. */
#include "base/time.h"

#include <stdlib.h>

void ond_iso_put(ond_buf *out, ond_ms t, const char *zone)
{
    ond_civil c;
    ond_civil_of(t, zone, &c);
    if (c.offset % 60 != 0)
        ond_civil_of(t, "UTC", &c); /* local mean time: not to be written as ±HH:MM */
    ond_buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour, c.minute,
                   c.second);
    if (c.ms) ond_buf_printf(out, ".%03d", c.ms);
    int east = abs(c.offset) / 60;
    ond_buf_printf(out, "%c%02d:%02d", c.offset < 0 ? '-' : '+', east / 60, east % 60);
}

typedef struct reader {
    ond_str rest;
    const char *what;   /* first fault, or NULL */
} reader;

static bool fault(reader *r, const char *what)
{
    if (!r->what) r->what = what;
    return false;
}

static bool skip(reader *r, char c)
{
    if (!r->rest.n || r->rest.p[0] != c) return false;
    r->rest.p++, r->rest.n--;
    return true;
}

static bool field(reader *r, size_t digits, int low, int high, const char *what, int *out)
{
    int v = 0;
    for (size_t i = 0; i < digits; i++) {
        if (i >= r->rest.n || r->rest.p[i] < '0' || r->rest.p[i] > '9') return fault(r, what);
        v = v * 10 + (r->rest.p[i] - '0');
    }
    if (v < low || v > high) return fault(r, what);
    r->rest.p += digits, r->rest.n -= digits;
    *out = v;
    return true;
}

static int days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return days[month - 1] + (month == 2 && leap);
}

static bool read_date(reader *r, ond_civil *c)
{
    return field(r, 4, 1, 9999, "the year must have four digits", &c->year) &&
           (skip(r, '-') || fault(r, "'-' is expected after the year")) &&
           field(r, 2, 1, 12, "the month must be 01 to 12", &c->month) &&
           (skip(r, '-') || fault(r, "'-' is expected after the month")) &&
           field(r, 2, 1, days_in(c->year, c->month), "that month has no such day", &c->day);
}

/* Up to nine digits are read, three are kept. */
static bool read_fraction(reader *r, int *ms)
{
    size_t n = 0;
    for (int unit = 100; n < r->rest.n && r->rest.p[n] >= '0' && r->rest.p[n] <= '9';
         n++, unit /= 10)
        *ms += (r->rest.p[n] - '0') * unit;
    if (n == 0 || n > 9) return fault(r, "one to nine digits are expected after the decimal point");
    r->rest.p += n, r->rest.n -= n;
    return true;
}

static bool read_clock(reader *r, ond_civil *c)
{
    if (!field(r, 2, 0, 23, "the hour must be 00 to 23", &c->hour)) return false;
    if (!skip(r, ':')) return fault(r, "':' is expected after the hour");
    if (!field(r, 2, 0, 59, "the minute must be 00 to 59", &c->minute)) return false;
    if (!skip(r, ':')) return true;
    if (!field(r, 2, 0, 59, "the second must be 00 to 59", &c->second)) return false;
    return skip(r, '.') ? read_fraction(r, &c->ms) : true;
}

/* True also when there is none; *given says which. */
static bool read_offset(reader *r, bool *given, int *seconds)
{
    *given = true;
    *seconds = 0;
    if (skip(r, 'Z')) return true;
    int sign = skip(r, '+') ? 1 : skip(r, '-') ? -1 : 0, hours, minutes;
    *given = sign != 0;
    if (!sign) return true;
    if (!field(r, 2, 0, 23, "the offset must be ±HH:MM", &hours)) return false;
    if (!skip(r, ':')) return fault(r, "the offset must be ±HH:MM");
    if (!field(r, 2, 0, 59, "the offset must be ±HH:MM", &minutes)) return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

int ond_iso_parse(ond_str s, const char *zone, ond_ms *out, ond_err *err)
{
    reader r = {.rest = s};
    ond_civil c = {0};
    bool given = false;
    int offset = 0;
    bool ok = read_date(&r, &c) && (!skip(&r, 'T') || read_clock(&r, &c)) &&
              read_offset(&r, &given, &offset);
    if (ok && r.rest.n) ok = fault(&r, "something follows the time");
    if (!ok) {
        int shown = s.n > 60 ? 60 : (int)s.n;
        return ond_fail(err, OND_E_INPUT,
                        "\"%.*s\" is no time: %s; write it like 2026-11-23T18:44:41+09:00", shown,
                        s.p, r.what);
    }
    *out = ond_civil_ms(&c, given ? "UTC" : zone) - (given ? offset * (ond_ms)1000 : 0);
    return OND_OK;
}
