/* dir.c - folders of YAML files. */
#include "talk/dir.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

enum { MOST_FILE = 16 << 20 };

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool wanted(const char *dir, const char *name, bool folders)
{
    size_t n = strlen(name);
    if (!folders) return n > 5 && strcmp(name + n - 5, ".yaml") == 0;
    if (name[0] == '.') return false;
    ond_buf path = {0};
    struct stat st;
    ond_buf_printf(&path, "%s/%s", dir, name);
    bool is = ond_buf_ok(&path) && stat(path.p, &st) == 0 && S_ISDIR(st.st_mode);
    ond_buf_free(&path);
    return is;
}

int ond__dir_list(const char *dir, bool folders, char ***out, size_t *n, ond_err *err)
{
    *out = NULL;
    *n = 0;
    DIR *d = opendir(dir);
    if (!d) return ond_file_fail(err, errno, "open the folder", dir);
    char **v = NULL;
    size_t count = 0, cap = 0;
    bool ok = true;
    for (struct dirent *e; ok && (e = readdir(d)) != NULL;) {
        if (!wanted(dir, e->d_name, folders)) continue;
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
        ond__names_drop(v, count);
        return ond_nomem(err, "reading a folder");
    }
    if (count) qsort(v, count, sizeof *v, by_name);
    *out = v;
    *n = count;
    return 0;
}

void ond__names_drop(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++) free(names[i]);
    free(names);
}

int ond__texts_of_file(ond__texts *t, const char *path, ond_err *err)
{
    if (t->n == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        ond_talk_text *v = realloc(t->v, cap * sizeof *v);
        if (!v) return ond_nomem(err, "reading sentences");
        t->v = v;
        t->cap = cap;
    }
    ond_buf text = {0};
    int rc = ond_file_read(path, MOST_FILE, &text, err);
    size_t n = text.n;
    char *name = rc == 0 ? strdup(path) : NULL, *bytes = rc == 0 ? ond_buf_take(&text) : NULL;
    ond_buf_free(&text);
    if (rc == 0 && (!name || (!bytes && n))) rc = ond_nomem(err, "reading sentences");
    if (rc != 0) {
        free(name);
        free(bytes);
        return rc;
    }
    t->v[t->n++] = (ond_talk_text){.name = name, .text = {bytes, n}};
    return 0;
}

int ond__texts_of_dir(ond__texts *t, const char *dir, ond_err *err)
{
    char **names;
    size_t n;
    int rc = ond__dir_list(dir, false, &names, &n, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        ond_buf path = {0};
        ond_buf_printf(&path, "%s/%s", dir, names[i]);
        rc = ond_buf_ok(&path) ? ond__texts_of_file(t, path.p, err)
                               : ond_nomem(err, "reading sentences");
        ond_buf_free(&path);
    }
    ond__names_drop(names, n);
    return rc;
}

void ond__texts_free(ond__texts *t)
{
    for (size_t i = 0; i < t->n; i++) {
        free((char *)t->v[i].name);
        free((char *)t->v[i].text.p);
    }
    free(t->v);
    *t = (ond__texts){0};
}
