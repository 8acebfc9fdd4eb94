/* trie.h - a byte trie over folded text, each key with a chain of values in the order they came. */
#ifndef OND_TALK_TRIE_H
#define OND_TALK_TRIE_H

#include "base/str.h"

typedef struct ond__trie_node {
    uint32_t child, next; /* first child; next sibling; 0: none */
    uint32_t value, last; /* chain into link[]; 0: none */
    unsigned char byte;
} ond__trie_node;

typedef struct ond__trie_link {
    uint32_t value, next;
} ond__trie_link;

typedef struct ond__trie {
    ond__trie_node *node; /* [0] is the root */
    ond__trie_link *link; /* [0] is unused */
    uint32_t n, cap, n_link, cap_link;
    uint32_t top[256]; /* the root's children by byte: the widest node is found at once */
} ond__trie;

/* False when out of memory; the trie is then as it was. */
OND_CHECKED bool ond__trie_add(ond__trie *t, ond_str key, uint32_t value);
void ond__trie_free(ond__trie *t);
size_t ond__trie_bytes(const ond__trie *t);

/* The child of `node` by `byte`; 0: none. */
static inline uint32_t ond__trie_step(const ond__trie *t, uint32_t node, unsigned char byte)
{
    if (node == 0) return t->top[byte];
    uint32_t c = t->node[node].child;
    while (c && t->node[c].byte != byte) c = t->node[c].next;
    return c;
}

#endif
