/* place.h - an empty home for each test: XDG folders in a temporary one, removed afterwards. */
#ifndef TESTS_DAEMON_PLACE_H
#define TESTS_DAEMON_PLACE_H

#include "daemon/daemon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEST(name) static void name(void **state __attribute__((unused)))
#define T(name) cmocka_unit_test_setup_teardown(name, place_make, place_remove)

static char place[256];
static ond_err err;

static inline int place_make(void **state)
{
    (void)state;
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
                                        "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};
    const char *tmp = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/ondol-test-XXXXXX", tmp && tmp[0] ? tmp : "/tmp");
    if (!mkdtemp(place)) return -1;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[320];
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        if (mkdir(path, 0700) != 0 || setenv(names[i], path, 1) != 0) return -1;
    }
    err = (ond_err){0};
    return 0;
}

static inline int place_remove_one(const char *path, const struct stat *st, int type,
                                   struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static inline int place_remove(void **state)
{
    (void)state;
    return nftw(place, place_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* A file below the configuration folder. */
static inline const char *config_file(const char *name)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/XDG_CONFIG_HOME/ondol", place);
    mkdir(path, 0700);
    snprintf(path, sizeof path, "%s/XDG_CONFIG_HOME/ondol/%s", place, name);
    return path;
}

static inline void write_config(const char *name, const char *text)
{
    FILE *f = fopen(config_file(name), "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
}

static inline const char *read_config(const char *name)
{
    static char text[8192];
    FILE *f = fopen(config_file(name), "r");
    assert_non_null(f);
    size_t n = fread(text, 1, sizeof text - 1, f);
    text[n] = '\0';
    fclose(f);
    return text;
}

#endif
