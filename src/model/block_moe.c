/* block_moe.c - a mixture of experts: the router's softmax, the best few a token, each expert once
 * over the tokens it got.
 *
 * An expert is one piece: whoever takes it gathers its tokens, multiplies gate, up and down, and
 * leaves the outputs in slots of their own; the next block's input adds them up in the router's
 * order, so that the sum does not depend on who was first. Slots are sorted by expert, then by
 * token. */
#include "model/room.h"

/* The best `used` of a token by probability; of equals, the first. Their shares sum to one. */
static void route_token(const ond__run *r, int t)
{
    const ond_pass *p = r->p;
    const ond__cfg *c = &r->m->cfg;
    int n = c->shape.n_expert, used = c->shape.n_expert_used;
    float *score = p->route + (size_t)t * (size_t)n, sum = 0;
    int32_t *pick = p->pick + (size_t)t * (size_t)used;
    float *share = p->share + (size_t)t * (size_t)used;
    r->kern->softmax(score, n);
    for (int i = 0; i < used; i++) {
        int best = -1;
        for (int e = 0; e < n; e++)
            if (score[e] >= 0 && (best < 0 || score[e] > score[best])) best = e;
        if (best < 0) best = 0; /* NaN everywhere: any expert gives NaN */
        pick[i] = best;
        share[i] = score[best];
        sum += share[i];
        score[best] = -1;
    }
    if (sum < 6.103515625e-5f) sum = 6.103515625e-5f;
    for (int i = 0; i < used; i++) share[i] = share[i] / sum * c->expert_scale;
}

/* bucket[e] … bucket[e + 1]: the entries (token * used + i) of expert e, in order; also tells each
 * entry its slot. */
static void sort_entries(ond__run *r)
{
    const ond_pass *p = r->p;
    int n = r->m->cfg.shape.n_expert, total = r->n_tok * r->m->cfg.shape.n_expert_used;
    int *from = r->own->bucket, *entry = from + n + 1;
    memset(from, 0, (size_t)(n + 1) * sizeof *from);
    for (int i = 0; i < total; i++) from[p->pick[i] + 1]++;
    for (int e = 0; e < n; e++) from[e + 1] += from[e];
    for (int i = 0; i < total; i++) entry[from[p->pick[i]]++] = i;
    for (int e = n; e > 0; e--) from[e] = from[e - 1];
    from[0] = 0;
    if (r->me->index == 0)
        for (int at = 0; at < total; at++) p->slot_of[entry[at]] = at;
}

static ond_weight expert(const ond__experts *x, int e)
{
    ond_weight w = x->first.w;
    w.data += (size_t)e * x->step;
    return w;
}

/* Acts of the rows of entries [0, n). */
static ond_acts gather(const ond__run *r, ond_acts_kind kind, const int *entry, int n)
{
    int width = r->m->cfg.shape.n_embd, used = r->m->cfg.shape.n_expert_used;
    ond_acts a = {kind, n, width, r->own->acts[kind]};
    for (int i = 0; i < n; i++)
        r->kern->acts_put(&a, r->xn + (size_t)(entry[i] / used) * (size_t)width, 0, i, i + 1);
    return a;
}

static void run_expert(ond__run *r, const ond__layer *l, int e, const int *entry, int n, float *out)
{
    const ond__cfg *c = &r->m->cfg;
    int wide = c->shape.n_ff_expert, panels = (wide + OND_PANEL_ROWS - 1) / OND_PANEL_ROWS;
    size_t stride = (size_t)wide;
    ond_weight gate = expert(&l->gate_x, e), up = expert(&l->up_x, e), down = expert(&l->down_x, e);
    ond_acts_kind kind = l->gate_x.first.kind;
    float *h = r->own->gate;
    ond_acts in = gather(r, kind, entry, n);
    if (ond__apart(&l->gate_x.first, &l->up_x.first)) {
        ond__matmul(r, &gate, &in, 0, panels, h, stride, false);
        if (l->up_x.first.kind != kind) in = gather(r, l->up_x.first.kind, entry, n);
        ond__matmul(r, &up, &in, 0, panels, r->own->up, stride, false);
        for (int i = 0; i < n; i++)
            r->kern->act_mul(c->act, h + (size_t)i * stride, r->own->up + (size_t)i * stride, wide,
                             h + (size_t)i * stride);
    } else
        ond__matmul_glu(r, &gate, &up, &in, c->act, 0, panels, h, stride);
    kind = l->down_x.first.kind;
    ond_acts mid = {kind, n, wide, r->own->acts[kind]};
    r->kern->acts_put(&mid, h, stride, 0, n);
    ond__matmul(r, &down, &mid, 0, ond_panels(&down), out, (size_t)c->shape.n_embd, false);
}

static void run_experts(ond__run *r, const ond__layer *l)
{
    int begin, end, n = r->m->cfg.shape.n_expert;
    size_t width = (size_t)r->m->cfg.shape.n_embd;
    const int *from = r->own->bucket, *entry = from + n + 1;
    int active[1024], n_active = 0;
    for (int e = 0; e < n; e++)
        if (from[e + 1] > from[e]) active[n_active++] = e;
    while (ond_member_take(r->me, n_active, 1, &begin, &end)) {
        int e = active[begin];
        for (int at = from[e]; at < from[e + 1]; at += OND__EXPERT_TOKENS) {
            int many =
                from[e + 1] - at < OND__EXPERT_TOKENS ? from[e + 1] - at : OND__EXPERT_TOKENS;
            run_expert(r, l, e, entry + at, many, r->p->slot + (size_t)at * width);
        }
    }
}

void ond__moe(ond__run *r, const ond__layer *l)
{
    ond_pass *p = r->p;
    const ond_shape *s = &r->m->cfg.shape;
    if (r->n_tok == 0) return;
    r->keep = true;
    ond__input(r, NULL, s->n_embd, l->ffn_norm, (const ond__mat *[]){&l->router}, 1);
    r->keep = false;
    ond__multiply(r, &(ond__job){&l->router, p->route, (size_t)s->n_expert, false}, 1);

    int begin, end;
    while (ond_member_take(r->me, r->n_tok, ond__step(r, r->n_tok), &begin, &end))
        for (int t = begin; t < end; t++) route_token(r, t);
    ond_member_wait(r->me);

    sort_entries(r);
    run_experts(r, l);
    ond_member_wait(r->me);
    r->pend = OND__PEND_EXPERTS;
}
