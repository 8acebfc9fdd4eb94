/* family.c - the tables of families and shapes, and the keys that describe a model. */
#include "gen.h"

#include <stdio.h>

static const family families[] = {
    {"llama", "llama", TIED, WORDS_SMOLLM, 1e-5f, 100000, 0, "SmolLM2: tied head, byte-level BPE"},
    {"llama-gpt2", "llama", 0, WORDS_GPT2, 1e-5f, 10000, 0, "a head of its own, GPT-2's pre-tokenizer"},
    {"llama-rope3", "llama", TIED | ROPE3, WORDS_LLAMA3, 1e-5f, 500000, 0, "Llama 3.2: RoPE scaled by rope_freqs.weight"},
    {"mistral", "llama", WINDOW_KEY, WORDS_SPM, 1e-5f, 10000, 0, "SentencePiece; a window larger than the context"},
    {"bitnet", "bitnet", TIED | SUB_NORM | TERNARY | SCALES, WORDS_SPM, 1e-5f, 10000, 0, "b1.58 with a .scale a matrix"},
    {"bitnet-plain", "bitnet", TIED | SUB_NORM | TERNARY, WORDS_SPM, 1e-5f, 10000, 0, "b1.58, scales within the weights"},
    {"qwen2", "qwen2", TIED | QKV_BIAS, WORDS_QWEN, 1e-6f, 1000000, 0, "biases on Q, K and V"},
    {"qwen3", "qwen3", TIED | QK_NORM | WIDE_HEAD, WORDS_QWEN, 1e-6f, 1000000, 0, "norms on Q and K"},
    {"qwen3moe", "qwen3moe", QK_NORM | WIDE_HEAD | MOE, WORDS_QWEN, 1e-6f, 1000000, 0, "a mixture of experts"},
    {"gemma3", "gemma3", TIED | QK_NORM | POST_NORM | SLIDING | WIDE_HEAD, WORDS_GEMMA, 1e-6f, 1000000, 0,
     "sliding window, two RoPE bases, scaled embedding"},
    {"phi3", "phi3", FUSED, WORDS_PHI3, 1e-5f, 10000, 0, "fused QKV, fused gate and up"},
    {"phi3-longrope", "phi3", FUSED | LONGROPE, WORDS_PHI3, 1e-5f, 10000, 0, "the same with long and short RoPE factors"},
    {"bert-minilm", "bert", BERT, WORDS_BERT, 1e-12f, 0, 1, "embeddings: mean of all tokens"},
    {"bert-bge", "bert", BERT, WORDS_BERT, 1e-12f, 0, 2, "embeddings: the first token"},
    {"bert-e5", "bert", BERT, WORDS_UNIGRAM, 1e-5f, 0, 1, "embeddings: mean, Unigram vocabulary"},
};

static const shape shapes[] = {
    {"tiny", NULL, 2, 256, 4, 2, 64, 512, 0, 512, 4, 2, 256},
    {"odd", NULL, 3, 96, 3, 1, 32, 224, 0, 256, 5, 3, 96},
    {"small", NULL, 4, 512, 8, 2, 64, 1536, 2048, 1024, 4, 2, 512},
    {"smollm2-135m", "llama", 30, 576, 9, 3, 64, 1536, 49152, 8192, 0, 0, 0},
    {"smollm2-360m", "llama", 32, 960, 15, 5, 64, 2560, 49152, 8192, 0, 0, 0},
    {"qwen3-0.6b", "qwen3", 28, 1024, 16, 8, 128, 3072, 151936, 40960, 0, 0, 0},
    {"llama-3.2-1b", "llama-rope3", 16, 2048, 32, 8, 64, 8192, 128256, 131072, 0, 0, 0},
};

const family *family_at(int i) { return i >= 0 && i < (int)(sizeof families / sizeof *families) ? &families[i] : NULL; }
const shape *shape_at(int i) { return i >= 0 && i < (int)(sizeof shapes / sizeof *shapes) ? &shapes[i] : NULL; }

const family *family_named(const char *name)
{
    for (int i = 0; family_at(i); i++)
        if (strcmp(families[i].name, name) == 0) return &families[i];
    return NULL;
}

const shape *shape_named(const char *name)
{
    for (int i = 0; shape_at(i); i++)
        if (strcmp(shapes[i].name, name) == 0) return &shapes[i];
    return NULL;
}

shape shape_for(const shape *s, const family *f)
{
    shape out = *s;
    if (s->family) return out;
    if (f->flags & WIDE_HEAD) out.d_k *= 2;
    if (f->flags & SLIDING) out.n_layer = 7; /* six to a period: the sixth sees everything */
    if (f->flags & BERT) out.n_kv = out.n_head;
    return out;
}

/* ARCH.name, in one of a few static buffers. */
static const char *key(const family *f, const char *name)
{
    static char rooms[4][128];
    static int next;
    char *out = rooms[next++ % 4];
    snprintf(out, sizeof rooms[0], "%s.%s", f->arch, name);
    return out;
}

static void put_rope(ond_gguf_out *o, const family *f, const shape *s)
{
    ond_gguf_put_u32(o, key(f, "rope.dimension_count"), (uint32_t)s->d_k);
    ond_gguf_put_f32(o, key(f, "rope.freq_base"), f->rope_base);
    if (f->flags & SLIDING) {
        ond_gguf_put_u32(o, key(f, "attention.sliding_window"), 16);
        ond_gguf_put_f32(o, key(f, "rope.freq_base_swa"), 10000);
    }
    if (f->flags & WINDOW_KEY) ond_gguf_put_u32(o, key(f, "attention.sliding_window"), 4096);
    if (f->flags & LONGROPE) {
        ond_gguf_put_u32(o, key(f, "rope.scaling.original_context_length"), (uint32_t)s->n_ctx / 4);
        ond_gguf_put_f32(o, key(f, "rope.scaling.attn_factor"), 1.1902381f);
    }
}

static void put_bert(ond_gguf_out *o, const family *f)
{
    ond_gguf_put_f32(o, key(f, "attention.layer_norm_epsilon"), f->eps);
    ond_gguf_put_bool(o, key(f, "attention.causal"), false);
    ond_gguf_put_u32(o, key(f, "pooling_type"), (uint32_t)f->pooling);
    ond_gguf_put_u32(o, "tokenizer.ggml.token_type_count", f->words == WORDS_UNIGRAM ? 1 : 2);
}

void put_keys(ond_gguf_out *o, const family *f, const shape *s, const char *title)
{
    ond_gguf_put_str(o, "general.architecture", ond_str_of(f->arch));
    ond_gguf_put_str(o, "general.type", OND_S("model"));
    ond_gguf_put_str(o, "general.name", ond_str_of(title));
    ond_gguf_put_u32(o, "general.quantization_version", 2);
    ond_gguf_put_u32(o, key(f, "block_count"), (uint32_t)s->n_layer);
    ond_gguf_put_u32(o, key(f, "context_length"), (uint32_t)s->n_ctx);
    ond_gguf_put_u32(o, key(f, "embedding_length"), (uint32_t)s->n_embd);
    ond_gguf_put_u32(o, key(f, "feed_forward_length"), (uint32_t)s->n_ff);
    ond_gguf_put_u32(o, key(f, "attention.head_count"), (uint32_t)s->n_head);
    if (f->flags & BERT) {
        put_bert(o, f);
        return;
    }
    ond_gguf_put_u32(o, key(f, "attention.head_count_kv"), (uint32_t)s->n_kv);
    ond_gguf_put_f32(o, key(f, "attention.layer_norm_rms_epsilon"), f->eps);
    if (s->d_k * s->n_head != s->n_embd) {
        ond_gguf_put_u32(o, key(f, "attention.key_length"), (uint32_t)s->d_k);
        ond_gguf_put_u32(o, key(f, "attention.value_length"), (uint32_t)s->d_k);
    }
    put_rope(o, f, s);
    if (!(f->flags & MOE)) return;
    ond_gguf_put_u32(o, key(f, "expert_count"), (uint32_t)s->n_expert);
    ond_gguf_put_u32(o, key(f, "expert_used_count"), (uint32_t)s->n_used);
    ond_gguf_put_u32(o, key(f, "expert_feed_forward_length"), (uint32_t)s->n_ff_expert);
}

void put_lora_keys(ond_gguf_out *o, const family *f, int rank, const char *title)
{
    ond_gguf_put_str(o, "general.architecture", ond_str_of(f->arch));
    ond_gguf_put_str(o, "general.type", OND_S("adapter"));
    ond_gguf_put_str(o, "general.name", ond_str_of(title));
    ond_gguf_put_str(o, "adapter.type", OND_S("lora"));
    ond_gguf_put_f32(o, "adapter.lora.alpha", 2 * (float)rank);
}
