/* generate.c - an answer, token by token, until something ends it. */
#include "run/room.h"

#include <stdlib.h>

typedef struct answer {
    ond_session *s;
    const ond_generate_opts *o;
    ond_stream *stream;
    ond_text text;
    ond_generated out;
} answer;

/* Gives the text to the caller; true: the caller wants no more. */
static bool tell(answer *a, const ond_choice *choice)
{
    ond_piece piece = {.text = a->text.p ? a->text.p : "", .n = a->text.n, .choice = *choice};
    bool enough = a->o->piece && a->o->piece(a->o->self, &piece) != 0;
    a->text.n = 0;
    return enough;
}

static int make_room(answer *a, ond_err *err)
{
    int after = a->s->n - a->o->keep;
    if (a->o->keep < 0 || after < 2)
        return ond_fail(err, OND_E_INPUT,
                        "keep is %d, and the context has %d: nothing could be forgotten",
                        a->o->keep, a->s->e->ctx);
    return ond_session_shift(a->s, a->o->keep, after / 2, err);
}

/* One token; a->out.end is set where it ends. */
static int next(answer *a, bool *ended, ond_err *err)
{
    ond_session *s = a->s;
    ond_choice choice;
    int rc;
    *ended = true;
    a->out.end = OND_END_LENGTH;
    if (a->o->max_tokens > 0 && a->out.n_token >= a->o->max_tokens) return OND_OK;
    a->out.end = OND_END_CONTEXT;
    if (ond_session_room(s) == 0) {
        if (!a->o->shift) return OND_OK;
        rc = make_room(a, err);
        if (rc != 0) return rc;
    }
    rc = ond_session_sample(s, a->o->sampler, &choice, err);
    if (rc != 0) return rc;
    a->out.end = OND_END_MODEL;
    if (!a->o->ignore_end && ond_tok_ends(s->e->tok, choice.token)) {
        a->out.end_token = choice.token;
        return OND_OK;
    }
    rc = ond_session_feed(s, &choice.token, 1, err);
    if (rc == 0) rc = ond_stream_put(a->stream, choice.token, &a->text, err);
    if (rc != 0) return rc;
    a->out.n_token++;
    a->out.stop = ond_stream_stopped(a->stream);
    a->out.end = OND_END_CALLER;
    if (tell(a, &choice)) return OND_OK;
    a->out.end = OND_END_STOP;
    *ended = a->out.stop >= 0;
    return OND_OK;
}

/* What was held back, now that nothing follows. */
static int rest(answer *a, ond_err *err)
{
    const ond_choice none = {.token = -1};
    int rc = ond_stream_end(a->stream, &a->text, err);
    if (rc == 0 && a->text.n > 0) (void)tell(a, &none);
    return rc;
}

int ond_session_generate(ond_session *s, const ond_generate_opts *opts, ond_generated *out,
                         ond_err *err)
{
    const ond_generate_opts none = {0};
    answer a = {.s = s, .o = opts ? opts : &none, .out = {.stop = -1, .end_token = -1}};
    bool ended = false;
    int rc = ond_stream_open(s->e, a.o->stop, a.o->n_stop, a.o->special, &a.stream, err);
    if (rc == 0 && !ond__text_put(&a.text, "", 0)) rc = ond_nomem(err, "generating");
    while (rc == 0 && !ended) rc = next(&a, &ended, err);
    if (a.stream && a.out.end != OND_END_STOP && a.out.end != OND_END_CALLER) {
        int more = rest(&a, rc == 0 ? err : NULL);
        if (rc == 0) rc = more;
    }
    if (rc != 0) a.out.end = OND_END_ERROR;
    if (out) *out = a.out;
    ond_stream_close(a.stream);
    ond_text_free(&a.text);
    return rc;
}
