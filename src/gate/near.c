/* near.c - names that are near to a mistyped one, and patterns with stars. */
#include "gate/room.h"

#include "base/utf8.h"

enum { OND__NEAR_SHOWN = 3 };

/* How far a name may be and still be meant: two slips in a short word, a third of a long one. */
static int near_enough(const char *word)
{
    int third = (int)(ond_utf8_count(ond_str_of(word)) / 3);
    return third < 2 ? 2 : third > 8 ? 8 : third;
}

void ond__near_put(ond_buf *out, const char *word, const char *const *names, size_t n)
{
    const char *best[OND__NEAR_SHOWN] = {0};
    int far[OND__NEAR_SHOWN], most = near_enough(word);
    size_t shown = 0;
    if (strlen(word) > 256) return;
    for (size_t i = 0; i < n; i++) {
        int d = ond_utf8_distance(ond_str_of(word), ond_str_of(names[i]), most);
        if (d > most) continue;
        size_t at = shown;
        while (at > 0 && far[at - 1] > d) at--;
        if (at == OND__NEAR_SHOWN) continue;
        if (shown < OND__NEAR_SHOWN) shown++;
        for (size_t k = shown - 1; k > at; k--) best[k] = best[k - 1], far[k] = far[k - 1];
        best[at] = names[i];
        far[at] = d;
    }
    for (size_t i = 0; i < shown; i++)
        ond_buf_printf(out, "%s'%s'",
                       i == 0           ? "; did you mean "
                       : i + 1 == shown ? " or "
                                        : ", ",
                       best[i]);
    if (shown) ond_buf_puts(out, "?");
}

/* Goes back to the last star only, so that time is bounded by the product of the lengths. */
bool ond__glob(const char *pattern, const char *text)
{
    const char *star = NULL, *resume = NULL;
    while (*text) {
        ond_str rest = ond_str_of(text);
        size_t one = 0;
        (void)ond_utf8_next(rest, &one);
        if (*pattern == '*') {
            star = ++pattern;
            resume = text;
        } else if (*pattern == '?') {
            pattern++;
            text += one;
        } else if (*pattern == '\\' && pattern[1] && pattern[1] == *text) {
            pattern += 2;
            text++;
        } else if (*pattern != '\\' && *pattern == *text) {
            pattern++;
            text++;
        } else if (star) {
            pattern = star;
            text = ++resume;
        } else {
            return false;
        }
    }
    while (*pattern == '*') pattern++;
    return *pattern == '\0';
}
