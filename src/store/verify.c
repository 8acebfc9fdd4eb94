/* verify.c - reads the whole journal and says whether it is what was written.
 *
 * What it proves, and what it cannot, is on docs/journal.md. In short: every row follows the one
 * before by its hash; every payload is what its row promised; a payload that is gone was forgotten
 * by a later `forget` row that covers it; the last row is the one that the signed head says. */
#include "store/internal.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct cover { /* one forget row */
    int64_t id;
    int64_t task;  /* 0: by time */
    ond_ms before; /* later: the greatest `before` of this row and all after it */
} cover;

typedef struct covers {
    cover *v; /* by id */
    size_t n, cap;
    bool nomem;
} covers;

/* ---- what was forgotten ---- */

static bool add_cover(void *self, const ond_event *e)
{
    covers *c = self;
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 16;
        cover *grown = realloc(c->v, cap * sizeof *grown);
        if (!grown) {
            c->nomem = true;
            return false;
        }
        c->v = grown;
        c->cap = cap;
    }
    double task = ond_json_num(e->body, "task", 0), before = ond_json_num(e->body, "before", 0);
    c->v[c->n++] = (cover){e->id, (int64_t)task, (ond_ms)before};
    return true;
}

static int read_covers(ond_store *s, covers *c, ond_err *err)
{
    ond_event_query q = {.kind = "forget"};
    int rc = ond_store_each(s, &q, add_cover, c, err);
    if (rc == 0 && c->nomem) rc = ond_nomem(err, "verifying the journal");
    for (size_t i = c->n; rc == 0 && i-- > 1;)
        if (c->v[i - 1].before < c->v[i].before) c->v[i - 1].before = c->v[i].before;
    return rc;
}

static bool covered(const covers *c, const ond__row *row)
{
    size_t low = 0, high = c->n;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (c->v[mid].id > row->id)
            high = mid;
        else
            low = mid + 1;
    }
    if (low < c->n && row->at < c->v[low].before) return true;
    for (; low < c->n; low++)
        if (c->v[low].task == row->task) return true;
    return false;
}

/* ---- rows ---- */

static void say(ond_verify *v, int64_t row, const char *what)
{
    v->bad = row;
    snprintf(v->what, sizeof v->what, "row %lld does not hold: %s", (long long)row, what);
}

static void check_row(const ond__row *row, const covers *c, ond__tip *end, ond_verify *v)
{
    const char *wrong = ond__row_check(row, end);
    bool gone = ond__row_has_payload(row) && !row->payload;
    if (!wrong && gone && !covered(c, row))
        wrong = "its content was removed, and no `forget` says so";
    if (wrong) {
        say(v, end->count + 1, wrong);
        return;
    }
    v->forgotten += gone;
    v->rows++;
    *end = (ond__tip){row->id, row->hash};
}

static int check_rows(ond_store *s, const covers *c, ond__tip *end, ond_verify *v, ond_err *err)
{
    sqlite3_stmt *st = NULL;
    int step = sqlite3_prepare_v2(s->db, "SELECT " OND__ROW_COLUMNS OND__ROW_TABLES "ORDER BY e.id",
                                  -1, &st, NULL);
    while (!v->bad && (step == SQLITE_OK || step == SQLITE_ROW) &&
           (step = sqlite3_step(st)) == SQLITE_ROW) {
        ond__row row;
        if (ond__row_read(st, &row))
            check_row(&row, c, end, v);
        else
            say(v, end->count + 1, "it is no row of a journal");
    }
    sqlite3_finalize(st);
    if (v->bad || step == SQLITE_DONE) return OND_OK;
    if (ond__sql_damaged(step)) say(v, end->count + 1, "the file is damaged there");
    return ond__sql_fail(s, step, "verify the journal", err);
}

/* Content that belongs to no row. */
static int check_orphans(ond_store *s, const ond__tip *end, ond_verify *v, ond_err *err)
{
    sqlite3_stmt *st = NULL;
    int step = sqlite3_prepare_v2(s->db, "SELECT id FROM payload WHERE id < 1 OR id > ?1 LIMIT 1",
                                  -1, &st, NULL);
    if (step == SQLITE_OK) {
        sqlite3_bind_int64(st, 1, end->count);
        step = sqlite3_step(st);
    }
    int64_t id = step == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_finalize(st);
    if (step == SQLITE_ROW)
        say(v, id > 0 ? id : 1, "there is content of a row that does not exist");
    return step == SQLITE_ROW || step == SQLITE_DONE
               ? OND_OK
               : ond__sql_fail(s, step, "verify the journal", err);
}

/* ---- the head ---- */

static void check_head(const ond_store *s, const ond__head *h, ond_verify *v)
{
    v->head_ok = h->good >= 0 && !(h->slot[h->good].flags & OND__HEAD_TAMPERED);
    if (v->head_ok || v->bad) return;
    if (!h->have_key)
        snprintf(v->what, sizeof v->what,
                 "the device key is missing, so nothing says where the journal ends");
    else if (s->tampered[0])
        snprintf(v->what, sizeof v->what, "%s", s->tampered);
    else
        snprintf(v->what, sizeof v->what, "the journal's end is not what its signed head says");
}

/* The head is read anew from its file, into a copy: an owner goes on with what it knows. */
static int verify_snapshot(ond_store *s, const ond__head *head, const ond__tip *tip, ond_verify *v,
                           ond_err *err)
{
    covers c = {0};
    ond__tip end = {0};
    int rc = read_covers(s, &c, err);
    if (rc == 0) rc = check_rows(s, &c, &end, v, err);
    if (rc == 0 && !v->bad) rc = check_orphans(s, &end, v, err);
    free(c.v);
    if (rc == 0 && !v->bad && !ond__tip_eq(&end, tip))
        say(v, end.count + 1, "the journal changed while it was read");
    if (rc == 0) check_head(s, head, v);
    return rc;
}

int ond_store_verify(ond_store *s, ond_verify *out, ond_err *err)
{
    assert(!s->in_transaction);
    *out = (ond_verify){0};
    ond__head head = s->head;
    ond__tip tip;
    int rc = ond__snapshot(s, &head, &tip, err);
    if (rc != 0) return rc;
    rc = verify_snapshot(s, &head, &tip, out, err);
    sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
    if (rc != 0) return rc;
    if (!out->bad && out->head_ok) {
        snprintf(out->what, sizeof out->what, "all %lld rows hold, and the signed head fits",
                 (long long)out->rows);
        return OND_OK;
    }
    return ond_fail(err, OND_E_TAMPERED, "the journal in %s does not verify: %s", s->path,
                    out->what);
}
