/* profile.h - a folder for one browser's life: made at its start, gone at its end, also after a
 * crash. */
#ifndef OND_HAND_WEB_PROFILE_H
#define OND_HAND_WEB_PROFILE_H

#include "sys/file.h"

typedef struct ond__profile {
    char *path; /* 0700; NULL when there is none */
    char *lock_path;
    ond_lock lock; /* held while the folder may be in use */
} ond__profile;

/* Removes what processes that are dead have left, then makes a new one:
 * $XDG_RUNTIME_DIR/ondol/web/chromium-X, or below the system's temporary folder (sys/file.h).
 * OND_E_IO. */
OND_CHECKED int ond__profile_make(ond__profile *out, ond_err *err);
/* Removes it; waits up to a second for processes that are ending to let go of it. What cannot be
 * removed is removed by the next ond__profile_make. */
void ond__profile_remove(ond__profile *p);

#endif
