/* quant.c - floats to plain rows of any type: what goes in is checked and brought near 1, the rest is by type.
 *
 * What is minimised is the sum of importance × squared error, over each block. Without a matrix all columns count alike.
 * Results do not depend on the processor nor on how rows are parted. */
#include "kern/quant_fit.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static int check_row(ond_type t, const float *x, size_t n, size_t row, ond_err *err)
{
    float most = t == OND_F16 ? 65519.996f : t == OND_BF16 ? 0x1.fep127f : FLT_MAX;   /* what does not round to infinity */
    for (size_t i = 0; i < n; i++)
        if (!(fabsf(x[i]) <= most))
            return ond_fail(err, OND_E_INPUT, "row %zu, column %zu is %g, which %s", row, i, (double)x[i],
                            fabsf(x[i]) <= FLT_MAX ? "is too great for a 16-bit float" : "is not a finite number");
    return 0;
}

/* Importance near 1 in the mean, never 0: a column that the matrix never saw still breaks ties. */
static int put_weights(const float *weight, size_t n, float *w, ond_err *err)
{
    double sum = 0;
    for (size_t i = 0; weight && i < n; i++) {
        if (!(weight[i] >= 0 && weight[i] <= FLT_MAX))
            return ond_fail(err, OND_E_INPUT, "the importance matrix has %g for column %zu, not a finite number from 0",
                            (double)weight[i], i);
        sum += (double)weight[i];
    }
    double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++) w[i] = sum > 0 ? (float)fmin((double)weight[i] / mean + 1e-6, 1e9) : 1;
    return 0;
}

/* The power of two that brings the greatest value of a row to about 1; 1 for a row of zeros. */
static float unit_of(const float *x, size_t n)
{
    float top = 0;
    for (size_t i = 0; i < n; i++) top = fabsf(x[i]) > top ? fabsf(x[i]) : top;
    int e = top > 0 ? ilogbf(top) : 0;
    return ldexpf(1, e < -126 ? -126 : e > 126 ? 126 : e);
}

static void put_row(ond_type t, const float *x, const float *w, size_t n, float *scratch, unsigned char *out)
{
    ond__row r = {.x = scratch, .w = w, .n = n, .unit = unit_of(x, n)};
    float inverse = 1 / r.unit;
    for (size_t i = 0; i < n; i++) scratch[i] = x[i] * inverse;
    if (t == OND_Q2_K || t == OND_Q4_K || t == OND_Q5_K)
        ond__put_affine(t, &r, out);
    else if (t == OND_Q3_K || t == OND_Q6_K || t == OND_IQ4_XS)
        ond__put_scaled(t, &r, out);
    else
        ond__put_simple(t, &r, out);
}

static void put_floats(ond_type t, const float *x, size_t n, unsigned char *out)
{
    if (t == OND_F32) {
        memcpy(out, x, n * sizeof *x);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint16_t h = t == OND_F16 ? ond_f32_to_f16(x[i]) : ond_f32_to_bf16(x[i]);
        memcpy(out + 2 * i, &h, 2);
    }
}

int ond_quant(ond_type t, const float *x, size_t n_row, size_t n_col, const float *weight, void *out, ond_err *err)
{
    size_t stride = ond_type_row_bytes(t, n_col);
    bool floats = t == OND_F32 || t == OND_F16 || t == OND_BF16;
    float *scratch = NULL;
    int rc = 0;
    if (n_col == 0 || n_row == 0) return 0;
    if (stride == 0)
        return ond_fail(err, OND_E_INPUT, "rows of %zu columns cannot be %s: its blocks have %d values", n_col, ond_type_name(t),
                        ond_type_block(t));
    if (!floats) {
        if (n_col > SIZE_MAX / sizeof *scratch / 2) return ond_nomem(err, "quantising a row");
        scratch = malloc(2 * n_col * sizeof *scratch);
        if (!scratch) return ond_nomem(err, "quantising a row");
        OND_TRY(put_weights(weight, n_col, scratch + n_col, err));
    }
    for (size_t r = 0; r < n_row; r++) {
        unsigned char *p = (unsigned char *)out + r * stride;
        OND_TRY(check_row(t, x + r * n_col, n_col, r, err));
        if (floats)
            put_floats(t, x + r * n_col, n_col, p);
        else
            put_row(t, x + r * n_col, scratch + n_col, n_col, scratch, p);
    }
out:
    free(scratch);
    return rc;
}
