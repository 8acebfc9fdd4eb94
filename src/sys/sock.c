/* sock.c - the asking side of a local socket: connect, send a line, wait for lines. Blocking. */
#include "sys/sock.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/sock_address.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/time.h>
#include <unistd.h>

#define SEND_SECONDS 10 /* a listener that takes nothing for so long is hung */
#define CHUNK 16384u

static int connect_to(int fd, const char *path, ond_err *err)
{
    ond__address a;
    int rc = ond__address_of(path, &a, err);
    if (rc != 0)
        return rc == OND_E_NOT_FOUND
                   ? ond_fail(err, OND_E_UNAVAILABLE, "nobody listens at %s", path)
                   : rc;
    int done;
    do done = connect(fd, (const struct sockaddr *)&a.sun, sizeof a.sun);
    while (done != 0 && errno == EINTR);
    int saved = errno;
    ond__address_free(&a);
    if (done == 0) return OND_OK;
    if (saved == ENOENT || saved == ECONNREFUSED || saved == ENOTSOCK)
        return ond_fail(err, OND_E_UNAVAILABLE, "nobody listens at %s", path);
    if (saved == EAGAIN)
        return ond_fail(err, OND_E_UNAVAILABLE, "the process that listens at %s does not answer",
                        path);
    return ond_file_fail(err, saved, "connect to", path);
}

int ond_sock_connect(const char *path, int *out, ond_err *err)
{
    *out = -1;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return ond_file_fail(err, errno, "open a socket for", path);
    struct timeval limit = {.tv_sec = SEND_SECONDS}; /* holds for connect, too */
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    int rc = connect_to(fd, path, err);
    if (rc == 0 && !ond__peer_is_ours(fd))
        rc = ond_fail(err, OND_E_DENIED,
                      "%s is served by a process of another user, which is not trusted", path);
    if (rc != 0)
        close(fd);
    else
        *out = fd;
    return rc;
}

int ond_sock_send(int fd, const cJSON *message, ond_err *err)
{
    ond_buf line = {0};
    int rc = OND_OK;
    ond_json_print(&line, message);
    ond_buf_putc(&line, '\n');
    if (!ond_buf_ok(&line)) OND_TRY(ond_nomem(err, "sending a message"));
    if (line.n > OND_LINE_MAX)
        OND_TRY(ond_fail(err, OND_E_INPUT,
                         "the message is too large: %zu bytes, and at most %u go over the socket",
                         line.n, OND_LINE_MAX));
    for (size_t at = 0; at < line.n;) {
        ssize_t put = send(fd, line.p + at, line.n - at, MSG_NOSIGNAL);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            OND_TRY(ond_fail(err, OND_E_UNAVAILABLE,
                             "the other process took nothing for %d seconds", SEND_SECONDS));
        if (put < 0)
            OND_TRY(ond_fail(err, OND_E_UNAVAILABLE, "the other process has gone: %s",
                             strerror(errno)));
        at += (size_t)put;
    }
out:
    ond_buf_free(&line);
    return rc;
}

/* Waits until fd can be read, or `deadline` (steady microseconds; 0: for ever) has passed. */
static int wait_readable(int fd, uint64_t deadline, ond_err *err)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        uint64_t now = ond_steady_us();
        uint64_t left = deadline <= now ? 0 : (deadline - now + 999) / 1000;
        int n = poll(&p, 1, deadline == 0 ? -1 : left > INT_MAX ? INT_MAX : (int)left);
        if (n > 0) return OND_OK;
        if (n == 0 && left <= INT_MAX)
            return ond_fail(err, OND_E_UNAVAILABLE, "the other process did not answer in time");
        if (n < 0 && errno != EINTR)
            return ond_fail(err, OND_E_IO, "cannot wait for an answer: %s", strerror(errno));
    }
}

/* Appends what has come to *carry. */
static int read_some(int fd, ond_buf *carry, ond_err *err)
{
    ond_buf_reserve(carry, CHUNK);
    if (!ond_buf_ok(carry)) return ond_nomem(err, "receiving a message");
    ssize_t got = recv(fd, carry->p + carry->n, CHUNK, 0);
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return OND_OK;
    if (got < 0)
        return ond_fail(err, OND_E_UNAVAILABLE, "the other process has gone: %s", strerror(errno));
    if (got == 0)
        return ond_fail(err, OND_E_UNAVAILABLE, "the other process ended before it answered");
    carry->n += (size_t)got;
    return OND_OK;
}

static int take_line(ond_buf *carry, size_t length, cJSON **out, ond_err *err)
{
    int rc = ond_json_parse((ond_str){carry->p, length}, out, err);
    carry->n -= length + 1;
    memmove(carry->p, carry->p + length + 1, carry->n);
    return rc;
}

int ond_sock_receive(int fd, ond_ms ms, ond_buf *carry, cJSON **out, ond_err *err)
{
    *out = NULL;
    uint64_t deadline =
        ms < 0 ? 0
               : ond_steady_us() + (uint64_t)(ms > INT64_MAX / 2000 ? INT64_MAX / 2000 : ms) * 1000;
    size_t looked = 0;
    for (;;) {
        const char *end =
            carry->n > looked ? memchr(carry->p + looked, '\n', carry->n - looked) : NULL;
        if (end) return take_line(carry, (size_t)(end - carry->p), out, err);
        looked = carry->n;
        if (looked >= OND_LINE_MAX)
            return ond_fail(err, OND_E_INPUT, "the answer is too large: more than %u bytes",
                            OND_LINE_MAX);
        int rc = wait_readable(fd, deadline, err);
        if (rc == 0) rc = read_some(fd, carry, err);
        if (rc != 0) return rc;
    }
}
