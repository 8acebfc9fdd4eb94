/* test_jinja.c - chat templates: both dialects, errors with their lines, bounds, memory that runs out.
 *
 * What the reference renders is compared with the reference itself in tests/peer/jinja.sh; here stands what it gave, for the
 * machine that has no node, and what only Python's dialect knows, as Jinja2 3.1 gives it. */
#include "base/jinja_internal.h"

#include "cm.h"

#define NOW 1783051506000   /* 2026-07-03 04:05:06 UTC */

static const char vars_text[] =
    "{\"text\":\"Hello 세계 😀!\",\"n\":3,\"f\":2.5,\"t\":true,\"none_v\":null,\"empty\":\"\",\"list\":[3,1,2],\"words\":[\"b\",\"A\",\"c\",\"a\"],"
    "\"d\":{\"b\":1,\"a\":\"x\",\"C\":null},\"nested\":{\"a\":[{\"b\":\"deep\"},{\"b\":\"er\"}]},"
    "\"people\":[{\"name\":\"Kim\",\"age\":30,\"on\":true},{\"name\":\"lee\",\"age\":25,\"on\":false},{\"name\":\"Park\",\"age\":41}],"
    "\"messages\":[{\"role\":\"system\",\"content\":\"S\"},{\"role\":\"user\",\"content\":\"안녕\"}]}";

static cJSON *vars;

/* ---- memory that runs out ---- */

#if !defined(__SANITIZE_ADDRESS__)
static long allocations, fail_from;
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
static bool refused(void) { return fail_from && ++allocations >= fail_from; }
void *malloc(size_t n) { return refused() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t size) { return refused() ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t n) { return refused() ? NULL : __libc_realloc(p, n); }
#endif

/* ---- rendering ---- */

/* What comes out, or "! " and the error; static. */
static const char *rendered(const char *text, ond_jinja_dialect dialect, size_t steps, size_t memory)
{
    static char line[4096];
    ond_jinja *t = NULL;
    ond_err e = {0};
    ond_buf b = {0};
    int rc = ond_jinja_compile_as(ond_str_of(text), dialect, &t, &e);
    assert_true((rc == 0) == (t != NULL));
    if (rc == 0) {
        if (steps) t->steps = steps;
        if (memory) t->memory = memory;
        rc = ond_jinja_render(t, vars, NOW, &b, &e);
    }
    assert_true(rc == 0 || (rc == OND_E_INPUT && e.code == OND_E_INPUT && b.n == 0));
    snprintf(line, sizeof(line), "%s%s", rc ? "! " : "", rc ? e.text : ond_buf_z(&b));
    ond_buf_free(&b);
    ond_jinja_free(t);
    return line;
}

typedef struct row { const char *text, *want; } row;

static void check_all(const row *rows, size_t n, ond_jinja_dialect dialect)
{
    int bad = 0;
    for (size_t i = 0; i < n; i++) {
        const char *got = rendered(rows[i].text, dialect, 0, 0);
        if (strcmp(got, rows[i].want) == 0) continue;
        print_error("%s\n  want %s\n  got  %s\n", rows[i].text, rows[i].want, got);
        bad++;
    }
    assert_int_equal(bad, 0);
}

TEST(the_reference_dialect)
{
    static const row rows[] = {
        {"plain", "plain"},
        {"", ""},
        {"{{ text }}|{{ n }}|{{ f }}|{{ t }}|{{ none_v }}|{{ nosuch }}", "Hello 세계 😀!|3|2.5|true||"},
        {"{{ list }}{{ d }}{{ [1.0, none, nosuch] }}", "[3, 1, 2]{\"b\": 1, \"a\": \"x\", \"C\": null}[1, null, undefined]"},
        {"{{ 1.0 }} {{ 0.1 + 0.2 }} {{ 7 // 2 }} {{ -7 // 2 }} {{ -7 % 3 }} {{ 2 ** 3 ** 2 }}", "1.0 0.30000000000000004 3 -4 -1 64"},
        {"{{ 1e21 }}", "! line 1: '}}' is expected before 'e21'"},
        {"{{ 1000000000000000000000 }} {{ 0.0000001 }} {{ 1 / 0 }}", "1e+21 1e-7 Infinity"},
        {"{{ \"a\" + 1 }}{{ \"a\" ~ list }}{{ 1 == \"1\" }}{{ [] == \"\" }}", "a1a3,1,2truetrue"},
        {"{{ text | length }}{{ text[::-1] }}{{ list[::-1] }}{{ list[-2:] }}{{ text[6:8] }}", "12!😀 계세 olleH[2, 1, 3][1, 2]세계"},
        {"{{ 'xax'.strip('x') }}{{ '  a '.strip() }}{{ 'aXb'.replace('X', '-') }}{{ ' a  b '.split() }}", "xaxaa-b[\"a\", \"b\"]"},
        {"{{ 'straße ΑΣ'.upper() }}{{ 'ΑΣ'.lower() }}{{ 'hELLO wORLD'.title() }}{{ 'hELLO'.capitalize() }}", "STRASSE ΑΣαςHELLO WORLDHELLO"},
        {"{{ d | tojson(indent=2) }}", "{\n  \"b\": 1,\n  \"a\": \"x\",\n  \"C\": null\n}"},
        {"{{ '한😀\x7f' | tojson(ensure_ascii=true) }}{{ d | tojson(separators=(',', ':')) }}",
         "\"\\ud55c\\ud83d\\ude00\\u007f\"{\"b\":1,\"a\":\"x\",\"C\":null}"},
        {"{{ words | sort }}{{ words | sort(case_sensitive=true) }}{{ list | sort(reverse=true) }}", "[\"A\", \"a\", \"b\", \"c\"][\"A\", \"a\", \"b\", \"c\"][3, 2, 1]"},
        {"{{ people | selectattr('on') | map(attribute='name') | join(',') }}{{ people | sort(attribute='age') | map(attribute='age') | list }}", "Kim[25, 30, 41]"},
        {"{% set ns = namespace(a=1) %}{% for x in list %}{% set ns.a = ns.a + x %}{% endfor %}{{ ns.a }}", "7"},
        {"{% set x = 1 %}{% for i in list %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}", "2341"},
        {"{% for i in list %}{{ i }}{% break %}{% endfor %}|{% for i in list %}{% if i == 1 %}{% continue %}{% endif %}{{ i }}{% endfor %}", "|32"},
        {"{% for k, v in d.items() %}{{ loop.index }}{{ k }}={{ v }};{% else %}x{% endfor %}", "1b=1;2a=x;3C=;"},
        {"{% for a in [] %}x{% else %}empty{% endfor %}{% for a in list if a > 1 %}{{ a }}/{{ loop.length }} {% endfor %}", "empty3/2 2/2 "},
        {"{% macro m(a, b=2) %}[{{ a }}{{ b }}{{ caller() if caller }}]{% endmacro %}{{ m(1) }}{{ m(1, b=3) }}{% call m(5) %}body{% endcall %}", "[12][13][52body]"},
        {"{% macro m(a) %}{{ a }}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=4) }}", "1[2]{\"x\": 4}"},
        {"{% filter upper %}abc{% endfilter %}{% set x %}a{{ n }}{% endset %}{{ x }}", "ABCa3"},
        {"a\n  {% if t %}\nb\n  {% endif %}\nc {{- n -}} \n d", "a\nb\nc3d"},
        {"a  {%- generation -%}  b {% endgeneration %}c", "ab c"},
        {"{{ strftime_now('%Y-%m-%d %H:%M %b %B') }}", "2026-07-03 04:05 Jul July"},
        {"{{ 'x' if n == 3 else 'y' }}{{ 'x' if empty }}{{ range(1, 4) }}{{ n is defined and n is odd }}", "x[1, 2, 3]true"},
    };
    check_all(rows, COUNT(rows), OND_JINJA_REFERENCE);
}

TEST(what_the_reference_refuses)
{
    static const row rows[] = {
        {"{{ 'a' + none }}", "! line 1: '+' does not go with a string and none"},
        {"{{ nosuch + 'a' }}", "! line 1: '+' does not go with an undefined value and a string"},
        {"{{ true + 1 }}", "! line 1: '+' does not go with a boolean and an integer"},
        {"{{ 'a' < 'b' }}", "! line 1: '<' does not go with a string and a string"},
        {"{% for x in nosuch %}{% endfor %}", "! line 1: an undefined value cannot be walked through"},
        {"{% for x in text %}{% endfor %}", "! line 1: a string cannot be walked through"},
        {"{{ n | trim }}", "! line 1: filter 'trim' does not go with an integer"},
        {"{{ text | trim() }}", "! line 1: filter 'trim' does not go with a string"},
        {"{{ text | nosuch }}", "! line 1: unknown filter 'nosuch'"},
        {"{{ n is nosuch }}", "! line 1: unknown test 'nosuch'"},
        {"{{ nosuch() }}", "! line 1: unknown function or method 'nosuch' is no function"},
        {"{{ text.rsplit(' ') }}", "! line 1: unknown function or method 'rsplit' is no function"},
        {"{{ {1: 2} }}", "! line 1: a key must be a string, not an integer"},
        {"{{ (1, 2) }}", "! line 1: a tuple cannot be JSON"},
        {"{{ [] | first }}", "! line 1: the list has no such item"},
        {"{{ d.get(1) }}", "! line 1: get() takes a key, not an integer"},
        {"{% break %}", "! line 1: 'break' outside of a 'for'"},
        {"{% macro m(a) %}{% endmacro %}{{ m(1, 2) }}", "! line 1: macro 'm' takes not more than 1 arguments"},
        {"{% macro m(a) %}{% endmacro %}{{ m(b=1) }}", "! line 1: macro 'm' takes no keyword argument 'b'"},
        {"{% set a, b = [1] %}", "! line 1: 2 names for 1 items"},
        {"{% set d.x = 1 %}", "! line 1: members can be set of a namespace() only, not of a mapping"},
        {"{{ raise_exception('boom ' ~ n) }}", "! boom 3"},
        {"{{ range }}", "! line 1: a function cannot be shown; is a pair of parentheses missing?"},
    };
    check_all(rows, COUNT(rows), OND_JINJA_REFERENCE);
}

TEST(bad_form_is_told_with_its_line)
{
    static const row rows[] = {
        {"a\n{% if t %}\n{% endif %}\n{% nosuch %}", "! line 4: unknown statement 'nosuch'"},
        {"\n\n{{ n | nosuch }}", "! line 3: unknown filter 'nosuch'"},
        {"{#\n\n-#}\n\n{{ nosuch() }}", "! line 5: unknown function or method 'nosuch' is no function"},
        {"{% generation %}\n{% endgeneration %}\n{{ 1 + }}", "! line 3: a value is expected before '}}'"},
        {"{# open", "! line 1: a comment {# is not closed by #}"},
        {"{{ 'open }}", "! line 1: a string is not closed"},
        {"{{ '\\q' }}", "! line 1: unknown escape in a string"},
        {"{% if t %}x", "! line 1: the template ends inside a block"},
        {"{% if t %}x{% endfor %}", "! line 1: unknown statement 'endfor'"},
        {"{{ n", "! line 1: the template ends where '}}' is expected"},
        {"{{ n n }}", "! line 1: '}}' is expected before 'n'"},
        {"{{ 한 }}", "! line 1: a character that no expression has"},
        {"{{ list[1:2:3:4] }}", "! line 1: a slice has at most three parts"},
        {"{% macro m(a, a) %}{% endmacro %}", "! line 1: two parameters have the same name"},
        {"{% for 1 in list %}{% endfor %}", "! line 1: 'for' takes a name or names"},
        {"{{ f(a=1, 2) }}", "! line 1: an argument by place follows a keyword or *"},
    };
    check_all(rows, COUNT(rows), OND_JINJA_REFERENCE);
}

TEST(the_dialect_of_python)
{
    static const row rows[] = {
        {"{{ t }}|{{ none_v }}|{{ list }}|{{ d }}|{{ (1, 'a') }}|{{ (1,) }}|{{ () }}", "True|None|[3, 1, 2]|{'b': 1, 'a': 'x', 'C': None}|(1, 'a')|(1,)|()"},
        {"{{ 'xax'.strip('x') }}{{ text | length }}{{ 'hELLO wORLD'.title() }}{{ 'hELLO'.capitalize() }}", "a11Hello WorldHello"},
        {"{{ 'a' ~ none ~ 1.0 ~ true }}{{ [1] == [1] }}{{ 1 == '1' }}{{ -7 % 3 }}", "aNone1.0TrueTrueFalse2"},
        {"{{ 'a,b,c'.rsplit(',', 1) }}{{ '-'.join(words) }}{{ '{} {a} {{x}}'.format(1, a=2) }}{{ 'abc'.find('c') }}", "['a,b', 'c']b-A-c-a1 2 {x}2"},
        {"{{ '%s is %05.1f%%' % ('x', 2.5) }}{{ '%(b)s' % d }}{{ 'ab' * 2 }}{{ 'a' < 'b' }}{{ true + 1 }}", "x is 002.5%1ababTrue2"},
        {"{{ [1,2,3,4,5] | batch(2, 0) | list }}{{ [1,2,3] | slice(2) | list }}{{ list | sum }}{{ list | max }}{{ words | min }}", "[[1, 2], [3, 4], [5, 0]][[1, 2], [3]]63A"},
        {"{{ 2.567 | round(2) }}{{ 'a b c' | wordcount }}{{ 'hello world foo bar' | truncate(9) }}{{ '<a>' | e }}", "2.573hello...&lt;a&gt;"},
        {"{{ list | select('odd') | list }}{{ words | map('upper') | list }}{{ list | reject('eq', 1) | list }}", "[3, 1]['B', 'A', 'C', 'A'][3, 2]"},
        {"{{ people | groupby('on') | length if false else 1 }}{{ n is divisibleby 3 }}{{ n is in [3] }}{{ n is eq(3) }}{{ f is float }}", "1TrueTrueTrueTrue"},
        {"{% for i in list %}{% if i == 1 %}x{% break %}{% endif %}{{ i }}{% endfor %}", "3x"},
        {"{% set x = 1 %}{% for i in list %}{% set x = x + 1 %}{{ x }}{% endfor %}{{ x }}", "2221"},
        {"{% for x in [1, [2, [3]]] recursive %}{{ loop.depth }}{% if x is iterable %}({{ loop(x) }}){% else %}{{ x }}{% endif %}{% endfor %}", "111(222(33))"},
        {"{% for a in list %}{{ loop.cycle('o', 'e') }}{{ loop.changed(a > 2) }} {% endfor %}", "oTrue eTrue oFalse "},
        {"{% set l = [1] %}{% do l.append(2) %}{{ l }}{{ l.pop() }}{{ {1: 2}[1] }}{{ d.items() | list }}", "[1, 2]22[('b', 1), ('a', 'x'), ('C', None)]"},
        {"{% raw %}{{ x }}{% if %}{% endraw %}|{%+ if t %}y{% endif %}", "{{ x }}{% if %}|y"},
        {"{% set c = cycler(1, 2) %}{{ c.next() }}{{ c.next() }}{{ c.next() }}{% set j = joiner() %}{{ j() }}a{{ j() }}b", "121a, b"},
        {"{% for c in 'a가' %}<{{ c }}>{% endfor %}{% for x in nosuch %}x{% endfor %}{{ nosuch | length }}", "<a><가>0"},
        {"{{ 1 < 2 == true }}{{ 3 > 2 > 1 }}{{ 1e3 }}{{ 'get_x y' | title }}{{ 'get_x y'.title() }}{{ true[1:] }}{{ -1 is odd }}{{ '1' is lower }}", "FalseTrue1000.0Get_x YGet_X YTrueFalse"},
        {"{{ nosuch.a.b }}", "! line 1: an undefined value has no 'a'"},
        {"{{ 1 / 0 }}", "! line 1: division by zero"},
        {"{{ '{\"a\": [1, \"x\"]}' | from_json }}{{ 'x' | from_json }}", "! line 1: from_json: bad JSON at line 1, column 1: a value is expected"},
    };
    check_all(rows, COUNT(rows), OND_JINJA_PYTHON);
}

/* ---- bounds ---- */

TEST(a_hostile_template_ends)
{
    static const row rows[] = {
        {"{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}", "steps"},
        {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", "nested deeper"},
        {"{% macro m() %}{% for x in [1] %}{% if true %}{% set y %}{{ m() }}{% endset %}{% endif %}{% endfor %}{% endmacro %}{{ m() }}", "nested deeper"},
        {"{% set ns = namespace(s='aaaaaaaaaaaaaaaa') %}{% for i in range(60) %}{% set ns.s = ns.s + ns.s %}{% endfor %}", "MiB"},
        {"{% for i in range(100000) %}{{ text.replace('', text).replace('', text).replace('', text) }}{% endfor %}", "M"},
        {"{{ range(1000000000000) }}", "steps"},
        {"{{ range(0, 1, 0.00000000000000000001) | length }}", "s"},
        {"{% set ns = namespace() %}{% set ns.me = ns %}{{ ns }}", "nested"},
        {"{% set ns = namespace() %}{% set ns.l = [ns] %}{{ ns.l ~ 'x' }}", "nested"},
        {"{{ {'a': 1} | tojson(indent=5000) }}", "indent"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *got = rendered(rows[i].text, OND_JINJA_REFERENCE, 3000000, (size_t)64 << 20);
        if (got[0] != '!' || !strstr(got, rows[i].want)) fail_msg("%s: %s", rows[i].text, got);
    }
}

static void nest(const char *open, const char *middle, const char *close, int n)
{
    ond_buf b = {0};
    for (int i = 0; i < n; i++) ond_buf_puts(&b, open);
    ond_buf_puts(&b, middle);
    for (int i = 0; i < n; i++) ond_buf_puts(&b, close);
    const char *got = rendered(ond_buf_z(&b), OND_JINJA_PYTHON, 0, 0);
    if (n > 500 && (got[0] != '!' || !strstr(got, "nested deeper"))) fail_msg("%s…: %.200s", open, got);
    ond_buf_free(&b);
}

TEST(nesting_is_bounded)
{
    for (int n = 1; n < 100000; n = n * 7 + 1) {
        nest("{{ (", "1", ") }}", 1);
        nest("{% if t %}", "x", "{% endif %}", n);
        nest("{% for x in list %}", "", "{% endfor %}", n > 500 ? n : 3);
    }
    char open[] = "(", neg[] = "-", no[] = "not ", list[] = "[", dict[] = "{'a':", call[] = "f(";
    const char *const kinds[] = {open, neg, no, list, dict, call};
    const char *const ends[] = {")", "", "", "]", "}", ")"};
    for (size_t k = 0; k < COUNT(kinds); k++) {
        ond_buf b = {0};
        ond_buf_puts(&b, "{{ ");
        for (int i = 0; i < 20000; i++) ond_buf_puts(&b, kinds[k]);
        ond_buf_puts(&b, "1");
        for (int i = 0; i < 20000; i++) ond_buf_puts(&b, ends[k]);
        ond_buf_puts(&b, " }}");
        assert_non_null(strstr(rendered(ond_buf_z(&b), OND_JINJA_PYTHON, 0, 0), "nested deeper"));
        ond_buf_free(&b);
    }
    ond_buf b = {0};
    ond_buf_puts(&b, "{{ 1");
    for (int i = 0; i < 20000; i++) ond_buf_puts(&b, " + 1");
    ond_buf_puts(&b, " }}");
    assert_non_null(strstr(rendered(ond_buf_z(&b), OND_JINJA_PYTHON, 0, 0), "nested deeper"));
    ond_buf_free(&b);
}

TEST(many_keys_and_names)
{
    ond_buf b = {0};
    ond_buf_puts(&b, "{% set d = {");
    for (int i = 0; i < 3000; i++) ond_buf_printf(&b, "'k%d': %d,", i, i);
    ond_buf_puts(&b, "} %}{{ d | length }} {{ d.k0 }} {{ d.k2999 }} {{ d.nosuch is defined }} {{ d.pop('k5') }} {{ d.k6 }} {{ d.k5 is defined }} {{ d | length }}");
    for (int i = 0; i < 3000; i++) ond_buf_printf(&b, "{%% set v%d = %d %%}", i, i);
    ond_buf_puts(&b, " {{ v0 + v2999 }}");
    assert_string_equal(rendered(ond_buf_z(&b), OND_JINJA_PYTHON, 0, 0), "3000 0 2999 False 5 6 False 2999 2999");
    ond_buf_free(&b);
}

static const char rich[] =
    "{% macro m(a, b=2) %}{{ a ~ b }}{% endmacro %}{% set ns = namespace(x=[]) %}{% for p in people | sort(attribute='age') %}"
    "{% set ns.x = ns.x + [p.name | upper] %}{{ m(p.name, b=loop.index) }}{% endfor %}{{ ns.x | join(', ') }}{{ d | tojson(indent=2) }}"
    "{{ text.split(' ') }}{{ text[::-1] }}{{ text.replace('l', 'LL') }}{% set q %}{{ list }}{% endset %}{{ q | indent(2, true) }}"
    "{% filter trim %} {{ words | unique | sort }} {% endfilter %}{{ strftime_now('%Y') }}{{ d | dictsort }}{{ {'a': {'b': [1, 2]}} }}";

TEST(memory_that_runs_out_is_an_error)
{
    ond_jinja *t = NULL;
    ond_buf whole = {0};
    assert_int_equal(ond_jinja_compile(ond_str_of(rich), &t, NULL), 0);
    assert_int_equal(ond_jinja_render(t, vars, NOW, &whole, NULL), 0);
    ond_jinja_free(t);
#if defined(__SANITIZE_ADDRESS__)
    ond_buf_free(&whole);
    skip();
#else
    long n = 1;
    int rc = OND_E_NOMEM;
    for (; rc && n < 100000; n++) {
        ond_buf b = {0};
        ond_err e = {0};
        allocations = 0;
        fail_from = n;
        rc = ond_jinja_compile(ond_str_of(rich), &t, &e);
        if (rc == 0) rc = ond_jinja_render(t, vars, NOW, &b, &e);
        fail_from = 0;
        if (rc) assert_true(rc == OND_E_NOMEM && e.code == OND_E_NOMEM && b.n == 0);
        else assert_string_equal(ond_buf_z(&b), ond_buf_z(&whole));
        ond_jinja_free(t);
        ond_buf_free(&b);
    }
    assert_true(n > 20 && rc == 0);
    ond_buf_free(&whole);
#endif
}

TEST(little_memory_is_an_error_too)
{
    const char *got = "!";
    size_t most = 4096;
    for (; got[0] == '!' && most < (1u << 20); most += 512) {
        got = rendered(rich, OND_JINJA_REFERENCE, 0, most);
        assert_true(got[0] != '!' || strstr(got, "memory"));
    }
    assert_true(most < (1u << 20));
}

TEST(the_buffer_keeps_what_was_in_it)
{
    ond_jinja *t = NULL;
    ond_buf b = {0};
    ond_err e = {0};
    ond_buf_puts(&b, "kept ");
    assert_int_equal(ond_jinja_compile(OND_S("abc{{ raise_exception('x') }}"), &t, &e), 0);
    assert_int_equal(ond_jinja_render(t, NULL, NOW, &b, &e), OND_E_INPUT);
    assert_string_equal(ond_buf_z(&b), "kept ");
    assert_string_equal(e.text, "x");
    ond_jinja_free(t);
    ond_buf_free(&b);
    assert_int_equal(ond_jinja_compile((ond_str){vars_text, J_TEXT_MOST + 1}, &t, &e), OND_E_INPUT);
    assert_null(t);
}

static int setup(void **state)
{
    (void)state;
    return ond_json_parse(ond_str_of(vars_text), &vars, NULL);
}

static int teardown(void **state)
{
    (void)state;
    cJSON_Delete(vars);
    return 0;
}

int main(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(the_reference_dialect), cmocka_unit_test(what_the_reference_refuses), cmocka_unit_test(bad_form_is_told_with_its_line),
        cmocka_unit_test(the_dialect_of_python), cmocka_unit_test(a_hostile_template_ends), cmocka_unit_test(nesting_is_bounded),
        cmocka_unit_test(many_keys_and_names), cmocka_unit_test(memory_that_runs_out_is_an_error), cmocka_unit_test(little_memory_is_an_error_too),
        cmocka_unit_test(the_buffer_keeps_what_was_in_it),
    };
    return cmocka_run_group_tests(all, setup, teardown);
}
