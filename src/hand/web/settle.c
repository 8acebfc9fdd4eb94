/* settle.c - waiting for the end of an action.
 *
 * Two looks at the same thing. From outside: documents, requests and dialogs, as events tell
 * (tab.c). From inside: changes, timers and animations (watch.c), asked with one call whose answer
 * comes when the page is quiet. Chromium sends what happened in a page in order, so that a request
 * or a navigation which the action began is known here before that answer. */
#include "hand/web/settle.h"

#include "sys/clock.h"

#include <stdio.h>

enum { ROUNDS = 8 }; /* a page that asks its server again and again is not waited for longer */

typedef struct settling {
    ond__tab *t;
    const ond__mark *m;
    uint64_t until;
    int ticket[2]; /* the page, the frame that is acted in */
} settling;

const char *ond__settled_name(ond__settled_how how)
{
    static const char *const names[] = {"frame", "quiet", "restless", "late", "dialog", "closed"};
    return names[how];
}

/* ---- before ---- */

static int mark(ond__tab *t, const char *frame, ond_err *err)
{
    cJSON *one = NULL;
    int rc = OND_E_STALE;
    /* a document that is just taking the place of another is marked when it is there */
    for (int tries = 0; rc == OND_E_STALE && !t->gone && tries < 3; tries++) {
        rc = ond__tab_eval(t, frame, "ondol.mark()", 0, &one, err);
        cJSON_Delete(one);
    }
    return rc;
}

int ond__settle_begin(ond__tab *t, const char *frame, ond__mark *m, ond_err *err)
{
    bool both = frame && frame[0] && strcmp(frame, t->target) != 0;
    *m = (ond__mark){0};
    int rc = mark(t, NULL, err);
    if (rc == 0 && both) rc = mark(t, frame, err);
    if (rc != 0) return rc;
    if (both) snprintf(m->frame, sizeof m->frame, "%s", frame);
    m->at = ond_steady_us();
    m->navigations = t->n_navigations;
    m->requests = t->n_requests_all;
    m->dialogs = t->n_dialogs;
    return OND_OK;
}

/* ---- from outside ---- */

static bool is_over(const ond__tab *t)
{
    return t->gone || t->crashed || ond__cdp_gone(t->cdp);
}

static bool dialog_is_open(const ond__tab *t)
{
    const ond__dialog *d = ond__tab_last_dialog(t);
    return d && d->open;
}

static bool works_outside(const settling *r)
{
    return ond__tab_loading(r->t) || ond__tab_pending(r->t, r->m->at) > 0;
}

static bool outside_is_done(void *self)
{
    const settling *r = self;
    return is_over(r->t) || dialog_is_open(r->t) || !works_outside(r);
}

/* ---- from inside ---- */

static bool inside_is_done(void *self)
{
    const settling *r = self;
    if (is_over(r->t) || dialog_is_open(r->t)) return true;
    for (int i = 0; i < 2; i++)
        if (r->ticket[i] && !ond__cdp_answered(r->t->cdp, r->ticket[i])) return false;
    return true;
}

static ond__settled_how how_of(const char *name)
{
    for (int i = 0; i < 4; i++)
        if (strcmp(name, ond__settled_name((ond__settled_how)i)) == 0) return (ond__settled_how)i;
    return OND__SETTLED_LATE;
}

/* Takes both answers; OND_E_STALE: a document has gone meanwhile. The worse of both counts. */
static int take_answers(settling *r, ond__settled *out, ond_err *err)
{
    int rc = OND_OK;
    out->how = OND__SETTLED_FRAME;
    out->changes = 0;
    for (int i = 0; i < 2; i++) {
        cJSON *answer = NULL;
        if (!r->ticket[i]) continue;
        if (!ond__cdp_answered(r->t->cdp, r->ticket[i])) {
            ond__cdp_drop(r->t->cdp, r->ticket[i]);
            out->how = OND__SETTLED_LATE;
            continue;
        }
        int one = ond__tab_eval_take(r->t, r->ticket[i], &answer, err);
        ond__settled_how how = how_of(ond_json_str(answer, "how", "late"));
        if (how > out->how) out->how = how;
        double changes = ond_json_num(answer, "changes", 0);
        if (changes > 0 && changes < 1e9) out->changes += (unsigned)changes;
        cJSON_Delete(answer);
        if (rc == 0) rc = one;
    }
    return rc;
}

static int ask_inside(settling *r, bool busy, ond__settled *out, ond_err *err)
{
    char ask[80];
    uint64_t now = ond_steady_us(), left = r->until > now ? (r->until - now) / 1000 : 0;
    snprintf(ask, sizeof ask, "ondol.quiet(%s, %u)", busy ? "true" : "false", (unsigned)left);
    r->ticket[0] = r->ticket[1] = 0;
    int rc = ond__tab_eval_send(r->t, NULL, ask, (ond_ms)left + 2000, &r->ticket[0], err);
    if (rc == 0 && r->m->frame[0] && ond__tab_frame(r->t, r->m->frame))
        (void)!ond__tab_eval_send(r->t, r->m->frame, ask, (ond_ms)left + 2000, &r->ticket[1], NULL);
    if (rc == 0) (void)ond__cdp_until(r->t->cdp, inside_is_done, r, r->until + 500000);
    int taken = take_answers(r, out, err);
    return rc ? rc : taken;
}

/* ---- after ---- */

/* One look from both sides. True when all is said. */
static bool look(settling *r, bool *busy, ond__settled *out, int *rc, ond_err *err)
{
    ond__tab *t = r->t;
    if (works_outside(r)) {
        *busy = true;
        (void)ond__cdp_until(t->cdp, outside_is_done, r, r->until);
    }
    out->how = OND__SETTLED_LATE;
    if (is_over(t) || dialog_is_open(t) || ond_steady_us() >= r->until) return true;
    unsigned requests = t->n_requests_all, navigations = t->n_navigations;
    *rc = ask_inside(r, *busy, out, err);
    if (is_over(t) || dialog_is_open(t)) return true;
    bool moved = *rc == OND_E_STALE || works_outside(r) || t->n_requests_all != requests ||
                 t->n_navigations != navigations;
    if (moved || (!*busy && t->n_requests_all != r->m->requests)) {
        *rc = OND_OK;
        *busy = true;
        return false;
    }
    return true;
}

int ond__settle_wait(ond__tab *t, const ond__mark *m, ond_ms limit, ond__settled *out, ond_err *err)
{
    uint64_t begin = ond_steady_us();
    settling r = {
        .t = t, .m = m, .until = begin + (uint64_t)(limit > 0 ? limit : OND__SETTLE_MS) * 1000};
    bool busy = t->n_navigations != m->navigations || t->n_requests_all != m->requests;
    int rc = OND_OK, rounds = 0;
    *out = (ond__settled){.how = OND__SETTLED_LATE};
    while (!look(&r, &busy, out, &rc, err) && ond_steady_us() < r.until)
        if (++rounds == ROUNDS) {
            out->how = OND__SETTLED_RESTLESS;
            break;
        }
    if (ond__cdp_gone(t->cdp))
        return ond_fail(err, OND_E_UNAVAILABLE, "the browser has gone (%s)", ond__cdp_why(t->cdp));
    if (is_over(t))
        out->how = OND__SETTLED_CLOSED;
    else if (dialog_is_open(t))
        out->how = OND__SETTLED_DIALOG;
    else if (rc != 0)
        return rc;
    out->navigations = t->n_navigations - m->navigations;
    out->requests = t->n_requests_all - m->requests;
    out->dialogs = t->n_dialogs - m->dialogs;
    out->us = ond_steady_us() - begin;
    return OND_OK;
}
