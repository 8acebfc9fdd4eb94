/* scratch.h - memory of one match: bumped, never freed piecewise, kept for the next sentence.
 *
 * A match costs no malloc once warm. Pieces are not zeroed. Beyond the limit an allocation fails,
 * which the caller turns into OND_E_BUDGET: a hostile sentence cannot take the machine's memory. */
#ifndef OND_TALK_SCRATCH_H
#define OND_TALK_SCRATCH_H

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct ond__scratch_block ond__scratch_block;
typedef struct ond__scratch {
    ond__scratch_block *block; /* newest first */
    unsigned char *at, *end;
    size_t held, limit; /* bytes of all blocks; 0: no limit */
    bool nomem, full;   /* why an allocation failed: no memory; the limit */
} ond__scratch;

void *ond__scratch_more(ond__scratch *s, size_t n); /* the slow path of the next one */
static inline void *ond__scratch_get(ond__scratch *s, size_t n)
{
    n = (n + 15) & ~(size_t)15;
    if ((size_t)(s->end - s->at) < n) return ond__scratch_more(s, n);
    void *p = s->at;
    s->at += n;
    return p;
}
void ond__scratch_reset(ond__scratch *s); /* keeps the largest block, up to 1 MiB */
void ond__scratch_free(ond__scratch *s);

#endif
