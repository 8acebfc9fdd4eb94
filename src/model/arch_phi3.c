/* arch_phi3.c - Phi-3, 3.5 and Phi-4 mini: Q, K, V in one tensor, gate and up in another; only a
 * part of a head may rotate; LongRoPE divides the frequencies by one of two tensors, by whether the
 * context is longer than the model's own.
 *
 * Sliding windows that some files name are not used: the reference implementation sees everything,
 * and so do we. */
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
        l->ffn_norm.w = ond__get_vec(b, true, s->n_embd, "blk.%d.ffn_norm.weight", i);
        if (!ond__has(b, "blk.%d.ffn_gate.weight", i))
            ond__get_parts(b, (ond__mat *[]){&l->gate, &l->up}, (int[]){s->n_ff, s->n_ff}, 2,
                           s->n_embd, "blk.%d.ffn_up", i);
        else
            ond__build_ffn(b, l, i);
        if (!l->down.tensor)
            ond__get_mat(b, &l->down, true, s->n_ff, s->n_embd, "blk.%d.ffn_down", i);
    }
}

static void layer(ond__run *r, const ond__layer *l)
{
    ond__attn(r, l);
    ond__ffn(r, l);
}

const ond__arch ond__arch_phi3 = {"phi3", config, tensors, layer};
