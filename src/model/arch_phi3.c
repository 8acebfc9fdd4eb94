/* arch_phi3.c - Phi-3, 3.5 and Phi-4 mini: Q, K, V in one tensor, gate and up in another; only a
 * part of a head may rotate; LongRoPE divides the frequencies by one of two tensors, by whether the
 * context is longer than the model's own.
 *
 * Sliding windows that some files name are not used: the reference implementation sees everything,
 * and so do we. */
#include "model/room.h"

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    int rc = ond__cfg_decoder(g, c, false, err);
    c->fused_ffn = true;
    /* Converters write the factors and leave rope.scaling.type out, which reads as linear. */
    if (c->scaling == OND__SCALE_LINEAR && ond_gguf_tensor_find(g, "rope_factors_long.weight"))
        c->scaling = OND__SCALE_LONG;
    return rc;
}

static void tensors(ond__build *b)
{
    ond__build_decoder(b, NULL);
}

const ond__arch ond__arch_phi3 = {"phi3", config, tensors, ond__layer_run};
