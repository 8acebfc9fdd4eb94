/* kinds.h - what kind a character is, as the patterns that cut text into words ask. */
#ifndef OND_TOK_KINDS_H
#define OND_TOK_KINDS_H

#include <stdbool.h>
#include <stdint.h>

/* One of these by general category; OND__SPACE is Unicode's White_Space, and then nothing else. */
enum {
    OND__L = 1,            /* letter */
    OND__N = 2,            /* number */
    OND__P = 4,            /* punctuation */
    OND__S = 8,            /* symbol */
    OND__M = 16,           /* combining mark */
    OND__SPACE = 32,
    OND__C = 64,           /* control, format, private use, surrogate */
    OND__NONE = 128        /* not assigned */
};

extern const uint8_t ond__ascii_kind[128];
uint8_t ond__kind_beyond(uint32_t c);

static inline uint8_t ond__kind(uint32_t c)
{
    return c < 128 ? ond__ascii_kind[c] : ond__kind_beyond(c);
}

uint32_t ond__lower(uint32_t c);
/* The first character of the canonical decomposition. */
uint32_t ond__base(uint32_t c);
bool ond__han(uint32_t c);

#endif
