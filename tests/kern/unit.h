/* unit.h - the few words of cmocka that the kernels' tests use, with or without cmocka.
 *
 * -DOND_UNIT_PLAIN builds a test program that needs nothing but libc: so the NEON kernels are tested under an emulator, for
 * whose processor no cmocka is at hand. Prints TAP either way. */
#ifndef OND_TESTS_KERN_UNIT_H
#define OND_TESTS_KERN_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef OND_UNIT_PLAIN
#include <cmocka.h>
#else

typedef struct ond_unit {
    const char *name;
    void (*fn)(void **state);
} ond_unit;

static jmp_buf ond_unit_out;
static int ond_unit_skipped;

#define CMUnitTest ond_unit
#define cmocka_unit_test(f) {#f, f}
#define fail_msg(...) (fprintf(stderr, "# %s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), \
                       fprintf(stderr, "\n"), longjmp(ond_unit_out, 1))
#define skip() (ond_unit_skipped = 1, longjmp(ond_unit_out, 1))
#define assert_true(c) ((c) ? (void)0 : fail_msg("not so: %s", #c))
#define assert_false(c) assert_true(!(c))
#define assert_int_equal(a, b) assert_true((long long)(a) == (long long)(b))
#define assert_int_not_equal(a, b) assert_true((long long)(a) != (long long)(b))
#define assert_null(p) assert_true(!(p))
#define assert_non_null(p) assert_true(p)
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)
#define cmocka_run_group_tests(tests, up, down) ond_unit_run(tests, (int)(sizeof tests / sizeof *tests))

static inline int ond_unit_run(const ond_unit *tests, int n)
{
    volatile int failed = 0;
    printf("1..%d\n", n);
    for (volatile int i = 0; i < n; i++) {
        ond_unit_skipped = 0;
        int bad = setjmp(ond_unit_out);
        if (!bad) tests[i].fn(NULL);
        bool lost = bad && !ond_unit_skipped;
        printf("%s %d - %s%s\n", lost ? "not ok" : "ok", i + 1, tests[i].name, ond_unit_skipped ? " # SKIP" : "");
        failed += lost;
    }
    return failed;
}
#endif

#define TEST(name) static void name(void **state __attribute__((unused)))

#endif
