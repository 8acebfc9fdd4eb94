/* broker.c - the MQTT side of the hand: connection, what is said, who is told.
 *
 * On connecting it subscribes to announcements, then publishes on a topic of its own: when that
 * comes back, all retained announcements have come. Then it subscribes to all their topics, and
 * does the same again: now all retained states are known. */
#include "hand/home/device.h"
#include "hand/home/template.h"
#include "base/msg.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>

#define WAIT_MS 700  /* for the first picture, when opening */
#define HURRY_MS 350 /* without an echo: subscribe to what is known so far */
#define BATCH 64

/* ---- subscribing ---- */

static void on_timer(void *self);

static void later(ond__broker *b, ond_ms ms)
{
    if (b->timer == 0) b->timer = ond_loop_after(b->loop, ms, on_timer, b);
}

static void send_echo(ond__broker *b, const char *text)
{
    if (ond_mqtt_publish(b->mqtt, b->echo, ond_str_of(text), 0, false, NULL) != 0)
        b->echoes = 2; /* not allowed, or gone: nothing to wait for */
}

/* Subscribes to every topic that a device listens on and that is not subscribed yet. */
static void subscribe_new(ond__broker *b)
{
    const char *batch[BATCH];
    size_t n = 0;
    for (size_t i = 0; i < b->topics.n_buckets; i++)
        for (ond__topic *t = b->topics.bucket[i]; t; t = t->next) {
            if (t->subscribed) continue;
            t->subscribed = true;
            batch[n++] = t->name;
            if (n == BATCH) {
                if (ond_mqtt_subscribe(b->mqtt, batch, n, NULL) != 0) return;
                n = 0;
            }
        }
    if (n > 0 && ond_mqtt_subscribe(b->mqtt, batch, n, NULL) != 0) return;
}

static void on_timer(void *self)
{
    ond__broker *b = self;
    b->timer = 0;
    if (ond_mqtt_is_up(b->mqtt)) subscribe_new(b);
}

static void heard_echo(ond__broker *b, ond_str payload)
{
    if (ond_str_is(payload, "1") && b->echoes == 0) {
        b->echoes = 1;
        subscribe_new(b);
        send_echo(b, "2");
    } else if (ond_str_is(payload, "2") && b->echoes == 1) {
        b->echoes = 2;
    }
}

/* ---- what the connection tells ---- */

static void note(ond__broker *b, ond_msg id, const char *why)
{
    ond_buf text = {0};
    OND_MSG(&text, id, b->home->lang, b->name, why);
    if (b->home->note) b->home->note(b->home->self, ond_buf_z(&text));
    ond_buf_free(&text);
}

static void on_up(void *self)
{
    ond__broker *b = self;
    char one[300], two[300];
    const char *const topics[] = {b->echo, one, two};
    snprintf(one, sizeof one, "%.200s/+/+/config", b->prefix);
    snprintf(two, sizeof two, "%.200s/+/+/+/config", b->prefix);
    b->echoes = 0;
    for (size_t i = 0; i < b->topics.n_buckets; i++)
        for (ond__topic *t = b->topics.bucket[i]; t; t = t->next) t->subscribed = false;
    if (ond_mqtt_subscribe(b->mqtt, topics, 3, NULL) != 0) return;
    send_echo(b, "1");
    later(b, HURRY_MS);
    if (b->told_away) note(b, OND_M_BROKER_BACK, "");
    b->told_away = false;
}

/* What devices said of being there does not hold across a loss: it is said again, retained, or it
 * is not true any more. */
static void on_down(void *self, const char *why)
{
    ond__broker *b = self;
    b->echoes = 2;
    for (size_t i = 0; i < b->n; i++) ond__places_forget(b->devices[i]);
    if (!b->told_away) note(b, OND_M_BROKER_AWAY, why);
    b->told_away = true;
}

static void hear_role(ond__device *d, const ond__role *r, ond_str payload, const cJSON *json)
{
    const char *key = r->tpl && ond__cfg_has(d, r->tpl) ? r->tpl : r->tpl_other;
    const char *tpl = key ? ond__cfg(d, key, NULL) : NULL;
    ond_buf text = {0};
    cJSON *inner = NULL;
    if (ond__template_payload(tpl, payload, json, &text, NULL) != 0 || text.n == 0) {
        ond_buf_free(&text);
        return;
    }
    ond__said said = {{ond_buf_z(&text), text.n}, tpl ? NULL : json};
    if (tpl && (text.p[0] == '{' || text.p[0] == '[') &&
        ond_json_parse(said.text, &inner, NULL) == 0)
        said.json = inner;
    r->tell(d, &said);
    cJSON_Delete(inner);
    ond_buf_free(&text);
}

void ond__broker_hear(ond__broker *b, const char *topic, ond_str payload)
{
    if (strcmp(topic, b->echo) == 0) {
        heard_echo(b, payload);
        return;
    }
    if (ond__discovery(b, topic, payload) && b->echoes != 0) later(b, 0);
    ond__topic *t = ond__topics_find(&b->topics, topic);
    if (!t) return;
    cJSON *json = NULL;
    if (payload.n > 0 && ond_json_parse(payload, &json, NULL) != 0) json = NULL;
    for (size_t i = 0; i < t->n; i++) {
        ond__listener l = t->v[i];
        if (l.what < 0)
            ond__places_hear(l.device, (size_t)(-1 - l.what), payload, json);
        else
            hear_role(l.device, &l.device->component->roles[l.what], payload, json);
    }
    cJSON_Delete(json);
}

static void on_message(void *self, const char *topic, ond_str payload, bool retained)
{
    (void)retained;
    ond__broker_hear(self, topic, payload);
}

/* ---- open, close ---- */

/* TLS is {"tls": true}, or {"tls": {"ca": …}}, or flat: {"tls": true, "ca": …}. */
static const char *tls_file(const cJSON *config, const char *name)
{
    const char *inner = ond_json_str(ond_json_get(config, "tls"), name, "");
    return inner[0] ? inner : ond_json_str(config, name, NULL);
}

static int read_config(ond__broker *b, const cJSON *config, ond_mqtt_opts *o, ond_err *err)
{
    const char *host = ond_json_str(config, "host", ""),
               *prefix = ond_json_str(config, "discovery_prefix", "");
    const cJSON *tls = ond_json_get(config, "tls");
    char name[300];
    *o = (ond_mqtt_opts){
        .host = host,
        .port = (int)ond_json_num(config, "port", 0),
        .user = ond_json_str(config, "user", NULL),
        .password = ond_json_str(config, "password", NULL),
        .payload_max = PAYLOAD_MAX,
        .tls = cJSON_IsTrue(tls) || cJSON_IsObject(tls),
        .ca = tls_file(config, "ca"),
        .cert = tls_file(config, "cert"),
        .key = tls_file(config, "key"),
        .up = on_up,
        .down = on_down,
        .message = on_message,
        .self = b,
    };
    if (o->port == 0) o->port = o->tls || (o->ca && o->ca[0]) ? 8883 : 1883;
    snprintf(name, sizeof name, "%.255s:%d", host, o->port);
    b->name = ond_str_dup(ond_str_of(name));
    b->prefix = ond_str_dup(ond_str_of(prefix[0] ? prefix : "homeassistant"));
    if (!b->name || !b->prefix) return ond_nomem(err, "opening the broker");
    if (strlen(b->prefix) > 200 || !ond_mqtt_topic_ok(b->prefix, false))
        return ond_fail(err, OND_E_CONFIG, "hands.home.mqtt.discovery_prefix is no topic: '%.60s'",
                        b->prefix);
    return OND_OK;
}

int ond__broker_open(ond__home *h, const cJSON *config, ond__broker **out, ond_err *err)
{
    *out = NULL;
    ond_mqtt_opts opts;
    uint64_t id[2];
    ond__broker *b = calloc(1, sizeof *b);
    if (!b) return ond_nomem(err, "opening the broker");
    b->home = h;
    ond_random(id, sizeof id);
    snprintf(b->echo, sizeof b->echo, "ondol/echo/%016llx%016llx", (unsigned long long)id[0],
             (unsigned long long)id[1]);
    int rc = ond_loop_open(&b->loop, err);
    if (rc == 0) rc = read_config(b, config, &opts, err);
    if (rc == 0) rc = ond_mqtt_open(b->loop, &opts, &b->mqtt, err);
    if (rc != 0) {
        ond__broker_close(b);
        return rc;
    }
    uint64_t until = ond_steady_us() + WAIT_MS * 1000;
    while (b->echoes < 2 && ond_steady_us() < until)
        ond_loop_turn(b->loop, (ond_ms)((until - ond_steady_us()) / 1000 + 1));
    if (b->echoes < 2 && !ond_mqtt_is_up(b->mqtt)) on_down(b, "it does not answer");
    *out = b;
    return OND_OK;
}

void ond__broker_close(ond__broker *b)
{
    if (!b) return;
    ond_mqtt_close(b->mqtt);
    b->mqtt = NULL;
    for (size_t i = 0; i < b->n; i++) ond__device_free(b->devices[i]);
    free(b->devices);
    ond__topics_free(&b->topics);
    for (size_t i = 0; i < b->n_problems; i++) free(b->problem[i]);
    cJSON_Delete(b->areas);
    cJSON_Delete(b->floors);
    ond_loop_close(b->loop);
    free(b->name);
    free(b->prefix);
    free(b);
}

int ond__broker_fd(ond__broker *b)
{
    return ond_loop_fd(b->loop);
}

/* Bounded, so that a flood of messages does not hold up the owner's loop. */
void ond__broker_service(ond__broker *b)
{
    for (int i = 0; i < 64 && ond_loop_turn(b->loop, 0) > 0; i++) continue;
}

void ond__broker_turn(ond__broker *b, ond_ms ms)
{
    ond_loop_turn(b->loop, ms);
}

bool ond__broker_up(const ond__broker *b)
{
    return b->mqtt && ond_mqtt_is_up(b->mqtt);
}

const char *ond__broker_name(const ond__broker *b)
{
    return b->name;
}

uint64_t ond__broker_revision(const ond__broker *b)
{
    return b->revision;
}

/* ---- views ---- */

bool ond__broker_find(ond__broker *b, const char *id, ond__view *out)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->devices[i]->id, id) == 0) {
            ond__device_view(b->devices[i], out);
            return true;
        }
    return false;
}

bool ond__broker_each(ond__broker *b, size_t i, ond__view *out)
{
    if (i >= b->n) return false;
    ond__device_view(b->devices[i], out);
    return true;
}

bool ond__broker_shown(const ond__view *v)
{
    return !v->device->hidden;
}

static bool has_row(const cJSON *rows, const char *id)
{
    for (const cJSON *r = rows->child; r; r = r->next)
        if (strcmp(ond_json_str(r, "id", ""), id) == 0) return true;
    return false;
}

/* A row with an id and names, from our own publisher or by the one name that there is. */
static void add_row(cJSON *rows, const char *id, const cJSON *own, const char *name)
{
    cJSON *row = cJSON_CreateObject(), *names = row ? cJSON_AddObjectToObject(row, "names") : NULL;
    const cJSON *given = ond_json_get(own, "names");
    if (!names || has_row(rows, id)) {
        cJSON_Delete(row);
        return;
    }
    (void)ond_json_set_str(row, "id", id);
    for (const cJSON *l = cJSON_IsObject(given) ? given->child : NULL; l; l = l->next)
        if (strlen(l->string) <= 8) ond__limit_list(names, l->string, l);
    if (!names->child) (void)ond_json_set(names, "*", cJSON_CreateStringArray(&name, 1));
    if (ond_json_str(own, "floor", NULL) && strlen(ond_json_str(own, "floor", "")) <= 60)
        (void)ond_json_set_str(row, "floor", ond_json_str(own, "floor", ""));
    const cJSON *place = ond_json_get(own, "place");
    if (cJSON_IsObject(place) && cJSON_IsString(place->child))
        (void)ond_json_set(row, "place", cJSON_Duplicate(place, true));
    if (!cJSON_AddItemToArray(rows, row)) cJSON_Delete(row);
}

/* Rooms and floors that devices name and the house does not have. */
static void gather(ond__broker *b)
{
    if (b->areas && b->areas_of == b->revision) return;
    cJSON_Delete(b->areas);
    cJSON_Delete(b->floors);
    b->areas = cJSON_CreateArray();
    b->floors = cJSON_CreateArray();
    b->areas_of = b->revision;
    for (size_t i = 0; i < b->n && b->areas && b->floors; i++) {
        const ond__device *d = b->devices[i];
        const cJSON *own = ond_json_get(d->config, "ondol");
        const char *area = ond_json_str(d->row, "area", "");
        const char *name = ond_json_str(ond_json_get(d->config, "device"), "suggested_area", area);
        const cJSON *floors = ond_json_get(own, "floors"), *areas = ond_json_get(own, "areas");
        const cJSON *floor = cJSON_IsArray(floors) ? floors->child : NULL;
        if (!area[0] || (b->home->house && ond_house_area(b->home->house, area))) continue;
        add_row(b->areas, area, cJSON_IsArray(areas) ? areas->child : NULL, name);
        if (ond_json_str(floor, "id", "")[0] && !b->home->house)
            add_row(b->floors, ond_json_str(floor, "id", ""), floor, ond_json_str(floor, "id", ""));
    }
}

const cJSON *ond__broker_areas(ond__broker *b)
{
    gather(b);
    return b->areas;
}

const cJSON *ond__broker_floors(ond__broker *b)
{
    gather(b);
    return b->floors;
}

const cJSON *ond__broker_area(ond__broker *b, const char *id)
{
    gather(b);
    for (const cJSON *a = b->areas && id[0] ? b->areas->child : NULL; a; a = a->next)
        if (strcmp(ond_json_str(a, "id", ""), id) == 0) return a;
    return NULL;
}

cJSON *ond__broker_health(const ond__broker *b)
{
    cJSON *health = cJSON_CreateObject();
    ond_buf what = {0};
    bool up = ond__broker_up(b);
    if (!health) return NULL;
    ond_buf_printf(&what, "broker %s %s", b->name, up ? "connected" : "not reachable");
    if (!up && ond_mqtt_why(b->mqtt)[0]) ond_buf_printf(&what, " (%s)", ond_mqtt_why(b->mqtt));
    ond_buf_printf(&what, ", %zu devices", b->n);
    if (b->full) ond_buf_printf(&what, "; more were announced than the %d that fit", DEVICES_MAX);
    if (b->problems_all)
        ond_buf_printf(&what, "; %zu announcements cannot be followed in full", b->problems_all);
    (void)ond_json_set_bool(health, "ok", up);
    (void)ond_json_set_str(health, "what", ond_buf_z(&what));
    if (b->n_problems)
        (void)ond_json_set(
            health, "problems",
            cJSON_CreateStringArray((const char *const *)b->problem, (int)b->n_problems));
    ond_buf_free(&what);
    return health;
}

/* ---- commands ---- */

/* What a device never says is taken as done; so is the rest of a device that says nothing at all.
 */
static void assume(ond__device *d, const cJSON *attributes)
{
    for (const cJSON *a = attributes->child; a && d->blind; a = a->next) {
        const char *word = cJSON_IsString(a) ? a->valuestring : NULL;
        if (word && strcmp(word, "stopped") != 0 && strcmp(word, "pressed") != 0 &&
            strcmp(word, "activated") != 0)
            ond__tell_word(d, a->string, word);
        else if (cJSON_IsNumber(a))
            ond__tell_number(d, a->string, a->valuedouble);
    }
}

int ond__broker_set(ond__broker *b, ond__device *d, const cJSON *attributes, ond_err *err)
{
    ond__out out = {b, d, err, OND_OK, 0};
    if (!ond__broker_up(b))
        return ond_fail(err, OND_E_UNAVAILABLE, "the broker %s is not reachable", b->name);
    if (!d->component->send)
        return ond_fail(err, OND_E_INPUT, "%s can only be read, not set", d->id);
    d->component->send(&out, attributes);
    if (out.rc == 0 && out.sent == 0)
        return ond_fail(err, OND_E_INPUT, "%s knows no command for that", d->id);
    if (out.rc == 0) assume(d, attributes);
    return out.rc;
}

void ond__broker_round(const ond__device *d, cJSON *expect)
{
    if (d->component->round) d->component->round(d, expect);
}
