/* dav_find.c - from an address to the calendars behind it (RFC 6764, RFC 4791 6.2): the address
 * itself, the principal, its calendar home, what is in there. Redirects are followed on the same
 * host, a few times. */
#include "hand/calendar/dav_room.h"

#include <stdlib.h>

enum { ADDRESS, PRINCIPAL, HOME, HOPS_MAX = 5 };

static const char props[] =
    "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    "<d:propfind xmlns:d=\"DAV:\" "
    "xmlns:c=\"urn:ietf:params:xml:ns:caldav\"><d:prop><d:resourcetype/><d:displayname/>"
    "<d:current-user-principal/><c:calendar-home-set/><c:supported-calendar-component-set/></"
    "d:prop></d:propfind>\n";

void ond__dav_colls_free(ond__dav_colls *c)
{
    for (size_t i = 0; i < c->n; i++) {
        free(c->v[i].url);
        free(c->v[i].name);
    }
    free(c->v);
    free(c->home);
    *c = (ond__dav_colls){0};
}

void ond__dav_find_free(ond__dav_find *f)
{
    ond_buf_free(&f->at);
    ond__dav_colls_free(&f->found);
}

int ond__dav_refused(const ond__dav_reply *r, const char *what, ond_err *err)
{
    if (r->curl)
        return ond_fail(err, OND_E_UNAVAILABLE, "the calendar server cannot be reached: %s",
                        r->why);
    if (r->status == 401)
        return ond_fail(err, OND_E_DENIED,
                        "the calendar server does not accept the user name or password");
    if (r->status == 403)
        return ond_fail(err, OND_E_DENIED, "the calendar server does not allow it (403, %s)", what);
    if (r->status == 404)
        return ond_fail(err, OND_E_NOT_FOUND,
                        "the calendar server has nothing at that address (404, %s)", what);
    return ond_fail(err, OND_E_UNAVAILABLE, "the calendar server answered %s with status %ld", what,
                    r->status);
}

static void on_reply(void *self, ond__dav_reply *r);

static int ask(ond__dav_find *f, ond_err *err)
{
    const ond__dav_ask a = {.method = "PROPFIND",
                            .url = ond_buf_z(&f->at),
                            .body = props,
                            .n = sizeof props - 1,
                            .type = "application/xml; charset=utf-8",
                            .depth = f->step == HOME ? 1 : 0};
    return ond__dav_http_ask(f->http, &a, on_reply, f, err);
}

static int go(ond__dav_find *f, const char *href, ond_err *err)
{
    ond_buf to = {0};
    int rc = ond__dav_resolve(ond_buf_z(&f->at), href, &to, err);
    ond_buf_free(&f->at);
    f->at = to;
    return rc ? rc : ask(f, err);
}

static void end(ond__dav_find *f, int rc, const ond_err *err)
{
    f->done(f->self, rc, err);
}

/* Some servers give the path where nobody gave a name. */
static bool is_path(const char *name, const char *url)
{
    ond_buf path = {0};
    ond__dav_path(url, &path);
    size_t n = strlen(name);
    bool end = strchr(name, '/') && path.n >= n && strcmp(ond_buf_z(&path) + path.n - n, name) == 0;
    ond_buf_free(&path);
    return end;
}

static int add(ond__dav_find *f, const ond__dav_row *row, ond_err *err)
{
    ond_buf url = {0};
    ond__dav_colls *c = &f->found;
    bool both = !row->any_comps;
    if (!both && !row->events && !row->todos) return OND_OK;
    int rc = ond__dav_resolve(ond_buf_z(&f->at), row->href, &url, err);
    if (rc == 0 && url.n && url.p[url.n - 1] != '/') ond_buf_putc(&url, '/');
    ond__dav_coll *v =
        rc == 0 && c->n < CAL_FOLDERS_MAX ? realloc(c->v, (c->n + 1) * sizeof *v) : NULL;
    if (v) {
        c->v = v;
        v[c->n] = (ond__dav_coll){
            .events = both || row->events, .todos = both || row->todos, .url = ond_buf_take(&url)};
        if (row->name && row->name[0] && v[c->n].url && !is_path(row->name, v[c->n].url))
            v[c->n].name = ond_str_dup(ond_str_of(row->name));
        if (v[c->n].url) c->n++;
    }
    ond_buf_free(&url);
    return rc;
}

static int take_home(ond__dav_find *f, const ond__dav_rows *rows, ond_err *err)
{
    int rc = 0;
    for (size_t i = 0; i < rows->n && rc == 0; i++)
        if (rows->v[i].calendar && rows->v[i].ok) rc = add(f, &rows->v[i], err);
    if (rc) return rc;
    f->found.home = ond_str_dup(ond_str_of(ond_buf_z(&f->at)));
    if (!f->found.home) return ond_nomem(err, "looking for calendars");
    end(f, 0, NULL);
    return OND_OK;
}

/* The next place to look. */
static int take(ond__dav_find *f, const ond__dav_rows *rows, ond_err *err)
{
    const ond__dav_row *row = rows->n ? &rows->v[0] : NULL;
    if (f->step == HOME) return take_home(f, rows, err);
    if (row && row->calendar && f->step == ADDRESS) {
        int rc = add(f, row, err);
        if (rc == 0) end(f, 0, NULL);
        return rc;
    }
    if (row && row->home) {
        f->step = HOME;
        return go(f, row->home, err);
    }
    if (row && row->principal && f->step == ADDRESS) {
        f->step = PRINCIPAL;
        return go(f, row->principal, err);
    }
    f->step = HOME; /* no hint: perhaps the calendars lie right below */
    return go(f, ond_buf_z(&f->at), err);
}

static int well_known(ond__dav_find *f, ond_err *err)
{
    f->well_known = true;
    f->step = ADDRESS;
    return go(f, "/.well-known/caldav", err);
}

static bool is_redirect(const ond__dav_reply *r)
{
    return r->curl == 0 &&
           (r->status == 301 || r->status == 302 || r->status == 307 || r->status == 308) &&
           r->redirect.n;
}

static int step(ond__dav_find *f, const ond__dav_reply *r, ond_err *err)
{
    ond__dav_rows rows = {0};
    if (is_redirect(r)) {
        if (++f->hops > HOPS_MAX)
            return ond_fail(err, OND_E_UNAVAILABLE, "the calendar server redirects without end");
        return go(f, ond_buf_z(&r->redirect), err);
    }
    bool nothing = r->curl == 0 &&
                   (r->status == 404 || r->status == 405 || r->status == 501 || r->status == 200);
    if (nothing && f->step == ADDRESS && !f->well_known) return well_known(f, err);
    if (r->curl || r->status != 207) return ond__dav_refused(r, "a look for calendars", err);
    int rc = ond__dav_parse((ond_str){ond_buf_z(&r->body), r->body.n}, &rows, err);
    if (rc == 0) rc = take(f, &rows, err);
    ond__dav_rows_free(&rows);
    return rc;
}

static void on_reply(void *self, ond__dav_reply *r)
{
    ond_err err = {0};
    int rc = step(self, r, &err);
    if (rc) end(self, rc, &err);
}

int ond__dav_find_start(ond__dav_find *f, ond_err *err)
{
    ond_buf origin = {0};
    bool ok = ond__dav_origin(f->url, &origin);
    if (ok) ond_buf_puts(&f->at, f->url);
    if (ok && f->at.n == origin.n) ond_buf_putc(&f->at, '/');
    ond_buf_free(&origin);
    if (!ok)
        return ond_fail(
            err, OND_E_CONFIG,
            "'%.100s' is no address of a CalDAV server: write it like https://dav.example.org/",
            f->url);
    f->step = ADDRESS;
    return ond_buf_ok(&f->at) ? ask(f, err) : ond_nomem(err, "looking for calendars");
}
