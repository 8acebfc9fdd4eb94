/* loop.c - the event loop, by epoll, a heap of timers and a signalfd.
 *
 * 1. Every watch has a generation; an event that was fetched for an older one is dropped. So a
 * handler may remove, replace or close anything, itself included, while other events of the same
 * turn wait.
 * 2. A handler may turn the loop itself. The outer turn then drops what it had still to hand out:
 * epoll is level-triggered here and will tell it again.
 * 3. Timers that a handler adds wait for the next turn, however short they are: descriptors are
 * never starved.
 * 4. A watch for nothing (events 0) is taken out of epoll, which would report a hang-up for ever.
 * 5. Once ond_loop_fd was asked for, a timerfd follows the earliest timer, so that the epoll
 * descriptor tells of timers too. */
#include "sys/loop.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define BATCH 64
#define SIGNALS 65

typedef struct watch {
    ond_fd_fn *fn; /* NULL: not watched */
    void *self;
    unsigned events;
    uint32_t generation;
} watch;

typedef struct timer {
    uint64_t due;   /* steady microseconds */
    uint64_t order; /* of creation; breaks ties */
    int id;
    ond_timer_fn *fn;
    void *self;
} timer;

struct ond_loop {
    int epoll, signals; /* descriptors; signals is -1 until the first */
    int alarm;          /* timerfd, -1 until ond_loop_fd is called */
    watch *watches;     /* by descriptor */
    size_t n_watches;
    timer *heap; /* a binary heap, the earliest at 0 */
    size_t n_timers, cap_timers;
    uint64_t timer_order;
    int timer_id;
    uint64_t turns;
    bool stopping;
    struct {
        ond_signal_fn *fn;
        void *self;
        bool was_blocked;
    } signal[SIGNALS];
    sigset_t mask;
};

int ond_loop_open(ond_loop **out, ond_err *err)
{
    *out = NULL;
    ond_loop *l = calloc(1, sizeof *l);
    if (!l) return ond_nomem(err, "opening the event loop");
    l->signals = -1;
    l->alarm = -1;
    sigemptyset(&l->mask);
    l->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (l->epoll < 0) {
        int saved = errno;
        free(l);
        return ond_file_fail(err, saved, "open", "an event loop");
    }
    *out = l;
    return OND_OK;
}

void ond_loop_close(ond_loop *l)
{
    if (!l) return;
    for (int i = 1; i < SIGNALS; i++)
        if (l->signal[i].fn) (void)!ond_loop_signal(l, i, NULL, NULL, NULL);
    if (l->signals >= 0) close(l->signals);
    if (l->alarm >= 0) close(l->alarm);
    close(l->epoll);
    free(l->watches);
    free(l->heap);
    free(l);
}

/* ---- descriptors ---- */

static int grow_watches(ond_loop *l, int fd, ond_err *err)
{
    if ((size_t)fd < l->n_watches) return OND_OK;
    size_t n = l->n_watches ? l->n_watches : 16;
    while (n <= (size_t)fd) n *= 2;
    watch *grown = realloc(l->watches, n * sizeof *grown);
    if (!grown) return ond_nomem(err, "watching a descriptor");
    memset(grown + l->n_watches, 0, (n - l->n_watches) * sizeof *grown);
    l->watches = grown;
    l->n_watches = n;
    return OND_OK;
}

/* Tells epoll about the watch. The descriptor may have been closed and opened anew since, without
 * our knowing. */
static int tell_epoll(ond_loop *l, int fd, unsigned events, uint32_t generation)
{
    if (events == 0) {
        epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
        return 0;
    }
    struct epoll_event ev = {
        .events = (events & OND_READABLE ? EPOLLIN : 0u) | (events & OND_WRITABLE ? EPOLLOUT : 0u),
        .data.u64 = (uint64_t)generation << 32 | (uint32_t)fd,
    };
    if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &ev) == 0) return 0;
    return errno == ENOENT ? epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev) : -1;
}

int ond_loop_watch(ond_loop *l, int fd, unsigned events, ond_fd_fn *fn, void *self, ond_err *err)
{
    assert(fd >= 0 && fn);
    int rc = grow_watches(l, fd, err);
    if (rc != 0) return rc;
    watch *w = &l->watches[fd];
    uint32_t generation = w->generation + 1;
    if (tell_epoll(l, fd, events, generation) != 0) {
        if (errno == EPERM)
            return ond_fail(
                err, OND_E_INPUT,
                "descriptor %d is a plain file, which is always ready: read it directly", fd);
        return ond_fail(err, errno == ENOMEM ? OND_E_NOMEM : OND_E_IO,
                        "cannot watch descriptor %d: %s", fd, strerror(errno));
    }
    *w = (watch){fn, self, events, generation};
    return OND_OK;
}

void ond_loop_unwatch(ond_loop *l, int fd)
{
    if (fd < 0 || (size_t)fd >= l->n_watches || !l->watches[fd].fn) return;
    watch *w = &l->watches[fd];
    epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd,
              NULL); /* fails when fd is closed already, which did the same */
    *w = (watch){NULL, NULL, 0, w->generation + 1};
}

static int hand_out(ond_loop *l, const struct epoll_event *ev)
{
    uint32_t fd = (uint32_t)ev->data.u64;
    watch w = l->watches[fd];
    if (!w.fn || w.generation != (uint32_t)(ev->data.u64 >> 32)) return 0;
    unsigned events =
        (ev->events & EPOLLIN ? OND_READABLE : 0u) | (ev->events & EPOLLOUT ? OND_WRITABLE : 0u);
    /* A handler that knows only about reading finds the end of file by reading. */
    if (ev->events & (EPOLLHUP | EPOLLERR)) events |= OND_HANGUP | w.events;
    w.fn(w.self, (int)fd, events);
    return 1;
}

/* ---- timers ---- */

static bool before(const timer *a, const timer *b)
{
    return a->due != b->due ? a->due < b->due : a->order < b->order;
}

static void sift_up(timer *heap, size_t i)
{
    timer moving = heap[i];
    while (i > 0 && before(&moving, &heap[(i - 1) / 2])) {
        heap[i] = heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    heap[i] = moving;
}

static void sift_down(timer *heap, size_t n, size_t i)
{
    timer moving = heap[i];
    for (;;) {
        size_t child = 2 * i + 1;
        if (child >= n) break;
        if (child + 1 < n && before(&heap[child + 1], &heap[child])) child++;
        if (!before(&heap[child], &moving)) break;
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moving;
}

static void remove_timer(ond_loop *l, size_t i)
{
    l->n_timers--;
    if (i == l->n_timers) return;
    l->heap[i] = l->heap[l->n_timers];
    sift_down(l->heap, l->n_timers, i);
    sift_up(l->heap, i);
}

static size_t find_timer(const ond_loop *l, int id)
{
    size_t i = 0;
    while (i < l->n_timers && l->heap[i].id != id) i++;
    return i;
}

/* Sets the timerfd, where there is one, to the earliest timer. Zero would disarm it, so what is due
 * is due in 1 ns. */
static void set_alarm(ond_loop *l)
{
    if (l->alarm < 0) return;
    struct itimerspec when = {0};
    if (l->n_timers > 0) {
        when.it_value.tv_sec = (time_t)(l->heap[0].due / 1000000);
        when.it_value.tv_nsec = (long)(l->heap[0].due % 1000000) * 1000 + 1;
    }
    timerfd_settime(l->alarm, TFD_TIMER_ABSTIME, &when, NULL);
}

/* The timer itself is run by the heap, at the end of the turn; only the signal has to go. */
static void on_alarm(void *self, int fd, unsigned events)
{
    (void)self, (void)events;
    uint64_t count;
    while (read(fd, &count, sizeof count) == (ssize_t)sizeof count) continue;
}

int ond_loop_fd(ond_loop *l)
{
    if (l->alarm >= 0) return l->epoll;
    l->alarm = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (l->alarm < 0) return -1;
    if (ond_loop_watch(l, l->alarm, OND_READABLE, on_alarm, l, NULL) != 0) {
        close(l->alarm);
        l->alarm = -1;
        return -1;
    }
    set_alarm(l);
    return l->epoll;
}

int ond_loop_after(ond_loop *l, ond_ms ms, ond_timer_fn *fn, void *self)
{
    if (l->n_timers == l->cap_timers) {
        size_t cap = l->cap_timers ? l->cap_timers * 2 : 16;
        timer *grown = realloc(l->heap, cap * sizeof *grown);
        if (!grown) return 0;
        l->heap = grown;
        l->cap_timers = cap;
    }
    /* Ids are used again after 2^31 timers; one that still runs keeps its own. */
    do l->timer_id = l->timer_id == INT_MAX ? 1 : l->timer_id + 1;
    while (l->timer_order >= INT_MAX && find_timer(l, l->timer_id) < l->n_timers);
    uint64_t wait = ms < 0 ? 0 : ms > INT64_MAX / 2000 ? INT64_MAX / 2 : (uint64_t)ms * 1000;
    l->heap[l->n_timers] = (timer){ond_steady_us() + wait, l->timer_order++, l->timer_id, fn, self};
    sift_up(l->heap, l->n_timers++);
    set_alarm(l);
    return l->timer_id;
}

void ond_loop_cancel(ond_loop *l, int id)
{
    size_t i = find_timer(l, id);
    if (i < l->n_timers) {
        remove_timer(l, i);
        set_alarm(l);
    }
}

static int fire_timers(ond_loop *l)
{
    int fired = 0;
    uint64_t now = ond_steady_us(), newest = l->timer_order;
    while (l->n_timers > 0 && l->heap[0].due <= now && l->heap[0].order < newest) {
        timer t = l->heap[0];
        remove_timer(l, 0);
        t.fn(t.self);
        fired++;
    }
    set_alarm(l);
    return fired;
}

/* ---- signals ---- */

static void on_signal(void *self, int fd, unsigned events)
{
    (void)events;
    ond_loop *l = self;
    struct signalfd_siginfo info;
    while (read(fd, &info, sizeof info) == (ssize_t)sizeof info)
        if (info.ssi_signo < SIGNALS && l->signal[info.ssi_signo].fn)
            l->signal[info.ssi_signo].fn(l->signal[info.ssi_signo].self, (int)info.ssi_signo);
}

static int renew_signalfd(ond_loop *l, ond_err *err)
{
    int fd = signalfd(l->signals, &l->mask, SFD_NONBLOCK | SFD_CLOEXEC);
    if (fd < 0) return ond_fail(err, OND_E_IO, "cannot handle signals: %s", strerror(errno));
    if (l->signals >= 0) return OND_OK;
    int rc = ond_loop_watch(l, fd, OND_READABLE, on_signal, l, err);
    if (rc != 0)
        close(fd);
    else
        l->signals = fd;
    return rc;
}

int ond_loop_signal(ond_loop *l, int signo, ond_signal_fn *fn, void *self, ond_err *err)
{
    assert(signo > 0 && signo < SIGNALS);
    bool had = l->signal[signo].fn != NULL;
    sigset_t one, former;
    sigemptyset(&one);
    sigaddset(&one, signo);
    if (fn && !had) {
        sigaddset(&l->mask, signo);
        int rc = renew_signalfd(l, err);
        if (rc != 0) {
            sigdelset(&l->mask, signo);
            return rc;
        }
        pthread_sigmask(SIG_BLOCK, &one, &former);
        l->signal[signo].was_blocked = sigismember(&former, signo) == 1;
    }
    l->signal[signo].fn = fn;
    l->signal[signo].self = self;
    if (!fn && had) {
        sigdelset(&l->mask, signo);
        (void)!renew_signalfd(l, NULL);
        if (!l->signal[signo].was_blocked) pthread_sigmask(SIG_UNBLOCK, &one, NULL);
    }
    return OND_OK;
}

/* ---- turning ---- */

/* How long epoll may sleep: no longer than `ms`, no longer than to the next timer; rounded up, so
 * that a timer is due when we wake. */
static int sleep_ms(const ond_loop *l, ond_ms ms)
{
    if (ms < 0 || ms > INT_MAX) ms = ms < 0 ? -1 : INT_MAX;
    if (l->n_timers == 0) return (int)ms;
    uint64_t now = ond_steady_us(), due = l->heap[0].due;
    uint64_t wait = due <= now ? 0 : (due - now + 999) / 1000;
    if (wait > INT_MAX) wait = INT_MAX;
    return ms < 0 || (ond_ms)wait < ms ? (int)wait : (int)ms;
}

int ond_loop_turn(ond_loop *l, ond_ms ms)
{
    struct epoll_event events[BATCH];
    int handled = 0, n = epoll_wait(l->epoll, events, BATCH, sleep_ms(l, ms));
    uint64_t turn = ++l->turns;
    for (int i = 0; i < n && l->turns == turn; i++) handled += hand_out(l, &events[i]);
    return handled + fire_timers(l);
}

bool ond_loop_until(ond_loop *l, const bool *done, ond_ms ms)
{
    uint64_t start = ond_steady_us();
    while (!*done) {
        ond_ms spent = (ond_ms)((ond_steady_us() - start) / 1000);
        if (ms >= 0 && spent >= ms) return false;
        ond_loop_turn(l, ms < 0 ? -1 : ms - spent);
    }
    return true;
}

void ond_loop_stop(ond_loop *l)
{
    l->stopping = true;
}

void ond_loop_run(ond_loop *l)
{
    while (!l->stopping) ond_loop_turn(l, -1);
    l->stopping = false;
}
