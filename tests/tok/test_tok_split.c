/* test_tok_split.c - text cut into words: by hand as by pattern, nothing lost, known words. */
#include "tok/vocab.h"

#include "tok/kinds.h"

typedef struct words {
    ond_buf text;          /* words, each ended by "|" */
    size_t n;
    size_t bytes;
} words;

static int add(void *self, ond_str word)
{
    words *w = self;
    assert_true(word.n > 0);
    ond_buf_str(&w->text, word);
    ond_buf_putc(&w->text, '|');
    w->n++;
    w->bytes += word.n;
    return OND_OK;
}

static void cut(const ond__pre *pre, ond_str text, bool by_pattern, words *w)
{
    ond_err err = {0};
    ond__enc e = {.err = &err};
    ond_buf_clear(&w->text);
    w->n = w->bytes = 0;
    assert_int_equal(ond__split(&e, pre, text, by_pattern, add, w), 0);
    ond__pattern_free(&e);
    free(e.kinds);
}

TEST(test_hand_equals_pattern)
{
    ond_buf text = {0};
    words hand = {0}, pattern = {0};
    ond_err err;
    for (int r = 0; r < OND__RULE_COUNT; r++)
        assert_int_equal(ond__pattern_ready(r, &err), 0);
    for (int r = 0; r < OND__RULE_COUNT; r++) {
        if (!ond__rules[r].next) continue;
        ond__pre one = {ond__rules[r].name, 1, {(uint8_t)(r + 1)}, 0};
        for (int i = 0; i < 1500; i++) {
            random_text(&text, 1 + rnd(i % 5 ? 12 : 80));
            ond_str s = {ond_buf_z(&text), text.n};
            cut(&one, s, false, &hand);
            cut(&one, s, true, &pattern);
            if (strcmp(ond_buf_z(&hand.text), ond_buf_z(&pattern.text)) != 0)
                fail_msg("%s:\n%s\n%s", ond__rules[r].name, hand.text.p, pattern.text.p);
            assert_int_equal(hand.bytes, s.n);
        }
    }
    ond_buf_free(&text);
    ond_buf_free(&hand.text);
    ond_buf_free(&pattern.text);
}

TEST(test_every_row_loses_nothing)
{
    ond_buf text = {0};
    words hand = {0}, pattern = {0};
    ond_err err;
    const ond__pre *pre;
    for (size_t row = 0; (pre = ond__pre_at(row)); row++) {
        assert_ptr_equal(ond__pre_find(ond_str_of(pre->name)), pre);
        assert_true(pre->n_rules >= 1 && pre->n_rules <= OND__RULES_MAX);
        assert_int_equal(ond__pre_ready(pre, &err), 0);
        for (int i = 0; i < 30; i++) {
            random_text(&text, 1 + rnd(40));
            ond_str s = {ond_buf_z(&text), text.n};
            cut(pre, s, false, &hand);
            cut(pre, s, true, &pattern);
            assert_int_equal(hand.bytes, s.n);
            assert_string_equal(ond_buf_z(&hand.text), ond_buf_z(&pattern.text));
        }
    }
    ond_buf_free(&text);
    ond_buf_free(&hand.text);
    ond_buf_free(&pattern.text);
}

/* Long runs, where a pattern that goes back over its steps would need time by the square. */
TEST(test_long_runs_are_quick)
{
    static const char *const runs[] = {"a", "A", "1", "가", " ", "\n", "!", "'", "\xCC\x81", " a",
        "가 ", "½"};
    ond_buf text = {0};
    words w = {0};
    ond_err err;
    const ond__pre *pre;
    for (size_t k = 0; k < COUNT(runs); k++) {
        ond_buf_clear(&text);
        for (int i = 0; i < 20000; i++) ond_buf_puts(&text, runs[k]);
        for (size_t row = 0; (pre = ond__pre_at(row)); row++) {
            assert_int_equal(ond__pre_ready(pre, &err), 0);
            cut(pre, (ond_str){text.p, text.n}, false, &w);
            assert_int_equal(w.bytes, text.n);
        }
    }
    ond_buf_free(&text);
    ond_buf_free(&w.text);
}

static void is_cut(const char *name, const char *text, const char *expected)
{
    words w = {0};
    ond_err err;
    const ond__pre *pre = ond__pre_find(ond_str_of(name));
    assert_non_null(pre);
    assert_int_equal(ond__pre_ready(pre, &err), 0);
    cut(pre, ond_str_of(text), false, &w);
    assert_string_equal(ond_buf_z(&w.text), expected);
    ond_buf_free(&w.text);
}

TEST(test_known_words)
{
    is_cut("gpt-2", "Hello  world, it's 2026!\n\n ok", "Hello| | world|,| it|'s| 2026|!|\n\n| ok|");
    is_cut("llama-bpe", "I'LL pay $12345.\n\nOK", "I|'LL| pay| $|123|45|.\n\n|OK|");
    is_cut("qwen2", "x=123 (가나)\n", "x|=|1|2|3| (|가나|)\n|");
    is_cut("qwen35", "ne\xCC\x81" "e\xCC\x81 1", "ne\xCC\x81" "e\xCC\x81| |1|");
    is_cut("gpt-4o", "HTTPServer's getURL/\n", "HTTPServer's| get|URL|/\n|");
    is_cut("tekken", "HTTPServer's 42", "HTTPServer|'s| |4|2|");
    is_cut("smollm", "a1b22", "a|1|b|2|2|");
    is_cut("falcon", "a+b 12345", "a|+|b| |123|45|");
    is_cut("deepseek-v3", "1234 한글漢字?x", "123|4| 한글|漢字|?x|");
    is_cut("deepseek-llm", "Hi, 세계\n12", "Hi|,| |세계|\n|12|");
    is_cut("tiny_aya", "1234567 ab", "1|234|567| ab|");
    is_cut("superbpe", "a1234567b", "a|1|234|567|b|");
    is_cut("kimi-k2", "漢字かな's 1234", "漢字|かな's| |123|4|");
    is_cut("bloom", "Hi there, you.", "Hi| there|,| you|.|");
    is_cut("gemma4", "a b\n\nc", "a b|\n\n|c|");
}

/* Unicode 15.1, whatever the library knows. */
TEST(test_kinds)
{
    assert_int_equal(ond__kind('a'), OND__L);
    assert_int_equal(ond__kind('5'), OND__N);
    assert_int_equal(ond__kind('$'), OND__S);
    assert_int_equal(ond__kind('{'), OND__P);
    assert_int_equal(ond__kind(0x7F), OND__C);
    assert_int_equal(ond__kind(0x85), OND__SPACE);
    assert_int_equal(ond__kind(0x3000), OND__SPACE);
    assert_int_equal(ond__kind(0x200B), OND__C);
    assert_int_equal(ond__kind(0x301), OND__M);
    assert_int_equal(ond__kind(0xAC00), OND__L);
    assert_int_equal(ond__kind(0x2EBF0), OND__L);
    assert_int_equal(ond__kind(0x2FFC), OND__S);
    assert_int_equal(ond__kind(0x31EF), OND__S);
    assert_int_equal(ond__kind(0x378), OND__NONE);
    assert_int_equal(ond__kind(0xD800), OND__C);
    for (uint32_t c = 0; c < 128; c++) {
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        assert_int_equal(ond__ascii_kind[c] == OND__L, letter);
        assert_int_equal(ond__ascii_kind[c] == OND__N, c >= '0' && c <= '9');
        assert_int_equal(ond__ascii_kind[c] == OND__SPACE, c == ' ' || (c >= 9 && c <= 13));
        assert_int_equal(ond__ascii_kind[c] == OND__S, c && strchr("$+<=>^`|~", (int)c) != NULL);
    }
    assert_int_equal(ond__base(0xAC01), 0x1100);
    assert_int_equal(ond__base(0xE9), 'e');
    assert_int_equal(ond__lower(0x410), 0x430);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hand_equals_pattern),
        cmocka_unit_test(test_every_row_loses_nothing),
        cmocka_unit_test(test_long_runs_are_quick),
        cmocka_unit_test(test_known_words),
        cmocka_unit_test(test_kinds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
