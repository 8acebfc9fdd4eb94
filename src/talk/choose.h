/* choose.h - of all readings of a sentence, the best. */
#ifndef OND_TALK_CHOOSE_H
#define OND_TALK_CHOOSE_H

#include "talk/chart.h"

typedef struct ond__choice { /* readings that tie, in the order in which they win */
    const ond__reading **v;
    uint32_t n, cap;
} ond__choice;

typedef struct ond__chosen_by { /* what the caller gave */
    const cJSON *context;
    const char *best_slot;
} ond__chosen_by;

/* Drops readings whose block's conditions do not hold, and keeps the best. n == 0: none. */
void ond__choose(ond__chart *c, const ond__chosen_by *by, ond__choice *out);

/* Leaves of a reading, in the order of the sentence: fills leaf[] (of n) with numbers into c->leaf.
 */
void ond__leaves(const ond__chart *c, uint32_t caught, uint32_t *leaf);
/* The value that the context has under `key` after the match; NULL: none. */
const cJSON *ond__context_after(const ond__chart *c, const ond__reading *r, const cJSON *given,
                                const char *key);
/* The text a leaf stands for: raw, trimmed. */
ond_str ond__leaf_text(const ond__chart *c, const ond__leaf *leaf);

/* shape.c: the reference first keeps only sentences whose outline fits the text (see there).
 * Whether `r` passes. */
bool ond__shape_fits(ond__chart *c, uint32_t sentence);
bool ond__shape_any(ond__chart *c, const cJSON *context);

/* Whether a block can be used at all for this sentence: its keywords and the given context. */
bool ond__block_open(const ond__chart *c, uint32_t block, const cJSON *context);

#endif
