/* torture_gate.c - every allocation, write and sync on the way through the gate fails in turn.
 *
 * Whatever fails: an error says so in one sentence; nothing acts without its intent on disk; what
 * acted and could not be written down is settled at the next start; the journal verifies; and the
 * next wish goes through. Prints TAP. Starts itself again under fault.so, which stands beside it.
 */
#include "gate/gate.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <dlfcn.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void (*arm)(const char *what, long nth);
static long (*reached)(void);

static char dir[200], key[240], policy[240];
static ond_store *store;
static ond_gate *gate;
static ond_err err;
static int failures;
static long refused, settled; /* for the line of a test: errors, and intents settled after them */

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

static void open_all(void)
{
    ond_store_opts s = {.dir = dir, .key_path = key};
    stop_if(ond_store_open(&s, &store, NULL, &err));
    ond_gate_opts g = {.store = store, .policy_path = policy, .lang = "en"};
    stop_if(ond_gate_open(&g, &gate, &err));
}

static void write_policy(void)
{
    stop_if(
        ond_file_write(policy, OND_S("version: 1\nbudgets: {acts_per_minute: 0}\n"), 0600, &err));
}

static void close_all(void)
{
    ond_gate_close(gate);
    ond_store_close(store);
}

static void state_of(const char *entity, char out[32])
{
    cJSON *world = NULL;
    stop_if(ond_gate_world(gate, &world, &err));
    const cJSON *list = ond_json_get(world, "entities");
    out[0] = '\0';
    for (const cJSON *c = list->child; c; c = c->next)
        if (strcmp(ond_json_str(c, "id", ""), entity) == 0)
            snprintf(out, 32, "%s", ond_json_str(ond_json_get(c, "state"), "state", ""));
    cJSON_Delete(world);
}

/* ---- what is tried ---- */

typedef struct thing {
    const char *entity, *go, *back, *rest, *moved;
} thing;
static const thing lamp = {"light.living_room_lamp", "turn_on", "turn_off", "off", "on"};
static const thing door = {"lock.front_door", "unlock", "lock", "locked", "unlocked"};

static int act(const thing *t, const char *verb, const ond_run_opts *opts, cJSON **report)
{
    ond_plan plan = {0};
    cJSON *args = cJSON_CreateObject(), *from = cJSON_CreateObject();
    int rc =
        args && from && ond_json_set_str(args, "entity", t->entity) &&
                ond_json_set_str(from, "entity", "owner")
            ? ond_plan_add(&plan, "home", verb, args, from, OND_EFFECT_REVERSIBLE, "torture", &err)
            : OND_E_NOMEM;
    if (rc == OND_E_NOMEM && plan.n == 0)
        return ond_fail(&err, OND_E_NOMEM, "out of memory in the test itself");
    rc = ond_gate_run(gate, &plan, opts, report, &err);
    ond_plan_free(&plan);
    return rc;
}

static const ond_run_opts yes = {.yes = true}, waits = {.can_wait = true};
static char question[16];

static int go_lamp(cJSON **report)
{
    return act(&lamp, lamp.go, NULL, report);
}
static int go_door(cJSON **report)
{
    return act(&door, door.go, &yes, report);
}
static int go_undo(cJSON **report)
{
    return ond_gate_undo(gate, 0, &yes, report, &err);
}
static int go_answer(cJSON **report)
{
    return ond_gate_answer(gate, question, "yes", NULL, report, &err);
}

static void rest(const thing *t)
{
    cJSON *report = NULL;
    stop_if(act(t, t->back, &yes, &report));
    cJSON_Delete(report);
}

static void before_undo(void)
{
    cJSON *report = NULL;
    stop_if(act(&door, door.go, &yes, &report));
    cJSON_Delete(report);
    report = NULL;
    stop_if(act(&door, door.back, &yes, &report));
    cJSON_Delete(report);
}

static void before_answer(void)
{
    cJSON *report = NULL, *old = ond_gate_pending(gate);
    const cJSON *list = ond_json_get(old, "pending");
    for (const cJSON *c = list->child; c; c = c->next) {
        cJSON *r = NULL;
        stop_if(ond_gate_answer(gate, ond_json_str(c, "id", ""), "no", NULL, &r, &err));
        cJSON_Delete(r);
    }
    cJSON_Delete(old);
    if (act(&door, door.go, &waits, &report) != OND_E_ASK) stop_if(1);
    snprintf(question, sizeof question, "%s", ond_json_str(ond_json_get(report, "ask"), "id", ""));
    cJSON_Delete(report);
}

typedef struct scene {
    const char *name;
    const thing *thing;
    void (*before)(void);
    int (*go)(cJSON **report);
} scene;
static const scene scenes[] = {
    {"do", &lamp, NULL, go_lamp},
    {"do --yes", &door, NULL, go_door},
    {"undo", &door, before_undo, go_undo},
    {"answer", &door, before_answer, go_answer},
};

/* ---- what must hold afterwards ---- */

static bool count_open(void *self, const ond_event *e)
{
    (void)e;
    ++*(int *)self;
    return true;
}

static void settle(const scene *s, const char *kind, long nth)
{
    char now[32];
    int open = 0;
    close_all();
    open_all();
    state_of(s->thing->entity, now);
    for (const cJSON *c = ond_gate_settled(gate)->child; c; c = c->next) {
        const char *found = ond_json_str(c, "found", "");
        bool moved = strcmp(now, s->thing->moved) == 0;
        settled++;
        if (strcmp(found, moved ? "done" : "not_done") != 0)
            complain(kind, nth, "settled as something else");
    }
    stop_if(ond_store_open_intents(store, count_open, &open, &err));
    if (open) complain(kind, nth, "left open after the next start");
}

static void check(const scene *s, const char *kind, long nth, int rc, int64_t rows)
{
    char now[32];
    int open = 0;
    state_of(s->thing->entity, now);
    bool moved = strcmp(now, s->thing->moved) == 0;
    if (rc == 0 && !moved) complain(kind, nth, "said done, and is not");
    refused += rc != 0;
    if (rc != 0 && !err.text[0]) complain(kind, nth, "failed without a word");
    if (rc != 0 && moved && ond_store_count(store) == rows)
        complain(kind, nth, "acted without a row");
    stop_if(ond_store_open_intents(store, count_open, &open, &err));
    if (open) settle(s, kind, nth);
}

static bool one(const scene *s, const char *kind, long nth)
{
    cJSON *report = NULL;
    if (s->before) s->before();
    rest(s->thing);
    int64_t rows = ond_store_count(store);
    err = (ond_err){0};
    arm(kind, nth);
    int rc = s->go(&report);
    bool hit = reached() > 0;
    arm(NULL, 0);
    cJSON_Delete(report);
    check(s, kind, nth, rc, rows);
    return hit;
}

static void torture(const scene *s, const char *kind, int number)
{
    ond_verify v;
    long nth = 1;
    failures = 0;
    refused = settled = 0;
    while (one(s, kind, nth)) nth++;
    if (ond_store_verify(store, &v, &err)) complain(kind, nth, v.what);
    if (ond_store_count(store) > 3000) { /* verifying and reopening stay quick */
        close_all();
        nftw(dir, rm, 16, FTW_DEPTH | FTW_PHYS);
        stop_if(mkdir(dir, 0700));
        write_policy();
        open_all();
    }
    printf("%s %d - %s: %s, %ld places, %ld errors, %ld settled\n", failures ? "not ok" : "ok",
           number, s->name, kind, nth - 1, refused, settled);
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
    static const char *const kinds[] = {"alloc", "write", "full+", "short", "sync", "open", "read"};
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
    snprintf(key, sizeof key, "%s/device.key", dir);
    snprintf(policy, sizeof policy, "%s/policy.yaml", dir);
    write_policy();
    open_all();
    printf("1..%zu\n", sizeof scenes / sizeof *scenes * (sizeof kinds / sizeof *kinds));
    for (size_t i = 0; i < sizeof scenes / sizeof *scenes; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            torture(&scenes[i], kinds[k], ++number);
            bad += failures;
        }
    close_all();
    nftw(dir, rm, 16, FTW_DEPTH | FTW_PHYS);
    return bad ? 1 : 0;
}
