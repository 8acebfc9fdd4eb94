/* call_house.c - calls about the house and about the owner itself: hands, home.state, home.set,
 * status, doctor, reload. */
#include "daemon/internal.h"

#include "sys/clock.h"
#include "sys/file.h"

#include <stdio.h>
#include <unistd.h>

int ond__call_hands(ond__call *c, ond_err *err)
{
    c->reply = ond_gate_hands(c->owner->gate);
    return c->reply ? OND_OK : ond_nomem(err, "listing the hands");
}

int ond__call_home_state(ond__call *c, ond_err *err)
{
    return ond_gate_world(c->owner->gate, &c->reply, err);
}

/* ---- home.set: a plan of one step, by the same door as a wish ---- */

static cJSON *all_from_owner(const cJSON *args)
{
    cJSON *provenance = cJSON_CreateObject();
    for (const cJSON *m = args->child; m && provenance; m = m->next)
        if (!ond_json_set_str(provenance, m->string, ond_source_name(OND_SOURCE_OWNER))) {
            cJSON_Delete(provenance);
            return NULL;
        }
    return provenance;
}

static int set_plan(const cJSON *request, ond_plan *plan, ond_err *err)
{
    cJSON *args = cJSON_CreateObject();
    cJSON *attributes = cJSON_Duplicate(ond_json_get(request, "attributes"), true);
    bool ok =
        args && attributes && ond_json_set_str(args, "entity", ond_json_str(request, "entity", ""));
    if (!ok)
        cJSON_Delete(attributes);
    else
        ok = ond_json_set(args, "attributes", attributes);
    cJSON *provenance = ok ? all_from_owner(args) : NULL;
    if (!provenance) {
        cJSON_Delete(args);
        return ond_nomem(err, "planning");
    }
    return ond_plan_add(plan, "home", "set", args, provenance, OND_EFFECT_PHYSICAL,
                        "ondol home set", err);
}

/* {"version":1,"status","say","report"}: what gate reports, in words too. */
static cJSON *in_words(cJSON *report, const char *lang)
{
    ond_buf say = {0};
    ond_agent_say(&say, report, lang);
    cJSON *reply = cJSON_CreateObject();
    bool ok = reply && ond_buf_ok(&say) && ond_json_set_num(reply, "version", 1) &&
              ond_json_set_str(reply, "status", ond_json_str(report, "status", "failed")) &&
              ond_json_set_str(reply, "say", ond_buf_z(&say));
    ond_buf_free(&say);
    if (!ok) {
        cJSON_Delete(report);
        cJSON_Delete(reply);
        return NULL;
    }
    if (ond_json_set(reply, "report", report)) return reply;
    cJSON_Delete(reply);
    return NULL;
}

int ond__call_home_set(ond__call *c, ond_err *err)
{
    ond_plan plan = {0};
    cJSON *report = NULL;
    ond_run_opts run = ond__run_opts(c);
    int rc = set_plan(c->request, &plan, err);
    if (rc == 0) rc = ond_gate_run(c->owner->gate, &plan, &run, &report, err);
    if (report && !(c->reply = in_words(report, c->lang))) rc = ond_nomem(err, "answering");
    ond_plan_free(&plan);
    return rc;
}

/* ---- the owner itself ---- */

int ond__call_status(ond__call *c, ond_err *err)
{
    cJSON *r = c->reply = cJSON_CreateObject();
    if (!r || !ond_json_set_num(r, "version", 1) || !ond_json_set_str(r, "ondol", OND_VERSION) ||
        !ond_json_set_bool(r, "up", c->owner->opts.can_wait) ||
        !ond_json_set_num(r, "pid", (double)getpid()) ||
        !ond_json_set_num(r, "rss", (double)ond_rss()) ||
        !ond_json_set_num(r, "events", (double)ond_store_count(c->owner->store)) ||
        !ond_json_set_str(r, "lang", c->owner->lang))
        return ond_nomem(err, "answering");
    return OND_OK;
}

int ond__call_reload(ond__call *c, ond_err *err)
{
    return ond__owner_reload(c->owner, err);
}

static bool add_check(cJSON *checks, const char *name, bool ok, const char *what)
{
    cJSON *row = cJSON_CreateObject();
    if (row && ond_json_set_str(row, "name", name) && ond_json_set_bool(row, "ok", ok) &&
        ond_json_set_bool(row, "needed", true) && ond_json_set_str(row, "what", what) &&
        cJSON_AddItemToArray(checks, row))
        return true;
    cJSON_Delete(row);
    return false;
}

static bool check_journal(ond__call *c, cJSON *checks)
{
    ond_verify v = {0};
    ond_err err = {0};
    int rc = ond_store_verify(c->owner->store, &v, &err);
    return add_check(checks, "journal", rc == 0, v.what[0] ? v.what : err.text);
}

static bool check_hands(ond__call *c, cJSON *checks)
{
    cJSON *hands = ond_gate_hands(c->owner->gate);
    const cJSON *hand;
    bool ok = hands != NULL;
    cJSON_ArrayForEach(hand, ond_json_get(hands, "hands"))
    {
        char name[64];
        const cJSON *health = ond_json_get(hand, "health");
        snprintf(name, sizeof name, "hand %s", ond_json_str(hand, "name", ""));
        ok = ok && add_check(checks, name, ond_json_bool(health, "ok", false),
                             ond_json_str(health, "what", ""));
    }
    cJSON_Delete(hands);
    return ok;
}

int ond__call_doctor(ond__call *c, ond_err *err)
{
    cJSON *checks = cJSON_CreateArray();
    c->reply = cJSON_CreateObject();
    if (!checks || !c->reply || !check_journal(c, checks) || !check_hands(c, checks)) {
        cJSON_Delete(checks);
        return ond_nomem(err, "looking at the house");
    }
    return ond_json_set(c->reply, "checks", checks) ? OND_OK
                                                    : ond_nomem(err, "looking at the house");
}
