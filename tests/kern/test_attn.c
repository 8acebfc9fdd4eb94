/* test_attn.c - attention of each set: against the formula in double, and bit for bit against itself however a call is split. */
#include "unit.h"
#include "vecs.h"

#include <math.h>

typedef struct scene {
    ond_attn a;
    int n_head;             /* all heads are of one KV head here */
    float *q, *out, *k, *v; /* k, v: what the cache holds, exactly */
    unsigned char *kc, *vc;
} scene;

static void *room(size_t n)
{
    void *p = aligned_alloc(64, (n + 63) / 64 * 64 + 64);
    assert_non_null(p);
    memset(p, 0xff, (n + 63) / 64 * 64 + 64);    /* NaN: what must not be read shows */
    return p;
}

static void cache_row(const ond_kern *kern, ond_kv_type t, const float *x, int n, unsigned char *row, float *exact)
{
    kern->kv_put(t, x, n, row);
    float scale = 1;
    if (t == OND_KV_I8) memcpy(&scale, row, 4);
    for (int i = 0; i < n; i++) {
        uint16_t h = 0;
        if (t == OND_KV_F16) memcpy(&h, row + 2 * i, 2);
        exact[i] = t == OND_KV_I8 ? scale * (float)(int8_t)row[4 + i] : ond_f16_to_f32(h);
    }
}

static scene set_up(const ond_kern *kern, ond_attn a, uint64_t seed)
{
    scene s = {.n_head = a.n_group};
    a.q_stride = (size_t)(a.n_group * a.d_k + 3);
    a.out_stride = (size_t)(a.n_group * a.d_v + 5);
    a.k_stride = (a.kv_type == OND_KV_I8 ? 4 + (size_t)a.d_k : 2 * (size_t)a.d_k) + 8;
    a.v_stride = (a.kv_type == OND_KV_I8 ? 4 + (size_t)a.d_v : 2 * (size_t)a.d_v) + 16;
    s.q = room((size_t)a.n_query * a.q_stride * 4);
    s.out = room((size_t)a.n_query * a.out_stride * 4);
    s.k = room((size_t)(a.n_kv * a.d_k) * 4);
    s.v = room((size_t)(a.n_kv * a.d_v) * 4);
    s.kc = malloc((size_t)a.n_kv * a.k_stride - 8);    /* not a byte beyond the last row: the sanitizer watches */
    s.vc = malloc((size_t)a.n_kv * a.v_stride - 16);
    assert_non_null(s.kc);
    assert_non_null(s.vc);
    for (int i = 0; i < a.n_query; i++)
        for (int c = 0; c < a.n_group * a.d_k; c++) s.q[(size_t)i * a.q_stride + (size_t)c] = bell(&seed);
    float x[512];
    for (int p = 0; p < a.n_kv; p++) {
        for (int c = 0; c < a.d_k; c++) x[c] = bell(&seed) * (p % 37 == 5 ? 4 : 1);
        cache_row(kern, a.kv_type, x, a.d_k, s.kc + (size_t)p * a.k_stride, s.k + (size_t)p * (size_t)a.d_k);
        for (int c = 0; c < a.d_v; c++) x[c] = bell(&seed) + 0.2f;
        cache_row(kern, a.kv_type, x, a.d_v, s.vc + (size_t)p * a.v_stride, s.v + (size_t)p * (size_t)a.d_v);
    }
    a.q = s.q, a.out = s.out, a.k = s.kc, a.v = s.vc;
    s.a = a;
    return s;
}

static void tear_down(scene *s)
{
    free(s->q), free(s->out), free(s->k), free(s->v), free(s->kc), free(s->vc);
}

static void attend(const ond_kern *kern, ond_attn a)
{
    size_t n = kern->attn_scratch(&a);
    unsigned char *p = room(n);
    unsigned char after[64];
    memset(after, 0xff, sizeof after);
    a.scratch = p;
    kern->attend(&a);
    assert_memory_equal(p + (n + 63) / 64 * 64, after, sizeof after);
    free(p);
}

static void exact_row(const scene *s, int i, int h, double *out)
{
    const ond_attn *a = &s->a;
    int hi = a->causal ? a->pos + i : a->n_kv - 1, lo = a->window > 0 ? a->pos + i - a->window + 1 : 0;
    if (lo < 0) lo = 0;
    double *w = malloc((size_t)a->n_kv * sizeof *w), sum = 0, top = -INFINITY;
    assert_non_null(w);
    for (int p = lo; p <= hi; p++) {
        double x = 0;
        for (int c = 0; c < a->d_k; c++)
            x += (double)s->q[(size_t)i * a->q_stride + (size_t)(h * a->d_k + c)] * (double)s->k[p * a->d_k + c];
        x *= (double)a->scale;
        w[p] = a->softcap != 0 ? (double)a->softcap * tanh(x / (double)a->softcap) : x;
        top = fmax(top, w[p]);
    }
    for (int p = lo; p <= hi; p++) sum += w[p] = exp(w[p] - top);
    for (int c = 0; c < a->d_v; c++) {
        out[c] = 0;
        for (int p = lo; p <= hi; p++) out[c] += w[p] / sum * (double)s->v[p * a->d_v + c];
    }
    free(w);
}

/* Mean squared error over mean square. */
static double nmse(const scene *s)
{
    double err = 0, all = 0, out[512];
    for (int i = 0; i < s->a.n_query; i++)
        for (int h = 0; h < s->n_head; h++) {
            exact_row(s, i, h, out);
            for (int c = 0; c < s->a.d_v; c++) {
                double got = (double)s->out[(size_t)i * s->a.out_stride + (size_t)(h * s->a.d_v + c)];
                if (!isfinite(got)) return INFINITY;
                err += (got - out[c]) * (got - out[c]);
                all += out[c] * out[c];
            }
        }
    return err / all;
}

static const ond_attn cases[] = {
    {.n_query = 1, .n_group = 1, .d_k = 64, .d_v = 64, .pos = 0, .n_kv = 1, .causal = true},
    {.n_query = 1, .n_group = 3, .d_k = 64, .d_v = 64, .pos = 200, .n_kv = 201, .causal = true},
    {.n_query = 150, .n_group = 3, .d_k = 64, .d_v = 64, .pos = 0, .n_kv = 150, .causal = true},
    {.n_query = 70, .n_group = 2, .d_k = 128, .d_v = 128, .pos = 61, .n_kv = 131, .causal = true},
    {.n_query = 9, .n_group = 7, .d_k = 80, .d_v = 80, .pos = 90, .n_kv = 99, .causal = true},
    {.n_query = 40, .n_group = 1, .d_k = 96, .d_v = 96, .pos = 30, .n_kv = 70, .causal = true, .window = 20},
    {.n_query = 5, .n_group = 4, .d_k = 256, .d_v = 256, .pos = 300, .n_kv = 305, .causal = true, .window = 100, .softcap = 5},
    {.n_query = 77, .n_group = 1, .d_k = 32, .d_v = 32, .pos = 0, .n_kv = 77},
    {.n_query = 3, .n_group = 2, .d_k = 6, .d_v = 2, .pos = 130, .n_kv = 133, .causal = true},
    {.n_query = 13, .n_group = 5, .d_k = 48, .d_v = 112, .pos = 60, .n_kv = 73, .causal = true, .window = 1},
    {.n_query = 4, .n_group = 1, .d_k = 510, .d_v = 512, .pos = 66, .n_kv = 70, .causal = true},
    {.n_query = 11, .n_group = 1, .d_k = 64, .d_v = 64, .pos = 64, .n_kv = 75, .causal = true, .window = 75},
};
enum { N_CASES = (int)(sizeof cases / sizeof *cases) };

static ond_attn case_of(int i, ond_kv_type t)
{
    ond_attn a = cases[i];
    a.kv_type = t;
    a.scale = 1 / sqrtf((float)a.d_k);
    return a;
}

TEST(matches_the_formula)
{
    vecs set[4];
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int i = 0; i < N_CASES; i++)
            for (int t = OND_KV_F16; t <= OND_KV_I8; t++) {
                scene c = set_up(&set[s].k, case_of(i, (ond_kv_type)t), (uint64_t)i);
                attend(&set[s].k, c.a);
                double e = nmse(&c);
                if (!(e <= 1e-11)) fail_msg("%s: case %d, cache %d: error %g", set[s].name, i, t, e);
                for (int q = 0; q < c.a.n_query; q++)    /* the gap between two rows */
                    for (int g = c.n_head * c.a.d_v; g < (int)c.a.out_stride && q + 1 < c.a.n_query; g++)
                        assert_true(isnan(c.out[(size_t)q * c.a.out_stride + (size_t)g]));
                tear_down(&c);
            }
}

/* Queries [begin, end) of heads [h0, h1) alone, as another thread or an earlier batch would have asked for them. */
static void attend_part(const ond_kern *kern, const scene *s, int begin, int end, int h0, int h1)
{
    ond_attn a = s->a;
    a.q += (size_t)begin * a.q_stride + (size_t)(h0 * a.d_k);
    a.out += (size_t)begin * a.out_stride + (size_t)(h0 * a.d_v);
    a.pos += begin;
    a.n_query = end - begin;
    a.n_group = h1 - h0;
    if (a.causal) a.n_kv = a.pos + a.n_query;
    attend(kern, a);
}

TEST(any_split_gives_the_same_bits)
{
    vecs set[4];
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int i = 0; i < N_CASES; i++)
            for (int t = OND_KV_F16; t <= OND_KV_I8; t++) {
                scene c = set_up(&set[s].k, case_of(i, (ond_kv_type)t), (uint64_t)i + 100);
                size_t n = (size_t)c.a.n_query * c.a.out_stride * 4;
                float *whole = room(n);
                attend(&set[s].k, c.a);
                memcpy(whole, c.out, n);
                for (int step = 1; step < 40; step = step * 3 + 1)
                    for (int heads = 1; heads <= c.n_head; heads += 2) {
                        memset(c.out, 0xff, n);
                        for (int q = 0; q < c.a.n_query; q += step)
                            for (int h = 0; h < c.n_head; h += heads)
                                attend_part(&set[s].k, &c, q, q + step < c.a.n_query ? q + step : c.a.n_query, h,
                                            h + heads < c.n_head ? h + heads : c.n_head);
                        if (memcmp(whole, c.out, n) != 0) fail_msg("%s: case %d, cache %d, %d queries", set[s].name, i, t, step);
                    }
                free(whole);
                tear_down(&c);
            }
}

/* Scores far apart and all alike; the running maximum grows, falls and stays. */
TEST(extreme_scores)
{
    vecs set[4];
    for (int s = vecs_here(set) - 1; s >= 0; s--)
        for (int form = 0; form < 3; form++) {
            ond_attn a = case_of(2, OND_KV_F16);
            a.scale = form == 0 ? 30 : form == 1 ? 0 : 1e-20f;
            scene c = set_up(&set[s].k, a, 9);
            attend(&set[s].k, c.a);
            double e = nmse(&c);
            if (!(e <= 1e-9)) fail_msg("%s: scale %g: error %g", set[s].name, (double)a.scale, e);
            tear_down(&c);
        }
}

/* What is not a number must not vanish. */
TEST(nan_shows)
{
    vecs set[4];
    for (int s = vecs_here(set) - 1; s >= 0; s--) {
        scene c = set_up(&set[s].k, case_of(1, OND_KV_F16), 10);
        c.q[3] = NAN;
        attend(&set[s].k, c.a);
        assert_true(isnan(c.out[0]) && isnan(c.out[63]) && isfinite(c.out[64]));
        tear_down(&c);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_the_formula),
        cmocka_unit_test(any_split_gives_the_same_bits),
        cmocka_unit_test(extreme_scores),
        cmocka_unit_test(nan_shows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
