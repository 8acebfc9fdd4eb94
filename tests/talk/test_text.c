/* test_text.c - sentences made ready for matching: punctuation, white space, normal form, skip
 * words, folding. */
#include "fixture.h"
#include "talk/chars.h"
#include "talk/text.h"

static int make(const char *sentence, const ond__skips *skips, bool squeeze, char *raw, char *fold)
{
    ond__scratch s = {0};
    ond__text t;
    ond_err err;
    static const ond__skips none;
    int rc = ond__text_make(ond_str_of(sentence), skips ? skips : &none, squeeze, &s, &t, &err);
    if (rc == 0) {
        snprintf(raw, 256, "%.*s", (int)t.raw_n, t.raw);
        snprintf(fold, 256, "%.*s", (int)t.n, t.fold);
        for (uint32_t i = 0; i <= t.n; i++) assert_true(t.at[i] <= t.raw_n);
    }
    ond__scratch_free(&s);
    return rc;
}

static void raw_is(const char *sentence, const char *expected)
{
    char raw[256], fold[256];
    assert_int_equal(make(sentence, NULL, false, raw, fold), 0);
    assert_string_equal(raw, expected);
}

TEST(test_punctuation)
{
    raw_is("Turn on, please!", "Turn on please ");
    raw_is("¿Enciende la luz?", "Enciende la luz ");
    raw_is("turn on the A.C.", "turn on the A.C ");
    raw_is("A.C.", "A.C. ");
    raw_is("what's 5.5 or 1,000?", "what's 5.5 or 1,000 ");
    raw_is("wait... what", "wait what ");
    raw_is("a , b", "a b ");
    raw_is("안녕。 불 켜！", "안녕 불 켜 ");
    raw_is("a.,b", "a.b ");
    raw_is("...", " ");
    raw_is("", " ");
    raw_is("100%", "100% ");
}

TEST(test_white_space)
{
    raw_is("  a \t b\n c  ", "a b c ");
    raw_is("a\xC2\xA0"
           "b",
           "a b ");
    raw_is("\xE3\x80\x80"
           "a",
           "a ");
    char raw[256], fold[256];
    assert_int_equal(make("a b\tc", NULL, true, raw, fold), 0);
    assert_string_equal(raw, "abc");
}

TEST(test_forms)
{
    char raw[256], fold[256];
    assert_int_equal(
        make("Cafe\xCC\x81 \xE1\x84\x87\xE1\x85\xAE\xE1\x86\xAF", NULL, false, raw, fold), 0);
    assert_string_equal(raw, "Caf\xC3\xA9 불 ");
    assert_int_equal(make("I\xC5\x9EIK \xC4\xB1 \xC4\xB0 \xCF\x82 \xE2\x84\xAA \xC3\x84", NULL,
                          false, raw, fold),
                     0);
    assert_string_equal(fold, "i\xC5\x9Fik i i \xCF\x83 k \xC3\xA4 ");
    assert_int_equal(ond__fold_char(0x1FD3), ond__fold_char(0x0390));
}

TEST(test_skip_words)
{
    uint32_t please[] = {'p', 'l', 'e', 'a', 's', 'e'}, can[] = {'c', 'a', 'n'},
             both[] = {'c', 'a', 'n', ' ', 'y', 'o', 'u'};
    uint32_t *words[] = {both, please, can}, len[] = {7, 6, 3};
    ond__skips skips = {words, len, 3};
    char raw[256], fold[256];
    const struct {
        const char *in, *out;
    } cases[] = {
        {"Please turn on", "turn on "},
        {"can you turn on please", "turn on "},
        {"turn pleased on", "turn pleased on "},
        {"turn please on", "turn on "},
        {"canyou", "canyou "},
        {"PLEASE", " "},
        {"can please can x", "x "},
        {"turn, please, on", "turn on "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        assert_int_equal(make(cases[i].in, &skips, false, raw, fold), 0);
        assert_string_equal(raw, cases[i].out);
    }
    assert_int_equal(make("xpleasex", &skips, true, raw, fold), 0);
    assert_string_equal(raw, "xx");
}

TEST(test_refused)
{
    char raw[256], fold[256], *longest = malloc(5000);
    assert_non_null(longest);
    assert_int_equal(make("a\xff", NULL, false, raw, fold), OND_E_INPUT);
    assert_int_equal(make("\xed\xa0\x80", NULL, false, raw, fold), OND_E_INPUT);
    memset(longest, 'a', 4097);
    longest[4097] = '\0';
    assert_int_equal(make(longest, NULL, false, raw, fold), OND_E_INPUT);
    longest[4096] = ' ';
    assert_int_equal(make(longest, NULL, false, raw, fold), 0);
    free(longest);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_punctuation), cmocka_unit_test(test_white_space),
        cmocka_unit_test(test_forms),       cmocka_unit_test(test_skip_words),
        cmocka_unit_test(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
