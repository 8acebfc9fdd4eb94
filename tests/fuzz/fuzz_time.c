/* fuzz_time.c - any bytes as recurrence rule and local time, and any JSON as the arguments of a
 * verb of the hand `time`.
 *
 * Up to the first NUL: a rule; a rule that is taken is expanded, within bounds, to instants in
 * order. After it: a verb's number and a JSON object, planned by the gate as a dry run on a store
 * of its own, which it leaves as it was. */
#include "gate/gate.h"
#include "hand/time/internal.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static char dir[300];
static ond_store *store;
static ond_gate *gate;

static void must(bool so)
{
    if (!so) abort();
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st, (void)type, (void)where;
    return remove(path);
}

static void clean(void)
{
    ond_gate_close(gate);
    ond_store_close(store);
    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void run_verb(const char *verb, cJSON *args, bool dry)
{
    ond_plan plan = {0};
    ond_err err = {0};
    cJSON *report = NULL, *from = cJSON_CreateObject();
    for (const cJSON *a = args->child; a; a = a->next)
        if (a->string) (void)ond_json_set_str(from, a->string, "owner");
    if (ond_plan_add(&plan, "time", verb, args, from, OND_EFFECT_REVERSIBLE, "fuzz", &err) == 0)
        must(ond_gate_run(gate, &plan, &(ond_run_opts){.dry_run = dry, .yes = true}, &report,
                          &err) == 0 ||
             err.text[0]);
    ond_plan_free(&plan);
    cJSON_Delete(report);
}

static void open_all(void)
{
    char key[340];
    ond_err err;
    const char *base = getenv("TMPDIR");
    snprintf(dir, sizeof dir, "%.200s/ondol-fuzz-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    must(mkdtemp(dir) != NULL);
    snprintf(key, sizeof key, "%s/device.key", dir);
    ond_clock_set(1785000000000);
    ond_zone_set("Europe/Berlin");
    must(ond_store_open(&(ond_store_opts){.dir = dir, .key_path = key}, &store, NULL, &err) == 0);
    must(ond_gate_open(&(ond_gate_opts){.store = store, .lang = "en"}, &gate, &err) == 0);
    run_verb("timer_start", cJSON_Parse("{\"seconds\":600}"), false);
    run_verb("alarm_set", cJSON_Parse("{\"at\":\"2031-01-01T07:00\",\"rule\":\"FREQ=DAILY\"}"),
             false);
    run_verb("reminder_set", cJSON_Parse("{\"at\":\"2031-01-01T07:00\",\"text\":\"x\"}"), false);
    atexit(clean);
}

static void try_rule(const char *rule)
{
    ond_err err = {0};
    ond__time_due due;
    ond_civil at;
    must(ond__time_local_parse("2026-07-01T02:30", &at));
    int rc = ond__time_rule_check(rule, &err);
    must(rc == 0 || (rc == OND_E_INPUT && err.text[0]));
    if (rc != 0) return;
    rc = ond__time_rule_due(rule, &at, 1784000000000, 1785000000000, &due, &err);
    must(rc == 0 || rc == OND_E_INPUT);
    if (rc == 0) must(due.next > 1785000000000 && due.due <= 1785000000000 && due.missed >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    const uint8_t *cut = n ? memchr(bytes, 0, n) : NULL;
    char rule[300];
    size_t text = cut ? (size_t)(cut - bytes) : n;
    if (!store) open_all();
    snprintf(rule, sizeof rule, "%.*s", (int)(text < 299 ? text : 299),
             n ? (const char *)bytes : "");
    ond_civil c;
    (void)ond__time_local_parse(rule, &c);
    try_rule(rule);
    if (!cut || n - text < 3) return 0;
    size_t verbs = 0;
    while (ond__time_verbs[verbs].name) verbs++;
    cJSON *args = NULL;
    int64_t rows = ond_store_count(store);
    if (ond_json_parse((ond_str){(const char *)cut + 2, n - text - 2}, &args, NULL) != 0) return 0;
    if (cJSON_IsObject(args))
        run_verb(ond__time_verbs[cut[1] % verbs].name, args, true);
    else
        cJSON_Delete(args);
    must(ond_store_count(store) == rows);
    return 0;
}
