/* test_engine.c - opening: the plan and its refusals, what is resident, bad options and files;
 * vectors; the header and what the library shows. */
#include "run/fixture.h"

#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* The enum in the header as text against the table; this file sees only one of the two. */
TEST(test_codes)
{
    ond_buf text = {0};
    OK(ond_file_read("include/ondol.h", 1 << 20, &text, err));
    const char *p = strstr(ond_buf_z(&text), "OND_OK = 0,");
    assert_non_null(p);
#define ERR(name, exit, http, words)                                                               \
    p = strstr(p, "OND_E_");                                                                       \
    assert_non_null(p);                                                                            \
    if (strncmp(p + 6, #name ",", sizeof #name) != 0) fail_msg("%s: %.20s", #name, p);             \
    p += 6;
#include "base/err.def"
#undef ERR
    const char *more = strstr(p, "OND_E_"), *end = strstr(p, "OND_CODE_COUNT");
    assert_true(end && (!more || more > end));
    ond_buf_free(&text);
}

/* Every function of the header is in the library's list, and nothing else. */
TEST(test_map)
{
    ond_buf header = {0}, map = {0};
    int shown = 0, declared = 0;
    OK(ond_file_read("include/ondol.h", 1 << 20, &header, err));
    OK(ond_file_read("src/run/ondol.map", 1 << 20, &map, err));
    for (const char *p = map.p; (p = strstr(p, "    ond_")); p++) {
        char call[80];
        snprintf(call, sizeof call, "%.*s(", (int)strcspn(p + 4, ";"), p + 4);
        if (!strstr(header.p, call)) fail_msg("%s is in ondol.map and not in ondol.h", call);
        shown++;
    }
    for (const char *p = header.p; (p = strstr(p, " ond_")); p++) {
        size_t n = strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_0123456789");
        const char *line = p;
        while (line > header.p && line[-1] != '\n') line--;
        if (p[1 + n] != '(' || strncmp(line, " *", 2) == 0 || strncmp(line, "/*", 2) == 0) continue;
        char row[80];
        snprintf(row, sizeof row, "    %.*s;", (int)n, p + 1);
        if (!strstr(map.p, row)) fail_msg("%.*s is in ondol.h and not in ondol.map", (int)n, p + 1);
        declared++;
    }
    assert_true(declared > 40 && shown > declared);
    ond_buf_free(&header);
    ond_buf_free(&map);
}

TEST(test_plan)
{
    ond_memory m, big;
    OK(ond_engine_plan(
        &(ond_engine_opts){
            .path = model.path, .ctx = 256, .sessions = 3, .prefix_bytes = 1 << 20, .threads = 2},
        &m, err));
    assert_int_equal(m.ctx, 256);
    assert_int_equal(m.n_session, 3);
    assert_int_equal(m.n_batch, 512);
    assert_int_equal(m.sessions, 3 * m.session);
    assert_true(m.session >= 256 * 3 * 2 * 2 * 64 * 2);
    assert_true(m.total >=
                m.weights_mapped + m.weights_packed + m.sessions + m.pass + m.prefix + m.tokenizer);
    OK(ond_engine_plan(&(ond_engine_opts){.path = model.path}, &m, err));
    assert_int_equal(m.ctx, TINY_CTX);
    assert_int_equal(m.n_session, 1);
    FAILS(OND_E_NOMEM, "MiB",
          ond_engine_plan(&(ond_engine_opts){.path = model.path, .memory = 1 << 20}, &big, err));
    assert_int_equal(big.total, m.total);
    assert_int_equal(big.available, 1 << 20);
    ond_engine *e;
    FAILS(OND_E_NOMEM, "1 MiB can be had",
          ond_engine_open(&(ond_engine_opts){.path = model.path, .memory = 1 << 20}, &e, err));
    assert_null(e);
}

/* What is resident after all sessions are full stays within the plan. */
TEST(test_resident)
{
#if defined(__SANITIZE_ADDRESS__)
    skip();
#endif
    int32_t tok[500];
    size_t before = ond_rss();
    ond_engine *e = engine(&model, (ond_engine_opts){.ctx = 500, .prefix_bytes = 4 << 20});
    ond_session *s[4];
    for (int i = 0; i < 4; i++) {
        s[i] = session(e);
        prompt(tok, 500, (unsigned)i);
        OK(ond_session_feed(s[i], tok, 500, err));
        OK(ond_session_run(s[i], err));
    }
    uint64_t most = ond_engine_memory(e)->total;
    most += most / 20 + (16 << 20);
    assert_in_range(ond_rss(), 1, before + most);
    for (int i = 0; i < 4; i++) ond_session_close(s[i]);
    ond_engine_close(e);
}

/* What is wrong with the text is told before weights are packed: no file of them appears. */
TEST(test_bad_template_packs_nothing)
{
    ond_engine *e;
    char dir[] = "/tmp/ondol-engine-XXXXXX";
    assert_non_null(mkdtemp(dir));
    for (int threads = 1; threads <= 2; threads++) {
        FAILS(OND_E_INPUT, "include",
              ond_engine_open(&(ond_engine_opts){.path = model.path,
                                                 .chat_template = "{% include 'x' %}",
                                                 .pack_dir = dir,
                                                 .threads = threads},
                              &e, err));
        assert_int_equal(rmdir(dir), 0); /* empty */
        assert_int_equal(mkdir(dir, 0700), 0);
    }
    OK(ond_engine_open(&(ond_engine_opts){.path = model.path, .pack_dir = dir}, &e, err));
    ond_engine_close(e);
    assert_int_equal(rmdir(dir), -1); /* now there is one */
    remove_dir(dir);
}

TEST(test_bad_options)
{
    ond_engine *e;
    FAILS(OND_E_NOT_FOUND, "nothing.gguf",
          ond_engine_open(&(ond_engine_opts){.path = "/nothing.gguf"}, &e, err));
    FAILS(OND_E_USAGE, "path", ond_engine_open(&(ond_engine_opts){.ctx = 1}, &e, err));
    FAILS(OND_E_INPUT, "\"q5\"",
          ond_engine_open(&(ond_engine_opts){.path = model.path, .kv = "q5"}, &e, err));
    FAILS(OND_E_INPUT, "\"sse9\"",
          ond_engine_open(&(ond_engine_opts){.path = model.path, .kern = "sse9"}, &e, err));
    FAILS(OND_E_INPUT, "\"disk\"",
          ond_engine_open(&(ond_engine_opts){.path = model.path, .pack = "disk"}, &e, err));
    FAILS(OND_E_INPUT, "draft is 99",
          ond_engine_open(&(ond_engine_opts){.path = model.path, .draft = 99}, &e, err));
    FAILS(OND_E_INPUT, "ctx is -1",
          ond_engine_open(&(ond_engine_opts){.path = model.path, .ctx = -1}, &e, err));
    FAILS(
        OND_E_INPUT, "",
        ond_engine_open(
            &(ond_engine_opts){.path = model.path, .chat_template = "{% include 'x' %}"}, &e, err));
    OK(ond_engine_open(&(ond_engine_opts){.path = model.path, .kern = "ref", .pack = "off"}, &e,
                       err));
    ond_about a;
    ond_engine_about(e, &a);
    assert_string_equal(a.kern, "ref");
    assert_string_equal(a.arch, "llama");
    assert_string_equal(a.tokenizer, "llama");
    assert_int_equal(a.n_vocab, TINY_VOCAB);
    assert_true(a.chat && !a.embedding && a.file_bytes > 1000);
    float v[1];
    FAILS(OND_E_INPUT, "language model", ond_embed_text(e, "x", v, err));
    assert_int_equal(ond_token_named(e, "bos"), 1);
    assert_int_equal(ond_token_named(e, "sep"), -1);
    assert_true(ond_token_ends(e, 2) && !ond_token_ends(e, 5));
    ond_tokens t = {0};
    ond_text text = {0};
    OK(ond_encode(e, "the stop", 8, 0, &t, err));
    assert_true(t.n >= 2);
    OK(ond_decode(e, t.p, t.n, false, &text, err));
    assert_string_equal(text.p, "the stop");
    ond_tokens_free(&t);
    ond_text_free(&text);
    ond_engine_close(e);
}

TEST(test_vectors)
{
    net bert = model_file("bert", OND_F32);
    ond_engine *e = engine(&bert, (ond_engine_opts){.batch = 40});
    ond_about a;
    ond_engine_about(e, &a);
    assert_true(a.embedding);
    int32_t tok[5][60];
    ond_tokens list[5];
    float *alone = calloc(5 * (size_t)a.n_embd, sizeof *alone),
          *together = calloc(5 * (size_t)a.n_embd, sizeof *together);
    for (int i = 0; i < 5; i++) {
        prompt(tok[i], 60, (unsigned)i);
        list[i] = (ond_tokens){.p = tok[i], .n = 10 + 12 * (size_t)i};
        OK(ond_embed(e, &list[i], 1, alone + i * a.n_embd, err));
    }
    OK(ond_embed(e, list, 5, together, err));
    assert_memory_equal(alone, together, 5 * (size_t)a.n_embd * sizeof *alone);
    for (int i = 0; i < 5; i++) {
        double sum = 0;
        for (int k = 0; k < a.n_embd; k++)
            sum += (double)alone[i * a.n_embd + k] * (double)alone[i * a.n_embd + k];
        assert_true(fabs(sum - 1) < 1e-4);
    }
    ond_session *s;
    int32_t *longer = calloc(300, sizeof *longer);
    FAILS(OND_E_INPUT, "the text has 300 tokens, and the model's context is 256",
          ond_embed(e, &(ond_tokens){.p = longer, .n = 300}, 1, together, err));
    FAILS(OND_E_INPUT, "no tokens", ond_embed(e, &(ond_tokens){0}, 1, together, err));
    FAILS(OND_E_INPUT, "no sessions", ond_session_open(e, &s, err));
    free(longer);
    free(alone);
    free(together);
    ond_engine_close(e);
    net_remove(&bert);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_codes),       cmocka_unit_test(test_map),
        cmocka_unit_test(test_plan),        cmocka_unit_test(test_resident),
        cmocka_unit_test(test_bad_template_packs_nothing),
        cmocka_unit_test(test_bad_options), cmocka_unit_test(test_vectors),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
