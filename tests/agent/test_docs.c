/* test_docs.c - every example of docs/understood.md means what the page says, and the page is what the packs give. */
#include "house.h"

#include "sys/file.h"

static char *cell(char **at)
{
    char *bar = strchr(*at, '|');
    if (!bar)
        return NULL;
    *bar = '\0';
    char *text = *at;
    *at = bar + 1;
    while (*text == ' ')
        text++;
    for (size_t n = strlen(text); n && text[n - 1] == ' '; n--)
        text[n - 1] = '\0';
    return text;
}

static size_t check(house *h, const char *lang, const char *text, const char *intent)
{
    cJSON *parsed = NULL;
    ond_err err = {0};
    int rc = ond_agent_parse(h->agent, text, lang, NULL, &parsed, &err);
    const char *got = rc == OND_E_UNKNOWN ? "UNKNOWN" : ond_json_str(parsed, "intent", "?");
    /* Some speak of things that a new house does not have yet: a list, an alarm. */
    bool right = strcmp(got, intent) == 0 &&
                 (rc == 0 || rc == OND_E_UNKNOWN || rc == OND_E_NOT_FOUND);
    if (!right)
        print_error("%s: %s is %s (%s), the page says %s\n", lang, text, got, ond_code_name(rc),
                    intent);
    cJSON_Delete(parsed);
    return !right;
}

static void the_page_is_true(void **state)
{
    (void)state;
    ond_buf page = {0};
    ond_err err = {0};
    size_t examples = 0, wrong = 0;
    settle_clock();
    house *h = house_open("ko");
    if (ond_file_read("docs/understood.md", 1 << 20, &page, &err) != 0)
        fail_msg("%s", err.text);
    for (char *line = strtok(page.p, "\n"); line; line = strtok(NULL, "\n")) {
        char *at = line + 1, *ko = line[0] == '|' ? cell(&at) : NULL, *en = ko ? cell(&at) : NULL,
             *intent = en ? cell(&at) : NULL;
        if (!intent || ko[0] == '-' || strcmp(intent, "intent") == 0)
            continue;
        wrong += check(h, "ko", ko, intent) + check(h, "en", en, intent);
        examples += 2;
    }
    ond_buf fresh = {0}, kept = {0};
    assert_int_equal(ond_file_read("docs/understood.md", 1 << 20, &kept, &err), 0);
    assert_int_equal(ond_agent_page(&fresh, &err), 0);
    if (strcmp(ond_buf_z(&kept), ond_buf_z(&fresh)) != 0)
        fail_msg("docs/understood.md is old: build/ondol talk page > docs/understood.md");
    ond_buf_free(&fresh);
    ond_buf_free(&kept);
    print_message("%zu examples\n", examples);
    assert_int_equal(wrong, 0);
    assert_true(examples > 100);
    ond_buf_free(&page);
    house_close(h);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_page_is_true)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ond_pack_free_all();
    return failed;
}
