/* test_tok_pieces.c - Unigram, WordPiece, special tokens, against plain programs. */
#include "tok/vocab.h"

#include <float.h>

/* ---- Unigram ---- */

static void unigram(vocab *v, const char *const *tokens, const float *scores, const int32_t *types,
    size_t n)
{
    set_str(v, "tokenizer.ggml.model", "t5");
    set_strs(v, "tokenizer.ggml.tokens", tokens, n);
    set_floats(v, "tokenizer.ggml.scores", scores, n);
    set_ints(v, "tokenizer.ggml.token_type", types, n);
}

static const char *const uni_tokens[] = {"<pad>", "</s>", "<unk>", "\xE2\x96\x81",
    ("\xE2\x96\x81" "a"), "a", "b", "ab", "bb", "<x>", "c ", ("\xE2\x96\x81" "ab")};
static const float uni_scores[] = {0, 0, 0, -3, -4, -5, -6, -7.5f, -6.5f, -9, -1, -11.5f};
static const int32_t uni_types[] = {3, 3, 2, 1, 1, 1, 1, 1, 1, 4, 3, 5};

TEST(test_unigram)
{
    vocab v = {0};
    unigram(&v, uni_tokens, uni_scores, uni_types, COUNT(uni_tokens));
    set_bool(&v, "tokenizer.ggml.add_space_prefix", true);
    set_bool(&v, "tokenizer.ggml.remove_extra_whitespaces", true);
    assert_int_equal(vocab_open(&v), 0);
    assert_true(!ond_tok_add_bos(v.t) && ond_tok_add_eos(v.t));
    assert_string_equal(ids_of(&v, OND_S("a"), true, false), "4 1");
    assert_string_equal(ids_of(&v, OND_S("abb"), false, false), "4 8");
    /* an unused token too, were it better */
    assert_string_equal(ids_of(&v, OND_S("  a   ab  "), false, false), "4 4 6");
    assert_string_equal(ids_of(&v, OND_S("a\xEA\xB0\x80\xEA\xB0\x80" "b"), false, false), "4 2 6");
    assert_string_equal(ids_of(&v, OND_S("\xEA\xB0\x80 \xEA\xB0\x80"), false, false), "3 2 3 2");
    assert_string_equal(ids_of(&v, OND_S("\xFF"), false, false), "3 2");
    assert_string_equal(ids_of(&v, OND_S("a<x>a"), false, false), "4 9 4");
    assert_string_equal(ids_of(&v, OND_S("   "), false, false), "");
    assert_string_equal(text_of(&v, (int32_t[]){4, 8, 1}, 3, false), "abb");
    vocab_close(&v);
    unigram(&v, uni_tokens, uni_scores, uni_types, COUNT(uni_tokens));
    assert_int_equal(vocab_open(&v), 0);
    assert_string_equal(ids_of(&v, OND_S("  a "), false, false), "3 4 3");
    vocab_close(&v);
}

/* All ways to cut a short text, the sum added from the left as one goes: the first of the best. */
static double best_sum(const vocab *v, const char *text, size_t n, double sum)
{
    if (!n) return sum;
    double best = -DBL_MAX;
    for (size_t len = 1; len <= n; len++) {
        int id = ond_tok_find(v->t, (ond_str){text, len});
        if (id < 0) continue;
        double s = best_sum(v, text + len, n - len, sum + (double)ond_tok_score(v->t, id));
        if (s > best) best = s;
    }
    return best;
}

TEST(test_unigram_is_best)
{
    for (int round = 0; round < 40; round++) {
        char names[64][8];
        const char *tokens[64];
        float scores[64];
        int32_t types[64];
        size_t n = 3;
        vocab v = {0};
        tokens[0] = "<p>", tokens[1] = "</s>", tokens[2] = "<u>";
        for (size_t i = 0; i < 3; i++) scores[i] = 0, types[i] = 3;
        while (n < 60) {
            size_t len = n < 6 ? 1 : 1 + rnd(4);   /* each letter is a token */
            for (size_t k = 0; k < len; k++) names[n][k] = "abc"[n < 6 ? n - 3 : rnd(3)];
            names[n][len] = 0;
            tokens[n] = names[n];
            scores[n] = -(float)rnd(5000) / 100;
            types[n++] = 1;
        }
        unigram(&v, tokens, scores, types, n);
        assert_int_equal(vocab_open(&v), 0);
        for (int i = 0; i < 30; i++) {
            char text[16];
            size_t len = 1 + rnd(10);
            for (size_t k = 0; k < len; k++) text[k] = "abc"[rnd(3)];
            ond_ids ids = {0};
            ond_err err;
            double sum = 0;
            assert_int_equal(ond_tok_encode(v.t, (ond_str){text, len}, (ond_tok_opts){false, false},
                &ids, &err), 0);
            for (size_t k = 0; k < ids.n; k++) sum += (double)ond_tok_score(v.t, ids.p[k]);
            assert_true(sum == best_sum(&v, text, len, 0));
            ond_ids_free(&ids);
        }
        vocab_close(&v);
    }
}

/* A map by hand: "A" becomes "a", "ﬁ" (EF AC 81) becomes "fi"; laid out as SentencePiece lays it
 * out. */
TEST(test_unigram_map)
{
    uint32_t unit[1024];
    static const char text[] = "a\0fi";
    memset(unit, 0, sizeof unit);
    uint32_t root = 256, a = root ^ 'A', ef = root ^ 0xEF, base_a = 512, base_ef = 768;
    unit[0] = root << 10;
    unit[a] = 'A' | 1u << 8 | (a ^ base_a) << 10;            /* a leaf: its value at base_a */
    unit[base_a] = 1u << 31;                                 /* offset 0 */
    unit[ef] = 0xEF | (ef ^ base_ef) << 10;
    uint32_t ac = base_ef ^ 0xAC, base_ac = 640;
    unit[ac] = 0xAC | (ac ^ base_ac) << 10;
    uint32_t last = base_ac ^ 0x81, base_last = 1000;
    unit[last] = 0x81 | 1u << 8 | (last ^ base_last) << 10;
    unit[base_last] = 1u << 31 | 2;
    static const char *const tokens[] = {"<pad>", "</s>", "<unk>", "a", "f", "i", "A"};
    static const float scores[] = {0, 0, 0, -1, -1, -1, -1};
    static const int32_t types[] = {3, 3, 2, 1, 1, 1, 1};
    for (int cut = 0; cut < 4; cut++) {
        vocab v = {0};
        unigram(&v, tokens, scores, types, COUNT(tokens));
        uint32_t bytes = cut == 1 ? 100000 : cut == 2 ? 1028 : sizeof unit;
        uint64_t n = 4 + sizeof unit + (cut == 3 ? 3 : sizeof text);
        set_array(&v, "tokenizer.ggml.precompiled_charsmap", OND_GGUF_U8, n);
        put_u32(&v.kv, bytes);
        ond_buf_put(&v.kv, unit, sizeof unit);
        ond_buf_put(&v.kv, text, (size_t)n - 4 - sizeof unit);
        if (cut == 1) {
            assert_int_equal(vocab_open(&v), OND_E_INPUT);
            assert_non_null(strstr(v.err.text, "precompiled_charsmap is cut off"));
        } else {
            assert_int_equal(vocab_open(&v), 0);
            if (cut == 0) assert_string_equal(ids_of(&v, OND_S("A\xEF\xAC\x81\xEF\xAC"), false,
                false), "3 4 5 2");
            if (cut == 3) assert_string_equal(ids_of(&v, OND_S("A\xEF\xAC\x81"), false, false),
                "3 2");
            (void)ids_of(&v, OND_S("A\xEF\xAC\x81 zz"), false, false);
        }
        vocab_close(&v);
    }
}

/* ---- WordPiece ---- */

TEST(test_wordpiece)
{
    static const char *const tokens[] = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", ("\xE2\x96\x81" "un"),
        "aff", "able", ("\xE2\x96\x81" "cafe"), "\xE2\x96\x81,",
                                         "\xE2\x96\x81\xE4\xB8\xAD", "\xE2\x96\x81",
                                         ("\xE2\x96\x81" "e"), "\xE2\x96\x81\xE1\x84\x80"};
    static const int32_t types[] = {3, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "bert");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_ints(&v, "tokenizer.ggml.token_type", types, COUNT(types));
    set_u32(&v, "tokenizer.ggml.bos_token_id", 2);
    set_u32(&v, "tokenizer.ggml.unknown_token_id", 1);
    set_u32(&v, "tokenizer.ggml.seperator_token_id", 3);
    assert_int_equal(vocab_open(&v), 0);
    assert_string_equal(ids_of(&v, OND_S("UnAffable, caf\xC3\xA9!"), true, false),
        "2 4 5 6 8 7 1 3");
    assert_string_equal(ids_of(&v, OND_S("\xE4\xB8\xAD\xE4\xB8\xAD" "e"), false, false), "9 9 11");
    assert_string_equal(ids_of(&v, OND_S("unaffx unaff"), false, false), "1 4 5");
    assert_string_equal(ids_of(&v, OND_S(" \t\n\xE2\x80\x8B\xFF"), false, false), "");
    assert_string_equal(ids_of(&v, OND_S("\xEA\xB0\x80"), false, false), "12");
    assert_string_equal(ids_of(&v, OND_S("a[SEP]un"), true, true), "2 1 3 4 3");
    assert_string_equal(text_of(&v, (int32_t[]){4, 5, 6, 8, 7}, 5, false), " unaffable, cafe");
    vocab_close(&v);
}

/* ---- special tokens ---- */

/* One token after the other, the longest first, wherever it stands in what is left. */
static void plain_partition(const ond_tok *t, ond_str text, bool parse, char *out)
{
    int owner[512], n = ond_tok_count(t);
    for (size_t i = 0; i < text.n; i++) owner[i] = -1;
    for (size_t len = 40; len; len--)
        for (int id = 0; id < n; id++) {
            ond_str s = ond_tok_text(t, id);
            ond_tok_attr kind = ond_tok_kind(t, id);
            if (s.n != len || kind == OND_TOK_NORMAL || (!parse && kind != OND_TOK_USER)) continue;
            for (size_t at = 0; at + len <= text.n;) {
                bool fits = memcmp(text.p + at, s.p, len) == 0;
                for (size_t k = 0; fits && k < len; k++) fits = owner[at + k] == -1;
                for (size_t k = 0; fits && k < len; k++) owner[at + k] = id;
                at += fits ? len : 1;
            }
        }
    *out = 0;
    for (size_t at = 0; at < text.n;) {
        char one[32];
        size_t to = at + 1;
        if (owner[at] >= 0) to = at + ond_tok_text(t, owner[at]).n;
        else while (to < text.n && owner[to] == -1) to++;
        snprintf(one, sizeof one, "%d:%zu ", owner[at], to - at);
        strcat(out, one);
        at = to;
    }
}

TEST(test_partition)
{
    static const char *const tokens[] = {"a", "<s>", "<ss>", "ss", "s>", "<", "><", "  ", "    ",
        "ab", "ba", "aba", "s", "x<s>"};
    static const int32_t types[] = {1, 3, 3, 4, 4, 4, 3, 4, 4, 4, 4, 3, 2, 4};
    static const char *const merges[] = {"a a"};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "gpt2");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_ints(&v, "tokenizer.ggml.token_type", types, COUNT(types));
    set_strs(&v, "tokenizer.ggml.merges", merges, 1);
    assert_int_equal(vocab_open(&v), 0);
    for (int i = 0; i < 4000; i++) {
        char text[64], expected[1024], got[1024] = "";
        size_t n = 1 + rnd(40), n_parts;
        for (size_t k = 0; k < n; k++) text[k] = "<s>ab x  <s>"[rnd(12)];
        bool parse = i & 1;
        ond__part *part;
        ond_err err;
        assert_int_equal(ond__special_part(v.t, (ond_str){text, n}, parse, &part, &n_parts, &err),
            0);
        for (size_t k = 0; k < n_parts; k++) {
            char one[32];
            snprintf(one, sizeof one, "%d:%u ", part[k].id, part[k].n);
            strcat(got, one);
        }
        if (!part) snprintf(got, sizeof got, "-1:%zu ", n);
        free(part);
        plain_partition(v.t, (ond_str){text, n}, parse, expected);
        assert_string_equal(got, expected);
    }
    vocab_close(&v);
}

/* Phi-3: special tokens take the white space after them, but some do not. <mask> of jina takes
 * that before it. */
TEST(test_strip)
{
    static const char *const tokens[] = {"<unk>", "<s>", "</s>", "\xE2\x96\x81", "a", "<|user|>",
        "<mask>", "\n"};
    static const int32_t types[] = {2, 3, 3, 1, 1, 3, 4, 1};
    for (int phi = 0; phi < 2; phi++) {
        vocab v = {0};
        set_str(&v, "general.name", "My Phi-3 mini");
        if (!phi) set_str(&v, "general.architecture", "jina-bert-v3");
        set_str(&v, "tokenizer.ggml.model", "llama");
        set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
        set_ints(&v, "tokenizer.ggml.token_type", types, COUNT(types));
        set_bool(&v, "tokenizer.ggml.add_space_prefix", false);
        assert_int_equal(vocab_open(&v), 0);
        if (phi) {
            assert_string_equal(ids_of(&v, OND_S("<|user|> \n a<s> a"), false, true), "5 4 1 3 4");
            assert_string_equal(ids_of(&v, OND_S("a <|user|>  </s>\n"), false, true), "4 3 5 2");
        } else {
            assert_string_equal(ids_of(&v, OND_S("a  <mask> a"), false, true), "4 6 3 4");
            assert_string_equal(ids_of(&v, OND_S("  <mask>"), false, true), "6");
        }
        vocab_close(&v);
    }
}

/* Spaces by the hundred thousand, each place the start of several tokens. */
TEST(test_partition_is_quick)
{
    static const char *const tokens[] = {"a", " ", "  ", "   ", "    ", "     ", "      "};
    static const int32_t types[] = {1, 4, 4, 4, 4, 4, 4};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "gpt2");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_ints(&v, "tokenizer.ggml.token_type", types, COUNT(types));
    set_strs(&v, "tokenizer.ggml.merges", tokens, 0);
    assert_int_equal(vocab_open(&v), 0);
    ond_buf b = {0};
    for (int i = 0; i < 200003; i++) ond_buf_putc(&b, ' ');
    ond_ids ids = {0};
    ond_err err;
    assert_int_equal(ond_tok_encode(v.t, (ond_str){b.p, b.n}, (ond_tok_opts){false, true}, &ids,
        &err), 0);
    assert_int_equal(ids.n, 33334);
    assert_int_equal(ids.p[33333], 5);
    ond_ids_free(&ids);
    ond_buf_free(&b);
    vocab_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_unigram),
        cmocka_unit_test(test_unigram_is_best),
        cmocka_unit_test(test_unigram_map),
        cmocka_unit_test(test_wordpiece),
        cmocka_unit_test(test_partition),
        cmocka_unit_test(test_strip),
        cmocka_unit_test(test_partition_is_quick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
