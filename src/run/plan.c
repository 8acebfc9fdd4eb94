/* plan.c - what an engine will take, before it takes anything. */
#include "run/room.h"

#include "sys/map.h"

#include <stdlib.h>
#include <strings.h>

enum {
    CTX_USUAL = 4096,
    CTX_MOST = 1 << 20,
    BATCH_USUAL = 512,
    BATCH_MOST = 8192,
    SESSIONS_MOST = 1024,
    DRAFT_USUAL = 7
};
/* Beside what is counted: stacks, tables, the program itself. */
static const uint64_t SUNDRY = 4u << 20;

static int in_range(const char *name, int value, int most, ond_err *err)
{
    if (value >= 0 && value <= most) return OND_OK;
    return ond_fail(err, OND_E_INPUT, "%s is %d: it must lie between 1 and %d (0 is the default)",
                    name, value, most);
}

static int kinds_read(const ond_engine_opts *o, ond__plan *out, ond_err *err)
{
    static const char *const packing[] = {"auto", "memory", "off"};
    const char *kv = o->kv ? o->kv : "f16", *pack = o->pack ? o->pack : "auto";
    if (strcasecmp(kv, "f16") != 0 && strcasecmp(kv, "i8") != 0)
        return ond_fail(err, OND_E_INPUT,
                        "the cache cannot be of type \"%s\": f16 and i8 can be had", kv);
    out->kv = strcasecmp(kv, "i8") == 0 ? OND_KV_I8 : OND_KV_F16;
    for (int i = 0; i < 3; i++)
        if (strcmp(pack, packing[i]) == 0) {
            out->packing = (ond_packing)i;
            if (!o->kern) return ond_kern_pick(&out->kern, err);
            out->kern = ond_kern_named(o->kern);
            if (out->kern) return OND_OK;
            return ond_fail(err, OND_E_INPUT,
                            "there is no kernel set \"%s\" for this processor; `ondol doctor` "
                            "lists those that there are",
                            o->kern);
        }
    return ond_fail(err, OND_E_INPUT,
                    "weights can be packed \"auto\", \"memory\" or \"off\", not \"%s\"", pack);
}

int ond__plan_defaults(const ond_engine_opts *opts, const ond_gguf *g, ond__plan *out, ond_err *err)
{
    ond_shape shape;
    int rc;
    *out = (ond__plan){.o = *opts};
    ond_engine_opts *o = &out->o;
    OND_TRY(in_range("ctx", o->ctx, CTX_MOST, err));
    OND_TRY(in_range("sessions", o->sessions, SESSIONS_MOST, err));
    OND_TRY(in_range("batch", o->batch, BATCH_MOST, err));
    OND_TRY(in_range("draft", o->draft, 15, err));
    OND_TRY(in_range("threads", o->threads, 256, err));
    OND_TRY(kinds_read(o, out, err));
    OND_TRY(ond_shape_read(g, &shape, err));
    if (o->ctx == 0)
        o->ctx =
            shape.n_ctx_train > 0 && shape.n_ctx_train < CTX_USUAL ? shape.n_ctx_train : CTX_USUAL;
    if (shape.embedding && o->ctx > shape.n_ctx_train) o->ctx = shape.n_ctx_train;
    if (o->sessions == 0) o->sessions = 1;
    if (o->batch == 0) o->batch = BATCH_USUAL;
    if (o->draft == 0) o->draft = DRAFT_USUAL;
    if (o->threads == 0) o->threads = ond_cores();
    if (o->threads > 256) o->threads = 256;
    if (o->batch < o->sessions) o->batch = o->sessions;
    out->max_tok = shape.embedding && o->ctx > o->batch ? o->ctx : o->batch;
    out->max_out = o->sessions * (1 + o->draft);
    if (out->max_out < OND__SCORE_ROWS) out->max_out = OND__SCORE_ROWS;
    if (out->max_out > out->max_tok) out->max_out = out->max_tok;
    if (shape.embedding) out->max_out = 0;
out:
    return rc;
}

int ond__adapters_read(const ond_engine_opts *o, ond_adapter **out, ond_err *err)
{
    *out = NULL;
    if (o->n_lora <= 0) return OND_OK;
    *out = calloc((size_t)o->n_lora, sizeof **out);
    if (!*out) return ond_nomem(err, "opening adapters");
    for (int i = 0; i < o->n_lora; i++)
        (*out)[i] = (ond_adapter){o->lora[i].path, o->lora[i].scale};
    return OND_OK;
}

/* The vocabulary's text lies in the mapping; tables beside it take about this much a token. */
static uint64_t tokenizer_bytes(const ond_gguf *g)
{
    const ond_gguf_value *v = ond_gguf_find(g, "tokenizer.ggml.tokens"),
                         *merges = ond_gguf_find(g, "tokenizer.ggml.merges");
    return (v ? v->n * 96 : 0) + (merges ? merges->n * 48 : 0);
}

int ond__plan_bytes(const ond__plan *p, const ond_gguf *g, ond_memory *out, ond_err *err)
{
    const ond_engine_opts *o = &p->o;
    ond_model_plan m;
    ond_shape shape;
    ond_adapter *adapter = NULL;
    int rc = ond_shape_read(g, &shape, err);
    if (rc == 0) rc = ond__adapters_read(o, &adapter, err);
    ond_model_opts mo = {
        .kern = p->kern, .packing = p->packing, .adapter = adapter, .n_adapter = o->n_lora};
    if (rc == 0)
        rc =
            ond_model_plan_read(g, &mo, o->ctx, p->kv, p->max_tok, p->max_out, o->threads, &m, err);
    free(adapter);
    if (rc != 0) return rc;
    uint64_t vocab = (uint64_t)shape.n_vocab, ctx = (uint64_t)o->ctx;
    *out = (ond_memory){.weights_mapped = m.mapped,
                        .weights_packed = m.packed,
                        .pass = m.pass,
                        .adapters = m.adapter,
                        .tokenizer = tokenizer_bytes(g),
                        .ctx = o->ctx,
                        .n_session = o->sessions,
                        .n_batch = o->batch,
                        .n_thread = o->threads};
    if (!shape.embedding) {
        out->session = m.kv + ctx * sizeof(int32_t) +
                       (uint64_t)(1 + o->draft) * vocab * sizeof(float) +
                       ond_pick_bytes(shape.n_vocab, o->ctx);
        out->prefix = o->prefix_bytes;
        out->sessions = out->session * (uint64_t)o->sessions;
    }
    out->total = out->weights_mapped + out->weights_packed + out->sessions + out->pass +
                 out->prefix + out->tokenizer + out->adapters + SUNDRY;
    out->available = o->memory ? o->memory : ond_memory_available();
    if (out->total <= out->available) return OND_OK;
    return ond_fail(
        err, OND_E_NOMEM,
        "%s needs %llu MiB (weights %llu, %d session%s of %d positions %llu, a pass %llu), and "
        "%llu MiB can be had: "
        "try a smaller context, a cache of i8, or a smaller quantisation",
        o->path, (unsigned long long)((out->total + (1 << 20) - 1) >> 20),
        (unsigned long long)((out->weights_mapped + out->weights_packed + out->adapters) >> 20),
        o->sessions, o->sessions == 1 ? "" : "s", o->ctx, (unsigned long long)(out->sessions >> 20),
        (unsigned long long)(out->pass >> 20), (unsigned long long)(out->available >> 20));
}

int ond_engine_plan(const ond_engine_opts *opts, ond_memory *out, ond_err *err)
{
    ond_gguf *g = NULL;
    ond__plan plan;
    *out = (ond_memory){0};
    if (!opts->path) return ond_fail(err, OND_E_USAGE, "an engine needs the path of a model");
    int rc = ond_gguf_open(opts->path, &g, err);
    if (rc == 0) rc = ond__plan_defaults(opts, g, &plan, err);
    if (rc == 0) rc = ond__plan_bytes(&plan, g, out, err);
    ond_gguf_close(g);
    return rc;
}
