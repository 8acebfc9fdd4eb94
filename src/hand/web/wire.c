/* wire.c - framing by NUL, both ways, without waiting.
 *
 * 1. Of `in`, the bytes before `at` are done with; those before `looked` hold no NUL.
 * 2. While skipping, `in` keeps only the first HEAD bytes of the message, for its id.
 * 3. Chromium writes {"id":N first in an answer, so that an answer which cannot be read can still
 *    be given to who waits for it. */
#include "hand/web/wire.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum {
    HEAD = 32,
    CHUNK = 256 << 10,
    TURN = 16 << 20,     /* bytes read at most before messages are handed out */
    KEPT = 4 << 20,      /* a larger buffer is given back when it is empty */
    PIPE_BYTES = 1 << 20 /* asked of the kernel: fewer switches for large answers */
};

struct ond__wire {
    int in_fd, out_fd;
    size_t most;
    ond_buf in, out;
    size_t at, looked, sent;
    bool skipping, closed;
    uint64_t lost;
};

int ond__wire_open(int in, int out, size_t most, ond__wire **wire, ond_err *err)
{
    *wire = NULL;
    ond__wire *w = calloc(1, sizeof *w);
    int rc = w ? OND_OK : ond_nomem(err, "talking to the browser");
    if (rc == 0 && (fcntl(in, F_SETFL, O_NONBLOCK) != 0 || fcntl(out, F_SETFL, O_NONBLOCK) != 0))
        rc = ond_fail(err, OND_E_IO, "cannot talk to the browser: %s", strerror(errno));
    if (rc != 0) {
        free(w);
        close(in);
        close(out);
        return rc;
    }
    (void)!fcntl(in, F_SETPIPE_SZ, PIPE_BYTES);
    (void)!fcntl(out, F_SETPIPE_SZ, PIPE_BYTES);
    w->in_fd = in;
    w->out_fd = out;
    w->most = most ? most : OND__WIRE_MOST;
    *wire = w;
    return OND_OK;
}

void ond__wire_close(ond__wire *w)
{
    if (!w) return;
    close(w->in_fd);
    close(w->out_fd);
    ond_buf_free(&w->in);
    ond_buf_free(&w->out);
    free(w);
}

int ond__wire_in(const ond__wire *w)
{
    return w->in_fd;
}

int ond__wire_out(const ond__wire *w)
{
    return w->sent < w->out.n ? w->out_fd : -1;
}

uint64_t ond__wire_lost(const ond__wire *w)
{
    return w->lost;
}

/* ---- writing ---- */

static int gone(ond_err *err)
{
    return ond_fail(err, OND_E_UNAVAILABLE, "the browser has closed its connection");
}

/* SIGPIPE is for the whole process to decide about, and need not be ignored: it is held back, and
 * taken away if it came of this write. */
static ssize_t write_quietly(int fd, const char *bytes, size_t n)
{
    sigset_t pipe_only, before, pending;
    sigemptyset(&pipe_only);
    sigaddset(&pipe_only, SIGPIPE);
    sigpending(&pending);
    bool was_pending = sigismember(&pending, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
    ssize_t put = write(fd, bytes, n);
    int saved = errno;
    if (put < 0 && saved == EPIPE && !was_pending) {
        const struct timespec now = {0};
        while (sigtimedwait(&pipe_only, NULL, &now) < 0 && errno == EINTR) continue;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = saved;
    return put;
}

int ond__wire_flush(ond__wire *w, ond_err *err)
{
    while (w->sent < w->out.n) {
        ssize_t put = write_quietly(w->out_fd, w->out.p + w->sent, w->out.n - w->sent);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && errno == EAGAIN) return OND_OK;
        if (put < 0) return gone(err);
        w->sent += (size_t)put;
    }
    w->sent = 0;
    ond_buf_clear(&w->out);
    if (w->out.cap > KEPT) ond_buf_free(&w->out);
    return OND_OK;
}

int ond__wire_send(ond__wire *w, const cJSON *message, ond_err *err)
{
    if (w->out.n - w->sent > OND__WIRE_QUEUE)
        return ond_fail(err, OND_E_UNAVAILABLE, "the browser takes no more messages");
    size_t before = w->out.n;
    ond_json_print(&w->out, message);
    ond_buf_putc(&w->out, '\0');
    if (!ond_buf_ok(&w->out)) {
        w->out.bad = false;
        w->out.n = before; /* nothing of a half message goes out */
        return ond_nomem(err, "talking to the browser");
    }
    return ond__wire_flush(w, err);
}

/* ---- reading ---- */

static void drop_done(ond__wire *w)
{
    if (w->at == 0) return;
    w->in.n -= w->at;
    w->looked -= w->at;
    if (w->in.n > 0) memmove(w->in.p, w->in.p + w->at, w->in.n);
    w->at = 0;
    if (w->in.n == 0 && w->in.cap > KEPT) ond_buf_free(&w->in);
}

/* A message that grows too long: from here on only its beginning is kept. */
static void skip_if_long(ond__wire *w)
{
    size_t n = w->in.n - w->at;
    if (!w->skipping && n <= w->most) return;
    if (memchr(w->in.p + w->looked, '\0', w->in.n - w->looked)) return; /* it ends here */
    w->skipping = true;
    if (n > HEAD) w->in.n = w->at + HEAD;
    w->looked = w->in.n;
}

int ond__wire_read(ond__wire *w, ond_err *err)
{
    size_t got = 0;
    if (w->closed) return gone(err);
    drop_done(w);
    while (got < TURN) {
        ond_buf_reserve(&w->in, CHUNK);
        if (!ond_buf_ok(&w->in)) {
            w->in.bad = false;
            return ond_nomem(err, "listening to the browser");
        }
        ssize_t n = read(w->in_fd, w->in.p + w->in.n, CHUNK);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN) return OND_OK;
        if (n <= 0) {
            w->closed = true;
            return gone(err);
        }
        w->in.n += (size_t)n;
        got += (size_t)n;
        skip_if_long(w);
    }
    return OND_OK;
}

/* ---- messages ---- */

static int hex_of(const char *p)
{
    int v = 0;
    for (int i = 0; i < 4; i++) {
        int c = (unsigned char)p[i] | 32;
        int d = p[i] >= '0' && p[i] <= '9' ? p[i] - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (d < 0) return -1;
        v = v << 4 | d;
    }
    return v;
}

static bool is_escape(const char *p, const char *end)
{
    return end - p >= 6 && p[0] == '\\' && p[1] == 'u' && hex_of(p + 2) >= 0;
}

/* \u0000 and halves of surrogate pairs become \ufffd, which is as long. A backslash stands in
 * strings only, and what follows it belongs to it. */
static void mend(char *p, size_t n)
{
    for (const char *end = p + n; (p = memchr(p, '\\', (size_t)(end - p))) != NULL;) {
        int c = is_escape(p, end) ? hex_of(p + 2) : -1;
        bool pair = c >= 0xD800 && c < 0xDC00 && is_escape(p + 6, end) && hex_of(p + 8) >= 0xDC00 &&
                    hex_of(p + 8) < 0xE000;
        if (c == 0 || (c >= 0xD800 && c < 0xE000 && !pair)) memcpy(p, "\\ufffd", 6);
        p += pair ? 12 : c >= 0 ? 6 : 2;
        if (p >= end) return;
    }
}

static double id_of(ond_str text)
{
    static const char begin[] = "{\"id\":";
    size_t k = sizeof begin - 1;
    double id = 0;
    if (text.n <= k || memcmp(text.p, begin, k) != 0) return 0;
    for (size_t i = k; i < text.n && i < k + 15 && text.p[i] >= '0' && text.p[i] <= '9'; i++)
        id = id * 10 + (text.p[i] - '0');
    return id;
}

/* An answer that says why there is none. NULL and OND_OK where nobody waits for it. */
static int stand_in(ond__wire *w, ond_str text, const char *why, cJSON **out, ond_err *err)
{
    double id = id_of(text);
    w->lost++;
    if (id == 0) return OND_OK;
    cJSON *message = cJSON_CreateObject(), *error = cJSON_CreateObject();
    bool ok = message && error && ond_json_set_num(message, "id", id) &&
              ond_json_set_num(error, "code", -32700) && ond_json_set_str(error, "message", why);
    if (ok)
        ok = ond_json_set(message, "error", error);
    else
        cJSON_Delete(error);
    if (ok) {
        *out = message;
        return OND_OK;
    }
    cJSON_Delete(message);
    return ond_nomem(err, "listening to the browser");
}

static int parse(ond__wire *w, char *p, size_t n, cJSON **out, ond_err *err)
{
    ond_err bad;
    mend(p, n);
    int rc = ond_json_parse((ond_str){p, n}, out, &bad);
    if (rc == OND_E_NOMEM) return ond_nomem(err, "listening to the browser");
    if (rc == 0 && cJSON_IsObject(*out)) return OND_OK;
    cJSON_Delete(*out);
    *out = NULL;
    return stand_in(w, (ond_str){p, n}, rc ? bad.text : "no object", out, err);
}

int ond__wire_next(ond__wire *w, cJSON **out, ond_err *err)
{
    *out = NULL;
    while (w->looked < w->in.n) {
        char *begin = w->in.p + w->at;
        char *end = memchr(w->in.p + w->looked, '\0', w->in.n - w->looked);
        if (!end) {
            w->looked = w->in.n;
            break;
        }
        size_t n = (size_t)(end - begin);
        bool skipped = w->skipping || n > w->most;
        char why[80];
        w->at = w->looked = w->at + n + 1;
        w->skipping = false;
        snprintf(why, sizeof why, "the browser's answer is too long: over %zu bytes", w->most);
        int rc = skipped ? stand_in(w, (ond_str){begin, n}, why, out, err)
                         : parse(w, begin, n, out, err);
        if (rc != 0 || *out) return rc;
    }
    return OND_OK;
}
