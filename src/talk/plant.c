/* plant.c - grows the trie of templates: sentences that begin with the same nodes share a path. */
#include "talk/build.h"

static uint32_t branch_for(ond__builder *b, uint32_t at, uint32_t node)
{
    ond_grammar *g = b->g;
    uint32_t last = 0;
    for (uint32_t c = g->branch[at].child; c; last = c, c = g->branch[c].next)
        if (g->branch[c].node == node) return c;
    if (!ond__room(&g->branch, b->g->n_branch, &b->cap_branch, sizeof *g->branch)) return 0;
    uint32_t id = b->g->n_branch++;
    g->branch[id] = (ond__branch){.node = node};
    if (last)
        g->branch[last].next = id;
    else
        g->branch[at].child = id;
    return id;
}

int ond__plant(ond__builder *b, uint32_t sentence)
{
    ond_grammar *g = b->g;
    if (b->g->n_branch == 0) {
        if (!ond__room(&g->branch, 0, &b->cap_branch, sizeof *g->branch))
            return ond_nomem(b->err, "building a grammar");
        g->branch[b->g->n_branch++] = (ond__branch){0};
    }
    uint32_t node = g->sentence[sentence].node, one[1] = {node}, n = 1, at = 0;
    const uint32_t *path = one;
    if (g->node[node].kind == OND__SEQ) {
        path = g->kid + g->node[node].a;
        n = g->node[node].n;
    }
    for (uint32_t i = 0; i < n; i++) {
        at = branch_for(b, at, path[i]);
        if (at == 0) return ond_nomem(b->err, "building a grammar");
    }
    if (!ond__room(&g->accept, b->g->n_accept, &b->cap_accept, sizeof *g->accept))
        return ond_nomem(b->err, "building a grammar");
    uint32_t *end = &g->branch[at].accept;
    while (*end) end = &g->accept[*end - 1].next;
    g->accept[b->g->n_accept++] = (ond__accept){.sentence = sentence};
    *end = b->g->n_accept;
    return 0;
}
