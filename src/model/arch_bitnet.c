/* arch_bitnet.c - BitNet b1.58: Llama's block with an RMS norm before each output matrix; ternary
 * weights with one scale a tensor; the head is the embedding. */
#include "model/room.h"

#include <math.h>

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    double eps;
    int rc = ond__key_num(g, c, "attention.layer_norm_rms_epsilon", 0, 1, NAN, &eps, err);
    if (rc != 0) return rc;
    c->eps = (float)eps;
    c->act = OND_SILU;
    c->neox = true;
    c->shape.n_expert = c->shape.n_expert_used = 0;
    return OND_OK;
}

static void tensors(ond__build *b)
{
    const ond_shape *s = &b->m->cfg.shape;
    ond__build_ends(b);
    ond__build_rope(b);
    for (int i = 0; i < s->n_layer && b->rc == 0; i++) {
        ond__layer *l = &b->m->layer[i];
        l->attn_norm.w = ond__get_vec(b, true, s->n_embd, "blk.%d.attn_norm.weight", i);
        ond__build_attn(b, l, i);
        l->sub_norm.w = ond__get_vec(b, true, s->n_head * s->d_v, "blk.%d.attn_sub_norm.weight", i);
        l->ffn_norm.w = ond__get_vec(b, true, s->n_embd, "blk.%d.ffn_norm.weight", i);
        ond__build_ffn(b, l, i);
        l->ffn_sub.w = ond__get_vec(b, true, s->n_ff, "blk.%d.ffn_sub_norm.weight", i);
    }
}

static void layer(ond__run *r, const ond__layer *l)
{
    ond__attn(r, l);
    ond__ffn(r, l);
}

const ond__arch ond__arch_bitnet = {"bitnet", config, tensors, layer};
