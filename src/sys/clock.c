/* clock.c - the wall clock, which may be frozen, and the steady clock, which may not. */
#include "sys/clock.h"

#include <fcntl.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define ZONE_MAX 64

static bool frozen;
static ond_ms frozen_at;
static char zone_name[ZONE_MAX];
static ond_boot injected; /* id "": none */

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

/* A process does not outlive its boot, so the id is read once. */
static const char *boot_id(void)
{
    static char id[OND_BOOT_ID];
    if (id[0]) return id;
    int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, id, sizeof id - 1) : -1;
    if (fd >= 0) close(fd);
    id[n > 0 ? strcspn(id, "\n") : 0] = '\0';
    return id;
}

bool ond_boot_now(ond_boot *out)
{
    struct timespec ts;
    *out = injected;
    if (injected.id[0]) return true;
    if (frozen || !boot_id()[0] || clock_gettime(CLOCK_BOOTTIME, &ts) != 0) return false;
    snprintf(out->id, sizeof out->id, "%s", boot_id());
    out->at = (ond_ms)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    return true;
}

void ond_boot_set(const ond_boot *boot)
{
    injected = boot ? *boot : (ond_boot){{0}, 0};
}
