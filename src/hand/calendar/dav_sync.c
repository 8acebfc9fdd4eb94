/* dav_sync.c - one sync: the server's calendars are found, paired with folders, new ones made on
 * either side, then each pair is brought together. */
#include "hand/calendar/dav_pair.h"

#include <stdlib.h>

struct ond__dav_job {
    ond__cal *h;
    ond__dav_http *http;
    ond__dav_find find;
    ond__dav_pair *pair;
    size_t n, at;
    char **fresh; /* folders that the server does not have yet */
    size_t n_fresh, at_fresh;
    ond__dav_report report;
    bool ended;
    int rc;
    ond_err err;
};

static void fail(ond__dav_job *j, int rc, const ond_err *err)
{
    j->ended = true;
    j->rc = rc;
    if (err) j->err = *err;
}

static void check(ond__dav_job *j, int rc, const ond_err *err)
{
    if (rc) fail(j, rc, err);
}

bool ond__dav_job_ended(const ond__dav_job *j, int *rc, ond_err *err)
{
    *rc = j->rc;
    if (err) *err = j->err;
    return j->ended;
}

ond__dav_report *ond__dav_job_report(ond__dav_job *j)
{
    return &j->report;
}

void ond__dav_job_free(ond__dav_job *j)
{
    if (!j) return;
    ond__dav_http_stop(j->http);
    for (size_t i = 0; i < j->n; i++) ond__dav_pair_free(&j->pair[i]);
    for (size_t i = 0; i < j->n_fresh; i++) free(j->fresh[i]);
    free(j->pair);
    free(j->fresh);
    ond__dav_find_free(&j->find);
    cJSON_Delete(j->report.conflicts);
    cJSON_Delete(j->report.kept);
    cJSON_Delete(j->report.failed);
    free(j);
}

/* ---- pairs ---- */

static int add_pair(ond__dav_job *j, const char *folder, const char *url, ond_err *err)
{
    ond__dav_pair *pair = realloc(j->pair, (j->n + 1) * sizeof *pair);
    if (!pair) return ond_nomem(err, "a sync");
    j->pair = pair;
    pair[j->n] = (ond__dav_pair){.h = j->h,
                                 .http = j->http,
                                 .report = &j->report,
                                 .folder = ond_str_dup(ond_str_of(folder)),
                                 .url = ond_str_dup(ond_str_of(url)),
                                 .state.fd = -1};
    j->n++;
    return pair[j->n - 1].folder && pair[j->n - 1].url ? OND_OK : ond_nomem(err, "a sync");
}

static bool same_path(const char *a, const char *b)
{
    ond_buf x = {0}, y = {0};
    ond__dav_path(a, &x);
    ond__dav_path(b, &y);
    bool same = ond_buf_ok(&x) && ond_buf_ok(&y) && strcmp(ond_buf_z(&x), ond_buf_z(&y)) == 0;
    ond_buf_free(&x);
    ond_buf_free(&y);
    return same;
}

static bool is_paired(const ond__dav_job *j, const char *folder)
{
    for (size_t i = 0; i < j->n; i++)
        if (strcmp(j->pair[i].folder, folder) == 0) return true;
    return false;
}

/* The collection that the folder was in sync with on this server; "" where there is none. */
static int former_url(ond__dav_job *j, const char *folder, ond_buf *out, ond_err *err)
{
    ond__dav_state s;
    ond_buf a = {0}, b = {0};
    int rc = ond__dav_state_load(j->h, folder, &s, err);
    if (rc) return rc;
    if (s.url && ond__dav_origin(s.url, &a) && ond__dav_origin(j->find.url, &b) &&
        strcmp(ond_buf_z(&a), ond_buf_z(&b)) == 0)
        ond_buf_puts(out, s.url);
    ond_buf_free(&a);
    ond_buf_free(&b);
    ond__dav_state_free(&s);
    return OND_OK;
}

static bool fits(const ond__cal_folder *f, const ond__dav_coll *c)
{
    return ond__cal_is_list(f) ? c->todos : c->events;
}

/* A folder that has no collection yet, under the collection's name. */
static const char *by_name(ond__dav_job *j, const ond__dav_coll *c, ond_err *err)
{
    ond_buf last = {0}, was = {0};
    const char *found = NULL;
    ond__dav_last(c->url, &last);
    for (size_t i = 0; i < j->h->n_folder && !found; i++) {
        const ond__cal_folder *f = &j->h->folder[i];
        const char *builtin = c->name ? ond__cal_builtin(c->name) : NULL;
        bool named = strcmp(f->name, ond_buf_z(&last)) == 0 ||
                     (c->name && strcmp(f->name, c->name) == 0) ||
                     (c->name && f->label && strcmp(f->label, c->name) == 0) ||
                     (builtin && strcmp(f->name, builtin) == 0);
        ond_buf_clear(&was);
        if (!named || !fits(f, c) || is_paired(j, f->name) ||
            former_url(j, f->name, &was, err) != 0 || was.n)
            continue;
        found = f->name;
    }
    ond_buf_free(&last);
    ond_buf_free(&was);
    return found;
}

static int make_folder(ond__dav_job *j, const ond__dav_coll *c, ond_err *err)
{
    ond_buf last = {0}, name = {0};
    int rc;
    ond__dav_last(c->url, &last);
    const char *builtin = c->name ? ond__cal_builtin(c->name) : NULL;
    ond__cal_safe_name(builtin && c->todos ? builtin : c->name ? c->name : ond_buf_z(&last), &name);
    size_t n = name.n;
    for (int i = 2; i < 100 && (name.n == 0 || ond__cal_folder_named(j->h, ond_buf_z(&name)) ||
                                is_paired(j, ond_buf_z(&name)));
         i++) {
        name.n = n;
        if (name.p) name.p[n] = '\0';
        ond_buf_printf(&name, n ? "-%d" : "calendar-%d", i);
    }
    if (!ond_buf_ok(&name)) OND_TRY(ond_nomem(err, "a sync"));
    OND_TRY(ond__cal_folder_make(j->h, ond_buf_z(&name), c->name, c->todos && !c->events, err));
    j->report.folders++;
    rc = add_pair(j, ond_buf_z(&name), c->url, err);
out:
    ond_buf_free(&last);
    ond_buf_free(&name);
    return rc;
}

/* First those that were in sync, wherever they are called what; then names; then new folders. */
static int pair_known(ond__dav_job *j, bool *used, ond_err *err)
{
    for (size_t i = 0; i < j->h->n_folder; i++) {
        ond_buf was = {0};
        int rc = former_url(j, j->h->folder[i].name, &was, err);
        bool found = false;
        for (size_t k = 0; rc == 0 && was.n && k < j->find.found.n && !found; k++) {
            if (used[k] || !same_path(ond_buf_z(&was), j->find.found.v[k].url)) continue;
            found = used[k] = true;
            rc = add_pair(j, j->h->folder[i].name, ond_buf_z(&was), err);
        }
        if (rc == 0 && was.n && !found && j->find.found.home &&
            !ond__dav_tell(j->report.failed, j->h->folder[i].name, "",
                           "the server no longer has this calendar; it is kept here"))
            rc = ond_nomem(err, "a sync");
        ond_buf_free(&was);
        if (rc) return rc;
    }
    return OND_OK;
}

static int pair_rest(ond__dav_job *j, bool *used, ond_err *err)
{
    for (size_t k = 0; k < j->find.found.n; k++) {
        const ond__dav_coll *c = &j->find.found.v[k];
        if (used[k]) continue;
        const char *folder = by_name(j, c, err);
        int rc = folder ? add_pair(j, folder, c->url, err) : make_folder(j, c, err);
        if (rc) return rc;
    }
    return OND_OK;
}

static bool has_entries(const ond__cal_folder *f)
{
    for (size_t i = 0; i < f->n; i++)
        if (!f->v[i]->problem) return true;
    return f->list;
}

static int list_fresh(ond__dav_job *j, ond_err *err)
{
    j->fresh = calloc(j->h->n_folder + 1, sizeof *j->fresh);
    if (!j->fresh) return ond_nomem(err, "a sync");
    for (size_t i = 0; j->find.found.home && i < j->h->n_folder; i++) {
        const ond__cal_folder *f = &j->h->folder[i];
        ond_buf was = {0};
        if (is_paired(j, f->name) || !has_entries(f)) continue;
        int rc = former_url(j, f->name, &was, err);
        bool gone = was.n > 0;
        ond_buf_free(&was);
        if (rc) return rc;
        if (gone) continue;
        if (!(j->fresh[j->n_fresh] = ond_str_dup(ond_str_of(f->name))))
            return ond_nomem(err, "a sync");
        j->n_fresh++;
    }
    return OND_OK;
}

/* ---- one after the other ---- */

static int next_pair(ond__dav_job *j, ond_err *err);

static void on_pair(void *self, int rc, const ond_err *err)
{
    ond__dav_job *j = self;
    ond_err e = {0};
    ond__dav_pair *p = &j->pair[j->at];
    /* What is wrong with one calendar does not keep the others; a server that is away keeps all. */
    bool only_this = rc == OND_E_STALE || rc == OND_E_NOT_FOUND;
    if (rc && only_this)
        rc =
            ond__dav_tell(j->report.failed, p->folder, "", err->text) ? 0 : ond_nomem(&e, "a sync");
    if (rc) {
        fail(j, rc, err);
        return;
    }
    j->at++;
    check(j, next_pair(j, &e), &e);
}

static int next_pair(ond__dav_job *j, ond_err *err)
{
    if (j->at >= j->n) {
        j->ended = true;
        return OND_OK;
    }
    j->pair[j->at].done = on_pair;
    j->pair[j->at].self = j;
    return ond__dav_pair_start(&j->pair[j->at], err);
}

static int make_next(ond__dav_job *j, ond_err *err);

static int made(ond__dav_job *j, const ond__dav_reply *r, ond_err *err)
{
    const char *folder = j->fresh[j->at_fresh];
    int rc = 0;
    if (r->curl || r->status == 401 || r->status == 503)
        return ond__dav_refused(r, "a new calendar", err);
    if (r->status == 201 || r->status == 200 || r->status == 204) {
        ond_buf url = {0};
        ond_buf_puts(&url, j->find.found.home);
        if (url.n && url.p[url.n - 1] != '/') ond_buf_putc(&url, '/');
        ond__dav_encode(folder, &url);
        ond_buf_putc(&url, '/');
        rc =
            ond_buf_ok(&url) ? add_pair(j, folder, ond_buf_z(&url), err) : ond_nomem(err, "a sync");
        ond_buf_free(&url);
        j->report.folders++;
    } else if (!ond__dav_tell(j->report.failed, folder, "",
                              "the server makes no calendar for it; it is kept only here")) {
        rc = ond_nomem(err, "a sync");
    }
    j->at_fresh++;
    return rc ? rc : make_next(j, err);
}

static void on_made(void *self, ond__dav_reply *r)
{
    ond_err err = {0};
    check(self, made(self, r, &err), &err);
}

static int make_next(ond__dav_job *j, ond_err *err)
{
    if (j->at_fresh >= j->n_fresh) return next_pair(j, err);
    const ond__cal_folder *f = ond__cal_folder_named(j->h, j->fresh[j->at_fresh]);
    ond_buf url = {0}, body = {0};
    ond_buf_puts(&url, j->find.found.home);
    if (url.n && url.p[url.n - 1] != '/') ond_buf_putc(&url, '/');
    ond__dav_encode(j->fresh[j->at_fresh], &url);
    ond_buf_putc(&url, '/');
    ond_buf_puts(&body,
                 "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<c:mkcalendar xmlns:d=\"DAV:\" "
                 "xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:set><d:prop><d:displayname>");
    ond__dav_xml_put(&body, f ? ond__cal_label(j->h, f, j->h->lang) : j->fresh[j->at_fresh]);
    ond_buf_printf(&body,
                   "</d:displayname><c:supported-calendar-component-set><c:comp name=\"%s\"/>"
                   "</c:supported-calendar-component-set></d:prop></d:set></c:mkcalendar>\n",
                   f && ond__cal_is_list(f) ? "VTODO" : "VEVENT");
    const ond__dav_ask a = {.method = "MKCALENDAR",
                            .url = ond_buf_z(&url),
                            .body = ond_buf_z(&body),
                            .n = body.n,
                            .type = "application/xml; charset=utf-8",
                            .depth = -1};
    int rc = ond_buf_ok(&url) && ond_buf_ok(&body) ? ond__dav_http_ask(j->http, &a, on_made, j, err)
                                                   : ond_nomem(err, "a sync");
    ond_buf_free(&url);
    ond_buf_free(&body);
    return rc;
}

static int found(ond__dav_job *j, ond_err *err)
{
    bool *used = calloc(j->find.found.n + 1, sizeof *used);
    int rc = used ? ond__cal_scan(j->h, err) : ond_nomem(err, "a sync");
    if (rc == 0) rc = pair_known(j, used, err);
    if (rc == 0) rc = pair_rest(j, used, err);
    if (rc == 0) rc = ond__cal_scan(j->h, err);
    if (rc == 0) rc = list_fresh(j, err);
    free(used);
    return rc ? rc : make_next(j, err);
}

static void on_found(void *self, int rc, const ond_err *err)
{
    ond__dav_job *j = self;
    ond_err e = {0};
    if (rc)
        fail(j, rc, err);
    else
        check(j, found(j, &e), &e);
}

int ond__dav_job_start(ond__cal *h, ond__dav_http *http, const char *url, ond__dav_job **out,
                       ond_err *err)
{
    ond__dav_job *j = calloc(1, sizeof *j);
    *out = NULL;
    if (!j) return ond_nomem(err, "a sync");
    j->h = h;
    j->http = http;
    j->find = (ond__dav_find){.http = http, .url = url, .done = on_found, .self = j};
    j->report.conflicts = cJSON_CreateArray();
    j->report.kept = cJSON_CreateArray();
    j->report.failed = cJSON_CreateArray();
    int rc = j->report.conflicts && j->report.kept && j->report.failed
                 ? ond__dav_find_start(&j->find, err)
                 : ond_nomem(err, "a sync");
    if (rc)
        ond__dav_job_free(j);
    else
        *out = j;
    return rc;
}
