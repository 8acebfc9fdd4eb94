/* engine.c - a model with its threads, opened once: the owner of everything else. */
#include "run/room.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

/* Adapters change what tokens mean to the cache: their bytes and scales belong to the identity. */
static int adapters_hash(ond_engine *e, const ond_engine_opts *o, ond_err *err)
{
    ond_buf all = {0};
    int rc = OND_OK;
    for (int i = 0; i < o->n_lora && rc == 0; i++) {
        ond_gguf *g = NULL;
        unsigned char h[32];
        rc = ond_gguf_open(o->lora[i].path, &g, err);
        if (rc == 0) rc = ond_gguf_hash(g, h, err);
        ond_gguf_close(g);
        if (rc != 0) break;
        ond_buf_put(&all, h, sizeof h);
        ond_buf_put(&all, &o->lora[i].scale, sizeof o->lora[i].scale);
    }
    if (rc == 0 && !ond_buf_ok(&all)) rc = ond_nomem(err, "opening adapters");
    if (rc == 0) ond_hash_of(all.p, all.n, &e->adapters);
    ond_buf_free(&all);
    return rc;
}

/* The tokenizer and the chat template are opened beside the weights: both only read the GGUF, and
 * write fields of their own. */
typedef struct text_task {
    ond_engine *e;
    const ond_engine_opts *o;
    ond_err err;
    int rc;
    pthread_t thread;
    bool apart;
} text_task;

/* May be called again. */
static int text_end(void *self, ond_err *err)
{
    text_task *t = self;
    if (t->apart) pthread_join(t->thread, NULL);
    t->apart = false;
    if (t->rc != 0 && err) *err = t->err;
    return t->rc;
}

static int model_open(ond_engine *e, const ond__plan *p, text_task *text, ond_err *err)
{
    const ond_engine_opts *o = &p->o;
    ond_adapter *adapter = NULL;
    int rc = ond_team_open(o->threads, &e->team, err);
    if (rc == 0) rc = ond__adapters_read(o, &adapter, err);
    if (rc == 0 && o->n_lora > 0) rc = adapters_hash(e, o, err);
    ond_model_opts mo = {.kern = p->kern,
                         .team = e->team,
                         .packing = p->packing,
                         .cache_dir = o->pack_dir,
                         .cache_bytes = o->pack_bytes,
                         .adapter = adapter,
                         .n_adapter = o->n_lora > 0 ? o->n_lora : 0,
                         .progress = o->progress,
                         .self = o->self,
                         .ready = text_end,
                         .ready_self = text};
    if (rc == 0) rc = ond_model_open(e->gguf, &mo, &e->model, err);
    free(adapter);
    if (rc == 0) rc = ond_pass_open(e->model, e->team, p->max_tok, p->max_out, &e->pass, err);
    return rc;
}

static int text_open(ond_engine *e, const ond_engine_opts *o, ond_err *err)
{
    int rc = ond_tok_open(e->gguf, &e->tok, err);
    if (rc != 0) return rc;
    rc = ond_chat_open(e->gguf, e->tok, ond_str_of(o->chat_template), &e->chat, &e->chat_err);
    if (rc == 0 || rc == OND_E_NOMEM)
        return rc == 0 ? OND_OK : ond_nomem(err, "opening the chat template");
    /* The model's own template may be broken; that is told when it is asked for. One that was given
     * is the caller's. */
    e->chat = NULL;
    if (!o->chat_template) return OND_OK;
    if (err) *err = e->chat_err;
    return rc;
}

static int tables_open(ond_engine *e, const ond_engine_opts *o, ond_err *err)
{
    size_t n = (size_t)e->max_session;
    e->session = calloc(n, sizeof(ond_session *));
    e->span = calloc(n, sizeof *e->span);
    e->spanned = calloc(n, sizeof(ond_session *));
    if (!e->session || !e->span || !e->spanned) return ond_nomem(err, "opening an engine");
    if (e->embedding) return OND_OK;
    int rc =
        ond_pick_open(e->tok, e->n_vocab, e->ctx, &(ond_sampler_opts){.seed = 1}, &e->greedy, err);
    if (rc == 0 && o->prefix_dir)
        rc = ond__disk_open(o->prefix_dir, o->prefix_dir_bytes, &e->disk, err);
    if (rc != 0 || o->prefix_bytes == 0) return rc;
    ond_kv *like;
    rc = ond_kv_open(e->model, e->ctx, e->kv_type, &like, err);
    if (rc == 0) rc = ond__prefix_open(like, o->prefix_bytes, &e->prefix, err);
    if (rc == 0) ond_kv_close(like);
    return rc;
}

static void *text_run(void *self)
{
    text_task *t = self;
    t->rc = text_open(t->e, t->o, &t->err);
    return NULL;
}

static void text_begin(text_task *t, int threads)
{
    sigset_t all, before; /* signals are for the thread that opens */
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    t->apart = threads != 1 && pthread_create(&t->thread, NULL, text_run, t) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!t->apart) text_run(t);
}

int ond_engine_open(const ond_engine_opts *opts, ond_engine **out, ond_err *err)
{
    int rc;
    ond__plan plan;
    *out = NULL;
    if (!opts->path) return ond_fail(err, OND_E_USAGE, "an engine needs the path of a model");
    ond_engine *e = calloc(1, sizeof *e);
    if (!e) return ond_nomem(err, "opening an engine");
    OND_TRY(ond_gguf_open(opts->path, &e->gguf, err));
    OND_TRY(ond__plan_defaults(opts, e->gguf, &plan, err));
    OND_TRY(ond__plan_bytes(&plan, e->gguf, &e->memory, err));
    text_task text = {.e = e, .o = opts};
    text_begin(&text, plan.o.threads);
    rc = model_open(e, &plan, &text, err);
    if (text_end(&text, err) != 0) rc = text.rc;
    OND_TRY(rc);
    e->kv_type = plan.kv;
    e->ctx = plan.o.ctx;
    e->batch = plan.o.batch;
    e->draft = plan.o.draft;
    e->max_session = plan.o.sessions;
    e->disk_min = plan.o.prefix_dir_min;
    e->n_vocab = ond_model_shape(e->model)->n_vocab;
    e->embedding = ond_model_shape(e->model)->embedding;
    OND_TRY(tables_open(e, &plan.o, err));
    *out = e;
out:
    if (rc != 0) ond_engine_close(e);
    return rc;
}

void ond_engine_close(ond_engine *e)
{
    if (!e) return;
    ond_sampler_close(e->greedy);
    ond__prefix_close(e->prefix);
    ond__disk_close(e->disk);
    ond_pass_close(e->pass);
    ond_model_close(e->model);
    ond_team_close(e->team);
    ond_chat_close(e->chat);
    ond_tok_close(e->tok);
    ond_gguf_close(e->gguf);
    free(e->session);
    free(e->span);
    free(e->spanned);
    free(e);
}

const ond_memory *ond_engine_memory(const ond_engine *e)
{
    return &e->memory;
}

void ond_engine_about(const ond_engine *e, ond_about *out)
{
    const ond_shape *s = ond_model_shape(e->model);
    *out = (ond_about){.path = ond_gguf_path(e->gguf),
                       .arch = s->arch,
                       .name = s->name,
                       .kern = ond_model_kern(e->model)->name,
                       .tokenizer = ond_tok_model(e->tok),
                       .pre = ond_tok_pre(e->tok),
                       .pooling = s->pooling ? s->pooling : "",
                       .embedding = s->embedding,
                       .chat = e->chat != NULL,
                       .n_layer = s->n_layer,
                       .n_embd = s->n_embd,
                       .n_head = s->n_head,
                       .n_head_kv = s->n_head_kv,
                       .n_ff = s->n_ff,
                       .n_vocab = s->n_vocab,
                       .n_expert = s->n_expert,
                       .ctx_train = s->n_ctx_train,
                       .ctx = e->ctx,
                       .threads = ond_team_size(e->team),
                       .n_params = s->n_params};
    for (int i = 0; i < ond_gguf_parts(e->gguf); i++)
        out->file_bytes += ond_gguf_map(e->gguf, i)->size;
}

void ond_engine_interrupt(ond_engine *e)
{
    atomic_store(&e->stop, true);
}

void ond_engine_resume(ond_engine *e)
{
    atomic_store(&e->stop, false);
}

void ond__count_add(ond_counters *to, const ond_counters *more)
{
    to->prefill_tokens += more->prefill_tokens;
    to->decode_tokens += more->decode_tokens;
    to->prefill_ms += more->prefill_ms;
    to->decode_ms += more->decode_ms;
    to->passes += more->passes;
    to->drafted += more->drafted;
    to->accepted += more->accepted;
    to->reused_memory += more->reused_memory;
    to->reused_disk += more->reused_disk;
}

void ond_engine_counters(const ond_engine *e, ond_counters *out)
{
    *out = e->count;
}

int ond_sampler_open(const ond_engine *e, const ond_sampler_opts *opts, ond_sampler **out,
                     ond_err *err)
{
    ond_sampler_opts o = opts ? *opts : (ond_sampler_opts){0};
    *out = NULL;
    if (e->embedding)
        return ond_fail(err, OND_E_INPUT,
                        "an embedding model gives vectors and no tokens to choose from");
    while (o.seed == 0) ond_random(&o.seed, sizeof o.seed);
    return ond_pick_open(e->tok, e->n_vocab, e->ctx, &o, out, err);
}
