/* test_mqtt.c - the connection to a real broker: comes up, talks, is refused, is lost, comes back,
 * leaves a will. */
#include "../sim/broker.h"

static broker server;
static ond_err err;

typedef struct side {
    ond_loop *loop;
    ond_mqtt *m;
    int ups, downs, messages;
    bool up, down, heard;
    char why[200], topic[100], payload[100];
    size_t bytes;
    bool retained;
} side;

static void on_up(void *self)
{
    side *s = self;
    s->ups++;
    s->up = true;
}

static void on_down(void *self, const char *why)
{
    side *s = self;
    s->downs++;
    s->down = true;
    snprintf(s->why, sizeof s->why, "%s", why);
}

static void on_message(void *self, const char *topic, ond_str payload, bool retained)
{
    side *s = self;
    s->messages++;
    s->heard = true;
    s->retained = retained;
    s->bytes = payload.n;
    snprintf(s->topic, sizeof s->topic, "%s", topic);
    snprintf(s->payload, sizeof s->payload, "%.*s", payload.n < 90 ? (int)payload.n : 90,
             payload.p);
}

static void open_side(side *s, ond_mqtt_opts o)
{
    *s = (side){0};
    o.host = o.host ? o.host : "127.0.0.1";
    o.port = o.port ? o.port : server.port;
    o.up = on_up;
    o.down = on_down;
    o.message = on_message;
    o.self = s;
    assert_int_equal(ond_loop_open(&s->loop, &err), 0);
    assert_int_equal(ond_mqtt_open(s->loop, &o, &s->m, &err), 0);
}

static void close_side(side *s)
{
    ond_mqtt_close(s->m);
    ond_loop_close(s->loop);
    *s = (side){0};
}

static int setup(void **state)
{
    server = (broker){0};
    return tmp_setup(state) || broker_start(&server);
}

static int teardown(void **state)
{
    broker_stop(&server);
    return tmp_teardown(state);
}

TEST(talks)
{
    side a, b;
    const char *topic = "a/b";
    open_side(&a, (ond_mqtt_opts){.will_topic = "a/will", .will = "gone"});
    assert_false(ond_mqtt_is_up(a.m));
    assert_int_equal(ond_mqtt_publish(a.m, topic, OND_S("x"), 0, false, &err), OND_E_UNAVAILABLE);
    assert_true(ond_loop_until(a.loop, &a.up, 5000));
    assert_int_equal(ond_mqtt_publish(a.m, topic, OND_S("안녕"), 1, true, &err), 0);
    assert_int_equal(ond_mqtt_publish(a.m, "a/+", OND_S("x"), 0, false, &err), OND_E_INPUT);
    for (int i = 0; i < 10; i++) ond_loop_turn(a.loop, 10);
    open_side(&b, (ond_mqtt_opts){.payload_max = 1000});
    assert_true(ond_loop_until(b.loop, &b.up, 5000));
    const char *all[] = {"a/#"};
    assert_int_equal(ond_mqtt_subscribe(b.m, all, 1, &err), 0);
    assert_true(ond_loop_until(b.loop, &b.heard, 5000));
    assert_string_equal(b.payload, "안녕");
    assert_true(b.retained);
    /* what is too large does not come in, what follows does */
    static char big[2000];
    memset(big, 'x', sizeof big);
    b.heard = false;
    assert_int_equal(ond_mqtt_publish(a.m, topic, (ond_str){big, 1001}, 0, false, &err), 0);
    assert_int_equal(ond_mqtt_publish(a.m, topic, (ond_str){big, 1000}, 0, false, &err), 0);
    for (int i = 0; i < 5; i++) ond_loop_turn(a.loop, 5);
    assert_true(ond_loop_until(b.loop, &b.heard, 5000));
    assert_int_equal(b.bytes, 1000);
    /* a good-bye leaves no will */
    b.heard = false;
    close_side(&a);
    assert_false(ond_loop_until(b.loop, &b.heard, 150));
    close_side(&b);
}

TEST(will_of_who_vanishes)
{
    side b;
    const char *all[] = {"a/#"};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        side a;
        open_side(&a, (ond_mqtt_opts){.will_topic = "a/will", .will = "gone"});
        ond_loop_run(a.loop);
    }
    open_side(&b, (ond_mqtt_opts){0});
    assert_true(ond_loop_until(b.loop, &b.up, 5000));
    assert_int_equal(ond_mqtt_subscribe(b.m, all, 1, &err), 0);
    assert_false(ond_loop_until(b.loop, &b.heard, 200));
    end_child(&child, SIGKILL);
    assert_true(ond_loop_until(b.loop, &b.heard, 5000));
    assert_string_equal(b.topic, "a/will");
    assert_string_equal(b.payload, "gone");
    close_side(&b);
}

TEST(lost_and_back)
{
    side a;
    open_side(&a, (ond_mqtt_opts){0});
    assert_true(ond_loop_until(a.loop, &a.up, 5000));
    broker_stop(&server);
    assert_true(ond_loop_until(a.loop, &a.down, 5000));
    assert_false(ond_mqtt_is_up(a.m));
    assert_true(a.why[0]);
    a.up = false;
    assert_false(ond_loop_until(a.loop, &a.up, 900)); /* tries, and tells only once */
    assert_int_equal(a.downs, 1);
    assert_int_equal(broker_start(&server), 0);
    ond_mqtt_retry(a.m);
    assert_true(ond_loop_until(a.loop, &a.up, 5000));
    assert_int_equal(a.ups, 2);
    close_side(&a);
}

TEST(nobody_there)
{
    side a;
    open_side(&a, (ond_mqtt_opts){.port = free_port()});
    assert_true(ond_loop_until(a.loop, &a.down, 3000));
    assert_non_null(strstr(a.why, "refused"));
    close_side(&a);
    open_side(&a, (ond_mqtt_opts){.host = "no-such-host.invalid"});
    assert_true(ond_loop_until(a.loop, &a.down, 20000));
    assert_non_null(strstr(a.why, "no-such-host.invalid"));
    close_side(&a);
}

/* A broker that asks for a name. */
TEST(refused)
{
    side a;
    broker strict = {.port = free_port()};
    FILE *f = fopen(tmp_path("strict.conf"), "w");
    assert_non_null(f);
    fprintf(f, "listener %d 127.0.0.1\nallow_anonymous false\nlog_dest none\n%s", strict.port,
            geteuid() == 0 ? "user root\n" : "");
    fclose(f);
    fflush(NULL);
    strict.pid = fork();
    if (strict.pid == 0) {
        child_begins();
        if (freopen("/dev/null", "w", stderr))
            execl("/usr/sbin/mosquitto", "mosquitto", "-c", tmp_path("strict.conf"), (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 500 && !answers(strict.port); i++) usleep(10000);
    open_side(&a, (ond_mqtt_opts){.port = strict.port, .user = "me", .password = "wrong"});
    assert_true(ond_loop_until(a.loop, &a.down, 5000));
    if (!strstr(a.why, "not allowed") && !strstr(a.why, "refuses")) fail_msg("%s", a.why);
    assert_int_equal(a.ups, 0);
    close_side(&a);
    broker_stop(&strict);
}

TEST(options_that_cannot_work)
{
    ond_loop *loop;
    ond_mqtt *m;
    assert_int_equal(ond_loop_open(&loop, &err), 0);
    assert_int_equal(ond_mqtt_open(loop, &(ond_mqtt_opts){.host = ""}, &m, &err), OND_E_CONFIG);
    assert_int_equal(ond_mqtt_open(loop, &(ond_mqtt_opts){.host = "x", .port = 70000}, &m, &err),
                     OND_E_CONFIG);
    assert_int_equal(
        ond_mqtt_open(loop, &(ond_mqtt_opts){.host = "x", .ca = "/nowhere.pem"}, &m, &err),
        OND_E_CONFIG);
    assert_null(m);
    ond_loop_close(loop);
    assert_true(ond_mqtt_topic_ok("a/b", false));
    assert_true(ond_mqtt_topic_ok("a/+/#", true));
    assert_false(ond_mqtt_topic_ok("a/+", false));
    assert_false(ond_mqtt_topic_ok("", true));
    assert_false(ond_mqtt_topic_ok("a/#/b", true));
    assert_false(ond_mqtt_topic_ok("\xff", false));
}

/* One loop inside another: its descriptor tells of its timers, too. */
TEST(a_loop_that_is_watched)
{
    side a;
    open_side(&a, (ond_mqtt_opts){0});
    assert_true(ond_loop_fd(a.loop) >= 0);
    uint64_t until = ond_steady_us() + 3000000;
    while (!a.up && ond_steady_us() < until) {
        struct timeval t = {0, 200000};
        fd_set set;
        FD_ZERO(&set);
        FD_SET(ond_loop_fd(a.loop), &set);
        if (select(ond_loop_fd(a.loop) + 1, &set, NULL, NULL, &t) > 0) ond_loop_turn(a.loop, 0);
    }
    assert_true(a.up);
    close_side(&a);
}

#define MQTT(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MQTT(talks),
        MQTT(will_of_who_vanishes),
        MQTT(lost_and_back),
        MQTT(nobody_there),
        MQTT(refused),
        cmocka_unit_test(options_that_cannot_work),
        MQTT(a_loop_that_is_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
