/* boxes.c - where things are, from DOMSnapshot: in view's coordinates, clipped, and what is
 * covered.
 *
 * Paint order counts over all documents of a session. A box covers what was painted before it where
 * it has a background that hides or takes the click, and neither stands within the other. Bounded
 * work: only what is in view is compared, with at most COVERS_MOST boxes that were painted last. */
#include "hand/web/page.h"

#include <stdlib.h>

enum { COVERS_MOST = 2048 };
enum {
    S_DISPLAY,
    S_VISIBILITY,
    S_OPACITY,
    S_POINTER_EVENTS,
    S_BACKGROUND,
    S_CURSOR,
    S_POSITION,
    S_OVERFLOW,
    S_BORDER_LEFT,
    S_BORDER_TOP,
    S_PADDING_LEFT,
    S_PADDING_TOP,
    STYLES
};
const char *const ond__styles[] = {
    "display",      "visibility",  "opacity",    "pointer-events",    "background-color",
    "cursor",       "position",    "overflow-x", "border-left-width", "border-top-width",
    "padding-left", "padding-top", NULL};

/* While one document is read. */
typedef struct reading {
    const char **strings;
    size_t n_strings;
    ond__boxes *b;
    ond__doc *doc;
    double scroll_x, scroll_y;
    int *parent;
    ond__rect *clip_in, *clip_abs; /* for children that flow, that are positioned */
    float *opacity;
} reading;

static ond__rect meet(ond__rect a, ond__rect b)
{
    double x = a.x > b.x ? a.x : b.x, y = a.y > b.y ? a.y : b.y;
    double r = a.x + a.w < b.x + b.w ? a.x + a.w : b.x + b.w;
    double e = a.y + a.h < b.y + b.h ? a.y + a.h : b.y + b.h;
    return (ond__rect){x, y, r > x ? r - x : 0, e > y ? e - y : 0};
}

static int number(const cJSON *v, int otherwise)
{
    return cJSON_IsNumber(v) ? v->valueint : otherwise;
}

static const char *text_at(const reading *r, const cJSON *v)
{
    int i = number(v, -1);
    return i >= 0 && (size_t)i < r->n_strings ? r->strings[i] : "";
}

static const char **strings_of(const cJSON *snapshot, size_t *n)
{
    const cJSON *list = ond_json_get(snapshot, "strings"), *v;
    *n = (size_t)cJSON_GetArraySize(list);
    const char **out = malloc((*n + 1) * sizeof *out);
    size_t i = 0;
    if (out) cJSON_ArrayForEach(v, list) out[i++] = cJSON_IsString(v) ? v->valuestring : "";
    return out;
}

/* ---- one document ---- */

static void read_tree(reading *r, const cJSON *nodes)
{
    ond__box *rows = r->b->rows + r->doc->first;
    size_t n = r->doc->n, i = 0;
    const cJSON *v;
    cJSON_ArrayForEach(v, ond_json_get(nodes, "parentIndex"))
    {
        if (i >= n) break;
        int p = number(v, -1);
        r->parent[i] = p >= 0 && (size_t)p < i ? p : -1;
        rows[i].last = (int)i;
        i++;
    }
    for (; i < n; i++) r->parent[i] = -1;
    i = 0;
    cJSON_ArrayForEach(v, ond_json_get(nodes, "backendNodeId")) if (i < n) rows[i++].backend =
        number(v, 0);
    i = 0;
    cJSON_ArrayForEach(v, ond_json_get(nodes, "nodeName"))
    {
        if (i >= n) break;
        const char *name = text_at(r, v);
        rows[i].label = strcmp(name, "LABEL") == 0;
        rows[i++].root = strcmp(name, "HTML") == 0 || strcmp(name, "BODY") == 0 || name[0] == '#';
    }
    cJSON_ArrayForEach(v, ond_json_get(ond_json_get(nodes, "isClickable"), "index"))
    {
        int k = number(v, -1);
        if (k >= 0 && (size_t)k < n) rows[k].clickable = true;
    }
    for (i = n; i-- > 1;)
        if (r->parent[i] >= 0 && rows[r->parent[i]].last < rows[i].last)
            rows[r->parent[i]].last = rows[i].last;
}

static bool sees_through(const char *background)
{
    const char *comma = strrchr(background, ',');
    return strncmp(background, "rgba(", 5) != 0 ? background[0] == '\0' || background[0] == 't'
                                                : comma && atof(comma + 1) == 0;
}

static void set_style(reading *r, size_t i, const char *const s[STYLES])
{
    ond__box *k = &r->b->rows[r->doc->first + i];
    double opacity = s[S_OPACITY][0] ? atof(s[S_OPACITY]) : 1;
    bool hit = strcmp(s[S_POINTER_EVENTS], "none") != 0;
    bool hidden = strcmp(s[S_VISIBILITY], "hidden") == 0;
    int p = r->parent[i];
    r->opacity[i] = (float)opacity * (p >= 0 ? r->opacity[p] : 1);
    k->faded = r->opacity[i] < 0.01f || hidden;
    k->in_line = strcmp(s[S_DISPLAY], "inline") == 0;
    k->pointer = strcmp(s[S_CURSOR], "pointer") == 0 && hit;
    bool solid = strncmp(s[S_BACKGROUND], "rgb(", 4) == 0 && r->opacity[i] > 0.9f;
    k->covers = !hidden && !k->root && !sees_through(s[S_BACKGROUND]) && (hit || solid);
}

/* The parts of parents that it is seen through. */
static void set_clip(reading *r, size_t i, const char *const s[STYLES])
{
    ond__box *k = &r->b->rows[r->doc->first + i];
    int p = r->parent[i];
    const char *position = s[S_POSITION];
    bool fixed = strcmp(position, "fixed") == 0, absolute = strcmp(position, "absolute") == 0;
    ond__rect clip = p < 0 || fixed ? r->doc->clip : absolute ? r->clip_abs[p] : r->clip_in[p];
    ond__rect seen = meet(k->r, clip);
    k->off = seen.w * seen.h < 1;
    bool cuts = s[S_OVERFLOW][0] && strcmp(s[S_OVERFLOW], "visible") != 0 && !k->root;
    r->clip_in[i] = cuts ? seen : clip;
    bool positioned = position[0] && strcmp(position, "static") != 0;
    r->clip_abs[i] = positioned ? r->clip_in[i] : p >= 0 ? r->clip_abs[p] : r->doc->clip;
}

static void set_box(reading *r, size_t i, const cJSON *bounds, const char *const s[STYLES],
                    int paint)
{
    ond__box *k = &r->b->rows[r->doc->first + i];
    double v[4] = {0};
    const cJSON *q = bounds ? bounds->child : NULL;
    for (int j = 0; j < 4 && q; j++, q = q->next) v[j] = cJSON_IsNumber(q) ? q->valuedouble : 0;
    k->r = (ond__rect){v[0] - r->scroll_x + r->doc->at.x, v[1] - r->scroll_y + r->doc->at.y, v[2],
                       v[3]};
    k->left = (float)(atof(s[S_BORDER_LEFT]) + atof(s[S_PADDING_LEFT]));
    k->top = (float)(atof(s[S_BORDER_TOP]) + atof(s[S_PADDING_TOP]));
    k->paint = paint;
    k->laid = true;
    set_style(r, i, s);
    set_clip(r, i, s);
}

/* A document within this one begins inside of the border and padding of its element. */
static void place_inner(reading *r, size_t i)
{
    ond__box *k = &r->b->rows[r->doc->first + i];
    for (size_t d = 1; d < r->b->n_docs; d++) {
        ond__doc *inner = &r->b->docs[d];
        if (inner->placed || inner->owner != (int)i ||
            inner->owner_doc != (int)(r->doc - r->b->docs))
            continue;
        inner->at = (ond__rect){k->r.x + k->left, k->r.y + k->top, k->r.w, k->r.h};
        inner->clip = meet(k->r, r->clip_in[i]);
        inner->placed = true;
    }
}

static void inherit(reading *r, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        int p = r->parent[i];
        r->clip_in[i] = p >= 0 ? r->clip_in[p] : r->doc->clip;
        r->clip_abs[i] = p >= 0 ? r->clip_abs[p] : r->doc->clip;
        r->opacity[i] = p >= 0 ? r->opacity[p] : 1;
        r->b->rows[r->doc->first + i].off = true;
    }
}

static void read_layout(reading *r, const cJSON *layout)
{
    const cJSON *styles = ond_json_get(layout, "styles"), *bounds = ond_json_get(layout, "bounds");
    const cJSON *paints = ond_json_get(layout, "paintOrders"), *v;
    styles = styles ? styles->child : NULL;
    bounds = bounds ? bounds->child : NULL;
    paints = paints ? paints->child : NULL;
    size_t done = 0;
    cJSON_ArrayForEach(v, ond_json_get(layout, "nodeIndex"))
    {
        int i = number(v, -1);
        if (i >= 0 && (size_t)i >= done && (size_t)i < r->doc->n) {
            const char *s[STYLES];
            const cJSON *q = styles ? styles->child : NULL;
            for (int j = 0; j < STYLES; j++, q = q ? q->next : NULL) s[j] = text_at(r, q);
            inherit(r, done, (size_t)i);
            set_box(r, (size_t)i, bounds, s, number(paints, 0));
            place_inner(r, (size_t)i);
            done = (size_t)i + 1;
        }
        styles = styles ? styles->next : NULL;
        bounds = bounds ? bounds->next : NULL;
        paints = paints ? paints->next : NULL;
    }
    inherit(r, done, r->doc->n);
}

static bool read_document(reading *r, const cJSON *d)
{
    size_t n = r->doc->n + 1;
    r->parent = malloc(n * sizeof *r->parent);
    r->clip_in = malloc(n * sizeof *r->clip_in);
    r->clip_abs = malloc(n * sizeof *r->clip_abs);
    r->opacity = malloc(n * sizeof *r->opacity);
    bool ok = r->parent && r->clip_in && r->clip_abs && r->opacity;
    r->scroll_x = ond_json_num(d, "scrollOffsetX", 0);
    r->scroll_y = ond_json_num(d, "scrollOffsetY", 0);
    if (ok) {
        read_tree(r, ond_json_get(d, "nodes"));
        read_layout(r, ond_json_get(d, "layout"));
    }
    free(r->parent);
    free(r->clip_in);
    free(r->clip_abs);
    free(r->opacity);
    return ok;
}

/* ---- what is covered ---- */

static int later_first(const void *a, const void *b)
{
    const ond__box *x = *(const ond__box *const *)a, *y = *(const ond__box *const *)b;
    return (x->paint < y->paint) - (x->paint > y->paint);
}

/* Whether one of them stands within the other, over documents too. */
static bool related(const ond__boxes *b, const ond__box *outer, const ond__box *k)
{
    if (outer->doc == k->doc)
        return (outer->at <= k->at && k->at <= outer->last) ||
               (k->at <= outer->at && outer->at <= k->last);
    int doc = k->doc, at = k->at;
    for (size_t i = 0; i < b->n_docs && doc != outer->doc; i++) {
        at = b->docs[doc].owner;
        if (at < 0) return false;
        doc = b->docs[doc].owner_doc;
    }
    return doc == outer->doc && outer->at <= at && at <= outer->last;
}

static bool is_covered(const ond__boxes *b, const ond__box *k, ond__box *const *covers, size_t n)
{
    double x = k->r.x + k->r.w / 2, y = k->r.y + k->r.h / 2;
    for (size_t i = 0; i < n && covers[i]->paint > k->paint; i++) {
        const ond__rect *c = &covers[i]->r;
        if (x < c->x || y < c->y || x >= c->x + c->w || y >= c->y + c->h) continue;
        if (!related(b, covers[i], k) && !related(b, k, covers[i])) return true;
    }
    return false;
}

static bool mark_covered(ond__boxes *b)
{
    ond__box **covers = malloc((b->n + 1) * sizeof *covers);
    size_t n = 0;
    if (!covers) return false;
    for (size_t i = 0; i < b->n; i++)
        if (b->rows[i].laid && b->rows[i].covers && !b->rows[i].off) covers[n++] = &b->rows[i];
    qsort(covers, n, sizeof *covers, later_first);
    if (n > COVERS_MOST) n = COVERS_MOST;
    for (size_t i = 0; i < b->n; i++)
        if (b->rows[i].laid && !b->rows[i].off)
            b->rows[i].covered = is_covered(b, &b->rows[i], covers, n);
    free(covers);
    return true;
}

/* ---- all documents ---- */

static unsigned *slot(const ond__boxes *b, int backend)
{
    size_t i = ((unsigned)backend * 2654435769u) & (b->cap - 1);
    while (b->slots[i] && b->rows[b->slots[i] - 1].backend != backend) i = (i + 1) & (b->cap - 1);
    return &b->slots[i];
}

const ond__box *ond__boxes_find(const ond__boxes *b, int backend)
{
    unsigned at = b->cap && backend ? *slot(b, backend) : 0;
    return at ? &b->rows[at - 1] : NULL;
}

static bool make_index(ond__boxes *b)
{
    for (b->cap = 64; b->cap < b->n * 2;) b->cap *= 2;
    b->slots = calloc(b->cap, sizeof *b->slots);
    if (!b->slots) return false;
    for (size_t i = 0; i < b->n; i++) *slot(b, b->rows[i].backend) = (unsigned)i + 1;
    return true;
}

static bool make_docs(ond__boxes *b, const cJSON *docs)
{
    const cJSON *d;
    size_t i = 0;
    b->docs = calloc((size_t)cJSON_GetArraySize(docs) + 1, sizeof *b->docs);
    if (!b->docs) return false;
    cJSON_ArrayForEach(d, docs)
    {
        const cJSON *ids = ond_json_get(ond_json_get(d, "nodes"), "backendNodeId");
        size_t n = (size_t)cJSON_GetArraySize(ids);
        b->docs[i++] = (ond__doc){.first = b->n, .n = n, .owner = -1, .frame = ""};
        b->n += n;
    }
    b->n_docs = i;
    b->rows = calloc(b->n + 1, sizeof *b->rows);
    return b->rows != NULL;
}

static void link_docs(ond__boxes *b, const cJSON *docs)
{
    const cJSON *d;
    int i = 0;
    cJSON_ArrayForEach(d, docs)
    {
        const cJSON *inner = ond_json_get(ond_json_get(d, "nodes"), "contentDocumentIndex");
        const cJSON *at = ond_json_get(inner, "index"), *which = ond_json_get(inner, "value");
        at = at ? at->child : NULL;
        which = which ? which->child : NULL;
        for (; at && which; at = at->next, which = which->next) {
            int k = number(which, -1);
            if (k <= i || (size_t)k >= b->n_docs) continue;
            b->docs[k].owner = number(at, -1);
            b->docs[k].owner_doc = i;
        }
        for (size_t j = 0; j < b->docs[i].n; j++) {
            b->rows[b->docs[i].first + j].doc = i;
            b->rows[b->docs[i].first + j].at = (int)j;
        }
        i++;
    }
}

int ond__boxes_read(ond__boxes *b, const cJSON *snapshot, ond__rect at, ond_err *err)
{
    const cJSON *docs = ond_json_get(snapshot, "documents"), *d;
    reading r = {.b = b};
    r.strings = strings_of(snapshot, &r.n_strings);
    bool ok = r.strings && make_docs(b, docs);
    if (ok) link_docs(b, docs);
    size_t i = 0;
    if (ok) cJSON_ArrayForEach(d, docs)
        {
            r.doc = &b->docs[i];
            r.doc->frame = text_at(&r, ond_json_get(d, "frameId"));
            if (i == 0) r.doc->at = r.doc->clip = at, r.doc->placed = true;
            ok = ok && read_document(&r, d);
            i++;
        }
    free(r.strings);
    if (!ok || !make_index(b) || !mark_covered(b)) return ond_nomem(err, "the boxes of a page");
    return OND_OK;
}

void ond__boxes_free(ond__boxes *b)
{
    free(b->rows);
    free(b->docs);
    free(b->slots);
    *b = (ond__boxes){0};
}
