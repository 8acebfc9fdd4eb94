/* cache.c - the folder that huggingface_hub's programs share: what is in it, finding, removing.
 *
 * models--ORG--REPO/refs/REV holds a commit; snapshots/COMMIT/FILE is a link into blobs/. Source: "Understand caching",
 * huggingface_hub's documentation. */
#include "base/msg.h"
#include "base/utf8.h"
#include "hub/room.h"
#include "sys/file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEPTH = 8, REF_BYTES = 256 };

static bool absolute(const char *v) { return v && v[0] == '/'; }

int ond_hub_folder(ond_buf *out, ond_err *err)
{
    const char *cache = getenv("HF_HUB_CACHE"), *home = getenv("HF_HOME"), *xdg = getenv("XDG_CACHE_HOME");
    size_t before = out->n;
    if (absolute(cache)) {
        ond_buf_puts(out, cache);
    } else if (absolute(home)) {
        ond_buf_printf(out, "%s/hub", home);
    } else if (absolute(xdg)) {
        ond_buf_printf(out, "%s/huggingface/hub", xdg);
    } else {
        int rc = ond_xdg_path(OND_XDG_CACHE, "", out, err);   /* ~/.cache/ondol */
        if (rc) return rc;
        while (out->n > before && out->p[out->n - 1] == '/') out->n--;
        while (out->n > before && out->p[out->n - 1] != '/') out->n--;
        ond_buf_puts(out, "huggingface/hub");
    }
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "the model cache's folder");
}

int ond__repo_folder(const char *repo, ond_buf *out, ond_err *err)
{
    int rc = ond_hub_folder(out, err);
    if (rc) return rc;
    const char *slash = strchr(repo, '/');
    ond_buf_printf(out, "/models--%.*s--%s", (int)(slash - repo), repo, slash + 1);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "a model's folder");
}

/* ---- walking ---- */

typedef struct files {
    char **p;       /* paths relative to the snapshot */
    size_t n, cap;
} files;

static void files_free(files *f)
{
    ond_names_free(f->p, f->n);
    *f = (files){0};
}

static bool files_put(files *f, const char *path)
{
    if (f->n == f->cap) {
        size_t cap = f->cap ? f->cap * 2 : 16;
        char **more = realloc(f->p, cap * sizeof *more);
        if (!more) return false;
        f->p = more;
        f->cap = cap;
    }
    return (f->p[f->n] = strdup(path)) != NULL && ++f->n;
}

/* GGUF files under root/below, links included. A folder that cannot be read is passed over. */
static int walk(const char *root, const char *below, int depth, files *out, ond_err *err)
{
    ond_buf dir = {0}, path = {0};
    char **names = NULL;
    size_t n = 0;
    int rc = OND_OK;
    ond_buf_printf(&dir, "%s/%s", root, below);
    if (ond_dir_list(ond_buf_z(&dir), ".gguf", &names, &n, NULL) == OND_OK)
        for (size_t i = 0; i < n && rc == OND_OK; i++) {
            ond_buf_clear(&path);
            ond_buf_printf(&path, "%s%s%s", below, below[0] ? "/" : "", names[i]);
            if (!ond_buf_ok(&path) || !files_put(out, ond_buf_z(&path))) rc = ond_nomem(err, "listing models");
        }
    ond_names_free(names, n);
    names = NULL;
    n = 0;
    if (rc == OND_OK && depth < DEPTH && ond_dir_list(ond_buf_z(&dir), NULL, &names, &n, NULL) == OND_OK)
        for (size_t i = 0; i < n && rc == OND_OK; i++) {
            ond_buf_clear(&path);
            ond_buf_printf(&path, "%s%s%s", below, below[0] ? "/" : "", names[i]);
            rc = walk(root, ond_buf_z(&path), depth + 1, out, err);
        }
    ond_names_free(names, n);
    ond_buf_free(&dir);
    ond_buf_free(&path);
    return rc;
}

/* The snapshot that a revision names: refs/REV, or REV itself where it is a commit. False when there is none. */
static bool snapshot(const char *folder, const char *rev, ond_buf *out)
{
    ond_buf ref = {0}, commit = {0};
    ond_buf_printf(&ref, "%s/refs/%s", folder, rev);
    bool named = ond_file_read(ond_buf_z(&ref), REF_BYTES, &commit, NULL) == OND_OK;
    ond_str c = ond_str_trim(named ? (ond_str){commit.p, commit.n} : ond_str_of(rev));
    bool fine = c.n > 0 && !memchr(c.p, '/', c.n) && c.p[0] != '.';
    if (fine) ond_buf_printf(out, "%s/snapshots/%.*s", folder, (int)c.n, c.p);
    fine = fine && ond_buf_ok(out) && ond_file_exists(ond_buf_z(out));
    ond_buf_free(&ref);
    ond_buf_free(&commit);
    return fine;
}

/* ---- finding ---- */

/* Appends the path of what `name` means in the cache; OND_E_NOT_FOUND without words, OND_E_AMBIGUOUS. */
static int locate(const ond_hub_name *name, ond_buf *path, ond_err *err)
{
    ond_buf folder = {0}, snap = {0};
    files f = {0};
    int rc = ond__repo_folder(name->repo, &folder, err);
    if (rc == OND_OK && !snapshot(ond_buf_z(&folder), name->rev, &snap)) rc = OND_E_NOT_FOUND;
    if (rc == OND_OK) rc = walk(ond_buf_z(&snap), "", 0, &f, err);
    if (rc == OND_OK) {
        int at = ond__choose_file(name, (const char *const *)f.p, (int)f.n);
        if (at >= 0) ond_buf_printf(path, "%s/%s", ond_buf_z(&snap), f.p[at]);
        if (at == -1) rc = OND_E_NOT_FOUND;
        if (at == -2) {
            rc = ond_fail(err, OND_E_AMBIGUOUS, "%s has several models here: say one, such as %s:%s (`ondol list` shows them)", name->repo,
                          name->repo, f.p[0]);
        }
    }
    files_free(&f);
    ond_buf_free(&folder);
    ond_buf_free(&snap);
    return rc;
}

/* `folder`: a folder of that name is there. */
static int not_here(const char *text, const char *lang, bool could_pull, bool folder, ond_err *err)
{
    ond_hub_entry *list = NULL;
    size_t n = 0, at = 0;
    int near = INT_MAX;
    bool any = ond_hub_list(&list, &n, NULL) == OND_OK && n > 0;
    for (size_t i = 0; any && i < n; i++) {
        int d = ond_utf8_distance(ond_str_of(text), ond_str_of(list[i].name), 40);
        if (d < near) {
            near = d;
            at = i;
        }
    }
    ond_msg say = folder       ? OND_M_HUB_FOLDER
                  : could_pull ? any ? OND_M_HUB_CAN_PULL_NEAR : OND_M_HUB_CAN_PULL
                  : any        ? OND_M_HUB_NO_MODEL_NEAR
                               : OND_M_HUB_NO_MODEL;
    ond_buf words = {0};
    OND_MSG(&words, say, lang ? lang : "en", text, any ? list[at].name : "");
    int rc = ond_fail(err, OND_E_NOT_FOUND, "%s", ond_buf_z(&words));
    ond_buf_free(&words);
    ond_hub_list_free(list, n);
    return rc;
}

/* A repository's or a file's last words alone ("SmolLM2-135M-Instruct-GGUF:Q8_0"), where one entry fits. */
static int by_last_word(const char *text, ond_buf *path, ond_err *err)
{
    ond_hub_entry *list = NULL;
    size_t n = 0, fits = 0, at = 0;
    int rc = ond_hub_list(&list, &n, err);
    for (size_t i = 0; rc == OND_OK && i < n; i++) {
        const char *short_name = strchr(list[i].name, '/');
        const char *file = strrchr(list[i].path, '/');
        size_t m = strlen(text);
        bool fit = short_name && strncasecmp(short_name + 1, text, m) == 0 && (short_name[1 + m] == 0 || short_name[1 + m] == ':');
        if (fit || (file && strcmp(file + 1, text) == 0)) {
            fits++;
            at = i;
        }
    }
    if (rc == OND_OK && fits == 1) ond_buf_puts(path, list[at].path);
    else if (rc == OND_OK && fits > 1)
        rc = ond_fail(err, OND_E_AMBIGUOUS, "%s is the name of %zu models here: say %s or another (`ondol list` shows them)", text, fits,
                      list[at].name);
    else if (rc == OND_OK) rc = OND_E_NOT_FOUND;
    ond_hub_list_free(list, n);
    return rc;
}

int ond_hub_find(const char *text, const char *lang, ond_buf *path, ond_err *err)
{
    struct stat st = {0};
    if (stat(text, &st) == 0 && !S_ISDIR(st.st_mode)) {
        ond_buf_puts(path, text);
        return ond_buf_ok(path) ? OND_OK : ond_nomem(err, "a model's path");
    }
    if (errno == EACCES && !S_ISDIR(st.st_mode)) return ond_file_fail(err, EACCES, "open", text);
    ond_hub_name name;
    bool hub = text[0] != '/' && text[0] != '.' && ond_hub_name_parse(text, &name, NULL) == OND_OK;
    int rc = hub ? locate(&name, path, err) : by_last_word(text, path, err);
    if (rc == OND_E_NOT_FOUND) return not_here(text, lang, hub && !ond__is_gguf(name.repo), S_ISDIR(st.st_mode), err);
    if (rc) return rc;
    return ond_buf_ok(path) ? OND_OK : ond_nomem(err, "a model's path");
}

/* ---- listing ---- */

typedef struct entries {
    ond_hub_entry *p;
    size_t n, cap;
} entries;

void ond_hub_list_free(ond_hub_entry *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        free(list[i].name);
        free(list[i].path);
    }
    free(list);
}

static int by_name(const void *a, const void *b) { return strcmp(((const ond_hub_entry *)a)->name, ((const ond_hub_entry *)b)->name); }

static bool entries_put(entries *e, char *name, char *path)
{
    if (name && path && e->n == e->cap) {
        size_t cap = e->cap ? e->cap * 2 : 16;
        ond_hub_entry *more = realloc(e->p, cap * sizeof *more);
        if (more) {
            e->p = more;
            e->cap = cap;
        }
    }
    if (!name || !path || e->n == e->cap) {
        free(name);
        free(path);
        return false;
    }
    e->p[e->n++] = (ond_hub_entry){.name = name, .path = path, .parts = 1};
    return true;
}

/* Sizes of all parts, and when they were last used. A dangling link counts nothing. */
static void measure(ond_hub_entry *e)
{
    int part, parts = 1;
    size_t stem;
    bool split = ond__split_of(e->path, &part, &parts, &stem);
    ond_buf path = {0};
    e->parts = split ? parts : 1;
    for (int i = 1; i <= e->parts; i++) {
        struct stat st;
        ond_buf_clear(&path);
        if (split) ond_buf_printf(&path, "%.*s-%05d-of-%05d.gguf", (int)stem, e->path, i, parts);
        else ond_buf_puts(&path, e->path);
        if (stat(ond_buf_z(&path), &st) != 0) continue;
        int64_t used = (int64_t)(st.st_atime > st.st_mtime ? st.st_atime : st.st_mtime) * 1000;
        e->bytes += (uint64_t)st.st_size;
        if (used > e->used_ms) e->used_ms = used;
    }
    ond_buf_free(&path);
}

/* Adds the models of one "models--ORG--REPO". */
static int list_repo(const char *root, const char *folder, entries *out, ond_err *err)
{
    const char *org = folder + strlen("models--"), *mid = strstr(org, "--");
    ond_buf dir = {0}, snap = {0};
    files f = {0};
    int rc = OND_OK;
    ond_buf_printf(&dir, "%s/%s", root, folder);
    if (mid && snapshot(ond_buf_z(&dir), "main", &snap)) rc = walk(ond_buf_z(&snap), "", 0, &f, err);
    for (size_t i = 0; i < f.n && rc == OND_OK; i++) {
        int part, parts;
        size_t stem;
        char tag[128];
        if (ond__split_of(f.p[i], &part, &parts, &stem) && part > 1) continue;
        ond__tag_of(f.p[i], tag, sizeof tag);
        ond_hub_name by_tag = {0};
        snprintf(by_tag.tag, sizeof by_tag.tag, "%.63s", tag);
        bool unique = ond__choose_file(&by_tag, (const char *const *)f.p, (int)f.n) >= 0;
        ond_buf name = {0}, path = {0};
        ond_buf_printf(&name, "%.*s/%s:%s", (int)(mid - org), org, mid + 2, unique ? by_tag.tag : f.p[i]);
        ond_buf_printf(&path, "%s/%s", ond_buf_z(&snap), f.p[i]);
        if (entries_put(out, ond_buf_take(&name), ond_buf_take(&path))) measure(&out->p[out->n - 1]);
        else rc = ond_nomem(err, "listing models");
    }
    files_free(&f);
    ond_buf_free(&dir);
    ond_buf_free(&snap);
    return rc;
}

int ond_hub_list(ond_hub_entry **out, size_t *n, ond_err *err)
{
    ond_buf root = {0};
    char **names = NULL;
    size_t count = 0;
    entries e = {0};
    *out = NULL;
    *n = 0;
    int rc = ond_hub_folder(&root, err);
    if (rc == OND_OK) {
        rc = ond_dir_list(ond_buf_z(&root), NULL, &names, &count, err);
        if (rc == OND_E_NOT_FOUND) rc = OND_OK;
    }
    for (size_t i = 0; i < count && rc == OND_OK; i++)
        if (strncmp(names[i], "models--", 8) == 0) rc = list_repo(ond_buf_z(&root), names[i], &e, err);
    ond_names_free(names, count);
    ond_buf_free(&root);
    if (rc) {
        ond_hub_list_free(e.p, e.n);
        return rc;
    }
    if (e.n) qsort(e.p, e.n, sizeof *e.p, by_name);
    *out = e.p;
    *n = e.n;
    return OND_OK;
}

/* ---- removing ---- */

/* Whether any snapshot of the repository still links to the blob. */
static bool still_linked(const char *folder, const char *blob)
{
    ond_buf dir = {0}, path = {0};
    files f = {0};
    char target[PATH_MAX];
    bool found = false;
    ond_buf_printf(&dir, "%s/snapshots", folder);
    if (walk(ond_buf_z(&dir), "", 0, &f, NULL)) found = true;   /* not sure: keep it */
    for (size_t i = 0; i < f.n && !found; i++) {
        ond_buf_clear(&path);
        ond_buf_printf(&path, "%s/%s", ond_buf_z(&dir), f.p[i]);
        found = realpath(ond_buf_z(&path), target) && strcmp(target, blob) == 0;
    }
    files_free(&f);
    ond_buf_free(&dir);
    ond_buf_free(&path);
    return found;
}

static int remove_one(const char *folder, const char *path, uint64_t *freed, ond_err *err)
{
    char blob[PATH_MAX], blobs[PATH_MAX], dir[PATH_MAX];
    struct stat st;
    bool linked = realpath(path, blob) != NULL && stat(blob, &st) == 0;
    if (unlink(path) != 0 && errno != ENOENT) return ond_file_fail(err, errno, "remove", path);
    snprintf(dir, sizeof dir, "%s/blobs", folder);
    /* Only what lies in this repository's own blobs/ is ours to remove. */
    if (!linked || !realpath(dir, blobs)) return OND_OK;
    size_t n = strlen(blobs);
    if (strncmp(blob, blobs, n) != 0 || blob[n] != '/') {
        if (strcmp(blob, path) == 0) *freed += (uint64_t)st.st_size;
        return OND_OK;
    }
    if (still_linked(folder, blob)) return OND_OK;
    if (unlink(blob) != 0) return ond_file_fail(err, errno, "remove", blob);
    *freed += (uint64_t)st.st_size;
    return OND_OK;
}

int ond_hub_remove(const char *text, const char *lang, uint64_t *freed, ond_err *err)
{
    ond_buf path = {0}, root = {0}, folder = {0}, one = {0};
    int part, parts = 1;
    size_t stem;
    *freed = 0;
    int rc = ond_hub_find(text, lang, &path, err);
    if (rc == OND_OK) rc = ond_hub_folder(&root, err);
    const char *p = ond_buf_z(&path);
    if (rc == OND_OK && (strncmp(p, ond_buf_z(&root), root.n) != 0 || p[root.n] != '/'))
        rc = ond_fail(err, OND_E_INPUT, "%s is not in the model cache (%s); remove the file yourself", p, ond_buf_z(&root));
    if (rc == OND_OK) {
        ond_buf_printf(&folder, "%s%.*s", ond_buf_z(&root), (int)strcspn(p + root.n + 1, "/") + 1, p + root.n);
        bool split = ond__split_of(p, &part, &parts, &stem);
        for (int i = 1; rc == OND_OK && i <= (split ? parts : 1); i++) {
            ond_buf_clear(&one);
            if (split) ond_buf_printf(&one, "%.*s-%05d-of-%05d.gguf", (int)stem, p, i, parts);
            else ond_buf_puts(&one, p);
            rc = remove_one(ond_buf_z(&folder), ond_buf_z(&one), freed, err);
        }
    }
    ond_buf_free(&path);
    ond_buf_free(&root);
    ond_buf_free(&folder);
    ond_buf_free(&one);
    return rc;
}
