/* mqtt.h - a connection to an MQTT broker (3.1.1), driven by the loop, that comes back by itself.
 *
 * libmosquitto without threads of its own. Connecting never waits for the network; only a host name
 * that has to be asked for may take a few seconds (resolver limits are tightened for the call).
 * After a loss it tries again after 0.25 s, then twice as long each time, up to 30 s. What was
 * subscribed has to be subscribed again in `up`; what is published while away is refused. From
 * inside a callback everything may be called but ond_mqtt_close. */
#ifndef OND_SYS_MQTT_H
#define OND_SYS_MQTT_H

#include "sys/loop.h"

typedef struct ond_mqtt ond_mqtt;

typedef struct ond_mqtt_opts { /* strings are copied */
    const char *host;
    int port;                    /* 0: 1883, with TLS 8883 */
    const char *user, *password; /* NULL or "": none */
    bool tls; /* by the system's authorities, or those in `ca` (file; implies tls) */
    const char *ca, *cert, *key;
    const char *will_topic, *will; /* published, retained, by the broker when we vanish */
    size_t payload_max;            /* larger payloads are dropped; 0: 256 KiB */
    void (*up)(void *self);
    void (*down)(void *self, const char *why); /* once for each loss, and for the first failure */
    void (*message)(void *self, const char *topic, ond_str payload, bool retained);
    void *self;
} ond_mqtt_opts;

/* Begins to connect. OND_E_CONFIG for options that cannot work, OND_E_NOMEM. */
OND_CHECKED int ond_mqtt_open(ond_loop *loop, const ond_mqtt_opts *opts, ond_mqtt **out,
                              ond_err *err);
/* Says good-bye where it can (200 ms at most). */
void ond_mqtt_close(ond_mqtt *m);

bool ond_mqtt_is_up(const ond_mqtt *m);
const char *ond_mqtt_why(const ond_mqtt *m); /* the last reason for being down; "" */
/* Tries again now instead of after the pause. */
void ond_mqtt_retry(ond_mqtt *m);

/* OND_E_UNAVAILABLE when down. QoS 0. Wildcards as in MQTT. */
OND_CHECKED int ond_mqtt_subscribe(ond_mqtt *m, const char *const *topics, size_t n, ond_err *err);
OND_CHECKED int ond_mqtt_unsubscribe(ond_mqtt *m, const char *topic, ond_err *err);
OND_CHECKED int ond_mqtt_publish(ond_mqtt *m, const char *topic, ond_str payload, int qos,
                                 bool retain, ond_err *err);

/* A topic that can be subscribed to (with wildcards) or published on. */
bool ond_mqtt_topic_ok(const char *topic, bool wildcards);

#endif
