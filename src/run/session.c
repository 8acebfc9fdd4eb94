/* session.c - a timeline of tokens with its cache: fed, cut, moved, forked, asked for logits. */
#include "run/room.h"

#include "sys/map.h"

#include <stdlib.h>

int ond_session_open(ond_engine *e, ond_session **out, ond_err *err)
{
    *out = NULL;
    if (e->embedding)
        return ond_fail(err, OND_E_INPUT, "an embedding model has no sessions: use ond_embed");
    if (e->n_session == e->max_session)
        return ond_fail(err, OND_E_BUDGET,
                        "%d of %d sessions are open: close one, or open the engine with more "
                        "(ond_engine_opts.sessions)",
                        e->n_session, e->max_session);
    ond_session *s = calloc(1, sizeof *s);
    if (!s) return ond_nomem(err, "opening a session");
    s->e = e;
    s->logits_bytes = (size_t)(1 + e->draft) * (size_t)e->n_vocab * sizeof(float);
    s->logits = ond_pages_alloc(s->logits_bytes, false);
    s->tok = malloc((size_t)e->ctx * sizeof *s->tok);
    int rc = s->logits && s->tok ? OND_OK : ond_nomem(err, "opening a session");
    if (rc == 0) rc = ond_kv_open(e->model, e->ctx, e->kv_type, &s->kv, err);
    e->session[e->n_session++] = s;
    if (rc == 0)
        *out = s;
    else
        ond_session_close(s);
    return rc;
}

void ond_session_close(ond_session *s)
{
    if (!s) return;
    ond_engine *e = s->e;
    if (s->kv) ond__share(s, s->n_kv, false);
    for (int i = 0; i < e->n_session; i++)
        if (e->session[i] == s) {
            e->session[i] = e->session[--e->n_session];
            break;
        }
    ond_kv_close(s->kv);
    if (s->logits) ond_pages_free(s->logits, s->logits_bytes);
    free(s->tok);
    free(s);
}

int ond_session_fork(const ond_session *s, ond_session **out, ond_err *err)
{
    ond_session *f;
    int rc = ond_session_open(s->e, &f, err);
    *out = NULL;
    if (rc != 0) return rc;
    memcpy(f->tok, s->tok, (size_t)s->n * sizeof *s->tok);
    ond_kv_copy(f->kv, s->kv, 0, s->n_kv);
    f->n = s->n;
    f->n_kv = s->n_kv;
    f->exact = s->exact;
    f->live = s->live;
    f->looked = s->looked;
    f->draft = s->draft;
    if (s->live) {
        size_t n = (size_t)s->e->n_vocab;
        memcpy(f->logits, s->logits + (size_t)s->row * n, n * sizeof *f->logits);
    }
    *out = f;
    return OND_OK;
}

/* ---- the timeline ---- */
static int tokens_check(const ond_engine *e, const int32_t *token, size_t n, ond_err *err)
{
    for (size_t i = 0; i < n; i++)
        if (token[i] < 0 || token[i] >= e->n_vocab)
            return ond_fail(err, OND_E_INPUT, "token %zu is %d: this model's go from 0 to %d", i,
                            (int)token[i], e->n_vocab - 1);
    return OND_OK;
}

static int room_check(const ond_session *s, int have, size_t n, ond_err *err)
{
    size_t left = (size_t)(s->e->ctx - have);
    if (n <= left) return OND_OK;
    if (have == 0)
        return ond_fail(err, OND_E_INPUT,
                        "the prompt has %zu tokens, and the context %d: shorten it, or open the "
                        "model with a larger context",
                        n, s->e->ctx);
    return ond_fail(err, OND_E_INPUT,
                    "%zu more tokens after %d make %zu, and the context has %d: shorten them, or "
                    "open the model with a "
                    "larger context",
                    n, have, n + (size_t)have, s->e->ctx);
}

static void append(ond_session *s, int32_t token)
{
    if (s->n_ahead > 0 && s->tok[s->n] == token) {
        /* As guessed: it is evaluated already, and so are the logits after it. */
        if (s->exact == s->n_kv) s->exact++;
        s->n++;
        s->n_kv++;
        s->n_ahead--;
        s->row++;
        s->accepted++;
        s->count.accepted++;
        s->e->count.accepted++;
        return;
    }
    s->n_ahead = 0;
    s->live = false;
    s->tok[s->n++] = token;
}

int ond_session_feed(ond_session *s, const int32_t *token, size_t n, ond_err *err)
{
    int rc = tokens_check(s->e, token, n, err);
    if (rc == 0) rc = room_check(s, s->n, n, err);
    if (rc != 0) return rc;
    for (size_t i = 0; i < n; i++) append(s, token[i]);
    if (n > 1) s->looked = false;
    return OND_OK;
}

int ond_session_text(ond_session *s, const char *text, unsigned flags, ond_err *err)
{
    ond_tokens t = {0};
    int rc = ond_encode(s->e, text, strlen(text), flags, &t, err);
    if (rc == 0) rc = ond_session_feed(s, t.p, t.n, err);
    ond_tokens_free(&t);
    return rc;
}

int ond__same_prefix(const int32_t *a, int na, const int32_t *b, int nb)
{
    int n = na < nb ? na : nb, i = 0;
    while (i < n && a[i] == b[i]) i++;
    return i;
}

int ond_session_set(ond_session *s, const int32_t *token, size_t n, ond_err *err)
{
    int rc = tokens_check(s->e, token, n, err);
    if (rc == 0) rc = room_check(s, 0, n, err);
    if (rc != 0) return rc;
    int same = ond__same_prefix(s->tok, s->n, token, (int)n);
    if (same < s->n) {
        ond__share(s, s->n_kv, false); /* what is dropped here may be asked for again */
        ond__session_cut(s, same);
    }
    return ond_session_feed(s, token + same, n - (size_t)same, err);
}

void ond__session_cut(ond_session *s, int n)
{
    if (n >= s->n) return;
    s->n = n < 0 ? 0 : n;
    if (s->n_kv > s->n) s->n_kv = s->n;
    if (s->exact > s->n) s->exact = s->n;
    s->n_ahead = 0;
    s->live = false;
    s->looked = false;
}

void ond_session_truncate(ond_session *s, int n)
{
    ond__session_cut(s, n);
}

int ond_session_shift(ond_session *s, int keep, int n, ond_err *err)
{
    if (keep < 0 || n < 0 || keep > s->n || n > s->n - keep)
        return ond_fail(err, OND_E_INPUT,
                        "%d tokens after the first %d cannot be forgotten: there are %d", n, keep,
                        s->n);
    if (n == 0) return OND_OK;
    if (n == s->n - keep) { /* nothing moves down, and the logits are those after what goes */
        ond__session_cut(s, keep);
        return OND_OK;
    }
    int rc = ond_session_run(s, err);
    if (rc == 0) rc = ond_kv_shift(s->e->model, s->kv, keep, n, s->n, err);
    if (rc != 0) return rc;
    memmove(s->tok + keep, s->tok + keep + n, (size_t)(s->n - keep - n) * sizeof *s->tok);
    s->n -= n;
    s->n_kv = s->n;
    s->n_ahead = 0;
    if (s->exact > keep) s->exact = keep;
    return OND_OK;
}

int ond_session_count(const ond_session *s)
{
    return s->n;
}
int ond_session_pending(const ond_session *s)
{
    return s->n - s->n_kv;
}
int ond_session_room(const ond_session *s)
{
    return s->e->ctx - s->n;
}
const int32_t *ond_session_tokens(const ond_session *s)
{
    return s->tok;
}

void ond_session_speculate(ond_session *s, int draft)
{
    s->draft = draft < 0 || draft > s->e->draft ? s->e->draft : draft;
    s->draft_now = s->draft;
    s->drafted = s->accepted = 0;
}

void ond_session_counters(const ond_session *s, ond_counters *out)
{
    *out = s->count;
}

/* ---- logits ---- */
int ond_session_logits(ond_session *s, const float **out, ond_err *err)
{
    *out = NULL;
    if (s->n == 0)
        return ond_fail(
            err, OND_E_INPUT,
            "there are no logits before the first token: feed one (a model's BOS, for example)");
    /* A timeline that was cut has its cache and no logits: its last token is evaluated once more,
     * to the same values. */
    if (s->n == s->n_kv && !s->live) s->n_kv--;
    int rc = ond_session_run(s, err);
    if (rc == 0) *out = s->logits + (size_t)s->row * (size_t)s->e->n_vocab;
    return rc;
}

int ond_session_sample(ond_session *s, ond_sampler *p, ond_choice *out, ond_err *err)
{
    const float *logits;
    *out = (ond_choice){.token = -1};
    int rc = ond_session_logits(s, &logits, err);
    return rc == 0
               ? ond_sampler_choose(p ? p : s->e->greedy, logits, s->tok, (size_t)s->n, out, err)
               : rc;
}
