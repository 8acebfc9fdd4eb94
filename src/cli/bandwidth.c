/* bandwidth.c - how fast this machine reads memory: large sequential streams, huge pages, software prefetch. */
#include "cli/bandwidth.h"

#include "sys/clock.h"
#include "sys/map.h"
#include "sys/team.h"

#include <stdint.h>
#include <string.h>

enum { LINE = 64, AHEAD = 2048, MOST_STREAMS = 4, STEP = 4 };

typedef uint64_t lanes __attribute__((vector_size(64)));

typedef struct sweep {
    const unsigned char *p;
    size_t n;           /* a multiple of 2 MiB */
    int streams;
    uint64_t sink[256];
} sweep;

/* Reads [p, p + n) as `streams` parts side by side, four lines of each in turn. */
static uint64_t read_part(const unsigned char *p, size_t n, int streams)
{
    lanes sum[MOST_STREAMS] = {{0}};
    size_t part = n / (size_t)streams;
    for (size_t at = 0; at < part; at += LINE * STEP)
        for (int s = 0; s < streams; s++) {
            const unsigned char *q = p + (size_t)s * part + at;
            for (int k = 0; k < STEP; k++) {
                __builtin_prefetch(q + AHEAD + k * LINE, 0, 0);
                lanes v;
                memcpy(&v, q + k * LINE, sizeof v);
                sum[s] += v;
            }
        }
    lanes all = sum[0] + sum[1] + sum[2] + sum[3];
    uint64_t x = 0;
    for (int i = 0; i < 8; i++) x += all[i];
    return x;
}

static void read_share(void *self, ond_member *me)
{
    sweep *w = self;
    size_t share = w->n / (size_t)me->size & ~(size_t)4095;
    w->sink[me->index & 255] += read_part(w->p + share * (size_t)me->index, share, w->streams);
}

int ond__bandwidth(int threads, double seconds, unsigned long bytes, double *out, ond_err *err)
{
    static const int streams[] = {1, 2, 4};
    sweep w = {.n = bytes ? bytes : 512ul << 20};
    ond_team *team = NULL;
    double best = 0;
    int rc = ond_team_open(threads, &team, err);
    if (rc) return rc;
    unsigned char *p = ond_pages_alloc(w.n, true);
    if (!p) {
        ond_team_close(team);
        return ond_nomem(err, "measuring bandwidth");
    }
    memset(p, 1, w.n);
    w.p = p;
    uint64_t end = ond_steady_us() + (uint64_t)(seconds * 1e6);
    for (int round = 0; round < 3 || ond_steady_us() < end; round++) {
        w.streams = streams[round % 3];
        uint64_t began = ond_steady_us();
        ond_team_run(team, read_share, &w);
        double us = (double)(ond_steady_us() - began);
        double read = (double)(w.n / (size_t)ond_team_size(team) & ~(size_t)4095) * ond_team_size(team);
        if (us > 0 && read / us * 1e6 > best) best = read / us * 1e6;
    }
    *out = best;
    ond_pages_free(p, w.n);
    ond_team_close(team);
    return OND_OK;
}
