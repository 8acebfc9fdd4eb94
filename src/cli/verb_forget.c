/* verb_forget.c - `ondol forget`: erases contents from the journal; the chain stays. */
#include "cli/cli.h"

#include "sys/clock.h"

static const ond_cli_option options[] = {
    {"before", 'b', "TIME", "forget all before this time (ISO 8601)",
     "이 시각 이전을 모두 지우기 (ISO 8601)"},
    {"all", 'a', NULL, "forget everything up to now", "지금까지의 모든 것을 지우기"},
    {"yes", 'y', NULL, "do not ask whether to go on", "계속할지 묻지 않기"},
    {NULL, 0, NULL, NULL, NULL},
};

static int make_request(ond_cli *c, cJSON *r, ond_err *err)
{
    const char *before = ond__option(c, "before");
    bool all = ond__option(c, "all") != NULL, ok;
    double task = 0;
    ond_ms at = 0;
    int rc;
    if ((c->n_arg == 1) + (before != NULL) + all != 1 || c->n_arg > 1)
        return ond_fail(err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_FORGET_NEEDS, c->lang));
    if (c->n_arg == 1) {
        rc = ond__number(c->arg[0], "ID", 1, 9e15, &task, err);
        ok = rc != 0 || ond_json_set_num(r, "task", task);
    } else {
        rc = before ? ond_iso_parse(ond_str_of(before), ond_zone(), &at, err) : OND_OK;
        if (rc != 0)
            return ond_fail(err, OND_E_USAGE,
                            "--before: '%.60s' is no time: write it like 2026-11-23", before);
        ok = ond_json_set_num(r, "before", before ? (double)at : (double)ond_now() + 1);
    }
    return rc == 0 && !ok ? ond_nomem(err, "asking") : rc;
}

static int sure(ond_cli *c, ond_err *err)
{
    if (ond__option(c, "yes")) return OND_OK;
    cJSON *ask = cJSON_CreateObject();
    bool ok =
        ask && ond_json_set_str(ask, "question", ond_msg_text(OND_M_CLI_FORGET_SURE, c->lang));
    bool yes = ok && c->terminal && ond__ask(c, ask) == OND_CONSENT_YES;
    cJSON_Delete(ask);
    return yes ? OND_OK
               : ond_fail(err, OND_E_ASK, "%s", ond_msg_text(OND_M_CLI_FORGET_NOT, c->lang));
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL, *r = ond__request(c, "forget");
    int rc = r ? make_request(c, r, &err) : ond_nomem(&err, "asking");
    if (rc == 0) rc = sure(c, &err);
    if (rc != 0) {
        cJSON_Delete(r);
        return ond__finish(c, rc, NULL, &err);
    }
    rc = ond__call(c, r, &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json)
        ond__print_json(reply);
    else if (rc == 0) {
        char n[32];
        snprintf(n, sizeof n, "%.0f", ond_json_num(reply, "erased", 0));
        OND__SAY(c, stdout, OND_M_CLI_FORGOTTEN, n);
    }
    cJSON_Delete(reply);
    return rc;
}

const ond_cli_verb ond_verb_forget = {
    .usage = "forget ID\nforget --before TIME\nforget --all",
    .en = "Erases what the journal says about a task, or about all before an instant. That\n"
          "something happened, and when, stays, so that the chain of hashes still verifies;\n"
          "what it was is overwritten on disk and cannot be brought back or undone. Asks first;\n"
          "--yes does not.",
    .ko = "기록에서 어떤 일의 내용을, 또는 어느 시각 이전의 모든 내용을 지워요. 무슨 일이 언제\n"
          "있었다는 사실은 남아서 해시 사슬은 계속 맞아요. 내용은 디스크에서 덮어써서 다시 볼\n"
          "수도 되돌릴 수도 없어요. 먼저 물어보고, --yes이면 묻지 않아요.",
    .options = options,
    .common = OND__JSON,
    .examples = "ondol forget 12\nondol forget --before 2026-11-01\nondol forget --all --yes",
    .run = run,
};
