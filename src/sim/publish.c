/* publish.c - puts the house on a broker and lives there: Home Assistant discovery, states, commands, time.
 *
 * BASE is "ondol", PREFIX is "homeassistant" unless told otherwise; T is BASE/<domain>/<name> (light.kitchen: ondol/light/kitchen).
 *   BASE/status                                          retained   online, offline (also as the will)
 *   PREFIX/<component>/BASE_<domain>_<name>/config       retained   discovery of one device (component form: long keys, "~" is T)
 *   PREFIX/device/BASE_area_<area>[--2…]/config          retained   discovery in device form, one for each room (BASE_house: no
 *                                                                   room): "dev", "o", "avty_t", "cmps" with short keys
 *   T/state                                              retained   state: a word, a number, or JSON (topics.c)
 *   T/position                                           retained   of covers that have one
 *   T/set                                                obeyed     ON, OPEN, LOCK, start …; or JSON attributes for any device
 *   T/<attribute>/set                                    obeyed     one attribute: T/temperature/set 21.5
 *   BASE/error                                                      {"id","topic","error"} of a command that was refused
 * Each config has a key "ondol": id, domain, class, unit, names, area, floor, areas, floors, limits, members. docs/mqtt-sim.md has all of it.
 *
 * 1. What is shown on the broker is the house's state at every moment: a command's effect is published before the next message is read.
 * 2. A topic is published again only when its payload has changed, or when the connection is new.
 * 3. Commands that the broker has retained are not obeyed: an old UNLOCK must not open the door at the next start. */
#include "sim/publish.h"
#include "base/hash.h"
#include "sys/clock.h"
#include "sys/mqtt.h"

#include <stdlib.h>

#define TICK_MS 1000
#define TICK_MOVING_MS 250
#define TURN_MS 200
#define TOPICS_EACH 2             /* T/state, T/position */
#define COMMAND_MOST (64u << 10)

typedef struct publisher {
    ond_house *h;
    const ond_sim_mqtt *opts;
    const char *base, *prefix;
    ond_loop *loop;
    ond_mqtt *mqtt;
    uint64_t *shown;              /* [n_things, TOPICS_EACH] hashes of what was published; 0: nothing */
    int tick;
    bool was_up, ready;
    int rc;                       /* the failure that ends it */
    ond_err *err;
} publisher;

static void failed(publisher *p, int rc)
{
    if (rc != OND_OK && rc != OND_E_UNAVAILABLE && p->rc == OND_OK)
        p->rc = rc;
}

/* ---- to the broker ---- */

/* Being away is no failure: all is published anew when the connection is back. */
static int publish(publisher *p, const char *topic, ond_str payload, bool retain)
{
    int rc = ond_mqtt_publish(p->mqtt, topic, payload, 0, retain, p->err);
    failed(p, rc);
    return rc;
}

static void publish_status(publisher *p, const char *word)
{
    ond_buf topic = {0};
    ond_buf_printf(&topic, "%s/status", p->base);
    (void)publish(p, ond_buf_z(&topic), ond_str_of(word), true);
    ond_buf_free(&topic);
}

static void publish_topic(publisher *p, size_t i, int which, const char *level, const ond_buf *payload)
{
    uint64_t *shown = &p->shown[i * TOPICS_EACH + (size_t)which], now = ond_fnv(payload->p, payload->n) | 1;
    ond_buf topic = {0};
    if (*shown == now || !ond_buf_ok(payload))
        return;
    ond__topic_put(&topic, p->base, &p->h->things[i]);
    ond_buf_puts(&topic, level);
    if (ond_buf_ok(&topic) && publish(p, ond_buf_z(&topic), (ond_str){payload->p, payload->n}, true) == OND_OK)
        *shown = now;
    ond_buf_free(&topic);
}

static void publish_changes(publisher *p)
{
    ond_buf payload = {0};
    for (size_t i = 0; i < p->h->n_things && ond_mqtt_is_up(p->mqtt); i++) {
        const ond__thing *t = &p->h->things[i];
        ond_buf_clear(&payload);
        ond__state_put(t, &payload);
        publish_topic(p, i, 0, "/state", &payload);
        if (!ond__has_position(t))
            continue;
        ond_buf_clear(&payload);
        ond_num_put(&payload, ond_json_num(t->state, "position", 0));
        publish_topic(p, i, 1, "/position", &payload);
    }
    if (payload.bad)
        failed(p, ond_nomem(p->err, "publishing the house"));
    ond_buf_free(&payload);
}

static int emit_config(void *self, const char *topic, const cJSON *config)
{
    publisher *p = self;
    ond_buf payload = {0};
    if (config)
        ond_json_print(&payload, config);
    int rc = payload.bad ? OND_E_NOMEM : publish(p, topic, (ond_str){ond_buf_z(&payload), payload.n}, true);
    ond_buf_free(&payload);
    return rc;
}

/* ---- time ---- */

static void on_tick(void *self);

static void wind(publisher *p)
{
    ond_loop_cancel(p->loop, p->tick);
    p->tick = ond_loop_after(p->loop, ond_house_moving(p->h) ? TICK_MOVING_MS : TICK_MS, on_tick, p);
    if (p->tick == 0)
        failed(p, ond_nomem(p->err, "publishing the house"));
}

static void on_tick(void *self)
{
    publisher *p = self;
    p->tick = 0;
    ond_house_advance(p->h, ond_now());
    publish_changes(p);
    wind(p);
}

/* ---- from the broker ---- */

static void publish_error(publisher *p, const char *id, const char *topic, const char *text)
{
    cJSON *e = cJSON_CreateObject();
    ond_buf where = {0}, payload = {0};
    ond_buf_printf(&where, "%s/error", p->base);
    if (e && ond_json_set_str(e, "id", id) && ond_json_set_str(e, "topic", topic) && ond_json_set_str(e, "error", text)) {
        ond_json_print(&payload, e);
        (void)publish(p, ond_buf_z(&where), (ond_str){ond_buf_z(&payload), payload.n}, false);
    }
    cJSON_Delete(e);
    ond_buf_free(&where);
    ond_buf_free(&payload);
}

static void on_command(publisher *p, const char *topic, const char *rest, ond_str payload)
{
    char attr[40];
    ond_err err = {0};
    cJSON *attributes = NULL;
    ond__thing *t = ond__topic_thing(p->h, rest, attr);
    if (!t) {
        publish_error(p, "", topic, "this house has no such device");
        return;
    }
    ond_house_advance(p->h, ond_now());
    int rc = ond__command(t, attr, payload, &attributes, &err);
    if (rc == OND_OK)
        rc = ond_house_set(p->h, t->id, attributes, &err);
    cJSON_Delete(attributes);
    if (rc == OND_E_NOMEM)
        failed(p, ond_nomem(p->err, "obeying a command"));
    else if (rc != OND_OK)
        publish_error(p, t->id, topic, err.text);
    publish_changes(p);
    wind(p);
}

/* The broker hands out in order, so our own "online" coming back says that all before it is there. */
static void on_message(void *self, const char *topic, ond_str payload, bool retained)
{
    publisher *p = self;
    size_t n = strlen(p->base);
    if (strncmp(topic, p->base, n) != 0 || topic[n] != '/' || retained)
        return;
    if (strcmp(topic + n, "/status") != 0) {
        if (payload.n > 0)
            on_command(p, topic, topic + n + 1, payload);
        return;
    }
    if (!p->ready && ond_str_is(payload, "online")) {
        p->ready = true;
        if (p->opts->ready)
            p->opts->ready(p->opts->self);
    }
}

static void subscribe(publisher *p)
{
    static const char *const levels[] = {"/status", "/+/+/set", "/+/+/+/set"};
    const char *topics[3];
    ond_buf b[3] = {{0}, {0}, {0}};
    for (int i = 0; i < 3; i++) {
        ond_buf_printf(&b[i], "%s%s", p->base, levels[i]);
        topics[i] = ond_buf_z(&b[i]);
    }
    failed(p, ond_mqtt_subscribe(p->mqtt, topics, 3, p->err));
    for (int i = 0; i < 3; i++)
        ond_buf_free(&b[i]);
}

static void on_up(void *self)
{
    publisher *p = self;
    p->was_up = true;
    memset(p->shown, 0, p->h->n_things * TOPICS_EACH * sizeof *p->shown);
    ond_house_advance(p->h, ond_now());
    subscribe(p);
    ond__announce a = {.h = p->h, .base = p->base, .prefix = p->prefix, .lang = p->opts->lang ? p->opts->lang : "en",
                       .device_form = p->opts->device_form, .emit = emit_config, .self = p};
    failed(p, ond__announce_all(&a, p->err));
    publish_changes(p);
    publish_status(p, "online");
}

/* A broker that was never there is a mistake of the one who called; one that goes away comes back. */
static void on_down(void *self, const char *why)
{
    publisher *p = self;
    if (!p->was_up && p->rc == OND_OK)
        p->rc = ond_fail(p->err, OND_E_UNAVAILABLE, "the broker %s:%d cannot be used: %s", p->opts->host,
                         p->opts->port ? p->opts->port : 1883, why);
}

/* ---- the whole ---- */

static int connect_broker(publisher *p, const char *will_topic)
{
    const ond_mqtt_opts opts = {
        .host = p->opts->host, .port = p->opts->port, .user = p->opts->user, .password = p->opts->password,
        .will_topic = will_topic, .will = "offline", .payload_max = COMMAND_MOST,
        .up = on_up, .down = on_down, .message = on_message, .self = p,
    };
    return ond_mqtt_open(p->loop, &opts, &p->mqtt, p->err);
}

static bool stopped(const publisher *p)
{
    return p->rc != OND_OK || (p->opts->stop && *p->opts->stop);
}

static const char *or_else(const char *given, const char *otherwise)
{
    return given && *given ? given : otherwise;
}

int ond_sim_publish(ond_house *h, const ond_sim_mqtt *opts, ond_err *err)
{
    publisher p = {.h = h, .opts = opts, .base = or_else(opts->base_topic, "ondol"),
                   .prefix = or_else(opts->discovery_prefix, "homeassistant"), .err = err};
    ond_buf will = {0};
    int rc = 0;
    if (!ond_mqtt_topic_ok(p.base, false) || !ond_mqtt_topic_ok(p.prefix, false) || strlen(p.base) > 100 || strlen(p.prefix) > 100)
        return ond_fail(err, OND_E_CONFIG, "base topic and discovery prefix are MQTT topics of 100 bytes at most, without + and #");
    ond_buf_printf(&will, "%s/status", p.base);
    p.shown = calloc(h->n_things ? h->n_things : 1, TOPICS_EACH * sizeof *p.shown);
    if (!p.shown || !ond_buf_ok(&will))
        OND_TRY(ond_nomem(err, "publishing the house"));
    OND_TRY(ond_loop_open(&p.loop, err));
    OND_TRY(connect_broker(&p, ond_buf_z(&will)));
    wind(&p);
    while (!stopped(&p))
        ond_loop_turn(p.loop, TURN_MS);
    if (ond_mqtt_is_up(p.mqtt))
        publish_status(&p, "offline");
    rc = p.rc;
out:
    ond_mqtt_close(p.mqtt);
    ond_loop_close(p.loop);
    ond_buf_free(&will);
    free(p.shown);
    return rc;
}
