/* dequant.c - blocks of every tensor type to floats, exactly as the format defines.
 *
 * One function a type, for one block. The order of the float operations is part of the format's meaning here: a scale times
 * a sub-scale is rounded first, then times the value, then minus the minimum; so results equal ggml's bit for bit. That is why
 * nothing may be fused (gcc does not in -std=c11; clang is told). */
#include "kern/internal.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

const int8_t ond__iq4_values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
const int8_t ond__fp4_values[16] = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

static void q4_0(const unsigned char *p, float *y)   /* d, 16 bytes: value j low, value j + 16 high */
{
    float d = ond__f16_at(p);
    for (int j = 0; j < 16; j++) {
        y[j] = (float)((p[2 + j] & 15) - 8) * d;
        y[j + 16] = (float)((p[2 + j] >> 4) - 8) * d;
    }
}

static void q4_1(const unsigned char *p, float *y)   /* d, m, 16 bytes */
{
    float d = ond__f16_at(p), m = ond__f16_at(p + 2);
    for (int j = 0; j < 16; j++) {
        y[j] = (float)(p[4 + j] & 15) * d + m;
        y[j + 16] = (float)(p[4 + j] >> 4) * d + m;
    }
}

/* Q5: value j of a block: nibble and fifth bit; `high` holds the fifth bits, bit j of value j. */
static int q5_value(const unsigned char *high, const unsigned char *low, int j)
{
    int nibble = j < 16 ? low[j] & 15 : low[j - 16] >> 4;
    return nibble | (high[j / 8] >> (j % 8) & 1) << 4;
}

static void q5_0(const unsigned char *p, float *y)   /* d, 4 bytes of fifth bits, 16 bytes */
{
    float d = ond__f16_at(p);
    for (int j = 0; j < 32; j++) y[j] = (float)(q5_value(p + 2, p + 6, j) - 16) * d;
}

static void q5_1(const unsigned char *p, float *y)   /* d, m, 4 bytes of fifth bits, 16 bytes */
{
    float d = ond__f16_at(p), m = ond__f16_at(p + 2);
    for (int j = 0; j < 32; j++) y[j] = (float)q5_value(p + 4, p + 8, j) * d + m;
}

static void q8_0(const unsigned char *p, float *y)   /* d, 32 signed bytes */
{
    float d = ond__f16_at(p);
    for (int j = 0; j < 32; j++) y[j] = (float)(int8_t)p[2 + j] * d;
}

static void q2_k(const unsigned char *p, float *y)   /* 16 × (scale | min << 4), 64 bytes of 2 bits, d, dmin */
{
    float d = ond__f16_at(p + 80), dmin = ond__f16_at(p + 82);
    for (int i = 0; i < 16; i++) {
        float dl = d * (float)(p[i] & 15), ml = dmin * (float)(p[i] >> 4);
        const unsigned char *q = p + 16 + i / 8 * 32 + i % 2 * 16;
        for (int j = 0; j < 16; j++) y[i * 16 + j] = dl * (float)(q[j] >> (i / 2 % 4 * 2) & 3) - ml;
    }
}

static void q3_k(const unsigned char *p, float *y)   /* 32 bytes of third bits, 64 of 2 bits, 12 of scales, d */
{
    float d = ond__f16_at(p + 108);
    for (int i = 0; i < 16; i++) {
        float dl = d * (float)ond__q3k_scale(p + 96, i);
        const unsigned char *q = p + 32 + i / 8 * 32 + i % 2 * 16, *high = p + i % 2 * 16;
        for (int j = 0; j < 16; j++)
            y[i * 16 + j] = dl * (float)((q[j] >> (i / 2 % 4 * 2) & 3) - (high[j] >> (i / 2) & 1 ? 0 : 4));
    }
}

static void q4_k(const unsigned char *p, float *y)   /* d, dmin, 12 of scales and mins, 128 bytes: 4 × (32 low, 32 high) */
{
    float d = ond__f16_at(p), dmin = ond__f16_at(p + 2);
    for (int i = 0; i < 8; i++) {
        int scale, min;
        ond__k4_scale_min(p + 4, i, &scale, &min);
        float dl = d * (float)scale, ml = dmin * (float)min;
        const unsigned char *q = p + 16 + i / 2 * 32;
        for (int j = 0; j < 32; j++) y[i * 32 + j] = dl * (float)(q[j] >> (i % 2 * 4) & 15) - ml;
    }
}

static void q5_k(const unsigned char *p, float *y)   /* as q4_k, with 32 bytes of fifth bits before the nibbles */
{
    float d = ond__f16_at(p), dmin = ond__f16_at(p + 2);
    for (int i = 0; i < 8; i++) {
        int scale, min;
        ond__k4_scale_min(p + 4, i, &scale, &min);
        float dl = d * (float)scale, ml = dmin * (float)min;
        const unsigned char *q = p + 48 + i / 2 * 32, *high = p + 16;
        for (int j = 0; j < 32; j++)
            y[i * 32 + j] = dl * (float)((q[j] >> (i % 2 * 4) & 15) | (high[j] >> i & 1) << 4) - ml;
    }
}

static void q6_k(const unsigned char *p, float *y)   /* 128 bytes of nibbles, 64 of 2 bits, 16 signed scales, d */
{
    float d = ond__f16_at(p + 208);
    for (int i = 0; i < 8; i++) {   /* runs of 32 values; two scales each */
        const unsigned char *low = p + i / 4 * 64 + i % 2 * 32, *high = p + 128 + i / 4 * 32;
        for (int j = 0; j < 32; j++) {
            int q = (low[j] >> (i % 4 / 2 * 4) & 15) | (high[j] >> (i % 4 * 2) & 3) << 4;
            y[i * 32 + j] = d * (float)(int8_t)p[192 + i * 2 + j / 16] * (float)(q - 32);
        }
    }
}

static void iq4_nl(const unsigned char *p, float *y)   /* d, 16 bytes */
{
    float d = ond__f16_at(p);
    for (int j = 0; j < 16; j++) {
        y[j] = d * (float)ond__iq4_values[p[2 + j] & 15];
        y[j + 16] = d * (float)ond__iq4_values[p[2 + j] >> 4];
    }
}

static void iq4_xs(const unsigned char *p, float *y)   /* d, 2 bytes of top scale bits, 4 of nibbles, 8 × 16 bytes */
{
    float d = ond__f16_at(p);
    int top = ond__u16(p + 2);
    for (int i = 0; i < 8; i++) {
        int scale = (p[4 + i / 2] >> (i % 2 * 4) & 15) | (top >> (2 * i) & 3) << 4;
        float dl = d * (float)(scale - 32);
        const unsigned char *q = p + 8 + i * 16;
        for (int j = 0; j < 16; j++) {
            y[i * 32 + j] = dl * (float)ond__iq4_values[q[j] & 15];
            y[i * 32 + j + 16] = dl * (float)ond__iq4_values[q[j] >> 4];
        }
    }
}

static void mxfp4(const unsigned char *p, float *y)   /* exponent, 16 bytes */
{
    float d = ond__e8m0_half(p[0]);
    for (int j = 0; j < 16; j++) {
        y[j] = (float)ond__fp4_values[p[1 + j] & 15] * d;
        y[j + 16] = (float)ond__fp4_values[p[1 + j] >> 4] * d;
    }
}

/* TQ1_0: a byte is a fraction in base 3 (of 256, rounded up); digit n is what comes out above the point after n + 1
 * multiplications by 3. */
static float trit(unsigned byte, int n, float d)
{
    static const unsigned char pow3[] = {1, 3, 9, 27, 81};
    unsigned fraction = (unsigned char)(byte * pow3[n]);
    return (float)((int)(fraction * 3 >> 8) - 1) * d;
}

static void tq1_0(const unsigned char *p, float *y)   /* 32 bytes × 5 digits, 16 × 5, 4 × 4, then d */
{
    float d = ond__f16_at(p + 52);
    for (int n = 0; n < 5; n++)
        for (int j = 0; j < 32; j++) y[n * 32 + j] = trit(p[j], n, d);
    for (int n = 0; n < 5; n++)
        for (int j = 0; j < 16; j++) y[160 + n * 16 + j] = trit(p[32 + j], n, d);
    for (int n = 0; n < 4; n++)
        for (int j = 0; j < 4; j++) y[240 + n * 4 + j] = trit(p[48 + j], n, d);
}

static void tq2_0(const unsigned char *p, float *y)   /* 2 × 32 bytes of four values, then d */
{
    float d = ond__f16_at(p + 64);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 32; j++) y[i * 32 + j] = (float)((p[i / 4 * 32 + j] >> (i % 4 * 2) & 3) - 1) * d;
}

typedef void block_fn(const unsigned char *p, float *y);

static block_fn *fn_of(ond_type t)
{
    switch (t) {
    case OND_Q4_0: return q4_0;
    case OND_Q4_1: return q4_1;
    case OND_Q5_0: return q5_0;
    case OND_Q5_1: return q5_1;
    case OND_Q8_0: return q8_0;
    case OND_Q2_K: return q2_k;
    case OND_Q3_K: return q3_k;
    case OND_Q4_K: return q4_k;
    case OND_Q5_K: return q5_k;
    case OND_Q6_K: return q6_k;
    case OND_IQ4_NL: return iq4_nl;
    case OND_IQ4_XS: return iq4_xs;
    case OND_MXFP4: return mxfp4;
    case OND_TQ1_0: return tq1_0;
    case OND_TQ2_0: return tq2_0;
    case OND_F32:
    case OND_F16:
    case OND_BF16: break;   /* no blocks */
    }
    return NULL;
}

void ond_dequant(ond_type t, const void *row, size_t n, float *out)
{
    const unsigned char *p = row;
    block_fn *fn = fn_of(t);
    if (fn) {
        size_t block = (size_t)ond_type_block(t), bytes = (size_t)ond_type_block_bytes(t);
        for (size_t i = 0; i < n / block; i++) fn(p + i * bytes, out + i * block);
    } else if (t == OND_F32) {
        if (n) memcpy(out, p, n * sizeof *out);
    } else if (t == OND_F16) {
        for (size_t i = 0; i < n; i++) out[i] = ond__f16_at(p + 2 * i);
    } else {
        for (size_t i = 0; i < n; i++) out[i] = ond_bf16_to_f32(ond__u16(p + 2 * i));
    }
}
