/* choose.c - one choice: checks, the mask, the chain, the draw, log probabilities; and what a
 * snapshot keeps of a sampler. */
#include "pick/room.h"

#include <math.h>

typedef float v4f __attribute__((vector_size(16)));
typedef int32_t v4i __attribute__((vector_size(16)));

static ond__stage_fn *const stages[OND__STAGES] = {
#define STAGE(name, on, what) ond__stage_##name,
#include "pick/stages.def"
#undef STAGE
};

/* ---- checks: NaN and +infinity are the model's fault, a bad timeline the caller's ---- */
static bool all_below_infinity(const float *x, int n)
{
    const float inf = INFINITY;
    const v4f infs = {inf, inf, inf, inf};
    v4i fine = {-1, -1, -1, -1};
    int i = 0;
    for (; i + 4 <= n; i += 4) {
        v4f v;
        memcpy(&v, x + i, sizeof v);
        fine &= v < infs;
    }
    bool ok = fine[0] & fine[1] & fine[2] & fine[3];
    for (; i < n; i++) ok = ok && x[i] < inf;
    return ok;
}

int ond_pick_check(const float *x, int n, ond_err *err)
{
    if (all_below_infinity(x, n)) return OND_OK;
    for (int i = 0; i < n; i++)
        if (!(x[i] < INFINITY))
            return ond_fail(
                err, OND_E_INPUT,
                "the logit of token %d is %s: the model's weights or its quantisation are broken; "
                "`ondol show MODEL --check` names the layer",
                i, isnan(x[i]) ? "not a number" : "infinite");
    return OND_OK;
}

static int timeline_check(const ond_sampler *s, ond_err *err)
{
    for (size_t i = 0; i < s->n_timeline; i++)
        if (s->timeline[i] < 0 || s->timeline[i] >= s->n_vocab)
            return ond_fail(err, OND_E_INPUT,
                            "token %d of the timeline is %d: tokens go from 0 to %d", (int)i,
                            (int)s->timeline[i], s->n_vocab - 1);
    return OND_OK;
}

static int mask_apply(ond_sampler *s, ond_err *err)
{
    ond__draw *d = &s->d;
    int n = 0, words = (s->n_vocab + 63) / 64;
    for (int w = 0; w < words; w++)
        for (uint64_t bits = s->mask[w]; bits; bits &= bits - 1) {
            int t = w * 64 + __builtin_ctzll(bits);
            if (t >= s->n_vocab) break;
            d->own[n] = d->x[t];
            d->list[n++] = t;
        }
    if (n == 0) return ond_fail(err, OND_E_INPUT, "the mask allows no token at all");
    ond__draw_short(d, n);
    return OND_OK;
}

/* ---- the draw ---- */
static int by_chance(ond_sampler *s, double sum)
{
    const ond__draw *d = &s->d;
    double target = ond__rng_next(&s->rng) * sum, run = 0;
    int last = 0;
    for (int i = 0; i < d->n; i++) {
        if (!(d->p[i] > 0)) continue;
        run += (double)d->p[i];
        last = i;
        if (run > target) break;
    }
    return last;
}

/* Tokens whose surprise -log2 p is above mu are left out; then mu follows the surprise of the one
 * drawn. S. Basu et al., "Mirostat" (2020), algorithm 2. */
static int by_mirostat(ond_sampler *s)
{
    ond__draw *d = &s->d;
    double sum = ond__draw_weigh(d);
    double bound = exp2(-(double)s->mu) * sum;
    int n = 0, at = 0;
    for (int i = 0; i < d->n; i++) n += (double)d->p[i] >= bound && d->p[i] > 0;
    if (n == 0) {
        ond__draw_top(d, 1);
    } else {
        n = 0;
        for (int i = 0; i < d->n; i++)
            if ((double)d->p[i] >= bound && d->p[i] > 0) ond__draw_move(d, i, n++);
        ond__draw_short(d, n);
    }
    sum = ond__draw_weigh(d);
    at = by_chance(s, sum);
    s->mu -= s->o.mirostat_eta * ((float)-log2((double)d->p[at] / sum) - s->o.mirostat_tau);
    return at;
}

static int draw(ond_sampler *s, int32_t *token, ond_err *err)
{
    ond__draw *d = &s->d;
    int at = 0;
    float max = d->sorted ? d->x[0] : ond__max(d->x, d->n, &at);
    if (!(max > -INFINITY))
        return ond_fail(
            err, OND_E_INPUT,
            "no token is left to choose from: the model, the bias or the mask forbids them all");
    if (!s->greedy) at = s->o.mirostat ? by_mirostat(s) : by_chance(s, ond__draw_weigh(d));
    *token = ond__draw_id(d, at);
    return OND_OK;
}

/* ---- log probabilities, of the model's own distribution ---- */
double ond_pick_logprob(const float *x, int n, int32_t token)
{
    int at = 0;
    float max = ond__max(x, n, &at);
    return (double)x[token] - (double)max - log(ond__exp_sum(x, n, max, NULL));
}

static void logprobs(ond_sampler *s, const float *x, ond_choice *out)
{
    int at = 0, n = s->o.logprobs < s->n_vocab ? s->o.logprobs : s->n_vocab;
    float max = ond__max(x, s->n_vocab, &at);
    double log_sum = log(ond__exp_sum(x, s->n_vocab, max, NULL));
    out->logprob = (float)((double)x[out->token] - (double)max - log_sum);
    if (n <= 0) return;
    ond__select(x, s->n_vocab, n, s->d.key, s->d.key + s->n_vocab);
    for (int i = 0; i < n; i++)
        s->top[i] = (ond_alternative){
            .token = (int32_t)ond__key_number(s->d.key[i]),
            .logprob = (float)((double)ond__key_value(s->d.key[i]) - (double)max - log_sum)};
    out->n_top = n;
    out->top = s->top;
}

int ond_sampler_choose(ond_sampler *s, const float *logits, const int32_t *timeline, size_t n,
                       ond_choice *out, ond_err *err)
{
    size_t most = n < (size_t)s->n_ctx ? n : (size_t)s->n_ctx;
    *out = (ond_choice){.token = -1};
    s->timeline = timeline + (n - most);
    s->n_timeline = most;
    s->d.x = logits;
    s->d.id = NULL;
    s->d.n = s->n_vocab;
    s->d.sorted = false;
    int rc = ond_pick_check(logits, s->n_vocab, err);
    if (rc == 0 && most) rc = timeline_check(s, err);
    if (rc == 0 && s->mask) rc = mask_apply(s, err);
    for (int i = 0; rc == 0 && i < s->n_stage; i++) stages[s->stage[i]](s, &s->d);
    if (rc == 0) rc = draw(s, &out->token, err);
    if (rc == 0 && s->o.logprobs) logprobs(s, logits, out);
    return rc;
}

/* ---- state ---- */
static const char magic[8] = "ondrng1";

void ond_sampler_save(const ond_sampler *s, unsigned char out[OND_SAMPLER_STATE])
{
    memset(out, 0, OND_SAMPLER_STATE);
    memcpy(out, magic, 8);
    memcpy(out + 8, s->rng.s, 32);
    memcpy(out + 40, &s->seed, 8);
    memcpy(out + 48, &s->mu, 4);
}

int ond_sampler_load(ond_sampler *s, const unsigned char state[OND_SAMPLER_STATE], ond_err *err)
{
    float mu;
    memcpy(&mu, state + 48, 4);
    if (memcmp(state, magic, 8) != 0 || !isfinite(mu))
        return ond_fail(err, OND_E_INPUT,
                        "these bytes are no sampler state: load what ond_sampler_save gave");
    memcpy(s->rng.s, state + 8, 32);
    memcpy(&s->seed, state + 40, 8);
    s->mu = mu;
    return OND_OK;
}
