/* kill_store.c - SIGKILL at random points of a process that appends, and of one that rescues.
 *
 * The child tells each confirmed change through a pipe. After the kill: everything confirmed is
 * there, with its content; no change is there by half; the chain holds; the signed head fits.
 * ROUNDS rounds (50 when unset) on one store that grows. Prints TAP; a failure names its seed,
 * which SEED repeats. */
#include "store/store.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static char dir[200];
static ond_store *store;
static ond_store_news news;
static ond_err err;
static unsigned seed;

static unsigned roll(unsigned below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void die(const char *what)
{
    printf("not ok 1 - %s: %s\n# seed %u, folder %s\n", what, err.text, seed, dir);
    exit(1);
}

static int open_store(void)
{
    char data[256], key[256];
    snprintf(data, sizeof data, "%s/data", dir);
    snprintf(key, sizeof key, "%s/device.key", dir);
    ond_store_opts opts = {.dir = data, .key_path = key};
    return ond_store_open(&opts, &store, &news, &err);
}

/* One change: 1 to 4 rows, each with the row count after the change in its body, and the same as
 * state. */
static int change(int64_t count, unsigned rows)
{
    cJSON *body = cJSON_CreateObject();
    int64_t id = 0, end = count + rows;
    int rc = ond_json_set_num(body, "end", (double)end) &&
                     ond_json_set_str(body, "text", "침실 불 꺼줘 and so on")
                 ? ond_store_begin(store, &err)
                 : ond_nomem(&err, "a change");
    for (unsigned i = 0; rc == 0 && i < rows; i++)
        rc = ond_store_append(store, i ? "intent" : "wish", 1000 + count, 0, 0, body, &id, &err);
    if (rc == 0) rc = ond_store_put(store, "kill", "end", body, &err);
    if (rc == 0) rc = ond_store_commit(store, &err);
    cJSON_Delete(body);
    return rc;
}

static void append_until_killed(int pipe_end)
{
    if (open_store() != 0) _exit(1);
    for (unsigned n = 0;; n++) {
        int64_t erased, now = ond_store_count(store);
        if (n % 29 == 28 && ond_store_forget(store, now - now % 4, 0, &erased, &err) != 0) _exit(2);
        if (change(ond_store_count(store), 1 + n % 4) != 0) _exit(3);
        now = ond_store_count(store);
        if (write(pipe_end, &now, sizeof now) != sizeof now) _exit(4);
    }
}

static int64_t state_end(void)
{
    cJSON *value = NULL;
    int rc = ond_store_get(store, "kill", "end", &value, &err);
    int64_t end = rc == 0 ? (int64_t)ond_json_num(value, "end", -1) : 0;
    cJSON_Delete(value);
    return end;
}

/* The last change is whole: its rows, the state, and where it ends belong together. A forget row
 * may stand last. */
static void check_last(int64_t count)
{
    ond_event e = {0};
    int64_t last = count;
    for (; last > 0; last--, ond_event_free(&e)) {
        if (ond_store_event(store, last, &e, &err) != 0) die("a row cannot be read");
        if (strcmp(e.kind, "forget") != 0) break;
    }
    if (last > 0 && e.body && (int64_t)ond_json_num(e.body, "end", -1) != last)
        die("a change is there by half");
    ond_event_free(&e);
    if (state_end() != last) die("the state does not belong to the rows");
}

static void check(int64_t confirmed)
{
    ond_verify v;
    if (open_store() != 0) die("it does not open");
    if (news.tampered[0] || news.set_aside[0]) {
        snprintf(err.text, sizeof err.text, "%.200s%.200s", news.tampered, news.set_aside);
        die("a kill is taken for tampering or damage");
    }
    if (ond_store_verify(store, &v, &err) != 0) die("it does not verify");
    if (ond_store_count(store) < confirmed) die("a confirmed row is lost");
    check_last(ond_store_count(store));
    ond_store_close(store);
}

/* Starts `work`, kills it after up to `us` microseconds; gives the last number that it told. */
static int64_t kill_soon(void (*work)(int), unsigned us)
{
    int ends[2];
    int64_t told, last = 0;
    if (pipe(ends) != 0) die("pipe");
    pid_t pid = fork();
    if (pid == 0) {
        close(ends[0]);
        work(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    usleep(roll(us));
    kill(pid, SIGKILL);
    int status;
    waitpid(pid, &status, 0);
    while (read(ends[0], &told, sizeof told) == sizeof told) last = told;
    close(ends[0]);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) die("the child failed before it was killed");
    return last;
}

/* ---- a rescue that is killed ---- */

static void only_open(int pipe_end)
{
    (void)pipe_end;
    if (open_store() == 0) ond_store_close(store);
    _exit(0);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

/* 300 rows, and a file that lacks its last page. */
static void damaged_store(void)
{
    char path[256];
    struct stat st;
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    if (mkdir(dir, 0700) != 0 || open_store() != 0 || change(0, 300) != 0) die("starting point");
    ond_store_close(store);
    snprintf(path, sizeof path, "%s/data/store.db", dir);
    if (stat(path, &st) != 0 || truncate(path, st.st_size - 4096) != 0) die("starting point");
}

/* How many rows a rescue that nobody disturbs leaves. */
static int64_t rescue_whole(void)
{
    damaged_store();
    if (open_store() != 0 || !news.set_aside[0] || news.rescued < 100) die("a rescue");
    int64_t rows = ond_store_count(store);
    ond_store_close(store);
    return rows;
}

/* Whoever finishes the rescue, the child or we, nothing that could be read is lost. */
static void kill_a_rescue(int64_t whole)
{
    ond_verify v;
    damaged_store();
    kill_soon(only_open, 12000);
    if (open_store() != 0) die("a rescue that was killed: it does not open");
    if (ond_store_verify(store, &v, &err) != 0) die("a rescue that was killed: it does not verify");
    if (ond_store_count(store) != whole) {
        snprintf(err.text, sizeof err.text, "%lld rows instead of %lld",
                 (long long)ond_store_count(store), (long long)whole);
        die("a rescue that was killed: rows are lost");
    }
    ond_store_close(store);
}

int main(void)
{
    const char *rounds = getenv("ROUNDS"), *start = getenv("SEED"), *base = getenv("TMPDIR");
    int n = rounds && atoi(rounds) > 0 ? atoi(rounds) : 50;
    int64_t confirmed = 0, in_child = 0;
    seed = start ? (unsigned)strtoul(start, NULL, 10) : (unsigned)ond_steady_us();
    snprintf(dir, sizeof dir, "%s/ondol-kill-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    if (!mkdtemp(dir)) return 1;
    for (int i = 0; i < n; i++) {
        int64_t last = kill_soon(append_until_killed, 60000);
        if (last > confirmed) confirmed = last;
        in_child += last > 0;
        check(confirmed);
    }
    printf(
        "ok 1 - %d kills while appending, %d of them amid changes, %lld rows confirmed and there\n",
        n, (int)in_child, (long long)confirmed);
    int64_t whole = rescue_whole();
    for (int i = 0; i < n; i++) kill_a_rescue(whole);
    printf("ok 2 - %d kills while rescuing\n1..2\n", n);
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return 0;
}
