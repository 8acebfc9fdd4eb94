/* unit.h - what the tests of pick share: samplers without a model, random logits. */
#ifndef TESTS_PICK_UNIT_H
#define TESTS_PICK_UNIT_H

#include "pick/room.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define TEST(name) static void name(void **state __attribute__((unused)))

static inline ond_sampler *sampler(int n_vocab, const ond_sampler_opts *o)
{
    ond_sampler *s;
    ond_err err;
    if (ond_pick_open(NULL, n_vocab, 512, o, &s, &err) != 0) fail_msg("%s", err.text);
    return s;
}

static inline double uniform(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) * 0x1p-53;
}

/* Logits as models give them: a bell, and a few that stand out. */
static inline float *logits(int n, uint64_t seed)
{
    float *x = malloc((size_t)n * sizeof *x);
    assert_non_null(x);
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < 6; k++) sum += uniform(&seed);
        x[i] = (float)(4 * (sum - 3));
    }
    for (int i = 0; i < 8; i++) x[(int)(uniform(&seed) * n)] += (float)(6 * uniform(&seed));
    return x;
}

static inline ond_choice choose(ond_sampler *s, const float *x, const int32_t *timeline, size_t n)
{
    ond_choice c;
    ond_err err;
    if (ond_sampler_choose(s, x, timeline, n, &c, &err) != 0) fail_msg("%s", err.text);
    return c;
}

#endif
