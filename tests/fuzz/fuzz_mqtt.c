/* fuzz_mqtt.c - a broker that says anything: lines of "topic payload", where a topic without '/' is
 * a component's announcement.
 *
 * Whatever comes, the devices that there are can be listed, planned for and told things, and what
 * is listed holds together. */
#include "hand/home/device.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

extern const ond_hand_def ond_hand_home;

static ond__home *home;

static void must(bool so)
{
    if (!so) abort();
}

static void open_once(void)
{
    void *self = NULL;
    ond_err err = {0};
    cJSON *config =
        cJSON_Parse("{\"house\":\"none\",\"mqtt\":{\"host\":\"127.0.0.1\",\"port\":1}}");
    const ond_hand_env env = {.config = config, .lang = "ko"};
    must(ond_hand_home.open(&env, &self, &err) == 0);
    cJSON_Delete(config);
    home = self;
}

static void hear(ond_str line)
{
    const char *space = memchr(line.p, ' ', line.n);
    size_t cut = space ? (size_t)(space - line.p) : line.n;
    char topic[200];
    if (cut == 0 || cut > 100 || memchr(line.p, 0, cut)) return;
    if (memchr(line.p, '/', cut))
        snprintf(topic, sizeof topic, "%.*s", (int)cut, line.p);
    else
        snprintf(topic, sizeof topic, "homeassistant/%.*s/o/config", (int)cut, line.p);
    size_t from = cut < line.n ? cut + 1 : cut;
    /* As from the wire: a buffer of its own, so that reading beyond it is seen. */
    char *payload = malloc(line.n - from + 1);
    must(payload != NULL);
    memcpy(payload, line.p + from, line.n - from);
    char *own = ond_str_dup((ond_str){payload, line.n - from});
    free(payload);
    must(own != NULL);
    ond__broker_hear(home->broker, topic, (ond_str){own, line.n - from});
    free(own);
}

/* Every value that the limits allow is something the device can be told. */
static void tell(ond__device *d, const ond__view *v, const cJSON *limit)
{
    ond_err err = {0};
    cJSON *a = cJSON_CreateObject(), *expect = NULL, *says = NULL, *back = NULL;
    must(a && ond_json_set(a, limit->string, cJSON_Duplicate(limit->child, false)));
    if (ond__attributes_check(home, v, a, &err) == 0) {
        ond__out out = {home->broker, d, &err, OND_OK, 0};
        d->component->send(&out, a);
        must(out.sent == 0); /* nobody is connected */
        must(ond__expect(home, v, a, &expect, &err) == 0 && expect);
        must(ond__restore(home, v, v->state, expect, &back, &err) == 0);
        must(ond__says(home, v, "set", a, &says, &err) == 0 && says);
        (void)ond__effect(home, v, a);
    } else {
        must(err.text[0]);
    }
    cJSON_Delete(a);
    cJSON_Delete(expect);
    cJSON_Delete(says);
    cJSON_Delete(back);
}

static void use(ond__device *d)
{
    static const char *const verbs[] = {"turn_on",   "turn_off", "toggle", "stop",
                                        "set_light", "activate", "press"};
    ond__view v;
    ond__device_view(d, &v);
    must(v.id[0] && v.domain[0] && cJSON_IsObject(v.state) && cJSON_IsObject(v.limits) &&
         !v.available);
    must(cJSON_GetArraySize(v.state) <= 40);
    for (const cJSON *l = v.limits->child; l && d->component->send; l = l->next) {
        must(cJSON_IsArray(l) && l->child);
        tell(d, &v, l);
    }
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
        ond__want w;
        ond_err err = {0};
        cJSON *args = cJSON_CreateObject();
        must(args && ond_json_set_str(args, "entity", v.id) &&
             ond_json_set_num(args, "brightness_step", -10));
        if (ond__want_make(home, &v, verbs[i], args, &w, &err) == 0)
            ond__want_free(&w);
        else
            must(err.text[0]);
        cJSON_Delete(args);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ond_err err = {0};
    cJSON *world = NULL;
    if (!home) open_once();
    for (size_t i = 0; i < n;) {
        const uint8_t *end = memchr(bytes + i, '\n', n - i);
        size_t k = end ? (size_t)(end - bytes) - i : n - i;
        hear((ond_str){(const char *)bytes + i, k});
        i += k + 1;
    }
    ond__broker *b = home->broker;
    must(b->n <= DEVICES_MAX && b->bytes <= CONFIG_BYTES_MAX && b->n_problems <= PROBLEMS_MAX);
    for (size_t i = 0; i < b->n; i++) use(b->devices[i]);
    must(ond_hand_home.world(home, &world, &err) == 0);
    cJSON *health = ond_hand_home.health(home);
    must(health && !ond_json_bool(health, "ok", true));
    cJSON_Delete(health);
    cJSON_Delete(world);
    while (b->n > 0) {
        char *origin = ond_str_dup(ond_str_of(b->devices[0]->origin));
        ond__broker_remove(b, origin, NULL);
        free(origin);
    }
    must(b->topics.n == 0 && b->bytes == 0);
    while (b->n_problems > 0) free(b->problem[--b->n_problems]);
    b->problems_all = 0;
    return 0;
}
