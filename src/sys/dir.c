/* dir.c - the names in a folder. */
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

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
