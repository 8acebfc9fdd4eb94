/* test_wake.c - waking by elapsed time and by the wall clock, and the clock of this boot. */
#include "base/cm.h"

#include "sys/clock.h"
#include "sys/loop.h"
#include "sys/wake.h"

#include <poll.h>

static ond_wake *wake;
static ond_err err;

static bool readable(int ms)
{
    struct pollfd p = {.fd = ond_wake_fd(wake), .events = POLLIN};
    return poll(&p, 1, ms) == 1;
}

static int wake_setup(void **state)
{
    (void)state;
    return ond_wake_open(&wake, &err);
}

static int wake_teardown(void **state)
{
    (void)state;
    ond_wake_close(wake);
    ond_boot_set(NULL);
    ond_clock_set(0);
    return 0;
}

TEST(quiet_until_it_is_time)
{
    assert_false(readable(0));
    assert_false(ond_wake_take(wake));
    ond_wake_set(wake, OND_NEVER, OND_NEVER);
    assert_false(readable(30));
    ond_wake_set(wake, 20, OND_NEVER);
    assert_true(readable(10000));
    assert_true(ond_wake_take(wake));
    assert_false(readable(0));
    assert_false(ond_wake_take(wake));
}

TEST(by_the_wall_clock)
{
    ond_wake_set(wake, OND_NEVER, ond_now() + 20);
    assert_true(readable(10000));
    assert_true(ond_wake_take(wake));
    ond_wake_set(wake, OND_NEVER, ond_now() - 5000); /* what is over is told at once */
    assert_true(readable(10000));
    assert_true(ond_wake_take(wake));
    ond_wake_set(wake, OND_NEVER, -1);
    assert_true(readable(10000));
}

TEST(at_once_and_replaced)
{
    ond_wake_set(wake, 0, OND_NEVER);
    assert_true(readable(10000));
    ond_wake_set(wake, OND_NEVER, OND_NEVER);
    assert_false(readable(0));
    ond_wake_set(wake, -7, OND_NEVER);
    assert_true(readable(10000));
}

static void on_ready(void *self, int fd, unsigned events)
{
    (void)fd, (void)events;
    *(bool *)self = ond_wake_take(wake);
}

TEST(in_a_loop)
{
    ond_loop *loop = NULL;
    bool woken = false;
    assert_int_equal(ond_loop_open(&loop, &err), 0);
    assert_int_equal(ond_loop_watch(loop, ond_wake_fd(wake), OND_READABLE, on_ready, &woken, &err),
                     0);
    ond_wake_set(wake, 10, OND_NEVER);
    assert_true(ond_loop_until(loop, &woken, 10000));
    ond_loop_close(loop);
}

TEST(the_clock_of_this_boot)
{
    ond_boot a, b;
    assert_true(ond_boot_now(&a));
    assert_true(a.at > 0 && strlen(a.id) >= 32 && !strchr(a.id, '\n'));
    assert_true(ond_boot_now(&b));
    assert_true(b.at >= a.at && strcmp(a.id, b.id) == 0);
    ond_clock_set(1785000000000);
    assert_false(ond_boot_now(&b)); /* what is frozen does not pass */
    ond_boot_set(&(ond_boot){"mine", 5});
    assert_true(ond_boot_now(&b));
    assert_true(b.at == 5 && strcmp(b.id, "mine") == 0);
}

#define WAKE_TEST(name) cmocka_unit_test_setup_teardown(name, wake_setup, wake_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WAKE_TEST(quiet_until_it_is_time), WAKE_TEST(by_the_wall_clock),
        WAKE_TEST(at_once_and_replaced),   WAKE_TEST(in_a_loop),
        WAKE_TEST(the_clock_of_this_boot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
