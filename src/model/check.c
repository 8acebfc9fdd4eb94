/* check.c - whether a model's numbers are numbers (`ondol show --check`): every weight, also of
 * experts and of tokens that a pass does not meet; then a pass over made-up tokens, looked at after
 * every layer, since finite weights may overflow. */
#include "model/room.h"

#include "sys/map.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- weights ---- */

enum { CHUNK = 1 << 14 }; /* values of a member at a time: whole blocks of every type */

typedef struct scan {
    const ond_gguf_tensor *t;
    float *room;       /* [members, CHUNK] */
    _Atomic size_t at; /* the first value that is not finite; SIZE_MAX: none */
} scan;

/* Values [begin, end) of the tensor. */
static void scan_chunk(scan *s, size_t begin, size_t end, float *room)
{
    const ond_gguf_tensor *t = s->t;
    size_t block = (size_t)ond_type_block((ond_type)t->type),
           bytes = ond_type_row_bytes((ond_type)t->type, block);
    ond_dequant((ond_type)t->type, t->p + begin / block * bytes, end - begin, room);
    for (size_t i = 0; i < end - begin; i++) {
        if (isfinite(room[i])) continue;
        size_t first = atomic_load(&s->at);
        while (begin + i < first && !atomic_compare_exchange_weak(&s->at, &first, begin + i))
            continue;
        return;
    }
}

static void scan_all(void *self, ond_member *me)
{
    scan *s = self;
    size_t n = (size_t)(s->t->dim[0] * s->t->dim[1] * s->t->dim[2] * s->t->dim[3]);
    int begin, end;
    while (ond_member_take(me, (int)((n + CHUNK - 1) / CHUNK), 4, &begin, &end))
        for (int i = begin; i < end; i++) {
            size_t from = (size_t)i * CHUNK, to = n - from < CHUNK ? n : from + CHUNK;
            scan_chunk(s, from, to, s->room + (size_t)me->index * CHUNK);
        }
}

static int weight_fault(const ond_gguf *g, const ond_gguf_tensor *t, size_t at, ond_err *err)
{
    char name[128], layer[32] = "";
    unsigned il;
    snprintf(name, sizeof name, "%.*s", (int)(t->name.n < 100 ? t->name.n : 100), t->name.p);
    if (sscanf(name, "blk.%u.", &il) == 1) snprintf(layer, sizeof layer, " (layer %u)", il);
    return ond_fail(
        err, OND_E_INPUT,
        "%s: tensor %s%s holds a value that is not finite, in row %zu: the file is damaged",
        ond_gguf_path(g), name, layer, at / (size_t)t->dim[0]);
}

int ond_weights_finite(const ond_gguf *g, ond_team *team, ond_err *err)
{
    ond_team *own = NULL;
    int rc = team ? OND_OK : ond_team_open(1, &own, err);
    if (rc != 0) return rc;
    if (!team) team = own;
    scan s = {.room = malloc((size_t)ond_team_size(team) * CHUNK * sizeof(float))};
    if (!s.room) rc = ond_nomem(err, "checking a model");
    for (size_t i = 0; i < ond_gguf_n_tensors(g) && rc == 0; i++) {
        s.t = ond_gguf_tensor_at(g, i);
        atomic_store(&s.at, SIZE_MAX);
        ond_team_run(team, scan_all, &s);
        if (s.at != SIZE_MAX) rc = weight_fault(g, s.t, s.at, err);
        const ond_map *map = ond_gguf_map(g, s.t->part);
        if (map->ino != 0) ond_map_drop(map, (size_t)s.t->offset, s.t->bytes);
    }
    free(s.room);
    ond_team_close(own);
    return rc;
}

/* ---- a pass ---- */

enum { TOKENS = 32 };

typedef struct fault {
    int layer, token; /* the first place where a value is not finite */
    bool found;
} fault;

static void look(void *self, int layer, const float *x, int n_tok, int n)
{
    fault *f = self;
    for (int t = 0; t < n_tok && !f->found; t++)
        for (int i = 0; i < n && !f->found; i++)
            if (!isfinite(x[(size_t)t * (size_t)n + (size_t)i])) *f = (fault){layer, t, true};
}

static int layer_fault(const ond_model *m, const fault *f, ond_err *err)
{
    const char *path = ond_gguf_path(m->gguf);
    if (f->layer < 0)
        return ond_fail(err, OND_E_INPUT,
                        "%s: the embedding of token %d is not finite (token_embd.weight): the file "
                        "is damaged",
                        path, f->token);
    if (f->layer >= m->cfg.shape.n_layer)
        return ond_fail(err, OND_E_INPUT,
                        "%s: the output head gives values that are not finite (output.weight or "
                        "output_norm.weight): the file is damaged",
                        path);
    return ond_fail(err, OND_E_INPUT,
                    "%s: layer %d gives values that are not finite (blk.%d.*): the file is damaged "
                    "or its numbers overflow",
                    path, f->layer, f->layer);
}

static int walk(const ond_model *m, ond_pass *p, ond_kv *kv, float *out, int width, ond_err *err)
{
    fault f = {0};
    int32_t ids[TOKENS];
    int n = m->cfg.shape.n_ctx_train < TOKENS ? m->cfg.shape.n_ctx_train : TOKENS;
    for (int i = 0; i < n; i++)
        ids[i] = (int32_t)(((unsigned)i * 7919u + 1u) % (unsigned)m->cfg.shape.n_vocab);
    ond_pass_probe(p, look, &f);
    ond_span s = {.kv = kv, .token = ids, .n = n, .n_out = kv ? 1 : 0, .out = out};
    int rc = ond_model_forward(m, p, &s, 1, err);
    if (rc != 0) return rc;
    if (!f.found) look(&f, m->cfg.shape.n_layer, out, 1, width);
    return f.found ? layer_fault(m, &f, err) : OND_OK;
}

int ond_model_finite(const ond_model *m, ond_team *team, ond_err *err)
{
    const ond_shape *s = &m->cfg.shape;
    int width = s->embedding ? s->n_embd : s->n_vocab, rc = OND_OK;
    ond_kv *kv = NULL;
    ond_pass *p = NULL;
    float *out = calloc((size_t)width, sizeof *out);
    if (!out) return ond_nomem(err, "checking a model");
    if (!s->embedding) OND_TRY(ond_kv_open(m, TOKENS, OND_KV_F16, &kv, err));
    OND_TRY(ond_pass_open(m, team, TOKENS, 1, &p, err));
    rc = walk(m, p, kv, out, width, err);
out:
    ond_pass_close(p);
    ond_kv_close(kv);
    free(out);
    return rc;
}
