/* dav.h - two-way sync with a CalDAV server (RFC 4791), for the files of the hand `calendar`. */
#ifndef OND_HAND_CALENDAR_DAV_H
#define OND_HAND_CALENDAR_DAV_H

#include "hand/calendar/internal.h"

OND_CHECKED int ond__dav_open(ond__cal *h, const cJSON *config, ond__dav **out, ond_err *err);
void ond__dav_close(ond__dav *v);
/* Syncs now, within the limit; fills done, after, err. */
OND_CHECKED int ond__dav_run(ond__cal *h, ond_act *a, ond_ms limit_ms);
void ond__dav_soon(ond__cal *h); /* something changed here */
int ond__dav_fd(ond__dav *v);
void ond__dav_service(ond__dav *v);
void ond__dav_health(const ond__dav *v, bool *ok, ond_buf *what);
/* Whether a sync that began at or after `since` has ended well. */
bool ond__dav_synced(const ond__dav *v, ond_ms since);

#endif
