/* kern.h - tensor kernels: one table of functions an instruction set, chosen at start.
 *
 * `ref` is the truth: plain loops, double accumulation, weights dequantised, activations left as floats. Every other row
 * of kerns.def matches it within its tolerance, on every shape and tail. ONDOL_KERN=name forces one.
 *
 * Threads: these functions work on the part they are told to (rows, tokens, heads) and know nothing of teams.
 * Determinism: the value computed for one token does not depend on how many tokens stand beside it, nor on how rows or
 * heads were parted between threads: the order of float operations for one output is fixed. So batched equals single, bit for bit.
 *
 * No function here allocates. Shapes stand on the line; "row" is an output feature, "token" a position.
 * Pointers to floats need no alignment unless said; memory of acts and packed weights is 64-aligned. */
#ifndef OND_KERN_KERN_H
#define OND_KERN_KERN_H

#include "base/type.h"

/* ---- weights ----
 * OND_PLAIN: rows as in the file (mapped). OND_PANEL: 16 rows together, columns interleaved, made by ond_pack_panels (pack.h): the
 * one layout that all faster kernels share, so that a packed file serves every processor. `ref` reads both. */
typedef enum ond_layout { OND_PLAIN, OND_PANEL } ond_layout;

typedef struct ond_weight {     /* y = W x, W [n_row, n_col] */
    ond_type type;              /* of the file */
    ond_layout layout;
    int n_row, n_col;
    const unsigned char *data;  /* borrowed */
    size_t stride;              /* bytes of a plain row, or from a panel of 16 rows to the next (the last is padded with zeros) */
    float scale;                /* multiplies the result; 0 means 1 (a tensor's own .scale, BitNet) */
} ond_weight;

enum { OND_PANEL_ROWS = 16 };
static inline int ond_panels(const ond_weight *w) { return (w->n_row + OND_PANEL_ROWS - 1) / OND_PANEL_ROWS; }

/* ---- activations, prepared once for all weights that read them ---- */
typedef enum ond_acts_kind {
    OND_ACTS_F32,    /* as they are */
    OND_ACTS_BF16,   /* rounded to bf16, pairs together */
    OND_ACTS_I8,     /* int8 per block of 32 with a float scale and the sums of each 16 */
} ond_acts_kind;

typedef struct ond_acts {
    ond_acts_kind kind;
    int n_tok, n_col;
    unsigned char *data;    /* caller's, 64-aligned, ond_acts_bytes() */
} ond_acts;

/* ---- attention ----
 * One KV head and the query heads that share it, for n_query consecutive positions of one session. Query i stands at position
 * pos + i and sees cached positions lo(i) … hi(i): hi = causal ? pos + i : n_kv - 1; lo = window > 0 ? max(0, pos + i - window + 1) : 0.
 * The cache already holds the rows of these positions. out = softmax(q·k * scale (softcapped)) v, softmax by running maximum over
 * tiles of 64 positions that begin at multiples of 64, so that a result depends on nothing but its own query and cache. */
typedef enum ond_kv_type { OND_KV_F16, OND_KV_I8 } ond_kv_type;   /* I8: a float scale a row, then int8 (rounded to nearest) */

typedef struct ond_attn {
    const float *q;          /* query (i, h) at q + i * q_stride + h * d_k */
    size_t q_stride;         /* floats from one position to the next */
    int n_query, n_group;    /* positions; query heads of this KV head */
    int d_k, d_v;            /* head sizes, multiples of 2, at most 512 */
    ond_kv_type kv_type;
    const unsigned char *k, *v;     /* row of position p at k + p * k_stride (bytes) */
    size_t k_stride, v_stride;
    int pos, n_kv, window;
    bool causal;
    float scale, softcap;    /* softcap 0: none */
    float *out;              /* (i, h) at out + i * out_stride + h * d_v */
    size_t out_stride;
    void *scratch;           /* 64-aligned, ond_kern.attn_scratch(a) bytes */
} ond_attn;

typedef enum ond_act { OND_SILU, OND_GELU /* tanh form */, OND_GELU_ERF, OND_RELU2 } ond_act;

typedef struct ond_kern {
    const char *name;                  /* "ref", "c", "avx2", "avxvnni", "avx512", "neon", "neondot", "neonmm" */
    bool panels;                       /* wants OND_PANEL weights where pack.h has a panel for the type */
    ond_acts_kind (*acts_kind)(ond_type t);          /* what matmul wants beside weights of this type */

    /* Bytes of activations of n_tok tokens; prepares tokens [begin, end) from x + t * x_stride (floats). */
    size_t (*acts_bytes)(ond_acts_kind kind, int n_tok, int n_col);
    void (*acts_put)(ond_acts *a, const float *x, size_t x_stride, int begin, int end);

    /* y[t * y_stride + r] = W x for rows of panels [begin, end), all tokens of a; with add: +=. Rows beyond n_row are not
     * written. A panel is 16 rows in either layout. y and a do not overlap. */
    void (*matmul)(const ond_weight *w, const ond_acts *a, int begin, int end, float *y, size_t y_stride, bool add);
    /* y = act(Wg x) * (Wu x), for the same rows of both. */
    void (*matmul_glu)(const ond_weight *gate, const ond_weight *up, const ond_acts *a, ond_act act, int begin, int end,
                       float *y, size_t y_stride);

    void (*rms_norm)(const float *x, const float *w, int n, float eps, float *y);   /* w NULL: ones; y may be x */
    void (*layer_norm)(const float *x, const float *w, const float *b, int n, float eps, float *y);
    /* Rotates one head in place: pairs (i, i + n_rot/2) when neox, else (2i, 2i + 1); cs holds cos, sin for each pair. */
    void (*rope)(float *x, int n_rot, const float *cs, bool neox);
    void (*act_mul)(ond_act act, const float *gate, const float *up, int n, float *y);   /* up NULL: act alone; y may be gate or up */
    void (*add)(float *y, const float *x, int n);                /* y += x */
    void (*axpy)(float *y, float a, const float *x, int n);      /* y += a x */
    float (*dot)(const float *a, const float *b, int n);
    void (*softmax)(float *x, int n);                            /* in place; -inf is fine, all -inf gives zeros */
    float (*max)(const float *x, int n, int *at);                /* first greatest; NaN is never it */
    void (*kv_put)(ond_kv_type t, const float *x, int n, unsigned char *row);   /* one cached row */
    size_t (*attn_scratch)(const ond_attn *a);
    void (*attend)(const ond_attn *a);
} ond_kern;

size_t ond_kv_row_bytes(ond_kv_type t, int n);

/* The best for this processor, or the one that ONDOL_KERN names. OND_E_INPUT: no such kernel set, or this processor cannot run it (both named). */
OND_CHECKED int ond_kern_pick(const ond_kern **out, ond_err *err);
const ond_kern *ond_kern_named(const char *name);   /* NULL: unknown, not built in, or this processor cannot */
int ond_kern_count(void);                           /* those that this processor can run, ref first */
const ond_kern *ond_kern_at(int i);

#endif
