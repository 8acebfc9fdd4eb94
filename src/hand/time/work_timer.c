/* work_timer.c - timers: starting, holding, adding to them. */
#include "hand/time/work.h"

#include <math.h>
#include <stdio.h>

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

int ond__time_do_timer_start(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                             ond_err *err)
{
    (void)verb;
    char id[OND__TIME_ID];
    double seconds = ond_json_num(args, "seconds", 0);
    const char *label = ond_json_str(args, "label", "");
    int rc = ond__time_text_check("label", label, err);
    if (rc == 0) rc = ond__time_choose_id(h, OND__TIME_TIMER, args, w, id, err);
    if (rc != 0) return rc;
    cJSON *row = cJSON_CreateObject();
    if (!row || !ond_json_set_str(row, "id", id) || !ond_json_set_num(row, "seconds", seconds) ||
        !ond_json_set_str(row, "label", label) || !ond_json_set_str(row, "state", "running") ||
        !ond__time_wind(row, seconds * 1000)) {
        cJSON_Delete(row);
        return nomem(err);
    }
    rc = ond__time_add_change(w, id, NULL, row, err);
    return rc ? rc : ond__time_undo_by_cancel(w, OND__TIME_TIMER, id, err);
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
    int rc = ond__time_find(h, OND__TIME_TIMER, id, &was, err);
    if (rc == 0) rc = ond__time_duplicate(was, is, err);
    if (rc != 0) {
        cJSON_Delete(was);
        return rc;
    }
    rc = ond__time_add_change(w, id, was, *is, err);
    if (rc != 0) return rc;
    snprintf(w->undo_verb, sizeof w->undo_verb, "%s", opposite);
    w->undo_args = cJSON_CreateObject();
    return w->undo_args && ond_json_set_str(w->undo_args, "id", id) ? OND_OK : nomem(err);
}

int ond__time_do_timer_pause(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
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

int ond__time_do_timer_add(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
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
