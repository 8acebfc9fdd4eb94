/* fuzz_sock.c - any bytes, in any pieces, to the local socket: every line that is JSON comes back.
 *
 * The first byte of an input is the size of the pieces it is sent in. The server echoes; the client
 * reads with ond_sock_receive. A peer that sends what is no JSON is closed, and `gone` is called
 * once. */
#include "sys/sock.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static ond_loop *loop;
static ond_server *server;
static char dir[] = "/tmp/ondol-fuzz-XXXXXX", path[64];
static int lines, gone;

static void must(bool so)
{
    if (!so) abort();
}

static void echo(void *self, ond_peer *peer, cJSON *message)
{
    (void)self;
    lines++;
    ond_peer_send(peer, message);
}

static void count_gone(void *self, ond_peer *peer)
{
    (void)self, (void)peer;
    gone++;
}

static void end(void)
{
    char lock[80];
    ond_server_close(server);
    ond_loop_close(loop);
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(lock);
    rmdir(dir);
}

static void begin(void)
{
    must(mkdtemp(dir) != NULL);
    snprintf(path, sizeof path, "%s/sock", dir);
    must(ond_loop_open(&loop, NULL) == 0);
    must(ond_server_open(loop, path, echo, count_gone, NULL, &server, NULL) == 0);
    atexit(end);
}

/* How many of the lines are JSON, up to the first that is not. */
static int good_lines(const uint8_t *bytes, size_t n)
{
    int good = 0;
    const uint8_t *nl;
    while (n > 0 && (nl = memchr(bytes, '\n', n)) != NULL) {
        cJSON *v = NULL;
        size_t length = (size_t)(nl - bytes);
        if (ond_json_parse((ond_str){(const char *)bytes, length}, &v, NULL) != 0) break;
        cJSON_Delete(v);
        good++;
        bytes = nl + 1;
        n -= length + 1;
    }
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    int fd;
    if (n < 2 || n > 32768) return 0; /* what a socket's buffer takes at once */
    if (!loop) begin();
    size_t piece = (size_t)bytes[0] + 1;
    bytes++, n--;
    lines = gone = 0;
    must(ond_sock_connect(path, &fd, NULL) == 0);
    while (ond_loop_turn(loop, 0) > 0) continue;
    for (size_t at = 0; at < n; at += piece) {
        if (send(fd, bytes + at, piece < n - at ? piece : n - at, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
            break;
        ond_loop_turn(loop, 0);
    }
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < 10000 && gone == 0; i++) ond_loop_turn(loop, 10);
    must(gone == 1 && lines == good_lines(bytes, n));
    ond_buf carry = {0};
    cJSON *back;
    ond_err err;
    int heard = 0;
    while (ond_sock_receive(fd, 1000, &carry, &back, &err) == 0) {
        cJSON_Delete(back);
        heard++;
    }
    must(err.code == OND_E_UNAVAILABLE && heard <= lines);
    ond_buf_free(&carry);
    close(fd);
    return 0;
}
