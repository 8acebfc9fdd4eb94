/* fixture.h - a store in this test's folder, and short forms for what tests do with it. */
#ifndef OND_TESTS_STORE_FIXTURE_H
#define OND_TESTS_STORE_FIXTURE_H

#include "../sys/tmp.h"
#include "store/store.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <sqlite3.h>

static ond_store *store;
static ond_err err;
static ond_store_news news;

static inline int try_open(bool read_only)
{
    ond_store_opts opts = {
        .dir = tmp_path("data"), .key_path = tmp_path("config/device.key"), .read_only = read_only};
    return ond_store_open(&opts, &store, &news, &err);
}

static inline void open_store(void)
{
    int rc = try_open(false);
    if (rc != 0) fail_msg("open: %s", err.text);
}

static inline void close_store(void)
{
    ond_store_close(store);
    store = NULL;
}

static inline void reopen(void)
{
    close_store();
    open_store();
}

static inline int store_setup(void **state)
{
    int rc = tmp_setup(state);
    open_store();
    return rc;
}

static inline int store_teardown(void **state)
{
    close_store();
    return tmp_teardown(state);
}

/* Appends {"text": text}; text may be NULL for a row without a body. */
static inline int64_t add(const char *kind, int64_t ref, int64_t task, const char *text)
{
    int64_t id = 0;
    cJSON *body = NULL;
    if (text) {
        body = cJSON_CreateObject();
        cJSON_AddStringToObject(body, "text", text);
    }
    int rc = ond_store_append(store, kind, 1000 * (ond_store_count(store) + 1), ref, task, body,
                              &id, &err);
    cJSON_Delete(body);
    if (rc != 0) fail_msg("append: %s", err.text);
    return id;
}

static inline void add_rows(int n)
{
    for (int i = 0; i < n; i++) add("note", 0, 0, "something");
}

static inline void ok_verify(int64_t rows, int64_t forgotten)
{
    ond_verify v;
    int rc = ond_store_verify(store, &v, &err);
    if (rc != 0) fail_msg("verify: %s", err.text);
    assert_int_equal(v.rows, rows);
    assert_int_equal(v.forgotten, forgotten);
    assert_int_equal(v.bad, 0);
    assert_true(v.head_ok);
    assert_non_null(strstr(v.what, "hold"));
}

/* Verify fails; at row `bad`, or at the head when that is 0. */
static inline void bad_verify(int64_t bad, const char *why)
{
    ond_verify v;
    assert_int_equal(ond_store_verify(store, &v, &err), OND_E_TAMPERED);
    assert_int_equal(v.bad, bad);
    if (bad == 0) assert_false(v.head_ok);
    if (!strstr(v.what, why) || !strstr(err.text, why))
        fail_msg("\"%s\" does not say \"%s\"", v.what, why);
}

/* Works on the closed store's file as another program would. */
static inline void sql(const char *text)
{
    sqlite3 *db;
    char *message = NULL;
    assert_int_equal(sqlite3_open(tmp_path("data/store.db"), &db), SQLITE_OK);
    if (sqlite3_exec(db, text, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", text, message);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static inline void copy_file(const char *from, const char *to)
{
    ond_buf b = {0};
    assert_int_equal(ond_file_read(tmp_path(from), 100u << 20, &b, &err), 0);
    assert_int_equal(ond_file_write(tmp_path(to), (ond_str){b.p, b.n}, 0600, &err), 0);
    ond_buf_free(&b);
}

#define STORE_TEST(name) cmocka_unit_test_setup_teardown(name, store_setup, store_teardown)

#endif
