/* test_str.c - views and growing buffers. */
#include "base/str.h"
#include "cm.h"

TEST(views)
{
    assert_true(ond_str_eq(OND_S("abc"), ond_str_of("abc")));
    assert_false(ond_str_eq(OND_S("abc"), OND_S("abd")));
    assert_false(ond_str_eq(OND_S("ab"), OND_S("abc")));
    assert_true(ond_str_eq((ond_str){NULL, 0}, OND_S("")));
    assert_true(ond_str_is((ond_str){"abcd", 3}, "abc"));
    assert_int_equal(ond_str_of(NULL).n, 0);
    assert_true(ond_str_is(ond_str_trim(OND_S(" \t\r\n\v x y \f\n")), "x y"));
    assert_int_equal(ond_str_trim(OND_S("  ")).n, 0);
    char *z = ond_str_dup((ond_str){"abcd", 2});
    assert_string_equal(z, "ab");
    free(z);
    z = ond_str_dup((ond_str){NULL, 0});
    assert_string_equal(z, "");
    free(z);
}

TEST(buffer_grows_and_ends_in_nul)
{
    ond_buf b = {0};
    assert_string_equal(ond_buf_z(&b), "");
    for (int i = 0; i < 10000; i++) {
        ond_buf_putc(&b, (char)('a' + i % 26));
        assert_int_equal(b.p[b.n], 0);
    }
    assert_int_equal(b.n, 10000);
    ond_buf_clear(&b);
    assert_string_equal(ond_buf_z(&b), "");
    ond_buf_puts(&b, "x=");
    ond_buf_puts(&b, NULL);
    ond_buf_printf(&b, "%d,%s", 42, "온돌");
    ond_buf_str(&b, OND_S("!"));
    ond_buf_put(&b, NULL, 0);
    assert_string_equal(b.p, "x=42,온돌!");
    ond_buf_free(&b);
    assert_null(b.p);
}

TEST(long_printf)
{
    ond_buf b = {0};
    ond_buf_printf(&b, "%0*d", 5000, 7);
    assert_int_equal(b.n, 5000);
    assert_int_equal(b.p[4999], '7');
    ond_buf_free(&b);
}

TEST(impossible_size_is_bad_not_a_crash)
{
    ond_buf b = {0};
    ond_buf_puts(&b, "kept");
    ond_buf_reserve(&b, SIZE_MAX - 2);
    assert_false(ond_buf_ok(&b));
    ond_buf_puts(&b, "more");
    assert_string_equal(ond_buf_z(&b), "kept");
    assert_null(ond_buf_take(&b));
    assert_null(b.p);
    assert_true(ond_buf_ok(&b));
}

TEST(take_gives_the_bytes_away)
{
    ond_buf b = {0};
    char *z = ond_buf_take(&b);
    assert_string_equal(z, "");
    free(z);
    ond_buf_puts(&b, "hello");
    z = ond_buf_take(&b);
    assert_string_equal(z, "hello");
    assert_null(b.p);
    assert_int_equal(b.n, 0);
    free(z);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(views),
        cmocka_unit_test(buffer_grows_and_ends_in_nul),
        cmocka_unit_test(long_printf),
        cmocka_unit_test(impossible_size_is_bad_not_a_crash),
        cmocka_unit_test(take_gives_the_bytes_away),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
