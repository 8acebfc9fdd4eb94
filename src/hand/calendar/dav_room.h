/* dav_room.h - what the files of the CalDAV sync share.
 *
 * One request at a time, driven by the loop's descriptor; each answer leads to the next step
 * (dav_sync.c).
 *
 * What was in sync is written down in each folder (`.ondol-sync`, dav_state.c), line by line as it
 * comes about. A kill at any point leaves at worst an item that both sides have and the state does
 * not know; the next sync compares the two and finds them equal. A folder that was lost takes its
 * state along, so its entries are fetched again, not removed there. */
#ifndef OND_HAND_CALENDAR_DAV_ROOM_H
#define OND_HAND_CALENDAR_DAV_ROOM_H

#include "hand/calendar/dav.h"
#include "sys/loop.h"

/* ---- dav_xml.c: a multistatus body ---- */
typedef struct ond__dav_row { /* a response */
    char *href;
    char *etag, *name, *data, *principal, *home;
    bool calendar, events, todos, any_comps; /* any_comps: it says which */
    int status;                              /* of the response itself, or 0 */
    bool ok;                                 /* has at least one property with status 200 */
} ond__dav_row;
typedef struct ond__dav_rows {
    ond__dav_row *v;
    size_t n, cap;
    char *token;
} ond__dav_rows;
/* OND_E_INPUT: no multistatus, or one with entities, too deep, or too long. */
OND_CHECKED int ond__dav_parse(ond_str body, ond__dav_rows *out, ond_err *err);
void ond__dav_rows_free(ond__dav_rows *r);
void ond__dav_xml_put(ond_buf *out, const char *text); /* escaped */

/* ---- dav_http.c ---- */
typedef struct ond__dav_reply {
    int curl; /* CURLcode */
    long status;
    ond_buf body, etag, redirect;
    char why[200]; /* of a transfer that failed */
} ond__dav_reply;
typedef struct ond__dav_ask {
    const char *method, *url, *body, *type;
    size_t n;  /* of the body */
    int depth; /* -1: none */
    const char *if_match;
    bool if_none;
} ond__dav_ask;
typedef void ond__dav_done(void *self, ond__dav_reply *reply);
typedef struct ond__dav_http ond__dav_http;
OND_CHECKED int ond__dav_http_open(ond_loop *loop, const char *user, const char *password,
                                   ond__dav_http **out, ond_err *err);
void ond__dav_http_close(ond__dav_http *x);
/* Starts; `done` is called from the loop, once, unless it is stopped before. */
OND_CHECKED int ond__dav_http_ask(ond__dav_http *x, const ond__dav_ask *a, ond__dav_done *done,
                                  void *self, ond_err *err);
void ond__dav_http_stop(ond__dav_http *x);

/* ---- dav_url.c ---- */
/* "https://host:port" of a URL; false where it is none of http or https. */
bool ond__dav_origin(const char *url, ond_buf *out);
/* The absolute form of a href of `base`; OND_E_INPUT where it leads to a host that is not of the
 * same house. */
OND_CHECKED int ond__dav_resolve(const char *base, const char *href, ond_buf *out, ond_err *err);
void ond__dav_encode(const char *name, ond_buf *out);
/* Path of a URL or href, percent-decoded, without a slash at its end. */
void ond__dav_path(const char *href, ond_buf *out);
/* Last part of it. */
void ond__dav_last(const char *href, ond_buf *out);

/* ---- dav_state.c ---- */
typedef struct ond__dav_item {
    char *file, *href, *etag, *path; /* path: of href, decoded */
    char hash[OND_HASH_HEX];         /* of our file when both were the same */
    bool fresh; /* put there, and in no listing since: a listing without it does not mean that it
                   was removed */
} ond__dav_item;
typedef struct ond__dav_state {
    char *folder, *url, *token;
    ond_ms empty_since; /* the server's side had nothing in it */
    ond__dav_item *v;
    size_t n, cap;
    int fd;
} ond__dav_state;
OND_CHECKED int ond__dav_state_load(ond__cal *h, const char *folder, ond__dav_state *out,
                                    ond_err *err);
void ond__dav_state_free(ond__dav_state *s);
ond__dav_item *ond__dav_by_file(ond__dav_state *s, const char *file);
ond__dav_item *ond__dav_by_href(ond__dav_state *s, const char *href); /* as paths */
/* Written down at once. */
OND_CHECKED int ond__dav_put(ond__cal *h, ond__dav_state *s, const char *file, const char *href,
                             const char *etag, const char *hash, bool fresh, ond_err *err);
OND_CHECKED int ond__dav_drop(ond__cal *h, ond__dav_state *s, const char *file, ond_err *err);
/* All of it, whole. */
OND_CHECKED int ond__dav_state_save(ond__cal *h, ond__dav_state *s, ond_err *err);

/* ---- dav_same.c ---- */
/* Two versions that mean the same: order, folds, line ends, zones' definitions and PRODID aside. */
bool ond__dav_same(ond_str a, ond_str b);
void ond__dav_hash(ond_str bytes, char out[OND_HASH_HEX]);
/* Ours as an entry of its own: another UID, and a title that says so. */
bool ond__dav_copy(ond__cal *h, ond_str bytes, const char *uid, ond_buf *out, ond_buf *new_uid);

/* ---- dav_find.c: the calendars that there are ---- */
typedef struct ond__dav_coll {
    char *url, *name; /* absolute; displayname or NULL */
    bool events, todos;
} ond__dav_coll;
typedef struct ond__dav_colls {
    ond__dav_coll *v;
    size_t n;
    char *home; /* where a new one is made, or NULL */
} ond__dav_colls;
void ond__dav_colls_free(ond__dav_colls *c);
typedef struct ond__dav_find {
    ond__dav_http *http;
    const char *url; /* as configured */
    int step, hops;
    ond_buf at; /* where the request goes */
    bool well_known;
    ond__dav_colls found;
    void (*done)(void *self, int rc, const ond_err *err);
    void *self;
} ond__dav_find;
OND_CHECKED int ond__dav_find_start(ond__dav_find *f, ond_err *err);
void ond__dav_find_free(ond__dav_find *f);
/* One sentence for a reply that is no success. */
int ond__dav_refused(const ond__dav_reply *r, const char *what, ond_err *err);

/* ---- dav_sync.c ---- */
typedef struct ond__dav_report {
    int pulled, pushed, removed_here, removed_there, folders;
    cJSON *conflicts, *kept, *failed; /* arrays */
} ond__dav_report;
typedef struct ond__dav_job ond__dav_job;
OND_CHECKED int ond__dav_job_start(ond__cal *h, ond__dav_http *http, const char *url,
                                   ond__dav_job **out, ond_err *err);
bool ond__dav_job_ended(const ond__dav_job *j, int *rc, ond_err *err);
ond__dav_report *ond__dav_job_report(ond__dav_job *j);
void ond__dav_job_free(ond__dav_job *j);

#endif
