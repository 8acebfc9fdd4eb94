/* lora.h - adapters of tiny models: written to a file, and multiplied into a copy of the model. */
#ifndef TESTS_MODEL_LORA_H
#define TESTS_MODEL_LORA_H

#include "model/fixture.h"

enum { LORA_RANK = 3 };

typedef struct lora_text {
    const char *type, *kind,
        *arch;          /* general.type, adapter.type, general.architecture; NULL: right */
    const char *tensor; /* NULL: every matrix of every layer; else this one alone */
    int rank, widen;    /* widen: lora_a gets so many columns more */
    bool no_b;
    float alpha;
} lora_text;

static inline bool lora_takes(const ond_gguf_tensor *t, const lora_text *x)
{
    if (x->tensor) return ond_str_is(t->name, x->tensor);
    return t->n_dim == 2 && t->name.n > 11 && memcmp(t->name.p, "blk.", 4) == 0;
}

static inline void lora_fill(float *v, size_t n, uint64_t seed, float spread)
{
    uint64_t s = seed * 0x9e3779b97f4a7c15u + 7;
    for (size_t i = 0; i < n; i++) v[i] = spread * tiny_random(&s);
}

/* A (and B) of a tensor are made from its place, so that the merged model can make them again. */
static inline float *lora_part(const ond_gguf_tensor *t, size_t i, int rank, bool b, uint64_t seed)
{
    size_t n = (size_t)(b ? t->dim[1] : t->dim[0]) * (size_t)rank;
    float *v = malloc(n * sizeof *v);
    lora_fill(v, n, seed * 1000 + i * 2 + b, b ? 0.5f : 0.2f);
    return v;
}

static inline void lora_write(const net *n, const char *path, const lora_text *x, uint64_t seed)
{
    ond_gguf *g;
    ond_gguf_out *o;
    OK(ond_gguf_open(n->path, &g, err));
    OK(ond_gguf_create(path, &o, err));
    ond_str arch = ond_gguf_str(g, "general.architecture", "");
    ond_gguf_put_str(o, "general.type", ond_str_of(x->type ? x->type : "adapter"));
    ond_gguf_put_str(o, "adapter.type", ond_str_of(x->kind ? x->kind : "lora"));
    ond_gguf_put_str(o, "general.architecture", x->arch ? ond_str_of(x->arch) : arch);
    ond_gguf_put_f32(o, "adapter.lora.alpha", x->alpha);
    int rank = x->rank ? x->rank : LORA_RANK;
    for (int data = 0; data < 2; data++)
        for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
            const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
            if (!lora_takes(t, x)) continue;
            char name[200];
            uint64_t a[] = {t->dim[0] + (uint64_t)x->widen, (uint64_t)rank},
                     b[] = {(uint64_t)rank, t->dim[1]};
            snprintf(name, sizeof name, "%.*s.lora_a", (int)t->name.n, t->name.p);
            if (data == 0) ond_gguf_declare(o, ond_str_of(name), OND_F32, 2, a);
            snprintf(name, sizeof name, "%.*s.lora_b", (int)t->name.n, t->name.p);
            if (data == 0 && !x->no_b) ond_gguf_declare(o, ond_str_of(name), OND_F32, 2, b);
            if (data == 0) continue;
            float *va = x->widen ? calloc(a[0] * a[1], sizeof *va)
                                 : lora_part(t, i, rank, false, seed),
                  *vb = lora_part(t, i, rank, true, seed);
            OK(ond_gguf_write(o, va, (size_t)(a[0] * a[1]) * sizeof *va, err));
            if (!x->no_b) OK(ond_gguf_write(o, vb, (size_t)(b[0] * b[1]) * sizeof *vb, err));
            free(va);
            free(vb);
        }
    OK(ond_gguf_commit(o, err));
    ond_gguf_close(g);
}

/* W + Σ scale · B A for each seed, all in F32. */
static inline void lora_merge(const net *n, const char *path, const lora_text *x,
                              const uint64_t *seed, const float *scale, int many)
{
    ond_gguf *g;
    ond_gguf_out *o;
    OK(ond_gguf_open(n->path, &g, err));
    OK(ond_gguf_create(path, &o, err));
    for (size_t i = 0; i < ond_gguf_n_values(g); i++)
        ond_gguf_put_value(o, ond_gguf_value_at(g, i));
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
        ond_gguf_declare(o, t->name, t->type, t->n_dim, t->dim);
    }
    for (size_t i = 0; i < ond_gguf_n_tensors(g); i++) {
        const ond_gguf_tensor *t = ond_gguf_tensor_at(g, i);
        float *w = malloc(t->bytes);
        memcpy(w, t->p, t->bytes);
        for (int s = 0; s < many && lora_takes(t, x); s++) {
            float *a = lora_part(t, i, LORA_RANK, false, seed[s]),
                  *b = lora_part(t, i, LORA_RANK, true, seed[s]);
            for (size_t r = 0; r < t->dim[1]; r++)
                for (size_t c = 0; c < t->dim[0]; c++)
                    for (size_t k = 0; k < LORA_RANK; k++)
                        w[r * t->dim[0] + c] +=
                            scale[s] * b[r * LORA_RANK + k] * a[k * t->dim[0] + c];
            free(a);
            free(b);
        }
        OK(ond_gguf_write(o, w, t->bytes, err));
        free(w);
    }
    OK(ond_gguf_commit(o, err));
    ond_gguf_close(g);
}

#endif
