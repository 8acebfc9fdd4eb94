/* test_session.c - a timeline: batched equals single, cached equals uncached, restored equals
 * continued, bit for bit. */
#include "run/fixture.h"

static net model;

static int setup(void **state)
{
    (void)state;
    model = model_file("llama", OND_Q8_0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    net_remove(&model);
    return 0;
}

static void same_logits(ond_session *a, ond_session *b)
{
    const float *x, *y;
    OK(ond_session_logits(a, &x, err));
    OK(ond_session_logits(b, &y, err));
    assert_memory_equal(x, y, TINY_VOCAB * sizeof *x);
}

/* A prompt in pieces of any size, beside others, gives the logits of the prompt alone. */
TEST(test_pieces_equal_whole)
{
    int32_t tok[100];
    prompt(tok, 100, 1);
    ond_engine *a = engine(&model, (ond_engine_opts){.batch = 512}),
               *b = engine(&model, (ond_engine_opts){.batch = 7});
    ond_session *sa = session(a), *sb = session(b), *other = session(b);
    OK(ond_session_feed(sa, tok, 100, err));
    OK(ond_session_feed(sb, tok, 100, err));
    OK(ond_session_feed(other, tok + 3, 60, err));
    int left = 1, passes = 0;
    while (left > 0) {
        OK(ond_engine_step(b, 5, &left, err));
        passes++;
    }
    assert_int_equal(passes, 32);
    same_logits(sa, sb);
    ond_session_close(sa);
    ond_session_close(sb);
    ond_session_close(other);
    ond_engine_close(a);
    ond_engine_close(b);
}

/* Sessions that decode are served in every pass while another's prompt is worked off. */
TEST(test_prompt_yields)
{
    int32_t tok[200];
    prompt(tok, 200, 2);
    ond_engine *e = engine(&model, (ond_engine_opts){.batch = 32});
    ond_session *talks = session(e), *reads = session(e);
    OK(ond_session_feed(talks, tok + 100, 4, err));
    OK(ond_session_run(talks, err));
    OK(ond_session_feed(reads, tok, 200, err));
    for (int i = 0; i < 5; i++) {
        OK(ond_session_feed(talks, tok + i, 1, err));
        OK(ond_engine_step(e, 16, NULL, err));
        assert_int_equal(ond_session_pending(talks), 0);
        assert_int_equal(ond_session_pending(reads), 200 - 15 * (i + 1));
    }
    ond_session_close(talks);
    ond_session_close(reads);
    ond_engine_close(e);
}

/* Four sessions decoded together give what each gives alone. */
TEST(test_batched_equals_single)
{
    int32_t tok[4][20], alone[4][30], together[4][30];
    ond_engine *e = engine(&model, (ond_engine_opts){0});
    ond_session *s[4];
    for (int i = 0; i < 4; i++) {
        prompt(tok[i], 20, 10 + (unsigned)i);
        s[i] = session(e);
        OK(ond_session_feed(s[i], tok[i], 12 + 2 * (size_t)i, err));
        go_on(s[i], NULL, 30, alone[i]);
        ond_session_truncate(s[i], 0);
        OK(ond_session_feed(s[i], tok[i], 12 + 2 * (size_t)i, err));
    }
    for (int k = 0; k < 30; k++) {
        int left = 1;
        while (left) OK(ond_engine_step(e, 0, &left, err));
        for (int i = 0; i < 4; i++) go_on(s[i], NULL, 1, &together[i][k]);
    }
    assert_memory_equal(alone, together, sizeof alone);
    for (int i = 0; i < 4; i++) ond_session_close(s[i]);
    ond_engine_close(e);
}

TEST(test_too_long_is_refused_with_numbers)
{
    int32_t tok[300];
    prompt(tok, 300, 3);
    ond_engine *e = engine(&model, (ond_engine_opts){.sessions = 1});
    ond_session *s = session(e), *two;
    FAILS(OND_E_INPUT, "the prompt has 300 tokens, and the context 256",
          ond_session_feed(s, tok, 300, err));
    assert_int_equal(ond_session_count(s), 0);
    OK(ond_session_feed(s, tok, 250, err));
    FAILS(OND_E_INPUT, "7 more tokens after 250 make 257, and the context has 256",
          ond_session_feed(s, tok, 7, err));
    FAILS(OND_E_INPUT, "token 1 is 300", ond_session_feed(s, (int32_t[]){1, 300}, 2, err));
    FAILS(OND_E_INPUT, "token 0 is -1", ond_session_feed(s, (int32_t[]){-1}, 1, err));
    assert_int_equal(ond_session_count(s), 250);
    FAILS(OND_E_BUDGET, "1 of 1 sessions", ond_session_open(e, &two, err));
    ond_session_truncate(s, 0);
    const float *x;
    FAILS(OND_E_INPUT, "before the first token", ond_session_logits(s, &x, err));
    ond_session_close(s);
    ond_engine_close(e);
}

TEST(test_truncate_and_fork)
{
    int32_t tok[60], a[20], b[20], c[20];
    prompt(tok, 60, 4);
    ond_engine *e = engine(&model, (ond_engine_opts){0});
    ond_session *s = session(e), *f;
    OK(ond_session_feed(s, tok, 40, err));
    go_on(s, NULL, 20, a);
    ond_session_truncate(s, 40);
    go_on(s, NULL, 10, b);
    OK(ond_session_fork(s, &f, err));
    go_on(s, NULL, 10, b + 10);
    go_on(f, NULL, 10, c + 10);
    assert_memory_equal(a, b, sizeof a);
    assert_memory_equal(a + 10, c + 10, 10 * sizeof *a);
    assert_int_equal(ond_session_count(f), 60);
    /* apart from now on */
    OK(ond_session_feed(f, tok, 3, err));
    assert_int_equal(ond_session_count(s), 60);
    ond_session_close(f);
    ond_session_close(s);
    ond_engine_close(e);
}

/* `set` keeps what is common and evaluates only the rest. */
TEST(test_set)
{
    int32_t tok[100];
    ond_counters before, after;
    prompt(tok, 100, 5);
    ond_engine *e = engine(&model, (ond_engine_opts){0});
    ond_session *s = session(e), *fresh = session(e);
    OK(ond_session_set(s, tok, 80, err));
    OK(ond_session_run(s, err));
    tok[70] = (tok[70] + 1) % 290;
    ond_session_counters(s, &before);
    OK(ond_session_set(s, tok, 100, err));
    assert_int_equal(ond_session_pending(s), 30);
    OK(ond_session_run(s, err));
    ond_session_counters(s, &after);
    assert_int_equal(after.prefill_tokens - before.prefill_tokens, 30);
    OK(ond_session_set(s, tok, 100, err)); /* nothing to do */
    assert_int_equal(ond_session_pending(s), 0);
    OK(ond_session_feed(fresh, tok, 100, err));
    same_logits(s, fresh);
    ond_session_close(s);
    ond_session_close(fresh);
    ond_engine_close(e);
}

/* A snapshot, in another process's place, goes on as the session does, the sampler's numbers too.
 */
TEST(test_restored_equals_continued)
{
    int32_t tok[50], a[30], b[30];
    unsigned char kept[OND_SAMPLER_STATE];
    ond_text bytes = {0};
    prompt(tok, 50, 6);
    ond_engine *e = engine(&model, (ond_engine_opts){0}),
               *again = engine(&model, (ond_engine_opts){0});
    ond_session *s = session(e), *r = session(again);
    ond_sampler *p, *q;
    OK(ond_sampler_open(e, &(ond_sampler_opts){.temperature = 1, .seed = 7, .top_k = 50}, &p, err));
    OK(ond_sampler_open(again, &(ond_sampler_opts){.temperature = 1, .seed = 99, .top_k = 50}, &q,
                        err));
    OK(ond_session_feed(s, tok, 50, err));
    go_on(s, p, 9, a);
    OK(ond_session_save(s, &bytes, err));
    ond_sampler_save(p, kept);
    go_on(s, p, 30, a);
    OK(ond_session_load(r, bytes.p, bytes.n, err));
    OK(ond_sampler_load(q, kept, err));
    assert_int_equal(ond_session_count(r), 59);
    go_on(r, q, 30, b);
    assert_memory_equal(a, b, sizeof a);

    char path[128];
    snprintf(path, sizeof path, "%s/s.kv", model.dir);
    OK(ond_session_save_file(s, path, err));
    OK(ond_session_load_file(r, path, err));
    assert_int_equal(ond_session_count(r), 89);
    same_logits(s, r);
    FAILS(OND_E_NOT_FOUND, "nowhere", ond_session_load_file(r, "/nowhere", err));

    ond_sampler_close(p);
    ond_sampler_close(q);
    ond_text_free(&bytes);
    ond_session_close(s);
    ond_session_close(r);
    ond_engine_close(e);
    ond_engine_close(again);
}

/* Every truncation and every flipped bit of a snapshot is an error, and the session stays as it
 * was. */
TEST(test_damaged_snapshots)
{
    int32_t tok[20];
    ond_text bytes = {0};
    prompt(tok, 20, 8);
    ond_engine *e = engine(&model, (ond_engine_opts){0}),
               *other = engine(&model, (ond_engine_opts){.kv = "i8"});
    ond_session *s = session(e), *r = session(e), *o = session(other);
    OK(ond_session_feed(s, tok, 20, err));
    OK(ond_session_run(s, err));
    OK(ond_session_save(s, &bytes, err));
    OK(ond_session_feed(r, tok + 5, 3, err));
    for (size_t n = 0; n < bytes.n; n += n < 300 ? 1 : 997)
        FAILS(OND_E_INPUT, "snapshot", ond_session_load(r, bytes.p, n, err));
    for (size_t at = 0; at < bytes.n; at += at < 400 ? 1 : 499) {
        bytes.p[at] ^= (char)(1 << at % 8);
        FAILS(OND_E_INPUT, "snapshot", ond_session_load(r, bytes.p, bytes.n, err));
        bytes.p[at] ^= (char)(1 << at % 8);
    }
    assert_int_equal(ond_session_count(r), 3);
    FAILS(OND_E_INPUT, "type of cache", ond_session_load(o, bytes.p, bytes.n, err));
    OK(ond_session_load(r, bytes.p, bytes.n, err));
    same_logits(s, r);
    ond_text_free(&bytes);
    ond_session_close(s);
    ond_session_close(r);
    ond_session_close(o);
    ond_engine_close(e);
    ond_engine_close(other);
}

TEST(test_shift_only_on_request)
{
    int32_t tok[256], out[8];
    prompt(tok, 256, 9);
    ond_engine *e = engine(&model, (ond_engine_opts){.prefix_bytes = 8 << 20});
    ond_session *s = session(e), *fresh = session(e);
    ond_generated how;
    OK(ond_session_feed(s, tok, 250, err));
    OK(ond_session_generate(s, &(ond_generate_opts){.ignore_end = true}, &how, err));
    assert_int_equal(how.end, OND_END_CONTEXT);
    assert_int_equal(how.n_token, 6);
    OK(ond_session_generate(
        s, &(ond_generate_opts){.ignore_end = true, .shift = true, .keep = 6, .max_tokens = 20},
        &how, err));
    assert_int_equal(how.n_token, 20);
    assert_int_equal(ond_session_count(s), 256 - 125 + 20);
    assert_memory_equal(ond_session_tokens(s), tok, 6 * sizeof *tok);
    assert_int_equal(ond_session_tokens(s)[6], tok[131]);
    FAILS(OND_E_INPUT, "context shift", ond_session_keep(s, 100, err));
    OK(ond_session_keep(s, 6, err));
    /* what was computed while seeing the forgotten is never shared */
    OK(ond_session_feed(fresh, ond_session_tokens(s), 100, err));
    go_on(fresh, NULL, 8, out);
    ond_counters c;
    ond_session_counters(fresh, &c);
    assert_in_range(c.reused_memory, 0, 6);
    FAILS(OND_E_INPUT, "cannot be forgotten", ond_session_shift(s, 200, 100, err));
    ond_session_close(s);
    ond_session_close(fresh);
    ond_engine_close(e);
}

/* Forgetting all that follows is a cut: the logits are those after what is left. */
TEST(test_shift_of_the_tail)
{
    int32_t tok[40];
    prompt(tok, 40, 13);
    ond_engine *e = engine(&model, (ond_engine_opts){0});
    ond_session *s = session(e), *fresh = session(e);
    OK(ond_session_feed(s, tok, 40, err));
    OK(ond_session_run(s, err));
    OK(ond_session_shift(s, 25, 15, err));
    assert_int_equal(ond_session_count(s), 25);
    OK(ond_session_feed(fresh, tok, 25, err));
    same_logits(s, fresh);
    OK(ond_session_shift(s, 0, 25, err));
    assert_int_equal(ond_session_count(s), 0);
    ond_session_close(s);
    ond_session_close(fresh);
    ond_engine_close(e);
}

TEST(test_interrupt)
{
    int32_t tok[100];
    prompt(tok, 100, 11);
    ond_engine *e = engine(&model, (ond_engine_opts){.batch = 10});
    ond_session *s = session(e);
    OK(ond_session_feed(s, tok, 100, err));
    OK(ond_engine_step(e, 0, NULL, err));
    ond_engine_interrupt(e);
    FAILS(OND_E_INTERRUPTED, "", ond_session_run(s, err));
    assert_int_equal(ond_session_pending(s), 90);
    ond_engine_interrupt(e);
    ond_engine_resume(e);
    OK(ond_session_run(s, err));
    ond_session_close(s);
    ond_engine_close(e);
}

/* Scores are the log probabilities that a sampler reports. */
TEST(test_score)
{
    int32_t tok[80];
    float lp[80];
    prompt(tok, 80, 12);
    ond_engine *e = engine(&model, (ond_engine_opts){.batch = 20});
    ond_session *s = session(e), *t = session(e);
    ond_sampler *p;
    OK(ond_sampler_open(e, &(ond_sampler_opts){.logprobs = TINY_VOCAB > 100 ? 100 : 1}, &p, err));
    OK(ond_session_score(s, tok, 50, lp, err));
    assert_true(lp[0] == 0);
    OK(ond_session_score(s, tok + 50, 30, lp + 50, err));
    for (int i = 0; i < 80; i++) {
        if (i > 0) {
            ond_choice c;
            OK(ond_session_sample(t, p, &c, err));
            for (int k = 0; k < c.n_top; k++)
                if (c.top[k].token == tok[i]) assert_true(fabsf(c.top[k].logprob - lp[i]) < 1e-4f);
        }
        OK(ond_session_feed(t, tok + i, 1, err));
    }
    same_logits(s, t);
    ond_perplexity pp;
    OK(ond_engine_perplexity(e, tok, 80, 40, NULL, NULL, &pp, err));
    assert_int_equal(pp.n_chunk, 2);
    assert_int_equal(pp.n_scored, 2 * 19);
    assert_true(pp.value > 1 && pp.value < 1e6);
    ond_sampler_close(p);
    ond_session_close(s);
    ond_session_close(t);
    ond_engine_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pieces_equal_whole),
        cmocka_unit_test(test_prompt_yields),
        cmocka_unit_test(test_batched_equals_single),
        cmocka_unit_test(test_too_long_is_refused_with_numbers),
        cmocka_unit_test(test_truncate_and_fork),
        cmocka_unit_test(test_set),
        cmocka_unit_test(test_restored_equals_continued),
        cmocka_unit_test(test_damaged_snapshots),
        cmocka_unit_test(test_shift_only_on_request),
        cmocka_unit_test(test_shift_of_the_tail),
        cmocka_unit_test(test_interrupt),
        cmocka_unit_test(test_score),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
