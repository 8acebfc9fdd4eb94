/* talk.c - the room's door for matching: a sentence in, the best reading or all that tie out. */
#include "talk/result.h"

#include <stdlib.h>

/* The sentence is looked at once; contexts decide which of the readings count. */
static void choose_by_turns(ond__chart *c, ond__chosen_by *by, const ond_talk_opts *opts,
                            size_t *turn, ond__choice *choice)
{
    *turn = 0;
    ond__choose(c, by, choice);
    for (size_t i = 0; opts && i < opts->n_then && choice->n == 0 && !c->failed; i++) {
        by->context = opts->then[i];
        *turn = i + 1;
        ond__choose(c, by, choice);
    }
}

static const cJSON *context_of(const ond_talk_opts *opts, size_t turn)
{
    return !opts ? NULL : turn ? opts->then[turn - 1] : opts->context;
}

/* Runs everything up to the choice. On success *chart must be given back. */
static int prepare(const ond_grammar *g, const ond_lexicon *lex, ond_str text,
                   const ond_talk_opts *opts, ond__chart **chart, ond__choice *choice, size_t *turn,
                   ond_err *err)
{
    int rc = ond__chart_take(g, lex, chart, err);
    if (rc != 0) return rc;
    ond__chart *c = *chart;
    if (opts && opts->steps) c->steps = opts->steps;
    ond__chosen_by by = {.context = opts ? opts->context : NULL,
                         .best_slot = opts && opts->best_slot ? opts->best_slot : "name"};
    OND_TRY(ond__text_make(text, &g->skips, g->ignore_space, &c->scratch, &c->text, err));
    OND_TRY(ond__chart_begin(c, err));
    ond__walk(c);
    if (!c->failed) choose_by_turns(c, &by, opts, turn, choice);
    if (c->failed)
        rc = ond__chart_failure(c, err);
    else if (choice->n == 0)
        rc = ond_fail(err, OND_E_UNKNOWN, "no sentence rule of the language \"%s\" fits this",
                      g->lang);
out:
    if (rc != 0) ond__chart_give(g, c);
    return rc;
}

int ond_talk_match(const ond_grammar *g, const ond_lexicon *lex, ond_str text,
                   const ond_talk_opts *opts, ond_match *out, ond_err *err)
{
    ond__chart *c;
    ond__choice choice;
    size_t turn = 0;
    *out = (ond_match){0};
    int rc = prepare(g, lex, text, opts, &c, &choice, &turn, err);
    if (rc != 0) return rc;
    rc = ond__result(c, choice.v[0], context_of(opts, turn), out, err);
    out->turn = turn;
    ond__chart_give(g, c);
    return rc;
}

static bool same_slots(const ond_match *a, const ond_match *b)
{
    if (strcmp(a->intent, b->intent) != 0 || a->n_slot != b->n_slot) return false;
    for (size_t i = 0; i < a->n_slot; i++) {
        const ond_slot *s = ond_match_slot(b, a->slot[i].name);
        if (!s || !ond_json_equal(s->value, a->slot[i].value)) return false;
    }
    return true;
}

int ond_talk_match_all(const ond_grammar *g, const ond_lexicon *lex, ond_str text,
                       const ond_talk_opts *opts, ond_match **out, size_t *n, ond_err *err)
{
    ond__chart *c;
    ond__choice choice;
    *out = NULL;
    *n = 0;
    size_t turn = 0;
    int rc = prepare(g, lex, text, opts, &c, &choice, &turn, err);
    if (rc != 0) return rc;
    ond_match *v = calloc(choice.n, sizeof *v);
    size_t count = 0;
    if (!v) rc = ond_nomem(err, "matching a sentence");
    for (uint32_t i = 0; rc == 0 && i < choice.n; i++) {
        rc = ond__result(c, choice.v[i], context_of(opts, turn), &v[count], err);
        if (rc != 0) break;
        v[count].turn = turn;
        bool seen = false;
        for (size_t k = 0; k < count && !seen; k++) seen = same_slots(&v[k], &v[count]);
        if (seen)
            ond_match_free(&v[count]);
        else
            count++;
    }
    ond__chart_give(g, c);
    if (rc != 0) {
        for (size_t i = 0; i < count; i++) ond_match_free(&v[i]);
        free(v);
        return rc;
    }
    *out = v;
    *n = count;
    return 0;
}
