/* test_collect.c - importance matrices from running models: against inputs worked out by hand, between sets and teams, in use. */
#include "model/collect.h"
#include "model/fixture.h"
#include "model/quantize.h"

enum { TEXT = 96, TEXTS = 2 };

static ond_imatrix *collect(net *n, const ond_kern *kern, int threads, int32_t *ids)
{
    ond_imatrix *m;
    uint32_t chunks;
    some_ids(ids, TEXT * TEXTS + 5, 3);
    OK(ond_team_open(threads, &n->team, err));
    ond_team_insist(n->team);
    OK(ond_gguf_open(n->path, &n->g, err));
    ond_collect_opts o = {.kern = kern, .team = n->team, .chunk = TEXT, .begin = true, .bos = 1};
    OK(ond_imatrix_collect(n->g, ids, TEXT * TEXTS + 5, &o, &m, &chunks, err));
    assert_int_equal(chunks, TEXTS);
    ond_gguf_close(n->g);
    ond_team_close(n->team);
    n->g = NULL;
    n->team = NULL;
    return m;
}

static void importance(const ond_imatrix *m, const char *name, size_t mat, float *out, size_t want)
{
    size_t n_col, n_mat;
    if (!ond_imatrix_find(m, ond_str_of(name), &n_col, &n_mat)) fail_msg("no entry %s", name);
    assert_true(mat < n_mat);
    assert_int_equal(n_col, want);
    ond_imatrix_get(m, ond_str_of(name), mat, out);
}

static float *floats(const ond_gguf *g, const char *name, size_t *n)
{
    const ond_gguf_tensor *t = ond_gguf_tensor_find(g, name);
    assert_non_null(t);
    *n = (size_t)(t->dim[0] * t->dim[1]);
    float *x = malloc(*n * sizeof *x);
    ond_dequant((ond_type)t->type, t->p, *n, x);
    return x;
}

/* The first layer's queries read normed embeddings: that can be worked out by hand. */
static void by_hand(void **state)
{
    (void)state;
    net n = net_file(tiny_named("llama"), OND_F32);
    int32_t ids[TEXT * TEXTS + 5];
    ond_imatrix *m = collect(&n, NULL, 2, ids);
    double want[256] = {0};
    size_t n_embd, n_norm;
    OK(ond_gguf_open(n.path, &n.g, err));
    float *embd = floats(n.g, "token_embd.weight", &n_embd), *norm = floats(n.g, "blk.0.attn_norm.weight", &n_norm);
    for (int i = 0; i < TEXT * TEXTS; i++) {
        const float *x = embd + 256 * (i % TEXT == 0 ? 1 : ids[i]);
        double power = 0;
        for (int c = 0; c < 256; c++) power += (double)x[c] * (double)x[c] / 256;
        for (int c = 0; c < 256; c++) {
            double v = (double)x[c] / sqrt(power + 1e-5) * (double)norm[c];
            want[c] += v * v / (TEXT * TEXTS);
        }
    }
    float got[256], other[256];
    importance(m, "blk.0.attn_q.weight", 0, got, 256);
    for (int c = 0; c < 256; c++)
        if (!(fabs((double)got[c] - want[c]) <= 1e-3 * want[c])) fail_msg("column %d: %g, by hand %g", c, (double)got[c], want[c]);
    importance(m, "blk.0.attn_k.weight", 0, other, 256);
    assert_memory_equal(got, other, sizeof got);
    importance(m, "blk.0.attn_v.weight", 0, other, 256);
    assert_memory_equal(got, other, sizeof got);
    size_t a, b;
    assert_false(ond_imatrix_find(m, OND_S("token_embd.weight"), &a, &b));
    assert_int_equal(ond_imatrix_count(m), 7 * TINY_LAYERS);
    free(embd);
    free(norm);
    ond_imatrix_close(m);
    net_drop(&n);
}

static double distance(const ond_imatrix *a, const ond_imatrix *b)
{
    double worst = 0;
    assert_int_equal(ond_imatrix_count(a), ond_imatrix_count(b));
    for (size_t i = 0; i < ond_imatrix_count(a); i++) {
        ond_str name = ond_imatrix_name(a, i);
        size_t n_col, n_mat;
        assert_true(ond_imatrix_find(a, name, &n_col, &n_mat));
        float *x = malloc(n_col * sizeof *x), *y = malloc(n_col * sizeof *y);
        for (size_t k = 0; k < n_mat; k++) {
            double d = 0, p = 0;
            ond_imatrix_get(a, name, k, x);
            ond_imatrix_get(b, name, k, y);
            for (size_t c = 0; c < n_col; c++) {
                d += fabs((double)x[c] - (double)y[c]);
                p += fabs((double)x[c]);
            }
            worst = p > 0 && d / p > worst ? d / p : worst;
        }
        free(x);
        free(y);
    }
    return worst;
}

/* Any set and any team: the same matrix; experts each have their own. */
static void sets_and_teams(void **state)
{
    (void)state;
    static const char *const names[] = {"llama", "phi3", "qwen3moe", "gemma3"};
    int32_t ids[TEXT * TEXTS + 5];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        net n = net_file(tiny_named(names[i]), OND_Q8_0);
        const ond_kern *best = ond_kern_at(ond_kern_count() - 1);
        ond_imatrix *one = collect(&n, best, 1, ids), *three = collect(&n, best, 3, ids);
        assert_true(distance(one, three) == 0);
        if (strcmp(names[i], "qwen3moe") != 0) {   /* a router may choose otherwise at a near tie */
            ond_imatrix *ref = collect(&n, ond_kern_named("ref"), 2, ids);
            double d = distance(ref, one);
            if (d > 0.02) fail_msg("%s: %s differs from ref by %g", names[i], best->name, d);
            ond_imatrix_close(ref);
        } else {
            float a[256], b[256];
            importance(one, "blk.1.ffn_down_exps.weight", 0, a, 256);
            importance(one, "blk.1.ffn_down_exps.weight", 1, b, 256);
            assert_memory_not_equal(a, b, sizeof a);
        }
        ond_imatrix_close(one);
        ond_imatrix_close(three);
        net_drop(&n);
    }
}

/* What was collected fits the same model: every quantised matrix of a layer is weighted. */
static void used(void **state)
{
    (void)state;
    net n = net_file(tiny_named("qwen3moe"), OND_F16);
    int32_t ids[TEXT * TEXTS + 5];
    ond_imatrix *m = collect(&n, NULL, 2, ids);
    char out[128];
    snprintf(out, sizeof out, "%s/q.gguf", n.dir);
    ond_quantize_opts o = {.mix = OND_MIX_Q4_K_M, .imatrix = m};
    ond_quantize_report r;
    OK(ond_quantize(n.path, out, &o, &r, err));
    assert_int_equal(r.n_unweighted, 2);   /* the embedding and the head */
    ond_imatrix_close(m);
    net_drop(&n);
}

static bool stop(void *self, int done, int n)
{
    (void)self;
    (void)n;
    return done < 1;
}

static void refusals(void **state)
{
    (void)state;
    net n = net_file(tiny_named("bert"), OND_F32);
    int32_t ids[TEXT * TEXTS];
    ond_imatrix *m;
    uint32_t chunks;
    some_ids(ids, TEXT * TEXTS, 3);
    OK(ond_gguf_open(n.path, &n.g, err));
    ond_collect_opts o = {.chunk = TEXT, .progress = stop};
    FAILS(OND_E_INPUT, "has 50 tokens, but an importance matrix needs at least 96", ond_imatrix_collect(n.g, ids, 50, &o, &m, &chunks, err));
    FAILS(OND_E_INPUT, "an embedding model (bert)", ond_imatrix_collect(n.g, ids, TEXT, &o, &m, &chunks, err));
    net_drop(&n);
    n = net_file(tiny_named("llama"), OND_F32);
    OK(ond_gguf_open(n.path, &n.g, err));
    FAILS(OND_E_INTERRUPTED, "stopped after 1 of 2", ond_imatrix_collect(n.g, ids, TEXT * TEXTS, &o, &m, &chunks, err));
    assert_null(m);
    ids[5] = 1 << 20;
    FAILS(OND_E_INPUT, "", ond_imatrix_collect(n.g, ids, TEXT * TEXTS, &o, &m, &chunks, err));
    net_drop(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(by_hand),
        cmocka_unit_test(sets_and_teams),
        cmocka_unit_test(used),
        cmocka_unit_test(refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
