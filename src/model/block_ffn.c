/* block_ffn.c - the feed-forward block: norm, gate and up together with their activation, down.
 *
 * One piece multiplies the same rows of gate and up, so that the activation is applied while both
 * are at hand. Where the two are of different types, or have biases or adapters, a piece does them
 * one after the other. */
#include "model/room.h"

bool ond__apart(const ond__mat *gate, const ond__mat *up)
{
    return gate->w.type != up->w.type || gate->w.layout != up->w.layout || gate->kind != up->kind ||
           gate->bias || up->bias || gate->lora || up->lora;
}

static void one_piece(ond__run *r, const ond__layer *l, int begin, int end)
{
    ond_pass *p = r->p;
    const ond__cfg *c = &r->m->cfg;
    size_t n = (size_t)c->shape.n_ff;
    if (l->gate.tensor && !ond__apart(&l->gate, &l->up)) {
        ond__matmul_glu(r, &l->gate.w, &l->up.w, &r->in[l->gate.kind], c->act, begin, end, p->h, n);
        return;
    }
    int row = begin * OND_PANEL_ROWS, last = end * OND_PANEL_ROWS;
    if (last > c->shape.n_ff) last = c->shape.n_ff;
    bool gated = l->gate.tensor != NULL;
    ond__piece(r, &(ond__job){gated ? &l->gate : &l->up, p->h, n, false}, begin, end);
    if (gated) ond__piece(r, &(ond__job){&l->up, p->u, n, false}, begin, end);
    for (int t = 0; t < r->n_tok; t++) {
        float *h = p->h + (size_t)t * n + row;
        r->kern->act_mul(c->act, h, gated ? p->u + (size_t)t * n + row : NULL, last - row, h);
    }
}

void ond__ffn(ond__run *r, const ond__layer *l)
{
    ond_pass *p = r->p;
    const ond_shape *s = &r->m->cfg.shape;
    if (r->n_tok == 0) return;
    const ond__mat *const in[] = {&l->up, &l->gate};
    ond__input(r, NULL, s->n_embd, l->ffn_norm, in, l->gate.tensor ? 2 : 1);
    int total = ond_panels(&l->up.w), begin, end;
    while (ond__panels_take(r, total, &begin, &end))
        one_piece(r, l, begin, end);
    ond_member_wait(r->me);

    ond__input(r, p->h, s->n_ff, l->ffn_sub, (const ond__mat *[]){&l->down}, 1);
    bool apart = l->ffn_post.w != NULL;
    ond__job job = {&l->down, apart ? p->y : p->x[r->x], (size_t)s->n_embd, !apart};
    ond__multiply(r, &job, 1);
    if (apart) r->pend = OND__PEND_ADD, r->pend_norm = l->ffn_post;
    if (l->ffn_out.w) r->pend = OND__PEND_NORM, r->pend_norm = l->ffn_out;
}
