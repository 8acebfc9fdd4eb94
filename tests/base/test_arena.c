/* test_arena.c - aligned, zeroed, bounded pieces. */
#include "base/arena.h"
#include "cm.h"

TEST(pieces_are_aligned_zero_and_apart)
{
    ond_arena a = {0};
    unsigned char *v[2000];
    for (size_t i = 0; i < COUNT(v); i++) {
        size_t n = i % 97;
        v[i] = ond_arena_alloc(&a, n);
        assert_non_null(v[i]);
        assert_int_equal((uintptr_t)v[i] % 16, 0);
        for (size_t k = 0; k < n; k++) assert_int_equal(v[i][k], 0);
        memset(v[i], (int)(i & 0xFF), n);
    }
    for (size_t i = 0; i < COUNT(v); i++)
        for (size_t k = 0; k < i % 97; k++) assert_int_equal(v[i][k], i & 0xFF);
    ond_arena_free(&a);
    assert_null(a.head);
    assert_int_equal(a.used, 0);
}

TEST(large_pieces_get_their_own_block)
{
    ond_arena a = {0};
    char *p = ond_arena_alloc(&a, 3000000);
    assert_non_null(p);
    p[2999999] = 1;
    assert_non_null(ond_arena_alloc(&a, 10));
    ond_arena_free(&a);
}

TEST(limit_and_overflow_give_null)
{
    ond_arena a = {.limit = 100};
    assert_non_null(ond_arena_alloc(&a, 90));
    assert_null(ond_arena_alloc(&a, 16));
    assert_null(ond_arena_alloc(&a, SIZE_MAX));
    assert_null(ond_arena_alloc(&a, SIZE_MAX - 8));
    ond_arena_free(&a);
    assert_int_equal(a.limit, 100);
    a.limit = 0;
    assert_null(ond_arena_array(&a, SIZE_MAX / 2, 4));
    int *v = ond_arena_array(&a, 10, sizeof(int));
    assert_int_equal(v[9], 0);
    char *z = ond_arena_dup(&a, (ond_str){"거실등", strlen("거실")});
    assert_string_equal(z, "거실");
    assert_string_equal(ond_arena_dup(&a, OND_S("")), "");
    ond_arena_free(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_aligned_zero_and_apart),
        cmocka_unit_test(large_pieces_get_their_own_block),
        cmocka_unit_test(limit_and_overflow_give_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
