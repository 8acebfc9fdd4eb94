/* sampler.c - opens a sampler: options, their ranges, the chain of stages, all memory.
 *
 * Flow of a choice (choose.c): the mask, the stages in order, then the greatest, or one by chance
 * (mirostat: one by chance among those that are not too surprising). Where all is greedy, stages
 * that only cut are left out at the end of the chain: none of them takes the greatest away.
 *
 * 1. The history is the caller's timeline; a sampler keeps only its random numbers and mirostat's
 * mu.
 * 2. One number is drawn for each choice by chance, and one more where xtc is on: the same seed,
 * the same text.
 * 3. All memory is taken at opening. */
#include "pick/room.h"

#include <math.h>
#include <stdlib.h>

static const char *const names[OND__STAGES] = {
#define STAGE(name, on, what) #name,
#include "pick/stages.def"
#undef STAGE
};

static bool stage_on(int stage, const ond_sampler_opts *o)
{
    switch (stage) {
#define STAGE(name, on, what)                                                                      \
    case OND__STAGE_##name:                                                                        \
        return on;
#include "pick/stages.def"
#undef STAGE
    }
    return false;
}

/* ---- options ---- */
static void defaults_fill(ond_sampler_opts *o)
{
    if (o->penalty_last_n == 0) o->penalty_last_n = 64;
    if (o->penalty_last_n < 0) o->penalty_last_n = INT32_MAX;
    if (o->repeat_penalty == 0) o->repeat_penalty = 1;
    if (o->dry_base == 0) o->dry_base = 1.75f;
    if (o->dry_allowed == 0) o->dry_allowed = 2;
    if (o->typical_p == 0) o->typical_p = 1;
    if (o->top_p == 0) o->top_p = 1;
    if (o->xtc_threshold == 0) o->xtc_threshold = 0.1f;
    if (o->temperature_exponent == 0) o->temperature_exponent = 1;
    if (o->mirostat_tau == 0) o->mirostat_tau = 5;
    if (o->mirostat_eta == 0) o->mirostat_eta = 0.1f;
    if (o->min_keep == 0) o->min_keep = 1;
}

static int opts_check(const ond_sampler_opts *o, int n_vocab, ond_err *err)
{
    const struct {
        const char *name;
        float value, lo, hi;
    } range[] = {
        {"repeat_penalty", o->repeat_penalty, 0.01f, 100},
        {"frequency_penalty", o->frequency_penalty, -100, 100},
        {"presence_penalty", o->presence_penalty, -100, 100},
        {"dry_multiplier", o->dry_multiplier, 0, 1000},
        {"dry_base", o->dry_base, 0, 1000},
        {"dry_allowed", (float)o->dry_allowed, 1, 1e6f},
        {"top_n_sigma", o->top_n_sigma, 0, 1e6f},
        {"typical_p", o->typical_p, 0, 1},
        {"top_p", o->top_p, 0, 1},
        {"min_p", o->min_p, 0, 1},
        {"xtc_probability", o->xtc_probability, 0, 1},
        {"xtc_threshold", o->xtc_threshold, 0, 1},
        {"temperature", o->temperature, 0, 1000},
        {"temperature_range", o->temperature_range, 0, 1000},
        {"temperature_exponent", o->temperature_exponent, 0, 100},
        {"mirostat_tau", o->mirostat_tau, 0, 100},
        {"mirostat_eta", o->mirostat_eta, 0, 1},
        {"min_keep", (float)o->min_keep, 1, 1e6f},
        {"logprobs", (float)o->logprobs, -1, 100},
    };
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        if (!(range[i].value >= range[i].lo && range[i].value <= range[i].hi))
            return ond_fail(err, OND_E_INPUT, "%s is %g: it must lie between %g and %g",
                            range[i].name, (double)range[i].value, (double)range[i].lo,
                            (double)range[i].hi);
    if (o->mirostat != 0 && o->mirostat != 2)
        return ond_fail(err, OND_E_INPUT, "mirostat is %d: there is only version 2 (0 is off)",
                        o->mirostat);
    if (o->n_bias < 0)
        return ond_fail(err, OND_E_INPUT, "n_bias is %d: it must not be below 0", o->n_bias);
    for (int i = 0; i < o->n_bias; i++)
        if (o->bias[i].token < 0 || o->bias[i].token >= n_vocab || !(o->bias[i].add < INFINITY))
            return ond_fail(
                err, OND_E_INPUT,
                "bias of token %d by %g: tokens go from 0 to %d, and the bias must be a number",
                (int)o->bias[i].token, (double)o->bias[i].add, n_vocab - 1);
    return OND_OK;
}

/* ---- the chain ---- */
static int stage_named(const char *name, size_t n)
{
    for (int i = 0; i < OND__STAGES; i++)
        if (strlen(names[i]) == n && memcmp(names[i], name, n) == 0) return i;
    return -1;
}

static bool mirostat_leaves_out(int stage)
{
    return (stage >= OND__STAGE_top_n_sigma && stage <= OND__STAGE_min_p) ||
           stage == OND__STAGE_xtc;
}

static void chain_add(ond_sampler *s, int stage)
{
    if (!stage_on(stage, &s->o) || (s->o.mirostat && mirostat_leaves_out(stage))) return;
    s->stage[s->n_stage++] = (unsigned char)stage;
}

static int chain_named(ond_sampler *s, const char *chain, ond_err *err)
{
    unsigned seen = 0;
    for (const char *p = chain; *p;) {
        size_t n = strcspn(p, ";");
        int stage = stage_named(p, n);
        if (stage < 0 || seen & 1u << stage)
            return ond_fail(err, OND_E_INPUT,
                            stage < 0
                                ? "there is no sampler stage \"%.*s\": docs/sampling.md lists them"
                                : "the sampler stage \"%.*s\" stands twice in the chain",
                            (int)(n < 40 ? n : 40), p);
        seen |= 1u << stage;
        chain_add(s, stage);
        p += n + (p[n] == ';');
    }
    return OND_OK;
}

/* Greedy without stages that may take the greatest away: those after the last that changes logits
 * do not matter. One that cuts before it does: what it took away cannot become the greatest. */
static void chain_shorten(ond_sampler *s)
{
    for (int i = 0; i < s->n_stage; i++)
        if (s->stage[i] == OND__STAGE_typical_p || s->stage[i] == OND__STAGE_xtc) return;
    while (s->n_stage > 0 && s->stage[s->n_stage - 1] > OND__STAGE_dry) s->n_stage--;
}

static int chain_build(ond_sampler *s, ond_err *err)
{
    if (s->o.chain) {
        int rc = chain_named(s, s->o.chain, err);
        if (rc != 0) return rc;
    } else
        for (int i = 0; i < OND__STAGES; i++) chain_add(s, i);
    s->o.chain = NULL;
    s->greedy = s->o.temperature == 0;
    if (s->greedy) chain_shorten(s);
    return OND_OK;
}

static bool has_stage(const ond_sampler *s, int stage)
{
    return memchr(s->stage, stage, (size_t)s->n_stage) != NULL;
}

/* ---- opening ---- */
static int memory_take(ond_sampler *s, ond_err *err)
{
    size_t n = (size_t)s->n_vocab;
    s->d.own = malloc(n * sizeof *s->d.own);
    s->d.list = malloc(n * sizeof *s->d.list);
    s->d.p = malloc(n * sizeof *s->d.p);
    s->d.key = malloc(n * (2 * sizeof *s->d.key + sizeof(float)));
    s->count = calloc(n, sizeof *s->count);
    if (!s->d.own || !s->d.list || !s->d.p || !s->d.key || !s->count)
        return ond_nomem(err, "opening a sampler");
    if (s->o.n_bias == 0) return OND_OK;
    s->bias = malloc((size_t)s->o.n_bias * sizeof *s->bias);
    if (!s->bias) return ond_nomem(err, "opening a sampler");
    memcpy(s->bias, s->o.bias, (size_t)s->o.n_bias * sizeof *s->bias);
    return OND_OK;
}

size_t ond_pick_bytes(int n_vocab, int n_ctx)
{
    size_t n = (size_t)n_vocab;
    return sizeof(ond_sampler) + n * (4 * sizeof(float) + 2 * sizeof(uint64_t) + sizeof(float)) +
           n / 8 + (size_t)n_ctx * sizeof(int32_t);
}

int ond_pick_open(const ond_tok *tok, int n_vocab, int n_ctx, const ond_sampler_opts *opts,
                  ond_sampler **out, ond_err *err)
{
    int rc;
    *out = NULL;
    ond_sampler *s = calloc(1, sizeof *s);
    if (!s) return ond_nomem(err, "opening a sampler");
    s->tok = tok;
    s->n_vocab = n_vocab;
    s->n_ctx = n_ctx > 0 ? n_ctx : 1;
    if (opts) s->o = *opts;
    defaults_fill(&s->o);
    OND_TRY(opts_check(&s->o, n_vocab, err));
    OND_TRY(chain_build(s, err));
    OND_TRY(memory_take(s, err));
    s->o.bias = s->bias;
    if (has_stage(s, OND__STAGE_dry)) OND_TRY(ond__dry_open(s, err));
    s->o.dry_breaker = NULL;
    s->seed = s->o.seed;
    ond_sampler_reset(s, 0);
    *out = s;
out:
    if (rc != 0) ond_sampler_close(s);
    return rc;
}

void ond_sampler_close(ond_sampler *s)
{
    if (!s) return;
    ond__dry_close(s);
    free(s->bias);
    free(s->d.own);
    free(s->d.list);
    free(s->d.p);
    free(s->d.key);
    free(s->count);
    free(s);
}

void ond_sampler_usual(ond_sampler_opts *o)
{
    o->top_k = 40;
    o->top_p = 0.95f;
    o->min_p = 0.05f;
    o->temperature = 0.8f;
}

uint64_t ond_sampler_seed(const ond_sampler *s)
{
    return s->seed;
}

void ond_sampler_reset(ond_sampler *s, uint64_t seed)
{
    if (seed) s->seed = seed;
    ond__rng_seed(&s->rng, s->seed);
    s->mu = 2 * s->o.mirostat_tau;
}

void ond_sampler_mask(ond_sampler *s, const uint64_t *allowed)
{
    s->mask = allowed;
}
