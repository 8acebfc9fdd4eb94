/* names.h - from names to small numbers, while a grammar is built. */
#ifndef OND_TALK_NAMES_H
#define OND_TALK_NAMES_H

#include "base/str.h"

#define OND__NO_NAME UINT32_MAX

typedef struct ond__names {
    ond_str *key; /* borrowed */
    uint32_t *value;
    size_t n, cap; /* cap is a power of two */
} ond__names;

uint32_t ond__names_get(const ond__names *m, ond_str key); /* OND__NO_NAME: none */
OND_CHECKED bool ond__names_set(ond__names *m, ond_str key,
                                uint32_t value); /* replaces; false: no memory */
void ond__names_free(ond__names *m);

#endif
