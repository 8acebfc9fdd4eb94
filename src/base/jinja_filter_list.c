/* jinja_filter_list.c - filters of lists and dicts: sorting, choosing, mapping, adding up. */
#include "base/jinja_internal.h"

#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

/* ---- to lists ---- */

int ond__jf_list(jrun *r, const jv *v, const jargs *args, jv *out)
{
    int rc;
    (void)args;
    if (v->kind == JV_LIST || (v->kind == JV_TUPLE && !r->python)) {
        *out = *v;
        return OND_OK;
    }
    if (v->kind != JV_STR) {
        rc = ond__j_iterate(r, v, out);
        if (rc == 0 && v->kind == JV_TUPLE) out->kind = JV_LIST;
        return rc;
    }
    rc = ond__j_list(r, v->s.n, out);
    for (size_t at = 0; at < v->s.n && rc == 0;) {
        size_t from = at;
        ond_utf8_next(v->s, &at);
        rc = ond__j_append(r, out->list, ond__j_str((ond_str){v->s.p + from, at - from}));
        if (rc == 0) rc = ond__j_spend(r, 1);
    }
    return rc;
}

int ond__jf_items(jrun *r, const jv *v, const jargs *args, jv *out)
{
    size_t n = v->kind == JV_DICT ? v->dict->n : 0;
    (void)args;
    if (v->kind != JV_DICT && v->kind != JV_UNDEF)
        return ond__j_fail(r, "%s has no items", ond__j_kind(v));
    int rc = ond__j_list(r, n, out);
    for (size_t i = 0; i < n && rc == 0; i++) {
        jv pair;
        rc = ond__j_list(r, 2, &pair);
        if (rc == 0) rc = ond__j_append(r, pair.list, v->dict->v[i].key);
        if (rc == 0) rc = ond__j_append(r, pair.list, v->dict->v[i].val);
        if (rc == 0 && r->python) pair.kind = JV_TUPLE;
        if (rc == 0) rc = ond__j_append(r, out->list, pair);
        if (rc == 0) rc = ond__j_spend(r, 1);
    }
    return rc;
}

static int end_of(jrun *r, const jv *v, bool last, jv *out)
{
    jv l;
    jargs none = {0};
    int rc = ond__j_is_list(v) ? (l = *v, OND_OK) : ond__jf_list(r, v, &none, &l);
    if (rc) return rc;
    *out = (jv){.kind = JV_HOLE};
    if (l.list->n) *out = l.list->v[last ? l.list->n - 1 : 0];
    return OND_OK;
}

int ond__jf_first(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return (void)args, end_of(r, v, false, out);
}
int ond__jf_last(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return (void)args, end_of(r, v, true, out);
}

int ond__jf_reverse(jrun *r, const jv *v, const jargs *args, jv *out)
{
    jv l, none_text = ond__j_str(OND_S(""));
    jargs none = {0};
    (void)args;
    int rc = ond__jf_list(r, v, &none, &l);
    if (rc == 0) rc = ond__j_list(r, l.list->n, out);
    for (size_t i = rc == 0 ? l.list->n : 0; i-- > 0 && rc == 0;)
        rc = ond__j_append(r, out->list, l.list->v[i]);
    if (rc || v->kind != JV_STR) return rc;
    jv joined = *out;
    jargs sep = {&none_text, 1, NULL};
    return ond__jf_join(r, &joined, &sep, out);
}

/* ---- join ---- */

static int put_item(jrun *r, const jv *v, const jv *attribute, ond_buf *b)
{
    jv item = *v;
    if (attribute && attribute->kind == JV_STR) {
        int rc = ond__j_attribute(r, item, attribute->s, &item);
        if (rc) return rc;
    }
    if (!r->python && (item.kind == JV_NONE || item.kind == JV_UNDEF)) return OND_OK;
    return ond__j_raw(r, &item, b);
}

int ond__jf_join(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *sep = ond__j_arg(args, 0, r->python ? "d" : "separator"),
             *attribute = r->python ? ond__j_arg(args, 1, "attribute") : NULL;
    ond_buf b = {0};
    jv l;
    jargs none = {0};
    if (!sep && r->python) sep = ond__j_arg(args, 0, "d");
    if (sep && sep->kind != JV_STR) return ond__j_fail(r, "join takes a string between the items");
    int rc = ond__jf_list(r, v, &none, &l);
    for (size_t i = 0; rc == 0 && i < l.list->n; i++) {
        if (i && sep) ond_buf_str(&b, sep->s);
        rc = put_item(r, &l.list->v[i], attribute, &b);
        if (rc == 0) rc = ond__j_spend(r, 1);
        if (rc == 0 && b.n > J_OUTPUT)
            rc = ond__j_fail(r, "the text is larger than %zu MiB", J_OUTPUT >> 20);
    }
    if (rc == 0) return ond__j_take_buf(r, &b, out);
    ond_buf_free(&b);
    return rc;
}

/* ---- sort ---- */

typedef struct sorting { jrun *r; ond_str path; bool by_path, cased, reverse; } sorting;

static int key_of(const sorting *o, const jv *item, jv *out)
{
    *out = *item;
    return o->by_path ? ond__j_attribute(o->r, *item, o->path, out) : OND_OK;
}

static int before_or_same(const sorting *o, const jv *a, const jv *b, bool *out)
{
    jv x, y;
    int order = 0, rc = key_of(o, a, &x);
    if (rc == 0) rc = key_of(o, b, &y);
    if (rc == 0) rc = ond__j_order(o->r, &x, &y, o->cased, &order);
    *out = o->reverse ? order >= 0 : order <= 0;
    return rc;
}

/* Bottom-up merge sort: stable, n log n, and stops at the first two that cannot be compared. */
static int sort(const sorting *o, jv *v, size_t n)
{
    jv *other = ond__j_alloc(o->r, n, sizeof(*v)), *from = v, *to = other;
    if (!other) return ond__j_nomem(o->r);
    for (size_t width = 1; width < n; width *= 2) {
        for (size_t low = 0; low < n; low += 2 * width) {
            size_t mid = low + width < n ? low + width : n,
                   high = mid + width < n ? mid + width : n, i = low, j = mid, k = low;
            while (i < mid && j < high) {
                bool left;
                int rc = before_or_same(o, &from[i], &from[j], &left);
                if (rc) return rc;
                to[k++] = left ? from[i++] : from[j++];
            }
            while (i < mid) to[k++] = from[i++];
            while (j < high) to[k++] = from[j++];
        }
        jv *swap = from;
        from = to;
        to = swap;
    }
    if (from != v) memcpy(v, from, n * sizeof(*v));
    return OND_OK;
}

static int flag(jrun *r, const jargs *args, size_t i, const char *name, bool *out)
{
    const jv *v = ond__j_arg(args, i, name);
    *out = v && ond__j_true(v);
    return v && v->kind != JV_BOOL && !r->python ? ond__j_fail(r, "'%s' is true or false", name)
                                                 : OND_OK;
}

static int path_of(jrun *r, const jv *v, ond_str *out, bool *given)
{
    jv t;
    *given = v && v->kind != JV_NONE;
    *out = (ond_str){0};
    if (!*given) return OND_OK;
    if (v->kind != JV_STR && v->kind != JV_INT)
        return ond__j_fail(r, "an attribute is a string or a number");
    int rc = ond__j_text_of(r, v, &t);
    if (rc == 0) *out = t.s;
    return rc;
}

static int copied(jrun *r, const jv *v, jv *out)
{
    jv l;
    jargs none = {0};
    int rc = ond__jf_list(r, v, &none, &l);
    if (rc == 0) rc = ond__j_list(r, l.list->n, out);
    for (size_t i = 0; rc == 0 && i < l.list->n; i++)
        rc = ond__j_append(r, out->list, l.list->v[i]);
    return rc;
}

int ond__jf_sort(jrun *r, const jv *v, const jargs *args, jv *out)
{
    sorting o = {.r = r};
    int rc = flag(r, args, 0, "reverse", &o.reverse);
    if (rc == 0) rc = flag(r, args, 1, "case_sensitive", &o.cased);
    if (rc == 0) rc = path_of(r, ond__j_arg(args, 2, "attribute"), &o.path, &o.by_path);
    if (rc == 0) rc = copied(r, v, out);
    return rc ? rc : sort(&o, out->list->v, out->list->n);
}

int ond__jf_dictsort(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *by = ond__j_arg(args, 1, "by");
    sorting o = {.r = r, .path = OND_S("0"), .by_path = true};
    int rc = flag(r, args, 0, "case_sensitive", &o.cased);
    if (rc == 0) rc = flag(r, args, 2, "reverse", &o.reverse);
    if (rc) return rc;
    if (v->kind != JV_DICT)
        return ond__j_fail(r, "dictsort takes a mapping, not %s", ond__j_kind(v));
    if (by && (by->kind != JV_STR || !(ond_str_is(by->s, "key") || ond_str_is(by->s, "value"))))
        return ond__j_fail(r, "dictsort: 'by' is \"key\" or \"value\"");
    if (by && ond_str_is(by->s, "value")) o.path = OND_S("1");
    jargs none = {0};
    rc = ond__jf_items(r, v, &none, out);
    return rc ? rc : sort(&o, out->list->v, out->list->n);
}

int ond__jf_unique(jrun *r, const jv *v, const jargs *args, jv *out)
{
    sorting o = {.r = r};
    bool cased = !r->python;
    jv l;
    int rc = args->n || args->kw ? flag(r, args, 0, "case_sensitive", &cased) : OND_OK;
    if (rc == 0) rc = path_of(r, ond__j_arg(args, 1, "attribute"), &o.path, &o.by_path);
    if (rc == 0) rc = copied(r, v, &l);
    if (rc == 0) rc = ond__j_list(r, 0, out);
    for (size_t i = 0; rc == 0 && i < l.list->n; i++) {
        jv key, other;
        bool seen = false;
        rc = key_of(&o, &l.list->v[i], &key);
        if (rc == 0 && !cased && key.kind == JV_STR) rc = ond__j_cased(r, key.s, false, &key);
        for (size_t k = 0; k < out->list->n && !seen && rc == 0; k++) {
            rc = key_of(&o, &out->list->v[k], &other);
            if (rc == 0 && !cased && other.kind == JV_STR)
                rc = ond__j_cased(r, other.s, false, &other);
            if (rc == 0 && r->python) rc = ond__j_equal(r, &key, &other, &seen);
            else seen = ond__j_same(&key, &other);
            if (rc == 0) rc = ond__j_spend(r, 1);
        }
        if (rc == 0 && !seen) rc = ond__j_append(r, out->list, l.list->v[i]);
    }
    return rc;
}

/* ---- choosing ---- */

/* The test that args name from `at` on, of v; without a name: whether v is true. */
static int holds(jrun *r, const jargs *args, size_t at, const jv *v, bool *out)
{
    jargs rest = {0};
    if (args->n <= at) {
        *out = ond__j_true(v);
        return OND_OK;
    }
    if (args->v[at].kind != JV_STR) return ond__j_fail(r, "the name of a test is a string");
    rest.v = args->v + at + 1;
    rest.n = args->n - at - 1;
    return ond__j_test(r, args->v[at].s, v, &rest, out);
}

static int keep_if(jrun *r, const jv *v, const jargs *args, bool attribute, bool keep, jv *out)
{
    jv l, nothing = {.kind = JV_UNDEF};
    if (r->python && v->kind == JV_NONE)
        v = &nothing; /* Jinja2 fails when the result is walked through, which is often never */
    int rc = copied(r, v, &l);
    if (rc == 0) rc = ond__j_list(r, 0, out);
    if (rc == 0 && args->n > attribute && args->v[attribute].kind == JV_STR &&
        !ond__j_test_known(r, args->v[attribute].s)) {
        ond_str name = args->v[attribute].s;
        rc = ond__j_fail(r, "unknown test '%.*s'", (int)(name.n < 60 ? name.n : 60), name.p);
    }
    if (rc == 0 && attribute && l.list->n && (!args->n || args->v[0].kind != JV_STR))
        rc = ond__j_fail(r, "the name of an attribute is a string");
    for (size_t i = 0; rc == 0 && attribute && !r->python && i < l.list->n; i++)
        if (l.list->v[i].kind != JV_DICT && l.list->v[i].kind != JV_SPACE)
            rc = ond__j_fail(r, "only mappings have attributes to choose by");
    for (size_t i = 0; rc == 0 && i < l.list->n; i++) {
        jv item = l.list->v[i];
        bool so = false, there = true;
        if (attribute) {
            const jv *plain = item.kind == JV_DICT || item.kind == JV_SPACE
                                  ? ond__j_get_str(item.dict, args->v[0].s)
                                  : NULL;
            if (plain) item = *plain;
            else if (r->python) rc = ond__j_attribute(r, item, args->v[0].s, &item);
            else item = (jv){.kind = JV_UNDEF};
            there = plain || item.kind != JV_UNDEF || r->python;
        }
        if (rc == 0 && there) rc = holds(r, args, attribute, &item, &so);
        if (rc == 0 && so == keep) rc = ond__j_append(r, out->list, l.list->v[i]);
        if (rc == 0) rc = ond__j_spend(r, 2);
    }
    return rc;
}

int ond__jf_select(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return keep_if(r, v, args, false, true, out);
}
int ond__jf_reject(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return keep_if(r, v, args, false, false, out);
}
int ond__jf_selectattr(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return keep_if(r, v, args, true, true, out);
}
int ond__jf_rejectattr(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return keep_if(r, v, args, true, false, out);
}

static int map_one(jrun *r, const jv *item, const jv *attribute, const jargs *args, jv *out)
{
    if (!attribute) {
        jargs rest = {args->v + 1, args->n - 1, args->kw};
        return ond__j_filter_named(r, args->v[0].s, item, &rest, out);
    }
    if (item->kind != JV_DICT && item->kind != JV_SPACE && !r->python)
        return ond__j_fail(r, "only mappings have attributes to map to");
    ond_str path;
    bool given;
    int rc = path_of(r, attribute, &path, &given);
    if (rc == 0) rc = ond__j_attribute(r, *item, path, out);
    const jv *otherwise = ond__j_arg(args, SIZE_MAX, "default");
    if (rc == 0 && out->kind == JV_UNDEF && otherwise) *out = *otherwise;
    return rc;
}

int ond__jf_map(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *attribute = ond__j_arg(args, SIZE_MAX, "attribute");
    jv l;
    if (attribute && attribute->kind != JV_STR && !(r->python && attribute->kind == JV_INT))
        return ond__j_fail(r, "map: the attribute is a string");
    if (!attribute && (!r->python || !args->n || args->v[0].kind != JV_STR))
        return ond__j_fail(r, "map takes attribute=\"name\"%s",
                           r->python ? " or the name of a filter" : "");
    int rc = copied(r, v, &l);
    if (rc == 0) rc = ond__j_list(r, l.list->n, out);
    for (size_t i = 0; rc == 0 && i < l.list->n; i++) {
        jv item;
        rc = map_one(r, &l.list->v[i], attribute, args, &item);
        if (rc == 0 && item.kind == JV_HOLE) item.kind = JV_UNDEF;
        if (rc == 0) rc = ond__j_append(r, out->list, item);
        if (rc == 0) rc = ond__j_spend(r, 2);
    }
    return rc;
}

/* ---- adding up; only in Python's dialect ---- */

int ond__jf_sum(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *start = ond__j_arg(args, 1, "start");
    sorting o = {.r = r};
    jv l;
    int rc = path_of(r, ond__j_arg(args, 0, "attribute"), &o.path, &o.by_path);
    if (rc == 0) rc = copied(r, v, &l);
    *out = start ? *start : ond__j_int(0);
    for (size_t i = 0; rc == 0 && i < l.list->n; i++) {
        jv item, so_far = *out;
        rc = key_of(&o, &l.list->v[i], &item);
        if (rc == 0) rc = ond__j_binary(r, J_ADD, &so_far, &item, out);
    }
    return rc;
}

static int extreme(jrun *r, const jv *v, const jargs *args, int sign, jv *out)
{
    sorting o = {.r = r};
    jv l;
    int rc = flag(r, args, 0, "case_sensitive", &o.cased);
    if (rc == 0) rc = path_of(r, ond__j_arg(args, 1, "attribute"), &o.path, &o.by_path);
    if (rc == 0) rc = copied(r, v, &l);
    *out = (jv){.kind = JV_HOLE};
    for (size_t i = 0; rc == 0 && i < l.list->n; i++) {
        jv a, b;
        int order = -1;
        if (i == 0) {
            *out = l.list->v[0];
            continue;
        }
        rc = key_of(&o, &l.list->v[i], &a);
        if (rc == 0) rc = key_of(&o, out, &b);
        if (rc == 0) rc = ond__j_order(r, &a, &b, o.cased, &order);
        if (rc == 0 && order * sign > 0) *out = l.list->v[i];
    }
    return rc;
}

int ond__jf_min(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return extreme(r, v, args, -1, out);
}
int ond__jf_max(jrun *r, const jv *v, const jargs *args, jv *out)
{
    return extreme(r, v, args, 1, out);
}

static int count_arg(jrun *r, const jargs *args, const char *name, size_t *out)
{
    const jv *n = ond__j_arg(args, 0, name);
    if (!n || n->kind != JV_INT || !(n->num >= 1 && n->num <= 1e6))
        return ond__j_fail(r, "a count from 1 to 1000000 is needed");
    *out = (size_t)n->num;
    return OND_OK;
}

/* [1,2,3,4,5] | batch(2, 0) is [1,2], [3,4], [5,0]. */
int ond__jf_batch(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *fill = ond__j_arg(args, 1, "fill_with");
    size_t n = 0;
    jv l, row = {.kind = JV_UNDEF};
    int rc = count_arg(r, args, "linecount", &n);
    if (rc == 0) rc = copied(r, v, &l);
    if (rc == 0) rc = ond__j_list(r, 0, out);
    for (size_t i = 0; rc == 0 && i < l.list->n; i++) {
        if (i % n == 0) rc = ond__j_list(r, 0, &row);
        if (rc == 0 && i % n == 0) rc = ond__j_append(r, out->list, row);
        if (rc == 0) rc = ond__j_append(r, row.list, l.list->v[i]);
        if (rc == 0) rc = ond__j_spend(r, 1);
    }
    for (; rc == 0 && fill && l.list->n && row.list->n < n;) {
        rc = ond__j_append(r, row.list, *fill);
        if (rc == 0) rc = ond__j_spend(r, 1);
    }
    return rc;
}

/* [1,2,3,4,5] | slice(2) is [1,2,3], [4,5]. */
int ond__jf_slice(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *fill = ond__j_arg(args, 1, "fill_with");
    size_t n = 0, at = 0;
    jv l;
    int rc = count_arg(r, args, "slices", &n);
    if (rc == 0) rc = copied(r, v, &l);
    if (rc == 0) rc = ond__j_list(r, 0, out);
    for (size_t i = 0; rc == 0 && i < n; i++) {
        jv row;
        size_t take = l.list->n / n + (i < l.list->n % n);
        rc = ond__j_list(r, 0, &row);
        for (size_t k = 0; k < take && rc == 0; k++)
            rc = ond__j_append(r, row.list, l.list->v[at++]);
        if (rc == 0 && fill && l.list->n % n && i >= l.list->n % n)
            rc = ond__j_append(r, row.list, *fill);
        if (rc == 0) rc = ond__j_append(r, out->list, row);
        if (rc == 0) rc = ond__j_spend(r, 1);
    }
    return rc;
}

/* Items with equal attributes, in the order of these: [[value, [item, …]], …]. */
int ond__jf_groupby(jrun *r, const jv *v, const jargs *args, jv *out)
{
    const jv *attribute = ond__j_arg(args, 0, "attribute");
    sorting o = {.r = r};
    jv l, group, last = {.kind = JV_HOLE};
    int rc = path_of(r, attribute, &o.path, &o.by_path);
    if (rc == 0 && !o.by_path) rc = ond__j_fail(r, "groupby takes an attribute");
    if (rc == 0) rc = copied(r, v, &l);
    if (rc == 0) rc = sort(&o, l.list->v, l.list->n);
    if (rc == 0) rc = ond__j_list(r, 0, out);
    for (size_t i = 0; rc == 0 && i < l.list->n; i++) {
        jv key, pair;
        bool same = false;
        rc = key_of(&o, &l.list->v[i], &key);
        if (rc == 0 && i) rc = ond__j_equal(r, &key, &last, &same);
        if (rc == 0 && !same) {
            OND_TRY(ond__j_list(r, 0, &group));
            OND_TRY(ond__j_list(r, 2, &pair));
            OND_TRY(ond__j_append(r, pair.list, key));
            OND_TRY(ond__j_append(r, pair.list, group));
            OND_TRY(ond__j_append(r, out->list, pair));
            last = key;
        }
        if (rc == 0) rc = ond__j_append(r, group.list, l.list->v[i]);
    }
out:
    return rc;
}
