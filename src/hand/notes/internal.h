/* internal.h - what the files of the hand `notes` share.
 *
 * A note is a file NAME.md below one folder, and the files are the truth: other programs write them
 * too. What is kept in memory (folder.c) is only what was read of a file that has not changed
 * since. A verb is worked out by change.c into the bytes that the file shall have, once when it is
 * planned and again when it is done; nothing is written where the two differ. */
#ifndef OND_HAND_NOTES_INTERNAL_H
#define OND_HAND_NOTES_INTERNAL_H

#include "hand/hand.h"

#include <sys/stat.h>

enum {
    OND__NOTE_BYTES = 1 << 20, /* larger files are left to other programs */
    OND__NOTE_DEPTH = 8,       /* folders below the first */
    OND__NOTE_FILES = 50000,
    OND__NOTE_PATH = 1000,   /* bytes of a name with its folders */
    OND__NOTE_MARK = 33,     /* hash of a content, in hexadecimal, with NUL */
    OND__NOTE_MODE = 0600,   /* of a new file */
    OND__NOTE_SHOWN = 16000, /* bytes of a text that `show` gives */
    OND__NOTE_FOUND = 20     /* notes that `find` gives */
};

typedef enum ond__note_flaw {
    OND__NOTE_SOUND,
    OND__NOTE_LARGE,
    OND__NOTE_NOT_UTF8,
    OND__NOTE_UNREADABLE
} ond__note_flaw;
const char *ond__note_flaw_name(ond__note_flaw f);

typedef struct ond__note { /* a file as it was last seen */
    char *name;            /* relative, without ".md" */
    uint64_t bytes, inode;
    int64_t changed, stamped; /* ns: mtime, ctime */
    bool read;                /* the rest is filled */
    ond__note_flaw flaw;
    char *title;
    ond_buf head;   /* name and title, folded, on two lines */
    ond_buf folded; /* the text, folded, line by line; empty where it has a flaw */
} ond__note;

typedef struct ond__notes {
    char *dir;
    char lang[8];
    ond__note *v;        /* sorted by name */
    size_t n, cap, kept; /* kept: bytes of folded text */
    size_t odd;          /* files whose name cannot be said (no UTF-8, control characters) */
    bool more;           /* there are more than OND__NOTE_FILES, or deeper ones */
} ond__notes;

/* ---- folder.c ---- */
/* Looks at all files; what has not changed keeps what was read of it. A missing folder is empty. */
OND_CHECKED int ond__notes_scan(ond__notes *h, ond_err *err);
/* Fills title, head and folded; a file that cannot be read gets a flaw. Only memory fails. */
OND_CHECKED int ond__note_load(ond__notes *h, ond__note *n, ond_err *err);
void ond__note_unload(ond__notes *h, ond__note *n); /* frees the text where too much is kept */
void ond__notes_forget(ond__notes *h);              /* frees all that is kept */
/* "DIR/NAME.md" */
OND_CHECKED int ond__note_path(const ond__notes *h, const char *name, ond_buf *out, ond_err *err);
/* The bytes of a note. *there is false where no file of that name is; OND_E_INPUT for what is no
 * plain file, or too large. `st` may be NULL. */
OND_CHECKED int ond__note_read(const ond__notes *h, const char *name, bool *there, ond_buf *out,
                               struct stat *st, ond_err *err);
/* Whole or not at all. `was`: as it was read, NULL where there was none (the file then gets
 * `mode`); OND_E_STALE where that has changed. */
OND_CHECKED int ond__note_write(const ond__notes *h, const char *name, ond_str bytes,
                                const struct stat *was, unsigned mode, ond_err *err);
OND_CHECKED int ond__note_unlink(const ond__notes *h, const char *name, const struct stat *was,
                                 ond_err *err);
void ond__note_mark(ond_str bytes, char out[OND__NOTE_MARK]);
/* {"exists","bytes","hash"}: what the world shows of a note; NULL when out of memory. */
cJSON *ond__note_state(bool there, ond_str bytes);
OND_CHECKED int ond__note_observe(const ond__notes *h, const char *name, cJSON **out, ond_err *err);

/* ---- name.c ---- */
/* A name that stays inside the folder and can be said. OND_E_INPUT tells why not. */
OND_CHECKED int ond__note_name_check(const char *name, ond_err *err);
/* A free name for a new note, from its title or its first words. */
OND_CHECKED int ond__note_name_new(ond__notes *h, const char *title, const char *text, ond_buf *out,
                                   ond_err *err);
/* The note that is meant: its name, its title, or the one that begins so or holds that.
 * OND_E_NOT_FOUND names what is near, OND_E_AMBIGUOUS what is meant by it. */
OND_CHECKED int ond__note_resolve(ond__notes *h, const char *said, ond_buf *out, ond_err *err);

/* ---- text.c ---- */
/* Folded (NFC, no case), so that line N is line N. Valid UTF-8 only. */
OND_CHECKED int ond__note_fold(ond_str text, ond_buf *out, ond_err *err);
ond_str ond__note_body(ond_str bytes); /* without a byte order mark */
/* The first heading, or the first words. */
void ond__note_title(ond_str bytes, ond_buf *out);
/* The next line without its end; false after the last. */
bool ond__note_line(ond_str *rest, ond_str *line);
ond_str ond__note_plain(ond_str line); /* without heading and list marks at its front */
void ond__note_compose(const char *title, const char *text, ond_buf *out);
/* What is to stand at the end of `bytes` so that `text` is a paragraph, or an item of its list,
 * there. */
void ond__note_tail(ond_str bytes, const char *text, ond_buf *out);
/* At most `most` characters, with … where there were more; line breaks become blanks. */
void ond__note_clip(ond_str text, size_t most, ond_buf *out);
/* Bytes as an argument: as they are where the schema takes them so, else base64, which `how` says.
 */
OND_CHECKED int ond__note_pack(cJSON *args, const char *key, const char *how, ond_str bytes,
                               bool *fits, ond_err *err);
OND_CHECKED int ond__note_unpack(const cJSON *args, const char *key, const char *how, ond_buf *out,
                                 ond_err *err);

/* ---- change.c ---- */
typedef struct ond__note_change { /* what a verb makes of a file */
    ond_buf name;
    cJSON *args;       /* exact */
    bool there, stays; /* a file is there; one shall be */
    ond_buf now, then; /* their bytes */
    struct stat st;    /* of the one that is there */
    unsigned mode;     /* of a new one */
} ond__note_change;
OND_CHECKED int ond__note_work_out(ond__notes *h, const char *verb, const cJSON *args,
                                   ond__note_change *out, ond_err *err);
bool ond__note_same(const ond__note_change *c); /* nothing to do */
void ond__note_change_free(ond__note_change *c);

/* ---- read.c, find.c ---- */
/* Results of the verbs that only read. */
OND_CHECKED int ond__notes_list(ond__notes *h, const cJSON *args, cJSON **out, ond_err *err);
OND_CHECKED int ond__notes_show(ond__notes *h, const cJSON *args, cJSON **out, ond_err *err);
OND_CHECKED int ond__notes_find(ond__notes *h, const cJSON *args, cJSON **out, ond_err *err);
OND_CHECKED int ond__note_when(int64_t ns, ond_buf *out, ond_err *err); /* local time */

/* ---- words.c ---- */
typedef struct ond__term { /* one word of a query and how else it may stand */
    ond_str form[2];       /* as asked; without its particle (n 0: none); folded */
    ond_str *more;         /* words of the notes that are nearly it */
    size_t n_more;
    bool hangul;
} ond__term;
typedef struct ond__query {
    ond_buf text; /* folded; the forms lie in it */
    ond_buf near; /* what `more` lies in */
    ond__term term[16];
    size_t n;
    ond_buf phrase;
} ond__query;
OND_CHECKED int ond__query_make(const char *query, ond__query *out, ond_err *err);
void ond__query_free(ond__query *q);
/* Where in `text` the term stands first; NULL: nowhere. */
const char *ond__term_at(const ond__term *t, ond_str text);
/* Finds the words of these notes that are one or two slips away from a term. */
OND_CHECKED int ond__query_widen(ond__query *q, const ond__notes *h, bool *any, ond_err *err);

/* ---- plan.c, act.c ---- */
OND_CHECKED int ond__notes_plan(void *self, const char *verb, const cJSON *args, ond_hand_step *out,
                                ond_err *err);
void ond__notes_act(void *self, ond_act *acts, size_t n, ond_ms limit_ms);
bool ond__notes_reads(const char *verb);

#endif
