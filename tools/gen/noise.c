/* noise.c - weights out of a seed, the same bits on every machine.
 *
 * Integers only, but for one multiplication at the end: a value is the sum of four 16-bit numbers out of one step of
 * splitmix64 (Steele, Lea and Flood 2014), which is near enough to a normal distribution (no tail beyond 3.5 deviations),
 * times a scale. Each row has a generator of its own, so that rows may be made in any order and by any thread, and a tensor
 * has the same values whatever type it is then written in. */
#include "gen.h"

#include "base/hash.h"

#include <math.h>

static uint64_t mix64(uint64_t z)
{
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static const uint64_t golden = 0x9E3779B97F4A7C15u;

/* Mean 0, deviation 65536 / sqrt(3). */
static int32_t bell(uint64_t *state)
{
    uint64_t z = mix64(*state += golden);
    return (int32_t)(z & 0xFFFF) + (int32_t)(z >> 16 & 0xFFFF) + (int32_t)(z >> 32 & 0xFFFF) +
           (int32_t)(z >> 48) - 131070;
}

static const float bell_unit = 1.0f / 37837.0f;

/* Llama 3.1's scaling of RoPE: what the frequency of pair i is divided by (factor 32, from 8192 positions, 1 and 4).
 * Wavelengths are powers of base^(2 / d); the root is taken by sqrt, which is exact on every machine. */
static void rope3(float *out, int n)
{
    double base = 500000, step = base, power = 1;
    for (int k = n; k > 1; k /= 2) step = sqrt(step);
    const double pi = 3.14159265358979323846, low = 8192.0, high = 8192.0 / 4;
    for (int i = 0; i < n; i++, power *= step) {
        double wave = 2 * pi * power, smooth = (8192.0 / wave - 1) / 3;
        out[i] = wave < high ? 1.0f : wave > low ? 32.0f : (float)(1 / ((1 - smooth) / 32 + smooth));
    }
}

/* Value i of a row, where the noise is x. A product stands in a statement of its own, so that no compiler fuses it with a sum. */
static float value(const tensor *t, uint64_t i, float x)
{
    float scaled = x * (bell_unit * t->scale), ramp = (float)i * t->scale;
    switch (t->fill) {
    case FILL_NOISE:
    case FILL_BIAS: return scaled;
    case FILL_TERNARY: return x > 16000.0f ? t->scale : x < -16000.0f ? -t->scale : 0;
    case FILL_ONES: return 1.0f + scaled;
    case FILL_LONG: return 1.0f + ramp;
    default: return t->scale;
    }
}

void noise_rows(const tensor *t, uint64_t seed, uint64_t begin, uint64_t end, float *out)
{
    uint64_t n = t->dim[0], name = ond_fnv(t->name, strlen(t->name));
    if (t->fill == FILL_ROPE3) {
        rope3(out, (int)n);
        return;
    }
    for (uint64_t r = begin; r < end; r++, out += n) {
        uint64_t state = mix64(seed + golden * (r + 1)) ^ name;
        for (uint64_t i = 0; i < n; i++) out[i] = value(t, i, (float)bell(&state));
    }
}
