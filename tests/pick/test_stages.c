/* test_stages.c - every stage of stages.def against its definition, written plainly in double. */
#include "pick/unit.h"

typedef struct cand {
    int id;
    double x, p, key;
} cand;

typedef struct list {
    cand *c;
    int n;
    const int32_t *t; /* the timeline */
    int nt;
} list;

static int by_key(const void *a, const void *b)
{
    const cand *x = a, *y = b;
    return x->key != y->key ? (x->key < y->key ? -1 : 1) : x->id - y->id;
}

static int by_id(const void *a, const void *b)
{
    return ((const cand *)a)->id - ((const cand *)b)->id;
}

static void order(list *l)
{
    for (int i = 0; i < l->n; i++) l->c[i].key = -l->c[i].x;
    qsort(l->c, (size_t)l->n, sizeof *l->c, by_key);
}

static double softmax(list *l)
{
    double max = -INFINITY, sum = 0, h = 0;
    for (int i = 0; i < l->n; i++) max = fmax(max, l->c[i].x);
    for (int i = 0; i < l->n; i++) sum += l->c[i].p = exp(l->c[i].x - max);
    for (int i = 0; i < l->n; i++) {
        l->c[i].p /= sum;
        if (l->c[i].p > 0) h -= l->c[i].p * log(l->c[i].p);
    }
    return h;
}

/* ---- the definitions ---- */
static void naive_bias(const ond_sampler_opts *o, list *l)
{
    for (int b = 0; b < o->n_bias; b++)
        for (int i = 0; i < l->n; i++)
            if (l->c[i].id == o->bias[b].token) l->c[i].x += (double)o->bias[b].add;
}

static void naive_penalties(const ond_sampler_opts *o, list *l)
{
    for (int i = 0; i < l->n; i++) {
        int count = 0;
        for (int k = 0; k < l->nt && k < o->penalty_last_n; k++)
            count += l->t[l->nt - 1 - k] == l->c[i].id;
        if (!count) continue;
        double x = l->c[i].x;
        x = x > 0 ? x / (double)o->repeat_penalty : x * (double)o->repeat_penalty;
        l->c[i].x = x - count * (double)o->frequency_penalty - (double)o->presence_penalty;
    }
}

/* For each candidate: the longest text that stands at the end and before an earlier occurrence of
 * it. */
static void naive_dry(const ond_sampler_opts *o, list *l)
{
    int from = o->dry_last_n > 0 && o->dry_last_n < l->nt ? l->nt - o->dry_last_n : 0,
        n = l->nt - from;
    const int32_t *t = l->t + from;
    for (int i = 0; i < l->n; i++) {
        int longest = 0;
        for (int at = 1; at < n; at++) {
            int m = 0;
            if (t[at] != l->c[i].id) continue;
            while (m < at && t[at - 1 - m] == t[n - 1 - m]) m++;
            if (m > longest) longest = m;
        }
        if (longest >= o->dry_allowed && n > o->dry_allowed)
            l->c[i].x -=
                (double)o->dry_multiplier * pow((double)o->dry_base, longest - o->dry_allowed);
    }
}

static void keep_if(list *l, bool (*keep)(const cand *, const double *), const double *v)
{
    int n = 0;
    for (int i = 0; i < l->n; i++)
        if (keep(&l->c[i], v)) l->c[n++] = l->c[i];
    l->n = n;
}

static bool at_least(const cand *c, const double *v)
{
    return c->x >= *v;
}

static void naive_top_n_sigma(const ond_sampler_opts *o, list *l)
{
    double mean = 0, sq = 0, max = -INFINITY;
    for (int i = 0; i < l->n; i++) mean += l->c[i].x / l->n, max = fmax(max, l->c[i].x);
    for (int i = 0; i < l->n; i++) sq += (l->c[i].x - mean) * (l->c[i].x - mean) / l->n;
    double bound = max - (double)o->top_n_sigma * sqrt(sq);
    keep_if(l, at_least, &bound);
}

static void naive_top_k(const ond_sampler_opts *o, list *l)
{
    order(l);
    if (l->n > o->top_k) l->n = o->top_k;
}

static void prefix_of(list *l, double p, bool beyond)
{
    double sum = 0;
    int n = 0;
    while (n < l->n && (beyond ? sum <= p : sum < p)) sum += l->c[n++].p;
    l->n = n;
}

static void naive_typical_p(const ond_sampler_opts *o, list *l)
{
    double h = softmax(l);
    for (int i = 0; i < l->n; i++) l->c[i].key = fabs(-log(l->c[i].p) - h);
    qsort(l->c, (size_t)l->n, sizeof *l->c, by_key);
    prefix_of(l, (double)o->typical_p, true);
}

static void naive_top_p(const ond_sampler_opts *o, list *l)
{
    softmax(l);
    order(l);
    prefix_of(l, (double)o->top_p, false);
}

static void naive_min_p(const ond_sampler_opts *o, list *l)
{
    double bound = -INFINITY;
    for (int i = 0; i < l->n; i++) bound = fmax(bound, l->c[i].x);
    bound += log((double)o->min_p);
    keep_if(l, at_least, &bound);
}

/* With probability 1: all at or above the threshold go, but the least likely of them. */
static void naive_xtc(const ond_sampler_opts *o, list *l)
{
    int likely = 0;
    softmax(l);
    order(l);
    while (likely < l->n && l->c[likely].p >= (double)o->xtc_threshold) likely++;
    if (likely < 2) return;
    memmove(l->c, l->c + likely - 1, (size_t)(l->n - likely + 1) * sizeof *l->c);
    l->n -= likely - 1;
}

static void naive_temperature(const ond_sampler_opts *o, list *l)
{
    double t = (double)o->temperature, range = (double)o->temperature_range;
    if (range > 0) {
        double lo = fmax(0, t - range);
        t = lo + (t + range - lo) * pow(softmax(l) / log(l->n), (double)o->temperature_exponent);
    }
    for (int i = 0; i < l->n; i++) l->c[i].x /= t;
}

/* A row of stages.def without its definition here does not link. */
static const struct {
    const char *name;
    ond__stage_fn *ours;
    void (*naive)(const ond_sampler_opts *, list *);
} stage[OND__STAGES] = {
#define STAGE(name, on, what) {#name, ond__stage_##name, naive_##name},
#include "pick/stages.def"
#undef STAGE
};

/* ---- comparing ---- */
static void compare(const char *name, int n_vocab, const ond__draw *d, list *l)
{
    cand *ours = calloc((size_t)d->n, sizeof *ours);
    assert_non_null(ours);
    for (int i = 0; i < d->n; i++) ours[i] = (cand){.id = ond__draw_id(d, i), .x = (double)d->x[i]};
    qsort(ours, (size_t)d->n, sizeof *ours, by_id);
    qsort(l->c, (size_t)l->n, sizeof *l->c, by_id);
    /* Sums in float and in double may part by one candidate at the very edge. */
    if (abs(d->n - l->n) > 1)
        fail_msg("%s of %d: %d candidates, and by its definition %d", name, n_vocab, d->n, l->n);
    int i = 0, j = 0, alone = 0;
    while (i < d->n && j < l->n) {
        if (ours[i].id != l->c[j].id) {
            alone++;
            if (ours[i].id < l->c[j].id)
                i++;
            else
                j++;
            continue;
        }
        if (fabs(ours[i].x - l->c[j].x) > 2e-5 * (1 + fabs(l->c[j].x)))
            fail_msg("%s of %d: token %d has %.9g, and by its definition %.9g", name, n_vocab,
                     ours[i].id, ours[i].x, l->c[j].x);
        i++, j++;
    }
    alone += d->n - i + l->n - j;
    if (alone > 1) fail_msg("%s of %d: %d candidates differ", name, n_vocab, alone);
    free(ours);
}

static ond_sampler_opts options(int variant)
{
    static ond_bias bias[3] = {{1, 2.5f}, {4, -INFINITY}, {0, -1}};
    static const float p[] = {0.1f, 0.5f, 0.9f, 0.999f};
    return (ond_sampler_opts){.bias = bias,
                              .n_bias = 3,
                              .penalty_last_n = variant % 2 ? 20 : -1,
                              .repeat_penalty = 1.3f,
                              .frequency_penalty = 0.2f,
                              .presence_penalty = variant % 3 ? 0.4f : 0,
                              .dry_multiplier = 0.8f,
                              .dry_last_n = variant % 2 ? 30 : 0,
                              .dry_allowed = 1 + variant % 3,
                              .top_n_sigma = 0.5f + (float)variant,
                              .top_k = (int[]){1, 5, 40, 9000}[variant % 4],
                              .typical_p = p[variant % 4],
                              .top_p = p[variant % 4],
                              .min_p = 0.001f * p[variant % 4],
                              .xtc_probability = 1,
                              .xtc_threshold = 0.2f / (float)(1 + variant),
                              .temperature = 0.7f,
                              .temperature_range = variant % 2 ? 0.5f : 0,
                              .temperature_exponent = 1.2f};
}

/* before: 0 all tokens, 1 a short list in order (after top_k), 2 a list in no order (after min_p).
 */
static void one(int which, int n, int variant, int before)
{
    int32_t t[60];
    uint64_t seed = (uint64_t)(which * 1000 + n + variant);
    ond_sampler_opts o = options(variant);
    for (int i = 0; i < 60; i++) t[i] = (int32_t)(uniform(&seed) * 5);
    ond_sampler *s = sampler(n, &o);
    float *x = logits(n, seed + 7), *was = malloc((size_t)n * sizeof *was);
    list l = {.c = calloc((size_t)n, sizeof *l.c), .n = n, .t = t, .nt = 60};
    assert_true(l.c && was);
    if (stage[which].ours == ond__stage_dry) { /* the chain has it on, so its tables are there */
        assert_non_null(s->z);
    }
    memcpy(was, x, (size_t)n * sizeof *x);
    for (int i = 0; i < n; i++) l.c[i] = (cand){.id = i, .x = (double)x[i]};
    s->timeline = t;
    s->n_timeline = 60;
    s->d.x = x;
    s->d.id = NULL;
    s->d.n = n;
    s->d.sorted = false;
    float min_p = s->o.min_p;
    int top_k = s->o.top_k;
    if (before == 1) {
        s->o.top_k = 30;
        ond__stage_top_k(s, &s->d);
        naive_top_k(&s->o, &l);
    } else if (before == 2) {
        s->o.min_p = 1e-3f;
        ond__stage_min_p(s, &s->d);
        naive_min_p(&s->o, &l);
    }
    s->o.min_p = min_p;
    s->o.top_k = top_k;
    stage[which].ours(s, &s->d);
    stage[which].naive(&s->o, &l);
    compare(stage[which].name, n, &s->d, &l);
    assert_memory_equal(x, was,
                        (size_t)n * sizeof *x); /* the model's own logits are never written */
    for (int i = 0; i < n; i++) assert_int_equal(s->count[i], 0);
    ond_sampler_close(s);
    free(x);
    free(was);
    free(l.c);
}

TEST(test_stages_by_definition)
{
    static const int sizes[] = {5, 31, 300, 20000};
    for (int w = 0; w < OND__STAGES; w++)
        for (int n = 0; n < 4; n++)
            for (int v = 0; v < 6; v++)
                for (int before = 0; before < 3; before++) one(w, sizes[n], v, before);
}

/* The outcome of a chain is spread as its probabilities say. */
TEST(test_chance_is_fair)
{
    enum { N = 50, DRAWS = 40000 };
    ond_sampler *s = sampler(N, &(ond_sampler_opts){.temperature = 1.5f, .top_k = 20, .seed = 3});
    float *x = logits(N, 9);
    int count[N] = {0};
    cand c[N];
    list l = {.c = c, .n = N};
    for (int i = 0; i < N; i++) c[i] = (cand){.id = i, .x = (double)x[i]};
    naive_top_k(&(ond_sampler_opts){.top_k = 20}, &l);
    naive_temperature(&(ond_sampler_opts){.temperature = 1.5f}, &l);
    softmax(&l);
    for (int i = 0; i < DRAWS; i++) count[choose(s, x, NULL, 0).token]++;
    double chi = 0;
    int all = 0;
    for (int i = 0; i < l.n; i++) {
        double want = c[i].p * DRAWS;
        chi += (count[c[i].id] - want) * (count[c[i].id] - want) / want;
        all += count[c[i].id];
    }
    assert_int_equal(all, DRAWS); /* none from outside the 20 */
    if (chi > 43.8) fail_msg("chi square %.1f over 19 degrees of freedom", chi); /* 0.1 % */
    free(x);
    ond_sampler_close(s);
}

/* mu goes to where the surprise is tau. */
TEST(test_mirostat)
{
    ond_sampler *s = sampler(
        2000, &(ond_sampler_opts){
                  .temperature = 1, .mirostat = 2, .mirostat_tau = 3, .seed = 3, .logprobs = -1});
    float *x = logits(2000, 9);
    double sum = 0, mu = 6;
    cand c[2000];
    for (int i = 0; i < 3000; i++) {
        list l = {.c = c, .n = 2000};
        for (int k = 0; k < 2000; k++) c[k] = (cand){.id = k, .x = (double)x[k]};
        int t = choose(s, x, NULL, 0).token, n = 0;
        softmax(&l);
        for (int k = 0; k < l.n; k++)
            if (-log2(c[k].p) <= mu) c[n++] = c[k];
        assert_true(n > 0);
        l.n = n;
        softmax(&l);
        double surprise = -1;
        for (int k = 0; k < n; k++)
            if (c[k].id == t) surprise = -log2(c[k].p);
        assert_true(surprise >= 0); /* one that the definition keeps */
        mu -= 0.1 * (surprise - 3);
        assert_true(fabs(mu - (double)s->mu) < 1e-3);
        mu = (double)s->mu;
        if (i >= 1000) sum += surprise / 2000;
    }
    assert_true(fabs(sum - 3) < 0.3);
    free(x);
    ond_sampler_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stages_by_definition),
        cmocka_unit_test(test_chance_is_fair),
        cmocka_unit_test(test_mirostat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
