/* spell.h - how byte-level BPE spells bytes, and how UTF-8 is read where bytes may be wrong.
 *
 * Source: GPT-2's bytes_to_unicode: bytes that print in Latin-1 stand for themselves, the others
 * get U+0100 and on, in order. So each byte is one character of one or two bytes. */
#ifndef OND_TOK_SPELL_H
#define OND_TOK_SPELL_H

#include "base/utf8.h"

static inline bool ond__byte_prints(unsigned b)
{
    return (b >= 0x21 && b <= 0x7E) || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
}

/* The character that spells byte b. */
static inline uint32_t ond__spell(unsigned b)
{
    if (ond__byte_prints(b)) return b;
    if (b <= 0x20) return 256 + b;
    return b == 0xAD ? 256 + 67 : 256 + 33 + (b - 0x7F);
}

/* The byte that character c spells; -1: none. */
static inline int ond__unspell(uint32_t c)
{
    if (c < 256) return ond__byte_prints(c) ? (int)c : -1;
    c -= 256;
    if (c <= 0x20) return (int)c;
    if (c == 67) return 0xAD;
    return c < 67 ? (int)(c - 33 + 0x7F) : -1;
}

/* Bytes of the character by its first byte, whether or not the rest is there. */
static inline size_t ond__lead(unsigned char b)
{
    return b < 0xC0 ? 1 : b < 0xE0 ? 2 : b < 0xF0 ? 3 : 4;
}

/* Reads one character of n > 0 bytes as the reference does: overlong forms and surrogates pass.
 * 0: invalid. */
static inline size_t ond__read(const char *text, size_t n, uint32_t *c)
{
    const unsigned char *p = (const unsigned char *)text;
    if (p[0] < 0x80) return *c = p[0], 1;
    size_t len = ond__lead(p[0]);
    if (len == 1 || len > n || p[0] > 0xF7) return 0;
    uint32_t v = p[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
        v = v << 6 | (p[i] & 0x3Fu);
    }
    return *c = v, v <= 0x10FFFF ? len : 0;
}

#endif
