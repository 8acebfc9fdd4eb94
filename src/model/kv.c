/* kv.c - the cache of one session: keys and values of every position, and moving them about.
 *
 * K [n_layer, n_head_kv, n_ctx] rows, then V likewise: the rows of a head lie one after another, as
 * attention reads them. Pages cost nothing until a position is filled. */
#include "model/room.h"

#include <stdlib.h>

enum { CTX_MAX = 1 << 24 };

static size_t row_bytes(const ond_kv *kv)
{
    return kv->k_row + kv->v_row;
}

/* Bytes of n_ctx positions; 0 when they cannot be counted. */
size_t ond__kv_size(const ond_shape *s, int n_ctx, ond_kv_type type)
{
    if (s->embedding) return 0;
    size_t each = ond_kv_row_bytes(type, s->d_k) + ond_kv_row_bytes(type, s->d_v), n;
    if (__builtin_mul_overflow(each * (size_t)s->n_layer, (size_t)s->n_head_kv, &n) ||
        __builtin_mul_overflow(n, (size_t)n_ctx, &n))
        return 0;
    return n;
}

int ond_kv_open(const ond_model *m, int n_ctx, ond_kv_type type, ond_kv **out, ond_err *err)
{
    const ond_shape *s = &m->cfg.shape;
    *out = NULL;
    if (s->embedding)
        return ond_fail(err, OND_E_INPUT, "an embedding model (%s) keeps no cache", s->arch);
    if (n_ctx < 1 || n_ctx > CTX_MAX)
        return ond_fail(err, OND_E_INPUT, "a context of %d positions cannot be had (1 to %d can)",
                        n_ctx, CTX_MAX);
    ond_kv *kv = calloc(1, sizeof *kv);
    if (!kv) return ond_nomem(err, "opening a session");
    *kv = (ond_kv){.n_layer = s->n_layer,
                   .n_head = s->n_head_kv,
                   .n_ctx = n_ctx,
                   .d_k = s->d_k,
                   .d_v = s->d_v,
                   .type = type,
                   .k_row = ond_kv_row_bytes(type, s->d_k),
                   .v_row = ond_kv_row_bytes(type, s->d_v)};
    kv->bytes = ond__kv_size(s, n_ctx, type);
    kv->p = kv->bytes ? ond_pages_alloc(kv->bytes, false) : NULL;
    if (!kv->p) {
        free(kv);
        return ond_fail(
            err, OND_E_NOMEM,
            "the cache of %d positions of this model cannot be had: ask for a shorter context",
            n_ctx);
    }
    *out = kv;
    return OND_OK;
}

void ond_kv_close(ond_kv *kv)
{
    if (!kv) return;
    ond_pages_free(kv->p, kv->bytes);
    free(kv);
}

int ond_kv_ctx(const ond_kv *kv)
{
    return kv->n_ctx;
}

static void clip(const ond_kv *kv, int *begin, int *end)
{
    if (*begin < 0) *begin = 0;
    if (*end > kv->n_ctx) *end = kv->n_ctx;
    if (*end < *begin) *end = *begin;
}

void ond_kv_copy(ond_kv *to, const ond_kv *from, int begin, int end)
{
    clip(to, &begin, &end);
    clip(from, &begin, &end);
    size_t n = (size_t)(end - begin), at = (size_t)begin;
    for (int l = 0; l < from->n_layer; l++)
        for (int h = 0; h < from->n_head; h++) {
            memmove(ond__kv_k(to, l, h) + at * to->k_row, ond__kv_k(from, l, h) + at * from->k_row,
                    n * from->k_row);
            memmove(ond__kv_v(to, l, h) + at * to->v_row, ond__kv_v(from, l, h) + at * from->v_row,
                    n * from->v_row);
        }
}

size_t ond_kv_bytes(const ond_kv *kv, int begin, int end)
{
    clip(kv, &begin, &end);
    return (size_t)(end - begin) * row_bytes(kv) * (size_t)kv->n_layer * (size_t)kv->n_head;
}

void ond_kv_save(const ond_kv *kv, int begin, int end, void *out)
{
    clip(kv, &begin, &end);
    unsigned char *p = out;
    size_t k = (size_t)(end - begin) * kv->k_row, v = (size_t)(end - begin) * kv->v_row;
    for (int l = 0; l < kv->n_layer; l++)
        for (int h = 0; h < kv->n_head; h++, p += k + v) {
            memcpy(p, ond__kv_k(kv, l, h) + (size_t)begin * kv->k_row, k);
            memcpy(p + k, ond__kv_v(kv, l, h) + (size_t)begin * kv->v_row, v);
        }
}

void ond_kv_load(ond_kv *kv, int begin, int end, const void *bytes)
{
    clip(kv, &begin, &end);
    const unsigned char *p = bytes;
    size_t k = (size_t)(end - begin) * kv->k_row, v = (size_t)(end - begin) * kv->v_row;
    for (int l = 0; l < kv->n_layer; l++)
        for (int h = 0; h < kv->n_head; h++, p += k + v) {
            memcpy(ond__kv_k(kv, l, h) + (size_t)begin * kv->k_row, p, k);
            memcpy(ond__kv_v(kv, l, h) + (size_t)begin * kv->v_row, p + k, v);
        }
}

/* One cached row as floats. */
static void row_floats(const ond_kv *kv, const unsigned char *row, float *out)
{
    if (kv->type == OND_KV_F16) {
        for (int i = 0; i < kv->d_k; i++) {
            uint16_t h;
            memcpy(&h, row + 2 * i, 2);
            out[i] = ond_f16_to_f32(h);
        }
        return;
    }
    float scale;
    memcpy(&scale, row, 4);
    for (int i = 0; i < kv->d_k; i++) out[i] = scale * (float)(signed char)row[4 + i];
}

/* Turns the keys of a head at [from, end) back by n positions and moves both rows there. */
static void shift_head(const ond_model *m, ond_kv *kv, int layer, int head, int keep, int n,
                       int end, const float *cs)
{
    unsigned char *k = ond__kv_k(kv, layer, head), *v = ond__kv_v(kv, layer, head);
    float x[512];
    for (int p = keep + n; p < end; p++) {
        unsigned char *to = k + (size_t)(p - n) * kv->k_row;
        const unsigned char *from = k + (size_t)p * kv->k_row;
        if (!cs) {
            memmove(to, from, kv->k_row);
            continue;
        }
        row_floats(kv, from, x);
        m->kern->rope(x, m->cfg.n_rot, cs, m->cfg.neox);
        m->kern->kv_put(kv->type, x, kv->d_k, to);
    }
    memmove(v + (size_t)keep * kv->v_row, v + (size_t)(keep + n) * kv->v_row,
            (size_t)(end - keep - n) * kv->v_row);
}

int ond_kv_shift(const ond_model *m, ond_kv *kv, int keep, int n, int end, ond_err *err)
{
    if (keep < 0 || n < 1 || end > kv->n_ctx || keep > end - n)
        return ond_fail(err, OND_E_INPUT, "positions %d to %d of %d cannot be dropped", keep,
                        keep + n, end);
    float cs[OND__ROPES][512];
    for (int i = 0; i < m->n_rope; i++) ond__rope_row(m, &m->rope[i], -n, 1, cs[i]);
    for (int l = 0; l < kv->n_layer; l++) {
        const float *turn = m->cfg.n_rot ? cs[ond__rope_of(m, &m->layer[l], kv)] : NULL;
        for (int h = 0; h < kv->n_head; h++) shift_head(m, kv, l, h, keep, n, end, turn);
    }
    return OND_OK;
}
