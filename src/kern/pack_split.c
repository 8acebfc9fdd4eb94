/* pack_split.c - plain blocks to codes and scales, and those to floats (as dequant.c and panel.h).
 *
 * The float operations of ond__join_block are in the order of dequant.c, and likewise never fused.
 */
#include "kern/pack_split.h"
#include "kern/internal.h"
#include "kern/panel.h"

#ifdef __clang__
#pragma STDC FP_CONTRACT OFF
#endif

/* 16 bytes: columns 0 … 15 low, 16 … 31 high. */
static void nibbles32(const unsigned char *p, uint8_t *q)
{
    for (int j = 0; j < 16; j++) {
        q[j] = p[j] & 15;
        q[j + 16] = p[j] >> 4;
    }
}

static void fifth_bits(const unsigned char *p, uint8_t *q)
{
    for (int j = 0; j < 32; j++) q[j] |= (uint8_t)((p[j / 8] >> (j % 8) & 1) << 4);
}

/* 32 bytes of 4 × 2 bits: columns 32 k + j in bits 2k of byte j. */
static void two_bits128(const unsigned char *p, int shift, uint8_t *q)
{
    for (int k = 0; k < 4; k++)
        for (int j = 0; j < 32; j++) q[32 * k + j] |= (uint8_t)((p[j] >> 2 * k & 3) << shift);
}

/* The 128 bytes of Q4_K and Q5_K: 4 × (32 low, 32 high). */
static void nibbles256(const unsigned char *p, uint8_t *q)
{
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 32; j++) q[32 * i + j] = p[i / 2 * 32 + j] >> i % 2 * 4 & 15;
}

static void scales_k4(const unsigned char *p, uint8_t *sub)
{
    for (int i = 0; i < 8; i++) {
        int scale, min;
        ond__k4_scale_min(p, i, &scale, &min);
        sub[2 * i] = (uint8_t)scale;
        sub[2 * i + 1] = (uint8_t)min;
    }
}

static void split_q2_k(const unsigned char *p, ond__split *c)
{
    memcpy(c->sub, p, 16);
    two_bits128(p + 16, 0, c->q);
    two_bits128(p + 48, 0, c->q + 128);
    c->d = ond__u16(p + 80);
    c->m = ond__u16(p + 82);
}

static void split_q3_k(const unsigned char *p, ond__split *c)
{
    two_bits128(p + 32, 0, c->q);
    two_bits128(p + 64, 0, c->q + 128);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 32; j++) c->q[32 * i + j] |= (uint8_t)((p[j] >> i & 1) << 2);
    for (int i = 0; i < 16; i++) c->sub[i] = (uint8_t)ond__q3k_scale(p + 96, i);
    c->d = ond__u16(p + 108);
}

static void split_q4_k(const unsigned char *p, ond__split *c)
{
    c->d = ond__u16(p);
    c->m = ond__u16(p + 2);
    scales_k4(p + 4, c->sub);
    nibbles256(p + 16, c->q);
}

static void split_q5_k(const unsigned char *p, ond__split *c)
{
    c->d = ond__u16(p);
    c->m = ond__u16(p + 2);
    scales_k4(p + 4, c->sub);
    nibbles256(p + 48, c->q);
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 32; j++) c->q[32 * i + j] |= (uint8_t)((p[16 + j] >> i & 1) << 4);
}

static void split_q6_k(const unsigned char *p, ond__split *c)
{
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < 32; j++)
            c->q[32 * i + j] = p[i / 4 * 64 + i % 2 * 32 + j] >> i % 4 / 2 * 4 & 15;
    two_bits128(p + 128, 4, c->q);
    two_bits128(p + 160, 4, c->q + 128);
    memcpy(c->sub, p + 192, 16);
    c->d = ond__u16(p + 208);
}

static void split_iq4_xs(const unsigned char *p, ond__split *c)
{
    c->d = ond__u16(p);
    int top = ond__u16(p + 2);
    for (int i = 0; i < 8; i++) {
        c->sub[i] = (uint8_t)(((p[4 + i / 2] >> i % 2 * 4 & 15) | (top >> 2 * i & 3) << 4) - 32);
        nibbles32(p + 8 + 16 * i, c->q + 32 * i);
    }
}

static uint8_t trit(unsigned byte, int n)
{
    static const unsigned char pow3[] = {1, 3, 9, 27, 81};
    return (uint8_t)((unsigned char)(byte * pow3[n]) * 3u >> 8);
}

static void split_tq1_0(const unsigned char *p, ond__split *c)
{
    for (int n = 0; n < 5; n++) {
        for (int j = 0; j < 32; j++) c->q[32 * n + j] = trit(p[j], n);
        for (int j = 0; j < 16; j++) c->q[160 + 16 * n + j] = trit(p[32 + j], n);
        for (int j = 0; j < 4 && n < 4; j++) c->q[240 + 4 * n + j] = trit(p[48 + j], n);
    }
    c->d = ond__u16(p + 52);
}

static void split_tq2_0(const unsigned char *p, ond__split *c)
{
    two_bits128(p, 0, c->q);
    two_bits128(p + 32, 0, c->q + 128);
    c->d = ond__u16(p + 64);
}

static void split_32(ond_type t, const unsigned char *p, ond__split *c)
{
    bool min = ond__has_min(t), five = t == OND_Q5_0 || t == OND_Q5_1;
    if (t == OND_MXFP4) {
        c->d = p[0];
        c->m = 0;
        nibbles32(p + 1, c->q);
        return;
    }
    c->d = ond__u16(p);
    c->m = 0;
    if (min) c->m = ond__u16(p + 2);
    p += min ? 4 : 2;
    if (t == OND_Q8_0) {
        for (int j = 0; j < 32; j++) c->q[j] = p[j] ^ 128;
        return;
    }
    nibbles32(p + (five ? 4 : 0), c->q);
    if (five) fifth_bits(p, c->q);
}

void ond__split_block(ond_type t, const unsigned char *p, ond__split *c)
{
    if (ond_type_block(t) == 32) {
        split_32(t, p, c);
        return;
    }
    memset(c, 0, sizeof *c); /* codes are put together bit by bit */
    switch (t) {
    case OND_Q2_K: split_q2_k(p, c); break;
    case OND_Q3_K: split_q3_k(p, c); break;
    case OND_Q4_K: split_q4_k(p, c); break;
    case OND_Q5_K: split_q5_k(p, c); break;
    case OND_Q6_K: split_q6_k(p, c); break;
    case OND_IQ4_XS: split_iq4_xs(p, c); break;
    case OND_TQ1_0: split_tq1_0(p, c); break;
    case OND_TQ2_0: split_tq2_0(p, c); break;
    default: break;
    }
}

/* ---- floats ---- */

/* scale × q − min, of columns [at, at + n) */
static void join_min(const ond__split *c, int at, int n, float scale, float min, float *out)
{
    for (int j = at; j < at + n; j++) out[j] = scale * (float)c->q[j] - min;
}

static void join_offset(const ond__split *c, int at, int n, float scale, int offset, float *out)
{
    for (int j = at; j < at + n; j++) out[j] = scale * (float)(c->q[j] - offset);
}

static void join_table(const ond__split *c, int at, const int8_t *table, float scale, float *out)
{
    for (int j = at; j < at + 32; j++) out[j] = scale * (float)table[c->q[j] & 15];
}

void ond__join_block(ond_type t, const ond__split *c, float *out)
{
    ond__panel f = ond__panel_of(t);
    float d = t == OND_MXFP4 ? ond__e8m0_half(c->d) : ond_f16_to_f32(c->d),
          m = ond_f16_to_f32(c->m);
    for (int j = 0; j < f.block / 32; j++) {
        int at = 32 * j;
        float low = d * (float)(int8_t)c->sub[2 * j % 16],
              high = d * (float)(int8_t)c->sub[(2 * j + 1) % 16];
        switch (t) {
        case OND_Q4_1:
        case OND_Q5_1: join_min(c, at, 32, d, -m, out); break;
        case OND_Q4_K:
        case OND_Q5_K: join_min(c, at, 32, low, m * (float)c->sub[2 * j + 1], out); break;
        case OND_Q2_K:
            join_min(c, at, 16, d * (float)(c->sub[2 * j] & 15), m * (float)(c->sub[2 * j] >> 4),
                     out);
            join_min(c, at + 16, 16, d * (float)(c->sub[2 * j + 1] & 15),
                     m * (float)(c->sub[2 * j + 1] >> 4), out);
            break;
        case OND_Q3_K:
        case OND_Q6_K:
            join_offset(c, at, 16, low, f.offset, out);
            join_offset(c, at + 16, 16, high, f.offset, out);
            break;
        case OND_IQ4_NL: join_table(c, at, ond__iq4_values, d, out); break;
        case OND_MXFP4: join_table(c, at, ond__fp4_values, d, out); break;
        case OND_IQ4_XS:
            join_table(c, at, ond__iq4_values, d * (float)(int8_t)c->sub[j], out);
            break;
        default: join_offset(c, at, 32, d, f.offset, out);
        }
    }
}
