/* tile_sums_neon.h - integer sums of steps: a register of codes is 4 rows × 4 columns, times four activations of a token.
 *
 * With OND__DOTPROD by sdot, whose second factor is one of four words of a register, so that 16 columns are loaded at once;
 * else by smull and pairwise sums: two products of at most 127 · 128 fit 16 bits. */

ALWAYS vi four_columns(vi s, vb w, int8x16_t x, const int lane)
{
#ifdef OND__DOTPROD
    switch (lane) {
    case 0: return vdotq_laneq_s32(s, signed_bytes(w), x, 0);
    case 1: return vdotq_laneq_s32(s, signed_bytes(w), x, 1);
    case 2: return vdotq_laneq_s32(s, signed_bytes(w), x, 2);
    default: return vdotq_laneq_s32(s, signed_bytes(w), x, 3);
    }
#else
    int32x4_t words = vreinterpretq_s32_s8(x);
    int32_t v = lane == 0 ? vgetq_lane_s32(words, 0) : lane == 1 ? vgetq_lane_s32(words, 1)
              : lane == 2 ? vgetq_lane_s32(words, 2) : vgetq_lane_s32(words, 3);
    int8x8_t y = vreinterpret_s8_s32(vdup_n_s32(v));
    int16x8_t a = vmull_s8(vget_low_s8(signed_bytes(w)), y), b = vmull_s8(vget_high_s8(signed_bytes(w)), y);
    return vpadalq_s16(s, vpaddq_s16(a, b));
#endif
}

ALWAYS void sums(const ond_type t, const int n, const int first_step, const int last, const unsigned char *x,
                 const unsigned char *minus, const codes *c, vi s[R][TK])
{
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int k = 0; k < n; k++)
        s[r][k] = offset_left(t) ? i_spread(minus + 4 * k, __builtin_ctz((unsigned)offset_left(t))) : vdupq_n_s32(0);
    UNROLL for (int i = first_step; i < last; i += 4) {
        int8x16_t v[TK];
        UNROLL for (int k = 0; k < n; k++) v[k] = signed_bytes(vld1q_u8(x + 32 * k + 4 * i));
        UNROLL for (int u = 0; u < 4; u++) UNROLL for (int r = 0; r < R; r++) {
            vb w = code(t, c, i + u, r);
            UNROLL for (int k = 0; k < n; k++) s[r][k] = four_columns(s[r][k], w, v[k], u);
        }
    }
}
