/* quant_affine.c - rows of Q2_K, Q4_K, Q5_K: 256 values in runs of 16 or 32, x = D s q - M m, with integers s, m per run.
 *
 * Each run gets its best line first. Then in turns: D and M for the lines, the integers s and m for D and M (neighbours are
 * tried, each judged by the error that its integers q leave), D and M by least squares for all the integers. */
#include "kern/quant_fit.h"

#include <float.h>
#include <math.h>

typedef struct kind {
    int n_run, run;      /* 16 × 16 or 8 × 32 */
    int hi;              /* of q */
    int top;             /* of s and m: 15 or 63 */
} kind;

enum { TRIALS = 2 };

typedef struct block {
    float d, m;          /* D, M as stored, in units of the row */
    uint16_t d_bits, m_bits;
    int s[16], o[16];    /* scale and offset of each run */
    float err;
} block;

static ond__line line_of(const block *b, int s, int o) { return (ond__line){b->d * (float)s, -b->m * (float)o}; }

static int near_int(float v, int top) { return v <= 0 ? 0 : v >= (float)top ? top : (int)(v + 0.5f); }

/* The best s and o near the run's own line, for the block's D and M. */
static float choose(const kind *k, block *b, int i, const float *x, const float *w, float sum_w, float sum_x, ond__line own)
{
    float best = INFINITY;
    int s0 = b->d > 0 ? near_int(own.d / b->d, k->top) : 0, wide = k->top < 63 ? 2 : 1;
    for (int s = s0 - wide; s <= s0 + wide; s++) {
        if (s < 0 || s > k->top || (s == 0 && s0 > 0)) continue;
        /* Along the valley of equal error the line turns about the run's mean. */
        ond__line l = {b->d * (float)s, own.m};
        int o = b->m > 0 ? near_int(-l.m / b->m, k->top) : 0, tried = -1;
        for (int turn = 0; turn < 2 && o != tried; turn++) {
            float err = ond__affine_error(x, w, k->run, line_of(b, s, o), k->hi);
            if (err < best) {
                best = err;
                b->s[i] = s;
                b->o[i] = o;
            }
            tried = o;
            ond__sums t = ond__affine_sums(x, w, k->run, line_of(b, s, o), k->hi);
            float m = (l.d * t.q - sum_x) / sum_w;   /* the offset that these integers want */
            o = b->m > 0 ? near_int(m / b->m, k->top) : 0;
        }
    }
    return best;
}

/* D and M by least squares for the integers that stand; kept only if positive. */
static void refit(const kind *k, block *b, const float *x, const float *w, const float *sum_w, const float *sum_x, float unit)
{
    double aa = 0, ab = 0, bb = 0, xa = 0, xb = 0;   /* a = s q, b = -o */
    for (int i = 0; i < k->n_run; i++) {
        const float *xi = x + i * k->run, *wi = w + i * k->run;
        double s = b->s[i], o = -b->o[i];
        if (b->s[i] > 0) {
            ond__sums t = ond__affine_sums(xi, wi, k->run, line_of(b, b->s[i], b->o[i]), k->hi);
            aa += s * s * (double)t.qq;
            ab += s * o * (double)t.q;
            xa += s * (double)t.xq;
        }
        bb += o * o * (double)sum_w[i];
        xb += o * (double)sum_x[i];
    }
    double det = aa * bb - ab * ab, d = 0, m = 0;
    if (det > 1e-9 * aa * bb && det > 0) {
        d = (xa * bb - xb * ab) / det;
        m = (xb * aa - xa * ab) / det;
    } else if (aa > 0) {
        d = xa / aa;
    }
    if (d > 0) b->d = ond__keep_f16((float)d, unit, &b->d_bits);
    if (m > 0) b->m = ond__keep_f16((float)m, unit, &b->m_bits);
}

static void choose_all(const kind *k, block *b, const float *x, const float *w, const float *sum_w, const float *sum_x,
                       const ond__line *own)
{
    b->err = 0;
    for (int i = 0; i < k->n_run; i++)
        b->err += choose(k, b, i, x + i * k->run, w + i * k->run, sum_w[i], sum_x[i], own[i]);
}

/* Where D and M begin. With 15 steps the greatest scale need not stand at the end: the grid is laid to suit all runs, or
 * the greatest alone. */
static void begin(const kind *k, int trial, const ond__line *own, const float *curve, const float *sum_w, float unit, block *b)
{
    float d[16], m[16], top_d = 0, top_m = 0;
    for (int i = 0; i < k->n_run; i++) {
        d[i] = own[i].d;
        m[i] = -own[i].m;
        top_d = fmaxf(top_d, d[i]);
        top_m = fmaxf(top_m, m[i]);
    }
    float step_d = trial == 0 ? ond__steps_fit(d, curve, k->n_run, k->top) : top_d / (float)k->top;
    float step_m = trial == 0 ? ond__steps_fit(m, sum_w, k->n_run, k->top) : top_m / (float)k->top;
    b->d = ond__keep_f16(step_d, unit, &b->d_bits);
    b->m = ond__keep_f16(step_m, unit, &b->m_bits);
}

static block fit_block(const kind *k, const float *x, const float *w, float unit)
{
    ond__line own[16];
    float sum_w[16], sum_x[16], curve[16];
    for (int i = 0; i < k->n_run; i++) {
        const float *xi = x + i * k->run, *wi = w + i * k->run;
        own[i] = ond__affine_fit(xi, wi, k->run, k->hi, true);
        curve[i] = ond__affine_sums(xi, wi, k->run, own[i], k->hi).qq;
        sum_w[i] = sum_x[i] = 0;
        for (int j = 0; j < k->run; j++) {
            sum_w[i] += wi[j];
            sum_x[i] += wi[j] * xi[j];
        }
    }
    block best = {.err = INFINITY};
    for (int trial = 0; trial < (k->top < 63 ? TRIALS : 1); trial++) {
        block b = {0};
        begin(k, trial, own, curve, sum_w, unit, &b);
        for (int turn = 0; turn < 2; turn++) {
            choose_all(k, &b, x, w, sum_w, sum_x, own);
            if (b.err < best.err) best = b;
            refit(k, &b, x, w, sum_w, sum_x, unit);
        }
        b.err = 0;
        for (int i = 0; i < k->n_run; i++)
            b.err += ond__affine_error(x + i * k->run, w + i * k->run, k->run, line_of(&b, b.s[i], b.o[i]), k->hi);
        if (b.err < best.err) best = b;
    }
    return best;
}

/* ---- bytes ---- */

static void put_u16(unsigned char *p, uint16_t v) { memcpy(p, &v, 2); }

static void put_q2(const block *b, const uint8_t *q, unsigned char *p)
{
    for (int i = 0; i < 16; i++) p[i] = (unsigned char)(b->s[i] | b->o[i] << 4);
    for (int i = 0; i < 64; i++) {
        const uint8_t *v = q + i / 32 * 128 + i % 32;
        p[16 + i] = (unsigned char)(v[0] | v[32] << 2 | v[64] << 4 | v[96] << 6);
    }
    put_u16(p + 80, b->d_bits);
    put_u16(p + 82, b->m_bits);
}

/* Q4_K, and Q5_K with its fifth bits between. */
static void put_q4(const block *b, const uint8_t *q, bool fifth, unsigned char *p)
{
    put_u16(p, b->d_bits);
    put_u16(p + 2, b->m_bits);
    for (int i = 0; i < 4; i++) {
        p[4 + i] = (unsigned char)(b->s[i] | b->s[i + 4] >> 4 << 6);
        p[8 + i] = (unsigned char)(b->o[i] | b->o[i + 4] >> 4 << 6);
        p[12 + i] = (unsigned char)((b->s[i + 4] & 15) | (b->o[i + 4] & 15) << 4);
    }
    unsigned char *low = p + 16;
    if (fifth) {
        memset(low, 0, 32);
        for (int i = 0; i < 256; i++) low[i % 32] |= (unsigned char)((q[i] >> 4) << (i / 32));
        low += 32;
    }
    for (int i = 0; i < 128; i++) {
        const uint8_t *v = q + i / 32 * 64 + i % 32;
        low[i] = (unsigned char)((v[0] & 15) | (v[32] & 15) << 4);
    }
}

void ond__put_affine(ond_type t, const ond__row *r, unsigned char *out)
{
    kind k = t == OND_Q2_K ? (kind){16, 16, 3, 15} : (kind){8, 32, t == OND_Q4_K ? 15 : 31, 63};
    for (size_t i = 0; i < r->n / 256; i++) {
        const float *x = r->x + i * 256;
        block b = fit_block(&k, x, r->w + i * 256, r->unit);
        uint8_t q[256];
        for (int j = 0; j < k.n_run; j++)
            ond__affine_put(x + j * k.run, k.run, line_of(&b, b.s[j], b.o[j]), k.hi, q + j * k.run);
        unsigned char *p = out + i * (size_t)ond_type_block_bytes(t);
        if (t == OND_Q2_K)
            put_q2(&b, q, p);
        else
            put_q4(&b, q, t == OND_Q5_K, p);
    }
}
