/* journal.c - appending to the journal, and reading it. */
#include "store/internal.h"
#include "sys/clock.h"

#include <assert.h>

/* Salt and text of a payload, in one piece, as it is hashed and kept. */
static int make_payload(const cJSON *body, ond_buf *out, ond_err *err)
{
    unsigned char salt[OND__SALT];
    ond_random(salt, sizeof salt);
    ond_buf_put(out, salt, sizeof salt);
    ond_json_print(out, body);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "writing the journal");
}

static int append_row(ond_store *s, ond__row *row, const cJSON *body, ond_err *err)
{
    ond_buf payload = {0};
    int rc = OND_OK;
    if (body) {
        rc = make_payload(body, &payload, err);
        if (rc != 0) {
            s->failed = true;
            ond_buf_free(&payload);
            return rc;
        }
        ond_hash_of(payload.p, payload.n, &row->digest);
        row->payload = payload.p;
        row->payload_n = payload.n;
    }
    ond__row_hash(row, &s->now.hash, &row->hash);
    rc = ond__row_insert(s, row, err);
    ond_buf_free(&payload);
    if (rc == 0) s->now = (ond__tip){row->id, row->hash};
    return rc;
}

int ond_store_append(ond_store *s, const char *kind, ond_ms at, int64_t ref, int64_t task,
                     const cJSON *body, int64_t *id, ond_err *err)
{
    assert(kind[0] && strlen(kind) <= OND__KIND_MAX);
    bool alone = !s->in_transaction;
    int rc = alone ? ond_store_begin(s, err) : OND_OK;
    if (rc != 0) return rc;
    if (s->failed)
        return ond_fail(err, OND_E_STORE,
                        "nothing more can be written: a part of this change has failed");
    ond__row row = {.id = s->now.count + 1, .at = at, .kind = kind, .ref = ref, .task = task};
    row.task = task ? task : row.id;
    rc = append_row(s, &row, body, err);
    if (alone && rc == 0)
        rc = ond_store_commit(s, err);
    else if (alone)
        ond_store_abort(s);
    if (rc == 0 && id) *id = row.id;
    return rc;
}

/* ---- reading ---- */

void ond_event_free(ond_event *e)
{
    cJSON_Delete(e->body);
    e->body = NULL;
}

/* A payload that was changed so that it is no JSON any more is read as none; ond_store_verify
 * tells. */
static int event_of(const ond__row *row, ond_event *e, ond_err *err)
{
    *e = (ond_event){
        .id = row->id, .at = row->at, .ref = row->ref, .task = row->task, .hash = row->hash};
    memcpy(e->kind, row->kind, strlen(row->kind) + 1);
    e->forgotten = ond__row_has_payload(row) && !row->payload;
    if (!row->payload || row->payload_n < OND__SALT) return OND_OK;
    ond_str text = {(const char *)row->payload + OND__SALT, row->payload_n - OND__SALT};
    int rc = ond_json_parse(text, &e->body, err);
    return rc == OND_E_NOMEM ? rc : OND_OK;
}

static int odd_row(ond_store *s, const ond__row *row, ond_err *err)
{
    return ond_fail(err, OND_E_STORE,
                    "row %lld of the journal in %s cannot be read: run `ondol log verify`",
                    (long long)row->id, s->path);
}

int ond_store_event(ond_store *s, int64_t id, ond_event *out, ond_err *err)
{
    *out = (ond_event){0};
    sqlite3_stmt *st;
    int rc = ond__sql(s, OND__ST_EVENT, "read the journal", &st, err);
    if (rc != 0) return rc;
    sqlite3_bind_int64(st, 1, id);
    int step = sqlite3_step(st);
    ond__row row;
    if (step == SQLITE_DONE)
        rc = ond_fail(err, OND_E_NOT_FOUND, "there is no event %lld in the journal", (long long)id);
    else if (step != SQLITE_ROW)
        rc = ond__sql_fail(s, step, "read the journal", err);
    else
        rc = ond__row_read(st, &row) ? event_of(&row, out, err) : odd_row(s, &row, err);
    sqlite3_reset(st);
    return rc;
}

/* Hands out the rows of `st`, which it finalizes. */
static int each_row(ond_store *s, sqlite3_stmt *st, ond_event_fn *fn, void *self, ond_err *err)
{
    int step, rc = OND_OK;
    bool more = true;
    while (more && rc == 0 && (step = sqlite3_step(st)) != SQLITE_DONE) {
        ond__row row;
        ond_event e;
        if (step != SQLITE_ROW)
            rc = ond__sql_fail(s, step, "read the journal", err);
        else if (!ond__row_read(st, &row))
            rc = odd_row(s, &row, err);
        else
            rc = event_of(&row, &e, err);
        if (rc != 0) break;
        more = fn(self, &e);
        ond_event_free(&e);
    }
    sqlite3_finalize(st);
    return rc;
}

static void bind_conditions(sqlite3_stmt *st, const ond_event_query *q)
{
    int n = 0;
    if (q->kind) ond__sql_text(st, ++n, q->kind);
    if (q->ref) sqlite3_bind_int64(st, ++n, q->ref);
    if (q->task) sqlite3_bind_int64(st, ++n, q->task);
    if (q->before) sqlite3_bind_int64(st, ++n, q->before);
    if (q->after) sqlite3_bind_int64(st, ++n, q->after);
    if (q->since) sqlite3_bind_int64(st, ++n, q->since);
    if (q->until) sqlite3_bind_int64(st, ++n, q->until);
    if (q->limit) sqlite3_bind_int64(st, ++n, q->limit > INT64_MAX ? INT64_MAX : (int64_t)q->limit);
}

int ond_store_each(ond_store *s, const ond_event_query *q, ond_event_fn *fn, void *self,
                   ond_err *err)
{
    ond_buf sql = {0};
    ond_buf_puts(&sql, "SELECT " OND__ROW_COLUMNS OND__ROW_TABLES "WHERE e.id > 0");
    ond_buf_puts(&sql, q->kind ? " AND e.kind = ?" : "");
    ond_buf_puts(&sql, q->ref ? " AND e.ref <> 0 AND e.ref = ?" : "");
    ond_buf_puts(&sql, q->task ? " AND e.task = ?" : "");
    ond_buf_puts(&sql, q->before ? " AND e.id < ?" : "");
    ond_buf_puts(&sql, q->after ? " AND e.id > ?" : "");
    ond_buf_puts(&sql, q->since ? " AND e.at >= ?" : "");
    ond_buf_puts(&sql, q->until ? " AND e.at < ?" : "");
    ond_buf_puts(&sql, q->newest_first ? " ORDER BY e.id DESC" : " ORDER BY e.id");
    ond_buf_puts(&sql, q->limit ? " LIMIT ?" : "");
    if (!ond_buf_ok(&sql)) {
        ond_buf_free(&sql);
        return ond_nomem(err, "reading the journal");
    }
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql.p, (int)sql.n, &st, NULL);
    ond_buf_free(&sql);
    if (rc != SQLITE_OK) return ond__sql_fail(s, rc, "read the journal", err);
    bind_conditions(st, q);
    return each_row(s, st, fn, self, err);
}

int ond_store_open_intents(ond_store *s, ond_event_fn *fn, void *self, ond_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db,
                                "SELECT " OND__ROW_COLUMNS OND__ROW_TABLES
                                "JOIN open_intent o ON o.id = e.id ORDER BY o.id",
                                -1, &st, NULL);
    if (rc != SQLITE_OK) return ond__sql_fail(s, rc, "read the journal", err);
    return each_row(s, st, fn, self, err);
}

/* ---- forgetting ---- */

static cJSON *forget_body(int64_t task, ond_ms before, int64_t erased)
{
    cJSON *body = cJSON_CreateObject();
    bool ok = body && ond_json_set_num(body, "erased", (double)erased) &&
              (task ? ond_json_set_num(body, "task", (double)task)
                    : ond_json_set_num(body, "before", (double)before));
    if (ok) return body;
    cJSON_Delete(body);
    return NULL;
}

/* Erases, and says so in a row. The row of an intent that is still open keeps its payload: settling
 * it needs that. */
static int forget(ond_store *s, int64_t task, ond_ms before, int64_t *erased, ond_err *err)
{
    sqlite3_stmt *st;
    int rc = ond__sql(s, task ? OND__ST_FORGET_TASK : OND__ST_FORGET_BEFORE, "forget", &st, err);
    if (rc != 0) return rc;
    sqlite3_bind_int64(st, 1, task ? task : before);
    rc = ond__sql_run(s, st, "forget", err);
    if (rc != 0) return rc;
    *erased = sqlite3_changes64(s->db);
    if (*erased == 0) return OND_OK;
    cJSON *body = forget_body(task, before, *erased);
    if (!body) {
        s->failed = true;
        return ond_nomem(err, "forgetting");
    }
    s->scrub = true;
    rc = ond_store_append(s, "forget", ond_now(), 0, 0, body, NULL, err);
    cJSON_Delete(body);
    return rc;
}

int ond_store_forget(ond_store *s, int64_t task, ond_ms before, int64_t *erased, ond_err *err)
{
    int64_t n = 0;
    bool alone = !s->in_transaction;
    if (erased) *erased = 0;
    if (task <= 0 && before <= 0)
        return ond_fail(err, OND_E_INPUT, "say what to forget: one task, or all before an instant");
    int rc = alone ? ond_store_begin(s, err) : OND_OK;
    if (rc != 0) return rc;
    rc = forget(s, task, before, &n, err);
    if (alone && rc == 0)
        rc = ond_store_commit(s, err);
    else if (alone)
        ond_store_abort(s);
    if (rc == 0 && erased) *erased = n;
    return rc;
}
