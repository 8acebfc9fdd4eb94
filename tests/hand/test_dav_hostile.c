/* test_dav_hostile.c - a CalDAV server that is slow, sends elsewhere, or answers nonsense: the calendar goes on here, says what is
 * wrong, and loses nothing. */
#include "calendar.h"
#include "dav_double.h"
#include "shapes.h"

static dav_double d;
static cJSON *config;
static void *hand;
static ond_ms limit = 20000;

static void start(void)
{
    double_open(&d);
    ond_zone_set("Asia/Seoul");
    config = dir_config(tmp);
    cJSON *dav = cJSON_AddObjectToObject(config, "caldav");
    ond_json_set_str(dav, "url", d.url);
    ond_json_set_str(dav, "user", "kim");
    ond_json_set_str(dav, "password", "secret");
    hand = open_calendar(config);
    put_file(tmp, "cal", "g.ics", google, sizeof google - 1);
    limit = 20000;
}

static void stop(void)
{
    char *text = get_file(tmp, "cal", "g.ics");
    assert_string_equal(text, google); /* whatever the server did */
    free(text);
    ond_hand_calendar.close(hand);
    double_close(&d);
    cJSON_Delete(config);
}

static ond_done sync_once(cJSON **after)
{
    ond_hand_step s = plan(hand, "sync", "{}");
    ond_act a = {.verb = "sync", .args = s.args, .expect = s.expect};
    ond_hand_calendar.act(hand, &a, 1, limit);
    err = a.err;
    if (after) *after = a.after;
    else cJSON_Delete(a.after);
    ond_hand_step_free(&s);
    return a.done;
}

static void fails(const char *why)
{
    if (sync_once(NULL) != OND_DONE_FAILED) fail_msg("no failure; it should say '%s'", why);
    says(why);
}

#define DAV(inner) "<?xml version=\"1.0\"?><d:multistatus xmlns:d=\"DAV:\" xmlns:c=\"urn:ietf:params:xml:ns:caldav\">" inner "</d:multistatus>"
#define ITEM(href, etag) "<d:response><d:href>" href "</d:href><d:propstat><d:prop><d:getetag>" etag "</d:getetag></d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>"

TEST(nonsense)
{
    static const struct {
        unsigned status;
        const char *body, *why;
    } rows[] = {
        {207, "<html>it works</html>", "no multistatus"},
        {207, "", "no XML"},
        {207, "{\"json\":true}", "no XML"},
        {207, "<d:multistatus xmlns:d=\"DAV:\"><d:response><d:href>/cal/", "no XML"},
        {207, "<?xml version=\"1.0\"?><!DOCTYPE x [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">]><d:multistatus xmlns:d=\"DAV:\">&b;</d:multistatus>", "document type"},
        {207, "<?xml version=\"1.0\"?><!DOCTYPE x SYSTEM \"file:///etc/passwd\"><d:multistatus xmlns:d=\"DAV:\"/>", "document type"},
        {207, DAV("<a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a><a>"), "nested"},
        {401, "", "password"}, {403, "", "not allow"}, {500, "boom", "status 500"}, {503, "", "status 503"}, {418, "", "status 418"},
    };
    start();
    for (size_t i = 0; i < COUNT(rows); i++) {
        d.status = rows[i].status;
        d.body = rows[i].body;
        fails(rows[i].why);
    }
    assert_int_equal(n_notes, 1); /* the first time */
    d.status = 404;
    d.body = "";
    fails("404");
    /* the same nonsense where the listing of a calendar should be */
    d.good_start = true;
    for (size_t i = 0; i < 7; i++) {
        d.status = rows[i].status;
        d.body = rows[i].body;
        fails(rows[i].why);
    }
    assert_int_equal(d.deletes, 0);
    stop();
}

TEST(redirects)
{
    static const struct {
        const char *to, *why;
    } rows[] = {
        {"/", "without end"}, {"http://127.0.0.2:1/", "another host"}, {"http://example.com/", "another host"}, {"ftp://127.0.0.1/", "another host"},
        {"http://kim:x@127.0.0.1/", "another host"},
    };
    start();
    for (size_t i = 0; i < COUNT(rows); i++) {
        d.status = 301;
        d.location = rows[i].to;
        fails(rows[i].why);
        assert_null(strstr(err.text, "secret"));
    }
    stop();
}

TEST(slow)
{
    start();
    d.silent = true;
    limit = 400;
    assert_int_equal(sync_once(NULL), OND_DONE_UNVERIFIED);
    says("takes longer");
    must(hand, "item_add", "{\"list\":\"todo\",\"text\":\"works on\"}"); /* while it drips */
    stop();
}

TEST(too_much)
{
    start();
    size_t n = (64u << 20) + 100;
    char *huge = malloc(n);
    memset(huge, 'x', n);
    d.status = 207;
    d.body = huge;
    d.body_n = n;
    fails("cannot be reached");
    free(huge);
    d.body = NULL;
    d.body_n = 0;
    stop();
}

/* Hrefs that lead out of the collection, entries that are none, changes that are refused. */
TEST(bad_entries)
{
    start();
    cJSON *after = NULL;
    d.good_start = true;
    d.put_status = 403;
    d.listing = DAV(ITEM("/other/x.ics", "1") ITEM("/cal/../../etc/passwd", "1") ITEM("http://evil.example/cal/y.ics", "1") ITEM("/cal/", "1")
                    ITEM("/cal/page.ics", "1"));
    d.entry = "<html>not found</html>";
    assert_int_equal(sync_once(&after), OND_DONE_OK);
    char *text = text_of(after);
    const cJSON *failed = ond_json_get(after, "failed");
    assert_int_equal((int)ond_json_num(after, "pulled", -1), 0);
    if (!strstr(text, "page.ics") || !strstr(text, "refuses it (403)")) fail_msg("%s", text);
    assert_int_equal(cJSON_GetArraySize(failed), 2);
    free(text);
    cJSON_Delete(after);
    char **names = NULL;
    size_t n = 0;
    char path[400];
    snprintf(path, sizeof path, "%s/cal", tmp);
    assert_int_equal(ond_dir_list(path, ".ics", &names, &n, &err), 0);
    assert_int_equal(n, 1);
    ond_names_free(names, n);
    stop();
}

/* A name that would lead elsewhere becomes one that does not. */
TEST(strange_names)
{
    start();
    d.good_start = true;
    d.put_status = 403;
    d.listing = DAV(ITEM("/cal/..%2f..%2fevil.ics", "1") ITEM("/cal/%2e%2e", "2") ITEM("/cal/.hidden", "3") ITEM("/cal/a%0Ab.ics", "4"));
    d.entry = holiday;
    assert_int_equal(sync_once(NULL), OND_DONE_OK);
    char path[400], **names = NULL;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/../evil.ics", tmp);
    assert_false(ond_file_exists(path));
    snprintf(path, sizeof path, "%s/cal", tmp);
    assert_int_equal(ond_dir_list(path, ".ics", &names, &n, &err), 0);
    for (size_t i = 0; i < n; i++) assert_null(strpbrk(names[i], "\n/"));
    assert_true(n >= 2);
    ond_names_free(names, n);
    stop();
}

/* A server that takes no Basic. */
TEST(digest)
{
    start();
    d.digest = d.good_start = true;
    d.put_status = 201;
    d.listing = DAV("");
    if (sync_once(NULL) != OND_DONE_OK) fail_msg("%s", err.text);
    assert_true(d.digested > 0 && d.puts > 0);
    stop();
}

/* A server that suddenly shows nothing does not empty the folder. */
TEST(an_empty_answer_is_doubted)
{
    start();
    ond_clock_set(NOW);
    for (int i = 0; i < 12; i++) {
        char name[20], text[300];
        snprintf(name, sizeof name, "e%d.ics", i);
        snprintf(text, sizeof text, EV("UID:e%d\nDTSTART:20261201T000000Z\nSUMMARY:e\n"), i);
        put_file(tmp, "cal", name, text, strlen(text));
    }
    d.good_start = true;
    d.put_status = 201;
    d.listing = DAV("");
    assert_int_equal(sync_once(NULL), OND_DONE_OK); /* all are put; no tags come back */
    cJSON *after = NULL;
    assert_int_equal(sync_once(&after), OND_DONE_OK);
    char *text = text_of(after);
    if (!strstr(text, "shows cal as empty")) fail_msg("%s", text);
    free(text);
    cJSON_Delete(after);
    char **names = NULL, path[400];
    size_t n = 0;
    snprintf(path, sizeof path, "%s/cal", tmp);
    assert_int_equal(ond_dir_list(path, ".ics", &names, &n, &err), 0);
    assert_int_equal(n, 13);
    ond_names_free(names, n);
    ond_clock_set(0);
    stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TMP_TEST(nonsense), TMP_TEST(redirects), TMP_TEST(slow), TMP_TEST(too_much), TMP_TEST(bad_entries), TMP_TEST(strange_names),
        TMP_TEST(an_empty_answer_is_doubted), TMP_TEST(digest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
