/* work.c - what a verb changes: exact arguments, the rows before and after, and what brings it
 * back.
 *
 * Planning and acting both work it out, from the rows as they are then; only acting writes. Where a
 * verb has an opposite, that is its undo; elsewhere `put_back` with the former rows is. */
#include "hand/time/internal.h"

#include <math.h>
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
static int add_change(ond__time_work *w, const char *id, cJSON *was, cJSON *is, ond_err *err)
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

static int not_found(ond__time *h, ond__time_kind k, const char *id, ond_err *err)
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
static int find(ond__time *h, ond__time_kind k, const char *id, cJSON **row, ond_err *err)
{
    *row = NULL;
    int rc = ond__time_kind_of(id) == k || k == OND__TIME_NONE ? ond__time_item_get(h, id, row, err)
                                                               : OND_OK;
    return rc || *row ? rc : not_found(h, k, id, err);
}

static bool set_copy(cJSON *to, const char *name, const cJSON *value)
{
    return !value || ond_json_set(to, name, cJSON_Duplicate(value, true));
}

static int duplicate(const cJSON *row, cJSON **out, ond_err *err)
{
    *out = cJSON_Duplicate(row, true);
    return *out ? OND_OK : nomem(err);
}

/* ---- new things ---- */

/* `w` may bring some already. */
static int check_room(ond__time *h, ond__time_kind k, const ond__time_work *w, ond_err *err)
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
static int choose_id(ond__time *h, ond__time_kind k, const cJSON *args, ond__time_work *w,
                     char id[OND__TIME_ID], ond_err *err)
{
    const char *given = ond_json_str(args, "id", NULL);
    cJSON *other = NULL;
    int rc = 0;
    OND_TRY(check_room(h, k, w, err));
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

static int undo_by_cancel(ond__time_work *w, ond__time_kind k, const char *id, ond_err *err)
{
    snprintf(w->undo_verb, sizeof w->undo_verb, "%s_cancel", ond__time_kind_name(k));
    w->undo_args = cJSON_CreateObject();
    return w->undo_args && ond_json_set_str(w->undo_args, "id", id) ? OND_OK : nomem(err);
}

static int timer_start(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                       ond_err *err)
{
    (void)verb;
    char id[OND__TIME_ID];
    double seconds = ond_json_num(args, "seconds", 0);
    const char *label = ond_json_str(args, "label", "");
    int rc = ond__time_text_check("label", label, err);
    if (rc == 0) rc = choose_id(h, OND__TIME_TIMER, args, w, id, err);
    if (rc != 0) return rc;
    cJSON *row = cJSON_CreateObject();
    if (!row || !ond_json_set_str(row, "id", id) || !ond_json_set_num(row, "seconds", seconds) ||
        !ond_json_set_str(row, "label", label) || !ond_json_set_str(row, "state", "running") ||
        !ond__time_wind(row, seconds * 1000)) {
        cJSON_Delete(row);
        return nomem(err);
    }
    rc = add_change(w, id, NULL, row, err);
    return rc ? rc : undo_by_cancel(w, OND__TIME_TIMER, id, err);
}

/* ---- times of alarms and reminders ---- */

static int check_comes(const cJSON *row, ond_err *err)
{
    ond__time_due due;
    cJSON *probe = cJSON_Duplicate(row, true);
    bool ok = probe && ond_json_set_bool(probe, "on", true); /* also where it is off */
    const char *at = ond_json_str(row, "at", ""), *rule = ond_json_str(row, "rule", "");
    int rc = ok ? ond__time_due_of(probe, &due, err) : nomem(err);
    cJSON_Delete(probe);
    if (rc != 0 || due.next != OND_NEVER) return rc;
    ond_civil c;
    ond_buf now = {0};
    ond_civil_of(ond_now(), ond_zone(), &c);
    ond__time_local_put(&now, &c);
    if (rule[0])
        rc = ond_fail(err, OND_E_INPUT, "%s from %s on does not come again after now (%s)", rule,
                      at, ond_buf_z(&now));
    else
        rc = ond_fail(err, OND_E_INPUT, "%s is over: it is %s now; say a later time", at,
                      ond_buf_z(&now));
    ond_buf_free(&now);
    return rc;
}

/* `at` in one spelling, the rule checked; both go into `row`. `otherwise` is the rule where none is
 * given. */
static int set_times(cJSON *row, const cJSON *args, const char *otherwise, ond_err *err)
{
    ond_civil c;
    ond_buf at = {0};
    const char *given = ond_json_str(args, "at", ""), *rule = ond_json_str(args, "rule", otherwise);
    int rc = 0;
    if (!ond__time_local_parse(given, &c))
        return ond_fail(err, OND_E_INPUT, "'%.40s' is no local time; one is 2026-08-01T07:00",
                        given);
    if (rule[0]) OND_TRY(ond__time_rule_check(rule, err));
    ond__time_local_put(&at, &c);
    if (!ond_buf_ok(&at) || !ond_json_set_str(row, "at", ond_buf_z(&at)) ||
        !ond_json_set_str(row, "rule", rule) || !ond_json_set_num(row, "since", (double)ond_now()))
        OND_TRY(nomem(err));
    rc = check_comes(row, err);
out:
    ond_buf_free(&at);
    return rc;
}

static bool fill_new(cJSON *row, ond__time_kind k, const char *id, const char *text)
{
    if (!row || !ond_json_set_str(row, "id", id)) return false;
    if (k == OND__TIME_REMINDER) return ond_json_set_str(row, "text", text);
    return ond_json_set_str(row, "label", text) && ond_json_set_bool(row, "on", true);
}

static int set_new(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                   ond_err *err)
{
    char id[OND__TIME_ID];
    ond__time_kind k = verb[0] == 'a' ? OND__TIME_ALARM : OND__TIME_REMINDER;
    const char *name = k == OND__TIME_ALARM ? "label" : "text",
               *text = ond_json_str(args, name, "");
    int rc = 0;
    cJSON *row = NULL;
    OND_TRY(ond__time_text_check(name, text, err));
    if (k == OND__TIME_REMINDER && !text[strspn(text, " \n\t")])
        OND_TRY(ond_fail(err, OND_E_INPUT, "a reminder needs a text: what shall it say?"));
    OND_TRY(choose_id(h, k, args, w, id, err));
    row = cJSON_CreateObject();
    if (!fill_new(row, k, id, text)) OND_TRY(nomem(err));
    OND_TRY(set_times(row, args, "", err));
    if (!set_copy(w->args, "at", ond_json_get(row, "at"))) OND_TRY(nomem(err));
    rc = add_change(w, id, NULL, row, err);
    row = NULL;
    if (rc == 0) rc = undo_by_cancel(w, k, id, err);
out:
    cJSON_Delete(row);
    return rc;
}

/* ---- taking out, bringing back ---- */

static ond__time_kind kind_of_verb(const char *verb)
{
    return verb[0] == 't' ? OND__TIME_TIMER : verb[0] == 'a' ? OND__TIME_ALARM : OND__TIME_REMINDER;
}

/* One that was there and is gone needs no cancelling; one that never was is an error. */
static int cancel(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                  ond_err *err)
{
    ond__time_kind k = kind_of_verb(verb);
    const char *id = ond_json_str(args, "id", "");
    cJSON *row = NULL;
    int rc = ond__time_kind_of(id) == k ? ond__time_item_get(h, id, &row, err) : OND_OK;
    if (rc != 0) return rc;
    if (!row && (ond__time_kind_of(id) != k || !ond__time_id_known(h, id)))
        return not_found(h, k, id, err);
    rc = add_change(w, id, row, NULL, err);
    if (rc != 0 || !row) return rc;
    snprintf(w->undo_verb, sizeof w->undo_verb, "%s_restore", ond__time_kind_name(k));
    w->undo_args = cJSON_CreateObject();
    return w->undo_args && set_copy(w->undo_args, ond__time_kind_name(k), row) ? OND_OK
                                                                               : nomem(err);
}

static int restore(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                   ond_err *err)
{
    ond__time_kind k = kind_of_verb(verb);
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
    if (rc == 0 && !was) rc = check_room(h, k, w, err);
    if (rc == 0) rc = duplicate(row, &is, err);
    if (rc != 0) {
        cJSON_Delete(was);
        return rc;
    }
    rc = add_change(w, id, was, is, err);
    return rc ? rc : undo_by_cancel(w, k, id, err);
}

/* ---- timers that run ---- */

static int rings_now(const char *id, ond_err *err)
{
    return ond_fail(err, OND_E_INPUT, "%s rings: stop it or let it snooze", id);
}

/* A timer's row, and a copy to change; opposite {id} is the undo. */
static int open_timer(ond__time *h, const cJSON *args, const char *opposite, ond__time_work *w,
                      cJSON **is, ond_err *err)
{
    const char *id = ond_json_str(args, "id", "");
    cJSON *was = NULL;
    int rc = find(h, OND__TIME_TIMER, id, &was, err);
    if (rc == 0) rc = duplicate(was, is, err);
    if (rc != 0) {
        cJSON_Delete(was);
        return rc;
    }
    rc = add_change(w, id, was, *is, err);
    if (rc != 0) return rc;
    snprintf(w->undo_verb, sizeof w->undo_verb, "%s", opposite);
    w->undo_args = cJSON_CreateObject();
    return w->undo_args && ond_json_set_str(w->undo_args, "id", id) ? OND_OK : nomem(err);
}

static int timer_pause(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                       ond_err *err)
{
    bool pause = strcmp(verb, "timer_pause") == 0;
    cJSON *row = NULL;
    int rc = open_timer(h, args, pause ? "timer_resume" : "timer_pause", w, &row, err);
    if (rc != 0) return rc;
    if (ond__time_rings(row)) return rings_now(w->change[0].id, err);
    if (ond__time_winds(row) != pause) return OND_OK; /* it is so */
    double left = ond__time_left(row);
    bool ok = ond_json_set_str(row, "state", pause ? "paused" : "running") &&
              (pause ? ond__time_unwind(row, left) : ond__time_wind(row, left));
    return ok ? OND_OK : nomem(err);
}

/* One that rings runs again for what is added to it, as if it had been so long from the start. */
static int add_to_ringing(ond__time_work *w, cJSON *row, double more, ond_err *err)
{
    if (more <= 0) return rings_now(w->change[0].id, err);
    cJSON_DeleteItemFromObjectCaseSensitive(row, "ring");
    w->undo_verb[0] = '\0';
    return ond_json_set_str(row, "state", "running") && ond__time_wind(row, more * 1000)
               ? OND_OK
               : nomem(err);
}

static int timer_add(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                     ond_err *err)
{
    (void)verb;
    cJSON *row = NULL;
    double more = ond_json_num(args, "seconds", 0);
    int rc = open_timer(h, args, "timer_add", w, &row, err);
    if (rc != 0) return rc;
    const char *id = w->change[0].id;
    double seconds = ond_json_num(row, "seconds", 0) + more, left = ond__time_left(row);
    if (seconds > OND__TIME_SECONDS || left + more * 1000 > 1000.0 * OND__TIME_SECONDS)
        return ond_fail(err, OND_E_INPUT, "%s would run for more than %d days", id,
                        OND__TIME_SECONDS / 86400);
    if (!ond__time_rings(row) && (left + more * 1000 <= 0 || seconds < 1))
        return ond_fail(err, OND_E_INPUT,
                        "%s has %.0f s left, so %.0f s cannot be taken off: cancel it instead", id,
                        ceil(left / 1000), -more);
    if (!ond_json_set_num(row, "seconds", seconds) ||
        !ond_json_set_num(w->undo_args, "seconds", -more))
        return nomem(err);
    if (ond__time_rings(row)) return add_to_ringing(w, row, more, err);
    return ond_json_set_num(row, "left", ond_json_num(row, "left", 0) + more * 1000) ? OND_OK
                                                                                     : nomem(err);
}

/* ---- alarms and reminders that are changed ---- */

static void clear_clock(cJSON *row)
{
    static const char *const names[] = {"ring", "left", "boot", "up", "wall"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        cJSON_DeleteItemFromObjectCaseSensitive(row, names[i]);
}

static bool is_quiet(const cJSON *row)
{
    return !ond_json_get(row, "ring") && !ond__time_winds(row) && !ond__time_rings(row);
}

/* The opposite brings everything back where it neither rang nor snoozed, and would come again. */
static bool opposite_works(const cJSON *was)
{
    cJSON *again = cJSON_Duplicate(was, true);
    bool ok = again && is_quiet(was) && ond_json_set_num(again, "since", (double)ond_now()) &&
              check_comes(again, NULL) == 0;
    cJSON_Delete(again);
    return ok;
}

static int undo_move(ond__time_work *w, const char *verb, const cJSON *was, ond_err *err)
{
    if (!opposite_works(was)) return OND_OK; /* by put_back */
    snprintf(w->undo_verb, sizeof w->undo_verb, "%s", verb);
    w->undo_args = cJSON_CreateObject();
    return w->undo_args && set_copy(w->undo_args, "id", ond_json_get(was, "id")) &&
                   set_copy(w->undo_args, "at", ond_json_get(was, "at")) &&
                   set_copy(w->undo_args, "rule", ond_json_get(was, "rule"))
               ? OND_OK
               : nomem(err);
}

static bool same_member(const cJSON *a, const cJSON *b, const char *name)
{
    return ond_json_equal(ond_json_get(a, name), ond_json_get(b, name));
}

static int move(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w, ond_err *err)
{
    cJSON *was = NULL, *is = NULL;
    const char *id = ond_json_str(args, "id", "");
    int rc = 0;
    OND_TRY(find(h, kind_of_verb(verb), id, &was, err));
    OND_TRY(duplicate(was, &is, err));
    clear_clock(is);
    OND_TRY(set_times(is, args, ond_json_str(was, "rule", ""), err));
    if (is_quiet(was) && same_member(was, is, "at") && same_member(was, is, "rule") &&
        !set_copy(is, "since", ond_json_get(was, "since")))
        OND_TRY(nomem(err));
    if (!set_copy(w->args, "at", ond_json_get(is, "at")) ||
        !set_copy(w->args, "rule", ond_json_get(is, "rule")))
        OND_TRY(nomem(err));
    OND_TRY(undo_move(w, verb, was, err));
    rc = add_change(w, id, was, is, err);
    was = is = NULL;
out:
    cJSON_Delete(was);
    cJSON_Delete(is);
    return rc;
}

static int enable(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                  ond_err *err)
{
    cJSON *was = NULL, *is = NULL;
    const char *id = ond_json_str(args, "id", "");
    bool on = ond_json_bool(args, "on", false);
    int rc = 0;
    OND_TRY(find(h, OND__TIME_ALARM, id, &was, err));
    OND_TRY(duplicate(was, &is, err));
    if (ond_json_bool(was, "on", true) != on) {
        clear_clock(is);
        if (!ond_json_set_bool(is, "on", on) || !ond_json_set_num(is, "since", (double)ond_now()))
            OND_TRY(nomem(err));
        if (on) OND_TRY(check_comes(is, err));
        if (on || opposite_works(was)) {
            snprintf(w->undo_verb, sizeof w->undo_verb, "%s", verb);
            w->undo_args = cJSON_CreateObject();
            if (!w->undo_args || !ond_json_set_str(w->undo_args, "id", id) ||
                !ond_json_set_bool(w->undo_args, "on", !on))
                OND_TRY(nomem(err));
        }
    }
    rc = add_change(w, id, was, is, err);
    was = is = NULL;
out:
    cJSON_Delete(was);
    cJSON_Delete(is);
    return rc;
}

/* ---- what rings ---- */

static bool add_text(cJSON *list, const char *text)
{
    cJSON *t = cJSON_CreateString(text);
    if (t && cJSON_AddItemToArray(list, t)) return true;
    cJSON_Delete(t);
    return false;
}

/* The ids that are meant: those given, or all that ring now. They are the exact arguments. */
static int choose_ringing(ond__time *h, const cJSON *args, ond__time_work *w, ond_err *err)
{
    const char *id = ond_json_str(args, "id", NULL);
    cJSON *all = NULL, *ids = cJSON_CreateArray();
    bool ok = ids != NULL;
    int rc = 0;
    w->several = true;
    cJSON_DeleteItemFromObjectCaseSensitive(w->args, "id");
    if (ond_json_get(args, "ids")) {
        cJSON_Delete(ids);
        return OND_OK; /* they are in w->args already */
    }
    if (!id) rc = ond__time_item_all(h, OND__TIME_NONE, &all, err);
    if (ok && id) ok = add_text(ids, id);
    for (const cJSON *r = all ? all->child : NULL; r && ok; r = r->next)
        if (ond__time_rings(r)) ok = add_text(ids, ond_json_str(r, "id", ""));
    cJSON_Delete(all);
    if (rc == 0 && ok) {
        ok = ond_json_set(w->args, "ids", ids);
        ids = NULL;
    }
    cJSON_Delete(ids);
    return rc ? rc : ok ? OND_OK : nomem(err);
}

/* What came until now is done with. One that has just rung stays done with, though the clock went
 * back a little. */
static bool done_now(cJSON *row)
{
    ond_ms now = ond_now(), since = (ond_ms)ond_json_num(row, "since", 0);
    return ond_json_set_num(row, "since",
                            (double)(since > now && since <= now + 60000 ? since : now));
}

int ond__time_rung_out(const cJSON *row, cJSON **is, ond_err *err)
{
    *is = NULL;
    if (!ond_json_str(row, "rule", "")[0]) return OND_OK;
    int rc = duplicate(row, is, err);
    if (rc != 0) return rc;
    clear_clock(*is);
    if (!done_now(*is)) return nomem(err);
    ond__time_due due;
    if (ond__time_due_of(*is, &due, NULL) != 0 || due.next != OND_NEVER ||
        !ond_json_bool(*is, "on", true))
        return OND_OK;
    cJSON_Delete(*is); /* that was the last one */
    *is = NULL;
    return OND_OK;
}

static int snoozed(const cJSON *row, double seconds, cJSON **is, ond_err *err)
{
    int rc = duplicate(row, is, err);
    if (rc != 0) return rc;
    clear_clock(*is);
    bool ok = ond__time_kind_of(ond_json_str(row, "id", "")) == OND__TIME_TIMER
                  ? ond_json_set_str(*is, "state", "running")
                  : done_now(*is);
    return ok && ond__time_wind(*is, seconds * 1000) ? OND_OK : nomem(err);
}

static int quiet_one(ond__time *h, const char *id, double seconds, ond__time_work *w, ond_err *err)
{
    cJSON *was = NULL, *is = NULL;
    int rc = ond__time_item_get(h, id, &was, err);
    if (rc != 0) return rc;
    bool rings = was && ond__time_rings(was);
    if (!was && !ond__time_id_known(h, id)) return not_found(h, OND__TIME_NONE, id, err);
    if (!rings && seconds > 0)
        rc = ond_fail(err, OND_E_INPUT, "%s does not ring, so it cannot snooze%s", id,
                      ond__time_kind_of(id) == OND__TIME_REMINDER ? " (a reminder is told once)"
                                                                  : "");
    else if (!rings && was)
        rc = duplicate(was, &is, err);
    else if (rings)
        rc = seconds > 0 ? snoozed(was, seconds, &is, err) : ond__time_rung_out(was, &is, err);
    if (rc == 0) return add_change(w, id, was, is, err);
    cJSON_Delete(was);
    cJSON_Delete(is);
    return rc;
}

static bool among(const ond__time_work *w, const char *id)
{
    for (size_t i = 0; i < w->n; i++)
        if (strcmp(w->change[i].id, id) == 0) return true;
    return false;
}

static int quiet(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w, ond_err *err)
{
    double seconds = strcmp(verb, "snooze") == 0 ? ond_json_num(args, "seconds", 0) : 0;
    int rc = choose_ringing(h, args, w, err);
    const cJSON *ids = ond_json_get(w->args, "ids");
    for (const cJSON *id = ids ? ids->child : NULL; id && rc == 0; id = id->next)
        if (!among(w, id->valuestring)) rc = quiet_one(h, id->valuestring, seconds, w, err);
    if (rc == 0 && seconds > 0 && w->n == 0)
        rc = ond_fail(err, OND_E_NOT_FOUND, "nothing rings now");
    return rc;
}

static int put_one(ond__time *h, const char *id, const cJSON *row, ond__time_work *w, ond_err *err)
{
    cJSON *was = NULL, *is = NULL;
    if (among(w, id))
        return ond_fail(err, OND_E_INPUT, "%s stands twice in what is to be brought back", id);
    int rc = ond__time_item_get(h, id, &was, err);
    if (rc == 0 && row) rc = duplicate(row, &is, err);
    if (rc == 0 && row && !was) rc = check_room(h, ond__time_kind_of(id), w, err);
    if (rc == 0) return add_change(w, id, was, is, err);
    cJSON_Delete(was);
    cJSON_Delete(is);
    return rc;
}

static int put_back(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                    ond_err *err)
{
    (void)verb;
    const cJSON *rows = ond_json_get(args, "rows"), *gone = ond_json_get(args, "gone");
    int rc = 0;
    w->several = true;
    for (const cJSON *r = rows ? rows->child : NULL; r; r = r->next) {
        OND_TRY(ond__time_row_check(h, r, err));
        OND_TRY(put_one(h, ond_json_str(r, "id", ""), r, w, err));
    }
    for (const cJSON *id = gone ? gone->child : NULL; id; id = id->next) {
        if (!ond__time_id_known(h, id->valuestring))
            OND_TRY(not_found(h, OND__TIME_NONE, id->valuestring, err));
        OND_TRY(put_one(h, id->valuestring, NULL, w, err));
    }
out:
    return rc;
}

/* ---- the verbs ---- */

static int list(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w, ond_err *err)
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
#define VERB(name, effect, summary, properties, required, fn) {#name, fn},
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
                              : add_text(gone, w->change[i].id);
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
