/* dav_pair.h - the sync of one folder with one collection. */
#ifndef OND_HAND_CALENDAR_DAV_PAIR_H
#define OND_HAND_CALENDAR_DAV_PAIR_H

#include "hand/calendar/dav_room.h"

typedef enum ond__dav_kind {
    DAV_PULL,
    DAV_ERASE,
    DAV_PUSH,
    DAV_PUSH_NEW,
    DAV_DELETE
} ond__dav_kind; /* in this order */

typedef struct ond__dav_task {
    ond__dav_kind kind;
    char *file, *href, *etag; /* file NULL: not known here */
    char hash[OND_HASH_HEX];  /* of our file when this was decided */
    bool kept;                /* gone on one side, changed on the other */
    bool done;
} ond__dav_task;

typedef struct ond__dav_pair {
    ond__cal *h;
    ond__dav_http *http;
    char *folder, *url;
    ond__dav_report *report;
    ond__dav_state state;
    ond__dav_rows rows; /* what the server lists */
    bool full;          /* all of it, not only what changed */
    bool plain;         /* the server has no sync-collection */
    bool no_multiget;
    bool dirty; /* something was left undone: the old token stays */
    bool again; /* one more pass is needed */
    int pass;
    ond__dav_task *task;
    size_t n, cap, at, chunk_end;
    void (*done)(void *self, int rc, const ond_err *err);
    void *self;
} ond__dav_pair;

OND_CHECKED int ond__dav_pair_start(ond__dav_pair *p, ond_err *err);
void ond__dav_pair_free(ond__dav_pair *p);

/* ---- dav_plan.c ---- */
/* Tasks out of what each side has. */
OND_CHECKED int ond__dav_decide(ond__dav_pair *p, ond_err *err);
void ond__dav_tasks_free(ond__dav_pair *p);

/* ---- dav_take.c ---- */
/* The server's version of an item has come: into the folder, beside ours where both changed. */
OND_CHECKED int ond__dav_take(ond__dav_pair *p, const ond__dav_task *t, const char *etag,
                              ond_str data, ond_err *err);
/* The server has removed what is unchanged here. */
OND_CHECKED int ond__dav_erase(ond__dav_pair *p, const ond__dav_task *t, ond_err *err);
bool ond__dav_tell(cJSON *list, const char *folder, const char *file, const char *what);
/* Our bytes and their hash; n 0 and "" where the file is not there. */
OND_CHECKED int ond__dav_ours(const ond__dav_pair *p, const char *file, ond_buf *bytes,
                              char hash[OND_HASH_HEX], ond_err *err);

#endif
