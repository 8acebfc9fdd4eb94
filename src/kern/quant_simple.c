/* quant_simple.c - rows of the types whose blocks have one scale: Q4_0 … Q8_0, IQ4_NL, MXFP4, TQ1_0, TQ2_0. */
#include "kern/quant_fit.h"

#include <math.h>

static void put_u16(unsigned char *p, uint16_t v) { memcpy(p, &v, 2); }

/* Value j low, value j + 16 high; what is above the nibble is dropped. */
static void put_nibbles(unsigned char *p, const uint8_t *q)
{
    for (int j = 0; j < 16; j++) p[j] = (unsigned char)((q[j] & 15) | (q[j + 16] & 15) << 4);
}

static void put_fifth_bits(unsigned char *p, const uint8_t *q)
{
    memset(p, 0, 4);
    for (int j = 0; j < 32; j++) p[j / 8] |= (unsigned char)((q[j] >> 4 & 1) << (j % 8));
}

/* ---- x = d q: Q4_0 (d, nibbles of q + 8), Q5_0 (d, fifth bits, nibbles of q + 16) ---- */
static void scaled_32(const float *x, const float *w, float unit, int hi, unsigned char *p)
{
    uint16_t bits;
    int8_t q[32];
    uint8_t u[32];
    float d = ond__keep_f16(ond__scaled_fit(x, w, 32, -hi - 1, hi), unit, &bits);
    ond__scaled_put(x, 32, d, -hi - 1, hi, q);
    for (int j = 0; j < 32; j++) u[j] = (uint8_t)(q[j] + hi + 1);
    put_u16(p, bits);
    if (hi > 7) put_fifth_bits(p + 2, u);
    put_nibbles(p + (hi > 7 ? 6 : 2), u);
}

/* Q8_0: steps are so fine that only the stored scale's rounding matters; 127 stands for the greatest value. */
static void q8_0(const float *x, float unit, unsigned char *p)
{
    float top = 0;
    for (int j = 0; j < 32; j++) top = fmaxf(top, fabsf(x[j]));
    uint16_t bits;
    int8_t q[32];
    float d = ond__keep_f16(top / 127, unit, &bits);
    ond__scaled_put(x, 32, d, -128, 127, q);
    put_u16(p, bits);
    memcpy(p + 2, q, 32);
}

/* ---- x = d q + m: Q4_1 (d, m, nibbles), Q5_1 (d, m, fifth bits, nibbles) ---- */
static void affine_32(const float *x, const float *w, float unit, int hi, unsigned char *p)
{
    ond__line l = ond__affine_fit(x, w, 32, hi, false);
    uint16_t d, m;
    uint8_t q[32];
    l.d = ond__keep_f16(l.d, unit, &d);
    l.m = ond__keep_f16(l.m, unit, &m);
    ond__affine_put(x, 32, l, hi, q);
    put_u16(p, d);
    put_u16(p + 2, m);
    if (hi > 15) put_fifth_bits(p + 4, q);
    put_nibbles(p + (hi > 15 ? 8 : 4), q);
}

/* ---- IQ4_NL: d, nibbles ---- */
static void iq4_nl(const ond__table *t, const float *x, const float *w, float unit, unsigned char *p)
{
    uint16_t bits;
    uint8_t code[32];
    float d = ond__keep_f16(ond__table_fit(t, x, w, 32), unit, &bits);
    ond__table_put(t, x, 32, d, code);
    put_u16(p, bits);
    put_nibbles(p + 2, code);
}

/* ---- MXFP4: a power of two, nibbles. The few exponents that can be best are tried. ---- */
static void mxfp4(const ond__table *t, const float *x, const float *w, float unit, unsigned char *p)
{
    float top = 0, best_error = INFINITY;
    for (int j = 0; j < 32; j++) top = fmaxf(top, fabsf(x[j]) * unit);
    int exponent = 0, first = top > 0 ? ilogbf(top) - 3 + 128 : 0;   /* 12 halves reach from here, or clip */
    for (int e = first - 1; e <= first + 2; e++) {
        if (e < 0 || e > 252) continue;   /* 12 halves of 2^253 would be no float */
        float error = ond__table_error(t, x, w, 32, ond__e8m0_half((unsigned)e) / unit);
        if (error < best_error) {
            best_error = error;
            exponent = e;
        }
    }
    uint8_t code[32];
    ond__table_put(t, x, 32, ond__e8m0_half((unsigned)exponent) / unit, code);
    p[0] = (unsigned char)exponent;
    put_nibbles(p + 1, code);
}

/* ---- ternary: x = d q, q in -1, 0, 1. With |x| in falling order, the best d for the first k is their weighted mean; weights
 * that are ternary already come back exactly. Found in turns from several starts. ---- */
static float ternary_fit(const float *x, const float *w)
{
    float top = 0, best = 0, best_gain = 0;
    for (int j = 0; j < 256; j++) top = fmaxf(top, fabsf(x[j]));
    for (float start = 1; top > 0 && start > 0.2f; start -= 0.15f) {
        float d = top * start;
        for (int i = 0; i < 8; i++) {
            ond__sums s = ond__scaled_sums(x, w, 256, d, -1, 1);
            if (!(s.qq > 0)) break;
            if (s.xq / s.qq * s.xq > best_gain) {
                best_gain = s.xq / s.qq * s.xq;
                best = s.xq / s.qq;
            }
            if (s.xq / s.qq == d) break;
            d = s.xq / s.qq;
        }
    }
    return best;
}

/* Five digits of base 3 as a fraction of 256, rounded up, so that multiplying by 3 brings them out one by one. */
static unsigned char trits(const int8_t *q, int step, int n)
{
    unsigned v = 0;
    for (int i = 0; i < 5; i++) v = v * 3 + (i < n ? (unsigned)(q[i * step] + 1) : 0);
    return (unsigned char)((v * 256 + 242) / 243);
}

static void ternary(ond_type t, const float *x, const float *w, float unit, unsigned char *p)
{
    uint16_t bits;
    int8_t q[256];
    float d = ond__keep_f16(ternary_fit(x, w), unit, &bits);
    ond__scaled_put(x, 256, d, -1, 1, q);
    if (t == OND_TQ2_0) {
        for (int i = 0; i < 64; i++) {
            const int8_t *v = q + i / 32 * 128 + i % 32;
            p[i] = (unsigned char)((v[0] + 1) | (v[32] + 1) << 2 | (v[64] + 1) << 4 | (v[96] + 1) << 6);
        }
        put_u16(p + 64, bits);
        return;
    }
    for (int i = 0; i < 32; i++) p[i] = trits(q + i, 32, 5);
    for (int i = 0; i < 16; i++) p[32 + i] = trits(q + 160 + i, 16, 5);
    for (int i = 0; i < 4; i++) p[48 + i] = trits(q + 240 + i, 4, 4);
    put_u16(p + 52, bits);
}

void ond__put_simple(ond_type t, const ond__row *r, unsigned char *out)
{
    ond__table table;
    if (t == OND_IQ4_NL || t == OND_MXFP4) ond__fit_tables(&table, t == OND_MXFP4 ? ond__fp4_values : ond__iq4_values);
    size_t block = (size_t)ond_type_block(t), bytes = (size_t)ond_type_block_bytes(t);
    for (size_t i = 0; i < r->n / block; i++) {
        const float *x = r->x + i * block, *w = r->w + i * block;
        unsigned char *p = out + i * bytes;
        if (t == OND_Q4_0) scaled_32(x, w, r->unit, 7, p);
        else if (t == OND_Q5_0) scaled_32(x, w, r->unit, 15, p);
        else if (t == OND_Q8_0) q8_0(x, r->unit, p);
        else if (t == OND_Q4_1) affine_32(x, w, r->unit, 15, p);
        else if (t == OND_Q5_1) affine_32(x, w, r->unit, 31, p);
        else if (t == OND_IQ4_NL) iq4_nl(&table, x, w, r->unit, p);
        else if (t == OND_MXFP4) mxfp4(&table, x, w, r->unit, p);
        else ternary(t, x, w, r->unit, p);
    }
}
