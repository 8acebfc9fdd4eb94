/* distance.c - how far apart two words are, for "did you mean".
 *
 * Optimal string alignment over letters, where a Hangul syllable is its jamo as one types them, so
 * that 거실 and 거싩 are one step apart. Only a band of `most` cells on both sides of the diagonal
 * is worked out, so long texts cost length × most. Source: Ukkonen 1985 for the band. */
#include "base/utf8.h"

#include <limits.h>
#include <stdlib.h>

typedef struct letters {
    uint32_t *v;
    size_t n;
} letters;

/* A syllable is 1 to 3 letters, in the block of compatibility jamo: first and last ㄱ are the same
 * key. */
static size_t jamo(uint32_t syllable, uint32_t out[3])
{
    static const unsigned char first[19] = {0x31, 0x32, 0x34, 0x37, 0x38, 0x39, 0x41,
                                            0x42, 0x43, 0x45, 0x46, 0x47, 0x48, 0x49,
                                            0x4A, 0x4B, 0x4C, 0x4D, 0x4E};
    static const unsigned char last[28] = {
        0,    0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E,
        0x3F, 0x40, 0x41, 0x42, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E};
    if (syllable < 0xAC00 || syllable > 0xD7A3) return out[0] = syllable, 1;
    uint32_t i = syllable - 0xAC00;
    out[0] = 0x3100u + first[i / 588];
    out[1] = 0x314Fu + i % 588 / 28;
    out[2] = 0x3100u + last[i % 28];
    return i % 28 ? 3 : 2;
}

static bool letters_of(ond_str s, letters *out)
{
    ond_buf folded = {0};
    if (ond_utf8_fold(s, &folded, NULL) == 0) s = (ond_str){folded.p, folded.n};
    *out = (letters){.v = malloc((s.n + 1) * 3 * sizeof(uint32_t))};
    for (size_t at = 0; out->v && at < s.n;) out->n += jamo(ond_utf8_next(s, &at), out->v + out->n);
    ond_buf_free(&folded);
    return out->v != NULL;
}

static int least(int a, int b) { return a < b ? a : b; }

/* rows: three of b.n + 1 cells each. */
static int align(letters a, letters b, int most, int *rows)
{
    size_t width = b.n + 1, band = (size_t)most;
    int *two_ago = rows, *ago = rows + width, *now = rows + 2 * width, far = most + 1;
    for (size_t j = 0; j < width; j++) ago[j] = two_ago[j] = j <= band ? (int)j : far;
    for (size_t i = 1; i <= a.n; i++) {
        size_t from = i > band ? i - band : 0, to = i + band < b.n ? i + band : b.n;
        int best = far;
        if (from > 0) now[from - 1] = far;
        for (size_t j = from; j <= to; j++) {
            if (j == 0) {
                now[0] = (int)i;
            } else {
                bool same = a.v[i - 1] == b.v[j - 1];
                int d = ago[j - 1] + !same;
                d = least(d, now[j - 1] + 1);
                if (j < i + band) d = least(d, ago[j] + 1);   /* else beyond the last row's band */
                if (i > 1 && j > 1 && a.v[i - 1] == b.v[j - 2] && a.v[i - 2] == b.v[j - 1])
                    d = least(d, two_ago[j - 2] + 1);
                now[j] = least(d, far);
            }
            best = least(best, now[j]);
        }
        if (best == far) return far;
        int *t = two_ago;
        two_ago = ago, ago = now, now = t;
    }
    return ago[b.n];
}

int ond_utf8_distance(ond_str a, ond_str b, int most)
{
    if (most < 0) most = 0;
    if (most > INT_MAX / 4) most = INT_MAX / 4;
    letters x = {0}, y = {0};
    int *rows = NULL, d = most + 1;
    if (letters_of(a, &x) && letters_of(b, &y)) {
        size_t apart = x.n > y.n ? x.n - y.n : y.n - x.n;
        if (apart <= (size_t)most) rows = malloc(3 * (y.n + 1) * sizeof(*rows));
        if (rows) d = align(x, y, most, rows);
    }
    free(rows);
    free(x.v);
    free(y.v);
    return d;
}
