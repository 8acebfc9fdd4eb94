/* tab_go.c - going to an address, back, anew; what came of it in words; evaluating.
 *
 * A navigation is told by its loader: the document that is asked for has been there when the frame
 * has that loader, or when its request has failed under that name. */
#include "hand/web/tab.h"

#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { GO_MS = 30000 };

void ond__visit_free(ond__visit *v)
{
    free(v->url);
    *v = (ond__visit){0};
}

/* ---- waiting ---- */

typedef struct coming {
    const ond__tab *t;
    const char *loader; /* NULL: any other than `was` */
    const char *was;
    unsigned navigations; /* so many had been when it began */
    bool by_count;        /* a step within the document is enough */
} coming;

static const char *loader_of(const ond__tab *t)
{
    return t->n_frames ? t->frames[0].loader : "";
}

static bool is_there(const coming *c)
{
    const char *now = loader_of(c->t);
    if (c->loader) return strcmp(now, c->loader) == 0;
    return strcmp(now, c->was) != 0 || (c->by_count && c->t->n_navigations != c->navigations);
}

static bool has_failed(const coming *c)
{
    const ond__arrival *a = &c->t->arrival;
    return a->error[0] && (c->loader ? strcmp(a->loader, c->loader) == 0
                                     : strcmp(a->loader, c->was) != 0 && a->loader[0]);
}

static bool has_come(void *self)
{
    const coming *c = self;
    const ond__frame *f = ond__tab_frame(c->t, NULL);
    if (c->t->gone || c->t->crashed) return true;
    if (!f || !is_there(c)) return false;
    return f->loaded && !f->loading;
}

static bool has_left(void *self)
{
    const coming *c = self;
    return c->t->gone || c->t->crashed || is_there(c) || has_failed(c);
}

/* Within the document. */
static bool has_moved(void *self)
{
    const coming *c = self;
    return c->t->gone || c->t->crashed || c->t->n_navigations != c->navigations;
}

/* ---- what went wrong ---- */

static void host_of(const char *url, char *out, size_t size)
{
    const char *p = strstr(url, "://");
    p = p ? p + 3 : url;
    snprintf(out, size, "%.*s", (int)strcspn(p, "/?#"), p);
}

static int explain(const char *error, const char *url, ond_err *err)
{
    static const struct {
        const char *begin;
        ond_code code;
        const char *says;
    } rows[] = {
        {"NAME_NOT_RESOLVED", OND_E_NOT_FOUND, "there is no host of this name, or no network"},
        {"FILE_NOT_FOUND", OND_E_NOT_FOUND, "there is no such file"},
        {"ACCESS_DENIED", OND_E_DENIED, "the file may not be read"},
        {"CONNECTION_REFUSED", OND_E_UNAVAILABLE, "it refuses the connection"},
        {"CONNECTION_", OND_E_UNAVAILABLE, "the connection was lost"},
        {"EMPTY_RESPONSE", OND_E_UNAVAILABLE, "it closed the connection without an answer"},
        {"TIMED_OUT", OND_E_UNAVAILABLE, "it did not answer in time"},
        {"INTERNET_DISCONNECTED", OND_E_UNAVAILABLE, "there is no network"},
        {"ADDRESS_UNREACHABLE", OND_E_UNAVAILABLE, "it cannot be reached"},
        {"PROXY_", OND_E_UNAVAILABLE, "the proxy cannot be reached"},
        {"CERT_", OND_E_DENIED, "its certificate is not valid, so it may be somebody else"},
        {"SSL_", OND_E_UNAVAILABLE, "no safe connection can be made"},
        {"BLOCKED_BY_", OND_E_DENIED, "it may not be opened"},
        {"UNSAFE_PORT", OND_E_DENIED, "browsers do not connect to this port"},
        {"TOO_MANY_REDIRECTS", OND_E_UNAVAILABLE, "it redirects in a circle"},
        {"INVALID_URL", OND_E_INPUT, "this is no address"},
        {"UNKNOWN_URL_SCHEME", OND_E_DENIED, "this kind of address is not opened"},
    };
    char host[120];
    const char *name = strncmp(error, "net::ERR_", 9) == 0 ? error + 9 : error;
    host_of(url, host, sizeof host);
    if (!host[0]) snprintf(host, sizeof host, "%.100s", url);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strncmp(name, rows[i].begin, strlen(rows[i].begin)) == 0)
            return ond_fail(err, rows[i].code, "cannot open %s: %s (%s)", host, rows[i].says,
                            error);
    return ond_fail(err, OND_E_UNAVAILABLE, "cannot open %s: %s", host, error);
}

static int check_alive(const ond__tab *t, ond_err *err)
{
    if (ond__cdp_gone(t->cdp))
        return ond_fail(err, OND_E_UNAVAILABLE, "the browser has gone (%s)", ond__cdp_why(t->cdp));
    if (t->gone) return ond_fail(err, OND_E_STALE, "the page was closed");
    return OND_OK;
}

/* ---- arriving ---- */

static int fill(const ond__tab *t, bool in_page, ond__visit *out, ond_err *err)
{
    const ond__frame *f = ond__tab_frame(t, NULL);
    bool told = f && strcmp(t->arrival.loader, f->loader) == 0;
    out->url = ond_str_dup(ond_str_of(ond__tab_url(t)));
    out->status = told ? t->arrival.status : 0;
    out->whole = f && f->loaded;
    out->in_page = in_page;
    return out->url ? OND_OK : ond_nomem(err, "opening a page");
}

/* Waits for what is coming; a page that is slow is taken as it is, one that does not come is an
 * error. */
static int arrive(ond__tab *t, coming *c, const char *url, ond_ms limit, uint64_t until,
                  ond__visit *out, ond_err *err)
{
    unsigned dialogs = t->n_dialogs;
    (void)ond__cdp_until(t->cdp, has_left, c, until);
    bool failed = has_failed(c);
    char error[sizeof t->arrival.error];
    memcpy(error, t->arrival.error, sizeof error);
    /* the page that says so is waited for, so that it is not taken for the next one */
    if (failed && until > ond_steady_us() + 1000000) until = ond_steady_us() + 1000000;
    (void)ond__cdp_until(t->cdp, has_come, c, until);
    int rc = check_alive(t, err);
    if (rc != 0) return rc;
    if (t->crashed) return ond_fail(err, OND_E_UNAVAILABLE, "the page has crashed: %.200s", url);
    if (failed) return explain(error, url, err);
    if (is_there(c)) return fill(t, false, out, err);
    const ond__dialog *d = ond__tab_last_dialog(t);
    if (d && t->n_dialogs != dialogs && strcmp(d->kind, "beforeunload") == 0)
        return ond_fail(err, OND_E_FAILED,
                        "the page that is shown asks to stay (something in it is not saved)");
    return ond_fail(err, OND_E_UNAVAILABLE, "%.200s did not come within %.1f s", url,
                    (double)limit / 1000);
}

/* ---- going ---- */

static bool downloads(const cJSON *answer, const char *error)
{
    return ond_json_bool(answer, "isDownload", false) ||
           (strcmp(error, "net::ERR_ABORTED") == 0 && !ond_json_get(answer, "loaderId"));
}

/* The answer of Page.navigate: where to wait for. */
static int after_navigate(ond__tab *t, const cJSON *answer, const char *url, unsigned dialogs,
                          unsigned blocked, coming *c, ond_err *err)
{
    const char *error = ond_json_str(answer, "errorText", "");
    const ond__dialog *d = ond__tab_last_dialog(t);
    c->loader = ond_json_str(answer, "loaderId", NULL);
    if (!error[0]) return OND_OK;
    if (t->n_blocked != blocked) {
        ond_err why = {0};
        if (ond__chrome_allows(t->browser, t->blocked, true, &why) != 0)
            return ond_fail(err, OND_E_DENIED, "%s", why.text);
    }
    if (d && t->n_dialogs != dialogs && strcmp(d->kind, "beforeunload") == 0)
        return ond_fail(err, OND_E_FAILED,
                        "the page that is shown asks to stay (something in it is not saved)");
    if (strcmp(error, "net::ERR_ABORTED") == 0 || downloads(answer, error))
        return ond_fail(err, OND_E_FAILED, "%.200s is not a page: it is a file to save, or empty",
                        url);
    /* the page that Chromium shows instead */
    (void)ond__cdp_until(t->cdp, has_come, c, ond_steady_us() + 1000000);
    return explain(error, url, err);
}

int ond__tab_go(ond__tab *t, const char *url, ond_ms limit, ond__visit *out, ond_err *err)
{
    cJSON *answer = NULL;
    *out = (ond__visit){0};
    if (limit <= 0) limit = GO_MS;
    uint64_t until = ond_steady_us() + (uint64_t)limit * 1000;
    unsigned dialogs = t->n_dialogs, blocked = t->n_blocked;
    coming c = {.t = t, .was = "", .navigations = t->n_navigations};
    int rc = check_alive(t, err);
    if (rc == 0) rc = ond__chrome_allows(t->browser, url, true, err);
    if (rc != 0) return rc;
    rc = ond__cdp_call(t->cdp, t->session, "Page.navigate", ond__params("url=s", url), limit,
                       &answer, err);
    if (rc == OND_E_FAILED)
        rc = ond_fail(err, OND_E_INPUT, "%.200s is no address that can be opened", url);
    if (rc != 0) {
        int alive = check_alive(t, NULL);
        if (alive == 0 && rc == OND_E_UNAVAILABLE) {
            ond__cdp_tell(t->cdp, t->session, "Page.stopLoading", NULL);
            rc = ond_fail(err, rc, "%.200s did not come within %.1f s", url, (double)limit / 1000);
        }
        return rc;
    }
    OND_TRY(after_navigate(t, answer, url, dialogs, blocked, &c, err));
    if (!c.loader) {
        (void)ond__cdp_until(t->cdp, has_moved, &c, ond_steady_us() + 1000000);
        rc = fill(t, true, out, err);
    }
    if (c.loader) rc = arrive(t, &c, url, limit, until, out, err);
out:
    cJSON_Delete(answer);
    return rc;
}

/* Back, forth and anew give no loader: any other document than this one. */
static int go_by(ond__tab *t, const char *method, cJSON *params, const char *url, bool by_count,
                 ond_ms limit, ond__visit *out, ond_err *err)
{
    char was[OND__ID];
    if (limit <= 0) limit = GO_MS;
    uint64_t until = ond_steady_us() + (uint64_t)limit * 1000;
    snprintf(was, sizeof was, "%s", loader_of(t));
    coming c = {.t = t, .was = was, .navigations = t->n_navigations, .by_count = by_count};
    t->arrival = (ond__arrival){0};
    int rc = ond__cdp_call(t->cdp, t->session, method, params, limit, NULL, err);
    return rc == 0 ? arrive(t, &c, url, limit, until, out, err) : rc;
}

int ond__tab_reload(ond__tab *t, ond_ms limit, ond__visit *out, ond_err *err)
{
    char *url = ond_str_dup(ond_str_of(ond__tab_url(t)));
    *out = (ond__visit){0};
    if (!url) return ond_nomem(err, "loading a page anew");
    int rc = check_alive(t, err);
    if (rc == 0) rc = go_by(t, "Page.reload", NULL, url, false, limit, out, err);
    free(url);
    return rc;
}

int ond__tab_step(ond__tab *t, int by, ond_ms limit, ond__visit *out, ond_err *err)
{
    cJSON *history = NULL;
    *out = (ond__visit){0};
    int rc = ond__cdp_call(t->cdp, t->session, "Page.getNavigationHistory", NULL, 0, &history, err);
    if (rc != 0) return rc;
    const cJSON *entries = ond_json_get(history, "entries");
    int at = (int)ond_json_num(history, "currentIndex", 0) + by;
    const cJSON *entry = at >= 0 ? cJSON_GetArrayItem(entries, at) : NULL;
    const char *url = ond_json_str(entry, "url", "");
    if (!entry)
        OND_TRY(ond_fail(err, OND_E_NOT_FOUND, "there is no page %s this one",
                         by < 0 ? "before" : "after"));
    OND_TRY(ond__chrome_allows(t->browser, url, true, err));
    OND_TRY(go_by(t, "Page.navigateToHistoryEntry",
                  ond__params("entryId=n", ond_json_num(entry, "id", 0)), url, true, limit, out,
                  err));
out:
    cJSON_Delete(history);
    return rc;
}

static bool is_gone(void *self)
{
    return ((const ond__tab *)self)->gone;
}

int ond__tab_close(ond__tab *t, ond_err *err)
{
    int rc = ond__cdp_call(t->cdp, NULL, "Target.closeTarget", ond__params("targetId=s", t->target),
                           0, NULL, err);
    if (rc != 0 || ond__cdp_until(t->cdp, is_gone, t, ond_steady_us() + 5000000) == OND__WAIT_DONE)
        return rc;
    return ond_fail(err, OND_E_UNAVAILABLE, "the page does not close");
}

int ond__tab_front(ond__tab *t, ond_err *err)
{
    return ond__cdp_call(t->cdp, t->session, "Page.bringToFront", NULL, 0, NULL, err);
}

/* ---- evaluating ---- */

typedef struct world_wait {
    const ond__tab *t;
    const char *frame;
} world_wait;

static bool has_world(void *self)
{
    const world_wait *w = self;
    const ond__frame *f = ond__tab_frame(w->t, w->frame);
    return w->t->gone || w->t->crashed || (w->frame && !f) || (f && f->world[0]);
}

int ond__tab_eval_send(ond__tab *t, const char *frame, const char *expression, ond_ms limit,
                       int *ticket, ond_err *err)
{
    world_wait w = {t, frame};
    *ticket = 0;
    /* between two documents there is none for a moment */
    (void)ond__cdp_until(t->cdp, has_world, &w, ond_steady_us() + 3000000);
    const ond__frame *f = ond__tab_frame(t, frame);
    int rc = check_alive(t, err);
    if (rc != 0) return rc;
    if (t->crashed) return ond_fail(err, OND_E_STALE, "the page has crashed");
    if (!f || !f->world[0]) return ond_fail(err, OND_E_STALE, "the frame is there no more");
    return ond__cdp_send(
        t->cdp, f->session, "Runtime.evaluate",
        ond__params("expression=s uniqueContextId=s awaitPromise=b returnByValue=b", expression,
                    f->world, 1, 1),
        limit, ticket, err);
}

int ond__tab_eval_take(ond__tab *t, int ticket, cJSON **out, ond_err *err)
{
    cJSON *answer = NULL;
    *out = NULL;
    int rc = ond__cdp_take(t->cdp, ticket, &answer, err);
    if (rc != 0) return rc;
    const cJSON *threw = ond_json_get(answer, "exceptionDetails");
    cJSON *result = cJSON_GetObjectItemCaseSensitive(answer, "result");
    if (threw) {
        const char *what = ond_json_str(ond_json_get(threw, "exception"), "description", "?");
        rc = ond_fail(err, OND_E_FAILED, "the script failed: %.*s", (int)strcspn(what, "\n"), what);
    } else {
        *out = cJSON_DetachItemFromObjectCaseSensitive(result, "value");
        if (!*out) *out = cJSON_CreateNull();
        if (!*out) rc = ond_nomem(err, "evaluating");
    }
    cJSON_Delete(answer);
    return rc;
}

int ond__tab_eval(ond__tab *t, const char *frame, const char *expression, ond_ms limit, cJSON **out,
                  ond_err *err)
{
    int ticket;
    *out = NULL;
    int rc = ond__tab_eval_send(t, frame, expression, limit, &ticket, err);
    return rc == 0 ? ond__tab_eval_take(t, ticket, out, err) : rc;
}
