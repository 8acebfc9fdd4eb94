/* salvage.c - a damaged file is set aside, and what is good in it goes on in a new one.
 *
 * 1. The new file is made beside, as store.db.part, while the damaged one stays where it is: rows
 * of the journal in order, until one does not follow or cannot be read; then the state and the
 * readings, as far as they can be read; then a `note` row that names the damaged file.
 * 2. Complete, it becomes store.db.rescued; its end is signed into the head's other slot; store.db
 * and its WAL are renamed; store.db.rescued becomes store.db.
 * 3. A crash at any point either leaves the damaged file in its place (all is done again) or leaves
 * store.db.rescued without a store.db, which ond__salvage_resume finishes. Nothing is ever deleted
 * but our own unfinished part and the copy we read from (graft.c). */
#include "store/internal.h"
#include "sys/clock.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

int ond__aside_name(const char *dir, const char *prefix, char out[256], ond_err *err)
{
    char path[PATH_MAX];
    struct stat st;
    ond_civil c;
    ond_civil_of(ond_now(), "UTC", &c);
    for (int i = 1; i < 1000; i++) {
        int n = snprintf(out, 256, "%s-%04d%02d%02dT%02d%02d%02d", prefix, c.year, c.month, c.day,
                         c.hour, c.minute, c.second);
        if (i > 1 && n > 0 && n < 240) snprintf(out + n, 256 - (size_t)n, "-%d", i);
        if ((size_t)snprintf(path, sizeof path, "%s/%s", dir, out) >= sizeof path)
            return ond_file_fail(err, ENAMETOOLONG, "name a file in", dir);
        if (lstat(path, &st) != 0) return OND_OK;
    }
    return ond_fail(err, OND_E_STORE, "%s holds a thousand files named %s: remove the old ones",
                    dir, prefix);
}

/* ---- names ---- */

static int name(char out[PATH_MAX], const ond_store *s, const char *base, const char *tail,
                ond_err *err)
{
    if ((size_t)snprintf(out, PATH_MAX, "%s/%s%s", s->dir, base, tail) < PATH_MAX) return OND_OK;
    return ond_file_fail(err, ENAMETOOLONG, "name a file in", s->dir);
}

/* A file with a tail (the WAL, the index) need not be there. */
static int move(const ond_store *s, const char *from, const char *to, const char *tail,
                ond_err *err)
{
    char a[PATH_MAX], b[PATH_MAX];
    int rc = name(a, s, from, tail, err);
    if (rc == 0) rc = name(b, s, to, tail, err);
    if (rc == 0 && rename(a, b) != 0 && (errno != ENOENT || !tail[0]))
        rc = ond_file_fail(err, errno, "rename", a);
    return rc;
}

static int clear(const ond_store *s, const char *base, ond_err *err)
{
    static const char *const tails[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
        char path[PATH_MAX];
        int rc = name(path, s, base, tails[i], err);
        if (rc != 0) return rc;
        if (unlink(path) != 0 && errno != ENOENT) return ond_file_fail(err, errno, "remove", path);
    }
    return OND_OK;
}

/* store.db (unless it is gone already), its WAL and its index become NAME. */
static int set_aside(const ond_store *s, const char *to, bool database, ond_err *err)
{
    int rc = database ? move(s, "store.db", to, "", err) : OND_OK;
    if (rc == 0) rc = move(s, "store.db", to, "-wal", err);
    if (rc == 0) rc = move(s, "store.db", to, "-shm", err);
    return rc;
}

/* ---- copying ---- */

/* A fault of the damaged file, or of the disk under it, ends the copy; one of this process (memory,
 * descriptors) must not be taken for its end. */
static bool is_ours(int rc)
{
    int kind = rc & 0xff;
    return kind == SQLITE_NOMEM || kind == SQLITE_CANTOPEN || kind == SQLITE_BUSY ||
           rc == SQLITE_IOERR_NOMEM;
}

static int end_copy(ond_store *part, int step, ond_err *err)
{
    return is_ours(step) ? ond__sql_fail(part, step, "rescue the journal", err) : OND_OK;
}

/* Copies the rows that follow each other. */
static int copy_rows(ond_store *part, sqlite3 *damaged, ond_err *err)
{
    sqlite3_stmt *st = NULL;
    int rc = OND_OK;
    int step = sqlite3_prepare_v2(
        damaged, "SELECT " OND__ROW_COLUMNS OND__ROW_TABLES "ORDER BY e.id", -1, &st, NULL);
    while (rc == 0 && st && (step = sqlite3_step(st)) == SQLITE_ROW) {
        ond__row row;
        if (!ond__row_read(st, &row) || ond__row_check(&row, &part->now)) break;
        rc = ond__row_insert(part, &row, err);
        if (rc == 0) part->now = (ond__tip){row.id, row.hash};
    }
    sqlite3_finalize(st);
    return rc == 0 ? end_copy(part, step, err) : rc;
}

static int copy_row(ond_store *part, sqlite3_stmt *from, sqlite3_stmt *to, ond_err *err)
{
    for (int i = 0; i < sqlite3_column_count(from); i++) {
        int rc = sqlite3_bind_value(to, i + 1, sqlite3_column_value(from, i));
        if (rc != SQLITE_OK) return ond__sql_fail(part, rc, "rescue the store", err);
    }
    return ond__sql_run(part, to, "rescue the store", err);
}

static int copy_table(ond_store *part, sqlite3 *damaged, const char *select, ond__statement insert,
                      ond_err *err)
{
    sqlite3_stmt *from = NULL, *to;
    int step = sqlite3_prepare_v2(damaged, select, -1, &from, NULL);
    int rc = ond__sql(part, insert, "rescue the store", &to, err);
    while (rc == 0 && from && (step = sqlite3_step(from)) == SQLITE_ROW)
        rc = copy_row(part, from, to, err);
    sqlite3_finalize(from);
    return rc == 0 ? end_copy(part, step, err) : rc;
}

static int add_note(ond_store *part, const char *aside, int64_t rescued, const ond__record *head,
                    ond_err *err)
{
    cJSON *body = cJSON_CreateObject();
    int64_t lost = head && head->tip.count > rescued ? head->tip.count - rescued : 0;
    bool ok = body && ond_json_set_str(body, "set_aside", aside) &&
              ond_json_set_num(body, "rescued", (double)rescued) &&
              ond_json_set_num(body, "lost", (double)lost);
    int rc = ok ? ond_store_append(part, "note", ond_now(), 0, 0, body, NULL, err)
                : ond_nomem(err, "rescuing the journal");
    cJSON_Delete(body);
    return rc;
}

/* Everything that goes into the new file. */
static int fill(ond_store *part, sqlite3 *damaged, const char *aside, const ond__record *head,
                int64_t *rescued, ond_err *err)
{
    int rc = copy_rows(part, damaged, err);
    *rescued = part->now.count;
    if (rc == 0)
        rc = copy_table(part, damaged, "SELECT space, key, value FROM state", OND__ST_STATE_PUT,
                        err);
    if (rc == 0)
        rc = copy_table(part, damaged, "SELECT entity, n, at, value FROM reading",
                        OND__ST_READING_ADD, err);
    return rc == 0 ? add_note(part, aside, *rescued, head, err) : rc;
}

static int run(ond_store *part, const char *sql, ond_err *err)
{
    int rc = sqlite3_exec(part->db, sql, NULL, NULL, NULL);
    return rc == SQLITE_OK ? OND_OK : ond__sql_fail(part, rc, "make a new store", err);
}

/* The WAL is emptied: the one file holds all. */
static int flush(ond_store *part, ond_err *err)
{
    if (ond__db_flush(part->db)) return OND_OK;
    return ond_fail(err, OND_E_IO, "cannot finish %s: free some space or check the disk",
                    part->path);
}

static int begin_part(ond_store *part, ond_err *err)
{
    bool ignored = false;
    int from, sql = ond__db_open(part->path, OND__OPEN_WRITE, &part->db);
    if (sql != SQLITE_OK) return ond__sql_fail(part, sql, "make a new store", err);
    int rc = ond__schema_migrate(part, &ond__schema_now, &from, &ignored, err);
    return rc == 0 ? flush(part, err) : rc;
}

/* `part` has no lock and no head, so its one transaction is SQLite's alone. */
static int build(ond_store *part, sqlite3 *damaged, const char *aside, const ond__record *head,
                 int64_t *rescued, ond_err *err)
{
    int rc = run(part, "BEGIN IMMEDIATE", err);
    if (rc != 0) return rc;
    part->in_transaction = true;
    rc = fill(part, damaged, aside, head, rescued, err);
    part->in_transaction = false;
    if (rc == 0) rc = run(part, "COMMIT", err);
    return rc == 0 ? flush(part, err) : rc;
}

/* Can a row be asked for? Its first page may be gone though the file opens. */
static bool has_journal(sqlite3 *db)
{
    sqlite3_stmt *st = NULL;
    bool has = sqlite3_prepare_v2(db, "SELECT " OND__ROW_COLUMNS OND__ROW_TABLES, -1, &st, NULL) ==
               SQLITE_OK;
    sqlite3_finalize(st);
    return has;
}

/* The damaged file as SQLite can read it: as it is or, without its first page, a copy that has one.
 * What cannot be read at all gives no rows. */
static int open_evidence(ond_store *s, ond_store *part, sqlite3 **damaged, ond_err *err)
{
    char graft[PATH_MAX];
    int rc = OND_OK, opened = ond__db_open(s->path, OND__OPEN_EVIDENCE, damaged);
    if (is_ours(opened)) return ond__sql_fail(s, opened, "rescue the journal", err);
    if (opened == SQLITE_OK && has_journal(*damaged)) return OND_OK;
    sqlite3_close(*damaged);
    *damaged = NULL;
    rc = name(graft, s, "store.db.graft", "", err);
    if (rc == 0) rc = ond__graft(s->path, part->path, graft, err);
    if (rc != 0) return rc;
    opened = ond__db_open(graft, OND__OPEN_EVIDENCE, damaged);
    return is_ours(opened) ? ond__sql_fail(s, opened, "rescue the journal", err) : OND_OK;
}

static void close_part(ond_store *part)
{
    for (int i = 0; i < OND__ST_COUNT; i++) sqlite3_finalize(part->statement[i]);
    sqlite3_close(part->db);
}

static int make_part(ond_store *s, ond_store_news *news, ond__tip *end, ond_err *err)
{
    char path[PATH_MAX];
    sqlite3 *damaged = NULL;
    int rc = clear(s, "store.db.part", err);
    if (rc == 0) rc = name(path, s, "store.db.part", "", err);
    if (rc != 0) return rc;
    ond_store part = {.dir = s->dir, .path = path, .lock.fd = -1, .head.fd = -1};
    rc = begin_part(&part, err);
    if (rc == 0) rc = open_evidence(s, &part, &damaged, err);
    if (rc == 0)
        rc = build(&part, damaged, news->set_aside, ond__head_best(&s->head), &news->rescued, err);
    *end = part.now;
    close_part(&part);
    sqlite3_close(damaged);
    if (rc != 0) (void)!clear(s, "store.db.part", NULL);
    (void)!clear(s, "store.db.graft", NULL);
    return rc;
}

/* ---- the exchange ---- */

/* From here on both ends are right: the damaged store's and the rescued one's. A head that is
 * missing or of another key is left to be judged when the store opens. */
static int sign_end(ond_store *s, const ond__tip *end, ond_err *err)
{
    const ond__record *best = ond__head_best(&s->head);
    if (!best || !best->valid) return OND_OK;
    ond__record next = *best;
    next.tip = *end;
    s->head.good = best == &s->head.slot[0] ? 0 : 1;
    return ond__head_prepare(&s->head, &next, err);
}

static int finish(ond_store *s, ond_err *err)
{
    int rc = move(s, "store.db.rescued", "store.db", "", err);
    return rc == 0 ? ond_dir_sync(s->dir, err) : rc;
}

static int exchange(ond_store *s, ond_store_news *news, ond_err *err)
{
    ond__tip end;
    int rc = ond__aside_name(s->dir, "store.db.damaged", news->set_aside, err);
    if (rc == 0) rc = make_part(s, news, &end, err);
    if (rc == 0) rc = move(s, "store.db.part", "store.db.rescued", "", err);
    if (rc == 0) rc = ond_dir_sync(s->dir, err);
    if (rc == 0) rc = sign_end(s, &end, err);
    if (rc == 0) rc = set_aside(s, news->set_aside, true, err);
    return rc == 0 ? finish(s, err) : rc;
}

int ond__salvage(ond_store *s, ond_store_news *news, ond_err *err)
{
    ond_err why = {0};
    if (err) why = *err;
    int rc = exchange(s, news, err);
    if (rc != 0) {
        news->set_aside[0] = '\0';
        ond_err_prefix(err, "%s, and could not be set aside",
                       why.text[0] ? why.text : "the store is damaged");
        return rc;
    }
    char mark[PATH_MAX];
    if (name(mark, s, "damaged", "", NULL) == 0) unlink(mark);
    return OND_OK;
}

int ond__salvage_resume(ond_store *s, ond_err *err)
{
    char rescued[PATH_MAX], aside[256];
    int rc = name(rescued, s, "store.db.rescued", "", err);
    if (rc != 0 || !ond_file_exists(rescued)) return rc;
    if (ond_file_exists(s->path)) { /* the damaged file was not moved yet: all is done again */
        if (unlink(rescued) != 0) return ond_file_fail(err, errno, "remove", rescued);
        return OND_OK;
    }
    rc = ond__aside_name(s->dir, "store.db.damaged", aside, err);
    if (rc == 0) rc = set_aside(s, aside, false, err);
    return rc == 0 ? finish(s, err) : rc;
}
