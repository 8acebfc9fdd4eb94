/* test_sentences.c - tests/agent/sentences.tsv over the built-in house: language, sentence, intent, what would be done.
 *
 * A sentence that is understood otherwise than the table says is wrong; nothing may be. UNKNOWN in the table means that it must not be
 * understood at all. Counts are printed, so that a change of the packs shows. */
#include "house.h"
#include "plans.h"

#include "sys/file.h"

typedef struct counts { size_t understood, refused, wrong; } counts;

static const char *table(void)
{
    const char *path = getenv("ONDOL_TABLE");
    return path ? path : "tests/agent/sentences.tsv";
}

/* One line: lang \t sentence \t intent \t result. */
static void check_line(house *h, char *line, counts *ko, counts *en)
{
    char *lang = strtok(line, "\t"), *text = strtok(NULL, "\t"), *intent = strtok(NULL, "\t"), *result = strtok(NULL, "\t");
    if (!lang || !text || !intent || (!result && strcmp(intent, "UNKNOWN") != 0))
        fail_msg("a line without its four columns: %s", lang);
    counts *c = strcmp(lang, "ko") == 0 ? ko : en;
    cJSON *parsed = NULL;
    ond_err err = {0};
    int rc = ond_agent_parse(h->agent, text, lang, NULL, &parsed, &err);
    ond_buf got = {0};
    if (parsed)
        result_put(&got, parsed);
    const char *found = ond_json_str(parsed, "intent", rc == OND_E_UNKNOWN ? "UNKNOWN" : "?");
    bool unknown = strcmp(intent, "UNKNOWN") == 0;
    bool right = strcmp(found, intent) == 0 && (unknown || strcmp(ond_buf_z(&got), result) == 0);
    if (unknown && cJSON_GetArraySize(ond_json_get(parsed, "plan")) != 0)
        right = false;
    if (right)
        unknown ? c->refused++ : c->understood++;
    else {
        c->wrong++;
        print_error("%s: %s\n  wanted %s: %s\n  got    %s: %s\n", lang, text, intent, result ? result : "", found,
                    ond_buf_z(&got));
    }
    ond_buf_free(&got);
    cJSON_Delete(parsed);
}

static void table_holds(void **state)
{
    (void)state;
    ond_buf text = {0};
    ond_err err = {0};
    counts ko = {0}, en = {0};
    house *h = house_open("ko");
    if (ond_file_read(table(), 1 << 20, &text, &err) != 0)
        fail_msg("%s", err.text);
    for (char *line = text.p, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (line[0] && line[0] != '#')
            check_line(h, line, &ko, &en);
    }
    print_message("ko: %zu understood, %zu not understood, %zu wrong\n", ko.understood, ko.refused, ko.wrong);
    print_message("en: %zu understood, %zu not understood, %zu wrong\n", en.understood, en.refused, en.wrong);
    assert_int_equal(ko.wrong + en.wrong, 0);
    assert_true(ko.understood >= 150 && en.understood >= 150 && ko.refused >= 50 && en.refused >= 50);
    ond_buf_free(&text);
    house_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_holds)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ond_pack_free_all();
    return failed;
}
