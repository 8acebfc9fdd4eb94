/* pass.c - one pass: its scratch, laid out once, and the walk through the layers.
 *
 * ond__pass_layout runs twice over the same fields: with no memory it only counts, so that a plan
 * and a pass agree to the byte. */
#include "model/room.h"

#include <stdlib.h>

enum { LINE = 64, MOST_TOK = 1 << 16 };

typedef struct bump {
    unsigned char *base;
    size_t at;
} bump;

static void *take(bump *b, size_t n, size_t size)
{
    unsigned char *p = b->base ? b->base + b->at : NULL;
    b->at = (b->at + n * size + LINE - 1) & ~(size_t)(LINE - 1);
    return p;
}

static size_t acts_most(const ond_model *m, int kind, int n_tok)
{
    size_t most = 0;
    for (int i = 0; i < m->n_acts; i++)
        if ((int)m->acts[i].kind == kind) {
            size_t n = m->kern->acts_bytes((ond_acts_kind)kind, n_tok, m->acts[i].n_col);
            if (n > most) most = n;
        }
    return most;
}

static size_t scratch_most(const ond_model *m, int max_tok)
{
    const ond_shape *s = &m->cfg.shape;
    size_t most = 0;
    int queries = ond__queries(s);
    for (int type = 0; type < 2; type++) {
        ond_attn a = {.n_query = max_tok < queries ? max_tok : queries,
                      .n_group = s->n_head / s->n_head_kv,
                      .d_k = s->d_k,
                      .d_v = s->d_v,
                      .kv_type = (ond_kv_type)type,
                      .n_kv = s->n_ctx_train,
                      .causal = m->cfg.causal};
        size_t n = m->kern->attn_scratch(&a);
        if (n > most) most = n;
    }
    return most;
}

static int widest(const ond_shape *s)
{
    int n = s->n_embd;
    if (s->n_ff > n) n = s->n_ff;
    if (s->n_head * s->d_v > n) n = s->n_head * s->d_v;
    return n;
}

static void lay_own(ond_pass *p, bump *b, ond__own *own)
{
    const ond_model *m = p->m;
    const ond_shape *s = &m->cfg.shape;
    int few = s->n_expert ? OND__EXPERT_TOKENS : OND__FEW;
    b->at = (b->at + 127) & ~(size_t)127; /* no line is shared with another member */
    for (int k = 0; k < OND__KINDS; k++) own->acts[k] = take(b, 1, acts_most(m, k, few));
    own->row = take(b, (size_t)widest(s), sizeof(float));
    own->settled = take(b, (size_t)s->n_embd, sizeof(float));
    own->rank = take(b, (size_t)OND__FEW * (size_t)m->max_rank, sizeof(float));
    own->scratch = take(b, 1, p->scratch_bytes);
    for (int i = 0; i < 2; i++) own->panel[i] = take(b, 1, m->panel_most);
    if (!s->n_expert) return;
    own->few = take(b, (size_t)OND__FEW * (size_t)s->n_embd, sizeof(float));
    own->gate = take(b, (size_t)OND__EXPERT_TOKENS * (size_t)s->n_ff_expert, sizeof(float));
    own->up = take(b, (size_t)OND__EXPERT_TOKENS * (size_t)s->n_ff_expert, sizeof(float));
    own->bucket = take(b, (size_t)s->n_expert + 1 + (size_t)p->max_tok * (size_t)s->n_expert_used,
                       sizeof(int));
}

static void lay_experts(ond_pass *p, bump *b)
{
    const ond_shape *s = &p->m->cfg.shape;
    size_t t = (size_t)p->max_tok, used = (size_t)s->n_expert_used;
    p->xn = take(b, t * (size_t)s->n_embd, sizeof(float));
    p->route = take(b, t * (size_t)s->n_expert, sizeof(float));
    p->slot = take(b, t * used * (size_t)s->n_embd, sizeof(float));
    p->pick = take(b, t * used, sizeof(int32_t));
    p->slot_of = take(b, t * used, sizeof(int32_t));
    p->share = take(b, t * used, sizeof(float));
}

void ond__pass_layout(ond_pass *p, const ond_model *m, int max_tok, int max_out, int n_thread,
                      unsigned char *base)
{
    const ond_shape *s = &m->cfg.shape;
    size_t t = (size_t)max_tok;
    bump b = {base, 0};
    p->m = m;
    p->max_tok = max_tok;
    p->max_out = max_out;
    p->n_thread = n_thread;
    p->scratch_bytes = scratch_most(m, max_tok);
    for (int i = 0; i < 2; i++) p->x[i] = take(&b, t * (size_t)s->n_embd, sizeof(float));
    p->q = take(&b, t * (size_t)s->n_head * (size_t)s->d_k, sizeof(float));
    p->k = take(&b, t * (size_t)s->n_head_kv * (size_t)s->d_k, sizeof(float));
    p->v = take(&b, t * (size_t)s->n_head_kv * (size_t)s->d_v, sizeof(float));
    p->att = take(&b, t * (size_t)s->n_head * (size_t)s->d_v, sizeof(float));
    if (!s->n_expert) p->h = take(&b, t * (size_t)s->n_ff, sizeof(float));
    if (m->two_step) p->u = take(&b, t * (size_t)s->n_ff, sizeof(float));
    if (m->layer[0].attn_post.w) p->y = take(&b, t * (size_t)s->n_embd, sizeof(float));
    for (int i = 0; i < m->n_rope; i++)
        p->cs[i] = take(&b, t * (size_t)m->cfg.n_rot, sizeof(float));
    p->rank = take(&b, t * (size_t)m->max_rank, sizeof(float));
    for (int k = 0; k < OND__KINDS; k++) p->acts[k] = take(&b, 1, acts_most(m, k, max_tok));
    if (s->embedding) {
        p->k_row = take(&b, t * (size_t)s->n_head_kv, ond_kv_row_bytes(OND_KV_F16, s->d_k));
        p->v_row = take(&b, t * (size_t)s->n_head_kv, ond_kv_row_bytes(OND_KV_F16, s->d_v));
    } else
        p->logits = take(&b, (size_t)max_out * (size_t)s->n_vocab, sizeof(float));
    if (s->n_expert) lay_experts(p, &b);
    p->place = take(&b, t, sizeof *p->place);
    p->span_of = take(&b, t, sizeof *p->span_of);
    p->own = take(&b, (size_t)n_thread, sizeof *p->own);
    ond__own none;
    for (int i = 0; i < n_thread; i++) lay_own(p, &b, base ? &p->own[i] : &none);
    p->bytes = b.at;
}

int ond_pass_open(const ond_model *m, ond_team *team, int max_tok, int max_out, ond_pass **out,
                  ond_err *err)
{
    *out = NULL;
    if (max_tok < 1 || max_tok > MOST_TOK || max_out < 0 || max_out > max_tok)
        return ond_fail(err, OND_E_INPUT,
                        "a pass of %d tokens with %d outputs cannot be had (1 to %d tokens can)",
                        max_tok, max_out, MOST_TOK);
    ond_pass *p = calloc(1, sizeof *p);
    if (!p) return ond_nomem(err, "opening a pass");
    int rc = team ? OND_OK : ond_team_open(1, &p->own_team, err);
    p->team = team ? team : p->own_team;
    if (rc == 0) {
        int n = ond_team_size(p->team);
        ond__pass_layout(p, m, max_tok, max_out, n, NULL);
        p->mem = ond_pages_alloc(p->bytes, true);
        if (p->mem)
            ond__pass_layout(p, m, max_tok, max_out, n, p->mem);
        else
            rc = ond_fail(err, OND_E_NOMEM, "%llu MiB of scratch for %d tokens cannot be had",
                          (unsigned long long)(p->bytes >> 20), max_tok);
    }
    if (rc == 0)
        *out = p;
    else
        ond_pass_close(p);
    return rc;
}

void ond_pass_close(ond_pass *p)
{
    if (!p) return;
    ond_pages_free(p->mem, p->bytes);
    ond_team_close(p->own_team);
    free(p);
}

float *ond_pass_logits(ond_pass *p)
{
    return p->logits;
}

void ond_pass_probe(ond_pass *p, ond_probe_fn *fn, void *self)
{
    p->probe = fn;
    p->probe_self = self;
}

static int check_span(const ond_pass *p, const ond_span *s, int at, ond_err *err)
{
    const ond_shape *sh = &p->m->cfg.shape;
    int room = sh->embedding ? sh->n_ctx_train : s->kv ? s->kv->n_ctx : 0;
    if (sh->embedding ? s->kv != NULL : s->kv == NULL)
        return ond_fail(err, OND_E_INPUT, "span %d: %s", at,
                        sh->embedding ? "an embedding model keeps no cache" : "a cache is needed");
    if (s->n < 1 || s->n_out < 0 || s->n_out > s->n || !s->token || (s->n_out > 0 && !s->out) ||
        (sh->embedding && !s->out))
        return ond_fail(err, OND_E_INPUT, "span %d: %d tokens with %d outputs make no sense", at,
                        s->n, s->n_out);
    if (s->pos < 0 || s->pos > room - s->n)
        return ond_fail(err, OND_E_INPUT,
                        "span %d: %d tokens at position %d do not fit into a context of %d", at,
                        s->n, s->pos, room);
    if (s->kv && (s->kv->n_layer != sh->n_layer || s->kv->n_head != sh->n_head_kv ||
                  s->kv->d_k != sh->d_k || s->kv->d_v != sh->d_v))
        return ond_fail(err, OND_E_INPUT, "span %d: its cache is another model's", at);
    for (int i = 0; i < s->n; i++)
        if (s->token[i] < 0 || s->token[i] >= sh->n_vocab)
            return ond_fail(err, OND_E_INPUT, "span %d: token %d is %d, and the vocabulary has %d",
                            at, i, s->token[i], sh->n_vocab);
    return OND_OK;
}

/* Places of the spans in the pass; sums checked against what was planned. */
static int place_spans(ond_pass *p, const ond_span *span, int n_span, ond_err *err)
{
    p->span = span;
    p->n_span = n_span;
    p->n_tok = p->n_out = p->longest = p->farthest = 0;
    if (n_span < 1 || n_span > p->max_tok)
        return ond_fail(err, OND_E_INPUT, "a pass takes 1 to %d spans, not %d", p->max_tok, n_span);
    p->out_all = span[0].out;
    for (int i = 0; i < n_span; i++) {
        const ond_span *s = &span[i];
        int rc = check_span(p, s, i, err);
        if (rc != 0) return rc;
        if (s->n > p->max_tok - p->n_tok ||
            (!p->m->cfg.shape.embedding && s->n_out > p->max_out - p->n_out))
            return ond_fail(
                err, OND_E_INPUT,
                "this pass was opened for %d tokens and %d outputs, and span %d goes beyond",
                p->max_tok, p->max_out, i);
        p->place[i] = (ond__place){p->n_tok, s->n_out, p->n_out};
        if (s->n_out > 0 && p->n_out == 0) p->out_all = s->out;
        if (s->n_out > 0 && p->out_all &&
            s->out != p->out_all + (size_t)p->n_out * (size_t)p->m->cfg.shape.n_vocab)
            p->out_all = NULL;
        for (int t = 0; t < s->n; t++) p->span_of[p->n_tok + t] = i;
        p->n_tok += s->n;
        p->n_out += s->n_out;
        if (s->n > p->longest) p->longest = s->n;
        if (s->pos + s->n > p->farthest) p->farthest = s->pos + s->n;
    }
    return OND_OK;
}

static void probe(ond__run *r, int layer)
{
    if (!r->p->probe) return;
    ond__norm_settle(r);
    if (r->me->index == 0)
        r->p->probe(r->p->probe_self, layer, r->p->x[r->x], r->n_tok, r->m->cfg.shape.n_embd);
    ond_member_wait(r->me);
}

static void run(void *self, ond_member *me)
{
    ond_pass *p = self;
    const ond_model *m = p->m;
    ond__run r = {
        .m = m, .kern = m->kern, .p = p, .me = me, .own = &p->own[me->index], .n_tok = p->n_tok};
    r.narrows = !m->cfg.shape.embedding && !p->probe;
    ond__embed(&r);
    probe(&r, -1);
    for (r.il = 0; r.il < m->cfg.shape.n_layer; r.il++) {
        r.last = r.narrows && r.il == m->cfg.shape.n_layer - 1;
        m->cfg.arch->layer(&r, &m->layer[r.il]);
        probe(&r, r.il);
    }
    if (m->cfg.shape.embedding) {
        ond__pool(&r);
        return; /* there is no head to look at, whatever n_out says */
    }
    ond__head(&r);
    if (p->probe && p->n_out > 0) {
        ond_member_wait(me);
        if (me->index == 0 && p->span[0].n_out > 0)
            p->probe(p->probe_self, m->cfg.shape.n_layer, p->span[0].out, 1, m->cfg.shape.n_vocab);
    }
}

int ond_model_forward(const ond_model *m, ond_pass *p, const ond_span *span, int n_span,
                      ond_err *err)
{
    if (p->m != m) return ond_fail(err, OND_E_INPUT, "the pass was opened for another model");
    int rc = place_spans(p, span, n_span, err);
    if (rc != 0) return rc;
    ond_team_run_some(p->team, run, p);
    return OND_OK;
}
