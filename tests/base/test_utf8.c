/* test_utf8.c - valid and invalid UTF-8 (RFC 3629), forms, folding, script. */
#include "base/utf8.h"
#include "cm.h"

TEST(valid_prefix)
{
    static const struct { const char *text; size_t n, valid;
    } rows[] = {
        {"", 0, 0},
        {"abc", 3, 3},
        {"온돌", 6, 6},
        {"\0a", 2, 2},
        {"\xC0\x80", 2, 0},
        {"\xC1\xBF", 2, 0},
        {"\xE0\x9F\xBF", 3, 0},
        {"\xF0\x8F\xBF\xBF", 4, 0}, /* overlong */
        {"\xED\xA0\x80", 3, 0},
        {"\xED\xBF\xBF", 3, 0},
        {"\xED\x9F\xBF", 3, 3},
        {"\xEE\x80\x80", 3, 3}, /* surrogates */
        {"\xF4\x8F\xBF\xBF", 4, 4},
        {"\xF4\x90\x80\x80", 4, 0},
        {"\xF5\x80\x80\x80", 4, 0}, /* beyond */
        {"a\xE2\x82", 3, 1},
        {"a\xF0\x9F\x98", 4, 1},
        {"a\xC3", 2, 1}, /* truncated */
        {"a\x80", 2, 1},
        {"\xFF", 1, 0},
        {"\xC3(", 2, 0},
        {"\xE2(\xA1", 3, 0},
        {"\xC2\x80", 2, 2},
        {"\xF0\x90\x80\x80", 4, 4},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        if (ond_utf8_valid((ond_str){rows[i].text, rows[i].n}) != rows[i].valid)
            fail_msg("row %zu", i);
}

TEST(every_character_survives)
{
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (c >= 0xD800 && c <= 0xDFFF) continue;
        char z[4];
        size_t n = ond_utf8_put(c, z), at = 0;
        if (ond_utf8_valid((ond_str){z, n}) != n || ond_utf8_next((ond_str){z, n}, &at) != c ||
            at != n)
            fail_msg("U+%04X", c);
    }
    char z[4];
    assert_int_equal(ond_utf8_put(0xD800, z), 3);
    assert_memory_equal(z, "\xEF\xBF\xBD", 3);
    assert_int_equal(ond_utf8_put(0x110000, z), 3);
}

TEST(next_steps_over_broken_bytes)
{
    ond_str s = OND_S("a\xFF\xE2\x82z");
    uint32_t want[] = {'a', 0xFFFD, 0xFFFD, 0xFFFD, 'z'};
    size_t at = 0;
    for (size_t i = 0; i < COUNT(want); i++) assert_int_equal(ond_utf8_next(s, &at), want[i]);
    assert_int_equal(at, s.n);
    assert_int_equal(ond_utf8_next(s, &at), 0);
    assert_int_equal(at, s.n);
    assert_int_equal(ond_utf8_count(s), 5);
    assert_int_equal(ond_utf8_count(OND_S("온돌 😀")), 4);
}

TEST(cut_at_boundaries)
{
    ond_str s = OND_S("a온😀");   /* 1 + 3 + 4 */
    size_t want[] = {0, 1, 1, 1, 4, 4, 4, 4, 8, 8};
    for (size_t i = 0; i < COUNT(want); i++) assert_int_equal(ond_utf8_cut(s, i), want[i]);
    assert_int_equal(ond_utf8_cut(OND_S("\x80\x80\x80\x80\x80\x80"), 5),
                     5); /* no character to keep whole */
}

static void check_map(int (*map)(ond_str, ond_buf *, ond_err *), const char *in, const char *out)
{
    ond_buf b = {0};
    assert_int_equal(map(ond_str_of(in), &b, NULL), 0);
    assert_string_equal(ond_buf_z(&b), out);
    ond_buf_free(&b);
}

TEST(forms)
{
    check_map(ond_utf8_nfc, "\xE1\x84\x80\xE1\x85\xA5\xE1\x84\x89\xE1\x85\xB5\xE1\x86\xAF", "거실");
    check_map(ond_utf8_nfc, "e\xCC\x81", "é");
    check_map(ond_utf8_nfc, "", "");
    check_map(ond_utf8_fold, "Living ROOM", "living room");
    check_map(ond_utf8_fold, "Straße ÄÖ", "strasse äö");
    check_map(ond_utf8_fold, "거실 TV", "거실 tv");
    ond_buf b = {0};
    ond_err e = {0};
    ond_buf_puts(&b, "kept ");
    assert_int_equal(ond_utf8_fold(OND_S("ABC"), &b, &e), 0);
    assert_int_equal(ond_utf8_nfc(OND_S("a\xFF"), &b, &e), OND_E_INPUT);
    assert_non_null(strstr(e.text, "byte 2"));
    assert_int_equal(ond_utf8_fold(OND_S("\xFF"), &b, &e), OND_E_INPUT);
    assert_string_equal(b.p, "kept abc");
    ond_buf_free(&b);
}

TEST(script)
{
    static const struct { const char *text, *lang;
    } rows[] = {
        {"거실 불 켜줘", "ko"},
        {"turn on the light", "en"},
        {"TV 켜", "ko"},
        {"AI 스피커 volume", "en"},
        {"", "en"},
        {"123 !?", "en"},
        {"불 on", "ko"},
        {"please 켜", "en"},
        {"ㅋㅋ", "ko"},
        {"\xE1\x84\x80\xE1\x85\xA5", "ko"},
        {"\xFF\xFF불", "ko"},
        {"é à ü", "en"},
    };
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_string_equal(ond_utf8_lang(ond_str_of(rows[i].text)), rows[i].lang);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(valid_prefix),
        cmocka_unit_test(every_character_survives),
        cmocka_unit_test(next_steps_over_broken_bytes),
        cmocka_unit_test(cut_at_boundaries),
        cmocka_unit_test(forms),
        cmocka_unit_test(script),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
