/* dav_plan.c - decides what each side needs, from what it has, what the other has, and what was the
 * same last time. */
#include "hand/calendar/dav_pair.h"
#include "sys/clock.h"

#include <stdlib.h>

/* A listing this empty, after so many, is taken for a fault at first. */
enum { EMPTY_DOUBT = 10, EMPTY_MS = 10 * 60 * 1000 };

void ond__dav_tasks_free(ond__dav_pair *p)
{
    for (size_t i = 0; i < p->n; i++) {
        free(p->task[i].file);
        free(p->task[i].href);
        free(p->task[i].etag);
    }
    free(p->task);
    p->task = NULL;
    p->n = p->cap = p->at = 0;
}

static int add(ond__dav_pair *p, ond__dav_kind kind, const char *file, const char *href,
               const char *etag, const char *hash, bool kept, ond_err *err)
{
    if (p->n == p->cap) {
        size_t cap = p->cap ? p->cap * 2 : 32;
        ond__dav_task *task = realloc(p->task, cap * sizeof *task);
        if (!task) return ond_nomem(err, "a sync");
        p->task = task;
        p->cap = cap;
    }
    ond__dav_task t = {.kind = kind, .kept = kept};
    t.file = file ? ond_str_dup(ond_str_of(file)) : NULL;
    t.href = ond_str_dup(ond_str_of(href));
    t.etag = ond_str_dup(ond_str_of(etag));
    if (hash) strncpy(t.hash, hash, sizeof t.hash - 1);
    p->task[p->n++] = t;
    return (file && !t.file) || !t.href || !t.etag ? ond_nomem(err, "a sync") : OND_OK;
}

/* ---- the server's side ---- */

typedef struct remote {
    char *path;
    const ond__dav_row *row;
    bool known; /* in the state */
} remote;

typedef struct remotes {
    remote *v;
    size_t n;
} remotes;

static int by_path(const void *a, const void *b)
{
    return strcmp(((const remote *)a)->path, ((const remote *)b)->path);
}

/* Only what lies directly in the collection counts, and on the same server. */
static bool is_inside(const ond__dav_pair *p, const char *collection, const char *href,
                      const char *path)
{
    size_t n = strlen(collection);
    ond_buf url = {0};
    ond_err err;
    bool ours = ond__dav_resolve(p->url, href, &url, &err) == 0;
    ond_buf_free(&url);
    if (!ours) return false;
    return strncmp(path, collection, n) == 0 && path[n] == '/' && path[n + 1] &&
           !strchr(path + n + 1, '/');
}

static void remotes_free(remotes *r)
{
    for (size_t i = 0; i < r->n; i++) free(r->v[i].path);
    free(r->v);
}

static int read_remotes(const ond__dav_pair *p, remotes *out, ond_err *err)
{
    ond_buf top = {0};
    int rc = 0;
    ond__dav_path(p->url, &top);
    out->v = calloc(p->rows.n + 1, sizeof *out->v);
    if (!out->v) rc = ond_nomem(err, "a sync");
    for (size_t i = 0; i < p->rows.n && rc == 0; i++) {
        ond_buf path = {0};
        const ond__dav_row *row = &p->rows.v[i];
        ond__dav_path(row->href, &path);
        if (!is_inside(p, ond_buf_z(&top), row->href, ond_buf_z(&path)) ||
            (!row->etag && row->status != 404)) {
            ond_buf_free(&path);
            continue;
        }
        out->v[out->n] = (remote){.path = ond_buf_take(&path), .row = row};
        if (!out->v[out->n].path)
            rc = ond_nomem(err, "a sync");
        else
            out->n++;
    }
    if (out->n > 1) qsort(out->v, out->n, sizeof *out->v, by_path);
    ond_buf_free(&top);
    return rc;
}

static remote *find(const remotes *r, const char *path)
{
    remote key = {.path = (char *)path};
    return r->n ? bsearch(&key, r->v, r->n, sizeof *r->v, by_path) : NULL;
}

/* ---- both sides ---- */

enum { SAME, CHANGED, MISSING };

static int here(const ond__dav_pair *p, const ond__dav_item *i, char hash[OND_HASH_HEX],
                bool *readable, ond_err *err)
{
    ond_buf bytes = {0};
    const ond__cal_entry *e = ond__cal_find_file(p->h, p->folder, i->file);
    *readable = !e || !e->problem;
    hash[0] = '\0';
    if (!e) return MISSING;
    int rc = ond__dav_ours(p, i->file, &bytes, hash, err);
    ond_buf_free(&bytes);
    if (rc) return -rc;
    return !hash[0] ? MISSING : strcmp(hash, i->hash) == 0 ? SAME : CHANGED;
}

static int there(const ond__dav_pair *p, const ond__dav_item *i, const remote *r)
{
    if (!r) return p->full && !i->fresh ? MISSING : SAME;
    if (r->row->status == 404 || !r->row->etag) return MISSING;
    return i->etag[0] && strcmp(r->row->etag, i->etag) == 0 ? SAME : CHANGED;
}

static int decide_item(ond__dav_pair *p, ond__dav_item *i, const remotes *r, ond_err *err)
{
    char hash[OND_HASH_HEX];
    bool readable;
    remote *theirs_now = find(r, i->path);
    int ours = here(p, i, hash, &readable, err), theirs = there(p, i, theirs_now);
    const char *etag = theirs_now && theirs_now->row->etag ? theirs_now->row->etag : i->etag;
    if (theirs_now) theirs_now->known = true, i->fresh = false;
    if (ours < 0) return -ours;
    if (ours == SAME && theirs == SAME) return OND_OK;
    if (!readable) { /* left as it is, whatever the server has */
        p->dirty = true;
        return ond__dav_tell(p->report->failed, p->folder, i->file, "it cannot be read here")
                   ? OND_OK
                   : ond_nomem(err, "a sync");
    }
    bool unseen = theirs == SAME && ours == CHANGED &&
                  !i->etag[0]; /* nothing to hold a change of ours against */
    if (theirs == CHANGED || unseen)
        return add(p, DAV_PULL, i->file, i->href, etag, hash, ours == MISSING, err);
    if (theirs == SAME)
        return add(p, ours == CHANGED ? DAV_PUSH : DAV_DELETE, i->file, i->href, i->etag, hash,
                   false, err);
    if (ours == SAME) return add(p, DAV_ERASE, i->file, i->href, "", hash, false, err);
    if (ours == CHANGED) return add(p, DAV_PUSH_NEW, i->file, i->href, "", hash, true, err);
    return add(p, DAV_ERASE, i->file, i->href, "", "", false, err); /* gone on both sides */
}

/* An item of the server's that a file of ours with the same UID belongs to is found when it has
 * come. */
static int decide_unknown(ond__dav_pair *p, const remotes *r, ond_err *err)
{
    int rc = 0;
    for (size_t k = 0; k < r->n && rc == 0; k++)
        if (!r->v[k].known && r->v[k].row->etag && r->v[k].row->status != 404)
            rc = add(p, DAV_PULL, NULL, r->v[k].row->href, r->v[k].row->etag, "", false, err);
    return rc;
}

static int decide_new(ond__dav_pair *p, ond_err *err)
{
    const ond__cal_folder *f = ond__cal_folder_named(p->h, p->folder);
    int rc = 0;
    for (size_t k = 0; f && k < f->n && rc == 0; k++) {
        ond_buf href = {0};
        if (f->v[k]->problem || ond__dav_by_file(&p->state, f->v[k]->file)) continue;
        ond__dav_path(p->url, &href);
        ond_buf_clear(&href);
        ond_buf_puts(&href, p->url);
        ond__dav_encode(f->v[k]->file, &href);
        rc = ond_buf_ok(&href)
                 ? add(p, DAV_PUSH_NEW, f->v[k]->file, ond_buf_z(&href), "", "", false, err)
                 : ond_nomem(err, "a sync");
        ond_buf_free(&href);
    }
    return rc;
}

/* A server that lost its data, or does not show it now, must not empty the folder at once. */
static int doubt_empty(ond__dav_pair *p, const remotes *r, ond_err *err)
{
    if (!p->full || r->n > 0 || p->state.n < EMPTY_DOUBT) {
        p->state.empty_since = 0;
        return OND_OK;
    }
    if (!p->state.empty_since) p->state.empty_since = ond_now();
    if (ond_now() - p->state.empty_since >= EMPTY_MS) return OND_OK;
    int rc = ond__dav_state_save(p->h, &p->state, err);
    return rc ? rc
              : ond_fail(err, OND_E_STALE,
                         "the server shows %s as empty, where %zu entries were; nothing is removed "
                         "here unless it still does so "
                         "in ten minutes",
                         p->folder, p->state.n);
}

static int by_kind(const void *a, const void *b)
{
    const ond__dav_task *x = a, *y = b;
    return (x->kind > y->kind) - (x->kind < y->kind);
}

int ond__dav_decide(ond__dav_pair *p, ond_err *err)
{
    remotes r = {0};
    int rc;
    ond__dav_tasks_free(p);
    OND_TRY(read_remotes(p, &r, err));
    OND_TRY(doubt_empty(p, &r, err));
    OND_TRY(ond__cal_scan(p->h, err));
    for (size_t i = 0; i < p->state.n; i++) OND_TRY(decide_item(p, &p->state.v[i], &r, err));
    OND_TRY(decide_unknown(p, &r, err));
    OND_TRY(decide_new(p, err));
    if (p->n > 1) qsort(p->task, p->n, sizeof *p->task, by_kind);
out:
    remotes_free(&r);
    return rc;
}
