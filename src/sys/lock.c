/* lock.c - a lock on a file, random bytes, and how much memory this process holds.
 *
 * The lock belongs to the open file (fcntl's F_OFD_SETLK), so it goes when the process ends,
 * however it ends; a lock file that is left behind means nothing. It is never removed: that would
 * let two processes lock two files of one name. */
#include "sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

static long holder(int fd)
{
    char text[32];
    ssize_t n = pread(fd, text, sizeof text - 1, 0);
    if (n <= 0) return 0;
    text[n] = '\0';
    long pid = strtol(text, NULL, 10);
    return pid > 0 ? pid : 0;
}

int ond_lock_take(const char *path, ond_lock *out, ond_err *err)
{
    out->fd = -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) return ond_file_fail(err, errno, "open the lock file", path);
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int locked;
    do locked = fcntl(fd, F_OFD_SETLK, &whole);
    while (locked != 0 && errno == EINTR);
    if (locked != 0) {
        int saved = errno == EACCES ? EAGAIN : errno;
        long pid = saved == EAGAIN ? holder(fd) : 0;
        close(fd);
        if (saved != EAGAIN) return ond_file_fail(err, saved, "lock", path);
        if (pid)
            return ond_fail(err, OND_E_BUSY,
                            "%s is held by process %ld: end it first, or go through it", path, pid);
        return ond_fail(err, OND_E_BUSY, "%s is held by another process", path);
    }
    /* The number is for people; a lock without it (a full disk) is still a lock. */
    char text[32];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) != n) (void)!ftruncate(fd, 0);
    out->fd = fd;
    return OND_OK;
}

void ond_lock_drop(ond_lock *lock)
{
    if (lock->fd < 0) return;
    (void)!ftruncate(lock->fd, 0);
    close(lock->fd);
    lock->fd = -1;
}

void ond_random(void *out, size_t n)
{
    unsigned char *p = out;
    while (n > 0) {
        ssize_t got = getrandom(p, n, 0);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) abort(); /* a kernel without randomness: keys made now would be guessable */
        p += got;
        n -= (size_t)got;
    }
}

size_t ond_rss(void)
{
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return 0;
    char text[128];
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    if (n <= 0) return 0;
    text[n] = '\0';
    unsigned long total, resident;
    if (sscanf(text, "%lu %lu", &total, &resident) != 2) return 0;
    return (size_t)resident * (size_t)sysconf(_SC_PAGESIZE);
}
