/* broker.h - a real broker on loopback for a test, and an ear that hears everything on it.
 *
 * The broker is mosquitto on a free port, with persistence off; it ends with the test, also when an assertion fails (broker_stop is a
 * teardown, and the broker dies with its parent). */
#ifndef OND_TESTS_SIM_BROKER_H
#define OND_TESTS_SIM_BROKER_H

#include "base/json.h"
#include "sys/clock.h"
#include "sys/mqtt.h"
#include "../sys/tmp.h"

#include <netinet/in.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

typedef struct broker { pid_t pid; int port; } broker;

static inline int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int ok = bind(fd, (struct sockaddr *)&a, sizeof a) == 0 && getsockname(fd, (struct sockaddr *)&a, &n) == 0;
    close(fd);
    return ok ? ntohs(a.sin_port) : 0;
}

static inline int answers(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons((uint16_t)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int ok = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return ok;
}

static inline void child_begins(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static inline int broker_start(broker *b)
{
    if (b->port == 0)
        b->port = free_port();
    FILE *f = fopen(tmp_path("mosquitto.conf"), "w");
    if (!f)
        return -1;
    fprintf(f, "listener %d 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n%s", b->port, geteuid() == 0 ? "user root\n" : "");
    fclose(f);
    fflush(NULL);
    b->pid = fork();
    if (b->pid == 0) {
        child_begins();
        if (freopen("/dev/null", "w", stdout) && freopen("/dev/null", "w", stderr))
            execl("/usr/sbin/mosquitto", "mosquitto", "-c", tmp_path("mosquitto.conf"), (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && b->pid > 0; i++) {
        if (answers(b->port))
            return 0;
        usleep(10000);
    }
    return -1;
}

static inline int end_child(pid_t *pid, int signo)
{
    int status = -1;
    if (*pid > 0) {
        kill(*pid, signo);
        waitpid(*pid, &status, 0);
    }
    *pid = 0;
    return status;
}

static inline void broker_stop(broker *b)
{
    end_child(&b->pid, SIGTERM);
}

/* ---- the ear ---- */

typedef struct ear {
    ond_loop *loop;
    ond_mqtt *mqtt;
    cJSON *heard;                 /* topic: last payload, as text; null: was taken away */
    cJSON *kept;                  /* the same, retained ones only */
    bool up;
} ear;

static inline void ear_up(void *self)
{
    ear *e = self;
    const char *all[] = {"#"};
    e->up = ond_mqtt_subscribe(e->mqtt, all, 1, NULL) == 0;
}

static inline void ear_message(void *self, const char *topic, ond_str payload, bool retained)
{
    ear *e = self;
    char *z = ond_str_dup(payload);
    ond_json_set_str(e->heard, topic, payload.n ? z : NULL);
    if (retained)
        ond_json_set_str(e->kept, topic, z);
    free(z);
}

static inline void ear_open(ear *e, int port)
{
    *e = (ear){.heard = cJSON_CreateObject(), .kept = cJSON_CreateObject()};
    ond_err err = {0};
    const ond_mqtt_opts opts = {.host = "127.0.0.1", .port = port, .up = ear_up, .message = ear_message, .self = e};
    assert_int_equal(ond_loop_open(&e->loop, &err), 0);
    assert_int_equal(ond_mqtt_open(e->loop, &opts, &e->mqtt, &err), 0);
    assert_true(ond_loop_until(e->loop, &e->up, 5000));
}

static inline void ear_close(ear *e)
{
    ond_mqtt_close(e->mqtt);
    ond_loop_close(e->loop);
    cJSON_Delete(e->heard);
    cJSON_Delete(e->kept);
    *e = (ear){0};
}

static inline const char *ear_text(const ear *e, const char *topic)
{
    return ond_json_str(e->heard, topic, "");
}

/* Listens until the payload of the topic holds `part` (the whole of it, where `whole`), or 5 s. */
static inline bool ear_wait(ear *e, const char *topic, const char *part, bool whole)
{
    uint64_t until = ond_steady_us() + 5000000;
    for (;;) {
        const char *text = ear_text(e, topic);
        if (whole ? strcmp(text, part) == 0 : strstr(text, part) != NULL)
            return true;
        if (ond_steady_us() > until)
            return false;
        ond_loop_turn(e->loop, 50);
    }
}

static inline void ear_say(ear *e, const char *topic, const char *payload, bool retain)
{
    ond_err err = {0};
    assert_int_equal(ond_mqtt_publish(e->mqtt, topic, ond_str_of(payload), 0, retain, &err), 0);
}

static inline void ear_listen(ear *e, ond_ms ms)
{
    uint64_t until = ond_steady_us() + (uint64_t)ms * 1000;
    while (ond_steady_us() < until)
        ond_loop_turn(e->loop, 20);
}

#endif
