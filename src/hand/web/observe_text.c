/* observe_text.c - which nodes are printed within a budget, and in which regions the others are
 * counted.
 *
 * A line ends with a newline, which ends every run of letters too, so the tokens of a text are the
 * sum of those of its lines. Lines are taken by class (in view before what is not, what can be
 * acted on before headings before text) as long as they fit, with a reserve for the list of
 * regions. What is left falls into groups of neighbours, at containers where there are any; fewer
 * and fewer until their lines fit, at last one. All passes are linear. */
#include "hand/web/observe_line.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLASSES = 8, NEVER = CLASSES, GROUPS = 6, LEAST_GROUP = 8, RESERVE_LEAST = 60 };

typedef struct writing {
    ond__observation *o;
    const unsigned *set; /* which nodes, in reading order */
    size_t n;
    size_t left;  /* tokens */
    bool covered; /* those that are covered may be printed */
    unsigned *cost;
    unsigned char *chosen; /* 0, 1, 2: bare */
    unsigned *rest;        /* not chosen */
    size_t n_rest;
} writing;

static bool is_any(const char *role, const char *const *of, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strcmp(role, of[i]) == 0) return true;
    return false;
}
#define IS_ANY(role, list) is_any(role, list, sizeof(list) / sizeof *(list))

static bool begins_region(const ond__node *n)
{
    static const char *const roles[] = {
        "banner",  "navigation", "main",  "complementary", "contentinfo", "region",  "search",
        "form",    "list",       "table", "grid",          "iframe",      "dialog",  "alertdialog",
        "article", "heading",    "group", "menu",          "tree",        "toolbar", "listbox"};
    return IS_ANY(n->role, roles);
}

/* What a page says now: it goes before other text. */
static bool is_urgent(const ond__node *n)
{
    static const char *const roles[] = {"alert", "dialog", "alertdialog", "status"};
    return IS_ANY(n->role, roles);
}

static int class_of(const ond__node *n, bool covered)
{
    if (n->covered) return covered ? 7 : NEVER;
    bool act = n->interactive || is_urgent(n);
    int kind = act ? 0 : begins_region(n) ? 1 : 2;
    if (act && (n->kind & OND__FOCUSED)) return 0;
    return (n->off ? 4 : 1) + kind;
}

/* ---- choosing ---- */

static size_t cost_of(ond_buf *line, const writing *w, size_t i, bool bare)
{
    ond_buf_clear(line);
    ond__line(line, &w->o->nodes[w->set[i]], w->o->budget, bare);
    return ond__tokens((ond_str){ond_buf_z(line), line->n});
}

static bool all_fits(const writing *w)
{
    size_t sum = 0;
    for (size_t i = 0; i < w->n; i++) {
        if (class_of(&w->o->nodes[w->set[i]], w->covered) == NEVER) return false;
        sum += w->cost[i];
    }
    return sum <= w->left;
}

/* Takes what fits into `room`, class by class. */
static void take_by_class(writing *w, size_t room)
{
    size_t used = 0;
    for (int c = 0; c < CLASSES; c++)
        for (size_t i = 0; i < w->n && used < room; i++) {
            if (class_of(&w->o->nodes[w->set[i]], w->covered) != c) continue;
            if (used + w->cost[i] > room) continue;
            used += w->cost[i];
            w->chosen[i] = 1;
        }
    w->left -= used;
}

/* A text without any line would never end when its regions are opened. */
static void take_one_bare(writing *w, ond_buf *line)
{
    for (size_t i = 0; i < w->n; i++) {
        if (class_of(&w->o->nodes[w->set[i]], w->covered) == NEVER) continue;
        size_t cost = cost_of(line, w, i, true);
        if (cost > w->left) continue;
        w->chosen[i] = 2;
        w->left -= cost;
        return;
    }
}

static bool choose(writing *w)
{
    ond_buf line = {0};
    for (size_t i = 0; i < w->n; i++) w->cost[i] = (unsigned)cost_of(&line, w, i, false);
    if (all_fits(w)) {
        memset(w->chosen, 1, w->n);
    } else {
        size_t reserve = w->o->budget / 4 > RESERVE_LEAST ? w->o->budget / 4 : RESERVE_LEAST;
        size_t before = w->left;
        if (w->left > reserve) take_by_class(w, w->left - reserve);
        if (w->left == before && w->n > 0) {
            w->left -= RESERVE_LEAST;
            take_one_bare(w, &line);
            w->left += RESERVE_LEAST;
        }
    }
    for (size_t i = 0; i < w->n; i++)
        if (!w->chosen[i]) w->rest[w->n_rest++] = w->set[i];
    bool ok = ond_buf_ok(&line);
    ond_buf_free(&line);
    return ok;
}

/* ---- regions ---- */

static void label(const ond__observation *o, const unsigned *nodes, size_t n, char out[128])
{
    const ond__node *best = NULL;
    for (size_t i = 0; i < n && i < 200; i++) {
        const ond__node *k = &o->nodes[nodes[i]];
        if (!k->name[0]) continue;
        if (!best) best = k;
        if (!begins_region(k)) continue;
        best = k;
        break;
    }
    ond_buf b = {0};
    if (best) ond__quote(&b, best->name, 16);
    /* sixteen tokens are 48 letters, 8 syllables; odd mixtures go without */
    snprintf(out, 128, "%s", b.n < 128 ? ond_buf_z(&b) : "");
    ond_buf_free(&b);
}

/* Where the group that begins at `from` ends. */
static size_t group_end(const writing *w, size_t from, size_t target)
{
    const ond__node *nodes = w->o->nodes;
    size_t i = from + 1;
    for (; i < w->n_rest && i - from < target; i++)
        if (i - from >= target * 2 / 3 && begins_region(&nodes[w->rest[i]])) break;
    return i;
}

static size_t units(const writing *w)
{
    size_t n = 1;
    for (size_t i = 1; i < w->n_rest; i++) n += begins_region(&w->o->nodes[w->rest[i]]);
    return n;
}

static size_t unit_end(const writing *w, size_t from)
{
    size_t i = from + 1;
    while (i < w->n_rest && !begins_region(&w->o->nodes[w->rest[i]])) i++;
    return i;
}

/* At most 2 * groups of them. */
static size_t make_groups(const writing *w, size_t groups, ond__region *out)
{
    size_t n = 0, target = (w->n_rest + groups - 1) / groups;
    bool by_unit = groups > 1 && units(w) <= groups;
    if (w->n_rest <= LEAST_GROUP) groups = 1;
    for (size_t at = 0; at < w->n_rest;) {
        size_t end = groups == 1 ? w->n_rest : by_unit ? unit_end(w, at) : group_end(w, at, target);
        ond__region r = {.nodes = w->rest + at, .n = end - at};
        for (size_t i = at; i < end; i++) r.interactive += w->o->nodes[w->rest[i]].interactive;
        label(w->o, r.nodes, r.n, r.label);
        out[n++] = r;
        at = end;
    }
    return n;
}

static bool add_region(ond__observation *o, const ond__region *r)
{
    if (o->n_regions == o->cap_regions) {
        size_t cap = o->cap_regions ? o->cap_regions * 2 : 8;
        ond__region *more = realloc(o->regions, cap * sizeof *more);
        if (!more) return false;
        o->regions = more;
        o->cap_regions = cap;
    }
    ond__region k = *r;
    k.nodes = malloc(k.n * sizeof *k.nodes);
    if (!k.nodes) return false;
    memcpy(k.nodes, r->nodes, k.n * sizeof *k.nodes);
    o->regions[o->n_regions++] = k;
    return true;
}

/* Appends the list of what is left, and makes the regions. */
static bool put_regions(writing *w, ond_buf *out)
{
    ond__region made[2 * GROUPS + 1];
    ond_buf lines = {0};
    size_t n = 0, groups = GROUPS;
    bool ok = true;
    for (; w->n_rest && groups >= 1; groups--) {
        n = make_groups(w, groups, made);
        if (groups == 1) made[0].label[0] = '\0';
        ond_buf_clear(&lines);
        for (size_t i = 0; i < n; i++) ond__line_region(&lines, &made[i], w->o->n_regions + i + 1);
        if (ond__tokens((ond_str){ond_buf_z(&lines), lines.n}) <= w->left) break;
    }
    for (size_t i = 0; ok && i < n; i++) ok = add_region(w->o, &made[i]);
    ond_buf_str(out, (ond_str){ond_buf_z(&lines), lines.n});
    ok = ok && ond_buf_ok(&lines);
    ond_buf_free(&lines);
    return ok;
}

/* ---- a text ---- */

static bool writing_init(writing *w)
{
    size_t n = w->n ? w->n : 1;
    w->cost = malloc(n * sizeof *w->cost);
    w->rest = malloc(n * sizeof *w->rest);
    w->chosen = calloc(n, 1);
    return w->cost && w->rest && w->chosen;
}

static void writing_free(writing *w)
{
    free(w->cost);
    free(w->rest);
    free(w->chosen);
}

/* The text of a set of nodes: `out` holds the head already. */
static bool compose(writing *w, ond_buf *out, ond_buf *regions)
{
    size_t head = ond__tokens((ond_str){ond_buf_z(out), out->n});
    w->left = w->o->budget > head ? w->o->budget - head : 0;
    if (!choose(w)) return false;
    for (size_t i = 0; i < w->n; i++)
        if (w->chosen[i]) ond__line(out, &w->o->nodes[w->set[i]], w->o->budget, w->chosen[i] == 2);
    return put_regions(w, regions) && ond_buf_ok(out);
}

int ond__observation_expand(ond__observation *o, unsigned region, const char **text, ond_err *err)
{
    if (region < 1 || region > o->n_regions)
        return ond_fail(err, OND_E_NOT_FOUND, "the observation has no region r%u", region);
    const ond__region *r = &o->regions[region - 1];
    if (!r->text) {
        writing w = {.o = o, .set = r->nodes, .n = r->n, .covered = true};
        ond_buf out = {0}, regions = {0};
        ond_buf_printf(&out, "region r%u %s%s%zu nodes  \"…\" untrusted\n", region, r->label,
                       r->label[0] ? " " : "", r->n);
        bool ok = writing_init(&w) && compose(&w, &out, &regions);
        ond_buf_puts(&out, ond_buf_z(&regions));
        ond_buf_free(&regions);
        for (size_t i = 0; ok && i < w.n; i++)
            if (w.chosen[i]) o->nodes[w.set[i]].seen = true;
        writing_free(&w);
        char *made = ok ? ond_buf_take(&out) : NULL;
        ond_buf_free(&out);
        if (!made) return ond_nomem(err, "a region of the page");
        o->regions[region - 1].text = made; /* the rows may have moved */
    }
    *text = o->regions[region - 1].text;
    return OND_OK;
}

/* ---- against the former ---- */

typedef struct change {
    const ond__observation *former; /* of the same document */
    unsigned *at;                   /* [most + 1] id to index + 1 in former */
    unsigned char *met;             /* [former->n] */
    size_t most;
} change;

static bool change_init(change *c)
{
    for (size_t i = 0; i < c->former->n; i++)
        if (c->former->nodes[i].id > c->most) c->most = c->former->nodes[i].id;
    c->at = calloc(c->most + 1, sizeof *c->at);
    c->met = calloc(c->former->n + 1, 1);
    if (!c->at || !c->met) return false;
    for (size_t i = 0; i < c->former->n; i++) c->at[c->former->nodes[i].id] = (unsigned)i + 1;
    return true;
}

static const ond__node *was(const change *c, const ond__node *n)
{
    unsigned at = n->id <= c->most ? c->at[n->id] : 0;
    return at ? &c->former->nodes[at - 1] : NULL;
}

static size_t mark_all(ond__observation *o, change *c)
{
    size_t changed = 0;
    for (size_t i = 0; i < o->n; i++) {
        ond__node *n = &o->nodes[i];
        const ond__node *old = c->former ? was(c, n) : NULL;
        n->hash = ond__line_hash(n);
        n->mark = !c->former ? ' ' : !old ? '+' : old->hash != n->hash ? '~' : ' ';
        n->seen = old && old->seen;
        changed += n->mark != ' ';
        if (old) c->met[old - c->former->nodes] = 1;
    }
    for (size_t i = 0; c->former && i < c->former->n; i++) changed += !c->met[i];
    return changed;
}

static void put_gone(ond_buf *out, const change *c)
{
    bool any = false;
    for (size_t i = 0; i < c->former->n; i++) {
        if (c->met[i] || !c->former->nodes[i].seen) continue;
        ond_buf_printf(out, "%s-%u", any ? " " : "", c->former->nodes[i].id);
        any = true;
    }
    if (any) ond_buf_putc(out, '\n');
}

/* What is printed of a delta: what has changed of that which was seen, and what is seen newly. */
static bool in_delta(const ond__node *n, bool chosen)
{
    return n->seen ? n->mark != ' ' : chosen;
}

static void put_delta(ond_buf *out, const writing *w, const change *c, size_t changed)
{
    ond__line_head(out, w->o, (long)changed);
    for (size_t i = 0; i < w->n; i++) {
        ond__node n = w->o->nodes[i];
        if (!in_delta(&n, w->chosen[i])) continue;
        if (n.mark == ' ') n.mark = '+';
        ond__line(out, &n, w->o->budget, false);
    }
    put_gone(out, c);
}

static size_t tokens_of(const ond_buf *b)
{
    return ond__tokens((ond_str){ond_buf_z(b), b->n});
}

static bool write_both(writing *w, change *c, ond_buf *out)
{
    ond_buf regions = {0}, delta = {0};
    size_t changed = mark_all(w->o, c);
    ond__line_head(out, w->o, -1);
    bool ok = compose(w, out, &regions);
    ond_buf_puts(out, ond_buf_z(&regions));
    if (ok && c->former) {
        put_delta(&delta, w, c, changed);
        ond_buf_puts(&delta, ond_buf_z(&regions));
        size_t n = tokens_of(&delta);
        w->o->delta = n < tokens_of(out) && n <= w->o->budget;
    }
    for (size_t i = 0; ok && i < w->n; i++) w->o->nodes[i].seen |= w->chosen[i] != 0;
    if (w->o->delta) {
        ond_buf_clear(out);
        ond_buf_puts(out, ond_buf_z(&delta));
    }
    ok = ok && ond_buf_ok(&delta) && ond_buf_ok(out);
    ond_buf_free(&regions);
    ond_buf_free(&delta);
    return ok;
}

int ond__observation_write(ond__observation *o, const ond__observation *former, ond_err *err)
{
    bool same = former && strcmp(former->document, o->document) == 0;
    change c = {.former = same ? former : NULL};
    ond_buf out = {0};
    if (!o->budget) o->budget = OND__BUDGET;
    unsigned *all = malloc((o->n + 1) * sizeof *all);
    for (size_t i = 0; all && i < o->n; i++) all[i] = (unsigned)i;
    writing w = {.o = o, .set = all, .n = o->n};
    bool ok = all && writing_init(&w) && (!same || change_init(&c)) && write_both(&w, &c, &out);
    o->text = ok ? ond_buf_take(&out) : NULL;
    ond_buf_free(&out);
    writing_free(&w);
    free(all);
    free(c.at);
    free(c.met);
    return o->text ? OND_OK : ond_nomem(err, "the text of the page");
}
