/* names.c - an open-addressing table of names. */
#include "talk/names.h"
#include "base/hash.h"

#include <stdlib.h>

static size_t place(const ond__names *m, ond_str key)
{
    size_t i = ond_fnv(key.p, key.n) & (m->cap - 1);
    while (m->key[i].p && !ond_str_eq(m->key[i], key)) i = (i + 1) & (m->cap - 1);
    return i;
}

uint32_t ond__names_get(const ond__names *m, ond_str key)
{
    if (m->n == 0) return OND__NO_NAME;
    size_t i = place(m, key);
    return m->key[i].p ? m->value[i] : OND__NO_NAME;
}

static bool grow(ond__names *m)
{
    ond__names wide = {.cap = m->cap ? m->cap * 2 : 32};
    wide.key = calloc(wide.cap, sizeof *wide.key);
    wide.value = calloc(wide.cap, sizeof *wide.value);
    if (!wide.key || !wide.value) {
        ond__names_free(&wide);
        return false;
    }
    for (size_t i = 0; i < m->cap; i++) {
        if (!m->key[i].p) continue;
        size_t k = place(&wide, m->key[i]);
        wide.key[k] = m->key[i];
        wide.value[k] = m->value[i];
    }
    wide.n = m->n;
    ond__names_free(m);
    *m = wide;
    return true;
}

bool ond__names_set(ond__names *m, ond_str key, uint32_t value)
{
    if (m->n * 2 >= m->cap && !grow(m)) return false;
    size_t i = place(m, key);
    if (!m->key[i].p) m->n++;
    m->key[i] = key;
    m->value[i] = value;
    return true;
}

void ond__names_free(ond__names *m)
{
    free(m->key);
    free(m->value);
    *m = (ond__names){0};
}
