/* pick_peer.c - our sampler's stages beside llama.cpp's, one by one and as a chain, on random
 * logits. Prints TAP.
 *
 * Compared are the tokens that are left and their logits; one token at the edge of a share may
 * differ, since sums are in double here and in float there. DRY needs a vocabulary: $ONDOL_SHARED's
 * stories260K. `pick_peer --time` measures instead. */
#include "pick/room.h"
#include "sys/clock.h"

#include <llama.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static int tests, failed;

static void report(bool ok, const char *name, int cases, int edges)
{
    printf("%sok %d - %s: %d cases, %d with one token at the edge\n", ok ? "" : "not ", ++tests,
           name, cases, edges);
    failed += !ok;
}

static double uniform(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return (double)(*seed >> 11) * 0x1p-53;
}

static void fill(float *x, int n, uint64_t seed)
{
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int k = 0; k < 6; k++) sum += uniform(&seed);
        x[i] = (float)(4 * (sum - 3));
    }
    for (int i = 0; i < 8; i++) x[(int)(uniform(&seed) * n)] += (float)(6 * uniform(&seed));
}

typedef struct both {
    ond_sampler *ours;
    struct llama_sampler *theirs;
} both;

static ond__stage_fn *const stages[OND__STAGES] = {
#define STAGE(name, on, what) ond__stage_##name,
#include "pick/stages.def"
#undef STAGE
};

static int by_id(const void *a, const void *b)
{
    return ((const llama_token_data *)a)->id - ((const llama_token_data *)b)->id;
}

/* Tokens that are in one list only; -1: a logit differs. */
static int difference(llama_token_data *a, int na, llama_token_data *b, int nb)
{
    int i = 0, j = 0, alone = 0;
    qsort(a, (size_t)na, sizeof *a, by_id);
    qsort(b, (size_t)nb, sizeof *b, by_id);
    while (i < na && j < nb) {
        if (a[i].id == b[j].id) {
            if (fabsf(a[i].logit - b[j].logit) > 3e-5f * (1 + fabsf(b[j].logit))) return -1;
            i++, j++;
        } else if (alone++, a[i].id < b[j].id)
            i++;
        else
            j++;
    }
    return alone + na - i + nb - j;
}

/* The logits through both; our chain without the draw. */
static int run(both s, const float *x, int n, const int32_t *t, int nt, llama_token_data *a,
               llama_token_data *b)
{
    llama_token_data_array array = {.data = b, .size = (size_t)n, .selected = -1};
    int na = 0, nb = 0;
    for (int i = 0; i < n; i++) b[i] = (llama_token_data){.id = i, .logit = x[i]};
    llama_sampler_reset(s.theirs);
    for (int i = 0; i < nt; i++) llama_sampler_accept(s.theirs, t[i]);
    llama_sampler_apply(s.theirs, &array);
    for (size_t i = 0; i < array.size; i++)
        if (array.data[i].logit != -INFINITY) b[nb++] = array.data[i];
    s.ours->timeline = t;
    s.ours->n_timeline = (size_t)nt;
    s.ours->d.x = x;
    s.ours->d.id = NULL;
    s.ours->d.n = n;
    s.ours->d.sorted = false;
    for (int i = 0; i < s.ours->n_stage; i++) stages[s.ours->stage[i]](s.ours, &s.ours->d);
    for (int i = 0; i < s.ours->d.n; i++)
        if (s.ours->d.x[i] != -INFINITY)
            a[na++] =
                (llama_token_data){.id = ond__draw_id(&s.ours->d, i), .logit = s.ours->d.x[i]};
    return difference(a, na, b, nb);
}

static ond_sampler *ours(const ond_tok *tok, int n, const ond_sampler_opts *o)
{
    ond_sampler *s = NULL;
    ond_err err;
    if (ond_pick_open(tok, n, 4096, o, &s, &err) != 0) {
        printf("not ok - %s\n", err.text);
        exit(1);
    }
    return s;
}

static struct llama_sampler *chain(void)
{
    return llama_sampler_chain_init(llama_sampler_chain_default_params());
}

/* Stage `which` with options that the seed chooses; or all, where which is OND__STAGES. */
static both make(int which, int n, uint64_t seed, const ond_tok *tok,
                 const struct llama_vocab *vocab)
{
    static const char *breakers[] = {"\n", ":", "\"", "*"};
    static ond_bias bias[2];
    ond_sampler_opts o = {.temperature = 1, .seed = 1};
    both b = {.theirs = chain()};
#define ALSO(stage) if (which == OND__STAGE_##stage || which == OND__STAGES)
#define ADD(sampler) llama_sampler_chain_add(b.theirs, sampler)
    ALSO(bias)
    {
        llama_logit_bias lb[2];
        for (int i = 0; i < 2; i++) {
            bias[i] = (ond_bias){i + (int)(uniform(&seed) * (n - 1) / 2) * 2 % (n - 1),
                                 (float)(uniform(&seed) * 8 - 4)};
            lb[i] = (llama_logit_bias){bias[i].token, bias[i].add};
        }
        o.bias = bias;
        o.n_bias = 2;
        ADD(llama_sampler_init_logit_bias(n, 2, lb));
    }
    ALSO(penalties)
    {
        o.penalty_last_n = 1 + (int)(uniform(&seed) * 60);
        o.repeat_penalty = 1 + (float)uniform(&seed);
        o.frequency_penalty = (float)uniform(&seed);
        o.presence_penalty = (float)uniform(&seed);
        ADD(llama_sampler_init_penalties(n, o.penalty_last_n, o.repeat_penalty, o.frequency_penalty,
                                         o.presence_penalty));
    }
    if (vocab) ALSO(dry)
        {
            o.dry_multiplier = 0.1f + (float)uniform(&seed);
            o.dry_allowed = 1 + (int)(uniform(&seed) * 3);
            o.dry_last_n = 5 + (int)(uniform(&seed) * 60);
            ADD(llama_sampler_init_dry(vocab, o.dry_multiplier, 1.75f, o.dry_allowed, o.dry_last_n,
                                       breakers, 4));
        }
    ALSO(top_n_sigma)
    {
        /* llama.cpp leaves what it cuts here in the list at -infinity, and then the entropies of
         * later stages are not numbers: in the chain so many are left that top-k takes none of
         * those. */
        o.top_n_sigma = which == OND__STAGES ? 3.5f : 1 + 4 * (float)uniform(&seed);
        ADD(llama_sampler_init_top_n_sigma(o.top_n_sigma));
    }
    ALSO(top_k)
    {
        o.top_k = 1 + (int)(uniform(&seed) * (which == OND__STAGES ? 12 : 200));
        ADD(llama_sampler_init_top_k(o.top_k));
    }
    ALSO(typical_p)
    {
        o.typical_p = 0.2f + 0.79f * (float)uniform(&seed);
        ADD(llama_sampler_init_typical(o.typical_p, 1));
    }
    ALSO(top_p)
    {
        o.top_p = 0.2f + 0.79f * (float)uniform(&seed);
        ADD(llama_sampler_init_top_p(o.top_p, 1));
    }
    ALSO(min_p)
    {
        o.min_p = 0.2f * (float)uniform(&seed);
        ADD(llama_sampler_init_min_p(o.min_p, 1));
    }
    ALSO(xtc)
    {
        o.xtc_probability = 1;
        o.xtc_threshold = 0.02f + 0.2f * (float)uniform(&seed);
        ADD(llama_sampler_init_xtc(1, o.xtc_threshold, 1, 1));
    }
    ALSO(temperature)
    {
        o.temperature = 0.3f + (float)uniform(&seed);
        o.temperature_range = uniform(&seed) < 0.5 ? 0 : 0.3f;
        o.temperature_exponent = 1.3f;
        ADD(llama_sampler_init_temp_ext(o.temperature, o.temperature_range, 1.3f));
    }
    static const char *const names[OND__STAGES] = {
#define STAGE(name, on, what) #name,
#include "pick/stages.def"
#undef STAGE
    };
    if (which < OND__STAGES) o.chain = names[which];
    b.ours = ours(tok, n, &o);
    return b;
}

static void compare(int which, const char *name, int n, const ond_tok *tok,
                    const struct llama_vocab *vocab)
{
    enum { CASES = 60 };
    float *x = malloc((size_t)n * sizeof *x);
    llama_token_data *a = malloc((size_t)n * sizeof *a), *b = malloc((size_t)n * sizeof *b);
    int edges = 0;
    bool ok = true;
    for (int c = 0; c < CASES && ok; c++) {
        int32_t t[64];
        uint64_t seed = (uint64_t)(which * 977 + c + 1);
        fill(x, n, seed);
        for (int i = 0; i < 64; i++) t[i] = (int32_t)(10 + uniform(&seed) * (c % 2 ? 3 : n - 10));
        both s = make(which, n, seed, tok, vocab);
        int d = run(s, x, n, t, 64, a, b);
        ok = d == 0 || d == 1;
        if (!ok) printf("# %s, case %d: %d\n", name, c, d);
        edges += d == 1;
        ond_sampler_close(s.ours);
        llama_sampler_free(s.theirs);
    }
    report(ok && edges <= CASES / 10, name, CASES, edges);
    free(x);
    free(a);
    free(b);
}

/* ---- time ---- */
static void time_one(const char *name, const ond_sampler_opts *o, struct llama_sampler *theirs,
                     int n)
{
    enum { ROUNDS = 60 };
    float *x = malloc((size_t)n * sizeof *x);
    llama_token_data *b = malloc((size_t)n * sizeof *b);
    ond_sampler *s = ours(NULL, n, o);
    uint64_t best[2] = {UINT64_MAX, UINT64_MAX};
    fill(x, n, 5);
    for (int r = 0; r < ROUNDS; r++) {
        ond_choice c;
        uint64_t t0 = ond_steady_us();
        (void)!ond_sampler_choose(s, x, NULL, 0, &c, NULL);
        uint64_t t1 = ond_steady_us();
        llama_token_data_array array = {.data = b, .size = (size_t)n, .selected = -1};
        for (int i = 0; i < n; i++) b[i] = (llama_token_data){.id = i, .logit = x[i]};
        llama_sampler_apply(theirs, &array);
        uint64_t t2 = ond_steady_us();
        if (t1 - t0 < best[0]) best[0] = t1 - t0;
        if (t2 - t1 < best[1]) best[1] = t2 - t1;
    }
    printf("%-34s %6llu us, llama.cpp %6llu us\n", name, (unsigned long long)best[0],
           (unsigned long long)best[1]);
    ond_sampler_close(s);
    llama_sampler_free(theirs);
    free(x);
    free(b);
}

static int time_all(void)
{
    enum { N = 151936 };
    struct llama_sampler *t = chain();
    llama_sampler_chain_add(t, llama_sampler_init_greedy());
    time_one("greedy", &(ond_sampler_opts){.seed = 1}, t, N);
    t = chain();
    llama_sampler_chain_add(t, llama_sampler_init_top_k(40));
    llama_sampler_chain_add(t, llama_sampler_init_top_p(0.95f, 1));
    llama_sampler_chain_add(t, llama_sampler_init_min_p(0.05f, 1));
    llama_sampler_chain_add(t, llama_sampler_init_temp(0.8f));
    llama_sampler_chain_add(t, llama_sampler_init_dist(1));
    ond_sampler_opts o = {.seed = 1};
    ond_sampler_usual(&o);
    time_one("top-k 40, top-p, min-p, temperature", &o, t, N);
    t = chain();
    llama_sampler_chain_add(t, llama_sampler_init_top_p(0.95f, 1));
    llama_sampler_chain_add(t, llama_sampler_init_dist(1));
    time_one("top-p 0.95 alone", &(ond_sampler_opts){.seed = 1, .top_p = 0.95f, .temperature = 1},
             t, N);
    t = chain();
    llama_sampler_chain_add(t, llama_sampler_init_dist(1));
    time_one("temperature 1 alone", &(ond_sampler_opts){.seed = 1, .temperature = 1}, t, N);
    return 0;
}

static void quiet(enum ggml_log_level level, const char *text, void *self)
{
    (void)level, (void)text, (void)self;
}

int main(int argc, char **argv)
{
    static const char *const names[OND__STAGES] = {
#define STAGE(name, on, what) #name,
#include "pick/stages.def"
#undef STAGE
    };
    if (argc > 1 && strcmp(argv[1], "--time") == 0) return time_all();
    llama_log_set(quiet, NULL);
    for (int w = 0; w < OND__STAGES; w++)
        if (w != OND__STAGE_dry) compare(w, names[w], 5000, NULL, NULL);
    const char *shared = getenv("ONDOL_SHARED");
    char path[512];
    snprintf(path, sizeof path, "%s/models/llm/stories260K-f32.gguf", shared ? shared : "");
    ond_gguf *g = NULL;
    ond_tok *tok = NULL;
    struct llama_model_params mp = llama_model_default_params();
    mp.vocab_only = true;
    if (!shared || ond_gguf_open(path, &g, NULL) != 0 || ond_tok_open(g, &tok, NULL) != 0)
        printf("ok %d - dry and the chain # SKIP no %s\n", ++tests, path);
    else {
        struct llama_model *m = llama_model_load_from_file(path, mp);
        const struct llama_vocab *v = llama_model_get_vocab(m);
        compare(OND__STAGE_dry, "dry", ond_tok_count(tok), tok, v);
        compare(OND__STAGES, "the whole chain", ond_tok_count(tok), tok, v);
        llama_model_free(m);
    }
    ond_tok_close(tok);
    ond_gguf_close(g);
    printf("1..%d\n", tests);
    return failed != 0;
}
