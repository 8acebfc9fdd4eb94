/* devices.h - devices to talk to, in a process of their own: what comes on X/set goes back out on
 * X/state.
 *
 * The hand waits for answers while it acts, so the devices cannot live in the test's own thread. */
#ifndef OND_TESTS_HAND_DEVICES_H
#define OND_TESTS_HAND_DEVICES_H

#include "../sim/broker.h"

static broker server;
static ear talker; /* the test's own client, to announce and to say states */
static pid_t devices;

static inline void echo_up(void *self)
{
    ear *e = self;
    const char *topics[] = {"echo/#"};
    if (ond_mqtt_subscribe(e->mqtt, topics, 1, NULL) == 0)
        ond_mqtt_publish(e->mqtt, "devices/ready", OND_S("1"), 0, true, NULL) == 0 ? (void)0
                                                                                   : abort();
}

static inline void echo_message(void *self, const char *topic, ond_str payload, bool retained)
{
    ear *e = self;
    char out[300];
    size_t n = strlen(topic);
    if (retained || n < 5 || n > 200 || strcmp(topic + n - 4, "/set") != 0) return;
    snprintf(out, sizeof out, "%.*s/state", (int)(n - 4), topic);
    if (ond_mqtt_publish(e->mqtt, out, payload, 0, true, NULL) != 0) abort();
}

static inline void devices_live(int port)
{
    ear e = {0};
    const ond_mqtt_opts opts = {
        .host = "127.0.0.1", .port = port, .up = echo_up, .message = echo_message, .self = &e};
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (ond_loop_open(&e.loop, NULL) != 0 || ond_mqtt_open(e.loop, &opts, &e.mqtt, NULL) != 0)
        _exit(1);
    ond_loop_run(e.loop);
    _exit(0);
}

static inline int devices_setup(void **state)
{
    server = (broker){0};
    if (tmp_setup(state) || broker_start(&server)) return -1;
    fflush(NULL);
    devices = fork();
    if (devices == 0) devices_live(server.port);
    ear_open(&talker, server.port);
    assert_true(ear_wait(&talker, "devices/ready", "1", true));
    return 0;
}

static inline int devices_teardown(void **state)
{
    if (talker.loop) ear_close(&talker);
    end_child(&devices, SIGKILL);
    broker_stop(&server);
    return tmp_teardown(state);
}

/* Says it, retained, and waits until the broker has it. */
static inline void say(const char *topic, const char *payload)
{
    ear_say(&talker, topic, payload, true);
    if (payload[0])
        assert_true(ear_wait(&talker, topic, payload, true));
    else
        ear_listen(&talker, 30);
}

#endif
