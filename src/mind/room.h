/* room.h - what the files of mind share: a lesson as it is kept. */
#ifndef OND_MIND_ROOM_H
#define OND_MIND_ROOM_H

#include "mind/mind.h"

#define OND__SPACE "mind" /* in the store: id to lesson, and "next" */

typedef struct ond__kept {
    cJSON *row;  /* owns what `l` shows */
    ond_buf key; /* of what was said, for comparing */
    ond_lesson l;
} ond__kept;

struct ond_mind {
    ond_store *store;
    ond__kept *v; /* by number of the id */
    size_t n, cap;
    long next; /* number of the next new id */
    uint64_t revision;
};

/* lesson.c */
OND_CHECKED int ond__lesson_check(const ond_lesson *l, ond_err *err);
/* Folded, without blanks. */
OND_CHECKED int ond__lesson_key(const char *said, ond_buf *out, ond_err *err);
long ond__lesson_number(const char *id); /* of "m12"; 0 for anything else */
/* A checked lesson as a row with this id. */
OND_CHECKED int ond__kept_make(const ond_lesson *l, const char *id, ond__kept *out, ond_err *err);
/* A row of the store; takes it, also when it is no lesson (OND_E_INPUT). */
OND_CHECKED int ond__kept_read(cJSON *row, ond__kept *out, ond_err *err);
void ond__kept_free(ond__kept *k);

#endif
