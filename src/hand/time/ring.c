/* ring.c - tells what is due, at least once.
 *
 * 1. A row first says that it is being told (on disk), then it is told, then the row says that it
 * was, together with the event in the journal. After a crash in between it is told again, and
 * marked: it may have been told before.
 * 2. What came due while nothing ran is told late, and it is said how late. Of a recurring one only
 * the last time that was missed is told, with how many came before it.
 * 3. A timer or an alarm is told again every minute until somebody stops it, ten times at most; a
 * reminder is told once.
 * 4. Where the store cannot be written it is told all the same, as often at most. */
#include "hand/time/internal.h"
#include "base/msg.h"

#include <stdio.h>

/* Between two looks where nothing woke us, to be on the safe side. */
#define LOOK_US 30000000u

typedef struct telling {
    cJSON *row;  /* in the list of all */
    bool repeat; /* it may have been told before */
    bool done;   /* somebody was told */
} telling;

typedef struct round {
    ond__time *h;
    cJSON *rows;
    telling *tell;
    size_t n;
    bool changed;     /* a row that is not told has changed too */
    ond_err rule_err; /* why a rule could not be read: libical is not here */
} round;

static cJSON *ring_of(const cJSON *row)
{
    return cJSON_GetObjectItemCaseSensitive(row, "ring");
}

static const char *id_of(const cJSON *row)
{
    return ond_json_str(row, "id", "");
}

/* ---- what is to be done; memory only ---- */

static bool is_kind(const cJSON *row, ond__time_kind k)
{
    return ond__time_kind_of(id_of(row)) == k;
}

static bool begin_ring(cJSON *row, const ond__time_due *due)
{
    ond_ms now = ond_now();
    cJSON *ring = cJSON_CreateObject();
    bool ok = ring && ond_json_set_num(ring, "due", (double)due->due) &&
              ond_json_set_num(ring, "late", (double)(now - due->due)) &&
              ond_json_set_num(ring, "told", 0) && ond_json_set_num(ring, "again", (double)now) &&
              ond_json_set_num(ring, "missed", due->missed) &&
              ond_json_set_bool(ring, "telling", true);
    if (!ok) {
        cJSON_Delete(ring);
        return false;
    }
    if (is_kind(row, OND__TIME_TIMER)) return ond_json_set(row, "ring", ring);
    static const char *const clock[] = {"left", "boot", "up", "wall"};
    for (size_t i = 0; i < 4; i++) cJSON_DeleteItemFromObjectCaseSensitive(row, clock[i]);
    return ond_json_set(row, "ring", ring) && ond_json_set_num(row, "since", (double)now);
}

static void add_telling(round *r, cJSON *row, bool repeat)
{
    r->tell[r->n++] = (telling){.row = row, .repeat = repeat};
}

/* It rings already: again, or for the last time. */
static bool go_on(round *r, cJSON *row, bool *over)
{
    cJSON *ring = ring_of(row);
    ond_ms now = ond_now(), again = (ond_ms)ond_json_num(ring, "again", 0);
    if (ond_json_bool(ring, "telling", false)) {
        add_telling(r, row, true);
        return true;
    }
    if (again > now + OND__TIME_AGAIN_MS) { /* the wall clock went back */
        r->changed = true;
        return ond_json_set_num(ring, "again", (double)(now + OND__TIME_AGAIN_MS));
    }
    if (again > now) return true;
    if (ond_json_num(ring, "told", 0) >= OND__TIME_RINGS) {
        *over = true;
        return true;
    }
    add_telling(r, row, false);
    return ond_json_set_bool(ring, "telling", true);
}

/* After a restart of the machine the wall clock has told what passed; from here on the new boot
 * counts. And a wall clock that was set is taken note of, so that a restart to come is measured
 * from what it says now. */
static bool wind_anew(round *r, cJSON *row)
{
    ond_boot boot;
    if (!ond__time_winds(row) || ring_of(row) || !ond_boot_now(&boot)) return true;
    double passed = (double)boot.at - ond_json_num(row, "up", 0),
           by_wall = (double)ond_now() - ond_json_num(row, "wall", 0);
    if (strcmp(ond_json_str(row, "boot", ""), boot.id) == 0 && by_wall - passed < 1000 &&
        passed - by_wall < 1000)
        return true;
    r->changed = true;
    return ond__time_wind(row, ond__time_left(row));
}

/* A wall clock that was ahead, and has been put right, does not hold up what comes until it gets
 * there again; a small correction does not let anything come twice. */
static bool mind_clock(round *r, cJSON *row)
{
    ond_ms now = ond_now();
    if (ond_json_num(row, "since", 0) <= (double)now + 60000) return true;
    r->changed = true;
    return ond_json_set_num(row, "since", (double)now);
}

static bool sort_row(round *r, cJSON *row, bool *over)
{
    ond__time_due due;
    bool timer_rings = ring_of(row) && is_kind(row, OND__TIME_TIMER);
    if (!mind_clock(r, row)) return false;
    int rc = timer_rings ? OND_OK : ond__time_due_of(row, &due, &r->rule_err);
    if (!timer_rings && rc == 0 && due.due != 0) {
        add_telling(r, row, false);
        return begin_ring(row, &due);
    }
    return ring_of(row) ? go_on(r, row, over) : wind_anew(r, row);
}

/* ---- writing ---- */

static bool fill_event(cJSON *b, const cJSON *row, const cJSON *ring, const char *state,
                       bool repeat)
{
    static const char *const langs[] = {"ko", "en"};
    cJSON *says = cJSON_CreateObject();
    ond_buf due = {0};
    bool ok = says != NULL;
    for (size_t i = 0; i < 2 && ok; i++) {
        ond_buf text = {0}, line = {0};
        ond__time_ring_put(&text, row, ring, repeat, langs[i]);
        if (strcmp(state, "told") == 0)
            ond_buf_puts(&line, ond_buf_z(&text));
        else
            OND_MSG(&line, OND_M_TIME_UNANSWERED, langs[i], ond_buf_z(&text));
        ok = ond_buf_ok(&line) && ond_json_set_str(says, langs[i], ond_buf_z(&line));
        ond_buf_free(&text);
        ond_buf_free(&line);
    }
    ond_iso_put(&due, (ond_ms)ond_json_num(ring, "due", 0), ond_zone());
    ok = ok && ond_json_set_str(b, "id", id_of(row)) && ond_json_set_str(b, "state", state) &&
         ond_json_set_str(b, "due", ond_buf_z(&due)) &&
         ond_json_set_num(b, "late_ms", ond_json_num(ring, "late", 0)) &&
         ond_json_set_num(b, "missed", ond_json_num(ring, "missed", 0)) &&
         ond_json_set_bool(b, "repeat", repeat);
    ond_buf_free(&due);
    if (ok) return ond_json_set(b, "says", says);
    cJSON_Delete(says);
    return false;
}

static int append(ond__time *h, const cJSON *row, const cJSON *ring, const char *state, bool repeat,
                  ond_err *err)
{
    cJSON *body = cJSON_CreateObject();
    int rc = body && fill_event(body, row, ring, state, repeat)
                 ? ond_store_append(h->store, "ring", ond_now(), 0, 0, body, NULL, err)
                 : ond_nomem(err, "writing the journal");
    cJSON_Delete(body);
    return rc;
}

/* Nobody stopped it. */
static int give_up(round *r, cJSON *row, ond_err *err)
{
    cJSON *is = NULL;
    int rc = ond__time_rung_out(row, &is, err);
    if (rc == 0) rc = append(r->h, row, ring_of(row), "unanswered", false, err);
    if (rc == 0) rc = ond__time_item_put(r->h, id_of(row), is, err);
    cJSON_Delete(is);
    return rc;
}

typedef struct overs {
    cJSON *row[3 * OND__TIME_MOST];
    size_t n;
} overs;

static int write_telling(round *r, const overs *o, ond_err *err)
{
    int rc = 0;
    for (const cJSON *row = r->changed ? r->rows->child : NULL; row && rc == 0; row = row->next)
        rc = ond__time_item_put(r->h, id_of(row), row, err);
    for (size_t i = 0; i < r->n && rc == 0; i++)
        rc = ond__time_item_put(r->h, id_of(r->tell[i].row), r->tell[i].row, err);
    for (size_t i = 0; i < o->n && rc == 0; i++) rc = give_up(r, o->row[i], err);
    return rc;
}

/* A reminder is done with, what rings is told again in a minute. */
static int write_told(round *r, telling *t, ond_err *err)
{
    cJSON *ring = ring_of(t->row), *is = NULL;
    double told = ond_json_num(ring, "told", 0) + 1;
    int rc = OND_OK;
    if (!ond_json_set_num(ring, "told", told) || !ond_json_set_bool(ring, "telling", false) ||
        !ond_json_set_num(ring, "again", (double)(ond_now() + OND__TIME_AGAIN_MS)))
        return ond_nomem(err, "ringing");
    if (told == 1 || t->repeat) rc = append(r->h, t->row, ring, "told", t->repeat, err);
    if (rc != 0) return rc;
    if (!is_kind(t->row, OND__TIME_REMINDER))
        return ond__time_item_put(r->h, id_of(t->row), t->row, err);
    rc = ond__time_rung_out(t->row, &is, err);
    if (rc == 0) rc = ond__time_item_put(r->h, id_of(t->row), is, err);
    cJSON_Delete(is);
    return rc;
}

static int write_all_told(round *r, ond_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < r->n && rc == 0; i++)
        if (r->tell[i].done) rc = write_told(r, &r->tell[i], err);
    return rc;
}

static int commit(round *r, int rc, ond_err *err)
{
    if (rc == 0) rc = ond_store_commit(r->h->store, err);
    if (rc != 0) ond_store_abort(r->h->store);
    return rc;
}

/* ---- telling ---- */

/* One line, whatever the text holds. */
static void flatten(char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < 0x20) *text = ' ';
}

static void show(ond__time *h, const telling *t, const char *text)
{
    ond_err err = {0};
    if (!h->desktop || !ond_notify_there()) return;
    int rc = ond_notify_send(&h->notify, text, !is_kind(t->row, OND__TIME_REMINDER), &err);
    if (rc != 0 && !h->mute && h->note) h->note(h->self, err.text);
    h->mute = rc != 0; /* the same trouble is not told with every ring */
}

/* False where there was no memory for the words: then it was not told. */
static bool tell(ond__time *h, const telling *t)
{
    ond_buf text = {0};
    ond__time_ring_put(&text, t->row, ring_of(t->row), t->repeat, h->lang);
    bool ok = ond_buf_ok(&text) && text.n > 0;
    if (ok) {
        show(h, t, text.p);
        flatten(text.p);
        if (h->note) h->note(h->self, text.p);
    }
    ond_buf_free(&text);
    return ok;
}

static bool tell_all(round *r)
{
    bool all = true;
    for (size_t i = 0; i < r->n; i++) {
        r->tell[i].done = tell(r->h, &r->tell[i]);
        all = all && r->tell[i].done;
    }
    return all;
}

/* ---- waking ---- */

static void earlier(ond_ms *least, ond_ms t)
{
    if (t < *least) *least = t;
}

static void set_wake(ond__time *h, const cJSON *rows)
{
    ond_ms in = OND_NEVER, at = OND_NEVER, now = ond_now();
    for (const cJSON *row = rows->child; row; row = row->next) {
        const cJSON *ring = ring_of(row);
        ond__time_due due;
        if (ring) earlier(&in, (ond_ms)ond_json_num(ring, "again", 0) - now);
        if (ring && is_kind(row, OND__TIME_TIMER)) continue;
        if (ond__time_winds(row))
            earlier(&in, (ond_ms)ond__time_left(row) + 1);
        else if (ond__time_due_of(row, &due, NULL) == 0)
            earlier(&at, due.due ? now : due.next);
    }
    ond_wake_set(h->wake, in, at);
}

/* ---- a look at everything ---- */

static bool sort_all(round *r, overs *o)
{
    bool ok = true;
    for (cJSON *row = r->rows->child; row && ok; row = row->next) {
        bool over = false;
        ok = sort_row(r, row, &over);
        if (over) o->row[o->n++] = row;
    }
    return ok;
}

static void trouble(ond__time *h, const ond_err *err)
{
    if (h->unwritten++ == 0 && h->note) h->note(h->self, err->text);
}

static int do_round(round *r, const overs *o, ond_err *err)
{
    ond__time *h = r->h;
    if (r->n == 0 && o->n == 0 && !r->changed) return OND_OK;
    int rc = ond_store_begin(h->store, err);
    if (rc == 0) rc = commit(r, write_telling(r, o, err), err);
    bool told = (rc != 0 && h->unwritten >= OND__TIME_RINGS) || tell_all(r);
    if (rc == 0 && r->n) rc = ond_store_begin(h->store, err);
    if (rc == 0 && r->n) rc = commit(r, write_all_told(r, err), err);
    return rc || told ? rc : ond_nomem(err, "ringing");
}

static int look(ond__time *h, ond_err *err)
{
    round r = {.h = h};
    telling tellings[3 * OND__TIME_MOST];
    overs o = {.n = 0};
    int rc = ond__time_item_all(h, OND__TIME_NONE, &r.rows, err);
    if (rc != 0) return rc;
    r.tell = tellings;
    if (cJSON_GetArraySize(r.rows) > 3 * OND__TIME_MOST)
        rc = ond_fail(err, OND_E_STORE, "there are more timers in the store than there may be");
    else
        rc = sort_all(&r, &o) ? do_round(&r, &o, err) : ond_nomem(err, "ringing");
    if (rc == 0) h->unwritten = 0;
    if (r.rule_err.code && !h->no_rules && h->note) h->note(h->self, r.rule_err.text);
    h->no_rules = r.rule_err.code != 0;
    cJSON_Delete(r.rows);
    r.rows = NULL;
    if (rc == 0) rc = ond__time_item_all(h, OND__TIME_NONE, &r.rows, err);
    if (rc != 0) return rc;
    set_wake(h, r.rows);
    cJSON_Delete(r.rows);
    return OND_OK;
}

void ond__time_ring_service(ond__time *h)
{
    ond_err err = {0};
    uint64_t now = ond_steady_us();
    bool woken = ond_wake_take(h->wake);
    if (!woken && !ond_clock_frozen() && h->looked_us && now - h->looked_us < LOOK_US &&
        strcmp(h->zone, ond_zone()) == 0)
        return;
    h->looked_us = now;
    snprintf(h->zone, sizeof h->zone, "%s", ond_zone());
    if (look(h, &err) == 0) return;
    trouble(h, &err);
    ond_wake_set(h->wake, OND__TIME_AGAIN_MS, OND_NEVER);
}
