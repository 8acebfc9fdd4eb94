/* test_caldav.c - the sync with a real server: random edits on both sides, then both are equal, or a conflict is reported that
 * lost nothing. ONDOL_SCRIPTS (30) scripts; SEED repeats one. */
#include "two_sides.h"

static int group_start(void **state)
{
    char dir[400];
    (void)state;
    const char *base = getenv("TMPDIR");
    snprintf(place, sizeof place, "%s/ondol-dav-XXXXXX", base && base[0] == '/' ? base : "/tmp");
    if (!mkdtemp(place)) return -1;
    snprintf(dir, sizeof dir, "%s/server", place);
    return radicale_start(&server, dir, NULL);
}

static int group_end(void **state)
{
    (void)state;
    radicale_stop(&server);
    return nftw(place, tmp_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* A second sync finds nothing to do. */
static void is_quiet(person *p)
{
    cJSON *r = sync_now(p);
    char *text = text_of(r);
    if (ond_json_num(r, "pulled", 1) || ond_json_num(r, "pushed", 1) || ond_json_num(r, "removed_here", 1) || ond_json_num(r, "removed_there", 1) ||
        cJSON_GetArraySize(ond_json_get(r, "failed")))
        fail_msg("not quiet: %s", text);
    free(text);
    cJSON_Delete(r);
}

TEST(both_sides_end_equal)
{
    const char *n = getenv("ONDOL_SCRIPTS"), *s = getenv("SEED");
    int scripts = n ? atoi(n) : 30, conflicts = 0, edits = 0;
    ond_zone_set("Asia/Seoul");
    if (s) seed = strtoul(s, NULL, 10);
    for (int i = 0; i < scripts; i++) {
        char name[40];
        person p;
        unsigned long began = seed;
        snprintf(name, sizeof name, "p%d", i);
        person_open(&p, name);
        cJSON_Delete(sync_now(&p));
        for (unsigned round = 0, rounds = 2 + rnd(4); round < rounds; round++) {
            for (unsigned k = rnd(9); k > 0; k--, edits++) edit(&p);
            cJSON *r = sync_now(&p);
            if (cJSON_GetArraySize(ond_json_get(r, "failed"))) fail_msg("SEED=%lu script %d: %s", began, i, text_of(r));
            conflicts += check_round(&p, r);
            cJSON_Delete(r);
        }
        is_quiet(&p);
        person_close(&p);
    }
    print_message("%d scripts, %d edits, %d conflicts\n", scripts, edits, conflicts);
    assert_true(edits > scripts && (scripts < 20 || conflicts > 0));
}

/* Lists and calendars that were made here are made there; those of the server get folders; names of people. */
TEST(calendars_are_made_on_both_sides)
{
    person p;
    person_open(&p, "maker");
    must(p.hand, "item_add", "{\"list\":\"캠핑 준비\",\"text\":\"텐트\"}");
    must(p.hand, "create", "{\"title\":\"혼자\",\"start\":\"2026-12-24\"}");
    cJSON *r = sync_now(&p);
    assert_int_equal(cJSON_GetArraySize(ond_json_get(r, "failed")), 0);
    cJSON_Delete(r);
    ond_buf all = {0};
    assert_int_equal(radicale_all(&server, "/maker/%EC%BA%A0%ED%95%91%20%EC%A4%80%EB%B9%84/", &all), 1);
    assert_non_null(strstr(ond_buf_z(&all), "SUMMARY:텐트"));
    ond_buf_clear(&all);
    assert_int_equal(radicale_all(&server, "/maker/personal/", &all), 1);
    ond_buf_free(&all);
    is_quiet(&p);
    /* another device of the same person: everything comes, under the same names */
    person q = {0};
    snprintf(q.dir, sizeof q.dir, "%s/maker-two", place);
    q.config = person_config(q.dir);
    q.hand = open_calendar(q.config);
    r = sync_now(&q);
    cJSON_Delete(r);
    cJSON *items = ask(q.hand, "items", "{\"list\":\"캠핑 준비\"}");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(items, "items")), 1);
    cJSON_Delete(items);
    /* a folder that is lost is fetched again; nothing is removed there */
    char path[800];
    snprintf(path, sizeof path, "%s/personal", q.dir);
    nftw(path, tmp_remove, 16, FTW_DEPTH | FTW_PHYS);
    r = sync_now(&q);
    assert_int_equal((int)ond_json_num(r, "removed_there", -1), 0);
    cJSON_Delete(r);
    cJSON *found = ask(q.hand, "find", "{\"query\":\"혼자\"}");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(found, "events")), 1);
    cJSON_Delete(found);
    person_close(&q);
    person_close(&p);
}

TEST(a_wrong_password_and_a_server_that_is_away)
{
    radicale other = {0};
    char dir[400], url[100];
    snprintf(dir, sizeof dir, "%s/locked", place);
    assert_int_equal(radicale_start(&other, dir, "secret"), 0);
    snprintf(dir, sizeof dir, "%s/locked-files", place);
    cJSON *c = dir_config(dir), *dav = cJSON_AddObjectToObject(c, "caldav");
    snprintf(url, sizeof url, "http://127.0.0.1:%d/", other.port);
    ond_json_set_str(dav, "url", url);
    ond_json_set_str(dav, "user", "kim");
    ond_json_set_str(dav, "password", "wrong");
    void *h = open_calendar(c);
    must(h, "create", "{\"title\":\"offline\",\"start\":\"2026-12-24\"}");
    ond_hand_step s = plan(h, "sync", "{}");
    assert_int_equal(act_on(h, "sync", &s, NULL), OND_DONE_FAILED);
    says("password");
    assert_int_equal(n_notes, 1);
    assert_int_equal(act_on(h, "sync", &s, NULL), OND_DONE_FAILED);
    assert_int_equal(n_notes, 1); /* said once */
    ond_hand_calendar.close(h);
    ond_json_set_str(dav, "password", "secret");
    radicale_stop(&other);
    h = open_calendar(c);
    assert_int_equal(act_on(h, "sync", &s, NULL), OND_DONE_FAILED);
    says("cannot be reached");
    cJSON *found = ask(h, "find", "{\"query\":\"offline\"}");
    assert_int_equal(cJSON_GetArraySize(ond_json_get(found, "events")), 1);
    cJSON_Delete(found);
    snprintf(dir, sizeof dir, "%s/locked", place);
    assert_int_equal(radicale_start(&other, dir, "secret"), 0);
    assert_int_equal(act_on(h, "sync", &s, NULL), OND_DONE_OK);
    assert_int_equal(n_notes, 2); /* and once that it is back */
    radicale_stop(&other);
    ond_hand_step_free(&s);
    ond_hand_calendar.close(h);
    cJSON_Delete(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(both_sides_end_equal),
        TMP_TEST(calendars_are_made_on_both_sides),
        TMP_TEST(a_wrong_password_and_a_server_that_is_away),
    };
    return cmocka_run_group_tests(tests, group_start, group_end);
}
