/* notify.h - a notification on the person's desktop, over D-Bus (Desktop Notifications Specification 1.2).
 *
 * Sends and does not wait for an answer. Only a bus that is there already is used (DBUS_SESSION_BUS_ADDRESS, or
 * XDG_RUNTIME_DIR/bus): none is started. The library is loaded with the first notification. */
#ifndef OND_SYS_NOTIFY_H
#define OND_SYS_NOTIFY_H

#include "base/str.h"

typedef struct ond_notify ond_notify;

/* Where there is a session bus to be tried. */
bool ond_notify_there(void);
/* Tells `text` (one or more lines of UTF-8), `urgent` or not. *n is the connection, opened when NULL or lost; keep it until
 * the end, since the bus may have to start the service that shows it. Takes 300 ms at most, for a bus that does not answer.
 * OND_E_UNAVAILABLE: no bus, no library, or the bus does not take it. */
OND_CHECKED int ond_notify_send(ond_notify **n, const char *text, bool urgent, ond_err *err);
void ond_notify_close(ond_notify *n);

#endif
