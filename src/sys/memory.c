/* memory.c - how much memory and how many cores this process may use: the machine's, or its control group's if less.
 *
 * Control groups: version 2 (memory.max, cpu.max) and version 1 (memory.limit_in_bytes, cpu.cfs_quota_us). A limit of any
 * ancestor holds too, so every folder from the process's own up to the root is asked. In a container the path of
 * /proc/self/cgroup may not exist below /sys/fs/cgroup: its ancestors, the mount itself included, are asked all the same.
 * Source: Linux Documentation/admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst. */
#include "sys/memory.h"

#include "sys/map.h"

#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { TEXT = 16384, PATH = 1024 };

/* The first TEXT - 1 bytes of a file, NUL-terminated; false when it cannot be read. */
static bool slurp(const char *path, char text[TEXT])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return false;
    size_t n = 0;
    while (n < TEXT - 1) {
        ssize_t got = read(fd, text + n, TEXT - 1 - n);
        if (got <= 0) break;
        n += (size_t)got;
    }
    close(fd);
    text[n] = '\0';
    return n > 0;
}

/* The number after `name` at the start of a line; false when there is none. */
static bool field(const char *text, const char *name, unsigned long long *out)
{
    size_t n = strlen(name);
    for (const char *p = text; p; p = strchr(p, '\n')) {
        p += *p == '\n';
        if (strncmp(p, name, n) != 0) continue;
        char *end;
        *out = strtoull(p + n, &end, 10);
        return end != p + n;
    }
    return false;
}

/* A file that holds one number; "max" and what is no number give ULLONG_MAX. */
static unsigned long long number(const char *folder, const char *name)
{
    char path[PATH + 64], text[TEXT], *end;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    if (!slurp(path, text)) return ULLONG_MAX;
    unsigned long long v = strtoull(text, &end, 10);
    return end == text ? ULLONG_MAX : v;
}

typedef struct limits {
    unsigned long long total, available;
    int cores; /* 0: no quota */
} limits;

/* One folder's limit: what is used counts, but for file pages that can go. */
static void bound(const char *folder, const char *max, const char *used, const char *idle,
                  limits *io)
{
    unsigned long long most = number(folder, max), now = number(folder, used), cached = 0;
    if (most == ULLONG_MAX || now == ULLONG_MAX) return;
    char path[PATH + 64], text[TEXT];
    snprintf(path, sizeof path, "%s/memory.stat", folder);
    if (slurp(path, text)) (void)field(text, idle, &cached);
    now -= cached < now ? cached : now;
    unsigned long long left = most > now ? most - now : 0;
    if (most < io->total) io->total = most;
    if (left < io->available) io->available = left;
}

static void quota(unsigned long long time, unsigned long long period, limits *io)
{
    if (time == ULLONG_MAX || period == ULLONG_MAX || period == 0 || time == 0) return;
    unsigned long long cores = (time - 1) / period + 1;
    if (cores < 100000 && (io->cores == 0 || (int)cores < io->cores)) io->cores = (int)cores;
}

static void look_v2(const char *folder, limits *io)
{
    bound(folder, "memory.max", "memory.current", "inactive_file ", io);
    char path[PATH + 64], text[TEXT];
    unsigned long long time, period;
    snprintf(path, sizeof path, "%s/cpu.max", folder);
    if (slurp(path, text) && sscanf(text, "%llu %llu", &time, &period) == 2)
        quota(time, period, io);
}

static void look_v1_memory(const char *folder, limits *io)
{
    bound(folder, "memory.limit_in_bytes", "memory.usage_in_bytes", "total_inactive_file ", io);
}

static void look_v1_cpu(const char *folder, limits *io)
{
    /* -1, no quota, wraps to ULLONG_MAX in strtoull. */
    quota(number(folder, "cpu.cfs_quota_us"), number(folder, "cpu.cfs_period_us"), io);
}

/* Asks base/path and every folder above it, down to base itself. */
static void climb(const char *base, const char *path, void (*look)(const char *, limits *),
                  limits *io)
{
    char folder[PATH];
    size_t stop = strlen(base);
    int n = snprintf(folder, sizeof folder, "%s%s", base, strcmp(path, "/") == 0 ? "" : path);
    if (n < 0 || (size_t)n >= sizeof folder) return;
    for (;;) {
        look(folder, io);
        char *slash = strrchr(folder, '/');
        if (!slash || (size_t)(slash - folder) < stop) return;
        *slash = '\0';
    }
}

/* One line of /proc/self/cgroup: "number:controllers:path". */
static void one_group(const char *root, char *line, limits *io)
{
    char *names = strchr(line, ':');
    char *path = names ? strchr(names + 1, ':') : NULL;
    if (!path || path[1] != '/') return;
    *names++ = '\0';
    *path++ = '\0';
    char base[PATH];
    if (*names == '\0') {
        snprintf(base, sizeof base, "%s/sys/fs/cgroup", root);
        climb(base, path, look_v2, io);
        return;
    }
    char *save = NULL;
    for (char *name = strtok_r(names, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
        bool memory = strcmp(name, "memory") == 0;
        if (!memory && strcmp(name, "cpu") != 0) continue;
        snprintf(base, sizeof base, "%s/sys/fs/cgroup/%s", root, name);
        climb(base, path, memory ? look_v1_memory : look_v1_cpu, io);
    }
}

static void groups(const char *root, limits *io)
{
    char path[PATH], text[TEXT], *save = NULL;
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    if (!slurp(path, text)) return;
    for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
        one_group(root, line, io);
}

void ond__memory_read(const char *root, size_t *total, size_t *available)
{
    limits l = {0};
    char path[PATH], text[TEXT];
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (slurp(path, text)) {
        (void)field(text, "MemTotal:", &l.total);
        if (!field(text, "MemAvailable:", &l.available)) (void)field(text, "MemFree:", &l.available);
    }
    l.total *= 1024;
    l.available *= 1024;
    groups(root, &l);
    *total = (size_t)l.total;
    *available = (size_t)(l.available < l.total ? l.available : l.total);
}

int ond__cores_quota(const char *root)
{
    limits l = {.total = ULLONG_MAX, .available = ULLONG_MAX};
    groups(root, &l);
    return l.cores;
}

size_t ond_memory_total(void)
{
    size_t total, available;
    ond__memory_read("", &total, &available);
    return total;
}

size_t ond_memory_available(void)
{
    size_t total, available;
    ond__memory_read("", &total, &available);
    return available;
}

static int affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return CPU_COUNT(&set);
    /* More than 1024 processors: the set is too small for them, the count is not. */
    long n = sysconf(_SC_NPROCESSORS_ONLN);
    return n > 0 && n < INT_MAX ? (int)n : 1;
}

int ond_cores(void)
{
    int n = affinity(), paid = ond__cores_quota("");
    if (paid > 0 && paid < n) n = paid;
    return n > 0 ? n : 1;
}
