/* test_mind.c - lessons: taught, replaced, found, forgotten, kept over a restart, with their rows
 * in the journal; bounds and hostile rows. */
#include "../sys/tmp.h"
#include "mind/mind.h"
#include "sys/clock.h"

static ond_err err;
static ond_store *store;
static ond_mind *mind;

static void open_all(void)
{
    const ond_store_opts opts = {.dir = tmp, .key_path = tmp_path("device.key")};
    if (ond_store_open(&opts, &store, NULL, &err) != 0) fail_msg("store: %s", err.text);
    if (ond_mind_open(store, &mind, &err) != 0) fail_msg("mind: %s", err.text);
}

static void close_all(void)
{
    ond_mind_close(mind);
    ond_store_close(store);
}

static void start_again(void)
{
    close_all();
    open_all();
}

static int setup(void **state)
{
    if (tmp_setup(state) != 0) return -1;
    open_all();
    return 0;
}

static int teardown(void **state)
{
    close_all();
    return tmp_teardown(state);
}

#define MIND_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* ---- short ways ---- */

static int try_teach(const char *kind, const char *said, const char *area, const char *lang,
                     const char *means, char id[OND_LESSON_ID])
{
    cJSON *m = means ? cJSON_Parse(means) : NULL;
    cJSON *shown = cJSON_Parse("{\"ko\":\"뜻\",\"en\":\"a meaning\"}");
    ond_lesson l = {.kind = kind,
                    .said = said,
                    .area = area,
                    .lang = lang,
                    .means = m,
                    .shown = shown,
                    .at = 1700000000000};
    err = (ond_err){0};
    int rc = ond_mind_learn(mind, &l, id, &err);
    cJSON_Delete(m);
    cJSON_Delete(shown);
    return rc;
}

/* Teaches; the id, borrowed until the fourth next. */
static const char *teach(const char *kind, const char *said, const char *area, const char *entity)
{
    static char ids[4][OND_LESSON_ID];
    static int next;
    char *id = ids[next++ % 4], means[300];
    snprintf(means, sizeof means, "{\"entities\":[\"%s\"]}", entity);
    if (try_teach(kind, said, area, "ko", means, id) != 0) fail_msg("%s: %s", said, err.text);
    return id;
}

static const char *meant(const char *kind, const char *said, const char *area, const char *lang)
{
    const ond_lesson *l = ond_mind_find(mind, kind, said, area, lang);
    const cJSON *first = l ? ond_json_get(l->means, "entities") : NULL;
    return first ? first->child->valuestring : "(none)";
}

static void means(const char *kind, const char *said, const char *area, const char *want)
{
    assert_string_equal(meant(kind, said, area, "ko"), want);
}

static size_t forget(const char *what)
{
    size_t n = 0;
    if (ond_mind_forget(mind, what, 1700000001000, &n, &err) != 0) fail_msg("%s", err.text);
    return n;
}

static const char *kinds(void)
{
    static char text[400];
    text[0] = '\0';
    for (int64_t id = 1; id <= ond_store_count(store); id++) {
        ond_event e;
        assert_int_equal(ond_store_event(store, id, &e, &err), 0);
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s", n ? " " : "", e.kind);
        ond_event_free(&e);
    }
    return text;
}

/* ---- teaching ---- */

TEST(taught_and_found)
{
    assert_string_equal(teach("alias", "무드 조명", "", "light.bedroom_night"), "m1");
    assert_string_equal(teach("preference", "스탠드", "living_room", "light.living_room_lamp"),
                        "m2");
    means("alias", "무드 조명", "", "light.bedroom_night");
    means("alias", "무드조명", "", "light.bedroom_night");
    means("alias", "  무드  조명 ", "kitchen", "light.bedroom_night");
    means("alias", "무드", "", "(none)");
    means("preference", "무드 조명", "", "(none)");
    means("preference", "스탠드", "living_room", "light.living_room_lamp");
    means("preference", "스탠드", "bedroom", "(none)");
    means("preference", "스탠드", "", "(none)");
    assert_int_equal(ond_mind_count(mind), 2);
    start_again();
    means("alias", "무드 조명", "", "light.bedroom_night");
    means("preference", "스탠드", "living_room", "light.living_room_lamp");
    assert_string_equal(kinds(), "learn learn");
}

TEST(area_and_language)
{
    teach("preference", "lamp", "", "light.any");
    teach("preference", "lamp", "study", "light.study");
    means("preference", "Lamp", "study", "light.study");
    means("preference", "LAMP", "kitchen", "light.any");
    char id[OND_LESSON_ID];
    assert_int_equal(try_teach("alias", "spot", NULL, "en", "{\"entities\":[\"light.en\"]}", id),
                     0);
    assert_int_equal(try_teach("alias", "spot", NULL, "ko", "{\"entities\":[\"light.ko\"]}", id),
                     0);
    assert_int_equal(try_teach("setting", "calendar", NULL, NULL, "{\"value\":\"family\"}", id), 0);
    assert_string_equal(meant("alias", "spot", "", "en"), "light.en");
    assert_string_equal(meant("alias", "spot", "", "ko"), "light.ko");
    assert_string_equal(meant("alias", "spot", "", NULL), "light.en");
    const ond_lesson *l = ond_mind_find(mind, "setting", "calendar", "", "ko");
    assert_non_null(l);
    assert_string_equal(ond_json_str(l->means, "value", ""), "family");
}

TEST(taught_again_replaces)
{
    uint64_t first = ond_mind_revision(mind);
    teach("alias", "무드 조명", "", "light.a");
    uint64_t second = ond_mind_revision(mind);
    assert_true(second > first);
    assert_string_equal(teach("alias", "무드조명", "", "light.b"), "m1");
    assert_true(ond_mind_revision(mind) > second);
    assert_int_equal(ond_mind_count(mind), 1);
    means("alias", "무드 조명", "", "light.b");
    uint64_t third = ond_mind_revision(mind);
    assert_string_equal(teach("alias", "무드조명", "", "light.b"), "m1");
    assert_int_equal(ond_mind_revision(mind), third); /* known already: nothing is written */
    assert_string_equal(kinds(), "learn learn");
    start_again();
    assert_int_equal(ond_mind_count(mind), 1);
    means("alias", "무드 조명", "", "light.b");
}

TEST(forgotten)
{
    teach("alias", "a", "", "light.a");
    teach("preference", "a", "study", "light.b");
    teach("alias", "b", "", "light.c");
    teach("alias", "m3", "", "light.d"); /* words like an id: the id wins */
    uint64_t before = ond_mind_revision(mind);
    assert_int_equal(forget("m3"), 1);
    assert_true(ond_mind_revision(mind) > before);
    means("alias", "b", "", "(none)");
    means("alias", "m3", "", "light.d");
    assert_int_equal(forget("A"), 2);
    assert_int_equal(ond_mind_count(mind), 1);
    size_t n = 9;
    assert_int_equal(ond_mind_forget(mind, "mm3", 1, &n, &err), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "did you mean 'm3'"));
    assert_int_equal(n, 0);
    assert_int_equal(ond_mind_forget(mind, "something else", 1, &n, &err), OND_E_NOT_FOUND);
    assert_int_equal(ond_mind_forget(mind, "", 1, &n, &err), OND_E_NOT_FOUND);
    assert_int_equal(ond_mind_forget(mind, "\xff", 1, &n, &err), OND_E_INPUT);
    start_again();
    assert_int_equal(ond_mind_count(mind), 1);
    assert_string_equal(teach("alias", "new", "", "light.e"), "m5"); /* no id is given again */
    assert_int_equal(ond_mind_forget_all(mind, 1700000002000, &n, &err), 0);
    assert_int_equal(n, 2);
    assert_int_equal(ond_mind_forget_all(mind, 1700000002000, &n, &err), 0);
    assert_int_equal(n, 0);
    start_again();
    assert_int_equal(ond_mind_count(mind), 0);
    assert_string_equal(teach("alias", "newer", "", "light.f"), "m6");
    assert_string_equal(kinds(), "learn learn learn learn unlearn unlearn learn unlearn learn");
}

/* ---- the journal ---- */

TEST(rows_of_the_journal)
{
    int64_t wish = 0;
    assert_int_equal(ond_store_append(store, "wish", 1, 0, 0, NULL, &wish, &err), 0);
    cJSON *m = cJSON_Parse("{\"entities\":[\"light.a\"]}");
    ond_lesson l = {.kind = "alias", .said = "말", .means = m, .at = 5, .from = wish};
    char id[OND_LESSON_ID];
    assert_int_equal(ond_mind_learn(mind, &l, id, &err), 0);
    cJSON_Delete(m);
    const ond_lesson *kept = ond_mind_find(mind, "alias", "말", "", "");
    ond_event e;
    assert_int_equal(ond_store_event(store, kept->event, &e, &err), 0);
    assert_string_equal(e.kind, "learn");
    assert_int_equal(e.ref, wish);
    assert_int_equal(e.task, wish);
    assert_string_equal(ond_json_str(e.body, "said", ""), "말");
    assert_string_equal(ond_json_str(e.body, "id", ""), id);
    int64_t learned = e.id;
    ond_event_free(&e);
    forget(id);
    assert_int_equal(ond_store_event(store, ond_store_count(store), &e, &err), 0);
    assert_string_equal(e.kind, "unlearn");
    assert_int_equal(e.ref, learned);
    ond_buf b = {0};
    ond_json_print(&b, e.body);
    assert_string_equal(ond_buf_z(&b), "{\"ids\":[\"m1\"]}"); /* what it was is not said again */
    ond_buf_free(&b);
    ond_event_free(&e);
    ond_verify v;
    assert_int_equal(ond_store_verify(store, &v, &err), 0);
}

/* A lesson as others see it. */
TEST(as_json)
{
    teach("preference", "등", "study", "light.study");
    const ond_lesson *l = ond_mind_find(mind, "preference", "등", "study", "");
    cJSON *j = ond_lesson_json(l, "UTC");
    ond_buf b = {0};
    ond_json_print(&b, j);
    assert_string_equal(
        ond_buf_z(&b),
        "{\"id\":\"m1\",\"kind\":\"preference\",\"said\":\"등\",\"area\":\"study\",\"lang\":\"ko\","
        "\"means\":{\"entities\":[\"light.study\"]},\"shown\":{\"ko\":\"뜻\",\"en\":\"a meaning\"},"
        "\"at\":\"2023-11-14T22:13:20+00:00\",\"from\":0,\"event\":1}");
    ond_buf_free(&b);
    cJSON_Delete(j);
}

/* ---- bounds ---- */

TEST(bad_lessons)
{
    char big[300], id[OND_LESSON_ID], *much = malloc(6000);
    memset(big, 'a', sizeof big);
    big[201] = '\0';
    strcpy(much, "{\"entities\":[\"");
    memset(much + 14, 'x', 5000);
    strcpy(much + 5014, "\"]}");
    const char *ok = "{\"entities\":[\"light.a\"]}";
    static const struct {
        const char *kind, *said, *area, *lang;
    } bad[] = {{"habit", "a", "", "ko"},
               {NULL, "a", "", "ko"},
               {"alias", "", "", "ko"},
               {"alias", "  ", "", "ko"},
               {"alias", NULL, "", ""},
               {"alias", "a\nb", "", "ko"},
               {"alias", "\xff", "", ""},
               {"alias", "a", "\xff", ""},
               {"alias", "a", "", "korean and more"},
               {"alias", "\xED\xA0\x80", "", ""}};
    for (size_t i = 0; i < COUNT(bad); i++)
        if (try_teach(bad[i].kind, bad[i].said, bad[i].area, bad[i].lang, ok, id) != OND_E_INPUT)
            fail_msg("row %zu was taken", i);
    assert_int_equal(try_teach("alias", big, "", "", ok, id), OND_E_INPUT);
    assert_non_null(strstr(err.text, "at most 200"));
    assert_int_equal(try_teach("alias", "a", "", "", NULL, id), OND_E_INPUT);
    assert_int_equal(try_teach("alias", "a", "", "", "{}", id), OND_E_INPUT);
    assert_int_equal(try_teach("alias", "a", "", "", "[1]", id), OND_E_INPUT);
    assert_int_equal(try_teach("alias", "a", "", "", much, id), OND_E_INPUT);
    big[200] = '\0';
    assert_int_equal(try_teach("alias", big, "", "", ok, id), 0);
    assert_int_equal(ond_mind_count(mind), 1);
    assert_string_equal(kinds(), "learn");
    free(much);
}

TEST(no_more_than_that)
{
    char said[40];
    for (int i = 0; i < OND_LESSONS; i++) {
        snprintf(said, sizeof said, "word %d", i);
        teach("alias", said, "", "light.a");
    }
    char id[OND_LESSON_ID];
    const char *m = "{\"entities\":[\"light.b\"]}";
    assert_int_equal(try_teach("alias", "one more", "", "ko", m, id), OND_E_INPUT);
    assert_non_null(strstr(err.text, "ondol memory forget"));
    assert_int_equal(try_teach("alias", "word 7", "", "ko", m, id),
                     0); /* replacing needs no room */
    means("alias", "word 7", "", "light.b");
    assert_int_equal(forget("m2"), 1);
    assert_int_equal(try_teach("alias", "one more", "", "ko", m, id), 0);
    assert_string_equal(id, "m2001");
    start_again();
    assert_int_equal(ond_mind_count(mind), OND_LESSONS);
}

static bool in_order(void *self, const ond_lesson *l)
{
    long *last = self, n = atol(l->id + 1);
    assert_true(n > *last);
    *last = n;
    return n < 12;
}

TEST(each_in_the_order_of_ids)
{
    char said[40];
    for (int i = 0; i < 15; i++) {
        snprintf(said, sizeof said, "w%d", i);
        teach("alias", said, "", "light.a");
    }
    start_again(); /* the store sorts m10 before m2 */
    long last = 0;
    ond_mind_each(mind, in_order, &last);
    assert_int_equal(last, 12);
}

/* Rows that another program wrote. */
TEST(rows_that_are_no_lessons)
{
    static const char *const rows[][2] = {
        {"m1", "3"},
        {"m2", "{}"},
        {"x", "{\"id\":\"m3\",\"kind\":\"alias\",\"said\":\"a\",\"means\":{\"a\":1}}"},
        {"m4", "{\"id\":\"m9\",\"kind\":\"alias\",\"said\":\"a\",\"means\":{\"a\":1}}"},
        {"m5", "{\"id\":\"m5\",\"kind\":\"alias\",\"said\":\"fine\",\"means\":{\"entities\":["
               "\"light.z\"]}}"},
        {"m6", "{\"id\":\"m6\",\"kind\":\"alias\",\"said\":[],\"means\":{\"a\":1}}"},
        {"m01", "{\"id\":\"m01\",\"kind\":\"alias\",\"said\":\"a\",\"means\":{\"a\":1}}"},
        {"next", "\"x\""}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        cJSON *v = cJSON_Parse(rows[i][1]);
        assert_non_null(v);
        assert_int_equal(ond_store_put(store, "mind", rows[i][0], v, &err), 0);
        cJSON_Delete(v);
    }
    start_again();
    assert_int_equal(ond_mind_count(mind), 1);
    means("alias", "fine", "", "light.z");
    assert_string_equal(teach("alias", "new", "", "light.a"), "m6");
    cJSON *kept = NULL;
    assert_int_equal(ond_store_get(store, "mind", "m2", &kept, &err), 0); /* not thrown away */
    cJSON_Delete(kept);
}

/* A random walk beside a plain table: the same lessons, also after each restart. */
TEST(beside_a_table)
{
    enum { WORDS = 12, AREAS = 3 };
    char model[WORDS][AREAS][20] = {0};
    static const char *const areas[AREAS] = {"", "study", "kitchen"};
    unsigned rng = 5;
    for (int i = 0; i < 1500; i++) {
        rng = rng * 1664525u + 1013904223u;
        unsigned w = (rng >> 8) % WORDS, a = (rng >> 16) % AREAS, what = (rng >> 24) % 8;
        char said[20], entity[20];
        snprintf(said, sizeof said, "낱말 %u", w);
        snprintf(entity, sizeof entity, "light.n%u", (rng >> 4) % 5);
        if (what < 5) {
            teach("preference", said, areas[a], entity);
            strcpy(model[w][a], entity);
        } else if (what == 5) {
            size_t n = 0, want = 0;
            for (int k = 0; k < AREAS; k++) want += model[w][k][0] != 0, model[w][k][0] = 0;
            int rc = ond_mind_forget(mind, said, 1, &n, &err);
            assert_int_equal(rc, want ? 0 : OND_E_NOT_FOUND);
            assert_int_equal(n, want);
        } else if (i % 100 == 0) {
            start_again();
        }
        const char *want = model[w][a][0] ? model[w][a] : model[w][0][0] ? model[w][0] : "(none)";
        means("preference", said, areas[a], want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        MIND_TEST(taught_and_found),
        MIND_TEST(area_and_language),
        MIND_TEST(taught_again_replaces),
        MIND_TEST(forgotten),
        MIND_TEST(rows_of_the_journal),
        MIND_TEST(as_json),
        MIND_TEST(bad_lessons),
        MIND_TEST(no_more_than_that),
        MIND_TEST(each_in_the_order_of_ids),
        MIND_TEST(rows_that_are_no_lessons),
        MIND_TEST(beside_a_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
