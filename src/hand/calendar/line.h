/* line.h - an iCalendar file as its lines, so that a change leaves every other byte as it is.
 *
 * A content line is what RFC 5545 3.1 calls one, with its folds; `raw` holds its bytes with the
 * line end. */
#ifndef OND_HAND_CALENDAR_LINE_H
#define OND_HAND_CALENDAR_LINE_H

#include "base/arena.h"

typedef struct ond__line {
    ond_str raw;
    ond_str text; /* unfolded, without the line end */
    size_t name;  /* bytes of its name */
    int comp;     /* index of the component that it belongs to (BEGIN and END: the one that they
                     delimit), or -1 */
} ond__line;

typedef struct ond__comp {
    ond_str name;
    size_t begin, end; /* lines */
    int parent;
} ond__comp;

typedef struct ond__doc {
    ond_arena mem;
    ond__line *line;
    size_t n, cap;
    ond__comp *comp;
    size_t n_comp, cap_comp;
    bool lf; /* its lines end in LF alone */
    bool nomem;
    const char *problem; /* what is wrong with it, or NULL */
} ond__doc;

/* Borrows bytes. False only where memory is out. */
bool ond__doc_open(ond_str bytes, ond__doc *out);
void ond__doc_free(ond__doc *d);
void ond__doc_put_all(const ond__doc *d, ond_buf *out);

bool ond__line_is(const ond__line *l, const char *name);
/* What stands behind the colon. */
ond_str ond__line_value(const ond__line *l);
/* A parameter, without quotes; n 0 where it is missing. */
ond_str ond__line_param(const ond__line *l, const char *name);

/* First line of that name directly in component c, at or after line `from`; or -1. */
int ond__doc_find(const ond__doc *d, int c, const char *name, size_t from);
/* `text` is one or more whole lines as libical prints them (CRLF, folded). */
bool ond__doc_insert(ond__doc *d, size_t at, const char *text);
bool ond__doc_replace(ond__doc *d, size_t at, const char *text);
void ond__doc_remove(ond__doc *d, size_t from, size_t to); /* lines [from, to) */
/* Replaces the first of that name and removes the others, or adds it at the end of the component's
 * own lines. */
bool ond__doc_set(ond__doc *d, int c, const char *name, const char *text);
void ond__doc_drop(ond__doc *d, int c, const char *name);
/* Where a line of component c goes: before its first inner component, or its end. */
size_t ond__doc_tail(const ond__doc *d, int c);

#endif
