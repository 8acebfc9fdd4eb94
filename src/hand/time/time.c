/* time.c - the hand `time`: timers, alarms and reminders.
 *
 * All state is in the store (space hand.time). Where the process stays (`ondol up`, a prompt), a
 * descriptor wakes it when something is due, and service() tells it (ring.c); elsewhere things are
 * kept, and ring with the next `ondol up`. */
#include "hand/time/internal.h"

#include <stdio.h>
#include <stdlib.h>

static void time_close(void *self)
{
    ond__time *h = self;
    if (!h) return;
    ond_notify_close(h->notify);
    ond_wake_close(h->wake);
    free(h);
}

static int time_open(const ond_hand_env *env, void **self, ond_err *err)
{
    *self = NULL;
    if (!env->store) return ond_fail(err, OND_E_UNAVAILABLE, "timers need a store");
    ond__time *h = calloc(1, sizeof *h);
    if (!h) return ond_nomem(err, "opening the hand time");
    snprintf(h->lang, sizeof h->lang, "%.7s", env->lang ? env->lang : "en");
    h->store = env->store;
    h->note = env->note;
    h->self = env->self;
    h->stays = env->stays;
    h->desktop = ond_json_bool(env->config, "notify", true);
    int rc = h->stays ? ond_wake_open(&h->wake, err) : OND_OK;
    if (rc == 0 && h->wake) ond_wake_set(h->wake, 0, OND_NEVER);
    if (rc != 0) {
        time_close(h);
        return rc;
    }
    *self = h;
    return OND_OK;
}

static int time_fd(void *self)
{
    ond__time *h = self;
    return h->wake ? ond_wake_fd(h->wake) : -1;
}

static void time_service(void *self)
{
    ond__time *h = self;
    if (h->stays) ond__time_ring_service(h);
}

static uint64_t time_revision(void *self)
{
    (void)self;
    return 0; /* it has no names in the world */
}

static cJSON *time_health(void *self)
{
    ond__time *h = self;
    cJSON *all = NULL, *health = cJSON_CreateObject();
    ond_err err = {0};
    ond_buf what = {0};
    int n[3] = {0, 0, 0}, rc = ond__time_item_all(h, OND__TIME_NONE, &all, &err);
    for (const cJSON *r = all ? all->child : NULL; r; r = r->next)
        n[ond__time_kind_of(ond_json_str(r, "id", ""))]++;
    if (rc != 0)
        ond_buf_puts(&what, err.text);
    else
        ond_buf_printf(&what, "timers %d, alarms %d, reminders %d%s", n[0], n[1], n[2],
                       h->stays ? "" : "; they ring only while `ondol up` runs");
    cJSON_Delete(all);
    bool ok = health && ond_json_set_bool(health, "ok", rc == 0) &&
              ond_json_set_str(health, "what", ond_buf_z(&what)) &&
              (h->stays || ond_json_set_bool(health, "needs_up", true));
    ond_buf_free(&what);
    if (ok) return health;
    cJSON_Delete(health);
    return NULL;
}

const ond_hand_def ond_hand_time = {
    .name = "time",
    .summary = "timers, alarms and reminders",
    .verbs = ond__time_verbs,
    .open = time_open,
    .close = time_close,
    .fd = time_fd,
    .service = time_service,
    .revision = time_revision,
    .health = time_health,
    .plan = ond__time_plan,
    .act = ond__time_act,
    .observe = ond__time_observe,
};
