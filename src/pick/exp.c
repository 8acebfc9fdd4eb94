/* exp.c - exponentials of many logits at once, four to a vector.
 *
 * exp(x) = 2^n exp(r), n = round(x / ln 2), |r| <= ln 2 / 2, and exp(r) by a polynomial of degree 7
 * (Cephes' expf). Below -87 it is 0: such a token is 10^-38 as likely as the likeliest. Sums are in
 * double and in a fixed order, so that they are equal everywhere. */
#include "pick/room.h"

typedef float v4f __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));

static inline v4f splat(float x)
{
    return (v4f){x, x, x, x};
}

static inline v4f exp4(v4f x)
{
    v4i alive = x >= splat(-87.0f);
    const v4f magic = splat(12582912.0f); /* 1.5 * 2^23: adding it rounds to an integer */
    v4f shifted = x * splat(1.44269504088896341f) + magic;
    v4f n = shifted - magic;
    v4f r = x - n * splat(0.693359375f);
    r = r + n * splat(2.12194440e-4f);
    v4f y = splat(1.9875691500e-4f);
    y = y * r + splat(1.3981999507e-3f);
    y = y * r + splat(8.3334519073e-3f);
    y = y * r + splat(4.1665795894e-2f);
    y = y * r + splat(1.6666665459e-1f);
    y = y * r + splat(5.0000001201e-1f);
    y = y * r * r + r + splat(1.0f);
    /* The low bits of `shifted` hold n; where x is too small they hold anything, and `alive` drops
     * it. */
    v4i scale = (((v4i)shifted & 0x7fffff) - 0x400000 + 127) << 23;
    return (v4f)((v4i)(y * (v4f)(scale & alive)) & alive);
}

float ond__exp(float x)
{
    return exp4(splat(x))[0];
}

double ond__exp_sum(const float *x, int n, float max, float *p)
{
    double sum[4] = {0};
    int i = 0;
    for (; i + 4 <= n; i += 4) {
        v4f v;
        memcpy(&v, x + i, sizeof v);
        v = exp4(v - splat(max));
        if (p) memcpy(p + i, &v, sizeof v);
        for (int l = 0; l < 4; l++) sum[l] += (double)v[l];
    }
    for (; i < n; i++) {
        float v = ond__exp(x[i] - max);
        if (p) p[i] = v;
        sum[i & 3] += (double)v;
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}
