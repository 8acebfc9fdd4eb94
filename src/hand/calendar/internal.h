/* internal.h - what the files of the hand `calendar` share.
 *
 * The flow: folder.c keeps the tree of .ics files in memory as entries (read.c), and looks for
 * changes of others before each use. query.c answers. A change is worked out as new bytes of a file
 * (edit.c, make.c): plan.c tells what it would mean, act.c works it out again from the exact
 * arguments and writes it. dav*.c sync the tree with a server.
 *
 * 1. A file of others keeps every byte that no verb is about: changes are made to its lines
 * (line.h), not to a parsed tree.
 * 2. What cannot be read is left as it is, named, and skipped. */
#ifndef OND_HAND_CALENDAR_INTERNAL_H
#define OND_HAND_CALENDAR_INTERNAL_H

#include "base/hash.h"
#include "base/msg.h"
#include "hand/calendar/line.h"
#include "hand/hand.h"

#define CAL_FILE_BYTES (1u << 20)
#define CAL_ENTRIES_MAX 20000
#define CAL_FOLDERS_MAX 200
#define CAL_UNDO_BYTES 40000 /* an entry that fits into the journal's arguments */
#define CAL_KIND ".kind"     /* in a folder that is a list: holds VTODO */

enum { CAL_FLOATING = -1, CAL_UTC = -2 };

/* A time as a file says it: wall clock, and whose. year 0: none. */
typedef struct ond__cal_when {
    int year, month, day, hour, minute, second;
    bool date; /* a whole day */
    int zone;  /* CAL_FLOATING, CAL_UTC, or an index into the hand's zones */
} ond__cal_when;

typedef struct ond__cal_zone {
    char *tzid;   /* as files say it */
    char *iana;   /* the C library's name, or NULL */
    void *custom; /* icaltimezone of a VTIMEZONE, where iana is NULL */
    ond_hash text;
} ond__cal_zone;

/* A VEVENT or VTODO: the entry itself, or one occurrence of it that differs. */
typedef struct ond__cal_part {
    ond__cal_when start, end, id, due; /* id: RECURRENCE-ID */
    int64_t seconds;                   /* DURATION, or -1 */
    char *title, *location;
    bool cancelled, done;
    bool onward;    /* RANGE=THISANDFUTURE: it counts for all after it too */
    char made[20]; /* CREATED, as the file has it */
} ond__cal_part;

typedef struct ond__cal_entry {
    char *file; /* in its folder */
    char *uid;
    bool todo, has_main;
    ond__cal_part main;
    ond__cal_part *over;
    size_t n_over;
    char *rule; /* RRULE, or NULL */
    ond__cal_when *rdate, *exdate;
    size_t n_rdate, n_exdate;
    char *problem; /* why it is skipped, or NULL */
    bool told;     /* the owner knows of the problem */
    int64_t mtime, size, inode;
    bool seen; /* while scanning */
} ond__cal_entry;

typedef struct ond__cal_folder {
    char *name;
    char *label; /* displayname, or NULL */
    bool list;   /* marked as one */
    ond__cal_entry **v;
    size_t n, cap;
    bool seen;
} ond__cal_folder;

typedef struct ond__dav ond__dav;

typedef struct ond__cal {
    char *root;
    char lang[8];
    char *normal; /* folder for new events, or NULL */
    ond_store *store;
    void (*note)(void *self, const char *text);
    void *self;
    ond__cal_folder *folder;
    size_t n_folder;
    ond__cal_zone *zone;
    size_t n_zone;
    size_t n_entries;
    size_t left_out; /* beyond CAL_ENTRIES_MAX */
    cJSON *told;     /* files that the owner was told of: "folder/file": their time and size */
    bool told_new;   /* something in it is not in the store yet */
    uint64_t revision;
    ond__dav *dav;  /* NULL: no server */
    bool plain_dav; /* ETag listings and single requests only, as with a server that has no reports
                     */
} ond__cal;

void ond__cal_note(ond__cal *h, const char *text);

/* ---- when.c ---- */
/* "YYYY-MM-DD" or "YYYY-MM-DDTHH:MM[:SS]" of an argument; OND_E_INPUT names `arg`. */
OND_CHECKED int ond__cal_when_parse(const char *text, const char *arg, ond__cal_when *out,
                                    ond_err *err);
/* A value of a file: "20261201", "20261201T100000[Z]". False where it is none. */
bool ond__cal_when_read(ond_str value, ond__cal_when *out);
ond_ms ond__cal_when_ms(const ond__cal *h, const ond__cal_when *w);
/* The instant on the wall clock of a zone index. */
void ond__cal_when_of(const ond__cal *h, ond_ms t, int zone, bool date, ond__cal_when *out);
/* As arguments and answers have it. */
void ond__cal_when_put(ond_buf *out, const ond__cal_when *w);
void ond__cal_local_put(const ond__cal *h, ond_buf *out, ond_ms t, bool date);
/* Days since 1970-01-01, and back. */
int64_t ond__cal_days(const ond__cal_when *w);
void ond__cal_add_days(ond__cal_when *w, int64_t days);
void ond__cal_add_seconds(ond__cal_when *w, int64_t seconds); /* on the wall clock */
int ond__cal_when_cmp(const ond__cal_when *a, const ond__cal_when *b);
int ond__cal_weekday(const ond__cal_when *w); /* 0 is Sunday */

/* ---- zone.c ---- */
/* Index of a TZID; `doc` may hold its VTIMEZONE. CAL_FLOATING where nothing is known of it. */
int ond__cal_zone_of(ond__cal *h, ond_str tzid, const ond__doc *doc);
/* IANA name of the owner's zone, or "" where it has none. */
const char *ond__cal_zone_here(void);
/* Appends a VTIMEZONE for `iana` as needed from `from` on. False where there is none. */
bool ond__cal_zone_put(const char *iana, const ond__cal_when *from, ond_buf *out);
void ond__cal_zones_free(ond__cal *h);

/* ---- read.c ---- */
/* Never fails but for memory: what is wrong with the file is its `problem`. */
OND_CHECKED int ond__cal_entry_read(ond__cal *h, ond_str bytes, ond__cal_entry *out, ond_err *err);
void ond__cal_entry_free(ond__cal_entry *e); /* what is in it */
/* An unescaped text value. */
char *ond__cal_text(ond_str value);

/* ---- folder.c ---- */
/* Brings what is in memory up to the tree. */
OND_CHECKED int ond__cal_scan(ond__cal *h, ond_err *err);
void ond__cal_folders_free(ond__cal *h);
/* Writes down what the owner was told of; while acting, since planning writes nothing. */
void ond__cal_keep_told(ond__cal *h);
/* Whether a file of that name may be written: it is not there, or holds that entry. */
OND_CHECKED int ond__cal_may_write(ond__cal *h, const char *folder, const char *file,
                                   const char *uid, ond_err *err);
ond__cal_folder *ond__cal_folder_named(ond__cal *h, const char *name); /* exactly */
ond__cal_entry *ond__cal_find_uid(ond__cal *h, const char *uid, ond__cal_folder **in);
ond__cal_entry *ond__cal_find_file(ond__cal *h, const char *folder, const char *file);
void ond__cal_path(const ond__cal *h, const char *folder, const char *file, ond_buf *out);
OND_CHECKED int ond__cal_bytes(const ond__cal *h, const char *folder, const char *file,
                               ond_buf *out, ond_err *err);
/* bytes.p NULL: removes the file. Makes the folder where needed. */
OND_CHECKED int ond__cal_write(ond__cal *h, const char *folder, const char *file, ond_str bytes,
                               ond_err *err);
OND_CHECKED int ond__cal_folder_make(ond__cal *h, const char *name, const char *label, bool list,
                                     ond_err *err);
/* Removes a folder that holds no entry. */
void ond__cal_folder_drop(ond__cal *h, const char *name);
/* A name for a file or folder without anything that leads elsewhere; "" for what has none. */
void ond__cal_safe_name(const char *text, ond_buf *out);
bool ond__cal_is_list(const ond__cal_folder *f);
const char *ond__cal_label(const ond__cal *h, const ond__cal_folder *f, const char *lang);

/* ---- repeat.c ---- */
typedef struct ond__cal_occ {
    const ond__cal_folder *folder;
    const ond__cal_entry *entry;
    const ond__cal_part *part;
    ond_ms start, end;
    bool date, recurring;
    ond__cal_when first,
        id; /* first: on the wall clock of the event; id: what names it in the series */
} ond__cal_occ;
typedef void ond__cal_occ_fn(void *self, const ond__cal_occ *o);
/* Every occurrence that touches [from, to). At most CAL_STEPS are looked at. */
OND_CHECKED int ond__cal_expand(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e,
                                ond_ms from, ond_ms to, ond__cal_occ_fn *fn, void *self,
                                ond_err *err);
/* Checks a rule and brings it into the form that is written: UNTIL fits `start`. */
OND_CHECKED int ond__cal_rule_clean(ond__cal *h, const char *rule, const ond__cal_when *start,
                                    ond_buf *out, ond_err *err);
/* rule.c: no rule, one that no day fits, or one that would take for ever. */
bool ond__cal_rule_bad(const char *rule, const ond__cal_when *start);
/* The change from some occurrence on that counts for the one at `w` of the series; NULL: none does. */
const ond__cal_part *ond__cal_onward(const ond__cal *h, const ond__cal_entry *e,
                                     const ond__cal_when *w);
bool ond__cal_excluded(const ond__cal *h, const ond__cal_entry *e, const ond__cal_when *w);
/* The end of a part that starts at `start`. */
ond_ms ond__cal_end_ms(const ond__cal *h, const ond__cal_part *p, const ond__cal_part *main,
                       const ond__cal_when *start);
/* The occurrence that an argument names: its id, or the day it is shown on. */
OND_CHECKED int ond__cal_occurrence(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e,
                                    const char *arg, ond__cal_occ *out, ond_err *err);

/* ---- match.c ---- */
/* 0: no match; 100 equal, 90 holds it, 80 each word is found, 60 with a typing error. */
int ond__cal_match(const char *query, const char *title);

/* ---- show.c: what the world shows ---- */
/* {"state":"present", …} of an entry, or of one occurrence of it; {"state":"absent"} where e is
 * NULL or there is none. */
cJSON *ond__cal_show(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e,
                     const char *occurrence);
cJSON *ond__cal_show_occ(ond__cal *h, const ond__cal_occ *o); /* a row of `events` */
cJSON *ond__cal_show_item(ond__cal *h, const ond__cal_folder *f,
                          const ond__cal_entry *e); /* a row of `items` */
cJSON *ond__cal_absent(void);
/* "우유 ×2" is "우유", 2. */
int ond__cal_count_of(const char *text, size_t *n);

/* ---- edit.c: lines of a file ---- */
enum { CAL_SUMMARY, CAL_LOCATION, CAL_RRULE, CAL_STATUS, CAL_UID };     /* texts that can be set */
bool ond__cal_set_text(ond__doc *d, int c, int what, const char *text); /* "" removes */
/* Also puts in the VTIMEZONE that it needs; *c may move. year 0 removes. */
bool ond__cal_set_when(ond__cal *h, ond__doc *d, int *c, const char *name, const ond__cal_when *w);
bool ond__cal_add_when(ond__cal *h, ond__doc *d, int *c, const char *name,
                       const ond__cal_when *w); /* one more line */
/* New DTSTAMP and LAST-MODIFIED; SEQUENCE one more. */
bool ond__cal_touch(ond__doc *d, int c);
/* The component of the entry itself, or of the occurrence `id`; -1: none. */
int ond__cal_comp(ond__cal *h, const ond__doc *d, const ond__cal_when *id);
/* A component for one occurrence, copied from the entry's own, or from that of the occurrence `like`; its index,
 * or -1 when memory is out. */
int ond__cal_override(ond__cal *h, ond__doc *d, const ond__cal_when *id,
                      const ond__cal_when *like);
/* "20261201T000000Z" of an instant. */
void ond__cal_stamp(ond_ms t, char out[20]);
/* A file with an empty VEVENT or VTODO, DTSTAMP and CREATED in it. */
void ond__cal_new_text(const char *kind, ond_buf *out);

/* ---- a verb, worked out (work.c, event.c, item.c, query.c) ---- */
typedef struct ond__cal_file {
    char *folder, *name;
    ond_buf bytes;
    bool removes;
} ond__cal_file;

typedef struct ond__cal_work {
    ond_hand_step step;
    ond__cal_file *file; /* what acting writes */
    size_t n_file;
    char *make, *label; /* a folder to make first */
    bool make_list;
    char *drop;  /* a folder to remove afterwards, if nothing is in it */
    bool judged; /* step.already is decided by the verb itself */
    bool syncs;
} ond__cal_work;

/* From the world as it is. Touches nothing. */
OND_CHECKED int ond__cal_work_out(ond__cal *h, const char *verb, const cJSON *args,
                                  ond__cal_work *w, ond_err *err);
void ond__cal_work_free(ond__cal_work *w);
bool ond__cal_work_file(ond__cal_work *w, const char *folder, const char *name,
                        ond_str bytes); /* p NULL: removes */
bool ond__cal_work_says(ond__cal_work *w, ond_msg id, const char *const *ko, const char *const *en,
                        int n);
/* Undo by putting the bytes back that the file has now. */
OND_CHECKED int ond__cal_undo_bytes(ond__cal *h, ond__cal_work *w, const ond__cal_folder *f,
                                    const ond__cal_entry *e, ond_err *err);
OND_CHECKED int ond__cal_observe(ond__cal *h, const char *verb, const cJSON *args, cJSON **out,
                                 ond_err *err);

/* Bytes of a file as arguments {"ics","form"} hold them (control characters may not), and back. */
bool ond__cal_pack(ond_str bytes, cJSON *args);
OND_CHECKED int ond__cal_unpack(const cJSON *args, ond_buf *out, ond_err *err);

typedef int ond__cal_verb(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err);
ond__cal_verb ond__cal_create, ond__cal_move, ond__cal_alter, ond__cal_remove,
    ond__cal_restore; /* event.c, restore.c */
ond__cal_verb ond__cal_item_add, ond__cal_item_check, ond__cal_item_change,
    ond__cal_list_clear;                                                      /* item.c */
ond__cal_verb ond__cal_events, ond__cal_find, ond__cal_lists, ond__cal_items; /* query.c */
ond__cal_verb ond__cal_sync_plan;
/* The list or calendar that a name means; NULL: none. */
ond__cal_folder *ond__cal_folder_meant(ond__cal *h, const char *name, bool list);
const char *ond__cal_builtin(const char *name); /* "shopping" for 장보기; or NULL */
OND_CHECKED int ond__cal_need(ond__cal *h, const cJSON *args, bool todo, ond__cal_folder **f,
                              ond__cal_entry **e, ond_err *err);

/* ---- says.c ---- */
void ond__cal_say_when(const ond__cal *h, ond_buf *out, const char *lang, ond_ms t, bool date);

void ond__cal_act(void *self, ond_act *acts, size_t n, ond_ms limit_ms);
OND_CHECKED int ond__cal_plan(void *self, const char *verb, const cJSON *args, ond_hand_step *out,
                              ond_err *err);
extern const ond_verb_def ond__cal_verbs[];

#endif
