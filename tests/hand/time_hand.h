/* time_hand.h - what the tests of the hand `time` share: a store, a clock that they set, and short
 * ways to act and look. */
#ifndef OND_TESTS_HAND_TIME_HAND_H
#define OND_TESTS_HAND_TIME_HAND_H

#include "../sys/tmp.h"
#include "hand/hand.h"
#include "sys/clock.h"

extern const ond_hand_def ond_hand_time;

static ond_err err;
static ond_store *store;
static void *hand;
static ond_boot boot;    /* what the machine says, moved by pass() */
static char notes[8192]; /* what the owner was told, one line each */
static const char *told_lang = "en";

static inline void on_note(void *self, const char *text)
{
    (void)self;
    size_t n = strlen(notes);
    snprintf(notes + n, sizeof notes - n, "%s\n", text);
}

static inline void must(int rc)
{
    if (rc != 0) fail_msg("%s: %s", ond_code_name(rc), err.text);
}

static inline void open_hand(bool stays)
{
    const ond_hand_env env = {.store = store, .lang = told_lang, .note = on_note, .stays = stays};
    must(ond_hand_time.open(&env, &hand, &err));
}

static inline void close_hand(void)
{
    ond_hand_time.close(hand);
    hand = NULL;
}

/* As a new process finds it. */
static inline void restart(void)
{
    close_hand();
    open_hand(true);
}

static inline void at_time(const char *local)
{
    ond_ms t;
    must(ond_iso_parse(ond_str_of(local), ond_zone(), &t, &err));
    ond_clock_set(t);
}

/* Time goes by, awake or asleep: both clocks run. */
static inline void pass(double seconds)
{
    ond_clock_set(ond_now() + (ond_ms)(seconds * 1000));
    boot.at += (ond_ms)(seconds * 1000);
    ond_boot_set(&boot);
}

/* Somebody sets the wall clock. */
static inline void set_wall(double by_seconds)
{
    ond_clock_set(ond_now() + (ond_ms)(by_seconds * 1000));
}

/* The machine was off for so long. */
static inline void reboot(double off_seconds)
{
    close_hand();
    ond_clock_set(ond_now() + (ond_ms)(off_seconds * 1000));
    boot.id[0]++;
    boot.at = 7000;
    ond_boot_set(&boot);
    open_hand(true);
}

static inline int time_setup(void **state)
{
    if (tmp_setup(state) != 0) return -1;
    const ond_store_opts opts = {.dir = tmp, .key_path = tmp_path("device.key")};
    unsetenv("DBUS_SESSION_BUS_ADDRESS");
    setenv("XDG_RUNTIME_DIR", tmp, 1);
    notes[0] = '\0';
    told_lang = "en";
    boot = (ond_boot){"a-boot", 1000000};
    ond_boot_set(&boot);
    ond_zone_set("Europe/Berlin");
    at_time("2026-08-03T12:00"); /* a Monday */
    must(ond_store_open(&opts, &store, NULL, &err));
    open_hand(true);
    return 0;
}

static inline int time_teardown(void **state)
{
    if (hand) close_hand();
    ond_store_close(store);
    store = NULL;
    ond_clock_set(0);
    ond_boot_set(NULL);
    ond_zone_set("");
    return tmp_teardown(state);
}

#define TIME_TEST(name) cmocka_unit_test_setup_teardown(name, time_setup, time_teardown)

static inline int try_plan(const char *verb, const char *args, ond_hand_step *step)
{
    cJSON *a = cJSON_Parse(args);
    if (!a) fail_msg("no JSON: %s", args);
    err = (ond_err){0};
    int rc = ond_hand_time.plan(hand, verb, a, step, &err);
    cJSON_Delete(a);
    return rc;
}

static inline ond_hand_step plan(const char *verb, const char *args)
{
    ond_hand_step step;
    if (try_plan(verb, args, &step) != 0) fail_msg("%s %s: %s", verb, args, err.text);
    return step;
}

/* Inside a transaction, as gate does it. `after` may be NULL. */
static inline ond_done act_on(const char *verb, const cJSON *args, cJSON **after)
{
    ond_act a = {.verb = verb, .args = args};
    must(ond_store_begin(store, &err));
    ond_hand_time.act(hand, &a, 1, 3000);
    must(ond_store_commit(store, &err));
    err = a.err;
    if (after)
        *after = a.after;
    else
        cJSON_Delete(a.after);
    return a.done;
}

static inline ond_done act(const char *verb, const char *args)
{
    ond_hand_step s = plan(verb, args);
    ond_done d = act_on(verb, s.args, NULL);
    ond_hand_step_free(&s);
    return d;
}

/* It has to work. */
static inline void doing(const char *verb, const char *args)
{
    ond_done d = act(verb, args);
    if (d != OND_DONE_OK) fail_msg("%s %s: %s, %s", verb, args, ond_done_name(d), err.text);
}

static inline void refused(const char *verb, const char *args, int code, const char *part)
{
    ond_hand_step s;
    int rc = try_plan(verb, args, &s);
    if (rc == 0) fail_msg("%s %s was not refused", verb, args);
    if (rc != code || !strstr(err.text, part))
        fail_msg("%s %s: %s: %s; wanted %s: …%s…", verb, args, ond_code_name(rc), err.text,
                 ond_code_name(code), part);
}

static inline cJSON *list_of(const char *verb)
{
    ond_hand_step s = plan(verb, "{}");
    cJSON *list = cJSON_DetachItemFromObjectCaseSensitive(s.before, verb);
    ond_hand_step_free(&s);
    return list;
}

/* A member of the thing `id` in its list, as text; "-" where there is none, "" where it is null.
 * Eight may be in use. */
static inline const char *is(const char *id, const char *name)
{
    static char rooms[8][600];
    static int next;
    char *text = rooms[next++ % 8];
    cJSON *list = list_of(id[0] == 't' ? "timers" : id[0] == 'a' ? "alarms" : "reminders");
    snprintf(text, sizeof rooms[0], "-");
    for (const cJSON *c = list->child; c; c = c->next) {
        if (strcmp(ond_json_str(c, "id", ""), id) != 0) continue;
        const cJSON *v = ond_json_get(c, name);
        ond_buf b = {0};
        if (cJSON_IsString(v))
            ond_buf_puts(&b, v->valuestring);
        else if (v && !cJSON_IsNull(v))
            ond_json_print(&b, v);
        snprintf(text, sizeof rooms[0], "%s", ond_buf_z(&b));
        ond_buf_free(&b);
    }
    cJSON_Delete(list);
    return text;
}

static inline void service(void)
{
    ond_hand_time.service(hand);
}

/* What was told since the last call is exactly this. */
static inline void told(const char *lines)
{
    service();
    if (strcmp(notes, lines) != 0) fail_msg("told:\n%swanted:\n%s", notes, lines);
    notes[0] = '\0';
}

static inline bool count_ring(void *self, const ond_event *e)
{
    (void)e;
    ++*(int *)self;
    return true;
}

static inline int rings_in_journal(void)
{
    int n = 0;
    const ond_event_query q = {.kind = "ring"};
    must(ond_store_each(store, &q, count_ring, &n, &err));
    return n;
}

#endif
