/* test_journal.c - appending, asking, transactions, forgetting, state and readings. */
#include "fixture.h"

typedef struct seen {
    int n, stop_after;
    int64_t id[64];
    char kind[64][16];
} seen;

static bool see(void *self, const ond_event *e)
{
    seen *s = self;
    if (s->n < 64) {
        s->id[s->n] = e->id;
        snprintf(s->kind[s->n], 16, "%s", e->kind);
    }
    s->n++;
    return s->n != s->stop_after;
}

static void expect(ond_event_query q, int n, const int64_t *ids)
{
    seen s = {0};
    assert_int_equal(ond_store_each(store, &q, see, &s, &err), 0);
    assert_int_equal(s.n, n);
    for (int i = 0; i < n; i++) assert_int_equal(s.id[i], ids[i]);
}

#define IDS(...)                                                                                   \
    (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)), (int64_t[])                         \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

static bool has_text(int64_t id, const char *text)
{
    ond_event e;
    assert_int_equal(ond_store_event(store, id, &e, &err), 0);
    const char *have = ond_json_str(e.body, "text", NULL);
    bool same = text ? have && strcmp(have, text) == 0 : !have;
    ond_event_free(&e);
    return same;
}

TEST(appends_and_reads_back)
{
    assert_true(news.created);
    assert_int_equal(ond_store_count(store), 0);
    assert_int_equal(add("wish", 0, 0, "거실 불 켜줘"), 1);
    assert_int_equal(add("intent", 1, 1, "turn_on"), 2);
    assert_int_equal(add("outcome", 2, 1, NULL), 3);
    assert_int_equal(ond_store_count(store), 3);
    reopen();
    assert_false(news.created);
    assert_string_equal(news.tampered, "");
    ond_event e;
    assert_int_equal(ond_store_event(store, 1, &e, &err), 0);
    assert_string_equal(e.kind, "wish");
    assert_int_equal(e.at, 1000);
    assert_int_equal(e.ref, 0);
    assert_int_equal(e.task, 1);
    assert_false(e.forgotten);
    assert_string_equal(ond_json_str(e.body, "text", ""), "거실 불 켜줘");
    ond_event_free(&e);
    assert_int_equal(ond_store_event(store, 3, &e, &err), 0);
    assert_int_equal(e.ref, 2);
    assert_int_equal(e.task, 1);
    assert_null(e.body);
    assert_false(e.forgotten);
    assert_int_equal(ond_store_event(store, 4, &e, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "4"));
    assert_int_equal(ond_store_event(store, -1, &e, &err), OND_E_NOT_FOUND);
    ok_verify(3, 0);
}

TEST(asks_by_condition)
{
    add("wish", 0, 0, "a");    /* 1 */
    add("intent", 1, 1, "b");  /* 2 */
    add("outcome", 2, 1, "c"); /* 3 */
    add("wish", 0, 0, "d");    /* 4 */
    add("intent", 4, 4, "e");  /* 5 */
    add("outcome", 5, 4, "f"); /* 6 */
    expect((ond_event_query){0}, IDS(1, 2, 3, 4, 5, 6));
    expect((ond_event_query){.newest_first = true, .limit = 2}, IDS(6, 5));
    expect((ond_event_query){.limit = 2}, IDS(1, 2));
    expect((ond_event_query){.kind = "wish"}, IDS(1, 4));
    expect((ond_event_query){.kind = "nothing"}, 0, NULL);
    expect((ond_event_query){.ref = 5}, IDS(6));
    expect((ond_event_query){.task = 1}, IDS(1, 2, 3));
    expect((ond_event_query){.task = 1, .kind = "intent", .newest_first = true}, IDS(2));
    expect((ond_event_query){.after = 2, .before = 5}, IDS(3, 4));
    expect((ond_event_query){.since = 3000, .until = 5000}, IDS(3, 4));
    seen s = {.stop_after = 3};
    assert_int_equal(ond_store_each(store, &(ond_event_query){0}, see, &s, &err), 0);
    assert_int_equal(s.n, 3);
}

static bool ask_inside(void *self, const ond_event *e)
{
    ond_event same;
    int *n = self;
    seen s = {0};
    assert_int_equal(ond_store_event(store, e->id, &same, &err), 0);
    assert_memory_equal(&same.hash, &e->hash, sizeof same.hash);
    ond_event_free(&same);
    assert_int_equal(ond_store_each(store, &(ond_event_query){.limit = 2}, see, &s, &err), 0);
    if (e->id <= 3) add("note", e->id, 0, "from inside");
    return ++*n < 5;
}

TEST(a_handler_may_use_the_store)
{
    int n = 0;
    add_rows(3);
    assert_int_equal(ond_store_each(store, &(ond_event_query){.before = 4}, ask_inside, &n, &err),
                     0);
    assert_int_equal(n, 3);
    assert_int_equal(ond_store_count(store), 6);
    ok_verify(6, 0);
}

static void open_are(int n, const int64_t *ids)
{
    seen s = {0};
    assert_int_equal(ond_store_open_intents(store, see, &s, &err), 0);
    assert_int_equal(s.n, n);
    for (int i = 0; i < n; i++) assert_int_equal(s.id[i], ids[i]);
}

TEST(open_intents)
{
    open_are(0, NULL);
    add("wish", 0, 0, "w");
    add("intent", 1, 1, "a");
    add("intent", 1, 1, "b");
    add("intent", 1, 1, "c");
    add("undo", 2, 1, "points to an intent, but ends none");
    open_are(IDS(2, 3, 4));
    add("outcome", 3, 1, "done");
    reopen();
    open_are(IDS(2, 4));
    add("settled", 2, 1, "found done");
    open_are(IDS(4));
    add("outcome", 4, 1, "done");
    open_are(0, NULL);
}

TEST(an_aborted_transaction_leaves_nothing)
{
    cJSON *value = cJSON_CreateNumber(1), *got;
    add_rows(2);
    assert_int_equal(ond_store_begin(store, &err), 0);
    assert_int_equal(add("intent", 0, 0, "x"), 3);
    assert_int_equal(ond_store_put(store, "s", "k", value, &err), 0);
    assert_int_equal(ond_store_count(store), 3);
    ond_store_abort(store);
    ond_store_abort(store);
    assert_int_equal(ond_store_count(store), 2);
    assert_int_equal(ond_store_get(store, "s", "k", &got, &err), OND_E_NOT_FOUND);
    open_are(0, NULL);
    assert_int_equal(ond_store_begin(store, &err), 0);
    assert_int_equal(add("note", 0, 0, "y"), 3);
    assert_int_equal(add("note", 0, 0, "z"), 4);
    assert_int_equal(ond_store_put(store, "s", "k", value, &err), 0);
    assert_int_equal(ond_store_commit(store, &err), 0);
    cJSON_Delete(value);
    ok_verify(4, 0);
    reopen();
    ok_verify(4, 0);
    assert_int_equal(ond_store_get(store, "s", "k", &got, &err), 0);
    assert_true(cJSON_IsNumber(got));
    cJSON_Delete(got);
    assert_int_equal(ond_store_begin(store, &err), 0);
    add("note", 0, 0, "never committed");
    reopen();
    assert_string_equal(news.tampered, "");
    ok_verify(4, 0);
}

/* ---- forgetting ---- */

static bool file_holds(const char *name, const char *text)
{
    ond_buf b = {0};
    int rc = ond_file_read(tmp_path(name), 100u << 20, &b, &err);
    bool found = rc == 0 && memmem(b.p, b.n, text, strlen(text)) != NULL;
    ond_buf_free(&b);
    return found;
}

TEST(a_forgotten_task_leaves_no_trace)
{
    int64_t erased;
    char large[20001];
    memset(large, 'Q', sizeof large - 1);
    large[sizeof large - 1] = '\0';
    add("wish", 0, 0, "SECRET-one");
    add("intent", 1, 1, large);
    add("outcome", 2, 1, "SECRET-two");
    add("wish", 0, 0, "PUBLIC");
    assert_true(file_holds("data/store.db-wal", "SECRET-one"));
    assert_int_equal(ond_store_forget(store, 1, 0, &erased, &err), 0);
    assert_int_equal(erased, 3);
    assert_false(file_holds("data/store.db", "SECRET"));
    assert_false(file_holds("data/store.db-wal", "SECRET"));
    assert_false(file_holds("data/store.db", "QQQQQQQQ"));
    assert_true(file_holds("data/store.db", "PUBLIC"));
    assert_true(has_text(1, NULL));
    assert_true(has_text(4, "PUBLIC"));
    ond_event e;
    assert_int_equal(ond_store_event(store, 3, &e, &err), 0);
    assert_true(e.forgotten);
    assert_null(e.body);
    ond_event_free(&e);
    assert_int_equal(ond_store_event(store, 5, &e, &err), 0);
    assert_string_equal(e.kind, "forget");
    assert_int_equal(ond_json_num(e.body, "erased", 0), 3);
    assert_int_equal(ond_json_num(e.body, "task", 0), 1);
    ond_event_free(&e);
    ok_verify(5, 3);
    assert_int_equal(ond_store_forget(store, 1, 0, &erased, &err), 0);
    assert_int_equal(erased, 0);
    assert_int_equal(ond_store_count(store), 5);
    assert_int_equal(ond_store_forget(store, 0, 0, &erased, &err), OND_E_INPUT);
    reopen();
    ok_verify(5, 3);
}

TEST(forgetting_by_time_keeps_open_intents_and_itself)
{
    int64_t erased;
    add("wish", 0, 0, "old");          /* 1 at 1000 */
    add("intent", 1, 1, "still open"); /* 2 at 2000 */
    add("note", 0, 0, "new");          /* 3 at 3000 */
    assert_int_equal(ond_store_forget(store, 0, 3000, &erased, &err), 0);
    assert_int_equal(erased, 1);
    assert_true(has_text(2, "still open"));
    assert_true(has_text(3, "new"));
    add("outcome", 2, 1, "done"); /* 5 */
    assert_int_equal(ond_store_forget(store, 0, ond_now() + 100000, &erased, &err), 0);
    assert_int_equal(erased, 3);
    assert_int_equal(ond_store_count(store), 6);
    ok_verify(6, 4);
    ond_event e;
    assert_int_equal(ond_store_event(store, 4, &e, &err), 0);
    assert_non_null(e.body); /* the first forget row still says what it covers */
    ond_event_free(&e);
}

TEST(forgetting_inside_a_transaction)
{
    int64_t erased;
    add("wish", 0, 0, "SECRET");
    assert_int_equal(ond_store_begin(store, &err), 0);
    assert_int_equal(ond_store_forget(store, 1, 0, &erased, &err), 0);
    assert_int_equal(erased, 1);
    ond_store_abort(store);
    assert_true(has_text(1, "SECRET"));
    assert_int_equal(ond_store_begin(store, &err), 0);
    assert_int_equal(ond_store_forget(store, 1, 0, &erased, &err), 0);
    assert_int_equal(ond_store_commit(store, &err), 0);
    assert_true(has_text(1, NULL));
    assert_false(file_holds("data/store.db-wal", "SECRET"));
    ok_verify(2, 1);
}

/* Equal contents have different digests, or a forgotten wish could be guessed. */
TEST(digests_are_salted)
{
    add("note", 0, 0, "same");
    add("note", 0, 0, "same");
    close_store();
    sqlite3 *db;
    sqlite3_stmt *st;
    assert_int_equal(sqlite3_open(tmp_path("data/store.db"), &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT count(DISTINCT digest) FROM event", -1, &st, NULL),
        SQLITE_OK);
    assert_int_equal(sqlite3_step(st), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(st, 0), 2);
    sqlite3_finalize(st);
    sqlite3_close(db);
}

/* ---- state ---- */

static bool join_keys(void *self, const char *key, const cJSON *value)
{
    char *out = self;
    sprintf(out + strlen(out), "%s=%g ", key, value->valuedouble);
    return strlen(out) < 30;
}

static void put_number(const char *space, const char *key, double n)
{
    cJSON *v = cJSON_CreateNumber(n);
    assert_int_equal(ond_store_put(store, space, key, v, &err), 0);
    cJSON_Delete(v);
}

TEST(small_state)
{
    char keys[128] = "";
    cJSON *got;
    put_number("home", "b", 2);
    put_number("home", "a", 1);
    put_number("hom", "x", 9);
    put_number("home", "b", 3);
    reopen();
    assert_int_equal(ond_store_pairs(store, "home", join_keys, keys, &err), 0);
    assert_string_equal(keys, "a=1 b=3 ");
    assert_int_equal(ond_store_get(store, "home", "b", &got, &err), 0);
    assert_int_equal(got->valuedouble, 3);
    cJSON_Delete(got);
    assert_int_equal(ond_store_drop(store, "home", "b", &err), 0);
    assert_int_equal(ond_store_drop(store, "home", "b", &err), 0);
    assert_int_equal(ond_store_get(store, "home", "b", &got, &err), OND_E_NOT_FOUND);
    assert_null(got);
    put_number("home", "열쇠", 7);
    assert_int_equal(ond_store_get(store, "home", "열쇠", &got, &err), 0);
    cJSON_Delete(got);
    close_store();
    sql("UPDATE state SET value='{' WHERE key='a'");
    open_store();
    assert_int_equal(ond_store_get(store, "home", "a", &got, &err), OND_E_STORE);
    assert_non_null(strstr(err.text, "home/a"));
}

static bool sum(void *self, ond_ms at, const cJSON *value)
{
    int *v = self;
    if (v[0]++ == 0) v[1] = (int)at;
    v[2] = (int)value->valuedouble;
    return true;
}

TEST(readings_are_bounded)
{
    int v[3] = {0};
    for (int i = 1; i <= OND_READINGS + 10; i++) {
        cJSON *n = cJSON_CreateNumber(i);
        assert_int_equal(ond_store_reading(store, "sensor.door", i, n, &err), 0);
        if (i <= 3) assert_int_equal(ond_store_reading(store, "sensor.motion", i, n, &err), 0);
        cJSON_Delete(n);
    }
    assert_int_equal(ond_store_readings(store, "sensor.door", sum, v, &err), 0);
    assert_int_equal(v[0], OND_READINGS);
    assert_int_equal(v[1], OND_READINGS + 10); /* newest first */
    assert_int_equal(v[2], 11);                /* oldest that is kept */
    memset(v, 0, sizeof v);
    assert_int_equal(ond_store_readings(store, "sensor.motion", sum, v, &err), 0);
    assert_int_equal(v[0], 3);
    assert_int_equal(ond_store_count(store), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        STORE_TEST(appends_and_reads_back),
        STORE_TEST(asks_by_condition),
        STORE_TEST(a_handler_may_use_the_store),
        STORE_TEST(open_intents),
        STORE_TEST(an_aborted_transaction_leaves_nothing),
        STORE_TEST(a_forgotten_task_leaves_no_trace),
        STORE_TEST(forgetting_by_time_keeps_open_intents_and_itself),
        STORE_TEST(forgetting_inside_a_transaction),
        STORE_TEST(digests_are_salted),
        STORE_TEST(small_state),
        STORE_TEST(readings_are_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
