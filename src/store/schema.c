/* schema.c - the tables, and the steps from each version of them to the next.
 *
 * To change the schema: append a step, never edit one that was released; the number of steps is the
 * version (PRAGMA user_version). All steps of one opening are one transaction. `event` and
 * `payload` are what docs/journal.md describes: change them only with that page and a new domain
 * string in row.c. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#define HEADER 100

static const char *const steps[] = {
    /* 1 */
    "CREATE TABLE event (id INTEGER PRIMARY KEY, at INTEGER NOT NULL, kind TEXT NOT NULL, ref "
    "INTEGER NOT NULL,"
    "  task INTEGER NOT NULL, digest BLOB NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE INDEX event_task ON event (task);"
    "CREATE INDEX event_ref ON event (ref) WHERE ref <> 0;"
    "CREATE TABLE payload (id INTEGER PRIMARY KEY REFERENCES event (id), body BLOB NOT NULL) "
    "STRICT;"
    "CREATE TABLE open_intent (id INTEGER PRIMARY KEY REFERENCES event (id)) STRICT;"
    "CREATE TABLE state (space TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
    "  PRIMARY KEY (space, key)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE reading (entity TEXT NOT NULL, n INTEGER NOT NULL, at INTEGER NOT NULL, value "
    "TEXT NOT NULL,"
    "  PRIMARY KEY (entity, n)) STRICT, WITHOUT ROWID;",
};

const ond__schema ond__schema_now = {steps, sizeof steps / sizeof *steps};

static int newer(const char *path, unsigned found, int known, ond_err *err)
{
    return ond_fail(
        err, OND_E_STORE,
        "%s was written by a newer ondol (store version %u, this one knows %d): use that version; "
        "the file was left as it is",
        path, found, known);
}

static int foreign(const char *path, unsigned id, ond_err *err)
{
    return ond_fail(err, OND_E_STORE,
                    "%s is a database of another program (application id %#x): move it elsewhere; "
                    "it was left as it is",
                    path, id);
}

static unsigned big_endian(const unsigned char *p)
{
    return (unsigned)p[0] << 24 | (unsigned)p[1] << 16 | (unsigned)p[2] << 8 | p[3];
}

static int judge(const char *path, unsigned id, unsigned version, int known, ond_err *err)
{
    if (id != OND__APPLICATION_ID && (id != 0 || version != 0)) return foreign(path, id, err);
    return version > (unsigned)known ? newer(path, version, known, err) : OND_OK;
}

int ond__schema_peek(const char *path, const ond__schema *schema, bool *damaged, ond_err *err)
{
    *damaged = false;
    unsigned char h[HEADER];
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return errno == ENOENT ? OND_OK : ond_file_fail(err, errno, "open", path);
    ssize_t n = pread(fd, h, sizeof h, 0);
    int saved = errno;
    close(fd);
    if (n < 0) return ond_file_fail(err, saved, "read", path);
    if (n == 0) return OND_OK;
    if (n < HEADER || memcmp(h, "SQLite format 3", 16) != 0) {
        *damaged = true;
        return OND_OK;
    }
    return judge(path, big_endian(h + 68), big_endian(h + 60), schema->versions, err);
}

static int pragma_int(ond_store *s, const char *sql, int *out, bool *damaged, ond_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
    if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
        *out = sqlite3_column_int(st, 0);
        rc = SQLITE_OK;
    }
    sqlite3_finalize(st);
    if (rc == SQLITE_OK) return OND_OK;
    *damaged |= ond__sql_damaged(rc);
    return ond__sql_fail(s, rc, "read the store's version", err);
}

static int run_steps(ond_store *s, const ond__schema *schema, int from, ond_err *err)
{
    char last[96];
    int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (int v = from; rc == SQLITE_OK && v < schema->versions; v++)
        rc = sqlite3_exec(s->db, schema->step[v], NULL, NULL, NULL);
    snprintf(last, sizeof last, "PRAGMA application_id=%d; PRAGMA user_version=%d; COMMIT",
             OND__APPLICATION_ID, schema->versions);
    if (rc == SQLITE_OK) rc = sqlite3_exec(s->db, last, NULL, NULL, NULL);
    if (rc == SQLITE_OK) return OND_OK;
    int code = ond__sql_fail(s, rc, "bring the store to this version", err);
    sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    return code;
}

int ond__schema_migrate(ond_store *s, const ond__schema *schema, int *from, bool *damaged,
                        ond_err *err)
{
    int id = 0, version = 0, tables = 0;
    *from = 0;
    int rc = pragma_int(s, "PRAGMA application_id", &id, damaged, err);
    if (rc == 0) rc = pragma_int(s, "PRAGMA user_version", &version, damaged, err);
    if (rc == 0) rc = pragma_int(s, "SELECT count(*) FROM sqlite_schema", &tables, damaged, err);
    if (rc == 0) rc = judge(s->path, (unsigned)id, (unsigned)version, schema->versions, err);
    if (rc == 0 && id == 0 && tables > 0) rc = foreign(s->path, 0, err);
    if (rc != 0) return rc;
    *from = version;
    if (s->read_only && version == schema->versions) return OND_OK;
    if (s->read_only)
        return ond_fail(
            err, OND_E_STORE,
            "%s is of store version %d: run `ondol up` or `ondol do` once to bring it to %d",
            s->path, version, schema->versions);
    /* SQLite goes on with a file, or a WAL, that it could open for reading only; an attempt to
     * write shows it. */
    int sql =
        sqlite3_exec(s->db, "PRAGMA journal_mode=WAL; BEGIN IMMEDIATE; ROLLBACK", NULL, NULL, NULL);
    if (sql == SQLITE_OK && sqlite3_db_readonly(s->db, "main") == 1) sql = SQLITE_READONLY;
    if (sql != SQLITE_OK) {
        *damaged |= ond__sql_damaged(sql);
        return ond__sql_fail(s, sql, "open the store", err);
    }
    return version == schema->versions ? OND_OK : run_steps(s, schema, version, err);
}
