/* call_wish.c - calls that speak to the agent: do, parse, undo, answer, pending. */
#include "daemon/internal.h"

#include "sys/clock.h"

ond_run_opts ond__run_opts(const ond__call *c)
{
    const cJSON *settings = ond_config_json(c->owner->config);
    bool asks = c->asker && c->asker->consent;
    return (ond_run_opts){
        .lang = c->lang,
        .dry_run = ond_json_bool(c->request, "dry_run", false),
        .yes = ond_json_bool(c->request, "yes", false),
        .can_wait = c->owner->opts.can_wait || asks,
        .expiry_ms =
            (ond_ms)ond_json_num(ond__tree_get(settings, "questions"), "expiry_minutes", 10) *
            60000,
        .consent = asks ? c->asker->consent : NULL,
        .self = asks ? c->asker->self : NULL,
        .limit_ms = (ond_ms)ond_json_num(ond__tree_get(settings, "act"), "limit_ms", 5000),
    };
}

static const char *area_of(const ond__call *c)
{
    const char *area = ond_json_str(c->request, "area", NULL);
    return area && area[0] ? area : ond_config_text(c->owner->config, "area");
}

int ond__call_do(ond__call *c, ond_err *err)
{
    ond_run_opts run = ond__run_opts(c);
    return ond_agent_do(c->owner->agent, ond_json_str(c->request, "text", ""),
                        ond_json_str(c->request, "lang", NULL), area_of(c), &run, &c->reply, err);
}

int ond__call_parse(ond__call *c, ond_err *err)
{
    return ond_agent_parse(c->owner->agent, ond_json_str(c->request, "text", ""),
                           ond_json_str(c->request, "lang", NULL), area_of(c), &c->reply, err);
}

int ond__call_undo(ond__call *c, ond_err *err)
{
    ond_run_opts run = ond__run_opts(c);
    return ond_agent_undo(c->owner->agent, (int64_t)ond_json_num(c->request, "task", 0),
                          ond_json_str(c->request, "lang", c->lang), &run, &c->reply, err);
}

int ond__call_answer(ond__call *c, ond_err *err)
{
    ond_run_opts run = ond__run_opts(c);
    return ond_agent_answer(c->owner->agent, ond_json_str(c->request, "id", ""),
                            ond_json_str(c->request, "answer", ""), &run, &c->reply, err);
}

int ond__call_pending(ond__call *c, ond_err *err)
{
    c->reply = ond_gate_pending(c->owner->gate);
    return c->reply ? OND_OK : ond_nomem(err, "listing what is pending");
}
