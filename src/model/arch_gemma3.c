/* arch_gemma3.c - Gemma 3: embedding times √n_embd, norms on both sides of each block, QK norm,
 * tanh GELU; five layers of six see a sliding window and rotate with a base of their own. Norm
 * weights already hold the +1 of the original. */
#include "model/room.h"

#include <math.h>

enum { SIXTH = 6, LAYERS_27B = 62 };

/* sliding_window_pattern is a number (every n-th layer sees all) or a list of booleans. */
static int read_pattern(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    int every = SIXTH, n = c->shape.n_layer;
    const char *key = "gemma3.attention.sliding_window_pattern";
    const ond_gguf_value *v = ond_gguf_find(g, key);
    bool list = v && v->kind == OND_GGUF_ARRAY;
    if (list && v->n < (uint64_t)n)
        return ond_fail(err, OND_E_INPUT, "%s: %s has %llu items for %d layers", ond_gguf_path(g),
                        key, (unsigned long long)v->n, n);
    if (v && !list) {
        int rc = ond__cfg_int(g, c, "attention.sliding_window_pattern", 0, OND__LAYERS, SIXTH,
                              &every, err);
        if (rc != 0) return rc;
    }
    for (int i = 0; i < n; i++) {
        bool slides =
            list ? ond_gguf_item_int(v, (uint64_t)i) != 0 : every == 0 || i % every < every - 1;
        if (slides) c->swa[i / 64] |= (uint64_t)1 << (i % 64);
    }
    return OND_OK;
}

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    ond_shape *s = &c->shape;
    double cap;
    int rc = OND_OK;
    OND_TRY(ond__cfg_decoder(g, c, false, err));
    OND_TRY(ond__key_num(g, c, "final_logit_softcapping", 0, 1e6, 0, &cap, err));
    OND_TRY(ond__cfg_int(g, c, "attention.sliding_window", 0, 1 << 24, 0, &s->n_swa, err));
    OND_TRY(ond__key_num(g, c, "rope.freq_base_swa", 1, 1e15, 10000, &c->rope_base_swa, err));
    if (s->n_swa > 0) OND_TRY(read_pattern(g, c, err));
    c->final_cap = (float)cap;
    c->act = OND_GELU;
    c->embd_scale = sqrtf((float)s->n_embd);
    if (s->n_layer == LAYERS_27B) c->attn_scale = 1 / sqrtf((float)(s->n_embd / s->n_head));
out:
    return rc;
}

static void own_tensors(ond__build *b, ond__layer *l, int il)
{
    const ond_shape *s = &b->m->cfg.shape;
    if (ond__is_swa(&b->m->cfg, il)) {
        l->window = s->n_swa;
        l->rope = 1;
    }
    ond__build_qk_norm(b, l, il);
    l->attn_post.w = ond__get_vec(b, true, s->n_embd, "blk.%d.post_attention_norm.weight", il);
    l->ffn_post.w = ond__get_vec(b, true, s->n_embd, "blk.%d.post_ffw_norm.weight", il);
}

static void tensors(ond__build *b)
{
    ond__build_decoder(b, own_tensors);
}

const ond__arch ond__arch_gemma3 = {"gemma3", config, tensors, ond__layer_run};
