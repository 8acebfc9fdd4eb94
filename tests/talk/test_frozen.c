/* test_frozen.c - a grammar as bytes: the same as the one that was compiled, and only of this build. */
#include "talk/frozen.h"
#include "talk/pack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <cmocka.h>

static const char *const langs[] = {"ko", "en"};

static ond_grammar *compiled(const char *lang)
{
    ond_talk_text texts[64];
    ond_grammar *g = NULL;
    ond_err err = {0};
    size_t n = ond_pack_texts(lang, texts, 64);
    assert_true(n > 0 && n <= 64);
    assert_int_equal(ond_grammar_of_texts(lang, texts, n, &g, &err), 0);
    return g;
}

/* Bytes at a multiple of eight. */
static char *laid(const ond_buf *b)
{
    char *p = malloc(b->n);
    assert_non_null(p);
    memcpy(p, b->p, b->n);
    return p;
}

static void what_is_carried_is_what_is_compiled(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ond_grammar *g = compiled(langs[i]);
        ond_buf bytes = {0};
        ond_err err = {0};
        ond_str carried = ond__frozen(langs[i]);
        assert_int_equal(ond__grammar_freeze(g, &bytes, &err), 0);
        assert_int_equal(bytes.n, carried.n);
        assert_memory_equal(bytes.p, carried.p, bytes.n);
        ond_buf_free(&bytes);
        ond_grammar_free(g);
    }
    assert_int_equal(ond__frozen("fr").n, 0);
}

static void nothing_is_lost(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        ond_grammar *g = compiled(langs[i]), *thawed = NULL;
        ond_buf bytes = {0}, again = {0};
        ond_err err = {0};
        assert_int_equal(ond__grammar_freeze(g, &bytes, &err), 0);
        char *p = laid(&bytes);
        assert_int_equal(ond__grammar_thaw((ond_str){p, bytes.n}, &thawed, &err), 0);
        assert_int_equal(ond_grammar_templates(thawed), ond_grammar_templates(g));
        assert_int_equal(ond_grammar_faults(thawed), ond_grammar_faults(g));
        assert_string_equal(ond_grammar_lang(thawed), langs[i]);
        assert_int_equal(ond__grammar_freeze(thawed, &again, &err), 0);
        assert_int_equal(again.n, bytes.n);
        assert_memory_equal(again.p, bytes.p, bytes.n);
        ond_grammar_free(thawed);
        ond_grammar_free(g);
        ond_buf_free(&bytes);
        ond_buf_free(&again);
        free(p);
    }
}

static void other_bytes_are_refused(void **state)
{
    (void)state;
    ond_str carried = ond__frozen("ko");
    ond_buf bytes = {0};
    ond_grammar *g = NULL;
    ond_err err = {0};
    ond_buf_put(&bytes, carried.p, carried.n);
    char *p = laid(&bytes);
    assert_int_equal(ond__grammar_thaw((ond_str){p, carried.n - 8}, &g, &err), OND_E_INPUT);
    assert_int_equal(ond__grammar_thaw((ond_str){p, 16}, &g, &err), OND_E_INPUT);
    assert_int_equal(ond__grammar_thaw((ond_str){p, 0}, &g, &err), OND_E_INPUT);
    p[8] ^= 1; /* its layout */
    assert_int_equal(ond__grammar_thaw((ond_str){p, carried.n}, &g, &err), OND_E_INPUT);
    p[8] ^= 1;
    p[0] ^= 1;
    assert_int_equal(ond__grammar_thaw((ond_str){p, carried.n}, &g, &err), OND_E_INPUT);
    assert_null(g);
    free(p);
    ond_buf_free(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(what_is_carried_is_what_is_compiled),
                                       cmocka_unit_test(nothing_is_lost),
                                       cmocka_unit_test(other_bytes_are_refused)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ond_pack_free_all();
    return failed;
}
