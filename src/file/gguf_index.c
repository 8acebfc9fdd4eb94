/* gguf_index.c - names to places: an array sorted by hash, then bytes.
 *
 * A table of buckets would be quadratic for names that were chosen to collide; a sorted array never is, and two hundred
 * tensors take eight steps. */
#include "file/room.h"

#include "base/hash.h"

#include <stdlib.h>

uint64_t ond__index_hash(ond_str s) { return ond_fnv(s.p, s.n); }

static int order(const ond__name *a, const ond__name *b)
{
    if (a->hash != b->hash) return a->hash < b->hash ? -1 : 1;
    if (a->s.n != b->s.n) return a->s.n < b->s.n ? -1 : 1;
    return memcmp(a->s.p, b->s.p, a->s.n);
}

static int by_name(const void *a, const void *b) { return order(a, b); }

bool ond__index_sort(ond__name *v, size_t n, ond_str *twice)
{
    if (n > 1) qsort(v, n, sizeof *v, by_name);
    for (size_t i = 1; i < n; i++)
        if (order(&v[i - 1], &v[i]) == 0) {
            *twice = v[i].s;
            return false;
        }
    return true;
}

int64_t ond__index_find(const ond__name *v, size_t n, ond_str s)
{
    ond__name key = {ond__index_hash(s), s, 0};
    size_t low = 0;
    while (n > 0) {
        size_t half = n / 2;
        int c = order(&key, &v[low + half]);
        if (c == 0) return v[low + half].at;
        if (c > 0) {
            low += half + 1;
            n -= half + 1;
        } else
            n = half;
    }
    return -1;
}

const ond_gguf_value *ond__value_find(const ond_gguf_value *v, const ond__name *index, size_t n,
                                      ond_str key)
{
    int64_t at = ond__index_find(index, n, key);
    return at < 0 ? NULL : &v[at];
}
