/* sql.c - the connection: how it is set up, its statements, and what its errors mean to a person.
 *
 * One connection, one thread. sqlite3_bind_int64 and the static text and blob binds used in this
 * room cannot fail: they allocate nothing. */
#include "store/internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static const char *const texts[] = {
#define STATEMENT(name, sql) [OND__ST_##name] = sql,
#include "store/statements.def"
#undef STATEMENT
};

/* SQLite says so, too, when a read failed (EIO); that may pass, so the store is opened twice before
 * it is set aside. */
bool ond__sql_damaged(int rc)
{
    return (rc & 0xff) == SQLITE_CORRUPT || (rc & 0xff) == SQLITE_NOTADB;
}

/* Leaves a mark, so that the next opening looks at every page. */
static void mark_damaged(const ond_store *s)
{
    char path[PATH_MAX];
    if (s->read_only || (size_t)snprintf(path, sizeof path, "%s/damaged", s->dir) >= sizeof path)
        return;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
}

static int io_fail(ond_store *s, int rc, const char *doing, ond_err *err)
{
    int errnum = s->db ? sqlite3_system_errno(s->db) : 0;
    if ((rc & 0xff) == SQLITE_FULL)
        errnum = ENOSPC;
    else if ((rc & 0xff) == SQLITE_READONLY) {
        if (access(s->path, W_OK) == 0 && access(s->dir, W_OK) == 0)
            return ond_fail(err, OND_E_IO,
                            "cannot %s: %s could be opened for reading only; try again", doing,
                            s->path);
        errnum = errno;
    }
    if (errnum == 0 || errnum == ENOENT) errnum = (rc & 0xff) == SQLITE_IOERR ? EIO : EACCES;
    int code = ond_file_fail(err, errnum, "use", s->path);
    ond_err_prefix(err, "cannot %s", doing);
    return code;
}

int ond__sql_fail(ond_store *s, int rc, const char *doing, ond_err *err)
{
    s->failed = s->in_transaction;
    if (ond__sql_damaged(rc)) {
        mark_damaged(s);
        return ond_fail(err, OND_E_STORE,
                        "cannot %s: %s is damaged; end ondol and start it again: the file is then "
                        "set aside and the "
                        "good part of the journal is kept",
                        doing, s->path);
    }
    switch (rc & 0xff) {
    case SQLITE_NOMEM:
        return ond_nomem(err, doing);
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
        return io_fail(s, rc, doing, err);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ond_fail(err, OND_E_BUSY,
                        "cannot %s: another program holds %s; end it and try again", doing,
                        s->path);
    case SQLITE_TOOBIG:
        return ond_fail(err, OND_E_INPUT, "cannot %s: the value is too large for %s", doing,
                        s->path);
    default:
        return ond_fail(err, OND_E_STORE, "cannot %s: %s (%s)", doing,
                        s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc), s->path);
    }
}

int ond__sql(ond_store *s, ond__statement which, const char *doing, sqlite3_stmt **out,
             ond_err *err)
{
    if (!s->statement[which]) {
        int rc = sqlite3_prepare_v3(s->db, texts[which], -1, SQLITE_PREPARE_PERSISTENT,
                                    &s->statement[which], NULL);
        if (rc != SQLITE_OK) return ond__sql_fail(s, rc, doing, err);
    }
    *out = s->statement[which];
    return OND_OK;
}

int ond__sql_run(ond_store *s, sqlite3_stmt *st, const char *doing, ond_err *err)
{
    int rc;
    while ((rc = sqlite3_step(st)) == SQLITE_ROW)
        ;
    sqlite3_reset(st);
    sqlite3_clear_bindings(st);
    return rc == SQLITE_DONE ? OND_OK : ond__sql_fail(s, rc, doing, err);
}

void ond__sql_text(sqlite3_stmt *st, int at, const char *text)
{
    sqlite3_bind_text(st, at, text, -1, SQLITE_STATIC);
}

/* synchronous FULL: a commit is on disk when it returns. secure_delete: what is erased is
 * overwritten. About 1 MB of cache; the WAL shrinks back to 4 MB after a checkpoint. */
static const char settings[] = "PRAGMA synchronous=FULL; PRAGMA secure_delete=ON; PRAGMA "
                               "foreign_keys=ON; PRAGMA cache_size=-1024;"
                               "PRAGMA temp_store=MEMORY; PRAGMA trusted_schema=OFF; PRAGMA "
                               "cell_size_check=ON; PRAGMA mmap_size=0;"
                               "PRAGMA journal_size_limit=4194304;";

/* A folder that cannot be written has no room for the WAL's index; without a WAL the file can be
 * read as it is. */
static int open_immutable(const char *path, sqlite3 **db)
{
    char wal[PATH_MAX], uri[3 * PATH_MAX + 32], *at = uri;
    if ((size_t)snprintf(wal, sizeof wal, "%s-wal", path) >= sizeof wal || ond_file_exists(wal))
        return SQLITE_CANTOPEN;
    at += sprintf(at, "file:");
    for (const unsigned char *p = (const unsigned char *)path; *p; p++)
        at += sprintf(at, *p == '%' || *p == '?' || *p == '#' ? "%%%02x" : "%c", *p);
    sprintf(at, "?immutable=1");
    sqlite3_close(*db);
    return sqlite3_open_v2(uri, db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI,
                           NULL);
}

static int set_up(sqlite3 *db, int how)
{
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, 2000);
    if (how == OND__OPEN_EVIDENCE) {
        /* Leaves the WAL as it is; and reads what is left of a file that was cut (that is what a
         * writable schema allows). */
        sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        sqlite3_db_config(db, SQLITE_DBCONFIG_WRITABLE_SCHEMA, 1, NULL);
    } else {
        sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    }
    return sqlite3_exec(db, settings, NULL, NULL, NULL);
}

/* The first read: the file's header and its schema. Nothing is written yet: it may be another
 * program's. */
static int first_look(sqlite3 *db, int how)
{
    int rc = set_up(db, how);
    return rc == SQLITE_OK
               ? sqlite3_exec(db, "SELECT count(*) FROM sqlite_schema", NULL, NULL, NULL)
               : rc;
}

/* SQLite would make the file as wide as the umask allows; its WAL takes the file's mode. */
static void make_narrow(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) close(fd);
}

int ond__db_open(const char *path, int how, sqlite3 **db)
{
    if (how == OND__OPEN_WRITE) make_narrow(path);
    int flags =
        how == OND__OPEN_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    *db = NULL;
    int rc = sqlite3_open_v2(path, db, flags | SQLITE_OPEN_NOMUTEX, NULL);
    if (rc == SQLITE_OK) rc = first_look(*db, how);
    if (how == OND__OPEN_READ &&
        ((rc & 0xff) == SQLITE_CANTOPEN || (rc & 0xff) == SQLITE_READONLY)) {
        int again = open_immutable(path, db);
        if (again == SQLITE_OK) return first_look(*db, how);
    }
    return rc;
}

bool ond__db_flush(sqlite3 *db)
{
    return sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL) == SQLITE_OK;
}
