/* quant_lanes.h - eight floats at once in plain C (vector extensions of gcc and clang), for quant_fit.c alone.
 *
 * Eight lanes whatever the processor has, and no fused operation: the sums are the same bits everywhere. */
#ifndef OND_KERN_QUANT_LANES_H
#define OND_KERN_QUANT_LANES_H

#include <string.h>

#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#endif

typedef float lanes4 __attribute__((vector_size(16)));
typedef struct lanes { lanes4 a, b; } lanes;

static inline lanes lanes_load(const float *p)
{
    lanes r;
    memcpy(&r.a, p, 16);
    memcpy(&r.b, p + 4, 16);
    return r;
}

static inline void lanes_store(float *p, lanes v)
{
    memcpy(p, &v.a, 16);
    memcpy(p + 4, &v.b, 16);
}

static inline lanes lanes_all(float f)
{
    lanes4 v = {f, f, f, f};
    return (lanes){v, v};
}

static inline lanes lanes_add(lanes x, lanes y) { return (lanes){x.a + y.a, x.b + y.b}; }
static inline lanes lanes_sub(lanes x, lanes y) { return (lanes){x.a - y.a, x.b - y.b}; }
static inline lanes lanes_mul(lanes x, lanes y) { return (lanes){x.a * y.a, x.b * y.b}; }

static inline lanes4 clamp4(lanes4 x, lanes4 lo, lanes4 hi)
{
#if defined(__SSE2__)
    return (lanes4)_mm_min_ps(_mm_max_ps((__m128)x, (__m128)lo), (__m128)hi);
#elif defined(__ARM_NEON)
    return (lanes4)vminq_f32(vmaxq_f32((float32x4_t)x, (float32x4_t)lo), (float32x4_t)hi);
#else
    for (int i = 0; i < 4; i++) x[i] = x[i] < lo[i] ? lo[i] : x[i] > hi[i] ? hi[i] : x[i];
    return x;
#endif
}

/* Into [lo, hi], then to the nearest integer (even at halves); lo and hi are integers below 2^22. */
static inline lanes lanes_grid(lanes x, lanes lo, lanes hi)
{
    const lanes4 magic = {12582912.0f, 12582912.0f, 12582912.0f, 12582912.0f};
    return (lanes){clamp4(x.a, lo.a, hi.a) + magic - magic, clamp4(x.b, lo.b, hi.b) + magic - magic};
}

static inline float lanes_sum(lanes x)
{
    lanes4 v = x.a + x.b;
    return (v[0] + v[2]) + (v[1] + v[3]);
}

#endif
