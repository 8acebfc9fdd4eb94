/* help.c - help from the tables: the list of verbs, and one verb. */
#include "cli/cli.h"

#include "base/utf8.h"

#include <utf8proc.h>

#define WIDTH 78

static bool korean(const ond_cli *c)
{
    return strcmp(c->lang, "ko") == 0;
}

static void heading(const ond_cli *c, FILE *to, ond_msg id)
{
    fprintf(to, "%s%s%s\n", ond__on(c, OND__BOLD), ond_msg_text(id, c->lang), ond__off(c));
}

static void print_group(const ond_cli *c, FILE *to, ond__group group)
{
    static const ond_msg titles[] = {OND_M_CLI_GROUP_ACT, OND_M_CLI_GROUP_LOOK,
                                     OND_M_CLI_GROUP_HOUSE, OND_M_CLI_GROUP_MODELS,
                                     OND_M_CLI_GROUP_SETTINGS,
                                     OND_M_CLI_GROUP_MORE};
    heading(c, to, titles[group]);
    for (const ond_cli_row *r = ond__verbs; r->name; r++) {
        if (r->group != group) continue;
        fputs("  ", to);
        ond__pad(to, r->name, 12);
        fprintf(to, "%s\n", korean(c) ? r->ko : r->en);
    }
    fputc('\n', to);
}

void ond__help(const ond_cli *c, FILE *to)
{
    ond__wrap(to, ond_msg_text(OND_M_CLI_HELP_INTRO, c->lang));
    fputc('\n', to);
    heading(c, to, OND_M_CLI_HELP_BEGIN);
    fprintf(to, "%s\n\n", ond_msg_text(OND_M_CLI_HELP_FIRST, c->lang));
    for (int g = 0; g < OND__GROUPS; g++) print_group(c, to, (ond__group)g);
    fprintf(to, "%s\n", ond_msg_text(OND_M_CLI_HELP_MORE, c->lang));
}

static void print_usage(const ond_cli *c, FILE *to, const char *usage)
{
    const char *word = ond_msg_text(OND_M_CLI_USAGE, c->lang);
    for (const char *p = usage; *p;) {
        size_t n = strcspn(p, "\n");
        ond__pad(to, p == usage ? word : "", korean(c) ? 7 : 6);
        fprintf(to, " ondol %.*s [OPTION...]\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

/* ---- wrapping ---- */

typedef struct wrapper {
    FILE *to;
    int column, hang; /* hang: where further lines of the paragraph begin */
} wrapper;

static int width_of(ond_str word)
{
    int width = 0;
    for (size_t at = 0; at < word.n;)
        width += utf8proc_charwidth((utf8proc_int32_t)ond_utf8_next(word, &at));
    return width;
}

static void end_paragraph(wrapper *w)
{
    if (w->column > 0) fputc('\n', w->to);
    w->column = w->hang = 0;
}

static void put_word(wrapper *w, ond_str word)
{
    int width = width_of(word);
    bool fits = w->column + 1 + width <= WIDTH;
    if (w->column > w->hang && !fits) {
        fprintf(w->to, "\n%*s", w->hang, "");
        w->column = w->hang;
    } else if (w->column > w->hang) {
        fputc(' ', w->to);
        w->column++;
    }
    fwrite(word.p, 1, word.n, w->to);
    w->column += width;
}

/* "check  reads your policy": the first word stands alone, and what follows hangs behind it. */
static size_t put_item(wrapper *w, const char *line, size_t n)
{
    size_t word = 0, gap;
    while (word < n && line[word] != ' ') word++;
    for (gap = word; gap < n && line[gap] == ' ';) gap++;
    if (word == 0 || gap - word < 2) return 0;
    end_paragraph(w);
    fprintf(w->to, "%.*s", (int)gap, line);
    w->column = w->hang = (int)gap;
    return gap;
}

/* Lines of a paragraph are joined and wrapped; an item, or a line after one that is not indented,
 * begins a new paragraph. */
void ond__wrap(FILE *to, const char *text)
{
    wrapper w = {.to = to};
    while (*text) {
        size_t n = strcspn(text, "\n"), at = put_item(&w, text, n);
        if (at == 0 && text[0] != ' ' && w.hang > 0) end_paragraph(&w);
        while (at < n) {
            size_t len = 0;
            while (at < n && text[at] == ' ') at++;
            while (at + len < n && text[at + len] != ' ') len++;
            if (len > 0) put_word(&w, (ond_str){text + at, len});
            at += len;
        }
        text += n + (text[n] == '\n');
    }
    end_paragraph(&w);
}

/* ---- one verb ---- */

static void print_option(const ond_cli *c, FILE *to, const ond_cli_option *o)
{
    char left[64];
    snprintf(left, sizeof left, "  %c%c%c --%s%s%s", o->letter ? '-' : ' ',
             o->letter ? o->letter : ' ', o->letter ? ',' : ' ', o->name, o->value ? " " : "",
             o->value ? o->value : "");
    ond__pad(to, left, 29);
    if (strlen(left) > 29) /* too long for its column: the text goes below */
        fprintf(to, "\n%29s", "");
    fprintf(to, " %s\n", korean(c) ? o->ko : o->en);
}

static void print_examples(FILE *to, const char *examples)
{
    for (const char *p = examples; *p;) {
        size_t n = strcspn(p, "\n");
        fprintf(to, "  %.*s\n", (int)n, p);
        p += n + (p[n] == '\n');
    }
}

void ond__help_verb(const ond_cli *c, const ond_cli_row *row, FILE *to)
{
    const ond_cli_verb *v = row->verb;
    print_usage(c, to, v->usage);
    fputc('\n', to);
    ond__wrap(to, korean(c) ? v->ko : v->en);
    fputc('\n', to);
    heading(c, to, OND_M_CLI_OPTIONS);
    for (const ond_cli_option *o = v->options; o && o->name; o++) print_option(c, to, o);
    for (const ond_cli_option *o = ond__common; o->name; o++)
        if (ond__option_fits(v, o)) print_option(c, to, o);
    if (v->examples) {
        fputc('\n', to);
        heading(c, to, OND_M_CLI_EXAMPLES);
        print_examples(to, v->examples);
    }
}
