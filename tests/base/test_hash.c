/* test_hash.c - known digests. */
#include "base/hash.h"
#include "cm.h"

static void check(const char *text, const char *hex)
{
    ond_hash h;
    char out[OND_HASH_HEX];
    ond_hash_of(text, strlen(text), &h);
    ond_hash_hex(&h, out);
    assert_string_equal(out, hex);
}

TEST(blake2b_256)
{
    check("", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
    check("abc", "bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319");
    ond_hash h, same;
    ond_hash_of(NULL, 0, &h);
    ond_hash_of("", 0, &same);
    assert_memory_equal(&h, &same, sizeof(h));
}

TEST(hex_and_back)
{
    ond_hash h, back;
    char hex[OND_HASH_HEX];
    ond_hash_of("x", 1, &h);
    ond_hash_hex(&h, hex);
    assert_int_equal(strlen(hex), 64);
    assert_true(ond_hash_unhex(hex, &back));
    assert_memory_equal(&h, &back, sizeof(h));
    hex[5] = 'g';
    memset(&back, 7, sizeof(back));
    assert_false(ond_hash_unhex(hex, &back));
    assert_int_equal(back.b[0], 7);   /* untouched */
    assert_false(ond_hash_unhex("", &back));
    assert_false(ond_hash_unhex(NULL, &back));
    hex[63] = 0;
    assert_false(ond_hash_unhex(hex, &back));
}

TEST(fnv_1a)
{
    assert_true(ond_fnv("", 0) == 0xcbf29ce484222325u);
    assert_true(ond_fnv("a", 1) == 0xaf63dc4c8601ec8cu);
    assert_true(ond_fnv("foobar", 6) == 0x85944171f73967e8u);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blake2b_256),
        cmocka_unit_test(hex_and_back),
        cmocka_unit_test(fnv_1a),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
