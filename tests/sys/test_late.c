/* test_late.c - libraries that are loaded late: all functions or none, by any thread. */
#include "sys/late.h"

#include "base/cm.h"

#include <math.h>
#include <pthread.h>

static struct {
    __typeof__(&exp2) power_of_two;
    __typeof__(&hypot) length;
} calls;

static const ond_late_fn fns[] = {{"exp2", &calls.power_of_two}, {"hypot", &calls.length}};

TEST(a_library_is_loaded_and_called)
{
    ond_late l = {"libm.so.6", fns, 2, false};
    ond_err err;
    for (int i = 0; i < 2; i++) assert_int_equal(ond_late_load(&l, &err), OND_OK);
    assert_true(calls.power_of_two(3) == 8 && calls.length(3, 4) == 5);
}

TEST(a_missing_library_is_named)
{
    ond_late l = {"libondol-has-no-such.so.9", fns, 2, false};
    ond_err err;
    assert_int_equal(ond_late_load(&l, &err), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "libondol-has-no-such.so.9"));
    assert_int_equal(ond_late_load(&l, NULL), OND_E_UNAVAILABLE);
}

TEST(a_missing_function_is_named)
{
    static const ond_late_fn wrong[] = {{"exp2", &calls.power_of_two}, {"power_of_everything", &calls.length}};
    ond_late l = {"libm.so.6", wrong, 2, false};
    ond_err err;
    assert_int_equal(ond_late_load(&l, &err), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "power_of_everything"));
    assert_non_null(strstr(err.text, "libm.so.6"));
}

static ond_late shared = {"libm.so.6", fns, 2, false};

static void *load(void *bad)
{
    if (ond_late_load(&shared, NULL) != 0 || calls.length(5, 12) != 13) *(_Atomic int *)bad = 1;
    return NULL;
}

TEST(threads_load_it_together)
{
    _Atomic int bad = 0;
    pthread_t t[4];
    for (int i = 0; i < 4; i++) assert_int_equal(pthread_create(&t[i], NULL, load, (void *)&bad), 0);
    for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_loaded_and_called),
        cmocka_unit_test(a_missing_library_is_named),
        cmocka_unit_test(a_missing_function_is_named),
        cmocka_unit_test(threads_load_it_together),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
