/* quant_scaled.c - rows of Q3_K, Q6_K, IQ4_XS: 256 values in runs of 16 or 32, x = D s q (or D s v[c]), s an integer per run.
 *
 * As in quant_affine.c: each run's best scale, then in turns D for the scales, integers s for D by the error they leave, and D by
 * least squares for all the integers. */
#include "kern/quant_fit.h"

#include <float.h>
#include <math.h>

typedef struct kind {
    int n_run, run;
    int lo, hi;                /* of q */
    int s_lo, s_hi;            /* of s */
    const ond__table *table;   /* or NULL */
} kind;

typedef struct block {
    float d;
    uint16_t bits;
    int s[16];
    float err;
} block;

static float error_of(const kind *k, const float *x, const float *w, float d)
{
    return k->table ? ond__table_error(k->table, x, w, k->run, d) : ond__scaled_error(x, w, k->run, d, k->lo, k->hi);
}

static ond__sums sums_of(const kind *k, const float *x, const float *w, float d)
{
    return k->table ? ond__table_sums(k->table, x, w, k->run, d) : ond__scaled_sums(x, w, k->run, d, k->lo, k->hi);
}

static float own_scale(const kind *k, const float *x, const float *w)
{
    if (k->table) return ond__table_fit(k->table, x, w, k->run);
    return k->hi > 7 ? ond__scaled_fit_fine(x, w, k->run, k->lo, k->hi) : ond__scaled_fit(x, w, k->run, k->lo, k->hi);
}

static void choose(const kind *k, block *b, const float *x, const float *w, const float *own)
{
    b->err = 0;
    for (int i = 0; i < k->n_run; i++) {
        float at = b->d != 0 ? own[i] / b->d : 0, best = INFINITY;
        int s0 = (int)lrintf(fminf(fmaxf(at, (float)k->s_lo), (float)k->s_hi)), near = at > (float)s0 ? s0 + 1 : s0 - 1;
        for (int turn = 0; turn < 2; turn++) {
            int s = turn ? near : s0;
            if (s < k->s_lo || s > k->s_hi) continue;
            float err = error_of(k, x + i * k->run, w + i * k->run, b->d * (float)s);
            if (err < best) {
                best = err;
                b->s[i] = s;
            }
        }
        b->err += best;
    }
}

static void refit(const kind *k, block *b, const float *x, const float *w, float unit)
{
    double xq = 0, qq = 0;
    for (int i = 0; i < k->n_run; i++) {
        double s = b->s[i];
        if (b->s[i] == 0) continue;
        ond__sums t = sums_of(k, x + i * k->run, w + i * k->run, b->d * (float)b->s[i]);
        xq += s * (double)t.xq;
        qq += s * s * (double)t.qq;
    }
    if (qq > 0) b->d = ond__keep_f16((float)(xq / qq), unit, &b->bits);
}

static block fit_block(const kind *k, const float *x, const float *w, float unit)
{
    float own[16], top = 0;
    for (int i = 0; i < k->n_run; i++) {
        own[i] = own_scale(k, x + i * k->run, w + i * k->run);
        if (fabsf(own[i]) > fabsf(top)) top = own[i];
    }
    block best = {.err = INFINITY};
    for (int trial = 0; trial < (k->s_hi > 31 ? 1 : 2); trial++) {   /* the greatest scale at the end, or near it */
        static const float place[] = {0, -1.3f};
        block b = {0};
        b.d = ond__keep_f16(top / ((float)k->s_lo - place[trial]), unit, &b.bits);
        for (int turn = 0; turn < 2; turn++) {
            choose(k, &b, x, w, own);
            if (b.err < best.err) best = b;
            refit(k, &b, x, w, unit);
        }
        b.err = 0;
        for (int i = 0; i < k->n_run; i++) b.err += error_of(k, x + i * k->run, w + i * k->run, b.d * (float)b.s[i]);
        if (b.err < best.err) best = b;
    }
    return best;
}

/* ---- bytes ---- */

static void put_q3(const block *b, const int8_t *q, unsigned char *p)
{
    memset(p, 0, 32);
    for (int i = 0; i < 256; i++) p[i % 32] |= (unsigned char)(((q[i] + 4) >> 2) << (i / 32));
    for (int i = 0; i < 64; i++) {
        const int8_t *v = q + i / 32 * 128 + i % 32;
        p[32 + i] = (unsigned char)((v[0] & 3) | (v[32] & 3) << 2 | (v[64] & 3) << 4 | (v[96] & 3) << 6);
    }
    memset(p + 96, 0, 12);
    for (int i = 0; i < 16; i++) {
        int s = b->s[i] + 32;
        p[96 + i % 8] |= (unsigned char)((s & 15) << (i / 8 * 4));
        p[104 + i % 4] |= (unsigned char)((s >> 4) << (i / 4 * 2));
    }
    memcpy(p + 108, &b->bits, 2);
}

static void put_q6(const block *b, const int8_t *q, unsigned char *p)
{
    for (int half = 0; half < 2; half++)
        for (int j = 0; j < 32; j++) {
            const int8_t *v = q + half * 128 + j;
            int a = v[0] + 32, c = v[32] + 32, e = v[64] + 32, g = v[96] + 32;
            p[half * 64 + j] = (unsigned char)((a & 15) | (e & 15) << 4);
            p[half * 64 + 32 + j] = (unsigned char)((c & 15) | (g & 15) << 4);
            p[128 + half * 32 + j] = (unsigned char)(a >> 4 | c >> 4 << 2 | e >> 4 << 4 | g >> 4 << 6);
        }
    for (int i = 0; i < 16; i++) p[192 + i] = (unsigned char)(int8_t)b->s[i];
    memcpy(p + 208, &b->bits, 2);
}

static void put_iq4_xs(const block *b, const uint8_t *code, unsigned char *p)
{
    unsigned top = 0;
    memcpy(p, &b->bits, 2);
    memset(p + 4, 0, 4);
    for (int i = 0; i < 8; i++) {
        unsigned s = (unsigned)(b->s[i] + 32);
        p[4 + i / 2] |= (unsigned char)((s & 15) << (i % 2 * 4));
        top |= s >> 4 << (2 * i);
        for (int j = 0; j < 16; j++) p[8 + i * 16 + j] = (unsigned char)(code[i * 32 + j] | code[i * 32 + 16 + j] << 4);
    }
    uint16_t bits = (uint16_t)top;
    memcpy(p + 2, &bits, 2);
}

void ond__put_scaled(ond_type t, const ond__row *r, unsigned char *out)
{
    ond__table table;
    kind k = t == OND_Q3_K   ? (kind){16, 16, -4, 3, -32, 31, NULL}
             : t == OND_Q6_K ? (kind){16, 16, -32, 31, -128, 127, NULL}
                             : (kind){8, 32, 0, 0, -32, 31, &table};
    if (k.table) ond__fit_tables(&table, ond__iq4_values);
    for (size_t i = 0; i < r->n / 256; i++) {
        const float *x = r->x + i * 256;
        block b = fit_block(&k, x, r->w + i * 256, r->unit);
        int8_t q[256];
        uint8_t code[256];
        for (int j = 0; j < k.n_run; j++) {
            float d = b.d * (float)b.s[j];
            if (k.table)
                ond__table_put(k.table, x + j * k.run, k.run, d, code + j * k.run);
            else
                ond__scaled_put(x + j * k.run, k.run, d, k.lo, k.hi, q + j * k.run);
        }
        unsigned char *p = out + i * (size_t)ond_type_block_bytes(t);
        if (t == OND_Q3_K) put_q3(&b, q, p);
        else if (t == OND_Q6_K) put_q6(&b, q, p);
        else put_iq4_xs(&b, code, p);
    }
}
