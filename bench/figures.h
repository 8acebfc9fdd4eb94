/* figures.h - what the benchmarks share: the clock, medians, medians of ratios. */
#ifndef OND_BENCH_FIGURES_H
#define OND_BENCH_FIGURES_H

#include "base/err.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ROUNDS = 51 };

static inline double now_ms(void)
{
    return (double)ond_steady_us() / 1e3;
}

static inline int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* n is 1 … MOST_ROUNDS. */
static inline double median(const double *v, int n)
{
    double s[MOST_ROUNDS];
    memcpy(s, v, sizeof *s * (size_t)n);
    qsort(s, (size_t)n, sizeof *s, by_value);
    return s[n / 2];
}

/* Of the ratios a[i] / b[i]: each is taken within its round, where both met the same machine. */
static inline double median_ratio(const double *a, const double *b, int n)
{
    double r[MOST_ROUNDS];
    for (int i = 0; i < n; i++) r[i] = a[i] / b[i];
    return median(r, n);
}

static inline const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

_Noreturn static inline void die(const char *what, const ond_err *err)
{
    fprintf(stderr, "bench: %s: %s\n", what, err->text);
    exit(1);
}

#endif
