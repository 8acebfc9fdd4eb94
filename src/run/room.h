/* room.h - private to run: engine and session, prompts that come again, snapshots.
 *
 * The timeline of a session:
 *
 *     0 ……………… n_kv ……………… n ……… n + n_ahead
 *     evaluated     pending     guessed and evaluated (only when nothing is pending)
 *
 * 1. Positions 0 … n_kv - 1 of the cache belong to tok[0 … n_kv - 1]; what lies behind (and the
 * guesses) may be anything.
 * 2. `live`: logits row `row` is that after token n - 1; then n_kv == n. Row row + i is that after
 * the i-th guess.
 * 3. Positions 0 … exact - 1 were computed from these very tokens alone (a context shift ends it);
 * only those are shared.
 * 4. n <= ctx, n + n_ahead <= ctx. */
#ifndef OND_RUN_ROOM_H
#define OND_RUN_ROOM_H

#include "base/hash.h"
#include "base/str.h"
#include "model/model.h"
#include "pick/pick.h"
#include "sys/file.h"
#include "tok/chat.h"
#include "tok/tok.h"

#include "ondol.h"

#include <stdatomic.h>

typedef struct ond__prefix ond__prefix;
typedef struct ond__disk ond__disk;

enum { OND__SCORE_ROWS = 32 }; // logits of a scoring pass

struct ond_engine {
    ond_gguf *gguf;
    ond_tok *tok;
    ond_chat *chat;   // NULL: no template
    ond_err chat_err; // why not
    ond_model *model;
    ond_team *team;
    ond_pass *pass;
    ond_memory memory;
    ond_kv_type kv_type;
    int ctx, batch, draft, n_vocab;
    bool embedding;
    ond_session **session; // [max_session]
    int n_session, max_session, turn;
    ond_span *span;        // [max_session]
    ond_session **spanned; // [max_session]: whose span
    ond_sampler *greedy;
    ond__prefix *prefix; // NULL: none
    ond__disk *disk;     // NULL: none
    int disk_min;
    ond_hash identity; // model, adapters, kernels, cache type, context: who may use a cached prefix
    bool identified;
    ond_hash adapters;
    atomic_bool stop;
    ond_counters count;
};

struct ond_session {
    ond_engine *e;
    ond_kv *kv;
    int32_t *tok; // [ctx]
    int n, n_kv, n_ahead, exact;
    float *logits; // [1 + draft, n_vocab]; pages cost nothing until used
    size_t logits_bytes;
    int row;
    bool live;
    bool looked;           // the caches have been asked about what is pending
    int fresh;             // tokens evaluated in pieces since the prompt was last shared
    int draft, draft_now;  // most guesses; now, by how well they fared
    int drafted, accepted; // of the last guesses
    ond_counters count;
};

/* text.c */
bool ond__text_put(ond_text *t, const void *bytes, size_t n);
/* plan.c: defaults filled in; strings are not copied. */
typedef struct ond__plan {
    ond_engine_opts o;
    ond_kv_type kv;
    ond_packing packing;
    const ond_kern *kern;
    int max_out, max_tok;
} ond__plan;
OND_CHECKED int ond__plan_defaults(const ond_engine_opts *opts, const ond_gguf *g, ond__plan *out,
                                   ond_err *err);
/* As model knows them: malloc'd, NULL where there are none. */
OND_CHECKED int ond__adapters_read(const ond_engine_opts *o, ond_adapter **out, ond_err *err);
OND_CHECKED int ond__plan_bytes(const ond__plan *p, const ond_gguf *g, ond_memory *out,
                                ond_err *err);
/* Adds the time and tokens of a pass. */
void ond__count_add(ond_counters *to, const ond_counters *more);

/* step.c: one pass over what is pending in these sessions, at most `budget` tokens. */
OND_CHECKED int ond__pass(ond_engine *e, ond_session **list, int n, int budget, ond_err *err);
/* session.c */
void ond__session_cut(ond_session *s, int n); // truncates

/* guess.c: up to `most` tokens that may follow tok[0 … n-1], by prompt lookup. Returns how many. */
int ond__guess(const int32_t *tok, int n, int32_t *out, int most);

/* reuse.c: fills the cache of s as far as other sessions, memory or disk know its tokens; and
 * shares what s has evaluated. */
void ond__reuse(ond_session *s);
void ond__share(ond_session *s, int n, bool disk);
int ond__same_prefix(const int32_t *a, int na, const int32_t *b, int nb);

/* prefix.c: runs of 8 tokens with their cache in a bounded pool, as a tree; the least recently used
 * leaves go first. */
OND_CHECKED int ond__prefix_open(const ond_kv *like, uint64_t bytes, ond__prefix **out,
                                 ond_err *err);
void ond__prefix_close(ond__prefix *p);
int ond__prefix_find(ond__prefix *p, const int32_t *tok,
                     int n); // how many of the first tokens it holds
void ond__prefix_load(ond__prefix *p, const int32_t *tok, int begin, int end,
                      ond_kv *kv); // after find; end <= found
void ond__prefix_put(ond__prefix *p, const int32_t *tok, int n, const ond_kv *kv);

/* snap.c: the one format of snapshots and of files in prefix_dir. */
typedef struct ond__snap {
    const unsigned char *tok, *sum, *data; // borrowed from the bytes
    int n_tok, n_eval, exact;
} ond__snap;
size_t ond__snap_bytes(const ond_kv *kv, int n_tok, int n_eval);
OND_CHECKED int ond__snap_read(const ond_engine *e, const ond_kv *kv, const void *bytes, size_t n,
                               ond__snap *out, ond_err *err);
/* Verifies, then loads positions [0, n), in whole pieces; false, and nothing is loaded: a piece is
 * damaged. */
bool ond__snap_load(ond_engine *e, const ond__snap *snap, ond_kv *kv, int n);
void ond__snap_put(ond_engine *e, const ond_kv *kv, const int32_t *tok, int n_tok, int n_eval,
                   int exact, unsigned char *out);
OND_CHECKED int ond__snap_write(ond_engine *e, const ond_kv *kv, const int32_t *tok, int n_tok,
                                int n_eval, int exact, const char *path, ond_err *err);

/* disk.c */
OND_CHECKED int ond__disk_open(const char *dir, uint64_t most, ond__disk **out, ond_err *err);
void ond__disk_close(ond__disk *d);
int ond__disk_find(ond_engine *e, const ond_kv *kv, const int32_t *tok, int n, int *at);
bool ond__disk_load(ond_engine *e, int at, ond_kv *kv, int n);
OND_CHECKED int ond__disk_put(ond_engine *e, const ond_kv *kv, const int32_t *tok, int n,
                              ond_err *err);
const char *ond__disk_dir(const ond__disk *d);

/* identity.c: computed when first needed (reads the model once; with a prefix_dir the result is
 * kept there). */
OND_CHECKED int ond__identify(ond_engine *e, ond_err *err);

#endif
