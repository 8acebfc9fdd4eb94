/* test_lora.c - adapters by the library's own functions: the answers are those of weights into
 * which they were multiplied; scales; what is refused, and in which words; plans; no cached prompt
 * and no snapshot goes from one set of adapters to another; batched as alone. */
#include "run/fixture.h"

#include "model/lora.h"

enum { MANY = 40, STEPS = 24 };

static net model;
static char path_a[128], path_b[128];

static void in_dir(char out[128], const char *name)
{
    snprintf(out, 128, "%s/%s", model.dir, name);
}

/* A model and two adapters for it: `a` with alpha (6 / LORA_RANK is 2), `b` without. */
static void make(const char *name, ond_type type)
{
    model = model_file(name, type);
    in_dir(path_a, "a.gguf");
    in_dir(path_b, "b.gguf");
    lora_write(&model, path_a, &(lora_text){.alpha = 6}, 1);
    lora_write(&model, path_b, &(lora_text){.alpha = 0}, 2);
}

static int setup(void **state)
{
    (void)state;
    make("llama", OND_Q8_0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    net_remove(&model);
    return 0;
}

/* Logits after each of MANY tokens, [MANY, TINY_VOCAB], malloc'd. */
static float *logits_of(const net *n, ond_engine_opts o)
{
    int32_t tok[MANY];
    float *all = malloc((size_t)MANY * TINY_VOCAB * sizeof *all);
    assert_non_null(all);
    prompt(tok, MANY, 3);
    ond_engine *e = engine(n, o);
    ond_session *s = session(e);
    for (int i = 0; i < MANY; i++) {
        const float *x;
        OK(ond_session_feed(s, tok + i, 1, err));
        OK(ond_session_logits(s, &x, err));
        memcpy(all + (size_t)i * TINY_VOCAB, x, TINY_VOCAB * sizeof *x);
    }
    ond_session_close(s);
    ond_engine_close(e);
    return all;
}

static const size_t ALL = (size_t)MANY * TINY_VOCAB;

/* With these adapters as with the merged weights; and as far from the plain ones as those are. */
static void check_merged(const char *what, const ond_lora *lora, int n, const uint64_t *seed,
                         const float *scale)
{
    net merged = model;
    assert_true((size_t)snprintf(merged.path, sizeof merged.path, "%s/merged.gguf", model.dir) <
                sizeof merged.path);
    lora_merge(&model, merged.path, &(lora_text){.alpha = 0}, seed, scale, n);
    float *want = logits_of(&merged, (ond_engine_opts){0}),
          *plain = logits_of(&model, (ond_engine_opts){0}),
          *got = logits_of(&model, (ond_engine_opts){.lora = lora, .n_lora = n});
    double e = nmse(want, got, ALL), far = nmse(want, plain, ALL);
    if (!(e < 1e-6 && far > 1e-3)) fail_msg("%s: NMSE with adapters %g, without %g", what, e, far);
    free(want);
    free(plain);
    free(got);
}

/* In floats: twice half is once whole; which comes first makes no difference but for rounding. */
static void check_scales(void)
{
    const ond_lora once[] = {{path_a, 0.5f}}, halves[] = {{path_a, 0.25f}, {path_a, 0.25f}},
                   ab[] = {{path_a, 0.5f}, {path_b, 0.5f}}, ba[] = {{path_b, 0.5f}, {path_a, 0.5f}};
    float *x = logits_of(&model, (ond_engine_opts){.lora = once, .n_lora = 1}),
          *y = logits_of(&model, (ond_engine_opts){.lora = halves, .n_lora = 2});
    assert_true(nmse(x, y, ALL) < 1e-6);
    free(x);
    free(y);
    x = logits_of(&model, (ond_engine_opts){.lora = ab, .n_lora = 2});
    y = logits_of(&model, (ond_engine_opts){.lora = ba, .n_lora = 2});
    assert_true(nmse(x, y, ALL) < 1e-6);
    free(x);
    free(y);
}

TEST(test_as_merged_weights)
{
    static const char *const families[] = {"llama", "qwen2", "qwen3", "gemma3", "phi3"};
    net kept = model;
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        make(families[i], OND_F32);
        const ond_lora one[] = {{path_a, 0.5f}}, zero[] = {{path_b, 0}}, back[] = {{path_b, -1}},
                       two[] = {{path_a, 0.25f}, {path_b, 1}};
        check_merged(families[i], one, 1, (uint64_t[]){1}, (float[]){1});
        check_merged(families[i], two, 2, (uint64_t[]){1, 2}, (float[]){0.5f, 1});
        if (i == 0) {
            check_merged("a scale of 0 is 1", zero, 1, (uint64_t[]){2}, (float[]){1});
            check_scales();
            check_merged("a negative scale", back, 1, (uint64_t[]){2}, (float[]){-1});
        }
        net_remove(&model);
    }
    model = kept;
    in_dir(path_a, "a.gguf");
    in_dir(path_b, "b.gguf");
}

/* ---- what is refused ---- */

/* Neither opened nor planned, in the same words. */
static void refused(const char *words, const char *path, float scale)
{
    const ond_lora l = {path, scale};
    ond_engine_opts o = {.path = model.path, .ctx = 64, .lora = &l, .n_lora = 1};
    int code = strstr(path, "nowhere") ? OND_E_NOT_FOUND : OND_E_INPUT;
    ond_engine *e;
    ond_memory m;
    FAILS(code, words, ond_engine_open(&o, &e, err));
    assert_null(e);
    FAILS(code, words, ond_engine_plan(&o, &m, err));
    FAILS(code, isnan(scale) ? words : path, ond_engine_plan(&o, &m, err));
}

TEST(test_another_models)
{
    net kept = model, other = model_file("qwen2", OND_Q8_0);
    tiny wide = *tiny_named("llama");
    char path[128], shape[128];
    in_dir(path, "qwen2.gguf");
    in_dir(shape, "wide.gguf");
    lora_write(&other, path, &(lora_text){.alpha = 0}, 1);
    net_remove(&other);
    refused("is an adapter for \"qwen2\", and the model is \"llama\"", path, 1);

    wide.n_ff = 640; /* the same family, another size */
    other = net_file(&wide, OND_Q8_0);
    lora_write(&other, shape, &(lora_text){.tensor = "blk.1.ffn_up.weight"}, 1);
    net_remove(&other);
    refused("the adapter of tensor blk.1.ffn_up.weight is [256, 3] and [3, 640], and the tensor "
            "[256, 512]",
            shape, 1);
    model = kept;
    refused("is no LoRA adapter: general.type is \"\"", model.path, 1);
    refused("cannot open", "/nowhere.gguf", 1);
    refused("a scale of nan", path_a, NAN);
}

/* An adapter that is cut anywhere is an error with its name. */
TEST(test_cut_adapter)
{
    ond_buf b = {0};
    char path[128];
    OK(ond_file_read(path_a, 1 << 24, &b, err));
    in_dir(path, "cut.gguf");
    for (int i = 0; i < 40; i++) {
        OK(ond_file_write(path, (ond_str){b.p, b.n * (size_t)i / 40}, 0600, err));
        refused("cut.gguf", path, 1);
    }
    ond_buf_free(&b);
}

TEST(test_planned)
{
    const ond_lora two[] = {{path_a, 1}, {path_b, 1}};
    ond_engine_opts o = {.path = model.path, .ctx = 256, .threads = 2};
    ond_memory plain, with;
    OK(ond_engine_plan(&o, &plain, err));
    assert_int_equal(plain.adapters, 0);
    o.lora = two;
    o.n_lora = 2;
    OK(ond_engine_plan(&o, &with, err));
    /* q, k, v, output; gate, up, down: ranks times what goes in and comes out, in each layer */
    uint64_t width = 256 + 256 + 2 * (256 + 128) + 256 + 256 + 3 * (256 + 512);
    assert_int_equal(with.adapters, 2 * TINY_LAYERS * LORA_RANK * width * sizeof(float));
    assert_true(with.pass > plain.pass); /* A x of each token */
    assert_true(with.total >= plain.total + with.adapters + with.pass - plain.pass);
    o.memory = plain.total;
    FAILS(OND_E_NOMEM, "MiB", ond_engine_plan(&o, &with, err));
    ond_engine *e;
    FAILS(OND_E_NOMEM, "MiB", ond_engine_open(&o, &e, err));
}

/* ---- whose cache it is ---- */

typedef struct taken {
    uint64_t memory, disk;
} taken;

/* The prompt, kept when asked, and what follows; where its cache came from. */
static taken answer(ond_engine *e, bool keep, int32_t out[STEPS])
{
    int32_t tok[MANY];
    ond_session *s = session(e);
    ond_counters c;
    prompt(tok, MANY, 7);
    OK(ond_session_feed(s, tok, MANY, err));
    if (keep) OK(ond_session_keep(s, MANY, err));
    go_on(s, NULL, STEPS, out);
    ond_session_counters(s, &c);
    ond_session_close(s);
    return (taken){c.reused_memory, c.reused_disk};
}

static ond_engine *cached(const char *dir, const ond_lora *l, int n)
{
    return engine(&model, (ond_engine_opts){
                              .lora = l, .n_lora = n, .prefix_dir = dir, .prefix_bytes = 8 << 20});
}

/* What an engine says that has no cache at all. */
static void plainly(const ond_lora *l, int n, int32_t out[STEPS])
{
    ond_engine *e = engine(&model, (ond_engine_opts){.lora = l, .n_lora = n});
    answer(e, false, out);
    ond_engine_close(e);
}

/* Each set of adapters keeps the prompt in one folder, and meets what the others kept. */
TEST(test_no_cache_of_others)
{
    char dir[128];
    in_dir(dir, "prompts");
    const ond_lora set[][2] = {{{path_a, 1}},
                               {{path_a, 0.5f}},
                               {{path_b, 1}},
                               {{path_a, 1}, {path_b, 1}},
                               {{path_b, 1}, {path_a, 1}}};
    static const int n[] = {1, 1, 1, 2, 2};
    int32_t said[6][STEPS], want[STEPS];
    for (int round = 0; round < 2; round++)
        for (int i = -1; i < 5; i++) { /* -1: none */
            const ond_lora *l = i < 0 ? NULL : set[i];
            int many = i < 0 ? 0 : n[i];
            ond_engine *e = cached(dir, l, many);
            taken t = answer(e, round == 0, said[i + 1]);
            /* MANY is not divided by the runs in memory; the last token is evaluated anyway */
            assert_int_equal(t.disk, round ? MANY - 1 : 0);
            assert_int_equal(t.memory, 0);
            t = answer(e, false, want);
            assert_true(t.memory > 0); /* its own is used */
            assert_memory_equal(want, said[i + 1], sizeof want);
            ond_engine_close(e);
            plainly(l, many, want);
            assert_memory_equal(want, said[i + 1], sizeof want);
        }
    for (int i = 1; i < 4; i++)
        assert_true(memcmp(said[0], said[i], sizeof said[0]) != 0); /* they do change the answer */
}

/* Two engines of one process, one with an adapter: the pools are apart. */
TEST(test_no_memory_of_others)
{
    const ond_lora l = {path_a, 1};
    int32_t said[2][STEPS], want[STEPS];
    ond_engine *plain = engine(&model, (ond_engine_opts){.prefix_bytes = 8 << 20}),
               *with = engine(&model,
                              (ond_engine_opts){.prefix_bytes = 8 << 20, .lora = &l, .n_lora = 1});
    assert_int_equal(answer(plain, false, said[0]).memory, 0);
    assert_int_equal(answer(with, false, said[1]).memory, 0);
    plainly(&l, 1, want);
    assert_memory_equal(said[1], want, sizeof want);
    assert_true(answer(with, false, want).memory > 0);
    assert_memory_equal(said[1], want, sizeof want);
    assert_true(answer(plain, false, want).memory > 0);
    assert_memory_equal(said[0], want, sizeof want);
    ond_engine_close(plain);
    ond_engine_close(with);
}

/* Another adapter under the same name is another one. */
TEST(test_adapter_changes)
{
    char dir[128], path[128];
    int32_t said[STEPS], want[STEPS];
    in_dir(dir, "changes");
    in_dir(path, "changes.gguf");
    for (uint64_t seed = 1; seed <= 2; seed++) {
        const ond_lora l = {path, 1};
        lora_write(&model, path, &(lora_text){.alpha = 6}, seed);
        ond_engine *e = cached(dir, &l, 1);
        assert_int_equal(answer(e, true, said).disk, 0);
        ond_engine_close(e);
        plainly(&l, 1, want);
        assert_memory_equal(want, said, sizeof want);
    }
}

TEST(test_snapshot_of_others)
{
    const ond_lora l = {path_a, 1};
    int32_t tok[MANY];
    prompt(tok, MANY, 9);
    ond_engine *plain = engine(&model, (ond_engine_opts){0}),
               *with = engine(&model, (ond_engine_opts){.lora = &l, .n_lora = 1});
    ond_session *s = session(plain), *t = session(with);
    ond_text bytes = {0};
    OK(ond_session_feed(s, tok, MANY, err));
    OK(ond_session_run(s, err));
    OK(ond_session_save(s, &bytes, err));
    FAILS(OND_E_INPUT, "another model, adapter", ond_session_load(t, bytes.p, bytes.n, err));
    assert_int_equal(ond_session_count(t), 0);
    OK(ond_session_load(s, bytes.p, bytes.n, err));
    ond_text_free(&bytes);
    ond_session_close(s);
    ond_session_close(t);
    ond_engine_close(plain);
    ond_engine_close(with);
}

/* ---- together as alone ---- */

TEST(test_batched_as_single)
{
    enum { SESSIONS = 4 };
    const ond_lora two[] = {{path_a, 0.5f}, {path_b, 1}};
    ond_engine_opts o = {.lora = two, .n_lora = 2, .sessions = SESSIONS};
    int32_t tok[SESSIONS][MANY];
    static float alone[SESSIONS][TINY_VOCAB];
    ond_session *s[SESSIONS];
    const float *x;
    for (int i = 0; i < SESSIONS; i++) {
        prompt(tok[i], MANY, 30 + (unsigned)i);
        ond_engine *e = engine(&model, o);
        s[i] = session(e);
        for (int k = 0; k < MANY - 7 * i; k++) { /* one token at a time */
            OK(ond_session_feed(s[i], tok[i] + k, 1, err));
            OK(ond_session_run(s[i], err));
        }
        OK(ond_session_logits(s[i], &x, err));
        memcpy(alone[i], x, sizeof alone[i]);
        ond_session_close(s[i]);
        ond_engine_close(e);
    }
    static const int budgets[] = {0, 1, 5, 17, 64};
    for (size_t b = 0; b < sizeof budgets / sizeof *budgets; b++) {
        ond_engine *e = engine(&model, o);
        int pending = 1;
        for (int i = 0; i < SESSIONS; i++) {
            s[i] = session(e);
            OK(ond_session_feed(s[i], tok[i], (size_t)(MANY - 7 * i), err));
        }
        while (pending > 0) OK(ond_engine_step(e, budgets[b], &pending, err));
        for (int i = 0; i < SESSIONS; i++) {
            OK(ond_session_logits(s[i], &x, err));
            if (memcmp(x, alone[i], sizeof alone[i]) != 0)
                fail_msg("session %d, %d tokens a pass: other logits", i, budgets[b]);
            ond_session_close(s[i]);
        }
        ond_engine_close(e);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_merged_weights),

        cmocka_unit_test(test_another_models),
        cmocka_unit_test(test_cut_adapter),
        cmocka_unit_test(test_planned),
        cmocka_unit_test(test_no_cache_of_others),
        cmocka_unit_test(test_no_memory_of_others),
        cmocka_unit_test(test_adapter_changes),
        cmocka_unit_test(test_snapshot_of_others),
        cmocka_unit_test(test_batched_as_single),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
