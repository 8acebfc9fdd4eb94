/* team.c - a persistent team of threads: hand-off by spinning, then yielding, then a futex; and how
 * many of them pay.
 *
 * A member waits on its own word `go` between runs, so that one who is not wanted sleeps on. Inside
 * a run all wait on `met`, which counts barriers: the last to arrive moves it on. Each word has its
 * own count of sleepers, so that moving it on costs one atomic store and one load while nobody
 * sleeps; a spinning hand-off costs 0.5 µs where a futex costs 35.
 *
 * How long to spin: when every member has a core, the others are most likely at work and about to
 * arrive. When there are more members than cores, or a foreign process has taken one, whoever spins
 * keeps another member from working. Which of the two it is shows in what spinning brings: each
 * time in vain halves its length for the whole team, each success lengthens it. Then the core is
 * offered to others (sched_yield), and after PARK_NS the member sleeps: its core is then free for
 * one that was displaced.
 *
 * How many pay: a member that gets only a part a of its core holds its piece of work while it is
 * off it, for milliseconds, and the others wait at the next barrier. So k members do about k × a
 * cores' work, where k - 1 without that one do k - 1. Each member notes the time that it could have
 * run and did not (lost: wall time less processor time less sleep by its own will); the caller
 * weighs these after runs, by windows, and leaves out as many members as have lost too much. Which
 * core is free then is the kernel's business: it moves those that go on there. After a rest one
 * more is tried.
 *
 * Orders: a sleeper adds itself and then looks at the word; a waker moves the word and then looks
 * for sleepers. Both are sequentially consistent, so one of them sees the other. */
#include "sys/team.h"

#include "sys/map.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST = 256,
    LINE = 128,   /* two cache lines: the prefetcher of some processors takes pairs */
    SPINS = 2000, /* most looks before yielding, each with a pause: 20 to 80 µs */
    SPINS_LEAST = 30,
    PARK_NS = 200000,      /* waited so long, a member sleeps */
    LATE_NS = 1000000,     /* waking takes some 50 µs; what takes longer waited for a core */
    NOTE_NS = 500000,      /* noting takes 2 to 4 µs: of shorter runs only some are noted */
    WINDOW_NS = 200000000, /* 50 ms in a second, say, are no reason to go on with fewer */
    TRIAL_NS = 40000000,   /* some turns of two processes on a core, which are 3 to 10 ms */
    REST_NS = 800000000,   /* before one more is tried: what trying costs is then small */
    SETTLE_NS = 100000000, /* one who wakes may first share the caller's core; then it is moved */
};

typedef struct gate {
    _Alignas(LINE) atomic_uint word; /* also the futex */
    atomic_uint sleepers;
    atomic_ullong moved_ns; /* when the word moved while somebody slept */
} gate;

typedef struct seat {
    gate go; /* counts the runs that the member takes part in */
    ond_team *team;
    int index;
    /* the member's own */
    uint64_t begin_ns, cpu_ns, slept_ns; /* of this run */
    long faults;
    atomic_ullong lost_ns; /* grows for ever; the member writes it */
    uint64_t lost_before;  /* at the beginning of the window; the caller's */
} seat;

struct ond_team {
    int size, started, cores;
    bool insists;
    bool closing, noting; /* these are written before `go` moves */
    ond_team_fn *fn;
    void *self;
    int active; /* members of this run */
    uint64_t began_ns;
    pthread_t *thread; /* [size - 1] */
    seat *seat;        /* [size] */
    gate met;
    /* how many pay; the caller's */
    int limit, some; /* at most, now */
    bool trying;
    uint64_t noted_ns, window_ns, try_at_ns, judge_at_ns;
    _Alignas(LINE) atomic_int spins; /* how long spinning pays now; a hint, in any order */
    _Alignas(LINE) atomic_int arrived;
    _Alignas(LINE) atomic_llong next_item; /* first of the shared loop that nobody took */
};

static void pause_spin(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile(
        "isb" ::
            : "memory"); /* `yield` is a no-op on most cores; isb waits some 20 cycles */
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

static uint64_t clock_ns(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t now_ns(void)
{
    return clock_ns(CLOCK_MONOTONIC);
}

/* ---- waiting ---- */

/* Returns for how long sleep was wanted: until the word moved, or until now when that was just now.
 */
static uint64_t park(gate *g, unsigned old)
{
    uint64_t begin = now_ns();
    atomic_fetch_add(&g->sleepers, 1);
    while (atomic_load(&g->word) == old)
        syscall(SYS_futex, &g->word, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
    atomic_fetch_sub(&g->sleepers, 1);
    uint64_t end = now_ns(), moved = atomic_load_explicit(&g->moved_ns, memory_order_relaxed);
    return moved > begin && moved + LATE_NS < end ? moved - begin : end - begin;
}

/* Looks at the word for as long as that has paid lately; true when it moved. */
static bool spin(ond_team *t, gate *g, unsigned old, int most)
{
    int n = atomic_load_explicit(&t->spins, memory_order_relaxed), i = 0;
    while (i < n && atomic_load_explicit(&g->word, memory_order_acquire) == old) {
        pause_spin();
        i++;
    }
    bool moved = i < n;
    int now = moved ? n + n / 4 : n / 2;
    if (now > most) now = most;
    if (now < SPINS_LEAST) now = SPINS_LEAST;
    if (now != n) atomic_store_explicit(&t->spins, now, memory_order_relaxed);
    return moved;
}

/* Returns when the word is no longer `old`; what was written before it moved is then seen. */
static void await(seat *s, gate *g, unsigned old, bool crowded)
{
    if (spin(s->team, g, old, crowded ? SPINS_LEAST : SPINS)) return;
    uint64_t begin = now_ns();
    do {
        sched_yield();
        if (atomic_load_explicit(&g->word, memory_order_acquire) != old) return;
    } while (now_ns() - begin < PARK_NS);
    s->slept_ns += park(g, old);
}

static void move_on(gate *g, unsigned to)
{
    if (atomic_load_explicit(&g->sleepers, memory_order_relaxed) != 0)
        atomic_store_explicit(&g->moved_ns, now_ns(), memory_order_relaxed);
    atomic_store(&g->word, to);
    if (atomic_load(&g->sleepers) != 0)
        syscall(SYS_futex, &g->word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

static void call(seat *s)
{
    move_on(&s->go, atomic_load_explicit(&s->go.word, memory_order_relaxed) + 1);
}

/* ---- meeting and parting ---- */

void ond_member_wait(ond_member *me)
{
    ond_team *t = me->team;
    unsigned here = me->phase++;
    if (me->size == 1) {
        atomic_store_explicit(&t->next_item, 0, memory_order_relaxed);
        return;
    }
    if (atomic_fetch_add_explicit(&t->arrived, 1, memory_order_acq_rel) + 1 < me->size) {
        await(&t->seat[me->index], &t->met, here, me->size > t->cores);
        return;
    }
    /* The last: nobody else runs now, so that what they share can be made ready. */
    atomic_store_explicit(&t->arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&t->next_item, 0, memory_order_relaxed);
    move_on(&t->met, here + 1);
}

bool ond_member_take(ond_member *me, int total, int step, int *begin, int *end)
{
    ond_team *t = me->team;
    if (step < 1) step = 1;
    long long at;
    if (me->size == 1) {
        at = atomic_load_explicit(&t->next_item, memory_order_relaxed);
        atomic_store_explicit(&t->next_item, at + step, memory_order_relaxed);
    } else
        at = atomic_fetch_add_explicit(&t->next_item, step, memory_order_relaxed);
    if (at >= total) return false;
    *begin = (int)at;
    *end = total - at < step ? total : (int)at + step;
    return true;
}

bool ond_member_portion(ond_member *me, int total, int least, int *begin, int *end)
{
    atomic_llong *next = &me->team->next_item;
    long long at = atomic_load_explicit(next, memory_order_relaxed), n;
    if (least < 1) least = 1;
    do {
        long long left = total - at;
        if (left <= 0) return false;
        n = (me->size == 1 ? left : left / (2 * me->size)) & ~1LL;
        if (n < least) n = least < left ? least : left;
    } while (!atomic_compare_exchange_weak_explicit(next, &at, at + n, memory_order_relaxed,
                                                    memory_order_relaxed));
    *begin = (int)at;
    *end = (int)(at + n);
    return true;
}

/* ---- how many pay ---- */

static long major_faults(void)
{
    struct rusage u;
    return getrusage(RUSAGE_THREAD, &u) == 0 ? u.ru_majflt : 0;
}

static void begin_noting(seat *s, uint64_t began)
{
    uint64_t now = now_ns();
    s->begin_ns = now - began > LATE_NS ? began : now;
    s->cpu_ns = clock_ns(CLOCK_THREAD_CPUTIME_ID);
    s->slept_ns = 0;
}

/* A tenth may be interrupts and the like; a run that waited for a disk says nothing of neighbours.
 */
static void note_lost(seat *s)
{
    uint64_t cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID), wall = now_ns() - s->begin_ns,
             had = cpu - s->cpu_ns + s->slept_ns,
             lost = atomic_load_explicit(&s->lost_ns, memory_order_relaxed);
    if (had * 10 > wall * 9) return;
    long faults = major_faults();
    if (faults == s->faults)
        atomic_store_explicit(&s->lost_ns, lost + wall - had, memory_order_relaxed);
    s->faults = faults;
}

/* A new window. Returns how many members lost so much of the last one that the others do as much
 * without one who does: of n a share of 1 / n, with a quarter off for meeting more smoothly. */
static int count_displaced(ond_team *t)
{
    int displaced = 0, n = t->some;
    for (int i = 0; i < t->size; i++) {
        seat *s = &t->seat[i];
        uint64_t lost = atomic_load_explicit(&s->lost_ns, memory_order_relaxed),
                 mine = lost - s->lost_before;
        s->lost_before = lost;
        if (i < n && mine * 10 > t->window_ns && mine * 4 * (uint64_t)n > t->window_ns * 3)
            displaced++;
    }
    t->window_ns = 0;
    return displaced;
}

/* After a run that was noted. */
static void weigh(ond_team *t)
{
    uint64_t now = now_ns();
    t->window_ns += now - t->began_ns;
    bool settled = t->began_ns >= t->judge_at_ns;
    if (settled && t->window_ns < (t->trying ? TRIAL_NS : WINDOW_NS)) return;
    int displaced = count_displaced(t);
    if (!settled) return;
    t->trying = false;
    if (displaced > 0 && t->some > 1) {
        t->some = displaced < t->some ? t->some - displaced : 1;
        t->try_at_ns = now + REST_NS;
    } else if (t->some < t->limit && now >= t->try_at_ns) {
        t->some++;
        t->trying = true;
        t->judge_at_ns = now + SETTLE_NS;
    }
}

/* ---- runs ---- */

/* All barriers of earlier runs are passed, and none of this one before all are in it: `met` stands
 * still here. */
static void take_part(seat *s)
{
    ond_team *t = s->team;
    ond_member me = {t, s->index, t->active,
                     atomic_load_explicit(&t->met.word, memory_order_relaxed)};
    if (t->noting) begin_noting(s, t->began_ns);
    t->fn(t->self, &me);
    if (t->noting) note_lost(s);
    ond_member_wait(&me);
}

static void *work(void *p)
{
    seat *s = p;
    ond_team *t = s->team;
    for (unsigned run = 0;; run++) {
        await(s, &s->go, run, s->index >= t->cores);
        if (t->closing) return NULL;
        take_part(s);
    }
}

/* By the first n members. */
static void run(ond_team *t, ond_team_fn *fn, void *self, int n)
{
    t->fn = fn;
    t->self = self;
    t->active = n;
    t->began_ns = now_ns();
    for (int i = 1; i < n; i++) call(&t->seat[i]);
    take_part(&t->seat[0]);
}

void ond_team_run(ond_team *t, ond_team_fn *fn, void *self)
{
    t->noting = false;
    run(t, fn, self, t->size);
}

void ond_team_run_some(ond_team *t, ond_team_fn *fn, void *self)
{
    uint64_t now = now_ns();
    t->noting = t->limit > 1 && !t->insists && now - t->noted_ns > NOTE_NS;
    if (t->noting) t->noted_ns = now;
    run(t, fn, self, t->some);
    if (t->noting) weigh(t);
}

void ond_team_insist(ond_team *t)
{
    t->insists = true;
    t->limit = t->some = t->size;
}

int ond_team_size(const ond_team *t)
{
    return t->size;
}

/* ---- opening and closing ---- */

void ond_team_close(ond_team *t)
{
    if (!t) return;
    t->closing = true;
    for (int i = 0; i < t->started; i++) call(&t->seat[i + 1]);
    for (int i = 0; i < t->started; i++) pthread_join(t->thread[i], NULL);
    free(t->thread);
    free(t->seat);
    free(t);
}

/* Signals are for the thread that opened the team (and its signalfd): members take none. */
static int start_members(ond_team *t, ond_err *err)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int bad = 0;
    for (int i = 0; i < t->size; i++) {
        t->seat[i].team = t;
        t->seat[i].index = i;
    }
    for (; t->started < t->size - 1 && bad == 0; t->started += bad == 0)
        bad = pthread_create(&t->thread[t->started], NULL, work, &t->seat[t->started + 1]);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (bad == 0) return OND_OK;
    return ond_fail(
        err, bad == ENOMEM ? OND_E_NOMEM : OND_E_FAILED,
        "cannot start thread %d of %d: %s; ask for fewer threads, or look at `ulimit -u`",
        t->started + 2, t->size, strerror(bad));
}

/* Zeroed, on lines of its own. */
static void *lines_alloc(size_t n)
{
    n = (n + LINE - 1) / LINE * LINE;
    void *p = aligned_alloc(LINE, n);
    return p ? memset(p, 0, n) : NULL;
}

int ond_team_open(int threads, ond_team **out, ond_err *err)
{
    *out = NULL;
    int cores = ond_cores();
    if (threads == 0) threads = cores < MOST ? cores : MOST;
    if (threads < 1 || threads > MOST)
        return ond_fail(err, OND_E_INPUT, "%d threads were asked for, and 1 to %d can be had",
                        threads, MOST);
    ond_team *t = lines_alloc(sizeof *t);
    if (!t) return ond_nomem(err, "opening a team of threads");
    t->size = threads;
    t->cores = cores;
    t->limit = t->some = threads < cores ? threads : cores;
    atomic_init(&t->spins, threads > cores ? SPINS_LEAST : SPINS);
    t->thread = calloc((size_t)threads, sizeof *t->thread);
    t->seat = lines_alloc((size_t)threads * sizeof *t->seat);
    int rc =
        t->thread && t->seat ? start_members(t, err) : ond_nomem(err, "opening a team of threads");
    if (rc != 0) {
        ond_team_close(t);
        return rc;
    }
    *out = t;
    return OND_OK;
}
