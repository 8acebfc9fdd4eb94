/* call_journal.c - calls that read the journal, and the one that erases from it: log, why, verify,
 * accept, forget. */
#include "daemon/internal.h"

#include <inttypes.h>

int ond__call_log(ond__call *c, ond_err *err)
{
    double limit = ond_json_num(c->request, "limit", 0);
    if (limit < 0) return ond_fail(err, OND_E_USAGE, "\"limit\" must not be negative");
    ond_log_opts opts = {
        .task = (int64_t)ond_json_num(c->request, "task", 0),
        .limit = (size_t)limit,
        .since = (ond_ms)ond_json_num(c->request, "since", 0),
        .kind = ond_json_str(c->request, "kind", NULL),
        .lang = c->lang,
    };
    c->reply = ond_gate_log(c->owner->gate, &opts);
    return c->reply ? OND_OK : ond_nomem(err, "reading the journal");
}

int ond__call_why(ond__call *c, ond_err *err)
{
    return ond_gate_why(c->owner->gate, (int64_t)ond_json_num(c->request, "event", 0), c->lang,
                        &c->reply, err);
}

int ond__call_verify(ond__call *c, ond_err *err)
{
    ond_verify v = {0};
    int rc = ond_store_verify(c->owner->store, &v, err);
    if (rc != 0 && rc != OND_E_TAMPERED) return rc;
    c->reply = cJSON_CreateObject();
    if (!c->reply || !ond_json_set_num(c->reply, "version", 1) ||
        !ond_json_set_bool(c->reply, "ok", rc == 0) ||
        !ond_json_set_num(c->reply, "rows", (double)v.rows) ||
        !ond_json_set_num(c->reply, "forgotten", (double)v.forgotten) ||
        !ond_json_set_num(c->reply, "bad", (double)v.bad) ||
        !ond_json_set_bool(c->reply, "head_ok", v.head_ok) ||
        !ond_json_set_str(c->reply, "what", v.what))
        return ond_nomem(err, "verifying the journal");
    return rc;
}

int ond__call_accept(ond__call *c, ond_err *err)
{
    int rc = ond_store_accept(c->owner->store, err);
    if (rc != 0) return rc;
    return ond__call_verify(c, err);
}

int ond__call_forget(ond__call *c, ond_err *err)
{
    int64_t erased = 0, task = (int64_t)ond_json_num(c->request, "task", 0);
    ond_ms before = (ond_ms)ond_json_num(c->request, "before", 0);
    if ((task == 0) == (before == 0))
        return ond_fail(err, OND_E_USAGE,
                        "say what to forget: either a \"task\" or all \"before\" an instant");
    int rc = ond_store_forget(c->owner->store, task, before, &erased, err);
    if (rc == 0 && task != 0 && erased == 0)
        rc = ond_fail(
            err, OND_E_NOT_FOUND,
            "there is no task %" PRId64 " with anything to forget: `ondol log` lists them", task);
    if (rc != 0) return rc;
    c->reply = cJSON_CreateObject();
    if (!c->reply || !ond_json_set_num(c->reply, "version", 1) ||
        !ond_json_set_num(c->reply, "erased", (double)erased))
        return ond_nomem(err, "forgetting");
    return OND_OK;
}
