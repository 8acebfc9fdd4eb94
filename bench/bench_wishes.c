/* bench_wishes.c - how long a wish takes to be understood: tests/agent/wishes.tsv, both languages, all packs, the built-in house,
 * warm, one core, from the sentence to its plan (ond_agent_parse: matching, devices, what other hands find, the gate's
 * judgement of each step's effect).
 *
 * usage: bench_wishes [TABLE [ROUNDS]]. Of the rounds of a sentence the fastest counts. Prints median, p90, p99 and the
 * slowest, for all sentences and for those that are understood. */
#include "agent/agent.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { MOST = 4000 };
typedef struct taken { double us; bool known; const char *text; } taken;
static taken times[MOST];
static size_t n_times;

static void fail(const char *what)
{
    fprintf(stderr, "bench_wishes: %s\n", what);
    exit(1);
}

static void measure(ond_agent *a, const char *lang, const char *text, int rounds)
{
    taken t = {.us = 1e12, .text = text};
    for (int i = 0; i < rounds; i++) {
        cJSON *parsed = NULL;
        ond_err err;
        uint64_t began = ond_steady_us();
        int rc = ond_agent_parse(a, text, lang, NULL, &parsed, &err);
        double us = (double)(ond_steady_us() - began);
        cJSON_Delete(parsed);
        t.known = rc != OND_E_UNKNOWN;
        if (us < t.us) t.us = us;
    }
    if (n_times < MOST) times[n_times++] = t;
}

static int by_time(const void *a, const void *b)
{
    const taken *x = a, *y = b;
    return (x->us > y->us) - (x->us < y->us);
}

static void tell(const char *which, bool only_known)
{
    static taken v[MOST];
    size_t n = 0;
    for (size_t i = 0; i < n_times; i++)
        if (!only_known || times[i].known) v[n++] = times[i];
    if (n == 0) return;
    qsort(v, n, sizeof *v, by_time);
    printf("%-12s %5zu sentences: median %.0f us, p90 %.0f us, p99 %.0f us, slowest %.0f us (%s)\n", which, n, v[n / 2].us,
           v[n * 90 / 100].us, v[n * 99 / 100].us, v[n - 1].us, v[n - 1].text);
}

static void read_table(ond_agent *a, char *text, int rounds)
{
    for (char *line = text, *next; line && *line; line = next) {
        char *before, *said, *end;
        next = strchr(line, '\n');
        if (next) *next++ = '\0';
        if (!line[0] || line[0] == '#' || !(before = strchr(line, '\t')) || !(said = strchr(before + 1, '\t'))) continue;
        *before = *said++ = '\0';
        if ((end = strchr(said, '\t'))) *end = '\0';
        measure(a, line, said, rounds);
    }
}

int main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "tests/agent/wishes.tsv";
    int rounds = argc > 2 ? atoi(argv[2]) : 5;
    char dir[] = "/tmp/ondol-bench-XXXXXX", key[64], command[64];
    ond_store *store;
    ond_gate *gate;
    ond_agent *agent;
    ond_buf text = {0};
    ond_err err = {0};
    if (!mkdtemp(dir)) fail("no temporary folder");
    setenv("XDG_DATA_HOME", dir, 1);
    snprintf(key, sizeof key, "%s/key", dir);
    if (ond_store_open(&(ond_store_opts){.dir = dir, .key_path = key}, &store, NULL, &err) != 0 ||
        ond_gate_open(&(ond_gate_opts){.store = store, .lang = "ko"}, &gate, &err) != 0 ||
        ond_agent_open(&(ond_agent_opts){.gate = gate, .lang = "ko"}, &agent, &err) != 0 ||
        ond_file_read(path, 8 << 20, &text, &err) != 0)
        fail(err.text);
    read_table(agent, text.p, rounds);
    tell("all", false);
    tell("understood", true);
    ond_agent_close(agent);
    ond_gate_close(gate);
    ond_store_close(store);
    snprintf(command, sizeof command, "rm -rf '%s'", dir);
    return system(command) == 0 ? 0 : 1;
}
