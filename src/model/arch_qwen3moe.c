/* arch_qwen3moe.c - Qwen3 with a mixture of experts: softmax over all, the best few, their shares
 * made to sum to one. */
#include "model/room.h"

#include <math.h>

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    double eps, scale;
    ond_shape *s = &c->shape;
    int rc = OND_OK;
    if (s->n_expert == 0)
        return ond_fail(err, OND_E_INPUT, "%s: qwen3moe.expert_count is missing or 0",
                        ond_gguf_path(g));
    OND_TRY(ond__key_num(g, c, "attention.layer_norm_rms_epsilon", 0, 1, NAN, &eps, err));
    OND_TRY(ond__key_num(g, c, "expert_weights_scale", 0, 1e4, 1, &scale, err));
    int wide = s->n_ff / s->n_expert_used;
    OND_TRY(ond__cfg_int(g, c, "expert_feed_forward_length", 1, 1 << 20,
                         wide > 0 && wide <= 1 << 20 ? wide : 0, &s->n_ff_expert, err));
    c->eps = (float)eps;
    c->expert_scale = scale == 0 ? 1 : (float)scale;
    c->act = OND_SILU;
    c->neox = true;
out:
    return rc;
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
        l->q_norm = ond__get_vec(b, true, s->d_k, "blk.%d.attn_q_norm.weight", i);
        l->k_norm = ond__get_vec(b, true, s->d_k, "blk.%d.attn_k_norm.weight", i);
        l->ffn_norm.w = ond__get_vec(b, true, s->n_embd, "blk.%d.ffn_norm.weight", i);
        ond__build_moe(b, l, i);
    }
}

static void layer(ond__run *r, const ond__layer *l)
{
    ond__attn(r, l);
    ond__moe(r, l);
}

const ond__arch ond__arch_qwen3moe = {"qwen3moe", config, tensors, layer};
