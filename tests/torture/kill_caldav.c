/* kill_caldav.c - kill -9 at random points of syncs with a real server; then both sides are equal, nothing is lost or doubled, and
 * the journal settles.
 *
 * ROUNDS/10 (10) rounds in a temporary place; ONDOL_ROUNDS_CALDAV sets how many, SEED repeats the choices. A round edits on both sides,
 * begins a sync through the gate in a process of its own and ends it with SIGKILL, one to three times; then a sync that is let alone
 * must bring what the edits say to both sides (tests/hand/two_sides.h). */
#define NO_CMOCKA
#include "kill_words.h"

#include "gate/gate.h"
#include "hand/two_sides.h"
#include "store/store.h"

#include <errno.h>
#include <ftw.h>
#include <sys/stat.h>
#include <time.h>

static int killed, ran, settled, unsettled;

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

/* ---- the process that is killed ---- */

static int open_gate(const person *p, ond_store **store, ond_gate **gate)
{
    char dir[700], key[800], hands[4000];
    snprintf(dir, sizeof dir, "%s-store", p->dir);
    snprintf(key, sizeof key, "%s/device.key", dir);
    const ond_store_opts opts = {.dir = dir, .key_path = key};
    char *config = cJSON_PrintUnformatted(p->config);
    snprintf(hands, sizeof hands, "{\"hands\":{\"home\":{\"house\":\"none\"},\"calendar\":%s}}", config);
    cJSON *all = cJSON_Parse(hands);
    free(config);
    int rc = ond_store_open(&opts, store, NULL, &err);
    const ond_gate_opts g = {.store = *store, .config = all, .lang = "en"};
    if (rc == 0) rc = ond_gate_open(&g, gate, &err);
    return rc; /* the configuration is the gate's for its life */
}

static void sync_and_end(const person *p)
{
    ond_store *store = NULL;
    ond_gate *gate = NULL;
    ond_plan todo = {0};
    cJSON *report = NULL;
    if (open_gate(p, &store, &gate) != 0) _exit(3);
    if (ond_plan_add(&todo, "calendar", "sync", cJSON_CreateObject(), cJSON_CreateObject(), OND_EFFECT_REVERSIBLE, "test", &err) != 0) _exit(4);
    const ond_run_opts o = {.limit_ms = 30000};
    int rc = ond_gate_run(gate, &todo, &o, &report, &err);
    _exit(rc ? 5 : 0);
}

static void sleep_us(unsigned us)
{
    struct timespec t = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
    while (nanosleep(&t, &t) != 0 && errno == EINTR) {}
}

static void killed_sync(const person *p, unsigned usual)
{
    int status = 0;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) sync_and_end(p);
    sleep_us(rnd(usual));
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    ran++;
    if (WIFSIGNALED(status)) killed++;
    else if (WEXITSTATUS(status) != 0) fail_msg("the sync ended with %d", WEXITSTATUS(status));
}

/* The intents that were cut off are settled when the gate opens again. */
static void settle(const person *p)
{
    ond_store *store = NULL;
    ond_gate *gate = NULL;
    ond_verify v;
    if (open_gate(p, &store, &gate) != 0) fail_msg("after a kill: %s", err.text);
    const cJSON *one;
    cJSON_ArrayForEach(one, ond_gate_settled(gate))
    {
        const char *found = ond_json_str(one, "found", "");
        if (strcmp(found, "not_done") == 0 || strcmp(found, "done") == 0) settled++;
        else unsettled++;
    }
    ond_gate_close(gate);
    if (ond_store_verify(store, &v, &err) != 0) fail_msg("the journal: %s", v.what);
    ond_store_close(store);
}

static unsigned time_of_one(const person *p)
{
    uint64_t began = ond_steady_us();
    int status;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0) sync_and_end(p);
    waitpid(pid, &status, 0);
    if (status != 0) fail_msg("a sync that nobody kills ends with %d", WEXITSTATUS(status));
    return (unsigned)(ond_steady_us() - began);
}

static void quiet_sync(person *p, bool check)
{
    cJSON *after = sync_now(p);
    if (cJSON_GetArraySize(ond_json_get(after, "failed"))) fail_msg("failed: %s", text_of(after));
    cJSON_Delete(after);
    if (check) check_round(p, NULL);
}

int main(void)
{
    const char *s = getenv("SEED"), *n = getenv("ONDOL_ROUNDS_CALDAV"), *r = getenv("ROUNDS"), *base = getenv("TMPDIR");
    int rounds = n ? atoi(n) : r && atoi(r) > 100 ? atoi(r) / 3 : 10;
    char dir[400];
    person p;
    seed = s ? strtoul(s, NULL, 10) : (unsigned long)ond_steady_us() * 2 + 1;
    printf("# SEED=%lu, %d rounds\n", seed, rounds);
    ond_zone_set("Asia/Seoul");
    snprintf(place, sizeof place, "%s/ondol-kill-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    if (!mkdtemp(place)) fail_msg("no folder");
    snprintf(dir, sizeof dir, "%s/server", place);
    if (radicale_start(&server, dir, NULL) != 0) fail_msg("radicale does not start");
    for (int i = 0; i < rounds; i++) {
        char name[40];
        snprintf(name, sizeof name, "k%d", i);
        person_open(&p, name);
        quiet_sync(&p, false);
        for (unsigned k = 2 + rnd(8); k > 0; k--) edit(&p);
        quiet_sync(&p, true);
        unsigned usual = time_of_one(&p);
        for (unsigned k = 3 + rnd(12); k > 0; k--) edit(&p);
        for (unsigned k = 1 + rnd(3); k > 0; k--) killed_sync(&p, usual + usual / 4);
        settle(&p);
        quiet_sync(&p, true);
        person_close(&p);
    }
    radicale_stop(&server);
    nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    printf("# %d syncs, %d killed, %d settled, %d not known\n", ran, killed, settled, unsettled);
    printf("%sok 1 - both sides are equal after kills, nothing lost or doubled\n", killed ? "" : "not ");
    printf("%sok 2 - what was cut off is settled\n1..2\n", unsettled ? "not " : "");
    return !killed || unsettled;
}
