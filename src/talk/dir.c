/* dir.c - folders of YAML files. */
#include "talk/dir.h"
#include "sys/file.h"

#include <stdlib.h>

enum { MOST_FILE = 16 << 20 };

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
    int rc = ond_dir_list(dir, ".yaml", &names, &n, err);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        ond_buf path = {0};
        ond_buf_printf(&path, "%s/%s", dir, names[i]);
        rc = ond_buf_ok(&path) ? ond__texts_of_file(t, path.p, err)
                               : ond_nomem(err, "reading sentences");
        ond_buf_free(&path);
    }
    ond_names_free(names, n);
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
