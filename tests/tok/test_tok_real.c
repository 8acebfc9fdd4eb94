/* test_tok_real.c - the tokens of real models, as llama.cpp made them.
 *
 * libllama 0.5.0 of npm node-llama-cpp 3.22.1: llama_tokenize with add_special and parse_special,
 * llama_detokenize with neither, captured 2026-11-23. */
#include "tok/vocab.h"

static const struct { const char *text, *ids, *back; } known[] = {
    {"Once upon a time", "1 403 407 261 378", " Once upon a time"},
    {"  two  spaces ", "1 410 410 259 424 414 410 262 427 412 331 419 410", "   two  spaces "},
    {"Lily said, \"Hi!\"\n\nThe end.",
    "1 317 336 432 313 440 417 443 436 13 13 434 260 344 264 426",
     " Lily said, \"Hi!\"\n\nThe end."},
    {"3.14 \xEA\xB0\x80 \xF0\x9F\x98\x80",
    "1 410 472 426 475 484 410 237 179 131 410 243 162 155 131",
     " 3.14 \xEA\xB0\x80 \xF0\x9F\x98\x80"},
    {"<s>One</s> day", "1 1 385 2 410 328", " One  day"},
    {"\xE2\x96\x81x\xC3", "1 410 410 444 198", "  x\xC3"},
};

static void check(const char *name)
{
    const char *shared = getenv("ONDOL_SHARED");
    char path[1024];
    vocab v = {0};
    snprintf(path, sizeof path, "%s/models/llm/%s", shared ? shared : "../shared", name);
    FILE *f = fopen(path, "rb");
    if (!f) {
        print_message("%s is not there\n", path);
        skip();
    }
    fclose(f);
    assert_int_equal(ond_gguf_open(path, &v.g, &v.err), 0);
    assert_int_equal(ond_tok_open(v.g, &v.t, &v.err), 0);
    assert_int_equal(ond_tok_count(v.t), 512);
    for (size_t i = 0; i < COUNT(known); i++) {
        assert_string_equal(ids_of(&v, ond_str_of(known[i].text), true, true), known[i].ids);
        ond_ids ids = {0};
        ond_buf out = {0};
        assert_int_equal(ond_tok_encode(v.t, ond_str_of(known[i].text), (ond_tok_opts){true, true},
            &ids, &v.err), 0);
        assert_string_equal(text_of(&v, ids.p, ids.n, false), known[i].back);
        ond_tok_stream s = {.began = true};
        for (size_t k = 0; k < ids.n; k++) ond_tok_stream_put(v.t, &s, ids.p[k], false, &out);
        if (i < 5) assert_string_equal(ond_buf_z(&out), known[i].back);
        ond_buf_free(&out);
        ond_ids_free(&ids);
    }
    vocab_close(&v);
}

TEST(test_stories) { check("stories260K-f32.gguf"); }
TEST(test_bitnet) { check("bitnet-tinystories-3M-tq2_0.gguf"); }

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_stories),
        cmocka_unit_test(test_bitnet)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
