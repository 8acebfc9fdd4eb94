/* test_number.c - ranges: digits, fractions, steps, words in four languages, what is out of range.
 */
#include "fixture.h"
#include "talk/number.h"

static fixture range(const char *lang, const char *range)
{
    char yaml[512];
    snprintf(yaml, sizeof yaml,
             "language: %s\nlists: {n: {range: {%s}}}\nintents: {I: {data: [{sentences: [\"{n}[ "
             "][x]\"]}]}}\n",
             lang, range);
    return grammar_named(lang, "n.yaml", yaml);
}

/* Every beginning of `most` bytes that a word of the table has, and every word that is shorter. */
static size_t begins_right(const ond__words *w, const ond__range *r, uint32_t node, char *text, size_t n,
                           size_t most)
{
    size_t seen = 0;
    if (n == most || (n && w->trie.node[node].value)) {
        if (!ond__may_begin_words(r, text, n))
            fail_msg("a word begins with %.*s, and is passed over", (int)n, text);
        return 1;
    }
    for (int b = 1; b < 256; b++) {
        uint32_t next = ond__trie_step(&w->trie, node, (unsigned char)b);
        if (!next) continue;
        text[n] = (char)b;
        seen += begins_right(w, r, next, text, n + 1, most);
    }
    return seen;
}

TEST(test_beginnings)
{
    static const char *const langs[] = {"ko", "en"};
    for (int i = 0; i < 2; i++) {
        ond__list l = {.kind = OND__RANGE,
                       .range = {.from = 0, .to = 19000, .step = 1, .multiplier = 1, .words = true,
                                 .language = langs[i]}};
        char text[5] = "";
        const ond__words *w = ond__words_of(&l, i == 0);
        assert_non_null(w);
        assert_true(begins_right(w, &l.range, 0, text, 0, i == 0 ? 3 : 4) > 10);
        assert_false(ond__may_begin_words(&l.range, "quarter", 7));
        assert_false(ond__may_begin_words(&l.range, "거실", 6));
        assert_false(ond__may_begin_words(&l.range, "on for the set", 14));
    }
}

/* The first two characters of every word of the table, and every word of one, are in the opening of its range. */
static size_t opens_right(const ond__words *w, const ond__opening *o, uint32_t node, char *text, size_t n)
{
    size_t seen = 0, at = 0;
    uint32_t c[2];
    int chars = 0;
    while (at < n && chars < 2 && ond_utf8_valid((ond_str){text, n}) == n) c[chars++] = ond_utf8_next((ond_str){text, n}, &at);
    if (chars == 2 || (chars == 1 && w->trie.node[node].value)) {
        assert_true(ond__classes_has(&o->first, ond__class_of(c[0])));
        assert_true(chars == 1 ? o->one : ond__classes_has(&o->second, ond__class_of(c[1])));
    }
    if (chars == 2) return 1;
    for (int b = 1; b < 256; b++) {
        uint32_t next = ond__trie_step(&w->trie, node, (unsigned char)b);
        if (!next) continue;
        text[n] = (char)b;
        seen += opens_right(w, o, next, text, n + 1);
    }
    return seen;
}

TEST(test_openings)
{
    static const char *const langs[] = {"ko", "en"};
    for (int i = 0; i < 2; i++) {
        ond__list l = {.kind = OND__RANGE,
                       .range = {.from = 0, .to = 19000, .step = 1, .multiplier = 1, .digits = true,
                                 .words = true, .language = langs[i]}};
        ond__opening o;
        char text[13] = "";
        ond__range_opening(&l.range, &o);
        const ond__words *w = ond__words_of(&l, i == 0);
        assert_non_null(w);
        assert_true(opens_right(w, &o, 0, text, 0) > 10);
        assert_false(ond__classes_has(&o.first, ond__class_of(i ? 'q' : 0xAC70))); /* 거 */
        assert_true(ond__classes_has(&o.first, '7') && ond__classes_has(&o.second, '7'));
    }
}

TEST(test_digits)
{
    fixture f = range("en", "from: -10, to: 100");
    SAYS(&f, "50", "I n=50");
    SAYS(&f, "50x", "I n=50");
    SAYS(&f, "-10 x", "I n=-10");
    SAYS(&f, "101", "UNKNOWN");
    SAYS(&f, "-11", "UNKNOWN");
    SAYS(&f, "5.5", "UNKNOWN");
    SAYS(&f, "99999999999999999999999999999999999999999999", "UNKNOWN");
    SAYS(&f, "007", "I n=7");
    drop(&f);
}

TEST(test_fractions)
{
    fixture f = range("en", "from: 0, to: 30, fractions: halves");
    SAYS(&f, "20.5", "I n=20.5");
    SAYS(&f, "20,5 x", "I n=20.5");
    SAYS(&f, "20.4", "UNKNOWN");
    SAYS(&f, "30.5", "I n=30.5");
    SAYS(&f, "20.0", "I n=20");
    SAYS(&f, "twenty point five", "I n=20.5");
    drop(&f);
    f = range("en", "from: 0, to: 30, fractions: tenths");
    SAYS(&f, "20.4", "I n=20.4");
    SAYS(&f, "20.45", "UNKNOWN");
    SAYS(&f, "three point seven", "I n=3.7");
    drop(&f);
}

TEST(test_steps)
{
    fixture f = range("en", "from: 5, to: 50, step: 5, multiplier: 10");
    SAYS(&f, "15", "I n=150");
    SAYS(&f, "16", "UNKNOWN");
    SAYS(&f, "fifteen", "I n=150");
    SAYS(&f, "sixteen", "UNKNOWN");
    drop(&f);
    f = range("en", "from: 1, to: 9, digits: false");
    SAYS(&f, "5", "UNKNOWN");
    SAYS(&f, "five", "I n=5");
    drop(&f);
    f = range("en", "from: 1, to: 9, words: false");
    SAYS(&f, "five", "UNKNOWN");
    SAYS(&f, "5", "I n=5");
    drop(&f);
}

TEST(test_words)
{
    fixture f = range("en", "from: 0, to: 200");
    SAYS(&f, "one hundred", "I n=100");
    SAYS(&f, "Twenty-One x", "I n=21");
    SAYS(&f, "twenty one", "I n=21");
    SAYS(&f, "twentyx", "I n=20");
    SAYS(&f, "zwanzig", "UNKNOWN");
    drop(&f);
    f = range("de", "from: 0, to: 200");
    SAYS(&f, "einundzwanzig", "I n=21");
    SAYS(&f, "Fünf x", "I n=5");
    SAYS(&f, "eine x", "I n=1");
    SAYS(&f, "einen x", "I n=1");
    drop(&f);
    f = range("fr", "from: 0, to: 200");
    SAYS(&f, "vingt-et-un", "I n=21");
    SAYS(&f, "vingt et un", "I n=21");
    SAYS(&f, "quatre-vingts", "I n=80");
    drop(&f);
    f = range("ko", "from: 0, to: 200");
    SAYS(&f, "이십오", "I n=25");
    SAYS(&f, "스물다섯", "I n=25");
    SAYS(&f, "백", "I n=100");
    drop(&f);
    f = range("sl", "from: 0, to: 20");
    SAYS(&f, "štirinajst", "I n=14");
    SAYS(&f, "štrinajst", "I n=14");
    drop(&f);
    f = range("zh-cn", "from: 0, to: 50");
    SAYS(&f, "二十五", "I n=25");
    drop(&f);
    f = range("en", "from: 0, to: 20, words_language: de");
    SAYS(&f, "zwölf", "I n=12");
    SAYS(&f, "twelve", "UNKNOWN");
    drop(&f);
}

/* A language without rules, or too long a range, has no words; digits work. */
TEST(test_no_words)
{
    fixture f = range("kw", "from: 0, to: 20");
    SAYS(&f, "five", "UNKNOWN");
    SAYS(&f, "5", "I n=5");
    drop(&f);
    f = range("en", "from: 0, to: 1000000");
    SAYS(&f, "five", "UNKNOWN");
    SAYS(&f, "999999", "I n=999999");
    drop(&f);
}

TEST(test_range)
{
    ond__range r = {.from = -3, .to = 10, .step = 4};
    const double in[] = {-3, 1, 5, 9}, out[] = {-4, 0, 10, 13, 1.5};
    for (size_t i = 0; i < 4; i++) assert_true(ond__range_has(&r, in[i]));
    for (size_t i = 0; i < 5; i++) assert_false(ond__range_has(&r, out[i]));
    r = (ond__range){.from = 0, .to = 50, .step = 1, .fractions = 10};
    for (int i = 0; i <= 50; i++)
        for (int k = 1; k < 10; k++) assert_true(ond__range_has(&r, i + k / 10.0));
    assert_false(ond__range_has(&r, 51));
}

static int cleanup(__attribute__((unused)) void **state)
{
    ond_pack_free_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_beginnings), cmocka_unit_test(test_openings),
        cmocka_unit_test(test_digits), cmocka_unit_test(test_fractions),
        cmocka_unit_test(test_steps), cmocka_unit_test(test_words),
        cmocka_unit_test(test_no_words), cmocka_unit_test(test_range),
    };
    return cmocka_run_group_tests(tests, NULL, cleanup);
}
