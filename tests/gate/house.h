/* house.h - what gate's tests share: a folder, a store, the built-in house, and short ways to act
 * and to look. */
#ifndef OND_TESTS_GATE_HOUSE_H
#define OND_TESTS_GATE_HOUSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gate/gate.h"
#include "sys/clock.h"
#include "sys/file.h"

#define TEST(name) static void name(void **state __attribute__((unused)))
#define COUNT(a) (sizeof(a) / sizeof(*(a)))

static char tmp[200]; /* this test's folder */
static char policy_path[256];
static ond_store *store;
static ond_gate *gate;
static cJSON *config;
static char notes[4096]; /* what the owner was told, one line each */
static cJSON *report;    /* of the last run */
static ond_err last;     /* its error */

static inline int rm(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static inline void take_note(void *self, const char *text)
{
    (void)self;
    size_t n = strlen(notes);
    snprintf(notes + n, sizeof notes - n, "%s\n", text);
}

/* Fails with the sentence that the program would say. */
static inline void must(int rc)
{
    if (rc) fail_msg("%s: %s", ond_code_name(rc), last.text);
}

static inline void open_store(void)
{
    char key[256];
    snprintf(key, sizeof key, "%s/device.key", tmp);
    ond_store_opts o = {.dir = tmp, .key_path = key};
    must(ond_store_open(&o, &store, NULL, &last));
}

static inline void open_gate(void)
{
    ond_gate_opts o = {.store = store,
                       .config = config,
                       .policy_path = policy_path,
                       .lang = "en",
                       .note = take_note};
    must(ond_gate_open(&o, &gate, &last));
}

static inline void close_all(void)
{
    ond_gate_close(gate);
    ond_store_close(store);
    gate = NULL;
    store = NULL;
}

/* As a new process would find it. */
static inline void start_again(void)
{
    close_all();
    open_store();
    open_gate();
}

static inline int setup(void **state)
{
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(tmp, sizeof tmp, "%s/ondol-gate-XXXXXX",
             base && base[0] == '/' && strlen(base) < 100 ? base : "/tmp");
    if (!mkdtemp(tmp)) return -1;
    snprintf(policy_path, sizeof policy_path, "%s/policy.yaml", tmp);
    notes[0] = '\0';
    ond_zone_set("Asia/Seoul");
    open_store();
    open_gate();
    return 0;
}

static inline int teardown(void **state)
{
    (void)state;
    cJSON_Delete(report);
    cJSON_Delete(config);
    report = config = NULL;
    close_all();
    ond_clock_set(0);
    return nftw(tmp, rm, 16, FTW_DEPTH | FTW_PHYS);
}

#define HOUSE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- plans ---- */

static inline void write_policy(const char *yaml)
{
    must(ond_file_write(policy_path, ond_str_of(yaml), 0600, &last));
}

static inline cJSON *json(const char *text)
{
    cJSON *v = NULL;
    must(ond_json_parse(ond_str_of(text), &v, &last));
    return v;
}

/* Appends {hand home, verb, args}, every argument from `source`. */
static inline void add(ond_plan *plan, const char *verb, const char *args, const char *source)
{
    cJSON *a = json(args), *p = cJSON_CreateObject();
    for (cJSON *c = a->child; c; c = c->next) ond_json_set_str(p, c->string, source);
    must(ond_plan_add(plan, "home", verb, a, p, OND_EFFECT_REVERSIBLE, "a test", &last));
}

static inline int run_plan(ond_plan *plan, const ond_run_opts *opts)
{
    cJSON_Delete(report);
    report = NULL;
    last = (ond_err){0};
    int rc = ond_gate_run(gate, plan, opts, &report, &last);
    ond_plan_free(plan);
    return rc;
}

static inline int run_from(const char *verb, const char *args, const char *source,
                           const ond_run_opts *opts)
{
    ond_plan plan = {0};
    add(&plan, verb, args, source);
    return run_plan(&plan, opts);
}

static inline int run(const char *verb, const char *args)
{
    return run_from(verb, args, "owner", NULL);
}

static inline int undo(int64_t task, const ond_run_opts *opts)
{
    cJSON_Delete(report);
    report = NULL;
    last = (ond_err){0};
    return ond_gate_undo(gate, task, opts, &report, &last);
}

static inline int answer(const char *id, const char *word)
{
    cJSON_Delete(report);
    report = NULL;
    last = (ond_err){0};
    return ond_gate_answer(gate, id, word, NULL, &report, &last);
}

/* ---- looking ---- */

static inline const char *status(void)
{
    return ond_json_str(report, "status", "(none)");
}

static inline const cJSON *step(int i)
{
    return cJSON_GetArrayItem(ond_json_get(report, "steps"), i);
}

static inline int64_t task(void)
{
    return (int64_t)ond_json_num(report, "task", 0);
}

/* An attribute of an entity as the house shows it now, as text; borrowed until the next call. */
static inline const char *shows(const char *entity, const char *attribute)
{
    static char text[64];
    cJSON *world = NULL;
    must(ond_gate_world(gate, &world, &last));
    ond_buf b = {0};
    const cJSON *e;
    cJSON_ArrayForEach(e, ond_json_get(world, "entities"))
    {
        if (strcmp(ond_json_str(e, "id", ""), entity) != 0) continue;
        const cJSON *v = ond_json_get(ond_json_get(e, "state"), attribute);
        if (cJSON_IsString(v))
            ond_buf_puts(&b, v->valuestring);
        else if (v)
            ond_json_print(&b, v);
    }
    snprintf(text, sizeof text, "%s", ond_buf_z(&b));
    ond_buf_free(&b);
    cJSON_Delete(world);
    return text;
}

/* Kinds of the rows after `from`, with blanks between: "wish intent outcome". */
static inline const char *kinds(int64_t from)
{
    static char text[512];
    text[0] = '\0';
    for (int64_t id = from + 1; id <= ond_store_count(store); id++) {
        ond_event e;
        must(ond_store_event(store, id, &e, &last));
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", e.kind);
        ond_event_free(&e);
    }
    return text;
}

#define CEILING "{\"entity\":\"light.living_room_ceiling\"}"
#define LAMP "{\"entity\":\"light.living_room_lamp\"}"
#define DOOR "{\"entity\":\"lock.front_door\"}"

#endif
