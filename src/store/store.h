/* store.h - what the house remembers: one SQLite file, an append-only journal with a hash chain, small state.
 *
 * Invariants.
 * 1. `event` is append-only. Row n holds hash_n = BLAKE2b(hash_{n-1} | id | time | kind | ref | task | digest of payload);
 *    payloads, each with a random salt, stand in their own table, so that forgetting erases content, the chain still
 *    verifies, and the digest that stays tells nothing (docs/journal.md).
 * 2. A row that ond_store_append returned for, outside a transaction, is on disk (WAL, synchronous=FULL);
 *    inside one, when ond_store_commit returned.
 * 3. The head (count, hash) is signed with a device key (Ed25519) that lies outside the store, in a file of two slots:
 *    into one before each commit, into the other after it. The store's end must be what a slot says; a cut tail, an
 *    added row or an older copy fits none. Nothing is signed because it lies in the store.
 * 4. One process at a time holds the store (lock file). One thread uses an ond_store.
 * 5. A store of a newer version is refused. A damaged file is set aside under a name that is told, and the good part of its
 *    journal is copied into the new one, whose first row names the old file.
 *
 * Layout of `dir` (XDG_DATA_HOME/ondol): store.db (+ -wal, -shm), head, lock. The key: XDG_CONFIG_HOME/ondol/device.key, 0600. */
#ifndef OND_STORE_STORE_H
#define OND_STORE_STORE_H

#include "base/hash.h"
#include "base/json.h"
#include "base/time.h"

typedef struct ond_store ond_store;

typedef struct ond_store_opts {
    const char *dir;          /* data folder; made when missing (0700) */
    const char *key_path;     /* device key; made when missing */
    bool read_only;           /* no lock, no writing: for verify and log beside a running owner */
} ond_store_opts;

typedef struct ond_store_news {      /* what happened on opening; for telling the owner */
    bool created;
    int migrated_from;               /* former version, or 0 */
    char set_aside[256];             /* name of a damaged file set aside, or "" */
    int64_t rescued;                 /* journal rows copied from it */
    char tampered[200];              /* why the signed head does not fit the journal, or ""; stays until accepted */
} ond_store_news;

/* OND_E_BUSY: another process holds it (err says which). OND_E_STORE: newer version, or neither usable nor
 * movable. OND_E_NOMEM, OND_E_IO: nothing has changed. `news` may be NULL. */
OND_CHECKED int ond_store_open(const ond_store_opts *opts, ond_store **out, ond_store_news *news, ond_err *err);
void ond_store_close(ond_store *s);

/* One level of transaction; begin inside begin is a bug (assert). */
OND_CHECKED int ond_store_begin(ond_store *s, ond_err *err);
OND_CHECKED int ond_store_commit(ond_store *s, ond_err *err);
void ond_store_abort(ond_store *s);                    /* harmless without begin */

/* ---- the journal ---- */

typedef struct ond_event {
    int64_t id;               /* sequence number, from 1 without gaps */
    ond_ms at;
    char kind[16];            /* "intent", "outcome", "settled", "undo", "ask", "answer", "config", "note", "ring" */
    int64_t ref;              /* the event this one belongs to (outcome -> intent, intent -> the wish), or 0 */
    int64_t task;             /* the first event of the wish (its own id for that one) */
    cJSON *body;              /* payload; NULL when forgotten, or when it never had one */
    bool forgotten;           /* it had a payload, which was erased */
    ond_hash hash;
} ond_event;

/* Appends; `body` is borrowed, may be NULL. task 0 means: this event begins one. *id may be NULL. */
OND_CHECKED int ond_store_append(ond_store *s, const char *kind, ond_ms at, int64_t ref, int64_t task,
                                 const cJSON *body, int64_t *id, ond_err *err);
OND_CHECKED int ond_store_event(ond_store *s, int64_t id, ond_event *out, ond_err *err);   /* OND_E_NOT_FOUND */
void ond_event_free(ond_event *e);
int64_t ond_store_count(ond_store *s);                 /* with the rows of an open transaction */

typedef struct ond_event_query {  /* zero: no condition */
    const char *kind;
    int64_t ref, task;
    int64_t before, after;    /* ids, exclusive */
    ond_ms since, until;      /* since inclusive, until exclusive */
    size_t limit;             /* 0: all */
    bool newest_first;
} ond_event_query;
/* Return false to stop. The event is borrowed. */
typedef bool ond_event_fn(void *self, const ond_event *e);
OND_CHECKED int ond_store_each(ond_store *s, const ond_event_query *q, ond_event_fn *fn, void *self, ond_err *err);
/* Intents without an outcome or a settled row, oldest first (what a crash left open). */
OND_CHECKED int ond_store_open_intents(ond_store *s, ond_event_fn *fn, void *self, ond_err *err);

/* Erases payloads (not rows) of events: one task, or all before an instant (`task` is then 0). Appends a "forget" event that says
 * which and how many, if there were any. Intents that are still open and "forget" events keep theirs. The freed pages are
 * overwritten (secure_delete), and the WAL is emptied. */
OND_CHECKED int ond_store_forget(ond_store *s, int64_t task, ond_ms before, int64_t *erased, ond_err *err);

typedef struct ond_verify {
    int64_t rows;             /* rows whose chain holds */
    int64_t forgotten;        /* rows without payload */
    int64_t bad;              /* first row that does not hold, or 0 */
    bool head_ok;             /* signature good, and the store reaches the signed head */
    char what[200];           /* one sentence */
} ond_verify;
/* 0 when all holds, else OND_E_TAMPERED with *out filled (or why it could not be read). Not inside a transaction. */
OND_CHECKED int ond_store_verify(ond_store *s, ond_verify *out, ond_err *err);
/* The owner takes the journal as it is, although its head did not fit (news.tampered): appends a "note" that says so; verify
 * holds from then on. The former head stays beside as head.bad-TIME. A row that was changed cannot be accepted. */
OND_CHECKED int ond_store_accept(ond_store *s, ond_err *err);

/* ---- small state: JSON by (space, key), in the same transactions ---- */

/* OND_E_NOT_FOUND when missing; caller owns *out. */
OND_CHECKED int ond_store_get(ond_store *s, const char *space, const char *key, cJSON **out, ond_err *err);
OND_CHECKED int ond_store_put(ond_store *s, const char *space, const char *key, const cJSON *value, ond_err *err);
OND_CHECKED int ond_store_drop(ond_store *s, const char *space, const char *key, ond_err *err);
typedef bool ond_pair_fn(void *self, const char *key, const cJSON *value);
OND_CHECKED int ond_store_pairs(ond_store *s, const char *space, ond_pair_fn *fn, void *self, ond_err *err);

/* ---- sensor states: a bounded table, newest kept, at most `OND_READINGS` rows an entity ---- */
#define OND_READINGS 64
OND_CHECKED int ond_store_reading(ond_store *s, const char *entity, ond_ms at, const cJSON *value, ond_err *err);
/* Newest first. Return false to stop. */
typedef bool ond_reading_fn(void *self, ond_ms at, const cJSON *value);
OND_CHECKED int ond_store_readings(ond_store *s, const char *entity, ond_reading_fn *fn, void *self, ond_err *err);

#endif
