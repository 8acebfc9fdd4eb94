/* test_hatest.c - the runner of Home Assistant's tests: on a small folder of our own, where it must
 * find what is wrong, and on that project's Korean and English files where they are at hand
 * (ONDOL_SHARED, or ../shared from the repository). */
#include "fixture.h"
#include "sys/file.h"

#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/ondol-hatest-XXXXXX";

static void put(const char *path, const char *text)
{
    char full[512];
    ond_err err;
    snprintf(full, sizeof full, "%s/%s", root, path);
    *strrchr(full, '/') = '\0';
    assert_int_equal(ond_dir_make(full, 0700, &err), 0);
    full[strlen(full)] = '/';
    assert_int_equal(ond_file_write(full, ond_str_of(text), 0600, &err), 0);
}

static int setup(__attribute__((unused)) void **state)
{
    assert_non_null(mkdtemp(root));
    put("intents.yaml", "HassTurnOn:\n  domain: homeassistant\n  slot_combinations:\n    "
                        "name_only: {slots: [name]}\n"
                        "    domain_only: {slots: [domain], context_area: true, inferred_domains: "
                        "{required: [light], optional: [fan]}}\n");
    put("sentences/en/_common.yaml", "language: en\nlists: {n: {range: {from: 0, to: "
                                     "100}}}\nexpansion_rules: {the: \"[the]\"}\n");
    put("sentences/en/light_HassTurnOn.yaml",
        "language: en\nintents: {HassTurnOn: {data: [{sentences: [\"turn on <the> {name}[ to "
        "{n}]\"], "
        "requires_context: {domain: light}}, {sentences: [\"lights {area}\"], slots: {domain: "
        "[light, lamp]}}]}}\n");
    put("sentences/en/HassTurnOn/name_only.yaml",
        "data: [{sentences: [\"open <the> {name}\"], name_domains: [cover], response: a}]\n");
    put("sentences/en/HassTurnOn/domain_only.yaml",
        "data: [{sentences: [\"all on[<percent>]\"], inferred_domain: light, response: a}]\n");
    put("tests/en/_fixtures.yaml",
        "language: en\nareas: [{name: \"(Hall|Corridor)\", id: hall}]\n"
        "entities: [{name: Lamp, id: light.lamp, attributes: {k: 1}}, {name: Fan, id: fan.fan}]\n");
    put("tests/en/_test_failures.yaml", "language: en\nsentences: [\"known to fail\"]\n");
    put("tests/en/light_HassTurnOn.yaml",
        "language: en\ntests:\n"
        "  - {sentences: [\"turn on lamp\", \"Turn on the Lamp!\", \"turn on fan\", \"known to "
        "fail\"], intent: {name: HassTurnOn, slots: {name: Lamp}}}\n"
        "  - {sentences: [\"turn on lamp to 5\"], intent: {name: HassTurnOn, slots: {name: Lamp, "
        "n: 6}}}\n"
        "  - {sentences: [\"turn on lamp to 7\"], intent: {name: HassTurnOn, slots: {name: "
        "Lamp}}}\n"
        "  - {sentences: [\"turn on lamp to 8\"], intent: {name: HassTurnOn, slots: {name: Lamp, "
        "n: 8, x: 1}}}\n"
        "  - {sentences: [\"turn on lamp to 9\"], intent: {name: HassTurnOff, slots: {name: Lamp, "
        "n: 9}}}\n"
        "  - {sentences: [\"lights corridor\"], intent: {name: HassTurnOn, slots: {area: Corridor, "
        "domain: light}}}\n"
        "  - {sentences: [\"lights hall\"], intent: {name: HassTurnOn, slots: {area: [Hall, "
        "Corridor], domain: [lamp, light]}}}\n"
        "  - {sentences: [\"turn on lamp to 1\"], intent: {name: HassTurnOn, context: {domain: "
        "light, k: 1}, slots: {name: Lamp, n: 1}}}\n"
        "  - {sentences: [\"turn on lamp to 2\"], intent: {name: HassTurnOn, context: {domain: "
        "light}, slots: {name: Lamp, n: 2}}}\n");
    put("tests/en/HassTurnOn/name_only.yaml",
        "entities: [{name: Door, domain: cover}]\ntests:\n  - {sentences: [\"open the door\", "
        "\"open the window\"], slots: {name: Door}, response: a}\n");
    put("tests/en/HassTurnOn/domain_only.yaml",
        "tests:\n  - {sentences: [\"all on\", \"all on 50%\", \"all on percent\"], slots: {domain: "
        "light}, response: a}\n");
    put("tests/xx/_fixtures.yaml", "language: xx\n");
    put("sentences/xx/_common.yaml", "language: xx\n");
    return 0;
}

static int teardown(__attribute__((unused)) void **state)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s'", root);
    ond_pack_free_all();
    return system(command);
}

static const char *why(const ond_talk_score *s, const char *sentence)
{
    for (size_t i = 0; i < s->failed; i++)
        if (strcmp(s->miss[i].sentence, sentence) == 0) return s->miss[i].why;
    return "passed";
}

static void has(const char *text, const char *part)
{
    if (!strstr(text, part)) fail_msg("\"%s\" does not say \"%s\"", text, part);
}

TEST(test_small)
{
    ond_talk_score s;
    ond_err err;
    if (ond_talk_test(root, "en", &s, &err) != 0) fail_msg("%s", err.text);
    assert_int_equal(s.listed, 1);
    assert_string_equal(why(&s, "Turn on the Lamp!"), "passed");
    has(why(&s, "turn on fan"), "fits this");
    has(why(&s, "turn on lamp to 5"), "slot n is 5, expected 6");
    has(why(&s, "turn on lamp to 7"), "slot n is 7, which was not expected");
    has(why(&s, "turn on lamp to 8"), "slot x is missing");
    has(why(&s, "turn on lamp to 9"), "intent is HassTurnOn, expected HassTurnOff");
    has(why(&s, "turn on lamp to 2"), "context is");
    has(why(&s, "open the window"), "fits this");
    has(why(&s, "all on 50%"), "fits this");
    assert_int_equal(s.failed, 8);
    assert_int_equal(s.passed, 8);
    ond_talk_score_free(&s);
}

TEST(test_languages)
{
    char **langs;
    size_t n;
    ond_err err;
    assert_int_equal(ond_talk_languages(root, &langs, &n, &err), 0);
    assert_int_equal(n, 1);
    assert_string_equal(langs[0], "en");
    free(langs[0]);
    free(langs);
    ond_talk_score s;
    assert_int_not_equal(ond_talk_test(root, "yy", &s, &err), 0);
}

/* ---- the real files ---- */

static const char *real_files(char *path, size_t size)
{
    const char *shared = getenv("ONDOL_SHARED");
    snprintf(path, size, "%s/data/ha-intents", shared && *shared ? shared : "../shared");
    char probe[600];
    snprintf(probe, sizeof probe, "%s/intents.yaml", path);
    return ond_file_exists(probe) ? path : NULL;
}

static void all_pass(const char *lang, size_t expected)
{
    char path[512];
    const char *dir = real_files(path, sizeof path);
    if (!dir) {
        print_message("skipped: no Home Assistant files in %s (ONDOL_SHARED names the folder that "
                      "holds data/)\n",
                      path);
        return;
    }
    ond_talk_score s;
    ond_err err;
    if (ond_talk_test(dir, lang, &s, &err) != 0) fail_msg("%s", err.text);
    for (size_t i = 0; i < s.failed; i++)
        print_message("%s: \"%s\": %s\n", s.miss[i].file, s.miss[i].sentence, s.miss[i].why);
    assert_int_equal(s.failed, 0);
    assert_int_equal(s.passed, expected);
    ond_talk_score_free(&s);
}

TEST(test_korean)
{
    all_pass("ko", 287);
}
TEST(test_english)
{
    all_pass("en", 1089);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small),
        cmocka_unit_test(test_languages),
        cmocka_unit_test(test_korean),
        cmocka_unit_test(test_english),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
