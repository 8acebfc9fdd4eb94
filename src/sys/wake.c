/* wake.c - two timerfds behind one epoll descriptor. */
#include "sys/wake.h"
#include "sys/file.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define FAR_S                                                                                      \
    (10ll * 366 * 86400) /* no timer waits longer at a stretch; who sets it looks again then */

struct ond_wake {
    int epoll, elapsed, wall;
};

static int add(ond_wake *w, int clock, int *fd)
{
    struct epoll_event ev = {.events = EPOLLIN};
    *fd = timerfd_create(clock, TFD_NONBLOCK | TFD_CLOEXEC);
    if (*fd < 0) return -1;
    ev.data.fd = *fd;
    return epoll_ctl(w->epoll, EPOLL_CTL_ADD, *fd, &ev);
}

int ond_wake_open(ond_wake **out, ond_err *err)
{
    *out = NULL;
    ond_wake *w = malloc(sizeof *w);
    if (!w) return ond_nomem(err, "opening a timer");
    *w = (ond_wake){.elapsed = -1, .wall = -1, .epoll = epoll_create1(EPOLL_CLOEXEC)};
    if (w->epoll < 0 || add(w, CLOCK_BOOTTIME, &w->elapsed) != 0 ||
        add(w, CLOCK_REALTIME, &w->wall) != 0) {
        int saved = errno;
        ond_wake_close(w);
        return ond_file_fail(err, saved, "open", "a timer");
    }
    *out = w;
    return OND_OK;
}

void ond_wake_close(ond_wake *w)
{
    if (!w) return;
    if (w->elapsed >= 0) close(w->elapsed);
    if (w->wall >= 0) close(w->wall);
    if (w->epoll >= 0) close(w->epoll);
    free(w);
}

int ond_wake_fd(const ond_wake *w)
{
    return w->epoll;
}

/* Zero would disarm a timerfd, so "at once" is in 1 ns; an instant that cannot be is far away. */
static struct itimerspec spec(ond_ms ms)
{
    struct itimerspec s = {0};
    s.it_value.tv_sec = (time_t)(ms / 1000);
    s.it_value.tv_nsec = (long)(ms % 1000) * 1000000 + 1;
    return s;
}

void ond_wake_set(ond_wake *w, ond_ms in, ond_ms at)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    ond_ms far_at = ((ond_ms)now.tv_sec + FAR_S) * 1000;
    if (in < 0) in = 0;
    if (in > FAR_S * 1000) in = FAR_S * 1000;
    if (at < 0) at = 0;
    if (at > far_at)
        at = far_at; /* armed in any case: being cancelled tells that the clock was set */
    struct itimerspec elapsed = spec(in), wall = spec(at);
    timerfd_settime(w->elapsed, 0, &elapsed, NULL);
    timerfd_settime(w->wall, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &wall, NULL);
}

/* A read fails with ECANCELED where the wall clock was set. */
static bool take(int fd)
{
    uint64_t count;
    return read(fd, &count, sizeof count) == (ssize_t)sizeof count || errno == ECANCELED;
}

bool ond_wake_take(ond_wake *w)
{
    bool elapsed = take(w->elapsed), wall = take(w->wall);
    return elapsed || wall;
}
