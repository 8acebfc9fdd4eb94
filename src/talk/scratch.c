/* scratch.c - blocks behind the bump allocator of a match. */
#include "talk/scratch.h"

#include <stdlib.h>

enum { FIRST = 64 << 10, KEEP = 1 << 20 };

struct ond__scratch_block {
    ond__scratch_block *next;
    size_t size;
    alignas(16) unsigned char bytes[];
};

void *ond__scratch_more(ond__scratch *s, size_t n)
{
    size_t size = s->block ? s->block->size * 2 : FIRST;
    if (size > 4u << 20) size = 4u << 20;
    if (size < n) size = n;
    if (s->limit && s->held + size > s->limit) {
        s->full = true;
        return NULL;
    }
    ond__scratch_block *b = malloc(sizeof *b + size);
    if (!b) {
        s->nomem = true;
        return NULL;
    }
    *b = (ond__scratch_block){.next = s->block, .size = size};
    s->block = b;
    s->held += size;
    s->at = b->bytes + n;
    s->end = b->bytes + size;
    return b->bytes;
}

void ond__scratch_reset(ond__scratch *s)
{
    ond__scratch_block *keep = NULL;
    while (s->block) {
        ond__scratch_block *b = s->block;
        s->block = b->next;
        bool better = b->size <= KEEP && (!keep || b->size > keep->size);
        free(better ? keep : b);
        if (better) keep = b;
    }
    s->block = keep;
    s->nomem = s->full = false;
    s->held = keep ? keep->size : 0;
    s->at = keep ? keep->bytes : NULL;
    s->end = keep ? keep->bytes + keep->size : NULL;
    if (keep) keep->next = NULL;
}

void ond__scratch_free(ond__scratch *s)
{
    while (s->block) {
        ond__scratch_block *b = s->block;
        s->block = b->next;
        free(b);
    }
    *s = (ond__scratch){0};
}
