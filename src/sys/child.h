/* child.h - another program, as a child of ours that does not outlive us and leaves nothing behind.
 *
 * The child leads a process group of its own, so that what it starts can be ended with it. It gets
 * the descriptors that are named, and no others; its signals are as at the start of a session. When
 * the thread that started it ends, the kernel ends the child (PR_SET_PDEATHSIG), so start it from a
 * thread that lives on. What its grandchildren leave to be waited for is init's. */
#ifndef OND_SYS_CHILD_H
#define OND_SYS_CHILD_H

#include "base/time.h" /* ond_ms, ond_buf */

typedef struct ond_child ond_child;

typedef struct ond_child_fd {
    int ours;
    int theirs; /* 0 to 63; 0, 1, 2 are /dev/null where none is given, or ours is closed */
} ond_child_fd;

typedef struct ond_child_opts { /* all borrowed for the call */
    const char *const *argv;    /* ends with NULL; argv[0] is a path, or a name to find on PATH */
    const char *const *env;     /* "NAME=value" to add to, or to put in place of what is kept */
    bool whole_env;             /* keep all of our environment; else what ond_child_env_kept says */
    const ond_child_fd *fds;
    size_t n_fds;
    size_t heard_most; /* bytes of stderr to keep (the first ones); 0: none, it is /dev/null */
} ond_child_opts;

/* The path of a program, by the name on PATH or by a path. OND_E_NOT_FOUND. */
OND_CHECKED int ond_program_find(const char *name, ond_buf *out, ond_err *err);
/* Whether a variable of this name is handed on: the language, time zone, PATH, HOME, folders,
 * proxies. */
bool ond_child_env_kept(const char *name);

/* Returns when the program runs. OND_E_NOT_FOUND: there is none of that name; OND_E_FAILED: it
 * cannot be started; OND_E_NOMEM. */
OND_CHECKED int ond_child_start(const ond_child_opts *opts, ond_child **out, ond_err *err);
/* Ends the whole group and frees: SIGTERM, up to `polite` milliseconds for the child to end by
 * itself, then SIGKILL, which is waited for. NULL is fine. */
void ond_child_end(ond_child *c, ond_ms polite);

int ond_child_pid(const ond_child *c);
/* A descriptor (pidfd) that becomes readable when the child has ended; for poll and ond_loop_watch.
 */
int ond_child_fileno(const ond_child *c);
/* Waits up to `ms` (0: only looks; -1: for ever); true when it has ended. It is not a zombie then.
 */
bool ond_child_wait(ond_child *c, ond_ms ms);
/* After ond_child_wait said true: the exit status, or 128 + the signal that killed it. */
int ond_child_status(const ond_child *c);
/* SIGKILL to the whole group, now. */
void ond_child_kill(ond_child *c);
/* What it has written to stderr so far; never NULL; valid until the next call for c. What the child
 * writes while nobody asks is kept up to a pipe's size (64 KiB); beyond that it is lost to it,
 * without waiting. */
const char *ond_child_heard(ond_child *c);

#endif
