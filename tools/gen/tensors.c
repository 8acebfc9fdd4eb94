/* tensors.c - which tensors a family has, in the order of the file, and how large their values are.
 *
 * Deviations are 1 / sqrt(columns), so that what a matrix makes out of a normalised vector has values around 1; logits then
 * spread over some ±6 and no value overflows f16. */
#include "gen.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct list {
    tensors *out;
    const family *f;
    const shape *s;
    bool bad;
} list;

static tensor *add(list *l, fill_kind fill, float scale, const char *name)
{
    static tensor spare;
    if (l->out->n == l->out->cap) {
        size_t cap = l->out->cap ? 2 * l->out->cap : 64;
        tensor *more = reallocarray(l->out->p, cap, sizeof *more);
        if (!more) {
            l->bad = true;
            return &spare;
        }
        l->out->p = more;
        l->out->cap = cap;
    }
    tensor *t = &l->out->p[l->out->n++];
    *t = (tensor){.type = OND_F32, .n_dim = 1, .dim = {1, 1, 1, 1}, .fill = fill, .scale = scale};
    snprintf(t->name, sizeof t->name, "%s", name);
    return t;
}

/* "blk.3." and the rest; the whole name when layer < 0. */
static const char *named(int layer, const char *part, const char *tail)
{
    static char out[64];
    if (layer < 0) snprintf(out, sizeof out, "%s%s", part, tail);
    else snprintf(out, sizeof out, "blk.%d.%s%s", layer, part, tail);
    return out;
}

static void vector(list *l, int layer, const char *part, const char *tail, fill_kind fill,
                   float scale, int n)
{
    add(l, fill, scale, named(layer, part, tail))->dim[0] = (uint64_t)n;
}

static void norm(list *l, int layer, const char *part, int n)
{
    vector(l, layer, part, ".weight", FILL_ONES, 0.2f, n);
}

static void norm_with_bias(list *l, int layer, const char *part, int n)
{
    norm(l, layer, part, n);
    vector(l, layer, part, ".bias", FILL_BIAS, 0.1f, n);
}

/* depth 0: two dimensions. */
static void cube(list *l, int layer, const char *part, int n_col, int n_row, int depth, float gain)
{
    bool ternary = (l->f->flags & TERNARY) && layer >= 0, apart = ternary && (l->f->flags & SCALES);
    float scale = gain / sqrtf((float)n_col);
    tensor *t = add(l, ternary ? FILL_TERNARY : FILL_NOISE, apart ? 1.0f : scale,
                    named(layer, part, ".weight"));
    t->n_dim = depth ? 3 : 2;
    t->dim[0] = (uint64_t)n_col;
    t->dim[1] = (uint64_t)n_row;
    if (depth) t->dim[2] = (uint64_t)depth;
    if (apart) vector(l, layer, part, ".scale", FILL_CONST, scale, 1);
}

static void matrix(list *l, int layer, const char *part, int n_col, int n_row, float gain)
{
    cube(l, layer, part, n_col, n_row, 0, gain);
}

static void with_bias(list *l, int layer, const char *part, int n_col, int n_row)
{
    matrix(l, layer, part, n_col, n_row, 1);
    vector(l, layer, part, ".bias", FILL_BIAS, 0.1f, n_row);
}

static void attention(list *l, int i)
{
    const shape *s = l->s;
    unsigned f = l->f->flags;
    int q = s->n_head * s->d_k, kv = s->n_kv * s->d_k;
    if (f & FUSED)
        matrix(l, i, "attn_qkv", s->n_embd, q + 2 * kv, 1);
    else if (f & (QKV_BIAS | BERT)) {
        with_bias(l, i, "attn_q", s->n_embd, q);
        with_bias(l, i, "attn_k", s->n_embd, kv);
        with_bias(l, i, "attn_v", s->n_embd, kv);
    } else {
        matrix(l, i, "attn_q", s->n_embd, q, 1);
        matrix(l, i, "attn_k", s->n_embd, kv, 1);
        matrix(l, i, "attn_v", s->n_embd, kv, 1);
    }
    if (f & QK_NORM) {
        norm(l, i, "attn_q_norm", s->d_k);
        norm(l, i, "attn_k_norm", s->d_k);
    }
    if (f & SUB_NORM) norm(l, i, "attn_sub_norm", q);
    if (f & BERT) with_bias(l, i, "attn_output", q, s->n_embd);
    else matrix(l, i, "attn_output", q, s->n_embd, 1);
}

static void feed_forward(list *l, int i)
{
    const shape *s = l->s;
    unsigned f = l->f->flags;
    if (f & MOE) {
        matrix(l, i, "ffn_gate_inp", s->n_embd, s->n_expert, 2);
        cube(l, i, "ffn_gate_exps", s->n_embd, s->n_ff_expert, s->n_expert, 1);
        cube(l, i, "ffn_up_exps", s->n_embd, s->n_ff_expert, s->n_expert, 1);
        cube(l, i, "ffn_down_exps", s->n_ff_expert, s->n_embd, s->n_expert, 1);
        return;
    }
    if (f & FUSED) matrix(l, i, "ffn_up", s->n_embd, 2 * s->n_ff, 1);
    else {
        matrix(l, i, "ffn_gate", s->n_embd, s->n_ff, 1);
        matrix(l, i, "ffn_up", s->n_embd, s->n_ff, 1);
    }
    if (f & SUB_NORM) norm(l, i, "ffn_sub_norm", s->n_ff);
    matrix(l, i, "ffn_down", s->n_ff, s->n_embd, 1);
}

static void layer(list *l, int i)
{
    unsigned f = l->f->flags;
    int n = l->s->n_embd;
    norm(l, i, "attn_norm", n);
    attention(l, i);
    if (f & POST_NORM) norm(l, i, "post_attention_norm", n);
    norm(l, i, "ffn_norm", n);
    feed_forward(l, i);
    if (f & POST_NORM) norm(l, i, "post_ffw_norm", n);
}

static void language(list *l)
{
    const shape *s = l->s;
    unsigned f = l->f->flags;
    matrix(l, -1, "token_embd", s->n_embd, s->n_vocab, 2);
    if (f & ROPE3) vector(l, -1, "rope_freqs", ".weight", FILL_ROPE3, 0, s->d_k / 2);
    if (f & LONGROPE) {
        vector(l, -1, "rope_factors_long", ".weight", FILL_LONG, 0.5f, s->d_k / 2);
        vector(l, -1, "rope_factors_short", ".weight", FILL_LONG, 0.01f, s->d_k / 2);
    }
    for (int i = 0; i < s->n_layer; i++) layer(l, i);
    norm(l, -1, "output_norm", s->n_embd);
    if (!(f & TIED)) matrix(l, -1, "output", s->n_embd, s->n_vocab, 2);
}

static void bert(list *l)
{
    const shape *s = l->s;
    int n = s->n_embd;
    matrix(l, -1, "token_embd", n, s->n_vocab, 2);
    matrix(l, -1, "token_types", n, l->f->words == WORDS_UNIGRAM ? 1 : 2, 1);
    matrix(l, -1, "position_embd", n, s->n_ctx, 1);
    norm_with_bias(l, -1, "token_embd_norm", n);
    for (int i = 0; i < s->n_layer; i++) {
        attention(l, i);
        norm_with_bias(l, i, "attn_output_norm", n);
        with_bias(l, i, "ffn_up", n, s->n_ff);
        with_bias(l, i, "ffn_down", s->n_ff, n);
        norm_with_bias(l, i, "layer_output_norm", n);
    }
}

int tensors_list(const family *f, const shape *s, tensors *out, ond_err *err)
{
    list l = {out, f, s, false};
    if (f->flags & BERT) bert(&l);
    else language(&l);
    return l.bad ? ond_nomem(err, "listing tensors") : OND_OK;
}

int tensors_to_lora(tensors *all, int rank, ond_err *err)
{
    tensors out = {0};
    list l = {&out, NULL, NULL, false};
    for (size_t i = 0; i < all->n; i++) {
        const tensor *m = &all->p[i];
        char name[64];
        if (m->n_dim != 2 || memcmp(m->name, "blk.", 4) != 0 || strstr(m->name, "ffn_gate_inp")) continue;
        for (int b = 0; b < 2; b++) {
            int n_col = b ? rank : (int)m->dim[0];
            snprintf(name, sizeof name, "%.50s.lora_%c", m->name, b ? 'b' : 'a');
            tensor *t = add(&l, FILL_NOISE, (b ? 0.25f : 1.0f) / sqrtf((float)n_col), name);
            t->n_dim = 2;
            t->dim[0] = (uint64_t)n_col;
            t->dim[1] = b ? m->dim[1] : (uint64_t)rank;
        }
    }
    free(all->p);
    *all = out;
    return l.bad ? ond_nomem(err, "listing tensors") : OND_OK;
}
