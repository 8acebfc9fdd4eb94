/* verb_undo.c - `ondol undo`: a task of the journal, backwards. */
#include "cli/cli.h"

static const ond_cli_option options[] = {
    {"dry-run", 'n', NULL, "print the plan and touch nothing",
     "계획만 보여 주고 아무것도 건드리지 않기"},
    {"yes", 'y', NULL, "consent to what would be asked", "물어볼 일에 미리 동의하기"},
    {NULL, 0, NULL, NULL, NULL},
};

static int run(ond_cli *c)
{
    ond_err err = {0};
    double task = 0;
    int rc = OND_OK;
    if (c->n_arg > 1)
        rc = ond__no_word(c, c->arg[1], "", &err);
    else if (c->n_arg == 1 && strcmp(c->arg[0], "last") != 0)
        rc = ond__number(c->arg[0], "ID", 1, 9e15, &task, &err);
    if (rc != 0) return ond__fail(c, rc, &err);
    cJSON *r = ond__request(c, "undo");
    bool ok = r && ond_json_set_num(r, "task", task) &&
              ond_json_set_bool(r, "yes", ond__option(c, "yes") != NULL) &&
              ond_json_set_bool(r, "dry_run", ond__option(c, "dry-run") != NULL) &&
              ond_json_set_str(r, "lang", c->lang);
    if (ok) return ond__wish(c, r);
    cJSON_Delete(r);
    return ond__fail(c, ond_nomem(&err, "asking"), &err);
}

const ond_cli_verb ond_verb_undo = {
    .usage = "undo [ID|last]",
    .en = "Takes back a task: the last one that can be taken back, or the one with this ID of\n"
          "the journal. Undoing is an action like any other: it is judged by the policy\n"
          "(undoing a lock is an unlock, so it is asked) and journaled. If the house has moved\n"
          "on since, both states are shown and it is asked.",
    .ko = "한 일을 되돌려요. 되돌릴 수 있는 마지막 일, 또는 기록에서 이 번호인 일이에요.\n"
          "되돌리기도 다른 동작과 같아서 정책을 따르고(잠근 것을 되돌리면 여는 것이라 물어요)\n"
          "기록에 남아요. 그 사이 집이 달라졌으면 두 상태를 보여 주고 물어요.",
    .options = options,
    .common = OND__JSON | OND__HOUSE_FILE,
    .examples = "ondol undo\nondol undo 12\nondol undo --dry-run last",
    .run = run,
};
