/* tab.c - what Chromium says of a page, kept as it comes: frames, worlds, requests, dialogs.
 *
 * 1. Nothing here waits; answers to events (a dialog dismissed, a document let through or not) are
 *    told, not called.
 * 2. Every table is bounded, since pages decide how much is said. What does not fit is not
 * followed, and no request that is left out is waited for.
 * 3. A new session is told, in one go and before its page runs, all that it shall say. */
#include "hand/web/tab.h"

#include "base/utf8.h"
#include "hand/web/ids.h"
#include "hand/web/watch.h"
#include "sys/clock.h"

#include <stdio.h>
#include <stdlib.h>

enum { SESSIONS_MOST = 64 };

static void copy(char *to, size_t size, const char *text)
{
    size_t n = ond_utf8_cut(ond_str_of(text), size - 1);
    memcpy(to, text, n);
    to[n] = '\0';
}

static void copy_id(char to[OND__ID], const char *id)
{
    copy(to, OND__ID, id);
}

static bool grow(void *rows, size_t *cap, size_t n, size_t size)
{
    void **v = rows;
    if (n < *cap) return true;
    size_t more = *cap ? *cap * 2 : 8;
    void *p = realloc(*v, more * size);
    if (!p) return false;
    *v = p;
    *cap = more;
    return true;
}

/* ---- its life ---- */

ond__tab *ond__tab_new(ond__chrome *b, const char *target, const char *session, const char *opener)
{
    ond__tab *t = calloc(1, sizeof *t);
    if (!t) return NULL;
    t->browser = b;
    t->cdp = ond__chrome_cdp(b);
    copy_id(t->target, target);
    copy_id(t->session, session);
    copy_id(t->opener, opener);
    return t;
}

void ond__tab_free(ond__tab *t)
{
    if (!t) return;
    for (size_t i = 0; i < t->n_frames; i++) free(t->frames[i].url);
    free(t->frames);
    free(t->sessions);
    free(t->requests);
    ond__ids_free(t->ids);
    free(t);
}

bool ond__tab_has(const ond__tab *t, const char *session)
{
    for (size_t i = 0; i < t->n_sessions; i++)
        if (strcmp(t->sessions[i], session) == 0) return true;
    return false;
}

static void forget_session(ond__tab *t, const char *session)
{
    for (size_t i = 0; i < t->n_sessions; i++) {
        if (strcmp(t->sessions[i], session) != 0) continue;
        memmove(t->sessions[i], t->sessions[--t->n_sessions], OND__ID);
        break;
    }
    for (size_t i = 0; i < t->n_frames; i++) {
        if (strcmp(t->frames[i].session, session) != 0) continue;
        copy_id(t->frames[i].session, t->session);
        t->frames[i].world[0] = '\0';
    }
    if (strcmp(session, t->session) == 0) t->gone = true;
}

static cJSON *document_pattern(void)
{
    cJSON *list = cJSON_CreateArray();
    cJSON *row = ond__params("urlPattern=s resourceType=s", "*", "Document");
    if (!row || !cJSON_AddItemToArray(list, row)) cJSON_Delete(row);
    return list;
}

static cJSON *frame_filter(void)
{
    cJSON *list = cJSON_CreateArray(), *row = ond__params("type=s", "iframe");
    if (!row || !cJSON_AddItemToArray(list, row)) cJSON_Delete(row);
    return list;
}

static void set_up(ond__tab *t, const char *session)
{
    ond__cdp *c = t->cdp;
    const char *isolated = ond__watch_isolated(), *page = ond__watch_page();
    bool whole_page = strcmp(session, t->session) == 0;
    ond__cdp_tell(c, session, "Inspector.enable", NULL);
    ond__cdp_tell(c, session, "Page.enable", NULL);
    ond__cdp_tell(c, session, "Page.setLifecycleEventsEnabled", ond__params("enabled=b", 1));
    ond__cdp_tell(c, session, "Runtime.enable", NULL);
    ond__cdp_tell(c, session, "DOM.enable", NULL);
    ond__cdp_tell(c, session, "Network.enable", NULL);
    ond__cdp_tell(c, session, "Accessibility.enable", NULL);
    ond__cdp_tell(c, session, "Fetch.enable", ond__params("patterns=j", document_pattern()));
    ond__cdp_tell(c, session, "Page.addScriptToEvaluateOnNewDocument",
                  ond__params("source=s worldName=s runImmediately=b", isolated, OND__WORLD, 1));
    ond__cdp_tell(c, session, "Page.addScriptToEvaluateOnNewDocument",
                  ond__params("source=s runImmediately=b", page, 1));
    ond__cdp_tell(c, session, "Target.setAutoAttach",
                  ond__params("autoAttach=b waitForDebuggerOnStart=b flatten=b filter=j", 1, 1, 1,
                              frame_filter()));
    if (whole_page) {
        ond__cdp_tell(c, session, "Page.setInterceptFileChooserDialog",
                      ond__params("enabled=b", 1));
        ond__cdp_tell(c, session, "Emulation.setFocusEmulationEnabled",
                      ond__params("enabled=b", 1));
    }
    ond__cdp_tell(c, session, "Runtime.runIfWaitingForDebugger", NULL);
}

/* ---- frames ---- */

ond__frame *ond__tab_frame(const ond__tab *t, const char *id)
{
    if (!id || !id[0]) return t->n_frames ? &t->frames[0] : NULL;
    for (size_t i = 0; i < t->n_frames; i++)
        if (strcmp(t->frames[i].id, id) == 0) return &t->frames[i];
    return NULL;
}

/* The page's own frame has the target's id and stands first. */
static ond__frame *frame_of(ond__tab *t, const char *id, const char *session)
{
    ond__frame *f = id[0] ? ond__tab_frame(t, id) : NULL;
    if (f || !id[0] || t->n_frames >= OND__FRAMES_MOST) return f;
    if (!grow(&t->frames, &t->cap_frames, t->n_frames, sizeof *t->frames)) return NULL;
    size_t at = t->n_frames++;
    if (strcmp(id, t->target) == 0 && at > 0) {
        memmove(t->frames + 1, t->frames, at * sizeof *t->frames);
        at = 0;
    }
    t->frames[at] = (ond__frame){0};
    copy_id(t->frames[at].id, id);
    copy_id(t->frames[at].session, session);
    return &t->frames[at];
}

void ond__tab_attach(ond__tab *t, const char *session, const char *target)
{
    if (t->n_sessions >= SESSIONS_MOST ||
        !grow(&t->sessions, &t->cap_sessions, t->n_sessions, OND__ID)) {
        ond__cdp_tell(t->cdp, session, "Runtime.runIfWaitingForDebugger", NULL);
        return;
    }
    copy_id(t->sessions[t->n_sessions++], session);
    ond__frame *f = frame_of(t, target[0] ? target : t->target, session);
    if (f) {
        copy_id(f->session, session);
        f->world[0] = '\0';
    }
    set_up(t, session);
}

static void remove_frame(ond__tab *t, const char *id)
{
    for (size_t i = 1; i < t->n_frames; i++) {
        if (strcmp(t->frames[i].parent, id) != 0) continue;
        char child[OND__ID];
        memcpy(child, t->frames[i].id, sizeof child);
        remove_frame(t, child);
        i = 0; /* rows have moved */
    }
    ond__frame *f = ond__tab_frame(t, id);
    if (!f || f == t->frames) return;
    free(f->url);
    size_t at = (size_t)(f - t->frames);
    memmove(f, f + 1, (--t->n_frames - at) * sizeof *f);
}

static void set_url(ond__frame *f, const char *url, const char *fragment)
{
    ond_buf b = {0};
    ond_buf_printf(&b, "%s%s", url, fragment);
    char *text = ond_buf_take(&b);
    if (!text) return;
    free(f->url);
    f->url = text;
}

static void on_navigated(ond__tab *t, const char *session, const cJSON *row)
{
    ond__frame *f = frame_of(t, ond_json_str(row, "id", ""), session);
    if (!f) return;
    char id[OND__ID];
    memcpy(id, f->id, sizeof id);
    for (size_t i = 1; i < t->n_frames; i++)
        if (strcmp(t->frames[i].parent, id) == 0) {
            char child[OND__ID];
            memcpy(child, t->frames[i].id, sizeof child);
            remove_frame(t, child);
            i = 0;
        }
    f = ond__tab_frame(t, id);
    if (!f) return;
    copy_id(f->parent, ond_json_str(row, "parentId", f->parent));
    copy_id(f->session, session);
    const char *loader = ond_json_str(row, "loaderId", "");
    if (strcmp(f->loader, loader) != 0) f->ready = f->loaded = false;
    copy_id(f->loader, loader);
    const char *failed = ond_json_str(row, "unreachableUrl", NULL);
    set_url(f, failed ? failed : ond_json_str(row, "url", ""),
            ond_json_str(row, "urlFragment", ""));
    f->asked = 0;
    f->loading = !f->loaded;
    if (f == t->frames) t->n_navigations++;
}

static void on_lifecycle(ond__tab *t, const cJSON *params)
{
    ond__frame *f = ond__tab_frame(t, ond_json_str(params, "frameId", "?"));
    const char *name = ond_json_str(params, "name", "");
    const char *loader = ond_json_str(params, "loaderId", "");
    if (!f) return;
    if (strcmp(name, "init") == 0 || strcmp(name, "commit") == 0) {
        if (strcmp(f->loader, loader) != 0) f->ready = f->loaded = false;
        copy_id(f->loader, loader);
    }
    if (strcmp(f->loader, loader) != 0) return;
    if (strcmp(name, "DOMContentLoaded") == 0) f->ready = true;
    if (strcmp(name, "load") == 0) f->ready = f->loaded = true;
}

/* ---- worlds ---- */

static void on_world(ond__tab *t, const char *session, const cJSON *row)
{
    const cJSON *aux = ond_json_get(row, "auxData");
    if (strcmp(ond_json_str(row, "name", ""), OND__WORLD) != 0 ||
        ond_json_bool(aux, "isDefault", true))
        return;
    ond__frame *f = frame_of(t, ond_json_str(aux, "frameId", ""), session);
    if (f) copy_id(f->world, ond_json_str(row, "uniqueId", ""));
}

static void on_world_gone(ond__tab *t, const char *id)
{
    for (size_t i = 0; i < t->n_frames; i++)
        if (strcmp(t->frames[i].world, id) == 0) t->frames[i].world[0] = '\0';
}

static void on_worlds_gone(ond__tab *t, const char *session)
{
    for (size_t i = 0; i < t->n_frames; i++)
        if (strcmp(t->frames[i].session, session) == 0) t->frames[i].world[0] = '\0';
}

/* ---- requests ---- */

static void remove_request(ond__tab *t, const char *id)
{
    for (size_t i = 0; i < t->n_requests; i++)
        if (strcmp(t->requests[i].id, id) == 0) {
            t->requests[i] = t->requests[--t->n_requests];
            return;
        }
}

/* Those that a page does not wait for are not waited for here. */
static bool counts(const cJSON *params)
{
    static const char *const not [] = {"Ping",     "EventSource",        "WebSocket",
                                       "Media",    "CSPViolationReport", "Manifest",
                                       "Prefetch", "Preflight"};
    const char *type = ond_json_str(params, "type", "");
    for (size_t i = 0; i < sizeof not / sizeof *not ; i++)
        if (strcmp(type, not [i]) == 0) return false;
    const char *url = ond_json_str(ond_json_get(params, "request"), "url", "");
    size_t n = strlen(url);
    if (n >= 12 && strcmp(url + n - 12, "/favicon.ico") == 0)
        return false; /* the browser's own wish */
    return strncmp(url, "data:", 5) != 0 && strncmp(url, "blob:", 5) != 0;
}

static bool is_main_document(const ond__tab *t, const cJSON *params)
{
    return strcmp(ond_json_str(params, "type", ""), "Document") == 0 &&
           strcmp(ond_json_str(params, "frameId", ""), t->target) == 0;
}

static void on_request(ond__tab *t, const cJSON *params)
{
    const char *id = ond_json_str(params, "requestId", "");
    if (!counts(params)) return;
    remove_request(t, id); /* a redirect goes on under the same id */
    t->n_requests_all++;
    if (is_main_document(t, params)) {
        t->arrival = (ond__arrival){0};
        copy_id(t->arrival.loader, id); /* a document's request is called as its loader */
    }
    if (t->n_requests >= OND__REQUESTS_MOST ||
        !grow(&t->requests, &t->cap_requests, t->n_requests, sizeof *t->requests))
        return;
    ond__request *r = &t->requests[t->n_requests++];
    copy_id(r->id, id);
    r->began = ond_steady_us();
}

static void on_response(ond__tab *t, const cJSON *params)
{
    if (!is_main_document(t, params)) return;
    const cJSON *response = ond_json_get(params, "response");
    const char *url = ond_json_str(response, "url", "");
    copy_id(t->arrival.loader, ond_json_str(params, "loaderId", ""));
    t->arrival.status = strncmp(url, "http", 4) == 0 ? (int)ond_json_num(response, "status", 0) : 0;
    t->arrival.error[0] = '\0';
}

static void on_failed(ond__tab *t, const cJSON *params)
{
    const char *id = ond_json_str(params, "requestId", "");
    remove_request(t, id);
    if (strcmp(t->arrival.loader, id) != 0) return;
    copy(t->arrival.error, sizeof t->arrival.error, ond_json_str(params, "errorText", ""));
}

size_t ond__tab_pending(const ond__tab *t, uint64_t since)
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_requests; i++) n += t->requests[i].began >= since;
    return n;
}

/* A document asks to be loaded: let it, or not. */
static void on_paused(ond__tab *t, const char *session, const cJSON *params)
{
    ond_err why;
    const char *id = ond_json_str(params, "requestId", "");
    const char *url = ond_json_str(ond_json_get(params, "request"), "url", "");
    bool main = strcmp(ond_json_str(params, "frameId", ""), t->target) == 0;
    if (ond__chrome_allows(t->browser, url, main, &why) == 0) {
        ond__cdp_tell(t->cdp, session, "Fetch.continueRequest", ond__params("requestId=s", id));
        return;
    }
    t->n_blocked++;
    copy(t->blocked, sizeof t->blocked, url);
    ond__cdp_tell(t->cdp, session, "Fetch.failRequest",
                  ond__params("requestId=s errorReason=s", id, "BlockedByClient"));
}

/* ---- dialogs ---- */

static ond__dialog *last_dialog(ond__tab *t)
{
    return t->n_dialogs ? &t->dialogs[t->n_dialogs % OND__DIALOGS_KEPT] : NULL;
}

const ond__dialog *ond__tab_last_dialog(const ond__tab *t)
{
    return t->n_dialogs ? &t->dialogs[t->n_dialogs % OND__DIALOGS_KEPT] : NULL;
}

static void on_dialog(ond__tab *t, const char *session, const cJSON *params)
{
    t->n_dialogs++;
    ond__dialog *d = last_dialog(t);
    *d = (ond__dialog){.number = t->n_dialogs, .open = t->hold_dialogs};
    copy(d->kind, sizeof d->kind, ond_json_str(params, "type", ""));
    copy(d->text, sizeof d->text, ond_json_str(params, "message", ""));
    if (!t->hold_dialogs)
        ond__cdp_tell(t->cdp, session, "Page.handleJavaScriptDialog", ond__params("accept=b", 0));
}

int ond__tab_dialog(ond__tab *t, bool accept, const char *text, ond_err *err)
{
    ond__dialog *d = last_dialog(t);
    if (!d || !d->open) return ond_fail(err, OND_E_STALE, "no dialog of the page is open any more");
    return ond__cdp_call(t->cdp, t->session, "Page.handleJavaScriptDialog",
                         ond__params("accept=b promptText=s", accept, text), 0, NULL, err);
}

/* ---- events ---- */

static void on_frame_event(ond__tab *t, const char *session, const char *what, const cJSON *params)
{
    const char *id = ond_json_str(params, "frameId", "");
    ond__frame *f = ond__tab_frame(t, id[0] ? id : "?");
    if (strcmp(what, "Attached") == 0) {
        f = frame_of(t, id, session);
        if (f) copy_id(f->parent, ond_json_str(params, "parentFrameId", ""));
    } else if (strcmp(what, "Detached") == 0) {
        if (strcmp(ond_json_str(params, "reason", ""), "swap") != 0) remove_frame(t, id);
    } else if (strcmp(what, "Navigated") == 0) {
        on_navigated(t, session, ond_json_get(params, "frame"));
    } else if (!f) {
        return;
    } else if (strcmp(what, "RequestedNavigation") == 0) {
        if (strcmp(ond_json_str(params, "disposition", "currentTab"), "currentTab") == 0)
            f->asked = ond_steady_us();
    } else if (strcmp(what, "StartedLoading") == 0) {
        f->loading = true;
        f->asked = 0;
    } else if (strcmp(what, "StoppedLoading") == 0) {
        f->loading = false;
        f->asked = 0;
    }
}

static void on_page_event(ond__tab *t, const char *session, const char *name, const cJSON *params)
{
    if (strncmp(name, "frame", 5) == 0) {
        on_frame_event(t, session, name + 5, params);
    } else if (strcmp(name, "navigatedWithinDocument") == 0) {
        ond__frame *f = ond__tab_frame(t, ond_json_str(params, "frameId", "?"));
        if (f) {
            set_url(f, ond_json_str(params, "url", ""), "");
            f->asked = 0;
            if (f == t->frames) t->n_navigations++;
        }
    } else if (strcmp(name, "lifecycleEvent") == 0) {
        on_lifecycle(t, params);
    } else if (strcmp(name, "javascriptDialogOpening") == 0) {
        on_dialog(t, session, params);
    } else if (strcmp(name, "javascriptDialogClosed") == 0) {
        ond__dialog *d = last_dialog(t);
        if (d) d->open = false;
    } else if (strcmp(name, "fileChooserOpened") == 0) {
        t->n_choosers++;
    }
}

static void on_network_event(ond__tab *t, const char *name, const cJSON *params)
{
    const char *id = ond_json_str(params, "requestId", "");
    if (strcmp(name, "requestWillBeSent") == 0)
        on_request(t, params);
    else if (strcmp(name, "responseReceived") == 0)
        on_response(t, params);
    else if (strcmp(name, "loadingFailed") == 0)
        on_failed(t, params);
    else if (strcmp(name, "loadingFinished") == 0)
        remove_request(t, id);
}

static void on_runtime_event(ond__tab *t, const char *session, const char *name,
                             const cJSON *params)
{
    if (strcmp(name, "executionContextCreated") == 0)
        on_world(t, session, ond_json_get(params, "context"));
    else if (strcmp(name, "executionContextDestroyed") == 0)
        on_world_gone(t, ond_json_str(params, "executionContextUniqueId", "?"));
    else if (strcmp(name, "executionContextsCleared") == 0)
        on_worlds_gone(t, session);
}

void ond__tab_event(ond__tab *t, const char *session, const char *method, const cJSON *params)
{
    if (strncmp(method, "Page.", 5) == 0)
        on_page_event(t, session, method + 5, params);
    else if (strncmp(method, "Network.", 8) == 0)
        on_network_event(t, method + 8, params);
    else if (strncmp(method, "Runtime.", 8) == 0)
        on_runtime_event(t, session, method + 8, params);
    else if (strcmp(method, "Fetch.requestPaused") == 0)
        on_paused(t, session, params);
    else if (strcmp(method, "Target.detachedFromTarget") == 0)
        forget_session(t, ond_json_str(params, "sessionId", ""));
    else if (strcmp(method, "Target.targetInfoChanged") == 0)
        copy(t->title, sizeof t->title,
             ond_json_str(ond_json_get(params, "targetInfo"), "title", ""));
    else if (strcmp(method, "Browser.downloadWillBegin") == 0)
        t->n_downloads++;
    else if (strcmp(method, "Inspector.targetCrashed") == 0) {
        ond__cdp_fail_session(t->cdp, session, "the page has crashed");
        if (strcmp(session, t->session) == 0) t->crashed = true;
    } else if (strcmp(method, "Inspector.targetReloadedAfterCrash") == 0)
        t->crashed = false;
}

/* ---- asking ---- */

const char *ond__tab_url(const ond__tab *t)
{
    return t->n_frames && t->frames[0].url ? t->frames[0].url : "about:blank";
}

bool ond__tab_loading(const ond__tab *t)
{
    uint64_t now = ond_steady_us();
    for (size_t i = 0; i < t->n_frames; i++) {
        const ond__frame *f = &t->frames[i];
        if (f->loading || (f->asked && now - f->asked < 500000)) return true;
    }
    return false;
}
