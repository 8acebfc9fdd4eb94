/* kill_home.c - kill -9 at random points of home commands; then every intent is settled against the
 * world, nothing that was confirmed is lost, nothing is repeated, and the journal verifies.
 *
 * ROUNDS (100) rounds in a temporary home. A round runs one command of the program ($ONDOL), alone
 * or through `ondol up`, and ends it (or `up`) with SIGKILL after a random part of the time that it
 * usually takes. Then the store is opened again, which settles, and the whole journal is replayed:
 * each intent must have begun from the state that the rows before it add up to, so an act without a
 * row, or one that was repeated, shows; and what they add up to must be what the house shows. SEED
 * repeats a run. */
#include "daemon/daemon.h"
#include "kill.h"

#include "sys/clock.h"

#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONFIRMED_MAX 100000

static char place[256], program[4096];
static int killed, ended, settled_done, settled_not;
static int64_t confirmed[CONFIRMED_MAX];
static size_t n_confirmed;
static int commands;

static void complain(const char *fmt, const char *a, long long b)
{
    if (!trouble[0]) snprintf(trouble, sizeof trouble, fmt, a, b);
}

static void result_of(bool ok, const char *name)
{
    if (ok)
        trouble[0] = '\0';
    else if (!trouble[0])
        snprintf(trouble, sizeof trouble, "(no word)");
    result(name);
}

/* ---- a home of its own ---- */

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
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[320];
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        if (mkdir(path, 0700) != 0 || setenv(names[i], path, 1) != 0) return false;
    }
    return true;
}

/* ---- commands ---- */

static void choose(char text[4][64], char *argv[8])
{
    static const char *const lights[] = {"kitchen", "study", "bedroom", "bathroom"};
    const char *light = lights[rnd(4)];
    int kind = (int)rnd(6), n = 0;
    argv[n++] = program;
    switch (kind) {
    case 0:
    case 1:
        snprintf(text[0], 64, "light.%s", light);
        snprintf(text[1], 64, "brightness=%u", 1 + rnd(100));
        argv[n++] = (char *)"home", argv[n++] = (char *)"set", argv[n++] = text[0],
        argv[n++] = (char *)"state=on";
        argv[n++] = text[1];
        break;
    case 2:
        argv[n++] = (char *)"undo";
        break;
    default:
        snprintf(text[0], 64, "turn %s the %s light", rnd(2) ? "on" : "off", light);
        argv[n++] = (char *)"do", argv[n++] = text[0];
    }
    argv[n++] = (char *)"--json";
    argv[n] = NULL;
}

static pid_t start(char *const argv[], const char *out)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600), null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execv(argv[0], argv);
    _exit(127);
}

static void sleep_us(unsigned us)
{
    struct timespec t = {us / 1000000, (long)(us % 1000000) * 1000};
    nanosleep(&t, NULL);
}

static const char *file(const char *name)
{
    static char path[320];
    snprintf(path, sizeof path, "%s/%s", place, name);
    return path;
}

static cJSON *read_reply(void)
{
    static char text[1 << 20];
    FILE *f = fopen(file("out"), "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    text[n] = '\0';
    return cJSON_Parse(text);
}

/* Remembers the intents that a command which ended well told as done. */
static void remember(void)
{
    cJSON *reply = read_reply();
    const cJSON *step;
    if (!reply) complain("%s ended well and printed no JSON (%lld)", "a command", 0);
    cJSON_ArrayForEach(
        step, ond_json_get(ond_json_get(reply, "report"),
                           "steps")) if (strcmp(ond_json_str(step, "done", ""), "ok") == 0 &&
                                         n_confirmed < CONFIRMED_MAX) confirmed[n_confirmed++] =
        (int64_t)ond_json_num(step, "event", 0);
    cJSON_Delete(reply);
}

/* Runs one command, ends `victim` (0: the command itself) after `us`. */
static void run_one(pid_t victim, unsigned us)
{
    char text[4][64], *argv[8];
    int status = 0;
    choose(text, argv);
    commands++;
    pid_t pid = start(argv, file("out"));
    sleep_us(us);
    kill(victim ? victim : pid, SIGKILL);
    waitpid(pid, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) remember();
    if (WIFSIGNALED(status) || (victim && WIFEXITED(status) && WEXITSTATUS(status) != 0))
        killed++;
    else
        ended++;
}

/* Opens the house, which settles what is open, and ends that too at a random point. */
static void cut_settling(unsigned usual)
{
    char *argv[] = {program, (char *)"home", (char *)"state", NULL};
    pid_t pid = start(argv, file("other"));
    sleep_us(rnd(usual));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* Half of the points are spread over the whole run, half over its second part, where it acts. */
static unsigned point(unsigned usual)
{
    return rnd(2) ? rnd(usual + usual / 3) : usual / 2 + rnd(usual * 3 / 4);
}

static bool wait_ready(void)
{
    for (int i = 0; i < 500; i++) {
        struct stat st;
        if (stat(file("XDG_RUNTIME_DIR/ondol/sock"), &st) == 0) return true;
        sleep_us(5000);
    }
    return false;
}

static void round_through_up(unsigned usual)
{
    char *argv[] = {program, (char *)"up", NULL};
    unlink(file("XDG_RUNTIME_DIR/ondol/sock"));
    pid_t up = start(argv, file("up"));
    if (wait_ready())
        run_one(up, point(usual));
    else
        complain("%s up did not start (%lld)", "ondol", 0);
    kill(up, SIGKILL);
    waitpid(up, NULL, 0);
}

/* ---- replaying the journal ---- */

static cJSON *ask(ond_owner *o, const char *call)
{
    cJSON *request = cJSON_CreateObject(), *reply = NULL;
    ond_err err = {0};
    ond_json_set_str(request, "call", call);
    if (ond_owner_call(o, request, NULL, &reply, &err) != 0)
        complain("%s: failed (%lld)", err.text, 0);
    cJSON_Delete(request);
    return reply;
}

/* What the rows add up to: entity -> attributes. */
static void apply(cJSON *world, const cJSON *intent)
{
    const char *entity = ond_json_str(ond_json_get(intent, "args"), "entity", "");
    const cJSON *expect = ond_json_get(intent, "expect");
    cJSON *state = cJSON_GetObjectItemCaseSensitive(world, entity);
    for (const cJSON *m = expect ? expect->child : NULL; m && state; m = m->next)
        ond_json_set(state, m->string, cJSON_Duplicate(m, true));
}

/* An intent begins from what the rows before it add up to. The first one that names an entity tells
 * where it began. */
static void begin_intent(cJSON *world, const cJSON *event)
{
    const cJSON *intent = ond_json_get(event, "body"), *before = ond_json_get(intent, "before");
    const char *entity = ond_json_str(ond_json_get(intent, "args"), "entity", "");
    const cJSON *state = ond_json_get(world, entity);
    if (!state) {
        ond_json_set(world, entity, cJSON_Duplicate(before, true));
        return;
    }
    if (!ond_json_equal(ond_json_get(state, "state"), ond_json_get(before, "state")) ||
        !ond_json_equal(ond_json_get(state, "brightness"), ond_json_get(before, "brightness")))
        complain("%s: the state before intent %lld is not what the journal adds up to", entity,
                 (long long)ond_json_num(event, "id", 0));
}

static const cJSON *event_at(const cJSON *events, int64_t id)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, events) if ((int64_t)ond_json_num(e, "id", 0) == id) return e;
    return NULL;
}

/* How intent `id` ended: "ok", "already", "done", "not_done", …; NULL: no row. Twice is a fault. */
static const char *end_of(const cJSON *events, int64_t id)
{
    const char *end = NULL;
    for (const cJSON *e = event_at(events, id); e; e = e->next) {
        const char *kind = ond_json_str(e, "kind", "");
        bool outcome = strcmp(kind, "outcome") == 0, settled = strcmp(kind, "settled") == 0;
        if ((!outcome && !settled) || (int64_t)ond_json_num(e, "ref", 0) != id) continue;
        if (end) complain("%s: intent %lld ended twice", kind, (long long)id);
        end = ond_json_str(ond_json_get(e, "body"), outcome ? "done" : "found", "?");
    }
    return end;
}

static void replay(const cJSON *events, cJSON *world)
{
    const cJSON *e;
    int wishes = 0;
    settled_done = settled_not = 0;
    cJSON_ArrayForEach(e, events)
    {
        const char *kind = ond_json_str(e, "kind", "");
        int64_t id = (int64_t)ond_json_num(e, "id", 0);
        wishes += (int64_t)ond_json_num(e, "task", 0) == id;
        if (strcmp(kind, "settled") == 0 &&
            strcmp(ond_json_str(ond_json_get(e, "body"), "found", ""), "done") == 0)
            settled_done++;
        else if (strcmp(kind, "settled") == 0)
            settled_not++;
        if (strcmp(kind, "intent") != 0) continue;
        const char *end = end_of(events, id);
        begin_intent(world, e);
        if (!end)
            complain("%s: intent %lld was not settled", "journal", (long long)id);
        else if (strcmp(end, "ok") == 0 || strcmp(end, "done") == 0)
            apply(world, ond_json_get(e, "body"));
        else if (strcmp(end, "already") != 0 && strcmp(end, "not_done") != 0)
            complain("an intent ended as '%s' (%lld)", end, (long long)id);
    }
    if (wishes > commands)
        complain("%s: %lld tasks more than commands were given", "journal",
                 (long long)wishes - commands);
}

static void compare(const cJSON *world, const cJSON *house)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, ond_json_get(house, "entities"))
    {
        const cJSON *state = ond_json_get(world, ond_json_str(e, "id", "")),
                    *now = ond_json_get(e, "state");
        if (state &&
            (!ond_json_equal(ond_json_get(state, "state"), ond_json_get(now, "state")) ||
             !ond_json_equal(ond_json_get(state, "brightness"), ond_json_get(now, "brightness"))))
            complain("%s: the house does not show what the journal adds up to (%lld)",
                     ond_json_str(e, "id", ""), 0);
    }
}

static void check_confirmed(const cJSON *events)
{
    for (size_t i = 0; i < n_confirmed; i++) {
        const char *end = end_of(events, confirmed[i]);
        if (!end || (strcmp(end, "ok") != 0 && strcmp(end, "already") != 0))
            complain("what was confirmed is lost: it stands as %s (intent %lld)",
                     end ? end : "nothing", (long long)confirmed[i]);
    }
}

static void check(void)
{
    ond_owner *o = NULL;
    ond_err err = {0};
    ond_owner_opts opts = {.lang = "en"};
    if (ond_owner_open(&opts, &o, &err) != 0) {
        complain("%s: cannot open after a kill (%lld)", err.text, 0);
        return;
    }
    cJSON *house = ask(o, "home.state"), *log = ask(o, "log"), *proof = ask(o, "verify"),
          *world = cJSON_CreateObject();
    const cJSON *events = ond_json_get(log, "events");
    replay(events, world);
    compare(world, house);
    check_confirmed(events);
    cJSON_Delete(house);
    cJSON_Delete(log);
    cJSON_Delete(proof);
    cJSON_Delete(world);
    ond_owner_close(o);
}

/* ---- the run ---- */

/* Microseconds that a command usually takes. */
static unsigned measure(void)
{
    uint64_t total = 0;
    for (int i = 0; i < 5; i++) {
        char *argv[] = {
            program, (char *)"do",
            (char *)(i % 2 ? "turn on the kitchen light" : "turn off the kitchen light"),
            (char *)"--json", NULL};
        int status;
        uint64_t began = ond_steady_us();
        pid_t pid = start(argv, file("out"));
        waitpid(pid, &status, 0);
        commands++;
        if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
            complain("%s does not work at all (%lld)", "ondol do", status);
        total += i > 0 ? ond_steady_us() - began : 0;
    }
    return (unsigned)(total / 4);
}

static void torture(int rounds, unsigned usual, bool through_up, const char *name)
{
    killed = ended = 0;
    for (int i = 0; i < rounds && !trouble[0]; i++) {
        if (through_up)
            round_through_up(usual);
        else
            run_one(0, point(usual));
        if (rnd(4) == 0) cut_settling(usual);
        check();
        if (trouble[0]) printf("# in round %d\n", i);
    }
    printf("# %s: %d rounds, %d cut short; settled so far: %d done, %d not done; %zu confirmed\n",
           name, rounds, killed, settled_done, settled_not, n_confirmed);
    if (!trouble[0] && killed < rounds / 10)
        complain("%s: too few rounds were cut short to show anything (%lld)", name, killed);
    result_of(!trouble[0], name);
}

int main(void)
{
    const char *ondol = getenv("ONDOL"), *rounds_text = getenv("ROUNDS"),
               *seed_text = getenv("SEED");
    int rounds = rounds_text ? atoi(rounds_text) : 100;
    if (!realpath(ondol ? ondol : "build/ondol", program) || !make_place()) {
        printf("Bail out! set ONDOL to the program\n");
        return 1;
    }
    seed = seed_text ? strtoul(seed_text, NULL, 10) : ond_steady_us() | 1;
    printf("# SEED=%lu\n", seed);
    unsigned usual = measure();
    result_of(!trouble[0], "the program works when it is not killed");
    if (n_failed == 0)
        torture(rounds - rounds / 3, usual, false, "one-shot commands killed at random points");
    if (n_failed == 0) torture(rounds / 3, usual, true, "ondol up killed at random points");
    printf("1..%d\n", n_test);
    if (n_failed == 0)
        nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    else
        printf("# left for looking: %s\n", place);
    return n_failed != 0;
}
