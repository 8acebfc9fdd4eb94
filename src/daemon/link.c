/* link.c - reaches the owner of the house: the process that serves the socket, or one opened here.
 *
 * Order: the socket; else the store; where the store is held by another process, both again, with
 * growing pauses, for a few seconds: it is either a short-lived verb like this one, or an owner
 * that has not opened its socket yet. */
#include "daemon/internal.h"

#include "sys/clock.h"
#include "sys/sock.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define WAIT_MS 3000
#define FIRST_PAUSE_MS 5
#define LONGEST_PAUSE_MS 200

struct ond_link {
    ond_link_opts opts;
    ond_owner *owner; /* opened here */
    int fd;           /* to an owner elsewhere, or -1 */
    ond_buf carry;
    bool via_up;
};

int ond_link_open(const ond_link_opts *opts, ond_link **out, ond_err *err)
{
    *out = calloc(1, sizeof **out);
    if (!*out) return ond_nomem(err, "reaching the house");
    (*out)->opts = *opts;
    (*out)->fd = -1;
    return OND_OK;
}

void ond_link_rest(ond_link *l)
{
    ond_owner_close(l->owner);
    l->owner = NULL;
    if (l->fd >= 0) close(l->fd);
    l->fd = -1;
    ond_buf_free(&l->carry);
}

void ond_link_close(ond_link *l)
{
    if (!l) return;
    ond_link_rest(l);
    free(l);
}

bool ond_link_via_up(const ond_link *l)
{
    return l->via_up;
}

/* ---- getting there ---- */

int ond__socket_dial(int *fd, ond_err *err)
{
    ond_buf path = {0};
    int rc = ond__socket_path(&path, err);
    if (rc == 0) rc = ond_sock_connect(ond_buf_z(&path), fd, err);
    if (rc != 0) *fd = -1;
    ond_buf_free(&path);
    return rc;
}

bool ond__patience_pause(ond__patience *p)
{
    uint64_t now = ond_steady_us();
    if (p->began == 0) *p = (ond__patience){now, p->limit ? p->limit : WAIT_MS, FIRST_PAUSE_MS};
    if ((ond_ms)((now - p->began) / 1000) >= p->limit) return false;
    struct timespec t = {p->pause / 1000, p->pause % 1000 * 1000000};
    nanosleep(&t, NULL);
    p->pause = p->pause * 2 < LONGEST_PAUSE_MS ? p->pause * 2 : LONGEST_PAUSE_MS;
    return true;
}

static int too_busy(ond_err *err)
{
    ond_err holder = *err;
    return ond_fail(err, OND_E_BUSY,
                    "another Ondol is at work and does not end (%s): wait for it, or end it",
                    holder.text);
}

static int get_there(ond_link *l, ond_err *err)
{
    ond__patience patience = {.limit = l->opts.wait_ms};
    int rc;
    do {
        if (!l->opts.never_up) {
            rc = ond__socket_dial(&l->fd, err);
            if (l->opts.only_up || (rc != OND_E_UNAVAILABLE && rc != OND_E_NOT_FOUND)) return rc;
        }
        rc = ond_owner_open(&l->opts.owner, &l->owner, err);
        if (rc != OND_E_BUSY) return rc;
    } while (ond__patience_pause(&patience));
    return too_busy(err);
}

/* ---- calls to an owner elsewhere ---- */

static int reply_code(const cJSON *reply, ond_err *err)
{
    const cJSON *error = ond_json_get(reply, "error");
    const char *name = ond_json_str(error, "code", NULL);
    if (!name) return OND_OK;
    for (int code = 1; code < OND_CODE_COUNT; code++)
        if (strcmp(ond_code_name(code), name) == 0)
            return ond_fail(err, (ond_code)code, "%s",
                            ond_json_str(error, "text", ond_code_text(code)));
    return ond_fail(err, OND_E_FAILED, "%s", ond_json_str(error, "text", "failed"));
}

static int gone(ond_link *l, bool sent, ond_err *err)
{
    close(l->fd);
    l->fd = -1;
    ond_buf_free(&l->carry);
    if (sent)
        return ond_fail(err, OND_E_UNAVAILABLE,
                        "`ondol up` ended before it answered: `ondol log` says what was done");
    return ond_fail(err, OND_E_UNAVAILABLE, "`ondol up` has ended: try again");
}

static int call_there(ond_link *l, const cJSON *request, cJSON **reply, ond_err *err)
{
    *reply = NULL;
    if (ond_sock_send(l->fd, request, err) != 0) return gone(l, false, err);
    if (ond_sock_receive(l->fd, -1, &l->carry, reply, err) != 0) return gone(l, true, err);
    return reply_code(*reply, err);
}

/* ---- asking here what an owner elsewhere asks ---- */

static cJSON *answer_request(const cJSON *former, const char *id, const char *answer)
{
    static const char *const kept[] = {"now", "tz", "ui"};
    cJSON *r = cJSON_CreateObject();
    bool ok = r && ond_json_set_str(r, "call", "answer") && ond_json_set_str(r, "id", id) &&
              ond_json_set_str(r, "answer", answer);
    for (size_t i = 0; i < sizeof kept / sizeof *kept && ok; i++) {
        const cJSON *value = ond_json_get(former, kept[i]);
        if (value) ok = ond_json_set(r, kept[i], cJSON_Duplicate(value, true));
    }
    if (ok) return r;
    cJSON_Delete(r);
    return NULL;
}

/* Where the reply waits for consent, asks the person here and sends the answer, whose reply takes
 * its place. */
static int ask_here(ond_link *l, const cJSON *request, cJSON **reply, int rc, ond_err *err)
{
    const cJSON *ask = ond_json_get(ond_json_get(*reply, "report"), "ask");
    const char *id = ond_json_str(ask, "id", NULL);
    if (rc != OND_E_ASK || !id || !l->opts.asker.consent) return rc;
    ond_consent consent = l->opts.asker.consent(l->opts.asker.self, ask);
    if (consent == OND_CONSENT_LATER) return rc;
    cJSON *second = answer_request(request, id, consent == OND_CONSENT_YES ? "yes" : "no");
    if (!second) return ond_nomem(err, "answering");
    cJSON_Delete(*reply);
    rc = call_there(l, second, reply, err);
    cJSON_Delete(second);
    return rc;
}

int ond_link_call(ond_link *l, const cJSON *request, cJSON **reply, ond_err *err)
{
    ond_err local = {0};
    if (!err) err = &local;
    *reply = NULL;
    if (!l->owner && l->fd < 0) {
        int rc = get_there(l, err);
        if (rc != 0) return rc;
    }
    l->via_up = l->fd >= 0;
    if (!l->via_up) return ond_owner_call(l->owner, request, &l->opts.asker, reply, err);
    if (l->opts.owner.house)
        return ond_fail(err, OND_E_USAGE,
                        "--house has no meaning while `ondol up` runs: start that one with it");
    return ask_here(l, request, reply, call_there(l, request, reply, err), err);
}
