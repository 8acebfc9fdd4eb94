/* server.c - the listening side of a local socket: many peers, one JSON text a line.
 *
 * 1. Only the holder of PATH.lock touches the socket file, so a socket found there under the lock
 * is dead, unless a process that knows no lock serves it: a connection tells.
 * 2. A peer is let go (gone, then free) only from the loop, never inside ond_peer_send or
 * ond_peer_close: those shut the socket down, and the loop hears of it.
 * 3. While the `line` function works on a message of a peer, no other message of that peer is
 * handed out, even if the function turns the loop. */
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/sock.h"
#include "sys/sock_address.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define PEERS_MAX 128
#define CHUNK 16384u
#define KEEP 65536u /* an empty buffer larger than this goes back to the system */
#define REST_MS 100 /* before accepting again when descriptors or memory ran out */

struct ond_peer {
    ond_server *server;
    ond_peer *next, **link; /* link: what points to us */
    int fd;
    ond_buf in, out;
    size_t looked; /* bytes of `in` known to hold no newline */
    size_t sent;   /* bytes of `out` that are written */
    unsigned watching;
    bool busy;    /* a message is with the line function */
    bool closing; /* shut down once `out` is written */
    bool dead;    /* shut down; goes at the next event */
};

struct ond_server {
    ond_loop *loop;
    ond_line_fn *line;
    ond_gone_fn *gone;
    void *self;
    char *path;
    ond_lock lock;
    dev_t dev; /* of the socket file we made */
    ino_t ino;
    int fd;
    int rest; /* timer, or 0 */
    ond_peer *peers;
    size_t n_peers;
};

static void on_peer(void *self, int fd, unsigned events);

/* ---- peers ---- */

static void watch_peer(ond_peer *p)
{
    unsigned events = p->busy ? 0 : OND_READABLE;
    if (p->out.n > p->sent && !p->dead) events |= OND_WRITABLE;
    if (events == p->watching) return;
    p->watching = events;
    if (ond_loop_watch(p->server->loop, p->fd, events, on_peer, p, NULL) != 0)
        shutdown(p->fd, SHUT_RDWR);
}

/* The loop sees a hang-up soon and lets the peer go. */
static void kill_peer(ond_peer *p)
{
    if (p->dead) return;
    p->dead = true;
    shutdown(p->fd, SHUT_RDWR);
    watch_peer(p);
}

static void let_go(ond_peer *p)
{
    ond_server *s = p->server;
    ond_loop_unwatch(s->loop, p->fd);
    close(p->fd);
    *p->link = p->next;
    if (p->next) p->next->link = p->link;
    s->n_peers--;
    if (s->gone) s->gone(s->self, p);
    ond_buf_free(&p->in);
    ond_buf_free(&p->out);
    free(p);
}

static void write_out(ond_peer *p)
{
    while (p->out.n > p->sent && !p->dead) {
        ssize_t put =
            send(p->fd, p->out.p + p->sent, p->out.n - p->sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
        if (put < 0) {
            kill_peer(p);
            return;
        }
        p->sent += (size_t)put;
    }
    if (p->sent == p->out.n) {
        if (p->out.cap > KEEP) ond_buf_free(&p->out);
        ond_buf_clear(&p->out);
        p->sent = 0;
        if (p->closing) kill_peer(p);
    }
    watch_peer(p);
}

void ond_peer_send(ond_peer *p, const cJSON *message)
{
    if (p->dead || p->closing) return;
    if (p->out.n - p->sent >= OND_LINE_MAX) {
        kill_peer(p);
        return;
    }
    if (p->sent > KEEP) {
        p->out.n -= p->sent;
        memmove(p->out.p, p->out.p + p->sent, p->out.n);
        p->sent = 0;
    }
    bool full = p->out.n > p->sent; /* the loop tells when there is room again */
    ond_json_print(&p->out, message);
    ond_buf_putc(&p->out, '\n');
    if (!ond_buf_ok(&p->out))
        kill_peer(p);
    else if (!full)
        write_out(p);
}

void ond_peer_close(ond_peer *p)
{
    p->closing = true;
    write_out(p);
}

/* Hands out one line; false when the peer sent what is no JSON text. */
static bool hand_line(ond_peer *p, size_t length)
{
    cJSON *message = NULL;
    int rc = ond_json_parse((ond_str){p->in.p, length}, &message, NULL);
    p->in.n -= length + 1;
    memmove(p->in.p, p->in.p + length + 1, p->in.n);
    p->looked = 0;
    if (rc != 0) return false;
    p->busy = true;
    p->server->line(p->server->self, p, message);
    p->busy = false;
    cJSON_Delete(message);
    return true;
}

static void hand_lines(ond_peer *p)
{
    while (!p->dead && !p->closing) {
        const char *end =
            p->in.n > p->looked ? memchr(p->in.p + p->looked, '\n', p->in.n - p->looked) : NULL;
        if (!end) {
            p->looked = p->in.n;
            if (p->in.n >= OND_LINE_MAX) kill_peer(p);
            break;
        }
        if (!hand_line(p, (size_t)(end - p->in.p))) kill_peer(p);
    }
    if (p->in.n == 0 && p->in.cap > KEEP) ond_buf_free(&p->in);
}

/* False at the end of what the peer says. */
static bool read_in(ond_peer *p)
{
    ond_buf_reserve(&p->in, CHUNK);
    if (!ond_buf_ok(&p->in)) return false;
    ssize_t got = recv(p->fd, p->in.p + p->in.n, CHUNK, MSG_DONTWAIT);
    if (got < 0) return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
    p->in.n += (size_t)got;
    return got > 0;
}

static void on_peer(void *self, int fd, unsigned events)
{
    (void)fd;
    ond_peer *p = self;
    if (events & OND_WRITABLE && !p->dead) write_out(p);
    if (p->busy) { /* we are inside this peer's line function: it stays until that returns */
        p->watching = OND_READABLE;
        watch_peer(p);
        return;
    }
    if (!p->dead && events & OND_READABLE) {
        if (!read_in(p)) p->dead = true;
        hand_lines(p);
    }
    if (p->dead)
        let_go(p);
    else
        watch_peer(p);
}

/* ---- the listener ---- */

static void add_peer(ond_server *s, int fd)
{
    ond_peer *p = s->n_peers < PEERS_MAX && ond__peer_is_ours(fd) ? calloc(1, sizeof *p) : NULL;
    if (!p) {
        close(fd);
        return;
    }
    p->server = s;
    p->fd = fd;
    p->watching = OND_READABLE;
    if (ond_loop_watch(s->loop, fd, OND_READABLE, on_peer, p, NULL) != 0) {
        close(fd);
        free(p);
        return;
    }
    p->next = s->peers;
    p->link = &s->peers;
    if (p->next) p->next->link = &p->next;
    s->peers = p;
    s->n_peers++;
}

static void on_listener(void *self, int fd, unsigned events);

static void after_rest(void *self)
{
    ond_server *s = self;
    s->rest = 0;
    if (ond_loop_watch(s->loop, s->fd, OND_READABLE, on_listener, s, NULL) != 0)
        s->rest = ond_loop_after(s->loop, REST_MS, after_rest, s);
}

static void on_listener(void *self, int fd, unsigned events)
{
    (void)events;
    ond_server *s = self;
    int got = accept4(fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (got >= 0) {
        add_peer(s, got);
        return;
    }
    if (errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != ENOBUFS) return;
    /* The caller still waits in the queue: without a rest the loop would spin until something is
     * free. */
    s->rest = ond_loop_after(s->loop, REST_MS, after_rest, s);
    if (s->rest) (void)!ond_loop_watch(s->loop, fd, 0, on_listener, s, NULL);
}

/* Under the lock: is somebody there who knows no lock? A dead socket is removed. */
static int clear_way(const char *path, ond_err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? OND_OK : ond_file_fail(err, errno, "look at", path);
    if (!S_ISSOCK(st.st_mode))
        return ond_fail(err, OND_E_IO, "%s is in the way and is no socket: move it elsewhere",
                        path);
    int fd;
    int rc = ond_sock_connect(path, &fd, NULL);
    if (rc == 0) close(fd);
    if (rc != OND_E_UNAVAILABLE)
        return ond_fail(err, OND_E_BUSY, "another process listens at %s already", path);
    return unlink(path) == 0 || errno == ENOENT
               ? OND_OK
               : ond_file_fail(err, errno, "remove the dead socket", path);
}

static int bind_and_listen(ond_server *s, ond_err *err)
{
    ond__address a;
    int rc = ond__address_of(s->path, &a, err);
    if (rc != 0) return rc;
    struct stat st;
    /* On Linux the mode of the socket before bind is the mode of its file: never open to others,
     * not for a moment. */
    if (fchmod(s->fd, 0600) != 0 || bind(s->fd, (const struct sockaddr *)&a.sun, sizeof a.sun) != 0)
        rc = ond_file_fail(err, errno, "listen at", s->path);
    ond__address_free(&a);
    if (rc != 0) return rc;
    if (lstat(s->path, &st) != 0) return ond_file_fail(err, errno, "look at", s->path);
    s->dev = st.st_dev;
    s->ino = st.st_ino;
    if (listen(s->fd, 32) != 0) return ond_file_fail(err, errno, "listen at", s->path);
    return ond_loop_watch(s->loop, s->fd, OND_READABLE, on_listener, s, err);
}

static int take_path(ond_server *s, ond_err *err)
{
    char text[PATH_MAX];
    const char *slash = strrchr(s->path, '/');
    int rc;
    if (strlen(s->path) + sizeof ".lock" > sizeof text)
        return ond_file_fail(err, ENAMETOOLONG, "listen at", s->path);
    if (slash && slash > s->path) {
        snprintf(text, sizeof text, "%.*s", (int)(slash - s->path), s->path);
        if ((rc = ond_dir_make(text, 0700, err)) != 0) return rc;
    }
    snprintf(text, sizeof text, "%s.lock", s->path);
    rc = ond_lock_take(text, &s->lock, err);
    return rc != 0 ? rc : clear_way(s->path, err);
}

int ond_server_open(ond_loop *loop, const char *path, ond_line_fn *line, ond_gone_fn *gone,
                    void *self, ond_server **out, ond_err *err)
{
    *out = NULL;
    int rc = OND_OK;
    ond_server *s = calloc(1, sizeof *s);
    if (!s) return ond_nomem(err, "listening on a socket");
    *s = (ond_server){
        .loop = loop, .line = line, .gone = gone, .self = self, .lock.fd = -1, .fd = -1};
    s->path = ond_str_dup(ond_str_of(path));
    if (!s->path) OND_TRY(ond_nomem(err, "listening on a socket"));
    OND_TRY(take_path(s, err));
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0) OND_TRY(ond_file_fail(err, errno, "open a socket for", path));
    OND_TRY(bind_and_listen(s, err));
    *out = s;
    return OND_OK;
out:
    ond_server_close(s);
    return rc;
}

void ond_server_close(ond_server *s)
{
    if (!s) return;
    while (s->peers) let_go(s->peers);
    if (s->rest) ond_loop_cancel(s->loop, s->rest);
    if (s->fd >= 0) {
        ond_loop_unwatch(s->loop, s->fd);
        close(s->fd);
    }
    struct stat st;
    if (s->ino && lstat(s->path, &st) == 0 && st.st_ino == s->ino && st.st_dev == s->dev)
        unlink(s->path);
    ond_lock_drop(&s->lock);
    free(s->path);
    free(s);
}
