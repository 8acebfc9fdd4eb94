/* secret.c - a secret from the person: typed without echo, or one line of standard input. */
#include "cli/cli.h"

#include <signal.h>
#include <termios.h>
#include <unistd.h>

#define SECRET_MAX 4096

static struct termios former;
static volatile sig_atomic_t hidden;

static void show_again(int signo)
{
    if (hidden) tcsetattr(STDIN_FILENO, TCSANOW, &former);
    signal(signo, SIG_DFL);
    raise(signo);
}

static void hide(void)
{
    struct termios quiet;
    if (tcgetattr(STDIN_FILENO, &former) != 0) return;
    quiet = former;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    signal(SIGINT, show_again);
    signal(SIGTERM, show_again);
    hidden = 1;
    tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
}

static void unhide(void)
{
    if (!hidden) return;
    tcsetattr(STDIN_FILENO, TCSANOW, &former);
    hidden = 0;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
}

int ond__read_secret(const ond_cli *c, const char *what, ond_buf *out, ond_err *err)
{
    bool cut = false, person = isatty(STDIN_FILENO);
    if (person) {
        fprintf(stderr, "%s: ", what);
        fflush(stderr);
        hide();
    }
    bool got = ond__read_line(out, SECRET_MAX, &cut);
    if (person) {
        unhide();
        fputc('\n', stderr);
    }
    if (!got || cut)
        return ond_fail(err, OND_E_USAGE, "%s", ond_msg_text(OND_M_CLI_NO_SECRET, c->lang));
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "reading a secret");
}
