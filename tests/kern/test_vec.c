/* test_vec.c - each set's vector operators against the formula in double: accuracy, every tail, infinities, NaN, denormals. */
#include "unit.h"
#include "vecs.h"

#include <float.h>
#include <math.h>

static float of_bits(uint32_t u)
{
    float f;
    memcpy(&f, &u, 4);
    return f;
}

/* Distance in units of the last place of the exact value; 0 for equal infinities, NaNs and zeros. */
static double ulps(float got, double want)
{
    float w = (float)want;
    if (isnan(want) || isnan(got)) return isnan(want) && isnan(got) ? 0 : 1e9;
    if (got == w) return 0;
    if (isinf(got) || isinf(w)) return 1e9;
    double unit = ldexp(1.0, ilogb(fabs(want) < 0x1p-126 ? 0x1p-126 : fabs(want)) - 23);
    return fabs((double)got - want) / unit;
}

static double erf_of(double x) { return erf(x); }

TEST(exp_tanh_erf_within_two_ulps_of_libm_everywhere)
{
    static double (*const want[])(double) = {exp, tanh, erf_of};
    enum { N = 4096, STEP = 1021 };
    vecs set[4];
    int n_set = vecs_here(set);
    float x[N], y[N];
    uint32_t bits = 0;
    for (uint32_t at = 0; at < (1ull << 32) / STEP / N; at++) {
        for (int i = 0; i < N; i++, bits += STEP) x[i] = of_bits(bits);
        for (int f = 0; f < 3; f++)
            for (int s = 0; s < n_set; s++) {
                set[s].math(f, x, N, y);
                for (int i = 0; i < N; i++)
                    if (!(ulps(y[i], want[f](x[i])) <= 2))
                        fail_msg("%s: function %d of %a is %a, not %a", set[s].name, f, x[i], y[i], want[f](x[i]));
            }
    }
}

TEST(exp_tanh_erf_at_their_edges)
{
    static const float edge[] = {0.0f, -0.0f, INFINITY, -INFINITY, NAN, 1, -1, 88.722839f, 88.72284f, 88.8f, -87.33655f, -103.9f,
                                 -103.98f, -104, -150, 150, FLT_MAX, -FLT_MAX, FLT_MIN, 1e-45f, -1e-45f, 0.625f, -0.625f, 9.02f,
                                 0.92f, -0.92f, 3.9f, 4, 0.91999f, 0.92001f};
    enum { N = (int)(sizeof edge / sizeof *edge) };
    vecs set[4];
    for (int s = vecs_here(set) - 1; s >= 0; s--) {
        float y[N];
        for (int f = 0; f < 3; f++) {
            set[s].math(f, edge, N, y);
            for (int i = 0; i < N; i++) {
                double want = f == 0 ? exp(edge[i]) : f == 1 ? tanh(edge[i]) : erf(edge[i]);
                if (!(ulps(y[i], want) <= 2))
                    fail_msg("%s: function %d of %a is %a, not %a", set[s].name, f, edge[i], y[i], want);
                if (f && !isnan(want)) assert_int_equal(!!signbit(y[i]), !!signbit(want));
            }
        }
    }
}

static double act_of(ond_act act, double x)
{
    switch (act) {
    case OND_SILU: return x / (1 + exp(-x));
    case OND_GELU: return 0.5 * x * (1 + tanh(0.79788456080286535588 * x * (1 + 0.044715 * x * x)));
    case OND_GELU_ERF: return 0.5 * x * erfc(-x * 0.70710678118654752440);
    case OND_RELU2: return x > 0 ? x * x : 0;
    }
    return 0;
}

/* SILU and ReLU^2 relative to the result; the GELUs relative to |x|, as their left tails are differences. */
TEST(activations)
{
    vecs set[4];
    enum { N = 1000 };
    float x[N], up[N], y[N], z[N];
    uint64_t seed = 1;
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int act = OND_SILU; act <= OND_RELU2; act++)
            for (int n = 1; n <= N; n += n < 80 ? 1 : 307) {
                for (int i = 0; i < n; i++) x[i] = noise(&seed) * (i % 3 ? 6.0f : 60.0f), up[i] = noise(&seed);
                y[n < N ? n : 0] = 77;
                set[s].k.act_mul((ond_act)act, x, NULL, n, y);
                for (int i = 0; i < n; i++) {
                    double want = act_of((ond_act)act, x[i]);
                    double scale = act == OND_SILU || act == OND_RELU2 ? fabs(want) + 1e-38 : fabs((double)x[i]);
                    if (!(fabs(y[i] - want) <= scale * 0x1p-21))
                        fail_msg("%s: activation %d of %a is %a, not %a", set[s].name, act, x[i], y[i], want);
                }
                if (n < N) assert_true(y[n] == 77);
                set[s].k.act_mul((ond_act)act, x, up, n, z);
                for (int i = 0; i < n; i++) assert_true(z[i] == y[i] * up[i]);
                memcpy(z, x, sizeof z);
                set[s].k.act_mul((ond_act)act, z, up, n, z);    /* in place */
                for (int i = 0; i < n; i++) assert_true(z[i] == y[i] * up[i]);
            }
}

TEST(norms)
{
    vecs set[4];
    enum { N = 600 };
    float x[N], w[N], b[N], y[N + 1];
    uint64_t seed = 2;
    for (int i = 0; i < N; i++) x[i] = bell(&seed) + 0.3f, w[i] = bell(&seed), b[i] = bell(&seed);
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int n = 1; n <= N; n += n < 140 ? 1 : 115)
            for (int form = 0; form < 3; form++) {
                double mean = 0, var = 0, sq = 0;
                for (int i = 0; i < n; i++) mean += x[i], sq += (double)x[i] * x[i];
                mean /= n;
                for (int i = 0; i < n; i++) var += (x[i] - mean) * (x[i] - mean);
                double rms = 1 / sqrt(sq / n + 1e-5), dev = 1 / sqrt(var / n + 1e-5);
                y[n] = 77;
                set[s].k.rms_norm(x, form ? w : NULL, n, 1e-5f, y);
                for (int i = 0; i < n; i++) assert_true(fabs(y[i] - x[i] * rms * (form ? w[i] : 1)) < 2e-6);
                set[s].k.layer_norm(x, form ? w : NULL, form == 2 ? b : NULL, n, 1e-5f, y);
                for (int i = 0; i < n; i++) {
                    double want = (x[i] - mean) * dev * (form ? w[i] : 1) + (form == 2 ? b[i] : 0);
                    assert_true(fabs(y[i] - want) < 4e-6 * (1 + dev * 0.1));
                }
                assert_true(y[n] == 77);
                memcpy(y, x, (size_t)n * 4);
                set[s].k.rms_norm(y, w, n, 1e-5f, y);
                for (int i = 0; i < n; i++) assert_true(fabs(y[i] - x[i] * rms * w[i]) < 2e-6);
            }
}

TEST(rope_turns_pairs)
{
    vecs set[4];
    enum { N = 256 };
    float x[N + 1], y[N + 1], cs[N];
    uint64_t seed = 3;
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int n = 2; n <= N; n += n < 140 ? 2 : 58)
            for (int neox = 0; neox < 2; neox++) {
                for (int i = 0; i < n; i++) x[i] = y[i] = bell(&seed);
                for (int i = 0; i < n / 2; i++) {
                    float a = 300 * noise(&seed);
                    cs[2 * i] = cosf(a), cs[2 * i + 1] = sinf(a);
                }
                y[n] = 77;
                set[s].k.rope(y, n, cs, neox);
                for (int i = 0; i < n / 2; i++) {
                    int a = neox ? i : 2 * i, b = neox ? i + n / 2 : 2 * i + 1;
                    double u = x[a], v = x[b], c = cs[2 * i], si = cs[2 * i + 1];
                    assert_true(fabs(y[a] - (u * c - v * si)) < 1e-6 && fabs(y[b] - (u * si + v * c)) < 1e-6);
                }
                assert_true(y[n] == 77);
            }
}

TEST(sums_and_products)
{
    vecs set[4];
    enum { N = 700 };
    float a[N], b[N], y[N + 1], z[N + 1];
    uint64_t seed = 4;
    for (int i = 0; i < N; i++) a[i] = bell(&seed), b[i] = bell(&seed);
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int n = 0; n <= N; n += n < 200 ? 1 : 100) {
            double want = 0;
            for (int i = 0; i < n; i++) want += (double)a[i] * b[i];
            assert_true(fabs(set[s].k.dot(a, b, n) - want) < 1e-4);
            memcpy(y, b, sizeof b);
            memcpy(z, b, sizeof b);
            y[n] = z[n] = 77;
            set[s].k.add(y, a, n);
            set[s].k.axpy(z, 0.37f, a, n);
            for (int i = 0; i < n; i++) assert_true(y[i] == b[i] + a[i] && fabs(z[i] - (b[i] + 0.37f * (double)a[i])) < 1e-6);
            assert_true(y[n] == 77 && z[n] == 77);
        }
}

TEST(softmax_sums_to_one_and_takes_infinities)
{
    vecs set[4];
    enum { N = 400 };
    float x[N], y[N + 1];
    uint64_t seed = 5;
    for (int i = 0; i < N; i++) x[i] = i % 7 == 3 ? -INFINITY : 20 * bell(&seed);
    for (int s = vecs_here(set) - 1; s >= 0; s--) {
        for (int n = 1; n <= N; n += n < 150 ? 1 : 83) {
            double sum = 0, top = -INFINITY;
            for (int i = 0; i < n; i++) top = fmax(top, x[i]);
            for (int i = 0; i < n; i++) sum += exp(x[i] - top);
            memcpy(y, x, (size_t)n * 4);
            y[n] = 77;
            set[s].k.softmax(y, n);
            for (int i = 0; i < n; i++) {
                double want = exp(x[i] - top) / sum;
                assert_true(fabs(y[i] - want) <= (2e-6 + 1e-7 * (top - x[i])) * want + 1e-38 || want == 0);
                if (x[i] == -INFINITY) assert_true(y[i] == 0);
            }
            assert_true(y[n] == 77);
            for (int i = 0; i < n; i++) y[i] = -INFINITY;
            set[s].k.softmax(y, n);
            for (int i = 0; i < n; i++) assert_true(y[i] == 0);
            y[n / 2] = NAN;
            set[s].k.softmax(y, n);
            assert_true(isnan(y[0]) && isnan(y[n - 1]));
        }
    }
}

TEST(max_is_the_first_greatest)
{
    vecs set[4];
    enum { N = 300 };
    float x[N];
    uint64_t seed = 6;
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int n = 1; n <= N; n += n < 100 ? 1 : 50)
            for (int kind = 0; kind < 6; kind++) {
                for (int i = 0; i < n; i++) {
                    float v = noise(&seed);
                    x[i] = kind < 2 ? v : kind == 2 ? (float)(int)(v * 4) : -INFINITY;
                }
                if (kind == 1 || kind == 4) x[0] = x[n / 2] = NAN;
                if (kind == 5) for (int i = 0; i < n; i++) x[i] = NAN;
                int want = 0, at = -1;
                bool found = false;
                float best = -INFINITY;
                for (int i = 0; i < n; i++)
                    if (x[i] > best || (!found && x[i] == best)) best = x[i], want = i, found = true;
                assert_true(set[s].k.max(x, n, &at) == best);
                assert_int_equal(at, want);
                assert_true(set[s].k.max(x, n, NULL) == best);
            }
}

TEST(cache_rows_round_to_nearest_even)
{
    vecs set[4];
    enum { N = 200 };
    float x[N];
    unsigned char row[4 + N + 1], half[2 * N + 1];
    uint64_t seed = 7;
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int n = 1; n <= N; n += n < 100 ? 1 : 50) {
            for (int i = 0; i < n; i++) x[i] = bell(&seed) * (i % 5 ? 1 : 1e-5f);
            if (n > 3) x[1] = 1 + 0x1p-11f, x[2] = 1 + 3 * 0x1p-11f, x[3] = 1e6f;    /* ties, beyond the greatest half */
            half[2 * n] = 77;
            set[s].k.kv_put(OND_KV_F16, x, n, half);
            for (int i = 0; i < n; i++) {
                uint16_t h;
                memcpy(&h, half + 2 * i, 2);
                assert_int_equal(h, ond_f32_to_f16(x[i]));
            }
            assert_int_equal(half[2 * n], 77);
            if (n > 3) x[3] = 1;
            row[4 + n] = 77;
            set[s].k.kv_put(OND_KV_I8, x, n, row);
            float scale, top = 0;
            memcpy(&scale, row, 4);
            for (int i = 0; i < n; i++) top = fmaxf(top, fabsf(x[i]));
            assert_true(scale == top / 127);
            for (int i = 0; i < n; i++) assert_int_equal((int8_t)row[4 + i], (int)rintf(x[i] * (1 / scale)));
            assert_int_equal(row[4 + n], 77);
            x[n - 1] = INFINITY;
            set[s].k.kv_put(OND_KV_I8, x, n, row);
            memcpy(&scale, row, 4);
            assert_true(isnan(scale));
            memset(x, 0, sizeof x);
            set[s].k.kv_put(OND_KV_I8, x, n, row);
            for (int i = 0; i < 4 + n; i++) assert_int_equal(row[i], 0);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exp_tanh_erf_within_two_ulps_of_libm_everywhere),
        cmocka_unit_test(exp_tanh_erf_at_their_edges),
        cmocka_unit_test(activations),
        cmocka_unit_test(norms),
        cmocka_unit_test(rope_turns_pairs),
        cmocka_unit_test(sums_and_products),
        cmocka_unit_test(softmax_sums_to_one_and_takes_infinities),
        cmocka_unit_test(max_is_the_first_greatest),
        cmocka_unit_test(cache_rows_round_to_nearest_even),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
