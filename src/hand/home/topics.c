/* topics.c - who listens on which topic: a hash table of topics, each with its listeners. */
#include "hand/home/device.h"
#include "base/hash.h"

#include <stdlib.h>

static bool grow(ond__topics *t)
{
    size_t n = t->n_buckets ? t->n_buckets * 2 : 64;
    ond__topic **bucket = calloc(n, sizeof *bucket);
    if (!bucket) return false;
    for (size_t i = 0; i < t->n_buckets; i++)
        for (ond__topic *x = t->bucket[i], *next; x; x = next) {
            next = x->next;
            x->next = bucket[x->hash % n];
            bucket[x->hash % n] = x;
        }
    free(t->bucket);
    t->bucket = bucket;
    t->n_buckets = n;
    return true;
}

ond__topic *ond__topics_find(const ond__topics *t, const char *name)
{
    size_t n = strlen(name);
    uint64_t hash = ond_fnv(name, n);
    ond__topic *x = t->n_buckets ? t->bucket[hash % t->n_buckets] : NULL;
    while (x && (x->hash != hash || strcmp(x->name, name) != 0)) x = x->next;
    return x;
}

static ond__topic *make(ond__topics *t, const char *name)
{
    size_t n = strlen(name);
    if (t->n >= t->n_buckets && !grow(t)) return NULL;
    ond__topic *x = calloc(1, sizeof *x + n + 1);
    if (!x) return NULL;
    memcpy(x->name, name, n + 1);
    x->hash = ond_fnv(name, n);
    x->next = t->bucket[x->hash % t->n_buckets];
    t->bucket[x->hash % t->n_buckets] = x;
    t->n++;
    return x;
}

bool ond__topics_add(ond__topics *t, const char *name, ond__device *d, int what)
{
    ond__topic *x = ond__topics_find(t, name);
    if (!x) x = make(t, name);
    if (x && x->n == x->cap) {
        size_t cap = x->cap ? x->cap * 2 : 2;
        ond__listener *v = realloc(x->v, cap * sizeof *v);
        if (!v) return false;
        x->v = v;
        x->cap = cap;
    }
    if (!x) return false;
    x->v[x->n++] = (ond__listener){d, what};
    x->subscribed =
        false; /* subscribing again brings the retained message again, which the newcomer needs */
    return true;
}

static void forget(ond__topic *x, const ond__device *d)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->n; i++)
        if (x->v[i].device != d) x->v[kept++] = x->v[i];
    x->n = kept;
}

void ond__topics_drop(ond__topics *t, ond__device *d, void (*gone)(void *self, const char *name),
                      void *self)
{
    for (size_t i = 0; i < t->n_buckets; i++)
        for (ond__topic **at = &t->bucket[i]; *at;) {
            ond__topic *x = *at;
            forget(x, d);
            if (x->n > 0) {
                at = &x->next;
                continue;
            }
            *at = x->next;
            t->n--;
            if (gone) gone(self, x->name);
            free(x->v);
            free(x);
        }
}

void ond__topics_free(ond__topics *t)
{
    for (size_t i = 0; i < t->n_buckets; i++)
        for (ond__topic *x = t->bucket[i], *next; x; x = next) {
            next = x->next;
            free(x->v);
            free(x);
        }
    free(t->bucket);
    *t = (ond__topics){0};
}
