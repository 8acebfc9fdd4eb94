/* civil.c - instants to local time and back.
 *
 * All that is asked of the C library is the offset of a zone at an instant (localtime_r under TZ);
 * the calendar itself is arithmetic. An answer is kept for the whole window of 2^21 s (24 days)
 * around it, so that TZ is switched and zone files are read once a window, not once a call.
 * 1. TZ is as it was when a function returns.
 * 2. A window in the cache has at most one change of offset; windows with more are asked each time.
 * Source for the calendar: Hinnant, "chrono-compatible low-level date algorithms". */
#include "base/time.h"

#include "base/hash.h"

#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define ZONE_DIR "/usr/share/zoneinfo"
#define ZONE_MOST 64
#define DAY 86400
#define WINDOW ((int64_t)1 << 21)
#define SAMPLES 24

typedef struct window {
    char zone[ZONE_MOST];
    int64_t index;
    int64_t change;        /* first second with `after`; beyond the window when nothing changes */
    int before, after;
    bool full;
} window;

static window cache[64];

/* ---- zones ---- */

/* Letters, digits, _ + - and single slashes inside: nothing that leads out of the zone folder. */
static bool is_name(const char *z)
{
    size_t n = strlen(z);
    if (n == 0 || n >= ZONE_MOST || z[0] == '/' || z[n - 1] == '/') return false;
    for (const char *p = z; *p; p++) {
        bool letter = (*p | 32) >= 'a' && (*p | 32) <= 'z';
        if (!letter && !(*p >= '0' && *p <= '9') && !strchr("_+-/", *p)) return false;
        if (p[0] == '/' && p[1] == '/') return false;
    }
    return true;
}

static bool has_file(const char *zone)
{
    char path[sizeof(ZONE_DIR) + ZONE_MOST + 1] = ZONE_DIR "/", magic[4] = {0};
    strcat(path, zone);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    ssize_t n = read(fd, magic, sizeof(magic));
    close(fd);
    return n == 4 && memcmp(magic, "TZif", 4) == 0;
}

int ond_zone_check(const char *zone, ond_err *err)
{
    if (!zone || !*zone || strcmp(zone, "UTC") == 0) return OND_OK;
    /* right/ counts leap seconds, which instants here do not. */
    if (is_name(zone) && strncmp(zone, "right/", 6) != 0 && has_file(zone)) return OND_OK;
    return ond_fail(err, OND_E_INPUT,
                    "\"%.60s\" is no time zone; write an IANA name such as Asia/Seoul or UTC",
                    zone);
}

/* ---- offsets ---- */

static int64_t floor_div(int64_t a, int64_t b) { return a / b - (a % b < 0); }

static int libc_offset(int64_t second)
{
    time_t t = (time_t)second;
    struct tm tm;
    return localtime_r(&t, &tm) ? (int)tm.tm_gmtoff : 0;
}

/* Looks at a window day by day and, where the offset changes, halves until it finds the second.
 * TZ is set. */
static bool window_fill(window *w)
{
    int64_t start = w->index * WINDOW, at = start;
    w->before = w->after = libc_offset(start);
    w->change = start + WINDOW;
    for (int i = 1; i <= SAMPLES + 1; i++) {
        int64_t next = start + (int64_t)i * DAY;
        if (next > start + WINDOW - 1) next = start + WINDOW - 1;
        int offset = libc_offset(next);
        if (offset != w->after) {
            if (w->before != w->after) return false;
            int64_t low = at, high = next;   /* the change is in (low, high] */
            while (high - low > 1) {
                int64_t middle = low + (high - low) / 2;
                if (libc_offset(middle) == w->before) low = middle;
                else high = middle;
            }
            w->change = high;
            w->after = offset;
        }
        at = next;
    }
    return true;
}

static int offset_at(const window *w, int64_t second)
{
    return second < w->change ? w->before : w->after;
}

/* Runs under TZ = zone (NULL: as it is), and puts TZ back. */
static int ask_libc(window *w, int64_t second, const char *zone)
{
    char *old = zone && getenv("TZ") ? strdup(getenv("TZ")) : NULL;
    bool had = zone && getenv("TZ");
    if ((had && !old) || (zone && setenv("TZ", zone, 1) != 0)) {
        free(old);
        return 0;   /* out of memory: UTC */
    }
    tzset();
    w->full = window_fill(w);
    int offset = w->full ? offset_at(w, second) : libc_offset(second);
    if (had) setenv("TZ", old, 1);
    else if (zone) unsetenv("TZ");
    if (zone) tzset();
    free(old);
    return offset;
}

/* Seconds east of UTC, in `zone`, at an instant. */
static int offset_of(int64_t second, const char *zone)
{
    bool process = !zone || !*zone;
    const char *name = process ? getenv("TZ") : zone;
    if (!name) name = ":";   /* the system's default */
    if (strcmp(name, "UTC") == 0 || (!process && !is_name(name))) return 0;
    int64_t index = floor_div(second, WINDOW);
    window *w =
        &cache[(ond_fnv(name, strlen(name)) ^ (uint64_t)index) % (sizeof(cache) / sizeof(*cache))];
    if (w->full && w->index == index && strcmp(w->zone, name) == 0) return offset_at(w, second);
    window asked = {.index = index};
    int offset = ask_libc(&asked, second, process ? NULL : zone);
    if (!asked.full || strlen(name) >= ZONE_MOST) return offset;
    strcpy(asked.zone, name);
    *w = asked;
    return offset;
}

/* ---- calendar ---- */

static int64_t days_of(int64_t year, int month, int day)
{
    year -= month <= 2;
    int64_t era = floor_div(year, 400), yoe = year - era * 400;
    int64_t doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

static void date_of(int64_t days, ond_civil *out)
{
    days += 719468;
    int64_t era = floor_div(days, 146097), doe = days - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;
    out->day = (int)(doy - (153 * mp + 2) / 5 + 1);
    out->month = (int)(mp < 10 ? mp + 3 : mp - 9);
    out->year = (int)(yoe + era * 400 + (out->month <= 2));
}

void ond_civil_of(ond_ms t, const char *zone, ond_civil *out)
{
    int64_t second = floor_div(t, 1000);
    int offset = offset_of(second, zone);
    int64_t local = second + offset, days = floor_div(local, DAY), rest = local - days * DAY;
    *out = (ond_civil){.hour = (int)(rest / 3600),
                       .minute = (int)(rest / 60 % 60),
                       .second = (int)(rest % 60),
                       .ms = (int)(t - second * 1000),
                       .offset = offset};
    out->weekday = (int)((days + 4) - floor_div(days + 4, 7) * 7);   /* 1970-01-01 was a Thursday */
    date_of(days, out);
}

/* A month beyond 1..12 carries into the year; days, hours and the rest carry by themselves. */
ond_ms ond_civil_ms(const ond_civil *c, const char *zone)
{
    int64_t months = (int64_t)c->month - 1, years = floor_div(months, 12);
    int64_t days = days_of(c->year + years, (int)(months - years * 12) + 1, 1) + c->day - 1;
    int64_t local = days * DAY + (int64_t)c->hour * 3600 + (int64_t)c->minute * 60 + c->second;
    int before = offset_of(local - DAY, zone), after = offset_of(local + DAY, zone);
    /* A time that comes twice is the first; one that is skipped moves on by what was skipped
     * (RFC 5545, 3.3.5). */
    int64_t second = local - before;
    if (before != after && offset_of(second, zone) != before &&
        offset_of(local - after, zone) == after)
        second = local - after;
    return second * 1000 + c->ms;
}
