/* kill_mqtt.c - kill -9 at random points of commands to a real broker; then every intent is settled
 * as the house on the broker shows, nothing confirmed is lost, nothing is told to the house twice,
 * and the journal verifies.
 *
 * ROUNDS (100) rounds in a temporary home; $ONDOL is the program, SEED repeats the choices. The
 * house lives in a process of its own and survives (house_on_broker.h). A round gives one command,
 * alone or through `ondol up`, and ends it (or `up`) with SIGKILL: anywhere, or when the journal
 * has grown (an intent is on disk), or when the house was told, or while the house is frozen and
 * does not answer.
 *
 * Then the program starts again, which settles, and the new rows of the journal are held against
 * what the ear on the broker heard. "ok" and "done": the house was told once and shows what was
 * expected. "already": it was not told. "not_done": it was not told, and shows what was before.
 * "unknown" only where it cannot be known: a button, or a half of what was expected.
 *
 * At the end, copies of the journal with rows cut off or changed must not verify. */
#include "torture/house_on_broker.h"
#include "kill.h"

#include <math.h>
#include <sqlite3.h>

enum { OK, ALREADY, DONE, NOT_DONE, UNKNOWN, N_ENDS };
static const char *const end_names[] = {"ok", "already", "done", "not_done", "unknown"};

static int killed, needless, ends[N_ENDS];
static long long last_row; /* of the journal, when the round began */
static cJSON *confirmed;   /* ids of intents whose reply came */

/* ---- running the program ---- */

static cJSON *read_json(const char *path)
{
    static char text[8 << 20];
    FILE *f = fopen(path, "r");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    if (f) fclose(f);
    text[n] = '\0';
    return cJSON_Parse(text);
}

static int run(const char *a, const char *b, const char *c, const char *out)
{
    char *argv[] = {program, (char *)a, (char *)b, (char *)c, NULL};
    return end_of_process(start(argv, out));
}

/* What the program says in JSON; it must succeed. */
static cJSON *ask(const char *a, const char *b, const char *c)
{
    int rc = run(a, b, c, file("answer"));
    cJSON *reply = rc == 0 ? read_json(file("answer")) : NULL;
    if (!reply) complain("after a kill, ondol %s does not work: exit %lld", a, rc);
    return reply;
}

/* ---- commands ---- */

/* "on" for what is off. */
static const char *other(const char *entity, const char *on, const char *off)
{
    const char *now = ond_json_str(ond_json_get(ear.states, entity), "state", "");
    return strcmp(now, on) == 0 ? off : on;
}

/* A sentence that changes something, mostly. */
static void wish(char text[80])
{
    static const char *const lights[] = {"kitchen", "study", "hall"},
                             *const others[] = {
                                 "make the study light dimmer", "make the study light brighter",
                                 "turn the air conditioner up", "turn the air conditioner down",
                                 "activate evening mode"};
    char entity[40];
    const char *light = lights[rnd(3)];
    snprintf(entity, sizeof entity, "light.%s", light);
    switch (rnd(5)) {
    case 0:
        snprintf(text, 80, "turn %s all the lights", other("light.hall", "on", "off"));
        break;
    case 1:
        snprintf(text, 80, "%slock the front door",
                 strcmp(other("lock.door", "unlocked", "locked"), "locked") == 0 ? "" : "un");
        break;
    case 2:
        snprintf(text, 80, "turn %s the %s light", other(entity, "on", "off"), light);
        break;
    default:
        snprintf(text, 80, "%s", others[rnd(5)]);
    }
}

static void choose(char text[80], char *argv[8])
{
    int n = 0;
    argv[n++] = program;
    switch (rnd(8)) {
    case 0:
        argv[n++] = (char *)"undo";
        break;
    case 1:
        snprintf(text, 80, "brightness=%u", 1 + rnd(100));
        argv[n++] = (char *)"home", argv[n++] = (char *)"set", argv[n++] = (char *)"light.kitchen",
        argv[n++] = text;
        break;
    case 2: /* two messages */
        snprintf(text, 80, "temperature=%u", 18 + rnd(13));
        argv[n++] = (char *)"home", argv[n++] = (char *)"set", argv[n++] = (char *)"climate.ac",
        argv[n++] = (char *)(rnd(2) ? "state=cool" : "state=off"), argv[n++] = text;
        break;
    case 3:
        argv[n++] = (char *)"home", argv[n++] = (char *)"set", argv[n++] = (char *)"button.bell",
        argv[n++] = (char *)"state=pressed";
        break;
    default:
        argv[n++] = (char *)"do";
        wish(text);
        argv[n++] = text;
    }
    argv[n++] = (char *)"--json", argv[n++] = (char *)"--yes";
    argv[n] = NULL;
}

/* A reply that is there in full was received, whatever happened to the process then. */
static void remember(void)
{
    cJSON *reply = read_json(file("out"));
    const cJSON *step;
    cJSON_ArrayForEach(step, ond_json_get(ond_json_get(reply, "report"), "steps"))
    {
        const char *done = ond_json_str(step, "done", "");
        if (strcmp(done, "ok") == 0 || strcmp(done, "already") == 0)
            cJSON_AddItemToArray(confirmed, cJSON_CreateNumber(ond_json_num(step, "event", 0)));
    }
    cJSON_Delete(reply);
}

/* ---- points ---- */

/* What changes when rows are written. */
static int64_t journal_mark(void)
{
    struct stat st;
    if (stat(file("XDG_DATA_HOME/ondol/store.db-wal"), &st) != 0) return 0;
    return (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec + (int64_t)st.st_size;
}

/* Waits until the journal has grown (`row`) or the house was told, or the process has ended. */
static void wait_sign(pid_t pid, bool row, unsigned usual)
{
    int64_t mark = journal_mark();
    int told = ear.n_commands;
    uint64_t until = ond_steady_us() + 3 * usual;
    while (ond_steady_us() < until && !has_ended(pid)) {
        if (row ? journal_mark() != mark : ear.n_commands != told) return;
        if (!row) ond_loop_turn(ear.loop, 1);
    }
}

/* Runs one command and ends it, or `up`, which it goes through, at some point. */
static void run_and_kill(pid_t up, unsigned usual)
{
    char text[80], *argv[8];
    unsigned kind = rnd(5);
    choose(text, argv);
    if (kind == 4) kill(house, SIGSTOP);
    pid_t pid = start(argv, file("out")), victim = up ? up : pid;
    if (kind == 0)
        sleep_us(rnd(usual + usual / 3));
    else if (kind == 1)
        sleep_us(usual / 2 + rnd(usual * 3 / 4));
    else
        for (unsigned i = kind == 2 ? 1 + rnd(2) : 1; i > 0; i--) wait_sign(pid, kind == 2, usual);
    if (kind == 2 ? rnd(2) : kind > 2) sleep_us(rnd(kind == 2 ? 300 : 1500));
    bool was_alive = !has_ended(pid);
    kill(victim, SIGKILL);
    waitpid(pid, NULL, 0);
    if (up) waitpid(up, NULL, 0);
    kill(house, SIGCONT);
    killed += was_alive;
    remember();
}

/* ---- `ondol up` ---- */

static pid_t start_up(void)
{
    char *argv[] = {program, (char *)"up", NULL};
    unlink(file("XDG_RUNTIME_DIR/ondol/sock"));
    pid_t pid = start(argv, file("up"));
    for (int i = 0; i < 2000 && !has_ended(pid); i++) {
        struct stat st;
        if (stat(file("XDG_RUNTIME_DIR/ondol/sock"), &st) == 0) return pid;
        sleep_us(5000);
    }
    complain("%s up did not start (%lld)", "ondol", 0);
    return pid;
}

static void stop_up(pid_t pid)
{
    kill(pid, SIGTERM);
    int rc = end_of_process(pid);
    if (rc != 0) complain("%s up ended with %lld", "ondol", rc);
}

/* Starts what settles, and ends that too. */
static void cut_settling(bool with_up, unsigned usual)
{
    char *state[] = {program, (char *)"home", (char *)"state", NULL};
    char *up[] = {program, (char *)"up", NULL};
    pid_t pid = start(with_up ? up : state, file("other"));
    sleep_us(rnd(usual));
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

/* ---- what the house shows ---- */

static bool same(const cJSON *a, const cJSON *b)
{
    if (cJSON_IsNumber(a) && cJSON_IsNumber(b)) return fabs(a->valuedouble - b->valuedouble) < 0.01;
    return ond_json_equal(a, b);
}

/* `states` shows of an entity all that `want` says and it has a word for. */
static bool shows(const cJSON *states, const char *entity, const cJSON *want)
{
    static const char *const names[] = {"state", "brightness", "temperature"};
    const cJSON *m, *members = ond_json_get(want, "members"), *state = ond_json_get(states, entity);
    cJSON_ArrayForEach(m, members) if (!shows(states, m->string, m)) return false;
    for (size_t i = 0; i < 3 && !members; i++) {
        const cJSON *a = ond_json_get(want, names[i]);
        if (a && !same(a, ond_json_get(state, names[i]))) return false;
    }
    return true;
}

/* Buttons and scenes only take orders; a sensor has nothing to do with them. */
static bool tells_state(const char *entity)
{
    return strncmp(entity, "button.", 7) != 0 && strncmp(entity, "sensor.", 7) != 0 &&
           strncmp(entity, "scene.", 6) != 0;
}

/* The part of `before` that `expect` would change. */
static cJSON *former(const cJSON *before, const cJSON *expect)
{
    const cJSON *e;
    cJSON *out = cJSON_CreateObject();
    cJSON_ArrayForEach(e, expect)
    {
        const cJSON *was = ond_json_get(before, e->string);
        if (cJSON_IsObject(e))
            ond_json_set(out, e->string, former(was, e));
        else if (was)
            ond_json_set(out, e->string, cJSON_Duplicate(was, true));
    }
    return out;
}

/* The intent is about this entity: its own, or one of a scene. */
static bool covers(const cJSON *intent, const char *entity)
{
    return strcmp(ond_json_str(ond_json_get(intent, "args"), "entity", ""), entity) == 0 ||
           ond_json_get(ond_json_get(ond_json_get(intent, "expect"), "members"), entity);
}

static int times_told(const cJSON *intent)
{
    const cJSON *c;
    const char *what;
    char entity[80];
    int n = 0;
    cJSON_ArrayForEach(c, ear.commands) if (read_topic(c->string, entity, &what) &&
                                            covers(intent, entity)) n += (int)c->valuedouble;
    return n;
}

/* ---- the journal against the house ---- */

/* How intent `e` ended: an index of end_names, or -1. Twice is a fault. */
static int end_of(const cJSON *e)
{
    long long id = (long long)ond_json_num(e, "id", 0);
    const char *word = NULL;
    for (const cJSON *row = e->next; row; row = row->next) {
        const char *kind = ond_json_str(row, "kind", "");
        bool outcome = strcmp(kind, "outcome") == 0, settled = strcmp(kind, "settled") == 0;
        if ((!outcome && !settled) || (long long)ond_json_num(row, "ref", 0) != id) continue;
        if (word) complain("%s: intent %lld ended twice", kind, id);
        word = ond_json_str(ond_json_get(row, "body"), outcome ? "done" : "found", "?");
    }
    for (int i = 0; word && i < N_ENDS; i++)
        if (strcmp(word, end_names[i]) == 0) return i;
    complain("it ended as '%s': intent %lld", word ? word : "nothing: it was not settled", id);
    return -1;
}

static void judge(int end, const cJSON *intent, long long id)
{
    const char *entity = ond_json_str(ond_json_get(intent, "args"), "entity", "");
    const cJSON *expect = ond_json_get(intent, "expect");
    cJSON *was = former(ond_json_get(intent, "before"), expect);
    bool now = shows(ear.states, entity, expect), before = shows(ear.states, entity, was),
         button = strncmp(entity, "button.", 7) == 0;
    int told = times_told(intent);
    cJSON_Delete(was);
    if ((end == OK || end == DONE) && told == 0)
        complain("%s: intent %lld stands as done, and the house was never told", entity, id);
    if ((end == OK || end == DONE || end == ALREADY) && !now)
        complain("%s: intent %lld stands as done, and the house does not show it", entity, id);
    if ((end == ALREADY || end == NOT_DONE) && told > 0)
        complain("%s: intent %lld stands as not done, and the house was told", entity, id);
    if (end == NOT_DONE && (now || !before))
        complain("%s: intent %lld stands as not done, and the house shows otherwise", entity, id);
    needless += end == UNKNOWN && !button && (now || before);
}

/* No topic was told more often than intents speak of its entity. */
static void check_told(const cJSON *events)
{
    const cJSON *c, *e;
    const char *what;
    char entity[80];
    cJSON_ArrayForEach(c, ear.commands)
    {
        int intents = 0;
        if (!read_topic(c->string, entity, &what)) continue;
        cJSON_ArrayForEach(e, events) if (strcmp(ond_json_str(e, "kind", ""), "intent") == 0 &&
                                          (long long)ond_json_num(e, "id", 0) > last_row) intents +=
            covers(ond_json_get(e, "body"), entity);
        if (c->valuedouble > intents)
            complain("%s: told more often than the %lld intents say", c->string, intents);
    }
}

static const cJSON *event_at(const cJSON *events, long long id)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, events) if ((long long)ond_json_num(e, "id", 0) == id) return e;
    return NULL;
}

static void check_confirmed(const cJSON *events, bool all)
{
    const cJSON *c;
    cJSON_ArrayForEach(c, confirmed)
    {
        long long id = (long long)c->valuedouble;
        if (!all && id <= last_row) continue;
        const cJSON *e = event_at(events, id);
        int end = e ? end_of(e) : -1;
        if (end != OK && end != ALREADY)
            complain("what was confirmed stands as %s in the journal (intent %lld)",
                     end < 0 ? "nothing" : end_names[end], id);
    }
}

static void check_rows(const cJSON *events, const cJSON *states_before)
{
    const cJSON *e;
    int tasks = 0;
    cJSON_ArrayForEach(e, events)
    {
        long long id = (long long)ond_json_num(e, "id", 0);
        if (id <= last_row) continue;
        tasks += (long long)ond_json_num(e, "task", 0) == id;
        if (strcmp(ond_json_str(e, "kind", ""), "intent") != 0) continue;
        const cJSON *intent = ond_json_get(e, "body");
        const char *entity = ond_json_str(ond_json_get(intent, "args"), "entity", "");
        if ((tells_state(entity) || strncmp(entity, "scene.", 6) == 0) &&
            !shows(states_before, entity, ond_json_get(intent, "before")))
            complain("%s: the state before intent %lld is not what the house showed", entity, id);
        int end = end_of(e);
        if (end < 0) continue;
        ends[end]++;
        judge(end, intent, id);
    }
    if (tasks > 1) complain("%s: one command, %lld tasks", "journal", tasks);
}

static void check_world(const cJSON *world)
{
    const cJSON *e;
    cJSON_ArrayForEach(e, ond_json_get(world, "entities"))
    {
        const char *id = ond_json_str(e, "id", "");
        if (tells_state(id) && !shows(ear.states, id, ond_json_get(e, "state")))
            complain("%s: ondol home state does not show what the house does (%lld)", id, 0);
    }
}

static void check_restart(const cJSON *states_before)
{
    int told = ear.n_commands;
    cJSON *world = ask("home", "state", "--json"), *log = ask("log", "--json", "--limit=0"),
          *proof = ask("log", "verify", "--json");
    const cJSON *events = ond_json_get(log, "events"), *e;
    barrier();
    if (ear.n_commands != told)
        complain("%s was told %lld more by the restart", "the house", ear.n_commands - told);
    check_world(world);
    check_rows(events, states_before);
    check_told(events);
    check_confirmed(events, false);
    if (!ond_json_bool(proof, "ok", false)) complain("%s does not verify (%lld)", "journal", 0);
    cJSON_ArrayForEach(e, events) last_row = (long long)ond_json_num(e, "id", 0);
    cJSON_Delete(world);
    cJSON_Delete(log);
    cJSON_Delete(proof);
}

/* ---- the rounds ---- */

static pid_t round_of(pid_t up, unsigned usual)
{
    bool with_up = up != 0;
    barrier();
    ear_forget_commands();
    cJSON *states_before = cJSON_Duplicate(ear.states, true);
    run_and_kill(up, usual);
    barrier();
    if (rnd(4) == 0) cut_settling(with_up, usual);
    if (with_up) up = start_up();
    check_restart(states_before);
    cJSON_Delete(states_before);
    return up;
}

static void torture(int rounds, unsigned usual, bool with_up, const char *name)
{
    int done = 0;
    killed = needless = 0;
    memset(ends, 0, sizeof ends);
    pid_t up = with_up ? start_up() : 0;
    for (; done < rounds && !trouble[0]; done++) up = round_of(up, usual);
    if (trouble[0]) printf("# in round %d\n", done - 1);
    if (with_up) stop_up(up);
    printf("# %s: %d rounds, %d cut short; intents:", name, done, killed);
    for (int i = 0; i < N_ENDS; i++) printf(" %d %s", ends[i], end_names[i]);
    printf(", %d of these needlessly\n", needless);
    if (needless > rounds / 10) complain("%s: %lld settled as unknown needlessly", name, needless);
    if (killed < rounds / 10) complain("%s: only %lld rounds were cut short", name, killed);
    result(name);
}

/* Microseconds that a command usually takes. */
static unsigned measure(void)
{
    uint64_t total = 0;
    char where[16];
    snprintf(where, sizeof where, "%d", port);
    char *set[] = {program, (char *)"config", (char *)"set", (char *)"hands.home.mqtt.port", where,
                   NULL};
    end_of_process(start(set, file("out")));
    set[3] = (char *)"hands.home.mqtt.host", set[4] = (char *)"127.0.0.1";
    end_of_process(start(set, file("out")));
    for (int i = 0; i < 6; i++) {
        uint64_t began = ond_steady_us();
        int rc = run("do", i % 2 ? "turn on the kitchen light" : "turn off the kitchen light",
                     "--json", file("out"));
        if (rc != 0) complain("%s does not work: exit %lld", "ondol do", rc);
        total += i > 0 ? ond_steady_us() - began : 0;
    }
    cJSON *log = ask("log", "--json", "--limit=0");
    const cJSON *e;
    cJSON_ArrayForEach(e, ond_json_get(log, "events")) last_row =
        (long long)ond_json_num(e, "id", 0);
    cJSON_Delete(log);
    return (unsigned)(total / 5);
}

/* ---- a journal that was meddled with ---- */

/* Exit status of `ondol log verify` on a copy of the journal after `sql` with a row's id in it. */
static int verify_copy(const char *sql, long long id)
{
    char text[512], *copy[] = {(char *)"cp", (char *)"-R", (char *)file("XDG_DATA_HOME"),
                               (char *)file("copy"), NULL};
    sqlite3 *db = NULL;
    snprintf(text, sizeof text, sql, id, id, id);
    end_of_process(start(copy, file("other")));
    if (sqlite3_open(file("copy/ondol/store.db"), &db) != SQLITE_OK ||
        sqlite3_exec(db, text, NULL, NULL, NULL) != SQLITE_OK || (sql[0] && !sqlite3_changes(db)))
        complain("the copy cannot be changed: %s (row %lld)", sqlite3_errmsg(db), id);
    sqlite3_close(db);
    setenv("XDG_DATA_HOME", file("copy"), 1);
    int rc = run("log", "verify", "--json", file("other"));
    setenv("XDG_DATA_HOME", file("XDG_DATA_HOME"), 1);
    nftw(file("copy"), remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return rc;
}

static void meddle(void)
{
    static const char *const ways[] = {
        "DELETE FROM open_intent WHERE id >= %lld; DELETE FROM payload WHERE id >= %lld;"
        "DELETE FROM event WHERE id >= %lld",
        "DELETE FROM open_intent WHERE id = %lld; DELETE FROM payload WHERE id = %lld;"
        "DELETE FROM event WHERE id = %lld",
        "UPDATE payload SET body = CAST('{\"a\":1}' AS BLOB) WHERE id = %lld",
        "UPDATE event SET at = at + 1 WHERE id = %lld",
        "UPDATE event SET kind = kind || 'x' WHERE id = %lld",
        "UPDATE event SET ref = ref + 1 WHERE id = %lld",
        "UPDATE event SET task = task + 1 WHERE id = %lld"};
    int rc = verify_copy("", 0);
    if (rc != 0) complain("%s does not verify: exit %lld", "an unchanged copy", rc);
    for (size_t i = 0; i < sizeof ways / sizeof *ways && !trouble[0]; i++)
        for (int k = 0; k < 3; k++) {
            long long id = k ? 1 + rnd((unsigned)last_row) : last_row;
            rc = verify_copy(ways[i], id);
            if (rc != 17) complain("not noticed: %s, of row %lld", ways[i], id);
        }
    result("rows that were cut off or changed are noticed");
}

static void at_last(void)
{
    cJSON *log = ask("log", "--json", "--limit=0");
    check_confirmed(ond_json_get(log, "events"), true);
    cJSON_Delete(log);
    printf("# %d intents confirmed, %lld rows\n", cJSON_GetArraySize(confirmed), last_row);
    result("nothing that was confirmed is lost");
}

int main(void)
{
    const char *ondol = getenv("ONDOL"), *rounds_text = getenv("ROUNDS"),
               *seed_text = getenv("SEED");
    int rounds = rounds_text ? atoi(rounds_text) : 100;
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (!realpath(ondol ? ondol : "build/ondol", program) || !make_place() || !open_house()) {
        printf("Bail out! set ONDOL to the program, and install mosquitto. %s\n", trouble);
        return 1;
    }
    seed = seed_text ? strtoul(seed_text, NULL, 10) : ond_steady_us() | 1;
    printf("# SEED=%lu\n", seed);
    confirmed = cJSON_CreateArray();
    unsigned usual = measure();
    result("the program works when it is not killed");
    if (n_failed == 0)
        torture(rounds - rounds / 3, usual, false, "one-shot commands killed at random points");
    if (n_failed == 0) torture(rounds / 3, usual, true, "ondol up killed at random points");
    if (n_failed == 0) at_last();
    if (n_failed == 0) meddle();
    printf("1..%d\n", n_test);
    close_house();
    cJSON_Delete(confirmed);
    if (n_failed == 0)
        nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    else
        printf("# left for looking: %s\n", place);
    return n_failed != 0;
}
