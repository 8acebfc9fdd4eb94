/* mqtt.c - libmosquitto, driven by the loop.
 *
 * 1. The socket is watched for reading, and for writing only while mosquitto has something to
 * write.
 * 2. mosquitto closes and opens its socket by itself; `watched` is what the loop knows, and is
 * brought in line after every call into the library.
 * 3. A loss is handled once, after the library has returned: from on_disconnect it would be called
 * in the middle of its work. */
#include "sys/mqtt.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/late.h"

#include <mosquitto.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <resolv.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#define KEEPALIVE_S 30
#define MISC_MS 5000
#define PAUSE_FIRST_MS 250
#define PAUSE_MOST_MS 30000
#define CONNECT_MS 10000 /* until the broker has said yes */
#define BATCH 64         /* topics in one SUBSCRIBE */

/* The library, loaded with the first connection or topic. */
#define MOSQUITTO(X)                                                                               \
    X(connect_async)                                                                               \
    X(connect_callback_set)                                                                        \
    X(destroy) X(disconnect) X(disconnect_callback_set) X(int_option) X(lib_cleanup) X(lib_init)   \
        X(loop_misc) X(loop_read) X(loop_write) X(message_callback_set) X(new) X(pub_topic_check)  \
            X(publish) X(socket) X(strerror) X(sub_topic_check) X(subscribe_multiple) X(tls_set)   \
                X(unsubscribe) X(username_pw_set) X(validate_utf8) X(want_write) X(will_set)
#define X(f) __typeof__(&mosquitto_##f) f;
static struct {
    MOSQUITTO(X)
} mosq;
#undef X
#define X(f) {"mosquitto_" #f, &mosq.f},
static const ond_late_fn mosq_fns[] = {MOSQUITTO(X)};
#undef X
static ond_late mosq_library = {"libmosquitto.so.1", mosq_fns, sizeof mosq_fns / sizeof *mosq_fns,
                                false};

struct ond_mqtt {
    ond_loop *loop;
    ond_mqtt_opts opts; /* strings owned */
    struct mosquitto *lib;
    int watched;     /* descriptor in the loop, or -1 */
    int misc, retry; /* timers, 0: none */
    ond_ms pause;
    uint64_t began_us; /* of the connecting */
    bool connecting, up, lost, told;
    char why[160];
};

static void try_connect(ond_mqtt *m);
static void after_call(ond_mqtt *m, int rc);

/* ---- what the library tells ---- */

static void say_why(ond_mqtt *m, const char *what)
{
    snprintf(m->why, sizeof m->why, "%s", what);
}

static const char *reason(int rc)
{
    if (rc == MOSQ_ERR_ERRNO) return strerror(errno);
    if (rc == MOSQ_ERR_TLS) return "TLS failed: look at its certificate and at the setting ca";
    if (rc == MOSQ_ERR_CONN_LOST) return "the connection was lost";
    return rc == MOSQ_ERR_SUCCESS ? "it closed the connection" : mosq.strerror(rc);
}

static void on_connect(struct mosquitto *lib, void *self, int code)
{
    ond_mqtt *m = self;
    m->connecting = false;
    if (code == 0) {
        m->up = true;
        return;
    }
    say_why(m, code == 4   ? "it refuses the user name or password"
               : code == 5 ? "it says we are not allowed"
                           : "it refuses us");
    m->lost = true;
    (void)lib;
}

static void on_disconnect(struct mosquitto *lib, void *self, int rc)
{
    ond_mqtt *m = self;
    if (!m->lost) say_why(m, reason(rc));
    m->lost = true;
    (void)lib;
}

static void on_message(struct mosquitto *lib, void *self, const struct mosquitto_message *msg)
{
    ond_mqtt *m = self;
    if (msg->payloadlen >= 0 && (size_t)msg->payloadlen <= m->opts.payload_max && m->opts.message)
        m->opts.message(m->opts.self, msg->topic,
                        (ond_str){msg->payload ? msg->payload : "", (size_t)msg->payloadlen},
                        msg->retain);
    (void)lib;
}

/* ---- the socket ---- */

/* Brokers send small packets and, most of them, wait for the first to be acknowledged: without this
 * every answer costs 40 ms. */
static void acknowledge(int fd)
{
    int yes = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &yes, sizeof yes);
}

static void on_socket(void *self, int fd, unsigned events)
{
    ond_mqtt *m = self;
    int rc = MOSQ_ERR_SUCCESS;
    bool was_up = m->up;
    if (events & OND_WRITABLE) rc = mosq.loop_write(m->lib, 1);
    if (rc == MOSQ_ERR_SUCCESS && (events & (OND_READABLE | OND_HANGUP)) &&
        mosq.socket(m->lib) == fd)
        rc = mosq.loop_read(m->lib, 1);
    if (rc == MOSQ_ERR_SUCCESS) acknowledge(fd);
    if (m->up && !was_up && !m->lost) {
        m->pause = 0;
        m->told = false;
        m->why[0] = '\0';
        if (m->opts.up) m->opts.up(m->opts.self);
    }
    after_call(m, rc);
}

static void watch(ond_mqtt *m)
{
    int fd = m->up || m->connecting ? mosq.socket(m->lib) : -1;
    if (m->watched >= 0 && m->watched != fd) {
        ond_loop_unwatch(m->loop, m->watched);
        m->watched = -1;
    }
    if (fd < 0) return;
    unsigned events = OND_READABLE | (mosq.want_write(m->lib) ? OND_WRITABLE : 0u);
    if (ond_loop_watch(m->loop, fd, events, on_socket, m, NULL) == 0) m->watched = fd;
}

static void on_retry(void *self)
{
    ond_mqtt *m = self;
    m->retry = 0;
    try_connect(m);
}

static void lose(ond_mqtt *m)
{
    bool tell = !m->told;
    if (mosq.socket(m->lib) >= 0)
        mosq.disconnect(m->lib); /* the socket itself goes when we connect again */
    m->up = m->connecting = m->lost = false;
    m->told = true;
    m->pause = m->pause == 0                  ? PAUSE_FIRST_MS
               : m->pause * 2 > PAUSE_MOST_MS ? PAUSE_MOST_MS
                                              : m->pause * 2;
    if (m->retry == 0) m->retry = ond_loop_after(m->loop, m->pause, on_retry, m);
    if (tell && m->opts.down) m->opts.down(m->opts.self, m->why);
}

static void after_call(ond_mqtt *m, int rc)
{
    if (rc != MOSQ_ERR_SUCCESS && !m->lost) {
        say_why(m, reason(rc));
        m->lost = true;
    }
    if (m->lost) lose(m);
    watch(m);
}

/* ---- connecting ---- */

/* The resolver's usual patience is half a minute; the house has other things to do. */
static int connect_now(ond_mqtt *m)
{
    struct __res_state *resolver = &_res;
    int ready = res_init(), retrans = resolver->retrans, retry = resolver->retry;
    if (ready == 0) {
        resolver->retrans = 1;
        resolver->retry = 1;
    }
    int rc = mosq.connect_async(m->lib, m->opts.host, m->opts.port, KEEPALIVE_S);
    if (ready == 0) {
        resolver->retrans = retrans;
        resolver->retry = retry;
    }
    return rc;
}

static void try_connect(ond_mqtt *m)
{
    m->began_us = ond_steady_us();
    m->connecting = true;
    int rc = connect_now(m);
    if (rc == MOSQ_ERR_EAI) {
        snprintf(m->why, sizeof m->why, "the host name %.80s is not known", m->opts.host);
        m->lost = true;
    }
    after_call(m, rc);
}

static void on_misc(void *self)
{
    ond_mqtt *m = self;
    m->misc = ond_loop_after(m->loop, MISC_MS, on_misc, m);
    if (!m->up && !m->connecting) return;
    if (m->connecting && ond_steady_us() - m->began_us > CONNECT_MS * 1000u) {
        say_why(m, "it does not answer");
        m->lost = true;
        after_call(m, MOSQ_ERR_SUCCESS);
        return;
    }
    after_call(m, mosq.loop_misc(m->lib));
}

void ond_mqtt_retry(ond_mqtt *m)
{
    if (m->up || m->connecting || m->retry == 0) return;
    ond_loop_cancel(m->loop, m->retry);
    m->retry = 0;
    m->pause = 0;
    try_connect(m);
}

/* ---- open, close ---- */

static bool copy(const char **s)
{
    if (!*s || !**s) {
        *s = NULL;
        return true;
    }
    *s = ond_str_dup(ond_str_of(*s));
    return *s != NULL;
}

static const char **strings(ond_mqtt_opts *o, size_t i)
{
    const char **all[] = {&o->host, &o->user, &o->password,   &o->ca,
                          &o->cert, &o->key,  &o->will_topic, &o->will};
    return i < sizeof all / sizeof all[0] ? all[i] : NULL;
}

static int copy_opts(ond_mqtt *m, const ond_mqtt_opts *opts, ond_err *err)
{
    bool ok = true;
    m->opts = *opts;
    for (size_t i = 0; strings(&m->opts, i); i++)
        if (!copy(strings(&m->opts, i))) {
            *strings(&m->opts, i) = NULL;
            ok = false;
        }
    if (!ok) return ond_nomem(err, "connecting to the broker");
    m->opts.tls = m->opts.tls || m->opts.ca;
    if (m->opts.port == 0) m->opts.port = m->opts.tls ? 8883 : 1883;
    if (m->opts.payload_max == 0) m->opts.payload_max = 256u << 10;
    if (!m->opts.host || m->opts.port < 1 || m->opts.port > 65535)
        return ond_fail(err, OND_E_CONFIG, "the broker needs a host and a port from 1 to 65535");
    return OND_OK;
}

static int set_tls(ond_mqtt *m, ond_err *err)
{
    if (!m->opts.tls) return OND_OK;
    signal(SIGPIPE, SIG_IGN); /* OpenSSL writes without MSG_NOSIGNAL */
    const char *dir = m->opts.ca ? NULL : "/etc/ssl/certs";
    int rc = mosq.tls_set(m->lib, m->opts.ca, dir, m->opts.cert, m->opts.key, NULL);
    if (rc == MOSQ_ERR_SUCCESS) return OND_OK;
    return ond_fail(err, OND_E_CONFIG,
                    "TLS to the broker cannot be set up: %s; check the files ca, cert and key",
                    mosq.strerror(rc));
}

static int set_lib(ond_mqtt *m, ond_err *err)
{
    m->lib = mosq.new(NULL, true, m);
    if (!m->lib) return ond_nomem(err, "connecting to the broker");
    mosq.connect_callback_set(m->lib, on_connect);
    mosq.disconnect_callback_set(m->lib, on_disconnect);
    mosq.message_callback_set(m->lib, on_message);
    mosq.int_option(m->lib, MOSQ_OPT_TCP_NODELAY, 1);
    int rc = MOSQ_ERR_SUCCESS;
    if (m->opts.user) rc = mosq.username_pw_set(m->lib, m->opts.user, m->opts.password);
    if (rc == MOSQ_ERR_SUCCESS && m->opts.will_topic && m->opts.will)
        rc = mosq.will_set(m->lib, m->opts.will_topic, (int)strlen(m->opts.will), m->opts.will, 0,
                           true);
    if (rc != MOSQ_ERR_SUCCESS)
        return ond_fail(err, rc == MOSQ_ERR_NOMEM ? OND_E_NOMEM : OND_E_CONFIG,
                        "the broker's settings cannot work: %s", mosq.strerror(rc));
    return set_tls(m, err);
}

int ond_mqtt_open(ond_loop *loop, const ond_mqtt_opts *opts, ond_mqtt **out, ond_err *err)
{
    *out = NULL;
    int rc = ond_late_load(&mosq_library, err);
    if (rc != 0) return rc;
    ond_mqtt *m = calloc(1, sizeof *m);
    if (!m) return ond_nomem(err, "connecting to the broker");
    mosq.lib_init();
    m->loop = loop;
    m->watched = -1;
    rc = copy_opts(m, opts, err);
    if (rc == 0) rc = set_lib(m, err);
    if (rc != 0) {
        ond_mqtt_close(m);
        return rc;
    }
    m->misc = ond_loop_after(loop, MISC_MS, on_misc, m);
    m->retry = ond_loop_after(loop, 0, on_retry, m);
    *out = m;
    return OND_OK;
}

/* What is still to be written goes out first: a retained "offline" must not be lost. */
static void flush(ond_mqtt *m)
{
    uint64_t until = ond_steady_us() + 200000;
    while (mosq.socket(m->lib) >= 0 && mosq.want_write(m->lib) && ond_steady_us() < until) {
        struct pollfd p = {mosq.socket(m->lib), POLLOUT, 0};
        if (poll(&p, 1, 50) < 0 || mosq.loop_write(m->lib, 1) != MOSQ_ERR_SUCCESS) break;
    }
}

void ond_mqtt_close(ond_mqtt *m)
{
    if (!m) return;
    ond_loop_cancel(m->loop, m->misc);
    ond_loop_cancel(m->loop, m->retry);
    if (m->watched >= 0) ond_loop_unwatch(m->loop, m->watched);
    if (m->lib) {
        if (m->up) {
            flush(m);
            mosq.disconnect(m->lib);
            flush(m);
        }
        mosq.destroy(m->lib);
    }
    for (size_t i = 0; strings(&m->opts, i); i++) free((void *)(uintptr_t)*strings(&m->opts, i));
    free(m);
    mosq.lib_cleanup();
}

bool ond_mqtt_is_up(const ond_mqtt *m)
{
    return m->up && !m->lost;
}

const char *ond_mqtt_why(const ond_mqtt *m)
{
    return m->why;
}

/* ---- topics ---- */

bool ond_mqtt_topic_ok(const char *topic, bool wildcards)
{
    size_t n = strlen(topic);
    if (n == 0 || n > 1024) return false;
    if (ond_late_load(&mosq_library, NULL) != 0)
        return n > 0; /* connecting will say what is missing */
    if (n == 0 || n > 1024 || mosq.validate_utf8(topic, (int)n) != MOSQ_ERR_SUCCESS) return false;
    return (wildcards ? mosq.sub_topic_check(topic) : mosq.pub_topic_check(topic)) ==
           MOSQ_ERR_SUCCESS;
}

static int done(ond_mqtt *m, int rc, const char *what, ond_err *err)
{
    watch(m);
    if (rc == MOSQ_ERR_SUCCESS) return OND_OK;
    if (rc == MOSQ_ERR_NOMEM) return ond_nomem(err, what);
    if (rc == MOSQ_ERR_INVAL || rc == MOSQ_ERR_MALFORMED_UTF8)
        return ond_fail(err, OND_E_INPUT, "%s: the topic is not one that MQTT allows", what);
    return ond_fail(err, OND_E_UNAVAILABLE, "%s: the broker %s:%d is not reachable (%s)", what,
                    m->opts.host, m->opts.port, mosq.strerror(rc));
}

int ond_mqtt_subscribe(ond_mqtt *m, const char *const *topics, size_t n, ond_err *err)
{
    int rc = ond_mqtt_is_up(m) ? MOSQ_ERR_SUCCESS : MOSQ_ERR_NO_CONN;
    char *part[BATCH];
    for (size_t i = 0; i < n && rc == MOSQ_ERR_SUCCESS;) {
        int k = 0;
        while (k < BATCH && i < n) part[k++] = (char *)(uintptr_t)topics[i++];
        rc = mosq.subscribe_multiple(m->lib, NULL, k, part, 0, 0, NULL);
    }
    return done(m, rc, "subscribing", err);
}

int ond_mqtt_unsubscribe(ond_mqtt *m, const char *topic, ond_err *err)
{
    int rc = ond_mqtt_is_up(m) ? mosq.unsubscribe(m->lib, NULL, topic) : MOSQ_ERR_NO_CONN;
    return done(m, rc, "unsubscribing", err);
}

int ond_mqtt_publish(ond_mqtt *m, const char *topic, ond_str payload, int qos, bool retain,
                     ond_err *err)
{
    int rc = ond_mqtt_is_up(m)
                 ? mosq.publish(m->lib, NULL, topic, (int)payload.n, payload.p, qos, retain)
                 : MOSQ_ERR_NO_CONN;
    return done(m, rc, "publishing", err);
}
