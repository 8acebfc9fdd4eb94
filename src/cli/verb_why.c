/* verb_why.c - `ondol why`: from a row of the journal back to the wish. */
#include "cli/cli.h"

static int run(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL;
    double event = 0;
    if (c->n_arg != 1) {
        (void)ond_fail(&err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_WHY_NEEDS, c->lang));
        return ond__fail(c, OND_E_USAGE, &err);
    }
    int rc = ond__number(c->arg[0], "ID", 1, 9e15, &event, &err);
    if (rc != 0) return ond__fail(c, rc, &err);
    cJSON *r = ond__request(c, "why");
    if (r && !ond_json_set_num(r, "event", event)) {
        cJSON_Delete(r);
        r = NULL;
    }
    rc = ond__call(c, r, &reply, &err);
    rc = ond__finish(c, rc, reply, &err);
    if (rc == 0 && c->json) {
        ond__print_json(reply);
    } else if (rc == 0) {
        const char *text = ond_json_str(reply, "text", "");
        size_t n = strlen(text);
        ond__print_safe(stdout, text);
        fputs(n > 0 && text[n - 1] == '\n' ? "" : "\n", stdout);
    }
    cJSON_Delete(reply);
    return rc;
}

const ond_cli_verb ond_verb_why = {
    .usage = "why ID",
    .en = "Says why a row of the journal is there: who wished what, how it was understood,\n"
          "which rule of the policy decided, who consented, how it ended, and how to undo it.\n"
          "IDs are those of `ondol log`.",
    .ko = "기록의 한 줄이 왜 있는지 알려 줘요. 누가 무엇을 바랐고, 어떻게 알아들었고, 정책의\n"
          "어떤 규칙이 정했고, 누가 동의했고, 어떻게 끝났고, 어떻게 되돌리는지예요. 번호는\n"
          "`ondol log`에 나와요.",
    .common = OND__JSON,
    .examples = "ondol why 12\nondol why --json 12",
    .run = run,
};
