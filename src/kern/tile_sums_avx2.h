/* tile_sums_avx2.h - exact integer sums without a four-way dot product: vpmaddubsw, whose sums of pairs have 16 bits.
 *
 * Codes of n bits times int8: a pair is at most 2 · 127 (2^n − 1), so that 8 steps of 4 bits, 4 of 5 bits (MXFP4: codes to 28)
 * and 2 of 6 bits are added in 16 bits before vpmaddwd widens them. Wide codes come signed: |w| <= 128 unsigned times x with
 * w's sign, 32,512 at most. */

/* Keeps gcc from adding in a tree: it runs out of registers. */
#define IN_ORDER(v) __asm__("" : "+x"(v))

ALWAYS int steps_of_16_bits(const ond_type t)
{
    const int bits = t == OND_MXFP4 ? 5 : ond__panel_of(t).bits;
    return bits <= 4 ? 8 : bits == 5 ? 4 : 2;
}

ALWAYS void sums_wide(const ond_type t, const int n, const int first_step, const int last, const unsigned char *x, const codes *c,
                      vi s[R][TK])
{
    const vi ones = _mm256_set1_epi16(1);
    UNROLL for (int r = 0; r < R; r++) UNROLL for (int k = 0; k < n; k++) s[r][k] = _mm256_setzero_si256();
    UNROLL for (int i = first_step; i < last; i++) {
        vb w[R], size[R];
        UNROLL for (int r = 0; r < R; r++) w[r] = code(t, c, i, r), size[r] = _mm256_abs_epi8(w[r]);
        UNROLL for (int k = 0; k < n; k++) {
            vi v = i_spread(x + 32 * k + 4 * i, 0);
            UNROLL for (int r = 0; r < R; r++) {
                vi pair = _mm256_maddubs_epi16(size[r], _mm256_sign_epi8(v, w[r]));
                s[r][k] = _mm256_add_epi32(s[r][k], _mm256_madd_epi16(pair, ones));
                IN_ORDER(s[r][k]);
            }
        }
    }
}

ALWAYS void sums(const ond_type t, const int n, const int first_step, const int last, const unsigned char *x,
                 const unsigned char *minus, const codes *c, vi s[R][TK])
{
    if (is_wide(t)) {
        sums_wide(t, n, first_step, last, x, c, s);
        return;
    }
    const vi ones = _mm256_set1_epi16(1);
    const int most = steps_of_16_bits(t), run = most < last - first_step ? most : last - first_step;
    UNROLL for (int from = first_step; from < last; from += run) {
        vi part[R][TK];
        UNROLL for (int i = 0; i < run; i++) {
            vb w[R];
            UNROLL for (int r = 0; r < R; r++) w[r] = code(t, c, from + i, r);
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
            if (from == first_step && offset_left(t))
                s[r][k] = _mm256_add_epi32(s[r][k], i_spread(minus + 4 * k, __builtin_ctz((unsigned)offset_left(t))));
        }
    }
}
