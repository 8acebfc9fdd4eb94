/* lora.c - low-rank adapters: y += scale · B (A x), read from a GGUF of their own (llama.cpp's
 * layout).
 *
 * general.type "adapter", adapter.type "lora", adapter.lora.alpha; tensors NAME.lora_a [n_in, rank]
 * and NAME.lora_b [rank, n_out] for NAME of the model. The scale is the caller's times alpha / rank
 * (without alpha: the caller's alone). */
#include "model/room.h"

#include <math.h>
#include <stdio.h>

enum { RANK_MAX = 4096, ALPHA_MAX = 1000000 };

static int check_kind(const ond_model *m, const ond_gguf *g, double *alpha, ond_err *err)
{
    ond_str type = ond_gguf_str(g, "general.type", ""), kind = ond_gguf_str(g, "adapter.type", "");
    ond_str arch = ond_gguf_str(g, "general.architecture", "");
    if (!ond_str_is(type, "adapter") || !ond_str_is(kind, "lora"))
        return ond_fail(err, OND_E_INPUT,
                        "%s is no LoRA adapter: general.type is \"%.*s\" and adapter.type \"%.*s\"",
                        ond_gguf_path(g), (int)(type.n < 40 ? type.n : 40), type.p,
                        (int)(kind.n < 40 ? kind.n : 40), kind.p);
    if (!ond_str_is(arch, m->cfg.shape.arch))
        return ond_fail(
            err, OND_E_INPUT,
            "%s is an adapter for \"%.*s\", and the model is \"%s\" (general.architecture)",
            ond_gguf_path(g), (int)(arch.n < 40 ? arch.n : 40), arch.p, m->cfg.shape.arch);
    if (ond_gguf_find(g, "adapter.alora.invocation_tokens"))
        return ond_fail(err, OND_E_INPUT, "%s is an activated LoRA, which is not supported",
                        ond_gguf_path(g));
    int rc = ond_gguf_num(g, "adapter.lora.alpha", 0, alpha, err);
    if (rc == 0 && fabs(*alpha) > ALPHA_MAX)
        return ond_fail(err, OND_E_INPUT, "%s: adapter.lora.alpha is %g, and %d is the most",
                        ond_gguf_path(g), *alpha, ALPHA_MAX);
    return rc;
}

static bool ends(ond_str s, const char *z, ond_str *stem)
{
    size_t n = strlen(z);
    if (s.n <= n || memcmp(s.p + s.n - n, z, n) != 0) return false;
    *stem = (ond_str){s.p, s.n - n};
    return true;
}

static const ond_gguf_tensor *pair_of(const ond_gguf *g, ond_str stem, const char *suffix,
                                      ond_err *err)
{
    char name[200];
    if (stem.n > 150) stem.n = 150;
    snprintf(name, sizeof name, "%.*s%s", (int)stem.n, stem.p, suffix);
    const ond_gguf_tensor *t = ond_gguf_tensor_find(g, name);
    if (!t) ond_fail(err, OND_E_INPUT, "%s: tensor %s is missing", ond_gguf_path(g), name);
    return t;
}

static float *floats_of(ond_model *m, const ond_gguf_tensor *t, uint64_t first, uint64_t rows)
{
    float *out = ond_arena_array(&m->arena, rows * t->dim[0], sizeof *out);
    size_t row = ond_type_row_bytes((ond_type)t->type, t->dim[0]);
    if (out) ond_dequant((ond_type)t->type, t->p + first * row, rows * t->dim[0], out);
    return out;
}

/* The counter of ranks of the layer that a matrix is of (or of the head). */
static int *rank_of(ond_model *m, const ond__mat *mat)
{
    for (int i = 0; i < m->cfg.shape.n_layer; i++)
        if ((const char *)mat >= (const char *)&m->layer[i] &&
            (const char *)mat < (const char *)&m->layer[i + 1])
            return &m->layer[i].rank;
    return &m->head_rank;
}

static int attach(ond_model *m, ond__mat *mat, const ond_gguf_tensor *a, const ond_gguf_tensor *b,
                  float scale, bool dry, ond_err *err)
{
    int *ranks = rank_of(m, mat), rank = (int)a->dim[1], at = *ranks;
    *ranks += rank;
    if (*ranks > m->max_rank) m->max_rank = *ranks;
    m->adapter_bytes += (uint64_t)rank * (a->dim[0] + (uint64_t)mat->w.n_row) * sizeof(float);
    if (dry) return OND_OK;
    ond__lora *l = ond_arena_alloc(&m->arena, sizeof *l);
    if (!l) return ond_nomem(err, "loading an adapter");
    *l = (ond__lora){.rank = rank, .at = at, .scale = scale, .next = NULL};
    l->a = floats_of(m, a, 0, a->dim[1]);
    l->b = floats_of(m, b, (uint64_t)mat->first, (uint64_t)mat->w.n_row);
    if (!l->a || !l->b) return ond_nomem(err, "loading an adapter");
    ond__lora **end = &mat->lora;
    while (*end) end = &(*end)->next;
    *end = l;
    return OND_OK;
}

static int add_pair(ond_model *m, const ond_gguf *g, ond_str name, const ond_gguf_tensor *a,
                    double alpha, float user, bool dry, ond_err *err)
{
    const ond_gguf_tensor *b = pair_of(g, name, ".lora_b", err);
    if (!b) return OND_E_INPUT;
    int shown = (int)(name.n < 100 ? name.n : 100);
    bool found = false;
    for (int i = 0; i < m->n_item; i++) {
        const ond__item *it = &m->item[i];
        ond__mat *mat = it->mat;
        if (!ond_str_eq(mat->tensor->name, name)) continue;
        if (it->experts || (mat == &m->head && m->tied))
            return ond_fail(err, OND_E_INPUT, "%s: adapters on tensor %.*s are not supported",
                            ond_gguf_path(g), shown, name.p);
        if (a->dim[0] != mat->tensor->dim[0] || b->dim[1] != mat->tensor->dim[1] ||
            a->dim[1] != b->dim[0] || a->n_dim > 2 || b->n_dim > 2 || a->dim[1] > RANK_MAX)
            return ond_fail(err, OND_E_INPUT,
                            "%s: the adapter of tensor %.*s is [%llu, %llu] and [%llu, %llu], and "
                            "the tensor [%llu, %llu]",
                            ond_gguf_path(g), shown, name.p, (unsigned long long)a->dim[0],
                            (unsigned long long)a->dim[1], (unsigned long long)b->dim[0],
                            (unsigned long long)b->dim[1], (unsigned long long)mat->tensor->dim[0],
                            (unsigned long long)mat->tensor->dim[1]);
        float scale = alpha != 0 ? user * (float)alpha / (float)b->dim[0] : user;
        int rc = attach(m, mat, a, b, scale, dry, err);
        if (rc != 0) return rc;
        found = true;
    }
    if (found) return OND_OK;
    return ond_fail(err, OND_E_INPUT,
                    "%s: tensor %.*s of the adapter is not one that the model multiplies with",
                    ond_gguf_path(g), shown, name.p);
}

static int add_all(ond_model *m, const ond_gguf *g, float user, bool dry, ond_err *err)
{
    double alpha;
    int rc = check_kind(m, g, &alpha, err);
    for (size_t i = 0; i < ond_gguf_n_tensors(g) && rc == 0; i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
        ond_str stem;
        if (ends(t->name, ".lora_a", &stem))
            rc = add_pair(m, g, stem, t, alpha, user, dry, err);
        else if (!ends(t->name, ".lora_b", &stem))
            rc = ond_fail(err, OND_E_INPUT, "%s: tensor %.*s is neither .lora_a nor .lora_b",
                          ond_gguf_path(g), (int)(t->name.n < 100 ? t->name.n : 100), t->name.p);
        else
            rc = pair_of(g, stem, ".lora_a", err) ? OND_OK : OND_E_INPUT;
    }
    return rc;
}

int ond__lora_add(ond_model *m, const ond_adapter *a, bool dry, ond_err *err)
{
    ond_gguf *g;
    int rc = ond_gguf_open(a->path, &g, err);
    if (rc != 0) return rc;
    if (!isfinite(a->scale))
        rc = ond_fail(err, OND_E_INPUT, "%s: a scale of %g makes no sense", a->path,
                      (double)a->scale);
    else
        rc = add_all(m, g, a->scale == 0 ? 1 : a->scale, dry, err);
    ond_gguf_close(g);
    return rc;
}
