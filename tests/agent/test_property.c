/* test_property.c - do; undo gives every device its former state back: random plans, through a real broker.
 *
 * Three processes: mosquitto, the built-in house published on it (ond_sim_publish), and this one, whose gate reaches the
 * house by MQTT alone. Travel times are set to 0, so that a curtain is where it was told to be at once. What moves by itself
 * (temperatures, humidity, batteries, motion) is no device's former state and is left out of the comparison.
 * ONDOL_SEED and ONDOL_PLANS choose other plans. */
#include "base/cm.h"
#include "gate/gate.h"
#include "sim/sim.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char dir[64];
static int port;
static pid_t broker, house;
static uint64_t seed = 20261123;

static unsigned roll(unsigned n)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (unsigned)((seed >> 11) % n);
}

static void nap(long ms)
{
    nanosleep(&(struct timespec){ms / 1000, ms % 1000 * 1000000}, NULL);
}

static int free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(0, bind(fd, (struct sockaddr *)&a, sizeof a));
    assert_int_equal(0, getsockname(fd, (struct sockaddr *)&a, &n));
    close(fd);
    return ntohs(a.sin_port);
}

static void start_broker(void)
{
    char conf[128], p[16];
    snprintf(conf, sizeof conf, "%s/mosquitto.conf", dir);
    FILE *f = fopen(conf, "w");
    assert_non_null(f);
    fprintf(f, "listener %d 127.0.0.1\nallow_anonymous true\npersistence false\n", port);
    fclose(f);
    snprintf(p, sizeof p, "%d", port);
    broker = fork();
    if (broker == 0) {
        int null = open("/dev/null", O_RDWR);
        dup2(null, 1);
        dup2(null, 2);
        execlp("mosquitto", "mosquitto", "-c", conf, NULL);
        execl("/usr/sbin/mosquitto", "mosquitto", "-c", conf, NULL);
        _exit(127);
    }
    for (int i = 0; i < 100; i++) {
        struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        int rc = connect(fd, (struct sockaddr *)&a, sizeof a);
        close(fd);
        if (rc == 0) return;
        nap(50);
    }
    fail_msg("mosquitto does not answer on port %d", port);
}

/* The default house with every travel time 0. */
static char *quick_house(void)
{
    ond_str text = ond_house_default();
    char *copy = ond_str_dup(text), *p = copy;
    assert_non_null(copy);
    while ((p = strstr(p, "travel:"))) {
        for (p += 7; *p == ' '; p++) {}
        for (; *p >= '0' && *p <= '9'; p++) p[0] = p[1] >= '0' && p[1] <= '9' ? ' ' : '0';
    }
    return copy;
}

static volatile bool stop;
static void on_term(int signo)
{
    (void)signo;
    stop = true;
}

static void told_ready(void *self)
{
    int *fd = self;
    if (write(*fd, "r", 1) != 1) _exit(3);
}

static void start_house(void)
{
    int fd[2];
    char c;
    assert_int_equal(0, pipe(fd));
    house = fork();
    if (house == 0) {
        ond_house *h;
        ond_err err = {0};
        signal(SIGTERM, on_term);
        char *text = quick_house();
        ond_sim_mqtt opts = {.host = "127.0.0.1", .port = port, .ready = told_ready, .self = &fd[1], .stop = &stop};
        int rc = ond_house_open(ond_str_of(text), "test", &h, &err);
        if (!rc) rc = ond_sim_publish(h, &opts, &err);
        if (rc) fprintf(stderr, "house: %s\n", err.text);
        _exit(rc != 0);
    }
    close(fd[1]);
    assert_int_equal(1, read(fd[0], &c, 1));
    close(fd[0]);
}

static int setup(void **state)
{
    (void)state;
    strcpy(dir, "/tmp/ondol-property.XXXXXX");
    if (!mkdtemp(dir)) return -1;
    if (getenv("ONDOL_SEED")) seed = strtoull(getenv("ONDOL_SEED"), NULL, 10) | 1;
    port = free_port();
    start_broker();
    start_house();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    kill(house, SIGTERM);
    waitpid(house, NULL, 0);
    kill(broker, SIGTERM);
    waitpid(broker, NULL, 0);
    char cmd[96];
    snprintf(cmd, sizeof cmd, "rm -rf %s", dir);
    return system(cmd);
}

/* ---- random plans ---- */

/* `needs`: the limit that a device must have to take it. */
typedef struct choice { const char *domain, *verb, *args, *needs; } choice;
static const choice choices[] = {
    {"light", "turn_on", "{}", NULL}, {"light", "turn_off", "{}", NULL}, {"light", "toggle", "{}", NULL},
    {"light", "set_light", "{\"brightness\":37}", "brightness"}, {"light", "set_light", "{\"brightness_step\":-20}", "brightness"},
    {"light", "set_light", "{\"brightness_step\":15}", "brightness"}, {"switch", "turn_on", "{}", NULL}, {"switch", "toggle", "{}", NULL},
    {"cover", "open", "{}", NULL}, {"cover", "close", "{}", NULL}, {"cover", "set_position", "{\"position\":40}", "position"},
    {"fan", "turn_on", "{}", NULL}, {"fan", "turn_off", "{}", NULL}, {"fan", "set_fan", "{\"percentage\":66}", "percentage"},
    {"lock", "lock", "{}", NULL}, {"lock", "unlock", "{}", NULL},
    {"climate", "set_temperature", "{\"temperature\":24}", "temperature"}, {"climate", "set_temperature", "{\"temperature_step\":1}", "temperature"},
    {"climate", "turn_off", "{}", NULL}, {"climate", "turn_on", "{}", NULL},
    {"humidifier", "turn_on", "{}", NULL}, {"humidifier", "turn_off", "{}", NULL},
    {"media_player", "turn_on", "{}", NULL}, {"media_player", "set_volume", "{\"volume\":11}", "volume"},
    {"valve", "open", "{}", NULL}, {"valve", "close", "{}", NULL},
};

static const char *domain_of(const cJSON *entity)
{
    return ond_json_str(entity, "domain", "");
}

/* One random step on an entity that the plan does not have yet. */
static bool add_step(ond_plan *plan, const cJSON *entities)
{
    int n = cJSON_GetArraySize(entities);
    for (int tries = 0; tries < 200; tries++) {
        const cJSON *e = cJSON_GetArrayItem(entities, (int)roll((unsigned)n));
        const choice *c = &choices[roll(sizeof choices / sizeof *choices)];
        const char *id = ond_json_str(e, "id", "");
        bool used = strcmp(c->domain, domain_of(e)) != 0 ||
                    (c->needs && !ond_json_get(ond_json_get(e, "limits"), c->needs));
        for (size_t i = 0; i < plan->n && !used; i++) used = !strcmp(ond_json_str(plan->v[i].args, "entity", ""), id);
        if (used) continue;
        cJSON *args = cJSON_Parse(c->args), *from = cJSON_CreateObject();
        const cJSON *a;
        ond_err err;
        ond_json_set_str(args, "entity", id);
        cJSON_ArrayForEach(a, args) ond_json_set_str(from, a->string, "owner");
        assert_int_equal(0, ond_plan_add(plan, "home", c->verb, args, from, OND_EFFECT_REVERSIBLE, "a test", &err));
        return true;
    }
    return false;
}

/* Does the state of this entity move by itself? */
static bool moves_by_itself(const char *attribute)
{
    return strstr(attribute, "current_") == attribute || !strcmp(attribute, "battery") || !strcmp(attribute, "hvac_action");
}

static cJSON *devices(ond_gate *g)
{
    cJSON *world = NULL, *out = cJSON_CreateObject();
    ond_err err = {0};
    ond_gate_service(g);
    if (ond_gate_world(g, &world, &err)) fail_msg("%s", err.text);
    const cJSON *e;
    cJSON_ArrayForEach(e, ond_json_get(world, "entities"))
    {
        if (!strcmp(domain_of(e), "sensor") || !strcmp(domain_of(e), "binary_sensor")) continue;
        cJSON *s = cJSON_Duplicate(ond_json_get(e, "state"), true), *a = s->child;
        while (a) {
            cJSON *next = a->next;
            if (moves_by_itself(a->string)) cJSON_Delete(cJSON_DetachItemViaPointer(s, a));
            a = next;
        }
        cJSON_AddItemToObject(out, ond_json_str(e, "id", ""), s);
    }
    cJSON_Delete(world);
    return out;
}

static int asks;
static ond_consent consent_yes(void *self, const cJSON *ask)
{
    (void)self;
    assert_true(ond_json_str(ask, "question", "")[0] != 0);
    asks++;
    return OND_CONSENT_YES;
}

/* The first difference between two houses, in words; "" when equal. */
static void compare(const cJSON *a, const cJSON *b, ond_buf *what)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, a)
    {
        const cJSON *other = ond_json_get(b, e->string);
        if (other && ond_json_equal(e, other)) continue;
        ond_buf_printf(what, "%s was ", e->string);
        ond_json_print(what, e);
        ond_buf_puts(what, ", is ");
        if (other) ond_json_print(what, other);
        ond_buf_puts(what, "; ");
    }
}

static void one_plan(ond_gate *g, const cJSON *entities, int round, int *changed)
{
    ond_plan plan = {0};
    ond_err err = {0};
    cJSON *report = NULL, *before = devices(g);
    ond_run_opts opts = {.consent = consent_yes};
    unsigned steps = 1 + roll(6);
    for (unsigned i = 0; i < steps && add_step(&plan, entities); i++) {}

    int rc = ond_gate_run(g, &plan, &opts, &report, &err);
    if (rc) {
        char *text = report ? cJSON_Print(report) : NULL;
        fail_msg("round %d: do: %s\n%s", round, err.text, text ? text : "");
    }
    bool did = !strcmp(ond_json_str(report, "status", ""), "done");
    cJSON_Delete(report);
    report = NULL;
    if (did) {
        cJSON *between = devices(g);
        assert_false(ond_json_equal(before, between));
        cJSON_Delete(between);
        (*changed)++;
        rc = ond_gate_undo(g, 0, &opts, &report, &err);
        char *text = report ? cJSON_Print(report) : NULL;
        if (rc) fail_msg("round %d: undo: %s\n%s", round, err.text, text ? text : "");
        free(text);
        cJSON_Delete(report);
    }
    cJSON *after = devices(g);
    ond_buf what = {0};
    compare(before, after, &what);
    if (what.n) fail_msg("round %d: after undo, %s", round, what.p);
    ond_buf_free(&what);
    cJSON_Delete(before);
    cJSON_Delete(after);
    ond_plan_free(&plan);
}

TEST(do_undo_is_nothing)
{
    ond_store *store;
    ond_gate *g;
    ond_err err = {0};
    char key[128], config[512];
    snprintf(key, sizeof key, "%s/device.key", dir);
    if (ond_store_open(&(ond_store_opts){.dir = dir, .key_path = key}, &store, NULL, &err)) fail_msg("%s", err.text);
    snprintf(config, sizeof config,
             "{\"hands\":{\"home\":{\"house\":\"none\",\"mqtt\":{\"host\":\"127.0.0.1\",\"port\":%d}}}}", port);
    cJSON *cfg = cJSON_Parse(config);
    if (ond_gate_open(&(ond_gate_opts){.store = store, .config = cfg, .lang = "en"}, &g, &err)) fail_msg("%s", err.text);

    cJSON *world = NULL;
    assert_int_equal(0, ond_gate_world(g, &world, &err));
    const cJSON *entities = ond_json_get(world, "entities");
    assert_true(cJSON_GetArraySize(entities) > 20);

    int rounds = getenv("ONDOL_PLANS") ? atoi(getenv("ONDOL_PLANS")) : 100, changed = 0;
    for (int i = 0; i < rounds; i++) one_plan(g, entities, i, &changed);
    printf("# %d plans, %d changed something, %d asked\n", rounds, changed, asks);
    assert_true(changed > rounds / 2);
    assert_true(asks > 0);      /* unlocking and the valve are asked, on the way there or back */

    ond_verify v;
    assert_int_equal(0, ond_store_verify(store, &v, &err));
    cJSON_Delete(world);
    ond_gate_close(g);
    ond_store_close(store);
    cJSON_Delete(cfg);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(do_undo_is_nothing)};
    return cmocka_run_group_tests(tests, setup, teardown);
}
