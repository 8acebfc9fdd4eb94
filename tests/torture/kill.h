/* kill.h - what the kill tests share: chance by a seed that is printed, what went wrong, and TAP. */
#ifndef OND_TESTS_TORTURE_KILL_H
#define OND_TESTS_TORTURE_KILL_H

#include <stdio.h>

static unsigned long seed;
static int n_test, n_failed;
static char trouble[1024]; /* of the running test; "" : none */

static inline unsigned rnd(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return n ? (unsigned)((seed >> 11) % n) : 0;
}

static inline void result(const char *name)
{
    n_test++;
    n_failed += trouble[0] != '\0';
    printf("%sok %d - %s\n", trouble[0] ? "not " : "", n_test, name);
    if (trouble[0]) printf("# %s\n", trouble);
    trouble[0] = '\0';
}

#endif
