/* block_embed.c - both ends of a network: tokens to rows and angles, rows to logits, or to one
 * pooled vector. */
#include "model/room.h"

#include <math.h>

void ond__embd_row(const ond_model *m, int row, float *out)
{
    const ond_weight *w = m->tied ? &m->head.w : &m->embd.w;
    if (w->layout == OND_PANEL)
        ond_unpack_row(w, row, out);
    else
        ond_dequant(w->type, w->data + (size_t)row * w->stride, (size_t)w->n_col, out);
}

static void embed_token(ond__run *r, int t)
{
    const ond_model *m = r->m;
    ond_pass *p = r->p;
    int n = m->cfg.shape.n_embd, span = p->span_of[t], i = t - p->place[span].start,
        pos = p->span[span].pos + i;
    float *x = p->x[0] + (size_t)t * (size_t)n;
    ond__embd_row(m, p->span[span].token[i], x);
    if (m->cfg.embd_scale != 1)
        for (int c = 0; c < n; c++) x[c] *= m->cfg.embd_scale;
    if (m->type_embd) r->kern->add(x, m->type_embd, n);
    if (m->pos_embd) {
        size_t stride = ond_type_row_bytes((ond_type)m->pos_embd->type, (uint64_t)n);
        ond_dequant((ond_type)m->pos_embd->type, m->pos_embd->p + (size_t)pos * stride, (size_t)n,
                    r->own->row);
        r->kern->add(x, r->own->row, n);
    }
    int only = m->cfg.scaling == OND__SCALE_LONG && m->n_rope == 2
                   ? ond__rope_of(m, &m->layer[0], p->span[span].kv)
                   : -1;
    for (int i_rope = 0; i_rope < m->n_rope; i_rope++)
        if (only < 0 || only == i_rope)
            ond__rope_row(m, &m->rope[i_rope], pos, m->rope[i_rope].mscale,
                          p->cs[i_rope] + (size_t)t * (size_t)m->cfg.n_rot);
}

void ond__embed(ond__run *r)
{
    int begin, end;
    while (ond_member_take(r->me, r->n_tok, ond__step(r, r->n_tok), &begin, &end))
        for (int t = begin; t < end; t++) embed_token(r, t);
    ond_member_wait(r->me);
    r->x = 0;
    r->pend = OND__PEND_NONE;
    if (r->m->embd_norm.w) r->pend = OND__PEND_NORM, r->pend_norm = r->m->embd_norm;
}

/* Rows [row, last) of the logits of every wanted token: capped, and brought to where its span wants
 * them. */
static void finish(const ond__run *r, const float *y, int row, int last)
{
    const ond_pass *p = r->p;
    float cap = r->m->cfg.final_cap;
    size_t n = (size_t)r->m->cfg.shape.n_vocab;
    for (int s = 0; s < p->n_span; s++)
        for (int i = 0; i < p->span[s].n_out; i++) {
            float *to = p->span[s].out + (size_t)i * n;
            const float *from = y + (size_t)(p->place[s].out + i) * n;
            if (to != from) memcpy(to + row, from + row, (size_t)(last - row) * sizeof *to);
            if (cap != 0)
                for (int c = row; c < last; c++) to[c] = cap * tanhf(to[c] / cap);
        }
}

void ond__head(ond__run *r)
{
    ond_pass *p = r->p;
    const ond_shape *s = &r->m->cfg.shape;
    if (p->n_out == 0) return;
    if (!r->narrows) { /* a probe wanted to see all rows */
        ond__norm_settle(r);
        ond__narrow(r);
        ond_member_wait(r->me);
        r->x = 1 - r->x;
        r->n_tok = p->n_out;
    }
    const ond__mat *head = &r->m->head;
    ond__input(r, NULL, s->n_embd, r->m->out_norm, &head, 1);
    ond__job job = {head, p->out_all ? p->out_all : p->logits, (size_t)s->n_vocab, false};
    int total = ond_panels(&head->w), begin, end;
    while (ond__panels_take(r, total, &begin, &end)) {
        ond__piece(r, &job, begin, end);
        int last = end * OND_PANEL_ROWS;
        finish(r, job.y, begin * OND_PANEL_ROWS, last < s->n_vocab ? last : s->n_vocab);
    }
    ond_member_wait(r->me);
}

static void pool_span(ond__run *r, int span)
{
    const ond_pass *p = r->p;
    const ond_shape *s = &r->m->cfg.shape;
    int n = s->n_embd, many = p->span[span].n;
    const float *x = p->x[r->x] + (size_t)p->place[span].start * (size_t)n;
    float *out = p->span[span].out;
    if (strcmp(s->pooling, "mean") == 0) {
        memcpy(out, x, (size_t)n * sizeof *out);
        for (int t = 1; t < many; t++) r->kern->add(out, x + (size_t)t * (size_t)n, n);
    } else
        memcpy(out, x + (strcmp(s->pooling, "last") == 0 ? (size_t)(many - 1) * (size_t)n : 0),
               (size_t)n * sizeof *out);
    double sum = 0;
    for (int c = 0; c < n; c++) sum += (double)out[c] * (double)out[c];
    float scale = sum > 0 ? (float)(1 / sqrt(sum)) : 0;
    for (int c = 0; c < n; c++) out[c] *= scale;
}

void ond__pool(ond__run *r)
{
    ond__norm_settle(r);
    for (int i = r->me->index; i < r->p->n_span; i += r->me->size) pool_span(r, i);
}
