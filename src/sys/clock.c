/* clock.c - the wall clock, which may be frozen, and the steady clock, which may not. */
#include "sys/clock.h"

#include <time.h>

#define ZONE_MAX 64

static bool frozen;
static ond_ms frozen_at;
static char zone_name[ZONE_MAX];

ond_ms ond_now(void)
{
    if (frozen) return frozen_at;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (ond_ms)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

bool ond_clock_frozen(void)
{
    return frozen;
}

void ond_clock_set(ond_ms now)
{
    frozen = now != 0;
    frozen_at = now;
}

/* A name that does not fit is no zone that exists; the machine's zone stands in for it. */
void ond_zone_set(const char *zone)
{
    size_t n = zone ? strlen(zone) : 0;
    if (n >= sizeof zone_name) n = 0;
    memcpy(zone_name, zone ? zone : "", n);
    zone_name[n] = '\0';
}

const char *ond_zone(void)
{
    return zone_name;
}

uint64_t ond_steady_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000000u + (uint64_t)ts.tv_nsec / 1000u;
}
