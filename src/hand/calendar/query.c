/* query.c - the verbs that read: events, find, lists, items. The answer is the step's `before`. */
#include "hand/calendar/internal.h"
#include "sys/clock.h"

#include <stdlib.h>

#define ROWS_MAX 1000
#define GATHER_MAX 20000

static int nomem(ond_err *err)
{
    return ond_nomem(err, "reading the calendar");
}

static int finish(ond__cal_work *w, const char *key, cJSON *rows, ond_msg says,
                  const char *const *ko, const char *const *en, int n, ond_err *err)
{
    ond_hand_step *s = &w->step;
    s->effect = OND_EFFECT_READ;
    w->judged = true;
    s->before = cJSON_CreateObject();
    s->expect = cJSON_CreateObject();
    if (!s->before) cJSON_Delete(rows);
    return s->before && s->expect && rows && ond_json_set(s->before, key, rows) &&
                   ond__cal_work_says(w, says, ko, en, n)
               ? OND_OK
               : nomem(err);
}

/* ---- events ---- */

typedef struct bag {
    ond__cal *h;
    ond__cal_occ *v;
    size_t n, cap;
    ond_ms after; /* only those that end after it */
    bool nomem;
} bag;

static void gather(void *self, const ond__cal_occ *o)
{
    bag *b = self;
    if (b->n >= GATHER_MAX) return;
    if (b->n == b->cap) {
        size_t cap = b->cap ? b->cap * 2 : 64;
        ond__cal_occ *v = realloc(b->v, cap * sizeof *v);
        if (!v) {
            b->nomem = true;
            return;
        }
        b->v = v;
        b->cap = cap;
    }
    b->v[b->n++] = *o;
}

/* By start; whole days first. */
static int by_start(const void *a, const void *b)
{
    const ond__cal_occ *x = a, *y = b;
    if (x->start != y->start) return x->start < y->start ? -1 : 1;
    if (x->date != y->date) return x->date ? -1 : 1;
    int c = strcmp(x->part->title ? x->part->title : "", y->part->title ? y->part->title : "");
    return c ? c : strcmp(x->entry->uid, y->entry->uid);
}

static cJSON *rows_of(bag *b)
{
    cJSON *rows = cJSON_CreateArray();
    if (b->n > 1) qsort(b->v, b->n, sizeof *b->v, by_start);
    for (size_t i = 0; rows && i < b->n && i < ROWS_MAX; i++) {
        cJSON *row = ond__cal_show_occ(b->h, &b->v[i]);
        if (row && cJSON_AddItemToArray(rows, row)) continue;
        cJSON_Delete(rows);
        rows = NULL;
    }
    return rows;
}

static int span_of(ond__cal *h, const char *text, const char *name, ond_ms *out, ond_err *err)
{
    ond__cal_when w;
    int rc = ond__cal_when_parse(text, name, &w, err);
    if (rc == 0) *out = ond__cal_when_ms(h, &w);
    return rc;
}

static int score_of(const char *query, const ond__cal_entry *e)
{
    int best = e->main.title ? ond__cal_match(query, e->main.title) : 0;
    for (size_t i = 0; i < e->n_over && i < 20; i++) {
        int s = e->over[i].title ? ond__cal_match(query, e->over[i].title) : 0;
        if (s > best) best = s;
    }
    return best;
}

/* A typing error is forgiven only where nothing matches without. */
static int threshold(ond__cal *h, const char *query, bool todo)
{
    int best = 0;
    for (size_t i = 0; i < h->n_folder; i++)
        for (size_t k = 0; k < h->folder[i].n; k++) {
            const ond__cal_entry *e = h->folder[i].v[k];
            int s = e->problem || e->todo != todo ? 0 : score_of(query, e);
            if (s > best) best = s;
        }
    return best >= 80 ? 80 : 60;
}

static int each_event(ond__cal *h, const char *query, ond_ms from, ond_ms to, bag *b, ond_err *err)
{
    int least = query[0] ? threshold(h, query, false) : 0, rc = 0;
    for (size_t i = 0; i < h->n_folder; i++)
        for (size_t k = 0; k < h->folder[i].n && rc == 0; k++) {
            const ond__cal_entry *e = h->folder[i].v[k];
            if (e->problem || e->todo || (query[0] && score_of(query, e) < least)) continue;
            rc = ond__cal_expand(h, &h->folder[i], e, from, to, gather, b, err);
        }
    return rc == 0 && b->nomem ? nomem(err) : rc;
}

int ond__cal_events(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    bag b = {.h = h};
    ond_ms from, to;
    ond_buf a[4] = {{0}};
    int rc;
    OND_TRY(span_of(h, ond_json_str(args, "from", ""), "from", &from, err));
    OND_TRY(span_of(h, ond_json_str(args, "to", ""), "to", &to, err));
    if (to <= from)
        OND_TRY(ond_fail(err, OND_E_INPUT,
                         "to should be after from; to itself does not belong to the span"));
    if (to - from > (ond_ms)86400000 * 3700)
        OND_TRY(ond_fail(err, OND_E_INPUT, "ask for ten years at most"));
    OND_TRY(each_event(h, ond_json_str(args, "query", ""), from, to, &b, err));
    for (int i = 0; i < 4; i++)
        ond__cal_say_when(h, &a[i], i < 2 ? "ko" : "en", i % 2 ? to : from, false);
    const char *ko[] = {ond_buf_z(&a[0]), ond_buf_z(&a[1])},
               *en[] = {ond_buf_z(&a[2]), ond_buf_z(&a[3])};
    rc = finish(w, "events", rows_of(&b), OND_M_CAL_EVENTS, ko, en, 2, err);
    if (rc == 0 && b.n > ROWS_MAX && !ond_json_set_bool(w->step.before, "more", true))
        rc = nomem(err);
out:
    for (int i = 0; i < 4; i++) ond_buf_free(&a[i]);
    free(b.v);
    return rc;
}

/* ---- find ---- */

/* The next occurrence of an event, looked for in growing spans. */
static int next_of(ond__cal *h, const ond__cal_folder *f, const ond__cal_entry *e, ond_ms from,
                   ond_ms to, bag *out, ond_err *err)
{
    static const int years[] = {1, 6, 40};
    bag b = {.h = h};
    int rc = 0;
    for (size_t i = 0; i < 3 && rc == 0 && b.n == 0; i++) {
        ond_ms until = from + (ond_ms)years[i] * 366 * 86400000;
        bool last = until >= to;
        rc = ond__cal_expand(h, f, e, from, last ? to : until, gather, &b, err);
        if (last || (!e->rule && i > 0 && b.n)) break;
    }
    if (b.n > 1) qsort(b.v, b.n, sizeof *b.v, by_start);
    if (rc == 0 && b.n) gather(out, &b.v[0]);
    if (b.nomem) out->nomem = true;
    free(b.v);
    return rc;
}

int ond__cal_find(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    bag b = {.h = h};
    const char *query = ond_json_str(args, "query", ""), *from_arg = ond_json_str(args, "from", ""),
               *to_arg = ond_json_str(args, "to", "");
    ond_ms from = ond_now(), to = from + (ond_ms)40 * 366 * 86400000;
    int rc = 0;
    if (from_arg[0]) OND_TRY(span_of(h, from_arg, "from", &from, err));
    if (to_arg[0])
        OND_TRY(span_of(h, to_arg, "to", &to, err));
    else
        to = from + (ond_ms)40 * 366 * 86400000;
    int least = threshold(h, query, false);
    for (size_t i = 0; i < h->n_folder; i++)
        for (size_t k = 0; k < h->folder[i].n; k++) {
            const ond__cal_entry *e = h->folder[i].v[k];
            if (e->problem || e->todo || score_of(query, e) < least) continue;
            OND_TRY(next_of(h, &h->folder[i], e, from, to, &b, err));
        }
    if (b.nomem) OND_TRY(nomem(err));
    rc = finish(w, "events", rows_of(&b), OND_M_CAL_FIND, &query, &query, 1, err);
out:
    free(b.v);
    return rc;
}

/* ---- lists ---- */

static cJSON *list_row(ond__cal *h, const ond__cal_folder *f)
{
    int open = 0, done = 0;
    for (size_t i = 0; i < f->n; i++)
        if (!f->v[i]->problem && f->v[i]->todo) f->v[i]->main.done ? done++ : open++;
    cJSON *row = cJSON_CreateObject();
    if (row && ond_json_set_str(row, "list", f->name) &&
        ond_json_set_str(row, "name", ond__cal_label(h, f, h->lang)) &&
        ond_json_set_num(row, "open", open) && ond_json_set_num(row, "done", done))
        return row;
    cJSON_Delete(row);
    return NULL;
}

int ond__cal_lists(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    cJSON *rows = cJSON_CreateArray();
    (void)args;
    for (size_t i = 0; rows && i < h->n_folder; i++) {
        if (!ond__cal_is_list(&h->folder[i])) continue;
        cJSON *row = list_row(h, &h->folder[i]);
        if (row && cJSON_AddItemToArray(rows, row)) continue;
        cJSON_Delete(rows);
        rows = NULL;
    }
    return finish(w, "lists", rows, OND_M_CAL_LISTS, NULL, NULL, 0, err);
}

typedef struct item {
    const ond__cal_folder *f;
    const ond__cal_entry *e;
} item;

/* Open ones first, in the order in which they came. */
static int by_made(const void *a, const void *b)
{
    const item *x = a, *y = b;
    if (x->e->main.done != y->e->main.done) return x->e->main.done ? 1 : -1;
    int c = strcmp(x->e->main.made, y->e->main.made);
    return c ? c : strcmp(x->e->uid, y->e->uid);
}

int ond__cal_items(ond__cal *h, const cJSON *args, ond__cal_work *w, ond_err *err)
{
    const char *list = ond_json_str(args, "list", "");
    const cJSON *done = ond_json_get(args, "done");
    ond__cal_folder *only = list[0] ? ond__cal_folder_meant(h, list, true) : NULL;
    item *v = calloc(h->n_entries + 1, sizeof *v);
    cJSON *rows = cJSON_CreateArray();
    size_t n = 0;
    if (list[0] && !only && !ond__cal_builtin(list)) {
        free(v);
        cJSON_Delete(rows);
        return ond_fail(err, OND_E_NOT_FOUND, "there is no list '%.100s'", list);
    }
    for (size_t i = 0; v && i < h->n_folder; i++) {
        const ond__cal_folder *f = &h->folder[i];
        for (size_t k = 0; k < f->n && (!list[0] || f == only); k++) {
            const ond__cal_entry *e = f->v[k];
            if (!e->problem && e->todo && (!done || cJSON_IsTrue(done) == e->main.done))
                v[n++] = (item){f, e};
        }
    }
    if (n > 1) qsort(v, n, sizeof *v, by_made);
    for (size_t i = 0; rows && i < n && i < ROWS_MAX; i++) {
        cJSON *row = ond__cal_show_item(h, v[i].f, v[i].e);
        if (row && cJSON_AddItemToArray(rows, row)) continue;
        cJSON_Delete(rows);
        rows = NULL;
    }
    free(v);
    const char *name[] = {list};
    if (only && list[0]) {
        const char *ko[] = {ond__cal_label(h, only, "ko")}, *en[] = {ond__cal_label(h, only, "en")};
        return finish(w, "items", rows, OND_M_CAL_ITEMS, ko, en, 1, err);
    }
    return list[0] ? finish(w, "items", rows, OND_M_CAL_ITEMS, name, name, 1, err)
                   : finish(w, "items", rows, OND_M_CAL_ITEMS_ALL, NULL, NULL, 0, err);
}
