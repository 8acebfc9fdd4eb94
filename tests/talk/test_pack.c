/* test_pack.c - the embedded sentences: both languages compile without a fault and name only lists
 * that a house supplies. */
#include "fixture.h"

static bool supplied(const char *list)
{
    static const char *const lists[] = {"name", "area", "floor", "scene", "sensed"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        if (strcmp(lists[i], list) == 0) return true;
    return false;
}

static void sound(const char *lang)
{
    const ond_grammar *g, *again;
    ond_err err;
    if (ond_pack(lang, &g, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(ond_pack(lang, &again, &err), 0);
    assert_ptr_equal(g, again);
    assert_string_equal(ond_grammar_lang(g), lang);
    assert_true(ond_grammar_templates(g) > 10);
    if (ond_grammar_faults(g)) fail_msg("%s", ond_grammar_fault(g, 0));
    const char *list;
    for (size_t i = 0; (list = ond_grammar_outside(g, i)) != NULL; i++)
        if (!supplied(list))
            fail_msg("%s: no file defines the list {%s}, and no house supplies it", lang, list);
}

TEST(test_korean)
{
    sound("ko");
}
TEST(test_english)
{
    sound("en");
}

TEST(test_unknown)
{
    const ond_grammar *g;
    ond_err err;
    assert_int_equal(ond_pack("xx", &g, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "\"xx\""));
}

static int cleanup(__attribute__((unused)) void **state)
{
    ond_pack_free_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_korean),
        cmocka_unit_test(test_english),
        cmocka_unit_test(test_unknown),
    };
    return cmocka_run_group_tests(tests, NULL, cleanup);
}
