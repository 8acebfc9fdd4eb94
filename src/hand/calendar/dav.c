/* dav.c - when the sync runs: on the verb, in `ondol up` every so often and a little after
 * something changed here.
 *
 * The sync goes on by itself from the loop's descriptor; nothing here blocks but the verb, within
 * its limit. A server that is away is told once, and once when it is back. */
#include "hand/calendar/dav_room.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIRST_MS = 2000, SOON_MS = 5000, INTERVAL_MIN = 15 };

struct ond__dav {
    ond__cal *h;
    char *url, *user, *password;
    ond_loop *loop;
    ond__dav_http *http;
    ond__dav_job *job;
    ond__dav_find find; /* a probe: only looks what there is */
    bool probe, probed;
    int interval_min, timer;
    ond_ms began, synced; /* start of the job, and of the last that ended well */
    bool away;            /* told */
    bool wanted;          /* something changed here while a job ran */
    ond_err err;          /* of the last, code 0 where it went well */
    cJSON *report;        /* of the last */
};

/* ---- reports ---- */

static cJSON *report_json(ond__dav_report *r)
{
    cJSON *o = cJSON_CreateObject();
    bool ok = o && ond_json_set_bool(o, "synced", true) &&
              ond_json_set_num(o, "pulled", r->pulled) &&
              ond_json_set_num(o, "pushed", r->pushed) &&
              ond_json_set_num(o, "removed_here", r->removed_here) &&
              ond_json_set_num(o, "removed_there", r->removed_there) &&
              ond_json_set_num(o, "calendars_made", r->folders) &&
              ond_json_set(o, "conflicts", cJSON_Duplicate(r->conflicts, true)) &&
              ond_json_set(o, "kept", cJSON_Duplicate(r->kept, true)) &&
              ond_json_set(o, "failed", cJSON_Duplicate(r->failed, true));
    if (ok) return o;
    cJSON_Delete(o);
    return NULL;
}

static void say_away(ond__dav *v)
{
    ond_buf text = {0};
    if (v->away) return;
    v->away = true;
    OND_MSG(&text, OND_M_CAL_AWAY, v->h->lang, v->err.text);
    ond__cal_note(v->h, ond_buf_z(&text));
    ond_buf_free(&text);
}

static void say_back(ond__dav *v)
{
    if (v->away) ond__cal_note(v->h, ond_msg_text(OND_M_CAL_BACK, v->h->lang));
    v->away = false;
}

/* ---- running ---- */

static void on_time(void *self);

static void plan_next(ond__dav *v, ond_ms ms)
{
    ond_loop_cancel(v->loop, v->timer);
    v->timer = ond_loop_after(v->loop, ms, on_time, v);
}

/* Takes the job down, if it has ended. */
static bool settle(ond__dav *v)
{
    int rc;
    if (!v->job || !ond__dav_job_ended(v->job, &rc, &v->err)) return !v->job;
    cJSON_Delete(v->report);
    v->report = report_json(ond__dav_job_report(v->job));
    ond__dav_job_free(v->job);
    v->job = NULL;
    if (rc == 0) {
        v->err = (ond_err){0};
        v->synced = v->began;
        say_back(v);
    } else {
        say_away(v);
    }
    plan_next(v, rc == 0 && v->wanted ? SOON_MS : (ond_ms)v->interval_min * 60000);
    v->wanted = false;
    return true;
}

static int begin(ond__dav *v, ond_err *err)
{
    if (v->job) return OND_OK;
    int rc = v->http ? 0 : ond__dav_http_open(v->loop, v->user, v->password, &v->http, err);
    v->began = ond_now();
    return rc ? rc : ond__dav_job_start(v->h, v->http, v->url, &v->job, err);
}

static void on_probed(void *self, int rc, const ond_err *err)
{
    ond__dav *v = self;
    v->probed = true;
    v->err = (ond_err){0};
    if (rc) v->err = *err;
}

static void on_time(void *self)
{
    ond__dav *v = self;
    ond_err err = {0};
    int rc;
    v->timer = 0;
    if (!v->probe)
        rc = begin(v, &err);
    else {
        rc = ond__dav_http_open(v->loop, v->user, v->password, &v->http, &err);
        v->find = (ond__dav_find){.http = v->http, .url = v->url, .done = on_probed, .self = v};
        if (rc == 0) rc = ond__dav_find_start(&v->find, &err);
        if (rc) on_probed(v, rc, &err);
        return;
    }
    if (rc) {
        v->err = err;
        say_away(v);
        plan_next(v, (ond_ms)v->interval_min * 60000);
    }
}

int ond__dav_run(ond__cal *h, ond_act *a, ond_ms limit_ms)
{
    ond__dav *v = h->dav;
    uint64_t until = ond_steady_us() + (uint64_t)(limit_ms > 0 ? limit_ms : 0) * 1000;
    int rc = begin(v, &a->err);
    if (rc) return rc;
    while (!settle(v)) {
        uint64_t now = ond_steady_us();
        if (now >= until) {
            a->done = OND_DONE_UNVERIFIED;
            ond_fail(&a->err, OND_E_UNVERIFIED,
                     "the sync takes longer than %g s; it goes on where it stopped the next time",
                     (double)limit_ms / 1000);
            return OND_OK;
        }
        ond_loop_turn(v->loop, (ond_ms)((until - now) / 1000 + 1));
    }
    if (v->err.code) {
        a->err = v->err;
        return v->err.code;
    }
    a->after = v->report ? cJSON_Duplicate(v->report, true) : NULL;
    return OND_OK;
}

void ond__dav_soon(ond__cal *h)
{
    if (!h->dav || h->dav->probe) return;
    if (h->dav->job)
        h->dav->wanted = true;
    else
        plan_next(h->dav, SOON_MS);
}

int ond__dav_fd(ond__dav *v)
{
    return ond_loop_fd(v->loop);
}

void ond__dav_service(ond__dav *v)
{
    ond_loop_turn(v->loop, 0);
    settle(v);
}

bool ond__dav_synced(const ond__dav *v, ond_ms since)
{
    return v->synced && v->synced >= since;
}

/* ---- health ---- */

static void say_found(const ond__dav *v, ond_buf *what)
{
    ond_buf_printf(what, "; %zu calendars at %s", v->find.found.n, v->url);
    for (size_t i = 0; i < v->find.found.n && i < 20; i++) {
        const ond__dav_coll *c = &v->find.found.v[i];
        ond_buf last = {0};
        ond__dav_last(c->url, &last);
        ond_buf_printf(what, "%s%s (%s)", i ? ", " : ": ", c->name ? c->name : ond_buf_z(&last),
                       c->events && c->todos ? "events, tasks"
                       : c->todos            ? "tasks"
                                             : "events");
        ond_buf_free(&last);
    }
}

void ond__dav_health(const ond__dav *v, bool *ok, ond_buf *what)
{
    if (v->err.code) {
        *ok = false;
        ond_buf_printf(what, "; %s", v->err.text);
    } else if (v->probe) {
        *ok = v->probed;
        if (v->probed)
            say_found(v, what);
        else
            ond_buf_puts(what, "; the calendar server has not answered yet");
    } else if (v->synced) {
        ond_buf_printf(what, "; in sync with %s since ", v->url);
        ond_iso_put(what, v->synced, ond_zone());
        int failed = cJSON_GetArraySize(ond_json_get(v->report, "failed"));
        if (failed)
            ond_buf_printf(what, ", but for %d entries or calendars: %s", failed,
                           ond_json_str(ond_json_get(v->report, "failed")->child, "what", ""));
    } else {
        ond_buf_printf(what, "; not in sync with %s yet", v->url);
    }
}

/* ---- opening ---- */

int ond__dav_open(ond__cal *h, const cJSON *config, ond__dav **out, ond_err *err)
{
    ond__dav *v = calloc(1, sizeof *v);
    *out = NULL;
    if (!v) return ond_nomem(err, "opening the calendar");
    v->h = h;
    v->url = ond_str_dup(ond_str_of(ond_json_str(config, "url", "")));
    v->user = ond_str_dup(ond_str_of(ond_json_str(config, "user", "")));
    v->password = ond_str_dup(ond_str_of(ond_json_str(config, "password", "")));
    v->interval_min = (int)ond_json_num(config, "interval_minutes", INTERVAL_MIN);
    v->probe = ond_json_bool(config, "probe", false);
    h->plain_dav = ond_json_bool(config, "plain", false);
    ond_buf origin = {0};
    int rc = v->url && v->user && v->password ? 0 : ond_nomem(err, "opening the calendar");
    if (rc == 0 && !ond__dav_origin(v->url, &origin))
        rc = ond_fail(
            err, OND_E_CONFIG,
            "'%.100s' is no address of a CalDAV server: write it like https://dav.example.org/",
            v->url);
    ond_buf_free(&origin);
    if (rc == 0) rc = ond_loop_open(&v->loop, err);
    if (rc) {
        ond__dav_close(v);
        return rc;
    }
    plan_next(v, v->probe ? 0 : FIRST_MS);
    *out = v;
    return OND_OK;
}

void ond__dav_close(ond__dav *v)
{
    if (!v) return;
    ond__dav_job_free(v->job);
    if (v->http) ond__dav_http_stop(v->http);
    ond__dav_find_free(&v->find);
    ond__dav_http_close(v->http);
    ond_loop_close(v->loop);
    free(v->url);
    free(v->user);
    if (v->password) explicit_bzero(v->password, strlen(v->password));
    free(v->password);
    cJSON_Delete(v->report);
    free(v);
}

int ond__cal_sync_plan(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    ond_hand_step *s = &w->step;
    ond_buf now = {0};
    ond_ms since = ond_now();
    if (!h->dav)
        return ond_fail(err, OND_E_UNAVAILABLE,
                        "no calendar server is set up: `ondol setup calendar` does it");
    const char *given = ond_json_str(args, "since", "");
    if (given[0] && ond_iso_parse(ond_str_of(given), "UTC", &since, err) != 0)
        return err ? err->code : OND_E_INPUT;
    ond_iso_put(&now, since, "UTC");
    w->syncs = true;
    w->judged = true;
    s->before = cJSON_CreateObject();
    s->expect = cJSON_CreateObject();
    bool ok = s->before && s->expect && ond_buf_ok(&now) &&
              ond_json_set_bool(s->before, "synced", false) &&
              ond_json_set_bool(s->expect, "synced", true) &&
              (given[0] || ond_json_set_str(s->args, "since", ond_buf_z(&now))) &&
              ond__cal_work_says(w, OND_M_CAL_SYNC, NULL, NULL, 0);
    ond_buf_free(&now);
    return ok ? OND_OK : ond_nomem(err, "planning");
}
