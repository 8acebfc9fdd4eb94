/* internal.h - what the files of this room share: the open store, its statements, its signed head. */
#ifndef OND_STORE_INTERNAL_H
#define OND_STORE_INTERNAL_H

#include "store/store.h"
#include "sys/file.h"

#include <sqlite3.h>

#define OND__APPLICATION_ID 0x4f6e646c /* "Ondl", at byte 68 of the file */
#define OND__KIND_MAX 15
#define OND__SALT 16 /* random bytes before a payload, so that its digest tells nothing */

/* ---- the end of the chain ---- */

typedef struct ond__tip {
    int64_t count; /* rows; the id of the last */
    ond_hash hash; /* of the last row; all zero when there is none */
} ond__tip;
bool ond__tip_eq(const ond__tip *a, const ond__tip *b);

/* ---- the signed head (head.c) ---- */

/* The slots lie in blocks of their own: one torn write spares the other. */
#define OND__HEAD_SLOT 4096
#define OND__HEAD_RECORD 256

enum { OND__HEAD_TAMPERED = 1 }; /* stands in every later record until the owner accepts */

typedef struct ond__record { /* one slot, decoded */
    bool valid;              /* signed by our key */
    bool foreign;            /* whole, but signed by another key */
    uint32_t flags;
    ond__tip tip;
    ond__tip expected; /* flagged: what the head had said when the store did not reach it */
    ond_ms flagged_at;
} ond__record;

typedef struct ond__head {
    char *path;
    int fd; /* -1: there is no file */
    bool have_key;
    unsigned char secret[64], public_key[32];
    ond__record slot[2];
    int good; /* the slot that holds the committed tip, or -1 */
} ond__head;

/* Reads the key (made when missing, unless read_only) and the slots. A missing file leaves fd at
 * -1. */
OND_CHECKED int ond__head_open(ond__head *h, const char *dir, const char *key_path, bool read_only,
                               ond_err *err);
void ond__head_close(ond__head *h);
OND_CHECKED int ond__head_reload(ond__head *h, ond_err *err);
/* Finds the slot that says `tip`; false when none does. Sets h->good. */
bool ond__head_match(ond__head *h, const ond__tip *tip);
/* Makes the file with both slots saying `r`; what was there is kept as head.bad-TIME when `keep`.
 */
OND_CHECKED int ond__head_create(ond__head *h, const char *dir, const ond__record *r, bool keep,
                                 ond_err *err);
/* Before a commit: `tip` into the other slot, durably. From here until settle, either tip is right.
 */
OND_CHECKED int ond__head_prepare(ond__head *h, const ond__record *next, ond_err *err);
/* After the commit: both slots say it. Failure is harmless, since the prepared slot is durable. */
void ond__head_settle(ond__head *h);
/* The record with the largest count, valid before foreign; NULL when no slot is whole. */
const ond__record *ond__head_best(const ond__head *h);

/* Begins a read transaction in which the store's end and the head fit, if they ever do; the caller
 * ends it. */
OND_CHECKED int ond__snapshot(ond_store *s, ond__head *head, ond__tip *tip, ond_err *err);

/* ---- the connection (sql.c) ---- */

typedef enum ond__statement {
#define STATEMENT(name, sql) OND__ST_##name,
#include "store/statements.def"
#undef STATEMENT
    OND__ST_COUNT
} ond__statement;

struct ond_store {
    sqlite3 *db;
    sqlite3_stmt *statement[OND__ST_COUNT];
    char *dir, *path;
    ond_lock lock;
    ond__head head;
    ond__tip tip;       /* committed */
    ond__tip now;       /* with what the open transaction has added */
    char tampered[200]; /* why the head does not fit, or "" */
    bool read_only, in_transaction;
    bool failed;   /* a write of this transaction failed: it can only be aborted */
    bool doubtful; /* a commit failed half-way: the WAL is to be emptied first */
    bool scrub;    /* payloads were erased: the WAL is to be emptied after the commit */
};

/* "cannot <doing>: ..." by what SQLite says. Marks the transaction as failed, and the store as
 * damaged if so. */
int ond__sql_fail(ond_store *s, int sqlite_rc, const char *doing, ond_err *err);
bool ond__sql_damaged(int sqlite_rc);
/* A prepared statement, made at first use. Reset it after use. */
OND_CHECKED int ond__sql(ond_store *s, ond__statement which, const char *doing, sqlite3_stmt **out,
                         ond_err *err);
/* Steps a statement that gives no rows, and resets it. */
OND_CHECKED int ond__sql_run(ond_store *s, sqlite3_stmt *st, const char *doing, ond_err *err);
void ond__sql_text(sqlite3_stmt *st, int at, const char *text);

enum { OND__OPEN_WRITE, OND__OPEN_READ, OND__OPEN_EVIDENCE };
/* Opens and sets up a connection; returns SQLite's code. *db is to be closed also on failure. */
int ond__db_open(const char *path, int how, sqlite3 **db);
/* Empties the WAL into the file; false when a reader or a fault was in the way. */
bool ond__db_flush(sqlite3 *db);

/* ---- the schema (schema.c) ---- */

typedef struct ond__schema {
    const char *const *step; /* step[i] brings version i to i + 1 */
    int versions;
} ond__schema;
extern const ond__schema ond__schema_now;
/* The version in the file's first bytes, without opening it as a database: OND_E_STORE for a newer
 * one or another program's. *damaged when the file is no database at all. An empty or missing file
 * is version 0. */
OND_CHECKED int ond__schema_peek(const char *path, const ond__schema *schema, bool *damaged,
                                 ond_err *err);
/* Brings the file forward in one transaction. *from is the former version. */
OND_CHECKED int ond__schema_migrate(ond_store *s, const ond__schema *schema, int *from,
                                    bool *damaged, ond_err *err);

/* ---- rows (row.c) ---- */

typedef struct ond__row { /* as it stands in the table; pointers are borrowed */
    int64_t id, ref, task;
    ond_ms at;
    const char *kind;
    ond_hash digest, hash;
    const void *payload; /* salt and text, or NULL */
    size_t payload_n;
} ond__row;
void ond__row_hash(const ond__row *row, const ond_hash *former, ond_hash *out);
bool ond__row_has_payload(const ond__row *row); /* by its digest: it had one, forgotten or not */
/* Reads the columns that OND__ROW_COLUMNS selects. False for a row that no store of ours can hold.
 */
bool ond__row_read(sqlite3_stmt *st, ond__row *row);
#define OND__ROW_COLUMNS "e.id, e.at, e.kind, e.ref, e.task, e.digest, e.hash, p.body"
#define OND__ROW_TABLES " FROM event e LEFT JOIN payload p ON p.id = e.id "
/* Why this row does not follow `former`, or NULL if it does. */
const char *ond__row_check(const ond__row *row, const ond__tip *former);
/* Inserts the row as it is, and keeps the list of open intents. */
OND_CHECKED int ond__row_insert(ond_store *s, const ond__row *row, ond_err *err);
/* Reads the last row, checks it against the one before. *damaged when SQLite says so. */
OND_CHECKED int ond__tip_read(ond_store *s, ond__tip *out, bool *damaged, ond_err *err);

/* ---- a damaged file (salvage.c, graft.c) ---- */

/* Copies `damaged` (and its WAL) to `to`, under the first page of `sound`. */
OND_CHECKED int ond__graft(const char *damaged, const char *sound, const char *to, ond_err *err);

/* Copies what is good into a new file, puts it in the place of the damaged one, which is set aside
 * under a name that is told. Afterwards `s` has no connection open; open it anew. */
OND_CHECKED int ond__salvage(ond_store *s, ond_store_news *news, ond_err *err);
/* Ends a salvage that a crash interrupted between two renames. */
OND_CHECKED int ond__salvage_resume(ond_store *s, ond_err *err);

/* "PREFIX-20261123T184441" (UTC), or the same with -2, -3 ... so that no file of `dir` has the
 * name. */
OND_CHECKED int ond__aside_name(const char *dir, const char *prefix, char out[256], ond_err *err);

#endif
