/* bench_first.c - a model's start when its packed file is there: opening it, and from exec to the
 * first token of a prompt of 100 tokens by `ondol run MODEL --raw -n 1 --temp 0 TEXT`.
 *
 * Usage: bench_first [--rounds N] ONDOL DIR MODEL. DIR is an empty folder that takes the packed
 * file (as big as the model); the caller removes it. Files are warm: what a disk needs is not
 * measured. */
#include "figures.h"
#include "sys/file.h"

#include <ondol.h>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROMPT = 100 };

static int rounds = 10;

static void open_one(const char *model, ond_engine **e)
{
    ond_err err = {0};
    ond_buf dir = {0};
    if (ond_xdg_path(OND_XDG_CACHE, "packed", &dir, &err)) die("the folder of packed files", &err);
    if (ond_engine_open(&(ond_engine_opts){.path = model, .pack_dir = ond_buf_z(&dir)}, e, &err))
        die(model, &err);
    ond_buf_free(&dir);
}

/* Words until they are PROMPT tokens. */
static void make_prompt(const ond_engine *e, ond_buf *text)
{
    static const char *const words[] = {"the", "warm", "floor", "of", "a", "house"};
    ond_err err = {0};
    for (int i = 0, n = 0; n < PROMPT; i++) {
        ond_tokens ids = {0};
        ond_buf_puts(text, i ? " " : "");
        ond_buf_puts(text, words[i % 6]);
        if (ond_encode(e, text->p, text->n, OND_ADD_SPECIAL | OND_PARSE_SPECIAL, &ids, &err))
            die("the prompt", &err);
        n = (int)ids.n;
        ond_tokens_free(&ids);
    }
}

/* Milliseconds from just before fork to the first byte of output; the rest is read, too. */
static double first_byte(char *const argv[])
{
    int out[2], status = 0;
    char c[256];
    if (pipe2(out, O_CLOEXEC)) exit(1);
    double begin = now_ms();
    pid_t pid = fork();
    if (pid == 0) {
        dup2(open("/dev/null", O_RDONLY), 0);
        dup2(out[1], 1);
        execv(argv[0], argv);
        _exit(127);
    }
    close(out[1]);
    ssize_t n = read(out[0], c, 1);
    double ms = now_ms() - begin;
    while (read(out[0], c, sizeof c) > 0) {
    }
    close(out[0]);
    waitpid(pid, &status, 0);
    if (n == 1 && WIFEXITED(status) && WEXITSTATUS(status) == 0) return ms;
    fprintf(stderr, "bench_first: `ondol run` failed\n");
    exit(1);
}

static double least(const double *v, int n)
{
    double m = v[0];
    for (int i = 1; i < n; i++)
        if (v[i] < m) m = v[i];
    return m;
}

static double most(const double *v, int n)
{
    double m = v[0];
    for (int i = 1; i < n; i++)
        if (v[i] > m) m = v[i];
    return m;
}

int main(int argc, char **argv)
{
    int at = 1;
    if (argc > 2 && strcmp(argv[1], "--rounds") == 0) rounds = atoi(argv[2]), at = 3;
    if (argc != at + 3 || rounds < 1 || rounds > MOST_ROUNDS) return 2;
    char *ondol = argv[at], *dir = argv[at + 1], *model = argv[at + 2];
    static const char *const vars[] = {"HOME",           "XDG_RUNTIME_DIR",
                                       "XDG_CACHE_HOME", "XDG_CONFIG_HOME",
                                       "XDG_DATA_HOME",  "XDG_STATE_HOME"};
    for (size_t i = 0; i < sizeof vars / sizeof *vars; i++) setenv(vars[i], dir, 1);

    ond_engine *e;
    ond_buf text = {0};
    double opened[MOST_ROUNDS], first[MOST_ROUNDS];
    open_one(model, &e); /* packs */
    make_prompt(e, &text);
    ond_engine_close(e);
    for (int r = 0; r < rounds; r++) {
        double begin = now_ms();
        open_one(model, &e);
        opened[r] = now_ms() - begin;
        ond_engine_close(e);
    }
    char *run[] = {ondol, "run", model, "--raw", "-n", "1", "--temp", "0", (char *)ond_buf_z(&text),
                   NULL};
    first_byte(run);
    for (int r = 0; r < rounds; r++) first[r] = first_byte(run);
    printf("%s: packed file there: opened in %.1f ms (%.1f to %.1f); exec to the first token after "
           "%d %.1f ms (%.1f to %.1f); %d runs\n",
           file_name(model), median(opened, rounds), least(opened, rounds), most(opened, rounds),
           PROMPT, median(first, rounds), least(first, rounds), most(first, rounds), rounds);
    ond_buf_free(&text);
    return 0;
}
