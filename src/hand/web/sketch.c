/* sketch.c - a tree of roles from the elements alone, for pages that are too large for the other
 * one: the role attribute or what HTML says of the element, and names from attributes; content is
 * gathered by the walk. */
#include "hand/web/page.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <strings.h>

typedef struct sketching {
    const char **strings;
    size_t n_strings;
    ond__tree *t;
} sketching;

static const char *text_at(const sketching *k, const cJSON *v)
{
    int i = cJSON_IsNumber(v) ? v->valueint : -1;
    return i >= 0 && (size_t)i < k->n_strings ? k->strings[i] : "";
}

static const char *input_role(const char *type)
{
    static const char *const rows[][2] = {
        {"checkbox", "checkbox"}, {"radio", "radio"},      {"range", "slider"},
        {"number", "spinbutton"}, {"search", "searchbox"}, {"button", "button"},
        {"submit", "button"},     {"reset", "button"},     {"image", "button"},
        {"file", "button"},       {"color", "ColorWell"},  {"date", "Date"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcasecmp(type, rows[i][0]) == 0) return rows[i][1];
    return "textbox";
}

static const char *element_role(const char *name)
{
    static const char *const rows[][2] = {{"BUTTON", "button"},    {"SELECT", "combobox"},
                                          {"TEXTAREA", "textbox"}, {"UL", "list"},
                                          {"OL", "list"},          {"LI", "listitem"},
                                          {"TABLE", "table"},      {"TR", "row"},
                                          {"TD", "cell"},          {"TH", "columnheader"},
                                          {"NAV", "navigation"},   {"MAIN", "main"},
                                          {"FORM", "form"},        {"ASIDE", "complementary"},
                                          {"IMG", "image"},        {"P", "paragraph"},
                                          {"IFRAME", "Iframe"},    {"DIALOG", "dialog"},
                                          {"ARTICLE", "article"},  {"OPTION", "option"},
                                          {"LABEL", "LabelText"},  {"SUMMARY", "button"},
                                          {"B", "strong"},         {"EM", "emphasis"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(name, rows[i][0]) == 0) return rows[i][1];
    return "generic";
}

static bool is_unread(const char *name)
{
    static const char *const names[] = {"SCRIPT", "STYLE", "HEAD", "NOSCRIPT", "TEMPLATE", "TITLE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return false;
}

static void read_attributes(const sketching *k, ond__raw *r, const char *element, const cJSON *list)
{
    const char *role = "", *type = "", *label = "", *alt = "", *title = "", *href = NULL,
               *held = "";
    for (const cJSON *v = list ? list->child : NULL; v && v->next; v = v->next->next) {
        const char *name = text_at(k, v), *value = text_at(k, v->next);
        if (strcmp(name, "role") == 0)
            role = value;
        else if (strcmp(name, "type") == 0)
            type = value;
        else if (strcmp(name, "aria-label") == 0)
            label = value;
        else if (strcmp(name, "alt") == 0)
            alt = value;
        else if (strcmp(name, "title") == 0)
            title = value;
        else if (strcmp(name, "placeholder") == 0)
            held = value;
        else if (strcmp(name, "href") == 0)
            href = value;
        else if (strcmp(name, "disabled") == 0)
            r->kind |= OND__DISABLED;
        else if (strcmp(name, "required") == 0)
            r->kind |= OND__REQUIRED;
        else if (strcmp(name, "readonly") == 0)
            r->kind |= OND__READONLY;
        else if (strcmp(name, "tabindex") == 0)
            r->focusable = value[0] != '-';
    }
    bool heading = element[0] == 'H' && element[1] >= '1' && element[1] <= '6' && !element[2];
    r->role = strcmp(element, "A") == 0       ? (href ? "link" : "generic")
              : strcmp(element, "INPUT") == 0 ? input_role(type)
              : heading                       ? "heading"
                                              : element_role(element);
    if (role[0]) r->role = role;
    if (heading) r->level = element[1] - '0';
    if (href) r->url = href;
    r->name = label[0] ? label : alt[0] ? alt : title[0] ? title : held;
}

static void read_element(const sketching *k, ond__raw *r, const cJSON *name,
                         const cJSON *attributes, const cJSON *value)
{
    const char *element = text_at(k, name);
    if (strcmp(element, "#text") == 0) {
        r->role = "StaticText";
        r->name = text_at(k, value);
        r->ignored = ond_str_trim(ond_str_of(r->name)).n == 0;
    } else if (element[0] == '#' || is_unread(element)) {
        r->role = element[0] == '#' ? "RootWebArea" : "LineBreak";
    } else {
        read_attributes(k, r, element, attributes);
    }
}

static void read_rows(const sketching *k, const cJSON *nodes)
{
    const cJSON *p = ond_json_get(nodes, "parentIndex"), *b = ond_json_get(nodes, "backendNodeId");
    const cJSON *e = ond_json_get(nodes, "nodeName"), *v = ond_json_get(nodes, "nodeValue");
    const cJSON *a = ond_json_get(nodes, "attributes");
    p = p ? p->child : NULL, b = b ? b->child : NULL, e = e ? e->child : NULL;
    v = v ? v->child : NULL, a = a ? a->child : NULL;
    for (size_t i = 0; i < k->t->n; i++) {
        ond__raw *r = &k->t->rows[i];
        *r = (ond__raw){.role = "none", .name = "", .value = "", .description = "", .url = ""};
        r->first = r->last = r->next = -1;
        r->backend = cJSON_IsNumber(b) ? b->valueint : 0;
        read_element(k, r, e, a, v);
        int up = cJSON_IsNumber(p) ? p->valueint : -1;
        if (up >= 0 && (size_t)up < i) {
            ond__raw *q = &k->t->rows[up];
            if (q->last >= 0)
                k->t->rows[q->last].next = (int)i;
            else
                q->first = (int)i;
            q->last = (int)i;
        }
        p = p ? p->next : NULL, b = b ? b->next : NULL, e = e ? e->next : NULL;
        v = v ? v->next : NULL, a = a ? a->next : NULL;
    }
}

static void read_states(const sketching *k, const cJSON *nodes)
{
    const cJSON *in = ond_json_get(nodes, "inputValue"), *v;
    const cJSON *at = ond_json_get(in, "index"), *value = ond_json_get(in, "value");
    at = at ? at->child : NULL, value = value ? value->child : NULL;
    for (; at && value; at = at->next, value = value->next)
        if (at->valueint >= 0 && (size_t)at->valueint < k->t->n)
            k->t->rows[at->valueint].value = text_at(k, value);
    cJSON_ArrayForEach(v,
                       ond_json_get(ond_json_get(nodes, "inputChecked"),
                                    "index")) if (v->valueint >= 0 && (size_t)v->valueint < k->t->n)
        k->t->rows[v->valueint]
            .kind |= OND__CHECKED;
}

int ond__tree_sketch(ond__tree *t, const cJSON *snapshot, const char *frame, ond_arena *a,
                     ond_err *err)
{
    (void)a;
    const cJSON *list = ond_json_get(snapshot, "strings"), *v, *d, *nodes = NULL;
    sketching k = {.t = t, .n_strings = (size_t)cJSON_GetArraySize(list)};
    size_t i = 0;
    *t = (ond__tree){.root = -1};
    k.strings = malloc((k.n_strings + 1) * sizeof *k.strings);
    if (!k.strings) return ond_nomem(err, "the elements of a page");
    cJSON_ArrayForEach(v, list) k.strings[i++] = cJSON_IsString(v) ? v->valuestring : "";
    cJSON_ArrayForEach(
        d, ond_json_get(snapshot, "documents")) if (!nodes &&
                                                    strcmp(text_at(&k, ond_json_get(d, "frameId")),
                                                           frame) == 0) nodes =
        ond_json_get(d, "nodes");
    t->n = (size_t)cJSON_GetArraySize(ond_json_get(nodes, "backendNodeId"));
    t->rows = malloc((t->n + 1) * sizeof *t->rows);
    if (t->rows && t->n) {
        t->root = 0;
        read_rows(&k, nodes);
        read_states(&k, nodes);
    }
    free(k.strings);
    return t->rows ? OND_OK : ond_nomem(err, "the elements of a page");
}
