/* acts.c - activations prepared for panels, in plain C (layout: panel.h).
 *
 * int8: scale = max |x| / 127 of 32 values, q = x / scale rounded to nearest, ties to even. A block
 * that is so small that its scale is no normal number is all zeros; one with a value that is not
 * finite has scale NaN, so that it shows in every output. Any kernel set of a processor gives the
 * same bytes. */
#include "kern/panel.h"
#include "kern/internal.h"

#include <float.h>
#include <math.h>

ond_acts_kind ond__acts_kind_float(ond_type t)
{
    return t == OND_F32 || t == OND_F16 || t == OND_BF16 ? OND_ACTS_F32 : OND_ACTS_I8;
}

size_t ond__acts_bytes(ond_acts_kind kind, int n_tok, int n_col)
{
    int last = ond__groups(n_tok) - 1,
        width = last * ond__group_of(n_tok) + ond__width(ond__group_tokens(n_tok, last));
    return ((size_t)width * ond__acts_token(kind, n_col) + 63) / 64 * 64;
}

/* Adding and taking off 1.5 × 2^23 rounds to the nearest even integer, without a call. */
static int round_even(float v)
{
    volatile float big = v + 0x1.8p23f;
    return (int)(big - 0x1.8p23f);
}

static void quantise(const float *x, int8_t *q, float *scale)
{
    uint32_t top = 0; /* magnitudes as integers: NaN is the greatest */
    for (int i = 0; i < 32; i++) {
        uint32_t u = ond__f32_bits(x[i]) & 0x7fffffff;
        top = u > top ? u : top;
    }
    float d = ond__bits_f32(top) / 127;
    bool finite = top < 0x7f800000;
    *scale = !finite ? NAN : d >= FLT_MIN ? d : 0;
    float inverse = finite && d >= FLT_MIN ? 1 / d : 0;
    for (int i = 0; i < 32; i++) q[i] = inverse > 0 ? (int8_t)round_even(x[i] * inverse) : 0;
}

/* Token k of a group: one cell. */
static void put_cell(const float *x, int width, int k, unsigned char *cell)
{
    int8_t q[32];
    float scale;
    quantise(x, q, &scale);
    int32_t sum[2] = {0, 0};
    for (int i = 0; i < 32; i++) sum[i / 16] -= q[i];
    int32_t both = sum[0] + sum[1];
    memcpy(cell + 32 * k, q, 32);
    memcpy(cell + 32 * width + 4 * k, &scale, 4);
    memcpy(cell + 36 * width + 4 * k, &both, 4);
    memcpy(cell + 40 * width + 4 * k, &sum[0], 4);
    memcpy(cell + 44 * width + 4 * k, &sum[1], 4);
}

static void put_i8(const float *x, int n_col, int width, int k, unsigned char *group)
{
    static const float zeros[32];
    for (int b = 0; b < n_col / 32; b++)
        put_cell(x ? x + 32 * b : zeros, width, k, group + (size_t)b * (size_t)width * OND__CELL);
}

static void put_f32(const float *x, int n_col, int width, int k, unsigned char *group)
{
    float *to = (float *)(void *)group;
    for (int c = 0; c < n_col; c++) to[(size_t)c * (size_t)width + (size_t)k] = x ? x[c] : 0;
}

static void put_bf16(const float *x, int n_col, int width, int k, unsigned char *group)
{
    uint16_t *to = (uint16_t *)(void *)group;
    for (int c = 0; c < (n_col + 1) / 2 * 2; c++)
        to[((size_t)(c / 2) * (size_t)width + (size_t)k) * 2 + (size_t)(c % 2)] =
            x && c < n_col ? ond_f32_to_bf16(x[c]) : 0;
}

/* x NULL: zeros. */
static void put_token(ond_acts *a, const float *x, int width, int k, unsigned char *group)
{
    switch (a->kind) {
    case OND_ACTS_I8: put_i8(x, a->n_col, width, k, group); break;
    case OND_ACTS_F32: put_f32(x, a->n_col, width, k, group); break;
    case OND_ACTS_BF16: put_bf16(x, a->n_col, width, k, group); break;
    }
}

void ond__acts_put(ond_acts *a, const float *x, size_t x_stride, int begin, int end)
{
    int whole = ond__group_of(a->n_tok);
    for (int t = begin; t < end; t++) {
        int g = t / whole, k = t % whole, width = ond__width(ond__group_tokens(a->n_tok, g));
        unsigned char *group = ond__acts_group(a, g);
        put_token(a, x + (size_t)t * x_stride, width, k, group);
        if (t == a->n_tok - 1)
            while (++k < width) put_token(a, NULL, width, k, group);
    }
}
