/* arch_llama.c - Llama 1 to 3.x and those built like it: the usual decoder, but pairs that rotate
 * lie side by side; Mixtral's experts.
 *
 * Llama 3.1 and later divide the rotary frequencies by a tensor, rope_freqs.weight. */
#include "model/room.h"

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    int rc = ond__cfg_decoder(g, c, true, err);
    if (rc != 0) return rc;
    if (c->n_rot != c->shape.d_k)
        return ond_fail(err, OND_E_INPUT,
                        "%s: llama.rope.dimension_count is %d and must be the head's %d",
                        ond_gguf_path(g), c->n_rot, c->shape.d_k);
    c->neox = false;
    c->shape.n_ff_expert = c->shape.n_expert ? c->shape.n_ff : 0;
    return OND_OK;
}

static void tensors(ond__build *b)
{
    ond__build_decoder(b, NULL);
}

const ond__arch ond__arch_llama = {"llama", config, tensors, ond__layer_run};
