/* pending.c - questions that wait for an answer, kept in the store (space "pending").
 *
 * A question of consent holds the exact proposals, and the digests that a yes is bound to. It goes
 * in the same transaction that writes the intents, so that one yes acts once, whatever crashes. */
#include "gate/room.h"

#include "sys/clock.h"
#include "sys/file.h"

#include <stdlib.h>

enum { OND__EXPIRY_MS = 10 * 60 * 1000, OND__WAITING = 64 };

static const char space[] = "pending";

static ond_ms expires_at(const cJSON *body)
{
    return (ond_ms)ond_json_num(body, "expires", 0);
}

static bool put_iso(cJSON *object, const char *key, double ms)
{
    ond_buf b = {0};
    ond_iso_put(&b, (ond_ms)ms, ond_zone());
    bool ok = ond_buf_ok(&b) && ond_json_set_str(object, key, ond_buf_z(&b));
    ond_buf_free(&b);
    return ok;
}

/* ---- what is over ---- */

typedef struct over {
    cJSON *gone; /* {id: {task, ask_event}} */
    size_t waiting;
    ond_ms now;
    bool bad;
} over;

static bool find_over(void *self, const char *key, const cJSON *value)
{
    over *o = self;
    if (expires_at(value) > o->now) {
        o->waiting++;
        return true;
    }
    o->bad |= !ond__set_dup(o->gone, key, value);
    return !o->bad;
}

static int drop_over(ond_gate *g, const cJSON *gone, ond_err *err)
{
    int rc = 0;
    for (const cJSON *c = gone->child; rc == 0 && c; c = c->next) {
        int64_t ask = (int64_t)ond_json_num(c, "ask_event", 0),
                task = (int64_t)ond_json_num(c, "task", 0);
        cJSON *body = cJSON_CreateObject();
        bool ok = body && ond_json_set_str(body, "answer", "none") &&
                  ond_json_set_str(body, "by", "expired");
        rc = ok ? ond_store_drop(g->store, space, c->string, err)
                : ond_nomem(err, "dropping a question");
        if (rc == 0 && ask)
            rc = ond_store_append(g->store, "answer", ond_now(), ask, task, body, NULL, err);
        cJSON_Delete(body);
    }
    return rc;
}

/* Best effort: an expired question is refused by its time anyway. Returns how many wait. */
static size_t drop_expired(ond_gate *g)
{
    over o = {.gone = cJSON_CreateObject(), .now = ond_now()};
    if (!o.gone || ond_store_pairs(g->store, space, find_over, &o, NULL)) goto out;
    if (o.bad || !o.gone->child || ond_store_begin(g->store, NULL)) goto out;
    if (drop_over(g, o.gone, NULL) || ond_store_commit(g->store, NULL)) ond_store_abort(g->store);
out:
    cJSON_Delete(o.gone);
    return o.waiting;
}

/* ---- keeping ---- */

/* "q7f3": short enough to say, without letters that look or sound alike. */
static int new_id(ond_gate *g, char id[16], ond_err *err)
{
    static const char letters[] = "23456789abcdefghjkmnpqrstuvwxyz";
    for (int tries = 0; tries < 64; tries++) {
        unsigned char random[5];
        size_t n = tries < 16 ? 3 : 5;
        cJSON *taken = NULL;
        ond_random(random, sizeof random);
        id[0] = 'q';
        for (size_t i = 0; i < n; i++) id[1 + i] = letters[random[i] % (sizeof letters - 1)];
        id[1 + n] = '\0';
        int rc = ond_store_get(g->store, space, id, &taken, err);
        if (rc == OND_E_NOT_FOUND) return 0;
        cJSON_Delete(taken);
        if (rc) return rc;
    }
    return ond_fail(err, OND_E_FAILED, "no free name for a question");
}

static int check_room(ond_gate *g, ond_err *err)
{
    if (drop_expired(g) < OND__WAITING) return 0;
    return ond_fail(err, OND_E_BUDGET,
                    "%d questions wait already; answer some first (ondol pending)", OND__WAITING);
}

static cJSON *proposals_of(const ond__run *r)
{
    cJSON *list = cJSON_CreateArray();
    bool ok = list != NULL;
    for (size_t i = 0; ok && i < r->n; i++) {
        const ond__step *s = &r->step[i];
        ond_proposal p = {.hand = (char *)s->hand->def->name,
                          .verb = (char *)s->verb->def->name,
                          .args = s->planned ? s->world.args : s->asked,
                          .provenance = s->provenance,
                          .effect = s->planned ? s->world.effect : s->verb->def->effect,
                          .why = s->why};
        cJSON *row = ond_proposal_json(&p);
        ok = row && ond__set_dup(row, "says", s->world.says) && cJSON_AddItemToArray(list, row);
        if (!ok) cJSON_Delete(row);
    }
    if (ok) return list;
    cJSON_Delete(list);
    return NULL;
}

static cJSON *digests_of(const ond__run *r)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < r->n; i++) {
        if (r->step[i].decision != OND__ASK) continue;
        cJSON *text = cJSON_CreateString(r->step[i].digest);
        if (text && cJSON_AddItemToArray(list, text)) continue;
        cJSON_Delete(text);
        cJSON_Delete(list);
        list = NULL;
    }
    return list;
}

static cJSON *pending_body(const ond__run *r, ond_ms now, ond_ms expires)
{
    cJSON *b = cJSON_Duplicate(r->ask, true);
    bool ok = b && ond_json_set_str(b, "kind", "consent") &&
              ond_json_set_num(b, "asked", (double)now) &&
              ond_json_set_num(b, "expires", (double)expires) &&
              ond_json_set_num(b, "task", (double)r->task) &&
              ond_json_set_num(b, "ask_event", (double)r->ask_event) &&
              ond_json_set_num(b, "undo_of", (double)r->undo_of) &&
              ond_json_set_str(b, "lang", r->lang) && ond__set_dup(b, "wish", r->wish) &&
              ond_json_set(b, "plan", proposals_of(r)) && ond_json_set(b, "digests", digests_of(r));
    if (ok) return b;
    cJSON_Delete(b);
    return NULL;
}

static int keep_rows(ond__run *r, const char *id, ond_ms now, ond_ms expires, ond_err *err)
{
    cJSON *body = NULL;
    int rc;
    OND_TRY(ond__rows_begin(r, err));
    OND_TRY(ond__row_ask(r, err));
    body = pending_body(r, now, expires);
    rc = body ? ond_store_put(r->g->store, space, id, body, err)
              : ond_nomem(err, "keeping the question");
out:
    cJSON_Delete(body);
    return rc;
}

int ond__pending_keep(ond__run *r, ond_err *err)
{
    ond_ms now = ond_now(),
           expires = now + (r->opts->expiry_ms > 0 ? r->opts->expiry_ms : OND__EXPIRY_MS);
    int64_t task = r->task, ask = r->ask_event;
    char id[16];
    int rc = check_room(r->g, err);
    if (rc == 0) rc = new_id(r->g, id, err);
    if (rc) return rc;
    if (!ond_json_set_str(r->ask, "id", id) || !put_iso(r->ask, "expires", (double)expires))
        return ond_nomem(err, "keeping the question");
    rc = ond_store_begin(r->g->store, err);
    if (rc) return rc;
    OND_TRY(keep_rows(r, id, now, expires, err));
    OND_TRY(ond_store_commit(r->g->store, err));
    return 0;
out:
    ond_store_abort(r->g->store);
    r->task = task;
    r->ask_event = ask;
    r->begun = false;
    return rc;
}

int ond_gate_ask(ond_gate *g, const char *kind, const cJSON *body, ond_ms expiry_ms, char id[16],
                 ond_err *err)
{
    ond_ms now = ond_now();
    int rc = check_room(g, err);
    if (rc == 0) rc = new_id(g, id, err);
    if (rc) return rc;
    if (strcmp(kind, "consent") == 0)
        return ond_fail(err, OND_E_INPUT, "questions of consent come from plans only");
    cJSON *kept = cJSON_CreateObject();
    bool ok = kept && ond_json_set_str(kept, "kind", kind) && ond__set_dup(kept, "body", body) &&
              ond_json_set_num(kept, "asked", (double)now) &&
              ond_json_set_num(kept, "expires",
                               (double)(now + (expiry_ms > 0 ? expiry_ms : OND__EXPIRY_MS)));
    rc =
        ok ? ond_store_put(g->store, space, id, kept, err) : ond_nomem(err, "keeping the question");
    cJSON_Delete(kept);
    return rc;
}

/* ---- finding ---- */

int ond__pending_get(ond_gate *g, const char *id, cJSON **out, ond_err *err)
{
    *out = NULL;
    drop_expired(g);
    size_t n = strlen(id);
    int rc = n > 0 && n < 16 ? ond_store_get(g->store, space, id, out, err) : OND_E_NOT_FOUND;
    if (rc == 0 && expires_at(*out) <= ond_now()) {
        cJSON_Delete(*out);
        *out = NULL;
        rc = OND_E_NOT_FOUND;
    }
    if (rc != OND_E_NOT_FOUND) return rc;
    return ond_fail(
        err, rc,
        "no question '%.*s' waits; it may have been answered or have expired (ondol pending)",
        n > 40 ? 40 : (int)n, id);
}

int ond_gate_question(ond_gate *g, const char *id, char kind[16], cJSON **body, ond_err *err)
{
    cJSON *kept = NULL;
    *body = NULL;
    int rc = ond__pending_get(g, id, &kept, err);
    if (rc) return rc;
    memset(kind, 0, 16);
    strncpy(kind, ond_json_str(kept, "kind", ""), 15);
    if (strcmp(kind, "consent") == 0) {
        *body = kept;
        return 0;
    }
    rc = ond_store_drop(g->store, space, id, err);
    if (rc == 0) *body = cJSON_DetachItemFromObjectCaseSensitive(kept, "body");
    if (rc == 0 && !*body) *body = cJSON_CreateObject();
    if (rc == 0 && !*body) rc = ond_nomem(err, "reading the question");
    cJSON_Delete(kept);
    return rc;
}

/* ---- listing ---- */

static bool put_row(cJSON *row, const char *id, const cJSON *kept)
{
    const cJSON *from = ond_json_get(kept, "body");
    if (!from) from = kept;
    return ond_json_set_str(row, "id", id) &&
           ond_json_set_str(row, "kind", ond_json_str(kept, "kind", "")) &&
           ond_json_set_str(row, "question", ond_json_str(from, "question", "")) &&
           ond__set_dup(row, "choices", ond_json_get(from, "choices")) &&
           put_iso(row, "asked", ond_json_num(kept, "asked", 0)) &&
           put_iso(row, "expires", ond_json_num(kept, "expires", 0)) &&
           ond__set_dup(row, "steps", ond_json_get(from, "plan")) &&
           ond__set_dup(row, "conflict", ond_json_get(from, "conflict")) &&
           ond__set_dup(row, "wish", ond_json_get(from, "wish")) &&
           ond_json_set_num(row, "order", ond_json_num(kept, "asked", 0));
}

static bool list_row(void *self, const char *key, const cJSON *value)
{
    cJSON *list = self, *row = cJSON_CreateObject();
    if (expires_at(value) <= ond_now()) {
        cJSON_Delete(row);
        return true;
    }
    if (row && put_row(row, key, value)) {
        cJSON *at = list->child;
        int i = 0;
        while (at && ond_json_num(at, "order", 0) <= ond_json_num(row, "order", 0))
            at = at->next, i++;
        if (at ? cJSON_InsertItemInArray(list, i, row) : cJSON_AddItemToArray(list, row))
            return true;
    }
    cJSON_Delete(row);
    return true;
}

cJSON *ond_gate_pending(ond_gate *g)
{
    cJSON *all = cJSON_CreateObject(), *list = cJSON_CreateArray();
    bool ok = all && list && ond_json_set_num(all, "version", 1);
    drop_expired(g);
    if (ok && ond_store_pairs(g->store, space, list_row, list, NULL)) ok = false;
    for (cJSON *c = ok ? list->child : NULL; c; c = c->next)
        cJSON_DeleteItemFromObjectCaseSensitive(c, "order");
    if (ok) {
        ok = ond_json_set(all, "pending", list);
        list = NULL;
    }
    if (ok) return all;
    cJSON_Delete(list);
    cJSON_Delete(all);
    return NULL;
}
