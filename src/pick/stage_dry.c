/* stage_dry.c - don't repeat yourself: a token that would make a repetition longer loses
 * multiplier * base^(length - allowed).
 *
 * The length for token c is that of the longest text which stands both at the end of the timeline
 * and right before an earlier c. A repetition does not reach back over a breaker: a token that
 * holds one of the breaker strings, or tokens that make one up together. Breakers themselves lose
 * nothing. P. E. Weidmann, text-generation-webui pull request 5677 (2024).
 *
 * Lengths come from the Z function of the reversed timeline (D. Gusfield, "Algorithms on Strings,
 * Trees, and Sequences", 1.4). */
#include "pick/room.h"

#include <math.h>
#include <stdlib.h>

static const char *const usual_breaker[] = {"\n", ":", "\"", "*"};
enum { BREAKER_MOST = 1000 };

static bool is_breaker(const ond_sampler *s, int32_t t)
{
    return s->breaks[t / 64] >> (t % 64) & 1;
}

static void text_of(ond_sampler *s, int32_t t)
{
    ond_buf_clear(&s->piece);
    if (t < ond_tok_count(s->tok)) ond_tok_piece(s->tok, t, true, &s->piece);
}

/* ---- opening: which tokens hold a breaker, and which end where one may begin ---- */
static bool edge_add(ond_sampler *s, size_t *cap, ond__edge e)
{
    if (s->n_edge == *cap) {
        size_t more = *cap ? 2 * *cap : 256;
        ond__edge *p = realloc(s->edge, more * sizeof *p);
        if (!p) return false;
        s->edge = p;
        *cap = more;
    }
    s->edge[s->n_edge++] = e;
    return true;
}

static bool edges_of(ond_sampler *s, size_t *cap, int32_t t, int b)
{
    const ond_buf *br = &s->breaker[b], *text = &s->piece;
    if (text->n && memmem(text->p, text->n, br->p, br->n))
        s->breaks[t / 64] |= (uint64_t)1 << (t % 64);
    for (size_t have = 1; have < br->n && have <= text->n; have++)
        if (memcmp(text->p + text->n - have, br->p, have) == 0 &&
            !edge_add(s, cap, (ond__edge){.token = t, .breaker = (short)b, .have = (short)have}))
            return false;
    return true;
}

static int breakers_copy(ond_sampler *s, ond_err *err)
{
    bool own = s->o.dry_breaker != NULL;
    const char *const *from = own ? s->o.dry_breaker : usual_breaker;
    int n = own ? s->o.n_dry_breaker : (int)(sizeof usual_breaker / sizeof *usual_breaker);
    s->o.dry_breaker = NULL;
    s->o.n_dry_breaker = n;
    s->breaker = calloc((size_t)n + 1, sizeof *s->breaker);
    if (!s->breaker) return ond_nomem(err, "opening a sampler");
    for (int b = 0; b < n; b++) {
        size_t len = from[b] ? strlen(from[b]) : 0;
        if (len == 0 || len > BREAKER_MOST)
            return ond_fail(err, OND_E_INPUT,
                            "dry_breaker %d has %zu bytes: give it between 1 and %d", b, len,
                            BREAKER_MOST);
        ond_buf_put(&s->breaker[b], from[b], len);
        if (!ond_buf_ok(&s->breaker[b])) return ond_nomem(err, "opening a sampler");
    }
    return OND_OK;
}

int ond__dry_open(ond_sampler *s, ond_err *err)
{
    size_t cap = 0;
    if (s->o.n_dry_breaker < 0 || s->o.n_dry_breaker > 1000)
        return ond_fail(err, OND_E_INPUT, "%d strings as dry_breaker: 1000 at most",
                        s->o.n_dry_breaker);
    int rc = breakers_copy(s, err);
    if (rc != 0) return rc;
    s->breaks = calloc(((size_t)s->n_vocab + 63) / 64, sizeof *s->breaks);
    s->z = malloc((size_t)s->n_ctx * sizeof *s->z);
    if (!s->breaks || !s->z) return ond_nomem(err, "opening a sampler");
    for (int t = 0; s->tok && t < s->n_vocab; t++) {
        text_of(s, t);
        if (!ond_buf_ok(&s->piece)) return ond_nomem(err, "opening a sampler");
        for (int b = 0; b < s->o.n_dry_breaker; b++)
            if (!edges_of(s, &cap, t, b)) return ond_nomem(err, "opening a sampler");
    }
    return OND_OK;
}

void ond__dry_close(ond_sampler *s)
{
    for (int b = 0; s->breaker && b < s->o.n_dry_breaker; b++) ond_buf_free(&s->breaker[b]);
    free(s->breaker);
    free(s->breaks);
    free(s->edge);
    free(s->z);
    ond_buf_free(&s->piece);
}

/* ---- a choice ---- */
/* How many of the tokens next[0 … n-1] it takes to make up the rest of a breaker; -1: they do not.
 */
static int completes(ond_sampler *s, const ond__edge *e, const int32_t *next, int n)
{
    const char *rest = s->breaker[e->breaker].p + e->have;
    size_t left = s->breaker[e->breaker].n - (size_t)e->have;
    for (int i = 0; i < n; i++) {
        text_of(s, next[i]);
        size_t m = s->piece.n < left ? s->piece.n : left;
        if (m && memcmp(s->piece.p, rest, m) != 0) return -1;
        rest += m;
        left -= m;
        if (left == 0) return i + 1;
    }
    return -1;
}

static const ond__edge *edge_find(const ond_sampler *s, int32_t t)
{
    size_t lo = 0, hi = s->n_edge;
    while (lo < hi) {
        size_t mid = lo + (hi - lo) / 2;
        if (s->edge[mid].token < t)
            lo = mid + 1;
        else
            hi = mid;
    }
    return s->edge + lo;
}

/* Tokens at the end of t[0 … n-1] that stand behind the last breaker. */
static int since_breaker(ond_sampler *s, const int32_t *t, int n)
{
    for (int i = 0; i < n; i++) {
        int32_t token = t[n - 1 - i];
        int most = is_breaker(s, token) ? 0 : -1;
        if (s->n_edge)
            for (const ond__edge *e = edge_find(s, token);
                 e < s->edge + s->n_edge && e->token == token; e++) {
                int took = completes(s, e, t + n - i, i);
                if (took > most) most = took;
            }
        if (most >= 0) return i - most;
    }
    return n;
}

/* z[k]: how many tokens the timeline ending k before its end has in common with the whole one, from
 * the end. */
static void z_function(const int32_t *t, int n, int32_t *z)
{
    z[0] = n;
    for (int k = 1, left = 0, right = 0; k < n; k++) {
        int m = k < right && z[k - left] < right - k ? z[k - left] : k < right ? right - k : 0;
        while (k + m < n && t[n - 1 - m] == t[n - 1 - (k + m)]) m++;
        z[k] = m;
        if (k + m > right) left = k, right = k + m;
    }
}

void ond__stage_dry(ond_sampler *s, ond__draw *d)
{
    int last = s->o.dry_last_n > 0 && s->o.dry_last_n < s->n_ctx ? s->o.dry_last_n : s->n_ctx;
    int n = s->n_timeline < (size_t)last ? (int)s->n_timeline : last;
    const int32_t *t = s->timeline + (s->n_timeline - (size_t)n);
    if (n <= s->o.dry_allowed) return;
    int limit = since_breaker(s, t, n);
    if (limit < s->o.dry_allowed) return;
    z_function(t, n, s->z);
    /* count[c]: 1 + the longest repetition that c would go on with */
    for (int k = 1; k < n; k++) {
        int length = s->z[k] < limit ? s->z[k] : limit;
        int32_t next = t[n - k];
        if (length >= s->o.dry_allowed && length + 1 > s->count[next] && !is_breaker(s, next))
            s->count[next] = length + 1;
    }
    double most = s->o.dry_base > 1.000001f ? floor(88.7228391 / log((double)s->o.dry_base)) : 0;
    float *x = ond__draw_edit(d);
    for (int i = 0, end = d->id ? d->n : n; i < end; i++) {
        /* dense: only the tokens of the timeline can have a count; each is taken once */
        int32_t c = d->id ? d->id[i] : t[i];
        if (s->count[c] == 0) continue;
        double exponent = s->count[c] - 1 - s->o.dry_allowed;
        if (most > 0 && exponent > most) exponent = most;
        x[d->id ? i : c] -=
            (float)((double)s->o.dry_multiplier * pow((double)s->o.dry_base, exponent));
        if (!d->id) s->count[c] = 0;
    }
    for (int i = 0; i < n; i++) s->count[t[i]] = 0;
}
