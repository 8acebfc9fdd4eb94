/* act.c - lets all acts begin together, then waits until the world shows each, or time is up.
 *
 * The built-in house takes a command at once; a device on the broker answers when it likes. An act
 * that finds the world as wanted sends nothing and says so. */
#include "hand/home/internal.h"
#include "sys/clock.h"

#include <stdlib.h>

typedef struct job {
    ond_act *act;
    bool waiting; /* sent, not shown yet */
    bool house;   /* changes the built-in house */
} job;

static void fail(ond_act *a)
{
    a->done = OND_DONE_FAILED;
    if (a->err.code == 0) ond_fail(&a->err, OND_E_FAILED, "it could not be done");
}

static int see(ond__home *h, const ond_act *a, cJSON **out, ond_err *err)
{
    ond__view v;
    int rc = ond__home_find(h, ond_json_str(a->args, "entity", ""), &v, err);
    return rc ? rc : ond__home_observe(h, &v, ond_json_get(a->args, "attributes"), out, err);
}

/* Gives one device its attributes. */
static int give(ond__home *h, const ond__view *v, const cJSON *attributes, job *j, ond_err *err)
{
    if (!v->available) return ond_fail(err, OND_E_UNAVAILABLE, "%s is not reachable", v->id);
    if (v->device) return ond__broker_set(h->broker, v->device, attributes, err);
    j->house = true;
    return ond_house_set(h->house, v->id, attributes, err);
}

static int give_all(ond__home *h, const ond__view *v, const cJSON *attributes, job *j, ond_err *err)
{
    const cJSON *members = ond_json_get(attributes, "members");
    if (!members) return give(h, v, attributes, j, err);
    for (const cJSON *m = members->child; m; m = m->next) {
        ond__view one;
        int rc = ond__home_find(h, m->string, &one, err);
        if (rc == 0) rc = give(h, &one, m, j, err);
        if (rc != 0) return rc;
    }
    return OND_OK;
}

static bool already(const ond__view *v, const ond__want *w, const ond_act *a, const cJSON *now)
{
    bool moving = ond__moves(ond_json_str(v->state, "state", ""));
    if (strcmp(ond_json_str(w->attributes, "state", ""), "stopped") == 0)
        return !moving && !v->blind;
    if (moving || w->no_undo || v->blind || ond__ends_preset(v, w->attributes) || !a->expect ||
        !a->expect->child)
        return false;
    return ond__shows_exactly(a->expect, now);
}

static int begin(ond__home *h, job *j, ond_err *err)
{
    ond_act *a = j->act;
    ond__view v;
    ond__want w = {0};
    cJSON *now = NULL;
    int rc = 0;
    OND_TRY(ond__home_find(h, ond_json_str(a->args, "entity", ""), &v, err));
    OND_TRY(ond__want_make(h, &v, a->verb, a->args, &w, err));
    OND_TRY(ond__home_observe(h, &v, w.attributes, &now, err));
    a->done = OND_DONE_OK;
    if (!w.attributes->child) goto out;
    if (already(&v, &w, a, now)) {
        a->done = OND_DONE_ALREADY;
        goto out;
    }
    OND_TRY(give_all(h, &v, w.attributes, j, err));
    j->waiting = a->expect && a->expect->child;
out:
    cJSON_Delete(now);
    ond__want_free(&w);
    return rc;
}

/* True while something that was sent has not been shown. */
static bool look(ond__home *h, job *jobs, size_t n)
{
    bool waiting = false;
    for (size_t i = 0; i < n; i++) {
        cJSON *now = NULL;
        if (!jobs[i].waiting) continue;
        if (see(h, jobs[i].act, &now, NULL) == 0 &&
            ond_hand_shows(jobs[i].act->expect, now) != OND_SHOWS_NOT)
            jobs[i].waiting = false;
        cJSON_Delete(now);
        waiting = waiting || jobs[i].waiting;
    }
    return waiting;
}

static void wait_for(ond__home *h, job *jobs, size_t n, ond_ms limit_ms)
{
    uint64_t until = ond_steady_us() + (uint64_t)(limit_ms > 0 ? limit_ms : 0) * 1000;
    while (look(h, jobs, n)) {
        uint64_t now = ond_steady_us();
        if (now >= until || !h->broker || !ond__broker_up(h->broker)) return;
        ond__broker_turn(h->broker, (ond_ms)((until - now) / 1000 + 1));
    }
}

static void unverified(ond__home *h, ond_act *a, ond_ms limit_ms)
{
    const char *id = ond_json_str(a->args, "entity", "");
    a->done = OND_DONE_UNVERIFIED;
    if (h->broker && !ond__broker_up(h->broker))
        ond_fail(&a->err, OND_E_UNVERIFIED, "the broker %s went away before %s answered",
                 ond__broker_name(h->broker), id);
    else
        ond_fail(&a->err, OND_E_UNVERIFIED,
                 "%s did not answer within %g s; whether it has happened is not known", id,
                 (double)limit_ms / 1000);
}

/* A house whose state could not be kept goes back to what is kept. */
static int keep(ond__home *h, job *jobs, size_t n, const cJSON *former)
{
    bool house = false;
    ond_err err = {0};
    for (size_t i = 0; i < n; i++) house = house || jobs[i].house;
    if (!house || ond__house_save(h, &err) == 0) return OND_OK;
    if (former && ond_house_restore(h->house, former, NULL) != 0 && h->note)
        h->note(h->self, err.text);
    for (size_t i = 0; i < n; i++)
        if (jobs[i].house) {
            jobs[i].act->err = err;
            jobs[i].waiting = false;
            fail(jobs[i].act);
        }
    return err.code;
}

void ond__home_act(void *self, ond_act *acts, size_t n, ond_ms limit_ms)
{
    ond__home *h = self;
    job *jobs = calloc(n ? n : 1, sizeof *jobs);
    cJSON *former = jobs && h->house && h->store ? ond_house_save(h->house) : NULL;
    for (size_t i = 0; i < n; i++) {
        acts[i].after = NULL;
        acts[i].err = (ond_err){0};
        if (!jobs) {
            ond_nomem(&acts[i].err, "acting");
            fail(&acts[i]);
            continue;
        }
        jobs[i].act = &acts[i];
        if (begin(h, &jobs[i], &acts[i].err) != 0) fail(&acts[i]);
    }
    if (jobs) {
        (void)keep(h, jobs, n, former);
        wait_for(h, jobs, n, limit_ms);
    }
    for (size_t i = 0; i < n && jobs; i++) {
        if (jobs[i].waiting && acts[i].done == OND_DONE_OK) unverified(h, &acts[i], limit_ms);
        (void)see(h, &acts[i], &acts[i].after, NULL);
    }
    cJSON_Delete(former);
    free(jobs);
}
