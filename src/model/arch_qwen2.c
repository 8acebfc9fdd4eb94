/* arch_qwen2.c - Qwen2 and 2.5: the usual decoder with biases on Q, K and V. */
#include "model/room.h"

static int config(const ond_gguf *g, ond__cfg *c, ond_err *err)
{
    return ond__cfg_decoder(g, c, false, err);
}

/* Biases come with their matrices. */
static void tensors(ond__build *b)
{
    ond__build_decoder(b, NULL);
}

const ond__arch ond__arch_qwen2 = {"qwen2", config, tensors, ond__layer_run};
