/* house_on_broker.h - for kill_mqtt: a home of its own, a broker, a house on it that survives, and
 * an ear that counts every command and knows every state.
 *
 * All that is started here dies with this process. The house is `ondol home sim` in a process of
 * its own: what the killed program did is what this house was told. */
#ifndef OND_TESTS_TORTURE_HOUSE_ON_BROKER_H
#define OND_TESTS_TORTURE_HOUSE_ON_BROKER_H

#include "base/json.h"
#include "sys/clock.h"
#include "sys/mqtt.h"

#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char place[256], program[4096];
static char trouble[1024]; /* the first thing that was wrong */

static void complain(const char *fmt, const char *a, long long b)
{
    if (!trouble[0]) snprintf(trouble, sizeof trouble, fmt, a, b);
}

/* ---- folders and processes ---- */

static const char *file(const char *name)
{
    static char path[8][320];
    static int next;
    char *out = path[next++ % 8];
    snprintf(out, sizeof path[0], "%s/%s", place, name);
    return out;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static bool make_place(void)
{
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME",
                                        "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};
    const char *tmp = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/ondol-kill-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (!mkdtemp(place)) return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (mkdir(file(names[i]), 0700) != 0 || setenv(names[i], file(names[i]), 1) != 0)
            return false;
    return true;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");
    if (!f || fputs(text, f) < 0) complain("%s cannot be written (%lld)", path, 0);
    if (f) fclose(f);
}

static void sleep_us(unsigned us)
{
    struct timespec t = {us / 1000000, (long)(us % 1000000) * 1000};
    nanosleep(&t, NULL);
}

static pid_t start(char *const argv[], const char *out)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execvp(argv[0], argv);
    _exit(127);
}

static bool has_ended(pid_t pid)
{
    siginfo_t info = {0};
    return waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == pid;
}

/* Exit status, or -1 where it was killed. */
static int end_of_process(pid_t pid)
{
    int status = 0;
    waitpid(pid, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void end_process(pid_t *pid)
{
    if (*pid <= 0) return;
    kill(*pid, SIGCONT);
    kill(*pid, SIGKILL);
    waitpid(*pid, NULL, 0);
    *pid = 0;
}

/* ---- the broker ---- */

static pid_t broker, house;
static int port;

static int try_port(int number, bool listen_there)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                            .sin_port = htons((uint16_t)number)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), got = 0;
    if (!listen_there)
        got = connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    else if (bind(fd, (struct sockaddr *)&a, sizeof a) == 0 &&
             getsockname(fd, (struct sockaddr *)&a, &n) == 0)
        got = ntohs(a.sin_port);
    close(fd);
    return got;
}

static bool start_broker(void)
{
    char conf[256], *argv[] = {(char *)"mosquitto", (char *)"-c", NULL, NULL};
    const char *path = getenv("PATH");
    char with_sbin[4096];
    snprintf(with_sbin, sizeof with_sbin, "%s:/usr/sbin", path ? path : "/usr/bin:/bin");
    setenv("PATH", with_sbin, 1);
    port = try_port(0, true);
    snprintf(conf, sizeof conf,
             "listener %d 127.0.0.1\nallow_anonymous true\npersistence false\nlog_dest none\n%s",
             port, geteuid() == 0 ? "user root\n" : "");
    write_file(file("broker.conf"), conf);
    argv[2] = (char *)file("broker.conf");
    broker = start(argv, file("broker.out"));
    for (int i = 0; i < 500; i++) {
        if (try_port(port, false)) return true;
        sleep_us(10000);
    }
    return false;
}

/* ---- the house ---- */

static const char house_yaml[] =
    "version: 1\n"
    "areas:\n"
    "  - {id: kitchen, names: {en: [kitchen]}}\n"
    "  - {id: study, names: {en: [study]}}\n"
    "  - {id: hall, names: {en: [hall]}}\n"
    "devices:\n"
    "  - {id: light.kitchen, area: kitchen, names: {en: [light]}, limits: {brightness: [1, 100]},"
    " state: {state: off, brightness: 40}}\n"
    "  - {id: light.study, area: study, names: {en: [light]}, limits: {brightness: [1, 100]},"
    " state: {state: off, brightness: 60}}\n"
    "  - {id: light.hall, area: hall, names: {en: [light]}, state: off}\n"
    "  - {id: climate.ac, area: study, names: {en: [air conditioner]}, limits: {state: [off, cool,"
    " heat], temperature: [18, 30]}, state: {state: off, temperature: 24}}\n"
    "  - {id: lock.door, area: hall, names: {en: [front door]}, state: locked}\n"
    "  - {id: button.bell, area: hall, names: {en: [bell]}}\n"
    "  - {id: sensor.barrier, area: hall, names: {en: [count]}}\n"
    "  - id: scene.evening\n"
    "    names: {en: [evening mode]}\n"
    "    members: {light.kitchen: {state: on, brightness: 20}, light.study: {state: on,"
    " brightness: 30}, light.hall: on}\n";

static void start_house(void)
{
    char where[64];
    char *argv[] = {program,
                    (char *)"home",
                    (char *)"sim",
                    (char *)"--mqtt",
                    where,
                    (char *)"--house",
                    (char *)file("house.yaml"),
                    NULL};
    snprintf(where, sizeof where, "127.0.0.1:%d", port);
    write_file(file("house.yaml"), house_yaml);
    house = start(argv, file("house.out"));
}

/* ---- the ear ---- */

static struct {
    ond_loop *loop;
    ond_mqtt *mqtt;
    bool up;
    cJSON *commands; /* topic: how many were sent there */
    int n_commands;
    cJSON *states; /* entity: its state, as it said last */
} ear;

static void lower(char *z)
{
    for (; *z; z++)
        if (*z >= 'A' && *z <= 'Z') *z = (char)(*z - 'A' + 'a');
}

/* "ON", or a JSON object with "state" in it. */
static cJSON *read_state(ond_str payload)
{
    cJSON *state = NULL;
    if (ond_json_parse(payload, &state, NULL) != 0 || !cJSON_IsObject(state)) {
        cJSON_Delete(state);
        char *word = ond_str_dup(payload);
        state = cJSON_CreateObject();
        ond_json_set_str(state, "state", word);
        free(word);
    }
    cJSON *word = cJSON_GetObjectItemCaseSensitive(state, "state");
    if (cJSON_IsString(word)) lower(word->valuestring);
    return state;
}

/* The entity that "ondol/light/kitchen/set" or "ondol/climate/ac/temperature/set" speaks of. */
static bool read_topic(const char *topic, char entity[80], const char **what)
{
    char domain[40], name[40];
    const char *last = strrchr(topic, '/');
    if (sscanf(topic, "ondol/%39[^/]/%39[^/]/", domain, name) != 2 || !last) return false;
    snprintf(entity, 80, "%s.%s", domain, name);
    *what = last + 1;
    return true;
}

static void ear_message(void *self, const char *topic, ond_str payload, bool retained)
{
    char entity[80];
    const char *what;
    (void)self, (void)retained;
    if (!read_topic(topic, entity, &what)) return;
    if (strcmp(what, "state") == 0) ond_json_set(ear.states, entity, read_state(payload));
    if (strcmp(what, "set") != 0 || strcmp(entity, "sensor.barrier") == 0) return;
    ond_json_set_num(ear.commands, topic, ond_json_num(ear.commands, topic, 0) + 1);
    ear.n_commands++;
}

static void ear_up(void *self)
{
    const char *all[] = {"ondol/#"};
    (void)self;
    ear.up = ond_mqtt_subscribe(ear.mqtt, all, 1, NULL) == 0;
}

static bool ear_open(void)
{
    const ond_mqtt_opts opts = {
        .host = "127.0.0.1", .port = port, .up = ear_up, .message = ear_message};
    ear.commands = cJSON_CreateObject();
    ear.states = cJSON_CreateObject();
    return ond_loop_open(&ear.loop, NULL) == 0 &&
           ond_mqtt_open(ear.loop, &opts, &ear.mqtt, NULL) == 0 &&
           ond_loop_until(ear.loop, &ear.up, 5000);
}

static void ear_close(void)
{
    ond_mqtt_close(ear.mqtt);
    ond_loop_close(ear.loop);
    cJSON_Delete(ear.commands);
    cJSON_Delete(ear.states);
}

static void ear_forget_commands(void)
{
    cJSON_Delete(ear.commands);
    ear.commands = cJSON_CreateObject();
    ear.n_commands = 0;
}

/* A command to the house and its answer. Twice: the second one is read by the broker after all that
 * reached it before the first, so then the house has obeyed whatever a killed process had sent. */
static void barrier(void)
{
    static int count;
    for (int i = 0; i < 2; i++) {
        char text[16];
        uint64_t until = ond_steady_us() + 20000000, again = 0;
        snprintf(text, sizeof text, "%d", ++count);
        while (strcmp(ond_json_str(ond_json_get(ear.states, "sensor.barrier"), "state", ""),
                      text) != 0) {
            uint64_t now = ond_steady_us();
            if (now > until) {
                complain("%s does not answer (%lld)", "the house on the broker", count);
                return;
            }
            if (now > again && ond_mqtt_publish(ear.mqtt, "ondol/sensor/barrier/set",
                                                ond_str_of(text), 0, false, NULL) == 0)
                again = now + 200000;
            ond_loop_turn(ear.loop, 20);
        }
    }
}

static bool open_house(void)
{
    if (!start_broker() || !ear_open()) return false;
    start_house();
    barrier();
    return !trouble[0];
}

static void close_house(void)
{
    ear_close();
    end_process(&house);
    end_process(&broker);
}

#endif
