/* settle.c - intents that a crash left open: looks at the world, writes down what is so, repeats
 * nothing.
 *
 * done: the world shows what was expected. not_done: it shows what was before. unknown: neither, or
 * there was nothing to see, or it cannot be seen now. If the rows cannot be written the intents
 * stay open for the next start. */
#include "gate/room.h"

#include "sys/clock.h"

#include <stdlib.h>

typedef struct open_list {
    cJSON *rows;
    bool nomem;
} open_list;

static bool take_open(void *self, const ond_event *e)
{
    open_list *l = self;
    cJSON *row = cJSON_CreateObject();
    bool ok = row && ond_json_set_num(row, "event", (double)e->id) &&
              ond_json_set_num(row, "task", (double)e->task) &&
              ond__set_dup(row, "intent", e->body) && cJSON_AddItemToArray(l->rows, row);
    if (ok) return true;
    cJSON_Delete(row);
    l->nomem = true;
    return false;
}

/* NULL: out of memory, which says nothing about the world. */
static const char *compare(const cJSON *intent, const cJSON *seen)
{
    const cJSON *expect = ond_json_get(intent, "expect");
    if (!seen || !expect || !expect->child) return "unknown";
    if (ond_hand_shows(expect, seen) != OND_SHOWS_NOT) return "done";
    cJSON *was = ond__pick(expect, ond_json_get(intent, "before"), false);
    if (!was) return NULL;
    bool same = was->child && ond_hand_shows(was, seen) == OND_SHOWS;
    cJSON_Delete(was);
    return same ? "not_done" : "unknown";
}

static const char *look(ond_gate *g, const cJSON *intent, cJSON **seen)
{
    ond__hand *h = NULL;
    const ond__verb *v = NULL;
    *seen = NULL;
    if (strcmp(ond_json_str(intent, "effect", ""), "read") == 0) return "not_done";
    if (ond__hand_find(g, ond_json_str(intent, "hand", ""), ond_json_str(intent, "verb", ""), &h,
                       &v, NULL) ||
        !h->open)
        return "unknown";
    const cJSON *args = ond_json_get(intent, "args");
    int rc = args ? h->def->observe(h->self, v->def->name, args, seen, NULL) : OND_E_INPUT;
    if (rc) return rc == OND_E_NOMEM ? NULL : "unknown";
    return compare(intent, *seen);
}

static int write_row(ond_gate *g, const cJSON *row, const cJSON *seen, ond_err *err)
{
    cJSON *body = cJSON_CreateObject();
    bool ok = body && ond_json_set_str(body, "found", ond_json_str(row, "found", "unknown")) &&
              ond__set_dup(body, "observed", seen);
    int64_t event = (int64_t)ond_json_num(row, "event", 0),
            task = (int64_t)ond_json_num(row, "task", 0);
    int rc = ok ? ond_store_append(g->store, "settled", ond_now(), event, task, body, NULL, err)
                : ond_nomem(err, "settling");
    cJSON_Delete(body);
    return rc;
}

static int settle_row(ond_gate *g, cJSON *row, ond_err *err)
{
    cJSON *seen = NULL;
    const char *found = look(g, ond_json_get(row, "intent"), &seen);
    int rc = found && ond_json_set_str(row, "found", found) ? write_row(g, row, seen, err)
                                                            : ond_nomem(err, "settling");
    cJSON_Delete(seen);
    return rc;
}

static int settle_rows(ond_gate *g, cJSON *rows, ond_err *err)
{
    int rc = ond_store_begin(g->store, err);
    if (rc) return rc;
    for (cJSON *c = rows->child; c; c = c->next) OND_TRY(settle_row(g, c, err));
    OND_TRY(ond_store_commit(g->store, err));
    return 0;
out:
    ond_store_abort(g->store);
    return rc;
}

int ond__settle(ond_gate *g, ond_err *err)
{
    open_list open = {.rows = cJSON_CreateArray()};
    if (!open.rows) return ond_nomem(err, "settling");
    int rc = ond_store_open_intents(g->store, take_open, &open, err);
    if (rc == 0 && open.nomem) rc = ond_nomem(err, "settling");
    if (rc == 0 && open.rows->child) {
        ond_err e = {0};
        rc = settle_rows(g, open.rows, &e);
        if (rc && rc != OND_E_NOMEM) {
            ond__note(g, OND_M_GATE_NOT_SETTLED, e.text);
            cJSON_Delete(open.rows);
            return 0;
        }
        if (rc && err) *err = e;
    }
    for (cJSON *c = open.rows->child; c; c = c->next)
        cJSON_DeleteItemFromObjectCaseSensitive(c, "task");
    if (rc)
        cJSON_Delete(open.rows);
    else
        cJSON_Delete(g->settled), g->settled = open.rows;
    return rc;
}
