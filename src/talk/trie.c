/* trie.c - insertion into a byte trie. */
#include "talk/trie.h"

#include <stdlib.h>

static bool grow(void *v, uint32_t n, uint32_t *cap, size_t size)
{
    if (n < *cap) return true;
    if (*cap > UINT32_MAX / 2 / size) return false;
    uint32_t more = *cap ? *cap * 2 : 16;
    void *p;
    memcpy(&p, v, sizeof p); /* a pointer to any type of element */
    p = realloc(p, more * size);
    if (!p) return false;
    memcpy(v, &p, sizeof p);
    *cap = more;
    return true;
}

static uint32_t new_node(ond__trie *t, uint32_t parent, unsigned char byte)
{
    if (!grow(&t->node, t->n, &t->cap, sizeof *t->node)) return 0;
    uint32_t id = t->n++;
    t->node[id] = (ond__trie_node){.byte = byte, .next = t->node[parent].child};
    t->node[parent].child = id;
    if (parent == 0) t->top[byte] = id;
    return id;
}

static bool have_root(ond__trie *t)
{
    if (t->n) return true;
    if (!grow(&t->node, t->n, &t->cap, sizeof *t->node)) return false;
    if (!grow(&t->link, t->n_link, &t->cap_link, sizeof *t->link)) return false;
    t->node[0] = (ond__trie_node){0};
    t->link[0] = (ond__trie_link){0};
    t->n = t->n_link = 1;
    return true;
}

bool ond__trie_add(ond__trie *t, ond_str key, uint32_t value)
{
    if (!have_root(t)) return false;
    if (!grow(&t->link, t->n_link, &t->cap_link, sizeof *t->link)) return false;
    uint32_t at = 0;
    for (size_t i = 0; i < key.n; i++) {
        uint32_t down = ond__trie_step(t, at, (unsigned char)key.p[i]);
        if (!down) down = new_node(t, at, (unsigned char)key.p[i]);
        if (!down) return false; /* a chain without value: harmless */
        at = down;
    }
    uint32_t l = t->n_link++;
    t->link[l] = (ond__trie_link){.value = value};
    if (t->node[at].last)
        t->link[t->node[at].last].next = l;
    else
        t->node[at].value = l;
    t->node[at].last = l;
    return true;
}

void ond__trie_free(ond__trie *t)
{
    free(t->node);
    free(t->link);
    *t = (ond__trie){0};
}

size_t ond__trie_bytes(const ond__trie *t)
{
    return t->cap * sizeof *t->node + t->cap_link * sizeof *t->link;
}
