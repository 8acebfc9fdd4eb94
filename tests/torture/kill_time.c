/* kill_time.c - `ondol up` with short timers and reminders, ended with SIGKILL at random points and
 * started again: each of them is told at least once, and a telling that may be a second one says
 * so.
 *
 * ROUNDS / 10 rounds (10) in a temporary home. A round sets three things that are due within two
 * seconds, starts the program ($ONDOL up), ends it once or twice with SIGKILL, most of the time
 * when something is due or was just told, and lets the last one run until all are told. Then: every
 * thing has a line and a row in the journal; of the lines of one thing only the first is without a
 * mark; the journal verifies. SEED repeats a run. */
#include "daemon/daemon.h"
#include "kill.h"

#include "sys/clock.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define THINGS 3
#define TOLD_LATEST_MS                                                                             \
    20000 /* until then everything must have been told, on a busy machine too                      \
           */

static char place[256], program[4096];
static int killed, repeats;

static void complain(const char *fmt, const char *a, long long b)
{
    if (!trouble[0]) snprintf(trouble, sizeof trouble, fmt, a, b);
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
    const char *base = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/ondol-kill-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    if (!mkdtemp(place)) return false;
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[320];
        snprintf(path, sizeof path, "%s/%s", place, names[i]);
        if (mkdir(path, 0700) != 0 || setenv(names[i], path, 1) != 0) return false;
    }
    return true;
}

static const char *file(const char *name)
{
    static char path[4][320];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%s/%s", place, name);
    return out;
}

static void sleep_us(long long us)
{
    struct timespec t = {us / 1000000, (long)(us % 1000000) * 1000};
    if (us > 0) nanosleep(&t, NULL);
}

/* ---- the house without `up` ---- */

typedef struct house {
    ond_store *store;
    ond_gate *gate;
} house;

static bool open_house(house *h)
{
    ond_err err = {0};
    char dir[320], key[320];
    snprintf(dir, sizeof dir, "%s", file("XDG_DATA_HOME/ondol"));
    snprintf(key, sizeof key, "%s", file("XDG_CONFIG_HOME/ondol/device.key"));
    mkdir(file("XDG_CONFIG_HOME/ondol"), 0700);
    const ond_store_opts opts = {.dir = dir, .key_path = key};
    *h = (house){NULL, NULL};
    if (ond_store_open(&opts, &h->store, NULL, &err) == 0 &&
        ond_gate_open(&(ond_gate_opts){.store = h->store, .lang = "en"}, &h->gate, &err) == 0)
        return true;
    complain("cannot open the house: %s (%lld)", err.text, 0);
    ond_store_close(h->store);
    return false;
}

static void close_house(house *h)
{
    ond_gate_close(h->gate);
    ond_store_close(h->store);
}

/* Runs one verb; `text` is JSON. Returns the report, or NULL after a complaint. */
static cJSON *run_verb(house *h, const char *verb, const char *text)
{
    ond_plan plan = {0};
    ond_err err = {0};
    cJSON *args = cJSON_Parse(text), *from = cJSON_CreateObject(), *report = NULL;
    for (const cJSON *a = args ? args->child : NULL; a; a = a->next)
        ond_json_set_str(from, a->string, "owner");
    int rc = ond_plan_add(&plan, "time", verb, args, from, OND_EFFECT_REVERSIBLE, "a test", &err);
    if (rc == 0) rc = ond_gate_run(h->gate, &plan, NULL, &report, &err);
    if (rc != 0) complain("%s was refused (%lld)", err.text, rc);
    ond_plan_free(&plan);
    return report;
}

/* Three things, named ROUND.N; the instants at which they are due. */
static bool set_things(int round, ond_ms due[THINGS])
{
    house h;
    if (!open_house(&h)) return false;
    for (int i = 0; i < THINGS; i++) {
        char text[200], at[40];
        ond_civil c;
        ond_ms now = ond_now(), later = 1 + rnd(2);
        if (i == 0)
            later++; /* a local time is cut to seconds, and must not be over when it is set */
        ond_civil_of(now / 1000 * 1000 + later * 1000, "", &c);
        snprintf(at, sizeof at, "%04d-%02d-%02dT%02d:%02d:%02d", c.year, c.month, c.day, c.hour,
                 c.minute, c.second);
        if (i == 0)
            snprintf(text, sizeof text, "{\"at\":\"%s\",\"text\":\"k%d.%d.\"}", at, round, i);
        else
            snprintf(text, sizeof text, "{\"seconds\":%d,\"label\":\"k%d.%d.\"}", (int)later, round,
                     i);
        due[i] = i == 0 ? now / 1000 * 1000 + later * 1000 : now + later * 1000;
        cJSON_Delete(run_verb(&h, i == 0 ? "reminder_set" : "timer_start", text));
    }
    close_house(&h);
    return !trouble[0];
}

/* ---- `ondol up` ---- */

static pid_t start_up(void)
{
    pid_t pid = fork();
    if (pid != 0) return pid;
    int fd = open(file("told"), O_WRONLY | O_CREAT | O_APPEND, 0600),
        null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    execl(program, program, "up", "--lang", "en", (char *)NULL);
    _exit(127);
}

static void end_up(pid_t pid)
{
    int status;
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    killed += WIFSIGNALED(status) != 0;
}

static const char *what_was_told(void)
{
    static char text[1 << 20];
    FILE *f = fopen(file("told"), "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    text[n] = '\0';
    return text;
}

/* Lines that name the thing; of these, those without a mark. */
static int count_lines(const char *text, const char *name, int *plain)
{
    int n = 0;
    *plain = 0;
    for (const char *p = strstr(text, name); p; p = strstr(p + 1, name), n++) {
        char line[400];
        snprintf(line, sizeof line, "%.*s", (int)strcspn(p, "\n"), p);
        bool again = strstr(line, "may have been told before") != NULL;
        repeats += again;
        *plain += !again && !strstr(line, "times now");
    }
    return n;
}

static bool all_told(int round)
{
    for (int i = 0; i < THINGS; i++) {
        char name[40];
        snprintf(name, sizeof name, "k%d.%d.", round, i);
        if (!strstr(what_was_told(), name)) return false;
    }
    return true;
}

static void wait_until_told(int round)
{
    for (int i = 0; i < TOLD_LATEST_MS / 20 && !all_told(round); i++) sleep_us(20000);
    sleep_us(30000); /* a second telling would come now */
}

/* ---- what must be so ---- */

static bool find_ring(void *self, const ond_event *e)
{
    const char **name = self;
    if (strstr(ond_json_str(ond_json_get(e->body, "says"), "en", ""), *name)) *name = NULL;
    return *name != NULL;
}

static void check_thing(house *h, int round, int i)
{
    char name[40];
    const char *sought = name;
    int plain;
    snprintf(name, sizeof name, "k%d.%d.", round, i);
    int n = count_lines(what_was_told(), name, &plain);
    if (n == 0) complain("%s was never told (round %lld)", name, round);
    if (plain > 1) complain("%s was told %lld times without a mark", name, plain);
    const ond_event_query q = {.kind = "ring"};
    if (ond_store_each(h->store, &q, find_ring, &sought, NULL) != 0 || sought)
        complain("%s has no row in the journal (round %lld)", name, round);
}

static void check(int round)
{
    house h;
    ond_verify v;
    ond_err err = {0};
    if (!open_house(&h)) return;
    for (int i = 0; i < THINGS; i++) check_thing(&h, round, i);
    cJSON_Delete(run_verb(&h, "stop", "{}"));
    cJSON *report = run_verb(&h, "timers", "{}");
    const cJSON *step = cJSON_GetArrayItem(ond_json_get(report, "steps"), 0);
    if (!step || cJSON_GetArraySize(ond_json_get(ond_json_get(step, "before"), "timers")) != 0)
        complain("%s: something is left after stop (round %lld)", "timers", round);
    cJSON_Delete(report);
    if (ond_store_verify(h.store, &v, &err) != 0) complain("%s (round %lld)", err.text, round);
    close_house(&h);
}

/* ---- the run ---- */

static long long told_size(void)
{
    struct stat st;
    return stat(file("told"), &st) == 0 ? (long long)st.st_size : 0;
}

/* When to end it: anywhere, within milliseconds of an instant at which something is due, or just
 * when something was told, before that is written down. */
static void wait_point(const ond_ms due[THINGS])
{
    unsigned kind = rnd(3);
    if (kind == 0) sleep_us(rnd(3000000));
    if (kind == 1) sleep_us((due[rnd(THINGS)] - ond_now()) * 1000 - 2000 + rnd(20000));
    if (kind < 2) return;
    long long before = told_size();
    for (int i = 0; i < 15000 && told_size() == before; i++) sleep_us(200);
    sleep_us(rnd(1500));
}

static void one_round(int round)
{
    ond_ms due[THINGS];
    if (!set_things(round, due)) return;
    for (unsigned k = 1 + rnd(2); k > 0; k--) {
        pid_t up = start_up();
        wait_point(due);
        end_up(up);
    }
    pid_t up = start_up();
    wait_until_told(round);
    end_up(up);
    check(round);
}

int main(void)
{
    const char *ondol = getenv("ONDOL"), *rounds_text = getenv("ROUNDS"),
               *seed_text = getenv("SEED");
    int rounds = rounds_text ? atoi(rounds_text) / 10 : 10;
    if (rounds < 1) rounds = 1;
    if (!realpath(ondol ? ondol : "build/ondol", program) || !make_place()) {
        printf("Bail out! set ONDOL to the program\n");
        return 1;
    }
    seed = seed_text ? strtoul(seed_text, NULL, 10) : ond_steady_us() | 1;
    printf("# SEED=%lu\n", seed);
    for (int i = 0; i < rounds && !trouble[0]; i++) one_round(i);
    printf("# %d rounds, %d things, %d times killed, %d tellings marked as possible repeats\n",
           rounds, rounds * THINGS, killed, repeats);
    result("ondol up killed at random points tells everything");
    printf("1..%d\n", n_test);
    if (n_failed == 0)
        nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    else
        printf("# left for looking: %s\n", place);
    return n_failed != 0;
}
