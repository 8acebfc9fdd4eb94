/* settle.h - when is an action over? By events, never by a fixed pause.
 *
 *     ond__mark m;
 *     OND_TRY(ond__settle_begin(tab, frame, &m, err));
 *     … the click, the key …
 *     OND_TRY(ond__settle_wait(tab, &m, 0, &s, err));
 *
 * If what began since the mark holds no request, navigation, timer (of a second or less), interval,
 * frame or animation, one animation frame in which nothing is changed is enough. Else: documents
 * that are on their way are loaded, requests have ended, the timers and finite animations are over,
 * and the DOM has been as it is for 50 ms. What was going on before the mark is not waited for. Not
 * seen: changes within shadow roots, work in workers, messages from servers. All within a bound. */
#ifndef OND_HAND_WEB_SETTLE_H
#define OND_HAND_WEB_SETTLE_H

#include "hand/web/tab.h"

enum { OND__SETTLE_MS = 10000 }; /* the bound where 0 is given */

typedef struct ond__mark {
    uint64_t at; /* steady microseconds */
    unsigned navigations, requests, dialogs;
    char frame[OND__ID]; /* the one that is acted in, or "" */
} ond__mark;

typedef enum ond__settled_how {
    OND__SETTLED_FRAME,    /* nothing went on: one quiet frame */
    OND__SETTLED_QUIET,    /* something went on, and is over */
    OND__SETTLED_RESTLESS, /* the page changes all the time; nothing else goes on */
    OND__SETTLED_LATE,     /* the bound has come first */
    OND__SETTLED_DIALOG,   /* a dialog is open and waits for an answer */
    OND__SETTLED_CLOSED    /* the page was closed, or has crashed */
} ond__settled_how;

typedef struct ond__settled {
    ond__settled_how how;
    unsigned navigations, requests, dialogs; /* since the mark */
    unsigned changes; /* records of mutations in the document that is there now */
    uint64_t us;      /* from the call of ond__settle_wait to its end */
} ond__settled;

const char *ond__settled_name(ond__settled_how how); /* "frame", "quiet", … */

/* Before the action. frame: the one that is acted in; NULL or "": the page. OND_E_STALE,
 * OND_E_UNAVAILABLE. */
OND_CHECKED int ond__settle_begin(ond__tab *t, const char *frame, ond__mark *m, ond_err *err);
/* After it; limit in ms, 0: OND__SETTLE_MS. OND_E_UNAVAILABLE: the browser has gone. */
OND_CHECKED int ond__settle_wait(ond__tab *t, const ond__mark *m, ond_ms limit, ond__settled *out,
                                 ond_err *err);

#endif
