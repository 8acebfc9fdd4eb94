/* mind.c - all lessons: read once, found by what was said, taught and forgotten with a row in the
 * journal. What is in memory changes after the commit, so that a failure leaves both as they were.
 */
#include "mind/room.h"

#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- opening ---- */

typedef struct reader {
    ond_mind *m;
    int rc;
    ond_err *err;
} reader;

static bool make_place(ond_mind *m)
{
    if (m->n < m->cap) return true;
    size_t cap = m->cap ? m->cap * 2 : 16;
    ond__kept *v = realloc(m->v, cap * sizeof *v);
    if (!v) return false;
    m->v = v;
    m->cap = cap;
    return true;
}

static bool take_pair(void *self, const char *key, const cJSON *value)
{
    reader *r = self;
    ond__kept k;
    if (strcmp(key, "next") == 0) {
        if (cJSON_IsNumber(value) && value->valuedouble >= 1 && value->valuedouble < 1e12)
            r->m->next = (long)value->valuedouble;
        return true;
    }
    cJSON *row = cJSON_Duplicate(value, true);
    if (!row || !make_place(r->m)) {
        cJSON_Delete(row);
        r->rc = ond_nomem(r->err, "reading what was taught");
        return false;
    }
    int rc = ond__kept_read(row, &k, NULL);
    if (rc == 0 && strcmp(k.l.id, key) == 0 && r->m->n < OND_LESSONS)
        r->m->v[r->m->n++] = k;
    else if (rc == 0)
        ond__kept_free(&k);
    if (rc == OND_E_NOMEM) r->rc = ond_nomem(r->err, "reading what was taught");
    return rc != OND_E_NOMEM;
}

static int by_number(const void *a, const void *b)
{
    long x = ond__lesson_number(((const ond__kept *)a)->l.id),
         y = ond__lesson_number(((const ond__kept *)b)->l.id);
    return (x > y) - (x < y);
}

int ond_mind_open(ond_store *store, ond_mind **out, ond_err *err)
{
    ond_mind *m = calloc(1, sizeof *m);
    *out = NULL;
    if (!m) return ond_nomem(err, "reading what was taught");
    m->store = store;
    m->next = 1;
    m->revision = 1;
    reader r = {.m = m, .err = err};
    int rc = ond_store_pairs(store, OND__SPACE, take_pair, &r, err);
    if (rc == 0) rc = r.rc;
    if (rc != 0) {
        ond_mind_close(m);
        return rc;
    }
    if (m->n) {
        qsort(m->v, m->n, sizeof *m->v, by_number);
        long last = ond__lesson_number(m->v[m->n - 1].l.id);
        if (m->next <= last) m->next = last + 1;
    }
    *out = m;
    return OND_OK;
}

void ond_mind_close(ond_mind *m)
{
    if (!m) return;
    for (size_t i = 0; i < m->n; i++) ond__kept_free(&m->v[i]);
    free(m->v);
    free(m);
}

uint64_t ond_mind_revision(const ond_mind *m)
{
    return m->revision;
}

size_t ond_mind_count(const ond_mind *m)
{
    return m->n;
}

void ond_mind_each(const ond_mind *m, ond_lesson_fn *fn, void *self)
{
    for (size_t i = 0; i < m->n; i++)
        if (!fn(self, &m->v[i].l)) return;
}

/* ---- finding ---- */

static bool same_key(const ond__kept *k, const ond_buf *key)
{
    return k->key.n == key->n && memcmp(ond_buf_z(&k->key), ond_buf_z(key), key->n) == 0;
}

static const ond_lesson *find_key(const ond_mind *m, const char *kind, const ond_buf *key,
                                  const char *area, const char *lang)
{
    const ond_lesson *anywhere = NULL;
    for (size_t i = 0; i < m->n; i++) {
        const ond_lesson *l = &m->v[i].l;
        if (strcmp(l->kind, kind) != 0 || !same_key(&m->v[i], key)) continue;
        if (lang[0] && l->lang[0] && strcmp(l->lang, lang) != 0) continue;
        if (strcmp(l->area, area) == 0) return l;
        if (!l->area[0] && !anywhere) anywhere = l;
    }
    return anywhere;
}

const ond_lesson *ond_mind_find(const ond_mind *m, const char *kind, const char *said,
                                const char *area, const char *lang)
{
    ond_buf key = {0};
    const ond_lesson *l = NULL;
    if (ond__lesson_key(said, &key, NULL) == 0)
        l = find_key(m, kind, &key, area ? area : "", lang ? lang : "");
    ond_buf_free(&key);
    return l;
}

/* ---- teaching ---- */

static bool same_lesson(const ond__kept *a, const ond__kept *b)
{
    return strcmp(a->l.kind, b->l.kind) == 0 && strcmp(a->l.area, b->l.area) == 0 &&
           strcmp(a->l.lang, b->l.lang) == 0 && same_key(a, &b->key);
}

static size_t place_of(const ond_mind *m, const ond__kept *k)
{
    size_t i = 0;
    while (i < m->n && !same_lesson(&m->v[i], k)) i++;
    return i;
}

static int put_next(ond_mind *m, ond_err *err)
{
    cJSON *next = cJSON_CreateNumber((double)m->next + 1);
    int rc =
        next ? ond_store_put(m->store, OND__SPACE, "next", next, err) : ond_nomem(err, "learning");
    cJSON_Delete(next);
    return rc;
}

static int write_lesson(ond_mind *m, ond__kept *k, bool fresh, ond_err *err)
{
    int64_t event = 0;
    int rc = ond_store_begin(m->store, err);
    if (rc != 0) return rc;
    OND_TRY(
        ond_store_append(m->store, "learn", k->l.at, k->l.from, k->l.from, k->row, &event, err));
    if (!ond_json_set_num(k->row, "event", (double)event)) OND_TRY(ond_nomem(err, "learning"));
    OND_TRY(ond_store_put(m->store, OND__SPACE, k->l.id, k->row, err));
    if (fresh) OND_TRY(put_next(m, err));
    OND_TRY(ond_store_commit(m->store, err));
    k->l.event = event;
    return OND_OK;
out:
    ond_store_abort(m->store);
    return rc;
}

static int full(ond_err *err)
{
    return ond_fail(err, OND_E_INPUT,
                    "no more than %d things can be kept in mind; `ondol memory forget` makes room",
                    OND_LESSONS);
}

/* Takes k. */
static int keep(ond_mind *m, ond__kept *k, size_t at, ond_err *err)
{
    bool fresh = at == m->n;
    int rc = fresh && m->n >= OND_LESSONS ? full(err) : OND_OK;
    if (rc == 0 && !make_place(m)) rc = ond_nomem(err, "learning");
    if (rc == 0) rc = write_lesson(m, k, fresh, err);
    if (rc != 0) {
        ond__kept_free(k);
        return rc;
    }
    if (fresh) {
        m->n++;
        m->next++;
    } else {
        ond__kept_free(&m->v[at]);
    }
    m->v[at] = *k;
    m->revision++;
    return OND_OK;
}

static bool known(const ond__kept *old, const ond__kept *k)
{
    return ond_json_equal(old->l.means, k->l.means) && ond_json_equal(old->l.shown, k->l.shown) &&
           strcmp(old->l.said, k->l.said) == 0;
}

int ond_mind_learn(ond_mind *m, const ond_lesson *l, char id[OND_LESSON_ID], ond_err *err)
{
    char name[OND_LESSON_ID];
    ond__kept k;
    int rc = ond__lesson_check(l, err);
    snprintf(name, sizeof name, "m%ld", m->next);
    if (rc == 0) rc = ond__kept_make(l, name, &k, err);
    if (rc != 0) return rc;
    size_t at = place_of(m, &k);
    if (at < m->n) {
        snprintf(name, sizeof name, "%s", m->v[at].l.id);
        ond__kept_free(&k);
        rc = ond__kept_make(l, name, &k, err);
        if (rc != 0) return rc;
    }
    if (at < m->n && known(&m->v[at], &k))
        ond__kept_free(&k);
    else
        rc = keep(m, &k, at, err);
    if (rc == 0 && id) memcpy(id, name, sizeof name);
    return rc;
}

/* ---- forgetting ---- */

static int drop_rows(ond_mind *m, const bool *gone, cJSON *ids, ond_err *err)
{
    int rc = OND_OK;
    for (size_t i = 0; rc == 0 && i < m->n; i++) {
        if (!gone[i]) continue;
        cJSON *id = cJSON_CreateString(m->v[i].l.id);
        if (!id || !cJSON_AddItemToArray(ids, id)) {
            cJSON_Delete(id);
            return ond_nomem(err, "forgetting");
        }
        rc = ond_store_drop(m->store, OND__SPACE, m->v[i].l.id, err);
    }
    return rc;
}

/* The row says which lessons, not what they said: that would be kept once more. */
static int write_gone(ond_mind *m, const bool *gone, int64_t ref, ond_ms now, ond_err *err)
{
    cJSON *body = cJSON_CreateObject(), *ids = NULL;
    int rc = ond_store_begin(m->store, err);
    if (rc != 0) {
        cJSON_Delete(body);
        return rc;
    }
    ids = body ? cJSON_AddArrayToObject(body, "ids") : NULL;
    if (!ids) OND_TRY(ond_nomem(err, "forgetting"));
    OND_TRY(drop_rows(m, gone, ids, err));
    OND_TRY(ond_store_append(m->store, "unlearn", now, ref, 0, body, NULL, err));
    OND_TRY(ond_store_commit(m->store, err));
    cJSON_Delete(body);
    return OND_OK;
out:
    ond_store_abort(m->store);
    cJSON_Delete(body);
    return rc;
}

static int forget_these(ond_mind *m, const bool *gone, ond_ms now, size_t *n, ond_err *err)
{
    size_t left = 0;
    int64_t ref = 0;
    *n = 0;
    for (size_t i = 0; i < m->n; i++)
        if (gone[i]) ++*n, ref = m->v[i].l.event;
    if (*n == 0) return OND_OK;
    int rc = write_gone(m, gone, *n == 1 ? ref : 0, now, err);
    if (rc != 0) return rc;
    for (size_t i = 0; i < m->n; i++) {
        if (gone[i])
            ond__kept_free(&m->v[i]);
        else
            m->v[left++] = m->v[i];
    }
    m->n = left;
    m->revision++;
    return OND_OK;
}

static int none(const ond_mind *m, const char *what, ond_err *err)
{
    const char *near = NULL;
    int least = 4, shown = (int)ond_utf8_cut(ond_str_of(what), 100);
    for (size_t i = 0; i < m->n; i++) {
        int d = ond_utf8_distance(ond_str_of(what), ond_str_of(m->v[i].l.said), least);
        if (d >= least) continue;
        least = d;
        near = m->v[i].l.said;
    }
    if (near)
        return ond_fail(err, OND_E_NOT_FOUND, "nothing was taught for '%.*s'; did you mean '%s'?",
                        shown, what, near);
    return ond_fail(err, OND_E_NOT_FOUND,
                    "nothing was taught for '%.*s'; `ondol memory list` shows what was", shown,
                    what);
}

int ond_mind_forget(ond_mind *m, const char *what, ond_ms now, size_t *n, ond_err *err)
{
    bool *gone = calloc(m->n + 1, sizeof *gone);
    ond_buf key = {0};
    bool by_id = false;
    int rc = gone ? ond__lesson_key(what, &key, err) : ond_nomem(err, "forgetting");
    *n = 0;
    for (size_t i = 0; rc == 0 && i < m->n; i++)
        if (strcmp(m->v[i].l.id, what) == 0) gone[i] = by_id = true;
    for (size_t i = 0; rc == 0 && !by_id && i < m->n; i++) gone[i] = same_key(&m->v[i], &key);
    if (rc == 0) rc = forget_these(m, gone, now, n, err);
    if (rc == 0 && *n == 0) rc = none(m, what, err);
    ond_buf_free(&key);
    free(gone);
    return rc;
}

int ond_mind_forget_all(ond_mind *m, ond_ms now, size_t *n, ond_err *err)
{
    bool *gone = calloc(m->n + 1, sizeof *gone);
    if (!gone) return ond_nomem(err, "forgetting");
    for (size_t i = 0; i < m->n; i++) gone[i] = true;
    int rc = forget_these(m, gone, now, n, err);
    free(gone);
    return rc;
}
