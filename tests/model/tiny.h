/* tiny.h - tiny models of every family and type, written to a file: seeded random weights, and
 * every feature of the family.
 *
 * A variant is a family with one of its options ("llama yarn"). Matrices are of the asked type
 * where rows divide by its block, else Q8_0 or F16; vectors, routers and positions are F32. */
#ifndef TESTS_MODEL_TINY_H
#define TESTS_MODEL_TINY_H

#include "file/gguf.h"
#include "kern/quant.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct tiny {
    const char *name; /* of the variant */
    const char *arch;
    int n_embd, n_head, n_head_kv, d, n_ff, n_expert, n_used, n_ff_expert, n_swa, n_rot;
    int n_layer, n_vocab; /* 0: TINY_LAYERS, TINY_VOCAB */
    bool bias, qk_norm, fused, sub_norm, post_norm, scale, untied;
    const char *scaling; /* rope.scaling.type; "freqs"; "factors": LongRoPE, whose type converters leave out */
    float cap;
} tiny;

enum { TINY_VOCAB = 300, TINY_LAYERS = 3, TINY_CTX = 512 };

static const tiny tinies[] = {
    {.name = "llama",
     .arch = "llama",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 2,
     .d = 64,
     .n_ff = 512},
    {.name = "llama freqs",
     .arch = "llama",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 1,
     .d = 64,
     .n_ff = 320,
     .scaling = "freqs",
     .untied = true},
    {.name = "llama linear",
     .arch = "llama",
     .n_embd = 192,
     .n_head = 3,
     .n_head_kv = 3,
     .d = 64,
     .n_ff = 256,
     .scaling = "linear"},
    {.name = "llama yarn",
     .arch = "llama",
     .n_embd = 256,
     .n_head = 8,
     .n_head_kv = 4,
     .d = 32,
     .n_ff = 512,
     .scaling = "yarn"},
    {.name = "llama experts",
     .arch = "llama",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 2,
     .d = 64,
     .n_ff = 256,
     .n_expert = 4,
     .n_used = 2,
     .n_ff_expert = 256},
    {.name = "bitnet",
     .arch = "bitnet",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 2,
     .d = 64,
     .n_ff = 512,
     .sub_norm = true,
     .scale = true},
    {.name = "qwen2",
     .arch = "qwen2",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 2,
     .d = 64,
     .n_ff = 512,
     .bias = true},
    {.name = "qwen3",
     .arch = "qwen3",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 2,
     .d = 128,
     .n_ff = 512,
     .qk_norm = true},
    {.name = "qwen3moe",
     .arch = "qwen3moe",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 2,
     .d = 64,
     .n_ff = 512,
     .n_expert = 8,
     .n_used = 3,
     .n_ff_expert = 256,
     .qk_norm = true,
     .untied = true},
    {.name = "gemma3",
     .arch = "gemma3",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 1,
     .d = 128,
     .n_ff = 512,
     .n_swa = 16,
     .qk_norm = true,
     .post_norm = true,
     .scaling = "linear",
     .cap = 5},
    {.name = "phi3",
     .arch = "phi3",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 2,
     .d = 64,
     .n_ff = 512,
     .fused = true,
     .untied = true},
    {.name = "phi3 longrope",
     .arch = "phi3",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 4,
     .d = 64,
     .n_ff = 512,
     .n_rot = 48,
     .fused = true,
     .scaling = "factors"},
    {.name = "bert",
     .arch = "bert",
     .n_embd = 256,
     .n_head = 4,
     .n_head_kv = 4,
     .d = 64,
     .n_ff = 512,
     .bias = true},
};
enum { TINIES = (int)(sizeof tinies / sizeof *tinies) };

typedef struct tiny_tensor {
    char name[160];
    ond_type type;
    int n_dim;
    uint64_t dim[3];
    float mean, spread;
} tiny_tensor;

typedef struct tiny_out {
    const tiny *t;
    ond_type type;
    ond_gguf_out *o;
    tiny_tensor tensor[1024];
    int n;
    uint64_t seed;
} tiny_out;

/* The smallest of its kind, for seeds of fuzz_model and walks over every bit. */
static inline tiny tiny_micro(const tiny *t, int n_vocab)
{
    tiny m = *t;
    m.n_embd = 32, m.n_head = 2, m.n_head_kv = 1 + (t->n_head_kv == t->n_head), m.d = 16,
    m.n_ff = 32;
    m.n_rot = t->n_rot ? 12 : 0, m.n_layer = 1 + (t->n_swa > 0), m.n_vocab = n_vocab;
    m.n_ff_expert = t->n_ff_expert ? 32 : 0;
    return m;
}

static inline int tiny_vocab(const tiny *t)
{
    return t->n_vocab ? t->n_vocab : TINY_VOCAB;
}
static inline int tiny_layers(const tiny *t)
{
    return t->n_layer ? t->n_layer : TINY_LAYERS;
}

static inline float tiny_random(uint64_t *s)
{
    *s ^= *s << 13;
    *s ^= *s >> 7;
    *s ^= *s << 17;
    return (float)((double)(*s >> 11) / 9007199254740992.0 * 2 - 1);
}

static inline ond_type tiny_fit(ond_type t, int n_col)
{
    if (n_col % ond_type_block(t) == 0) return t;
    return n_col % 32 == 0 ? OND_Q8_0 : OND_F16;
}

static inline void tiny_put(tiny_out *w, ond_type type, float mean, float spread, int n_dim, int d0,
                            int d1, int d2, const char *name)
{
    tiny_tensor *x = &w->tensor[w->n++];
    *x = (tiny_tensor){.type = type,
                       .n_dim = n_dim,
                       .dim = {(uint64_t)d0, (uint64_t)d1, (uint64_t)d2},
                       .mean = mean,
                       .spread = spread};
    snprintf(x->name, sizeof x->name, "%s", name);
    ond_gguf_declare(w->o, ond_str_of(x->name), x->type, n_dim, x->dim);
}

static inline void tiny_mat(tiny_out *w, int n_in, int n_out, int il, const char *name, bool bias)
{
    char full[160];
    if (il < 0)
        snprintf(full, sizeof full, "%s.weight", name);
    else
        snprintf(full, sizeof full, "blk.%d.%s.weight", il, name);
    tiny_put(w, tiny_fit(w->type, n_in), 0, 2.0f / sqrtf((float)n_in), 2, n_in, n_out, 1, full);
    if (bias) {
        snprintf(full, sizeof full, "blk.%d.%s.bias", il, name);
        tiny_put(w, OND_F32, 0, 0.2f, 1, n_out, 1, 1, full);
    }
    if (w->t->scale && il >= 0) {
        snprintf(full, sizeof full, "blk.%d.%s.scale", il, name);
        tiny_put(w, OND_F32, 0.7f, 0.1f, 1, 1, 1, 1, full);
    }
}

static inline void tiny_vec(tiny_out *w, int n, int il, const char *name, float mean)
{
    char full[160];
    if (il < 0)
        snprintf(full, sizeof full, "%s", name);
    else
        snprintf(full, sizeof full, "blk.%d.%s", il, name);
    tiny_put(w, OND_F32, mean, mean > 0 ? 0.3f * mean : 0.2f, 1, n, 1, 1, full);
}

static inline void tiny_norm(tiny_out *w, int n, int il, const char *name)
{
    char full[64];
    snprintf(full, sizeof full, "%.50s.weight", name);
    tiny_vec(w, n, il, full, 1);
    if (strcmp(w->t->arch, "bert") != 0) return;
    snprintf(full, sizeof full, "%.50s.bias", name);
    tiny_vec(w, n, il, full, 0);
}

static inline void tiny_layer(tiny_out *w, int il)
{
    const tiny *t = w->t;
    int q = t->n_head * t->d, kv = t->n_head_kv * t->d, n = t->n_embd;
    bool bert = strcmp(t->arch, "bert") == 0;
    if (!bert) tiny_norm(w, n, il, "attn_norm");
    if (t->fused)
        tiny_mat(w, n, q + 2 * kv, il, "attn_qkv", false);
    else {
        tiny_mat(w, n, q, il, "attn_q", t->bias);
        tiny_mat(w, n, kv, il, "attn_k", t->bias);
        tiny_mat(w, n, kv, il, "attn_v", t->bias);
    }
    if (t->qk_norm) tiny_norm(w, t->d, il, "attn_q_norm"), tiny_norm(w, t->d, il, "attn_k_norm");
    if (t->sub_norm)
        tiny_norm(w, q, il, "attn_sub_norm"), tiny_norm(w, t->n_ff, il, "ffn_sub_norm");
    tiny_mat(w, q, n, il, "attn_output", bert);
    if (t->post_norm)
        tiny_norm(w, n, il, "post_attention_norm"), tiny_norm(w, n, il, "post_ffw_norm");
    if (bert)
        tiny_norm(w, n, il, "attn_output_norm"), tiny_norm(w, n, il, "layer_output_norm");
    else
        tiny_norm(w, n, il, "ffn_norm");
    if (t->n_expert) {
        static const char *const names[] = {"ffn_gate_exps", "ffn_up_exps", "ffn_down_exps"};
        char full[160];
        snprintf(full, sizeof full, "blk.%d.ffn_gate_inp.weight", il);
        tiny_put(w, OND_F32, 0, 4.0f / sqrtf((float)n), 2, n, t->n_expert, 1, full);
        for (int i = 0; i < 3; i++) {
            int in = i == 2 ? t->n_ff_expert : n, out = i == 2 ? n : t->n_ff_expert;
            snprintf(full, sizeof full, "blk.%d.%s.weight", il, names[i]);
            tiny_put(w, tiny_fit(w->type, in), 0, 2.0f / sqrtf((float)in), 3, in, out, t->n_expert,
                     full);
        }
        return;
    }
    if (!t->fused && !bert) tiny_mat(w, n, t->n_ff, il, "ffn_gate", false);
    tiny_mat(w, n, t->fused ? 2 * t->n_ff : t->n_ff, il, "ffn_up", bert);
    tiny_mat(w, t->n_ff, n, il, "ffn_down", bert);
}

static inline void tiny_tensors(tiny_out *w)
{
    const tiny *t = w->t;
    int n = t->n_embd, n_rot = t->n_rot ? t->n_rot : t->d;
    bool bert = strcmp(t->arch, "bert") == 0;
    tiny_mat(w, n, tiny_vocab(t), -1, "token_embd", false);
    if (bert) {
        tiny_put(w, OND_F32, 0, 0.3f, 2, n, TINY_CTX, 1, "position_embd.weight");
        tiny_put(w, OND_F32, 0, 0.3f, 2, n, 2, 1, "token_types.weight");
        tiny_norm(w, n, -1, "token_embd_norm");
    } else
        tiny_norm(w, n, -1, "output_norm");
    if (t->untied) tiny_mat(w, n, tiny_vocab(t), -1, "output", false);
    if (t->scaling && strcmp(t->scaling, "freqs") == 0)
        tiny_vec(w, n_rot / 2, -1, "rope_freqs.weight", 4);
    if (t->scaling && strcmp(t->scaling, "factors") == 0) {
        tiny_vec(w, n_rot / 2, -1, "rope_factors_short.weight", 1);
        tiny_vec(w, n_rot / 2, -1, "rope_factors_long.weight", 6);
    }
    for (int i = 0; i < tiny_layers(t); i++) tiny_layer(w, i);
}

static inline void tiny_u32(tiny_out *w, const char *key, int v)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", w->t->arch, key);
    ond_gguf_put_u32(w->o, full, (uint32_t)v);
}

static inline void tiny_f32(tiny_out *w, const char *key, float v)
{
    char full[96];
    snprintf(full, sizeof full, "%s.%s", w->t->arch, key);
    ond_gguf_put_f32(w->o, full, v);
}

static inline void tiny_keys(tiny_out *w)
{
    const tiny *t = w->t;
    bool bert = strcmp(t->arch, "bert") == 0;
    char key[96];
    ond_gguf_put_str(w->o, "general.architecture", ond_str_of(t->arch));
    ond_gguf_put_str(w->o, "general.name", ond_str_of(t->name));
    ond_gguf_put_str(w->o, "tokenizer.ggml.model", OND_S("no_vocab"));
    tiny_u32(w, "vocab_size", tiny_vocab(t));
    tiny_u32(w, "block_count", tiny_layers(t));
    tiny_u32(w, "embedding_length", t->n_embd);
    tiny_u32(w, "context_length", TINY_CTX);
    tiny_u32(w, "attention.head_count", t->n_head);
    tiny_u32(w, "attention.head_count_kv", t->n_head_kv);
    tiny_u32(w, "attention.key_length", t->d);
    tiny_u32(w, "attention.value_length", t->d);
    tiny_u32(w, "feed_forward_length", t->n_ff);
    if (!bert) tiny_u32(w, "rope.dimension_count", t->n_rot ? t->n_rot : t->d);
    tiny_f32(w, bert ? "attention.layer_norm_epsilon" : "attention.layer_norm_rms_epsilon", 1e-5f);
    if (!bert) tiny_f32(w, "rope.freq_base", 50000);
    if (bert) {
        snprintf(key, sizeof key, "%s.attention.causal", t->arch);
        ond_gguf_put_bool(w->o, key, false);
        tiny_u32(w, "pooling_type", 1);
        ond_gguf_put_u32(w->o, "tokenizer.ggml.token_type_count", 2);
    }
    if (t->n_expert)
        tiny_u32(w, "expert_count", t->n_expert), tiny_u32(w, "expert_used_count", t->n_used);
    if (t->n_expert && strcmp(t->arch, "llama") != 0)
        tiny_u32(w, "expert_feed_forward_length", t->n_ff_expert);
    if (t->n_swa)
        tiny_u32(w, "attention.sliding_window", t->n_swa),
            tiny_u32(w, "attention.sliding_window_pattern", 2);
    if (t->cap != 0) tiny_f32(w, "final_logit_softcapping", t->cap);
    if (!t->scaling || strcmp(t->scaling, "freqs") == 0) return;
    tiny_u32(w, "rope.scaling.original_context_length", 128);
    if (strcmp(t->scaling, "factors") == 0) {
        tiny_f32(w, "rope.scaling.attn_factor", 1.19f);
        return;
    }
    snprintf(key, sizeof key, "%s.rope.scaling.type", t->arch);
    ond_gguf_put_str(w->o, key, ond_str_of(t->scaling));
    tiny_f32(w, "rope.scaling.factor", 4);
}

static inline int tiny_data(tiny_out *w, const tiny_tensor *x, ond_err *err)
{
    size_t rows = (size_t)(x->dim[1] * x->dim[2]), cols = (size_t)x->dim[0],
           row = ond_type_row_bytes(x->type, cols);
    float *f = malloc(cols * sizeof *f);
    unsigned char *bytes = malloc(row);
    int rc = f && bytes ? 0 : ond_nomem(err, "making a tiny model");
    for (size_t r = 0; r < rows && rc == 0; r++) {
        for (size_t c = 0; c < cols; c++) f[c] = x->mean + x->spread * tiny_random(&w->seed);
        rc = ond_quant(x->type, f, 1, cols, NULL, bytes, err);
        if (rc == 0) rc = ond_gguf_write(w->o, bytes, row, err);
    }
    free(f);
    free(bytes);
    return rc;
}

/* Writes the model; the same seed gives the same bytes. skip: a tensor to leave out, or NULL. */
static inline int tiny_write(const tiny *t, ond_type type, uint64_t seed, const char *path,
                             ond_err *err)
{
    tiny_out w = {.t = t, .type = type, .seed = seed * 0x9e3779b97f4a7c15u + 1};
    int rc = ond_gguf_create(path, &w.o, err);
    if (rc != 0) return rc;
    tiny_keys(&w);
    tiny_tensors(&w);
    for (int i = 0; i < w.n && rc == 0; i++) rc = tiny_data(&w, &w.tensor[i], err);
    if (rc == 0) return ond_gguf_commit(w.o, err);
    ond_gguf_abort(w.o);
    return rc;
}

#endif
