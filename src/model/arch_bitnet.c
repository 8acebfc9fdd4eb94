/* arch_bitnet.c - BitNet b1.58: the usual decoder with an RMS norm before each output matrix;
 * ternary weights with one scale a tensor; the head is the embedding. */
#include "model/room.h"

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    return ond__cfg_decoder(g, c, false, err);
}

static void sub_norms(ond__build *b, ond__layer *l, int il)
{
    const ond_shape *s = &b->m->cfg.shape;
    l->sub_norm.w = ond__get_vec(b, true, s->n_head * s->d_v, "blk.%d.attn_sub_norm.weight", il);
    l->ffn_sub.w = ond__get_vec(b, true, s->n_ff, "blk.%d.ffn_sub_norm.weight", il);
}

static void tensors(ond__build *b)
{
    ond__build_decoder(b, sub_norms);
}

const ond__arch ond__arch_bitnet = {"bitnet", config, tensors, ond__layer_run};
