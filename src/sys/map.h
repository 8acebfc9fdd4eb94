/* map.h - memory by pages: files mapped read-only, large zeroed blocks, what the machine has. */
#ifndef OND_SYS_MAP_H
#define OND_SYS_MAP_H

#include "base/str.h"

typedef struct ond_map {
    const unsigned char *p;   /* read-only; NULL when n is 0 */
    size_t n;
    /* identity of the file at the time of mapping */
    uint64_t dev, ino, size, mtime_ns;
} ond_map;

/* Maps a whole regular file read-only. OND_E_NOT_FOUND, OND_E_INPUT (a folder, a pipe), OND_E_IO. A file that is truncated
 * by another process while mapped raises SIGBUS on access: callers map only files that they (or the owner) keep. */
OND_CHECKED int ond_map_open(const char *path, ond_map *out, ond_err *err);
void ond_map_close(ond_map *map);
/* Says that a range will be read soon (and reads it ahead), or that its pages may go (they come back from the file). */
void ond_map_need(const ond_map *map, size_t at, size_t n);
void ond_map_drop(const ond_map *map, size_t at, size_t n);

/* A zeroed block of whole pages, 2 MiB aligned, huge pages asked for (madvise) when `huge`. Pages cost nothing until
 * they are touched. NULL when out of memory. n is rounded up inside; give the same n to ond_pages_free. */
void *ond_pages_alloc(size_t n, bool huge);
void ond_pages_free(void *p, size_t n);

size_t ond_memory_total(void);       /* bytes of the machine or of the cgroup, whichever is less */
size_t ond_memory_available(void);   /* bytes that can be had without swapping, likewise */
int ond_cores(void);                 /* cores this process may use, at least 1 */

#endif
