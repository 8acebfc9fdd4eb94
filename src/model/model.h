/* model.h - a network in memory, and one forward pass over tokens of several sessions.
 *
 * ond_model: weights, read-only once open. ond_kv: the cache of one session. ond_pass: scratch for one pass, planned and
 * allocated once; a pass mallocs nothing. The graph is written per family in arch_NAME.c out of block_*.c; archs.def is the table.
 *
 * All members of a team run the pass together (sys/team.h). One pass at a time a model's team. */
#ifndef OND_MODEL_MODEL_H
#define OND_MODEL_MODEL_H

#include "file/gguf.h"
#include "kern/kern.h"
#include "sys/team.h"

typedef struct ond_model ond_model;
typedef struct ond_kv ond_kv;
typedef struct ond_pass ond_pass;

typedef struct ond_adapter { const char *path; float scale; } ond_adapter;   /* LoRA as GGUF; scale 0 means 1 */

typedef enum ond_packing {
    OND_PACK_AUTO,     /* map the packed file if there is one, else pack into memory and keep the file (cache_dir given) */
    OND_PACK_MEMORY,   /* pack into memory, read and write no file */
    OND_PACK_OFF,      /* plain rows from the mapping (ref does this anyway) */
} ond_packing;

typedef struct ond_model_opts {
    const ond_kern *kern;           /* NULL: ond_kern_pick */
    ond_team *team;                 /* for packing; NULL: one thread */
    ond_packing packing;
    const char *cache_dir;          /* of packed files; NULL: none is kept */
    uint64_t cache_bytes;           /* most that all packed files there may take; 0: no bound; the least recently used go first */
    const ond_adapter *adapter;
    int n_adapter;
    void (*progress)(void *self, double share);   /* 0 … 1 while packing; may be NULL */
    void *self;
    int (*ready)(void *self, ond_err *err);       /* asked before weights are packed anew, which takes long; an error ends it; may be NULL */
    void *ready_self;
} ond_model_opts;

/* What a family and its sizes are; fields that a family lacks are 0. */
typedef struct ond_shape {
    const char *arch;               /* "llama" */
    int n_layer, n_embd, n_head, n_head_kv, d_k, d_v, n_ff, n_vocab, n_ctx_train;
    int n_expert, n_expert_used, n_ff_expert;
    int n_swa;                      /* sliding window, 0: none */
    bool embedding;                 /* bert and kin: no KV cache, no logits */
    const char *pooling;            /* "mean", "cls", "last"; "" for language models */
    uint64_t n_params;
    char name[128];                 /* general.name */
} ond_shape;

/* Borrows g, which must outlive the model. Errors name the tensor or the key; an unknown architecture, tensor type or RoPE scaling
 * is refused by name. */
OND_CHECKED int ond_model_open(const ond_gguf *g, const ond_model_opts *opts, ond_model **out, ond_err *err);
void ond_model_close(ond_model *m);
const ond_shape *ond_model_shape(const ond_model *m);
const ond_kern *ond_model_kern(const ond_model *m);
/* Makes every panel anew from the GGUF and compares (`show --check`): finds a damaged packed file. Errors name the tensor. */
OND_CHECKED int ond_model_check(const ond_model *m, ond_team *team, ond_err *err);
/* Every value of every tensor is a finite number; else an error with the tensor, its layer and row. Reads the whole file. */
OND_CHECKED int ond_weights_finite(const ond_gguf *g, ond_team *team, ond_err *err);
/* A pass over made-up tokens, looked at after every layer: values that are not finite are an error that names the first layer. */
OND_CHECKED int ond_model_finite(const ond_model *m, ond_team *team, ond_err *err);
/* The shape alone, without weights (for `show` and `plan`). */
OND_CHECKED int ond_shape_read(const ond_gguf *g, ond_shape *out, ond_err *err);

/* ---- plans: bytes before anything is taken ---- */
typedef struct ond_model_plan {
    uint64_t mapped;       /* of the GGUF that stay in use (embedding rows, norms, plain weights) */
    uint64_t packed;       /* packed weights */
    uint64_t kv;           /* one session of n_ctx positions */
    uint64_t pass;         /* scratch of a pass of n_tok tokens with n_out rows of logits */
    uint64_t adapter;      /* all adapters, as floats */
} ond_model_plan;
/* Of opts: kern, packing, adapters. */
OND_CHECKED int ond_model_plan_read(const ond_gguf *g, const ond_model_opts *opts, int n_ctx, ond_kv_type kv, int n_tok, int n_out,
                                    int n_thread, ond_model_plan *out, ond_err *err);

/* ---- a session's cache ---- */
OND_CHECKED int ond_kv_open(const ond_model *m, int n_ctx, ond_kv_type type, ond_kv **out, ond_err *err);
void ond_kv_close(ond_kv *kv);
int ond_kv_ctx(const ond_kv *kv);
/* Copies positions [begin, end) of `from` to the same positions of `to` (same model and type). */
void ond_kv_copy(ond_kv *to, const ond_kv *from, int begin, int end);
/* Bytes of positions [begin, end), for snapshots: the same bytes come back by ond_kv_load. */
size_t ond_kv_bytes(const ond_kv *kv, int begin, int end);
void ond_kv_save(const ond_kv *kv, int begin, int end, void *out);
void ond_kv_load(ond_kv *kv, int begin, int end, const void *bytes);
/* Drops positions [keep, keep + n) and moves those up to `end` down by n, rotating keys to their new places (context shift). */
OND_CHECKED int ond_kv_shift(const ond_model *m, ond_kv *kv, int keep, int n, int end, ond_err *err);

/* ---- a pass ---- */
OND_CHECKED int ond_pass_open(const ond_model *m, ond_team *team, int max_tok, int max_out, ond_pass **out, ond_err *err);
void ond_pass_close(ond_pass *p);
/* Room for [max_out, n_vocab] logits, planned with the pass and its own until the next one: the `out` of its first span may be its
 * beginning, and those of others what follows. NULL for embedding models. */
float *ond_pass_logits(ond_pass *p);

typedef struct ond_span {      /* consecutive tokens of one session */
    ond_kv *kv;                /* NULL for embedding models */
    const int32_t *token;      /* n ids, each checked against n_vocab */
    int n, pos;                /* positions pos … pos + n - 1; the cache holds 0 … pos - 1 */
    int n_out;                 /* the last n_out tokens give logits (language) */
    float *out;                /* [n_out, n_vocab] logits; embedding models: [n_embd], pooled and normalised */
} ond_span;
/* Sum of n at most max_tok, of n_out at most max_out. OND_E_INPUT: an id out of range, a position beyond the context. */
OND_CHECKED int ond_model_forward(const ond_model *m, ond_pass *p, const ond_span *span, int n_span, ond_err *err);
/* Debugging (`show --check`): called after each layer (-1: embedding, n_layer: head) with the hidden state of all tokens of the pass. */
typedef void ond_probe_fn(void *self, int layer, const float *x, int n_tok, int n);
void ond_pass_probe(ond_pass *p, ond_probe_fn *fn, void *self);

#endif
