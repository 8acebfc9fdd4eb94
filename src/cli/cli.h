/* cli.h - what the files of the room cli share: verbs, options, printing.
 *
 * The flow: main → ond__cli_run: find the verb, read its options, call its run(). A verb builds a
 * request, sends it through a link (daemon/daemon.h) and prints the reply. Verbs do not think. */
#ifndef OND_CLI_CLI_H
#define OND_CLI_CLI_H

#include "base/msg.h"
#include "daemon/daemon.h"

#include <stdio.h>

typedef struct ond_cli ond_cli;

/* ---- tables ---- */

typedef struct ond_cli_option { /* a table ends with name NULL */
    const char *name;           /* "dry-run" */
    char letter;                /* 'n', or 0 */
    const char *value;          /* "ID" when it takes one, else NULL */
    const char *en, *ko;        /* one line */
} ond_cli_option;

/* Which common options a verb takes besides those that all take; OND__NO_WORDS: options only. */
enum { OND__JSON = 1, OND__HOUSE_FILE = 2, OND__NO_WORDS = 4 };
typedef enum ond__group {
    OND__ACT,
    OND__LOOK,
    OND__HOUSE,
    OND__MODELS,
    OND__SETTINGS,
    OND__MORE,
    OND__GROUPS
} ond__group;

typedef struct ond_cli_verb {
    const char *usage;             /* lines without "ondol ", separated by '\n': "do SENTENCE…" */
    const char *en, *ko;           /* a paragraph or more; wrapped when printed */
    const ond_cli_option *options; /* may be NULL */
    unsigned common;
    const char *words;      /* subcommands for completion: "state set sim"; or NULL */
    const char *examples;   /* commands, one a line */
    int (*run)(ond_cli *c); /* returns an ond_code; prints its own errors by way of ond__fail */
} ond_cli_verb;

typedef struct ond_cli_row {
    const char *name;
    ond__group group;
    const char *en, *ko;
    const ond_cli_verb *verb;
} ond_cli_row;
extern const ond_cli_row ond__verbs[];     /* verbs.def, ends with name NULL */
extern const ond_cli_option ond__common[]; /* options of all verbs */
const ond_cli_row *ond__verb_find(const char *name);
bool ond__option_fits(const ond_cli_verb *v, const ond_cli_option *common);

#define OND__OPTIONS 40
#define OND__AGAIN 15 /* options that are given again, at most */

struct ond_cli {
    const ond_cli_row *row;
    const char *lang;       /* "ko" or "en": of what is printed */
    const char *given_lang; /* --lang, or NULL */
    const char *locale_lang;
    const char *value[OND__OPTIONS]; /* of the verb's own options; "" for a flag, NULL: not given;
                                        the last where one is given again */
    struct {
        int option;
        const char *value;
    } again[OND__AGAIN]; /* the earlier ones, in their order */
    int n_again;
    bool json;
    ond_ms now;                 /* --now, or 0 */
    const char *zone;           /* --tz, or NULL */
    const char *house, *config; /* --house, --config, or NULL */
    int n_arg;
    char **arg;
    bool terminal; /* a person sits at standard input and output */
    bool color, color_err;
    ond_link *link;       /* opened by ond__call */
    ond_service *service; /* this process owns the house: a prompt without `ondol up` */
    ond_asker asker;      /* set before the first ond__call */
    bool declined;        /* the person was asked and did not say yes */
};

/* ---- args.c ---- */
/* OND_E_USAGE with the nearest names. */
OND_CHECKED int ond__args(ond_cli *c, int argc, char **argv, ond_err *err);
const char *ond__option(const ond_cli *c, const char *name); /* NULL: not given */
/* Of an option that may be given again, in their order; NULL: there is no such one. */
const char *ond__option_nth(const ond_cli *c, const char *name, int n);
/* A whole number in the range, else OND_E_USAGE that names `what`. */
OND_CHECKED int ond__number(const char *text, const char *what, double low, double high,
                            double *out, ond_err *err);
/* "host:port" or "host" (1883); "[::1]:1883" too. */
OND_CHECKED int ond__host_port(const char *text, char *host, size_t size, int *port, ond_err *err);
/* "did you mean" over words separated by spaces; appends nothing where none is near. */
void ond__near(ond_buf *out, const char *word, const char *words);
/* OND_E_USAGE for a word that is none of `words`. */
OND_CHECKED int ond__no_word(const ond_cli *c, const char *word, const char *words, ond_err *err);

/* ---- run.c ---- */
int ond__cli_run(int argc, char **argv); /* the whole program; returns the exit status */
int ond__run_row(ond_cli *c, const ond_cli_row *row);
int ond__prompt(ond_cli *c); /* prompt.c */

/* ---- call.c: requests ---- */
cJSON *ond__request(const ond_cli *c, const char *call); /* with now, tz, ui; NULL: out of memory */
/* Sends `request` (taken; NULL is out of memory). The reply is owned by the caller and may be NULL
 * on an error. */
OND_CHECKED int ond__call(ond_cli *c, cJSON *request, cJSON **reply, ond_err *err);
void ond__hang_up(ond_cli *c);
ond_owner_opts ond__owner_opts(ond_cli *c);
/* Asks a question at the terminal, [y/N]; what an ond_asker needs. self is the ond_cli. */
ond_consent ond__ask(void *self, const cJSON *ask);
/* The common end of a verb: prints an error, with --json the reply as it is. Returns rc. */
OND_CHECKED int ond__finish(ond_cli *c, int rc, const cJSON *reply, const ond_err *err);

OND_CHECKED int ond__setup_calendar(ond_cli *c); /* setup_calendar.c */
void ond__reload_up(ond_cli *c); /* verb_config.c: tells a running owner that settings changed */
/* secret.c: asks without echo, or reads a line of standard input. */
OND_CHECKED int ond__read_secret(const ond_cli *c, const char *what, ond_buf *out, ond_err *err);

/* ---- out.c ---- */
typedef enum ond__style {
    OND__PLAIN,
    OND__BOLD,
    OND__DIM,
    OND__GREEN,
    OND__YELLOW,
    OND__RED
} ond__style;
const char *ond__on(const ond_cli *c, ond__style s); /* "" without colours */
const char *ond__off(const ond_cli *c);
/* "ondol: …" on standard error, with --json an object with `error` on standard output; returns rc. */
int ond__fail(const ond_cli *c, int rc, const ond_err *err);
/* ond_fail with a text of msg.def, in the person's language. */
OND_CHECKED int ond__refuse(const ond_cli *c, ond_err *err, ond_code code, ond_msg id,
                            const char *const *args, int n);
#define OND__REFUSE(c, err, code, id, ...)                                                         \
    ond__refuse((c), (err), (code), (id), (const char *const[]){__VA_ARGS__},                      \
                (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))
void ond__say(const ond_cli *c, FILE *to, ond_msg id, const char *const *args, int n);
#define OND__SAY(c, to, id, ...)                                                                   \
    ond__say((c), (to), (id), (const char *const[]){__VA_ARGS__},                                  \
             (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *)))
void ond__print_json(const cJSON *value);
void ond__print_member(const char *name, const char *text); /* {"version":1,name:text} */
void ond__pad(FILE *to, const char *text, int columns); /* by display width, Hangul counts two */
void ond__print_safe(FILE *to, const char *text);       /* control characters made visible */
void ond__note_err(void *self, const char *text);       /* "note: …" on standard error */
int ond__flush(void); /* OND_E_IO when standard output could not be written */

/* ---- help.c ---- */
void ond__help(const ond_cli *c, FILE *to); /* `ondol --help` */
void ond__wrap(FILE *to, const char *text); /* at 78 columns */
void ond__help_verb(const ond_cli *c, const ond_cli_row *row, FILE *to);

/* ---- locale.c ---- */
const char *ond__locale_lang(void); /* "ko" or "en" by LC_ALL, LC_MESSAGES, LANG */

/* ---- answer.c: answers and plans in words ---- */
/* Prints an answer of do, undo, answer, home set; rc is what the call gave. Returns rc. */
int ond__print_answer(ond_cli *c, int rc, const cJSON *answer, const ond_err *err);
void ond__print_plan(const ond_cli *c, const cJSON *steps);
/* Where the answer asks which one is meant and a person is here: asks, sends the answer, and
 * replaces *answer. */
int ond__choose_one(ond_cli *c, int rc, cJSON **answer, ond_err *err);
/* A wish, with its questions, printed. */
int ond__wish(ond_cli *c, cJSON *request);
char *ond__join_args(const ond_cli *c, int from); /* with spaces; NULL: out of memory */

/* ---- world.c: the house in words ---- */
void ond__print_world(const ond_cli *c, const cJSON *world, const char *only);
void ond__print_log(const ond_cli *c, const cJSON *log); /* journal.c */

/* ---- line.c: reading from the person ---- */
/* One line from standard input without its end; false at the end. Over `limit` bytes: cut, and *cut
 * is true. */
bool ond__read_line(ond_buf *out, size_t limit, bool *cut);
bool ond__line_waits(int ms); /* whether input is there within `ms` */

#define VERB(name, group, en, ko) extern const ond_cli_verb ond_verb_##name;
#include "cli/verbs.def"
#undef VERB

#endif
