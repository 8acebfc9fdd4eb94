/* cdp.c - answers matched to calls by id, with time limits; events handed out; the one place that
 * waits.
 *
 * 1. A call's row lives from send to take or drop. Answers without a row are dropped: told, given
 * up, or late.
 * 2. What comes is handed out in the order in which it came, so that an event which the browser
 * sent before an answer has been seen when the answer is taken.
 * 3. Gone is for good. */
#include "hand/web/cdp.h"

#include "hand/web/wire.h"
#include "sys/clock.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

typedef struct call {
    int id;
    char *session, *method; /* session: NULL for the browser */
    uint64_t until, limit;  /* steady microseconds; milliseconds */
    bool answered;
    cJSON *result;
    ond_err err; /* code 0: there is a result */
} call;

struct ond__cdp {
    ond__wire *wire;
    int life, last_id;
    ond__cdp_event *event;
    void *self;
    call *calls;
    size_t n, cap;
    bool gone, handing;
    char why[200];
};

/* ---- rows ---- */

static call *find(const ond__cdp *c, int id)
{
    for (size_t i = 0; id > 0 && i < c->n; i++)
        if (c->calls[i].id == id) return &c->calls[i];
    return NULL;
}

static void remove_call(ond__cdp *c, call *k)
{
    free(k->session);
    free(k->method);
    cJSON_Delete(k->result);
    *k = c->calls[--c->n];
}

static call *add_call(ond__cdp *c, const char *session, const char *method, ond_ms limit)
{
    if (c->n == c->cap) {
        size_t cap = c->cap ? c->cap * 2 : 16;
        call *more = realloc(c->calls, cap * sizeof *more);
        if (!more) return NULL;
        c->calls = more;
        c->cap = cap;
    }
    call k = {.id = c->last_id, .limit = (uint64_t)(limit > 0 ? limit : OND__CDP_LIMIT)};
    k.until = ond_steady_us() + k.limit * 1000;
    k.session = session ? ond_str_dup(ond_str_of(session)) : NULL;
    k.method = ond_str_dup(ond_str_of(method));
    if (!k.method || (session && !k.session)) {
        free(k.session);
        free(k.method);
        return NULL;
    }
    c->calls[c->n] = k;
    return &c->calls[c->n++];
}

static void fail_call(call *k, int code, const char *why)
{
    if (k->answered) return;
    k->answered = true;
    (void)ond_fail(&k->err, (ond_code)code, "%s: %s", k->method, why);
}

static void set_gone(ond__cdp *c, const char *why)
{
    char text[240];
    if (c->gone) return;
    c->gone = true;
    snprintf(c->why, sizeof c->why, "%s", why);
    snprintf(text, sizeof text, "the browser has gone (%s)", c->why);
    for (size_t i = 0; i < c->n; i++) fail_call(&c->calls[i], OND_E_UNAVAILABLE, text);
}

void ond__cdp_fail_session(ond__cdp *c, const char *session, const char *why)
{
    for (size_t i = 0; i < c->n; i++)
        if (c->calls[i].session && strcmp(c->calls[i].session, session) == 0)
            fail_call(&c->calls[i], OND_E_STALE, why);
}

/* ---- opening ---- */

int ond__cdp_open(int in, int out, int life, ond__cdp_event *event, void *self, ond__cdp **cdp,
                  ond_err *err)
{
    *cdp = NULL;
    ond__wire *wire;
    int rc = ond__wire_open(in, out, 0, &wire, err);
    if (rc != 0) return rc;
    ond__cdp *c = calloc(1, sizeof *c);
    if (!c) {
        ond__wire_close(wire);
        return ond_nomem(err, "talking to the browser");
    }
    c->wire = wire;
    c->life = life;
    c->event = event;
    c->self = self;
    *cdp = c;
    return OND_OK;
}

void ond__cdp_close(ond__cdp *c)
{
    if (!c) return;
    assert(!c->handing);
    while (c->n > 0) remove_call(c, &c->calls[c->n - 1]);
    free(c->calls);
    ond__wire_close(c->wire);
    free(c);
}

bool ond__cdp_gone(const ond__cdp *c)
{
    return c->gone;
}

const char *ond__cdp_why(const ond__cdp *c)
{
    return c->why;
}

int ond__cdp_fileno(const ond__cdp *c)
{
    return ond__wire_in(c->wire);
}

/* ---- sending ---- */

static cJSON *param_value(char kind, va_list *args)
{
    const char *text;
    switch (kind) {
    case 's':
        text = va_arg(*args, const char *);
        return text ? cJSON_CreateString(text) : NULL;
    case 'n':
        return cJSON_CreateNumber(va_arg(*args, double));
    case 'i':
        return cJSON_CreateNumber(va_arg(*args, int));
    case 'b':
        return cJSON_CreateBool(va_arg(*args, int));
    default:
        assert(kind == 'j');
        return va_arg(*args, cJSON *);
    }
}

cJSON *ond__params(const char *spec, ...)
{
    cJSON *out = cJSON_CreateObject();
    va_list args;
    va_start(args, spec);
    for (const char *p = spec; *p;) {
        char name[40];
        size_t n = strcspn(p, "=");
        assert(n < sizeof name && p[n] == '=');
        memcpy(name, p, n);
        name[n] = '\0';
        cJSON *v = param_value(p[n + 1], &args);
        if (v) (void)!ond_json_set(out, name, v); /* frees v where it cannot */
        p += n + 2;
        p += *p == ' ';
    }
    va_end(args);
    return out;
}

static cJSON *make_message(int id, const char *session, const char *method, cJSON *params)
{
    cJSON *m = cJSON_CreateObject();
    bool ok = m && ond_json_set_num(m, "id", id) && ond_json_set_str(m, "method", method) &&
              (!session || ond_json_set_str(m, "sessionId", session));
    if (ok) {
        if (params && !ond_json_set(m, "params", params)) ok = false;
    } else {
        cJSON_Delete(params);
    }
    if (ok) return m;
    cJSON_Delete(m);
    return NULL;
}

static int post(ond__cdp *c, const char *session, const char *method, cJSON *params, ond_err *err)
{
    c->last_id = c->last_id == INT32_MAX ? 1 : c->last_id + 1;
    cJSON *m = make_message(c->last_id, session, method, params);
    if (!m) return ond_nomem(err, "talking to the browser");
    int rc = ond__wire_send(c->wire, m, err);
    cJSON_Delete(m);
    return rc;
}

int ond__cdp_send(ond__cdp *c, const char *session, const char *method, cJSON *params, ond_ms limit,
                  int *ticket, ond_err *err)
{
    *ticket = 0;
    if (session && !session[0]) session = NULL;
    if (c->gone) {
        cJSON_Delete(params);
        return ond_fail(err, OND_E_UNAVAILABLE, "%s: the browser has gone (%s)", method, c->why);
    }
    int rc = post(c, session, method, params, err);
    if (rc != 0) return ond_err_prefix(err, "%s", method);
    call *k = add_call(c, session, method, limit);
    if (!k) return ond_nomem(err, "talking to the browser");
    *ticket = k->id;
    return OND_OK;
}

void ond__cdp_tell(ond__cdp *c, const char *session, const char *method, cJSON *params)
{
    if (c->gone)
        cJSON_Delete(params);
    else
        (void)!post(c, session && session[0] ? session : NULL, method, params, NULL);
}

/* ---- what comes ---- */

/* What was meant is there no more, as Chromium says it. */
static bool is_stale(double code, const char *text)
{
    static const char *const says[] = {
        "ontext was destroyed",
        "Cannot find context",
        "navigated or closed",
        "ould not find node",
        "No node with given id",
        "Session with given id not found",
        "Frame with the given id was",
        "No frame ",
        "Node is detached",
        "No target with given id",
        "uniqueContextId not found",
    };
    for (size_t i = 0; i < sizeof says / sizeof *says; i++)
        if (strstr(text, says[i])) return true;
    return code == -32001;
}

static void take_answer(ond__cdp *c, cJSON *message)
{
    double id = ond_json_num(message, "id", 0);
    call *k = id >= 1 && id <= INT32_MAX ? find(c, (int)id) : NULL;
    if (!k || k->answered) return;
    const cJSON *error = ond_json_get(message, "error");
    if (error) {
        const char *text = ond_json_str(error, "message", "refused");
        bool stale = is_stale(ond_json_num(error, "code", 0), text);
        fail_call(k, stale ? OND_E_STALE : OND_E_FAILED, text);
        return;
    }
    k->answered = true;
    k->result = cJSON_DetachItemFromObjectCaseSensitive(message, "result");
    if (!k->result) k->result = cJSON_CreateObject();
    if (!k->result) (void)ond_nomem(&k->err, "listening to the browser");
}

static void hand_out(ond__cdp *c, cJSON *message)
{
    const char *method = ond_json_str(message, "method", NULL);
    const cJSON *params = ond_json_get(message, "params");
    if (!method) {
        take_answer(c, message);
        return;
    }
    if (strcmp(method, "Target.detachedFromTarget") == 0)
        ond__cdp_fail_session(c, ond_json_str(params, "sessionId", ""), "the page was closed");
    c->handing = true;
    c->event(c->self, ond_json_str(message, "sessionId", ""), method, params);
    c->handing = false;
}

static void hand_out_all(ond__cdp *c)
{
    for (;;) {
        cJSON *message = NULL;
        if (ond__wire_next(c->wire, &message, NULL) != 0) set_gone(c, "out of memory");
        if (!message) return;
        hand_out(c, message);
        cJSON_Delete(message);
    }
}

/* Waits up to `ms` for something to come, and hands it out. */
static void turn(ond__cdp *c, int ms)
{
    struct pollfd p[3] = {
        {.fd = ond__wire_in(c->wire), .events = POLLIN},
        {.fd = ond__wire_out(c->wire), .events = POLLOUT},
        {.fd = c->life, .events = POLLIN},
    };
    ond_err err = {0};
    int n = poll(p, 3, ms);
    if (n <= 0) {
        if (n < 0 && errno != EINTR) set_gone(c, strerror(errno));
        return;
    }
    int rc = p[1].revents ? ond__wire_flush(c->wire, &err) : OND_OK;
    if (p[0].revents || p[2].revents || rc != 0) {
        int end = ond__wire_read(c->wire, &err); /* what it said last is heard first */
        hand_out_all(c);
        if (end != 0) rc = end;
    }
    if (rc != 0)
        set_gone(c, err.text);
    else if (p[2].revents)
        set_gone(c, "its process has ended");
}

ond__cdp_wait ond__cdp_until(ond__cdp *c, ond__cdp_holds *holds, void *self, uint64_t until)
{
    assert(!c->handing);
    for (;;) {
        if (holds(self)) return OND__WAIT_DONE;
        if (c->gone) return OND__WAIT_GONE;
        uint64_t now = ond_steady_us();
        if (now >= until) return OND__WAIT_LATE;
        uint64_t left = (until - now + 999) / 1000;
        turn(c, left > 60000 ? 60000 : (int)left);
    }
}

void ond__cdp_serve(ond__cdp *c)
{
    assert(!c->handing);
    if (!c->gone) turn(c, 0);
}

/* ---- taking ---- */

typedef struct waiting {
    const ond__cdp *c;
    int ticket;
} waiting;

static bool is_answered(void *self)
{
    const waiting *w = self;
    return ond__cdp_answered(w->c, w->ticket);
}

bool ond__cdp_answered(const ond__cdp *c, int ticket)
{
    const call *k = find(c, ticket);
    return !k || k->answered;
}

void ond__cdp_drop(ond__cdp *c, int ticket)
{
    call *k = find(c, ticket);
    if (k) remove_call(c, k);
}

int ond__cdp_take(ond__cdp *c, int ticket, cJSON **result, ond_err *err)
{
    if (result) *result = NULL;
    call *k = find(c, ticket);
    assert(k);
    waiting w = {c, ticket};
    char late[80];
    (void)ond__cdp_until(c, is_answered, &w, k->until);
    k = find(c, ticket); /* rows move */
    snprintf(late, sizeof late, "no answer within %.1f s", (double)k->limit / 1000);
    fail_call(k, OND_E_UNAVAILABLE, late);
    int rc = (int)k->err.code;
    if (rc != 0 && err) *err = k->err;
    if (rc == 0 && result) {
        *result = k->result;
        k->result = NULL;
    }
    remove_call(c, k);
    return rc;
}

int ond__cdp_call(ond__cdp *c, const char *session, const char *method, cJSON *params, ond_ms limit,
                  cJSON **result, ond_err *err)
{
    int ticket;
    if (result) *result = NULL;
    int rc = ond__cdp_send(c, session, method, params, limit, &ticket, err);
    return rc == 0 ? ond__cdp_take(c, ticket, result, err) : rc;
}
