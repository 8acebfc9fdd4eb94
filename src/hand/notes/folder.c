/* folder.c - the files themselves: looked at, read, written whole or not at all.
 *
 * 1. Symbolic links are not followed, so nothing outside of the folder is read or written (the
 *    folder itself may be one).
 * 2. What was read of a file is kept as long as its inode, size, mtime and ctime stay.
 * 3. A file is replaced or removed only while it still is as it was read.
 * 4. Names that begin with a dot belong to other programs. */
#include "hand/notes/internal.h"

#include "base/hash.h"
#include "base/utf8.h"
#include "sys/file.h"
#include "sys/whole.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { KEPT_MOST = 96 << 20 };

const char *ond__note_flaw_name(ond__note_flaw f)
{
    static const char *const names[] = {"", "over 1 MiB", "not UTF-8", "not readable"};
    return names[f];
}

/* ---- what is kept ---- */

static void note_clear(ond__notes *h, ond__note *n)
{
    h->kept -= n->folded.cap;
    free(n->title);
    ond_buf_free(&n->head);
    ond_buf_free(&n->folded);
    n->title = NULL;
    n->read = false;
}

static void note_free(ond__notes *h, ond__note *n)
{
    note_clear(h, n);
    free(n->name);
}

void ond__notes_forget(ond__notes *h)
{
    for (size_t i = 0; i < h->n; i++) note_free(h, &h->v[i]);
    free(h->v);
    h->v = NULL;
    h->n = h->cap = 0;
}

void ond__note_unload(ond__notes *h, ond__note *n)
{
    if (h->kept > KEPT_MOST) note_clear(h, n);
}

/* ---- looking at all files ---- */

static int64_t ns(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void put_stat(ond__note *n, const struct stat *st)
{
    n->bytes = (uint64_t)st->st_size;
    n->inode = (uint64_t)st->st_ino;
    n->changed = ns(st->st_mtim);
    n->stamped = ns(st->st_ctim);
}

static bool unchanged(const ond__note *a, const ond__note *b)
{
    return a->bytes == b->bytes && a->inode == b->inode && a->changed == b->changed &&
           a->stamped == b->stamped;
}

static bool add_file(ond__notes *to, const char *name, size_t n, const struct stat *st)
{
    if (to->n == to->cap) {
        size_t cap = to->cap ? to->cap * 2 : 64;
        ond__note *v = realloc(to->v, cap * sizeof *v);
        if (!v) return false;
        to->v = v;
        to->cap = cap;
    }
    ond__note note = {.name = ond_str_dup((ond_str){name, n})};
    if (!note.name) return false;
    put_stat(&note, st);
    to->v[to->n++] = note;
    return true;
}

static bool is_note(const char *file)
{
    size_t n = strlen(file);
    return n > 3 && strcmp(file + n - 3, ".md") == 0;
}

static bool walk(ond__notes *to, int fd, ond_buf *at, int depth);

static bool walk_entry(ond__notes *to, int dir, const char *file, ond_buf *at, int depth)
{
    struct stat st;
    size_t before = at->n;
    bool ok = true;
    if (file[0] == '.' || fstatat(dir, file, &st, AT_SYMLINK_NOFOLLOW) != 0) return true;
    ond_buf_puts(at, file);
    if (!ond_buf_ok(at)) return false;
    if (S_ISDIR(st.st_mode)) {
        int fd = depth < OND__NOTE_DEPTH
                     ? openat(dir, file, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
                     : -1;
        if (depth >= OND__NOTE_DEPTH) to->more = true;
        ond_buf_putc(at, '/');
        if (fd >= 0) ok = ond_buf_ok(at) && walk(to, fd, at, depth + 1);
    } else if (S_ISREG(st.st_mode) && is_note(file)) {
        at->p[at->n - 3] = '\0';
        if (ond__note_name_check(at->p, NULL) != 0)
            to->odd++;
        else if (to->n == OND__NOTE_FILES)
            to->more = true;
        else
            ok = add_file(to, at->p, at->n - 3, &st);
    }
    at->n = before;
    at->p[before] = '\0';
    return ok;
}

/* Takes fd. */
static bool walk(ond__notes *to, int fd, ond_buf *at, int depth)
{
    DIR *d = fdopendir(fd);
    bool ok = true;
    if (!d) {
        close(fd);
        return true;
    }
    for (struct dirent *e; ok && (e = readdir(d)) != NULL;)
        ok = walk_entry(to, fd, e->d_name, at, depth);
    closedir(d);
    return ok;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ond__note *)a)->name, ((const ond__note *)b)->name);
}

/* Both are sorted. What is in both and has not changed moves over. */
static void take_over(ond__notes *fresh, ond__notes *old)
{
    for (size_t i = 0, k = 0; i < fresh->n && k < old->n;) {
        int c = strcmp(fresh->v[i].name, old->v[k].name);
        if (c == 0 && old->v[k].read && unchanged(&fresh->v[i], &old->v[k])) {
            free(fresh->v[i].name);
            fresh->v[i] = old->v[k];
            fresh->kept += old->v[k].folded.cap;
            old->kept -= old->v[k].folded.cap;
            old->v[k] = (ond__note){.name = NULL};
        }
        i += c <= 0;
        k += c >= 0;
    }
}

static void keep_names(ond__notes *old) /* qsort and strcmp want one in every row */
{
    size_t n = 0;
    for (size_t i = 0; i < old->n; i++)
        if (old->v[i].name) old->v[n++] = old->v[i];
    old->n = n;
}

int ond__notes_scan(ond__notes *h, ond_err *err)
{
    ond__notes fresh = {0};
    ond_buf at = {0};
    int fd = open(h->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = OND_OK;
    if (fd < 0 && errno != ENOENT) return ond_file_fail(err, errno, "open the folder", h->dir);
    ond_buf_puts(&at, "");
    if (!ond_buf_ok(&at)) {
        if (fd >= 0) close(fd);
        return ond_nomem(err, "looking at the notes");
    }
    if (fd >= 0 && !walk(&fresh, fd, &at, 0)) OND_TRY(ond_nomem(err, "looking at the notes"));
    if (fresh.n) qsort(fresh.v, fresh.n, sizeof *fresh.v, by_name);
    take_over(&fresh, h);
    keep_names(h);
    ond__notes_forget(h);
    h->v = fresh.v;
    h->n = fresh.n;
    h->cap = fresh.cap;
    h->kept = fresh.kept;
    h->odd = fresh.odd;
    h->more = fresh.more;
    fresh = (ond__notes){0};
out:
    ond__notes_forget(&fresh);
    ond_buf_free(&at);
    return rc;
}

/* ---- reading ---- */

int ond__note_path(const ond__notes *h, const char *name, ond_buf *out, ond_err *err)
{
    ond_buf_printf(out, "%s/%s.md", h->dir, name);
    return ond_buf_ok(out) ? OND_OK : ond_nomem(err, "naming a note");
}

/* Folders on the way must be folders, not links to elsewhere. */
static int check_way(const ond__notes *h, const char *name, ond_err *err)
{
    ond_buf path = {0};
    struct stat st;
    int rc = OND_OK;
    for (const char *slash = strchr(name, '/'); rc == 0 && slash; slash = strchr(slash + 1, '/')) {
        ond_buf_clear(&path);
        ond_buf_printf(&path, "%s/%.*s", h->dir, (int)(slash - name), name);
        if (!ond_buf_ok(&path))
            rc = ond_nomem(err, "naming a note");
        else if (lstat(path.p, &st) == 0 && !S_ISDIR(st.st_mode))
            rc = ond_fail(err, OND_E_INPUT, "%s is no folder (links are not followed)", path.p);
    }
    ond_buf_free(&path);
    return rc;
}

/* The path, and whether a plain file is there. */
static int look(const ond__notes *h, const char *name, ond_buf *path, bool *there, struct stat *st,
                ond_err *err)
{
    *there = false;
    int rc = check_way(h, name, err);
    if (rc == 0) rc = ond__note_path(h, name, path, err);
    if (rc != 0) return rc;
    if (lstat(path->p, st) != 0)
        return errno == ENOENT || errno == ENOTDIR ? OND_OK
                                                   : ond_file_fail(err, errno, "look at", path->p);
    if (!S_ISREG(st->st_mode))
        return ond_fail(err, OND_E_INPUT, "%s is not a plain file (links are not followed)",
                        path->p);
    *there = true;
    return OND_OK;
}

int ond__note_read(const ond__notes *h, const char *name, bool *there, ond_buf *out,
                   struct stat *st, ond_err *err)
{
    struct stat local;
    ond_buf path = {0};
    if (!st) st = &local;
    int rc = look(h, name, &path, there, st, err);
    if (rc == 0 && *there && st->st_size > OND__NOTE_BYTES)
        rc = ond_fail(err, OND_E_INPUT,
                      "the note '%.200s' has over 1 MiB; such files are left to other programs",
                      name);
    else if (rc == 0 && *there)
        rc = ond_file_read(path.p, OND__NOTE_BYTES, out, err);
    ond_buf_free(&path);
    return rc;
}

static int fill(ond__note *n, ond_str bytes, ond_err *err)
{
    ond_buf title = {0}, both = {0};
    int rc = OND_OK;
    if (n->flaw == OND__NOTE_SOUND) ond__note_title(bytes, &title);
    ond_buf_printf(&both, "%s\n%s", n->name, ond_buf_z(&title));
    n->title = ond_str_dup(ond_str_of(title.n ? title.p : n->name));
    if (!ond_buf_ok(&both) || !ond_buf_ok(&title) || !n->title)
        OND_TRY(ond_nomem(err, "reading a note"));
    OND_TRY(ond__note_fold((ond_str){both.p, both.n}, &n->head, err));
    if (n->flaw == OND__NOTE_SOUND) OND_TRY(ond__note_fold(ond__note_body(bytes), &n->folded, err));
    n->read = true;
out:
    ond_buf_free(&title);
    ond_buf_free(&both);
    return rc;
}

int ond__note_load(ond__notes *h, ond__note *n, ond_err *err)
{
    ond_buf bytes = {0};
    bool there = false;
    if (n->read) return OND_OK;
    int rc = n->bytes > OND__NOTE_BYTES ? OND_E_INPUT
                                        : ond__note_read(h, n->name, &there, &bytes, NULL, err);
    if (rc == OND_E_NOMEM) return rc;
    ond_str s = {ond_buf_z(&bytes), bytes.n};
    n->flaw = n->bytes > OND__NOTE_BYTES ? OND__NOTE_LARGE
              : rc || !there             ? OND__NOTE_UNREADABLE
              : ond_utf8_valid(s) != s.n ? OND__NOTE_NOT_UTF8
                                         : OND__NOTE_SOUND;
    rc = fill(n, s, err);
    h->kept += n->folded.cap;
    if (rc) note_clear(h, n);
    ond_buf_free(&bytes);
    return rc;
}

/* ---- what the world shows ---- */

void ond__note_mark(ond_str bytes, char out[OND__NOTE_MARK])
{
    ond_hash hash;
    char hex[OND_HASH_HEX];
    ond_hash_of(bytes.p, bytes.n, &hash);
    ond_hash_hex(&hash, hex);
    memcpy(out, hex, OND__NOTE_MARK - 1);
    out[OND__NOTE_MARK - 1] = '\0';
}

static cJSON *state(bool there, double bytes, const char *mark)
{
    cJSON *s = cJSON_CreateObject();
    if (s && ond_json_set_bool(s, "exists", there) && ond_json_set_num(s, "bytes", bytes) &&
        ond_json_set_str(s, "hash", mark))
        return s;
    cJSON_Delete(s);
    return NULL;
}

cJSON *ond__note_state(bool there, ond_str bytes)
{
    char mark[OND__NOTE_MARK] = "";
    if (there) ond__note_mark(bytes, mark);
    return state(there, there ? (double)bytes.n : 0, mark);
}

int ond__note_observe(const ond__notes *h, const char *name, cJSON **out, ond_err *err)
{
    ond_buf bytes = {0}, path = {0};
    struct stat st;
    bool there = false;
    int rc = look(h, name, &path, &there, &st, err);
    ond_buf_free(&path);
    if (rc == 0 && there && st.st_size > OND__NOTE_BYTES) {
        *out = state(true, (double)st.st_size, "(large)");
    } else if (rc == 0) {
        rc = ond__note_read(h, name, &there, &bytes, NULL, err);
        if (rc == 0) *out = ond__note_state(there, (ond_str){ond_buf_z(&bytes), bytes.n});
    }
    ond_buf_free(&bytes);
    return rc == 0 && !*out ? ond_nomem(err, "looking at a note") : rc;
}

/* ---- writing ---- */

static int still(const ond__notes *h, const char *name, const struct stat *was, ond_err *err)
{
    ond_buf path = {0};
    struct stat st;
    bool there = false;
    int rc = look(h, name, &path, &there, &st, err);
    ond_buf_free(&path);
    if (rc != 0) return rc;
    bool same = there == (was != NULL) &&
                (!was || (st.st_ino == was->st_ino && st.st_size == was->st_size &&
                          ns(st.st_mtim) == ns(was->st_mtim)));
    return same ? OND_OK
                : ond_fail(err, OND_E_STALE,
                           "another program has just changed the note '%.200s'; ask again", name);
}

static int make_folder(const char *path, ond_err *err)
{
    char *folder = ond_str_dup((ond_str){path, (size_t)(strrchr(path, '/') - path)});
    if (!folder) return ond_nomem(err, "writing a note");
    int rc = ond_dir_make(folder, 0700, err);
    free(folder);
    return rc;
}

static int write_whole(const ond__notes *h, const char *name, const char *path, ond_str bytes,
                       const struct stat *was, unsigned mode, ond_err *err)
{
    ond_whole w;
    if (was) mode = was->st_mode & 0777u;
    int rc = ond_whole_open(path, mode, &w, err);
    if (rc != 0) return rc;
    if (fchmod(w.fd, mode) != 0)
        rc = ond_file_fail(err, errno, "set the mode of", path);
    else if (ond_file_write_fd(w.fd, bytes.p, bytes.n) != 0)
        rc = ond_file_fail(err, errno, "write", path);
    else
        rc = still(h, name, was, err);
    if (rc == 0) return ond_whole_commit(&w, err);
    ond_whole_abort(&w);
    return rc;
}

int ond__note_write(const ond__notes *h, const char *name, ond_str bytes, const struct stat *was,
                    unsigned mode, ond_err *err)
{
    ond_buf path = {0};
    int rc = 0;
    OND_TRY(still(h, name, was, err));
    OND_TRY(ond__note_path(h, name, &path, err));
    OND_TRY(make_folder(path.p, err));
    OND_TRY(write_whole(h, name, path.p, bytes, was, mode, err));
out:
    ond_buf_free(&path);
    return rc;
}

int ond__note_unlink(const ond__notes *h, const char *name, const struct stat *was, ond_err *err)
{
    ond_buf path = {0};
    int rc = 0;
    OND_TRY(still(h, name, was, err));
    OND_TRY(ond__note_path(h, name, &path, err));
    if (unlink(path.p) != 0) OND_TRY(ond_file_fail(err, errno, "remove", path.p));
    path.n = (size_t)(strrchr(path.p, '/') - path.p);
    path.p[path.n] = '\0';
    rc = ond_dir_sync(path.p, err);
out:
    ond_buf_free(&path);
    return rc;
}
