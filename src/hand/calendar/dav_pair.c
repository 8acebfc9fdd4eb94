/* dav_pair.c - one folder and one collection: list, decide, then one request after the other.
 *
 * The token of a listing is only kept when everything that it led to was done, so that nothing that
 * was left undone is forgotten. A pass that finds the server changed under it (412) lists again,
 * three times at most. */
#include "hand/calendar/dav_pair.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHUNK = 40, PASSES = 4 };

static void on_listed(void *self, ond__dav_reply *r);
static void on_fetched(void *self, ond__dav_reply *r);
static void on_got(void *self, ond__dav_reply *r);
static void on_written(void *self, ond__dav_reply *r);
static int go_on(ond__dav_pair *p, ond_err *err);

static void end(ond__dav_pair *p, int rc, const ond_err *err)
{
    p->done(p->self, rc, err);
}

static void check(ond__dav_pair *p, int rc, const ond_err *err)
{
    if (rc) end(p, rc, err);
}

void ond__dav_pair_free(ond__dav_pair *p)
{
    ond__dav_tasks_free(p);
    ond__dav_rows_free(&p->rows);
    ond__dav_state_free(&p->state);
    free(p->folder);
    free(p->url);
    *p = (ond__dav_pair){0};
}

/* ---- listing ---- */

static int list(ond__dav_pair *p, ond_err *err)
{
    static const char plain[] =
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<d:propfind "
        "xmlns:d=\"DAV:\"><d:prop><d:getetag/><d:resourcetype/></d:prop></d:propfind>\n";
    ond_buf body = {0};
    const char *token = p->state.token ? p->state.token : "";
    if (p->plain)
        ond_buf_puts(&body, plain);
    else {
        ond_buf_puts(&body, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<d:sync-collection "
                            "xmlns:d=\"DAV:\"><d:sync-token>");
        ond__dav_xml_put(&body, token);
        ond_buf_puts(&body, "</d:sync-token><d:sync-level>1</d:sync-level><d:prop><d:getetag/></"
                            "d:prop></d:sync-collection>\n");
    }
    p->full = p->plain || !token[0];
    const ond__dav_ask a = {.method = p->plain ? "PROPFIND" : "REPORT",
                            .url = p->url,
                            .body = ond_buf_z(&body),
                            .n = body.n,
                            .type = "application/xml; charset=utf-8",
                            .depth = p->plain ? 1 : 0};
    int rc = ond_buf_ok(&body) ? ond__dav_http_ask(p->http, &a, on_listed, p, err)
                               : ond_nomem(err, "a sync");
    ond_buf_free(&body);
    return rc;
}

/* A token that is no longer good, or a server without such reports: once more, in full. */
static bool try_otherwise(ond__dav_pair *p)
{
    if (!p->plain && p->state.token && p->state.token[0]) {
        p->state.token[0] = '\0';
        return true;
    }
    if (p->plain) return false;
    return p->plain = true;
}

static bool was_cut(const ond__dav_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        if (rows->v[i].status == 507) return true;
    return false;
}

static int listed(ond__dav_pair *p, ond__dav_reply *r, ond_err *err)
{
    int rc = 0;
    ond__dav_rows_free(&p->rows);
    bool refused = r->curl == 0 &&
                   (r->status == 400 || r->status == 403 || r->status == 405 || r->status == 409 ||
                    r->status == 412 || r->status == 415 || r->status == 501 || r->status == 507);
    if (refused && try_otherwise(p)) return list(p, err);
    if (r->curl || r->status != 207) return ond__dav_refused(r, "a listing", err);
    OND_TRY(ond__dav_parse((ond_str){ond_buf_z(&r->body), r->body.n}, &p->rows, err));
    if (!p->plain && (!p->rows.token || was_cut(&p->rows)) && try_otherwise(p)) return list(p, err);
    OND_TRY(ond__dav_decide(p, err));
    rc = go_on(p, err);
out:
    return rc;
}

static void on_listed(void *self, ond__dav_reply *r)
{
    ond_err err = {0};
    check(self, listed(self, r, &err), &err);
}

/* ---- fetching ---- */

static int fetch_one(ond__dav_pair *p, const ond__dav_task *t, ond_err *err)
{
    ond_buf url = {0};
    int rc = ond__dav_resolve(p->url, t->href, &url, err);
    const ond__dav_ask a = {.method = "GET", .url = ond_buf_z(&url), .depth = -1};
    if (rc == 0) rc = ond__dav_http_ask(p->http, &a, on_got, p, err);
    ond_buf_free(&url);
    return rc;
}

static int got(ond__dav_pair *p, ond__dav_reply *r, ond_err *err)
{
    ond__dav_task *t = &p->task[p->at];
    int rc = 0;
    t->done = true;
    if (r->curl || r->status == 401 || r->status >= 500)
        return ond__dav_refused(r, "a request for an entry", err);
    if (r->status == 200) {
        OND_TRY(ond__cal_scan(p->h, err));
        OND_TRY(ond__dav_take(p, t, r->etag.n ? ond_buf_z(&r->etag) : t->etag,
                              (ond_str){ond_buf_z(&r->body), r->body.n}, err));
    } else {
        p->dirty = true; /* gone meanwhile, or not for us: the next listing tells */
        if (r->status != 404 && r->status != 410 &&
            !ond__dav_tell(p->report->failed, p->folder, t->href, "the server does not give it"))
            OND_TRY(ond_nomem(err, "a sync"));
    }
    rc = go_on(p, err);
out:
    return rc;
}

static void on_got(void *self, ond__dav_reply *r)
{
    ond_err err = {0};
    check(self, got(self, r, &err), &err);
}

static int fetch_many(ond__dav_pair *p, ond_err *err)
{
    ond_buf body = {0};
    size_t n = 0;
    ond_buf_puts(
        &body, "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<c:calendar-multiget xmlns:d=\"DAV:\" "
               "xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:prop><d:getetag/><c:calendar-data/></"
               "d:prop>");
    for (p->chunk_end = p->at;
         p->chunk_end < p->n && n < CHUNK && p->task[p->chunk_end].kind == DAV_PULL;
         p->chunk_end++, n++) {
        ond_buf_puts(&body, "<d:href>");
        ond__dav_xml_put(&body, p->task[p->chunk_end].href);
        ond_buf_puts(&body, "</d:href>");
    }
    ond_buf_puts(&body, "</c:calendar-multiget>\n");
    const ond__dav_ask a = {.method = "REPORT",
                            .url = p->url,
                            .body = ond_buf_z(&body),
                            .n = body.n,
                            .type = "application/xml; charset=utf-8",
                            .depth = 1};
    int rc = ond_buf_ok(&body) ? ond__dav_http_ask(p->http, &a, on_fetched, p, err)
                               : ond_nomem(err, "a sync");
    ond_buf_free(&body);
    return rc;
}

static int take_row(ond__dav_pair *p, const ond__dav_row *row, ond_err *err)
{
    ond_buf a = {0};
    int rc = 0;
    if (!row->data || !row->data[0]) return OND_OK;
    ond__dav_path(row->href, &a);
    for (size_t i = p->at; i < p->chunk_end; i++) {
        ond__dav_task *t = &p->task[i];
        ond_buf b = {0};
        if (t->done) continue;
        ond__dav_path(t->href, &b);
        bool same = strcmp(ond_buf_z(&a), ond_buf_z(&b)) == 0;
        ond_buf_free(&b);
        if (!same) continue;
        t->done = true;
        rc = ond__dav_take(p, t, row->etag ? row->etag : t->etag, ond_str_of(row->data), err);
        break;
    }
    ond_buf_free(&a);
    return rc;
}

/* What did not come along is asked for by itself. */
static int fetched(ond__dav_pair *p, ond__dav_reply *r, ond_err *err)
{
    ond__dav_rows rows = {0};
    int rc = 0;
    if (r->curl || r->status == 401 || r->status == 503)
        return ond__dav_refused(r, "a request for entries", err);
    if (r->status != 207 ||
        ond__dav_parse((ond_str){ond_buf_z(&r->body), r->body.n}, &rows, NULL) != 0)
        p->no_multiget = true;
    if (rows.n) rc = ond__cal_scan(p->h, err);
    for (size_t i = 0; i < rows.n && rc == 0; i++) rc = take_row(p, &rows.v[i], err);
    bool any = false;
    for (size_t i = p->at; i < p->chunk_end; i++) any = any || p->task[i].done;
    if (!any) p->no_multiget = true;
    ond__dav_rows_free(&rows);
    return rc ? rc : go_on(p, err);
}

static void on_fetched(void *self, ond__dav_reply *r)
{
    ond_err err = {0};
    check(self, fetched(self, r, &err), &err);
}

/* ---- writing ---- */

/* Sends our bytes as they are now; false in *sent where there is nothing to send any more. */
static int push(ond__dav_pair *p, ond__dav_task *t, bool *sent, ond_err *err)
{
    ond_buf bytes = {0}, url = {0};
    const ond__cal_entry *e = ond__cal_find_file(p->h, p->folder, t->file);
    int rc;
    OND_TRY(ond__dav_ours(p, t->file, &bytes, t->hash, err));
    /* A new one that the server had under the same UID has been taken meanwhile. */
    bool known = t->kind == DAV_PUSH_NEW && !t->kept && ond__dav_by_file(&p->state, t->file);
    *sent = t->hash[0] && e && !e->problem && !known;
    if (!t->hash[0]) p->dirty = p->again = true;
    if (!*sent) goto out;
    OND_TRY(ond__dav_resolve(p->url, t->href, &url, err));
    const ond__dav_ask a = {.method = "PUT",
                            .url = ond_buf_z(&url),
                            .body = ond_buf_z(&bytes),
                            .n = bytes.n,
                            .type = "text/calendar; charset=utf-8",
                            .depth = -1,
                            .if_match = t->kind == DAV_PUSH ? t->etag : NULL,
                            .if_none = t->kind == DAV_PUSH_NEW};
    rc = ond__dav_http_ask(p->http, &a, on_written, p, err);
out:
    ond_buf_free(&bytes);
    ond_buf_free(&url);
    return rc;
}

static int delete (ond__dav_pair *p, ond__dav_task *t, ond_err *err)
{
    ond_buf url = {0};
    int rc = ond__dav_resolve(p->url, t->href, &url, err);
    const ond__dav_ask a = {
        .method = "DELETE", .url = ond_buf_z(&url), .depth = -1, .if_match = t->etag};
    if (rc == 0) rc = ond__dav_http_ask(p->http, &a, on_written, p, err);
    ond_buf_free(&url);
    return rc;
}

static int kept_here(ond__dav_pair *p, const ond__dav_task *t, ond_err *err)
{
    ond_buf text = {0};
    const ond__cal_entry *e = ond__cal_find_file(p->h, p->folder, t->file);
    OND_MSG(&text, OND_M_CAL_KEPT_LOCAL, p->h->lang, e && e->main.title ? e->main.title : t->file);
    ond__cal_note(p->h, ond_buf_z(&text));
    ond_buf_free(&text);
    return ond__dav_tell(p->report->kept, p->folder, t->file, "removed there, changed here")
               ? OND_OK
               : ond_nomem(err, "a sync");
}

static int refused(ond__dav_pair *p, const ond__dav_task *t, const ond__dav_reply *r, ond_err *err)
{
    char what[80];
    snprintf(what, sizeof what, "the server refuses it (%ld)", r->status);
    p->dirty = true;
    return ond__dav_tell(p->report->failed, p->folder, t->file ? t->file : t->href, what)
               ? OND_OK
               : ond_nomem(err, "a sync");
}

static int written(ond__dav_pair *p, ond__dav_reply *r, ond_err *err)
{
    ond__dav_task *t = &p->task[p->at];
    bool ok = r->status >= 200 && r->status <= 204, gone = r->status == 404 || r->status == 410;
    int rc = 0;
    t->done = true;
    if (r->curl || r->status == 401 || r->status == 429 || (r->status >= 502 && r->status <= 504))
        return ond__dav_refused(r, "a change", err);
    if (t->kind == DAV_DELETE && (ok || gone)) {
        OND_TRY(ond__dav_drop(p->h, &p->state, t->file, err));
        p->report->removed_there++;
    } else if (t->kind != DAV_DELETE && ok) {
        if (t->kept) OND_TRY(kept_here(p, t, err));
        OND_TRY(ond__dav_put(p->h, &p->state, t->file, t->href, ond_buf_z(&r->etag), t->hash, true,
                             err));
        p->report->pushed++;
        if (p->plain) p->again = true; /* seen in a listing, it can be missed in a later one */
        if (!r->etag.n) p->again = p->dirty = true; /* its tag is learnt by the next listing */
    } else if (r->status == 412 || r->status == 409 || gone) {
        p->again = p->dirty = true;
        if (p->pass + 1 >= PASSES) OND_TRY(refused(p, t, r, err));
    } else {
        OND_TRY(refused(p, t, r, err));
    }
    rc = go_on(p, err);
out:
    return rc;
}

static void on_written(void *self, ond__dav_reply *r)
{
    ond_err err = {0};
    check(self, written(self, r, &err), &err);
}

/* ---- the order of things ---- */

static int next_pass(ond__dav_pair *p, ond_err *err)
{
    p->again = p->dirty = false;
    p->pass++;
    if (p->state.token) p->state.token[0] = '\0'; /* in full */
    return list(p, err);
}

static int finish(ond__dav_pair *p, ond_err *err)
{
    if (p->again && p->pass + 1 < PASSES) return next_pass(p, err);
    if (!p->dirty && p->rows.token) {
        free(p->state.token);
        p->state.token = ond_str_dup(ond_str_of(p->rows.token));
        if (!p->state.token) return ond_nomem(err, "a sync");
    } else if (p->dirty && p->pass > 0 && p->state.token) {
        p->state.token[0] = '\0';
    }
    int rc = ond__dav_state_save(p->h, &p->state, err);
    if (rc == 0) end(p, 0, NULL);
    return rc;
}

/* Goes on until a request is on its way, or all is done. */
static int go_on(ond__dav_pair *p, ond_err *err)
{
    for (; p->at < p->n; p->at++) {
        ond__dav_task *t = &p->task[p->at];
        bool sent = true;
        int rc = 0;
        if (t->done) continue;
        if (t->kind == DAV_PULL)
            return p->no_multiget || p->at < p->chunk_end ? fetch_one(p, t, err)
                                                          : fetch_many(p, err);
        if (t->kind == DAV_DELETE) return delete (p, t, err);
        if (t->kind == DAV_ERASE)
            rc = ond__dav_erase(p, t, err), sent = false;
        else
            rc = push(p, t, &sent, err);
        if (rc || sent) return rc;
        t->done = true;
    }
    return finish(p, err);
}

int ond__dav_pair_start(ond__dav_pair *p, ond_err *err)
{
    int rc = ond__dav_state_load(p->h, p->folder, &p->state, err);
    if (rc) return rc;
    p->plain = p->no_multiget = p->h->plain_dav;
    if (!p->state.url ||
        strcmp(p->state.url, p->url) != 0) { /* another server: nothing is known of it */
        char *folder = p->state.folder;
        p->state.folder = NULL;
        bool moved = p->state.url != NULL;
        if (moved) {
            ond__dav_state_free(&p->state);
            p->state.fd = -1;
        }
        p->state.folder = folder;
        free(p->state.url);
        p->state.url = ond_str_dup(ond_str_of(p->url));
        if (!p->state.url) return ond_nomem(err, "a sync");
        /* Before anything is fetched: a kill leaves a folder that knows where it belongs. */
        if ((rc = ond__dav_state_save(p->h, &p->state, err)) != 0) return rc;
    }
    return list(p, err);
}
