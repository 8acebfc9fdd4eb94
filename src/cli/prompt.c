/* prompt.c - `ondol` on a terminal: a greeting, a line editor, plain words.
 *
 * Where no `ondol up` runs, this process owns the house while the prompt is open, and serves other
 * verbs too: waiting for a key is a turn of the event loop. Else it is a client like any other.
 * Ctrl-C clears the line, Ctrl-D ends. */
#include "cli/cli.h"

#include "base/utf8.h"
#include "sys/file.h"

#include <errno.h>
#include <histedit.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define HISTORY 1000
#define LINE_MAX_BYTES 4096

typedef struct prompt {
    ond_cli *c;
    EditLine *el;
    History *history;
    ond_buf history_path;
    bool readable; /* standard input has something */
    bool editing;
} prompt;

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signo)
{
    (void)signo;
    interrupted = 1;
}

/* ---- keys ---- */

static void input_ready(void *self, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    prompt *p = self;
    p->readable = true;
}

/* Waits for input, serving the house meanwhile. False when interrupted. */
static bool wait_input(prompt *p)
{
    p->readable = false;
    while (!interrupted && !p->readable) {
        if (p->c->service) {
            ond_loop_turn(ond_service_loop(p->c->service), -1);
        } else {
            struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
            p->readable = poll(&in, 1, -1) > 0;
        }
    }
    return !interrupted;
}

static int next_byte(prompt *p)
{
    unsigned char byte;
    for (;;) {
        if (!wait_input(p)) return -1;
        ssize_t n = read(STDIN_FILENO, &byte, 1);
        if (n == 1) return byte;
        if (n == 0) return -2;
        if (errno != EINTR && errno != EAGAIN) return -1;
    }
}

/* One character for the editor: 1, 0 at the end, -1 when interrupted. */
static int get_char(EditLine *el, wchar_t *out)
{
    prompt *p = NULL;
    el_get(el, EL_CLIENTDATA, &p);
    char bytes[4];
    size_t n = 0, at = 0;
    do {
        int byte = next_byte(p);
        if (byte < 0) return byte == -2 ? 0 : -1;
        bytes[n++] = (char)byte;
        size_t want = (bytes[0] & 0xe0) == 0xc0   ? 2
                      : (bytes[0] & 0xf0) == 0xe0 ? 3
                      : (bytes[0] & 0xf8) == 0xf0 ? 4
                                                  : 1;
        if (n >= want) break;
    } while (n < sizeof bytes);
    *out = (wchar_t)ond_utf8_next((ond_str){bytes, n}, &at);
    return 1;
}

/* ---- the editor ---- */

static char *prompt_text(EditLine *el)
{
    (void)el;
    static char text[] = "> ";
    return text;
}

static void open_history(prompt *p)
{
    HistEvent ev;
    ond_err err;
    ond_buf folder = {0};
    p->history = history_init();
    if (!p->history) return;
    history(p->history, &ev, H_SETSIZE, HISTORY);
    history(p->history, &ev, H_SETUNIQUE, 1);
    if (ond_xdg_path(OND_XDG_STATE, "", &folder, &err) == 0 &&
        ond_dir_make(ond_buf_z(&folder), 0700, &err) == 0 &&
        ond_xdg_path(OND_XDG_STATE, "history", &p->history_path, &err) == 0)
        history(p->history, &ev, H_LOAD, ond_buf_z(&p->history_path));
    ond_buf_free(&folder);
    el_set(p->el, EL_HIST, history, p->history);
}

static void close_history(prompt *p)
{
    HistEvent ev;
    if (p->history && p->history_path.n > 0) {
        mode_t former = umask(077);
        history(p->history, &ev, H_SAVE, ond_buf_z(&p->history_path));
        umask(former);
    }
    if (p->history) history_end(p->history);
    ond_buf_free(&p->history_path);
}

/* The editor needs a UTF-8 locale to handle what is typed; the sentences are UTF-8 whatever the
 * locale. */
static void set_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

static int open_editor(prompt *p, ond_err *err)
{
    set_locale();
    p->el = el_init("ondol", stdin, stdout, stderr);
    if (!p->el)
        return ond_fail(err, OND_E_IO, "%s", ond_msg_text(OND_M_PROMPT_NO_EDITOR, p->c->lang));
    el_set(p->el, EL_CLIENTDATA, p);
    el_set(p->el, EL_PROMPT, prompt_text);
    el_set(p->el, EL_EDITOR, "emacs");
    el_set(p->el, EL_SIGNAL, 1);
    el_set(p->el, EL_GETCFN, get_char);
    el_set(p->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    open_history(p);
    return OND_OK;
}

/* ---- the house ---- */

static void print_note(void *self, const char *text)
{
    prompt *p = self;
    if (p->editing) fputs("\r\033[K", stdout);
    ond__print_safe(stdout, text);
    putchar('\n');
    fflush(stdout);
    if (p->editing) el_set(p->el, EL_REFRESH);
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

static void take_line(prompt *p, ond_str line)
{
    HistEvent ev;
    ond_str text = ond_str_trim(line);
    if (text.n == 0) return;
    char *copy = ond_str_dup(text);
    if (!copy) return;
    if (p->history) history(p->history, &ev, H_ENTER, copy);
    if (copy[0] == '/')
        command(p->c, copy);
    else
        wish(p->c, copy);
    free(copy);
}

static bool is_quit(ond_str line)
{
    ond_str text = ond_str_trim(line);
    return ond_str_is(text, "/quit") || ond_str_is(text, "/q") || ond_str_is(text, "/exit");
}

static void read_lines(prompt *p)
{
    for (;;) {
        int n = 0;
        interrupted = 0;
        p->editing = true;
        el_set(p->el, EL_PREP_TERM, 1);   /* before the prompt shows: keys typed at once are not lost */
        const char *line = el_gets(p->el, &n);
        p->editing = false;
        if (interrupted) {
            putchar('\n');
            el_reset(p->el);
            continue;
        }
        if (!line || n <= 0) {
            putchar('\n');
            return;
        }
        if (is_quit((ond_str){line, (size_t)n})) return;
        take_line(p, (ond_str){line, (size_t)n});
        fflush(stdout);
    }
}

int ond__prompt(ond_cli *c)
{
    ond_err err = {0};
    prompt p = {.c = c};
    struct sigaction act = {.sa_handler = on_interrupt};
    sigaction(SIGINT, &act, NULL);
    int rc = open_house(&p, &err);
    if (rc == 0) rc = open_editor(&p, &err);
    if (rc == 0) {
        OND__SAY(c, stdout, OND_M_PROMPT_GREETING, "");
        read_lines(&p);
        close_history(&p);
    }
    if (p.el) el_end(p.el);
    ond_service_close(c->service);
    c->service = NULL;
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}
