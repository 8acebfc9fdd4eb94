/* work.c - what a verb changes: exact arguments, the rows before and after, and what brings it
 * back.
 *
 * Planning and acting both work it out, from the rows as they are then; only acting writes. Where a
 * verb has an opposite, that is its undo; elsewhere `put_back` with the former rows is. The verbs:
 * work_timer.c, work_wall.c (alarms, reminders), work_ring.c (what rings). */
#include "hand/time/work.h"

#include <stdio.h>
#include <stdlib.h>

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

void ond__time_work_free(ond__time_work *w)
{
    cJSON_Delete(w->args);
    cJSON_Delete(w->undo_args);
    for (size_t i = 0; i < w->n; i++) {
        cJSON_Delete(w->change[i].was);
        cJSON_Delete(w->change[i].is);
    }
    free(w->change);
    *w = (ond__time_work){0};
}

/* Takes both rows. */
int ond__time_add_change(ond__time_work *w, const char *id, cJSON *was, cJSON *is, ond_err *err)
{
    ond__time_change *grown = realloc(w->change, (w->n + 1) * sizeof *grown);
    if (!grown) {
        cJSON_Delete(was);
        cJSON_Delete(is);
        return nomem(err);
    }
    w->change = grown;
    w->change[w->n] = (ond__time_change){.was = was, .is = is};
    snprintf(w->change[w->n++].id, OND__TIME_ID, "%s", id);
    return OND_OK;
}

/* ---- finding ---- */

int ond__time_not_found(ond__time *h, ond__time_kind k, const char *id, ond_err *err)
{
    cJSON *all = NULL;
    ond_buf b = {0};
    int rc = ond__time_item_all(h, k, &all, err);
    if (rc != 0) return rc;
    for (const cJSON *r = all->child; r && b.n < 200; r = r->next)
        ond_buf_printf(&b, "%s%s", b.n ? ", " : "", ond_json_str(r, "id", ""));
    const char *kind = ond__time_kind_name(k);
    if (b.n)
        rc = ond_fail(err, OND_E_NOT_FOUND, "there is no %s '%.20s'; there are: %s", kind, id,
                      ond_buf_z(&b));
    else
        rc = ond_fail(err, OND_E_NOT_FOUND, "there is no %s '%.20s', nor any other", kind, id);
    cJSON_Delete(all);
    ond_buf_free(&b);
    return rc;
}

/* The row of a thing that has to be there. */
int ond__time_find(ond__time *h, ond__time_kind k, const char *id, cJSON **row, ond_err *err)
{
    *row = NULL;
    int rc = ond__time_kind_of(id) == k || k == OND__TIME_NONE ? ond__time_item_get(h, id, row, err)
                                                               : OND_OK;
    return rc || *row ? rc : ond__time_not_found(h, k, id, err);
}

bool ond__time_set_copy(cJSON *to, const char *name, const cJSON *value)
{
    return !value || ond_json_set(to, name, cJSON_Duplicate(value, true));
}

int ond__time_duplicate(const cJSON *row, cJSON **out, ond_err *err)
{
    *out = cJSON_Duplicate(row, true);
    return *out ? OND_OK : nomem(err);
}

/* ---- new things ---- */

/* `w` may bring some already. */
int ond__time_check_room(ond__time *h, ond__time_kind k, const ond__time_work *w, ond_err *err)
{
    cJSON *all = NULL;
    int rc = ond__time_item_all(h, k, &all, err);
    int n = rc ? 0 : cJSON_GetArraySize(all);
    cJSON_Delete(all);
    for (size_t i = 0; i < w->n; i++)
        n += ond__time_kind_of(w->change[i].id) == k && !w->change[i].was && w->change[i].is;
    if (rc != 0 || n < OND__TIME_MOST) return rc;
    return ond_fail(err, OND_E_BUDGET,
                    "there are %d %ss already, and there is room for no more: cancel some first", n,
                    ond__time_kind_name(k));
}

/* The id that was given, if no thing has it; else a new one. It goes into the exact arguments. */
int ond__time_choose_id(ond__time *h, ond__time_kind k, const cJSON *args, ond__time_work *w,
                        char id[OND__TIME_ID], ond_err *err)
{
    const char *given = ond_json_str(args, "id", NULL);
    cJSON *other = NULL;
    int rc = 0;
    OND_TRY(ond__time_check_room(h, k, w, err));
    if (!given) {
        OND_TRY(ond__time_id_new(h, k, id, err));
    } else {
        OND_TRY(ond__time_id_check(h, k, given, err));
        OND_TRY(ond__time_item_get(h, given, &other, err));
        if (other)
            rc = ond_fail(err, OND_E_STALE, "there is a %s %s already; ask again without an id",
                          ond__time_kind_name(k), given);
        snprintf(id, OND__TIME_ID, "%s", given);
    }
    if (rc == 0 && !ond_json_set_str(w->args, "id", id)) rc = nomem(err);
out:
    cJSON_Delete(other);
    return rc;
}

int ond__time_undo_by_cancel(ond__time_work *w, ond__time_kind k, const char *id, ond_err *err)
{
    snprintf(w->undo_verb, sizeof w->undo_verb, "%s_cancel", ond__time_kind_name(k));
    w->undo_args = cJSON_CreateObject();
    return w->undo_args && ond_json_set_str(w->undo_args, "id", id) ? OND_OK : nomem(err);
}

/* ---- small things ---- */

ond__time_kind ond__time_kind_of_verb(const char *verb)
{
    return verb[0] == 't' ? OND__TIME_TIMER : verb[0] == 'a' ? OND__TIME_ALARM : OND__TIME_REMINDER;
}

bool ond__time_add_text(cJSON *list, const char *text)
{
    cJSON *t = cJSON_CreateString(text);
    if (t && cJSON_AddItemToArray(list, t)) return true;
    cJSON_Delete(t);
    return false;
}

void ond__time_clear_clock(cJSON *row)
{
    static const char *const names[] = {"ring", "left", "boot", "up", "wall"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(row, names[i]);
}

/* ---- of all kinds: taking out, bringing back ---- */

/* One that was there and is gone needs no cancelling; one that never was is an error. */
int ond__time_do_cancel(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                        ond_err *err)
{
    ond__time_kind k = ond__time_kind_of_verb(verb);
    const char *id = ond_json_str(args, "id", "");
    cJSON *row = NULL;
    int rc = ond__time_kind_of(id) == k ? ond__time_item_get(h, id, &row, err) : OND_OK;
    if (rc != 0) return rc;
    if (!row && (ond__time_kind_of(id) != k || !ond__time_id_known(h, id)))
        return ond__time_not_found(h, k, id, err);
    rc = ond__time_add_change(w, id, row, NULL, err);
    if (rc != 0 || !row) return rc;
    snprintf(w->undo_verb, sizeof w->undo_verb, "%s_restore", ond__time_kind_name(k));
    w->undo_args = cJSON_CreateObject();
    return w->undo_args && ond__time_set_copy(w->undo_args, ond__time_kind_name(k), row)
               ? OND_OK
               : nomem(err);
}

int ond__time_do_restore(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                         ond_err *err)
{
    ond__time_kind k = ond__time_kind_of_verb(verb);
    const cJSON *row = ond_json_get(args, ond__time_kind_name(k));
    const char *id = ond_json_str(row, "id", "");
    cJSON *was = NULL, *is = NULL;
    int rc = ond__time_row_check(h, row, err);
    if (rc == 0 && ond__time_kind_of(id) != k)
        rc = ond_fail(err, OND_E_INPUT, "%s is no %s", id, ond__time_kind_name(k));
    if (rc == 0) rc = ond__time_item_get(h, id, &was, err);
    if (rc == 0 && was && !ond_json_equal(was, row)) {
        cJSON_Delete(was);
        return ond_fail(err, OND_E_STALE, "%s is there, and differs: nothing was brought back", id);
    }
    if (rc == 0 && !was) rc = ond__time_check_room(h, k, w, err);
    if (rc == 0) rc = ond__time_duplicate(row, &is, err);
    if (rc != 0) {
        cJSON_Delete(was);
        return rc;
    }
    rc = ond__time_add_change(w, id, was, is, err);
    return rc ? rc : ond__time_undo_by_cancel(w, k, id, err);
}

/* ---- the verbs ---- */

int ond__time_do_list(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                      ond_err *err)
{
    (void)h, (void)verb, (void)args, (void)w, (void)err;
    return OND_OK;
}

typedef int work_fn(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                    ond_err *err);
static const struct {
    const char *verb;
    work_fn *fn;
} works[] = {
#define VERB(name, effect, summary, properties, required, fn) {#name, ond__time_do_##fn},
#include "hand/time/verbs.def"
#undef VERB
};

/* The former rows, whatever they were; too many of them for one wish's arguments cannot be brought
 * back. */
static int undo_by_rows(ond__time_work *w, ond_err *err)
{
    cJSON *rows = cJSON_CreateArray(), *gone = cJSON_CreateArray();
    ond_buf size = {0};
    bool ok = rows && gone;
    for (size_t i = 0; i < w->n && ok; i++) {
        cJSON *copy = w->change[i].was ? cJSON_Duplicate(w->change[i].was, true) : NULL;
        ok = w->change[i].was ? copy && cJSON_AddItemToArray(rows, copy)
                              : ond__time_add_text(gone, w->change[i].id);
        if (!ok) cJSON_Delete(copy);
    }
    cJSON_Delete(w->undo_args);
    w->undo_args = ok ? cJSON_CreateObject() : NULL;
    if (!w->undo_args) {
        cJSON_Delete(rows);
        cJSON_Delete(gone);
        return nomem(err);
    }
    ok = ond_json_set(w->undo_args, "rows", rows);
    if (!ond_json_set(w->undo_args, "gone", gone) || !ok) return nomem(err);
    ond_json_print(&size, w->undo_args);
    ok = ond_buf_ok(&size);
    if (ok && size.n < 60000) snprintf(w->undo_verb, sizeof w->undo_verb, "put_back");
    ond_buf_free(&size);
    return ok ? OND_OK : nomem(err);
}

int ond__time_work_make(ond__time *h, const char *verb, const cJSON *args, ond__time_work *out,
                        ond_err *err)
{
    int rc = OND_E_NOT_FOUND;
    *out = (ond__time_work){0};
    out->args = args ? cJSON_Duplicate(args, true) : cJSON_CreateObject();
    if (!out->args) return nomem(err);
    for (size_t i = 0; i < sizeof works / sizeof *works; i++)
        if (strcmp(works[i].verb, verb) == 0) rc = works[i].fn(h, verb, args, out, err);
    if (rc == 0 && out->n && !out->undo_verb[0]) rc = undo_by_rows(out, err);
    if (rc != 0) ond__time_work_free(out);
    return rc;
}
