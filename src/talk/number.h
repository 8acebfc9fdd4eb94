/* number.h - numbers as words ("twenty one", "스물하나"), by ICU's spell-out rules.
 *
 * Opening ICU's rules takes milliseconds, so that a table is built when a sentence first has
 * letters where a number could stand, once for each language and range, and kept for the process.
 */
#ifndef OND_TALK_NUMBER_H
#define OND_TALK_NUMBER_H

#include "talk/grammar.h"

struct ond__words {
    ond__trie trie;  /* folded words -> index in value[] */
    double *value;   /* [n] multiplied */
    uint16_t *chars; /* [n] characters of the words, without spaces at the ends */
    uint32_t n, cap;
};

enum { OND__MOST_NUMBERS = 20000 }; /* a longer range has no words */

/* The words of a range; NULL when there are none (unknown language, too long a range) or no memory.
 */
const ond__words *ond__words_of(ond__list *range, bool squeeze);
/* Whether words of a range may begin with text[0..n) (folded): false spares building its table, and
 * loading ICU, for sentences without numbers. Where we do not know a language: true. */
bool ond__may_begin_words(const ond__range *r, const char *text, size_t n);
/* How what a range takes begins: digits and words. */
void ond__range_opening(const ond__range *r, ond__opening *out);
void ond__words_free_all(void);

/* Whether `value` belongs to the range. */
bool ond__range_has(const ond__range *r, double value);

#endif
