/* torture_notes.c - every allocation, write, sync, open, read and rename on the way of a note, and
 * of a lesson, fails in turn.
 *
 * Whatever fails: a note is the old one or the new one, never another; an error says so in one
 * sentence; what was cut short is settled by looking at the note at the next start; a lesson is
 * known exactly where its row is in the journal, also after a start. Prints TAP. Starts itself
 * again under fault.so, which stands beside it. */
#include "gate/gate.h"
#include "mind/mind.h"
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

static char dir[200], key[240], policy[240], note_path[300], notes_dir[260];
static ond_store *store;
static ond_gate *gate;
static ond_mind *mind;
static cJSON *config;
static ond_err err;
static int failures;
static long refused, settled;

#define OLD "# a\n\n- one\n"
#define NEW "# a\n\n- one\n- two\n"

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
    ond_gate_opts g = {.store = store, .config = config, .policy_path = policy, .lang = "en"};
    stop_if(ond_gate_open(&g, &gate, &err));
    stop_if(ond_mind_open(store, &mind, &err));
}

static void close_all(void)
{
    ond_mind_close(mind);
    ond_gate_close(gate);
    ond_store_close(store);
}

/* ---- what is tried ---- */

static int act(const char *verb, const char *args, const ond_run_opts *opts)
{
    ond_plan plan = {0};
    cJSON *a = cJSON_Parse(args), *from = cJSON_CreateObject(), *report = NULL;
    bool ok = a && from;
    for (cJSON *c = ok ? a->child : NULL; ok && c; c = c->next)
        ok = ond_json_set_str(from, c->string, "owner");
    if (!ok) {
        cJSON_Delete(a);
        cJSON_Delete(from);
        return ond_fail(&err, OND_E_NOMEM, "out of memory in the test itself");
    }
    int rc = ond_plan_add(&plan, "notes", verb, a, from, OND_EFFECT_REVERSIBLE, "torture", &err);
    if (rc == 0) rc = ond_gate_run(gate, &plan, opts, &report, &err);
    cJSON_Delete(report);
    ond_plan_free(&plan);
    return rc;
}

static int go_create(void)
{
    return act("create", "{\"title\":\"a\",\"text\":\"- one\"}", NULL);
}
static int go_append(void)
{
    return act("append", "{\"note\":\"a\",\"text\":\"two\"}", NULL);
}
static int go_remove(void)
{
    return act("remove", "{\"note\":\"a\"}", NULL);
}
static int go_find(void)
{
    return act("find", "{\"query\":\"nuo\"}", NULL); /* nothing: slips are looked for, too */
}
static int go_undo(void)
{
    cJSON *report = NULL;
    int rc = ond_gate_undo(gate, 0, NULL, &report, &err);
    cJSON_Delete(report);
    return rc;
}

static void before_undo(void)
{
    stop_if(go_append());
}

typedef struct scene {
    const char *name;
    const char *was, *is; /* NULL: no such file */
    void (*before)(void);
    int (*go)(void);
} scene;
static const scene scenes[] = {
    {"create", NULL, OLD, NULL, go_create},   {"append", OLD, NEW, NULL, go_append},
    {"remove", OLD, NULL, NULL, go_remove},   {"find", OLD, OLD, NULL, go_find},
    {"undo", NEW, OLD, before_undo, go_undo},
};

/* ---- what must hold afterwards ---- */

static bool shows(const char *text)
{
    ond_buf b = {0};
    if (!ond_file_exists(note_path)) return text == NULL;
    stop_if(ond_file_read(note_path, 1 << 20, &b, &err));
    bool same = text && strcmp(ond_buf_z(&b), text) == 0;
    ond_buf_free(&b);
    return same;
}

static bool count_open(void *self, const ond_event *e)
{
    (void)e;
    ++*(int *)self;
    return true;
}

static void settle(const scene *s, const char *kind, long nth)
{
    int open = 0;
    close_all();
    open_all();
    for (const cJSON *c = ond_gate_settled(gate)->child; c; c = c->next) {
        const char *found = ond_json_str(c, "found", "");
        settled++;
        if (strcmp(found, s->go != go_find && shows(s->is) ? "done" : "not_done") != 0)
            complain(kind, nth, "settled as something else");
    }
    stop_if(ond_store_open_intents(store, count_open, &open, &err));
    if (open) complain(kind, nth, "left open after the next start");
}

static bool one(const scene *s, const char *kind, long nth)
{
    int open = 0;
    nftw(notes_dir, rm, 16, FTW_DEPTH | FTW_PHYS);
    stop_if(ond_dir_make(notes_dir, 0700, &err));
    if (s->before || s->was) stop_if(ond_file_write(note_path, OND_S(OLD), 0600, &err));
    if (s->before) s->before();
    int64_t rows = ond_store_count(store);
    err = (ond_err){0};
    arm(kind, nth);
    int rc = s->go();
    bool hit = reached() > 0;
    arm(NULL, 0);
    refused += rc != 0;
    if (rc == 0 && !shows(s->is)) complain(kind, nth, "said done, and is not");
    if (!shows(s->is) && !shows(s->was)) complain(kind, nth, "neither old nor new");
    if (rc != 0 && !err.text[0]) complain(kind, nth, "failed without a word");
    if (!shows(s->was) && ond_store_count(store) == rows)
        complain(kind, nth, "acted without a row");
    stop_if(ond_store_open_intents(store, count_open, &open, &err));
    if (open) settle(s, kind, nth);
    return hit;
}

static void refresh(void) /* verifying and reopening stay quick */
{
    ond_verify v;
    if (ond_store_verify(store, &v, &err)) complain("verify", 0, v.what);
    if (ond_store_count(store) < 3000) return;
    close_all();
    nftw(dir, rm, 16, FTW_DEPTH | FTW_PHYS);
    stop_if(mkdir(dir, 0700));
    stop_if(
        ond_file_write(policy, OND_S("version: 1\nbudgets: {acts_per_minute: 0}\n"), 0600, &err));
    open_all();
}

static void torture_note(const scene *s, const char *kind, int number)
{
    long nth = 1;
    failures = 0;
    refused = settled = 0;
    while (one(s, kind, nth)) nth++;
    refresh();
    printf("%s %d - %s: %s, %ld places, %ld errors, %ld settled\n", failures ? "not ok" : "ok",
           number, s->name, kind, nth - 1, refused, settled);
}

/* ---- lessons ---- */

static int learn(void)
{
    cJSON *means = cJSON_Parse("{\"entities\":[\"light.a\"]}");
    if (!means) return ond_nomem(&err, "the test itself");
    ond_lesson l = {.kind = "alias", .said = "word", .means = means, .at = 1};
    int rc = ond_mind_learn(mind, &l, NULL, &err);
    cJSON_Delete(means);
    return rc;
}

static int forget(void)
{
    size_t n = 0;
    return ond_mind_forget(mind, "word", 1, &n, &err);
}

static bool knows(void)
{
    return ond_mind_find(mind, "alias", "word", "", "") != NULL;
}

static bool one_lesson(bool teach, const char *kind, long nth)
{
    if (knows() == teach) stop_if(teach ? forget() : learn());
    int64_t rows = ond_store_count(store);
    uint64_t revision = ond_mind_revision(mind);
    err = (ond_err){0};
    arm(kind, nth);
    int rc = teach ? learn() : forget();
    bool hit = reached() > 0;
    arm(NULL, 0);
    bool done = rc == 0;
    refused += !done;
    if (!done && !err.text[0]) complain(kind, nth, "failed without a word");
    if (knows() != (done == teach)) complain(kind, nth, "known, and should not be, or the reverse");
    if ((ond_mind_revision(mind) != revision) != done) complain(kind, nth, "the counter is wrong");
    if (ond_store_count(store) - rows != done) complain(kind, nth, "rows do not fit");
    ond_mind_close(mind);
    stop_if(ond_mind_open(store, &mind, &err));
    if (knows() != (done == teach)) complain(kind, nth, "kept, and should not be, or the reverse");
    return hit;
}

static void torture_lesson(bool teach, const char *kind, int number)
{
    long nth = 1;
    failures = 0;
    refused = 0;
    while (one_lesson(teach, kind, nth)) nth++;
    refresh();
    printf("%s %d - %s: %s, %ld places, %ld errors\n", failures ? "not ok" : "ok", number,
           teach ? "learn" : "forget", kind, nth - 1, refused);
}

/* ---- start ---- */

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

static void make_places(void)
{
    const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%s/ondol-torture-XXXXXX",
             base && base[0] == '/' && strlen(base) < 100 ? base : "/tmp");
    if (!mkdtemp(dir)) stop_if(1);
    snprintf(key, sizeof key, "%s/device.key", dir);
    snprintf(policy, sizeof policy, "%s/policy.yaml", dir);
    snprintf(notes_dir, sizeof notes_dir, "%s/notes", dir);
    snprintf(note_path, sizeof note_path, "%s/a.md", notes_dir);
    char text[600];
    snprintf(text, sizeof text, "{\"hands\":{\"notes\":{\"dir\":\"%s\"}}}", notes_dir);
    config = cJSON_Parse(text);
    stop_if(
        ond_file_write(policy, OND_S("version: 1\nbudgets: {acts_per_minute: 0}\n"), 0600, &err));
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"alloc", "write", "full+", "short",
                                        "sync",  "open",  "read",  "rename"};
    enum { SCENES = sizeof scenes / sizeof *scenes, KINDS = sizeof kinds / sizeof *kinds };
    int number = 0, bad = 0;
    (void)argc;
    if (!getenv("ONDOL_TORTURE")) start_under_fault(argv);
    *(void **)&arm = dlsym(RTLD_DEFAULT, "ond_fault_arm");
    *(void **)&reached = dlsym(RTLD_DEFAULT, "ond_fault_reached");
    if (!arm || !reached) {
        printf("Bail out! fault.so is not loaded\n");
        return 1;
    }
    make_places();
    open_all();
    printf("1..%d\n", (SCENES + 2) * KINDS);
    for (int k = 0; k < KINDS; k++) {
        for (int i = 0; i < SCENES; i++, bad += failures)
            torture_note(&scenes[i], kinds[k], ++number);
        for (int i = 0; i < 2; i++, bad += failures) torture_lesson(i == 0, kinds[k], ++number);
        fflush(stdout);
    }
    close_all();
    cJSON_Delete(config);
    nftw(dir, rm, 16, FTW_DEPTH | FTW_PHYS);
    return bad ? 1 : 0;
}
