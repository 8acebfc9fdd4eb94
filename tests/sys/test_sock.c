/* test_sock.c - lines of JSON over a local socket: both sides, limits, peers that behave badly. */
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/sock.h"
#include "tmp.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

static ond_err err;

/* ---- a server in a child: echoes, and obeys a few words ---- */

static ond_server *server;
static ond_loop *loop;
static ond_peer *waiting;
static int gone;

static void late(void *self)
{
    (void)self;
    cJSON *m = cJSON_CreateString("late");
    if (waiting) ond_peer_send(waiting, m);
    cJSON_Delete(m);
}

static void flood(ond_peer *peer)
{
    static char text[7001];
    memset(text, 'f', sizeof text - 1);
    cJSON *m = cJSON_CreateString(text);
    for (int i = 0; i < 2000; i++) ond_peer_send(peer, m);
    cJSON_Delete(m);
}

static void on_line(void *self, ond_peer *peer, cJSON *message)
{
    (void)self;
    const char *word = cJSON_IsString(message) ? message->valuestring : "";
    if (strcmp(word, "late") == 0) {
        waiting = peer;
        ond_loop_after(loop, 20, late, NULL);
    } else if (strcmp(word, "bye") == 0) {
        ond_peer_send(peer, message);
        ond_peer_close(peer);
    } else if (strcmp(word, "flood") == 0) {
        flood(peer);
    } else if (strcmp(word, "gone") == 0) {
        cJSON *n = cJSON_CreateNumber(gone);
        ond_peer_send(peer, n);
        cJSON_Delete(n);
    } else if (strcmp(word, "rss") == 0) {
        cJSON *n = cJSON_CreateNumber((double)ond_rss());
        ond_peer_send(peer, n);
        cJSON_Delete(n);
    } else if (strcmp(word, "nest") == 0) {
        bool never = false;
        ond_loop_until(loop, &never, 50);
        ond_peer_send(peer, message);
    } else if (strcmp(word, "stop") == 0) {
        ond_loop_stop(loop);
    } else {
        ond_peer_send(peer, message);
    }
}

static void on_gone(void *self, ond_peer *peer)
{
    (void)self;
    gone++;
    if (waiting == peer) waiting = NULL;
}

static pid_t serve(const char *path)
{
    pid_t pid = fork();
    if (pid != 0) {
        for (int i = 0; i < 500; i++) {
            int fd;
            if (ond_sock_connect(path, &fd, &err) == 0) {
                close(fd);
                break;
            }
            usleep(10000);
        }
        return pid;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (ond_loop_open(&loop, &err) != 0 ||
        ond_server_open(loop, path, on_line, on_gone, NULL, &server, &err) != 0)
        _exit(9);
    ond_loop_run(loop);
    ond_server_close(server);
    ond_loop_close(loop);
    exit(0);
}

static void stop_server(pid_t pid, const char *path)
{
    int fd, status;
    assert_int_equal(ond_sock_connect(path, &fd, &err), 0);
    cJSON *m = cJSON_CreateString("stop");
    assert_int_equal(ond_sock_send(fd, m, &err), 0);
    cJSON_Delete(m);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    close(fd);
}

static int join(const char *path)
{
    int fd = -1;
    assert_int_equal(ond_sock_connect(path, &fd, &err), 0);
    return fd;
}

static void say(int fd, const char *word)
{
    cJSON *m = cJSON_CreateString(word);
    assert_int_equal(ond_sock_send(fd, m, &err), 0);
    cJSON_Delete(m);
}

static void hear(int fd, ond_buf *carry, const char *want)
{
    cJSON *m = NULL;
    assert_int_equal(ond_sock_receive(fd, 5000, carry, &m, &err), 0);
    assert_true(cJSON_IsString(m));
    assert_string_equal(m->valuestring, want);
    cJSON_Delete(m);
}

static double ask_number(int fd, const char *word)
{
    ond_buf carry = {0};
    cJSON *m = NULL;
    say(fd, word);
    assert_int_equal(ond_sock_receive(fd, 5000, &carry, &m, &err), 0);
    double n = m->valuedouble;
    cJSON_Delete(m);
    ond_buf_free(&carry);
    return n;
}

TEST(asks_and_answers)
{
    const char *path = tmp_path("dir/sock");
    pid_t pid = serve(path);
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(tmp_path("dir"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    int fd = join(path);
    ond_buf carry = {0};
    cJSON *m = NULL;
    say(fd, "거실");
    hear(fd, &carry, "거실");
    say(fd, "a\nb"); /* a newline inside a text stays inside its line */
    hear(fd, &carry, "a\nb");
    say(fd, "late");
    assert_int_equal(ond_sock_receive(fd, 1, &carry, &m, &err), OND_E_UNAVAILABLE);
    hear(fd, &carry, "late");
    say(fd, "one");
    say(fd, "two");
    say(fd, "bye");
    hear(fd, &carry, "one");
    hear(fd, &carry, "two");
    hear(fd, &carry, "bye");
    assert_int_equal(ond_sock_receive(fd, 5000, &carry, &m, &err), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "ended"));
    close(fd);
    ond_buf_free(&carry);
    stop_server(pid, path);
    assert_int_not_equal(access(path, F_OK), 0);
}

TEST(messages_of_a_peer_come_one_at_a_time)
{
    const char *path = tmp_path("sock");
    pid_t pid = serve(path);
    int fd = join(path), other = join(path);
    ond_buf carry = {0}, carry2 = {0};
    say(fd, "nest");
    say(fd, "after");
    usleep(20000);
    say(other, "other"); /* is served while `nest` turns the loop */
    hear(other, &carry2, "other");
    hear(fd, &carry, "nest");
    hear(fd, &carry, "after");
    say(fd, "nest");
    close(fd); /* goes while its message is being worked on */
    say(other, "still");
    hear(other, &carry2, "still");
    usleep(80000);
    assert_true(ask_number(other, "gone") >= 2);
    close(other);
    ond_buf_free(&carry);
    ond_buf_free(&carry2);
    stop_server(pid, path);
}

static void raw(const char *path, const char *bytes, size_t n, size_t times)
{
    int fd = join(path);
    for (size_t i = 0; i < times; i++)
        if (send(fd, bytes, n, MSG_NOSIGNAL) < 0) break;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char byte;
    assert_int_equal(poll(&p, 1, 5000), 1);
    assert_true(recv(fd, &byte, 1, 0) <= 0); /* the server has closed */
    close(fd);
}

TEST(bad_peers_are_closed_and_others_stay)
{
    static char big[65536];
    const char *path = tmp_path("sock");
    pid_t pid = serve(path);
    int good = join(path);
    ond_buf carry = {0};
    raw(path, "{\"a\":\n", 6, 1);
    raw(path, "\xff\xfe\n", 3, 1);
    raw(path, "\n", 1, 1);
    memset(big, 'x', sizeof big);
    raw(path, big, sizeof big, 70); /* a line that does not end */
    say(good, "well");
    hear(good, &carry, "well");
    int lazy = join(path);
    say(lazy, "flood"); /* 14 MB that nobody reads */
    say(good, "well");
    hear(good, &carry, "well");
    usleep(50000);
    assert_true(ask_number(good, "gone") >= 5);
    assert_true(ask_number(good, "rss") < 200e6);
    close(lazy);
    close(good);
    ond_buf_free(&carry);
    stop_server(pid, path);
}

TEST(large_messages_pass)
{
    const char *path = tmp_path("sock");
    pid_t pid = serve(path);
    char *text = malloc(OND_LINE_MAX + 10);
    assert_non_null(text);
    memset(text, 'y', OND_LINE_MAX);
    text[OND_LINE_MAX] = '\0';
    int fd = join(path);
    cJSON *m = cJSON_CreateString(text);
    assert_int_equal(ond_sock_send(fd, m, &err), OND_E_INPUT);
    cJSON_Delete(m);
    text[OND_LINE_MAX - 16] = '\0';
    ond_buf carry = {0};
    say(fd, text);
    hear(fd, &carry, text);
    close(fd);
    free(text);
    ond_buf_free(&carry);
    stop_server(pid, path);
}

TEST(one_server_at_a_place)
{
    const char *path = tmp_path("sock");
    pid_t pid = serve(path);
    ond_loop *l;
    ond_server *s;
    assert_int_equal(ond_loop_open(&l, &err), 0);
    assert_int_equal(ond_server_open(l, path, on_line, on_gone, NULL, &s, &err), OND_E_BUSY);
    assert_null(s);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_int_equal(access(path, F_OK), 0); /* the dead socket */
    int fd;
    assert_int_equal(ond_sock_connect(path, &fd, &err), OND_E_UNAVAILABLE);
    assert_int_equal(ond_server_open(l, path, on_line, on_gone, NULL, &s, &err), 0);
    fd = join(path);
    close(fd);
    ond_server_close(s);
    ond_loop_close(l);
    assert_int_equal(ond_sock_connect(path, &fd, &err), OND_E_UNAVAILABLE);
}

/* A socket of a program that knows no lock file, and a file that is no socket: both stay. */
TEST(strangers_in_the_way)
{
    const char *path = tmp_path("sock");
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
    assert_int_equal(listen(fd, 5), 0);
    ond_loop *l;
    ond_server *s;
    assert_int_equal(ond_loop_open(&l, &err), 0);
    assert_int_equal(ond_server_open(l, path, on_line, on_gone, NULL, &s, &err), OND_E_BUSY);
    close(fd);
    unlink(path);
    fd = open(path, O_CREAT | O_WRONLY, 0600);
    close(fd);
    assert_int_equal(ond_server_open(l, path, on_line, on_gone, NULL, &s, &err), OND_E_IO);
    assert_int_equal(access(path, F_OK), 0);
    ond_loop_close(l);
}

TEST(a_path_longer_than_an_address)
{
    char path[700];
    snprintf(path, sizeof path, "%s/%0120d/%0120d/sock", tmp, 1, 2);
    pid_t pid = serve(path);
    int fd = join(path);
    ond_buf carry = {0};
    say(fd, "far");
    hear(fd, &carry, "far");
    close(fd);
    ond_buf_free(&carry);
    stop_server(pid, path);
}

TEST(another_user_is_turned_away)
{
    const char *path = tmp_path("sock");
    if (getuid() != 0) skip();
    pid_t pid = serve(path);
    assert_int_equal(chmod(path, 0666) + chmod(tmp, 0755), 0);
    pid_t stranger = fork();
    if (stranger == 0) {
        struct sockaddr_un a = {.sun_family = AF_UNIX};
        char byte;
        int fd;
        snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
        if (setuid(65534) != 0 || ond_sock_connect(path, &fd, &err) != OND_E_DENIED) _exit(1);
        fd = socket(AF_UNIX, SOCK_STREAM, 0);
        if (connect(fd, (struct sockaddr *)&a, sizeof a) != 0) _exit(2);
        _exit(recv(fd, &byte, 1, 0) == 0 ? 0 : 3);
    }
    int status;
    waitpid(stranger, &status, 0);
    assert_int_equal(status, 0);
    stop_server(pid, path);
}

TEST(a_server_that_goes_is_told)
{
    const char *path = tmp_path("sock");
    pid_t pid = serve(path);
    int fd = join(path);
    ond_buf carry = {0};
    cJSON *m = NULL;
    say(fd, "x");
    hear(fd, &carry, "x");
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    cJSON *word = cJSON_CreateString("y");
    assert_int_equal(ond_sock_send(fd, word, &err), OND_E_UNAVAILABLE);
    cJSON_Delete(word);
    assert_int_equal(ond_sock_receive(fd, 100, &carry, &m, &err), OND_E_UNAVAILABLE);
    close(fd);
    ond_buf_free(&carry);
    assert_int_equal(ond_sock_connect(tmp_path("nothing"), &fd, &err), OND_E_UNAVAILABLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(asks_and_answers),
        TMP_TEST(messages_of_a_peer_come_one_at_a_time),
        TMP_TEST(bad_peers_are_closed_and_others_stay),
        TMP_TEST(large_messages_pass),
        TMP_TEST(one_server_at_a_place),
        TMP_TEST(strangers_in_the_way),
        TMP_TEST(a_path_longer_than_an_address),
        TMP_TEST(another_user_is_turned_away),
        TMP_TEST(a_server_that_goes_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
