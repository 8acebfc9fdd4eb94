/* test_yaml.c - scalars as PyYAML reads them, repeated keys, aliases, merges, and hostile
 * documents. */
#include "base/yaml.h"
#include "cm.h"

#include <time.h>

static void check(const char *yaml, const char *json)
{
    cJSON *v = NULL;
    ond_err e = {0};
    if (ond_yaml_parse(ond_str_of(yaml), "t.yaml", NULL, &v, &e)) fail_msg("%s\n%s", yaml, e.text);
    ond_buf b = {0};
    ond_json_print(&b, v);
    assert_string_equal(b.p, json);
    ond_buf_free(&b);
    cJSON_Delete(v);
}

static void refuse_under(const char *yaml, size_t n, const ond_yaml_limits *limits,
                         const char *text)
{
    cJSON *v = (cJSON *)1;
    ond_err e = {0};
    int rc = ond_yaml_parse((ond_str){yaml, n}, "t.yaml", limits, &v, &e);
    if (rc != OND_E_INPUT) fail_msg("accepted (%d), wanted: %s", rc, text);
    assert_null(v);
    if (!strstr(e.text, text)) fail_msg("\"%s\" is not in \"%s\"", text, e.text);
}

static void refuse(const char *yaml, const char *text)
{
    refuse_under(yaml, strlen(yaml), NULL, text);
}

TEST(scalars)
{
    check("[yes, No, ON, off, true, False, y, n, tRue]",
          "[true,false,true,false,true,false,\"y\",\"n\",\"tRue\"]");
    check("[~, null, Null, NULL, nUll, '']", "[null,null,null,null,\"nUll\",\"\"]");
    check("[1, -2, +3, 1_000, 0x1F, 0b101, 0o17, 0777, 08, 0]",
          "[1,-2,3,1000,31,5,15,511,\"08\",0]");
    check("[1., 1.5, -0.25, .5, 1.5e+3, 1.5e3, 1e5, 1_0.2_5, -.5, 0.]",
          "[1,1.5,-0.25,0.5,1500,\"1.5e3\",\"1e5\",10.25,\"-.5\",0]");
    check("[.inf, -.inf, .nan]", "[\".inf\",\"-.inf\",\".nan\"]");
    check("[12:30, 2020-01-01, 1.2.3, 20%, '1', \"no\", +, -x, _1, 1_]",
          "[\"12:30\",\"2020-01-01\",\"1.2.3\",\"20%\",\"1\",\"no\",\"+\",\"-x\",\"_1\",1]");
    check("[9007199254740991, 9007199254740993, -99999999999999999999]",
          "[9007199254740991,\"9007199254740993\",\"-99999999999999999999\"]");
    check("[!!str 5, !!int '7', !!float '2.5', !!bool 'yes', !!null '', ! 12]",
          "[\"5\",7,2.5,true,null,12]");
}

TEST(documents)
{
    check("", "null");
    check("# only a comment\n", "null");
    check("---\n...\n", "null");
    check("\xEF\xBB\xBF" "a: 온돌\n", "{\"a\":\"온돌\"}");
    check("a:\n  - b: 1\n    c: [x, {d: e}]\n  -\n",
          "{\"a\":[{\"b\":1,\"c\":[\"x\",{\"d\":\"e\"}]},null]}");
    check("a: |\n  one\n  two\nb: >-\n  three\n  four\n",
          "{\"a\":\"one\\ntwo\\n\",\"b\":\"three four\"}");
    check("%YAML 1.1\n---\n- x\n", "[\"x\"]");
}

TEST(keys)
{
    check("{1: a, no: b, ~: c, 2.50: d}", "{\"1\":\"a\",\"no\":\"b\",\"~\":\"c\",\"2.50\":\"d\"}");
    check("a: 1\nb: 2\na: 3\n", "{\"b\":2,\"a\":3}");
    check("&k key: 1\nother: *k\n*k : 2\n", "{\"other\":\"key\",\"key\":2}");
    check("? x\n: 1\n? y\n", "{\"x\":1,\"y\":null}");
    refuse("? [a, b]\n: c\n", "t.yaml:1:3: a key must be a scalar");
    refuse("? {a: b}\n: c\n", "a key must be a scalar");
    refuse("l: &l [1]\n*l : x\n", "t.yaml:2:1: an alias as a key");
}

TEST(aliases_are_copied)
{
    check("a: &x {b: [1, 2]}\nc: *x\nd: [*x, *x]\n",
          "{\"a\":{\"b\":[1,2]},\"c\":{\"b\":[1,2]},\"d\":[{\"b\":[1,2]},{\"b\":[1,2]}]}");
    check("[&a 1, &a 2, *a]", "[1,2,2]");
    check("a: &x 1\na: 2\nb: *x\n", "{\"a\":2,\"b\":1}"); /* the anchor's member is dropped later */
    refuse("a: *nobody\n", "t.yaml:1:4: no anchor of this name: nobody");
    refuse("a: &x [1, *x]\n", "inside its own anchor: x");
    refuse("&x a: &x {b: *x}\n", "inside its own anchor: x");
}

TEST(merges)
{
    check("b: &b {x: 1, y: 2}\nc: {<<: *b, y: 3}\n",
          "{\"b\":{\"x\":1,\"y\":2},\"c\":{\"x\":1,\"y\":3}}");
    check("c: {y: 3, <<: {x: 1, y: 2}}\n", "{\"c\":{\"x\":1,\"y\":3}}");
    check("- &a {x: 1}\n- &b {x: 2, z: 9}\n- {<<: [*a, *b]}\n",
          "[{\"x\":1},{\"x\":2,\"z\":9},{\"z\":9,\"x\":1}]");
    check("{<<: [], a: 1}", "{\"a\":1}");
    check("{'<<': 1}", "{\"<<\":1}");
    check("a: &a {<<: &in {x: 1}, y: 2}\nb: [*a, *in]\n",
          "{\"a\":{\"x\":1,\"y\":2},\"b\":[{\"x\":1,\"y\":2},{\"x\":1}]}");
    refuse("{<<: 5}", "<< takes a mapping");
    refuse("{<<: [5]}", "<< takes a mapping");
    refuse("a: &a {<<: *a}\n", "inside its own anchor");
}

TEST(faults_have_a_place)
{
    refuse("a: [1, 2\nb: 3\n", "t.yaml:2:");
    refuse("a: b: c\n", "t.yaml:1:");
    refuse("a: 1\n\tb: 2\n", "t.yaml:2:1:");
    refuse("--- a\n--- b\n", "t.yaml:2:1: a second document");
    refuse("a: !secret x\n", "t.yaml:1:4: this tag is not known");
    refuse("a: !secret {x: 1}\n", "unknown tag !secret");
    refuse("a: !!set {x}\n", "unknown tag tag:yaml.org,2002:set");
    refuse("a: !!int x\n", "no integer");
    refuse("ok: 1\nx: \xFF\n", "t.yaml:2:4: this is not valid UTF-8");
    refuse("x: \"a\\0b\"\n", "NUL");
    refuse("x: \x07\n", "character");
    refuse_under("a: \0b", 5, NULL, "character");
}

TEST(limits)
{
    ond_yaml_limits small = {.bytes = 10, .nodes = 4, .depth = 2};
    refuse_under("12345678901", 11, &small, "at most 10");
    refuse_under("[1,2,3,4]", 9, &small, "too many values");
    refuse_under("[[[1]]]", 7, &small, "nested too deep");
    cJSON *v;
    assert_int_equal(ond_yaml_parse(OND_S("[[1,2]]"), "t", &small, &v, NULL), 0);
    cJSON_Delete(v);
}

TEST(bombs_end_quickly)
{
    clock_t start = clock();
    ond_buf b = {0};
    ond_buf_puts(&b, "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");   /* billion laughs */
    for (int i = 1; i < 12; i++) {
        ond_buf_printf(&b, "a%d: &a%d [", i, i);
        for (int k = 0; k < 10; k++) ond_buf_printf(&b, "*a%d%s", i - 1, k < 9 ? "," : "]\n");
    }
    refuse_under(b.p, b.n, NULL, "too many values");
    ond_buf_clear(&b);
    ond_buf_puts(&b, "m0: &m0 {a: x, b: x}\n");              /* the same by merges */
    for (int i = 1; i < 40; i++)
        ond_buf_printf(&b, "m%d: &m%d {<<: [*m%d, *m%d]}\n", i, i, i - 1, i - 1);
    refuse_under(b.p, b.n, NULL, "too many values");
    ond_buf_clear(&b);
    ond_buf_puts(&b, "s: &s '");                             /* one long text, many times */
    for (int i = 0; i < 100000; i++) ond_buf_puts(&b, "0123456789");
    ond_buf_puts(&b, "'\nl: [");
    for (int i = 0; i < 100000; i++) ond_buf_puts(&b, "*s,");
    ond_buf_puts(&b, "]\n");
    refuse_under(b.p, b.n, NULL, "too many values");
    ond_buf_clear(&b);
    for (int i = 0; i < 100000; i++) ond_buf_putc(&b, '[');
    refuse_under(b.p, b.n, NULL, "t.yaml:");
    ond_buf_clear(&b);
    for (int i = 0; i < 500; i++) ond_buf_printf(&b, "%*s- a%d:\n", 2 * i, "", i);
    refuse_under(b.p, b.n, NULL, "nested too deep");
    ond_buf_clear(&b);
    ond_buf_puts(&b, "a0: &a0 x\n");                         /* depth by aliases */
    for (int i = 1; i < 100; i++) ond_buf_printf(&b, "a%d: &a%d [*a%d]\n", i, i, i - 1);
    refuse_under(b.p, b.n, NULL, "too deep");
    ond_buf_free(&b);
    assert_true((double)(clock() - start) / CLOCKS_PER_SEC <
                20); /* hours, if a budget did not hold */
}

TEST(many_keys_and_anchors_stay_linear)
{
    ond_buf b = {0};
    for (int i = 0; i < 100000; i++) ond_buf_printf(&b, "k%d: &a%d %d\n", i % 50000, i, i);
    cJSON *v;
    assert_int_equal(ond_yaml_parse((ond_str){b.p, b.n}, "t", NULL, &v, NULL), 0);
    assert_int_equal(cJSON_GetArraySize(v), 50000);
    assert_true(ond_json_num(v, "k1", 0) == 50001);
    cJSON_Delete(v);
    ond_buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),
        cmocka_unit_test(documents),
        cmocka_unit_test(keys),
        cmocka_unit_test(aliases_are_copied),
        cmocka_unit_test(merges),
        cmocka_unit_test(faults_have_a_place),
        cmocka_unit_test(limits),
        cmocka_unit_test(bombs_end_quickly),
        cmocka_unit_test(many_keys_and_anchors_stay_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
