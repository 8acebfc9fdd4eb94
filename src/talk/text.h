/* text.h - a sentence made ready for matching.
 *
 * In order, as the reference does: punctuation goes from the ends of words, white space becomes
 * single spaces, NFC, trimmed, skip words go, and where the language ignores white space all of it
 * goes; else one space is put at the end, so that the last word ends as every word does. */
#ifndef OND_TALK_TEXT_H
#define OND_TALK_TEXT_H

#include "base/str.h"
#include "talk/chars.h"
#include "talk/scratch.h"

enum { OND__TEXT_MOST = 4096 }; /* bytes of a sentence, trimmed */

typedef struct ond__skips { /* skip words, folded, longest first */
    uint32_t **word;        /* [n] characters */
    uint32_t *len;          /* [n] */
    size_t n;
} ond__skips;

typedef struct ond__text {
    const char *raw;     /* [raw_n] as the person wrote it, but normal; UTF-8 */
    const char *fold;    /* [n] folded */
    const char *broken;  /* [n] folded, with '-' and '_' as spaces; == fold where there are none */
    const uint16_t *at;  /* [n + 1] offset in fold -> offset in raw */
    const uint16_t *nth; /* [n + 1] characters before */
    const uint16_t *cls; /* [n + 1] class of the first character that is no space, from here */
    const uint16_t *next; /* [n + 1] and of the one after it */
    const ond__classes *later; /* [n + 1] classes of all characters from here on */
    const uint8_t *word; /* [n + 1] 1 where a word character begins */
    const uint8_t *gap;  /* [n + 1] 1 where white space went before this byte; NULL: none went */
    uint32_t n, raw_n;
    uint32_t last_break; /* one past the last '-' or '_'; 0: none */
    const uint32_t
        *line; /* [n_line] folded characters before white space went and the last space came */
    const uint32_t *said; /* [n_line] the same, not folded */
    uint32_t n_line;
    bool spaced; /* the line has white space, and it went */
} ond__text;

/* OND_E_INPUT for invalid UTF-8 or too long a sentence; OND_E_BUDGET, OND_E_NOMEM from the scratch.
 */
OND_CHECKED int ond__text_make(ond_str sentence, const ond__skips *skips, bool ignore_space,
                               ond__scratch *s, ond__text *out, ond_err *err);

#endif
