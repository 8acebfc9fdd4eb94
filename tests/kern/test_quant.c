/* test_quant.c - floats to rows: error by type, what must come back exactly, odd input, refusals.
 *
 * tests/peer/quant_peer.c holds the error against ggml's own; here it is held against fixed bounds. */
#include "kern/blocks.h"

#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { ROWS = 8, COLS = 1024 };

static float x[ROWS * COLS], back[ROWS * COLS];
static unsigned char q[ROWS * COLS * 4];

static void quant(ond_type t, size_t rows, size_t cols, const float *matrix)
{
    ond_err err;
    memset(q, 0xee, sizeof q);
    if (ond_quant(t, x, rows, cols, matrix, q, &err) != 0) fail_msg("%s: %s", ond_type_name(t), err.text);
    size_t stride = ond_type_row_bytes(t, cols);
    for (size_t r = 0; r < rows; r++) ond_dequant(t, q + r * stride, cols, back + r * cols);
    if (rows * stride < sizeof q) assert_int_equal(q[rows * stride], 0xee);   /* nothing beyond the rows */
}

static double relative_error(size_t n, size_t cols, const float *matrix)
{
    double e = 0, p = 0;
    for (size_t i = 0; i < n; i++) {
        double w = matrix ? (double)matrix[i % cols] : 1, d = (double)x[i] - (double)back[i];
        e += w * d * d;
        p += w * (double)x[i] * (double)x[i];
    }
    return e / p;
}

/* Gaussian rows: the relative squared error that each type's search reaches, and 2 % more. */
static const struct { ond_type type; double most; } bounds[] = {
    {OND_F32, 0},         {OND_F16, 4.5e-8},    {OND_BF16, 2.83e-6},  {OND_Q8_0, 2.87e-5},  {OND_Q6_K, 2.89e-4},
    {OND_Q5_1, 1.10e-3},  {OND_Q5_K, 1.17e-3},  {OND_Q5_0, 1.63e-3},  {OND_Q4_1, 4.84e-3},  {OND_Q4_K, 4.92e-3},
    {OND_IQ4_NL, 5.4e-3}, {OND_IQ4_XS, 5.5e-3}, {OND_Q4_0, 6.54e-3},  {OND_MXFP4, 1.25e-2}, {OND_Q3_K, 2.11e-2},
    {OND_Q2_K, 6.69e-2},  {OND_TQ1_0, 1.92e-1}, {OND_TQ2_0, 1.92e-1},
};

static void gaussian_error(void **state)
{
    (void)state;
    assert_int_equal((int)(sizeof bounds / sizeof *bounds), ond_type_count());
    uint64_t seed = 1;
    for (size_t i = 0; i < ROWS * COLS; i++) x[i] = 0.02f * gauss(&seed);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        quant(bounds[i].type, ROWS, COLS, NULL);
        double e = relative_error(ROWS * COLS, COLS, NULL);
        if (e > bounds[i].most) fail_msg("%s: error %.4g, at most %.4g", ond_type_name(bounds[i].type), e, bounds[i].most);
    }
}

/* A matrix moves error away from the columns that matter. */
static void matrix_helps(void **state)
{
    (void)state;
    float matrix[COLS];
    uint64_t seed = 2;
    for (size_t i = 0; i < COLS; i++) matrix[i] = next_random(&seed) % 4 ? 0.01f : 1;
    for (size_t i = 0; i < ROWS * COLS; i++) x[i] = gauss(&seed);
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        if (ond_type_block(t) == 1 || t == OND_Q8_0) continue;
        quant(t, ROWS, COLS, NULL);
        double without = relative_error(ROWS * COLS, COLS, matrix);
        quant(t, ROWS, COLS, matrix);
        double with = relative_error(ROWS * COLS, COLS, matrix);
        bool coarse = t == OND_MXFP4 || t == OND_TQ1_0 || t == OND_TQ2_0;   /* little to choose */
        if (!(with < without * (coarse ? 1.0 : 0.95)))
            fail_msg("%s: %g with the matrix, %g without", ond_type_name(t), with, without);
    }
}

/* Rows that a type can hold come back as they are: ternary models above all. */
static void exact_values(void **state)
{
    (void)state;
    uint64_t seed = 3;
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        float d = ond_f16_to_f32(0x2a55);   /* an f16 */
        if (t == OND_MXFP4) d = 0.0625f;
        for (size_t j = 0; j < ROWS * COLS; j++) x[j] = d * (float)((int)(next_random(&seed) % 3) - 1);
        quant(t, ROWS, COLS, NULL);
        bool bound_to_be = t == OND_F32 || t == OND_F16 || t == OND_TQ1_0 || t == OND_TQ2_0 || t == OND_MXFP4;
        double e = relative_error(ROWS * COLS, COLS, NULL);
        if (e > (bound_to_be ? 0 : t == OND_IQ4_NL || t == OND_IQ4_XS ? 2e-3 : 4e-5)) fail_msg("%s: ternary values with error %g", ond_type_name(t), e);
    }
}

static void zeros_and_tiny(void **state)
{
    (void)state;
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        memset(x, 0, sizeof x);
        quant(t, 2, COLS, NULL);
        for (size_t j = 0; j < 2 * COLS; j++) assert_true(back[j] == 0);
        for (size_t j = 0; j < COLS; j++) x[j] = (j % 3 ? 1e-41f : -FLT_MIN);   /* subnormals */
        quant(t, 1, COLS, NULL);
        for (size_t j = 0; j < COLS; j++) assert_true(fabsf(back[j]) < 1e-8f);
        for (size_t j = 0; j < COLS; j++) x[j] = j % 256 == 77 ? 1.0f : 0;      /* one value stands out */
        quant(t, 1, COLS, NULL);
        for (size_t j = 0; j < COLS; j++) assert_true(fabsf(back[j] - x[j]) < 0.01f);
        for (size_t j = 0; j < COLS; j++) x[j] = 3.25f;                         /* all alike */
        quant(t, 1, COLS, NULL);
        for (size_t j = 0; j < COLS; j++) assert_true(fabsf(back[j] - 3.25f) <= (t == OND_MXFP4 ? 0.3f : 0.02f));
    }
}

/* The greatest floats: a scale that an f16 cannot hold is held at its greatest, and nothing becomes infinite or NaN. */
static void greatest(void **state)
{
    (void)state;
    uint64_t seed = 4;
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        for (size_t j = 0; j < COLS; j++) x[j] = FLT_MAX * (float)(2 * uniform(&seed) - 1);
        if (t == OND_F16 || t == OND_BF16)
            for (size_t j = 0; j < COLS; j++) x[j] *= t == OND_F16 ? 1e-35f : 0.5f;
        quant(t, 1, COLS, NULL);
        for (size_t j = 0; j < COLS; j++) assert_true(fabsf(back[j]) <= FLT_MAX);
    }
}

/* One row's bytes do not depend on the others, nor on where they are written. */
static void rows_alone(void **state)
{
    (void)state;
    uint64_t seed = 5;
    unsigned char one[COLS * 4 + 1];
    ond_err err;
    for (size_t i = 0; i < ROWS * COLS; i++) x[i] = gauss(&seed) * (i / COLS % 2 ? 100.0f : 0.01f);
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        size_t stride = ond_type_row_bytes(t, COLS);
        quant(t, ROWS, COLS, NULL);
        for (size_t r = 0; r < ROWS; r++) {
            assert_int_equal(ond_quant(t, x + r * COLS, 1, COLS, NULL, one + 1, &err), 0);
            assert_memory_equal(one + 1, q + r * stride, stride);
        }
    }
}

static void refused(ond_type t, size_t cols, const float *matrix, const char *says)
{
    ond_err err = {0};
    assert_int_equal(ond_quant(t, x, 2, cols, matrix, q, &err), OND_E_INPUT);
    if (!strstr(err.text, says)) fail_msg("\"%s\" does not say \"%s\"", err.text, says);
}

static void refusals(void **state)
{
    (void)state;
    float matrix[COLS];
    memset(x, 0, sizeof x);
    for (size_t i = 0; i < COLS; i++) matrix[i] = 1;
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        x[COLS + 5] = NAN;
        refused(t, COLS, NULL, "row 1, column 5 is ");
        x[COLS + 5] = -INFINITY;
        refused(t, COLS, NULL, "not a finite number");
        x[COLS + 5] = 0;
        if (ond_type_block(t) == 1) continue;
        refused(t, COLS - 1, NULL, "1023 columns cannot be");
        matrix[9] = -1;
        refused(t, COLS, matrix, "-1 for column 9");
        matrix[9] = NAN;
        refused(t, COLS, matrix, "for column 9");
        matrix[9] = 1;
    }
    x[0] = 70000;
    refused(OND_F16, COLS, NULL, "too great for a 16-bit float");
    x[0] = FLT_MAX;
    refused(OND_BF16, COLS, NULL, "too great for a 16-bit float");
    ond_err err;
    assert_int_equal(ond_quant(OND_Q4_0, x, 0, COLS, NULL, q, &err), 0);
}

/* A matrix of zeros says nothing; zeros in part of it leave those columns a say when nothing else has one. */
static void zero_matrix(void **state)
{
    (void)state;
    float matrix[COLS] = {0};
    uint64_t seed = 6;
    for (size_t i = 0; i < COLS; i++) x[i] = gauss(&seed);
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        memset(matrix, 0, sizeof matrix);
        quant(t, 1, COLS, NULL);
        double alike = relative_error(COLS, COLS, NULL);
        quant(t, 1, COLS, matrix);
        assert_true(fabs(relative_error(COLS, COLS, NULL) - alike) <= 1e-12);
        for (size_t j = 0; j < 512; j++) matrix[j] = 5;
        quant(t, 1, COLS, matrix);
        double half = relative_error(COLS, COLS, NULL);
        if (!(half <= alike * 1.001 + 1e-12)) fail_msg("%s: %g of %g", ond_type_name(t), half, alike);
    }
}

/* The same bytes from every compiler and on every processor: input by integers alone, output hashed. A search that is made better
 * changes these hashes: take the new ones, and see quant_peer. */
static const struct { ond_type type; uint64_t hash; } same[] = {
    {OND_Q4_0, 0xefdb2560e957d844u},
    {OND_Q4_1, 0xaeebb76915023609u},
    {OND_Q5_0, 0xfbdf11d063eb4d84u},
    {OND_Q5_1, 0x8529ed9d34bf7a8eu},
    {OND_Q8_0, 0xea992547b5ce1895u},
    {OND_Q2_K, 0x10bb608a1c3e00e9u},
    {OND_Q3_K, 0x715af97bb5e75ffeu},
    {OND_Q4_K, 0x073b456053459204u},
    {OND_Q5_K, 0xee44fc0316612794u},
    {OND_Q6_K, 0xc1a8d310934883ddu},
    {OND_IQ4_NL, 0x33111b1f101a28d5u},
    {OND_IQ4_XS, 0xd2bf2331ff556270u},
    {OND_TQ1_0, 0x0990ef8deb04bb88u},
    {OND_TQ2_0, 0x95a594345503aaa4u},
    {OND_MXFP4, 0x34ff52ab6288d773u},
};

static void same_everywhere(void **state)
{
    (void)state;
    uint64_t seed = 11;
    float matrix[COLS];
    for (size_t i = 0; i < ROWS * COLS; i++) {
        int sum = 0;
        for (int k = 0; k < 6; k++) sum += (int)(next_random(&seed) >> 44) - (1 << 19);
        x[i] = (float)sum * 0x1p-22f;
    }
    for (size_t i = 0; i < COLS; i++) matrix[i] = (float)(1 + next_random(&seed) % 1000);
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        uint64_t h = 0xcbf29ce484222325u;
        for (int with = 0; with < 2; with++) {
            quant(same[i].type, ROWS, COLS, with ? matrix : NULL);
            for (size_t k = 0; k < ROWS * ond_type_row_bytes(same[i].type, COLS); k++) h = (h ^ q[k]) * 0x100000001b3u;
        }
        if (h != same[i].hash) fail_msg("%s: 0x%016llx", ond_type_name(same[i].type), (unsigned long long)h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(gaussian_error), cmocka_unit_test(matrix_helps), cmocka_unit_test(exact_values),
        cmocka_unit_test(zeros_and_tiny), cmocka_unit_test(greatest),     cmocka_unit_test(rows_alone),
        cmocka_unit_test(refusals),       cmocka_unit_test(zero_matrix),
        cmocka_unit_test(same_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
