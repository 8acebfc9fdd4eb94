/* tile_body.h - tiles of quantised and float weights for registers of 128 and 256 bits, written once for AVX2, AVX-VNNI and NEON.
 *
 * Included once by each tile_NAME.c, after a lane header for floats (vec_lane_*.h: W rows in a register, so R = 16 / W
 * registers hold the rows of a panel) and one for bytes (tile_lane_*.h), which brings
 *   vb, b_load b_and b_or b_flip b_look, b_shr      4 W codes; b_shr may leave bits of the next byte, to be masked
 *   vi, i_spread (p, n)           W integers: the one at p, times 2^n
 *   i_float, v_spread             to floats; a float at p to all
 *   v_nibbles v_exponents         W bytes at p: both halves as floats; 2^(e - 128)
 *   WIDE_SIGNED                   whether codes beyond 7 bits are handed to sums() as signed values, their offset taken off
 *   sums(t, n, first, last, x, minus, c, s)   integer sums over steps [first, last) of a slab for n <= TK tokens.
 *
 * A slab meets up to four tokens at once, a group of six or eight in two passes; for several tokens its codes are unpacked
 * once, into a buffer that stays in L1. Float accumulators live in a->out.
 * The order of operations is panel.h's. */
#include "kern/internal.h"
#include "kern/panel.h"

enum { R = OND_PANEL_ROWS / W, TK = 6, AHEAD = 2048, PAGE = 4096, PAGES = 4 };

/* Where sums() takes codes from: unpacked before, or the slab itself. */
typedef struct codes {
    const vb *kept;               /* [8][R], or NULL */
    const unsigned char *slab;
    vb table;
} codes;

ALWAYS bool is_wide(const ond_type t) { return ond__panel_of(t).offset == 128; }
ALWAYS bool is_signed(const ond_type t) { return WIDE_SIGNED && is_wide(t); }
ALWAYS bool has_table(const ond_type t) { return t == OND_MXFP4 || t == OND_IQ4_NL || t == OND_IQ4_XS; }
ALWAYS int offset_left(const ond_type t) { return is_signed(t) ? 0 : ond__panel_of(t).offset; }

ALWAYS vb table_of(const ond_type t)
{
    unsigned char v[16];
    for (int i = 0; i < 16; i++) {
        int value = t == OND_MXFP4 ? ond__fp4_values[i] : ond__iq4_values[i];
        v[i] = (unsigned char)(has_table(t) ? value + offset_left(t) : 0);
    }
    return b_table(v);
}

/* ---- codes ---- */

/* Bits of `mask` of v shifted right by n. */
ALWAYS vb bits_of(vb v, const int n, const int mask) { return b_and(n ? b_shr(v, n) : v, mask); }

/* Step s, from the registers of W rows that begin at p, 64 bytes apart (which bits lie where: ond__fields). */
ALWAYS vb fields(const int bits, const unsigned char *p, const int s)
{
    if (bits == 2) return bits_of(b_load(p + 64 * (s / 4)), s % 4 * 2, 3);
    if (bits == 3 && s < 6) return bits_of(b_load(p + 64 * (s / 2)), s % 2 * 3, 7);
    if (bits == 3) return b_or(bits_of(b_load(p + 64 * (s - 6)), 6, 3), bits_of(b_load(p + 128), s - 2, 4));
    if (bits == 4) return bits_of(b_load(p + 64 * (s / 2)), s % 2 * 4, 15);
    if (bits == 5) {
        const unsigned char *top = p + 128 * (s - 5);
        if (s < 5) return b_and(b_load(p + 64 * s), 31);
        vb low = bits_of(b_load(top), 5, 7);
        if (s < 7) return b_or(low, bits_of(b_load(top + 64), 2, 24));
        return b_or(low, b_or(bits_of(b_load(p + 64), 4, 8), bits_of(b_load(p + 192), 3, 16)));
    }
    if (bits == 6) {
        p += 192 * (s / 4);
        if (s % 4 < 3) return b_and(b_load(p + 64 * (s % 4)), 63);
        return b_or(bits_of(b_load(p), 6, 3), b_or(bits_of(b_load(p + 64), 4, 12), bits_of(b_load(p + 128), 2, 48)));
    }
    return b_load(p + 64 * s);
}

ALWAYS vb unpack(const ond_type t, const unsigned char *slab, const int s, const int r, const vb table)
{
    const int bits = ond__panel_of(t).bits;
    vb q = fields(bits, slab + 4 * W * r, s);
    return has_table(t) ? b_look(table, q) : bits == 8 && is_signed(t) ? b_flip(q) : q;
}

ALWAYS vb code(const ond_type t, const codes *c, const int s, const int r)
{
    return c->kept ? c->kept[s * R + r] : unpack(t, c->slab, s, r, c->table);
}

#include TILE_SUMS

/* ---- scales ---- */

typedef struct scales {
    vf d[R], m[R];                    /* of the block */
    vf scale[2][R], min[2][R];        /* of a slab: first and last 16 columns */
} scales;

ALWAYS void block_scales(const ond_type t, const unsigned char *head, const int b, scales *k)
{
    const ond__panel f = ond__panel_of(t);
    const int g = b % f.group;
    UNROLL for (int r = 0; r < R; r++) {
        k->d[r] = t == OND_MXFP4 ? v_exponents(head + 16 * g + W * r) : v_f16(head + 32 * g + 2 * W * r);
        k->m[r] = ond__has_min(t) ? v_f16(head + 32 * f.group + 32 * g + 2 * W * r) : v_set1(0);
    }
}

/* Of slab j: the block's scale and min times its own. */
ALWAYS void slab_scales(const ond_type t, const unsigned char *sub, const int j, scales *k)
{
    const bool pairs = t == OND_Q4_K || t == OND_Q5_K;
    const int halves = ond__has_halves(t) ? 2 : 1;
    UNROLL for (int h = 0; h < halves; h++) UNROLL for (int r = 0; r < R; r++) {
        const unsigned char *p = sub + 16 * (pairs || halves == 2 ? 2 * j + h : j) + W * r;
        vf one = v_set1(1), low = one, high = one;
        if (t == OND_Q2_K)
            v_nibbles(p, &low, &high);
        else if (ond__panel_of(t).sub)
            low = v_i8(p);
        if (pairs) high = v_i8(p + 16);
        k->scale[h][r] = ond__panel_of(t).sub ? v_mul(k->d[r], low) : k->d[r];
        k->min[h][r] = pairs || t == OND_Q2_K ? v_mul(k->m[r], high) : k->m[r];
    }
}

/* ---- one slab times n tokens from the k0th of T ---- */

ALWAYS void slab_tokens(const ond_type t, const int n, int k0, int T, const codes *c, const scales *s, const unsigned char *cell,
                        float *out)
{
    const int halves = ond__has_halves(t) ? 2 : 1, steps = 8 / halves;
    vf part[R][TK];
    UNROLL for (int h = 0; h < halves; h++) {
        vi sum[R][TK];
        const unsigned char *minus = cell + T * (halves == 2 ? 40 + 4 * h : 36) + 4 * k0;
        sums(t, n, h * steps, (h + 1) * steps, cell + 32 * k0, minus, c, sum);
        UNROLL for (int k = 0; k < n; k++) UNROLL for (int r = 0; r < R; r++) {
            vf v = i_float(sum[r][k]);
            part[r][k] = h ? v_fma(v, s->scale[h][r], part[r][k]) : v_mul(v, s->scale[h][r]);
            if (!ond__has_min(t)) continue;
            vf x = i_float(i_spread(minus + 4 * k, 0));
            part[r][k] = t == OND_Q4_1 || t == OND_Q5_1 ? v_fnma(x, s->min[h][r], part[r][k])
                                                        : v_fma(x, s->min[h][r], part[r][k]);
        }
    }
    UNROLL for (int k = 0; k < n; k++) {
        vf x = v_spread(cell + 32 * T + 4 * (k0 + k));
        UNROLL for (int r = 0; r < R; r++) {
            float *o = out + (k0 + k) * OND_PANEL_ROWS + W * r;
            v_store(o, v_fma(part[r][k], x, v_load(o)));
        }
    }
}

/* One slab times all T tokens of the group. */
ALWAYS void slab_many(const ond_type t, int T, const codes *from, const scales *s, const unsigned char *cell, float *out)
{
    vb kept[8 * R];
    UNROLL for (int i = 0; i < 8; i++) UNROLL for (int r = 0; r < R; r++)
        kept[i * R + r] = unpack(t, from->slab, i, r, from->table);
    __asm__("" : : "r"(kept) : "memory");    /* in memory: else it is unpacked anew for every pass */
    const codes of_kept = {.kept = kept}, *c = &of_kept;
    switch (T) {
    case 2: slab_tokens(t, 2, 0, T, c, s, cell, out); break;
    case 6: for (int k = 0; k < 6; k += 3) slab_tokens(t, 3, k, T, c, s, cell, out); break;
    default: for (int k = 0; k < T; k += 4) slab_tokens(t, 4, k, T, c, s, cell, out);
    }
}

/* Block b of one panel times the group. */
ALWAYS void block_tile(const ond_type t, const bool one, const unsigned char *panel, int b, const vb table, const ond__tile *a,
                       float *out)
{
    const ond__panel f = ond__panel_of(t);
    const int slabs = f.block / 32, T = one ? 1 : a->width;
    const unsigned char *sub = panel + ond__body_at(f, b), *cell = a->x + (size_t)(b * slabs) * (size_t)T * OND__CELL;
    codes c = {.table = table};
    scales s;
    block_scales(t, panel + ond__head_at(f, b), b, &s);
    for (int j = 0; j < slabs; j++, cell += T * OND__CELL) {
        c.slab = sub + f.sub + j * f.slab;
        slab_scales(t, sub, j, &s);
        if (one) {
            c.kept = NULL;
            for (int line = 0; line < f.slab; line += 64) __builtin_prefetch(c.slab + AHEAD + line);
            __builtin_prefetch((const void *)(((uintptr_t)c.slab / PAGE + PAGES) * PAGE)); /* avx512.h says why */
            slab_tokens(t, 1, 0, 1, &c, &s, cell, out);
        } else {
            slab_many(t, T, &c, &s, cell, out);
        }
    }
}

ALWAYS void quant_tile(const ond_type t, const ond__tile *a)
{
    const int n = a->n_col / ond__panel_of(t).block, size = a->width * OND_PANEL_ROWS;
    const vb table = table_of(t);
    memset(a->out, 0, (size_t)(a->n_panel * size) * sizeof *a->out);
    if (a->width == 1) {
        for (int b = 0; b < n; b++)
            for (int p = 0; p < a->n_panel; p++) block_tile(t, true, a->w[p], b, table, a, a->out + p * size);
        return;
    }
    for (int p = 0; p < a->n_panel; p++)
        for (int b = 0; b < n; b++) block_tile(t, false, a->w[p], b, table, a, a->out + p * size);
}

/* ---- floats: columns in order, one accumulator an output ---- */

ALWAYS vf column(const ond_type t, const unsigned char *w, int c, const int r)
{
    if (t == OND_F32) return v_load((const float *)(const void *)(w + 64 * (size_t)c) + W * r);
    if (t == OND_F16) return v_f16(w + 32 * (size_t)c + 2 * W * r);
    return v_bf16(w + 64 * (size_t)(c / 2) + 4 * W * r, c % 2);
}

ALWAYS void float_tokens(const ond_type t, const int n, const unsigned char *w, const float *x, int T, int n_col, float *out)
{
    vf acc[R][TK];
    UNROLL for (int k = 0; k < n; k++) UNROLL for (int r = 0; r < R; r++) acc[r][k] = v_set1(0);
    for (int c = 0; c < n_col; c++, x += T) {
        vf row[R];
        UNROLL for (int r = 0; r < R; r++) row[r] = column(t, w, c, r);
        UNROLL for (int k = 0; k < n; k++) UNROLL for (int r = 0; r < R; r++) acc[r][k] = v_fma(row[r], v_set1(x[k]), acc[r][k]);
    }
    UNROLL for (int k = 0; k < n; k++) UNROLL for (int r = 0; r < R; r++) v_store(out + k * OND_PANEL_ROWS + W * r, acc[r][k]);
}

ALWAYS void float_tile(const ond_type t, const ond__tile *a)
{
    int T = a->width, n = a->n_col;
    const float *x = (const float *)(const void *)a->x;
    for (int p = 0; p < a->n_panel; p++) {
        const unsigned char *w = a->w[p];
        float *out = a->out + p * T * OND_PANEL_ROWS;
        switch (T) {
        case 1: float_tokens(t, 1, w, x, T, n, out); break;
        case 2: float_tokens(t, 2, w, x, T, n, out); break;
        case 6: float_tokens(t, 6, w, x, T, n, out); break;
        default: for (int k = 0; k < T; k += 4) float_tokens(t, 4, w, x + k, T, n, out + k * OND_PANEL_ROWS);
        }
    }
}

/* ---- one function a type ---- */

#define TYPE(NAME, number, name, block, bytes)                          \
    static __attribute__((noinline)) void tile_##NAME(const ond__tile *a) \
    {                                                                   \
        if ((block) == 1)                                               \
            float_tile(OND_##NAME, a);                                  \
        else                                                            \
            quant_tile(OND_##NAME, a);                                  \
    }
#include "base/types.def"
#undef TYPE

void FN(tile)(const ond__tile *a)
{
    switch (a->type) {
#define TYPE(NAME, number, name, block, bytes) \
    case OND_##NAME: tile_##NAME(a); return;
#include "base/types.def"
#undef TYPE
    }
}
