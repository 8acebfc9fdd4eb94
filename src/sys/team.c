/* team.c - a persistent team of threads: hand-off by spinning, then yielding, then a futex.
 *
 * Two words matter. `go` counts runs: the members wait on it between runs. `met` counts barriers: members wait on it inside
 * a run, and the last to arrive moves it on. Each word has its own count of sleepers, so that moving it on costs one atomic
 * store and one load while nobody sleeps; a spinning hand-off costs 0.5 µs where a futex costs 35.
 *
 * How long to spin: when every member has a core, the others are most likely at work and about to arrive. When there are more
 * members than cores, or a foreign process has taken one, whoever spins keeps another member from working. Which of the two it
 * is shows in what spinning brings: each time in vain halves its length for the whole team, each success lengthens it. Then the
 * core is offered to others (sched_yield), and after PARK_NS the member sleeps: its core is then free for one that was displaced.
 *
 * Orders: a sleeper adds itself and then looks at the word; a waker moves the word and then looks for sleepers. Both are
 * sequentially consistent, so one of them sees the other. */
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
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum {
    MOST = 256,
    LINE = 128,        /* two cache lines: the prefetcher of some processors takes pairs */
    SPINS = 2000,      /* most looks before yielding, each with a pause: 20 to 80 µs */
    SPINS_LEAST = 30,
    PARK_NS = 200000,  /* waited so long, a member sleeps */
};

typedef struct gate {
    _Alignas(LINE) atomic_uint word; /* also the futex */
    atomic_uint sleepers;
} gate;

struct ond_team {
    int size, started;
    int spins_most;        /* SPINS_LEAST when members outnumber the cores */
    bool closing;          /* written before `go` moves */
    ond_team_fn *fn;       /* likewise */
    void *self;
    pthread_t *thread;     /* [size - 1] */
    struct seat *seat;     /* [size - 1] */
    gate go, met;
    _Alignas(LINE) atomic_int spins;  /* how long spinning pays now; a hint, in any order */
    _Alignas(LINE) atomic_int arrived;
    _Alignas(LINE) atomic_llong next; /* first item of the shared loop that nobody took */
};

typedef struct seat {
    ond_team *team;
    int index;
} seat;

static void pause_spin(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" ::: "memory"); /* `yield` is a no-op on most cores; isb waits some 20 cycles */
#else
    atomic_signal_fence(memory_order_seq_cst);
#endif
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void park(gate *g, unsigned old)
{
    atomic_fetch_add(&g->sleepers, 1);
    while (atomic_load(&g->word) == old)
        syscall(SYS_futex, &g->word, FUTEX_WAIT_PRIVATE, old, NULL, NULL, 0);
    atomic_fetch_sub(&g->sleepers, 1);
}

/* Looks at the word for as long as that has paid lately; true when it moved. */
static bool spin(ond_team *t, gate *g, unsigned old)
{
    int n = atomic_load_explicit(&t->spins, memory_order_relaxed), i = 0;
    while (i < n && atomic_load_explicit(&g->word, memory_order_acquire) == old) {
        pause_spin();
        i++;
    }
    bool moved = i < n;
    int now = moved ? n + n / 4 : n / 2;
    if (now > t->spins_most) now = t->spins_most;
    if (now < SPINS_LEAST) now = SPINS_LEAST;
    if (now != n) atomic_store_explicit(&t->spins, now, memory_order_relaxed);
    return moved;
}

/* Returns when the word is no longer `old`; what was written before it moved is then seen. */
static void await(ond_team *t, gate *g, unsigned old)
{
    if (spin(t, g, old)) return;
    uint64_t begin = now_ns();
    do {
        sched_yield();
        if (atomic_load_explicit(&g->word, memory_order_acquire) != old) return;
    } while (now_ns() - begin < PARK_NS);
    park(g, old);
}

static void move_on(gate *g, unsigned to)
{
    atomic_store(&g->word, to);
    if (atomic_load(&g->sleepers) != 0)
        syscall(SYS_futex, &g->word, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

void ond_member_wait(ond_member *me)
{
    ond_team *t = me->team;
    unsigned here = me->phase++;
    if (t->size == 1) {
        atomic_store_explicit(&t->next, 0, memory_order_relaxed);
        return;
    }
    if (atomic_fetch_add_explicit(&t->arrived, 1, memory_order_acq_rel) + 1 < t->size) {
        await(t, &t->met, here);
        return;
    }
    /* The last: nobody else runs now, so that what they share can be made ready. */
    atomic_store_explicit(&t->arrived, 0, memory_order_relaxed);
    atomic_store_explicit(&t->next, 0, memory_order_relaxed);
    move_on(&t->met, here + 1);
}

bool ond_member_take(ond_member *me, int total, int step, int *begin, int *end)
{
    ond_team *t = me->team;
    if (step < 1) step = 1;
    long long at;
    if (t->size == 1) {
        at = atomic_load_explicit(&t->next, memory_order_relaxed);
        atomic_store_explicit(&t->next, at + step, memory_order_relaxed);
    } else
        at = atomic_fetch_add_explicit(&t->next, step, memory_order_relaxed);
    if (at >= total) return false;
    *begin = (int)at;
    *end = total - at < step ? total : (int)at + step;
    return true;
}

/* All barriers of earlier runs are passed, and none of this one before all are in it: `met` stands still here. */
static ond_member member_of(ond_team *t, int index)
{
    return (ond_member){t, index, t->size, atomic_load_explicit(&t->met.word, memory_order_relaxed)};
}

static void *work(void *p)
{
    seat *s = p;
    ond_team *t = s->team;
    for (unsigned run = 0;; run++) {
        await(t, &t->go, run);
        if (t->closing) return NULL;
        ond_member me = member_of(t, s->index);
        t->fn(t->self, &me);
        ond_member_wait(&me);
    }
}

void ond_team_run(ond_team *t, ond_team_fn *fn, void *self)
{
    ond_member me = member_of(t, 0);
    if (t->size > 1) {
        t->fn = fn;
        t->self = self;
        move_on(&t->go, atomic_load_explicit(&t->go.word, memory_order_relaxed) + 1);
    }
    fn(self, &me);
    ond_member_wait(&me);
}

int ond_team_size(const ond_team *t) { return t->size; }

void ond_team_close(ond_team *t)
{
    if (!t) return;
    t->closing = true;
    move_on(&t->go, atomic_load_explicit(&t->go.word, memory_order_relaxed) + 1);
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
    for (; t->started < t->size - 1 && bad == 0; t->started += bad == 0) {
        t->seat[t->started] = (seat){t, t->started + 1};
        bad = pthread_create(&t->thread[t->started], NULL, work, &t->seat[t->started]);
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (bad == 0) return OND_OK;
    return ond_fail(err, bad == ENOMEM ? OND_E_NOMEM : OND_E_FAILED,
                    "cannot start thread %d of %d: %s; ask for fewer threads, or look at `ulimit -u`",
                    t->started + 2, t->size, strerror(bad));
}

int ond_team_open(int threads, ond_team **out, ond_err *err)
{
    *out = NULL;
    int cores = ond_cores();
    if (threads == 0) threads = cores < MOST ? cores : MOST;
    if (threads < 1 || threads > MOST)
        return ond_fail(err, OND_E_INPUT, "%d threads were asked for, and 1 to %d can be had",
                        threads, MOST);
    ond_team *t = aligned_alloc(LINE, (sizeof *t + LINE - 1) / LINE * LINE);
    if (!t) return ond_nomem(err, "opening a team of threads");
    memset(t, 0, sizeof *t);
    t->size = threads;
    t->spins_most = threads > cores ? SPINS_LEAST : SPINS;
    atomic_init(&t->spins, t->spins_most);
    t->thread = calloc((size_t)threads, sizeof *t->thread);
    t->seat = calloc((size_t)threads, sizeof *t->seat);
    int rc = t->thread && t->seat ? start_members(t, err)
                                  : ond_nomem(err, "opening a team of threads");
    if (rc != 0) {
        ond_team_close(t);
        return rc;
    }
    *out = t;
    return OND_OK;
}
