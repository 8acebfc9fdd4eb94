/* tab.h - one page of the browser: where it is, what it is made of, what it is waiting for.
 *
 * What Chromium says of a page is kept here as it comes (ond__tab_event); functions that wait look
 * at that. A page has several sessions: its own, and one for each frame that Chromium keeps in
 * another process. Text, addresses and dialogs come from pages and are not trusted.
 *
 * A dialog (alert, confirm, prompt, "leave this page?") holds the page until it is answered. It is
 * kept, and dismissed at once; never accepted but by ond__tab_dialog, with hold_dialogs set before.
 */
#ifndef OND_HAND_WEB_TAB_H
#define OND_HAND_WEB_TAB_H

#include "hand/web/chrome.h"

enum {
    OND__ID = 64,           /* bytes of an id of Chromium's, with NUL */
    OND__FRAMES_MOST = 256, /* of a page; more are not followed */
    OND__REQUESTS_MOST = 1024,
    OND__DIALOGS_KEPT = 8,
    OND__DIALOG_TEXT = 2048,
    OND__TITLE_MOST = 512
};

typedef struct ond__frame {
    char id[OND__ID], parent[OND__ID]; /* parent: "" for the page itself */
    char session[OND__ID];             /* where calls about it go */
    char loader[OND__ID];              /* which document is in it */
    char
        world[OND__ID]; /* our isolated world's context (uniqueContextId), "" while there is none */
    char *url;
    bool ready, loaded; /* of that document: DOMContentLoaded, load */
    bool loading;       /* a navigation is on its way, or the document is not loaded */
    uint64_t
        asked; /* when the page asked for a navigation that has not begun yet (steady µs), or 0 */
} ond__frame;

typedef struct ond__request {
    char id[OND__ID];
    uint64_t began; /* steady microseconds */
} ond__request;

typedef struct ond__dialog {
    unsigned number;             /* 1, 2, … of this tab */
    char kind[16];               /* "alert", "confirm", "prompt", "beforeunload" */
    char text[OND__DIALOG_TEXT]; /* cut */
    bool open;
} ond__dialog;

/* How the last document came that was asked for, whoever asked. */
typedef struct ond__arrival {
    char loader[OND__ID];
    int status;     /* of HTTP; 0: none (a file, an error) */
    char error[64]; /* "net::ERR_NAME_NOT_RESOLVED"; "" */
} ond__arrival;

struct ond__tab {
    ond__chrome *browser;
    ond__cdp *cdp;
    char target[OND__ID], session[OND__ID],
        opener[OND__ID]; /* opener: the target that opened it, or "" */
    char title[OND__TITLE_MOST];
    ond__frame *frames; /* frames[0] is the page itself, once it has any */
    size_t n_frames, cap_frames;
    char (*sessions)[OND__ID];
    size_t n_sessions, cap_sessions;
    ond__request *requests; /* on their way */
    size_t n_requests, cap_requests;
    ond__dialog dialogs[OND__DIALOGS_KEPT]; /* number % OND__DIALOGS_KEPT */
    ond__arrival arrival;
    char blocked[256]; /* the last address that was not allowed, cut; "" */
    struct ond__ids *ids; /* numbers of the document's nodes (observe.h), NULL before the first */
    bool gone, crashed, hold_dialogs;
    /* counted since the tab opened */
    unsigned n_dialogs, n_blocked, n_navigations, n_requests_all, n_choosers, n_downloads;
};

/* ---- going somewhere ---- */

typedef struct ond__visit {
    char *url;    /* where it ended; the caller frees it */
    int status;   /* of HTTP: 200, 404, …; 0: none */
    bool whole;   /* everything of it was loaded in time */
    bool in_page; /* the document is the same; only what stands behind # has changed */
} ond__visit;
void ond__visit_free(ond__visit *v);

/* Loads an address and waits until it is loaded, or for `limit` ms (0: 30 s); a page that is there,
 * but not whole by then, is OK. A status such as 404 is OK, too: there is a page. OND_E_DENIED: not
 * http, https, file, about or data, or not allowed, or its certificate is not valid; OND_E_INPUT:
 * no address; OND_E_NOT_FOUND: no such host, no such file; OND_E_UNAVAILABLE: refused, unreachable,
 * too slow; OND_E_FAILED: it is a file to be saved, or the page that is shown did not let go. */
OND_CHECKED int ond__tab_go(ond__tab *t, const char *url, ond_ms limit, ond__visit *out,
                            ond_err *err);
/* The page before (-1) or after (1) this one. OND_E_NOT_FOUND: there is none. */
OND_CHECKED int ond__tab_step(ond__tab *t, int by, ond_ms limit, ond__visit *out, ond_err *err);
OND_CHECKED int ond__tab_reload(ond__tab *t, ond_ms limit, ond__visit *out, ond_err *err);
/* Closes the page (its "leave?" dialog is not asked). The tab stays, gone, until ond__chrome_sweep.
 */
OND_CHECKED int ond__tab_close(ond__tab *t, ond_err *err);
/* Makes it the one that is shown. */
OND_CHECKED int ond__tab_front(ond__tab *t, ond_err *err);

/* ---- what there is ---- */

ond__frame *
ond__tab_frame(const ond__tab *t,
               const char *id); /* NULL or "": the page itself; NULL when there is none */
const char *ond__tab_url(const ond__tab *t); /* never NULL */
/* Requests on their way that began at or after `since` (steady microseconds; 0: all). */
size_t ond__tab_pending(const ond__tab *t, uint64_t since);
/* A navigation of any frame is on its way. */
bool ond__tab_loading(const ond__tab *t);
const ond__dialog *ond__tab_last_dialog(const ond__tab *t); /* NULL: there was none */
/* Answers the dialog that is open. text: for a prompt, or NULL. OND_E_STALE: none is open. */
OND_CHECKED int ond__tab_dialog(ond__tab *t, bool accept, const char *text, ond_err *err);

/* Evaluates in our isolated world of a frame (NULL: the page): the value of the expression,
 * promises waited for, as JSON. OND_E_STALE: the document is there no more; OND_E_FAILED: it threw,
 * err says what. */
OND_CHECKED int ond__tab_eval(ond__tab *t, const char *frame, const char *expression, ond_ms limit,
                              cJSON **out, ond_err *err);
/* The same in two halves, for several at once. */
OND_CHECKED int ond__tab_eval_send(ond__tab *t, const char *frame, const char *expression,
                                   ond_ms limit, int *ticket, ond_err *err);
OND_CHECKED int ond__tab_eval_take(ond__tab *t, int ticket, cJSON **out, ond_err *err);

/* ---- for chrome.c ---- */

ond__tab *ond__tab_new(ond__chrome *b, const char *target, const char *session, const char *opener);
void ond__tab_free(ond__tab *t);
/* Begins to follow a session of the tab: its own, or that of a frame (`target` is then the frame's
 * id). */
void ond__tab_attach(ond__tab *t, const char *session, const char *target);
bool ond__tab_has(const ond__tab *t, const char *session);
void ond__tab_event(ond__tab *t, const char *session, const char *method, const cJSON *params);
/* chrome.c: what the owner of the browser allows; OND_E_DENIED for other schemes, whatever it says.
 */
OND_CHECKED int ond__chrome_allows(ond__chrome *b, const char *url, bool main, ond_err *err);

#endif
