/* args.c - finds the verb and reads its options, by getopt_long over the verb's table.
 *
 * Options that all verbs take may also stand before the verb. What is wrong is told with the
 * nearest name. */
#include "cli/cli.h"

#include "base/utf8.h"
#include "sys/clock.h"

#include <getopt.h>
#include <math.h>
#include <stdlib.h>

const ond_cli_option ond__common[] = {
    {"json", 0, NULL, "one JSON document on standard output", "결과를 JSON 하나로 출력"},
    {"house", 0, "FILE", "a house in YAML in place of the one that is set",
     "설정된 집 대신 쓸 YAML 집 파일"},
    {"lang", 0, "LANG", "language of sentences and of what is printed (ko, en)",
     "문장과 출력의 언어 (ko, en)"},
    {"now", 0, "TIME", "act as if it were this time (ISO 8601)",
     "지금을 이 시각으로 보기 (ISO 8601)"},
    {"tz", 0, "ZONE", "time zone, such as Asia/Seoul", "시간대 (예: Asia/Seoul)"},
    {"config", 0, "FILE", "configuration file in place of the usual one", "평소와 다른 설정 파일"},
    {"help", 'h', NULL, "print this help", "이 도움말 보기"},
    {NULL, 0, NULL, NULL, NULL},
};
enum { JSON, HOUSE, LANG, NOW, TZ, CONFIG, HELP, N_COMMON };

#define VERB(name, group, en, ko) {#name, OND__##group, en, ko, &ond_verb_##name},
const ond_cli_row ond__verbs[] = {
#include "cli/verbs.def"
    {NULL, OND__MORE, NULL, NULL, NULL},
};
#undef VERB

const ond_cli_row *ond__verb_find(const char *name)
{
    for (const ond_cli_row *r = ond__verbs; r->name; r++)
        if (strcmp(r->name, name) == 0) return r;
    return NULL;
}

bool ond__option_fits(const ond_cli_verb *v, const ond_cli_option *common)
{
    if (common == &ond__common[JSON]) return (v->common & OND__JSON) != 0;
    if (common == &ond__common[HOUSE]) return (v->common & OND__HOUSE_FILE) != 0;
    return true;
}

/* ---- near names ---- */

void ond__near(ond_buf *out, const char *word, const char *words)
{
    char best[64] = "";
    int least = strlen(word) < 3 ? (int)strlen(word) : 3; /* not all letters may differ */
    for (const char *p = words; *p;) {
        size_t n = strcspn(p, " ");
        ond_str one = {p, n};
        int d = ond_utf8_distance(ond_str_of(word), one, least);
        if (n > 0 && n < sizeof best && d < least) {
            least = d;
            memcpy(best, p, n);
            best[n] = '\0';
        }
        p += n + strspn(p + n, " ");
    }
    if (best[0]) ond_buf_puts(out, best);
}

int ond__no_word(const ond_cli *c, const char *word, const char *words, ond_err *err)
{
    ond_buf near = {0}, text = {0};
    ond__near(&near, word, words);
    if (!words[0])
        OND_MSG(&text, OND_M_CLI_NO_MORE_WORDS, c->lang, word, c->row->name);
    else if (!word[0])
        OND_MSG(&text, OND_M_CLI_NEEDS_WORD, c->lang, c->row->name, words);
    else if (near.n > 0)
        OND_MSG(&text, OND_M_CLI_NO_WORD_NEAR, c->lang, word, c->row->name, near.p);
    else
        OND_MSG(&text, OND_M_CLI_NO_WORD, c->lang, word, c->row->name, words);
    int rc = ond_fail(err, OND_E_USAGE, "%s", ond_buf_z(&text));
    ond_buf_free(&near);
    ond_buf_free(&text);
    return rc;
}

static int no_verb(const ond_cli *c, const char *name, ond_err *err)
{
    ond_buf words = {0}, near = {0}, text = {0};
    for (const ond_cli_row *r = ond__verbs; r->name; r++) ond_buf_printf(&words, "%s ", r->name);
    ond__near(&near, name, ond_buf_z(&words));
    if (near.n > 0)
        OND_MSG(&text, OND_M_CLI_NO_VERB_NEAR, c->lang, name, near.p);
    else
        OND_MSG(&text, OND_M_CLI_NO_VERB, c->lang, name);
    int rc = ond_fail(err, OND_E_USAGE, "%s", ond_buf_z(&text));
    ond_buf_free(&words);
    ond_buf_free(&near);
    ond_buf_free(&text);
    return rc;
}

/* ---- options ---- */

/* The tables of one verb (or none) as getopt wants them: val is 1 + index, common ones first. */
typedef struct options {
    struct option v[N_COMMON + OND__OPTIONS + 1];
    char letters[2 * (N_COMMON + OND__OPTIONS) + 3];
    char by_letter[128]; /* letter -> 1 + index */
} options;

static void add_option(options *o, size_t *n, size_t *letters, const ond_cli_option *from, int id)
{
    o->v[(*n)++] =
        (struct option){from->name, from->value ? required_argument : no_argument, NULL, id};
    if (!from->letter) return;
    o->by_letter[(unsigned char)from->letter] = (char)id;
    o->letters[(*letters)++] = from->letter;
    if (from->value) o->letters[(*letters)++] = ':';
}

/* Without a verb: those before it, so reading ends at the first word. */
static void make_options(const ond_cli_verb *verb, options *o)
{
    size_t n = 0, letters = 0;
    memset(o, 0, sizeof *o);
    if (!verb) o->letters[letters++] = '+';
    o->letters[letters++] = ':';
    for (int i = 0; i < N_COMMON; i++)
        if (!verb || ond__option_fits(verb, &ond__common[i]))
            add_option(o, &n, &letters, &ond__common[i], 1 + i);
    for (int i = 0; verb && verb->options && verb->options[i].name && i < OND__OPTIONS; i++)
        add_option(o, &n, &letters, &verb->options[i], 1 + N_COMMON + i);
}

static int bad_option(const ond_cli *c, const options *o, const char *given, ond_err *err)
{
    ond_buf words = {0}, near = {0}, text = {0};
    char shown[80];
    snprintf(shown, sizeof shown, "%.*s",
             (int)ond_utf8_cut((ond_str){given, strcspn(given, "=")}, 70), given);
    for (size_t i = 0; o->v[i].name; i++) ond_buf_printf(&words, "--%s ", o->v[i].name);
    ond__near(&near, shown, ond_buf_z(&words));
    const char *verb = c->row ? c->row->name : "--help";
    if (near.n > 0)
        OND_MSG(&text, OND_M_CLI_NO_OPTION_NEAR, c->lang, shown, near.p);
    else
        OND_MSG(&text, OND_M_CLI_NO_OPTION, c->lang, shown, verb);
    int rc = ond_fail(err, OND_E_USAGE, "%s", ond_buf_z(&text));
    ond_buf_free(&words);
    ond_buf_free(&near);
    ond_buf_free(&text);
    return rc;
}

static int no_value(const ond_cli *c, const char *given, ond_err *err)
{
    ond_buf text = {0};
    OND_MSG(&text, OND_M_CLI_NO_VALUE, c->lang, given);
    int rc = ond_fail(err, OND_E_USAGE, "%s", ond_buf_z(&text));
    ond_buf_free(&text);
    return rc;
}

/* Of an option that is given again the former value is kept too. */
static int keep_value(ond_cli *c, int option, const char *value, ond_err *err)
{
    if (c->value[option] && c->n_again == OND__AGAIN) {
        char most[8];
        snprintf(most, sizeof most, "%d", OND__AGAIN + 1);
        return OND__REFUSE(c, err, OND_E_USAGE, OND_M_CLI_TOO_OFTEN,
                           c->row->verb->options[option].name, most);
    }
    if (c->value[option]) {
        c->again[c->n_again].option = option;
        c->again[c->n_again++].value = c->value[option];
    }
    c->value[option] = value;
    return OND_OK;
}

typedef struct given { /* common options as they stood */
    const char *value[N_COMMON];
} given;

/* Reads options of argv[1..]; *rest is the index of the first word that is none. */
static int read_options(ond_cli *c, int argc, char **argv, given *g, int *rest, ond_err *err)
{
    options o;
    int ch, index = 0, rc;
    make_options(c->row ? c->row->verb : NULL, &o);
    optind = 0; /* begin anew: glibc's way */
    opterr = 0;
    while ((ch = getopt_long(argc, argv, o.letters, o.v, &index)) != -1) {
        const char *word = argv[optind > 0 ? optind - 1 : 0];
        if (ch == '?') {
            char letter[3] = {'-', (char)optopt, '\0'};
            return bad_option(c, &o, optopt > 1 + N_COMMON + OND__OPTIONS ? letter : word, err);
        }
        if (ch == ':') return no_value(c, word, err);
        int id = ch >= 'A' && ch < 128 && o.by_letter[ch] ? o.by_letter[ch] : ch;
        const char *value = optarg ? optarg : "";
        if (id <= N_COMMON)
            g->value[id - 1] = value;
        else if ((rc = keep_value(c, id - 1 - N_COMMON, value, err)) != 0)
            return rc;
    }
    *rest = optind;
    return OND_OK;
}

static int option_index(const ond_cli *c, const char *name)
{
    const ond_cli_option *list = c->row ? c->row->verb->options : NULL;
    for (int i = 0; list && list[i].name; i++)
        if (strcmp(list[i].name, name) == 0) return i;
    return -1;
}

const char *ond__option(const ond_cli *c, const char *name)
{
    int at = option_index(c, name);
    return at < 0 ? NULL : c->value[at];
}

const char *ond__option_nth(const ond_cli *c, const char *name, int n)
{
    int at = option_index(c, name);
    for (int i = 0; i < c->n_again; i++)
        if (c->again[i].option == at && n-- == 0) return c->again[i].value;
    return at < 0 || n != 0 ? NULL : c->value[at];
}

int ond__number(const char *text, const char *what, double low, double high, double *out,
                ond_err *err)
{
    char *end = NULL;
    *out = strtod(text, &end);
    if (end != text && !*end && floor(*out) == *out && *out >= low && *out <= high) return OND_OK;
    return ond_fail(err, OND_E_USAGE,
                    "%s must be a whole number from %.0f to %.0f, and '%.40s' is not", what, low,
                    high, text);
}

int ond__host_port(const char *text, char *host, size_t size, int *port, ond_err *err)
{
    const char *end = text[0] == '[' ? strchr(text, ']') : text + strcspn(text, ":");
    const char *from = text + (text[0] == '[');
    double number = 1883;
    int rc = OND_OK;
    if (!end || end == from || (size_t)(end - from) >= size)
        return ond_fail(err, OND_E_USAGE,
                        "'%.60s' is no address of a broker: write it like broker.lan:1883", text);
    const char *rest = end + (*end == ']');
    if (*rest == ':')
        rc = ond__number(rest + 1, "the port of the broker", 1, 65535, &number, err);
    else if (*rest)
        rc = ond_fail(err, OND_E_USAGE,
                      "'%.60s' is no address of a broker: write it like broker.lan:1883", text);
    memcpy(host, from, (size_t)(end - from));
    host[end - from] = '\0';
    *port = (int)number;
    return rc;
}

/* ---- what the common options mean ---- */

static int set_clock(ond_cli *c, const given *g, ond_err *err)
{
    c->zone = g->value[TZ];
    if (c->zone) {
        if (ond_zone_check(c->zone, err) != 0)
            return ond_fail(err, OND_E_USAGE,
                            "--tz: there is no time zone '%.60s': write it like Asia/Seoul",
                            c->zone);
        ond_zone_set(c->zone);
    }
    if (!g->value[NOW]) return OND_OK;
    if (ond_iso_parse(ond_str_of(g->value[NOW]), ond_zone(), &c->now, err) != 0 || c->now == 0)
        return ond_fail(err, OND_E_USAGE,
                        "--now: '%.60s' is no time: write it like 2026-11-23T18:44+09:00",
                        g->value[NOW]);
    ond_clock_set(c->now);
    return OND_OK;
}

static int set_lang(ond_cli *c, const char *lang, ond_err *err)
{
    if (!lang) return OND_OK;
    size_t n = strlen(lang);
    if (n < 2 || n > 15 ||
        strspn(lang, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_") != n)
        return ond_fail(err, OND_E_USAGE, "--lang: '%.40s' is no language: write it like ko or en",
                        lang);
    c->given_lang = lang;
    c->lang = strncmp(lang, "ko", 2) == 0 ? "ko" : "en";
    return OND_OK;
}

static int apply(ond_cli *c, const given *g, ond_err *err)
{
    int rc = set_lang(c, g->value[LANG], err);
    if (rc == 0) rc = set_clock(c, g, err);
    c->json = g->value[JSON] != NULL;
    c->house = g->value[HOUSE];
    c->config = g->value[CONFIG];
    return rc;
}

/* How to tell of a wrong option: --lang and --json, wherever they stand. */
static void early_options(ond_cli *c, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--json") == 0) c->json = true;
        const char *value = strncmp(argv[i], "--lang=", 7) == 0 ? argv[i] + 7
                            : strcmp(argv[i], "--lang") == 0    ? argv[i + 1]
                                                                : NULL;
        if (value) c->lang = strncmp(value, "ko", 2) == 0 ? "ko" : "en";
    }
}

int ond__args(ond_cli *c, int argc, char **argv, ond_err *err)
{
    given g = {{NULL}};
    int at = 0;
    early_options(c, argc, argv);
    if (argc > 1 && strcmp(argv[1], "--version") == 0) {
        c->row = ond__verb_find("version");
        return OND_OK;
    }
    int rc = read_options(c, argc, argv, &g, &at, err);
    if (rc != 0) return rc;
    if (at < argc) {
        const ond_cli_row *row = ond__verb_find(argv[at]);
        if (!row) return no_verb(c, argv[at], err);
        c->row = row;
        int rest = 0;
        rc = read_options(c, argc - at, argv + at, &g, &rest, err);
        if (rc != 0) return rc;
        c->arg = argv + at + rest;
        c->n_arg = argc - at - rest;
    }
    if (c->n_arg > 0 && !g.value[HELP] && (c->row->verb->common & OND__NO_WORDS))
        return ond__no_word(c, c->arg[0], "", err);
    rc = apply(c, &g, err);
    if (rc == 0 && c->json && !c->row && !g.value[HELP])
        return ond_fail(err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_JSON_NEEDS_VERB, c->lang));
    if (rc == 0 && g.value[HELP]) { /* ondol --help, ondol VERB --help */
        static char *none[] = {NULL, NULL};
        none[0] = c->row ? (char *)c->row->name : NULL;
        c->n_arg = c->row != NULL;
        c->arg = none;
        c->row = ond__verb_find("help");
        memset(c->value, 0, sizeof c->value);
    }
    return rc;
}
