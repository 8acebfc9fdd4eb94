/* json_keys.c - of a repeated key the last one wins, without comparing each key with each.
 *
 * Small objects are compared pairwise. Larger ones are sorted by (key, position), which no choice
 * of keys can make slow, as it could a hash table. */
#include "base/json_scan.h"

#include <stdlib.h>

#define PAIRWISE 16

typedef struct member {
    cJSON *item;
    size_t place;
} member;

static int by_key(const void *a, const void *b)
{
    const member *x = a, *y = b;
    int c = strcmp(x->item->string, y->item->string);
    return c ? c : (x->place > y->place) - (x->place < y->place);
}

static void drop(cJSON *object, cJSON *item)
{
    cJSON_Delete(cJSON_DetachItemViaPointer(object, item));
}

static void small_last_wins(cJSON *object)
{
    for (cJSON *a = object->child, *next; a; a = next) {
        next = a->next;
        for (cJSON *b = next; b; b = b->next) {
            if (strcmp(a->string, b->string) != 0) continue;
            drop(object, a);
            break;
        }
    }
}

static int large_last_wins(cJSON *object, size_t n, ond_err *err)
{
    member *v = malloc(n * sizeof(*v));
    if (!v) return ond_nomem(err, "reading a JSON object");
    size_t i = 0;
    for (cJSON *c = object->child; c; c = c->next, i++) v[i] = (member){c, i};
    qsort(v, n, sizeof(*v), by_key);
    for (i = 0; i + 1 < n; i++)
        if (strcmp(v[i].item->string, v[i + 1].item->string) == 0) drop(object, v[i].item);
    free(v);
    return OND_OK;
}

int ond__json_last_wins(cJSON *value, ond_err *err)
{
    size_t n = 0;
    for (cJSON *c = value->child; c; c = c->next) n++;
    int rc = OND_OK;
    if (cJSON_IsObject(value) && n > 1) {
        if (n <= PAIRWISE) small_last_wins(value);
        else rc = large_last_wins(value, n, err);
    }
    for (cJSON *c = value->child; c && rc == 0; c = c->next)
        if (c->child) rc = ond__json_last_wins(c, err);
    return rc;
}
