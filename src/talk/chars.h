/* chars.h - how this room sees characters: case folding, word characters, white space, normal text.
 *
 * Matching compares folded text: one character to one, as regular expressions that ignore case do
 * (so 'ß' is not "ss", but 'ς' is 'σ' and Turkish 'ı', 'İ', 'i', 'I' are one). Word characters are
 * letters, numbers and '_'; marks are not, so that word boundaries fall where the reference has
 * them. */
#ifndef OND_TALK_CHARS_H
#define OND_TALK_CHARS_H

#include "base/str.h"
#include "base/utf8.h"

uint32_t ond__fold_char(uint32_t c);
bool ond__is_word(uint32_t c);
bool ond__is_space(uint32_t c);
bool ond__is_punct(uint32_t c);

/* Characters that no neighbour changes in NFC, and that are most of what is said here. */
bool ond__surely_nfc(uint32_t c);

bool ond__space_at(ond_str s, size_t at); /* white space at s.p[at]? */
ond_str ond__trim(ond_str s);             /* Unicode white space at both ends */

/* Appends s with each run of white space made one ' ', in NFC. OND_E_INPUT for invalid UTF-8. */
OND_CHECKED int ond__normal_text(ond_str s, ond_buf *out, ond_err *err);
/* Appends s folded, character by character; s is valid UTF-8. `squeeze` leaves spaces out. */
void ond__fold_text(ond_str s, bool squeeze, ond_buf *out);

/* 0..254: a hash of a folded character, for sets of first characters; OND__ANY_CLASS is in every
 * such set. */
enum { OND__NO_CLASS = ' ', OND__ANY_CLASS = 255 };
static inline uint8_t ond__class_of(uint32_t folded)
{
    if (folded < 128) return (uint8_t)folded;
    return (uint8_t)(128 + (folded * 2654435761u >> 7) % 127);
}

#endif
