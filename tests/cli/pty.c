/* pty.c - plays a session at a terminal: pty COMMAND [ARG...] < SCRIPT, for tests in sh.
 *
 * Lines of the script: "send TEXT" types it and Enter; "key c" types Ctrl-C and so on; "expect
 * TEXT" waits until the output since the last match holds it; "refuse TEXT" fails when it does. At
 * the end of the script waits for the command's end and exits with its status; 99 says that the
 * script failed (and prints what came instead), after at most ten seconds a line. */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 10000

static char seen[1 << 20];
static size_t n_seen, matched;
static int tty;
static pid_t child;

static int give_up(const char *line)
{
    fprintf(stderr, "pty: failed at: %s\npty: since the last match came: %s\n", line,
            seen + matched);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    exit(99);
}

static long now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads what is there within `ms`; false at the end of the session. */
static int more(int ms)
{
    struct pollfd p = {.fd = tty, .events = POLLIN};
    if (poll(&p, 1, ms) <= 0) return 1;
    if (n_seen + 4096 >= sizeof seen) {
        memmove(seen, seen + matched, n_seen - matched);
        n_seen -= matched;
        matched = 0;
    }
    ssize_t n = read(tty, seen + n_seen, sizeof seen - n_seen - 1);
    if (n <= 0) return n < 0 && errno == EINTR;
    n_seen += (size_t)n;
    seen[n_seen] = '\0';
    return 1;
}

static void expect(const char *text, const char *line)
{
    long until = now_ms() + WAIT_MS;
    char *at;
    while (!(at = strstr(seen + matched, text))) {
        if (now_ms() > until || !more(50)) {
            if ((at = strstr(seen + matched, text))) break;
            give_up(line);
        }
    }
    matched = (size_t)(at - seen) + strlen(text);
}

static void type(const char *text, size_t n)
{
    while (n > 0) {
        ssize_t put = write(tty, text, n);
        if (put <= 0) give_up("writing");
        text += put;
        n -= (size_t)put;
    }
}

static void play(char *line)
{
    char *arg = strchr(line, ' ');
    if (!arg || line[0] == '#') return;
    *arg++ = '\0';
    if (strcmp(line, "send") == 0) {
        type(arg, strlen(arg));
        type("\r", 1);
    } else if (strcmp(line, "key") == 0) {
        char key = (char)(arg[0] & 0x1f);
        type(&key, 1);
    } else if (strcmp(line, "expect") == 0) {
        expect(arg, arg);
    } else if (strcmp(line, "refuse") == 0) {
        for (int i = 0; i < 6; i++) more(50);
        if (strstr(seen + matched, arg)) give_up(arg);
    } else {
        give_up(line);
    }
}

static int finish(void)
{
    long until = now_ms() + WAIT_MS;
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        if (now_ms() > until) give_up("waiting for the end");
        more(20);
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
    char line[4096];
    struct winsize size = {.ws_row = 40, .ws_col = 200};
    if (argc < 2) return 99;
    child = forkpty(&tty, NULL, NULL, &size);
    if (child < 0) return 99;
    if (child == 0) {
        execvp(argv[1], argv + 1);
        _exit(127);
    }
    while (fgets(line, sizeof line, stdin)) {
        line[strcspn(line, "\n")] = '\0';
        play(line);
    }
    return finish();
}
