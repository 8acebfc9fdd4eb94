/* test_kv.c - a session's cache: saved, loaded, copied and shifted, of both types, in every family.
 */
#include "model/fixture.h"

enum { TOK = 64, KEPT = 30, MANY = 40 };

/* Logits of the ids from KEPT on, fed into a cache that holds those before. */
static void go_on(net *n, ond_kv *kv, const int32_t *ids, float *out)
{
    feed(n, kv, ids + KEPT, MANY - KEPT, KEPT, MANY - KEPT, out);
}

static void check_moves(net *n, ond_kv_type type, const char *what)
{
    int32_t ids[MANY];
    some_ids(ids, MANY, 1);
    ond_kv *a, *b, *c;
    size_t size = (size_t)(MANY - KEPT) * (size_t)vocab(n) * sizeof(float);
    float *want = malloc(size), *got = malloc(size);
    OK(ond_kv_open(n->m, 128, type, &a, err));
    OK(ond_kv_open(n->m, 50, type, &b, err)); /* another length: rows lie elsewhere */
    OK(ond_kv_open(n->m, 64, type, &c, err));
    feed(n, a, ids, KEPT, 0, 0, NULL);

    size_t bytes = ond_kv_bytes(a, 0, KEPT), first = ond_kv_bytes(a, 0, 11);
    unsigned char *saved = malloc(bytes);
    assert_int_equal(first + ond_kv_bytes(a, 11, KEPT), bytes);
    ond_kv_save(a, 0, KEPT, saved);
    ond_kv_load(b, 0, KEPT, saved);
    ond_kv_copy(c, a, 0, 11);
    ond_kv_copy(c, a, 11, KEPT);
    go_on(n, a, ids, want);
    go_on(n, b, ids, got);
    if (memcmp(want, got, size) != 0) fail_msg("%s: a loaded cache differs", what);
    go_on(n, c, ids, got);
    if (memcmp(want, got, size) != 0) fail_msg("%s: a copied cache differs", what);

    /* Truncated and fed again: what lay beyond is never seen. */
    feed(n, c, ids, 5, KEPT, 0, NULL);
    go_on(n, c, ids, got);
    if (memcmp(want, got, size) != 0) fail_msg("%s: a truncated cache differs", what);
    assert_int_equal(ond_kv_bytes(a, 5, 5), 0);
    free(saved);
    free(want);
    free(got);
    ond_kv_close(a);
    ond_kv_close(b);
    ond_kv_close(c);
}

static void test_moves(void **state)
{
    (void)state;
    for (int i = 0; i < TINIES; i++) {
        if (strcmp(tinies[i].arch, "bert") == 0) continue;
        net n = net_file(&tinies[i], OND_Q8_0);
        net_open(&n, NULL, 2, TOK, (ond_model_opts){0});
        check_moves(&n, OND_KV_F16, tinies[i].name);
        check_moves(&n, OND_KV_I8, tinies[i].name);
        net_drop(&n);
    }
}

/* Shifting a cache whose dropped part came first, in a model of one layer, is the same as never
 * having had it: with one layer keys and values depend on nothing but their token and place. */
static void check_shift(const tiny *base, ond_kv_type type, double bound)
{
    tiny t = *base;
    t.n_layer = 1;
    net n = net_file(&t, OND_F32);
    net_open(&n, NULL, 2, TOK, (ond_model_opts){0});
    int32_t ids[MANY], left[MANY];
    some_ids(ids, MANY, 2);
    enum { KEEP = 4, DROP = 9 };
    memcpy(left, ids, KEEP * sizeof *ids);
    memcpy(left + KEEP, ids + KEEP + DROP, (MANY - KEEP - DROP) * sizeof *ids);
    ond_kv *a, *b;
    size_t v = (size_t)vocab(&n);
    float *want = malloc(v * sizeof *want), *got = malloc(v * sizeof *got);
    OK(ond_kv_open(n.m, 64, type, &a, err));
    OK(ond_kv_open(n.m, 64, type, &b, err));
    feed(&n, a, ids, MANY - 1, 0, 0, NULL);
    OK(ond_kv_shift(n.m, a, KEEP, DROP, MANY - 1, err));
    feed(&n, a, ids + MANY - 1, 1, MANY - 1 - DROP, 1, got);
    feed(&n, b, left, MANY - DROP, 0, 1, want);
    double e = nmse(want, got, v);
    if (!(e <= bound)) fail_msg("%s: shifted, the logits differ by NMSE %g", t.name, e);
    FAILS(OND_E_INPUT, "cannot be dropped", ond_kv_shift(n.m, a, 10, 20, 25, err));
    FAILS(OND_E_INPUT, "cannot be dropped", ond_kv_shift(n.m, a, 0, 0, 25, err));
    FAILS(OND_E_INPUT, "cannot be dropped", ond_kv_shift(n.m, a, 0, 1, 65, err));
    ond_kv_close(a);
    ond_kv_close(b);
    free(want);
    free(got);
    net_drop(&n);
}

static void test_shift(void **state)
{
    (void)state;
    for (int i = 0; i < TINIES; i++) {
        if (strcmp(tinies[i].arch, "bert") == 0 || tinies[i].n_expert)
            continue; /* a router may tip over */
        check_shift(&tinies[i], OND_KV_F16, 1e-5);
        check_shift(&tinies[i], OND_KV_I8, 1e-2);
    }
}

/* An int8 cache says nearly what a half-float one says. */
static void test_i8_is_near(void **state)
{
    (void)state;
    net n = net_file(tiny_named("llama"), OND_F32);
    net_open(&n, NULL, 2, TOK, (ond_model_opts){0});
    int32_t ids[MANY];
    some_ids(ids, MANY, 3);
    float *a = run_all(&n, ids, MANY, OND_KV_F16), *b = run_all(&n, ids, MANY, OND_KV_I8);
    double e = nmse(a, b, (size_t)MANY * (size_t)vocab(&n));
    assert_true(e > 0 && e < 1e-3);
    free(a);
    free(b);
    net_drop(&n);
}

static void test_open_errors(void **state)
{
    (void)state;
    net n = net_file(tiny_named("bert"), OND_Q8_0);
    net_open(&n, NULL, 1, 8, (ond_model_opts){0});
    ond_kv *kv;
    FAILS(OND_E_INPUT, "embedding", ond_kv_open(n.m, 10, OND_KV_F16, &kv, err));
    net_drop(&n);
    n = net_file(tiny_named("llama"), OND_Q8_0);
    net_open(&n, NULL, 1, 8, (ond_model_opts){0});
    FAILS(OND_E_INPUT, "0 positions", ond_kv_open(n.m, 0, OND_KV_F16, &kv, err));
    FAILS(OND_E_INPUT, "positions", ond_kv_open(n.m, 1 << 30, OND_KV_F16, &kv, err));
    ond_pass *p;
    FAILS(OND_E_INPUT, "0 tokens", ond_pass_open(n.m, NULL, 0, 0, &p, err));
    FAILS(OND_E_INPUT, "outputs", ond_pass_open(n.m, NULL, 4, 5, &p, err));
    OK(ond_pass_open(n.m, NULL, 4, 4, &p, err)); /* a team of one of its own */
    ond_pass_close(p);
    net_drop(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_moves),
        cmocka_unit_test(test_shift),
        cmocka_unit_test(test_i8_is_near),
        cmocka_unit_test(test_open_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
