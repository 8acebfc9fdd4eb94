/* verb_do.c - `ondol do`: a sentence becomes an action. */
#include "cli/cli.h"

#include <stdlib.h>

static const ond_cli_option options[] = {
    {"dry-run", 'n', NULL, "print the plan and touch nothing",
     "계획만 보여 주고 아무것도 건드리지 않기"},
    {"yes", 'y', NULL, "consent to what would be asked", "물어볼 일에 미리 동의하기"},
    {"area", 0, "ROOM", "the room where it is said", "말하는 사람이 있는 방"},
    {NULL, 0, NULL, NULL, NULL},
};

static int run(ond_cli *c)
{
    ond_err err = {0};
    if (c->n_arg == 0) {
        (void)ond_fail(&err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_NO_SENTENCE, c->lang));
        return ond__fail(c, OND_E_USAGE, &err);
    }
    char *text = ond__join_args(c, 0);
    const char *area = ond__option(c, "area");
    cJSON *r = ond__request(c, "do");
    bool ok = text && r && ond_json_set_str(r, "text", text) &&
              (!c->given_lang || ond_json_set_str(r, "lang", c->given_lang)) &&
              (!area || ond_json_set_str(r, "area", area)) &&
              ond_json_set_bool(r, "yes", ond__option(c, "yes") != NULL) &&
              ond_json_set_bool(r, "dry_run", ond__option(c, "dry-run") != NULL);
    free(text);
    if (ok) return ond__wish(c, r);
    cJSON_Delete(r);
    return ond__fail(c, ond_nomem(&err, "asking"), &err);
}

const ond_cli_verb ond_verb_do = {
    .usage = "do SENTENCE...",
    .en = "Does what the sentence says, in Korean or English. What may be done without asking\n"
          "is written in the policy; what would be asked is asked here on a terminal, waits for\n"
          "`ondol answer` while `ondol up` runs, and is refused (exit 4) otherwise. Everything\n"
          "done is in the journal and, where its effect allows, can be undone.",
    .ko = "문장대로 해요. 한국어와 영어를 알아들어요. 묻지 않고 해도 되는 일은 정책에 적혀\n"
          "있어요. 물어볼 일은 터미널에서는 바로 묻고, `ondol up`이 돌고 있으면 `ondol\n"
          "answer`를 기다리고, 둘 다 아니면 하지 않아요(종료 코드 4). 한 일은 모두 기록에 남고,\n"
          "되돌릴 수 있는 것은 되돌릴 수 있어요.",
    .options = options,
    .common = OND__JSON | OND__HOUSE_FILE,
    .examples = "ondol do \"turn on the kitchen light\"\n"
                "ondol do 거실 스탠드 켜 줘\n"
                "ondol do --dry-run \"unlock the front door\"\n"
                "ondol do --json --yes \"현관문 열어 줘\"",
    .run = run,
};
