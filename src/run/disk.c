/* disk.c - prompts that come again after a restart: files of prefix_dir, in the format of snap.c.
 *
 * A file is named by the first halves of the identity and of a hash of its tokens. The folder is
 * read when it is first asked: the heads of the files of our identity, verified. A file that does
 * not verify is removed. All files together are kept below a bound, those that were not used for
 * the longest time (by their time of change, set at each use) go first. Other processes may use the
 * same folder: a file that is gone is forgotten. */
#include "run/room.h"

#include "sys/map.h"
#include "sys/whole.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILES_MOST = 4096, ID_HEX = 16 };

typedef struct entry {
    char name[64];
    int32_t *tok;
    int n;
} entry;

struct ond__disk {
    char *dir;
    uint64_t most;
    entry *entry;
    int n, cap;
    bool listed;
};

int ond__disk_open(const char *dir, uint64_t most, ond__disk **out, ond_err *err)
{
    *out = NULL;
    int rc = ond_dir_make(dir, 0700, err);
    if (rc != 0) return rc;
    ond_whole_sweep(dir); /* what killed processes left */
    ond__disk *d = calloc(1, sizeof *d);
    if (d) d->dir = ond_str_dup(ond_str_of(dir));
    if (!d || !d->dir) {
        free(d);
        return ond_nomem(err, "opening the folder of prompts");
    }
    d->most = most ? most : (uint64_t)1 << 30;
    *out = d;
    return OND_OK;
}

void ond__disk_close(ond__disk *d)
{
    if (!d) return;
    for (int i = 0; i < d->n; i++) free(d->entry[i].tok);
    free(d->entry);
    free(d->dir);
    free(d);
}

const char *ond__disk_dir(const ond__disk *d)
{
    return d->dir;
}

static int open_file(const ond__disk *d, const char *name, ond_map *map)
{
    ond_buf path = {0};
    ond_buf_printf(&path, "%s/%s", d->dir, name);
    int rc = ond_buf_ok(&path) ? ond_map_open(path.p, map, NULL) : OND_E_NOMEM;
    ond_buf_free(&path);
    return rc;
}

static void remove_file(const ond__disk *d, const char *name)
{
    ond_buf path = {0};
    ond_buf_printf(&path, "%s/%s", d->dir, name);
    if (ond_buf_ok(&path)) (void)!unlink(path.p);
    ond_buf_free(&path);
}

static void forget(ond__disk *d, int at)
{
    free(d->entry[at].tok);
    d->entry[at] = d->entry[--d->n];
}

/* Adds an entry; without memory it is just not known. */
static void note(ond__disk *d, const char *name, const void *tok, int n)
{
    if (d->n == d->cap) {
        int cap = d->cap ? 2 * d->cap : 16;
        entry *p = realloc(d->entry, (size_t)cap * sizeof *p);
        if (!p) return;
        d->entry = p;
        d->cap = cap;
    }
    entry e = {.tok = malloc(4 * (size_t)n + 1), .n = n};
    if (!e.tok) return;
    memcpy(e.tok, tok, 4 * (size_t)n);
    snprintf(e.name, sizeof e.name, "%s", name);
    d->entry[d->n++] = e;
}

static void look_at(ond_engine *e, const ond_kv *kv, const char *name)
{
    ond_map map;
    ond__snap snap;
    if (strlen(name) >= sizeof(((entry *)0)->name) || open_file(e->disk, name, &map) != 0) return;
    if (ond__snap_read(e, kv, map.p, map.n, &snap, NULL) == 0) {
        note(e->disk, name, snap.tok, snap.exact);
    } else {
        remove_file(e->disk, name);
        e->count.dropped_disk++;
    }
    ond_map_close(&map);
}

static void list(ond_engine *e, const ond_kv *kv)
{
    ond__disk *d = e->disk;
    char hex[OND_HASH_HEX], **names;
    size_t n;
    d->listed = true;
    ond_hash_hex(&e->identity, hex);
    if (ond_dir_list(d->dir, ".kv", &names, &n, NULL) != 0) return;
    for (size_t i = 0; i < n && d->n < FILES_MOST; i++)
        if (strncmp(names[i], hex, ID_HEX) == 0) look_at(e, kv, names[i]);
    ond_names_free(names, n);
}

static bool ready(ond_engine *e, const ond_kv *kv)
{
    if (ond__identify(e, NULL) != 0) return false;
    if (!e->disk->listed) list(e, kv);
    return true;
}

int ond__disk_find(ond_engine *e, const ond_kv *kv, const int32_t *tok, int n, int *at)
{
    int best = 0;
    if (!ready(e, kv)) return 0;
    for (int i = 0; i < e->disk->n; i++) {
        int m = ond__same_prefix(tok, n, e->disk->entry[i].tok, e->disk->entry[i].n);
        if (m > best) best = m, *at = i;
    }
    return best;
}

static void touch(const ond__disk *d, const char *name)
{
    ond_buf path = {0};
    ond_buf_printf(&path, "%s/%s", d->dir, name);
    if (ond_buf_ok(&path)) (void)!utimensat(AT_FDCWD, path.p, NULL, 0);
    ond_buf_free(&path);
}

bool ond__disk_load(ond_engine *e, int at, ond_kv *kv, int n)
{
    ond__disk *d = e->disk;
    entry *en = &d->entry[at];
    ond_map map;
    ond__snap snap;
    if (open_file(d, en->name, &map) != 0) {
        forget(d, at);
        return false;
    }
    bool ok = ond__snap_read(e, kv, map.p, map.n, &snap, NULL) == 0 && snap.exact >= n &&
              memcmp(snap.tok, en->tok, 4 * (size_t)n) == 0 && ond__snap_load(e, &snap, kv, n);
    ond_map_close(&map);
    if (ok) {
        touch(d, en->name);
        return true;
    }
    remove_file(d, en->name);
    e->count.dropped_disk++;
    forget(d, at);
    return false;
}

/* ---- the bound ---- */
typedef struct seen {
    char *name;
    uint64_t bytes;
    struct timespec when;
} seen;

static int older_first(const void *a, const void *b)
{
    const seen *x = a, *y = b;
    if (x->when.tv_sec != y->when.tv_sec) return x->when.tv_sec < y->when.tv_sec ? -1 : 1;
    return (x->when.tv_nsec > y->when.tv_nsec) - (x->when.tv_nsec < y->when.tv_nsec);
}

static bool stat_file(const ond__disk *d, const char *name, struct stat *st)
{
    ond_buf path = {0};
    ond_buf_printf(&path, "%s/%s", d->dir, name);
    bool ok = ond_buf_ok(&path) && lstat(path.p, st) == 0 && S_ISREG(st->st_mode);
    ond_buf_free(&path);
    return ok;
}

static void drop(ond__disk *d, const char *name)
{
    remove_file(d, name);
    for (int i = 0; i < d->n; i++)
        if (strcmp(d->entry[i].name, name) == 0) {
            forget(d, i);
            return;
        }
}

static void make_room(ond__disk *d, uint64_t more)
{
    char **names;
    size_t n, kept = 0;
    uint64_t all = more;
    if (ond_dir_list(d->dir, ".kv", &names, &n, NULL) != 0) return;
    seen *file = calloc(n + 1, sizeof *file);
    for (size_t i = 0; file && i < n; i++) {
        struct stat st;
        if (!stat_file(d, names[i], &st)) continue;
        file[kept++] = (seen){names[i], (uint64_t)st.st_size, st.st_mtim};
        all += (uint64_t)st.st_size;
    }
    if (file) qsort(file, kept, sizeof *file, older_first);
    for (size_t i = 0; i < kept && all > d->most; i++) {
        drop(d, file[i].name);
        all -= file[i].bytes;
    }
    free(file);
    ond_names_free(names, n);
}

int ond__disk_put(ond_engine *e, const ond_kv *kv, const int32_t *tok, int n, ond_err *err)
{
    ond__disk *d = e->disk;
    char id[OND_HASH_HEX], hex[OND_HASH_HEX], name[64];
    ond_hash h;
    ond_buf path = {0};
    int rc = ond__identify(e, err), at;
    if (rc != 0) return rc;
    if (ond__disk_find(e, kv, tok, n, &at) == n) {
        touch(d, d->entry[at].name);
        return OND_OK;
    }
    uint64_t bytes = ond__snap_bytes(kv, n, n);
    if (bytes > d->most)
        return ond_fail(
            err, OND_E_BUDGET,
            "%d tokens take %llu MiB on disk, and %s may hold %llu MiB (prefix_dir_bytes)", n,
            (unsigned long long)(bytes >> 20), d->dir, (unsigned long long)(d->most >> 20));
    ond_hash_hex(&e->identity, id);
    ond_hash_of(tok, 4 * (size_t)n, &h);
    ond_hash_hex(&h, hex);
    snprintf(name, sizeof name, "%.*s-%.32s.kv", ID_HEX, id, hex);
    make_room(d, bytes);
    ond_buf_printf(&path, "%s/%s", d->dir, name);
    rc = ond_buf_ok(&path) ? ond__snap_write(e, kv, tok, n, n, n, path.p, err)
                           : ond_nomem(err, "keeping a prompt");
    ond_buf_free(&path);
    if (rc != 0) return rc;
    note(d, name, tok, n);
    e->count.kept_disk++;
    return OND_OK;
}
