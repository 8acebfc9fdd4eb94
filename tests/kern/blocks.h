/* blocks.h - pseudo-random blocks of every tensor type, the same everywhere, with scales that are finite. */
#ifndef TESTS_KERN_BLOCKS_H
#define TESTS_KERN_BLOCKS_H

#include "kern/quant.h"

#include <math.h>
#include <stdlib.h>

/* splitmix64 */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static inline double uniform(uint64_t *state) { return (double)(next_random(state) >> 11) * 0x1p-53; }

static inline float gauss(uint64_t *state)
{
    double u = uniform(state), v = uniform(state);
    return (float)(sqrt(-2 * log(u + 1e-300)) * cos(6.283185307179586 * v));
}

/* Where a block has f16 scales: up to two offsets, -1 none. */
static inline void scale_offsets(ond_type t, int at[2])
{
    at[0] = at[1] = -1;
    switch (t) {
    case OND_Q4_0: case OND_Q5_0: case OND_Q8_0: case OND_IQ4_NL: case OND_IQ4_XS: case OND_F16: at[0] = 0; break;
    case OND_Q4_1: case OND_Q5_1: case OND_Q4_K: case OND_Q5_K: at[0] = 0; at[1] = 2; break;
    case OND_Q2_K: at[0] = 80; at[1] = 82; break;
    case OND_Q3_K: at[0] = 108; break;
    case OND_Q6_K: at[0] = 208; break;
    case OND_TQ1_0: at[0] = 52; break;
    case OND_TQ2_0: at[0] = 64; break;
    case OND_F32: case OND_BF16: case OND_MXFP4: break;
    }
}

/* Fills n bytes of whole blocks with any bits; exponents are kept from all ones, so that every value is finite. */
static inline void random_blocks(ond_type t, unsigned char *p, size_t n, uint64_t *state)
{
    size_t block = (size_t)ond_type_block_bytes(t);
    int at[2];
    scale_offsets(t, at);
    for (size_t i = 0; i < n; i++) p[i] = (unsigned char)(next_random(state) >> 40);
    for (size_t b = 0; b + block <= n; b += block) {
        for (int k = 0; k < 2; k++)
            if (at[k] >= 0 && (p[b + (size_t)at[k] + 1] & 0x7c) == 0x7c) p[b + (size_t)at[k] + 1] &= 0xbf;
        if (t == OND_F32 && (p[b + 3] & 0x7f) == 0x7f) p[b + 3] &= 0xbf;
        if (t == OND_BF16 && (p[b + 1] & 0x7f) == 0x7f) p[b + 1] &= 0xbf;
    }
}

/* FNV-1a of the bits of floats. */
static inline uint64_t hash_floats(const float *x, size_t n)
{
    uint64_t h = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; i++) {
        uint32_t u;
        memcpy(&u, x + i, 4);
        for (int k = 0; k < 4; k++) h = (h ^ (u >> (8 * k) & 255)) * 0x100000001b3u;
    }
    return h;
}

#endif
