/* test_choose.c - choices: greedy, ties, masks, bad logits, chains, log probabilities, seeds and
 * state; and the selection below. */
#include "pick/unit.h"

static int by_key(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void select_one(const float *x, int n, int k)
{
    uint64_t *want = malloc((size_t)n * 8), *got = malloc((size_t)n * 8),
             *spare = malloc((size_t)n * 8);
    assert_true(want && got && spare);
    for (int i = 0; i < n; i++) want[i] = ond__key(x[i], (uint32_t)i);
    qsort(want, (size_t)n, 8, by_key);
    ond__select(x, n, k, got, spare);
    assert_memory_equal(want, got, (size_t)k * 8);
    free(want);
    free(got);
    free(spare);
}

TEST(test_select)
{
    static const int sizes[] = {1, 2, 15, 16, 17, 100, 6000};
    for (int s = 0; s < 7; s++)
        for (int shape = 0; shape < 6; shape++) {
            int n = sizes[s], at = -1;
            float *x = logits(n, (uint64_t)(s + shape));
            for (int i = 0; i < n; i++) {
                if (shape == 1) x[i] = (float)i;
                if (shape == 2) x[i] = (float)-i;
                if (shape == 3) x[i] = (float)(i % 3);
                if (shape == 4) x[i] = -INFINITY;
                if (shape == 5 && i % 2) x[i] = -INFINITY;
            }
            float best = x[0];
            int first = 0;
            for (int i = 1; i < n; i++)
                if (x[i] > best) best = x[i], first = i;
            assert_true(ond__max(x, n, &at) == best);
            assert_int_equal(at, first);
            for (int k = 1; k <= n; k = k * 3 + 1) select_one(x, n, k);
            select_one(x, n, n);
            free(x);
        }
    assert_true(ond__key_value(ond__key(-2.5f, 7)) == -2.5f);
    assert_int_equal(ond__key_number(ond__key(-2.5f, 7)), 7);
    assert_true(ond__key(0.0f, 1) == ond__key(-0.0f, 1));
}

TEST(test_exp)
{
    for (float x = -86.9f; x <= 0; x += 0.0137f) {
        double want = exp((double)x), got = (double)ond__exp(x);
        if (fabs(got - want) > 3e-7 * want)
            fail_msg("exp(%g) is %.9g, not %.9g", (double)x, got, want);
    }
    assert_true(ond__exp(0) == 1 && ond__exp(-INFINITY) == 0 && ond__exp(-1000) == 0);
    float x[7] = {0, -1, -2, -INFINITY, -3, -0.5f, -90}, p[7];
    double sum = ond__exp_sum(x, 7, 0, p);
    assert_true(fabs(sum - (1 + exp(-1) + exp(-2) + exp(-3) + exp(-0.5))) < 1e-6);
    assert_true(p[3] == 0 && p[6] == 0);
}

TEST(test_greedy)
{
    float x[40] = {0};
    ond_sampler *s = sampler(40, NULL);
    x[17] = x[5] = 3;
    assert_int_equal(choose(s, x, NULL, 0).token, 5); /* of equal ones the first */
    uint64_t mask[1] = {(uint64_t)1 << 17 | 1 << 9};
    ond_sampler_mask(s, mask);
    assert_int_equal(choose(s, x, NULL, 0).token, 17);
    ond_sampler_mask(s, NULL);
    assert_int_equal(choose(s, x, NULL, 0).token, 5);
    ond_sampler_close(s);
    /* greedy leaves stages out that only cut, and keeps those that change who is first */
    s = sampler(40,
                &(ond_sampler_opts){.top_k = 5, .top_p = 0.5f, .min_p = 0.1f, .repeat_penalty = 2});
    assert_int_equal(s->n_stage, 1);
    assert_int_equal(choose(s, x, (int32_t[]){5, 5}, 2).token, 17);
    ond_sampler_close(s);
    s = sampler(40, &(ond_sampler_opts){.xtc_probability = 1, .xtc_threshold = 0.2f});
    x[17] = 2.9f;
    assert_int_equal(choose(s, x, NULL, 0).token, 17);
    ond_sampler_close(s);
    /* what is cut before it is changed stays cut */
    s = sampler(40,
                &(ond_sampler_opts){.chain = "top_k;penalties", .top_k = 1, .repeat_penalty = 2});
    assert_int_equal(choose(s, x, (int32_t[]){5, 5}, 2).token, 5);
    ond_sampler_close(s);
}

/* So cold that logits overflow: as greedy, and no token of no weight. */
TEST(test_almost_zero)
{
    static const float cold[] = {1e-45f, 1e-38f, 1e-31f, 1e-6f};
    float x[40] = {0};
    x[17] = 3;
    x[5] = 2.99f;
    for (size_t i = 0; i < 4; i++)
        for (int range = 0; range < 2; range++) {
            ond_sampler *s = sampler(40, &(ond_sampler_opts){.temperature = cold[i],
                                                             .temperature_range = range * cold[i],
                                                             .temperature_exponent = 1e-6f,
                                                             .seed = 3});
            for (int k = 0; k < 5; k++) assert_int_equal(choose(s, x, NULL, 0).token, 17);
            ond_sampler_close(s);
        }
}

static void refused(const float *x, const int32_t *t, size_t n, const uint64_t *mask,
                    const char *words)
{
    ond_choice c;
    ond_err err = {0};
    for (int greedy = 0; greedy < 2; greedy++) {
        ond_sampler *s = sampler(20, &(ond_sampler_opts){.temperature = greedy ? 0 : 1, .seed = 1});
        ond_sampler_mask(s, mask);
        assert_int_equal(ond_sampler_choose(s, x, t, n, &c, &err), OND_E_INPUT);
        if (!strstr(err.text, words)) fail_msg("%s", err.text);
        ond_sampler_close(s);
    }
}

TEST(test_bad_input)
{
    float x[20] = {0};
    uint64_t none = 0;
    x[13] = NAN;
    refused(x, NULL, 0, NULL, "token 13 is not a number");
    x[13] = INFINITY;
    refused(x, NULL, 0, NULL, "token 13 is infinite");
    x[13] = 0;
    x[17] = NAN;
    refused(x, NULL, 0, NULL, "token 17 is not a number");
    x[17] = 0;
    refused(x, (int32_t[]){1, 20}, 2, NULL, "token 1 of the timeline is 20");
    refused(x, NULL, 0, &none, "no token");
    for (int i = 0; i < 20; i++) x[i] = -INFINITY;
    refused(x, NULL, 0, NULL, "no token is left");
    x[3] = -5;
    ond_sampler *s = sampler(20, &(ond_sampler_opts){.temperature = 1,
                                                     .typical_p = 0.5f,
                                                     .top_n_sigma = 1,
                                                     .top_p = 0.3f,
                                                     .min_p = 0.1f,
                                                     .seed = 1});
    for (int i = 0; i < 50; i++)
        assert_int_equal(choose(s, x, NULL, 0).token, 3); /* what is at -infinity is never chosen */
    ond_sampler_close(s);
}

static void no_opts(const ond_sampler_opts *o, const char *words)
{
    ond_sampler *s;
    ond_err err = {0};
    assert_int_equal(ond_pick_open(NULL, 20, 10, o, &s, &err), OND_E_INPUT);
    if (!strstr(err.text, words)) fail_msg("%s", err.text);
}

TEST(test_options)
{
    no_opts(&(ond_sampler_opts){.top_p = 1.5f}, "top_p is 1.5");
    no_opts(&(ond_sampler_opts){.temperature = NAN}, "temperature");
    no_opts(&(ond_sampler_opts){.temperature = -1}, "temperature");
    no_opts(&(ond_sampler_opts){.mirostat = 1}, "mirostat is 1");
    no_opts(&(ond_sampler_opts){.logprobs = 101}, "logprobs");
    no_opts(&(ond_sampler_opts){.bias = &(ond_bias){20, 1}, .n_bias = 1}, "bias of token 20");
    no_opts(&(ond_sampler_opts){.chain = "top_k;tail_free"}, "\"tail_free\"");
    no_opts(&(ond_sampler_opts){.chain = "top_k;top_p;top_k"}, "twice");
    no_opts(&(ond_sampler_opts){.dry_multiplier = 1,
                                .dry_breaker = (const char *const[]){""},
                                .n_dry_breaker = 1},
            "dry_breaker 0");
    ond_sampler_opts o = {.chain = "temperature;top_p;top_k", .seed = 1};
    ond_sampler_usual(&o);
    ond_sampler *s = sampler(20, &o);
    assert_int_equal(s->n_stage, 3); /* in the order that was asked for, min_p left out */
    assert_int_equal(s->stage[0], OND__STAGE_temperature);
    assert_int_equal(s->stage[2], OND__STAGE_top_k);
    ond_sampler_close(s);
}

TEST(test_logprobs)
{
    int n = 3000;
    float *x = logits(n, 4);
    ond_sampler *s = sampler(
        n, &(ond_sampler_opts){
               .temperature = 2, .top_k = 500, .seed = 5, .logprobs = 100, .repeat_penalty = 5});
    double sum = 0, max = -INFINITY;
    for (int i = 0; i < n; i++) max = fmax(max, (double)x[i]);
    for (int i = 0; i < n; i++) sum += exp((double)x[i] - max);
    for (int k = 0; k < 50; k++) {
        ond_choice c = choose(s, x, (int32_t[]){1, 2, 3}, 3);
        assert_true(fabs((double)c.logprob - ((double)x[c.token] - max - log(sum))) < 1e-5);
        assert_int_equal(c.n_top, 100);
        for (int i = 0; i < 100; i++) {
            assert_true(fabs((double)c.top[i].logprob -
                             ((double)x[c.top[i].token] - max - log(sum))) < 1e-5);
            if (i) assert_true(c.top[i].logprob <= c.top[i - 1].logprob);
        }
    }
    assert_true(fabs(ond_pick_logprob(x, n, 7) - ((double)x[7] - max - log(sum))) < 1e-6);
    ond_sampler_close(s);
    free(x);
}

/* xoshiro256++ after splitmix64, both as published: the first numbers of seed 0 and 1. */
TEST(test_seed)
{
    float *x = logits(1000, 4);
    int32_t a[40], b[40];
    unsigned char kept[OND_SAMPLER_STATE];
    ond_err err;
    ond_sampler *s =
        sampler(1000, &(ond_sampler_opts){.temperature = 3, .seed = 11, .xtc_probability = 0.5f});
    for (int i = 0; i < 40; i++) a[i] = choose(s, x, NULL, 0).token;
    ond_sampler_reset(s, 0);
    for (int i = 0; i < 40; i++) b[i] = choose(s, x, NULL, 0).token;
    assert_memory_equal(a, b, sizeof a);
    ond_sampler_reset(s, 12);
    assert_int_equal(ond_sampler_seed(s), 12);
    for (int i = 0; i < 40; i++) b[i] = choose(s, x, NULL, 0).token;
    assert_memory_not_equal(a, b, sizeof a);
    ond_sampler_save(s, kept);
    for (int i = 0; i < 40; i++) a[i] = choose(s, x, NULL, 0).token;
    assert_int_equal(ond_sampler_load(s, kept, &err), 0);
    for (int i = 0; i < 40; i++) b[i] = choose(s, x, NULL, 0).token;
    assert_memory_equal(a, b, sizeof a);
    kept[0] ^= 1;
    assert_int_equal(ond_sampler_load(s, kept, &err), OND_E_INPUT);
    ond_sampler_close(s);
    free(x);
    ond__rng r;
    ond__rng_seed(&r, 0);
    assert_true(r.s[0] == 0xe220a8397b1dcdafu &&
                r.s[1] == 0x6e789e6aa1b965f4u); /* splitmix64 of 0 */
    r = (ond__rng){{1, 2, 3, 4}};
    assert_true(ond__rng_next(&r) ==
                (double)(41943041u >> 11) * 0x1p-53); /* the reference's first output */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_select),  cmocka_unit_test(test_exp),
        cmocka_unit_test(test_greedy),  cmocka_unit_test(test_almost_zero),
        cmocka_unit_test(test_bad_input),
        cmocka_unit_test(test_options), cmocka_unit_test(test_logprobs),
        cmocka_unit_test(test_seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
