/* chrome.h - a headless Chromium of our own: found, started with a throwaway profile, its tabs, its
 * end.
 *
 *     ond__chrome *b;
 *     OND_TRY(ond__chrome_open(&(ond__chrome_opts){.allow = ask_policy, .self = gate}, &b, err));
 *     ond__tab *tab = ond__chrome_tab(b, 0);
 *
 * 1. Chromium's own sandbox is on; only for root, where it cannot work, it is off, and
 *    ond__chrome_sandboxed says so.
 * 2. Nothing outside of the profile is read or written by it but what pages are shown from: HOME,
 * the runtime and the temporary folder of the process lie in it, and it goes with the browser.
 * 3. When Chromium dies, every call fails, ond__chrome_gone says so, and a new one can be opened.
 * 4. A page that opens windows gets at most OND__TABS_MOST, others are closed at once. */
#ifndef OND_HAND_WEB_CHROME_H
#define OND_HAND_WEB_CHROME_H

#include "hand/web/cdp.h"

typedef struct ond__chrome ond__chrome;
typedef struct ond__tab ond__tab;

enum { OND__TABS_MOST = 24 };

/* Whether a document may be loaded from this address; `main`: not into a frame of a page. Fills err
 * where it may not. Also called inside of event handlers, so it must not call the browser. */
typedef int ond__allow(void *self, const char *url, bool main, ond_err *err);

typedef struct ond__chrome_opts { /* borrowed for the call */
    const char
        *program; /* NULL or "": the first of chromium, chromium-browser, google-chrome on PATH */
    const char *const *flags; /* added to those that are built in; ends with NULL; may be NULL */
    int width, height;        /* of the window, CSS pixels; 0: 1280 by 720 */
    ond_ms start;             /* for starting; 0: 30 s */
    ond__allow *allow;        /* NULL: about: and data: only */
    void *self;
} ond__chrome_opts;

/* The program's path. OND_E_UNAVAILABLE: there is none; err names the package. */
OND_CHECKED int ond__chrome_find(const char *program, ond_buf *out, ond_err *err);
/* Starts it and waits for its first tab, an empty page. OND_E_UNAVAILABLE. */
OND_CHECKED int ond__chrome_open(const ond__chrome_opts *opts, ond__chrome **out, ond_err *err);
/* Ends it and removes the profile, within some three seconds. NULL is fine. */
void ond__chrome_close(ond__chrome *b);

ond__cdp *ond__chrome_cdp(ond__chrome *b);
bool ond__chrome_gone(ond__chrome *b);
const char *ond__chrome_why(ond__chrome *b); /* why it is gone; "" */
bool ond__chrome_sandboxed(const ond__chrome *b);
const char *ond__chrome_version(const ond__chrome *b); /* "Chrome/156.0.8078.114" */
const char *ond__chrome_profile(const ond__chrome *b);
int ond__chrome_pid(const ond__chrome *b);

/* Tabs in the order in which they came, popups too; those whose page has gone stay until
 * ond__chrome_sweep. */
size_t ond__chrome_tabs(const ond__chrome *b);
ond__tab *ond__chrome_tab(const ond__chrome *b, size_t i);
/* A new empty tab. */
OND_CHECKED int ond__chrome_new_tab(ond__chrome *b, ond__tab **out, ond_err *err);
/* Frees the tabs whose page has gone. Pointers to them end here. */
void ond__chrome_sweep(ond__chrome *b);

#endif
