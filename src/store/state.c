/* state.c - small state: JSON by (space, key); and the newest readings of each sensor. */
#include "store/internal.h"

static int begin_alone(ond_store *s, bool *alone, ond_err *err)
{
    *alone = !s->in_transaction;
    if (*alone) return ond_store_begin(s, err);
    return s->failed ? ond_fail(err, OND_E_STORE,
                                "nothing more can be written: a part of this change has failed")
                     : OND_OK;
}

static int end_alone(ond_store *s, bool alone, int rc, ond_err *err)
{
    if (!alone) return rc;
    if (rc == 0) return ond_store_commit(s, err);
    ond_store_abort(s);
    return rc;
}

static int parse_value(ond_store *s, const char *space, const char *key, sqlite3_stmt *st,
                       int column, cJSON **out, ond_err *err)
{
    ond_str text = {(const char *)sqlite3_column_text(st, column),
                    (size_t)sqlite3_column_bytes(st, column)};
    if (!text.p) return ond_nomem(err, "reading the store");
    int rc = ond_json_parse(text, out, err);
    if (rc == 0 || rc == OND_E_NOMEM) return rc;
    return ond_fail(err, OND_E_STORE,
                    "what %s keeps under %s/%s is no JSON text: another program has changed it",
                    s->path, space, key);
}

int ond_store_get(ond_store *s, const char *space, const char *key, cJSON **out, ond_err *err)
{
    *out = NULL;
    sqlite3_stmt *st;
    int rc = ond__sql(s, OND__ST_STATE_GET, "read the store", &st, err);
    if (rc != 0) return rc;
    ond__sql_text(st, 1, space);
    ond__sql_text(st, 2, key);
    int step = sqlite3_step(st);
    if (step == SQLITE_DONE)
        rc = ond_fail(err, OND_E_NOT_FOUND, "nothing is kept under %s/%s", space, key);
    else if (step != SQLITE_ROW)
        rc = ond__sql_fail(s, step, "read the store", err);
    else
        rc = parse_value(s, space, key, st, 0, out, err);
    sqlite3_reset(st);
    return rc;
}

static int print_value(const cJSON *value, ond_buf *out, ond_err *err)
{
    ond_json_print(out, value);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "writing the store");
}

static int put(ond_store *s, const char *space, const char *key, const ond_buf *text, ond_err *err)
{
    sqlite3_stmt *st;
    int rc = ond__sql(s, OND__ST_STATE_PUT, "write the store", &st, err);
    if (rc != 0) return rc;
    ond__sql_text(st, 1, space);
    ond__sql_text(st, 2, key);
    ond__sql_text(st, 3, ond_buf_z(text));
    return ond__sql_run(s, st, "write the store", err);
}

int ond_store_put(ond_store *s, const char *space, const char *key, const cJSON *value,
                  ond_err *err)
{
    bool alone;
    ond_buf text = {0};
    int rc = begin_alone(s, &alone, err);
    if (rc != 0) return rc;
    rc = print_value(value, &text, err);
    if (rc == 0) rc = put(s, space, key, &text, err);
    s->failed |= rc != 0;
    ond_buf_free(&text);
    return end_alone(s, alone, rc, err);
}

int ond_store_drop(ond_store *s, const char *space, const char *key, ond_err *err)
{
    bool alone;
    sqlite3_stmt *st;
    int rc = begin_alone(s, &alone, err);
    if (rc != 0) return rc;
    rc = ond__sql(s, OND__ST_STATE_DROP, "write the store", &st, err);
    if (rc == 0) {
        ond__sql_text(st, 1, space);
        ond__sql_text(st, 2, key);
        rc = ond__sql_run(s, st, "write the store", err);
    }
    return end_alone(s, alone, rc, err);
}

int ond_store_pairs(ond_store *s, const char *space, ond_pair_fn *fn, void *self, ond_err *err)
{
    sqlite3_stmt *st = NULL;
    int step = SQLITE_DONE;
    int rc = sqlite3_prepare_v2(s->db, "SELECT key, value FROM state WHERE space = ?1 ORDER BY key",
                                -1, &st, NULL);
    if (rc != SQLITE_OK) return ond__sql_fail(s, rc, "read the store", err);
    ond__sql_text(st, 1, space);
    bool more = true;
    while (more && rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        cJSON *value = NULL;
        const char *key = (const char *)sqlite3_column_text(st, 0);
        rc = key ? parse_value(s, space, key, st, 1, &value, err)
                 : ond_nomem(err, "reading the store");
        if (rc == 0) more = fn(self, key, value);
        cJSON_Delete(value);
    }
    if (rc == 0 && step != SQLITE_DONE && step != SQLITE_ROW)
        rc = ond__sql_fail(s, step, "read the store", err);
    sqlite3_finalize(st);
    return rc;
}

/* ---- readings: numbered per entity; the oldest goes when there are OND_READINGS ---- */

static int next_number(ond_store *s, const char *entity, int64_t *n, ond_err *err)
{
    sqlite3_stmt *st;
    int rc = ond__sql(s, OND__ST_READING_LAST, "write a reading", &st, err);
    if (rc != 0) return rc;
    ond__sql_text(st, 1, entity);
    int step = sqlite3_step(st);
    *n = step == SQLITE_ROW ? sqlite3_column_int64(st, 0) + 1 : 0;
    sqlite3_reset(st);
    return step == SQLITE_ROW ? OND_OK : ond__sql_fail(s, step, "write a reading", err);
}

static int add_reading(ond_store *s, const char *entity, int64_t n, ond_ms at, const ond_buf *text,
                       ond_err *err)
{
    sqlite3_stmt *st;
    int rc = ond__sql(s, OND__ST_READING_ADD, "write a reading", &st, err);
    if (rc != 0) return rc;
    ond__sql_text(st, 1, entity);
    sqlite3_bind_int64(st, 2, n);
    sqlite3_bind_int64(st, 3, at);
    ond__sql_text(st, 4, ond_buf_z(text));
    rc = ond__sql_run(s, st, "write a reading", err);
    if (rc == 0) rc = ond__sql(s, OND__ST_READING_TRIM, "write a reading", &st, err);
    if (rc != 0) return rc;
    ond__sql_text(st, 1, entity);
    sqlite3_bind_int64(st, 2, n - OND_READINGS);
    return ond__sql_run(s, st, "write a reading", err);
}

int ond_store_reading(ond_store *s, const char *entity, ond_ms at, const cJSON *value, ond_err *err)
{
    bool alone;
    ond_buf text = {0};
    int64_t n = 0;
    int rc = begin_alone(s, &alone, err);
    if (rc != 0) return rc;
    rc = print_value(value, &text, err);
    if (rc == 0) rc = next_number(s, entity, &n, err);
    if (rc == 0) rc = add_reading(s, entity, n, at, &text, err);
    s->failed |= rc != 0;
    ond_buf_free(&text);
    return end_alone(s, alone, rc, err);
}

int ond_store_readings(ond_store *s, const char *entity, ond_reading_fn *fn, void *self,
                       ond_err *err)
{
    sqlite3_stmt *st = NULL;
    int step = SQLITE_DONE;
    int rc = sqlite3_prepare_v2(
        s->db, "SELECT at, value FROM reading WHERE entity = ?1 ORDER BY n DESC", -1, &st, NULL);
    if (rc != SQLITE_OK) return ond__sql_fail(s, rc, "read the readings", err);
    ond__sql_text(st, 1, entity);
    bool more = true;
    while (more && rc == 0 && (step = sqlite3_step(st)) == SQLITE_ROW) {
        cJSON *value = NULL;
        rc = parse_value(s, "reading", entity, st, 1, &value, err);
        if (rc == 0) more = fn(self, sqlite3_column_int64(st, 0), value);
        cJSON_Delete(value);
    }
    if (rc == 0 && step != SQLITE_DONE && step != SQLITE_ROW)
        rc = ond__sql_fail(s, step, "read the readings", err);
    sqlite3_finalize(st);
    return rc;
}
