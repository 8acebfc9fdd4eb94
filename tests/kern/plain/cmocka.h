/* cmocka.h - the few words of cmocka that the kernels' tests use, on nothing but libc.
 *
 * Stands in where cmocka is not built for the processor at hand: tests/neon.sh runs the kernels' tests of aarch64 under an
 * emulator. Prints TAP. A failed assertion ends its test. */
#ifndef OND_TESTS_KERN_PLAIN_CMOCKA_H
#define OND_TESTS_KERN_PLAIN_CMOCKA_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct CMUnitTest {
    const char *name;
    void (*fn)(void **state);
};

static jmp_buf unit_out;
static int unit_skipped;

/* Says where and what, and leaves the test. */
static inline __attribute__((noreturn, format(printf, 3, 4))) void unit_fail(const char *file, int line, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fprintf(stderr, "# %s:%d: ", file, line);
    vfprintf(stderr, fmt, args);
    fprintf(stderr, "\n");
    va_end(args);
    longjmp(unit_out, 1);
}

#define cmocka_unit_test(f) {#f, f}
#define fail_msg(...) unit_fail(__FILE__, __LINE__, __VA_ARGS__)
#define fail() fail_msg("failed")
#define skip() (unit_skipped = 1, longjmp(unit_out, 1))
#define assert_true(c) ((c) ? (void)0 : fail_msg("not so: %s", #c))
#define assert_false(c) assert_true(!(c))
#define assert_int_equal(a, b) assert_true((long long)(a) == (long long)(b))
#define assert_int_not_equal(a, b) assert_true((long long)(a) != (long long)(b))
#define assert_float_equal(a, b, off) assert_true(fabs((double)(a) - (double)(b)) <= (double)(off))
#define assert_null(p) assert_true(!(p))
#define assert_non_null(p) assert_true(p)
#define assert_ptr_equal(a, b) assert_true((a) == (b))
#define assert_ptr_not_equal(a, b) assert_true((a) != (b))
#define assert_string_equal(a, b) assert_true(strcmp(a, b) == 0)
#define assert_memory_equal(a, b, n) assert_true(memcmp(a, b, n) == 0)
#define cmocka_run_group_tests(tests, up, down) unit_run(tests, (int)(sizeof tests / sizeof *tests))

static inline int unit_run(const struct CMUnitTest *tests, int n)
{
    volatile int failed = 0;
    printf("1..%d\n", n);
    for (volatile int i = 0; i < n; i++) {
        unit_skipped = 0;
        int out = setjmp(unit_out);
        if (!out) tests[i].fn(NULL);
        bool bad = out && !unit_skipped;
        printf("%s %d - %s%s\n", bad ? "not ok" : "ok", i + 1, tests[i].name, unit_skipped ? " # SKIP" : "");
        failed += bad;
    }
    return failed;
}

#endif
