/* observe.c - a page looked at: all is asked at once, taken together, walked, numbered, written.
 *
 * A page of more than SKETCH_AT elements is not asked for its accessibility tree, which takes
 * Chromium 0.3 ms a node: roles then come from the elements of the snapshot. */
#include "hand/web/page.h"

#include "hand/web/ids.h"

#include <stdlib.h>

enum { SKETCH_AT = 6000, ASK_MS = 60000 };

typedef struct asking {
    ond__tab *t;
    ond__observation *o;
    int view, tree[OND__OBSERVED_FRAMES], owner[OND__OBSERVED_FRAMES];
    int shot[OND__OBSERVED_FRAMES];    /* of the session that begins with this frame */
    int session[OND__OBSERVED_FRAMES]; /* the frame that it begins with */
    int owners[OND__OBSERVED_FRAMES], parents[OND__OBSERVED_FRAMES];
    cJSON *trees[OND__OBSERVED_FRAMES], *shots[OND__OBSERVED_FRAMES];
    ond__tree tree_of[OND__OBSERVED_FRAMES];
    ond__boxes boxes[OND__OBSERVED_FRAMES];
    const ond__boxes *boxes_of[OND__OBSERVED_FRAMES];
    ond__rect in_view;
} asking;

static cJSON *style_names(void)
{
    cJSON *list = cJSON_CreateArray();
    for (const char *const *s = ond__styles; *s; s++)
        cJSON_AddItemToArray(list, cJSON_CreateString(*s));
    return list;
}

/* ---- which frames ---- */

static int find_frame(const ond__observation *o, const char *id)
{
    for (size_t i = 0; i < o->n_frames; i++)
        if (strcmp(o->frames[i].id, id) == 0) return (int)i;
    return -1;
}

static int take_frames(asking *k, ond_err *err)
{
    const ond__tab *t = k->t;
    ond__observation *o = k->o;
    size_t n = t->n_frames < OND__OBSERVED_FRAMES ? t->n_frames : OND__OBSERVED_FRAMES;
    if (n == 0) return ond_fail(err, OND_E_STALE, "the page has no document yet");
    o->cut = n < t->n_frames;
    o->frames = ond_arena_array(&o->arena, n, sizeof *o->frames);
    if (!o->frames) return ond_nomem(err, "the frames of a page");
    for (size_t i = 0; i < n; i++) {
        const ond__frame *f = &t->frames[i];
        memcpy(o->frames[i].id, f->id, OND__ID);
        memcpy(o->frames[i].session, f->session, OND__ID);
        memcpy(o->frames[i].loader, f->loader, OND__ID);
        o->n_frames = i + 1;
        k->parents[i] = i ? find_frame(o, f->parent) : -1;
        k->session[i] = (int)i;
        for (size_t j = 0; j < i; j++)
            if (strcmp(o->frames[j].session, f->session) == 0 && k->session[i] == (int)i)
                k->session[i] = (int)j;
    }
    memcpy(o->document, o->frames[0].loader, OND__ID);
    const char *url = ond__tab_url(t), *host = strstr(url, "://");
    size_t len = strcspn(host ? host + 3 : url, "?#");
    if (len >= sizeof o->url) len = sizeof o->url - 1;
    memcpy(o->url, host ? host + 3 : url, len);
    return OND_OK;
}

/* ---- asking ---- */

static int count_elements(asking *k, ond_err *err)
{
    static const char ask[] = "document.getElementsByTagName('*').length";
    cJSON *v = NULL;
    int rc = ond__tab_eval(k->t, NULL, ask, 5000, &v, err);
    if (rc == 0) k->o->sketched = cJSON_IsNumber(v) && v->valuedouble > SKETCH_AT;
    cJSON_Delete(v);
    return rc;
}

static int ask_frame(asking *k, int i, ond_err *err)
{
    ond__cdp *c = k->t->cdp;
    const ond__seen_frame *f = &k->o->frames[i];
    int rc = OND_OK;
    if (!k->o->sketched)
        OND_TRY(ond__cdp_send(c, f->session, "Accessibility.getFullAXTree",
                              ond__params("frameId=s", f->id), ASK_MS, &k->tree[i], err));
    if (k->session[i] == i)
        OND_TRY(ond__cdp_send(c, f->session, "DOMSnapshot.captureSnapshot",
                              ond__params("computedStyles=j includePaintOrder=b", style_names(), 1),
                              ASK_MS, &k->shot[i], err));
    if (k->parents[i] >= 0)
        OND_TRY(ond__cdp_send(c, k->o->frames[k->parents[i]].session, "DOM.getFrameOwner",
                              ond__params("frameId=s", f->id), ASK_MS, &k->owner[i], err));
out:
    return rc;
}

static int ask_all(asking *k, ond_err *err)
{
    int rc = ond__cdp_send(k->t->cdp, k->t->session, "Page.getLayoutMetrics", NULL, ASK_MS,
                           &k->view, err);
    for (size_t i = 0; rc == 0 && i < k->o->n_frames; i++) rc = ask_frame(k, (int)i, err);
    return rc;
}

/* ---- taking ---- */

static int take_view(asking *k, ond_err *err)
{
    cJSON *v = NULL;
    int rc = ond__cdp_take(k->t->cdp, k->view, &v, err);
    k->view = 0;
    const cJSON *css = ond_json_get(v, "cssLayoutViewport");
    k->in_view = (ond__rect){0, 0, ond_json_num(css, "clientWidth", 1280),
                             ond_json_num(css, "clientHeight", 720)};
    cJSON_Delete(v);
    return rc;
}

static int take_one(asking *k, int *ticket, cJSON **out, ond_err *err)
{
    int mine = *ticket;
    *ticket = 0;
    return mine ? ond__cdp_take(k->t->cdp, mine, out, err) : OND_OK;
}

/* A frame that goes meanwhile is left out; the page itself may not. */
static int take_all(asking *k, ond_err *err)
{
    int rc = take_view(k, err);
    for (size_t i = 0; rc == 0 && i < k->o->n_frames; i++) {
        ond_err *e = i ? NULL : err;
        cJSON *owner = NULL;
        int tree = take_one(k, &k->tree[i], &k->trees[i], e);
        int shot = take_one(k, &k->shot[i], &k->shots[i], e);
        (void)!take_one(k, &k->owner[i], &owner, NULL);
        k->owners[i] = (int)ond_json_num(owner, "backendNodeId", 0);
        cJSON_Delete(owner);
        if (i == 0) rc = tree ? tree : shot;
    }
    if (rc == 0 && ond__cdp_gone(k->t->cdp))
        rc = ond_fail(err, OND_E_UNAVAILABLE, "the browser has gone (%s)", ond__cdp_why(k->t->cdp));
    return rc;
}

static void drop_all(asking *k)
{
    ond__cdp_drop(k->t->cdp, k->view);
    for (size_t i = 0; i < k->o->n_frames; i++) {
        ond__cdp_drop(k->t->cdp, k->tree[i]);
        ond__cdp_drop(k->t->cdp, k->shot[i]);
        ond__cdp_drop(k->t->cdp, k->owner[i]);
        cJSON_Delete(k->trees[i]);
        cJSON_Delete(k->shots[i]);
        ond__tree_free(&k->tree_of[i]);
        ond__boxes_free(&k->boxes[i]);
    }
}

/* ---- together ---- */

/* Where the document of a session is: that of another process stands in an element of its parent.
 */
static ond__rect place_of(const asking *k, int i)
{
    int up = k->parents[i];
    const ond__boxes *b = up >= 0 ? k->boxes_of[up] : NULL;
    const ond__box *owner = b ? ond__boxes_find(b, k->owners[i]) : NULL;
    if (i == 0) return k->in_view;
    if (!owner || owner->off) return (ond__rect){0};
    return (ond__rect){owner->r.x + owner->left, owner->r.y + owner->top,
                       owner->r.w - 2 * (double)owner->left, owner->r.h - 2 * (double)owner->top};
}

static int read_all(asking *k, ond_err *err)
{
    int rc = OND_OK;
    for (size_t i = 0; i < k->o->n_frames; i++) {
        if (k->session[i] == (int)i && k->shots[i])
            OND_TRY(ond__boxes_read(&k->boxes[i], k->shots[i], place_of(k, (int)i), err));
        k->boxes_of[i] = &k->boxes[k->session[i]];
        if (k->o->sketched)
            OND_TRY(ond__tree_sketch(&k->tree_of[i], k->shots[k->session[i]], k->o->frames[i].id,
                                     &k->o->arena, err));
        else
            OND_TRY(ond__tree_ax(&k->tree_of[i], k->trees[i], &k->o->arena, err));
    }
out:
    return rc;
}

static uint64_t key_of(const ond__observation *o, const ond__node *n)
{
    uint64_t h = 0xCBF29CE484222325u;
    for (const char *p = o->frames[n->frame].session; *p; p++)
        h = (h ^ (unsigned char)*p) * 0x100000001B3u;
    return (h << 32) ^ (uint64_t)(unsigned)n->backend ^ (uint64_t)1 << 63;
}

static int number_all(asking *k, ond_err *err)
{
    ond__observation *o = k->o;
    if (!ond__ids_begin(&k->t->ids, o->document, &o->t)) return ond_nomem(err, "numbers of nodes");
    for (size_t i = 0; i < o->n; i++) {
        o->nodes[i].id = ond__ids_number(k->t->ids, key_of(o, &o->nodes[i]));
        if (!o->nodes[i].id) return ond_nomem(err, "numbers of nodes");
    }
    return OND_OK;
}

static int look(asking *k, ond_err *err)
{
    int rc = OND_OK;
    OND_TRY(take_frames(k, err));
    OND_TRY(count_elements(k, err));
    OND_TRY(ask_all(k, err));
    OND_TRY(take_all(k, err));
    OND_TRY(read_all(k, err));
    ond__gathered g = {k->tree_of, k->boxes_of, k->owners, k->parents};
    OND_TRY(ond__nodes_walk(k->o, &g, err));
    OND_TRY(number_all(k, err));
out:
    return rc;
}

int ond__observe(ond__tab *t, const ond__observe_opts *opts, ond__observation **out, ond_err *err)
{
    *out = NULL;
    unsigned budget = opts && opts->budget ? opts->budget : OND__BUDGET;
    if (budget < OND__BUDGET_LEAST)
        return ond_fail(err, OND_E_INPUT, "a page needs a budget of %d tokens at least, not %u",
                        OND__BUDGET_LEAST, budget);
    ond__observation *o = calloc(1, sizeof *o);
    asking *k = calloc(1, sizeof *k);
    int rc = o && k ? OND_OK : ond_nomem(err, "looking at a page");
    if (rc == 0) {
        *k = (asking){.t = t, .o = o};
        o->budget = budget;
        rc = look(k, err);
        drop_all(k);
    }
    free(k);
    if (rc == 0) rc = ond__observation_write(o, opts ? opts->former : NULL, err);
    if (rc != 0) {
        ond__observation_free(o);
        return rc;
    }
    *out = o;
    return OND_OK;
}

/* ---- reading it ---- */

void ond__observation_free(ond__observation *o)
{
    if (!o) return;
    for (size_t i = 0; i < o->n_regions; i++) {
        free(o->regions[i].nodes);
        free(o->regions[i].text);
    }
    free(o->regions);
    free(o->nodes);
    free(o->text);
    ond_arena_free(&o->arena);
    free(o);
}

const char *ond__observation_text(const ond__observation *o)
{
    return o->text ? o->text : "";
}

const ond__node *ond__observation_node(const ond__observation *o, unsigned id)
{
    for (size_t i = 0; i < o->n; i++)
        if (o->nodes[i].id == id) return &o->nodes[i];
    return NULL;
}

const char *ond__observation_session(const ond__observation *o, const ond__node *n)
{
    return n->frame >= 0 && (size_t)n->frame < o->n_frames ? o->frames[n->frame].session : "";
}
