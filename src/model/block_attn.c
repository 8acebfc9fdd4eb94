/* block_attn.c - self-attention: norm, Q K V in one shared loop, rotation and cache, heads, output.
 *
 * With short spans a member that takes a head of a span rotates it, puts it into the cache and
 * attends in one go; with long spans, or fewer heads than members, the cache is filled first, all
 * meet, and pieces are blocks of queries. In the last layer only tokens that are wanted ask; the
 * others have done their work once their keys and values are in the cache. */
#include "model/room.h"

enum { SHORT = 8, FAR = 128 };

typedef struct heads { /* the cache of one (span, key head) */
    unsigned char *k, *v;
    size_t k_row, v_row;
    int pos; /* position of the span's first token in it */
} heads;

static heads cache_of(const ond__run *r, int span, int head)
{
    const ond_pass *p = r->p;
    const ond_shape *s = &r->m->cfg.shape;
    const ond_kv *kv = p->span[span].kv;
    if (kv)
        return (heads){ond__kv_k(kv, r->il, head), ond__kv_v(kv, r->il, head), kv->k_row, kv->v_row,
                       p->span[span].pos};
    size_t k = ond_kv_row_bytes(OND_KV_F16, s->d_k), v = ond_kv_row_bytes(OND_KV_F16, s->d_v);
    size_t at = (size_t)head * (size_t)p->max_tok + (size_t)p->place[span].start;
    return (heads){p->k_row + at * k, p->v_row + at * v, k, v, 0};
}

static void rotate(const ond__run *r, float *x, int n_head, const float *norm, const float *cs)
{
    const ond__cfg *c = &r->m->cfg;
    int d = c->shape.d_k;
    for (int h = 0; h < n_head; h++) {
        if (norm) r->kern->rms_norm(x + h * d, norm, d, c->eps, x + h * d);
        if (cs) r->kern->rope(x + h * d, c->n_rot, cs, c->neox);
    }
}

/* Rotates the queries that share key head `head`, rotates the key, and puts key and value into the
 * cache. */
static void put_head(ond__run *r, const ond__layer *l, int span, int i, int head)
{
    const ond_pass *p = r->p;
    const ond_shape *s = &r->m->cfg.shape;
    const ond_kv *kv = p->span[span].kv;
    ond_kv_type type = kv ? kv->type : OND_KV_F16;
    heads c = cache_of(r, span, head);
    int group = s->n_head / s->n_head_kv;
    size_t t = (size_t)(p->place[span].start + i), row = (size_t)(c.pos + i);
    const float *cs =
        r->m->cfg.n_rot ? p->cs[ond__rope_of(r->m, l, kv)] + t * (size_t)r->m->cfg.n_rot : NULL;
    float *k = p->k + (t * (size_t)s->n_head_kv + (size_t)head) * (size_t)s->d_k;
    if (!r->last || p->place[span].want > 0)
        rotate(r, p->q + (t * (size_t)s->n_head + (size_t)(head * group)) * (size_t)s->d_k, group,
               l->q_norm, cs);
    rotate(r, k, 1, l->k_norm, cs);
    r->kern->kv_put(type, k, s->d_k, c.k + row * c.k_row);
    r->kern->kv_put(type, p->v + (t * (size_t)s->n_head_kv + (size_t)head) * (size_t)s->d_v, s->d_v,
                    c.v + row * c.v_row);
}

/* Queries [begin, end) of a span, query heads [first, first + n_head) of one key head. */
static void ask(ond__run *r, const ond__layer *l, int span, int head, int first, int n_head,
                int begin, int end)
{
    const ond_pass *p = r->p;
    const ond__cfg *c = &r->m->cfg;
    const ond_shape *s = &c->shape;
    const ond_span *sp = &p->span[span];
    const ond__place *at = &p->place[span];
    heads cache = cache_of(r, span, head);
    /* In the last layer the wanted queries' outputs lie where their rows go on. */
    size_t out = (size_t)(r->last ? at->out + begin - (sp->n - at->want) : at->start + begin);
    ond_attn a = {
        .q = p->q +
             ((size_t)(at->start + begin) * (size_t)s->n_head + (size_t)first) * (size_t)s->d_k,
        .q_stride = (size_t)s->n_head * (size_t)s->d_k,
        .n_query = end - begin,
        .n_group = n_head,
        .d_k = s->d_k,
        .d_v = s->d_v,
        .kv_type = sp->kv ? sp->kv->type : OND_KV_F16,
        .k = cache.k,
        .v = cache.v,
        .k_stride = cache.k_row,
        .v_stride = cache.v_row,
        .pos = cache.pos + begin,
        .n_kv = cache.pos + (c->causal ? end : sp->n),
        .window = l->window,
        .causal = c->causal,
        .scale = c->attn_scale,
        .out = p->att + (out * (size_t)s->n_head + (size_t)first) * (size_t)s->d_v,
        .out_stride = (size_t)s->n_head * (size_t)s->d_v,
        .scratch = r->own->scratch,
    };
    r->kern->attend(&a);
}

static int first_query(const ond__run *r, int span)
{
    return r->last ? r->p->span[span].n - r->p->place[span].want : 0;
}

static void attend_short(ond__run *r, const ond__layer *l)
{
    const ond_pass *p = r->p;
    int n_kv = r->m->cfg.shape.n_head_kv, group = r->m->cfg.shape.n_head / n_kv, begin, end;
    while (ond_member_take(r->me, p->n_span * n_kv, 1, &begin, &end)) {
        int span = begin / n_kv, head = begin % n_kv, first = first_query(r, span);
        for (int i = 0; i < p->span[span].n; i++) put_head(r, l, span, i, head);
        if (first < p->span[span].n)
            ask(r, l, span, head, head * group, group, first, p->span[span].n);
    }
}

/* Into how many pieces the query heads of one key head are parted, so that every member has one.
 * Each piece turns the same keys and values into floats: no more than are needed. */
static int parts_of(int group, int pieces, int members)
{
    int parts = 1;
    while (parts < group && (pieces * parts < members || group % parts != 0)) parts++;
    return parts;
}

/* Blocks of queries; where there are too few for the team, heads of one group are parted. */
static void attend_long(ond__run *r, const ond__layer *l)
{
    const ond_pass *p = r->p;
    const ond_shape *s = &r->m->cfg.shape;
    int n_kv = s->n_head_kv, group = s->n_head / n_kv, queries = ond__queries(s), begin, end,
        blocks = 0;
    while (ond_member_take(r->me, p->n_tok * n_kv, ond__step(r, p->n_tok * n_kv), &begin, &end))
        for (int i = begin; i < end; i++) {
            int t = i / n_kv, span = p->span_of[t];
            put_head(r, l, span, t - p->place[span].start, i % n_kv);
        }
    ond_member_wait(r->me);
    for (int i = 0; i < p->n_span; i++)
        blocks += (p->span[i].n - first_query(r, i) + queries - 1) / queries;
    int parts = parts_of(group, blocks * n_kv, r->me->size), per = group / parts;
    /* The last blocks of a span see most: they go first, and the small ones fill the end. */
    for (int total = blocks * n_kv * parts; ond_member_take(r->me, total, 1, &begin, &end);) {
        int part = begin % parts, head = begin / parts % n_kv,
            block = blocks - 1 - begin / parts / n_kv, span = 0;
        for (;; span++) {
            int mine = (p->span[span].n - first_query(r, span) + queries - 1) / queries;
            if (block < mine) break;
            block -= mine;
        }
        int from = first_query(r, span) + block * queries, to = from + queries;
        if (to > p->span[span].n) to = p->span[span].n;
        ask(r, l, span, head, head * group + part * per, per, from, to);
    }
}

static void attend(ond__run *r, const ond__layer *l)
{
    const ond_pass *p = r->p;
    int pieces = p->n_span * r->m->cfg.shape.n_head_kv;
    bool few = p->farthest > FAR && pieces < r->me->size;
    if (p->longest <= SHORT && r->m->cfg.causal && !few)
        attend_short(r, l);
    else
        attend_long(r, l);
}

void ond__attn(ond__run *r, const ond__layer *l)
{
    ond_pass *p = r->p;
    const ond_shape *s = &r->m->cfg.shape;
    ond__input(r, NULL, s->n_embd, l->attn_norm, (const ond__mat *[]){&l->q, &l->k, &l->v}, 3);
    size_t q = (size_t)s->n_head * (size_t)s->d_k, k = (size_t)s->n_head_kv * (size_t)s->d_k,
           v = (size_t)s->n_head_kv * (size_t)s->d_v;
    bool ask_any = !r->last || p->n_out > 0;
    ond__job jobs[] = {{&l->k, p->k, k, false}, {&l->v, p->v, v, false}, {&l->q, p->q, q, false}};
    ond__multiply(r, jobs, ask_any ? 3 : 2);

    attend(r, l);
    if (r->last) ond__narrow(r);
    ond_member_wait(r->me);
    if (r->last) {
        r->x = 1 - r->x;
        r->n_tok = p->n_out;
        if (p->n_out == 0) return;
    }

    ond__input(r, p->att, s->n_head * s->d_v, l->sub_norm, (const ond__mat *[]){&l->o}, 1);
    bool apart = l->attn_post.w != NULL;
    ond__job job = {&l->o, apart ? p->y : p->x[r->x], (size_t)s->n_embd, !apart};
    ond__multiply(r, &job, 1);
    if (apart) r->pend = OND__PEND_ADD, r->pend_norm = l->attn_post;
    if (l->attn_out.w) r->pend = OND__PEND_NORM, r->pend_norm = l->attn_out;
}
