/* block_norm.c - the steps between matrices: what is pending, norms, activations made ready; and
 * the shared loop over panels.
 *
 * A block leaves its output "pending" where it needs a norm before it joins the residual stream;
 * the next block's input does that in passing. With few tokens every member does it all for itself,
 * into memory of its own, which is cheaper than meeting once more; with many they part the tokens
 * and meet. The values are the same either way.
 *
 * 1. What is pending is read from p->x[x] and written to p->x[1 - x], by one member a token: nobody
 * reads what is being written.
 * 2. All members' ond__run change in the same way at the same steps. */
#include "model/room.h"

#include <math.h>

void ond__norm_row(ond__run *r, const float *x, ond__norm n, int size, float *y)
{
    if (n.b)
        r->kern->layer_norm(x, n.w, n.b, size, r->m->cfg.eps, y);
    else
        r->kern->rms_norm(x, n.w, size, r->m->cfg.eps, y);
}

static const float *stream_row(const ond__run *r, int which, int t)
{
    return r->p->x[which] + (size_t)t * (size_t)r->m->cfg.shape.n_embd;
}

/* Row t of the stream with what is pending done. */
static void settle_row(ond__run *r, int t, float *out)
{
    const ond_pass *p = r->p;
    int n = r->m->cfg.shape.n_embd, used = r->m->cfg.shape.n_expert_used;
    const float *x = stream_row(r, r->x, t);
    switch (r->pend) {
    case OND__PEND_NONE:
        memcpy(out, x, (size_t)n * sizeof *out);
        break;
    case OND__PEND_NORM:
        ond__norm_row(r, x, r->pend_norm, n, out);
        break;
    case OND__PEND_ADD:
        ond__norm_row(r, p->y + (size_t)t * (size_t)n, r->pend_norm, n, out);
        r->kern->add(out, x, n);
        break;
    case OND__PEND_EXPERTS:
        memcpy(out, x, (size_t)n * sizeof *out);
        for (int i = 0; i < used; i++) {
            size_t at = (size_t)t * (size_t)used + (size_t)i;
            r->kern->axpy(out, p->share[at], p->slot + (size_t)p->slot_of[at] * (size_t)n, n);
        }
        break;
    }
}

/* A x of every adapter on these matrices, for one row. */
static void rank_row(const ond__run *r, const float *row, int n_col, const ond__mat *const *mats,
                     int n, float *out)
{
    for (int i = 0; i < n; i++)
        for (const ond__lora *l = mats[i]->lora; l; l = l->next)
            for (int j = 0; j < l->rank; j++)
                out[l->at + j] = r->kern->dot(l->a + (size_t)j * (size_t)n_col, row, n_col);
}

typedef struct source {
    const float *src; /* NULL: the stream */
    int n_col;
    ond__norm norm;
    const ond__mat *const *mats;
    int n;
    unsigned kinds; /* bits of ond_acts_kind */
    bool ranks, settles;
    float *rank, *xn; /* xn NULL: normed rows are not kept */
} source;

/* The row of token t as the matrices want it, before it is turned into activations. */
static const float *ready_row(ond__run *r, const source *s, int t, bool mine)
{
    float *row = s->xn ? s->xn + (size_t)t * (size_t)s->n_col : r->own->row;
    const float *x = s->src ? s->src + (size_t)t * (size_t)s->n_col : stream_row(r, r->x, t);
    if (s->settles) {
        float *to = mine ? r->p->x[1 - r->x] + (size_t)t * (size_t)s->n_col : r->own->settled;
        settle_row(r, t, to);
        x = to;
    }
    if (!s->norm.w) {
        if (s->xn) memcpy(row, x, (size_t)s->n_col * sizeof *row);
        return x;
    }
    ond__norm_row(r, x, s->norm, s->n_col, row);
    return row;
}

static void prepare(ond__run *r, const source *s, int t, bool mine)
{
    const float *row = ready_row(r, s, t, mine);
    for (int k = 0; k < OND__KINDS; k++)
        if (s->kinds >> k & 1) r->kern->acts_put(&r->in[k], row, 0, t, t + 1);
    if (s->ranks)
        rank_row(r, row, s->n_col, s->mats, s->n, s->rank + (size_t)t * (size_t)r->m->max_rank);
}

static void set_inputs(ond__run *r, source *s, bool few)
{
    for (int i = 0; i < s->n; i++) {
        s->kinds |= 1u << s->mats[i]->kind;
        s->ranks |= s->mats[i]->lora != NULL;
    }
    for (int k = 0; k < OND__KINDS; k++)
        if (s->kinds >> k & 1)
            r->in[k] = (ond_acts){(ond_acts_kind)k, r->n_tok, s->n_col,
                                  few ? r->own->acts[k] : r->p->acts[k]};
    s->rank = few ? r->own->rank : r->p->rank;
    r->rank = s->rank;
    r->xn = s->xn;
}

/* Six tokens of a long prompt share the lines of their activations (kern/panel.h): two members that
 * part them wait for each other at each line. Not where that would leave members without any. */
static int whole_groups(const ond__run *r, int tokens)
{
    if (r->n_tok < 6 * r->me->size) return tokens;
    return tokens < 6 ? 6 : tokens / 6 * 6;
}

void ond__input(ond__run *r, const float *src, int n_col, ond__norm norm,
                const ond__mat *const *mats, int n)
{
    bool few = r->n_tok <= OND__FEW;
    source s = {src, n_col, norm, mats, n, 0, false, !src && r->pend != OND__PEND_NONE, NULL, NULL};
    if (r->keep) s.xn = few ? r->own->few : r->p->xn;
    set_inputs(r, &s, few);
    int begin, end;
    if (few)
        for (int t = 0; t < r->n_tok; t++) prepare(r, &s, t, t % r->me->size == r->me->index);
    else {
        while (
            ond_member_take(r->me, r->n_tok, whole_groups(r, ond__step(r, r->n_tok)), &begin, &end))
            for (int t = begin; t < end; t++) prepare(r, &s, t, true);
        ond_member_wait(r->me);
    }
    if (!s.settles) return;
    r->x = 1 - r->x;
    r->pend = OND__PEND_NONE;
}

void ond__norm_settle(ond__run *r)
{
    if (r->pend == OND__PEND_NONE) return;
    int begin, end, n = r->m->cfg.shape.n_embd;
    while (ond_member_take(r->me, r->n_tok, ond__step(r, r->n_tok), &begin, &end))
        for (int t = begin; t < end; t++)
            settle_row(r, t, r->p->x[1 - r->x] + (size_t)t * (size_t)n);
    ond_member_wait(r->me);
    r->x = 1 - r->x;
    r->pend = OND__PEND_NONE;
}

/* Pieces of a shared loop: some six a member, so that one on a stolen core takes fewer. Even, since
 * kernels like two panels. */
int ond__step(const ond__run *r, int total)
{
    int step = total / (6 * r->me->size);
    return step < 2 ? 1 : step & ~1;
}

/* With few tokens a piece is one stream from memory: long ones first, short ones at the end. With
 * many, all activations go through the cache once a piece, and short ones cost more than they save
 * (9 % of a prefill at 360M). */
bool ond__panels_take(const ond__run *r, int total, int *begin, int *end)
{
    if (r->n_tok > OND__FEW) return ond_member_take(r->me, total, ond__step(r, total), begin, end);
    int least = total / 64 & ~1, even = ond__step(r, total);
    if (least < 2) least = 2;
    if (least > even) least = even; /* with many members, too, each has a piece */
    return ond_member_portion(r->me, total, least, begin, end);
}

static void add_bias(const ond__run *r, const ond__job *job, int row, int n)
{
    for (int t = 0; t < r->n_tok; t++)
        r->kern->add(job->y + (size_t)t * job->stride + row, job->mat->bias + row, n);
}

static void add_lora(const ond__run *r, const ond__job *job, int row, int n)
{
    for (const ond__lora *l = job->mat->lora; l; l = l->next)
        for (int t = 0; t < r->n_tok; t++) {
            const float *ax = r->rank + (size_t)t * (size_t)r->m->max_rank + l->at;
            float *y = job->y + (size_t)t * job->stride + row;
            for (int i = 0; i < n; i++)
                y[i] += l->scale *
                        r->kern->dot(l->b + (size_t)(row + i) * (size_t)l->rank, ax, l->rank);
        }
}

void ond__piece(ond__run *r, const ond__job *job, int begin, int end)
{
    const ond_weight *w = &job->mat->w;
    ond__matmul(r, w, &r->in[job->mat->kind], begin, end, job->y, job->stride, job->add);
    int row = begin * OND_PANEL_ROWS, last = end * OND_PANEL_ROWS;
    if (last > w->n_row) last = w->n_row;
    if (job->mat->bias) add_bias(r, job, row, last - row);
    if (job->mat->lora) add_lora(r, job, row, last - row);
}

void ond__multiply(ond__run *r, const ond__job *jobs, int n)
{
    int total = 0, begin, end;
    for (int i = 0; i < n; i++) total += ond_panels(&jobs[i].mat->w);
    while (ond__panels_take(r, total, &begin, &end)) {
        int base = 0;
        for (int i = 0; i < n && base < end; i++) {
            int panels = ond_panels(&jobs[i].mat->w);
            int from = begin > base ? begin - base : 0,
                to = end - base < panels ? end - base : panels;
            if (from < to) ond__piece(r, &jobs[i], from, to);
            base += panels;
        }
    }
    ond_member_wait(r->me);
}

/* After the last attention only the wanted rows go on: they move to the front of the other half of
 * the stream. Called between two meetings in which nobody writes the stream; the caller meets
 * before it reads it. */
void ond__narrow(ond__run *r)
{
    size_t n = (size_t)r->m->cfg.shape.n_embd;
    for (int s = r->me->index; s < r->p->n_span; s += r->me->size) {
        const ond__place *a = &r->p->place[s];
        size_t from = (size_t)(a->start + r->p->span[s].n - a->want);
        memcpy(r->p->x[1 - r->x] + (size_t)a->out * n, r->p->x[r->x] + from * n,
               (size_t)a->want * n * sizeof(float));
    }
}
