/* arch_qwen3.c - Qwen3: an RMS norm on each head of Q and K before the rotation; heads may be wider
 * than n_embd / n_head. */
#include "model/room.h"

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    return ond__cfg_decoder(g, c, false, err);
}

static void tensors(ond__build *b)
{
    ond__build_decoder(b, ond__build_qk_norm);
}

const ond__arch ond__arch_qwen3 = {"qwen3", config, tensors, ond__layer_run};
