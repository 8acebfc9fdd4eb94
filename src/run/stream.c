/* stream.c - text of a stream of tokens: whole characters only, and nothing of a stop string.
 *
 * What has come and may not be shown yet lies in `held`: it ends in the beginning of a stop string.
 * Where several stop strings are in the text, the one that begins first counts; of those, the
 * longest. */
#include "run/room.h"

#include <stdlib.h>

struct ond_stream {
    const ond_engine *e;
    ond_tok_stream chars;
    ond_buf held;
    ond_buf *stop;
    int n_stop, stopped;
    bool special, ended; /* ended: the next token is the first of a new text */
};

enum { STOPS_MOST = 256, STOP_MOST = 4096 };

int ond_stream_open(const ond_engine *e, const char *const *stop, int n_stop, bool special,
                    ond_stream **out, ond_err *err)
{
    *out = NULL;
    if (n_stop < 0 || n_stop > STOPS_MOST)
        return ond_fail(err, OND_E_INPUT, "%d stop strings: %d at most", n_stop, STOPS_MOST);
    ond_stream *st = calloc(1, sizeof *st);
    if (!st) return ond_nomem(err, "opening a stream");
    st->e = e;
    st->special = special;
    st->stopped = -1;
    st->chars.began = true; /* it continues what came before, so a first space stays */
    st->stop = calloc((size_t)n_stop + 1, sizeof *st->stop);
    int rc = st->stop ? OND_OK : ond_nomem(err, "opening a stream");
    for (int i = 0; i < n_stop && rc == 0; i++) {
        size_t n = stop[i] ? strlen(stop[i]) : 0;
        if (n == 0 || n > STOP_MOST) {
            rc =
                ond_fail(err, OND_E_INPUT, "stop string %d has %zu bytes: give it between 1 and %d",
                         i, n, STOP_MOST);
            break;
        }
        ond_buf_put(&st->stop[st->n_stop++], stop[i], n);
        if (!ond_buf_ok(&st->stop[i])) rc = ond_nomem(err, "opening a stream");
    }
    ond_buf_reserve(&st->held, 1024);
    if (rc == 0 && !ond_buf_ok(&st->held)) rc = ond_nomem(err, "opening a stream");
    if (rc == 0)
        *out = st;
    else
        ond_stream_close(st);
    return rc;
}

void ond_stream_close(ond_stream *st)
{
    if (!st) return;
    for (int i = 0; i < st->n_stop; i++) ond_buf_free(&st->stop[i]);
    free(st->stop);
    ond_buf_free(&st->held);
    free(st);
}

/* Where the first stop string in `held` begins; SIZE_MAX: there is none. */
static size_t stop_find(ond_stream *st)
{
    size_t first = SIZE_MAX, longest = 0;
    for (int i = 0; i < st->n_stop && st->held.n; i++) {
        const ond_buf *s = &st->stop[i];
        const char *p = memmem(st->held.p, st->held.n, s->p, s->n);
        size_t at = p ? (size_t)(p - st->held.p) : SIZE_MAX;
        if (!p || at > first || (at == first && s->n <= longest)) continue;
        first = at;
        longest = s->n;
        st->stopped = i;
    }
    return first;
}

/* Bytes at the end of `held` that a stop string begins with. */
static size_t stop_begun(const ond_stream *st)
{
    size_t most = 0;
    for (int i = 0; i < st->n_stop; i++) {
        size_t n = st->stop[i].n - 1 < st->held.n ? st->stop[i].n - 1 : st->held.n;
        for (; n > most; n--)
            if (memcmp(st->held.p + st->held.n - n, st->stop[i].p, n) == 0) most = n;
    }
    return most;
}

static int show(ond_stream *st, size_t n, ond_text *out, ond_err *err)
{
    if (!ond_buf_ok(&st->held) || !ond__text_put(out, st->held.p, n))
        return ond_nomem(err, "writing text");
    memmove(st->held.p, st->held.p + n, st->held.n - n);
    st->held.n -= n;
    return OND_OK;
}

static int settle(ond_stream *st, bool all, ond_text *out, ond_err *err)
{
    size_t at = stop_find(st);
    if (at != SIZE_MAX) {
        int rc = show(st, at, out, err);
        ond_buf_clear(&st->held);
        return rc;
    }
    return show(st, st->held.n - (all ? 0 : stop_begun(st)), out, err);
}

int ond_stream_put(ond_stream *st, int32_t token, ond_text *out, ond_err *err)
{
    if (st->ended) st->ended = false, st->stopped = -1;
    if (st->stopped >= 0) return OND_OK;
    if (token < 0 || token >= ond_tok_count(st->e->tok))
        return OND_OK; /* rows that pad the vocabulary have no text */
    ond_tok_stream_put(st->e->tok, &st->chars, token, st->special, &st->held);
    return settle(st, false, out, err);
}

int ond_stream_end(ond_stream *st, ond_text *out, ond_err *err)
{
    int rc = OND_OK;
    if (st->stopped < 0) {
        ond_tok_stream_end(&st->chars, &st->held);
        rc = settle(st, true, out, err);
    }
    ond_buf_clear(&st->held);
    st->chars = (ond_tok_stream){.began = true};
    st->ended = true;
    return rc;
}

int ond_stream_stopped(const ond_stream *st)
{
    return st->stopped;
}
