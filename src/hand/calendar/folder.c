/* folder.c - the tree of files, as vdirsyncer and khal keep it: a folder for each calendar or list,
 * a file for each entry. It is looked through before each use; only files that changed are read
 * again. */
#include "base/utf8.h"
#include "hand/calendar/ical.h"
#include "hand/calendar/internal.h"
#include "base/msg.h"
#include "sys/file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SPACE "hand.calendar"

static void entry_drop(ond__cal_entry *e)
{
    if (!e) return;
    ond__cal_entry_free(e);
    free(e->file);
    free(e);
}

static void folder_free(ond__cal *h, ond__cal_folder *f)
{
    for (size_t i = 0; i < f->n; i++) entry_drop(f->v[i]);
    h->n_entries -= f->n;
    free(f->v);
    free(f->name);
    free(f->label);
}

void ond__cal_folders_free(ond__cal *h)
{
    for (size_t i = 0; i < h->n_folder; i++) folder_free(h, &h->folder[i]);
    free(h->folder);
    h->folder = NULL;
    h->n_folder = 0;
}

void ond__cal_path(const ond__cal *h, const char *folder, const char *file, ond_buf *out)
{
    ond_buf_puts(out, h->root);
    if (folder && folder[0]) ond_buf_printf(out, "/%s", folder);
    if (file && file[0]) ond_buf_printf(out, "/%s", file);
}

int ond__cal_bytes(const ond__cal *h, const char *folder, const char *file, ond_buf *out,
                   ond_err *err)
{
    ond_buf path = {0};
    ond__cal_path(h, folder, file, &path);
    int rc = ond_buf_ok(&path) ? ond_file_read(ond_buf_z(&path), CAL_FILE_BYTES, out, err)
                               : ond_nomem(err, "reading a calendar");
    ond_buf_free(&path);
    return rc;
}

/* ---- scanning ---- */

static int set_problem(ond__cal_entry *e, const char *what, ond_err *err)
{
    ond__cal_entry_free(e);
    e->problem = ond_str_dup(ond_str_of(what));
    return e->problem ? OND_OK : ond_nomem(err, "reading a calendar");
}

static int read_entry(ond__cal *h, const ond__cal_folder *f, ond__cal_entry *e, ond_err *err)
{
    ond_buf bytes = {0};
    ond_err e2 = {0};
    ond__cal_entry_free(e);
    e->told = false;
    h->revision++;
    if (e->size > CAL_FILE_BYTES) return set_problem(e, "it is over 1 MiB", err);
    int rc = ond__cal_bytes(h, f->name, e->file, &bytes, &e2);
    if (rc == OND_E_NOMEM)
        *err = e2;
    else if (rc)
        rc = set_problem(e, "it cannot be read", err);
    else
        rc = ond__cal_entry_read(h, (ond_str){ond_buf_z(&bytes), bytes.n}, e, err);
    ond_buf_free(&bytes);
    return rc;
}

/* An entry in memory is as its file says, as far as time, size and inode tell. */
static int look_at(ond__cal *h, const ond__cal_folder *f, ond__cal_entry *e, ond_err *err)
{
    ond_buf path = {0};
    struct stat st;
    ond__cal_path(h, f->name, e->file, &path);
    if (!ond_buf_ok(&path)) return ond_nomem(err, "reading a calendar");
    int bad = stat(ond_buf_z(&path), &st);
    ond_buf_free(&path);
    if (bad || !S_ISREG(st.st_mode)) {
        e->seen = false;
        return OND_OK;
    }
    int64_t mtime = (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
    e->seen = true;
    if (mtime == e->mtime && st.st_size == e->size && (int64_t)st.st_ino == e->inode) return OND_OK;
    e->mtime = mtime;
    e->size = st.st_size;
    e->inode = (int64_t)st.st_ino;
    return read_entry(h, f, e, err);
}

static ond__cal_entry *add_entry(ond__cal *h, ond__cal_folder *f, const char *file)
{
    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 32;
        ond__cal_entry **v = realloc(f->v, cap * sizeof *v);
        if (!v) return NULL;
        f->v = v;
        f->cap = cap;
    }
    ond__cal_entry *e = calloc(1, sizeof *e);
    if (e) e->file = ond_str_dup(ond_str_of(file));
    if (!e || !e->file) {
        free(e);
        return NULL;
    }
    e->mtime = e->size = e->inode = -1;
    h->n_entries++;
    return f->v[f->n++] = e;
}

static int compare_files(const void *a, const void *b)
{
    return strcmp((*(ond__cal_entry *const *)a)->file, (*(ond__cal_entry *const *)b)->file);
}

static ond__cal_entry *find_file(const ond__cal_folder *f, size_t n, const char *file)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        int c = strcmp(file, f->v[middle]->file);
        if (c == 0) return f->v[middle];
        if (c < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static void drop_unseen(ond__cal *h, ond__cal_folder *f)
{
    size_t k = 0;
    for (size_t i = 0; i < f->n; i++) {
        if (f->v[i]->seen) {
            f->v[k++] = f->v[i];
            continue;
        }
        entry_drop(f->v[i]);
        h->n_entries--;
        h->revision++;
    }
    f->n = k;
    if (f->n) qsort(f->v, f->n, sizeof *f->v, compare_files);
}

static void read_label(const ond__cal *h, ond__cal_folder *f)
{
    ond_buf path = {0}, text = {0};
    ond__cal_path(h, f->name, "displayname", &path);
    free(f->label);
    f->label = NULL;
    if (ond_file_read(ond_buf_z(&path), 1024, &text, NULL) == 0) {
        ond_str s = ond_str_trim((ond_str){ond_buf_z(&text), strcspn(ond_buf_z(&text), "\r\n")});
        if (s.n && ond_utf8_valid(s) == s.n) f->label = ond_str_dup(s);
    }
    ond_buf_clear(&path);
    ond__cal_path(h, f->name, CAL_KIND, &path);
    f->list = ond_file_exists(ond_buf_z(&path));
    ond_buf_free(&path);
    ond_buf_free(&text);
}

static int scan_folder(ond__cal *h, ond__cal_folder *f, ond_err *err)
{
    ond_buf path = {0};
    char **names = NULL;
    size_t n = 0, had = f->n;
    int rc = 0;
    ond__cal_path(h, f->name, NULL, &path);
    if (!ond_buf_ok(&path)) rc = ond_nomem(err, "reading a calendar");
    if (rc == 0) rc = ond_dir_list(ond_buf_z(&path), ".ics", &names, &n, err);
    if (rc == OND_E_NOT_FOUND) rc = 0, n = 0;
    for (size_t i = 0; i < f->n; i++) f->v[i]->seen = false;
    for (size_t i = 0; i < n && rc == 0; i++) {
        ond__cal_entry *e = find_file(f, had, names[i]);
        if (!e && h->n_entries >= CAL_ENTRIES_MAX) {
            h->left_out++;
            continue;
        }
        if (!e && !(e = add_entry(h, f, names[i])))
            rc = ond_nomem(err, "reading a calendar");
        else
            rc = look_at(h, f, e, err);
    }
    ond_names_free(names, n);
    ond_buf_free(&path);
    if (rc == 0) {
        drop_unseen(h, f);
        read_label(h, f);
    }
    return rc;
}

static ond__cal_folder *add_folder(ond__cal *h, const char *name)
{
    ond__cal_folder *folder = realloc(h->folder, (h->n_folder + 1) * sizeof *folder);
    if (!folder) return NULL;
    h->folder = folder;
    folder[h->n_folder] = (ond__cal_folder){.name = ond_str_dup(ond_str_of(name))};
    return folder[h->n_folder].name ? &folder[h->n_folder++] : NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(((const ond__cal_folder *)a)->name, ((const ond__cal_folder *)b)->name);
}

static void drop_folders(ond__cal *h)
{
    size_t k = 0;
    for (size_t i = 0; i < h->n_folder; i++) {
        if (h->folder[i].seen)
            h->folder[k++] = h->folder[i];
        else
            folder_free(h, &h->folder[i]);
    }
    h->n_folder = k;
    if (k > 1) qsort(h->folder, k, sizeof *h->folder, compare_names);
}

static void key_of(const ond__cal_folder *f, const ond__cal_entry *e, ond_buf *key, char stamp[48])
{
    ond_buf_printf(key, "%s/%s", f->name, e->file);
    snprintf(stamp, 48, "%lld.%lld", (long long)e->mtime, (long long)e->size);
}

static void tell_problem(ond__cal *h, const ond__cal_folder *f, ond__cal_entry *e)
{
    ond_buf text = {0}, key = {0};
    char stamp[48];
    e->told = true;
    key_of(f, e, &key, stamp);
    if (strcmp(ond_json_str(h->told, ond_buf_z(&key), ""), stamp) != 0) {
        OND_MSG(&text, OND_M_CAL_SKIPPED, h->lang, ond_buf_z(&key), e->problem);
        ond__cal_note(h, ond_buf_z(&text));
        h->told_new = true;
    }
    ond_buf_free(&text);
    ond_buf_free(&key);
}

static void tell_problems(ond__cal *h)
{
    if (!h->told && h->store && ond_store_get(h->store, SPACE, "told", &h->told, NULL) != 0)
        h->told = NULL;
    if (!h->told) h->told = cJSON_CreateObject();
    for (size_t i = 0; i < h->n_folder; i++)
        for (size_t k = 0; k < h->folder[i].n; k++) {
            ond__cal_entry *e = h->folder[i].v[k];
            if (e->problem && !e->told) tell_problem(h, &h->folder[i], e);
        }
}

void ond__cal_keep_told(ond__cal *h)
{
    cJSON *now = h->store && h->told_new ? cJSON_CreateObject() : NULL;
    for (size_t i = 0; now && i < h->n_folder; i++)
        for (size_t k = 0; k < h->folder[i].n; k++) {
            const ond__cal_entry *e = h->folder[i].v[k];
            ond_buf key = {0};
            char stamp[48];
            if (!e->problem) continue;
            key_of(&h->folder[i], e, &key, stamp);
            (void)ond_json_set_str(now, ond_buf_z(&key), stamp);
            ond_buf_free(&key);
        }
    ond_err err;
    if (!now) return;
    if (ond_store_put(h->store, SPACE, "told", now, &err) != 0) { /* told again, at worst */
        cJSON_Delete(now);
        return;
    }
    cJSON_Delete(h->told);
    h->told = now;
    h->told_new = false;
}

int ond__cal_may_write(ond__cal *h, const char *folder, const char *file, const char *uid,
                       ond_err *err)
{
    const ond__cal_entry *e = ond__cal_find_file(h, folder, file);
    if (!e || (!e->problem && strcmp(e->uid, uid) == 0)) return OND_OK;
    return ond_fail(err, OND_E_STALE, "%s/%s is there already, and holds something else", folder,
                    file);
}

int ond__cal_scan(ond__cal *h, ond_err *err)
{
    char **names = NULL;
    size_t n = 0;
    int rc = ond__cal_ical_load(err);
    if (rc) return rc;
    rc = ond_dir_list(h->root, NULL, &names, &n, err);
    if (rc == OND_E_NOT_FOUND) rc = 0, n = 0;
    h->left_out = 0;
    for (size_t i = 0; i < h->n_folder; i++) h->folder[i].seen = false;
    for (size_t i = 0; i < n && i < CAL_FOLDERS_MAX && rc == 0; i++) {
        ond__cal_folder *f = ond__cal_folder_named(h, names[i]);
        if (!f && ond_utf8_valid(ond_str_of(names[i])) != strlen(names[i])) continue;
        if (!f && !(f = add_folder(h, names[i])))
            rc = ond_nomem(err, "reading a calendar");
        else
            f->seen = true, rc = scan_folder(h, f, err);
    }
    ond_names_free(names, n);
    if (rc == 0) {
        drop_folders(h);
        tell_problems(h);
    }
    return rc;
}

/* ---- finding ---- */

ond__cal_folder *ond__cal_folder_named(ond__cal *h, const char *name)
{
    for (size_t i = 0; i < h->n_folder; i++)
        if (strcmp(h->folder[i].name, name) == 0) return &h->folder[i];
    return NULL;
}

ond__cal_entry *ond__cal_find_uid(ond__cal *h, const char *uid, ond__cal_folder **in)
{
    for (size_t i = 0; i < h->n_folder; i++)
        for (size_t k = 0; k < h->folder[i].n; k++) {
            ond__cal_entry *e = h->folder[i].v[k];
            if (e->problem || !e->uid || strcmp(e->uid, uid) != 0) continue;
            if (in) *in = &h->folder[i];
            return e;
        }
    return NULL;
}

ond__cal_entry *ond__cal_find_file(ond__cal *h, const char *folder, const char *file)
{
    ond__cal_folder *f = ond__cal_folder_named(h, folder);
    return f ? find_file(f, f->n, file) : NULL;
}

bool ond__cal_is_list(const ond__cal_folder *f)
{
    bool event = false, todo = false;
    for (size_t i = 0; i < f->n; i++)
        if (!f->v[i]->problem) todo |= f->v[i]->todo, event |= !f->v[i]->todo;
    return f->list || todo ||
           (!event && (strcmp(f->name, "todo") == 0 || strcmp(f->name, "shopping") == 0));
}

const char *ond__cal_label(const ond__cal *h, const ond__cal_folder *f, const char *lang)
{
    (void)h;
    if (f->label) return f->label;
    if (strcmp(f->name, "todo") == 0) return ond_msg_text(OND_M_CAL_TODO, lang);
    if (strcmp(f->name, "shopping") == 0) return ond_msg_text(OND_M_CAL_SHOPPING, lang);
    if (strcmp(f->name, "personal") == 0) return ond_msg_text(OND_M_CAL_PERSONAL, lang);
    return f->name;
}

/* ---- writing ---- */

void ond__cal_safe_name(const char *text, ond_buf *out)
{
    ond_buf nfc = {0};
    ond_str s = ond_str_trim(ond_str_of(text));
    if (ond_utf8_nfc(s, &nfc, NULL) == 0) s = (ond_str){ond_buf_z(&nfc), nfc.n};
    s.n = ond_utf8_cut(s, 120);
    size_t start = out->n;
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool first_dot = c == '.' && out->n == start;
        ond_buf_putc(out, c < 0x20 || c == 0x7f || strchr("/\\:*?\"<>|", c) || first_dot ? '_'
                                                                                         : (char)c);
    }
    ond_buf_free(&nfc);
}

static int write_small(ond__cal *h, const char *folder, const char *file, const char *text,
                       ond_err *err)
{
    ond_buf path = {0};
    ond__cal_path(h, folder, file, &path);
    int rc = ond_buf_ok(&path) ? ond_file_write(ond_buf_z(&path), ond_str_of(text), 0600, err)
                               : ond_nomem(err, "making a calendar");
    ond_buf_free(&path);
    return rc;
}

int ond__cal_folder_make(ond__cal *h, const char *name, const char *label, bool list, ond_err *err)
{
    ond_buf path = {0};
    int rc = 0;
    ond__cal_path(h, name, NULL, &path);
    if (!ond_buf_ok(&path)) OND_TRY(ond_nomem(err, "making a calendar"));
    OND_TRY(ond_dir_make(ond_buf_z(&path), 0700, err));
    if (list) OND_TRY(write_small(h, name, CAL_KIND, "VTODO\n", err));
    if (label && label[0] && strcmp(label, name) != 0)
        OND_TRY(write_small(h, name, "displayname", label, err));
out:
    ond_buf_free(&path);
    return rc;
}

void ond__cal_folder_drop(ond__cal *h, const char *name)
{
    static const char *const ours[] = {CAL_KIND, "displayname"};
    ond_buf path = {0};
    char **names = NULL;
    size_t n = 0;
    ond__cal_path(h, name, NULL, &path);
    bool empty = ond_dir_list(ond_buf_z(&path), ".ics", &names, &n, NULL) == 0 && n == 0;
    ond_names_free(names, n);
    for (size_t i = 0; empty && i < 2; i++) {
        ond_buf_clear(&path);
        ond__cal_path(h, name, ours[i], &path);
        unlink(ond_buf_z(&path));
    }
    ond_buf_clear(&path);
    ond__cal_path(h, name, NULL, &path);
    if (empty) rmdir(ond_buf_z(&path));
    ond_buf_free(&path);
}

static int remove_file(const char *path, const char *dir, ond_err *err)
{
    if (unlink(path) != 0 && errno != ENOENT) return ond_file_fail(err, errno, "remove", path);
    return ond_dir_sync(dir, err);
}

int ond__cal_write(ond__cal *h, const char *folder, const char *file, ond_str bytes, ond_err *err)
{
    ond_buf dir = {0}, path = {0};
    struct stat st;
    int rc = 0;
    ond__cal_path(h, folder, NULL, &dir);
    ond__cal_path(h, folder, file, &path);
    if (!ond_buf_ok(&dir) || !ond_buf_ok(&path)) OND_TRY(ond_nomem(err, "writing a calendar"));
    if (!bytes.p) {
        OND_TRY(remove_file(ond_buf_z(&path), ond_buf_z(&dir), err));
        goto out;
    }
    OND_TRY(ond_dir_make(ond_buf_z(&dir), 0700, err));
    unsigned mode = stat(ond_buf_z(&path), &st) == 0 ? st.st_mode & 0777 : 0600;
    OND_TRY(ond_file_write(ond_buf_z(&path), bytes, mode, err));
out:
    ond_buf_free(&dir);
    ond_buf_free(&path);
    return rc;
}
