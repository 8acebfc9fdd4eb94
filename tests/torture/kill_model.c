/* kill_model.c - kill -9 at every step and at random moments of the programs that write files of
 * models: `ondol run` (packed weights, kept prompts), `ondol quantize`, `ondol perplexity
 * --imatrix`.
 *
 * fault.so, which lies beside this program, counts the steps of writing (opens, writes, syncs, new
 * names). A run that nobody disturbs tells how many there are, what the files hold, byte for byte,
 * and what is answered. Then a round kills one to three runs, one after another: before a step,
 * amid it (half of the bytes are written), or, from outside, some microseconds after it began.
 * After each kill a file under a final name is one of the undisturbed run's, whole, or the one that
 * stood there before. Then a run that is not killed gives the same answer, and its files are those
 * of the undisturbed run and no others: what the killed ones left is gone. Each second round is as
 * on a file system that knows no files without a name (O_TMPFILE).
 *
 * ROUNDS (100) is twice as many as all scenes have together; SEED repeats a run. A scene in which
 * no kill fell amid the writing fails. Prints TAP. */
#include "base/str.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "kill.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { KILLS_MOST = 3, FILES_MOST = 64, FILE_BYTES = 64 << 20 };

static char place[256], program[4096], gen[4096], fault[4096];
static uint64_t *steps; /* of the child that runs, counted by fault.so */

static void complain(const char *fmt, ...) OND_PRINTF(1, 2);
static void complain(const char *fmt, ...)
{
    va_list ap;
    if (trouble[0]) return;
    va_start(ap, fmt);
    vsnprintf(trouble, sizeof trouble, fmt, ap);
    va_end(ap);
}

static const char *in_place(const char *name)
{
    static char rooms[16][512];
    static int next;
    char *out = rooms[next++ % 16];
    snprintf(out, sizeof rooms[0], "%s/%s", place, name);
    return out;
}

/* ---- files, all that matter: the folders that a scene writes to ---- */

typedef struct file {
    char name[256]; /* below the place */
    ond_buf bytes;
    ino_t ino;
} file;
typedef struct files {
    file v[FILES_MOST];
    int n;
} files;

static void files_free(files *f)
{
    for (int i = 0; i < f->n; i++) ond_buf_free(&f->v[i].bytes);
    f->n = 0;
}

static void read_folder(files *out, const char *folder)
{
    char **names;
    size_t n;
    if (ond_dir_list(in_place(folder), "", &names, &n, NULL) != 0) return;
    for (size_t i = 0; i < n && out->n < FILES_MOST; i++) {
        file *f = &out->v[out->n++];
        struct stat st;
        ond_err err = {0};
        *f = (file){.ino = 0};
        snprintf(f->name, sizeof f->name, "%s/%s", folder, names[i]);
        if (stat(in_place(f->name), &st) == 0) f->ino = st.st_ino;
        if (ond_file_read(in_place(f->name), FILE_BYTES, &f->bytes, &err) != 0)
            complain("%s", err.text);
    }
    ond_names_free(names, n);
}

static const char *const folders[] = {"cache/ondol/packed", "cache/ondol/prompts", "out"};
enum { FOLDERS = sizeof folders / sizeof *folders };

static files read_all(void)
{
    files f = {.n = 0};
    for (int i = 0; i < FOLDERS; i++) read_folder(&f, folders[i]);
    return f;
}

static const file *named(const files *f, const char *name)
{
    for (int i = 0; i < f->n; i++)
        if (strcmp(f->v[i].name, name) == 0) return &f->v[i];
    return NULL;
}

static bool same_bytes(const file *a, const file *b)
{
    return a && b && a->bytes.n == b->bytes.n && memcmp(a->bytes.p, b->bytes.p, a->bytes.n) == 0;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static void empty(const char *folder)
{
    nftw(in_place(folder), remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (mkdir(in_place(folder), 0700) != 0) complain("%s cannot be made", folder);
}

static void write_text(const char *name, const char *text, int times)
{
    FILE *f = fopen(in_place(name), "w");
    for (int i = 0; f && i < times; i++) fprintf(f, text, i);
    if (!f || fclose(f) != 0) complain("%s cannot be written", name);
}

/* ---- scenes ---- */

typedef struct scene {
    const char *name, *argv[12]; /* "@NAME" is a file of the place */
    const char *clears[3];       /* folders that are empty when a round begins */
    bool replaces;               /* out/q.gguf stands there before, and is another file */
    bool touches;                /* the model's time changes before each round */
    int share;                   /* of the rounds, in percent */
} scene;

#define PROMPT                                                                                     \
    "The warm floor of a house keeps the whole family warm. The stone under the floor is heated "  \
    "by a fire in the kitchen, and the smoke goes under the rooms and out of the chimney on the "  \
    "other side of the house. In the morning the children sit on the floor and eat."
#define ANSWER "--raw", "-n", "8", "--temp", "0", "--threads", "1"

static const scene scenes[] = {
    {.name = "packed weights",
     .argv = {"run", "@model.gguf", ANSWER, PROMPT},
     .clears = {"cache/ondol/packed", "cache/ondol/prompts"},
     .share = 25},
    {.name = "kept prompts",
     .argv = {"run", "@model.gguf", ANSWER, "--keep", PROMPT},
     .clears = {"cache/ondol/prompts"},
     .share = 35},
    {.name = "packed weights of a model that was touched",
     .argv = {"run", "@model.gguf", ANSWER, PROMPT},
     .clears = {"cache/ondol/prompts"},
     .touches = true,
     .share = 10},
    {.name = "quantize",
     .argv = {"quantize", "@f16.gguf", "@out/q.gguf", "q4_0", "--threads", "1"},
     .clears = {"out"},
     .share = 10},
    {.name = "quantize over an older file",
     .argv = {"quantize", "@f16.gguf", "@out/q.gguf", "q4_0", "--threads", "1"},
     .clears = {"out"},
     .replaces = true,
     .share = 10},
    {.name = "importance matrix",
     .argv = {"perplexity", "@model.gguf", "@text", "--ctx", "64", "--imatrix", "@out/i.gguf",
              "--threads", "1"},
     .clears = {"out"},
     .share = 10},
};
enum { SCENES = sizeof scenes / sizeof *scenes };

static const char old_bytes[] = "what stood there before";

static void prepare(const scene *s)
{
    for (int i = 0; i < 3 && s->clears[i]; i++) empty(s->clears[i]);
    if (s->replaces) write_text("out/q.gguf", old_bytes, 1);
    if (!s->touches) return;
    struct timespec t[2] = {{.tv_sec = 1000000000 + rnd(1000000)}};
    t[1] = t[0];
    if (utimensat(AT_FDCWD, in_place("model.gguf"), t, 0) != 0) complain("utimensat");
}

/* ---- one run of the program ---- */

typedef struct end {
    const char *how; /* "kill", "half"; "time": from outside; NULL: it ends by itself */
    long step;
    unsigned us; /* after the step began, for "time" */
    bool names_only;
} end;

static void child(const scene *s, const end *e)
{
    char *argv[16] = {program}, spec[64];
    int out = open(in_place("answer"), O_WRONLY | O_CREAT | O_TRUNC, 0600),
        log = open(in_place("log"), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    for (int i = 0; s->argv[i]; i++) {
        const char *a = s->argv[i];
        argv[i + 1] = strdup(a[0] == '@' ? in_place(a + 1) : a);
    }
    if (e->how && strcmp(e->how, "time") != 0) {
        snprintf(spec, sizeof spec, "%s:%ld", e->how, e->step);
        setenv("ONDOL_FAULT", spec, 1);
    }
    setenv("ONDOL_FAULT_STEPS", in_place("steps"), 1);
    setenv("ONDOL_FAULT_NAMED", e->names_only ? "1" : "0", 1);
    setenv("LD_PRELOAD", fault, 1);
    dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(log, STDERR_FILENO);
    execv(program, argv);
    _exit(127);
}

/* Waits until the child begins its `step`th step, or has ended, and then some more. */
static void kill_in_time(pid_t pid, const end *e)
{
    siginfo_t info = {.si_pid = 0};
    while (__atomic_load_n(steps, __ATOMIC_SEQ_CST) < (uint64_t)e->step && info.si_pid == 0)
        if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0) break;
    for (uint64_t until = ond_steady_us() + e->us; ond_steady_us() < until;) continue;
    kill(pid, SIGKILL);
}

/* True: it was killed. */
static bool run(const scene *s, const end *e)
{
    int status;
    *steps = 0;
    pid_t pid = fork();
    if (pid == 0) child(s, e);
    if (e->how && strcmp(e->how, "time") == 0) kill_in_time(pid, e);
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && e->how) return true;
    if (status == 0) return false;
    ond_buf log = {0};
    (void)!ond_file_read(in_place("log"), 1 << 20, &log, NULL);
    complain("it ended with %d: %.300s", WIFEXITED(status) ? WEXITSTATUS(status) : -1,
             ond_buf_z(&log));
    ond_buf_free(&log);
    return false;
}

/* ---- what must hold ---- */

typedef struct truth {
    files want;
    ond_buf answer;
    long n_step[2]; /* with files without a name, and with named ones only */
} truth;

static bool is_temporary(const char *name)
{
    const char *dot = strstr(name, ".new-");
    return dot && strlen(dot) == 13;
}

/* The note of a model that was touched has a name of its own; its packed file stays the same one.
 */
static void check_touched(const files *now, const truth *t, bool after_kill)
{
    for (int i = 0; i < now->n; i++) {
        const file *f = &now->v[i], *w = named(&t->want, f->name);
        if (strstr(f->name, ".panels") && !is_temporary(f->name) && (!w || w->ino != f->ino))
            complain("%s was made again", f->name);
        if (!after_kill && is_temporary(f->name)) complain("%s is left over", f->name);
    }
}

static void check_killed(const scene *s, const truth *t)
{
    files now = read_all();
    if (s->touches)
        check_touched(&now, t, true);
    else
        for (int i = 0; i < now.n && !trouble[0]; i++) {
            const file *f = &now.v[i], *w = named(&t->want, f->name);
            bool old = s->replaces && strcmp(f->name, "out/q.gguf") == 0 &&
                       ond_str_is((ond_str){f->bytes.p, f->bytes.n}, old_bytes);
            if (!is_temporary(f->name) && !old && !same_bytes(f, w))
                complain("after a kill %s stands there, %zu bytes, and is not whole", f->name,
                         f->bytes.n);
        }
    files_free(&now);
}

static void check_ended(const scene *s, const truth *t)
{
    ond_buf answer = {0};
    files now = read_all();
    (void)!ond_file_read(in_place("answer"), 1 << 20, &answer, NULL);
    if (answer.n != t->answer.n || memcmp(answer.p, t->answer.p, answer.n) != 0)
        complain("another answer: %.200s", ond_buf_z(&answer));
    if (s->touches) check_touched(&now, t, false);
    for (int i = 0; i < now.n && !s->touches; i++)
        if (!same_bytes(&now.v[i], named(&t->want, now.v[i].name)))
            complain("%s is %s", now.v[i].name,
                     named(&t->want, now.v[i].name) ? "another file" : "left over");
    for (int i = 0; i < t->want.n && !s->touches; i++)
        if (!named(&now, t->want.v[i].name)) complain("%s is not there", t->want.v[i].name);
    ond_buf_free(&answer);
    files_free(&now);
}

/* What a run does that nobody disturbs; a second one uses its files and changes none. */
static void learn(const scene *s, truth *t)
{
    *t = (truth){.n_step = {0, 0}};
    prepare(s);
    run(s, &(end){.names_only = false}); /* what this scene does not clear is there from now on */
    for (int names = 0; names < 2 && !trouble[0]; names++) {
        files_free(&t->want);
        ond_buf_clear(&t->answer);
        prepare(s);
        run(s, &(end){.names_only = names});
        t->n_step[names] = (long)*steps;
        t->want = read_all();
        (void)!ond_file_read(in_place("answer"), 1 << 20, &t->answer, NULL);
        if (t->n_step[names] == 0) complain("nothing was written, or fault.so did not count it");
    }
    if (trouble[0]) return;
    run(s, &(end){.names_only = false});
    check_ended(s, t);
}

/* The i-th kill of a scene: all steps in turn, before and amid them; every third by the clock. */
static end choose(const truth *t, int i, bool names_only)
{
    long n = t->n_step[names_only];
    end e = {.names_only = names_only};
    if (i % 3 == 2) {
        e.how = "time";
        e.step = 1 + (long)rnd((unsigned)n);
        e.us = rnd(2) ? rnd(100) : rnd(3000);
    } else {
        int k = i - i / 3;
        e.how = k / n % 2 ? "kill" : "half";
        e.step = 1 + k % n;
    }
    return e;
}

typedef struct count {
    int kills, landed, clocked;
} count;

static void round_of(const scene *s, const truth *t, int i, int *at, count *c)
{
    end e = {.how = NULL};
    bool names_only = i % 2;
    prepare(s);
    for (int kills = 1 + (int)rnd(KILLS_MOST); kills > 0 && !trouble[0]; kills--) {
        e = choose(t, at[names_only]++, names_only);
        bool killed = run(s, &e);
        /* A step is counted as it begins; the last one is a sync or a name, and ends the writing.
         */
        bool amid = killed && *steps > 0 && *steps <= (uint64_t)t->n_step[names_only];
        c->kills += killed;
        c->landed += amid;
        c->clocked += amid && strcmp(e.how, "time") == 0;
        check_killed(s, t);
    }
    if (!trouble[0]) run(s, &(end){.names_only = names_only});
    if (!trouble[0]) check_ended(s, t);
    if (trouble[0])
        printf("# round %d of %s: the last kill was %s, step %ld of %ld, files %s\n", i, s->name,
               e.how, e.step, t->n_step[names_only], names_only ? "named" : "without a name");
}

static void torture(const scene *s, int rounds)
{
    truth t;
    count c = {0, 0, 0};
    int at[2] = {(int)rnd(1000),
                 (int)rnd(1000)}; /* fewer rounds than steps: other ones each time */
    char name[256];
    learn(s, &t);
    for (int i = 0; i < rounds && !trouble[0]; i++) round_of(s, &t, i, at, &c);
    if (!trouble[0] && (c.landed == 0 || (rounds >= 20 && c.clocked == 0)))
        complain("%d kills, %d of them amid the writing, %d of these by the clock", c.kills,
                 c.landed, c.clocked);
    snprintf(
        name, sizeof name,
        "%s: %d rounds, %d kills, %d amid the writing (%ld steps, %ld with names), %d of these "
        "by the clock",
        s->name, rounds, c.kills, c.landed, t.n_step[0], t.n_step[1], c.clocked);
    result(name);
    files_free(&t.want);
    ond_buf_free(&t.answer);
}

/* ---- the run ---- */

static bool make_model(const char *name, const char *type)
{
    char *argv[] = {gen,
                    (char *)"llama",
                    (char *)"--shape",
                    (char *)"small",
                    (char *)"--type",
                    (char *)type,
                    (char *)"-o",
                    (char *)in_place(name),
                    NULL};
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        execv(gen, argv);
        _exit(127);
    }
    waitpid(pid, &status, 0);
    return status == 0;
}

static bool map_steps(void)
{
    uint64_t zero = 0;
    int fd = open(in_place("steps"), O_RDWR | O_CREAT, 0600);
    if (fd < 0 || write(fd, &zero, sizeof zero) != sizeof zero) return false;
    steps = mmap(NULL, sizeof zero, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return steps != MAP_FAILED;
}

/* fault.so lies beside this program. */
static bool find_fault(void)
{
    ssize_t n = readlink("/proc/self/exe", fault, sizeof fault - 16);
    char *slash = n > 0 ? memrchr(fault, '/', (size_t)n) : NULL;
    if (!slash) return false;
    strcpy(slash + 1, "fault.so");
    return access(fault, R_OK) == 0;
}

static bool make_place(void)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/ondol-kill-XXXXXX", tmp && tmp[0] == '/' ? tmp : "/tmp");
    if (!mkdtemp(place)) return false;
    setenv("HOME", place, 1);
    setenv("XDG_CACHE_HOME", in_place("cache"), 1);
    return mkdir(in_place("cache"), 0700) == 0 && mkdir(in_place("cache/ondol"), 0700) == 0 &&
           map_steps() && make_model("model.gguf", "q8_0") && make_model("f16.gguf", "f16");
}

int main(void)
{
    const char *ondol = getenv("ONDOL"), *maker = getenv("GEN"), *rounds_text = getenv("ROUNDS"),
               *seed_text = getenv("SEED");
    int rounds = rounds_text && atoi(rounds_text) > 0 ? atoi(rounds_text) : 100;
    if (!realpath(ondol ? ondol : "build/ondol", program) ||
        !realpath(maker ? maker : "build/tools/gen", gen) || !find_fault() || !make_place()) {
        printf(
            "Bail out! set ONDOL to the program and GEN to tools/gen; fault.so lies beside me\n");
        return 1;
    }
    seed = seed_text ? strtoul(seed_text, NULL, 10) : ond_steady_us() | 1;
    printf("# SEED=%lu\n", seed);
    write_text("text", "the cat sat on the mat %d times\n", 60);
    for (int i = 0; i < SCENES; i++) torture(&scenes[i], (rounds * scenes[i].share + 199) / 200);
    printf("1..%d\n", n_test);
    if (n_failed == 0)
        nftw(place, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    else
        printf("# left for looking: %s\n", place);
    return n_failed != 0;
}
