/* tile_sums_neonmm.h - integer sums by smmla: 2 rows × 8 columns times 2 tokens × 8 columns.
 *
 * Two steps zipped by words give the 2 × 8 of rows; an odd token meets itself. One token alone goes by sdot. */
#define OND__DOTPROD 1
#define sums sums_by_columns
#include "kern/tile_sums_neon.h"
#undef sums

ALWAYS int8x16_t eight_columns(const unsigned char *x, int k, int other, int at)
{
    return signed_bytes(vcombine_u8(vld1_u8(x + 32 * k + at), vld1_u8(x + 32 * other + at)));
}

/* Tokens k and k + 1 (or k twice); rows of register r. */
ALWAYS void pair_of_tokens(const ond_type t, const int n, const int k, const int first_step, const int last,
                           const unsigned char *x, const codes *c, vi s[R][TK])
{
    const int other = k + 1 < n ? k + 1 : k;
    vi low[R], high[R];    /* [r0t0 r0t1 r1t0 r1t1], rows 2 and 3 */
    UNROLL for (int r = 0; r < R; r++) low[r] = high[r] = vdupq_n_s32(0);
    UNROLL for (int i = first_step; i < last; i += 2) {
        int8x16_t v = eight_columns(x, k, other, 4 * i);
        UNROLL for (int r = 0; r < R; r++) {
            uint32x4_t a = vreinterpretq_u32_u8(code(t, c, i, r)), b = vreinterpretq_u32_u8(code(t, c, i + 1, r));
            low[r] = vmmlaq_s32(low[r], vreinterpretq_s8_u32(vzip1q_u32(a, b)), v);
            high[r] = vmmlaq_s32(high[r], vreinterpretq_s8_u32(vzip2q_u32(a, b)), v);
        }
    }
    UNROLL for (int r = 0; r < R; r++) {
        s[r][k] = vaddq_s32(s[r][k], vuzp1q_s32(low[r], high[r]));
        if (other > k) s[r][k + 1] = vaddq_s32(s[r][k + 1], vuzp2q_s32(low[r], high[r]));
    }
}

ALWAYS void sums(const ond_type t, const int n, const int first_step, const int last, const unsigned char *x,
                 const unsigned char *minus, const codes *c, vi s[R][TK])
{
    if (n == 1) {
        sums_by_columns(t, n, first_step, last, x, minus, c, s);
        return;
    }
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int k = 0; k < n; k++)
        s[r][k] = offset_left(t) ? i_spread(minus + 4 * k, __builtin_ctz((unsigned)offset_left(t))) : vdupq_n_s32(0);
    UNROLL for (int k = 0; k < n; k += 2) pair_of_tokens(t, n, k, first_step, last, x, c, s);
}
