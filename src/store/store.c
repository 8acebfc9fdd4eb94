/* store.c - opening, closing, and transactions.
 *
 * Opening looks only at what it must (the file's first bytes, its schema, the last two rows, the
 * head): a store of any size opens in the same time. ond_store_verify looks at all. */
#include "store/internal.h"
#include "sys/clock.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static void close_db(ond_store *s)
{
    for (int i = 0; i < OND__ST_COUNT; i++) {
        sqlite3_finalize(s->statement[i]);
        s->statement[i] = NULL;
    }
    sqlite3_close(s->db);
    s->db = NULL;
}

void ond_store_close(ond_store *s)
{
    if (!s) return;
    if (s->db && s->in_transaction) ond_store_abort(s);
    close_db(s);
    ond__head_close(&s->head);
    ond_lock_drop(&s->lock);
    free(s->dir);
    free(s->path);
    free(s);
}

/* ---- the head against the store's end ---- */

static void say_mismatch(ond_store *s, const ond__record *best)
{
    size_t n = sizeof s->tampered;
    long long have = (long long)s->tip.count;
    if (!best)
        snprintf(s->tampered, n,
                 "the signed head is missing or unreadable, though the journal has %lld rows",
                 have);
    else if (best->foreign)
        snprintf(
            s->tampered, n,
            "the head was signed with another device key (it says %lld rows; the journal has %lld)",
            (long long)best->tip.count, have);
    else if (best->tip.count > s->tip.count)
        snprintf(s->tampered, n,
                 "the journal ends at row %lld, but its signed head says %lld rows: its tail was "
                 "cut, or "
                 "an older copy was put back",
                 have, (long long)best->tip.count);
    else if (best->tip.count < s->tip.count)
        snprintf(
            s->tampered, n,
            "the journal has %lld rows, but its signed head says %lld: rows were added by another "
            "program, or an older head was put back",
            have, (long long)best->tip.count);
    else
        snprintf(s->tampered, n,
                 "the journal's last row, %lld, is not the one that its signed head says", have);
}

static void say_flagged(ond_store *s, const ond__record *r)
{
    ond_buf when = {0};
    ond_iso_put(&when, r->flagged_at, "UTC");
    snprintf(s->tampered, sizeof s->tampered,
             "at %s the journal did not fit its signed head, which said %lld rows; what came "
             "before that is in doubt",
             ond_buf_z(&when), (long long)r->expected.count);
    ond_buf_free(&when);
}

/* Compares the end of the store with the head. A head that does not fit is kept beside, and the new
 * one carries the mark from then on. */
static int judge_head(ond_store *s, ond_err *err)
{
    ond__head *h = &s->head;
    const ond__record *best = ond__head_best(h);
    if (ond__head_match(h, &s->tip)) {
        if (h->slot[h->good].flags & OND__HEAD_TAMPERED) say_flagged(s, &h->slot[h->good]);
        if (!s->read_only && (!h->slot[0].valid || !h->slot[1].valid ||
                              !ond__tip_eq(&h->slot[0].tip, &h->slot[1].tip))) {
            h->good = 1 - h->good; /* settle copies from the slot it leaves */
            ond__head_settle(h);
        }
        return OND_OK;
    }
    bool fresh = s->tip.count == 0 && !best && h->fd < 0;
    if (!fresh) say_mismatch(s, best);
    if (s->read_only) return OND_OK;
    ond__record r = {.tip = s->tip};
    if (!fresh) {
        r.flags = OND__HEAD_TAMPERED;
        r.flagged_at = ond_now();
        if (best) r.expected = best->flags & OND__HEAD_TAMPERED ? best->expected : best->tip;
    }
    return ond__head_create(h, s->dir, &r, !fresh, err);
}

/* A reader beside a running owner may see a head that is a commit older or newer than the rows it
 * reads: it looks again until they fit, for a moment. */
int ond__snapshot(ond_store *s, ond__head *head, ond__tip *tip, ond_err *err)
{
    for (int attempt = 0;; attempt++) {
        bool damaged = false;
        int sql = sqlite3_exec(s->db, "BEGIN", NULL, NULL, NULL);
        if (sql != SQLITE_OK) return ond__sql_fail(s, sql, "read the journal", err);
        int rc = ond__tip_read(s, tip, &damaged, err);
        if (rc == 0) rc = ond__head_reload(head, err);
        if (rc == 0 && (ond__head_match(head, tip) || attempt == 50)) return OND_OK;
        sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
        if (rc != 0) return rc;
        usleep(1000);
    }
}

/* ---- opening ---- */

static char *join(const char *dir, const char *name)
{
    size_t n = strlen(dir) + strlen(name) + 2;
    char *path = malloc(n);
    if (path) snprintf(path, n, "%s/%s", dir, name);
    return path;
}

static int prepare_folder(ond_store *s, ond_err *err)
{
    char path[PATH_MAX];
    if (s->read_only) return OND_OK;
    int rc = ond_dir_make(s->dir, 0700, err);
    if (rc != 0) return rc;
    if ((size_t)snprintf(path, sizeof path, "%s/lock", s->dir) >= sizeof path)
        return ond_file_fail(err, ENAMETOOLONG, "open", s->dir);
    return ond_lock_take(path, &s->lock, err);
}

/* After a fault in mid-use every page is looked at once. */
static bool marked_and_bad(ond_store *s)
{
    char mark[PATH_MAX];
    if (s->read_only || (size_t)snprintf(mark, sizeof mark, "%s/damaged", s->dir) >= sizeof mark ||
        !ond_file_exists(mark))
        return false;
    sqlite3_stmt *st = NULL;
    bool good = sqlite3_prepare_v2(s->db, "PRAGMA quick_check(1)", -1, &st, NULL) == SQLITE_OK &&
                sqlite3_step(st) == SQLITE_ROW && sqlite3_column_text(st, 0) &&
                strcmp((const char *)sqlite3_column_text(st, 0), "ok") == 0;
    int rc = sqlite3_finalize(st);
    bool bad = !good && (rc == SQLITE_OK || ond__sql_damaged(rc));
    if (good) unlink(mark);
    return bad;
}

/* Opens the file and brings it to this version. *damaged asks for a salvage; then the return value
 * is what to say if that is not possible. */
static int open_db(ond_store *s, int *from, bool *damaged, ond_err *err)
{
    *damaged = false;
    int rc = ond__schema_peek(s->path, &ond__schema_now, damaged, err);
    if (rc == 0 && *damaged)
        rc = ond_fail(err, OND_E_STORE, "%s is damaged: it is no database any more", s->path);
    if (rc != 0) return rc;
    int sql = ond__db_open(s->path, s->read_only ? OND__OPEN_READ : OND__OPEN_WRITE, &s->db);
    if (sql != SQLITE_OK) {
        *damaged = ond__sql_damaged(sql);
        return ond__sql_fail(s, sql, "open the store", err);
    }
    rc = ond__schema_migrate(s, &ond__schema_now, from, damaged, err);
    if (rc == 0 && marked_and_bad(s)) {
        *damaged = true;
        rc = ond_fail(err, OND_E_STORE, "%s is damaged", s->path);
    }
    return rc == 0 ? ond__tip_read(s, &s->tip, damaged, err) : rc;
}

static int open_or_salvage(ond_store *s, ond_store_news *news, ond_err *err)
{
    bool damaged = false;
    int from = 0;
    int rc = s->read_only ? OND_OK : ond__salvage_resume(s, err);
    if (rc != 0) return rc;
    if (s->read_only && !ond_file_exists(s->path))
        return ond_fail(err, OND_E_NOT_FOUND, "there is no store yet at %s", s->path);
    rc = open_db(s, &from, &damaged, err);
    if (rc != 0 && damaged && !s->read_only) { /* a second look: a failed read may pass */
        close_db(s);
        rc = open_db(s, &from, &damaged, err);
    }
    if (rc != 0 && damaged && !s->read_only) {
        close_db(s);
        rc = ond__salvage(s, news, err);
        return rc == 0 ? open_db(s, &from, &damaged, err) : rc;
    }
    news->created = rc == 0 && from == 0;
    news->migrated_from = rc == 0 && from != ond__schema_now.versions ? from : 0;
    return rc;
}

static int snapshot_once(ond_store *s, ond_err *err)
{
    int rc = ond__snapshot(s, &s->head, &s->tip, err);
    if (rc == 0) sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
    return rc;
}

static int open_all(ond_store *s, const char *key_path, ond_store_news *news, ond_err *err)
{
    int rc = prepare_folder(s, err);
    if (rc == 0) rc = ond__head_open(&s->head, s->dir, key_path, s->read_only, err);
    if (rc == 0) rc = open_or_salvage(s, news, err);
    if (rc == 0 && s->read_only) rc = snapshot_once(s, err);
    if (rc == 0) rc = judge_head(s, err);
    s->now = s->tip;
    memcpy(news->tampered, s->tampered, sizeof news->tampered);
    return rc;
}

int ond_store_open(const ond_store_opts *opts, ond_store **out, ond_store_news *news, ond_err *err)
{
    ond_store_news ignored;
    news = news ? news : &ignored;
    memset(news, 0, sizeof *news);
    *out = NULL;
    ond_store *s = calloc(1, sizeof *s);
    if (!s) return ond_nomem(err, "opening the store");
    s->lock.fd = s->head.fd = -1;
    s->read_only = opts->read_only;
    s->dir = ond_str_dup(ond_str_of(opts->dir));
    s->path = join(opts->dir, "store.db");
    int rc = s->dir && s->path ? open_all(s, opts->key_path, news, err)
                               : ond_nomem(err, "opening the store");
    if (rc != 0)
        ond_store_close(s);
    else
        *out = s;
    return rc;
}

/* ---- transactions ---- */

/* A commit that failed half-way may have left its frames at the end of the WAL, where a later crash
 * could bring them to life. Emptying the WAL ends the doubt. */
static int end_doubt(ond_store *s, ond_err *err)
{
    bool damaged = false;
    if (!ond__db_flush(s->db))
        return ond_fail(
            err, OND_E_IO,
            "the last write to %s failed, and the disk still does not take it: free some "
            "space or check the disk, then try again",
            s->path);
    int rc = ond__tip_read(s, &s->tip, &damaged, err);
    if (rc == 0 && !ond__head_match(&s->head, &s->tip))
        rc = ond_fail(err, OND_E_STORE,
                      "%s does not fit its head after a failed write: end ondol and start it again",
                      s->path);
    s->doubtful = rc != 0;
    return rc;
}

int ond_store_begin(ond_store *s, ond_err *err)
{
    assert(!s->in_transaction);
    if (s->read_only) return ond_fail(err, OND_E_STORE, "the store was opened for reading only");
    int rc = s->doubtful ? end_doubt(s, err) : OND_OK;
    if (rc != 0) return rc;
    sqlite3_stmt *st;
    rc = ond__sql(s, OND__ST_BEGIN, "begin a change", &st, err);
    if (rc == 0) rc = ond__sql_run(s, st, "begin a change", err);
    s->now = s->tip;
    s->in_transaction = rc == 0;
    s->failed = s->scrub = false;
    return rc;
}

void ond_store_abort(ond_store *s)
{
    if (!s->in_transaction) return;
    /* SQLite has rolled back already after a full disk or the like; it cannot fail otherwise. */
    if (!sqlite3_get_autocommit(s->db)) sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
    s->in_transaction = s->failed = s->scrub = false;
    s->now = s->tip;
}

static int commit(ond_store *s, bool moved, ond_err *err)
{
    sqlite3_stmt *st;
    int rc = OND_OK;
    if (s->failed || sqlite3_get_autocommit(s->db))
        return ond_fail(err, OND_E_STORE,
                        "nothing was written to %s, since a part of the change had failed",
                        s->path);
    if (moved) {
        ond__record next = s->head.slot[s->head.good];
        next.tip = s->now;
        rc = ond__head_prepare(&s->head, &next, err);
    }
    if (rc == 0) rc = ond__sql(s, OND__ST_COMMIT, "write the change", &st, err);
    if (rc == 0) {
        rc = ond__sql_run(s, st, "write the change", err);
        s->doubtful = rc != 0;
    }
    return rc;
}

int ond_store_commit(ond_store *s, ond_err *err)
{
    assert(s->in_transaction);
    bool moved = s->now.count != s->tip.count, scrub = s->scrub;
    int rc = commit(s, moved, err);
    if (rc != 0) {
        ond_store_abort(s);
        return rc;
    }
    s->in_transaction = s->scrub = false;
    s->tip = s->now;
    if (moved) ond__head_settle(&s->head);
    if (scrub) (void)!ond__db_flush(s->db);
    return OND_OK;
}

int64_t ond_store_count(ond_store *s)
{
    bool damaged = false;
    if (s->read_only && ond__tip_read(s, &s->tip, &damaged, NULL) == 0) s->now = s->tip;
    return s->now.count;
}

int ond_store_accept(ond_store *s, ond_err *err)
{
    if (!s->tampered[0]) return OND_OK;
    cJSON *body = cJSON_CreateObject();
    if (!body || !ond_json_set_str(body, "accepted", s->tampered)) {
        cJSON_Delete(body);
        return ond_nomem(err, "accepting the journal");
    }
    int rc = ond_store_begin(s, err);
    if (rc == 0) rc = ond_store_append(s, "note", ond_now(), 0, 0, body, NULL, err);
    cJSON_Delete(body);
    if (rc != 0) {
        ond_store_abort(s);
        return rc;
    }
    ond__record flagged = s->head.slot[s->head.good];
    s->head.slot[s->head.good].flags = 0; /* the next record is made from it */
    rc = ond_store_commit(s, err);
    if (rc == 0)
        s->tampered[0] = '\0';
    else
        s->head.slot[s->head.good] = flagged;
    return rc;
}
