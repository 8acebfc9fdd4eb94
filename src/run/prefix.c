/* prefix.c - prompts that come again, in memory: a tree of runs of 8 tokens, each with its cache,
 * in a bounded pool.
 *
 * A node is a run and the node before it, so prompts that begin alike share their beginning. When
 * the pool is full, the leaf that was not used for the longest time goes (a node is used whenever
 * one after it is, so leaves are always older than what they stand on).
 *
 * 1. A node's cache is that of its tokens after those of its ancestors, all of them compared, never
 * only a hash.
 * 2. Everything is allocated at opening; pages of the pool cost nothing until they are used. */
#include "run/room.h"

#include "sys/map.h"

#include <stdlib.h>

enum { RUN = 8, NODES_MOST = 1 << 16, NONE = -1 };

typedef struct node {
    int32_t tok[RUN];
    int up, next; // the run before; the next in the bucket, or in the list of free nodes
    int n_down;
    uint64_t used;
} node;

struct ond__prefix {
    node *node;
    int *bucket; // [n_bucket], a power of two
    int n_node, n_bucket, free;
    unsigned char *pool;
    size_t run_bytes, pool_bytes;
    uint64_t clock;
};

int ond__prefix_open(const ond_kv *like, uint64_t bytes, ond__prefix **out, ond_err *err)
{
    *out = NULL;
    ond__prefix *p = calloc(1, sizeof *p);
    if (!p) return ond_nomem(err, "opening the prefix cache");
    p->run_bytes = (ond_kv_bytes(like, 0, RUN) + 63) & ~(size_t)63;
    uint64_t n = bytes / (p->run_bytes + sizeof(node) + 2 * sizeof(int));
    p->n_node = n > NODES_MOST ? NODES_MOST : (int)n;
    for (p->n_bucket = 16; p->n_bucket < p->n_node; p->n_bucket *= 2) continue;
    p->pool_bytes = (size_t)p->n_node * p->run_bytes;
    p->node = calloc((size_t)p->n_node + 1, sizeof *p->node);
    p->bucket = malloc((size_t)p->n_bucket * sizeof *p->bucket);
    p->pool = ond_pages_alloc(p->pool_bytes ? p->pool_bytes : 1, false);
    if (!p->node || !p->bucket || !p->pool) {
        ond__prefix_close(p);
        return ond_nomem(err, "opening the prefix cache");
    }
    for (int i = 0; i < p->n_bucket; i++) p->bucket[i] = NONE;
    for (int i = 0; i < p->n_node; i++) p->node[i].next = i + 1 < p->n_node ? i + 1 : NONE;
    p->free = p->n_node ? 0 : NONE;
    *out = p;
    return OND_OK;
}

void ond__prefix_close(ond__prefix *p)
{
    if (!p) return;
    if (p->pool) ond_pages_free(p->pool, p->pool_bytes ? p->pool_bytes : 1);
    free(p->node);
    free(p->bucket);
    free(p);
}

static int *bucket_of(ond__prefix *p, int up, const int32_t *tok)
{
    int32_t key[RUN + 1];
    key[0] = up;
    memcpy(key + 1, tok, RUN * sizeof *tok);
    uint64_t h = ond_fnv(key, sizeof key);
    return &p->bucket[(h ^ h >> 32) & (uint64_t)(p->n_bucket - 1)];
}

static int node_find(ond__prefix *p, int up, const int32_t *tok)
{
    int i = *bucket_of(p, up, tok);
    while (i != NONE &&
           (p->node[i].up != up || memcmp(p->node[i].tok, tok, RUN * sizeof *tok) != 0))
        i = p->node[i].next;
    return i;
}

int ond__prefix_find(ond__prefix *p, const int32_t *tok, int n)
{
    int at = NONE, m = 0;
    p->clock++;
    for (; m + RUN <= n; m += RUN) {
        int i = node_find(p, at, tok + m);
        if (i == NONE) break;
        p->node[i].used = p->clock;
        at = i;
    }
    return m;
}

void ond__prefix_load(ond__prefix *p, const int32_t *tok, int begin, int end, ond_kv *kv)
{
    int at = NONE;
    for (int m = 0; m + RUN <= end; m += RUN) {
        at = node_find(p, at, tok + m);
        if (at == NONE) return;
        if (m + RUN > begin) ond_kv_load(kv, m, m + RUN, p->pool + (size_t)at * p->run_bytes);
    }
}

static void node_drop(ond__prefix *p, int i)
{
    int *link = bucket_of(p, p->node[i].up, p->node[i].tok);
    while (*link != i) link = &p->node[*link].next;
    *link = p->node[i].next;
    if (p->node[i].up != NONE) p->node[p->node[i].up].n_down--;
    p->node[i].next = p->free;
    p->node[i].used = 0;
    p->free = i;
}

/* A free node; drops the oldest leaf, but none of the path that is being put (its `used` is now).
 */
static int node_take(ond__prefix *p)
{
    if (p->free == NONE) {
        int oldest = NONE;
        for (int i = 0; i < p->n_node; i++)
            if (p->node[i].n_down == 0 && p->node[i].used < p->clock &&
                (oldest == NONE || p->node[i].used < p->node[oldest].used))
                oldest = i;
        if (oldest == NONE) return NONE;
        node_drop(p, oldest);
    }
    int i = p->free;
    p->free = p->node[i].next;
    return i;
}

void ond__prefix_put(ond__prefix *p, const int32_t *tok, int n, const ond_kv *kv)
{
    int at = NONE;
    p->clock++;
    for (int m = 0; m + RUN <= n; m += RUN) {
        int i = node_find(p, at, tok + m);
        if (i == NONE) {
            i = node_take(p);
            if (i == NONE) return;
            ond_kv_save(kv, m, m + RUN, p->pool + (size_t)i * p->run_bytes);
            int *bucket = bucket_of(p, at, tok + m);
            p->node[i] = (node){.up = at, .next = *bucket};
            memcpy(p->node[i].tok, tok + m, RUN * sizeof *tok);
            *bucket = i;
            if (at != NONE) p->node[at].n_down++;
        }
        p->node[i].used = p->clock;
        at = i;
    }
}
