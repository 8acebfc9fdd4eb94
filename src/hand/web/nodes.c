/* nodes.c - the walk over the trees of a page's frames: which nodes are kept, and what text
 * becomes.
 *
 * Reading order is the order of the tree. Text is gathered as it comes and becomes one node where a
 * block begins or ends, or something that is kept. What only repeats is left out: text that stands
 * in the name of what it is in, or is that of its neighbour (a label); what lies within a thing to
 * click of the same name. The stack is ours, since pages may be as deep as they like. */
#include "hand/web/page.h"

#include "base/utf8.h"

#include <math.h>
#include <stdlib.h>

enum { TEXT_MOST = 600, ABSORBED_MOST = 256 };

typedef struct entry {
    int frame, at, next; /* raw node; the child that comes next */
    int node;            /* the kept node that it is in, or -1 */
    bool absorbs;        /* text becomes the name of `node` */
    bool block;          /* text ends with it */
    bool cell;
} entry;

typedef struct walking {
    ond__observation *o;
    const ond__gathered *g;
    size_t cap;
    entry *stack;
    size_t depth, cap_stack;
    ond_buf text; /* of the node that is being gathered */
    ond__node pending;
    bool separate; /* a cell has begun: " | " before what comes */
    double view_area;
    bool bad;
} walking;

#define IS_ANY(role, list) is_any(role, list, sizeof(list) / sizeof *(list))
static bool is_any(const char *role, const char *const *of, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(role, of[i]) == 0) return true;
    return false;
}

/* ---- roles ---- */

static bool acts(const char *role)
{
    static const char *const roles[] = {"button",
                                        "link",
                                        "textbox",
                                        "searchbox",
                                        "combobox",
                                        "checkbox",
                                        "radio",
                                        "switch",
                                        "slider",
                                        "spinbutton",
                                        "menuitem",
                                        "menuitemcheckbox",
                                        "tab",
                                        "option",
                                        "treeitem",
                                        "menuitemradio",
                                        "DisclosureTriangle",
                                        "PopUpButton",
                                        "ColorWell",
                                        "Date",
                                        "DateTime",
                                        "InputTime",
                                        "listbox",
                                        "scrollbar"};
    return IS_ANY(role, roles);
}

/* Their children only repeat their value. */
static bool holds_value(const char *role)
{
    static const char *const roles[] = {"textbox",     "searchbox", "spinbutton", "slider",
                                        "ColorWell",   "Date",      "DateTime",   "InputTime",
                                        "progressbar", "meter",     "image",      "scrollbar"};
    return IS_ANY(role, roles);
}

static bool is_plain(const char *role)
{
    static const char *const roles[] = {"generic", "none", "presentation", "LabelText",
                                        "paragraph"};
    return IS_ANY(role, roles);
}

static bool is_inline_role(const char *role)
{
    static const char *const roles[] = {"strong",    "emphasis",    "code", "mark",
                                        "subscript", "superscript", "time", "insertion",
                                        "deletion",  "Abbr"};
    return IS_ANY(role, roles);
}

static bool is_cell(const char *role)
{
    static const char *const roles[] = {"cell", "gridcell", "columnheader", "rowheader"};
    return IS_ANY(role, roles);
}

static bool is_urgent(const char *role)
{
    static const char *const roles[] = {"alert", "dialog", "alertdialog", "status", "iframe"};
    return IS_ANY(role, roles);
}

static const char *role_name(const char *role)
{
    static const char *const rows[][2] = {{"DisclosureTriangle", "button"},
                                          {"PopUpButton", "combobox"},
                                          {"ColorWell", "color"},
                                          {"Date", "date"},
                                          {"DateTime", "datetime"},
                                          {"InputTime", "time"},
                                          {"Iframe", "iframe"},
                                          {"IframePresentational", "iframe"},
                                          {"Canvas", "canvas"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(role, rows[i][0]) == 0) return rows[i][1];
    return role;
}

/* ---- keeping ---- */

static const char *keep_text(walking *w, const char *text, size_t most)
{
    ond_str s = ond_str_trim(ond_str_of(text));
    s.n = ond_utf8_cut(s, most);
    if (s.n == 0) return "";
    const char *out = ond_arena_dup(&w->o->arena, s);
    if (!out) w->bad = true;
    return out ? out : "";
}

static const ond__box *box_of(const walking *w, int frame, int backend)
{
    const ond__boxes *b = w->g->boxes[frame];
    return b ? ond__boxes_find(b, backend) : NULL;
}

static void place(ond__node *n, const ond__box *k)
{
    n->off = !k || !k->laid || k->off;
    n->covered = k && k->covered;
    if (k) n->x = k->r.x, n->y = k->r.y, n->w = k->r.w, n->h = k->r.h;
}

static int append(walking *w, const ond__node *n)
{
    ond__observation *o = w->o;
    if (o->n >= OND__NODES_MOST) return o->cut = true, -1;
    if (o->n == w->cap) {
        size_t cap = w->cap ? w->cap * 2 : 64;
        ond__node *more = realloc(o->nodes, cap * sizeof *more);
        if (!more) return w->bad = true, -1;
        o->nodes = more;
        w->cap = cap;
    }
    o->nodes[o->n] = *n;
    return (int)o->n++;
}

/* Ends the text that is being gathered. */
static void flush(walking *w)
{
    ond__node *p = &w->pending;
    const ond__observation *o = w->o;
    ond_str s = ond_str_trim((ond_str){ond_buf_z(&w->text), w->text.n});
    w->separate = false;
    if (s.n > 0) {
        const ond__node *last = o->n ? &o->nodes[o->n - 1] : NULL;
        if (!last || !last->interactive || !ond_str_is(s, last->name)) {
            p->name = ond_arena_dup(&w->o->arena, s);
            if (!p->name) p->name = "", w->bad = true;
            p->value = p->description = p->url = "";
            (void)append(w, p);
        }
    }
    ond_buf_clear(&w->text);
}

/* A label that has just been kept, and says the same as the field after it. */
static void drop_label(walking *w, const char *name)
{
    ond__observation *o = w->o;
    if (!name[0] || o->n == 0) return;
    const ond__node *last = &o->nodes[o->n - 1];
    if (strcmp(last->role, "text") == 0 && strcmp(last->name, name) == 0) o->n--;
}

static void widen(ond__node *n, const ond__box *k)
{
    double r = fmax(n->x + n->w, k->r.x + k->r.w), e = fmax(n->y + n->h, k->r.y + k->r.h);
    n->x = fmin(n->x, k->r.x);
    n->y = fmin(n->y, k->r.y);
    n->w = r - n->x;
    n->h = e - n->y;
    n->off = n->off && k->off;
    n->covered = n->covered && k->covered;
}

static void absorb(walking *w, ond__node *n, const char *text)
{
    size_t have = strlen(n->name);
    if (have == 0) {
        char *room = ond_arena_alloc(&w->o->arena, ABSORBED_MOST);
        if (!room) {
            w->bad = true;
            return;
        }
        n->name = room;
    }
    char *room = (char *)(uintptr_t)n->name; /* ours: nothing else gives an absorbing node a name */
    ond_str s = ond_str_trim(ond_str_of(text));
    if (have && have + 1 < ABSORBED_MOST) room[have++] = ' ';
    s.n = ond_utf8_cut(s, ABSORBED_MOST - 1 - have);
    memcpy(room + have, s.p, s.n);
    room[have + s.n] = '\0';
}

/* What a name was cut to says nothing of the rest, so a long one is taken to hold it. */
static bool repeats(const ond__node *n, const char *text)
{
    ond_str s = ond_str_trim(ond_str_of(text));
    size_t have = strlen(n->name);
    return have && (have >= OND__NAME_MOST - 4 || memmem(n->name, have, s.p, s.n) != NULL);
}

static void add_text(walking *w, const entry *in, const ond__raw *r)
{
    const ond__box *k = box_of(w, in->frame, r->backend);
    ond__node *up = in->node >= 0 ? &w->o->nodes[in->node] : NULL;
    if (ond_str_trim(ond_str_of(r->name)).n == 0) {
        if (r->name[0] && w->text.n) ond_buf_putc(&w->text, ' ');
        return;
    }
    if (k && k->faded) return;
    if (up && in->absorbs) {
        absorb(w, up, r->name);
        return;
    }
    if (up && repeats(up, r->name)) return;
    if (w->text.n == 0) {
        w->pending = (ond__node){.parent = in->node, .backend = r->backend, .frame = in->frame};
        w->pending.role = "text";
        place(&w->pending, k);
    } else if (k) {
        widen(&w->pending, k);
    }
    if (w->separate && w->text.n) ond_buf_puts(&w->text, " | ");
    w->separate = false;
    ond_str s = ond_str_of(r->name);
    if (w->text.n >= TEXT_MOST) return;
    s.n = ond_utf8_cut(s, TEXT_MOST);
    ond_buf_str(&w->text, s);
}

/* ---- one node ---- */

static bool is_clickable(const walking *w, const entry *e, const ond__raw *r, const ond__box *k)
{
    if (!k || !k->laid || k->root || k->label || k->r.w * k->r.h < 1) return false;
    if (k->r.w * k->r.h > w->view_area / 4) return false; /* listens for all that is in it */
    if (k->clickable) return true;
    if (!k->pointer || r->ignored) return false;
    const entry *up = w->depth > 1 ? &w->stack[w->depth - 2] : NULL;
    const ond__raw *outer =
        up && up->frame == e->frame && up->at >= 0 ? &w->g->trees[up->frame].rows[up->at] : NULL;
    const ond__box *around = outer ? box_of(w, e->frame, outer->backend) : NULL;
    return !around || !around->pointer;
}

/* ≥ 99 % of it within something to click that is called the same. */
static bool is_within_same(const walking *w, int up, const ond__node *n)
{
    if (up < 0 || !w->o->nodes[up].interactive) return false;
    const ond__node *p = &w->o->nodes[up];
    double l = fmax(p->x, n->x), t = fmax(p->y, n->y);
    double r = fmin(p->x + p->w, n->x + n->w), e = fmin(p->y + p->h, n->y + n->h);
    double in = r > l && e > t ? (r - l) * (e - t) : 0;
    bool same = n->name[0] ? strcmp(p->name, n->name) == 0 : !acts(n->role);
    return same && in >= 0.99 * n->w * n->h;
}

/* Options stand in the popup of a select, some in groups. */
static void read_options(walking *w, ond__node *n, const ond__tree *t, int at, int depth)
{
    for (int c = t->rows[at].first; c >= 0 && n->n_options < OND__OPTIONS_MOST;
         c = t->rows[c].next) {
        const char **list = (const char **)(uintptr_t)n->options;
        if (strcmp(t->rows[c].role, "option") != 0) {
            if (depth < 4) read_options(w, n, t, c, depth + 1);
            continue;
        }
        if (!list) list = ond_arena_array(&w->o->arena, OND__OPTIONS_MOST, sizeof *list);
        if (!list) {
            w->bad = true;
            return;
        }
        n->options = (const char *const *)list;
        list[n->n_options++] = keep_text(w, t->rows[c].name, 200);
    }
}

/* Within the page's own host the path is enough, within its document what follows. */
static const char *short_url(const walking *w, const char *url)
{
    const char *own = w->o->url, *p = strstr(url, "://");
    if (!p) return url;
    p += 3;
    size_t host = strcspn(own, "/"), whole = strlen(own);
    if (strncmp(p, own, whole) == 0 && (p[whole] == '#' || p[whole] == '?')) return p + whole;
    return strncmp(p, own, host) == 0 && p[host] == '/' ? p + host : p;
}

/* What has no name of its own is called by what is in it. */
static bool takes_text(const ond__node *n)
{
    static const char *const roles[] = {"heading", "alert", "status"};
    return n->interactive || IS_ANY(n->role, roles);
}

static int emit(walking *w, entry *e, const ond__raw *r, const ond__box *k, bool clickable)
{
    const ond__tree *t = &w->g->trees[e->frame];
    bool plain = r->ignored || is_plain(r->role);
    ond__node n = {.parent = e->node, .backend = r->backend, .frame = e->frame, .kind = r->kind};
    n.role = plain ? "clickable" : keep_text(w, role_name(r->role), 40);
    n.level = r->level;
    n.name = keep_text(w, r->name, OND__NAME_MOST);
    n.value = keep_text(w, r->value, OND__NAME_MOST);
    n.description = keep_text(w, r->description, OND__NAME_MOST);
    n.url = strcmp(r->role, "link") == 0 ? keep_text(w, short_url(w, r->url), 400) : "";
    n.interactive = clickable || acts(r->role) || (r->focusable && !plain);
    place(&n, k);
    if (is_within_same(w, e->node, &n)) return -1;
    if (strcmp(r->role, "combobox") == 0) read_options(w, &n, t, e->at, 0);
    if (n.n_options) n.kind &= ~(unsigned)OND__COLLAPSED; /* its options are known all the same */
    flush(w);
    if (n.interactive) drop_label(w, n.name);
    return append(w, &n);
}

static bool is_kept(const ond__raw *r, bool clickable)
{
    static const char *const never[] = {
        "RootWebArea", "generic",       "none",     "presentation", "row",      "paragraph",
        "LabelText",   "MenuListPopup", "rowgroup", "cell",         "gridcell", "columnheader",
        "rowheader",   "listitem",      "Legend",   "Figcaption",   "caption"};
    if (clickable) return true;
    if (r->ignored) return false;
    if (acts(r->role) || is_urgent(role_name(r->role)) || strcmp(r->role, "heading") == 0)
        return true;
    if (IS_ANY(r->role, never)) return r->focusable && !is_plain(r->role) && r->role[0] != 'R';
    return r->name[0] != '\0' || (r->focusable && !is_plain(r->role));
}

/* The frame whose document stands in this element, or -1. */
static int inner_frame(const walking *w, int frame, int backend)
{
    for (size_t i = 1; i < w->o->n_frames; i++)
        if (w->g->parents[i] == frame && w->g->owners[i] == backend && backend) return (int)i;
    return -1;
}

static void push(walking *w, entry e)
{
    if (w->depth == w->cap_stack) {
        size_t cap = w->cap_stack ? w->cap_stack * 2 : 64;
        entry *more = realloc(w->stack, cap * sizeof *more);
        if (!more) {
            w->bad = true;
            return;
        }
        w->stack = more;
        w->cap_stack = cap;
    }
    w->stack[w->depth++] = e;
}

static void enter(walking *w, int frame, int at, const entry *up)
{
    const ond__raw *r = &w->g->trees[frame].rows[at];
    static const char *const skipped[] = {"InlineTextBox", "ListMarker", "LineBreak"};
    const ond__box *k = box_of(w, frame, r->backend);
    bool unseen = w->o->sketched && (!k || !k->laid || k->faded); /* nobody else leaves these out */
    if (!r->ignored && strcmp(r->role, "StaticText") == 0) {
        if (up && !unseen) add_text(w, up, r);
        return;
    }
    if (IS_ANY(r->role, skipped)) return;
    entry e = {.frame = frame, .at = at, .next = r->first, .node = up ? up->node : -1};
    e.absorbs = up && up->absorbs;
    push(w, e);
    if (w->bad) return;
    entry *top = &w->stack[w->depth - 1];
    bool clickable = (r->ignored || is_plain(r->role) || is_cell(r->role) ||
                      strcmp(r->role, "listitem") == 0 || strcmp(r->role, "image") == 0 ||
                      strcmp(r->role, "row") == 0 || strcmp(r->role, "Canvas") == 0) &&
                     is_clickable(w, top, r, k);
    top->cell = is_cell(r->role);
    top->block = !is_inline_role(r->role) && !top->cell && k && k->laid && !k->in_line;
    if (top->cell) w->separate = true;
    if (top->block) flush(w);
    int kept = !unseen && is_kept(r, clickable) ? emit(w, top, r, k, clickable) : -1;
    if (kept >= 0) {
        top->node = kept;
        top->block = true;
        const ond__node *n = &w->o->nodes[kept];
        top->absorbs = takes_text(n) && !n->name[0] && !holds_value(r->role);
    }
    if (holds_value(r->role) || (strcmp(r->role, "combobox") == 0 && r->first >= 0 && kept >= 0 &&
                                 w->o->nodes[kept].n_options))
        top->next = -1;
    int inner = inner_frame(w, frame, r->backend);
    if (inner >= 0 && w->g->trees[inner].root >= 0) {
        top->next = -1;
        entry frame_entry = *top;
        enter(w, inner, w->g->trees[inner].root, &frame_entry);
    }
}

static void leave(walking *w)
{
    const entry *e = &w->stack[w->depth - 1];
    if (e->block) flush(w);
    if (e->cell) w->separate = true;
    w->depth--;
}

int ond__nodes_walk(ond__observation *o, const ond__gathered *g, ond_err *err)
{
    walking w = {.o = o, .g = g, .view_area = 1280.0 * 720};
    if (g->boxes[0] && g->boxes[0]->n_docs)
        w.view_area = g->boxes[0]->docs[0].clip.w * g->boxes[0]->docs[0].clip.h;
    if (g->trees[0].root >= 0) enter(&w, 0, g->trees[0].root, NULL);
    while (w.depth && !w.bad && !o->cut) {
        entry *top = &w.stack[w.depth - 1];
        if (top->next < 0) {
            leave(&w);
            continue;
        }
        int at = top->next;
        top->next = g->trees[top->frame].rows[at].next;
        entry up = *top;
        enter(&w, up.frame, at, &up);
    }
    flush(&w);
    bool ok = !w.bad && ond_buf_ok(&w.text);
    ond_buf_free(&w.text);
    free(w.stack);
    return ok ? OND_OK : ond_nomem(err, "the nodes of a page");
}
