/* dir.c - the names in a folder; a folder removed with all it holds. */
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool wanted(const char *dir, const char *name, const char *suffix)
{
    if (name[0] == '.') return false;
    if (suffix) {
        size_t n = strlen(name), k = strlen(suffix);
        return n > k && strcmp(name + n - k, suffix) == 0;
    }
    ond_buf path = {0};
    struct stat st;
    ond_buf_printf(&path, "%s/%s", dir, name);
    bool is = ond_buf_ok(&path) && stat(path.p, &st) == 0 && S_ISDIR(st.st_mode);
    ond_buf_free(&path);
    return is;
}

int ond_dir_list(const char *dir, const char *suffix, char ***out, size_t *n, ond_err *err)
{
    *out = NULL;
    *n = 0;
    DIR *d = opendir(dir);
    if (!d) return ond_file_fail(err, errno, "open the folder", dir);
    char **v = NULL;
    size_t count = 0, cap = 0;
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(d)) != NULL;) {
        if (!wanted(dir, e->d_name, suffix)) continue;
        if (count == cap) {
            cap = cap ? cap * 2 : 16;
            char **more = realloc(v, cap * sizeof *v);
            if (more)
                v = more;
            else
                ok = false;
        }
        if (ok) ok = (v[count] = strdup(e->d_name)) != NULL;
        if (ok) count++;
    }
    closedir(d);
    if (!ok) {
        ond_names_free(v, count);
        return ond_nomem(err, "reading a folder");
    }
    if (count) qsort(v, count, sizeof *v, by_name);
    *out = v;
    *n = count;
    return 0;
}

void ond_names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++) free(names[i]);
    free(names);
}

/* ---- removing ---- */

enum { DEEPEST = 64 };

static int remove_inside(int fd, dev_t dev, int depth);

static int remove_entry(int dir, const char *name, dev_t dev, int depth)
{
    struct stat st;
    if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) != 0) return errno == ENOENT ? 0 : errno;
    if (!S_ISDIR(st.st_mode))
        return unlinkat(dir, name, 0) == 0 || errno == ENOENT ? 0 : errno;
    if (st.st_dev != dev || depth == DEEPEST) return EBUSY;
    if ((st.st_mode & 0700) != 0700) (void)!fchmodat(dir, name, 0700, 0);
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return errno == ENOENT ? 0 : errno;
    int failed = remove_inside(fd, dev, depth + 1);
    if (unlinkat(dir, name, AT_REMOVEDIR) == 0 || errno == ENOENT) return 0;
    return failed ? failed : errno;
}

/* Takes fd. Goes on after what cannot be removed; the first errno. */
static int remove_inside(int fd, dev_t dev, int depth)
{
    int failed = 0;
    DIR *d = fdopendir(fd);
    if (!d) {
        failed = errno;
        close(fd);
        return failed;
    }
    for (struct dirent *e; (e = readdir(d)) != NULL;) {
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0) continue;
        int rc = remove_entry(fd, e->d_name, dev, depth);
        if (!failed) failed = rc;
    }
    closedir(d);
    return failed;
}

int ond_dir_remove(const char *path, ond_err *err)
{
    struct stat st;
    if (lstat(path, &st) != 0)
        return errno == ENOENT ? OND_OK : ond_file_fail(err, errno, "remove", path);
    int failed = remove_entry(AT_FDCWD, path, st.st_dev, 0);
    return failed ? ond_file_fail(err, failed, "remove", path) : OND_OK;
}
