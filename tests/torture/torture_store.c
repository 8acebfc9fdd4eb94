/* torture_store.c - every allocation, write, sync, open, read and rename of the store fails in turn.
 *
 * For each starting point (no store; a store with rows; a damaged one; one whose tail was cut) and
 * each kind of fault, a child runs a script with fault number 1, 2, 3 ... until the fault is not
 * reached any more. The child may get errors, never die; each error has a sentence; after a single
 * fault the step, tried again, succeeds. Then another child opens the store without faults: it
 * verifies, everything that was confirmed is there, and no change is there by half.
 *
 * Prints TAP. Runs itself again under LD_PRELOAD=fault.so, which lies beside it. ROUNDS above 100
 * tries every point of the lasting faults, too. The processes that use the store are all children,
 * so that each starts with fresh libraries. */
#include "store/store.h"
#include "sys/file.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

static void (*arm)(const char *what, long nth);
static long (*reached)(void);

#define TRANSACTIONS 6
static char dir[200];

typedef struct shared { /* between the children and us */
    int64_t base;       /* rows that were there before */
    int confirmed;      /* transactions whose commit returned OK: the script's steps 1..confirmed */
    int64_t rows[TRANSACTIONS + 1]; /* journal rows after each */
    bool opened, doubtful;          /* doubtful: the last one failed, and may be there or not */
    long reached;
    char why[600]; /* what is wrong, or "" */
} shared;
static shared *sh;

static void wrong(const char *what, const char *detail)
{
    if (!sh->why[0]) snprintf(sh->why, sizeof sh->why, "%s: %s", what, detail);
}

static const char *in_dir(const char *name)
{
    static char rooms[4][512];
    static int next;
    char *out = rooms[next++ % 4];
    snprintf(out, sizeof rooms[0], "%s/%s", dir, name);
    return out;
}

/* ---- the script ---- */

static ond_store *store;
static ond_err err;

static int open_store(bool read_only)
{
    ond_store_opts opts = {
        .dir = in_dir("data"), .key_path = in_dir("device.key"), .read_only = read_only};
    return ond_store_open(&opts, &store, NULL, &err);
}

static cJSON *body_of(int step) /* made without faults */
{
    char text[200];
    snprintf(
        text, sizeof text,
        "{\"step\":%d,\"text\":\"거실 불 켜줘, a text of some length, for the sake of pages\"}",
        step);
    return cJSON_Parse(text);
}

/* One change of the script: rows of the journal and the state `step`, all or nothing. */
static int change(int step, const cJSON *body)
{
    int64_t id, erased, task = sh->base + 1;
    if (ond_store_begin(store, &err) != 0) return err.code;
    int rc = ond_store_put(store, "torture", "step", body, &err);
    if (rc == 0 && step == 5)
        rc = ond_store_forget(store, task, 0, &erased, &err);
    else if (rc == 0)
        rc = ond_store_append(store, step % 2 ? "intent" : "outcome", 1000 + step,
                              step % 2 ? 0 : task, task, body, &id, &err);
    if (rc == 0 && step == 3) rc = ond_store_append(store, "note", 1003, 0, 0, NULL, &id, &err);
    if (rc == 0) rc = ond_store_reading(store, "sensor.a", step, body, &err);
    if (rc == 0) return ond_store_commit(store, &err);
    ond_store_abort(store);
    return rc;
}

static bool said(int rc, const char *where)
{
    if (rc != (int)err.code || !err.text[0]) wrong(where, "an error without a sentence");
    if (rc == OND_E_TAMPERED) wrong(where, "a fault is taken for tampering");
    return true;
}

static bool nothing(void *self, const ond_event *e)
{
    (void)self, (void)e;
    return true;
}

/* Reading under faults must say so, not guess. */
static int look(void)
{
    ond_verify v;
    cJSON *value = NULL;
    ond_event e = {0};
    int rc = ond_store_verify(store, &v, &err);
    if (rc == OND_E_TAMPERED && v.rows >= sh->base)
        rc = OND_OK; /* the starting point with a cut tail */
    if (rc == 0)
        rc = ond_store_each(store, &(ond_event_query){.newest_first = true, .limit = 5}, nothing,
                            NULL, &err);
    if (rc == 0) rc = ond_store_open_intents(store, nothing, NULL, &err);
    if (rc == 0) rc = ond_store_event(store, 1, &e, &err);
    if (rc == 0) rc = ond_store_get(store, "torture", "step", &value, &err);
    cJSON_Delete(value);
    ond_event_free(&e);
    return rc;
}

/* Tries a step; after a fault that was the only one, it must succeed at the second attempt. */
static bool attempt(int step, const cJSON *body, bool lasting)
{
    for (int i = 0; i < 2; i++) {
        int rc = step == 0 ? open_store(false) : step <= TRANSACTIONS ? change(step, body) : look();
        if (rc == 0) return true;
        char where[40];
        snprintf(where, sizeof where, "step %d, attempt %d", step, i + 1);
        said(rc, where);
        if (!lasting && (i == 1 || reached() == 0)) wrong(where, err.text);
        sh->doubtful = step > 0 && step <= TRANSACTIONS;
    }
    return false;
}

static void run_script(const char *what, long nth)
{
    cJSON *body[TRANSACTIONS + 1];
    bool lasting = strchr(what, '+') != NULL;
    for (int i = 0; i <= TRANSACTIONS; i++) body[i] = body_of(i);
    arm(what, nth);
    sh->opened = attempt(0, NULL, lasting);
    for (int step = 1; sh->opened && step <= TRANSACTIONS; step++) {
        if (!attempt(step, body[step], lasting)) break;
        sh->confirmed = step;
        sh->doubtful = false;
        sh->rows[step] = ond_store_count(store);
    }
    if (sh->confirmed == TRANSACTIONS) attempt(TRANSACTIONS + 1, NULL, lasting);
    if (store) ond_store_close(store);
    sh->reached = reached();
    arm(NULL, 0);
}

/* ---- what is left ---- */

static void check_state(int step)
{
    cJSON *value = NULL;
    int rc = ond_store_get(store, "torture", "step", &value, &err);
    int have = rc == 0 ? (int)ond_json_num(value, "step", -1) : 0;
    cJSON_Delete(value);
    if (rc != 0 && rc != OND_E_NOT_FOUND)
        wrong("state", err.text);
    else if (have != step)
        wrong("state", "it does not belong to the rows that are there");
}

static void check_rows(bool tampered)
{
    ond_verify v = {0};
    int rc = ond_store_verify(store, &v, &err);
    if (rc != 0 && !(tampered && rc == OND_E_TAMPERED && v.bad == 0)) wrong("verify", err.text);
    int64_t rows = ond_store_count(store),
            want = sh->confirmed ? sh->rows[sh->confirmed] : sh->base;
    int64_t more = sh->confirmed + 1 == 3 ? 2 : 1;
    if (sh->confirmed == 0 && rows == 1 && sh->base == 0 && !sh->doubtful)
        rows = want; /* a damaged store that lost all: the note of the rescue */
    if (rows == want)
        check_state(sh->confirmed);
    else if (sh->doubtful && rows == want + more)
        check_state(sh->confirmed + 1);
    else {
        char text[100];
        snprintf(text, sizeof text, "%lld rows, and %lld were confirmed", (long long)rows,
                 (long long)want);
        wrong("rows", text);
    }
}

static void check(bool tampered)
{
    ond_store_news news;
    ond_store_opts opts = {.dir = in_dir("data"), .key_path = in_dir("device.key")};
    if (ond_store_open(&opts, &store, &news, &err) != 0) {
        wrong("open", err.text);
        return;
    }
    if (news.tampered[0] && !tampered) wrong("tampered", news.tampered);
    if (sh->opened && news.set_aside[0]) wrong("set aside", news.set_aside);
    if (sh->opened || sh->base > 0) check_rows(tampered);
    ond_store_close(store);
    open_store(false); /* once more: what the first opening did is settled */
    ond_verify v;
    if (!store || (ond_store_verify(store, &v, &err) != 0 && !tampered))
        wrong("second open", err.text);
    ond_store_close(store);
}

/* ---- starting points ---- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void add_rows(int n)
{
    cJSON *body = body_of(0);
    for (int i = 0; i < n; i++)
        if (ond_store_append(store, "note", 1, 0, 0, body, NULL, &err) != 0)
            wrong("starting point", err.text);
    cJSON_Delete(body);
}

static void start_with(int rows)
{
    if (open_store(false) != 0) {
        wrong("starting point", err.text);
        return;
    }
    add_rows(rows);
    ond_store_close(store);
    store = NULL;
    sh->base = rows;
}

static void begin_new(void) {}

static void begin_rows(void)
{
    start_with(3);
}

/* Eight rows survive, then a note is added. */
static void begin_damaged(void)
{
    start_with(8);
    int fd = open(in_dir("data/damaged"), O_CREAT | O_WRONLY, 0600);
    close(fd);
    struct stat st;
    if (stat(in_dir("data/store.db"), &st) != 0 ||
        truncate(in_dir("data/store.db"), st.st_size - 4096) != 0)
        wrong("starting point", "cannot damage the store");
    sh->base = 9;
}

/* The head says more rows than there are. */
static void begin_cut(void)
{
    ond_buf old = {0};
    start_with(4);
    if (ond_file_read(in_dir("data/store.db"), 1u << 24, &old, &err) != 0)
        wrong("starting point", err.text);
    start_with(2);
    if (ond_file_write(in_dir("data/store.db"), (ond_str){old.p, old.n}, 0600, &err) != 0)
        wrong("starting point", err.text);
    ond_buf_free(&old);
    sh->base = 4;
}

static const struct start {
    const char *name;
    void (*begin)(void);
    bool tampered;
} starts[] = {
    {"no store", begin_new, false},
    {"a store with rows", begin_rows, false},
    {"a damaged store", begin_damaged, false},
    {"a cut tail", begin_cut, true},
};

/* ---- rounds ---- */

/* Runs `part` of a round in a child; false when it did not end by itself. */
static bool in_child(const struct start *start, int part, const char *what, long nth)
{
    pid_t pid = fork();
    if (pid == 0) {
        alarm(60);
        if (part == 0)
            start->begin();
        else if (part == 1)
            run_script(what, nth);
        else
            check(start->tampered);
        _exit(0);
    }
    int status;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status))
        wrong(part == 1 ? "the script died" : "the check died", strsignal(WTERMSIG(status)));
    return WIFEXITED(status);
}

static int copy_one(const char *from, const char *to)
{
    ond_buf b = {0};
    int rc = ond_file_read(from, 1u << 24, &b, NULL);
    int fd = rc == 0 ? open(to, O_CREAT | O_TRUNC | O_WRONLY | O_CLOEXEC, 0600) : -1;
    if (fd >= 0) {
        rc = ond_file_write_fd(fd, b.p, b.n);
        close(fd);
    }
    ond_buf_free(&b);
    return rc;
}

/* The starting point is made once and copied for each round. */
static void copy_start(bool save)
{
    static const char *const names[] = {"device.key", "data/store.db", "data/head", "data/damaged"};
    if (!save) nftw(in_dir("data"), remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (!save && ond_file_exists(in_dir("start/data")))
        (void)!ond_dir_make(in_dir("data"), 0700, NULL);
    if (save)
        (void)!ond_dir_make(in_dir(ond_file_exists(in_dir("data")) ? "start/data" : "start"), 0700,
                            NULL);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char kept[64];
        snprintf(kept, sizeof kept, "start/%s", names[i]);
        const char *live = in_dir(names[i]), *copy = in_dir(kept);
        unlink(save ? copy : live);
        if (ond_file_exists(save ? live : copy)) copy_one(save ? live : copy, save ? copy : live);
    }
}

static int tests, failures;

static void torture(const struct start *start, const char *what, long stride)
{
    long nth = 1, points = 0;
    int64_t base;
    memset(sh, 0, sizeof *sh);
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    (void)!ond_dir_make(dir, 0700, NULL);
    in_child(start, 0, what, 0);
    base = sh->base;
    copy_start(true);
    for (;; nth += stride, points++) {
        copy_start(false);
        char was[600];
        memcpy(was, sh->why, sizeof was);
        memset(sh, 0, sizeof *sh);
        memcpy(sh->why, was, sizeof was);
        sh->base = base;
        in_child(start, 1, what, nth);
        in_child(start, 2, what, nth);
        if (sh->why[0] || sh->reached == 0) break;
    }
    tests++;
    failures += sh->why[0] != '\0';
    printf("%sok %d - %s, %s: %ld points\n", sh->why[0] ? "not " : "", tests, start->name, what,
           points);
    if (sh->why[0]) printf("# at fault %ld: %s\n", nth, sh->why);
    fflush(stdout);
}

static void again_with_faults(char **argv)
{
    char self[1000], preload[1100];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    if (n < 0 || getenv("LD_PRELOAD")) {
        printf("Bail out! fault.so is not there\n");
        exit(1);
    }
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(preload, sizeof preload, "%s/fault.so", self);
    setenv("LD_PRELOAD", preload, 1);
    execv("/proc/self/exe", argv);
    exit(1);
}

int main(int argc, char **argv)
{
    static const char *const kinds[] = {"alloc", "write", "short", "full",
                                        "sync",  "open",  "read",  "rename"};
    arm = (void (*)(const char *, long))dlsym(RTLD_DEFAULT, "ond_fault_arm");
    reached = (long (*)(void))dlsym(RTLD_DEFAULT, "ond_fault_reached");
    if (!arm || !reached) again_with_faults(argv);
    const char *only = argc > 1 ? argv[1] : NULL, *rounds = getenv("ROUNDS");
    long stride = rounds && atol(rounds) > 100 ? 1 : 17;
    snprintf(dir, sizeof dir, "%s/ondol-torture-XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    sh = mmap(NULL, sizeof *sh, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (!mkdtemp(dir) || sh == MAP_FAILED) return 1;
    for (size_t s = 0; s < sizeof starts / sizeof *starts; s++)
        for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
            char lasting[16];
            snprintf(lasting, sizeof lasting, "%s+", kinds[k]);
            if (only && strcmp(only, kinds[k]) != 0) continue;
            torture(&starts[s], kinds[k], 1);
            torture(&starts[s], lasting, k == 0 ? stride : 1);
        }
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    printf("1..%d\n", tests);
    return failures ? 1 : 0;
}
