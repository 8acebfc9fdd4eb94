/* attn_body.h - attention over the lane layer; included once by each attn_NAME.c.
 *
 * For a block of query rows (a row is one head of one position) and a tile of 64 cached positions: the tile's keys become
 * floats, transposed so that a register holds W/2 positions × 2 neighbouring columns; the values become floats as they lie.
 * Then for every TILE_ROWS rows: scores (products into TILE_ROWS × TILE_VECS registers), the running maximum, weights by 2^x,
 * and out += weights · values with the same register tile. One conversion serves the whole block; a block of few rows (the
 * heads of one token) takes keys and values straight from the cache.
 *
 * 1. One score is two sums of fused products, of even and of odd columns, each in order of the column, added at the end. One
 *    output is a sum in order of the position within a tile, after the rescaling for that tile. No order depends on which rows
 *    stand in a block or on which of its kernels ran.
 * 2. A position that a row does not see weighs exactly 0. A tile of which it sees nothing changes none of its bits.
 * 3. Rows of the cache beyond those that the call's queries see are never read.
 * 4. What is not finite shows: a score in its own row; a value in each row that meets its tile together with one that sees it.
 *
 * Online softmax: Milakov and Gimelshein 2018; tiles: Dao et al. 2022 (FlashAttention). */
#include "kern/vec_math.h"

enum {
    KEYS = 64,                          /* of a tile */
    ROWS_MAX = 192,                     /* of a block */
    STEP_KEYS = TILE_VECS * W / 2,      /* keys of one register tile of scores */
    STEP_COLS = TILE_VECS * W           /* columns of one of outputs */
};

/* What outs() reads values from: the scratch, or rows of the cache. */
typedef enum source { FLOATS, HALVES, BYTES } source;

/* Memory of one call, parts of a->scratch. Rows of q are d_k, of out d_v rounded up to W. */
typedef struct attn_room {
    int d_out;              /* d_v rounded up to W */
    float *keys;            /* [KEYS / STEP_KEYS][d_k / 2][STEP_KEYS][2] */
    float *values;          /* [KEYS][d_out] */
    float *q;               /* [rows][d_k], scaled */
    float *out;             /* [rows][d_out] */
    float *top, *sum;       /* [rows]: running maximum, in powers of two; sum of weights */
    float *weight;          /* [TILE_ROWS][KEYS]: scores, then weights */
    float *k_scale, *v_scale;   /* [KEYS], int8 caches */
    source kind;                /* of the values that outs() reads */
    const unsigned char *rows;  /* position 0 of the tile: values, or the cache */
    size_t row_bytes;
} attn_room;

static int rows_of_block(const ond_attn *a)
{
    size_t rows = (size_t)a->n_query * (size_t)a->n_group;
    return rows < ROWS_MAX ? (int)rows : ROWS_MAX;
}

ALWAYS int up_to(int n, int unit) { return (n + unit - 1) / unit * unit; }

static size_t lay_out(const ond_attn *a, float *base, attn_room *m)
{
    int rows = rows_of_block(a), d_out = up_to(a->d_v, W);
    size_t at = 0;
    m->d_out = d_out;
#define PART(name, floats) (m->name = base ? base + at : NULL, at += ((size_t)(floats) + 15) / 16 * 16)
    PART(keys, KEYS * a->d_k);
    PART(values, KEYS * d_out);
    PART(weight, TILE_ROWS * KEYS);
    PART(k_scale, KEYS);
    PART(v_scale, KEYS);
    PART(top, rows);
    PART(sum, rows);
    PART(q, rows * a->d_k);
    PART(out, rows * d_out);
#undef PART
    return at * sizeof(float);
}

size_t FN(attn_scratch)(const ond_attn *a)
{
    attn_room m;
    return lay_out(a, NULL, &m);
}

/* ---- what a row sees ---- */

ALWAYS int last_seen(const ond_attn *a, int row)
{
    int hi = a->causal ? a->pos + row / a->n_group : a->n_kv - 1;
    return hi < a->n_kv ? hi : a->n_kv - 1;
}

ALWAYS int first_seen(const ond_attn *a, int row)
{
    int lo = a->window > 0 ? a->pos + row / a->n_group - a->window + 1 : 0;
    return lo > 0 ? lo : 0;
}

/* ---- a tile to floats ---- */

/* Columns from c on of W positions, the first at `row`, of which n are there; turned, so that a register is a pair of columns. */
ALWAYS void turned_keys(const ond_attn *a, const unsigned char *row, int n, bool i8, int c, vh r[W])
{
    int m = a->d_k - c;
    UNROLL for (int i = 0; i < W; i++) {
        const unsigned char *p = row + (size_t)i * a->k_stride + (i8 ? sizeof(float) + (size_t)c : (size_t)c * 2);
        if (i >= n)
            r[i] = h_zero();
        else if (m >= 2 * W)
            r[i] = i8 ? h_i8(p) : h_f16(p);
        else
            r[i] = i8 ? h_i8_n(p, m) : h_f16_n(p, m);
    }
    h_transpose(r);
}

ALWAYS vf half_of(vh u, int j, bool i8) { return i8 ? h_from_i16(u, j) : h_from_f16(u, j); }

ALWAYS void put_keys(const ond_attn *a, const unsigned char *row, int n, bool i8, float *to)
{
    for (int c = 0; c < a->d_k; c += 2 * W) {
        vh r[W];
        turned_keys(a, row, n, i8, c, r);
        UNROLL for (int u = 0; u < W; u++) {
            float *at = to + (c / 2 + u) * STEP_COLS;
            if (c + 2 * u < a->d_k) {
                v_store(at, half_of(r[u], 0, i8));
                v_store(at + W, half_of(r[u], 1, i8));
            }
        }
    }
}

ALWAYS float scale_of(const unsigned char *row)
{
    float s;
    memcpy(&s, row, sizeof s);
    return s;
}

/* An int8 cache's scales of positions [begin, end) of the tile at t0. */
static void load_scales(const ond_attn *a, const attn_room *m, int t0, int begin, int end)
{
    if (a->kv_type != OND_KV_I8) return;
    for (int p = begin; p < end; p++) {
        m->k_scale[p] = scale_of(a->k + (size_t)(t0 + p) * a->k_stride);
        m->v_scale[p] = scale_of(a->v + (size_t)(t0 + p) * a->v_stride);
    }
}

/* Positions [begin, end) of the tile at t0. */
static void load_keys(const ond_attn *a, const attn_room *m, int t0, int begin, int end)
{
    bool i8 = a->kv_type == OND_KV_I8;
    for (int p = begin / W * W; p < end; p += W) {
        const unsigned char *row = a->k + (size_t)(t0 + p) * a->k_stride;
        float *to = m->keys + (p / STEP_KEYS) * (a->d_k / 2) * STEP_COLS + p % STEP_KEYS * 2;
        int n = end - p < W ? end - p : W;
        if (i8)
            put_keys(a, row, n, true, to);
        else
            put_keys(a, row, n, false, to);
    }
}

ALWAYS void put_values(const ond_attn *a, const unsigned char *row, bool i8, float *to)
{
    int c = 0;
    if (i8) row += sizeof(float);
    for (; c + W <= a->d_v; c += W) v_store(to + c, i8 ? v_i8(row + c) : v_f16(row + 2 * c));
    if (c < a->d_v) v_store(to + c, i8 ? v_i8_n(row + c, a->d_v - c) : v_f16_n(row + 2 * c, a->d_v - c));
}

static void load_values(const ond_attn *a, const attn_room *m, int t0, int begin, int end)
{
    for (int p = begin; p < end; p++) {
        const unsigned char *row = a->v + (size_t)(t0 + p) * a->v_stride;
        float *to = m->values + (size_t)p * (size_t)m->d_out;
        if (a->kv_type == OND_KV_I8)
            put_values(a, row, true, to);
        else
            put_values(a, row, false, to);
    }
}

/* ---- register tiles: n_row rows × n_vec registers; both counts are constants after inlining ---- */

typedef struct tile {
    vf r[TILE_ROWS][TILE_VECS];
} tile;

/* Scores of STEP_KEYS keys: q [n_row][d] against keys [d / 2][STEP_KEYS][2]. */
ALWAYS void scores_of(int n_row, int d, const float *q, const float *keys, float *to)
{
    tile t;
    UNROLL for (int i = 0; i < n_row; i++) UNROLL for (int j = 0; j < TILE_VECS; j++) t.r[i][j] = v_set1(0);
    for (int u = 0; u < d; u += 2, keys += STEP_COLS) {
        vf k[TILE_VECS];
        UNROLL for (int j = 0; j < TILE_VECS; j++) k[j] = v_load(keys + j * W);
        UNROLL for (int i = 0; i < n_row; i++) {
            vf x = v_pair(q + i * d + u);
            UNROLL for (int j = 0; j < TILE_VECS; j++) t.r[i][j] = v_fma(x, k[j], t.r[i][j]);
        }
    }
    UNROLL for (int i = 0; i < n_row; i++)
        UNROLL for (int j = 0; j < TILE_VECS; j += 2)
            v_store(to + i * KEYS + j * W / 2, v_pairsum(t.r[i][j], t.r[i][j + 1]));
}

/* The same sums for W keys straight from the cache: what a block of few rows does, that would use converted keys once. */
ALWAYS void few_scores(const ond_attn *a, int n_row, bool i8, const float *q, const unsigned char *row, int n, float *to)
{
    vf t[TILE_ROWS][2];
    UNROLL for (int i = 0; i < n_row; i++) t[i][0] = t[i][1] = v_set1(0);
    for (int c = 0; c < a->d_k; c += 2 * W) {
        vh r[W];
        turned_keys(a, row, n, i8, c, r);
        UNROLL for (int u = 0; u < W; u++)
            if (c + 2 * u < a->d_k) {
                vf k0 = half_of(r[u], 0, i8), k1 = half_of(r[u], 1, i8);
                UNROLL for (int i = 0; i < n_row; i++) {
                    vf x = v_pair(q + i * a->d_k + c + 2 * u);
                    t[i][0] = v_fma(x, k0, t[i][0]);
                    t[i][1] = v_fma(x, k1, t[i][1]);
                }
            }
    }
    UNROLL for (int i = 0; i < n_row; i++) v_store(to + i * KEYS, v_pairsum(t[i][0], t[i][1]));
}

ALWAYS vf value_at(source kind, const unsigned char *row, int c)
{
    return kind == FLOATS ? v_load((const float *)(const void *)row + c) : kind == HALVES ? v_f16(row + 2 * c) : v_i8(row + c);
}

/* out [n_row][d_out] (n_vec registers of it) = out * keep + weights · values, positions [begin, end). */
ALWAYS void outs_of(int n_row, int n_vec, const attn_room *m, source kind, const float *keep, int begin, int end, int col,
                    float *out)
{
    tile t;
    int d = m->d_out;
    UNROLL for (int i = 0; i < n_row; i++) {
        vf x = v_set1(keep[i]);
        UNROLL for (int j = 0; j < n_vec; j++) t.r[i][j] = v_mul(x, v_load(out + i * d + col + j * W));
    }
    const unsigned char *v = m->rows + (size_t)begin * m->row_bytes;
    const float *w = m->weight + begin;
    for (int p = begin; p < end; p++, v += m->row_bytes, w++) {
        vf k[TILE_VECS];
        UNROLL for (int j = 0; j < n_vec; j++) k[j] = value_at(kind, v, col + j * W);
        UNROLL for (int i = 0; i < n_row; i++) {
            vf x = v_set1(w[i * KEYS]);
            UNROLL for (int j = 0; j < n_vec; j++) t.r[i][j] = v_fma(x, k[j], t.r[i][j]);
        }
    }
    UNROLL for (int i = 0; i < n_row; i++)
        UNROLL for (int j = 0; j < n_vec; j++) v_store(out + i * d + col + j * W, t.r[i][j]);
}

/* All widths of one count of rows. */
ALWAYS void outs_wide(int n_row, const attn_room *m, source kind, const float *keep, int begin, int end, float *out)
{
    int col = 0;
    for (; col + STEP_COLS <= m->d_out; col += STEP_COLS) outs_of(n_row, TILE_VECS, m, kind, keep, begin, end, col, out);
    switch ((m->d_out - col) / W) {
    case 1: outs_of(n_row, 1, m, kind, keep, begin, end, col, out); break;
    case 2: outs_of(n_row, 2 < TILE_VECS ? 2 : 1, m, kind, keep, begin, end, col, out); break;
    case 3: outs_of(n_row, 3 < TILE_VECS ? 3 : 1, m, kind, keep, begin, end, col, out); break;
    }
}

/* Calls f(n, ...) with a constant n, one of 1 ... TILE_ROWS. */
#define BY_ROWS(n, f, ...)                                            \
    switch (n) {                                                      \
    case 1: f(1, __VA_ARGS__); break;                                 \
    case 2: f(2, __VA_ARGS__); break;                                 \
    case 3: f(3, __VA_ARGS__); break;                                 \
    case 4: f(4, __VA_ARGS__); break;                                 \
    case 5: f(5 < TILE_ROWS ? 5 : 1, __VA_ARGS__); break;             \
    case 6: f(6 <= TILE_ROWS ? 6 : 1, __VA_ARGS__); break;            \
    }

static void scores(int n_row, int d, const float *q, const float *keys, float *to) { BY_ROWS(n_row, scores_of, d, q, keys, to) }

#define FEW(n, i8) few_scores(a, n, i8, q, row, count, to)
static void scores_f16(const ond_attn *a, int n_row, const float *q, const unsigned char *row, int count, float *to)
{
    BY_ROWS(n_row, FEW, false)
}
static void scores_i8(const ond_attn *a, int n_row, const float *q, const unsigned char *row, int count, float *to)
{
    BY_ROWS(n_row, FEW, true)
}

static void outs(int n_row, const attn_room *m, source kind, const float *keep, int begin, int end, float *out)
{
    switch (kind) {
    case FLOATS: BY_ROWS(n_row, outs_wide, m, FLOATS, keep, begin, end, out) break;
    case HALVES: BY_ROWS(n_row, outs_wide, m, HALVES, keep, begin, end, out) break;
    case BYTES: BY_ROWS(n_row, outs_wide, m, BYTES, keep, begin, end, out) break;
    }
}

/* ---- softmax of one row of a tile: scores → weights, in place ---- */

/* 2 to the power of a score stands where e would: q carries log2(e), a softcap brings it itself. */
ALWAYS vf score_at(const ond_attn *a, const attn_room *m, const float *s, int j, bool i8)
{
    vf v = v_load(s + j);
    if (i8) v = v_mul(v, v_load(m->k_scale + j));
    if (a->softcap != 0) v = v_mul(v_set1(a->softcap * 1.44269504f), v_tanh(v));
    return v;
}

/* The row sees positions [lo, hi) of the tile. Returns what its outputs so far are to be multiplied by. */
ALWAYS float weigh(const ond_attn *a, const attn_room *m, float *s, int lo, int hi, bool i8, float *top, float *sum)
{
    if (i8 || a->softcap != 0)
        for (int j = 0; j < KEYS; j += W) v_store(s + j, score_at(a, m, s, j, i8));
    for (int j = 0; j < lo; j++) s[j] = -INFINITY;
    for (int j = hi > 0 ? hi : 0; j < KEYS; j++) s[j] = -INFINITY;
    vf x[KEYS / W], most = v_set1(*top), total = v_set1(0);
    UNROLL for (int j = 0; j < KEYS / W; j++) x[j] = v_load(s + j * W), most = v_max(x[j], most);
    float now = v_top(most), base = now == -INFINITY ? 0 : now;
    UNROLL for (int j = 0; j < KEYS / W; j++) {
        x[j] = v_exp2n(v_sub(x[j], v_set1(base)));
        total = v_add(total, x[j]);
        v_store(s + j * W, i8 ? v_mul(x[j], v_load(m->v_scale + j * W)) : x[j]);
    }
    float keep[W];
    v_store(keep, v_exp2n(v_set1(*top - base)));
    *sum = *sum * keep[0] + v_sum(total);
    *top = now;
    return keep[0];
}

/* Rows [r, r + n) of the block that begins at row `at`, whose scores of positions [begin, end) of the tile at t0 are there. */
static void weigh_rows(const ond_attn *a, const attn_room *m, int at, int r, int n, int t0, int begin, int end)
{
    bool i8 = a->kv_type == OND_KV_I8;
    float keep[TILE_ROWS];
    for (int i = 0; i < n; i++) {
        float *s = m->weight + i * KEYS;
        int lo = first_seen(a, at + r + i) - t0, hi = last_seen(a, at + r + i) + 1 - t0;
        if (lo > KEYS) lo = KEYS;
        keep[i] = i8 ? weigh(a, m, s, lo, hi, true, m->top + r + i, m->sum + r + i)
                     : weigh(a, m, s, lo, hi, false, m->top + r + i, m->sum + r + i);
    }
    outs(n, m, m->kind, keep, begin, end, m->out + (size_t)r * (size_t)m->d_out);
}

/* Of the tile at t0, with keys and values converted. */
static void attend_rows(const ond_attn *a, const attn_room *m, int at, int r, int n, int t0)
{
    int end = last_seen(a, at + r + n - 1) + 1 - t0, begin = first_seen(a, at + r) - t0;
    if (end > KEYS) end = KEYS;
    if (begin < 0) begin = 0;
    if (end <= begin) return;
    for (int k = begin / STEP_KEYS * STEP_KEYS; k < end; k += STEP_KEYS)
        scores(n, a->d_k, m->q + (size_t)r * (size_t)a->d_k, m->keys + k * a->d_k, m->weight + k);
    weigh_rows(a, m, at, r, n, t0, begin, end);
}

/* Asks for the lines of n bytes at p, which may lie beyond what is there. */
ALWAYS void fetch_rows(const unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i += 64) __builtin_prefetch((const void *)((uintptr_t)p + i));
}

/* The whole block is n <= TILE_ROWS rows: keys and values straight from the cache, positions [begin, end) of the tile. */
static void attend_few(const ond_attn *a, attn_room *m, int at, int n, int t0, int begin, int end)
{
    bool i8 = a->kv_type == OND_KV_I8;
    for (int p = begin / W * W; p < end; p += W) {
        const unsigned char *row = a->k + (size_t)(t0 + p) * a->k_stride;
        fetch_rows(row + 2 * W * a->k_stride, W * a->k_stride);
        fetch_rows(a->v + (size_t)(t0 + p) * a->v_stride, W * a->v_stride);
        (i8 ? scores_i8 : scores_f16)(a, n, m->q, row, end - p < W ? end - p : W, m->weight + p);
    }
    if (a->d_v % W == 0) {
        m->kind = i8 ? BYTES : HALVES;
        m->rows = a->v + (size_t)t0 * a->v_stride + (i8 ? sizeof(float) : 0);
        m->row_bytes = a->v_stride;
    } else {
        load_values(a, m, t0, begin, end);
    }
    weigh_rows(a, m, at, 0, n, t0, begin, end);
}

/* ---- a block of rows ---- */

ALWAYS const float *query(const ond_attn *a, int row)
{
    return a->q + (size_t)(row / a->n_group) * a->q_stride + (size_t)(row % a->n_group) * (size_t)a->d_k;
}

static void begin_rows(const ond_attn *a, const attn_room *m, int at, int n)
{
    float scale = a->softcap != 0 ? a->scale / a->softcap : a->scale * 1.44269504f;
    for (int r = 0; r < n; r++) {
        const float *q = query(a, at + r);
        float *to = m->q + (size_t)r * (size_t)a->d_k;
        int c = 0;
        for (; c + W <= a->d_k; c += W) v_store(to + c, v_mul(v_load(q + c), v_set1(scale)));
        for (; c < a->d_k; c++) to[c] = q[c] * scale;
        m->top[r] = -INFINITY;
        m->sum[r] = 0;
    }
    memset(m->out, 0, (size_t)n * (size_t)m->d_out * sizeof(float));
}

/* Adding 0 makes one zero of both: which rows shared a tile must not show in a sign. */
static void end_rows(const ond_attn *a, const attn_room *m, int at, int n)
{
    for (int r = 0; r < n; r++) {
        int row = at + r;
        const float *from = m->out + (size_t)r * (size_t)m->d_out;
        float *to = a->out + (size_t)(row / a->n_group) * a->out_stride + (size_t)(row % a->n_group) * (size_t)a->d_v;
        float inverse = m->sum[r] == 0 ? 0 : 1 / m->sum[r];
        vf s = v_set1(inverse), zero = v_set1(0);
        int c = 0;
        for (; c + W <= a->d_v; c += W) v_store(to + c, v_add(v_mul(v_load(from + c), s), zero));
        if (c < a->d_v) v_store_n(to + c, v_add(v_mul(v_load(from + c), s), zero), a->d_v - c);
    }
}

/* Against the tile at t0, of whose positions the block sees [begin, end). */
static void attend_tile(const ond_attn *a, attn_room *m, int at, int n, int t0, int begin, int end)
{
    load_scales(a, m, t0, begin, end);
    if (n <= TILE_ROWS) {
        attend_few(a, m, at, n, t0, begin, end);
        return;
    }
    load_keys(a, m, t0, begin, end);
    load_values(a, m, t0, begin, end);
    for (int r = 0; r < n; r += TILE_ROWS) attend_rows(a, m, at, r, n - r < TILE_ROWS ? n - r : TILE_ROWS, t0);
}

void FN(attend)(const ond_attn *a)
{
    attn_room m;
    lay_out(a, a->scratch, &m);
    int rows = a->n_query * a->n_group, block = rows_of_block(a);
    for (int at = 0; at < rows; at += block) {
        int n = rows - at < block ? rows - at : block;
        int begin = first_seen(a, at), end = last_seen(a, at + n - 1) + 1;
        begin_rows(a, &m, at, n);
        m.kind = FLOATS;
        m.rows = (const unsigned char *)m.values;
        m.row_bytes = (size_t)m.d_out * sizeof(float);
        for (int t0 = begin / KEYS * KEYS; t0 < end; t0 += KEYS)
            attend_tile(a, &m, at, n, t0, begin > t0 ? begin - t0 : 0, end - t0 < KEYS ? end - t0 : KEYS);
        end_rows(a, &m, at, n);
    }
}
