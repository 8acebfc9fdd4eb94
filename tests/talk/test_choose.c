/* test_choose.c - which reading wins, and which tie; names with metadata, templates as names,
 * several lexicons. */
#include "fixture.h"

static const char *all(fixture *f, const char *sentence)
{
    ond_match *v;
    size_t n;
    ond_err err;
    ond_buf_clear(&f->line);
    int rc = ond_talk_match_all(f->g, f->lex, ond_str_of(sentence), NULL, &v, &n, &err);
    if (rc != 0) {
        ond_buf_puts(&f->line, ond_code_name(rc));
        return ond_buf_z(&f->line);
    }
    for (size_t i = 0; i < n; i++) {
        if (i) ond_buf_puts(&f->line, " | ");
        print_match(&f->line, &v[i]);
        ond_match_free(&v[i]);
    }
    free(v);
    return ond_buf_z(&f->line);
}

TEST(test_longest_name_wins)
{
    fixture f = grammar("language: en\nintents:\n"
                        "  Area: {data: [{sentences: [\"turn on the {area} light\"]}]}\n"
                        "  Name: {data: [{sentences: [\"turn on the {name} [light]\"]}]}\n");
    name_in(&f, "area", "kitchen", NULL);
    name_in(&f, "name", "kitchen", NULL);
    name_in(&f, "name", "kitchen light", NULL);
    SAYS(&f, "turn on the kitchen light", "Name name=\"kitchen light\"");
    drop(&f);
}

TEST(test_most_text_wins)
{
    fixture f = grammar("language: en\nlists: {x: {values: [\"b c\", b]}}\nintents:\n"
                        "  Less: {data: [{sentences: [\"a {x}\"]}]}\n"
                        "  More: {data: [{sentences: [\"a {x} c\"]}]}\n"
                        "  Same: {data: [{sentences: [\"a {x:y} c\"]}]}\n");
    SAYS(&f, "a b c", "More x=\"b\"");
    assert_string_equal(all(&f, "a b c"), "More x=\"b\" | Same y=\"b\"");
    assert_string_equal(all(&f, "a b"), "Less x=\"b\"");
    assert_string_equal(all(&f, "nothing"), "UNKNOWN");
    drop(&f);
}

/* Two devices of one name: the caller has to ask back. */
TEST(test_two_of_one_name)
{
    fixture f = sentences("\"turn on [the] {name}\", \"turn on the {name}\"", "");
    for (int i = 1; i <= 2; i++) {
        cJSON *id = cJSON_CreateNumber(i), *about = cJSON_Parse("{\"seen\":true}");
        ond_lexicon_entry e = {.list = "name", .in = "lamp", .out = id, .metadata = about};
        ond_err err;
        assert_int_equal(ond_lexicon_add(f.lex, &e, &err), 0);
        cJSON_Delete(id);
        cJSON_Delete(about);
    }
    assert_string_equal(all(&f, "turn on the lamp"), "I name=1 | I name=2");
    ond_match m;
    ond_err err;
    assert_int_equal(ond_talk_match(f.g, f.lex, OND_S("turn on Lamp"), NULL, &m, &err), 0);
    assert_true(ond_json_bool(ond_match_slot(&m, "name")->metadata, "seen", false));
    assert_string_equal(ond_match_slot(&m, "name")->text, "Lamp");
    ond_match_free(&m);
    drop(&f);
}

TEST(test_best_slot)
{
    fixture f = grammar("language: en\nintents:\n"
                        "  A: {data: [{sentences: [\"do {name} lots of text\"]}]}\n"
                        "  B: {data: [{sentences: [\"do x {room}\"]}]}\n");
    name_in(&f, "name", "x", NULL);
    name_in(&f, "room", "lots of text", NULL);
    SAYS(&f, "do x lots of text", "A name=\"x\"");
    ond_match m;
    ond_err err;
    ond_talk_opts opts = {.best_slot = "room"};
    assert_int_equal(ond_talk_match(f.g, f.lex, OND_S("do x lots of text"), &opts, &m, &err), 0);
    assert_string_equal(m.intent, "B");
    ond_match_free(&m);
    drop(&f);
}

TEST(test_lexicons)
{
    fixture f = sentences("\"paint {color}\", \"see {name}\"", "lists: {color: {values: [red]}}");
    SAYS(&f, "paint red", "I color=\"red\"");
    name_in(&f, "color", "blue", NULL); /* a lexicon replaces a list of the language */
    SAYS(&f, "paint blue", "I color=\"blue\"");
    SAYS(&f, "paint red", "UNKNOWN");
    ond_err err;
    ond_lexicon_entry e = {.list = "name", .in = "(big|small) lamp[s]", .is_template = true};
    assert_int_equal(ond_lexicon_add(f.lex, &e, &err), 0);
    SAYS(&f, "see small lamps", "I name=\"small lamps\"");
    const char *const bad[] = {"(a", "{x}", "<y>", "[x]"};
    for (int i = 0; i < 3; i++) {
        e.in = bad[i];
        assert_int_equal(ond_lexicon_add(f.lex, &e, &err), OND_E_INPUT);
    }
    e.is_template = false;
    e.in = "\xff";
    assert_int_equal(ond_lexicon_add(f.lex, &e, &err), OND_E_INPUT);
    e.in = "  ";
    assert_int_equal(ond_lexicon_add(f.lex, &e, &err), OND_E_INPUT);
    SAYS(&f, "see big lamp", "I name=\"big lamp\"");
    drop(&f);
}

TEST(test_outside_lists)
{
    fixture f =
        sentences("\"see {name} in {area}\", \"paint {color}\"", "lists: {color: {values: [red]}}");
    assert_string_equal(ond_grammar_outside(f.g, 0), "name");
    assert_string_equal(ond_grammar_outside(f.g, 1), "area");
    assert_null(ond_grammar_outside(f.g, 2));
    ond_match m;
    ond_err err;
    assert_int_equal(ond_talk_match(f.g, NULL, OND_S("see a in b"), NULL, &m, &err), OND_E_UNKNOWN);
    drop(&f);
}

/* `literal: true`: what was said for a value counts, so that a wildcard before it takes no more
 * than it must; a number of such a list ends where white space was. */
TEST(test_literal_lists)
{
    static const char *const key[] = {"", "literal: true, "};
    for (int i = 0; i < 2; i++) {
        char yaml[400];
        snprintf(yaml, sizeof yaml,
                 "lists: {t: {wildcard: true}, d: {values: [friday]}, w: {%svalues: [next]}, n: "
                 "{%srange: {from: 1, to: 99}}}",
                 key[i], key[i]);
        fixture f = sentences("\"add {t} ({d}|{w} {d})\", \"{t} ({n:b}|{n:a} {n:b})\"", yaml);
        SAYS(&f, "add lunch friday", "I t=\"lunch\" d=\"friday\"");
        SAYS(&f, "add lunch next friday",
             i ? "I t=\"lunch\" w=\"next\" d=\"friday\"" : "I t=\"lunch next\" d=\"friday\"");
        SAYS(&f, "bus 5 12", i ? "I t=\"bus\" a=5 b=12" : "I t=\"bus 5\" b=12");
        drop(&f);
        snprintf(yaml, sizeof yaml,
                 "language: ko\nsettings: {ignore_whitespace: true}\nlists: {n: {%srange: {from: "
                 "1, to: 99}}}\nintents: {I: {data: [{sentences: [\"{n:a}/{n:b}[{n:c}시]\"]}]}}\n",
                 key[i]);
        f = grammar_named("ko", "n.yaml", yaml);
        SAYS(&f, "12/25 3시", i ? "I a=12 b=25 c=3" : "UNKNOWN");
        SAYS(&f, "12/25", "I a=12 b=25");
        drop(&f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_longest_name_wins), cmocka_unit_test(test_most_text_wins),
        cmocka_unit_test(test_two_of_one_name),   cmocka_unit_test(test_best_slot),
        cmocka_unit_test(test_lexicons),          cmocka_unit_test(test_outside_lists),
        cmocka_unit_test(test_literal_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
