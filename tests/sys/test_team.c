/* test_team.c - a team of any size: barriers, shared loops, sleep and wake, more members than cores. */
#include "sys/map.h"
#include "sys/team.h"
#include "tmp.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

static const int sizes[] = {1, 2, 3, 8};

static ond_team *open_team(int n)
{
    ond_err err = {0};
    ond_team *t = NULL;
    assert_int_equal(ond_team_open(n, &t, &err), 0);
    assert_int_equal(ond_team_size(t), n);
    return t;
}

/* Every member adds its row in phase A and reads all others' in phase B: a barrier that lets one through early shows as a wrong sum. */
enum { MEMBERS = 8, PHASES = 400 };
typedef struct table {
    long row[MEMBERS][16]; /* plain memory on purpose: TSan sees a missing order */
    long wrong[MEMBERS];
} table;

static void phases(void *self, ond_member *me)
{
    table *t = self;
    for (int p = 1; p <= PHASES; p++) {
        t->row[me->index][0] = (long)p * (me->index + 1);
        ond_member_wait(me);
        for (int i = 0; i < me->size; i++)
            if (t->row[i][0] != (long)p * (i + 1)) t->wrong[me->index]++;
        ond_member_wait(me);
    }
}

TEST(a_barrier_orders_what_is_before_and_after)
{
    for (size_t s = 0; s < COUNT(sizes); s++) {
        ond_team *t = open_team(sizes[s]);
        static table tab;
        memset(&tab, 0, sizeof tab);
        ond_team_run(t, phases, &tab);
        for (int i = 0; i < sizes[s]; i++) {
            assert_int_equal(tab.wrong[i], 0);
            assert_int_equal(tab.row[i][0], (long)PHASES * (i + 1));
        }
        ond_team_close(t);
    }
}

/* Shared loops of several lengths, one after another: every item exactly once. */
enum { ITEMS = 1000, LOOPS = 60 };
static unsigned char taken[LOOPS][ITEMS];
static atomic_int bad_pieces;

static void loops(void *self, ond_member *me)
{
    (void)self;
    for (int l = 0; l < LOOPS; l++) {
        int total = l * ITEMS / LOOPS, step = 1 + l % 7, begin, end;
        while (ond_member_take(me, total, step, &begin, &end)) {
            if (begin < 0 || begin >= end || end > total || end - begin > step) bad_pieces++;
            for (int i = begin; i < end; i++) taken[l][i]++;
        }
        ond_member_wait(me);
    }
}

TEST(a_shared_loop_gives_each_item_once)
{
    for (size_t s = 0; s < COUNT(sizes); s++) {
        ond_team *t = open_team(sizes[s]);
        memset(taken, 0, sizeof taken);
        for (int run = 1; run <= 3; run++) {
            ond_team_run(t, loops, NULL);
            for (int l = 0; l < LOOPS; l++)
                for (int i = 0; i < ITEMS; i++)
                    assert_int_equal(taken[l][i], i < l * ITEMS / LOOPS ? run : 0);
        }
        assert_int_equal(bad_pieces, 0);
        ond_team_close(t);
    }
}

/* Pieces that grow smaller: even but for the last, at least `least`, at most half of a member's share of what was left. */
static void portions(void *self, ond_member *me)
{
    (void)self;
    for (int l = 0; l < LOOPS; l++) {
        int total = l * ITEMS / LOOPS, least = l % 7, begin, end;
        while (ond_member_portion(me, total, least, &begin, &end)) {
            int n = end - begin, most = me->size == 1 ? total : (total - begin) / (2 * me->size);
            if (begin < 0 || n < 1 || end > total || (n < least && end < total)) bad_pieces++;
            if (n > most && n > least && n > 1) bad_pieces++;
            if (n > least && n % 2 != 0 && n > 1) bad_pieces++;
            for (int i = begin; i < end; i++) taken[l][i]++;
        }
        ond_member_wait(me);
    }
}

TEST(a_loop_in_portions_gives_each_item_once)
{
    static const int many[] = {1, 2, 3, 8, 40};
    for (size_t s = 0; s < COUNT(many); s++) {
        ond_team *t = open_team(many[s]);
        memset(taken, 0, sizeof taken);
        ond_team_run(t, portions, NULL);
        for (int l = 0; l < LOOPS; l++)
            for (int i = 0; i < ITEMS; i++)
                assert_int_equal(taken[l][i], i < l * ITEMS / LOOPS ? 1 : 0);
        assert_int_equal(bad_pieces, 0);
        ond_team_close(t);
    }
}

static void last_loop(void *self, ond_member *me)
{
    int begin, end;
    while (ond_member_take(me, 10, 3, &begin, &end)) *(atomic_int *)self += end - begin;
}

TEST(a_loop_at_the_end_of_a_run_leaves_the_next_run_a_fresh_one)
{
    ond_team *t = open_team(3);
    for (int run = 0; run < 200; run++) {
        atomic_int sum = 0;
        ond_team_run(t, last_loop, &sum);
        assert_int_equal(sum, 10);
    }
    ond_team_close(t);
}

static void edges(void *self, ond_member *me)
{
    int *seen = self, begin = -1, end = -1;
    if (me->index == 0) seen[0] = ond_member_take(me, 0, 4, &begin, &end);
    ond_member_wait(me);
    if (me->index == 0) {
        seen[1] = ond_member_take(me, INT32_MAX, INT32_MAX, &begin, &end) && begin == 0 &&
                  end == INT32_MAX;
        seen[2] = ond_member_take(me, INT32_MAX, INT32_MAX, &begin, &end);
    }
    ond_member_wait(me);
    if (me->index == 0) seen[3] = ond_member_take(me, 2, 0, &begin, &end) && end == 1;
}

TEST(empty_and_huge_loops)
{
    for (int n = 1; n <= 2; n++) {
        ond_team *t = open_team(n);
        int seen[4] = {9, 9, 9, 9};
        ond_team_run(t, edges, seen);
        assert_int_equal(seen[0], 0);
        assert_int_equal(seen[1], 1);
        assert_int_equal(seen[2], 0);
        assert_int_equal(seen[3], 1);
        ond_team_close(t);
    }
}

static void count(void *self, ond_member *me)
{
    (void)me;
    atomic_fetch_add((atomic_int *)self, 1);
}

static double cpu_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

TEST(an_idle_team_sleeps_and_wakes)
{
    ond_team *t = open_team(4);
    atomic_int n = 0;
    for (int i = 1; i <= 10; i++) {
        ond_team_run(t, count, &n);
        assert_int_equal(n, 4 * i);
        usleep(3000); /* beyond the time that waiting takes before it parks */
    }
    double before = cpu_seconds();
    usleep(300000);
    assert_true(cpu_seconds() - before < 0.1);
    ond_team_run(t, count, &n);
    assert_int_equal(n, 44);
    ond_team_close(t);
}

/* One member sleeps in the middle of a run: the others park, and are woken. */
static void straggler(void *self, ond_member *me)
{
    for (int i = 0; i < 5; i++) {
        if (me->index == i % me->size) usleep(2000);
        ond_member_wait(me);
        if (me->index == 0) (*(int *)self)++;
        ond_member_wait(me);
    }
}

TEST(members_park_inside_a_run_too)
{
    for (size_t s = 0; s < COUNT(sizes); s++) {
        ond_team *t = open_team(sizes[s]);
        int n = 0;
        ond_team_run(t, straggler, &n);
        assert_int_equal(n, 5);
        ond_team_close(t);
    }
}

TEST(teams_open_and_close_without_a_run)
{
    for (int i = 0; i < 20; i++) ond_team_close(open_team(1 + i % 5));
    ond_team_close(NULL);
    ond_team *t = NULL;
    ond_err err = {0};
    assert_int_equal(ond_team_open(0, &t, &err), 0);
    assert_int_equal(ond_team_size(t), ond_cores());
    ond_team_close(t);
    assert_int_equal(ond_team_open(-1, &t, &err), OND_E_INPUT);
    assert_int_equal(ond_team_open(257, &t, &err), OND_E_INPUT);
    assert_non_null(strstr(err.text, "257"));
    assert_null(t);
}

static void see_signals(void *self, ond_member *me)
{
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    ((int *)self)[me->index] = sigismember(&now, SIGTERM);
}

TEST(members_take_no_signals_and_the_caller_keeps_its_own)
{
    ond_team *t = open_team(2);
    int blocked[2] = {9, 9};
    ond_team_run(t, see_signals, blocked);
    assert_int_equal(blocked[0], 0);
    assert_int_equal(blocked[1], 1);
    ond_team_close(t);
}

/* Work in pieces with a barrier each 64 of them, as a forward pass has it. */
typedef struct work { double *out; int rounds; } work;

static void burn(void *self, ond_member *me)
{
    work *w = self;
    for (int r = 0; r < w->rounds; r++) {
        int begin, end;
        while (ond_member_take(me, 64, 4, &begin, &end))
            for (int i = begin; i < end; i++) {
                double x = i;
                for (int k = 0; k < 300; k++) x = x * 0.999 + 1;
                w->out[i] = x;
            }
        ond_member_wait(me);
    }
}

/* With a process that burns a core, the work still ends, also with more members than cores. (How fast: bench.) */
TEST(a_busy_neighbour_does_not_stop_a_team)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        for (volatile unsigned n = 0;; n++) {}
    }
    double out[64];
    for (size_t s = 0; s < COUNT(sizes); s++) {
        ond_team *t = open_team(sizes[s]);
        ond_team_run(t, burn, &(work){out, 300});
        assert_true(out[63] > out[0]);
        ond_team_close(t);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* A run by some: all items once, never more members than cores, whoever is busy beside us; and by all when told so. */
typedef struct some { int size; unsigned char taken[ITEMS]; } some;

static void take_some(void *self, ond_member *me)
{
    some *s = self;
    int begin, end;
    if (me->index == 0) s->size = me->size;
    while (ond_member_take(me, ITEMS, 7, &begin, &end))
        for (int i = begin; i < end; i++) {
            for (volatile int k = 0; k < 300; k++) {}
            s->taken[i]++;
        }
    ond_member_wait(me);
    for (int i = me->index; i < ITEMS; i += me->size)
        if (s->taken[i] != 1) bad_pieces++;
}

static void run_some(ond_team *t, int runs, int least, int most)
{
    static some s;
    for (int run = 0; run < runs; run++) {
        memset(&s, 0, sizeof s);
        ond_team_run_some(t, take_some, &s);
        assert_in_range(s.size, least, most);
    }
    assert_int_equal(bad_pieces, 0);
}

TEST(a_run_by_some_does_all_the_work)
{
    int cores = ond_cores();
    pid_t pid[2];
    bad_pieces = 0;
    for (int i = 0; i < 2; i++)
        if ((pid[i] = fork()) == 0) {
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            for (volatile unsigned n = 0;; n++) {}
        }
    for (size_t s = 0; s < COUNT(sizes); s++) {
        ond_team *t = open_team(sizes[s]);
        run_some(t, 300, 1, sizes[s] < cores ? sizes[s] : cores);
        atomic_int n = 0;
        ond_team_run(t, count, &n);
        assert_int_equal(n, sizes[s]);
        ond_team_insist(t);
        run_some(t, 20, sizes[s], sizes[s]);
        ond_team_close(t);
    }
    for (int i = 0; i < 2; i++) {
        kill(pid[i], SIGKILL);
        waitpid(pid[i], NULL, 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_barrier_orders_what_is_before_and_after),
        cmocka_unit_test(a_shared_loop_gives_each_item_once),
        cmocka_unit_test(a_loop_in_portions_gives_each_item_once),
        cmocka_unit_test(a_loop_at_the_end_of_a_run_leaves_the_next_run_a_fresh_one),
        cmocka_unit_test(empty_and_huge_loops),
        cmocka_unit_test(an_idle_team_sleeps_and_wakes),
        cmocka_unit_test(members_park_inside_a_run_too),
        cmocka_unit_test(teams_open_and_close_without_a_run),
        cmocka_unit_test(members_take_no_signals_and_the_caller_keeps_its_own),
        cmocka_unit_test(a_busy_neighbour_does_not_stop_a_team),
        cmocka_unit_test(a_run_by_some_does_all_the_work),
    };
    (void)tmp_setup, (void)tmp_teardown, (void)tmp_path;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
