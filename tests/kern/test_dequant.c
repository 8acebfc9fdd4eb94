/* test_dequant.c - rows to floats: golden hashes of every type, and 16-bit floats both ways. */
#include "kern/blocks.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static const struct { const char *name; uint64_t hash; } golden[] = {
#define GOLDEN(type, hash) {#type, hash},
#include "kern/golden.def"
#undef GOLDEN
};

static void hashes(void **state)
{
    (void)state;
    enum { BLOCKS = 4096 };
    assert_int_equal((int)(sizeof golden / sizeof *golden), ond_type_count());
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        ond_type t;
        assert_true(ond_type_named(golden[i].name, &t));
        size_t values = (size_t)ond_type_block(t) * BLOCKS, bytes = (size_t)ond_type_block_bytes(t) * BLOCKS;
        unsigned char *p = malloc(bytes);
        float *x = malloc(values * sizeof *x);
        uint64_t seed = 1000 + (uint64_t)t;
        random_blocks(t, p, bytes, &seed);
        ond_dequant(t, p, values, x);
        if (hash_floats(x, values) != golden[i].hash) fail_msg("%s: other floats than ggml's", golden[i].name);
        free(p);
        free(x);
    }
}

/* A row is its blocks: any run of blocks, at any (odd) address, gives the same floats. */
static void any_address(void **state)
{
    (void)state;
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        size_t block = (size_t)ond_type_block(t), bytes = (size_t)ond_type_block_bytes(t);
        unsigned char p[3 * 256 + 1];
        float whole[3 * 256], part[256];
        uint64_t seed = 7;
        random_blocks(t, p + 1, 3 * bytes, &seed);
        ond_dequant(t, p + 1, 3 * block, whole);
        unsigned char *copy = malloc(bytes);   /* exactly one block: a read beyond it is caught */
        memcpy(copy, p + 1 + bytes, bytes);
        ond_dequant(t, copy, block, part);
        assert_memory_equal(part, whole + block, block * sizeof *part);
        free(copy);
    }
}

static void every_half(void **state)
{
    (void)state;
    for (unsigned h = 0; h < 65536; h++) {
        int exponent = (int)(h >> 10 & 31);
        double m = (double)(h & 1023), sign = h >> 15 ? -1 : 1;
        float f = ond_f16_to_f32((uint16_t)h);
        if (exponent == 31 && m > 0) {
            assert_true(f != f);
            assert_int_equal(ond_f32_to_f16(f) & 0x7e00, 0x7e00);
            continue;
        }
        double v = exponent == 31 ? INFINITY : exponent == 0 ? ldexp(m, -24) : ldexp(1024 + m, exponent - 25);
        assert_true((double)f == sign * v);
        assert_int_equal(ond_f32_to_f16(f), h);
    }
}

/* Between two neighbours: the nearer, in the middle the even one. */
static void half_rounding(void **state)
{
    (void)state;
    for (unsigned h = 0; h < 0x7bff; h++) {
        float a = ond_f16_to_f32((uint16_t)h), b = ond_f16_to_f32((uint16_t)(h + 1)), mid = a + (b - a) / 2;
        assert_int_equal(ond_f32_to_f16(mid), h % 2 ? h + 1 : h);
        assert_int_equal(ond_f32_to_f16(nextafterf(mid, 0)), h);
        assert_int_equal(ond_f32_to_f16(nextafterf(mid, 1e9f)), h + 1);
        assert_int_equal(ond_f32_to_f16(-mid), 0x8000 | (h % 2 ? h + 1 : h));
    }
    assert_int_equal(ond_f32_to_f16(65519.996f), 0x7bff);
    assert_int_equal(ond_f32_to_f16(65520.0f), 0x7c00);
    assert_int_equal(ond_f32_to_f16(3e38f), 0x7c00);
    assert_int_equal(ond_f32_to_f16(1e-10f), 0);
    assert_int_equal(ond_f32_to_f16(-INFINITY), 0xfc00);
}

static void bfloat(void **state)
{
    (void)state;
    assert_int_equal(ond_f32_to_bf16(1.0f), 0x3f80);
    assert_int_equal(ond_f32_to_bf16(1.00390625f), 0x3f80);            /* the middle: even below */
    assert_int_equal(ond_f32_to_bf16(1.01171875f), 0x3f82);            /* the middle: even above */
    assert_int_equal(ond_f32_to_bf16(nextafterf(1.00390625f, 2)), 0x3f81);
    assert_int_equal(ond_f32_to_bf16(3.4e38f), 0x7f80);
    assert_int_equal(ond_f32_to_bf16(-INFINITY), 0xff80);
    assert_int_equal(ond_f32_to_bf16(NAN) & 0x7fc0, 0x7fc0);
    for (unsigned h = 0; h < 65536; h++)
        if ((h & 0x7f80) != 0x7f80) assert_int_equal(ond_f32_to_bf16(ond_bf16_to_f32((uint16_t)h)), h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hashes),        cmocka_unit_test(any_address), cmocka_unit_test(every_half),
        cmocka_unit_test(half_rounding), cmocka_unit_test(bfloat),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
