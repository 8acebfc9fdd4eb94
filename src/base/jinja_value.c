/* jinja_value.c - the values of a rendering: making, keeping, comparing.
 *
 * Lists and dicts are shared by whoever holds them, as in Python and JavaScript. A dict keeps the
 * order of its keys; beyond INDEX_FROM keys it has an index. Numbers are doubles of two kinds, as
 * in the reference. */
#include "base/jinja_internal.h"

#include "base/utf8.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define INDEX_FROM 8
#define WHOLE_MOST 9007199254740992.0        /* 2^53 */

int ond__j_fail(jrun *r, const char *fmt, ...)
{
    char what[400];
    va_list ap;
    va_start(ap, fmt);
    if (vsnprintf(what, sizeof(what), fmt, ap) < 0) what[0] = 0;
    va_end(ap);
    return ond_fail(r->err, OND_E_INPUT, "line %u: %s", (unsigned)r->line, what);
}

void *ond__j_alloc(jrun *r, size_t n, size_t size)
{
    void *p = ond_arena_array(&r->mem, n, size);
    if (!p && (n > SIZE_MAX / 2 / size || r->mem.used + n * size + 16 > r->mem.limit))
        r->over = true;
    return p;
}

void *ond__j_grow(jrun *r, const void *v, size_t n, size_t *cap, size_t size)
{
    size_t want = *cap ? *cap * 2 : 4;
    void *more = ond__j_alloc(r, want, size);
    if (!more) return NULL;
    if (n) memcpy(more, v, n * size);
    *cap = want;
    return more;
}

int ond__j_nomem(jrun *r)
{
    if (r->over)
        return ond__j_fail(r, "the template needs more than %zu MiB of memory", r->t->memory >> 20);
    return ond_nomem(r->err, "rendering a template");
}

int ond__j_spend(jrun *r, size_t n)
{
    if (n < r->steps) {
        r->steps -= n;
        return OND_OK;
    }
    r->steps = 0;
    return ond__j_fail(r, "the template needs more than %zu steps", r->t->steps);
}

const char *ond__j_kind(const jv *v)
{
    switch (v->kind) {
    case JV_UNDEF: case JV_HOLE: return "an undefined value";
    case JV_NONE: return "none";
    case JV_BOOL: return "a boolean";
    case JV_INT: return "an integer";
    case JV_FLOAT: return "a float";
    case JV_STR: return "a string";
    case JV_LIST: return "a list";
    case JV_TUPLE: return "a tuple";
    case JV_DICT: return "a mapping";
    case JV_SPACE: return "a namespace";
    case JV_FUNC: return "a function";
    }
    return "a value";
}

bool ond__j_true(const jv *v)
{
    switch (v->kind) {
    case JV_UNDEF: case JV_HOLE: case JV_NONE: return false;
    case JV_BOOL: return v->b;
    case JV_INT: case JV_FLOAT: return v->num != 0 && !isnan(v->num);
    case JV_STR: return v->s.n != 0;
    case JV_LIST: case JV_TUPLE: return v->list->n != 0;
    case JV_DICT: return v->dict->n != 0;
    case JV_SPACE: case JV_FUNC: return true;
    }
    return false;
}

/* ---- lists ---- */

int ond__j_list(jrun *r, size_t cap, jv *out)
{
    jlist *l = ond__j_alloc(r, 1, sizeof(*l));
    if (l && cap) l->v = ond__j_alloc(r, cap, sizeof(*l->v));
    if (!l || (cap && !l->v)) return ond__j_nomem(r);
    l->cap = cap;
    *out = (jv){.kind = JV_LIST, .list = l};
    return ond__j_spend(r, cap / 16);
}

int ond__j_append(jrun *r, jlist *l, jv v)
{
    if (l->n == l->cap) {
        jv *more = ond__j_grow(r, l->v, l->n, &l->cap, sizeof(*more));
        if (!more) return ond__j_nomem(r);
        l->v = more;
    }
    l->v[l->n++] = v;
    return OND_OK;
}

/* ---- dicts ---- */

int ond__j_dict(jrun *r, jv *out)
{
    jdict *d = ond__j_alloc(r, 1, sizeof(*d));
    if (!d) return ond__j_nomem(r);
    *out = (jv){.kind = JV_DICT, .dict = d};
    return OND_OK;
}

/* Keys: strings in the reference; Python's dialect also has numbers, booleans and none. 1, 1.0 and
 * true are one key. */
static uint32_t hash_of(const jdict *d, const jv *key)
{
    if (key->kind == JV_STR) return ond__j_hash(key->s, (uintptr_t)d);
    double x = key->kind == JV_BOOL ? key->b : ond__j_is_num(key) ? key->num : 0;
    if (x == 0) x = 0;       /* no -0 */
    return ond__j_hash((ond_str){(const char *)&x, sizeof(x)}, (uintptr_t)d);
}

static bool key_equal(const jv *a, const jv *b)
{
    if (a->kind == JV_STR || b->kind == JV_STR) return a->kind == b->kind && ond_str_eq(a->s, b->s);
    if (a->kind == JV_NONE || b->kind == JV_NONE) return a->kind == b->kind;
    double x = a->kind == JV_BOOL ? a->b : a->num, y = b->kind == JV_BOOL ? b->b : b->num;
    return x == y;
}

static uint32_t *slot(const jdict *d, const jv *key, uint32_t hash)
{
    size_t i = hash & (d->n_slots - 1);
    for (uint32_t at; (at = d->slots[i]); i = (i + 1) & (d->n_slots - 1))
        if (d->v[at - 1].hash == hash && key_equal(&d->v[at - 1].key, key)) break;
    return &d->slots[i];
}

static jpair *pair_of(const jdict *d, const jv *key)
{
    if (d->n_slots) {
        uint32_t at = *slot(d, key, hash_of(d, key));
        return at ? &d->v[at - 1] : NULL;
    }
    for (size_t i = 0; i < d->n; i++)
        if (key_equal(&d->v[i].key, key)) return &d->v[i];
    return NULL;
}

static int index_make(jrun *r, jdict *d)
{
    size_t n = 32;
    while (n < d->cap * 2) n *= 2;
    if (n != d->n_slots) {
        d->slots = ond__j_alloc(r, n, sizeof(*d->slots));
        if (!d->slots) {
            d->n_slots = 0;
            return ond__j_nomem(r);
        }
    } else memset(d->slots, 0, n * sizeof(*d->slots));
    d->n_slots = n;
    for (size_t i = 0; i < d->n; i++) {
        d->v[i].hash = hash_of(d, &d->v[i].key);
        *slot(d, &d->v[i].key, d->v[i].hash) = (uint32_t)i + 1;
    }
    return ond__j_spend(r, d->n / 4);
}

static int dict_grow(jrun *r, jdict *d)
{
    jpair *more = ond__j_grow(r, d->v, d->n, &d->cap, sizeof(*more));
    if (!more) return ond__j_nomem(r);
    d->v = more;
    return d->cap > INDEX_FROM ? index_make(r, d) : OND_OK;
}

int ond__j_put(jrun *r, jdict *d, jv key, jv v)
{
    jpair *old = pair_of(d, &key);
    if (old) {
        old->val = v;
        return OND_OK;
    }
    if (d->n == d->cap) {
        int rc = dict_grow(r, d);
        if (rc) return rc;
    }
    uint32_t hash = d->n_slots ? hash_of(d, &key) : 0;
    d->v[d->n++] = (jpair){key, v, hash};
    if (d->n_slots) *slot(d, &key, hash) = (uint32_t)d->n;
    return OND_OK;
}

const jv *ond__j_get(const jdict *d, jv key)
{
    const jpair *p = pair_of(d, &key);
    return p ? &p->val : NULL;
}

const jv *ond__j_get_str(const jdict *d, ond_str key) { return ond__j_get(d, ond__j_str(key)); }

int ond__j_remove(jrun *r, jdict *d, jv key, jv *out)
{
    jpair *p = pair_of(d, &key);
    if (!p) return OND_E_NOT_FOUND;
    *out = p->val;
    memmove(p, p + 1, (size_t)(d->v + d->n - (p + 1)) * sizeof(*p));
    d->n--;
    return d->n_slots ? index_make(r, d) : OND_OK;
}

/* ---- strings and JSON ---- */

int ond__j_copy(jrun *r, ond_str s, jv *out)
{
    char *z = ond__j_alloc(r, s.n + 1, 1);
    if (!z) return ond__j_nomem(r);
    if (s.n) memcpy(z, s.p, s.n);
    *out = ond__j_str((ond_str){z, s.n});
    return ond__j_spend(r, s.n / 64);
}

int ond__j_take_buf(jrun *r, ond_buf *b, jv *out)
{
    int rc = ond_buf_ok(b) ? ond__j_copy(r, (ond_str){ond_buf_z(b), b->n}, out)
                           : ond_nomem(r->err, "rendering a template");
    ond_buf_free(b);
    return rc;
}

static int from_number(double x, jv *out)
{
    *out = x == floor(x) && isfinite(x) ? ond__j_int(x) : ond__j_float(x);
    return OND_OK;
}

static int from_list(jrun *r, const cJSON *j, jv *out)
{
    int rc = ond__j_list(r, (size_t)cJSON_GetArraySize(j), out);
    for (const cJSON *c = j->child; c && rc == 0; c = c->next) {
        jv v;
        rc = ond__j_from_json(r, c, &v);
        if (rc == 0) rc = ond__j_append(r, out->list, v);
    }
    return rc;
}

static int from_object(jrun *r, const cJSON *j, jv *out)
{
    int rc = ond__j_dict(r, out);
    for (const cJSON *c = j->child; c && rc == 0; c = c->next) {
        jv v;
        rc = ond__j_from_json(r, c, &v);
        if (rc == 0) rc = ond__j_put(r, out->dict, ond__j_str(ond_str_of(c->string)), v);
    }
    return rc;
}

int ond__j_from_json(jrun *r, const cJSON *j, jv *out)
{
    *out = (jv){.kind = JV_NONE};
    if (cJSON_IsString(j)) *out = ond__j_str(ond_str_of(j->valuestring));
    else if (cJSON_IsNumber(j)) return from_number(j->valuedouble, out);
    else if (cJSON_IsBool(j)) *out = ond__j_bool(cJSON_IsTrue(j));
    else if (cJSON_IsArray(j) || cJSON_IsObject(j)) {
        if (++r->depth > J_DEPTH)
            return ond__j_fail(r, "a value is nested deeper than %d", J_DEPTH);
        int rc = cJSON_IsArray(j) ? from_list(r, j, out) : from_object(r, j, out);
        r->depth--;
        return rc;
    }
    return OND_OK;
}

int ond__j_keep(jrun *r, const jv *v, jv *out)
{
    int rc = OND_OK;
    *out = *v;
    if (v->kind == JV_STR) return ond__j_copy(r, v->s, out);
    if (ond__j_is_list(v))
        for (size_t i = 0; i < v->list->n && rc == 0; i++)
            rc = ond__j_keep(r, &v->list->v[i], &v->list->v[i]);
    if (v->kind == JV_DICT && v->dict->n) {
        jv d;
        rc = ond__j_dict(r, &d);
        for (size_t i = 0; i < v->dict->n && rc == 0; i++) {
            jv key, val;
            rc = ond__j_keep(r, &v->dict->v[i].key, &key);
            if (rc == 0) rc = ond__j_keep(r, &v->dict->v[i].val, &val);
            if (rc == 0) rc = ond__j_put(r, d.dict, key, val);
        }
        *out = d;
    }
    return rc;
}

/* ---- comparing ---- */

static bool same_thing(const jv *a, const jv *b)
{
    if (ond__j_is_list(a) && ond__j_is_list(b)) return a->list == b->list;
    if (a->kind != b->kind) return false;
    if (a->kind == JV_FUNC) return a->func == b->func;
    return a->dict == b->dict;
}

bool ond__j_same(const jv *a, const jv *b)
{
    if (ond__j_is_num(a) && ond__j_is_num(b)) return a->num == b->num;
    if (a->kind == JV_STR && b->kind == JV_STR) return ond_str_eq(a->s, b->s);
    if (a->kind == JV_BOOL && b->kind == JV_BOOL) return a->b == b->b;
    if (a->kind <= JV_NONE || b->kind <= JV_NONE)
        return a->kind <= JV_NONE && b->kind <= JV_NONE; /* there it is one value */
    return same_thing(a, b);
}

double ond__j_number(const jv *v)
{
    double x;
    switch (v->kind) {
    case JV_NONE: return 0;
    case JV_BOOL: return v->b;
    case JV_INT: case JV_FLOAT: return v->num;
    case JV_STR: {
        ond_str s = ond__j_trim(NULL, v->s, true, true);
        return s.n == 0 ? 0 : ond_num_parse(s, &x) ? x : NAN;
    }
    default: return NAN;
    }
}

/* JavaScript's ==, by which the reference compares. */
static int loose_equal(jrun *r, const jv *a, const jv *b, bool *out)
{
    bool a_none = a->kind <= JV_NONE, b_none = b->kind <= JV_NONE, a_thing = a->kind >= JV_LIST,
         b_thing = b->kind >= JV_LIST;
    if (a_none || b_none) *out = a_none && b_none;
    else if (a_thing && b_thing) *out = same_thing(a, b);
    else if (a_thing || b_thing) {
        const jv *thing = a_thing ? a : b;
        ond_buf text = {0};
        jv s;
        if (thing->kind == JV_FUNC) {
            *out = false;
            return OND_OK;
        }
        int rc = ond__j_raw(r, thing, &text);
        if (rc == 0) rc = ond__j_take_buf(r, &text, &s);
        ond_buf_free(&text);
        return rc ? rc : loose_equal(r, &s, a_thing ? b : a, out);
    } else if (a->kind == b->kind || (ond__j_is_num(a) && ond__j_is_num(b)))
        *out = ond__j_same(a, b);
    else *out = ond__j_number(a) == ond__j_number(b);
    return OND_OK;
}

static int deep_lists(jrun *r, const jlist *a, const jlist *b, bool *out)
{
    *out = a->n == b->n;
    for (size_t i = 0; i < a->n && *out; i++) {
        int rc = ond__j_equal(r, &a->v[i], &b->v[i], out);
        if (rc) return rc;
    }
    return OND_OK;
}

static int deep_dicts(jrun *r, const jdict *a, const jdict *b, bool *out)
{
    *out = a->n == b->n;
    for (size_t i = 0; i < a->n && *out; i++) {
        const jv *other = ond__j_get(b, a->v[i].key);
        int rc = OND_OK;
        if (!other) *out = false;
        else rc = ond__j_equal(r, &a->v[i].val, other, out);
        if (rc) return rc;
    }
    return OND_OK;
}

static bool numeric(const jv *v) { return ond__j_is_num(v) || v->kind == JV_BOOL; }

/* Python's ==. */
static int deep_equal(jrun *r, const jv *a, const jv *b, bool *out)
{
    int rc = ond__j_spend(r, 1);
    *out = false;
    if (rc) return rc;
    if (numeric(a) && numeric(b)) *out = ond__j_number(a) == ond__j_number(b);
    else if (a->kind <= JV_HOLE && b->kind <= JV_HOLE) *out = true;
    else if (a->kind != b->kind) *out = false;
    else if (a->kind == JV_STR || a->kind == JV_NONE) *out = ond__j_same(a, b);
    else if (++r->depth > J_DEPTH) return ond__j_fail(r, "nested deeper than %d", J_DEPTH);
    else {
        if (ond__j_is_list(a)) rc = deep_lists(r, a->list, b->list, out);
        else if (a->kind == JV_DICT) rc = deep_dicts(r, a->dict, b->dict, out);
        else *out = same_thing(a, b);
        r->depth--;
    }
    return rc;
}

int ond__j_equal(jrun *r, const jv *a, const jv *b, bool *out)
{
    if (a->kind == JV_STR && b->kind == JV_STR) {
        *out = ond_str_eq(a->s, b->s);
        return OND_OK;
    }
    return r->python ? deep_equal(r, a, b, out) : loose_equal(r, a, b, out);
}

int ond__j_compare_text(ond_str a, ond_str b)
{
    size_t n = a.n < b.n ? a.n : b.n, i = 0;
    while (i < n && a.p[i] == b.p[i]) i++;
    if (i == n) return a.n < b.n ? -1 : a.n > b.n;
    unsigned x = (unsigned char)a.p[i], y = (unsigned char)b.p[i];
    /* Beyond U+FFFF there are two units of D800 and up: below U+E000 to U+FFFF, whose bytes begin
     * with EE or EF. */
    if (x >= 0xF0 && (y == 0xEE || y == 0xEF)) return -1;
    if (y >= 0xF0 && (x == 0xEE || x == 0xEF)) return 1;
    return x < y ? -1 : 1;
}

static int order_text(jrun *r, const jv *a, const jv *b, bool cased, int *out)
{
    jv x = *a, y = *b;
    int rc = ond__j_spend(r, (a->s.n + b->s.n) / 64);
    if (rc == 0 && !cased) rc = ond__j_cased(r, a->s, false, &x);
    if (rc == 0 && !cased) rc = ond__j_cased(r, b->s, false, &y);
    if (rc == 0)
        *out = r->python ? (ond_str_eq(x.s, y.s) ? 0 : ond__j_compare_text(x.s, y.s))
                         : ond__j_compare_text(x.s, y.s);
    return rc;
}

static int order_lists(jrun *r, const jlist *a, const jlist *b, bool cased, int *out)
{
    *out = 0;
    if (++r->depth > J_DEPTH) return ond__j_fail(r, "nested deeper than %d", J_DEPTH);
    for (size_t i = 0; *out == 0 && i < a->n && i < b->n; i++) {
        int rc = ond__j_order(r, &a->v[i], &b->v[i], cased, out);
        if (rc) return rc;
    }
    r->depth--;
    if (*out == 0) *out = a->n < b->n ? -1 : a->n > b->n;
    return OND_OK;
}

int ond__j_order(jrun *r, const jv *a, const jv *b, bool cased, int *out)
{
    int rc = ond__j_spend(r, 1);
    *out = 0;
    if (rc) return rc;
    if (a->kind <= JV_NONE && b->kind <= JV_NONE && (a->kind == JV_NONE) == (b->kind == JV_NONE))
        return OND_OK;
    if (numeric(a) && numeric(b)) {
        double x = ond__j_number(a), y = ond__j_number(b);
        *out = x < y ? -1 : x > y;
        return OND_OK;
    }
    if (a->kind == JV_STR && b->kind == JV_STR) return order_text(r, a, b, cased, out);
    if (r->python && ond__j_is_list(a) && ond__j_is_list(b))
        return order_lists(r, a->list, b->list, cased, out);
    return ond__j_fail(r, "cannot compare %s with %s", ond__j_kind(a), ond__j_kind(b));
}

/* ---- attributes by path ---- */

static bool index_of(ond_str part, size_t n, size_t *out)
{
    size_t i = 0, x = 0;
    while (i < part.n && part.p[i] >= '0' && part.p[i] <= '9' && x < n)
        x = x * 10 + (size_t)(part.p[i++] - '0');
    *out = x;
    return i > 0 && x < n;
}

int ond__j_attribute(jrun *r, jv item, ond_str path, jv *out)
{
    jv undef = {.kind = JV_UNDEF};
    for (bool more = true; more;) {
        const char *dot = memchr(path.p, '.', path.n);
        ond_str part = {path.p, dot ? (size_t)(dot - path.p) : path.n};
        size_t at;
        if (item.kind == JV_DICT || item.kind == JV_SPACE) {
            const jv *v = ond__j_get_str(item.dict, part);
            item = v ? *v : undef;
        } else if (ond__j_is_list(&item) && index_of(part, item.list->n, &at))
            item = item.list->v[at];
        else item = undef;
        more = dot != NULL && item.kind != JV_UNDEF;
        if (more) path = (ond_str){dot + 1, path.n - part.n - 1};
    }
    *out = item;
    return ond__j_spend(r, 1);
}
