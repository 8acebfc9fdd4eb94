/* tree.c - the accessibility tree as rows with links.
 *
 * Each node is linked to the first that names it as a child, and the root to none; what aria-owns
 * makes of it, the part that hangs on the root is a tree. */
#include "hand/web/page.h"

#include <stdlib.h>

typedef struct index_row {
    long long key;
    int at;
} index_row;

typedef struct ax {
    ond__tree *t;
    index_row *rows;
    size_t cap;
    bool *linked;
    ond_arena *a;
} ax;

static index_row *slot(const ax *k, long long key)
{
    size_t i = (size_t)(((uint64_t)key * 0x9E3779B97F4A7C15u) >> 24) & (k->cap - 1);
    while (k->rows[i].at && k->rows[i].key != key) i = (i + 1) & (k->cap - 1);
    return &k->rows[i];
}

/* {"type":…,"value":…}; numbers become text. */
static const char *text_of(ax *k, const cJSON *value)
{
    const cJSON *v = ond_json_get(value, "value");
    if (cJSON_IsString(v)) return v->valuestring;
    if (!cJSON_IsNumber(v)) return "";
    ond_buf b = {0};
    ond_num_put(&b, v->valuedouble);
    const char *out = ond_arena_dup(k->a, (ond_str){ond_buf_z(&b), b.n});
    ond_buf_free(&b);
    return out ? out : "";
}

static bool is_true(const cJSON *v)
{
    return cJSON_IsTrue(v) || (cJSON_IsString(v) && strcmp(v->valuestring, "true") == 0);
}

static void set_property(ond__raw *r, const char *name, const cJSON *v)
{
    static const struct {
        const char *name;
        unsigned yes, no;
    } rows[] = {{"checked", OND__CHECKED, OND__UNCHECKED},
                {"pressed", OND__PRESSED, 0},
                {"expanded", OND__EXPANDED, OND__COLLAPSED},
                {"selected", OND__SELECTED, 0},
                {"disabled", OND__DISABLED, 0},
                {"required", OND__REQUIRED, 0},
                {"focused", OND__FOCUSED, 0},
                {"readonly", OND__READONLY, 0},
                {"multiselectable", OND__MULTIPLE, 0}};
    if (strcmp(name, "level") == 0 && cJSON_IsNumber(v)) r->level = v->valueint;
    if (strcmp(name, "url") == 0 && cJSON_IsString(v)) r->url = v->valuestring;
    if (strcmp(name, "focusable") == 0) r->focusable = is_true(v);
    if (strcmp(name, "invalid") == 0 && cJSON_IsString(v) && strcmp(v->valuestring, "false") != 0)
        r->kind |= OND__INVALID;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(name, rows[i].name) != 0) continue;
        bool mixed = cJSON_IsString(v) && strcmp(v->valuestring, "mixed") == 0;
        r->kind |= mixed ? OND__MIXED : is_true(v) ? rows[i].yes : rows[i].no;
    }
}

static void read_node(ax *k, ond__raw *r, const cJSON *node)
{
    const cJSON *p;
    *r = (ond__raw){.url = "", .first = -1, .last = -1, .next = -1};
    r->role = text_of(k, ond_json_get(node, "role"));
    r->name = text_of(k, ond_json_get(node, "name"));
    r->value = text_of(k, ond_json_get(node, "value"));
    r->description = text_of(k, ond_json_get(node, "description"));
    r->ignored = ond_json_bool(node, "ignored", false);
    r->backend = (int)ond_json_num(node, "backendDOMNodeId", 0);
    cJSON_ArrayForEach(p, ond_json_get(node, "properties")) set_property(
        r, ond_json_str(p, "name", ""), ond_json_get(ond_json_get(p, "value"), "value"));
}

static void link_child(ax *k, int parent, const char *id)
{
    index_row *row = slot(k, strtoll(id, NULL, 10));
    int child = row->at - 1;
    if (child < 0 || child == k->t->root || child == parent || k->linked[child]) return;
    ond__raw *p = &k->t->rows[parent];
    k->linked[child] = true;
    if (p->last >= 0)
        k->t->rows[p->last].next = child;
    else
        p->first = child;
    p->last = child;
}

static void read_all(ax *k, const cJSON *nodes)
{
    const cJSON *node, *id;
    int i = 0;
    cJSON_ArrayForEach(node, nodes)
    {
        long long key = strtoll(ond_json_str(node, "nodeId", "0"), NULL, 10);
        read_node(k, &k->t->rows[i], node);
        *slot(k, key) = (index_row){.key = key, .at = i + 1};
        if (k->t->root < 0 && !ond_json_get(node, "parentId")) k->t->root = i;
        i++;
    }
    i = 0;
    cJSON_ArrayForEach(node, nodes)
    {
        cJSON_ArrayForEach(id, ond_json_get(node, "childIds")) if (cJSON_IsString(id))
            link_child(k, i, id->valuestring);
        i++;
    }
}

int ond__tree_ax(ond__tree *t, const cJSON *answer, ond_arena *a, ond_err *err)
{
    const cJSON *nodes = ond_json_get(answer, "nodes");
    ax k = {.t = t, .a = a, .cap = 64};
    *t = (ond__tree){.root = -1, .n = (size_t)cJSON_GetArraySize(nodes)};
    while (k.cap < t->n * 2) k.cap *= 2;
    t->rows = malloc((t->n + 1) * sizeof *t->rows);
    k.rows = calloc(k.cap, sizeof *k.rows);
    k.linked = calloc(t->n + 1, sizeof *k.linked);
    bool ok = t->rows && k.rows && k.linked;
    if (ok) read_all(&k, nodes);
    free(k.rows);
    free(k.linked);
    return ok ? OND_OK : ond_nomem(err, "the accessibility tree");
}

void ond__tree_free(ond__tree *t)
{
    free(t->rows);
    *t = (ond__tree){.root = -1};
}
