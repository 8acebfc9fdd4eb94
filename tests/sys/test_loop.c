/* test_loop.c - descriptors, timers, signals; and handlers that pull the rug out from under others.
 */
#include "sys/clock.h"
#include "sys/loop.h"
#include "tmp.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

static ond_loop *loop;
static ond_err err;

static int open_loop(void **state)
{
    (void)state;
    return ond_loop_open(&loop, &err);
}

static int close_loop(void **state)
{
    (void)state;
    ond_loop_close(loop);
    return 0;
}

typedef struct probe {
    int calls, fd, other;
    unsigned events;
    struct probe *victim;
} probe;

static void count(void *self, int fd, unsigned events)
{
    probe *p = self;
    p->calls++;
    p->fd = fd;
    p->events = events;
}

static void make_pair(int pair[2])
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
}

static void feed(int fd)
{
    assert_int_equal(write(fd, "x", 1), 1);
}

TEST(tells_of_reading_and_writing)
{
    int pair[2];
    probe p = {0};
    make_pair(pair);
    assert_int_equal(ond_loop_watch(loop, pair[0], OND_READABLE, count, &p, &err), 0);
    assert_int_equal(ond_loop_turn(loop, 0), 0);
    feed(pair[1]);
    assert_int_equal(ond_loop_turn(loop, 1000), 1);
    assert_int_equal(p.events, OND_READABLE);
    assert_int_equal(p.fd, pair[0]);
    assert_int_equal(ond_loop_watch(loop, pair[0], OND_WRITABLE, count, &p, &err), 0);
    assert_int_equal(ond_loop_turn(loop, 1000), 1);
    assert_int_equal(p.events, OND_WRITABLE);
    ond_loop_unwatch(loop, pair[0]);
    ond_loop_unwatch(loop, pair[0]);
    ond_loop_unwatch(loop, 9999);
    assert_int_equal(ond_loop_turn(loop, 0), 0);
    close(pair[0]);
    close(pair[1]);
}

/* Who only asked to read learns of the end by reading; who asked for nothing is left alone, and the
 * loop sleeps. */
TEST(hang_up)
{
    int pair[2];
    probe p = {0};
    make_pair(pair);
    assert_int_equal(ond_loop_watch(loop, pair[0], OND_READABLE, count, &p, &err), 0);
    close(pair[1]);
    assert_int_equal(ond_loop_turn(loop, 1000), 1);
    assert_int_equal(p.events, OND_READABLE | OND_HANGUP);
    assert_int_equal(ond_loop_watch(loop, pair[0], 0, count, &p, &err), 0);
    uint64_t start = ond_steady_us();
    assert_int_equal(ond_loop_turn(loop, 30), 0);
    assert_true(ond_steady_us() - start >= 29000);
    assert_int_equal(ond_loop_watch(loop, pair[0], OND_READABLE, count, &p, &err), 0);
    assert_int_equal(ond_loop_turn(loop, 1000), 1);
    close(pair[0]);
}

static void remove_other(void *self, int fd, unsigned events)
{
    probe *p = self;
    count(self, fd, events);
    ond_loop_unwatch(loop, p->other);
    ond_loop_unwatch(loop, fd);
}

TEST(a_handler_removes_itself_and_another)
{
    int a[2], b[2];
    make_pair(a);
    make_pair(b);
    probe p = {.other = b[0]}, q = {.other = a[0]};
    assert_int_equal(ond_loop_watch(loop, a[0], OND_READABLE, remove_other, &p, &err), 0);
    assert_int_equal(ond_loop_watch(loop, b[0], OND_READABLE, remove_other, &q, &err), 0);
    feed(a[1]);
    feed(b[1]);
    assert_int_equal(ond_loop_turn(loop, 1000), 1);
    assert_int_equal(ond_loop_turn(loop, 0), 0);
    assert_int_equal(p.calls + q.calls, 1);
    for (int i = 0; i < 2; i++) close(a[i]), close(b[i]);
}

/* The other descriptor is closed, and its number goes to a new one: the old event must not reach
 * the new watch. */
static void replace_other(void *self, int fd, unsigned events)
{
    probe *p = self;
    count(self, fd, events);
    int pair[2];
    close(p->other);
    make_pair(pair);
    assert_int_equal(pair[0], p->other);
    assert_int_equal(ond_loop_watch(loop, pair[0], OND_READABLE, count, p->victim, &err), 0);
    ond_loop_unwatch(loop, fd);
    p->fd = pair[1];
}

TEST(an_old_event_does_not_reach_a_new_watch)
{
    int a[2], b[2];
    make_pair(a);
    make_pair(b);
    probe victim = {0}, p = {.other = b[0], .victim = &victim},
          q = {.other = a[0], .victim = &victim};
    assert_int_equal(ond_loop_watch(loop, a[0], OND_READABLE, replace_other, &p, &err), 0);
    assert_int_equal(ond_loop_watch(loop, b[0], OND_READABLE, replace_other, &q, &err), 0);
    feed(a[1]);
    feed(b[1]);
    ond_loop_turn(loop, 1000);
    assert_int_equal(p.calls + q.calls, 1);
    assert_int_equal(victim.calls, 0);
    int fresh = p.calls ? p.fd : q.fd, kept = p.calls ? b[0] : a[0];
    feed(fresh);
    assert_int_equal(ond_loop_turn(loop, 1000), 1);
    assert_int_equal(victim.calls, 1);
    assert_int_equal(victim.fd, kept);
    close(fresh);
    for (int i = 0; i < 2; i++) close(a[i]), close(b[i]);
}

static void drain(void *self, int fd, unsigned events)
{
    char byte;
    count(self, fd, events);
    assert_int_equal(read(fd, &byte, 1), 1); /* fails when nothing is there */
}

static void turn_inside(void *self, int fd, unsigned events)
{
    drain(self, fd, events);
    ond_loop_turn(loop, 0);
}

TEST(a_handler_turns_the_loop)
{
    int a[2], b[2];
    probe p = {0}, q = {0};
    make_pair(a);
    make_pair(b);
    assert_int_equal(ond_loop_watch(loop, a[0], OND_READABLE, turn_inside, &p, &err), 0);
    assert_int_equal(ond_loop_watch(loop, b[0], OND_READABLE, turn_inside, &q, &err), 0);
    feed(a[1]);
    feed(b[1]);
    while (p.calls + q.calls < 2) ond_loop_turn(loop, 1000);
    assert_int_equal(ond_loop_turn(loop, 0), 0);
    assert_int_equal(p.calls, 1);
    assert_int_equal(q.calls, 1);
    for (int i = 0; i < 2; i++) close(a[i]), close(b[i]);
}

TEST(a_plain_file_is_refused)
{
    probe p = {0};
    FILE *f = tmpfile();
    assert_int_equal(ond_loop_watch(loop, fileno(f), OND_READABLE, count, &p, &err), OND_E_INPUT);
    fclose(f);
}

/* ---- timers ---- */

static char order[64];

static void note_a(void *self)
{
    strcat(order, self);
}

TEST(timers_run_in_order)
{
    order[0] = '\0';
    uint64_t start = ond_steady_us();
    ond_loop_after(loop, 20, note_a, "c");
    int cancelled = ond_loop_after(loop, 10, note_a, "x");
    ond_loop_after(loop, 10, note_a, "b");
    ond_loop_after(loop, -5, note_a, "a");
    ond_loop_after(loop, 20, note_a, "d");
    ond_loop_after(loop, INT64_MAX, note_a, "never");
    ond_loop_cancel(loop, cancelled);
    ond_loop_cancel(loop, 12345);
    while (strlen(order) < 4) ond_loop_turn(loop, -1);
    assert_string_equal(order, "abcd");
    assert_true(ond_steady_us() - start >= 20000);
}

static int chain;

static void again(void *self)
{
    chain++;
    ond_loop_after(loop, 0, again, self);
}

/* A timer that sets itself anew does not keep descriptors waiting. */
TEST(a_timer_of_no_time_starves_nobody)
{
    int pair[2];
    probe p = {0};
    make_pair(pair);
    chain = 0;
    assert_int_equal(ond_loop_watch(loop, pair[0], OND_READABLE, drain, &p, &err), 0);
    ond_loop_after(loop, 0, again, NULL);
    feed(pair[1]);
    for (int i = 0; i < 5; i++) ond_loop_turn(loop, 1000);
    assert_int_equal(p.calls, 1);
    assert_in_range(chain, 4, 5);
    close(pair[0]);
    close(pair[1]);
}

static int to_cancel[2];

static void cancel_both(void *self)
{
    strcat(order, self);
    ond_loop_cancel(loop, to_cancel[0]);
    ond_loop_cancel(loop, to_cancel[1]);
}

TEST(a_timer_cancels_itself_and_another)
{
    order[0] = '\0';
    to_cancel[0] = ond_loop_after(loop, 0, cancel_both, "1");
    to_cancel[1] = ond_loop_after(loop, 0, cancel_both, "2");
    ond_loop_turn(loop, 50);
    ond_loop_turn(loop, 5);
    assert_string_equal(order, "1");
}

/* Cancelled ones never fire, all others once. */
TEST(many_timers)
{
    static int ids[500];
    unsigned seed = 7;
    order[0] = '\0';
    for (int i = 0; i < 500; i++) {
        seed = seed * 1103515245u + 12345u;
        ids[i] = ond_loop_after(loop, (ond_ms)(seed >> 16) % 5, note_a, "");
        assert_true(ids[i] > 0);
    }
    int left = 500;
    for (int i = 0; i < 500; i += 3, left--) ond_loop_cancel(loop, ids[i]);
    int fired = 0;
    uint64_t start = ond_steady_us();
    while (fired < left && ond_steady_us() - start < 2000000) fired += ond_loop_turn(loop, 10);
    assert_int_equal(fired, left);
    assert_int_equal(ond_loop_turn(loop, 5), 0);
}

static void set_true(void *self)
{
    *(bool *)self = true;
}

static void stop(void *self)
{
    ond_loop_stop(self);
}

TEST(until_and_run)
{
    bool done = false;
    assert_false(ond_loop_until(loop, &done, 5));
    ond_loop_after(loop, 5, set_true, &done);
    assert_true(ond_loop_until(loop, &done, 2000));
    assert_true(ond_loop_until(loop, &done, 0));
    ond_loop_after(loop, 5, stop, loop);
    ond_loop_run(loop);
    ond_loop_stop(loop);
    ond_loop_run(loop); /* a stop that came before holds */
}

/* Another loop, poll here, may own ours by its descriptor: it becomes readable for descriptors and
 * for timers. */
TEST(driven_from_outside)
{
    bool done = false;
    struct pollfd p = {.fd = ond_loop_fd(loop), .events = POLLIN};
    assert_true(p.fd >= 0);
    assert_int_equal(poll(&p, 1, 0), 0);
    ond_loop_after(loop, 10, set_true, &done);
    assert_int_equal(poll(&p, 1, 2000), 1);
    while (!done) ond_loop_turn(loop, 0);
    int other = ond_loop_after(loop, 0, set_true, &done);
    ond_loop_cancel(loop, other);
    ond_loop_turn(loop, 0);
    assert_int_equal(poll(&p, 1, 0), 0);
}

/* ---- signals ---- */

static int seen;

static void on_signal(void *self, int signo)
{
    assert_ptr_equal(self, &seen);
    seen = signo;
}

TEST(signals_come_as_events)
{
    sigset_t before, after;
    pthread_sigmask(SIG_BLOCK, NULL, &before);
    assert_int_equal(ond_loop_signal(loop, SIGUSR1, on_signal, &seen, &err), 0);
    assert_int_equal(ond_loop_signal(loop, SIGTERM, on_signal, &seen, &err), 0);
    kill(getpid(), SIGTERM);
    ond_loop_turn(loop, 1000);
    assert_int_equal(seen, SIGTERM);
    kill(getpid(), SIGUSR1);
    ond_loop_turn(loop, 1000);
    assert_int_equal(seen, SIGUSR1);
    assert_int_equal(ond_loop_signal(loop, SIGUSR1, NULL, NULL, &err), 0);
    ond_loop_close(loop);
    pthread_sigmask(SIG_BLOCK, NULL, &after);
    assert_int_equal(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
    assert_int_equal(ond_loop_open(&loop, &err), 0);
}

/* ---- clocks ---- */

TEST(clocks)
{
    ond_ms now = ond_now();
    assert_true(now > 1700000000000);
    assert_false(ond_clock_frozen());
    ond_clock_set(12345);
    assert_true(ond_clock_frozen());
    assert_int_equal(ond_now(), 12345);
    uint64_t steady = ond_steady_us();
    usleep(1000);
    assert_true(ond_steady_us() > steady);
    ond_clock_set(0);
    assert_true(ond_now() >= now);
    assert_string_equal(ond_zone(), "");
    ond_zone_set("Asia/Seoul");
    assert_string_equal(ond_zone(), "Asia/Seoul");
    char longer[100];
    memset(longer, 'x', sizeof longer);
    longer[99] = '\0';
    ond_zone_set(longer);
    assert_string_equal(ond_zone(), "");
    ond_zone_set(NULL);
    assert_string_equal(ond_zone(), "");
}

#define LOOP_TEST(name) cmocka_unit_test_setup_teardown(name, open_loop, close_loop)

int main(void)
{
    (void)tmp_setup, (void)tmp_teardown, (void)tmp_path;
    const struct CMUnitTest tests[] = {
        LOOP_TEST(tells_of_reading_and_writing),
        LOOP_TEST(hang_up),
        LOOP_TEST(a_handler_removes_itself_and_another),
        LOOP_TEST(an_old_event_does_not_reach_a_new_watch),
        LOOP_TEST(a_handler_turns_the_loop),
        LOOP_TEST(a_plain_file_is_refused),
        LOOP_TEST(timers_run_in_order),
        LOOP_TEST(a_timer_of_no_time_starves_nobody),
        LOOP_TEST(a_timer_cancels_itself_and_another),
        LOOP_TEST(many_timers),
        LOOP_TEST(until_and_run),
        LOOP_TEST(driven_from_outside),
        LOOP_TEST(signals_come_as_events),
        LOOP_TEST(clocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
