/* test_pack.c - panels lose nothing: unpacked rows equal the plain row dequantised, bit for bit,
 * for every type and width. */
#include "kern/pack.h"
#include "kern/quant.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

static uint64_t seed = 1;

static unsigned rnd(void)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(seed >> 33);
}

/* Random bytes: every code and every scale. Values that come out as NaN are compared as such. */
static void fill(unsigned char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) p[i] = (unsigned char)rnd();
}

static void same_floats(const float *a, const float *b, int n)
{
    for (int i = 0; i < n; i++) {
        if (a[i] != a[i] && b[i] != b[i]) continue;
        assert_memory_equal(a + i, b + i, sizeof *a);
    }
}

static void round_trip(ond_type t, int n_row, int n_col)
{
    size_t row = ond_type_row_bytes(t, (uint64_t)n_col), panel = ond_pack_panel_bytes(t, n_col);
    assert_true(row > 0 && panel > 0 && panel % 64 == 0);
    int n_panel = (n_row + OND_PANEL_ROWS - 1) / OND_PANEL_ROWS;
    unsigned char *plain = malloc(row * (size_t)n_row),
                  *packed = aligned_alloc(64, panel * (size_t)n_panel);
    float *want = malloc((size_t)n_col * 4), *got = malloc((size_t)n_col * 4);
    fill(plain, row * (size_t)n_row);
    ond_pack_panels(t, plain, n_row, n_col, 0, 1, packed, 0); /* in two pieces */
    ond_pack_panels(t, plain, n_row, n_col, 1, n_panel, packed, 0);
    ond_weight w = {t, OND_PANEL, n_row, n_col, packed, panel, 0};
    for (int r = 0; r < n_row; r++) {
        ond_dequant(t, plain + (size_t)r * row, (size_t)n_col, want);
        ond_unpack_row(&w, r, got);
        same_floats(want, got, n_col);
    }
    free(plain);
    free(packed);
    free(want);
    free(got);
}

static void test_lossless(void **state)
{
    (void)state;
    static const int units[] = {1, 2, 3, 4, 5, 18, 30};
    for (int i = 0; i < ond_type_count(); i++)
        for (size_t u = 0; u < sizeof units / sizeof *units; u++)
            round_trip(ond_type_at(i), 1 + (int)(rnd() % 40),
                       units[u] * ond_type_block(ond_type_at(i)));
}

/* Panels stay close to the file: within 6 %, and TQ1_0 (unpacked to 2 bits) within 25 %. */
static void test_size(void **state)
{
    (void)state;
    for (int i = 0; i < ond_type_count(); i++) {
        ond_type t = ond_type_at(i);
        size_t file = 16 * ond_type_row_bytes(t, 2048), panel = ond_pack_panel_bytes(t, 2048);
        assert_true(panel * 100 <= file * (t == OND_TQ1_0 ? 126 : 106));
    }
}

static void test_no_panel(void **state)
{
    (void)state;
    assert_true(ond_pack_has(OND_Q4_0));
    assert_int_equal(ond_pack_panel_bytes(OND_Q4_0, 33), 0);
    assert_int_equal(ond_pack_panel_bytes(OND_Q4_K, 576), 0);
    assert_int_equal(ond_pack_panel_bytes(OND_Q4_0, 0), 0);
    assert_int_equal(ond_pack_panel_bytes(OND_Q4_0, 64), 576);
    assert_int_equal(ond_pack_panel_bytes(OND_Q4_0, 96), 576 + 320);
}

/* Rows beyond the last are zeros: no stray scale can make a NaN there. */
static void test_padding(void **state)
{
    (void)state;
    enum { COLS = 64 };
    unsigned char plain[3 * 36], packed[576];
    fill(plain, sizeof plain);
    ond_pack_panels(OND_Q4_0, plain, 3, COLS, 0, 1, packed, 0);
    for (int r = 3; r < 16; r++) {
        for (int b = 0; b < 2; b++)
            assert_int_equal(packed[32 * b + 2 * r] | packed[32 * b + 2 * r + 1], 0);
        for (int i = 0; i < 8; i++)
            for (int c = 0; c < 4; c++) assert_int_equal(packed[64 + 64 * i + 4 * r + c], 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lossless),
        cmocka_unit_test(test_size),
        cmocka_unit_test(test_no_panel),
        cmocka_unit_test(test_padding),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
