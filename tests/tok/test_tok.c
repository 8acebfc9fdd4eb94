/* test_tok.c - opening, roles, kinds, pieces, decoding, streaming; what is wrong is named. */
#include "tok/vocab.h"

#include "tok/spell.h"

static const char *const bpe_tokens[] = {"a", "b", "c", "ab", "\xC4\xA0", ("\xC4\xA0" "ab"),
    "<|im_end|>", "<|endoftext|>", "<x>", "\xC4\x8A",
                                         "", "!", "s", "'", "<u> ", "<|fim_pad|>", "\xC3\xA9"};
enum { UNKEYED = COUNT(bpe_tokens) };
static const int32_t bpe_types[] = {1, 1, 1, 1, 1, 1, 1, 3, 3, 1, 1, 1, 1, 1, 4, 1, 1};

static void bpe(vocab *v, const char *pre)
{
    static const char *const merges[] = {"a b", "\xC4\xA0 ab"};
    set_str(v, "tokenizer.ggml.model", "gpt2");
    if (pre) set_str(v, "tokenizer.ggml.pre", pre);
    set_strs(v, "tokenizer.ggml.tokens", bpe_tokens, COUNT(bpe_tokens));
    set_ints(v, "tokenizer.ggml.token_type", bpe_types, COUNT(bpe_types));
    set_strs(v, "tokenizer.ggml.merges", merges, COUNT(merges));
    set_u32(v, "tokenizer.ggml.bos_token_id", 7);
    set_u32(v, "tokenizer.ggml.eos_token_id", 9999);
}

TEST(test_facts)
{
    vocab v = {0};
    bpe(&v, "qwen2");
    assert_int_equal(vocab_open(&v), 0);
    assert_int_equal(ond_tok_count(v.t), UNKEYED);
    assert_string_equal(ond_tok_model(v.t), "gpt2");
    assert_string_equal(ond_tok_pre(v.t), "qwen2");
    assert_int_equal(ond_tok_role_id(v.t, OND_TOK_BOS), 7);
    assert_int_equal(ond_tok_role_id(v.t, OND_TOK_CLS), 7);
    /* the default, since the key is out of range */
    assert_int_equal(ond_tok_role_id(v.t, OND_TOK_EOS), 11);
    assert_int_equal(ond_tok_role_id(v.t, OND_TOK_EOT), 6);
    assert_int_equal(ond_tok_role_id(v.t, OND_TOK_UNK), -1);
    assert_int_equal(ond_tok_role_id(v.t, OND_TOK_NL), 9);
    assert_int_equal(ond_tok_role_id(v.t, (ond_tok_role)99), -1);
    assert_true(ond_tok_ends(v.t, 6) && ond_tok_ends(v.t, 7) && ond_tok_ends(v.t, 11) &&
        ond_tok_ends(v.t, 15));
    assert_false(ond_tok_ends(v.t, 0) || ond_tok_ends(v.t, -1) || ond_tok_ends(v.t, 8));
    assert_int_equal(ond_tok_kind(v.t, 6), OND_TOK_CONTROL);   /* by name */
    assert_int_equal(ond_tok_kind(v.t, 0), OND_TOK_NORMAL);
    assert_int_equal(ond_tok_kind(v.t, 14), OND_TOK_USER);
    assert_int_equal(ond_tok_kind(v.t, -1), OND_TOK_UNUSED);
    assert_true(ond_str_is(ond_tok_text(v.t, 10), "[EMPTY_10]"));
    assert_true(ond_str_is(ond_tok_text(v.t, UNKEYED), ""));
    assert_int_equal(ond_tok_find(v.t, OND_S("[EMPTY_10]")), 10);
    assert_int_equal(ond_tok_find(v.t, OND_S("<x>")), 8);
    assert_int_equal(ond_tok_find(v.t, OND_S("nothing")), -1);
    assert_int_equal(ond_tok_find(v.t, OND_S("")), -1);
    assert_true(ond_tok_score(v.t, 3) == 0.0f && !ond_tok_add_bos(v.t) && !ond_tok_add_eos(v.t));
    vocab_close(&v);
}

TEST(test_special_tokens_in_text)
{
    vocab v = {0};
    bpe(&v, "qwen2");
    set_bool(&v, "tokenizer.ggml.add_bos_token", true);
    set_bool(&v, "tokenizer.ggml.add_eos_token", true);
    assert_int_equal(vocab_open(&v), 0);
    assert_string_equal(ids_of(&v, OND_S("ab ab"), false, false), "3 5");
    assert_string_equal(ids_of(&v, OND_S("ab ab"), true, false), "7 3 5 11");
    assert_string_equal(ids_of(&v, OND_S(""), true, true), "7 11");
    assert_string_equal(ids_of(&v, OND_S("a<|im_end|>b"), false, true), "0 6 1");
    assert_string_equal(ids_of(&v, OND_S("<x><x>"), false, true), "8 8");
    /* user-defined: always */
    assert_string_equal(ids_of(&v, OND_S("a<u> b"), false, false), "0 14 1");
    /* <, x, > are no tokens here */
    assert_string_equal(ids_of(&v, OND_S("a<x>"), false, false), "0");
    vocab_close(&v);
}

TEST(test_pieces_and_decoding)
{
    vocab v = {0};
    bpe(&v, "gpt-2");
    assert_int_equal(vocab_open(&v), 0);
    ond_buf b = {0};
    ond_tok_piece(v.t, 5, false, &b);
    ond_tok_piece(v.t, 8, false, &b);
    assert_string_equal(ond_buf_z(&b), " ab");
    ond_tok_piece(v.t, 8, true, &b);
    ond_tok_piece(v.t, -5, true, &b);
    ond_tok_piece(v.t, 1000, true, &b);
    assert_string_equal(ond_buf_z(&b), " ab<x>");
    ond_buf_free(&b);
    assert_string_equal(text_of(&v, (int32_t[]){0, 4, 11}, 3, false), "a!");
    assert_string_equal(text_of(&v, (int32_t[]){0, 4, 13, 12}, 4, false), "a's");
    assert_string_equal(text_of(&v, (int32_t[]){0, 4, 13, 4, 1}, 5, false), "a'b");
    assert_string_equal(text_of(&v, NULL, 0, false), "");
    vocab_close(&v);
    bpe(&v, "qwen2");   /* which keeps spaces */
    assert_int_equal(vocab_open(&v), 0);
    assert_string_equal(text_of(&v, (int32_t[]){0, 4, 11}, 3, false), "a !");
    vocab_close(&v);
}

/* Bytes one by one: 가 = EA B0 80, then two that never become a character. */
TEST(test_stream)
{
    static const char *const tokens[] = {"<0xEA>", "<0xB0>", "<0x80>", "\xE2\x96\x81hi", "<0xE2>",
        "x", "<s>", "\xEA\xB0\x80"};
    static const int32_t types[] = {6, 6, 6, 1, 6, 1, 3, 1};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "llama");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_ints(&v, "tokenizer.ggml.token_type", types, COUNT(types));
    assert_int_equal(vocab_open(&v), 0);
    static const struct { int id; const char *after; } steps[] = {
        {6, ""}, {0, ""}, {1, ""}, {2, "가"}, {3, "가 hi"}, {4, "가 hi"}, {5, "가 hi\xEF\xBF\xBDx"},
        {0, "가 hi\xEF\xBF\xBDx"}, {7, "가 hi\xEF\xBF\xBDx\xEF\xBF\xBD가"}, {2,
        "가 hi\xEF\xBF\xBDx\xEF\xBF\xBD가\xEF\xBF\xBD"},
    };
    ond_tok_stream s = {.began = true};
    ond_buf out = {0};
    for (size_t i = 0; i < COUNT(steps); i++) {
        ond_tok_stream_put(v.t, &s, steps[i].id, false, &out);
        assert_string_equal(ond_buf_z(&out), steps[i].after);
    }
    ond_buf_clear(&out);
    ond_tok_stream_put(v.t, &s, 0, false, &out);
    ond_tok_stream_end(&s, &out);
    ond_tok_stream_end(&s, &out);
    assert_int_equal(out.n, 3);
    ond_buf_clear(&out);
    s = (ond_tok_stream){0};   /* the beginning of a text: its space is the model's */
    ond_tok_stream_put(v.t, &s, 3, false, &out);
    ond_tok_stream_put(v.t, &s, 3, false, &out);
    ond_buf_putc(&out, 0);
    assert_string_equal(out.p, "hi hi");
    ond_buf_free(&out);
    vocab_close(&v);
}

TEST(test_wrong_files)
{
    static const char *const one[] = {"a"};
    static const float score[] = {1};
    vocab v = {0};
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    assert_non_null(strstr(v.err.text, "tokenizer.ggml.model is missing"));
    vocab_close(&v);

    set_str(&v, "tokenizer.ggml.model", "rwkv");
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    assert_non_null(strstr(v.err.text, "'rwkv' is not known"));
    vocab_close(&v);

    bpe(&v, "no-such-\n-pre");
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    assert_non_null(strstr(v.err.text, "'no-such-?-pre' is not known"));
    vocab_close(&v);

    set_str(&v, "tokenizer.ggml.model", "llama");
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    assert_non_null(strstr(v.err.text, "tokenizer.ggml.tokens is missing"));
    vocab_close(&v);

    set_str(&v, "tokenizer.ggml.model", "llama");
    set_u32(&v, "tokenizer.ggml.tokens", 3);
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    assert_non_null(strstr(v.err.text, "no array of strings"));
    vocab_close(&v);

    set_str(&v, "tokenizer.ggml.model", "llama");
    set_strs(&v, "tokenizer.ggml.tokens", one, 0);
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    vocab_close(&v);

    set_str(&v, "tokenizer.ggml.model", "llama");
    set_strs(&v, "tokenizer.ggml.tokens", bpe_tokens, 3);
    set_floats(&v, "tokenizer.ggml.scores", score, 1);
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    assert_non_null(strstr(v.err.text, "tokenizer.ggml.scores has 1 values for 3 tokens"));
    vocab_close(&v);

    set_str(&v, "tokenizer.ggml.model", "gpt2");
    set_strs(&v, "tokenizer.ggml.tokens", one, 1);
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    assert_non_null(strstr(v.err.text, "tokenizer.ggml.merges is missing"));
    vocab_close(&v);
}

/* Strings that all have one hash, which takes no search to find. */
TEST(test_collisions)
{
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "llama");
    set_array(&v, "tokenizer.ggml.tokens", OND_GGUF_STR, 5000);
    for (uint64_t i = 0; i < 5000; i++) {
        uint64_t key[2] = {0xA0761D6478BD642Full, i};
        put_text(&v.kv, (ond_str){(const char *)key, 16});
        assert_int_equal(ond__hash((const char *)key, 16), 0);
    }
    assert_int_equal(vocab_open(&v), OND_E_INPUT);
    assert_non_null(strstr(v.err.text,
        "tokenizer.ggml.tokens has strings that are made to collide"));
    vocab_close(&v);
}

/* The exceptions of families: gpt-oss and gemma 4. */
TEST(test_families)
{
    static const char *const oss[] = {"<|return|>", "<|call|>", "<|end|>", "<|start|>", "a"};
    static const char *const gemma[] = {"</s>", "<|tool_response>", "<turn|>", "\n\n", "\n"};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "gpt2");
    set_str(&v, "tokenizer.ggml.pre", "gpt-4o");
    set_strs(&v, "tokenizer.ggml.tokens", oss, COUNT(oss));
    set_strs(&v, "tokenizer.ggml.merges", oss, 0);
    assert_int_equal(vocab_open(&v), 0);
    assert_true(ond_tok_ends(v.t, 0) && ond_tok_ends(v.t, 1) && !ond_tok_ends(v.t, 2));
    assert_int_equal(ond_tok_kind(v.t, 2), OND_TOK_USER);
    assert_int_equal(ond_tok_kind(v.t, 3), OND_TOK_USER);
    vocab_close(&v);
    set_str(&v, "tokenizer.ggml.model", "gemma4");
    set_strs(&v, "tokenizer.ggml.tokens", gemma, COUNT(gemma));
    set_strs(&v, "tokenizer.ggml.merges", gemma, 0);
    assert_int_equal(vocab_open(&v), 0);
    assert_true(ond_tok_ends(v.t, 1) && ond_tok_ends(v.t, 2) && !ond_tok_ends(v.t, 0));
    assert_int_equal(ond_tok_kind(v.t, 0), OND_TOK_NORMAL);
    assert_true(ond_tok_add_bos(v.t));
    assert_string_equal(ids_of(&v, OND_S("\n\n"), false, false), "3");
    assert_string_equal(ids_of(&v, OND_S("\n\n\n"), false, false), "4 4 4");
    vocab_close(&v);
}

TEST(test_spelling_of_bytes)
{
    bool seen[512] = {false};
    for (unsigned b = 0; b < 256; b++) {
        uint32_t c = ond__spell(b);
        assert_true(c < 512 && !seen[c]);
        seen[c] = true;
        assert_int_equal(ond__unspell(c), b);
    }
    assert_int_equal(ond__spell(' '), 0x120);
    assert_int_equal(ond__spell('\n'), 0x10A);
    assert_int_equal(ond__unspell(' '), -1);
    assert_int_equal(ond__unspell(0x144), -1);
    assert_int_equal(ond__unspell(0x10FFFF), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts),
        cmocka_unit_test(test_special_tokens_in_text),
        cmocka_unit_test(test_pieces_and_decoding),
        cmocka_unit_test(test_stream),
        cmocka_unit_test(test_wrong_files),
        cmocka_unit_test(test_collisions),
        cmocka_unit_test(test_families),
        cmocka_unit_test(test_spelling_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
