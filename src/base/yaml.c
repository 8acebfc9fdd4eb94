/* yaml.c - a YAML document to a cJSON tree, by libyaml's events, with budgets.
 *
 * Each open collection is a frame; a finished value goes into the frame on top.
 * 1. Every value costs the budget, also each copy of an alias or a merged member: 1, and 1 more for
 * each 32 bytes of a copied text. The copying itself starts only after the cost is paid.
 * 2. No value is deeper than the limit: neither frames nor what is copied into them. So the tree
 * may be walked by recursion.
 * 3. No node is freed before the end (what is merged or was a key rests in the attic), so an anchor
 * never dangles. Repeated keys go at the end (json_keys.c). Source: YAML 1.1; PyYAML's
 * constructor.py for merge keys. */
#include "base/yaml.h"

#include "base/json_scan.h"
#include "base/utf8.h"
#include "base/yaml_scalar.h"

#include <search.h>
#include <stdlib.h>
#include <yaml.h>

#define DEPTH_MOST 256

typedef struct frame {
    cJSON *node;     /* array or object, owned until it is placed */
    cJSON *merged;   /* object: what << brought, to stand before the own members */
    char *key;       /* the key that waits for its value (cJSON_malloc'd) */
    bool merge;      /* that key is << */
} frame;

typedef struct anchor {
    char *name;
    cJSON *node;     /* borrowed */
} anchor;

typedef struct builder {
    const char *name;
    yaml_parser_t parser;
    yaml_event_t event;
    ond_err *err;
    cJSON *root, *attic;
    void *anchors;   /* tsearch tree: a hostile file cannot make it slow */
    frame v[DEPTH_MOST];
    int depth, depth_most;
    size_t budget;
} builder;

/* ---- errors ---- */

static int fail_at(const builder *b, yaml_mark_t at, const char *what, const char *detail)
{
    return ond_fail(b->err, OND_E_INPUT, "%s:%zu:%zu: %s%s", b->name, at.line + 1, at.column + 1,
                    what, detail);
}

static int fail(const builder *b, const char *what)
{
    return fail_at(b, b->event.start_mark, what, "");
}

static int fail_name(const builder *b, const char *what, const void *name)
{
    char text[200];
    ond_str s = ond_str_of(name);
    size_t n = ond_utf8_cut(s, sizeof(text) - 1);
    memcpy(text, s.p, n);
    text[n] = 0;
    return fail_at(b, b->event.start_mark, what, text);
}

static int fail_libyaml(const builder *b)
{
    const yaml_parser_t *p = &b->parser;
    if (p->error == YAML_MEMORY_ERROR) return ond_nomem(b->err, "reading YAML");
    if (p->error == YAML_READER_ERROR)
        return fail_at(b, p->mark, p->problem ? p->problem : "unreadable",
                       " (a character that YAML does not accept)");
    return fail_at(b, p->problem_mark, p->problem ? p->problem : "this is no YAML", "");
}

/* ---- budget ---- */

static int pay(builder *b, size_t cost)
{
    if (cost > b->budget) return fail(b, "the document holds too many values");
    b->budget -= cost;
    return OND_OK;
}

/* Pays for a copy of v and finds its height; stops as soon as either is beyond its limit. */
static int pay_copy(builder *b, const cJSON *v, int depth)
{
    size_t cost = 1;
    if (v->valuestring) cost += strlen(v->valuestring) / 32;
    if (v->string) cost += strlen(v->string) / 32;
    int rc = pay(b, cost);
    if (rc) return rc;
    if ((v->type & (cJSON_Array | cJSON_Object)) && depth >= b->depth_most)
        return fail(b, "an alias makes the document too deep");
    for (const cJSON *c = v->child; c && rc == 0; c = c->next) rc = pay_copy(b, c, depth + 1);
    return rc;
}

/* ---- anchors ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp(((const anchor *)a)->name, ((const anchor *)b)->name);
}

static void anchor_free(void *p)
{
    free(((anchor *)p)->name);
    free(p);
}

static int anchor_set(builder *b, const yaml_char_t *name, cJSON *node)
{
    if (!name) return OND_OK;
    anchor *a = calloc(1, sizeof(*a));
    if (!a) return ond_nomem(b->err, "reading YAML");
    a->name = ond_str_dup(ond_str_of((const char *)name));
    anchor **slot = a->name ? tsearch(a, &b->anchors, by_name) : NULL;
    if (!slot) {
        anchor_free(a);
        return ond_nomem(b->err, "reading YAML");
    }
    if (*slot != a) anchor_free(a);
    (*slot)->node = node;
    return OND_OK;
}

static int anchor_get(builder *b, const yaml_char_t *name, cJSON **node)
{
    anchor key = {.name = (char *)name};
    anchor **slot = tfind(&key, &b->anchors, by_name);
    if (!slot) return fail_name(b, "no anchor of this name: ", name);
    for (int i = 0; i < b->depth; i++)
        if (b->v[i].node == (*slot)->node)
            return fail_name(b, "an alias inside its own anchor: ", name);
    *node = (*slot)->node;
    return OND_OK;
}

/* ---- placing values ---- */

/* Takes v: it lives on in the attic. */
static int to_attic(builder *b, cJSON *v)
{
    if (v && b->attic && cJSON_AddItemToArray(b->attic, v)) return OND_OK;
    cJSON_Delete(v);
    return ond_nomem(b->err, "reading YAML");
}

static int merge_map(builder *b, frame *f, const cJSON *from)
{
    if (!cJSON_IsObject(from)) return fail(b, "<< takes a mapping, or a list of mappings");
    if (!f->merged) f->merged = cJSON_CreateObject();
    if (!f->merged) return ond_nomem(b->err, "reading YAML");
    for (const cJSON *c = from->child; c; c = c->next) {
        int rc = pay_copy(b, c, b->depth);
        if (rc) return rc;
        cJSON *copy = cJSON_Duplicate(c, true);   /* with its key */
        if (!copy || !cJSON_AddItemToArray(f->merged, copy)) {
            cJSON_Delete(copy);
            return ond_nomem(b->err, "reading YAML");
        }
    }
    return OND_OK;
}

/* What comes later wins, so a list of mappings goes in from its end: the first of them wins. */
static int merge(builder *b, const cJSON *from)
{
    frame *f = &b->v[b->depth - 1];
    f->merge = false;
    if (!cJSON_IsArray(from)) return merge_map(b, f, from);
    if (!from->child) return OND_OK;
    int rc = OND_OK;
    for (const cJSON *c = from->child->prev;; c = c->prev) {
        rc = merge_map(b, f, c);
        if (rc || c == from->child) return rc;
    }
}

/* Takes v. */
static int place(builder *b, cJSON *v)
{
    if (b->depth == 0) {
        b->root = v;
        return OND_OK;
    }
    frame *f = &b->v[b->depth - 1];
    if (f->merge) {
        int rc = to_attic(b, v);
        return rc ? rc : merge(b, v);
    }
    if (cJSON_IsObject(f->node)) {
        v->string = f->key;
        f->key = NULL;
    }
    cJSON_AddItemToArray(f->node, v);
    return OND_OK;
}

static bool wants_key(const builder *b)
{
    const frame *f = b->depth ? &b->v[b->depth - 1] : NULL;
    return f && cJSON_IsObject(f->node) && !f->key && !f->merge;
}

static int set_key(builder *b, ond_str s)
{
    char *z = cJSON_malloc(s.n + 1);
    if (!z) return ond_nomem(b->err, "reading YAML");
    if (s.n) memcpy(z, s.p, s.n);
    z[s.n] = 0;
    b->v[b->depth - 1].key = z;
    return OND_OK;
}

/* ---- events ---- */

static int make_scalar(builder *b, ond_str s, bool plain, const char *tag, cJSON **out)
{
    const char *why = NULL;
    *out = plain ? ond__yaml_plain(s) : tag ? ond__yaml_tagged(s, tag, &why) : ond__yaml_string(s);
    if (*out) return OND_OK;
    return why ? fail(b, why) : ond_nomem(b->err, "reading YAML");
}

static int on_scalar(builder *b)
{
    ond_str s = {(const char *)b->event.data.scalar.value, b->event.data.scalar.length};
    const char *tag = (const char *)b->event.data.scalar.tag;
    bool plain = b->event.data.scalar.plain_implicit, key = wants_key(b);
    if (memchr(s.p, 0, s.n)) return fail(b, "a text with a NUL character");
    int rc = pay(b, 1);
    if (rc) return rc;
    if (key && plain && ond_str_is(s, "<<")) {
        b->v[b->depth - 1].merge = true;
        return OND_OK;
    }
    if (key && (rc = set_key(b, s)) != 0) return rc;
    if (key && !b->event.data.scalar.anchor) return OND_OK;
    cJSON *v;
    rc = make_scalar(b, s, plain, tag, &v);
    if (rc) return rc;
    rc = anchor_set(b, b->event.data.scalar.anchor, v);
    if (rc) {
        cJSON_Delete(v);
        return rc;
    }
    return key ? to_attic(b, v) : place(b, v);
}

static int on_alias(builder *b)
{
    cJSON *from = NULL;
    int rc = anchor_get(b, b->event.data.alias.anchor, &from);
    if (rc) return rc;
    if (wants_key(b)) {
        if (!cJSON_IsString(from)) return fail(b, "an alias as a key must stand for a text");
        rc = pay_copy(b, from, b->depth);
        return rc ? rc : set_key(b, ond_str_of(from->valuestring));
    }
    if (b->depth && b->v[b->depth - 1].merge) return merge(b, from);
    rc = pay_copy(b, from, b->depth);
    if (rc) return rc;
    cJSON *copy = cJSON_Duplicate(from, true);
    if (!copy) return ond_nomem(b->err, "reading YAML");
    if (copy->string) cJSON_free(copy->string);
    copy->string = NULL;
    return place(b, copy);
}

static int on_open(builder *b, cJSON *node, const yaml_char_t *label, const yaml_char_t *tag,
                   const char *core)
{
    int rc = node ? OND_OK : ond_nomem(b->err, "reading YAML");
    if (!rc && tag && strcmp((const char *)tag, core) != 0) rc = fail_name(b, "unknown tag ", tag);
    if (!rc && wants_key(b)) rc = fail(b, "a key must be a scalar");
    if (!rc && b->depth >= b->depth_most) rc = fail(b, "nested too deep");
    if (!rc) rc = pay(b, 1);
    if (!rc) rc = anchor_set(b, label, node);
    if (rc) {
        cJSON_Delete(node);
        return rc;
    }
    b->v[b->depth++] = (frame){.node = node};
    return OND_OK;
}

/* Puts what was merged before the own members: node stays the same, since an anchor may name it. */
static void splice(frame *f)
{
    cJSON *own;
    while ((own = cJSON_DetachItemViaPointer(f->node, f->node->child)) != NULL)
        cJSON_AddItemToArray(f->merged, own);
    f->node->child = f->merged->child;
    f->merged->child = NULL;
    cJSON_Delete(f->merged);
    f->merged = NULL;
}

static int on_close(builder *b)
{
    frame *f = &b->v[b->depth - 1];
    cJSON *node = f->node;
    if (f->merged) splice(f);
    b->depth--;
    return place(b, node);
}

static int on_event(builder *b)
{
    const yaml_event_t *e = &b->event;
    switch (e->type) {
    case YAML_DOCUMENT_START_EVENT:
        return b->root ? fail(b, "a second document begins; one is expected") : OND_OK;
    case YAML_SCALAR_EVENT: return on_scalar(b);
    case YAML_ALIAS_EVENT: return on_alias(b);
    case YAML_SEQUENCE_START_EVENT:
        return on_open(b, cJSON_CreateArray(), e->data.sequence_start.anchor,
                       e->data.sequence_start.tag, YAML_SEQ_TAG);
    case YAML_MAPPING_START_EVENT:
        return on_open(b, cJSON_CreateObject(), e->data.mapping_start.anchor,
                       e->data.mapping_start.tag, YAML_MAP_TAG);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: return on_close(b);
    default: return OND_OK;
    }
}

static int run(builder *b, ond_str text)
{
    yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b->parser, (const unsigned char *)text.p, text.n);
    for (bool more = true; more;) {
        if (!yaml_parser_parse(&b->parser, &b->event)) return fail_libyaml(b);
        more = b->event.type != YAML_STREAM_END_EVENT;
        int rc = on_event(b);
        yaml_event_delete(&b->event);
        if (rc) return rc;
    }
    if (!b->root) b->root = cJSON_CreateNull();
    if (!b->root) return ond_nomem(b->err, "reading YAML");
    return ond__json_last_wins(b->root, b->err);
}

static void clear(builder *b)
{
    for (int i = 0; i < b->depth; i++) {
        cJSON_Delete(b->v[i].node);
        cJSON_Delete(b->v[i].merged);
        cJSON_free(b->v[i].key);
    }
    tdestroy(b->anchors, anchor_free);
    cJSON_Delete(b->attic);
    yaml_parser_delete(&b->parser);
}

/* libyaml says nothing about where a bad byte stands in lines, so this is asked first. */
static int check_bytes(ond_str text, const char *name, size_t most, ond_err *err)
{
    if (text.n > most)
        return ond_fail(err, OND_E_INPUT,
                        "%s:1:1: the document has %zu bytes; at most %zu are read", name, text.n,
                        most);
    size_t valid = ond_utf8_valid(text), line = 1, start = 0;
    if (valid == text.n) return OND_OK;
    for (size_t i = 0; i < valid; i++)
        if (text.p[i] == '\n') line++, start = i + 1;
    return ond_fail(err, OND_E_INPUT, "%s:%zu:%zu: this is not valid UTF-8", name, line,
                    valid - start + 1);
}

int ond_yaml_parse(ond_str text, const char *name, const ond_yaml_limits *limits, cJSON **out,
                   ond_err *err)
{
    static const ond_yaml_limits none;
    if (!limits) limits = &none;
    *out = NULL;
    int rc = check_bytes(text, name, limits->bytes ? limits->bytes : (size_t)16 << 20, err);
    if (rc) return rc;
    if (text.n >= 3 && memcmp(text.p, "\xEF\xBB\xBF", 3) == 0) text.p += 3, text.n -= 3;
    builder b = {.name = name, .err = err, .budget = limits->nodes ? limits->nodes : 2000000};
    b.depth_most = limits->depth > 0 ? limits->depth : OND__JSON_DEPTH;
    if (b.depth_most > DEPTH_MOST) b.depth_most = DEPTH_MOST;
    b.attic = cJSON_CreateArray();
    if (!b.attic || !yaml_parser_initialize(&b.parser)) {
        cJSON_Delete(b.attic);
        return ond_nomem(err, "reading YAML");
    }
    rc = run(&b, text);
    clear(&b);
    if (rc) cJSON_Delete(b.root);
    else *out = b.root;
    return rc;
}
