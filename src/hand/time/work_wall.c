/* work_wall.c - alarms and reminders: setting, moving, turning on and off. */
#include "hand/time/work.h"

#include <stdio.h>

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
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

int ond__time_do_set_new(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
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
    OND_TRY(ond__time_choose_id(h, k, args, w, id, err));
    row = cJSON_CreateObject();
    if (!fill_new(row, k, id, text)) OND_TRY(nomem(err));
    OND_TRY(set_times(row, args, "", err));
    if (!ond__time_set_copy(w->args, "at", ond_json_get(row, "at"))) OND_TRY(nomem(err));
    rc = ond__time_add_change(w, id, NULL, row, err);
    row = NULL;
    if (rc == 0) rc = ond__time_undo_by_cancel(w, k, id, err);
out:
    cJSON_Delete(row);
    return rc;
}

/* ---- alarms and reminders that are changed ---- */

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
    return w->undo_args && ond__time_set_copy(w->undo_args, "id", ond_json_get(was, "id")) &&
                   ond__time_set_copy(w->undo_args, "at", ond_json_get(was, "at")) &&
                   ond__time_set_copy(w->undo_args, "rule", ond_json_get(was, "rule"))
               ? OND_OK
               : nomem(err);
}

static bool same_member(const cJSON *a, const cJSON *b, const char *name)
{
    return ond_json_equal(ond_json_get(a, name), ond_json_get(b, name));
}

int ond__time_do_move(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                      ond_err *err)
{
    cJSON *was = NULL, *is = NULL;
    const char *id = ond_json_str(args, "id", "");
    int rc = 0;
    OND_TRY(ond__time_find(h, ond__time_kind_of_verb(verb), id, &was, err));
    OND_TRY(ond__time_duplicate(was, &is, err));
    ond__time_clear_clock(is);
    OND_TRY(set_times(is, args, ond_json_str(was, "rule", ""), err));
    if (is_quiet(was) && same_member(was, is, "at") && same_member(was, is, "rule") &&
        !ond__time_set_copy(is, "since", ond_json_get(was, "since")))
        OND_TRY(nomem(err));
    if (!ond__time_set_copy(w->args, "at", ond_json_get(is, "at")) ||
        !ond__time_set_copy(w->args, "rule", ond_json_get(is, "rule")))
        OND_TRY(nomem(err));
    OND_TRY(undo_move(w, verb, was, err));
    rc = ond__time_add_change(w, id, was, is, err);
    was = is = NULL;
out:
    cJSON_Delete(was);
    cJSON_Delete(is);
    return rc;
}

int ond__time_do_enable(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                        ond_err *err)
{
    cJSON *was = NULL, *is = NULL;
    const char *id = ond_json_str(args, "id", "");
    bool on = ond_json_bool(args, "on", false);
    int rc = 0;
    OND_TRY(ond__time_find(h, OND__TIME_ALARM, id, &was, err));
    OND_TRY(ond__time_duplicate(was, &is, err));
    if (ond_json_bool(was, "on", true) != on) {
        ond__time_clear_clock(is);
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
    rc = ond__time_add_change(w, id, was, is, err);
    was = is = NULL;
out:
    cJSON_Delete(was);
    cJSON_Delete(is);
    return rc;
}
