/* run.c - the program: language, terminal, options, verb, exit status. */
#include "cli/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static bool wants_color(int fd)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    return !(no && no[0]) && isatty(fd) && term && strcmp(term, "dumb") != 0;
}

/* A setting `lang` wins over the locale; only verbs that open the configuration anyway pay for
 * reading it. */
static void lang_of_config(ond_cli *c)
{
    ond_config *config = NULL;
    if (c->given_lang) return;
    if (ond_config_load(c->config, &config, NULL) == 0) {
        const char *lang = ond_config_text(config, "lang");
        if (lang && strcmp(lang, "auto") != 0) c->lang = strcmp(lang, "ko") == 0 ? "ko" : "en";
    }
    ond_config_free(config);
}

/* Verbs that must work, and fast, whatever the state of the house. */
static bool needs_nothing(const ond_cli_row *row)
{
    static const char *const names[] = {"help", "version", "man", "completion", "talk"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(row->name, names[i]) == 0) return true;
    return false;
}

int ond__run_row(ond_cli *c, const ond_cli_row *row)
{
    c->row = row;
    return row->verb->run(c);
}

static int run(ond_cli *c)
{
    if (c->row && needs_nothing(c->row)) return ond__run_row(c, c->row);
    lang_of_config(c);
    if (c->terminal && !c->json) c->asker = (ond_asker){.consent = ond__ask, .self = c};
    if (c->row) return ond__run_row(c, c->row);
    return c->terminal ? ond__prompt(c) : ond__run_row(c, ond__verb_find("tour"));
}

int ond__cli_run(int argc, char **argv)
{
    ond_err err = {0};
    ond_cli c = {
        .locale_lang = ond__locale_lang(),
        .terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO),
        .color = wants_color(STDOUT_FILENO),
        .color_err = wants_color(STDERR_FILENO),
    };
    c.lang = c.locale_lang;
    int rc = ond__args(&c, argc, argv, &err);
    rc = rc == 0 ? run(&c) : ond__fail(&c, rc, &err);
    ond__hang_up(&c);
    if (ond__flush() != 0 && rc == 0) {
        bool reader_left = errno == EPIPE; /* head, less: no news to anybody */
        (void)ond_fail(&err, OND_E_IO, "%s", ond_msg_text(OND_M_CLI_NO_OUTPUT, c.lang));
        rc = reader_left ? OND_E_IO : ond__fail(&c, OND_E_IO, &err);
    }
    return ond_code_exit(rc);
}
