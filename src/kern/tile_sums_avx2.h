/* tile_sums_avx2.h - exact integer sums without a four-way dot product: vpmaddubsw, whose sums of pairs have 16 bits.
 *
 * Codes of n bits times int8: a pair is at most 2 · 127 (2^n − 1), so that 8 steps of 4 bits, 4 of 5 bits (MXFP4: codes to 28)
 * and 2 of 6 bits are added in 16 bits before vpmaddwd widens them. Codes of 8 bits go as two nibbles: fewer operations on the two
 * multiply ports than |w| times x with w's sign, or 16-bit products. */

/* Keeps gcc from adding in a tree: it runs out of registers. */
#define IN_ORDER(v) __asm__("" : "+x"(v))

ALWAYS int steps_of_16_bits(const ond_type t)
{
    const int bits = is_wide(t) ? 4 : t == OND_MXFP4 ? 5 : ond__panel_of(t).bits;
    return bits <= 4 ? 8 : bits == 5 ? 4 : 2;
}

/* Of plane h of the codes. */
ALWAYS void plane_sums(const ond_type t, const int h, const int n, const int first_step, const int last, const unsigned char *x,
                       const codes *c, vi s[R][TK])
{
    const vi ones = _mm256_set1_epi16(1);
    const int most = steps_of_16_bits(t), run = most < last - first_step ? most : last - first_step;
    UNROLL for (int from = first_step; from < last; from += run) {
        vi part[R][TK];
        UNROLL for (int i = 0; i < run; i++) {
            vb w[R];
            UNROLL for (int r = 0; r < R; r++) w[r] = code_plane(t, c, from + i, r, h);
            UNROLL for (int k = 0; k < n; k++) {
                vi v = i_spread(x + 32 * k + 4 * (from + i), 0);
                UNROLL for (int r = 0; r < R; r++) {
                    vi pair = _mm256_maddubs_epi16(w[r], v);
                    part[r][k] = i ? _mm256_add_epi16(part[r][k], pair) : pair;
                    IN_ORDER(part[r][k]);
                }
            }
        }
        UNROLL for (int r = 0; r < R; r++) UNROLL for (int k = 0; k < n; k++) {
            vi sum = _mm256_madd_epi16(part[r][k], ones);
            s[r][k] = from > first_step ? _mm256_add_epi32(s[r][k], sum) : sum;
        }
    }
}

ALWAYS void sums(const ond_type t, const int n, const int first_step, const int last, const unsigned char *x,
                 const unsigned char *minus, const codes *c, vi s[R][TK])
{
    vi high[R][TK];
    if (is_wide(t)) plane_sums(t, 1, n, first_step, last, x, c, high);
    plane_sums(t, 0, n, first_step, last, x, c, s);
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int k = 0; k < n; k++) {
        if (is_wide(t)) s[r][k] = _mm256_add_epi32(s[r][k], _mm256_slli_epi32(high[r][k], 4));
        if (offset_left(t))
            s[r][k] = _mm256_add_epi32(s[r][k], i_spread(minus + 4 * k, __builtin_ctz((unsigned)offset_left(t))));
    }
}
