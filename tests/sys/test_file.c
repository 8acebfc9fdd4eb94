/* test_file.c - files, folders, XDG paths, locks, random bytes. */
#include "sys/file.h"
#include "tmp.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <signal.h>
#include <sys/wait.h>

static ond_err err;

static void put(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static unsigned mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

TEST(reads_what_was_written)
{
    ond_buf b = {0};
    const char *path = tmp_path("a");
    assert_int_equal(ond_file_write(path, OND_S("one\0two"), 0600, &err), 0);
    assert_int_equal(mode_of(path), 0600);
    ond_buf_puts(&b, "<");
    assert_int_equal(ond_file_read(path, 7, &b, &err), 0);
    assert_int_equal(b.n, 8);
    assert_memory_equal(b.p, "<one\0two", 9);
    assert_int_equal(ond_file_write(path, OND_S(""), 0644, &err), 0);
    assert_int_equal(mode_of(path), 0644);
    ond_buf_clear(&b);
    assert_int_equal(ond_file_read(path, 0, &b, &err), 0);
    assert_int_equal(b.n, 0);
    ond_buf_free(&b);
}

TEST(refuses_what_is_no_bounded_file)
{
    ond_buf b = {0};
    ond_buf_puts(&b, "kept");
    put(tmp_path("big"), "12345678");
    assert_int_equal(ond_file_read(tmp_path("big"), 7, &b, &err), OND_E_INPUT);
    assert_non_null(strstr(err.text, "too large"));
    assert_int_equal(ond_file_read(tmp, 100, &b, &err), OND_E_INPUT);
    assert_non_null(strstr(err.text, "folder"));
    assert_int_equal(ond_file_read(tmp_path("none"), 100, &b, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "none"));
    assert_int_equal(mkfifo(tmp_path("pipe"), 0600), 0);
    assert_int_equal(ond_file_read(tmp_path("pipe"), 100, &b, &err), OND_E_INPUT);
    assert_int_equal(ond_file_read("/dev/zero", 100, &b, &err), OND_E_INPUT);
    assert_string_equal(ond_buf_z(&b), "kept");
    ond_buf_free(&b);
}

TEST(write_follows_a_link_and_leaves_no_crumbs)
{
    ond_buf b = {0};
    struct stat st;
    put(tmp_path("real"), "old");
    assert_int_equal(symlink(tmp_path("real"), tmp_path("link")), 0);
    assert_int_equal(ond_file_write(tmp_path("link"), OND_S("new"), 0600, &err), 0);
    assert_int_equal(lstat(tmp_path("link"), &st), 0);
    assert_true(S_ISLNK(st.st_mode));
    assert_int_equal(ond_file_read(tmp_path("real"), 10, &b, &err), 0);
    assert_string_equal(ond_buf_z(&b), "new");
    ond_buf_free(&b);
    assert_int_equal(ond_file_write(tmp, OND_S("x"), 0600, &err), OND_E_INPUT);
    assert_int_equal(ond_file_write(tmp_path("no/such"), OND_S("x"), 0600, &err), OND_E_NOT_FOUND);
    assert_int_equal(unlink(tmp_path("link")) + unlink(tmp_path("real")), 0);
    assert_int_equal(rmdir(tmp), 0); /* nothing else is there */
    assert_int_equal(mkdir(tmp, 0700), 0);
}

/* A file size limit stands for a full disk: the write fails half-way, and the old bytes stay. */
TEST(failed_write_keeps_the_old_file)
{
    static char big[100000];
    put(tmp_path("f"), "old");
    pid_t pid = fork();
    if (pid == 0) {
        struct rlimit limit = {50000, 50000};
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &limit);
        int rc = ond_file_write(tmp_path("f"), (ond_str){big, sizeof big}, 0600, &err);
        _exit(rc == OND_E_IO && strstr(err.text, tmp_path("f")) ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    ond_buf b = {0};
    assert_int_equal(ond_file_read(tmp_path("f"), 10, &b, &err), 0);
    assert_string_equal(ond_buf_z(&b), "old");
    ond_buf_free(&b);
    assert_int_equal(unlink(tmp_path("f")), 0);
    assert_int_equal(rmdir(tmp), 0);
    assert_int_equal(mkdir(tmp, 0700), 0);
}

/* As an ordinary user: root may write anywhere. */
TEST(no_permission_is_said_plainly)
{
    assert_int_equal(mkdir(tmp_path("shut"), 0500), 0);
    pid_t pid = fork();
    if (pid == 0) {
        if (getuid() == 0 && (chmod(tmp, 0755) != 0 || setuid(65534) != 0)) _exit(2);
        int rc = ond_file_write(tmp_path("shut/f"), OND_S("x"), 0600, &err);
        _exit(rc == OND_E_IO && strstr(err.text, "no permission") ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

TEST(makes_folders)
{
    assert_int_equal(ond_dir_make(tmp_path("a/b/c/"), 0700, &err), 0);
    assert_int_equal(mode_of(tmp_path("a/b/c")), 0700);
    assert_int_equal(ond_dir_make(tmp_path("a/b/c"), 0700, &err), 0);
    put(tmp_path("a/file"), "");
    assert_int_equal(ond_dir_make(tmp_path("a/file/d"), 0700, &err), OND_E_IO);
    assert_non_null(strstr(err.text, "in the way"));
    assert_int_equal(ond_dir_make("", 0700, &err), OND_E_INPUT);
    assert_true(ond_file_exists(tmp_path("a/file")));
    assert_false(ond_file_exists(tmp_path("a/none")));
    assert_true(ond_file_same(tmp_path("a/file"), tmp_path("a/../a/file")));
    assert_false(ond_file_same(tmp_path("a/file"), tmp_path("a")));
    assert_false(ond_file_same(tmp_path("a/none"), tmp_path("a/none")));
    assert_int_equal(ond_file_may_write(tmp_path("a/new"), &err), 0);
    assert_int_equal(ond_file_may_write(tmp_path("none/new"), &err), OND_E_NOT_FOUND);
}

static const char *xdg(ond_xdg which, const char *name)
{
    static ond_buf b;
    ond_buf_clear(&b);
    return ond_xdg_path(which, name, &b, &err) == 0 ? ond_buf_z(&b) : "error";
}

TEST(xdg_folders)
{
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
                                        "XDG_CACHE_HOME"};
    static const char *const homes[] = {"/.config/ondol/x", "/.local/share/ondol/x",
                                        "/.local/state/ondol/x", "/.cache/ondol/x"};
    setenv("HOME", tmp, 1);
    for (int i = 0; i < 4; i++) {
        char want[512];
        snprintf(want, sizeof want, "%s%s", tmp, homes[i]);
        unsetenv(names[i]);
        assert_string_equal(xdg((ond_xdg)i, "x"), want);
        setenv(names[i], "", 1);
        assert_string_equal(xdg((ond_xdg)i, "x"), want);
        setenv(names[i], "relative", 1);
        assert_string_equal(xdg((ond_xdg)i, "x"), want);
        setenv(names[i], "/elsewhere", 1);
        assert_string_equal(xdg((ond_xdg)i, "x"), "/elsewhere/ondol/x");
        assert_string_equal(xdg((ond_xdg)i, ""), "/elsewhere/ondol");
        unsetenv(names[i]);
    }
    unsetenv("HOME");
    assert_int_equal(xdg(OND_XDG_DATA, "")[0], '/'); /* from the password entry */
    setenv("XDG_RUNTIME_DIR", "/run/user/7", 1);
    assert_string_equal(xdg(OND_XDG_RUNTIME, "sock"), "/run/user/7/ondol/sock");
}

/* The folder in /tmp is real, so only an unused user id can be tried with it. */
TEST(runtime_folder_of_others_is_refused)
{
    enum { UID = 64123 };
    char path[64];
    if (getuid() != 0) skip();
    snprintf(path, sizeof path, "/tmp/ondol-%d", UID);
    assert_int_not_equal(access(path, F_OK), 0);
    for (int round = 0; round < 4; round++) {
        static const unsigned modes[] = {0, 0700, 0750, 0700};
        static const int want[] = {0, 0, OND_E_DENIED, OND_E_DENIED};
        if (modes[round]) assert_int_equal(mkdir(path, modes[round]), 0);
        if (round == 1 || round == 2) assert_int_equal(chown(path, UID, UID), 0);
        pid_t pid = fork();
        if (pid == 0) {
            ond_buf b = {0};
            unsetenv("XDG_RUNTIME_DIR");
            if (setuid(UID) != 0) _exit(255);
            int rc = ond_xdg_path(OND_XDG_RUNTIME, "sock", &b, &err);
            bool good = rc != 0 || strcmp(ond_buf_z(&b), "/tmp/ondol-64123/sock") == 0;
            ond_buf_free(&b);
            _exit(good ? rc : 254);
        }
        int status;
        waitpid(pid, &status, 0);
        rmdir(path);
        assert_int_equal(WEXITSTATUS(status), want[round]);
    }
}

TEST(a_lock_has_one_holder)
{
    ond_lock a, b;
    char pid_text[32], want[64];
    const char *path = tmp_path("lock");
    assert_int_equal(ond_lock_take(path, &a, &err), 0);
    assert_int_equal(ond_lock_take(path, &b, &err), OND_E_BUSY);
    snprintf(want, sizeof want, "process %ld", (long)getpid());
    assert_non_null(strstr(err.text, want));
    ond_buf text = {0};
    snprintf(pid_text, sizeof pid_text, "%ld\n", (long)getpid());
    assert_int_equal(ond_file_read(path, 100, &text, &err), 0);
    assert_string_equal(ond_buf_z(&text), pid_text);
    ond_buf_free(&text);
    ond_lock_drop(&a);
    ond_lock_drop(&a);
    assert_int_equal(ond_lock_take(path, &b, &err), 0);
    ond_lock_drop(&b);
}

TEST(a_lock_ends_with_its_process)
{
    int ready[2];
    char byte;
    const char *path = tmp_path("lock");
    assert_int_equal(pipe(ready), 0);
    pid_t pid = fork();
    if (pid == 0) {
        ond_lock held;
        if (ond_lock_take(path, &held, &err) != 0 || write(ready[1], "x", 1) != 1) _exit(1);
        pause();
        _exit(0);
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    ond_lock mine;
    assert_int_equal(ond_lock_take(path, &mine, &err), OND_E_BUSY);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(ond_lock_take(path, &mine, &err), 0);
    ond_lock_drop(&mine);
    close(ready[0]);
    close(ready[1]);
}

TEST(a_lock_is_no_link)
{
    ond_lock l;
    put(tmp_path("other"), "precious");
    assert_int_equal(symlink(tmp_path("other"), tmp_path("lock")), 0);
    assert_int_not_equal(ond_lock_take(tmp_path("lock"), &l, &err), 0);
    assert_int_equal(l.fd, -1);
}

TEST(random_and_rss)
{
    unsigned char a[4096], b[4096];
    ond_random(a, sizeof a);
    ond_random(b, sizeof b);
    assert_memory_not_equal(a, b, sizeof a);
    assert_true(ond_rss() > 100000);
}

TEST(lists_a_folder)
{
    static const char *const files[] = {"b.yaml", "a.yaml", ".yaml", ".c.yaml", "d.yml", "e"};
    char **names;
    size_t n;
    for (size_t i = 0; i < COUNT(files); i++)
        assert_int_equal(ond_file_write(tmp_path(files[i]), OND_S("x"), 0600, &err), 0);
    assert_int_equal(ond_dir_make(tmp_path("folder.yaml"), 0700, &err), 0);
    assert_int_equal(ond_dir_list(tmp, ".yaml", &names, &n, &err), 0);
    assert_int_equal(n, 3);
    assert_string_equal(names[0], "a.yaml");
    assert_string_equal(names[1], "b.yaml");
    ond_names_free(names, n);
    assert_int_equal(ond_dir_list(tmp, NULL, &names, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_string_equal(names[0], "folder.yaml");
    ond_names_free(names, n);
    assert_int_equal(ond_dir_list(tmp_path("none"), NULL, &names, &n, &err), OND_E_NOT_FOUND);
}

TEST(a_folder_goes_with_all_it_holds)
{
    char path[500], outside[400];
    snprintf(outside, sizeof outside, "%s", tmp_path("outside"));
    assert_int_equal(ond_dir_make(outside, 0700, NULL), 0);
    snprintf(path, sizeof path, "%s/kept", outside);
    assert_int_equal(ond_file_write(path, OND_S("x"), 0600, NULL), 0);
    assert_int_equal(ond_dir_make(tmp_path("goes/a/b"), 0700, NULL), 0);
    assert_int_equal(ond_file_write(tmp_path("goes/a/f"), OND_S("x"), 0600, NULL), 0);
    assert_int_equal(symlink(outside, tmp_path("goes/a/b/link")), 0);
    assert_int_equal(symlink("nowhere", tmp_path("goes/dangling")), 0);
    assert_int_equal(chmod(tmp_path("goes/a/b"), 0), 0);
    assert_int_equal(ond_dir_remove(tmp_path("goes"), NULL), 0);
    assert_false(ond_file_exists(tmp_path("goes")));
    assert_true(ond_file_exists(path));
    assert_int_equal(ond_dir_remove(tmp_path("goes"), NULL), 0); /* it is not there any more */
    assert_int_equal(symlink(outside, tmp_path("link")), 0);
    assert_int_equal(ond_dir_remove(tmp_path("link"), NULL), 0);
    assert_true(ond_file_exists(path));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(reads_what_was_written),
        TMP_TEST(refuses_what_is_no_bounded_file),
        TMP_TEST(write_follows_a_link_and_leaves_no_crumbs),
        TMP_TEST(failed_write_keeps_the_old_file),
        TMP_TEST(no_permission_is_said_plainly),
        TMP_TEST(makes_folders),
        TMP_TEST(xdg_folders),
        TMP_TEST(runtime_folder_of_others_is_refused),
        TMP_TEST(a_lock_has_one_holder),
        TMP_TEST(a_lock_ends_with_its_process),
        TMP_TEST(a_lock_is_no_link),
        TMP_TEST(lists_a_folder),
        TMP_TEST(random_and_rss),
        TMP_TEST(a_folder_goes_with_all_it_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
