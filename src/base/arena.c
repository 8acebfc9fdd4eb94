/* arena.c - chained blocks of memory, freed all at once.
 *
 * 1. A block is zeroed when it is made and no byte is handed out twice, so what comes back is zero.
 * 2. The newest block stands at the head; a piece too large for its rest gets a block that fits. */
#include "base/arena.h"

#include <stdlib.h>

#define ALIGN 16
#define BLOCK_FIRST ((size_t)4 << 10)
#define BLOCK_MOST ((size_t)256 << 10)

typedef struct ond__block {
    struct ond__block *next;
    size_t used, cap;
    _Alignas(ALIGN) unsigned char bytes[];
} block;

static block *block_new(ond_arena *a, size_t n)
{
    size_t cap = a->head ? a->head->cap * 2 : BLOCK_FIRST;
    if (cap > BLOCK_MOST) cap = BLOCK_MOST;
    if (cap < n) cap = n;
    block *b = calloc(1, sizeof(block) + cap);
    if (!b) return NULL;
    b->cap = cap;
    b->next = a->head;
    return a->head = b;
}

void *ond_arena_alloc(ond_arena *a, size_t n)
{
    if (n > SIZE_MAX / 2) return NULL;
    n = n ? (n + ALIGN - 1) & ~(size_t)(ALIGN - 1) : ALIGN;
    if (a->limit && (a->used > a->limit || n > a->limit - a->used)) return NULL;
    block *b = a->head;
    if (!b || b->cap - b->used < n) b = block_new(a, n);
    if (!b) return NULL;
    void *p = b->bytes + b->used;
    b->used += n;
    a->used += n;
    return p;
}

void *ond_arena_array(ond_arena *a, size_t n, size_t size)
{
    if (size && n > SIZE_MAX / size) return NULL;
    return ond_arena_alloc(a, n * size);
}

char *ond_arena_dup(ond_arena *a, ond_str s)
{
    if (s.n == SIZE_MAX) return NULL;
    char *z = ond_arena_alloc(a, s.n + 1);
    if (z && s.n) memcpy(z, s.p, s.n);
    return z;
}

void ond_arena_free(ond_arena *a)
{
    for (block *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    a->head = NULL;
    a->used = 0;
}
