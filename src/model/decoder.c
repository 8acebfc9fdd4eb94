/* decoder.c - what families share, so that arch_NAME.c says only what is a family's own.
 *
 * The usual decoder: an RMS norm before attention and one before the feed-forward block, heads whose
 * halves rotate against each other, SiLU, a head that may be the embedding. A family starts from
 * this, changes what differs in its `config`, and names further tensors of a layer. */
#include "model/room.h"

#include <math.h>

int ond__cfg_decoder(const ond_gguf *g, ond__cfg *c, bool experts, ond_err *err)
{
    double eps, scale = 1;
    int rc = OND_OK;
    OND_TRY(ond__key_num(g, c, "attention.layer_norm_rms_epsilon", 0, 1, NAN, &eps, err));
    if (experts) OND_TRY(ond__key_num(g, c, "expert_weights_scale", 0, 1e4, 1, &scale, err));
    c->eps = (float)eps;
    c->act = OND_SILU;
    c->neox = true;
    c->expert_scale = scale == 0 ? 1 : (float)scale;
    if (!experts) c->shape.n_expert = c->shape.n_expert_used = 0;
out:
    return rc;
}

void ond__build_decoder(ond__build *b, ond__own_tensors *own)
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
        if (own) own(b, l, i);
    }
}

void ond__build_qk_norm(ond__build *b, ond__layer *l, int il)
{
    int n = b->m->cfg.shape.d_k;
    l->q_norm = ond__get_vec(b, true, n, "blk.%d.attn_q_norm.weight", il);
    l->k_norm = ond__get_vec(b, true, n, "blk.%d.attn_k_norm.weight", il);
}

void ond__layer_run(ond__run *r, const ond__layer *l)
{
    ond__attn(r, l);
    if (l->router.tensor)
        ond__moe(r, l);
    else
        ond__ffn(r, l);
}
