/* weights.c - matrices from the mapping into panels, by all members of a team, once.
 *
 * The packed block is one piece of memory: items in the order in which a pass reads them, each at a
 * multiple of 4 KiB, but for gate and up, which lie woven. While it is made, the pages of the GGUF
 * that have been read are let go, matrix by matrix, so that a model is never resident twice. */
#include "model/room.h"

#include "sys/file.h"
#include "sys/whole.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { ITEM_ALIGN = 4096 };

static int panels_of(const ond__item *it)
{
    return ond_panels(&it->mat->w) * it->n;
}

static void add_acts(ond_model *m, const ond__mat *mat)
{
    for (int i = 0; i < m->n_acts; i++)
        if (m->acts[i].kind == mat->kind && m->acts[i].n_col == mat->w.n_col) return;
    m->acts[m->n_acts].kind = mat->kind;
    m->acts[m->n_acts++].n_col = mat->w.n_col;
}

/* Gate and up meet in one loop, panel by panel. Where they are alike they lie so too, a panel of
 * gate before one of up, and are read as one stream (15 % of that loop; docs/SPEED.md). */
static void weave(ond__item *gate, ond__item *up)
{
    ond_weight *g = &gate->mat->w, *u = &up->mat->w;
    if (gate->bytes == 0 || g->type != u->type || g->n_row != u->n_row || g->n_col != u->n_col ||
        gate->n != up->n)
        return;
    up->at = gate->at + g->stride;
    g->stride = u->stride = 2 * g->stride;
    if (gate->experts) gate->experts->step = up->experts->step = g->stride * (size_t)ond_panels(g);
}

static void weave_all(ond_model *m)
{
    const ond__layer *l = m->layer, *end = l + m->cfg.shape.n_layer;
    for (int i = 0; i + 1 < m->n_item && l < end; i++) {
        const ond__mat *a = m->item[i].mat, *b = m->item[i + 1].mat;
        if ((a == &l->gate && b == &l->up) || (a == &l->gate_x.first && b == &l->up_x.first))
            weave(&m->item[i], &m->item[i + 1]);
        if (b == &l->up || b == &l->up_x.first) l++;
    }
}

int ond__weights_plan(ond_model *m, ond_packing packing, ond_err *err)
{
    size_t at = 0;
    for (int i = 0; i < m->n_item; i++) {
        ond__item *it = &m->item[i];
        ond_weight *w = &it->mat->w;
        it->mat->kind = m->kern->acts_kind(w->type);
        add_acts(m, it->mat);
        size_t panel = m->kern->panels ? ond__item_panel(it) : 0;
        if (packing == OND_PACK_OFF || panel == 0) {
            if (panel > m->panel_most) m->panel_most = panel;
            m->in_place += (uint64_t)w->stride * (uint64_t)w->n_row * (uint64_t)it->n;
            continue;
        }
        if (__builtin_mul_overflow((size_t)panels_of(it), panel, &it->bytes) ||
            it->bytes > SIZE_MAX / 4 - at)
            return ond_fail(err, OND_E_INPUT, "%s: the weights are too large for this machine",
                            ond_gguf_path(m->gguf));
        it->at = at;
        at = (at + it->bytes + ITEM_ALIGN - 1) & ~(size_t)(ITEM_ALIGN - 1);
        w->layout = OND_PANEL;
        w->stride = panel;
        w->data = NULL;
        if (it->experts) it->experts->step = panel * (size_t)ond_panels(w);
    }
    m->packed_bytes = at;
    weave_all(m);
    if (!m->tied) m->in_place += (uint64_t)m->embd.w.stride * (uint64_t)m->embd.w.n_row;
    if (m->pos_embd) m->in_place += m->pos_embd->bytes;
    return OND_OK;
}

void ond__weights_split(ond_model *m)
{
    for (int i = 0; i < m->cfg.shape.n_layer; i++) {
        const ond__layer *l = &m->layer[i];
        if (l->gate.tensor && ond__apart(&l->gate, &l->up)) m->two_step = true;
    }
}

void ond__item_pack(const ond__item *it, int begin, int end, unsigned char *dst)
{
    const ond__mat *mat = it->mat;
    const ond_weight *w = &mat->w;
    size_t row = ond_type_row_bytes(w->type, (uint64_t)w->n_col);
    int each = ond_panels(w);
    for (int at = begin; at < end;) {
        int one = at / each, from = at % each,
            to = end - one * each < each ? end - one * each : each;
        const unsigned char *src =
            mat->tensor->p + ((size_t)mat->first + (size_t)one * (size_t)w->n_row) * row;
        ond_pack_panels(w->type, src, w->n_row, w->n_col, from, to,
                        dst + (size_t)one * (size_t)each * w->stride, w->stride);
        at = one * each + to;
    }
}

void ond__drop_pages(const ond_model *m, int part, size_t at, size_t n)
{
    const ond_map *map = ond_gguf_map(m->gguf, part);
    /* A model in memory (no inode) is the only copy: its pages would be lost. */
    if (map && map->ino != 0) ond_map_drop(map, at, n);
}

static void drop_source(const ond_model *m, const ond__item *it)
{
    const ond_gguf_tensor *t = it->mat->tensor;
    const ond_weight *w = &it->mat->w;
    size_t row = ond_type_row_bytes(w->type, (uint64_t)w->n_col);
    ond__drop_pages(m, t->part, t->offset + (size_t)it->mat->first * row,
                    row * (size_t)w->n_row * (size_t)it->n);
}

typedef struct packing {
    ond_model *m;
    const ond_model_opts *o;
    size_t done;
} packing;

static void pack_all(void *self, ond_member *me)
{
    packing *p = self;
    for (int i = 0; i < p->m->n_item; i++) {
        const ond__item *it = &p->m->item[i];
        if (it->bytes == 0) continue;
        int total = panels_of(it), begin, end;
        while (ond_member_take(me, total, total / (8 * me->size) + 1, &begin, &end))
            ond__item_pack(it, begin, end, p->m->block + it->at);
        ond_member_wait(me);
        if (me->index != 0) continue;
        drop_source(p->m, it);
        p->done += it->bytes;
        if (p->o->progress)
            p->o->progress(p->o->self, (double)p->done / (double)p->m->packed_bytes);
    }
}

static void place(ond_model *m, const unsigned char *block)
{
    for (int i = 0; i < m->n_item; i++)
        if (m->item[i].bytes) m->item[i].mat->w.data = block + m->item[i].at;
}

static int run_team(ond_team *team, ond_team_fn *fn, void *self, ond_err *err)
{
    ond_team *own = NULL;
    if (!team) {
        int rc = ond_team_open(1, &own, err);
        if (rc != 0) return rc;
    }
    ond_team_run(team ? team : own, fn, self);
    ond_team_close(own);
    return OND_OK;
}

/* Small blocks are read from their file into huge pages, which the kernels then walk faster, and
 * each byte is checked in passing; large ones are mapped, so that a start need not read them. By
 * read and not from the mapping: first touches of mapped pages cost three times as much
 * (docs/SPEED.md). */
enum { READ_BELOW = 256 << 20 };

typedef struct reading {
    const ond_model *m;
    const ond_map *map; /* the sums of the pieces */
    int fd;
    size_t at;
    bool damaged;
} reading;

static void read_all(void *self, ond_member *me)
{
    reading *r = self;
    size_t n = r->m->packed_bytes;
    int total = (int)((n + OND__PIECE - 1) / OND__PIECE), begin, end;
    while (ond_member_take(me, total, 8, &begin,
                           &end)) /* 8 are a huge page: it is cleared by who fills it */
        for (int i = begin; i < end; i++) {
            size_t from = (size_t)i * OND__PIECE,
                   many = n - from < OND__PIECE ? n - from : OND__PIECE;
            if (ond_file_read_at(r->fd, r->m->block + from, many, r->at + from) != 0 ||
                ond__packfile_sum(r->m->block + from, many) !=
                    ond__packfile_piece(r->m, r->map, (size_t)i))
                __atomic_store_n(&r->damaged, true, __ATOMIC_RELAXED);
        }
}

/* Reads it into the block, where there is one. Takes the map over, also where it fails. */
static int take_file(ond_model *m, const ond_model_opts *o, const char *path, ond_map *map,
                     size_t at, ond_err *err)
{
    if (!m->block) {
        m->map = *map;
        place(m, map->p + at);
        return OND_OK;
    }
    reading r = {m, map, open(path, O_RDONLY | O_CLOEXEC), at, false};
    int rc = r.fd < 0 ? OND_E_NOT_FOUND : run_team(o->team, read_all, &r, err);
    ond_map_close(map);
    if (r.fd >= 0) close(r.fd);
    if (rc == 0 && r.damaged) rc = ond_fail(err, OND_E_NOT_FOUND, "the packed file is damaged");
    if (rc != 0) {
        ond_pages_free(m->block, m->packed_bytes);
        m->block = NULL;
    }
    place(m, m->block);
    return rc;
}

static int ready(const ond_model_opts *o, ond_err *err)
{
    return o->ready ? o->ready(o->ready_self, err) : OND_OK;
}

static int make(ond_model *m, const ond_model_opts *o, ond_err *err)
{
    m->block = ond_pages_alloc(m->packed_bytes, true);
    if (!m->block)
        return ond_fail(err, OND_E_NOMEM, "%s: %llu MiB for packed weights cannot be had",
                        ond_gguf_path(m->gguf), (unsigned long long)(m->packed_bytes >> 20));
    packing p = {m, o, 0};
    int rc = run_team(o->team, pack_all, &p, err);
    place(m, m->block);
    return rc;
}

int ond__weights_load(ond_model *m, const ond_model_opts *o, ond_err *err)
{
    if (m->packed_bytes == 0) return OND_OK;
    bool keeps = o->packing == OND_PACK_AUTO && o->cache_dir;
    if (!keeps) {
        int told = ready(o, err);
        return told ? told : make(m, o, err);
    }
    ond__packfile f = {0};
    ond_map map = {0};
    size_t at;
    int rc = ond__packfile_name(m, o->cache_dir, &f, err);
    if (rc != 0) return rc;
    ond_whole_sweep(o->cache_dir);
    /* A file that is missing, foreign or damaged is no error: it is made again. */
    if (m->packed_bytes < READ_BELOW) m->block = ond_pages_alloc(m->packed_bytes, true);
    bool found = ond__packfile_find(m, &f, !m->block, &map, &at, NULL) == 0 &&
                 take_file(m, o, f.path, &map, at, NULL) == 0;
    if (!found) {
        ond_pages_free(m->block, m->packed_bytes);
        m->block = NULL;
        rc = ready(o, err);
        int hashed = rc == 0 ? ond__packfile_prepare(m, &f, NULL) : rc;
        if (rc == 0) rc = make(m, o, err);
        /* Nor is one that cannot be kept: the model works, and the next start packs once more. */
        if (rc == 0 && hashed == 0)
            (void)!ond__packfile_write(m, &f, m->block, o->cache_bytes, NULL);
    }
    ond__packfile_free(&f);
    return rc;
}

void ond__weights_free(ond_model *m)
{
    ond_pages_free(m->block, m->packed_bytes);
    ond_map_close(&m->map);
    m->block = NULL;
}

/* ---- verification ---- */
typedef struct check {
    const ond_model *m;
    unsigned char *room; /* a piece of the widest panel for each member */
    size_t room_each;
    int bad; /* item, or -1 */
} check;

enum { CHECK_PANELS = 4 };

static void check_all(void *self, ond_member *me)
{
    check *c = self;
    unsigned char *room = c->room + (size_t)me->index * c->room_each;
    for (int i = 0; i < c->m->n_item; i++) {
        const ond__item *it = &c->m->item[i];
        if (it->bytes == 0) continue;
        int total = panels_of(it), each = ond_panels(&it->mat->w), begin, end;
        size_t panel = ond__item_panel(it);
        while (ond_member_take(me, total, CHECK_PANELS, &begin, &end))
            for (int at = begin; at < end; at++) {
                const unsigned char *src = it->mat->tensor->p;
                size_t row = ond_type_row_bytes(it->mat->w.type, (uint64_t)it->mat->w.n_col);
                src +=
                    ((size_t)it->mat->first + (size_t)(at / each) * (size_t)it->mat->w.n_row) * row;
                int p = at % each;
                int rows = it->mat->w.n_row - p * OND_PANEL_ROWS;
                ond_pack_panels(it->mat->w.type, src + (size_t)p * OND_PANEL_ROWS * row,
                                rows < OND_PANEL_ROWS ? rows : OND_PANEL_ROWS, it->mat->w.n_col, 0,
                                1, room, 0);
                if (memcmp(room, it->mat->w.data + (size_t)at * it->mat->w.stride, panel) != 0)
                    __atomic_store_n(&c->bad, i, __ATOMIC_RELAXED);
            }
        ond_member_wait(me);
        if (me->index == 0) drop_source(c->m, it);
    }
}

int ond_model_check(const ond_model *m, ond_team *team, ond_err *err)
{
    int n = team ? ond_team_size(team) : 1;
    check c = {.m = m, .bad = -1};
    for (int i = 0; i < m->n_item; i++)
        if (m->item[i].bytes && ond__item_panel(&m->item[i]) > c.room_each)
            c.room_each = ond__item_panel(&m->item[i]);
    if (c.room_each == 0) return OND_OK;
    c.room = aligned_alloc(64, c.room_each * (size_t)n);
    if (!c.room) return ond_nomem(err, "checking packed weights");
    int rc = run_team(team, check_all, &c, err);
    free(c.room);
    if (rc != 0 || c.bad < 0) return rc;
    ond_str name = m->item[c.bad].mat->tensor->name;
    return ond_fail(err, OND_E_INPUT,
                    "the packed weights of tensor %.*s are not those of %s: remove the packed file "
                    "and start again",
                    (int)(name.n < 100 ? name.n : 100), name.p, ond_gguf_path(m->gguf));
}
