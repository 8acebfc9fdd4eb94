/* service.c - an owner with its socket, in an event loop: what `ondol up` is, and a prompt where no
 * `ondol up` runs.
 *
 * One thread. A request is done whole before the next one is read, so tasks never mix. The hands'
 * descriptors are looked at again after everything that may change them (a reconnect makes a new
 * one). */
#include "daemon/internal.h"

#include "base/msg.h"
#include "base/utf8.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/sock.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define FDS 16
#define LOOK_MS 5000 /* between looks at descriptors and questions, where nothing else happens */

typedef struct question {
    char id[16];
    char text[256];
    char how[16]; /* to answer: "yes", or "1" where it asks which one */
    ond_ms expires;
} question;

struct ond_service {
    ond_owner_opts opts;
    ond_owner *owner;
    ond_loop *loop;
    ond_server *server;
    int fds[FDS];
    size_t n_fds;
    question *questions;
    size_t n_questions;
    int timer;
};

static void look(void *self);

ond_loop *ond_service_loop(ond_service *s)
{
    return s->loop;
}

static void note(ond_service *s, const char *text)
{
    if (s->opts.note) s->opts.note(s->opts.self, text);
}

/* ---- the hands' descriptors ---- */

static void watch_hands(ond_service *s);

static void hand_ready(void *self, int fd, unsigned events)
{
    (void)fd;
    (void)events;
    ond_service *s = self;
    if (s->owner->gate) ond_gate_service(s->owner->gate);
    watch_hands(s);
}

static bool has_fd(const int *fds, size_t n, int fd)
{
    for (size_t i = 0; i < n; i++)
        if (fds[i] == fd) return true;
    return false;
}

static void watch_hands(ond_service *s)
{
    int now[FDS];
    ond_err err;
    size_t n = s->owner->gate && s->owner->with_hands ? ond_gate_fds(s->owner->gate, now, FDS) : 0;
    for (size_t i = 0; i < s->n_fds; i++)
        if (!has_fd(now, n, s->fds[i])) ond_loop_unwatch(s->loop, s->fds[i]);
    for (size_t i = 0; i < n; i++)
        if (!has_fd(s->fds, s->n_fds, now[i]) &&
            ond_loop_watch(s->loop, now[i], OND_READABLE, hand_ready, s, &err) != 0)
            note(s, err.text);
    memcpy(s->fds, now, n * sizeof *now);
    s->n_fds = n;
}

/* The gate has closed its descriptors, and the same numbers may come back for others. */
static void unwatch_hands(ond_service *s)
{
    for (size_t i = 0; i < s->n_fds; i++) ond_loop_unwatch(s->loop, s->fds[i]);
    s->n_fds = 0;
}

/* ---- questions that wait ---- */

static bool read_questions(ond_service *s, question **out, size_t *n)
{
    cJSON *pending = s->owner->gate ? ond_gate_pending(s->owner->gate) : NULL;
    const cJSON *list = ond_json_get(pending, "pending"), *one;
    size_t most = cJSON_IsArray(list) ? (size_t)cJSON_GetArraySize(list) : 0;
    *n = 0;
    *out = calloc(most + 1, sizeof **out);
    cJSON_ArrayForEach(one, (*out ? list : NULL))
    {
        question *q = &(*out)[(*n)++];
        const char *text = ond_json_str(one, "question", "");
        size_t cut = ond_utf8_cut(ond_str_of(text), sizeof q->text - 1);
        snprintf(q->id, sizeof q->id, "%s", ond_json_str(one, "id", ""));
        snprintf(q->text, sizeof q->text, "%.*s", (int)cut, text);
        const cJSON *first = cJSON_GetArrayItem(ond_json_get(one, "choices"), 0);
        snprintf(q->how, sizeof q->how, "%s",
                 cJSON_IsString(first) && strcmp(first->valuestring, "yes") == 0 ? "yes" : "1");
        if (ond_iso_parse(ond_str_of(ond_json_str(one, "expires", "")), NULL, &q->expires, NULL) !=
            0)
            q->expires = INT64_MAX;
    }
    cJSON_Delete(pending);
    return *out != NULL;
}

static const question *find_question(const question *list, size_t n, const char *id)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(list[i].id, id) == 0) return &list[i];
    return NULL;
}

static void tell(ond_service *s, ond_msg msg, const question *q)
{
    ond_buf text = {0};
    OND_MSG(&text, msg, s->owner->lang, q->id, q->text, q->how);
    note(s, ond_buf_z(&text));
    ond_buf_free(&text);
}

/* Tells questions that are new (but those that our own caller has just been told), and those that
 * nobody answered in time. */
static void follow_questions(ond_service *s, bool tell_new)
{
    question *now;
    size_t n;
    if (!read_questions(s, &now, &n)) return;
    for (size_t i = 0; i < n; i++)
        if (tell_new && !find_question(s->questions, s->n_questions, now[i].id))
            tell(s, OND_M_UP_ASKS, &now[i]);
    for (size_t i = 0; i < s->n_questions; i++)
        if (!find_question(now, n, s->questions[i].id) && s->questions[i].expires <= ond_now())
            tell(s, OND_M_UP_EXPIRED, &s->questions[i]);
    free(s->questions);
    s->questions = now;
    s->n_questions = n;
}

/* When to look again: at the next expiry, or after a while. */
static ond_ms next_look(const ond_service *s)
{
    ond_ms wait = LOOK_MS, now = ond_now();
    for (size_t i = 0; i < s->n_questions; i++)
        if (s->questions[i].expires - now < wait) wait = s->questions[i].expires - now;
    return wait < 20 ? 20 : wait;
}

static void look_later(ond_service *s)
{
    ond_loop_cancel(s->loop, s->timer);
    s->timer = ond_loop_after(s->loop, next_look(s), look, s);
}

static void look(void *self)
{
    ond_service *s = self;
    s->timer = 0;
    if (s->owner->gate && s->owner->with_hands) ond_gate_service(s->owner->gate);
    watch_hands(s);
    follow_questions(s, true);
    look_later(s);
}

/* ---- requests ---- */

int ond_service_call(ond_service *s, const cJSON *request, const ond_asker *asker, cJSON **reply,
                     ond_err *err)
{
    bool reload = strcmp(ond_json_str(request, "call", ""), "reload") == 0;
    if (reload) unwatch_hands(s);
    int rc = ond_owner_call(s->owner, request, asker, reply, err);
    watch_hands(s);
    follow_questions(s, asker == NULL);
    look_later(s);
    return rc;
}

static void on_line(void *self, ond_peer *peer, cJSON *message)
{
    ond_service *s = self;
    cJSON *reply = NULL;
    ond_err err = {0};
    if (ond_service_call(s, message, NULL, &reply, &err) != 0 && !reply)
        ond_peer_close(peer); /* out of memory: the client hears that we went away */
    else
        ond_peer_send(peer, reply);
    cJSON_Delete(reply);
}

static void on_gone(void *self, ond_peer *peer)
{
    (void)self;
    (void)peer;
}

/* ---- opening ---- */

static int open_socket(ond_service *s, ond_err *err)
{
    ond_buf path = {0}, folder = {0};
    int rc;
    OND_TRY(ond_xdg_path(OND_XDG_RUNTIME, "", &folder, err));
    OND_TRY(ond_dir_make(ond_buf_z(&folder), 0700, err));
    OND_TRY(ond__socket_path(&path, err));
    OND_TRY(ond_server_open(s->loop, ond_buf_z(&path), on_line, on_gone, s, &s->server, err));
out:
    ond_buf_free(&path);
    ond_buf_free(&folder);
    return rc;
}

/* A short-lived verb may hold the store just now; one that serves, or does not end, is told. */
static int open_owner(ond_service *s, ond_err *err)
{
    ond__patience patience = {0};
    int rc, fd;
    do {
        rc = ond_owner_open(&s->opts, &s->owner, err);
        if (rc != OND_E_BUSY) return rc;
        if (ond__socket_dial(&fd, NULL) == 0) {
            close(fd);
            return rc;
        }
    } while (ond__patience_pause(&patience));
    return rc;
}

int ond_service_open(const ond_owner_opts *opts, ond_service **out, ond_err *err)
{
    int rc;
    *out = NULL;
    ond_service *s = calloc(1, sizeof *s);
    if (!s) return ond_nomem(err, "starting");
    s->opts = *opts;
    s->opts.can_wait = true;
    OND_TRY(open_owner(s, err));
    OND_TRY(ond_loop_open(&s->loop, err));
    OND_TRY(ond__owner_need(s->owner, OND__AGENT, err));
    OND_TRY(open_socket(s, err));
    look(s);
    *out = s;
    return OND_OK;
out:
    ond_service_close(s);
    return rc;
}

/* The socket goes first: who comes now finds nobody and waits for the store. */
void ond_service_close(ond_service *s)
{
    if (!s) return;
    ond_server_close(s->server);
    if (s->loop) unwatch_hands(s);
    ond_owner_close(s->owner);
    ond_loop_close(s->loop);
    free(s->questions);
    free(s);
}

/* ---- `ondol up` ---- */

static void on_stop(void *self, int signo)
{
    (void)signo;
    ond_service *s = self;
    ond_loop_stop(s->loop);
}

static void on_reload(void *self, int signo)
{
    (void)signo;
    ond_service *s = self;
    ond_err err = {0};
    ond_buf text = {0};
    unwatch_hands(s);
    if (ond__owner_reload(s->owner, &err) != 0)
        OND_MSG(&text, OND_M_UP_NOT_RELOADED, s->owner->lang, err.text);
    else
        OND_MSG(&text, OND_M_UP_RELOADED, s->owner->lang, ond_config_path(s->owner->config));
    note(s, ond_buf_z(&text));
    ond_buf_free(&text);
    look(s);
}

static void tell_ready(ond_service *s)
{
    ond_buf text = {0}, path = {0};
    ond_err err;
    if (ond__socket_path(&path, &err) == 0)
        OND_MSG(&text, OND_M_UP_READY, s->owner->lang, ond_buf_z(&path));
    note(s, ond_buf_z(&text));
    ond_buf_free(&text);
    ond_buf_free(&path);
}

int ond_up(const ond_owner_opts *opts, ond_err *err)
{
    ond_service *s = NULL;
    int rc;
    signal(SIGPIPE, SIG_IGN);
    OND_TRY(ond_service_open(opts, &s, err));
    OND_TRY(ond_loop_signal(s->loop, SIGINT, on_stop, s, err));
    OND_TRY(ond_loop_signal(s->loop, SIGTERM, on_stop, s, err));
    OND_TRY(ond_loop_signal(s->loop, SIGHUP, on_reload, s, err));
    tell_ready(s);
    ond_loop_run(s->loop);
out:
    ond_service_close(s);
    return rc;
}
