/* guess.c - prompt lookup: what followed the same words last time may follow them again.
 *
 * The longest run of tokens before the end that equals the end (of equal ones the latest) is found
 * in one walk, and what came after it is the guess. A. Saxena, "Prompt Lookup Decoding" (2023). One
 * walk over 4,096 tokens takes microseconds. */
#include "run/room.h"

enum { LEAST = 2, ENOUGH = 8 };

int ond__guess(const int32_t *tok, int n, int32_t *out, int most)
{
    int best = LEAST - 1, at = -1;
    for (int i = n - 2; i >= LEAST - 1 && best < ENOUGH; i--) {
        if (tok[i] != tok[n - 1]) continue;
        int m = 1;
        while (m < ENOUGH && m <= i && tok[i - m] == tok[n - 1 - m]) m++;
        if (m > best) best = m, at = i;
    }
    if (at < 0) return 0;
    /* A run that reaches the end goes on as it began: "a b a b" is followed by "a b". */
    int period = n - 1 - at;
    for (int i = 0; i < most; i++) out[i] = i < period ? tok[at + 1 + i] : out[i - period];
    return most;
}
