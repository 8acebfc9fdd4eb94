/* acts_body.h - activations to int8 cells over the lane layer: the bytes of acts.c, sooner. Included by each vec_NAME.c.
 *
 * A value that is not finite turns up in the sums, which are taken anyway. */
#include "kern/panel.h"

#include <float.h>

ALWAYS void put_cell(const float *x, int width, int k, unsigned char *cell)
{
    vf v[32 / W], most = v_set1(0);
    UNROLL for (int j = 0; j < 32 / W; j++) v[j] = v_load(x + j * W), most = v_maxn(v_abs(v[j]), most);
    float d = v_top(most) / 127, inverse = d >= FLT_MIN ? 1 / d : 0, sum[2];
    UNROLL for (int j = 0; j < 32 / W; j++) v[j] = v_round(v_mul(v[j], v_set1(inverse)));
    UNROLL for (int h = 0; h < 2; h++) {
        vf s = v[h * 16 / W];
        UNROLL for (int j = 1; j < 16 / W; j++) s = v_add(s, v[h * 16 / W + j]);
        sum[h] = v_sum(s);
    }
    float both = sum[0] + sum[1];
    bool finite = both == both && d <= FLT_MAX;
    int32_t minus[3] = {0, 0, 0};
    if (finite) minus[0] = -(int32_t)both, minus[1] = -(int32_t)sum[0], minus[2] = -(int32_t)sum[1];
    d = !finite ? NAN : inverse > 0 ? d : 0;
    UNROLL for (int j = 0; j < 32 / W; j++) v_i8_put(cell + 32 * k + j * W, finite ? v[j] : v_set1(0), W);
    memcpy(cell + 32 * width + 4 * k, &d, 4);
    for (int i = 0; i < 3; i++) memcpy(cell + (36 + 4 * i) * width + 4 * k, &minus[i], 4);
}

static void put_token(const float *x, int n_col, int width, int k, unsigned char *group)
{
    const size_t size = (size_t)width * OND__CELL;
    int b = 0;
#ifdef PUT_FOUR /* cells at once, where the set knows how */
    for (; b + 4 <= n_col / 32; b += 4) PUT_FOUR(x + 32 * b, width, k, group + (size_t)b * size);
#endif
    for (; b < n_col / 32; b++) put_cell(x + 32 * b, width, k, group + (size_t)b * size);
}

/* What stands beside the last token of a group of odd count. */
static void put_nothing(int n_col, int width, int k, unsigned char *group)
{
    for (int b = 0; b < n_col / 32; b++) {
        unsigned char *cell = group + (size_t)b * (size_t)width * OND__CELL;
        memset(cell + 32 * k, 0, 32);
        for (int i = 0; i < 4; i++) memset(cell + (32 + 4 * i) * width + 4 * k, 0, 4);
    }
}

void FN(acts_put)(ond_acts *a, const float *x, size_t x_stride, int begin, int end)
{
    if (a->kind != OND_ACTS_I8) {
        ond__acts_put(a, x, x_stride, begin, end);
        return;
    }
    const int whole = ond__group_of(a->n_tok);
    for (int t = begin; t < end; t++) {
        int g = t / whole, k = t % whole, width = ond__width(ond__group_tokens(a->n_tok, g));
        put_token(x + (size_t)t * x_stride, a->n_col, width, k, ond__acts_group(a, g));
        if (t == a->n_tok - 1)
            while (++k < width) put_nothing(a->n_col, width, k, ond__acts_group(a, g));
    }
}
