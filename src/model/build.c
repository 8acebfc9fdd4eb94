/* build.c - tensors by name into a model, each of the type and shape that the metadata promise.
 *
 * Matrices stay where they are in the mapping (weights.c makes panels of them later); vectors are
 * few and small and are copied as floats, so that no page of the file is needed for them. The first
 * error sticks: after it nothing is done. A tensor that nobody asked for is refused where leaving
 * it out would change the result. */
#include "model/room.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { NAME = 160 };

static const char *format(char out[NAME], const char *fmt, va_list args)
{
    vsnprintf(out, NAME, fmt, args);
    return out;
}

static int fail(ond__build *b, const char *name, const char *what)
{
    b->rc = ond_fail(b->err, OND_E_INPUT, "%s: tensor %s %s", ond_gguf_path(b->g), name, what);
    return b->rc;
}

static void put_dims(char *out, size_t n, const ond_gguf_tensor *t)
{
    size_t at = 0;
    for (int i = 0; i < t->n_dim && at < n; i++)
        at += (size_t)snprintf(out + at, n - at, "%s%llu", i ? ", " : "",
                               (unsigned long long)t->dim[i]);
}

/* The tensor of that name and shape; marks it as used. NULL: missing, or an error. */
static const ond_gguf_tensor *find(ond__build *b, const char *name, bool need, uint64_t d0,
                                   uint64_t d1, uint64_t d2)
{
    if (b->rc != 0) return NULL;
    const ond_gguf_tensor *t = ond_gguf_tensor_find(b->g, name);
    if (!t) {
        if (need) fail(b, name, "is missing");
        return NULL;
    }
    b->used[t - ond_gguf_tensor_at(b->g, 0)] = 1;
    if (t->dim[0] == d0 && t->dim[1] == d1 && t->dim[2] == d2 && t->dim[3] == 1) return t;
    char has[96], text[224];
    put_dims(has, sizeof has, t);
    snprintf(text, sizeof text, "has the shape [%s], and the metadata ask for [%llu, %llu, %llu]",
             has, (unsigned long long)d0, (unsigned long long)d1, (unsigned long long)d2);
    fail(b, name, text);
    return NULL;
}

bool ond__has(ond__build *b, const char *fmt, ...)
{
    char name[NAME];
    va_list args;
    va_start(args, fmt);
    format(name, fmt, args);
    va_end(args);
    return b->rc == 0 && ond_gguf_tensor_find(b->g, name) != NULL;
}

/* Rows of any type as floats in the arena. */
static const float *copy_floats(ond__build *b, const ond_gguf_tensor *t, size_t n)
{
    static const float none[1];
    if (b->dry) return none;
    float *out = ond_arena_array(&b->m->arena, n, sizeof *out);
    if (!out) {
        b->rc = ond_nomem(b->err, "loading a model");
        return NULL;
    }
    ond_dequant((ond_type)t->type, t->p, n, out);
    return out;
}

static const float *get_vec(ond__build *b, bool need, int n, const char *name)
{
    const ond_gguf_tensor *t = find(b, name, need, (uint64_t)n, 1, 1);
    return t ? copy_floats(b, t, (size_t)n) : NULL;
}

const float *ond__get_vec(ond__build *b, bool need, int n, const char *fmt, ...)
{
    char name[NAME];
    va_list args;
    va_start(args, fmt);
    format(name, fmt, args);
    va_end(args);
    return get_vec(b, need, n, name);
}

static void add_item(ond__build *b, ond__mat *mat, ond__experts *experts, int n)
{
    ond_model *m = b->m;
    if (m->n_item == m->cap_item) {
        int cap = m->cap_item ? 2 * m->cap_item : 256;
        ond__item *grown = realloc(m->item, (size_t)cap * sizeof *grown);
        if (!grown) {
            b->rc = ond_nomem(b->err, "loading a model");
            return;
        }
        m->item = grown;
        m->cap_item = cap;
    }
    m->item[m->n_item++] = (ond__item){mat, experts, n, 0, 0};
}

/* Rows first … of a tensor as a plain matrix. */
static void set_mat(ond__mat *out, const ond_gguf_tensor *t, int first, int n_in, int n_out)
{
    size_t row = ond_type_row_bytes((ond_type)t->type, (uint64_t)n_in);
    out->w = (ond_weight){(ond_type)t->type,          OND_PLAIN, n_out, n_in,
                          t->p + (size_t)first * row, row,       0};
    out->tensor = t;
    out->first = first;
}

static float get_scale(ond__build *b, const char *base)
{
    char name[NAME + 8];
    snprintf(name, sizeof name, "%s.scale", base);
    if (b->rc != 0 || !ond_gguf_tensor_find(b->g, name)) return 0;
    const float *v = get_vec(b, true, 1, name);
    if (!v || b->dry) return 0;
    if (*v == 0) fail(b, name, "is 0, which leaves nothing of its matrix");
    return *v;
}

/* n_part matrices out of one tensor, rows one after another. */
static void get_parts(ond__build *b, ond__mat *const *out, const int *n_out, int n, int n_in,
                      bool need, const char *base)
{
    char name[NAME + 8];
    snprintf(name, sizeof name, "%s.weight", base);
    uint64_t rows = 0;
    for (int i = 0; i < n; i++) rows += (uint64_t)n_out[i];
    const ond_gguf_tensor *t = find(b, name, need, (uint64_t)n_in, rows, 1);
    if (!t) return;
    snprintf(name, sizeof name, "%s.bias", base);
    const float *bias = rows <= INT32_MAX ? get_vec(b, false, (int)rows, name) : NULL;
    float scale = get_scale(b, base);
    int first = 0;
    for (int i = 0; i < n && b->rc == 0; i++) {
        set_mat(out[i], t, first, n_in, n_out[i]);
        out[i]->w.scale = scale;
        out[i]->bias = bias && !b->dry ? bias + first : bias;
        add_item(b, out[i], NULL, 1);
        first += n_out[i];
    }
}

void ond__get_mat(ond__build *b, ond__mat *out, bool need, int n_in, int n_out, const char *fmt,
                  ...)
{
    char base[NAME];
    va_list args;
    va_start(args, fmt);
    format(base, fmt, args);
    va_end(args);
    get_parts(b, &out, &n_out, 1, n_in, need, base);
}

void ond__get_parts(ond__build *b, ond__mat *const *out, const int *n_out, int n, int n_in,
                    const char *fmt, ...)
{
    char base[NAME];
    va_list args;
    va_start(args, fmt);
    format(base, fmt, args);
    va_end(args);
    get_parts(b, out, n_out, n, n_in, true, base);
}

void ond__get_experts(ond__build *b, ond__experts *out, int n_in, int n_out, int n, const char *fmt,
                      ...)
{
    char base[NAME], name[NAME + 8];
    va_list args;
    va_start(args, fmt);
    format(base, fmt, args);
    va_end(args);
    snprintf(name, sizeof name, "%s.weight", base);
    const ond_gguf_tensor *t = find(b, name, true, (uint64_t)n_in, (uint64_t)n_out, (uint64_t)n);
    if (!t) return;
    set_mat(&out->first, t, 0, n_in, n_out);
    out->step = out->first.w.stride * (size_t)n_out;
    add_item(b, &out->first, out, n);
}

/* ---- what families share ---- */
void ond__build_ends(ond__build *b)
{
    ond_model *m = b->m;
    const ond_shape *s = &m->cfg.shape;
    const ond_gguf_tensor *t =
        find(b, "token_embd.weight", true, (uint64_t)s->n_embd, (uint64_t)s->n_vocab, 1);
    if (!t) return;
    set_mat(&m->embd, t, 0, s->n_embd, s->n_vocab);
    if (s->embedding) {
        m->pos_embd =
            find(b, "position_embd.weight", true, (uint64_t)s->n_embd, (uint64_t)s->n_ctx_train, 1);
        const ond_gguf_tensor *types = ond_gguf_tensor_find(b->g, "token_types.weight");
        if (types && find(b, "token_types.weight", true, (uint64_t)s->n_embd, types->dim[1], 1))
            m->type_embd = copy_floats(b, types, (size_t)s->n_embd);
        return;
    }
    m->out_norm.w = ond__get_vec(b, true, s->n_embd, "output_norm.weight");
    m->tied = !ond__has(b, "output.weight");
    if (!m->tied) {
        ond__get_mat(b, &m->head, true, s->n_embd, s->n_vocab, "output");
        return;
    }
    set_mat(&m->head, t, 0, s->n_embd, s->n_vocab);
    m->head.bias = ond__get_vec(b, false, s->n_vocab, "output.bias");
    add_item(b, &m->head, NULL, 1);
}

void ond__build_attn(ond__build *b, ond__layer *l, int il)
{
    const ond_shape *s = &b->m->cfg.shape;
    int q = s->n_head * s->d_k, k = s->n_head_kv * s->d_k, v = s->n_head_kv * s->d_v;
    if (ond__has(b, "blk.%d.attn_qkv.weight", il))
        ond__get_parts(b, (ond__mat *[]){&l->q, &l->k, &l->v}, (int[]){q, k, v}, 3, s->n_embd,
                       "blk.%d.attn_qkv", il);
    else {
        ond__get_mat(b, &l->q, true, s->n_embd, q, "blk.%d.attn_q", il);
        ond__get_mat(b, &l->k, true, s->n_embd, k, "blk.%d.attn_k", il);
        ond__get_mat(b, &l->v, true, s->n_embd, v, "blk.%d.attn_v", il);
    }
    ond__get_mat(b, &l->o, true, s->n_head * s->d_v, s->n_embd, "blk.%d.attn_output", il);
}

void ond__build_ffn(ond__build *b, ond__layer *l, int il)
{
    const ond_shape *s = &b->m->cfg.shape;
    if (b->m->cfg.fused_ffn && !ond__has(b, "blk.%d.ffn_gate.weight", il))
        ond__get_parts(b, (ond__mat *[]){&l->gate, &l->up}, (int[]){s->n_ff, s->n_ff}, 2, s->n_embd,
                       "blk.%d.ffn_up", il);
    else {
        ond__get_mat(b, &l->gate, true, s->n_embd, s->n_ff, "blk.%d.ffn_gate", il);
        ond__get_mat(b, &l->up, true, s->n_embd, s->n_ff, "blk.%d.ffn_up", il);
    }
    ond__get_mat(b, &l->down, true, s->n_ff, s->n_embd, "blk.%d.ffn_down", il);
}

void ond__build_moe(ond__build *b, ond__layer *l, int il)
{
    const ond_shape *s = &b->m->cfg.shape;
    ond__get_mat(b, &l->router, true, s->n_embd, s->n_expert, "blk.%d.ffn_gate_inp", il);
    ond__get_experts(b, &l->gate_x, s->n_embd, s->n_ff_expert, s->n_expert, "blk.%d.ffn_gate_exps",
                     il);
    ond__get_experts(b, &l->up_x, s->n_embd, s->n_ff_expert, s->n_expert, "blk.%d.ffn_up_exps", il);
    ond__get_experts(b, &l->down_x, s->n_ff_expert, s->n_embd, s->n_expert, "blk.%d.ffn_down_exps",
                     il);
}

static bool begins(ond_str s, const char *z)
{
    return s.n >= strlen(z) && memcmp(s.p, z, strlen(z)) == 0;
}
static bool ends(ond_str s, const char *z)
{
    return s.n >= strlen(z) && memcmp(s.p + s.n - strlen(z), z, strlen(z)) == 0;
}

/* A tensor of a layer, a bias, a norm or a scale that no family's description names would change
 * the result. */
static void refuse_unused(ond__build *b)
{
    for (size_t i = 0; i < ond_gguf_n_tensors(b->g) && b->rc == 0; i++) {
        ond_str name = ond_gguf_tensor_at(b->g, i)->name;
        bool harmless = ends(name, ".attn_rot_embd") || ends(name, ".rotary_emb.inv_freq") ||
                        ends(name, "attn_rot_embd.weight");
        bool matters = begins(name, "blk.") || ends(name, ".bias") || ends(name, ".scale") ||
                       ends(name, "_norm.weight");
        if (b->used[i] || harmless || !matters || begins(name, "cls")) continue;
        b->rc = ond_fail(b->err, OND_E_INPUT,
                         "%s: tensor %.*s is not part of \"%s\" as it is known here, and leaving "
                         "it out would change the answers",
                         ond_gguf_path(b->g), (int)(name.n < 100 ? name.n : 100), name.p,
                         b->m->cfg.shape.arch);
    }
}

int ond__build_model(const ond_gguf *g, const ond_kern *kern, bool dry, ond_model *m, ond_err *err)
{
    m->gguf = g;
    m->kern = kern;
    int rc = ond__cfg_read(g, &m->cfg, err);
    if (rc != 0) return rc;
    ond__build b = {.m = m, .g = g, .dry = dry, .err = err};
    b.used = calloc(ond_gguf_n_tensors(g) + 1, 1);
    m->layer = ond_arena_array(&m->arena, (size_t)m->cfg.shape.n_layer, sizeof *m->layer);
    if (!b.used || !m->layer)
        b.rc = ond_nomem(err, "loading a model");
    else
        m->cfg.arch->tensors(&b);
    if (b.rc == 0) refuse_unused(&b);
    free(b.used);
    return b.rc;
}
