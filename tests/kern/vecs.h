/* vecs.h - the sets of vector operators that this processor can run, for the tests that walk them. */
#ifndef OND_TESTS_KERN_VECS_H
#define OND_TESTS_KERN_VECS_H

#include "kern/quant.h"
#include "kern/vec.h"
#include "sys/cpu.h"

typedef struct vecs {
    const char *name;
    void (*math)(int which, const float *x, int n, float *y);
    ond_kern k;    /* only the operators are set */
} vecs;

#define VECS(s)                                                                                                \
    {#s, ond__math_##s,                                                                                        \
     {.name = #s, .rms_norm = ond__rms_norm_##s, .layer_norm = ond__layer_norm_##s, .rope = ond__rope_##s,     \
      .act_mul = ond__act_mul_##s, .add = ond__add_##s, .axpy = ond__axpy_##s, .dot = ond__dot_##s,            \
      .softmax = ond__softmax_##s, .max = ond__max_##s, .kv_put = ond__kv_put_##s,                             \
      .attn_scratch = ond__attn_scratch_##s, .attend = ond__attend_##s}}

/* Writes at most 4, returns how many. */
static inline int vecs_here(vecs out[4])
{
    const ond_cpu *cpu = ond_cpu_get();
    (void)cpu;
    int n = 0;
    out[n++] = (vecs)VECS(c);
#if defined __x86_64__
    if (cpu->avx2) out[n++] = (vecs)VECS(avx2);
    if (cpu->avx512) out[n++] = (vecs)VECS(avx512);
#elif defined __aarch64__
    out[n++] = (vecs)VECS(neon);
#endif
    return n;
}

/* A small generator, so that every run sees the same numbers. */
static inline float noise(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return (float)(int32_t)(*s >> 32) * 0x1p-31f;
}

/* About normal, deviation 1. */
static inline float bell(uint64_t *s)
{
    float a = 0;
    for (int i = 0; i < 6; i++) a += noise(s);
    return a * 0.70710678f;
}

#endif
