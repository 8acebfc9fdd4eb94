/* file.h - files and folders: whole reads with a bound, writes that are whole or not at all, XDG, locks. */
#ifndef OND_SYS_FILE_H
#define OND_SYS_FILE_H

#include "base/str.h"

/* Appends a regular file of at most `limit` bytes to *out. OND_E_NOT_FOUND, OND_E_INPUT (too large, a folder),
 * OND_E_IO; then *out is as it was. */
OND_CHECKED int ond_file_read(const char *path, size_t limit, ond_buf *out, ond_err *err);
/* The whole file, or what was there before (sys/whole.h, for more than a piece of memory). mode such as 0600, exactly. */
OND_CHECKED int ond_file_write(const char *path, ond_str bytes, unsigned mode, ond_err *err);
bool ond_file_exists(const char *path);
/* Both are there and are one file, by whatever names or links. */
bool ond_file_same(const char *a, const char *b);
/* Whether a file of this name could be made or replaced: its folder is there and may be written. For saying so before long work. */
OND_CHECKED int ond_file_may_write(const char *path, ond_err *err);
/* mkdir -p; new folders get `mode`. */
OND_CHECKED int ond_dir_make(const char *path, unsigned mode, ond_err *err);

/* Removes a folder with all it holds; links are removed, not followed; other file systems are left. A folder that is not there
 * is removed. What comes in meanwhile may be left (OND_E_IO). */
OND_CHECKED int ond_dir_remove(const char *path, ond_err *err);

/* Makes renames and new files in a folder durable. */
OND_CHECKED int ond_dir_sync(const char *path, ond_err *err);
/* "cannot <doing> <path>: <what errnum means, and what to do>". ENOENT is OND_E_NOT_FOUND, ENOMEM OND_E_NOMEM,
 * all else OND_E_IO. Returns the code. */
int ond_file_fail(ond_err *err, int errnum, const char *doing, const char *path);
/* Writes all of it, through short writes and interruptions; -1 with errno set. */
OND_CHECKED int ond_file_write_fd(int fd, const void *bytes, size_t n);
/* Reads n bytes from offset `at` on, likewise; -1 also where the file ends before. */
OND_CHECKED int ond_file_read_at(int fd, void *to, size_t n, uint64_t at);

/* Names in a folder, sorted by bytes, without those that begin with a dot: files that end in `suffix`, or with NULL only
 * folders. A malloc'd array of malloc'd names; free it with ond_names_free. OND_E_NOT_FOUND where there is no such folder. */
OND_CHECKED int ond_dir_list(const char *dir, const char *suffix, char ***out, size_t *n, ond_err *err);
void ond_names_free(char **names, size_t n);

typedef enum ond_xdg { OND_XDG_CONFIG, OND_XDG_DATA, OND_XDG_STATE, OND_XDG_CACHE, OND_XDG_RUNTIME } ond_xdg;
/* "$XDG_x_HOME/ondol/<name>" (name may be "": the folder). An empty or relative variable counts as unset;
 * without HOME the password entry is used; without XDG_RUNTIME_DIR: /tmp/ondol-UID, 0700, checked to be ours.
 * Does not create anything. */
OND_CHECKED int ond_xdg_path(ond_xdg which, const char *name, ond_buf *out, ond_err *err);

/* An exclusive lock on a file (of the open file: fcntl F_OFD_SETLK), held until closed or the process ends. OND_E_BUSY when another holds
 * it; err then names the process id that wrote itself into the file, if any. */
typedef struct ond_lock { int fd; } ond_lock;
OND_CHECKED int ond_lock_take(const char *path, ond_lock *out, ond_err *err);
void ond_lock_drop(ond_lock *lock);

/* Cryptographic random bytes (getrandom). */
void ond_random(void *out, size_t n);

/* Resident memory of this process in bytes, 0 if unknown. */
size_t ond_rss(void);

#endif
