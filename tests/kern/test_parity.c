/* test_parity.c - matmul of every kernel set against ref: all types, shapes and tails; batched is single bit for bit. */
#include "kern/parity.h"

enum { MAX_ROW = 50, MAX_TOK = 33 };

typedef struct problem {       /* one type and width: random rows and activations, and what ref says */
    ond_type type;
    int n_col;
    size_t stride;
    unsigned char *rows;       /* [MAX_ROW] plain */
    float *x;                  /* [MAX_TOK, n_col] */
    float *want;               /* [MAX_TOK, MAX_ROW] */
    float *tol;
} problem;

static ond_weight weight_of(const problem *p, int n_row)
{
    return (ond_weight){.type = p->type, .n_row = n_row, .n_col = p->n_col, .data = p->rows, .stride = p->stride};
}

/* The same matrix as this set wants it; *memory is freed by the caller. */
static ond_weight weight_for(const ond_kern *k, const problem *p, int n_row, unsigned char **memory)
{
    ond_weight w = weight_of(p, n_row);
    *memory = NULL;
    size_t panel = k->panels && ond_pack_has(p->type) ? ond_pack_panel_bytes(p->type, p->n_col) : 0;
    if (panel == 0) {
        *memory = take((size_t)n_row * p->stride);   /* rows end where memory ends */
        memcpy(*memory, p->rows, (size_t)n_row * p->stride);
        w.data = *memory;
        return w;
    }
    *memory = take((size_t)ond_panels(&w) * panel);
    ond_pack_panels(p->type, p->rows, n_row, p->n_col, 0, ond_panels(&w), *memory, 0);
    w.layout = OND_PANEL;
    w.stride = panel;
    w.data = *memory;
    return w;
}

static ond_acts acts_for(const ond_kern *k, const problem *p, int first, int n_tok)
{
    ond_acts a = {.kind = k->acts_kind(p->type), .n_tok = n_tok, .n_col = p->n_col};
    a.data = take(k->acts_bytes(a.kind, n_tok, p->n_col));
    const float *x = p->x + (size_t)first * (size_t)p->n_col;
    k->acts_put(&a, x, (size_t)p->n_col, 0, n_tok / 2);   /* in two parts, the later one first is as good */
    k->acts_put(&a, x, (size_t)p->n_col, n_tok / 2, n_tok);
    return a;
}

/* How far a set may be from ref for one output: the order of float sums, and for rounded activations half a step of each. */
static float tolerance(const problem *p, const float *w, const float *x, bool exact, ond_acts_kind kind)
{
    float sum = 0, rounding = 0;
    for (int i = 0; i < p->n_col; i++) sum += fabsf(w[i] * x[i]);
    if (kind == OND_ACTS_BF16) rounding = sum / 256;
    for (int i = 0; kind == OND_ACTS_I8 && !exact && i < p->n_col; i += 32) {
        float top = 0, part = 0;
        for (int j = i; j < i + 32 && j < p->n_col; j++) {
            top = fabsf(x[j]) > top ? fabsf(x[j]) : top;
            part += fabsf(w[j]);
        }
        rounding += part * top / 253;
    }
    return 4e-6f * sum + 1e-7f + (exact ? 0 : rounding);
}

static problem problem_of(ond_type t, int n_col, bool exact, ond_acts_kind kind)
{
    problem p = {.type = t, .n_col = n_col, .stride = ond_type_row_bytes(t, (uint64_t)n_col)};
    uint64_t seed = (uint64_t)t * 7919 + (uint64_t)n_col + exact;
    p.rows = take(MAX_ROW * p.stride);
    p.x = take(MAX_TOK * (size_t)n_col * sizeof *p.x);
    p.want = take(MAX_TOK * MAX_ROW * sizeof *p.want);
    p.tol = take(MAX_TOK * MAX_ROW * sizeof *p.tol);
    random_rows(t, p.rows, MAX_ROW * p.stride, &seed);
    if (exact)
        exact_acts(p.x, MAX_TOK, n_col, &seed);
    else
        gauss_many(p.x, MAX_TOK * (size_t)n_col, &seed);
    const ond_kern *ref = ond_kern_named("ref");
    ond_weight w = weight_of(&p, MAX_ROW);
    ond_acts a = acts_for(ref, &p, 0, MAX_TOK);
    ref->matmul(&w, &a, 0, ond_panels(&w), p.want, MAX_ROW, false);
    free(a.data);
    float *row = take((size_t)n_col * sizeof *row);
    for (int r = 0; r < MAX_ROW; r++) {
        ond_dequant(t, p.rows + (size_t)r * p.stride, (size_t)n_col, row);
        for (int i = 0; i < MAX_TOK; i++)
            p.tol[i * MAX_ROW + r] = tolerance(&p, row, p.x + (size_t)i * (size_t)n_col, exact, kind);
    }
    free(row);
    return p;
}

static void drop(problem *p)
{
    free(p->rows);
    free(p->x);
    free(p->want);
    free(p->tol);
}

enum { GAP = 3 };   /* floats between tokens of y that nobody may touch */

static float *blank(int n_tok, int n_row)
{
    size_t n = (size_t)n_tok * (size_t)(n_row + GAP);
    float *y = take(n * sizeof *y);
    for (size_t i = 0; i < n; i++) y[i] = 777;
    return y;
}

static void check_one(const ond_kern *k, const problem *p, int n_row, int n_tok)
{
    unsigned char *memory;
    ond_weight w = weight_for(k, p, n_row, &memory);
    int first = n_tok == MAX_TOK ? 0 : n_tok % 5, panels = ond_panels(&w), cut = panels / 2;
    ond_acts a = acts_for(k, p, first, n_tok);
    size_t stride = (size_t)(n_row + GAP);
    float *y = blank(n_tok, n_row);
    k->matmul(&w, &a, 0, cut, y, stride, false);
    k->matmul(&w, &a, cut, panels, y, stride, false);
    for (int t = 0; t < n_tok; t++) {
        for (int r = 0; r < n_row; r++)
            NEAR(y[(size_t)t * stride + (size_t)r], p->want[(first + t) * MAX_ROW + r], p->tol[(first + t) * MAX_ROW + r],
                 "%s %s %d columns, %d rows, %d tokens: row %d, token %d", k->name, ond_type_name(p->type), p->n_col, n_row,
                 n_tok, r, t);
        for (int r = n_row; r < n_row + GAP; r++)
            if (y[(size_t)t * stride + (size_t)r] != 777)
                fail_msg("%s %s: wrote beyond row %d of %d rows", k->name, ond_type_name(p->type), r, n_row);
    }
    free(y);
    free(a.data);
    free(memory);
}

/* Widths for a type: small, models' own, and for float types such as no block divides. */
static int widths(ond_type t, int out[17])
{
    static const int any[] = {32, 64, 96, 160, 256, 288, 512, 576, 768, 960, 1536, 2048}, odd[] = {1, 7, 33, 100, 172};
    int n = 0, block = ond_type_block(t);
    for (size_t i = 0; i < sizeof any / sizeof *any; i++)
        if (any[i] % block == 0 && !(SLOW && any[i] > 1000)) out[n++] = any[i];
    for (size_t i = 0; block == 1 && i < (SLOW ? 4 : 3); i++) out[n++] = odd[i];
    return n;
}

static void check_shapes(const ond_kern *k, const problem *p)
{
    static const int rows[] = {1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 50}, toks[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 33};
    bool few = SLOW || strcmp(k->name, "ref") == 0;
    for (size_t r = 0; r < sizeof rows / sizeof *rows; r += few ? 3 : 1)
        for (size_t t = 0; t < sizeof toks / sizeof *toks; t += few ? 4 : 1) check_one(k, p, rows[r], toks[t]);
}

static void walk(bool exact)
{
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type type = ond_type_at(i);
        int n_col[17], n = widths(type, n_col);
        for (int c = 0; c < n; c++)
            for (ond_acts_kind kind = OND_ACTS_F32; kind <= OND_ACTS_I8; kind++) {
                problem p = {.rows = NULL};
                for (int s = 0; s < ond_kern_count(); s++) {
                    const ond_kern *k = ond_kern_at(s);
                    if (k->acts_kind(type) != kind) continue;
                    if (!p.rows) p = problem_of(type, n_col[c], exact, kind);
                    check_shapes(k, &p);
                }
                drop(&p);
            }
    }
}

static void exact_activations(void **state)
{
    (void)state;
    walk(true);
}

static void any_activations(void **state)
{
    (void)state;
    walk(false);
}

/* y of one token is the same bits however many tokens stand beside it, and however rows are parted. */
static void batched_is_single(void **state)
{
    (void)state;
    for (int s = 0; s < ond_kern_count(); s++)
        for (int i = 0; i < ond_type_count(); i++) {
            const ond_kern *k = ond_kern_at(s);
            problem p = problem_of(ond_type_at(i), 512, false, OND_ACTS_F32);
            unsigned char *memory;
            ond_weight w = weight_for(k, &p, MAX_ROW, &memory);
            float all[MAX_TOK * MAX_ROW], some[MAX_TOK * MAX_ROW];
            ond_acts a = acts_for(k, &p, 0, MAX_TOK);
            k->matmul(&w, &a, 0, ond_panels(&w), all, MAX_ROW, false);
            free(a.data);
            for (int n_tok = 1; n_tok < MAX_TOK; n_tok += SLOW ? 7 : 1)
                for (int first = 0; first + n_tok <= MAX_TOK; first += n_tok) {
                    a = acts_for(k, &p, first, n_tok);
                    for (int b = 0; b < ond_panels(&w); b++) k->matmul(&w, &a, b, b + 1, some, MAX_ROW, false);
                    if (memcmp(some, all + first * MAX_ROW, (size_t)n_tok * MAX_ROW * sizeof *some) != 0)
                        fail_msg("%s %s: %d tokens from %d differ from %d together", k->name, ond_type_name(p.type), n_tok,
                                 first, MAX_TOK);
                    free(a.data);
                }
            free(memory);
            drop(&p);
        }
}

/* add: +=, a tensor's scale, and the gated pair. */
static void add_scale_glu(void **state)
{
    (void)state;
    for (int s = 0; s < ond_kern_count(); s++)
        for (int i = 0; i < ond_type_count(); i++) {
            enum { N_TOK = 7 };
            const ond_kern *k = ond_kern_at(s);
            ond_type type = ond_type_at(i);
            problem p = problem_of(type, 256, true, k->acts_kind(type));
            unsigned char *memory, *other;
            ond_weight w = weight_for(k, &p, MAX_ROW, &memory);
            memcpy(p.rows, p.rows + 9 * p.stride, p.stride);   /* the up matrix differs in a row */
            ond_weight up = weight_for(k, &p, MAX_ROW, &other);
            ond_acts a = acts_for(k, &p, 0, N_TOK);
            float y[N_TOK * MAX_ROW], g[N_TOK * MAX_ROW], u[N_TOK * MAX_ROW], glu[N_TOK * MAX_ROW];
            k->matmul(&w, &a, 0, ond_panels(&w), g, MAX_ROW, false);
            k->matmul(&up, &a, 0, ond_panels(&w), u, MAX_ROW, false);
            w.scale = -2.5f;
            for (int j = 0; j < N_TOK * MAX_ROW; j++) y[j] = 3;
            k->matmul(&w, &a, 0, ond_panels(&w), y, MAX_ROW, true);
            for (int j = 0; j < N_TOK * MAX_ROW; j++)
                NEAR(y[j], 3 - 2.5 * (double)g[j], 1e-5 * (3 + fabs((double)g[j])), "%s %s add and scale", k->name,
                     ond_type_name(type));
            w.scale = 0.01f;
            up.scale = 0.5f;
            for (ond_act act = OND_SILU; act <= OND_RELU2; act++) {
                k->matmul_glu(&w, &up, &a, act, 0, 1, glu, MAX_ROW);
                k->matmul_glu(&w, &up, &a, act, 1, ond_panels(&w), glu, MAX_ROW);
                for (int j = 0; j < N_TOK * MAX_ROW; j++) {
                    float gate = 0.01f * g[j], want;
                    ond_kern_named("ref")->act_mul(act, &gate, NULL, 1, &want);
                    double full = (double)want * 0.5 * (double)u[j];
                    NEAR(glu[j], full, 2e-5 * fabs(full) + 4e-6 * fabs((double)u[j]), "%s %s act %d of %g, %g", k->name,
                         ond_type_name(type), (int)act, (double)gate, (double)u[j]);
                }
            }
            free(a.data);
            free(memory);
            free(other);
            drop(&p);
        }
}

/* Packing loses nothing: a row back from its panel has the same floats, also when panels are packed apart. */
static void packed_rows(void **state)
{
    (void)state;
    for (int i = 0; i < ond_type_count(); i++) {
        int n_col[17], n = widths(ond_type_at(i), n_col);
        for (int c = 0; c < n; c++) {
            ond_type t = ond_type_at(i);
            size_t panel = ond_pack_has(t) ? ond_pack_panel_bytes(t, n_col[c]) : 0;
            if (panel == 0) continue;
            assert_int_equal(panel % 64, 0);
            problem p = problem_of(t, n_col[c], true, OND_ACTS_F32);
            ond_weight w = weight_of(&p, 37);
            unsigned char *memory = take(3 * panel), *apart = take(3 * panel);
            ond_pack_panels(t, p.rows, 37, n_col[c], 0, 3, memory, 0);
            for (int b = 2; b >= 0; b--) ond_pack_panels(t, p.rows, 37, n_col[c], b, b + 1, apart, 0);
            assert_memory_equal(memory, apart, 3 * panel);
            w.layout = OND_PANEL;
            w.stride = panel;
            w.data = memory;
            float *got = take((size_t)n_col[c] * sizeof *got), *want = take((size_t)n_col[c] * sizeof *want);
            for (int r = 0; r < 37; r++) {
                ond_unpack_row(&w, r, got);
                ond_dequant(t, p.rows + (size_t)r * p.stride, (size_t)n_col[c], want);
                if (memcmp(got, want, (size_t)n_col[c] * sizeof *got) != 0)
                    fail_msg("%s, %d columns: row %d is not the same after packing", ond_type_name(t), n_col[c], r);
            }
            free(got);
            free(want);
            free(memory);
            free(apart);
            drop(&p);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_rows),       cmocka_unit_test(exact_activations), cmocka_unit_test(any_activations),
        cmocka_unit_test(batched_is_single), cmocka_unit_test(add_scale_glu),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
