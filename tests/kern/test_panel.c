/* test_panel.c - kernel sets that read panels, against sums in double over the same activations.
 *
 * Every type and 1 to 40 tokens; one token alone and many together bit for bit; parts of the rows;
 * what is not finite. */
#include "kern/kern.h"
#include "kern/pack.h"
#include "kern/quant.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static uint64_t seed = 7;

static unsigned rnd(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33);
}

static float rnd_f(void) { return (float)(int)(rnd() & 0xffff) / 32768.0f - 1.0f; }

typedef struct matrix {
    ond_weight w;
    unsigned char *packed;
    float *row; /* [n_row, n_col], dequantised */
} matrix;

/* Random bytes whose scales are finite: blocks with a value beyond 100 are drawn anew. */
static void random_row(ond_type t, unsigned char *plain, float *out, int n_col)
{
    size_t block = (size_t)ond_type_block(t), bytes = (size_t)ond_type_block_bytes(t);
    for (size_t b = 0; b < (size_t)n_col / block; b++) {
        bool good = false;
        while (!good) {
            for (size_t i = 0; i < bytes; i++) plain[b * bytes + i] = (unsigned char)rnd();
            if (t == OND_MXFP4) plain[b * bytes] = (unsigned char)(120 + rnd() % 8);
            ond_dequant(t, plain + b * bytes, block, out + b * block);
            good = true;
            float top = 0;
            for (size_t i = 0; i < block; i++) {
                good = good && fabsf(out[b * block + i]) < 100;
                top = fmaxf(top, fabsf(out[b * block + i]));
            }
            good = good && (top > 1e-3f || block == 1);
        }
    }
}

static matrix matrix_new(ond_type t, int n_row, int n_col)
{
    size_t row = ond_type_row_bytes(t, (uint64_t)n_col), panel = ond_pack_panel_bytes(t, n_col);
    size_t stride = panel + 64; /* panels need not touch: those of two matrices may be woven */
    matrix m = {.w = {t, OND_PANEL, n_row, n_col, NULL, stride, 0}};
    int n_panel = ond_panels(&m.w);
    unsigned char *plain = malloc(row * (size_t)n_row);
    m.packed = aligned_alloc(64, stride * (size_t)n_panel);
    memset(m.packed, 0xff, stride * (size_t)n_panel);
    m.row = malloc((size_t)n_row * (size_t)n_col * sizeof *m.row);
    for (int r = 0; r < n_row; r++)
        random_row(t, plain + (size_t)r * row, m.row + (size_t)r * (size_t)n_col, n_col);
    ond_pack_panels(t, plain, n_row, n_col, 0, n_panel, m.packed, stride);
    m.w.data = m.packed;
    free(plain);
    return m;
}

static void matrix_free(matrix *m)
{
    free(m->packed);
    free(m->row);
}

static float *inputs(int n_tok, int n_col)
{
    float *x = malloc((size_t)n_tok * (size_t)n_col * sizeof *x);
    for (int i = 0; i < n_tok * n_col; i++) x[i] = rnd_f() * (float)(1 + rnd() % 8);
    return x;
}

static ond_acts acts_of(const ond_kern *k, ond_type t, const float *x, int n_tok, int n_col)
{
    ond_acts a = {k->acts_kind(t), n_tok, n_col, NULL};
    a.data = aligned_alloc(64, k->acts_bytes(a.kind, n_tok, n_col));
    memset(a.data, 0xee, k->acts_bytes(a.kind, n_tok, n_col));
    k->acts_put(&a, x, (size_t)n_col, n_tok / 2, n_tok); /* in two parts, in any order */
    k->acts_put(&a, x, (size_t)n_col, 0, n_tok / 2);
    return a;
}

/* What the kernels see: int8 with a scale per 32, or bf16. */
static void rounded(ond_acts_kind kind, const float *x, int n, float *out)
{
    for (int i = 0; i < n; i++)
        out[i] = kind == OND_ACTS_BF16 ? ond_bf16_to_f32(ond_f32_to_bf16(x[i])) : x[i];
    if (kind != OND_ACTS_I8) return;
    for (int b = 0; b < n; b += 32) {
        float top = 0;
        for (int i = b; i < b + 32; i++) top = fmaxf(top, fabsf(x[i]));
        float d = top / 127, inverse = d > 0 ? 1 / d : 0;
        for (int i = b; i < b + 32; i++) out[i] = rintf(x[i] * inverse) * d;
    }
}

static void check_values(const matrix *m, ond_acts_kind kind, const float *x, int n_tok,
                         const float *y)
{
    int n = m->w.n_col;
    float *q = malloc((size_t)n * sizeof *q);
    for (int t = 0; t < n_tok; t++) {
        rounded(kind, x + (size_t)t * (size_t)n, n, q);
        for (int r = 0; r < m->w.n_row; r++) {
            double sum = 0, size = 0;
            for (int c = 0; c < n; c++) {
                double v = (double)m->row[(size_t)r * (size_t)n + (size_t)c] * (double)q[c];
                sum += v;
                size += fabs(v);
            }
            float got = y[(size_t)t * (size_t)m->w.n_row + (size_t)r];
            if (!(fabs((double)got - sum) <=
                  4e-6 * size + 1e-35)) /* vdpbf16ps knows no denormals */
                fail_msg("%s row %d token %d of %d: %g, not %g (size %g)",
                         ond_type_name((uint32_t)m->w.type), r, t, n_tok, (double)got, sum, size);
        }
    }
    free(q);
}

static void check_type(const ond_kern *k, ond_type t, int n_row, int n_col, int n_tok)
{
    matrix m = matrix_new(t, n_row, n_col);
    float *x = inputs(n_tok, n_col), *y = malloc((size_t)(n_tok * n_row) * sizeof *y);
    ond_acts a = acts_of(k, t, x, n_tok, n_col);
    k->matmul(&m.w, &a, 0, ond_panels(&m.w), y, (size_t)n_row, false);
    check_values(&m, a.kind, x, n_tok, y);
    free(a.data);
    float *one = malloc((size_t)n_row * sizeof *one);
    for (int i = 0; i < n_tok; i++) { /* alone, panel by panel */
        a = acts_of(k, t, x + (size_t)i * (size_t)n_col, 1, n_col);
        for (int p = 0; p < ond_panels(&m.w); p++)
            k->matmul(&m.w, &a, p, p + 1, one, (size_t)n_row, false);
        assert_memory_equal(one, y + (size_t)i * (size_t)n_row, (size_t)n_row * sizeof *y);
        k->matmul(&m.w, &a, 0, ond_panels(&m.w), one, (size_t)n_row,
                  false); /* four panels at once */
        assert_memory_equal(one, y + (size_t)i * (size_t)n_row, (size_t)n_row * sizeof *y);
        free(a.data);
    }
    free(one);
    free(x);
    free(y);
    matrix_free(&m);
}

static void each_kern(void (*fn)(const ond_kern *k))
{
    for (int i = 0; i < ond_kern_count(); i++)
        if (ond_kern_at(i)->panels) fn(ond_kern_at(i));
}

static void all_types(const ond_kern *k)
{
    for (int i = 0; i < ond_type_count(); i++) {
        int block = ond_type_block(ond_type_at(i));
        for (int n_tok = 1; n_tok <= 40; n_tok++)
            check_type(k, ond_type_at(i), 1 + (int)(rnd() % 100),
                       block == 1 ? 1 + (int)(rnd() % 70) : block * (1 + (int)(rnd() % 5)), n_tok);
        check_type(k, ond_type_at(i), 40, block == 256 ? 768 : 576,
                   40); /* 576: no multiple of 256 */
    }
}

static void test_types(void **state)
{
    (void)state;
    each_kern(all_types);
}

/* y += and a tensor's own scale; rows beyond n_row and other panels stay as they were. */
static void parts(const ond_kern *k)
{
    enum { ROWS = 70, COLS = 96, TOK = 3, STRIDE = 80 };
    matrix m = matrix_new(OND_Q4_0, ROWS, COLS);
    float *x = inputs(TOK, COLS), y[TOK * STRIDE], z[TOK * STRIDE];
    ond_acts a = acts_of(k, OND_Q4_0, x, TOK, COLS);
    for (int i = 0; i < TOK * STRIDE; i++) y[i] = z[i] = 5;
    k->matmul(&m.w, &a, 0, 5, y, STRIDE, false);
    m.w.scale = 2;
    k->matmul(&m.w, &a, 3, 5, z, STRIDE, true);
    for (int i = 0; i < TOK * STRIDE; i++) {
        if (i % STRIDE >= ROWS) assert_float_equal(y[i], 5, 0);
        if (i % STRIDE >= ROWS || i % STRIDE < 48) assert_float_equal(z[i], 5, 0);
        if (i % STRIDE < ROWS && i % STRIDE >= 48)
            assert_float_equal(z[i], 5 + y[i] * 2, 1e-5f * (5 + fabsf(y[i])));
    }
    free(a.data);
    free(x);
    matrix_free(&m);
}

static void test_parts(void **state)
{
    (void)state;
    each_kern(parts);
}

/* += adds the finished product, also where a tile writes straight to y. */
static void sums(const ond_kern *k)
{
    enum { ROWS = 70, MOST = 14 };
    for (int i = 0; i < ond_type_count(); i++)
        for (int n_tok = 1; n_tok <= MOST; n_tok += n_tok < 4 ? 3 : 2) {
            matrix m = matrix_new(ond_type_at(i), ROWS, 256);
            float *x = inputs(n_tok, 256), y[MOST * ROWS], z[MOST * ROWS];
            ond_acts a = acts_of(k, m.w.type, x, n_tok, 256);
            for (int j = 0; j < n_tok * ROWS; j++) z[j] = (float)j;
            k->matmul(&m.w, &a, 0, 5, y, ROWS, false);
            k->matmul(&m.w, &a, 0, 5, z, ROWS, true);
            for (int j = 0; j < n_tok * ROWS; j++) assert_true(z[j] == (float)j + y[j]);
            free(a.data);
            free(x);
            matrix_free(&m);
        }
}

static void test_sums(void **state)
{
    (void)state;
    each_kern(sums);
}

static void glu(const ond_kern *k)
{
    static const ond_type ups[] = {OND_Q4_K, OND_Q6_K}; /* as the gate, and another */
    for (int u = 0; u < 2; u++)
        for (int n_tok = 1; n_tok <= 11; n_tok += 5) {
            enum { ROWS = 50, COLS = 512 };
            matrix gate = matrix_new(OND_Q4_K, ROWS, COLS), up = matrix_new(ups[u], ROWS, COLS);
            gate.w.scale = 0.001f; /* where SILU bends */
            float *x = inputs(n_tok, COLS), y[11 * ROWS], g[11 * ROWS], v[11 * ROWS];
            ond_acts a = acts_of(k, OND_Q4_K, x, n_tok, COLS);
            k->matmul(&gate.w, &a, 0, 4, g, ROWS, false);
            k->matmul(&up.w, &a, 0, 4, v, ROWS, false);
            k->act_mul(OND_SILU, g, v, n_tok * ROWS, g);
            k->matmul_glu(&gate.w, &up.w, &a, OND_SILU, 0, 4, y, ROWS);
            assert_memory_equal(y, g, (size_t)(n_tok * ROWS) * sizeof *y);
            free(a.data);
            free(x);
            matrix_free(&gate);
            matrix_free(&up);
        }
}

static void test_glu(void **state)
{
    (void)state;
    each_kern(glu);
}

/* NaN and infinity show in every output of their token and in no other. */
static void not_finite(const ond_kern *k)
{
    enum { ROWS = 20, COLS = 256, TOK = 9 };
    for (int i = 0; i < ond_type_count(); i++) {
        matrix m = matrix_new(ond_type_at(i), ROWS, COLS);
        float *x = inputs(TOK, COLS), y[TOK * ROWS];
        x[2 * COLS + 77] = NAN;
        x[8 * COLS + 3] = INFINITY;
        memset(x + 4 * COLS, 0, COLS * sizeof *x);
        ond_acts a = acts_of(k, m.w.type, x, TOK, COLS);
        k->matmul(&m.w, &a, 0, 2, y, ROWS, false);
        for (int t = 0; t < TOK; t++)
            for (int r = 0; r < ROWS; r++) {
                if (t == 2 || (t == 8 && a.kind == OND_ACTS_I8))
                    assert_true(isnan(y[t * ROWS + r]));
                else if (t != 8)
                    assert_true(isfinite(y[t * ROWS + r]));
                if (t == 4) assert_true(y[t * ROWS + r] == 0);
            }
        free(a.data);
        free(x);
        matrix_free(&m);
    }
}

static void test_not_finite(void **state)
{
    (void)state;
    each_kern(not_finite);
}

/* Values of which each 32 are a case of their own: usual, tiny, denormal, huge, zero, ties, not finite. */
static void odd_values(float *x, int n)
{
    for (int i = 0; i < n; i++) {
        float v = rnd_f();
        switch (i / 32 % 8) {
        case 0: x[i] = v * 3; break;
        case 1: x[i] = v * 0x1p-118f; break; /* its scale is just no normal number, or just one */
        case 2: x[i] = v * 0x1p-140f; break;
        case 3: x[i] = v * 0x1p127f; break;
        case 4: x[i] = 0; break;
        case 5: x[i] = i % 32 == 0 ? 127 : (float)((int)(v * 100)) + 0.5f; break;
        case 6: x[i] = i % 32 == 17 ? INFINITY : v; break;
        case 7: x[i] = i % 32 == 30 ? NAN : v; break;
        }
    }
}

/* Activations are the same bytes under every set, whatever the values, widths and counts. */
static void test_activations(void **state)
{
    (void)state;
    static const int cols[] = {32, 96, 128, 160, 288, 1024};
    const ond_kern *plain = ond_kern_named("c");
    for (size_t c = 0; c < sizeof cols / sizeof *cols; c++)
        for (int n_tok = 1; n_tok <= 14; n_tok++) {
            int n = cols[c];
            float *x = malloc((size_t)(n_tok * n) * sizeof *x);
            odd_values(x, n_tok * n);
            ond_acts want = acts_of(plain, OND_Q8_0, x, n_tok, n);
            for (int k = 1; k < ond_kern_count(); k++) {
                if (!ond_kern_at(k)->panels) continue;
                ond_acts got = acts_of(ond_kern_at(k), OND_Q8_0, x, n_tok, n);
                size_t bytes = (size_t)n / 32 * 48 * (size_t)(n_tok <= 8 ? n_tok : n_tok / 6 * 6);
                if (n_tok > 8 || n_tok <= 2 || n_tok % 2 == 0)
                    if (memcmp(got.data, want.data, bytes) != 0)
                        fail_msg("%s: %d tokens of %d columns differ", ond_kern_at(k)->name, n_tok, n);
                free(got.data);
            }
            free(want.data);
            free(x);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types),
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_sums),
        cmocka_unit_test(test_glu),
        cmocka_unit_test(test_not_finite),
        cmocka_unit_test(test_activations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
