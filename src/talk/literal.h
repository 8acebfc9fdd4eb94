/* literal.h - text chunks, word starts, and the places where a wildcard may end. */
#ifndef OND_TALK_LITERAL_H
#define OND_TALK_LITERAL_H

#include "talk/chart.h"

/* The edge of a text chunk from a closed state; false: it does not match. */
bool ond__text_edge(const ond__chart *c, const ond__node *x, uint16_t pos, uint8_t flags,
                    ond__edge *out);
/* Where matching begins: past white space at the start of a word. */
uint32_t ond__word_start(const ond__chart *c, uint32_t pos, uint8_t flags);
uint32_t ond__next_char(const ond__chart *c, uint32_t at);
bool ond__blank(const ond__chart *c, uint32_t from, uint32_t to);
/* A word boundary at `at`, seen in the text that begins at `slice`. */
bool ond__boundary(const ond__chart *c, uint32_t slice, uint32_t at);

typedef struct ond__closing { /* the search for ends of a wildcard that opened at `from` */
    uint32_t from;
    bool at_word;      /* the first end must be a word's start */
    bool again, found; /* state of the search */
} ond__closing;
/* Whether the wildcard may end at `at`, where what follows it matches; called with rising places.
 */
bool ond__close_next(const ond__chart *c, ond__closing *k, uint32_t at);

static inline bool ond__is_digit(char b)
{
    return b >= '0' && b <= '9';
}
/* Whether a number that begins at `at` stands by itself: not inside one, nor after a sign that makes it part
 * of something else ("1/2", "a-5"). */
bool ond__stands_alone(const char *f, uint32_t from, uint32_t at);

#endif
