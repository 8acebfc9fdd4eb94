/* room.h - what the files of model share: the network in memory, one pass over it, and how it is
 * built.
 *
 * Flow: metadata → ond__cfg (shape.c, arch_NAME.c) → tensors by name → ond__layer (build.c,
 * arch_NAME.c) → panels (weights.c) → ond_model. A pass is run by all members of the team together:
 * each has an ond__run on its stack and calls the same blocks. */
#ifndef OND_MODEL_ROOM_H
#define OND_MODEL_ROOM_H

#include "base/arena.h"
#include "base/hash.h"
#include "kern/pack.h"
#include "kern/quant.h"
#include "model/model.h"

enum {
    OND__FEW = 8, /* so many tokens each member prepares for itself, and a product waits for memory alone */
    OND__KINDS = 3,         /* values of ond_acts_kind */
    OND__LAYERS = 1024,     /* most layers */
    OND__ROPES = 2,         /* global and sliding, or short and long */
    OND__QUERY_ROWS = 192,  /* query heads times positions of one piece of attention */
    OND__PIECE = 256 << 10, /* bytes of a packed block that have a sum of their own */
    OND__EXPERT_TOKENS = 64 /* tokens that one expert takes at a time */
};

/* ---- what the metadata says ---- */
typedef enum ond__scaling {
    OND__SCALE_NONE,
    OND__SCALE_LINEAR,
    OND__SCALE_YARN,
    OND__SCALE_LONG
} ond__scaling;

typedef struct ond__cfg {
    ond_shape shape;
    const struct ond__arch *arch;
    float eps, attn_scale, embd_scale, final_cap, expert_scale;
    bool neox, causal, fused_ffn; /* fused_ffn: gate and up may stand in one tensor */
    ond_act act;
    int n_rot; /* values of a head that rotate; 0: none do */
    double rope_base, rope_base_swa;
    double rope_factor,
        attn_factor; /* positions are divided by rope_factor; cos and sin times attn_factor */
    ond__scaling scaling;
    int n_ctx_orig;                 /* before scaling */
    uint64_t swa[OND__LAYERS / 64]; /* layers with a sliding window */
} ond__cfg;

static inline bool ond__is_swa(const ond__cfg *c, int layer)
{
    return c->swa[layer / 64] >> (layer % 64) & 1;
}

/* "ARCH.suffix" as an integer low … high; a list must say the same for every layer. otherwise <
 * low: the key is required. */
OND_CHECKED int ond__cfg_int(const ond_gguf *g, const ond__cfg *c, const char *suffix, int low,
                             int high, int otherwise, int *out, ond_err *err);
/* otherwise NAN: the key must be there. */
OND_CHECKED int ond__key_num(const ond_gguf *g, const ond__cfg *c, const char *suffix, double low,
                             double high, double otherwise, double *out, ond_err *err);
OND_CHECKED int ond__cfg_read(const ond_gguf *g, ond__cfg *c, ond_err *err);

/* ---- weights ---- */
typedef struct ond__lora { /* y += scale * B (A x) */
    const float *a, *b;    /* [rank, n_in], [n_out, rank] */
    int rank;
    int at; /* first of its `rank` floats in a token's row of A x */
    float scale;
    struct ond__lora *next;
} ond__lora;

typedef struct ond__mat {
    ond_weight w;
    ond_acts_kind kind;            /* what it wants to be multiplied with */
    const float *bias;             /* [n_row] or NULL */
    ond__lora *lora;               /* or NULL */
    const ond_gguf_tensor *tensor; /* NULL: the layer has no such matrix */
    int first;                     /* its first row in the tensor (fused tensors) */
} ond__mat;

typedef struct ond__experts { /* n matrices of one shape, one after another */
    ond__mat first;
    size_t step; /* bytes from one to the next */
} ond__experts;

typedef struct ond__norm { /* RMS; with a bias: layer norm. w NULL: none */
    const float *w, *b;
} ond__norm;

typedef struct ond__layer {
    ond__norm attn_norm; /* before attention */
    ond__mat q, k, v, o;
    const float *q_norm, *k_norm; /* [d_k], RMS of each head */
    ond__norm sub_norm;           /* before o (BitNet) */
    ond__norm attn_post;          /* x += norm(o …) (Gemma) */
    ond__norm attn_out;           /* x = norm(x + o …) (BERT) */
    int window, rope;             /* 0: sees all; which rotation */
    ond__norm ffn_norm;
    ond__mat gate, up, down;
    ond__norm ffn_sub, ffn_post, ffn_out;
    ond__mat router; /* a mixture of experts instead of gate, up, down */
    ond__experts gate_x, up_x, down_x;
    int rank; /* floats of A x for each token, all adapters of this layer */
} ond__layer;

typedef struct ond__rope {
    double *angle; /* [n_rot / 2] of each pair, for one position */
    float mscale;  /* of cos and sin */
} ond__rope;

typedef struct ond__item { /* a matrix, or `n` of one tensor; in the packed block or where it is */
    ond__mat *mat;
    ond__experts *experts; /* whose step follows; NULL for one matrix */
    int n;
    size_t at, bytes; /* begin in the packed block (w.stride from panel to panel); bytes 0: stays plain */
} ond__item;

struct ond_model {
    ond__cfg cfg;
    const ond_gguf *gguf;
    const ond_kern *kern;
    ond_arena arena; /* layers, norms, biases, adapters */
    ond__mat embd;   /* token embedding; for a tied head the same weight as `head` */
    bool tied;
    const ond_gguf_tensor *pos_embd; /* BERT: rows read at need */
    const float *type_embd;          /* BERT: row 0 */
    ond__norm embd_norm, out_norm;
    ond__mat head;
    ond__layer *layer;
    int n_rope;
    ond__rope rope[OND__ROPES];
    ond__item *item; /* every matrix that is multiplied with, in the order of a pass */
    int n_item, cap_item;
    size_t packed_bytes;
    unsigned char *block; /* packed weights in memory … */
    ond_map map;          /* … or mapped from their file */
    struct {
        ond_acts_kind kind;
        int n_col;
    } acts[16]; /* every (kind, width) that a matrix reads */
    int n_acts;
    int max_rank, head_rank;
    uint64_t adapter_bytes;
    bool two_step;     /* some layer's gate and up cannot be multiplied together */
    uint64_t in_place; /* bytes of the GGUF that stay in use */
    size_t panel_most; /* widest panel of weights that are not packed, 0: none */
};

/* ---- building: tensors by name, checked; the first error sticks ---- */
typedef struct ond__build {
    ond_model *m;
    const ond_gguf *g;
    bool dry;            /* shapes only: nothing is copied out of the mapping */
    unsigned char *used; /* [n_tensors] */
    int rc;
    ond_err *err;
} ond__build;

/* Vector of n floats, copied; NULL when missing and not needed, or after an error. */
const float *ond__get_vec(ond__build *b, bool need, int n, const char *fmt, ...) OND_PRINTF(4, 5);
/* "NAME.weight" [n_in, n_out] with NAME.bias and NAME.scale where the file has them. */
void ond__get_mat(ond__build *b, ond__mat *out, bool need, int n_in, int n_out, const char *fmt,
                  ...) OND_PRINTF(6, 7);
/* Parts of one tensor: rows one after another, n_out[i] each (0 ends the list at n). */
void ond__get_parts(ond__build *b, ond__mat *const *out, const int *n_out, int n, int n_in,
                    const char *fmt, ...) OND_PRINTF(6, 7);
void ond__get_experts(ond__build *b, ond__experts *out, int n_in, int n_out, int n, const char *fmt,
                      ...) OND_PRINTF(6, 7);
bool ond__has(ond__build *b, const char *fmt, ...) OND_PRINTF(2, 3);
/* The parts that families share (decoder.c has the whole of a usual one). */
void ond__build_ends(ond__build *b); /* embedding, output norm, head (tied where there is none) */
void ond__build_attn(ond__build *b, ond__layer *l, int il); /* q k v o, fused or not */
void ond__build_ffn(ond__build *b, ond__layer *l, int il);  /* gate up down */
void ond__build_moe(ond__build *b, ond__layer *l, int il);
void ond__build_rope(ond__build *b);
/* All of a model but its panels. */
OND_CHECKED int ond__build_model(const ond_gguf *g, const ond_kern *kern, bool dry, ond_model *m,
                                 ond_err *err);

/* ---- families ---- */
struct ond__run;
/* What most of them share (decoder.c). Config: the norms' epsilon, SiLU, rotating halves; experts
 * or none. */
OND_CHECKED int ond__cfg_decoder(const ond_gguf *g, ond__cfg *c, bool experts, ond_err *err);
/* Ends, rotation, and every layer: attention, then gate, up and down, or experts; `own` (or NULL)
 * adds to each what is the family's. */
typedef void ond__own_tensors(ond__build *b, ond__layer *l, int il);
void ond__build_decoder(ond__build *b, ond__own_tensors *own);
void ond__build_qk_norm(ond__build *b, ond__layer *l, int il); /* an ond__own_tensors */
/* The graph of a layer: attention, then the feed-forward block or the experts. */
void ond__layer_run(struct ond__run *r, const ond__layer *l);
typedef struct ond__arch {
    const char *name;
    int (*config)(const ond_gguf *g, ond__cfg *c, ond_err *err);
    void (*tensors)(ond__build *b); /* all of the model's */
    void (*layer)(struct ond__run *r, const ond__layer *l);
} ond__arch;

#define ARCH(name, models) extern const ond__arch ond__arch_##name;
#include "model/archs.def"
#undef ARCH

/* ---- weights.c, packfile.c, lora.c ---- */
/* Which matrices become panels, and where they will lie. */
OND_CHECKED int ond__weights_plan(ond_model *m, ond_packing packing, ond_err *err);
/* Finds out whether some layer's gate and up are multiplied apart (once types, biases and adapters
 * are known). */
void ond__weights_split(ond_model *m);
/* Makes the panels, or takes them from their file; sets every ond_weight. */
OND_CHECKED int ond__weights_load(ond_model *m, const ond_model_opts *o, ond_err *err);
void ond__weights_free(ond_model *m);
/* Lets pages of the GGUF go, where they can come back from its file. */
void ond__drop_pages(const ond_model *m, int part, size_t at, size_t n);
static inline size_t ond__item_panel(const ond__item *it)
{
    return ond_pack_panel_bytes(it->mat->w.type, it->mat->w.n_col);
}
/* Panels [begin, end) of all n matrices of an item, from the GGUF to dst, where panel 0 lies at
 * dst. */
void ond__item_pack(const ond__item *it, int begin, int end, unsigned char *dst);
/* dry: checked and counted, nothing is read. */
OND_CHECKED int ond__lora_add(ond_model *m, const ond_adapter *a, bool dry, ond_err *err);

/* The packed file of a model in a folder. `ond__packfile_find`: 0 and *out mapped (sampled: some bytes
 * of each item were looked at, for a caller that will not check each piece), or
 * OND_E_NOT_FOUND with the reason in err (none, foreign, damaged: it is then made again). `hash` is
 * that of the GGUF, filled when it had to be computed. */
typedef struct ond__packfile {
    char *path;
    ond_hash name, hash; /* of what it must fit; of all bytes of the model */
    bool hashed;
} ond__packfile;
OND_CHECKED int ond__packfile_name(const ond_model *m, const char *dir, ond__packfile *out,
                                   ond_err *err);
OND_CHECKED int ond__packfile_find(const ond_model *m, ond__packfile *f, bool sampled, ond_map *out,
                                   size_t *at, ond_err *err);
/* Hashes the model before it is packed, so that its pages are resident only once. */
OND_CHECKED int ond__packfile_prepare(const ond_model *m, ond__packfile *f, ond_err *err);
/* Writes the block under the file's name, and lets the least recently used go so that all take at
 * most `most` bytes (0: no bound). */
OND_CHECKED int ond__packfile_write(const ond_model *m, ond__packfile *f,
                                    const unsigned char *block, uint64_t most, ond_err *err);
void ond__packfile_free(ond__packfile *f);
uint64_t ond__packfile_sum(const unsigned char *p, size_t n);
uint64_t ond__packfile_piece(const ond_model *m, const ond_map *map,
                             size_t piece); /* the sum of a piece of OND__PIECE bytes */

/* ---- a session's cache ---- */
struct ond_kv {
    int n_layer, n_head, n_ctx, d_k, d_v;
    ond_kv_type type;
    size_t k_row, v_row;
    unsigned char *p; /* K [n_layer, n_head, n_ctx] rows, then V likewise */
    size_t bytes;
};
static inline unsigned char *ond__kv_k(const ond_kv *kv, int layer, int head)
{
    return kv->p +
           ((size_t)layer * (size_t)kv->n_head + (size_t)head) * (size_t)kv->n_ctx * kv->k_row;
}
static inline unsigned char *ond__kv_v(const ond_kv *kv, int layer, int head)
{
    return kv->p + (size_t)kv->n_layer * (size_t)kv->n_head * (size_t)kv->n_ctx * kv->k_row +
           ((size_t)layer * (size_t)kv->n_head + (size_t)head) * (size_t)kv->n_ctx * kv->v_row;
}
size_t ond__kv_size(const ond_shape *s, int n_ctx, ond_kv_type type);
static inline int ond__rope_of(const ond_model *m, const ond__layer *l, const ond_kv *kv)
{
    return m->cfg.scaling == OND__SCALE_LONG && m->n_rope == 2 && kv &&
                   kv->n_ctx > m->cfg.n_ctx_orig
               ? 1
               : l->rope;
}

/* ---- a pass ---- */
typedef struct ond__own {            /* what one member has for itself */
    unsigned char *acts[OND__KINDS]; /* FEW tokens (MoE: OND__EXPERT_TOKENS) */
    float *row, *settled;            /* widest row; a row of the stream */
    float *few;                      /* [FEW, n_embd] normed input, kept for experts */
    float *rank;                     /* [FEW, max_rank] */
    float *gate, *up;                /* experts: [OND__EXPERT_TOKENS, n_ff_expert] */
    int *bucket;                     /* experts: first entry of each, then entries */
    unsigned char *panel[2];         /* of weights that are not packed */
    void *scratch;                   /* attention */
} ond__own;

typedef struct ond__place { /* a span in the pass */
    int start;              /* its first token in the pass */
    int want, out; /* its last `want` tokens go on after the last attention, from row `out` */
} ond__place;

struct ond_pass {
    const ond_model *m;
    ond_team *team, *own_team;
    int max_tok, max_out, n_thread;
    unsigned char *mem;
    size_t bytes;
    ond_probe_fn *probe;
    void *probe_self;
    float *x[2]; /* residual stream [max_tok, n_embd]; two, since what is read may not be written */
    float *q, *k, *v, *att; /* [max_tok, heads * size] */
    float *h, *u;           /* [max_tok, n_ff]; u only where two_step */
    float *y; /* [max_tok, n_embd] output of a block that is normed before it is added */
    float *cs[OND__ROPES]; /* [max_tok, n_rot] cos, sin of each pair */
    float *rank;           /* [max_tok, max_rank] */
    float *logits;         /* [max_out, n_vocab], where callers want them apart */
    unsigned char *acts[OND__KINDS];
    unsigned char *k_row, *v_row; /* embedding models: [n_head_kv, max_tok] rows of one layer */
    float *xn, *route,
        *slot;        /* experts: normed input, router's scores, [max_tok * used, n_embd] outputs */
    int32_t *pick;    /* [max_tok, used] experts of each token */
    int32_t *slot_of; /* [max_tok, used] where the output of each lies */
    float *share;     /* [max_tok, used] */
    ond__place *place; /* [max_tok] */
    int32_t *span_of;  /* [max_tok] */
    ond__own *own;     /* [n_thread] */
    size_t scratch_bytes;
    /* of the running pass */
    const ond_span *span;
    int n_span, n_tok, n_out, longest, farthest;
    float *out_all; /* logits of all spans lie one after another here; NULL: they do not */
};
void ond__pass_layout(ond_pass *p, const ond_model *m, int max_tok, int max_out, int n_thread,
                      unsigned char *base);

/* What is still to be done to the residual stream before the next block reads it. */
typedef enum ond__pend_kind {
    OND__PEND_NONE,
    OND__PEND_ADD,
    OND__PEND_NORM,
    OND__PEND_EXPERTS
} ond__pend_kind;

typedef struct ond__run { /* a running pass as one member sees it; all members' are equal but for
                             `me` and `own` */
    const ond_model *m;
    const ond_kern *kern;
    ond_pass *p;
    ond_member *me;
    ond__own *own;
    int il;    /* layer */
    int n_tok; /* rows alive */
    int x;     /* which p->x is the residual stream */
    ond__pend_kind pend;
    ond__norm pend_norm;
    ond_acts in[OND__KINDS]; /* the input of the next matrices */
    const float *rank;       /* A x of the input, a row a token */
    const float *xn;         /* normed input where kept */
    bool keep;               /* keeps it */
    bool narrows,
        last; /* only wanted tokens go on after the last layer's attention; this is that layer */
} ond__run;

typedef struct ond__job {
    const ond__mat *mat;
    float *y;
    size_t stride;
    bool add;
} ond__job;

/* Prepares the input of mats: rows of src (NULL: the residual stream, what is pending done first),
 * normed. */
void ond__input(ond__run *r, const float *src, int n_col, ond__norm norm,
                const ond__mat *const *mats, int n);
/* All jobs in one shared loop; then all members meet. */
void ond__multiply(ond__run *r, const ond__job *jobs, int n);
/* As the kernels' own, for weights in either layout. */
void ond__matmul(ond__run *r, const ond_weight *w, const ond_acts *a, int begin, int end, float *y,
                 size_t y_stride, bool add);
void ond__matmul_glu(ond__run *r, const ond_weight *gate, const ond_weight *up, const ond_acts *a,
                     ond_act act, int begin, int end, float *y, size_t y_stride);
/* One piece of one matrix: product, bias, adapters. */
void ond__piece(ond__run *r, const ond__job *job, int begin, int end);
void ond__norm_settle(ond__run *r); /* does what is pending; all members meet */
void ond__norm_row(ond__run *r, const float *x, ond__norm n, int size, float *y);
int ond__step(const ond__run *r, int total);
bool ond__panels_take(const ond__run *r, int total, int *begin,
                      int *end); /* the next piece of a loop over panels */
/* Whether gate and up must be multiplied one after the other. */
bool ond__apart(const ond__mat *gate, const ond__mat *up);
/* Positions of one piece of attention. */
static inline int ond__queries(const ond_shape *s)
{
    int n = OND__QUERY_ROWS / (s->n_head / s->n_head_kv);
    return n < 8 ? 8 : n;
}
/* Goes from all tokens to those that are wanted. */
void ond__narrow(ond__run *r);

void ond__embed(ond__run *r);
void ond__attn(ond__run *r, const ond__layer *l);
void ond__ffn(ond__run *r, const ond__layer *l);
void ond__moe(ond__run *r, const ond__layer *l);
void ond__head(ond__run *r);
void ond__pool(ond__run *r);
void ond__embd_row(const ond_model *m, int row, float *out);
void ond__rope_row(const ond_model *m, const ond__rope *rope, int pos, float mscale, float *cs);

#endif
