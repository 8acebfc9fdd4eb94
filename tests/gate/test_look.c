/* test_look.c - looking without a task, and sentences that are kept. */
#include "house.h"

static int look(const char *verb, const char *args, cJSON **out)
{
    cJSON *a = json(args);
    int rc = ond_gate_look(gate, "home", verb, a, out, &last);
    cJSON_Delete(a);
    return rc;
}

TEST(a_look_leaves_no_trace)
{
    cJSON *seen = NULL;
    int64_t rows = ond_store_count(store);
    must(look("get", LAMP, &seen));
    assert_non_null(ond_json_get(seen, "state"));
    assert_int_equal(ond_store_count(store), rows);
    cJSON_Delete(seen);
}

TEST(what_acts_is_not_looked_through)
{
    cJSON *seen = NULL;
    int64_t rows = ond_store_count(store);
    assert_int_equal(look("turn_on", LAMP, &seen), OND_E_INPUT);
    assert_null(seen);
    assert_int_equal(look("no_such_verb", LAMP, &seen), OND_E_NOT_FOUND);
    assert_int_equal(look("get", "{\"entity\":\"light.nowhere\"}", &seen), OND_E_NOT_FOUND);
    assert_int_equal(look("get", "{\"nonsense\":1}", &seen), OND_E_INPUT);
    assert_null(seen);
    assert_int_equal(ond_store_count(store), rows);
}

TEST(a_look_obeys_the_policy)
{
    cJSON *seen = NULL;
    write_policy("version: 1\nrules:\n- {decision: deny, hand: home, verb: get}\n");
    assert_int_equal(look("get", LAMP, &seen), OND_E_DENIED);
    assert_null(seen);
    write_policy("version: 1\nrules:\n- {decision: ask, hand: home, verb: get}\n");
    assert_int_equal(look("get", LAMP, &seen), OND_E_DENIED);
    assert_null(seen);
}

TEST(a_sentence_is_kept)
{
    cJSON *wish = json("{\"text\":\"무드 조명 켜 줘\",\"lang\":\"ko\",\"understood\":false}");
    must(ond_gate_keep(gate, wish, &last));
    cJSON *log = ond_gate_log(gate, &(ond_log_opts){.limit = 1, .lang = "en"});
    const cJSON *row = cJSON_GetArrayItem(ond_json_get(log, "events"), 0);
    assert_string_equal(ond_json_str(row, "kind", ""), "wish");
    assert_string_equal(ond_json_str(row, "text", ""), "“무드 조명 켜 줘” was not understood.");
    cJSON_Delete(log);
    cJSON_Delete(wish);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        HOUSE_TEST(a_look_leaves_no_trace),
        HOUSE_TEST(what_acts_is_not_looked_through),
        HOUSE_TEST(a_look_obeys_the_policy),
        HOUSE_TEST(a_sentence_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
