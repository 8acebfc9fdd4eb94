/* test_limits.c - hostile sentences and grammars end, soon, in an answer or OND_E_BUDGET; one
 * grammar serves many threads; a match leaks nothing. */
#include "fixture.h"

#include <pthread.h>

#define WILD                                                                                       \
    "lists: {a: {wildcard: true}, b: {wildcard: true}, c: {wildcard: true}, d: {wildcard: true}, " \
    "n: {range: {from: 0, to: 99}}}\n"                                                             \
    "expansion_rules: {r: \"[{name}] [x] [<s>]\", s: \"({name}|x|y x|{n})\"}"

static int repeated(fixture *f, const char *piece)
{
    char text[4100];
    size_t n = 0, k = strlen(piece);
    while (n + k < 4096) {
        memcpy(text + n, piece, k);
        n += k;
    }
    text[n] = '\0';
    ond_match m;
    ond_err err;
    int rc = ond_talk_match(f->g, f->lex, ond_str_of(text), NULL, &m, &err);
    if (rc == 0) ond_match_free(&m);
    return rc;
}

static void ends(const char *templates, const char *piece)
{
    fixture f = sentences(templates, WILD);
    for (int i = 0; i < 50; i++) {
        char json[32];
        snprintf(json, sizeof json, "{\"id\":%d}", i);
        name_in(&f, "name", "x", json);
    }
    int rc = repeated(&f, piece);
    assert_true(rc == 0 || rc == OND_E_UNKNOWN || rc == OND_E_BUDGET);
    SAYS(&f, "", "UNKNOWN"); /* and the grammar still serves */
    drop(&f);
}

TEST(test_hostile)
{
    ends("\"{a} x {b} x {c} x {d}\"", "x ");
    ends("\"{a} x {b} x {c} x {d} y\"", "x ");
    ends("\"{a}{n}{b}{n}{c}{n}{d}\"", "5 ");
    ends("\"({a} x;{b} x;{c} x;{d} x;x;x x;x x x;x x x x)\"", "x ");
    ends("\"([x];[x];[x];[x];[x];[x];[x];[x];[x];[x];[x];[x]) {a} y\"", "x ");
    ends("\"[x] [x] [x] [x] [x] [x x] [x x] [x x x] {a}\"", "x ");
    ends("\"{name} {name} {name} {a}\"", "x ");
    ends("\"<r> <r> <r> <r> <r> <r> <r> {a}\"", "x ");
    ends("\"x-x {a}\", \"{a}-{b} y\"", "x-");
    ends("\"{a} {b} {c} {d}\"", "- _ ");
    ends("\"{a}\"", "\xEA\xB0\x80");
}

/* Alternatives in a row have exponentially many ways; each place is computed once. */
TEST(test_many_ways)
{
    fixture f = sentences("\"[a|b|a b] [a|b|a b] [a|b|a b] [a|b|a b] [a|b|a b] [a|b|a b] [a|b|a b] "
                          "[a|b|a b] [a|b|a b] [a|b|a b] "
                          "[a|b|a b] [a|b|a b] [a|b|a b] [a|b|a b] [a|b|a b] [a|b|a b] [a|b|a b] "
                          "[a|b|a b] [a|b|a b] [a|b|a b] c\"",
                          "");
    SAYS(&f, "a b a b a b a b a b a b a b a b a b a b c", "I");
    SAYS(&f, "a b a b a b a b a b a b a b a b a b a b d", "UNKNOWN");
    drop(&f);
}

TEST(test_steps)
{
    fixture f = sentences("\"[a] [b] [c] d\"", "");
    ond_talk_opts opts = {.steps = 5};
    ond_match m;
    ond_err err;
    assert_int_equal(ond_talk_match(f.g, NULL, OND_S("a b c d"), &opts, &m, &err), OND_E_BUDGET);
    opts.steps = 5000;
    assert_int_equal(ond_talk_match(f.g, NULL, OND_S("a b c d"), &opts, &m, &err), 0);
    ond_match_free(&m);
    drop(&f);
}

TEST(test_too_long)
{
    fixture f = sentences("\"x {a}\"", WILD);
    char text[8192];
    memset(text, 'a', sizeof text);
    memcpy(text, "x ", 2);
    text[4097] = '\0';
    SAYS(&f, text, "INPUT");
    memset(text + 2, ' ', 4095);
    SAYS(&f, text, "UNKNOWN");
    SAYS(&f, "x \xC3", "INPUT");
    drop(&f);
}

typedef struct worker {
    const ond_grammar *g;
    const ond_lexicon *lex;
    size_t right;
} worker;

static void *work(void *self)
{
    worker *w = self;
    for (int i = 0; i < 300; i++) {
        ond_match m;
        ond_err err;
        if (ond_talk_match(w->g, w->lex, OND_S("turn on the lamp to twenty one"), NULL, &m, &err) !=
            0)
            continue;
        w->right += m.n_slot == 2 && m.slot[1].value->valuedouble == 21;
        ond_match_free(&m);
    }
    return NULL;
}

TEST(test_threads)
{
    fixture f = sentences("\"turn on [the] {name} to {n}\"", WILD);
    name_in(&f, "name", "lamp", NULL);
    pthread_t thread[4];
    worker w[4];
    for (int i = 0; i < 4; i++) {
        w[i] = (worker){.g = f.g, .lex = f.lex};
        assert_int_equal(pthread_create(&thread[i], NULL, work, &w[i]), 0);
    }
    for (int i = 0; i < 4; i++) {
        pthread_join(thread[i], NULL);
        assert_int_equal(w[i].right, 300);
    }
    drop(&f);
}

static int cleanup(__attribute__((unused)) void **state)
{
    ond_pack_free_all();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile), cmocka_unit_test(test_many_ways),
        cmocka_unit_test(test_steps),   cmocka_unit_test(test_too_long),
        cmocka_unit_test(test_threads),
    };
    return cmocka_run_group_tests(tests, NULL, cleanup);
}
