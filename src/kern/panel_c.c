/* panel_c.c - the kernel set "c": panels read by plain C, for any processor.
 *
 * Written in the order of panel.h, so that its results differ from the vector sets' only by the
 * rounding of fused operations. A slab is unpacked once for a group of tokens. */
#include "kern/internal.h"
#include "kern/panel.h"
#include "kern/vec.h"

enum { ROWS = OND_PANEL_ROWS, LANES = 4 * ROWS };

typedef struct slab {
    uint8_t q[8][LANES];                /* codes of each step: byte 4r + c */
    float scale[2][ROWS], min[2][ROWS]; /* of the first and last 16 columns */
} slab;

/* ---- weights ---- */

static void look_up(const int8_t *values, int offset, slab *s)
{
    for (int i = 0; i < 8; i++)
        for (int j = 0; j < LANES; j++) s->q[i][j] = (uint8_t)(values[s->q[i][j]] + offset);
}

static void codes(ond_type t, const unsigned char *p, slab *s)
{
    ond__panel f = ond__panel_of(t);
    int n;
    const ond__field *field = ond__fields(f.bits, &n);
    memset(s->q, 0, sizeof s->q);
    for (int i = 0; i < n; i++) {
        uint8_t *q = s->q[field[i].step], mask = (uint8_t)((1u << field[i].n) - 1);
        const unsigned char *reg = p + 64 * field[i].reg;
        for (int j = 0; j < LANES; j++)
            q[j] |= (uint8_t)((reg[j] >> field[i].to & mask) << field[i].from);
    }
    if (t == OND_IQ4_NL || t == OND_IQ4_XS) look_up(ond__iq4_values, f.offset, s);
    if (t == OND_MXFP4) look_up(ond__fp4_values, f.offset, s);
}

/* Of row r: its block's d and m, and sub-block h (of 16) of slab j. */
static void scales_of_row(ond_type t, const unsigned char *sub, int j, int h, int r, float d,
                          float m, float *scale, float *min)
{
    const unsigned char *pair = sub + 32 * j + r, *half = sub + 16 * (2 * j + h) + r;
    *scale = d;
    *min = m;
    switch (t) {
    case OND_Q4_1:
    case OND_Q5_1: *min = -m; break;
    case OND_Q4_K:
    case OND_Q5_K:
        *scale = d * (float)pair[0];
        *min = m * (float)pair[16];
        break;
    case OND_Q2_K:
        *scale = d * (float)(*half & 15);
        *min = m * (float)(*half >> 4);
        break;
    case OND_Q3_K:
    case OND_Q6_K: *scale = d * (float)(int8_t)*half; break;
    case OND_IQ4_XS: *scale = d * (float)(int8_t)sub[16 * j + r]; break;
    default: break;
    }
}

static void scales(ond_type t, const unsigned char *head, const unsigned char *sub, int b, int j,
                   slab *s)
{
    ond__panel f = ond__panel_of(t);
    int g = b % f.group;
    for (int r = 0; r < ROWS; r++) {
        float d =
            t == OND_MXFP4 ? ond__e8m0_half(head[16 * g + r]) : ond__f16_at(head + 32 * g + 2 * r);
        float m = ond__has_min(t) ? ond__f16_at(head + 32 * f.group + 32 * g + 2 * r) : 0;
        for (int h = 0; h < 2; h++)
            scales_of_row(t, sub, j, h, r, d, m, &s->scale[h][r], &s->min[h][r]);
    }
}

/* ---- one slab times one token ---- */

static float float_at(const unsigned char *p)
{
    float f;
    memcpy(&f, p, 4);
    return f;
}

static int32_t int_at(const unsigned char *p)
{
    int32_t v;
    memcpy(&v, p, 4);
    return v;
}

/* Steps [first, last) of 16 rows, from `start`. */
static void sum_steps(const slab *s, const int8_t *x, int first, int last, int32_t start,
                      int32_t sum[ROWS])
{
    for (int r = 0; r < ROWS; r++) sum[r] = start;
    for (int i = first; i < last; i++) {
        const uint8_t *q = s->q[i];
        int x0 = x[4 * i], x1 = x[4 * i + 1], x2 = x[4 * i + 2], x3 = x[4 * i + 3];
        for (int r = 0; r < ROWS; r++)
            sum[r] += q[4 * r] * x0 + q[4 * r + 1] * x1 + q[4 * r + 2] * x2 + q[4 * r + 3] * x3;
    }
}

static void add_slab(ond_type t, const slab *s, const unsigned char *cell, int width, int k,
                     float acc[ROWS])
{
    int halves = ond__has_halves(t) ? 2 : 1, steps = 8 / halves, offset = ond__panel_of(t).offset;
    const int8_t *x = (const int8_t *)cell + 32 * k;
    float scale = float_at(cell + 32 * width + 4 * k), part[ROWS] = {0};
    for (int h = 0; h < halves; h++) {
        int32_t minus = int_at(cell + width * (halves == 2 ? 40 + 4 * h : 36) + 4 * k), sum[ROWS];
        sum_steps(s, x, h * steps, (h + 1) * steps, minus * offset, sum);
        for (int r = 0; r < ROWS; r++) part[r] += (float)sum[r] * s->scale[h][r];
        if (ond__has_min(t))
            for (int r = 0; r < ROWS; r++) part[r] += (float)minus * s->min[h][r];
    }
    for (int r = 0; r < ROWS; r++) acc[r] += part[r] * scale;
}

/* ---- tiles ---- */

static void blocks_tile(const ond__tile *a, const unsigned char *w, float *out)
{
    ond__panel f = ond__panel_of(a->type);
    int T = a->width, cells = 0;
    for (int b = 0; b < a->n_col / f.block; b++) {
        const unsigned char *head = w + ond__head_at(f, b), *sub = w + ond__body_at(f, b);
        for (int j = 0; j < f.block / 32; j++, cells++) {
            slab s;
            codes(a->type, sub + f.sub + j * f.slab, &s);
            scales(a->type, head, sub, b, j, &s);
            for (int k = 0; k < T; k++)
                add_slab(a->type, &s, a->x + (size_t)cells * (size_t)T * OND__CELL, T, k,
                         out + k * ROWS);
        }
    }
}

static float weight_at(ond_type t, const unsigned char *w, int c, int r)
{
    if (t == OND_F32) return float_at(w + 64 * (size_t)c + 4 * r);
    if (t == OND_F16) return ond__f16_at(w + 32 * (size_t)c + 2 * r);
    return ond_bf16_to_f32(ond__u16(w + 64 * (size_t)(c / 2) + 4 * r + c % 2 * 2));
}

static void floats_tile(const ond__tile *a, const unsigned char *w, float *out)
{
    int T = a->width;
    for (int c = 0; c < a->n_col; c++) {
        float row[ROWS];
        for (int r = 0; r < ROWS; r++) row[r] = weight_at(a->type, w, c, r);
        for (int k = 0; k < T; k++) {
            float x = float_at(a->x + 4 * ((size_t)c * (size_t)T + (size_t)k));
            for (int r = 0; r < ROWS; r++) out[k * ROWS + r] += row[r] * x;
        }
    }
}

static void tile(const ond__tile *a)
{
    for (int p = 0; p < a->n_panel; p++) {
        float *out = a->out + p * a->width * ROWS;
        memset(out, 0, (size_t)a->width * ROWS * sizeof *out);
        (ond__panel_of(a->type).block ? blocks_tile : floats_tile)(a, a->w[p], out);
    }
}

static const ond__tiler tiler = {tile, 1, 1, ond__act_mul_c, false};

static void matmul(const ond_weight *w, const ond_acts *a, int begin, int end, float *y,
                   size_t y_stride, bool add)
{
    ond__panel_matmul(&tiler, w, a, begin, end, y, y_stride, add);
}

static void matmul_glu(const ond_weight *gate, const ond_weight *up, const ond_acts *a, ond_act act,
                       int begin, int end, float *y, size_t y_stride)
{
    ond__panel_glu(&tiler, gate, up, a, act, begin, end, y, y_stride);
}

const ond_kern ond__kern_c = {
    .name = "c",
    .panels = true,
    .acts_kind = ond__acts_kind_float,
    .acts_bytes = ond__acts_bytes,
    .acts_put = ond__acts_put,
    .matmul = matmul,
    .matmul_glu = matmul_glu,
    .rms_norm = ond__rms_norm_c,
    .layer_norm = ond__layer_norm_c,
    .rope = ond__rope_c,
    .act_mul = ond__act_mul_c,
    .add = ond__add_c,
    .axpy = ond__axpy_c,
    .dot = ond__dot_c,
    .softmax = ond__softmax_c,
    .max = ond__max_c,
    .kv_put = ond__kv_put_c,
    .attn_scratch = ond__attn_scratch_c,
    .attend = ond__attend_c,
};
