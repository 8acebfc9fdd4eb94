/* arch_bert.c - BERT encoders for embeddings (MiniLM, bge, e5): every token sees every token,
 * learned positions, layer norms after each block, no cache; the rows are pooled to one vector of
 * length one. */
#include "model/room.h"

#include <math.h>

static int read_pooling(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    static const char *const names[] = {"mean", "mean", "cls", "last"};
    int kind;
    int rc = ond__cfg_int(g, c, "pooling_type", 0, 1000, 1, &kind, err);
    if (rc != 0) return rc;
    if (kind > 3)
        return ond_fail(
            err, OND_E_INPUT,
            "%s: bert.pooling_type: pooling type %d (a reranker's) is not supported: mean, CLS and "
            "last are",
            ond_gguf_path(g), kind);
    c->shape.pooling = names[kind];
    return OND_OK;
}

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    double eps;
    int rc = ond__key_num(g, c, "attention.layer_norm_epsilon", 0, 1, NAN, &eps, err);
    if (rc == 0) rc = read_pooling(g, c, err);
    if (rc != 0) return rc;
    if (c->shape.d_k * c->shape.n_head != c->shape.n_embd || c->shape.d_v != c->shape.d_k)
        return ond_fail(err, OND_E_INPUT,
                        "%s: %d heads of %d values do not make %d (bert.attention.head_count, "
                        "key_length, bert.embedding_length)",
                        ond_gguf_path(g), c->shape.n_head, c->shape.d_k, c->shape.n_embd);
    c->eps = (float)eps;
    c->act = OND_GELU_ERF;
    c->n_rot = 0;
    c->causal = false;
    c->shape.embedding = true;
    c->shape.n_expert = c->shape.n_expert_used = 0;
    return OND_OK;
}

static ond__norm get_norm(ond__build *b, const char *name, int il)
{
    int n = b->m->cfg.shape.n_embd;
    if (il < 0)
        return (ond__norm){ond__get_vec(b, true, n, "%s.weight", name),
                           ond__get_vec(b, true, n, "%s.bias", name)};
    return (ond__norm){ond__get_vec(b, true, n, "blk.%d.%s.weight", il, name),
                       ond__get_vec(b, true, n, "blk.%d.%s.bias", il, name)};
}

static void tensors(ond__build *b)
{
    ond_model *m = b->m;
    const ond_shape *s = &m->cfg.shape;
    ond__build_ends(b);
    m->embd_norm = get_norm(b, "token_embd_norm", -1);
    for (int i = 0; i < s->n_layer && b->rc == 0; i++) {
        ond__layer *l = &m->layer[i];
        ond__build_attn(b, l, i);
        l->attn_out = get_norm(b, "attn_output_norm", i);
        ond__get_mat(b, &l->up, true, s->n_embd, s->n_ff, "blk.%d.ffn_up", i);
        ond__get_mat(b, &l->down, true, s->n_ff, s->n_embd, "blk.%d.ffn_down", i);
        l->ffn_out = get_norm(b, "layer_output_norm", i);
    }
}

const ond__arch ond__arch_bert = {"bert", config, tensors, ond__layer_run};
