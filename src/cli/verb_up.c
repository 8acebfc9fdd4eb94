/* verb_up.c - `ondol up`: the long-running owner of the house, in the foreground. */
#include "cli/cli.h"

#include <time.h>

/* One line each on standard output, so that a service manager's log has it; flushed, because it may
 * be a pipe. */
static void print_note(void *self, const char *text)
{
    (void)self;
    ond__print_safe(stdout, text);
    putchar('\n');
    fflush(stdout);
}

static int run(ond_cli *c)
{
    ond_err err = {0};
    ond_owner_opts opts = ond__owner_opts(c);
    opts.note = print_note;
    if (c->n_arg > 0) return ond__fail(c, ond__no_word(c, c->arg[0], "", &err), &err);
    int rc = ond_up(&opts, &err);
    return rc == 0 ? OND_OK : ond__fail(c, rc, &err);
}

const ond_cli_verb ond_verb_up = {
    .usage = "up",
    .en = "Keeps the house in hand until it is stopped (Ctrl-C, or SIGTERM): holds the\n"
          "connections to devices, lets questions wait for `ondol answer`, and serves the other\n"
          "verbs, which find it by its socket in $XDG_RUNTIME_DIR/ondol. SIGHUP reads the\n"
          "configuration again; the policy is read again by itself when its file changes. Runs\n"
          "in the foreground; an example of a systemd user unit is installed as\n"
          "share/ondol/ondol.service.",
    .ko = "멈출 때까지(Ctrl-C나 SIGTERM) 집을 계속 맡아요. 기기와의 연결을 지키고, 질문이\n"
          "`ondol answer`를 기다리게 하고, 다른 명령의 부탁을 받아요. 다른 명령은\n"
          "$XDG_RUNTIME_DIR/ondol의 소켓으로 찾아와요. SIGHUP을 받으면 설정을 다시 읽고, 정책\n"
          "파일은 바뀌면 저절로 다시 읽어요. 앞에서 도는 프로그램이에요. systemd 사용자 유닛의\n"
          "예는 share/ondol/ondol.service에 있어요.",
    .common = OND__HOUSE_FILE,
    .examples = "ondol up\n"
                "ondol up --house my-house.yaml\n"
                "systemctl --user enable --now ondol",
    .run = run,
};
