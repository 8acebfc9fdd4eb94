/* mind.h - what the owner has taught, as rows: what a word means, what is meant where, what is
 * usual.
 *
 * A lesson is data that the owner gave, by an answer or a sentence ("call that one the mood
 * light"); nothing is guessed here. The agent reads lessons when it builds its lexicon, the owner
 * reads and takes them back with `ondol memory`.
 *
 * Invariants.
 * 1. A change of what is known and its row in the journal ("learn", "unlearn") are one transaction.
 * 2. The same thing taught again (kind, words, area, language) takes the place of the former
 * lesson, under its id.
 * 3. An id ("m1") is never given again to another lesson.
 * 4. At most OND_LESSONS lessons; texts of at most OND_LESSON_BYTES bytes of UTF-8.
 * 5. One ond_mind of a store at a time; its functions must not be called inside a transaction of
 * the store. */
#ifndef OND_MIND_MIND_H
#define OND_MIND_MIND_H

#include "store/store.h"

enum { OND_LESSONS = 2000, OND_LESSON_BYTES = 200, OND_LESSON_ID = 16 };

typedef struct ond_mind ond_mind;

typedef struct ond_lesson {
    const char *id;     /* "m1"; not looked at when it is taught */
    const char *kind;   /* "alias": said means, everywhere; "preference": said means, where the
                           speaker is; "setting": the key `said` is `means` */
    const char *said;   /* "무드 조명", "스탠드"; "calendar.default" */
    const char *area;   /* id of the area where the speaker was, or "" (or NULL) */
    const char *lang;   /* "ko", "en"; "" (or NULL): either */
    const cJSON *means; /* {"entities":["light.bedroom_night"]}; {"value":"family"}: an object of at
                           most 4,096 bytes */
    const cJSON *shown; /* {"ko":"…","en":"…"}: the lesson in words, for lists; each a text as
                           above, but of 600 bytes */
    ond_ms at;          /* when it was taught */
    int64_t from;       /* the task that it came from, or 0 */
    int64_t event;      /* its row in the journal; not looked at when it is taught */
} ond_lesson;

/* Reads all lessons. `store` is borrowed and outlives it. A row that is no lesson is passed over,
 * and kept. */
OND_CHECKED int ond_mind_open(ond_store *store, ond_mind **out, ond_err *err);
void ond_mind_close(ond_mind *m);

/* Grows with every change, so that who builds something from lessons knows when to build again. */
uint64_t ond_mind_revision(const ond_mind *m);
size_t ond_mind_count(const ond_mind *m);

/* Teaches; everything of `l` is copied. What is known already, with the same meaning, is left as it
 * is. `id` may be NULL. OND_E_INPUT: no such kind, empty or long or no text, no meaning; the memory
 * is full. */
OND_CHECKED int ond_mind_learn(ond_mind *m, const ond_lesson *l, char id[OND_LESSON_ID],
                               ond_err *err);

/* In the order of their ids. Return false to stop. The lesson is borrowed until the next change. */
typedef bool ond_lesson_fn(void *self, const ond_lesson *l);
void ond_mind_each(const ond_mind *m, ond_lesson_fn *fn, void *self);

/* The lesson of this kind for these words; case, form and blanks do not count. One for the area
 * comes before one for anywhere; one for another area or language does not count. lang "" or NULL:
 * any. NULL: none. Borrowed until the next change. */
const ond_lesson *ond_mind_find(const ond_mind *m, const char *kind, const char *said,
                                const char *area, const char *lang);

/* Forgets one lesson by its id, or all that were taught for these words. OND_E_NOT_FOUND names the
 * nearest. Says how many. */
OND_CHECKED int ond_mind_forget(ond_mind *m, const char *what, ond_ms now, size_t *n, ond_err *err);
OND_CHECKED int ond_mind_forget_all(ond_mind *m, ond_ms now, size_t *n, ond_err *err);

/* {"id","kind","said","area","lang","means","shown","at","from","event"}, `at` in ISO 8601; NULL
 * when out of memory. */
cJSON *ond_lesson_json(const ond_lesson *l, const char *zone);

#endif
