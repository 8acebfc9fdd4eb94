/* score.c - how likely a given text is: log probabilities of tokens, and perplexity as llama.cpp
 * measures it. */
#include "run/room.h"

#include "sys/map.h"

#include <math.h>

/* Evaluates m pending tokens with the logits of each, into rows. */
static int rows_of(ond_session *s, int m, float *rows, ond_err *err)
{
    ond_engine *e = s->e;
    if (atomic_exchange(&e->stop, false)) return ond_fail(err, OND_E_INTERRUPTED, "interrupted");
    ond_span span = {
        .kv = s->kv, .token = s->tok + s->n_kv, .n = m, .pos = s->n_kv, .n_out = m, .out = rows};
    int rc = ond_model_forward(e->model, e->pass, &span, 1, err);
    if (rc != 0) return rc;
    if (s->exact == s->n_kv) s->exact += m;
    s->n_kv += m;
    s->count.prefill_tokens += (uint64_t)m;
    e->count.prefill_tokens += (uint64_t)m;
    return OND_OK;
}

/* Log probabilities of the n pending tokens, each after what came before; `before` are the logits
 * before the first, or NULL. */
static int score_pending(ond_session *s, int n, const float *before, float *logprob, ond_err *err)
{
    int vocab = s->e->n_vocab, most = s->e->batch < OND__SCORE_ROWS ? s->e->batch : OND__SCORE_ROWS;
    float *rows = ond_pass_logits(s->e->pass);
    int rc = before ? ond_pick_check(before, vocab, err) : OND_OK;
    if (rc != 0) return rc;
    logprob[0] = before ? (float)ond_pick_logprob(before, vocab, s->tok[s->n_kv]) : 0;
    for (int done = 0; done < n;) {
        int m = n - done < most ? n - done : most;
        rc = rows_of(s, m, rows, err);
        for (int i = 0; i < m && rc == 0; i++)
            rc = ond_pick_check(rows + (size_t)i * (size_t)vocab, vocab, err);
        if (rc != 0) return rc;
        for (int i = 0; i < m && done + i + 1 < n; i++)
            logprob[done + i + 1] = (float)ond_pick_logprob(rows + (size_t)i * (size_t)vocab, vocab,
                                                            s->tok[s->n_kv - m + i + 1]);
        done += m;
        if (done == n)
            memcpy(s->logits, rows + (size_t)(m - 1) * (size_t)vocab, (size_t)vocab * sizeof *rows);
    }
    s->row = 0;
    s->live = true;
    return OND_OK;
}

int ond_session_score(ond_session *s, const int32_t *token, size_t n, float *logprob, ond_err *err)
{
    const float *before = NULL;
    int was = s->n, rc = OND_OK;
    if (n == 0) return OND_OK;
    if (was > 0) OND_TRY(ond_session_logits(s, &before, err));
    s->n_ahead = 0; /* every token is evaluated here, guessed or not */
    OND_TRY(ond_session_feed(s, token, n, err));
    s->looked = true;
    rc = score_pending(s, (int)n, before, logprob, err);
    if (rc != 0) ond__session_cut(s, was);
out:
    return rc;
}

/* ---- perplexity ---- */
static int chunk(ond_session *s, const int32_t *token, int ctx, bool bos, float *logprob,
                 ond_perplexity *p, ond_err *err)
{
    int half = ctx / 2, rc;
    ond__session_cut(s, 0);
    int32_t first = bos ? ond_tok_role_id(s->e->tok, OND_TOK_BOS) : token[0];
    OND_TRY(ond_session_feed(s, &first, 1, err));
    OND_TRY(ond_session_feed(s, token + 1, (size_t)half, err));
    s->looked = true;
    OND_TRY(ond_session_score(s, token + half + 1, (size_t)(ctx - half - 1), logprob, err));
    for (int i = 0; i < ctx - half - 1; i++) {
        p->nll -= (double)logprob[i];
        p->nll2 += (double)logprob[i] * (double)logprob[i];
    }
    p->n_scored += ctx - half - 1;
    p->n_chunk++;
    double mean = p->nll / p->n_scored, spread = p->nll2 / p->n_scored - mean * mean;
    p->value = exp(mean);
    p->error = spread > 0 && p->n_scored > 1 ? sqrt(spread / (p->n_scored - 1)) * p->value : 0;
out:
    return rc;
}

int ond_engine_perplexity(ond_engine *e, const int32_t *token, size_t n, int ctx,
                          int (*each)(void *self, const ond_perplexity *sofar), void *self,
                          ond_perplexity *out, ond_err *err)
{
    ond_session *s;
    *out = (ond_perplexity){0};
    if (ctx == 0) ctx = 512 < e->ctx ? 512 : e->ctx;
    if (ctx < 4 || ctx > e->ctx)
        return ond_fail(err, OND_E_INPUT,
                        "chunks of %d tokens cannot be scored: the context has %d", ctx, e->ctx);
    if (n < (size_t)ctx)
        return ond_fail(
            err, OND_E_INPUT,
            "the text has %zu tokens, and a chunk %d: give a longer text, or smaller chunks", n,
            ctx);
    int rc = ond_session_open(e, &s, err);
    if (rc != 0) return rc;
    float *logprob = ond_pages_alloc((size_t)ctx * sizeof *logprob, false);
    if (!logprob) rc = ond_nomem(err, "scoring");
    for (size_t at = 0; rc == 0 && at + (size_t)ctx <= n; at += (size_t)ctx) {
        rc = chunk(s, token + at, ctx,
                   ond_tok_add_bos(e->tok) && ond_tok_role_id(e->tok, OND_TOK_BOS) >= 0, logprob,
                   out, err);
        if (rc == 0 && each && each(self, out) != 0) break;
    }
    if (logprob) ond_pages_free(logprob, (size_t)ctx * sizeof *logprob);
    ond__session_cut(s, 0);
    ond_session_close(s);
    return rc;
}
