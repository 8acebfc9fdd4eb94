/* verb_help.c - `ondol help`, `ondol help VERB`, and --help everywhere. */
#include "cli/cli.h"

static int run(ond_cli *c)
{
    ond_err err = {0};
    if (c->n_arg == 0) {
        ond__help(c, stdout);
        return OND_OK;
    }
    const ond_cli_row *row = ond__verb_find(c->arg[0]);
    if (!row) {
        ond_buf words = {0};
        for (const ond_cli_row *r = ond__verbs; r->name; r++)
            ond_buf_printf(&words, "%s%s", r == ond__verbs ? "" : " ", r->name);
        int rc = ond__no_word(c, c->arg[0], ond_buf_z(&words), &err);
        ond_buf_free(&words);
        return ond__fail(c, rc, &err);
    }
    ond__help_verb(c, row, stdout);
    return OND_OK;
}

const ond_cli_verb ond_verb_help = {
    .usage = "help [VERB]",
    .en = "Explains a verb, or lists them all; `ondol VERB --help` is the same.",
    .ko = "명령 하나를 설명하거나 모두 늘어놓아요. `ondol VERB --help`와 같아요.",
    .examples = "ondol help\nondol help do",
    .run = run,
};
