/* kinds.c - kinds of characters, by utf8proc.
 *
 * utf8proc 2.8 knows Unicode 15.0, the reference 15.1: the characters that came between are
 * listed here. All other code points, lower-case forms and decompositions are the same in both
 * (compared one by one). */
#include "tok/kinds.h"

#include <utf8proc.h>

#define C OND__C
#define W OND__SPACE
#define P OND__P
#define S OND__S
#define N OND__N
#define L OND__L

const uint8_t ond__ascii_kind[128] = {
    C, C, C, C, C, C, C, C, C, W, W, W, W, W, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C, C,
    W, P, P, P, S, P, P, P, P, P, P, S, P, P, P, P, N, N, N, N, N, N, N, N, N, N, P, P, S, S, S, P,
    P, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, P, P, P, S, P,
    S, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, L, P, S, P, S, C,
};

#undef C
#undef W
#undef P
#undef S
#undef N
#undef L

static bool is_space(uint32_t c)
{
    return c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

/* Assigned in Unicode 15.1. */
static uint8_t kind_of_new(uint32_t c)
{
    if (c >= 0x2EBF0 && c <= 0x2EE5D) return OND__L;
    if ((c >= 0x2FFC && c <= 0x2FFF) || c == 0x31EF) return OND__S;
    return OND__NONE;
}

uint8_t ond__kind_beyond(uint32_t c)
{
    if ((c >= 0xAC00 && c <= 0xD7A3) || (c >= 0x4E00 && c <= 0x9FFF)) return OND__L;
    if (is_space(c)) return OND__SPACE;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM: case UTF8PROC_CATEGORY_LO: return OND__L;
    case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME: return OND__M;
    case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO: return OND__N;
    case UTF8PROC_CATEGORY_PC: case UTF8PROC_CATEGORY_PD: case UTF8PROC_CATEGORY_PS:
    case UTF8PROC_CATEGORY_PE: case UTF8PROC_CATEGORY_PI: case UTF8PROC_CATEGORY_PF:
    case UTF8PROC_CATEGORY_PO: return OND__P;
    case UTF8PROC_CATEGORY_SM: case UTF8PROC_CATEGORY_SC: case UTF8PROC_CATEGORY_SK:
    case UTF8PROC_CATEGORY_SO: return OND__S;
    case UTF8PROC_CATEGORY_CC: case UTF8PROC_CATEGORY_CF: case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO: return OND__C;
    default: return kind_of_new(c);
    }
}

uint32_t ond__lower(uint32_t c)
{
    if (c < 128) return c >= 'A' && c <= 'Z' ? c + 32 : c;
    return (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

uint32_t ond__base(uint32_t c)
{
    utf8proc_int32_t out[32];
    int last = 0;
    if (c < 0xC0) return c;
    utf8proc_ssize_t n =
        utf8proc_decompose_char((utf8proc_int32_t)c, out, 32, UTF8PROC_DECOMPOSE, &last);
    return n > 0 && n <= 32 ? (uint32_t)out[0] : c;
}

bool ond__han(uint32_t c)
{
    return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
           (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2EBEF) ||
           (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}
