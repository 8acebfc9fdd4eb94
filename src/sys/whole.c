/* whole.c - files that appear under their name whole or not at all (whole.h).
 *
 * 1. A temporary file with a name is locked (fcntl's F_OFD_SETLK, as in lock.c) until it has its
 *    final one, and the lock ends with its process: one that can be locked is a dead process's.
 * 2. Only a holder of the lock removes or renames such a file. Between making and locking one a
 *    sweeper may come; who lost the race takes another name. */
#include "sys/whole.h"

#include "base/str.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".new-"
enum { SALT = 8, TRIES = 100 };

static void folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        snprintf(out, PATH_MAX, ".");
    else if (slash == path)
        snprintf(out, PATH_MAX, "/");
    else
        snprintf(out, PATH_MAX, "%.*s", (int)(slash - path), path);
}

/* ---- what killed processes left ---- */

/* "STEM.new-xxxxxxxx"; any stem where it is NULL. */
static bool is_temporary(const char *name, const char *stem)
{
    size_t n = strlen(name), tail = sizeof MARK - 1 + SALT;
    if (n <= tail || memcmp(name + n - tail, MARK, sizeof MARK - 1) != 0) return false;
    if (strspn(name + n - SALT, "0123456789abcdef") != SALT) return false;
    return !stem || (strlen(stem) == n - tail && memcmp(name, stem, n - tail) == 0);
}

/* False: another process holds it. Where there are no locks at all, nobody can tell. */
static bool lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int rc;
    do rc = fcntl(fd, F_OFD_SETLK, &whole);
    while (rc != 0 && errno == EINTR);
    return rc == 0;
}

static void remove_dead(int dir, const char *name)
{
    struct stat st;
    int fd = openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) return;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && lock(fd)) (void)!unlinkat(dir, name, 0);
    close(fd);
}

static void sweep(const char *dir, const char *stem)
{
    DIR *d = opendir(dir);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d));)
        if (is_temporary(e->d_name, stem)) remove_dead(dirfd(d), e->d_name);
    closedir(d);
}

void ond_whole_sweep(const char *dir)
{
    sweep(dir, NULL);
}

/* ---- making one ---- */

/* Gives w->temp a new name beside the target; false when out of memory. */
static bool new_name(ond_whole *w)
{
    uint64_t salt;
    ond_random(&salt, sizeof salt);
    free(w->temp);
    if (asprintf(&w->temp, "%s" MARK "%08x", w->path, (unsigned)salt) >= 0) return true;
    w->temp = NULL;
    return false;
}

static void no_name(ond_whole *w)
{
    free(w->temp);
    w->temp = NULL;
}

/* Naming it later goes through /proc, so that must be there. */
static bool open_nameless(ond_whole *w, const char *folder, unsigned mode)
{
    if (access("/proc/self/fd", X_OK) != 0) return false;
    w->fd = open(folder, O_WRONLY | O_TMPFILE | O_CLOEXEC, mode);
    return w->fd >= 0;
}

/* Whether the file that was just made is ours: a sweeper may have taken it for a dead one's. */
static bool hold(ond_whole *w)
{
    struct stat st;
    bool held = lock(w->fd) || (errno != EAGAIN && errno != EACCES);
    if (held && fstat(w->fd, &st) == 0 && st.st_nlink > 0) return true;
    (void)!unlink(w->temp);
    close(w->fd);
    w->fd = -1;
    return false;
}

static int open_named(ond_whole *w, unsigned mode, ond_err *err)
{
    errno = EEXIST;
    for (int i = 0; i < TRIES; i++) {
        if (!new_name(w)) return ond_nomem(err, "writing a file");
        w->fd = open(w->temp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
        if (w->fd < 0 && errno != EEXIST) break;
        if (w->fd >= 0 && hold(w)) return OND_OK;
    }
    int saved = errno;
    no_name(w);
    return ond_file_fail(err, saved, "write", w->path);
}

int ond_whole_open(const char *path, unsigned mode, ond_whole *out, ond_err *err)
{
    char target[PATH_MAX], folder[PATH_MAX];
    struct stat st;
    *out = (ond_whole){.fd = -1};
    if (lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && realpath(path, target)) path = target;
    if (strlen(path) + sizeof MARK + SALT > sizeof folder)
        return ond_file_fail(err, ENAMETOOLONG, "write", path);
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return ond_fail(err, OND_E_INPUT, "cannot write %s: it is %s", path,
                        S_ISDIR(st.st_mode) ? "a folder" : "no regular file");
    out->path = ond_str_dup(ond_str_of(path));
    if (!out->path) return ond_nomem(err, "writing a file");
    folder_of(path, folder);
    sweep(folder, strrchr(path, '/') ? strrchr(path, '/') + 1 : path);
    if (open_nameless(out, folder, mode)) {
        (void)lock(out->fd); /* it is nobody else's until it has a name */
        return OND_OK;
    }
    int rc = open_named(out, mode, err);
    if (rc != 0) ond_whole_abort(out);
    return rc;
}

void ond_whole_abort(ond_whole *w)
{
    if (w->temp) (void)!unlink(w->temp);
    if (w->fd >= 0) close(w->fd);
    free(w->path);
    free(w->temp);
    *w = (ond_whole){.fd = -1};
}

/* ---- its name ---- */

/* A nameless file gets its final name where that is free, else a temporary one. */
static int give_name(ond_whole *w, bool *final, ond_err *err)
{
    char source[64];
    snprintf(source, sizeof source, "/proc/self/fd/%d", w->fd);
    *final = linkat(AT_FDCWD, source, AT_FDCWD, w->path, AT_SYMLINK_FOLLOW) == 0;
    for (int i = 0; !*final && errno == EEXIST && i < TRIES; i++) {
        if (!new_name(w)) return ond_nomem(err, "writing a file");
        if (linkat(AT_FDCWD, source, AT_FDCWD, w->temp, AT_SYMLINK_FOLLOW) == 0) return OND_OK;
    }
    if (*final) return OND_OK;
    int saved = errno;
    no_name(w);
    return ond_file_fail(err, saved, "write", w->path);
}

static int publish(ond_whole *w, ond_err *err)
{
    char folder[PATH_MAX];
    bool final = false;
    if (fsync(w->fd) != 0) return ond_file_fail(err, errno, "sync", w->path);
    int rc = w->temp ? OND_OK : give_name(w, &final, err);
    if (rc != 0) return rc;
    if (!final && rename(w->temp, w->path) != 0)
        return ond_file_fail(err, errno, "replace", w->path);
    no_name(w);
    folder_of(w->path, folder);
    return ond_dir_sync(folder, err);
}

int ond_whole_commit(ond_whole *w, ond_err *err)
{
    int rc = publish(w, err);
    ond_whole_abort(w);
    return rc;
}
