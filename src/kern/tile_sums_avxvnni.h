/* tile_sums_avxvnni.h - integer sums by vpdpbusd on 256 bits: unsigned codes times int8, by fours, from −offset × Σx. */

ALWAYS void sums(const ond_type t, const int n, const int first_step, const int last, const unsigned char *x,
                 const unsigned char *minus, const codes *c, vi s[R][TK])
{
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int k = 0; k < n; k++)
        s[r][k] = offset_left(t) ? i_spread(minus + 4 * k, __builtin_ctz((unsigned)offset_left(t))) : _mm256_setzero_si256();
    UNROLL for (int i = first_step; i < last; i++) {
        vb w[R];
        UNROLL for (int r = 0; r < R; r++) w[r] = code(t, c, i, r);
        UNROLL for (int k = 0; k < n; k++) {
            vi v = i_spread(x + 32 * k + 4 * i, 0);
            UNROLL for (int r = 0; r < R; r++) s[r][k] = _mm256_dpbusd_avx_epi32(s[r][k], w[r], v);
        }
    }
}
