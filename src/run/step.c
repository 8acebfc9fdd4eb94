/* step.c - one pass over what is pending: who takes part, with how many tokens, and what becomes of
 * the result.
 *
 * Sessions that decode come first, one token each and guesses as far as there is room; then pieces
 * of prompts, beginning with another session each time, so that none waits for long behind
 * another's prompt. */
#include "run/room.h"

#include "sys/clock.h"

static int pending(const ond_session *s)
{
    return s->n - s->n_kv;
}

/* More guesses where they came true, fewer where they did not. */
static int guesses(ond_session *s, int room)
{
    if (s->draft == 0) return 0;
    if (s->drafted > 0) {
        if (s->accepted >= s->drafted)
            s->draft_now = 2 * s->draft_now;
        else
            s->draft_now = s->accepted + 1;
    }
    if (s->draft_now < 1) s->draft_now = 1;
    if (s->draft_now > s->draft) s->draft_now = s->draft;
    s->drafted = s->accepted = 0;
    int most = s->draft_now < room ? s->draft_now : room;
    if (most > s->e->ctx - s->n) most = s->e->ctx - s->n;
    return most > 0 ? ond__guess(s->tok, s->n, s->tok + s->n, most) : 0;
}

static void span_add(ond_engine *e, int *n_span, ond_session *s, int n, int n_out)
{
    e->spanned[*n_span] = s;
    e->span[(*n_span)++] = (ond_span){.kv = s->kv,
                                      .token = s->tok + s->n_kv,
                                      .n = n,
                                      .pos = s->n_kv,
                                      .n_out = n_out,
                                      .out = n_out ? s->logits : NULL};
}

/* Fills e->span; returns how many. */
static int spans_choose(ond_engine *e, ond_session **list, int n, int budget)
{
    int n_span = 0, used = 0, decoding = 0;
    for (int i = 0; i < n; i++) decoding += pending(list[i]) == 1;
    for (int k = 0; k < n && used < budget; k++) {
        ond_session *s = list[(e->turn + k) % n];
        if (pending(s) != 1) continue;
        decoding--;
        int more = guesses(s, budget - used - 1 - decoding);
        span_add(e, &n_span, s, 1 + more, 1 + more);
        used += 1 + more;
    }
    for (int k = 0; k < n && used < budget; k++) {
        ond_session *s = list[(e->turn + k) % n];
        int want = pending(s), take = want < budget - used ? want : budget - used;
        if (want < 2) continue;
        span_add(e, &n_span, s, take, take == want);
        used += take;
    }
    e->turn = (e->turn + 1) % (n ? n : 1);
    return n_span;
}

/* What a session has after its span; shares a prompt that is now whole. */
static void span_done(ond_session *s, const ond_span *span, bool decode)
{
    int real = decode ? 1 : span->n;
    if (s->exact == s->n_kv) s->exact += real;
    s->n_kv += real;
    s->live = span->n_out > 0;
    s->row = 0;
    s->n_ahead = span->n - real;
    s->drafted = s->n_ahead;
    if (decode) return;
    s->fresh += real;
    if (s->n_kv == s->n) ond__share(s, s->n, s->e->disk_min > 0 && s->fresh >= s->e->disk_min);
}

static void count(ond_engine *e, int n_span, const bool *decode, double ms)
{
    int all = 0;
    for (int i = 0; i < n_span; i++) all += e->span[i].n;
    for (int i = 0; i < n_span; i++) {
        const ond_span *sp = &e->span[i];
        ond_counters c = {.passes = 1};
        double part = ms * sp->n / all;
        if (decode[i])
            c.decode_tokens = 1, c.drafted = (uint64_t)sp->n - 1, c.decode_ms = part;
        else
            c.prefill_tokens = (uint64_t)sp->n, c.prefill_ms = part;
        ond__count_add(&e->spanned[i]->count, &c);
        c.passes = i == 0;
        ond__count_add(&e->count, &c);
    }
}

int ond__pass(ond_engine *e, ond_session **list, int n, int budget, ond_err *err)
{
    if (atomic_exchange(&e->stop, false)) return ond_fail(err, OND_E_INTERRUPTED, "interrupted");
    if (budget <= 0 || budget > e->batch) budget = e->batch;
    for (int i = 0; i < n; i++)
        if (pending(list[i]) > 0 && !list[i]->looked) ond__reuse(list[i]);
    int n_span = spans_choose(e, list, n, budget);
    if (n_span == 0) return OND_OK;
    uint64_t began = ond_steady_us();
    int rc = ond_model_forward(e->model, e->pass, e->span, n_span, err);
    if (rc != 0) return rc;
    double ms = (double)(ond_steady_us() - began) / 1000;
    bool decode[1024]; /* sessions at most */
    for (int i = 0; i < n_span; i++) decode[i] = pending(e->spanned[i]) == 1;
    count(e, n_span, decode, ms);
    for (int i = 0; i < n_span; i++) span_done(e->spanned[i], &e->span[i], decode[i]);
    return OND_OK;
}

int ond_engine_step(ond_engine *e, int budget, int *left, ond_err *err)
{
    int rc = ond__pass(e, e->session, e->n_session, budget, err);
    if (left) *left = 0;
    for (int i = 0; left && i < e->n_session; i++) *left += pending(e->session[i]);
    return rc;
}

int ond_session_run(ond_session *s, ond_err *err)
{
    int rc = OND_OK;
    while (rc == 0 && pending(s) > 0) rc = ond__pass(s->e, &s, 1, 0, err);
    return rc;
}
