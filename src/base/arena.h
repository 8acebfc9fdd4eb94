/* arena.h - memory that is freed all at once.
 *
 * For compiled, immutable things (a grammar, a policy, a house): many small pieces, one lifetime. Blocks are
 * chained; nothing is freed on its own. All functions return NULL when out of memory, never abort. */
#ifndef OND_BASE_ARENA_H
#define OND_BASE_ARENA_H

#include "base/str.h"

typedef struct ond_arena {
    struct ond__block *head;
    size_t used;      /* bytes handed out */
    size_t limit;     /* 0: none; else allocations beyond it fail */
} ond_arena;

void *ond_arena_alloc(ond_arena *a, size_t n);            /* zeroed, aligned to 16 */
void *ond_arena_array(ond_arena *a, size_t n, size_t size);/* overflow-checked n * size, zeroed */
char *ond_arena_dup(ond_arena *a, ond_str s);              /* NUL-terminated copy */
void ond_arena_free(ond_arena *a);                         /* and back to all zero but for limit */

#endif
