/* verb_answer.c - `ondol answer`: yes, no, or which one. */
#include "cli/cli.h"

#include <stdlib.h>

static int run(ond_cli *c)
{
    ond_err err = {0};
    if (c->n_arg < 2) {
        (void)ond_fail(&err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_ANSWER_NEEDS, c->lang));
        return ond__fail(c, OND_E_USAGE, &err);
    }
    char *text = ond__join_args(c, 1);
    cJSON *r = ond__request(c, "answer");
    bool ok =
        text && r && ond_json_set_str(r, "id", c->arg[0]) && ond_json_set_str(r, "answer", text);
    free(text);
    if (ok) return ond__wish(c, r);
    cJSON_Delete(r);
    return ond__fail(c, ond_nomem(&err, "asking"), &err);
}

const ond_cli_verb ond_verb_answer = {
    .usage = "answer ID ANSWER",
    .en = "Answers a question that waits: yes or no, or, where it asks which one is meant, its\n"
          "number or its name. A yes holds for exactly what was asked; if the house or the plan\n"
          "has changed since, it is asked again.",
    .ko = "기다리는 질문에 답해요. 예/아니요로, 어느 것인지 묻는 질문이면 번호나 이름으로\n"
          "답해요. 동의는 물어본 그대로에만 해당해요. 그 사이 집이나 계획이 바뀌었으면 다시\n"
          "물어요.",
    .common = OND__JSON,
    .examples = "ondol answer k3f9 yes\nondol answer k3f9 2\nondol answer k3f9 거실 스탠드",
    .run = run,
};
