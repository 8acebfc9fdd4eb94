/* cdp.h - the Chrome DevTools Protocol over a wire: calls, their answers, events; one thread.
 *
 * A call goes to a session (a page, a frame of another process; NULL is the browser itself).
 * Several may be on their way at once:
 *
 *     int box, tree;
 *     OND_TRY(ond__cdp_send(c, s, "DOM.getBoxModel", ond__params("nodeId=n", id), 0, &box, err));
 *     OND_TRY(ond__cdp_send(c, s, "Accessibility.getFullAXTree", NULL, 0, &tree, err));
 *     OND_TRY(ond__cdp_take(c, box, &b, err)); …
 *
 * Events come to one function, only while somebody waits or serves. That function may send and
 * tell; it may not wait, nor close. When the browser goes, all calls fail, and every later one at
 * once. */
#ifndef OND_HAND_WEB_CDP_H
#define OND_HAND_WEB_CDP_H

#include "base/json.h"
#include "base/time.h"

typedef struct ond__cdp ond__cdp;

typedef void ond__cdp_event(void *self, const char *session /* "": the browser */,
                            const char *method, const cJSON *params /* borrowed */);
typedef bool ond__cdp_holds(void *self);

enum { OND__CDP_LIMIT = 15000 /* ms that a call may take where 0 is given */ };

/* Takes `in` and `out` (hand/web/wire.h), also when it fails. `life` becomes readable when the
 * browser's process has ended (ond_child_fileno), or is -1; borrowed. */
OND_CHECKED int ond__cdp_open(int in, int out, int life, ond__cdp_event *event, void *self,
                              ond__cdp **cdp, ond_err *err);
void ond__cdp_close(ond__cdp *c);

/* Parameters: names with kinds, then the values: s const char * (NULL: left out), n double, i int,
 * b bool (as int), j cJSON * (taken). ond__params("url=s x=n", url, 1.5). NULL when out of memory:
 * the browser then refuses the call, since every method that is called so needs its parameters. */
cJSON *ond__params(const char *spec, ...);

/* Sends a call, to be taken later; `params` (may be NULL) is taken, also when it fails. limit: ms
 * from now for the answer. OND_E_UNAVAILABLE, OND_E_NOMEM. */
OND_CHECKED int ond__cdp_send(ond__cdp *c, const char *session, const char *method, cJSON *params,
                              ond_ms limit, int *ticket, ond_err *err);
/* Waits for the answer of a call that was sent, and ends the ticket. *result (NULL: not wanted) is
 * then the caller's. The text of an error begins with the method. OND_E_STALE: the page, frame,
 * node or script context that was meant is there no more. OND_E_FAILED: refused. OND_E_UNAVAILABLE:
 * not answered in time, or the browser has gone. */
OND_CHECKED int ond__cdp_take(ond__cdp *c, int ticket, cJSON **result, ond_err *err);
/* Whether ond__cdp_take would not wait. */
bool ond__cdp_answered(const ond__cdp *c, int ticket);
/* Ends a ticket whose answer is not wanted any more; 0 is fine. */
void ond__cdp_drop(ond__cdp *c, int ticket);
/* send and take. */
OND_CHECKED int ond__cdp_call(ond__cdp *c, const char *session, const char *method, cJSON *params,
                              ond_ms limit, cJSON **result, ond_err *err);
/* Sends, and whatever the answer is, nobody hears of it. For handlers of events. */
void ond__cdp_tell(ond__cdp *c, const char *session, const char *method, cJSON *params);

/* Fails the calls of one session that are not answered yet: its page has crashed. */
void ond__cdp_fail_session(ond__cdp *c, const char *session, const char *why);

typedef enum ond__cdp_wait { OND__WAIT_DONE, OND__WAIT_LATE, OND__WAIT_GONE } ond__cdp_wait;
/* Handles what comes until `holds` does (asked first, and after each batch), or the steady clock
 * shows `until` (microseconds), or the browser has gone. */
ond__cdp_wait ond__cdp_until(ond__cdp *c, ond__cdp_holds *holds, void *self, uint64_t until);
/* Handles what is there, without waiting. */
void ond__cdp_serve(ond__cdp *c);
/* What to watch for reading, so that ond__cdp_serve is called when something comes. */
int ond__cdp_fileno(const ond__cdp *c);

bool ond__cdp_gone(const ond__cdp *c);
const char *ond__cdp_why(const ond__cdp *c); /* why it is gone; "" */

#endif
