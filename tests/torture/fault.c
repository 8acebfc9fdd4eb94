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
 *   rename    rename, unlink, ftruncate: EIO
 * Descriptors 0 to 2 and what is no regular file are left alone. One thread. ond_fault_arm(NULL, 0)
 * ends it; ond_fault_reached() tells how many calls failed since it was armed. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

void ond_fault_arm(const char *what, long nth);
long ond_fault_reached(void);

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);

enum kind { NONE, ALLOC, WRITE, SHORT, FULL, SYNC, OPEN, READ, RENAME };
static const char *const names[] = {"",     "alloc", "write", "short", "full",
                                    "sync", "open",  "read",  "rename"};

static enum kind armed;
static bool from_then_on;
static long calls, nth_call, failed;

void ond_fault_arm(const char *what, long nth)
{
    armed = NONE;
    calls = failed = 0;
    nth_call = nth;
    if (!what) return;
    size_t n = strcspn(what, "+:");
    from_then_on = what[n] == '+';
    for (int i = ALLOC; i <= RENAME; i++)
        if (strlen(names[i]) == n && strncmp(names[i], what, n) == 0) armed = (enum kind)i;
    if (armed == NONE) abort();
}

long ond_fault_reached(void)
{
    return failed;
}

__attribute__((constructor)) static void start(void)
{
    const char *env = getenv("ONDOL_FAULT"), *colon = env ? strchr(env, ':') : NULL;
    if (colon) ond_fault_arm(env, atol(colon + 1));
}

static bool fails(enum kind kind)
{
    if (armed != kind) return false;
    calls++;
    if (calls != nth_call && !(from_then_on && calls > nth_call)) return false;
    failed++;
    return true;
}

static bool spared(int fd)
{
    struct stat st;
    return armed == NONE || fd <= 2 || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode);
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
    return some < 0 ? -1 : syscall(SYS_write, fd, bytes, some);
}

ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at)
{
    ssize_t some = allowed(fd, n);
    return some < 0 ? -1 : syscall(SYS_pwrite64, fd, bytes, some, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at)
{
    return pwrite(fd, bytes, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
    return allowed(fd, 2) < 2 ? -1 : syscall(SYS_writev, fd, v, n);
}

int fsync(int fd)
{
    if (armed == SYNC && fails(SYNC)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    if (armed == SYNC && fails(SYNC)) {
        errno = EIO;
        return -1;
    }
    return (int)syscall(SYS_fdatasync, fd);
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
    return (int)syscall(SYS_openat, folder, path, flags, mode);
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

int rename(const char *from, const char *to)
{
    return rename_fails() ? -1 : (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

int unlink(const char *path)
{
    return rename_fails() ? -1 : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int ftruncate(int fd, off_t n)
{
    return rename_fails() ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}

int ftruncate64(int fd, off64_t n)
{
    return ftruncate(fd, n);
}
