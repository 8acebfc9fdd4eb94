/* editor.c - the line editor that the prompts share. */
#include "cli/editor.h"

#include "base/msg.h"
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

enum { HISTORY = 1000 };

struct ond__editor {
    EditLine *el;
    History *history;
    ond_buf history_path;
    ond__wait_fn *wait;
    void *self;
    const char *prompt;
    bool editing;
};

static volatile sig_atomic_t interrupted;
static void (*volatile on_signal)(void *self);
static void *volatile on_signal_self;

static void take_signal(int signo)
{
    (void)signo;
    interrupted = 1;
    if (on_signal) on_signal(on_signal_self);
}

void ond__editor_on_interrupt(void (*fn)(void *self), void *self)
{
    on_signal = NULL;
    on_signal_self = self;
    on_signal = fn;
}

bool ond__editor_interrupted(void) { return interrupted; }

/* ---- keys ---- */

static bool wait_input(ond__editor *e)
{
    if (e->wait) return !interrupted && e->wait(e->self) && !interrupted;
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!interrupted)
        if (poll(&in, 1, -1) > 0) return true;
    return false;
}

static int next_byte(ond__editor *e)
{
    unsigned char byte;
    for (;;) {
        if (!wait_input(e)) return -1;
        ssize_t n = read(STDIN_FILENO, &byte, 1);
        if (n == 1) return byte;
        if (n == 0) return -2;
        if (errno != EINTR && errno != EAGAIN) return -1;
    }
}

/* One character for the editor: 1, 0 at the end, -1 when interrupted. */
static int get_char(EditLine *el, wchar_t *out)
{
    ond__editor *e = NULL;
    el_get(el, EL_CLIENTDATA, &e);
    char bytes[4];
    size_t n = 0, at = 0;
    do {
        int byte = next_byte(e);
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

/* ---- open and close ---- */

static char *prompt_text(EditLine *el)
{
    ond__editor *e = NULL;
    el_get(el, EL_CLIENTDATA, &e);
    return (char *)e->prompt;
}

static void open_history(ond__editor *e, const char *name)
{
    HistEvent ev;
    ond_err err;
    ond_buf folder = {0};
    e->history = history_init();
    if (!e->history) return;
    history(e->history, &ev, H_SETSIZE, HISTORY);
    history(e->history, &ev, H_SETUNIQUE, 1);
    if (ond_xdg_path(OND_XDG_STATE, "", &folder, &err) == 0 &&
        ond_dir_make(ond_buf_z(&folder), 0700, &err) == 0 &&
        ond_xdg_path(OND_XDG_STATE, name, &e->history_path, &err) == 0)
        history(e->history, &ev, H_LOAD, ond_buf_z(&e->history_path));
    ond_buf_free(&folder);
    el_set(e->el, EL_HIST, history, e->history);
}

/* The editor needs a UTF-8 locale to handle what is typed; the sentences are UTF-8 whatever the
 * locale. */
static void set_locale(void)
{
    if (!setlocale(LC_CTYPE, "") || strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
        setlocale(LC_CTYPE, "C.UTF-8");
}

int ond__editor_open(const char *history_name, ond__wait_fn *wait, void *self, const char *lang, ond__editor **out, ond_err *err)
{
    struct sigaction act = {.sa_handler = take_signal};
    ond__editor *e = calloc(1, sizeof *e);
    if (!e) return ond_nomem(err, "the line editor");
    sigaction(SIGINT, &act, NULL);
    set_locale();
    *e = (ond__editor){.wait = wait, .self = self, .prompt = "> ", .el = el_init("ondol", stdin, stdout, stderr)};
    if (!e->el) {
        free(e);
        return ond_fail(err, OND_E_IO, "%s", ond_msg_text(OND_M_PROMPT_NO_EDITOR, lang));
    }
    el_set(e->el, EL_CLIENTDATA, e);
    el_set(e->el, EL_PROMPT, prompt_text);
    el_set(e->el, EL_EDITOR, "emacs");
    el_set(e->el, EL_SIGNAL, 1);
    el_set(e->el, EL_GETCFN, get_char);
    el_set(e->el, EL_BIND, "^R", "em-inc-search-prev", NULL);
    open_history(e, history_name);
    *out = e;
    return OND_OK;
}

void ond__editor_close(ond__editor *e)
{
    HistEvent ev;
    if (!e) return;
    if (e->history && e->history_path.n > 0) {
        mode_t former = umask(077);
        history(e->history, &ev, H_SAVE, ond_buf_z(&e->history_path));
        umask(former);
    }
    if (e->history) history_end(e->history);
    el_end(e->el);
    ond_buf_free(&e->history_path);
    free(e);
}

/* ---- lines ---- */

ond__typed ond__editor_line(ond__editor *e, const char *prompt, ond_str *line)
{
    int n = 0;
    interrupted = 0;
    e->prompt = prompt;
    e->editing = true;
    el_set(e->el, EL_PREP_TERM, 1); /* before the prompt shows: keys typed at once are not lost */
    const char *text = el_gets(e->el, &n);
    e->editing = false;
    if (interrupted) {
        putchar('\n');
        el_reset(e->el);
        return OND__CLEARED;
    }
    if (!text || n <= 0) {
        putchar('\n');
        return OND__END;
    }
    *line = ond_str_trim((ond_str){text, (size_t)n});
    return OND__LINE;
}

void ond__editor_remember(ond__editor *e, const char *line)
{
    HistEvent ev;
    if (e->history) history(e->history, &ev, H_ENTER, line);
}

bool ond__editor_editing(const ond__editor *e) { return e->editing; }
void ond__editor_refresh(ond__editor *e) { el_set(e->el, EL_REFRESH); }
