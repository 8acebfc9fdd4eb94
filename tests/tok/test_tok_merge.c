/* test_tok_merge.c - BPE of both kinds against the plainest program that means the same. */
#include "tok/vocab.h"

#include "tok/spell.h"

enum { MOST = 400 };

/* ---- the plainest program: strings, and all pairs looked at for each merge ---- */

typedef struct plain {
    char token[MOST][24];
    float score[MOST];
    int n_token;
    char left[MOST][24], right[MOST][24];
    int n_merge;
} plain;

static int find(const plain *p, const char *s)
{
    for (int i = p->n_token; i-- > 0;)
        if (strcmp(p->token[i], s) == 0) return i;
    return -1;
}

static const char *joined(const char *l, const char *r)
{
    static char both[128];
    size_t n = strlen(l), m = strlen(r);
    assert_true(n + m < sizeof both);
    memcpy(both, l, n);
    memcpy(both + n, r, m + 1);
    return both;
}

/* Rank of a pair, lower first; 1e30: none. */
static double rank(const plain *p, bool spm, const char *l, const char *r)
{
    int id = spm ? find(p, joined(l, r)) : -1;
    if (spm) return id < 0 ? 1e30 : -(double)p->score[id];
    for (int i = 0; i < p->n_merge; i++)
        if (strcmp(p->left[i], l) == 0 && strcmp(p->right[i], r) == 0) return i;
    return 1e30;
}

static void merge(const plain *p, bool spm, char (*s)[64], int *n)
{
    for (;;) {
        int best = -1;
        double least = 1e30;
        for (int i = 0; i + 1 < *n; i++) {
            double r = rank(p, spm, s[i], s[i + 1]);
            if (r < least) least = r, best = i;
        }
        if (best < 0) return;
        const char *both = joined(s[best], s[best + 1]);
        memcpy(s[best], both, strlen(both) + 1);
        memmove(s[best + 1], s[best + 2], (size_t)(*n - best - 2) * sizeof *s);
        --*n;
    }
}

/* Letters a to d, and tokens of up to six of them. */
static void random_plain(plain *p, bool spm)
{
    memset(p, 0, sizeof *p);
    for (const char *c = "abcd"; *c; c++) p->token[p->n_token++][0] = *c;
    if (spm) strcpy(p->token[p->n_token++], "\xE2\x96\x81");
    while (p->n_token < 120) {
        int l = (int)rnd((uint32_t)p->n_token), r = (int)rnd((uint32_t)p->n_token);
        if (strlen(p->token[l]) + strlen(p->token[r]) > 12) continue;
        const char *both = joined(p->token[l], p->token[r]);
        if (!spm) {
            strcpy(p->left[p->n_merge], p->token[l]);
            strcpy(p->right[p->n_merge++], p->token[r]);
        }
        if (find(p, both) >= 0) continue;
        p->score[p->n_token] = (float)-(int)rnd(40);   /* many ties */
        strcpy(p->token[p->n_token++], both);
    }
}

static void open_plain(const plain *p, bool spm, vocab *v)
{
    set_str(v, "tokenizer.ggml.model", spm ? "llama" : "gpt2");
    set_str(v, "tokenizer.ggml.pre", "gpt-2");
    set_array(v, "tokenizer.ggml.tokens", OND_GGUF_STR, (uint64_t)p->n_token);
    for (int i = 0; i < p->n_token; i++) put_text(&v->kv, ond_str_of(p->token[i]));
    set_floats(v, "tokenizer.ggml.scores", p->score, (size_t)p->n_token);
    set_array(v, "tokenizer.ggml.merges", OND_GGUF_STR, (uint64_t)p->n_merge);
    for (int i = 0; i < p->n_merge; i++) {
        char line[64];
        snprintf(line, sizeof line, "%s %s", p->left[i], p->right[i]);
        put_text(&v->kv, ond_str_of(line));
    }
    set_bool(v, "tokenizer.ggml.add_space_prefix", false);
    assert_int_equal(vocab_open(v), 0);
}

static void same_as_plain(bool spm)
{
    static plain p;
    static char sym[256][64];
    for (int round = 0; round < 60; round++) {
        vocab v = {0};
        random_plain(&p, spm);
        open_plain(&p, spm, &v);
        for (int i = 0; i < 40; i++) {
            char text[256];
            int n = 1 + (int)rnd(i % 4 ? 20 : 200), m = n;
            for (int k = 0; k < n; k++) text[k] = "abcd "[rnd(spm ? 5 : 4)];
            text[n] = 0;
            for (int k = 0; k < n; k++) {
                if (text[k] == ' ') strcpy(sym[k], "\xE2\x96\x81");
                else snprintf(sym[k], sizeof *sym, "%c", text[k]);
            }
            merge(&p, spm, sym, &m);
            char expected[2048] = "";
            for (int k = 0; k < m; k++) {
                char one[16];
                snprintf(one, sizeof one, k ? " %d" : "%d", find(&p, sym[k]));
                strcat(expected, one);
            }
            assert_string_equal(ids_of(&v, ond_str_of(text), false, false), expected);
        }
        vocab_close(&v);
    }
}

TEST(test_bpe) { same_as_plain(false); }
TEST(test_spm) { same_as_plain(true); }

/* ---- what is special to each ---- */

TEST(test_spm_text)
{
    static const char *const tokens[] = {"<unk>", "<s>", "</s>", "\xE2\x96\x81", "a", "b",
        ("\xE2\x96\x81" "a"), "<0xC3>", "ab", "\xE2\x96\x81\xE2\x96\x81"};
    static const int32_t types[] = {2, 3, 3, 1, 1, 1, 1, 6, 1, 1};
    static const float scores[] = {0, 0, 0, -5, -6, -7, -1, 0, -3, -2};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "llama");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_ints(&v, "tokenizer.ggml.token_type", types, COUNT(types));
    set_floats(&v, "tokenizer.ggml.scores", scores, COUNT(scores));
    assert_int_equal(vocab_open(&v), 0);
    assert_true(ond_tok_add_bos(v.t) && !ond_tok_add_eos(v.t));
    assert_string_equal(ids_of(&v, OND_S("a"), true, false), "1 6");
    assert_string_equal(ids_of(&v, OND_S(" a"), false, false), "3 6");
    assert_string_equal(ids_of(&v, OND_S("  "), false, false), "9 3");
    assert_string_equal(ids_of(&v, OND_S("ab ab"), false, false), "6 5 6 5");
    /* again a space after a special token */
    assert_string_equal(ids_of(&v, OND_S("a<s>a"), false, true), "6 1 6");
    assert_string_equal(ids_of(&v, OND_S("a\xC3"), false, false), "6 7");
    /* Bytes without a token: the unknown one, where others stop. */
    assert_string_equal(ids_of(&v, OND_S("a\xF0\x9F\x98\x80\n"), false, false), "6 0 0");
    assert_string_equal(ids_of(&v, OND_S("<unk>"), false, false), "3 0 0 0 0 0");
    assert_string_equal(text_of(&v, (int32_t[]){6, 6, 8}, 3, false), "a aab");
    assert_string_equal(text_of(&v, (int32_t[]){1, 6, 7}, 3, true), "<s> a\xC3");
    vocab_close(&v);
}

/* A token that holds a space inside keeps its words together. */
TEST(test_spm_glued)
{
    static const char *const tokens[] = {"<unk>", "a", "b", "\xE2\x96\x81", "b\xE2\x96\x81",
        ("b\xE2\x96\x81" "a")};
    static const float scores[] = {0, -1, -1, -1, -2, -3};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "llama");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_floats(&v, "tokenizer.ggml.scores", scores, COUNT(scores));
    assert_int_equal(vocab_open(&v), 0);
    assert_string_equal(ids_of(&v, OND_S("a b a"), false, false), "3 1 3 5");
    vocab_close(&v);
}

TEST(test_bpe_without_bytes)
{
    static const char *const tokens[] = {"a", "b", "abc", "\xC4\xA0"};
    static const char *const merges[] = {"a b", "ab c"};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "gpt2");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_strs(&v, "tokenizer.ggml.merges", merges, COUNT(merges));
    assert_int_equal(vocab_open(&v), 0);
    assert_string_equal(ond_tok_pre(v.t), "default");
    assert_string_equal(ids_of(&v, OND_S("abc"), false, false), "2");
    /* a merge that is no token falls apart */
    assert_string_equal(ids_of(&v, OND_S("ab"), false, false), "0 1");
    /* others are left out */
    assert_string_equal(ids_of(&v, OND_S("a\xEA\xB0\x80z b"), false, false), "0 3 1");
    vocab_close(&v);
}

TEST(test_bpe_ignoring_merges)
{
    static const char *const tokens[] = {"a", "b", "ab", "aab"};
    static const char *const merges[] = {"a b"};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "gpt2");
    set_str(&v, "tokenizer.ggml.pre", "llama-bpe");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_strs(&v, "tokenizer.ggml.merges", merges, COUNT(merges));
    assert_int_equal(vocab_open(&v), 0);
    assert_string_equal(ids_of(&v, OND_S("aab"), false, false), "3");
    assert_string_equal(ids_of(&v, OND_S("aaab"), false, false), "0 0 2");
    vocab_close(&v);
}

/* Plain UTF-8 with byte tokens, spaces as U+2581 (gemma 4). */
TEST(test_raw_bpe)
{
    static const char *const tokens[] = {"\xE2\x96\x81", "a", ("\xE2\x96\x81" "a"), "<0xEA>",
        "<0xB0>", "<0x80>", "<bos>", "\n\n"};
    static const char *const merges[] = {"\xE2\x96\x81 a"};
    vocab v = {0};
    set_str(&v, "tokenizer.ggml.model", "gemma4");
    set_strs(&v, "tokenizer.ggml.tokens", tokens, COUNT(tokens));
    set_strs(&v, "tokenizer.ggml.merges", merges, COUNT(merges));
    set_u32(&v, "tokenizer.ggml.bos_token_id", 6);
    assert_int_equal(vocab_open(&v), 0);
    assert_string_equal(ids_of(&v, OND_S("a a\xEA\xB0\x80\n\na"), true, false), "6 1 2 3 4 5 7 1");
    vocab_close(&v);
}

/* What is cached is what would be made: a text equals its words one by one. */
TEST(test_cache)
{
    static plain p;
    ond_buf text = {0};
    ond_ids whole = {0}, one = {0};
    ond_err err;
    vocab v = {0};
    random_plain(&p, true);
    open_plain(&p, true, &v);
    ond_tok_opts none = {false, false};
    for (int i = 0; i < 3000; i++) {
        if (i) ond_buf_putc(&text, ' ');
        for (uint32_t n = 1 + rnd(5); n; n--) ond_buf_putc(&text, "abcd"[rnd(4)]);
    }
    memset(v.t->glued, 0, sizeof v.t->glued);   /* cut at every space, as this loop does */
    for (size_t at = 0, end; at < text.n; at = end) {
        for (end = at + 1; end < text.n && text.p[end] != ' ';) end++;
        assert_int_equal(ond_tok_encode(v.t, (ond_str){text.p + at, end - at}, none, &one, &err),
            0);
    }
    assert_int_equal(ond_tok_encode(v.t, (ond_str){text.p, text.n}, none, &whole, &err), 0);
    assert_int_equal(whole.n, one.n);
    assert_memory_equal(whole.p, one.p, one.n * sizeof *one.p);
    ond_ids_free(&whole);
    ond_ids_free(&one);
    ond_buf_free(&text);
    vocab_close(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bpe),
        cmocka_unit_test(test_spm),
        cmocka_unit_test(test_spm_text),
        cmocka_unit_test(test_spm_glued),
        cmocka_unit_test(test_bpe_without_bytes),
        cmocka_unit_test(test_bpe_ignoring_merges),
        cmocka_unit_test(test_raw_bpe),
        cmocka_unit_test(test_cache),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
