/* task.c - reads back from the journal what a task did, how it ended, and what has been undone
 * since. */
#include "gate/room.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

void ond__task_free(ond__task *t)
{
    for (size_t i = 0; i < t->n; i++) {
        cJSON_Delete(t->deed[i].intent);
        cJSON_Delete(t->deed[i].after);
    }
    free(t->deed);
    cJSON_Delete(t->wish);
    cJSON_Delete(t->asks);
    cJSON_Delete(t->denied);
    *t = (ond__task){0};
}

static ond__deed *deed_of(ond__task *t, int64_t event)
{
    for (size_t i = t->n; i-- > 0;)
        if (t->deed[i].event == event) return &t->deed[i];
    return NULL;
}

static ond_done done_of(const char *kind, const cJSON *body)
{
    static const ond_done all[] = {OND_DONE_OK, OND_DONE_ALREADY, OND_DONE_UNVERIFIED,
                                   OND_DONE_FAILED, OND_DONE_UNKNOWN};
    bool settled = strcmp(kind, "settled") == 0;
    const char *word = ond_json_str(body, settled ? "found" : "done", "unknown");
    if (settled && strcmp(word, "done") == 0) return OND_DONE_OK;
    if (settled && strcmp(word, "not_done") == 0) return OND_DONE_FAILED;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(word, ond_done_name(all[i])) == 0) return all[i];
    return OND_DONE_UNKNOWN;
}

/* ---- rows into a task ---- */

static bool add_deed(ond__task *t, const ond_event *e)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 8;
        ond__deed *deed = realloc(t->deed, cap * sizeof *deed);
        if (!deed) return false;
        t->deed = deed;
        t->cap = cap;
    }
    ond__deed *d = &t->deed[t->n++];
    *d = (ond__deed){.event = e->id, .done = OND_DONE_UNKNOWN};
    if (e->body) d->intent = cJSON_Duplicate(e->body, true);
    return !e->body || d->intent;
}

static bool end_deed(ond__task *t, const ond_event *e)
{
    ond__deed *d = deed_of(t, e->ref);
    const cJSON *after =
        ond_json_get(e->body, strcmp(e->kind, "settled") == 0 ? "observed" : "after");
    if (!d) return true;
    d->ended = true;
    d->done = done_of(e->kind, e->body);
    const char *error = ond_json_str(e->body, "error", "");
    snprintf(d->error, sizeof d->error, "%.*s",
             (int)ond_utf8_cut(ond_str_of(error), sizeof d->error - 1), error);
    cJSON_Delete(d->after);
    d->after = after ? cJSON_Duplicate(after, true) : NULL;
    return !after || d->after;
}

static bool add_ask(ond__task *t, const ond_event *e)
{
    cJSON *row = cJSON_CreateObject();
    if (!t->asks) t->asks = cJSON_CreateArray();
    bool ok = row && t->asks && ond_json_set_num(row, "event", (double)e->id) &&
              ond_json_set_str(row, "question", ond_json_str(e->body, "question", "")) &&
              ond_json_set_str(row, "answer", NULL) && cJSON_AddItemToArray(t->asks, row);
    if (!ok) cJSON_Delete(row);
    return ok;
}

static bool add_answer(ond__task *t, const ond_event *e)
{
    for (cJSON *c = t->asks ? t->asks->child : NULL; c; c = c->next)
        if ((int64_t)ond_json_num(c, "event", 0) == e->ref)
            return ond_json_set_str(c, "answer", ond_json_str(e->body, "answer", "")) &&
                   ond_json_set_str(c, "by", ond_json_str(e->body, "by", "")) &&
                   (!ond_json_bool(e->body, "void", false) || ond_json_set_bool(c, "void", true));
    return true;
}

static bool begin(ond__task *t, const ond_event *e)
{
    t->at = e->at;
    if (strcmp(e->kind, "undo") == 0) t->undoes = e->ref;
    t->wish = e->body ? cJSON_Duplicate(e->body, true) : NULL;
    return !e->body || t->wish;
}

static bool take_denied(ond__task *t, const ond_event *e)
{
    const cJSON *steps = ond_json_get(e->body, "steps");
    if (!steps || t->denied) return true;
    t->denied = cJSON_Duplicate(steps, true);
    return t->denied != NULL;
}

static bool take_row(void *self, const ond_event *e)
{
    ond__task *t = self;
    bool ok = true;
    if (e->id == t->id)
        ok = begin(t, e);
    else if (strcmp(e->kind, "intent") == 0)
        ok = add_deed(t, e);
    else if (strcmp(e->kind, "outcome") == 0 || strcmp(e->kind, "settled") == 0)
        ok = end_deed(t, e);
    else if (strcmp(e->kind, "ask") == 0)
        ok = add_ask(t, e);
    else if (strcmp(e->kind, "answer") == 0)
        ok = add_answer(t, e);
    else if (strcmp(e->kind, "denied") == 0)
        ok = take_denied(t, e);
    if (!ok) t->nomem = true;
    return ok;
}

/* ---- what was undone since ---- */

typedef struct ids {
    int64_t *v;
    size_t n, cap;
    bool nomem;
} ids;

static bool take_id(void *self, const ond_event *e)
{
    ids *all = self;
    if (all->n == all->cap) {
        size_t cap = all->cap ? all->cap * 2 : 8;
        int64_t *v = realloc(all->v, cap * sizeof *v);
        if (!v) {
            all->nomem = true;
            return false;
        }
        all->v = v;
        all->cap = cap;
    }
    all->v[all->n++] = e->id;
    return true;
}

static bool brought_back(const ond__deed *d)
{
    return d->done == OND_DONE_OK || d->done == OND_DONE_ALREADY;
}

static int mark_undone_by(ond_gate *g, ond__task *t, int64_t undo, ond_err *err)
{
    ond__task by;
    int rc = ond__task_read(g, undo, false, &by, err);
    if (rc) return rc;
    for (size_t i = 0; i < by.n; i++) {
        ond__deed *d = deed_of(t, (int64_t)ond_json_num(by.deed[i].intent, "undoes", 0));
        if (!d || !brought_back(&by.deed[i])) continue;
        d->undone = true;
        d->undone_by = undo;
    }
    ond__task_free(&by);
    return 0;
}

static int mark_undone(ond_gate *g, ond__task *t, ond_err *err)
{
    ids undos = {0};
    ond_event_query q = {.kind = "undo", .ref = t->id};
    int rc = ond_store_each(g->store, &q, take_id, &undos, err);
    if (rc == 0 && undos.nomem) rc = ond_nomem(err, "reading the journal");
    for (size_t i = 0; rc == 0 && i < undos.n; i++) rc = mark_undone_by(g, t, undos.v[i], err);
    free(undos.v);
    return rc;
}

int ond__task_read(ond_gate *g, int64_t id, bool with_undone, ond__task *out, ond_err *err)
{
    ond_event first = {0};
    ond_event_query q = {0};
    *out = (ond__task){0};
    int rc = ond_store_event(g->store, id, &first, err);
    if (rc == OND_E_NOT_FOUND)
        return ond_fail(err, rc, "there is no event %lld in the journal (ondol log)",
                        (long long)id);
    if (rc) return rc;
    out->id = q.task = first.task;
    ond_event_free(&first);
    OND_TRY(ond_store_each(g->store, &q, take_row, out, err));
    if (out->nomem) OND_TRY(ond_nomem(err, "reading the journal"));
    if (with_undone) OND_TRY(mark_undone(g, out, err));
    return 0;
out:
    ond__task_free(out);
    return rc;
}

bool ond__deed_undoable(const ond__deed *d)
{
    bool changed =
        d->done == OND_DONE_OK || d->done == OND_DONE_UNVERIFIED || d->done == OND_DONE_UNKNOWN;
    return changed && !d->undone && ond_json_get(d->intent, "undo");
}

/* ---- the last task that can be undone ---- */

enum { OND__LOOK_BACK = 20000 }; /* rows */

/* Going back in time, outcomes come before their intents, and undos before what they undid: one
 * pass is enough. */
typedef struct looker {
    int64_t found;
    size_t rows;
    ids ended_ok, already, undone;
} looker;

static bool has(const ids *all, int64_t id)
{
    for (size_t i = all->n; i-- > 0;)
        if (all->v[i] == id) return true;
    return false;
}

static bool remember(ids *all, int64_t id)
{
    ond_event e = {.id = id};
    return take_id(all, &e);
}

static bool look(void *self, const ond_event *e)
{
    looker *k = self;
    if (++k->rows > OND__LOOK_BACK) return false;
    if (strcmp(e->kind, "outcome") == 0 || strcmp(e->kind, "settled") == 0) {
        ond__deed d = {.done = done_of(e->kind, e->body)};
        bool may = brought_back(&d) || d.done == OND_DONE_UNVERIFIED || d.done == OND_DONE_UNKNOWN;
        return !may || remember(d.done == OND_DONE_ALREADY ? &k->already : &k->ended_ok, e->ref);
    }
    if (strcmp(e->kind, "intent") != 0 || !e->body) return true;
    int64_t undoes = (int64_t)ond_json_num(e->body, "undoes", 0);
    bool did = has(&k->ended_ok, e->id);
    if (undoes) return !(did || has(&k->already, e->id)) || remember(&k->undone, undoes);
    if (!did || !ond_json_get(e->body, "undo") || has(&k->undone, e->id)) return true;
    k->found = e->task;
    return false;
}

int ond__task_last_undoable(ond_gate *g, int64_t *task, ond_err *err)
{
    looker k = {0};
    ond_event_query q = {.newest_first = true};
    int rc = ond_store_each(g->store, &q, look, &k, err);
    free(k.ended_ok.v);
    free(k.already.v);
    free(k.undone.v);
    *task = k.found;
    if (rc) return rc;
    if (k.ended_ok.nomem || k.already.nomem || k.undone.nomem)
        return ond_nomem(err, "reading the journal");
    return k.found ? 0 : ond_fail(err, OND_E_NOT_FOUND, "there is nothing to undo");
}
