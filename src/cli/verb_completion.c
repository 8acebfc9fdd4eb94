/* verb_completion.c - `ondol completion`: scripts for bash, zsh and fish, from the tables. */
#include "cli/cli.h"

typedef void option_fn(const ond_cli_row *row, const ond_cli_option *o);

static void each_option(const ond_cli_row *row, option_fn *fn)
{
    for (const ond_cli_option *o = row->verb->options; o && o->name; o++) fn(row, o);
    for (const ond_cli_option *o = ond__common; o->name; o++)
        if (ond__option_fits(row->verb, o)) fn(row, o);
}

static void put_name(const ond_cli_row *row, const ond_cli_option *o)
{
    (void)row;
    printf(" --%s", o->name);
}

static const char *words_of(const ond_cli_row *row)
{
    return row->verb->words ? row->verb->words : "";
}

/* ---- bash ---- */

static void bash(void)
{
    puts(
        "# ondol completion for bash; put it where bash-completion looks, or: source <(ondol completion bash)");
    puts("_ondol() {");
    puts("    local cur=${COMP_WORDS[COMP_CWORD]} verb=${COMP_WORDS[1]} words=");
    puts("    case $COMP_CWORD:$verb in");
    printf("    1:*) words=\"--help --version");
    for (const ond_cli_row *r = ond__verbs; r->name; r++) printf(" %s", r->name);
    puts("\" ;;");
    for (const ond_cli_row *r = ond__verbs; r->name; r++) {
        printf("    *:%s) words=\"%s", r->name, words_of(r));
        each_option(r, put_name);
        puts("\" ;;");
    }
    puts("    esac");
    puts("    case $cur:$verb in");
    puts("    */*|.*|~*) COMPREPLY=($(compgen -f -- \"$cur\")) ;;");
    puts("    *) COMPREPLY=($(compgen -W \"$words\" -- \"$cur\")) ;;");
    puts("    esac");
    puts("}");
    puts("complete -o bashdefault -o default -F _ondol ondol");
}

/* A model is a file, or a name in the cache; `rm MODEL...` takes names alone. (bash completes files where nothing else fits.) */
static bool takes_files(const ond_cli_row *row)
{
    const char *model = strstr(row->verb->usage, " MODEL");
    return model && strncmp(model, " MODEL...", 9) != 0;
}

/* ---- zsh ---- */

/* Text inside single quotes and a zsh description: quotes, brackets and colons are escaped. */
static void put_zsh(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr("[]:\\", *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

static void zsh_option(const ond_cli_row *row, const ond_cli_option *o)
{
    (void)row;
    printf(" \\\n            '--%s[", o->name);
    put_zsh(o->en);
    putchar(']');
    if (o->value) printf(":%s:%s", o->value, strcmp(o->value, "FILE") == 0 ? "_files" : "");
    putchar('\'');
}

static void zsh(void)
{
    puts("#compdef ondol");
    puts("# ondol completion for zsh; put it in a folder of $fpath as _ondol");
    puts("_ondol() {");
    puts("    local -a verbs");
    puts("    verbs=(");
    for (const ond_cli_row *r = ond__verbs; r->name; r++) {
        printf("        '%s:", r->name);
        put_zsh(r->en);
        puts("'");
    }
    puts("    )");
    puts("    if (( CURRENT == 2 )); then _describe verb verbs; return; fi");
    puts("    shift words; (( CURRENT-- ))");
    puts("    case $words[1] in");
    for (const ond_cli_row *r = ond__verbs; r->name; r++) {
        printf("    %s)\n        _arguments", r->name);
        each_option(r, zsh_option);
        if (takes_files(r))
            puts(" \\\n            '*:file:_files' ;;");
        else
            printf(" \\\n            '*:argument:(%s)' ;;\n", words_of(r));
    }
    puts("    esac");
    puts("}");
    puts("_ondol \"$@\"");
}

/* ---- fish ---- */

static void put_fish(const char *text)
{
    for (; *text; text++) {
        if (*text == '\'' || *text == '\\') putchar('\\');
        putchar(*text);
    }
}

static void fish_option(const ond_cli_row *row, const ond_cli_option *o)
{
    printf("complete -c ondol -n '__fish_seen_subcommand_from %s' -l %s", row->name, o->name);
    if (o->letter) printf(" -s %c", o->letter);
    if (o->value) printf(" -r%s", strcmp(o->value, "FILE") == 0 ? "F" : "f");
    printf(" -d '");
    put_fish(o->en);
    puts("'");
}

static void fish(void)
{
    puts("# ondol completion for fish; put it in ~/.config/fish/completions/ondol.fish");
    puts("complete -c ondol -f");
    for (const ond_cli_row *r = ond__verbs; r->name; r++) {
        printf("complete -c ondol -n __fish_use_subcommand -a %s -d '", r->name);
        put_fish(r->en);
        puts("'");
        if (takes_files(r))
            printf("complete -c ondol -n '__fish_seen_subcommand_from %s' -F\n", r->name);
        if (words_of(r)[0])
            printf("complete -c ondol -n '__fish_seen_subcommand_from %s' -a '%s'\n", r->name,
                   words_of(r));
        each_option(r, fish_option);
    }
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    const char *shell = c->n_arg == 1 ? c->arg[0] : "";
    if (strcmp(shell, "bash") == 0)
        bash();
    else if (strcmp(shell, "zsh") == 0)
        zsh();
    else if (strcmp(shell, "fish") == 0)
        fish();
    else
        return ond__fail(c, ond__no_word(c, shell, "bash zsh fish", &err), &err);
    return OND_OK;
}

const ond_cli_verb ond_verb_completion = {
    .usage = "completion bash|zsh|fish",
    .en = "Prints a completion script for a shell, made from the same tables as the help.",
    .ko = "셸 자동 완성 스크립트를 출력해요. 도움말과 같은 표에서 만들어요.",
    .words = "bash zsh fish",
    .examples = "ondol completion bash > ~/.local/share/bash-completion/completions/ondol\n"
                "ondol completion fish > ~/.config/fish/completions/ondol.fish",
    .run = run,
};
