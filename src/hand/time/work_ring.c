/* work_ring.c - what rings: stopping it, letting it snooze, and bringing rows back as they were. */
#include "hand/time/work.h"

#include <stdlib.h>

static int nomem(ond_err *err)
{
    return ond_nomem(err, "planning");
}

/* ---- what rings ---- */

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
    if (ok && id) ok = ond__time_add_text(ids, id);
    for (const cJSON *r = all ? all->child : NULL; r && ok; r = r->next)
        if (ond__time_rings(r)) ok = ond__time_add_text(ids, ond_json_str(r, "id", ""));
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
    int rc = ond__time_duplicate(row, is, err);
    if (rc != 0) return rc;
    ond__time_clear_clock(*is);
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
    int rc = ond__time_duplicate(row, is, err);
    if (rc != 0) return rc;
    ond__time_clear_clock(*is);
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
    if (!was && !ond__time_id_known(h, id)) return ond__time_not_found(h, OND__TIME_NONE, id, err);
    if (!rings && seconds > 0)
        rc = ond_fail(err, OND_E_INPUT, "%s does not ring, so it cannot snooze%s", id,
                      ond__time_kind_of(id) == OND__TIME_REMINDER ? " (a reminder is told once)"
                                                                  : "");
    else if (!rings && was)
        rc = ond__time_duplicate(was, &is, err);
    else if (rings)
        rc = seconds > 0 ? snoozed(was, seconds, &is, err) : ond__time_rung_out(was, &is, err);
    if (rc == 0) return ond__time_add_change(w, id, was, is, err);
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

int ond__time_do_quiet(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
                       ond_err *err)
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
    if (rc == 0 && row) rc = ond__time_duplicate(row, &is, err);
    if (rc == 0 && row && !was) rc = ond__time_check_room(h, ond__time_kind_of(id), w, err);
    if (rc == 0) return ond__time_add_change(w, id, was, is, err);
    cJSON_Delete(was);
    cJSON_Delete(is);
    return rc;
}

int ond__time_do_put_back(ond__time *h, const char *verb, const cJSON *args, ond__time_work *w,
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
            OND_TRY(ond__time_not_found(h, OND__TIME_NONE, id->valuestring, err));
        OND_TRY(put_one(h, id->valuestring, NULL, w, err));
    }
out:
    return rc;
}
