/* bench_engine.c - our engine beside llama.cpp (and ik_llama.cpp): same file, same threads, in turns; medians of ratios.
 *
 * Usage: bench_engine [--threads N] [--rounds N] [--peer NAME COMMAND]… MODEL…
 * A COMMAND is run by sh with the model's path in $MODEL and the threads in $THREADS; it speaks the timing questions of
 * tests/peer/llama_peer.c. Each round asks every question of every engine in turn; a ratio is taken within its round, so that what
 * the machine does meanwhile falls on both. Bandwidth is measured in each round right before decoding, and its share is the
 * median of the rounds' too. Run it under `chrt -r 5` on a shared machine. */
#include "figures.h"

#include "cli/bandwidth.h"
#include "model/model.h"

#include <ondol.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MOST_PEERS = 4, N_QUESTIONS = 6, DECODE = 1, TG = 48, CTX = 1024, SESSIONS = 4 };

typedef struct question {
    const char *name, *ask;
} question;

static const question questions[N_QUESTIONS] = {
    {"pp512", "pp 512\n"}, {"tg48", "tg 48\n"}, {"batch1", "batch 1\n"}, {"batch8", "batch 8\n"}, {"many1", "many 1 32\n"}, {"many4", "many 4 32\n"},
};

typedef struct peer {
    const char *name, *command;
    FILE *to, *from;
    pid_t pid;
    double ms[N_QUESTIONS][MOST_ROUNDS];
} peer;

typedef struct own {
    ond_engine *e;
    ond_session *s[SESSIONS];
    /* the same model without an engine around it: a pass with the logits of all its tokens is what checking guesses costs */
    ond_gguf *g;
    ond_team *team;
    ond_model *m;
    ond_kv *kv;
    ond_pass *pass;
    float *logits;
    int32_t ids[CTX];
    double ms[N_QUESTIONS][MOST_ROUNDS];
} own;

static int rounds = 5, threads = 2;

/* ---- ours ---- */

static void own_open(own *o, const char *path)
{
    ond_err err = {0};
    ond_about about;
    if (ond_engine_open(&(ond_engine_opts){.path = path, .ctx = CTX, .sessions = SESSIONS, .threads = threads, .pack = "memory"}, &o->e, &err))
        die(path, &err);
    ond_engine_about(o->e, &about);
    for (int i = 0; i < CTX; i++) o->ids[i] = (int32_t)((unsigned)(i * 7919 + 13) % (unsigned)(about.n_vocab - 8)) + 4;
    for (int i = 0; i < SESSIONS; i++)
        if (ond_session_open(o->e, &o->s[i], &err)) die(path, &err);
    o->logits = malloc((size_t)about.n_vocab * 8 * sizeof *o->logits);
    if (!o->logits || ond_gguf_open(path, &o->g, &err) || ond_team_open(threads, &o->team, &err) ||
        ond_model_open(o->g, &(ond_model_opts){.team = o->team, .packing = OND_PACK_MEMORY}, &o->m, &err) ||
        ond_kv_open(o->m, CTX, OND_KV_F16, &o->kv, &err) || ond_pass_open(o->m, o->team, 64, 8, &o->pass, &err))
        die(path, &err);
}

static void own_close(own *o)
{
    for (int i = 0; i < SESSIONS; i++) ond_session_close(o->s[i]);
    ond_engine_close(o->e);
    ond_pass_close(o->pass);
    ond_kv_close(o->kv);
    ond_model_close(o->m);
    ond_team_close(o->team);
    ond_gguf_close(o->g);
    free(o->logits);
}

static int run_from(own *o, int at, int n, ond_err *err)
{
    const float *logits;
    int rc = ond_session_feed(o->s[0], o->ids + at, (size_t)n, err);
    return rc ? rc : ond_session_logits(o->s[0], &logits, err);
}

static int prompt(own *o, int n, double *ms, ond_err *err)
{
    double t = now_ms();
    int rc = run_from(o, 0, n, err);
    *ms = now_ms() - t;
    return rc;
}

static int answer(own *o, double *ms, ond_err *err)
{
    int rc = run_from(o, 0, 1, err);
    double t = now_ms();
    for (int i = 0; i < TG && rc == 0; i++) rc = run_from(o, 1 + i, 1, err);
    *ms = (now_ms() - t) / TG;
    return rc;
}

/* n tokens in one pass after 64, logits of all. */
static int batch(own *o, int n, double *ms, ond_err *err)
{
    int rc = ond_model_forward(o->m, o->pass, &(ond_span){.kv = o->kv, .token = o->ids, .n = 64, .n_out = 1, .out = o->logits}, 1, err);
    ond_span span = {.kv = o->kv, .token = o->ids + 64, .n = n, .pos = 64, .n_out = n, .out = o->logits};
    double t = now_ms();
    if (rc == 0) rc = ond_model_forward(o->m, o->pass, &span, 1, err);
    *ms = now_ms() - t;
    return rc;
}

static int many(own *o, int n, double *ms, ond_err *err)
{
    enum { STEPS = 32 };
    int rc = 0, pending = 0;
    for (int s = 0; s < n; s++) ond_session_truncate(o->s[s], 0);
    double t = now_ms();
    for (int i = 0; i < STEPS && rc == 0; i++) {
        for (int s = 0; s < n && rc == 0; s++) rc = ond_session_feed(o->s[s], o->ids + i + s, 1, err);
        do
            if (rc == 0) rc = ond_engine_step(o->e, 0, &pending, err);
        while (rc == 0 && pending > 0);
    }
    *ms = (now_ms() - t) / STEPS;
    return rc;
}

static double own_ask(own *o, int q)
{
    ond_err err = {0};
    double ms = 0;
    for (int s = 0; s < SESSIONS; s++) ond_session_truncate(o->s[s], 0);
    int rc = q == 0 ? prompt(o, 512, &ms, &err) : q == 1 ? answer(o, &ms, &err) : q == 2 ? batch(o, 1, &ms, &err) : q == 3 ? batch(o, 8, &ms, &err)
             : q == 4 ? many(o, 1, &ms, &err) : many(o, 4, &ms, &err);
    if (rc) die(questions[q].name, &err);
    return ms;
}

/* ---- theirs ---- */

static int peer_open(peer *p, const char *model)
{
    int in[2], out[2];
    char line[128], n[16];
    /* closed on exec, or one peer would keep another's input open for ever */
    if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) return -1;
    snprintf(n, sizeof n, "%d", threads);
    p->pid = fork();
    if (p->pid == 0) {
        dup2(in[0], 0);
        dup2(out[1], 1);
        setenv("MODEL", model, 1);
        setenv("THREADS", n, 1);
        execl("/bin/sh", "sh", "-c", p->command, (char *)NULL);
        _exit(127);
    }
    close(in[0]), close(out[1]);
    p->to = fdopen(in[1], "w");
    p->from = fdopen(out[0], "r");
    return p->to && p->from && fgets(line, sizeof line, p->from) && strncmp(line, "ready", 5) == 0 ? 0 : -1;
}

static void peer_close(peer *p)
{
    if (p->to) fclose(p->to);
    if (p->from) fclose(p->from);
    if (p->pid > 0) waitpid(p->pid, NULL, 0);
    p->to = p->from = NULL;
    p->pid = 0;
}

static double peer_ask(peer *p, int q)
{
    char line[128];
    fputs(questions[q].ask, p->to);
    fflush(p->to);
    double ms = fgets(line, sizeof line, p->from) ? strtod(line, NULL) : 0;
    if (ms > 0) return ms;
    fprintf(stderr, "bench_engine: %s failed at %s", p->name, questions[q].ask);
    exit(1);
}

/* ---- tables ---- */

static double middle(const double *v) { return median(v, rounds); }

static double ratio(const double *theirs, const double *ours) { return median_ratio(theirs, ours, rounds); }

static void print(const char *path, const own *o, const peer *peers, int n_peer, const double *bandwidth, uint64_t bytes)
{
    printf("%s: pp512 %.0f t/s, tg %.1f t/s", file_name(path), 512e3 / middle(o->ms[0]), 1e3 / middle(o->ms[1]));
    double share[MOST_ROUNDS];
    for (int r = 0; r < rounds; r++) share[r] = 100 * (double)bytes / o->ms[DECODE][r] * 1e3 / bandwidth[r];
    printf("; weights %.0f MB a token: %.1f GB/s, %.0f %% of %.1f GB/s", (double)bytes / 1e6, (double)bytes / middle(o->ms[DECODE]) / 1e6,
           middle(share), middle(bandwidth) / 1e9);
    printf("; batch of 8 %.2f x one; 4 sessions %.2f x the tokens of one\n", ratio(o->ms[3], o->ms[2]), 4 / ratio(o->ms[5], o->ms[4]));
    for (int i = 0; i < n_peer; i++) {
        const peer *p = &peers[i];
        if (!p->from) continue;
        printf("  against %-9s pp512 %5.2f x (%.0f t/s)  tg %5.2f x (%.1f t/s)  its batch of 8 %.2f x one\n", p->name, ratio(p->ms[0], o->ms[0]),
               512e3 / middle(p->ms[0]), ratio(p->ms[1], o->ms[1]), 1e3 / middle(p->ms[1]), ratio(p->ms[3], p->ms[2]));
    }
    fflush(stdout);
}

static void bench(const char *path, peer *peers, int n_peer)
{
    static own o;
    ond_err err = {0};
    double bandwidth[MOST_ROUNDS] = {0};
    memset(&o, 0, sizeof o);
    own_open(&o, path);
    const ond_memory *m = ond_engine_memory(o.e);
    for (int i = 0; i < n_peer; i++)
        if (peer_open(&peers[i], path)) {
            fprintf(stderr, "bench_engine: %s cannot run %s\n", peers[i].name, path);
            peer_close(&peers[i]);
        }
    for (int r = -1; r < rounds; r++) {        /* round -1 warms up */
        for (int q = 0; q < N_QUESTIONS; q++) {
            if (q == DECODE && ond__bandwidth(threads, 0.5, 0, &bandwidth[r < 0 ? 0 : r], &err)) die("bandwidth", &err);
            double ours = own_ask(&o, q);
            if (r >= 0) o.ms[q][r] = ours;
            for (int i = 0; i < n_peer; i++) {
                if (!peers[i].from) continue;
                double theirs = peer_ask(&peers[i], q);
                if (r >= 0) peers[i].ms[q][r] = theirs;
            }
        }
    }
    print(path, &o, peers, n_peer, bandwidth, m->weights_packed);
    own_close(&o);
    for (int i = 0; i < n_peer; i++) peer_close(&peers[i]);
}

int main(int argc, char **argv)
{
    static peer peers[MOST_PEERS];
    int n_peer = 0, at = 1;
    for (; at < argc && strncmp(argv[at], "--", 2) == 0; at++) {
        if (strcmp(argv[at], "--threads") == 0 && at + 1 < argc) threads = atoi(argv[++at]);
        else if (strcmp(argv[at], "--rounds") == 0 && at + 1 < argc) rounds = atoi(argv[++at]);
        else if (strcmp(argv[at], "--peer") == 0 && at + 2 < argc && n_peer < MOST_PEERS) {
            peers[n_peer++] = (peer){.name = argv[at + 1], .command = argv[at + 2]};
            at += 2;
        } else return 2;
    }
    if (rounds < 1 || rounds > MOST_ROUNDS || threads < 1) return 2;
    for (; at < argc; at++) bench(argv[at], peers, n_peer);
    return 0;
}
