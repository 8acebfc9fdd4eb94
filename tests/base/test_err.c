/* test_err.c - error sentences: cut, prefixed, always UTF-8; and the table behind them. */
#include "base/err.h"
#include "base/utf8.h"
#include "cm.h"

TEST(fail_returns_its_code)
{
    ond_err e = {0};
    assert_int_equal(ond_fail(&e, OND_E_IO, "cannot read %s", "x.yaml"), OND_E_IO);
    assert_int_equal(e.code, OND_E_IO);
    assert_string_equal(e.text, "cannot read x.yaml");
    assert_int_equal(ond_fail(NULL, OND_E_BUSY, "%d", 1), OND_E_BUSY);
    assert_int_equal(ond_nomem(&e, "reading"), OND_E_NOMEM);
    assert_non_null(strstr(e.text, "reading"));
}

TEST(old_text_may_be_an_argument)
{
    ond_err e = {0};
    ond_fail(&e, OND_E_IO, "inner");
    ond_fail(&e, OND_E_STORE, "outer: %s", e.text);
    assert_string_equal(e.text, "outer: inner");
    assert_int_equal(ond_err_prefix(&e, "%s", "top"), OND_E_STORE);
    assert_string_equal(e.text, "top: outer: inner");
}

TEST(long_text_is_cut_between_characters)
{
    char big[2000];
    for (size_t shift = 0; shift < 3; shift++) {
        ond_err e = {0};
        memset(big, 'a', shift);
        for (size_t i = shift; i + 4 < sizeof(big); i += 3) memcpy(big + i, "온", 4);
        ond_fail(&e, OND_E_INPUT, "%s", big);
        size_t n = strlen(e.text);
        assert_true(n >= sizeof(e.text) - 4 && n < sizeof(e.text));
        assert_int_equal(ond_utf8_valid(ond_str_of(e.text)), n);
        ond_err_prefix(&e, "%s", big);
        assert_int_equal(ond_utf8_valid(ond_str_of(e.text)), strlen(e.text));
    }
}

TEST(broken_bytes_become_question_marks)
{
    ond_err e = {0};
    ond_fail(&e, OND_E_INPUT, "a\xFF" "b\xEC\x98" "c");
    assert_string_equal(e.text, "a?b??c");
}

TEST(every_row_answers)
{
    assert_string_equal(ond_code_name(0), "OK");
    assert_int_equal(ond_code_exit(0), 0);
    assert_string_equal(ond_code_name(OND_E_NOT_FOUND), "NOT_FOUND");
    assert_int_equal(ond_code_exit(OND_E_NOT_FOUND), 6);
    assert_int_equal(ond_code_http(OND_E_NOT_FOUND), 404);
    assert_string_equal(ond_code_name(-1), "FAILED");
    assert_string_equal(ond_code_name(9999), "FAILED");
    for (int i = 1; i < OND_CODE_COUNT; i++) {
        assert_true(strlen(ond_code_text(i)) > 0);
        assert_true(ond_code_http(i) >= 200 && ond_code_http(i) < 600);
        for (int j = 1; j < i; j++) assert_int_not_equal(ond_code_exit(i), ond_code_exit(j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fail_returns_its_code),
        cmocka_unit_test(old_text_may_be_an_argument),
        cmocka_unit_test(long_text_is_cut_between_characters),
        cmocka_unit_test(broken_bytes_become_question_marks),
        cmocka_unit_test(every_row_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
