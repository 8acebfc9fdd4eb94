/* test_partial.c - a plan of which one half comes true: a shed on a real broker, whose device stops
 * answering.
 *
 * mosquitto on loopback; a child process publishes a house of one shed; the gate's own built-in
 * house is the other half. */
#include "house.h"

#include "sim/sim.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static pid_t broker = -1, shed = -1;
static int port;

static const char shed_house[] =
    "version: 1\n"
    "floors: []\n"
    "areas:\n"
    "  - {id: shed, names: {en: [shed], ko: [창고]}}\n"
    "devices:\n"
    "  - {id: light.shed, area: shed, names: {en: [shed light], ko: [창고등]}, state: off}\n"
    "  - {id: lock.shed, area: shed, names: {en: [shed lock], ko: [창고 자물쇠]}, state: locked}\n";

#define SHED_LIGHT "{\"entity\":\"light.shed\"}"

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    must(bind(fd, (struct sockaddr *)&a, sizeof a));
    must(getsockname(fd, (struct sockaddr *)&a, &n));
    close(fd);
    return ntohs(a.sin_port);
}

static bool answers(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)port),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bool up = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    close(fd);
    return up;
}

static void end(pid_t *pid)
{
    int how;
    if (*pid <= 0) return;
    kill(*pid, SIGCONT);
    kill(*pid, SIGKILL);
    waitpid(*pid, &how, 0);
    *pid = -1;
}

static void end_all(void)
{
    end(&shed);
    end(&broker);
}

/* One that holds nothing that a reader of our output would wait for. */
static pid_t child(void)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!freopen("/dev/null", "w", stdout) || !freopen("/dev/null", "w", stderr)) _exit(126);
    return 0;
}

static void start_broker(void)
{
    char conf[256], text[128];
    snprintf(conf, sizeof conf, "%s/mosquitto.conf", tmp);
    snprintf(text, sizeof text, "listener %d 127.0.0.1\nallow_anonymous true\nlog_dest none\n",
             port);
    must(ond_file_write(conf, ond_str_of(text), 0600, &last));
    broker = child();
    if (broker == 0) {
        execlp("mosquitto", "mosquitto", "-c", conf, (char *)NULL);
        execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf, (char *)NULL);
        _exit(127);
    }
    for (int i = 0; i < 200 && !answers(); i++) usleep(20000);
    assert_true(answers());
}

static void start_shed(void)
{
    static const volatile bool stop = false;
    shed = child();
    if (shed != 0) return;
    ond_house *h = NULL;
    ond_sim_mqtt o = {.host = "127.0.0.1", .port = port, .stop = &stop};
    if (ond_house_open(ond_str_of(shed_house), "shed.yaml", &h, &last) ||
        ond_sim_publish(h, &o, &last))
        fprintf(stderr, "shed: %s\n", last.text);
    _exit(1);
}

static void configure(void)
{
    char text[200];
    snprintf(text, sizeof text,
             "{\"hands\":{\"home\":{\"mqtt\":{\"host\":\"127.0.0.1\",\"port\":%d}}}}", port);
    config = json(text);
}

/* Whether the entity shows `want` and is within reach: which of the two is heard first is the broker's
 * choice. */
static bool ready(const char *entity, const char *want)
{
    cJSON *world = NULL;
    bool reached = false;
    const cJSON *e;
    must(ond_gate_world(gate, &world, &last));
    cJSON_ArrayForEach(e, ond_json_get(world, "entities"))
        if (strcmp(ond_json_str(e, "id", ""), entity) == 0)
            reached = cJSON_IsTrue(ond_json_get(e, "available"));
    cJSON_Delete(world);
    return reached && strcmp(shows(entity, "state"), want) == 0;
}

/* Lets the gate hear what the broker says until the entity shows `want`, or time is up. */
static void wait_until(const char *entity, const char *want)
{
    uint64_t until = ond_steady_us() + 8000000;
    while (!ready(entity, want) && ond_steady_us() < until) {
        struct pollfd p = {.events = POLLIN};
        if (ond_gate_fds(gate, &p.fd, 1) == 1)
            poll(&p, 1, 20);
        else
            usleep(20000);
        ond_gate_service(gate);
    }
    if (!ready(entity, want))
        fail_msg("%s shows '%s' within reach, not '%s'", entity, shows(entity, "state"), want);
}

static int setup_shed(void **state)
{
    if (setup(state)) return -1;
    port = free_port();
    configure();
    close_all(); /* a child would hold the lock of the store */
    start_broker();
    start_shed();
    open_store();
    open_gate();
    wait_until("light.shed", "off");
    wait_until("lock.shed", "locked");
    return 0;
}

static int teardown_shed(void **state)
{
    int rc = teardown(state);
    end_all();
    return rc;
}

#define SHED_TEST(name) cmocka_unit_test_setup_teardown(name, setup_shed, teardown_shed)

TEST(over_the_broker_and_back)
{
    ond_run_opts yes = {.yes = true};
    must(run("turn_on", SHED_LIGHT));
    assert_string_equal(status(), "done");
    assert_string_equal(shows("light.shed", "state"), "on");
    must(undo(0, NULL));
    assert_string_equal(shows("light.shed", "state"), "off");
    assert_int_equal(run("unlock", "{\"entity\":\"lock.shed\"}"), OND_E_ASK);
    must(run_from("unlock", "{\"entity\":\"lock.shed\"}", "owner", &yes));
    assert_string_equal(shows("lock.shed", "state"), "unlocked");
}

TEST(one_half_comes_true)
{
    ond_plan plan = {0};
    ond_run_opts o = {.limit_ms = 300};
    int64_t from = ond_store_count(store);
    kill(shed, SIGSTOP);
    add(&plan, "turn_on", LAMP, "owner");
    add(&plan, "turn_on", SHED_LIGHT, "owner");
    assert_int_equal(run_plan(&plan, &o), OND_E_PARTIAL);
    assert_string_equal(status(), "partial");
    assert_string_equal(ond_json_str(step(0), "done", ""), "ok");
    assert_string_equal(ond_json_str(step(1), "done", ""), "unverified");
    assert_non_null(strstr(last.text, "1 of 2"));
    assert_int_equal(cJSON_GetArraySize(ond_json_get(report, "stands")), 1);
    assert_int_equal(ond_json_num(report, "undo_offered", 0), task());
    assert_string_equal(kinds(from), "wish intent intent outcome outcome");
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");

    /* The shed wakes up and does what it was told late: the undo takes both back. */
    kill(shed, SIGCONT);
    wait_until("light.shed", "on");
    must(undo(task(), NULL));
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    assert_string_equal(shows("light.shed", "state"), "off");
}

TEST(what_fails_stops_what_follows)
{
    ond_plan plan = {0};
    ond_run_opts o = {.limit_ms = 300};
    kill(shed, SIGSTOP);
    add(&plan, "turn_on", SHED_LIGHT, "owner");
    add(&plan, "turn_off", SHED_LIGHT, "owner");
    add(&plan, "turn_on", LAMP, "owner");
    assert_int_equal(run_plan(&plan, &o), OND_E_UNVERIFIED);
    assert_string_equal(status(), "failed");
    assert_string_equal(ond_json_str(step(0), "done", ""), "unverified");
    assert_string_equal(ond_json_str(step(1), "done", ""), "not_run");
    assert_string_equal(ond_json_str(step(2), "done", ""), "not_run");
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
    assert_true(cJSON_IsNull(ond_json_get(report, "undo_offered")));
}

/* With the broker gone nothing is begun for its devices, which the report says, and the rest of the
 * house goes on. */
TEST(the_broker_is_gone)
{
    ond_plan plan = {0};
    ond_run_opts o = {.limit_ms = 300};
    end(&broker);
    end(&shed);
    for (int i = 0; i < 100; i++) {
        usleep(10000);
        ond_gate_service(gate);
    }
    assert_int_equal(run("turn_on", SHED_LIGHT), OND_E_UNAVAILABLE);
    assert_string_equal(status(), "failed");
    add(&plan, "turn_on", SHED_LIGHT, "owner");
    add(&plan, "turn_on", LAMP, "owner");
    assert_int_equal(run_plan(&plan, &o), OND_E_PARTIAL);
    assert_string_equal(ond_json_str(step(0), "done", ""), "not_run");
    assert_non_null(ond_json_str(step(0), "error", NULL));
    assert_string_equal(ond_json_str(step(1), "done", ""), "ok");
    assert_string_equal(shows("light.living_room_lamp", "state"), "on");
    must(undo(0, NULL));
    assert_string_equal(shows("light.living_room_lamp", "state"), "off");
}

/* An intent for a thing that cannot be seen now is reported as unknown, not as done and not as
 * undone. */
TEST(what_cannot_be_seen_is_unknown)
{
    int64_t intent = 0;
    cJSON *body = json(
        "{\"hand\":\"home\",\"verb\":\"turn_on\",\"args\":{\"entity\":\"light.shed\"},"
        "\"effect\":\"reversible\",\"before\":{\"state\":\"off\"},\"expect\":{\"state\":\"on\"}}");
    must(ond_store_append(store, "intent", ond_now(), 0, 0, body, &intent, &last));
    cJSON_Delete(body);
    end(&shed);
    end(&broker);
    start_again();
    const cJSON *s = ond_gate_settled(gate)->child;
    assert_non_null(s);
    assert_int_equal(ond_json_num(s, "event", 0), intent);
    assert_string_equal(ond_json_str(s, "found", ""), "unknown");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SHED_TEST(over_the_broker_and_back),       SHED_TEST(one_half_comes_true),
        SHED_TEST(what_fails_stops_what_follows),  SHED_TEST(the_broker_is_gone),
        SHED_TEST(what_cannot_be_seen_is_unknown),
    };
    signal(SIGPIPE, SIG_IGN);
    atexit(end_all); /* a setup that fails has no teardown */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
