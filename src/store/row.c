/* row.c - one row of the journal: its hash, its columns, and how it follows the row before.
 *
 * hash = BLAKE2b-256("ondol event 1\0\0\0" | former hash | id | at | kind, padded to 16 | ref |
 * task | digest), all integers 8 bytes, little-endian. digest = BLAKE2b-256(salt | text) of the
 * payload, or zero for a row without one. */
#include "store/internal.h"

#include <assert.h>

#define HASHED (16 + OND_HASH_BYTES + 8 + 8 + 16 + 8 + 8 + OND_HASH_BYTES)

bool ond__tip_eq(const ond__tip *a, const ond__tip *b)
{
    return a->count == b->count && memcmp(&a->hash, &b->hash, sizeof a->hash) == 0;
}

static unsigned char *put_bytes(unsigned char *at, const void *bytes, size_t n)
{
    memcpy(at, bytes, n);
    return at + n;
}

static unsigned char *put_i64(unsigned char *at, int64_t value)
{
    uint64_t v = (uint64_t)value;
    for (int i = 0; i < 8; i++) *at++ = (unsigned char)(v >> (8 * i));
    return at;
}

void ond__row_hash(const ond__row *row, const ond_hash *former, ond_hash *out)
{
    unsigned char all[HASHED], *at = all;
    char kind[16] = {0};
    memcpy(kind, row->kind, strnlen(row->kind, OND__KIND_MAX));
    at = put_bytes(at, "ondol event 1\0\0", 16);
    at = put_bytes(at, former->b, sizeof former->b);
    at = put_i64(at, row->id);
    at = put_i64(at, row->at);
    at = put_bytes(at, kind, sizeof kind);
    at = put_i64(at, row->ref);
    at = put_i64(at, row->task);
    at = put_bytes(at, row->digest.b, sizeof row->digest.b);
    assert(at == all + sizeof all);
    ond_hash_of(all, sizeof all, out);
}

bool ond__row_has_payload(const ond__row *row)
{
    static const ond_hash none;
    return memcmp(&row->digest, &none, sizeof none) != 0;
}

static bool read_hash(sqlite3_stmt *st, int column, ond_hash *out)
{
    const void *p = sqlite3_column_blob(st, column);
    if (!p || sqlite3_column_bytes(st, column) != (int)sizeof out->b) return false;
    memcpy(out->b, p, sizeof out->b);
    return true;
}

bool ond__row_read(sqlite3_stmt *st, ond__row *row)
{
    *row = (ond__row){
        .id = sqlite3_column_int64(st, 0),
        .at = sqlite3_column_int64(st, 1),
        .kind = (const char *)sqlite3_column_text(st, 2),
        .ref = sqlite3_column_int64(st, 3),
        .task = sqlite3_column_int64(st, 4),
        .payload = sqlite3_column_blob(st, 7),
        .payload_n = (size_t)sqlite3_column_bytes(st, 7),
    };
    return row->kind && row->kind[0] && strlen(row->kind) <= OND__KIND_MAX &&
           read_hash(st, 5, &row->digest) && read_hash(st, 6, &row->hash);
}

const char *ond__row_check(const ond__row *row, const ond__tip *former)
{
    ond_hash want;
    if (row->id != former->count + 1) return "a row is missing before it";
    ond__row_hash(row, &former->hash, &want);
    if (memcmp(&want, &row->hash, sizeof want) != 0) return "it, or the row before it, was changed";
    if (!row->payload) return NULL;
    ond_hash_of(row->payload, row->payload_n, &want);
    if (memcmp(&want, &row->digest, sizeof want) != 0) return "its content was changed";
    return NULL;
}

static int run_with_id(ond_store *s, ond__statement which, int64_t id, ond_err *err)
{
    sqlite3_stmt *st;
    int rc = ond__sql(s, which, "write the journal", &st, err);
    if (rc != 0) return rc;
    sqlite3_bind_int64(st, 1, id);
    return ond__sql_run(s, st, "write the journal", err);
}

static int insert_payload(ond_store *s, const ond__row *row, ond_err *err)
{
    sqlite3_stmt *st;
    int rc = ond__sql(s, OND__ST_PAYLOAD_ADD, "write the journal", &st, err);
    if (rc != 0) return rc;
    sqlite3_bind_int64(st, 1, row->id);
    rc = sqlite3_bind_blob64(st, 2, row->payload, row->payload_n, SQLITE_STATIC);
    if (rc != SQLITE_OK) return ond__sql_fail(s, rc, "write the journal", err);
    return ond__sql_run(s, st, "write the journal", err);
}

int ond__row_insert(ond_store *s, const ond__row *row, ond_err *err)
{
    sqlite3_stmt *st;
    int rc = ond__sql(s, OND__ST_EVENT_ADD, "write the journal", &st, err);
    if (rc != 0) return rc;
    sqlite3_bind_int64(st, 1, row->id);
    sqlite3_bind_int64(st, 2, row->at);
    ond__sql_text(st, 3, row->kind);
    sqlite3_bind_int64(st, 4, row->ref);
    sqlite3_bind_int64(st, 5, row->task);
    sqlite3_bind_blob(st, 6, row->digest.b, sizeof row->digest.b, SQLITE_STATIC);
    sqlite3_bind_blob(st, 7, row->hash.b, sizeof row->hash.b, SQLITE_STATIC);
    rc = ond__sql_run(s, st, "write the journal", err);
    if (rc == 0 && row->payload) rc = insert_payload(s, row, err);
    if (rc == 0 && strcmp(row->kind, "intent") == 0)
        rc = run_with_id(s, OND__ST_OPEN_ADD, row->id, err);
    if (rc == 0 && row->ref &&
        (strcmp(row->kind, "outcome") == 0 || strcmp(row->kind, "settled") == 0))
        rc = run_with_id(s, OND__ST_OPEN_DROP, row->ref, err);
    return rc;
}

/* The last row and the one before: the chain's end must hold in itself before it is compared with
 * the head. A row that does not follow gives a hash that no head says, so that it is told as what
 * it is. */
int ond__tip_read(ond_store *s, ond__tip *out, bool *damaged, ond_err *err)
{
    *out = (ond__tip){0};
    sqlite3_stmt *st;
    int rc = ond__sql(s, OND__ST_TIP, "read the journal", &st, err);
    if (rc != 0) {
        *damaged |= rc == OND_E_STORE;
        return rc;
    }
    ond__row last = {0}, former = {0};
    ond__tip before = {0};
    bool good = true, one = false, two = false;
    char kind[OND__KIND_MAX + 1] = "";
    rc = sqlite3_step(st);
    if (rc == SQLITE_ROW) {
        one = true;
        good = ond__row_read(st, &last);
        if (good) memcpy(kind, last.kind, strlen(last.kind) + 1);
        last.kind = kind;
        last.payload = NULL;
        rc = sqlite3_step(st);
    }
    if (rc == SQLITE_ROW) {
        two = true;
        good = good && ond__row_read(st, &former);
        before = (ond__tip){former.id, former.hash};
        rc = SQLITE_DONE;
    }
    sqlite3_reset(st);
    if (rc != SQLITE_DONE) {
        *damaged |= ond__sql_damaged(rc);
        return ond__sql_fail(s, rc, "read the journal", err);
    }
    if (!one) return OND_OK;
    *out = (ond__tip){last.id, last.hash};
    if (!good || (!two && last.id != 1) || ond__row_check(&last, &before) != NULL)
        memset(&out->hash, 0xff, sizeof out->hash);
    return OND_OK;
}
