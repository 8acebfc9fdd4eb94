/* undo.c - brings back what a task changed, as a plan like any other.
 *
 * Steps go in reverse order, come from the journal, and are judged by their own effect. Before
 * anything, the world is compared with what was recorded after the act, on the attributes that the
 * act changed (for things that were touched twice, with what was recorded last); where it has moved
 * on, the owner is asked and shown both. */
#include "gate/room.h"

#include <stdlib.h>

static cJSON *from_journal(const cJSON *args)
{
    cJSON *provenance = cJSON_CreateObject();
    for (const cJSON *c = args ? args->child : NULL; provenance && c; c = c->next) {
        if (ond_json_set_str(provenance, c->string, ond_source_name(OND_SOURCE_JOURNAL))) continue;
        cJSON_Delete(provenance);
        provenance = NULL;
    }
    return provenance;
}

/* What a deed is about, by the argument that names it in its hand; "" where none does. */
static const char *thing(const ond__deed *d)
{
    static const char *const names[] = {"entity", "note", "uid", "id"};
    const cJSON *args = ond_json_get(d->intent, "args");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ond_json_str(args, names[i], "")[0]) return ond_json_str(args, names[i], "");
    return "";
}

static bool same_hand(const ond__deed *a, const ond__deed *b)
{
    return strcmp(ond_json_str(a->intent, "hand", ""), ond_json_str(b->intent, "hand", "")) == 0;
}

/* What deed d left the thing in, by itself or as a member of a scene; NULL: it did not touch it. */
static const cJSON *left(const ond__deed *d, const char *id)
{
    if (!ond__deed_undoable(d) || !id[0]) return NULL;
    return strcmp(thing(d), id) == 0 ? d->after
                                     : ond_json_get(ond_json_get(d->after, "members"), id);
}

/* `changed` of the thing `id`, with the values that deeds after i left it at. Takes `changed`. */
static cJSON *as_left(const ond__task *t, size_t i, const char *id, cJSON *changed)
{
    const cJSON *last = NULL;
    for (size_t k = i + 1; k < t->n; k++) {
        const cJSON *after = same_hand(&t->deed[i], &t->deed[k]) ? left(&t->deed[k], id) : NULL;
        if (after) last = after;
    }
    if (!last || !changed) return changed;
    cJSON *out = ond__pick(changed, last, true);
    cJSON_Delete(changed);
    return out;
}

static cJSON *members_as_left(const ond__task *t, size_t i, cJSON *changed)
{
    cJSON *members = cJSON_GetObjectItemCaseSensitive(changed, "members"),
          *out = cJSON_CreateObject();
    bool ok = out && members;
    for (const cJSON *m = ok ? members->child : NULL; ok && m; m = m->next)
        ok = ond_json_set(out, m->string, as_left(t, i, m->string, cJSON_Duplicate(m, true)));
    if (ok && ond_json_set(changed, "members", out)) return changed;
    if (!ok) cJSON_Delete(out);
    cJSON_Delete(changed);
    return NULL;
}

/* Attributes that deed i changed, with the values the task left them at. Without a record of what
 * came: what was expected. */
static cJSON *recorded(const ond__task *t, size_t i)
{
    const ond__deed *d = &t->deed[i];
    const cJSON *expect = ond_json_get(d->intent, "expect");
    cJSON *changed =
        ond__changed(ond_json_get(d->intent, "before"), d->done == OND_DONE_OK ? d->after : NULL);
    if (changed && !changed->child) {
        cJSON_Delete(changed);
        changed = expect ? cJSON_Duplicate(expect, true) : cJSON_CreateObject();
    }
    if (cJSON_IsObject(ond_json_get(changed, "members"))) return members_as_left(t, i, changed);
    return as_left(t, i, thing(d), changed);
}

/* Takes `was`. */
static int set_conflict(ond__step *s, cJSON *was, const cJSON *now, ond_err *err)
{
    s->conflict = cJSON_CreateObject();
    bool ok = s->conflict && ond_json_set(s->conflict, "recorded", was);
    if (!s->conflict) cJSON_Delete(was);
    if (!ok || !ond_json_set(s->conflict, "now",
                             ond__pick(ond_json_get(s->conflict, "recorded"), now, false)))
        return ond_nomem(err, "comparing the house with the journal");
    ond__step_digest(s);
    return 0;
}

static int compare(ond__step *s, const ond__task *t, size_t i, ond_err *err)
{
    cJSON *now = NULL;
    if (s->world.already) return 0; /* somebody brought it back already */
    int rc = s->hand->def->observe(s->hand->self, s->verb->def->name, s->world.args, &now, err);
    if (rc) return rc;
    cJSON *was = recorded(t, i);
    if (!was)
        rc = ond_nomem(err, "comparing the house with the journal");
    else if (ond_hand_shows(was, now) == OND_SHOWS_NOT)
        rc = set_conflict(s, was, now, err);
    else
        cJSON_Delete(was);
    cJSON_Delete(now);
    return rc;
}

static int add_step(ond__run *r, const ond__task *t, size_t i, ond_err *err)
{
    const ond__deed *d = &t->deed[i];
    const cJSON *undo = ond_json_get(d->intent, "undo"), *args = ond_json_get(undo, "args");
    cJSON *provenance = from_journal(args);
    ond_buf why = {0};
    ond_buf_printf(&why, "undo of %lld", (long long)d->event);
    int rc = provenance && ond_buf_ok(&why)
                 ? ond__step_add(r, ond_json_str(undo, "hand", ""), ond_json_str(undo, "verb", ""),
                                 args, provenance, ond_buf_z(&why), err)
                 : ond_nomem(err, "planning the undo");
    cJSON_Delete(provenance);
    ond_buf_free(&why);
    return rc;
}

/* A device that is away keeps its place in the report, and the others are brought back. */
static int add_undo(ond__run *r, const ond__task *t, size_t i, ond_err *err)
{
    ond_err e = {0};
    size_t n = r->n;
    int rc = add_step(r, t, i, &e);
    if (r->n == n) goto out;
    ond__step *s = &r->step[n];
    s->undoes = t->deed[i].event;
    if (rc == 0) rc = compare(s, t, i, &e);
    if (rc) s->err = e;
    if (rc == OND_E_UNAVAILABLE) {
        ond__step_unreachable(s);
        return 0;
    }
out:
    if (rc && err) *err = e;
    return rc;
}

/* Things the task did that no undo brings back. */
static bool keep_standing(ond__run *r, const ond__deed *d)
{
    const char *lang = strncmp(r->lang, "ko", 2) == 0 ? "ko" : "en";
    const char *says = ond_json_str(ond_json_get(d->intent, "says"), lang, NULL);
    bool read = strcmp(ond_json_str(d->intent, "effect", ""), "read") == 0;
    if (!says || read || d->undone || d->done != OND_DONE_OK || ond_json_get(d->intent, "undo"))
        return true;
    if (!r->stands) r->stands = cJSON_CreateArray();
    cJSON *text = cJSON_CreateString(says);
    bool ok = r->stands && text && cJSON_AddItemToArray(r->stands, text);
    if (!ok) cJSON_Delete(text);
    return ok;
}

static int nothing(const ond__task *t, ond_err *err)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->deed[i].undone)
            return ond_fail(err, OND_E_NOT_FOUND, "task %lld has been undone already, by %lld",
                            (long long)t->id, (long long)t->deed[i].undone_by);
    return ond_fail(err, OND_E_NOT_FOUND, "nothing that task %lld did can be undone",
                    (long long)t->id);
}

int ond__undo_steps(ond__run *r, int64_t task, ond_err *err)
{
    ond__task t;
    size_t n = 0;
    int rc = ond__task_read(r->g, task, true, &t, err);
    if (rc) return rc;
    r->undo_of = t.id;
    for (size_t i = t.n; i-- > 0;) {
        if (!keep_standing(r, &t.deed[i])) OND_TRY(ond_nomem(err, "planning the undo"));
        if (!ond__deed_undoable(&t.deed[i])) continue;
        n++;
        OND_TRY(add_undo(r, &t, i, err));
    }
    rc = n == 0 ? nothing(&t, err) : ond__run_reach(r, err);
out:
    ond__task_free(&t);
    return rc;
}

cJSON *ond__conflicts_json(const ond__run *r)
{
    cJSON *list = cJSON_CreateArray();
    for (size_t i = 0; list && i < r->n; i++) {
        const ond__step *s = &r->step[i];
        if (!s->conflict) continue;
        cJSON *row = cJSON_Duplicate(s->conflict, true);
        if (row && ond_json_set_num(row, "event", (double)s->undoes) &&
            ond__set_dup(row, "args", s->world.args) && cJSON_AddItemToArray(list, row))
            continue;
        cJSON_Delete(row);
        cJSON_Delete(list);
        list = NULL;
    }
    return list;
}

int ond_gate_undo(ond_gate *g, int64_t task, const ond_run_opts *opts, cJSON **report, ond_err *err)
{
    ond__run r;
    ond_err e = {0};
    ond__run_init(&r, g, opts);
    int rc = task ? 0 : ond__task_last_undoable(g, &task, &e);
    if (rc == 0) rc = ond__undo_steps(&r, task, &e);
    rc = ond__run_finish(&r, rc, report, &e);
    if (rc && err) *err = e;
    return rc;
}
