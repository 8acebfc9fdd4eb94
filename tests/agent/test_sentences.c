/* test_sentences.c - tests/agent/sentences.tsv and fresh.tsv over the built-in house: language,
 * sentence, intent, what would be done.
 *
 * A sentence that is understood otherwise than the table says is wrong; nothing may be. UNKNOWN in
 * the table means that it must not be understood at all. Counts are printed, so that a change of
 * the packs shows. */
#include "house.h"
#include "plans.h"

#include "sys/file.h"

typedef struct counts { size_t understood, refused, wrong; } counts;

static const char *const tables[] = {"tests/agent/sentences.tsv", "tests/agent/fresh.tsv"};
enum { N_TABLES = sizeof tables / sizeof tables[0] };

/* One line: lang \t sentence \t intent \t result. */
static void check_line(house *h, char *line, counts *ko, counts *en)
{
    char *lang = strtok(line, "\t"), *text = strtok(NULL, "\t"), *intent = strtok(NULL, "\t"),
         *result = strtok(NULL, "\t");
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
        print_error("%s: %s\n  wanted %s: %s\n  got    %s: %s\n", lang, text, intent,
                    result ? result : "", found, ond_buf_z(&got));
    }
    ond_buf_free(&got);
    cJSON_Delete(parsed);
}

static void table_holds(const char *table)
{
    ond_buf text = {0};
    ond_err err = {0};
    counts ko = {0}, en = {0};
    settle_clock();
    house *h = house_open("ko");
    if (ond_file_read(table, 1 << 20, &text, &err) != 0)
        fail_msg("%s", err.text);
    for (char *line = text.p, *next; line && *line; line = next) {
        next = strchr(line, '\n');
        if (next)
            *next++ = '\0';
        if (line[0] && line[0] != '#')
            check_line(h, line, &ko, &en);
    }
    print_message("%s\n", table);
    print_message("ko: %zu understood, %zu not understood, %zu wrong\n", ko.understood, ko.refused,
                  ko.wrong);
    print_message("en: %zu understood, %zu not understood, %zu wrong\n", en.understood, en.refused,
                  en.wrong);
    assert_int_equal(ko.wrong + en.wrong, 0);
    assert_true(ko.understood >= 150 && en.understood >= 150 && ko.refused >= 50 &&
                en.refused >= 50);
    ond_buf_free(&text);
    house_close(h);
}

static void tables_hold(void **state)
{
    (void)state;
    for (int i = 0; i < N_TABLES; i++)
        table_holds(tables[i]);
}

/* ---- words that turn a meaning round ---- */

static const char *const turning_ko[] = {"안",   "못",     "말고",    "내일",    "빼고",  "만약",
                                         "절대", "이따가", "네 시에", "말라고",  "했어",  "할까",
                                         "왜",   "누가",   "어제",    "하지 마", "지 마", "고양이"};
static const char *const turning_en[] = {
    "not",    "never",     "don't",  "tomorrow", "except", "if",   "later", "why", "who",
    "unless", "yesterday", "didn't", "at seven", "without", "only", "was",  "cat"};
/* These may make an exception; what is done is then another thing. */
static const char *const excepting[] = {"말고", "빼고", "except", "not", "without"};

/* "집 안 불", "안 방 온도" are places, not a no. */
static bool belongs(const char *text, const char *word)
{
    return strcmp(word, "안") == 0 && (strstr(text, "집 안 ") || strstr(text, "안 방 "));
}

static bool excepts(const char *word)
{
    for (size_t i = 0; i < sizeof excepting / sizeof excepting[0]; i++)
        if (strcmp(excepting[i], word) == 0)
            return true;
    return false;
}

/* "movie tomorrow night" is an appointment, "what is on tomorrow" asks for some: the word was heard. */
static bool is_event(const cJSON *parsed)
{
    const char *intent = ond_json_str(parsed, "intent", "");
    return strcmp(intent, "OndolEvents") == 0 ||
           (strcmp(intent, "OndolEventCreate") == 0 &&
            ond_json_get(ond_json_get(parsed, "slots"), "bare"));
}

static bool is_errand(const cJSON *parsed)
{
    const cJSON *step;
    cJSON_ArrayForEach(step, ond_json_get(parsed, "plan"))
        if (strcmp(ond_json_str(step, "hand", ""), "home") != 0)
            return true;
    const char *intent = ond_json_str(parsed, "intent", "");
    return strncmp(intent, "OndolReminder", 13) == 0 || strncmp(intent, "OndolAlarm", 10) == 0;
}

static bool has_exception(const cJSON *parsed)
{
    const cJSON *slots = ond_json_get(parsed, "slots");
    return ond_json_get(slots, "but_name") || ond_json_get(slots, "but_area");
}

static bool stays_out(house *h, const char *lang, const char *text, const char *word,
                      const cJSON *plain)
{
    const cJSON *plan = ond_json_get(plain, "plan");
    cJSON *parsed = NULL;
    ond_err err = {0};
    int rc = ond_agent_parse(h->agent, text, lang, NULL, &parsed, &err);
    const cJSON *turned = ond_json_get(parsed, "plan");
    bool acts = (cJSON_GetArraySize(turned) > 0 && !is_event(parsed)) || rc == OND_E_AMBIGUOUS;
    /* An exception, or one of several wishes that is not done: then another thing is done. */
    bool fewer = excepts(word) || ond_json_get(parsed, "parts");
    if (acts && fewer && rc == 0 && !ond_json_equal(turned, plan))
        acts = false;
    if (acts && excepts(word) && has_exception(plain)) /* "everything but (not) the TV" */
        acts = false;
    cJSON_Delete(parsed);
    return !acts;
}

/* Puts each turning word at each gap of a sentence that is understood; none may be swallowed. */
static size_t turn_round(house *h, const char *lang, const char *text)
{
    bool ko = strcmp(lang, "ko") == 0;
    const char *const *words = ko ? turning_ko : turning_en;
    size_t n = ko ? sizeof turning_ko / sizeof *words : sizeof turning_en / sizeof *words,
           wrong = 0;
    cJSON *plain = NULL;
    ond_err err = {0};
    (void)!ond_agent_parse(h->agent, text, lang, NULL, &plain, &err);
    if (is_errand(plain)) { /* free text takes any word: "add milk at seven" is milk at seven */
        cJSON_Delete(plain);
        return 0;
    }
    for (size_t at = 0;; at++) {
        if (at && text[at] && text[at] != ' ')
            continue;
        for (size_t i = 0; i < n; i++) {
            char turned[512];
            snprintf(turned, sizeof turned, "%.*s %s %s", (int)at, text, words[i], text + at);
            if (belongs(turned, words[i]) ||
                stays_out(h, lang, turned, words[i], plain))
                continue;
            print_error("swallowed '%s': %s\n", words[i], turned);
            wrong++;
        }
        if (!text[at])
            break;
    }
    cJSON_Delete(plain);
    return wrong;
}

/* Some hundred thousand sentences: with the sanitizers, only those of every twentieth line. */
#ifdef __SANITIZE_ADDRESS__
enum { EVERY = 20 };
#else
enum { EVERY = 1 };
#endif

static void swallows_nothing(const char *table)
{
    size_t at = 0;
    ond_buf text = {0};
    ond_err err = {0};
    size_t wrong = 0;
    settle_clock();
    house *h = house_open("ko");
    assert_int_equal(ond_file_read(table, 1 << 20, &text, &err), 0);
    for (char *line = strtok(text.p, "\n"); line; line = strtok(NULL, "\n")) {
        char *sentence = strchr(line, '\t'), *intent = sentence ? strchr(sentence + 1, '\t') : NULL;
        if (line[0] == '#' || !intent || strncmp(intent + 1, "UNKNOWN", 7) == 0)
            continue;
        *sentence++ = *intent = '\0';
        if (strncmp(intent + 1, "OndolDont", 9) == 0 || at++ % EVERY != 0)
            continue; /* the former does nothing in any case */
        wrong += turn_round(h, line, sentence);
    }
    assert_int_equal(wrong, 0);
    ond_buf_free(&text);
    house_close(h);
}

static void nothing_is_swallowed(void **state)
{
    (void)state;
    for (int i = 0; i < N_TABLES; i++)
        swallows_nothing(tables[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(tables_hold),
                                       cmocka_unit_test(nothing_is_swallowed)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    ond_pack_free_all();
    return failed;
}
