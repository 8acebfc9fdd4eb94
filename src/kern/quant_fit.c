/* quant_fit.c - searches for the scale of a run of values (quant_fit.h says what is minimised). */
#include "kern/quant_fit.h"
#include "kern/quant_lanes.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* Of a run: greatest size with its sign, least and greatest value. */
typedef struct extent { float top, min, max; } extent;

static extent extent_of(const float *x, int n)
{
    extent e = {0, x[0], x[0]};
    for (int i = 0; i < n; i++) {
        if (x[i] < e.min) e.min = x[i];
        if (x[i] > e.max) e.max = x[i];
    }
    e.top = e.max > -e.min ? e.max : e.min;
    return e;
}

static float invert(float d) { return fabsf(d) > FLT_MIN ? 1 / d : 0; }

/* ---- scaled ---- */

static ond__sums scaled_sums(const float *x, const float *w, int n, float id, int lo, int hi)
{
    lanes vid = lanes_all(id), vlo = lanes_all((float)lo), vhi = lanes_all((float)hi), xq = lanes_all(0), qq = xq;
    for (int i = 0; i < n; i += 8) {
        lanes v = lanes_load(x + i), q = lanes_grid(lanes_mul(v, vid), vlo, vhi), wq = lanes_mul(lanes_load(w + i), q);
        xq = lanes_add(xq, lanes_mul(wq, v));
        qq = lanes_add(qq, lanes_mul(wq, q));
    }
    return (ond__sums){.xq = lanes_sum(xq), .qq = lanes_sum(qq)};
}

ond__sums ond__scaled_sums(const float *x, const float *w, int n, float d, int lo, int hi)
{
    return scaled_sums(x, w, n, invert(d), lo, hi);
}

float ond__scaled_error(const float *x, const float *w, int n, float d, int lo, int hi)
{
    lanes vd = lanes_all(d), vid = lanes_all(invert(d)), vlo = lanes_all((float)lo), vhi = lanes_all((float)hi);
    lanes sum = lanes_all(0);
    for (int i = 0; i < n; i += 8) {
        lanes v = lanes_load(x + i), e = lanes_sub(v, lanes_mul(vd, lanes_grid(lanes_mul(v, vid), vlo, vhi)));
        sum = lanes_add(sum, lanes_mul(lanes_load(w + i), lanes_mul(e, e)));
    }
    return lanes_sum(sum);
}

void ond__scaled_put(const float *x, int n, float d, int lo, int hi, int8_t *q)
{
    lanes vid = lanes_all(invert(d)), vlo = lanes_all((float)lo), vhi = lanes_all((float)hi);
    for (int i = 0; i < n; i += 8) {
        float v[8];
        lanes_store(v, lanes_grid(lanes_mul(lanes_load(x + i), vid), vlo, vhi));
        for (int k = 0; k < 8; k++) q[i + k] = (int8_t)v[k];
    }
}

/* The scale that gains most so far: the error is sum w x^2 less gain = xq^2 / qq. */
typedef struct best { float d, gain; } best;

static void consider(best *b, ond__sums s)
{
    if (s.qq > 0 && s.xq * s.xq > b->gain * s.qq) *b = (best){s.xq / s.qq, s.xq * s.xq / s.qq};
}

/* The run's top value at these places of the grid: the end of the grid, more or less clipped. */
static void trials(best *b, const float *x, const float *w, int n, int lo, int hi, float top, float from, float to, float step)
{
    for (float at = from; at <= to + 0.001f; at += step) consider(b, scaled_sums(x, w, n, at / top, lo, hi));
}

static float settle(best b, const float *x, const float *w, int n, int lo, int hi)
{
    for (int i = 0; i < 6; i++) {
        best before = b;
        consider(&b, scaled_sums(x, w, n, invert(b.d), lo, hi));
        if (b.d == before.d) break;
    }
    return b.d;
}

float ond__scaled_fit(const float *x, const float *w, int n, int lo, int hi)
{
    float top = extent_of(x, n).top;
    if (fabsf(top) <= FLT_MIN) return 0;
    best b = {0, 0};
    float far = (float)-lo, near = (float)hi;
    trials(&b, x, w, n, lo, hi, -top, far * 0.8f, far + 1.8f, far * 0.04f);    /* the longer side, -lo */
    trials(&b, x, w, n, lo, hi, top, near * 0.8f, near + 1.8f, near * 0.04f);  /* the shorter side */
    return settle(b, x, w, n, lo, hi);
}

float ond__scaled_fit_fine(const float *x, const float *w, int n, int lo, int hi)
{
    float top = extent_of(x, n).top;
    if (fabsf(top) <= FLT_MIN) return 0;
    best b = {0, 0};
    trials(&b, x, w, n, lo, hi, -top, (float)-lo - 0.9f, (float)-lo + 0.9f, 0.3f);
    trials(&b, x, w, n, lo, hi, top, (float)hi - 0.6f, (float)hi + 0.3f, 0.3f);
    return settle(b, x, w, n, lo, hi);
}

float ond__steps_fit(const float *scale, const float *w, int n, int top)
{
    float greatest = extent_of(scale, n).max;
    if (greatest <= FLT_MIN) return 0;
    best b = {0, 0};
    trials(&b, scale, w, n, 0, top, greatest, (float)top * 0.55f, (float)top + 0.9f, 0.1f);
    return settle(b, scale, w, n, 0, top);
}

/* ---- affine ---- */

ond__sums ond__affine_sums(const float *x, const float *w, int n, ond__line l, int hi)
{
    lanes vid = lanes_all(invert(l.d)), vm = lanes_all(l.m), vlo = lanes_all(0), vhi = lanes_all((float)hi);
    lanes xq = vlo, qq = vlo, sq = vlo;
    for (int i = 0; i < n; i += 8) {
        lanes v = lanes_load(x + i), q = lanes_grid(lanes_mul(lanes_sub(v, vm), vid), vlo, vhi);
        lanes wq = lanes_mul(lanes_load(w + i), q);
        sq = lanes_add(sq, wq);
        xq = lanes_add(xq, lanes_mul(wq, v));
        qq = lanes_add(qq, lanes_mul(wq, q));
    }
    return (ond__sums){.xq = lanes_sum(xq), .qq = lanes_sum(qq), .q = lanes_sum(sq)};
}

float ond__affine_error(const float *x, const float *w, int n, ond__line l, int hi)
{
    lanes vd = lanes_all(l.d), vid = lanes_all(invert(l.d)), vm = lanes_all(l.m), vlo = lanes_all(0);
    lanes vhi = lanes_all((float)hi), sum = vlo;
    for (int i = 0; i < n; i += 8) {
        lanes v = lanes_sub(lanes_load(x + i), vm);
        lanes e = lanes_sub(v, lanes_mul(vd, lanes_grid(lanes_mul(v, vid), vlo, vhi)));
        sum = lanes_add(sum, lanes_mul(lanes_load(w + i), lanes_mul(e, e)));
    }
    return lanes_sum(sum);
}

void ond__affine_put(const float *x, int n, ond__line l, int hi, uint8_t *q)
{
    lanes vid = lanes_all(invert(l.d)), vm = lanes_all(l.m), vlo = lanes_all(0), vhi = lanes_all((float)hi);
    for (int i = 0; i < n; i += 8) {
        float v[8];
        lanes_store(v, lanes_grid(lanes_mul(lanes_sub(lanes_load(x + i), vm), vid), vlo, vhi));
        for (int k = 0; k < 8; k++) q[i + k] = (uint8_t)v[k];
    }
}

typedef struct weighed { float w, x; } weighed;   /* sum w, sum w x */

typedef struct best_line { ond__line l; float gain; } best_line;

/* The line that fits the integers behind these sums best. */
static void consider_line(best_line *b, weighed t, ond__sums s, bool below)
{
    float det = t.w * s.qq - s.q * s.q;
    if (!(det > 1e-12f * t.w * s.qq)) return;
    ond__line l = {(t.w * s.xq - t.x * s.q) / det, (s.qq * t.x - s.q * s.xq) / det};
    if (below && l.m > 0) l = (ond__line){s.xq / s.qq, 0};
    float gain = l.d * s.xq + l.m * t.x;
    if (l.d > 0 && gain > b->gain) *b = (best_line){l, gain};
}

ond__line ond__affine_fit(const float *x, const float *w, int n, int hi, bool below)
{
    extent e = extent_of(x, n);
    if (below && e.min > 0) e.min = 0;
    float range = e.max - e.min;
    if (range <= FLT_MIN) return (ond__line){0, e.min};
    weighed t = {0, 0};
    for (int i = 0; i < n; i++) {
        t.w += w[i];
        t.x += w[i] * x[i];
    }
    best_line b = {{range / (float)hi, e.min}, -FLT_MAX};
    /* Ranges from too wide to cut short, laid at the least value, in the middle, and at the greatest. */
    float from = hi > 15 ? -3 : hi > 3 ? -1.2f : -0.9f, step = hi > 15 ? 0.3f : hi > 3 ? 0.25f : 0.15f;
    for (int i = 0; i < 13; i++) {
        float d = range / ((float)hi + from + step * (float)i), cut = range - d * (float)hi;
        consider_line(&b, t, ond__affine_sums(x, w, n, (ond__line){d, e.min}, hi), below);
        consider_line(&b, t, ond__affine_sums(x, w, n, (ond__line){d, e.min + cut / 2}, hi), below);
        if (hi <= 3) consider_line(&b, t, ond__affine_sums(x, w, n, (ond__line){d, e.min + cut}, hi), below);
    }
    for (int i = 0; i < 6; i++) {
        float before = b.gain;
        consider_line(&b, t, ond__affine_sums(x, w, n, b.l, hi), below);
        if (b.gain == before) break;
    }
    return b.l;
}

/* ---- table ---- */

void ond__fit_tables(ond__table *t, const int8_t *values)
{
    t->values = values;
    t->top = 0;
    for (int c = 0; c < 16; c++)
        if (abs(values[c]) > fabsf(t->top)) t->top = values[c];
    for (int i = 0; i < 512; i++) {
        int best_code = 0;
        for (int c = 1; c < 16; c++)   /* the middle of [i, i + 1), in quarters */
            if (abs(4 * values[c] - (2 * i - 511)) < abs(4 * values[best_code] - (2 * i - 511))) best_code = c;
        t->code[i] = (uint8_t)best_code;
        t->value[i] = values[best_code];
    }
}

/* Places of eight values in the table: (i - 256) / 2 <= x / d < (i - 255) / 2. */
static inline void places(const float *x, lanes vid, int at[8])
{
    lanes lo = lanes_all(0), hi = lanes_all(511), v = lanes_mul(lanes_load(x), vid);
    v = lanes_add(lanes_add(v, v), lanes_all(255.5f));
    v = lanes_grid(v, lo, hi);
    float f[8];
    lanes_store(f, v);
    for (int k = 0; k < 8; k++) at[k] = (int)f[k];
}

ond__sums ond__table_sums(const ond__table *t, const float *x, const float *w, int n, float d)
{
    lanes vid = lanes_all(invert(d)), xq = lanes_all(0), qq = xq;
    for (int i = 0; i < n; i += 8) {
        int at[8];
        float q8[8];
        places(x + i, vid, at);
        for (int k = 0; k < 8; k++) q8[k] = t->value[at[k]];
        lanes q = lanes_load(q8), wq = lanes_mul(lanes_load(w + i), q);
        xq = lanes_add(xq, lanes_mul(wq, lanes_load(x + i)));
        qq = lanes_add(qq, lanes_mul(wq, q));
    }
    return (ond__sums){.xq = lanes_sum(xq), .qq = lanes_sum(qq)};
}

float ond__table_error(const ond__table *t, const float *x, const float *w, int n, float d)
{
    lanes vid = lanes_all(invert(d)), vd = lanes_all(d), sum = lanes_all(0);
    for (int i = 0; i < n; i += 8) {
        int at[8];
        float q8[8];
        places(x + i, vid, at);
        for (int k = 0; k < 8; k++) q8[k] = t->value[at[k]];
        lanes e = lanes_sub(lanes_load(x + i), lanes_mul(vd, lanes_load(q8)));
        sum = lanes_add(sum, lanes_mul(lanes_load(w + i), lanes_mul(e, e)));
    }
    return lanes_sum(sum);
}

void ond__table_put(const ond__table *t, const float *x, int n, float d, uint8_t *code)
{
    lanes vid = lanes_all(invert(d));
    for (int i = 0; i < n; i += 8) {
        int at[8];
        places(x + i, vid, at);
        for (int k = 0; k < 8; k++) code[i + k] = t->code[at[k]];
    }
}

float ond__table_fit(const ond__table *t, const float *x, const float *w, int n)
{
    float top = extent_of(x, n).top;
    if (fabsf(top) <= FLT_MIN) return 0;
    best b = {0, 0};
    for (int i = -3; i <= 8; i++) {   /* both signs: the table is longer on one side */
        float d = top / (t->top * (1 - 0.03f * (float)i));
        consider(&b, ond__table_sums(t, x, w, n, d));
        consider(&b, ond__table_sums(t, x, w, n, -d));
    }
    for (int i = 0; i < 4; i++) {
        float before = b.d;
        consider(&b, ond__table_sums(t, x, w, n, b.d));
        if (b.d == before) break;
    }
    return b.d;
}
