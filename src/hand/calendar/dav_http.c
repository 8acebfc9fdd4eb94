/* dav_http.c - one request at a time through libcurl's multi interface, driven from a loop. */
#include "hand/calendar/dav_room.h"
#include "sys/curl.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

enum { BODY_MAX = 64 << 20, CONNECT_S = 15, IDLE_S = 30, WHOLE_S = 300 };

struct ond__dav_http {
    ond_loop *loop;
    CURLM *multi;
    CURL *easy; /* reused: the connection stays */
    bool busy;
    int timer;
    char *user, *password;
    long auth; /* Basic, until the server asks for Digest */
    bool offers_digest;
    struct curl_slist *headers;
    ond_buf sent;
    ond__dav_reply reply;
    ond__dav_done *done;
    void *self;
};

static void reply_clear(ond__dav_reply *r)
{
    ond_buf_free(&r->body);
    ond_buf_free(&r->etag);
    ond_buf_free(&r->redirect);
    *r = (ond__dav_reply){0};
}

/* ---- the transfer's end ---- */

/* The same request with the other way to say who asks. */
static bool again_with_digest(ond__dav_http *x, CURLcode code)
{
    long status = 0;
    ond_curl.easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &status);
    if (code != CURLE_OK || status != 401 || x->auth == CURLAUTH_DIGEST || !x->offers_digest)
        return false;
    ond_curl.multi_remove_handle(x->multi, x->easy);
    reply_clear(&x->reply);
    x->auth = CURLAUTH_DIGEST;
    ond_curl.easy_setopt(x->easy, CURLOPT_HTTPAUTH, x->auth);
    return ond_curl.multi_add_handle(x->multi, x->easy) == CURLM_OK;
}

static void end(ond__dav_http *x, CURLcode code)
{
    if (again_with_digest(x, code)) return;
    ond__dav_reply reply = x->reply;
    x->reply = (ond__dav_reply){0};
    reply.curl = (int)code;
    ond_curl.easy_getinfo(x->easy, CURLINFO_RESPONSE_CODE, &reply.status);
    if (code != CURLE_OK) snprintf(reply.why, sizeof reply.why, "%s", ond_curl.easy_strerror(code));
    ond_curl.multi_remove_handle(x->multi, x->easy);
    x->busy = false;
    x->done(x->self, &reply);
    reply_clear(&reply);
}

static void look(ond__dav_http *x)
{
    int left;
    for (CURLMsg *m; (m = ond_curl.multi_info_read(x->multi, &left)) != NULL;)
        if (m->msg == CURLMSG_DONE) {
            end(x, m->data.result);
            return; /* the next one, if any, has its own events */
        }
}

static void on_socket(void *self, int fd, unsigned events)
{
    ond__dav_http *x = self;
    int mask = 0, running;
    if (events & (OND_READABLE | OND_HANGUP)) mask |= CURL_CSELECT_IN;
    if (events & OND_WRITABLE) mask |= CURL_CSELECT_OUT;
    ond_curl.multi_socket_action(x->multi, fd, mask, &running);
    look(x);
}

static void on_timer(void *self)
{
    ond__dav_http *x = self;
    int running;
    x->timer = 0;
    ond_curl.multi_socket_action(x->multi, CURL_SOCKET_TIMEOUT, 0, &running);
    look(x);
}

/* ---- what libcurl asks of the loop ---- */

static int watch(CURL *easy, curl_socket_t fd, int what, void *self, void *own)
{
    ond__dav_http *x = self;
    (void)easy, (void)own;
    unsigned events =
        (what & CURL_POLL_IN ? OND_READABLE : 0) | (what & CURL_POLL_OUT ? OND_WRITABLE : 0);
    if (what == CURL_POLL_REMOVE)
        ond_loop_unwatch(x->loop, fd);
    else if (ond_loop_watch(x->loop, fd, events, on_socket, x, NULL) != 0)
        return -1;
    return 0;
}

static int set_timer(CURLM *multi, long ms, void *self)
{
    ond__dav_http *x = self;
    (void)multi;
    ond_loop_cancel(x->loop, x->timer);
    x->timer = ms >= 0 ? ond_loop_after(x->loop, ms, on_timer, x) : 0;
    return 0;
}

static size_t on_body(char *bytes, size_t size, size_t n, void *self)
{
    ond__dav_http *x = self;
    if (x->reply.body.n + size * n > BODY_MAX) return 0;
    ond_buf_put(&x->reply.body, bytes, size * n);
    return ond_buf_ok(&x->reply.body) ? size * n : 0;
}

static size_t on_header(char *bytes, size_t size, size_t n, void *self)
{
    ond__dav_http *x = self;
    ond_str line = {bytes, size * n};
    if (line.n > 5 && strncasecmp(line.p, "HTTP/", 5) == 0) {
        ond_buf_clear(&x->reply.etag); /* of an answer before: 100, 401 */
        ond_buf_clear(&x->reply.body);
        ond_buf_clear(&x->reply.redirect);
    }
    if (line.n > 24 && strncasecmp(line.p, "www-authenticate: digest", 24) == 0)
        x->offers_digest = true;
    /* Not CURLINFO_REDIRECT_URL: that one holds user and password. */
    if (line.n > 9 && line.n < 2000 && strncasecmp(line.p, "location:", 9) == 0)
        ond_buf_str(&x->reply.redirect, ond_str_trim((ond_str){line.p + 9, line.n - 9}));
    if (line.n > 5 && line.n < 500 && strncasecmp(line.p, "etag:", 5) == 0) {
        ond_buf_clear(&x->reply.etag);
        ond_buf_str(&x->reply.etag, ond_str_trim((ond_str){line.p + 5, line.n - 5}));
    }
    return size * n;
}

/* ---- requests ---- */

static void usual(ond__dav_http *x)
{
    CURL *e = x->easy;
    ond_curl.easy_reset(e);
    ond_curl.easy_setopt(e, CURLOPT_USERAGENT, "ondol/" OND_VERSION);
    ond_curl.easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
    ond_curl.easy_setopt(e, CURLOPT_FOLLOWLOCATION, 0L); /* where it may lead is looked at first */
    ond_curl.easy_setopt(e, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    ond_curl.easy_setopt(e, CURLOPT_LOW_SPEED_LIMIT, 1L);
    ond_curl.easy_setopt(e, CURLOPT_LOW_SPEED_TIME, (long)IDLE_S);
    ond_curl.easy_setopt(e, CURLOPT_TIMEOUT, (long)WHOLE_S);
    ond_curl.easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
    ond_curl.easy_setopt(e, CURLOPT_ACCEPT_ENCODING, "");
    ond_curl.easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
    ond_curl.easy_setopt(e, CURLOPT_WRITEDATA, x);
    ond_curl.easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
    ond_curl.easy_setopt(e, CURLOPT_HEADERDATA, x);
    if (x->user && x->user[0]) {
        ond_curl.easy_setopt(e, CURLOPT_HTTPAUTH, x->auth);
        ond_curl.easy_setopt(e, CURLOPT_USERNAME, x->user);
        ond_curl.easy_setopt(e, CURLOPT_PASSWORD, x->password ? x->password : "");
    }
}

static bool add_header(ond__dav_http *x, const char *name, const char *value)
{
    ond_buf line = {0};
    ond_buf_printf(&line, "%s: %s", name, value);
    struct curl_slist *more =
        ond_buf_ok(&line) ? ond_curl.slist_append(x->headers, ond_buf_z(&line)) : NULL;
    ond_buf_free(&line);
    if (more) x->headers = more;
    return more != NULL;
}

static bool add_headers(ond__dav_http *x, const ond__dav_ask *a)
{
    char depth[8];
    snprintf(depth, sizeof depth, "%d", a->depth);
    ond_curl.slist_free_all(x->headers);
    x->headers = NULL;
    return (a->depth < 0 || add_header(x, "Depth", depth)) &&
           (!a->type || add_header(x, "Content-Type", a->type)) &&
           (!a->if_match || !a->if_match[0] || add_header(x, "If-Match", a->if_match)) &&
           (!a->if_none || add_header(x, "If-None-Match", "*")) && add_header(x, "Expect", "");
}

int ond__dav_http_ask(ond__dav_http *x, const ond__dav_ask *a, ond__dav_done *done, void *self,
                      ond_err *err)
{
    usual(x);
    reply_clear(&x->reply);
    ond_buf_clear(&x->sent);
    if (a->body) ond_buf_put(&x->sent, a->body, a->n);
    if (!add_headers(x, a) || !ond_buf_ok(&x->sent))
        return ond_nomem(err, "asking the calendar server");
    ond_curl.easy_setopt(x->easy, CURLOPT_URL, a->url);
    if (a->body) {
        ond_curl.easy_setopt(x->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)x->sent.n);
        ond_curl.easy_setopt(x->easy, CURLOPT_POSTFIELDS, ond_buf_z(&x->sent));
    }
    ond_curl.easy_setopt(x->easy, CURLOPT_CUSTOMREQUEST, a->method);
    ond_curl.easy_setopt(x->easy, CURLOPT_HTTPHEADER, x->headers);
    x->done = done;
    x->self = self;
    if (ond_curl.multi_add_handle(x->multi, x->easy) != CURLM_OK)
        return ond_nomem(err, "asking the calendar server");
    x->busy = true;
    return OND_OK;
}

void ond__dav_http_stop(ond__dav_http *x)
{
    if (x->busy) ond_curl.multi_remove_handle(x->multi, x->easy);
    x->busy = false;
}

int ond__dav_http_open(ond_loop *loop, const char *user, const char *password, ond__dav_http **out,
                       ond_err *err)
{
    *out = NULL;
    int rc = ond_curl_load(err);
    if (rc) return rc;
    ond__dav_http *x = calloc(1, sizeof *x);
    if (!x) return ond_nomem(err, "asking the calendar server");
    x->loop = loop;
    x->auth = CURLAUTH_BASIC;
    x->multi = ond_curl.multi_init();
    x->easy = ond_curl.easy_init();
    x->user = ond_str_dup(ond_str_of(user));
    x->password = ond_str_dup(ond_str_of(password));
    if (!x->multi || !x->easy || !x->user || !x->password) {
        ond__dav_http_close(x);
        return ond_nomem(err, "asking the calendar server");
    }
    ond_curl.multi_setopt(x->multi, CURLMOPT_SOCKETFUNCTION, watch);
    ond_curl.multi_setopt(x->multi, CURLMOPT_SOCKETDATA, x);
    ond_curl.multi_setopt(x->multi, CURLMOPT_TIMERFUNCTION, set_timer);
    ond_curl.multi_setopt(x->multi, CURLMOPT_TIMERDATA, x);
    *out = x;
    return OND_OK;
}

void ond__dav_http_close(ond__dav_http *x)
{
    if (!x) return;
    ond__dav_http_stop(x);
    if (x->easy) ond_curl.easy_cleanup(x->easy);
    if (x->multi) ond_curl.multi_cleanup(x->multi);
    ond_loop_cancel(x->loop, x->timer);
    ond_curl.slist_free_all(x->headers);
    reply_clear(&x->reply);
    ond_buf_free(&x->sent);
    free(x->user);
    if (x->password) explicit_bzero(x->password, strlen(x->password));
    free(x->password);
    free(x);
}
