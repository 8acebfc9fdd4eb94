/* pack.c - panels of 16 rows out of plain rows, and one row back (layout: panel.h).
 *
 * Per block: split_* (pack_split.c) turns a plain block into codes and scales, one row at a time;
 * weave() writes the codes of 16 rows as slabs. Back: fetch() reads one row's codes and scales,
 * ond__join makes floats of them as dequant.c does. Words of 32 bits hold four columns of a row, so
 * a step is 16 words and weaving is moving words. */
#include "kern/pack.h"
#include "kern/internal.h"
#include "kern/pack_split.h"
#include "kern/panel.h"

enum { ROWS = OND_PANEL_ROWS };

bool ond_pack_has(ond_type t)
{
    return ond_type_known((uint32_t)t);
}

static size_t float_panel_bytes(ond_type t, size_t n)
{
    size_t bytes = t == OND_F32 ? n * 64 : (n + 1) / 2 * 64;
    return bytes;
}

size_t ond_pack_panel_bytes(ond_type t, int n_col)
{
    if (!ond_pack_has(t) || n_col <= 0) return 0;
    ond__panel f = ond__panel_of(t);
    if (f.block == 0) return float_panel_bytes(t, (size_t)n_col);
    if (n_col % f.block) return 0;
    int n = n_col / f.block;
    size_t heads = (size_t)((n + f.group - 1) / f.group) * (size_t)f.head;
    return (heads + (size_t)n * (size_t)ond__body_bytes(f) + 63) / 64 * 64;
}

/* ---- 32 columns of 16 rows: word [step][row] holds four codes ---- */

typedef uint32_t words[8][ROWS];

/* clang-format off */
static const ond__field fields2[] = {
    {0, 0, 2, 0, 0}, {1, 0, 2, 0, 2}, {2, 0, 2, 0, 4}, {3, 0, 2, 0, 6}, {4, 0, 2, 1, 0},
    {5, 0, 2, 1, 2}, {6, 0, 2, 1, 4}, {7, 0, 2, 1, 6},
};
static const ond__field fields3[] = {
    {0, 0, 3, 0, 0}, {1, 0, 3, 0, 3}, {6, 0, 2, 0, 6}, {2, 0, 3, 1, 0}, {3, 0, 3, 1, 3},
    {7, 0, 2, 1, 6}, {4, 0, 3, 2, 0}, {5, 0, 3, 2, 3}, {6, 2, 1, 2, 6}, {7, 2, 1, 2, 7},
};
static const ond__field fields4[] = {
    {0, 0, 4, 0, 0}, {1, 0, 4, 0, 4}, {2, 0, 4, 1, 0}, {3, 0, 4, 1, 4}, {4, 0, 4, 2, 0},
    {5, 0, 4, 2, 4}, {6, 0, 4, 3, 0}, {7, 0, 4, 3, 4},
};
static const ond__field fields5[] = {
    {0, 0, 5, 0, 0}, {1, 0, 5, 1, 0}, {2, 0, 5, 2, 0}, {3, 0, 5, 3, 0}, {4, 0, 5, 4, 0},
    {5, 0, 3, 0, 5}, {5, 3, 2, 1, 5}, {6, 0, 3, 2, 5}, {6, 3, 2, 3, 5}, {7, 0, 3, 4, 5},
    {7, 3, 1, 1, 7}, {7, 4, 1, 3, 7},
};
static const ond__field fields6[] = {
    {0, 0, 6, 0, 0}, {1, 0, 6, 1, 0}, {2, 0, 6, 2, 0}, {3, 0, 2, 0, 6}, {3, 2, 2, 1, 6},
    {3, 4, 2, 2, 6}, {4, 0, 6, 3, 0}, {5, 0, 6, 4, 0}, {6, 0, 6, 5, 0}, {7, 0, 2, 3, 6},
    {7, 2, 2, 4, 6}, {7, 4, 2, 5, 6},
};
static const ond__field fields8[] = {
    {0, 0, 8, 0, 0}, {1, 0, 8, 1, 0}, {2, 0, 8, 2, 0}, {3, 0, 8, 3, 0}, {4, 0, 8, 4, 0},
    {5, 0, 8, 5, 0}, {6, 0, 8, 6, 0}, {7, 0, 8, 7, 0},
};
/* clang-format on */

const ond__field *ond__fields(int bits, int *n)
{
#define FIELDS(b)                                                                                  \
    case b:                                                                                        \
        *n = (int)(sizeof fields##b / sizeof *fields##b);                                          \
        return fields##b
    switch (bits) {
        FIELDS(2);
        FIELDS(3);
        FIELDS(4);
        FIELDS(5);
        FIELDS(6);
    default:
        FIELDS(8);
    }
#undef FIELDS
}

/* n low bits of each of four bytes. */
static uint32_t low_bits(int n)
{
    return 0x01010101u * ((1u << n) - 1);
}

/* With a constant table the compiler leaves only shifts and masks. */
static inline __attribute__((always_inline)) void weave_fields(const ond__field *f, int n,
                                                               const words w, uint32_t out[8][ROWS])
{
    for (int i = 0; i < n; i++)
        for (int r = 0; r < ROWS; r++)
            out[f[i].reg][r] |= (w[f[i].step][r] >> f[i].from & low_bits(f[i].n)) << f[i].to;
}

static void weave(int bits, const words w, unsigned char *slab)
{
    uint32_t out[8][ROWS] = {{0}};
    int n;
    const ond__field *f = ond__fields(bits, &n);
    if (bits == 8) {
        memcpy(slab, w, sizeof(words));
        return;
    }
    if (bits == 4)
        weave_fields(fields4, 8, w, out);
    else
        weave_fields(f, n, w, out);
    memcpy(slab, out, (size_t)bits * 64);
}

/* All steps of one row. */
static void unweave(int bits, const unsigned char *slab, int row, uint32_t step[8])
{
    int n;
    const ond__field *f = ond__fields(bits, &n);
    memset(step, 0, 8 * sizeof *step);
    for (int i = 0; i < n; i++) {
        uint32_t v;
        memcpy(&v, slab + 64 * f[i].reg + 4 * row, 4);
        step[f[i].step] |= (v >> f[i].to & low_bits(f[i].n)) << f[i].from;
    }
}

/* ---- panels ---- */

static void put_scales(ond_type t, ond__panel f, const ond__split *c, int b, unsigned char *panel)
{
    unsigned char *head = panel + ond__head_at(f, b), *sub = panel + ond__body_at(f, b);
    int g = b % f.group;
    for (int r = 0; r < ROWS; r++) {
        if (t == OND_MXFP4) {
            head[16 * g + r] = (unsigned char)c[r].d;
        } else {
            memcpy(head + 32 * g + 2 * r, &c[r].d, 2);
            if (ond__has_min(t)) memcpy(head + 32 * f.group + 32 * g + 2 * r, &c[r].m, 2);
        }
        for (int e = 0; e < f.sub / 16; e++) sub[16 * e + r] = c[r].sub[e];
    }
}

/* Block b of the panel whose first row is at `rows` (n of them). */
static void pack_block(ond_type t, ond__panel f, const unsigned char *rows, size_t row_bytes, int n,
                       int b, unsigned char *panel)
{
    ond__split c[ROWS];
    size_t block_bytes = (size_t)ond_type_block_bytes(t);
    for (int r = 0; r < ROWS; r++)
        if (r < n)
            ond__split_block(t, rows + (size_t)r * row_bytes + (size_t)b * block_bytes, &c[r]);
        else
            memset(&c[r], 0, sizeof c[r]);
    put_scales(t, f, c, b, panel);
    unsigned char *slab = panel + ond__body_at(f, b) + f.sub;
    for (int j = 0; j < f.block / 32; j++, slab += f.slab) {
        words w;
        for (int r = 0; r < ROWS; r++)
            for (int s = 0; s < 8; s++) memcpy(&w[s][r], c[r].q + 32 * j + 4 * s, 4);
        weave(f.bits, w, slab);
    }
}

/* Columns of a float matrix: `size` bytes a value; BF16 keeps `pair` = 2 columns together. */
static inline __attribute__((always_inline)) void pack_columns(size_t size, size_t pair,
                                                               const unsigned char *rows,
                                                               size_t row_bytes, int n,
                                                               size_t n_col, unsigned char *panel)
{
    for (size_t c = 0; c < n_col; c++)
        for (int r = 0; r < n; r++)
            memcpy(panel + (c / pair * ROWS + (size_t)r) * size * pair + c % pair * size,
                   rows + (size_t)r * row_bytes + c * size, size);
}

static void pack_floats(ond_type t, const unsigned char *rows, size_t row_bytes, int n, int n_col,
                        unsigned char *panel)
{
    switch (t) {
    case OND_F32:
        pack_columns(4, 1, rows, row_bytes, n, (size_t)n_col, panel);
        break;
    case OND_F16:
        pack_columns(2, 1, rows, row_bytes, n, (size_t)n_col, panel);
        break;
    default:
        pack_columns(2, 2, rows, row_bytes, n, (size_t)n_col, panel);
    }
}

void ond_pack_panels(ond_type t, const void *src, int n_row, int n_col, int begin, int end,
                     unsigned char *dst, size_t stride)
{
    ond__panel f = ond__panel_of(t);
    size_t bytes = ond_pack_panel_bytes(t, n_col),
           row_bytes = ond_type_row_bytes(t, (uint64_t)n_col);
    for (int p = begin; p < end; p++) {
        const unsigned char *rows = (const unsigned char *)src + (size_t)p * ROWS * row_bytes;
        unsigned char *panel = dst + (size_t)p * (stride ? stride : bytes);
        int n = n_row - p * ROWS < ROWS ? n_row - p * ROWS : ROWS;
        memset(panel, 0, bytes);
        if (f.block == 0)
            pack_floats(t, rows, row_bytes, n, n_col, panel);
        else
            for (int b = 0; b < n_col / f.block; b++)
                pack_block(t, f, rows, row_bytes, n, b, panel);
    }
}

/* ---- back ---- */

static void fetch(ond_type t, ond__panel f, const unsigned char *panel, int b, int row,
                  ond__split *c)
{
    const unsigned char *head = panel + ond__head_at(f, b), *sub = panel + ond__body_at(f, b);
    int g = b % f.group;
    c->d = t == OND_MXFP4 ? head[16 * g + row] : ond__u16(head + 32 * g + 2 * row);
    c->m = ond__has_min(t) ? ond__u16(head + 32 * f.group + 32 * g + 2 * row) : 0;
    for (int e = 0; e < f.sub / 16; e++) c->sub[e] = sub[16 * e + row];
    for (int j = 0; j < f.block / 32; j++) {
        uint32_t step[8];
        unweave(f.bits, sub + f.sub + j * f.slab, row, step);
        memcpy(c->q + 32 * j, step, 32);
    }
}

static void unpack_floats(ond_type t, const unsigned char *panel, int row, int n_col, float *out)
{
    size_t size = t == OND_F32 ? 4 : 2, pair = t == OND_BF16 ? 2 : 1;
    for (size_t c = 0; c < (size_t)n_col; c++)
        ond_dequant(t, panel + (c / pair * ROWS + (size_t)row) * size * pair + c % pair * size, 1,
                    out + c);
}

void ond_unpack_row(const ond_weight *w, int row, float *out)
{
    if (w->layout == OND_PLAIN) {
        ond_dequant(w->type, w->data + (size_t)row * w->stride, (size_t)w->n_col, out);
        return;
    }
    const unsigned char *panel = w->data + (size_t)(row / ROWS) * w->stride;
    ond__panel f = ond__panel_of(w->type);
    if (f.block == 0) {
        unpack_floats(w->type, panel, row % ROWS, w->n_col, out);
        return;
    }
    for (int b = 0; b < w->n_col / f.block; b++) {
        ond__split c;
        fetch(w->type, f, panel, b, row % ROWS, &c);
        ond__join_block(w->type, &c, out + (size_t)b * (size_t)f.block);
    }
}
