/* test_ref.c - the reference itself, against numbers worked out by hand, and the table of kernel sets. */
#include "kern/parity.h"

static const ond_kern *ref(void) { return ond_kern_named("ref"); }

static void close_to(const float *got, const float *want, int n, double tol)
{
    for (int i = 0; i < n; i++) NEAR(got[i], want[i], tol, "value %d", i);
}

static ond_acts acts_of(const float *x, int n_tok, int n_col)
{
    ond_acts a = {.kind = ref()->acts_kind(OND_F32), .n_tok = n_tok, .n_col = n_col};
    a.data = take(ref()->acts_bytes(a.kind, n_tok, n_col));
    ref()->acts_put(&a, x, (size_t)n_col, 0, n_tok);
    return a;
}

static void matmul(void **state)
{
    (void)state;
    static const float w[] = {1, 2, 3, -1, 0, 1}, x[] = {1, 10, 100, 2, 2, 2};
    ond_weight weight = {.type = OND_F32, .n_row = 2, .n_col = 3, .data = (const unsigned char *)w, .stride = 12};
    ond_acts a = acts_of(x, 2, 3);
    float y[8] = {9, 9, 9, 9, 9, 9, 9, 9};
    ref()->matmul(&weight, &a, 0, 1, y, 4, false);
    close_to(y, (float[]){321, 99, 9, 9, 12, 0, 9, 9}, 8, 0);
    weight.scale = 0.5f;
    ref()->matmul(&weight, &a, 0, 1, y, 4, true);
    close_to(y, (float[]){481.5f, 148.5f, 9, 9, 18, 0, 9, 9}, 8, 0);
    static const float g[] = {0.01f, 0, 0, 0, 0, -0.01f};
    ond_weight gate = {.type = OND_F32, .n_row = 2, .n_col = 3, .data = (const unsigned char *)g, .stride = 12};
    weight.scale = 0;
    ref()->matmul_glu(&gate, &weight, &a, OND_SILU, 0, 1, y, 4);
    close_to(y, (float[]){(float)(0.01 / (1 + exp(-0.01)) * 321), (float)(-1 / (1 + exp(1)) * 99)}, 2, 1e-5);
    free(a.data);
}

static void activations(void **state)
{
    (void)state;
    const float x[] = {-3, -0.5f, 0, 1, 2.5f};
    float y[5];
    ref()->act_mul(OND_SILU, x, NULL, 5, y);
    close_to(y, (float[]){-0.14227762f, -0.18877034f, 0, 0.73105858f, 2.3103546f}, 5, 3e-7);
    ref()->act_mul(OND_GELU, x, NULL, 5, y);
    close_to(y, (float[]){-0.0036373921f, -0.15428599f, 0, 0.84119199f, 2.4849157f}, 5, 3e-7);
    ref()->act_mul(OND_GELU_ERF, x, NULL, 5, y);
    close_to(y, (float[]){-0.0040496940f, -0.15426877f, 0, 0.84134475f, 2.4844758f}, 5, 3e-7);
    ref()->act_mul(OND_RELU2, x, (const float[]){1, 1, 1, 2, 2}, 5, y);
    close_to(y, (float[]){0, 0, 0, 2, 12.5f}, 5, 0);
    ref()->act_mul(OND_RELU2, (const float[]){NAN}, NULL, 1, y);
    assert_true(y[0] != y[0]);
}

static void norms(void **state)
{
    (void)state;
    const float x[] = {1, 2, 3, 4}, w[] = {1, 1, 2, 2}, b[] = {0, 1, 0, 1};
    float y[4];
    ref()->rms_norm(x, NULL, 4, 0, y);
    close_to(y, (float[]){0.36514837f, 0.73029674f, 1.0954451f, 1.4605935f}, 4, 2e-7);
    ref()->rms_norm(x, w, 4, 2.5f, y);   /* mean square 7.5, so the divisor is the root of 10 */
    close_to(y, (float[]){0.31622777f, 0.63245553f, 1.8973666f, 2.5298221f}, 4, 3e-7);
    ref()->layer_norm(x, w, b, 4, 0, y);
    close_to(y, (float[]){-1.3416408f, 0.5527864f, 0.89442719f, 3.6832816f}, 4, 4e-7);
}

static void rotation(void **state)
{
    (void)state;
    float x[] = {1, 2, 3, 4, 5}, cs[] = {0, 1, -1, 0};   /* a quarter, a half */
    ref()->rope(x, 4, cs, false);
    close_to(x, (float[]){-2, 1, -3, -4, 5}, 5, 0);
    float z[] = {1, 2, 3, 4, 5};
    ref()->rope(z, 4, cs, true);
    close_to(z, (float[]){-3, -2, 1, -4, 5}, 5, 0);
}

static void softmax_and_max(void **state)
{
    (void)state;
    float x[] = {0, logf(2), -INFINITY, logf(5)};
    ref()->softmax(x, 4);
    close_to(x, (float[]){0.125f, 0.25f, 0, 0.625f}, 4, 1e-7);
    float none[] = {-INFINITY, -INFINITY};
    ref()->softmax(none, 2);
    close_to(none, (float[]){0, 0}, 2, 0);
    int at = -1;
    assert_true(ref()->max((const float[]){NAN, 1, 3, NAN, 3}, 5, &at) == 3 && at == 2);
    assert_true(ref()->max((const float[]){NAN, -INFINITY}, 2, &at) == -INFINITY && at == 1);
    assert_true(ref()->max((const float[]){-5}, 1, &at) == -5 && at == 0);
}

static void cache_rows(void **state)
{
    (void)state;
    const float x[] = {1.27f, -0.635f, 0.01f, 0};
    unsigned char row[16];
    assert_int_equal(ond_kv_row_bytes(OND_KV_F16, 4), 8);
    assert_int_equal(ond_kv_row_bytes(OND_KV_I8, 4), 8);
    ref()->kv_put(OND_KV_I8, x, 4, row);
    float scale;
    memcpy(&scale, row, 4);
    NEAR(scale, 0.01, 1e-9, "scale");
    assert_int_equal((int8_t)row[4], 127);
    assert_true((int8_t)row[5] == -63 || (int8_t)row[5] == -64);
    assert_int_equal((int8_t)row[6], 1);
    assert_int_equal((int8_t)row[7], 0);
    ref()->kv_put(OND_KV_I8, (const float[]){1, NAN, 2, 3}, 4, row);
    memcpy(&scale, row, 4);
    assert_true(scale != scale);
    memset(row, 0xee, sizeof row);
    ref()->kv_put(OND_KV_I8, (const float[]){1e-45f, 0, 0, 0}, 4, row);
    memcpy(&scale, row, 4);
    assert_true(scale == 0);
    ref()->kv_put(OND_KV_F16, (const float[]){1, -2}, 2, row);
    assert_memory_equal(row, "\x00\x3c\x00\xc0", 4);
}

/* One head over four positions, worked out by hand: keys say how far, values say who. */
static void attention(void **state)
{
    (void)state;
    unsigned char k[4][4], v[4][4];
    for (int p = 0; p < 4; p++) {
        ref()->kv_put(OND_KV_F16, (const float[]){(float)p, 0}, 2, k[p]);
        ref()->kv_put(OND_KV_F16, (const float[]){1, (float)(p * p)}, 2, v[p]);
    }
    const float q[] = {1, 7, 0, 7};   /* two heads, the second looks at nothing */
    float out[2 * 2 * 2] = {0};
    ond_attn a = {.q = q, .q_stride = 0, .n_query = 2, .n_group = 2, .d_k = 2, .d_v = 2, .kv_type = OND_KV_F16, .k = k[0],
                  .v = v[0], .k_stride = 4, .v_stride = 4, .pos = 2, .n_kv = 4, .causal = true, .scale = 0.5f, .out = out,
                  .out_stride = 4};
    ref()->attend(&a);
    double e1 = exp(0.5), e2 = exp(1), e3 = exp(1.5);
    close_to(out, (float[]){1, (float)((e1 + 4 * e2) / (1 + e1 + e2)), 1, (float)(5 / 3.0)}, 4, 1e-6);
    close_to(out + 4, (float[]){1, (float)((e1 + 4 * e2 + 9 * e3) / (1 + e1 + e2 + e3)), 1, 3.5f}, 4, 1e-6);
    a.window = 2;   /* itself and the one before */
    ref()->attend(&a);
    close_to(out, (float[]){1, (float)((e1 + 4 * e2) / (e1 + e2)), 1, 2.5f}, 4, 1e-6);
    a.window = 0;
    a.causal = false;
    a.softcap = 0.25f;
    ref()->attend(&a);
    double w[4], sum = 0, top = 0;
    for (int p = 0; p < 4; p++) {
        w[p] = exp(0.25 * tanh(0.5 * p / 0.25));
        sum += w[p];
        top += w[p] * p * p;
    }
    close_to(out, (float[]){1, (float)(top / sum), 1, 3.5f}, 4, 1e-6);
    close_to(out + 4, out, 4, 0);
}

/* Over tiles: 200 positions with the same answer in any order. */
static void long_attention(void **state)
{
    (void)state;
    enum { N = 200, D = 6 };
    uint64_t seed = 3;
    unsigned char k[N][4 + D], v[N][4 + D];
    float x[D], q[D], out[D], keys[N][D], values[N][D];
    for (int p = 0; p < N; p++) {
        float scale;
        for (int i = 0; i < D; i++) x[i] = 3 * gauss(&seed);
        ref()->kv_put(OND_KV_I8, x, D, k[p]);
        ref()->kv_put(OND_KV_I8, x, D, v[p]);
        memcpy(&scale, k[p], 4);
        for (int i = 0; i < D; i++) keys[p][i] = values[p][i] = scale * (float)(int8_t)k[p][4 + i];
    }
    for (int i = 0; i < D; i++) q[i] = gauss(&seed);
    ond_attn a = {.q = q, .n_query = 1, .n_group = 1, .d_k = D, .d_v = D, .kv_type = OND_KV_I8, .k = k[0], .v = v[0],
                  .k_stride = 4 + D, .v_stride = 4 + D, .pos = 180, .n_kv = N, .causal = true, .window = 150, .scale = 1, .out = out};
    ref()->attend(&a);
    double sum = 0, want[D] = {0};
    for (int p = 31; p <= 180; p++) {
        double s = 0;
        for (int i = 0; i < D; i++) s += (double)q[i] * (double)keys[p][i];
        sum += exp(s);
        for (int i = 0; i < D; i++) want[i] += exp(s) * (double)values[p][i];
    }
    for (int i = 0; i < D; i++) NEAR(out[i], want[i] / sum, 1e-5, "value %d", i);
}

static void picking(void **state)
{
    (void)state;
    const ond_kern *k = NULL;
    ond_err err;
    unsetenv("ONDOL_KERN");
    assert_int_equal(ond_kern_pick(&k, &err), 0);
    assert_ptr_equal(k, ond_kern_at(ond_kern_count() - 1));
    assert_ptr_equal(ond_kern_at(0), ref());
    assert_null(ond_kern_at(ond_kern_count()));
    assert_null(ond_kern_named("abacus"));
    for (int i = 0; i < ond_kern_count(); i++) {
        setenv("ONDOL_KERN", ond_kern_at(i)->name, 1);
        assert_int_equal(ond_kern_pick(&k, &err), 0);
        assert_ptr_equal(k, ond_kern_at(i));
    }
    setenv("ONDOL_KERN", "abacus", 1);
    assert_int_equal(ond_kern_pick(&k, &err), OND_E_INPUT);
    assert_non_null(strstr(err.text, "abacus"));
    assert_non_null(strstr(err.text, "can run ref"));
    setenv("ONDOL_KERN", "", 1);
    assert_int_equal(ond_kern_pick(&k, &err), 0);
    unsetenv("ONDOL_KERN");
}

/* Every set fills every place of its row, and its vector operators stand near ref's. */
static void whole_rows(void **state)
{
    (void)state;
    enum { N = 100 };
    uint64_t seed = 9;
    float x[N], w[N], want[N], got[N];
    for (int i = 0; i < N; i++) {
        x[i] = gauss(&seed);
        w[i] = gauss(&seed);
    }
    for (int s = 0; s < ond_kern_count(); s++) {
        const ond_kern *k = ond_kern_at(s);
        assert_true(k->name && k->acts_kind && k->acts_bytes && k->acts_put && k->matmul && k->matmul_glu && k->rms_norm &&
                    k->layer_norm && k->rope && k->act_mul && k->add && k->axpy && k->dot && k->softmax && k->max && k->kv_put &&
                    k->attn_scratch && k->attend);
        ref()->rms_norm(x, w, N, 1e-5f, want);
        k->rms_norm(x, w, N, 1e-5f, got);
        close_to(got, want, N, 1e-5);
        ref()->layer_norm(x, w, x, N, 1e-5f, want);
        k->layer_norm(x, w, x, N, 1e-5f, got);
        close_to(got, want, N, 1e-5);
        ref()->act_mul(OND_GELU, x, w, N, want);
        k->act_mul(OND_GELU, x, w, N, got);
        close_to(got, want, N, 1e-5);
        NEAR(k->dot(x, w, N), ref()->dot(x, w, N), 1e-5, "dot");
        memcpy(got, x, sizeof x);
        memcpy(want, x, sizeof x);
        ref()->softmax(want, N);
        k->softmax(got, N);
        close_to(got, want, N, 1e-6);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matmul),    cmocka_unit_test(activations),    cmocka_unit_test(norms),
        cmocka_unit_test(rotation),  cmocka_unit_test(softmax_and_max), cmocka_unit_test(cache_rows),
        cmocka_unit_test(attention), cmocka_unit_test(long_attention), cmocka_unit_test(picking),
        cmocka_unit_test(whole_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
