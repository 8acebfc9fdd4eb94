/* tile_avx512.h - the one loop of quantised matmul, for all types and shapes: P panels × T tokens.
 *
 * Included after OND__AVX512 by the files that instantiate it; P, T and the type are constants
 * there, so that everything unrolls. A slab of 32 columns: vpdpbusd adds products of unsigned
 * weights (64 of them unpacked in a register) and four activations broadcast from memory to 32-bit
 * sums that start at −offset × Σx; then the sums become floats, are scaled and added to the
 * accumulators (order: panel.h). What bounds it: the two multiply ports do 8 P T vpdpbusd and 2 P T
 * float operations a slab: 80 % of the peak at best, 73 % with mins or with scales per 16. Of the
 * 32 registers 2 × 6 tiles use 12 for integers, 12 for floats. */
#ifndef OND_KERN_TILE_AVX512_H
#define OND_KERN_TILE_AVX512_H

#include "kern/avx512.h"

TILE_PUT

ALWAYS __m512i broadcast(const unsigned char *p)
{
    int v;
    memcpy(&v, p, 4);
    return _mm512_set1_epi32(v);
}

ALWAYS __m512 broadcast_f(const unsigned char *p) { return _mm512_castsi512_ps(broadcast(p)); }
ALWAYS __m512i load(const unsigned char *p) { return _mm512_loadu_si512((const void *)p); }

/* ---- weights ---- */

ALWAYS __m512i shift(const __m512i v, const int n)
{
    return n ? _mm512_srli_epi16(v, (unsigned)n) : v;
}
ALWAYS __m512i keep(const __m512i v, const int mask)
{
    return _mm512_and_si512(v, _mm512_set1_epi8((char)mask));
}
/* Bits of `mask` from a, the others from b. */
ALWAYS __m512i merge(const int mask, const __m512i a, const __m512i b)
{
    return _mm512_ternarylogic_epi64(_mm512_set1_epi8((char)mask), a, b, 0xca);
}

/* Step s of a slab: which bits lie where is said by ond__fields. */
ALWAYS __m512i codes(const int bits, const unsigned char *slab, const int s)
{
    if (bits == 2) return keep(shift(load(slab + 64 * (s / 4)), s % 4 * 2), 3);
    if (bits == 3) {
        if (s < 6) return keep(shift(load(slab + 64 * (s / 2)), s % 2 * 3), 7);
        return keep(merge(3, shift(load(slab + 64 * (s - 6)), 6), shift(load(slab + 128), s - 2)),
                    7);
    }
    if (bits == 4) return keep(shift(load(slab + 64 * (s / 2)), s % 2 * 4), 15);
    if (bits == 5) {
        if (s < 5) return keep(load(slab + 64 * s), 31);
        const unsigned char *p = slab + 128 * (s - 5);
        __m512i low = shift(load(p), 5);
        if (s < 7) return keep(merge(7, low, shift(load(p + 64), 2)), 31);
        return keep(merge(15, merge(7, low, shift(load(slab + 64), 4)), shift(load(slab + 192), 3)),
                    31);
    }
    if (bits == 6) {
        const unsigned char *p = slab + 192 * (s / 4);
        if (s % 4 < 3) return keep(load(p + 64 * (s % 4)), 63);
        return keep(
            merge(15, merge(3, shift(load(p), 6), shift(load(p + 64), 4)), shift(load(p + 128), 2)),
            63);
    }
    return load(slab + 64 * s);
}

ALWAYS __m512i table_of(const ond_type t)
{
    const int8_t *v = t == OND_MXFP4 ? ond__fp4_values : ond__iq4_values;
    __m512i all = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(const void *)v));
    return _mm512_add_epi8(all, _mm512_set1_epi8((char)ond__panel_of(t).offset));
}

ALWAYS bool has_table(const ond_type t)
{
    return t == OND_IQ4_NL || t == OND_IQ4_XS || t == OND_MXFP4;
}

ALWAYS __m512i weights(const ond_type t, const unsigned char *slab, const int s,
                       const __m512i table)
{
    __m512i q = codes(ond__panel_of(t).bits, slab, s);
    return has_table(t) ? _mm512_shuffle_epi8(table, q) : q;
}

/* ---- scales of 16 rows ---- */

ALWAYS __m512 halves_at(const unsigned char *p)
{
    return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(const void *)p));
}

ALWAYS __m512 bytes_f(const __m128i v, const bool is_signed)
{
    return _mm512_cvtepi32_ps(is_signed ? _mm512_cvtepi8_epi32(v) : _mm512_cvtepu8_epi32(v));
}

/* 2^(e - 128), as ond__e8m0_half. */
ALWAYS __m512 exponents_at(const unsigned char *p)
{
    __m512i e = _mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)(const void *)p));
    __m512i normal = _mm512_slli_epi32(_mm512_sub_epi32(e, _mm512_set1_epi32(1)), 23);
    __m512i small = _mm512_sllv_epi32(_mm512_set1_epi32(0x00200000), e);
    return _mm512_castsi512_ps(
        _mm512_mask_mov_epi32(normal, _mm512_cmplt_epi32_mask(e, _mm512_set1_epi32(2)), small));
}

/* Of block b, at its unit's head. */
ALWAYS __m512 block_scale(const ond_type t, const unsigned char *head, const int b)
{
    const int g = b % ond__panel_of(t).group;
    return t == OND_MXFP4 ? exponents_at(head + 16 * g) : halves_at(head + 32 * g);
}

ALWAYS __m512 block_min(const ond_type t, const unsigned char *head, const int b)
{
    const int n = ond__panel_of(t).group;
    return ond__has_min(t) ? halves_at(head + 32 * n + 32 * (b % n)) : _mm512_setzero_ps();
}

/* Of slab j, half h: the block's scale and min times its own. */
ALWAYS void slab_scales(const ond_type t, const unsigned char *sub, const int j, const int h,
                        const __m512 d, const __m512 m, __m512 *scale, __m512 *min)
{
    const bool pairs = t == OND_Q4_K || t == OND_Q5_K;
    const int entry = pairs || ond__has_halves(t) ? 2 * j + (pairs ? 0 : h) : j;
    *scale = d;
    *min = m;
    if (ond__panel_of(t).sub == 0) return;
    __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(sub + 16 * entry));
    if (t == OND_Q2_K) {
        __m128i low = _mm_set1_epi8(15);
        *scale = _mm512_mul_ps(d, bytes_f(_mm_and_si128(v, low), false));
        *min = _mm512_mul_ps(m, bytes_f(_mm_and_si128(_mm_srli_epi16(v, 4), low), false));
        return;
    }
    *scale = _mm512_mul_ps(d, bytes_f(v, !pairs));
    if (pairs)
        *min = _mm512_mul_ps(
            m, bytes_f(_mm_loadu_si128((const __m128i *)(const void *)(sub + 16 * entry + 16)),
                       false));
}

/* ---- the loop ---- */

/* Sums over the steps of a slab, or of its first or last half, from −offset × Σx. */
ALWAYS void sums(const ond_type t, const int P, const int T, const unsigned char *const slab[],
                 const unsigned char *x, const int h, const __m512i table, __m512i s[2][8])
{
    const int offset = ond__panel_of(t).offset, n = ond__has_halves(t) ? 4 : 8;
    const unsigned char *minus = x + T * (n == 4 ? 40 + 4 * h : 36);
    EACH (k, T) {
        __m512i z = offset ? _mm512_slli_epi32(broadcast(minus + 4 * k),
                                               (unsigned)__builtin_ctz((unsigned)offset))
                           : _mm512_setzero_si512();
        EACH (p, P) s[p][k] = z;
    }
    EACH (i, n) {
        __m512i q[2];
        EACH (p, P) q[p] = weights(t, slab[p], h * n + i, table);
        EACH (k, T) {
            __m512i v = broadcast(x + 32 * k + 4 * (h * n + i));
            EACH (p, P) s[p][k] = _mm512_dpbusd_epi32(s[p][k], q[p], v);
        }
    }
}

/* One slab, all the way to the accumulators. */
ALWAYS void slab_tile(const ond_type t, const int P, const int T, const unsigned char *const sub[],
                      const int j, const __m512 d[], const __m512 m[], const unsigned char *x,
                      const __m512i table, __m512 acc[2][8])
{
    const ond__panel f = ond__panel_of(t);
    const int halves = ond__has_halves(t) ? 2 : 1;
    const unsigned char *slab[2];
    EACH (p, P) slab[p] = sub[p] + f.sub + j * f.slab;
    __m512 part[2][8];
    EACH (h, halves) {
        __m512i s[2][8];
        __m512 scale[2], min[2];
        sums(t, P, T, slab, x, h, table, s);
        EACH (p, P) slab_scales(t, sub[p], j, h, d[p], m[p], &scale[p], &min[p]);
        const unsigned char *minus = x + T * (halves == 2 ? 40 + 4 * h : 36);
        EACH (k, T)
            EACH (p, P) {
                __m512 v = _mm512_cvtepi32_ps(s[p][k]);
                part[p][k] =
                    h ? _mm512_fmadd_ps(v, scale[p], part[p][k]) : _mm512_mul_ps(v, scale[p]);
                if (ond__has_min(t)) {
                    __m512 sum = _mm512_cvtepi32_ps(broadcast(minus + 4 * k));
                    part[p][k] = t == OND_Q4_1 || t == OND_Q5_1
                                     ? _mm512_fnmadd_ps(sum, min[p], part[p][k])
                                     : _mm512_fmadd_ps(sum, min[p], part[p][k]);
                }
            }
    }
    EACH (k, T)
        EACH (p, P)
            acc[p][k] = _mm512_fmadd_ps(part[p][k], broadcast_f(x + 32 * T + 4 * k), acc[p][k]);
}

ALWAYS void tile(const ond_type t, const int P, const int T, const ond__tile *a)
{
    const ond__panel f = ond__panel_of(t);
    const int n = a->n_col / f.block;
    const unsigned char *x = a->x;
    const __m512i table = has_table(t) ? table_of(t) : _mm512_setzero_si512();
    __m512 acc[2][8];
    EACH (p, P)
        EACH (k, T) acc[p][k] = _mm512_setzero_ps();
    for (int b = 0; b < n; b++) {
        const unsigned char *sub[2];
        __m512 d[2], m[2];
        EACH (p, P) {
            sub[p] = a->w[p] + ond__body_at(f, b);
            d[p] = block_scale(t, a->w[p] + ond__head_at(f, b), b);
            m[p] = block_min(t, a->w[p] + ond__head_at(f, b), b);
            if (a->cold) fetch_lines(a->w[p] + ond__head_at(f, b), f.block == 32 ? 64 : f.head + f.sub);
        }
        for (int j = 0; j < f.block / 32; j++, x += T * OND__CELL) {
            EACH (p, P) if (a->cold) fetch(sub[p] + f.sub + j * f.slab, f.slab);
            slab_tile(t, P, T, sub, j, d, m, x, table, acc);
        }
    }
    EACH (p, P)
        EACH (k, T)
            put(a, p, k, acc[p][k]);
}

#endif
