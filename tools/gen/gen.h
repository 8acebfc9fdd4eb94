/* gen.h - shared by the parts of gen: shapes, families, vocabularies, noise. */
#ifndef OND_TOOLS_GEN_H
#define OND_TOOLS_GEN_H

#include "base/arena.h"
#include "base/type.h"
#include "file/gguf.h"
#include "file/mix.h"
#include "sys/team.h"

/* ---- families (family.c) ---- */
enum {
    TIED = 1,           /* no output.weight */
    QKV_BIAS = 2,
    QK_NORM = 4,
    POST_NORM = 8,      /* norms after attention and feed-forward too */
    FUSED = 16,         /* attn_qkv, and gate and up in ffn_up */
    SUB_NORM = 32,      /* BitNet: norms before both output projections */
    TERNARY = 64,       /* weights -1, 0, 1 */
    SCALES = 128,       /* with a .scale beside each, instead of in the weight */
    MOE = 256,
    BERT = 512,
    ROPE3 = 1024,       /* rope_freqs.weight, as Llama 3.1 and later */
    LONGROPE = 2048,
    SLIDING = 4096,     /* window and two RoPE bases: gemma3 */
    WINDOW_KEY = 8192,  /* a window larger than the context */
    WIDE_HEAD = 16384,  /* heads wider than n_embd / n_head */
};

typedef enum words_kind {
    WORDS_SMOLLM, WORDS_GPT2, WORDS_QWEN, WORDS_LLAMA3, WORDS_SPM, WORDS_GEMMA, WORDS_PHI3, WORDS_BERT,
    WORDS_UNIGRAM
} words_kind;

typedef struct family {
    const char *name, *arch;
    unsigned flags;
    words_kind words;
    float eps, rope_base;
    int pooling;                  /* BERT: 1 mean, 2 first token */
    const char *what;
} family;

typedef struct shape {
    const char *name;
    const char *family;           /* NULL: any */
    int n_layer, n_embd, n_head, n_kv, d_k, n_ff, n_vocab, n_ctx;
    int n_expert, n_used, n_ff_expert;
} shape;

const family *family_named(const char *name);
const family *family_at(int i);   /* NULL after the last */
const shape *shape_named(const char *name);
const shape *shape_at(int i);
/* The shape as this family has it (wider heads, more layers). */
shape shape_for(const shape *s, const family *f);
void put_keys(ond_gguf_out *o, const family *f, const shape *s, const char *title);
void put_lora_keys(ond_gguf_out *o, const family *f, int rank, const char *title);

/* ---- tensors (tensors.c) ---- */
typedef enum fill_kind { FILL_NOISE, FILL_TERNARY, FILL_ONES, FILL_BIAS, FILL_CONST, FILL_ROPE3, FILL_LONG } fill_kind;

typedef struct tensor {
    char name[64];
    ond_type type;
    int n_dim;
    uint64_t dim[OND_GGUF_DIMS];
    fill_kind fill;
    float scale;                  /* deviation, or the constant */
} tensor;

typedef struct tensors { tensor *p; size_t n, cap; } tensors;
OND_CHECKED int tensors_list(const family *f, const shape *s, tensors *out, ond_err *err);
/* Two for each matrix of a layer, of this rank, in the place of all: a low-rank adapter. */
OND_CHECKED int tensors_to_lora(tensors *all, int rank, ond_err *err);

/* ---- noise (noise.c) ---- */
/* Rows [begin, end) of a tensor, [end - begin, dim[0]]; the same numbers on every machine. */
void noise_rows(const tensor *t, uint64_t seed, uint64_t begin, uint64_t end, float *out);

/* ---- vocabularies (words.c, pieces.c) ---- */
typedef struct piece { ond_str text; int left, right; } piece;   /* left, right: what it was merged from; -1: a base piece */
typedef enum split_kind { SPLIT_BYTES, SPLIT_CHARS, SPLIT_WORDPIECE } split_kind;
typedef struct pieces { piece *p; int n, cap, n_base; } pieces;
/* Learns at most `want` pieces in all from the sample text, base pieces first; more than it teaches are made up. */
OND_CHECKED int pieces_learn(ond_arena *a, split_kind kind, int want, bool make_up, uint64_t seed, pieces *out, ond_err *err);
void pieces_free(pieces *p);
/* Writes a vocabulary of n_vocab tokens (0: a small one); *n_out says how many it has. */
OND_CHECKED int put_words(ond_gguf_out *o, words_kind kind, int n_vocab, uint64_t seed, int *n_out, ond_err *err);
extern const char sample_text[];

#endif
