/* utf8.h - text as people write it: UTF-8, Unicode forms, Hangul, Korean particles, nearness of words. */
#ifndef OND_BASE_UTF8_H
#define OND_BASE_UTF8_H

#include "base/str.h"

/* Bytes of s up to the first that is no valid UTF-8 (RFC 3629: no surrogates, no overlong forms); s.n if all is valid. */
size_t ond_utf8_valid(ond_str s);
/* Decodes the character at s.p[*at] and advances *at; invalid bytes give U+FFFD and advance by one. */
uint32_t ond_utf8_next(ond_str s, size_t *at);
size_t ond_utf8_put(uint32_t c, char out[4]);    /* bytes written, 1 to 4; U+FFFD for what is no character */
/* The same for anything up to U+10FFFF, surrogates too. */
static inline size_t ond_utf8_write(uint32_t c, char out[4])
{
    if (c < 0x80) return out[0] = (char)c, 1;
    size_t len = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    static const unsigned char lead[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = len - 1; i > 0; i--, c >>= 6) out[i] = (char)(0x80 | (c & 0x3F));
    out[0] = (char)(lead[len] | c);
    return len;
}
size_t ond_utf8_count(ond_str s);                /* characters */
/* Largest n <= max that cuts s at a character boundary. */
size_t ond_utf8_cut(ond_str s, size_t max);

/* Unicode normalisation form C, by utf8proc. Invalid UTF-8 is OND_E_INPUT. */
OND_CHECKED int ond_utf8_nfc(ond_str s, ond_buf *out, ond_err *err);
/* NFC and full case folding: for comparing names. */
OND_CHECKED int ond_utf8_fold(ond_str s, ond_buf *out, ond_err *err);

/* The language a sentence is written in, by its script: "ko" where Hangul letters are at least a third of
 * the letters, else "en". Static string. */
const char *ond_utf8_lang(ond_str s);

/* Appends word and the particle that fits its last sound: ond_josa(b, "조명", "을/를") gives "조명을".
 * Pairs: 은/는 이/가 을/를 과/와 으로/로 아/야 이에요/예요 이라/라; the form after a consonant stands first (으로/로 takes
 * 로 after ㄹ). Digits and Latin letters go by how Koreans read them. */
void ond_josa(ond_buf *out, ond_str word, const char *pair);

/* Edit distance (insert, delete, replace, swap of neighbours) over folded text; Hangul syllables are
 * taken apart into jamo. Gives up beyond `most` and returns most + 1. */
int ond_utf8_distance(ond_str a, ond_str b, int most);

#endif
