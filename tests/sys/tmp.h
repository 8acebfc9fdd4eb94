/* tmp.h - what tests that touch files need: cmocka, a folder of their own, and its end. */
#ifndef OND_TESTS_SYS_TMP_H
#define OND_TESTS_SYS_TMP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEST(name) static void name(void **state __attribute__((unused)))
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static char tmp[256]; /* this test's folder */

static int tmp_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_D) chmod(path, 0700);
    return remove(path);
}

static int tmp_chmod(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_D || type == FTW_DNR) chmod(path, 0700);
    return 0;
}

static int tmp_setup(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(tmp, sizeof tmp, "%s/ondol-test-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    return mkdtemp(tmp) ? 0 : -1;
}

static int tmp_teardown(void **state)
{
    (void)state;
    nftw(tmp, tmp_chmod, 16, FTW_PHYS);
    return nftw(tmp, tmp_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A path in this test's folder; eight may be in use at once. */
__attribute__((unused)) static const char *tmp_path(const char *name)
{
    static char rooms[8][1024];
    static int next;
    char *out = rooms[next++ % 8];
    snprintf(out, sizeof rooms[0], "%s/%s", tmp, name);
    return out;
}

#define TMP_TEST(name) cmocka_unit_test_setup_teardown(name, tmp_setup, tmp_teardown)

#endif
