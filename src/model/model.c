/* model.c - opening and closing a model, and the plan of what it takes. */
#include "model/room.h"

#include <stdlib.h>

static void free_parts(ond_model *m)
{
    ond__weights_free(m);
    free(m->item);
    ond_arena_free(&m->arena);
}

int ond_model_open(const ond_gguf *g, const ond_model_opts *opts, ond_model **out, ond_err *err)
{
    const ond_model_opts none = {0}, *o = opts ? opts : &none;
    const ond_kern *kern = o->kern;
    int rc = kern ? OND_OK : ond_kern_pick(&kern, err);
    *out = NULL;
    if (rc != 0) return rc;
    ond_model *m = calloc(1, sizeof *m);
    if (!m) return ond_nomem(err, "loading a model");
    rc = ond__build_model(g, kern, false, m, err);
    if (rc == 0) rc = ond__weights_plan(m, o->packing, err);
    for (int i = 0; i < o->n_adapter && rc == 0; i++)
        rc = ond__lora_add(m, &o->adapter[i], false, err);
    if (rc == 0) ond__weights_split(m);
    if (rc == 0) rc = ond__weights_load(m, o, err);
    if (rc == 0)
        *out = m;
    else
        ond_model_close(m);
    return rc;
}

void ond_model_close(ond_model *m)
{
    if (!m) return;
    free_parts(m);
    free(m);
}

const ond_shape *ond_model_shape(const ond_model *m)
{
    return &m->cfg.shape;
}
const ond_kern *ond_model_kern(const ond_model *m)
{
    return m->kern;
}

int ond_model_plan_read(const ond_gguf *g, const ond_model_opts *opts, int n_ctx, ond_kv_type kv,
                        int n_tok, int n_out, int n_thread, ond_model_plan *out, ond_err *err)
{
    const ond_model_opts none = {0}, *o = opts ? opts : &none;
    const ond_kern *kern = o->kern;
    int rc = kern ? OND_OK : ond_kern_pick(&kern, err);
    if (rc != 0) return rc;
    if (n_ctx < 1 || n_tok < 1 || n_out < 0 || n_thread < 1)
        return ond_fail(err, OND_E_INPUT,
                        "a plan of %d positions, %d tokens and %d threads makes no sense", n_ctx,
                        n_tok, n_thread);
    ond_model m = {0};
    rc = ond__build_model(g, kern, true, &m, err);
    if (rc == 0) rc = ond__weights_plan(&m, o->packing, err);
    for (int i = 0; i < o->n_adapter && rc == 0; i++)
        rc = ond__lora_add(&m, &o->adapter[i], true, err);
    if (rc == 0) {
        ond_pass p = {0};
        ond__weights_split(&m);
        ond__pass_layout(&p, &m, n_tok, n_out, n_thread, NULL);
        *out = (ond_model_plan){m.in_place, m.packed_bytes, ond__kv_size(&m.cfg.shape, n_ctx, kv),
                                p.bytes, m.adapter_bytes};
    }
    free_parts(&m);
    return rc;
}
