/* pick.h - logits to a token. The functions of a sampler are those of include/ondol.h; this opens
 * one on a tokenizer. */
#ifndef OND_PICK_PICK_H
#define OND_PICK_PICK_H

#include "tok/tok.h"

#include "ondol.h"

/* A sampler over n_vocab logits that looks back on at most n_ctx tokens. tok (needed for DRY's
 * breakers alone, may be NULL) must outlive it. All memory is taken here: a choice mallocs nothing.
 * OND_E_INPUT names the option that is out of range. */
OND_CHECKED int ond_pick_open(const ond_tok *tok, int n_vocab, int n_ctx,
                              const ond_sampler_opts *opts, ond_sampler **out, ond_err *err);
/* The most bytes that one takes. */
size_t ond_pick_bytes(int n_vocab, int n_ctx);
/* OND_E_INPUT: a logit is NaN or +infinity, which only a broken model gives. */
OND_CHECKED int ond_pick_check(const float *logits, int n, ond_err *err);
/* The natural log of softmax(logits)[token]; sums in double. */
double ond_pick_logprob(const float *logits, int n, int32_t token);

#endif
