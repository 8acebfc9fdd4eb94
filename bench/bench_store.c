/* bench_store.c - the store: opening, the transactions of a wish, rows a second, verify, memory.
 *
 * usage: bench_store [DIR [WISHES]]. DIR is where the store lies for the time (default $TMPDIR or
 * /tmp): the disk is a part of what is measured, so one fdatasync of 4 KiB is measured beside. */
#include "store/store.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static ond_err err;
static char dir[300];

static void check(int rc)
{
    if (rc == 0) return;
    fprintf(stderr, "bench_store: %s\n", err.text);
    exit(1);
}

static int by_size(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

typedef struct sample {
    uint32_t *us;
    size_t n;
} sample;

static void say(const char *what, sample *s, const char *aim)
{
    qsort(s->us, s->n, sizeof *s->us, by_size);
    printf("  %-22s median %6u us  p99 %6u us  max %6u us   %s\n", what, s->us[s->n / 2],
           s->us[s->n * 99 / 100], s->us[s->n - 1], aim);
}

static ond_store *open_store(bool read_only)
{
    char data[350], key[350];
    ond_store *s;
    snprintf(data, sizeof data, "%s/data", dir);
    snprintf(key, sizeof key, "%s/device.key", dir);
    check(ond_store_open(&(ond_store_opts){data, key, read_only}, &s, NULL, &err));
    return s;
}

static uint32_t since(uint64_t start)
{
    return (uint32_t)(ond_steady_us() - start);
}

static void bench_disk(sample *s)
{
    char path[350], block[4096] = {1};
    snprintf(path, sizeof path, "%s/sync", dir);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    for (s->n = 0; s->n < 200; s->n++) {
        uint64_t start = ond_steady_us();
        if (pwrite(fd, block, sizeof block, (off_t)(s->n % 16) * 4096) < 0 || fdatasync(fd) != 0)
            break;
        s->us[s->n] = since(start);
    }
    close(fd);
    say("4 KiB and fdatasync", s, "");
}

/* Wish and intent, then outcome and state: as the gate does it. */
static void bench_wishes(ond_store *s, size_t wishes, const cJSON *body, sample *intents,
                         sample *outcomes)
{
    for (size_t i = 0; i < wishes; i++) {
        int64_t task, intent;
        uint64_t start = ond_steady_us();
        check(ond_store_begin(s, &err));
        check(ond_store_append(s, "wish", ond_now(), 0, 0, body, &task, &err));
        check(ond_store_append(s, "intent", ond_now(), task, task, body, &intent, &err));
        check(ond_store_commit(s, &err));
        intents->us[intents->n++] = since(start);
        start = ond_steady_us();
        check(ond_store_begin(s, &err));
        check(ond_store_append(s, "outcome", ond_now(), intent, task, body, NULL, &err));
        check(ond_store_put(s, "house", "light.living_room", body, &err));
        check(ond_store_commit(s, &err));
        outcomes->us[outcomes->n++] = since(start);
        if ((i + 1) % (wishes / 5 ? wishes / 5 : 1) == 0)
            printf("  %9zu wishes, %lld rows, resident %.2f MB\n", i + 1,
                   (long long)ond_store_count(s), (double)ond_rss() / 1e6);
    }
}

static void bench_bulk(ond_store *s, const cJSON *body)
{
    enum { ROWS = 100000 };
    uint64_t start = ond_steady_us();
    check(ond_store_begin(s, &err));
    for (int i = 0; i < ROWS; i++)
        check(ond_store_append(s, "note", ond_now(), 0, 1, body, NULL, &err));
    check(ond_store_commit(s, &err));
    printf("  %-22s %.0f rows/s\n", "one large transaction", ROWS / ((double)since(start) / 1e6));
}

static void bench_open(sample *s, bool read_only)
{
    for (s->n = 0; s->n < 50; s->n++) {
        uint64_t start = ond_steady_us();
        ond_store *again = open_store(read_only);
        s->us[s->n] = since(start);
        ond_store_close(again);
    }
    say(read_only ? "open, reading only" : "open", s, "(aim: 3000)");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int main(int argc, char **argv)
{
    const char *base = argc > 1 ? argv[1] : getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp";
    size_t wishes = argc > 2 ? strtoul(argv[2], NULL, 10) : 2000;
    size_t room = wishes > 200 ? wishes : 200;
    sample a = {malloc(room * 4), 0}, b = {malloc(room * 4), 0};
    cJSON *body = cJSON_Parse(
        "{\"hand\":\"home\",\"verb\":\"turn_on\",\"args\":{\"entity\":\"light.living_room\","
        "\"brightness\":50},\"undo\":{\"verb\":\"turn_off\"},\"digest\":\"0123456789abcdef\"}");
    snprintf(dir, sizeof dir, "%s/ondol-bench-XXXXXX", base);
    if (!a.us || !b.us || !body || !mkdtemp(dir)) return 1;
    memset(a.us, 1,
           room * 4); /* resident from the start, so that the growth shown is the store's */
    memset(b.us, 1, room * 4);
    printf("store: in %s\n", base);
    bench_disk(&a);
    a.n = 0;
    ond_store *s = open_store(false);
    bench_wishes(s, wishes, body, &a, &b);
    say("wish and intent", &a, "(aim: 1000)");
    say("outcome and state", &b, "(aim: 1000)");
    ond_verify v;
    uint64_t start = ond_steady_us();
    check(ond_store_verify(s, &v, &err));
    printf("  %-22s %.0f rows/s\n", "verify", (double)v.rows / ((double)since(start) / 1e6));
    bench_bulk(s, body);
    ond_store_close(s);
    bench_open(&a, false);
    bench_open(&a, true);
    nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    cJSON_Delete(body);
    free(a.us);
    free(b.us);
    return 0;
}
