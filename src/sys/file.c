/* file.c - whole reads with a bound, and writes that are whole or not at all (whole.h): after a
 * crash the target holds the old bytes or the new ones. */
#include "sys/file.h"

#include "sys/whole.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *advice(int errnum)
{
    switch (errnum) {
    case EACCES:
    case EPERM:
        return "no permission; look at its owner and mode with `ls -ld`, and at those of its "
               "folder";
    case ENOSPC:
        return "the disk is full; free some space and try again";
    case EDQUOT:
        return "your disk quota is used up; free some space and try again";
    case EROFS:
        return "the file system is read-only; choose a folder that can be written";
    case EMFILE:
    case ENFILE:
        return "too many files are open; close some programs or raise `ulimit -n`";
    case EIO:
        return "the disk reported an error; check it and your backups";
    case EFBIG:
        return "the file would grow too large; look at `ulimit -f`";
    case ENAMETOOLONG:
        return "the name is too long";
    case ELOOP:
        return "its symbolic links go round in a circle";
    case ENOTDIR:
        return "a part of the path is not a folder";
    case ENOENT:
        return "it is not there; check the path";
    default:
        return NULL;
    }
}

int ond_file_fail(ond_err *err, int errnum, const char *doing, const char *path)
{
    ond_code code = errnum == ENOENT ? OND_E_NOT_FOUND : errnum == ENOMEM ? OND_E_NOMEM : OND_E_IO;
    const char *text = advice(errnum);
    return ond_fail(err, code, "cannot %s %s: %s", doing, path, text ? text : strerror(errnum));
}

/* Appends up to `limit` bytes from fd; a byte more than that is an error. */
static int read_all(int fd, const char *path, size_t limit, ond_buf *out, ond_err *err)
{
    size_t start = out->n;
    for (;;) {
        ond_buf_reserve(out, 65536);
        if (!ond_buf_ok(out)) return ond_nomem(err, "reading a file");
        ssize_t got = read(fd, out->p + out->n, 65536);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return ond_file_fail(err, errno, "read", path);
        if (got == 0) break;
        out->n += (size_t)got;
        if (out->n - start > limit)
            return ond_fail(err, OND_E_INPUT, "%s is too large: at most %zu bytes are read", path,
                            limit);
    }
    ond_buf_put(out, "", 0);
    out->p[out->n] = '\0';
    return OND_OK;
}

int ond_file_read(const char *path, size_t limit, ond_buf *out, ond_err *err)
{
    /* O_NONBLOCK: opening a named pipe by mistake must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return ond_file_fail(err, errno, "open", path);
    struct stat st;
    size_t start = out->n;
    int rc;
    if (fstat(fd, &st) != 0)
        rc = ond_file_fail(err, errno, "look at", path);
    else if (S_ISDIR(st.st_mode))
        rc = ond_fail(err, OND_E_INPUT, "%s is a folder, and a file is needed", path);
    else if (!S_ISREG(st.st_mode))
        rc = ond_fail(err, OND_E_INPUT, "%s is not a regular file", path);
    else if ((uint64_t)st.st_size > limit)
        rc = ond_fail(err, OND_E_INPUT, "%s is too large: %lld bytes, and at most %zu are read",
                      path, (long long)st.st_size, limit);
    else
        rc = read_all(fd, path, limit, out, err);
    close(fd);
    if (rc != 0 && out->p) {
        out->n = start;
        out->p[start] = '\0';
    }
    return rc;
}

int ond_file_write_fd(int fd, const void *bytes, size_t n)
{
    const char *p = bytes;
    while (n > 0) {
        ssize_t put = write(fd, p, n);
        if (put < 0 && errno == EINTR) continue;
        if (put < 0) return -1;
        if (put == 0) {
            errno = ENOSPC;
            return -1;
        }
        p += put;
        n -= (size_t)put;
    }
    return 0;
}

int ond_file_read_at(int fd, void *to, size_t n, uint64_t at)
{
    for (char *p = to; n > 0;) {
        ssize_t got = pread(fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) return -1;
        p += got;
        n -= (size_t)got;
        at += (uint64_t)got;
    }
    return 0;
}

int ond_dir_sync(const char *path, ond_err *err)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return ond_file_fail(err, errno, "open the folder", path);
    int rc = OND_OK;
    /* EINVAL: a file system that cannot sync folders, and has nothing to sync. */
    if (fsync(fd) != 0 && errno != EINVAL) rc = ond_file_fail(err, errno, "sync the folder", path);
    close(fd);
    return rc;
}

int ond_file_write(const char *path, ond_str bytes, unsigned mode, ond_err *err)
{
    ond_whole w;
    int rc = ond_whole_open(path, mode, &w, err);
    if (rc != 0) return rc;
    if (fchmod(w.fd, mode) != 0)
        rc = ond_file_fail(err, errno, "set the mode of", path);
    else if (ond_file_write_fd(w.fd, bytes.p, bytes.n) != 0)
        rc = ond_file_fail(err, errno, "write", path);
    if (rc == 0) return ond_whole_commit(&w, err);
    ond_whole_abort(&w);
    return rc;
}

bool ond_file_exists(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0;
}

bool ond_file_same(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

int ond_file_may_write(const char *path, ond_err *err)
{
    ond_buf dir = {0};
    const char *slash = strrchr(path, '/');
    if (slash)
        ond_buf_put(&dir, path, (size_t)(slash - path) + 1);
    else
        ond_buf_puts(&dir, ".");
    int rc = ond_buf_ok(&dir) ? OND_OK : ond_nomem(err, "looking at a folder");
    if (rc == 0 && access(ond_buf_z(&dir), W_OK | X_OK) != 0)
        rc = ond_file_fail(err, errno, "write", path);
    ond_buf_free(&dir);
    return rc;
}

/* One level; a folder that is there already is good. */
static int make_one(const char *path, unsigned mode, ond_err *err)
{
    struct stat st;
    if (stat(path, &st) == 0) {
        if (S_ISDIR(st.st_mode)) return OND_OK;
        return ond_fail(err, OND_E_IO,
                        "cannot make the folder %s: a file of that name is in the way", path);
    }
    if (mkdir(path, mode) != 0 && errno != EEXIST)
        return ond_file_fail(err, errno, "make the folder", path);
    return OND_OK;
}

int ond_dir_make(const char *path, unsigned mode, ond_err *err)
{
    char part[PATH_MAX];
    size_t n = strlen(path);
    if (n == 0) return ond_fail(err, OND_E_INPUT, "cannot make a folder without a name");
    if (n >= sizeof part) return ond_file_fail(err, ENAMETOOLONG, "make the folder", path);
    memcpy(part, path, n + 1);
    for (size_t i = 1; i < n; i++) {
        if (part[i] != '/') continue;
        part[i] = '\0';
        int rc = make_one(part, mode, err);
        if (rc != 0) return rc;
        part[i] = '/';
    }
    return make_one(part, mode, err);
}
