/* send.c - messages to devices: topic and template by their keys, payload, quality of service,
 * retain. */
#include "hand/home/device.h"
#include "hand/home/template.h"

#include <stdlib.h>

static void publish(ond__out *out, const char *topic, ond_str payload)
{
    const ond__device *d = out->device;
    double qos = ond__cfg_num(d, "qos", 0);
    int rc =
        ond_mqtt_publish(out->broker->mqtt, topic, payload, qos == 1 || qos == 2 ? (int)qos : 0,
                         ond__cfg_bool(d, "retain", false), out->err);
    if (rc != 0)
        out->rc = rc;
    else
        out->sent++;
}

void ond__send_vars(ond__out *out, const char *topic_key, const char *tpl_key, const char *value,
                    const ond__var *vars, size_t n)
{
    const char *topic = ond__cfg(out->device, topic_key, NULL);
    const char *tpl = tpl_key ? ond__cfg(out->device, tpl_key, NULL) : NULL;
    ond__var all[8] = {{"value", ond_str_of(value), NULL}};
    ond_buf payload = {0};
    if (out->rc != 0) return;
    if (!topic) {
        out->rc = ond_fail(out->err, OND_E_INPUT, "%s takes no such command (it has no %s)",
                           out->device->id, topic_key);
        return;
    }
    for (size_t i = 0; i < n && i < 7; i++) all[i + 1] = vars[i];
    if (!tpl)
        ond_buf_puts(&payload, value);
    else if (ond__template_run(tpl, all, (n < 7 ? n : 7) + 1, &payload, out->err) != 0)
        out->rc = ond_err_prefix(out->err, "%s: %s", out->device->id, tpl_key);
    if (out->rc == 0 && !ond_buf_ok(&payload)) out->rc = ond_nomem(out->err, "sending a command");
    if (out->rc == 0) publish(out, topic, (ond_str){ond_buf_z(&payload), payload.n});
    ond_buf_free(&payload);
}

void ond__send(ond__out *out, const char *topic_key, const char *tpl_key, const char *value)
{
    ond__send_vars(out, topic_key, tpl_key, value, NULL, 0);
}

void ond__send_number(ond__out *out, const char *topic_key, const char *tpl_key, double n)
{
    cJSON number = {.type = cJSON_Number, .valuedouble = n};
    ond_buf text = {0};
    ond_json_print(&text, &number);
    const ond__var value = {
        "value", {NULL, 0}, &number}; /* a number in templates, so that {{ value * 2 }} works */
    const char *tpl = tpl_key ? ond__cfg(out->device, tpl_key, NULL) : NULL;
    const char *topic = ond__cfg(out->device, topic_key, NULL);
    if (tpl && topic && out->rc == 0) {
        ond_buf payload = {0};
        if (ond__template_run(tpl, &value, 1, &payload, out->err) != 0)
            out->rc = ond_err_prefix(out->err, "%s: %s", out->device->id, tpl_key);
        else
            publish(out, topic, (ond_str){ond_buf_z(&payload), payload.n});
        ond_buf_free(&payload);
    } else {
        ond__send(out, topic_key, NULL, ond_buf_z(&text));
    }
    ond_buf_free(&text);
}

void ond__send_json(ond__out *out, const char *topic_key, cJSON *json)
{
    ond_buf text = {0};
    if (json) ond_json_print(&text, json);
    if (!json || !ond_buf_ok(&text))
        out->rc = out->rc ? out->rc : ond_nomem(out->err, "sending a command");
    else
        ond__send(out, topic_key, NULL, ond_buf_z(&text));
    ond_buf_free(&text);
    cJSON_Delete(json);
}
