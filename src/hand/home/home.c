/* home.c - the hand `home`: lights, curtains, locks, climate, … of the built-in house and of an
 * MQTT broker.
 *
 * Configuration: {"house": "" | "default" | "none" | FILE, "mqtt": {"host": …}};
 * docs/hands/home.md. The built-in house is brought up to now on every access, and kept in the
 * store (space hand.home, key house) after every change. */
#include "hand/home/internal.h"
#include "base/utf8.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

#define SPACE "hand.home"
#define HOUSE_BYTES (4u << 20)

/* ---- finding things ---- */

static void house_view(ond__home *h, const char *id, ond__view *out)
{
    const cJSON *row = ond_house_entity(h->house, id);
    *out = (ond__view){
        .id = ond_json_str(row, "id", ""),
        .domain = ond_json_str(row, "domain", ""),
        .cls = ond_json_str(row, "class", ""),
        .row = row,
        .limits = ond_json_get(row, "limits"),
        .state = ond_house_state(h->house, id),
        .available = true,
        .keeps_level = true,
    };
}

typedef struct near {
    const char *name[3];
    int distance[3];
} near;

static void try_near(near *n, const char *word, const char *name)
{
    int d = ond_utf8_distance(ond_str_of(word), ond_str_of(name), 12);
    const char *dot = strchr(name, '.');
    if (dot && strcmp(dot + 1, word) == 0) d = 0;
    for (int i = 0; i < 3; i++) {
        if (n->name[i] && d >= n->distance[i]) continue;
        for (int k = 2; k > i; k--) {
            n->name[k] = n->name[k - 1];
            n->distance[k] = n->distance[k - 1];
        }
        n->name[i] = name;
        n->distance[i] = d;
        return;
    }
}

static int not_found(ond__home *h, const char *id, ond_err *err)
{
    near n = {{0}, {0}};
    ond_buf b = {0};
    cJSON *world = NULL;
    if (ond__home_world(h, &world, NULL) == 0)
        for (const cJSON *e = ond_json_get(world, "entities")->child; e; e = e->next)
            try_near(&n, id, ond_json_str(e, "id", ""));
    for (int i = 0; i < 3; i++)
        if (n.name[i] && n.distance[i] <= 6)
            ond_buf_printf(&b, "%s%s", b.n ? ", " : "; near it: ", n.name[i]);
    int rc = ond_fail(err, OND_E_NOT_FOUND, "there is no device '%.128s'%s", id, ond_buf_z(&b));
    cJSON_Delete(world);
    ond_buf_free(&b);
    return rc;
}

int ond__home_find(ond__home *h, const char *id, ond__view *out, ond_err *err)
{
    if (h->house && ond_house_entity(h->house, id)) {
        ond_house_advance(h->house, ond_now());
        house_view(h, id, out);
        return OND_OK;
    }
    if (h->broker && ond__broker_find(h->broker, id, out)) return OND_OK;
    if (h->broker && !ond__broker_up(h->broker) && !ond__broker_each(h->broker, 0, out)) {
        ond_err nearest = {0};
        (void)not_found(h, id, &nearest);
        return ond_fail(err, OND_E_UNAVAILABLE, "the broker %s is not reachable, and besides %s",
                        ond__broker_name(h->broker), nearest.text);
    }
    return err ? not_found(h, id, err) : OND_E_NOT_FOUND;
}

const cJSON *ond__home_area(ond__home *h, const char *id)
{
    const cJSON *row = h->house && id[0] ? ond_house_area(h->house, id) : NULL;
    return row || !h->broker ? row : ond__broker_area(h->broker, id);
}

int ond__home_observe(ond__home *h, const ond__view *v, const cJSON *attributes, cJSON **out,
                      ond_err *err)
{
    const cJSON *asked = ond_json_get(attributes, "members");
    const cJSON *members = strcmp(v->domain, "scene") != 0 ? NULL
                           : asked                         ? asked
                                                           : ond_json_get(v->row, "members");
    cJSON *seen = members ? cJSON_CreateObject() : cJSON_Duplicate(v->state, true);
    cJSON *all = members && seen ? cJSON_AddObjectToObject(seen, "members") : NULL;
    bool ok = seen && (all || !members);
    for (const cJSON *m = ok && members ? members->child : NULL; m && ok; m = m->next) {
        ond__view one;
        if (ond__home_find(h, m->string, &one, NULL) == 0)
            ok = ond_json_set(all, m->string, cJSON_Duplicate(one.state, true));
    }
    if (!ok) {
        cJSON_Delete(seen);
        return ond_nomem(err, "looking at the house");
    }
    *out = seen;
    return OND_OK;
}

/* ---- the built-in house ---- */

int ond__house_save(ond__home *h, ond_err *err)
{
    if (!h->store || !h->house) return OND_OK;
    cJSON *saved = ond_house_save(h->house);
    if (!saved) return ond_nomem(err, "keeping the house");
    int rc = ond_store_put(h->store, SPACE, "house", saved, err);
    cJSON_Delete(saved);
    return rc;
}

static int read_house(ond__home *h, const char *path, ond_err *err)
{
    ond_buf text = {0};
    int rc = 0;
    if (strcmp(path, "") == 0 || strcmp(path, "default") == 0) {
        h->house_name = ond_str_dup(OND_S("built-in house"));
        return h->house_name
                   ? ond_house_open(ond_house_default(), "house/default.yaml", &h->house, err)
                   : ond_nomem(err, "opening the house");
    }
    h->house_name = ond_str_dup(ond_str_of(path));
    if (!h->house_name) return ond_nomem(err, "opening the house");
    OND_TRY(ond_file_read(path, HOUSE_BYTES, &text, err));
    OND_TRY(ond_house_open((ond_str){ond_buf_z(&text), text.n}, path, &h->house, err));
out:
    ond_buf_free(&text);
    return rc;
}

/* A saved state that cannot be read is no reason to stay out of the house: it begins as the YAML
 * says. */
static int restore_house(ond__home *h, ond_err *err)
{
    cJSON *saved = NULL;
    int rc = h->store ? ond_store_get(h->store, SPACE, "house", &saved, err) : OND_E_NOT_FOUND;
    if (rc == OND_OK && ond_house_restore(h->house, saved, err) != OND_OK && h->note)
        h->note(h->self, err->text);
    cJSON_Delete(saved);
    if (rc != OND_OK && rc != OND_E_NOT_FOUND) return rc;
    if (err) *err = (ond_err){0};
    ond_house_advance(h->house, ond_now());
    return OND_OK;
}

static int open_house(ond__home *h, const cJSON *config, ond_err *err)
{
    const char *path = ond_json_str(config, "house", "");
    if (strcmp(path, "none") == 0) return OND_OK;
    int rc = read_house(h, path, err);
    return rc ? rc : restore_house(h, err);
}

/* ---- the hand ---- */

static void home_close(void *self)
{
    ond__home *h = self;
    if (!h) return;
    ond__broker_close(h->broker);
    ond_house_close(h->house);
    free(h->house_name);
    free(h);
}

static int home_open(const ond_hand_env *env, void **self, ond_err *err)
{
    *self = NULL;
    ond__home *h = calloc(1, sizeof *h);
    if (!h) return ond_nomem(err, "opening the hand home");
    snprintf(h->lang, sizeof h->lang, "%.7s", env->lang ? env->lang : "en");
    h->store = env->store;
    h->note = env->note;
    h->self = env->self;
    const cJSON *mqtt = ond_json_get(env->config, "mqtt");
    int rc = open_house(h, env->config, err);
    if (rc == 0 && ond_json_str(mqtt, "host", "")[0])
        rc = ond__broker_open(h, mqtt, &h->broker, err);
    if (rc != 0) {
        home_close(h);
        return rc;
    }
    *self = h;
    return OND_OK;
}

static int home_fd(void *self)
{
    ond__home *h = self;
    return h->broker ? ond__broker_fd(h->broker) : -1;
}

static void home_service(void *self)
{
    ond__home *h = self;
    if (h->broker) ond__broker_service(h->broker);
}

static int home_world(void *self, cJSON **out, ond_err *err)
{
    ond__home *h = self;
    if (h->house) ond_house_advance(h->house, ond_now());
    return ond__home_world(h, out, err);
}

static uint64_t home_revision(void *self)
{
    ond__home *h = self;
    return 1 + (h->broker ? ond__broker_revision(h->broker) : 0);
}

static cJSON *home_health(void *self)
{
    ond__home *h = self;
    cJSON *health = h->broker ? ond__broker_health(h->broker) : cJSON_CreateObject();
    cJSON *world = NULL;
    ond_buf what = {0};
    if (!h->broker && !ond_json_set_bool(health, "ok", true)) return health;
    if (h->house && ond__home_world(h, &world, NULL) == 0) {
        int n = 0;
        for (const cJSON *e = ond_json_get(world, "entities")->child; e; e = e->next)
            n += strcmp(ond_json_str(e, "source", ""), "house") == 0;
        ond_buf_printf(&what, "%s, %d devices", h->house_name, n);
    }
    const char *broker = ond_json_str(health, "what", "");
    ond_buf_printf(&what, "%s%s", what.n && broker[0] ? "; " : "", broker);
    (void)ond_json_set_str(health, "what", what.n ? ond_buf_z(&what) : "no house and no broker");
    ond_buf_free(&what);
    cJSON_Delete(world);
    return health;
}

static int home_observe(void *self, const char *verb, const cJSON *args, cJSON **out, ond_err *err)
{
    (void)verb;
    ond__home *h = self;
    ond__view v;
    *out = NULL;
    int rc = ond__home_find(h, ond_json_str(args, "entity", ""), &v, err);
    if (rc == 0 && !v.available) rc = ond_fail(err, OND_E_UNAVAILABLE, "%s is not reachable", v.id);
    return rc ? rc : ond__home_observe(h, &v, ond_json_get(args, "attributes"), out, err);
}

const ond_hand_def ond_hand_home = {
    .name = "home",
    .summary = "lights, curtains, locks, climate and other devices of the house",
    .verbs = ond__home_verbs,
    .open = home_open,
    .close = home_close,
    .fd = home_fd,
    .service = home_service,
    .world = home_world,
    .revision = home_revision,
    .health = home_health,
    .plan = ond__home_plan,
    .act = ond__home_act,
    .observe = home_observe,
};
