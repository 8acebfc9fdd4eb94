/* late.h - libraries that are loaded when something first needs them.
 *
 * libcurl alone draws in thirty others: with it, the broker's client and ICU, every verb would spend most of its start in the
 * dynamic loader (docs/SPEED.md), and few use any of the three. The functions of such a library are called through a table
 * of their own types, so that the compiler checks calls as it does elsewhere:
 *
 *     static struct { __typeof__(&unum_open) open; } unum;
 *     static const ond_late_fn fns[] = {{"unum_open", &unum.open}};
 *     static ond_late library = {"libicui18n.so.72", fns, 1, false};
 *     rc = ond_late_load(&library, err);                 before unum.open(...)
 */
#ifndef OND_SYS_LATE_H
#define OND_SYS_LATE_H

#include "base/err.h"

typedef struct ond_late_fn {
    const char *name;
    void *to;             /* the function pointer that takes its address */
} ond_late_fn;

typedef struct ond_late {
    const char *file;     /* as the dynamic loader finds it: "libcurl.so.4" */
    const ond_late_fn *fn;
    size_t n;
    bool loaded;          /* guarded by late.c */
} ond_late;

/* Loads it with all of its functions, once; any thread may ask. OND_E_UNAVAILABLE: the library or a function is missing; then
 * nothing of the table is to be called. It stays for the life of the process. */
OND_CHECKED int ond_late_load(ond_late *l, ond_err *err);

#endif
