/* web_bench.h - what the benches of the web hand share. */
#ifndef OND_BENCH_WEB_BENCH_H
#define OND_BENCH_WEB_BENCH_H

#include "hand/web/chrome.h"

#include <stdio.h>
#include <stdlib.h>

static ond_err err;

static void must(int rc)
{
    if (rc == 0) return;
    fprintf(stderr, "%s\n", err.text);
    exit(1);
}

static int allow(void *self, const char *url, bool main, ond_err *why)
{
    (void)self, (void)url, (void)main, (void)why;
    return OND_OK;
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

#endif
