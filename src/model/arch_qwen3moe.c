/* arch_qwen3moe.c - Qwen3 with a mixture of experts: softmax over all, the best few, their shares
 * made to sum to one. */
#include "model/room.h"

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    ond_shape *s = &c->shape;
    int rc = OND_OK;
    if (s->n_expert == 0)
        return ond_fail(err, OND_E_INPUT, "%s: qwen3moe.expert_count is missing or 0",
                        ond_gguf_path(g));
    OND_TRY(ond__cfg_decoder(g, c, true, err));
    int wide = s->n_ff / s->n_expert_used;
    OND_TRY(ond__cfg_int(g, c, "expert_feed_forward_length", 1, 1 << 20,
                         wide > 0 && wide <= 1 << 20 ? wide : 0, &s->n_ff_expert, err));
out:
    return rc;
}

static void tensors(ond__build *b)
{
    ond__build_decoder(b, ond__build_qk_norm);
}

const ond__arch ond__arch_qwen3moe = {"qwen3moe", config, tensors, ond__layer_run};
