/* parity.h - holding every kernel set against ref: random input, what counts as near, walking the sets.
 *
 * An int8 set and ref differ by the rounding of activations. To hold the arithmetic itself tightly, exact_acts() makes
 * activations that int8 (and bf16) represent exactly: integers up to 127, with 127 present in every 32, times a power of two.
 * Then only the order of float sums is left. Ordinary activations are held to the hard bound that rounding gives. */
#ifndef TESTS_KERN_PARITY_H
#define TESTS_KERN_PARITY_H

#include "kern/blocks.h"
#include "kern/kern.h"
#include "kern/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#if defined(__SANITIZE_ADDRESS__) || defined(OND_TEST_FEW)   /* -DOND_TEST_FEW: under an emulator */
enum { SLOW = 1 };
#else
enum { SLOW = 0 };
#endif

/* Fails inside the walk with the names of all that matters. */
#define NEAR(got, want, tol, ...)                                                                            \
    do {                                                                                                     \
        double got_ = (double)(got), want_ = (double)(want), tol_ = (double)(tol);                           \
        if (!(fabs(got_ - want_) <= tol_)) {                                                                 \
            char what_[256];                                                                                 \
            snprintf(what_, sizeof what_, __VA_ARGS__);                                                      \
            fail_msg("%s: %.9g, ref %.9g, off by %.3g, allowed %.3g", what_, got_, want_, got_ - want_, tol_); \
        }                                                                                                    \
    } while (0)

static inline void *take(size_t n)   /* 64-aligned, exactly n usable up to the next 64 */
{
    void *p = aligned_alloc(64, (n + 63) / 64 * 64 + (n == 0 ? 64 : 0));
    assert_non_null(p);
    return p;
}

/* [n_tok, n_col], each block of 32 with its own power of two. */
static inline void exact_acts(float *x, int n_tok, int n_col, uint64_t *seed)
{
    for (int t = 0; t < n_tok; t++) {
        float scale = 1;
        for (int i = 0; i < n_col; i++) {
            if (i % 32 == 0) scale = ldexpf(1, (int)(next_random(seed) % 9) - 8);
            int q = (int)(next_random(seed) % 255) - 127;
            if (i % 32 == (int)(next_random(seed) % 32) || i % 32 == 31 || i == n_col - 1) q = q < 0 ? -127 : 127;
            x[(size_t)t * (size_t)n_col + (size_t)i] = scale * (float)q;
        }
    }
}

static inline void gauss_many(float *x, size_t n, uint64_t *seed)
{
    for (size_t i = 0; i < n; i++) x[i] = gauss(seed);
}

/* Plain rows whose floats are about 0.05 in size: blocks of any bits, with scales to fit. */
static inline void random_rows(ond_type t, unsigned char *p, size_t bytes, uint64_t *seed)
{
    random_blocks(t, p, bytes, seed);
    size_t block = (size_t)ond_type_block_bytes(t);
    int at[2];
    scale_offsets(t, at);
    for (size_t b = 0; b + block <= bytes; b += block) {
        float v = 0.05f * gauss(seed), low = (float)(0.001 + 0.001 * uniform(seed)) * (next_random(seed) & 1 ? 1 : -1);
        uint16_t h;
        if (t == OND_F32) memcpy(p + b, &v, 4);
        if (t == OND_BF16) h = ond_f32_to_bf16(v), memcpy(p + b, &h, 2);
        if (t == OND_MXFP4) p[b] = (unsigned char)(118 + next_random(seed) % 6);
        for (int k = 0; k < 2; k++)
            if (at[k] >= 0) h = ond_f32_to_f16(t == OND_F16 ? v : k ? low * 10 : low), memcpy(p + b + at[k], &h, 2);
    }
}

#endif
