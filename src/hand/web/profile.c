/* profile.c - throwaway profiles of browsers.
 *
 * 1. Beside each folder NAME stands NAME.lock, locked while its owner lives (the lock ends with the
 *    process). A lock that can be taken belongs to a dead owner.
 * 2. The lock comes before the folder and goes after it. Who takes a lock makes sure that the file
 *    still has its name, since another may have removed it in between. */
#include "hand/web/profile.h"

#include "sys/clock.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REMOVE_MS = 1000, TRIES = 8 };

static const char prefix[] = "chromium-";

static bool still_named(const ond_lock *lock, const char *path)
{
    struct stat a, b;
    return fstat(lock->fd, &a) == 0 && lstat(path, &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
}

/* Takes the lock of a name, new or left behind; false when somebody else has it. */
static bool take(const char *lock_path, ond_lock *out)
{
    if (ond_lock_take(lock_path, out, NULL) != 0) return false;
    if (still_named(out, lock_path)) return true;
    ond_lock_drop(out);
    return false;
}

static void let_go(ond_lock *lock, const char *lock_path)
{
    (void)!unlink(lock_path);
    ond_lock_drop(lock);
}

/* A lock file of ours by its name: the folder's name is what stands before ".lock". */
static size_t name_of_lock(const char *file)
{
    static const char suffix[] = ".lock";
    size_t n = strlen(file), k = sizeof suffix - 1;
    if (strncmp(file, prefix, sizeof prefix - 1) != 0 || n <= k) return 0;
    return strcmp(file + n - k, suffix) == 0 ? n - k : 0;
}

static void sweep_one(const char *base, const char *file, size_t n)
{
    ond_buf lock_path = {0}, path = {0};
    ond_lock lock;
    ond_buf_printf(&lock_path, "%s/%s", base, file);
    ond_buf_printf(&path, "%s/%.*s", base, (int)n, file);
    if (ond_buf_ok(&lock_path) && ond_buf_ok(&path) && take(lock_path.p, &lock)) {
        if (ond_dir_remove(path.p, NULL) == 0)
            let_go(&lock, lock_path.p);
        else
            ond_lock_drop(&lock); /* the next one tries again */
    }
    ond_buf_free(&lock_path);
    ond_buf_free(&path);
}

static void sweep(const char *base)
{
    DIR *d = opendir(base);
    if (!d) return;
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        size_t n = name_of_lock(e->d_name);
        if (n) sweep_one(base, e->d_name, n);
    }
    closedir(d);
}

static char *path_of(const char *base, const char *name, const char *suffix)
{
    ond_buf b = {0};
    ond_buf_printf(&b, "%s/%s%s%s", base, prefix, name, suffix);
    return ond_buf_take(&b);
}

static int make_named(const char *base, const char *name, ond__profile *p, ond_err *err)
{
    p->path = path_of(base, name, "");
    p->lock_path = path_of(base, name, ".lock");
    if (!p->path || !p->lock_path) return ond_nomem(err, "making a browser profile");
    if (!take(p->lock_path, &p->lock))
        return ond_fail(err, OND_E_BUSY, "the browser profile %s is in use", p->path);
    int rc =
        mkdir(p->path, 0700) == 0 ? OND_OK : ond_file_fail(err, errno, "make the folder", p->path);
    if (rc != 0) let_go(&p->lock, p->lock_path);
    return rc;
}

static void forget(ond__profile *p)
{
    free(p->path);
    free(p->lock_path);
    *p = (ond__profile){.lock.fd = -1};
}

int ond__profile_make(ond__profile *out, ond_err *err)
{
    ond_buf base = {0};
    *out = (ond__profile){.lock.fd = -1};
    int rc = ond_xdg_path(OND_XDG_RUNTIME, "web", &base, err);
    if (rc == 0) rc = ond_dir_make(base.p, 0700, err);
    if (rc == 0) sweep(base.p);
    for (int i = 0; rc == 0 && !out->path && i < TRIES; i++) {
        unsigned char chance[6];
        char name[16];
        ond_random(chance, sizeof chance);
        for (int k = 0; k < 6; k++) snprintf(name + 2 * k, 3, "%02x", chance[k]);
        rc = make_named(base.p, name, out, err);
        if (rc != 0) forget(out);
        if (rc == OND_E_BUSY && i + 1 < TRIES)
            rc = OND_OK; /* another took it for one left behind */
    }
    ond_buf_free(&base);
    return rc;
}

void ond__profile_remove(ond__profile *p)
{
    if (!p->path) return;
    uint64_t until = ond_steady_us() + REMOVE_MS * 1000u;
    int rc = ond_dir_remove(p->path, NULL);
    while (rc != 0 &&
           ond_steady_us() < until) { /* SIGKILL has been sent; the kernel takes its time */
        (void)!poll(NULL, 0, 5);
        rc = ond_dir_remove(p->path, NULL);
    }
    if (rc == 0)
        let_go(&p->lock, p->lock_path);
    else
        ond_lock_drop(&p->lock);
    forget(p);
}
