/* torture_time.c - every allocation, write, sync and open fails in turn while a timer is set, rings
 * and is stopped.
 *
 * Whatever fails: an error says so; state and journal agree after the next start; what is due is
 * told at least once, and of its tellings only one is without a mark, unless it could not be
 * written down at all; the journal verifies. Prints TAP. Starts itself again under fault.so, which
 * stands beside it. */
#include "gate/gate.h"
#include "sys/clock.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void (*arm)(const char *what, long nth);
static long (*reached)(void);

static char dir[200], key[240];
static ond_store *store;
static ond_gate *gate;
static ond_err err;
static int failures, first,
    plain; /* lines that tell it the first time, as it may be; of these, those without a mark */
static long refused;
static ond_boot boot = {"torture", 1000};

static void complain(const char *what, long nth, const char *why)
{
    printf("# %s %ld: %s (%s)\n", what, nth, why, err.text);
    failures++;
}

static int rm(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void stop_if(int rc)
{
    if (rc == 0) return;
    printf("Bail out! %s\n", err.text);
    exit(1);
}

static void hear(void *self, const char *text)
{
    (void)self;
    if (!strstr(text, "boiled")) return;
    first += !strstr(text, "times now");
    plain += !strstr(text, "times now") && !strstr(text, "told before");
}

static void open_all(void)
{
    stop_if(ond_store_open(&(ond_store_opts){.dir = dir, .key_path = key}, &store, NULL, &err));
    stop_if(ond_gate_open(
        &(ond_gate_opts){.store = store, .lang = "en", .note = hear, .stays = true}, &gate, &err));
}

static void close_all(void)
{
    ond_gate_close(gate);
    ond_store_close(store);
}

static void pass(double seconds)
{
    ond_clock_set(ond_now() + (ond_ms)(seconds * 1000));
    boot.at += (ond_ms)(seconds * 1000);
    ond_boot_set(&boot);
}

/* `report` may be NULL. */
static int run_verb(const char *verb, const char *text, cJSON **report)
{
    ond_plan plan = {0};
    cJSON *args = cJSON_Parse(text), *from = cJSON_CreateObject(), *own = NULL;
    bool ok = args && from;
    for (const cJSON *a = ok ? args->child : NULL; a && ok; a = a->next)
        ok = ond_json_set_str(from, a->string, "owner");
    if (!ok) {
        cJSON_Delete(args);
        cJSON_Delete(from);
        return ond_fail(&err, OND_E_NOMEM, "out of memory in the test itself");
    }
    int rc = ond_plan_add(&plan, "time", verb, args, from, OND_EFFECT_REVERSIBLE, "torture", &err);
    if (rc == 0) rc = ond_gate_run(gate, &plan, NULL, report ? report : &own, &err);
    ond_plan_free(&plan);
    cJSON_Delete(own);
    return rc;
}

static int timers(void)
{
    cJSON *report = NULL;
    stop_if(run_verb("timers", "{}", &report));
    const cJSON *step = cJSON_GetArrayItem(ond_json_get(report, "steps"), 0);
    int n = cJSON_GetArraySize(ond_json_get(ond_json_get(step, "before"), "timers"));
    cJSON_Delete(report);
    return n;
}

#define START "{\"seconds\":60,\"label\":\"boiled\"}"

static void clear(void)
{
    if (timers() == 0) return;
    pass(100);
    stop_if(run_verb("stop", "{}", NULL));
    first = plain = 0;
}

/* ---- what is tried ---- */

static bool count_open(void *self, const ond_event *e)
{
    (void)e;
    ++*(int *)self;
    return true;
}

/* After a failed act: the next start finds out what was done. */
static void settle(const char *kind, long nth, int there)
{
    int open = 0;
    close_all();
    open_all();
    for (const cJSON *c = ond_gate_settled(gate)->child; c; c = c->next)
        if (strcmp(ond_json_str(c, "found", ""), there ? "done" : "not_done") != 0)
            complain(kind, nth, "settled as something else");
    stop_if(ond_store_open_intents(store, count_open, &open, &err));
    if (open) complain(kind, nth, "left open after the next start");
}

static bool act_one(const char *kind, long nth, bool start)
{
    if (!start) stop_if(run_verb("timer_start", START, NULL));
    if (!start) pass(61);
    if (!start) ond_gate_service(gate);
    err = (ond_err){0};
    arm(kind, nth);
    int rc = run_verb(start ? "timer_start" : "stop", start ? START : "{}", NULL);
    bool hit = reached() > 0;
    arm(NULL, 0);
    refused += rc != 0;
    if (rc != 0 && !err.text[0]) complain(kind, nth, "failed without a word");
    int there = timers(), open = 0;
    if (rc == 0 && (there != 0) != start) complain(kind, nth, "said done, and is not");
    stop_if(ond_store_open_intents(store, count_open, &open, &err));
    if (open) settle(kind, nth, start ? there : !there);
    clear();
    return hit;
}

static bool start_one(const char *kind, long nth)
{
    return act_one(kind, nth, true);
}

static bool stop_one(const char *kind, long nth)
{
    return act_one(kind, nth, false);
}

/* The row that says it is being told may be what failed: then it is told all the same, and again
 * when it can be written. */
static bool ring_one(const char *kind, long nth)
{
    stop_if(run_verb("timer_start", START, NULL));
    pass(60);
    first = plain = 0;
    arm(kind, nth);
    ond_gate_service(gate);
    bool hit = reached() > 0;
    arm(NULL, 0);
    if (nth % 2) close_all(), open_all();
    pass(60);
    ond_gate_service(gate);
    if (first == 0) complain(kind, nth, "was not told");
    if (plain > 2) complain(kind, nth, "told without a mark more than twice");
    if (!hit && plain != 1) complain(kind, nth, "told without a mark, other than once");
    clear();
    return hit;
}

static void torture(const char *name, bool (*one)(const char *kind, long nth), const char *kind,
                    int number)
{
    ond_verify v;
    long nth = 1;
    failures = 0;
    refused = 0;
    while (one(kind, nth)) nth++;
    if (ond_store_verify(store, &v, &err)) complain(kind, nth, v.what);
    close_all();
    nftw(dir, rm, 16, FTW_DEPTH | FTW_PHYS);
    stop_if(mkdir(dir, 0700));
    open_all();
    printf("%s %d - %s: %s, %ld places, %ld errors\n", failures ? "not ok" : "ok", number, name,
           kind, nth - 1, refused);
    fflush(stdout);
}

static void start_under_fault(char **argv)
{
    char so[600];
    const char *slash = strrchr(argv[0], '/');
    snprintf(so, sizeof so, "%.*sfault.so", slash ? (int)(slash - argv[0] + 1) : 0, argv[0]);
    setenv("LD_PRELOAD", so, 1);
    setenv("ONDOL_TORTURE", "1", 1);
    execv(argv[0], argv);
    printf("Bail out! cannot start again\n");
    exit(1);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"alloc", "write", "full+", "sync", "open"};
    static const struct {
        const char *name;
        bool (*one)(const char *kind, long nth);
    } scenes[] = {{"start", start_one}, {"ring", ring_one}, {"stop", stop_one}};
    const char *base = access("/dev/shm", W_OK) == 0
                           ? "/dev/shm"
                           : getenv("TMPDIR"); /* syncs are counted, not waited for */
    int number = 0, bad = 0;
    (void)argc;
    if (!getenv("ONDOL_TORTURE")) start_under_fault(argv);
    *(void **)&arm = dlsym(RTLD_DEFAULT, "ond_fault_arm");
    *(void **)&reached = dlsym(RTLD_DEFAULT, "ond_fault_reached");
    snprintf(dir, sizeof dir, "%s/ondol-torture-XXXXXX",
             base && base[0] == '/' && strlen(base) < 100 ? base : "/tmp");
    if (!arm || !reached || !mkdtemp(dir)) {
        printf("Bail out! fault.so is not loaded\n");
        return 1;
    }
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    setenv("XDG_RUNTIME_DIR", dir, 1);
    snprintf(key, sizeof key, "%s/device.key", dir);
    ond_clock_set(1785000000000);
    pass(0);
    open_all();
    printf("1..15\n");
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            torture(scenes[i].name, scenes[i].one, kinds[k], ++number);
            bad += failures;
        }
    close_all();
    nftw(dir, rm, 16, FTW_DEPTH | FTW_PHYS);
    return bad ? 1 : 0;
}
