/* verb_man.c - `ondol man`: the manual page in roff, from the tables. */
#include "cli/cli.h"

/* Text as roff wants it: backslashes and hyphens escaped, a dot or quote at the start of a line
 * disarmed. */
static void put(const char *text)
{
    bool start = true;
    for (; *text; text++) {
        if (start && (*text == '.' || *text == '\'')) fputs("\\&", stdout);
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else if (*text == '`')
            fputs("\\(ga", stdout);
        else
            putchar(*text);
        start = *text == '\n';
    }
}

static void heading(const char *text)
{
    printf(".SH %s\n", text);
}

static void option(const ond_cli_option *o)
{
    fputs(".TP\n", stdout);
    if (o->letter) printf("\\fB\\-%c\\fR, ", o->letter);
    fputs("\\fB\\-\\-", stdout);
    put(o->name);
    fputs("\\fR", stdout);
    if (o->value) printf(" \\fI%s\\fR", o->value);
    putchar('\n');
    put(o->en);
    putchar('\n');
}

static void each_line(const char *text, const char *before)
{
    for (const char *p = text; *p;) {
        size_t n = strcspn(p, "\n");
        char line[256];
        snprintf(line, sizeof line, "%.*s", (int)n, p);
        printf("%s", before);
        put(line);
        putchar('\n');
        p += n + (p[n] == '\n');
        if (*p) fputs(".br\n", stdout);
    }
}

static void verb(const ond_cli_row *r)
{
    const ond_cli_verb *v = r->verb;
    printf(".SS %s\n.nf\n", r->name);
    each_line(v->usage, "ondol ");
    puts(".fi\n.PP\n.nf");
    put(v->en);
    puts("\n.fi");
    for (const ond_cli_option *o = v->options; o && o->name; o++) option(o);
}

static void exits(void)
{
    static const struct row {
        int code;
        const char *text;
    } rows[] = {
#define ERR(name, exit, http, text) {exit, text},
#include "base/err.def"
#undef ERR
    };
    puts(".TP\n0\ndone");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        printf(".TP\n%d\n", rows[i].code);
        put(rows[i].text);
        putchar('\n');
    }
}

static int run(ond_cli *c)
{
    (void)c;
    static const char *const files[][2] = {
        {"$XDG_CONFIG_HOME/ondol/config.yaml", "settings (ondol config)"},
        {"$XDG_CONFIG_HOME/ondol/policy.yaml", "what is allowed, asked, denied (ondol policy)"},
        {"$XDG_CONFIG_HOME/ondol/secrets.yaml", "secrets, readable by you only"},
        {"$XDG_CONFIG_HOME/ondol/device.key", "the key that signs the head of the journal"},
        {"$XDG_DATA_HOME/ondol/store.db", "the journal and the state of the house"},
        {"$XDG_STATE_HOME/ondol/history", "lines typed at the prompt"},
        {"$XDG_RUNTIME_DIR/ondol/sock", "where `ondol up` is reached"},
    };
    printf(".TH ONDOL 1 \"\" \"ondol %s\" \"User Commands\"\n", OND_VERSION);
    heading("NAME");
    puts(
        "ondol \\- does what you say to your house, offline, under your policy, with a journal and an undo");
    heading("SYNOPSIS");
    puts("\\fBondol\\fR [\\fIVERB\\fR] [\\fIARGUMENT\\fR...] [\\fIOPTION\\fR...]");
    heading("DESCRIPTION");
    put(ond_msg_text(OND_M_CLI_HELP_INTRO, "en"));
    puts("\n.PP\nWithout a verb: on a terminal a prompt, else a tour.");
    heading("VERBS");
    for (const ond_cli_row *r = ond__verbs; r->name; r++) verb(r);
    heading("OPTIONS OF ALL VERBS");
    for (const ond_cli_option *o = ond__common; o->name; o++) option(o);
    heading("EXIT STATUS");
    exits();
    heading("FILES");
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        fputs(".TP\n", stdout);
        put(files[i][0]);
        putchar('\n');
        put(files[i][1]);
        putchar('\n');
    }
    heading("ENVIRONMENT");
    puts(
        ".TP\nLC_ALL, LC_MESSAGES, LANG\nlanguage of what is printed: Korean where it begins with ko, else English");
    puts(".TP\nNO_COLOR\nno colours");
    puts(
        ".TP\nXDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_RUNTIME_DIR\nwhere files belong");
    return OND_OK;
}

const ond_cli_verb ond_verb_man = {
    .usage = "man",
    .en = "Prints the manual page in roff, made from the same tables as the help.",
    .ko = "설명서(man)를 roff로 출력해요. 도움말과 같은 표에서 만들어요.",
    .examples = "ondol man > ondol.1\nondol man | man -l -",
    .common = OND__NO_WORDS,
    .run = run,
};
