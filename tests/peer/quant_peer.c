/* quant_peer.c - rows quantised by us and by ggml: our weighted squared error must be at most 1.02 times its own. TAP.
 *
 * For every type, kind of weights and width: with an importance matrix (error weighted by it), and without (all columns alike).
 * Shown besides: the ratio under the weights that ggml itself minimises (the matrix times the size of a value), and of times.
 * -v prints a line a case; a type's name as argument tests it alone. */
#include "kern/blocks.h"

#include <ggml.h>
#include <stdio.h>
#include <time.h>

enum { ROWS = 24, MAX_COL = 2048 };

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static const char *const kind_name[] = {"gaussian", "heavy tails", "columns of unlike size", "ternary and noise", "low rank"};
enum { KINDS = 5 };

static void make_weights(int kind, float *x, int n_col, uint64_t *seed)
{
    float column[MAX_COL], factor[MAX_COL][4];
    for (int c = 0; c < n_col; c++) {
        column[c] = kind == 2 ? expf(0.8f * gauss(seed)) : 1;
        for (int k = 0; k < 4; k++) factor[c][k] = gauss(seed);
    }
    for (int r = 0; r < ROWS; r++) {
        float mine[4] = {gauss(seed), gauss(seed), gauss(seed), gauss(seed)};
        for (int c = 0; c < n_col; c++) {
            float g = gauss(seed), v = g;
            if (kind == 1) v = g / sqrtf((gauss(seed) * gauss(seed) + powf(gauss(seed), 2) + powf(gauss(seed), 2)) / 3 + 0.02f);
            if (kind == 1 && !(fabsf(v) < 40)) v = 40;
            if (kind == 3) v = rintf(0.7f * g) + 0.1f * gauss(seed);
            if (kind == 4) v = 0.3f * g + mine[0] * factor[c][0] + mine[1] * factor[c][1] + mine[2] * factor[c][2] + mine[3] * factor[c][3];
            x[r * n_col + c] = 0.03f * v * column[c];
        }
    }
}

typedef struct errors { double plain, own; } errors;

/* Squared error weighted by the matrix (or alike), and by that times the size of the value, as ggml does. */
static errors measure(ond_type t, const float *x, const unsigned char *q, int n_col, const float *matrix)
{
    errors e = {0, 0};
    float back[MAX_COL];
    for (int r = 0; r < ROWS; r++, x += n_col) {
        ond_dequant(t, q + (size_t)r * ond_type_row_bytes(t, (uint64_t)n_col), (size_t)n_col, back);
        double power = 0;
        for (int c = 0; c < n_col; c++) power += (double)x[c] * (double)x[c] / n_col;
        for (int c = 0; c < n_col; c++) {
            double d = (double)x[c] - (double)back[c], w = matrix ? (double)matrix[c] : 1;
            e.plain += w * d * d;
            e.own += w * d * d * sqrt(power + (double)x[c] * (double)x[c]);
        }
    }
    return e;
}

typedef struct tally { double worst, sum, own, ours, theirs, values; int n; } tally;

static void compare(ond_type t, int kind, int n_col, bool with, tally *all, bool verbose)
{
    static float x[ROWS * MAX_COL], matrix[MAX_COL];
    static unsigned char a[ROWS * MAX_COL * 4], b[ROWS * MAX_COL * 4];
    uint64_t seed = (uint64_t)(kind * 100 + n_col);
    make_weights(kind, x, n_col, &seed);
    for (int c = 0; c < n_col; c++) matrix[c] = expf(1.5f * gauss(&seed));
    const float *m = with ? matrix : NULL;
    ond_err err;
    double t0 = now();
    if (ond_quant(t, x, ROWS, (size_t)n_col, m, a, &err) != 0) {
        printf("Bail out! %s\n", err.text);
        exit(1);
    }
    double t1 = now();
    ggml_quantize_chunk((enum ggml_type)t, x, b, 0, ROWS, n_col, m);
    double t2 = now();
    errors mine = measure(t, x, a, n_col, m), other = measure(t, x, b, n_col, m);
    double ratio = mine.plain == other.plain ? 1 : mine.plain / other.plain, own = mine.own == other.own ? 1 : mine.own / other.own;
    if (verbose)
        printf("# %-7s %-24s %5d %s: error %.4f (own weights %.4f), time %.2f\n", ond_type_name(t), kind_name[kind], n_col,
               with ? "matrix" : "alike ", ratio, own, (t1 - t0) / (t2 - t1));
    all->worst = fmax(all->worst, ratio);
    all->sum += ratio;
    all->own += own;
    all->ours += t1 - t0;
    all->theirs += t2 - t1;
    all->values += ROWS * n_col;
    all->n++;
}

int main(int argc, char **argv)
{
    static const int widths[] = {256, 576, 960, 1536, 2048};
    bool verbose = false, bad = false;
    const char *only = NULL;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "-v") == 0) verbose = true;
        else only = argv[i];
    if (!only) printf("1..%d\n", 2 * (ond_type_count() - 1));
    for (int i = 0, test = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        if (t == OND_F32 || (only && strcmp(only, ond_type_name(t)) != 0)) continue;
        for (int with = 0; with < 2; with++) {
            tally all = {0};
            for (int kind = 0; kind < KINDS; kind++)
                for (size_t w = 0; w < sizeof widths / sizeof *widths; w++)
                    if (widths[w] % ond_type_block(t) == 0) compare(t, kind, widths[w], with, &all, verbose);
            bool good = all.worst <= 1.02;
            bad = bad || !good;
            printf("%s %d - %s %s: error at most %.4f, mean %.4f of ggml's (%.4f under its own weights), time %.2f, %.0f million values a second\n",
                   good ? "ok" : "not ok", ++test, ond_type_name(t), with ? "with a matrix" : "without", all.worst,
                   all.sum / all.n, all.own / all.n, all.ours / all.theirs, all.values / all.ours / 1e6);
        }
    }
    return bad;
}
