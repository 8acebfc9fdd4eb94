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

/* A hash of a folded character, for sets of first characters; OND__ANY_CLASS is in every such set. */
enum { OND__CLASSES = 512, OND__NO_CLASS = ' ', OND__ANY_CLASS = OND__CLASSES - 1 };
static inline uint16_t ond__class_of(uint32_t folded)
{
    if (folded < 128) return (uint16_t)folded;
    return (uint16_t)(128 + (folded * 2654435761u >> 7) % (OND__ANY_CLASS - 128));
}

typedef struct ond__classes { /* a set of them */
    uint64_t w[OND__CLASSES / 64];
} ond__classes;
static inline bool ond__classes_has(const ond__classes *c, uint16_t cls)
{
    return c->w[cls >> 6] >> (cls & 63) & 1;
}
static inline void ond__classes_add(ond__classes *c, uint16_t cls)
{
    c->w[cls >> 6] |= 1ull << (cls & 63);
}
static inline void ond__classes_join(ond__classes *c, const ond__classes *more)
{
    for (int i = 0; i < OND__CLASSES / 64; i++) c->w[i] |= more->w[i];
}
static inline void ond__classes_fill(ond__classes *c)
{
    for (int i = 0; i < OND__CLASSES / 64; i++) c->w[i] = UINT64_MAX;
}
static inline bool ond__classes_meet(const ond__classes *a, const ond__classes *b)
{
    uint64_t both = 0;
    for (int i = 0; i < OND__CLASSES / 64; i++) both |= a->w[i] & b->w[i];
    return both != 0;
}

/* How what a part of the grammar takes may begin, spaces left out: its first character, its second, and
 * whether it may be a single one, so that its second says nothing. */
typedef struct ond__opening {
    ond__classes first, second;
    bool one;
} ond__opening;
static inline void ond__opening_join(ond__opening *o, const ond__opening *more)
{
    ond__classes_join(&o->first, &more->first);
    ond__classes_join(&o->second, &more->second);
    o->one = o->one || more->one;
}
/* Anything. */
static inline void ond__opening_fill(ond__opening *o)
{
    ond__classes_fill(&o->first);
    ond__classes_fill(&o->second);
    o->one = true;
}
/* The beginning of a folded text; of nothing but spaces: only what always is there. */
void ond__opening_add(ond__opening *o, ond_str text);

#endif
