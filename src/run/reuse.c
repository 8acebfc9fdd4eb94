/* reuse.c - where the cache of a prompt may come from: another open session, memory, disk; and
 * where it goes to.
 *
 * The last token is always left to be evaluated, since its logits are not kept. What is loaded is
 * what would have been computed, bit for bit: the cache of a position depends on the tokens up to
 * it alone, and identity (model, kernels, cache type) is checked. */
#include "run/room.h"

enum { WORTH = 8 }; // fewer pending tokens than this are evaluated as fast as they are looked up

static ond_session *nearest(const ond_session *s, int most, int *n)
{
    ond_session *best = NULL;
    for (int i = 0; i < s->e->n_session; i++) {
        ond_session *o = s->e->session[i];
        int known = o->n_kv < o->exact ? o->n_kv : o->exact;
        if (o == s || known <= *n) continue;
        int m = ond__same_prefix(s->tok, most, o->tok, known);
        if (m > *n) *n = m, best = o;
    }
    return best;
}

static void took(ond_session *s, int n, uint64_t memory, uint64_t disk)
{
    ond_counters c = {.reused_memory = memory, .reused_disk = disk};
    s->n_kv = s->exact = n;
    s->live = false;
    s->n_ahead = 0;
    ond__count_add(&s->count, &c);
    ond__count_add(&s->e->count, &c);
}

void ond__reuse(ond_session *s)
{
    ond_engine *e = s->e;
    int most = s->n - 1, had = s->n_kv, n = had, at = -1;
    s->looked = true;
    if (most - had < WORTH || s->exact < had) return;
    ond_session *near = nearest(s, most, &n);
    int held = e->prefix ? ond__prefix_find(e->prefix, s->tok, most) : 0;
    int kept = e->disk ? ond__disk_find(e, s->kv, s->tok, most, &at) : 0;
    if (kept >= n + WORTH && kept >= held + WORTH && ond__disk_load(e, at, s->kv, kept)) {
        took(s, kept, 0, (uint64_t)(kept - had));
        return;
    }
    if (held > n) {
        ond__prefix_load(e->prefix, s->tok, had, held, s->kv);
        n = held;
    } else if (near && n > had)
        ond_kv_copy(s->kv, near->kv, had, n);
    if (n > had) took(s, n, (uint64_t)(n - had), 0);
}

void ond__share(ond_session *s, int n, bool disk)
{
    int known = s->n_kv < s->exact ? s->n_kv : s->exact;
    if (n > known) n = known;
    s->fresh = 0;
    if (n < WORTH) return;
    if (s->e->prefix) ond__prefix_put(s->e->prefix, s->tok, n, s->kv);
    /* A full disk must not end an answer: the prompt is just not kept. */
    if (disk && s->e->disk) (void)!ond__disk_put(s->e, s->kv, s->tok, n, NULL);
}

int ond_session_keep(ond_session *s, int n, ond_err *err)
{
    if (n < 0 || n > s->n)
        return ond_fail(err, OND_E_INPUT, "%d tokens cannot be kept: the session has %d", n, s->n);
    int rc = ond_session_run(s, err);
    if (rc != 0) return rc;
    if (n > s->exact)
        return ond_fail(err, OND_E_INPUT,
                        "tokens after a context shift cannot be kept: the first %d can", s->exact);
    ond__share(s, n, false);
    return s->e->disk && n > 0 ? ond__disk_put(s->e, s->kv, s->tok, n, err) : OND_OK;
}
