/* clauses.h - what the files share that read a sentence of several clauses (cuts.c, goes_on.c, part.c,
 * clauses.c, made.c, spared.c, lit.c, complaints.c, asks.c, request.c). */
#ifndef ONDOL_AGENT_CLAUSES_H
#define ONDOL_AGENT_CLAUSES_H

#include "agent/room.h"

enum { OND__MOST_CUTS = 8 };

/* why: only a space is between, and the piece before asks for nothing ("춥다 보일러 올려"): it must
 * say why the other is wished. asks: only a space, after a request ("소리 키워 줘 안 들려"). linked: the
 * piece before goes on in what follows ("켜고 잤어"), which is then no remark about it. */
typedef struct ond__cut {
    size_t left, right; /* the piece before ends, the one after begins */
    bool why, asks, reason, linked;
} ond__cut;
typedef struct ond__cuts {
    ond__cut v[OND__MOST_CUTS];
    size_t n;
} ond__cuts;

/* cuts.c: where words join clauses; where only a space parts them (tried after the joints); whether
 * the latter is anywhere. */
void ond__cuts_find(const char *text, const char *lang, ond__cuts *out);
void ond__cuts_spaces(const char *text, const char *lang, ond__cuts *out);
bool ond__cuts_any_space(const char *text, const char *lang);
/* Whether one of `ends` stands before byte `at`, with something before it. */
bool ond__text_ends(const char *text, size_t at, const char *const *ends, size_t n);

/* goes_on.c: the next piece of r in words of its own; NULL: out of memory. */
char *ond__goes_on(const ond__request *r, ond_str text, const char *area);

/* part.c: a piece is read as one more part; what it does not say comes from the part before it. */
OND_CHECKED int ond__part_read(ond__request *r, ond_str text, const char *area, ond_err *err);
/* Part n again, as a sentence that leans on none. */
OND_CHECKED int ond__part_read_loosely(ond__request *r, size_t n, bool *ok, ond_err *err);
/* The wish takes `own` for its reading, and is followed again; ok: `own` is whole. */
OND_CHECKED int ond__part_reread(ond__wish *w, const ond_match *own, bool ok, ond_err *err);
void ond__part_free(ond__part *p);
bool ond__part_is_fragment(const ond__part *p);
bool ond__part_is_wish(const ond__part *p);  /* understood by itself, whether or not it can be done */
bool ond__part_is_aside(const ond__part *p); /* says why something is wished, and asks for nothing */
void ond__part_remove(ond__request *r, size_t at);            /* those after it move up */
void ond__parts_cut(ond__request *r, size_t n);               /* keeps the first n */
void ond__parts_take(ond__request *r, ond__request *from);    /* in place of those of r */

/* why.c: a statement that can change nothing of what is wished beside it. */
bool ond__tells_why(const ond_agent *a, const char *text, const char *lang);
bool ond__tells_why_en(const char *text); /* why_en.c, why_ko.c: by its words alone */
bool ond__tells_why_ko(const char *text);
/* The sentence, which was not understood, is read again without a statement. *done: it is understood. */
OND_CHECKED int ond__without_why(ond__request *r, bool *done, ond_err *err);

/* tails.c: where an English sentence ends without "for the baby", "while I'm out"; 0: it ends in nothing such. asks: it may
 * be a question only. */
size_t ond__idle_tail(const char *text, bool *asks);

/* complaints.c: parts that only say why go out, where another is wished. */
void ond__drop_complaints(ond__request *r);
/* lit.c: "all" of a part leaves what the part before it has switched on. */
void ond__spare_lit(ond__request *r);
/* asks.c: a Korean question for leave, or whether something was done or is so: nothing is wished. */
bool ond__only_asks(const ond__request *r);

/* turns.c: the intent that an act on "it" is for devices of a domain, and its direction; domains "": for all. */
typedef struct ond__turn {
    const char *act, *domains, *intent, *direction;
} ond__turn;
const ond__turn *ond__turn_for(const char *act, const char *domain); /* NULL: it has no such thing */

/* made.c: what `base` made or told of is moved, changed or taken away. */
OND_CHECKED int ond__made(ond__wish *w, const ond__part *base, const char *act, ond_err *err);

/* spared.c: what is to be left alone ("but leave the hall on") goes out of the wishes beside it. */
OND_CHECKED int ond__spare(ond__request *r, ond_err *err);

/* clauses.c: part 0, which was not understood, becomes the clauses of the sentence where all are. */
OND_CHECKED int ond__clauses_split(ond__request *r, bool spaces, bool *ok, ond_err *err);
/* Whether the reading may have swallowed another wish; then the clauses, where all are wishes. */
bool ond__clauses_hidden(const ond__wish *w, const char *text);
OND_CHECKED int ond__clauses_inside(ond__request *r, ond_err *err);

#endif
