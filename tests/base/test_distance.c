/* test_distance.c - nearness of words; the banded table against the plain one. */
#include "base/utf8.h"
#include "cm.h"

static int d(const char *a, const char *b, int most)
{
    return ond_utf8_distance(ond_str_of(a), ond_str_of(b), most);
}

TEST(steps)
{
    assert_int_equal(d("거실", "거싩", 3), 1);
    assert_int_equal(d("거실", "거시", 3), 1);
    assert_int_equal(d("거실", "침실", 9), 3);
    assert_int_equal(d("커튼", "커텐", 3), 1);
    assert_int_equal(d("Light", "light", 3), 0);
    assert_int_equal(d("light", "lihgt", 3), 1);    /* neighbours swapped */
    assert_int_equal(d("kitchen", "kitten", 3), 2);
    assert_int_equal(d("ca", "abc", 9), 3);         /* no letter is touched twice */
    assert_int_equal(d("", "", 0), 0);
    assert_int_equal(d("", "abc", 3), 3);
    assert_int_equal(d("abc", "", 3), 3);
    assert_int_equal(d("\xE1\x84\x80\xE1\x85\xA5", "거", 0), 0);
}

TEST(gives_up_beyond_most)
{
    assert_int_equal(d("kitchen", "kitten", 1), 2);
    assert_int_equal(d("abc", "xyz", 2), 3);
    assert_int_equal(d("abc", "xyz", 0), 1);
    assert_int_equal(d("a", "a", -5), 0);
    assert_int_equal(d("a", "b", -5), 1);
    assert_int_equal(d("", "abcdefgh", 3), 4);
    assert_int_equal(d("abc", "abd", 2147483647), 1);
}

TEST(invalid_bytes_are_compared_too)
{
    assert_int_equal(d("a\xFF", "a\xFF", 2), 0);
    assert_int_equal(d("a\xFF", "ab", 2), 1);
}

TEST(long_texts_are_quick)
{
    size_t n = 200000;
    char *a = malloc(n), *b = malloc(n);
    memset(a, 'a', n);
    memset(b, 'a', n);
    b[n / 2] = 'b';
    assert_int_equal(ond_utf8_distance((ond_str){a, n}, (ond_str){b, n}, 3), 1);
    assert_int_equal(ond_utf8_distance((ond_str){a, n}, (ond_str){b, n - 3}, 5), 4);
    free(a);
    free(b);
}

static int plain(const char *a, int n, const char *b, int m)
{
    int t[16][16];
    for (int i = 0; i <= n; i++)
        for (int j = 0; j <= m; j++) {
            if (!i || !j) {
                t[i][j] = i + j;
                continue;
            }
            int best = t[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
            if (t[i - 1][j] + 1 < best) best = t[i - 1][j] + 1;
            if (t[i][j - 1] + 1 < best) best = t[i][j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                t[i - 2][j - 2] + 1 < best)
                best = t[i - 2][j - 2] + 1;
            t[i][j] = best;
        }
    return t[n][m];
}

TEST(band_agrees_with_the_whole_table)
{
    unsigned seed = 7;
    for (int round = 0; round < 20000; round++) {
        char v[2][12];
        int n[2];
        for (int k = 0; k < 2; k++) {
            seed = seed * 1103515245u + 12345u;
            n[k] = (int)(seed >> 16) % 12;
            for (int i = 0; i < n[k]; i++) {
                seed = seed * 1103515245u + 12345u;
                v[k][i] = (char)('a' + (seed >> 16) % 3);
            }
        }
        int most = round % 7, want = plain(v[0], n[0], v[1], n[1]);
        if (want > most) want = most + 1;
        assert_int_equal(
            ond_utf8_distance((ond_str){v[0], (size_t)n[0]}, (ond_str){v[1], (size_t)n[1]}, most),
            want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps),
        cmocka_unit_test(gives_up_beyond_most),
        cmocka_unit_test(invalid_bytes_are_compared_too),
        cmocka_unit_test(long_texts_are_quick),
        cmocka_unit_test(band_agrees_with_the_whole_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
