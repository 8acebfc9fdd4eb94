/* fuzz_model.c - any bytes as a model: an error that says what is wrong, or a model that plans,
 * opens and runs a pass.
 *
 * The first bit of the length chooses between `ref` and the fastest kernel set. */
#include "model/model.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

enum { TOK = 6 };

static void must(bool so)
{
    if (!so) abort();
}

/* Tokens and sums differ by what the weights are; that no step leaves its memory is what is asked
 * here. */
static void run(const ond_model *m)
{
    const ond_shape *s = ond_model_shape(m);
    int32_t ids[TOK];
    size_t row = (size_t)(s->embedding ? s->n_embd : s->n_vocab);
    float *out = calloc(2 * row, sizeof *out);
    ond_pass *p = NULL;
    ond_kv *kv = NULL;
    ond_err err;
    for (int i = 0; i < TOK; i++) ids[i] = (i * 5) % s->n_vocab;
    if (out && ond_pass_open(m, NULL, TOK, 2, &p, &err) == 0 &&
        (s->embedding || ond_kv_open(m, 16, OND_KV_F16, &kv, &err) == 0)) {
        ond_span all = {kv, ids, TOK, 0, s->embedding ? 0 : 2, out};
        ond_span one = {kv, ids, 1, s->embedding ? 0 : TOK, s->embedding ? 0 : 1, out};
        must(ond_model_forward(m, p, &all, 1, &err) == 0 || s->n_ctx_train < TOK);
        must(ond_model_forward(m, p, &one, 1, &err) == 0);
        must(s->embedding || ond_kv_shift(m, kv, 1, 2, TOK + 1, &err) == 0);
    }
    ond_kv_close(kv);
    ond_pass_close(p);
    free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ond_gguf *g = NULL;
    ond_model *m = NULL;
    ond_err err = {0};
    if (ond_gguf_open_bytes(bytes, n, "f.gguf", &g, &err) != 0) return 0;
    ond_shape shape;
    ond_model_plan plan;
    ond_model_opts o = {.kern = ond_kern_at(n % 2 ? 0 : ond_kern_count() - 1)};
    int seen = ond_shape_read(g, &shape, &err);
    int planned = ond_model_plan_read(g, &o, 16, OND_KV_I8, TOK, 2, 1, &plan, &err);
    int rc = ond_model_open(g, &o, &m, &err);
    must(rc == 0 || (!m && err.text[0]));
    must(rc != 0 || (seen == 0 && planned == 0));
    if (rc == 0) run(m);
    ond_model_close(m);
    ond_gguf_close(g);
    return 0;
}
