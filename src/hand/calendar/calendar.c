/* calendar.c - the hand `calendar`: events and lists, as a tree of .ics files that other programs
 * can use, and a CalDAV server that it is kept in sync with.
 *
 * Configuration: {"dir": FOLDER, "default": NAME, "caldav": {"url": …}}; docs/hands/calendar.md. */
#include "hand/calendar/dav.h"
#include "hand/calendar/internal.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

void ond__cal_note(ond__cal *h, const char *text)
{
    if (h->note) h->note(h->self, text);
}

static void calendar_close(void *self)
{
    ond__cal *h = self;
    if (!h) return;
    ond__dav_close(h->dav);
    ond__cal_folders_free(h);
    ond__cal_zones_free(h);
    cJSON_Delete(h->told);
    free(h->root);
    free(h->normal);
    free(h);
}

static int set_root(ond__cal *h, const cJSON *config, ond_err *err)
{
    const char *dir = ond_json_str(config, "dir", ""),
               *normal = ond_json_str(config, "default", "");
    ond_buf path = {0};
    int rc = 0;
    if (dir[0])
        ond_buf_puts(&path, dir);
    else
        rc = ond_xdg_path(OND_XDG_DATA, "calendars", &path, err);
    while (path.n > 1 && path.p[path.n - 1] == '/') path.p[--path.n] = '\0';
    h->root = ond_buf_take(&path);
    if (normal[0]) h->normal = ond_str_dup(ond_str_of(normal));
    if (rc == 0 && (!h->root || (normal[0] && !h->normal)))
        rc = ond_nomem(err, "opening the calendar");
    return rc;
}

static int calendar_open(const ond_hand_env *env, void **self, ond_err *err)
{
    ond__cal *h = calloc(1, sizeof *h);
    *self = NULL;
    if (!h) return ond_nomem(err, "opening the calendar");
    snprintf(h->lang, sizeof h->lang, "%.7s", env->lang ? env->lang : "en");
    h->store = env->store;
    h->note = env->note;
    h->self = env->self;
    const cJSON *caldav = ond_json_get(env->config, "caldav");
    int rc = set_root(h, env->config, err);
    if (rc == 0 && ond_json_str(caldav, "url", "")[0]) rc = ond__dav_open(h, caldav, &h->dav, err);
    if (rc) {
        calendar_close(h);
        return rc;
    }
    *self = h;
    return OND_OK;
}

static int calendar_fd(void *self)
{
    ond__cal *h = self;
    return h->dav ? ond__dav_fd(h->dav) : -1;
}

static void calendar_service(void *self)
{
    ond__cal *h = self;
    if (h->dav) ond__dav_service(h->dav);
}

static uint64_t calendar_revision(void *self)
{
    (void)self;
    return 1;
}

/* What is kept, and what cannot be read. */
static void say_files(ond__cal *h, bool *ok, ond_buf *what)
{
    size_t events = 0, items = 0, bad = 0;
    ond_buf names = {0};
    for (size_t i = 0; i < h->n_folder; i++)
        for (size_t k = 0; k < h->folder[i].n; k++) {
            const ond__cal_entry *e = h->folder[i].v[k];
            if (!e->problem)
                e->todo ? items++ : events++;
            else if (++bad <= 5)
                ond_buf_printf(&names, "%s%s/%s (%s)", bad > 1 ? ", " : "", h->folder[i].name,
                               e->file, e->problem);
        }
    ond_buf_printf(what, "%zu events and %zu items in %s", events, items, h->root);
    if (bad)
        ond_buf_printf(what, "; %zu files are left as they are and skipped: %s%s", bad,
                       ond_buf_z(&names), bad > 5 ? ", …" : "");
    if (h->left_out)
        ond_buf_printf(what, "; %zu files beyond %d are not looked at", h->left_out,
                       CAL_ENTRIES_MAX);
    if (h->left_out) *ok = false;
    ond_buf_free(&names);
}

static cJSON *calendar_health(void *self)
{
    ond__cal *h = self;
    ond_buf what = {0};
    ond_err err = {0};
    bool ok = true;
    cJSON *health = cJSON_CreateObject();
    if (ond__cal_scan(h, &err) != 0) {
        ok = false;
        ond_buf_puts(&what, err.text);
    } else {
        say_files(h, &ok, &what);
    }
    if (h->dav) ond__dav_health(h->dav, &ok, &what);
    if (health && (!ond_json_set_bool(health, "ok", ok) ||
                   !ond_json_set_str(health, "what", ond_buf_z(&what)))) {
        cJSON_Delete(health);
        health = NULL;
    }
    ond_buf_free(&what);
    return health;
}

static int calendar_observe(void *self, const char *verb, const cJSON *args, cJSON **out,
                            ond_err *err)
{
    ond__cal *h = self;
    *out = NULL;
    if (strcmp(verb, "sync") == 0) {
        *out = cJSON_CreateObject();
        ond_ms since = 0;
        (void)!ond_iso_parse(ond_str_of(ond_json_str(args, "since", "")), "UTC", &since, NULL);
        return *out && ond_json_set_bool(*out, "synced", h->dav && ond__dav_synced(h->dav, since))
                   ? OND_OK
                   : ond_nomem(err, "looking at the calendar");
    }
    int rc = ond__cal_scan(h, err);
    return rc ? rc : ond__cal_observe(h, verb, args, out, err);
}

const ond_hand_def ond_hand_calendar = {
    .name = "calendar",
    .summary = "events and lists, as files and on a CalDAV server",
    .verbs = ond__cal_verbs,
    .open = calendar_open,
    .close = calendar_close,
    .fd = calendar_fd,
    .service = calendar_service,
    .revision = calendar_revision,
    .health = calendar_health,
    .plan = ond__cal_plan,
    .act = ond__cal_act,
    .observe = calendar_observe,
};
