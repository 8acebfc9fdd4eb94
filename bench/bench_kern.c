/* bench_kern.c - quantised matmul by type, tokens and threads, beside the machine's limits.
 *
 *   bench_kern [-k KERNEL_SET] [-c COLUMNS] [-m MEGABYTES] [-r ROUNDS] [-4] [TYPE …]
 *
 * Each round measures, one after another, the bandwidth (all threads reading huge pages in order),
 * the peak of vpdpbusd, and each count of tokens; medians of rounds are shown. One to sixteen
 * tokens stream a matrix larger than the caches
 * (-m, default 96 MB; -4: on pages of 4 KiB); 96 and 512 tokens meet its first 4,096 rows. Run it
 * under chrt -r 5 on a machine that is not quiet. */
#include "kern/kern.h"
#include "kern/pack.h"
#include "sys/map.h"
#include "sys/team.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { MAX_ROUNDS = 101, N_COUNTS = 7, ROWS = OND_PANEL_ROWS };
static const int counts[N_COUNTS] = {1, 2, 4, 8, 16, 96, 512};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *v, int n)
{
    qsort(v, (size_t)n, sizeof *v, by_value);
    return n % 2 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* ---- the machine's limits ---- */

typedef struct area {
    const unsigned char *p;
    size_t n;
} area;

static volatile uint64_t sink;

#if defined __x86_64__
#define WIDE __attribute__((target("avx512f,avx512vnni,avx2")))
#else
#define WIDE
#endif
typedef uint64_t line __attribute__((vector_size(64), aligned(64), may_alias));

/* In order, prefetched 4 KiB ahead; pieces of 1 MiB to whoever is free. */
WIDE static void read_all(void *self, ond_member *me)
{
    const area *a = self;
    int begin, end;
    line sum[4] = {{0}};
    while (ond_member_take(me, (int)(a->n >> 20), 1, &begin, &end))
        for (const unsigned char *p = a->p + ((size_t)begin << 20); p < a->p + ((size_t)end << 20);
             p += 256) {
            for (uintptr_t i = 0; i < 256; i += 64)
                __builtin_prefetch((const void *)((uintptr_t)p + 4096 + i));
            const line *v = (const line *)(const void *)p;
            sum[0] ^= v[0];
            sum[1] ^= v[1];
            sum[2] ^= v[2];
            sum[3] ^= v[3];
        }
    line all = sum[0] ^ sum[1] ^ sum[2] ^ sum[3];
    sink = all[0] ^ all[7];
}

#if defined __x86_64__
/* Twelve independent vpdpbusd a turn, 2 × 64 operations each. */
WIDE static void multiply(void *self, ond_member *me)
{
    (void)me;
    long n = *(const long *)self;
#define MUL(i) "vpdpbusd %%zmm31, %%zmm30, %%zmm" #i "\n\t"
    __asm__ volatile("1:\n\t" MUL(0) MUL(1) MUL(2) MUL(3) MUL(4) MUL(5) MUL(6) MUL(7) MUL(8) MUL(9)
                         MUL(10) MUL(11) "dec %0\n\tjnz 1b"
                     : "+r"(n)
                     :
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8",
                       "xmm9", "xmm10", "xmm11", "cc");
}
#endif

static double bandwidth(ond_team *team, area *a)
{
    double t = now();
    ond_team_run(team, read_all, a);
    return (double)a->n / (now() - t) * 1e-9;
}

static double peak(ond_team *team)
{
#if defined __x86_64__
    if (__builtin_cpu_supports("avx512vnni")) {
        long n = 200000;
        double t = now();
        ond_team_run(team, multiply, &n);
        return (double)n * 12 * 128 * ond_team_size(team) / (now() - t) * 1e-9;
    }
#endif
    (void)team;
    return NAN;
}

/* ---- one matrix ---- */

typedef struct job {
    const ond_kern *k;
    ond_weight w;
    ond_acts acts;
    float *y;
    int n_panel, step;
} job;

static void work(void *self, ond_member *me)
{
    job *j = self;
    int begin, end;
    while (ond_member_take(me, j->n_panel, j->step, &begin, &end))
        j->k->matmul(&j->w, &j->acts, begin, end, j->y, (size_t)j->n_panel * ROWS, false);
}

static double seconds(ond_team *team, job *j, int n_tok)
{
    int total = ond_panels(&j->w), small = 4096 / ROWS;
    j->n_panel = n_tok >= 96 && total > small ? small : total;
    j->step = n_tok >= 96 ? 8 : j->n_panel / 64 + 1;
    j->acts.n_tok = n_tok;
    double t = now();
    ond_team_run(team, work, j);
    return now() - t;
}

static void random_weights(ond_type t, int n_row, int n_col, unsigned char *packed)
{
    size_t row = ond_type_row_bytes(t, (uint64_t)n_col), panel = ond_pack_panel_bytes(t, n_col);
    unsigned char *plain = malloc(row * ROWS);
    if (!plain) exit(1);
    for (size_t i = 0; i < row * ROWS; i++)
        plain[i] = (unsigned char)((unsigned)rand() >> 8 & 0x3f); /* finite as f16, bf16, f32 */
    for (size_t i = 0; t == OND_MXFP4 && i < row * ROWS; i += 17) plain[i] = 120;
    ond_pack_panels(t, plain, ROWS, n_col, 0, 1, packed, 0);
    for (int p = 1; p < n_row / ROWS; p++) memcpy(packed + (size_t)p * panel, packed, panel);
    free(plain);
}

typedef struct options {
    const ond_kern *k;
    int n_col, rounds, threads;
    size_t bytes;
    bool huge;
} options;

static job job_new(const options *o, ond_type t)
{
    size_t panel = ond_pack_panel_bytes(t, o->n_col);
    int n_panel = (int)(o->bytes / panel);
    job j = {.k = o->k, .w = {t, OND_PANEL, n_panel * ROWS, o->n_col, NULL, panel, 0}};
    unsigned char *packed = ond_pages_alloc((size_t)n_panel * panel, o->huge);
    j.y = malloc((size_t)j.w.n_row * 512 * sizeof *j.y);
    float *x = malloc((size_t)512 * (size_t)o->n_col * sizeof *x);
    j.acts = (ond_acts){o->k->acts_kind(t), 512, o->n_col, NULL};
    j.acts.data = ond_pages_alloc(o->k->acts_bytes(j.acts.kind, 512, o->n_col), true);
    if (!packed || !j.y || !x || !j.acts.data) exit(1);
    random_weights(t, j.w.n_row, o->n_col, packed);
    for (int i = 0; i < 512 * o->n_col; i++) x[i] = (float)(rand() % 2001 - 1000) / 1000;
    j.w.data = packed;
    o->k->acts_put(&j.acts, x, (size_t)o->n_col, 0, 512);
    free(x);
    return j;
}

static void job_free(job *j)
{
    ond_pages_free((void *)(uintptr_t)j->w.data, (size_t)ond_panels(&j->w) * j->w.stride);
    ond_pages_free(j->acts.data, j->k->acts_bytes(j->acts.kind, 512, j->w.n_col));
    free(j->y);
}

static void measure(const options *o, ond_team *team, area *a, ond_type t)
{
    job j = job_new(o, t);
    static double took[N_COUNTS][MAX_ROUNDS], gbs[MAX_ROUNDS], gops[MAX_ROUNDS], share[MAX_ROUNDS];
    double bytes = (double)ond_panels(&j.w) * (double)j.w.stride * 1e-9;
    for (int c = 0; c < N_COUNTS; c++) seconds(team, &j, counts[c]);
    for (int r = 0; r < o->rounds; r++) {
        gops[r] = peak(team);
        gbs[r] = bandwidth(team, a);
        for (int c = 0; c < N_COUNTS; c++) took[c][r] = seconds(team, &j, counts[c]);
        share[r] = bytes / took[0][r] / gbs[r];
    }
    double one = took[0][0];
    for (int c = 0; c < N_COUNTS; c++) {
        double s = median(took[c], o->rounds);
        seconds(team, &j, counts[c]); /* sets n_panel */
        double ops = 2.0 * j.n_panel * ROWS * o->n_col * counts[c] * 1e-9 / s;
        if (c == 0) one = s;
        if (c == 0)
            printf("%-7s %d  %5.1f GB/s %3.0f%%", ond_type_name((uint32_t)t), o->threads, bytes / s,
                   100 * median(share, o->rounds));
        else if (counts[c] <= 16)
            printf("  %d: x%.2f", counts[c], s / one);
        else
            printf("  %d: %.0f GOP/s %.0f%%", counts[c], ops, 100 * ops / median(gops, o->rounds));
    }
    printf("\n");
    fflush(stdout);
    job_free(&j);
}

static void run_threads(const options *o, int n, char **types, area *a)
{
    ond_team *team;
    ond_err err;
    if (ond_team_open(o->threads, &team, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        exit(1);
    }
    double g[5], p[5];
    for (int i = 0; i < 5; i++) {
        g[i] = bandwidth(team, a);
        p[i] = peak(team);
    }
    printf("%d thread%s: %s, %.1f GB/s, vpdpbusd %.0f GOP/s; one token: bandwidth; n: time of n "
           "tokens over one; GEMM\n",
           o->threads, o->threads == 1 ? "" : "s", o->k->name, median(g, 5), median(p, 5));
    for (int i = 0; i < ond_type_count(); i++) {
        bool wanted = n == 0;
        for (int w = 0; w < n; w++)
            wanted = wanted || strcasecmp(types[w], ond_type_name((uint32_t)ond_type_at(i))) == 0;
        if (wanted) measure(o, team, a, ond_type_at(i));
    }
    ond_team_close(team);
}

int main(int argc, char **argv)
{
    options o = {.n_col = 2048, .rounds = 7, .bytes = 96u << 20, .huge = true};
    ond_err err;
    if (ond_kern_pick(&o.k, &err) != 0) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    for (int c; (c = getopt(argc, argv, "k:c:m:r:4")) != -1;) {
        if (c == 'k') o.k = ond_kern_named(optarg);
        if (c == 'c') o.n_col = atoi(optarg);
        if (c == 'm') o.bytes = (size_t)atoi(optarg) << 20;
        if (c == 'r') o.rounds = atoi(optarg) < MAX_ROUNDS ? atoi(optarg) : MAX_ROUNDS;
        if (c == '4') o.huge = false;
    }
    if (!o.k || !o.k->panels || o.n_col < 256 || o.n_col % 256 || o.rounds < 1) {
        fprintf(stderr, "bench_kern [-k kernel set that reads panels] [-c columns, a multiple of "
                        "256] [-m MB] [-r rounds] [-4] [type ...]\n");
        return 1;
    }
    size_t n = (size_t)128 << 20;
    area a = {ond_pages_alloc(n, true), n};
    if (!a.p) return 1;
    memset((void *)(uintptr_t)a.p, 1, n);
    int most = ond_cores() < 2 ? 1 : 2;
    for (o.threads = 1; o.threads <= most; o.threads++)
        run_threads(&o, argc - optind, argv + optind, &a);
    ond_pages_free((void *)(uintptr_t)a.p, n);
    return 0;
}
