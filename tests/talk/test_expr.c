/* test_expr.c - templates as trees: every construct, and what is malformed. */
#include "fixture.h"
#include "talk/expr.h"

static void print(ond_buf *b, const ond__expr *e)
{
    static const char *const kind[] = {"", "seq", "alt", "perm", "list", "rule"};
    if (e->kind == OND__EXPR_TEXT) {
        ond_buf_printf(b, "'%.*s'", (int)e->text.n, e->text.p);
        return;
    }
    ond_buf_printf(b, "%s(", kind[e->kind]);
    if (e->kind == OND__EXPR_RULE) ond_buf_str(b, e->text);
    if (e->kind == OND__EXPR_LIST)
        ond_buf_printf(b, "%.*s:%.*s%s", (int)e->text.n, e->text.p, (int)e->slot.n, e->slot.p,
                       e->end_of_word ? " word" : "");
    for (size_t i = 0; i < e->n; i++) {
        if (i) ond_buf_putc(b, ' ');
        print(b, e->item[i]);
    }
    ond_buf_putc(b, ')');
}

static void tree(const char *template, const char *expected)
{
    ond_arena a = {0};
    ond_buf b = {0};
    ond__expr *e;
    ond_err err;
    if (ond__expr_parse(&a, ond_str_of(template), &e, &err) != 0)
        ond_buf_puts(&b, err.text);
    else
        print(&b, e);
    assert_string_equal(ond_buf_z(&b), expected);
    ond_buf_free(&b);
    ond_arena_free(&a);
}

TEST(test_words)
{
    tree("turn on", "seq('turn ' 'on')");
    tree("  turn   on  ", "seq('turn ' 'on')");
    tree("a\tb c", "seq('a b ' 'c')");
    tree("\\[a\\] b\\|c", "seq('[a] ' 'b|c')");
    tree("불 켜", "seq('불 ' '켜')");
}

TEST(test_groups)
{
    tree("(a|b)", "alt(seq('a') seq('b'))");
    tree("a|b c", "alt(seq('a') seq('b ' 'c'))");
    tree("[a]", "alt(seq('a') '')");
    tree("x[a|b]", "seq('x' alt(seq('a') seq('b') ''))");
    tree("(a|)", "alt(seq('a') seq())");
    tree("(a;b)", "perm(seq(' ' 'a' ' ') seq(' ' 'b' ' '))");
    tree("[a;b] c", "seq(alt(perm(seq(' ' 'a' ' ') seq(' ' 'b' ' ')) '') ' c')");
    tree("(a;b|c)", "alt(perm(seq('a') seq('b')) seq('c'))");
}

TEST(test_references)
{
    tree("{name}", "seq(list(name:name))");
    tree("{name} {area:where}s", "seq(list(name:name word) ' ' list(area:where) 's')");
    tree("<the> <x y>", "seq(rule(the) ' ' rule(x y))");
    tree("{a:b:c}", "seq(list(a:b:c))");
}

TEST(test_malformed)
{
    tree("", "an empty template");
    tree("()", "empty brackets in the template \"()\"");
    tree("a []", "empty brackets in the template \"a []\"");
    tree("{}", "{} has no name in the template \"{}\"");
    tree("<>", "<> has no name in the template \"<>\"");
    tree("(a", "no ')' for '(' in the template \"(a\"");
    tree("[a (b] c)", "no ')' for '(' in the template \"[a (b] c)\"");
    tree("{a", "no '}' for '{' in the template \"{a\"");
    tree("<a", "no '>' for '<' in the template \"<a\"");
    tree("a)", "a closing bracket without its opening one in the template \"a)\"");
    tree("(a|b;c)", "'|' before ';' without brackets around it in the template \"(a|b;c)\"");
    tree("\xff", "a template that is not valid UTF-8");
    char deep[300];
    memset(deep, '(', 100);
    memset(deep + 100, 'a', 1);
    memset(deep + 101, ')', 100);
    deep[201] = '\0';
    ond_arena a = {0};
    ond__expr *e;
    ond_err err;
    assert_int_equal(ond__expr_parse(&a, ond_str_of(deep), &e, &err), OND_E_INPUT);
    assert_non_null(strstr(err.text, "nested too deeply"));
    ond_arena_free(&a);
}

static int join(void *self, ond_str text, __attribute__((unused)) ond_err *err)
{
    ond_buf_str(self, text);
    ond_buf_putc(self, ',');
    return 0;
}

static int sampled(const char *template, size_t most, ond_buf *out)
{
    ond_arena a = {0};
    ond__expr *e;
    ond_err err;
    ond_buf_clear(out);
    int rc = ond__expr_parse(&a, ond_str_of(template), &e, &err);
    if (rc == 0) rc = ond__expr_sample(e, most, join, out, &err);
    ond_arena_free(&a);
    return rc;
}

TEST(test_samples)
{
    ond_buf b = {0};
    assert_int_equal(sampled("(big|small) lamp[s]", 100, &b), 0);
    assert_string_equal(b.p, "big lamps,big lamp,small lamps,small lamp,");
    assert_int_equal(sampled("[x] (a;b)", 100, &b), 0);
    assert_string_equal(b.p, "x a b,x b a,a b,b a,");
    assert_int_equal(sampled("[only]", 100, &b), 0);
    assert_string_equal(b.p, "only,");
    assert_int_equal(sampled("{name}", 100, &b), OND_E_INPUT);
    assert_int_equal(sampled("<the>", 100, &b), OND_E_INPUT);
    assert_int_equal(sampled("(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)(a|b)", 100, &b), OND_E_INPUT);
    ond_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),      cmocka_unit_test(test_groups),
        cmocka_unit_test(test_references), cmocka_unit_test(test_malformed),
        cmocka_unit_test(test_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
