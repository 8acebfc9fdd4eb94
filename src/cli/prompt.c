/* prompt.c - `ondol` on a terminal: a greeting, a line editor, plain words.
 *
 * Where no `ondol up` runs, this process owns the house while the prompt is open, and serves other
 * verbs too: waiting for a key is a turn of the event loop. Else it is a client like any other.
 * Ctrl-C clears the line, Ctrl-D ends. */
#include "cli/cli.h"

#include "cli/editor.h"

#include <stdlib.h>
#include <unistd.h>

typedef struct prompt {
    ond_cli *c;
    ond__editor *editor;
    bool readable; /* standard input has something */
} prompt;

static void input_ready(void *self, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    prompt *p = self;
    p->readable = true;
}

/* Serves the house until a key is there. */
static bool wait_input(void *self)
{
    prompt *p = self;
    p->readable = false;
    while (!ond__editor_interrupted() && !p->readable) ond_loop_turn(ond_service_loop(p->c->service), -1);
    return p->readable;
}

/* ---- the house ---- */

static void print_note(void *self, const char *text)
{
    prompt *p = self;
    bool editing = p->editor && ond__editor_editing(p->editor);
    if (editing) fputs("\r\033[K", stdout);
    ond__print_safe(stdout, text);
    putchar('\n');
    fflush(stdout);
    if (editing) ond__editor_refresh(p->editor);
}

/* A client where the house has an owner, else the owner. */
static int open_house(prompt *p, ond_err *err)
{
    ond_cli *c = p->c;
    ond_owner_opts opts = ond__owner_opts(c);
    ond_link *link = NULL;
    cJSON *reply = NULL, *request = ond__request(c, "status");
    ond_link_opts there = {.owner = opts, .only_up = true, .asker = c->asker};
    int rc = request ? ond_link_open(&there, &link, err) : ond_nomem(err, "starting");
    if (rc == 0) rc = ond_link_call(link, request, &reply, err);
    cJSON_Delete(request);
    cJSON_Delete(reply);
    ond_link_close(link);
    if (rc == 0) return OND_OK; /* ond__call will find it too */
    opts.note = print_note;
    opts.self = p;
    rc = ond_service_open(&opts, &c->service, err);
    if (rc == OND_E_BUSY)
        return OND_OK; /* a short-lived verb, or an owner that is just starting: ond__call waits for
                          it */
    if (rc == 0)
        rc = ond_loop_watch(ond_service_loop(c->service), STDIN_FILENO, OND_READABLE, input_ready,
                            p, err);
    return rc;
}

/* ---- lines ---- */

static void print_log(ond_cli *c)
{
    ond_err err = {0};
    cJSON *reply = NULL, *r = ond__request(c, "log");
    if (r && !ond_json_set_num(r, "limit", 20)) {
        cJSON_Delete(r);
        r = NULL;
    }
    int rc = ond__call(c, r, &reply, &err);
    if (rc == 0)
        ond__print_log(c, reply);
    else
        ond__fail(c, rc, &err);
    cJSON_Delete(reply);
}

static void undo(ond_cli *c)
{
    cJSON *r = ond__request(c, "undo");
    if (r && !ond_json_set_str(r, "lang", c->lang)) {
        cJSON_Delete(r);
        r = NULL;
    }
    (void)ond__wish(c, r);
}

static void wish(ond_cli *c, const char *text)
{
    cJSON *r = ond__request(c, "do");
    bool ok = r && ond_json_set_str(r, "text", text) &&
              (!c->given_lang || ond_json_set_str(r, "lang", c->given_lang));
    if (!ok) {
        cJSON_Delete(r);
        r = NULL;
    }
    (void)ond__wish(c, r);
}

static void command(ond_cli *c, const char *word)
{
    static const char words[] = "/help /undo /log /quit";
    ond_buf near = {0};
    if (strcmp(word, "/help") == 0)
        OND__SAY(c, stdout, OND_M_PROMPT_HELP, "");
    else if (strcmp(word, "/undo") == 0)
        undo(c);
    else if (strcmp(word, "/log") == 0)
        print_log(c);
    else {
        ond__near(&near, word, words);
        OND__SAY(c, stderr, OND_M_PROMPT_NO_COMMAND, word, near.n > 0 ? near.p : words);
    }
    ond_buf_free(&near);
}

static void take_line(prompt *p, const char *line)
{
    if (!line[0]) return;
    ond__editor_remember(p->editor, line);
    if (line[0] == '/')
        command(p->c, line);
    else
        wish(p->c, line);
}

static bool is_quit(ond_str text)
{
    return ond_str_is(text, "/quit") || ond_str_is(text, "/q") || ond_str_is(text, "/exit");
}

static void read_lines(prompt *p)
{
    ond_str line;
    ond__typed typed;
    while ((typed = ond__editor_line(p->editor, "> ", &line)) != OND__END) {
        if (typed == OND__CLEARED) continue;
        if (is_quit(line)) return;
        char *copy = ond_str_dup(line);
        if (copy) take_line(p, copy);
        free(copy);
        fflush(stdout);
    }
}

int ond__prompt(ond_cli *c)
{
    ond_err err = {0};
    prompt p = {.c = c};
    int rc = open_house(&p, &err);
    if (rc == 0) rc = ond__editor_open("history", c->service ? wait_input : NULL, &p, c->lang, &p.editor, &err);
    if (rc == 0) {
        OND__SAY(c, stdout, OND_M_PROMPT_GREETING, "");
        read_lines(&p);
    }
    ond__editor_close(p.editor);
    ond_service_close(c->service);
    c->service = NULL;
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}
