/* test_child.c - programs as children: descriptors, environment, their ends, and that nothing is left. */
#include "tmp.h"

#include "sys/child.h"
#include "sys/clock.h"
#include "sys/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static ond_err err;

static ond_child *start(const char *script, const ond_child_fd *fds, size_t n)
{
    const char *argv[] = {"sh", "-c", script, NULL};
    const ond_child_opts o = {.argv = argv, .fds = fds, .n_fds = n, .heard_most = 100};
    ond_child *c = NULL;
    if (ond_child_start(&o, &c, &err) != 0) fail_msg("%s", err.text);
    return c;
}

static void no_child_is_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

static void reads(int fd, const char *want)
{
    char got[4096];
    size_t n = 0;
    for (ssize_t k; (k = read(fd, got + n, sizeof got - 1 - n)) > 0;) n += (size_t)k;
    got[n] = '\0';
    assert_string_equal(got, want);
}

TEST(descriptors_at_fixed_numbers)
{
    int in[2], out[2];
    assert_int_equal(pipe2(in, O_CLOEXEC), 0);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    const ond_child_fd fds[] = {{in[0], 3}, {out[1], 4}};
    ond_child *c = start("read x <&3; echo got $x >&4; ls /proc/self/fd | wc -l >&4", fds, 2);
    close(in[0]);
    close(out[1]);
    assert_int_equal(write(in[1], "word\n", 5), 5);
    close(in[1]);
    reads(out[0], "got word\n6\n"); /* 0 to 4, and the folder that ls reads */
    close(out[0]);
    assert_true(ond_child_wait(c, 5000));
    assert_int_equal(ond_child_status(c), 0);
    ond_child_end(c, 0);
    no_child_is_left();
}

/* What is wanted at 3 may be at 4, and the other way about. */
TEST(descriptors_that_cross)
{
    int a[2], b[2];
    assert_int_equal(pipe2(a, O_CLOEXEC), 0);
    assert_int_equal(pipe2(b, O_CLOEXEC), 0);
    const ond_child_fd fds[] = {{a[1], b[1]}, {b[1], a[1]}};
    char script[80];
    snprintf(script, sizeof script, "echo a >&%d; echo b >&%d", b[1], a[1]);
    ond_child *c = start(script, fds, 2);
    close(a[1]);
    close(b[1]);
    reads(a[0], "a\n");
    reads(b[0], "b\n");
    close(a[0]);
    close(b[0]);
    ond_child_end(c, 1000);
    no_child_is_left();
}

TEST(descriptors_of_ours_are_not_handed_on)
{
    int stray = open("/dev/null", O_RDONLY); /* without O_CLOEXEC */
    int high = fcntl(stray, F_DUPFD, 200);
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    const ond_child_fd fds[] = {{out[1], 1}};
    ond_child *c = start("ls /proc/self/fd | wc -l", fds, 1);
    close(out[1]);
    reads(out[0], "4\n");
    close(out[0]);
    close(stray);
    close(high);
    ond_child_end(c, 1000);
}

static void says(ond_child_opts o, int to, int from, const char *want)
{
    char got[200];
    ond_child *c;
    const ond_child_fd fds[] = {{to, 1}};
    o.fds = fds;
    o.n_fds = 1;
    assert_int_equal(ond_child_start(&o, &c, &err), 0);
    assert_true(ond_child_wait(c, 5000));
    ond_child_end(c, 0);
    ssize_t n = read(from, got, sizeof got - 1);
    assert_true(n > 0);
    got[n] = '\0';
    assert_string_equal(got, want);
}

TEST(the_environment_is_cleaned)
{
    int out[2];
    const char *argv[] = {"sh", "-c", "echo ${ONDOL_TEST_SECRET-unset} $LC_TEST $TZ $ADDED", NULL};
    const char *env[] = {"ADDED=1", "TZ=UTC", NULL};
    const char *zone = getenv("TZ");
    char *former = zone ? strdup(zone) : NULL;
    setenv("ONDOL_TEST_SECRET", "x", 1);
    setenv("LC_TEST", "kept", 1);
    setenv("TZ", "Asia/Seoul", 1);
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    says((ond_child_opts){.argv = argv, .env = env}, out[1], out[0], "unset kept UTC 1\n");
    says((ond_child_opts){.argv = argv}, out[1], out[0], "unset kept Asia/Seoul\n");
    says((ond_child_opts){.argv = argv, .whole_env = true}, out[1], out[0], "x kept Asia/Seoul\n");
    close(out[0]);
    close(out[1]);
    if (former) setenv("TZ", former, 1);
    else unsetenv("TZ");
    free(former);
}

TEST(signals_are_as_new)
{
    sigset_t one, former;
    sigemptyset(&one);
    sigaddset(&one, SIGUSR1);
    sigprocmask(SIG_BLOCK, &one, &former);
    signal(SIGPIPE, SIG_IGN);
    ond_child *c = start("kill -USR1 $$; exit 3", NULL, 0);
    assert_true(ond_child_wait(c, 5000));
    assert_int_equal(ond_child_status(c), 128 + SIGUSR1);
    ond_child_end(c, 0);
    c = start("kill -PIPE $$; exit 3", NULL, 0);
    assert_true(ond_child_wait(c, 5000));
    assert_int_equal(ond_child_status(c), 128 + SIGPIPE);
    ond_child_end(c, 0);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &former, NULL);
}

TEST(what_it_says_is_kept_up_to_a_bound)
{
    ond_child *c = start("i=0; while [ $i -lt 5000 ]; do echo 0123456789012345678901234567890 >&2; "
                         "i=$((i+1)); done; exit 7",
                         NULL, 0);
    assert_true(ond_child_wait(c, 20000)); /* though nobody read */
    assert_int_equal(ond_child_status(c), 7);
    assert_int_equal(strlen(ond_child_heard(c)), 100);
    assert_memory_equal(ond_child_heard(c), "01234567", 8);
    ond_child_end(c, 0);
    c = start("echo quiet; echo why >&2", NULL, 0);
    assert_true(ond_child_wait(c, 5000));
    assert_string_equal(ond_child_heard(c), "why\n");
    ond_child_end(c, 0);
}

TEST(programs_that_are_not_there)
{
    const char *argv[] = {"no-such-program-of-ours", NULL};
    const ond_child_opts o = {.argv = argv};
    ond_child *c;
    assert_int_equal(ond_child_start(&o, &c, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "no-such-program-of-ours"));
    assert_null(c);
    argv[0] = tmp_path("script");
    FILE *f = fopen(argv[0], "w");
    fputs("#!/no/such/interpreter\n", f);
    fclose(f);
    assert_int_equal(ond_child_start(&o, &c, &err), OND_E_NOT_FOUND);
    chmod(argv[0], 0755);
    assert_int_equal(ond_child_start(&o, &c, &err), OND_E_NOT_FOUND);
    argv[0] = tmp; /* a folder */
    assert_int_equal(ond_child_start(&o, &c, &err), OND_E_NOT_FOUND);
    no_child_is_left();
}

static bool alive(int pid)
{
    char path[64], text[400] = "";
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *f = fopen(path, "r");
    if (!f) return false;
    size_t n = fread(text, 1, sizeof text - 1, f);
    fclose(f);
    text[n] = '\0';
    const char *state = strrchr(text, ')');
    return state && state[1] && state[2] != 'Z' && state[2] != 'X';
}

static bool dies(int pid)
{
    for (int i = 0; i < 500 && alive(pid); i++) usleep(10000);
    return !alive(pid);
}

static int read_pid(int fd)
{
    char text[32] = "";
    size_t n = 0;
    while (n < sizeof text - 1 && !memchr(text, '\n', n) && read(fd, text + n, 1) == 1) n++;
    return atoi(text);
}

/* A child that does not listen to SIGTERM, and one of its own. */
TEST(the_whole_group_ends_within_the_bound)
{
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    const ond_child_fd fds[] = {{out[1], 1}};
    ond_child *c = start("trap '' TERM; (trap '' TERM; sleep 100; sleep 100) & echo $!; wait; sleep 100",
                         fds, 1);
    int grandchild = read_pid(out[0]), pid = ond_child_pid(c);
    assert_true(alive(grandchild) && alive(pid));
    assert_false(ond_child_wait(c, 0));
    uint64_t begin = ond_steady_us();
    ond_child_end(c, 100);
    assert_true(ond_steady_us() - begin < 5000000);
    assert_false(alive(pid));
    assert_true(dies(grandchild));
    close(out[0]);
    close(out[1]);
    no_child_is_left();
}

/* What a child leaves in its group goes when its end is seen. */
TEST(what_the_child_leaves_goes_too)
{
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    const ond_child_fd fds[] = {{out[1], 1}};
    ond_child *c = start("sleep 100 & echo $!", fds, 1);
    int grandchild = read_pid(out[0]);
    assert_true(ond_child_wait(c, 5000));
    assert_true(dies(grandchild));
    ond_child_end(c, 1000);
    close(out[0]);
    close(out[1]);
}

static void on_end(void *self, int fd, unsigned events)
{
    (void)fd, (void)events;
    *(bool *)self = true;
}

TEST(its_end_is_seen_in_the_loop)
{
    ond_loop *loop;
    bool ended = false;
    assert_int_equal(ond_loop_open(&loop, &err), 0);
    ond_child *c = start("exec sleep 100", NULL, 0);
    assert_int_equal(ond_loop_watch(loop, ond_child_fileno(c), OND_READABLE, on_end, &ended, &err), 0);
    assert_false(ond_loop_until(loop, &ended, 20));
    kill(ond_child_pid(c), SIGKILL);
    assert_true(ond_loop_until(loop, &ended, 5000));
    ond_loop_unwatch(loop, ond_child_fileno(c));
    assert_true(ond_child_wait(c, 0));
    assert_int_equal(ond_child_status(c), 128 + SIGKILL);
    ond_child_end(c, 0);
    ond_loop_close(loop);
    no_child_is_left();
}

/* The process that started it is killed: the child goes with it. */
TEST(it_does_not_outlive_us)
{
    int out[2];
    assert_int_equal(pipe2(out, O_CLOEXEC), 0);
    fflush(NULL);
    pid_t middle = fork();
    if (middle == 0) {
        const ond_child_fd fds[] = {{out[1], 1}};
        const char *argv[] = {"sh", "-c", "echo $$; exec sleep 100", NULL};
        const ond_child_opts o = {.argv = argv, .fds = fds, .n_fds = 1};
        ond_child *c;
        if (ond_child_start(&o, &c, NULL) == 0) pause();
        _exit(1);
    }
    int pid = read_pid(out[0]);
    assert_true(alive(pid));
    kill(middle, SIGKILL);
    waitpid(middle, NULL, 0);
    assert_true(dies(pid));
    close(out[0]);
    close(out[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(descriptors_at_fixed_numbers),
        TMP_TEST(descriptors_that_cross),
        TMP_TEST(descriptors_of_ours_are_not_handed_on),
        TMP_TEST(the_environment_is_cleaned),
        TMP_TEST(signals_are_as_new),
        TMP_TEST(what_it_says_is_kept_up_to_a_bound),
        TMP_TEST(programs_that_are_not_there),
        TMP_TEST(the_whole_group_ends_within_the_bound),
        TMP_TEST(what_the_child_leaves_goes_too),
        TMP_TEST(its_end_is_seen_in_the_loop),
        TMP_TEST(it_does_not_outlive_us),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
