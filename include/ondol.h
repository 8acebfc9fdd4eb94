/* ondol.h - libondol: a small language model on this machine's own processor, in bounded memory.
 *
 *     ond_engine_opts eo = {.path = "model.gguf"};
 *     ond_engine *e;  ond_session *s;  ond_err err;
 *     if (ond_engine_open(&eo, &e, &err) != 0) { puts(err.text); return 1; }
 *     if (ond_session_open(e, &s, &err) != 0) …
 *     ond_session_text(s, "Once upon a time", OND_ADD_SPECIAL, &err);
 *     ond_session_generate(s, &(ond_generate_opts){.max_tokens = 64, .piece = print}, NULL, &err);
 *
 * Three handles. An engine is a model with its threads, opened once. A session is a timeline of
 * tokens with its cache; tokens are fed to it and worked off when something is asked of it, or by
 * ond_engine_step for several sessions together. A sampler chooses the next token from logits; it
 * keeps no history, the timeline is the history.
 *
 * 1. One thread at a time: an engine and all that was made from it are used by one thread, or under
 * one lock. Only ond_engine_interrupt may be called from anywhere, signal handlers too. Different
 * engines are independent.
 * 2. Memory is planned: ond_engine_plan says every byte before it is taken; a token that is decoded
 * costs no malloc.
 * 3. Zero in an options struct means the default. Structs may grow at their end: initialise them by
 * name.
 * 4. Functions that return int return 0, or an ond_code with a sentence for a person in err->text;
 * err may be NULL. On an error a session is as it was before the call, unless it says otherwise.
 * 5. Nothing is dropped in silence: what does not fit into the context is refused with both
 * numbers.
 * 6. What comes out does not depend on batching, caching, restoring or speculation: the same tokens
 * and the same seed give the same answer, bit for bit, on the same machine and kernel set.
 * 7. Every `const char *` and array that goes in is copied or read before the call returns; every
 * pointer that comes out is borrowed from its handle, until the next call on that handle, unless it
 * says otherwise. */
#ifndef OND_ONDOL_H
#define OND_ONDOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- errors ---- */
#ifndef OND_BASE_ERR_H /* the house's own sources have the same from base/err.h */
#if defined(__GNUC__)
#define OND_CHECKED __attribute__((warn_unused_result))
#else
#define OND_CHECKED
#endif
typedef enum ond_code {
    OND_OK = 0,
    OND_E_FAILED,
    OND_E_USAGE,
    OND_E_UNKNOWN,
    OND_E_ASK,
    OND_E_DENIED,
    OND_E_NOT_FOUND, /* no such file, no chat template … */
    OND_E_UNAVAILABLE,
    OND_E_STORE,
    OND_E_INPUT, /* a bad file, text, token or option; a prompt that is too long */
    OND_E_UNVERIFIED,
    OND_E_AMBIGUOUS,
    OND_E_NOMEM, /* more memory than there is */
    OND_E_IO,
    OND_E_BUDGET,
    OND_E_BUSY,
    OND_E_CONFIG,
    OND_E_TAMPERED,
    OND_E_PARTIAL,
    OND_E_STALE,
    OND_E_INTERRUPTED, /* ond_engine_interrupt */
    OND_CODE_COUNT
} ond_code;
typedef struct ond_err {
    ond_code code;
    char text[480]; /* UTF-8: what happened, where, what to try */
} ond_err;
#endif
const char *ond_code_name(int code); /* "NOT_FOUND" */
const char *ond_code_text(int code); /* "not found" */

const char *ond_version(void); /* "0.1.0" */

/* ---- owned results: begin as {0}, grow by appending; their free makes them {0} again ---- */
typedef struct ond_text {
    char *p;
    size_t n, cap;
} ond_text; /* bytes, NUL-terminated once anything is in */
typedef struct ond_tokens {
    int32_t *p;
    size_t n, cap;
} ond_tokens;
void ond_text_free(ond_text *t);
void ond_tokens_free(ond_tokens *t);

typedef struct ond_engine ond_engine;
typedef struct ond_session ond_session;
typedef struct ond_sampler ond_sampler;
typedef struct ond_stream ond_stream;

/* ---- engine ---- */
typedef struct ond_lora {
    const char *path;
    float scale;
} ond_lora; /* a GGUF adapter; scale 0 means 1 */

typedef struct ond_engine_opts {
    const char *path; /* GGUF; of a split model any part */
    int ctx;          /* positions of a session; 0: what the model was trained for, 4096 at most */
    int sessions;     /* most sessions open at a time; 0: 1 */
    int batch;        /* most tokens of one pass; 0: 512 */
    int draft;        /* most tokens that speculation guesses ahead, 0 … 15; 0: 7 (see
                         ond_session_speculate) */
    int threads;      /* 0: as many as the process may use cores */
    const char *kern; /* kernel set by name; NULL: the best for this processor, or $ONDOL_KERN */
    const char *kv;   /* the cache's numbers: "f16" (NULL) or "i8" */
    const char *pack; /* weights in the kernels' layout: "auto" (NULL): from pack_dir when they are
                         there; "memory"; "off" */
    const char *pack_dir; /* folder of packed weights, kept across starts; NULL: none is kept */
    uint64_t pack_bytes;  /* most that all packed files there may take; 0: no bound */
    const ond_lora *lora;
    int n_lora;
    uint64_t prefix_bytes; /* memory for prompts that come again, shared by the sessions; 0: none */
    const char *prefix_dir;    /* folder of prompts that come again after a restart; NULL: none */
    uint64_t prefix_dir_bytes; /* most that they may take there; the least recently used go first;
                                  0: 1 GiB */
    int prefix_dir_min;        /* prompts with so many new tokens go there by themselves; 0: only by
                                  ond_session_keep */
    const char *chat_template; /* Jinja in place of the model's own; NULL: the model's */
    uint64_t memory;           /* most bytes that all may take; 0: what the machine has available */
    void (*progress)(void *self, double share); /* while weights are packed, 0 … 1; may be NULL */
    void *self;
} ond_engine_opts;

/* Bytes before any is taken. */
typedef struct ond_memory {
    uint64_t weights_mapped; /* of the model's file, mapped read-only */
    uint64_t weights_packed;
    uint64_t session;  /* one session: cache, logits, tokens */
    uint64_t sessions; /* all of them */
    uint64_t pass;     /* scratch of one pass */
    uint64_t prefix;   /* prompts that come again */
    uint64_t tokenizer;
    uint64_t total;
    uint64_t available;                    /* what the machine has, or opts->memory */
    int ctx, n_session, n_batch, n_thread; /* what defaults came to */
    uint64_t adapters;                     /* LoRA, as floats */
} ond_memory;

/* Reads the model's header, opens nothing. OND_E_NOMEM when total > available: with both numbers,
 * and *out filled. */
OND_CHECKED int ond_engine_plan(const ond_engine_opts *opts, ond_memory *out, ond_err *err);
/* Refuses what the plan refuses. */
OND_CHECKED int ond_engine_open(const ond_engine_opts *opts, ond_engine **out, ond_err *err);
void ond_engine_close(ond_engine *e); /* after its sessions, samplers and streams; NULL is fine */
const ond_memory *ond_engine_memory(const ond_engine *e);

typedef struct ond_about {
    const char *path, *arch, *name;     /* "model.gguf", "llama", "SmolLM2 135M" */
    const char *kern, *tokenizer, *pre; /* "avx512", "gpt2", "smollm" */
    const char *pooling;                /* "mean", "cls", "last" of an embedding model, else "" */
    bool embedding;                     /* gives vectors and no text */
    bool chat;                          /* has a chat template */
    int n_layer, n_embd, n_head, n_head_kv, n_ff, n_vocab, n_expert;
    int ctx_train, ctx, threads;
    uint64_t n_params, file_bytes;
} ond_about;
void ond_engine_about(const ond_engine *e, ond_about *out); /* strings live as long as the engine */

/* Makes the running call return OND_E_INTERRUPTED at its next pass; what was evaluated stays. Safe
 * in a signal handler and from other threads. When nothing runs, the next call that works is ended,
 * unless ond_engine_resume comes first. */
void ond_engine_interrupt(ond_engine *e);
void ond_engine_resume(ond_engine *e);

/* ---- tokens ---- */
enum {
    OND_ADD_SPECIAL = 1, /* BOS, EOS … where the model wants them */
    OND_PARSE_SPECIAL =
        2, /* text of a control token ("<|im_start|>") becomes that token; else it is plain text */
};
/* Appends. */
OND_CHECKED int ond_encode(const ond_engine *e, const char *text, size_t n, unsigned flags,
                           ond_tokens *out, ond_err *err);
OND_CHECKED int ond_decode(const ond_engine *e, const int32_t *token, size_t n, bool special,
                           ond_text *out, ond_err *err);
/* The token's spelling in the vocabulary; n may be NULL. "" out of range. */
const char *ond_token_text(const ond_engine *e, int32_t token, size_t *n);
bool ond_token_ends(const ond_engine *e,
                    int32_t token); /* an end of generation: EOS, <|im_end|> … */
int32_t ond_token_named(
    const ond_engine *e,
    const char *role); /* "bos" "eos" "eot" "eom" "unk" "sep" "pad" "mask" "cls" "nl"; -1: none */

/* Messages to a prompt by the chat template. messages: JSON array of {"role", "content", …}; tools:
 * JSON array or NULL; extra: JSON object of further variables ("enable_thinking") or NULL. prompt:
 * end with the opening of the assistant's turn. Appends; encode the result with OND_PARSE_SPECIAL
 * alone. OND_E_NOT_FOUND where the model has no template. */
OND_CHECKED int ond_chat_prompt(const ond_engine *e, const char *messages, const char *tools,
                                const char *extra, bool prompt, ond_text *out, ond_err *err);

/* Text of a stream of tokens that continues what came before (a leading space stays): whole
 * characters only, and nothing of a stop string, also when it spans tokens. What might still become
 * one is held back. */
OND_CHECKED int ond_stream_open(const ond_engine *e, const char *const *stop, int n_stop,
                                bool special, ond_stream **out, ond_err *err);
void ond_stream_close(ond_stream *st);
/* Appends what may be shown. After a stop string it gives no more. */
OND_CHECKED int ond_stream_put(ond_stream *st, int32_t token, ond_text *out, ond_err *err);
OND_CHECKED int ond_stream_end(ond_stream *st, ond_text *out,
                               ond_err *err); /* what was held back; then it can begin again */
int ond_stream_stopped(
    const ond_stream *st); /* index of the stop string that came, or -1; also after the end */

/* ---- sampling ---- */
typedef struct ond_bias {
    int32_t token;
    float add;
} ond_bias; /* -INFINITY forbids a token */

/* A chain of stages, each off at 0. All zero is greedy: the likeliest token. docs/sampling.md
 * defines every stage. */
typedef struct ond_sampler_opts {
    uint64_t seed;        /* 0: one from the system (ond_sampler_seed tells it) */
    const char *chain;    /* stages by name, in order, with ';' between; NULL: as listed here */
    const ond_bias *bias; /* "bias" */
    int n_bias;
    int penalty_last_n;   /* "penalties": tokens looked back on; 0: 64; -1: the whole timeline */
    float repeat_penalty; /* 0 or 1: off */
    float frequency_penalty, presence_penalty;
    float dry_multiplier;           /* "dry" */
    float dry_base;                 /* 0: 1.75 */
    int dry_allowed;                /* 0: 2 */
    int dry_last_n;                 /* 0 or -1: the whole timeline */
    const char *const *dry_breaker; /* strings that end a repetition; NULL: "\n" ":" "\"" "*" */
    int n_dry_breaker;
    float top_n_sigma;                    /* "top_n_sigma" */
    int top_k;                            /* "top_k" */
    float typical_p;                      /* "typical_p"; 0 or 1: off */
    float top_p;                          /* "top_p"; 0 or 1: off */
    float min_p;                          /* "min_p" */
    float xtc_probability, xtc_threshold; /* "xtc"; threshold 0: 0.1 */
    float temperature;                    /* "temperature"; 0: greedy */
    float temperature_range;          /* by entropy, temperature ± range */
    float temperature_exponent;       /* 0: 1 */
    int mirostat;                     /* 0 or 2; replaces all from top_n_sigma to min_p, and xtc */
    float mirostat_tau, mirostat_eta; /* 0: 5 and 0.1 */
    int min_keep;                     /* stages that cut leave at least so many; 0: 1 */
    int logprobs; /* 0: none; -1: of the chosen token; n > 0: also the n likeliest, 100 at most */
} ond_sampler_opts;

typedef struct ond_alternative {
    int32_t token;
    float logprob;
} ond_alternative;
typedef struct ond_choice {
    int32_t token;
    float logprob; /* natural; softmax of the logits as the model gave them; 0 when not asked for */
    int n_top;
    const ond_alternative *top; /* likeliest first */
} ond_choice;

OND_CHECKED int ond_sampler_open(const ond_engine *e, const ond_sampler_opts *opts,
                                 ond_sampler **out, ond_err *err);
void ond_sampler_close(ond_sampler *p);
/* Sets top_k 40, top_p 0.95, min_p 0.05, temperature 0.8. */
void ond_sampler_usual(ond_sampler_opts *opts);
uint64_t ond_sampler_seed(const ond_sampler *p);
/* From here on as if just opened; with another seed where seed is not 0. */
void ond_sampler_reset(ond_sampler *p, uint64_t seed);
/* Only tokens whose bit is set (bit i % 64 of word i / 64) may be chosen; read at each choice;
 * NULL: all may. */
void ond_sampler_mask(ond_sampler *p, const uint64_t *allowed);
/* Chooses from logits [n_vocab]; timeline: the tokens so far. OND_E_INPUT: a logit is NaN; the mask
 * allows nothing. */
OND_CHECKED int ond_sampler_choose(ond_sampler *p, const float *logits, const int32_t *timeline,
                                   size_t n, ond_choice *out, ond_err *err);
/* The random state and mirostat's surprise, so that a snapshot goes on as it would have. */
enum { OND_SAMPLER_STATE = 64 };
void ond_sampler_save(const ond_sampler *p, unsigned char out[OND_SAMPLER_STATE]);
OND_CHECKED int ond_sampler_load(ond_sampler *p, const unsigned char state[OND_SAMPLER_STATE],
                                 ond_err *err);

/* ---- sessions ---- */
OND_CHECKED int ond_session_open(ond_engine *e, ond_session **out, ond_err *err);
void ond_session_close(ond_session *s);
/* The same timeline and cache, apart from now on. */
OND_CHECKED int ond_session_fork(const ond_session *s, ond_session **out, ond_err *err);

/* Appends tokens; they are evaluated when logits are wanted. OND_E_INPUT, and nothing is fed: a
 * token out of range, or more positions than the context has (both numbers are named). */
OND_CHECKED int ond_session_feed(ond_session *s, const int32_t *token, size_t n, ond_err *err);
/* Encodes and feeds. */
OND_CHECKED int ond_session_text(ond_session *s, const char *text, unsigned flags, ond_err *err);
/* The timeline shall be exactly these tokens: keeps what they have in common with it, drops the
 * rest, feeds the new. */
OND_CHECKED int ond_session_set(ond_session *s, const int32_t *token, size_t n, ond_err *err);

int ond_session_count(const ond_session *s);   /* tokens of the timeline */
int ond_session_pending(const ond_session *s); /* of these, not yet evaluated */
int ond_session_room(const ond_session *s);    /* positions left */
const int32_t *ond_session_tokens(const ond_session *s);
void ond_session_truncate(ond_session *s, int n); /* keeps the first n */
/* Context shift, only on request: forgets n tokens after the first `keep` and moves the rest down.
 * Approximate: what is left was computed while seeing the forgotten ones. */
OND_CHECKED int ond_session_shift(ond_session *s, int keep, int n, ond_err *err);

/* Evaluates what is pending in this session. */
OND_CHECKED int ond_session_run(ond_session *s, ond_err *err);
/* One pass over the pending tokens of all sessions: first one token (and its guesses) of each that
 * decodes, then pieces of prompts, in turn, while the pass has at most `budget` tokens (0: the
 * batch). *pending: tokens still left in all; may be NULL. */
OND_CHECKED int ond_engine_step(ond_engine *e, int budget, int *pending, ond_err *err);

/* Logits after the last token, [n_vocab]; runs what is pending. An empty timeline is an error. */
OND_CHECKED int ond_session_logits(ond_session *s, const float **out, ond_err *err);
/* Chooses the next token (sampler NULL: greedy) after running what is pending. Does not feed it. */
OND_CHECKED int ond_session_sample(ond_session *s, ond_sampler *p, ond_choice *out, ond_err *err);
/* Feeds tokens and gives for each the natural log of its probability after what came before; the
 * first of an empty timeline gets 0. */
OND_CHECKED int ond_session_score(ond_session *s, const int32_t *token, size_t n, float *logprob,
                                  ond_err *err);

/* Prompt lookup: up to `draft` tokens that followed the same words earlier are guessed, checked in
 * one pass with the token itself, and used only as far as the sampler chooses them: the same
 * answer, sooner where text repeats. 0: off (as sessions begin); -1: as many as the engine allows.
 */
void ond_session_speculate(ond_session *s, int draft);

/* Snapshots: timeline and cache, checksummed. Of use to the same model, context, cache type and
 * kernel set only, which is checked: the first one hashes the model (about a second a gigabyte). */
OND_CHECKED int ond_session_save(ond_session *s, ond_text *out, ond_err *err); /* appends bytes */
OND_CHECKED int ond_session_load(ond_session *s, const void *bytes, size_t n, ond_err *err);
OND_CHECKED int ond_session_save_file(ond_session *s, const char *path,
                                      ond_err *err); /* whole or not at all */
OND_CHECKED int ond_session_load_file(ond_session *s, const char *path, ond_err *err);
/* Keeps the first n tokens (evaluated first) for sessions to come: in prefix_bytes of memory and,
 * where there is a prefix_dir, on disk. */
OND_CHECKED int ond_session_keep(ond_session *s, int n, ond_err *err);

/* ---- generating ---- */
typedef struct ond_piece {
    const char *text;
    size_t n;          /* may be empty: half a character, or what may become a stop string */
    ond_choice choice; /* token -1: text that was held back, at the end */
} ond_piece;
typedef struct ond_generate_opts {
    ond_sampler *sampler;    /* NULL: greedy */
    int max_tokens;          /* 0: until the context is full */
    const char *const *stop; /* strings that end the answer; they are not shown */
    int n_stop;
    bool ignore_end; /* go on after an end-of-generation token */
    bool special;    /* show control tokens' text */
    bool shift; /* when the context is full: forget half of what follows the first `keep` tokens,
                   and go on */
    int keep;
    int (*piece)(void *self, const ond_piece *piece); /* not 0: stop here; may be NULL */
    void *self;
} ond_generate_opts;
typedef enum ond_end {
    OND_END_MODEL,   /* an end-of-generation token (not fed) */
    OND_END_STOP,    /* a stop string */
    OND_END_LENGTH,  /* max_tokens */
    OND_END_CONTEXT, /* the context is full */
    OND_END_CALLER,  /* the callback said so */
    OND_END_ERROR,   /* the call failed, or was interrupted */
} ond_end;
typedef struct ond_generated {
    int n_token; /* chosen, an end token not counted */
    ond_end end;
    int stop;          /* which stop string, or -1 */
    int32_t end_token; /* of OND_END_MODEL, else -1 */
} ond_generated;
/* Chooses and feeds tokens until something ends it. All chosen tokens but an end token stand in the
 * timeline afterwards (the last may be pending). out may be NULL. */
OND_CHECKED int ond_session_generate(ond_session *s, const ond_generate_opts *opts,
                                     ond_generated *out, ond_err *err);

/* ---- vectors, of embedding models ---- */
/* One vector [n_embd], normalised to length 1, for each of n token lists (encode with
 * OND_ADD_SPECIAL); out [n, n_embd]. A list longer than the context is an error with both numbers.
 */
OND_CHECKED int ond_embed(ond_engine *e, const ond_tokens *list, int n, float *out, ond_err *err);
OND_CHECKED int ond_embed_text(ond_engine *e, const char *text, float *out, ond_err *err);

/* ---- measuring ---- */
typedef struct ond_perplexity {
    double nll, nll2; /* sums of -ln p and of its square over the scored tokens */
    int n_scored, n_chunk;
    double value, error; /* exp(nll / n), and its standard error */
} ond_perplexity;
/* Over chunks of `ctx` tokens (0: 512), scored in their second half, each beginning with BOS where
 * the model adds one: llama.cpp's measure. each (may be NULL) is called after every chunk; not 0
 * stops. Takes a session while it runs. */
OND_CHECKED int ond_engine_perplexity(ond_engine *e, const int32_t *token, size_t n, int ctx,
                                      int (*each)(void *self, const ond_perplexity *sofar),
                                      void *self, ond_perplexity *out, ond_err *err);

typedef struct ond_counters {
    uint64_t prefill_tokens,
        decode_tokens; /* evaluated: in pieces of prompts; one by one (guesses not counted) */
    double prefill_ms, decode_ms; /* of passes; a mixed pass is parted by tokens */
    uint64_t passes;
    uint64_t reused_memory, reused_disk; /* tokens whose cache came from other sessions and
                                            prefix_bytes; from prefix_dir */
    uint64_t kept_disk;                  /* files written to prefix_dir */
    uint64_t dropped_disk;               /* files there that did not verify and were removed */
    uint64_t drafted, accepted;          /* tokens guessed by speculation, and of these used */
} ond_counters;
void ond_engine_counters(const ond_engine *e, ond_counters *out); /* since it was opened */
void ond_session_counters(const ond_session *s,
                          ond_counters *out); /* of this session; passes that it took part in */

#ifdef __cplusplus
}
#endif
#endif
