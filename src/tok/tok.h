/* tok.h - text to tokens and back, from what a GGUF says alone.
 *
 * Models: byte-level BPE ("gpt2") with the pre-tokenizers of tokenizer.ggml.pre, SentencePiece BPE ("llama"), Unigram ("t5"),
 * WordPiece ("bert"), byte-pair merges over plain UTF-8 ("gemma4"). Results equal llama.cpp's, special tokens, byte fallback and space prefix included. Immutable after
 * opening, so threads may share it; encoding keeps its scratch in the caller's buffers. */
#ifndef OND_TOK_TOK_H
#define OND_TOK_TOK_H

#include "file/gguf.h"

typedef struct ond_tok ond_tok;

typedef enum ond_tok_attr {
    OND_TOK_NORMAL = 1, OND_TOK_UNKNOWN = 2, OND_TOK_CONTROL = 3, OND_TOK_USER = 4, OND_TOK_UNUSED = 5, OND_TOK_BYTE = 6
} ond_tok_attr;   /* tokenizer.ggml.token_type */

/* Borrows strings from g, which must outlive it. OND_E_INPUT names the key or the token that is wrong; a tokenizer or pre-tokenizer that
 * is not known is refused by name. Fast: 50 k tokens in under 10 ms, 150 k in under 30 ms. */
OND_CHECKED int ond_tok_open(const ond_gguf *g, ond_tok **out, ond_err *err);
void ond_tok_close(ond_tok *t);

int ond_tok_count(const ond_tok *t);
const char *ond_tok_model(const ond_tok *t);            /* "gpt2", "llama", "t5", "bert" */
const char *ond_tok_pre(const ond_tok *t);              /* "qwen2"; "" where there is none */
ond_str ond_tok_text(const ond_tok *t, int id);         /* as the vocabulary spells it; "" out of range */
ond_tok_attr ond_tok_kind(const ond_tok *t, int id);
float ond_tok_score(const ond_tok *t, int id);
int ond_tok_find(const ond_tok *t, ond_str text);       /* exact spelling; -1 */
/* Special tokens by role; -1 where the model has none. */
typedef enum ond_tok_role { OND_TOK_BOS, OND_TOK_EOS, OND_TOK_EOT, OND_TOK_EOM, OND_TOK_UNK, OND_TOK_SEP, OND_TOK_PAD, OND_TOK_MASK,
    OND_TOK_CLS, OND_TOK_NL, OND_TOK_FIM_PRE, OND_TOK_FIM_SUF, OND_TOK_FIM_MID, OND_TOK_ROLES } ond_tok_role;
int ond_tok_role_id(const ond_tok *t, ond_tok_role role);
bool ond_tok_ends(const ond_tok *t, int id);            /* any end-of-generation token (eos, eot, <|im_end|> …, as llama.cpp finds them) */
bool ond_tok_add_bos(const ond_tok *t);
bool ond_tok_add_eos(const ond_tok *t);

typedef struct ond_tok_opts {
    bool add_special;    /* BOS, EOS, CLS, SEP as the model says */
    bool parse_special;  /* text of control tokens ("<|im_start|>") becomes the token; false: it is plain text */
} ond_tok_opts;
typedef struct ond_ids { int32_t *p; size_t n, cap; } ond_ids;   /* owned, grows; free with ond_ids_free */
void ond_ids_free(ond_ids *ids);
OND_CHECKED int ond_ids_put(ond_ids *ids, int32_t id, ond_err *err);
/* Appends the tokens of text (any bytes; invalid UTF-8 is taken as llama.cpp takes it). Time is bounded by n log n. */
OND_CHECKED int ond_tok_encode(const ond_tok *t, ond_str text, ond_tok_opts opts, ond_ids *out, ond_err *err);

/* One token's bytes (may be part of a character). special: control tokens give their text, else nothing. */
void ond_tok_piece(const ond_tok *t, int id, bool special, ond_buf *out);
/* All of a text, as llama.cpp's detokenize: first space removed where the model adds one, clean-up of spaces where it says so. */
void ond_tok_decode(const ond_tok *t, const int32_t *ids, size_t n, bool special, ond_buf *out);
/* Streaming: feeds pieces, gives only whole characters; what is never completed comes out as U+FFFD at the end.
 * Zeroed, it is the beginning of a text, as in decode (the first space goes where the model adds one, spaces are not cleaned up);
 * with began set, it goes on after other text and nothing is taken away. */
typedef struct ond_tok_stream { char rest[4]; int n; bool began; } ond_tok_stream;
void ond_tok_stream_put(const ond_tok *t, ond_tok_stream *s, int id, bool special, ond_buf *out);
void ond_tok_stream_end(ond_tok_stream *s, ond_buf *out);

#endif
