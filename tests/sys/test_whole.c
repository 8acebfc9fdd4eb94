/* test_whole.c - files that appear whole or not at all: what stands under the name at each moment,
 * what is left and swept, and what is not, since somebody holds it. */
#include "tmp.h"

#include "sys/file.h"
#include "sys/whole.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>

static ond_err err;

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0 && fclose(f) == 0);
}

static void holds(const char *path, const char *text)
{
    ond_buf b = {0};
    assert_int_equal(ond_file_read(path, 100, &b, &err), 0);
    assert_string_equal(ond_buf_z(&b), text);
    ond_buf_free(&b);
}

static int count(void)
{
    char **names;
    size_t n;
    assert_int_equal(ond_dir_list(tmp, "", &names, &n, &err), 0);
    ond_names_free(names, n);
    return (int)n;
}

static void write_to(ond_whole *w, const char *text)
{
    assert_int_equal(ond_file_write_fd(w->fd, text, strlen(text)), 0);
}

TEST(nothing_is_there_before_the_commit)
{
    ond_whole w;
    const char *path = tmp_path("a");
    mode_t mask = umask(022);
    assert_int_equal(ond_whole_open(path, 0666, &w, &err), 0);
    write_to(&w, "one");
    assert_false(ond_file_exists(path));
    assert_int_equal(ond_whole_commit(&w, &err), 0);
    holds(path, "one");
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0644);
    umask(mask);

    assert_int_equal(ond_whole_open(path, 0600, &w, &err), 0);
    write_to(&w, "two");
    holds(path, "one");
    ond_whole_abort(&w);
    holds(path, "one");
    assert_int_equal(ond_whole_open(path, 0600, &w, &err), 0);
    write_to(&w, "three");
    assert_int_equal(ond_whole_commit(&w, &err), 0);
    holds(path, "three");
    assert_int_equal(count(), 1);
}

/* Two at once, also in one process: each is whole, the last that commits stays. */
TEST(two_writers_of_one_name)
{
    ond_whole a, b;
    const char *path = tmp_path("a");
    assert_int_equal(ond_whole_open(path, 0600, &a, &err), 0);
    write_to(&a, "aaa");
    assert_int_equal(ond_whole_open(path, 0600, &b, &err), 0);
    write_to(&b, "b");
    write_to(&a, "aaa");
    assert_int_equal(ond_whole_commit(&a, &err), 0);
    holds(path, "aaaaaa");
    assert_int_equal(ond_whole_commit(&b, &err), 0);
    holds(path, "b");
    assert_int_equal(count(), 1);
}

TEST(places_that_cannot_be_written)
{
    ond_whole w;
    assert_int_equal(ond_whole_open(tmp, 0600, &w, &err), OND_E_INPUT);
    assert_non_null(strstr(err.text, "a folder"));
    assert_int_equal(ond_whole_open("/dev/null", 0600, &w, &err), OND_E_INPUT);
    assert_int_equal(ond_whole_open(tmp_path("no/such"), 0600, &w, &err), OND_E_NOT_FOUND);
    assert_int_equal(w.fd, -1);
}

TEST(a_link_stays_a_link)
{
    struct stat st;
    put(tmp_path("real"), "old");
    assert_int_equal(symlink(tmp_path("real"), tmp_path("link")), 0);
    assert_int_equal(ond_file_write(tmp_path("link"), OND_S("new"), 0600, &err), 0);
    assert_int_equal(lstat(tmp_path("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    holds(tmp_path("real"), "new");
    assert_int_equal(count(), 2);
}

/* ---- what is left over ---- */

/* A child takes the lock of a file and tells so; then it lives until it is killed. */
static pid_t holder_of(const char *path)
{
    int ends[2];
    char byte = 0;
    assert_int_equal(pipe(ends), 0);
    pid_t pid = fork();
    if (pid == 0) {
        struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
        int fd = open(path, O_WRONLY);
        if (fd < 0 || fcntl(fd, F_OFD_SETLK, &whole) != 0 || write(ends[1], &byte, 1) != 1)
            _exit(1);
        for (;;) pause();
    }
    assert_int_equal(read(ends[0], &byte, 1), 1);
    close(ends[0]);
    close(ends[1]);
    return pid;
}

TEST(the_next_write_of_a_name_removes_what_dead_writers_of_it_left)
{
    put(tmp_path("a.new-0123abcd"), "half");
    put(tmp_path("a.new-00000000"), "half, and somebody is at it");
    put(tmp_path("b.new-0123abcd"), "another's");
    put(tmp_path("a.new-0123abcx"), "no name that we give");
    put(tmp_path("a.new-123abcd"), "nor this");
    assert_int_equal(mkdir(tmp_path("a.new-11111111"), 0700), 0);
    assert_int_equal(symlink("b.new-0123abcd", tmp_path("a.new-22222222")), 0);
    pid_t pid = holder_of(tmp_path("a.new-00000000"));
    assert_int_equal(ond_file_write(tmp_path("a"), OND_S("x"), 0600, &err), 0);
    assert_int_equal(count(), 7);
    assert_false(ond_file_exists(tmp_path("a.new-0123abcd")));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(ond_file_write(tmp_path("a"), OND_S("y"), 0600, &err), 0);
    assert_int_equal(count(), 6);
    assert_false(ond_file_exists(tmp_path("a.new-00000000")));
    ond_whole_sweep(tmp);
    assert_int_equal(count(), 5);
    assert_false(ond_file_exists(tmp_path("b.new-0123abcd")));
    ond_whole_sweep(tmp_path("none"));
}

/* A sweep beside writers that work takes nothing of theirs. */
TEST(a_sweep_beside_a_writer)
{
    const char *path = tmp_path("a");
    put(path, "0");
    pid_t pid = fork();
    if (pid == 0)
        for (;;) ond_whole_sweep(tmp);
    for (int i = 0; i < 300; i++)
        if (ond_file_write(path, OND_S("1"), 0600, &err) != 0) fail_msg("%s", err.text);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    holds(path, "1");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(nothing_is_there_before_the_commit),
        TMP_TEST(two_writers_of_one_name),
        TMP_TEST(places_that_cannot_be_written),
        TMP_TEST(a_link_stays_a_link),
        TMP_TEST(the_next_write_of_a_name_removes_what_dead_writers_of_it_left),
        TMP_TEST(a_sweep_beside_a_writer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
