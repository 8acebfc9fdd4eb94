/* chrome.c - the process of the browser, its session, and which tab an event belongs to.
 *
 * Debian's launcher and what it sources stay in use (/etc/chromium.d is the administrator's). The
 * flags make it quiet: nothing is fetched, asked of D-Bus or said to anybody but what pages are
 * shown from. */
#include "hand/web/tab.h"

#include "hand/web/profile.h"
#include "sys/child.h"
#include "sys/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

enum { START_MS = 30000, CLOSE_MS = 2000, TERM_MS = 300, HEARD_MOST = 16 << 10, FLAGS_MOST = 64 };

struct ond__chrome {
    ond__profile profile;
    ond_child *child;
    ond__cdp *cdp;
    ond__tab **tabs;
    size_t n, cap;
    ond__allow *allow;
    void *self;
    bool sandboxed;
    char version[64];
};

static const char *const flags[] = {
    "--headless",
    "--remote-debugging-pipe",
    "--disable-gpu",
    /* the first window is ours to open: one of its own may still be loading when we navigate */
    "--no-startup-window",
    /* nothing is asked or offered */
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-prompt-on-repost",
    "--noerrdialogs",
    "--mute-audio",
    "--deny-permission-prompts",
    "--disable-search-engine-choice-screen",
    /* nothing is fetched or reported of its own accord */
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--disable-quic",
    "--disable-breakpad",

    "--metrics-recording-only",
    "--no-pings",
    /* no keyring, so no D-Bus, before the first page */
    "--password-store=basic",
    "--use-mock-keychain",
    /* a page that is not in front is as quick as one that is */
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
    "--disable-renderer-backgrounding",
    "--disable-hang-monitor",
    /* a page is loaded anew when one goes back, so that what is known of it is true */
    "--disable-back-forward-cache",
    ("--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication,"
     "PaintHolding,Prerender2,WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup"),
};

/* ---- finding ---- */

int ond__chrome_find(const char *program, ond_buf *out, ond_err *err)
{
    static const char *const names[] = {"chromium", "chromium-browser", "google-chrome"};
    if (program && program[0]) {
        if (ond_program_find(program, out, NULL) == 0) return OND_OK;
        return ond_fail(err, OND_E_UNAVAILABLE,
                        "the browser %s is not there: correct the setting, or install Debian's "
                        "package chromium",
                        program);
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (ond_program_find(names[i], out, NULL) == 0) return OND_OK;
    return ond_fail(
        err, OND_E_UNAVAILABLE,
        "there is no browser: install Debian's package chromium (`apt install chromium`)");
}

/* ---- what is allowed ---- */

static bool has_scheme(const char *url, const char *scheme)
{
    size_t n = strlen(scheme);
    return strncasecmp(url, scheme, n) == 0 && url[n] == ':';
}

int ond__chrome_allows(ond__chrome *b, const char *url, bool main, ond_err *err)
{
    static const char *const schemes[] = {"about", "data", "http", "https", "file"};
    size_t i = 0;
    while (i < 5 && !has_scheme(url, schemes[i])) i++;
    if (i == 5)
        return ond_fail(
            err, OND_E_DENIED,
            "only addresses of http, https, file, about and data are opened, not %.100s", url);
    if (b->allow) return b->allow(b->self, url, main, err);
    return i < 2 ? OND_OK : ond_fail(err, OND_E_DENIED, "nothing allows to open %.200s", url);
}

/* ---- tabs ---- */

size_t ond__chrome_tabs(const ond__chrome *b)
{
    return b->n;
}

ond__tab *ond__chrome_tab(const ond__chrome *b, size_t i)
{
    return i < b->n ? b->tabs[i] : NULL;
}

static ond__tab *tab_of_target(const ond__chrome *b, const char *target)
{
    for (size_t i = 0; i < b->n; i++)
        if (strcmp(b->tabs[i]->target, target) == 0) return b->tabs[i];
    return NULL;
}

static ond__tab *tab_of_session(const ond__chrome *b, const char *session)
{
    for (size_t i = 0; i < b->n; i++)
        if (ond__tab_has(b->tabs[i], session)) return b->tabs[i];
    return NULL;
}

static size_t live_tabs(const ond__chrome *b)
{
    size_t n = 0;
    for (size_t i = 0; i < b->n; i++) n += !b->tabs[i]->gone;
    return n;
}

static bool add_tab(ond__chrome *b, ond__tab *t)
{
    if (b->n == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 8;
        ond__tab **more = realloc(b->tabs, cap * sizeof *more);
        if (!more) return false;
        b->tabs = more;
        b->cap = cap;
    }
    b->tabs[b->n++] = t;
    return true;
}

void ond__chrome_sweep(ond__chrome *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->n; i++) {
        if (b->tabs[i]->gone)
            ond__tab_free(b->tabs[i]);
        else
            b->tabs[kept++] = b->tabs[i];
    }
    b->n = kept;
}

/* ---- events of the browser itself ---- */

static void on_page(ond__chrome *b, const char *session, const cJSON *info)
{
    const char *target = ond_json_str(info, "targetId", "");
    bool room = live_tabs(b) < OND__TABS_MOST && b->n < 4 * OND__TABS_MOST;
    ond__tab *t =
        room ? ond__tab_new(b, target, session, ond_json_str(info, "openerId", "")) : NULL;
    if (t && add_tab(b, t)) {
        ond__tab_attach(t, session, "");
        return;
    }
    if (t) ond__tab_free(t);
    ond__cdp_tell(b->cdp, NULL, "Target.closeTarget", ond__params("targetId=s", target));
}

static void on_attached(ond__chrome *b, ond__tab *parent, const cJSON *params)
{
    const cJSON *info = ond_json_get(params, "targetInfo");
    const char *session = ond_json_str(params, "sessionId", "");
    const char *type = ond_json_str(info, "type", "");
    if (!parent && strcmp(type, "page") == 0)
        on_page(b, session, info);
    else if (parent && strcmp(type, "iframe") == 0)
        ond__tab_attach(parent, session, ond_json_str(info, "targetId", ""));
    else
        ond__cdp_tell(b->cdp, session, "Runtime.runIfWaitingForDebugger", NULL);
}

static void on_event(void *self, const char *session, const char *method, const cJSON *params)
{
    ond__chrome *b = self;
    ond__tab *t = session[0] ? tab_of_session(b, session) : NULL;
    if (strcmp(method, "Target.attachedToTarget") == 0) {
        if (!session[0] || t) on_attached(b, t, params);
        return;
    }
    if (!session[0] && strcmp(method, "Target.detachedFromTarget") == 0)
        t = tab_of_session(b, ond_json_str(params, "sessionId", ""));
    else if (!session[0] && strncmp(method, "Target.targetInfoChanged", 24) == 0)
        t = tab_of_target(b, ond_json_str(ond_json_get(params, "targetInfo"), "targetId", ""));
    if (!session[0] && strcmp(method, "Browser.downloadWillBegin") == 0)
        for (size_t i = 0; i < b->n && !t; i++)
            if (ond__tab_frame(b->tabs[i], ond_json_str(params, "frameId", "?"))) t = b->tabs[i];
    if (t) ond__tab_event(t, session, method, params);
}

/* ---- starting ---- */

static size_t make_argv(const ond__chrome *b, const ond__chrome_opts *o, const char *program,
                        char (*text)[600], const char **argv)
{
    size_t n = 0;
    snprintf(text[0], sizeof *text, "--user-data-dir=%s/profile", b->profile.path);
    snprintf(text[1], sizeof *text, "--window-size=%d,%d", o->width ? o->width : 1280,
             o->height ? o->height : 720);
    argv[n++] = program;
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) argv[n++] = flags[i];
    argv[n++] = text[0];
    argv[n++] = text[1];
    if (!b->sandboxed) argv[n++] = "--no-sandbox";
    for (size_t i = 0; o->flags && o->flags[i] && n < FLAGS_MOST - 2; i++) argv[n++] = o->flags[i];
    argv[n] = NULL;
    return n;
}

static int spawn_with(ond__chrome *b, const ond__chrome_opts *o, const char *program, int from,
                      int to, ond_err *err)
{
    static const char *const names[] = {"HOME", "XDG_RUNTIME_DIR", "TMPDIR"};
    const char *argv[FLAGS_MOST], *env[4] = {NULL};
    char text[2][600], env_text[3][600];
    const ond_child_fd fds[] = {{from, 3}, {to, 4}};
    make_argv(b, o, program, text, argv);
    for (int i = 0; i < 3; i++) {
        snprintf(env_text[i], sizeof *env_text, "%s=%s", names[i], b->profile.path);
        env[i] = env_text[i];
    }
    const ond_child_opts child = {
        .argv = argv, .env = env, .fds = fds, .n_fds = 2, .heard_most = HEARD_MOST};
    return ond_child_start(&child, &b->child, err);
}

static int spawn(ond__chrome *b, const ond__chrome_opts *o, const char *program, ond_err *err)
{
    int down[2], up[2]; /* [0] is read, [1] is written */
    if (pipe2(down, O_CLOEXEC) != 0) return ond_file_fail(err, errno, "start", program);
    if (pipe2(up, O_CLOEXEC) != 0) {
        int saved = errno;
        close(down[0]);
        close(down[1]);
        return ond_file_fail(err, saved, "start", program);
    }
    int rc = spawn_with(b, o, program, down[0], up[1], err);
    close(down[0]);
    close(up[1]);
    if (rc == 0)
        return ond__cdp_open(up[0], down[1], ond_child_fileno(b->child), on_event, b, &b->cdp, err);
    close(down[1]);
    close(up[0]);
    return rc;
}

/* What it said before it ended, if that says why. */
static void explain(ond__chrome *b, ond_err *err)
{
    if (!b->child || !err) return;
    const char *said = ond_child_heard(b->child), *fatal = strstr(said, "FATAL");
    if (strstr(said, "No usable sandbox"))
        (void)ond_fail(
            err, OND_E_UNAVAILABLE,
            "the browser cannot start: its sandbox needs user namespaces, which this system does "
            "not allow (look at `sysctl kernel.unprivileged_userns_clone`), or the package "
            "chromium-sandbox");
    else if (fatal || (ond_child_wait(b->child, 0) && said[0]))
        (void)ond_fail(err, OND_E_UNAVAILABLE, "the browser did not start: %.*s",
                       (int)strcspn(fatal ? fatal : said, "\n"), fatal ? fatal : said);
}

static cJSON *target_filter(void)
{
    cJSON *list = cJSON_CreateArray();
    static const char *const kinds[] = {"page", "iframe"};
    for (int i = 0; i < 2; i++) {
        cJSON *row = ond__params("type=s", kinds[i]);
        if (!row || !cJSON_AddItemToArray(list, row)) cJSON_Delete(row);
    }
    return list;
}

typedef struct awaited {
    const ond__chrome *b;
    const char *target;
} awaited;

/* With our world in it: Chromium's renderer crashes at times when a page is sent elsewhere before
 * it has begun. */
static bool target_is_here(void *self)
{
    const awaited *a = self;
    const ond__tab *t = tab_of_target(a->b, a->target);
    return t &&
           (t->gone || t->crashed || (t->n_frames && t->frames[0].world[0] && t->frames[0].loaded));
}

int ond__chrome_new_tab(ond__chrome *b, ond__tab **out, ond_err *err)
{
    cJSON *made = NULL;
    *out = NULL;
    if (live_tabs(b) >= OND__TABS_MOST)
        return ond_fail(err, OND_E_BUDGET, "there are %d tabs already: close one", OND__TABS_MOST);
    int rc = ond__cdp_call(b->cdp, NULL, "Target.createTarget", ond__params("url=s", "about:blank"),
                           0, &made, err);
    if (rc != 0) return rc;
    awaited a = {b, ond_json_str(made, "targetId", "")};
    if (ond__cdp_until(b->cdp, target_is_here, &a, ond_steady_us() + 5000000) == OND__WAIT_DONE)
        *out = tab_of_target(b, a.target);
    else
        rc = ond_fail(err, OND_E_UNAVAILABLE, "the browser opened no new tab");
    cJSON_Delete(made);
    return rc;
}

static int begin_session(ond__chrome *b, ond_ms limit, ond_err *err)
{
    int version, attach, down;
    ond__tab *first;
    cJSON *v = NULL;
    int rc;
    OND_TRY(ond__cdp_send(b->cdp, NULL, "Browser.getVersion", NULL, limit, &version, err));
    OND_TRY(ond__cdp_send(b->cdp, NULL, "Browser.setDownloadBehavior",
                          ond__params("behavior=s eventsEnabled=b", "deny", 1), limit, &down, err));
    OND_TRY(ond__cdp_send(b->cdp, NULL, "Target.setDiscoverTargets",
                          ond__params("discover=b filter=j", 1, target_filter()), limit, &attach,
                          err));
    ond__cdp_drop(b->cdp, attach);
    OND_TRY(ond__cdp_send(b->cdp, NULL, "Target.setAutoAttach",
                          ond__params("autoAttach=b waitForDebuggerOnStart=b flatten=b filter=j", 1,
                                      1, 1, target_filter()),
                          limit, &attach, err));
    OND_TRY(ond__cdp_take(b->cdp, version, &v, err));
    snprintf(b->version, sizeof b->version, "%s", ond_json_str(v, "product", "?"));
    OND_TRY(ond__cdp_take(b->cdp, down, NULL, err));
    OND_TRY(ond__cdp_take(b->cdp, attach, NULL, err));
    OND_TRY(ond__chrome_new_tab(b, &first, err));
out:
    cJSON_Delete(v);
    return rc;
}

int ond__chrome_open(const ond__chrome_opts *o, ond__chrome **out, ond_err *err)
{
    ond_buf program = {0};
    int rc;
    *out = NULL;
    ond__chrome *b = calloc(1, sizeof *b);
    if (!b) return ond_nomem(err, "starting the browser");
    b->profile.lock.fd = -1;
    b->allow = o->allow;
    b->self = o->self;
    b->sandboxed = geteuid() != 0;
    OND_TRY(ond__chrome_find(o->program, &program, err));
    OND_TRY(ond__profile_make(&b->profile, err));
    OND_TRY(spawn(b, o, program.p, err));
    rc = begin_session(b, o->start > 0 ? o->start : START_MS, err);
    if (rc != 0) explain(b, err);
out:
    ond_buf_free(&program);
    if (rc == 0)
        *out = b;
    else
        ond__chrome_close(b);
    return rc;
}

void ond__chrome_close(ond__chrome *b)
{
    if (!b) return;
    if (b->cdp && !ond__cdp_gone(b->cdp)) {
        ond__cdp_tell(b->cdp, NULL, "Browser.close", NULL);
        (void)ond_child_wait(b->child, CLOSE_MS);
    }
    ond_child_end(b->child, TERM_MS);
    for (size_t i = 0; i < b->n; i++) ond__tab_free(b->tabs[i]);
    free(b->tabs);
    ond__cdp_close(b->cdp);
    ond__profile_remove(&b->profile);
    free(b);
}

/* ---- asking ---- */

ond__cdp *ond__chrome_cdp(ond__chrome *b)
{
    return b->cdp;
}

bool ond__chrome_gone(ond__chrome *b)
{
    return ond__cdp_gone(b->cdp);
}

const char *ond__chrome_why(ond__chrome *b)
{
    return ond__cdp_why(b->cdp);
}

bool ond__chrome_sandboxed(const ond__chrome *b)
{
    return b->sandboxed;
}

const char *ond__chrome_version(const ond__chrome *b)
{
    return b->version;
}

const char *ond__chrome_profile(const ond__chrome *b)
{
    return b->profile.path;
}

int ond__chrome_pid(const ond__chrome *b)
{
    return ond_child_pid(b->child);
}
