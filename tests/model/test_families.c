/* test_families.c - every family and type under every kernel set that this machine has, near `ref`;
 * the same bits whatever stands beside a token, however a prompt is cut, however many members run
 * the pass, and whether weights are packed or not. */
#include "model/fixture.h"

enum { MANY = 41, TOK = 48 };

static const char *const families[] = {
#define ARCH(name, models) #name,
#include "model/archs.def"
#undef ARCH
};

static void test_every_family_has_a_tiny(void **state)
{
    (void)state;
    for (size_t f = 0; f < sizeof families / sizeof *families; f++) {
        bool found = false;
        for (int i = 0; i < TINIES; i++) found |= strcmp(tinies[i].arch, families[f]) == 0;
        if (!found) fail_msg("no tiny model of %s", families[f]);
    }
}

/* Logits of one model under one kernel set. */
static float *logits_of(net *n, const ond_kern *k, ond_packing packing, size_t *size)
{
    int32_t ids[MANY];
    some_ids(ids, MANY, 1);
    net_open(n, k, 2, TOK, (ond_model_opts){.packing = packing});
    float *x = run_all(n, ids, MANY, OND_KV_F16);
    *size = embeds(n) ? (size_t)ond_model_shape(n->m)->n_embd : (size_t)MANY * (size_t)vocab(n);
    net_close(n);
    return x;
}

static void near_ref(const tiny *t, ond_type type, double bound)
{
    net n = net_file(t, type);
    size_t size, same;
    float *truth = logits_of(&n, ond_kern_at(0), OND_PACK_MEMORY, &size);
    for (int k = 1; k < ond_kern_count(); k++) {
        float *x = logits_of(&n, ond_kern_at(k), OND_PACK_MEMORY, &same),
              *plain = logits_of(&n, ond_kern_at(k), OND_PACK_OFF, &same);
        double e = nmse(truth, x, size);
        if (memcmp(x, plain, size * sizeof *x) != 0)
            fail_msg("%s %s under %s: other logits where nothing is packed", t->name,
                     ond_type_name(type), ond_kern_at(k)->name);
        if (!(e <= bound))
            fail_msg("%s %s under %s: NMSE %g", t->name, ond_type_name(type), ond_kern_at(k)->name,
                     e);
        free(x);
        free(plain);
    }
    free(truth);
    net_drop(&n);
}

static void test_families_near_ref(void **state)
{
    (void)state;
    for (int i = 0; i < TINIES; i++) {
        near_ref(&tinies[i], OND_F32, 1e-6);
        near_ref(&tinies[i], OND_Q8_0, 4e-3);
    }
}

/* Activations of eight bits are the difference: ref keeps floats. */
static void test_types_near_ref(void **state)
{
    (void)state;
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type type = ond_type_at(i);
        near_ref(tiny_named("llama"), type, type == OND_F32 || type == OND_F16 ? 1e-6 : 4e-3);
    }
}

/* The same prompt cut into pieces of `step`, only the last of each piece asked for. */
static void check_cut(net *n, const int32_t *ids, const float *whole, int step, const char *what)
{
    ond_kv *kv;
    size_t v = (size_t)vocab(n);
    float *row = malloc(v * sizeof *row);
    OK(ond_kv_open(n->m, TINY_CTX, OND_KV_F16, &kv, err));
    for (int at = 0; at < MANY; at += step) {
        int many = MANY - at < step ? MANY - at : step;
        feed(n, kv, ids + at, many, at, 1, row);
        if (memcmp(row, whole + (size_t)(at + many - 1) * v, v * sizeof *row) != 0)
            fail_msg("%s under %s: cut into pieces of %d, the logits at %d differ", what,
                     ond_model_kern(n->m)->name, step, at + many - 1);
    }
    ond_kv_close(kv);
    free(row);
}

/* Three sessions at different places in one pass, against each alone. */
static void check_together(net *n, const int32_t *ids, const float *whole, const char *what)
{
    static const int pos[] = {0, 7, 20}, many[] = {5, 1, 12}, outs[] = {2, 1, 0};
    ond_kv *kv[3];
    ond_span s[3];
    size_t v = (size_t)vocab(n);
    float *out[3];
    for (int i = 0; i < 3; i++) {
        OK(ond_kv_open(n->m, TINY_CTX, OND_KV_F16, &kv[i], err));
        out[i] = malloc(2 * v * sizeof(float));
        if (pos[i]) feed(n, kv[i], ids, pos[i], 0, 0, NULL);
        s[i] = (ond_span){kv[i], ids + pos[i], many[i], pos[i], outs[i], out[i]};
    }
    OK(ond_model_forward(n->m, n->pass, s, 3, err));
    for (int i = 0; i < 3; i++)
        for (int o = 0; o < outs[i]; o++)
            if (memcmp(out[i] + (size_t)o * v, whole + (size_t)(pos[i] + many[i] - outs[i] + o) * v,
                       v * sizeof(float)) != 0)
                fail_msg("%s under %s: session %d of a batch differs from itself alone", what,
                         ond_model_kern(n->m)->name, i);
    for (int i = 0; i < 3; i++) {
        /* What the batch left in the caches is right too: one more token. */
        float *row = out[i];
        feed(n, kv[i], ids + pos[i] + many[i], 1, pos[i] + many[i], 1, row);
        assert_memory_equal(row, whole + (size_t)(pos[i] + many[i]) * v, v * sizeof(float));
        ond_kv_close(kv[i]);
        free(out[i]);
    }
}

static void same_bits(const tiny *t, ond_type type, const ond_kern *k)
{
    net n = net_file(t, type);
    int32_t ids[MANY];
    some_ids(ids, MANY, 2);
    net_open(&n, k, 2, TOK, (ond_model_opts){0});
    float *whole = run_all(&n, ids, MANY, OND_KV_F16);
    static const int steps[] = {1, 2, 3, 5, 8, 16, 40};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        check_cut(&n, ids, whole, steps[i], t->name);
    check_together(&n, ids, whole, t->name);
    for (int threads = 1; threads <= 3; threads += 2) {
        net_close(&n);
        net_open(&n, k, threads, TOK, (ond_model_opts){0});
        float *x = run_all(&n, ids, MANY, OND_KV_F16);
        if (memcmp(x, whole, (size_t)MANY * (size_t)vocab(&n) * sizeof *x) != 0)
            fail_msg("%s under %s: %d threads differ from 2", t->name, k->name, threads);
        free(x);
    }
    free(whole);
    net_drop(&n);
}

static void test_same_bits(void **state)
{
    (void)state;
    /* Every family under the fastest set, one under the others: what differs between families is
     * not the kernels'. */
    for (int k = 0; k < ond_kern_count(); k++)
        for (int i = 0; i < TINIES; i++)
            if (strcmp(tinies[i].arch, "bert") != 0 && (i == 0 || k == ond_kern_count() - 1))
                same_bits(&tinies[i], i % 2 ? OND_Q4_K : OND_Q8_0, ond_kern_at(k));
}

static void test_embeddings_together(void **state)
{
    (void)state;
    net n = net_file(tiny_named("bert"), OND_Q8_0);
    int32_t a[9], b[30];
    some_ids(a, 9, 3);
    some_ids(b, 30, 4);
    for (int k = 0; k < ond_kern_count(); k++) {
        net_open(&n, ond_kern_at(k), 2, TOK, (ond_model_opts){0});
        size_t size = (size_t)ond_model_shape(n.m)->n_embd * sizeof(float);
        float *ea = run_all(&n, a, 9, OND_KV_F16), *eb = run_all(&n, b, 30, OND_KV_F16),
              *two = malloc(2 * size);
        ond_span s[] = {{NULL, a, 9, 0, 0, two}, {NULL, b, 30, 0, 0, two + size / sizeof *two}};
        OK(ond_model_forward(n.m, n.pass, s, 2, err));
        assert_memory_equal(two, ea, size);
        assert_memory_equal(two + size / sizeof *two, eb, size);
        double length = 0;
        for (size_t i = 0; i < size / sizeof *ea; i++) length += (double)ea[i] * (double)ea[i];
        assert_true(fabs(length - 1) < 1e-5);
        free(ea);
        free(eb);
        free(two);
        net_close(&n);
    }
    net_drop(&n);
}

typedef struct watched {
    int calls, bad, n_tok;
} watched;

static void watch(void *self, int layer, const float *x, int n_tok, int n)
{
    watched *w = self;
    if (layer != w->calls - 1) w->bad++;
    w->calls++;
    if (layer < TINY_LAYERS && n_tok != w->n_tok) w->bad++;
    for (int i = 0; i < n_tok * n; i++) w->bad += !isfinite(x[i]);
}

/* A probe sees all tokens after every layer, and changes no bit. */
static void test_probe(void **state)
{
    (void)state;
    for (int i = 0; i < TINIES; i++) {
        net n = net_file(&tinies[i], OND_Q8_0);
        int32_t ids[20];
        some_ids(ids, 20, 5);
        net_open(&n, NULL, 2, TOK, (ond_model_opts){0});
        size_t size = embeds(&n) ? (size_t)ond_model_shape(n.m)->n_embd : 20 * (size_t)vocab(&n);
        float *plain = run_all(&n, ids, 20, OND_KV_F16);
        watched w = {0, 0, 20};
        ond_pass_probe(n.pass, watch, &w);
        float *probed = run_all(&n, ids, 20, OND_KV_F16);
        assert_memory_equal(plain, probed, size * sizeof *plain);
        assert_int_equal(w.bad, 0);
        assert_int_equal(w.calls, 1 + TINY_LAYERS + !embeds(&n));
        if (embeds(&n)) { /* n_out is for logits; there are none */
            w = (watched){0, 0, 20};
            OK(ond_model_forward(n.m, n.pass, &(ond_span){NULL, ids, 20, 0, 1, probed}, 1, err));
            assert_int_equal(w.calls, 1 + TINY_LAYERS);
        }
        free(plain);
        free(probed);
        net_drop(&n);
    }
}

/* LongRoPE: a cache longer than the model's own context rotates by the other factors. */
static void test_longrope(void **state)
{
    (void)state;
    enum { OWN = 128 };
    net n = net_file(tiny_named("phi3 longrope"), OND_F32);
    net_open(&n, NULL, 2, TOK, (ond_model_opts){0});
    int32_t ids[MANY];
    some_ids(ids, MANY, 6);
    size_t v = (size_t)vocab(&n);
    float *x[3];
    for (int i = 0; i < 3; i++) {
        static const int ctx[] = {MANY, OWN, OWN + 1};
        ond_kv *kv;
        x[i] = malloc(v * sizeof *x[i]);
        OK(ond_kv_open(n.m, ctx[i], OND_KV_F16, &kv, err));
        feed(&n, kv, ids, MANY, 0, 1, x[i]);
        ond_kv_close(kv);
    }
    assert_memory_equal(x[0], x[1], v * sizeof **x);
    assert_true(nmse(x[1], x[2], v) > 1e-3);
    for (int i = 0; i < 3; i++) free(x[i]);
    net_drop(&n);
}

/* Spans that make no sense are refused with what is wrong. */
static void test_bad_spans(void **state)
{
    (void)state;
    net n = net_file(tiny_named("llama"), OND_Q8_0);
    net_open(&n, NULL, 1, 8, (ond_model_opts){0});
    ond_kv *kv;
    int32_t ids[16] = {0};
    float *out = malloc(16 * (size_t)vocab(&n) * sizeof *out);
    OK(ond_kv_open(n.m, 10, OND_KV_F16, &kv, err));
    ond_span s = {kv, ids, 9, 0, 1, out};
    FAILS(OND_E_INPUT, "8 tokens", ond_model_forward(n.m, n.pass, &s, 1, err));
    s = (ond_span){kv, ids, 4, 7, 1, out};
    FAILS(OND_E_INPUT, "context of 10", ond_model_forward(n.m, n.pass, &s, 1, err));
    s = (ond_span){kv, ids, 4, -1, 1, out};
    FAILS(OND_E_INPUT, "position -1", ond_model_forward(n.m, n.pass, &s, 1, err));
    ids[2] = TINY_VOCAB;
    s = (ond_span){kv, ids, 4, 0, 1, out};
    FAILS(OND_E_INPUT, "token 2 is 300", ond_model_forward(n.m, n.pass, &s, 1, err));
    ids[2] = -1;
    FAILS(OND_E_INPUT, "token 2 is -1", ond_model_forward(n.m, n.pass, &s, 1, err));
    s = (ond_span){NULL, ids, 1, 0, 1, out};
    FAILS(OND_E_INPUT, "a cache is needed", ond_model_forward(n.m, n.pass, &s, 1, err));
    s = (ond_span){kv, ids, 2, 0, 3, out};
    FAILS(OND_E_INPUT, "2 tokens with 3 outputs", ond_model_forward(n.m, n.pass, &s, 1, err));
    FAILS(OND_E_INPUT, "spans", ond_model_forward(n.m, n.pass, &s, 0, err));
    ond_kv_close(kv);
    free(out);
    net_drop(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_family_has_a_tiny),
        cmocka_unit_test(test_families_near_ref),
        cmocka_unit_test(test_types_near_ref),
        cmocka_unit_test(test_same_bits),
        cmocka_unit_test(test_embeddings_together),
        cmocka_unit_test(test_probe),
        cmocka_unit_test(test_longrope),
        cmocka_unit_test(test_bad_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
