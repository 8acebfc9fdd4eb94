/* bench_teams.c - one model by teams of several sizes, and by one team beside a foreign process.
 *
 * Usage: bench_teams [--rounds N] [--threads N] teams|busy MODEL…
 *
 * teams: teams of 2, 1, 3 and 8 threads share one packed model and take turns in each round; ratios
 * are to the team of 2 of the same round. 3 and 8 may be more than the cores.
 * busy: the team of --threads alone, then beside a child that spins on one core, then again. The
 * child is in a session of its own, as a foreign program is: where the scheduler shares a core
 * among sessions first (autogroup), that decides how much it gets. It has the scheduling class and
 * weight of the engine. Run this part under the normal class: two real-time threads on a core take
 * turns of 100 ms, which says nothing about a desktop.
 *
 * A figure is what at least SECONDS of work brings, so that what a team does to find out about its
 * neighbours is in it. */
#include "figures.h"
#include "model/model.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PP = 512, TG_FROM = 64, TG_TO = 256, MOST_TEAMS = 4 };
static const double SECONDS = 0.5;

typedef struct crew {
    int size;
    ond_team *team;
    ond_pass *pass;
    double pp[MOST_ROUNDS], tg[MOST_ROUNDS]; /* tokens a second */
} crew;

typedef struct shop {
    ond_gguf *g;
    ond_model *m;
    ond_kv *kv;
    float *logits;
    int32_t ids[PP];
    crew crew[MOST_TEAMS];
    int n_crew;
} shop;

static int rounds = 5, threads = 2;

static void shop_open(shop *s, const char *path, const int *sizes, int n)
{
    ond_err err = {0};
    *s = (shop){.n_crew = n};
    if (ond_gguf_open(path, &s->g, &err) || ond_team_open(sizes[0], &s->crew[0].team, &err))
        die(path, &err);
    ond_model_opts opts = {.team = s->crew[0].team, .packing = OND_PACK_MEMORY};
    if (ond_model_open(s->g, &opts, &s->m, &err) || ond_kv_open(s->m, PP, OND_KV_F16, &s->kv, &err))
        die(path, &err);
    unsigned vocab = (unsigned)ond_model_shape(s->m)->n_vocab;
    for (unsigned i = 0; i < PP; i++) s->ids[i] = (int32_t)((i * 7919 + 13) % (vocab - 8)) + 4;
    s->logits = malloc(vocab * sizeof *s->logits);
    if (!s->logits) exit(1);
    for (int i = 0; i < n; i++) {
        crew *c = &s->crew[i];
        c->size = sizes[i];
        if (!c->team && ond_team_open(c->size, &c->team, &err)) die(path, &err);
        if (ond_pass_open(s->m, c->team, PP, 1, &c->pass, &err)) die(path, &err);
    }
}

static void shop_close(shop *s)
{
    for (int i = 0; i < s->n_crew; i++) ond_pass_close(s->crew[i].pass);
    ond_kv_close(s->kv);
    ond_model_close(s->m);
    for (int i = 0; i < s->n_crew; i++) ond_team_close(s->crew[i].team);
    ond_gguf_close(s->g);
    free(s->logits);
}

static void forward(shop *s, crew *c, int at, int n)
{
    ond_err err = {0};
    ond_span span = {
        .kv = s->kv, .token = s->ids + at, .n = n, .pos = at, .n_out = 1, .out = s->logits};
    if (ond_model_forward(s->m, c->pass, &span, 1, &err)) die("a pass", &err);
}

static double prefill(shop *s, crew *c)
{
    double begin = now_ms(), ms;
    int n = 0;
    do {
        forward(s, c, 0, PP);
        n += PP;
        ms = now_ms() - begin;
    } while (ms < SECONDS * 1e3);
    return n / ms * 1e3;
}

/* Reads a context of TG_FROM first, outside the figure. */
static double decode(shop *s, crew *c)
{
    forward(s, c, 0, TG_FROM);
    double begin = now_ms(), ms;
    int n = 0;
    do {
        forward(s, c, TG_FROM + n % (TG_TO - TG_FROM), 1);
        n++;
        ms = now_ms() - begin;
    } while (ms < SECONDS * 1e3);
    return n / ms * 1e3;
}

/* ---- teams ---- */

static void teams(const char *path)
{
    static const int sizes[MOST_TEAMS] = {2, 1, 3, 8}; /* the first is the measure */
    static shop s;
    shop_open(&s, path, sizes, MOST_TEAMS);
    for (int r = -1; r < rounds; r++) /* round -1 warms up */
        for (int i = 0; i < s.n_crew; i++) {
            s.crew[i].pp[r < 0 ? 0 : r] = prefill(&s, &s.crew[i]);
            s.crew[i].tg[r < 0 ? 0 : r] = decode(&s, &s.crew[i]);
        }
    printf("%s: teams, beside the team of 2\n", file_name(path));
    for (int i = 0; i < s.n_crew; i++) {
        const crew *c = &s.crew[i];
        printf("  %d thread%s  pp512 %5.0f t/s %4.0f %%   tg %6.1f t/s %4.0f %%\n", c->size,
               c->size == 1 ? " " : "s", median(c->pp, rounds),
               100 * median_ratio(c->pp, s.crew[0].pp, rounds), median(c->tg, rounds),
               100 * median_ratio(c->tg, s.crew[0].tg, rounds));
    }
    fflush(stdout);
    shop_close(&s);
}

/* ---- busy ---- */

/* The n-th core (counted round) of those that this process may use. */
static int nth_core(int n)
{
    cpu_set_t may;
    if (sched_getaffinity(0, sizeof may, &may)) return 0;
    n %= CPU_COUNT(&may);
    for (int core = 0; core < CPU_SETSIZE; core++)
        if (CPU_ISSET(core, &may) && n-- == 0) return core;
    return 0;
}

/* The weight of this session among others, where the scheduler has such: -20 … 19. */
static int session_nice(void)
{
    int nice = 0;
    FILE *f = fopen("/proc/self/autogroup", "r");
    if (f && fscanf(f, "%*s nice %d", &nice) != 1) nice = 0;
    if (f) fclose(f);
    return nice;
}

static void set_session_nice(int nice)
{
    FILE *f = fopen("/proc/self/autogroup", "w");
    if (f && fprintf(f, "%d", nice) < 0) exit(1);
    if (f) fclose(f);
}

static pid_t spinner_open(void)
{
    int nice = session_nice();
    pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    set_session_nice(nice);
    raise(SIGSTOP);
    for (volatile unsigned n = 0;; n++) {
    }
}

static void spin_on(pid_t pid, int core)
{
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(core, &one);
    if (sched_setaffinity(pid, sizeof one, &one) || kill(pid, SIGCONT)) exit(1);
}

static void busy(const char *path)
{
    static shop s;
    double quiet[2][MOST_ROUNDS], beside[2][MOST_ROUNDS], after[2][MOST_ROUNDS];
    pid_t neighbour =
        spinner_open(); /* before there is memory that a fork would make copied on write */
    if (neighbour < 0 || waitpid(neighbour, NULL, WUNTRACED) < 0) exit(1);
    shop_open(&s, path, &threads, 1);
    prefill(&s, &s.crew[0]);
    decode(&s, &s.crew[0]);
    for (int r = 0; r < rounds; r++) {
        quiet[0][r] = prefill(&s, &s.crew[0]);
        quiet[1][r] = decode(&s, &s.crew[0]);
        spin_on(neighbour, nth_core(r));
        beside[0][r] = prefill(&s, &s.crew[0]);
        beside[1][r] = decode(&s, &s.crew[0]);
        kill(neighbour, SIGSTOP);
        after[0][r] = prefill(&s, &s.crew[0]);
        after[1][r] = decode(&s, &s.crew[0]);
    }
    kill(neighbour, SIGKILL);
    waitpid(neighbour, NULL, 0);
    printf("%s: %d threads, a foreign process spinning on one core, %s, session at nice %d\n",
           file_name(path), threads,
           sched_getscheduler(0) == SCHED_OTHER ? "normal scheduling"
                                                : "NOT under the normal scheduler",
           session_nice());
    static const char *const name[] = {"pp512", "tg"};
    for (int k = 0; k < 2; k++)
        printf("  %-5s quiet %6.1f t/s   busy %6.1f t/s %4.0f %%   quiet again %4.0f %%\n", name[k],
               median(quiet[k], rounds), median(beside[k], rounds),
               100 * median_ratio(beside[k], quiet[k], rounds),
               100 * median_ratio(after[k], quiet[k], rounds));
    fflush(stdout);
    shop_close(&s);
}

int main(int argc, char **argv)
{
    int at = 1;
    for (; at + 1 < argc && strncmp(argv[at], "--", 2) == 0; at += 2) {
        if (strcmp(argv[at], "--threads") == 0)
            threads = atoi(argv[at + 1]);
        else if (strcmp(argv[at], "--rounds") == 0)
            rounds = atoi(argv[at + 1]);
        else
            return 2;
    }
    if (at >= argc || rounds < 1 || rounds > MOST_ROUNDS || threads < 1) return 2;
    void (*part)(const char *) = strcmp(argv[at], "teams") == 0  ? teams
                                 : strcmp(argv[at], "busy") == 0 ? busy
                                                                 : NULL;
    if (!part) return 2;
    for (at++; at < argc; at++) part(argv[at]);
    return 0;
}
