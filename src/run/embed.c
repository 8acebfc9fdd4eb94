/* embed.c - texts to vectors, several in one pass. */
#include "run/room.h"

#include <math.h>
#include <stdio.h>

static int list_check(const ond_engine *e, const ond_tokens *list, int i, int n, ond_err *err)
{
    const ond_tokens *t = &list[i];
    char which[24] = "the text";
    if (n > 1) snprintf(which, sizeof which, "text %d", i);
    if (t->n == 0) return ond_fail(err, OND_E_INPUT, "%s has no tokens", which);
    if (t->n > (size_t)e->ctx)
        return ond_fail(err, OND_E_INPUT,
                        "%s has %zu tokens, and the model's context is %d: shorten it, or part it",
                        which, t->n, e->ctx);
    return OND_OK;
}

static int vectors_check(const float *v, int first, int n, size_t width, ond_err *err)
{
    for (size_t i = 0; i < (size_t)n * width; i++)
        if (!isfinite(v[i]))
            return ond_fail(err, OND_E_INPUT,
                            "the vector of text %d holds a value that is no number: the model's "
                            "weights are broken; `ondol show MODEL --check` names the layer",
                            first + (int)(i / width));
    return OND_OK;
}

int ond_embed(ond_engine *e, const ond_tokens *list, int n, float *out, ond_err *err)
{
    size_t width = (size_t)ond_model_shape(e->model)->n_embd;
    int rc = OND_OK, most = e->batch > e->ctx ? e->batch : e->ctx;
    if (!e->embedding)
        return ond_fail(
            err, OND_E_INPUT,
            "%s is a language model: vectors come from embedding models (bert and its kin)",
            ond_model_shape(e->model)->arch);
    for (int i = 0; i < n && rc == 0; i++) rc = list_check(e, list, i, n, err);
    for (int i = 0; i < n && rc == 0;) {
        ond_span span[64];
        int k = 0, tokens = 0;
        for (; i + k < n && k < 64 && tokens + (int)list[i + k].n <= most; k++) {
            const ond_tokens *t = &list[i + k];
            span[k] =
                (ond_span){.token = t->p, .n = (int)t->n, .out = out + (size_t)(i + k) * width};
            tokens += (int)t->n;
        }
        if (atomic_exchange(&e->stop, false))
            return ond_fail(err, OND_E_INTERRUPTED, "interrupted");
        rc = ond_model_forward(e->model, e->pass, span, k, err);
        if (rc == 0) rc = vectors_check(out + (size_t)i * width, i, k, width, err);
        e->count.prefill_tokens += (uint64_t)tokens;
        e->count.passes++;
        i += k;
    }
    return rc;
}

int ond_embed_text(ond_engine *e, const char *text, float *out, ond_err *err)
{
    ond_tokens t = {0};
    int rc = ond_encode(e, text, strlen(text), OND_ADD_SPECIAL, &t, err);
    if (rc == 0) rc = ond_embed(e, &t, 1, out, err);
    ond_tokens_free(&t);
    return rc;
}
