/* ids.c - node to number, an open hash table that lives with the document. */
#include "hand/web/ids.h"

#include <stdlib.h>

enum { MOST = 1 << 20, DOCUMENT = 64 };

typedef struct row {
    uint64_t key;
    unsigned id;
} row;

struct ond__ids {
    char document[DOCUMENT];
    unsigned turn, last;
    row *rows;
    size_t cap;
};

bool ond__ids_begin(ond__ids **ids, const char *document, unsigned *turn)
{
    if (!*ids) *ids = calloc(1, sizeof **ids);
    if (!*ids) return false;
    ond__ids *k = *ids;
    if (strncmp(k->document, document, DOCUMENT - 1) != 0) {
        free(k->rows);
        *k = (ond__ids){0};
        memcpy(k->document, document, strnlen(document, DOCUMENT - 1));
    }
    *turn = ++k->turn;
    return true;
}

static row *slot(row *rows, size_t cap, uint64_t key)
{
    size_t i = (size_t)((key * 0x9E3779B97F4A7C15u) >> 20) & (cap - 1);
    while (rows[i].key && rows[i].key != key) i = (i + 1) & (cap - 1);
    return &rows[i];
}

static bool grow(ond__ids *k)
{
    size_t cap = k->cap ? k->cap * 2 : 256;
    row *rows = calloc(cap, sizeof *rows);
    if (!rows) return false;
    for (size_t i = 0; i < k->cap; i++)
        if (k->rows[i].key) *slot(rows, cap, k->rows[i].key) = k->rows[i];
    free(k->rows);
    k->rows = rows;
    k->cap = cap;
    return true;
}

unsigned ond__ids_number(ond__ids *k, uint64_t key)
{
    if ((size_t)k->last * 2 >= k->cap && !grow(k)) return 0;
    row *r = slot(k->rows, k->cap, key);
    if (!r->key) {
        if (k->last >= MOST) return 0;
        *r = (row){.key = key, .id = ++k->last};
    }
    return r->id;
}

void ond__ids_free(ond__ids *k)
{
    if (!k) return;
    free(k->rows);
    free(k);
}
