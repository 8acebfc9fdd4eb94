/* quant_fit.h - the best scale for a run of values, and the integers that follow from it. Private to quant*.c.
 *
 * A run is 8 to 256 values x (n a multiple of 8) with weights w >= 0. All functions minimise sum w (x - x')^2, where x' is
 *   scaled:  x' = d q,      q in [lo, hi]                  (Q4_0, Q5_0, Q8_0, Q3_K, Q6_K, ternary)
 *   affine:  x' = d q + m,  q in [0, hi]                   (Q4_1, Q5_1, Q2_K, Q4_K, Q5_K)
 *   table:   x' = d v[c],   c in [0, 15]                   (IQ4_NL, IQ4_XS, MXFP4)
 * A search tries inverse scales, takes the best d (and m) for the integers of each in closed form, and then goes on in turns:
 * integers for the scale, scale for the integers. Sums are made in eight lanes, so results are the same on every processor.
 * Values are expected near 1 in size (quant.c scales a row by a power of two), so that no square overflows. */
#ifndef OND_KERN_QUANT_FIT_H
#define OND_KERN_QUANT_FIT_H

#include "kern/internal.h"

#ifdef __clang__   /* gcc fuses nothing in -std=c11 */
#pragma STDC FP_CONTRACT OFF
#endif

/* ---- scaled ---- */
typedef struct ond__sums { float xq, qq, q, err; } ond__sums;

float ond__scaled_fit(const float *x, const float *w, int n, int lo, int hi);
/* The same with fewer trials, for grids so fine that a trial changes little. */
float ond__scaled_fit_fine(const float *x, const float *w, int n, int lo, int hi);
/* sum w x q and sum w q^2 of the integers that scale d gives (all 0 when d is 0). */
ond__sums ond__scaled_sums(const float *x, const float *w, int n, float d, int lo, int hi);
float ond__scaled_error(const float *x, const float *w, int n, float d, int lo, int hi);
void ond__scaled_put(const float *x, int n, float d, int lo, int hi, int8_t *q);
/* The step of a grid 0 ... top for n (8 or 16) scales that are themselves not negative. */
float ond__steps_fit(const float *scale, const float *w, int n, int top);

/* ---- affine ---- */
typedef struct ond__line { float d, m; } ond__line;

/* below: m may not be above 0, as in the K types. d >= 0. */
ond__line ond__affine_fit(const float *x, const float *w, int n, int hi, bool below);
ond__sums ond__affine_sums(const float *x, const float *w, int n, ond__line l, int hi);
float ond__affine_error(const float *x, const float *w, int n, ond__line l, int hi);
void ond__affine_put(const float *x, int n, ond__line l, int hi, uint8_t *q);

/* ---- table ---- */
typedef struct ond__table {
    const int8_t *values;     /* sixteen, of size at most 127 */
    float top;                /* the one of greatest size */
    uint8_t code[512];        /* nearest code of (i - 256) / 2: midpoints of integers are halves, so nothing is lost */
    float value[512];         /* of that code */
} ond__table;

void ond__fit_tables(ond__table *t, const int8_t *values);
float ond__table_fit(const ond__table *t, const float *x, const float *w, int n);
ond__sums ond__table_sums(const ond__table *t, const float *x, const float *w, int n, float d);
float ond__table_error(const ond__table *t, const float *x, const float *w, int n, float d);
void ond__table_put(const ond__table *t, const float *x, int n, float d, uint8_t *code);

/* ---- one row of each type: x [n_col] scaled by `unit` (the true value is x * unit), w [n_col] ---- */
typedef struct ond__row {
    const float *x, *w;
    size_t n;
    float unit;      /* a power of two */
} ond__row;

void ond__put_simple(ond_type t, const ond__row *r, unsigned char *out);    /* quant_simple.c: blocks of 32, ternary */
void ond__put_affine(ond_type t, const ond__row *r, unsigned char *out);    /* quant_affine.c: Q2_K, Q4_K, Q5_K */
void ond__put_scaled(ond_type t, const ond__row *r, unsigned char *out);    /* quant_scaled.c: Q3_K, Q6_K, IQ4_XS */

/* What an f16 keeps of a scale, in units of the row; *bits is what is stored. Never infinite. */
static inline float ond__keep_f16(float d, float unit, uint16_t *bits)
{
    float full = d * unit;
    full = full > 65504 ? 65504 : full < -65504 ? -65504 : full;
    *bits = ond_f32_to_f16(full);
    return ond_f16_to_f32(*bits) / unit;
}

#endif
