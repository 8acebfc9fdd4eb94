/* whole.h - a file that appears under its name whole or not at all, also when the process is
 * killed.
 *
 *     ond_whole w;
 *     OND_TRY(ond_whole_open(path, 0600, &w, err));
 *     … write to w.fd …
 *     rc = rc == 0 ? ond_whole_commit(&w, err) : (ond_whole_abort(&w), rc);
 *
 * Until commit the bytes have no name (O_TMPFILE), so that who is killed leaves nothing; where the
 * file system knows no such files, and for the moment in which a new file takes the place of an old
 * one, they are called "NAME.new-xxxxxxxx" and locked. The next write of NAME removes such files
 * that nobody holds. */
#ifndef OND_SYS_WHOLE_H
#define OND_SYS_WHOLE_H

#include "base/err.h"

typedef struct ond_whole {
    int fd;            /* the caller writes here */
    char *path, *temp; /* temp: NULL as long as the bytes have no name */
} ond_whole;

/* mode as for open(2): the umask applies. Through a symbolic link, so that a file that lives
 * elsewhere stays a link. OND_E_INPUT: a folder, or no regular file, has the name. */
OND_CHECKED int ond_whole_open(const char *path, unsigned mode, ond_whole *out, ond_err *err);
/* Syncs, names, syncs the folder. Ends w, also when it fails: then what stood under
 * the name stands there still (but for a folder that cannot be synced, when all else was done). */
OND_CHECKED int ond_whole_commit(ond_whole *w, ond_err *err);
void ond_whole_abort(ond_whole *w);

/* Removes what killed processes left in a folder of our own, whatever its name was to be. */
void ond_whole_sweep(const char *dir);

#endif
