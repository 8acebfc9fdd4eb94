/* arch_llama.c - Llama 1 to 3.x and those built like it: pre-norm RMS, rotary pairs side by side,
 * SwiGLU; Mixtral's experts.
 *
 * Llama 3.1 and later divide the rotary frequencies by a tensor, rope_freqs.weight. */
#include "model/room.h"

#include <math.h>

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    double eps, scale;
    int rc = ond__key_num(g, c, "attention.layer_norm_rms_epsilon", 0, 1, NAN, &eps, err);
    if (rc == 0) rc = ond__key_num(g, c, "expert_weights_scale", 0, 1e4, 1, &scale, err);
    if (rc != 0) return rc;
    if (c->n_rot != c->shape.d_k)
        return ond_fail(err, OND_E_INPUT,
                        "%s: llama.rope.dimension_count is %d and must be the head's %d",
                        ond_gguf_path(g), c->n_rot, c->shape.d_k);
    c->eps = (float)eps;
    c->expert_scale = scale == 0 ? 1 : (float)scale;
    c->act = OND_SILU;
    c->shape.n_ff_expert = c->shape.n_expert ? c->shape.n_ff : 0;
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
        l->ffn_norm.w = ond__get_vec(b, true, s->n_embd, "blk.%d.ffn_norm.weight", i);
        if (s->n_expert)
            ond__build_moe(b, l, i);
        else
            ond__build_ffn(b, l, i);
    }
}

static void layer(ond__run *r, const ond__layer *l)
{
    ond__attn(r, l);
    if (l->router.tensor)
        ond__moe(r, l);
    else
        ond__ffn(r, l);
}

const ond__arch ond__arch_llama = {"llama", config, tensors, layer};
