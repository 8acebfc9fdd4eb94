/* panel.h - packed weights and prepared activations byte by byte: what every fast kernel set reads.
 *
 * WEIGHTS. A panel is 16 rows. Four columns of 16 rows are a step: 64 bytes, byte 4r + c is row r,
 * column c of the four. That is one 512-bit register, two of 256 bits (rows 0-7, 8-15) or four of
 * 128 (rows 0-3, 4-7, ...: what sdot by a lane wants; two steps zipped by 32-bit words give the
 * 2 rows x 8 columns of smmla). Weights are unsigned codes q; a value is scale * (q - offset), or
 * scale * q - min, or scale * (table[q] - offset).
 *
 *   panel = units, one after another
 *   unit  = head, then `group` blocks (fewer in the last unit; its head is whole)
 *   block = sub-scales, then block / 32 slabs
 *   slab  = 32 columns = 8 steps
 *
 * head  Scales of whole blocks. d of block g of the unit: 16 x f16 (row 0 ... 15) at 32 g. m (or
 *       dmin): 16 x f16 at 32 group + 32 g. MXFP4: 16 exponent bytes at 16 g.
 * sub   Entries of 16 bytes, one byte a row.
 *       Q4_K, Q5_K: entries 2j and 2j + 1 are scale and min of slab j (0 ... 63).
 *       Q2_K: entry i is scale | min << 4 of columns 16 i ... 16 i + 15.
 *       Q3_K (scale - 32), Q6_K: entry i is the signed scale of columns 16 i ... 16 i + 15.
 *       IQ4_XS: entry j is the signed scale (- 32) of slab j.
 * slab  `bits` registers of 64 bytes, in which byte 4r + c belongs to row r, column c of each step.
 *       Which of its bits are which bits of which step is said by ond__fields (pack.c); codes
 *       straddle registers so that few operations bring them out:
 *       2  register h: step 4h + k in bits 2k and 2k + 1.
 *       3  register i: step 2i in bits 0-2, 2i + 1 in bits 3-5. Step 6: bits 6-7 of register 0, then
 *          bit 6 of register 2; step 7: bits 6-7 of register 1, then bit 7 of register 2.
 *       4  register i: step 2i in the low nibbles, 2i + 1 in the high ones.
 *       5  register i: step i in bits 0-4. Step 5: bits 5-7 of register 0, then 5-6 of register 1;
 *          step 6: bits 5-7 of register 2, then 5-6 of register 3; step 7: bits 5-7 of register 4,
 *          then bit 7 of register 1, then bit 7 of register 3.
 *       6  registers 3h, 3h + 1, 3h + 2: steps 4h, 4h + 1, 4h + 2 in bits 0-5; step 4h + 3 in their
 *          bits 6-7, low ones first.
 *       8  register s: step s, q + 128.
 * Floats have no blocks. F32: a column is 16 floats. F16: a column is 16 f16. BF16: two columns are
 * 16 pairs, the first column low. Panels are padded to 64 bytes with zeros; rows beyond the last are
 * zeros in every byte.
 *
 * ACTIVATIONS (OND_ACTS_I8). Tokens go in groups: up to 8 tokens are one group, more are groups of 6
 * and what is left. A group's width is the count of its tokens rounded up to 1, 2, 4, 6 or 8; tokens
 * beyond the last are zeros. A group holds a cell for each 32 columns: int8 x[width][32], float
 * scale[width], int32 minus_sum[width], int32 minus_sum16[2][width] (first and last 16 columns); 48
 * bytes a token. A token's value is x * scale; scale is NaN where an activation was not finite.
 * OND_ACTS_F32: for each column, float x[width]. OND_ACTS_BF16: for each two columns, width pairs.
 *
 * ORDER. One output is one accumulator. For slabs in order, with S the integer sum of
 * x * (q - offset) over a slab (or over its halves of 16 columns):
 *   t = S * scale; (second half: t = fma(S', scale', t);) (mins: t = fma(minus_sum, min, t);)
 *   acc = fma(t, the token's scale, acc)
 * whatever the tile: so one token or many, one thread or many give the same bits. */
#ifndef OND_KERN_PANEL_H
#define OND_KERN_PANEL_H

#include "kern/kern.h"

typedef struct ond__panel {
    short block; /* columns of a block: 32 or 256; 0: no panel */
    short group; /* blocks of a unit */
    short head;  /* bytes, a multiple of 64 */
    short sub;   /* bytes of a block's sub-scales */
    short slab;  /* bytes of 32 columns: 64 * bits */
    short bits;  /* of a code */
    short offset; /* value is scale * (q - offset); 0 or a power of two: sums are shifted by it */
} ond__panel;

/* Constant when t is. Offsets of table types are of table[] + offset. */
static inline ond__panel ond__panel_of(ond_type t)
{
    switch (t) {
    case OND_Q4_0: return (ond__panel){32, 2, 64, 0, 256, 4, 8};
    case OND_Q4_1: return (ond__panel){32, 2, 128, 0, 256, 4, 0};
    case OND_Q5_0: return (ond__panel){32, 2, 64, 0, 320, 5, 16};
    case OND_Q5_1: return (ond__panel){32, 2, 128, 0, 320, 5, 0};
    case OND_Q8_0: return (ond__panel){32, 2, 64, 0, 512, 8, 128};
    case OND_IQ4_NL: return (ond__panel){32, 2, 64, 0, 256, 4, 128};
    case OND_MXFP4: return (ond__panel){32, 4, 64, 0, 256, 4, 16};
    case OND_Q2_K: return (ond__panel){256, 1, 64, 256, 128, 2, 0};
    case OND_Q3_K: return (ond__panel){256, 2, 64, 256, 192, 3, 4};
    case OND_Q4_K: return (ond__panel){256, 1, 64, 256, 256, 4, 0};
    case OND_Q5_K: return (ond__panel){256, 1, 64, 256, 320, 5, 0};
    case OND_Q6_K: return (ond__panel){256, 2, 64, 256, 384, 6, 32};
    case OND_IQ4_XS: return (ond__panel){256, 2, 64, 128, 256, 4, 128};
    case OND_TQ1_0:
    case OND_TQ2_0: return (ond__panel){256, 2, 64, 0, 128, 2, 1};
    case OND_F32:
    case OND_F16:
    case OND_BF16: break;
    }
    return (ond__panel){0};
}

/* Bits [from, from + n) of step `step` are bits [to, to + n) of register `reg`. */
typedef struct ond__field {
    uint8_t step, from, n, reg, to;
} ond__field;
const ond__field *ond__fields(int bits, int *n);

static inline int ond__body_bytes(ond__panel f) { return f.sub + f.block / 32 * f.slab; }
static inline int ond__unit_bytes(ond__panel f) { return f.head + f.group * ond__body_bytes(f); }
/* Block b of a panel: the unit's head, and the block itself (its sub-scales). */
static inline size_t ond__head_at(ond__panel f, int b)
{
    return (size_t)(b / f.group) * (size_t)ond__unit_bytes(f);
}
static inline size_t ond__body_at(ond__panel f, int b)
{
    return ond__head_at(f, b) + (size_t)f.head + (size_t)(b % f.group) * (size_t)ond__body_bytes(f);
}

/* Whether scales come per 16 columns, and whether there are mins. */
static inline bool ond__has_halves(ond_type t)
{
    return t == OND_Q2_K || t == OND_Q3_K || t == OND_Q6_K;
}
static inline bool ond__has_min(ond_type t)
{
    return t == OND_Q4_1 || t == OND_Q5_1 || t == OND_Q2_K || t == OND_Q4_K || t == OND_Q5_K;
}

/* ---- activations ---- */
enum { OND__GROUP_MAX = 8, OND__CELL = 48 };

/* Six tokens by two panels fill the registers of AVX-512; up to eight tokens read weights once. */
static inline int ond__group_of(int n_tok) { return n_tok <= OND__GROUP_MAX ? OND__GROUP_MAX : 6; }
static inline int ond__groups(int n_tok)
{
    return (n_tok + ond__group_of(n_tok) - 1) / ond__group_of(n_tok);
}
static inline int ond__width(int n) { return n <= 2 ? n : (n + 1) / 2 * 2; } /* 1, 2, 4, 6, 8 */

static inline int ond__group_tokens(int n_tok, int group)
{
    int whole = ond__group_of(n_tok), n = n_tok - group * whole;
    return n < whole ? n : whole;
}

/* Bytes that one token of a group takes. */
static inline size_t ond__acts_token(ond_acts_kind kind, int n_col)
{
    size_t n = (size_t)n_col;
    return kind == OND_ACTS_I8     ? n / 32 * OND__CELL
           : kind == OND_ACTS_BF16 ? (n + 1) / 2 * 4
                                   : n * 4;
}

static inline unsigned char *ond__acts_group(const ond_acts *a, int group)
{
    return a->data + (size_t)(group * ond__group_of(a->n_tok)) * ond__acts_token(a->kind, a->n_col);
}

/* acts.c: plain C, for any kernel set that reads this layout. */
size_t ond__acts_bytes(ond_acts_kind kind, int n_tok, int n_col);
void ond__acts_put(ond_acts *a, const float *x, size_t x_stride, int begin, int end);
ond_acts_kind ond__acts_kind_float(ond_type t); /* F32 for F32, F16 and BF16, else I8 */

/* ---- panel.c: who walks panels and groups; an instruction set brings only its tile ---- */

/* One tile: P panels of one type times one group of T tokens (T a width). */
typedef struct ond__tile {
    ond_type type;
    int n_panel, width, n_col;
    bool cold;                 /* the weights come from memory, not from a cache: prefetch them */
    const unsigned char *w[4]; /* P panels */
    const unsigned char *x;    /* the group's activations */
    float *out;                /* written, without the tensor's own scale */
    /* Floats from one panel's 16 to the next's, from one token's to the next's. A tiler that is not
     * `direct` sees 16 T and 16 (out is [P][T][16]) and `out` 64-aligned. */
    size_t panel_step, token_step;
    bool add; /* for a direct tiler: to what is there */
} ond__tile;

typedef struct ond__tiler {
    void (*tile)(const ond__tile *a);
    int most_few; /* panels of a tile while all tokens are one group: 1, 2 or 4 */
    int most;     /* and of a tile of many groups: 1 or 2 */
    void (*act_mul)(ond_act act, const float *gate, const float *up, int n, float *y);
    bool direct; /* minds the steps, so that whole tiles are written straight to y */
} ond__tiler;

void ond__panel_matmul(const ond__tiler *k, const ond_weight *w, const ond_acts *a, int begin,
                       int end, float *y, size_t y_stride, bool add);
void ond__panel_glu(const ond__tiler *k, const ond_weight *gate, const ond_weight *up,
                    const ond_acts *a, ond_act act, int begin, int end, float *y, size_t y_stride);

#endif
