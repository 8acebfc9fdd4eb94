/* place.c - whether a device is there: availability topics, one or several, and what they count
 * for.
 *
 * One that announces no such topic is there as long as the broker is. Otherwise it is away until it
 * has been heard of. */
#include "hand/home/device.h"
#include "hand/home/template.h"
#include "sys/clock.h"

#include <stdlib.h>

static void add_place(ond__device *d, const char *topic, const char *here, const char *away,
                      const char *tpl)
{
    ond__place *p = &d->place[d->n_places];
    if (d->n_places == PLACES_MAX || !ond_mqtt_topic_ok(topic, false)) return;
    *p = (ond__place){ond_str_dup(ond_str_of(topic)), ond_str_dup(ond_str_of(here)),
                      ond_str_dup(ond_str_of(away)),
                      tpl && *tpl ? ond_str_dup(ond_str_of(tpl)) : NULL, -1};
    if (p->topic && p->here && p->away) {
        d->n_places++;
        return;
    }
    free(p->topic);
    free(p->here);
    free(p->away);
    free(p->tpl);
    *p = (ond__place){0};
}

static const char *text_of(const cJSON *object, const char *key, const char *otherwise,
                           const char *yes)
{
    const cJSON *v = ond_json_get(object, key);
    if (cJSON_IsBool(v)) return cJSON_IsTrue(v) ? yes : "False";
    return cJSON_IsString(v) ? v->valuestring : otherwise;
}

void ond__places_read(ond__device *d)
{
    const cJSON *list = ond_json_get(d->config, "availability");
    const char *mode = ond__cfg(d, "availability_mode", "latest");
    d->all = mode[0] == 'a' ? (strcmp(mode, "any") == 0 ? 'o' : 'a') : 'l';
    if (ond__cfg_has(d, "availability_topic"))
        add_place(d, ond__cfg(d, "availability_topic", ""),
                  ond__cfg(d, "payload_available", "online"),
                  ond__cfg(d, "payload_not_available", "offline"),
                  ond__cfg(d, "availability_template", NULL));
    const cJSON *first = cJSON_IsArray(list) ? list->child : list;
    for (const cJSON *a = first; a; a = cJSON_IsArray(list) ? a->next : NULL)
        if (cJSON_IsObject(a))
            add_place(d, ond_json_str(a, "topic", ""),
                      text_of(a, "payload_available", "online", "True"),
                      text_of(a, "payload_not_available", "offline", "True"),
                      ond_json_str(a, "value_template", NULL));
    cJSON_DeleteItemFromObjectCaseSensitive(d->config, "availability");
}

bool ond__device_available(const ond__device *d)
{
    if (!ond__broker_up(d->broker) || (d->expires_at_us && ond_steady_us() >= d->expires_at_us))
        return false;
    if (d->n_places == 0) return true;
    if (d->all == 'l') return d->latest_here;
    for (size_t i = 0; i < d->n_places; i++)
        if ((d->place[i].said == 1) == (d->all == 'o')) return d->all == 'o';
    return d->all == 'a';
}

void ond__places_listen(ond__device *d)
{
    static const char *const names[] = {"value", "value_json", NULL};
    for (size_t i = 0; i < d->n_places; i++) {
        ond_err why;
        ond__place *p = &d->place[i];
        if (p->tpl && ond__template_check(p->tpl, names, &why) != 0)
            ond__device_bad(d, "availability", why.text);
        else
            (void)ond__topics_add(&d->broker->topics, p->topic, d, -1 - (int)i);
    }
}

void ond__places_free(ond__device *d)
{
    for (size_t i = 0; i < d->n_places; i++) {
        free(d->place[i].topic);
        free(d->place[i].here);
        free(d->place[i].away);
        free(d->place[i].tpl);
    }
    d->n_places = 0;
}

/* A message on the i-th topic. */
void ond__places_hear(ond__device *d, size_t i, ond_str payload, const cJSON *json)
{
    ond__place *p = &d->place[i];
    ond_buf text = {0};
    if (ond__template_payload(p->tpl, payload, json, &text, NULL) == 0) {
        ond_str said = {ond_buf_z(&text), text.n};
        if (ond_str_is(said, p->here) || ond_str_is(said, p->away)) {
            p->said = ond_str_is(said, p->here);
            d->latest_here = p->said == 1;
        }
    }
    ond_buf_free(&text);
}

/* What was said does not hold across a loss of the broker. */
void ond__places_forget(ond__device *d)
{
    d->latest_here = false;
    for (size_t i = 0; i < d->n_places; i++) d->place[i].said = -1;
}
