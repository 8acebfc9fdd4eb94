/* test_web_chrome.c - a real Chromium: its start and end, going to pages, dialogs, popups, frames, when an action is over,
 * and what happens when it is killed. Skipped where there is none, but not where CI is set. */
#include "../sys/tmp.h"
#include "web_double.h"

#include "hand/web/settle.h"
#include "sys/clock.h"
#include "sys/file.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/wait.h>

static ond_err err;
static ond__chrome *browser;
static ond__tab *tab;
static web_double server;
static char pages[4096], runtime[256];

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != 0) fail_msg("%s: %s", #call, err.text);                                      \
    } while (0)

static int allow(void *self, const char *url, bool main_document, ond_err *why)
{
    (void)self, (void)main_document;
    if (strstr(url, "denied.test")) return ond_fail(why, OND_E_DENIED, "denied.test is not allowed");
    return OND_OK;
}

static bool there_is_none(void)
{
    ond_buf path = {0};
    bool none = ond__chrome_find(NULL, &path, &err) != 0;
    ond_buf_free(&path);
    if (none && getenv("CI")) fail_msg("%s", err.text);
    return none;
}

static ond__chrome *start(void)
{
    ond__chrome *b = NULL;
    OK(ond__chrome_open(&(ond__chrome_opts){.allow = allow}, &b, &err));
    return b;
}

/* ---- the folder of profiles, and processes ---- */

static int entries(const char *dir)
{
    int n = 0;
    DIR *d = opendir(dir);
    if (!d) return 0;
    for (struct dirent *e; (e = readdir(d)) != NULL;) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

static const char *profiles(void)
{
    static char path[400];
    snprintf(path, sizeof path, "%s/ondol/web", runtime);
    return path;
}

/* Processes whose command line names `what` and that are not zombies of init. */
static int processes(const char *what)
{
    int n = 0;
    DIR *d = opendir("/proc");
    for (struct dirent *e; d && (e = readdir(d)) != NULL;) {
        char path[300], line[8192];
        if (e->d_name[0] < '0' || e->d_name[0] > '9') continue;
        snprintf(path, sizeof path, "/proc/%.20s/cmdline", e->d_name);
        FILE *f = fopen(path, "r");
        size_t k = f ? fread(line, 1, sizeof line - 1, f) : 0;
        if (f) fclose(f);
        line[k] = '\0';
        n += k > 0 && memmem(line, k, what, strlen(what)) != NULL;
    }
    if (d) closedir(d);
    return n;
}

static bool all_end(const char *what)
{
    for (int i = 0; i < 500 && processes(what) > 0; i++) usleep(10000);
    return processes(what) == 0;
}

static void no_child_is_left(void)
{
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
}

/* ---- acting ---- */

static const char *page(const char *name)
{
    static char url[4200];
    snprintf(url, sizeof url, "file://%s/%s", pages, name);
    return url;
}

static const char *at(const char *path)
{
    static char url[200];
    snprintf(url, sizeof url, "%s%s", server.url, path);
    return url;
}

static void go(const char *url)
{
    ond__visit v;
    OK(ond__tab_go(tab, url, 10000, &v, &err));
    assert_true(v.whole);
    ond__visit_free(&v);
}

static int cannot_go(const char *url, ond_ms limit)
{
    ond__visit v;
    int rc = ond__tab_go(tab, url, limit, &v, &err);
    if (rc == 0) fail_msg("%s could be opened", url);
    assert_null(v.url);
    return rc;
}

static void text_is(ond__tab *t, const char *frame, const char *id, const char *want)
{
    char ask[200];
    cJSON *v;
    snprintf(ask, sizeof ask, "document.getElementById('%s').textContent", id);
    OK(ond__tab_eval(t, frame, ask, 0, &v, &err));
    assert_string_equal(cJSON_GetStringValue(v), want);
    cJSON_Delete(v);
}

static void mouse(const char *what, double x, double y)
{
    OK(ond__cdp_call(tab->cdp, tab->session, "Input.dispatchMouseEvent",
                     ond__params("type=s x=n y=n button=s clickCount=i", what, x, y, "left", 1), 0, NULL, &err));
}

/* The middle of an element, by our own world. */
static void middle_of(const char *id, double *x, double *y)
{
    char ask[300];
    cJSON *v;
    snprintf(ask, sizeof ask,
             "(() => { const r = document.getElementById('%s').getBoundingClientRect(); return {x: r.x + r.width / 2, y: "
             "r.y + r.height / 2}; })()",
             id);
    OK(ond__tab_eval(tab, NULL, ask, 0, &v, &err));
    *x = ond_json_num(v, "x", -1);
    *y = ond_json_num(v, "y", -1);
    cJSON_Delete(v);
}

static ond__settled click(const char *id)
{
    double x, y;
    ond__mark m;
    ond__settled s;
    middle_of(id, &x, &y);
    OK(ond__settle_begin(tab, NULL, &m, &err));
    mouse("mousePressed", x, y);
    mouse("mouseReleased", x, y);
    OK(ond__settle_wait(tab, &m, 5000, &s, &err));
    return s;
}

static void how_is(ond__settled s, ond__settled_how want)
{
    if (s.how != want)
        fail_msg("settled by %s, not %s (%u changes, %u requests, %u µs)", ond__settled_name(s.how), ond__settled_name(want),
                 s.changes, s.requests, (unsigned)s.us);
}

/* ---- set-up: one browser for most tests ---- */

static int group_start(void **state)
{
    (void)state;
    snprintf(runtime, sizeof runtime, "/tmp/ondol-web-XXXXXX");
    if (!mkdtemp(runtime) || !realpath("tests/hand/web", pages)) return -1;
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    web_open(&server, pages);
    return 0;
}

static int group_end(void **state)
{
    (void)state;
    web_close(&server);
    return nftw(runtime, tmp_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static int with_browser(void **state)
{
    (void)state;
    if (there_is_none()) return 0;
    browser = start();
    tab = ond__chrome_tab(browser, 0);
    return 0;
}

static int without_browser(void **state)
{
    (void)state;
    ond__chrome_close(browser);
    browser = NULL;
    return 0;
}

/* ---- the browser ---- */

TEST(it_starts_and_leaves_nothing)
{
    if (there_is_none()) skip();
    char profile[400];
    ond__chrome *b = start();
    snprintf(profile, sizeof profile, "%s", ond__chrome_profile(b));
    assert_non_null(strstr(ond__chrome_version(b), "Chrom"));
    assert_int_equal(ond__chrome_sandboxed(b), geteuid() != 0);
    assert_int_equal(ond__chrome_tabs(b), 1);
    assert_string_equal(ond__tab_url(ond__chrome_tab(b, 0)), "about:blank");
    struct stat st;
    assert_int_equal(stat(profile, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_int_equal(strncmp(profile, runtime, strlen(runtime)), 0);
    assert_true(processes(profile) > 0);
    ond__chrome_close(b);
    assert_true(all_end(profile));
    assert_int_equal(entries(profiles()), 0);
    no_child_is_left();
}

TEST(no_browser_names_the_package)
{
    char *path = strdup(getenv("PATH"));
    ond__chrome *b = NULL;
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(ond__chrome_open(&(ond__chrome_opts){0}, &b, &err), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "package chromium"));
    setenv("PATH", path, 1);
    free(path);
    assert_int_equal(ond__chrome_open(&(ond__chrome_opts){.program = "/no/browser"}, &b, &err), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "/no/browser"));
    /* a program that is none */
    assert_int_equal(ond__chrome_open(&(ond__chrome_opts){.program = "/bin/false"}, &b, &err), OND_E_UNAVAILABLE);
    assert_null(b);
    assert_int_equal(entries(profiles()), 0);
    no_child_is_left();
}

/* Something that begins, says nothing, and does not end. */
TEST(a_browser_that_does_not_answer)
{
    ond__chrome *b = NULL;
    const char *path = tmp_path("mute");
    FILE *f = fopen(path, "w");
    fputs("#!/bin/sh\nexec sleep 100\n", f);
    fclose(f);
    chmod(path, 0755);
    uint64_t begin = ond_steady_us();
    assert_int_equal(ond__chrome_open(&(ond__chrome_opts){.program = path, .start = 200}, &b, &err), OND_E_UNAVAILABLE);
    assert_true(ond_steady_us() - begin < 8000000);
    assert_int_equal(entries(profiles()), 0);
    no_child_is_left();
}

/* kill -9 in the middle of a call; then a new one. */
TEST(killed_in_a_call)
{
    if (there_is_none()) skip();
    char profile[400];
    int first, second;
    ond__chrome *b = start();
    ond__tab *t = ond__chrome_tab(b, 0);
    snprintf(profile, sizeof profile, "%s", ond__chrome_profile(b));
    OK(ond__tab_eval_send(t, NULL, "new Promise(() => 0)", 20000, &first, &err));
    OK(ond__cdp_send(t->cdp, NULL, "Browser.getVersion", NULL, 0, &second, &err));
    kill(ond__chrome_pid(b), SIGKILL);
    cJSON *v;
    uint64_t begin = ond_steady_us();
    assert_int_equal(ond__tab_eval_take(t, first, &v, &err), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "gone"));
    assert_true(ond_steady_us() - begin < 5000000);
    ond__cdp_drop(t->cdp, second);
    assert_true(ond__chrome_gone(b));
    assert_true(ond__chrome_why(b)[0]);
    ond__visit visit;
    assert_int_equal(ond__tab_go(t, "about:blank", 0, &visit, &err), OND_E_UNAVAILABLE);
    ond__chrome_close(b);
    assert_true(all_end(profile));
    assert_int_equal(entries(profiles()), 0);
    no_child_is_left();
    b = start();
    assert_false(ond__chrome_gone(b));
    ond__chrome_close(b);
}

/* The process that owned a browser is killed: the browser goes with it, and its profile with the next start. */
TEST(leftovers_of_the_dead_are_removed)
{
    if (there_is_none()) skip();
    int told[2];
    char profile[400] = "";
    assert_int_equal(pipe(told), 0);
    fflush(NULL);
    pid_t owner = fork();
    if (owner == 0) {
        ond__chrome *b;
        if (ond__chrome_open(&(ond__chrome_opts){0}, &b, NULL) != 0) _exit(1);
        const char *path = ond__chrome_profile(b);
        if (write(told[1], path, strlen(path)) > 0) pause();
        _exit(1);
    }
    close(told[1]);
    assert_true(read(told[0], profile, sizeof profile - 1) > 0);
    close(told[0]);
    kill(owner, SIGKILL);
    waitpid(owner, NULL, 0);
    assert_true(all_end(profile));
    assert_true(ond_file_exists(profile));
    assert_int_equal(entries(profiles()), 2); /* it and its lock */
    ond__chrome *b = start(), *other = start();
    assert_false(ond_file_exists(profile));
    assert_int_equal(entries(profiles()), 4); /* what is in use is left alone */
    ond__chrome_close(b);
    ond__chrome_close(other);
    assert_int_equal(entries(profiles()), 0);
}

/* ---- going to pages ---- */

TEST(pages_of_many_kinds)
{
    if (!browser) skip();
    ond__visit v;
    OK(ond__tab_go(tab, page("second.html"), 0, &v, &err));
    assert_string_equal(v.url, page("second.html"));
    assert_int_equal(v.status, 0);
    ond__visit_free(&v);
    OK(ond__tab_go(tab, at("/pages/second.html"), 0, &v, &err));
    assert_int_equal(v.status, 200);
    ond__visit_free(&v);
    OK(ond__tab_go(tab, at("/to-second"), 0, &v, &err));
    assert_string_equal(v.url, at("/pages/second.html"));
    assert_int_equal(v.status, 200);
    ond__visit_free(&v);
    OK(ond__tab_go(tab, at("/no-such-page"), 0, &v, &err));
    assert_int_equal(v.status, 404);
    ond__visit_free(&v);
    OK(ond__tab_go(tab, at("/500"), 0, &v, &err));
    assert_int_equal(v.status, 500);
    ond__visit_free(&v);
    OK(ond__tab_go(tab, "data:text/html,<title>d</title><p id=p>data", 0, &v, &err));
    ond__visit_free(&v);
    text_is(tab, NULL, "p", "data");
    OK(ond__tab_go(tab, page("acts.html"), 0, &v, &err));
    ond__visit_free(&v);
    OK(ond__tab_go(tab, page("acts.html#here"), 0, &v, &err));
    assert_true(v.in_page);
    assert_string_equal(v.url, page("acts.html#here"));
    ond__visit_free(&v);
}

TEST(pages_that_do_not_come)
{
    if (!browser) skip();
    char refused[80];
    web_double gone;
    web_open(&gone, pages);
    snprintf(refused, sizeof refused, "%s/", gone.url);
    web_close(&gone);
    assert_int_equal(cannot_go(refused, 0), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "refuses"));
    assert_int_equal(cannot_go("http://no-such-host.invalid/", 0), OND_E_NOT_FOUND);
    assert_non_null(strstr(err.text, "no-such-host.invalid"));
    assert_int_equal(cannot_go(page("no-such-file.html"), 0), OND_E_NOT_FOUND);
    assert_int_equal(cannot_go(at("/abort"), 0), OND_E_UNAVAILABLE);
    assert_int_equal(cannot_go(at("/circle"), 0), OND_E_UNAVAILABLE);
    assert_int_equal(cannot_go(at("/download"), 0), OND_E_FAILED);
    assert_int_equal(cannot_go(at("/nothing"), 0), OND_E_FAILED);
    assert_int_equal(cannot_go(at("/slow"), 300), OND_E_UNAVAILABLE);
    assert_non_null(strstr(err.text, "0.3 s"));
    assert_int_equal(cannot_go("http://[", 0), OND_E_INPUT);
    go(page("second.html")); /* and none of it is in the way of the next */
    text_is(tab, NULL, "confirm", "?");
}

TEST(what_is_not_allowed)
{
    if (!browser) skip();
    go(page("second.html"));
    static const char *const never[] = {"javascript:alert(1)", "chrome://settings", "view-source:http://a/", "ftp://a/",
                                        "", "blob:x", "filesystem:x"};
    for (size_t i = 0; i < COUNT(never); i++) assert_int_equal(cannot_go(never[i], 0), OND_E_DENIED);
    assert_int_equal(cannot_go("http://denied.test/x", 0), OND_E_DENIED);
    assert_int_equal(tab->n_blocked, 0); /* not even asked for */
    /* where a server sends us, and where a page goes by itself */
    assert_int_equal(cannot_go(at("/to-elsewhere"), 0), OND_E_DENIED);
    assert_string_equal(err.text, "denied.test is not allowed");
    assert_int_equal(tab->n_blocked, 1);
    go(page("second.html"));
    ond__mark m;
    ond__settled s;
    cJSON *v;
    OK(ond__settle_begin(tab, NULL, &m, &err));
    OK(ond__tab_eval(tab, NULL, "void (location.href = 'http://denied.test/y')", 0, &v, &err));
    cJSON_Delete(v);
    OK(ond__settle_wait(tab, &m, 3000, &s, &err));
    assert_int_equal(tab->n_blocked, 2);
    assert_string_equal(tab->blocked, "http://denied.test/y");
}

TEST(a_page_that_never_ends_is_shown_as_it_is)
{
    if (!browser) skip();
    ond__visit v;
    OK(ond__tab_go(tab, at("/drip"), 600, &v, &err));
    assert_false(v.whole);
    assert_int_equal(v.status, 200);
    ond__visit_free(&v);
    go(page("second.html"));
}

TEST(back_forth_and_anew)
{
    if (!browser) skip();
    ond__visit v;
    go(page("second.html"));
    go(page("acts.html"));
    OK(ond__tab_step(tab, -1, 0, &v, &err));
    assert_string_equal(v.url, page("second.html"));
    ond__visit_free(&v);
    OK(ond__tab_step(tab, 1, 0, &v, &err));
    assert_string_equal(v.url, page("acts.html"));
    ond__visit_free(&v);
    assert_int_equal(ond__tab_step(tab, 1, 0, &v, &err), OND_E_NOT_FOUND);
    go(page("acts.html#here"));
    OK(ond__tab_step(tab, -1, 0, &v, &err)); /* within the document */
    assert_string_equal(v.url, page("acts.html"));
    ond__visit_free(&v);
    click("text");
    text_is(tab, NULL, "out", "text");
    OK(ond__tab_reload(tab, 0, &v, &err));
    ond__visit_free(&v);
    text_is(tab, NULL, "out", "-");
    go(at("/pages/second.html"));
    OK(ond__tab_reload(tab, 0, &v, &err));
    assert_int_equal(v.status, 200);
    ond__visit_free(&v);
}

/* ---- dialogs, popups, frames ---- */

TEST(dialogs_are_told_and_dismissed)
{
    if (!browser) skip();
    go(page("acts.html"));
    ond__settled s = click("alert");
    assert_int_equal(s.dialogs, 1);
    const ond__dialog *d = ond__tab_last_dialog(tab);
    assert_string_equal(d->kind, "alert");
    assert_string_equal(d->text, "온돌?");
    assert_false(d->open);
    text_is(tab, NULL, "out", "after alert");
    go(page("second.html"));
    click("confirm");
    text_is(tab, NULL, "confirm", "no");
}

TEST(a_dialog_that_is_held_waits_for_its_answer)
{
    if (!browser) skip();
    double x, y;
    ond__mark m;
    ond__settled s;
    int release;
    go(page("second.html"));
    tab->hold_dialogs = true;
    middle_of("confirm", &x, &y);
    OK(ond__settle_begin(tab, NULL, &m, &err));
    mouse("mousePressed", x, y);
    OK(ond__cdp_send(tab->cdp, tab->session, "Input.dispatchMouseEvent",
                     ond__params("type=s x=n y=n button=s clickCount=i", "mouseReleased", x, y, "left", 1), 0, &release,
                     &err));
    OK(ond__settle_wait(tab, &m, 5000, &s, &err));
    how_is(s, OND__SETTLED_DIALOG);
    assert_true(ond__tab_last_dialog(tab)->open);
    OK(ond__tab_dialog(tab, true, NULL, &err));
    OK(ond__cdp_take(tab->cdp, release, NULL, &err));
    text_is(tab, NULL, "confirm", "yes");
    assert_int_equal(ond__tab_dialog(tab, true, NULL, &err), OND_E_STALE);
    tab->hold_dialogs = false;
}

TEST(a_page_that_asks_to_stay)
{
    if (!browser) skip();
    go(page("leave.html"));
    click("text");
    assert_int_equal(cannot_go(page("second.html"), 5000), OND_E_FAILED);
    assert_non_null(strstr(err.text, "stay"));
    assert_string_equal(ond__tab_url(tab), page("leave.html"));
}

TEST(popups_are_tabs)
{
    if (!browser) skip();
    go(page("acts.html"));
    click("popup");
    assert_int_equal(ond__chrome_tabs(browser), 2);
    ond__tab *popup = ond__chrome_tab(browser, 1);
    assert_string_equal(popup->opener, tab->target);
    ond__mark m;
    ond__settled s;
    OK(ond__settle_begin(popup, NULL, &m, &err));
    OK(ond__settle_wait(popup, &m, 3000, &s, &err));
    text_is(popup, NULL, "confirm", "?");
    OK(ond__tab_close(popup, &err));
    assert_true(popup->gone);
    cJSON *v;
    assert_int_equal(ond__tab_eval(popup, NULL, "1", 0, &v, &err), OND_E_STALE);
    ond__chrome_sweep(browser);
    assert_int_equal(ond__chrome_tabs(browser), 1);
}

TEST(two_tabs_side_by_side)
{
    if (!browser) skip();
    ond__tab *other, *first = tab;
    ond__visit v;
    int one, two;
    cJSON *r;
    OK(ond__chrome_new_tab(browser, &other, &err));
    go(page("acts.html"));
    OK(ond__tab_go(other, page("second.html"), 0, &v, &err));
    ond__visit_free(&v);
    OK(ond__tab_eval_send(first, NULL, "document.title", 0, &one, &err));
    OK(ond__tab_eval_send(other, NULL, "document.title", 0, &two, &err));
    OK(ond__tab_eval_take(other, two, &r, &err));
    assert_string_equal(cJSON_GetStringValue(r), "second");
    cJSON_Delete(r);
    OK(ond__tab_eval_take(first, one, &r, &err));
    assert_string_equal(cJSON_GetStringValue(r), "acts");
    cJSON_Delete(r);
    tab = first; /* behind the other one, it settles as quickly */
    how_is(click("text"), OND__SETTLED_FRAME);
}

TEST(windows_without_end_are_bounded)
{
    if (!browser) skip();
    cJSON *v;
    go(page("second.html"));
    OK(ond__tab_eval(tab, NULL, "1", 0, &v, &err));
    cJSON_Delete(v);
    OK(ond__cdp_call(tab->cdp, tab->session, "Runtime.evaluate",
                     ond__params("expression=s userGesture=b", "for (let i = 0; i < 40; i++) open('about:blank', 'w' + i)", 1), 30000, NULL, &err));
    OK(ond__tab_eval(tab, NULL, "2", 0, &v, &err));
    cJSON_Delete(v);
    assert_true(ond__chrome_tabs(browser) <= OND__TABS_MOST);
}

TEST(frames_of_one_and_of_other_processes)
{
    if (!browser) skip();
    char url[200];
    cJSON *v;
    go(at("/pages/frames.html"));
    assert_int_equal(tab->n_frames, 2);
    text_is(tab, tab->frames[1].id, "out", "-");
    /* another site in it: a process of its own, and a session of its own */
    snprintf(url, sizeof url, "document.getElementById('inner').src = 'http://localhost:%u/pages/busy.html'", server.port);
    ond__mark m;
    ond__settled s;
    OK(ond__settle_begin(tab, NULL, &m, &err));
    OK(ond__tab_eval(tab, NULL, url, 0, &v, &err));
    cJSON_Delete(v);
    OK(ond__settle_wait(tab, &m, 5000, &s, &err));
    assert_int_equal(tab->n_frames, 2);
    assert_string_not_equal(tab->frames[1].session, tab->session);
    assert_non_null(strstr(tab->frames[1].url, "localhost"));
    text_is(tab, tab->frames[1].id, "out", "-");
    OK(ond__settle_begin(tab, tab->frames[1].id, &m, &err));
    OK(ond__tab_eval(tab, tab->frames[1].id, "void document.getElementById('text').click()", 0, &v, &err));
    cJSON_Delete(v);
    OK(ond__settle_wait(tab, &m, 5000, &s, &err));
    text_is(tab, tab->frames[1].id, "out", "text");
    go(page("second.html"));
    assert_int_equal(tab->n_frames, 1);
    assert_int_equal(tab->n_sessions, 1);
}

TEST(a_page_that_crashes)
{
    if (!browser) skip();
    cJSON *v;
    go(page("second.html"));
    ond__cdp_tell(tab->cdp, tab->session, "Page.crash", NULL);
    int rc = ond__tab_eval(tab, NULL, "new Promise(() => 0)", 10000, &v, &err);
    assert_int_equal(rc, OND_E_STALE);
    assert_true(tab->crashed);
    go(page("second.html"));
    text_is(tab, NULL, "confirm", "?");
}

/* ---- when an action is over ---- */

TEST(nothing_goes_on)
{
    if (!browser) skip();
    go(page("acts.html"));
    how_is(click("nothing"), OND__SETTLED_FRAME);
    how_is(click("text"), OND__SETTLED_FRAME);
    text_is(tab, NULL, "out", "text");
    how_is(click("micro"), OND__SETTLED_FRAME);
    text_is(tab, NULL, "out", "micro");
    how_is(click("task"), OND__SETTLED_FRAME);
    text_is(tab, NULL, "out", "task");
    ond__settled s = click("anchor");
    assert_int_equal(s.navigations, 1);
}

TEST(timers_and_animations_are_waited_for)
{
    if (!browser) skip();
    go(page("acts.html"));
    how_is(click("timer"), OND__SETTLED_QUIET);
    text_is(tab, NULL, "out", "timer");
    how_is(click("chain"), OND__SETTLED_QUIET);
    text_is(tab, NULL, "out", "chain");
    ond__settled s = click("animate");
    how_is(s, OND__SETTLED_QUIET);
    assert_true(s.us >= 150000);
    how_is(click("script"), OND__SETTLED_QUIET);
    text_is(tab, NULL, "out", "script");
}

TEST(what_never_ends_is_not_waited_for)
{
    if (!browser) skip();
    go(page("acts.html"));
    ond__settled s = click("poll");
    how_is(s, OND__SETTLED_QUIET);
    how_is(click("text"), OND__SETTLED_FRAME); /* the interval is older */
    how_is(click("spin"), OND__SETTLED_FRAME);
    go(page("busy.html"));
    how_is(click("text"), OND__SETTLED_FRAME);
    go(page("acts.html"));
    s = click("restless");
    how_is(s, OND__SETTLED_RESTLESS);
    assert_true(s.us < 3000000);
}

TEST(requests_and_documents_are_waited_for)
{
    if (!browser) skip();
    go(at("/pages/acts.html"));
    ond__settled s = click("fetch");
    how_is(s, OND__SETTLED_QUIET);
    assert_int_equal(s.requests, 1);
    text_is(tab, NULL, "out", "fetched");
    s = click("link");
    how_is(s, OND__SETTLED_QUIET);
    assert_int_equal(s.navigations, 1);
    text_is(tab, NULL, "confirm", "?");
    go(page("acts.html"));
    s = click("link");
    how_is(s, OND__SETTLED_QUIET);
    assert_string_equal(ond__tab_url(tab), page("second.html"));
}

/* What stands for the page's functions looks and works as they do. */
TEST(a_page_sees_nothing_of_it)
{
    if (!browser) skip();
    static const char probe[] =
        "<script>const say = t => document.title += t;"
        "say(setTimeout.name + setTimeout.length + /native code/.test(Function.prototype.toString.call(setTimeout)));"
        "say(typeof ondol + Object.keys(window).includes('ondol'));"
        "setTimeout('say(1)'); setTimeout((a, b) => say(a + b), 1, 2, 3); const id = setTimeout(() => say('never'), 5); clearTimeout(id);"
        "say(typeof id); setTimeout(function () { say(this === window) }, 2);</script>";
    ond_buf url = {0};
    ond_buf_puts(&url, "data:text/html,");
    for (const char *p = probe; *p; p++) ond_buf_printf(&url, "%%%02X", (unsigned char)*p);
    ond__mark m;
    ond__settled s;
    cJSON *v;
    go(ond_buf_z(&url));
    OK(ond__settle_begin(tab, NULL, &m, &err));
    OK(ond__settle_wait(tab, &m, 0, &s, &err));
    OK(ond__tab_eval(tab, NULL, "new Promise(f => setTimeout(() => f(document.title), 50))", 0, &v, &err));
    assert_string_equal(cJSON_GetStringValue(v), "setTimeout1trueundefinedfalsenumber15true");
    cJSON_Delete(v);
    ond_buf_free(&url);
}

#define WEB_TEST(name) cmocka_unit_test_setup_teardown(name, with_browser, without_browser)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_starts_and_leaves_nothing),
        cmocka_unit_test(no_browser_names_the_package),
        TMP_TEST(a_browser_that_does_not_answer),
        cmocka_unit_test(killed_in_a_call),
        cmocka_unit_test(leftovers_of_the_dead_are_removed),
        WEB_TEST(pages_of_many_kinds),
        WEB_TEST(pages_that_do_not_come),
        WEB_TEST(what_is_not_allowed),
        WEB_TEST(a_page_that_never_ends_is_shown_as_it_is),
        WEB_TEST(back_forth_and_anew),
        WEB_TEST(dialogs_are_told_and_dismissed),
        WEB_TEST(a_dialog_that_is_held_waits_for_its_answer),
        WEB_TEST(a_page_that_asks_to_stay),
        WEB_TEST(popups_are_tabs),
        WEB_TEST(two_tabs_side_by_side),
        WEB_TEST(windows_without_end_are_bounded),
        WEB_TEST(frames_of_one_and_of_other_processes),
        WEB_TEST(a_page_that_crashes),
        WEB_TEST(nothing_goes_on),
        WEB_TEST(timers_and_animations_are_waited_for),
        WEB_TEST(what_never_ends_is_not_waited_for),
        WEB_TEST(requests_and_documents_are_waited_for),
        WEB_TEST(a_page_sees_nothing_of_it),
    };
    return cmocka_run_group_tests(tests, group_start, group_end);
}
