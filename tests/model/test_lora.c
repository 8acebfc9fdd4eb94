/* test_lora.c - adapters: the same answers as weights into which they were multiplied; several at
 * once; what is refused. */
#include "model/lora.h"

enum { TOK = 32, MANY = 20 };

static float *run_file(net *n, const char *path, ond_model_opts o, size_t *size)
{
    int32_t ids[MANY];
    some_ids(ids, MANY, 1);
    char kept[96];
    memcpy(kept, n->path, sizeof kept);
    if (path != n->path) snprintf(n->path, sizeof n->path, "%s", path);
    net_open(n, NULL, 2, TOK, o);
    float *x = run_all(n, ids, MANY, OND_KV_F16);
    *size = (size_t)MANY * (size_t)vocab(n);
    if (embeds(n)) *size = (size_t)ond_model_shape(n->m)->n_embd;

    /* One token at a time: the same bits. */
    ond_kv *kv;
    if (!embeds(n)) {
        float *row = malloc((size_t)vocab(n) * sizeof *row);
        OK(ond_kv_open(n->m, TINY_CTX, OND_KV_F16, &kv, err));
        for (int i = 0; i < MANY; i++) {
            feed(n, kv, ids + i, 1, i, 1, row);
            if (memcmp(row, x + (size_t)i * (size_t)vocab(n), (size_t)vocab(n) * sizeof *row) != 0)
                fail_msg("%s: token %d alone differs (%g, %g)", ond_model_shape(n->m)->name, i,
                         (double)row[0], (double)x[(size_t)i * (size_t)vocab(n)]);
        }
        ond_kv_close(kv);
        free(row);
    }
    net_close(n);
    memcpy(n->path, kept, sizeof kept);
    return x;
}

static void test_same_as_merged(void **state)
{
    (void)state;
    for (int i = 0; i < TINIES; i++) {
        if (tinies[i].n_expert) continue;
        tiny t = tinies[i];
        t.scale = false; /* a matrix with a scale of its own cannot hold what is added beside it */
        net n = net_file(&t, OND_F32);
        char a[96], b[96], merged[96];
        snprintf(a, sizeof a, "%s/a.gguf", n.dir);
        snprintf(b, sizeof b, "%s/b.gguf", n.dir);
        snprintf(merged, sizeof merged, "%s/merged.gguf", n.dir);
        lora_text with = {.alpha = 6}, without = {.alpha = 0}; /* 6 / LORA_RANK is 2 */
        lora_write(&n, a, &with, 1);
        lora_write(&n, b, &without, 2);
        ond_adapter two[] = {{a, 0.25f}, {b, 0}};
        lora_merge(&n, merged, &with, (uint64_t[]){1, 2}, (float[]){0.5f, 1}, 2);
        size_t size;
        float *want = run_file(&n, merged, (ond_model_opts){0}, &size),
              *plain = run_file(&n, n.path, (ond_model_opts){0}, &size);
        float *got = run_file(&n, n.path, (ond_model_opts){.adapter = two, .n_adapter = 2}, &size);
        double e = nmse(want, got, size), far = nmse(want, plain, size);
        if (!(e < 1e-6 && far > 1e-3))
            fail_msg("%s: with adapters NMSE %g, without %g", tinies[i].name, e, far);
        free(want);
        free(plain);
        free(got);
        net_drop(&n);
    }
}

static int open_with(const net *n, const lora_text *x, float scale, ond_err *err)
{
    char path[96];
    snprintf(path, sizeof path, "%s/x.gguf", n->dir);
    lora_write(n, path, x, 1);
    ond_adapter a = {path, scale};
    ond_gguf *g;
    ond_model *m = NULL;
    int rc = ond_gguf_open(n->path, &g, err);
    if (rc != 0) return rc;
    rc = ond_model_open(g, &(ond_model_opts){.adapter = &a, .n_adapter = 1}, &m, err);
    ond_model_close(m);
    ond_gguf_close(g);
    return rc;
}

static void test_refused(void **state)
{
    (void)state;
    net n = net_file(tiny_named("qwen3moe"), OND_Q8_0);
    const char *q = "blk.0.attn_q.weight";
    OK(open_with(&n, &(lora_text){.tensor = q}, 1, err));
    OK(open_with(&n, &(lora_text){.tensor = "output.weight"}, 1, err));
    FAILS(OND_E_INPUT, "is no LoRA adapter",
          open_with(&n, &(lora_text){.tensor = q, .type = "model"}, 1, err));
    FAILS(OND_E_INPUT, "is no LoRA adapter",
          open_with(&n, &(lora_text){.tensor = q, .kind = "other"}, 1, err));
    FAILS(OND_E_INPUT, "for \"llama\", and the model is \"qwen3moe\"",
          open_with(&n, &(lora_text){.tensor = q, .arch = "llama"}, 1, err));
    FAILS(OND_E_INPUT, "blk.0.attn_q.weight is [257, 3]",
          open_with(&n, &(lora_text){.tensor = q, .widen = 1}, 1, err));
    FAILS(OND_E_INPUT, "blk.0.attn_q.weight.lora_b is missing",
          open_with(&n, &(lora_text){.tensor = q, .no_b = true}, 1, err));
    FAILS(OND_E_INPUT, "blk.0.ffn_up_exps.weight are not supported",
          open_with(&n, &(lora_text){.tensor = "blk.0.ffn_up_exps.weight"}, 1, err));
    FAILS(OND_E_INPUT, "token_embd.weight",
          open_with(&n, &(lora_text){.tensor = "token_embd.weight"}, 1, err));
    FAILS(OND_E_INPUT, "a scale of", open_with(&n, &(lora_text){.tensor = q}, NAN, err));
    ond_adapter none = {"/nowhere.gguf", 1};
    ond_gguf *g;
    ond_model *m;
    OK(ond_gguf_open(n.path, &g, err));
    FAILS(OND_E_NOT_FOUND, "/nowhere.gguf",
          ond_model_open(g, &(ond_model_opts){.adapter = &none, .n_adapter = 1}, &m, err));
    ond_gguf_close(g);
    net_drop(&n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_same_as_merged),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
