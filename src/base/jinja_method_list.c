/* jinja_method_list.c - what lists, dicts and `loop` can be asked to do; in place, as in Python. */
#include "base/jinja_internal.h"

#include <math.h>

/* ---- lists ---- */

int ond__jm_append(jrun *r, const jv *self, const jargs *args, jv *out)
{
    *out = (jv){.kind = JV_NONE};
    return args->n == 1 ? ond__j_append(r, self->list, args->v[0])
                        : ond__j_fail(r, "append() takes one value");
}

int ond__jm_extend(jrun *r, const jv *self, const jargs *args, jv *out)
{
    jv more;
    int rc = args->n == 1 ? ond__j_iterate(r, &args->v[0], &more)
                          : ond__j_fail(r, "extend() takes a list");
    size_t n = rc == 0 ? more.list->n : 0;
    for (size_t i = 0; i < n && rc == 0; i++) {
        rc = ond__j_append(r, self->list, more.list->v[i]);
        if (rc == 0) rc = ond__j_spend(r, 1);
    }
    *out = (jv){.kind = JV_NONE};
    return rc;
}

static bool index_in(const jv *v, size_t n, bool end, size_t *out)
{
    double at = v->kind == JV_INT ? v->num : NAN;
    if (at < 0) at += (double)n;
    if (end && at < 0) at = 0;
    if (end && at > (double)n) at = (double)n;
    if (!(at >= 0 && at < (double)n + end)) return false;
    *out = (size_t)at;
    return true;
}

int ond__jm_insert(jrun *r, const jv *self, const jargs *args, jv *out)
{
    jlist *l = self->list;
    size_t at;
    *out = (jv){.kind = JV_NONE};
    if (args->n != 2 || !index_in(&args->v[0], l->n, true, &at))
        return ond__j_fail(r, "insert() takes a place and a value");
    int rc = ond__j_append(r, l, args->v[1]);
    if (rc) return rc;
    memmove(l->v + at + 1, l->v + at, (l->n - 1 - at) * sizeof(*l->v));
    l->v[at] = args->v[1];
    return ond__j_spend(r, l->n / 16);
}

int ond__jm_list_pop(jrun *r, const jv *self, const jargs *args, jv *out)
{
    jlist *l = self->list;
    size_t at = l->n - 1;
    if (!l->n || (args->n && !index_in(&args->v[0], l->n, false, &at)))
        return ond__j_fail(r, "pop(): the list has no such item");
    *out = l->v[at];
    memmove(l->v + at, l->v + at + 1, (l->n - at - 1) * sizeof(*l->v));
    l->n--;
    return ond__j_spend(r, l->n / 16);
}

int ond__jm_reverse(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)args;
    ond__j_reverse(self->list);
    *out = (jv){.kind = JV_NONE};
    return ond__j_spend(r, self->list->n / 8);
}

int ond__jm_clear(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)r;
    (void)args;
    if (self->kind == JV_LIST) self->list->n = 0;
    else self->dict->n = 0, self->dict->cap = 0, self->dict->n_slots = 0;
    *out = (jv){.kind = JV_NONE};
    return OND_OK;
}

int ond__jm_copy(jrun *r, const jv *self, const jargs *args, jv *out)
{
    int rc = OND_OK;
    (void)args;
    if (self->kind == JV_LIST) {
        rc = ond__j_list(r, self->list->n, out);
        for (size_t i = 0; i < self->list->n && rc == 0; i++)
            rc = ond__j_append(r, out->list, self->list->v[i]);
        return rc;
    }
    rc = ond__j_dict(r, out);
    for (size_t i = 0; i < self->dict->n && rc == 0; i++)
        rc = ond__j_put(r, out->dict, self->dict->v[i].key, self->dict->v[i].val);
    return rc ? rc : ond__j_spend(r, self->dict->n);
}

/* ---- dicts ---- */

static int key_of(jrun *r, const char *what, const jargs *args)
{
    const jv *k = ond__j_arg(args, 0, NULL);
    if (k && (k->kind == JV_STR || (r->python && k->kind > JV_HOLE && k->kind < JV_STR)))
        return OND_OK;
    return ond__j_fail(r, "%s() takes a key, not %s", what, k ? ond__j_kind(k) : "nothing");
}

int ond__jm_get(jrun *r, const jv *self, const jargs *args, jv *out)
{
    const jv *otherwise = ond__j_arg(args, 1, "default"), *v;
    *out = otherwise ? *otherwise : (jv){.kind = JV_NONE};
    if (r->python && args->n && (args->v[0].kind == JV_UNDEF || args->v[0].kind >= JV_LIST))
        return OND_OK;
    int rc = key_of(r, "get", args);
    if (rc == 0 && (v = ond__j_get(self->dict, args->v[0]))) *out = *v;
    return rc;
}

int ond__jm_keys(jrun *r, const jv *self, const jargs *args, jv *out)
{
    (void)args;
    return ond__j_iterate(r, self, out);
}

int ond__jm_values(jrun *r, const jv *self, const jargs *args, jv *out)
{
    int rc = ond__j_list(r, self->dict->n, out);
    (void)args;
    for (size_t i = 0; i < self->dict->n && rc == 0; i++)
        rc = ond__j_append(r, out->list, self->dict->v[i].val);
    return rc;
}

int ond__jm_dict_pop(jrun *r, const jv *self, const jargs *args, jv *out)
{
    const jv *otherwise = ond__j_arg(args, 1, NULL);
    int rc = key_of(r, "pop", args);
    if (rc) return rc;
    rc = ond__j_spend(r, self->dict->n / 4 + 1);
    if (rc == 0) rc = ond__j_remove(r, self->dict, args->v[0], out);
    if (rc != OND_E_NOT_FOUND) return rc;
    if (!otherwise) return ond__j_fail(r, "pop(): there is no such key");
    *out = *otherwise;
    return OND_OK;
}

int ond__jm_update(jrun *r, const jv *self, const jargs *args, jv *out)
{
    int rc = OND_OK;
    *out = (jv){.kind = JV_NONE};
    if (args->n && args->v[0].kind != JV_DICT) return ond__j_fail(r, "update() takes a mapping");
    const jdict *from[] = {args->n ? args->v[0].dict : NULL, args->kw};
    for (size_t k = 0; k < 2; k++)
        for (size_t i = 0; from[k] && i < from[k]->n && rc == 0; i++)
            rc = ond__j_put(r, self->dict, from[k]->v[i].key, from[k]->v[i].val);
    return rc;
}

int ond__jm_setdefault(jrun *r, const jv *self, const jargs *args, jv *out)
{
    const jv *v, *otherwise = ond__j_arg(args, 1, NULL);
    int rc = key_of(r, "setdefault", args);
    if (rc) return rc;
    *out = otherwise ? *otherwise : (jv){.kind = JV_NONE};
    if ((v = ond__j_get(self->dict, args->v[0]))) *out = *v;
    else rc = ond__j_put(r, self->dict, args->v[0], *out);
    return rc;
}

/* ---- loop ---- */

int ond__jm_cycle(jrun *r, const jv *self, const jargs *args, jv *out)
{
    if (!args->n) return ond__j_fail(r, "cycle() takes what to go through");
    *out = args->v[(size_t)fmod(self->dict->loop->index0, (double)args->n)];
    return OND_OK;
}

int ond__jm_changed(jrun *r, const jv *self, const jargs *args, jv *out)
{
    jv now = args->n ? args->v[0] : (jv){.kind = JV_NONE}, *old = self->dict->loop->changed;
    bool same = false;
    int rc = old->kind == JV_HOLE ? OND_OK : ond__j_equal(r, &now, old, &same);
    *old = now;
    *out = ond__j_bool(!same);
    return rc;
}

int ond__jm_recurse(jrun *r, const jv *self, const jargs *args, jv *out)
{
    return args->n == 1 ? ond__j_recurse(r, self->dict->loop, &args->v[0], out)
                        : ond__j_fail(r, "loop() takes what to walk through");
}
