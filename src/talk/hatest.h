/* hatest.h - what the two generations of Home Assistant's tests share. Private to hatest*.c. */
#ifndef OND_TALK_HATEST_H
#define OND_TALK_HATEST_H

#include "talk/dir.h"

typedef struct ond__hatest {
    const char *dir, *lang;
    cJSON *listed; /* sentences of _test_failures.yaml: array, or NULL */
    ond_talk_score *score;
    size_t cap;
    ond_err *err;
} ond__hatest;

OND_CHECKED int ond__yaml_file(const char *path, cJSON **out, ond_err *err);
/* Counts a sentence: `why` NULL is a pass. */
OND_CHECKED int ond__hatest_count(ond__hatest *t, const char *file, const char *sentence,
                                  const char *why);
bool ond__hatest_listed(const ond__hatest *t, const char *sentence);
/* Says into *why how the slots of a match differ from what is expected; false: they agree.
 * `ignore`: a slot that is not compared. */
bool ond__slots_differ(const ond_match *m, const cJSON *expected, const char *ignore, ond_buf *why);

/* Adds a fixture name; templates are written out, each text its own value. */
OND_CHECKED int ond__fixture(ond_lexicon *lex, const char *list, const char *name,
                             const cJSON *context, ond_err *err);

/* hatest_combo.c: the newer generation. */
OND_CHECKED int ond__hatest_combos(ond__hatest *t);

#endif
