/* test_calendar.c - the hand `calendar` through the gate: files with CR line ends, undo, what is too large, reading. */
#include "../sys/tmp.h"
#include "gate/gate.h"
#include "sys/clock.h"
#include "sys/file.h"

#include "hand/shapes.h"

static ond_err err;
static ond_store *store;
static ond_gate *gate;
static cJSON *config;

static void open_all(void)
{
    char dir[400], key[400];
    ond_clock_set(1796086800000);
    ond_zone_set("Asia/Seoul");
    snprintf(dir, sizeof dir, "%s/store", tmp);
    snprintf(key, sizeof key, "%s/device.key", tmp);
    const ond_store_opts opts = {.dir = dir, .key_path = key};
    assert_int_equal(ond_store_open(&opts, &store, NULL, &err), 0);
    config = cJSON_Parse("{\"hands\":{\"home\":{\"house\":\"none\"},\"calendar\":{}}}");
    snprintf(dir, sizeof dir, "%s/calendars", tmp);
    ond_json_set_str(cJSON_GetObjectItem(cJSON_GetObjectItem(config, "hands"), "calendar"), "dir", dir);
    const ond_gate_opts g = {.store = store, .config = config, .lang = "en"};
    assert_int_equal(ond_gate_open(&g, &gate, &err), 0);
}

static void close_all(void)
{
    ond_gate_close(gate);
    ond_store_close(store);
    cJSON_Delete(config);
    ond_clock_set(0);
    ond_zone_set("");
}

static void put(const char *folder, const char *name, const char *text, size_t n)
{
    char path[600];
    snprintf(path, sizeof path, "%s/calendars/%s", tmp, folder);
    assert_int_equal(ond_dir_make(path, 0700, &err), 0);
    snprintf(path, sizeof path, "%s/calendars/%s/%s", tmp, folder, name);
    assert_int_equal(ond_file_write(path, (ond_str){text, n}, 0600, &err), 0);
}

static bool file_is(const char *folder, const char *name, const char *text, size_t n)
{
    char path[600];
    ond_buf b = {0};
    snprintf(path, sizeof path, "%s/calendars/%s/%s", tmp, folder, name);
    bool same = ond_file_read(path, 4 << 20, &b, &err) == 0 && b.n == n && memcmp(ond_buf_z(&b), text, n) == 0;
    ond_buf_free(&b);
    return same;
}

/* One proposal of the owner's. */
static int run(const char *verb, const char *args, cJSON **report)
{
    ond_plan p = {0};
    cJSON *a = cJSON_Parse(args), *from = cJSON_CreateObject();
    for (const cJSON *m = a->child; m; m = m->next) ond_json_set_str(from, m->string, "owner");
    assert_int_equal(ond_plan_add(&p, "calendar", verb, a, from, OND_EFFECT_REVERSIBLE, "test", &err), 0);
    const ond_run_opts o = {.limit_ms = 2000};
    err = (ond_err){0};
    int rc = ond_gate_run(gate, &p, &o, report, &err);
    ond_plan_free(&p);
    return rc;
}

static void undo(void)
{
    cJSON *report = NULL;
    const ond_run_opts o = {.limit_ms = 2000};
    int rc = ond_gate_undo(gate, 0, &o, &report, &err);
    if (rc != 0) fail_msg("undo: %s %s", err.text, cJSON_Print(report));
    cJSON_Delete(report);
}

TEST(undo_puts_every_byte_back)
{
    static const char *const rows[][2] = {
        {"change", "{\"uid\":\"g1@google.com\",\"title\":\"임플란트\"}"},
        {"move", "{\"uid\":\"g1@google.com\",\"start\":\"2026-12-04T09:00\"}"},
        {"remove", "{\"uid\":\"g1@google.com\"}"},
        {"move", "{\"uid\":\"A1-APPLE\",\"start\":\"2026-12-08T08:00\",\"occurrence\":\"2026-12-07\"}"},
        {"change", "{\"uid\":\"A1-APPLE\",\"title\":\"Other\",\"occurrence\":\"2026-12-14\"}"},
        {"remove", "{\"uid\":\"A1-APPLE\",\"occurrence\":\"2026-12-21\"}"},
        {"item_check", "{\"uid\":\"task-1\",\"done\":true}"},
        {"item_change", "{\"uid\":\"task-1\",\"text\":\"두유\"}"},
        {"item_remove", "{\"uid\":\"task-1\"}"},
        {"list_clear", "{\"list\":\"shopping\",\"which\":\"all\"}"},
        {"create", "{\"title\":\"x\",\"start\":\"2026-12-24\",\"rule\":\"FREQ=YEARLY\"}"},
        {"item_add", "{\"list\":\"packing\",\"text\":\"socks\",\"count\":3}"},
    };
    open_all();
    put("personal", "g.ics", google, sizeof google - 1);
    put("work", "a.ics", apple, sizeof apple - 1);
    put("shopping", "t.ics", task, sizeof task - 1);
    for (size_t i = 0; i < COUNT(rows); i++) {
        cJSON *report = NULL;
        if (run(rows[i][0], rows[i][1], &report) != 0) fail_msg("%s %s: %s", rows[i][0], rows[i][1], err.text);
        assert_string_equal(ond_json_str(report, "status", ""), "done");
        cJSON_Delete(report);
        undo();
        if (!file_is("personal", "g.ics", google, sizeof google - 1) || !file_is("work", "a.ics", apple, sizeof apple - 1) ||
            !file_is("shopping", "t.ics", task, sizeof task - 1))
            fail_msg("%s %s: not as it was", rows[i][0], rows[i][1]);
    }
    char path[600];
    snprintf(path, sizeof path, "%s/calendars/packing", tmp);
    assert_false(ond_file_exists(path)); /* the list that was made is gone with its only item */
    close_all();
}

/* Changed by another program since: both are shown, and it asks. */
TEST(moved_on)
{
    cJSON *report = NULL;
    open_all();
    put("personal", "g.ics", google, sizeof google - 1);
    assert_int_equal(run("change", "{\"uid\":\"g1@google.com\",\"title\":\"A\"}", &report), 0);
    cJSON_Delete(report);
    char *other = strdup(google), *at = strstr(other, "SUMMARY:치과");
    memcpy(at, "SUMMARY:B     ", 14);
    put("personal", "g.ics", other, sizeof google - 1);
    const ond_run_opts o = {.limit_ms = 2000};
    assert_int_equal(ond_gate_undo(gate, 0, &o, &report, &err), OND_E_ASK);
    assert_string_equal(ond_json_str(report, "status", ""), "refused");
    cJSON_Delete(report);
    assert_true(file_is("personal", "g.ics", other, sizeof google - 1));
    free(other);
    close_all();
}

/* What does not fit into the journal cannot be brought back, so it is asked. */
TEST(too_large_to_be_kept)
{
    cJSON *report = NULL;
    ond_buf big = {0};
    open_all();
    ond_buf_puts(&big, "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:big\r\nDTSTART:20261201T000000Z\r\nSUMMARY:big\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:");
    for (int i = 0; i < 60000; i++) ond_buf_putc(&big, 'A');
    ond_buf_puts(&big, "\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    put("personal", "big.ics", ond_buf_z(&big), big.n);
    assert_int_equal(run("remove", "{\"uid\":\"big\"}", &report), OND_E_ASK);
    cJSON_Delete(report);
    assert_true(file_is("personal", "big.ics", ond_buf_z(&big), big.n));
    ond_buf_free(&big);
    close_all();
}

TEST(reading_is_allowed)
{
    cJSON *report = NULL;
    open_all();
    put("personal", "g.ics", google, sizeof google - 1);
    assert_int_equal(run("events", "{\"from\":\"2026-12-01\",\"to\":\"2026-12-08\"}", &report), 0);
    const cJSON *step = cJSON_GetArrayItem(ond_json_get(report, "steps"), 0);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(ond_json_get(step, "before"), "events")), 1);
    cJSON_Delete(report);
    assert_int_equal(run("find", "{\"query\":\"치과\"}", &report), 0);
    cJSON_Delete(report);
    assert_int_equal(run("sync", "{}", &report), OND_E_UNAVAILABLE);
    cJSON_Delete(report);
    close_all();
}

static int notes;
static void on_note(void *self, const char *text)
{
    (void)self;
    if (strstr(text, "broken.ics")) notes++;
}

/* A file that cannot be read is told once, also by the next process. */
TEST(told_once)
{
    cJSON *report = NULL;
    for (int i = 0; i < 3; i++) {
        open_all();
        put("personal", "keep.ics", google, sizeof google - 1);
        if (i == 0) put("personal", "broken.ics", "nothing", 7);
        ond_gate_close(gate);
        const ond_gate_opts g = {.store = store, .config = config, .lang = "en", .note = on_note};
        assert_int_equal(ond_gate_open(&g, &gate, &err), 0);
        assert_int_equal(run("lists", "{}", &report), 0);
        cJSON_Delete(report);
        close_all();
        assert_int_equal(notes, 1);
    }
    assert_true(file_is("personal", "broken.ics", "nothing", 7));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(undo_puts_every_byte_back), TMP_TEST(moved_on), TMP_TEST(too_large_to_be_kept), TMP_TEST(reading_is_allowed), TMP_TEST(told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
