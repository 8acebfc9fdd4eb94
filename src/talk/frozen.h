/* frozen.h - a compiled grammar as one run of bytes, made when the program is built and carried by it.
 *
 * Reading the built-in sentences of a language takes a hundred million instructions; a frozen grammar is
 * used where it lies: nodes, texts, tries and branches stay in the program's read-only data, only what
 * holds pointers is put together anew. The bytes are of this build alone (sizes of structures, order of
 * bytes): ond__grammar_thaw refuses others, and the caller reads the sentences instead. They are no
 * outside bytes and are not examined further. */
#ifndef OND_TALK_FROZEN_H
#define OND_TALK_FROZEN_H

#include "talk/grammar.h"

/* Appends the grammar. */
OND_CHECKED int ond__grammar_freeze(const ond_grammar *g, ond_buf *out, ond_err *err);
/* A grammar over `bytes`, which must stay and lie at a multiple of eight. OND_E_INPUT: not of this build. */
OND_CHECKED int ond__grammar_thaw(ond_str bytes, ond_grammar **out, ond_err *err);
/* What the program carries for a language (frozen_data.c); nothing: {NULL, 0}. */
ond_str ond__frozen(const char *lang);

#endif
