/* child.c - fork, everything that a child needs set up before exec, and its end.
 *
 * 1. Between fork and exec only functions that are safe in a signal handler are called, since other
 *    threads may hold locks. Everything that needs memory is made before.
 * 2. A pipe that is closed on exec tells the parent that exec succeeded, or the errno.
 * 3. The group is killed once more after its leader has ended: the leader's pid cannot be used
 *    again while it is not waited for, so the order is kill, then wait. */
#include "sys/child.h"

#include "sys/clock.h"
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FDS_MOST = 16, THEIRS_MOST = 63 };

extern char **environ;

struct ond_child {
    pid_t pid;
    int pidfd, heard_fd; /* heard_fd: stderr, or -1 */
    bool ended;
    int status;
    size_t heard_most;
    ond_buf heard;
};

typedef struct plan { /* what the child does between fork and exec */
    const char *program;
    char *const *argv;
    char **env;
    const ond_child_fd *fds;
    size_t n_fds;
    int null, say, heard; /* /dev/null; where the errno goes; its stderr, or -1 */
    pid_t parent;
} plan;

/* ---- the environment ---- */

bool ond_child_env_kept(const char *name)
{
    static const char *const kept[] = {
        "PATH",  "HOME",       "USER",        "LOGNAME",  "LANG",        "LANGUAGE",
        "TZ",    "TMPDIR",     "http_proxy",  "no_proxy", "https_proxy", "all_proxy",
        "SHELL", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",   "XDG_RUNTIME_DIR",
    };
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (strcmp(name, kept[i]) == 0) return true;
    return strncmp(name, "LC_", 3) == 0;
}

static size_t name_length(const char *entry)
{
    return strcspn(entry, "=");
}

static bool replaced(const ond_child_opts *o, const char *entry)
{
    size_t n = name_length(entry);
    for (size_t i = 0; o->env && o->env[i]; i++)
        if (name_length(o->env[i]) == n && memcmp(o->env[i], entry, n) == 0) return true;
    return false;
}

static bool handed_on(const ond_child_opts *o, const char *entry)
{
    char name[64];
    size_t n = name_length(entry);
    if (replaced(o, entry)) return false;
    if (o->whole_env) return true;
    if (n >= sizeof name) return false;
    memcpy(name, entry, n);
    name[n] = '\0';
    return ond_child_env_kept(name);
}

/* An array of borrowed entries; the caller frees the array. */
static char **make_env(const ond_child_opts *o)
{
    size_t n = 1;
    for (size_t i = 0; environ && environ[i]; i++) n++;
    for (size_t i = 0; o->env && o->env[i]; i++) n++;
    char **env = malloc(n * sizeof *env);
    if (!env) return NULL;
    n = 0;
    for (size_t i = 0; environ && environ[i]; i++)
        if (handed_on(o, environ[i])) env[n++] = environ[i];
    for (size_t i = 0; o->env && o->env[i]; i++) env[n++] = (char *)(uintptr_t)o->env[i];
    env[n] = NULL;
    return env;
}

/* ---- the program ---- */

static bool is_program(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

int ond_program_find(const char *name, ond_buf *out, ond_err *err)
{
    const char *path = getenv("PATH");
    ond_buf_clear(out);
    if (strchr(name, '/')) {
        ond_buf_puts(out, name);
        if (!ond_buf_ok(out)) return ond_nomem(err, "looking for a program");
        if (is_program(name)) return OND_OK;
        return ond_fail(err, OND_E_NOT_FOUND, "there is no program %s", name);
    }
    for (const char *p = path && path[0] ? path : "/usr/local/bin:/usr/bin:/bin"; *p;) {
        size_t n = strcspn(p, ":");
        ond_buf_clear(out);
        ond_buf_printf(out, "%.*s/%s", (int)n, p, name);
        if (!ond_buf_ok(out)) return ond_nomem(err, "looking for a program");
        if (n > 0 && p[0] == '/' && is_program(out->p)) return OND_OK;
        p += n + (p[n] == ':');
    }
    ond_buf_clear(out);
    return ond_fail(err, OND_E_NOT_FOUND, "there is no program %s on PATH", name);
}

/* ---- in the child ---- */

static void reset_signals(void)
{
    sigset_t none;
    for (int i = 1; i < NSIG; i++) signal(i, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* First all away from the numbers that are wanted, so that none is overwritten before it is copied.
 */
static bool place_fds(const plan *p)
{
    int moved[FDS_MOST];
    int null = fcntl(p->null, F_DUPFD_CLOEXEC, THEIRS_MOST + 1);
    int heard = p->heard < 0 ? null : fcntl(p->heard, F_DUPFD_CLOEXEC, THEIRS_MOST + 1);
    for (size_t i = 0; i < p->n_fds; i++) {
        moved[i] = fcntl(p->fds[i].ours, F_DUPFD_CLOEXEC, THEIRS_MOST + 1);
        if (moved[i] < 0 && p->fds[i].theirs <= 2) moved[i] = null; /* we have none ourselves */
        if (moved[i] < 0) return false;
    }
    if (null < 0 || heard < 0) return false;
    for (int fd = 0; fd < 2; fd++)
        if (dup2(null, fd) < 0) return false;
    if (dup2(heard, 2) < 0) return false;
    for (size_t i = 0; i < p->n_fds; i++)
        if (dup2(moved[i], p->fds[i].theirs) < 0) return false;
    return true;
}

static bool is_given(const plan *p, int fd)
{
    for (size_t i = 0; i < p->n_fds; i++)
        if (p->fds[i].theirs == fd) return true;
    return fd <= 2;
}

/* The rest of ours goes with exec, whether its opener thought of that or not. */
static void close_others(const plan *p)
{
    for (int fd = 3; fd <= THEIRS_MOST; fd++)
        if (!is_given(p, fd)) (void)!fcntl(fd, F_SETFD, FD_CLOEXEC);
    (void)!close_range(THEIRS_MOST + 1, UINT_MAX, CLOSE_RANGE_CLOEXEC);
}

__attribute__((noreturn)) static void become(const plan *p)
{
    int say = fcntl(p->say, F_DUPFD_CLOEXEC, THEIRS_MOST + 1);
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != p->parent) _exit(127); /* it ended before we could ask for the signal */
    reset_signals();
    if (say >= 0 && place_fds(p)) {
        close_others(p);
        execve(p->program, p->argv, p->env);
    }
    int why = errno;
    if (write(say, &why, sizeof why) < 0) _exit(126);
    _exit(127);
}

/* ---- starting ---- */

/* The errno of a failed exec, or 0. */
static int exec_errno(int fd)
{
    int why = 0;
    ssize_t n;
    do n = read(fd, &why, sizeof why);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)sizeof why ? why : 0;
}

static void reap(ond_child *c)
{
    int status = 0;
    pid_t got;
    do got = waitpid(c->pid, &status, 0);
    while (got < 0 && errno == EINTR);
    c->ended = true;
    c->status = got < 0 ? 255 : WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static int fork_and_exec(ond_child *c, plan *p, ond_err *err)
{
    int say[2];
    if (pipe2(say, O_CLOEXEC) != 0) return ond_file_fail(err, errno, "start", p->program);
    p->say = say[1];
    p->parent = getpid();
    c->pid = fork();
    if (c->pid == 0) become(p);
    int saved = errno;
    close(say[1]);
    if (c->pid < 0) {
        close(say[0]);
        return ond_fail(err, OND_E_FAILED, "cannot start %s: %s", p->program, strerror(saved));
    }
    setpgid(c->pid, c->pid); /* as the child does: whoever comes first */
    int why = exec_errno(say[0]);
    close(say[0]);
    if (why == 0) c->pidfd = pidfd_open(c->pid, 0);
    if (why == 0 && c->pidfd >= 0) return OND_OK;
    if (why == 0) why = errno;
    kill(-c->pid, SIGKILL);
    reap(c);
    return ond_fail(err, why == ENOENT ? OND_E_NOT_FOUND : OND_E_FAILED, "cannot start %s: %s",
                    p->program, strerror(why));
}

static int open_heard(ond_child *c, plan *p, ond_err *err)
{
    int fds[2];
    if (c->heard_most == 0) return OND_OK;
    if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) != 0)
        return ond_file_fail(err, errno, "start", p->program);
    c->heard_fd = fds[0];
    p->heard = fds[1];
    return OND_OK;
}

static bool fds_are_good(const ond_child_opts *o)
{
    for (size_t i = 0; i < o->n_fds; i++)
        if (o->fds[i].ours < 0 || o->fds[i].theirs < 0 || o->fds[i].theirs > THEIRS_MOST)
            return false;
    return o->n_fds <= FDS_MOST;
}

int ond_child_start(const ond_child_opts *o, ond_child **out, ond_err *err)
{
    ond_buf program = {0};
    plan p = {.argv = (char *const *)(uintptr_t)o->argv,
              .fds = o->fds,
              .n_fds = o->n_fds,
              .null = -1,
              .heard = -1};
    int rc = OND_OK;
    *out = NULL;
    if (!fds_are_good(o)) return ond_fail(err, OND_E_INPUT, "bad descriptors for a program");
    ond_child *c = calloc(1, sizeof *c);
    if (!c) return ond_nomem(err, "starting a program");
    c->pidfd = c->heard_fd = -1;
    c->heard_most = o->heard_most;
    OND_TRY(ond_program_find(o->argv[0], &program, err));
    p.program = program.p;
    p.env = make_env(o);
    if (!p.env) OND_TRY(ond_nomem(err, "starting a program"));
    p.null = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (p.null < 0) OND_TRY(ond_file_fail(err, errno, "open", "/dev/null"));
    OND_TRY(open_heard(c, &p, err));
    OND_TRY(fork_and_exec(c, &p, err));
out:
    if (p.null >= 0) close(p.null);
    if (p.heard >= 0) close(p.heard);
    free(p.env);
    ond_buf_free(&program);
    if (rc == 0) {
        *out = c;
    } else {
        if (c->heard_fd >= 0) close(c->heard_fd);
        free(c);
    }
    return rc;
}

/* ---- while it lives ---- */

int ond_child_pid(const ond_child *c)
{
    return (int)c->pid;
}

int ond_child_fileno(const ond_child *c)
{
    return c->pidfd;
}

int ond_child_status(const ond_child *c)
{
    return c->status;
}

void ond_child_kill(ond_child *c)
{
    if (!c->ended) kill(-c->pid, SIGKILL);
}

bool ond_child_wait(ond_child *c, ond_ms ms)
{
    uint64_t until = ms < 0 ? UINT64_MAX : ond_steady_us() + (uint64_t)ms * 1000;
    while (!c->ended) {
        uint64_t now = ond_steady_us();
        uint64_t left = until <= now ? 0 : until - now;
        struct pollfd p = {.fd = c->pidfd, .events = POLLIN};
        int ready = poll(&p, 1,
                         until == UINT64_MAX ? -1
                         : left > 1000000    ? 1000
                                             : (int)((left + 999) / 1000));
        if (ready > 0) {
            kill(-c->pid, SIGKILL); /* what it leaves of its group */
            reap(c);
        } else if (left == 0) {
            return false;
        }
    }
    return true;
}

const char *ond_child_heard(ond_child *c)
{
    char chunk[4096];
    for (ssize_t n; c->heard_fd >= 0;) {
        n = read(c->heard_fd, chunk, sizeof chunk);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) break;
        size_t room = c->heard_most - c->heard.n;
        ond_buf_put(&c->heard, chunk, (size_t)n < room ? (size_t)n : room);
    }
    return ond_buf_z(&c->heard);
}

void ond_child_end(ond_child *c, ond_ms polite)
{
    if (!c) return;
    if (!c->ended && polite > 0) {
        kill(-c->pid, SIGTERM);
        (void)ond_child_wait(c, polite);
    }
    ond_child_kill(c);
    (void)ond_child_wait(c, -1);
    close(c->pidfd);
    if (c->heard_fd >= 0) close(c->heard_fd);
    ond_buf_free(&c->heard);
    free(c);
}
