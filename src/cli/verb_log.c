/* verb_log.c - `ondol log`: the journal, and whether it still holds. */
#include "cli/cli.h"

#include "sys/clock.h"

static const ond_cli_option options[] = {
    {"task", 't', "ID", "only the rows of this task", "이 일의 줄만"},
    {"limit", 'l', "N", "the last N rows (default 50; 0: all)", "마지막 N줄 (기본 50, 0이면 모두)"},
    {"since", 's', "TIME", "rows since this time (ISO 8601)", "이 시각 이후의 줄 (ISO 8601)"},
    {"kind", 'k', "KIND", "only rows of this kind: wish, intent, outcome, ...",
     "이 종류의 줄만: wish, intent, outcome 등"},
    {NULL, 0, NULL, NULL, NULL},
};

/* `call` is verify, or accept, which verifies too. */
static int verify(ond_cli *c, const char *call)
{
    ond_err err = {0};
    cJSON *reply = NULL;
    int rc = ond__call(c, ond__request(c, call), &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json)
        ond__print_json(reply);
    else if (rc == 0) {
        char rows[32], forgotten[32];
        snprintf(rows, sizeof rows, "%.0f", ond_json_num(reply, "rows", 0));
        snprintf(forgotten, sizeof forgotten, "%.0f", ond_json_num(reply, "forgotten", 0));
        OND__SAY(c, stdout, OND_M_CLI_VERIFIED, rows, forgotten);
    }
    cJSON_Delete(reply);
    return rc;
}

static int make_request(ond_cli *c, cJSON *r, ond_err *err)
{
    const char *task = ond__option(c, "task"), *limit = ond__option(c, "limit");
    const char *since = ond__option(c, "since"), *kind = ond__option(c, "kind");
    double number = 50;
    ond_ms at = 0;
    int rc = limit ? ond__number(limit, "--limit", 0, 1e9, &number, err) : OND_OK;
    if (rc == 0 && !ond_json_set_num(r, "limit", number)) rc = ond_nomem(err, "asking");
    if (rc == 0 && task) rc = ond__number(task, "--task", 1, 9e15, &number, err);
    if (rc == 0 && task && !ond_json_set_num(r, "task", number)) rc = ond_nomem(err, "asking");
    if (rc == 0 && since && ond_iso_parse(ond_str_of(since), ond_zone(), &at, err) != 0)
        rc = ond_fail(err, OND_E_USAGE, "--since: '%.60s' is no time: write it like 2026-11-23",
                      since);
    if (rc == 0 && since && !ond_json_set_num(r, "since", (double)at))
        rc = ond_nomem(err, "asking");
    if (rc == 0 && kind && !ond_json_set_str(r, "kind", kind)) rc = ond_nomem(err, "asking");
    return rc;
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL, *r = NULL;
    int rc = OND_OK;
    if (c->n_arg == 1 && strcmp(c->arg[0], "verify") == 0) return verify(c, "verify");
    if (c->n_arg == 1 && strcmp(c->arg[0], "accept") == 0) return verify(c, "accept");
    if (c->n_arg > 1) return ond__fail(c, ond__no_word(c, c->arg[1], "", &err), &err);
    if (c->n_arg > 0) return ond__fail(c, ond__no_word(c, c->arg[0], "verify accept", &err), &err);
    r = ond__request(c, "log");
    rc = r ? make_request(c, r, &err) : ond_nomem(&err, "asking");
    if (rc != 0) {
        cJSON_Delete(r);
        return ond__fail(c, rc, &err);
    }
    rc = ond__call(c, r, &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json)
        ond__print_json(reply);
    else if (rc == 0)
        ond__print_log(c, reply);
    cJSON_Delete(reply);
    return rc;
}

const ond_cli_verb ond_verb_log = {
    .usage = "log\nlog verify\nlog accept",
    .en = "Prints the journal, oldest row first: what was wished, what was intended, how it\n"
          "ended, what was asked and answered. `ondol log verify` checks the chain of hashes\n"
          "and the signed head: exit 17 and the first bad row where the journal was edited or\n"
          "cut. `ondol log accept` takes a journal whose end does not fit its signed head (a\n"
          "copy that was put back) as it is from now on, and writes a row that says so.",
    .ko = "기록을 오래된 것부터 보여 줘요. 무엇을 바랐고, 무엇을 하려 했고, 어떻게 끝났고,\n"
          "무엇을 묻고 답했는지예요. `ondol log verify`는 해시 사슬과 서명된 머리를 확인해요.\n"
          "기록이 고쳐지거나 잘렸으면 처음 어긋난 줄을 알려 주고 종료 코드 17로 끝나요.\n"
          "`ondol log accept`는 머리와 맞지 않는 기록(되돌려 놓은 사본)을 지금 그대로 받아들이고,\n"
          "그렇게 했다는 줄을 남겨요.",
    .options = options,
    .common = OND__JSON,
    .words = "verify accept",
    .examples =
        "ondol log\nondol log --task 12\nondol log --json --since 2026-11-23\nondol log verify",
    .run = run,
};
