/* watch.h - the two scripts that every document gets before its own: what it is doing, for
 * settle.h.
 *
 * One runs in an isolated world ("ondol"): it sees the same DOM, but the page cannot see or change
 * it. It counts mutations, finds running animations and frames, and answers when the page is quiet.
 * Timers of the page cannot be seen from there: a world has timers of its own. So a second, small
 * one in the page's world puts a Proxy around setTimeout, setInterval and requestAnimationFrame (a
 * Proxy prints and behaves as what it stands for) and tells the first by events with a name that is
 * drawn anew for each process. A page that finds and deceives it gains nothing but that we look too
 * early or too late.
 *
 * Measured against the alternatives: virtual time (Emulation.setVirtualTimePolicy) counts timers,
 * but moves the page's clock; instrumentation breakpoints stop the page at every timer; polling
 * from outside costs a turn each. */
#ifndef OND_HAND_WEB_WATCH_H
#define OND_HAND_WEB_WATCH_H

#define OND__WORLD "ondol"

/* Both are made on first use; NULL when out of memory. */
const char *ond__watch_isolated(void);
const char *ond__watch_page(void);

#endif
