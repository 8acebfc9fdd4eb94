/* fault.c - a shared object for LD_PRELOAD that makes the Nth call of a kind fail.
 *
 * Armed by ond_fault_arm(what, nth), looked up with dlsym, or at the start by ONDOL_FAULT=what:nth.
 * `what` is a kind, and a "+" after it when all calls from the Nth on fail, not only that one:
 *   alloc     malloc, calloc, realloc give NULL
 *   write     write, pwrite, writev: EIO
 *   short     the same: half of the bytes are written, and that is what is returned
 *   full      the same: ENOSPC
 *   sync      fsync, fdatasync: EIO
 *   open      open, openat: EMFILE
 *   read      read, pread: EIO
 *   rename    rename, unlink, unlinkat, linkat, ftruncate: EIO
 *   kill      SIGKILL before the Nth step that a file takes: an open that makes it, a write, a
 * sync, a new name, an unlink, a cut half      SIGKILL amid that step: half of the bytes are
 * written; anything else is done first Descriptors 0 to 2 and what is no regular file are left
 * alone. One thread. ond_fault_arm(NULL, 0) ends it; ond_fault_reached() tells how many calls
 * failed since it was armed.
 *
 * ONDOL_FAULT_STEPS=FILE: a u64 there counts the steps as they begin, for a parent that maps it.
 * ONDOL_FAULT_NAMED=1: as on a file system that knows no O_TMPFILE. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

void ond_fault_arm(const char *what, long nth);
long ond_fault_reached(void);

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

enum kind { NONE, ALLOC, WRITE, SHORT, FULL, SYNC, OPEN, READ, RENAME, KILL, HALF };
static const char *const names[] = {"",     "alloc", "write",  "short", "full", "sync",
                                    "open", "read",  "rename", "kill",  "half"};

static enum kind armed;
static bool from_then_on;
static long calls, nth_call, failed;
static uint64_t *steps; /* the count that a parent sees, or NULL */
static bool names_only; /* no files without a name */

void ond_fault_arm(const char *what, long nth)
{
    armed = NONE;
    calls = failed = 0;
    nth_call = nth;
    if (!what) return;
    size_t n = strcspn(what, "+:");
    from_then_on = what[n] == '+';
    for (int i = ALLOC; i <= HALF; i++)
        if (strlen(names[i]) == n && strncmp(names[i], what, n) == 0) armed = (enum kind)i;
    if (armed == NONE) abort();
}

long ond_fault_reached(void)
{
    return failed;
}

static void count_steps_in(const char *path)
{
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0) : -1;
    if (fd < 0) return;
    void *p = mmap(NULL, sizeof *steps, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (p != MAP_FAILED) steps = p;
    close(fd);
}

__attribute__((constructor)) static void start(void)
{
    const char *env = getenv("ONDOL_FAULT"), *colon = env ? strchr(env, ':') : NULL;
    const char *named = getenv("ONDOL_FAULT_NAMED");
    if (colon) ond_fault_arm(env, atol(colon + 1));
    names_only = named && *named == '1';
    count_steps_in(getenv("ONDOL_FAULT_STEPS"));
}

static bool fails(enum kind kind)
{
    if (armed != kind) return false;
    calls++;
    if (calls != nth_call && !(from_then_on && calls > nth_call)) return false;
    failed++;
    return true;
}

static void die(void)
{
    kill(getpid(), SIGKILL);
}

/* A step of writing begins. True: it is the last, and this process dies amid it. */
static bool last_step(void)
{
    if (steps) __atomic_add_fetch(steps, 1, __ATOMIC_SEQ_CST);
    if (armed != KILL && armed != HALF) return false;
    if (__atomic_add_fetch(&calls, 1, __ATOMIC_SEQ_CST) != nth_call) return false;
    if (armed == KILL) die();
    return true;
}

static bool spared(int fd)
{
    struct stat st;
    return (armed == NONE && !steps) || fd <= 2 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode);
}

/* ---- memory ---- */

void *malloc(size_t n)
{
    if (fails(ALLOC)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t size)
{
    if (fails(ALLOC)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_calloc(n, size);
}

void *realloc(void *p, size_t n)
{
    if (fails(ALLOC)) {
        errno = ENOMEM;
        return NULL;
    }
    return __libc_realloc(p, n);
}

/* ---- writing ---- */

/* What a write of n bytes is to do: -1 fail (errno set), else how many bytes to write. */
static ssize_t allowed(int fd, size_t n)
{
    if (spared(fd)) return (ssize_t)n;
    if (fails(WRITE) || fails(FULL)) {
        errno = armed == FULL ? ENOSPC : EIO;
        return -1;
    }
    return fails(SHORT) ? (ssize_t)(n / 2) : (ssize_t)n;
}

ssize_t write(int fd, const void *bytes, size_t n)
{
    ssize_t some = allowed(fd, n);
    if (some < 0) return -1;
    bool last = !spared(fd) && last_step();
    some = syscall(SYS_write, fd, bytes, last ? some / 2 : some);
    if (last) die();
    return some;
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    ssize_t some = allowed(fd, n);
    if (some < 0) return -1;
    bool last = !spared(fd) && last_step();
    some = syscall(SYS_pwrite64, fd, bytes, last ? some / 2 : some, at);
    if (last) die();
    return some;
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    return pwrite(fd, bytes, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    if (allowed(fd, 2) < 2) return -1;
    if (!spared(fd) && last_step()) die();
    return syscall(SYS_writev, fd, v, n);
}

int fsync(int fd)
{
    if (armed == SYNC && fails(SYNC)) {
        errno = EIO;
        return -1;
    }
    bool last = last_step();
    int rc = (int)syscall(SYS_fsync, fd);
    if (last) die();
    return rc;
}

int fdatasync(int fd)
{
    if (armed == SYNC && fails(SYNC)) {
        errno = EIO;
        return -1;
    }
    bool last = last_step();
    int rc = (int)syscall(SYS_fdatasync, fd);
    if (last) die();
    return rc;
}

/* ---- reading, opening, names ---- */

ssize_t read(int fd, void *bytes, size_t n)
{
    if (!spared(fd) && fails(READ)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, fd, bytes, n);
}

ssize_t pread(int fd, void *bytes, size_t n, off_t at)
{
    if (!spared(fd) && fails(READ)) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, bytes, n, at);
}

ssize_t pread64(int fd, void *bytes, size_t n, off64_t at)
{
    return pread(fd, bytes, n, at);
}

static int open_at(int folder, const char *path, int flags, va_list more)
{
    unsigned mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, unsigned) : 0;
    if (fails(OPEN)) {
        errno = EMFILE;
        return -1;
    }
    bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
    if (nameless && names_only) {
        errno = EOPNOTSUPP;
        return -1;
    }
    bool last = (nameless || flags & O_CREAT) && last_step();
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (last) die();
    return fd;
}

#define OPENS(name, params, folder)                                                                \
    int name params                                                                                \
    {                                                                                              \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        int fd = open_at(folder, path, flags, more);                                               \
        va_end(more);                                                                              \
        return fd;                                                                                 \
    }
OPENS(open, (const char *path, int flags, ...), AT_FDCWD)
OPENS(open64, (const char *path, int flags, ...), AT_FDCWD)
OPENS(openat, (int folder, const char *path, int flags, ...), folder)
OPENS(openat64, (int folder, const char *path, int flags, ...), folder)

static bool rename_fails(void)
{
    if (!fails(RENAME)) return false;
    errno = EIO;
    return true;
}

/* The call, and an end after it where this is the last step. */
#define NAMES(call)                                                                                \
    do {                                                                                           \
        if (rename_fails()) return -1;                                                             \
        bool last = last_step();                                                                   \
        int rc = (int)(call);                                                                      \
        if (last) die();                                                                           \
        return rc;                                                                                 \
    } while (0)

int rename(const char *from, const char *to)
{
    NAMES(syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to));
}

int unlink(const char *path)
{
    NAMES(syscall(SYS_unlinkat, AT_FDCWD, path, 0));
}

int unlinkat(int folder, const char *path, int flags)
{
    NAMES(syscall(SYS_unlinkat, folder, path, flags));
}

int linkat(int from_folder, const char *from, int folder, const char *to, int flags)
{
    NAMES(syscall(SYS_linkat, from_folder, from, folder, to, flags));
}

int ftruncate(int fd, off_t n)
{
    NAMES(syscall(SYS_ftruncate, fd, n));
}

int ftruncate64(int fd, off64_t n)
{
    return ftruncate(fd, n);
}
