/* test_generate.c - answers: speculation changes nothing but the number of passes, stop strings
 * never show, no malloc a token. */
#include "run/fixture.h"

#include <stdatomic.h>

/* ---- every malloc of this program is counted ---- */
static atomic_ulong mallocs;
void *__libc_malloc(size_t n);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t n);
#if !defined(__SANITIZE_ADDRESS__)
void *malloc(size_t n)
{
    atomic_fetch_add(&mallocs, 1);
    return __libc_malloc(n);
}
void *calloc(size_t n, size_t size)
{
    atomic_fetch_add(&mallocs, 1);
    return __libc_calloc(n, size);
}
void *realloc(void *p, size_t n)
{
    atomic_fetch_add(&mallocs, 1);
    return __libc_realloc(p, n);
}
#endif

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

/* Text that says the same again and again, and what a sampler makes of it with and without guesses.
 */
static void speculate(const ond_sampler_opts *o, uint64_t *drafted, uint64_t *accepted)
{
    int32_t tok[60], a[150], b[150];
    ond_counters c;
    for (int i = 0; i < 60; i++) tok[i] = 100 + i % 12;
    ond_engine *e = engine(&model, (ond_engine_opts){0});
    ond_session *s = session(e), *t = session(e);
    ond_sampler *p = NULL, *q = NULL;
    OK(ond_sampler_open(e, o, &p, err));
    OK(ond_sampler_open(e, o, &q, err));
    OK(ond_session_feed(s, tok, 60, err));
    OK(ond_session_feed(t, tok, 60, err));
    ond_session_speculate(t, -1);
    go_on(s, p, 150, a);
    go_on(t, q, 150, b);
    assert_memory_equal(a, b, sizeof a);
    ond_session_counters(t, &c);
    *drafted = c.drafted;
    *accepted = c.accepted;
    assert_in_range(c.decode_tokens + c.accepted, 149,
                    151); /* the last of the prompt may count, the last of all need not */
    ond_session_counters(s, &c);
    assert_int_equal(c.drafted, 0);
    ond_sampler_close(p);
    ond_sampler_close(q);
    ond_session_close(s);
    ond_session_close(t);
    ond_engine_close(e);
}

TEST(test_speculation_is_exact)
{
    uint64_t drafted, accepted;
    speculate(&(ond_sampler_opts){.seed = 1}, &drafted, &accepted);
    print_message("# greedy: %d drafted, %d accepted\n", (int)drafted, (int)accepted);
    speculate(&(ond_sampler_opts){.seed = 2, .temperature = 0.3f}, &drafted, &accepted);
    print_message("# temperature 0.3: %d drafted, %d accepted\n", (int)drafted, (int)accepted);
    /* sampling that copies what was said: a bias so strong that the guesses come true */
    ond_bias bias[12];
    for (int i = 0; i < 12; i++) bias[i] = (ond_bias){100 + i, 1000};
    speculate(&(ond_sampler_opts){.seed = 3, .temperature = 1, .bias = bias, .n_bias = 2}, &drafted,
              &accepted);
    assert_true(accepted > 0 && accepted <= drafted);
    speculate(
        &(ond_sampler_opts){.seed = 4, .temperature = 1, .bias = bias, .n_bias = 2, .mirostat = 2},
        &drafted, &accepted);
}

/* Guesses that are near the end of the context, and sessions that speculate beside others. */
TEST(test_speculation_at_the_edge)
{
    int32_t tok[60], a[4][190], b[4][190];
    ond_engine *e = engine(&model, (ond_engine_opts){.batch = 9});
    ond_session *s[4];
    ond_bias bias[2] = {{100, 1000}, {101, 1000}};
    ond_sampler *p[4];
    for (int i = 0; i < 60; i++) tok[i] = 100 + i % 2;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            s[i] = session(e);
            OK(ond_sampler_open(
                e,
                &(ond_sampler_opts){
                    .seed = 5 + (uint64_t)i, .temperature = 1, .bias = bias, .n_bias = 2},
                &p[i], err));
            OK(ond_session_feed(s[i], tok, 60, err));
            ond_session_speculate(s[i], round ? -1 : 0);
        }
        for (int k = 0; k < 190; k++)
            for (int i = 0; i < 4; i++) {
                if (round) OK(ond_engine_step(e, 0, NULL, err));
                go_on(s[i], p[i], 1, round ? &a[i][k] : &b[i][k]);
            }
        for (int i = 0; i < 4; i++) {
            ond_session_close(s[i]);
            ond_sampler_close(p[i]);
        }
    }
    assert_memory_equal(a, b, sizeof a);
    ond_engine_close(e);
}

TEST(test_no_malloc_a_token)
{
#if defined(__SANITIZE_ADDRESS__)
    skip();
#endif
    int32_t tok[20], out[60];
    ond_engine *e = engine(&model, (ond_engine_opts){0});
    ond_sampler_opts o = {.seed = 1,
                          .logprobs = 5,
                          .repeat_penalty = 1.1f,
                          .dry_multiplier = 0.8f,
                          .typical_p = 0.95f,
                          .top_n_sigma = 2,
                          .xtc_probability = 0.5f,
                          .temperature_range = 0.2f};
    ond_sampler_usual(&o);
    ond_sampler *p;
    OK(ond_sampler_open(e, &o, &p, err));
    prompt(tok, 20, 1);
    for (int draft = 0; draft < 2; draft++) {
        ond_session *s = session(e);
        ond_session_speculate(s, draft ? -1 : 0);
        OK(ond_session_feed(s, tok, 20, err));
        go_on(s, p, 2, out);
        unsigned long before = atomic_load(&mallocs);
        go_on(s, p, 60, out);
        assert_int_equal(atomic_load(&mallocs) - before, 0);
        ond_session_close(s);
    }
    /* and through generate: what it takes does not depend on how many tokens it gives */
    unsigned long taken[2];
    for (int i = 0; i < 2; i++) {
        ond_session *s = session(e);
        OK(ond_session_feed(s, tok, 20, err));
        OK(ond_session_run(s, err));
        unsigned long before = atomic_load(&mallocs);
        OK(ond_session_generate(
            s, &(ond_generate_opts){.sampler = p, .ignore_end = true, .max_tokens = i ? 200 : 5},
            NULL, err));
        taken[i] = atomic_load(&mallocs) - before;
        ond_session_close(s);
    }
    assert_in_range(taken[1], 0, taken[0] + 1);
    ond_sampler_close(p);
    ond_engine_close(e);
}

/* ---- stop strings ---- */
static const char *streamed(const ond_engine *e, const char *text, const char *const *stop,
                            int n_stop, int *stopped, char *each)
{
    static char all[256];
    ond_stream *st;
    ond_text out = {0};
    OK(ond_stream_open(e, stop, n_stop, false, &st, err));
    for (const char *p = text; *p; p++) {
        OK(ond_stream_put(st, BYTE_0 + (unsigned char)*p, &out, err));
        if (each) each[p - text] = (char)out.n;
    }
    OK(ond_stream_end(st, &out, err));
    *stopped = ond_stream_stopped(st);
    snprintf(all, sizeof all, "%s", out.p ? out.p : "");
    ond_text_free(&out);
    ond_stream_close(st);
    return all;
}

TEST(test_stop_strings)
{
    ond_engine *e = engine(&model, (ond_engine_opts){.sessions = 1});
    const char *const stop[] = {"STOP", "\n\n", "aab"};
    char each[64] = {0};
    int which;
    assert_string_equal(streamed(e, "hello STOP world", stop, 3, &which, each), "hello ");
    assert_int_equal(which, 0);
    assert_int_equal(each[5], 6); /* "hello " is shown … */
    assert_int_equal(each[8], 6); /* … and "STO" is held back */
    assert_string_equal(streamed(e, "hello STO", stop, 3, &which, NULL),
                        "hello STO"); /* nothing followed: it comes at the end */
    assert_int_equal(which, -1);
    assert_string_equal(streamed(e, "STSTOP", stop, 3, &which, NULL), "ST");
    assert_int_equal(which, 0);
    assert_string_equal(streamed(e, "x\n\n", stop, 3, &which, NULL), "x");
    assert_int_equal(which, 1);
    assert_string_equal(streamed(e, "aaaaab", stop, 3, &which, each), "aaa");
    assert_int_equal(which, 2);
    assert_int_equal(each[4], 3);
    assert_string_equal(streamed(e, "z\xed\x95\x9c\xea", stop, 3, &which, each),
                        "z\xed\x95\x9c\xef\xbf\xbd"); /* half a character */
    assert_int_equal(each[2], 1);
    FAILS(OND_E_INPUT, "stop string 1",
          ond_stream_open(e, (const char *const[]){"a", ""}, 2, false, &(ond_stream *){NULL}, err));
    ond_engine_close(e);
}

/* After its end a stream begins again, also one that was stopped. */
TEST(test_stream_begins_again)
{
    ond_engine *e = engine(&model, (ond_engine_opts){.sessions = 1});
    ond_stream *st;
    ond_text out = {0};
    OK(ond_stream_open(e, (const char *const[]){"b"}, 1, false, &st, err));
    for (int round = 0; round < 2; round++) {
        for (const char *p = "abc"; *p; p++)
            OK(ond_stream_put(st, BYTE_0 + (unsigned char)*p, &out, err));
        OK(ond_stream_end(st, &out, err));
        assert_int_equal(ond_stream_stopped(st), 0);
    }
    assert_string_equal(out.p, "aa");
    OK(ond_stream_put(st, BYTE_0 + 'x', &out, err));
    assert_int_equal(ond_stream_stopped(st), -1);
    ond_text_free(&out);
    ond_stream_close(st);
    ond_engine_close(e);
}

/* Every text of the letters a and b, with every stop string of them up to three long: nothing of it
 * shows, and all before does. */
TEST(test_stop_strings_exhaustively)
{
    ond_engine *e = engine(&model, (ond_engine_opts){.sessions = 1});
    for (int sl = 1; sl <= 3; sl++)
        for (int sm = 0; sm < 1 << sl; sm++) {
            char stop[8] = {0}, text[8] = {0};
            const char *const one[] = {stop};
            for (int i = 0; i < sl; i++) stop[i] = sm >> i & 1 ? 'b' : 'a';
            for (int tm = 0; tm < 1 << 6; tm++) {
                int which;
                for (int i = 0; i < 6; i++) text[i] = tm >> i & 1 ? 'b' : 'a';
                char want[8], *at = strstr(text, stop);
                snprintf(want, sizeof want, "%.*s", at ? (int)(at - text) : 6, text);
                assert_string_equal(streamed(e, text, one, 1, &which, NULL), want);
                assert_int_equal(which, at ? 0 : -1);
            }
        }
    ond_engine_close(e);
}

typedef struct heard {
    char text[4096];
    size_t n;
    int tokens, most;
} heard;

static int hear(void *self, const ond_piece *piece)
{
    heard *h = self;
    memcpy(h->text + h->n, piece->text, piece->n);
    h->n += piece->n;
    h->tokens += piece->choice.token >= 0;
    return h->most && h->tokens >= h->most;
}

TEST(test_generate_ends)
{
    ond_engine *e = engine(&model, (ond_engine_opts){0});
    ond_session *s = session(e);
    ond_generated how;
    ond_sampler *p;
    heard h = {0};
    /* a bias that makes the model say "stop" in pieces, and then its end token */
    ond_bias say = {.token = BYTE_0 + 'x', .add = 1e6f};
    OK(ond_sampler_open(e, &(ond_sampler_opts){.bias = &say, .n_bias = 1}, &p, err));
    OK(ond_session_text(s, "the", OND_ADD_SPECIAL, err));
    assert_int_equal(ond_session_tokens(s)[0], 1);
    const char *const stop[] = {"xxxxx"};
    OK(ond_session_generate(
        s, &(ond_generate_opts){.sampler = p, .stop = stop, .n_stop = 1, .piece = hear, .self = &h},
        &how, err));
    assert_int_equal(how.end, OND_END_STOP);
    assert_int_equal(how.stop, 0);
    assert_int_equal(how.n_token, 5);
    assert_int_equal(h.n, 0);
    OK(ond_session_generate(
        s,
        &(ond_generate_opts){
            .sampler = p, .stop = stop, .n_stop = 1, .max_tokens = 3, .piece = hear, .self = &h},
        &how, err));
    assert_int_equal(how.end, OND_END_LENGTH);
    assert_int_equal(h.n, 3); /* what was held back comes at the end */
    h.tokens = 0, h.most = 2;
    OK(ond_session_generate(s, &(ond_generate_opts){.sampler = p, .piece = hear, .self = &h}, &how,
                            err));
    assert_int_equal(how.end, OND_END_CALLER);
    ond_sampler_close(p);
    say.token = 2;
    int before = ond_session_count(s);
    OK(ond_sampler_open(e, &(ond_sampler_opts){.bias = &say, .n_bias = 1}, &p, err));
    OK(ond_session_generate(s, &(ond_generate_opts){.sampler = p}, &how, err));
    assert_int_equal(how.end, OND_END_MODEL);
    assert_int_equal(how.end_token, 2);
    assert_int_equal(how.n_token, 0);
    assert_int_equal(ond_session_count(s), before);
    ond_sampler_close(p);
    ond_session_close(s);
    ond_engine_close(e);
}

/* A repetition of six tokens with "stop" in it, in one token or made up of two: DRY counts only the
 * two behind it. */
TEST(test_dry_breakers)
{
    enum { STOP = 261, ST = 262, OP = 263, T = 290, U = 291 };
    ond_engine *e = engine(&model, (ond_engine_opts){.sessions = 1});
    float x[TINY_VOCAB];
    ond_choice c;
    const char *const breaker[] = {"stop"}, *const other[] = {"?"};
    const int32_t two[] = {100, 101, ST, OP, 102, 103, T, 105, 100, 101, ST, OP, 102, 103};
    const int32_t one[] = {100, 101, 107, STOP, 102, 103, T, 105, 100, 101, 107, STOP, 102, 103};
    for (int i = 0; i < TINY_VOCAB; i++) x[i] = -10;
    x[T] = 3;
    x[U] = 0;
    for (int broken = 0; broken < 2; broken++) {
        ond_sampler *p;
        OK(ond_sampler_open(e,
                            &(ond_sampler_opts){.dry_multiplier = 1,
                                                .dry_breaker = broken ? breaker : other,
                                                .n_dry_breaker = 1},
                            &p, err));
        OK(ond_sampler_choose(p, x, two, 14, &c, err));
        assert_int_equal(c.token, broken ? T : U);
        OK(ond_sampler_choose(p, x, one, 14, &c, err));
        assert_int_equal(c.token, broken ? T : U);
        ond_sampler_close(p);
    }
    ond_engine_close(e);
}

TEST(test_chat_prompt)
{
    ond_engine *e = engine(&model, (ond_engine_opts){.sessions = 1});
    ond_text out = {0};
    OK(ond_chat_prompt(e, "[{\"role\":\"user\",\"content\":\"hi\"}]", NULL, NULL, true, &out, err));
    assert_string_equal(out.p, "user: hi\nassistant:");
    FAILS(OND_E_INPUT, "messages", ond_chat_prompt(e, "[", NULL, NULL, true, &out, err));
    FAILS(OND_E_INPUT, "arrays", ond_chat_prompt(e, "{}", NULL, NULL, true, &out, err));
    ond_text_free(&out);
    ond_engine_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_speculation_is_exact),
        cmocka_unit_test(test_speculation_at_the_edge),
        cmocka_unit_test(test_no_malloc_a_token),
        cmocka_unit_test(test_stop_strings),
        cmocka_unit_test(test_stream_begins_again),
        cmocka_unit_test(test_stop_strings_exhaustively),
        cmocka_unit_test(test_generate_ends),
        cmocka_unit_test(test_dry_breakers),
        cmocka_unit_test(test_chat_prompt),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
